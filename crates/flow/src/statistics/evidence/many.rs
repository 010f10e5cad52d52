//! More than one chance to be wrong: attempts one after another, and slices beside each other.
//!
//! Invariant: all attempts together, and all chosen slices together, are wrong no more often than δ says.

use crate::statistics::is_fraction;

/// The part of δ that the k-th epoch of a use case may spend, `δ/(k(k+1))`: all of them together spend δ. Epochs are counted from 1; a new
/// drafter version or another policy begins the next. `None` for epoch 0 or a δ outside of (0, 1).
pub fn delta_of_epoch(delta: f64, epoch: u64) -> Option<f64> {
    let k = epoch as f64;
    (is_fraction(delta) && epoch > 0).then(|| delta / (k * (k + 1.0)))
}

/// The slices whose evidence holds when all are looked at together: the k̂ with the largest e-values, k̂ the greatest k with
/// `e_(k) ≥ K/(k·level)` (e-BH: Wang and Ramdas, JRSS B 84, 2022; the e-values may depend on each other in any way). `log_e[i]` is that of
/// the i-th slice; the answer is a sorted list of indices. What is not a number is never chosen; no slice is where the level is outside of (0, 1).
pub fn slices_by_e_bh(log_e: &[f64], level: f64) -> Vec<usize> {
    if !is_fraction(level) {
        return Vec::new();
    }
    let mut order: Vec<usize> = (0..log_e.len()).filter(|slice| !log_e[*slice].is_nan()).collect();
    order.sort_by(|a, b| log_e[*b].total_cmp(&log_e[*a]));
    let needed = |k: usize| (log_e.len() as f64 / (k as f64 * level)).ln();
    let chosen = (1..=order.len()).rev().find(|k| log_e[order[k - 1]] >= needed(*k)).unwrap_or(0);
    order.truncate(chosen);
    order.sort_unstable();
    order
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::statistics::golden::{cases, check, number, numbers};
    use proptest::prelude::*;

    #[test]
    fn slices_agree_with_the_golden_numbers() {
        for case in cases("e_bh") {
            let log_e: Vec<f64> = numbers(&case["e"]).into_iter().map(f64::ln).collect();
            let expected: Vec<usize> = numbers(&case["rejected_indices"]).into_iter().map(|at| at as usize).collect();
            assert_eq!(slices_by_e_bh(&log_e, number(&case["level"])), expected, "{case}");
        }
    }

    #[test]
    fn epochs_agree_with_the_golden_numbers() {
        for case in cases("delta_spending") {
            for (at, expected) in case["first10"].as_array().unwrap().iter().enumerate() {
                check(delta_of_epoch(number(&case["delta"]), at as u64 + 1).unwrap(), expected, &case);
            }
        }
        let all: f64 = (1..100_000).map(|k| delta_of_epoch(0.05, k).unwrap()).sum();
        assert!(all < 0.05 && all > 0.04999, "all epochs together spend δ: {all}");
        assert_eq!((delta_of_epoch(0.05, 0), delta_of_epoch(f64::NAN, 1), delta_of_epoch(1.0, 1)), (None, None, None));
    }

    #[test]
    fn what_is_not_a_number_is_never_chosen() {
        assert_eq!(slices_by_e_bh(&[f64::NAN, f64::INFINITY, f64::NEG_INFINITY], 0.05), [1]);
        assert!(slices_by_e_bh(&[100.0], f64::NAN).is_empty());
        assert!(slices_by_e_bh(&[], 0.05).is_empty());
    }

    proptest! {
        #[test]
        fn the_chosen_are_the_strongest_and_more_evidence_never_removes_one(
            log_e in prop::collection::vec(-5.0_f64..12.0, 1..20),
            more in 0.0_f64..5.0,
            at in 0_usize..20,
        ) {
            let chosen = slices_by_e_bh(&log_e, 0.05);
            let least = chosen.iter().map(|slice| log_e[*slice]).fold(f64::INFINITY, f64::min);
            prop_assert!((0..log_e.len()).filter(|slice| !chosen.contains(slice)).all(|slice| log_e[slice] <= least));
            let mut stronger = log_e.clone();
            let at = at % log_e.len();
            stronger[at] += more;
            let after = slices_by_e_bh(&stronger, 0.05);
            prop_assert!(chosen.iter().all(|slice| after.contains(slice)));
        }
    }
}
