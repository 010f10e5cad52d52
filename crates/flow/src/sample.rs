//! The sample: a use case, its requests and the starter model, as files beside the program.

use crate::desk::Desk;
use crate::error::{Error, Result};
use crate::id::UseCaseId;
use crate::intake;
use crate::library::{Model, ModelSource};
use crate::model::{Cancel, Drafter, Sampling};
use crate::output::Output;
use crate::settings::{Person, PersonRole};
use crate::storage;
use crate::use_case::{self, Audience, RejectReason, Sink, SinkKind, UseCaseInput};
use serde::Deserialize;
use std::path::PathBuf;

/// The folder `models/starter`.
#[derive(Debug, Clone)]
pub struct Sample {
    pub folder: PathBuf,
}

/// The language that the sample's words for people are wanted in. Its requests are English either way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SampleLanguage {
    English,
    Korean,
}

#[derive(Deserialize)]
struct SampleFile {
    name: String,
    name_ko: String,
    guidelines: String,
    guidelines_ko: String,
    system_prompt: String,
    prompt_template: String,
    audience: Audience,
    sampling: SamplingFile,
    reject_reasons: Vec<ReasonFile>,
    #[serde(default = "default_threshold")]
    threshold: f64,
}

#[derive(Deserialize)]
struct ReasonFile {
    code: String,
    label: String,
    label_ko: String,
}

#[derive(Deserialize)]
struct SamplingFile {
    temperature: f32,
    top_k: u32,
    top_p: f32,
    min_p: f32,
    repeat_penalty: f32,
    max_tokens: u32,
}

fn default_threshold() -> f64 {
    0.9
}

impl Sample {
    pub fn use_case_file(&self) -> PathBuf {
        self.folder.join("sample").join("use_case.json")
    }

    pub fn requests_file(&self) -> PathBuf {
        self.folder.join("sample").join("requests.jsonl")
    }

    /// The starter model: the one GGUF in the folder.
    pub fn model_file(&self) -> Option<PathBuf> {
        let mut found: Vec<PathBuf> = std::fs::read_dir(&self.folder)
            .ok()?
            .filter_map(|entry| Some(entry.ok()?.path()))
            .filter(|p| p.extension().is_some_and(|e| e == "gguf"))
            .collect();
        found.sort();
        found.into_iter().next()
    }

    /// Whether all of it is there.
    pub fn is_available(&self) -> bool {
        self.use_case_file().is_file() && self.requests_file().is_file() && self.model_file().is_some()
    }

    fn read(&self) -> Result<SampleFile> {
        let path = self.use_case_file();
        let text = std::fs::read_to_string(&path).map_err(Error::file(&path, "read"))?;
        serde_json::from_str(&text).map_err(|e| Error::invalid(path.display().to_string(), e, "the description of a use case"))
    }
}

impl Desk {
    /// Creates the sample use case with its model and requests, or finds the one that is there.
    ///
    /// # Errors
    /// [`Error::File`], [`Error::Model`] with what is missing or broken; nothing is half created that a second call
    /// would not complete.
    pub fn install_sample(&self, drafter: &dyn Drafter, sample: &Sample, language: SampleLanguage, person: &Person) -> Result<UseCaseId> {
        let file = sample.read()?;
        let model =
            sample.model_file().ok_or_else(|| crate::model::ModelError::Missing { path: sample.folder.join("gait-starter-q8_0.gguf") })?;
        let model = self.add_model(drafter, &model, ModelSource::Starter, person)?;
        let korean = language == SampleLanguage::Korean;
        let id = match self.read(storage::use_case::sample_id)? {
            Some(id) => id,
            None => {
                let input = UseCaseInput {
                    name: if korean { file.name_ko } else { file.name },
                    guidelines: if korean { file.guidelines_ko } else { file.guidelines },
                    system_prompt: file.system_prompt,
                    template: file.prompt_template,
                    audience: file.audience,
                    sampling: Sampling {
                        temperature: file.sampling.temperature,
                        top_k: file.sampling.top_k,
                        top_p: file.sampling.top_p,
                        min_p: file.sampling.min_p,
                        repeat_penalty: file.sampling.repeat_penalty,
                        max_tokens: file.sampling.max_tokens,
                        stop: Vec::new(),
                    },
                    output: Output::Text,
                    model: Some(model.id),
                    reasons: file
                        .reject_reasons
                        .into_iter()
                        .map(|r| RejectReason { code: r.code, label: if korean { r.label_ko } else { r.label } })
                        .collect(),
                    sinks: vec![
                        Sink {
                            kind: SinkKind::Outbox,
                            path: self.folder().join("outbox").join("sample.jsonl").display().to_string(),
                            audience: None,
                        },
                        Sink {
                            kind: SinkKind::Folder,
                            path: self.folder().join("outbox").join("sample").display().to_string(),
                            audience: None,
                        },
                    ],
                    threshold: file.threshold,
                    check_share: 0.1,
                };
                self.transact(|c, now, changes| use_case::save(c, now, changes, person, None, &input, true))?.id
            }
        };
        let source = intake::Source::of(sample.requests_file());
        let mapping = intake::preview(&source)?.mapping;
        self.import(id, &source, &mapping, person, &Cancel::default(), &mut |_| {})?;
        Ok(id)
    }

    /// Moves the sample to the starter model that ships with this version of Gait, where it still names one that can draft
    /// no more: a newer file lies in its place, or its place is gone. What failed meanwhile is tried again. Gives whether
    /// it moved.
    ///
    /// # Errors
    /// [`Error::Model`] with what is wrong with the new file; those of the database.
    pub fn renew_starter(&self, drafter: &dyn Drafter, sample: &Sample) -> Result<bool> {
        let (Some(id), Some(path)) = (self.read(storage::use_case::sample_id)?, sample.model_file()) else { return Ok(false) };
        let mut input = self.use_case(id)?.input;
        let Some(old) = input.model.map(|model| self.read(|c| storage::model::get(c, model))).transpose()? else { return Ok(false) };
        if old.source != ModelSource::Starter || (old.trouble().is_none() && !was_replaced(&old)) {
            return Ok(false);
        }
        let gait = Person { name: "gait".into(), role: PersonRole::Admin };
        let new = self.add_model(drafter, &path, ModelSource::Starter, &gait)?;
        if new.id != old.id {
            input.model = Some(new.id);
            self.save_use_case(&gait, Some(id), &input)?;
        }
        self.retry_failed(&gait, id)?;
        Ok(true)
    }
}

/// Whether a model's file was written after the model was added.
fn was_replaced(model: &Model) -> bool {
    let written = std::fs::metadata(&model.path).and_then(|file| file.modified()).ok();
    let since = written.and_then(|at| at.duration_since(std::time::UNIX_EPOCH).ok());
    since.is_some_and(|since| i64::try_from(since.as_millis()).is_ok_and(|at| at > model.added_at.0))
}

/// Where the bundled models lie: the folder named by `GAIT_MODELS`, else `models` beside the program or above it.
pub fn bundled_models() -> Option<PathBuf> {
    if let Some(named) = std::env::var_os("GAIT_MODELS") {
        return Some(PathBuf::from(named));
    }
    let program = std::env::current_exe().ok()?;
    program.ancestors().skip(1).take(4).map(|folder| folder.join("models")).find(|models| models.join("starter").is_dir())
}

/// Where Gait keeps its data: the folder named by `GAIT_DATA`, else the one that the system has for it.
///
/// # Errors
/// [`Error::Invalid`] where neither is known.
pub fn data_folder() -> Result<PathBuf> {
    if let Some(named) = std::env::var_os("GAIT_DATA").filter(|n| !n.is_empty()) {
        let named = PathBuf::from(named);
        return std::path::absolute(&named).map_err(Error::file(named, "found"));
    }
    let from = |key: &str| std::env::var_os(key).filter(|v| !v.is_empty()).map(PathBuf::from);
    from("XDG_DATA_HOME")
        .or_else(|| from("LOCALAPPDATA"))
        .or_else(|| {
            from("HOME")
                .map(|home| if cfg!(target_os = "macos") { home.join("Library/Application Support") } else { home.join(".local/share") })
        })
        .map(|base| base.join("gait"))
        .ok_or_else(|| Error::invalid("data folder", "neither GAIT_DATA nor HOME is set", "a folder to keep the data in"))
}
