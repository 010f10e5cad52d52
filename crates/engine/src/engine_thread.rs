//! The thread that owns the weights: a batch of sequences that join and leave at each step.
//!
//! Invariant: interactive work goes first, from one step to the next, and nobody else notices: a request gives the same
//! tokens alone, among others, put aside and started again, each reported once. A panic ends the request that met it.
//!
//! Requests for one model run together, as many as memory allows (`admission`); each step computes the rows that `plan`
//! gives them (`step`); beginnings that prompts share are computed once (`prefixes`), and tokens that were guessed
//! (`lookup`) ride along. When an interactive request needs another model, the queue's sequences are put aside with what
//! they have computed. Models that candle computes take one sequence at a time; what is put aside there starts again.

mod admission;
mod job;
mod lookup;
mod plan;
mod prefixes;
mod sequence;
mod step;

pub(crate) use job::{Command, Event, Job};

use crate::load::Model;
use crate::model::Scratch;
use crate::{Settings, Status};
use flow::model::{ModelError, Urgency};
use kernels::Pool;
use plan::Pace;
use prefixes::Prefixes;
use sequence::Sequence;
use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{Receiver, TryRecvError};
use std::sync::{Arc, Mutex, PoisonError};
use step::Speed;

struct EngineThread {
    inbox: Receiver<Command>,
    status: Arc<Mutex<Status>>,
    settings: Settings,
    pool: Pool,
    interactive: VecDeque<Job>,
    queue: VecDeque<Job>,
    /// Under way with the loaded model, in order of arrival.
    running: Vec<Sequence>,
    /// Under way with other models.
    aside: Vec<Sequence>,
    model: Option<Model>,
    /// Of the loaded model.
    prefixes: Prefixes,
    /// Bytes that keys and values may take.
    memory: u64,
    scratch: Scratch,
    pace: Pace,
    speed: Speed,
    /// Whether tokens are guessed.
    guesses: bool,
    unload: bool,
}

/// Starts the thread.
pub(crate) fn spawn(inbox: Receiver<Command>, status: Arc<Mutex<Status>>, settings: Settings) {
    // The pool's threads belong to the engine thread, so it is made there.
    let work = move || EngineThread::new(inbox, status, settings).run();
    // Without a thread every request answers that the engine has ended.
    if let Err(e) = std::thread::Builder::new().name("engine".to_owned()).spawn(work) {
        tracing::error!("the engine thread could not be started: {e}");
    }
}

impl EngineThread {
    fn new(inbox: Receiver<Command>, status: Arc<Mutex<Status>>, settings: Settings) -> Self {
        Self {
            inbox,
            status,
            pool: Pool::new(settings.threads),
            settings,
            interactive: VecDeque::new(),
            queue: VecDeque::new(),
            running: Vec::new(),
            aside: Vec::new(),
            model: None,
            prefixes: Prefixes::default(),
            memory: 0,
            scratch: Scratch::default(),
            pace: Pace::default(),
            speed: Speed::default(),
            guesses: true,
            unload: false,
        }
    }

    fn run(mut self) {
        while self.receive() {
            self.turn();
        }
    }

    /// A step of whatever goes first, or the loading of a model for it.
    fn turn(&mut self) {
        self.drop_cancelled();
        if let Some(file) = self.next_model() {
            if self.model.as_ref().is_some_and(|model| *model.file() == file) {
                self.admit();
                self.step();
            } else {
                self.change_model(&file);
            }
        }
        if self.is_idle() {
            if std::mem::take(&mut self.unload) {
                self.drop_model();
            }
            self.say(Status::Idle { loaded: self.model.as_ref().map(|model| model.file().path.clone()) });
        }
    }

    fn is_idle(&self) -> bool {
        self.interactive.is_empty() && self.queue.is_empty() && self.running.is_empty() && self.aside.is_empty()
    }

    fn say(&self, status: Status) {
        *self.status.lock().unwrap_or_else(PoisonError::into_inner) = status;
    }

    /// Takes what has come in; waits when there is nothing to do. `false` when every engine handle is gone: nobody
    /// waits for an answer then.
    fn receive(&mut self) -> bool {
        if self.is_idle() {
            let Ok(command) = self.inbox.recv() else { return false };
            self.accept(command);
        }
        loop {
            match self.inbox.try_recv() {
                Ok(command) => self.accept(command),
                Err(TryRecvError::Empty) => return true,
                Err(TryRecvError::Disconnected) => return !self.is_idle(),
            }
        }
    }

    fn accept(&mut self, command: Command) {
        match command {
            Command::Generate(job) => self.waiting(job.request.urgency).push_back(*job),
            Command::Unload => self.unload = true,
            Command::LeaveFree(cores) => self.pool.limit(self.pool.threads().saturating_sub(cores).max(1)),
        }
    }

    /// The requests of an urgency that wait.
    fn waiting(&mut self, urgency: Urgency) -> &mut VecDeque<Job> {
        match urgency {
            Urgency::Interactive => &mut self.interactive,
            Urgency::Queue => &mut self.queue,
        }
    }

    fn drop_cancelled(&mut self) {
        for urgency in [Urgency::Interactive, Urgency::Queue] {
            let waiting = self.waiting(urgency);
            let (gone, stays): (VecDeque<Job>, VecDeque<Job>) =
                std::mem::take(waiting).into_iter().partition(|job| job.cancel.is_cancelled());
            *waiting = stays;
            for job in gone {
                job.answer(Err(ModelError::Cancelled));
            }
        }
        let cancelled = self.running.extract_if(.., |sequence| sequence.job.cancel.is_cancelled());
        let cancelled: Vec<Sequence> = cancelled.chain(self.aside.extract_if(.., |sequence| sequence.job.cancel.is_cancelled())).collect();
        for sequence in cancelled {
            self.leave(sequence, Err(ModelError::Cancelled));
        }
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

#[cfg(test)]
mod tests;
