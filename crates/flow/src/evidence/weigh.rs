//! From decisions in the order of submission to what they show.
//!
//! Invariant: pure; a loss is never left out of the stream that its draft belongs to, and each decision is counted once at most.

use super::{DraftFacts, Figures, Judged, LeftOut, NotCounted, SliceEvidence, StepEvidence, reading_time};
use crate::charter::{Limit, VerdictFacts};
use crate::epoch::Epoch;
use crate::review::Verdict;
use crate::statistics::evidence::{EProcess, LowestBound, delta_of_epoch, slices_by_e_bh};
use crate::use_case::{Audience, Level};
use std::collections::{BTreeMap, HashSet};

/// The evidence of both steps; `judged` in the order of items. `None` where the epoch has an ε or δ outside of (0, 1).
pub fn weigh(epoch: &Epoch, judged: &[Judged]) -> Option<[StepEvidence; 2]> {
    let limits = epoch.key.limits;
    Some([
        step(epoch, judged, Level::Walk, Audience::Internal, limits.walk)?,
        step(epoch, judged, Level::Run, Audience::External, limits.run)?,
    ])
}

fn step(epoch: &Epoch, judged: &[Judged], to: Level, audience: Audience, limit: Limit) -> Option<StepEvidence> {
    let delta = delta_of_epoch(limit.delta, u64::try_from(epoch.attempt).ok()?)?;
    let nothing = Tally { process: EProcess::of_all(limit.epsilon, delta)?, lowest: LowestBound::default(), bad: 0 };
    let mut all = nothing.clone();
    let mut slices: BTreeMap<Option<&str>, Tally> = BTreeMap::new();
    let mut left_out: BTreeMap<NotCounted, LeftOut> = BTreeMap::new();
    let mut requests = HashSet::new();
    for decision in judged {
        let loss = loss(epoch, decision);
        match left_out_for(epoch, audience, decision, &loss, &mut requests) {
            None => {
                all.push(&loss);
                slices.entry(decision.slice.as_deref()).or_insert_with(|| nothing.clone()).push(&loss);
            }
            Some(why) => {
                let left = left_out.entry(why).or_insert(LeftOut { why, decisions: 0, bad: 0 });
                left.decisions += 1;
                left.bad += u64::from(loss.bad);
            }
        }
    }
    let proven = slices_by_e_bh(&slices.values().map(|tally| tally.process.log_e()).collect::<Vec<_>>(), delta);
    let sliced = slices.keys().any(Option::is_some);
    Some(StepEvidence {
        to,
        audience,
        epoch: epoch.n,
        attempt: epoch.attempt,
        charter: epoch.charter_n,
        epsilon: limit.epsilon,
        delta,
        all: all.figures(),
        slices: slices
            .into_iter()
            .enumerate()
            .filter(|_| sliced)
            .map(|(at, (slice, tally))| SliceEvidence {
                slice: slice.map(str::to_owned),
                figures: tally.figures(),
                proven: proven.contains(&at),
            })
            .collect(),
        left_out: left_out.into_values().collect(),
    })
}

struct Loss {
    /// 0–1
    loss: f64,
    bad: bool,
}

/// The loss of what could have gone out alone. Where a person asked for another draft, that is the first one, and not what was
/// judged: a text further from it than the charter allows is an edit of it, and as bad.
fn loss(epoch: &Epoch, decision: &Judged) -> Loss {
    let bad = &epoch.key.bad;
    let mut worst = Loss { loss: bad.loss(decision.verdict), bad: bad.is_bad(decision.verdict) };
    if let Some(replaced) = decision.replaced.filter(|_| outside(epoch, &decision.routed).is_none()) {
        let edit = VerdictFacts { verdict: Verdict::Edit, edit_distance: replaced.distance };
        if replaced.distance != 0.0 {
            worst = Loss { loss: worst.loss.max(bad.loss(edit)), bad: worst.bad || bad.is_bad(edit) };
        }
    }
    worst
}

/// Why a decision is not counted; `None` where it is. `requests` are those of the stream so far.
fn left_out_for<'a>(
    epoch: &Epoch,
    audience: Audience,
    decision: &'a Judged,
    loss: &Loss,
    requests: &mut HashSet<&'a str>,
) -> Option<NotCounted> {
    if decision.oldest_open.is_some_and(|open| decision.item > open) {
        return Some(NotCounted::Waits);
    }
    if decision.audience != audience {
        return Some(NotCounted::OtherAudience);
    }
    // What is bad counts where either draft belongs to the stream.
    let asked = decision.replaced.map(|replaced| outside(epoch, &replaced.by));
    if let Some(why) = outside(epoch, &decision.routed).filter(|_| asked != Some(None)) {
        return Some(why);
    }
    let first = requests.insert(&decision.request);
    if loss.loss > 0.0 || loss.bad {
        None
    } else if decision.replaced.is_some() {
        Some(NotCounted::AskedByPerson)
    } else if !first {
        Some(NotCounted::Duplicate)
    } else if decision.viewed < reading_time(decision.characters) {
        Some(NotCounted::Rushed)
    } else {
        None
    }
}

/// Why a draft would not have gone out alone in this epoch, whatever its text is worth.
fn outside(epoch: &Epoch, draft: &DraftFacts) -> Option<NotCounted> {
    // A comparison with NaN is false: what is no number is not confident.
    let confident = draft.confidence >= epoch.key.threshold;
    if epoch.key.drafter_version != Some(draft.drafter_version) {
        Some(NotCounted::OtherVersion)
    } else if draft.epoch_n != epoch.n {
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

#[derive(Clone)]
struct Tally {
    process: EProcess,
    lowest: LowestBound,
    bad: u64,
}

impl Tally {
    fn push(&mut self, loss: &Loss) {
        self.process.push(loss.loss);
        self.lowest.look(&self.process);
        self.bad += u64::from(loss.bad);
    }

    fn figures(&self) -> Figures {
        Figures {
            counted: self.process.n(),
            bad: self.bad,
            log_e: self.process.log_e(),
            needed: -self.process.delta().ln(),
            upper_bound: self.process.upper_bound(),
            lowest_bound: self.lowest.get(),
            more_clean_needed: self.process.more_clean_needed(),
        }
    }
}

#[cfg(test)]
mod tests;
