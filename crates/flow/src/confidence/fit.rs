//! Fitting a calibrator: from what people decided to a confidence, and how good it is on decisions that it has not seen.
//!
//! Invariant: pure and deterministic. What it is measured on came after what it was fitted on.

use super::features::{self, Features};
use crate::charter::{Bad, VerdictFacts};
use crate::clock::Millis;
use crate::id::{DecisionId, ItemId};
use crate::model::StopReason;
use crate::review::Verdict;
use crate::statistics::calibration::{Calibrator, auroc, brier, reliability};
use crate::use_case::Audience;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::time::Duration;

/// So few decisions are too few to fit on.
pub const ENOUGH: usize = 50;
/// Bins of the reliability diagram.
pub const BINS: usize = 10;

/// A person's standing decision on a draft that the gate had routed, with what was known of that draft.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Labelled {
    pub id: DecisionId,
    pub item: ItemId,
    pub uid: String,
    pub audience: Audience,
    pub slice: Option<String>,
    pub at: Millis,
    pub verdict: VerdictFacts,
    /// From the routed draft to what was approved in its place, where a person asked for another.
    pub replaced: Option<f64>,
    pub features: Option<Features>,
    pub raw: f64,
    /// The output was cut off, and not at its end.
    pub stop: StopReason,
    /// The hold rule that matched.
    pub held: Option<String>,
    pub viewed: Duration,
}

impl Labelled {
    /// As the evidence sees it: a first draft that was replaced by a text far from it was bad.
    pub fn is_bad(&self, bad: &Bad) -> bool {
        let edit = |distance: f64| VerdictFacts { verdict: Verdict::Edit, edit_distance: distance };
        bad.is_bad(self.verdict) || self.replaced.is_some_and(|distance| distance != 0.0 && bad.is_bad(edit(distance)))
    }
}

/// What was fitted.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Fitted {
    pub features_version: u32,
    /// Of the features, in the order in which the calibrator takes them.
    pub names: Vec<String>,
    pub calibrator: Calibrator,
    /// What counted as accepted: what is not bad by this.
    pub bad: Bad,
    /// The same fitted on the first 70 % of the decisions, on the others. `None` where they were all of one kind.
    pub measured: Option<Measured>,
}

/// How good a confidence is.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Measured {
    pub decisions: u64,
    pub brier: f64,
    pub ece: f64,
    /// `None` where all were accepted, or none.
    pub auroc: Option<f64>,
}

/// Of probabilities and what came; `None` without any.
pub(crate) fn measured(said: &[f64], accepted: &[bool]) -> Option<Measured> {
    Some(Measured {
        decisions: said.len() as u64,
        brier: brier(said, accepted)?,
        ece: reliability(said, accepted, BINS)?.ece,
        auroc: auroc(said, accepted),
    })
}

impl Fitted {
    /// In [0, 1]. A draft that it cannot judge has none.
    pub fn confidence(&self, features: &Features) -> f64 {
        let confidence = if self.names == features::NAMES {
            self.calibrator.confidence(&features.all())
        } else {
            self.calibrator.confidence(&self.names.iter().map(|name| features.named(name)).collect::<Vec<_>>())
        };
        confidence.unwrap_or(0.0)
    }
}

/// How many of the decisions a measured fit sees; it is measured on the others.
pub(crate) fn first_part(decisions: usize) -> usize {
    decisions * 7 / 10
}

/// Fits on all of these decisions, in their order; measured as fitted on the first of them only. `None` without decisions of both kinds.
pub(crate) fn fit(decisions: &[(Features, bool)], bad: Bad) -> Option<Fitted> {
    let calibrator = calibrator(decisions)?;
    let (first, rest) = decisions.split_at(first_part(decisions.len()));
    let measured = self::calibrator(first).and_then(|early| {
        let early = Fitted { calibrator: early, ..named(calibrator.clone(), bad, None) };
        let said: Vec<f64> = rest.iter().map(|(features, _)| early.confidence(features)).collect();
        measured(&said, &rest.iter().map(|(_, accepted)| *accepted).collect::<Vec<_>>())
    });
    Some(named(calibrator, bad, measured))
}

fn named(calibrator: Calibrator, bad: Bad, measured: Option<Measured>) -> Fitted {
    let names = features::NAMES.map(str::to_owned).to_vec();
    Fitted { features_version: features::VERSION, names, calibrator, bad, measured }
}

fn calibrator(decisions: &[(Features, bool)]) -> Option<Calibrator> {
    let rows: Vec<Vec<f64>> = decisions.iter().map(|(features, _)| features.all().to_vec()).collect();
    let accepted: Vec<bool> = decisions.iter().map(|(_, accepted)| *accepted).collect();
    Calibrator::fit(&rows, &accepted)
}

/// SHA-256 of ids, 8 bytes each, the lowest first.
pub(crate) fn hash(ids: impl Iterator<Item = DecisionId>) -> String {
    let mut sha = Sha256::new();
    ids.for_each(|id| sha.update(id.0.to_le_bytes()));
    sha.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::confidence::features::{Beside, NAMES};
    use crate::model::Token;

    /// Drafts whose acceptance rises with the mean probability.
    fn decisions(n: usize) -> Vec<(Features, bool)> {
        let draw = |at: usize, step: usize| (at * step % 1009) as f64 / 1009.0;
        (1..=n)
            .map(|at| {
                let p = draw(at, 331);
                let token =
                    Token { id: 0, text: String::new(), logprob: (p as f32).ln(), alternatives: Vec::new(), entropy: 0.5, micros: 0 };
                let beside = Beside { similarity: draw(at, 577), slice_acceptance: 0.5, schema_valid: None, held: false };
                (Features::of(&[token], beside), draw(at, 811) < p)
            })
            .collect()
    }

    #[test]
    fn a_fit_is_measured_on_what_came_later() {
        let all = decisions(400);
        let fitted = fit(&all, Bad::default()).unwrap();
        let measured = fitted.measured.unwrap();
        assert_eq!((measured.decisions, fitted.names.len()), (120, NAMES.len()));
        assert!(measured.auroc.unwrap() > 0.7 && measured.brier < 0.22, "{measured:?}");
        // What came later changes the measure and not what was fitted on the first part.
        let mut other = all.clone();
        other[399].1 = !other[399].1;
        let changed = fit(&other, Bad::default()).unwrap();
        assert_ne!(changed.measured, fitted.measured);
        assert_eq!(fit(&all, Bad::default()), Some(fitted), "the same decisions give the same bits");
    }

    #[test]
    fn decisions_of_one_kind_fit_nothing() {
        let all: Vec<_> = decisions(100).into_iter().map(|(features, _)| (features, true)).collect();
        assert_eq!(fit(&all, Bad::default()), None);
        let mut late = all;
        late[99].1 = false;
        assert_eq!(fit(&late, Bad::default()).unwrap().measured, None, "the first part has none that was not accepted");
    }

    #[test]
    fn a_stored_fit_says_the_same_to_the_bit() {
        let all = decisions(600);
        let fitted = fit(&all, Bad::default()).unwrap();
        let read: Fitted = serde_json::from_str(&serde_json::to_string(&fitted).unwrap()).unwrap();
        assert!(all.iter().all(|(features, _)| read.confidence(features).to_bits() == fitted.confidence(features).to_bits()));
        assert!(read.calibrator.is_isotonic());
    }

    #[test]
    fn the_hash_knows_each_id_and_their_order() {
        let of = |ids: &[i64]| hash(ids.iter().map(|id| DecisionId(*id)));
        assert_eq!(of(&[]), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
        assert!(of(&[1, 2]) != of(&[2, 1]) && of(&[1]) != of(&[1, 2]));
    }
}
