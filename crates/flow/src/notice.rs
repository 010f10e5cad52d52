//! Notices: what people are told though they did not ask, in the window and, where a use case names a file, as lines in it.
//!
//! Invariant: a notice is made in the transaction of what it tells of; its line carries its id and is written once, as a delivery is. It
//! names no request and no draft.

use crate::changes::Changes;
use crate::clock::Millis;
use crate::deliver::{Delivered, Unwritten, append_once, wait_after};
use crate::desk::Desk;
use crate::error::{Error, Result};
use crate::id::{LevelMoveId, NoticeId, UseCaseId};
use crate::settings::Person;
use crate::storage::{self, Conn};
use serde::Serialize;
use std::path::Path;
use std::time::Duration;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// The level fell: it got worse, or audits are missing.
    Fell,
    /// The brake is on.
    Brake,
    AuditsOverdue,
    /// The level fell: a sink has failed for too long.
    SinkFailing,
    /// The level fell: the model's file changed.
    ModelChanged,
    /// What is out was found bad.
    Correction,
}

impl Kind {
    pub const ALL: [Self; 6] = [Self::Fell, Self::Brake, Self::AuditsOverdue, Self::SinkFailing, Self::ModelChanged, Self::Correction];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Fell => "fell",
            Self::Brake => "brake",
            Self::AuditsOverdue => "audits_overdue",
            Self::SinkFailing => "sink_failing",
            Self::ModelChanged => "model_changed",
            Self::Correction => "correction",
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    pub id: NoticeId,
    pub at: Millis,
    pub use_case: UseCaseId,
    pub use_case_name: String,
    pub kind: Kind,
    pub words: String,
    /// The fall that it tells of.
    pub level_move: Option<LevelMoveId>,
    pub seen: bool,
}

/// A notice on its way to a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Going {
    pub notice: Notice,
    pub uid: String,
    pub path: String,
    pub attempts: i64,
}

/// How many the window shows.
pub const SHOWN: u32 = 100;
const LEASE: Duration = Duration::from_secs(30);

/// Makes a notice, and puts it on its way to the file that the use case names.
pub(crate) fn make(
    c: &Conn,
    now: Millis,
    use_case: UseCaseId,
    kind: Kind,
    words: &str,
    level_move: Option<LevelMoveId>,
    changes: &mut Changes,
) -> Result<()> {
    storage::notice::insert(c, use_case, kind, words, level_move, now)?;
    changes.levels = true;
    Ok(())
}

#[derive(Serialize)]
struct Line<'a> {
    id: &'a str,
    at: i64,
    use_case: &'a str,
    kind: &'static str,
    words: &'a str,
}

impl Going {
    fn write(&self) -> std::result::Result<(), Unwritten> {
        let Notice { at, use_case_name, kind, words, .. } = &self.notice;
        let line = Line { id: &self.uid, at: at.0, use_case: use_case_name, kind: kind.as_str(), words };
        append_once(Path::new(&self.path), &self.uid, &storage::to_json(&line), self.attempts > 1)
    }
}

impl Desk {
    /// The newest [`SHOWN`] notices, newest first.
    ///
    /// # Errors
    /// Those of the database.
    pub fn notices(&self) -> Result<Vec<Notice>> {
        self.read(|c| storage::notice::list(c, SHOWN))
    }

    /// Keeps that somebody has seen a notice; once is enough.
    ///
    /// # Errors
    /// [`Error::NotFound`].
    pub fn notice_seen(&self, id: NoticeId, person: &Person) -> Result<()> {
        self.transact(|c, now, changes| {
            changes.levels = true;
            storage::notice::seen(c, id, &person.name, now)
        })
    }

    /// Names the file that the notices of a use case are appended to from now on; `None` for none.
    ///
    /// # Errors
    /// [`Error::NotAllowed`] for reviewers; [`Error::Invalid`] where it is not a full path.
    pub fn set_notice_sink(&self, use_case: UseCaseId, path: Option<&str>, person: &Person) -> Result<()> {
        person.must_be_admin("change where notices go")?;
        let path = path.map(str::trim).filter(|path| !path.is_empty());
        if let Some(relative) = path.filter(|path| !Path::new(path).is_absolute()) {
            return Err(Error::invalid("file for notices", format!("{relative:?}"), "a full path"));
        }
        self.transact(|c, now, changes| {
            storage::notice::set_sink(c, use_case, path)?;
            let detail = path.map_or_else(|| "no file".to_owned(), |path| format!("to {path}"));
            storage::event::insert(c, now, &person.name, "notice_sink_changed", Some(use_case), None, Some(&detail))?;
            changes.use_cases = true;
            changes.activity = true;
            Ok(())
        })
    }

    /// The file that the notices of a use case are appended to.
    ///
    /// # Errors
    /// [`Error::NotFound`].
    pub fn notice_sink(&self, use_case: UseCaseId) -> Result<Option<String>> {
        self.read(|c| storage::notice::sink(c, use_case))
    }

    /// Writes the next notice that is due, if any. The database is not held while the file is written.
    pub(crate) fn send_one_notice(&self) -> Result<Delivered> {
        let Some(going) = self.transact(|c, now, _| storage::notice::claim(c, now, now.plus(LEASE)))? else {
            return Ok(Delivered::Nothing);
        };
        let written = going.write();
        self.transact(|c, now, _| match &written {
            Ok(()) => storage::notice::done(c, going.notice.id).map(|()| Delivered::Done),
            Err(Unwritten { error, .. }) => {
                storage::notice::failed(c, going.notice.id, &error.to_string(), now.plus(wait_after(going.attempts)))?;
                tracing::warn!(id = going.uid, %error, "a notice could not be written; it is kept and tried again");
                Ok(Delivered::Failed(error.to_string()))
            }
        })
    }
}
