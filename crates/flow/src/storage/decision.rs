//! Table `decision`: append-only but for being taken back.

use super::item::verdict;
use super::{Conn, expect_one, from_json, to_json};
use crate::automation::Evidence;
use crate::clock::Millis;
use crate::dataset::{AuditVerdict, Judged};
use crate::error::{Error, Result};
use crate::id::{DecisionId, DraftId, ItemId, UseCaseId};
use crate::item::Item;
use crate::review::{Day, Decision, Found, MadeBy, Verdict};
use crate::use_case::{Level, UseCase};
use rusqlite::{Row, params};
use std::collections::HashSet;
use std::time::Duration;

fn made_by(by: MadeBy) -> &'static str {
    match by {
        MadeBy::Person => "person",
        MadeBy::Policy => "policy",
    }
}

fn who(text: &str) -> MadeBy {
    if text == "policy" { MadeBy::Policy } else { MadeBy::Person }
}

/// Under the epoch and the charter of this moment, whatever `d` says of them.
///
/// `found` is how a person came upon it; policy does not look for anything. Sealed in the order of [`super::seal::DECISION`].
pub(crate) fn insert(c: &Conn, d: &Decision, item: &Item, level: Level, viewed: Duration, found: Option<Found>) -> Result<DecisionId> {
    let viewed = i64::try_from(viewed.as_millis()).unwrap_or(i64::MAX);
    c.prepare_cached(
        "INSERT INTO decision (item, draft, lease_epoch, made_by, actor, verdict, text, reasons, note, edit_distance, viewed_ms, level, at,
           found_order, found_filtered, found_picked, found_bulk, corrects, seal, epoch, charter)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?15, ?16, ?17, ?18, ?19,
           sealed(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?15, ?16, ?17, ?18, ?19),
           (SELECT id FROM epoch WHERE use_case = ?14 ORDER BY n DESC LIMIT 1),
           (SELECT id FROM charter WHERE use_case = ?14 ORDER BY n DESC LIMIT 1))",
    )?
    .execute(params![
        d.item.0,
        d.draft.0,
        item.lease_epoch,
        made_by(d.made_by),
        d.actor,
        d.verdict.as_str(),
        d.text,
        to_json(&d.reasons),
        d.note,
        d.edit_distance,
        viewed,
        level.as_str(),
        d.at.0,
        item.use_case.0,
        found.map(|found| found.order.as_str()),
        found.map(|found| found.filtered),
        found.map(|found| found.picked),
        found.map(|found| found.bulk),
        d.corrects.map(|corrected| corrected.0)
    ])?;
    Ok(DecisionId(c.last_insert_rowid()))
}

pub(crate) fn undo(c: &Conn, id: DecisionId, by: &str, now: Millis) -> Result<()> {
    let rows =
        c.execute("UPDATE decision SET undone_at = ?2, undone_by = ?3 WHERE id = ?1 AND undone_at IS NULL", params![id.0, now.0, by])?;
    expect_one(rows, || format!("decision {id}"))
}

const DECISION: &str =
    "SELECT d.id, d.item, d.draft, d.made_by, d.actor, d.verdict, d.text, d.reasons, d.note, d.edit_distance, d.at, e.n, h.n, d.corrects
  FROM decision d JOIN epoch e ON e.id = d.epoch JOIN charter h ON h.id = d.charter";

fn decision(r: &Row<'_>) -> Result<Decision> {
    Ok(Decision {
        id: DecisionId(r.get(0)?),
        item: ItemId(r.get(1)?),
        draft: DraftId(r.get(2)?),
        made_by: who(&r.get::<_, String>(3)?),
        actor: r.get(4)?,
        verdict: verdict(&r.get::<_, String>(5)?)?,
        text: r.get(6)?,
        reasons: from_json("decision.reasons", &r.get::<_, String>(7)?)?,
        note: r.get(8)?,
        edit_distance: r.get(9)?,
        at: Millis(r.get(10)?),
        epoch: r.get(11)?,
        charter: r.get(12)?,
        corrects: r.get::<_, Option<i64>>(13)?.map(DecisionId),
    })
}

pub(crate) fn get(c: &Conn, id: DecisionId) -> Result<Decision> {
    let mut query = c.prepare_cached(&format!("{DECISION} WHERE d.id = ?1"))?;
    let mut rows = query.query([id.0])?;
    rows.next()?.map(decision).ok_or_else(|| Error::NotFound { what: "decision", id: id.to_string() })?
}

/// The decision that stands for an item.
pub(crate) fn standing(c: &Conn, item: ItemId) -> Result<Option<Decision>> {
    let mut query = c.prepare_cached(&format!("{DECISION} WHERE d.item = ?1 AND d.undone_at IS NULL"))?;
    let mut rows = query.query([item.0])?;
    rows.next()?.map(decision).transpose()
}

/// Whether a decision stands.
pub(crate) fn stands(c: &Conn, id: DecisionId) -> Result<bool> {
    Ok(c.prepare_cached("SELECT 1 FROM decision WHERE id = ?1 AND undone_at IS NULL")?.exists([id.0])?)
}

/// How a person came upon what they decided, and how long they had it in view.
pub(crate) fn looked(c: &Conn, id: DecisionId) -> Result<(Option<Found>, Duration)> {
    let mut query =
        c.prepare_cached("SELECT found_order, found_filtered, found_picked, found_bulk, viewed_ms FROM decision WHERE id = ?1")?;
    let mut rows = query.query([id.0])?;
    let r = rows.next()?.ok_or_else(|| Error::NotFound { what: "decision", id: id.to_string() })?;
    let viewed = Duration::from_millis(u64::try_from(r.get::<_, i64>(4)?).unwrap_or(0));
    Ok((super::evidence::how_found(r, 0)?, viewed))
}

/// What policy approved in a use case and has not been delivered.
pub(crate) fn waiting_by_policy(c: &Conn, use_case: UseCaseId) -> Result<Vec<Decision>> {
    let mut query = c.prepare_cached(&format!(
        "{DECISION} JOIN item i ON i.id = d.item
         WHERE i.use_case = ?1 AND i.state = 'approved' AND d.undone_at IS NULL AND d.made_by = 'policy' ORDER BY d.id"
    ))?;
    let mut rows = query.query([use_case.0])?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        found.push(decision(row)?);
    }
    Ok(found)
}

pub(super) const NEWEST_OF: &str = include_str!("decision/newest_of.sql");
/// Nobody takes so many in a day, and no further back is looked.
const MOST_IN_A_DAY: usize = 5_000;
/// Over how long a rate is taken, and the shortest time that gives one; milliseconds.
const RATE_OVER: i64 = 1_800_000;
const RATE_LEAST: i64 = 300_000;

/// A person's standing decisions since a time, on known-bad items too: it is what they did.
pub(crate) fn day(c: &Conn, use_case: UseCaseId, person: &str, since: Millis, now: Millis) -> Result<Day> {
    let mut query = c.prepare_cached(NEWEST_OF)?;
    let mut rows = query.query([person])?;
    let (mut day, mut viewed) = (Day::default(), 0);
    let (mut lately, mut first) = (0, now.0);
    for _ in 0..MOST_IN_A_DAY {
        let Some(r) = rows.next()? else { break };
        let at: i64 = r.get(0)?;
        if at < since.0.min(now.0 - RATE_OVER) {
            break;
        }
        if r.get::<_, i64>(3)? != use_case.0 {
            continue;
        }
        if at >= now.0 - RATE_OVER {
            lately += 1;
            first = first.min(at);
        }
        if at >= since.0 {
            match verdict(&r.get::<_, String>(1)?)? {
                Verdict::Approve => day.approved += 1,
                Verdict::Edit => day.edited += 1,
                Verdict::Reject => day.rejected += 1,
            }
            viewed += r.get::<_, i64>(2)?;
        }
    }
    day.viewed = Duration::from_millis(u64::try_from(viewed).unwrap_or(0));
    day.per_hour = (lately >= 3).then(|| f64::from(lately) * 3_600_000.0 / (now.0 - first).max(RATE_LEAST) as f64);
    Ok(day)
}

/// The decisions on drafts of the version that drafts now. Drafts that a person asked for are not counted: they were made because an
/// earlier one was not good.
pub(crate) fn evidence(c: &Conn, case: &UseCase) -> Result<Evidence> {
    let Some(version) = &case.drafter_version else { return Ok(Evidence::default()) };
    super::count::of_version(c, case.id, version.id)
}

/// The items that policy approved from a draft on and that were not taken back, in the order of submission. One that was corrected did go
/// out.
pub(crate) fn out_alone_since(c: &Conn, use_case: UseCaseId, draft: Option<DraftId>) -> Result<Vec<ItemId>> {
    let mut query = c.prepare_cached(include_str!("decision/out_alone_since.sql"))?;
    let rows = query.query_map(params![use_case.0, draft.map_or(0, |d| d.0)], |r| r.get(0).map(ItemId))?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

pub(super) const RESPONSE: &str = include_str!("decision/response.sql");
pub(super) const IN_VIEW: &str = include_str!("decision/in_view.sql");

/// From the request to what came of it, of the newest decisions.
pub(crate) fn newest_responses(c: &Conn, use_case: UseCaseId, most: u32) -> Result<Vec<Duration>> {
    spans(c, RESPONSE, use_case, most)
}

/// How long people had an item in view, of the newest ones that they decided.
pub(crate) fn newest_in_view(c: &Conn, use_case: UseCaseId, most: u32) -> Result<Vec<Duration>> {
    spans(c, IN_VIEW, use_case, most)
}

fn spans(c: &Conn, sql: &str, use_case: UseCaseId, most: u32) -> Result<Vec<Duration>> {
    let mut query = c.prepare_cached(sql)?;
    let found =
        query.query_map(params![use_case.0, most], |r| Ok(Duration::from_millis(u64::try_from(r.get::<_, i64>(0)?).unwrap_or(0))))?;
    Ok(found.collect::<rusqlite::Result<_>>()?)
}

/// A page of standing decisions with what they were about, by id.
pub(crate) fn judged_after(c: &Conn, use_case: UseCaseId, after: i64, limit: usize) -> Result<Vec<Judged>> {
    let mut query = c.prepare_cached(include_str!("decision/judged_after.sql"))?;
    let mut rows = query.query(params![use_case.0, after, i64::try_from(limit).unwrap_or(i64::MAX)])?;
    let mut all = Vec::new();
    while let Some(r) = rows.next()? {
        all.push(Judged {
            id: r.get(0)?,
            item_uid: r.get(1)?,
            external_id: r.get(2)?,
            audience: super::use_case::audience(&r.get::<_, String>(3)?)?.as_str(),
            slice: r.get(4)?,
            fields: from_json("item.fields", &r.get::<_, String>(5)?)?,
            system_prompt: r.get(6)?,
            template: r.get(7)?,
            hint: r.get(8)?,
            draft: r.get(9)?,
            confidence: r.get(10)?,
            drafter_n: r.get(11)?,
            model_sha256: r.get(12)?,
            made_by: who(&r.get::<_, String>(13)?),
            actor: r.get(14)?,
            verdict: verdict(&r.get::<_, String>(15)?)?,
            text: r.get(16)?,
            reasons: from_json("decision.reasons", &r.get::<_, String>(17)?)?,
            note: r.get(18)?,
            edit_distance: r.get(19)?,
            viewed_ms: r.get(20)?,
            at: r.get(21)?,
            seeded: r.get(30)?,
            audit: match r.get::<_, Option<String>>(22)? {
                Some(actor) => Some(AuditVerdict {
                    actor,
                    verdict: verdict(&r.get::<_, String>(23)?)?,
                    text: r.get(24)?,
                    reasons: from_json("audit.reasons", &r.get::<_, String>(25)?)?,
                    note: r.get(26)?,
                    edit_distance: r.get(27)?,
                    viewed_ms: r.get(28)?,
                    at: r.get(29)?,
                }),
                None => None,
            },
        });
    }
    Ok(all)
}

/// The newest decision of the machine; 0 before the first.
pub(crate) fn newest(c: &Conn) -> Result<DecisionId> {
    Ok(DecisionId(c.prepare_cached("SELECT coalesce(max(id), 0) FROM decision")?.query_row([], |r| r.get(0))?))
}

/// How far the list of what was taken back goes.
pub(crate) fn newest_taken_back(c: &Conn) -> Result<i64> {
    Ok(c.prepare_cached("SELECT coalesce(max(n), 0) FROM taken_back")?.query_row([], |r| r.get(0))?)
}

/// What was taken back after a place in that list, and the place to go on from.
pub(crate) fn taken_back_after(c: &Conn, after: i64) -> Result<(HashSet<DecisionId>, i64)> {
    let mut query = c.prepare_cached("SELECT n, decision FROM taken_back WHERE n > ?1 ORDER BY n")?;
    let mut rows = query.query([after])?;
    let (mut gone, mut last) = (HashSet::new(), after);
    while let Some(r) = rows.next()? {
        last = r.get(0)?;
        gone.insert(DecisionId(r.get(1)?));
    }
    Ok((gone, last))
}
