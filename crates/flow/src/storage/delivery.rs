//! Table `delivery`.

use super::{Conn, item};
use crate::carrier;
use crate::clock::Millis;
use crate::deliver::{Correction, Delivery, DeliveryState, Lane};
use crate::error::Result;
use crate::id::{DecisionId, DeliveryId, DraftId, ItemId, SinkId, UseCaseId};
use crate::item::Item;
use crate::review::Verdict;
use crate::sinks::DeliveryRow;
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
    let mut query = c.prepare_cached("SELECT sink FROM delivery WHERE decision = ?1 AND state = 'done' ORDER BY id")?;
    let sinks: Vec<i64> = query.query_map([decision.0], |r| r.get(0))?.collect::<rusqlite::Result<_>>()?;
    sinks.into_iter().map(|id| Ok(super::sink::get(c, SinkId(id))?.sink.shown())).collect()
}

/// Claims the next one that is due: waiting, failed and to be tried again, or left behind by a process that died. While a
/// use case is paused, what policy approved there stays. Of one lane, or of both.
pub(crate) fn claim(c: &Conn, now: Millis, until: Millis, lane: Option<Lane>) -> Result<Option<Delivery>> {
    let longest_rest = i64::try_from(carrier::longest_rest().as_millis()).unwrap_or(i64::MAX);
    let claimed: Option<(i64, String, i64, i64, i64, i64, i64)> = c
        .prepare_cached(include_str!("delivery/claim.sql"))?
        .query_row(params![now.0, until.0, longest_rest, lane.map(Lane::leaves)], |r| {
            Ok((r.get(0)?, r.get(1)?, r.get(2)?, r.get(3)?, r.get(4)?, r.get(5)?, r.get(6)?))
        })
        .optional()?;
    let Some((id, uid, decision, item_id, sink_id, attempts, claims)) = claimed else { return Ok(None) };
    let decision = super::decision::get(c, DecisionId(decision))?;
    let draft_text: String = c.query_row("SELECT text FROM draft WHERE id = ?1", [decision.draft.0], |r| r.get(0))?;
    let corrects: Option<String> = c.query_row("SELECT corrects FROM delivery WHERE id = ?1", [id], |r| r.get(0))?;
    let n = c.query_row(
        "SELECT count(*) FROM decision WHERE item = ?1 AND corrects IS NOT NULL AND id <= ?2",
        params![item_id, decision.id.0],
        |r| r.get(0),
    )?;
    Ok(Some(Delivery {
        id: DeliveryId(id),
        uid,
        item: item::get(c, ItemId(item_id))?,
        to: super::sink::get(c, SinkId(sink_id))?,
        attempts,
        claims,
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

/// Only by whoever claimed it last, as all that ends a try.
pub(crate) fn done(c: &Conn, delivery: &Delivery, now: Millis) -> Result<()> {
    let rows = c.execute(
        "UPDATE delivery SET state = 'done', done_at = ?3, lease_until = NULL, last_error = NULL, failed_since = NULL
         WHERE id = ?1 AND state = 'sending' AND claims = ?2",
        params![delivery.id.0, delivery.claims, now.0],
    )?;
    super::expect_one(rows, || format!("delivery {}", delivery.id))
}

/// A try that came to nothing. `again_at` is `None` where a person is to look.
pub(crate) fn failed(c: &Conn, delivery: &Delivery, why: &str, now: Millis, again_at: Option<Millis>, may_have_left: bool) -> Result<()> {
    let dead_at = again_at.is_none().then_some(now.0);
    let rows = c.execute(
        "UPDATE delivery SET state = 'failed', last_error = ?3, not_before = ?4, lease_until = NULL, failed_since = coalesce(failed_since, ?5),
           dead_at = ?6, may_have_left = max(may_have_left, ?7)
         WHERE id = ?1 AND state = 'sending' AND claims = ?2",
        params![delivery.id.0, delivery.claims, why, again_at.map_or(i64::MAX, |at| at.0), now.0, dead_at, may_have_left],
    )?;
    super::expect_one(rows, || format!("delivery {}", delivery.id))
}

/// How many of a sink's are left to a person.
pub(crate) fn dead_of(c: &Conn, sink: SinkId) -> Result<i64> {
    let sql = "SELECT count(*) FROM delivery WHERE sink = ?1 AND dead_at IS NOT NULL AND state = 'failed'";
    Ok(c.prepare_cached(sql)?.query_row([sink.0], |r| r.get(0))?)
}

/// Tries what failed again, now and from the first wait on. Gives the sink and the item.
pub(crate) fn again(c: &Conn, id: DeliveryId, now: Millis) -> Result<(SinkId, ItemId)> {
    let sql = "UPDATE delivery SET state = 'waiting', attempts = 0, not_before = ?2, dead_at = NULL WHERE id = ?1 AND state = 'failed' RETURNING sink, item";
    let row = c.prepare_cached(sql)?.query_row(params![id.0, now.0], |r| Ok((SinkId(r.get(0)?), ItemId(r.get(1)?)))).optional()?;
    row.ok_or_else(|| crate::error::Error::Stale { what: format!("delivery {id}"), now: "it does not fail any more".into() })
}

const ROW: &str = "SELECT d.id, d.uid, d.item, i.uid, i.external_id, d.sink, d.state, d.attempts, d.last_error, d.not_before, d.done_at, d.dead_at, i.use_case
  FROM delivery d JOIN item i ON i.id = d.item";

fn row(c: &Conn, r: &rusqlite::Row<'_>) -> Result<DeliveryRow> {
    let dead_at: Option<i64> = r.get(11)?;
    let state = match (r.get::<_, String>(6)?.as_str(), dead_at) {
        ("failed", Some(_)) => DeliveryState::Dead,
        ("failed", None) => DeliveryState::Failed,
        ("waiting", _) => DeliveryState::Waiting,
        ("sending", _) => DeliveryState::Sending,
        ("done", _) => DeliveryState::Done,
        (_, _) => DeliveryState::None,
    };
    let is_open = matches!(state, DeliveryState::Failed | DeliveryState::Waiting);
    Ok(DeliveryRow {
        id: DeliveryId(r.get(0)?),
        uid: r.get(1)?,
        item: ItemId(r.get(2)?),
        item_uid: r.get(3)?,
        external_id: r.get(4)?,
        to: super::sink::get(c, SinkId(r.get(5)?))?.sink.shown(),
        use_case: UseCaseId(r.get(12)?),
        state,
        attempts: r.get(7)?,
        last_error: r.get(8)?,
        next_at: is_open.then_some(r.get(9)?).map(Millis),
        done_at: r.get::<_, Option<i64>>(10)?.map(Millis),
    })
}

/// Those of a use case that fail or are left to a person, the newest first.
pub(crate) fn failing(c: &Conn, use_case: Option<UseCaseId>, limit: u32) -> Result<Vec<DeliveryRow>> {
    let mut query = c.prepare_cached(&format!(
        "{ROW} WHERE d.state IN ('waiting', 'sending', 'failed') AND d.state = 'failed' AND (?1 IS NULL OR i.use_case = ?1) ORDER BY d.dead_at IS NULL, d.id DESC LIMIT ?2"
    ))?;
    let mut rows = query.query(params![use_case.map(|id| id.0), limit])?;
    let mut all = Vec::new();
    while let Some(r) = rows.next()? {
        all.push(row(c, r)?);
    }
    Ok(all)
}

/// Those of an item that were not taken back, the oldest first.
pub(crate) fn of_item(c: &Conn, item: ItemId) -> Result<Vec<DeliveryRow>> {
    let mut query = c.prepare_cached(&format!("{ROW} WHERE d.item = ?1 AND d.state <> 'withdrawn' ORDER BY d.id LIMIT 200"))?;
    let mut rows = query.query([item.0])?;
    let mut all = Vec::new();
    while let Some(r) = rows.next()? {
        all.push(row(c, r)?);
    }
    Ok(all)
}

/// Takes back what has not left. False: something has, or may have, or is just leaving.
pub(crate) fn withdraw(c: &Conn, decision: DecisionId) -> Result<bool> {
    let leaving: i64 = c.query_row(
        "SELECT count(*) FROM delivery WHERE decision = ?1 AND (state IN ('sending', 'done') OR may_have_left = 1)",
        [decision.0],
        |r| r.get(0),
    )?;
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
        Some(("failed", i64::MAX)) => (DeliveryState::Dead, None),
        Some(("failed", at)) => (DeliveryState::Failed, Some(Millis(at))),
        Some(("waiting", at)) => (DeliveryState::Waiting, Some(Millis(at))),
        Some(("sending", _)) => (DeliveryState::Sending, None),
        Some(("done", _)) => (DeliveryState::Done, None),
        Some(_) | None => (DeliveryState::None, None),
    })
}

/// When there is something to do next in a lane: a delivery that is due, or one whose sender died.
pub(crate) fn next_due(c: &Conn, lane: Lane) -> Result<Option<Millis>> {
    let due: Option<i64> = c.prepare_cached(include_str!("delivery/next_due.sql"))?.query_row([lane.leaves()], |r| r.get(0))?;
    Ok(due.map(Millis))
}

/// When an approved item without a sink can no longer be taken back (`hold` after its decision).
pub(crate) fn next_kept(c: &Conn, hold: Duration) -> Result<Option<Millis>> {
    let kept: Option<i64> = c.prepare_cached(include_str!("delivery/next_kept.sql"))?.query_row([], |r| r.get(0))?;
    Ok(kept.map(|at| Millis(at).plus(hold)))
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
