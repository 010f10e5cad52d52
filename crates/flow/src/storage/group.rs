//! Changes that share one commit: a transaction around all of them, a savepoint around each.
//!
//! Invariant: a change that fails leaves nothing, and those beside it stay whole; where that cannot be had, [`is_open`] is false
//! afterwards and nothing of the group is left.

use super::Conn;
use super::mark::{self, Mark};
use crate::error::Result;

fn say(c: &Conn, sql: &str) -> Result<()> {
    Ok(c.prepare_cached(sql).and_then(|mut statement| statement.execute([])).map(drop)?)
}

/// How many rows were written before, by which [`commit`] knows whether there is anything to count.
pub(crate) fn begin(c: &Conn) -> Result<u64> {
    say(c, "BEGIN IMMEDIATE")?;
    Ok(c.total_changes())
}

/// Whether a group is under way. SQLite itself ends one where a disk is full or fails.
pub(crate) fn is_open(c: &Conn) -> bool {
    !c.is_autocommit()
}

/// A change begins.
pub(crate) fn enter(c: &Conn) -> Result<()> {
    say(c, "SAVEPOINT change")
}

/// What the change did is a part of the group, or undone.
pub(crate) fn leave(c: &Conn, is_kept: bool) -> Result<()> {
    if !is_kept {
        say(c, "ROLLBACK TO change")?;
    }
    say(c, "RELEASE change")
}

/// Durable when it returns `Ok`, with the mark where something was written; without a trace when not.
pub(crate) fn commit(c: &Conn, written_before: u64) -> Result<Option<Mark>> {
    let counted = if c.total_changes() == written_before { Ok(None) } else { mark::count_on(c, false).map(Some) };
    counted.and_then(|mark| say(c, "COMMIT").map(|()| mark)).inspect_err(|_| roll_back(c))
}

/// The last commit of a desk that is closed in order: from then on all is in the one file, once nobody else has it open.
pub(crate) fn shut(c: &Conn) -> Result<Mark> {
    begin(c)?;
    mark::count_on(c, true).and_then(|mark| say(c, "COMMIT").map(|()| mark)).inspect_err(|_| roll_back(c))
}

pub(crate) fn roll_back(c: &Conn) {
    if is_open(c) {
        // What fails here is told by the next `begin`.
        drop(say(c, "ROLLBACK"));
    }
}
