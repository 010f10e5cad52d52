//! What lowers a level without a verdict: audits that are missing, a sink that fails, a model's file that changed. Looked for from time to
//! time, by the window and by the command line.
//!
//! Invariant: looking twice is looking once. A fall begins an epoch, and what had gone out before it is no cause for another one; a changed
//! file lowers a level once, until a person has moved it again.

use crate::automation::{self, Cause, Change};
use crate::changes::Changes;
use crate::clock::Millis;
use crate::desk::Desk;
use crate::error::{Error, Result};
use crate::files;
use crate::id::{ModelId, UseCaseId};
use crate::library;
use crate::model::Cancel;
use crate::notice::{self, Kind};
use crate::storage::{self, Conn};
use crate::use_case::{Level, UseCase};
use std::time::Duration;

/// For so long what goes out alone may fail to be delivered.
pub const SINK_MAY_FAIL: Duration = Duration::from_secs(3600);

/// A level that fell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fell {
    pub use_case: UseCaseId,
    pub to: Level,
    pub cause: Cause,
}

struct Due {
    cause: Cause,
    why: String,
    change: Change,
}

impl Desk {
    /// Lowers each level that audits, sinks or a model's file give a cause for, and tells of audits that are overdue. Reads a model's file only
    /// when it looks changed; `cancel` ends that.
    ///
    /// # Errors
    /// Those of the database; [`Error::Cancelled`].
    pub fn watch_levels(&self, cancel: &Cancel) -> Result<Vec<Fell>> {
        let mut fell = Vec::new();
        for case in self.use_cases()? {
            self.tell_of_overdue(case.id)?;
            if case.level == Level::Crawl {
                continue;
            }
            let altered = match case.input.model {
                Some(model) => self.altered_since(model, cancel)?,
                None => None,
            };
            let now = self.now();
            if self.read(|c| due(c, now, &case, altered))?.is_none() {
                continue;
            }
            let done = self.transact(|c, now, changes| {
                // Somebody may have been quicker.
                let case = storage::use_case::get(c, case.id)?;
                let Some(due) = due(c, now, &case, altered)? else { return Ok(None) };
                let to = automation::fall(c, now, &case, due.cause, &due.why, &due.change, changes)?;
                Ok(to.map(|to| Fell { use_case: case.id, to, cause: due.cause }))
            })?;
            fell.extend(done);
        }
        Ok(fell)
    }

    fn tell_of_overdue(&self, id: UseCaseId) -> Result<()> {
        let now = self.now();
        let news = |c: &Conn, now: Millis| {
            let overdue = storage::audit::waiting(c, id, now)?.overdue;
            Ok((overdue, (overdue > 0) != storage::use_case::overdue_told(c, id)?))
        };
        if !self.read(|c| news(c, now))?.1 {
            return Ok(());
        }
        self.transact(|c, now, changes| {
            let (overdue, is_new) = news(c, now)?;
            if is_new { overdue_changed(c, now, id, overdue, changes) } else { Ok(()) }
        })
    }

    /// Since when the file of a model is another one, as far as its date tells; `None` where it is not. A file that cannot be read drafts
    /// nothing, and changes nothing.
    fn altered_since(&self, id: ModelId, cancel: &Cancel) -> Result<Option<Millis>> {
        let model = self.model(id)?;
        let Some(stamp) = files::stamp(&model.path) else { return Ok(None) };
        let now = self.now();
        let since = Some(Millis(stamp.changed_ms.min(now.0)));
        if stamp.bytes != model.facts.bytes {
            return Ok(since);
        }
        let seen = self.read(|c| storage::model::checked_stamp(c, id))?;
        if seen.as_deref() == Some(stamp.text().as_str()) {
            return Ok(since.filter(|_| model.is_altered()));
        }
        let sha256 = match library::hash(&model.path, cancel, &mut |_, _| ()) {
            Ok(sha256) => sha256,
            Err(Error::File { .. }) => return Ok(None),
            Err(e) => return Err(e),
        };
        let is_other = sha256 != model.facts.sha256;
        self.transact(|c, now, changes| {
            changes.models = is_other;
            storage::model::set_checked(c, id, &sha256, now)?;
            storage::model::set_checked_stamp(c, id, &stamp.text())
        })?;
        Ok(since.filter(|_| is_other))
    }
}

fn overdue_changed(c: &Conn, now: Millis, id: UseCaseId, overdue: u64, changes: &mut Changes) -> Result<()> {
    storage::use_case::set_overdue_told(c, id, overdue > 0)?;
    if overdue == 0 {
        return Ok(());
    }
    let words = match overdue {
        1 => "1 audit is overdue: a half of what would goes out alone".to_owned(),
        n => format!("{n} audits are overdue: one in {} of what would goes out alone", n.saturating_add(1)),
    };
    storage::event::insert(c, now, "rule", "audits_overdue", Some(id), None, Some(&words))?;
    changes.activity = true;
    notice::make(c, now, id, Kind::AuditsOverdue, &words, None, changes)
}

/// What gives a cause to lower a level at this moment.
fn due(c: &Conn, now: Millis, case: &UseCase, altered_since: Option<Millis>) -> Result<Option<Due>> {
    if case.level == Level::Crawl {
        return Ok(None);
    }
    if let Some(since) = altered_since
        && storage::level_move::newest_cause(c, case.id)? != Some(Cause::ModelChanged)
    {
        let draft = storage::draft::first_from(c, case.id, since)?;
        let why = "the file of the model is no longer the one that was chosen".to_owned();
        return Ok(Some(Due { cause: Cause::ModelChanged, why, change: Change { at: Some(since), item: None, draft: Some(draft) } }));
    }
    if let Some((item, draft, out, was_due)) = storage::audit::missing(c, case.id, now)? {
        let hours = (now.0 - was_due.0) / 3_600_000;
        let why = format!("an audit that was due {hours} hours ago has no verdict");
        let change = Change { at: Some(out), item: Some(item), draft: Some(draft) };
        return Ok(Some(Due { cause: Cause::AuditsMissing, why, change }));
    }
    Ok(storage::delivery::alone_failing_for(c, case.id, now, SINK_MAY_FAIL)?.map(|failing| Due {
        cause: Cause::SinkFailing,
        why: format!("what goes out alone could not be delivered for more than an hour: {}", failing.why),
        change: Change { at: Some(failing.since), item: Some(failing.item), draft: Some(failing.draft) },
    }))
}
