//! What an output is, and how probable each label was.

use flow::{Error, model, output};
use serde::{Deserialize, Serialize};
use specta::Type;
use specta_typescript::Number;

/// text: any; labels: one of these, to the letter; json: a JSON text under a schema, which crosses as the text that it is, so that its
/// members keep their order and its numbers their digits.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Output {
    Text,
    Labels { labels: Vec<String> },
    Json { schema: String },
}

impl From<output::Output> for Output {
    fn from(output: output::Output) -> Self {
        match output {
            output::Output::Text => Self::Text,
            output::Output::Labels { labels } => Self::Labels { labels },
            output::Output::Json { schema } => Self::Json { schema: format!("{schema:#}") },
        }
    }
}

impl Output {
    /// As flow wants it.
    ///
    /// # Errors
    /// [`Error::Invalid`] where the schema is no JSON, with the place.
    pub fn into_flow(self) -> flow::Result<output::Output> {
        Ok(match self {
            Self::Text => output::Output::Text,
            Self::Labels { labels } => output::Output::Labels { labels },
            Self::Json { schema } => {
                let read = serde_json::from_str(&schema);
                let schema = read.map_err(|e| Error::Invalid { field: "schema".into(), found: e.to_string(), expected: "JSON".into() })?;
                output::Output::Json { schema }
            }
        })
    }
}

/// How probable a label was, 0–1; those of all labels add up to 1.
#[derive(Debug, Clone, PartialEq, Serialize, Type)]
pub struct LabelScore {
    pub label: String,
    #[specta(type = Number)]
    pub probability: f64,
}

impl From<model::LabelProbability> for LabelScore {
    fn from(score: model::LabelProbability) -> Self {
        Self { label: score.label, probability: f64::from(score.probability) }
    }
}
