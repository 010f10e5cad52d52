//! What the thread is asked to do, and the way back.
//!
//! Invariant: a caller gets each token once, in order, however often its request is started again, and one answer.

use flow::model::{Cancel, GenerateRequest, Generation, ModelError, Token};
use std::sync::mpsc::Sender;

/// What the thread is asked to do.
#[derive(Debug)]
pub(crate) enum Command {
    Generate(Box<Job>),
    Unload,
    /// How many cores to leave to others.
    LeaveFree(usize),
}

/// What comes back for a job.
#[derive(Debug)]
pub(crate) enum Event {
    Token(Token),
    Done(Box<Result<Generation, ModelError>>),
}

/// A request with the way back to its caller.
#[derive(Debug)]
pub(crate) struct Job {
    pub(crate) request: GenerateRequest,
    pub(crate) cancel: Cancel,
    reply: Sender<Event>,
    /// Tokens that the caller has seen.
    reported: usize,
    /// Was computed in a step that broke off.
    pub(crate) suspect: bool,
}

impl Job {
    pub(crate) fn new(request: GenerateRequest, cancel: Cancel, reply: Sender<Event>) -> Self {
        Self { request, cancel, reply, reported: 0, suspect: false }
    }

    pub(crate) fn answer(self, result: Result<Generation, ModelError>) {
        // A caller that has gone needs no answer.
        let _ = self.reply.send(Event::Done(Box::new(result)));
    }

    /// Reports tokens that the caller has not seen. `false` when the caller has gone.
    pub(crate) fn report(&mut self, tokens: &[Token]) -> bool {
        for token in tokens.get(self.reported..).unwrap_or_default() {
            if self.reply.send(Event::Token(token.clone())).is_err() {
                return false;
            }
            self.reported += 1;
        }
        true
    }
}
