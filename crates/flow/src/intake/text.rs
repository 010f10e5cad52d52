//! Opens a file as UTF-8 text, whatever it is encoded in, or says what it is instead.
//!
//! Invariant: no character is guessed silently. A mark at the beginning or a person says the encoding, otherwise it is UTF-8; what cannot
//! be decoded is left in the text for [`super::open`]'s readers to reject: bytes that are not UTF-8, or U+FFFD from another encoding.

use super::{Format, MOST_RECORD};
use crate::error::{Error, Result};
use encoding_rs::Encoding;
use encoding_rs_io::DecodeReaderBytesBuilder;
use std::cell::Cell;
use std::fs::File;
use std::io::{BufRead, BufReader, Read, Seek, SeekFrom};
use std::path::Path;
use std::rc::Rc;
use std::time::SystemTime;

/// What a person can say a file is encoded in (labels of the WHATWG's Encoding Standard), beside UTF-16, which says so itself.
pub const ENCODINGS: [&str; 9] =
    ["utf-8", "windows-1252", "euc-kr", "shift_jis", "gb18030", "big5", "windows-1250", "windows-1251", "windows-1254"];

pub(super) struct Text {
    pub reader: Box<dyn BufRead>,
    /// The first 64 KiB, decoded as far as they can be.
    pub start: String,
    pub encoding: &'static str,
    /// Nobody said the encoding: it is what the bytes look like.
    pub guessed: bool,
    /// What cannot be decoded is U+FFFD in the text.
    pub replaced: bool,
    /// Of the file.
    pub bytes: u64,
    /// Bytes read so far.
    pub position: Rc<Cell<u64>>,
}

/// Tells whether a file that is being read is still the one that was opened.
pub(super) struct Watch {
    file: File,
    bytes: u64,
    modified: Option<SystemTime>,
}

impl Watch {
    fn of(file: &File) -> std::io::Result<Self> {
        let about = file.metadata()?;
        Ok(Self { file: file.try_clone()?, bytes: about.len(), modified: about.modified().ok() })
    }

    /// Whether somebody wrote into it since. A file that only lost its name is whole.
    pub(super) fn has_changed(&self) -> bool {
        self.file.metadata().is_ok_and(|about| about.len() != self.bytes || about.modified().ok() != self.modified)
    }
}

struct Counted<R> {
    inner: R,
    position: Rc<Cell<u64>>,
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let n = self.inner.read(buffer)?;
        self.position.set(self.position.get() + n as u64);
        Ok(n)
    }
}

/// Beginnings of files that people take for requests.
const FOREIGN: [(&[u8], &str); 9] = [
    (b"PK\x03\x04", "it is a zip archive or an Excel workbook; unpack it, or save it as CSV"),
    (b"PK\x05\x06", "it is an empty zip archive"),
    (b"\x1f\x8b", "it is compressed with gzip; unpack it first"),
    (b"%PDF", "it is a PDF"),
    (b"\x89PNG", "it is a picture"),
    (b"\xff\xd8\xff", "it is a picture"),
    (b"\xd0\xcf\x11\xe0", "it is an old Office file; save it as CSV"),
    (b"SQLite format 3\0", "it is a database"),
    (b"GGUF", "it is a model; add it on the Models page"),
];

const START: u64 = 64 << 10;

/// Opens a file. `encoding` is one of [`ENCODINGS`]; without it and without a mark the file is UTF-8, or, for somebody who will look at it
/// (`may_guess`), what it looks like.
pub(super) fn open(path: &Path, encoding: Option<&str>, may_guess: bool) -> Result<(Text, Watch)> {
    let unreadable = |reason: &str| Error::UnreadableImport { path: path.to_owned(), reason: reason.into() };
    let about = std::fs::metadata(path).map_err(Error::file(path, "read"))?;
    if !about.is_file() {
        return Err(unreadable(if about.is_dir() { "it is a folder" } else { "it is no regular file" }));
    }
    of_file(path, File::open(path).map_err(Error::file(path, "read"))?, encoding, may_guess)
}

/// The text of an open file, from its beginning; `path` is for words and for its ending. All else as in [`open`].
pub(super) fn of_file(path: &Path, mut file: File, encoding: Option<&str>, may_guess: bool) -> Result<(Text, Watch)> {
    let unreadable = |reason: &str| Error::UnreadableImport { path: path.to_owned(), reason: reason.into() };
    let watch = Watch::of(&file).map_err(Error::file(path, "read"))?;
    let bytes = watch.bytes;
    file.rewind().map_err(Error::file(path, "read"))?;
    let mut start = Vec::new();
    file.by_ref().take(START).read_to_end(&mut start).map_err(Error::file(path, "read"))?;
    if start.is_empty() {
        return Err(unreadable("it is empty"));
    }
    if let Some((_, what)) = FOREIGN.iter().find(|(magic, _)| start.starts_with(magic)) {
        return Err(unreadable(what));
    }
    if start.starts_with(&[0xff, 0xfe, 0, 0]) || start.starts_with(&[0, 0, 0xfe, 0xff]) {
        return Err(unreadable("it is UTF-32; save it as UTF-8"));
    }
    let chosen = encoding.map(by_label).transpose()?;
    let mark = Encoding::for_bom(&start);
    let guessed = may_guess && mark.is_none() && chosen.is_none() && !looks_like_utf8(&start);
    let encoding = mark.map(|(encoding, _)| encoding).or(chosen).unwrap_or(if guessed { guess(&start) } else { encoding_rs::UTF_8 });
    let skip = mark.map_or(0, |(_, length)| length);
    file.seek(SeekFrom::Start(skip as u64)).map_err(Error::file(path, "read"))?;
    let position = Rc::new(Cell::new(0));
    let counted = Counted { inner: file, position: position.clone() };
    let replaced = encoding != encoding_rs::UTF_8;
    let reader: Box<dyn BufRead> = if replaced {
        let decoded = DecodeReaderBytesBuilder::new().encoding(Some(encoding)).bom_sniffing(false).build(counted);
        Box::new(BufReader::with_capacity(256 << 10, decoded))
    } else {
        Box::new(BufReader::with_capacity(256 << 10, counted))
    };
    let start = encoding.decode_without_bom_handling(&start[skip..]).0.into_owned();
    let name = if !replaced && skip > 0 { "UTF-8 with BOM" } else { encoding.name() };
    Ok((Text { reader, start, encoding: name, guessed, replaced, bytes, position }, watch))
}

fn by_label(label: &str) -> Result<&'static Encoding> {
    let known = ENCODINGS.iter().any(|known| known.eq_ignore_ascii_case(label.trim()));
    let found = Encoding::for_label(label.as_bytes()).filter(|_| known);
    found.ok_or_else(|| Error::invalid("encoding", format!("{label:?}"), format!("one of {}", ENCODINGS.join(", "))))
}

/// A character may be cut at the end of what was read.
fn looks_like_utf8(start: &[u8]) -> bool {
    match std::str::from_utf8(start) {
        Ok(_) => true,
        Err(e) => e.error_len().is_none() && start.len() as u64 == START,
    }
}

/// One of [`ENCODINGS`]: the others are never what a list of requests is in, and a guess must be one that can be chosen.
fn guess(start: &[u8]) -> &'static Encoding {
    let mut detector = chardetng::EncodingDetector::new(chardetng::Iso2022JpDetection::Deny);
    detector.feed(start, (start.len() as u64) < START);
    let found = detector.guess(None, chardetng::Utf8Detection::Deny);
    if ENCODINGS.iter().any(|label| found.name().eq_ignore_ascii_case(label)) { found } else { encoding_rs::WINDOWS_1252 }
}

/// By the ending, else by the first character.
pub(super) fn guess_format(path: &Path, start: &str) -> Format {
    let ending = path.extension().map(|e| e.to_string_lossy().to_lowercase());
    match ending.as_deref() {
        Some("jsonl" | "ndjson" | "json") => Format::Jsonl,
        Some("csv" | "tsv") => Format::Csv,
        Some(_) | None => {
            if start.trim_start().starts_with(['{', '[']) {
                Format::Jsonl
            } else {
                Format::Csv
            }
        }
    }
}

/// Reads a line of at most [`MOST_RECORD`] bytes without its ending. `None` at the end; `Some(false)`: longer, and
/// passed over.
pub(super) fn read_line(reader: &mut dyn BufRead, line: &mut Vec<u8>) -> std::io::Result<Option<bool>> {
    line.clear();
    let mut fits = true;
    let mut any = false;
    loop {
        let buffer = reader.fill_buf()?;
        if buffer.is_empty() {
            return Ok(any.then_some(fits));
        }
        any = true;
        let end = buffer.iter().position(|b| *b == b'\n');
        let part = &buffer[..end.unwrap_or(buffer.len())];
        fits = fits && line.len() + part.len() <= MOST_RECORD;
        if fits {
            line.extend_from_slice(part);
        }
        let used = end.map_or(buffer.len(), |e| e + 1);
        reader.consume(used);
        if end.is_some() {
            if line.last() == Some(&b'\r') {
                line.pop();
            }
            return Ok(Some(fits));
        }
    }
}
