//! What is asked of `item_text` and `decision` for accepted requests that are like another one.
//!
//! Invariant: what is read is bounded by the arguments, however many items there are.

use super::{Conn, from_json};
use crate::clock::Millis;
use crate::error::Result;
use crate::id::{ItemId, UseCaseId};
use crate::item::{Field, Item, preview};
use crate::similar::Similar;
use rusqlite::{OptionalExtension, params};

/// So many of the newest decisions tell up to which item there is something to find.
const DECISIONS_BACK: i64 = 200;
/// So many ids of items are looked back on from there: the index reads the whole list of a rare word made of common parts, so that this is
/// what bounds its time. As many as the likeness in a confidence looks back on.
const ITEMS_BACK: i64 = 20_000;
/// So many requests that hold a word are looked at.
const LOOKED_AT: i64 = 400;
/// Longer texts help nobody who looks for words to take over. In bytes.
const LONGEST: i64 = 64 * 1024;

pub(super) const ACCEPTED_WITH: &str = include_str!("similar/accepted_with.sql");
pub(super) const NEWEST: &str = include_str!("similar/newest.sql");

/// The newest item whose text a person let out, as far as the newest decisions tell.
pub(crate) fn newest_accepted(c: &Conn, use_case: UseCaseId) -> Result<Option<ItemId>> {
    let newest: Option<i64> = c.prepare_cached(NEWEST)?.query_row(params![use_case.0, DECISIONS_BACK], |r| r.get(0))?;
    Ok(newest.map(ItemId))
}

/// Other requests that hold a word and whose text a person let out, newest first.
pub(crate) fn accepted_with(c: &Conn, item: &Item, newest: ItemId, term: &str, most: usize) -> Result<Vec<i64>> {
    let mut query = c.prepare_cached(ACCEPTED_WITH)?;
    let phrase = format!("\"{}\"", term.replace('"', "\"\""));
    let most = i64::try_from(most).unwrap_or(i64::MAX);
    let found =
        query.query_map(params![phrase, item.use_case.0, item.id.0, newest.0 - ITEMS_BACK, newest.0, LOOKED_AT, most], |r| r.get(0))?;
    Ok(found.collect::<rusqlite::Result<_>>()?)
}

/// What is shown of one of them, and its fields; `None` where its text is too long to be taken over. `likeness` is for the caller to say.
pub(crate) fn shown(c: &Conn, id: ItemId) -> Result<Option<(Similar, Vec<Field>)>> {
    let row: Option<(String, String, String, String, i64)> = c
        .prepare_cached(
            "SELECT i.uid, i.fields, coalesce(d.text, f.text), d.verdict, d.at
             FROM item i JOIN decision d ON d.item = i.id AND d.undone_at IS NULL JOIN draft f ON f.id = d.draft
             WHERE i.id = ?1 AND octet_length(coalesce(d.text, f.text)) <= ?2",
        )?
        .query_row(params![id.0, LONGEST], |r| Ok((r.get(0)?, r.get(1)?, r.get(2)?, r.get(3)?, r.get(4)?)))
        .optional()?;
    let Some((uid, fields, text, verdict, at)) = row else { return Ok(None) };
    let fields: Vec<Field> = from_json("item.fields", &fields)?;
    let verdict = super::item::verdict(&verdict)?;
    let shown = Similar { item: id, uid, preview: preview(&fields), text, verdict, at: Millis(at), likeness: 0.0 };
    Ok(Some((shown, fields)))
}
