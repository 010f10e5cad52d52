//! A file that was put into a watched folder, as requests: a table, lines of JSON, one plain text, or one e-mail, by its ending.
//!
//! Invariant: nobody is there to be asked, so nothing is guessed that matters: the text stands in the field that an admin named, or the file
//! is refused with what it has instead.

use super::{Cells, Format, Mapping, Record, Reject, Request, Source, excerpt_of, guess_mapping, mail, reader, request, text};
use crate::error::{Error, Result};
use crate::use_case::Audience;
use std::fs::File;
use std::io::Read;
use std::path::Path;

/// What can be made of a file, one request after another.
pub(crate) struct Dropped {
    records: Box<dyn Iterator<Item = Record>>,
    mapping: Mapping,
    audience: Audience,
}

impl Iterator for Dropped {
    type Item = std::result::Result<Request, Reject>;

    fn next(&mut self) -> Option<Self::Item> {
        let record = self.records.next()?;
        Some(record.and_then(|cells| request(&cells, &self.mapping, self.audience)))
    }
}

enum Kind {
    Table(Format),
    Text,
    Mail,
}

fn kind(path: &Path) -> Option<Kind> {
    match path.extension()?.to_str()?.to_ascii_lowercase().as_str() {
        "csv" | "tsv" => Some(Kind::Table(Format::Csv)),
        "jsonl" | "ndjson" | "json" => Some(Kind::Table(Format::Jsonl)),
        "txt" | "text" => Some(Kind::Text),
        "eml" => Some(Kind::Mail),
        _ => None,
    }
}

/// Whether files of this ending are read.
pub(crate) fn reads(path: &Path) -> bool {
    kind(path).is_some()
}

/// The largest e-mail that is read, bytes, its attachments included.
const MOST_MAIL: u64 = 16 << 20;
/// How many records of JSON are looked at for their fields.
const LOOKED_AT: usize = 200;

/// `path` is for words and its ending; what is read is `file`.
pub(crate) fn open_dropped(path: &Path, file: File, field: &str, audience: Audience) -> Result<Dropped> {
    let unreadable = |reason: String| Error::UnreadableImport { path: path.to_owned(), reason };
    match kind(path) {
        Some(Kind::Table(format)) => table(path, file, format, field, audience),
        Some(Kind::Text) => {
            let cells = Cells { line: 1, cells: vec![(field.to_owned(), whole(path, file)?)] };
            Ok(one(cells, field, audience))
        }
        Some(Kind::Mail) => {
            let mut bytes = Vec::new();
            file.take(MOST_MAIL + 1).read_to_end(&mut bytes).map_err(Error::file(path, "read"))?;
            if bytes.len() as u64 > MOST_MAIL {
                return Err(unreadable(format!("it is an e-mail of more than {MOST_MAIL} bytes")));
            }
            let cells = mail::read(&bytes, field).map_err(unreadable)?;
            Ok(one(cells, field, audience))
        }
        None => Err(unreadable("its ending is none of csv, tsv, jsonl, ndjson, json, txt, text, eml".into())),
    }
}

/// One request; the column `id` is its own id where there is one, all others are fields.
fn one(cells: Cells, field: &str, audience: Audience) -> Dropped {
    let has_id = field != mail::ID && cells.get(mail::ID).is_some();
    let fields = cells.cells.iter().map(|(name, _)| name.clone()).filter(|name| !has_id || name != mail::ID).collect();
    let mapping = Mapping { id: has_id.then(|| mail::ID.to_owned()), fields, ..Mapping::default() };
    Dropped { records: Box::new(std::iter::once(Ok(cells))), mapping, audience }
}

fn table(path: &Path, file: File, format: Format, field: &str, audience: Audience) -> Result<Dropped> {
    let source = Source { format: Some(format), ..Source::of(path) };
    let again = file.try_clone().map_err(Error::file(path, "read"))?;
    let mut first = reader(&source, text::of_file(path, file, None, false)?)?;
    let columns = match first.header.take() {
        Some(header) => header,
        None => {
            let mut columns: Vec<String> = Vec::new();
            for (name, _) in first.records.take(LOOKED_AT).flatten().flat_map(|cells| cells.cells) {
                if !columns.contains(&name) {
                    columns.push(name);
                }
            }
            columns
        }
    };
    let mapping = guess_mapping(&columns);
    if !mapping.fields.iter().any(|name| name == field) {
        let found = if columns.is_empty() { "nothing".to_owned() } else { excerpt_of(&columns.join(", ")) };
        let reason = format!("expected the text in a column or member named {field:?}, found {found}");
        return Err(Error::UnreadableImport { path: path.to_owned(), reason });
    }
    let records = reader(&source, text::of_file(path, again, None, false)?)?.records;
    Ok(Dropped { records, mapping, audience })
}

/// A file that is one text.
fn whole(path: &Path, file: File) -> Result<String> {
    let unreadable = |reason: String| Error::UnreadableImport { path: path.to_owned(), reason };
    let mut bytes = Vec::new();
    let (text, _) = text::of_file(path, file, None, false)?;
    let replaced = text.replaced;
    text.reader.take(super::MOST_FIELD as u64 + 1).read_to_end(&mut bytes).map_err(Error::file(path, "read"))?;
    if bytes.len() > super::MOST_FIELD {
        return Err(unreadable(format!("it is one text of more than {} bytes", super::MOST_FIELD)));
    }
    let text = String::from_utf8(bytes)
        .map_err(|e| unreadable(format!("it is not UTF-8 at byte {}; save it as UTF-8", e.utf8_error().valid_up_to() + 1)))?;
    if replaced && text.contains('\u{fffd}') {
        return Err(unreadable("it is not in the encoding that its beginning names".into()));
    }
    if text.contains('\0') {
        return Err(unreadable("it holds a NUL character".into()));
    }
    Ok(text)
}
