//! Table `preference`: append-only but for being taken back.

use super::{Conn, expect_one, word};
use crate::clock::Millis;
use crate::error::{Error, Result};
use crate::id::{DraftId, ItemId, PreferenceId, UseCaseId};
use crate::review::{Choice, Comparison};
use rusqlite::{Row, params};
use std::time::Duration;

pub(crate) fn insert(c: &Conn, said: &Comparison) -> Result<PreferenceId> {
    let seed = i64::try_from(said.seed).map_err(|_| Error::Storage("seeds have 63 bits".into()))?;
    let viewed = i64::try_from(said.viewed.as_millis()).unwrap_or(i64::MAX);
    c.prepare_cached(
        "INSERT INTO preference (item, first, second, seed, choice, was, person, viewed_ms, at) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
    )?
    .execute(params![
        said.item.0,
        said.first.0,
        said.second.0,
        seed,
        said.choice.as_str(),
        said.was.map(|draft| draft.0),
        said.person,
        viewed,
        said.at.0
    ])?;
    Ok(PreferenceId(c.last_insert_rowid()))
}

const PREFERENCE: &str = "SELECT p.id, p.item, p.first, p.second, p.seed, p.choice, p.was, p.person, p.viewed_ms, p.at FROM preference p";

fn comparison(r: &Row<'_>) -> Result<Comparison> {
    Ok(Comparison {
        id: PreferenceId(r.get(0)?),
        item: ItemId(r.get(1)?),
        first: DraftId(r.get(2)?),
        second: DraftId(r.get(3)?),
        seed: u64::try_from(r.get::<_, i64>(4)?).unwrap_or(0),
        choice: word("preference.choice", &r.get::<_, String>(5)?, &Choice::ALL, Choice::as_str)?,
        was: r.get::<_, Option<i64>>(6)?.map(DraftId),
        person: r.get(7)?,
        viewed: Duration::from_millis(u64::try_from(r.get::<_, i64>(8)?).unwrap_or(0)),
        at: Millis(r.get(9)?),
    })
}

pub(crate) fn get(c: &Conn, id: PreferenceId) -> Result<Comparison> {
    let mut query = c.prepare_cached(&format!("{PREFERENCE} WHERE p.id = ?1"))?;
    let mut rows = query.query([id.0])?;
    rows.next()?.map(comparison).ok_or_else(|| Error::NotFound { what: "comparison", id: id.to_string() })?
}

pub(crate) fn stands(c: &Conn, id: PreferenceId) -> Result<bool> {
    Ok(c.prepare_cached("SELECT 1 FROM preference WHERE id = ?1 AND undone_at IS NULL")?.exists([id.0])?)
}

/// How often drafts of an item were compared, taken back or not.
pub(crate) fn count(c: &Conn, item: ItemId) -> Result<i64> {
    Ok(c.prepare_cached("SELECT count(*) FROM preference WHERE item = ?1")?.query_row([item.0], |r| r.get(0))?)
}

pub(crate) fn undo(c: &Conn, id: PreferenceId, by: &str, now: Millis) -> Result<()> {
    let rows =
        c.execute("UPDATE preference SET undone_at = ?2, undone_by = ?3 WHERE id = ?1 AND undone_at IS NULL", params![id.0, now.0, by])?;
    expect_one(rows, || format!("comparison {id}"))
}

/// A page of those of real items that stand, by id.
pub(crate) fn after(c: &Conn, use_case: UseCaseId, after: PreferenceId, limit: u32) -> Result<Vec<Comparison>> {
    let mut query = c.prepare_cached(&format!(
        "{PREFERENCE} CROSS JOIN item i ON i.id = p.item
         WHERE p.id > ?2 AND p.undone_at IS NULL AND i.use_case = ?1 AND i.seeded = 0 ORDER BY p.id LIMIT ?3"
    ))?;
    let mut rows = query.query(params![use_case.0, after.0, limit])?;
    let mut all = Vec::new();
    while let Some(r) = rows.next()? {
        all.push(comparison(r)?);
    }
    Ok(all)
}
