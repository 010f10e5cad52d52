//! Corrections: another text after one that is out.
//!
//! Invariant: what is out stays in the ledger; a correction is a new decision that names the one it corrects, and its text goes where the
//! wrong one went, under the wrong one's id. It cannot be taken back, for the item has been out since its first text.

use crate::audit::Open;
use crate::clock::Millis;
use crate::desk::Desk;
use crate::error::{Error, Result};
use crate::id::{DecisionId, ItemId};
use crate::item::{self, Event, Item};
use crate::review::{self, ActKind, Decision, Found, MadeBy, Order, Verdict, may_be_kept};
use crate::settings::Person;
use crate::storage::{self, Conn};
use std::time::Duration;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum State {
    /// Offered.
    Open,
    Sent,
    /// Left as it is, by a person.
    Dismissed,
}

impl State {
    pub const ALL: [Self; 3] = [Self::Open, Self::Sent, Self::Dismissed];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Sent => "sent",
            Self::Dismissed => "dismissed",
        }
    }
}

/// Offers a correction of what an audit found bad, unless one is offered already. `text` is what the auditor wrote in its place.
pub(crate) fn open(c: &Conn, now: Millis, item: &Item, audit: &Open, text: Option<&str>) -> Result<()> {
    // Somebody may have corrected it before the auditor came to it.
    let out = storage::decision::standing(c, item.id)?;
    if out.is_none_or(|decision| decision.id != audit.decision) {
        return Ok(());
    }
    storage::correction::insert_open(c, item.id, audit.decision, audit.task.id, text, now)
}

impl Desk {
    /// Sends another text after one that is out, through the sinks that the first one went to. Needs no audit and no offer.
    ///
    /// # Errors
    /// [`Error::Stale`] where the item's text is not out; [`Error::Invalid`] where the text is empty, the one that is out, or does not have the form
    /// of an output.
    pub fn correct(&self, id: ItemId, text: &str, note: Option<&str>, person: &Person) -> Result<Decision> {
        may_be_kept(text)?;
        self.transact(|c, now, changes| {
            let item = storage::item::get(c, id)?;
            let corrected = item::step(&item, Event::Corrected)?;
            let stale = || Error::Stale { what: format!("item {}", item.uid), now: "no decision stands for it".into() };
            let out = storage::decision::standing(c, id)?.ok_or_else(stale)?;
            let draft = storage::draft::get(c, out.draft)?;
            if text == out.text.as_deref().unwrap_or(&draft.text) {
                return Err(Error::invalid("text", "the text that is out", "another one"));
            }
            let case = storage::use_case::get(c, item.use_case)?;
            case.input.output.must_fit(text)?;
            let decision = Decision {
                id: DecisionId(0),
                item: id,
                draft: out.draft,
                made_by: MadeBy::Person,
                actor: person.name.clone(),
                verdict: Verdict::Edit,
                text: Some(text.to_owned()),
                reasons: Vec::new(),
                note: said(note),
                edit_distance: case.input.output.kind().distance(&draft.text, text),
                at: now,
                epoch: 0,
                charter: 0,
                corrects: Some(out.id),
            };
            storage::decision::undo(c, out.id, &person.name, now)?;
            // An acceptance is no evidence: whoever corrects has chosen what to look at.
            let found = Found { picked: true, ..Found::next(Order::Oldest) };
            let decision = storage::decision::insert(c, &decision, &item, case.level, Duration::ZERO, Some(found))?;
            storage::item::set_state(c, &item, corrected)?;
            storage::delivery::insert_for_correction(c, decision, out.id, now)?;
            review::wall(c, now, case.id, id, Some(decision), ActKind::Correct, person)?;
            storage::correction::sent(c, id, out.id, text, &person.name, said(note).as_deref(), now)?;
            storage::event::insert(c, now, &person.name, "corrected", Some(case.id), Some(id), said(note).as_deref())?;
            changes.item(id);
            changes.levels = true;
            storage::decision::get(c, decision)
        })
    }

    /// Leaves what is out as it is, though an audit found it bad.
    ///
    /// # Errors
    /// [`Error::Invalid`] without a note; [`Error::Stale`] where no correction is offered.
    pub fn dismiss_correction(&self, id: ItemId, note: &str, person: &Person) -> Result<()> {
        let note = said(Some(note)).ok_or_else(|| Error::invalid("note", "nothing", "why what is out stays as it is"))?;
        self.transact(|c, now, changes| {
            let item = storage::item::get(c, id)?;
            storage::correction::dismiss(c, id, &person.name, &note, now)?;
            storage::event::insert(c, now, &person.name, "correction_dismissed", Some(item.use_case), Some(id), Some(&note))?;
            changes.item(id);
            changes.levels = true;
            Ok(())
        })
    }
}

fn said(note: Option<&str>) -> Option<String> {
    note.map(str::trim).filter(|note| !note.is_empty()).map(str::to_owned)
}
