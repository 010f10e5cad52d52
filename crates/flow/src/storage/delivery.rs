//! Table `delivery`.

use super::use_case::sink;
use super::{Conn, item};
use crate::clock::Millis;
use crate::deliver::{Correction, Delivery, DeliveryState};
use crate::error::Result;
use crate::id::{DecisionId, DeliveryId, DraftId, ItemId, UseCaseId};
use crate::item::Item;
use crate::review::Verdict;
use rusqlite::{OptionalExtension, params};
use std::time::Duration;

pub(crate) fn insert_for_sinks(c: &Conn, decision: DecisionId, item: &Item, not_before: Millis) -> Result<()> {
    let mut query = c.prepare_cached(
        "SELECT id FROM sink WHERE use_case = ?1 AND removed_at IS NULL AND (audience IS NULL OR audience = ?2) ORDER BY id",
    )?;
    let sinks: Vec<i64> =
        query.query_map(params![item.use_case.0, item.audience.as_str()], |r| r.get(0))?.collect::<rusqlite::Result<_>>()?;
    for sink in sinks {
        c.prepare_cached("INSERT INTO delivery (uid, decision, item, sink, state, not_before) VALUES (?1, ?2, ?3, ?4, 'waiting', ?5)")?
            .execute(params![format!("msg_{}", uuid::Uuid::now_v7().simple()), decision.0, item.id.0, sink, not_before.0])?;
    }
    Ok(())
}

/// Puts the text of a correction on its way to the sinks that the corrected text went to, also where a sink is no longer one of the use
/// case: whoever has the wrong text gets the right one.
pub(crate) fn insert_for_correction(c: &Conn, decision: DecisionId, corrected: DecisionId, not_before: Millis) -> Result<()> {
    let mut query = c.prepare_cached("SELECT uid, item, sink FROM delivery WHERE decision = ?1 AND state = 'done' ORDER BY id")?;
    let went: Vec<(String, i64, i64)> =
        query.query_map([corrected.0], |r| Ok((r.get(0)?, r.get(1)?, r.get(2)?)))?.collect::<rusqlite::Result<_>>()?;
    for (uid, item, sink) in went {
        c.prepare_cached(
            "INSERT INTO delivery (uid, decision, item, sink, state, not_before, corrects) VALUES (?1, ?2, ?3, ?4, 'waiting', ?5, ?6)",
        )?
        .execute(params![format!("msg_{}", uuid::Uuid::now_v7().simple()), decision.0, item, sink, not_before.0, uid])?;
    }
    Ok(())
}

/// Where the text of a decision went.
pub(crate) fn sent_to(c: &Conn, decision: DecisionId) -> Result<Vec<String>> {
    let mut query = c.prepare_cached(
        "SELECT s.path FROM delivery d JOIN sink s ON s.id = d.sink WHERE d.decision = ?1 AND d.state = 'done' ORDER BY d.id",
    )?;
    Ok(query.query_map([decision.0], |r| r.get(0))?.collect::<rusqlite::Result<_>>()?)
}

/// Claims the next one that is due: waiting, failed and to be tried again, or left behind by a process that died. While a
/// use case is paused, what policy approved there stays.
pub(crate) fn claim(c: &Conn, now: Millis, until: Millis) -> Result<Option<Delivery>> {
    let claimed: Option<(i64, String, i64, i64, i64, i64)> = c
        .prepare_cached(include_str!("delivery/claim.sql"))?
        .query_row(params![now.0, until.0], |r| Ok((r.get(0)?, r.get(1)?, r.get(2)?, r.get(3)?, r.get(4)?, r.get(5)?)))
        .optional()?;
    let Some((id, uid, decision, item_id, sink_id, attempts)) = claimed else { return Ok(None) };
    let decision = super::decision::get(c, DecisionId(decision))?;
    let draft_text: String = c.query_row("SELECT text FROM draft WHERE id = ?1", [decision.draft.0], |r| r.get(0))?;
    let corrects: Option<String> = c.query_row("SELECT corrects FROM delivery WHERE id = ?1", [id], |r| r.get(0))?;
    let n = c.query_row(
        "SELECT count(*) FROM decision WHERE item = ?1 AND corrects IS NOT NULL AND id <= ?2",
        params![item_id, decision.id.0],
        |r| r.get(0),
    )?;
    let (kind, path, to): (String, String, Option<String>) =
        c.query_row("SELECT kind, path, audience FROM sink WHERE id = ?1", [sink_id], |r| Ok((r.get(0)?, r.get(1)?, r.get(2)?)))?;
    Ok(Some(Delivery {
        id: DeliveryId(id),
        uid,
        item: item::get(c, ItemId(item_id))?,
        sink: sink(&kind, path, to)?,
        attempts,
        text: match decision.verdict {
            Verdict::Edit => decision.text.unwrap_or_default(),
            Verdict::Approve | Verdict::Reject => draft_text,
        },
        verdict: decision.verdict.as_str(),
        decided_by: decision.actor,
        decided_at: decision.at,
        correction: corrects.map(|corrects| Correction { corrects, n }),
    }))
}

pub(crate) fn done(c: &Conn, id: DeliveryId, now: Millis) -> Result<()> {
    let rows = c.execute(
        "UPDATE delivery SET state = 'done', done_at = ?2, lease_until = NULL, last_error = NULL, failed_since = NULL WHERE id = ?1 AND state = 'sending'",
        params![id.0, now.0],
    )?;
    super::expect_one(rows, || format!("delivery {id}"))
}

pub(crate) fn failed(c: &Conn, id: DeliveryId, why: &str, now: Millis, again_at: Millis) -> Result<()> {
    let rows = c.execute(
        "UPDATE delivery SET state = 'failed', last_error = ?2, not_before = ?3, lease_until = NULL, failed_since = coalesce(failed_since, ?4)
         WHERE id = ?1 AND state = 'sending'",
        params![id.0, why, again_at.0, now.0],
    )?;
    super::expect_one(rows, || format!("delivery {id}"))
}

/// Takes back what has not left. False: something has, or is just leaving.
pub(crate) fn withdraw(c: &Conn, decision: DecisionId) -> Result<bool> {
    let leaving: i64 =
        c.query_row("SELECT count(*) FROM delivery WHERE decision = ?1 AND state IN ('sending', 'done')", [decision.0], |r| r.get(0))?;
    if leaving > 0 {
        return Ok(false);
    }
    c.execute("UPDATE delivery SET state = 'withdrawn' WHERE decision = ?1 AND state IN ('waiting', 'failed')", [decision.0])?;
    Ok(true)
}

/// Deliveries of an item that are still to be done.
pub(crate) fn open_count(c: &Conn, item: ItemId) -> Result<i64> {
    Ok(c.query_row("SELECT count(*) FROM delivery WHERE item = ?1 AND state IN ('waiting', 'sending', 'failed')", [item.0], |r| r.get(0))?)
}

/// The state of a decision's deliveries, the least done first, and when the next one is due.
pub(crate) fn state_of(c: &Conn, decision: DecisionId) -> Result<(DeliveryState, Option<Millis>)> {
    let mut query = c.prepare_cached("SELECT state, not_before FROM delivery WHERE decision = ?1 ORDER BY CASE state WHEN 'failed' THEN 0 WHEN 'waiting' THEN 1 WHEN 'sending' THEN 2 ELSE 3 END LIMIT 1")?;
    let found: Option<(String, i64)> = query.query_row([decision.0], |r| Ok((r.get(0)?, r.get(1)?))).optional()?;
    Ok(match found.as_ref().map(|(state, at)| (state.as_str(), *at)) {
        Some(("failed", at)) => (DeliveryState::Failed, Some(Millis(at))),
        Some(("waiting", at)) => (DeliveryState::Waiting, Some(Millis(at))),
        Some(("sending", _)) => (DeliveryState::Sending, None),
        Some(("done", _)) => (DeliveryState::Done, None),
        Some(_) | None => (DeliveryState::None, None),
    })
}

/// When there is something to do next: a delivery that is due, one whose sender died, or an approved item without a sink
/// that can no longer be taken back (`hold` after its decision).
pub(crate) fn next_at(c: &Conn, hold: Duration) -> Result<Option<Millis>> {
    let due: Option<i64> = c.prepare_cached(include_str!("delivery/next_due.sql"))?.query_row([], |r| r.get(0))?;
    let kept: Option<i64> = c.prepare_cached(include_str!("delivery/next_kept.sql"))?.query_row([], |r| r.get(0))?;
    Ok(due.map(Millis).into_iter().chain(kept.map(|at| Millis(at).plus(hold))).min())
}

pub(crate) fn trouble(c: &Conn) -> Result<Option<String>> {
    Ok(c.prepare_cached(include_str!("delivery/trouble.sql"))?.query_row([], |r| r.get(0)).optional()?)
}

/// A text that went out alone and does not arrive.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Failing {
    pub item: ItemId,
    pub draft: DraftId,
    pub since: Millis,
    pub why: String,
}

/// The text that has failed for longest, of those that policy approved in a use case since the rule last lowered its level, if it has failed
/// for so long or longer, at a first try and at one that long after it.
pub(crate) fn alone_failing_for(c: &Conn, use_case: UseCaseId, now: Millis, span: Duration) -> Result<Option<Failing>> {
    let mut query = c.prepare_cached(include_str!("delivery/alone_failing.sql"))?;
    let row = |r: &rusqlite::Row<'_>| {
        Ok(Failing { item: ItemId(r.get(0)?), draft: DraftId(r.get(1)?), since: Millis(r.get(2)?), why: r.get(3)? })
    };
    let span = i64::try_from(span.as_millis()).unwrap_or(i64::MAX);
    Ok(query.query_row(params![use_case.0, now.0.saturating_sub(span), span], row).optional()?)
}

/// Approved items that no sink takes, decided at or before `until`.
pub(crate) fn approved_without_sink(c: &Conn, until: Millis) -> Result<Vec<Item>> {
    let mut query = c.prepare_cached(include_str!("delivery/approved_without_sink.sql"))?;
    let found: Vec<i64> = query.query_map([until.0], |r| r.get(0))?.collect::<rusqlite::Result<_>>()?;
    found.into_iter().map(|id| item::get(c, ItemId(id))).collect()
}
