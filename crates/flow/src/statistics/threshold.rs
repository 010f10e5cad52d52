//! Above which confidence drafts may go out alone: the largest coverage whose error is shown to be at most ε.
//!
//! Thresholds are laid at coverage 5 %, 10 % … 100 % on earlier scores, and tried in a fixed order from 30 % on. Each has its own
//! e-process over the drafts that it would let out; the next one counts only when the one before has reached 1/δ. Fixed-sequence testing
//! needs no correction (Maurer, Hothorn and Lehmacher 1995; Angelopoulos et al., *Learn then test*, 2021): the first threshold in
//! the order that is too loose passes with probability ≤ δ, and none behind it passes without it.
//!
//! *Invariant: coverage is 0 until the first threshold passes, and only ever grows one threshold at a time. A new calibrator begins anew.*

use super::evidence::EProcess;
use serde::{Deserialize, Serialize};

/// K.
pub const THRESHOLDS: usize = 20;
/// The first one that is tried: the sixth, 30 %.
pub const FIRST: usize = 6;

/// Where a threshold stands, before anything is known of it.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Mark {
    /// Of the earlier scores, in (0, 1].
    pub coverage: f64,
    /// Drafts with this score or more go out.
    pub threshold: f64,
}

/// Lays thresholds on scores that came *before* all that will be tried on them; their verdicts are not used. `None` with fewer than
/// [`THRESHOLDS`] scores. A score that is not a number is one that never goes out. Where many scores are equal, as a calibrator's are, they
/// go out together or not at all: a threshold that none of the earlier scores reaches is left out, for nothing could ever speak for it, and
/// the looser ones would wait behind it for good, and one that is the same as the one before is tried once.
pub fn marks(earlier: &[f64]) -> Option<Vec<Mark>> {
    if earlier.len() < THRESHOLDS {
        return None;
    }
    let mut scores: Vec<f64> = earlier.iter().copied().filter(|score| score.is_finite()).collect();
    scores.sort_by(|a, b| b.total_cmp(a));
    let mark = |k: usize| {
        let count = covering(&scores, k * earlier.len() / THRESHOLDS)?;
        Some(Mark { coverage: count as f64 / earlier.len() as f64, threshold: scores[count - 1] })
    };
    let mut marks: Vec<Mark> = (FIRST..=THRESHOLDS).filter_map(mark).collect();
    marks.dedup_by_key(|mark| mark.threshold);
    Some(marks)
}

/// One threshold with the evidence for it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Rung {
    /// Of the earlier scores, in (0, 1].
    pub coverage: f64,
    /// Drafts with this score or more go out.
    pub threshold: f64,
    pub process: EProcess,
}

/// The search for a threshold, from the loosest that passed on.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Ladder {
    /// From the strictest to the loosest.
    rungs: Vec<Rung>,
    passed: usize,
}

impl Ladder {
    /// On thresholds that were laid by [`marks`]. `least` is the least probability with which a draft is judged, 1 where all are. `None` as
    /// [`EProcess::of_sample`].
    pub fn on(marks: &[Mark], epsilon: f64, delta: f64, least: f64) -> Option<Self> {
        let process = EProcess::of_sample(epsilon, delta, least)?;
        let rung = |mark: &Mark| Rung { coverage: mark.coverage, threshold: mark.threshold, process: process.clone() };
        Some(Self { rungs: marks.iter().map(rung).collect(), passed: 0 })
    }

    /// [`Ladder::on`] the [`marks`] of earlier scores.
    pub fn laid_on(earlier: &[f64], epsilon: f64, delta: f64, least: f64) -> Option<Self> {
        Self::on(&marks(earlier)?, epsilon, delta, least)
    }

    /// The same as it was before its first draft.
    #[must_use]
    pub fn before_all(&self) -> Self {
        let rungs = self.rungs.iter().map(|rung| Rung { process: rung.process.before_all(), ..*rung }).collect();
        Self { rungs, passed: 0 }
    }

    /// From the strictest to the loosest.
    pub fn rungs(&self) -> &[Rung] {
        &self.rungs
    }

    /// How many of them passed, from the strictest on.
    pub fn passed_count(&self) -> usize {
        self.passed
    }

    /// Takes the next draft in the order of submission, whatever its score: its loss, or [`weighted`](super::evidence::weighted) where it was
    /// audited, or 0 where it was not. All drafts count that a threshold would let out, those that a person reviewed included.
    pub fn push(&mut self, score: f64, loss: f64) {
        for rung in self.rungs.iter_mut().filter(|rung| score >= rung.threshold) {
            rung.process.push(loss);
        }
        while self.trying().is_some_and(|rung| rung.process.reached_at().is_some()) {
            self.passed += 1;
        }
    }

    /// The loosest threshold that passed; `None` until one does.
    pub fn passed(&self) -> Option<&Rung> {
        self.passed.checked_sub(1).and_then(|at| self.rungs.get(at))
    }

    /// The next one; `None` when all have passed.
    pub fn trying(&self) -> Option<&Rung> {
        self.rungs.get(self.passed)
    }

    /// Of the threshold that passed, as measured on the earlier scores; 0 until one does.
    pub fn coverage(&self) -> f64 {
        self.passed().map_or(0.0, |rung| rung.coverage)
    }

    /// Whether a draft with this score may go out alone. One without a number may not.
    pub fn lets_out(&self, score: f64) -> bool {
        self.passed().is_some_and(|rung| score >= rung.threshold)
    }
}

/// How many of the earlier scores, `count` at most, some threshold lets out; `None` where none does (many are equal).
fn covering(falling: &[f64], count: usize) -> Option<usize> {
    let mut count = count.min(falling.len());
    while count > 0 && count < falling.len() && falling[count] == falling[count - 1] {
        count -= 1;
    }
    (count > 0).then_some(count)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn ladder() -> Ladder {
        let earlier: Vec<f64> = (1..=100).map(|score| f64::from(score) / 100.0).collect();
        Ladder::laid_on(&earlier, 0.05, 0.05, 1.0).unwrap()
    }

    #[test]
    fn thresholds_stand_at_the_coverage_that_they_say() {
        let ladder = ladder();
        let laid: Vec<_> = ladder.rungs.iter().map(|rung| (rung.coverage, rung.threshold)).collect();
        assert_eq!((laid.len(), laid[0], laid[14]), (15, (0.3, 0.71), (1.0, 0.01)));
        assert!(laid.windows(2).all(|pair| pair[0].1 > pair[1].1), "{laid:?}");
    }

    #[test]
    fn equal_scores_go_out_together_or_not_at_all() {
        let laid = marks(&[0.5; 40]).unwrap();
        assert_eq!(laid, [Mark { coverage: 1.0, threshold: 0.5 }], "less than all of equal scores is none of them");
        let mut scores = [0.9; 40];
        scores[30..].fill(0.4);
        let laid: Vec<_> = marks(&scores).unwrap().iter().map(|mark| (mark.coverage, mark.threshold)).collect();
        assert_eq!(laid, [(0.75, 0.9), (1.0, 0.4)], "each says what it lets out");
    }

    #[test]
    fn nothing_goes_out_until_the_first_threshold_passes_and_then_it_loosens() {
        let mut ladder = ladder();
        for _ in 0..78 {
            ladder.push(0.9, 0.0);
            assert_eq!((ladder.coverage(), ladder.lets_out(1.0)), (0.0, false));
        }
        ladder.push(0.7, 0.0);
        assert_eq!(ladder.coverage(), 0.0, "a draft under the threshold is no evidence for it");
        ladder.push(0.9, 0.0);
        assert_eq!(ladder.coverage(), 1.0, "the looser ones have seen the same drafts");
        assert!(ladder.lets_out(0.01) && !ladder.lets_out(f64::NAN));
    }

    #[test]
    fn a_threshold_that_fails_keeps_the_looser_ones_out() {
        let mut ladder = ladder();
        ladder.push(0.9, 1.0);
        // The one at 35 % gets enough clean ones, the one at 30 % does not.
        (0..200).for_each(|_| ladder.push(0.68, 0.0));
        assert_eq!(ladder.coverage(), 0.0);
        assert!(ladder.rungs[1].process.reached_at().is_some());
    }

    #[test]
    fn what_cannot_be_a_ladder_is_none() {
        assert_eq!(Ladder::laid_on(&[0.5; 19], 0.05, 0.05, 1.0), None);
        assert_eq!(Ladder::laid_on(&[0.5; 50], f64::NAN, 0.05, 1.0), None);
        let mut hostile = Ladder::laid_on(&[f64::NAN; 50], 0.05, 0.05, 1.0).unwrap();
        (0..500).for_each(|_| hostile.push(1.0, 0.0));
        assert!(!hostile.lets_out(1.0) && !hostile.lets_out(f64::INFINITY), "scores that are no numbers let nothing out");
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(32))]
        #[test]
        fn a_stored_ladder_goes_on_to_the_bit_and_never_tightens(
            drafts in prop::collection::vec((prop_oneof![any::<f64>(), 0.0_f64..1.0], prop::bool::weighted(0.02)), 0..150),
            cut in 0_usize..150,
        ) {
            let (mut whole, mut stored, mut coverage) = (ladder(), ladder(), 0.0);
            for (at, (score, bad)) in drafts.iter().enumerate() {
                let loss = if *bad { 1.0 } else { 0.0 };
                whole.push(*score, loss);
                prop_assert!(whole.coverage() >= coverage);
                coverage = whole.coverage();
                if at == cut {
                    stored = serde_json::from_str(&serde_json::to_string(&stored).unwrap()).unwrap();
                }
                stored.push(*score, loss);
            }
            prop_assert_eq!(stored, whole);
        }
    }
}
