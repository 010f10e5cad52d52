//! Finds the spellings that a text begins with.
//!
//! Invariant: a look-up takes as many steps as the longest spelling that the text could still be, whatever and however
//! many the spellings are.

/// Spellings in order, each with its id.
pub(super) struct Prefixes {
    entries: Vec<(Box<[u8]>, u32)>,
}

impl Prefixes {
    /// Where a spelling comes twice, the first id counts.
    pub(super) fn new(spellings: impl Iterator<Item = (impl AsRef<[u8]>, u32)>) -> Self {
        let mut entries: Vec<(Box<[u8]>, u32)> = spellings.map(|(spelling, id)| (spelling.as_ref().into(), id)).collect();
        entries.retain(|(spelling, _)| !spelling.is_empty());
        entries.sort_unstable();
        entries.dedup_by(|later, earlier| later.0 == earlier.0);
        Self { entries }
    }

    /// Calls `found` with length and id of each spelling that `text` begins with, shortest first.
    pub(super) fn each(&self, text: &[u8], mut found: impl FnMut(usize, u32)) {
        let mut from = 0;
        let mut to = self.entries.len();
        for (index, byte) in text.iter().enumerate() {
            let Some(range) = self.entries.get(from..to) else { return };
            // All in the range agree with the text so far and are longer than that, so there is a byte to compare.
            let at = |entry: &(Box<[u8]>, u32)| entry.0.get(index).copied();
            let start = range.partition_point(|entry| at(entry) < Some(*byte));
            let count = range.iter().skip(start).take(1).filter(|entry| at(entry) == Some(*byte)).count();
            if count == 0 {
                return;
            }
            let end = range.partition_point(|entry| at(entry) <= Some(*byte));
            to = from + end;
            from += start;
            // The one that ends here, if any, is first.
            if let Some((spelling, id)) = self.entries.get(from)
                && spelling.len() == index + 1
            {
                found(index + 1, *id);
                from += 1;
            }
            if from == to {
                return;
            }
        }
    }

    /// Length and id of the longest spelling that `text` begins with.
    pub(super) fn longest(&self, text: &[u8]) -> Option<(usize, u32)> {
        let mut longest = None;
        self.each(text, |length, id| longest = Some((length, id)));
        longest
    }

    /// Whether a spelling begins with `head` and goes on.
    pub(super) fn continues(&self, head: &[u8]) -> bool {
        let after = self.entries.partition_point(|(spelling, _)| spelling.as_ref() <= head);
        self.entries.get(after).is_some_and(|(spelling, _)| spelling.starts_with(head))
    }
}
