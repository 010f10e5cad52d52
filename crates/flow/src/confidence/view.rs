//! How good the confidence is, what a fit would bring, and the fit itself.
//!
//! Invariant: a confidence is judged only on decisions after those that it was fitted on.

use super::fit::{BINS, ENOUGH, Labelled, Measured, first_part, fit, hash, measured};
use super::{CalibratorVersion, Features, Learnt, Saw, ThresholdBy, score};
use crate::charter::Bad;
use crate::desk::Desk;
use crate::epoch;
use crate::error::{Error, Result};
use crate::id::{CalibratorId, DecisionId, DrafterVersionId, UseCaseId};
use crate::settings::Person;
use crate::statistics::calibration::reliability;
use crate::statistics::evidence::EProcess;
use crate::storage::{self, Conn};

/// The newest decisions that are looked at, for a fit and for a view.
pub const MOST: usize = 10_000;
/// Points of the risk–coverage curve.
const POINTS: usize = 100;
/// So few later decisions say nothing of a fit.
const FEWEST_LATER: usize = 15;

/// Acceptance of drafts whose confidence lies in a range.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ReliabilityBin {
    pub from: f64,
    pub to: f64,
    pub n: u64,
    /// Mean confidence.
    pub confidence: f64,
    /// The share that was accepted.
    pub accepted: f64,
}

/// What a threshold would let out of the decided drafts.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RiskPoint {
    pub threshold: f64,
    /// The share of the drafts at or above it.
    pub coverage: f64,
    /// The share of bad ones among those.
    pub error: f64,
    /// The upper bound of that share, by the e-process at the level's δ. It holds for a threshold that was chosen before; one that was
    /// picked on this curve has no guarantee until the evidence gives it.
    pub high: f64,
}

/// What a fit would bring, measured on decisions that neither the present confidence nor the new one has seen. Where there are many decisions
/// it may be some hundred decisions old: a fit takes a while.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Offer {
    /// How many decisions a fit would see now.
    pub decisions: u64,
    pub now: Measured,
    pub then: Measured,
}

/// The confidence of a use case's drafts, as it is and as it could be.
#[derive(Debug, Clone, PartialEq)]
pub struct ConfidenceView {
    /// Of the drafter version that drafts now; `None`: the confidence is the mean of the tokens.
    pub calibrator: Option<CalibratorVersion>,
    pub threshold_by: ThresholdBy,
    /// The one that a person set.
    pub threshold: f64,
    /// On how many decisions the numbers rest: those after what the calibrator saw.
    pub decisions: u64,
    pub measured: Option<Measured>,
    /// Empty bins are left out.
    pub reliability: Vec<ReliabilityBin>,
    /// From the strictest threshold to the loosest.
    pub risk_coverage: Vec<RiskPoint>,
    pub offer: Option<Offer>,
}

/// The newest decisions on drafts of a version, each with the confidence that its draft has now and whether it was accepted. What a
/// calibrator cannot judge is left out.
pub(crate) fn scored(calibrator: Option<&CalibratorVersion>, labelled: &[Labelled], bad: &Bad) -> (Vec<f64>, Vec<bool>) {
    labelled.iter().filter_map(|one| Some((score(calibrator, one.features.as_ref(), one.raw)?, !one.is_bad(bad)))).unzip()
}

/// Error and its bound at thresholds from the strictest to the loosest.
pub(crate) fn risk_coverage(said: &[f64], accepted: &[bool], epsilon: f64, delta: f64) -> Vec<RiskPoint> {
    let mut falling: Vec<(f64, bool)> = said.iter().copied().zip(accepted.iter().copied()).collect();
    falling.sort_by(|a, b| b.0.total_cmp(&a.0));
    let Some(mut process) = EProcess::of_all(epsilon, delta) else { return Vec::new() };
    let (mut points, mut bad) = (Vec::new(), 0_u64);
    for (at, (score, accepted)) in falling.iter().enumerate() {
        process.push_verdict(!accepted);
        bad += u64::from(!accepted);
        let (n, all) = (at + 1, falling.len());
        // Equal scores go out together; of the others as many as there are points for.
        let last_of_equal = falling.get(n).is_none_or(|next| next.0 != *score);
        let due = points.len() * all < n * POINTS;
        if last_of_equal && (due || n == all) {
            points.truncate(POINTS - 1);
            points.push(RiskPoint {
                threshold: *score,
                coverage: n as f64 / all as f64,
                error: bad as f64 / n as f64,
                high: process.upper_bound(),
            });
        }
    }
    points
}

fn view(c: &Conn, learnt: &Learnt, id: UseCaseId) -> Result<ConfidenceView> {
    let case = storage::use_case::get(c, id)?;
    let (bad, limits) = storage::charter::current(c, id)?.charter.terms();
    let mut view = ConfidenceView {
        calibrator: None,
        threshold_by: case.threshold_by,
        threshold: case.input.threshold,
        decisions: 0,
        measured: None,
        reliability: Vec::new(),
        risk_coverage: Vec::new(),
        offer: None,
    };
    let Some(version) = case.drafter_version else { return Ok(view) };
    let calibrator = storage::confidence::calibrator(c, version.id)?;
    learnt.look(c, id, version.id, |all, offered| {
        let unseen = first_after(all, calibrator.as_ref());
        let (said, accepted) = scored(calibrator.as_ref(), &all[unseen..], &bad);
        view.decisions = said.len() as u64;
        view.measured = measured(&said, &accepted);
        view.reliability = diagram(&said, &accepted);
        view.risk_coverage = risk_coverage(&said, &accepted, limits.walk.epsilon, limits.walk.delta);
        view.offer = offered.or_compute(all, calibrator.as_ref(), bad);
        Ok(())
    })?;
    view.calibrator = calibrator;
    Ok(view)
}

/// Where the decisions begin that a calibrator has not seen.
pub(crate) fn first_after(all: &[Labelled], calibrator: Option<&CalibratorVersion>) -> usize {
    calibrator.map_or(0, |kept| all.partition_point(|one| one.id <= kept.saw.last))
}

fn diagram(said: &[f64], accepted: &[bool]) -> Vec<ReliabilityBin> {
    let bins = reliability(said, accepted, BINS).map(|diagram| diagram.bins).unwrap_or_default();
    let bin = |bin: &crate::statistics::calibration::Bin| {
        Some(ReliabilityBin { from: bin.from, to: bin.to, n: bin.n, confidence: bin.said?, accepted: bin.came? })
    };
    bins.iter().filter_map(bin).collect()
}

pub(super) fn offer(calibrator: Option<&CalibratorVersion>, all: &[Labelled], bad: Bad) -> Option<Offer> {
    let usable: Vec<&Labelled> = all.iter().filter(|one| one.features.is_some()).collect();
    let last = calibrator.map_or(DecisionId(0), |kept| kept.saw.last);
    let cut = first_part(usable.len()).max(usable.partition_point(|one| one.id <= last));
    if usable.len() < ENOUGH || usable.len() - cut < FEWEST_LATER {
        return None;
    }
    let (first, rest) = usable.split_at(cut);
    let fitted = fit(&learnt(first, &bad), bad)?;
    let accepted: Vec<bool> = rest.iter().map(|one| !one.is_bad(&bad)).collect();
    let now: Vec<f64> = rest.iter().filter_map(|one| score(calibrator, one.features.as_ref(), one.raw)).collect();
    let then: Vec<f64> = rest.iter().filter_map(|one| one.features.as_ref()).map(|features| fitted.confidence(features)).collect();
    Some(Offer { decisions: usable.len() as u64, now: measured(&now, &accepted)?, then: measured(&then, &accepted)? })
}

fn learnt(decisions: &[&Labelled], bad: &Bad) -> Vec<(Features, bool)> {
    decisions.iter().filter_map(|one| Some((one.features?, !one.is_bad(bad)))).collect()
}

/// A calibrator over what is decided of a version, and the data that it saw.
fn fitted(c: &Conn, id: UseCaseId, version: DrafterVersionId) -> Result<(super::Fitted, Saw)> {
    let bad = storage::charter::current(c, id)?.charter.terms().0;
    let all = storage::confidence::labelled(c, id, version, DecisionId(0), MOST)?;
    let usable: Vec<&Labelled> = all.iter().filter(|one| one.features.is_some()).collect();
    let needed = || Error::invalid("decisions", usable.len(), format!("at least {ENOUGH} on drafts of the present drafter version"));
    let last = usable.last().filter(|_| usable.len() >= ENOUGH).ok_or_else(needed)?.id;
    let one_kind = || Error::invalid("decisions", "all of one kind", "some that were accepted and some that were not");
    let fitted = fit(&learnt(&usable, &bad), bad).ok_or_else(one_kind)?;
    Ok((fitted, Saw { decisions: usable.len() as u64, last, sha256: hash(usable.iter().map(|one| one.id)) }))
}

impl Desk {
    /// How good the confidence of a use case's drafts is, and what a fit would bring.
    ///
    /// # Errors
    /// [`Error::NotFound`].
    pub fn confidence_view(&self, id: UseCaseId) -> Result<ConfidenceView> {
        self.read(|c| view(c, &self.learnt, id))
    }

    /// All calibrators of a use case, newest first.
    ///
    /// # Errors
    /// Those of the database.
    pub fn calibrators(&self, id: UseCaseId) -> Result<Vec<CalibratorVersion>> {
        self.read(|c| storage::confidence::calibrators(c, id))
    }

    /// Fits a calibrator on what people have decided of the present drafter version's drafts, and starts an epoch with it. What waits for a
    /// person gets the confidence that it has now.
    ///
    /// # Errors
    /// [`Error::NotAllowed`] for reviewers; [`Error::Invalid`] where nothing drafts, or with too few decisions or only one kind of them;
    /// [`Error::Stale`] where somebody changed what drafts, or fitted one, meanwhile.
    pub fn calibrate(&self, person: &Person, id: UseCaseId) -> Result<ConfidenceView> {
        person.must_be_admin("fit a calibrator")?;
        let now_drafts = |c: &Conn| storage::use_case::current_drafter_version(c, id).map(|version| version.id);
        // A fit takes a while: not while the database is held.
        let (version, before, (fitted, saw)) = self.read(|c| {
            let version = now_drafts(c)?;
            Ok((version, storage::confidence::calibrator_id(c, version)?, fitted(c, id, version)?))
        })?;
        self.transact(|c, now, changes| {
            if now_drafts(c)? != version || storage::confidence::calibrator_id(c, version)? != before {
                return Err(Error::Stale {
                    what: "what drafts, or its calibrator".into(),
                    now: "it was changed meanwhile; fit again".into(),
                });
            }
            let decisions = saw.decisions;
            let kept =
                CalibratorVersion { id: CalibratorId(0), n: 0, drafter_version: version, fitted, saw, by: person.name.clone(), at: now };
            let n = storage::confidence::insert_calibrator(c, id, &kept)?;
            storage::confidence::reassess_waiting(c, id, version)?;
            let detail = format!("calibrator {n}, on {decisions} decisions");
            storage::event::insert(c, now, &person.name, "calibrated", Some(id), None, Some(&detail))?;
            changes.queue = true;
            changes.use_cases = true;
            changes.activity = true;
            epoch::renew(c, now, changes, &person.name, id)
        })?;
        self.confidence_view(id)
    }

    /// Says who sets the threshold, and starts an epoch where that is another.
    ///
    /// # Errors
    /// [`Error::NotAllowed`] for reviewers; [`Error::NotFound`].
    pub fn set_threshold_by(&self, person: &Person, id: UseCaseId, by: ThresholdBy) -> Result<ConfidenceView> {
        person.must_be_admin("say who sets the threshold")?;
        self.transact(|c, now, changes| {
            if storage::use_case::get(c, id)?.threshold_by == by {
                return Ok(());
            }
            storage::confidence::set_threshold_by(c, id, by)?;
            storage::event::insert(c, now, &person.name, "threshold_by_changed", Some(id), None, Some(by.as_str()))?;
            changes.use_cases = true;
            changes.activity = true;
            epoch::renew(c, now, changes, &person.name, id)
        })?;
        self.confidence_view(id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_curve_goes_from_the_strictest_threshold_to_all() {
        let said: Vec<f64> = (0..1_000).map(|at| f64::from(at) / 1_000.0).collect();
        let accepted: Vec<bool> = (0..1_000).map(|at| at >= 500).collect();
        let curve = risk_coverage(&said, &accepted, 0.05, 0.05);
        assert!(curve.len() <= POINTS && curve.len() > 90, "{}", curve.len());
        assert!(curve.windows(2).all(|pair| pair[0].threshold > pair[1].threshold && pair[0].coverage < pair[1].coverage));
        let last = curve.last().unwrap();
        assert_eq!((last.threshold, last.coverage, last.error), (0.0, 1.0, 0.5));
        assert!(curve.iter().all(|point| point.high >= point.error));
        assert_eq!(risk_coverage(&[], &[], 0.05, 0.05), []);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn each_point_says_what_is_at_or_above_its_threshold(
            decisions in prop::collection::vec((0_u8..20, any::<bool>()), 1..300),
        ) {
            let said: Vec<f64> = decisions.iter().map(|(score, _)| f64::from(*score) / 20.0).collect();
            let accepted: Vec<bool> = decisions.iter().map(|(_, accepted)| *accepted).collect();
            let curve = risk_coverage(&said, &accepted, 0.05, 0.05);
            prop_assert_eq!(curve.last().unwrap().coverage, 1.0);
            for point in curve {
                let out: Vec<bool> = said.iter().zip(&accepted).filter(|(score, _)| **score >= point.threshold).map(|(_, a)| *a).collect();
                prop_assert_eq!(point.coverage, out.len() as f64 / said.len() as f64);
                prop_assert_eq!(point.error, out.iter().filter(|a| !**a).count() as f64 / out.len() as f64);
            }
        }
    }
}
