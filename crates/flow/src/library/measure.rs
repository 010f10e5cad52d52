//! How fast a model is on this machine: a short run with texts of ours.
//!
//! Invariant: nothing of a person's goes into it, and a run that was stopped leaves nothing behind.

use crate::library::memory::SEQUENCES;
use crate::model::{Cancel, Drafter, GenerateRequest, Generation, Message, ModelError, ModelFile, Role, Sampling, Urgency};
use serde::{Deserialize, Serialize};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

/// Tokens of the request and of the answer that are measured.
const PROMPT: u32 = 200;
const ANSWER: u32 = 64;
/// No more than this for the drafts that are made at once, where the engine makes them one after the other.
const LONGEST: Duration = Duration::from_secs(90);
const SHORTEST_ANSWER: u32 = 16;

/// What was measured.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Measured {
    /// Starting the engine's process, reading, checking and loading the file.
    pub load_ms: u64,
    pub prompt_tokens: u32,
    /// To the first token, one request alone.
    pub ttft_ms: f64,
    /// Of the answer that was made alone.
    pub answer_tokens: u32,
    pub tokens_per_second: f64,
    /// Drafts made at once.
    pub together: u32,
    /// Of all of them.
    pub together_tokens: u32,
    pub together_ms: u64,
    /// The most memory that the engine's process had; `None` where the system does not say.
    pub peak_bytes: Option<u64>,
}

impl Measured {
    pub fn together_tokens_per_second(&self) -> f64 {
        rate(self.together_tokens, self.together_ms)
    }

    /// Drafts of these lengths.
    pub fn drafts_per_minute(&self) -> f64 {
        rate(self.together, self.together_ms) * 60.0
    }
}

fn rate(count: u32, ms: u64) -> f64 {
    if ms == 0 { 0.0 } else { f64::from(count) * 1000.0 / ms as f64 }
}

/// What a run is at, and how many tokens of how many.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    Loading,
    Alone { done: u32, of: u32 },
    Together { done: u32, of: u32 },
}

/// What a run is made with.
pub struct Bench<'a> {
    /// With nothing loaded.
    pub drafter: &'a dyn Drafter,
    /// Time since some moment.
    pub clock: &'a (dyn Fn() -> Duration + Sync),
    /// The most memory that the engine's process has had so far.
    pub peak: &'a dyn Fn() -> Option<u64>,
}

/// Words that any model can read. A person's requests are none of a measurement's business.
const WORDS: &str = "A customer of a small shop for outdoor gear writes that the tent which was ordered two weeks ago has \
not come, that the page for parcels shows no news since Tuesday, and that the trip begins on Saturday morning. The shop has \
the same tent in its store by the station, in green only, and can send it by courier for the same price. ";

/// Runs a model: loading, one draft alone, then several at once.
///
/// # Errors
/// Those of [`Drafter::generate`]; [`ModelError::Cancelled`].
pub fn measure(
    bench: &Bench<'_>,
    model: &ModelFile,
    context: u32,
    cancel: &Cancel,
    tell: &(dyn Fn(Step) + Sync),
) -> Result<Measured, ModelError> {
    let drafter = bench.drafter;
    let wanted = PROMPT.min(context / 2).max(8);
    let answer = ANSWER.min(context / 4).max(4);
    tell(Step::Loading);
    let begun = (bench.clock)();
    let first = drafter.generate(&request(model, 0, 40, 1), cancel, &mut |_| {})?;
    let load_ms = ms((bench.clock)().saturating_sub(begun));

    // As many words as make the prompt about so long in this model's tokens.
    let words = (40 * wanted / first.prompt_tokens.max(1)).clamp(4, 400);
    let done = AtomicU32::new(0);
    tell(Step::Alone { done: 0, of: answer });
    let alone = drafter.generate(&request(model, 1, words, answer), cancel, &mut |_| {
        tell(Step::Alone { done: done.fetch_add(1, Ordering::Relaxed) + 1, of: answer });
    })?;

    let expected = (alone.ttft + alone.tpot * answer) * SEQUENCES;
    let short = (f64::from(answer) * LONGEST.as_secs_f64() / expected.as_secs_f64().max(0.001)) as u32;
    let each = short.clamp(SHORTEST_ANSWER.min(answer), answer);
    let of = each * SEQUENCES;
    done.store(0, Ordering::Relaxed);
    tell(Step::Together { done: 0, of });
    let begun = (bench.clock)();
    let made: Vec<Result<Generation, ModelError>> = std::thread::scope(|scope| {
        let hands: Vec<_> = (0..SEQUENCES)
            .map(|hand| {
                let done = &done;
                scope.spawn(move || {
                    drafter.generate(&request(model, 2 + hand, words, each), cancel, &mut |_| {
                        tell(Step::Together { done: done.fetch_add(1, Ordering::Relaxed) + 1, of });
                    })
                })
            })
            .collect();
        hands.into_iter().map(|hand| hand.join().unwrap_or_else(|_| Err(ModelError::Engine("the measurement broke off".into())))).collect()
    });
    let together_ms = ms((bench.clock)().saturating_sub(begun));
    let made = made.into_iter().collect::<Result<Vec<_>, _>>()?;
    Ok(Measured {
        load_ms,
        prompt_tokens: alone.prompt_tokens,
        ttft_ms: alone.ttft.as_secs_f64() * 1000.0,
        answer_tokens: count(&alone),
        tokens_per_second: if alone.tpot.is_zero() { 0.0 } else { 1.0 / alone.tpot.as_secs_f64() },
        together: SEQUENCES,
        together_tokens: made.iter().map(count).sum(),
        together_ms,
        peak_bytes: (bench.peak)(),
    })
}

fn ms(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

fn count(made: &Generation) -> u32 {
    u32::try_from(made.tokens.len()).unwrap_or(u32::MAX)
}

/// The same words from another place each time, so that no request is the beginning of another one.
fn request(model: &ModelFile, turn: u32, words: u32, max_tokens: u32) -> GenerateRequest {
    let text = WORDS.split_whitespace().cycle().skip(turn as usize * 7).take(words as usize).collect::<Vec<_>>().join(" ");
    GenerateRequest {
        model: model.clone(),
        messages: vec![Message { role: Role::User, content: format!("{text}\n\nWrite a long and friendly answer.") }],
        // Drawn, so that a model does not fall into a loop.
        sampling: Sampling { temperature: 0.8, top_k: 40, max_tokens, ..Sampling::default() },
        seed: u64::from(turn),
        urgency: Urgency::Queue,
        constraint: None,
        forced: Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::ScriptedDrafter;
    use std::path::PathBuf;
    use std::sync::Mutex;
    use std::sync::atomic::AtomicU64;

    fn file() -> ModelFile {
        ModelFile { path: PathBuf::from("m.gguf"), sha256: "a".repeat(64) }
    }

    #[test]
    fn a_run_loads_drafts_alone_and_then_at_once() {
        let drafter = ScriptedDrafter::echo(0.9);
        let ticks = AtomicU64::new(0);
        let clock = || Duration::from_secs(ticks.fetch_add(1, Ordering::SeqCst));
        let bench = Bench { drafter: &drafter, clock: &clock, peak: &|| Some(123) };
        let steps = Mutex::new(Vec::new());
        let measured = measure(&bench, &file(), 4096, &Cancel::default(), &|step| steps.lock().unwrap().push(step)).unwrap();
        assert_eq!((measured.load_ms, measured.together, measured.together_ms, measured.peak_bytes), (1000, 8, 1000, Some(123)));
        assert_eq!((measured.ttft_ms, measured.tokens_per_second), (5.0, 500.0));
        assert_eq!(measured.drafts_per_minute(), 480.0);
        assert_eq!(measured.together_tokens_per_second(), f64::from(measured.together_tokens));
        let steps = steps.into_inner().unwrap();
        assert_eq!(steps.first(), Some(&Step::Loading));
        assert!(steps.iter().any(|step| matches!(step, Step::Together { done: 8.., .. })), "{steps:?}");
    }

    #[test]
    fn a_slow_model_is_given_shorter_answers() {
        let asked = Mutex::new(Vec::new());
        let drafter = ScriptedDrafter::new(|_| Ok((String::new(), 1.0)));
        struct Slow<'a>(&'a ScriptedDrafter, &'a Mutex<Vec<u32>>);
        impl Drafter for Slow<'_> {
            fn generate(&self, r: &GenerateRequest, c: &Cancel, t: &mut dyn FnMut(&crate::model::Token)) -> Result<Generation, ModelError> {
                self.1.lock().unwrap().push(r.sampling.max_tokens);
                Ok(Generation { ttft: Duration::from_secs(20), tpot: Duration::from_secs(1), ..self.0.generate(r, c, t)? })
            }
            fn inspect(&self, path: &std::path::Path) -> Result<crate::model::ModelFacts, ModelError> {
                self.0.inspect(path)
            }
        }
        let slow = Slow(&drafter, &asked);
        let bench = Bench { drafter: &slow, clock: &|| Duration::ZERO, peak: &|| None };
        let measured = measure(&bench, &file(), 4096, &Cancel::default(), &|_| {}).unwrap();
        let asked = asked.into_inner().unwrap();
        assert_eq!((asked.len(), asked[1], asked[2]), (10, 64, SHORTEST_ANSWER));
        assert_eq!(measured.drafts_per_minute(), 0.0, "no time passed: no rate, and no division by zero");
    }

    #[test]
    fn a_run_that_is_stopped_or_fails_says_so() {
        let drafter = ScriptedDrafter::new(|_| Err(ModelError::Cancelled));
        let bench = Bench { drafter: &drafter, clock: &|| Duration::ZERO, peak: &|| None };
        assert_eq!(measure(&bench, &file(), 4096, &Cancel::default(), &|_| {}), Err(ModelError::Cancelled));
    }
}
