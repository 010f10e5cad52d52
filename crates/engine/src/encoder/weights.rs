//! Weights from `model.safetensors`, one tensor at a time.
//!
//! Invariant: a tensor is read only from a file whose header was checked whole: sizes, types and offsets agree, the
//! tensors fill the file without gap or overlap. Nothing in the file is run.
//!
//! The format: <https://huggingface.co/docs/safetensors/index#format>: eight bytes of length, a JSON header, the data.

use super::{EncoderError, first_line, open};
use candle_core::{DType, Device, Shape, Tensor};
use candle_nn::var_builder::SimpleBackend;
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

pub(crate) const FILE: &str = "model.safetensors";
/// The longest header, bytes.
const LONGEST_HEADER: u64 = 4 << 20;
const MOST_TENSORS: usize = 10_000;
/// The most weights: 2^31 of them take 8 GiB.
const MOST_WEIGHTS: u64 = 1 << 31;

/// A tensor as the header describes it.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    dtype: String,
    shape: Vec<u64>,
    /// From the beginning of the data, bytes.
    data_offsets: [u64; 2],
}

struct Inner {
    path: PathBuf,
    file: Mutex<File>,
    /// Where the data begin.
    data: u64,
    /// By the names that candle uses.
    entries: BTreeMap<String, Entry>,
    /// Names that were asked for.
    used: Mutex<BTreeSet<String>>,
}

/// The weights of a folder. Clones share the file.
#[derive(Clone)]
pub(crate) struct Weights(Arc<Inner>);

impl Weights {
    /// Opens the file and checks its header.
    ///
    /// # Errors
    /// [`EncoderError`] with what is wrong.
    pub(crate) fn open(folder: &Path) -> Result<Self, EncoderError> {
        let path = folder.join(FILE);
        let (mut file, bytes) = match open(&path) {
            Err(EncoderError::Missing { .. }) => return Err(without_safetensors(folder, path)),
            other => other?,
        };
        let unusable = |reason: String| EncoderError::unusable(&path, reason);
        let header = header(&mut file, bytes).map_err(unusable)?;
        let data = 8 + header.len() as u64;
        let entries = entries(&header, bytes - data).map_err(unusable)?;
        Ok(Self(Arc::new(Inner { path, file: Mutex::new(file), data, entries, used: Mutex::default() })))
    }

    pub(crate) fn path(&self) -> &Path {
        &self.0.path
    }

    /// Whether some tensor's name begins like this.
    pub(crate) fn has(&self, prefix: &str) -> bool {
        self.0.entries.keys().any(|name| name.starts_with(prefix))
    }

    /// Names of tensors that nobody has asked for.
    pub(crate) fn unused(&self) -> Vec<String> {
        let used = self.0.used.lock().unwrap_or_else(PoisonError::into_inner);
        self.0.entries.keys().filter(|name| !used.contains(*name)).cloned().collect()
    }

    fn entry(&self, name: &str) -> candle_core::Result<&Entry> {
        self.0.entries.get(name).ok_or_else(|| candle_core::Error::Msg(format!("it lacks the tensor {name}")))
    }
}

impl SimpleBackend for Weights {
    fn get(&self, shape: Shape, name: &str, _: candle_nn::Init, dtype: DType, device: &Device) -> candle_core::Result<Tensor> {
        let found = &self.entry(name)?.shape;
        if !found.iter().copied().eq(shape.dims().iter().map(|dim| *dim as u64)) {
            candle_core::bail!("its tensor {name} has the shape {found:?}; expected {:?}", shape.dims());
        }
        self.get_unchecked(name, dtype, device)
    }

    fn get_unchecked(&self, name: &str, dtype: DType, device: &Device) -> candle_core::Result<Tensor> {
        let entry = self.entry(name)?;
        let kind = match entry.dtype.as_str() {
            "F32" => DType::F32,
            "F16" => DType::F16,
            "BF16" => DType::BF16,
            other => candle_core::bail!("its tensor {name} is of the type {other}; expected F32, F16 or BF16"),
        };
        let [from, to] = entry.data_offsets;
        let mut bytes = vec![0; usize::try_from(to - from).map_err(candle_core::Error::wrap)?];
        {
            let mut file = self.0.file.lock().unwrap_or_else(PoisonError::into_inner);
            file.seek(SeekFrom::Start(self.0.data + from))?;
            file.read_exact(&mut bytes)?;
        }
        self.0.used.lock().unwrap_or_else(PoisonError::into_inner).insert(name.to_owned());
        let shape = entry.shape.iter().map(|dim| usize::try_from(*dim)).collect::<Result<Vec<_>, _>>().map_err(candle_core::Error::wrap)?;
        Tensor::from_raw_buffer(&bytes, kind, &shape, device)?.to_dtype(dtype)
    }

    fn contains_tensor(&self, name: &str) -> bool {
        self.0.entries.contains_key(name)
    }
}

/// What is said when the file is not there.
fn without_safetensors(folder: &Path, path: PathBuf) -> EncoderError {
    let pickles = ["pytorch_model.bin", "model.bin", "model.pt", "model.pth", "model.pkl", "pytorch_model.pt"];
    match pickles.into_iter().map(|name| folder.join(name)).find(|path| path.exists()) {
        None => EncoderError::Missing { path },
        Some(pickle) => EncoderError::unusable(
            &pickle,
            format!("it is a pickle, and reading one runs what is in it: download {FILE} of the same model instead"),
        ),
    }
}

/// The header's JSON.
fn header(file: &mut File, bytes: u64) -> Result<Vec<u8>, String> {
    let mut length = [0; 8];
    file.read_exact(&mut length).map_err(|_| format!("it has {bytes} bytes; expected a safetensors file"))?;
    let length = u64::from_le_bytes(length);
    let room = bytes.saturating_sub(8).min(LONGEST_HEADER);
    if length > room {
        return Err(format!("its header announces {length} bytes; expected at most {room}"));
    }
    let mut header = Vec::new();
    file.take(length).read_to_end(&mut header).map_err(|e| format!("it cannot be read: {e}"))?;
    if header.len() as u64 == length { Ok(header) } else { Err("it ends within its header".to_owned()) }
}

/// The tensors of a header, checked against the bytes of data that the file has.
fn entries(header: &[u8], data: u64) -> Result<BTreeMap<String, Entry>, String> {
    let members: BTreeMap<String, serde_json::Value> =
        serde_json::from_slice(header).map_err(|e| format!("its header is no JSON object: {e}"))?;
    if members.len() > MOST_TENSORS {
        return Err(format!("it has {} tensors; expected at most {MOST_TENSORS}", members.len()));
    }
    let mut entries = BTreeMap::new();
    let mut ranges = Vec::new();
    let mut total = 0u64;
    for (name, member) in members.into_iter().filter(|(name, _)| name != "__metadata__") {
        let entry: Entry =
            serde_json::from_value(member).map_err(|e| format!("its header describes {name:?} wrongly: {}", first_line(&e.to_string())))?;
        let count = entry.shape.iter().try_fold(1u64, |product, dim| product.checked_mul(*dim)).filter(|_| entry.shape.len() <= 8);
        let size = size(&entry.dtype).ok_or_else(|| format!("its tensor {name} is of the unknown type {:?}", entry.dtype))?;
        let [from, to] = entry.data_offsets;
        let bytes = count.and_then(|count| count.checked_mul(size));
        if bytes.is_none() || to.checked_sub(from) != bytes {
            return Err(format!("its tensor {name} has the shape {:?} and the bytes {from} to {to}, which do not agree", entry.shape));
        }
        total = total.saturating_add(count.unwrap_or(u64::MAX));
        ranges.push((from, to));
        // As old files of BERT name the weights of a norm.
        let name = name.strip_suffix(".gamma").map(|stem| format!("{stem}.weight")).unwrap_or(name);
        let name = name.strip_suffix(".beta").map(|stem| format!("{stem}.bias")).unwrap_or(name);
        if entries.insert(name.clone(), entry).is_some() {
            return Err(format!("it has the tensor {name} twice"));
        }
    }
    if total > MOST_WEIGHTS {
        return Err(format!("it has {total} weights; expected at most {MOST_WEIGHTS}"));
    }
    ranges.sort_unstable();
    let mut end = 0;
    for (from, to) in ranges {
        if from != end {
            return Err(format!("its tensors overlap or leave a gap at byte {end} of the data"));
        }
        end = to;
    }
    if end != data {
        return Err(format!("its tensors take {end} bytes and it has {data}: it is cut off, or has more than it says"));
    }
    Ok(entries)
}

/// Bytes of a number of this type.
fn size(dtype: &str) -> Option<u64> {
    Some(match dtype {
        "F64" | "I64" | "U64" => 8,
        "F32" | "I32" | "U32" => 4,
        "F16" | "BF16" | "I16" | "U16" => 2,
        "U8" | "I8" | "BOOL" | "F8_E4M3" | "F8_E5M2" => 1,
        _ => return None,
    })
}
