//! Which tokens a constraint allows next: closed sets of labels, and JSON Schema through llguidance.
//!
//! Invariant: every path of allowed tokens can be completed, and what is complete satisfies the constraint. A path
//! follows from the constraint and the vocabulary alone, not from other outputs or from when a mask was computed.
//!
//! [`Grammars`] belongs to a loaded model: the tokens sorted by their bytes, the compiled schemas, and one helper thread.
//! [`Grammars::begin`] gives an output its [`Grammar`]. The mask for the next token depends on accepted tokens alone,
//! so it is computed while the forward pass runs: `accept` the token, [`Grammar::prepare`], run the forward pass, then
//! [`Grammar::mask`], which waits if it must. A schema that is new is compiled on a thread of its own in the meantime.

mod labels;
mod mask;
mod schema;
mod scores;
mod vocabulary;

pub(crate) use mask::Mask;
pub(crate) use schema::check;

use flow::model::{Constraint, LabelProbability, ModelError};
use labels::{Labels, Position};
use llguidance::Matcher;
use schema::Schemas;
use scores::Scores;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::time::Duration;
use vocabulary::Vocabulary;

use crate::tokenizer::Tokenizer;

/// The longest wait for a mask or for a schema to be compiled. Measured: hundredths of a second at most; the limits of
/// `schema` keep hostile ones far below this.
const LONGEST_WAIT: Duration = Duration::from_secs(20);

type Task = Box<dyn FnOnce() + Send>;

/// Everything about constraints that outputs of one model share.
pub(crate) struct Grammars {
    vocabulary: Arc<Vocabulary>,
    schemas: Arc<Schemas>,
    helper: Sender<Task>,
}

impl Grammars {
    /// Sorts the vocabulary (about 0.2 s for 150,000 tokens) and starts the helper thread, which ends with the last
    /// [`Grammar`].
    ///
    /// # Errors
    /// [`ModelError::Constraint`] for a vocabulary that cannot be sorted.
    pub(crate) fn new(tokenizer: &Tokenizer) -> Result<Self, ModelError> {
        let vocabulary = Arc::new(Vocabulary::new(tokenizer).map_err(ModelError::Constraint)?);
        let schemas = Arc::new(Schemas::new(&vocabulary).map_err(ModelError::Constraint)?);
        let (helper, tasks) = channel::<Task>();
        let started = std::thread::Builder::new().name("grammar".to_owned()).spawn(move || {
            for task in tasks {
                task();
            }
        });
        // Without the thread each mask is computed when it is asked for.
        if let Err(e) = started {
            tracing::warn!("the thread for grammars could not be started: {e}");
        }
        Ok(Self { vocabulary, schemas, helper })
    }

    /// The constraint at the beginning of an output. A schema that is not known yet is compiled in the background:
    /// what is wrong with it is then said by [`Grammar::mask`].
    ///
    /// # Errors
    /// [`ModelError::Constraint`] with what is wrong, in a sentence.
    pub(crate) fn begin(&self, constraint: &Constraint) -> Result<Grammar, ModelError> {
        let mut scores = None;
        let state = match constraint {
            Constraint::Labels(texts) => {
                let labels = Arc::new(Labels::new(texts, &self.vocabulary).map_err(ModelError::Constraint)?);
                scores = Some(Scores::new(Arc::clone(&labels)));
                State::Here(Rules::Labels(Position::start(labels)))
            }
            Constraint::JsonSchema(schema) => match self.schemas.known(schema) {
                Some(Ok(matcher)) => State::Here(Rules::Schema(Box::new(matcher))),
                Some(Err(reason)) => return Err(ModelError::Constraint(reason)),
                None => State::Away(self.compile(schema)?),
            },
        };
        Ok(Grammar {
            vocabulary: Arc::clone(&self.vocabulary),
            helper: self.helper.clone(),
            state,
            mask: None,
            begun: false,
            ended: false,
            scores,
        })
    }

    fn compile(&self, schema: &serde_json::Value) -> Result<Receiver<Worked>, ModelError> {
        check(schema).map_err(ModelError::Constraint)?;
        let (reply, result) = channel();
        let (schemas, vocabulary, schema) = (Arc::clone(&self.schemas), Arc::clone(&self.vocabulary), schema.clone());
        let work = move || {
            let worked = schemas.compile(&schema).map(|matcher| {
                let mut rules = Rules::Schema(Box::new(matcher));
                let mask = rules.mask(&vocabulary);
                (rules, mask)
            });
            // Whoever asked may have gone.
            let _ = reply.send(worked);
        };
        std::thread::Builder::new()
            .name("schema".to_owned())
            .stack_size(schema::STACK)
            .spawn(work)
            .map_err(|e| ModelError::Engine(format!("a thread could not be started: {e}")))?;
        Ok(result)
    }
}

/// What a thread sends back: the rules with the mask that was asked for.
type Worked = Result<(Rules, Result<Mask, String>), String>;

/// Where an output stands.
enum Rules {
    Labels(Position),
    Schema(Box<Matcher>),
}

impl Rules {
    /// The tokens that may come next.
    fn mask(&mut self, vocabulary: &Vocabulary) -> Result<Mask, String> {
        match self {
            Self::Labels(position) => Ok(position.mask(vocabulary)),
            Self::Schema(matcher) => matcher.compute_mask().map(Mask::from).map_err(|e| schema::sentence(&e)),
        }
    }

    fn accept(&mut self, id: u32, vocabulary: &Vocabulary) -> Result<(), String> {
        match self {
            Self::Labels(position) => position.accept(vocabulary.bytes(id)),
            Self::Schema(matcher) => matcher.consume_token(id).map_err(|e| schema::sentence(&e)),
        }
    }

    /// Whether nothing can follow.
    fn is_complete(&self) -> bool {
        match self {
            Self::Labels(position) => position.is_complete(),
            Self::Schema(matcher) => matcher.is_stopped() && !matcher.is_error(),
        }
    }
}

enum State {
    Here(Rules),
    /// With a thread that computes a mask.
    Away(Receiver<Worked>),
    Failed(String),
}

/// A constraint and how far an output has come in it.
pub(crate) struct Grammar {
    vocabulary: Arc<Vocabulary>,
    helper: Sender<Task>,
    state: State,
    /// The mask for the next token, once it is known.
    mask: Option<Mask>,
    /// Whether a token with text was accepted.
    begun: bool,
    /// Whether a token that ends the output was accepted.
    ended: bool,
    scores: Option<Scores>,
}

impl Grammar {
    /// Starts computing the mask for the next token on the helper thread. Does not wait.
    pub(crate) fn prepare(&mut self) {
        if self.mask.is_some() || self.is_finished() {
            return;
        }
        let mut rules = match std::mem::replace(&mut self.state, State::Failed(BROKEN.to_owned())) {
            State::Here(rules) => rules,
            other @ (State::Away(_) | State::Failed(_)) => {
                self.state = other;
                return;
            }
        };
        let (reply, result) = channel();
        let vocabulary = Arc::clone(&self.vocabulary);
        let task: Task = Box::new(move || {
            let mask = rules.mask(&vocabulary);
            // The output may have been cancelled.
            let _ = reply.send(Ok((rules, mask)));
        });
        self.state = State::Away(result);
        if let Err(unsent) = self.helper.send(task) {
            (unsent.0)();
        }
    }

    /// The tokens that may come next in an output that is not finished. Waits for what [`Grammar::prepare`] began, else
    /// computes it here.
    ///
    /// # Errors
    /// [`ModelError::Constraint`] when the schema cannot be compiled, or has become too costly to follow.
    pub(crate) fn mask(&mut self) -> Result<&Mask, ModelError> {
        self.settle()?;
        if self.mask.is_none() {
            let State::Here(rules) = &mut self.state else { return Err(ModelError::Constraint(BROKEN.to_owned())) };
            let mask = rules.mask(&self.vocabulary);
            self.keep(mask)?;
        }
        self.mask.as_ref().ok_or_else(|| ModelError::Constraint(BROKEN.to_owned()))
    }

    /// Takes the next token, one that the mask allows.
    ///
    /// # Errors
    /// [`ModelError::Constraint`] for a token that is not allowed.
    pub(crate) fn accept(&mut self, id: u32) -> Result<(), ModelError> {
        self.settle()?;
        self.mask = None;
        if let Some(scores) = &mut self.scores {
            scores.follow(id);
        }
        if self.vocabulary.ends(id) {
            self.ended = true;
            return Ok(());
        }
        // SentencePiece writes a space before the first word, which is not part of the text.
        let id = if self.begun { Some(id) } else { self.vocabulary.without_dropped_space(id) };
        self.begun = true;
        let (Some(id), State::Here(rules)) = (id, &mut self.state) else { return Ok(()) };
        if let Err(reason) = rules.accept(id, &self.vocabulary) {
            self.state = State::Failed(reason.clone());
            return Err(ModelError::Constraint(reason));
        }
        Ok(())
    }

    /// Whether the output is complete: nothing can follow. Where something could, the model says that it is done by a
    /// token that ends the output, which the mask then allows.
    pub(crate) fn is_finished(&self) -> bool {
        self.ended
            || match &self.state {
                State::Here(rules) => rules.is_complete(),
                State::Away(_) | State::Failed(_) => false,
            }
    }

    /// Takes note of the model's logits at this place, before the token is accepted; for [`Grammar::label_probabilities`].
    ///
    /// # Errors
    /// As [`Grammar::mask`].
    pub(crate) fn weigh(&mut self, logits: &[f32]) -> Result<(), ModelError> {
        self.settle()?;
        if let (Some(scores), State::Here(Rules::Labels(position))) = (&mut self.scores, &self.state) {
            scores.weigh(position, self.begun, &self.vocabulary, logits);
        }
        Ok(())
    }

    /// The probability of each label, in the order of the constraint; empty for a schema. See [`Scores`] for what it is.
    pub(crate) fn label_probabilities(&self) -> Vec<LabelProbability> {
        self.scores.as_ref().map(Scores::probabilities).unwrap_or_default()
    }

    /// Waits for the rules to come back from a thread.
    fn settle(&mut self) -> Result<(), ModelError> {
        match &self.state {
            State::Here(_) => return Ok(()),
            State::Failed(reason) => return Err(ModelError::Constraint(reason.clone())),
            State::Away(result) => {
                let worked = match result.recv_timeout(LONGEST_WAIT) {
                    Ok(worked) => worked,
                    Err(RecvTimeoutError::Timeout) => Err("it takes too long to follow: simplify it".to_owned()),
                    Err(RecvTimeoutError::Disconnected) => Err(BROKEN.to_owned()),
                };
                match worked {
                    Ok((rules, mask)) => {
                        self.state = State::Here(rules);
                        self.keep(mask)
                    }
                    Err(reason) => {
                        self.state = State::Failed(reason.clone());
                        Err(ModelError::Constraint(reason))
                    }
                }
            }
        }
    }

    fn keep(&mut self, mask: Result<Mask, String>) -> Result<(), ModelError> {
        match mask {
            Ok(mut mask) => {
                if !self.begun {
                    self.vocabulary.add_dropped_spaces(&mut mask);
                }
                self.mask = Some(mask);
                Ok(())
            }
            Err(reason) => {
                self.state = State::Failed(reason.clone());
                Err(ModelError::Constraint(reason))
            }
        }
    }
}

/// What is said when a thread has gone down with the rules.
const BROKEN: &str = "its computation broke off";

#[cfg(test)]
mod tests;
