//! Reads the header of a GGUF file: metadata and the table of tensors, not the weights.
//!
//! Invariant: whatever the bytes are, this ends, allocates no more than the metadata limit allows, and every tensor of
//! a [`Header`] lies inside the file, apart from the others, with a size that follows from its shape.
//!
//! The format: <https://github.com/ggml-org/ggml/blob/master/docs/gguf.md>. candle reads tensors through this header
//! and never parses the file by itself: its own reader panics on an alignment of 0 and takes 48 bytes for each byte of
//! a byte array.

use crate::error::{Refusal, unusable};
use candle_core::quantized::GgmlDType;
use std::collections::{BTreeMap, HashSet};
use std::io::Read;

/// Longest metadata, bytes. The largest vocabularies in use need about 15 MiB.
const METADATA_LIMIT: u64 = 64 << 20;
/// Longest array that is kept, elements. The largest vocabularies have 262,144 tokens and some 500,000 merges.
const ARRAY_LIMIT: u64 = 2 << 20;
const ENTRY_LIMIT: u64 = 1 << 16;
const NAME_LIMIT: u64 = 256;
/// Most weights in one tensor.
const WEIGHTS_LIMIT: u64 = 1 << 40;
const DEFAULT_ALIGNMENT: u64 = 32;

/// A metadata value. Numbers are widened; arrays are kept only under `tokenizer.`, where they are needed.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Value {
    Unsigned(u64),
    Signed(i64),
    Float(f64),
    Bool(bool),
    Text(String),
    Texts(Vec<String>),
    Integers(Vec<i64>),
    Floats(Vec<f32>),
    /// An array that was skipped.
    Skipped,
}

/// How the weights of a tensor are stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Quantisation {
    pub(crate) name: &'static str,
    /// Weights in a block.
    pub(crate) block: u64,
    /// Bytes of a block.
    pub(crate) bytes: u64,
    /// ggml's number for the type.
    pub(crate) id: u32,
}

impl Quantisation {
    /// The types that candle 0.11 computes with. Sizes: `ggml-common.h`.
    const KNOWN: [Self; 15] = [
        Self { id: 0, name: "F32", block: 1, bytes: 4 },
        Self { id: 1, name: "F16", block: 1, bytes: 2 },
        Self { id: 2, name: "Q4_0", block: 32, bytes: 18 },
        Self { id: 3, name: "Q4_1", block: 32, bytes: 20 },
        Self { id: 6, name: "Q5_0", block: 32, bytes: 22 },
        Self { id: 7, name: "Q5_1", block: 32, bytes: 24 },
        Self { id: 8, name: "Q8_0", block: 32, bytes: 34 },
        Self { id: 9, name: "Q8_1", block: 32, bytes: 36 },
        Self { id: 10, name: "Q2_K", block: 256, bytes: 84 },
        Self { id: 11, name: "Q3_K", block: 256, bytes: 110 },
        Self { id: 12, name: "Q4_K", block: 256, bytes: 144 },
        Self { id: 13, name: "Q5_K", block: 256, bytes: 176 },
        Self { id: 14, name: "Q6_K", block: 256, bytes: 210 },
        Self { id: 15, name: "Q8_K", block: 256, bytes: 292 },
        Self { id: 30, name: "BF16", block: 1, bytes: 2 },
    ];

    fn from_id(id: u32) -> Result<Self, String> {
        if let Some(known) = Self::KNOWN.into_iter().find(|q| q.id == id) {
            return Ok(known);
        }
        Err(match id {
            16..=23 | 29 => "an IQ type (I-quant)".to_owned(),
            34 | 35 => "a ternary type (TQ)".to_owned(),
            39 => "MXFP4".to_owned(),
            _ => format!("the unknown type {id}"),
        })
    }

    pub(crate) fn candle(self) -> Option<GgmlDType> {
        Some(match self.id {
            0 => GgmlDType::F32,
            1 => GgmlDType::F16,
            2 => GgmlDType::Q4_0,
            3 => GgmlDType::Q4_1,
            6 => GgmlDType::Q5_0,
            7 => GgmlDType::Q5_1,
            8 => GgmlDType::Q8_0,
            9 => GgmlDType::Q8_1,
            10 => GgmlDType::Q2K,
            11 => GgmlDType::Q3K,
            12 => GgmlDType::Q4K,
            13 => GgmlDType::Q5K,
            14 => GgmlDType::Q6K,
            15 => GgmlDType::Q8K,
            30 => GgmlDType::BF16,
            _ => return None,
        })
    }
}

/// One line of the tensor table.
#[derive(Debug, Clone)]
pub(crate) struct TensorEntry {
    pub(crate) name: String,
    /// Fastest-running dimension first, as in the file.
    pub(crate) dims: Vec<u64>,
    pub(crate) quantisation: Quantisation,
    /// From [`Header::data_offset`], bytes.
    pub(crate) offset: u64,
    pub(crate) bytes: u64,
}

impl TensorEntry {
    pub(crate) fn weights(&self) -> u64 {
        // Cannot overflow: `tensor` checked the product.
        self.dims.iter().product()
    }
}

/// What stands before the weights.
#[derive(Debug)]
pub(crate) struct Header {
    pub(crate) metadata: BTreeMap<String, Value>,
    pub(crate) tensors: Vec<TensorEntry>,
    /// Where the weights begin, bytes from the start of the file.
    pub(crate) data_offset: u64,
}

impl Header {
    /// Reads and checks the header of a file of `file_bytes` bytes from its start.
    ///
    /// # Errors
    /// [`Refusal::Unusable`] with what is wrong.
    pub(crate) fn read(reader: impl Read, file_bytes: u64) -> Result<Self, Refusal> {
        let mut source = Source { inner: reader, position: 0, end: file_bytes };
        let magic: [u8; 4] = source.bytes()?;
        if &magic != b"GGUF" {
            return Err(unusable!("it does not begin as a GGUF file does; expected a model in the GGUF format"));
        }
        let version = source.u32()?;
        match version {
            2 | 3 => {}
            1 => return Err(unusable!("it is a GGUF file of version 1, which is long out of use; expected version 2 or 3")),
            v if (2..=3).contains(&v.swap_bytes()) => {
                return Err(unusable!("it is a GGUF file for big-endian machines; expected a little-endian one"));
            }
            v => return Err(unusable!("it is a GGUF file of version {v}; expected version 2 or 3")),
        }
        let tensor_count = source.u64()?;
        let entry_count = source.u64()?;
        if tensor_count == 0 || tensor_count > ENTRY_LIMIT {
            return Err(unusable!("its header announces {tensor_count} tensors; expected 1 to {ENTRY_LIMIT}"));
        }
        if entry_count > ENTRY_LIMIT {
            return Err(unusable!("its header announces {entry_count} metadata entries; expected at most {ENTRY_LIMIT}"));
        }
        let mut metadata = BTreeMap::new();
        for _ in 0..entry_count {
            let key = source.text(NAME_LIMIT)?;
            let kind = source.u32()?;
            let value = source.value(&key, kind)?;
            if metadata.insert(key.clone(), value).is_some() {
                return Err(unusable!("its metadata has {key} twice"));
            }
        }
        let alignment = alignment(&metadata)?;
        let mut tensors = Vec::new();
        let mut names = HashSet::new();
        for _ in 0..tensor_count {
            let tensor = source.tensor(alignment)?;
            if !names.insert(tensor.name.clone()) {
                return Err(unusable!("it has two tensors named {}", tensor.name));
            }
            tensors.push(tensor);
        }
        // No overflow: position is at most METADATA_LIMIT past the last read, the alignment at most 4096.
        let data_offset = source.position.div_ceil(alignment) * alignment;
        check_places(&tensors, data_offset, file_bytes)?;
        Ok(Self { metadata, tensors, data_offset })
    }

    pub(crate) fn text(&self, key: &str) -> Option<&str> {
        if let Some(Value::Text(text)) = self.metadata.get(key) { Some(text) } else { None }
    }

    pub(crate) fn texts(&self, key: &str) -> Option<&[String]> {
        if let Some(Value::Texts(texts)) = self.metadata.get(key) { Some(texts) } else { None }
    }

    pub(crate) fn integers(&self, key: &str) -> Option<&[i64]> {
        if let Some(Value::Integers(list)) = self.metadata.get(key) { Some(list) } else { None }
    }

    pub(crate) fn floats(&self, key: &str) -> Option<&[f32]> {
        if let Some(Value::Floats(list)) = self.metadata.get(key) { Some(list) } else { None }
    }

    /// A number of at least 0 that fits 32 bits, however it is stored.
    pub(crate) fn unsigned(&self, key: &str) -> Option<u32> {
        match self.metadata.get(key)? {
            Value::Unsigned(v) => u32::try_from(*v).ok(),
            Value::Signed(v) => u32::try_from(*v).ok(),
            Value::Float(_)
            | Value::Bool(_)
            | Value::Text(_)
            | Value::Texts(_)
            | Value::Integers(_)
            | Value::Floats(_)
            | Value::Skipped => None,
        }
    }

    pub(crate) fn float(&self, key: &str) -> Option<f64> {
        if let Some(Value::Float(v)) = self.metadata.get(key) { Some(*v) } else { None }
    }

    pub(crate) fn bool(&self, key: &str) -> Option<bool> {
        if let Some(Value::Bool(v)) = self.metadata.get(key) { Some(*v) } else { None }
    }

    /// Number of weights in the file.
    pub(crate) fn weights(&self) -> u64 {
        self.tensors.iter().map(TensorEntry::weights).sum()
    }

    /// How most weights are stored.
    pub(crate) fn quantisation(&self) -> Option<Quantisation> {
        let mut totals: BTreeMap<Quantisation, u64> = BTreeMap::new();
        for tensor in &self.tensors {
            *totals.entry(tensor.quantisation).or_default() += tensor.weights();
        }
        totals.into_iter().max_by_key(|(_, weights)| *weights).map(|(quantisation, _)| quantisation)
    }
}

fn alignment(metadata: &BTreeMap<String, Value>) -> Result<u64, Refusal> {
    let alignment = match metadata.get("general.alignment") {
        None => DEFAULT_ALIGNMENT,
        Some(Value::Unsigned(v)) => *v,
        Some(other) => return Err(unusable!("its general.alignment is {other:?}; expected an unsigned number")),
    };
    if !alignment.is_power_of_two() || !(8..=4096).contains(&alignment) {
        return Err(unusable!("its general.alignment is {alignment}; expected a power of two from 8 to 4096"));
    }
    Ok(alignment)
}

/// Every tensor inside the file, none over another.
fn check_places(tensors: &[TensorEntry], data_offset: u64, file_bytes: u64) -> Result<(), Refusal> {
    let mut places: Vec<(u64, u64, &str)> = Vec::with_capacity(tensors.len());
    for tensor in tensors {
        let end = tensor.offset.checked_add(tensor.bytes).and_then(|end| end.checked_add(data_offset));
        match end {
            Some(end) if end <= file_bytes => places.push((tensor.offset, tensor.bytes, &tensor.name)),
            Some(end) => {
                return Err(unusable!(
                    "it is cut short: {} ends at byte {end} and the file has {file_bytes}; copy or download it again",
                    tensor.name
                ));
            }
            None => return Err(unusable!("its tensor {} is said to lie at {}, beyond any file", tensor.name, tensor.offset)),
        }
    }
    places.sort_unstable();
    for pair in places.windows(2) {
        if let [(offset, bytes, name), (next, _, other)] = pair
            && offset + bytes > *next
        {
            return Err(unusable!("its tensors {name} and {other} overlap"));
        }
    }
    Ok(())
}

/// Reads forward and never past the metadata limit or the end of the file.
struct Source<R> {
    inner: R,
    position: u64,
    end: u64,
}

impl<R: Read> Source<R> {
    /// Says that `count` bytes will be read; call before allocating for them.
    fn claim(&mut self, count: u64) -> Result<(), Refusal> {
        let after = self.position.checked_add(count);
        match after {
            Some(after) if after > METADATA_LIMIT && after <= self.end => {
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

    fn bytes<const N: usize>(&mut self) -> Result<[u8; N], Refusal> {
        self.claim(N as u64)?;
        let mut buffer = [0; N];
        self.fill(&mut buffer)?;
        Ok(buffer)
    }

    fn u32(&mut self) -> Result<u32, Refusal> {
        self.bytes().map(u32::from_le_bytes)
    }

    fn u64(&mut self) -> Result<u64, Refusal> {
        self.bytes().map(u64::from_le_bytes)
    }

    /// A text of at most `limit` bytes. Bytes that are not UTF-8 become replacement characters.
    fn text(&mut self, limit: u64) -> Result<String, Refusal> {
        let length = self.u64()?;
        if length > limit {
            return Err(unusable!("its header has a name of {length} bytes; expected at most {limit}"));
        }
        self.claim(length)?;
        let mut buffer = vec![0; usize::try_from(length).map_err(|e| unusable!("a text is too long: {e}"))?];
        self.fill(&mut buffer)?;
        Ok(String::from_utf8(buffer).unwrap_or_else(|e| String::from_utf8_lossy(e.as_bytes()).into_owned()))
    }

    fn value(&mut self, key: &str, kind: u32) -> Result<Value, Refusal> {
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
            8 => Value::Text(self.text(METADATA_LIMIT)?),
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
        if kind == 9 {
            return Err(unusable!("its {key} is an array of arrays; expected a plain array"));
        }
        if length > ARRAY_LIMIT {
            return Err(unusable!("its {key} has {length} elements; expected at most {ARRAY_LIMIT}"));
        }
        let keep = key.starts_with("tokenizer.");
        match kind {
            8 => {
                let mut texts = Vec::new();
                for _ in 0..length {
                    let text = self.text(METADATA_LIMIT)?;
                    if keep {
                        texts.push(text);
                    }
                }
                Ok(if keep { Value::Texts(texts) } else { Value::Skipped })
            }
            6 => {
                let mut floats = Vec::new();
                for _ in 0..length {
                    let number = f32::from_le_bytes(self.bytes()?);
                    if keep {
                        floats.push(number);
                    }
                }
                Ok(if keep { Value::Floats(floats) } else { Value::Skipped })
            }
            _ => {
                let mut integers = Vec::new();
                for _ in 0..length {
                    let number = match self.value(key, kind)? {
                        Value::Unsigned(v) => i64::try_from(v).ok(),
                        Value::Signed(v) => Some(v),
                        Value::Bool(v) => Some(i64::from(v)),
                        Value::Float(_) | Value::Text(_) | Value::Texts(_) | Value::Integers(_) | Value::Floats(_) | Value::Skipped => None,
                    };
                    if keep {
                        integers.push(number.ok_or_else(|| unusable!("its {key} holds a number that is out of range"))?);
                    }
                }
                Ok(if keep { Value::Integers(integers) } else { Value::Skipped })
            }
        }
    }

    fn tensor(&mut self, alignment: u64) -> Result<TensorEntry, Refusal> {
        let name = self.text(NAME_LIMIT)?;
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
        Ok(TensorEntry { name, dims, quantisation, offset, bytes })
    }
}

#[cfg(test)]
mod tests;
