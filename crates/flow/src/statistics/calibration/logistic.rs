//! Logistic regression with a ridge, for a handful of features.
//!
//! Invariant: the penalised likelihood has one maximum and the fit is at it, separable decisions included; a probability lies in [0, 1].

use serde::{Deserialize, Serialize};

/// What was fitted, over features that are centred and scaled by the decisions of the fit.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Logistic {
    intercept: f64,
    features: Vec<Feature>,
}

#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
struct Feature {
    mean: f64,
    /// Standard deviation; 1 where all values are equal.
    scale: f64,
    weight: f64,
}

impl Feature {
    /// A value that is missing (not a number) is taken as the mean; none is further than ten deviations from it.
    fn standard(self, value: f64) -> f64 {
        let z = (value - self.mean) / self.scale;
        if z.is_nan() { 0.0 } else { z.clamp(-10.0, 10.0) }
    }
}

impl Logistic {
    /// Maximises `Σ log-likelihood − ridge/2 · Σ weight²` by Newton's method (iteratively reweighted least squares) with halved steps; the
    /// intercept is not penalised. `features[i]` belongs to `accepted[i]`. `None` without decisions of both kinds, with rows of unequal
    /// length, another number of rows, or a ridge that is not a finite number above 0.
    pub fn fit(features: &[Vec<f64>], accepted: &[bool], ridge: f64) -> Option<Self> {
        let width = features.first()?.len();
        let usable = features.len() == accepted.len() && features.iter().all(|row| row.len() == width) && ridge > 0.0 && ridge.is_finite();
        if !usable || accepted.iter().all(|yes| *yes) || accepted.iter().all(|yes| !yes) {
            return None;
        }
        let mut fitted = Self { intercept: 0.0, features: (0..width).map(|at| scaled(features, at)).collect() };
        // One row a decision, the 1 of the intercept first.
        let standard =
            |row: &Vec<f64>| std::iter::once(1.0).chain(fitted.features.iter().zip(row).map(|(f, value)| f.standard(*value))).collect();
        let rows: Vec<Vec<f64>> = features.iter().map(standard).collect();
        let weights = maximum(&rows, accepted, ridge)?;
        fitted.intercept = weights[0];
        for (feature, weight) in fitted.features.iter_mut().zip(&weights[1..]) {
            feature.weight = *weight;
        }
        Some(fitted)
    }

    /// `None` where the number of features is another.
    pub fn probability(&self, features: &[f64]) -> Option<f64> {
        let terms = self.features.iter().zip(features).map(|(feature, value)| feature.weight * feature.standard(*value));
        (features.len() == self.features.len()).then(|| sigmoid(self.intercept + terms.sum::<f64>()))
    }

    /// Of the standardised features.
    pub fn weights(&self) -> Vec<f64> {
        self.features.iter().map(|feature| feature.weight).collect()
    }
}

fn scaled(features: &[Vec<f64>], at: usize) -> Feature {
    let values: Vec<f64> = features.iter().map(|row| row[at]).filter(|value| value.is_finite()).collect();
    let n = values.len().max(1) as f64;
    let mean = values.iter().map(|value| value / n).sum::<f64>();
    let deviation = values.iter().map(|value| (value - mean) * (value - mean) / n).sum::<f64>().sqrt();
    // Rounding leaves a trace of a deviation where all values are equal.
    let scale = if deviation.is_finite() && deviation > 1e-12 * mean.abs() { deviation } else { 1.0 };
    Feature { mean: if mean.is_finite() { mean } else { 0.0 }, scale, weight: 0.0 }
}

fn sigmoid(logit: f64) -> f64 {
    if logit >= 0.0 { 1.0 / (1.0 + (-logit).exp()) } else { logit.exp() / (1.0 + logit.exp()) }
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

fn maximum(rows: &[Vec<f64>], accepted: &[bool], ridge: f64) -> Option<Vec<f64>> {
    let width = rows.first()?.len();
    let mut weights = vec![0.0; width];
    let objective = |weights: &[f64]| {
        let likelihood = |(row, yes): (&Vec<f64>, &bool)| {
            let logit = dot(row, weights);
            let against = if *yes { -logit } else { logit };
            -(against.max(0.0) + (-against.abs()).exp().ln_1p())
        };
        rows.iter().zip(accepted).map(likelihood).sum::<f64>() - ridge / 2.0 * dot(&weights[1..], &weights[1..])
    };
    let mut best = objective(&weights);
    for _ in 0..100 {
        let mut gradient: Vec<f64> = weights.iter().map(|weight| -ridge * weight).collect();
        gradient[0] = 0.0;
        let mut curvature = vec![vec![0.0; width]; width];
        (1..width).for_each(|at| curvature[at][at] = ridge);
        // Keeps the intercept's curvature above 0 where all decisions are foreseen.
        curvature[0][0] = 1e-12;
        for (row, yes) in rows.iter().zip(accepted) {
            let p = sigmoid(dot(row, &weights));
            let missing = if *yes { 1.0 - p } else { -p };
            for (at, value) in row.iter().enumerate() {
                gradient[at] += missing * value;
                row.iter().take(at + 1).enumerate().for_each(|(other, with)| curvature[at][other] += p * (1.0 - p) * value * with);
            }
        }
        let step = solved(curvature, &gradient)?;
        let mut part = 1.0;
        let moved = loop {
            let next: Vec<f64> = weights.iter().zip(&step).map(|(weight, step)| weight + part * step).collect();
            let value = objective(&next);
            if value >= best {
                best = value;
                break next;
            }
            part /= 2.0;
            if part < 1e-10 {
                return Some(weights);
            }
        };
        let distance = moved.iter().zip(&weights).map(|(to, from)| (to - from).abs()).fold(0.0, f64::max);
        weights = moved;
        if distance < 1e-12 {
            break;
        }
    }
    weights.iter().all(|weight| weight.is_finite()).then_some(weights)
}

/// Solves `matrix · x = side`, of a positive definite matrix whose lower triangle is given, by Cholesky's factors.
fn solved(mut matrix: Vec<Vec<f64>>, side: &[f64]) -> Option<Vec<f64>> {
    let width = side.len();
    for at in 0..width {
        for other in 0..=at {
            let rest = matrix[at][other] - dot(&matrix[at][..other], &matrix[other][..other]);
            if at != other {
                matrix[at][other] = rest / matrix[other][other];
            } else if rest > 0.0 && rest.is_finite() {
                matrix[at][at] = rest.sqrt();
            } else {
                return None;
            }
        }
    }
    let mut x = side.to_vec();
    for at in 0..width {
        x[at] = (x[at] - dot(&matrix[at][..at], &x[..at])) / matrix[at][at];
    }
    for at in (0..width).rev() {
        let after: f64 = (at + 1..width).map(|later| matrix[later][at] * x[later]).sum();
        x[at] = (x[at] - after) / matrix[at][at];
    }
    Some(x)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn one_feature_of_two_values_gives_the_odds_of_the_table() {
        // 3 of 10 at 0 and 8 of 10 at 1: with next to no ridge the probabilities are the shares.
        let rows: Vec<_> = (0..20).map(|at| vec![f64::from(at / 10)]).collect();
        let accepted: Vec<_> = (0..20).map(|at| at < 3 || (10..18).contains(&at)).collect();
        let fitted = Logistic::fit(&rows, &accepted, 1e-9).unwrap();
        assert!((fitted.probability(&[0.0]).unwrap() - 0.3).abs() < 1e-8);
        assert!((fitted.probability(&[1.0]).unwrap() - 0.8).abs() < 1e-8);
    }

    #[test]
    fn decisions_that_can_be_told_apart_fully_are_fitted_too() {
        let rows: Vec<_> = (0..40).map(|at| vec![f64::from(at), 7.0, f64::NAN]).collect();
        let accepted: Vec<_> = (0..40).map(|at| at >= 20).collect();
        let fitted = Logistic::fit(&rows, &accepted, 1.0).unwrap();
        let p = |at: f64| fitted.probability(&[at, 7.0, 0.0]).unwrap();
        assert!(p(0.0) < 0.05 && p(39.0) > 0.95 && (p(19.5) - 0.5).abs() < 1e-6, "{fitted:?}");
    }

    #[test]
    fn what_cannot_be_fitted_is_none() {
        let rows = vec![vec![1.0], vec![2.0]];
        assert_eq!(Logistic::fit(&[], &[], 1.0), None);
        assert_eq!(Logistic::fit(&rows, &[true, true], 1.0), None, "nothing was rejected");
        assert_eq!(Logistic::fit(&rows, &[true], 1.0), None);
        assert_eq!(Logistic::fit(&[vec![1.0], vec![]], &[true, false], 1.0), None);
        assert_eq!(Logistic::fit(&rows, &[true, false], f64::NAN), None);
        assert_eq!(Logistic::fit(&rows, &[true, false], 1.0).unwrap().probability(&[]), None);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(48))]
        #[test]
        fn the_fit_is_at_the_maximum(drafts in prop::collection::vec((prop::array::uniform2(-3.0_f64..3.0), any::<bool>()), 2..60)) {
            let (rows, accepted): (Vec<_>, Vec<_>) = drafts.iter().map(|(row, yes)| (row.to_vec(), *yes)).unzip();
            prop_assume!(accepted.iter().any(|yes| *yes) && accepted.iter().any(|yes| !yes));
            let fitted = Logistic::fit(&rows, &accepted, 1.0).unwrap();
            let missing: Vec<f64> = rows.iter().zip(&accepted).map(|(row, yes)| f64::from(u8::from(*yes)) - fitted.probability(row).unwrap()).collect();
            // The derivative by each weight is 0 there, the ridge included.
            prop_assert!(missing.iter().sum::<f64>().abs() < 1e-6);
            for (at, feature) in fitted.features.iter().enumerate() {
                let slope: f64 = rows.iter().zip(&missing).map(|(row, missing)| feature.standard(row[at]) * missing).sum();
                prop_assert!((slope - feature.weight).abs() < 1e-6, "{slope} {feature:?}");
            }
        }

        #[test]
        fn any_numbers_give_a_probability_or_nothing(
            drafts in prop::collection::vec((prop::array::uniform2(any::<f64>()), any::<bool>()), 0..30),
            asked in prop::array::uniform2(any::<f64>()),
        ) {
            let (rows, accepted): (Vec<_>, Vec<_>) = drafts.iter().map(|(row, yes)| (row.to_vec(), *yes)).unzip();
            if let Some(fitted) = Logistic::fit(&rows, &accepted, 1.0) {
                prop_assert!((0.0..=1.0).contains(&fitted.probability(&asked).unwrap()));
            }
        }
    }
}
