//! What evidence is computed from: decisions with their items and drafts; and table `evidence_state`, what was computed of them.

use super::item::verdict;
use super::use_case::audience;
use super::{Conn, from_json, to_json, word};
use crate::charter::VerdictFacts;
use crate::clock::Millis;
use crate::error::{Error, Result};
use crate::evidence::{DraftFacts, Judged, Replaced, Stream};
use crate::id::{DraftId, DrafterVersionId, ItemId, UseCaseId};
use crate::item::Field;
use crate::review::{self, Order};
use rusqlite::{OptionalExtension, Row, params};
use std::time::Duration;

const JUDGED: &str = include_str!("evidence/judged.sql");
/// By the index, from an item on to another.
const IN_ORDER: &str =
    "AND d.epoch = (SELECT e.id FROM epoch e WHERE e.use_case = ?1 AND e.n = ?2) AND d.item > ?3 AND d.item < ?4 ORDER BY d.item";
/// By the request, and not by the epoch.
const COPIES: &str = "AND i.use_case = ?1 AND i.request_sha256 = ?3 AND i.id < ?4 AND +d.epoch = (SELECT e.id FROM epoch e WHERE e.use_case = ?1 AND e.n = ?2) ORDER BY i.id";
pub(super) const WAITING: &str = include_str!("evidence/waiting.sql");
pub(super) const WAITING_ASKED: &str = include_str!("evidence/waiting_asked.sql");
pub(super) const BEHIND: &str = include_str!("evidence/behind.sql");
pub(super) const OLDEST_OPEN: &str = "SELECT min(id) FROM item WHERE use_case = ?1 AND seeded = 0 AND state IN ('received', 'drafting', 'drafted', 'in_review', 'escalated')";

pub(super) fn in_order_sql() -> String {
    format!("{JUDGED} {IN_ORDER}")
}

pub(super) fn copies_sql() -> String {
    format!("{JUDGED} {COPIES}")
}

/// A decision, and what only the rows around it tell.
pub(crate) struct Found {
    pub judged: Judged,
    /// An older item has the same request, decided or not.
    pub older_copy: bool,
    /// Its text has left.
    pub delivered: bool,
}

/// The oldest item of a use case that has no verdict yet. A known-bad one holds nothing up.
pub(crate) fn oldest_open(c: &Conn, use_case: UseCaseId) -> Result<Option<ItemId>> {
    Ok(c.prepare_cached(OLDEST_OPEN)?.query_row([use_case.0], |r| r.get::<_, Option<i64>>(0))?.map(ItemId))
}

/// Tells each standing decision of a person in an epoch, in the order of submission, of items after one and before another, until
/// told to stop.
pub(crate) fn each_judged(
    c: &Conn,
    (use_case, epoch_n): (UseCaseId, i64),
    after: ItemId,
    before: Option<ItemId>,
    mut tell: impl FnMut(Found) -> Result<Go>,
) -> Result<()> {
    let mut query = c.prepare_cached(&in_order_sql())?;
    let mut rows = query.query(params![use_case.0, epoch_n, after.0, end(before)])?;
    while let Some(r) = rows.next()? {
        match tell(found(r)?)? {
            Go::On => {}
            Go::Stop => break,
        }
    }
    Ok(())
}

/// What to do after one of many.
pub(crate) enum Go {
    On,
    Stop,
}

/// Before which item: before all that can be, where none is named.
fn end(before: Option<ItemId>) -> i64 {
    before.map_or(i64::MAX, |item| item.0)
}

/// Whether one of the older items with the same request, decided by a person in this epoch, is so. The oldest is asked first.
pub(crate) fn older_copy_is(c: &Conn, (use_case, epoch_n): (UseCaseId, i64), of: &Judged, so: impl Fn(&Judged) -> bool) -> Result<bool> {
    let mut query = c.prepare_cached(&copies_sql())?;
    let mut rows = query.query(params![use_case.0, epoch_n, of.request, of.item.0])?;
    while let Some(r) = rows.next()? {
        if so(&found(r)?.judged) {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Decisions about items after an open one.
pub(crate) struct Waiting {
    /// How many there are of each verdict.
    pub verdicts: Vec<(VerdictFacts, u64)>,
    /// Those for which a person had asked for another draft, and corrections: the verdict alone does not say what they cost.
    pub asked: Vec<ItemId>,
}

pub(crate) fn waiting(c: &Conn, (use_case, epoch_n): (UseCaseId, i64), open: ItemId) -> Result<Waiting> {
    let mut query = c.prepare_cached(WAITING)?;
    let mut rows = query.query(params![use_case.0, epoch_n, open.0])?;
    let mut verdicts = Vec::new();
    while let Some(r) = rows.next()? {
        let verdict = VerdictFacts { verdict: verdict(&r.get::<_, String>(0)?)?, edit_distance: r.get(1)? };
        verdicts.push((verdict, r.get::<_, i64>(2)?.unsigned_abs()));
    }
    let mut asked = c.prepare_cached(WAITING_ASKED)?;
    let asked = asked.query_map(params![use_case.0, epoch_n, open.0], |r| r.get(0).map(ItemId))?;
    Ok(Waiting { verdicts, asked: asked.collect::<rusqlite::Result<_>>()? })
}

fn found(r: &Row<'_>) -> Result<Found> {
    let fields: Vec<Field> = from_json("item.fields", &r.get::<_, String>(4)?)?;
    let asked: usize = fields.iter().map(|field| field.value.chars().count()).sum();
    let before: Option<Vec<(f64, String)>> = r.get::<_, Option<String>>(30)?.map(|json| from_json("decision", &json)).transpose()?;
    let before = before.unwrap_or_default();
    let replaced = match (r.get::<_, Option<String>>(20)?, r.get::<_, Option<String>>(21)?) {
        (Some(routed), Some(kept)) => {
            let texts = before.iter().map(|(_, text)| text).chain([&kept]);
            let kind = super::use_case::output_kind(r.get(31)?)?;
            let distance = texts.map(|text| kind.distance(&routed, text)).fold(0.0, f64::max);
            Some(Replaced { by: draft(r, (10, 24))?, distance })
        }
        (_, _) => None,
    };
    let judged = Judged {
        item: ItemId(r.get(0)?),
        oldest_open: None,
        audience: audience(&r.get::<_, String>(1)?)?,
        slice: r.get(2)?,
        request: r.get(3)?,
        verdict: VerdictFacts { verdict: verdict(&r.get::<_, String>(5)?)?, edit_distance: r.get(6)? },
        corrected: before.iter().map(|(distance, _)| *distance).fold(0.0, f64::max),
        viewed: Duration::from_millis(r.get::<_, i64>(7)?.unsigned_abs()),
        at: Millis(r.get(9)?),
        found: how_found(r, 26)?,
        characters: asked as u64 + r.get::<_, i64>(8)?.unsigned_abs(),
        routed: draft(r, (15, 25))?,
        replaced,
    };
    Ok(Found { judged, older_copy: r.get(22)?, delivered: r.get(23)? })
}

/// The five columns of a draft, from the first of them, and the one of its id.
fn draft(r: &Row<'_>, (first, id): (usize, usize)) -> Result<DraftFacts> {
    Ok(DraftFacts {
        id: DraftId(r.get(id)?),
        drafter_version: DrafterVersionId(r.get(first)?),
        epoch_n: r.get(first + 1)?,
        confidence: r.get(first + 2)?,
        finished: r.get(first + 3)?,
        held: r.get(first + 4)?,
    })
}

/// The four columns of how a decision's item was found, from the first of them.
pub(super) fn how_found(r: &Row<'_>, first: usize) -> Result<Option<review::Found>> {
    let Some(order) = r.get::<_, Option<String>>(first)? else { return Ok(None) };
    let order = word("decision.found_order", &order, &Order::ALL, Order::as_str)?;
    Ok(Some(review::Found { order, filtered: r.get(first + 1)?, picked: r.get(first + 2)?, bulk: r.get(first + 3)? }))
}

/// The streams by all decisions up to an item.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct State {
    pub up_to: ItemId,
    pub taken: i64,
    pub streams: [Stream; 2],
}

/// The newest kept state of a use case, of this epoch and form; none where it cannot be read, for it follows from the rows.
pub(crate) fn state(c: &Conn, (use_case, epoch_n): (UseCaseId, i64), form: i64) -> Result<Option<State>> {
    let mut query = c.prepare_cached(
        "SELECT s.up_to, s.taken, s.state FROM evidence_state s JOIN epoch e ON e.id = s.epoch
         WHERE s.use_case = ?1 AND e.n = ?2 AND s.form = ?3 ORDER BY s.up_to DESC LIMIT 1",
    )?;
    let row: Option<(i64, i64, String)> =
        query.query_row(params![use_case.0, epoch_n, form], |r| Ok((r.get(0)?, r.get(1)?, r.get(2)?))).optional()?;
    Ok(row.and_then(|(up_to, taken, json)| Some(State { up_to: ItemId(up_to), taken, streams: serde_json::from_str(&json).ok()? })))
}

/// Keeps a state beside the older ones.
pub(crate) fn keep(c: &Conn, (use_case, epoch_n): (UseCaseId, i64), form: i64, state: &State) -> Result<()> {
    c.prepare_cached(
        "INSERT INTO evidence_state (use_case, epoch, form, up_to, taken, state)
         VALUES (?1, (SELECT id FROM epoch WHERE use_case = ?1 AND n = ?2), ?3, ?4, ?5, ?6)",
    )?
    .execute(params![use_case.0, epoch_n, form, state.up_to.0, state.taken, to_json(&state.streams)])?;
    Ok(())
}

/// Drops the state up to an item.
pub(crate) fn drop_state(c: &Conn, use_case: UseCaseId, up_to: ItemId) -> Result<()> {
    c.execute("DELETE FROM evidence_state WHERE use_case = ?1 AND up_to = ?2", params![use_case.0, up_to.0])?;
    Ok(())
}

/// Drops what is of another epoch or form.
pub(crate) fn drop_foreign(c: &Conn, (use_case, epoch_n): (UseCaseId, i64), form: i64) -> Result<()> {
    c.execute(
        "DELETE FROM evidence_state WHERE use_case = ?1 AND (form <> ?3 OR epoch <> (SELECT id FROM epoch WHERE use_case = ?1 AND n = ?2))",
        params![use_case.0, epoch_n, form],
    )?;
    Ok(())
}

/// Drops all states of a use case.
pub(crate) fn drop_all(c: &Conn, use_case: UseCaseId) -> Result<()> {
    c.execute("DELETE FROM evidence_state WHERE use_case = ?1", [use_case.0])?;
    Ok(())
}

/// How many decisions before an open item the newest state does not know; `most` stands for more.
pub(crate) fn behind(c: &Conn, (use_case, epoch_n): (UseCaseId, i64), form: i64, open: Option<ItemId>, most: usize) -> Result<usize> {
    let most = i64::try_from(most).unwrap_or(i64::MAX);
    let n: i64 = c.prepare_cached(BEHIND)?.query_row(params![use_case.0, epoch_n, form, end(open), most], |r| r.get(0))?;
    usize::try_from(n).map_err(|e| Error::Storage(e.to_string()))
}
