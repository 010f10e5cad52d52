//! Two drafts of an item side by side: which one a person likes better, without knowing which is which.
//!
//! Invariant: who is shown left follows from a seed that is kept with the answer, and the seed from the item's random id; an answer is
//! taken only for the order that was drawn. It changes no decision, and can be taken back.

use super::undo::{self, ActKind, Part};
use super::{ItemView, held, view};
use crate::changes::Changes;
use crate::clock::Millis;
use crate::desk::Desk;
use crate::draft::{Draft, number_of};
use crate::error::{Error, Result};
use crate::id::{DraftId, ItemId, PreferenceId, UseCaseId};
use crate::item::Item;
use crate::settings::Person;
use crate::storage::{self, Conn};
use std::time::Duration;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Choice {
    First,
    Second,
    /// Neither is better.
    Tie,
}

impl Choice {
    pub const ALL: [Self; 3] = [Self::First, Self::Second, Self::Tie];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::First => "first",
            Self::Second => "second",
            Self::Tie => "tie",
        }
    }
}

/// Two drafts in the order in which they are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pair {
    pub first: DraftId,
    pub second: DraftId,
    /// 63 bits.
    pub seed: u64,
}

/// What a person said of two drafts.
#[derive(Debug, Clone, PartialEq)]
pub struct Comparison {
    pub id: PreferenceId,
    pub item: ItemId,
    pub first: DraftId,
    pub second: DraftId,
    pub seed: u64,
    pub choice: Choice,
    /// The draft that was to be judged before.
    pub was: Option<DraftId>,
    pub person: String,
    pub viewed: Duration,
    pub at: Millis,
}

impl Comparison {
    pub fn chosen(&self) -> Option<DraftId> {
        match self.choice {
            Choice::First => Some(self.first),
            Choice::Second => Some(self.second),
            Choice::Tie => None,
        }
    }

    pub fn rejected(&self) -> Option<DraftId> {
        match self.choice {
            Choice::First => Some(self.second),
            Choice::Second => Some(self.first),
            Choice::Tie => None,
        }
    }
}

/// The order for the n-th comparison of an item's drafts by a person. It does not depend on which of the two is named first.
fn order(item: &Item, n: i64, one: DraftId, other: DraftId, person: &str) -> Pair {
    let (low, high) = (one.min(other), one.max(other));
    let seed = number_of(b"compare", &format!("{}/{low}/{high}/{n}/{person}", item.uid)) >> 1;
    let (first, second) = if seed.count_ones().is_multiple_of(2) { (low, high) } else { (high, low) };
    Pair { first, second, seed }
}

fn of(c: &Conn, item: &Item, id: DraftId) -> Result<Draft> {
    let draft = storage::draft::get(c, id)?;
    if draft.item == item.id { Ok(draft) } else { Err(Error::invalid("draft", id, format!("a draft of item {}", item.uid))) }
}

fn pair(c: &Conn, item: &Item, one: DraftId, other: DraftId, person: &Person) -> Result<Pair> {
    if of(c, item, one)?.text == of(c, item, other)?.text {
        return Err(Error::invalid("drafts to compare", "the same text twice", "two that differ"));
    }
    Ok(order(item, storage::preference::count(c, item.id)?, one, other, &person.name))
}

impl Desk {
    /// Two drafts of an item that this person holds, in the order in which they are to be shown.
    ///
    /// # Errors
    /// [`Error::Stale`] where the claim is lost; [`Error::Invalid`] where they are not two different drafts of the item.
    pub fn pair(&self, id: ItemId, epoch: i64, one: DraftId, other: DraftId, person: &Person) -> Result<Pair> {
        self.read(|c| {
            let item = held(c, id, &person.name, epoch)?;
            pair(c, &item, one, other, person)
        })
    }

    /// Keeps which of the two is better. That one is to be judged from now on; after a tie, the one that was.
    ///
    /// # Errors
    /// [`Error::Stale`] where the claim is lost, or the order is not the one that was drawn.
    pub fn prefer(
        &self,
        id: ItemId,
        epoch: i64,
        (left, right): (DraftId, DraftId),
        choice: Choice,
        viewed: Duration,
        person: &Person,
    ) -> Result<ItemView> {
        self.transact(|c, now, changes| {
            let item = held(c, id, &person.name, epoch)?;
            let shown = pair(c, &item, left, right, person)?;
            if (shown.first, shown.second) != (left, right) {
                let now = "these two were compared meanwhile; compare them anew".into();
                return Err(Error::Stale { what: format!("item {}", item.uid), now });
            }
            let said = Comparison {
                id: PreferenceId(0),
                item: id,
                first: shown.first,
                second: shown.second,
                seed: shown.seed,
                choice,
                was: item.draft,
                person: person.name.clone(),
                viewed,
                at: now,
            };
            let preference = keep(c, now, &item, said, changes)?;
            let part = Part { preference: Some(preference), ..Part::of(&item) };
            undo::keep(c, now, item.use_case, ActKind::Compare, None, &[part], person)?;
            view(c, id, person, now)
        })
    }

    /// A page of at most 1,000 comparisons of a use case that stand, by id; known-bad items are none of them.
    ///
    /// # Errors
    /// Those of the database.
    pub fn comparisons(&self, use_case: UseCaseId, after: PreferenceId, limit: u32) -> Result<Vec<Comparison>> {
        self.read(|c| storage::preference::after(c, use_case, after, limit.min(1000)))
    }
}

/// Keeps a comparison under this moment; the draft that was liked better is to be judged.
pub(super) fn keep(c: &Conn, now: Millis, item: &Item, said: Comparison, changes: &mut Changes) -> Result<PreferenceId> {
    let said = Comparison { at: now, was: item.draft, ..said };
    let id = storage::preference::insert(c, &said)?;
    if let Some(chosen) = said.chosen() {
        storage::item::judge_draft(c, item.id, chosen)?;
    }
    storage::event::insert(c, now, &said.person, "compared", Some(item.use_case), Some(item.id), Some(said.choice.as_str()))?;
    changes.item(item.id);
    Ok(id)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::use_case::Audience;

    fn item(uid: String) -> Item {
        Item {
            id: ItemId(1),
            uid,
            use_case: UseCaseId(1),
            source: String::new(),
            external_id: None,
            fields: Vec::new(),
            audience: Audience::Internal,
            slice: None,
            priority: 0,
            state: crate::item::State::InReview,
            draft: None,
            attempts: 0,
            last_error: None,
            lease_epoch: 0,
            lease: None,
            created_at: Millis(0),
        }
    }

    #[test]
    fn either_of_two_drafts_is_left_as_often_and_who_names_them_has_no_say() {
        let (one, other) = (DraftId(3), DraftId(9));
        let left = (0..2000)
            .filter(|n| {
                let item = item(format!("item {n}"));
                let drawn = order(&item, 0, one, other, "Ada");
                assert_eq!(drawn, order(&item, 0, other, one, "Ada"), "the same order for both ways to ask");
                drawn.first == one
            })
            .count();
        assert!((900..1100).contains(&left), "{left} of 2000");
    }
}
