//! One step of the batch: rows of several sequences through the model, then the draws.
//!
//! Invariant: after a step every sequence has seen exactly the tokens that it says, also when the step broke off.

use super::plan::{Share, plan};
use super::prefixes::Prefix;
use super::sequence::{Memory, Sequence, Step};
use super::{EngineThread, guarded};
use crate::Status;
use crate::load::{Body, Model};
use crate::model::{Feed, OwnModel};
use crate::stock::Stock;
use crate::tokenizer::Tokenizer;
use flow::model::{ModelError, Urgency};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// What a sequence does in a step, and what came of it.
struct Part {
    share: Share,
    /// Tokens that it feeds: those that the model has not seen, then guesses.
    tokens: Vec<u32>,
    /// Rows at the end whose logits it wants: all that may be drawn from.
    wanted: usize,
}

/// What came of a step for each sequence that took part.
type Outcomes = Vec<Option<Result<Step, ModelError>>>;

/// Output tokens per second, all sequences together, lately.
#[derive(Debug, Default)]
pub(crate) struct Speed {
    tokens: f64,
    seconds: f64,
}

impl Speed {
    /// Seconds after which a step counts half as much.
    const HALF: f64 = 2.0;

    fn learn(&mut self, tokens: usize, took: Duration) {
        let seconds = took.as_secs_f64();
        let fade = 0.5f64.powf(seconds / Self::HALF);
        #[expect(clippy::cast_precision_loss, reason = "a handful")]
        let tokens = tokens as f64;
        self.tokens = self.tokens.mul_add(fade, tokens);
        self.seconds = self.seconds.mul_add(fade, seconds);
    }

    fn per_second(&self) -> f64 {
        if self.seconds > 0.0 { self.tokens / self.seconds } else { 0.0 }
    }
}

impl EngineThread {
    /// Computes the rows that the plan gives to each sequence, draws, and lets those leave that are done.
    pub(super) fn step(&mut self) {
        let Some(mut model) = self.model.take() else { return };
        let drawn = |running: &[Sequence]| running.iter().map(|sequence| sequence.output.len()).sum::<usize>();
        let (started, before) = (Instant::now(), drawn(&self.running));
        let Model { body, parts, .. } = &mut model;
        let (outcomes, broken) = match body {
            Body::Own(own) => (self.step_own(own, &parts.tokenizer), false),
            Body::Stock(stock) => self.step_stock(stock, &parts.tokenizer),
        };
        if outcomes.iter().any(Option::is_some) {
            self.speed.learn(drawn(&self.running).saturating_sub(before), started.elapsed());
            self.say_generating(&model);
        }
        self.model = Some(model);
        for (sequence, outcome) in std::mem::take(&mut self.running).into_iter().zip(outcomes) {
            match outcome {
                None => self.running.push(sequence),
                Some(result) => self.settle(sequence, result),
            }
        }
        if broken {
            self.drop_model();
        }
    }

    fn step_own(&mut self, own: &OwnModel, tokenizer: &Tokenizer) -> Outcomes {
        let waits = self.take_prefixes();
        let wishes: Vec<_> = self.running.iter().zip(waits).map(|(sequence, waits)| sequence.wish(waits, self.guesses)).collect();
        let shares = plan(&wishes, self.pace.budget());
        let parts: Vec<Part> = self.running.iter().zip(shares).map(|(sequence, share)| part(sequence, share)).collect();
        let started = Instant::now();
        let mut feeds: Vec<Feed<'_>> =
            self.running.iter_mut().zip(&parts).filter_map(|(sequence, part)| feed(&mut sequence.memory, part)).collect();
        if feeds.is_empty() {
            return self.running.iter().map(|_| None).collect();
        }
        let computed = guarded(|| Ok(own.forward(&self.pool, &mut self.scratch, &mut feeds)));
        let logits = match computed {
            Ok(logits) => logits,
            Err(error) => return blame(&mut self.running, &parts, &error),
        };
        let took = started.elapsed();
        self.pace.learn(parts.iter().map(|part| part.tokens.len()).sum(), took);
        let outcomes = draw(&self.pool, &mut self.running, &parts, logits, own.vocabulary(), took, tokenizer);
        self.share_prefixes(own);
        outcomes
    }

    /// One sequence through candle's model. `true`: it broke, and the model with it.
    fn step_stock(&mut self, stock: &mut Stock, tokenizer: &Tokenizer) -> (Outcomes, bool) {
        let Some(sequence) = self.running.first_mut() else { return (Vec::new(), false) };
        let started = Instant::now();
        let upto = sequence.tokens.len().min(sequence.fed + stock.piece());
        let piece = sequence.tokens.get(sequence.fed..upto).unwrap_or_default();
        let computed =
            guarded(|| stock.forward(piece, sequence.fed).map_err(|e| ModelError::Engine(format!("the forward pass failed: {e}"))));
        let broken = computed.is_err();
        let rows = piece.len();
        sequence.output.compute(started.elapsed(), 1.0);
        let result = computed.and_then(|logits| {
            let wanted = if upto < sequence.tokens.len() { &[] } else { logits.as_slice() };
            guarded(|| sequence.take(rows, &[], wanted, logits.len().max(1), started.elapsed(), tokenizer))
        });
        let others = self.running.iter().skip(1).map(|_| None);
        (std::iter::once(Some(result)).chain(others).collect(), broken)
    }

    /// Gives shared beginnings to sequences that have not begun. `true` for those that wait for one under way.
    fn take_prefixes(&mut self) -> Vec<bool> {
        (0..self.running.len())
            .map(|index| {
                let (before, rest) = self.running.split_at_mut(index);
                let Some((sequence, after)) = rest.split_first_mut() else { return false };
                let Memory::Own { prefix, shares, long, .. } = &mut sequence.memory else { return false };
                if sequence.fed > 0 || shares.is_some() {
                    return false;
                }
                let tokens = &sequence.tokens;
                let ready = self.prefixes.longest(tokens, *long);
                let length = ready.as_ref().map_or(0, |prefix| prefix.tokens.len());
                let coming = before.iter().chain(&*after).any(|other| is_computing(other, tokens, *long, length));
                if coming && sequence.job.request.urgency == Urgency::Queue {
                    return true;
                }
                match self.prefixes.worth_sharing(tokens, length).filter(|_| !coming) {
                    Some(shared) => *shares = Some(shared),
                    None => {
                        *prefix = ready;
                        sequence.fed = length;
                    }
                }
                false
            })
            .collect()
    }

    /// Takes out the beginnings that are computed now, for others to use.
    fn share_prefixes(&mut self, own: &OwnModel) {
        for sequence in &mut self.running {
            if let Memory::Own { prefix, values, shares, long } = &mut sequence.memory
                && *shares == Some(sequence.fed)
            {
                let tokens = sequence.tokens.get(..sequence.fed).unwrap_or_default().to_vec();
                let computed = Prefix::new(tokens, *long, std::mem::replace(values, own.key_values()));
                *prefix = Some(std::sync::Arc::clone(&computed));
                *shares = None;
                self.prefixes.keep(computed, self.memory / 4);
            }
        }
    }

    fn say_generating(&self, model: &Model) {
        let person = self.running.iter().any(|sequence| sequence.job.request.urgency == Urgency::Interactive);
        let count = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
        self.say(Status::Generating {
            model: model.file().path.clone(),
            urgency: if person { Urgency::Interactive } else { Urgency::Queue },
            sequences: count(self.running.len()),
            tokens: count(self.running.iter().map(|sequence| sequence.output.len()).sum()),
            tokens_per_second: self.speed.per_second(),
            waiting: count(self.interactive.len() + self.queue.len() + self.aside.len()),
        });
    }
}

/// Whether a sequence computes a beginning of these tokens that is longer than `length`.
fn is_computing(other: &Sequence, tokens: &[u32], long: bool, length: usize) -> bool {
    match &other.memory {
        Memory::Own { shares: Some(shares), long: other_long, .. } => {
            *other_long == long
                && *shares > length
                && *shares < tokens.len()
                && other.tokens.get(..*shares).is_some_and(|beginning| tokens.starts_with(beginning))
        }
        Memory::Own { .. } | Memory::Stock => false,
    }
}

fn part(sequence: &Sequence, share: Share) -> Part {
    let unseen = sequence.tokens.get(sequence.fed..sequence.fed + share.rows).unwrap_or_default();
    let guesses = if share.guesses > 0 { sequence.guess(share.guesses) } else { &[] };
    let draws = share.rows > 0 && sequence.fed + share.rows == sequence.tokens.len();
    let tokens = [unseen, guesses].concat();
    Part { share, wanted: if draws { 1 + guesses.len() } else { 0 }, tokens }
}

fn feed<'a>(memory: &'a mut Memory, part: &'a Part) -> Option<Feed<'a>> {
    match memory {
        Memory::Own { prefix, values, long, .. } if !part.tokens.is_empty() => Some(Feed {
            prefix: prefix.as_ref().map(|prefix| &prefix.values),
            own: values,
            tokens: &part.tokens,
            wanted: part.wanted,
            long: *long,
        }),
        Memory::Own { .. } | Memory::Stock => None,
    }
}

/// A step broke off. Who computed alone is to blame; several compute alone from now on, until it shows who it was.
fn blame(running: &mut [Sequence], parts: &[Part], error: &ModelError) -> Outcomes {
    let several = parts.iter().filter(|part| !part.tokens.is_empty()).count() > 1;
    running
        .iter_mut()
        .zip(parts)
        .map(|(sequence, part)| {
            if part.tokens.is_empty() {
                return None;
            }
            sequence.job.suspect = true;
            Some(if several { Ok(Step::Goes) } else { Err(error.clone()) })
        })
        .collect()
}

/// Every sequence draws from its rows, in parallel.
fn draw(
    pool: &kernels::Pool,
    running: &mut [Sequence],
    parts: &[Part],
    logits: &[f32],
    width: usize,
    spent: Duration,
    tokenizer: &Tokenizer,
) -> Outcomes {
    let mut rest = logits;
    let rows: usize = parts.iter().map(|part| part.tokens.len()).sum();
    let draws: Vec<_> = running
        .iter_mut()
        .zip(parts)
        .map(|(sequence, part)| {
            let (own, others) = rest.split_at((part.wanted * width).min(rest.len()));
            rest = others;
            Mutex::new((sequence, part, own, None))
        })
        .collect();
    pool.run(draws.len(), |range| {
        for draw in draws.get(range).unwrap_or_default() {
            let mut draw = draw.lock().unwrap_or_else(PoisonError::into_inner);
            let (sequence, part, logits, outcome) = &mut *draw;
            if part.tokens.is_empty() {
                continue;
            }
            sequence.job.suspect = false;
            #[expect(clippy::cast_precision_loss, reason = "some hundred rows")]
            sequence.output.compute(spent, part.tokens.len() as f64 / rows as f64);
            let guesses = part.tokens.get(part.share.rows..).unwrap_or_default();
            *outcome = Some(guarded(|| sequence.take(part.share.rows, guesses, logits, width, spent, tokenizer)));
        }
    });
    draws.into_iter().map(|draw| draw.into_inner().unwrap_or_else(PoisonError::into_inner).3).collect()
}
