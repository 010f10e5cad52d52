//! Table `sink`.
//!
//! Invariant: a sink that is no longer one of its use case stays as a row, for the deliveries that name it. A webhook has a secret, the same
//! for as long as its address is the same.

use super::use_case::audience;
use super::{Conn, expect_one, word};
use crate::clock::Millis;
use crate::error::{Error, Result};
use crate::id::{SinkId, UseCaseId};
use crate::sinks::{self, Off, Secret, SinkState};
use crate::use_case::{Audience, Sink, SinkKind};
use rusqlite::{OptionalExtension, Row, params};

fn kind(kind: SinkKind) -> &'static str {
    match kind {
        SinkKind::Outbox => "outbox",
        SinkKind::Folder => "folder",
        SinkKind::Webhook => "webhook",
        SinkKind::Command => "command",
    }
}

const KINDS: [SinkKind; 4] = [SinkKind::Outbox, SinkKind::Folder, SinkKind::Webhook, SinkKind::Command];

fn sink(named: &str, path: String, to: Option<String>) -> Result<Sink> {
    Ok(Sink { kind: word("sink.kind", named, &KINDS, kind)?, path, audience: to.as_deref().map(audience).transpose()? })
}

pub(crate) fn of_use_case(c: &Conn, id: UseCaseId) -> Result<Vec<Sink>> {
    let mut query = c.prepare_cached("SELECT kind, path, audience FROM sink WHERE use_case = ?1 AND removed_at IS NULL ORDER BY id")?;
    let mut rows = query.query([id.0])?;
    let mut all = Vec::new();
    while let Some(r) = rows.next()? {
        all.push(sink(&r.get::<_, String>(0)?, r.get(1)?, r.get(2)?)?);
    }
    Ok(all)
}

/// Files and folders that some use case writes to.
pub(crate) fn places(c: &Conn) -> Result<Vec<Sink>> {
    let mut query = c.prepare_cached("SELECT kind, path, audience FROM sink WHERE removed_at IS NULL AND kind IN ('outbox', 'folder')")?;
    let mut rows = query.query([])?;
    let mut all = Vec::new();
    while let Some(r) = rows.next()? {
        all.push(sink(&r.get::<_, String>(0)?, r.get(1)?, r.get(2)?)?);
    }
    Ok(all)
}

pub(crate) fn set(c: &Conn, id: UseCaseId, wanted: &[Sink], now: Millis) -> Result<()> {
    let present = of_use_case(c, id)?;
    for gone in present.iter().filter(|s| !wanted.contains(s)) {
        c.execute(
            "UPDATE sink SET removed_at = ?5 WHERE use_case = ?1 AND kind = ?2 AND path = ?3 AND audience IS ?4 AND removed_at IS NULL",
            params![id.0, kind(gone.kind), gone.path, gone.audience.map(Audience::as_str), now.0],
        )?;
    }
    for new in wanted.iter().filter(|s| !present.contains(s)) {
        let (secret, before, until) = match new.kind {
            SinkKind::Webhook => secrets_of(c, id, &new.path)?,
            SinkKind::Outbox | SinkKind::Folder | SinkKind::Command => (None, None, None),
        };
        c.execute(
            "INSERT INTO sink (use_case, kind, path, audience, secret, secret_before, before_until) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
             ON CONFLICT DO NOTHING",
            params![id.0, kind(new.kind), new.path, new.audience.map(Audience::as_str), secret, before, until],
        )?;
    }
    Ok(())
}

/// A secret, the one before it, and until when that signs too.
type Secrets = (Option<String>, Option<String>, Option<i64>);

/// The secrets that a receiver of this use case knows already, or a new one.
fn secrets_of(c: &Conn, id: UseCaseId, path: &str) -> Result<Secrets> {
    let known = c
        .query_row(
            "SELECT secret, secret_before, before_until FROM sink WHERE use_case = ?1 AND kind = 'webhook' AND path = ?2 ORDER BY id DESC LIMIT 1",
            params![id.0, path],
            |r| Ok((r.get(0)?, r.get(1)?, r.get(2)?)),
        )
        .optional()?;
    known.map_or_else(|| Ok((Some(sinks::new_secret()?), None, None)), Ok)
}

/// All that a try needs to know of a sink.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Known {
    pub id: SinkId,
    pub use_case: UseCaseId,
    pub sink: Sink,
    pub secret: Option<String>,
    pub secret_before: Option<(String, Millis)>,
    pub off: Option<Off>,
    pub failures: i64,
}

const KNOWN: &str = "SELECT id, use_case, kind, path, audience, secret, secret_before, before_until, off_at, off_why, failures FROM sink";

fn known(r: &Row<'_>) -> Result<Known> {
    let (before, until): (Option<String>, Option<i64>) = (r.get(6)?, r.get(7)?);
    let (off_at, off_why): (Option<i64>, Option<String>) = (r.get(8)?, r.get(9)?);
    Ok(Known {
        id: SinkId(r.get(0)?),
        use_case: UseCaseId(r.get(1)?),
        sink: sink(&r.get::<_, String>(2)?, r.get(3)?, r.get(4)?)?,
        secret: r.get(5)?,
        secret_before: before.zip(until.map(Millis)),
        off: off_at.zip(off_why).map(|(at, why)| Off { at: Millis(at), why }),
        failures: r.get(10)?,
    })
}

pub(crate) fn get(c: &Conn, id: SinkId) -> Result<Known> {
    let mut query = c.prepare_cached(&format!("{KNOWN} WHERE id = ?1"))?;
    let mut rows = query.query([id.0])?;
    known(rows.next()?.ok_or_else(|| Error::NotFound { what: "sink", id: id.to_string() })?)
}

/// Those of a use case, and those that are no longer its own and have texts on their way.
pub(crate) fn states(c: &Conn, use_case: UseCaseId) -> Result<Vec<SinkState>> {
    let mut query = c.prepare_cached(include_str!("sink/states.sql"))?;
    let mut rows = query.query([use_case.0])?;
    let mut all = Vec::new();
    while let Some(r) = rows.next()? {
        let known = known(r)?;
        all.push(SinkState {
            id: known.id,
            sink: known.sink,
            off: known.off,
            is_removed: r.get(11)?,
            waiting: r.get(12)?,
            failing: r.get(13)?,
            dead: r.get(14)?,
        });
    }
    Ok(all)
}

pub(crate) fn secret(c: &Conn, id: SinkId) -> Result<Secret> {
    let Known { secret, secret_before, sink, .. } = get(c, id)?;
    let now = secret.ok_or_else(|| Error::invalid("sink", sink.shown(), "a webhook: only those have a secret"))?;
    Ok(Secret { now, before_until: secret_before.map(|(_, until)| until) })
}

/// Gives a new secret to all rows of the webhook's address; the one before signs too until `until`.
pub(crate) fn rotate(c: &Conn, id: SinkId, secret: &str, until: Millis) -> Result<()> {
    let rows = c.execute(
        "UPDATE sink SET secret_before = secret, before_until = ?3, secret = ?2
         WHERE kind = 'webhook' AND (use_case, path) = (SELECT use_case, path FROM sink WHERE id = ?1 AND kind = 'webhook')",
        params![id.0, secret, until.0],
    )?;
    if rows > 0 { Ok(()) } else { Err(Error::NotFound { what: "webhook", id: id.to_string() }) }
}

/// It answered as it should: nothing holds it back.
pub(crate) fn well(c: &Conn, id: SinkId) -> Result<()> {
    c.prepare_cached("UPDATE sink SET failures = 0, rests_until = 0, off_at = NULL, off_why = NULL WHERE id = ?1 AND (failures > 0 OR rests_until > 0 OR off_at IS NOT NULL)")?
        .execute([id.0])?;
    Ok(())
}

/// Another failure in a row; where it is to rest, until when.
pub(crate) fn failed(c: &Conn, id: SinkId, rests_until: Option<Millis>) -> Result<()> {
    let sql = "UPDATE sink SET failures = failures + 1, rests_until = coalesce(?2, rests_until) WHERE id = ?1";
    let rows = c.execute(sql, params![id.0, rests_until.map(|until| until.0)])?;
    expect_one(rows, || format!("sink {id}"))
}

/// False where it was off already.
pub(crate) fn turn_off(c: &Conn, id: SinkId, why: &str, now: Millis) -> Result<bool> {
    Ok(c.execute("UPDATE sink SET off_at = ?2, off_why = ?3 WHERE id = ?1 AND off_at IS NULL", params![id.0, now.0, why])? == 1)
}
