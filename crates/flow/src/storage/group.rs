//! Changes that share one commit: a transaction around all of them, a savepoint around each.
//!
//! Invariant: a change that fails leaves nothing, and those beside it stay whole; where that cannot be had, [`is_open`] is false
//! afterwards and nothing of the group is left.

use super::Conn;
use super::mark::{self, Beside, Noted};
use crate::error::{Error, Result};
use std::fs::File;
use std::io::{ErrorKind, Read, Seek, SeekFrom, Write};
use std::path::Path;

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

/// Durable when it returns `Ok`, with what is to be noted beside the database where something was written; without a trace when not.
pub(crate) fn commit(c: &Conn, written_before: u64, noted: &Noted) -> Result<Option<Beside>> {
    if c.total_changes() == written_before {
        return say(c, "COMMIT").map(|()| None).inspect_err(|_| roll_back(c));
    }
    counted(c, false, noted).map(Some)
}

/// The last commit of a desk that is closed in order: from then on all is in the one file, once nobody else has it open.
pub(crate) fn shut(c: &Conn, noted: &Noted) -> Result<Beside> {
    begin(c)?;
    counted(c, true, noted)
}

fn counted(c: &Conn, shut: bool, noted: &Noted) -> Result<Beside> {
    let now = || {
        let now = noted.next(c, mark::count_on(c, shut)?)?;
        say(c, "COMMIT").map(|()| now)
    };
    now().inspect_err(|_| roll_back(c))
}

/// Writes once more what stands in the `-wal`, and waits for the disk. After a sync that failed the system may take for written what never
/// came to the disk: what is read then, and built upon, would be gone with the next power cut.
///
/// # Errors
/// [`Error::DiskFault`], [`Error::DiskFull`]; what stands there is as it was.
pub(crate) fn write_again(c: &Conn, folder: &Path) -> Result<()> {
    // Nobody adds to it meanwhile, nor begins it anew.
    begin(c)?;
    let done = again(&mark::wal_of(&super::file(folder)));
    roll_back(c);
    match done {
        Err(e) if e.kind() == ErrorKind::StorageFull => Err(Error::DiskFull),
        other => other.map_err(|e| Error::DiskFault(e.to_string())),
    }
}

fn again(path: &Path) -> std::io::Result<()> {
    let mut file = match File::options().read(true).write(true).open(path) {
        Err(e) if e.kind() == ErrorKind::NotFound => return Ok(()),
        other => other?,
    };
    let (mut at, mut part) = (0, vec![0; 1 << 20]);
    loop {
        file.seek(SeekFrom::Start(at))?;
        let length = file.read(&mut part)?;
        if length == 0 {
            return file.sync_all();
        }
        file.seek(SeekFrom::Start(at))?;
        file.write_all(&part[..length])?;
        at += length as u64;
    }
}

pub(crate) fn roll_back(c: &Conn) {
    if is_open(c) {
        // What fails here is told by the next `begin`.
        drop(say(c, "ROLLBACK"));
    }
}
