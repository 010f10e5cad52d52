//! Whose turn it is to write, among the processes that have a data folder open: SQLite alone gives the next turn to whoever asks first, and
//! that is who has just had one.
//!
//! Invariant: only one waits for the turn itself; who has had it stands behind those who wait to be that one. A turn ends with its holder,
//! however that ends.

use crate::error::{Error, Result};
use std::fs::{File, TryLockError};
use std::path::Path;
use std::time::{Duration, Instant};

/// How long one may take.
const PATIENCE: Duration = Duration::from_secs(10);

pub(crate) struct Turn {
    /// None where they cannot be made: SQLite's own locks hold there too.
    doors: Option<(File, File)>,
}

impl Turn {
    pub fn open(folder: &Path) -> Self {
        let door = |name: &str| File::options().create(true).truncate(false).write(true).open(folder.join(name)).ok();
        Self { doors: door("gait.next").zip(door("gait.turn")) }
    }

    /// # Errors
    /// [`Error::Busy`] where another process holds it for long.
    pub fn take(&self) -> Result<()> {
        let Some((next, turn)) = &self.doors else { return Ok(()) };
        let begun = Instant::now();
        wait_for(next, begun)?;
        let taken = wait_for(turn, begun);
        // What cannot be unlocked was not locked.
        drop(next.unlock());
        taken
    }

    pub fn give(&self) {
        if let Some((_, turn)) = &self.doors {
            drop(turn.unlock());
        }
    }
}

fn wait_for(door: &File, begun: Instant) -> Result<()> {
    loop {
        match door.try_lock() {
            // A file system without locks leaves it to SQLite.
            Ok(()) | Err(TryLockError::Error(_)) => return Ok(()),
            Err(TryLockError::WouldBlock) if begun.elapsed() > PATIENCE => return Err(Error::Busy),
            Err(TryLockError::WouldBlock) => std::thread::sleep(Duration::from_millis(1)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tempfile::TempDir;

    #[test]
    fn who_has_just_had_a_turn_does_not_have_the_next_while_somebody_waits() {
        let folder = TempDir::new().unwrap();
        let (mine, theirs) = (Turn::open(folder.path()), Turn::open(folder.path()));
        mine.take().unwrap();
        std::thread::scope(|scope| {
            let waits = scope.spawn(|| theirs.take());
            let next = File::open(folder.path().join("gait.next")).unwrap();
            let deadline = Instant::now() + PATIENCE;
            // They stand at the first door until the turn is given.
            while next.try_lock().is_ok() {
                next.unlock().unwrap();
                assert!(Instant::now() < deadline, "nobody waits");
            }
            mine.give();
            waits.join().unwrap().unwrap();
        });
        theirs.give();
        mine.take().expect("and then it is free again");
    }
}
