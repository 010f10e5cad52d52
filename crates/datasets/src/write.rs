//! From a source to a folder: read and clean once, compare, then write all formats in one pass.
//!
//! Invariant: the folder appears by one rename, after every byte of it was synced; before that nothing has its name. Memory grows by
//! some 200 bytes an example, never by texts.

use crate::error::{Error, Result};
use crate::example::{Example, Source};
use crate::manifest::{Manifest, StepCount};
use crate::recipe::{Format, Recipe};
use serde::{Deserialize, Serialize};
use std::path::Path;

/// Counts tokens of a text. It must be callable from several threads at once.
pub type CountTokens<'a> = dyn Fn(&str) -> usize + Sync + 'a;

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
    pub count_tokens: Option<&'a CountTokens<'a>>,
    /// Asked often; `true` ends the work with [`Error::Cancelled`], and nothing is left of it.
    pub cancelled: &'a (dyn Fn() -> bool + Sync),
    /// Called some times a second.
    pub progress: &'a mut dyn FnMut(Progress),
}

/// Writes a dataset.
///
/// # Errors
/// [`Error::Exists`] when something has the folder's name, [`Error::Cancelled`], the source's own error, a recipe that makes no
/// sense, or the disk. The folder is absent after each of them.
pub fn write(job: Job<'_>, source: &mut dyn Source) -> Result<Manifest> {
    let _ = (job.folder, source);
    Err(Error::Recipe("it is not written yet".into()))
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
}

/// The first `rows` rows of each format, cleaned, from the examples given (some hundred: all of them are held in memory, and
/// duplicates are found among them only).
///
/// # Errors
/// A recipe that makes no sense.
pub fn preview(recipe: &Recipe, examples: Vec<Example>, rows: usize, count_tokens: Option<&CountTokens<'_>>) -> Result<Preview> {
    let _ = (recipe, examples, rows, count_tokens);
    Err(Error::Recipe("it is not written yet".into()))
}

/// Removes what a killed [`write`] left beside datasets in `parent`; work that is still going on is not touched. Returns how many
/// leftovers there were. [`write`] does it too.
///
/// # Errors
/// When the folder cannot be read or a leftover cannot be removed.
pub fn clear_leftovers(parent: &Path) -> Result<u64> {
    let _ = parent;
    Ok(0)
}
