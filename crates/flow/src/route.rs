//! The gate: level × audience × confidence × sampling → a person, or out.
//!
//! Invariant: pure and total; the reason is stored with the draft that it was given for. What the text says never counts.

use crate::model::StopReason;
use crate::use_case::{Audience, Level};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    Review,
    Auto,
}

/// Why, in words that a window can translate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reason {
    /// At crawl a person approves everything.
    LevelCrawl,
    /// At walk a person approves what goes outside.
    AudienceExternalAtWalk,
    NotConfident,
    /// Confident, and drawn for a check all the same.
    SpotCheck,
    /// The output was cut off before it was done.
    CutOff,
    /// A person asked for this draft and waits for it.
    AskedByPerson,
    Confident,
}

impl Reason {
    pub const ALL: [Self; 7] = [
        Self::LevelCrawl,
        Self::AudienceExternalAtWalk,
        Self::NotConfident,
        Self::SpotCheck,
        Self::CutOff,
        Self::AskedByPerson,
        Self::Confident,
    ];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::LevelCrawl => "level_crawl",
            Self::AudienceExternalAtWalk => "audience_external_at_walk",
            Self::NotConfident => "not_confident",
            Self::SpotCheck => "spot_check",
            Self::CutOff => "cut_off",
            Self::AskedByPerson => "asked_by_person",
            Self::Confident => "confident",
        }
    }
}

/// What a use case allows at this moment.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Policy {
    pub level: Level,
    /// 0–1
    pub threshold: f64,
    /// 0–1
    pub check_share: f64,
}

/// What is known of the draft.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Facts {
    pub audience: Audience,
    /// 0–1; a value that is no number counts as 0.
    pub confidence: f64,
    pub stop: StopReason,
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Route {
    pub outcome: Outcome,
    pub reason: Reason,
    pub level: Level,
    pub threshold: f64,
}

/// `draw` is a number in 0..1 that knows nothing of the content.
pub fn route(policy: Policy, facts: Facts, draw: f64) -> Route {
    let reason = match (policy.level, facts.audience) {
        (Level::Crawl, Audience::Internal | Audience::External) => Reason::LevelCrawl,
        (Level::Walk, Audience::External) => Reason::AudienceExternalAtWalk,
        (Level::Walk, Audience::Internal) | (Level::Run, Audience::Internal | Audience::External) => match facts.stop {
            StopReason::Length | StopReason::Context => Reason::CutOff,
            // A comparison with NaN is false: what is no number is not confident.
            StopReason::End | StopReason::StopText if facts.confidence >= policy.threshold => {
                if draw < policy.check_share {
                    Reason::SpotCheck
                } else {
                    Reason::Confident
                }
            }
            StopReason::End | StopReason::StopText => Reason::NotConfident,
        },
    };
    let outcome = match reason {
        Reason::Confident => Outcome::Auto,
        Reason::LevelCrawl
        | Reason::AudienceExternalAtWalk
        | Reason::NotConfident
        | Reason::SpotCheck
        | Reason::CutOff
        | Reason::AskedByPerson => Outcome::Review,
    };
    Route { outcome, reason, level: policy.level, threshold: policy.threshold }
}

/// A draft that a person asked for stays with that person, whatever the level.
pub fn asked_by_person(policy: Policy) -> Route {
    Route { outcome: Outcome::Review, reason: Reason::AskedByPerson, level: policy.level, threshold: policy.threshold }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn check(level: Level, audience: Audience, confidence: f64, draw: f64, expected: Reason) {
        let policy = Policy { level, threshold: 0.8, check_share: 0.1 };
        let got = route(policy, Facts { audience, confidence, stop: StopReason::End }, draw);
        assert_eq!(got.reason, expected, "{level:?} × {audience:?} × {confidence} × draw {draw}");
        assert_eq!(got.outcome == Outcome::Auto, expected == Reason::Confident);
    }

    #[test]
    fn the_gate_is_the_table_of_the_design() {
        use Audience::{External, Internal};
        use Level::{Crawl, Run, Walk};
        check(Crawl, Internal, 1.0, 0.5, Reason::LevelCrawl);
        check(Crawl, External, 1.0, 0.5, Reason::LevelCrawl);
        check(Walk, Internal, 0.8, 0.5, Reason::Confident);
        check(Walk, Internal, 0.79, 0.5, Reason::NotConfident);
        check(Walk, Internal, 0.9, 0.05, Reason::SpotCheck);
        check(Walk, External, 1.0, 0.5, Reason::AudienceExternalAtWalk);
        check(Run, Internal, 0.9, 0.5, Reason::Confident);
        check(Run, External, 0.9, 0.5, Reason::Confident);
        check(Run, External, 0.5, 0.5, Reason::NotConfident);
        check(Run, External, f64::NAN, 0.5, Reason::NotConfident);
    }

    proptest! {
        #[test]
        fn what_was_cut_off_never_goes_out_alone(confidence in 0.0..=1.0f64, draw in 0.0..1.0f64, threshold in 0.0..=1.0f64) {
            let policy = Policy { level: Level::Run, threshold, check_share: 0.0 };
            for stop in [StopReason::Length, StopReason::Context] {
                let got = route(policy, Facts { audience: Audience::Internal, confidence, stop }, draw);
                prop_assert_eq!(got.outcome, Outcome::Review);
            }
        }
    }
}
