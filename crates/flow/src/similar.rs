//! Accepted items like the one on the desk: what was answered the last time that somebody asked for this.
//!
//! Invariant: only texts that a person let out, of the same use case, never the item itself and nothing that would tell more of it (or of
//! another one) than whoever reviews may know. What is read is bounded, however many items there are.
//!
//! They are ranked in two steps, as FTS5's own rank reads the whole list of every word: first by the rare words that requests share (as
//! inverse document frequency does), then by shared trigrams, which serve scripts without spaces too.

use crate::clock::Millis;
use crate::confidence::similar::{MOST_HITS, Trigrams, ranked, terms};
use crate::confidence::words;
use crate::desk::Desk;
use crate::error::Result;
use crate::id::ItemId;
use crate::review::Verdict;
use crate::storage;

/// One accepted item.
#[derive(Debug, Clone, PartialEq)]
pub struct Similar {
    pub item: ItemId,
    pub uid: String,
    /// The first words of its request.
    pub preview: String,
    /// What went out, or is about to.
    pub text: String,
    /// As it stood or with an edit.
    pub verdict: Verdict,
    pub at: Millis,
    /// How like its request is to the one on the desk, 0–1.
    pub likeness: f64,
}

/// So many are shown.
const MOST: usize = 5;
/// So many requests are compared by their whole words.
const MOST_COMPARED: usize = 24;
/// Less like than this is by chance: some words that every request has.
const LEAST_LIKE: f64 = 0.08;

impl Desk {
    /// The accepted items whose requests are most like this one's, the likest first, five at most.
    ///
    /// # Errors
    /// [`crate::Error::NotFound`].
    pub fn similar(&self, id: ItemId) -> Result<Vec<Similar>> {
        self.read(|c| {
            let item = storage::item::get(c, id)?;
            let Some(newest) = storage::similar::newest_accepted(c, item.use_case)? else { return Ok(Vec::new()) };
            let text = words(&item.fields);
            let hits: Vec<Vec<i64>> = terms(&text)
                .iter()
                .map(|term| storage::similar::accepted_with(c, &item, newest, term, MOST_HITS))
                .collect::<Result<_>>()?;
            let asked = Trigrams::of(&text);
            let mut found = Vec::new();
            for id in ranked(&hits, MOST_COMPARED) {
                if let Some((shown, fields)) = storage::similar::shown(c, ItemId(id))? {
                    let likeness = asked.likeness(&Trigrams::of(&words(&fields)));
                    found.push(Similar { likeness, ..shown });
                }
            }
            found.retain(|similar| similar.likeness >= LEAST_LIKE);
            // Of equally like ones the newer answer.
            found.sort_by(|a, b| b.likeness.total_cmp(&a.likeness).then(b.at.cmp(&a.at)).then(b.item.cmp(&a.item)));
            found.truncate(MOST);
            Ok(found)
        })
    }
}
