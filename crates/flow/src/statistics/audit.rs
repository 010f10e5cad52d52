//! Looking at what went out alone: how often, when to stop, and what the looked-at ones say about all.
//!
//! *Invariant: whether an item is audited is decided before it is delivered, never with a probability under 1 %, and the probability is
//! kept beside it; without it no estimate is honest.*

mod plan;

pub use plan::{Aoql, Brake, Curve, Plan, aoql, clearance_for, curve};

use super::is_fraction;
use serde::{Deserialize, Serialize};

/// The default f.
pub const DEFAULT: f64 = 0.1;
/// No item goes out with a smaller probability of being looked at.
pub const LEAST: f64 = 0.01;
/// A draft this close above the threshold is near it.
pub const NEAR: f64 = 0.05;
/// A slice with fewer audits than this is thin.
pub const THIN: u64 = 60;

/// The probability of an audit, decided from what is known before delivery: the charter's share, doubled within [`NEAR`] of the threshold, and
/// doubled in a slice with fewer than [`THIN`] audits so far. Steps instead of a curve keep the number of distinct weights small.
/// In [0.01, 1]; a share that is not a number is taken as 1.
pub fn probability(share: f64, confidence: f64, threshold: f64, audits_in_slice: u64) -> f64 {
    if share.is_nan() {
        return 1.0;
    }
    // Not-a-number is near: what cannot be compared is looked at more.
    let far = confidence - threshold > NEAR;
    let near = if far { 1.0 } else { 2.0 };
    let thin = if audits_in_slice < THIN { 2.0 } else { 1.0 };
    (share.max(LEAST) * near * thin).clamp(LEAST, 1.0)
}

/// What an audited sample says about the mean loss of all items.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Estimate {
    /// `Σ z/π ÷ N`: unbiased.
    pub horvitz_thompson: f64,
    /// `Σ z/π ÷ Σ 1/π`: for display, steadier where N is not that of the sample.
    pub hajek: f64,
    /// Of the Horvitz–Thompson estimate under independent draws: `Σ (1−π)/π² · z² ÷ N²`.
    pub variance: f64,
    /// Its root.
    pub standard_error: f64,
}

/// Horvitz and Thompson's estimate (JASA 47, 1952) and Hájek's (1971) from `(loss, π)` of the audited of `population` items. `None`
/// without audits, with more of them than items, with π outside of (0, 1], or a loss that is not a number in [0, 1].
pub fn estimate(population: u64, audited: &[(f64, f64)]) -> Option<Estimate> {
    let valid = |(loss, p): &(f64, f64)| (0.0..=1.0).contains(loss) && (is_fraction(*p) || *p == 1.0);
    if audited.is_empty() || audited.len() as u64 > population || !audited.iter().all(valid) {
        return None;
    }
    let all = population as f64;
    let sum = |term: fn(f64, f64) -> f64| audited.iter().map(|(loss, p)| term(*loss, *p)).sum::<f64>();
    let total = sum(|loss, p| loss / p);
    let variance = sum(|loss, p| (1.0 - p) * (loss / p) * (loss / p)) / (all * all);
    let estimate =
        Estimate { horvitz_thompson: total / all, hajek: total / sum(|_, p| 1.0 / p), variance, standard_error: variance.sqrt() };
    (estimate.hajek.is_finite() && variance.is_finite()).then_some(estimate)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::statistics::golden::{cases, check, count, numbers};
    use proptest::prelude::*;

    #[test]
    fn an_audited_sample_agrees_with_the_golden_numbers() {
        for case in cases("horvitz_thompson") {
            let audited: Vec<_> = numbers(&case["bad_of_audited"]).into_iter().zip(numbers(&case["pi_of_audited"])).collect();
            let estimate = estimate(count(&case["N"]), &audited).unwrap();
            check(estimate.horvitz_thompson, &case["ht"], &case);
            check(estimate.hajek, &case["hajek"], &case);
            check(estimate.variance, &case["var_ht_poisson"], &case);
            check(estimate.standard_error, &case["se"], &case);
        }
    }

    #[test]
    fn more_is_looked_at_near_the_threshold_and_in_thin_slices() {
        assert_eq!(probability(0.1, 0.99, 0.8, 100), 0.1);
        assert_eq!(probability(0.1, 0.82, 0.8, 100), 0.2);
        assert_eq!(probability(0.1, 0.82, 0.8, 59), 0.4);
        assert_eq!(probability(0.0, 0.99, 0.8, 100), LEAST);
        assert_eq!(probability(0.4, 0.8, 0.8, 0), 1.0);
        assert_eq!(probability(0.1, f64::NAN, 0.8, 100), 0.2);
        assert_eq!(probability(f64::NAN, 0.9, 0.8, 100), 1.0);
    }

    #[test]
    fn an_impossible_sample_has_no_estimate() {
        assert_eq!(estimate(10, &[]), None);
        assert_eq!(estimate(1, &[(1.0, 0.5), (0.0, 0.5)]), None);
        for p in [0.0, f64::NAN, 1.5, -0.1, f64::MIN_POSITIVE] {
            assert_eq!(estimate(10, &[(1.0, p)]), None, "{p}");
        }
        assert_eq!(estimate(10, &[(f64::NAN, 0.5)]), None);
    }

    proptest! {
        #[test]
        fn a_probability_is_one(share in any::<f64>(), confidence in any::<f64>(), threshold in any::<f64>(), audits in any::<u64>()) {
            prop_assert!((LEAST..=1.0).contains(&probability(share, confidence, threshold, audits)));
        }

        #[test]
        fn all_audited_is_the_plain_mean(losses in prop::collection::vec(0.0_f64..=1.0, 1..50)) {
            let audited: Vec<_> = losses.iter().map(|loss| (*loss, 1.0)).collect();
            let estimate = estimate(losses.len() as u64, &audited).unwrap();
            prop_assert_eq!(estimate.horvitz_thompson, losses.iter().sum::<f64>() / losses.len() as f64);
            prop_assert_eq!((estimate.hajek, estimate.standard_error), (estimate.horvitz_thompson, 0.0));
        }
    }
}
