//! Tables `item_text` and `said_text`: the words of requests, of newest drafts and of what was decided, by parts of three characters. The
//! second one is kept by triggers.
//!
//! Invariant: what holds the words is found newest first, without a list of all that do.

use super::Conn;
use crate::error::Result;
use crate::id::ItemId;
use crate::item::Field;
use crate::review::search::Words;
use rusqlite::{OptionalExtension, Rows, params};

/// A text as it is indexed ends with a line end, so that a word of two characters at its end is part of three, too.
const END: char = '\n';
/// Beginnings of words of two characters that are told apart by what follows them.
const MOST_CONTINUED: usize = 1_000;

pub(super) const IN_REQUESTS: &str = "SELECT rowid FROM item_text WHERE item_text MATCH ?1 ORDER BY rowid DESC";
pub(super) const IN_SAID: &str = "SELECT rowid FROM said_text WHERE said_text MATCH ?1 ORDER BY rowid DESC";

/// Makes the words of a request findable.
pub(super) fn index_text(c: &Conn, id: ItemId, external_id: Option<&str>, fields: &[Field]) -> Result<()> {
    let mut body = external_id.unwrap_or_default().to_owned();
    for field in fields {
        body.push('\n');
        body.push_str(&field.value);
    }
    body.push(END);
    c.prepare_cached("INSERT INTO item_text (rowid, body) VALUES (?1, ?2)")?.execute(params![id.0, body])?;
    Ok(())
}

/// Shows each item that holds all the words in one of its texts, newest first, until it is told to stop: the item, and whether they stand
/// in nothing but what was decided.
pub(crate) fn newest(c: &Conn, words: &Words, mut visit: impl FnMut(ItemId, bool) -> Result<bool>) -> Result<()> {
    let (mut requests, mut said) = (c.prepare_cached(IN_REQUESTS)?, c.prepare_cached(IN_SAID)?);
    let mut requests = match expression(c, "item_term", words)? {
        Some(sought) => Some(requests.query([sought])?),
        None => None,
    };
    let mut said = match expression(c, "said_term", words)? {
        Some(sought) => Some(said.query([sought])?),
        None => None,
    };
    let (mut request, mut other) = (step(requests.as_mut())?, step(said.as_mut())?);
    while let Some(item) = request.into_iter().chain(other.map(|row| row / 2)).max() {
        let mut only_decided = true;
        while other.is_some_and(|row| row / 2 == item) {
            only_decided &= other.is_some_and(|row| row % 2 == 1);
            other = step(said.as_mut())?;
        }
        if request == Some(item) {
            only_decided = false;
            request = step(requests.as_mut())?;
        }
        if !visit(ItemId(item), only_decided)? {
            return Ok(());
        }
    }
    Ok(())
}

fn step(rows: Option<&mut Rows<'_>>) -> Result<Option<i64>> {
    let row = match rows {
        Some(rows) => rows.next()?,
        None => None,
    };
    Ok(row.map(|row| row.get(0)).transpose()?)
}

/// What FTS5 is asked for: every word. `None` where a word is in no text.
fn expression(c: &Conn, terms: &str, words: &Words) -> Result<Option<String>> {
    let quoted = |term: &str| format!("\"{}\"", term.replace('"', "\"\""));
    let mut all = Vec::new();
    for word in words.each() {
        if word.chars().count() >= 3 {
            all.push(quoted(word));
            continue;
        }
        let continued = continued(c, terms, word)?;
        if continued.is_empty() {
            return Ok(None);
        }
        all.push(format!("({})", continued.iter().map(|term| quoted(term)).collect::<Vec<_>>().join(" OR ")));
    }
    Ok(Some(all.join(" AND ")))
}

/// The terms that begin with a word of two characters. Each is one step in the index: the texts that hold it are not read.
fn continued(c: &Conn, terms: &str, word: &str) -> Result<Vec<String>> {
    let mut query = c.prepare_cached(&format!("SELECT term FROM {terms} WHERE term >= ?1 LIMIT 1"))?;
    let mut found: Vec<String> = Vec::new();
    let mut from = word.to_owned();
    while found.len() < MOST_CONTINUED {
        let term: Option<String> = query.query_row([&from], |r| r.get(0)).optional()?;
        let Some(term) = term.filter(|term| term.starts_with(word)) else { break };
        // Behind it, and before any other of three characters.
        from = format!("{term}\u{1}");
        found.push(term);
    }
    Ok(found)
}
