//! Opens a model file and says what it is when it is no model.
//!
//! Invariant: only a regular, non-empty file is opened, and it is hashed and read through the same handle, so nothing
//! can be put in its place between the two.

use crate::error::{Refusal, unusable};
use flow::model::Cancel;
use sha2::{Digest, Sha256};
use std::fmt::Write as _;
use std::fs::{File, Metadata};
use std::io::{ErrorKind, Read, Seek, SeekFrom};
use std::path::Path;
use std::time::SystemTime;

/// What is looked at to see, without hashing, that a file is still the same.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Stamp {
    pub(crate) bytes: u64,
    modified: Option<SystemTime>,
}

impl Stamp {
    fn of(metadata: &Metadata) -> Self {
        Self { bytes: metadata.len(), modified: metadata.modified().ok() }
    }

    /// The stamp of the file at a path.
    ///
    /// # Errors
    /// As [`open`].
    pub(crate) fn at(path: &Path) -> Result<Self, Refusal> {
        let metadata = std::fs::metadata(path).map_err(|e| cannot_open(&e))?;
        check_regular(&metadata)?;
        Ok(Self::of(&metadata))
    }
}

/// Opens a regular file that begins as a GGUF file does.
///
/// # Errors
/// [`Refusal::Missing`], or [`Refusal::Unusable`] with what the file is instead.
pub(crate) fn open(path: &Path) -> Result<(File, Stamp), Refusal> {
    // Before opening: to open a pipe would block.
    Stamp::at(path)?;
    let mut file = File::open(path).map_err(|e| cannot_open(&e))?;
    let metadata = file.metadata().map_err(|e| cannot_open(&e))?;
    check_regular(&metadata)?;
    let mut start = Vec::new();
    (&mut file).take(512).read_to_end(&mut start).map_err(|e| unusable!("it cannot be read: {e}"))?;
    if !start.starts_with(b"GGUF") {
        return Err(unusable!("it is {}; expected a model in the GGUF format", describe(&start)));
    }
    file.seek(SeekFrom::Start(0)).map_err(|e| unusable!("it cannot be read: {e}"))?;
    Ok((file, Stamp::of(&metadata)))
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

/// SHA-256 of the whole file, lower-case hex, and the file set back to its start.
///
/// # Errors
/// [`Refusal::Cancelled`], or [`Refusal::Unusable`] when it cannot be read.
pub(crate) fn hash(file: &mut File, cancel: &Cancel) -> Result<String, Refusal> {
    let unreadable = |e: std::io::Error| unusable!("it cannot be read: {e}");
    file.seek(SeekFrom::Start(0)).map_err(unreadable)?;
    let mut hasher = Sha256::new();
    let mut buffer = vec![0; 1 << 20];
    loop {
        if cancel.is_cancelled() {
            return Err(Refusal::Cancelled);
        }
        match file.read(&mut buffer) {
            Ok(0) => break,
            Ok(count) => hasher.update(buffer.get(..count).unwrap_or_default()),
            Err(e) if e.kind() == ErrorKind::Interrupted => {}
            Err(e) => return Err(unreadable(e)),
        }
    }
    file.seek(SeekFrom::Start(0)).map_err(unreadable)?;
    Ok(hex(&hasher.finalize()))
}

/// Lower-case hex.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// A reader that fails as soon as the work is cancelled, so that a long load can be stopped.
pub(crate) struct Watched<'a> {
    pub(crate) file: &'a File,
    pub(crate) cancel: &'a Cancel,
}

impl Read for Watched<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        if self.cancel.is_cancelled() {
            return Err(std::io::Error::other("cancelled"));
        }
        self.file.read(buffer)
    }
}

impl Seek for Watched<'_> {
    fn seek(&mut self, to: SeekFrom) -> std::io::Result<u64> {
        self.file.seek(to)
    }
}
