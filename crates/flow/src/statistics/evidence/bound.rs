//! Bounds on the error rate that hold at all looks, and bounds that know how many errors reviewers miss.
//!
//! Invariant: a bound never falls under the one that the losses show, and reviewers who miss everything leave a bound of 1.

use super::EProcess;
use serde::{Deserialize, Serialize};

/// The running minimum of [`EProcess::upper_bound`]: with probability ≥ 1 − δ the error rate is under it at all times.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct LowestBound(f64);

impl Default for LowestBound {
    fn default() -> Self {
        Self(1.0)
    }
}

impl LowestBound {
    /// Looks at a process, after each loss or now and then. The root is only sought where it has become lower.
    pub fn look(&mut self, process: &EProcess) {
        if process.log_e_at(self.0).is_none_or(|log_e| log_e > -process.delta().ln()) {
            self.0 = self.0.min(process.upper_bound());
        }
    }

    /// In [0, 1].
    pub fn get(self) -> f64 {
        self.0
    }
}

/// The bound on the true error rate where reviewers miss some: `U / (1 − U_missed)`, at most 1. `upper` bounds the rate of bad
/// verdicts, `upper_missed` the share of seeded bad items that were not caught, both at δ/2. 1 where either is not a number in [0, 1].
pub fn corrected_for_missed(upper: f64, upper_missed: f64) -> f64 {
    let usable = (0.0..=1.0).contains(&upper) && (0.0..1.0).contains(&upper_missed);
    if usable { (upper / (1.0 - upper_missed)).min(1.0) } else { 1.0 }
}

/// The bound of a rate by `hits` of `n`, with probability ≥ 1 − δ at all looks: [`EProcess::upper_bound`] of those. 1 of none, and where
/// δ is outside of (0, 1) or hits > n.
pub fn upper_bound_of(hits: u64, n: u64, delta: f64) -> f64 {
    let (Some(rest), Some(mut process)) = (n.checked_sub(hits), EProcess::of_all(0.5, delta)) else { return 1.0 };
    process.losses = [(0.0, rest), (1.0, hits)].into_iter().filter(|(_, count)| *count > 0).collect();
    process.upper_bound()
}

/// Whether the evidence shows an error rate of at most its ε among the drafts of reviewers who miss some errors: the same as
/// `corrected_for_missed(decisions.upper_bound(), upper_missed) ≤ ε`, without a root. `decisions` must be made with δ/2, and
/// `upper_missed` come from seeded items with δ/2.
pub fn proves_with_golds(decisions: &EProcess, upper_missed: f64) -> bool {
    let caught = 1.0 - upper_missed;
    (0.0..=1.0).contains(&caught) && decisions.log_e_at(decisions.epsilon() * caught).is_some_and(|log_e| log_e >= -decisions.delta().ln())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::statistics::golden::{cases, check_root, count, number};
    use proptest::prelude::*;

    fn process(delta: f64, clean: u64, bad: u64) -> EProcess {
        let mut process = EProcess::of_all(0.05, delta).unwrap();
        (0..bad).for_each(|_| process.push(1.0));
        (0..clean).for_each(|_| process.push(0.0));
        process
    }

    #[test]
    fn missed_errors_agree_with_the_golden_numbers() {
        for case in cases("gold_adjusted_upper") {
            let (bad, caught, delta) = (count(&case["bad"]), count(&case["golds_caught"]), number(&case["delta_each"]));
            let upper = process(delta, count(&case["n"]) - bad, bad).upper_bound();
            let missed = process(delta, caught, count(&case["golds"]) - caught).upper_bound();
            assert_eq!(
                upper_bound_of(count(&case["golds"]) - caught, count(&case["golds"]), delta),
                missed,
                "counted or pushed one by one"
            );
            check_root(upper, &case["upper_bad"], &case);
            check_root(1.0 - missed, &case["lower_sensitivity"], &case);
            check_root(corrected_for_missed(upper, missed), &case["upper_bad_corrected"], &case);
        }
    }

    #[test]
    fn without_seeded_items_nothing_is_shown() {
        let nothing = process(0.025, 0, 0).upper_bound();
        assert_eq!(corrected_for_missed(0.01, nothing), 1.0);
        assert!(!proves_with_golds(&process(0.025, 5000, 0), nothing));
        for hostile in [f64::NAN, -1.0, 2.0, f64::INFINITY] {
            assert_eq!(corrected_for_missed(hostile, 0.1), 1.0);
            assert_eq!(corrected_for_missed(0.1, hostile), 1.0);
            assert!(!proves_with_golds(&process(0.025, 5000, 0), hostile));
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(48))]
        #[test]
        fn both_ways_to_correct_say_the_same(clean in 0_u64..800, bad in 0_u64..10, missed in 0.0_f64..0.9) {
            let decisions = process(0.025, clean, bad);
            let corrected = corrected_for_missed(decisions.upper_bound(), missed);
            prop_assume!((corrected - 0.05).abs() > 1e-9);
            prop_assert_eq!(proves_with_golds(&decisions, missed), corrected < 0.05);
        }

        #[test]
        fn the_lowest_bound_is_the_least_of_all(verdicts in prop::collection::vec(prop::bool::weighted(0.05), 1..120)) {
            let (mut process, mut lowest) = (process(0.05, 0, 0), LowestBound::default());
            let mut least = 1.0_f64;
            for bad in verdicts {
                process.push_verdict(bad);
                lowest.look(&process);
                least = least.min(process.upper_bound());
                prop_assert_eq!(lowest.get(), least);
            }
        }
    }
}
