//! The few special functions that the intervals need, on top of `libm`.
//!
//! Invariant: every function is total; outside of its range it gives `None`.

use super::root;
use std::cell::Cell;

/// `ln B(a, b)`, of the complete beta function; a, b > 0.
pub fn ln_beta(a: f64, b: f64) -> Option<f64> {
    let value = libm::lgamma(a) + libm::lgamma(b) - libm::lgamma(a + b);
    (a > 0.0 && b > 0.0 && value.is_finite()).then_some(value)
}

/// `ln I_x(a, b)`, of the regularised incomplete beta function; a, b > 0, x in [0, 1].
pub fn ln_beta_share(a: f64, b: f64, x: f64) -> Option<f64> {
    ln_beta_shares(a, b, x).map(|(under, _)| under)
}

/// `ln I_x(a, b)` and `ln (1 − I_x(a, b))`, each exact where it is small.
///
/// Continued fraction by Lentz's method (DLMF 8.17.22; Numerical Recipes 6.4), on the side on which it converges fast.
fn ln_beta_shares(a: f64, b: f64, x: f64) -> Option<(f64, f64)> {
    let ln_beta = ln_beta(a, b)?;
    if !(0.0..=1.0).contains(&x) {
        return None;
    }
    if x == 0.0 || x == 1.0 {
        return Some((x.ln(), (1.0 - x).ln()));
    }
    let ln_front = a * x.ln() + b * (-x).ln_1p() - ln_beta;
    let ln_rest = |ln_part: f64| (-ln_part.exp().min(1.0)).ln_1p();
    Some(if x < (a + 1.0) / (a + b + 2.0) {
        let under = (ln_front - a.ln() + fraction(a, b, x)?.ln()).min(0.0);
        (under, ln_rest(under))
    } else {
        let over = (ln_front - b.ln() + fraction(b, a, 1.0 - x)?.ln()).min(0.0);
        (ln_rest(over), over)
    })
}

/// The continued fraction; about √max(a, b) steps.
fn fraction(a: f64, b: f64, x: f64) -> Option<f64> {
    let least = |d: f64| if d.abs() < 1e-300 { 1e-300 } else { d };
    let mut c = 1.0;
    let mut d = 1.0 / least(1.0 - (a + b) * x / (a + 1.0));
    let mut value = d;
    for m in 1..200_000_u32 {
        let m = f64::from(m);
        let even = m * (b - m) * x / ((a + 2.0 * m - 1.0) * (a + 2.0 * m));
        d = 1.0 / least(1.0 + even * d);
        c = least(1.0 + even / c);
        value *= d * c;
        let odd = -(a + m) * (a + b + m) * x / ((a + 2.0 * m) * (a + 2.0 * m + 1.0));
        d = 1.0 / least(1.0 + odd * d);
        c = least(1.0 + odd / c);
        value *= d * c;
        if (d * c - 1.0).abs() <= 2.0 * f64::EPSILON {
            return value.is_finite().then_some(value);
        }
    }
    None
}

/// The x in [0, 1] with `I_x(a, b) = share`; a, b > 0, share in (0, 1). By bisection: some sixty steps, nothing to tune. `None` also where
/// the continued fraction does not converge, at a and b above about 10¹⁰.
pub fn beta_quantile(share: f64, a: f64, b: f64) -> Option<f64> {
    if !super::is_fraction(share) {
        return None;
    }
    let known = Cell::new(ln_beta(a, b).is_some());
    let x = root(0.0, 1.0, |x| {
        let shares = if known.get() { ln_beta_shares(a, b, x) } else { None };
        known.set(shares.is_some());
        // The smaller side tells more.
        shares.map_or(0.0, |(under, over)| if share > 0.5 { (1.0 - share).ln() - over } else { under - share.ln() })
    });
    known.get().then_some(x)
}

/// Φ⁻¹(share), the quantile of the standard normal distribution; share in (0, 1).
pub fn normal_quantile(share: f64) -> Option<f64> {
    if !super::is_fraction(share) {
        return None;
    }
    let upper = |z: f64| 0.5 * libm::erfc(z / std::f64::consts::SQRT_2);
    let tail = share.min(1.0 - share);
    let z = root(0.0, 40.0, |z| tail - upper(z));
    Some(if share < 0.5 { -z } else { z })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_beta_share_is_a_binomial_tail() {
        // I_p(k, n − k + 1) = P(at least k of n); 3 of 5 at 0.3: 0.16308.
        let share = ln_beta_share(3.0, 3.0, 0.3).unwrap().exp();
        assert!((share - 0.16308).abs() < 1e-12, "{share}");
        let whole = ln_beta_share(2.5, 0.7, 0.4).unwrap().exp() + ln_beta_share(0.7, 2.5, 0.6).unwrap().exp();
        assert!((whole - 1.0).abs() < 1e-13, "both ends together are everything: {whole}");
    }

    #[test]
    fn a_quantile_leads_back_to_its_share() {
        for (a, b) in [(1.0, 10.0), (14.0, 4308.0), (500_000.0, 500_000.0), (0.5, 0.5)] {
            for share in [1e-6, 0.025, 0.5, 0.975, 1.0 - 1e-6] {
                let x = beta_quantile(share, a, b).unwrap();
                let back = ln_beta_share(a, b, x).unwrap().exp();
                assert!((back - share).abs() < 1e-9, "{share} of ({a}, {b}): {x} gives {back}");
            }
        }
    }

    #[test]
    fn the_normal_quantile_is_that_of_the_tables() {
        for (share, z) in [(0.975, 1.959_963_984_540_054), (0.95, 1.644_853_626_951_472_2), (0.5, 0.0), (0.01, -2.326_347_874_040_841)] {
            assert!((normal_quantile(share).unwrap() - z).abs() < 1e-12, "{share}");
        }
    }

    #[test]
    fn what_is_outside_has_no_answer() {
        for x in [f64::NAN, -0.1, 1.1, f64::INFINITY] {
            assert_eq!(ln_beta_share(1.0, 1.0, x), None);
            assert_eq!(beta_quantile(x, 1.0, 1.0), None);
            assert_eq!(normal_quantile(x), None);
            assert_eq!(ln_beta_share(x.min(-1.0), 1.0, 0.5), None);
        }
    }
}
