//! Reads the header of a GGUF file: metadata and the table of tensors, not the weights.
//!
//! Invariant: whatever the bytes are, this ends, allocates no more than the metadata limit allows, and every tensor of
//! a [`Header`] lies inside the file, apart from the others, with a size that follows from its shape.
//!
//! The format: <https://github.com/ggml-org/ggml/blob/master/docs/gguf.md>. candle reads tensors through this header
//! and never parses the file by itself: its own reader panics on an alignment of 0 and takes 48 bytes for each byte of
//! a byte array.

#[cfg(test)]
pub(crate) mod hand;
mod quantisation;
mod sane;
mod shards;
mod source;

pub(crate) use quantisation::Quantisation;

use crate::error::{Refusal, unusable};
use source::{METADATA_LIMIT, Source};
use std::collections::{BTreeMap, HashSet};
use std::io::Read;
use std::ops::Range;

const ENTRY_LIMIT: u64 = 1 << 16;
const DEFAULT_ALIGNMENT: u64 = 32;

/// A metadata value. Numbers are widened; only the arrays of the tokenizer are kept.
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
    Bytes(Vec<u8>),
    /// An array that was skipped.
    Skipped,
}

/// One line of the tensor table.
#[derive(Debug, Clone)]
pub(crate) struct TensorEntry {
    pub(crate) name: String,
    /// Fastest-running dimension first, as in the file.
    pub(crate) dims: Vec<u64>,
    pub(crate) quantisation: Quantisation,
    /// Index of the shard that it lies in: 0 where the model is one file.
    pub(crate) shard: usize,
    /// From where the weights of its shard begin, bytes.
    pub(crate) offset: u64,
    pub(crate) bytes: u64,
}

impl TensorEntry {
    pub(crate) fn weights(&self) -> u64 {
        // Cannot overflow: `tensor` checked the product.
        self.dims.iter().product()
    }
}

/// Where a shard lies among all bytes of a model.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Extent {
    /// Bytes of the shards before it.
    start: u64,
    /// Where its weights begin, bytes from its own start.
    pub(crate) data_offset: u64,
}

/// What stands before the weights.
#[derive(Debug)]
pub(crate) struct Header {
    /// Of the first shard.
    pub(crate) metadata: BTreeMap<String, Value>,
    pub(crate) tensors: Vec<TensorEntry>,
    /// Where the weights of the first shard begin, bytes from its start.
    pub(crate) data_offset: u64,
    /// One for each shard; one where the model is one file.
    pub(crate) shards: Vec<Extent>,
}

impl Header {
    /// Reads and checks the header of a file of `file_bytes` bytes from its start.
    ///
    /// # Errors
    /// [`Refusal::Unusable`] with what is wrong.
    pub(crate) fn read(reader: impl Read, file_bytes: u64) -> Result<Self, Refusal> {
        let (header, _) = Self::read_shard(reader, file_bytes, 0, METADATA_LIMIT)?;
        if let Some(count) = header.unsigned("split.count").filter(|count| *count > 1) {
            return Err(unusable!("it is one of {count} parts of a model; expected all of them"));
        }
        if header.tensors.is_empty() {
            return Err(unusable!("its header announces 0 tensors; expected 1 to {ENTRY_LIMIT}"));
        }
        sane::check(&header.metadata)?;
        Ok(header)
    }

    /// Reads one shard, at most `limit` bytes of header. Gives what was read, in bytes, too.
    fn read_shard(reader: impl Read, file_bytes: u64, shard: usize, limit: u64) -> Result<(Self, u64), Refusal> {
        let mut source = Source::new(reader, file_bytes, limit);
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
        if tensor_count > ENTRY_LIMIT {
            return Err(unusable!("its header announces {tensor_count} tensors; expected 1 to {ENTRY_LIMIT}"));
        }
        if entry_count > ENTRY_LIMIT {
            return Err(unusable!("its header announces {entry_count} metadata entries; expected at most {ENTRY_LIMIT}"));
        }
        let mut metadata = BTreeMap::new();
        for _ in 0..entry_count {
            let key = source.name()?;
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
            let tensor = source.tensor(alignment, shard)?;
            if !names.insert(tensor.name.clone()) {
                return Err(unusable!("it has two tensors named {}", tensor.name));
            }
            tensors.push(tensor);
        }
        // No overflow: position is at most the metadata limit, the alignment at most 4096.
        let data_offset = source.position.div_ceil(alignment) * alignment;
        check_places(&tensors, data_offset, file_bytes)?;
        let shards = vec![Extent { start: 0, data_offset }];
        Ok((Self { metadata, tensors, data_offset, shards }, source.position))
    }

    /// Where a tensor lies: the index of its shard, and the bytes from that shard's start.
    pub(crate) fn place(&self, tensor: &TensorEntry) -> (usize, Range<u64>) {
        let data_offset = self.shards.get(tensor.shard).map_or(0, |extent| extent.data_offset);
        // Cannot overflow: `check_places` added the same numbers.
        let start = data_offset + tensor.offset;
        (tensor.shard, start..start + tensor.bytes)
    }

    /// Where a tensor begins, bytes from the first byte of the first shard, all shards in one row.
    pub(crate) fn offset_in_row(&self, tensor: &TensorEntry) -> u64 {
        let (shard, range) = self.place(tensor);
        self.shards.get(shard).map_or(0, |extent| extent.start) + range.start
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

    pub(crate) fn bytes(&self, key: &str) -> Option<&[u8]> {
        if let Some(Value::Bytes(list)) = self.metadata.get(key) { Some(list) } else { None }
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
            | Value::Bytes(_)
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

#[cfg(test)]
mod tests;
