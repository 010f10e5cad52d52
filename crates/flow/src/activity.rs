//! Everything that happened, newest first.

use crate::clock::Millis;
use crate::desk::Desk;
use crate::error::Result;
use crate::id::{ItemId, UseCaseId};
use crate::storage;

/// One thing that happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    pub id: i64,
    pub at: Millis,
    /// A person's name, a model's, or `gait`.
    pub actor: String,
    /// Closed set, see the window's `HistoryKind`.
    pub kind: String,
    pub use_case: Option<UseCaseId>,
    pub item: Option<ItemId>,
    pub item_uid: Option<String>,
    pub detail: Option<String>,
}

impl Desk {
    /// A page of at most 500 entries, and how many there are.
    ///
    /// # Errors
    /// Those of the database.
    pub fn activity(&self, use_case: Option<UseCaseId>, offset: u32, limit: u32) -> Result<(i64, Vec<Entry>)> {
        self.read(|c| storage::event::page(c, use_case, offset, limit.min(500)))
    }
}
