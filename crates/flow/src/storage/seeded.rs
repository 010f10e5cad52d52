//! Table `seeded`: items that are known to be bad. What they are never changes, and they are decided once.

use super::{Conn, expect_one, item, to_json, word};
use crate::clock::Millis;
use crate::error::{Error, Result};
use crate::id::{DecisionId, DraftId, DrafterVersionId, ItemId, UseCaseId};
use crate::item::Item;
use crate::seeded::{Fault, Golds, KnownBad, OfFault};
use crate::use_case::Audience;
use rusqlite::{OptionalExtension, params};

pub(super) const ORIGINALS: &str = include_str!("seeded/originals.sql");

/// Accepted drafts of a drafter version, the newest epoch's first and in it the newest, at most so many of each epoch.
pub(crate) fn originals(c: &Conn, use_case: UseCaseId, version: DrafterVersionId, most: usize) -> Result<Vec<(ItemId, DraftId)>> {
    let mut epochs = c.prepare_cached("SELECT id FROM epoch WHERE use_case = ?1 AND drafter_version = ?2 ORDER BY n DESC LIMIT 20")?;
    let epochs: Vec<i64> = epochs.query_map(params![use_case.0, version.0], |r| r.get(0))?.collect::<rusqlite::Result<_>>()?;
    let mut query = c.prepare_cached(ORIGINALS)?;
    let mut found = Vec::new();
    for epoch in epochs {
        let left = i64::try_from(most.saturating_sub(found.len())).unwrap_or(i64::MAX);
        let rows = query.query_map(params![epoch, version.0, left], |r| Ok((ItemId(r.get(0)?), DraftId(r.get(1)?))))?;
        found.extend(rows.collect::<rusqlite::Result<Vec<_>>>()?);
        if found.len() >= most {
            break;
        }
    }
    Ok(found)
}

/// Keeps the item, ready to be decided but for its draft.
pub(crate) fn insert_item(c: &Conn, original: &Item, external_id: Option<&str>, received: Millis, now: Millis) -> Result<Item> {
    let uid = uuid::Uuid::now_v7().to_string();
    // Its key and its hash are of no request: nothing that comes in is taken for known because of it.
    c.prepare_cached(
        "INSERT INTO item (uid, use_case, source, request_key, external_id, request_sha256, fields, audience, slice, priority, state, attempts, lease_epoch, created_at, updated_at, seeded, seal)
         VALUES (?1, ?2, ?3, 'seeded:' || ?1, ?4, ?5, ?6, ?7, ?8, ?9, 'in_review', 1, 1, ?10, ?11, 1,
           sealed(?1, ?2, ?3, 'seeded:' || ?1, ?4, ?5, ?6, ?7, ?8, ?10))",
    )?
    .execute(params![
        uid,
        original.use_case.0,
        original.source,
        external_id,
        crate::draft::hex_of(b"known bad", &uid),
        to_json(&original.fields),
        original.audience.as_str(),
        original.slice,
        original.priority,
        received.0,
        now.0
    ])?;
    let id = ItemId(c.last_insert_rowid());
    super::words::index_text(c, id, external_id, &original.fields)?;
    super::event::insert(c, received, "gait", "received", Some(original.use_case), Some(id), None)?;
    item::get(c, id)
}

#[expect(clippy::too_many_arguments, reason = "a row's columns, each of its own type")]
pub(crate) fn insert(
    c: &Conn,
    item: &Item,
    original: ItemId,
    draft: DraftId,
    fault: Fault,
    note: Option<&str>,
    by: &str,
    now: Millis,
) -> Result<()> {
    c.prepare_cached(
        "INSERT INTO seeded (item, use_case, original, draft, audience, fault, note, made_by, at) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
    )?
    .execute(params![item.id.0, item.use_case.0, original.0, draft.0, item.audience.as_str(), fault.as_str(), note, by, now.0])?;
    Ok(())
}

/// What an item is known to be; `None` of a real one.
pub(crate) fn get(c: &Conn, item: ItemId) -> Result<Option<KnownBad>> {
    let row: Option<(i64, String, Option<String>, Option<bool>)> = c
        .prepare_cached("SELECT draft, fault, note, caught FROM seeded WHERE item = ?1")?
        .query_row([item.0], |r| Ok((r.get(0)?, r.get(1)?, r.get(2)?, r.get(3)?)))
        .optional()?;
    row.map(|(draft, fault, note, caught)| {
        let fault = word("seeded.fault", &fault, &Fault::ALL, Fault::as_str)?;
        Ok(KnownBad { draft: DraftId(draft), fault, note, caught })
    })
    .transpose()
}

/// Keeps how it ended, under the epoch of the decision.
pub(crate) fn decided(c: &Conn, item: ItemId, decision: DecisionId, caught: bool) -> Result<()> {
    let rows = c
        .prepare_cached(
            "UPDATE seeded SET decision = ?2, epoch = (SELECT epoch FROM decision WHERE id = ?2), caught = ?3 WHERE item = ?1 AND decision IS NULL",
        )?
        .execute(params![item.0, decision.0, caught])?;
    expect_one(rows, || format!("item {item}"))
}

/// What was rejected together with others proves no look at it, so that it is not counted; what was approved so was missed.
const NOT_SWEPT: &str = "NOT EXISTS (SELECT 1 FROM decision b WHERE b.id = s.decision AND b.found_bulk = 1 AND s.caught = 1)";

/// Those for an audience that were decided in an epoch.
pub(crate) fn golds(c: &Conn, use_case: UseCaseId, epoch_n: i64, audience: Audience) -> Result<Golds> {
    let mut query = c.prepare_cached(&format!(
        "SELECT count(*), coalesce(sum(caught), 0) FROM seeded s
         WHERE epoch = (SELECT id FROM epoch WHERE use_case = ?1 AND n = ?2) AND audience = ?3 AND {NOT_SWEPT}",
    ))?;
    Ok(query.query_row(params![use_case.0, epoch_n, audience.as_str()], |r| {
        Ok(Golds { seeded: r.get::<_, i64>(0)?.unsigned_abs(), caught: r.get::<_, i64>(1)?.unsigned_abs() })
    })?)
}

/// Those of a use case by what is wrong with them.
pub(crate) fn by_fault(c: &Conn, use_case: UseCaseId) -> Result<Vec<OfFault>> {
    let mut query = c.prepare_cached(&format!(
        "SELECT fault, count(*), count(caught), coalesce(sum(caught), 0) FROM seeded s WHERE use_case = ?1 AND {NOT_SWEPT} GROUP BY fault ORDER BY fault",
    ))?;
    let mut rows = query.query([use_case.0])?;
    let mut all = Vec::new();
    while let Some(r) = rows.next()? {
        all.push(OfFault {
            fault: word("seeded.fault", &r.get::<_, String>(0)?, &Fault::ALL, Fault::as_str)?,
            made: r.get::<_, i64>(1)?.unsigned_abs(),
            golds: Golds { seeded: r.get::<_, i64>(2)?.unsigned_abs(), caught: r.get::<_, i64>(3)?.unsigned_abs() },
        });
    }
    Ok(all)
}

/// Those that a person decided.
pub(crate) fn golds_of(c: &Conn, use_case: UseCaseId, person: &str) -> Result<Golds> {
    let mut query = c.prepare_cached(&format!(
        "SELECT count(*), coalesce(sum(s.caught), 0) FROM seeded s JOIN decision d ON d.id = s.decision
         WHERE s.use_case = ?1 AND d.actor = ?2 AND {NOT_SWEPT}",
    ))?;
    Ok(query.query_row(params![use_case.0, person], |r| {
        Ok(Golds { seeded: r.get::<_, i64>(0)?.unsigned_abs(), caught: r.get::<_, i64>(1)?.unsigned_abs() })
    })?)
}

/// The share of what enters review that known-bad items are put in at.
pub(crate) fn share(c: &Conn, use_case: UseCaseId) -> Result<f64> {
    c.prepare_cached("SELECT gold_share FROM use_case WHERE id = ?1")?
        .query_row([use_case.0], |r| r.get(0))
        .optional()?
        .ok_or_else(|| Error::NotFound { what: "use case", id: use_case.to_string() })
}

/// SHA-256 of the prompt of a draft.
pub(crate) fn prompt_sha256(c: &Conn, draft: DraftId) -> Result<String> {
    Ok(c.prepare_cached("SELECT prompt_sha256 FROM draft WHERE id = ?1")?.query_row([draft.0], |r| r.get(0))?)
}
