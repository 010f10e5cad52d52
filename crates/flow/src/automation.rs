//! Levels: who moves them, and the numbers a move rested on. A raise needs [`evidence`]; the rule lowers a level for a [`Cause`].
//!
//! Invariant: only a person raises a level, with evidence or, marked for ever, in spite of it; the rule lowers it by one step, and
//! every move stores its evidence. What was to go out alone and has not left waits for a person when a person lowers the level, unless the
//! new level lets it go too, and always when the rule does. A fall stores what went out alone since it got worse, and begins an epoch.

use crate::changes::Changes;
use crate::clock::Millis;
use crate::desk::Desk;
use crate::error::{Error, Result};
use crate::evidence::{self, StepEvidence};
use crate::id::{DraftId, ItemId, LevelMoveId, UseCaseId};
use crate::item::{self, Event};
use crate::notice::{self, Kind};
use crate::review::MadeBy;
use crate::settings::Person;
use crate::storage::{self, Conn};
use crate::use_case::{Audience, Level, UseCase};
use crate::{audit, epoch, report, route, watch};
use serde::{Deserialize, Serialize};

/// Decisions by people on the drafter version that drafts now, at one moment, for display.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
pub struct Evidence {
    pub decided: i64,
    /// Approved unedited.
    pub approved: i64,
    pub edited: i64,
    pub rejected: i64,
}

impl Evidence {
    /// Approved unedited ÷ decided by a person; `None` with no decision.
    pub fn acceptance(&self) -> Option<f64> {
        (self.decided > 0).then(|| self.approved as f64 / self.decided as f64)
    }
}

/// Why the rule lowers a level.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Cause {
    /// The detector says that more of what goes out alone is bad.
    Drift,
    /// An audit has had no verdict for twice the time it has.
    AuditsMissing,
    /// What goes out alone has not been delivered for an hour.
    SinkFailing,
    /// The model's file is no longer what the drafter version names.
    ModelChanged,
}

impl Cause {
    pub const ALL: [Self; 4] = [Self::Drift, Self::AuditsMissing, Self::SinkFailing, Self::ModelChanged];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Drift => "drift",
            Self::AuditsMissing => "audits_missing",
            Self::SinkFailing => "sink_failing",
            Self::ModelChanged => "model_changed",
        }
    }

    /// Under which name people are told of it.
    fn kind(self) -> Kind {
        match self {
            Self::Drift | Self::AuditsMissing => Kind::Fell,
            Self::SinkFailing => Kind::SinkFailing,
            Self::ModelChanged => Kind::ModelChanged,
        }
    }
}

/// Since when it is worse, by an estimate; `None` where nothing tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Change {
    pub at: Option<Millis>,
    pub item: Option<ItemId>,
    /// What went out alone from this draft on is what to look at; all of the use case's without one.
    pub draft: Option<DraftId>,
}

/// A change of level, with what it rested on.
#[derive(Debug, Clone, PartialEq)]
pub struct LevelMove {
    pub id: LevelMoveId,
    pub at: Millis,
    pub from: Level,
    pub to: Level,
    /// `Policy` here is the rule.
    pub by: MadeBy,
    pub actor: String,
    pub reason: String,
    pub evidence: Evidence,
    /// A raise: the evidence of each step that it took. Empty in moves from before evidence was asked for.
    pub steps: Vec<StepEvidence>,
    /// An admin raised without asking the evidence.
    pub overridden: bool,
    /// Of a fall by the rule: why, since when by an estimate and with which item, and what went out alone since.
    pub cause: Option<Cause>,
    pub changed_at: Option<Millis>,
    pub changed_item: Option<ItemId>,
    pub out_since: Vec<ItemId>,
}

/// What a later look said of an item that went out alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Audited {
    Clean,
    Bad,
    /// It has no verdict yet.
    Open,
}

/// An item that went out alone since it got worse.
#[derive(Debug, Clone, PartialEq)]
pub struct OutSince {
    pub item: ItemId,
    pub uid: String,
    pub preview: String,
    /// When policy approved it.
    pub at: Millis,
    /// `None` where it was not drawn for an audit.
    pub audited: Option<Audited>,
}

impl Desk {
    /// Moves a level, with a reason and the numbers of the moment. Anyone may lower; only an admin raises, and only where the
    /// evidence of each step allows it.
    ///
    /// # Errors
    /// [`Error::Invalid`] where it stands there already, a raise has no reason, or evidence is missing (it says which);
    /// [`Error::NotAllowed`].
    pub fn move_level(&self, id: UseCaseId, to: Level, reason: &str, person: &Person) -> Result<()> {
        self.transact(|c, now, changes| {
            let case = storage::use_case::get(c, id)?;
            if to == case.level {
                return Err(Error::invalid("level", to.as_str(), "another level than the present one"));
            }
            if to > case.level {
                may_raise(person, reason)?;
            }
            let steps = evidence::of_raise(c, now, &case, to)?;
            if let Some(refusal) = steps.iter().find_map(StepEvidence::refusal) {
                return Err(refusal);
            }
            shift_by(c, now, &case, to, reason, person, Grounds { steps, overridden: false }, changes)
        })
    }

    /// Raises a level whatever the evidence says. The move is marked for ever, and stores the evidence that it went without.
    ///
    /// # Errors
    /// [`Error::NotAllowed`] for reviewers; [`Error::Invalid`] without a reason, or where it is no raise.
    pub fn override_level(&self, id: UseCaseId, to: Level, reason: &str, person: &Person) -> Result<()> {
        may_raise(person, reason)?;
        self.transact(|c, now, changes| {
            let case = storage::use_case::get(c, id)?;
            if to <= case.level {
                return Err(Error::invalid("level", to.as_str(), "a higher level than the present one"));
            }
            let steps = evidence::of_raise(c, now, &case, to)?;
            shift_by(c, now, &case, to, reason, person, Grounds { steps, overridden: true }, changes)
        })
    }

    /// All moves, newest first.
    ///
    /// # Errors
    /// Those of the database.
    pub fn level_moves(&self, id: UseCaseId) -> Result<Vec<LevelMove>> {
        self.read(|c| storage::level_move::list(c, id))
    }

    /// What went out alone between the estimated change and a fall, in the order of submission.
    ///
    /// # Errors
    /// [`Error::NotFound`].
    pub fn move_out_since(&self, id: LevelMoveId) -> Result<Vec<OutSince>> {
        self.read(|c| storage::level_move::out_since(c, id))
    }
}

fn may_raise(person: &Person, reason: &str) -> Result<()> {
    person.must_be_admin("raise a level")?;
    if reason.trim().is_empty() {
        return Err(Error::invalid("reason", "nothing", "why the level is raised"));
    }
    Ok(())
}

/// What a person's move rests on.
struct Grounds {
    steps: Vec<StepEvidence>,
    overridden: bool,
}

#[expect(clippy::too_many_arguments, reason = "what a person asks for, and the transaction that it is done in")]
fn shift_by(
    c: &Conn,
    now: Millis,
    case: &UseCase,
    to: Level,
    reason: &str,
    person: &Person,
    grounds: Grounds,
    changes: &mut Changes,
) -> Result<()> {
    let kind = if to > case.level { "level_raised" } else { "level_lowered" };
    let step = LevelMove {
        id: LevelMoveId(0),
        at: now,
        from: case.level,
        to,
        by: MadeBy::Person,
        actor: person.name.clone(),
        reason: reason.trim().to_owned(),
        evidence: storage::decision::evidence(c, case)?,
        steps: grounds.steps,
        overridden: grounds.overridden,
        cause: None,
        changed_at: None,
        changed_item: None,
        out_since: Vec::new(),
    };
    shift(c, now, case, &step, kind, changes)?;
    if to < case.level {
        take_back(c, now, case, &step.actor, to, |audience| route::forbidden(to, audience).is_some(), changes)
    } else {
        Ok(())
    }
}

/// Lowers a level by one step for a cause, in the transaction in which it was found: takes back what has not left, keeps what did leave since
/// it got worse, begins an epoch, and tells people. Nothing happens at crawl. Gives the level that it fell to.
pub(crate) fn fall(
    c: &Conn,
    now: Millis,
    case: &UseCase,
    cause: Cause,
    why: &str,
    change: &Change,
    changes: &mut Changes,
) -> Result<Option<Level>> {
    let Some(to) = case.level.lower() else { return Ok(None) };
    take_back(c, now, case, RULE, to, |_| true, changes)?;
    let step = LevelMove {
        id: LevelMoveId(0),
        at: now,
        from: case.level,
        to,
        by: MadeBy::Policy,
        actor: RULE.into(),
        reason: why.to_owned(),
        evidence: storage::decision::evidence(c, case)?,
        steps: Vec::new(),
        overridden: false,
        cause: Some(cause),
        changed_at: change.at,
        changed_item: change.item,
        out_since: storage::decision::out_alone_since(c, case.id, change.draft)?,
    };
    let id = shift(c, now, case, &step, "level_fell", changes)?;
    storage::use_case::fell(c, case.id)?;
    epoch::renew(c, now, changes, RULE, case.id)?;
    let words = format!("the level fell from {} to {}: {why}", case.level.as_str(), to.as_str());
    notice::make(c, now, case.id, cause.kind(), &words, Some(id), changes)?;
    Ok(Some(to))
}

const RULE: &str = "rule";

fn shift(c: &Conn, now: Millis, case: &UseCase, step: &LevelMove, kind: &str, changes: &mut Changes) -> Result<LevelMoveId> {
    let stood = report::stands(c, now, case.id)?;
    storage::use_case::set_level(c, case.id, step.from, step.to, now)?;
    let id = storage::level_move::insert(c, case.id, step, &stood)?;
    watch::moved(c, now, case.id, step.to > step.from)?;
    let mark = if step.overridden { ", whatever the evidence says" } else { "" };
    let detail = format!("{} → {}{mark}: {}", step.from.as_str(), step.to.as_str(), step.reason);
    storage::event::insert(c, now, &step.actor, kind, Some(case.id), None, Some(&detail))?;
    changes.levels = true;
    changes.use_cases = true;
    changes.activity = true;
    Ok(id)
}

/// Gives what policy approved for these audiences, and what has not left, back to people.
fn take_back(
    c: &Conn,
    now: Millis,
    case: &UseCase,
    actor: &str,
    to: Level,
    concerns: impl Fn(Audience) -> bool,
    changes: &mut Changes,
) -> Result<()> {
    for decision in storage::decision::waiting_by_policy(c, case.id)? {
        let item = storage::item::get(c, decision.item)?;
        // What is just being sent is out, as far as anyone knows.
        if !concerns(item.audience) || !storage::delivery::withdraw(c, decision.id)? {
            continue;
        }
        storage::decision::undo(c, decision.id, actor, now)?;
        audit::dropped(c, now, decision.id)?;
        storage::item::set_state(c, &item, item::step(&item, Event::Undone)?)?;
        let detail = format!("not sent: the level fell to {}", to.as_str());
        storage::event::insert(c, now, actor, "undone", Some(case.id), Some(item.id), Some(&detail))?;
        changes.item(item.id);
    }
    Ok(())
}
