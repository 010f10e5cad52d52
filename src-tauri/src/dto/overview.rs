//! The numbers of a use case and the moves of its level.

use super::confidence::Rung;
use super::measured::{MeasuredNow, SliceAcceptance, VersionAcceptance};
use super::moves::LevelMove;
use super::review::ms;
use super::use_case::{Audience, Level, StateCounts};
use flow::{evidence, metrics};
use serde::Serialize;
use specta::Type;
use specta_typescript::Number;

#[derive(Debug, Clone, PartialEq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct Overview {
    pub use_case: i64,
    pub level: Level,
    /// When it came to this level, by whom and why; its creation, by nobody, when it never moved.
    pub since: i64,
    pub moved_by: String,
    pub moved_reason: String,
    pub counts: StateCounts,
    /// Decisions by people on the drafter version that drafts now.
    pub decided: i64,
    pub approved: i64,
    pub edited: i64,
    pub rejected: i64,
    /// approved ÷ decided; null with no decision.
    #[specta(type = Option<Number>)]
    pub acceptance: Option<f64>,
    /// Wilson 95 % interval.
    #[specta(type = Option<Number>)]
    pub acceptance_low: Option<f64>,
    #[specta(type = Option<Number>)]
    pub acceptance_high: Option<f64>,
    /// Delivered or approved without a person ÷ all decided.
    #[specta(type = Option<Number>)]
    pub automation_rate: Option<f64>,
    pub auto_approved: i64,
    /// Medians, ms.
    #[specta(type = Option<Number>)]
    pub ttft_ms: Option<f64>,
    #[specta(type = Option<Number>)]
    pub tpot_ms: Option<f64>,
    /// Median energy of a draft, and its price in the currency of the settings; null where no price is set.
    #[specta(type = Option<Number>)]
    pub watt_hours: Option<f64>,
    #[specta(type = Option<Number>)]
    pub price: Option<f64>,
    /// Acceptance by confidence, ten bins.
    pub bins: Vec<Bin>,
    /// By day, newest last, at most 30.
    pub days: Vec<Day>,
    pub measured: MeasuredNow,
    /// Of the drafter version that drafts now; empty where no item has a slice.
    pub slice_acceptance: Vec<SliceAcceptance>,
    /// Acceptance over time by drafter version, newest version first.
    pub versions: Vec<VersionAcceptance>,
    /// Newest first.
    pub moves: Vec<LevelMove>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Type)]
pub struct Bin {
    #[specta(type = Number)]
    pub from: f64,
    #[specta(type = Number)]
    pub to: f64,
    pub decided: i64,
    pub accepted: i64,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Type)]
pub struct Day {
    /// `2026-11-23`
    pub day: String,
    pub decided: i64,
    pub accepted: i64,
    pub auto: i64,
}

/// The evidence for the step to a level.
#[derive(Debug, Clone, PartialEq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct StepEvidence {
    pub to: Level,
    /// Whom the step newly lets drafts go to alone.
    pub audience: Audience,
    /// Attempts with this one, and the error rate that must not be exceeded.
    pub attempt: i64,
    #[specta(type = Number)]
    pub epsilon: f64,
    pub all: EvidenceFigures,
    pub slices: Vec<SliceEvidence>,
    pub left_out: Vec<LeftOut>,
    pub allows: bool,
    /// log 1/δ of this attempt: a raise needs so much of `log E`.
    #[specta(type = Number)]
    pub needed: f64,
    /// How the evidence of all items came about, the last point is of now.
    pub curve: Vec<CurvePoint>,
    /// After how many counted decisions it was first enough.
    pub crossed_at: Option<u64>,
    /// Counted decisions a day lately.
    #[specta(type = Option<Number>)]
    pub rate_per_day: Option<f64>,
    /// Null where no known-bad items are asked of reviewers.
    pub gold: Option<GoldFigures>,
    /// From the strictest threshold to the loosest; empty where a person sets it.
    pub ladder: Vec<Rung>,
}

/// Known-bad items that were decided, and at most which share of them people miss.
#[derive(Debug, Clone, PartialEq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct GoldFigures {
    pub seeded: u64,
    pub caught: u64,
    #[specta(type = Number)]
    pub miss_bound: f64,
}

/// What it was after so many counted decisions.
#[derive(Debug, Clone, PartialEq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct CurvePoint {
    pub n: u64,
    pub bad: u64,
    #[specta(type = Number)]
    pub bound: f64,
    #[specta(type = Number)]
    pub log_e: f64,
}

#[derive(Debug, Clone, PartialEq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct EvidenceFigures {
    #[specta(type = Number)]
    pub counted: u64,
    #[specta(type = Number)]
    pub bad: u64,
    /// The error rate is under this, whenever one looks.
    #[specta(type = Number)]
    pub bound: f64,
    /// At ε.
    #[specta(type = Number)]
    pub log_e: f64,
    /// Without a bad one; 0 where there are enough, null where no number is enough.
    #[specta(type = Option<Number>)]
    pub more_clean: Option<u64>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Type)]
pub struct SliceEvidence {
    pub slice: Option<String>,
    pub figures: EvidenceFigures,
    pub proven: bool,
}

/// Decisions that do not count, and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Type)]
pub struct LeftOut {
    pub why: NotCounted,
    #[specta(type = Number)]
    pub decisions: u64,
    #[specta(type = Number)]
    pub bad: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "snake_case")]
pub enum NotCounted {
    Waits,
    OtherAudience,
    OtherVersion,
    OtherEpoch,
    CutOff,
    Held,
    NotConfident,
    AskedByPerson,
    Picked,
    Bulk,
    Duplicate,
    Rushed,
}

impl From<evidence::NotCounted> for NotCounted {
    fn from(why: evidence::NotCounted) -> Self {
        match why {
            evidence::NotCounted::Waits => Self::Waits,
            evidence::NotCounted::OtherAudience => Self::OtherAudience,
            evidence::NotCounted::OtherVersion => Self::OtherVersion,
            evidence::NotCounted::OtherEpoch => Self::OtherEpoch,
            evidence::NotCounted::CutOff => Self::CutOff,
            evidence::NotCounted::Held => Self::Held,
            evidence::NotCounted::NotConfident => Self::NotConfident,
            evidence::NotCounted::AskedByPerson => Self::AskedByPerson,
            evidence::NotCounted::Picked => Self::Picked,
            evidence::NotCounted::Bulk => Self::Bulk,
            evidence::NotCounted::Duplicate => Self::Duplicate,
            evidence::NotCounted::Rushed => Self::Rushed,
        }
    }
}

impl From<evidence::Figures> for EvidenceFigures {
    fn from(figures: evidence::Figures) -> Self {
        Self {
            counted: figures.counted,
            bad: figures.bad,
            bound: figures.lowest_bound,
            log_e: figures.log_e,
            more_clean: figures.more_clean_needed,
        }
    }
}

impl From<evidence::StepEvidence> for StepEvidence {
    fn from(step: evidence::StepEvidence) -> Self {
        let allows = step.allows();
        let needed = step.all.needed;
        let slices = step.slices.into_iter();
        let left_out = step.left_out.into_iter();
        Self {
            to: step.to.into(),
            audience: step.audience.into(),
            attempt: step.attempt,
            epsilon: step.epsilon,
            all: step.all.into(),
            slices: slices.map(|of| SliceEvidence { slice: of.slice, figures: of.figures.into(), proven: of.proven }).collect(),
            left_out: left_out.map(|left| LeftOut { why: left.why.into(), decisions: left.decisions, bad: left.bad }).collect(),
            allows,
            needed,
            curve: step.curve.into_iter().map(CurvePoint::from).collect(),
            crossed_at: step.crossed_at,
            rate_per_day: step.rate_per_day,
            gold: step.gold.map(GoldFigures::from),
            ladder: step.ladder.into_iter().map(Rung::from).collect(),
        }
    }
}

impl From<evidence::Gold> for GoldFigures {
    fn from(gold: evidence::Gold) -> Self {
        Self { seeded: gold.seeded, caught: gold.caught, miss_bound: gold.miss_bound }
    }
}

impl From<evidence::CurvePoint> for CurvePoint {
    fn from(point: evidence::CurvePoint) -> Self {
        Self { n: point.n, bad: point.bad, bound: point.bound, log_e: point.log_e }
    }
}

impl From<metrics::Overview> for Overview {
    fn from(o: metrics::Overview) -> Self {
        let evidence = o.evidence;
        let last = o.moves.first();
        Self {
            use_case: o.use_case.id.0,
            level: o.use_case.level.into(),
            since: last.map_or(o.created_at.0, |step| step.at.0),
            moved_by: last.map(|step| step.actor.clone()).unwrap_or_default(),
            moved_reason: last.map(|step| step.reason.clone()).unwrap_or_default(),
            counts: StateCounts::from(&o.use_case.counts),
            decided: evidence.decided,
            approved: evidence.approved,
            edited: evidence.edited,
            rejected: evidence.rejected,
            acceptance: evidence.acceptance(),
            acceptance_low: o.acceptance_interval.map(|(low, _)| low),
            acceptance_high: o.acceptance_interval.map(|(_, high)| high),
            automation_rate: o.automation_rate,
            auto_approved: o.auto_approved,
            ttft_ms: o.ttft.map(ms),
            tpot_ms: o.tpot.map(ms),
            watt_hours: o.watt_hours,
            price: o.price,
            bins: o.bins.into_iter().map(|bin| Bin { from: bin.from, to: bin.to, decided: bin.decided, accepted: bin.accepted }).collect(),
            days: o
                .days
                .into_iter()
                .map(|day| Day { day: day.day, decided: day.decided, accepted: day.accepted, auto: day.auto })
                .collect(),
            measured: o.measured.into(),
            slice_acceptance: o.slice_acceptance.into_iter().map(SliceAcceptance::from).collect(),
            versions: o.versions.into_iter().map(VersionAcceptance::from).collect(),
            moves: o.moves.into_iter().map(LevelMove::from).collect(),
        }
    }
}
