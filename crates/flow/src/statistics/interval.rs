//! Intervals of a rate, `hits` of `n`, for display. They hold for *one* look at a number of decisions that was fixed before: they
//! never raise a level ([`super::evidence`] does).
//!
//! Invariant: an interval lies in [0, 1] and holds the observed rate; the upper bound rises with `hits` and falls with `n`.

mod mixture;

pub use mixture::{beta_binomial, beta_binomial_log_e, uniform_mixture, uniform_mixture_log_e};

use super::is_fraction;
use super::special::{beta_quantile, normal_quantile};

/// Both ends in [0, 1].
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Interval {
    pub low: f64,
    pub high: f64,
}

/// What the confidence speaks about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sides {
    /// The rate lies between both ends.
    Two,
    /// The rate lies under the upper end; the lower one is 0.
    Upper,
}

impl Sides {
    /// The part of α = 1 − confidence that may lie above the upper end.
    fn above(self, confidence: f64) -> f64 {
        match self {
            Self::Two => (1.0 - confidence) / 2.0,
            Self::Upper => 1.0 - confidence,
        }
    }
}

/// Wilson's score interval (E. B. Wilson, JASA 22, 1927). `None` with n = 0, hits > n, or a confidence outside of (0, 1).
pub fn wilson(hits: u64, n: u64, confidence: f64, sides: Sides) -> Option<Interval> {
    if n == 0 || hits > n || !is_fraction(confidence) {
        return None;
    }
    let z = -normal_quantile(sides.above(confidence))?;
    let (n, p) = (n as f64, hits as f64 / n as f64);
    let z2 = z * z / n;
    let centre = (p + z2 / 2.0) / (1.0 + z2);
    let half = z / (1.0 + z2) * (p * (1.0 - p) / n + z2 / (4.0 * n)).sqrt();
    let low = match sides {
        Sides::Two if hits > 0 => (centre - half).max(0.0),
        Sides::Two | Sides::Upper => 0.0,
    };
    let high = if p == 1.0 { 1.0 } else { (centre + half).min(1.0) };
    Some(Interval { low, high })
}

/// Clopper and Pearson's exact interval (Biometrika 26, 1934), from quantiles of the beta distribution. `None` as [`wilson`].
pub fn clopper_pearson(hits: u64, n: u64, confidence: f64, sides: Sides) -> Option<Interval> {
    if n == 0 || hits > n || !is_fraction(confidence) {
        return None;
    }
    let (x, rest, above) = (hits as f64, (n - hits) as f64, sides.above(confidence));
    let low = match sides {
        Sides::Two if hits > 0 => beta_quantile(above, x, rest + 1.0)?,
        Sides::Two | Sides::Upper => 0.0,
    };
    let high = if hits == n { 1.0 } else { beta_quantile(1.0 - above, x + 1.0, rest)? };
    // Rounding at astronomical n must not leave the rate outside.
    let rate = x / n as f64;
    Some(Interval { low: low.min(rate), high: high.max(rate) })
}

/// How many decisions without a bad one show an error rate of at most ε at one look: the smallest n with (1−ε)ⁿ ≤ δ.
/// `None` where ε or δ is outside of (0, 1).
pub fn zero_failure_n(epsilon: f64, delta: f64) -> Option<u64> {
    (is_fraction(epsilon) && is_fraction(delta)).then(|| (delta.ln() / (-epsilon).ln_1p()).ceil() as u64)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::statistics::golden::{cases, check, count, number};
    use proptest::prelude::*;

    fn agrees(key: &str, interval: fn(u64, u64, f64, Sides) -> Option<Interval>) {
        for case in cases(key) {
            let of = |sides| interval(count(&case["x"]), count(&case["n"]), number(&case["confidence"]), sides).unwrap();
            let two = of(Sides::Two);
            check(two.low, &case["two_sided"][0], &case);
            check(two.high, &case["two_sided"][1], &case);
            check(of(Sides::Upper).high, &case["one_sided_upper"], &case);
        }
    }

    #[test]
    fn wilson_agrees_with_the_golden_numbers() {
        agrees("wilson", wilson);
    }

    #[test]
    fn clopper_pearson_agrees_with_the_golden_numbers() {
        agrees("clopper_pearson", clopper_pearson);
    }

    #[test]
    fn so_many_without_a_bad_one_agree_with_the_golden_numbers() {
        for case in cases("zero_failure_fixed_n") {
            assert_eq!(zero_failure_n(number(&case["epsilon"]), number(&case["delta"])), Some(count(&case["n"])), "{case}");
        }
        for (epsilon, delta) in [(0.0, 0.05), (0.05, 1.0), (f64::NAN, 0.05), (0.05, f64::NAN)] {
            assert_eq!(zero_failure_n(epsilon, delta), None);
        }
    }

    #[test]
    fn no_decisions_give_no_interval() {
        for interval in [wilson, clopper_pearson] {
            assert_eq!(interval(0, 0, 0.95, Sides::Two), None);
            assert_eq!(interval(3, 2, 0.95, Sides::Two), None, "more hits than decisions");
            assert_eq!(interval(1, 2, f64::NAN, Sides::Two), None);
            assert_eq!(interval(1, 2, 1.0, Sides::Upper), None);
        }
    }

    #[test]
    fn numbers_of_decisions_that_nobody_has_give_an_interval_that_holds_the_rate_or_none() {
        for n in [1 << 20, 1 << 40, 1 << 60, u64::MAX] {
            for hits in [0, 1, n / 2, n - 1, n] {
                for interval in [wilson, clopper_pearson] {
                    let rate = hits as f64 / n as f64;
                    let holds = |i: Interval| (0.0..=rate).contains(&i.low) && (rate..=1.0).contains(&i.high);
                    assert!(
                        interval(hits, n, 0.95, Sides::Two).is_none_or(holds),
                        "{hits} of {n}: {:?}",
                        interval(hits, n, 0.95, Sides::Two)
                    );
                }
            }
        }
        assert!(clopper_pearson(1 << 19, 1 << 20, 0.95, Sides::Two).is_some(), "a million decisions are no trouble");
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn an_interval_holds_the_rate_and_moves_with_it(n in 1_u64..5000, part in 0.0_f64..=1.0, confidence in 0.5_f64..0.999) {
            let hits = (part * n as f64) as u64;
            for interval in [wilson, clopper_pearson] {
                for sides in [Sides::Two, Sides::Upper] {
                    let here = interval(hits, n, confidence, sides).unwrap();
                    let rate = hits as f64 / n as f64;
                    prop_assert!((0.0..=rate).contains(&here.low) && (rate..=1.0).contains(&here.high), "{here:?} of {hits}/{n}");
                    prop_assert!(interval(hits, n + 1, confidence, sides).unwrap().high <= here.high);
                    if hits < n {
                        prop_assert!(interval(hits + 1, n, confidence, sides).unwrap().high >= here.high);
                    }
                }
            }
        }
    }
}
