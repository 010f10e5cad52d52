//! Everything that happened.

use flow::activity::Entry;
use serde::de::IntoDeserializer;
use serde::{Deserialize, Serialize};
use specta::Type;

/// What happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "snake_case")]
pub enum HistoryKind {
    Received,
    Drafted,
    DraftFailed,
    Regenerated,
    Branched,
    Approved,
    Edited,
    Rejected,
    AutoApproved,
    Undone,
    Skipped,
    Escalated,
    Delivered,
    DeliveryFailed,
    DeliveryDead,
    DeliveryRetried,
    SinkTurnedOff,
    SinkTested,
    SecretChanged,
    AllowedChanged,
    FolderWatched,
    FolderLeft,
    FolderRead,
    LevelRaised,
    LevelLowered,
    LevelFell,
    UseCaseCreated,
    UseCaseChanged,
    Imported,
    Exported,
    ModelAdded,
    ModelRemoved,
    ModelDeleted,
    Retried,
    CharterChanged,
    HoldRulesChanged,
    EpochStarted,
    Paused,
    Resumed,
    CapChanged,
    Audited,
    ReReviewed,
    AuditsChanged,
    AuditsOverdue,
    BrakeOn,
    BrakeOff,
    Corrected,
    Compared,
    CorrectionDismissed,
    NoticeSinkChanged,
    Calibrated,
    ThresholdByChanged,
    ReviewersChanged,
    Seeded,
    SeededCaught,
    SeededMissed,
    DatasetMade,
    DatasetWrittenAgain,
    Purged,
    ApiChanged,
    ApiRefused,
    TokenCreated,
    TokenRevoked,
}

impl HistoryKind {
    /// The kind that flow wrote under this name; `None` for a name that this version does not know.
    pub fn named(name: &str) -> Option<Self> {
        let found: Result<Self, serde::de::value::Error> = Self::deserialize(name.into_deserializer());
        if found.is_err() {
            tracing::warn!(kind = name, "an unknown kind of activity was left out");
        }
        found.ok()
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct ActivityQuery {
    pub use_case: Option<i64>,
    pub offset: u32,
    /// At most 500 are given.
    pub limit: u32,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Type)]
pub struct ActivityPage {
    pub total: i64,
    pub rows: Vec<ActivityRow>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct ActivityRow {
    pub id: i64,
    pub at: i64,
    pub actor: String,
    pub kind: HistoryKind,
    pub item: Option<i64>,
    pub item_uid: Option<String>,
    pub use_case: Option<i64>,
    pub detail: Option<String>,
}

impl ActivityRow {
    pub fn of(entry: Entry) -> Option<Self> {
        Some(Self {
            id: entry.id,
            at: entry.at.0,
            actor: entry.actor,
            kind: HistoryKind::named(&entry.kind)?,
            item: entry.item.map(|item| item.0),
            item_uid: entry.item_uid,
            use_case: entry.use_case.map(|case| case.0),
            detail: entry.detail,
        })
    }
}
