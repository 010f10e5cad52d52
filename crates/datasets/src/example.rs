//! What a dataset is made of: one example for each standing decision.
//!
//! Invariant: an example's `id` is the same in every version and says nothing about a person; it is never cleaned.

use crate::recipe::Side;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    System,
    User,
    Assistant,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Message {
    pub role: Role,
    pub content: String,
}

/// What stays on one side of a split together: the same `kind` and `value` is the same group.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct GroupKey {
    /// `customer`, `thread`, `document` …
    pub kind: String,
    /// Never written to a file; only compared.
    pub value: String,
}

/// A field of the request, as the names of people are taken from it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Field {
    pub name: String,
    pub value: String,
}

/// What a person made of a draft.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "verdict", rename_all = "lowercase")]
pub enum Verdict {
    /// The draft as it stood.
    Approve {
        draft: String,
    },
    /// `edited` went out instead of the draft.
    Edit {
        draft: String,
        edited: String,
    },
    Reject {
        draft: String,
    },
    /// Two texts side by side.
    Compare {
        chosen: String,
        rejected: String,
    },
}

impl Verdict {
    #[must_use]
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Approve { .. } => "approve",
            Self::Edit { .. } => "edit",
            Self::Reject { .. } => "reject",
            Self::Compare { .. } => "compare",
        }
    }

    /// The text that a person stood for.
    #[must_use]
    pub fn accepted(&self) -> Option<&str> {
        match self {
            Self::Approve { draft } => Some(draft),
            Self::Edit { edited, .. } => Some(edited),
            Self::Compare { chosen, .. } => Some(chosen),
            Self::Reject { .. } => None,
        }
    }

    /// The text that a person did not want.
    #[must_use]
    pub fn refused(&self) -> Option<&str> {
        match self {
            Self::Approve { .. } => None,
            Self::Edit { draft, .. } | Self::Reject { draft } => Some(draft),
            Self::Compare { rejected, .. } => Some(rejected),
        }
    }
}

/// A standing decision with all that a row may need. Undone and corrected decisions are not examples: the caller leaves them out.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Example {
    /// The same decision has the same id in every version. It is written to files: an opaque id, never an address or a name.
    pub id: String,
    /// The item's uid, for the way back.
    pub item: String,
    /// The decisions that it rests on, for the way back.
    pub decisions: Vec<String>,
    /// What it must not be separated from. Equal prompts and near-duplicates are found here and need no key.
    pub groups: Vec<GroupKey>,
    /// The side on which an earlier version had this example, if one had. It keeps it for ever.
    pub earlier: Option<Side>,
    pub system: Option<String>,
    /// User and assistant by turns, from a user's to a user's. Never a system message.
    pub prompt: Vec<Message>,
    #[serde(flatten)]
    pub verdict: Verdict,
    /// Drafts that the person had thrown away before (asked for another). What was accepted in the end is preferred to each.
    pub replaced: Vec<String>,
    pub reasons: Vec<String>,
    /// 1 is a usual decision; more for an audited one, less for a rushed one.
    pub weight: f64,
    /// Whether somebody else said otherwise of the same draft (an audit, a second look).
    pub disputed: bool,
    /// Who decided, to find disagreement. Never written to a file.
    pub reviewer: String,
    /// The request's own fields, to take names from. Never written to a file.
    pub fields: Vec<Field>,
    /// Further columns of the CSV (slice, audience, drafter version …), cleaned like all other text. Every example of a source
    /// should have the same keys.
    pub meta: BTreeMap<String, String>,
}

/// Where examples come from, once, in an order that is the same for the same selection.
pub trait Source {
    /// How many there are, where that is known; for the progress only.
    fn count(&self) -> Option<u64> {
        None
    }

    /// The next one, `None` at the end.
    ///
    /// # Errors
    /// What the source says; the dataset is then not written.
    fn next(&mut self) -> std::result::Result<Option<Example>, Box<dyn std::error::Error + Send + Sync>>;
}

/// A list is a source: for previews and tests.
impl Source for std::vec::IntoIter<Example> {
    fn count(&self) -> Option<u64> {
        Some(self.len() as u64)
    }

    fn next(&mut self) -> std::result::Result<Option<Example>, Box<dyn std::error::Error + Send + Sync>> {
        Ok(Iterator::next(self))
    }
}
