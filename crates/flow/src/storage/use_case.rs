//! Tables `use_case`, `prompt`, `drafter_version`, `item_count`.

use super::level_move::level;
use super::{Conn, expect_one, from_json, to_json, word};
use crate::clock::Millis;
use crate::error::{Error, Result};
use crate::id::{DrafterVersionId, ModelId, UseCaseId};
use crate::item::State;
use crate::model::Sampling;
use crate::output::{Output, OutputKind};
use crate::report::Drafter;
use crate::use_case::{Audience, DrafterVersion, Level, StateCounts, UseCase, UseCaseInput};
use rusqlite::{OptionalExtension, Row, params};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The columns `sampling`: how an output is drawn, and what it is held to. A text says nothing of that, so that rows from before there
/// were other kinds read, and compare, as they always did.
#[derive(Serialize, Deserialize)]
pub(super) struct Drawn {
    #[serde(flatten)]
    pub(super) sampling: Sampling,
    #[serde(default, skip_serializing_if = "Output::is_text")]
    pub(super) output: Output,
}

/// The kind of output as it stands there; a text says nothing.
pub(super) fn output_kind(kind: Option<String>) -> Result<OutputKind> {
    kind.map_or(Ok(OutputKind::Text), |kind| word("drafter_version.sampling", &kind, &OutputKind::ALL, OutputKind::as_str))
}

fn drawn(sampling: &Sampling, output: &Output) -> String {
    to_json(&Drawn { sampling: sampling.clone(), output: output.clone() })
}

pub(super) fn audience(text: &str) -> Result<Audience> {
    word("audience", text, &[Audience::Internal, Audience::External], Audience::as_str)
}

const USE_CASE: &str =
    "SELECT u.id, u.name, u.guidelines, u.audience, u.reasons, u.threshold, u.check_share, u.level, u.sampling, u.is_sample,
  p.system_prompt, p.template, d.id, d.n, dp.n, d.model, json_extract(m.facts, '$.name'), u.threshold_by
  FROM use_case u JOIN prompt p ON p.id = u.prompt
  LEFT JOIN drafter_version d ON d.id = u.drafter_version LEFT JOIN prompt dp ON dp.id = d.prompt LEFT JOIN model m ON m.id = d.model";

fn use_case(c: &Conn, r: &Row<'_>) -> Result<UseCase> {
    let id = UseCaseId(r.get(0)?);
    let Drawn { sampling, output } = from_json("use_case.sampling", &r.get::<_, String>(8)?)?;
    let (system_prompt, template): (String, String) = (r.get(10)?, r.get(11)?);
    let model = r.get::<_, Option<i64>>(15)?.map(ModelId);
    let drafter_version = match (r.get::<_, Option<i64>>(12)?, model) {
        (Some(version), Some(model)) => Some(DrafterVersion {
            id: DrafterVersionId(version),
            n: r.get(13)?,
            prompt_n: r.get(14)?,
            model,
            system_prompt: system_prompt.clone(),
            template: template.clone(),
            sampling: sampling.clone(),
            output: output.clone(),
        }),
        (_, _) => None,
    };
    let input = UseCaseInput {
        name: r.get(1)?,
        guidelines: r.get(2)?,
        audience: audience(&r.get::<_, String>(3)?)?,
        reasons: from_json("use_case.reasons", &r.get::<_, String>(4)?)?,
        threshold: r.get(5)?,
        check_share: r.get(6)?,
        system_prompt,
        template,
        sampling,
        output,
        model,
        sinks: super::sink::of_use_case(c, id)?,
    };
    Ok(UseCase {
        id,
        level: level(&r.get::<_, String>(7)?)?,
        model_name: r.get(16)?,
        is_sample: r.get(9)?,
        threshold_by: super::confidence::threshold_by(&r.get::<_, String>(17)?)?,
        counts: counts(c, id)?,
        input,
        drafter_version,
    })
}

pub(crate) fn list(c: &Conn) -> Result<Vec<UseCase>> {
    let mut query = c.prepare_cached(&format!("{USE_CASE} ORDER BY u.id"))?;
    let mut rows = query.query([])?;
    let mut all = Vec::new();
    while let Some(r) = rows.next()? {
        all.push(use_case(c, r)?);
    }
    Ok(all)
}

pub(crate) fn get(c: &Conn, id: UseCaseId) -> Result<UseCase> {
    let mut query = c.prepare_cached(&format!("{USE_CASE} WHERE u.id = ?1"))?;
    let mut rows = query.query([id.0])?;
    let row = rows.next()?.ok_or_else(|| Error::NotFound { what: "use case", id: id.to_string() })?;
    use_case(c, row)
}

pub(crate) fn name(c: &Conn, id: UseCaseId) -> Result<String> {
    Ok(c.prepare_cached("SELECT name FROM use_case WHERE id = ?1")?.query_row([id.0], |r| r.get(0))?)
}

/// A use case by its name, and whom its outputs are for.
pub(crate) fn audience_by_name(c: &Conn, name: &str) -> Result<Option<(UseCaseId, Audience)>> {
    let mut query = c.prepare_cached("SELECT id, audience FROM use_case WHERE name = ?1")?;
    let found: Option<(i64, String)> = query.query_row([name], |r| Ok((r.get(0)?, r.get(1)?))).optional()?;
    found.map(|(id, to)| Ok((UseCaseId(id), audience(&to)?))).transpose()
}

pub(crate) fn created_at(c: &Conn, id: UseCaseId) -> Result<Millis> {
    Ok(Millis(c.query_row("SELECT created_at FROM use_case WHERE id = ?1", [id.0], |r| r.get(0))?))
}

/// How often the rule has lowered the level.
pub(crate) fn falls(c: &Conn, id: UseCaseId) -> Result<i64> {
    Ok(c.prepare_cached("SELECT falls FROM use_case WHERE id = ?1")?.query_row([id.0], |r| r.get(0))?)
}

pub(crate) fn fell(c: &Conn, id: UseCaseId) -> Result<()> {
    let rows = c.execute("UPDATE use_case SET falls = falls + 1 WHERE id = ?1", [id.0])?;
    expect_one(rows, || format!("the falls of use case {id}"))
}

/// Hours until an audit is due.
pub(crate) fn audit_due_hours(c: &Conn, id: UseCaseId) -> Result<u32> {
    Ok(c.prepare_cached("SELECT audit_due_hours FROM use_case WHERE id = ?1")?.query_row([id.0], |r| r.get(0))?)
}

/// Whether people were told of the audits that are overdue.
pub(crate) fn overdue_told(c: &Conn, id: UseCaseId) -> Result<bool> {
    Ok(c.prepare_cached("SELECT overdue_told FROM use_case WHERE id = ?1")?.query_row([id.0], |r| r.get(0))?)
}

pub(crate) fn set_overdue_told(c: &Conn, id: UseCaseId, told: bool) -> Result<()> {
    let rows = c.execute("UPDATE use_case SET overdue_told = ?2 WHERE id = ?1", params![id.0, told])?;
    expect_one(rows, || format!("use case {id}"))
}

pub(crate) fn set_audits(c: &Conn, id: UseCaseId, share: f64, due_hours: u32) -> Result<()> {
    let rows = c.execute("UPDATE use_case SET check_share = ?2, audit_due_hours = ?3 WHERE id = ?1", params![id.0, share, due_hours])?;
    expect_one(rows, || format!("the audits of use case {id}"))
}

pub(crate) fn id_by_name(c: &Conn, name: &str) -> Result<Option<UseCaseId>> {
    Ok(c.query_row("SELECT id FROM use_case WHERE name = ?1", [name], |r| r.get(0).map(UseCaseId)).optional()?)
}

pub(crate) fn sample_id(c: &Conn) -> Result<Option<UseCaseId>> {
    Ok(c.query_row("SELECT id FROM use_case WHERE is_sample = 1", [], |r| r.get(0).map(UseCaseId)).optional()?)
}

pub(crate) fn insert(c: &Conn, input: &UseCaseInput, is_sample: bool, now: Millis) -> Result<UseCaseId> {
    c.execute(
        "INSERT INTO use_case (name, guidelines, audience, reasons, threshold, check_share, sampling, is_sample, created_at, updated_at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?9)",
        params![
            input.name.trim(),
            input.guidelines,
            input.audience.as_str(),
            to_json(&input.reasons),
            input.threshold,
            input.check_share,
            drawn(&input.sampling, &input.output),
            is_sample,
            now.0
        ],
    )?;
    Ok(UseCaseId(c.last_insert_rowid()))
}

pub(crate) fn update(c: &Conn, id: UseCaseId, input: &UseCaseInput, now: Millis) -> Result<()> {
    let rows = c.execute(
        "UPDATE use_case SET name = ?2, guidelines = ?3, audience = ?4, reasons = ?5, threshold = ?6, check_share = ?7, sampling = ?8, updated_at = ?9 WHERE id = ?1",
        params![id.0, input.name.trim(), input.guidelines, input.audience.as_str(), to_json(&input.reasons), input.threshold, input.check_share, drawn(&input.sampling, &input.output), now.0],
    )?;
    if rows == 1 { Ok(()) } else { Err(Error::NotFound { what: "use case", id: id.to_string() }) }
}

/// The version of these words, made when they are new.
pub(crate) fn prompt_version(c: &Conn, id: UseCaseId, system_prompt: &str, template: &str, now: Millis) -> Result<i64> {
    c.execute(
        "INSERT INTO prompt (use_case, n, system_prompt, template, created_at)
         SELECT ?1, 1 + coalesce((SELECT max(n) FROM prompt WHERE use_case = ?1), 0), ?2, ?3, ?4 WHERE true ON CONFLICT DO NOTHING",
        params![id.0, system_prompt, template, now.0],
    )?;
    Ok(c.query_row(
        "SELECT id FROM prompt WHERE use_case = ?1 AND system_prompt = ?2 AND template = ?3",
        params![id.0, system_prompt, template],
        |r| r.get(0),
    )?)
}

/// The version of exactly this model, prompt, sampling and kind of output, made when it is new.
pub(crate) fn drafter_version(
    c: &Conn,
    id: UseCaseId,
    model: ModelId,
    prompt: i64,
    (sampling, output): (&Sampling, &Output),
    now: Millis,
) -> Result<DrafterVersionId> {
    let sampling = drawn(sampling, output);
    c.execute(
        "INSERT INTO drafter_version (use_case, n, model, prompt, sampling, created_at)
         SELECT ?1, 1 + coalesce((SELECT max(n) FROM drafter_version WHERE use_case = ?1), 0), ?2, ?3, ?4, ?5 WHERE true ON CONFLICT DO NOTHING",
        params![id.0, model.0, prompt, sampling, now.0],
    )?;
    let version = c.query_row(
        "SELECT id FROM drafter_version WHERE use_case = ?1 AND model = ?2 AND prompt = ?3 AND sampling = ?4",
        params![id.0, model.0, prompt, sampling],
        |r| r.get(0),
    )?;
    Ok(DrafterVersionId(version))
}

pub(crate) fn set_drafter(c: &Conn, id: UseCaseId, prompt: i64, version: Option<DrafterVersionId>) -> Result<()> {
    c.execute("UPDATE use_case SET prompt = ?2, drafter_version = ?3 WHERE id = ?1", params![id.0, prompt, version.map(|v| v.0)])?;
    Ok(())
}

/// What drafts for a use case now.
pub(crate) fn current_drafter_version(c: &Conn, id: UseCaseId) -> Result<DrafterVersion> {
    get(c, id)?.drafter_version.ok_or_else(|| Error::invalid("model", "none", "a model that drafts for this use case"))
}

/// What a drafter version is made of; it never changes.
pub(crate) fn drafter(c: &Conn, id: DrafterVersionId) -> Result<Drafter> {
    let mut query = c.prepare_cached(include_str!("use_case/drafter.sql"))?;
    let mut rows = query.query([id.0])?;
    let r = rows.next()?.ok_or_else(|| Error::NotFound { what: "drafter version", id: id.to_string() })?;
    let Drawn { sampling, output } = from_json("drafter_version.sampling", &r.get::<_, String>(4)?)?;
    Ok(Drafter { n: r.get(0)?, model: r.get(1)?, sha256: r.get(2)?, prompt_n: r.get(3)?, sampling, output })
}

pub(crate) fn set_level(c: &Conn, id: UseCaseId, from: Level, to: Level, now: Millis) -> Result<()> {
    let rows = c.execute(
        "UPDATE use_case SET level = ?3, updated_at = ?4 WHERE id = ?1 AND level = ?2",
        params![id.0, from.as_str(), to.as_str(), now.0],
    )?;
    expect_one(rows, || format!("the level of use case {id}"))
}

fn counts(c: &Conn, id: UseCaseId) -> Result<StateCounts> {
    let mut query = c.prepare_cached("SELECT state, n FROM item_count WHERE use_case = ?1")?;
    let mut rows = query.query([id.0])?;
    let mut counts = BTreeMap::new();
    while let Some(r) = rows.next()? {
        counts.insert(word("item_count.state", &r.get::<_, String>(0)?, &State::ALL, State::as_str)?.as_str(), r.get(1)?);
    }
    Ok(StateCounts(counts))
}
