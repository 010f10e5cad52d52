//! Tables `watch`, `watch_verdict`.

use super::level_move::level;
use super::{Conn, expect_one, from_json, to_json};
use crate::clock::Millis;
use crate::error::Result;
use crate::id::{DecisionId, DraftId, UseCaseId};
use crate::watch::{Source, Told, Watch};
use rusqlite::{OptionalExtension, params};

/// Under the epoch of this moment.
pub(crate) fn insert(c: &Conn, use_case: UseCaseId, watch: &Watch, now: Millis) -> Result<()> {
    c.execute(
        "INSERT INTO watch (use_case, epoch, level, first_brake, brake, detector, started_at)
         VALUES (?1, (SELECT id FROM epoch WHERE use_case = ?1 ORDER BY n DESC LIMIT 1), ?2, ?3, ?4, ?5, ?6)",
        params![use_case.0, watch.level.as_str(), to_json(&watch.first_brake), to_json(&watch.brake), to_json(&watch.detector), now.0],
    )?;
    Ok(())
}

pub(crate) fn current(c: &Conn, use_case: UseCaseId) -> Result<Option<Watch>> {
    let mut query =
        c.prepare_cached("SELECT id, level, first_brake, brake, detector FROM watch WHERE use_case = ?1 ORDER BY id DESC LIMIT 1")?;
    let mut rows = query.query([use_case.0])?;
    let Some(r) = rows.next()? else { return Ok(None) };
    Ok(Some(Watch {
        id: r.get(0)?,
        level: level(&r.get::<_, String>(1)?)?,
        first_brake: from_json("watch.first_brake", &r.get::<_, String>(2)?)?,
        brake: from_json("watch.brake", &r.get::<_, String>(3)?)?,
        detector: from_json("watch.detector", &r.get::<_, String>(4)?)?,
    }))
}

/// The epoch that a watch is of.
pub(crate) fn epoch_n(c: &Conn, id: i64) -> Result<i64> {
    Ok(c.query_row("SELECT e.n FROM watch w JOIN epoch e ON e.id = w.epoch WHERE w.id = ?1", [id], |r| r.get(0))?)
}

pub(crate) fn set(c: &Conn, watch: &Watch) -> Result<()> {
    let rows = c.prepare_cached("UPDATE watch SET brake = ?2, detector = ?3 WHERE id = ?1")?.execute(params![
        watch.id,
        to_json(&watch.brake),
        to_json(&watch.detector)
    ])?;
    expect_one(rows, || format!("watch {}", watch.id))
}

/// Keeps a verdict and the state after it.
pub(crate) fn push(c: &Conn, watch: &Watch, source: Source, draft: DraftId, told: Told, now: Millis) -> Result<()> {
    let (audit, decision) = match source {
        Source::Audit(audit) => (Some(audit.0), None),
        Source::Decision(decision) => (None, Some(decision.0)),
    };
    c.prepare_cached("INSERT INTO watch_verdict (watch, draft, audit, decision, bad, read, at) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)")?
        .execute(params![watch.id, draft.0, audit, decision, told.bad, told.read, now.0])?;
    set(c, watch)
}

/// Takes a decision's verdict out, and gives the watch that was told of it.
pub(crate) fn untell(c: &Conn, decision: DecisionId) -> Result<Option<i64>> {
    Ok(c.query_row("DELETE FROM watch_verdict WHERE decision = ?1 RETURNING watch", [decision.0], |r| r.get(0)).optional()?)
}

/// What a watch was told, in order.
pub(crate) fn told(c: &Conn, id: i64) -> Result<Vec<Told>> {
    let mut query = c.prepare_cached("SELECT bad, read FROM watch_verdict WHERE watch = ?1 ORDER BY id")?;
    Ok(query.query_map([id], |r| Ok(Told { bad: r.get(0)?, read: r.get(1)? }))?.collect::<rusqlite::Result<_>>()?)
}

/// The oldest draft among the verdicts from the n-th on, the first counted as 1.
pub(crate) fn oldest_draft_from(c: &Conn, watch: &Watch, n: u64) -> Result<Option<DraftId>> {
    let skipped = i64::try_from(n.saturating_sub(1)).unwrap_or(i64::MAX);
    let mut query =
        c.prepare_cached("SELECT min(draft) FROM (SELECT draft FROM watch_verdict WHERE watch = ?1 ORDER BY id LIMIT -1 OFFSET ?2)")?;
    Ok(query.query_row(params![watch.id, skipped], |r| r.get::<_, Option<i64>>(0))?.map(DraftId))
}

/// Bad ones among the drafts from this one on.
pub(crate) fn bad_since(c: &Conn, watch: &Watch, draft: Option<DraftId>) -> Result<i64> {
    let mut query = c.prepare_cached("SELECT count(*) FROM watch_verdict WHERE watch = ?1 AND bad = 1 AND draft >= coalesce(?2, 0)")?;
    Ok(query.query_row(params![watch.id, draft.map(|d| d.0)], |r| r.get(0))?)
}
