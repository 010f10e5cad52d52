//! What a person narrows the queue to, and how it is kept for them.
//!
//! Invariant: what is kept is theirs alone, and what cannot be read is as if nothing was set.

use super::{Order, Tab};
use crate::desk::Desk;
use crate::error::{Error, Result};
use crate::id::UseCaseId;
use crate::settings::Person;
use crate::storage;
use crate::use_case::Level;
use serde::{Deserialize, Serialize};

/// A stretch of confidence in steps of 5 %: bin 0 is under 5 %, bin 19 is 95 % and more, bin -1 is none. Both ends are among it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bins {
    pub from: i64,
    pub to: i64,
}

impl Bins {
    pub const ALL: Self = Self { from: -1, to: 19 };

    pub fn hold(self, bin: i64) -> bool {
        (self.from..=self.to).contains(&bin)
    }

    /// Nothing in the bins is under it.
    pub(crate) fn least(self) -> f64 {
        if self.from < 0 { -1.0 } else { self.from as f64 / 20.0 - 1e-9 }
    }

    /// Nothing in the bins is over it.
    pub(crate) fn most(self) -> f64 {
        if self.to >= 19 { f64::MAX } else { (self.to + 1) as f64 / 20.0 + 1e-9 }
    }
}

/// Who has an item in hand.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", content = "name", rename_all = "snake_case")]
pub enum Holder {
    Nobody,
    Person(String),
}

/// What the queue is narrowed to beside a slice and words; all of it must be so.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Filter {
    /// Where the request came from.
    pub source: Option<String>,
    pub confidence: Option<Bins>,
    pub holder: Option<Holder>,
    /// At which the newest draft was routed.
    pub level: Option<Level>,
}

/// How a person has set the desk in a use case.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct DeskView {
    pub tab: Tab,
    pub order: Order,
    pub slice: Option<String>,
    pub text: String,
    pub filter: Filter,
}

impl Default for DeskView {
    fn default() -> Self {
        Self { tab: Tab::Waiting, order: Order::Priority, slice: None, text: String::new(), filter: Filter::default() }
    }
}

fn key(use_case: UseCaseId, person: &Person) -> String {
    format!("desk of {} in {use_case}", person.name)
}

/// Bytes of what is kept of one person in one use case.
const MOST_KEPT: usize = 16_384;

impl Desk {
    /// How this person has left the desk; as it begins where they have set nothing.
    ///
    /// # Errors
    /// Those of the database.
    pub fn desk_view(&self, use_case: UseCaseId, person: &Person) -> Result<DeskView> {
        let kept = self.read(|c| storage::setting::get(c, &key(use_case, person)))?;
        Ok(kept.and_then(|json| serde_json::from_str(&json).ok()).unwrap_or_default())
    }

    /// # Errors
    /// [`Error::NotFound`] for a use case that is not there; [`Error::Invalid`] for what is too long to be a filter.
    pub fn keep_desk_view(&self, use_case: UseCaseId, view: &DeskView, person: &Person) -> Result<()> {
        let json = storage::to_json(view);
        if json.len() > MOST_KEPT {
            return Err(Error::invalid("filters", format!("{} bytes", json.len()), format!("at most {MOST_KEPT} bytes")));
        }
        self.transact(|c, _, _| {
            storage::use_case::get(c, use_case)?;
            storage::setting::set(c, &key(use_case, person), &json)
        })
    }
}
