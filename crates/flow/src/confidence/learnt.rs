//! What people have decided lately of a drafter version, remembered from one look to the next.
//!
//! Invariant: what is remembered is what the database would say now: decisions are asked for after those that are known, and those that were
//! taken back since are forgotten. All else about a decision never changes.

use super::CalibratorVersion;
use super::fit::Labelled;
use super::view::{MOST, Offer, offer};
use crate::charter::Bad;
use crate::desk::lock;
use crate::error::Result;
use crate::id::{CalibratorId, DecisionId, DrafterVersionId, UseCaseId};
use crate::storage::{self, Conn};
use std::collections::HashMap;
use std::sync::{Arc, Mutex};

/// So many more are kept, so that few that are taken back do not make all be read again.
const SPARE: usize = 1_000;

/// The newest decisions on drafts of one drafter version, in their order.
#[derive(Debug)]
struct Kept {
    decisions: Vec<Labelled>,
    /// Whether older ones were left out.
    cut: bool,
    /// All decisions up to this one were looked at, and all that were taken back up to that one of their list.
    seen: DecisionId,
    forgot: i64,
    offered: Offered,
}

/// What a fit would bring, as it was when it was last computed.
#[derive(Debug, Default)]
pub(crate) struct Offered {
    of: Option<(i64, Option<CalibratorId>, Bad)>,
    offer: Option<Offer>,
}

/// With so many decisions the offer is computed for each block of so many ids.
const MANY: usize = 2_000;
const BLOCK: i64 = 500;

impl Offered {
    /// What a fit on these would bring; where there are many, on those of some hundred ids ago.
    pub fn or_compute(&mut self, all: &[Labelled], calibrator: Option<&CalibratorVersion>, bad: Bad) -> Option<Offer> {
        let newest = all.last().map_or(0, |last| last.id.0);
        if all.len() < MANY {
            return offer(calibrator, all, bad);
        }
        let of = Some((newest / BLOCK, calibrator.map(|kept| kept.id), bad));
        if self.of != of {
            let known = all.partition_point(|one| one.id.0 < newest / BLOCK * BLOCK);
            *self = Self { of, offer: offer(calibrator, &all[..known], bad) };
        }
        self.offer
    }
}

impl Kept {
    fn read(c: &Conn, use_case: UseCaseId, version: DrafterVersionId) -> Result<Self> {
        let (seen, forgot) = (storage::decision::newest(c)?, storage::decision::newest_taken_back(c)?);
        let decisions = storage::confidence::labelled(c, use_case, version, DecisionId(0), MOST + SPARE)?;
        let mut kept = Self { cut: decisions.len() == MOST + SPARE, decisions, seen, forgot, offered: Offered::default() };
        kept.follow(c, use_case, version)?;
        Ok(kept)
    }

    /// Learns what came since, and forgets what does not stand.
    fn follow(&mut self, c: &Conn, use_case: UseCaseId, version: DrafterVersionId) -> Result<()> {
        let newest = storage::decision::newest(c)?;
        let after = self.decisions.last().map_or(self.seen, |last| last.id.max(self.seen));
        let new = storage::confidence::labelled(c, use_case, version, after, MOST + SPARE)?;
        // What was taken back is asked for last: what stood when it was read, and does not now, is among it.
        let (gone, forgot) = storage::decision::taken_back_after(c, self.forgot)?;
        self.cut |= new.len() == MOST + SPARE;
        self.decisions.extend(new);
        if !gone.is_empty() {
            self.decisions.retain(|one| !gone.contains(&one.id));
        }
        self.seen = newest.max(self.seen);
        self.forgot = forgot;
        let too_old = self.seen.0 - storage::confidence::LEARNT_BACK;
        let first = self.decisions.partition_point(|one| one.id.0 <= too_old);
        self.decisions.drain(..first);
        if self.decisions.len() > MOST + 2 * SPARE {
            self.decisions.drain(..self.decisions.len() - MOST - SPARE);
            self.cut = true;
        }
        Ok(())
    }
}

type Memory = Arc<Mutex<Option<Kept>>>;

/// What is remembered, by use case and drafter version.
#[derive(Debug, Default)]
pub(crate) struct Learnt(Mutex<HashMap<(UseCaseId, DrafterVersionId), Memory>>);

impl Learnt {
    /// Another database was put in the place of the one that this follows from.
    pub fn forget(&self) {
        lock(&self.0).clear();
    }

    /// Tells the newest standing decisions, [`MOST`] at most, in their order: as [`storage::confidence::labelled`] would.
    pub fn look<T>(
        &self,
        c: &Conn,
        use_case: UseCaseId,
        version: DrafterVersionId,
        tell: impl FnOnce(&[Labelled], &mut Offered) -> Result<T>,
    ) -> Result<T> {
        let memory = Arc::clone(lock(&self.0).entry((use_case, version)).or_default());
        let mut memory = lock(&memory);
        // Where something fails half-way nothing is remembered.
        let mut kept = match memory.take() {
            Some(mut kept) => {
                kept.follow(c, use_case, version)?;
                kept
            }
            None => Kept::read(c, use_case, version)?,
        };
        if kept.cut && kept.decisions.len() < MOST {
            kept = Kept::read(c, use_case, version)?;
        }
        let kept = memory.insert(kept);
        tell(&kept.decisions[kept.decisions.len().saturating_sub(MOST)..], &mut kept.offered)
    }
}
