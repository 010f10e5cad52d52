//! The steps of the cleaning and their numbers, as words on the command line.
//!
//! Invariant: a word that sets a number of a step which is not done is refused, never passed over.

use anyhow::{Context, Result, bail};
use clap::{Args, ValueEnum};
use flow::dataset::{Cleaning, Length, PlaceholderScope, Shingles};

#[derive(Clone, Copy, ValueEnum)]
enum ShinglesArg {
    Words,
    Characters,
}

#[derive(Clone, Copy, ValueEnum)]
enum ScopeArg {
    Row,
    Dataset,
}

#[derive(Args)]
pub struct CleaningArgs {
    /// As it was written: nothing is replaced or left out.
    #[arg(long)]
    no_cleaning: bool,
    /// Cleaning steps that are not done: empty, personal, harmful, too_long, exact_duplicates, near_duplicates, contradictions, disagreement.
    #[arg(long, value_delimiter = ',')]
    without: Vec<String>,
    /// Leave out what is longer, in tokens of the model's own tokenizer; otherwise what is longer than its context.
    #[arg(long)]
    most_tokens: Option<usize>,
    /// How alike two texts must be to be near-duplicates, 0 to 1 (0.7).
    #[arg(long)]
    near_similarity: Option<f64>,
    /// What near-duplicates are compared by: runs of words or of characters (characters).
    #[arg(long, value_enum)]
    near_shingles: Option<ShinglesArg>,
    /// Words or characters in a run (5).
    #[arg(long)]
    near_n: Option<usize>,
    /// Bands of the MinHash (14).
    #[arg(long)]
    near_bands: Option<usize>,
    /// Rows of a band (8).
    #[arg(long)]
    near_rows: Option<usize>,
    /// Personal data that is looked for, of: token, key, url, email, iban, card, resident_number, ssn, phone, ipv6, ipv4, name (all).
    #[arg(long, value_delimiter = ',')]
    personal_kinds: Vec<String>,
    /// Where the same value has the same placeholder: within a row, or in all of the dataset (row).
    #[arg(long, value_enum)]
    placeholders: Option<ScopeArg>,
    /// Fields of the request that hold a name, instead of those that Gait knows.
    #[arg(long, value_delimiter = ',')]
    name_fields: Vec<String>,
    /// Lists of harmful words that are used, of: en, ko (both).
    #[arg(long, value_delimiter = ',')]
    harmful_languages: Vec<String>,
    /// Further words that leave a row out.
    #[arg(long, value_delimiter = ',')]
    harmful_more: Vec<String>,
    /// Words of the lists that are allowed here.
    #[arg(long, value_delimiter = ',')]
    harmful_allowed: Vec<String>,
}

impl CleaningArgs {
    pub fn apply(&self, cleaning: &mut Cleaning) -> Result<()> {
        if self.no_cleaning {
            *cleaning = Cleaning::default();
        }
        for step in &self.without {
            match step.as_str() {
                "empty" => cleaning.empty = false,
                "personal" => cleaning.personal = None,
                "harmful" => cleaning.harmful = None,
                "too_long" => cleaning.too_long = None,
                "exact_duplicates" => cleaning.exact_duplicates = false,
                "near_duplicates" => cleaning.near_duplicates = None,
                "contradictions" => cleaning.contradictions = false,
                "disagreement" => cleaning.disagreement = false,
                other => bail!("{other} is no step of the cleaning"),
            }
        }
        if let Some(tokens) = self.most_tokens {
            cleaning.too_long = Some(Length { tokens, per_message: 0 });
        }
        self.near(cleaning)?;
        self.personal(cleaning)?;
        self.harmful(cleaning)
    }

    fn near(&self, cleaning: &mut Cleaning) -> Result<()> {
        let asked = self.near_similarity.is_some()
            || self.near_shingles.is_some()
            || [self.near_n, self.near_bands, self.near_rows].iter().any(Option::is_some);
        let Some(near) = &mut cleaning.near_duplicates else { return not_done(asked, "near_duplicates") };
        near.similarity = self.near_similarity.unwrap_or(near.similarity);
        near.n = self.near_n.unwrap_or(near.n);
        near.bands = self.near_bands.unwrap_or(near.bands);
        near.rows = self.near_rows.unwrap_or(near.rows);
        match self.near_shingles {
            Some(ShinglesArg::Words) => near.shingles = Shingles::Words,
            Some(ShinglesArg::Characters) => near.shingles = Shingles::Characters,
            None => {}
        }
        Ok(())
    }

    fn personal(&self, cleaning: &mut Cleaning) -> Result<()> {
        let asked = self.placeholders.is_some() || !self.personal_kinds.is_empty() || !self.name_fields.is_empty();
        let Some(personal) = &mut cleaning.personal else { return not_done(asked, "personal") };
        if !self.personal_kinds.is_empty() {
            let kind =
                |name: &String| serde_json::from_value(name.clone().into()).with_context(|| format!("{name} is no kind of personal data"));
            personal.kinds = self.personal_kinds.iter().map(kind).collect::<Result<_>>()?;
        }
        if !self.name_fields.is_empty() {
            personal.name_fields.clone_from(&self.name_fields);
        }
        match self.placeholders {
            Some(ScopeArg::Row) => personal.scope = PlaceholderScope::Row,
            Some(ScopeArg::Dataset) => personal.scope = PlaceholderScope::Dataset,
            None => {}
        }
        Ok(())
    }

    fn harmful(&self, cleaning: &mut Cleaning) -> Result<()> {
        let lists = [&self.harmful_languages, &self.harmful_more, &self.harmful_allowed];
        let Some(harmful) = &mut cleaning.harmful else { return not_done(lists.iter().any(|list| !list.is_empty()), "harmful") };
        for (list, said) in [&mut harmful.languages, &mut harmful.more, &mut harmful.allowed].into_iter().zip(lists) {
            if !said.is_empty() {
                list.clone_from(said);
            }
        }
        Ok(())
    }
}

fn not_done(asked: bool, step: &str) -> Result<()> {
    if asked {
        bail!("the step {step} is not done, so its numbers cannot be set");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Parser;

    #[derive(Parser)]
    struct Words {
        #[command(flatten)]
        cleaning: CleaningArgs,
    }

    fn applied(words: &str) -> Result<Cleaning> {
        let mut cleaning = Cleaning::all();
        let words = Words::try_parse_from(["gait"].into_iter().chain(words.split_whitespace()))?;
        words.cleaning.apply(&mut cleaning).map(|()| cleaning)
    }

    #[test]
    fn every_number_of_a_step_can_be_said() {
        let near = applied("--near-similarity 0.9 --near-shingles words --near-n 3 --near-bands 20 --near-rows 5")
            .unwrap()
            .near_duplicates
            .unwrap();
        assert_eq!((near.similarity, near.shingles, near.n, near.bands, near.rows), (0.9, Shingles::Words, 3, 20, 5));
        let personal =
            applied("--personal-kinds email,resident_number --placeholders dataset --name-fields agent").unwrap().personal.unwrap();
        assert_eq!((personal.kinds.len(), personal.scope), (2, PlaceholderScope::Dataset));
        assert_eq!(personal.name_fields, ["agent"]);
        let harmful = applied("--harmful-languages en --harmful-more wally --harmful-allowed bastard").unwrap().harmful.unwrap();
        assert_eq!((harmful.languages, harmful.more, harmful.allowed), (vec!["en".into()], vec!["wally".into()], vec!["bastard".into()]));
        assert_eq!(applied("--most-tokens 512").unwrap().too_long.unwrap().tokens, 512);
        assert_eq!(applied("--no-cleaning").unwrap(), Cleaning::default());
    }

    #[test]
    fn what_cannot_be_is_refused_with_the_word() {
        for (words, said) in [
            ("--without near_duplicates --near-similarity 0.9", "near_duplicates is not done"),
            ("--no-cleaning --placeholders row", "personal is not done"),
            ("--without harmful --harmful-more x", "harmful is not done"),
            ("--personal-kinds shoe_size", "shoe_size"),
            ("--without everything", "everything is no step"),
        ] {
            let error = applied(words).unwrap_err().to_string();
            assert!(error.contains(said), "{words}: {error}");
        }
    }
}
