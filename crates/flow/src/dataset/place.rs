//! A folder gets its name: what was written under a temporary one is put in its place, or taken away.
//!
//! Invariant: a folder that has its name belongs to a version that stands. Whatever a maker that is no more has left is put in its place if its
//! version stands, and is gone if not.

use crate::desk::Desk;
use crate::error::{Error, Result};
use crate::storage::{self, dataset::OpenCopy};
use std::fs::File;
use std::io::ErrorKind;
use std::path::{Component, Path, PathBuf};

/// What the crate says, in our words.
pub(super) fn error(e: datasets::Error) -> Error {
    match e {
        datasets::Error::Io { path, cause } => Error::File { path, action: "written", source: cause },
        datasets::Error::Exists(path) => taken(&path),
        datasets::Error::Cancelled => Error::Cancelled,
        datasets::Error::Source(cause) => match cause.downcast::<Error>() {
            Ok(ours) => *ours,
            Err(other) => Error::Storage(other.to_string()),
        },
        datasets::Error::Recipe(why) => Error::invalid("recipe", why, "one that can be followed"),
        datasets::Error::Malformed { path, why } => Error::Damaged(format!("{}: {why}", path.display())),
    }
}

fn taken(path: &Path) -> Error {
    Error::invalid("folder", path.display(), "a name that nothing has yet: a dataset never takes the place of another")
}

/// Whether a name is one on every system: none that Windows keeps for devices, cuts or cannot write.
fn is_portable(name: &str) -> bool {
    let stem = name.split('.').next().unwrap_or_default().trim_end().to_ascii_uppercase();
    let numbered = |device: &str| stem.strip_prefix(device).is_some_and(|rest| matches!(rest.as_bytes(), [b'0'..=b'9']));
    let is_device = matches!(stem.as_str(), "CON" | "PRN" | "AUX" | "NUL") || numbered("COM") || numbered("LPT");
    !is_device && !name.ends_with(['.', ' ']) && !name.contains(|c: char| c.is_control() || "<>:\"/\\|?*".contains(c))
}

/// Where the files are to be, and the name that they have until all are there.
pub(super) fn names(folder: &Path, owner: &str) -> Result<(PathBuf, PathBuf)> {
    let wrong = |expected: &'static str| Error::invalid("folder", format!("{:?}", folder.display().to_string()), expected);
    let text = folder.to_string_lossy();
    // A share would be spoken to over the network, and told who we are.
    if !folder.is_absolute() || text.starts_with("//") || text.starts_with("\\\\") {
        return Err(wrong("a full path on this machine"));
    }
    if folder.components().any(|part| part == Component::ParentDir) {
        return Err(wrong("a path without `..`"));
    }
    let name = folder.file_name().ok_or_else(|| wrong("the name of a folder"))?;
    if !name.to_str().is_some_and(is_portable) {
        return Err(wrong("a name that every system can write"));
    }
    if folder.symlink_metadata().is_ok() {
        return Err(taken(folder));
    }
    let parent = folder.parent().ok_or_else(|| Error::invalid("folder", folder.display(), "a folder in another one"))?;
    std::fs::create_dir_all(parent).map_err(Error::file(parent, "created"))?;
    Ok((folder.to_owned(), parent.join(format!(".{}.{owner}.part", name.to_string_lossy()))))
}

/// Gives a folder its name, for good.
pub(super) fn put(temporary: &Path, folder: &Path) -> Result<()> {
    if folder.symlink_metadata().is_ok() {
        return Err(taken(folder));
    }
    std::fs::rename(temporary, folder).map_err(Error::file(folder, "put in its place"))?;
    crate::files::sync_parent(folder)
}

/// Takes a temporary folder away; one that is not there is no error.
pub(super) fn take_away(temporary: &Path) -> Result<()> {
    match std::fs::remove_dir_all(temporary) {
        Err(e) if e.kind() != ErrorKind::NotFound => Err(Error::file(temporary, "removed")(e)),
        Ok(()) | Err(_) => Ok(()),
    }
}

impl Desk {
    /// Copies whose maker is no more.
    pub(crate) fn left_copies(&self) -> Result<Vec<OpenCopy>> {
        let folder = self.folder().join("workers");
        let mut open = self.read(storage::dataset::open_copies)?;
        open.retain(|copy| match File::open(folder.join(&copy.owner)) {
            Ok(file) => file.try_lock().is_ok(),
            Err(e) => e.kind() == ErrorKind::NotFound,
        });
        Ok(open)
    }

    /// Ends what makers of datasets left when they were killed. Returns how many copies that were.
    ///
    /// # Errors
    /// Those of the database, and [`Error::File`] where a leftover cannot be removed.
    pub fn settle_datasets(&self) -> Result<usize> {
        let left = self.left_copies()?;
        for copy in &left {
            let (temporary, folder) = (Path::new(&copy.temporary), Path::new(&copy.folder));
            let there = temporary.symlink_metadata().is_ok();
            // Killed before its folder got its name, or after it and before that was written down.
            let placed = copy.complete && if there { put(temporary, folder).is_ok() } else { folder.is_dir() };
            if !placed {
                take_away(temporary)?;
            }
            if let Some(parent) = temporary.parent().filter(|parent| parent.is_dir()) {
                datasets::clear_leftovers(parent).map_err(error)?;
            }
            self.transact(|c, _, changes| {
                changes.activity = true;
                if placed { storage::dataset::place_copy(c, copy.id) } else { storage::dataset::drop_copy(c, copy.id) }
            })?;
            drop(std::fs::remove_file(self.folder().join("workers").join(&copy.owner)));
        }
        Ok(left.len())
    }
}
