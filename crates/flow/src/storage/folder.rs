//! Table `folder`: those that requests come in by.

use super::{Conn, expect_one, from_json, to_json};
use crate::clock::Millis;
use crate::error::{Error, Result};
use crate::folder::{Folder, Seen};
use crate::id::{FolderId, UseCaseId};
use rusqlite::{Row, params};
use std::path::Path;

const FOLDER: &str = "SELECT id, use_case, path, field, seen FROM folder WHERE removed_at IS NULL";

fn folder(r: &Row<'_>) -> Result<Folder> {
    Ok(Folder {
        id: FolderId(r.get(0)?),
        use_case: UseCaseId(r.get(1)?),
        path: r.get::<_, String>(2)?.into(),
        field: r.get(3)?,
        seen: from_json("folder.seen", &r.get::<_, String>(4)?)?,
    })
}

pub(crate) fn list(c: &Conn) -> Result<Vec<Folder>> {
    let mut query = c.prepare_cached(&format!("{FOLDER} ORDER BY id"))?;
    let mut rows = query.query([])?;
    let mut all = Vec::new();
    while let Some(r) = rows.next()? {
        all.push(folder(r)?);
    }
    Ok(all)
}

pub(crate) fn get(c: &Conn, id: FolderId) -> Result<Folder> {
    let mut query = c.prepare_cached(&format!("{FOLDER} AND id = ?1"))?;
    let mut rows = query.query([id.0])?;
    folder(rows.next()?.ok_or_else(|| Error::NotFound { what: "watched folder", id: id.to_string() })?)
}

pub(crate) fn insert(c: &Conn, use_case: UseCaseId, path: &Path, field: &str, now: Millis) -> Result<FolderId> {
    let path = path.to_str().ok_or_else(|| Error::invalid("folder", path.display(), "a path that is UTF-8"))?;
    c.execute("INSERT INTO folder (use_case, path, field, added_at) VALUES (?1, ?2, ?3, ?4)", params![use_case.0, path, field, now.0])?;
    Ok(FolderId(c.last_insert_rowid()))
}

pub(crate) fn remove(c: &Conn, id: FolderId, now: Millis) -> Result<()> {
    let rows = c.execute("UPDATE folder SET removed_at = ?2 WHERE id = ?1 AND removed_at IS NULL", params![id.0, now.0])?;
    expect_one(rows, || format!("watched folder {id}"))
}

/// Of one that is no longer watched nothing is kept.
pub(crate) fn set_seen(c: &Conn, id: FolderId, seen: &Seen) -> Result<()> {
    c.execute("UPDATE folder SET seen = ?2 WHERE id = ?1 AND removed_at IS NULL", params![id.0, to_json(seen)])?;
    Ok(())
}
