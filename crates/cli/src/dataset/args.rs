//! A selection and a plan as words on the command line, or as the JSON that `gait dataset show --json` prints.

mod cleaning;

use anyhow::{Context, Result, bail};
use clap::{Args, ValueEnum};
use cleaning::CleaningArgs;
use flow::dataset::{Agreement, Facets, Format, Plan, Selection};
use flow::review::Verdict;
use flow::use_case::Level;
use flow::{Desk, Millis, UseCaseId};
use serde::de::DeserializeOwned;
use std::path::{Path, PathBuf};

#[derive(Clone, Copy, ValueEnum)]
enum VerdictArg {
    Approve,
    Edit,
    Reject,
}

#[derive(Clone, Copy, ValueEnum)]
enum LevelArg {
    Crawl,
    Walk,
    Run,
}

#[derive(Clone, Copy, ValueEnum)]
enum AgreementArg {
    Any,
    LookedAtTwice,
    Agreed,
}

#[derive(Args)]
pub struct SelectionArgs {
    /// A selection as JSON, as `gait dataset show --json` prints it; the other words change it.
    #[arg(long)]
    selection: Option<PathBuf>,
    /// From this day on (UTC, 2026-01-31).
    #[arg(long)]
    since: Option<String>,
    /// Before this day (UTC).
    #[arg(long)]
    until: Option<String>,
    #[arg(long, value_enum, value_delimiter = ',')]
    level: Vec<LevelArg>,
    /// The empty name stands for none.
    #[arg(long, value_delimiter = ',')]
    slice: Vec<String>,
    /// Names, as `gait dataset facets` lists them.
    #[arg(long, value_delimiter = ',')]
    reviewer: Vec<String>,
    #[arg(long, value_enum, value_delimiter = ',')]
    verdict: Vec<VerdictArg>,
    /// 0 to 1.
    #[arg(long)]
    least_edit: Option<f64>,
    #[arg(long)]
    most_edit: Option<f64>,
    /// Only what was looked at twice, or where the second look said the same.
    #[arg(long, value_enum)]
    agreement: Option<AgreementArg>,
    /// Numbers of drafter versions.
    #[arg(long, value_delimiter = ',')]
    drafter_version: Vec<i64>,
    /// Codes of reasons.
    #[arg(long, value_delimiter = ',')]
    reason: Vec<String>,
    /// All decisions weigh the same.
    #[arg(long)]
    unweighted: bool,
    /// Without choices between two drafts.
    #[arg(long)]
    no_comparisons: bool,
}

fn read_json<T: DeserializeOwned>(path: &Path, what: &str) -> Result<T> {
    let text = std::fs::read_to_string(path).with_context(|| format!("{}: cannot be read", path.display()))?;
    serde_json::from_str(&text).with_context(|| format!("{}: not a {what}", path.display()))
}

impl SelectionArgs {
    pub fn read(&self, facets: &Facets) -> Result<Selection> {
        // A name that nobody has would select nothing, and not say why.
        if let Some(name) = self.reviewer.iter().find(|name| !facets.reviewers.contains(name)) {
            bail!("{name:?} has decided nothing here; who has: {}", facets.reviewers.join(", "));
        }
        let mut of: Selection = self.selection.as_deref().map(|path| read_json(path, "selection")).transpose()?.unwrap_or_default();
        if let Some(day) = &self.since {
            of.since = Some(day_start(day)?);
        }
        if let Some(day) = &self.until {
            of.until = Some(day_start(day)?);
        }
        let levels = |level: &LevelArg| match level {
            LevelArg::Crawl => Level::Crawl,
            LevelArg::Walk => Level::Walk,
            LevelArg::Run => Level::Run,
        };
        let verdicts = |verdict: &VerdictArg| match verdict {
            VerdictArg::Approve => Verdict::Approve,
            VerdictArg::Edit => Verdict::Edit,
            VerdictArg::Reject => Verdict::Reject,
        };
        replace(&mut of.levels, self.level.iter().map(levels).collect());
        replace(&mut of.verdicts, self.verdict.iter().map(verdicts).collect());
        replace(&mut of.slices, self.slice.clone());
        replace(&mut of.reviewers, self.reviewer.clone());
        replace(&mut of.drafter_versions, self.drafter_version.clone());
        replace(&mut of.reasons, self.reason.clone());
        of.least_edit = self.least_edit.or(of.least_edit);
        of.most_edit = self.most_edit.or(of.most_edit);
        if let Some(agreement) = self.agreement {
            of.agreement = match agreement {
                AgreementArg::Any => Agreement::Any,
                AgreementArg::LookedAtTwice => Agreement::LookedAtTwice,
                AgreementArg::Agreed => Agreement::Agreed,
            };
        }
        of.weighted &= !self.unweighted;
        of.comparisons &= !self.no_comparisons;
        Ok(of)
    }
}

fn replace<T>(list: &mut Vec<T>, by: Vec<T>) {
    if !by.is_empty() {
        *list = by;
    }
}

#[derive(Args)]
pub struct PlanArgs {
    /// A recipe as JSON, as `gait dataset show --json` prints it; the other words change it.
    #[arg(long)]
    recipe: Option<PathBuf>,
    /// sft, prompt-completion, dpo, dpo-chat, kto, openai-chat, openai-preference, alpaca, sharegpt, sharegpt-preference, sharegpt-kto,
    /// sft-parquet, dpo-parquet, csv.
    #[arg(long, value_delimiter = ',')]
    format: Vec<String>,
    #[command(flatten)]
    cleaning: CleaningArgs,
    /// Shares of validation and test, 0 to 1.
    #[arg(long)]
    validation: Option<f64>,
    #[arg(long)]
    test: Option<f64>,
    /// The most megabytes of a file; the next one is begun before it is longer.
    #[arg(long)]
    shard_mb: Option<u64>,
    /// Rows without the columns `id` and `weight`.
    #[arg(long)]
    no_columns: bool,
    /// Fields of the request of which equal values stay on one side.
    #[arg(long, value_delimiter = ',')]
    group: Vec<String>,
    /// An SPDX identifier, or `other`.
    #[arg(long)]
    licence: Option<String>,
    #[arg(long)]
    description: Option<String>,
    /// An organisation.
    #[arg(long)]
    creator: Option<String>,
    /// ISO 639-1.
    #[arg(long, value_delimiter = ',')]
    language: Vec<String>,
}

impl PlanArgs {
    pub fn read(&self, desk: &Desk, use_case: UseCaseId) -> Result<Plan> {
        let mut plan: Plan = match &self.recipe {
            Some(path) => read_json(path, "recipe")?,
            None => desk.first_plan(use_case, vec![Format::Sft, Format::DpoChat, Format::Kto])?,
        };
        if !self.format.is_empty() {
            let named = |name: &String| {
                let all = || Format::ALL.map(Format::name).join(", ");
                Format::named(name).with_context(|| format!("{name} is no format; there are: {}", all()))
            };
            plan.recipe.formats = self.format.iter().map(named).collect::<Result<_>>()?;
        }
        self.cleaning.apply(&mut plan.recipe.cleaning)?;
        plan.recipe.shard_bytes = self.shard_mb.map_or(plan.recipe.shard_bytes, |megabytes| megabytes.saturating_mul(1_000_000));
        plan.recipe.columns &= !self.no_columns;
        plan.recipe.split.validation = self.validation.unwrap_or(plan.recipe.split.validation);
        plan.recipe.split.test = self.test.unwrap_or(plan.recipe.split.test);
        replace(&mut plan.group_fields, self.group.clone());
        replace(&mut plan.languages, self.language.clone());
        for (word, said) in
            [(&mut plan.licence, &self.licence), (&mut plan.description, &self.description), (&mut plan.creator, &self.creator)]
        {
            if let Some(said) = said {
                word.clone_from(said);
            }
        }
        Ok(plan)
    }
}

/// The first moment of a day, UTC. Days since 1970 by Howard Hinnant's `days_from_civil`.
fn day_start(day: &str) -> Result<Millis> {
    let wrong = || format!("{day:?} is no day; it is written 2026-01-31");
    let parts: Vec<i64> = day.split('-').map(str::parse).collect::<Result<_, _>>().with_context(wrong)?;
    let [year, month, date] = parts[..] else { bail!(wrong()) };
    if !(1970..=9999).contains(&year) || !(1..=12).contains(&month) || !(1..=31).contains(&date) {
        bail!(wrong());
    }
    let year = if month <= 2 { year - 1 } else { year };
    let (era, of_era) = (year / 400, year % 400);
    let of_year = (153 * (if month > 2 { month - 3 } else { month + 9 }) + 2) / 5 + date - 1;
    let days = era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468;
    Ok(Millis(days * 86_400_000))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_is_its_first_moment() {
        assert_eq!(day_start("1970-01-01").unwrap(), Millis(0));
        assert_eq!(day_start("2000-03-01").unwrap(), Millis(951_868_800_000));
        assert_eq!(day_start("2026-11-26").unwrap(), Millis(1_795_651_200_000));
        for wrong in ["yesterday", "2026-13-01", "2026-01", "", "2026-01-01-01"] {
            assert!(day_start(wrong).is_err(), "{wrong:?}");
        }
    }
}
