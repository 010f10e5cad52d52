//! What SentencePiece does to text before it looks for pieces.
//!
//! Invariant: ends after one pass over the text whatever the table holds; a table that points outside itself maps
//! nothing.
//!
//! The method and the table's form are SentencePiece's (`normalizer.cc`, `Normalizer::Normalize`; the table is a
//! double-array trie of Darts-clone, then the replacements, each ended by a zero byte).

use crate::error::{Refusal, unusable};
use crate::load::gguf::Header;

/// Stands for a space.
pub(super) const SPACE: char = '▁';

/// Longest table, bytes. That of NFKC has 240,000.
const TABLE_LIMIT: usize = 8 << 20;

pub(super) struct Normaliser {
    table: Option<Table>,
    /// Whether a space is put before the text.
    pub(super) adds_space: bool,
    /// Whether spaces at the ends go and runs of spaces become one.
    tidies: bool,
}

impl Normaliser {
    /// As the metadata say; `tidies` where they do not.
    ///
    /// # Errors
    /// [`Refusal::Unusable`] when the table of replacements is damaged.
    pub(super) fn new(header: &Header, tidies: bool) -> Result<Self, Refusal> {
        let key = "tokenizer.ggml.precompiled_charsmap";
        let table = match header.bytes(key) {
            None if header.metadata.contains_key(key) => return Err(unusable!("its {key} is no list of bytes")),
            None => None,
            Some([]) => None,
            Some(bytes) => Some(Table::new(bytes)?),
        };
        Ok(Self {
            table,
            adds_space: header.bool("tokenizer.ggml.add_space_prefix").unwrap_or(true),
            tidies: header.bool("tokenizer.ggml.remove_extra_whitespaces").unwrap_or(tidies),
        })
    }

    /// The text as it is looked up, with [`SPACE`] for spaces.
    pub(super) fn apply(&self, text: &str) -> String {
        let mut out = String::with_capacity(text.len() + 3);
        let mut after_space = self.tidies;
        let mut rest = text;
        while let Some(first) = rest.chars().next() {
            let (length, mapped) = match self.table.as_ref().and_then(|table| table.longest(rest)) {
                Some((length, mapped)) => (length, mapped),
                None => (first.len_utf8(), rest.get(..first.len_utf8()).unwrap_or_default()),
            };
            rest = rest.get(length..).unwrap_or_default();
            let mapped = if after_space { mapped.trim_start_matches(' ') } else { mapped };
            if mapped.is_empty() {
                continue;
            }
            if out.is_empty() && self.adds_space {
                out.push(SPACE);
            }
            out.extend(mapped.chars().map(|c| if c == ' ' { SPACE } else { c }));
            after_space = self.tidies && mapped.ends_with(' ');
        }
        if self.tidies {
            out.truncate(out.trim_end_matches(SPACE).len());
        }
        out
    }
}

/// Replacements by what they replace.
struct Table {
    trie: Vec<u32>,
    replacements: Vec<u8>,
}

impl Table {
    fn new(bytes: &[u8]) -> Result<Self, Refusal> {
        let damaged = || unusable!("its tokenizer.ggml.precompiled_charsmap is damaged; expected a length, a trie and replacements");
        if bytes.len() > TABLE_LIMIT {
            return Err(unusable!("its tokenizer.ggml.precompiled_charsmap has {} bytes; expected at most {TABLE_LIMIT}", bytes.len()));
        }
        let (length, rest) = bytes.split_first_chunk::<4>().ok_or_else(damaged)?;
        let length = u32::from_le_bytes(*length) as usize;
        let (trie, replacements) = rest.split_at_checked(length).filter(|_| length % 4 == 0).ok_or_else(damaged)?;
        let trie = trie.as_chunks::<4>().0.iter().map(|unit| u32::from_le_bytes(*unit)).collect();
        Ok(Self { trie, replacements: replacements.to_vec() })
    }

    fn unit(&self, place: usize) -> Option<u32> {
        self.trie.get(place).copied()
    }

    /// The longest beginning of the text that is replaced: its length and the replacement.
    fn longest(&self, text: &str) -> Option<(usize, &str)> {
        let offset = |unit: u32| ((unit >> 10) << ((unit & (1 << 9)) >> 6)) as usize;
        let mut place = offset(self.unit(0)?);
        let mut found = None;
        for (index, byte) in text.bytes().enumerate() {
            if byte == 0 {
                break;
            }
            place ^= usize::from(byte);
            let Some(unit) = self.unit(place) else { break };
            if unit & (1 << 31 | 0xff) != u32::from(byte) {
                break;
            }
            place ^= offset(unit);
            if (unit >> 8) & 1 == 1 {
                let Some(value) = self.unit(place) else { break };
                found = self.replacement((value & !(1 << 31)) as usize).map(|to| (index + 1, to)).or(found);
            }
        }
        // Not in the middle of a character, which a damaged table could ask for.
        found.filter(|(length, _)| text.is_char_boundary(*length))
    }

    fn replacement(&self, place: usize) -> Option<&str> {
        let rest = self.replacements.get(place..)?;
        let end = rest.iter().position(|byte| *byte == 0)?;
        rest.get(..end).and_then(|bytes| std::str::from_utf8(bytes).ok())
    }
}
