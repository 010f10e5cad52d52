//! Where approved text goes and requests come in from.

use super::review::DeliveryState;
use super::use_case::Sink;
use flow::{allowed, carrier, folder, sinks};
use serde::{Deserialize, Serialize};
use specta::Type;

/// What texts may go to. Empty: only into files.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct Allowed {
    /// Beginnings of addresses.
    pub webhooks: Vec<String>,
    /// Programs, by their full path.
    pub commands: Vec<String>,
}

impl From<allowed::Allowed> for Allowed {
    fn from(of: allowed::Allowed) -> Self {
        Self { webhooks: of.webhooks, commands: of.commands }
    }
}

impl From<Allowed> for allowed::Allowed {
    fn from(of: Allowed) -> Self {
        Self { webhooks: of.webhooks, commands: of.commands }
    }
}

/// The sinks of a use case, and the texts that do not arrive there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Type)]
pub struct SinksView {
    pub sinks: Vec<SinkState>,
    pub failing: Vec<DeliveryRow>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct SinkState {
    pub id: i64,
    pub sink: Sink,
    /// Why the receiver wants nothing more; null while it does.
    pub off: Option<String>,
    /// No longer one of its use case; texts are still on their way to it.
    pub is_removed: bool,
    pub waiting: i64,
    pub failing: i64,
    /// Left to a person.
    pub dead: i64,
}

impl From<sinks::SinkState> for SinkState {
    fn from(of: sinks::SinkState) -> Self {
        Self {
            id: of.id.0,
            sink: of.sink.into(),
            off: of.off.map(|off| off.why),
            is_removed: of.is_removed,
            waiting: of.waiting,
            failing: of.failing,
            dead: of.dead,
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct DeliveryRow {
    pub id: i64,
    /// What the receiver removes repeats by.
    pub uid: String,
    pub item: i64,
    pub item_uid: String,
    pub external_id: Option<String>,
    pub to: String,
    pub state: DeliveryState,
    pub attempts: i64,
    pub last_error: Option<String>,
    /// Of one that waits or fails.
    pub next_at: Option<i64>,
    pub done_at: Option<i64>,
}

impl From<sinks::DeliveryRow> for DeliveryRow {
    fn from(of: sinks::DeliveryRow) -> Self {
        Self {
            id: of.id.0,
            uid: of.uid,
            item: of.item.0,
            item_uid: of.item_uid,
            external_id: of.external_id,
            to: of.to,
            state: of.state.into(),
            attempts: of.attempts,
            last_error: of.last_error,
            next_at: of.next_at.map(|at| at.0),
            done_at: of.done_at.map(|at| at.0),
        }
    }
}

/// What came of a test: null where it arrived, else why not.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Type)]
pub struct SinkTest {
    pub fault: Option<String>,
}

impl From<carrier::Handed> for SinkTest {
    fn from(of: carrier::Handed) -> Self {
        match of {
            carrier::Handed::Done => Self { fault: None },
            carrier::Handed::Later(later) => Self { fault: Some(later.why) },
            carrier::Handed::Dead(why) | carrier::Handed::Gone(why) => Self { fault: Some(why) },
        }
    }
}

/// What a receiver checks signatures with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct SinkSecret {
    pub secret: String,
    /// Until then the one before is signed with too.
    pub before_until: Option<i64>,
}

impl From<sinks::Secret> for SinkSecret {
    fn from(of: sinks::Secret) -> Self {
        Self { secret: of.now, before_until: of.before_until.map(|at| at.0) }
    }
}

/// A folder that requests come in by.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct WatchedFolder {
    pub id: i64,
    pub path: String,
    /// The field that the text becomes.
    pub field: String,
    pub trouble: Option<String>,
    pub files: u32,
    pub taken: u32,
    pub known: u32,
    pub rejected: u32,
    pub last: Option<i64>,
    pub skipped: Vec<SkippedFile>,
    pub skipped_total: u32,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Type)]
pub struct SkippedFile {
    pub name: String,
    pub why: String,
}

impl From<folder::Folder> for WatchedFolder {
    fn from(of: folder::Folder) -> Self {
        let count = |n: u64| u32::try_from(n).unwrap_or(u32::MAX);
        let seen = of.seen;
        Self {
            id: of.id.0,
            path: of.path.display().to_string(),
            field: of.field,
            trouble: seen.trouble,
            files: count(seen.files),
            taken: count(seen.taken),
            known: count(seen.known),
            rejected: count(seen.rejected),
            last: seen.last.map(|at| at.0),
            skipped: seen.skipped.into_iter().map(|one| SkippedFile { name: one.name, why: one.why }).collect(),
            skipped_total: count(seen.skipped_total),
        }
    }
}
