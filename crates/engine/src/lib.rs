//! The local model behind `flow`'s [`Drafter`]: it opens a GGUF file, applies its chat template, generates, and says
//! how sure the model was of each token.
//!
//! Invariant: one thread owns the weights. Everything else sends it requests and gets tokens back.
//!
//! A request's way: [`Engine::generate`] → `engine_thread` (who computes in the next step?) → `load` (`gguf`, `file`) →
//! `chat_template` → `tokenizer` → `model` (our forward pass, many sequences at once; or `stock`, candle's, one at a
//! time) → `sample` → `generation` (text, stop texts) → back.

mod engine_thread;
mod error;
mod load;
mod process;
mod settings;

mod chat_template;
mod tokenizer;
mod tokens;

mod memory;
mod model;
mod stock;

mod encoder;
mod generation;
mod grammar;
mod sample;

#[cfg(test)]
mod testing;

pub use encoder::{Embedding, Encoder, EncoderError};
pub use load::inspect;
pub use process::{CHILD, EngineProcess, serve_if_child};
pub use settings::Settings;
pub use tokens::Tokenizers;

use engine_thread::{Command, Event, Job};
use flow::model::{Cancel, Drafter, GenerateRequest, Generation, ModelError, ModelFacts, Token, Urgency};
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// How often a waiting caller looks whether it was cancelled.
const LOOK: Duration = Duration::from_millis(20);

/// The engine. Clones share one thread and one loaded model; the thread ends when the last clone is dropped.
#[derive(Debug, Clone)]
pub struct Engine {
    commands: Sender<Command>,
    status: Arc<Mutex<Status>>,
}

/// What the engine is doing.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Status {
    /// Nothing; the model that stays in memory, if any.
    Idle { loaded: Option<PathBuf> },
    /// Reading and checking a model file.
    Loading { model: PathBuf },
    Generating {
        model: PathBuf,
        /// Whether a person waits, or only the queue.
        urgency: Urgency,
        /// Requests that are computed together.
        sequences: u32,
        /// Output of these requests so far, tokens.
        tokens: u32,
        /// Output tokens per second of all requests together, lately.
        tokens_per_second: f64,
        /// Requests that wait for their turn.
        waiting: u32,
    },
}

/// Deletes what is kept beside a model to load it faster, for whoever removes the model. It would be made again.
pub fn forget(model: &Path) {
    let packed = model::packed_path(model, None);
    match std::fs::remove_file(&packed) {
        Err(e) if e.kind() != std::io::ErrorKind::NotFound => tracing::warn!("{} stays: {e}", packed.display()),
        Ok(()) | Err(_) => {}
    }
}

/// Tells candle's thread pool to sleep soon instead of spinning while it waits. A program calls it first in `main`.
///
/// Measured on two busy cores: 20 drafts took 43–47 s with candle's own limit (25,000 turns) and 3.4 s with this one: a
/// spinning thread takes the core from the one it waits for. A limit that the user has set is kept.
pub fn calm_threads() {
    const LIMIT: &str = "CANDLE_BARRIER_POOL_SPIN_LIMIT";
    if std::env::var_os(LIMIT).is_none() {
        #[expect(unsafe_code, reason = "candle reads this limit from the environment alone, once, at the pool's first use")]
        // SAFETY: called first in `main`, when there is no other thread that could read the environment.
        unsafe {
            std::env::set_var(LIMIT, "100");
        }
    }
}

impl Engine {
    /// Starts the engine thread, with no model loaded. A model is loaded by the first request that names it and stays
    /// until another is needed or [`Engine::unload`].
    #[must_use]
    pub fn start() -> Self {
        Self::start_with(Settings::default())
    }

    /// As [`Engine::start`], with settings for this machine.
    #[must_use]
    pub fn start_with(settings: Settings) -> Self {
        let (commands, inbox) = channel();
        let status = Arc::new(Mutex::new(Status::Idle { loaded: None }));
        engine_thread::spawn(inbox, Arc::clone(&status), settings);
        Self { commands, status }
    }

    /// Leaves a core to others from the next step on, or takes it back: for a window in which a person works.
    pub fn leave_a_core_free(&self, free: bool) {
        let _ = self.commands.send(Command::LeaveFree(usize::from(free)));
    }

    /// What the engine is doing now.
    #[must_use]
    pub fn status(&self) -> Status {
        self.status.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Gives the memory of the loaded model back: at once when the engine is idle, else as soon as the requests that
    /// it has are done. Does not wait.
    pub fn unload(&self) {
        // The thread is gone only when the process ends.
        let _ = self.commands.send(Command::Unload);
    }
}

impl Drafter for Engine {
    /// As [`Drafter::generate`]. The token that ends the answer, and tokens of a stop text, are not among the tokens.
    /// `ttft` holds the loading of the model where this request had to load it.
    fn generate(&self, request: &GenerateRequest, cancel: &Cancel, on_token: &mut dyn FnMut(&Token)) -> Result<Generation, ModelError> {
        let gone = || ModelError::Engine("the engine thread has ended: restart Gait".to_owned());
        let (reply, events) = channel();
        let job = Job::new(request.clone(), cancel.clone(), reply);
        self.commands.send(Command::Generate(Box::new(job))).map_err(|_| gone())?;
        loop {
            match events.recv_timeout(LOOK) {
                Ok(Event::Token(token)) => on_token(&token),
                Ok(Event::Done(result)) => return *result,
                // The thread may be busy with a load or a long prompt; it drops this request when it sees it.
                Err(RecvTimeoutError::Timeout) if cancel.is_cancelled() => return Err(ModelError::Cancelled),
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return Err(gone()),
            }
        }
    }

    fn inspect(&self, path: &Path) -> Result<ModelFacts, ModelError> {
        inspect(path)
    }
}
