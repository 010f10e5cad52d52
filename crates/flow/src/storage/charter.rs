//! Table `charter`: append-only.

use super::{Conn, from_json, to_json};
use crate::charter::{Charter, CharterVersion};
use crate::clock::Millis;
use crate::error::{Error, Result};
use crate::id::{CharterId, UseCaseId};
use rusqlite::{Row, params};

pub(crate) fn insert(c: &Conn, use_case: UseCaseId, n: i64, charter: &Charter, by: &str, note: &str, now: Millis) -> Result<()> {
    c.execute(
        "INSERT INTO charter (use_case, n, charter, changed_by, note, at) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        params![use_case.0, n, to_json(charter), by, note, now.0],
    )?;
    Ok(())
}

const CHARTER: &str = "SELECT id, n, charter, changed_by, note, at FROM charter WHERE use_case = ?1 ORDER BY n DESC";

fn version(r: &Row<'_>) -> Result<CharterVersion> {
    Ok(CharterVersion {
        id: CharterId(r.get(0)?),
        n: r.get(1)?,
        charter: from_json("charter.charter", &r.get::<_, String>(2)?)?,
        by: r.get(3)?,
        note: r.get(4)?,
        at: Millis(r.get(5)?),
    })
}

pub(crate) fn current(c: &Conn, use_case: UseCaseId) -> Result<CharterVersion> {
    let mut query = c.prepare_cached(&format!("{CHARTER} LIMIT 1"))?;
    let mut rows = query.query([use_case.0])?;
    rows.next()?.map(version).ok_or_else(|| Error::NotFound { what: "charter of use case", id: use_case.to_string() })?
}

/// Newest first.
pub(crate) fn versions(c: &Conn, use_case: UseCaseId) -> Result<Vec<CharterVersion>> {
    let mut query = c.prepare_cached(CHARTER)?;
    let mut rows = query.query([use_case.0])?;
    let mut all = Vec::new();
    while let Some(r) = rows.next()? {
        all.push(version(r)?);
    }
    Ok(all)
}
