//! From the features of a draft to its confidence: the probability that a person would accept it.
//!
//! Logistic regression first, then isotonic regression on top once there are 500 decisions.
//!
//! *Invariant: it is fitted on past decisions only, which the caller sees to, and a confidence lies in [0, 1] or is not given at all: a draft
//! without one is never above a threshold. Nothing that the model says of itself is a feature.*

mod isotonic;
mod logistic;
mod score;

pub use isotonic::Isotonic;
pub use logistic::Logistic;
pub use score::{Bin, Reliability, auroc, brier, log_loss, reliability};

use serde::{Deserialize, Serialize};

/// So many decisions are enough for isotonic regression.
pub const ENOUGH_FOR_ISOTONIC: usize = 500;
/// The weight of the penalty on the coefficients: that of a normal prior with deviation 1 on standardised features.
pub const RIDGE: f64 = 1.0;

/// A fitted confidence. It is frozen while thresholds are tried on it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Calibrator {
    logistic: Logistic,
    isotonic: Option<Isotonic>,
}

impl Calibrator {
    /// Fits past decisions: `features[i]` of the i-th draft, all of one length, and whether it was accepted. `None` as [`Logistic::fit`].
    pub fn fit(features: &[Vec<f64>], accepted: &[bool]) -> Option<Self> {
        let logistic = Logistic::fit(features, accepted, RIDGE)?;
        let isotonic = (features.len() >= ENOUGH_FOR_ISOTONIC).then(|| {
            let at: Vec<f64> = features.iter().map(|row| logistic.probability(row)).collect::<Option<_>>()?;
            let values: Vec<f64> = accepted.iter().map(|accepted| if *accepted { 1.0 } else { 0.0 }).collect();
            Isotonic::fit(&at, &values, None)
        });
        Some(Self { logistic, isotonic: isotonic.flatten() })
    }

    /// In [0, 1]. `None` where the number of features is another.
    pub fn confidence(&self, features: &[f64]) -> Option<f64> {
        let probability = self.logistic.probability(features)?;
        match &self.isotonic {
            Some(isotonic) => isotonic.predict(probability),
            None => Some(probability),
        }
    }

    /// What a feature weighs: by how much the log-odds of acceptance rise with one standard deviation of it. In the order of the features.
    pub fn weights(&self) -> Vec<f64> {
        self.logistic.weights()
    }

    /// Whether isotonic regression is on top.
    pub fn is_isotonic(&self) -> bool {
        self.isotonic.is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Drafts whose acceptance rises with one feature; the other one says nothing.
    fn drafts(n: usize) -> (Vec<Vec<f64>>, Vec<bool>) {
        let draw = |at: usize, step: usize| (at * step % 1009) as f64 / 1009.0;
        let features: Vec<_> = (1..=n).map(|at| vec![draw(at, 331), draw(at, 577)]).collect();
        let accepted = features.iter().enumerate().map(|(at, row)| draw(at + 1, 811) < row[0] * row[0]).collect();
        (features, accepted)
    }

    #[test]
    fn isotonic_regression_joins_at_500_decisions_and_fits_better() {
        let (features, accepted) = drafts(1000);
        let few = Calibrator::fit(&features[..499], &accepted[..499]).unwrap();
        assert!(few.isotonic.is_none());
        let many = Calibrator::fit(&features, &accepted).unwrap();
        assert!(many.isotonic.is_some());
        let ece = |calibrator: &dyn Fn(&[f64]) -> f64| {
            let p: Vec<_> = features.iter().map(|row| calibrator(row)).collect();
            reliability(&p, &accepted, 10).unwrap().ece
        };
        let (logistic, both) = (ece(&|row| many.logistic.probability(row).unwrap()), ece(&|row| many.confidence(row).unwrap()));
        assert!(both < logistic && both < 0.02, "{both} against {logistic}");
    }

    #[test]
    fn a_stored_calibrator_says_the_same_to_the_bit() {
        let (features, accepted) = drafts(600);
        let fitted = Calibrator::fit(&features, &accepted).unwrap();
        let read: Calibrator = serde_json::from_str(&serde_json::to_string(&fitted).unwrap()).unwrap();
        for row in &features {
            assert_eq!(read.confidence(row).unwrap().to_bits(), fitted.confidence(row).unwrap().to_bits());
        }
        assert_eq!(fitted.confidence(&[0.5]), None, "another number of features");
        assert!(fitted.confidence(&[f64::NAN, f64::INFINITY]).is_some_and(|p| (0.0..=1.0).contains(&p)));
    }
}
