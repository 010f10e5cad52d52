//! The model files that this machine knows.

use flow::library::{self, measure, memory, portrait};
use serde::Serialize;
use specta::Type;
use specta_typescript::Number;

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

/// What a model is, in classes that the page has words for.
#[derive(Debug, Clone, PartialEq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct Portrait {
    pub family: String,
    pub size: ModelSize,
    pub precision: Precision,
    #[specta(type = Number)]
    pub bits_per_weight: f64,
    /// Printed pages that prompt and answer may fill together.
    pub pages: u32,
    pub licence: Licence,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "lowercase")]
pub enum ModelSize {
    Tiny,
    Small,
    Medium,
    Large,
    Huge,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "lowercase")]
pub enum Precision {
    Full,
    Fine,
    Good,
    Usual,
    Coarse,
    Unknown,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "snake_case")]
pub enum Licence {
    Free,
    Reciprocal,
    Own,
    NonCommercial,
    Other,
    Unknown,
}

impl From<portrait::Portrait> for Portrait {
    fn from(p: portrait::Portrait) -> Self {
        use portrait::{Licence as L, Precision as P, Size as S};
        Self {
            family: p.family,
            size: match p.size {
                S::Tiny => ModelSize::Tiny,
                S::Small => ModelSize::Small,
                S::Medium => ModelSize::Medium,
                S::Large => ModelSize::Large,
                S::Huge => ModelSize::Huge,
            },
            precision: match p.precision {
                P::Full => Precision::Full,
                P::Fine => Precision::Fine,
                P::Good => Precision::Good,
                P::Usual => Precision::Usual,
                P::Coarse => Precision::Coarse,
                P::Unknown => Precision::Unknown,
            },
            bits_per_weight: p.bits_per_weight,
            pages: p.pages,
            licence: match p.licence {
                L::Free => Licence::Free,
                L::Reciprocal => Licence::Reciprocal,
                L::Own => Licence::Own,
                L::NonCommercial => Licence::NonCommercial,
                L::Other => Licence::Other,
                L::Unknown => Licence::Unknown,
            },
        }
    }
}

/// The memory that a model is expected to take while it drafts, bytes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct Memory {
    pub total: u64,
    pub weights: u64,
    pub kv: u64,
    pub rest: u64,
    /// Texts at once, and how long each may get.
    pub sequences: u32,
    pub tokens: u32,
    /// Whether use cases and drafts said how long texts get.
    pub lengths_known: bool,
    /// Whether the file said how large keys and values are.
    pub shape_known: bool,
    /// Free on this machine now; null where the system does not say.
    pub free: Option<u64>,
}

impl From<memory::Estimate> for Memory {
    fn from(e: memory::Estimate) -> Self {
        Self {
            total: e.total(),
            weights: e.weights,
            kv: e.kv,
            rest: e.rest,
            sequences: memory::SEQUENCES,
            tokens: e.tokens,
            lengths_known: e.lengths_known,
            shape_known: e.shape_known,
            free: flow::machine::free_memory(),
        }
    }
}

/// What a short run on this machine came to.
#[derive(Debug, Clone, PartialEq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct Measured {
    pub at: i64,
    pub load_ms: u64,
    pub prompt_tokens: u32,
    #[specta(type = Number)]
    pub ttft_ms: f64,
    pub answer_tokens: u32,
    #[specta(type = Number)]
    pub tokens_per_second: f64,
    /// Drafts at once.
    pub together: u32,
    /// Of one of them, on average.
    pub together_answer_tokens: u32,
    #[specta(type = Number)]
    pub together_tokens_per_second: f64,
    #[specta(type = Number)]
    pub drafts_per_minute: f64,
    pub peak_bytes: Option<u64>,
}

impl Measured {
    fn of(at: flow::Millis, m: &measure::Measured) -> Self {
        Self {
            at: at.0,
            load_ms: m.load_ms,
            prompt_tokens: m.prompt_tokens,
            ttft_ms: m.ttft_ms,
            answer_tokens: m.answer_tokens,
            tokens_per_second: m.tokens_per_second,
            together: m.together,
            together_answer_tokens: m.together_tokens / m.together.max(1),
            together_tokens_per_second: m.together_tokens_per_second(),
            drafts_per_minute: m.drafts_per_minute(),
            peak_bytes: m.peak_bytes,
        }
    }
}

/// The last look whether a file is still the same.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Type)]
pub struct Checked {
    pub at: i64,
    pub same: bool,
    /// What was found.
    pub sha256: String,
}

#[derive(Debug, Clone, PartialEq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct Model {
    pub id: i64,
    pub source: ModelSource,
    pub path: String,
    pub facts: ModelFacts,
    pub portrait: Portrait,
    pub memory: Memory,
    pub added_at: i64,
    /// Where it was downloaded from.
    pub origin: Option<String>,
    pub checked: Option<Checked>,
    pub measured: Option<Measured>,
    /// Null when usable; else a sentence.
    pub trouble: Option<String>,
    pub used_by: Vec<String>,
    /// Whether its file may be deleted with it.
    pub deletable: bool,
}

impl Model {
    pub fn of(model: library::Model, memory: memory::Estimate) -> Self {
        Self {
            id: model.id.0,
            source: match model.source {
                library::ModelSource::Starter => ModelSource::Starter,
                library::ModelSource::Imported => ModelSource::Imported,
            },
            portrait: portrait::Portrait::of(&model.facts).into(),
            memory: memory.into(),
            trouble: model.trouble().map(|words| super::error::sentence(&words)),
            deletable: model.is_deletable(),
            path: model.path.display().to_string(),
            checked: model.checked.as_ref().map(|checked| Checked {
                at: checked.at.0,
                same: !model.is_altered(),
                sha256: checked.sha256.clone(),
            }),
            measured: model.measured.as_ref().map(|(at, measured)| Measured::of(*at, measured)),
            facts: model.facts.into(),
            added_at: model.added_at.0,
            origin: model.origin,
            used_by: model.used_by,
        }
    }
}

/// A file that is no model of ours yet.
#[derive(Debug, Clone, PartialEq, Serialize, Type)]
pub struct ModelLook {
    pub facts: ModelFacts,
    pub portrait: Portrait,
    pub memory: Memory,
}

/// What a job on a model is at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "lowercase")]
pub enum ModelStep {
    /// Reading the whole file.
    Reading,
    Loading,
    /// One draft by itself.
    Alone,
    /// Several drafts at once.
    Together,
    /// Waiting for the hub.
    Asking,
    Receiving,
}

#[derive(Debug, Clone, PartialEq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct ModelProgress {
    pub step: ModelStep,
    /// Bytes, or tokens; null where there is nothing to count.
    pub done: Option<u64>,
    pub total: Option<u64>,
    #[specta(type = Number)]
    pub per_second: f64,
}

/// What to download from the hub.
#[derive(Debug, Clone, PartialEq, Eq, serde::Deserialize, Type)]
pub struct HubWanted {
    /// owner/repository/file.gguf
    pub name: String,
    pub revision: Option<String>,
    pub sha256: Option<String>,
}

/// A download that was begun and not ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Type)]
pub struct HubUnfinished {
    pub name: String,
    pub revision: String,
    pub done: u64,
    pub total: u64,
}

impl From<hub::Unfinished> for HubUnfinished {
    fn from(u: hub::Unfinished) -> Self {
        Self { name: u.name.to_string(), revision: u.name.revision, done: u.done, total: u.total }
    }
}
