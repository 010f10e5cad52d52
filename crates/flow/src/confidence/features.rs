//! What a draft's confidence is made of: a few numbers that are known before anybody has judged it.
//!
//! Invariant: pure; nothing that the model says of itself is among them, and each is computed from what was there when the draft was kept.

use crate::model::Token;
use serde::{Deserialize, Serialize};

/// Grows when a feature is added, or computed in another way.
pub const VERSION: u32 = 1;

/// The features in the order in which a calibrator takes them.
pub const NAMES: [&str; 10] = [
    "mean_logprob",
    "min_logprob",
    "low_logprob",
    "mean_entropy",
    "max_entropy",
    "log_length",
    "similarity",
    "slice_acceptance",
    "schema_valid",
    "held",
];

/// Stored with its draft. What is not known is `None`.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Features {
    pub version: u32,
    /// Natural logarithms of the token probabilities: their mean, the least, and the 10th percentile. `None` for an empty output.
    pub mean_logprob: Option<f64>,
    pub min_logprob: Option<f64>,
    pub low_logprob: Option<f64>,
    /// Nats, over what the model weighed at each place.
    pub mean_entropy: Option<f64>,
    pub max_entropy: Option<f64>,
    /// ln(1 + tokens).
    pub log_length: f64,
    /// Of the request to the nearest one that was accepted before, 0–1; 0 where none is like it.
    pub similarity: f64,
    /// The share of the slice's drafts that people accepted before, 0–1, drawn towards that of the use case where they are few.
    pub slice_acceptance: f64,
    /// `None` where no rule names a schema.
    pub schema_valid: Option<bool>,
    /// A hold rule matched.
    pub held: bool,
}

/// What is known beside the tokens.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Beside {
    pub similarity: f64,
    pub slice_acceptance: f64,
    pub schema_valid: Option<bool>,
    pub held: bool,
}

/// No token is less likely than this for us: e⁻⁵⁰. What is not a number is as unlikely.
const LEAST_LOGPROB: f64 = -50.0;
/// More than the entropy of any vocabulary.
const MOST_ENTROPY: f64 = 50.0;

impl Features {
    pub fn of(tokens: &[Token], beside: Beside) -> Self {
        let mut logprobs: Vec<f64> = tokens.iter().map(|token| bounded(token.logprob, LEAST_LOGPROB, 0.0, LEAST_LOGPROB)).collect();
        let entropies: Vec<f64> = tokens.iter().map(|token| bounded(token.entropy, 0.0, MOST_ENTROPY, MOST_ENTROPY)).collect();
        let mean_logprob = mean(&logprobs);
        logprobs.sort_by(f64::total_cmp);
        Self {
            version: VERSION,
            mean_logprob,
            min_logprob: logprobs.first().copied(),
            // By nearest rank: the least of at most ten.
            low_logprob: logprobs.get(logprobs.len().div_ceil(10).saturating_sub(1)).copied(),
            mean_entropy: mean(&entropies),
            max_entropy: entropies.iter().copied().max_by(f64::total_cmp),
            log_length: (tokens.len() as f64).ln_1p(),
            similarity: beside.similarity,
            slice_acceptance: beside.slice_acceptance,
            schema_valid: beside.schema_valid,
            held: beside.held,
        }
    }

    /// In the order of [`NAMES`]; not a number where it is unknown, or was not kept yet when the draft was made.
    pub fn all(&self) -> [f64; NAMES.len()] {
        let flag = |yes: bool| if yes { 1.0 } else { 0.0 };
        [
            self.mean_logprob,
            self.min_logprob,
            self.low_logprob,
            self.mean_entropy,
            self.max_entropy,
            Some(self.log_length),
            Some(self.similarity),
            Some(self.slice_acceptance),
            self.schema_valid.map(flag),
            Some(flag(self.held)),
        ]
        .map(|value| value.unwrap_or(f64::NAN))
    }

    /// By name; not a number also where there is none of that name.
    pub fn named(&self, name: &str) -> f64 {
        NAMES.iter().position(|known| *known == name).map_or(f64::NAN, |at| self.all()[at])
    }
}

fn bounded(value: f32, low: f64, high: f64, otherwise: f64) -> f64 {
    let value = f64::from(value);
    if value.is_nan() { otherwise } else { value.clamp(low, high) }
}

fn mean(values: &[f64]) -> Option<f64> {
    (!values.is_empty()).then(|| values.iter().sum::<f64>() / values.len() as f64)
}

/// Decisions that the use case's share weighs as much as, in the smoothed share of a slice.
const PRIOR: f64 = 10.0;

/// The share that was accepted in a slice, `(accepted, decided)`, drawn towards that of all, and that towards a half.
pub fn smoothed(slice: (u64, u64), all: (u64, u64)) -> f64 {
    let prior = (all.0 as f64 + 1.0) / (all.1 as f64 + 2.0);
    (slice.0 as f64 + PRIOR * prior) / (slice.1 as f64 + PRIOR)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const NOTHING: Beside = Beside { similarity: 0.25, slice_acceptance: 0.5, schema_valid: None, held: false };

    fn token(logprob: f32, entropy: f32) -> Token {
        Token { id: 0, text: String::new(), logprob, alternatives: Vec::new(), entropy, micros: 0 }
    }

    #[test]
    fn tokens_give_their_mean_their_least_and_their_tenth_percentile() {
        let tokens: Vec<Token> = (1..=20).map(|at| token(-(at as f32), at as f32 / 2.0)).collect();
        let features = Features::of(&tokens, NOTHING);
        assert_eq!((features.mean_logprob, features.min_logprob, features.low_logprob), (Some(-10.5), Some(-20.0), Some(-19.0)));
        assert_eq!((features.mean_entropy, features.max_entropy), (Some(5.25), Some(10.0)));
        assert!((features.log_length - 21_f64.ln()).abs() < 1e-12);
        let one = Features::of(&[token(-1.0, 0.5)], NOTHING);
        assert_eq!((one.min_logprob, one.low_logprob), (Some(-1.0), Some(-1.0)));
    }

    #[test]
    fn an_empty_output_has_no_probabilities_and_no_length() {
        let features = Features::of(&[], NOTHING);
        assert_eq!((features.mean_logprob, features.low_logprob, features.max_entropy, features.log_length), (None, None, None, 0.0));
        assert!(features.named("mean_logprob").is_nan() && features.named("schema_valid").is_nan() && features.named("no such").is_nan());
    }

    #[test]
    fn what_is_not_a_number_never_speaks_for_a_draft() {
        let features = Features::of(&[token(f32::NAN, f32::NAN), token(f32::NEG_INFINITY, f32::INFINITY)], NOTHING);
        assert_eq!((features.mean_logprob, features.mean_entropy), (Some(-50.0), Some(50.0)));
    }

    #[test]
    fn each_name_is_a_feature() {
        let known = Beside { schema_valid: Some(true), held: true, ..NOTHING };
        let features = Features::of(&[token(-1.0, 0.5)], known);
        for name in NAMES {
            assert!(!features.named(name).is_nan(), "{name}");
        }
        assert_eq!((features.named("schema_valid"), features.named("held"), features.named("similarity")), (1.0, 1.0, 0.25));
    }

    #[test]
    fn few_decisions_of_a_slice_say_little() {
        assert_eq!(smoothed((0, 0), (0, 0)), 0.5);
        assert!((smoothed((0, 0), (98, 98)) - 0.99).abs() < 1e-12);
        assert!((smoothed((0, 10), (98, 98)) - 0.495).abs() < 1e-12);
    }

    proptest! {
        #[test]
        fn stored_features_are_the_same_to_the_bit(
            tokens in prop::collection::vec((any::<f32>(), any::<f32>()), 0..40),
            similarity in 0.0..=1.0f64,
            schema_valid in any::<Option<bool>>(),
        ) {
            let tokens: Vec<Token> = tokens.into_iter().map(|(logprob, entropy)| token(logprob, entropy)).collect();
            let features = Features::of(&tokens, Beside { similarity, schema_valid, ..NOTHING });
            let read: Features = serde_json::from_str(&serde_json::to_string(&features).unwrap()).unwrap();
            prop_assert_eq!(read, features);
            for name in NAMES {
                prop_assert_eq!(read.named(name).to_bits(), features.named(name).to_bits(), "{}", name);
            }
        }
    }
}
