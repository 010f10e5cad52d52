//! Tables `item`, `skip`.

use super::use_case::audience;
use super::{Conn, expect_one, from_json, to_json, word};
use crate::clock::Millis;
use crate::error::{Error, Result};
use crate::id::{DraftId, ItemId, UseCaseId};
use crate::intake::{Request, Taken};
use crate::item::{Item, Lease, State};
use crate::review::Verdict;
use rusqlite::{OptionalExtension, Row, ToSql, params};

pub(super) const ITEM: &str =
    "SELECT i.id, i.uid, i.use_case, i.source, i.external_id, i.fields, i.audience, i.slice, i.priority, i.state, i.draft,
  i.attempts, i.last_error, i.lease_epoch, i.lease_owner, i.lease_until, i.created_at FROM item i";

pub(super) fn from_row(r: &Row<'_>) -> Result<Item> {
    let lease_epoch = r.get(13)?;
    let lease = match (r.get::<_, Option<String>>(14)?, r.get::<_, Option<i64>>(15)?) {
        (Some(owner), Some(until)) => Some(Lease { owner, epoch: lease_epoch, until: Millis(until) }),
        (_, _) => None,
    };
    Ok(Item {
        id: ItemId(r.get(0)?),
        uid: r.get(1)?,
        use_case: UseCaseId(r.get(2)?),
        source: r.get(3)?,
        external_id: r.get(4)?,
        fields: from_json("item.fields", &r.get::<_, String>(5)?)?,
        audience: audience(&r.get::<_, String>(6)?)?,
        slice: r.get(7)?,
        priority: r.get(8)?,
        state: state(&r.get::<_, String>(9)?)?,
        draft: r.get::<_, Option<i64>>(10)?.map(DraftId),
        attempts: r.get(11)?,
        last_error: r.get(12)?,
        lease_epoch,
        lease,
        created_at: Millis(r.get(16)?),
    })
}

pub(super) fn state(text: &str) -> Result<State> {
    word("item.state", text, &State::ALL, State::as_str)
}

pub(crate) fn get(c: &Conn, id: ItemId) -> Result<Item> {
    let mut query = c.prepare_cached(&format!("{ITEM} WHERE i.id = ?1"))?;
    let mut rows = query.query([id.0])?;
    rows.next()?.map(from_row).ok_or_else(|| Error::NotFound { what: "item", id: id.to_string() })?
}

/// Keeps a request, unless it is known. Sealed in the order of [`super::seal::ITEM`].
pub(crate) fn take(c: &Conn, use_case: UseCaseId, source: &str, request: &Request, now: Millis) -> Result<Taken> {
    let id: Option<i64> = c
        .prepare_cached(
            "INSERT INTO item (uid, use_case, source, request_key, external_id, request_sha256, fields, audience, slice, priority, state, created_at, updated_at, seal)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, 'received', ?11, ?11, sealed(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?11)) ON CONFLICT (use_case, source, request_key) DO NOTHING RETURNING id",
        )?
        .query_row(
            params![uuid::Uuid::now_v7().to_string(), use_case.0, source, request.key, request.external_id, request.sha256, to_json(&request.fields), request.audience.as_str(), request.slice, request.priority, now.0],
            |r| r.get(0),
        )
        .optional()?;
    let Some(id) = id else {
        let known: String = c
            .prepare_cached("SELECT request_sha256 FROM item WHERE use_case = ?1 AND source = ?2 AND request_key = ?3")?
            .query_row(params![use_case.0, source, request.key], |r| r.get(0))?;
        return Ok(if known == request.sha256 { Taken::Again } else { Taken::Conflict });
    };
    super::words::index_text(c, ItemId(id), request.external_id.as_deref(), &request.fields)?;
    super::event::insert(c, now, "gait", "received", Some(use_case), Some(ItemId(id)), None)?;
    Ok(Taken::New)
}

/// The public id of a request that is known.
pub(crate) fn uid_of(c: &Conn, use_case: UseCaseId, source: &str, key: &str) -> Result<String> {
    let mut query = c.prepare_cached("SELECT uid FROM item WHERE use_case = ?1 AND source = ?2 AND request_key = ?3")?;
    Ok(query.query_row(params![use_case.0, source, key], |r| r.get(0))?)
}

/// Cuts claims that end later than any claim lasts from now: a clock that has been set back since gave them. Their holders have a claim's
/// time to say that they are still there; nobody waits for longer.
pub(crate) fn cut_claims(c: &Conn, latest: Millis) -> Result<usize> {
    Ok(c.prepare_cached(CUT_CLAIMS)?.execute([latest.0])?)
}
pub(super) const CUT_CLAIMS: &str = "UPDATE item SET lease_until = ?1 WHERE lease_until > ?1";

/// Claims the next item that waits for a draft: the most urgent of those received, or one whose worker is gone.
pub(crate) fn claim_to_draft(c: &Conn, owner: &str, now: Millis, until: Millis) -> Result<Option<Item>> {
    let id: Option<i64> = c
        .prepare_cached(
            "UPDATE item SET state = 'drafting', lease_owner = ?1, lease_epoch = lease_epoch + 1, lease_until = ?3, attempts = attempts + 1, updated_at = ?2
             WHERE id = (SELECT i.id FROM item i JOIN use_case u ON u.id = i.use_case AND u.drafter_version IS NOT NULL
               WHERE (i.state = 'received' AND i.run_after <= ?2) OR (i.state = 'drafting' AND i.lease_until < ?2)
               ORDER BY i.priority DESC, i.id LIMIT 1)
             RETURNING id",
        )?
        .query_row(params![owner, now.0, until.0], |r| r.get(0))
        .optional()?;
    id.map(|id| get(c, ItemId(id))).transpose()
}

/// Extends a claim. False: it is lost.
pub(crate) fn extend_lease(c: &Conn, id: ItemId, epoch: i64, until: Millis) -> Result<bool> {
    let rows = c
        .prepare_cached("UPDATE item SET lease_until = ?3 WHERE id = ?1 AND lease_epoch = ?2 AND lease_owner IS NOT NULL")?
        .execute(params![id.0, epoch, until.0])?;
    Ok(rows == 1)
}

/// A person's claim. One's own is kept under its epoch, so that a second look does not fence off the first.
pub(crate) fn lease(c: &Conn, id: ItemId, owner: &str, until: Millis) -> Result<()> {
    c.prepare_cached(
        "UPDATE item SET lease_epoch = lease_epoch + (lease_owner IS NOT ?2), lease_owner = ?2, lease_until = ?3
         WHERE id = ?1 AND (state IN ('in_review', 'escalated')
           OR EXISTS (SELECT 1 FROM audit a WHERE a.item = item.id AND a.state = 'open' AND a.due_at IS NOT NULL))",
    )?
    .execute(params![id.0, owner, until.0])?;
    Ok(())
}

pub(crate) fn release(c: &Conn, id: ItemId, epoch: i64) -> Result<()> {
    c.execute("UPDATE item SET lease_owner = NULL, lease_until = NULL WHERE id = ?1 AND lease_epoch = ?2", params![id.0, epoch])?;
    Ok(())
}

/// Moves an item on from the state it was read in; its claim ends.
pub(crate) fn set_state(c: &Conn, item: &Item, to: State) -> Result<()> {
    let rows = c
        .prepare_cached(
            "UPDATE item SET state = ?3, lease_owner = NULL, lease_until = NULL, last_error = NULL WHERE id = ?1 AND state = ?2",
        )?
        .execute(params![item.id.0, item.state.as_str(), to.as_str()])?;
    expect_one(rows, || format!("item {}", item.uid))
}

/// The same with the reason why it did not go on, and when it may.
pub(crate) fn put_back(c: &Conn, item: &Item, to: State, run_after: Millis, why: Option<&str>) -> Result<()> {
    set_state(c, item, to)?;
    c.execute("UPDATE item SET run_after = ?2, last_error = ?3 WHERE id = ?1", params![item.id.0, run_after.0, why])?;
    Ok(())
}

pub(crate) fn set_attempts(c: &Conn, id: ItemId, attempts: i64) -> Result<()> {
    c.execute("UPDATE item SET attempts = max(0, ?2) WHERE id = ?1", params![id.0, attempts])?;
    Ok(())
}

pub(crate) fn set_draft(c: &Conn, id: ItemId, draft: DraftId, confidence: f64) -> Result<()> {
    c.execute("UPDATE item SET draft = ?2, confidence = ?3 WHERE id = ?1", params![id.0, draft.0, confidence])?;
    Ok(())
}

pub(crate) fn in_state(c: &Conn, use_case: UseCaseId, state: State) -> Result<Vec<Item>> {
    let mut query = c.prepare_cached(&format!("{ITEM} WHERE i.use_case = ?1 AND i.state = ?2 ORDER BY i.id"))?;
    let mut rows = query.query(params![use_case.0, state.as_str()])?;
    let mut all = Vec::new();
    while let Some(r) = rows.next()? {
        all.push(from_row(r)?);
    }
    Ok(all)
}

pub(crate) fn skip(c: &Conn, id: ItemId, person: &str, now: Millis) -> Result<()> {
    c.execute("INSERT INTO skip VALUES (?1, ?2, ?3) ON CONFLICT DO UPDATE SET at = excluded.at", params![id.0, person, now.0])?;
    Ok(())
}

/// It comes to this person again. False: they had not skipped it.
pub(crate) fn unskip(c: &Conn, id: ItemId, person: &str) -> Result<bool> {
    Ok(c.execute("DELETE FROM skip WHERE item = ?1 AND person = ?2", params![id.0, person])? == 1)
}

/// The draft that is to be judged from now on.
pub(crate) fn judge_draft(c: &Conn, id: ItemId, draft: DraftId) -> Result<()> {
    c.prepare_cached("UPDATE item SET draft = ?2, confidence = (SELECT confidence FROM draft WHERE id = ?2) WHERE id = ?1")?
        .execute(params![id.0, draft.0])?;
    Ok(())
}

/// Names of the workers that hold items.
pub(crate) fn drafting_owners(c: &Conn) -> Result<Vec<String>> {
    let mut query = c.prepare_cached("SELECT DISTINCT lease_owner FROM item WHERE state = 'drafting' AND lease_owner IS NOT NULL")?;
    Ok(query.query_map([], |r| r.get(0))?.collect::<rusqlite::Result<_>>()?)
}

pub(crate) fn expire_claims_of(c: &Conn, owner: &str, now: Millis) -> Result<usize> {
    Ok(c.execute("UPDATE item SET lease_until = ?2 - 1 WHERE state = 'drafting' AND lease_owner = ?1", params![owner, now.0])?)
}

/// Items that wait for a draft in use cases that can draft, and when the next one may be tried.
pub(crate) fn backlog(c: &Conn) -> Result<(i64, Option<Millis>)> {
    let mut query = c.prepare_cached(
        "SELECT count(*), min(CASE i.state WHEN 'received' THEN i.run_after ELSE i.lease_until END)
         FROM item i JOIN use_case u ON u.id = i.use_case AND u.drafter_version IS NOT NULL WHERE i.state IN ('received', 'drafting')",
    )?;
    Ok(query.query_row([], |r| Ok((r.get(0)?, r.get::<_, Option<i64>>(1)?.map(Millis))))?)
}

/// Values of a statement that is put together.
pub(super) type Values = Vec<Box<dyn ToSql>>;

pub(super) fn verdict(text: &str) -> Result<Verdict> {
    word("decision.verdict", text, &[Verdict::Approve, Verdict::Edit, Verdict::Reject], Verdict::as_str)
}
