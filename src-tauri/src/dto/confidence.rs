//! How good the confidence of the drafts is, what a fit would bring, and what a policy would have done.

use super::review::Verdict;
use super::use_case::Level;
use flow::confidence::{self, CalibratorVersion, Measured};
use flow::{evidence, replay};
use serde::{Deserialize, Serialize};
use specta::Type;
use specta_typescript::Number;

/// Who says above which confidence drafts may go out alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "lowercase")]
pub enum ThresholdBy {
    Person,
    Ladder,
}

#[derive(Debug, Clone, PartialEq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct ConfidenceView {
    /// Null: the confidence is the geometric mean of the token probabilities.
    pub calibrator: Option<Calibrator>,
    pub threshold_by: ThresholdBy,
    /// The one that a person set, 0–1.
    #[specta(type = Number)]
    pub threshold: f64,
    /// Decisions that the figures rest on: those after what the calibrator saw.
    pub decisions: u64,
    #[specta(type = Option<Number>)]
    pub brier: Option<f64>,
    #[specta(type = Option<Number>)]
    pub ece: Option<f64>,
    #[specta(type = Option<Number>)]
    pub auroc: Option<f64>,
    pub reliability: Vec<ReliabilityBin>,
    /// From the strictest threshold to the loosest.
    pub risk_coverage: Vec<RiskPoint>,
    pub offer: Option<CalibrateOffer>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Type)]
pub struct Calibrator {
    pub n: i64,
    pub at: i64,
    pub by: String,
    /// That it was fitted on.
    pub decisions: u64,
    pub isotonic: bool,
    /// By how much the log-odds of acceptance rise with one standard deviation of a feature.
    pub weights: Vec<FeatureWeight>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Type)]
pub struct FeatureWeight {
    pub feature: String,
    #[specta(type = Number)]
    pub weight: f64,
}

#[derive(Debug, Clone, PartialEq, Serialize, Type)]
pub struct ReliabilityBin {
    #[specta(type = Number)]
    pub from: f64,
    #[specta(type = Number)]
    pub to: f64,
    pub n: u64,
    /// Mean.
    #[specta(type = Number)]
    pub confidence: f64,
    /// 0–1
    #[specta(type = Number)]
    pub accepted: f64,
}

/// What a threshold would let out of the decided drafts.
#[derive(Debug, Clone, PartialEq, Serialize, Type)]
pub struct RiskPoint {
    #[specta(type = Number)]
    pub threshold: f64,
    #[specta(type = Number)]
    pub coverage: f64,
    /// Of what it lets out, and its upper bound.
    #[specta(type = Number)]
    pub error: f64,
    #[specta(type = Number)]
    pub high: f64,
}

/// What fitting now would bring, on later decisions than it was fitted on.
#[derive(Debug, Clone, PartialEq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct CalibrateOffer {
    pub decisions: u64,
    #[specta(type = Number)]
    pub brier_now: f64,
    #[specta(type = Number)]
    pub brier_then: f64,
    #[specta(type = Number)]
    pub ece_now: f64,
    #[specta(type = Number)]
    pub ece_then: f64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "lowercase")]
pub enum RungState {
    Passed,
    Trying,
    Waiting,
}

/// A threshold of the ladder, with the evidence of the drafts at or above it.
#[derive(Debug, Clone, PartialEq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct Rung {
    #[specta(type = Number)]
    pub coverage: f64,
    #[specta(type = Number)]
    pub threshold: f64,
    pub counted: u64,
    pub bad: u64,
    #[specta(type = Number)]
    pub log_e: f64,
    pub state: RungState,
}

/// What would be set; shares 0–1.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct ReplayPolicy {
    pub level: Level,
    #[specta(type = Number)]
    pub threshold: f64,
    #[specta(type = Number)]
    pub audit_share: f64,
}

/// What a policy would have done with what people decided.
#[derive(Debug, Clone, PartialEq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct Replay {
    pub judged: u64,
    /// When the confidence was fitted: only later decisions are looked at.
    pub since: Option<i64>,
    pub alone: u64,
    #[specta(type = Number)]
    pub coverage: f64,
    /// Of what would have gone out alone, so with the next four.
    pub edited: u64,
    pub rejected: u64,
    pub bad: u64,
    #[specta(type = Option<Number>)]
    pub error: Option<f64>,
    #[specta(type = Option<Number>)]
    pub high: Option<f64>,
    #[specta(type = Number)]
    pub hours_saved: f64,
    /// By rules alone.
    pub held: u64,
    pub audited: u64,
    /// Bad ones first, at most 200.
    pub items: Vec<ReplayItem>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Type)]
pub struct ReplayItem {
    pub item: i64,
    pub uid: String,
    pub preview: String,
    pub verdict: Verdict,
    #[specta(type = Number)]
    pub confidence: f64,
    pub bad: bool,
}

impl From<confidence::ThresholdBy> for ThresholdBy {
    fn from(by: confidence::ThresholdBy) -> Self {
        match by {
            confidence::ThresholdBy::Person => Self::Person,
            confidence::ThresholdBy::Ladder => Self::Ladder,
        }
    }
}

impl From<ThresholdBy> for confidence::ThresholdBy {
    fn from(by: ThresholdBy) -> Self {
        match by {
            ThresholdBy::Person => Self::Person,
            ThresholdBy::Ladder => Self::Ladder,
        }
    }
}

impl From<confidence::ConfidenceView> for ConfidenceView {
    fn from(view: confidence::ConfidenceView) -> Self {
        let measured = |of: fn(Measured) -> f64| view.measured.map(of);
        Self {
            threshold_by: view.threshold_by.into(),
            threshold: view.threshold,
            decisions: view.decisions,
            brier: measured(|m| m.brier),
            ece: measured(|m| m.ece),
            auroc: view.measured.and_then(|m| m.auroc),
            reliability: view.reliability.into_iter().map(ReliabilityBin::from).collect(),
            risk_coverage: view.risk_coverage.into_iter().map(RiskPoint::from).collect(),
            offer: view.offer.map(CalibrateOffer::from),
            calibrator: view.calibrator.map(Calibrator::from),
        }
    }
}

impl From<CalibratorVersion> for Calibrator {
    fn from(kept: CalibratorVersion) -> Self {
        let weights = kept.fitted.calibrator.weights();
        let weights = kept.fitted.names.into_iter().zip(weights).map(|(feature, weight)| FeatureWeight { feature, weight });
        Self {
            n: kept.n,
            at: kept.at.0,
            by: kept.by,
            decisions: kept.saw.decisions,
            isotonic: kept.fitted.calibrator.is_isotonic(),
            weights: weights.collect(),
        }
    }
}

impl From<confidence::ReliabilityBin> for ReliabilityBin {
    fn from(bin: confidence::ReliabilityBin) -> Self {
        Self { from: bin.from, to: bin.to, n: bin.n, confidence: bin.confidence, accepted: bin.accepted }
    }
}

impl From<confidence::RiskPoint> for RiskPoint {
    fn from(point: confidence::RiskPoint) -> Self {
        Self { threshold: point.threshold, coverage: point.coverage, error: point.error, high: point.high }
    }
}

impl From<confidence::Offer> for CalibrateOffer {
    fn from(offer: confidence::Offer) -> Self {
        Self {
            decisions: offer.decisions,
            brier_now: offer.now.brier,
            brier_then: offer.then.brier,
            ece_now: offer.now.ece,
            ece_then: offer.then.ece,
        }
    }
}

impl From<evidence::RungEvidence> for Rung {
    fn from(rung: evidence::RungEvidence) -> Self {
        Self {
            coverage: rung.coverage,
            threshold: rung.threshold,
            counted: rung.counted,
            bad: rung.bad,
            log_e: rung.log_e,
            state: match rung.state {
                evidence::RungState::Passed => RungState::Passed,
                evidence::RungState::Trying => RungState::Trying,
                evidence::RungState::Waiting => RungState::Waiting,
            },
        }
    }
}

impl From<ReplayPolicy> for replay::Proposed {
    fn from(policy: ReplayPolicy) -> Self {
        Self { level: policy.level.into(), threshold: policy.threshold, audit_share: policy.audit_share }
    }
}

impl From<replay::Replay> for Replay {
    fn from(replay: replay::Replay) -> Self {
        Self {
            judged: replay.judged,
            since: replay.since.map(|at| at.0),
            alone: replay.alone,
            coverage: replay.coverage,
            edited: replay.edited,
            rejected: replay.rejected,
            bad: replay.bad,
            error: replay.error,
            high: replay.high,
            hours_saved: replay.hours_saved,
            held: replay.held,
            audited: replay.audited,
            items: replay.items.into_iter().map(ReplayItem::from).collect(),
        }
    }
}

impl From<replay::Replayed> for ReplayItem {
    fn from(one: replay::Replayed) -> Self {
        Self { item: one.item.0, uid: one.uid, preview: one.preview, verdict: one.verdict.into(), confidence: one.confidence, bad: one.bad }
    }
}
