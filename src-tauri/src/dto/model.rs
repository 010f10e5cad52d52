//! The model files that this machine knows.

use flow::library;
use serde::Serialize;
use specta::Type;

/// What a model file says of itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct ModelFacts {
    pub sha256: String,
    pub bytes: u64,
    pub name: String,
    pub architecture: String,
    pub parameters: u64,
    pub quantisation: String,
    /// Longest prompt plus output, tokens.
    pub context: u32,
    pub vocabulary: u32,
    pub chat_template: Option<String>,
    pub license: Option<String>,
}

impl From<flow::model::ModelFacts> for ModelFacts {
    fn from(f: flow::model::ModelFacts) -> Self {
        Self {
            sha256: f.sha256,
            bytes: f.bytes,
            name: f.name,
            architecture: f.architecture,
            parameters: f.parameters,
            quantisation: f.quantisation,
            context: f.context,
            vocabulary: f.vocabulary,
            chat_template: f.chat_template,
            license: f.license,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "lowercase")]
pub enum ModelSource {
    Starter,
    Imported,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct Model {
    pub id: i64,
    pub source: ModelSource,
    pub path: String,
    pub facts: ModelFacts,
    pub added_at: i64,
    /// Null when usable; else a sentence.
    pub trouble: Option<String>,
    pub used_by: Vec<String>,
}

impl From<library::Model> for Model {
    fn from(model: library::Model) -> Self {
        Self {
            id: model.id.0,
            source: match model.source {
                library::ModelSource::Starter => ModelSource::Starter,
                library::ModelSource::Imported => ModelSource::Imported,
            },
            trouble: model.trouble().map(|words| super::error::sentence(&words)),
            path: model.path.display().to_string(),
            facts: model.facts.into(),
            added_at: model.added_at.0,
            used_by: model.used_by,
        }
    }
}
