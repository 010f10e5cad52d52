//! Where each decision belongs: it counts for a step, or there is a reason why not.
//!
//! Invariant: pure; a loss is never left out of the stream that its draft belongs to, and each decision is counted once at most.

use super::{DraftFacts, Judged, NotCounted, StepEvidence, Stream, reading_time};
use crate::charter::VerdictFacts;
use crate::confidence::ThresholdBy;
use crate::epoch::Epoch;
use crate::review::{Found, Verdict};
use crate::seeded::Golds;
use crate::use_case::Audience;
use std::collections::HashSet;
use std::convert::Infallible;

/// The evidence of both steps by all decisions so far; `judged` in the order of items, `golds` of the epoch: for receivers inside, and outside. `None` where the epoch has an ε or δ
/// outside of (0, 1).
pub fn weigh(epoch: &Epoch, judged: &[Judged], golds: [Golds; 2]) -> Option<[StepEvidence; 2]> {
    let mut streams = Stream::begin(epoch)?;
    for stream in &mut streams {
        let mut requests = HashSet::new();
        for decision in judged {
            let known = || Ok::<_, Infallible>(!requests.insert(decision.request.as_str()));
            let Ok(()) = stream.take(epoch, decision, known);
        }
    }
    let now = judged.iter().map(|decision| decision.at).max().unwrap_or(epoch.started_at);
    let [walk, run] = streams;
    Some([walk.evidence(epoch, now, golds[0]), run.evidence(epoch, now, golds[1])])
}

/// Where a decision belongs.
pub(super) enum Place {
    Counts(Loss),
    /// It is under the first threshold of the ladder, and counts for a looser one only.
    Looser(Loss),
    LeftOut(NotCounted, Loss),
}

pub(super) struct Loss {
    /// 0–1
    pub(super) loss: f64,
    pub(super) bad: bool,
    /// The confidence by which it belongs to a stream.
    pub(super) score: f64,
}

/// The loss of what could have gone out alone. Where a person asked for another draft, that is the first one, and not what was
/// judged: a text further from it than the charter allows is an edit of it, and as bad.
pub(super) fn loss(epoch: &Epoch, decision: &Judged) -> Loss {
    let bad = &epoch.key.bad;
    // A correction takes no loss back.
    let verdict = VerdictFacts { edit_distance: decision.verdict.edit_distance.max(decision.corrected), ..decision.verdict };
    let of_verdict = Loss { loss: bad.loss(verdict), bad: bad.is_bad(verdict), score: decision.routed.confidence };
    let Some(replaced) = decision.replaced else { return of_verdict };
    let inside = |draft: &DraftFacts| outside(epoch, decision.audience, draft).is_none();
    let mut worst = of_verdict;
    // A bad verdict counts wherever either draft belongs.
    if inside(&replaced.by) && (worst.bad || worst.loss > 0.0) {
        let best = if inside(&decision.routed) { worst.score.max(replaced.by.confidence) } else { replaced.by.confidence };
        worst.score = best;
    }
    if inside(&decision.routed) && replaced.distance != 0.0 {
        let edit = VerdictFacts { verdict: Verdict::Edit, edit_distance: replaced.distance };
        worst = Loss { loss: worst.loss.max(bad.loss(edit)), bad: worst.bad || bad.is_bad(edit), ..worst };
    }
    worst
}

/// Whether a decision counts for the step that concerns these receivers, or why not. `known` is asked of each draft that belongs to
/// the stream: whether an older one that belongs to it answered the same request.
pub(super) fn place<E>(epoch: &Epoch, audience: Audience, decision: &Judged, known: impl FnOnce() -> Result<bool, E>) -> Result<Place, E> {
    let loss = loss(epoch, decision);
    let why = match outside_of_stream(epoch, audience, decision) {
        Some(why) => Some(why),
        None => {
            let copy = known()?;
            excluded(decision, copy).filter(|_| loss.loss == 0.0 && !loss.bad)
        }
    };
    let first = epoch.ladder(audience).and_then(|laid| laid.marks.first()).filter(|_| epoch.key.threshold_by == ThresholdBy::Ladder);
    Ok(match why {
        None if first.is_some_and(|first| loss.score < first.threshold) => Place::Looser(loss),
        None => Place::Counts(loss),
        Some(why) => Place::LeftOut(why, loss),
    })
}

/// Why a decision does not belong to the stream, or not yet; `None` where it does. Whatever the verdict is.
fn outside_of_stream(epoch: &Epoch, audience: Audience, decision: &Judged) -> Option<NotCounted> {
    if decision.oldest_open.is_some_and(|open| decision.item > open) {
        return Some(NotCounted::Waits);
    }
    if decision.audience != audience {
        return Some(NotCounted::OtherAudience);
    }
    // What is bad counts where either draft belongs to the stream.
    let asked = decision.replaced.map(|replaced| outside(epoch, audience, &replaced.by));
    outside(epoch, audience, &decision.routed).filter(|_| asked != Some(None))
}

/// Whether a decision belongs to the stream of the step that concerns these receivers.
pub(super) fn belongs(epoch: &Epoch, audience: Audience, decision: &Judged) -> bool {
    outside_of_stream(epoch, audience, decision).is_none()
}

/// Why an acceptance is not counted though it belongs to the stream.
fn excluded(decision: &Judged, copy: bool) -> Option<NotCounted> {
    if decision.replaced.is_some() {
        Some(NotCounted::AskedByPerson)
    } else if decision.found.is_some_and(|found| found.bulk) {
        Some(NotCounted::Bulk)
    } else if decision.found.is_some_and(Found::chosen) {
        Some(NotCounted::Picked)
    } else if copy {
        Some(NotCounted::Duplicate)
    } else if decision.viewed < reading_time(decision.characters) {
        Some(NotCounted::Rushed)
    } else {
        None
    }
}

/// Why a draft would not have gone out alone in this epoch, whatever its text is worth; with a ladder by none of its thresholds.
fn outside(epoch: &Epoch, audience: Audience, draft: &DraftFacts) -> Option<NotCounted> {
    let laid = epoch.ladder(audience);
    let (threshold, tried) = match epoch.key.threshold_by {
        ThresholdBy::Person => (Some(epoch.key.threshold), true),
        ThresholdBy::Ladder => {
            (laid.and_then(|laid| laid.marks.last()).map(|mark| mark.threshold), laid.is_none_or(|laid| draft.id > laid.after))
        }
    };
    // A comparison with NaN is false: what is no number is not confident.
    let confident = threshold.is_some_and(|threshold| draft.confidence >= threshold);
    if epoch.key.drafter_version != Some(draft.drafter_version) {
        Some(NotCounted::OtherVersion)
    } else if draft.epoch_n != epoch.n || !tried {
        Some(NotCounted::OtherEpoch)
    } else if !draft.finished {
        Some(NotCounted::CutOff)
    } else if draft.held {
        Some(NotCounted::Held)
    } else if !confident {
        Some(NotCounted::NotConfident)
    } else {
        None
    }
}

#[cfg(test)]
pub(super) mod tests;
