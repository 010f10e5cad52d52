//! Beginnings that prompts share, with their keys and values: computed once, then only read.
//!
//! Invariant: a [`Prefix`] never changes, and a sequence that begins with it computes what it would compute without it.
//! What is kept is bounded in bytes and in number.
//!
//! Nobody names a prefix: the requests of one use case begin with the same system prompt and template, so their tokens
//! show how far they agree.

use kernels::KeyValues;
use std::collections::VecDeque;
use std::sync::Arc;

/// Prompts that a new one is compared with.
const RECENT: usize = 32;
/// Shortest beginning worth sharing, tokens.
const SHORTEST: usize = 32;
/// Most beginnings kept.
const MOST: usize = 8;

/// Keys and values of a beginning.
pub(crate) struct Prefix {
    pub(crate) tokens: Vec<u32>,
    /// Whether rotations are those of a long request.
    long: bool,
    pub(crate) values: KeyValues,
}

impl Prefix {
    pub(crate) fn new(tokens: Vec<u32>, long: bool, values: KeyValues) -> Arc<Self> {
        Arc::new(Self { tokens, long, values })
    }
}

/// The beginnings of one model's prompts.
#[derive(Default)]
pub(crate) struct Prefixes {
    /// Last used last.
    kept: Vec<Arc<Prefix>>,
    recent: VecDeque<Vec<u32>>,
}

impl Prefixes {
    /// Remembers a prompt for those that come.
    pub(crate) fn note(&mut self, prompt: &[u32]) {
        if self.recent.iter().any(|other| other == prompt) {
            return;
        }
        if self.recent.len() == RECENT {
            self.recent.pop_front();
        }
        self.recent.push_back(prompt.to_vec());
    }

    /// The longest beginning of this prompt that is ready. At least one token is left to compute.
    pub(crate) fn longest(&mut self, prompt: &[u32], long: bool) -> Option<Arc<Prefix>> {
        let (index, _) = self
            .kept
            .iter()
            .enumerate()
            .filter(|(_, prefix)| prefix.long == long && prefix.tokens.len() < prompt.len() && prompt.starts_with(&prefix.tokens))
            .max_by_key(|(_, prefix)| prefix.tokens.len())?;
        let prefix = self.kept.remove(index);
        self.kept.push(Arc::clone(&prefix));
        Some(prefix)
    }

    /// How many tokens this prompt should compute for others too, where `ready` tokens are there already: as many as
    /// another recent prompt shares with it, if that is worth computing the `ready` ones again.
    pub(crate) fn worth_sharing(&self, prompt: &[u32], ready: usize) -> Option<usize> {
        let shared = self
            .recent
            .iter()
            .filter(|other| other.as_slice() != prompt)
            .map(|other| other.iter().zip(prompt).take_while(|(a, b)| a == b).count())
            .max()?
            .min(prompt.len().saturating_sub(1));
        (shared >= ready + SHORTEST.max(ready / 2)).then_some(shared)
    }

    /// Keeps a beginning, and of the others as many as fit `limit` bytes.
    pub(crate) fn keep(&mut self, prefix: Arc<Prefix>, limit: u64) {
        self.kept.retain(|other| other.long != prefix.long || other.tokens != prefix.tokens);
        self.kept.push(prefix);
        while self.kept.len() > 1 && (self.kept.len() > MOST || self.bytes() > limit) {
            self.kept.remove(0);
        }
    }

    pub(crate) fn bytes(&self) -> u64 {
        self.kept.iter().map(|prefix| prefix.values.bytes() as u64).sum()
    }

    /// Forgets what no sequence uses.
    pub(crate) fn drop_unused(&mut self) {
        self.kept.retain(|prefix| Arc::strong_count(prefix) > 1);
    }
}

#[cfg(test)]
mod tests;
