//! Opens the file of a model, or its shards, and says what a file is when it is no model.
//!
//! Invariant: only regular, non-empty files are opened, and they are hashed and read through the same handles, so
//! nothing can be put in their place between the two.
//!
//! A model may be split over files named `…-00001-of-00003.gguf` to `…-00003-of-00003.gguf`. Any of them stands for all,
//! and the hash is that of all bytes in order, as `cat` would give them.

use crate::error::{Refusal, unusable};
use flow::model::Cancel;
use sha2::{Digest, Sha256};
use std::fmt::Write as _;
use std::fs::{File, Metadata};
use std::io::{ErrorKind, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

/// Most shards of a model.
const SHARD_LIMIT: u32 = 512;

/// What is looked at to see, without hashing, that a model is still the same.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Stamp {
    /// Of all shards.
    pub(crate) bytes: u64,
    modified: Vec<Option<SystemTime>>,
}

impl Stamp {
    fn of<'a>(files: impl Iterator<Item = &'a Metadata>) -> Self {
        let mut stamp = Self { bytes: 0, modified: Vec::new() };
        for metadata in files {
            stamp.bytes = stamp.bytes.saturating_add(metadata.len());
            stamp.modified.push(metadata.modified().ok());
        }
        stamp
    }

    /// The stamp of the model at a path.
    ///
    /// # Errors
    /// As [`open`].
    pub(crate) fn at(path: &Path) -> Result<Self, Refusal> {
        let all: Result<Vec<Metadata>, Refusal> =
            siblings(path)?.iter().map(|sibling| look_at(sibling).map_err(|refusal| part(path, sibling, refusal))).collect();
        Ok(Self::of(all?.iter()))
    }
}

fn look_at(path: &Path) -> Result<Metadata, Refusal> {
    let metadata = std::fs::metadata(path).map_err(|e| cannot_open(&e))?;
    check_regular(&metadata)?;
    Ok(metadata)
}

/// One file of a model.
#[derive(Debug)]
pub(crate) struct Shard {
    path: PathBuf,
    pub(crate) file: File,
    pub(crate) bytes: u64,
    /// Bytes of the shards before it.
    pub(crate) start: u64,
}

impl Shard {
    /// The file's name without its folder.
    pub(crate) fn name(&self) -> String {
        name_of(&self.path)
    }
}

/// The open files of a model in their order; one where it is not split.
#[derive(Debug)]
pub(crate) struct Shards {
    all: Vec<Shard>,
}

impl Shards {
    pub(crate) fn all(&self) -> &[Shard] {
        &self.all
    }

    /// Reads all bytes in order, until the work is cancelled.
    pub(crate) fn reader<'a>(&'a self, cancel: &'a Cancel) -> Reader<'a> {
        Reader { shards: &self.all, position: 0, cancel }
    }
}

/// Opens the model at a path, or at the path of one of its shards: regular files that begin as GGUF files do.
///
/// # Errors
/// [`Refusal::Missing`], or [`Refusal::Unusable`] with what a file is instead, or which is missing.
pub(crate) fn open(path: &Path) -> Result<(Shards, Stamp), Refusal> {
    let mut all = Vec::new();
    let mut looks = Vec::new();
    let mut start = 0u64;
    for sibling in siblings(path)? {
        let (file, metadata) = open_one(&sibling).map_err(|refusal| part(path, &sibling, refusal))?;
        let bytes = metadata.len();
        all.push(Shard { path: sibling, file, bytes, start });
        looks.push(metadata);
        start = start.checked_add(bytes).ok_or_else(|| unusable!("its parts are larger together than any disk"))?;
    }
    let stamp = Stamp::of(looks.iter());
    Ok((Shards { all }, stamp))
}

fn open_one(path: &Path) -> Result<(File, Metadata), Refusal> {
    // Before opening: to open a pipe would block.
    look_at(path)?;
    let mut file = File::open(path).map_err(|e| cannot_open(&e))?;
    let metadata = file.metadata().map_err(|e| cannot_open(&e))?;
    check_regular(&metadata)?;
    let mut start = Vec::new();
    (&mut file).take(512).read_to_end(&mut start).map_err(|e| unusable!("it cannot be read: {e}"))?;
    if !start.starts_with(b"GGUF") {
        return Err(unusable!("it is {}; expected a model in the GGUF format", describe(&start)));
    }
    file.seek(SeekFrom::Start(0)).map_err(|e| unusable!("it cannot be read: {e}"))?;
    Ok((file, metadata))
}

fn name_of(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

/// A refusal of `sibling` as one of the model at `path`.
fn part(path: &Path, sibling: &Path, refusal: Refusal) -> Refusal {
    if path == sibling {
        return refusal;
    }
    match refusal {
        Refusal::Missing => unusable!("its part {} is missing; put all parts into one folder", name_of(sibling)),
        Refusal::Unusable(reason) => unusable!("its part {}: {reason}", name_of(sibling)),
        Refusal::Changed { .. } | Refusal::Cancelled | Refusal::Engine(_) => refusal,
    }
}

/// The paths of all shards, by the name of one; the path itself where the name is not that of a shard.
fn siblings(path: &Path) -> Result<Vec<PathBuf>, Refusal> {
    let Some((stem, index, count)) = path.file_name().and_then(|name| name.to_str()).and_then(shard_name) else {
        return Ok(vec![path.to_path_buf()]);
    };
    if count <= 1 {
        return Ok(vec![path.to_path_buf()]);
    }
    if index == 0 || index > count || count > SHARD_LIMIT {
        return Err(unusable!("its name says that it is part {index} of {count}; expected 1 to {count}, and at most {SHARD_LIMIT} parts"));
    }
    Ok((1..=count).map(|number| path.with_file_name(format!("{stem}-{number:05}-of-{count:05}.gguf"))).collect())
}

/// What stands before the numbers in a shard's name, its number and how many there are.
fn shard_name(name: &str) -> Option<(&str, u32, u32)> {
    let (rest, count) = name.strip_suffix(".gguf")?.rsplit_once("-of-")?;
    let (stem, index) = rest.rsplit_once('-')?;
    let number = |digits: &str| (digits.len() == 5 && digits.bytes().all(|b| b.is_ascii_digit())).then(|| digits.parse().ok())?;
    Some((stem, number(index)?, number(count)?))
}

fn cannot_open(error: &std::io::Error) -> Refusal {
    if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) {
        Refusal::Missing
    } else {
        unusable!("it cannot be opened: {error}")
    }
}

fn check_regular(metadata: &Metadata) -> Result<(), Refusal> {
    if metadata.is_dir() {
        return Err(unusable!("it is a folder; expected a file in the GGUF format"));
    }
    if !metadata.is_file() {
        return Err(unusable!("it is a device or a pipe; expected a file in the GGUF format"));
    }
    if metadata.len() == 0 {
        return Err(unusable!("it is empty; expected a model in the GGUF format"));
    }
    Ok(())
}

/// What a file that is not GGUF seems to be, by its first bytes.
fn describe(start: &[u8]) -> &'static str {
    const MAGICS: [(&[u8], &str); 17] = [
        (b"\x89PNG", "a PNG picture"),
        (b"\xff\xd8\xff", "a JPEG picture"),
        (b"GIF8", "a GIF picture"),
        (b"PK\x03\x04", "a zip archive (a PyTorch file is one too)"),
        (b"\x80\x02", "a Python pickle, which could run programs"),
        (b"\x80\x03", "a Python pickle, which could run programs"),
        (b"\x80\x04", "a Python pickle, which could run programs"),
        (b"\x80\x05", "a Python pickle, which could run programs"),
        (b"\x1f\x8b", "a gzip archive"),
        (b"%PDF", "a PDF document"),
        (b"\x7fELF", "a program"),
        (b"MZ", "a program"),
        (b"SQLite format 3", "a SQLite database"),
        (b"FUGG", "a GGUF file for big-endian machines"),
        (b"lmgg", "a model in the old GGML format"),
        (b"tjgg", "a model in the old GGJT format"),
        (b"version https://git-lfs", "a Git LFS pointer: the model itself was not downloaded"),
    ];
    if let Some((_, what)) = MAGICS.iter().find(|(magic, _)| start.starts_with(magic)) {
        return what;
    }
    if start.get(8) == Some(&b'{') && start.get(4..8) == Some(&[0; 4]) {
        return "a safetensors file";
    }
    let Some(text) = as_text(start) else { return "not a model that Gait knows" };
    let text = text.trim_start_matches('\u{feff}').trim_start().to_ascii_lowercase();
    if text.starts_with("<!doctype html") || text.starts_with("<html") {
        "a web page: perhaps a download that needs a login"
    } else if text.starts_with('{') || text.starts_with('[') {
        "a JSON file"
    } else {
        "a text file"
    }
}

/// The bytes as text, if they are; a character cut at the end does not count against it.
fn as_text(start: &[u8]) -> Option<&str> {
    let text = match std::str::from_utf8(start) {
        Ok(text) => text,
        Err(e) if e.error_len().is_none() => std::str::from_utf8(start.get(..e.valid_up_to())?).ok()?,
        Err(_) => return None,
    };
    (!text.chars().any(|c| c.is_control() && !c.is_whitespace())).then_some(text)
}

/// SHA-256 of all bytes, lower-case hex, and the reader set back to its start.
///
/// # Errors
/// [`Refusal::Cancelled`], or [`Refusal::Unusable`] when it cannot be read.
pub(crate) fn hash(mut reader: impl Read + Seek, cancel: &Cancel) -> Result<String, Refusal> {
    let unreadable = |e: std::io::Error| if cancel.is_cancelled() { Refusal::Cancelled } else { unusable!("it cannot be read: {e}") };
    reader.seek(SeekFrom::Start(0)).map_err(unreadable)?;
    let mut hasher = Sha256::new();
    let mut buffer = vec![0; 1 << 20];
    loop {
        if cancel.is_cancelled() {
            return Err(Refusal::Cancelled);
        }
        match reader.read(&mut buffer) {
            Ok(0) => break,
            Ok(count) => hasher.update(buffer.get(..count).unwrap_or_default()),
            Err(e) if e.kind() == ErrorKind::Interrupted => {}
            Err(e) => return Err(unreadable(e)),
        }
    }
    reader.seek(SeekFrom::Start(0)).map_err(unreadable)?;
    Ok(hex(&hasher.finalize()))
}

/// Lower-case hex.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// The bytes of all shards in one row. Fails as soon as the work is cancelled, so that a long load can be stopped.
pub(crate) struct Reader<'a> {
    shards: &'a [Shard],
    position: u64,
    cancel: &'a Cancel,
}

impl Read for Reader<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        if self.cancel.is_cancelled() {
            return Err(std::io::Error::other("cancelled"));
        }
        let Some(shard) = self.shards.iter().rfind(|shard| shard.start <= self.position) else { return Ok(0) };
        let within = self.position - shard.start;
        // A file that grew meanwhile is read to the length that was checked.
        let left = usize::try_from(shard.bytes.saturating_sub(within)).unwrap_or(usize::MAX).min(buffer.len());
        let Some(part) = buffer.get_mut(..left).filter(|part| !part.is_empty()) else { return Ok(0) };
        let mut file = &shard.file;
        file.seek(SeekFrom::Start(within))?;
        let count = file.read(part)?;
        self.position += count as u64;
        Ok(count)
    }
}

impl Seek for Reader<'_> {
    fn seek(&mut self, to: SeekFrom) -> std::io::Result<u64> {
        let end = self.shards.last().map_or(0, |shard| shard.start + shard.bytes);
        let place = match to {
            SeekFrom::Start(place) => Some(place),
            SeekFrom::Current(by) => self.position.checked_add_signed(by),
            SeekFrom::End(by) => end.checked_add_signed(by),
        };
        self.position = place.ok_or_else(|| std::io::Error::from(ErrorKind::InvalidInput))?;
        Ok(self.position)
    }
}

#[cfg(test)]
mod tests;
