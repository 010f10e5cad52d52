//! The kept state of the evidence: what is final is taken in once and stored, what is not is computed on top of it.
//!
//! Invariant: the evidence is the same to the bit as computed from all decisions. Whatever reaches behind a state (a decision taken
//! back, one that came late, an older request that is open again) drops it, by triggers of the schema.

use super::weigh::{self, belongs};
use super::{Evidence, NotCounted, StepEvidence, Stream};
use crate::charter::VerdictFacts;
use crate::clock::Millis;
use crate::desk::Desk;
use crate::epoch::Epoch;
use crate::error::{Error, Result};
use crate::id::{ItemId, UseCaseId};
use crate::storage::evidence::{Found, Go, State};
use crate::storage::{self, Conn};
use crate::use_case::Audience;
use std::time::Duration;

/// Grows with every change of what a stream holds or of where a decision belongs: states of another form are computed anew.
const FORM: i64 = 3;
/// So many decisions that a state does not know are no trouble.
const FEW: usize = 64;
/// So many are taken in within one transaction.
const AT_ONCE: usize = 2_000;
/// For each block of so many decisions a state stays: no more than that is computed again when the newest are dropped.
const BLOCK: i64 = 10_000;

/// Where the evidence of a use case stands.
struct Standing {
    epoch: Epoch,
    /// `None`: nothing is kept.
    kept: Option<State>,
    fresh: [Stream; 2],
    open: Option<ItemId>,
}

impl Standing {
    fn of(c: &Conn, id: UseCaseId) -> Result<Self> {
        let epoch = storage::epoch::current(c, id)?;
        let impossible = || Error::Damaged(format!("epoch {}: an ε, a δ or an attempt that cannot be", epoch.n));
        let fresh = Stream::begin(&epoch).ok_or_else(impossible)?;
        let fits = |state: &State| state.streams.iter().zip(&fresh).all(|(kept, fresh)| kept.began_as(fresh));
        let kept = storage::evidence::state(c, (id, epoch.n), FORM)?.filter(fits);
        Ok(Self { kept, fresh, open: storage::evidence::oldest_open(c, id)?, epoch })
    }

    fn begin(&self) -> State {
        self.kept.clone().unwrap_or_else(|| State { up_to: ItemId(0), taken: 0, streams: self.fresh.clone() })
    }
}

/// Takes one more decision into both streams.
fn take(c: &Conn, id: UseCaseId, epoch: &Epoch, state: &mut State, found: &Found) -> Result<()> {
    for stream in &mut state.streams {
        let audience = stream.audience;
        let known = || match found.older_copy {
            false => Ok(false),
            true => storage::evidence::older_copy_is(c, (id, epoch.n), &found.judged, |older| belongs(epoch, audience, older)),
        };
        stream.take(epoch, &found.judged, known)?;
    }
    state.up_to = found.judged.item;
    state.taken += 1;
    Ok(())
}

/// The evidence of now: the kept state, and what it does not know.
pub(super) fn evidence(c: &Conn, now: Millis, id: UseCaseId) -> Result<Evidence> {
    let standing = Standing::of(c, id)?;
    let state = standing.begin();
    onwards(c, now, id, &standing, state)
}

/// The evidence of now from all decisions, whatever is kept.
pub(super) fn anew(c: &Conn, now: Millis, id: UseCaseId) -> Result<Evidence> {
    let standing = Standing { kept: None, ..Standing::of(c, id)? };
    let state = standing.begin();
    onwards(c, now, id, &standing, state)
}

/// The loosest threshold of the ladder for an audience that has passed; `None` until one has.
pub(crate) fn ladder_threshold(c: &Conn, id: UseCaseId, audience: Audience) -> Result<Option<f64>> {
    let standing = Standing::of(c, id)?;
    let state = with_the_newest(c, id, &standing, standing.begin())?;
    let golds = storage::seeded::golds(c, id, standing.epoch.n, audience)?;
    Ok(state.streams.iter().find(|stream| stream.audience == audience).and_then(|stream| stream.threshold(&standing.epoch, golds)))
}

/// A state, and what it does not know of what has come before the oldest open item.
fn with_the_newest(c: &Conn, id: UseCaseId, standing: &Standing, mut state: State) -> Result<State> {
    let epoch = &standing.epoch;
    storage::evidence::each_judged(c, (id, epoch.n), state.up_to, standing.open, |found| {
        take(c, id, epoch, &mut state, &found)?;
        Ok(Go::On)
    })?;
    Ok(state)
}

fn onwards(c: &Conn, now: Millis, id: UseCaseId, standing: &Standing, state: State) -> Result<Evidence> {
    let (epoch, open) = (&standing.epoch, standing.open);
    let state = with_the_newest(c, id, standing, state)?;
    let (waiting, bad) = match open {
        None => (0, 0),
        Some(open) => waiting(c, id, epoch, open)?,
    };
    let [walk, run] = state.streams.map(|mut stream| {
        stream.leave_out(NotCounted::Waits, waiting, bad);
        stream
    });
    let step = |stream: &Stream| -> Result<StepEvidence> {
        Ok(stream.evidence(epoch, now, storage::seeded::golds(c, id, epoch.n, stream.audience)?))
    };
    Ok(Evidence { steps: [step(&walk)?, step(&run)?], waits_for: open.filter(|_| waiting > 0) })
}

/// How many decisions wait for an open item, and how many of them are bad.
fn waiting(c: &Conn, id: UseCaseId, epoch: &Epoch, open: ItemId) -> Result<(u64, u64)> {
    let found = storage::evidence::waiting(c, (id, epoch.n), open)?;
    let is_bad = |verdict: VerdictFacts| epoch.key.bad.is_bad(verdict);
    let all = found.verdicts.iter().map(|(_, n)| n).sum();
    let mut bad = found.verdicts.iter().filter(|(verdict, _)| is_bad(*verdict)).map(|(_, n)| n).sum();
    for item in found.asked {
        storage::evidence::each_judged(c, (id, epoch.n), ItemId(item.0 - 1), Some(ItemId(item.0 + 1)), |found| {
            // It is as bad as its verdict says, or worse.
            bad += u64::from(weigh::loss(epoch, &found.judged).bad && !is_bad(found.judged.verdict));
            Ok(Go::Stop)
        })?;
    }
    Ok((all, bad))
}

/// Keeps what is final of `most` further decisions at most: each older item has a verdict, and it cannot be taken back any more, or the
/// time for that is over. (A rejection can be taken back later by the one who made it last; that drops the state again.) Returns how many.
fn keep_up(c: &Conn, now: Millis, id: UseCaseId, most: usize) -> Result<usize> {
    let standing = Standing::of(c, id)?;
    let (epoch, before) = (&standing.epoch, standing.begin());
    let undo = Duration::from_secs(u64::from(storage::setting::undo_seconds(c)?));
    let mut after = before.clone();
    let mut taken = 0;
    storage::evidence::each_judged(c, (id, epoch.n), before.up_to, standing.open, |found| {
        let settled = found.delivered || found.judged.at.plus(undo) < now;
        if taken == most || !settled {
            return Ok(Go::Stop);
        }
        take(c, id, epoch, &mut after, &found)?;
        taken += 1;
        Ok(Go::On)
    })?;
    if taken > 0 {
        match &standing.kept {
            None => storage::evidence::drop_all(c, id)?,
            Some(_) => storage::evidence::drop_foreign(c, (id, epoch.n), FORM)?,
        }
        if before.taken / BLOCK == after.taken / BLOCK {
            storage::evidence::drop_state(c, id, before.up_to)?;
        }
        storage::evidence::keep(c, (id, epoch.n), FORM, &after)?;
    }
    Ok(taken)
}

fn is_behind(c: &Conn, id: UseCaseId) -> Result<bool> {
    let n = storage::epoch::current(c, id)?.n;
    let open = storage::evidence::oldest_open(c, id)?;
    Ok(storage::evidence::behind(c, (id, n), FORM, open, FEW)? == FEW)
}

/// Keeps what has become final, where that is worth the while; called in the transaction of each decision.
pub(crate) fn keep_up_if_behind(c: &Conn, now: Millis, id: UseCaseId) -> Result<()> {
    if is_behind(c, id)? {
        keep_up(c, now, id, AT_ONCE)?;
    }
    Ok(())
}

impl Desk {
    /// Keeps all that has become final of the evidence of a use case, some thousand decisions at a time.
    pub(super) fn keep_evidence(&self, id: UseCaseId) -> Result<()> {
        while self.read(|c| is_behind(c, id))? && self.transact(|c, now, _| keep_up(c, now, id, AT_ONCE))? == AT_ONCE {}
        Ok(())
    }

    /// Whether the evidence of a use case is the same as computed from all its decisions.
    pub(crate) fn evidence_is_right(&self, id: UseCaseId) -> Result<bool> {
        let now = self.now();
        self.read(|c| Ok(evidence(c, now, id)? == anew(c, now, id)?))
    }

    /// Drops what is kept of the evidence of a use case, and keeps it anew.
    pub(crate) fn rebuild_evidence(&self, id: UseCaseId) -> Result<()> {
        self.transact(|c, _, _| storage::evidence::drop_all(c, id))?;
        self.keep_evidence(id)
    }
}

#[cfg(test)]
mod tests;
