//! Table `event`: append-only.

use super::Conn;
use crate::activity::Entry;
use crate::clock::Millis;
use crate::error::Result;
use crate::id::{ItemId, UseCaseId};
use rusqlite::{Row, params};

pub(crate) fn insert(
    c: &Conn,
    now: Millis,
    actor: &str,
    kind: &str,
    use_case: Option<UseCaseId>,
    item: Option<ItemId>,
    detail: Option<&str>,
) -> Result<()> {
    c.prepare_cached("INSERT INTO event (at, actor, kind, use_case, item, detail) VALUES (?1, ?2, ?3, ?4, ?5, ?6)")?.execute(params![
        now.0,
        actor,
        kind,
        use_case.map(|u| u.0),
        item.map(|i| i.0),
        detail
    ])?;
    Ok(())
}

const ENTRY: &str =
    "SELECT e.id, e.at, e.actor, e.kind, e.use_case, e.item, i.uid, e.detail FROM event e LEFT JOIN item i ON i.id = e.item";

fn entry(r: &Row<'_>) -> rusqlite::Result<Entry> {
    Ok(Entry {
        id: r.get(0)?,
        at: Millis(r.get(1)?),
        actor: r.get(2)?,
        kind: r.get(3)?,
        use_case: r.get::<_, Option<i64>>(4)?.map(UseCaseId),
        item: r.get::<_, Option<i64>>(5)?.map(ItemId),
        item_uid: r.get(6)?,
        detail: r.get(7)?,
    })
}

/// Oldest first.
pub(crate) fn of_item(c: &Conn, item: ItemId) -> Result<Vec<Entry>> {
    let mut query = c.prepare_cached(&format!("{ENTRY} WHERE e.item = ?1 ORDER BY e.id"))?;
    Ok(query.query_map([item.0], entry)?.collect::<rusqlite::Result<_>>()?)
}

/// Events that would tell a known-bad item that waits from the others: that it came is beside that it was put in.
const HIDDEN: &str = "e.kind IN ('received', 'drafted') AND e.item IN (SELECT s.item FROM seeded s WHERE s.decision IS NULL)";
/// How many there are, of a use case or of all.
pub(super) const HOW_MANY_HIDDEN: &str =
    "SELECT count(*) FROM seeded s CROSS JOIN event e ON e.item = s.item AND e.kind IN ('received', 'drafted')
  WHERE s.decision IS NULL AND (?1 IS NULL OR s.use_case = ?1)";

/// Newest first. Where a known-bad item came from is told once it is decided.
pub(crate) fn page(c: &Conn, use_case: Option<UseCaseId>, offset: u32, limit: u32) -> Result<(i64, Vec<Entry>)> {
    let only = use_case.map(|u| u.0);
    let filter = if only.is_some() { "WHERE e.use_case = ?1" } else { "WHERE ?1 IS NULL" };
    let all: i64 = c.prepare_cached(&format!("SELECT count(*) FROM event e {filter}"))?.query_row([only], |r| r.get(0))?;
    let hidden: i64 = c.prepare_cached(HOW_MANY_HIDDEN)?.query_row([only], |r| r.get(0))?;
    let mut query = c.prepare_cached(&format!("{ENTRY} {filter} AND NOT ({HIDDEN}) ORDER BY e.id DESC LIMIT ?2 OFFSET ?3"))?;
    let rows = query.query_map(params![only, limit, offset], entry)?.collect::<rusqlite::Result<_>>()?;
    Ok((all - hidden, rows))
}
