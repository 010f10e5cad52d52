//! A job under way: its tokens, its keys and values, its draws.
//!
//! Invariant: the tokens that come out follow from the request and the model alone. Draws come from the sequence's own
//! sampler, one for each place, in order, whatever was guessed and whoever else was in the step: also where the request gives
//! the token. What the request holds the output to, each of its tokens keeps.

use super::job::Job;
use super::lookup::Lookup;
use super::plan::Wish;
use super::prefixes::Prefix;
use crate::generation::Output;
use crate::grammar::Grammar;
use crate::load::Prompt;
use crate::sample::Sampler;
use crate::tokenizer::Tokenizer;
use flow::model::{Generation, ModelError, ModelFile, StopReason};
use kernels::KeyValues;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// A job under way.
pub(crate) struct Sequence {
    pub(crate) job: Job,
    prompt_tokens: usize,
    prompt_sha256: String,
    /// Prompt and output, oldest first.
    pub(crate) tokens: Vec<u32>,
    /// Tokens that the model has seen, the shared beginning included.
    pub(crate) fed: usize,
    pub(crate) memory: Memory,
    sampler: Sampler,
    /// What the output is held to.
    grammar: Option<Grammar>,
    pub(crate) output: Output,
    lookup: Lookup,
    /// Longest prompt plus output, tokens.
    context: usize,
}

/// Where keys and values are.
pub(crate) enum Memory {
    Own {
        prefix: Option<Arc<Prefix>>,
        values: KeyValues,
        /// Tokens at the beginning that become a prefix for others once they are computed.
        shares: Option<usize>,
        /// Whether the request may grow beyond the context that the model was first made for.
        long: bool,
    },
    /// In candle's model, which has room for one sequence.
    Stock,
}

/// What a step came to.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Step {
    Goes,
    Ends(StopReason),
}

impl Sequence {
    pub(crate) fn new(job: Job, prompt: Prompt, memory: Memory, grammar: Option<Grammar>, output: Output, context: u32) -> Self {
        Self {
            sampler: Sampler::new(&job.request.sampling, job.request.seed),
            grammar,
            job,
            prompt_tokens: prompt.tokens.len(),
            prompt_sha256: prompt.sha256,
            tokens: prompt.tokens,
            fed: 0,
            memory,
            output,
            lookup: Lookup::new(),
            context: context as usize,
        }
    }

    pub(crate) fn model(&self) -> &ModelFile {
        &self.job.request.model
    }

    /// The most tokens that it may come to.
    pub(crate) fn most_tokens(&self) -> usize {
        most_tokens(self.prompt_tokens, self.job.request.sampling.max_tokens, self.context)
    }

    /// What it could do in the next step. `guesses` asks for guessed tokens too.
    pub(crate) fn wish(&self, waits: bool, guesses: bool) -> Wish {
        let target = match &self.memory {
            // What is shared ends a step, so that it can be taken out.
            Memory::Own { shares: Some(shares), .. } if self.fed < *shares => *shares,
            Memory::Own { .. } | Memory::Stock => self.tokens.len(),
        };
        let unseen = target.saturating_sub(self.fed);
        let draws = self.fed > 0 && self.fed + 1 == self.tokens.len() && self.tokens.len() > self.prompt_tokens;
        Wish {
            urgency: self.job.request.urgency,
            unseen,
            draws,
            guesses: if draws && guesses { self.guess(usize::MAX).len() } else { 0 },
            waits,
            suspect: self.job.suspect,
        }
    }

    /// What may follow, at most `limit` tokens and never beyond the end of the output.
    pub(crate) fn guess(&self, limit: usize) -> &[u32] {
        let left = self.most_tokens().saturating_sub(self.tokens.len() + 1);
        let limit = limit.min(left);
        match self.given() {
            // What is given is known: all of it can be computed together.
            [] => self.lookup.guess(&self.tokens, limit),
            given => given.get(..limit.min(given.len())).unwrap_or_default(),
        }
    }

    /// The tokens that the request gives from here on.
    fn given(&self) -> &[u32] {
        self.job.request.forced.get(self.output.len()..).unwrap_or_default()
    }

    /// Takes what the model gave for `rows` tokens and `guesses` after them: `logits` holds a row for the last token and
    /// one for each guess if the model has now seen all, and nothing otherwise.
    ///
    /// # Errors
    /// [`ModelError::Unusable`] when the logits are no numbers; [`ModelError::Constraint`] when the output cannot be held
    /// to it; [`ModelError::Cancelled`] when the caller has gone.
    pub(crate) fn take(
        &mut self,
        rows: usize,
        guesses: &[u32],
        logits: &[f32],
        width: usize,
        spent: Duration,
        tokenizer: &Tokenizer,
    ) -> Result<Step, ModelError> {
        self.output.spend(spent);
        self.fed += rows;
        if self.fed < self.tokens.len() || logits.is_empty() {
            return Ok(Step::Goes);
        }
        let mut right = 0;
        let is_given = !self.given().is_empty();
        let mut result = Ok(Step::Goes);
        for (place, logits) in logits.chunks_exact(width).enumerate() {
            let started = Instant::now();
            // Rows of the embedding beyond the vocabulary are padding.
            result = self.draw(logits.get(..tokenizer.len()).unwrap_or(logits), started, tokenizer);
            let goes_on = matches!(result, Ok(Step::Goes));
            if !goes_on || guesses.get(place).is_none_or(|guess| Some(guess) != self.tokens.last()) {
                break;
            }
            right += 1;
        }
        if let (Ok(Step::Goes), Some(grammar)) = (&result, &mut self.grammar) {
            // While the next step runs.
            grammar.prepare();
        }
        if !is_given {
            self.lookup.learn(guesses.len(), right);
        }
        self.fed += right;
        if let Memory::Own { prefix, values, .. } = &mut self.memory {
            values.truncate(self.fed - prefix.as_ref().map_or(0, |prefix| prefix.tokens.len()));
        }
        result
    }

    /// Draws the next token.
    fn draw(&mut self, logits: &[f32], started: Instant, tokenizer: &Tokenizer) -> Result<Step, ModelError> {
        let given = self.given().first().copied();
        let mut drawn = match &mut self.grammar {
            None => self.sampler.draw(logits, &self.tokens),
            Some(grammar) => self.sampler.draw_within(grammar.mask()?, logits, &self.tokens),
        };
        // The draw is made all the same, so that the next one is the one of its place.
        if let (Some(id), Some(_)) = (given, &drawn) {
            let unknown = || ModelError::Engine(format!("token {id} is none of this model's"));
            drawn = Some(Sampler::given(id, logits).ok_or_else(unknown)?);
        }
        if let (Some(grammar), Some(drawn)) = (&mut self.grammar, &drawn) {
            if given.is_some() && !grammar.mask()?.allows(drawn.id) {
                return Err(ModelError::Constraint("the chosen token cannot stand there".to_owned()));
            }
            grammar.weigh(logits)?;
            grammar.accept(drawn.id)?;
        }
        self.output.spend(started.elapsed());
        let drawn = drawn.ok_or_else(|| ModelError::Unusable {
            path: self.model().path.clone(),
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
        let complete = self.grammar.as_ref().is_some_and(Grammar::is_finished);
        Ok(if complete {
            Step::Ends(StopReason::End)
        } else if self.output.len() >= self.job.request.sampling.max_tokens as usize {
            Step::Ends(StopReason::Length)
        } else if self.tokens.len() >= self.context {
            Step::Ends(StopReason::Context)
        } else {
            Step::Goes
        })
    }

    /// Bytes of its own keys and values.
    pub(crate) fn bytes(&self) -> u64 {
        match &self.memory {
            Memory::Own { values, .. } => values.bytes() as u64,
            Memory::Stock => 0,
        }
    }

    /// Answers the caller.
    pub(crate) fn end(self, result: Result<StopReason, ModelError>) {
        let Self { mut job, mut output, prompt_tokens, prompt_sha256, grammar, .. } = self;
        let result = result.map(|reason| {
            output.finish();
            job.report(output.settled());
            let labels = grammar.map(|grammar| grammar.label_probabilities()).unwrap_or_default();
            Generation { labels, ..output.into_generation(reason, prompt_tokens, prompt_sha256) }
        });
        job.answer(result);
    }
}

/// The most tokens, prompt and output, that a request may come to.
pub(crate) fn most_tokens(prompt: usize, max_tokens: u32, context: usize) -> usize {
    prompt.saturating_add(max_tokens as usize).min(context)
}
