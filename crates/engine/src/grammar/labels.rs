//! A closed set of texts.
//!
//! Invariant: a token is allowed only when some label goes on with it and the rest of that label can still be written
//! in tokens of the vocabulary.

use super::{Mask, Vocabulary};
use std::collections::HashSet;
use std::sync::Arc;

/// The most labels.
const MOST: usize = 10_000;
/// The longest label, bytes.
const LONGEST: usize = 2_000;
/// All labels together, bytes.
const MOST_BYTES: usize = 1 << 20;

/// The labels of a constraint.
pub(crate) struct Labels {
    texts: Vec<String>,
    /// For each label and each of its bytes, and its end: whether what is left can be written.
    writable: Vec<Vec<bool>>,
}

impl Labels {
    /// Checks the labels against the vocabulary.
    ///
    /// # Errors
    /// A sentence that names the label that cannot be.
    pub(crate) fn new(texts: &[String], vocabulary: &Vocabulary) -> Result<Self, String> {
        if texts.is_empty() {
            return Err("it has no label; expected at least one".to_owned());
        }
        if texts.len() > MOST || texts.iter().map(String::len).sum::<usize>() > MOST_BYTES {
            return Err(format!("it has {} labels; expected at most {MOST}, and {MOST_BYTES} bytes in all", texts.len()));
        }
        let mut seen = HashSet::new();
        for text in texts {
            if text.is_empty() {
                return Err("one of its labels is empty".to_owned());
            }
            if text.len() > LONGEST {
                return Err(format!("one of its labels has {} bytes; expected at most {LONGEST}", text.len()));
            }
            if !seen.insert(text) {
                return Err(format!("its label {text:?} stands twice"));
            }
        }
        let writable: Vec<Vec<bool>> = texts.iter().map(|text| writable(text.as_bytes(), vocabulary)).collect();
        match texts.iter().zip(&writable).find(|(_, places)| places.first() != Some(&true)) {
            Some((text, _)) => Err(format!("the model has no tokens that spell its label {text:?}")),
            None => Ok(Self { texts: texts.to_vec(), writable }),
        }
    }

    pub(crate) fn texts(&self) -> &[String] {
        &self.texts
    }
}

/// Whether the rest from each place on can be written.
fn writable(text: &[u8], vocabulary: &Vocabulary) -> Vec<bool> {
    let mut places = vec![false; text.len() + 1];
    if let Some(end) = places.last_mut() {
        *end = true;
    }
    for place in (0..text.len()).rev() {
        let rest = text.get(place..).unwrap_or_default();
        let can = vocabulary
            .trie()
            .all_prefixes(rest)
            .into_iter()
            .any(|id| places.get(place + vocabulary.bytes(id).len()).copied().unwrap_or(false));
        if let Some(slot) = places.get_mut(place) {
            *slot = can;
        }
    }
    places
}

/// How far an output has come.
pub(crate) struct Position {
    labels: Arc<Labels>,
    /// Labels that begin with the output so far.
    live: Vec<usize>,
    /// The output so far, bytes.
    length: usize,
}

impl Position {
    pub(crate) fn start(labels: Arc<Labels>) -> Self {
        Self { live: (0..labels.texts.len()).collect(), labels, length: 0 }
    }

    /// Each token that may come next with a label that goes on with it. A token comes once for each such label.
    pub(crate) fn ways(&self, vocabulary: &Vocabulary, way: &mut dyn FnMut(u32, usize)) {
        for index in &self.live {
            let (Some(text), Some(writable)) = (self.labels.texts.get(*index), self.labels.writable.get(*index)) else { continue };
            let rest = text.as_bytes().get(self.length..).unwrap_or_default();
            if rest.is_empty() {
                for id in vocabulary.end_tokens() {
                    way(*id, *index);
                }
            }
            for id in vocabulary.trie().all_prefixes(rest) {
                if writable.get(self.length + vocabulary.bytes(id).len()).copied().unwrap_or(false) {
                    way(id, *index);
                }
            }
        }
    }

    pub(crate) fn mask(&self, vocabulary: &Vocabulary) -> Mask {
        let mut mask = Mask::empty(vocabulary.len());
        self.ways(vocabulary, &mut |id, _| mask.allow(id));
        mask
    }

    /// Goes on by the bytes of a token.
    ///
    /// # Errors
    /// A sentence, when no label goes on like this.
    pub(crate) fn accept(&mut self, bytes: &[u8]) -> Result<(), String> {
        let (labels, length) = (&self.labels, self.length);
        let goes_on = |index: &usize| {
            labels.texts.get(*index).and_then(|text| text.as_bytes().get(length..)).is_some_and(|rest| rest.starts_with(bytes))
        };
        self.live.retain(goes_on);
        self.length += bytes.len();
        if self.live.is_empty() { Err("the output left the set of labels".to_owned()) } else { Ok(()) }
    }

    /// Whether the output is a label that no other goes on from.
    pub(crate) fn is_complete(&self) -> bool {
        self.live.iter().all(|index| self.labels.texts.get(*index).is_none_or(|text| text.len() == self.length))
    }
}
