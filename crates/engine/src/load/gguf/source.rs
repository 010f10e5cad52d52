//! Reads the parts of a header one after the other.
//!
//! Invariant: nothing past the metadata limit or the end of the file is read, memory is taken only for bytes that the
//! file has, and nothing calls itself: an array of arrays is refused before it is entered.

use super::{Quantisation, TensorEntry, Value};
use crate::error::{Refusal, unusable};
use std::io::Read;

/// Longest metadata, bytes. The largest vocabularies in use need about 15 MiB.
pub(super) const METADATA_LIMIT: u64 = 64 << 20;
/// Longest array that is kept, elements. The largest vocabularies have 262,144 tokens and some 515,000 merges.
const ARRAY_LIMIT: u64 = 1 << 20;
const NAME_LIMIT: u64 = 256;
/// Most weights in one tensor.
const WEIGHTS_LIMIT: u64 = 1 << 40;

/// The arrays that are kept; others are of no use here and could be many.
const KEPT: [&str; 6] = [
    "tokenizer.ggml.tokens",
    "tokenizer.ggml.token_type",
    "tokenizer.ggml.scores",
    "tokenizer.ggml.merges",
    "tokenizer.ggml.eos_token_ids",
    "tokenizer.ggml.precompiled_charsmap",
];

/// Reads forward.
pub(super) struct Source<R> {
    inner: R,
    /// Bytes read.
    pub(super) position: u64,
    end: u64,
    /// Bytes that may be read in all.
    limit: u64,
}

impl<R: Read> Source<R> {
    /// Reads a file of `end` bytes, at most `limit` of them.
    pub(super) fn new(inner: R, end: u64, limit: u64) -> Self {
        Self { inner, position: 0, end, limit }
    }

    /// Says that `count` bytes will be read; call before allocating for them.
    fn claim(&mut self, count: u64) -> Result<(), Refusal> {
        let after = self.position.checked_add(count);
        match after {
            Some(after) if after > self.limit && after <= self.end => {
                Err(unusable!("its header is longer than {} MiB; expected metadata of a language model", METADATA_LIMIT >> 20))
            }
            Some(after) if after <= self.end => {
                self.position = after;
                Ok(())
            }
            _ => Err(unusable!(
                "it is cut short or damaged: its header asks for {count} bytes at byte {} and the file has {}; copy or download it again",
                self.position,
                self.end
            )),
        }
    }

    fn fill(&mut self, buffer: &mut [u8]) -> Result<(), Refusal> {
        self.inner.read_exact(buffer).map_err(|e| unusable!("it cannot be read: {e}"))
    }

    pub(super) fn bytes<const N: usize>(&mut self) -> Result<[u8; N], Refusal> {
        self.claim(N as u64)?;
        let mut buffer = [0; N];
        self.fill(&mut buffer)?;
        Ok(buffer)
    }

    /// So many bytes; `count` is claimed before memory is taken.
    fn many(&mut self, count: u64) -> Result<Vec<u8>, Refusal> {
        self.claim(count)?;
        let mut buffer = vec![0; usize::try_from(count).map_err(|e| unusable!("it is too long for this machine: {e}"))?];
        self.fill(&mut buffer)?;
        Ok(buffer)
    }

    fn skip(&mut self, count: u64) -> Result<(), Refusal> {
        self.claim(count)?;
        let skipped = std::io::copy(&mut (&mut self.inner).take(count), &mut std::io::sink());
        if skipped.map_err(|e| unusable!("it cannot be read: {e}"))? == count {
            return Ok(());
        }
        Err(unusable!("it became shorter while it was read; copy or download it again"))
    }

    pub(super) fn u32(&mut self) -> Result<u32, Refusal> {
        self.bytes().map(u32::from_le_bytes)
    }

    pub(super) fn u64(&mut self) -> Result<u64, Refusal> {
        self.bytes().map(u64::from_le_bytes)
    }

    /// A name: of a key or a tensor.
    pub(super) fn name(&mut self) -> Result<String, Refusal> {
        let length = self.u64()?;
        if length > NAME_LIMIT {
            return Err(unusable!("its header has a name of {length} bytes; expected at most {NAME_LIMIT}"));
        }
        self.many(length).map(text_of)
    }

    fn text(&mut self) -> Result<String, Refusal> {
        let length = self.u64()?;
        self.many(length).map(text_of)
    }

    /// The value of a key.
    pub(super) fn value(&mut self, key: &str, kind: u32) -> Result<Value, Refusal> {
        Ok(match kind {
            0 => Value::Unsigned(u64::from(u8::from_le_bytes(self.bytes()?))),
            1 => Value::Signed(i64::from(i8::from_le_bytes(self.bytes()?))),
            2 => Value::Unsigned(u64::from(u16::from_le_bytes(self.bytes()?))),
            3 => Value::Signed(i64::from(i16::from_le_bytes(self.bytes()?))),
            4 => Value::Unsigned(u64::from(self.u32()?)),
            5 => Value::Signed(i64::from(i32::from_le_bytes(self.bytes()?))),
            6 => Value::Float(f64::from(f32::from_le_bytes(self.bytes()?))),
            7 => match self.bytes::<1>()? {
                [0] => Value::Bool(false),
                [1] => Value::Bool(true),
                [other] => return Err(unusable!("its {key} is the truth value {other}; expected 0 or 1")),
            },
            8 => Value::Text(self.text()?),
            9 => self.array(key)?,
            10 => Value::Unsigned(self.u64()?),
            11 => Value::Signed(i64::from_le_bytes(self.bytes()?)),
            12 => Value::Float(f64::from_le_bytes(self.bytes()?)),
            _ => return Err(unusable!("its {key} has the unknown type {kind}; expected one of GGUF's types 0 to 12")),
        })
    }

    fn array(&mut self, key: &str) -> Result<Value, Refusal> {
        let kind = self.u32()?;
        let length = self.u64()?;
        let width = match kind {
            0 | 1 | 7 => 1,
            2 | 3 => 2,
            4..=6 => 4,
            10..=12 => 8,
            8 => 0,
            9 => return Err(unusable!("its {key} is an array of arrays; expected a plain array")),
            _ => return Err(unusable!("its {key} has elements of the unknown type {kind}; expected one of GGUF's types 0 to 12")),
        };
        let kept = KEPT.contains(&key);
        if kept && length > ARRAY_LIMIT {
            return Err(unusable!("its {key} has {length} elements; expected at most {ARRAY_LIMIT}"));
        }
        if kind == 8 {
            return self.texts(length, kept);
        }
        let bytes = length.checked_mul(width).unwrap_or(u64::MAX);
        if !kept {
            self.skip(bytes)?;
            return Ok(Value::Skipped);
        }
        let raw = self.many(bytes)?;
        Ok(match kind {
            0 | 1 | 7 => Value::Bytes(raw),
            6 => Value::Floats(raw.as_chunks::<4>().0.iter().map(|four| f32::from_le_bytes(*four)).collect()),
            4 => Value::Integers(raw.as_chunks::<4>().0.iter().map(|four| u32::from_le_bytes(*four).into()).collect()),
            5 => Value::Integers(raw.as_chunks::<4>().0.iter().map(|four| i32::from_le_bytes(*four).into()).collect()),
            _ => return Err(unusable!("its {key} is a list of numbers of the type {kind}; expected 4 bytes for each")),
        })
    }

    fn texts(&mut self, length: u64, kept: bool) -> Result<Value, Refusal> {
        let mut texts = Vec::new();
        for _ in 0..length {
            if kept {
                texts.push(self.text()?);
            } else {
                let bytes = self.u64()?;
                self.skip(bytes)?;
            }
        }
        Ok(if kept { Value::Texts(texts) } else { Value::Skipped })
    }

    /// A line of the tensor table.
    pub(super) fn tensor(&mut self, alignment: u64, shard: usize) -> Result<TensorEntry, Refusal> {
        let name = self.name()?;
        let rank = self.u32()?;
        if !(1..=4).contains(&rank) {
            return Err(unusable!("its tensor {name} has {rank} dimensions; expected 1 to 4"));
        }
        let mut dims = Vec::with_capacity(4);
        for _ in 0..rank {
            dims.push(self.u64()?);
        }
        let id = self.u32()?;
        let offset = self.u64()?;
        let quantisation = Quantisation::from_id(id).map_err(|found| {
            unusable!(
                "its tensor {name} is stored as {found}, which this version of Gait cannot compute with; \
                 expected Q2_K to Q6_K, Q4_0 to Q8_0, F16, BF16 or F32"
            )
        })?;
        let weights = dims.iter().try_fold(1u64, |product, dim| product.checked_mul(*dim)).filter(|w| (1..=WEIGHTS_LIMIT).contains(w));
        let Some(weights) = weights else {
            return Err(unusable!("its tensor {name} has the shape {dims:?}; expected between 1 and {WEIGHTS_LIMIT} weights"));
        };
        let row = dims.first().copied().unwrap_or(0);
        if row % quantisation.block != 0 {
            return Err(unusable!(
                "its tensor {name} has rows of {row} weights; {} expects a multiple of {}",
                quantisation.name,
                quantisation.block
            ));
        }
        if offset % alignment != 0 {
            return Err(unusable!("its tensor {name} lies at {offset}; expected a multiple of {alignment}"));
        }
        // At most 2^40 · 4 bytes.
        let bytes = weights / quantisation.block * quantisation.bytes;
        Ok(TensorEntry { name, dims, quantisation, shard, offset, bytes })
    }
}

/// Bytes that are not UTF-8 become replacement characters.
fn text_of(bytes: Vec<u8>) -> String {
    String::from_utf8(bytes).unwrap_or_else(|e| String::from_utf8_lossy(e.as_bytes()).into_owned())
}
