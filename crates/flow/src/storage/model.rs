//! Table `model`.

use super::{Conn, from_json, to_json};
use crate::clock::Millis;
use crate::error::{Error, Result};
use crate::id::ModelId;
use crate::library::measure::Measured;
use crate::library::memory::Lengths;
use crate::library::{Checked, Model, ModelSource};
use crate::model::ModelFacts;
use rusqlite::{OptionalExtension, Row, params};
use std::path::{Path, PathBuf};

const MODEL: &str = "SELECT m.id, m.source, m.path, m.facts, m.added_at,
  (SELECT json_group_array(u.name) FROM use_case u JOIN drafter_version d ON d.id = u.drafter_version WHERE d.model = m.id),
  m.origin, m.checked_at, m.checked_sha256, m.measured_at, m.measured
  FROM model m";

fn model(r: &Row<'_>) -> Result<Model> {
    let checked: (Option<i64>, Option<String>) = (r.get(7)?, r.get(8)?);
    let measured: (Option<i64>, Option<String>) = (r.get(9)?, r.get(10)?);
    Ok(Model {
        id: ModelId(r.get(0)?),
        source: if r.get_ref(1)?.as_str() == Ok("starter") { ModelSource::Starter } else { ModelSource::Imported },
        path: PathBuf::from(r.get::<_, String>(2)?),
        facts: from_json("model.facts", &r.get::<_, String>(3)?)?,
        added_at: Millis(r.get(4)?),
        origin: r.get(6)?,
        checked: match checked {
            (Some(at), Some(sha256)) => Some(Checked { at: Millis(at), sha256 }),
            (_, _) => None,
        },
        measured: match measured {
            // One of another version is measured again.
            (Some(at), Some(json)) => serde_json::from_str::<Measured>(&json).ok().map(|measured| (Millis(at), measured)),
            (_, _) => None,
        },
        used_by: from_json("use cases", &r.get::<_, String>(5)?)?,
    })
}

pub(crate) fn get(c: &Conn, id: ModelId) -> Result<Model> {
    let mut query = c.prepare_cached(&format!("{MODEL} WHERE m.id = ?1"))?;
    let mut rows = query.query([id.0])?;
    rows.next()?.map(model).ok_or_else(|| Error::NotFound { what: "model", id: id.to_string() })?
}

/// Those not removed, oldest first.
pub(crate) fn list(c: &Conn) -> Result<Vec<Model>> {
    let mut query = c.prepare_cached(&format!("{MODEL} WHERE m.removed_at IS NULL ORDER BY m.id"))?;
    let mut rows = query.query([])?;
    let mut models = Vec::new();
    while let Some(r) = rows.next()? {
        models.push(model(r)?);
    }
    Ok(models)
}

pub(crate) fn id_by_sha256(c: &Conn, sha256: &str) -> Result<Option<ModelId>> {
    Ok(c.query_row("SELECT id FROM model WHERE sha256 = ?1 AND removed_at IS NULL", [sha256], |r| r.get(0).map(ModelId)).optional()?)
}

/// Adds a model, or finds the one with this content under its new place, where it was read just now.
pub(crate) fn put(c: &Conn, facts: &ModelFacts, path: &Path, source: ModelSource, origin: Option<&str>, now: Millis) -> Result<ModelId> {
    let source = match source {
        ModelSource::Starter => "starter",
        ModelSource::Imported => "imported",
    };
    let id = c.query_row(
        "INSERT INTO model (sha256, path, source, facts, added_at, origin) VALUES (?1, ?2, ?3, ?4, ?5, ?6)
         ON CONFLICT (sha256) DO UPDATE SET path = excluded.path, facts = excluded.facts, removed_at = NULL,
           origin = coalesce(excluded.origin, origin), checked_at = NULL, checked_sha256 = NULL, checked_stamp = NULL RETURNING id",
        params![facts.sha256, path.to_string_lossy(), source, to_json(facts), now.0, origin],
        |r| r.get(0),
    )?;
    Ok(ModelId(id))
}

pub(crate) fn remove(c: &Conn, id: ModelId, now: Millis) -> Result<()> {
    let rows = c.execute("UPDATE model SET removed_at = ?2 WHERE id = ?1 AND removed_at IS NULL", params![id.0, now.0])?;
    super::expect_one(rows, || format!("model {id}"))
}

pub(crate) fn set_checked(c: &Conn, id: ModelId, sha256: &str, now: Millis) -> Result<()> {
    let rows = c.execute(
        "UPDATE model SET checked_at = ?2, checked_sha256 = ?3 WHERE id = ?1 AND removed_at IS NULL",
        params![id.0, now.0, sha256],
    )?;
    super::expect_one(rows, || format!("model {id}"))
}

/// How the file looked when it was last read because it looked changed.
pub(crate) fn checked_stamp(c: &Conn, id: ModelId) -> Result<Option<String>> {
    Ok(c.query_row("SELECT checked_stamp FROM model WHERE id = ?1", [id.0], |r| r.get(0))?)
}

pub(crate) fn set_checked_stamp(c: &Conn, id: ModelId, stamp: &str) -> Result<()> {
    let rows = c.execute("UPDATE model SET checked_stamp = ?2 WHERE id = ?1", params![id.0, stamp])?;
    super::expect_one(rows, || format!("model {id}"))
}

pub(crate) fn set_measured(c: &Conn, id: ModelId, measured: &Measured, now: Millis) -> Result<()> {
    let rows = c.execute(
        "UPDATE model SET measured_at = ?2, measured = ?3 WHERE id = ?1 AND removed_at IS NULL",
        params![id.0, now.0, to_json(measured)],
    )?;
    super::expect_one(rows, || format!("model {id}"))
}

/// How long the texts are that a model works on: the longest prompt among the last drafts, the longest answer that its
/// use cases allow.
pub(crate) fn lengths(c: &Conn, id: ModelId) -> Result<Lengths> {
    let prompt = c.query_row(
        "SELECT max(prompt_tokens) FROM (SELECT prompt_tokens, drafter_version FROM draft ORDER BY id DESC LIMIT 500)
         WHERE drafter_version IN (SELECT id FROM drafter_version WHERE model = ?1)",
        [id.0],
        |r| r.get(0),
    )?;
    let answer = c.query_row(
        "SELECT max(v.sampling ->> '$.max_tokens') FROM use_case u JOIN drafter_version v ON v.id = u.drafter_version WHERE v.model = ?1",
        [id.0],
        |r| r.get(0),
    )?;
    Ok(Lengths { prompt, answer })
}
