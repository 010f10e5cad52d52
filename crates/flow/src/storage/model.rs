//! Table `model`.

use super::{Conn, from_json, to_json};
use crate::clock::Millis;
use crate::error::{Error, Result};
use crate::id::ModelId;
use crate::library::{Model, ModelSource};
use crate::model::ModelFacts;
use rusqlite::{OptionalExtension, Row, params};
use std::path::{Path, PathBuf};

const MODEL: &str = "SELECT m.id, m.source, m.path, m.facts, m.added_at,
  (SELECT json_group_array(u.name) FROM use_case u JOIN drafter_version d ON d.id = u.drafter_version WHERE d.model = m.id)
  FROM model m";

fn model(r: &Row<'_>) -> Result<Model> {
    Ok(Model {
        id: ModelId(r.get(0)?),
        source: if r.get_ref(1)?.as_str() == Ok("starter") { ModelSource::Starter } else { ModelSource::Imported },
        path: PathBuf::from(r.get::<_, String>(2)?),
        facts: from_json("model.facts", &r.get::<_, String>(3)?)?,
        added_at: Millis(r.get(4)?),
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

/// Adds a model, or finds the one with this content under its new place.
pub(crate) fn put(c: &Conn, facts: &ModelFacts, path: &Path, source: ModelSource, now: Millis) -> Result<ModelId> {
    let source = match source {
        ModelSource::Starter => "starter",
        ModelSource::Imported => "imported",
    };
    let id = c.query_row(
        "INSERT INTO model (sha256, path, source, facts, added_at) VALUES (?1, ?2, ?3, ?4, ?5)
         ON CONFLICT (sha256) DO UPDATE SET path = excluded.path, facts = excluded.facts, removed_at = NULL RETURNING id",
        params![facts.sha256, path.to_string_lossy(), source, to_json(facts), now.0],
        |r| r.get(0),
    )?;
    Ok(ModelId(id))
}

pub(crate) fn remove(c: &Conn, id: ModelId, now: Millis) -> Result<()> {
    let rows = c.execute("UPDATE model SET removed_at = ?2 WHERE id = ?1 AND removed_at IS NULL", params![id.0, now.0])?;
    super::expect_one(rows, || format!("model {id}"))
}
