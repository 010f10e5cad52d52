//! From a source to a folder: read and clean once, compare, then write all formats in one pass.
//!
//! Invariant: the folder appears by one rename, after every byte of it was synced; before that nothing has its name. Memory grows by
//! some 200 bytes an example, never by texts.

mod output;
mod passes;
mod spool;
mod statistics;

use crate::clean::Steps;
use crate::compare::sensible;
use crate::error::Result;
use crate::example::{Example, Source};
use crate::folder::{Folder, write_synced};
use crate::format;
use crate::manifest::{Manifest, Note, StepCount};
use crate::recipe::{Format, Recipe};
use passes::{Plan, Work};
use serde::{Deserialize, Serialize};
use spool::Spool;
use std::path::Path;

/// Counts tokens of a text. It must be callable from several threads at once.
pub type CountTokens<'a> = dyn Fn(&str) -> usize + Sync + 'a;

/// Whose tokenizer counts, for the card.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "by", rename_all = "snake_case")]
pub enum Tokens {
    Model {
        name: String,
        /// Of the model's file.
        sha256: String,
    },
    Nobody {
        /// In a sentence; empty where nobody was to count.
        why: String,
    },
}

impl Default for Tokens {
    fn default() -> Self {
        Self::Nobody { why: String::new() }
    }
}

/// Who drafted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Drafter {
    pub version: String,
    /// The model's file.
    pub model_sha256: String,
    pub description: String,
}

/// Something left out, with the reason.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Count {
    pub reason: String,
    pub count: u64,
}

/// What the card says beside what can be counted. All of it is written to files: no names of people.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct About {
    /// A title in a person's words.
    pub name: String,
    /// The version's own number or word.
    pub version: String,
    pub description: String,
    /// An SPDX identifier, or `other`.
    pub licence: String,
    /// Who made it: an organisation, not a person.
    pub creator: String,
    /// ISO 639-1.
    pub languages: Vec<String>,
    /// Milliseconds since 1970. The caller's clock: there is none here.
    pub created_ms: i64,
    /// How the examples were selected, as the caller stores it.
    pub selection: serde_json::Value,
    /// What the selection left out before the source gave anything.
    pub not_selected: Vec<Count>,
    pub drafters: Vec<Drafter>,
    #[serde(default)]
    pub tokens: Tokens,
}

/// What the work is at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Stage {
    /// Reading and cleaning each example.
    Reading,
    /// Comparing all with all.
    Comparing,
    Writing,
    /// Sums and the card.
    Closing,
}

/// How far the work is. Rate and time left are for whoever has a clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Progress {
    pub stage: Stage,
    /// Examples of this stage.
    pub done: u64,
    pub of: Option<u64>,
    /// Bytes of rows written so far.
    pub bytes: u64,
}

/// Everything that [`write`] is asked.
pub struct Job<'a> {
    /// Must not be there yet; the folder above it must.
    pub folder: &'a Path,
    pub recipe: &'a Recipe,
    pub about: &'a About,
    /// By the tokenizer that `about` names. Without it lengths are in characters, and nothing is too long.
    pub count_tokens: Option<&'a CountTokens<'a>>,
    /// Asked often; `true` ends the work with [`crate::Error::Cancelled`], and nothing is left of it.
    pub cancelled: &'a (dyn Fn() -> bool + Sync),
    /// Called some times a second.
    pub progress: &'a mut dyn FnMut(Progress),
}

/// Writes a dataset.
///
/// # Errors
/// [`crate::Error::Exists`] when something has the folder's name, [`crate::Error::Cancelled`], the source's own error, a recipe that makes no
/// sense, or the disk. The folder is absent after each of them.
pub fn write(job: Job<'_>, source: &mut dyn Source) -> Result<Manifest> {
    sensible(job.recipe)?;
    let steps = Steps::new(&job.recipe.cleaning, job.count_tokens)?;
    let folder = Folder::begin(job.folder)?;
    let mut work = Work { recipe: job.recipe, cancelled: job.cancelled, progress: job.progress };
    let mut spool = Spool::create(folder.path())?;
    let mut read = work.read(&steps, source, &mut |example| spool.add(&example))?;
    let compared = work.compare(&mut read.facts)?;
    let mut plan = Plan::new(&mut read.facts, &compared.sides, job.recipe);
    plan.notes.extend(uncounted(job.about, job.recipe, job.count_tokens.is_some()));
    let mut spooled = spool.read()?;
    let written = work.write(&mut read, &compared.sides, &plan, folder.path(), &mut || spooled.next())?;
    spooled.remove()?;
    work.tell(Stage::Closing, 0, None, written.bytes)?;
    let manifest = Manifest {
        schema: 1,
        about: job.about.clone(),
        recipe: job.recipe.clone(),
        files: written.files,
        tables: written.tables,
        lineage: written.lineage,
        examples: read.facts.rows.len() as u64,
        kept: written.gathered.kept,
        steps: read.told.lines(&job.recipe.cleaning, job.count_tokens.is_some()),
        statistics: written.gathered.statistics(job.count_tokens.is_some(), compared.groups),
        notes: plan.notes,
    };
    crate::card::write(folder.path(), &manifest)?;
    let json = serde_json::to_vec_pretty(&manifest).expect("a manifest is made of strings, numbers and lists");
    write_synced(&folder.path().join("manifest.json"), &json)?;
    work.tell(Stage::Closing, 1, Some(1), written.bytes)?;
    folder.finish()?;
    Ok(manifest)
}

/// What a reader must know where tokens were to be counted and could not be.
fn uncounted(about: &About, recipe: &Recipe, counted: bool) -> Option<Note> {
    let why = match &about.tokens {
        Tokens::Nobody { why } if !counted => why,
        Tokens::Model { .. } | Tokens::Nobody { .. } => return None,
    };
    let too_long = recipe.cleaning.too_long.is_some();
    (too_long || !why.is_empty()).then(|| Note {
        code: "no_tokens".into(),
        text: format!(
            "{}Lengths are counted in characters{}.",
            if why.is_empty() { String::new() } else { format!("{why} ") },
            if too_long { ", and nothing is left out as too long for the model" } else { "" }
        ),
        count: 0,
        about: String::new(),
    })
}

/// The first rows of a format, as they would be written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PreviewRows {
    pub format: Format,
    pub rows: Vec<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Preview {
    pub formats: Vec<PreviewRows>,
    /// Examples that were looked at.
    pub examples: u64,
    pub steps: Vec<StepCount>,
    /// What the whole would have to say if it were only these examples.
    pub notes: Vec<Note>,
}

/// The first `rows` rows of each format, cleaned, from the examples given (some hundred: all of them are held in memory, and
/// duplicates are found among them only).
///
/// # Errors
/// A recipe that makes no sense.
pub fn preview(recipe: &Recipe, examples: Vec<Example>, rows: usize, count_tokens: Option<&CountTokens<'_>>) -> Result<Preview> {
    sensible(recipe)?;
    let steps = Steps::new(&recipe.cleaning, count_tokens)?;
    let mut work = Work { recipe, cancelled: &|| false, progress: &mut |_| {} };
    let mut kept: Vec<Example> = Vec::with_capacity(examples.len());
    let mut read = work.read(&steps, &mut examples.into_iter(), &mut |example| {
        kept.push(example);
        Ok(())
    })?;
    let compared = work.compare(&mut read.facts)?;
    // A format that the few examples here are too few for may well be written from all.
    let plan = Plan::new(&mut read.facts, &compared.sides, recipe);
    let mut formats: Vec<PreviewRows> = recipe.formats.iter().map(|format| PreviewRows { format: *format, rows: Vec::new() }).collect();
    for ((example, fact), side) in kept.iter().zip(&read.facts.rows).zip(&compared.sides) {
        match fact.left_out {
            Some(step) => read.told.left_out(step, &example.id),
            None => {
                for shown in &mut formats {
                    format::lines(shown.format, example, *side, &read.shape, &mut |line| {
                        if shown.rows.len() < rows {
                            shown.rows.push(String::from_utf8_lossy(line).trim_end().to_owned());
                        }
                    });
                }
            }
        }
    }
    Ok(Preview {
        formats,
        examples: kept.len() as u64,
        steps: read.told.lines(&recipe.cleaning, count_tokens.is_some()),
        notes: plan.notes,
    })
}
