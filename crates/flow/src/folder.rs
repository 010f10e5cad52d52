//! Watched folders: files of requests are read once they are whole, and moved to `done` or `rejected` with a report beside them.
//!
//! Invariant: a file is moved only after all of its requests are kept or listed, so that whatever ends the program in between, the next look
//! reads it again and the requests' keys say what is known: nothing is lost or taken twice. Only a regular file is opened, never what a link
//! leads to; a name is a name, and no part of a command or of a path.
//!
//! The folder is looked at every second or two. That misses nothing that a list of changes would, works on network shares, and needs no
//! limit of watches raised.

mod look;
mod names;
mod place;
mod report;

pub use look::Watcher;
pub(crate) use place::Places;

use crate::clock::Millis;
use crate::desk::Desk;
use crate::error::{Error, Result};
use crate::id::{FolderId, UseCaseId};
use crate::settings::Person;
use crate::storage;
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// How often a folder is looked at.
pub const EVERY: Duration = Duration::from_millis(1_500);
/// For so long a file has the same size and date before it counts as whole.
pub const STILL: Duration = Duration::from_secs(2);
/// Where what was read goes, inside of the folder.
pub const DONE: &str = "done";
/// Where a file goes of which something was not taken.
pub const REJECTED: &str = "rejected";

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Folder {
    pub id: FolderId,
    pub use_case: UseCaseId,
    pub path: PathBuf,
    /// The field that the text of a plain file or an e-mail becomes; a table needs a column of this name.
    pub field: String,
    pub seen: Seen,
}

/// What was seen at the last look that brought something new.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Seen {
    /// Why nothing can be read there now.
    pub trouble: Option<String>,
    /// Files that were read since the folder is watched.
    pub files: u64,
    pub taken: u64,
    pub known: u64,
    pub rejected: u64,
    pub last: Option<Millis>,
    /// What lies there and is not read, the first [`MOST_SKIPPED`].
    pub skipped: Vec<Skipped>,
    pub skipped_total: u64,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Skipped {
    /// As it can be shown: what would not be seen is written out.
    pub name: String,
    pub why: String,
}

/// How many skipped files are listed.
pub const MOST_SKIPPED: usize = 100;

/// What a look came to.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Looked {
    pub files: u64,
    pub taken: u64,
    pub known: u64,
    pub rejected: u64,
    /// Files that are not whole yet, or were not read for want of time.
    pub waiting: u64,
    /// Another program watches.
    pub elsewhere: bool,
}

impl Desk {
    /// # Errors
    /// Those of the database.
    pub fn folders(&self) -> Result<Vec<Folder>> {
        self.read(storage::folder::list)
    }

    /// Watches a folder for a use case from now on, also for what lies there already. It is made where it is not there.
    ///
    /// # Errors
    /// [`Error::NotAllowed`] for reviewers; [`Error::Invalid`] where texts go out there, or Gait's own files lie, or it is watched already;
    /// [`Error::File`] where it cannot be made; [`Error::Stale`] where another folder or sink was added at that moment.
    pub fn watch_folder(&self, use_case: UseCaseId, path: &Path, field: &str, person: &Person) -> Result<Folder> {
        person.must_be_admin("watch a folder")?;
        let field = field.trim();
        if field.is_empty() || field.chars().count() > 100 || field.chars().any(char::is_control) {
            return Err(Error::invalid("field", format!("{field:?}"), "1 to 100 characters in one line"));
        }
        if !path.is_absolute() {
            return Err(Error::invalid("folder", format!("{:?}", path.display()), "a full path"));
        }
        let places = self.read(Places::all)?;
        std::fs::create_dir_all(path).map_err(Error::file(path, "created"))?;
        places.check(self.folder(), path)?;
        self.transact(|c, now, changes| {
            let name = storage::use_case::get(c, use_case)?.input.name;
            places.must_still_be(&Places::all(c)?)?;
            let id = storage::folder::insert(c, use_case, path, field, now)?;
            let detail = format!("{name}: {}", path.display());
            storage::event::insert(c, now, &person.name, "folder_watched", Some(use_case), None, Some(&detail))?;
            changes.use_cases = true;
            changes.activity = true;
            storage::folder::get(c, id)
        })
    }

    /// Watches a folder no longer. What lies there stays.
    ///
    /// # Errors
    /// [`Error::NotAllowed`] for reviewers; [`Error::NotFound`].
    pub fn leave_folder(&self, id: FolderId, person: &Person) -> Result<()> {
        person.must_be_admin("leave a folder")?;
        self.transact(|c, now, changes| {
            let folder = storage::folder::get(c, id)?;
            storage::folder::remove(c, id, now)?;
            let detail = folder.path.display().to_string();
            storage::event::insert(c, now, &person.name, "folder_left", Some(folder.use_case), None, Some(&detail))?;
            changes.use_cases = true;
            changes.activity = true;
            Ok(())
        })
    }
}
