//! The model files that this machine knows.
//!
//! Invariant: a model is its content; the same file under another name is the same model.

use crate::clock::Millis;
use crate::desk::Desk;
use crate::error::{Error, Result};
use crate::id::ModelId;
use crate::model::{Drafter, ModelFacts, ModelFile};
use crate::settings::Person;
use crate::storage;
use std::path::{Path, PathBuf};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ModelSource {
    /// Ships with Gait.
    Starter,
    Imported,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Model {
    pub id: ModelId,
    pub source: ModelSource,
    pub path: PathBuf,
    pub facts: ModelFacts,
    pub added_at: Millis,
    /// Names of the use cases that draft with it.
    pub used_by: Vec<String>,
}

impl Model {
    pub fn file(&self) -> ModelFile {
        ModelFile { path: self.path.clone(), sha256: self.facts.sha256.clone() }
    }

    /// Why it cannot be used at present, in a sentence.
    pub fn trouble(&self) -> Option<String> {
        match std::fs::metadata(&self.path) {
            Ok(m) if m.len() == self.facts.bytes => None,
            Ok(m) => Some(format!("the file has changed: {} bytes, it had {}; add it again as a new model", m.len(), self.facts.bytes)),
            Err(e) => Some(Error::file(&self.path, "read")(e).to_string()),
        }
    }
}

impl Desk {
    /// # Errors
    /// Those of the database.
    pub fn models(&self) -> Result<Vec<Model>> {
        self.read(storage::model::list)
    }

    /// Adds a model file where it lies; one that is known is found again under its new place.
    ///
    /// # Errors
    /// [`Error::Model`] with what the file is; [`Error::NotAllowed`].
    pub fn add_model(&self, drafter: &dyn Drafter, path: &Path, source: ModelSource, person: &Person) -> Result<Model> {
        person.must_be_admin("add a model")?;
        let path = std::path::absolute(path).map_err(Error::file(path, "found"))?;
        let facts = drafter.inspect(&path)?;
        self.transact(|c, now, changes| {
            let known = storage::model::id_by_sha256(c, &facts.sha256)?;
            let id = storage::model::put(c, &facts, &path, source, now)?;
            if known.is_none() {
                storage::event::insert(c, now, &person.name, "model_added", None, None, Some(&facts.name))?;
            }
            changes.models = true;
            changes.activity = true;
            storage::model::get(c, id)
        })
    }

    /// Forgets a model that no use case names. The file stays where it is.
    ///
    /// # Errors
    /// [`Error::Invalid`] with who uses it; [`Error::NotAllowed`].
    pub fn remove_model(&self, id: ModelId, person: &Person) -> Result<()> {
        person.must_be_admin("remove a model")?;
        self.transact(|c, now, changes| {
            let model = storage::model::get(c, id)?;
            if !model.used_by.is_empty() {
                return Err(Error::invalid(
                    "model",
                    format!("in use by {}", model.used_by.join(", ")),
                    "a model that no use case drafts with",
                ));
            }
            storage::model::remove(c, id, now)?;
            storage::event::insert(c, now, &person.name, "model_removed", None, None, Some(&model.facts.name))?;
            changes.models = true;
            changes.activity = true;
            Ok(())
        })
    }
}
