//! The second look at what went out alone, and the corrections that follow from it.

use super::review::Verdict;
use flow::{audit, correction};
use serde::Serialize;
use specta::Type;
use specta_typescript::Number;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "snake_case")]
pub enum AuditKind {
    /// Of a decision by policy.
    Audit,
    /// Of a person's decision, by another person.
    ReReview,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "lowercase")]
pub enum AuditState {
    Open,
    Done,
    Dropped,
}

/// An audit that this person may judge.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct OpenAudit {
    pub id: i64,
    pub kind: AuditKind,
    pub due_at: i64,
}

#[derive(Debug, Clone, PartialEq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct AuditsView {
    /// Of what goes out alone, 0–1.
    #[specta(type = Number)]
    pub share: f64,
    pub due_hours: u32,
    /// So many clean ones in a row end the brake.
    pub clearance: u64,
    pub brake: BrakeView,
    /// That wait for a verdict now, and how many of them should have one.
    pub open: u64,
    pub overdue: u64,
    pub oldest_due: Option<i64>,
    /// In this epoch: with a verdict, bad ones, and all that went out alone.
    pub done: u64,
    pub bad: u64,
    pub released: u64,
    pub estimate: Option<AuditEstimate>,
    /// Of the mean loss of what went out alone, whenever one looks.
    #[specta(type = Option<Number>)]
    pub bound: Option<f64>,
    /// Null at crawl.
    pub detector: Option<DetectorView>,
    /// The plan's average outgoing limit for a steady process.
    #[specta(type = Option<Number>)]
    pub aoql: Option<f64>,
    /// Newest first, at most 200.
    pub stream: Vec<AuditRow>,
    pub corrections: Vec<Correction>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Type)]
pub struct BrakeView {
    pub on: bool,
    /// In a row since it went on.
    pub clean: u64,
}

/// Of the mean loss of what went out alone.
#[derive(Debug, Clone, PartialEq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct AuditEstimate {
    #[specta(type = Number)]
    pub horvitz_thompson: f64,
    #[specta(type = Number)]
    pub hajek: f64,
    #[specta(type = Number)]
    pub standard_error: f64,
}

#[derive(Debug, Clone, PartialEq, Serialize, Type)]
pub struct DetectorView {
    #[specta(type = Number)]
    pub value: f64,
    /// It gives alarm at this value.
    #[specta(type = Number)]
    pub alarm: f64,
    pub judged: u64,
}

#[derive(Debug, Clone, PartialEq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct AuditRow {
    pub audit: i64,
    pub item: i64,
    pub uid: String,
    pub kind: AuditKind,
    /// By which it was drawn.
    #[specta(type = Number)]
    pub probability: f64,
    #[specta(type = Number)]
    pub confidence: f64,
    pub delivered_at: i64,
    pub due_at: i64,
    pub state: AuditState,
    pub verdict: Option<Verdict>,
    pub bad: Option<bool>,
    pub at: Option<i64>,
    pub actor: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "lowercase")]
pub enum CorrectionState {
    Open,
    Sent,
    Dismissed,
}

/// What is out and was found bad.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct Correction {
    pub item: i64,
    pub uid: String,
    pub preview: String,
    /// Paths of sinks.
    pub sent_to: Vec<String>,
    /// The text that went out.
    pub out: String,
    /// Offered in its place, or sent.
    pub corrected: Option<String>,
    pub state: CorrectionState,
    pub at: i64,
}

impl From<audit::Kind> for AuditKind {
    fn from(kind: audit::Kind) -> Self {
        match kind {
            audit::Kind::Audit => Self::Audit,
            audit::Kind::ReReview => Self::ReReview,
        }
    }
}

impl From<audit::Task> for OpenAudit {
    fn from(task: audit::Task) -> Self {
        Self { id: task.id.0, kind: task.kind.into(), due_at: task.due_at.0 }
    }
}

impl From<audit::AuditsView> for AuditsView {
    fn from(view: audit::AuditsView) -> Self {
        Self {
            share: view.share,
            due_hours: view.due_hours,
            clearance: view.clearance,
            brake: BrakeView { on: view.brake.on, clean: view.brake.clean },
            open: view.open,
            overdue: view.overdue,
            oldest_due: view.oldest_due.map(|at| at.0),
            done: view.done,
            bad: view.bad,
            released: view.released,
            estimate: view.estimate.map(|of| AuditEstimate {
                horvitz_thompson: of.horvitz_thompson,
                hajek: of.hajek,
                standard_error: of.standard_error,
            }),
            bound: view.bound,
            detector: view.detector.map(|of| DetectorView { value: of.value, alarm: of.alarm, judged: of.judged }),
            aoql: view.aoql,
            stream: view.stream.into_iter().map(AuditRow::from).collect(),
            corrections: view.corrections.into_iter().map(Correction::from).collect(),
        }
    }
}

impl From<audit::StreamRow> for AuditRow {
    fn from(row: audit::StreamRow) -> Self {
        Self {
            audit: row.audit.0,
            item: row.item.0,
            uid: row.uid,
            kind: row.kind.into(),
            probability: row.probability,
            confidence: row.confidence,
            delivered_at: row.delivered_at.0,
            due_at: row.due_at.0,
            state: match row.state {
                audit::State::Open => AuditState::Open,
                audit::State::Done => AuditState::Done,
                audit::State::Dropped => AuditState::Dropped,
            },
            verdict: row.verdict.map(Verdict::from),
            bad: row.bad,
            at: row.at.map(|at| at.0),
            actor: row.actor,
        }
    }
}

impl From<audit::CorrectionView> for Correction {
    fn from(view: audit::CorrectionView) -> Self {
        Self {
            item: view.item.0,
            uid: view.uid,
            preview: view.preview,
            sent_to: view.sent_to,
            out: view.out,
            corrected: view.corrected,
            state: match view.state {
                correction::State::Open => CorrectionState::Open,
                correction::State::Sent => CorrectionState::Sent,
                correction::State::Dismissed => CorrectionState::Dismissed,
            },
            at: view.at.0,
        }
    }
}
