//! Many items decided at once.
//!
//! Invariant: each item is decided whole or left out with a reason that a person was shown or is told; all of it is one act, so that one
//! step takes it back. Nothing tells a known-bad item from the others before it is decided.

use super::decide::{check_reasons, take};
use super::undo::{self, ActKind, Part};
use super::{Decision, Found, LEASE, MadeBy, Order, Verdict};
use crate::audit;
use crate::clock::Millis;
use crate::deliver;
use crate::desk::Desk;
use crate::error::{Error, Result};
use crate::evidence;
use crate::hold;
use crate::id::{DecisionId, DraftId, ItemId, UseCaseId};
use crate::item::{Item, State, preview};
use crate::settings::Person;
use crate::storage::{self, Conn};
use crate::use_case::Level;
use std::collections::HashSet;
use std::time::Duration;

/// So many at once at most: they are decided in one transaction, and nobody else can write meanwhile.
pub const MOST_AT_ONCE: usize = 1000;

/// Why an item is not decided with the others.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LeftOut {
    HeldBy(String),
    /// It waits for a second look of this person, and those are taken one by one.
    SecondLook,
    Escalated,
    Decided,
    /// It has no draft yet, or none came of it.
    NotReady,
    /// This person has typed on it.
    Typed,
    /// The draft is blank; nothing blank is approved.
    Blank,
    /// It does not have the form of an output, or reads otherwise than it is: to be looked at on its own.
    Unfit,
    /// It has another draft than the one that was shown.
    Changed,
    /// It is of another use case.
    Elsewhere,
}

/// One of many items.
#[derive(Debug, Clone, PartialEq)]
pub struct BulkRow {
    pub item: ItemId,
    pub uid: String,
    /// The first words of the request.
    pub preview: String,
    /// The draft that is decided on, and its first words.
    pub draft: Option<DraftId>,
    pub words: String,
    /// `None`: it would be decided.
    pub left_out: Option<LeftOut>,
}

/// What a decision on many items would do, in the order in which they were named.
#[derive(Debug, Clone, PartialEq)]
pub struct BulkLook {
    pub rows: Vec<BulkRow>,
    /// How long it could be taken back.
    pub hold: Duration,
}

/// What a person decides on many items.
#[derive(Debug, Clone, PartialEq)]
pub struct BulkInput {
    pub use_case: UseCaseId,
    /// Approve or reject.
    pub verdict: Verdict,
    /// The items with the drafts that the person was shown.
    pub items: Vec<(ItemId, DraftId)>,
    pub reasons: Vec<String>,
    pub note: Option<String>,
    /// Of the list that they were taken from.
    pub order: Order,
    pub filtered: bool,
}

/// What came of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Bulked {
    pub decided: u32,
    /// In the order in which they were named.
    pub left_out: Vec<(ItemId, LeftOut)>,
    /// Known-bad items among them, and how many of these were found.
    pub seeded: u32,
    pub caught: u32,
    /// Set when it made the level fall: the new level.
    pub level_fell: Option<Level>,
}

/// Why an item cannot be decided with others, if so.
fn why_not(c: &Conn, item: &Item, (use_case, verdict): (UseCaseId, Verdict), person: &Person, now: Millis) -> Result<Option<LeftOut>> {
    if item.use_case != use_case {
        return Ok(Some(LeftOut::Elsewhere));
    }
    if audit::of_item(c, item.id, &person.name)?.is_some() {
        return Ok(Some(LeftOut::SecondLook));
    }
    match item.state {
        State::InReview => (),
        State::Escalated => return Ok(Some(LeftOut::Escalated)),
        State::Approved | State::Delivered | State::Rejected => return Ok(Some(LeftOut::Decided)),
        State::Received | State::Drafting | State::Drafted | State::Failed => return Ok(Some(LeftOut::NotReady)),
    }
    if let Some(lease) = item.lease.as_ref().filter(|l| l.owner != person.name && l.until >= now) {
        return Ok(Some(LeftOut::HeldBy(lease.owner.clone())));
    }
    let Some(draft) = item.draft else { return Ok(Some(LeftOut::NotReady)) };
    let text = storage::draft::get(c, draft)?.text;
    if storage::typed::get(c, item.id, &person.name)?.is_some_and(|typed| typed != text) {
        return Ok(Some(LeftOut::Typed));
    }
    if verdict != Verdict::Approve {
        return Ok(None);
    }
    if text.trim().is_empty() {
        return Ok(Some(LeftOut::Blank));
    }
    let unfit = storage::use_case::get(c, use_case)?.input.output.fault(&text).is_some() || hold::deceives(&text);
    Ok(unfit.then_some(LeftOut::Unfit))
}

fn check(verdict: Verdict, how_many: usize) -> Result<()> {
    if verdict == Verdict::Edit {
        return Err(Error::invalid("verdict", "edit", "approve or reject: a text is edited on its own"));
    }
    if how_many == 0 || how_many > MOST_AT_ONCE {
        return Err(Error::invalid("items", how_many, format!("1 to {MOST_AT_ONCE} at once")));
    }
    Ok(())
}

fn first_words(text: &str) -> String {
    text.split_whitespace().take(40).collect::<Vec<_>>().join(" ").chars().take(160).collect()
}

impl Desk {
    /// What a decision on these items would do, and what it would leave out and why. Changes nothing.
    ///
    /// # Errors
    /// [`Error::Invalid`] for an edit, or too many; [`Error::NotFound`].
    pub fn look_at_bulk(&self, use_case: UseCaseId, verdict: Verdict, items: &[ItemId], person: &Person) -> Result<BulkLook> {
        check(verdict, items.len())?;
        let now = self.now();
        self.read(|c| {
            let row = |id: &ItemId| {
                let item = storage::item::get(c, *id)?;
                let left_out = why_not(c, &item, (use_case, verdict), person, now)?;
                // What somebody else decided or judges is not told here.
                let draft = item.draft.filter(|_| item.state == State::InReview);
                let words = draft.map(|draft| storage::draft::get(c, draft)).transpose()?.map(|draft| first_words(&draft.text));
                let words = words.unwrap_or_default();
                Ok(BulkRow { item: item.id, preview: preview(&item.fields), uid: item.uid, draft, words, left_out })
            };
            Ok(BulkLook { rows: items.iter().map(row).collect::<Result<_>>()?, hold: deliver::hold(c)? })
        })
    }

    /// Decides on many items at once, as one act. What changed since it was shown is left out.
    ///
    /// # Errors
    /// [`Error::Invalid`] for an edit, too many, or a reason that is not the use case's.
    pub fn bulk(&self, input: &BulkInput, person: &Person) -> Result<Bulked> {
        check(input.verdict, input.items.len())?;
        self.transact(|c, now, changes| {
            let mut case = storage::use_case::get(c, input.use_case)?;
            check_reasons(&case, &input.reasons)?;
            let note = input.note.clone().filter(|note| !note.trim().is_empty());
            let found = Found { order: input.order, filtered: input.filtered, picked: true, bulk: true };
            let mut came = Bulked { decided: 0, left_out: Vec::new(), seeded: 0, caught: 0, level_fell: None };
            let (mut parts, mut seen) = (Vec::new(), HashSet::new());
            for &(id, draft) in input.items.iter().filter(|(id, _)| seen.insert(*id)) {
                let item = storage::item::get(c, id)?;
                let why = why_not(c, &item, (input.use_case, input.verdict), person, now)?;
                if let Some(why) = why.or((item.draft != Some(draft)).then_some(LeftOut::Changed)) {
                    came.left_out.push((id, why));
                    continue;
                }
                storage::item::lease(c, id, &person.name, now.plus(LEASE))?;
                let item = storage::item::get(c, id)?;
                let decision = Decision {
                    id: DecisionId(0),
                    item: id,
                    draft,
                    made_by: MadeBy::Person,
                    actor: person.name.clone(),
                    verdict: input.verdict,
                    text: None,
                    reasons: input.reasons.clone(),
                    note: note.clone(),
                    edit_distance: 0.0,
                    at: now,
                    epoch: 0,
                    charter: 0,
                    corrects: None,
                };
                let decided = take(c, now, &case, &item, decision, Duration::ZERO, Some(found), changes)?;
                came.decided += 1;
                match decided.seeded {
                    Some(caught) => {
                        came.seeded += 1;
                        came.caught += u32::from(caught);
                    }
                    None => parts.push(Part { decision: Some(decided.decision.id), ..Part::of(&item) }),
                }
                if decided.level_fell.is_some() {
                    came.level_fell = decided.level_fell;
                    case = storage::use_case::get(c, input.use_case)?;
                }
            }
            if parts.is_empty() {
                storage::act::forget_undone(c, input.use_case, &person.name)?;
            } else {
                undo::keep(c, now, input.use_case, ActKind::Bulk, None, &parts, person)?;
            }
            evidence::keep_up_if_behind(c, now, input.use_case)?;
            Ok(came)
        })
    }
}
