//! What the audits of a use case show.
//!
//! Invariant: the estimates are over what went out alone in the present epoch, in the order of submission and up to the oldest audit without a
//! verdict: bad ones take longer to judge, and what is not judged yet must not count as good.

use super::{Kind, State};
use crate::clock::Millis;
use crate::correction;
use crate::error::Result;
use crate::id::{AuditId, ItemId, UseCaseId};
use crate::review::Verdict;
use crate::statistics::audit::{self, Brake, Estimate, aoql, estimate};
use crate::statistics::drift::DEFAULT_RUN;
use crate::statistics::evidence::{EProcess, weighted};
use crate::storage::{self, Conn};
use crate::watch;
use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct BrakeView {
    pub on: bool,
    /// Clean ones in a row since it went on.
    pub clean: u64,
}

/// The detector's R, the A at which it gives alarm, and how many it judged.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct DetectorView {
    pub value: f64,
    pub alarm: f64,
    pub judged: u64,
}

/// One audit.
#[derive(Debug, Clone, PartialEq)]
pub struct StreamRow {
    pub audit: AuditId,
    pub item: ItemId,
    pub uid: String,
    pub kind: Kind,
    /// π
    pub probability: f64,
    pub confidence: f64,
    /// Both when it was taken back, for one that was dropped: nothing of it went out.
    pub delivered_at: Millis,
    pub due_at: Millis,
    pub state: State,
    pub verdict: Option<Verdict>,
    pub bad: Option<bool>,
    pub at: Option<Millis>,
    pub actor: Option<String>,
}

/// What is out and was found bad.
#[derive(Debug, Clone, PartialEq)]
pub struct CorrectionView {
    pub item: ItemId,
    pub uid: String,
    pub preview: String,
    /// Paths of the sinks that the wrong text went to.
    pub sent_to: Vec<String>,
    /// The text that went out.
    pub out: String,
    /// What is offered in its place, or was sent.
    pub corrected: Option<String>,
    pub state: correction::State,
    /// When it was found.
    pub at: Millis,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AuditsView {
    /// f
    pub share: f64,
    pub due_hours: u32,
    /// So many clean ones in a row end the brake, at this level.
    pub clearance: u64,
    pub brake: BrakeView,
    /// Audits that wait for a verdict now, whenever their texts went out, and how many of them should have one.
    pub open: u64,
    pub overdue: u64,
    pub oldest_due: Option<Millis>,
    /// In this epoch: audits with a verdict, bad ones among them, and all that went out alone.
    pub done: u64,
    pub bad: u64,
    pub released: u64,
    /// The mean loss of what went out alone.
    pub estimate: Option<Estimate>,
    /// It is under this, whenever one looks.
    pub bound: Option<f64>,
    /// `None` at crawl.
    pub detector: Option<DetectorView>,
    /// The plan's average outgoing limit for a steady process.
    pub aoql: Option<f64>,
    /// What can be judged or has ended, newest first, at most [`SHOWN`]. Not kept with a move; so with the next.
    #[serde(skip)]
    pub stream: Vec<StreamRow>,
    /// Open ones first, then newest first, at most [`SHOWN`].
    #[serde(skip)]
    pub corrections: Vec<CorrectionView>,
}

/// How many audits and corrections are shown.
pub const SHOWN: u32 = 200;

pub(crate) fn of(c: &Conn, now: Millis, use_case: UseCaseId) -> Result<AuditsView> {
    let case = storage::use_case::get(c, use_case)?;
    let epoch = storage::epoch::current(c, use_case)?;
    let limits = epoch.key.limits;
    let (plan, watch) = (watch::plan_of(&case, &limits), watch::current(c, &case, &limits)?);
    let waiting = storage::audit::waiting(c, use_case, now)?;
    let came = storage::audit::came(c, use_case, epoch.n)?;
    let each = |(one, n): &((f64, f64), u64)| std::iter::repeat_n(*one, usize::try_from(*n).unwrap_or(0));
    let audited: Vec<(f64, f64)> = came.audited.iter().flat_map(each).collect();
    let limit = limits.at(case.level).unwrap_or(limits.walk);
    Ok(AuditsView {
        share: case.input.check_share,
        due_hours: storage::use_case::audit_due_hours(c, use_case)?,
        clearance: plan.clearance,
        brake: match watch.brake {
            Brake::On { clean_in_a_row } => BrakeView { on: true, clean: clean_in_a_row },
            Brake::Off => BrakeView { on: false, clean: 0 },
        },
        open: waiting.open,
        overdue: waiting.overdue,
        oldest_due: waiting.oldest_due,
        done: came.done,
        bad: came.bad,
        released: came.released,
        estimate: estimate(came.population, &audited),
        bound: bound(limit.epsilon, limit.delta, plan.fraction, came.population, &came.audited),
        detector: watch.detector.as_ref().map(|detector| DetectorView {
            value: detector.log_r().exp(),
            alarm: DEFAULT_RUN,
            judged: detector.n(),
        }),
        aoql: aoql(plan).map(|aoql| aoql.limit),
        stream: storage::audit::stream(c, use_case, SHOWN)?,
        corrections: storage::correction::list(c, use_case, SHOWN)?,
    })
}

/// The upper bound of the mean loss of a population of which some were audited with these losses and probabilities; anytime-valid. `None`
/// before the first audit.
fn bound(epsilon: f64, delta: f64, least: f64, population: u64, audited: &[((f64, f64), u64)]) -> Option<f64> {
    let mut process = EProcess::of_sample(epsilon, delta, least.max(audit::LEAST))?;
    for ((loss, probability), n) in audited {
        process.push_times(weighted(*loss, *probability)?, *n);
    }
    let n: u64 = audited.iter().map(|(_, n)| n).sum();
    // What was not drawn shows nothing by itself; its drawn fellows stand for it.
    process.push_times(0.0, population.saturating_sub(n));
    (n > 0).then(|| process.upper_bound())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bound_needs_an_audit_and_falls_with_clean_ones() {
        assert_eq!(bound(0.05, 0.05, 0.1, 100, &[]), None);
        let clean = |n: usize| bound(0.05, 0.05, 0.1, 10 * n as u64, &[((0.0, 0.1), n as u64)]).unwrap();
        assert!(clean(10) > clean(100) && clean(100) > clean(1000));
        let bad = bound(0.05, 0.05, 0.1, 1000, &[((1.0, 0.1), 100)]).unwrap();
        assert!((bad - 1.0).abs() < 1e-6, "all audited were bad: {bad}");
    }
}
