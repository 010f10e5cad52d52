//! One program a data folder.
//!
//! Invariant: the claim is a lock on a file that the system lets go of when the process ends, however it ends; the file
//! itself means nothing. (The command line works beside an open window; two windows would only confuse.)

use std::fs::{File, TryLockError};
use std::path::Path;

const LOCK: &str = "app.lock";
/// Left by a second program for the first one, which then comes to the front.
const RAISE: &str = "app.raise";

/// The claim on a data folder; given back when dropped.
#[derive(Debug)]
pub(crate) struct Claim {
    _lock: Option<File>,
}

/// # Errors
/// The sentence for a second program; the first one is asked to show itself.
pub(crate) fn claim(folder: &Path) -> Result<Claim, String> {
    // A folder that cannot be made or written is named in the window, by the database; it needs no claim.
    drop(std::fs::create_dir_all(folder));
    let path = folder.join(LOCK);
    let opened = File::options().create(true).truncate(false).write(true).open(&path).or_else(|_| File::open(&path));
    let Ok(lock) = opened else { return Ok(Claim { _lock: None }) };
    match lock.try_lock() {
        Ok(()) => {
            drop(std::fs::remove_file(folder.join(RAISE)));
            Ok(Claim { _lock: Some(lock) })
        }
        Err(TryLockError::WouldBlock) => {
            drop(std::fs::write(folder.join(RAISE), b""));
            Err(format!(
                "Gait is already open on {}: its window is brought to the front. Close it first, or set GAIT_DATA to another folder.",
                folder.display()
            ))
        }
        // A file system without locks.
        Err(TryLockError::Error(e)) => {
            tracing::warn!(error = %e, "the data folder cannot be locked: make sure that Gait is open only once");
            Ok(Claim { _lock: None })
        }
    }
}

/// Whether a second program was started on this folder since the last look.
pub(crate) fn was_asked_to_show(folder: &Path) -> bool {
    let path = folder.join(RAISE);
    path.exists() && std::fs::remove_file(path).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_claim_is_told_and_the_first_one_hears_of_it() {
        let folder = tempfile::tempdir().unwrap();
        let first = claim(folder.path()).unwrap();
        assert!(!was_asked_to_show(folder.path()));
        let said = claim(folder.path()).unwrap_err();
        assert!(said.contains("already open"), "{said}");
        assert!(was_asked_to_show(folder.path()), "the first program comes to the front");
        assert!(!was_asked_to_show(folder.path()), "once");
        drop(first);
        assert!(claim(folder.path()).is_ok(), "what is left of a program that ended stops nobody");
    }

    #[test]
    fn a_folder_that_cannot_be_claimed_is_left_to_the_database_to_name() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("file");
        std::fs::write(&file, b"").unwrap();
        assert!(claim(&file.join("data")).is_ok());
    }
}
