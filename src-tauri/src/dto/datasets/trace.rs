//! The way back from a row, and the versions and files that hold an item.

use super::DatasetCopy;
use flow::dataset;
use serde::Serialize;
use specta::Type;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "lowercase")]
pub enum DatasetSide {
    Train,
    Validation,
    Test,
}

impl From<dataset::Side> for DatasetSide {
    fn from(side: dataset::Side) -> Self {
        match side {
            dataset::Side::Train => Self::Train,
            dataset::Side::Validation => Self::Validation,
            dataset::Side::Test => Self::Test,
        }
    }
}

/// A version in whose files something stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Type)]
pub struct DatasetHeld {
    pub version: i64,
    pub row: String,
    pub side: DatasetSide,
    pub folders: Vec<DatasetCopy>,
}

impl From<dataset::lineage::Held> for DatasetHeld {
    fn from(of: dataset::lineage::Held) -> Self {
        Self { version: of.version, row: of.row(), side: of.side.into(), folders: of.copies.into_iter().map(Into::into).collect() }
    }
}

/// A file that has a row of an item.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Type)]
pub struct DatasetRowInFile {
    pub version: i64,
    pub file: String,
    /// From 0.
    pub row: u64,
}

/// The files that have an item.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Type)]
pub struct DatasetLeftovers {
    pub versions: Vec<i64>,
    pub rows: Vec<DatasetRowInFile>,
    /// Folders that are not where they were written.
    pub elsewhere: Vec<String>,
}

impl From<dataset::lineage::Purged> for DatasetLeftovers {
    fn from(of: dataset::lineage::Purged) -> Self {
        let row =
            |at: dataset::lineage::RowInFile| DatasetRowInFile { version: at.version, file: at.file.display().to_string(), row: at.row };
        Self {
            versions: of.versions,
            rows: of.rows.into_iter().map(row).collect(),
            elsewhere: of.elsewhere.into_iter().map(|folder| folder.display().to_string()).collect(),
        }
    }
}

/// A row or an item, found in the datasets.
#[derive(Debug, Clone, PartialEq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct DatasetTrace {
    pub item: i64,
    pub item_uid: String,
    /// What the row rests on; null where an item was asked for.
    pub row: Option<String>,
    pub by: Option<String>,
    /// `approve`, `edit`, `reject`; null for a choice.
    pub verdict: Option<String>,
    pub at: Option<i64>,
    pub taken_back: bool,
    pub purged: bool,
    pub held: Vec<DatasetHeld>,
}

impl From<dataset::lineage::Origin> for DatasetTrace {
    fn from(of: dataset::lineage::Origin) -> Self {
        Self {
            item: of.item.0,
            item_uid: of.item_uid,
            row: Some(of.row),
            by: Some(of.actor),
            verdict: of.verdict.map(str::to_owned),
            at: Some(of.at.0),
            taken_back: of.taken_back,
            purged: of.purged,
            held: of.held.into_iter().map(Into::into).collect(),
        }
    }
}

impl From<dataset::lineage::InDatasets> for DatasetTrace {
    fn from(of: dataset::lineage::InDatasets) -> Self {
        Self {
            item: of.item.0,
            item_uid: of.item_uid,
            row: None,
            by: None,
            verdict: None,
            at: None,
            taken_back: false,
            purged: of.purged,
            held: of.held.into_iter().map(Into::into).collect(),
        }
    }
}
