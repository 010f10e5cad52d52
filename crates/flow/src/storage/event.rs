//! Table `event`: append-only, and a chain.
//!
//! Invariant: each entry's hash is over itself, the one before it, and the seal of the decision that stood for its item as it was written. So
//! what is changed in the log or among the decisions, taken out or put in, breaks the chain there; that its end is missing, or all of it was made
//! anew, shows beside the newest entry that `gait.mark` knows.

use super::Conn;
use crate::activity::Entry;
use crate::clock::Millis;
use crate::error::Result;
use crate::id::{ItemId, UseCaseId};
use rusqlite::{OptionalExtension, Row, params};

pub(crate) fn insert(
    c: &Conn,
    now: Millis,
    actor: &str,
    kind: &str,
    use_case: Option<UseCaseId>,
    item: Option<ItemId>,
    detail: Option<&str>,
) -> Result<()> {
    c.prepare_cached(
        "INSERT INTO event (at, actor, kind, use_case, item, detail, decided, chain)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, (SELECT seal FROM decision WHERE item = ?5 AND undone_at IS NULL),
           sealed((SELECT chain FROM event ORDER BY id DESC LIMIT 1), ?1, ?2, ?3, ?4, ?5, ?6,
             (SELECT seal FROM decision WHERE item = ?5 AND undone_at IS NULL)))",
    )?
    .execute(params![now.0, actor, kind, use_case.map(|u| u.0), item.map(|i| i.0), detail])?;
    Ok(())
}

/// An entry, by its row id, and its hash in hexadecimal digits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Head {
    pub id: i64,
    pub chain: String,
}

/// The newest entry; nothing where it is from before the log was a chain.
pub(crate) fn head(c: &Conn) -> Result<Option<Head>> {
    let newest = "SELECT id, chain FROM event ORDER BY id DESC LIMIT 1";
    let mut query = c.prepare_cached(&format!("SELECT id, lower(hex(chain)) FROM ({newest}) WHERE length(chain) = 16"))?;
    Ok(query.query_row([], |r| Ok(Head { id: r.get(0)?, chain: r.get(1)? })).optional()?)
}

/// Whether the log has that entry.
pub(crate) fn has(c: &Conn, head: &Head) -> Result<bool> {
    Ok(c.prepare_cached("SELECT 1 FROM event WHERE id = ?1 AND lower(hex(chain)) = ?2")?.exists(params![head.id, head.chain])?)
}

/// Where the log is not what was written, each with its sentence. At most 100 of each.
pub(super) const FAULTS: [(&str, &str); 3] = [
    (
        "entry {} of the log is not what was written, or one before it was taken out or put in: the file was changed by something else than Gait",
        "SELECT id FROM (SELECT *, lag(chain) OVER (ORDER BY id) AS before FROM event)
         WHERE (chain IS NOT NULL OR before IS NOT NULL)
           AND chain IS NOT sealed(before, at, actor, kind, use_case, item, detail, decided) LIMIT 100",
    ),
    (
        "the decision that entry {} of the log tells of is another one now, or gone: the file was changed by something else than Gait",
        "SELECT id FROM event e WHERE decided IS NOT NULL
           AND NOT EXISTS (SELECT 1 FROM draft r JOIN decision d ON d.draft = r.id WHERE r.item = e.item AND d.seal = e.decided) LIMIT 100",
    ),
    (
        "the log knows nothing of decision {}: the file was changed by something else than Gait",
        "SELECT id FROM decision d WHERE id > (SELECT CAST(value AS INTEGER) FROM meta WHERE key = 'chained_after')
           AND NOT EXISTS (SELECT 1 FROM event e WHERE e.item = d.item AND e.decided = d.seal) LIMIT 100",
    ),
];

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
