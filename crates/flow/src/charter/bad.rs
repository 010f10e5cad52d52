//! What counts as bad.
//!
//! Invariant: total; whatever the verdict and the distance, a loss is a number from 0 to 1.

use crate::review::{Decision, Verdict};
use serde::{Deserialize, Serialize};

/// Bad is what was rejected, and what was edited beyond a distance.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Bad {
    /// The largest edit distance that is still good: 0 (any edit is bad) to 1 (none is).
    pub distance: f64,
    /// Weights instead of good or bad.
    pub grades: Option<Grades>,
}

/// What an edit costs, where acceptance costs 0 and a rejection 1.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Grades {
    /// Within the distance.
    pub minor: f64,
    /// Beyond it.
    pub major: f64,
}

impl Default for Grades {
    fn default() -> Self {
        Self { minor: 0.1, major: 0.5 }
    }
}

impl Default for Bad {
    /// One character in ten may be changed.
    fn default() -> Self {
        Self { distance: 0.1, grades: None }
    }
}

/// All that a loss is computed from.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct VerdictFacts {
    pub verdict: Verdict,
    /// 0 (unchanged) to 1; of an edit only.
    pub edit_distance: f64,
}

impl From<&Decision> for VerdictFacts {
    fn from(decision: &Decision) -> Self {
        Self { verdict: decision.verdict, edit_distance: decision.edit_distance }
    }
}

impl Bad {
    /// Rejected, or edited beyond the distance. A distance that is no number is beyond every other.
    pub fn is_bad(&self, facts: VerdictFacts) -> bool {
        match facts.verdict {
            Verdict::Approve => false,
            Verdict::Edit => !self.is_minor(facts.edit_distance),
            Verdict::Reject => true,
        }
    }

    /// 0 (good) to 1. Without grades it is 1 exactly for what is bad.
    pub fn loss(&self, facts: VerdictFacts) -> f64 {
        let loss = match (facts.verdict, self.grades) {
            (Verdict::Approve, _) => 0.0,
            (Verdict::Edit, Some(grades)) if self.is_minor(facts.edit_distance) => grades.minor,
            (Verdict::Edit, Some(grades)) => grades.major,
            (Verdict::Edit, None) if self.is_minor(facts.edit_distance) => 0.0,
            (Verdict::Edit, None) | (Verdict::Reject, _) => 1.0,
        };
        if loss.is_nan() { 1.0 } else { loss.clamp(0.0, 1.0) }
    }

    fn is_minor(&self, distance: f64) -> bool {
        // False where either is no number.
        distance <= self.distance
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn check(bad: Bad, verdict: Verdict, edit_distance: f64, loss: f64, is_bad: bool) {
        let facts = VerdictFacts { verdict, edit_distance };
        assert_eq!((bad.loss(facts), bad.is_bad(facts)), (loss, is_bad), "{bad:?} on {facts:?}");
    }

    #[test]
    fn bad_is_rejected_or_edited_beyond_the_distance() {
        let bad = Bad { distance: 0.2, grades: None };
        check(bad, Verdict::Approve, 0.0, 0.0, false);
        check(bad, Verdict::Edit, 0.2, 0.0, false);
        check(bad, Verdict::Edit, 0.200_1, 1.0, true);
        check(bad, Verdict::Edit, f64::NAN, 1.0, true);
        check(bad, Verdict::Reject, 0.0, 1.0, true);
        check(Bad { distance: 0.0, ..bad }, Verdict::Edit, 0.001, 1.0, true);
    }

    #[test]
    fn grades_weigh_what_was_edited() {
        let bad = Bad { distance: 0.2, grades: Some(Grades::default()) };
        check(bad, Verdict::Approve, 0.9, 0.0, false);
        check(bad, Verdict::Edit, 0.1, 0.1, false);
        check(bad, Verdict::Edit, 0.5, 0.5, true);
        check(bad, Verdict::Reject, 0.0, 1.0, true);
    }

    fn any_number() -> impl Strategy<Value = f64> {
        prop_oneof![proptest::num::f64::ANY, 0.0..=1.0f64]
    }

    proptest! {
        #[test]
        fn a_loss_is_a_number_from_0_to_1(
            distance in any_number(),
            grades in proptest::option::of((any_number(), any_number())),
            edit_distance in any_number(),
            verdict in prop::sample::select(vec![Verdict::Approve, Verdict::Edit, Verdict::Reject]),
        ) {
            let bad = Bad { distance, grades: grades.map(|(minor, major)| Grades { minor, major }) };
            let facts = VerdictFacts { verdict, edit_distance };
            prop_assert!((0.0..=1.0).contains(&bad.loss(facts)));
            if bad.grades.is_none() {
                prop_assert_eq!(bad.loss(facts) == 1.0, bad.is_bad(facts));
            }
        }
    }
}
