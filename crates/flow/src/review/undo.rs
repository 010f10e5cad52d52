//! What a person did at the desk, taken back and done again, any number back, also after a restart.
//!
//! Invariant: acts of a person in a use case are taken back newest first and done again in the order in which they were taken back; a new
//! one ends what could be done again. Nothing is taken back whose effect has left. A decision that is done again is a new row.

use super::decide::{escalate, skip, take};
use super::{Decided, Decision, Found, ItemView, LEASE, Verdict, claimable, view};
use crate::audit;
use crate::changes::Changes;
use crate::clock::Millis;
use crate::deliver;
use crate::desk::Desk;
use crate::error::{Error, Result};
use crate::evidence;
use crate::id::{ActId, DecisionId, DraftId, ItemId, PreferenceId, UseCaseId};
use crate::item::{self, Event, Item, State};
use crate::settings::Person;
use crate::storage::{self, Conn};
use crate::use_case::Level;
use crate::watch;
use std::time::Duration;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ActKind {
    Decide,
    /// Many at once.
    Bulk,
    Skip,
    Escalate,
    Compare,
    /// The verdict of a second look. It stands.
    Audit,
    /// Another text after one that is out. It stands.
    Correct,
}

impl ActKind {
    pub const ALL: [Self; 7] = [Self::Decide, Self::Bulk, Self::Skip, Self::Escalate, Self::Compare, Self::Audit, Self::Correct];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Decide => "decide",
            Self::Bulk => "bulk",
            Self::Skip => "skip",
            Self::Escalate => "escalate",
            Self::Compare => "compare",
            Self::Audit => "audit",
            Self::Correct => "correct",
        }
    }
}

/// One thing that a person did.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Act {
    pub id: ActId,
    pub use_case: UseCaseId,
    pub kind: ActKind,
    pub note: Option<String>,
    pub at: Millis,
    pub parts: Vec<Part>,
}

/// What an act did to an item.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Part {
    pub item: ItemId,
    pub decision: Option<DecisionId>,
    pub preference: Option<PreferenceId>,
    /// The draft that was to be judged then.
    pub draft: Option<DraftId>,
}

impl Part {
    pub(super) fn of(item: &Item) -> Self {
        Self { item: item.id, decision: None, preference: None, draft: item.draft }
    }
}

/// Whether an act can be taken back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MayUndo {
    Yes,
    /// Its text has left.
    Out,
    /// It is of a kind that stands.
    Stands,
}

/// What a person did, for a list of it.
#[derive(Debug, Clone, PartialEq)]
pub struct ActRow {
    pub id: ActId,
    pub kind: ActKind,
    /// Of decisions.
    pub verdict: Option<Verdict>,
    pub items: u32,
    /// The first of them, and its first words.
    pub item: ItemId,
    pub preview: String,
    pub at: Millis,
    /// Until when it can be taken back, where that ends.
    pub until: Option<Millis>,
    pub may: MayUndo,
}

/// What a person did last.
#[derive(Debug, Clone, PartialEq)]
pub struct Acts {
    /// Newest first.
    pub rows: Vec<ActRow>,
    /// How many were taken back and can be done again.
    pub undone: u32,
}

/// What was taken back.
#[derive(Debug, Clone, PartialEq)]
pub struct Undone {
    pub kind: ActKind,
    /// Of decisions.
    pub verdict: Option<Verdict>,
    pub items: Vec<ItemId>,
    /// How many of a bulk were left as they are: their texts are out.
    pub out: u32,
    /// The first of the items, claimed again.
    pub view: ItemView,
    /// How long it had been in view, and how it was come upon.
    pub viewed: Duration,
    pub found: Option<Found>,
}

/// What was done again.
#[derive(Debug, Clone, PartialEq)]
pub struct Redone {
    pub kind: ActKind,
    pub verdict: Option<Verdict>,
    pub items: Vec<ItemId>,
    /// How many of a bulk were left out: they changed meanwhile.
    pub left_out: u32,
    pub level_fell: Option<Level>,
}

/// Keeps what a person did; what they took back before is not done again.
pub(super) fn keep(
    c: &Conn,
    now: Millis,
    use_case: UseCaseId,
    kind: ActKind,
    note: Option<&str>,
    parts: &[Part],
    person: &Person,
) -> Result<()> {
    storage::act::forget_undone(c, use_case, &person.name)?;
    let act = storage::act::insert(c, use_case, &person.name, kind, note, now)?;
    parts.iter().try_for_each(|part| storage::act::put_part(c, act, part))
}

/// Keeps what stands and behind which nothing is taken back by going back.
pub(crate) fn wall(
    c: &Conn,
    now: Millis,
    use_case: UseCaseId,
    item: ItemId,
    decision: Option<DecisionId>,
    kind: ActKind,
    person: &Person,
) -> Result<()> {
    keep(c, now, use_case, kind, None, &[Part { item, decision, preference: None, draft: None }], person)
}

const STANDS: &str = ": the verdict of a second look stands, and what was decided before it is taken back on its own item";

impl Desk {
    /// Takes back the last thing that this person did in a use case and that stands, and claims its item again. What was typed is there
    /// again. What others have taken further since is passed over.
    ///
    /// # Errors
    /// [`Error::NothingToUndo`]; [`Error::AlreadyDelivered`] when the text is out or just going out; [`Error::Stale`] while another
    /// person holds the item.
    pub fn undo(&self, use_case: UseCaseId, person: &Person) -> Result<Undone> {
        self.transact(|c, now, changes| {
            let mut before = None;
            while let Some(act) = storage::act::newest_done(c, use_case, &person.name, before)? {
                if let Some(undone) = take_back(c, now, &act, person, changes)? {
                    return Ok(undone);
                }
                storage::act::gone(c, act.id)?;
                before = Some(act.id);
            }
            Err(Error::NothingToUndo { person: person.name.clone(), why: "" })
        })
    }

    /// Takes back this person's decision on an item, whatever they did after it; of a bulk only this one.
    ///
    /// # Errors
    /// Those of [`Desk::undo`].
    pub fn undo_on(&self, id: ItemId, person: &Person) -> Result<Undone> {
        self.transact(|c, now, changes| {
            let nothing = || Error::NothingToUndo { person: person.name.clone(), why: "" };
            let mut act = storage::act::done_on(c, id, &person.name)?.ok_or_else(nothing)?;
            if act.kind == ActKind::Bulk {
                let part = act.parts.iter().copied().find(|part| part.item == id).ok_or_else(nothing)?;
                storage::act::drop_part(c, act.id, id)?;
                act.id = storage::act::insert(c, act.use_case, &person.name, ActKind::Decide, None, act.at)?;
                storage::act::put_part(c, act.id, &part)?;
                act.kind = ActKind::Decide;
                act.parts = vec![part];
            }
            take_back(c, now, &act, person, changes)?.ok_or_else(nothing)
        })
    }

    /// Does again what this person took back last: a decision with the same content, where item and draft are as they were.
    ///
    /// # Errors
    /// [`Error::NothingToRedo`]; [`Error::Stale`] where the item is another person's now, or changed since.
    pub fn redo(&self, use_case: UseCaseId, person: &Person) -> Result<Redone> {
        self.transact(|c, now, changes| {
            let nothing = || Error::NothingToRedo { person: person.name.clone() };
            let act = storage::act::last_undone(c, use_case, &person.name)?.ok_or_else(nothing)?;
            let redone = do_again(c, now, &act, person, changes)?;
            storage::act::redone(c, act.id, now)?;
            evidence::keep_up_if_behind(c, now, use_case)?;
            Ok(redone)
        })
    }

    /// What this person did last in a use case, at most 50.
    ///
    /// # Errors
    /// Those of the database.
    pub fn acts(&self, use_case: UseCaseId, limit: u32, person: &Person) -> Result<Acts> {
        self.read(|c| {
            let rows = storage::act::recent(c, use_case, &person.name, deliver::hold(c)?, limit.min(50))?;
            Ok(Acts { rows, undone: storage::act::how_many_undone(c, use_case, &person.name)? })
        })
    }
}

/// Takes an act back; `None` where nothing of it stands any more.
fn take_back(c: &Conn, now: Millis, act: &Act, person: &Person, changes: &mut Changes) -> Result<Option<Undone>> {
    let mut out = Vec::new();
    let mut back = Vec::new();
    for part in &act.parts {
        match part_back(c, now, act, part, person, changes)? {
            Back::Taken => back.push(*part),
            Back::Gone => (),
            Back::Out(uid) => out.push(uid),
        }
    }
    let Some(first) = back.first() else {
        return match out.into_iter().next() {
            Some(item) => Err(Error::AlreadyDelivered { item }),
            None => Ok(None),
        };
    };
    for part in act.parts.iter().filter(|part| !back.contains(part)) {
        storage::act::drop_part(c, act.id, part.item)?;
    }
    storage::act::undone(c, act.id)?;
    storage::item::lease(c, first.item, &person.name, now.plus(LEASE))?;
    let (found, viewed, verdict) = match first.decision {
        Some(id) => {
            let (found, viewed) = storage::decision::looked(c, id)?;
            (found, viewed, Some(storage::decision::get(c, id)?.verdict))
        }
        None => (None, Duration::ZERO, None),
    };
    let (found, viewed) = if act.kind == ActKind::Bulk { (None, Duration::ZERO) } else { (found, viewed) };
    Ok(Some(Undone {
        kind: act.kind,
        verdict,
        items: back.iter().map(|part| part.item).collect(),
        out: u32::try_from(out.len()).unwrap_or(u32::MAX),
        view: view(c, first.item, person, now)?,
        viewed,
        found,
    }))
}

/// What came of taking back what an act did to an item.
enum Back {
    Taken,
    /// Others have taken it further.
    Gone,
    /// The text of the item with this id has left.
    Out(String),
}

fn part_back(c: &Conn, now: Millis, act: &Act, part: &Part, person: &Person, changes: &mut Changes) -> Result<Back> {
    let item = storage::item::get(c, part.item)?;
    match act.kind {
        ActKind::Audit => Err(Error::NothingToUndo { person: person.name.clone(), why: STANDS }),
        ActKind::Correct => Err(Error::AlreadyDelivered { item: item.uid }),
        ActKind::Decide | ActKind::Bulk => decision_back(c, now, act, part, item, person, changes),
        ActKind::Skip => {
            let audit = audit::of_item(c, item.id, &person.name)?;
            if !(is_open(&item) || audit.is_some()) || !storage::item::unskip(c, item.id, &person.name)? {
                return Ok(Back::Gone);
            }
            free(&item, person, now)?;
            told(c, now, &item, "skipped", person, changes)
        }
        ActKind::Escalate => {
            if item.state != State::Escalated {
                return Ok(Back::Gone);
            }
            free(&item, person, now)?;
            storage::item::set_state(c, &item, item::step(&item, Event::Undone)?)?;
            told(c, now, &item, "escalated", person, changes)
        }
        ActKind::Compare => {
            let standing = part.preference.map(|id| storage::preference::stands(c, id)).transpose()?;
            let (Some(id), Some(true), true) = (part.preference, standing, is_open(&item)) else { return Ok(Back::Gone) };
            free(&item, person, now)?;
            let said = storage::preference::get(c, id)?;
            storage::preference::undo(c, id, &person.name, now)?;
            if let Some(was) = said.was.filter(|_| item.draft == said.chosen()) {
                storage::item::judge_draft(c, item.id, was)?;
            }
            told(c, now, &item, "compared", person, changes)
        }
    }
}

fn is_open(item: &Item) -> bool {
    matches!(item.state, State::InReview | State::Escalated)
}

/// # Errors
/// [`Error::Stale`] while another person holds it.
fn free(item: &Item, person: &Person, now: Millis) -> Result<()> {
    match item.lease.as_ref().filter(|l| l.owner != person.name && l.until >= now) {
        Some(lease) => Err(Error::Stale { what: format!("item {}", item.uid), now: format!("{} holds it", lease.owner) }),
        None => Ok(()),
    }
}

fn told(c: &Conn, now: Millis, item: &Item, what: &str, person: &Person, changes: &mut Changes) -> Result<Back> {
    storage::event::insert(c, now, &person.name, "undone", Some(item.use_case), Some(item.id), Some(what))?;
    changes.item(item.id);
    Ok(Back::Taken)
}

fn decision_back(c: &Conn, now: Millis, act: &Act, part: &Part, item: Item, person: &Person, changes: &mut Changes) -> Result<Back> {
    let Some(id) = part.decision else { return Ok(Back::Gone) };
    if !storage::decision::stands(c, id)? {
        return Ok(Back::Gone);
    }
    let decision = storage::decision::get(c, id)?;
    // What a correction corrects is out.
    if item.state == State::Delivered || decision.corrects.is_some() || !storage::delivery::withdraw(c, id)? {
        return Ok(Back::Out(item.uid));
    }
    storage::decision::undo(c, id, &person.name, now)?;
    audit::dropped(c, now, id)?;
    watch::untell(c, now, act.use_case, id, changes)?;
    storage::item::set_state(c, &item, item::step(&item, Event::Undone)?)?;
    if let Some(text) = &decision.text {
        storage::typed::set(c, item.id, &person.name, text, now)?;
    }
    changes.levels = true;
    told(c, now, &item, decision.verdict.as_str(), person, changes)
}

/// Does an act again.
fn do_again(c: &Conn, now: Millis, act: &Act, person: &Person, changes: &mut Changes) -> Result<Redone> {
    let mut redone = Redone { kind: act.kind, verdict: None, items: Vec::new(), left_out: 0, level_fell: None };
    let mut refused = None;
    for part in &act.parts {
        match part_again(c, now, act, part, person, changes) {
            Ok(decided) => {
                redone.items.push(part.item);
                if let Some(decided) = decided {
                    redone.verdict = Some(decided.decision.verdict);
                    redone.level_fell = decided.level_fell.or(redone.level_fell);
                }
            }
            Err(e @ Error::Stale { .. }) if act.kind == ActKind::Bulk => {
                storage::act::drop_part(c, act.id, part.item)?;
                redone.left_out += 1;
                refused.get_or_insert(e);
            }
            Err(e) => return Err(e),
        }
    }
    match refused {
        Some(e) if redone.items.is_empty() => Err(e),
        Some(_) | None => Ok(redone),
    }
}

fn part_again(c: &Conn, now: Millis, act: &Act, part: &Part, person: &Person, changes: &mut Changes) -> Result<Option<Decided>> {
    let item = again(c, now, part, person)?;
    match act.kind {
        ActKind::Decide | ActKind::Bulk => {
            let id = part.decision.ok_or_else(|| Error::Storage("a decision that was taken back has an id".into()))?;
            let old = storage::decision::get(c, id)?;
            as_it_was(c, &item, part, &old, person)?;
            let (found, viewed) = storage::decision::looked(c, id)?;
            let case = storage::use_case::get(c, item.use_case)?;
            let decision = Decision { id: DecisionId(0), at: now, epoch: 0, charter: 0, ..old };
            let decided = take(c, now, &case, &item, decision, viewed, found, changes)?;
            storage::act::put_part(c, act.id, &Part { decision: Some(decided.decision.id), ..*part })?;
            Ok(Some(decided))
        }
        ActKind::Skip => skip(c, now, &item, person, changes).map(|()| None),
        ActKind::Escalate => escalate(c, now, &item, act.note.as_deref().unwrap_or_default(), person, changes).map(|()| None),
        ActKind::Compare => {
            let id = part.preference.ok_or_else(|| Error::Storage("a comparison that was taken back has an id".into()))?;
            let old = storage::preference::get(c, id)?;
            let id = super::compare::keep(c, now, &item, old, changes)?;
            storage::act::put_part(c, act.id, &Part { preference: Some(id), ..*part })?;
            Ok(None)
        }
        ActKind::Audit | ActKind::Correct => Err(Error::NothingToRedo { person: person.name.clone() }),
    }
}

/// Claims the item of something that is done again.
fn again(c: &Conn, now: Millis, part: &Part, person: &Person) -> Result<Item> {
    let item = storage::item::get(c, part.item)?;
    free(&item, person, now)?;
    let audit = audit::of_item(c, item.id, &person.name)?;
    if !claimable(&item, audit.as_ref(), person, now) {
        let now = format!("it is {}", item.state.as_str().replace('_', " "));
        return Err(Error::Stale { what: format!("item {}", item.uid), now });
    }
    storage::item::lease(c, item.id, &person.name, now.plus(LEASE))?;
    storage::item::get(c, item.id)
}

/// The item has the draft that it had, and no other words were typed on it.
fn as_it_was(c: &Conn, item: &Item, part: &Part, old: &Decision, person: &Person) -> Result<()> {
    let changed = |now: &str| Err(Error::Stale { what: format!("item {}", item.uid), now: now.to_owned() });
    if item.draft != part.draft {
        return changed("it has another draft since; decide it anew");
    }
    let typed = storage::typed::get(c, item.id, &person.name)?;
    match (typed, &old.text) {
        (None, _) => Ok(()),
        (Some(typed), Some(text)) if typed == *text => Ok(()),
        (Some(typed), None) if typed == storage::draft::get(c, old.draft)?.text => Ok(()),
        (Some(_), _) => changed("other words were typed on it since; decide it anew"),
    }
}
