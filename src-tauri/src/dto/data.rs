//! Files that come in and go out.

use super::error::CommandError;
use flow::{dataset, intake};
use serde::{Deserialize, Serialize};
use specta::Type;
use specta_typescript::Number;
use std::path::PathBuf;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "lowercase")]
pub enum ImportFormat {
    Csv,
    Jsonl,
}

/// A file to read; what is null is found out.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Type)]
pub struct ImportSource {
    pub path: String,
    pub format: Option<ImportFormat>,
    pub delimiter: Option<String>,
    /// One of `importEncodings`.
    pub encoding: Option<String>,
}

impl TryFrom<ImportSource> for intake::Source {
    type Error = CommandError;

    fn try_from(source: ImportSource) -> Result<Self, CommandError> {
        let delimiter = match source.delimiter.as_deref() {
            None => None,
            Some(text) => match text.chars().collect::<Vec<_>>()[..] {
                [one @ (',' | ';' | '|' | '\t')] => Some(one),
                _ => return Err(CommandError::invalid(format!("Delimiter: one of , ; | and tab (found {text:?})"))),
            },
        };
        let format = source.format.map(|format| match format {
            ImportFormat::Csv => intake::Format::Csv,
            ImportFormat::Jsonl => intake::Format::Jsonl,
        });
        Ok(Self { path: PathBuf::from(source.path), format, delimiter, encoding: source.encoding })
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct ImportMapping {
    /// Column that holds the request's own id; null: the content is the key.
    pub id: Option<String>,
    pub audience: Option<String>,
    pub slice: Option<String>,
    pub priority: Option<String>,
    /// Columns that become the item's fields, in this order.
    pub fields: Vec<String>,
}

impl From<intake::Mapping> for ImportMapping {
    fn from(m: intake::Mapping) -> Self {
        Self { id: m.id, audience: m.audience, slice: m.slice, priority: m.priority, fields: m.fields }
    }
}

impl From<ImportMapping> for intake::Mapping {
    fn from(m: ImportMapping) -> Self {
        Self { id: m.id, audience: m.audience, slice: m.slice, priority: m.priority, fields: m.fields }
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Type)]
pub struct ImportPreview {
    pub format: ImportFormat,
    pub encoding: String,
    /// The encoding is what the bytes look like; an import has to name it.
    pub guessed: bool,
    pub delimiter: Option<String>,
    pub columns: Vec<String>,
    /// The first records, a cell a column.
    pub rows: Vec<Vec<String>>,
    /// A guess to start from.
    pub mapping: ImportMapping,
    /// What is wrong in those first records, each with its line.
    pub problems: Vec<String>,
    pub bytes: u64,
}

impl From<intake::Preview> for ImportPreview {
    fn from(p: intake::Preview) -> Self {
        Self {
            format: match p.format {
                intake::Format::Csv => ImportFormat::Csv,
                intake::Format::Jsonl => ImportFormat::Jsonl,
            },
            encoding: p.encoding.to_owned(),
            guessed: p.guessed,
            delimiter: p.delimiter.map(String::from),
            columns: p.columns,
            rows: p.rows,
            mapping: p.mapping.into(),
            problems: p.problems.into_iter().map(|reject| format!("{}: {}", reject.line, reject.reason)).collect(),
            bytes: p.bytes,
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct ImportReport {
    pub accepted: u64,
    /// Taken earlier already.
    pub duplicates: u64,
    /// The first 1,000; `rejectsTotal` counts all.
    pub rejects: Vec<ImportReject>,
    pub rejects_total: u64,
    /// Stopped by a person; what was accepted stays.
    pub cancelled: bool,
}

/// A record that was not taken.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Type)]
pub struct ImportReject {
    /// From 1.
    pub line: u64,
    pub reason: String,
    pub excerpt: String,
}

impl From<intake::Report> for ImportReport {
    fn from(r: intake::Report) -> Self {
        let reject = |reject: intake::Reject| ImportReject { line: reject.line, reason: reject.reason, excerpt: reject.excerpt };
        Self {
            accepted: r.accepted,
            duplicates: r.duplicates,
            rejects: r.rejects.into_iter().map(reject).collect(),
            rejects_total: r.rejects_total,
            cancelled: r.cancelled,
        }
    }
}

/// How far a job is: bytes of the file for an import, decisions for an export.
#[derive(Debug, Clone, PartialEq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct Progress {
    pub done: u64,
    pub total: Option<u64>,
    #[specta(type = Number)]
    pub per_second: f64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Type)]
#[serde(rename_all = "lowercase")]
pub enum ExportFormat {
    Sft,
    Preference,
    Decisions,
}

impl From<ExportFormat> for dataset::ExportFormat {
    fn from(format: ExportFormat) -> Self {
        match format {
            ExportFormat::Sft => Self::Sft,
            ExportFormat::Preference => Self::Preference,
            ExportFormat::Decisions => Self::Decisions,
        }
    }
}

/// Decisions that have no row in the format.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Type)]
pub struct Skipped {
    pub reason: String,
    pub count: u64,
}

impl From<dataset::Skipped> for Skipped {
    fn from(skipped: dataset::Skipped) -> Self {
        Self { reason: skipped.reason.to_owned(), count: skipped.count }
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Type)]
pub struct ExportPreview {
    pub rows: u64,
    pub skipped: Vec<Skipped>,
    /// The first rows, as they would be written.
    pub sample: Vec<String>,
}

impl From<dataset::ExportPreview> for ExportPreview {
    fn from(p: dataset::ExportPreview) -> Self {
        Self { rows: p.rows, skipped: p.skipped.into_iter().map(Skipped::from).collect(), sample: p.sample }
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Type)]
pub struct ExportReport {
    pub path: String,
    pub rows: u64,
    pub bytes: u64,
    pub sha256: String,
    pub skipped: Vec<Skipped>,
}

impl From<dataset::ExportReport> for ExportReport {
    fn from(r: dataset::ExportReport) -> Self {
        Self {
            path: r.path.display().to_string(),
            rows: r.rows,
            bytes: r.bytes,
            sha256: r.sha256,
            skipped: r.skipped.into_iter().map(Skipped::from).collect(),
        }
    }
}
