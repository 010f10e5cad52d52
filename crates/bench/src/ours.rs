//! Gait's engine, measured from where the product calls it: `Drafter::generate`, clock outside.
//!
//! Invariant: what is timed holds all that the product pays for: template, tokens, drawing, log-probabilities, the way
//! between threads.

use crate::callers;
use crate::random::Random;
use crate::texts::{Asked, BACKGROUND, words};
use anyhow::{Context, Result, bail};
use engine::Engine;
use flow::model::{Cancel, Drafter as _, Generation, ModelError, ModelFile, Urgency};
use std::path::Path;
use std::sync::{Barrier, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Requests that the queue has open at once. The engine computes as many of them together as it sees fit.
const CALLERS: usize = 32;

/// The engine with a model in memory.
pub struct Ours {
    engine: Engine,
    pub model: ModelFile,
    /// Tokens of a prompt beyond the words of its one message.
    marks: usize,
    /// Makes every text another, so that no cache of prompts answers.
    random: Mutex<Random>,
}

/// One answer with its clock.
struct Timed {
    generation: Generation,
    /// From the call.
    first: Duration,
    last: Duration,
}

impl Ours {
    /// Starts the engine for a model; the first request loads it.
    ///
    /// # Errors
    /// When the engine refuses the model.
    pub fn open(path: &Path) -> Result<Self> {
        let engine = Engine::start();
        let model = ModelFile { path: path.to_owned(), sha256: engine.inspect(path)?.sha256 };
        Ok(Self { engine, model, marks: 0, random: Mutex::new(Random::named("texts", 1)) })
    }

    /// Starts the engine and loads a made-up model.
    ///
    /// # Errors
    /// When the engine refuses the model.
    pub fn start(path: &Path) -> Result<Self> {
        let mut ours = Self::open(path)?;
        let asked = Asked::alone(ours.words(8), 1);
        ours.marks = (ours.ask(&asked, Urgency::Queue)?.generation.prompt_tokens as usize).saturating_sub(8);
        Ok(ours)
    }

    fn words(&self, count: usize) -> String {
        words(count, &mut self.random.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn ask(&self, asked: &Asked, urgency: Urgency) -> Result<Timed> {
        let start = Instant::now();
        let mut first = None;
        let mut on_token = |_: &flow::model::Token| {
            first.get_or_insert_with(|| start.elapsed());
        };
        let generation = self.engine.generate(&asked.request(&self.model, urgency), &Cancel::default(), &mut on_token)?;
        let last = start.elapsed();
        if generation.tokens.len() != asked.output as usize {
            bail!("an answer has {} tokens where {} were asked for ({:?})", generation.tokens.len(), asked.output, generation.stop);
        }
        Ok(Timed { generation, first: first.unwrap_or(last), last })
    }

    /// Tokens a second of a prompt of so many tokens; the first token of the answer included.
    ///
    /// # Errors
    /// Whatever the engine says.
    pub fn prefill(&self, tokens: usize) -> Result<f64> {
        let asked = Asked::alone(self.words(tokens.saturating_sub(self.marks)), 1);
        let timed = self.ask(&asked, Urgency::Queue)?;
        if timed.generation.prompt_tokens as usize != tokens {
            bail!("a prompt has {} tokens where {tokens} were meant", timed.generation.prompt_tokens);
        }
        Ok(tokens as f64 / timed.last.as_secs_f64())
    }

    /// Tokens a second of one answer of so many tokens after a short prompt.
    ///
    /// # Errors
    /// Whatever the engine says.
    pub fn decode(&self, tokens: u32) -> Result<f64> {
        let timed = self.ask(&Asked::alone(self.words(8), tokens + 1), Urgency::Queue)?;
        Ok(f64::from(tokens) / (timed.last - timed.first).as_secs_f64())
    }

    /// Tokens a second of several answers at once, in the time in which all of them are being written.
    ///
    /// # Errors
    /// Whatever the engine says.
    pub fn batch(&self, answers: usize, tokens: u32) -> Result<f64> {
        let start = Instant::now();
        let barrier = Barrier::new(answers);
        let clocks = Mutex::new(Vec::new());
        callers::each(answers, answers, |_| {
            let request = Asked::alone(self.words(24), tokens).request(&self.model, Urgency::Queue);
            let mut clock = Vec::new();
            barrier.wait();
            self.engine.generate(&request, &Cancel::default(), &mut |_| clock.push(start.elapsed()))?;
            clocks.lock().unwrap_or_else(PoisonError::into_inner).push(clock);
            Ok(())
        })?;
        let clocks: Vec<Vec<Duration>> = clocks.into_inner().unwrap_or_else(PoisonError::into_inner);
        let from = clocks.iter().filter_map(|clock| clock.first()).max().context("no answer")?;
        let to = clocks.iter().filter_map(|clock| clock.last()).min().context("no answer")?;
        if to <= from {
            bail!("{answers} answers were not written together");
        }
        let count = clocks.iter().flatten().filter(|at| *at > from && *at <= to).count();
        Ok(count as f64 / (*to - *from).as_secs_f64())
    }

    /// The time that a queue of the first `count` requests takes.
    ///
    /// # Errors
    /// Whatever the engine says.
    pub fn queue(&self, count: usize) -> Result<Duration> {
        let start = Instant::now();
        callers::each(CALLERS, count, |index| self.ask(&Asked::queued(index), Urgency::Queue).map(drop))?;
        Ok(start.elapsed())
    }

    /// Runs `work` while a queue that does not end keeps the engine busy.
    ///
    /// # Errors
    /// What `work` says, or the engine.
    pub fn under_load<T>(&self, work: impl FnOnce() -> Result<T>) -> Result<T> {
        let cancel = Cancel::default();
        let back = |index| {
            let asked = Asked::queued(BACKGROUND + index);
            match self.engine.generate(&asked.request(&self.model, Urgency::Queue), &cancel, &mut |_| {}) {
                Ok(_) | Err(ModelError::Cancelled) => Ok(()),
                Err(other) => Err(other.into()),
            }
        };
        callers::meanwhile(CALLERS, back, || cancel.cancel(), work)
    }

    /// Times from the call to the first token of so many drafts that a person asked for, one after the other, in seconds.
    /// `from`: the index of the first, so that no text comes twice.
    ///
    /// # Errors
    /// Whatever the engine says.
    pub fn first_tokens(&self, from: usize, count: usize) -> Result<Vec<f64>> {
        (from..from + count)
            .map(|index| {
                let asked = Asked { output: 8, ..Asked::queued(index) };
                Ok(self.ask(&asked, Urgency::Interactive)?.first.as_secs_f64())
            })
            .collect()
    }

    /// Times from cancelling to the return of the call, and times between two tokens meanwhile, in seconds.
    ///
    /// # Errors
    /// Whatever the engine says.
    pub fn cancels(&self, from: usize, count: usize) -> Result<(Vec<f64>, Vec<f64>)> {
        let (mut waits, mut steps) = (Vec::new(), Vec::new());
        for index in from..from + count {
            let asked = Asked { output: 200, ..Asked::queued(index) };
            let cancel = Cancel::default();
            let mut clock: Vec<Instant> = Vec::new();
            let result = self.engine.generate(&asked.request(&self.model, Urgency::Interactive), &cancel, &mut |_| {
                clock.push(Instant::now());
                if clock.len() == 8 {
                    cancel.cancel();
                }
            });
            let returned = Instant::now();
            match result {
                Err(ModelError::Cancelled) => {}
                Ok(_) => bail!("a cancelled draft was finished"),
                Err(other) => return Err(other.into()),
            }
            let cancelled = clock.get(7).context("no token")?;
            waits.push((returned - *cancelled).as_secs_f64());
            steps.extend(clock.iter().take(8).zip(clock.iter().skip(1)).map(|(one, next)| (*next - *one).as_secs_f64()));
        }
        Ok((waits, steps))
    }

    /// The greedy answer to a request.
    ///
    /// # Errors
    /// Whatever the engine says.
    pub fn answer(&self, asked: &Asked) -> Result<Generation> {
        Ok(self.engine.generate(&asked.request(&self.model, Urgency::Queue), &Cancel::default(), &mut |_| {})?)
    }
}
