//! A dataset's folder until it has its name.
//!
//! Invariant: everything is written to `.<name>.partial` beside it, synced, and renamed once. Whoever writes holds a lock on
//! `.<name>.partial.lock`; a partial folder whose lock is free belongs to nobody that lives, and is removed.

use crate::error::{Error, Result};
use std::fs::{self, File, TryLockError};
use std::path::{Path, PathBuf};

const PARTIAL: &str = ".partial";
const LOCK: &str = ".partial.lock";

pub(crate) struct Folder {
    target: PathBuf,
    partial: PathBuf,
    lock_path: PathBuf,
    /// Held open: the lock lives as long as the file.
    lock: Option<File>,
    finished: bool,
}

impl Folder {
    /// # Errors
    /// [`Error::Exists`], somebody else who writes to the same name, or the disk.
    pub fn begin(target: &Path) -> Result<Self> {
        let name = target.file_name().and_then(|name| name.to_str()).filter(|name| !name.is_empty());
        let (Some(parent), Some(name)) = (target.parent(), name) else {
            return Err(Error::Recipe(format!("{} is not a name for a folder", target.display())));
        };
        if fs::symlink_metadata(target).is_ok() {
            return Err(Error::Exists(target.to_owned()));
        }
        clear_leftovers(parent)?;
        let partial = parent.join(format!(".{name}{PARTIAL}"));
        let lock_path = parent.join(format!(".{name}{LOCK}"));
        let lock = File::create(&lock_path).map_err(Error::io(&lock_path))?;
        if let Err(error) = lock.try_lock() {
            return Err(match error {
                TryLockError::WouldBlock => Error::Recipe(format!("{} is being written already", target.display())),
                TryLockError::Error(cause) => Error::Io { path: lock_path, cause },
            });
        }
        let folder = Self { target: target.to_owned(), partial, lock_path, lock: Some(lock), finished: false };
        if folder.partial.exists() {
            fs::remove_dir_all(&folder.partial).map_err(Error::io(&folder.partial))?;
        }
        fs::create_dir(&folder.partial).map_err(Error::io(&folder.partial))?;
        Ok(folder)
    }

    /// Where to write.
    pub fn path(&self) -> &Path {
        &self.partial
    }

    /// Gives the folder its name. All files in it are synced already.
    ///
    /// # Errors
    /// [`Error::Exists`] when something has taken the name meanwhile, or the disk.
    pub fn finish(mut self) -> Result<()> {
        for entry in fs::read_dir(&self.partial).map_err(Error::io(&self.partial))? {
            let path = entry.map_err(Error::io(&self.partial))?.path();
            if path.is_dir() {
                sync_folder(&path)?;
            }
        }
        sync_folder(&self.partial)?;
        if fs::symlink_metadata(&self.target).is_ok() {
            return Err(Error::Exists(self.target.clone()));
        }
        fs::rename(&self.partial, &self.target).map_err(Error::io(&self.target))?;
        self.finished = true;
        // From here on the dataset is there; a name that is not on the disk yet is lost with the power only, and then whole.
        self.target.parent().map_or(Ok(()), sync_folder)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        if !self.finished {
            // What cannot be removed now is removed by the next one that writes here.
            let _ = fs::remove_dir_all(&self.partial);
        }
        let _ = fs::remove_file(&self.lock_path);
        self.lock = None;
    }
}

/// A file whose bytes must be there before the folder is.
///
/// # Errors
/// The disk.
pub(crate) fn write_synced(path: &Path, bytes: &[u8]) -> Result<()> {
    use std::io::Write;
    let mut file = File::create_new(path).map_err(Error::io(path))?;
    file.write_all(bytes).and_then(|()| file.sync_all()).map_err(Error::io(path))
}

/// So that names in a folder survive a loss of power. Windows has no such call and needs none.
fn sync_folder(path: &Path) -> Result<()> {
    if cfg!(windows) {
        return Ok(());
    }
    // What stands above a plain name is the folder that we are in.
    let path = if path.as_os_str().is_empty() { Path::new(".") } else { path };
    File::open(path).and_then(|folder| folder.sync_all()).map_err(Error::io(path))
}

/// Removes what a killed [`crate::write`] left beside datasets in `parent`; work that is still going on is not touched. Returns how
/// many leftovers there were. [`crate::write`] does it too.
///
/// # Errors
/// When the folder cannot be read or a leftover cannot be removed.
pub fn clear_leftovers(parent: &Path) -> Result<u64> {
    let parent = if parent.as_os_str().is_empty() { Path::new(".") } else { parent };
    let mut cleared = 0;
    for entry in fs::read_dir(parent).map_err(Error::io(parent))? {
        let path = entry.map_err(Error::io(parent))?.path();
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        let Some(stem) = name.strip_suffix(LOCK).filter(|stem| stem.starts_with('.')) else { continue };
        let Ok(lock) = File::open(&path) else { continue };
        if lock.try_lock().is_err() {
            continue;
        }
        let partial = parent.join(format!("{stem}{PARTIAL}"));
        if partial.is_dir() {
            fs::remove_dir_all(&partial).map_err(Error::io(&partial))?;
            cleared += 1;
        }
        // Another may have removed it between our look and now.
        let _ = fs::remove_file(&path);
    }
    Ok(cleared)
}
