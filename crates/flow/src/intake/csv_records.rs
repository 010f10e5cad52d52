//! CSV (RFC 4180) with a header. Cells are text, byte for byte: nothing is taken for a number or a date.

use super::text::Text;
use super::{Cells, MOST_COLUMNS, MOST_FIELD, MOST_RECORD, Record, Reject, excerpt_of};
use crate::error::{Error, Result};
use std::cell::Cell;
use std::io::{BufRead, Read};
use std::path::Path;
use std::rc::Rc;

/// The one of `,` `;` tab `|` that stands most often in the first line, outside quotes.
pub(super) fn guess_delimiter(start: &str) -> char {
    let mut quoted = false;
    let header: String = start
        .chars()
        .take_while(|c| {
            quoted ^= *c == '"';
            quoted || (*c != '\n' && *c != '\r')
        })
        .collect();
    let mut outside = false;
    let bare: String = header
        .chars()
        .filter(|c| {
            outside ^= *c == '"';
            !outside
        })
        .collect();
    [',', ';', '\t', '|'].into_iter().rev().max_by_key(|d| bare.matches(*d).count()).filter(|d| bare.contains(*d)).unwrap_or(',')
}

/// Stops a record that never ends (an unclosed quote): the reader sees an error once the budget is spent.
struct Budget<R> {
    inner: R,
    left: Rc<Cell<usize>>,
}

impl<R: Read> Read for Budget<R> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        if self.left.get() == 0 {
            return Err(std::io::Error::other("record too long"));
        }
        let n = self.inner.read(buffer)?;
        self.left.set(self.left.get().saturating_sub(n));
        Ok(n)
    }
}

/// Why the first line may be a record and not the names of the columns: a name that is a number, or as long as a sentence.
pub(super) fn doubt(header: &[String]) -> Option<Reject> {
    let odd = header.iter().find(|name| name.parse::<f64>().is_ok() || name.chars().count() > 60)?;
    let reason = format!("the first line names the columns, and {:?} is an odd name: is the line with the names missing?", excerpt_of(odd));
    Some(Reject { line: 1, reason, excerpt: excerpt_of(&header.join(" · ")) })
}

type Records = Box<dyn Iterator<Item = Record>>;

pub(super) fn read(path: &Path, text: Text, delimiter: char) -> Result<(Vec<String>, Records)> {
    let unreadable = |reason: String| Error::UnreadableImport { path: path.to_owned(), reason };
    let (left, replaced) = (Rc::new(Cell::new(MOST_RECORD)), text.replaced);
    let delimiter = u8::try_from(delimiter).map_err(|_| Error::invalid("delimiter", delimiter, "one of , ; | or tab"))?;
    let source: Box<dyn BufRead> = text.reader;
    let mut csv = csv::ReaderBuilder::new()
        .delimiter(delimiter)
        .flexible(true)
        .has_headers(false)
        .buffer_capacity(64 << 10)
        .from_reader(Budget { inner: source, left: left.clone() });
    let mut row = csv::ByteRecord::new();
    csv.read_byte_record(&mut row).map_err(|e| unreadable(format!("its first line: {e}")))?;
    if row.len() > MOST_COLUMNS {
        return Err(unreadable(format!("it has {} columns, at most {MOST_COLUMNS} are taken", row.len())));
    }
    let header: Vec<String> = row
        .iter()
        .map(|name| String::from_utf8(name.to_vec()).map(|n| n.trim().to_owned()))
        .collect::<std::result::Result<_, _>>()
        .map_err(|_| unreadable("its first line is not UTF-8; say what the file is encoded in, or save it as UTF-8".into()))?;
    for (i, name) in header.iter().enumerate() {
        if let Some(first) = header[..i].iter().position(|n| n == name) {
            return Err(unreadable(format!("columns {} and {} are both named {name:?}", first + 1, i + 1)));
        }
        if name.is_empty() {
            return Err(unreadable(format!("column {} has no name in the first line", i + 1)));
        }
    }
    let names = header.clone();
    let mut done = false;
    let records = std::iter::from_fn(move || {
        if done {
            return None;
        }
        left.set(MOST_RECORD);
        let begins = csv.position().line();
        match csv.read_byte_record(&mut row) {
            Ok(false) => {
                done = true;
                None
            }
            Ok(true) => {
                let line = row.position().map_or(0, csv::Position::line);
                Some(record(line, &row, &names, replaced))
            }
            Err(e) => {
                done = true;
                let reason = if left.get() == 0 {
                    format!("longer than {MOST_RECORD} bytes: a quote that is never closed? The rest of the file was not read")
                } else {
                    format!("the file could not be read on: {e}")
                };
                Some(Err(Reject { line: begins, reason, excerpt: String::new() }))
            }
        }
    });
    Ok((header, Box::new(records)))
}

fn record(line: u64, row: &csv::ByteRecord, header: &[String], replaced: bool) -> Record {
    let reject = |reason: String| Reject { line, reason, excerpt: excerpt_of(&String::from_utf8_lossy(row.get(0).unwrap_or_default())) };
    if row.len() != header.len() {
        return Err(reject(format!("expected {} cells as in the first line, found {}", header.len(), row.len())));
    }
    let mut cells = Vec::with_capacity(row.len());
    for (name, bytes) in header.iter().zip(row) {
        let value = std::str::from_utf8(bytes).map_err(|e| {
            reject(format!(
                "{name}: not UTF-8 at byte {} of the cell; say what the file is encoded in, or save it as UTF-8",
                e.valid_up_to() + 1
            ))
        })?;
        if value.len() > MOST_FIELD {
            return Err(reject(format!("{name}: {} bytes, at most {MOST_FIELD} are taken; a quote that is never closed?", value.len())));
        }
        if replaced && value.contains(char::REPLACEMENT_CHARACTER) {
            return Err(reject(format!("{name}: holds bytes that are nothing in the file's encoding")));
        }
        if value.contains('\0') {
            return Err(reject(format!("{name}: holds a NUL character")));
        }
        cells.push((name.clone(), value.to_owned()));
    }
    Ok(Cells { line, cells })
}
