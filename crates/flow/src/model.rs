//! What flow asks of a language model, as traits that `engine` implements and tests script.
//!
//! Invariant: everything a [`Generation`] depends on is in its [`GenerateRequest`]: the same model file, request and
//! seed give the same text.

use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// A model file on this machine, pinned by its content.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct ModelFile {
    pub path: PathBuf,
    /// SHA-256 of the whole file, lower-case hex.
    pub sha256: String,
}

/// What a model file says of itself, read from its metadata without loading the weights.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ModelFacts {
    pub sha256: String,
    /// Size of the file, bytes.
    pub bytes: u64,
    /// `general.name`, or the file's stem.
    pub name: String,
    /// `general.architecture`: llama, qwen2, …
    pub architecture: String,
    /// Number of weights.
    pub parameters: u64,
    /// Quantisation of most of the weights: Q8_0, Q4_K, F16, …
    pub quantisation: String,
    /// Longest prompt plus output, tokens.
    pub context: u32,
    pub vocabulary: u32,
    pub chat_template: Option<String>,
    pub license: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    System,
    User,
    Assistant,
}

/// One turn of a chat.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Message {
    pub role: Role,
    pub content: String,
}

/// How the next token is drawn. Applied in this order: repetition penalty, temperature, top-k, top-p, min-p.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Sampling {
    /// 0 takes the most probable token each time.
    pub temperature: f32,
    /// 0 switches it off.
    pub top_k: u32,
    /// 1 switches it off.
    pub top_p: f32,
    /// 0 switches it off.
    pub min_p: f32,
    /// 1 switches it off; counts the tokens of prompt and output alike, over the last 64.
    pub repeat_penalty: f32,
    /// Longest output, tokens.
    pub max_tokens: u32,
    /// Texts that end the output; not part of it.
    #[serde(default)]
    pub stop: Vec<String>,
}

impl Default for Sampling {
    fn default() -> Self {
        Self { temperature: 0.0, top_k: 0, top_p: 1.0, min_p: 0.0, repeat_penalty: 1.0, max_tokens: 400, stop: Vec::new() }
    }
}

/// What an output must be, kept token by token: the model is only offered tokens that can still lead there.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Constraint {
    /// One of these texts, to the letter. At least one; none is empty, none stands twice.
    Labels(Vec<String>),
    /// A JSON text that is valid under this JSON Schema (a subset of draft 2020-12: no `not`, no `if`, no
    /// `uniqueItems`; a `$ref` reaches only into the schema itself).
    JsonSchema(serde_json::Value),
}

/// Who waits for the output. Interactive work goes first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Urgency {
    /// Drafting a queue: nobody looks.
    Queue,
    /// A person looks at the screen.
    Interactive,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct GenerateRequest {
    pub model: ModelFile,
    pub messages: Vec<Message>,
    pub sampling: Sampling,
    pub seed: u64,
    pub urgency: Urgency,
    /// What the output must be; `None` leaves it free.
    #[serde(default)]
    pub constraint: Option<Constraint>,
    /// The tokens that the output begins with, whatever the model would have drawn there. They keep the model's own probabilities, and
    /// each takes its draw: the tokens of an earlier output with this seed go on as that one did.
    #[serde(default)]
    pub forced: Vec<u32>,
}

/// Another token that the model weighed at a place.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Alternative {
    pub id: u32,
    pub text: String,
    /// Natural logarithm of its probability before temperature and filters.
    pub logprob: f32,
}

/// One generated token.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Token {
    pub id: u32,
    /// The text this token completed; empty while a character is still in parts. The texts of all tokens, joined,
    /// are the output (but for a cut stop text).
    pub text: String,
    /// Natural logarithm of the model's own probability of it: before temperature, penalties and filters.
    pub logprob: f32,
    /// The five most probable tokens at this place, most probable first.
    pub alternatives: Vec<Alternative>,
    /// How undecided the model was here: the entropy of its own distribution, nats. 0 where it was not measured.
    #[serde(default)]
    pub entropy: f32,
    /// From the token before to this one, or from the start of the work, microseconds. Tokens that were guessed right come
    /// together.
    #[serde(default)]
    pub micros: u32,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StopReason {
    /// The model said that it is done.
    End,
    StopText,
    /// `max_tokens` was reached.
    Length,
    /// The model's context is full.
    Context,
}

/// A label of a [`Constraint::Labels`] with the chance that the model, held to the labels, writes it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LabelProbability {
    pub label: String,
    /// 0 to 1; those of all labels add up to 1. Before temperature, penalties and filters.
    pub probability: f32,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Generation {
    pub text: String,
    pub tokens: Vec<Token>,
    pub prompt_tokens: u32,
    /// SHA-256 of the rendered prompt (chat template applied), lower-case hex.
    pub prompt_sha256: String,
    /// From the start of the work on this request (not counting the wait for a turn) to the first token.
    pub ttft: Duration,
    /// Mean time for each token after the first; zero when there is only one.
    pub tpot: Duration,
    /// What of the machine's time went into it: of each step that it shared with others, its part by rows. What a request
    /// costs follows from this, and not from how long somebody waited.
    #[serde(default)]
    pub compute: Duration,
    pub stop: StopReason,
    /// How probable each label was, in the order of [`Constraint::Labels`]; empty without one. Exact where labels part at
    /// the first token that tells them apart; what several labels share off the written path is split among them.
    #[serde(default)]
    pub labels: Vec<LabelProbability>,
}

/// Why there is no generation. Each says what a person can do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
pub enum ModelError {
    #[error("the model file {path} is not there: put it back, or choose another model for this use case")]
    Missing { path: PathBuf },
    #[error("the model file {path} cannot be used: {reason}")]
    Unusable { path: PathBuf, reason: String },
    #[error(
        "the model file {path} has changed since it was added (expected SHA-256 {expected}, found {found}): add it again as a new model"
    )]
    Changed { path: PathBuf, expected: String, found: String },
    #[error("the prompt has {tokens} tokens and the model takes {limit}: shorten the template or the request")]
    PromptTooLong { tokens: u32, limit: u32 },
    #[error("the model's chat template failed: {0}")]
    Template(String),
    #[error("the output cannot be held to its constraint: {0}")]
    Constraint(String),
    #[error("cancelled")]
    Cancelled,
    #[error("the engine failed: {0}")]
    Engine(String),
    #[error(
        "the engine's process ended twice while it worked on this request ({0}): the model may be too large for this machine, or damaged"
    )]
    Crashed(String),
}

impl ModelError {
    /// Whether trying the same request again can help.
    pub fn is_passing(&self) -> bool {
        match self {
            Self::Engine(_) | Self::Missing { .. } => true,
            Self::Unusable { .. }
            | Self::Changed { .. }
            | Self::PromptTooLong { .. }
            | Self::Template(_)
            | Self::Constraint(_)
            | Self::Cancelled
            | Self::Crashed(_) => false,
        }
    }
}

/// A switch that stops a generation within one token. Clones share it.
#[derive(Debug, Clone, Default)]
pub struct Cancel(Arc<AtomicBool>);

impl Cancel {
    pub fn cancel(&self) {
        self.0.store(true, Ordering::Relaxed);
    }
    pub fn is_cancelled(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

/// Counts the tokens of texts as one model reads them, from any thread.
pub trait TokenCounter: Send + Sync {
    /// Of a text by itself.
    fn count(&self, text: &str) -> usize;
    /// What the model's chat template puts around a message, tokens.
    fn per_message(&self) -> usize;
}

/// Finds the tokenizer of a model file, without its weights. Implemented by `engine::Tokenizers`; scripted in tests.
pub trait Tokenizers: Send + Sync {
    /// # Errors
    /// [`ModelError::Missing`], [`ModelError::Changed`] or [`ModelError::Unusable`].
    fn of(&self, model: &ModelFile) -> Result<Arc<dyn TokenCounter>, ModelError>;
}

/// A language model that drafts. Implemented by `engine::Engine`; scripted in tests.
pub trait Drafter: Send + Sync {
    /// Generates one output. Calls `on_token` for each token as it comes. Blocks until done.
    ///
    /// # Errors
    /// [`ModelError`]; what was generated before an error is given up.
    fn generate(&self, request: &GenerateRequest, cancel: &Cancel, on_token: &mut dyn FnMut(&Token)) -> Result<Generation, ModelError>;

    /// Reads what a model file is, without loading its weights. Hashes the whole file.
    ///
    /// # Errors
    /// [`ModelError::Missing`] or [`ModelError::Unusable`] with the reason in a sentence.
    fn inspect(&self, path: &Path) -> Result<ModelFacts, ModelError>;
}
