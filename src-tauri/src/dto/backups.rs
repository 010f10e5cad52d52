//! Copies of the database, what putting one back loses, and what a look at everything found.

use flow::backup;
use flow::doctor;
use serde::Serialize;
use specta::Type;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "snake_case")]
pub enum BackupKind {
    Kept,
    Replaced,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct Backup {
    pub name: String,
    pub kind: BackupKind,
    pub bytes: u64,
    /// These are null where it cannot be read; then `trouble` says why.
    pub made_at: Option<i64>,
    pub items: Option<i64>,
    pub decisions: Option<i64>,
    pub trouble: Option<String>,
}

impl From<backup::Copy> for Backup {
    fn from(copy: backup::Copy) -> Self {
        let reach = copy.reach.as_ref();
        Self {
            kind: match copy.kind {
                backup::Kind::Kept => BackupKind::Kept,
                backup::Kind::Replaced => BackupKind::Replaced,
            },
            bytes: copy.bytes,
            made_at: copy.made_at().map(|at| at.0),
            items: reach.map(|reach| reach.items).ok(),
            decisions: reach.map(|reach| reach.decisions).ok(),
            trouble: reach.err().map(|trouble| super::sentence(trouble)),
            name: copy.name,
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct BackupLoss {
    pub items: i64,
    pub decisions: i64,
    /// Went out since.
    pub delivered: i64,
    pub since: Option<i64>,
}

impl From<backup::Loss> for BackupLoss {
    fn from(loss: backup::Loss) -> Self {
        Self { items: loss.items, decisions: loss.decisions, delivered: loss.delivered, since: loss.since.map(|at| at.0) }
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Type)]
pub struct Finding {
    pub ok: bool,
    pub what: String,
}

impl From<doctor::Finding> for Finding {
    fn from(finding: doctor::Finding) -> Self {
        Self { ok: finding.ok, what: super::sentence(&finding.what) }
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Type)]
pub struct Everything {
    pub tables: u64,
    pub rows: u64,
}

impl From<backup::Everything> for Everything {
    fn from(written: backup::Everything) -> Self {
        Self { tables: written.tables, rows: written.rows }
    }
}
