//! Opens a file as UTF-8 text, or says what it is instead.

use super::{Format, MOST_RECORD};
use crate::error::{Error, Result};
use std::cell::Cell;
use std::fs::File;
use std::io::{BufRead, BufReader, Cursor, Read, Seek, SeekFrom};
use std::path::Path;
use std::rc::Rc;

pub(super) struct Text {
    pub reader: Box<dyn BufRead>,
    /// The first 64 KiB, decoded as far as they can be.
    pub start: String,
    pub encoding: &'static str,
    /// Of the file.
    pub bytes: u64,
    /// Bytes read so far.
    pub position: Rc<Cell<u64>>,
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
const FOREIGN: [(&[u8], &str); 8] = [
    (b"PK\x03\x04", "it is a zip archive or an Excel workbook; unpack it, or save it as CSV"),
    (b"\x1f\x8b", "it is compressed with gzip; unpack it first"),
    (b"%PDF", "it is a PDF"),
    (b"\x89PNG", "it is a picture"),
    (b"\xff\xd8\xff", "it is a picture"),
    (b"\xd0\xcf\x11\xe0", "it is an old Office file; save it as CSV"),
    (b"SQLite format 3\0", "it is a database"),
    (b"GGUF", "it is a model; add it on the Models page"),
];

/// UTF-16 files are decoded in memory; larger ones are asked to be saved as UTF-8.
const MOST_UTF16: u64 = 256 << 20;

pub(super) fn open(path: &Path) -> Result<Text> {
    let unreadable = |reason: &str| Error::UnreadableImport { path: path.to_owned(), reason: reason.to_owned() };
    let about = std::fs::metadata(path).map_err(Error::file(path, "read"))?;
    if !about.is_file() {
        return Err(unreadable(if about.is_dir() { "it is a folder" } else { "it is no regular file" }));
    }
    of_file(path, File::open(path).map_err(Error::file(path, "read"))?)
}

/// The text of an open file, from its beginning; `path` is for words and for its ending.
pub(super) fn of_file(path: &Path, mut file: File) -> Result<Text> {
    let unreadable = |reason: String| Error::UnreadableImport { path: path.to_owned(), reason };
    let about = file.metadata().map_err(Error::file(path, "read"))?;
    file.rewind().map_err(Error::file(path, "read"))?;
    let mut start = Vec::new();
    file.by_ref().take(64 << 10).read_to_end(&mut start).map_err(Error::file(path, "read"))?;
    if start.is_empty() {
        return Err(unreadable("it is empty".into()));
    }
    if let Some((_, what)) = FOREIGN.iter().find(|(magic, _)| start.starts_with(magic)) {
        return Err(unreadable((*what).into()));
    }
    if start.starts_with(&[0xff, 0xfe, 0, 0]) || start.starts_with(&[0, 0, 0xfe, 0xff]) {
        return Err(unreadable("it is UTF-32; save it as UTF-8".into()));
    }
    let position = Rc::new(Cell::new(0));
    let bytes = about.len();
    let utf16 = match start.as_slice() {
        [0xff, 0xfe, ..] => Some(("UTF-16 LE", false)),
        [0xfe, 0xff, ..] => Some(("UTF-16 BE", true)),
        _ => None,
    };
    if let Some((encoding, big_endian)) = utf16 {
        if bytes > MOST_UTF16 {
            return Err(unreadable(format!("it is {encoding} and over 256 MiB; save it as UTF-8")));
        }
        let mut whole = Vec::new();
        file.rewind().map_err(Error::file(path, "read"))?;
        file.by_ref().take(MOST_UTF16 + 1).read_to_end(&mut whole).map_err(Error::file(path, "read"))?;
        let units: Vec<u16> = whole[2..]
            .as_chunks::<2>()
            .0
            .iter()
            .map(|pair| if big_endian { u16::from_be_bytes(*pair) } else { u16::from_le_bytes(*pair) })
            .collect();
        let text = String::from_utf16(&units)
            .map_err(|_| unreadable(format!("it begins as {encoding} and is not valid as such; save it as UTF-8")))?;
        position.set(bytes);
        let start = text.chars().take(64 << 10).collect();
        return Ok(Text { reader: Box::new(Cursor::new(text.into_bytes())), start, encoding, bytes, position });
    }
    let skip = if start.starts_with(b"\xef\xbb\xbf") { 3 } else { 0 };
    file.seek(SeekFrom::Start(skip)).map_err(Error::file(path, "read"))?;
    let start = String::from_utf8_lossy(&start[usize::try_from(skip).unwrap_or(0)..]).into_owned();
    let encoding = if skip == 3 { "UTF-8 with BOM" } else { "UTF-8" };
    let reader = BufReader::with_capacity(256 << 10, Counted { inner: file, position: position.clone() });
    Ok(Text { reader: Box::new(reader), start, encoding, bytes, position })
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
