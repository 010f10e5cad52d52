//! What became of a file, for whoever put it there: a small file beside it.

use super::names;
use crate::clock::Millis;
use crate::intake::{MOST_REJECTS_LISTED, Reject, Taken};
use crate::storage;
use serde::Serialize;
use std::ffi::OsStr;
use std::path::Path;

#[derive(Debug, Default)]
pub(super) struct Report {
    pub taken: u64,
    pub known: u64,
    pub rejects: Vec<Reject>,
    pub rejected: u64,
    /// Why nothing could be read of it, or not to its end.
    pub unreadable: Option<String>,
}

impl Report {
    pub fn took(&mut self, taken: Taken, conflict: impl FnOnce() -> Reject) {
        match taken {
            Taken::New => self.taken += 1,
            Taken::Again => self.known += 1,
            Taken::Conflict => self.reject(conflict()),
        }
    }

    pub fn reject(&mut self, reject: Reject) {
        self.rejected += 1;
        if self.rejects.len() < MOST_REJECTS_LISTED {
            self.rejects.push(reject);
        }
    }

    /// Whether all of it was taken, now or earlier. A table without a row has nothing that was not.
    pub fn is_good(&self) -> bool {
        self.rejected == 0 && self.unreadable.is_none()
    }

    /// Best effort: what counts is in the database.
    pub fn write(&self, name: &OsStr, moved: &Path, now: Millis) {
        let mut rejects: Vec<&Reject> = self.rejects.iter().collect();
        rejects.sort_by_key(|reject| reject.line);
        let file = File {
            file: names::shown(name),
            at: now.0,
            taken: self.taken,
            known: self.known,
            rejected: self.rejected,
            unreadable: self.unreadable.as_deref(),
            rejects: rejects.into_iter().map(|r| Row { line: r.line, reason: &r.reason, excerpt: &r.excerpt }).collect(),
        };
        if let Err(e) = std::fs::write(names::of_report(moved), storage::to_json(&file) + "\n") {
            tracing::warn!(error = %e, "a report of a watched folder could not be written");
        }
    }
}

#[derive(Serialize)]
struct File<'a> {
    file: String,
    /// Milliseconds since 1970, UTC.
    at: i64,
    taken: u64,
    known: u64,
    rejected: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    unreadable: Option<&'a str>,
    rejects: Vec<Row<'a>>,
}

#[derive(Serialize)]
struct Row<'a> {
    line: u64,
    reason: &'a str,
    excerpt: &'a str,
}
