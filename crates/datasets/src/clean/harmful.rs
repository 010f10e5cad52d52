//! Words that leave an example out.
//!
//! Invariant: a word of our lists is replaced by nothing and softened by nothing; it is out, or the recipe allows it.

use crate::error::{Error, Result};
use crate::recipe::HarmfulWords;
use regex::Regex;

const LISTS: [(&str, &str); 2] = [("en", include_str!("words/en.txt")), ("ko", include_str!("words/ko.txt"))];

/// The words of our list for a language, without those that a recipe may allow.
#[must_use]
pub fn words(language: &str) -> Option<Vec<&'static str>> {
    let (_, list) = LISTS.iter().find(|(known, _)| *known == language)?;
    Some(list.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#')).collect())
}

#[derive(Debug)]
pub struct Harmful {
    pattern: Option<Regex>,
}

impl Harmful {
    /// # Errors
    /// When the recipe names a language that we have no list for.
    pub fn new(recipe: &HarmfulWords) -> Result<Self> {
        let mut all: Vec<String> = Vec::new();
        for language in &recipe.languages {
            let list = words(language)
                .ok_or_else(|| Error::Recipe(format!("there is no list of words for the language {language:?}; there are en and ko")))?;
            all.extend(list.into_iter().map(str::to_owned));
        }
        all.extend(recipe.more.iter().map(|word| word.trim().to_owned()).filter(|word| !word.is_empty()));
        all.retain(|word| !recipe.allowed.iter().any(|allowed| allowed.trim().eq_ignore_ascii_case(word)));
        if all.is_empty() {
            return Ok(Self { pattern: None });
        }
        let parts: Vec<String> = all.iter().map(|word| pattern(word)).collect();
        let pattern = Regex::new(&format!("(?i){}", parts.join("|")))
            .map_err(|error| Error::Recipe(format!("the words that leave an example out are too many or too long ({error})")))?;
        Ok(Self { pattern: Some(pattern) })
    }

    #[must_use]
    pub fn holds(&self, text: &str) -> bool {
        self.pattern.as_ref().is_some_and(|pattern| pattern.is_match(text))
    }
}

/// Words of letters that have endings before or behind them (Korean) are found inside of words, others whole.
fn pattern(word: &str) -> String {
    let words: Vec<String> = word.split_whitespace().map(regex::escape).collect();
    let spaced = words.join(r"\s+");
    if word.is_ascii() { format!(r"(?-u:\b){spaced}(?-u:\b)") } else { spaced }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn default() -> Harmful {
        Harmful::new(&HarmfulWords::default()).unwrap()
    }

    #[test]
    fn a_word_of_the_list_is_found_whole_and_in_any_case() {
        for text in ["You are an ASSHOLE.", "just  kill\n yourself", "이런 씨발 진짜", "그 병신같은 답변", "ㅅㅂ"] {
            assert!(default().holds(text), "{text}");
        }
    }

    #[test]
    fn words_that_only_contain_one_are_left_alone() {
        for text in [
            "Scunthorpe United",
            "a cocoon of silk",
            "the fagus tree, a raccoon, a pricked finger",
            "시발점에서 출발합니다",
            "신발을 샀어요",
        ] {
            assert!(!default().holds(text), "{text}");
        }
    }

    #[test]
    fn a_recipe_adds_words_and_allows_others() {
        let recipe = HarmfulWords { languages: vec!["en".into()], more: vec!["wally".into()], allowed: vec!["bastard".into()] };
        let harmful = Harmful::new(&recipe).unwrap();
        assert!(harmful.holds("What a wally"), "an added word");
        assert!(!harmful.holds("A bastard file"), "an allowed word");
        assert!(!harmful.holds("병신"), "a language that is not asked for");
    }

    #[test]
    fn a_language_without_a_list_is_said() {
        let recipe = HarmfulWords { languages: vec!["xx".into()], ..HarmfulWords::default() };
        assert!(Harmful::new(&recipe).unwrap_err().to_string().contains("\"xx\""));
    }
}
