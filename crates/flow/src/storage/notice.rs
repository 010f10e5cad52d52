//! Table `notice`, and the file of a use case that they go to.

use super::{Conn, expect_one, word};
use crate::clock::Millis;
use crate::error::{Error, Result};
use crate::id::{LevelMoveId, NoticeId, UseCaseId};
use crate::notice::{Going, Kind, Notice};
use rusqlite::{OptionalExtension, Row, params};

pub(crate) fn insert(c: &Conn, use_case: UseCaseId, kind: Kind, words: &str, level_move: Option<LevelMoveId>, now: Millis) -> Result<()> {
    c.execute(
        "INSERT INTO notice (uid, at, use_case, kind, words, level_move, sink, state, not_before)
         SELECT ?1, ?2, u.id, ?4, ?5, ?6, u.notice_sink, iif(u.notice_sink IS NULL, 'kept', 'waiting'), ?2 FROM use_case u WHERE u.id = ?3",
        params![format!("note_{}", uuid::Uuid::now_v7().simple()), now.0, use_case.0, kind.as_str(), words, level_move.map(|m| m.0)],
    )?;
    Ok(())
}

const NOTICE: &str =
    "SELECT n.id, n.at, n.use_case, u.name, n.kind, n.words, n.level_move, n.seen_at IS NOT NULL, n.uid, coalesce(n.sink, ''), n.attempts
  FROM notice n JOIN use_case u ON u.id = n.use_case";

fn notice(r: &Row<'_>) -> Result<Notice> {
    Ok(Notice {
        id: NoticeId(r.get(0)?),
        at: Millis(r.get(1)?),
        use_case: UseCaseId(r.get(2)?),
        use_case_name: r.get(3)?,
        kind: word("notice.kind", &r.get::<_, String>(4)?, &Kind::ALL, Kind::as_str)?,
        words: r.get(5)?,
        level_move: r.get::<_, Option<i64>>(6)?.map(LevelMoveId),
        seen: r.get(7)?,
    })
}

/// Newest first.
pub(crate) fn list(c: &Conn, limit: u32) -> Result<Vec<Notice>> {
    let mut query = c.prepare_cached(&format!("{NOTICE} ORDER BY n.id DESC LIMIT ?1"))?;
    let mut rows = query.query([limit])?;
    let mut all = Vec::new();
    while let Some(r) = rows.next()? {
        all.push(notice(r)?);
    }
    Ok(all)
}

/// The first one who saw it is kept.
pub(crate) fn seen(c: &Conn, id: NoticeId, by: &str, now: Millis) -> Result<()> {
    let rows = c.execute(
        "UPDATE notice SET seen_at = coalesce(seen_at, ?2), seen_by = coalesce(seen_by, ?3) WHERE id = ?1",
        params![id.0, now.0, by],
    )?;
    if rows == 1 { Ok(()) } else { Err(Error::NotFound { what: "notice", id: id.to_string() }) }
}

pub(crate) fn sink(c: &Conn, use_case: UseCaseId) -> Result<Option<String>> {
    c.query_row("SELECT notice_sink FROM use_case WHERE id = ?1", [use_case.0], |r| r.get(0))
        .optional()?
        .ok_or_else(|| Error::NotFound { what: "use case", id: use_case.to_string() })
}

pub(crate) fn set_sink(c: &Conn, use_case: UseCaseId, path: Option<&str>) -> Result<()> {
    let rows = c.execute("UPDATE use_case SET notice_sink = ?2 WHERE id = ?1", params![use_case.0, path])?;
    if rows == 1 { Ok(()) } else { Err(Error::NotFound { what: "use case", id: use_case.to_string() }) }
}

/// Claims the next one that is due.
pub(crate) fn claim(c: &Conn, now: Millis, until: Millis) -> Result<Option<Going>> {
    let id: Option<i64> =
        c.prepare_cached(include_str!("notice/claim.sql"))?.query_row(params![now.0, until.0], |r| r.get(0)).optional()?;
    let Some(id) = id else { return Ok(None) };
    let mut query = c.prepare_cached(&format!("{NOTICE} WHERE n.id = ?1"))?;
    let mut rows = query.query([id])?;
    let r = rows.next()?.ok_or_else(|| Error::NotFound { what: "notice", id: id.to_string() })?;
    Ok(Some(Going { notice: notice(r)?, uid: r.get(8)?, path: r.get(9)?, attempts: r.get(10)? }))
}

pub(crate) fn done(c: &Conn, id: NoticeId) -> Result<()> {
    let rows =
        c.execute("UPDATE notice SET state = 'done', lease_until = NULL, last_error = NULL WHERE id = ?1 AND state = 'sending'", [id.0])?;
    expect_one(rows, || format!("notice {id}"))
}

pub(crate) fn failed(c: &Conn, id: NoticeId, why: &str, again_at: Millis) -> Result<()> {
    let rows = c.execute(
        "UPDATE notice SET state = 'failed', lease_until = NULL, last_error = ?2, not_before = ?3 WHERE id = ?1 AND state = 'sending'",
        params![id.0, why, again_at.0],
    )?;
    expect_one(rows, || format!("notice {id}"))
}

/// When the next one is due.
pub(crate) fn next_at(c: &Conn) -> Result<Option<Millis>> {
    let mut query = c.prepare_cached(
        "SELECT min(CASE state WHEN 'sending' THEN lease_until + 1 ELSE not_before END) FROM notice WHERE state IN ('waiting', 'sending', 'failed')",
    )?;
    Ok(query.query_row([], |r| r.get::<_, Option<i64>>(0))?.map(Millis))
}
