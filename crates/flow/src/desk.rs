//! The one way to the database: reads on their own connections, one writer, one listener that hears of every commit.
//!
//! Invariant: a change is either committed whole, and the listener told, or has left nothing behind.

mod group;

use crate::changes::Changes;
use crate::clock::{Clock, Millis};
use crate::confidence::Learnt;
use crate::error::{Error, Result};
use crate::storage::mark::Mark;
use crate::storage::{self, Conn};
use crate::token::Noted;
use group::Writer;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};

type Listener = Arc<dyn Fn(&Changes) + Send + Sync>;

pub struct Desk {
    folder: PathBuf,
    writer: Writer,
    /// Idle readers; as many as ever read at once.
    readers: Mutex<Vec<(usize, Conn)>>,
    clock: Clock,
    listener: RwLock<Option<Listener>>,
    /// Follows from the rows; a desk that was just opened remembers nothing.
    pub(crate) learnt: Learnt,
    pub(crate) noted: Noted,
}

/// A lock that a panicking holder left behind is still good: a transaction that was not committed is rolled back.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Desk {
    /// Opens the database in a data folder, creating both where there are none; an older file is backed up and brought
    /// up to date.
    ///
    /// # Errors
    /// [`crate::Error::NewerDatabase`], [`crate::Error::ForeignDatabase`], [`crate::Error::ReadOnly`],
    /// [`crate::Error::DiskFull`], [`crate::Error::Damaged`]; nothing was changed then.
    pub fn open(folder: &Path, clock: Clock) -> Result<Self> {
        Ok(Self {
            folder: folder.to_owned(),
            writer: Writer::open(folder, &clock)?,
            readers: Mutex::default(),
            clock,
            listener: RwLock::default(),
            learnt: Learnt::default(),
            noted: Noted::default(),
        })
    }

    /// The data folder: the database and what lies beside it.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    pub fn now(&self) -> Millis {
        self.clock.now()
    }

    /// The listener is told what each change made stale once it is committed, on the thread that asked for it.
    pub fn listen(&self, listener: impl Fn(&Changes) + Send + Sync + 'static) {
        *self.listener.write().unwrap_or_else(PoisonError::into_inner) = Some(Arc::new(listener));
    }

    pub(crate) fn tell(&self, changes: &Changes) {
        let listener = self.listener.read().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some(listener) = listener.filter(|_| !changes.is_empty()) {
            listener(changes);
        }
    }

    /// A number that changes when another connection (of this process or another one) has committed.
    ///
    /// # Errors
    /// Those of the database.
    pub fn data_version(&self) -> Result<i64> {
        self.writer.ask(storage::data_version)
    }

    /// Never waits for a writer.
    pub(crate) fn read<T>(&self, query: impl FnOnce(&Conn) -> Result<T>) -> Result<T> {
        let opened = self.writer.opened();
        let conn = match self.idle_reader(opened) {
            Some(conn) => conn,
            None => storage::open_reader(&self.folder)?,
        };
        let found = query(&conn);
        if matches!(found, Err(Error::DiskFault(_))) {
            // As with the writer: what the others remember of the disk is not trusted either.
            lock(&self.readers).drain(..).for_each(|(_, conn)| storage::let_go(conn));
            storage::let_go(conn);
        } else {
            lock(&self.readers).push((opened, conn));
        }
        found
    }

    /// One that reads the file that is open now.
    fn idle_reader(&self, opened: usize) -> Option<Conn> {
        let mut readers = lock(&self.readers);
        readers.extract_if(.., |(of, _)| *of != opened).for_each(|(_, conn)| storage::let_go(conn));
        readers.pop().map(|(_, conn)| conn)
    }

    /// Whether the database lies where it was.
    ///
    /// # Errors
    /// [`Error::Gone`].
    pub fn look_for_the_file(&self) -> Result<()> {
        storage::Identity::of(&self.folder).map(drop)
    }

    /// Runs a change in a `BEGIN IMMEDIATE` transaction, which those of other callers may share: durable when this returns `Ok`, without a
    /// trace when not.
    pub(crate) fn transact<T>(&self, change: impl FnOnce(&Conn, Millis, &mut Changes) -> Result<T>) -> Result<T> {
        let mut changes = Changes::default();
        let done = self.writer.change(|c| change(c, self.clock.now(), &mut changes))?;
        self.tell(&changes);
        Ok(done)
    }

    /// Puts a prepared copy in the place of all there is once that was kept, and remembers nothing of what was.
    pub(crate) fn replace_all<T>(&self, prepared: &Path, mark: &Mark, keep: impl FnOnce() -> Result<T>) -> Result<T> {
        let kept = self.writer.replace(prepared, mark, keep)?;
        self.learnt.forget();
        Ok(kept)
    }
}

impl Drop for Desk {
    /// The readers go first: the writer's connection is the last one, and the folder counts as in use until that is closed.
    fn drop(&mut self) {
        lock(&self.readers).clear();
    }
}
