//! The model files that this machine knows: what each is ([`portrait`]), what it needs ([`memory`]) and what it does here
//! ([`measure`]).
//!
//! Invariant: a model is its content; the same file under another name is the same model. A file is deleted only when a
//! person asked for it, it is still that model, and nothing else needs it.

pub mod measure;
pub mod memory;
pub mod portrait;

use crate::clock::Millis;
use crate::desk::Desk;
use crate::error::{Error, Result};
use crate::id::ModelId;
use crate::model::{Cancel, Drafter, ModelError, ModelFacts, ModelFile};
use crate::settings::Person;
use crate::storage;
use measure::Measured;
use memory::{Estimate, Lengths};
use sha2::{Digest, Sha256};
use std::fs::File;
use std::io::Read;
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
    /// Where it was downloaded from.
    pub origin: Option<String>,
    /// The last look whether the file is still the same.
    pub checked: Option<Checked>,
    pub measured: Option<(Millis, Measured)>,
    /// Names of the use cases that draft with it.
    pub used_by: Vec<String>,
}

/// What a look at the whole file found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checked {
    pub at: Millis,
    pub sha256: String,
}

impl Model {
    pub fn file(&self) -> ModelFile {
        ModelFile { path: self.path.clone(), sha256: self.facts.sha256.clone() }
    }

    /// Why it cannot be used at present, in a sentence.
    pub fn trouble(&self) -> Option<String> {
        match std::fs::metadata(&self.path) {
            Ok(m) if m.len() != self.facts.bytes => {
                Some(format!("the file has changed: {} bytes, it had {}; add it again as a new model", m.len(), self.facts.bytes))
            }
            Ok(_) if self.is_altered() => {
                Some("the file is no longer what it was when it was added: put the right one back, or add it again as a new model".into())
            }
            Ok(_) => None,
            Err(e) => Some(Error::file(&self.path, "read")(e).to_string()),
        }
    }

    /// Whether the last look found other content under its name.
    pub fn is_altered(&self) -> bool {
        self.checked.as_ref().is_some_and(|checked| checked.sha256 != self.facts.sha256)
    }

    /// Whether its file may be deleted with it: not what ships with Gait, and not what a use case names.
    pub fn is_deletable(&self) -> bool {
        let bundled = crate::sample::bundled_models().is_some_and(|models| self.path.starts_with(models));
        self.source == ModelSource::Imported && !bundled && self.used_by.is_empty()
    }
}

impl Desk {
    /// # Errors
    /// Those of the database.
    pub fn models(&self) -> Result<Vec<Model>> {
        self.read(storage::model::list)
    }

    /// # Errors
    /// [`Error::NotFound`].
    pub fn model(&self, id: ModelId) -> Result<Model> {
        self.read(|c| storage::model::get(c, id))
    }

    /// Where downloads go.
    pub fn downloads(&self) -> PathBuf {
        self.folder().join("models")
    }

    /// Adds a model file where it lies; one that is known is found again under its new place.
    ///
    /// # Errors
    /// [`Error::Model`] with what the file is; [`Error::NotAllowed`].
    pub fn add_model(&self, drafter: &dyn Drafter, path: &Path, source: ModelSource, person: &Person) -> Result<Model> {
        self.add(drafter, path, source, None, person)
    }

    /// Adds a file that was downloaded just now. One that is no model that Gait can use is deleted again.
    ///
    /// # Errors
    /// As [`Desk::add_model`].
    pub fn add_download(&self, drafter: &dyn Drafter, path: &Path, origin: &str, person: &Person) -> Result<Model> {
        let added = self.add(drafter, path, ModelSource::Imported, Some(origin), person);
        if let Err(Error::Model(ModelError::Unusable { .. })) = &added {
            // Best effort: the sentence is about the model.
            drop(std::fs::remove_file(path));
        }
        added
    }

    fn add(&self, drafter: &dyn Drafter, path: &Path, source: ModelSource, origin: Option<&str>, person: &Person) -> Result<Model> {
        person.must_be_admin("add a model")?;
        let path = std::path::absolute(path).map_err(Error::file(path, "found"))?;
        let facts = drafter.inspect(&path)?;
        self.transact(|c, now, changes| {
            let known = storage::model::id_by_sha256(c, &facts.sha256)?;
            let id = storage::model::put(c, &facts, &path, source, origin, now)?;
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
        self.forget(id, person, "model_removed", |_| Ok(()))?;
        Ok(())
    }

    /// Forgets a model and deletes its file.
    ///
    /// # Errors
    /// [`Error::Invalid`] where the file must stay, with the reason; [`Error::File`] where it could not be deleted: the
    /// model is forgotten all the same; [`Error::NotAllowed`].
    pub fn delete_model(&self, id: ModelId, person: &Person) -> Result<()> {
        person.must_be_admin("delete a model's file")?;
        let others = self.models()?;
        let model = self.forget(id, person, "model_deleted", |model| {
            let stays = |found: &str| Error::invalid("model's file", found, "a file that may be deleted");
            if !model.is_deletable() {
                return Err(stays("it ships with Gait"));
            }
            if others.iter().any(|other| other.id != id && other.path == model.path) {
                return Err(stays("another model lies at the same place"));
            }
            match std::fs::metadata(&model.path) {
                Ok(file) if file.len() == model.facts.bytes && !model.is_altered() => Ok(()),
                Ok(_) => Err(stays("the file has changed since it was added")),
                Err(e) => Err(Error::file(&model.path, "deleted")(e)),
            }
        })?;
        std::fs::remove_file(&model.path).map_err(Error::file(&model.path, "deleted"))?;
        // A folder of ours that is empty now.
        for folder in
            model.path.ancestors().skip(1).take_while(|folder| folder.starts_with(self.downloads()) && **folder != self.downloads())
        {
            if std::fs::remove_dir(folder).is_err() {
                break;
            }
        }
        Ok(())
    }

    fn forget(&self, id: ModelId, person: &Person, event: &'static str, check: impl FnOnce(&Model) -> Result<()>) -> Result<Model> {
        self.transact(|c, now, changes| {
            let model = storage::model::get(c, id)?;
            if !model.used_by.is_empty() {
                return Err(Error::invalid(
                    "model",
                    format!("in use by {}", model.used_by.join(", ")),
                    "a model that no use case drafts with",
                ));
            }
            check(&model)?;
            storage::model::remove(c, id, now)?;
            storage::event::insert(c, now, &person.name, event, None, None, Some(&model.facts.name))?;
            changes.models = true;
            changes.activity = true;
            Ok(model)
        })
    }

    /// Reads the whole file again and keeps whether it is still the same. `tell` hears bytes done and in all.
    ///
    /// # Errors
    /// [`Error::File`]; [`Error::Cancelled`], and nothing is kept.
    pub fn verify_model(&self, id: ModelId, cancel: &Cancel, tell: &mut dyn FnMut(u64, u64)) -> Result<Model> {
        let model = self.model(id)?;
        let sha256 = hash(&model.path, cancel, tell)?;
        self.transact(|c, now, changes| {
            storage::model::set_checked(c, id, &sha256, now)?;
            changes.models = true;
            storage::model::get(c, id)
        })
    }

    /// Keeps a measurement with its model.
    ///
    /// # Errors
    /// [`Error::NotFound`].
    pub fn keep_measurement(&self, id: ModelId, measured: &Measured) -> Result<Model> {
        self.transact(|c, now, changes| {
            storage::model::set_measured(c, id, measured, now)?;
            changes.models = true;
            storage::model::get(c, id)
        })
    }

    /// The memory that a model is expected to take. Reads the beginning of its file.
    ///
    /// # Errors
    /// Those of the database.
    pub fn expected_memory(&self, model: &Model) -> Result<Estimate> {
        let lengths = self.read(|c| storage::model::lengths(c, model.id))?;
        Ok(memory::estimate(&model.facts, memory::kv_bytes_a_token(&model.path), lengths))
    }
}

/// The memory that a file is expected to take that is no model of ours yet.
pub fn expected_memory_of_file(path: &Path, facts: &ModelFacts) -> Estimate {
    memory::estimate(facts, memory::kv_bytes_a_token(path), Lengths::default())
}

/// SHA-256 of a file, lower-case hex.
pub(crate) fn hash(path: &Path, cancel: &Cancel, tell: &mut dyn FnMut(u64, u64)) -> Result<String> {
    let mut file = File::open(path).map_err(Error::file(path, "read"))?;
    let of = file.metadata().map_err(Error::file(path, "read"))?.len();
    let mut hasher = Sha256::new();
    let mut buffer = vec![0; 1 << 20];
    let mut done = 0;
    tell(0, of);
    loop {
        if cancel.is_cancelled() {
            return Err(Error::Cancelled);
        }
        match file.read(&mut buffer) {
            Ok(0) => break,
            Ok(count) => {
                hasher.update(buffer.get(..count).unwrap_or_default());
                done += count as u64;
                tell(done, of);
            }
            Err(e) if e.kind() == std::io::ErrorKind::Interrupted => {}
            Err(e) => return Err(Error::file(path, "read")(e)),
        }
    }
    Ok(hasher.finalize().iter().map(|byte| format!("{byte:02x}")).collect())
}
