//! `manifest.json`: what is in a dataset's folder and how it came about.
//!
//! Invariant: every file that holds rows is named here with its SHA-256; what was left out is counted, with the reason.

use crate::recipe::{Format, Recipe, Side};
use crate::write::About;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Manifest {
    /// Of this file's own shape.
    pub schema: u32,
    pub about: About,
    pub recipe: Recipe,
    /// What trainers read.
    pub files: Vec<File>,
    /// What people read: CSV.
    pub tables: Vec<Table>,
    /// `lineage.jsonl`: from each row back to its item and decisions.
    pub lineage: Table,
    /// Examples that the source gave.
    pub examples: u64,
    /// Examples that are in the files.
    pub kept: u64,
    /// In the order of the work; each example is left out once, by the first that takes it.
    pub steps: Vec<StepCount>,
    pub statistics: Statistics,
    /// What a reader must know: a format that could not be written, groups that were merged.
    pub notes: Vec<Note>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct File {
    /// From the dataset's folder, with `/`.
    pub path: String,
    /// The schema's name as checkers know it ([`Format::schema`]).
    pub format: String,
    pub config: Format,
    pub split: Side,
    pub rows: u64,
    pub bytes: u64,
    /// 64 hexadecimal digits.
    pub sha256: String,
    /// Only for files of the side `test`: never to be trained on.
    pub never_train: bool,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Table {
    pub path: String,
    pub rows: u64,
    pub bytes: u64,
    pub sha256: String,
}

/// What a step of the cleaning did.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StepCount {
    /// `empty`, `personal`, `harmful`, `too_long`, `exact_duplicates`, `near_duplicates`, `contradictions`, `disagreement`,
    /// `no_rows` (no chosen format has a row for this verdict), `held_elsewhere` (its group stands on another side).
    pub step: String,
    /// Examples that it left out.
    pub left_out: u64,
    /// Values that it replaced, by kind (personal data only).
    pub replaced: BTreeMap<String, u64>,
    /// Examples that it changed (personal data only).
    pub changed: u64,
    /// A few ids of examples, never their text.
    pub examples: Vec<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Note {
    /// A word to translate by: `kto_one_label`, `openai_too_few`, `no_rows`, `merged_groups`, `no_tokens`.
    pub code: String,
    pub text: String,
    pub count: u64,
    /// The format that it is of, and the side where it is of one, by their names: `kto validation`.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub about: String,
}

/// Of a list of lengths, in tokens where a counter was given, else in characters.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Lengths {
    pub min: u64,
    pub mean: f64,
    /// Estimated to 5 %.
    pub median: u64,
    pub p95: u64,
    pub max: u64,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sides {
    pub train: u64,
    pub validation: u64,
    pub test: u64,
}

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Kto {
    pub desirable: u64,
    pub undesirable: u64,
    /// What to give the trainer, so that the classes weigh between 1:1 and 4:3.
    pub desirable_weight: f64,
    pub undesirable_weight: f64,
}

/// Over the examples that were kept.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Statistics {
    /// `tokens` or `characters`.
    pub unit: String,
    pub prompt: Lengths,
    pub text: Lengths,
    pub verdicts: BTreeMap<String, u64>,
    pub reasons: BTreeMap<String, u64>,
    pub sides: Sides,
    /// Groups that stay on one side.
    pub groups: u64,
    /// Of the side `train`.
    pub kto: Kto,
    pub weight_sum: f64,
}
