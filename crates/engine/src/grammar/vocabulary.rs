//! The tokens of a model sorted by their bytes.
//!
//! Invariant: a token is in it only with the bytes that it adds to the output. Control tokens add none and are not in
//! it, but for those that end an output.

use super::Mask;
use crate::tokenizer::Tokenizer;
use llguidance::toktrie::{ApproximateTokEnv, TokEnv, TokRxInfo, TokTrie};
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

/// The longest token that takes part, bytes. The trie holds at most 1024 levels.
const LONGEST: usize = 512;
/// The most bytes of all tokens together: the trie holds four million nodes.
const MOST_BYTES: usize = 4_000_000;

pub(crate) struct Vocabulary {
    env: TokEnv,
    ends: HashSet<u32>,
    /// Tokens that begin with a space, with the token for the rest, where an output's first space is dropped; `None`
    /// where the token is that space alone.
    spaced: HashMap<u32, Option<u32>>,
}

impl Vocabulary {
    /// Sorts the tokens.
    ///
    /// # Errors
    /// A sentence, for a vocabulary that is too large.
    pub(crate) fn new(tokenizer: &Tokenizer) -> Result<Self, String> {
        let count = u32::try_from(tokenizer.len()).ok().filter(|count| *count < 1 << 23);
        let count = count.ok_or_else(|| format!("the model's vocabulary has {} tokens, too many to follow", tokenizer.len()))?;
        let ends: Vec<u32> = (0..count).filter(|id| tokenizer.ends(*id)).collect();
        let words: Vec<Vec<u8>> = (0..count)
            .map(|id| {
                let bytes = tokenizer.bytes(id);
                // 0xff is in no text, and marks control tokens in llguidance.
                let takes_part = !tokenizer.ends(id) && bytes.len() <= LONGEST && !bytes.contains(&0xff);
                if takes_part { bytes } else { Vec::new() }
            })
            .collect();
        let total: usize = words.iter().map(Vec::len).sum();
        if total > MOST_BYTES {
            return Err(format!("the model's vocabulary has {total} bytes, too many to follow"));
        }
        let Some(end) = ends.first() else { return Err("the model has no token that ends an output".to_owned()) };
        let trie = TokTrie::from(&TokRxInfo::new(count, *end), &words).with_eos_tokens(&ends);
        let drops_space = tokenizer.stream().push(b" ").is_empty();
        let spaced = if drops_space { spaced(&trie, &words) } else { HashMap::new() };
        Ok(Self { env: Arc::new(ApproximateTokEnv::new(trie)), ends: ends.into_iter().collect(), spaced })
    }

    /// What llguidance asks of a tokenizer. It is not told how we cut text into tokens, so it forces none on the model.
    pub(crate) fn env(&self) -> &TokEnv {
        &self.env
    }

    pub(crate) fn trie(&self) -> &TokTrie {
        self.env.tok_trie()
    }

    /// Number of tokens.
    pub(crate) fn len(&self) -> usize {
        self.trie().vocab_size()
    }

    /// The bytes that a token adds to the output.
    pub(crate) fn bytes(&self, id: u32) -> &[u8] {
        if (id as usize) < self.len() { self.trie().token(id) } else { &[] }
    }

    /// Whether this token ends an output.
    pub(crate) fn ends(&self, id: u32) -> bool {
        self.ends.contains(&id)
    }

    /// Tokens that end an output.
    pub(crate) fn end_tokens(&self) -> &[u32] {
        self.trie().eos_tokens()
    }

    /// The token that has the text which this one adds to an empty output; `None` when that is none.
    pub(crate) fn without_dropped_space(&self, id: u32) -> Option<u32> {
        self.spaced.get(&id).copied().unwrap_or(Some(id))
    }

    /// Allows, beside each allowed token, the one with a space before it that is dropped, and that space alone.
    pub(crate) fn add_dropped_spaces(&self, mask: &mut Mask) {
        let more: Vec<u32> = self.spaced.iter().filter(|(_, rest)| rest.is_none_or(|rest| mask.allows(rest))).map(|(id, _)| *id).collect();
        for id in more {
            mask.allow(id);
        }
    }
}

fn spaced(trie: &TokTrie, words: &[Vec<u8>]) -> HashMap<u32, Option<u32>> {
    (0u32..)
        .zip(words)
        .filter_map(|(id, word)| match word.strip_prefix(b" ") {
            None => None,
            Some([]) => Some((id, None)),
            // What has no token of its own for the rest cannot come first.
            Some(rest) => trie.token_id_at_bytes(rest).map(|rest| (id, Some(rest))),
        })
        .collect()
}
