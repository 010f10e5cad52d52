//! Table `setting`.

use super::Conn;
use crate::error::Result;
use crate::settings::Settings;
use rusqlite::OptionalExtension;

pub(crate) fn get(c: &Conn, key: &str) -> Result<Option<String>> {
    Ok(c.prepare_cached("SELECT value FROM setting WHERE key = ?1")?.query_row([key], |r| r.get(0)).optional()?)
}

pub(crate) fn set(c: &Conn, key: &str, value: &str) -> Result<()> {
    c.execute("INSERT INTO setting VALUES (?1, ?2) ON CONFLICT DO UPDATE SET value = excluded.value", [key, value])?;
    Ok(())
}

/// How long a decision can be taken back.
pub(crate) fn undo_seconds(c: &Conn) -> Result<u32> {
    let settings: Settings = get(c, "settings")?.and_then(|json| serde_json::from_str(&json).ok()).unwrap_or_default();
    Ok(settings.undo_seconds)
}
