//! Copies of the whole database, made while it is written to, and put back.
//!
//! Invariant: a copy gets its name only when it was opened again and looked through, and all of it is on the disk. What is put back
//! goes into the database in one transaction.

use super::mark::{self, Beside, Mark, Noted};
use super::{Conn, KNOWN, file, look_through, migrate, prepare, version_of};
use crate::clock::Millis;
use crate::error::{Error, Result};
use crate::files;
use crate::model::Cancel;
use rusqlite::backup::{Backup, StepResult};
use rusqlite::types::ValueRef;
use rusqlite::{Connection, OpenFlags, OptionalExtension, TransactionBehavior, params};
use serde_json::{Map, Value};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// Pages between two looks at whether it is still wanted: 8 MiB.
const STEP: i32 = 2048;

/// Copies what is committed now to a file of its own, which needs nothing beside it.
pub(crate) fn copy(from: &Conn, to: &Path, at: Millis, cancel: &Cancel) -> Result<()> {
    make(to, |part| {
        let mut into = Connection::open(part)?;
        into.pragma_update(None, "synchronous", "OFF")?;
        // Held until all is copied: whoever writes meanwhile neither waits nor makes it begin again.
        from.execute_batch("BEGIN; SELECT count(*) FROM sqlite_schema")?;
        let copied = steps(from, &mut into, STEP, cancel);
        from.execute_batch("COMMIT")?;
        copied?;
        alone(&into)?;
        if let Some(mark) = mark::find(&into)? {
            mark::set(&into, &Mark { shut: true, ..mark })?;
        }
        set_made_at(&into, at)
    })
}

/// Copies page by page what is committed, whether it makes sense or not.
pub(crate) fn copy_as_it_is(from: &Conn, to: &Path) -> Result<()> {
    let written = Error::file(to, "written");
    let mut into = Connection::open(to)?;
    steps(from, &mut into, -1, &Cancel::default())?;
    drop(into);
    std::fs::File::open(to).and_then(|file| file.sync_all()).map_err(written)?;
    files::sync_parent(to)
}

/// The file of an older version as it is, before it is brought up to date.
pub(super) fn before_migration(c: &Conn, folder: &Path, version: i64, now: Millis) -> Result<()> {
    copy(c, &folder.join(format!("gait-before-v{version}-{}.db", now.0)), now, &Cancel::default())
}

/// Under another name until it is whole.
pub(super) fn make(to: &Path, write: impl FnOnce(&Path) -> Result<()>) -> Result<()> {
    let name = to.file_name().unwrap_or_default().to_string_lossy();
    let part = to.with_file_name(format!(".{name}.{}.part", std::process::id()));
    let go = || {
        remove(&part)?;
        write(&part)?;
        let again = reader_of(&part)?;
        look_through(&again)?;
        drop(again);
        let written = Error::file(to, "written");
        std::fs::File::open(&part).and_then(|file| file.sync_all()).and_then(|()| std::fs::rename(&part, to)).map_err(written)?;
        files::sync_parent(to)
    };
    go().inspect_err(|_| drop(remove(&part)))
}

fn remove(path: &Path) -> Result<()> {
    match std::fs::remove_file(path) {
        Err(e) if e.kind() != std::io::ErrorKind::NotFound => Err(Error::file(path, "removed")(e)),
        _ => Ok(()),
    }
}

/// How long another process may hold what is written to.
const PATIENCE: Duration = Duration::from_secs(10);

fn steps(from: &Conn, into: &mut Connection, pages: i32, cancel: &Cancel) -> Result<()> {
    let copying = Backup::new(from, into)?;
    let begun = Instant::now();
    loop {
        let step = copying.step(pages)?;
        if step == StepResult::Done {
            return Ok(());
        }
        if cancel.is_cancelled() {
            return Err(Error::Cancelled);
        }
        if step != StepResult::More {
            if begun.elapsed() > PATIENCE {
                return Err(Error::Busy);
            }
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}

/// One file, with nothing beside it.
fn alone(c: &Conn) -> Result<()> {
    let mode: String = c.query_row("PRAGMA journal_mode = DELETE", [], |r| r.get(0))?;
    if mode == "delete" { Ok(()) } else { Err(Error::Storage(format!("a copy stays in the mode {mode:?}"))) }
}

fn set_made_at(c: &Conn, at: Millis) -> Result<()> {
    let has_meta: bool = c.query_row("SELECT count(*) FROM sqlite_schema WHERE name = 'meta'", [], |r| r.get(0))?;
    if has_meta {
        c.execute("INSERT INTO meta VALUES ('backup_at', ?1) ON CONFLICT DO UPDATE SET value = excluded.value", [at.0.to_string()])?;
    }
    Ok(())
}

/// A file that nobody writes to.
fn reader_of(path: &Path) -> Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_URI | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let c = Connection::open_with_flags(mark::uri(path), flags)?;
    c.pragma_update(None, "trusted_schema", false)?;
    c.pragma_update(None, "cell_size_check", true)?;
    Ok(c)
}

// --- what a copy holds

/// How far a database has come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reach {
    pub made_at: Option<Millis>,
    pub version: i64,
    /// The newest of each; ids count up.
    pub items: i64,
    pub decisions: i64,
    pub(crate) mark: Option<Mark>,
}

pub(crate) fn reach(c: &Conn, path: &Path) -> Result<Reach> {
    let version = version_of(c, path)?;
    let newest = |table: &str| c.query_row(&format!("SELECT coalesce(max(id), 0) FROM {table}"), [], |r| r.get(0));
    let made_at: Option<String> = c.query_row("SELECT value FROM meta WHERE key = 'backup_at'", [], |r| r.get(0)).optional()?;
    Ok(Reach {
        made_at: made_at.and_then(|at| at.parse().ok()).map(Millis),
        version,
        items: newest("item")?,
        decisions: newest("decision")?,
        mark: mark::find(c)?,
    })
}

pub(crate) fn reach_of(path: &Path) -> Result<Reach> {
    reach(&reader_of(path)?, path)
}

/// What is in the database and not in a copy of it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Loss {
    pub items: i64,
    pub decisions: i64,
    /// Texts that went out since: they stay out, and their requests wait for a decision again.
    pub delivered: i64,
    /// When the first of these was made.
    pub since: Option<Millis>,
}

pub(crate) fn loss(c: &Conn, copy: &Reach) -> Result<Loss> {
    let (items, items_since): (i64, Option<i64>) =
        c.query_row("SELECT count(*), min(created_at) FROM item WHERE id > ?1", [copy.items], |r| Ok((r.get(0)?, r.get(1)?)))?;
    let (decisions, decisions_since): (i64, Option<i64>) =
        c.query_row("SELECT count(*), min(at) FROM decision WHERE id > ?1", [copy.decisions], |r| Ok((r.get(0)?, r.get(1)?)))?;
    let delivered =
        c.query_row("SELECT count(*) FROM delivery WHERE decision > ?1 AND done_at IS NOT NULL", [copy.decisions], |r| r.get(0))?;
    Ok(Loss { items, decisions, delivered, since: items_since.into_iter().chain(decisions_since).min().map(Millis) })
}

// --- putting back

/// A token that opens nothing any more: also not after a restore to a time when it did.
pub(crate) struct Revoked {
    sha256: Vec<u8>,
    at: i64,
    by: String,
}

pub(crate) fn revoked(c: &Conn) -> Result<Vec<Revoked>> {
    let mut query = c.prepare("SELECT sha256, revoked_at, revoked_by FROM token WHERE revoked_at IS NOT NULL")?;
    let rows = query.query_map([], |r| Ok(Revoked { sha256: r.get(0)?, at: r.get(1)?, by: r.get(2)? }))?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// A copy as it will stand in the place of the database: of this version, of a new generation, with what may have gone out since looked
/// for before it is sent again, and held by nobody.
pub(crate) fn prepared(copy: &Path, folder: &Path, now: Millis, person: &str, revoked: &[Revoked]) -> Result<(PathBuf, Mark)> {
    let to = folder.join(".gait-restoring.db");
    let mark = Mark { commits: 1, shut: true, ..Mark::new() };
    make(&to, |part| {
        std::fs::copy(copy, part).map_err(Error::file(copy, "read"))?;
        let mut c = Connection::open(part)?;
        prepare(&mut c)?;
        if version_of(&c, copy)? < KNOWN {
            migrate(&mut c)?;
        }
        alone(&c)?;
        let tx = c.transaction_with_behavior(TransactionBehavior::Immediate)?;
        tx.execute_batch(
            "UPDATE delivery SET state = CASE state WHEN 'sending' THEN 'waiting' ELSE state END, attempts = max(attempts, 1), claims = max(claims, 1),
                 may_have_left = 1, lease_until = NULL
               WHERE state IN ('waiting', 'sending', 'failed');
             UPDATE item SET lease_owner = NULL, lease_until = NULL WHERE lease_owner IS NOT NULL AND state <> 'drafting';
             DELETE FROM meta WHERE key = 'backup_at'",
        )?;
        for token in revoked {
            let again = "UPDATE token SET revoked_at = ?2, revoked_by = ?3 WHERE sha256 = ?1 AND revoked_at IS NULL";
            tx.execute(again, params![token.sha256, token.at, token.by])?;
        }
        let name = copy.file_name().unwrap_or_default().to_string_lossy();
        super::event::insert(&tx, now, person, "restored", None, None, Some(&name))?;
        mark::set(&tx, &mark)?;
        Ok(tx.commit()?)
    })?;
    Ok((to, mark))
}

/// Puts a prepared copy into the open database, in one transaction. Whoever reads meanwhile reads on in what was before.
pub(crate) fn put_back(prepared: &Path, into: &mut Connection, noted: &mut Noted, mark: &Mark) -> Result<()> {
    let from = Connection::open(prepared)?;
    // What is damaged may not know how far it was.
    let was = mark::get(into).unwrap_or_else(|_| Mark::new());
    noted.note(Beside { mark: was, coming: Some(mark.generation.clone()), log: None });
    noted.settle()?;
    steps(&from, into, -1, &Cancel::default())?;
    // It stands by now, whatever is noted.
    noted.note(Beside { mark: mark.clone(), coming: None, log: super::event::head(into).unwrap_or_default() });
    Ok(())
}

/// Writes into the one file what the `-wal` holds, as far as nobody reads what was before.
pub(crate) fn tidy_up(c: &Conn) -> Result<()> {
    Ok(c.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))?)
}

/// Puts a prepared copy in the place of a database that cannot be opened. Its files are kept under another name.
pub(crate) fn put_in_place(prepared: &Path, folder: &Path, aside: &Path) -> Result<()> {
    let path = file(folder);
    for (end, is_needed) in [("", true), ("-wal", true), ("-shm", false)] {
        let (from, to) = (with_end(&path, end), with_end(aside, end));
        if is_needed && from.exists() {
            std::fs::copy(&from, &to).and_then(|_| std::fs::File::open(&to)?.sync_all()).map_err(Error::file(&to, "written"))?;
        }
    }
    files::sync_parent(aside)?;
    // In this order: what a kill leaves here is refused by the next start, and the copy can be put in its place again.
    remove(&with_end(&path, "-wal"))?;
    remove(&with_end(&path, "-shm"))?;
    std::fs::rename(prepared, &path).map_err(Error::file(&path, "written"))?;
    mark::forget(folder)?;
    files::sync_parent(&path)
}

fn with_end(path: &Path, end: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(end);
    name.into()
}

/// Goes on with the files as they lie there. A `-wal` that does not belong to them is put aside.
pub(crate) fn accept(folder: &Path, aside: &Path) -> Result<()> {
    if mark::has_foreign_wal(folder) {
        let wal = mark::wal_of(&file(folder));
        std::fs::rename(&wal, aside).map_err(Error::file(&wal, "moved"))?;
    }
    mark::forget(folder)?;
    if !mark::has_bytes(&file(folder)) {
        return Ok(());
    }
    let mut c = Connection::open(file(folder))?;
    prepare(&mut c)?;
    version_of(&c, &file(folder))?;
    look_through(&c)?;
    // Another generation: what is put back beside it later does not belong to it any more.
    if mark::find(&c)?.is_some() { mark::set(&c, &Mark { shut: true, ..Mark::new() }) } else { Ok(()) }
}

// --- everything, as text

/// Tables that follow from others, or belong to the search index.
fn follows(table: &str) -> bool {
    table.starts_with("sqlite_")
        || ["_count", "_text", "_data", "_idx", "_docsize", "_config", "_content"].iter().any(|end| table.ends_with(end))
}

/// What stays on this machine whatever is written of it elsewhere: tables and columns.
const SECRETS: [(&str, &str); 3] = [("sink", "secret"), ("sink", "secret_before"), ("token", "sha256")];

pub(crate) fn tables(c: &Conn) -> Result<Vec<String>> {
    let mut query = c.prepare("SELECT name FROM sqlite_schema WHERE type = 'table' AND sql NOT LIKE 'CREATE VIRTUAL%' ORDER BY name")?;
    let names = query.query_map([], |r| r.get::<_, String>(0))?.collect::<rusqlite::Result<Vec<_>>>()?;
    Ok(names.into_iter().filter(|name| !follows(name)).collect())
}

/// Hands over each row of a table as JSON: its columns by name, but for secrets. Bytes are written as hexadecimal digits.
pub(crate) fn each_row(c: &Conn, table: &str, mut tell: impl FnMut(&str) -> Result<()>) -> Result<()> {
    let mut query = c.prepare(&format!("SELECT * FROM \"{table}\""))?;
    let columns: Vec<String> = query.column_names().map(str::to_owned).collect();
    let mut rows = query.query([])?;
    while let Some(row) = rows.next()? {
        let mut object = Map::new();
        for (n, column) in columns.iter().enumerate().filter(|(_, column)| !SECRETS.contains(&(table, column.as_str()))) {
            let value = match row.get_ref(n)? {
                ValueRef::Null => Value::Null,
                ValueRef::Integer(number) => number.into(),
                ValueRef::Real(number) => number.into(),
                ValueRef::Text(text) => String::from_utf8_lossy(text).into_owned().into(),
                ValueRef::Blob(bytes) => bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>().into(),
            };
            object.insert(column.clone(), value);
        }
        tell(&super::to_json(&object))?;
    }
    Ok(())
}

/// All that `work` reads is of one moment.
pub(crate) fn at_one_moment<T>(c: &Conn, work: impl FnOnce(&Conn) -> Result<T>) -> Result<T> {
    c.execute_batch("BEGIN")?;
    let done = work(c);
    c.execute_batch("COMMIT")?;
    done
}

/// A time as it stands in the name of a file.
pub(crate) fn stamp(at: Millis) -> Result<String> {
    let c = Connection::open_in_memory()?;
    Ok(c.query_row("SELECT strftime('%Y-%m-%dT%H-%M-%SZ', ?1 / 1000, 'unixepoch')", params![at.0], |r| r.get(0))?)
}
