//! What a write made stale. The desk hands it to its listener after each commit; a window fetches again what it shows.

use crate::id::ItemId;

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Changes {
    pub queue: bool,
    pub use_cases: bool,
    pub levels: bool,
    pub models: bool,
    pub activity: bool,
    pub settings: bool,
    /// Items whose content changed.
    pub items: Vec<ItemId>,
}

impl Changes {
    /// Everything may have changed: another process wrote.
    pub fn all() -> Self {
        Self { queue: true, use_cases: true, levels: true, models: true, activity: true, settings: true, items: Vec::new() }
    }

    pub fn item(&mut self, item: ItemId) {
        self.queue = true;
        self.activity = true;
        if !self.items.contains(&item) {
            self.items.push(item);
        }
    }

    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}
