//! Tables `calibrator` and `ladder` (append-only), and what confidence is computed from.

use super::item::verdict;
use super::{Conn, from_json, to_json};
use crate::charter::VerdictFacts;
use crate::clock::Millis;
use crate::confidence::{CalibratorVersion, Features, Labelled, Laid, Saw, ThresholdBy, score};
use crate::error::Result;
use crate::id::{CalibratorId, DecisionId, DraftId, DrafterVersionId, ItemId, UseCaseId};
use crate::item::Item;
use crate::use_case::Audience;
use rusqlite::{OptionalExtension, Row, params};
use std::time::Duration;

/// So many ids of decisions, of items, or of drafts are looked back on.
const DECISIONS_BACK: i64 = 2_000;
const ITEMS_BACK: i64 = 20_000;
const DRAFTS_BACK: i64 = 50_000;
/// A fit looks this far.
pub(crate) const LEARNT_BACK: i64 = 200_000;

pub(super) fn threshold_by(text: &str) -> Result<ThresholdBy> {
    super::word("threshold_by", text, &[ThresholdBy::Person, ThresholdBy::Ladder], ThresholdBy::as_str)
}

pub(crate) fn set_threshold_by(c: &Conn, use_case: UseCaseId, by: ThresholdBy) -> Result<()> {
    let rows = c.execute("UPDATE use_case SET threshold_by = ?2 WHERE id = ?1", params![use_case.0, by.as_str()])?;
    super::expect_one(rows, || format!("use case {use_case}"))
}

const CALIBRATOR: &str = "SELECT id, n, drafter_version, fitted, decisions, last_decision, decisions_sha256, fitted_by, at FROM calibrator";

fn version(r: &Row<'_>) -> Result<CalibratorVersion> {
    Ok(CalibratorVersion {
        id: CalibratorId(r.get(0)?),
        n: r.get(1)?,
        drafter_version: DrafterVersionId(r.get(2)?),
        fitted: from_json("calibrator.fitted", &r.get::<_, String>(3)?)?,
        saw: Saw { decisions: r.get::<_, i64>(4)?.unsigned_abs(), last: DecisionId(r.get(5)?), sha256: r.get(6)? },
        by: r.get(7)?,
        at: Millis(r.get(8)?),
    })
}

/// The newest one of a drafter version.
pub(crate) fn calibrator(c: &Conn, of: DrafterVersionId) -> Result<Option<CalibratorVersion>> {
    let mut query = c.prepare_cached(&format!("{CALIBRATOR} WHERE drafter_version = ?1 ORDER BY n DESC LIMIT 1"))?;
    let mut rows = query.query([of.0])?;
    rows.next()?.map(version).transpose()
}

pub(crate) fn calibrator_id(c: &Conn, of: DrafterVersionId) -> Result<Option<CalibratorId>> {
    let mut query = c.prepare_cached("SELECT id FROM calibrator WHERE drafter_version = ?1 ORDER BY n DESC LIMIT 1")?;
    Ok(query.query_row([of.0], |r| r.get(0).map(CalibratorId)).optional()?)
}

/// All of a use case, newest first.
pub(crate) fn calibrators(c: &Conn, use_case: UseCaseId) -> Result<Vec<CalibratorVersion>> {
    let mut query = c.prepare_cached(&format!("{CALIBRATOR} WHERE use_case = ?1 ORDER BY n DESC"))?;
    let mut rows = query.query([use_case.0])?;
    let mut all = Vec::new();
    while let Some(r) = rows.next()? {
        all.push(version(r)?);
    }
    Ok(all)
}

/// As the next version of the use case, whatever `kept` says of its id and number.
pub(crate) fn insert_calibrator(c: &Conn, use_case: UseCaseId, kept: &CalibratorVersion) -> Result<i64> {
    let n: i64 = c.query_row("SELECT 1 + coalesce(max(n), 0) FROM calibrator WHERE use_case = ?1", [use_case.0], |r| r.get(0))?;
    c.execute(
        "INSERT INTO calibrator (use_case, n, drafter_version, fitted, decisions, last_decision, decisions_sha256, fitted_by, at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
        params![
            use_case.0,
            n,
            kept.drafter_version.0,
            to_json(&kept.fitted),
            i64::try_from(kept.saw.decisions).unwrap_or(i64::MAX),
            kept.saw.last.0,
            kept.saw.sha256,
            kept.by,
            kept.at.0
        ],
    )?;
    Ok(n)
}

/// Accepted and decided by people among the newest decisions: `(in this slice, in the use case)`.
pub(crate) fn acceptance(c: &Conn, use_case: UseCaseId, slice: Option<&str>, distance: f64) -> Result<((u64, u64), (u64, u64))> {
    let mut query = c.prepare_cached(include_str!("confidence/acceptance.sql"))?;
    let n = |r: &Row<'_>, at: usize| r.get::<_, i64>(at).map(i64::unsigned_abs);
    Ok(query.query_row(params![use_case.0, slice, distance, DECISIONS_BACK], |r| Ok(((n(r, 0)?, n(r, 1)?), (n(r, 2)?, n(r, 3)?))))?)
}

/// Older requests of the same use case that hold a word and were accepted as drafted, newest first.
pub(crate) fn accepted_with(c: &Conn, item: &Item, term: &str, most: usize) -> Result<Vec<i64>> {
    let mut query = c.prepare_cached(include_str!("confidence/accepted_with.sql"))?;
    let phrase = format!("\"{}\"", term.replace('"', "\"\""));
    let most = i64::try_from(most).unwrap_or(i64::MAX);
    let found = query.query_map(params![phrase, item.use_case.0, item.id.0 - ITEMS_BACK, item.id.0, most], |r| r.get(0))?;
    Ok(found.collect::<rusqlite::Result<_>>()?)
}

/// The newest standing decisions of people on drafts of a version after a decision, in their order. Drafts that a person asked for are
/// none: they were made because an earlier one was not good, and that one is judged by what took its place.
pub(crate) fn labelled(c: &Conn, use_case: UseCaseId, of: DrafterVersionId, after: DecisionId, most: usize) -> Result<Vec<Labelled>> {
    let mut query = c.prepare_cached(include_str!("confidence/labelled.sql"))?;
    let mut rows = query.query(params![use_case.0, of.0, after.0, i64::try_from(most).unwrap_or(i64::MAX), LEARNT_BACK])?;
    let mut all = Vec::new();
    while let Some(r) = rows.next()? {
        let replaced = match (r.get::<_, Option<String>>(8)?, r.get::<_, Option<String>>(9)?) {
            (Some(routed), Some(kept)) => Some(super::use_case::output_kind(r.get(15)?)?.distance(&routed, &kept)),
            (_, _) => None,
        };
        all.push(Labelled {
            id: DecisionId(r.get(0)?),
            item: ItemId(r.get(1)?),
            uid: r.get(10)?,
            audience: super::use_case::audience(&r.get::<_, String>(11)?)?,
            slice: r.get(12)?,
            at: Millis(r.get(13)?),
            verdict: VerdictFacts { verdict: verdict(&r.get::<_, String>(2)?)?, edit_distance: r.get(3)? },
            viewed: Duration::from_millis(r.get::<_, i64>(4)?.unsigned_abs()),
            features: features(r.get(5)?)?,
            raw: r.get(6)?,
            stop: super::draft::stop(&r.get::<_, String>(7)?)?,
            held: r.get(14)?,
            replaced,
        });
    }
    all.reverse();
    Ok(all)
}

fn features(json: Option<String>) -> Result<Option<Features>> {
    json.map(|json| from_json("draft.features", &json)).transpose()
}

/// The confidence that the newest drafts of a version for an audience have now, of those that could have gone out alone.
pub(crate) fn scores(c: &Conn, of: DrafterVersionId, audience: Audience, most: usize) -> Result<Vec<f64>> {
    let calibrator = calibrator(c, of)?;
    let mut query = c.prepare_cached(include_str!("confidence/scores.sql"))?;
    let mut rows = query.query(params![of.0, audience.as_str(), i64::try_from(most).unwrap_or(i64::MAX), DRAFTS_BACK])?;
    let mut all = Vec::new();
    while let Some(r) = rows.next()? {
        all.extend(score(calibrator.as_ref(), features(r.get(0)?)?.as_ref(), r.get(1)?));
    }
    Ok(all)
}

/// Gives each draft that waits for a person the confidence that it has now, so that the queue is in its order. Returns how many.
pub(crate) fn reassess_waiting(c: &Conn, use_case: UseCaseId, of: DrafterVersionId) -> Result<usize> {
    let calibrator = calibrator(c, of)?;
    let mut found = Vec::new();
    {
        let mut query = c.prepare_cached(
            "SELECT i.id, d.features, coalesce(d.raw_confidence, d.confidence) FROM item i JOIN draft d ON d.id = i.draft
             WHERE i.use_case = ?1 AND i.state IN ('in_review', 'escalated') AND d.drafter_version = ?2",
        )?;
        let mut rows = query.query(params![use_case.0, of.0])?;
        while let Some(r) = rows.next()? {
            let features = features(r.get(1)?)?;
            found.extend(score(calibrator.as_ref(), features.as_ref(), r.get(2)?).map(|now| (r.get::<_, i64>(0), now)));
        }
    }
    let mut set = c.prepare_cached("UPDATE item SET confidence = ?2 WHERE id = ?1")?;
    let n = found.len();
    for (id, now) in found {
        set.execute(params![id?, now])?;
    }
    Ok(n)
}

pub(crate) fn insert_ladder(c: &Conn, use_case: UseCaseId, epoch_n: i64, laid: &Laid, now: Millis) -> Result<()> {
    c.execute(
        "INSERT INTO ladder (epoch, audience, marks, scores, last_draft, at)
         VALUES ((SELECT id FROM epoch WHERE use_case = ?1 AND n = ?2), ?3, ?4, ?5, ?6, ?7)",
        params![
            use_case.0,
            epoch_n,
            laid.audience.as_str(),
            to_json(&laid.marks),
            i64::try_from(laid.scores).unwrap_or(i64::MAX),
            laid.after.0,
            now.0
        ],
    )?;
    Ok(())
}

/// The ladders of an epoch, by its row's id.
pub(super) fn ladders(c: &Conn, epoch: i64) -> Result<Vec<Laid>> {
    let mut query = c.prepare_cached("SELECT audience, marks, scores, last_draft FROM ladder WHERE epoch = ?1 ORDER BY audience")?;
    let mut rows = query.query([epoch])?;
    let mut all = Vec::new();
    while let Some(r) = rows.next()? {
        all.push(Laid {
            audience: super::use_case::audience(&r.get::<_, String>(0)?)?,
            marks: from_json("ladder.marks", &r.get::<_, String>(1)?)?,
            scores: r.get::<_, i64>(2)?.unsigned_abs(),
            after: DraftId(r.get(3)?),
        });
    }
    Ok(all)
}
