//! Packed matrices on disk, so that the second start maps them instead of packing again.
//!
//! Invariant: a cache is used only if it was written to its end for this very model, layout and instruction set; one that
//! is torn, foreign or cannot be written costs time and nothing else.
//!
//! The file: a head of one line of JSON ([`Head`]) after its own SHA-256, then the matrices in the order in which the
//! model lists them, each at a multiple of [`ALIGNMENT`]. It is written under another name, synced and then renamed, so
//! that no name ever stands for half a file.

use super::data::Source;
use kernels::{Bytes, Format, Mapped, Matrix};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::fs::{File, OpenOptions};
use std::io::{self, BufWriter, Read as _, Write as _};
use std::path::{Path, PathBuf};

const MAGIC: &[u8; 16] = b"gait packed v1\r\n";
/// Where matrices may begin, bytes: a page, so that reading one ahead reads no other.
const ALIGNMENT: usize = 4096;
/// Longest head, bytes.
const HEAD_LIMIT: u64 = 16 << 20;
/// Models up to this size are packed at each start, bytes.
const SMALL: u64 = 64 << 20;

/// What a cache was made for, and where its matrices lie.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Head {
    model_sha256: String,
    layout: String,
    instruction_set: String,
    /// Length of each matrix in order, bytes.
    lengths: Vec<usize>,
}

/// The place of a model's cache.
#[derive(Debug, Clone)]
pub(crate) struct Cache {
    path: PathBuf,
    model_sha256: String,
}

impl Cache {
    /// Beside the model, or in `folder`; `None` for a small model, which is packed in less time than it takes to look.
    pub(crate) fn of(model: &Path, model_sha256: &str, model_bytes: u64, folder: Option<&Path>) -> Option<Self> {
        if model_bytes <= SMALL {
            return None;
        }
        Some(Self { path: packed_path(model, folder), model_sha256: model_sha256.to_owned() })
    }

    #[cfg(test)]
    pub(crate) fn at(path: PathBuf, model_sha256: &str) -> Self {
        Self { path, model_sha256: model_sha256.to_owned() }
    }

    fn head(&self, lengths: Vec<usize>) -> Head {
        Head {
            model_sha256: self.model_sha256.to_ascii_lowercase(),
            layout: kernels::layout(),
            instruction_set: kernels::instruction_set().to_owned(),
            lengths,
        }
    }

    /// The matrices, mapped; `None` when there is no cache that fits.
    pub(crate) fn open(&self, sources: &[(Source, Format)]) -> Option<Vec<Matrix>> {
        let mut file = File::open(&self.path).ok()?;
        let lengths: Option<Vec<usize>> =
            sources.iter().map(|(source, format)| format.packed_bytes(source.rows.len(), source.cols)).collect();
        let expected = self.head(lengths?);
        let (head, end) = read_head(&mut file).ok()?;
        let (starts, total) = places(end, &expected.lengths)?;
        if head != expected || file.metadata().ok()?.len() != total as u64 {
            return None;
        }
        let map = Mapped::open(&file).ok()?;
        let parts = sources.iter().zip(starts.iter().zip(&expected.lengths));
        parts
            .map(|((source, format), (start, length))| {
                let bytes: Bytes = map.part(*start..start.checked_add(*length)?)?;
                Matrix::from_packed(*format, source.rows.len(), source.cols, bytes).ok()
            })
            .collect()
    }

    /// Writes the matrices. Does nothing when another process is at it.
    ///
    /// # Errors
    /// What the system says; nothing is left behind then.
    pub(crate) fn write(&self, matrices: &[Matrix]) -> io::Result<()> {
        let mut name = self.path.file_name().unwrap_or_default().to_owned();
        name.push(".part");
        let part = self.path.with_file_name(name);
        let file = OpenOptions::new().write(true).create(true).truncate(false).open(&part)?;
        if file.try_lock().is_err() {
            return Ok(());
        }
        let written = self.write_to(&file, matrices).and_then(|()| std::fs::rename(&part, &self.path));
        if written.is_err() {
            let _ = std::fs::remove_file(&part);
        }
        written
    }

    fn write_to(&self, file: &File, matrices: &[Matrix]) -> io::Result<()> {
        file.set_len(0)?;
        let head = self.head(matrices.iter().map(|matrix| matrix.packed().len()).collect());
        let json = serde_json::to_vec(&head)?;
        let mut out = BufWriter::with_capacity(1 << 20, file);
        out.write_all(MAGIC)?;
        out.write_all(&Sha256::digest(&json))?;
        out.write_all(&(json.len() as u64).to_le_bytes())?;
        out.write_all(&json)?;
        let mut at = MAGIC.len() + 32 + 8 + json.len();
        for matrix in matrices {
            let start = at.next_multiple_of(ALIGNMENT);
            out.write_all(&[0; ALIGNMENT][..start - at])?;
            out.write_all(matrix.packed())?;
            at = start + matrix.packed().len();
        }
        out.flush()?;
        drop(out);
        file.sync_all()
    }
}

/// Where the packed form of a model is kept: beside it, or in a folder of the caller's.
pub(crate) fn packed_path(model: &Path, folder: Option<&Path>) -> PathBuf {
    let mut name = model.file_name().unwrap_or_default().to_owned();
    name.push(".gait-packed");
    folder.or_else(|| model.parent()).unwrap_or_else(|| Path::new("")).join(name)
}

/// The head and where it ends, bytes.
fn read_head(file: &mut File) -> io::Result<(Head, usize)> {
    let bad = || io::Error::from(io::ErrorKind::InvalidData);
    let mut start = [0; 16 + 32 + 8];
    file.read_exact(&mut start)?;
    let (magic, rest) = start.split_at(16);
    let (digest, length) = rest.split_at(32);
    let length = u64::from_le_bytes(length.try_into().map_err(|_| bad())?);
    if magic != MAGIC || length > HEAD_LIMIT {
        return Err(bad());
    }
    let mut json = Vec::new();
    file.take(length).read_to_end(&mut json)?;
    if Sha256::digest(&json).as_slice() != digest {
        return Err(bad());
    }
    Ok((serde_json::from_slice(&json)?, start.len() + json.len()))
}

/// Where each matrix begins, and the length of the file.
fn places(head_end: usize, lengths: &[usize]) -> Option<(Vec<usize>, usize)> {
    let mut end = head_end;
    let mut starts = Vec::with_capacity(lengths.len());
    for length in lengths {
        let start = end.checked_next_multiple_of(ALIGNMENT)?;
        starts.push(start);
        end = start.checked_add(*length)?;
    }
    Some((starts, end))
}

#[cfg(test)]
mod tests;
