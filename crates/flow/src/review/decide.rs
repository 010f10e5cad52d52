//! What ends a person's work on an item: the decision, skipping, escalating.
//!
//! Invariant: only the holder of the newest claim does it, and each is an act that can be taken back as long as its effect has not left.

use super::undo::{self, ActKind, Part};
use super::{Decided, Decision, DecisionInput, Found, MOST_TYPED, MadeBy, Verdict, held, held_or_audited};
use crate::audit;
use crate::changes::Changes;
use crate::clock::Millis;
use crate::deliver;
use crate::desk::Desk;
use crate::draft::Draft;
use crate::error::{Error, Result};
use crate::evidence;
use crate::id::{DecisionId, DraftId, ItemId};
use crate::item::{self, Event, Item, State};
use crate::re_review;
use crate::route::Check;
use crate::seeded;
use crate::settings::Person;
use crate::storage::{self, Conn};
use crate::use_case::UseCase;
use crate::watch;
use std::time::Duration;

impl Desk {
    /// Takes a decision. Its text waits for the time to take it back and then goes out. On an item that this person audits it is the
    /// audit's verdict instead, and nothing goes out.
    ///
    /// # Errors
    /// [`Error::Stale`] where the claim is lost or the draft is another item's; [`Error::Invalid`] where an edit has no
    /// text, what would go out does not have the form of an output, or a reason is not the use case's.
    pub fn decide(&self, input: &DecisionInput, person: &Person) -> Result<Decided> {
        self.transact(|c, now, changes| {
            let (item, audit) = held_or_audited(c, input.item, &person.name, input.epoch)?;
            if audit.is_none() && item.state == State::Escalated {
                person.must_be_admin("decide what was escalated")?;
            }
            let case = storage::use_case::get(c, item.use_case)?;
            let draft = storage::draft::get(c, input.draft)?;
            if draft.item != item.id {
                return Err(Error::invalid("draft", input.draft, format!("a draft of item {}", item.uid)));
            }
            if audit.as_ref().is_some_and(|open| open.draft != draft.id) {
                return Err(Error::invalid("draft", input.draft, "the draft that is audited"));
            }
            let decision = said(now, &case, &draft, input, person)?;
            if let Some(open) = audit {
                // What it approves is out; what it writes instead may follow.
                decision.text.as_deref().map_or(Ok(()), |text| case.input.output.must_fit(text))?;
                let words = in_words(&case, &decision);
                let decided = audit::judge(c, now, &case, &item, &open, decision, input.viewed, person, words.as_deref(), changes)?;
                undo::wall(c, now, item.use_case, item.id, None, ActKind::Audit, person)?;
                return Ok(decided);
            }
            let decided = take(c, now, &case, &item, decision, input.viewed, Some(input.found), changes)?;
            if decided.seeded.is_some() {
                // That decision stands: its answer was told.
                storage::act::forget_undone(c, item.use_case, &person.name)?;
                return Ok(decided);
            }
            let part = Part { decision: Some(decided.decision.id), ..Part::of(&item) };
            undo::keep(c, now, item.use_case, ActKind::Decide, None, &[part], person)?;
            evidence::keep_up_if_behind(c, now, item.use_case)?;
            Ok(decided)
        })
    }

    /// Back to the queue, but not to this person.
    ///
    /// # Errors
    /// [`Error::Stale`].
    pub fn skip(&self, id: ItemId, epoch: i64, person: &Person) -> Result<()> {
        self.transact(|c, now, changes| {
            let (item, _) = held_or_audited(c, id, &person.name, epoch)?;
            skip(c, now, &item, person, changes)?;
            undo::keep(c, now, item.use_case, ActKind::Skip, None, &[Part::of(&item)], person)
        })
    }

    /// To an admin, with a note.
    ///
    /// # Errors
    /// [`Error::Stale`]; [`Error::Invalid`] without a note.
    pub fn escalate(&self, id: ItemId, epoch: i64, note: &str, person: &Person) -> Result<()> {
        let note = note.trim();
        if note.is_empty() {
            return Err(Error::invalid("note", "nothing", "a word on why an admin should look"));
        }
        self.transact(|c, now, changes| {
            let item = held(c, id, &person.name, epoch)?;
            escalate(c, now, &item, note, person, changes)?;
            undo::keep(c, now, item.use_case, ActKind::Escalate, Some(note), &[Part::of(&item)], person)
        })
    }
}

/// The item is held by this person, or is lent to them for an audit.
pub(super) fn skip(c: &Conn, now: Millis, item: &Item, person: &Person, changes: &mut Changes) -> Result<()> {
    storage::item::skip(c, item.id, &person.name, now)?;
    storage::item::release(c, item.id, item.lease_epoch)?;
    storage::event::insert(c, now, &person.name, "skipped", Some(item.use_case), Some(item.id), None)?;
    changes.item(item.id);
    Ok(())
}

pub(super) fn escalate(c: &Conn, now: Millis, item: &Item, note: &str, person: &Person, changes: &mut Changes) -> Result<()> {
    storage::item::set_state(c, item, item::step(item, Event::Escalated)?)?;
    storage::event::insert(c, now, &person.name, "escalated", Some(item.use_case), Some(item.id), Some(note))?;
    changes.item(item.id);
    Ok(())
}

/// Whether these are reasons of the use case.
pub(super) fn check_reasons(case: &UseCase, reasons: &[String]) -> Result<()> {
    match reasons.iter().find(|code| !case.input.reasons.iter().any(|r| r.code == **code)) {
        Some(unknown) => Err(Error::invalid("reason", format!("{unknown:?}"), "a reason of this use case")),
        None => Ok(()),
    }
}

/// What a person says of a draft, in the shape of a decision.
fn said(now: Millis, case: &UseCase, draft: &Draft, input: &DecisionInput, person: &Person) -> Result<Decision> {
    check_reasons(case, &input.reasons)?;
    // The text decides what the verdict is: an edit that changed nothing is an approval.
    let (verdict, text) = match (input.verdict, &input.text) {
        (Verdict::Approve, _) => (Verdict::Approve, None),
        (Verdict::Edit, Some(text)) if *text == draft.text => (Verdict::Approve, None),
        (Verdict::Edit, Some(text)) if !text.trim().is_empty() && text.len() <= MOST_TYPED => (Verdict::Edit, Some(text.clone())),
        (Verdict::Edit, _) => return Err(Error::invalid("text", "nothing", "the edited text, 1 MiB at most")),
        (Verdict::Reject, _) => (Verdict::Reject, None),
    };
    let edit_distance = text.as_deref().map_or(0.0, |text| case.input.output.kind().distance(&draft.text, text));
    Ok(Decision {
        id: DecisionId(0),
        item: draft.item,
        draft: draft.id,
        made_by: MadeBy::Person,
        actor: person.name.clone(),
        verdict,
        text,
        reasons: input.reasons.clone(),
        note: input.note.clone().filter(|n| !n.trim().is_empty()),
        edit_distance,
        at: now,
        epoch: 0,
        charter: 0,
        corrects: None,
    })
}

/// Keeps a person's decision on an item that they hold, and sets going what follows from it.
#[expect(clippy::too_many_arguments, reason = "what a person says, and the transaction that it is kept in")]
pub(super) fn take(
    c: &Conn,
    now: Millis,
    case: &UseCase,
    item: &Item,
    decision: Decision,
    viewed: Duration,
    found: Option<Found>,
    changes: &mut Changes,
) -> Result<Decided> {
    let words = in_words(case, &decision);
    let known_bad = storage::seeded::get(c, item.id)?;
    // Nothing goes out without the form of an output, whoever says so; what is known to be bad goes nowhere.
    if known_bad.is_none() && decision.verdict != Verdict::Reject {
        match &decision.text {
            Some(text) => case.input.output.must_fit(text)?,
            None => case.input.output.must_fit(&storage::draft::get(c, decision.draft)?.text)?,
        }
    }
    let id = storage::decision::insert(c, &decision, item, case.level, viewed, found)?;
    let (event, kind) = match decision.verdict {
        Verdict::Approve => (Event::Approved, "approved"),
        Verdict::Edit => (Event::Approved, "edited"),
        Verdict::Reject => (Event::Rejected, "rejected"),
    };
    // Whatever is said of a known-bad item, it goes nowhere.
    let event = if known_bad.is_some() { Event::Rejected } else { event };
    storage::item::set_state(c, item, item::step(item, event)?)?;
    if event == Event::Approved {
        deliver::enqueue(c, now, item, id)?;
    }
    storage::typed::clear(c, item.id, &decision.actor)?;
    storage::event::insert(c, now, &decision.actor, kind, Some(item.use_case), Some(item.id), words.as_deref())?;
    changes.item(item.id);
    changes.levels = true;
    let decision = storage::decision::get(c, id)?;
    if let Some(known_bad) = known_bad {
        let caught = seeded::decided(c, now, item, &known_bad, &decision)?;
        return Ok(Decided { decision, audit: None, level_fell: None, seeded: Some(caught) });
    }
    re_review::drawn(c, now, item, &decision, changes)?;
    let level_fell = watch::decided(c, now, case, item, &decision, viewed, changes)?;
    Ok(Decided { decision, audit: None, level_fell, seeded: None })
}

/// Reasons and note of a verdict in a line, for the ledger.
fn in_words(case: &UseCase, decision: &Decision) -> Option<String> {
    let reasons = case.input.reasons.iter().filter(|r| decision.reasons.contains(&r.code)).map(|r| r.label.as_str());
    let said: Vec<&str> = reasons.chain(decision.note.as_deref()).collect();
    (!said.is_empty()).then(|| said.join("; "))
}

/// The decision by which a confident draft goes out alone, and the audit that it was drawn for.
pub(crate) fn approve_by_policy(
    c: &Conn,
    now: Millis,
    item: &Item,
    draft: DraftId,
    case: &UseCase,
    check: Option<Check>,
) -> Result<DecisionId> {
    let decision = Decision {
        id: DecisionId(0),
        item: item.id,
        draft,
        made_by: MadeBy::Policy,
        actor: format!("policy: {}", case.level.as_str()),
        verdict: Verdict::Approve,
        text: None,
        reasons: Vec::new(),
        note: None,
        edit_distance: 0.0,
        at: now,
        epoch: 0,
        charter: 0,
        corrects: None,
    };
    let id = storage::decision::insert(c, &decision, item, case.level, Duration::ZERO, None)?;
    if let Some(check) = check.filter(|check| check.drawn) {
        audit::drawn(c, now, item, id, check.probability)?;
    }
    storage::item::set_state(c, item, item::step(item, Event::Approved)?)?;
    storage::event::insert(c, now, &decision.actor, "auto_approved", Some(item.use_case), Some(item.id), None)?;
    Ok(id)
}
