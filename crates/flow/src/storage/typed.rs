//! Table `typed`: what people have typed and not decided.

use super::Conn;
use crate::clock::Millis;
use crate::error::Result;
use crate::id::ItemId;
use rusqlite::{OptionalExtension, params};

pub(crate) fn get(c: &Conn, item: ItemId, person: &str) -> Result<Option<String>> {
    Ok(c.prepare_cached("SELECT text FROM typed WHERE item = ?1 AND person = ?2")?
        .query_row(params![item.0, person], |r| r.get(0))
        .optional()?)
}

pub(crate) fn set(c: &Conn, item: ItemId, person: &str, text: &str, now: Millis) -> Result<()> {
    c.prepare_cached("INSERT INTO typed VALUES (?1, ?2, ?3, ?4) ON CONFLICT DO UPDATE SET text = excluded.text, at = excluded.at")?
        .execute(params![item.0, person, text, now.0])?;
    Ok(())
}

pub(crate) fn clear(c: &Conn, item: ItemId, person: &str) -> Result<()> {
    c.prepare_cached("DELETE FROM typed WHERE item = ?1 AND person = ?2")?.execute(params![item.0, person])?;
    Ok(())
}
