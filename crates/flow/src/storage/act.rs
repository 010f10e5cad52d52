//! Tables `act`, `act_part`: what people did at the desk, so that it can be taken back and done again.

use super::{Conn, expect_one, word};
use crate::clock::Millis;
use crate::error::Result;
use crate::id::{ActId, DecisionId, DraftId, ItemId, PreferenceId, UseCaseId};
use crate::item::preview;
use crate::review::{Act, ActKind, ActRow, MayUndo, Part};
use rusqlite::{OptionalExtension, Row, params};
use std::time::Duration;

pub(crate) fn insert(c: &Conn, use_case: UseCaseId, person: &str, kind: ActKind, note: Option<&str>, now: Millis) -> Result<ActId> {
    c.prepare_cached("INSERT INTO act (use_case, person, kind, note, at, state) VALUES (?1, ?2, ?3, ?4, ?5, 'done')")?.execute(params![
        use_case.0,
        person,
        kind.as_str(),
        note,
        now.0
    ])?;
    Ok(ActId(c.last_insert_rowid()))
}

/// What it did to an item; in the place of what it did before.
pub(crate) fn put_part(c: &Conn, act: ActId, part: &Part) -> Result<()> {
    c.prepare_cached("INSERT OR REPLACE INTO act_part (act, item, decision, preference, draft) VALUES (?1, ?2, ?3, ?4, ?5)")?
        .execute(params![act.0, part.item.0, part.decision.map(|id| id.0), part.preference.map(|id| id.0), part.draft.map(|id| id.0)])?;
    Ok(())
}

/// An item is no longer a part of it.
pub(crate) fn drop_part(c: &Conn, act: ActId, item: ItemId) -> Result<()> {
    c.prepare_cached("DELETE FROM act_part WHERE act = ?1 AND item = ?2")?.execute([act.0, item.0])?;
    Ok(())
}

const ACT: &str = "SELECT a.id, a.use_case, a.kind, a.note, a.at FROM act a";
pub(super) const NEWEST_DONE: &str =
    "SELECT a.id FROM act a WHERE a.use_case = ?1 AND a.person = ?2 AND a.state = 'done' AND a.id < ?3 ORDER BY a.id DESC LIMIT 1";
pub(super) const LAST_UNDONE: &str =
    "SELECT a.id FROM act a WHERE a.use_case = ?1 AND a.person = ?2 AND a.state = 'undone' ORDER BY a.undone_n DESC LIMIT 1";
pub(super) const DONE_ON: &str = "SELECT a.id FROM act_part p CROSS JOIN act a ON a.id = p.act
  WHERE p.item = ?1 AND a.person = ?2 AND a.state = 'done' AND p.decision IS NOT NULL ORDER BY a.id DESC LIMIT 1";

fn act(r: &Row<'_>) -> Result<Act> {
    Ok(Act {
        id: ActId(r.get(0)?),
        use_case: UseCaseId(r.get(1)?),
        kind: word("act.kind", &r.get::<_, String>(2)?, &ActKind::ALL, ActKind::as_str)?,
        note: r.get(3)?,
        at: Millis(r.get(4)?),
        parts: Vec::new(),
    })
}

fn get(c: &Conn, id: i64) -> Result<Act> {
    let mut query = c.prepare_cached(&format!("{ACT} WHERE a.id = ?1"))?;
    let mut rows = query.query([id])?;
    let row = rows.next()?.ok_or_else(|| crate::Error::NotFound { what: "act", id: id.to_string() })?;
    let found = act(row)?;
    let parts = parts(c, found.id)?;
    Ok(Act { parts, ..found })
}

/// In the order of items.
fn parts(c: &Conn, act: ActId) -> Result<Vec<Part>> {
    let mut query = c.prepare_cached("SELECT item, decision, preference, draft FROM act_part WHERE act = ?1 ORDER BY item")?;
    let rows = query.query_map([act.0], |r| {
        Ok(Part {
            item: ItemId(r.get(0)?),
            decision: r.get::<_, Option<i64>>(1)?.map(DecisionId),
            preference: r.get::<_, Option<i64>>(2)?.map(PreferenceId),
            draft: r.get::<_, Option<i64>>(3)?.map(DraftId),
        })
    })?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// The newest thing that stands of a person, older than another one where that is named.
pub(crate) fn newest_done(c: &Conn, use_case: UseCaseId, person: &str, before: Option<ActId>) -> Result<Option<Act>> {
    let mut query = c.prepare_cached(NEWEST_DONE)?;
    let before = before.map_or(i64::MAX, |id| id.0);
    let found: Option<i64> = query.query_row(params![use_case.0, person, before], |r| r.get(0)).optional()?;
    found.map(|id| get(c, id)).transpose()
}

/// The newest decision that stands of a person on an item.
pub(crate) fn done_on(c: &Conn, item: ItemId, person: &str) -> Result<Option<Act>> {
    let found: Option<i64> = c.prepare_cached(DONE_ON)?.query_row(params![item.0, person], |r| r.get(0)).optional()?;
    found.map(|id| get(c, id)).transpose()
}

/// What a person took back last and has not done again.
pub(crate) fn last_undone(c: &Conn, use_case: UseCaseId, person: &str) -> Result<Option<Act>> {
    let found: Option<i64> = c.prepare_cached(LAST_UNDONE)?.query_row(params![use_case.0, person], |r| r.get(0)).optional()?;
    found.map(|id| get(c, id)).transpose()
}

pub(crate) fn how_many_undone(c: &Conn, use_case: UseCaseId, person: &str) -> Result<u32> {
    let mut query = c.prepare_cached("SELECT count(*) FROM act WHERE use_case = ?1 AND person = ?2 AND state = 'undone'")?;
    Ok(query.query_row(params![use_case.0, person], |r| r.get(0))?)
}

/// It was taken back.
pub(crate) fn undone(c: &Conn, id: ActId) -> Result<()> {
    let rows = c
        .prepare_cached(
            "UPDATE act SET state = 'undone', undone_n = 1 + coalesce(
               (SELECT max(o.undone_n) FROM act o WHERE o.use_case = act.use_case AND o.person = act.person AND o.state = 'undone'), 0)
             WHERE id = ?1 AND state = 'done'",
        )?
        .execute([id.0])?;
    expect_one(rows, || format!("act {id}"))
}

/// It was done again.
pub(crate) fn redone(c: &Conn, id: ActId, now: Millis) -> Result<()> {
    let rows = c
        .prepare_cached("UPDATE act SET state = 'done', undone_n = NULL, at = ?2 WHERE id = ?1 AND state = 'undone'")?
        .execute([id.0, now.0])?;
    expect_one(rows, || format!("act {id}"))
}

/// Nothing of it stands any more, and it is not done again.
pub(crate) fn gone(c: &Conn, id: ActId) -> Result<()> {
    c.prepare_cached("UPDATE act SET state = 'gone', undone_n = NULL WHERE id = ?1")?.execute([id.0])?;
    Ok(())
}

/// Something new was done: what was taken back before is not done again.
pub(crate) fn forget_undone(c: &Conn, use_case: UseCaseId, person: &str) -> Result<()> {
    c.prepare_cached("UPDATE act SET state = 'gone', undone_n = NULL WHERE use_case = ?1 AND person = ?2 AND state = 'undone'")?
        .execute(params![use_case.0, person])?;
    Ok(())
}

/// What a person did last, newest first. `hold` is the time in which a text that no sink takes can be taken back.
pub(crate) fn recent(c: &Conn, use_case: UseCaseId, person: &str, hold: Duration, limit: u32) -> Result<Vec<ActRow>> {
    let hold = i64::try_from(hold.as_millis()).unwrap_or(i64::MAX);
    let mut query = c.prepare_cached(include_str!("act/recent.sql"))?;
    let mut rows = query.query(params![use_case.0, person, limit, hold])?;
    let mut all = Vec::new();
    while let Some(r) = rows.next()? {
        let kind = word("act.kind", &r.get::<_, String>(1)?, &ActKind::ALL, ActKind::as_str)?;
        let (standing, out): (i64, i64) = (r.get(6)?, r.get(7)?);
        let may = match kind {
            ActKind::Audit | ActKind::Correct => MayUndo::Stands,
            ActKind::Skip | ActKind::Escalate => MayUndo::Yes,
            ActKind::Decide | ActKind::Bulk | ActKind::Compare if standing == 0 => continue,
            ActKind::Decide | ActKind::Bulk | ActKind::Compare if out == standing => MayUndo::Out,
            ActKind::Decide | ActKind::Bulk | ActKind::Compare => MayUndo::Yes,
        };
        let item = ItemId(r.get(4)?);
        all.push(ActRow {
            id: ActId(r.get(0)?),
            kind,
            verdict: r.get::<_, Option<String>>(5)?.map(|v| super::item::verdict(&v)).transpose()?,
            items: r.get(3)?,
            item,
            preview: preview(&super::item::get(c, item)?.fields),
            at: Millis(r.get(2)?),
            until: r.get::<_, Option<i64>>(8)?.map(Millis),
            may,
        });
    }
    Ok(all)
}
