//! One request and the states it passes through.
//!
//! Invariant: an item changes state only by [`transition`], and every write names the state it expects.

use crate::clock::Millis;
use crate::error::{Error, Result};
use crate::id::{DraftId, ItemId, UseCaseId};
use crate::use_case::Audience;
use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum State {
    /// Waits for a draft.
    Received,
    /// A worker is drafting it.
    Drafting,
    /// Drafted, not yet routed. An item never rests here: routing is part of the same write.
    Drafted,
    /// A person decides.
    InReview,
    /// Decided; its text waits to go out.
    Approved,
    /// Its text is out.
    Delivered,
    /// No draft came of it; a person can try again.
    Failed,
    Rejected,
    /// An admin decides.
    Escalated,
}

impl State {
    pub const ALL: [Self; 9] = [
        Self::Received,
        Self::Drafting,
        Self::Drafted,
        Self::InReview,
        Self::Approved,
        Self::Delivered,
        Self::Failed,
        Self::Rejected,
        Self::Escalated,
    ];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Received => "received",
            Self::Drafting => "drafting",
            Self::Drafted => "drafted",
            Self::InReview => "in_review",
            Self::Approved => "approved",
            Self::Delivered => "delivered",
            Self::Failed => "failed",
            Self::Rejected => "rejected",
            Self::Escalated => "escalated",
        }
    }
}

/// What can happen to an item.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Event {
    DraftingStarted,
    Drafted,
    /// The attempt came to nothing and another one follows (also: the worker died).
    DraftPutBack,
    /// The last attempt came to nothing.
    DraftFailed,
    RoutedToReview,
    /// Approved by policy or by a person, as it stands or edited.
    Approved,
    Rejected,
    Escalated,
    /// The standing decision, or the escalation, was taken back.
    Undone,
    Delivered,
    /// A person asked to draft a failed item again.
    Retried,
    /// What is out was found bad, and another text follows it.
    Corrected,
}

impl Event {
    pub const ALL: [Self; 12] = [
        Self::DraftingStarted,
        Self::Drafted,
        Self::DraftPutBack,
        Self::DraftFailed,
        Self::RoutedToReview,
        Self::Approved,
        Self::Rejected,
        Self::Escalated,
        Self::Undone,
        Self::Delivered,
        Self::Retried,
        Self::Corrected,
    ];
}

/// The state after `event`, or `None` where it cannot happen.
pub fn transition(state: State, event: Event) -> Option<State> {
    use Event as E;
    use State as S;
    match (state, event) {
        (S::Received, E::DraftingStarted) => Some(S::Drafting),
        // A claim that has run out is taken over by the next worker.
        (S::Drafting, E::DraftingStarted) => Some(S::Drafting),
        (S::Drafting, E::Drafted) => Some(S::Drafted),
        (S::Drafting, E::DraftPutBack) => Some(S::Received),
        (S::Drafting, E::DraftFailed) => Some(S::Failed),
        (S::Drafted, E::RoutedToReview) => Some(S::InReview),
        (S::Drafted | S::InReview | S::Escalated, E::Approved) => Some(S::Approved),
        (S::InReview | S::Escalated, E::Rejected) => Some(S::Rejected),
        (S::InReview, E::Escalated) => Some(S::Escalated),
        (S::Approved | S::Rejected | S::Escalated, E::Undone) => Some(S::InReview),
        (S::Approved, E::Delivered) => Some(S::Delivered),
        (S::Failed, E::Retried) => Some(S::Received),
        (S::Delivered, E::Corrected) => Some(S::Approved),

        (
            S::Received,
            E::Drafted
            | E::DraftPutBack
            | E::DraftFailed
            | E::RoutedToReview
            | E::Approved
            | E::Rejected
            | E::Escalated
            | E::Undone
            | E::Delivered
            | E::Retried
            | E::Corrected,
        )
        | (
            S::Drafting,
            E::RoutedToReview | E::Approved | E::Rejected | E::Escalated | E::Undone | E::Delivered | E::Retried | E::Corrected,
        )
        | (
            S::Drafted,
            E::DraftingStarted
            | E::Drafted
            | E::DraftPutBack
            | E::DraftFailed
            | E::Rejected
            | E::Escalated
            | E::Undone
            | E::Delivered
            | E::Retried
            | E::Corrected,
        )
        | (
            S::InReview,
            E::DraftingStarted
            | E::Drafted
            | E::DraftPutBack
            | E::DraftFailed
            | E::RoutedToReview
            | E::Undone
            | E::Delivered
            | E::Retried
            | E::Corrected,
        )
        | (
            S::Escalated,
            E::DraftingStarted
            | E::Drafted
            | E::DraftPutBack
            | E::DraftFailed
            | E::RoutedToReview
            | E::Escalated
            | E::Delivered
            | E::Retried
            | E::Corrected,
        )
        | (
            S::Approved,
            E::DraftingStarted
            | E::Drafted
            | E::DraftPutBack
            | E::DraftFailed
            | E::RoutedToReview
            | E::Approved
            | E::Rejected
            | E::Escalated
            | E::Retried
            | E::Corrected,
        )
        | (
            S::Rejected,
            E::DraftingStarted
            | E::Drafted
            | E::DraftPutBack
            | E::DraftFailed
            | E::RoutedToReview
            | E::Approved
            | E::Rejected
            | E::Escalated
            | E::Delivered
            | E::Retried
            | E::Corrected,
        )
        | (
            S::Failed,
            E::DraftingStarted
            | E::Drafted
            | E::DraftPutBack
            | E::DraftFailed
            | E::RoutedToReview
            | E::Approved
            | E::Rejected
            | E::Escalated
            | E::Undone
            | E::Delivered
            | E::Corrected,
        )
        | (
            S::Delivered,
            E::DraftingStarted
            | E::Drafted
            | E::DraftPutBack
            | E::DraftFailed
            | E::RoutedToReview
            | E::Approved
            | E::Rejected
            | E::Escalated
            | E::Undone
            | E::Delivered
            | E::Retried,
        ) => None,
    }
}

/// [`transition`], or [`Error::Stale`] with the item's name.
///
/// # Errors
/// [`Error::Stale`] where the event cannot happen in this state.
pub(crate) fn step(item: &Item, event: Event) -> Result<State> {
    transition(item.state, event)
        .ok_or_else(|| Error::Stale { what: format!("item {}", item.uid), now: format!("it is {}", item.state.as_str().replace('_', " ")) })
}

/// A named part of a request, in the order in which it came.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Field {
    pub name: String,
    pub value: String,
}

/// A claim on an item.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lease {
    pub owner: String,
    /// Grows with every claim; the holder of an older one is fenced off.
    pub epoch: i64,
    pub until: Millis,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Item {
    pub id: ItemId,
    /// Public id, UUIDv7.
    pub uid: String,
    pub use_case: UseCaseId,
    pub source: String,
    pub external_id: Option<String>,
    pub fields: Vec<Field>,
    pub audience: Audience,
    pub slice: Option<String>,
    pub priority: i64,
    pub state: State,
    /// The one that is to be judged: the newest, unless a person liked another one better.
    pub draft: Option<DraftId>,
    pub attempts: i64,
    pub last_error: Option<String>,
    pub lease_epoch: i64,
    pub lease: Option<Lease>,
    pub created_at: Millis,
}

impl Item {
    /// Characters of the request.
    pub(crate) fn characters(&self) -> u64 {
        self.fields.iter().map(|field| field.value.chars().count() as u64).sum()
    }
}

/// The first words of a request.
pub(crate) fn preview(fields: &[Field]) -> String {
    let words: Vec<&str> = fields.iter().flat_map(|f| f.value.split_whitespace()).take(40).collect();
    words.join(" ").chars().take(160).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_delivered_item_moves_only_to_be_corrected() {
        for event in Event::ALL {
            let to = (event == Event::Corrected).then_some(State::Approved);
            assert_eq!(transition(State::Delivered, event), to, "{event:?}");
        }
        for state in State::ALL {
            assert_eq!(transition(state, Event::Corrected).is_some(), state == State::Delivered, "{state:?}");
        }
    }

    #[test]
    fn only_an_approved_item_is_delivered() {
        for state in State::ALL {
            assert_eq!(transition(state, Event::Delivered).is_some(), state == State::Approved, "{state:?}");
        }
    }

    #[test]
    fn every_state_is_reached_from_received() {
        let mut reached = vec![State::Received];
        let mut next = 0;
        while let Some(&state) = reached.get(next) {
            next += 1;
            for event in Event::ALL {
                if let Some(to) = transition(state, event).filter(|to| !reached.contains(to)) {
                    reached.push(to);
                }
            }
        }
        assert_eq!(reached.len(), State::ALL.len());
    }
}
