//! Frozen versions: what was selected, how it was made, and what is in it.
//!
//! Invariant: a version never changes.

use super::list::{Part, Source};
use super::selection::{LeftOut, Selection};
use crate::clock::Millis;
use crate::desk::Desk;
use crate::error::Result;
use crate::id::UseCaseId;
use crate::storage;
use datasets::{Format, Manifest, Recipe, Side};
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};

/// How a version is made, and what its card says.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Plan {
    pub recipe: Recipe,
    /// Fields of the request of which equal values stay on one side.
    pub group_fields: Vec<String>,
    pub description: String,
    /// An SPDX identifier, or `other`.
    pub licence: String,
    /// An organisation.
    pub creator: String,
    /// ISO 639-1.
    pub languages: Vec<String>,
}

/// Names of fields that tell a thread, a customer or a document, unless the plan says otherwise.
pub const GROUP_FIELDS: [&str; 10] = [
    "customer",
    "customer_id",
    "account",
    "account_id",
    "thread",
    "thread_id",
    "conversation",
    "conversation_id",
    "document",
    "document_id",
];

impl Plan {
    /// All cleaning; a tenth each to validation and test, by a hash that is the same for every version of the use case.
    pub fn new(formats: Vec<Format>, use_case: UseCaseId) -> Self {
        Self {
            recipe: Recipe::new(formats, &format!("gait-{use_case}")),
            group_fields: GROUP_FIELDS.iter().map(|name| (*name).to_owned()).collect(),
            description: String::new(),
            licence: "other".into(),
            creator: String::new(),
            languages: vec!["en".into()],
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct LeftOutCount {
    pub reason: LeftOut,
    pub count: u64,
}

/// A folder with the files of a version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Copy {
    pub id: i64,
    pub folder: PathBuf,
    pub made_by: String,
    pub at: Millis,
}

#[derive(Debug, Clone, PartialEq)]
pub struct DatasetVersion {
    pub id: i64,
    pub use_case: UseCaseId,
    /// Counts up within the use case.
    pub n: i64,
    pub selection: Selection,
    pub recipe: Plan,
    pub left_out: Vec<LeftOutCount>,
    pub manifest: Manifest,
    pub made_by: String,
    pub at: Millis,
    pub copies: Vec<Copy>,
}

impl DatasetVersion {
    /// Rows of each format, by side.
    pub fn rows(&self) -> Vec<(Format, [u64; 3])> {
        let mut all: Vec<(Format, [u64; 3])> = Vec::new();
        for file in &self.manifest.files {
            let side = match file.split {
                Side::Train => 0,
                Side::Validation => 1,
                Side::Test => 2,
            };
            match all.iter_mut().find(|(format, _)| *format == file.config) {
                Some((_, rows)) => rows[side] += file.rows,
                None => {
                    let mut rows = [0; 3];
                    rows[side] = file.rows;
                    all.push((file.config, rows));
                }
            }
        }
        all
    }

    pub fn bytes(&self) -> u64 {
        self.manifest.files.iter().map(|file| file.bytes).chain(self.manifest.tables.iter().map(|table| table.bytes)).sum()
    }
}

/// A version as it is about to be kept.
pub(crate) struct NewVersion<'a> {
    pub use_case: UseCaseId,
    pub n: i64,
    pub selection: &'a Selection,
    pub recipe: &'a Plan,
    pub left_out: &'a [LeftOutCount],
    pub manifest: &'a Manifest,
    pub parts: &'a [(Source, Part)],
}

/// A folder that is about to be written.
pub(crate) struct NewCopy<'a> {
    pub use_case: UseCaseId,
    pub version: Option<i64>,
    pub folder: &'a Path,
    pub temporary: &'a Path,
    /// Who holds a lock for as long as it is written.
    pub owner: &'a str,
    pub person: &'a str,
}

/// What is to be made.
#[derive(Debug, Clone, Copy)]
pub struct Wanted<'a> {
    pub use_case: UseCaseId,
    pub selection: &'a Selection,
    pub plan: &'a Plan,
    /// Must not be there yet.
    pub folder: &'a Path,
}

/// A version that is to be written once more.
#[derive(Debug, Clone, Copy)]
pub struct Again<'a> {
    pub use_case: UseCaseId,
    pub n: i64,
    /// Must not be there yet.
    pub folder: &'a Path,
}

/// What the work is at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// Going through the decisions.
    Selecting,
    /// Reading and cleaning each example.
    Reading,
    /// Comparing all with all.
    Comparing,
    Writing,
    /// Sums, the card, and the list.
    Closing,
}

/// How far the work is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    pub stage: Stage,
    /// Decisions of this stage.
    pub done: u64,
    pub of: Option<u64>,
}

impl From<datasets::Progress> for Progress {
    fn from(at: datasets::Progress) -> Self {
        let stage = match at.stage {
            datasets::Stage::Reading => Stage::Reading,
            datasets::Stage::Comparing => Stage::Comparing,
            datasets::Stage::Writing => Stage::Writing,
            datasets::Stage::Closing => Stage::Closing,
        };
        Self { stage, done: at.done, of: at.of }
    }
}

impl Desk {
    /// All versions of a use case, newest first.
    ///
    /// # Errors
    /// Those of the database.
    pub fn datasets(&self, use_case: UseCaseId) -> Result<Vec<DatasetVersion>> {
        self.use_case(use_case)?;
        self.read(|c| storage::dataset::versions(c, use_case))
    }

    /// # Errors
    /// [`Error::NotFound`].
    pub fn dataset(&self, use_case: UseCaseId, n: i64) -> Result<DatasetVersion> {
        self.read(|c| storage::dataset::nth(c, use_case, n))
    }
}
