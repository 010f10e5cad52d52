//! How much memory a model takes while it drafts: an estimate, made of what it is built like and of how long its texts
//! are.
//!
//! Invariant: what an estimate rests on is told with it. Reading a file's shape ends whatever the file holds.

use crate::model::ModelFacts;
use std::fs::File;
use std::io::{BufReader, Read};
use std::path::Path;

/// Drafts at once.
pub const SEQUENCES: u32 = 8;
/// The program itself, and what a pass through the model needs beside the weights.
const REST: u64 = 100_000_000;
/// Of one number in the keys and values.
const KV_BYTES: u64 = 2;
/// Tokens of a prompt and of an answer where no use case says.
pub const USUAL_PROMPT: u32 = 400;
pub const USUAL_ANSWER: u32 = 400;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Estimate {
    pub weights: u64,
    /// Keys and values of [`SEQUENCES`] texts of [`Self::tokens`] each.
    pub kv: u64,
    pub rest: u64,
    pub tokens: u32,
    /// Whether use cases and their drafts said how long the texts are.
    pub lengths_known: bool,
    /// Whether the file said how large keys and values are; else its size was taken for it.
    pub shape_known: bool,
}

impl Estimate {
    pub fn total(&self) -> u64 {
        self.weights.saturating_add(self.kv).saturating_add(self.rest)
    }
}

/// How long the texts are that a model works on, tokens; what is not known is `None`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Lengths {
    /// The longest recent prompt.
    pub prompt: Option<u32>,
    /// The longest answer that a use case allows.
    pub answer: Option<u32>,
}

/// The estimate for a model; `kv` is what one token takes, where the file says it.
pub fn estimate(facts: &ModelFacts, kv: Option<u64>, lengths: Lengths) -> Estimate {
    let wanted = lengths.prompt.unwrap_or(USUAL_PROMPT).saturating_add(lengths.answer.unwrap_or(USUAL_ANSWER));
    let tokens = wanted.min(facts.context);
    // About what models of the last years take: 120 kB a token at 7 billion weights with grouped heads.
    let each = kv.unwrap_or_else(|| (facts.parameters / 58_000).max(512));
    Estimate {
        weights: facts.bytes,
        kv: each.saturating_mul(u64::from(tokens)).saturating_mul(u64::from(SEQUENCES)),
        rest: REST,
        tokens,
        lengths_known: lengths.prompt.is_some() && lengths.answer.is_some(),
        shape_known: kv.is_some(),
    }
}

/// Bytes of keys and values for one token, from the file's metadata; `None` where it does not say.
pub fn kv_bytes_a_token(path: &Path) -> Option<u64> {
    let file = File::open(path).ok()?;
    let mut source = Source { inner: BufReader::new(file), left: METADATA };
    let shape = source.shape()?;
    let blocks = shape.blocks?;
    let heads = shape.heads.filter(|heads| *heads > 0);
    let kv_heads = shape.kv_heads.or(heads)?;
    let head = || Some(shape.embedding? / heads?);
    let keys = shape.key_length.or_else(head)?;
    let values = shape.value_length.or_else(head)?;
    blocks.checked_mul(kv_heads)?.checked_mul(keys.checked_add(values)?)?.checked_mul(KV_BYTES).filter(|bytes| *bytes > 0)
}

#[derive(Debug, Default)]
struct Shape {
    blocks: Option<u64>,
    embedding: Option<u64>,
    heads: Option<u64>,
    kv_heads: Option<u64>,
    key_length: Option<u64>,
    value_length: Option<u64>,
}

/// As far as is read.
const METADATA: u64 = 64 << 20;
const MOST_ENTRIES: u64 = 1 << 16;

/// A file's metadata. The engine checks a file before it is used; here only a few numbers are looked for.
struct Source {
    inner: BufReader<File>,
    left: u64,
}

impl Source {
    fn shape(&mut self) -> Option<Shape> {
        let mut shape = Shape::default();
        if self.bytes::<4>()? != *b"GGUF" || !(2..=3).contains(&self.number(4)?) {
            return None;
        }
        self.number(8)?;
        let entries = self.number(8)?.min(MOST_ENTRIES);
        for _ in 0..entries {
            // A file that ends here has said what it has to say.
            let Some((key, value)) = self.entry() else { break };
            let place = match key.split_once('.').map_or("", |(_, rest)| rest) {
                "block_count" => &mut shape.blocks,
                "embedding_length" => &mut shape.embedding,
                "attention.head_count" => &mut shape.heads,
                "attention.head_count_kv" => &mut shape.kv_heads,
                "attention.key_length" => &mut shape.key_length,
                "attention.value_length" => &mut shape.value_length,
                _ => continue,
            };
            *place = place.or(value);
        }
        Some(shape)
    }

    /// A key, and its value where that is a whole number.
    fn entry(&mut self) -> Option<(String, Option<u64>)> {
        let length = self.number(8)?;
        if length > 256 {
            return None;
        }
        let mut key = vec![0; usize::try_from(length).ok()?];
        self.take(length)?;
        self.inner.read_exact(&mut key).ok()?;
        let kind = self.number(4)?;
        let value = match kind {
            8 => {
                let length = self.number(8)?;
                self.skip(length)?;
                None
            }
            9 => {
                self.array()?;
                None
            }
            6 | 7 | 12 => {
                self.skip(width(kind)?)?;
                None
            }
            _ => Some(self.number(width(kind)?)?),
        };
        Some((String::from_utf8(key).ok()?, value))
    }

    fn array(&mut self) -> Option<()> {
        let kind = self.number(4)?;
        let count = self.number(8)?;
        if kind == 8 {
            for _ in 0..count {
                let length = self.number(8)?;
                self.skip(length)?;
            }
            return Some(());
        }
        // Lists of lists are in no file that is used.
        self.skip(width(kind)?.checked_mul(count)?)
    }

    fn take(&mut self, bytes: u64) -> Option<()> {
        self.left = self.left.checked_sub(bytes)?;
        Some(())
    }

    fn bytes<const N: usize>(&mut self) -> Option<[u8; N]> {
        self.take(N as u64)?;
        let mut bytes = [0; N];
        self.inner.read_exact(&mut bytes).ok()?;
        Some(bytes)
    }

    /// A little-endian number of 1, 2, 4 or 8 bytes.
    fn number(&mut self, width: u64) -> Option<u64> {
        Some(match width {
            1 => u64::from(self.bytes::<1>()?[0]),
            2 => u64::from(u16::from_le_bytes(self.bytes()?)),
            4 => u64::from(u32::from_le_bytes(self.bytes()?)),
            _ => u64::from_le_bytes(self.bytes()?),
        })
    }

    fn skip(&mut self, bytes: u64) -> Option<()> {
        self.take(bytes)?;
        self.inner.seek_relative(i64::try_from(bytes).ok()?).ok()?;
        Some(())
    }
}

fn width(kind: u64) -> Option<u64> {
    Some(match kind {
        0 | 1 | 7 => 1,
        2 | 3 => 2,
        4..=6 => 4,
        10..=12 => 8,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_starter_model_says_how_large_its_keys_and_values_are() {
        let starter = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../models/starter/gait-starter-q8_0.gguf");
        let each = kv_bytes_a_token(&starter).unwrap();
        assert!((1_000..100_000).contains(&each), "{each} bytes a token");
    }

    #[test]
    fn any_file_can_be_asked() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x.gguf");
        let long = [b"GGUF".as_slice(), &3u32.to_le_bytes(), &u64::MAX.to_le_bytes(), &u64::MAX.to_le_bytes(), &[255; 64]].concat();
        for bytes in [b"".as_slice(), b"GGUF", b"not a model at all, but long enough for one", &long] {
            std::fs::write(&path, bytes).unwrap();
            assert_eq!(kv_bytes_a_token(&path), None);
        }
        assert_eq!(kv_bytes_a_token(&folder.path().join("gone")), None);
    }

    #[test]
    fn an_estimate_says_what_it_rests_on() {
        let facts = ModelFacts {
            sha256: String::new(),
            bytes: 400_000_000,
            name: String::new(),
            architecture: "qwen2".into(),
            parameters: 494_000_000,
            quantisation: "Q4_K".into(),
            context: 1_000,
            vocabulary: 0,
            chat_template: None,
            license: None,
        };
        let known = estimate(&facts, Some(12_288), Lengths { prompt: Some(300), answer: Some(200) });
        assert_eq!((known.tokens, known.kv, known.lengths_known, known.shape_known), (500, 8 * 500 * 12_288, true, true));
        assert_eq!(known.total(), 400_000_000 + known.kv + REST);
        let guessed = estimate(&facts, None, Lengths::default());
        assert_eq!((guessed.tokens, guessed.lengths_known, guessed.shape_known), (800, false, false));
        let long = estimate(&facts, Some(1), Lengths { prompt: Some(900), answer: Some(400) });
        assert_eq!(long.tokens, 1_000, "never more than the model's context");
    }
}
