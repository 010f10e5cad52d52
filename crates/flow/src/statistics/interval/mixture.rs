//! Intervals that hold at all times at once, by a mixture over rates: for comparison with the three bets of the evidence.
//!
//! Invariant: both ends are roots of a log e-value at `ln 1/δ`, which rises away from the observed rate.

use super::{Interval, Sides};
use crate::statistics::special::{ln_beta, ln_beta_share};
use crate::statistics::{is_fraction, root};

/// Robbins' uniform mixture (Ann. Math. Stat. 41, 1970) against the rate p: `ln ∫ qˢ(1−q)ⁿ⁻ˢ dq − s ln p − (n−s) ln(1−p)`.
/// `None` where bad > n or p is outside of (0, 1).
pub fn uniform_mixture_log_e(bad: u64, n: u64, p: f64) -> Option<f64> {
    if bad > n || !is_fraction(p) {
        return None;
    }
    let (s, clean) = (bad as f64, (n - bad) as f64);
    Some(ln_beta(s + 1.0, clean + 1.0)? - s * p.ln() - clean * (-p).ln_1p())
}

/// The rates that [`uniform_mixture_log_e`] has not refuted: with probability ≥ 1 − δ the true rate is inside at all times.
/// `None` where bad > n or δ is outside of (0, 1).
pub fn uniform_mixture(bad: u64, n: u64, delta: f64) -> Option<Interval> {
    unrefuted(bad, n, delta, |p| uniform_mixture_log_e(bad, n, p))
}

/// The beta-binomial mixture against the rate p (Howard, Ramdas, McAuliffe, Sekhon, Ann. Stat. 49, 2021; `beta_binomial_log_mixture`
/// of their `confseq`), strongest after about `best_at` decisions: over all rates, or over those under p alone. `None` where
/// bad > n, p is outside of (0, 1) or `best_at` is not positive.
pub fn beta_binomial_log_e(bad: u64, n: u64, p: f64, best_at: f64, sides: Sides) -> Option<f64> {
    if bad > n || !is_fraction(p) || !(best_at > 0.0 && best_at.is_finite()) {
        return None;
    }
    // As there, tuned at 5 % whatever δ is. Of its g = p, h = 1 − p, v = g h n and s = bad − p n this is what remains.
    let (tuned, share) = match sides {
        Sides::Two => (2.0 * 20.0_f64.ln(), None),
        Sides::Upper => (2.0 * 10.0_f64.ln(), Some(p)),
    };
    let spread = p * (1.0 - p);
    let r = (spread * best_at / (tuned + tuned.ln_1p()) - spread).max(1e-3 * spread);
    let ln_mass = |bad: f64, clean: f64| {
        let (a, b) = (r / (1.0 - p) + bad, r / p + clean);
        Some(ln_beta(a, b)? + share.map_or(Some(0.0), |p| ln_beta_share(a, b, p))?)
    };
    let (s, clean) = (bad as f64, (n - bad) as f64);
    let log_e = ln_mass(s, clean)? - ln_mass(0.0, 0.0)? - s * p.ln() - clean * (-p).ln_1p();
    (!log_e.is_nan()).then_some(log_e)
}

/// The rates that the two-sided [`beta_binomial_log_e`] has not refuted at 1/δ (`bernoulli_confidence_interval` of `confseq`).
/// `None` where bad > n, n = 0, δ is outside of (0, 1) or `best_at` is not positive.
pub fn beta_binomial(bad: u64, n: u64, delta: f64, best_at: f64) -> Option<Interval> {
    let usable = n > 0 && best_at > 0.0 && best_at.is_finite();
    usable.then(|| unrefuted(bad, n, delta, |p| beta_binomial_log_e(bad, n, p, best_at, Sides::Two))).flatten()
}

fn unrefuted(bad: u64, n: u64, delta: f64, log_e: impl Fn(f64) -> Option<f64>) -> Option<Interval> {
    if bad > n || !is_fraction(delta) {
        return None;
    }
    let rate = if n == 0 { 0.5 } else { bad as f64 / n as f64 };
    // At the very ends the mixture has refuted everything.
    let over = |p: f64| log_e(p).map_or(f64::INFINITY, |log_e| log_e + delta.ln());
    let low = if bad == 0 { 0.0 } else { 1.0 - root(1.0 - rate, 1.0, |rest| over(1.0 - rest)) };
    let high = if bad == n { 1.0 } else { root(rate, 1.0, over) };
    Some(Interval { low, high })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::statistics::golden::{cases, check, check_root, count, number};

    #[test]
    fn the_uniform_mixture_agrees_with_the_golden_numbers() {
        for case in cases("robbins_uniform_mixture") {
            let log_e = uniform_mixture_log_e(count(&case["s"]), count(&case["n"]), number(&case["p"])).unwrap();
            check(log_e, &case["log_e"], &case);
        }
    }

    #[test]
    fn the_beta_binomial_mixture_agrees_with_confseq() {
        let all = cases("confseq_reference");
        let (intervals, one_sided): (Vec<_>, Vec<_>) = all.iter().partition(|case| case["value"].is_array());
        assert_eq!((intervals.len(), one_sided.len()), (3, 3));
        for case in intervals {
            let [bad, n, delta, best_at] = std::array::from_fn(|at| number(&case["args"][at]));
            let interval = beta_binomial(bad as u64, n as u64, delta, best_at).unwrap();
            check_root(interval.low, &case["value"][0], case);
            check_root(interval.high, &case["value"][1], case);
        }
        for case in one_sided {
            let [n, bad, epsilon] = std::array::from_fn(|at| number(&case["args"][at]));
            let log_e = beta_binomial_log_e(bad as u64, n as u64, epsilon, 10.0 / epsilon, Sides::Upper).unwrap();
            check(log_e, &case["value"], case);
        }
    }

    #[test]
    fn nothing_known_leaves_everything_possible() {
        assert_eq!(uniform_mixture(0, 0, 0.05), Some(Interval { low: 0.0, high: 1.0 }));
        assert_eq!(uniform_mixture(2, 1, 0.05), None);
        assert_eq!(uniform_mixture(1, 2, f64::NAN), None);
        assert_eq!(beta_binomial(1, 2, 0.05, f64::NAN), None);
        assert_eq!(beta_binomial(1, 0, 0.05, 100.0), None);
    }
}
