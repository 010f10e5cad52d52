//! Isotonic regression: the rising step function nearest to the decisions, straight between its steps.
//!
//! Invariant: what it says never falls where its argument rises, and lies in [0, 1].

use serde::{Deserialize, Serialize};

/// Points `(x, y)` with rising x and y that does not fall, never none.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Isotonic {
    points: Vec<(f64, f64)>,
}

/// Decisions that were pooled: their mean and weight, and how many distinct arguments they span.
struct Pool {
    mean: f64,
    weight: f64,
    span: usize,
}

impl Isotonic {
    /// Pools adjacent violators (Ayer et al. 1955), as scikit-learn's `IsotonicRegression(y_min=0, y_max=1, out_of_bounds="clip")`: equal x are
    /// averaged by weight first, and of a constant stretch only the ends are kept. Weights are 1 where none are given; decisions with weight
    /// 0 do not count. `None` without any, with lists of unequal length, or numbers that are not finite.
    pub fn fit(x: &[f64], y: &[f64], weights: Option<&[f64]>) -> Option<Self> {
        let weight = |at: usize| weights.map_or(Some(1.0), |weights| weights.get(at).copied());
        let mut decisions: Vec<(f64, f64, f64)> =
            x.iter().zip(y).enumerate().map(|(at, (x, y))| Some((*x, *y, weight(at)?))).collect::<Option<_>>()?;
        let usable = |(x, y, w): &(f64, f64, f64)| x.is_finite() && y.is_finite() && w.is_finite() && *w >= 0.0;
        if x.len() != y.len() || weights.is_some_and(|weights| weights.len() != x.len()) || !decisions.iter().all(usable) {
            return None;
        }
        decisions.retain(|(_, _, weight)| *weight > 0.0);
        decisions.sort_by(|a, b| a.0.total_cmp(&b.0));
        let mut arguments: Vec<f64> = Vec::new();
        let mut pools: Vec<Pool> = Vec::new();
        for together in decisions.chunk_by(|a, b| a.0 == b.0) {
            let weight: f64 = together.iter().map(|(_, _, weight)| weight).sum();
            let mean = together.iter().map(|(_, y, weight)| y * weight).sum::<f64>() / weight;
            arguments.push(together[0].0);
            let mut pool = Pool { mean, weight, span: 1 };
            while let Some(before) = pools.pop_if(|before| before.mean >= pool.mean) {
                let weight = before.weight + pool.weight;
                pool =
                    Pool { mean: (before.mean * before.weight + pool.mean * pool.weight) / weight, weight, span: before.span + pool.span };
            }
            pools.push(pool);
        }
        let mut points = Vec::new();
        let mut from = 0;
        for Pool { mean, span, .. } in pools {
            let mean = if mean.is_nan() { 0.0 } else { mean.clamp(0.0, 1.0) };
            points.push((arguments[from], mean));
            if span > 1 {
                points.push((arguments[from + span - 1], mean));
            }
            from += span;
        }
        (!points.is_empty()).then_some(Self { points })
    }

    /// Straight between the points, constant outside of them. `None` for what is not a number.
    pub fn predict(&self, x: f64) -> Option<f64> {
        let after = self.points.partition_point(|(at, _)| *at <= x);
        match (after.checked_sub(1).and_then(|at| self.points.get(at)), self.points.get(after)) {
            _ if x.is_nan() => None,
            (None, end) | (end, None) => end.map(|(_, y)| *y),
            (Some((x0, y0)), Some((x1, y1))) => Some((y0 + (y1 - y0) * ((x - x0) / (x1 - x0))).clamp(*y0, *y1)),
        }
    }

    /// The points that are kept, `(x, y)`.
    pub fn points(&self) -> &[(f64, f64)] {
        &self.points
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::statistics::golden::{cases, check, numbers};
    use proptest::prelude::*;
    use serde_json::Value;

    #[test]
    fn it_agrees_with_the_golden_numbers_of_sklearn() {
        for case in cases("isotonic_sklearn") {
            let (x, weights) = (numbers(&case["x"]), case["weights"].is_array().then(|| numbers(&case["weights"])));
            let fitted = Isotonic::fit(&x, &numbers(&case["y"]), weights.as_deref()).unwrap();
            let agree = |at: &[f64], expected: &Value| {
                assert_eq!(at.len(), expected.as_array().unwrap().len(), "{fitted:?}");
                at.iter().zip(expected.as_array().unwrap()).for_each(|(at, expected)| check(fitted.predict(*at).unwrap(), expected, &case));
            };
            agree(&x, &case["fitted"]);
            agree(&numbers(&case["query"]), &case["predicted"]);
            let kept: Vec<f64> = fitted.points().iter().map(|(x, _)| *x).collect();
            assert_eq!(kept, numbers(&case["x_thresholds"]));
            agree(&kept, &case["y_thresholds"]);
        }
    }

    #[test]
    fn what_cannot_be_fitted_is_none() {
        assert_eq!(Isotonic::fit(&[], &[], None), None);
        assert_eq!(Isotonic::fit(&[1.0], &[1.0, 0.0], None), None);
        assert_eq!(Isotonic::fit(&[1.0], &[1.0], Some(&[])), None);
        assert_eq!(Isotonic::fit(&[1.0], &[1.0], Some(&[0.0])), None, "no decision counts");
        assert_eq!(Isotonic::fit(&[f64::NAN], &[1.0], None), None);
        assert_eq!(Isotonic::fit(&[1.0], &[1.0], Some(&[-1.0])), None);
        assert_eq!(Isotonic::fit(&[1.0], &[1.0], None).unwrap().predict(f64::NAN), None);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(96))]
        #[test]
        fn it_never_falls_and_keeps_the_mean(
            decisions in prop::collection::vec((0_u8..30, any::<bool>()), 1..80),
            asked in prop::collection::vec(any::<f64>().prop_filter("a number", |x| !x.is_nan()), 2..20),
        ) {
            let (x, y): (Vec<_>, Vec<_>) = decisions.iter().map(|(x, yes)| (f64::from(*x), f64::from(u8::from(*yes)))).unzip();
            let fitted = Isotonic::fit(&x, &y, None).unwrap();
            let mean: f64 = x.iter().map(|x| fitted.predict(*x).unwrap()).sum::<f64>();
            prop_assert!((mean - y.iter().sum::<f64>()).abs() < 1e-9);
            let mut asked = asked;
            asked.sort_by(f64::total_cmp);
            let said: Vec<f64> = asked.iter().map(|x| fitted.predict(*x).unwrap()).collect();
            prop_assert!(said.windows(2).all(|pair| pair[0] <= pair[1]) && said.iter().all(|y| (0.0..=1.0).contains(y)), "{said:?}");
        }

        #[test]
        fn the_order_of_the_decisions_does_not_matter(decisions in prop::collection::vec((0_u8..10, any::<bool>()), 1..40)) {
            let fit = |decisions: &[(u8, bool)]| {
                let (x, y): (Vec<_>, Vec<_>) = decisions.iter().map(|(x, yes)| (f64::from(*x), f64::from(u8::from(*yes)))).unzip();
                Isotonic::fit(&x, &y, None)
            };
            let reversed: Vec<_> = decisions.iter().rev().copied().collect();
            prop_assert_eq!(fit(&decisions), fit(&reversed));
        }
    }
}
