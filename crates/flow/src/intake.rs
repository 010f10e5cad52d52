//! Requests come in from a file, streamed: whatever the file's size, memory stays flat.
//!
//! Invariant: a record is taken once, or listed with its line and the reason; a bad one never stops the rest.

mod csv_records;
mod dropped;
mod given;
mod jsonl_records;
mod mail;
mod text;

pub(crate) use dropped::{open_dropped, reads};
pub use given::Given;

use crate::desk::Desk;
use crate::error::{Error, Result};
use crate::id::UseCaseId;
use crate::item::Field;
use crate::model::Cancel;
use crate::settings::Person;
use crate::storage;
use crate::use_case::Audience;
use sha2::{Digest, Sha256};
use std::collections::BTreeSet;
use std::path::PathBuf;

pub use text::ENCODINGS;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    Csv,
    Jsonl,
}

/// A file to read; what is `None` is found out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    pub path: PathBuf,
    pub format: Option<Format>,
    /// One of `,` `;` `|` tab.
    pub delimiter: Option<char>,
    /// One of [`ENCODINGS`]; a mark at the beginning of the file is believed before it.
    pub encoding: Option<String>,
}

impl Source {
    /// A file of which all is to be found out.
    pub fn of(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into(), format: None, delimiter: None, encoding: None }
    }
}

/// Which column is what.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Mapping {
    /// The request's own id; `None`: its content is the key.
    pub id: Option<String>,
    pub audience: Option<String>,
    pub slice: Option<String>,
    pub priority: Option<String>,
    /// The columns that become the item's fields, in this order.
    pub fields: Vec<String>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Preview {
    pub format: Format,
    pub encoding: &'static str,
    /// The encoding is what the bytes look like: to be said with the import, or it is not believed.
    pub guessed: bool,
    pub delimiter: Option<char>,
    pub columns: Vec<String>,
    /// The first 20 records, a cell a column.
    pub rows: Vec<Vec<String>>,
    /// A guess to start from.
    pub mapping: Mapping,
    /// What is wrong in those first records.
    pub problems: Vec<Reject>,
    pub bytes: u64,
}

/// A record that was not taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reject {
    /// From 1.
    pub line: u64,
    pub reason: String,
    /// The record's first characters.
    pub excerpt: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Report {
    pub accepted: u64,
    /// Taken earlier already, the same in content.
    pub duplicates: u64,
    /// The first 1,000; `rejects_total` counts all.
    pub rejects: Vec<Reject>,
    pub rejects_total: u64,
    /// Stopped by a person; what was accepted stays.
    pub cancelled: bool,
}

/// How far a reader is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    pub bytes: u64,
    pub of_bytes: u64,
}

/// One record, or why there is none at this line.
type Record = std::result::Result<Cells, Reject>;

/// Named values in the order of the record; the line it began on.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Cells {
    line: u64,
    cells: Vec<(String, String)>,
}

impl Cells {
    fn get(&self, column: &str) -> Option<&str> {
        self.cells.iter().find(|(name, _)| name == column).map(|(_, value)| value.as_str())
    }

    fn reject(&self, reason: String) -> Reject {
        let excerpt: Vec<&str> = self.cells.iter().map(|(_, v)| v.as_str()).collect();
        Reject { line: self.line, reason, excerpt: excerpt_of(&excerpt.join(" · ")) }
    }
}

fn excerpt_of(text: &str) -> String {
    let shown: String = text.chars().take(80).map(|c| if c.is_control() { '␣' } else { c }).collect();
    if text.chars().nth(80).is_some() { shown + "…" } else { shown }
}

/// The longest field, bytes; a longer one is an unclosed quote or not a request.
const MOST_FIELD: usize = 1 << 20;
/// The longest record, bytes.
const MOST_RECORD: usize = 8 << 20;
const MOST_COLUMNS: usize = 1_000;
pub(crate) const MOST_REJECTS_LISTED: usize = 1_000;
/// Records a transaction.
pub(crate) const CHUNK: usize = 500;

struct Reader {
    format: Format,
    encoding: &'static str,
    guessed: bool,
    watch: text::Watch,
    delimiter: Option<char>,
    /// Of CSV, from its header.
    header: Option<Vec<String>>,
    records: Box<dyn Iterator<Item = Record>>,
    position: std::rc::Rc<std::cell::Cell<u64>>,
    bytes: u64,
}

fn open(source: &Source, may_guess: bool) -> Result<Reader> {
    reader(source, text::open(&source.path, source.encoding.as_deref(), may_guess)?)
}

fn reader(source: &Source, (text, watch): (text::Text, text::Watch)) -> Result<Reader> {
    let format = source.format.unwrap_or_else(|| text::guess_format(&source.path, &text.start));
    let (bytes, encoding, guessed, position) = (text.bytes, text.encoding, text.guessed, text.position.clone());
    let (delimiter, header, records) = match format {
        Format::Csv => {
            let delimiter = source.delimiter.unwrap_or_else(|| csv_records::guess_delimiter(&text.start));
            let (header, records) = csv_records::read(&source.path, text, delimiter)?;
            (Some(delimiter), Some(header), records)
        }
        Format::Jsonl => (None, None, jsonl_records::read(text)),
    };
    Ok(Reader { format, encoding, guessed, watch, delimiter, header, records, position, bytes })
}

/// Reads the beginning of a file: what it is, its columns and first records, and a guess of which column is what.
///
/// # Errors
/// [`Error::File`], or [`Error::UnreadableImport`] with what the file is instead.
pub fn preview(source: &Source) -> Result<Preview> {
    let mut reader = open(source, true)?;
    let mut columns = reader.header.clone().unwrap_or_default();
    let (mut records, mut problems) = (Vec::new(), Vec::from_iter(csv_records::doubt(&columns)));
    for record in reader.records.by_ref().take(200) {
        match record {
            Ok(cells) => {
                for (name, _) in &cells.cells {
                    if !columns.contains(name) {
                        columns.push(name.clone());
                    }
                }
                records.push(cells);
            }
            Err(reject) => problems.push(reject),
        }
    }
    let rows = records
        .iter()
        .take(20)
        .map(|r| columns.iter().map(|c| r.get(c).unwrap_or_default().chars().take(500).collect()).collect())
        .collect();
    problems.truncate(20);
    Ok(Preview {
        format: reader.format,
        encoding: reader.encoding,
        guessed: reader.guessed,
        delimiter: reader.delimiter,
        mapping: guess_mapping(&columns),
        columns,
        rows,
        problems,
        bytes: reader.bytes,
    })
}

fn guess_mapping(columns: &[String]) -> Mapping {
    let mut taken = BTreeSet::new();
    let mut find = |names: &[&str]| {
        let found = names.iter().find_map(|name| columns.iter().find(|c| c.trim().eq_ignore_ascii_case(name)))?;
        taken.insert(found.clone());
        Some(found.clone())
    };
    let id = find(&["id", "request_id", "ticket", "ticket_id", "external_id", "uid", "번호"]);
    let audience = find(&["audience", "수신"]);
    let slice = find(&["slice", "category", "topic", "language", "분류"]);
    let priority = find(&["priority", "우선순위"]);
    let fields = columns.iter().filter(|c| !taken.contains(*c)).cloned().collect();
    Mapping { id, audience, slice, priority, fields }
}

/// A request as it will be kept.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Request {
    pub line: u64,
    pub key: String,
    pub external_id: Option<String>,
    pub sha256: String,
    pub fields: Vec<Field>,
    pub audience: Audience,
    pub slice: Option<String>,
    pub priority: i64,
    pub excerpt: String,
}

impl Request {
    /// What it takes in memory, about.
    pub fn bytes(&self) -> usize {
        self.fields.iter().map(|field| field.name.len() + field.value.len()).sum::<usize>() + self.excerpt.len() + 500
    }
}

fn hex(hash: &[u8]) -> String {
    hash.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn request(cells: &Cells, mapping: &Mapping, default_audience: Audience) -> std::result::Result<Request, Reject> {
    let reject = |reason: String| cells.reject(reason);
    let given = |column: &Option<String>| column.as_deref().and_then(|c| cells.get(c)).map(str::trim).filter(|v| !v.is_empty());
    let audience = match given(&mapping.audience).map(str::to_lowercase).as_deref() {
        None => default_audience,
        Some("internal" | "내부") => Audience::Internal,
        Some("external" | "외부") => Audience::External,
        Some(other) => return Err(reject(format!("audience: expected internal or external, found {other:?}"))),
    };
    let priority = match given(&mapping.priority) {
        None => 0,
        Some(text) => text
            .parse()
            .ok()
            .filter(|p| (-100..=100).contains(p))
            .ok_or_else(|| reject(format!("priority: expected a whole number from -100 to 100, found {text:?}")))?,
    };
    let external_id = match (&mapping.id, given(&mapping.id)) {
        (None, _) => None,
        (Some(_), Some(id)) if id.len() <= 500 => Some(id.to_owned()),
        (Some(column), Some(id)) => return Err(reject(format!("{column}: expected an id of at most 500 bytes, found {}", id.len()))),
        (Some(column), None) => return Err(reject(format!("{column}: expected the request's id, found nothing"))),
    };
    let slice = given(&mapping.slice).map(|s| s.chars().take(100).collect::<String>());
    let fields: Vec<Field> = mapping
        .fields
        .iter()
        .filter_map(|c| Some(Field { name: c.clone(), value: cells.get(c)?.to_owned() }))
        .filter(|f| !f.value.is_empty())
        .collect();
    if fields.iter().all(|f| f.value.trim().is_empty()) {
        return Err(reject(format!("expected text in {}, found nothing", mapping.fields.join(" or "))));
    }
    Ok(keyed(cells.line, external_id, fields, audience, slice, priority))
}

/// A request under its key: its own id, or the hash of its content.
fn keyed(line: u64, external_id: Option<String>, fields: Vec<Field>, audience: Audience, slice: Option<String>, priority: i64) -> Request {
    let mut sha = Sha256::new();
    for part in
        fields.iter().flat_map(|f| [f.name.as_str(), f.value.as_str()]).chain([audience.as_str(), slice.as_deref().unwrap_or_default()])
    {
        sha.update((part.len() as u64).to_le_bytes());
        sha.update(part);
    }
    let sha256 = hex(&sha.finalize());
    // So an export of requests names those that have no id.
    let external_id = external_id.filter(|id| id.strip_prefix("sha256:") != Some(sha256.as_str()));
    let key = external_id.as_ref().map_or_else(|| format!("sha256:{sha256}"), |id| format!("id:{id}"));
    let excerpt = excerpt_of(fields.first().map_or("", |field| field.value.as_str()));
    Request { line, key, external_id, sha256, fields, audience, slice, priority, excerpt }
}

/// What became of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Taken {
    New,
    /// Known, the same in content.
    Again,
    /// Its id is known with another content.
    Conflict,
}

/// Requests from files share one name, so that a renamed file brings nothing twice.
const SOURCE: &str = "file";

impl Desk {
    /// Takes the requests of a file. Durable in chunks of 500: when it is stopped half way, the same call again
    /// takes the rest.
    ///
    /// # Errors
    /// [`Error::UnreadableImport`], also for a file that changes meanwhile; [`Error::Invalid`] for a mapping that does not fit; those of the
    /// database. What was accepted before an error stays.
    pub fn import(
        &self,
        use_case: UseCaseId,
        source: &Source,
        mapping: &Mapping,
        person: &Person,
        cancel: &Cancel,
        on_progress: &mut dyn FnMut(Progress),
    ) -> Result<Report> {
        let audience = self.use_case(use_case)?.input.audience;
        let mut reader = open(source, false)?;
        if mapping.fields.is_empty() {
            return Err(Error::invalid("columns", "none", "at least one column that holds the request's text"));
        }
        if let Some(header) = &reader.header {
            let named = mapping.fields.iter().chain(&mapping.id).chain(&mapping.audience).chain(&mapping.slice).chain(&mapping.priority);
            if let Some(missing) = named.into_iter().find(|c| !header.contains(c)) {
                return Err(Error::invalid("column", format!("{missing:?}"), format!("one of {}", header.join(", "))));
            }
        }
        let mut report = Report::default();
        loop {
            let mut chunk = Vec::with_capacity(CHUNK);
            let mut rejects = Vec::new();
            let mut ended = true;
            for record in reader.records.by_ref() {
                match record.and_then(|cells| request(&cells, mapping, audience)) {
                    Ok(request) => chunk.push(request),
                    Err(reject) => rejects.push(reject),
                }
                if chunk.len() + rejects.len() == CHUNK {
                    ended = false;
                    break;
                }
            }
            if reader.watch.has_changed() {
                let reason =
                    format!("it was changed while it was read; {} requests were taken, import it again for the rest", report.accepted);
                return Err(Error::UnreadableImport { path: source.path.clone(), reason });
            }
            self.take(use_case, chunk, &mut rejects, &mut report)?;
            report.rejects_total += rejects.len() as u64;
            rejects.sort_by_key(|r| r.line);
            rejects.truncate(MOST_REJECTS_LISTED.saturating_sub(report.rejects.len()));
            report.rejects.append(&mut rejects);
            on_progress(Progress { bytes: reader.position.get(), of_bytes: reader.bytes });
            if ended {
                break;
            }
            if cancel.is_cancelled() {
                report.cancelled = true;
                break;
            }
        }
        self.transact(|c, now, changes| {
            let name = source.path.file_name().unwrap_or_default().to_string_lossy();
            let detail = format!("{name}: {} accepted, {} known, {} rejected", report.accepted, report.duplicates, report.rejects_total);
            changes.activity = true;
            storage::event::insert(c, now, &person.name, "imported", Some(use_case), None, Some(&detail))
        })?;
        Ok(report)
    }

    fn take(&self, use_case: UseCaseId, chunk: Vec<Request>, rejects: &mut Vec<Reject>, report: &mut Report) -> Result<()> {
        let taken = self.take_all(use_case, &chunk)?;
        for (request, taken) in chunk.into_iter().zip(taken) {
            match taken {
                Taken::New => report.accepted += 1,
                Taken::Again => report.duplicates += 1,
                Taken::Conflict => rejects.push(request.conflict()),
            }
        }
        Ok(())
    }

    /// Takes requests in one transaction.
    pub(crate) fn take_all(&self, use_case: UseCaseId, requests: &[Request]) -> Result<Vec<Taken>> {
        self.transact(|c, now, changes| {
            let taken: Vec<Taken> =
                requests.iter().map(|request| storage::item::take(c, use_case, SOURCE, request, now)).collect::<Result<_>>()?;
            changes.queue = taken.contains(&Taken::New);
            Ok(taken)
        })
    }
}

impl Request {
    /// Why it was not taken: its id is known with another content.
    pub(crate) fn conflict(&self) -> Reject {
        let id = self.external_id.as_deref().unwrap_or_default();
        Reject {
            line: self.line,
            reason: format!("id {id:?} is known with another content; nothing was overwritten"),
            excerpt: self.excerpt.clone(),
        }
    }
}
