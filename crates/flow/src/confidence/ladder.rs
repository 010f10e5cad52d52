//! The ladder of a use case: its thresholds are laid once in an epoch, and the loosest that passed is the one that the gate asks.
//!
//! Invariant: thresholds are laid on the scores of earlier drafts, without their verdicts, and tried on later drafts only. Until one has
//! passed nothing is confident.

use super::ThresholdBy;
use crate::clock::Millis;
use crate::error::Result;
use crate::evidence;
use crate::id::{DraftId, UseCaseId};
use crate::route;
use crate::statistics::threshold::{Mark, marks};
use crate::storage::{self, Conn};
use crate::use_case::{Audience, UseCase};

/// Scores that a ladder is laid on: at least, and at most, the newest.
pub const LEAST_SCORES: usize = 100;
const MOST_SCORES: usize = 2_000;

/// The thresholds of an epoch for one audience.
#[derive(Debug, Clone, PartialEq)]
pub struct Laid {
    pub audience: Audience,
    /// From the strictest to the loosest.
    pub marks: Vec<Mark>,
    /// Drafts after this one are tried on them.
    pub after: DraftId,
    /// On how many scores they were laid.
    pub scores: u64,
}

/// Lays what is missing of the ladders of the present epoch for these audiences, where there are scores enough; called when an epoch begins
/// and when a draft was kept. Its drafts so far are not tried on it then.
pub(crate) fn lay_if_ready(c: &Conn, now: Millis, id: UseCaseId, audiences: &[Audience]) -> Result<()> {
    let epoch = storage::epoch::current(c, id)?;
    let (ThresholdBy::Ladder, Some(version)) = (epoch.key.threshold_by, epoch.key.drafter_version) else { return Ok(()) };
    for &audience in audiences {
        if epoch.ladder(audience).is_some() {
            continue;
        }
        let scores = storage::confidence::scores(c, version, audience, MOST_SCORES)?;
        if scores.len() < LEAST_SCORES {
            continue;
        }
        if let (Some(marks), Some(after)) = (marks(&scores), storage::draft::newest(c)?) {
            let laid = Laid { audience, marks, after, scores: scores.len() as u64 };
            storage::confidence::insert_ladder(c, id, epoch.n, &laid, now)?;
        }
    }
    Ok(())
}

/// Above which confidence drafts for an audience may go out alone now.
pub(crate) fn threshold_for(c: &Conn, case: &UseCase, audience: Audience) -> Result<f64> {
    Ok(match case.threshold_by {
        ThresholdBy::Person => case.input.threshold,
        ThresholdBy::Ladder => evidence::ladder_threshold(c, case.id, audience)?.unwrap_or(route::OUT_OF_REACH),
    })
}
