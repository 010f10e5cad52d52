//! One step of background work: claim → let go of the database → generate → keep, if the claim still stands.
//!
//! Invariant: a worker that dies at any point costs one attempt, and its item is drafted by the next one. Its presence
//! is a lock on a file that the system lets go of when the process ends, however it ends.

use crate::desk::Desk;
use crate::draft::Attempt;
use crate::error::{Error, Result};
use crate::id::ItemId;
use crate::model::{Cancel, Drafter, ModelError, Token};
use crate::storage;
use std::fs::File;
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError, mpsc};
use std::time::Duration;

/// A worker's name, and the sign that it lives.
#[derive(Debug)]
pub struct Presence {
    name: String,
    path: PathBuf,
    _lock: File,
}

impl Presence {
    /// # Errors
    /// [`Error::File`] where the data folder cannot be written to.
    pub fn enter(desk: &Desk) -> Result<Self> {
        let folder = desk.folder().join("workers");
        std::fs::create_dir_all(&folder).map_err(Error::file(&folder, "created"))?;
        let name = uuid::Uuid::now_v7().to_string();
        let path = folder.join(&name);
        let lock = File::create(&path).map_err(Error::file(&path, "created"))?;
        lock.lock().map_err(Error::file(&path, "locked"))?;
        Ok(Self { name, path, _lock: lock })
    }

    pub(crate) fn name(&self) -> &str {
        &self.name
    }
}

impl Drop for Presence {
    fn drop(&mut self) {
        // A name that stays behind is harmless: its lock is free.
        drop(std::fs::remove_file(&self.path));
    }
}

/// What several hands tell of their work, from whichever thread.
#[derive(Debug, Clone, PartialEq)]
pub enum Told {
    /// A token of some draft.
    Token,
    Ran(Ran),
}

/// What a step came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ran {
    /// Nothing waits.
    Idle,
    Drafted(ItemId),
    /// Put back, to be tried again.
    PutBack(ItemId, String),
    /// Given up; the sentence is on the item.
    Failed(ItemId, String),
}

const HEARTBEAT: Duration = Duration::from_secs(15);

/// Drafts one item, if one waits. `on_token` hears of each token, for a progress display.
///
/// # Errors
/// Those of the database; what the model says is in [`Ran`].
pub fn draft_one(
    desk: &Desk,
    drafter: &dyn Drafter,
    presence: &Presence,
    cancel: &Cancel,
    on_token: &mut dyn FnMut(&Token),
) -> Result<Ran> {
    let Some(claim) = desk.claim_to_draft(&presence.name)? else { return Ok(Ran::Idle) };
    let (id, epoch) = (claim.item.id, claim.item.lease_epoch);
    let (done, ended) = mpsc::channel::<()>();
    let outcome = std::thread::scope(|scope| {
        // Keeps the claim while the model works, however long a prompt takes.
        scope.spawn(move || {
            while ended.recv_timeout(HEARTBEAT) == Err(mpsc::RecvTimeoutError::Timeout) {
                if !matches!(desk.extend_claim(id, epoch), Ok(true)) {
                    break;
                }
            }
        });
        // Dropped when the model is done or panics, which ends the thread above.
        let _done = done;
        drafter.generate(&claim.request, cancel, on_token)
    });
    let said = outcome.as_ref().err().map(ModelError::to_string).unwrap_or_default();
    Ok(match desk.keep_draft(&claim, outcome)? {
        Attempt::Kept => Ran::Drafted(id),
        Attempt::PutBack => Ran::PutBack(id, said),
        Attempt::Failed => Ran::Failed(id, said),
        Attempt::Lost => Ran::PutBack(id, "another worker took it over".into()),
    })
}

/// How long a hand with nothing to do waits for the others before it looks again.
const LOOK: Duration = Duration::from_millis(250);

/// Drafts all that waits, up to `hands` items at once, so that the model can work on them together. Returns when nothing
/// is left that could be drafted now, when `cancel` was thrown, or when `limit` items were drafted.
///
/// # Errors
/// The first error of the database; the other hands finish what they hold.
pub fn draft_waiting(
    desk: &Desk,
    drafter: &dyn Drafter,
    presence: &Presence,
    cancel: &Cancel,
    hands: usize,
    limit: Option<usize>,
    tell: &(dyn Fn(Told) + Sync),
) -> Result<()> {
    let work = Mutex::new(Work { busy: 0, begun: 0, broken: None });
    let hand = || {
        let state = || work.lock().unwrap_or_else(PoisonError::into_inner);
        while !cancel.is_cancelled() {
            {
                let mut now = state();
                if now.broken.is_some() || limit.is_some_and(|limit| now.begun >= limit) {
                    break;
                }
                now.busy += 1;
                now.begun += 1;
            }
            let ran = draft_one(desk, drafter, presence, cancel, &mut |_| tell(Told::Token));
            let mut now = state();
            now.busy -= 1;
            if !matches!(ran, Ok(Ran::Drafted(_))) {
                now.begun -= 1;
            }
            let others = now.busy > 0;
            match ran {
                // What another hand is at may come back, and new items may come in meanwhile.
                Ok(Ran::Idle) if others => {
                    drop(now);
                    std::thread::sleep(LOOK);
                }
                Ok(Ran::Idle) => break,
                Ok(ran) => {
                    drop(now);
                    tell(Told::Ran(ran));
                }
                Err(e) => {
                    now.broken.get_or_insert(e);
                    break;
                }
            }
        }
    };
    std::thread::scope(|scope| {
        for _ in 0..hands.max(1) {
            scope.spawn(hand);
        }
    });
    work.into_inner().unwrap_or_else(PoisonError::into_inner).broken.map_or(Ok(()), Err)
}

/// What the hands share.
struct Work {
    busy: usize,
    /// Drafted or under way.
    begun: usize,
    broken: Option<Error>,
}

impl Desk {
    /// Frees the items of workers that are gone, so that they need not wait for the claim to run out. Returns how many.
    ///
    /// # Errors
    /// Those of the database.
    pub fn free_dead_claims(&self) -> Result<usize> {
        let folder = self.folder().join("workers");
        let owners = self.read(storage::item::drafting_owners)?;
        let dead: Vec<String> = owners
            .into_iter()
            .filter(|owner| match File::open(folder.join(owner)) {
                Ok(file) => file.try_lock().is_ok(),
                Err(e) => e.kind() == std::io::ErrorKind::NotFound,
            })
            .collect();
        if dead.is_empty() {
            return Ok(0);
        }
        self.transact(|c, now, changes| {
            changes.queue = true;
            let mut freed = 0;
            for owner in &dead {
                freed += storage::item::expire_claims_of(c, owner, now)?;
                drop(std::fs::remove_file(folder.join(owner)));
            }
            Ok(freed)
        })
    }

    /// How many items wait for a draft, and when the next one may be tried.
    ///
    /// # Errors
    /// Those of the database.
    pub fn drafting_backlog(&self) -> Result<(i64, Option<crate::Millis>)> {
        self.read(storage::item::backlog)
    }
}
