//! Table `feed`, and what the local API reads of items and deliveries.

use super::item::verdict;
use super::{Conn, word};
use crate::clock::Millis;
use crate::error::Result;
use crate::feed::{Entry, Happened, Out, Sent, Wanted};
use crate::id::{DecisionId, ItemId};
use rusqlite::{OptionalExtension, Row, params};

/// Another one when a backup was put back. Of the generation's digits the last ones, which are random.
pub(crate) fn life(c: &Conn) -> Result<String> {
    let generation = super::mark::get(c)?.generation;
    Ok(generation.chars().skip(generation.len().saturating_sub(8)).collect())
}

/// The newest entry's number; 0 where there is none.
pub(crate) fn head(c: &Conn) -> Result<i64> {
    Ok(c.prepare_cached("SELECT coalesce(max(id), 0) FROM feed")?.query_row([], |r| r.get(0))?)
}

/// The most bytes of text of one page; the entry that goes over them is the last.
const MOST_TEXT: usize = 4 << 20;

/// Each list has its own index, so that what it leaves out costs nothing.
pub(super) fn list(wanted: Wanted) -> String {
    let (by, only) = match wanted {
        Wanted::All => ("", ""),
        Wanted::Deliveries => ("INDEXED BY feed_delivered", "AND f.kind = 'delivered'"),
        Wanted::Open => ("INDEXED BY feed_open", "AND f.kind = 'delivered' AND f.acked_at IS NULL"),
    };
    include_str!("feed/after.sql").replace("/* by */", by).replace("/* only */", only)
}

/// What follows an entry, oldest first, and whether there is more.
pub(crate) fn after(c: &Conn, wanted: Wanted, from: i64, limit: u32) -> Result<(Vec<Entry>, bool)> {
    let mut query = c.prepare_cached(&list(wanted))?;
    let mut rows = query.query(params![from, i64::from(limit) + 1])?;
    let (mut entries, mut bytes) = (Vec::new(), 0);
    while let Some(r) = rows.next()? {
        if entries.len() == limit as usize || bytes > MOST_TEXT {
            return Ok((entries, true));
        }
        let entry = entry(r)?;
        bytes += entry.delivery.as_ref().map_or(0, |out| out.text.len());
        entries.push(entry);
    }
    Ok((entries, false))
}

fn entry(r: &Row<'_>) -> Result<Entry> {
    let at = |n: usize| r.get::<_, Option<i64>>(n).map(|at| at.map(Millis));
    let delivery = match r.get::<_, Option<String>>(9)? {
        Some(uid) => Some(Out { uid, text: r.get(10)?, at: at(11)?, corrects: r.get(12)?, acknowledged_at: at(13)? }),
        None => None,
    };
    Ok(Entry {
        n: r.get(0)?,
        cursor: String::new(),
        what: word("feed.kind", &r.get::<_, String>(1)?, &Happened::ALL, Happened::as_str)?,
        item: r.get(2)?,
        external_id: r.get(3)?,
        use_case: r.get(4)?,
        verdict: verdict(&r.get::<_, String>(5)?)?,
        by_policy: r.get(6)?,
        decided_by: r.get(7)?,
        decided_at: Millis(r.get(8)?),
        delivery,
    })
}

/// True: kept now. False: it was before. `None`: there is no such delivery.
pub(crate) fn acknowledge(c: &Conn, uid: &str, by: &str, now: Millis) -> Result<Option<bool>> {
    let rows = c
        .prepare_cached("UPDATE feed SET acked_at = ?2, acked_by = ?3 WHERE uid = ?1 AND acked_at IS NULL")?
        .execute(params![uid, now.0, by])?;
    if rows == 1 {
        return Ok(Some(true));
    }
    Ok(c.prepare_cached("SELECT 1 FROM feed WHERE uid = ?1")?.exists([uid])?.then_some(false))
}

/// The item of a public id, unless it is a known-bad one.
pub(crate) fn item_id(c: &Conn, uid: &str) -> Result<Option<ItemId>> {
    let mut query = c.prepare_cached("SELECT id FROM item WHERE uid = ?1 AND seeded = 0")?;
    Ok(query.query_row([uid], |r| r.get(0)).optional()?.map(ItemId))
}

/// Whether the text of a decision has reached one of its sinks.
pub(crate) fn is_out(c: &Conn, decision: DecisionId) -> Result<bool> {
    Ok(c.prepare_cached("SELECT 1 FROM delivery WHERE decision = ?1 AND state = 'done'")?.exists([decision.0])?)
}

/// An item's deliveries, oldest first.
pub(crate) fn sent(c: &Conn, item: ItemId) -> Result<Vec<Sent>> {
    let mut query = c.prepare_cached("SELECT uid, state, attempts, last_error, done_at FROM delivery WHERE item = ?1 ORDER BY id")?;
    let row = |r: &Row<'_>| {
        Ok(Sent {
            uid: r.get(0)?,
            state: r.get(1)?,
            attempts: r.get(2)?,
            last_error: r.get(3)?,
            done_at: r.get::<_, Option<i64>>(4)?.map(Millis),
        })
    };
    Ok(query.query_map([item.0], row)?.collect::<rusqlite::Result<_>>()?)
}
