//! What crosses between the window and flow: the window's names, in camelCase, and nothing that decides.
//!
//! Invariant: a row id, a time or a count stays under 2^53, so a JavaScript number holds it exactly; probabilities are
//! finite. So every number here is a plain `number` there.

mod activity;
mod app;
mod audits;
mod backups;
mod charter;
mod confidence;
mod data;
mod datasets;
mod decisions;
mod error;
mod gate;
mod local_api;
mod measured;
mod model;
mod moves;
mod notices;
mod output;
mod overview;
mod queue;
mod review;
mod reviewers;
mod similar;
mod simulate;
mod sinks;
mod use_case;

pub use activity::{ActivityPage, ActivityQuery, ActivityRow, HistoryKind};
pub use app::{
    Activity, AppEvent, AppStatus, Changes, Dropped, EngineStatus, HubSetting, Locale, LocaleChoice, PersonRole, PickKind, Settings, Theme,
    Trouble, TroubleKind, TroubleNow,
};
pub use audits::AuditsView;
pub use backups::{Backup, BackupKind, BackupLoss, Everything, Finding};
pub use charter::{Charter, CharterView};
pub use confidence::{ConfidenceView, Replay, ReplayPolicy, ThresholdBy};
pub use data::{
    ExportFormat, ExportPreview, ExportReport, ImportFormat, ImportMapping, ImportPreview, ImportReject, ImportReport, ImportSource,
    Progress, Skipped,
};
pub use datasets::{
    DatasetAgain, DatasetCompared, DatasetCounted, DatasetFacets, DatasetLeftovers, DatasetProgress, DatasetRecipe, DatasetRows,
    DatasetSelection, DatasetStage, DatasetTrace, DatasetVersion,
};
pub use decisions::{Acts, BulkInput, BulkLook, Bulked, Choice, Pair, Redone, Undone};
pub(crate) use error::sentence;
pub use error::{CommandError, ErrorCode};
pub use gate::{Epoch, HoldRule, HoldRulesView, Switches};
pub use local_api::{ApiSetting, ApiView, NewToken, Scope, Token, TokenInput};
pub use model::{
    Checked, HubUnfinished, HubWanted, Licence, Measured, Memory, Model, ModelFacts, ModelLook, ModelProgress, ModelSize, ModelSource,
    ModelStep, Portrait, Precision,
};
pub use moves::{LevelMove, MoveReport, MovedBy, OutSince};
pub use notices::Notice;
pub use output::{LabelScore, Output};
pub use overview::{Overview, StepEvidence};
pub use queue::{DeskView, QueuePage, QueueQuery};
pub use review::{
    Decided, Decision, DecisionInput, Draft, DraftToken, HistoryEntry, ItemState, ItemView, QueueOrder, QueueTab, StopReason, TryResult,
    Verdict,
};
pub use reviewers::{Fault, ReviewersView};
pub use similar::Similar;
pub use simulate::{Forecast, SimulatedPolicy, SimulatedWorld};
pub use sinks::{Allowed, DeliveryRow, SinkSecret, SinkTest, SinksView, WatchedFolder};
pub use use_case::{Audience, Field, Level, UseCase, UseCaseInput};

/// What a command answers.
pub type Answer<T> = Result<T, CommandError>;
