//! The thread that owns the weights: whose turn it is, one step at a time.
//!
//! Invariant: interactive work goes first, from one step to the next (a token, or a piece of the prompt), and nobody
//! else notices: work that was put aside gives the same tokens as if it had been alone, each reported once.
//!
//! Work that is put aside keeps its state where candle lets weights be shared (llama, phi3). Elsewhere, and when the
//! interactive request needs another model, it starts again with the same seed; tokens already reported are not
//! reported again. A panic in candle ends the request that met it, drops the model, and starts the others again.

use crate::Status;
use crate::generation::Output;
use crate::load::{Model, Prompt};
use crate::sample::Sampler;
use crate::stock::Stock;
use crate::tokenizer::Tokenizer;
use flow::model::{Cancel, GenerateRequest, Generation, ModelError, StopReason, Token, Urgency};
use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{Receiver, Sender, TryRecvError};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

/// Prompt tokens for one forward pass. Longer prompts are fed in pieces of this length, so that attention's tables stay
/// small and a long prompt can be cancelled or put aside.
const PIECE: usize = 256;

/// What the thread is asked to do.
#[derive(Debug)]
pub(crate) enum Command {
    Generate(Box<Job>),
    Unload,
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
    request: GenerateRequest,
    cancel: Cancel,
    reply: Sender<Event>,
    /// Tokens that the caller has seen.
    reported: usize,
}

impl Job {
    pub(crate) fn new(request: GenerateRequest, cancel: Cancel, reply: Sender<Event>) -> Self {
        Self { request, cancel, reply, reported: 0 }
    }

    fn answer(self, result: Result<Generation, ModelError>) {
        // A caller that has gone needs no answer.
        let _ = self.reply.send(Event::Done(Box::new(result)));
    }

    /// Reports tokens that the caller has not seen. `false` when the caller has gone.
    fn report(&mut self, tokens: &[Token]) -> bool {
        for token in tokens.get(self.reported..).unwrap_or_default() {
            if self.reply.send(Event::Token(token.clone())).is_err() {
                return false;
            }
            self.reported += 1;
        }
        true
    }
}

/// A job under way, with its own state of the model.
struct Work {
    job: Job,
    stock: Stock,
    prompt: Prompt,
    /// Prompt and output, oldest first.
    tokens: Vec<u32>,
    /// Tokens that the model has seen.
    fed: usize,
    sampler: Sampler,
    output: Output,
}

/// What a step came to.
enum Step {
    Goes,
    Ends(StopReason),
}

/// Requests of one urgency: those that wait, and the one under way.
#[derive(Default)]
struct Lane {
    waiting: VecDeque<Job>,
    work: Option<Box<Work>>,
}

impl Lane {
    fn is_empty(&self) -> bool {
        self.waiting.is_empty() && self.work.is_none()
    }
}

struct EngineThread {
    inbox: Receiver<Command>,
    status: Arc<Mutex<Status>>,
    interactive: Lane,
    queue: Lane,
    model: Option<Model>,
    unload: bool,
}

/// Starts the thread.
pub(crate) fn spawn(inbox: Receiver<Command>, status: Arc<Mutex<Status>>) {
    let thread = EngineThread::new(inbox, status);
    // Without a thread every request answers that the engine has ended.
    if let Err(e) = std::thread::Builder::new().name("engine".to_owned()).spawn(move || thread.run()) {
        tracing::error!("the engine thread could not be started: {e}");
    }
}

impl EngineThread {
    fn new(inbox: Receiver<Command>, status: Arc<Mutex<Status>>) -> Self {
        Self { inbox, status, interactive: Lane::default(), queue: Lane::default(), model: None, unload: false }
    }

    fn run(mut self) {
        while self.receive() {
            self.turn();
        }
    }

    /// One step of whatever goes first.
    fn turn(&mut self) {
        self.drop_cancelled();
        if !self.interactive.is_empty() {
            self.advance(Urgency::Interactive);
        } else if !self.queue.is_empty() {
            self.advance(Urgency::Queue);
        }
        if self.interactive.is_empty() && self.queue.is_empty() {
            if std::mem::take(&mut self.unload) {
                self.model = None;
            }
            self.say(Status::Idle { loaded: self.model.as_ref().map(|model| model.file().path.clone()) });
        }
    }

    fn lane(&mut self, urgency: Urgency) -> &mut Lane {
        match urgency {
            Urgency::Interactive => &mut self.interactive,
            Urgency::Queue => &mut self.queue,
        }
    }

    fn say(&self, status: Status) {
        *self.status.lock().unwrap_or_else(PoisonError::into_inner) = status;
    }

    /// Takes what has come in; waits when there is nothing to do. `false` when every engine handle is gone: nobody
    /// waits for an answer then.
    fn receive(&mut self) -> bool {
        if self.interactive.is_empty() && self.queue.is_empty() {
            let Ok(command) = self.inbox.recv() else { return false };
            self.accept(command);
        }
        loop {
            match self.inbox.try_recv() {
                Ok(command) => self.accept(command),
                Err(TryRecvError::Empty) => return true,
                Err(TryRecvError::Disconnected) => return !(self.interactive.is_empty() && self.queue.is_empty()),
            }
        }
    }

    fn accept(&mut self, command: Command) {
        match command {
            Command::Generate(job) => self.lane(job.request.urgency).waiting.push_back(*job),
            Command::Unload => self.unload = true,
        }
    }

    fn drop_cancelled(&mut self) {
        for urgency in [Urgency::Interactive, Urgency::Queue] {
            let lane = self.lane(urgency);
            let (gone, waiting): (VecDeque<Job>, VecDeque<Job>) =
                std::mem::take(&mut lane.waiting).into_iter().partition(|job| job.cancel.is_cancelled());
            lane.waiting = waiting;
            let work = lane.work.take_if(|work| work.job.cancel.is_cancelled());
            for job in gone {
                job.answer(Err(ModelError::Cancelled));
            }
            if let Some(work) = work {
                self.end(*work, Err(ModelError::Cancelled));
            }
        }
    }

    /// One step of the work of this urgency.
    fn advance(&mut self, urgency: Urgency) {
        let Some(mut work) = self.lane(urgency).work.take() else {
            self.begin(urgency);
            return;
        };
        let Some((tokenizer, context)) = self.model.as_ref().map(|model| (model.tokenizer(), model.context())) else {
            // Cannot be: the model is dropped only after its work was put back.
            self.lane(urgency).waiting.push_front(work.job);
            return;
        };
        match guarded(|| work.step(tokenizer, context)) {
            Ok(Step::Goes) => {
                self.say_generating(&work);
                self.lane(urgency).work = Some(work);
            }
            Ok(Step::Ends(reason)) => self.end(*work, Ok(reason)),
            Err(error) => {
                let broken = breaks_model(&error);
                self.end(*work, Err(error));
                if broken {
                    self.drop_model();
                }
            }
        }
    }

    /// Prepares the next waiting job of this urgency; the model is loaded if need be.
    fn begin(&mut self, urgency: Urgency) {
        let Some(job) = self.lane(urgency).waiting.pop_front() else { return };
        let started = Instant::now();
        match guarded(|| self.prepare(&job)) {
            Ok((prompt, stock, mut output)) => {
                output.spend(started.elapsed());
                let sampler = Sampler::new(&job.request.sampling, job.request.seed);
                let work = Work { tokens: prompt.tokens.clone(), fed: 0, job, stock, prompt, sampler, output };
                self.say_generating(&work);
                self.lane(urgency).work = Some(Box::new(work));
            }
            Err(error) => {
                let broken = breaks_model(&error);
                job.answer(Err(error));
                if broken {
                    self.drop_model();
                }
            }
        }
    }

    /// The right model in memory, the prompt in tokens, weights with an empty state, and an empty output.
    fn prepare(&mut self, job: &Job) -> Result<(Prompt, Stock, Output), ModelError> {
        let file = &job.request.model;
        let ready = match &self.model {
            Some(model) => model.is(file)? && !model.is_worn(),
            None => false,
        };
        if !ready {
            self.drop_model();
            self.say(Status::Loading { model: file.path.clone() });
            let started = Instant::now();
            let model = Model::load(file, &job.cancel)?;
            tracing::info!(
                milliseconds = started.elapsed().as_millis(),
                context = model.context(),
                tokens = model.tokenizer().len(),
                "model loaded"
            );
            self.model = Some(model);
        }
        let lost = || ModelError::Engine("the weights were lost".to_owned());
        // Before other work is put back for it: this may fail.
        let prompt = self.model.as_ref().ok_or_else(lost)?.prompt(&job.request.messages)?;
        if self.model.as_ref().is_some_and(|model| !model.can_lend()) {
            self.put_back_all();
        }
        let model = self.model.as_mut().ok_or_else(lost)?;
        let output = Output::new(model.tokenizer().stream(), &job.request.sampling.stop);
        let stock = model.lend().ok_or_else(lost)?;
        Ok((prompt, stock, output))
    }

    /// Puts the work under way back to the front of its lane, to be started again, and its weights to the model.
    fn put_back_all(&mut self) {
        for urgency in [Urgency::Interactive, Urgency::Queue] {
            if let Some(work) = self.lane(urgency).work.take() {
                let Work { job, stock, .. } = *work;
                self.lane(urgency).waiting.push_front(job);
                if let Some(model) = &mut self.model {
                    model.give_back(stock);
                }
            }
        }
    }

    fn drop_model(&mut self) {
        self.put_back_all();
        self.model = None;
    }

    fn end(&mut self, work: Work, result: Result<StopReason, ModelError>) {
        let Work { mut job, stock, prompt, mut output, .. } = work;
        if let Some(model) = &mut self.model {
            model.give_back(stock);
        }
        let result = result.map(|reason| {
            output.finish();
            job.report(output.settled());
            output.into_generation(reason, prompt.tokens.len(), prompt.sha256)
        });
        job.answer(result);
    }

    fn say_generating(&self, work: &Work) {
        let waiting = self.interactive.waiting.len() + self.queue.waiting.len() + usize::from(self.queue.work.is_some());
        self.say(Status::Generating {
            model: work.job.request.model.path.clone(),
            urgency: work.job.request.urgency,
            tokens: u32::try_from(work.output.len()).unwrap_or(u32::MAX),
            tokens_per_second: work.output.tokens_per_second(),
            waiting: u32::try_from(waiting).unwrap_or(u32::MAX),
        });
    }
}

impl Work {
    /// Feeds a piece of the prompt, or the last token, and draws the next token when the model has seen all.
    fn step(&mut self, tokenizer: &Tokenizer, context: u32) -> Result<Step, ModelError> {
        let max_tokens = self.job.request.sampling.max_tokens as usize;
        if max_tokens == 0 {
            return Ok(Step::Ends(StopReason::Length));
        }
        let started = Instant::now();
        let upto = self.tokens.len().min(self.fed + PIECE);
        let piece = self.tokens.get(self.fed..upto).unwrap_or_default();
        let logits = self.stock.forward(piece, self.fed).map_err(|e| ModelError::Engine(format!("the forward pass failed: {e}")))?;
        self.fed = upto;
        if upto < self.tokens.len() {
            self.output.spend(started.elapsed());
            return Ok(Step::Goes);
        }
        // Rows of the embedding beyond the vocabulary are padding.
        let logits = logits.get(..tokenizer.len()).unwrap_or(&logits);
        let drawn = self.sampler.draw(logits, &self.tokens);
        self.output.spend(started.elapsed());
        let drawn = drawn.ok_or_else(|| ModelError::Unusable {
            path: self.job.request.model.path.clone(),
            reason: "its weights give no numbers (NaN or infinity): the file is damaged; copy or download it again".to_owned(),
        })?;
        self.output.mark_first();
        if tokenizer.ends(drawn.id) {
            return Ok(Step::Ends(StopReason::End));
        }
        self.tokens.push(drawn.id);
        if self.output.push(&drawn, tokenizer) {
            return Ok(Step::Ends(StopReason::StopText));
        }
        if !self.job.report(self.output.settled()) {
            return Err(ModelError::Cancelled);
        }
        Ok(if self.output.len() >= max_tokens {
            Step::Ends(StopReason::Length)
        } else if self.tokens.len() >= context as usize {
            Step::Ends(StopReason::Context)
        } else {
            Step::Goes
        })
    }
}

/// Runs a piece of work; a panic becomes [`ModelError::Engine`].
fn guarded<T>(work: impl FnOnce() -> Result<T, ModelError>) -> Result<T, ModelError> {
    catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|panic| {
        let said = panic.downcast_ref::<&str>().map(|s| (*s).to_owned()).or_else(|| panic.downcast_ref::<String>().cloned());
        let said = said.unwrap_or_else(|| "no message".to_owned());
        tracing::error!("the engine panicked: {said}");
        Err(ModelError::Engine(format!("the model's computation broke off: {said}")))
    })
}

/// Whether the model in memory may have been left in a bad state, or is bad itself.
fn breaks_model(error: &ModelError) -> bool {
    match error {
        ModelError::Engine(_) | ModelError::Unusable { .. } | ModelError::Changed { .. } => true,
        ModelError::Missing { .. }
        | ModelError::PromptTooLong { .. }
        | ModelError::Template(_)
        | ModelError::Constraint(_)
        | ModelError::Cancelled => false,
    }
}

#[cfg(test)]
mod tests;
