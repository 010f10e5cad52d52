//! Levels: who moves them, and the numbers a move rested on. A raise needs [`evidence`]; a floor under recent acceptance lowers
//! the level.
//!
//! Invariant: only a person raises a level, with evidence or, marked for ever, in spite of it; the rule lowers it by one step, and
//! every move stores its evidence. What was to go out alone and has not left when the level falls waits for a person, unless the
//! new level lets it go too.

use crate::changes::Changes;
use crate::clock::Millis;
use crate::desk::Desk;
use crate::error::{Error, Result};
use crate::evidence::{self, StepEvidence};
use crate::id::UseCaseId;
use crate::item::{self, Event};
use crate::review::MadeBy;
use crate::route;
use crate::settings::Person;
use crate::storage::{self, Conn};
use crate::use_case::{Level, UseCase};
use serde::{Deserialize, Serialize};

/// The rule looks at this many of the newest judged confident drafts …
pub const WINDOW: i64 = 30;
/// … and stays silent under this many.
pub const NEEDED: i64 = 10;

/// Decisions by people on the drafter version that drafts now, at one moment: counts for display and for the fall.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
pub struct Evidence {
    pub decided: i64,
    /// Approved unedited.
    pub approved: i64,
    pub edited: i64,
    pub rejected: i64,
    /// Among the newest [`WINDOW`] confident drafts that a person judged since the level was last moved.
    pub recent_decided: i64,
    pub recent_accepted: i64,
}

impl Evidence {
    /// Approved unedited ÷ decided by a person; `None` with no decision.
    pub fn acceptance(&self) -> Option<f64> {
        (self.decided > 0).then(|| self.approved as f64 / self.decided as f64)
    }
}

/// A change of level, with what it rested on.
#[derive(Debug, Clone, PartialEq)]
pub struct LevelMove {
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
}

/// Whether the level must fall: enough confident drafts were judged lately, and too few of them were accepted.
pub fn falls(level: Level, floor: f64, evidence: &Evidence) -> Option<Level> {
    let under = (evidence.recent_accepted as f64) < floor * evidence.recent_decided as f64;
    level.lower().filter(|_| evidence.recent_decided >= NEEDED && under)
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
        at: now,
        from: case.level,
        to,
        by: MadeBy::Person,
        actor: person.name.clone(),
        reason: reason.trim().to_owned(),
        evidence: storage::decision::evidence(c, case, WINDOW)?,
        steps: grounds.steps,
        overridden: grounds.overridden,
    };
    shift(c, now, case, &step, kind, changes)
}

/// Lowers the level where the rule says so; called in the transaction of each decision.
pub(crate) fn fall_if_due(c: &Conn, now: Millis, case: &UseCase, changes: &mut Changes) -> Result<Option<Level>> {
    changes.levels = true;
    if case.level == Level::Crawl {
        return Ok(None);
    }
    let evidence = storage::decision::evidence(c, case, WINDOW)?;
    let Some(to) = falls(case.level, case.input.floor, &evidence) else { return Ok(None) };
    let reason = format!(
        "{} of the last {} confident drafts were accepted; the floor is {:.0} %",
        evidence.recent_accepted,
        evidence.recent_decided,
        case.input.floor * 100.0
    );
    let step = LevelMove {
        at: now,
        from: case.level,
        to,
        by: MadeBy::Policy,
        actor: "rule".into(),
        reason,
        evidence,
        steps: Vec::new(),
        overridden: false,
    };
    shift(c, now, case, &step, "level_fell", changes)?;
    Ok(Some(to))
}

fn shift(c: &Conn, now: Millis, case: &UseCase, step: &LevelMove, kind: &str, changes: &mut Changes) -> Result<()> {
    storage::use_case::set_level(c, case.id, step.from, step.to, now)?;
    storage::level_move::insert(c, case.id, step)?;
    let mark = if step.overridden { ", whatever the evidence says" } else { "" };
    let detail = format!("{} → {}{mark}: {}", step.from.as_str(), step.to.as_str(), step.reason);
    storage::event::insert(c, now, &step.actor, kind, Some(case.id), None, Some(&detail))?;
    changes.levels = true;
    changes.use_cases = true;
    changes.activity = true;
    if step.to < step.from { take_back(c, now, case, step, changes) } else { Ok(()) }
}

/// Gives what policy approved, and what has not left, back to people.
fn take_back(c: &Conn, now: Millis, case: &UseCase, step: &LevelMove, changes: &mut Changes) -> Result<()> {
    for decision in storage::decision::waiting_by_policy(c, case.id)? {
        let item = storage::item::get(c, decision.item)?;
        // What is just being sent is out, as far as anyone knows.
        if route::forbidden(step.to, item.audience).is_none() || !storage::delivery::withdraw(c, decision.id)? {
            continue;
        }
        storage::decision::undo(c, decision.id, &step.actor, now)?;
        storage::item::set_state(c, &item, item::step(&item, Event::Undone)?)?;
        let detail = format!("not sent: the level fell to {}", step.to.as_str());
        storage::event::insert(c, now, &step.actor, "undone", Some(case.id), Some(item.id), Some(&detail))?;
        changes.item(item.id);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(level: Level, decided: i64, accepted: i64, expected: Option<Level>) {
        let evidence = Evidence { recent_decided: decided, recent_accepted: accepted, ..Evidence::default() };
        assert_eq!(falls(level, 0.9, &evidence), expected, "{level:?}: {accepted} of {decided}");
    }

    #[test]
    fn the_rule_lowers_one_step_and_needs_enough_to_go_by() {
        check(Level::Run, 9, 0, None);
        check(Level::Run, 10, 8, Some(Level::Walk));
        check(Level::Run, 10, 9, None);
        check(Level::Walk, 30, 26, Some(Level::Crawl));
        check(Level::Crawl, 30, 0, None);
    }
}
