//! Table `level_move`: append-only.

use super::{Conn, from_json, to_json, word};
use crate::automation::{Audited, Cause, LevelMove, OutSince};
use crate::clock::Millis;
use crate::error::{Error, Result};
use crate::id::{ItemId, LevelMoveId, UseCaseId};
use crate::item::{Field, preview};
use crate::report::Stood;
use crate::review::MadeBy;
use crate::use_case::Level;
use rusqlite::{OptionalExtension, Row, params};

const LEVELS: [Level; 3] = [Level::Crawl, Level::Walk, Level::Run];

pub(crate) fn insert(c: &Conn, use_case: UseCaseId, step: &LevelMove, stood: &Stood) -> Result<LevelMoveId> {
    let by = match step.by {
        MadeBy::Person => "person",
        MadeBy::Policy => "rule",
    };
    c.execute(
        "INSERT INTO level_move (use_case, level_from, level_to, made_by, actor, reason, evidence, at, steps, override, cause, changed_at, changed_item, out_since, stood)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15)",
        params![
            use_case.0,
            step.from.as_str(),
            step.to.as_str(),
            by,
            step.actor,
            step.reason,
            to_json(&step.evidence),
            step.at.0,
            to_json(&step.steps),
            step.overridden,
            step.cause.map(Cause::as_str),
            step.changed_at.map(|at| at.0),
            step.changed_item.map(|item| item.0),
            step.cause.map(|_| to_json(&step.out_since.iter().map(|item| item.0).collect::<Vec<_>>())),
            to_json(stood),
        ],
    )?;
    Ok(LevelMoveId(c.last_insert_rowid()))
}

const MOVE: &str =
    "SELECT level_from, level_to, made_by, actor, reason, evidence, at, steps, override, id, cause, changed_at, changed_item, out_since,
  use_case, stood FROM level_move";

fn level_move(r: &Row<'_>) -> Result<LevelMove> {
    Ok(LevelMove {
        from: level(r.get_ref(0)?.as_str().unwrap_or_default())?,
        to: level(r.get_ref(1)?.as_str().unwrap_or_default())?,
        by: if r.get_ref(2)?.as_str() == Ok("rule") { MadeBy::Policy } else { MadeBy::Person },
        actor: r.get(3)?,
        reason: r.get(4)?,
        evidence: from_json("level_move.evidence", &r.get::<_, String>(5)?)?,
        at: Millis(r.get(6)?),
        steps: r.get::<_, Option<String>>(7)?.map_or_else(|| Ok(Vec::new()), |steps| from_json("level_move.steps", &steps))?,
        overridden: r.get(8)?,
        id: LevelMoveId(r.get(9)?),
        cause: r.get::<_, Option<String>>(10)?.map(|cause| word("level_move.cause", &cause, &Cause::ALL, Cause::as_str)).transpose()?,
        changed_at: r.get::<_, Option<i64>>(11)?.map(Millis),
        changed_item: r.get::<_, Option<i64>>(12)?.map(ItemId),
        out_since: items(r.get(13)?)?,
    })
}

/// Newest first.
pub(crate) fn list(c: &Conn, use_case: UseCaseId) -> Result<Vec<LevelMove>> {
    let mut query = c.prepare_cached(&format!("{MOVE} WHERE use_case = ?1 ORDER BY id DESC"))?;
    let mut rows = query.query([use_case.0])?;
    let mut moves = Vec::new();
    while let Some(r) = rows.next()? {
        moves.push(level_move(r)?);
    }
    Ok(moves)
}

/// The same without what they rested on: of each the curves are long.
pub(crate) fn list_short(c: &Conn, use_case: UseCaseId) -> Result<Vec<LevelMove>> {
    let short = MOVE.replace("steps", "NULL");
    let mut query = c.prepare_cached(&format!("{short} WHERE use_case = ?1 ORDER BY id DESC"))?;
    let mut rows = query.query([use_case.0])?;
    let mut moves = Vec::new();
    while let Some(r) = rows.next()? {
        moves.push(level_move(r)?);
    }
    Ok(moves)
}

/// A move, whose it is, and what stood then. `None` in moves from before that was kept.
pub(crate) fn get(c: &Conn, id: LevelMoveId) -> Result<(UseCaseId, LevelMove, Option<Stood>)> {
    let mut query = c.prepare_cached(&format!("{MOVE} WHERE id = ?1"))?;
    let mut rows = query.query([id.0])?;
    let r = rows.next()?.ok_or_else(|| unknown(id))?;
    let stood: Option<String> = r.get(15)?;
    Ok((UseCaseId(r.get(14)?), level_move(r)?, stood.map(|stood| from_json("level_move.stood", &stood)).transpose()?))
}

fn unknown(id: LevelMoveId) -> Error {
    Error::NotFound { what: "move of a level", id: id.to_string() }
}

/// The cause of the newest move of a use case, if the rule made it.
pub(crate) fn newest_cause(c: &Conn, use_case: UseCaseId) -> Result<Option<Cause>> {
    let mut query = c.prepare_cached("SELECT cause FROM level_move WHERE use_case = ?1 ORDER BY id DESC LIMIT 1")?;
    let cause: Option<Option<String>> = query.query_row([use_case.0], |r| r.get(0)).optional()?;
    cause.flatten().map(|cause| word("level_move.cause", &cause, &Cause::ALL, Cause::as_str)).transpose()
}

fn items(json: Option<String>) -> Result<Vec<ItemId>> {
    let ids: Vec<i64> = json.map_or_else(|| Ok(Vec::new()), |json| from_json("level_move.out_since", &json))?;
    Ok(ids.into_iter().map(ItemId).collect())
}

/// What went out alone between the estimated change and a fall.
pub(crate) fn out_since(c: &Conn, id: LevelMoveId) -> Result<Vec<OutSince>> {
    let known = c.query_row("SELECT 1 FROM level_move WHERE id = ?1", [id.0], |_| Ok(())).optional()?;
    known.ok_or_else(|| unknown(id))?;
    let mut query = c.prepare_cached(include_str!("level_move/out_since.sql"))?;
    let mut rows = query.query([id.0])?;
    let mut all = Vec::new();
    while let Some(r) = rows.next()? {
        let fields: Vec<Field> = from_json("item.fields", &r.get::<_, String>(2)?)?;
        let audited = match (r.get::<_, Option<String>>(4)?.as_deref(), r.get::<_, Option<bool>>(5)?) {
            (Some("done"), Some(true)) => Some(Audited::Bad),
            (Some("done"), Some(false) | None) => Some(Audited::Clean),
            (Some("open"), _) => Some(Audited::Open),
            (Some(_) | None, _) => None,
        };
        all.push(OutSince { item: ItemId(r.get(0)?), uid: r.get(1)?, preview: preview(&fields), at: Millis(r.get(3)?), audited });
    }
    Ok(all)
}

pub(super) fn level(text: &str) -> Result<Level> {
    word("level", text, &LEVELS, Level::as_str)
}
