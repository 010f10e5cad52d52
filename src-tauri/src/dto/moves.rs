//! The moves of a level, and all that one rested on.

use super::audits::AuditsView;
use super::charter::CharterVersion;
use super::overview::StepEvidence;
use super::use_case::Level;
use flow::{automation, report, review};
use serde::Serialize;
use specta::Type;
use specta_typescript::Number;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "lowercase")]
pub enum MovedBy {
    Person,
    Rule,
}

/// Why the rule lowered a level.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "snake_case")]
pub enum Cause {
    Drift,
    AuditsMissing,
    SinkFailing,
    ModelChanged,
}

#[derive(Debug, Clone, PartialEq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct LevelMove {
    pub id: i64,
    pub at: i64,
    pub from: Level,
    pub to: Level,
    pub by: MovedBy,
    pub actor: String,
    pub reason: String,
    pub decided: i64,
    #[specta(type = Option<Number>)]
    pub acceptance: Option<f64>,
    /// A raise that the evidence did not allow.
    pub overridden: bool,
    /// Of a fall by the rule.
    pub cause: Option<Cause>,
    /// Of a fall: how many went out alone since it got worse, and when that was, by an estimate.
    pub out_since: u64,
    pub changed_at: Option<i64>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "lowercase")]
pub enum Audited {
    Clean,
    Bad,
    Open,
}

/// An item that went out alone since it got worse.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Type)]
pub struct OutSince {
    pub item: i64,
    pub uid: String,
    pub preview: String,
    pub at: i64,
    /// Null where it was not drawn for an audit.
    pub audited: Option<Audited>,
}

/// A move of a level on one page.
#[derive(Debug, Clone, PartialEq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct MoveReport {
    pub use_case: String,
    pub charter: CharterVersion,
    #[serde(rename = "move")]
    pub level_move: LevelMove,
    pub steps: Vec<StepEvidence>,
    /// In words, as the next.
    pub drafter: String,
    pub epoch: String,
    /// As they stood, without the single ones; null in moves from before they were kept.
    pub audits: Option<AuditsView>,
}

impl From<automation::Cause> for Cause {
    fn from(cause: automation::Cause) -> Self {
        match cause {
            automation::Cause::Drift => Self::Drift,
            automation::Cause::AuditsMissing => Self::AuditsMissing,
            automation::Cause::SinkFailing => Self::SinkFailing,
            automation::Cause::ModelChanged => Self::ModelChanged,
        }
    }
}

impl From<automation::LevelMove> for LevelMove {
    fn from(step: automation::LevelMove) -> Self {
        Self {
            id: step.id.0,
            at: step.at.0,
            from: step.from.into(),
            to: step.to.into(),
            by: match step.by {
                review::MadeBy::Person => MovedBy::Person,
                review::MadeBy::Policy => MovedBy::Rule,
            },
            actor: step.actor,
            reason: step.reason,
            decided: step.evidence.decided,
            acceptance: step.evidence.acceptance(),
            overridden: step.overridden,
            cause: step.cause.map(Cause::from),
            out_since: step.out_since.len() as u64,
            changed_at: step.changed_at.map(|at| at.0),
        }
    }
}

impl From<automation::OutSince> for OutSince {
    fn from(out: automation::OutSince) -> Self {
        Self {
            item: out.item.0,
            uid: out.uid,
            preview: out.preview,
            at: out.at.0,
            audited: out.audited.map(|audited| match audited {
                automation::Audited::Clean => Audited::Clean,
                automation::Audited::Bad => Audited::Bad,
                automation::Audited::Open => Audited::Open,
            }),
        }
    }
}

impl From<report::MoveReport> for MoveReport {
    fn from(report: report::MoveReport) -> Self {
        Self {
            use_case: report.use_case,
            charter: report.charter.into(),
            steps: report.level_move.steps.iter().cloned().map(StepEvidence::from).collect(),
            level_move: report.level_move.into(),
            drafter: report.drafter,
            epoch: report.epoch,
            audits: report.audits.map(AuditsView::from),
        }
    }
}
