//! Table `draft`: append-only.

use super::level_move::level;
use super::{Conn, to_json, word};
use crate::clock::Millis;
use crate::confidence::Assessed;
use crate::draft::{Asked, Branch, Draft};
use crate::error::{Error, Result};
use crate::id::{DraftId, DrafterVersionId, ItemId, UseCaseId};
use crate::item::Item;
use crate::model::{Generation, StopReason, Token};
use crate::route::{Check, Outcome, Reason, Route};
use rusqlite::{Row, params};
use std::time::Duration;

const STOPS: [StopReason; 4] = [StopReason::End, StopReason::StopText, StopReason::Length, StopReason::Context];

fn stop_str(stop: StopReason) -> &'static str {
    match stop {
        StopReason::End => "end",
        StopReason::StopText => "stop_text",
        StopReason::Length => "length",
        StopReason::Context => "context",
    }
}

pub(super) fn stop(text: &str) -> Result<StopReason> {
    word("draft.stop", text, &STOPS, stop_str)
}

fn outcome_str(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Review => "review",
        Outcome::Auto => "auto",
    }
}

fn micros(span: Duration) -> i64 {
    i64::try_from(span.as_micros()).unwrap_or(i64::MAX)
}

fn span(micros: i64) -> Duration {
    Duration::from_micros(u64::try_from(micros).unwrap_or(0))
}

/// Sealed in the order of [`super::seal::DRAFT`].
#[expect(clippy::too_many_arguments, reason = "a row's columns, each of its own type")]
pub(crate) fn insert(
    c: &Conn,
    item: &Item,
    n: i64,
    version: DrafterVersionId,
    seed: u64,
    asked: Asked<'_>,
    g: &Generation,
    assessed: &Assessed,
    route: &Route,
    now: Millis,
) -> Result<DraftId> {
    let seed = i64::try_from(seed).map_err(|_| Error::Storage("seeds have 63 bits".into()))?;
    c.prepare_cached(
        "INSERT INTO draft (item, n, drafter_version, seed, hint, prompt_sha256, text, tokens, confidence, prompt_tokens, output_tokens, ttft_us, tpot_us, stop,
           route_outcome, route_reason, route_level, route_threshold, created_at, route_words, route_hold, check_probability, check_drawn, compute_us, features, raw_confidence, calibrator, label_scores, parent, branch_at, seal, epoch)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20, ?21, ?22, ?23, ?24, ?25, ?26, ?27, ?29, ?30, ?31,
           sealed(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20, ?21, ?22, ?23, ?24, ?25, ?26, ?27, ?29, ?30, ?31),
           (SELECT id FROM epoch WHERE use_case = ?28 ORDER BY n DESC LIMIT 1))",
    )?
    .execute(params![
        item.id.0, n, version.0, seed, asked.hint, g.prompt_sha256, g.text, to_json(&g.tokens), assessed.confidence, g.prompt_tokens,
        i64::try_from(g.tokens.len()).unwrap_or(i64::MAX), micros(g.ttft), micros(g.tpot), stop_str(g.stop),
        outcome_str(route.outcome), route.reason.as_str(), route.level.as_str(), route.threshold, now.0,
        route.words, route.hold, route.check.map(|check| check.probability), route.check.map(|check| check.drawn), micros(g.compute),
        to_json(&assessed.features), assessed.raw, assessed.calibrator.map(|id| id.0), item.use_case.0,
        (!g.labels.is_empty()).then(|| to_json(&g.labels)), asked.branch.map(|branch| branch.parent.0), asked.branch.map(|branch| branch.at)
    ])?;
    Ok(DraftId(c.last_insert_rowid()))
}

pub(crate) fn count(c: &Conn, item: ItemId) -> Result<i64> {
    Ok(c.prepare_cached("SELECT count(*) FROM draft WHERE item = ?1")?.query_row([item.0], |r| r.get(0))?)
}

/// The newest draft of all.
pub(crate) fn newest(c: &Conn) -> Result<Option<DraftId>> {
    Ok(c.prepare_cached("SELECT max(id) FROM draft")?.query_row([], |r| r.get::<_, Option<i64>>(0))?.map(DraftId))
}

const DRAFT: &str = "SELECT d.id, d.item, d.n, d.text, d.confidence, d.route_outcome, d.route_reason, d.route_level, d.route_threshold,
  json_extract(m.facts, '$.name'), v.id, v.n, p.n, d.seed, d.hint, d.prompt_tokens, d.output_tokens, d.ttft_us, d.tpot_us, d.stop, d.created_at,
  coalesce(d.route_words, ''), d.route_hold, d.check_probability, d.check_drawn, coalesce(e.n, 1), d.compute_us,
  coalesce(d.raw_confidence, d.confidence), d.label_scores, d.parent, d.branch_at
  FROM draft d LEFT JOIN epoch e ON e.id = d.epoch JOIN drafter_version v ON v.id = d.drafter_version JOIN prompt p ON p.id = v.prompt JOIN model m ON m.id = v.model";

fn draft(r: &Row<'_>) -> Result<Draft> {
    Ok(Draft {
        id: DraftId(r.get(0)?),
        item: ItemId(r.get(1)?),
        n: r.get(2)?,
        text: r.get(3)?,
        confidence: r.get(4)?,
        raw_confidence: r.get(27)?,
        route: Route {
            outcome: word("draft.route_outcome", &r.get::<_, String>(5)?, &[Outcome::Review, Outcome::Auto], outcome_str)?,
            reason: word("draft.route_reason", &r.get::<_, String>(6)?, &Reason::ALL, Reason::as_str)?,
            level: level(&r.get::<_, String>(7)?)?,
            threshold: r.get(8)?,
            words: r.get(21)?,
            hold: r.get(22)?,
            check: match (r.get(23)?, r.get(24)?) {
                (Some(probability), Some(drawn)) => Some(Check { probability, drawn }),
                (_, _) => None,
            },
        },
        epoch: r.get(25)?,
        compute: r.get::<_, Option<i64>>(26)?.map(span),
        model_name: r.get(9)?,
        drafter_version: DrafterVersionId(r.get(10)?),
        drafter_n: r.get(11)?,
        prompt_n: r.get(12)?,
        seed: u64::try_from(r.get::<_, i64>(13)?).unwrap_or(0),
        hint: r.get(14)?,
        prompt_tokens: r.get(15)?,
        output_tokens: r.get(16)?,
        ttft: span(r.get(17)?),
        tpot: span(r.get(18)?),
        stop: stop(&r.get::<_, String>(19)?)?,
        created_at: Millis(r.get(20)?),
        labels: match r.get::<_, Option<String>>(28)? {
            Some(json) => super::from_json("draft.label_scores", &json)?,
            None => Vec::new(),
        },
        branch: match (r.get(29)?, r.get(30)?) {
            (Some(parent), Some(at)) => Some(Branch { parent: DraftId(parent), at }),
            (_, _) => None,
        },
    })
}

pub(crate) fn get(c: &Conn, id: DraftId) -> Result<Draft> {
    let mut query = c.prepare_cached(&format!("{DRAFT} WHERE d.id = ?1"))?;
    let mut rows = query.query([id.0])?;
    rows.next()?.map(draft).ok_or_else(|| Error::NotFound { what: "draft", id: id.to_string() })?
}

/// The draft of an item that the gate decided on when this one was judged: itself, unless a person had asked for it.
pub(crate) fn routed(c: &Conn, judged: &Draft) -> Result<Option<Draft>> {
    let mut query = c.prepare_cached(&format!(
        "{DRAFT} WHERE d.item = ?1 AND d.n <= ?2 AND d.route_reason <> 'asked_by_person' ORDER BY d.n DESC LIMIT 1"
    ))?;
    let mut rows = query.query(params![judged.item.0, judged.n])?;
    rows.next()?.map(draft).transpose()
}

/// Newest last.
pub(crate) fn of_item(c: &Conn, item: ItemId) -> Result<Vec<Draft>> {
    let mut query = c.prepare_cached(&format!("{DRAFT} WHERE d.item = ?1 ORDER BY d.n"))?;
    let mut rows = query.query([item.0])?;
    let mut all = Vec::new();
    while let Some(r) = rows.next()? {
        all.push(draft(r)?);
    }
    Ok(all)
}

/// The first draft of a use case that was made at or after a time; one that comes after all of them where there is none.
pub(crate) fn first_from(c: &Conn, use_case: UseCaseId, at: Millis) -> Result<DraftId> {
    let mut query =
        c.prepare_cached("SELECT min(d.id) FROM draft d JOIN item i ON i.id = d.item WHERE i.use_case = ?1 AND d.created_at >= ?2")?;
    let first: Option<i64> = query.query_row(params![use_case.0, at.0], |r| r.get(0))?;
    Ok(DraftId(first.unwrap_or(i64::MAX)))
}

/// The tokens of a draft, with what the model weighed.
pub(crate) fn tokens(c: &Conn, id: DraftId) -> Result<Vec<Token>> {
    let mut query = c.prepare_cached("SELECT tokens FROM draft WHERE id = ?1")?;
    let mut rows = query.query([id.0])?;
    let row = rows.next()?.ok_or_else(|| Error::NotFound { what: "draft", id: id.to_string() })?;
    super::from_json("draft.tokens", &row.get::<_, String>(0)?)
}

pub(super) const TIMINGS: &str = "SELECT ttft_us, tpot_us, compute_us FROM draft d
  WHERE drafter_version = ?1 AND NOT EXISTS (SELECT 1 FROM seeded s WHERE s.item = d.item) ORDER BY id DESC LIMIT ?2";

/// TTFT, TPOT and the machine's time of the newest drafts of a drafter version.
pub(crate) fn newest_timings(c: &Conn, version: DrafterVersionId, limit: u32) -> Result<Vec<(Duration, Duration, Option<Duration>)>> {
    let mut query = c.prepare_cached(TIMINGS)?;
    Ok(query
        .query_map(params![version.0, limit], |r| Ok((span(r.get(0)?), span(r.get(1)?), r.get::<_, Option<i64>>(2)?.map(span))))?
        .collect::<rusqlite::Result<_>>()?)
}
