//! Table `audit`: append-only but for its end.

use super::item::verdict;
use super::{Conn, expect_one, to_json, word};
use crate::audit::{Kind, Open, Outcome, State, StreamRow, Task};
use crate::clock::Millis;
use crate::error::Result;
use crate::id::{AuditId, DecisionId, DraftId, ItemId, UseCaseId};
use crate::item::Item;
use crate::review::Decision;
use crate::statistics::audit::THIN;
use rusqlite::{OptionalExtension, params};
use std::time::Duration;

/// Under the epoch of its decision.
pub(crate) fn insert(c: &Conn, kind: Kind, item: &Item, decision: DecisionId, probability: f64, now: Millis) -> Result<()> {
    c.prepare_cached(
        "INSERT INTO audit (kind, item, decision, epoch, slice, probability, created_at, state)
         SELECT ?1, ?2, d.id, d.epoch, ?4, ?5, ?6, 'open' FROM decision d WHERE d.id = ?3",
    )?
    .execute(params![kind.as_str(), item.id.0, decision.0, item.slice, probability, now.0])?;
    Ok(())
}

/// Audits of what went out alone from a slice in the present epoch, as far as they make a difference.
pub(crate) fn in_slice(c: &Conn, use_case: UseCaseId, slice: Option<&str>) -> Result<u64> {
    let mut query = c.prepare_cached(include_str!("audit/in_slice.sql"))?;
    let n: i64 = query.query_row(params![use_case.0, slice, i64::try_from(THIN).unwrap_or(i64::MAX)], |r| r.get(0))?;
    Ok(n.unsigned_abs())
}

/// The open audit of an item, once there is something to look at.
pub(crate) fn open_of_item(c: &Conn, item: ItemId) -> Result<Option<Open>> {
    let mut query = c.prepare_cached(
        "SELECT a.id, a.kind, a.due_at, d.id, d.draft, d.actor, a.probability, e.n
         FROM audit a JOIN decision d ON d.id = a.decision JOIN epoch e ON e.id = a.epoch
         WHERE a.item = ?1 AND a.state = 'open' AND a.due_at IS NOT NULL",
    )?;
    let mut rows = query.query([item.0])?;
    let Some(r) = rows.next()? else { return Ok(None) };
    Ok(Some(Open {
        task: Task { id: AuditId(r.get(0)?), kind: kind(&r.get::<_, String>(1)?)?, due_at: Millis(r.get(2)?) },
        decision: DecisionId(r.get(3)?),
        draft: DraftId(r.get(4)?),
        decided_by: r.get(5)?,
        probability: r.get(6)?,
        epoch: r.get(7)?,
    }))
}

pub(super) fn kind(text: &str) -> Result<Kind> {
    word("audit.kind", text, &Kind::ALL, Kind::as_str)
}

/// Lets the open audit of an item be judged from now on. False: there is none that waited for that.
pub(crate) fn ready(c: &Conn, item: ItemId, now: Millis, due: Millis) -> Result<bool> {
    let rows = c
        .prepare_cached("UPDATE audit SET delivered_at = ?2, due_at = ?3 WHERE item = ?1 AND state = 'open' AND due_at IS NULL")?
        .execute(params![item.0, now.0, due.0])?;
    Ok(rows > 0)
}

pub(crate) fn drop_open(c: &Conn, decision: DecisionId, now: Millis) -> Result<()> {
    c.prepare_cached("UPDATE audit SET state = 'dropped', at = ?2 WHERE decision = ?1 AND state = 'open'")?
        .execute(params![decision.0, now.0])?;
    Ok(())
}

pub(crate) fn judged(c: &Conn, id: AuditId, said: &Decision, outcome: Outcome, viewed: Duration) -> Result<()> {
    let viewed = i64::try_from(viewed.as_millis()).unwrap_or(i64::MAX);
    let rows = c
        .prepare_cached(
            "UPDATE audit SET state = 'done', verdict = ?2, text = ?3, reasons = ?4, note = ?5, edit_distance = ?6, viewed_ms = ?7, loss = ?8, bad = ?9,
               actor = ?10, at = ?11
             WHERE id = ?1 AND state = 'open' AND due_at IS NOT NULL",
        )?
        .execute(params![
            id.0,
            said.verdict.as_str(),
            said.text,
            to_json(&said.reasons),
            said.note,
            said.edit_distance,
            viewed,
            outcome.loss,
            outcome.bad,
            said.actor,
            said.at.0
        ])?;
    expect_one(rows, || format!("audit {id}"))
}

/// Audits that wait for a verdict.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Waiting {
    pub open: u64,
    pub overdue: u64,
    pub oldest_due: Option<Millis>,
}

/// Audits of what went out alone that wait for a verdict, of any epoch.
pub(crate) fn waiting(c: &Conn, use_case: UseCaseId, now: Millis) -> Result<Waiting> {
    let mut query = c.prepare_cached(include_str!("audit/waiting.sql"))?;
    Ok(query.query_row(params![use_case.0, now.0], |r| {
        Ok(Waiting {
            open: r.get::<_, i64>(0)?.unsigned_abs(),
            overdue: r.get::<_, i64>(1)?.unsigned_abs(),
            oldest_due: r.get::<_, Option<i64>>(2)?.map(Millis),
        })
    })?)
}

/// The audit that has been overdue for longest and for as long again as it had, since the last fall.
pub(crate) fn missing(c: &Conn, use_case: UseCaseId, now: Millis) -> Result<Option<(ItemId, DraftId, Millis, Millis)>> {
    let mut query = c.prepare_cached(include_str!("audit/missing.sql"))?;
    let row = |r: &rusqlite::Row<'_>| Ok((ItemId(r.get(0)?), DraftId(r.get(1)?), Millis(r.get(2)?), Millis(r.get(3)?)));
    Ok(query.query_row(params![use_case.0, now.0], row).optional()?)
}

/// What an epoch came to.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Came {
    pub done: u64,
    pub bad: u64,
    pub released: u64,
    /// How many of them went out before the oldest one that is drawn and has no verdict, and the losses and probabilities of those among
    /// these that were audited, each with how often it came.
    pub population: u64,
    pub audited: Vec<((f64, f64), u64)>,
}

/// How many went out alone in an epoch, of the items before one.
fn released(c: &Conn, use_case: UseCaseId, epoch_n: i64, before: Option<i64>) -> Result<u64> {
    let mut query = c.prepare_cached(include_str!("audit/released.sql"))?;
    let n: i64 = query.query_row(params![use_case.0, epoch_n, before], |r| r.get(0))?;
    Ok(n.unsigned_abs())
}

pub(super) const OLDEST_AUDIT: &str = "SELECT a.item FROM audit a
  WHERE a.state = 'open' AND +a.epoch = (SELECT e.id FROM epoch e WHERE e.use_case = ?1 AND e.n = ?2) AND +a.kind = 'audit'
  ORDER BY a.item LIMIT 1";

/// What went out alone in an epoch, and what its audits say.
pub(crate) fn came(c: &Conn, use_case: UseCaseId, epoch_n: i64) -> Result<Came> {
    let open: Option<i64> = c.prepare_cached(OLDEST_AUDIT)?.query_row(params![use_case.0, epoch_n], |r| r.get(0)).optional()?;
    let released = released(c, use_case, epoch_n, None)?;
    let population = open.map_or(Ok(released), |open| self::released(c, use_case, epoch_n, Some(open)))?;
    let mut came = Came { done: 0, bad: 0, released, population, audited: Vec::new() };
    let mut query = c.prepare_cached(include_str!("audit/settled.sql"))?;
    let mut rows = query.query(params![use_case.0, epoch_n, open])?;
    while let Some(r) = rows.next()? {
        came.done += r.get::<_, i64>(2)?.unsigned_abs();
        came.bad += r.get::<_, i64>(3)?.unsigned_abs();
        let settled = r.get::<_, i64>(4)?.unsigned_abs();
        came.audited.extend(Some(((r.get(0)?, r.get(1)?), settled)).filter(|(_, n)| *n > 0));
    }
    Ok(came)
}

/// The newest audits and re-reviews of a use case, newest first.
pub(crate) fn stream(c: &Conn, use_case: UseCaseId, limit: u32) -> Result<Vec<StreamRow>> {
    let mut query = c.prepare_cached(include_str!("audit/stream.sql"))?;
    let mut rows = query.query(params![use_case.0, limit])?;
    let mut all = Vec::new();
    while let Some(r) = rows.next()? {
        all.push(StreamRow {
            audit: AuditId(r.get(0)?),
            item: ItemId(r.get(1)?),
            uid: r.get(2)?,
            kind: kind(&r.get::<_, String>(3)?)?,
            probability: r.get(4)?,
            confidence: r.get(5)?,
            delivered_at: Millis(r.get(6)?),
            due_at: Millis(r.get(7)?),
            state: word("audit.state", &r.get::<_, String>(8)?, &State::ALL, State::as_str)?,
            verdict: r.get::<_, Option<String>>(9)?.map(|v| verdict(&v)).transpose()?,
            bad: r.get(10)?,
            at: r.get::<_, Option<i64>>(11)?.map(Millis),
            actor: r.get(12)?,
        });
    }
    Ok(all)
}

/// What must never be found, each with its sentence. At most 100 of each.
pub(super) const FAULTS: [(&str, &str); 7] = [
    (
        "audit {} is not of a decision on its item, by policy for an audit and by a person for a re-review, or of another epoch",
        "SELECT a.id FROM audit a JOIN decision d ON d.id = a.decision
         WHERE d.item <> a.item OR d.epoch <> a.epoch OR (a.kind = 'audit') <> (d.made_by = 'policy') LIMIT 100",
    ),
    ("item {} has more than one open audit", "SELECT item FROM audit WHERE state = 'open' GROUP BY item HAVING count(*) > 1 LIMIT 100"),
    ("draft {} went out alone and was drawn, and its audit is missing", include_str!("audit/without.sql")),
    (
        "audit {} was dropped though its decision stands",
        "SELECT a.id FROM audit a JOIN decision d ON d.id = a.decision WHERE a.state = 'dropped' AND d.undone_at IS NULL LIMIT 100",
    ),
    (
        "audit {} is open though its decision was taken back before it left",
        "SELECT a.id FROM audit a JOIN decision d ON d.id = a.decision
         WHERE a.state = 'open' AND d.undone_at IS NOT NULL AND NOT EXISTS (SELECT 1 FROM decision x WHERE x.corrects = d.id) LIMIT 100",
    ),
    (
        "decision {} corrects one of another item, or one that still stands",
        "SELECT x.id FROM decision x JOIN decision d ON d.id = x.corrects WHERE d.item <> x.item OR d.undone_at IS NULL LIMIT 100",
    ),
    (
        "verdict {} of a watch is of a decision that was taken back, or of an audit without a verdict",
        "SELECT v.id FROM watch_verdict v LEFT JOIN decision d ON d.id = v.decision LEFT JOIN audit a ON a.id = v.audit
         WHERE (d.undone_at IS NOT NULL AND NOT EXISTS (SELECT 1 FROM decision x WHERE x.corrects = d.id)) OR a.state <> 'done' LIMIT 100",
    ),
];
