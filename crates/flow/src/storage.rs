//! SQLite. The only module that names rusqlite; a function a query, a module a table.
//!
//! Invariant: what is acknowledged is durable (WAL, `synchronous=FULL`), and every write says the state it expects.

pub(crate) mod act;
pub(crate) mod audit;
pub(crate) mod backup;
pub(crate) mod charter;
pub(crate) mod confidence;
pub(crate) mod correction;
pub(crate) mod count;
pub(crate) mod dataset;
pub(crate) mod decision;
pub(crate) mod delivery;
pub(crate) mod draft;
pub(crate) mod epoch;
pub(crate) mod event;
pub(crate) mod evidence;
pub(crate) mod feed;
pub(crate) mod folder;
pub(crate) mod gate;
pub(crate) mod group;
pub(crate) mod item;
pub(crate) mod level_move;
pub(crate) mod mark;
pub(crate) mod model;
pub(crate) mod notice;
pub(crate) mod pile;
mod place;
#[cfg(test)]
mod plans;
pub(crate) mod preference;
pub(crate) mod queue;
pub(crate) mod reviewers;
pub(crate) mod seal;
pub(crate) mod seeded;
pub(crate) mod setting;
pub(crate) mod similar;
pub(crate) mod sink;
pub(crate) mod token;
pub(crate) mod turn;
pub(crate) mod typed;
pub(crate) mod use_case;
pub(crate) mod watch;
pub(crate) mod words;

use crate::clock::Millis;
use crate::error::{Error, Result};
use rusqlite::config::DbConfig;
use rusqlite::{Connection, ErrorCode, OpenFlags, TransactionBehavior};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::fs::{File, TryLockError};
use std::path::{Path, PathBuf};
use std::time::Duration;

pub(crate) use rusqlite::Connection as Conn;

/// Migration n brings a file from version n to n + 1. Forward only; one that has landed is never edited.
const MIGRATIONS: [&str; 19] = [
    include_str!("../../../migrations/0001_initial.sql"),
    include_str!("../../../migrations/0002_model_facts.sql"),
    include_str!("../../../migrations/0003_charter_and_gate.sql"),
    include_str!("../../../migrations/0004_evidence.sql"),
    include_str!("../../../migrations/0005_audits.sql"),
    include_str!("../../../migrations/0006_confidence.sql"),
    include_str!("../../../migrations/0007_reviewers.sql"),
    include_str!("../../../migrations/0008_counts.sql"),
    include_str!("../../../migrations/0009_reports.sql"),
    include_str!("../../../migrations/0010_page.sql"),
    include_str!("../../../migrations/0011_acts.sql"),
    include_str!("../../../migrations/0012_datasets.sql"),
    include_str!("../../../migrations/0013_outputs_and_branches.sql"),
    include_str!("../../../migrations/0014_queue.sql"),
    include_str!("../../../migrations/0015_claims.sql"),
    include_str!("../../../migrations/0016_in_and_out.sql"),
    include_str!("../../../migrations/0017_api.sql"),
    include_str!("../../../migrations/0018_seals.sql"),
    include_str!("../../../migrations/0019_chain_and_senders.sql"),
];
const KNOWN: i64 = MIGRATIONS.len() as i64;

/// "GAIT", so that no other SQLite file is taken for ours.
const APPLICATION_ID: i64 = 0x4741_4954;

/// Earlier libraries can lose a commit in WAL mode.
const OLDEST_SQLITE: i32 = 3_051_003;

fn file(folder: &Path) -> PathBuf {
    folder.join("gait.db")
}

/// The sign that a data folder is in use: a lock that the system lets go of when the process ends, however it ends.
pub(crate) struct InUse {
    lock: Option<File>,
    /// Nobody else has the folder open, so that its files lie still.
    pub is_alone: bool,
}

impl InUse {
    /// Waits for whoever opens it at this moment, not for who has it open.
    pub fn enter(folder: &Path) -> Result<Self> {
        place::check(folder)?;
        std::fs::create_dir_all(folder).map_err(|e| Error::ReadOnly(format!("{}: {e}", folder.display())))?;
        let path = folder.join("gait.open");
        // What cannot be written or locked is named by what follows.
        let Ok(lock) = File::options().create(true).truncate(false).write(true).open(path) else {
            return Ok(Self { lock: None, is_alone: true });
        };
        let is_alone = match lock.try_lock() {
            Ok(()) => true,
            Err(TryLockError::WouldBlock) => lock.lock_shared().is_err(),
            Err(TryLockError::Error(_)) => true,
        };
        Ok(Self { lock: Some(lock), is_alone })
    }

    /// Lets the others in.
    pub fn share(&mut self) {
        if let Some(lock) = self.lock.as_ref().filter(|_| self.is_alone) {
            // Without a lock the others believe that they are alone, and look at the files once more: no loss.
            drop(lock.unlock().and_then(|()| lock.lock_shared()));
        }
        self.is_alone = false;
    }
}

impl InUse {
    /// Whether the others have gone. Nobody comes in then until this one has gone too.
    pub fn is_left_alone(&self) -> bool {
        let Some(lock) = &self.lock else { return true };
        let is_alone = lock.unlock().is_ok() && lock.try_lock().is_ok();
        if !is_alone {
            // A system that refuses this takes it for no sign at all, as at the start.
            drop(lock.try_lock_shared());
        }
        is_alone
    }
}

/// The writer's connection, and what it notes beside the database.
pub(crate) struct Open {
    pub conn: Connection,
    pub identity: Identity,
    pub noted: mark::Noted,
}

/// What tells one file from another that has its name now; nothing where the system does not say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Identity(Option<(u64, u64)>);

impl Identity {
    /// # Errors
    /// [`Error::Gone`] where there is no such file.
    pub fn of(folder: &Path) -> Result<Self> {
        let path = file(folder);
        let found = std::fs::metadata(&path).map_err(|_| Error::Gone { path })?;
        Ok(Self(numbers(&found)))
    }
}

#[cfg(unix)]
fn numbers(file: &std::fs::Metadata) -> Option<(u64, u64)> {
    use std::os::unix::fs::MetadataExt;
    Some((file.dev(), file.ino()))
}

#[cfg(not(unix))]
fn numbers(_file: &std::fs::Metadata) -> Option<(u64, u64)> {
    None
}

/// Opens (or creates) the database of a data folder for writing, and brings it up to date.
pub(crate) fn open(folder: &Path, now: Millis, is_alone: bool) -> Result<Open> {
    if rusqlite::version_number() < OLDEST_SQLITE {
        return Err(Error::Storage(format!("SQLite {} is too old", rusqlite::version())));
    }
    let path = file(folder);
    if !may_be_database(&path)? && !mark::is_torn(folder) {
        return Err(Error::ForeignDatabase { path });
    }
    // Also where somebody else has it open: what they had is gone then, and nothing is begun in its place.
    let is_there = mark::has_bytes(&path);
    if is_alone || !is_there {
        mark::check(folder)?;
    }
    if !is_there {
        create(&path)?;
    }
    let mut conn = Connection::open_with_flags(&path, OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
    prepare(&mut conn)?;
    // Whatever is refused below leaves the files as they are.
    conn.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true)?;
    if conn.is_readonly("main")? {
        return Err(Error::ReadOnly(path.display().to_string()));
    }
    let version = version_of(&conn, &path)?;
    if version > 0 {
        mark::check_opened(folder, &conn)?;
    }
    conn.pragma_update(None, "journal_mode", "WAL")?;
    if version < KNOWN {
        if version > 0 && !is_alone {
            // It may be older, know nothing of what this version keeps, and would go on writing.
            return Err(Error::Busy);
        }
        if version > 0 {
            backup::before_migration(&conn, folder, KNOWN, now)?;
        }
        migrate(&mut conn)?;
    }
    let noted = mark::Noted::open(folder, &conn, is_alone)?;
    let identity = Identity::of(folder)?;
    conn.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, false)?;
    Ok(Open { conn, identity, noted })
}

/// An empty database, under its name only when all of it is on the disk.
fn create(path: &Path) -> Result<()> {
    backup::make(path, |part| {
        let mut conn = Connection::open(part)?;
        prepare(&mut conn)?;
        conn.pragma_update(None, "journal_mode", "WAL")?;
        migrate(&mut conn)
    })
}

/// The version of a file that is ours; 0 for one that is empty.
fn version_of(conn: &Connection, path: &Path) -> Result<i64> {
    let id: i64 = conn.query_row("PRAGMA application_id", [], |r| r.get(0))?;
    let version: i64 = conn.query_row("PRAGMA user_version", [], |r| r.get(0))?;
    let objects: i64 = conn.query_row("SELECT count(*) FROM sqlite_schema", [], |r| r.get(0))?;
    let is_ours = id == APPLICATION_ID && version > 0;
    let is_empty = (id == APPLICATION_ID || id == 0) && version == 0 && objects == 0;
    if !is_ours && !is_empty {
        return Err(Error::ForeignDatabase { path: path.to_owned() });
    }
    if version > KNOWN {
        return Err(Error::NewerDatabase { path: path.to_owned(), found: version, known: KNOWN });
    }
    Ok(version)
}

/// Whether there is no file yet, an empty one, or one that begins as SQLite's do.
fn may_be_database(path: &Path) -> Result<bool> {
    use std::io::{ErrorKind, Read};
    let mut start = Vec::new();
    match std::fs::File::open(path).and_then(|file| file.take(16).read_to_end(&mut start)) {
        Ok(_) => Ok(start.is_empty() || start == b"SQLite format 3\0"),
        Err(e) if e.kind() == ErrorKind::NotFound => Ok(true),
        Err(e) if e.kind() == ErrorKind::IsADirectory => Ok(false),
        Err(e) => Err(Error::file(path, "read")(e)),
    }
}

/// A connection that only reads.
pub(crate) fn open_reader(folder: &Path) -> Result<Connection> {
    let mut conn = Connection::open_with_flags(file(folder), OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
    prepare(&mut conn)?;
    conn.pragma_update(None, "query_only", true)?;
    Ok(conn)
}

/// Closes a connection and leaves the files as they are. In order, the last one to close would write the `-wal` into the file that it has
/// open and take it away, which may be that of another file by now.
pub(crate) fn let_go(conn: Connection) {
    if conn.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true).is_ok() {
        drop(conn);
    } else {
        // Never closed: the end of the process does it, without writing.
        std::mem::forget(conn);
    }
}

/// How often another process is waited for: each time a little more than a millisecond.
const MOST_WAITS: i32 = 8_000;

/// SQLite's own waits grow to a tenth of a second, in which a process that commits without a rest leaves none of its short gaps to one that asks
/// so seldom.
fn wait_a_moment(times: i32) -> bool {
    std::thread::sleep(Duration::from_millis(1));
    times < MOST_WAITS
}

fn prepare(conn: &mut Connection) -> Result<()> {
    conn.busy_handler(Some(wait_a_moment))?;
    for (pragma, value) in [
        ("synchronous", "FULL"),
        ("fullfsync", "ON"),
        ("checkpoint_fullfsync", "ON"),
        ("foreign_keys", "ON"),
        ("trusted_schema", "OFF"),
        ("cell_size_check", "ON"),
        ("temp_store", "MEMORY"),
        ("journal_size_limit", "67108864"),
    ] {
        conn.pragma_update(None, pragma, value)?;
    }
    conn.set_db_config(DbConfig::SQLITE_DBCONFIG_DEFENSIVE, true)?;
    // Without this a query with a value that a partial index or statistics could go by is parsed and planned anew for each other value.
    conn.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    conn.set_db_config(DbConfig::SQLITE_DBCONFIG_DQS_DML, false)?;
    conn.set_db_config(DbConfig::SQLITE_DBCONFIG_DQS_DDL, false)?;
    conn.set_prepared_statement_cache_capacity(128);
    seal::register(conn)
}

/// All steps in one transaction: the file is of one version or of the other.
fn migrate(conn: &mut Connection) -> Result<()> {
    let tx = conn.transaction_with_behavior(TransactionBehavior::Immediate)?;
    // Another process may have done it while this one waited for the lock.
    let version: i64 = tx.query_row("PRAGMA user_version", [], |r| r.get(0))?;
    for step in MIGRATIONS.iter().skip(usize::try_from(version).unwrap_or(0)) {
        tx.execute_batch(step)?;
    }
    tx.pragma_update(None, "application_id", APPLICATION_ID)?;
    tx.pragma_update(None, "user_version", KNOWN)?;
    // Written into the one file below, with nothing after it.
    mark::ensure(&tx)?;
    mark::count_on(&tx, true)?;
    tx.commit()?;
    conn.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))?;
    Ok(())
}

/// The first thing that is wrong with the pages of a file, if any.
pub(crate) fn look_through(conn: &Connection) -> Result<()> {
    let found: String = conn.query_row("PRAGMA quick_check(1)", [], |r| r.get(0))?;
    if found == "ok" { Ok(()) } else { Err(Error::Damaged(found)) }
}

pub(crate) fn data_version(conn: &Connection) -> Result<i64> {
    Ok(conn.query_row("PRAGMA data_version", [], |r| r.get(0))?)
}

/// Bytes that were committed and not written into the one file yet, or could be written over.
pub(crate) fn wal_bytes(folder: &Path) -> u64 {
    mark::wal_of(&file(folder)).metadata().map_or(0, |wal| wal.len())
}

pub(crate) fn library_version() -> &'static str {
    rusqlite::version()
}

/// What is wrong with the file: damaged pages, broken references, rows that are not what was sealed, a log that was changed, counts that do
/// not agree. At most 100 of each. On a connection of its own: FTS5's part of the check believes what a connection has cached of an index that another
/// one has changed since, and would cry wolf (SQLite 3.54).
pub(crate) fn faults(folder: &Path) -> Result<Vec<String>> {
    let c = open_reader(folder)?;
    let mut faults = Vec::new();
    for look in [page_faults, reference_faults, seal::faults, count_faults, row_faults] {
        match look(&c) {
            Ok(found) => faults.extend(found),
            // What is damaged cannot be read, and the next look may find more.
            Err(e) => faults.push(e.to_string()),
        }
    }
    Ok(faults)
}

fn page_faults(c: &Connection) -> Result<Vec<String>> {
    let mut found: Vec<String> = c.prepare("PRAGMA integrity_check(100)")?.query_map([], |r| r.get(0))?.collect::<rusqlite::Result<_>>()?;
    found.retain(|fault| fault != "ok");
    Ok(found)
}

fn reference_faults(c: &Connection) -> Result<Vec<String>> {
    let mut broken = c.prepare("PRAGMA foreign_key_check")?;
    let broken =
        broken.query_map([], |r| Ok(format!("row {:?} of {} names nothing", r.get::<_, Option<i64>>(1)?, r.get::<_, String>(0)?)))?;
    Ok(broken.take(100).collect::<rusqlite::Result<_>>()?)
}

fn count_faults(c: &Connection) -> Result<Vec<String>> {
    let mut counts = c.prepare(
        "SELECT n.use_case, n.state, n.n, (SELECT count(*) FROM item i WHERE i.use_case = n.use_case AND i.state = n.state AND (i.seeded = 0 OR i.state <> 'rejected')) AS real
         FROM item_count n WHERE n.n <> real",
    )?;
    let counts = counts.query_map([], |r| {
        Ok(format!(
            "use case {}: {} items counted as {}, there are {}",
            r.get::<_, i64>(0)?,
            r.get::<_, i64>(2)?,
            r.get::<_, String>(1)?,
            r.get::<_, i64>(3)?
        ))
    })?;
    Ok(counts.collect::<rusqlite::Result<_>>()?)
}

fn row_faults(c: &Connection) -> Result<Vec<String>> {
    let mut faults = Vec::new();
    for (sentence, sql) in ROW_FAULTS.into_iter().chain(audit::FAULTS).chain(event::FAULTS) {
        let mut query = c.prepare(sql)?;
        for id in query.query_map([], |r| r.get::<_, i64>(0))? {
            faults.push(sentence.replace("{}", &id?.to_string()));
        }
    }
    Ok(faults)
}

/// What must never be found, each with its sentence. At most 100 of each.
const ROW_FAULTS: [(&str, &str); 7] = [
    (
        "decision {} names no epoch or no charter of its use case",
        "SELECT d.id FROM decision d JOIN item i ON i.id = d.item
         WHERE NOT EXISTS (SELECT 1 FROM epoch e WHERE e.id = d.epoch AND e.use_case = i.use_case)
            OR NOT EXISTS (SELECT 1 FROM charter h WHERE h.id = d.charter AND h.use_case = i.use_case) LIMIT 100",
    ),
    (
        "draft {} names an epoch of another use case",
        "SELECT d.id FROM draft d JOIN item i ON i.id = d.item JOIN epoch e ON e.id = d.epoch WHERE e.use_case <> i.use_case LIMIT 100",
    ),
    (
        "use case {} has no charter, no hold rules or no epoch",
        "SELECT u.id FROM use_case u WHERE NOT EXISTS (SELECT 1 FROM charter h WHERE h.use_case = u.id)
            OR NOT EXISTS (SELECT 1 FROM hold_rules r WHERE r.use_case = u.id)
            OR NOT EXISTS (SELECT 1 FROM epoch e WHERE e.use_case = u.id) LIMIT 100",
    ),
    (
        "use case {} lacks one of its epochs",
        "SELECT use_case FROM epoch GROUP BY use_case HAVING count(*) <> max(n) OR min(n) <> 1 LIMIT 100",
    ),
    (
        "item {} is known to be bad, and nothing says how, or the other way round",
        "SELECT i.id FROM item i LEFT JOIN seeded s ON s.item = i.id WHERE (i.seeded = 1) <> (s.item IS NOT NULL) LIMIT 100",
    ),
    (
        "known-bad item {} was sent, or has another end than its decision",
        "SELECT s.item FROM seeded s JOIN item i ON i.id = s.item LEFT JOIN decision d ON d.item = s.item
         WHERE s.decision IS NOT d.id OR (i.state = 'rejected') <> (d.id IS NOT NULL) OR d.undone_at IS NOT NULL
            OR i.state NOT IN ('in_review', 'escalated', 'rejected') OR EXISTS (SELECT 1 FROM delivery x WHERE x.item = s.item) LIMIT 100",
    ),
    (
        "known-bad item {} counts as caught though its bad draft was approved, or as missed though it was not",
        "SELECT s.item FROM seeded s JOIN decision d ON d.id = s.decision
         WHERE s.caught = (d.verdict = 'approve' AND d.draft = s.draft) OR s.epoch IS NOT d.epoch LIMIT 100",
    ),
];

/// JSON of a value that always has one: strings, numbers, lists and objects with text keys.
pub(crate) fn to_json<T: Serialize>(value: &T) -> String {
    serde_json::to_string(value).expect("plain data with text keys always serialises")
}

/// JSON that we wrote.
fn from_json<T: DeserializeOwned>(column: &str, json: &str) -> Result<T> {
    serde_json::from_str(json).map_err(|e| Error::Damaged(format!("{column}: {e}")))
}

/// A word of a closed set that the schema checks.
fn word<T: Copy>(column: &'static str, text: &str, all: &[T], as_str: impl Fn(T) -> &'static str) -> Result<T> {
    all.iter().copied().find(|x| as_str(*x) == text).ok_or_else(|| Error::Damaged(format!("{column}: {text:?}")))
}

/// A write that expected one row and found another number of them.
fn expect_one(rows: usize, what: impl FnOnce() -> String) -> Result<()> {
    if rows == 1 { Ok(()) } else { Err(Error::Stale { what: what(), now: "it is in another state".into() }) }
}

impl From<rusqlite::Error> for Error {
    fn from(e: rusqlite::Error) -> Self {
        match e.sqlite_error_code() {
            Some(ErrorCode::DiskFull) => Self::DiskFull,
            Some(ErrorCode::ReadOnly | ErrorCode::CannotOpen | ErrorCode::PermissionDenied) => Self::ReadOnly(e.to_string()),
            Some(ErrorCode::SystemIoFailure) => Self::DiskFault(e.to_string()),
            Some(ErrorCode::DatabaseCorrupt) => Self::Damaged(e.to_string()),
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => Self::Busy,
            Some(_) | None => Self::Storage(e.to_string()),
        }
    }
}
