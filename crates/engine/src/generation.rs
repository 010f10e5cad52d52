//! One output as it grows: tokens, text, stop texts, timings.
//!
//! Invariant: the texts of the tokens that were given out, joined, are the text of the [`Generation`]; nothing that may
//! still turn out to be part of a stop text is given out.

use crate::sample::Drawn;
use crate::tokenizer::{TextStream, Tokenizer};
use flow::model::{Alternative, Generation, StopReason, Token};
use std::time::Duration;

pub(crate) struct Output {
    stops: Vec<String>,
    stream: TextStream,
    text: String,
    tokens: Vec<Token>,
    /// Where each token's text begins in `text`.
    starts: Vec<usize>,
    /// Tokens at the front that are final.
    settled: usize,
    /// Work until the first token, and all work so far.
    ttft: Option<Duration>,
    busy: Duration,
    /// Work until the last token.
    last: Duration,
    /// Of the steps so far, this request's part.
    compute: Duration,
}

impl Output {
    pub(crate) fn new(stream: TextStream, stops: &[String]) -> Self {
        Self {
            stops: stops.iter().filter(|stop| !stop.is_empty()).cloned().collect(),
            stream,
            text: String::new(),
            tokens: Vec::new(),
            starts: Vec::new(),
            settled: 0,
            ttft: None,
            busy: Duration::ZERO,
            last: Duration::ZERO,
            compute: Duration::ZERO,
        }
    }

    /// Counts a step of the machine, of which `share` (0–1) was for this request.
    pub(crate) fn compute(&mut self, step: Duration, share: f64) {
        self.compute += step.mul_f64(share.clamp(0.0, 1.0));
    }

    /// Counts time spent on this request.
    pub(crate) fn spend(&mut self, time: Duration) {
        self.busy += time;
    }

    /// Says that a token was drawn, whatever it is: the first ends the time to the first token.
    pub(crate) fn mark_first(&mut self) {
        self.ttft.get_or_insert(self.busy);
    }

    /// Adds a token. Gives `true` when its text completes a stop text; the output is then cut before it.
    pub(crate) fn push(&mut self, drawn: &Drawn, tokenizer: &Tokenizer) -> bool {
        let took = self.busy.saturating_sub(self.last);
        self.last = self.busy;
        let before = self.text.len();
        let text = self.stream.push(&tokenizer.bytes(drawn.id));
        self.text.push_str(&text);
        self.starts.push(before);
        let alternatives =
            drawn.alternatives.iter().map(|(id, logprob)| Alternative { id: *id, text: tokenizer.show(*id), logprob: *logprob }).collect();
        self.tokens.push(Token {
            id: drawn.id,
            text,
            logprob: drawn.logprob,
            alternatives,
            entropy: drawn.entropy,
            micros: u32::try_from(took.as_micros()).unwrap_or(u32::MAX),
        });
        if let Some(cut) = self.stop_place(before) {
            self.cut(cut);
            return true;
        }
        let open = self.text.len() - self.held_back();
        // A token is settled when all of its text is, and the character that it may have begun.
        let whole = if self.stream.is_waiting() {
            self.starts.iter().take_while(|start| **start < self.text.len()).count()
        } else {
            self.tokens.len()
        };
        let ends = self.starts.iter().skip(1).copied().chain([self.text.len()]);
        self.settled = ends.take(whole).take_while(|end| *end <= open).count().max(self.settled);
        false
    }

    /// Where a stop text begins that ends after `from`; the first of several.
    fn stop_place(&self, from: usize) -> Option<usize> {
        self.stops
            .iter()
            .filter_map(|stop| {
                let mut start = (from + 1).saturating_sub(stop.len());
                while !self.text.is_char_boundary(start) {
                    start -= 1;
                }
                self.text.get(start..)?.find(stop.as_str()).map(|place| start + place)
            })
            .min()
    }

    /// Bytes at the end that may be the beginning of a stop text.
    fn held_back(&self) -> usize {
        self.stops
            .iter()
            .flat_map(|stop| stop.char_indices().skip(1).filter_map(|(index, _)| stop.get(..index)))
            .filter(|head| self.text.ends_with(head))
            .map(str::len)
            .max()
            .unwrap_or(0)
    }

    fn cut(&mut self, place: usize) {
        self.text.truncate(place);
        // What was given out stays: a control token, which has no text, may lie at the very place.
        let kept = self.starts.iter().take_while(|start| **start < place).count().max(self.settled);
        self.tokens.truncate(kept);
        self.starts.truncate(kept);
        if let (Some(token), Some(start)) = (self.tokens.last_mut(), self.starts.last()) {
            token.text.truncate(place - start);
        }
        self.settled = kept;
    }

    /// The tokens that can be given out now.
    pub(crate) fn settled(&self) -> &[Token] {
        self.tokens.get(..self.settled).unwrap_or_default()
    }

    /// All tokens so far.
    pub(crate) fn len(&self) -> usize {
        self.tokens.len()
    }

    /// Mean time for each token after the first.
    fn tpot(&self) -> Duration {
        match (self.ttft, u32::try_from(self.tokens.len().saturating_sub(1)).unwrap_or(u32::MAX)) {
            (Some(ttft), count) if count > 0 => self.last.saturating_sub(ttft) / count,
            (Some(_) | None, _) => Duration::ZERO,
        }
    }

    /// Ends the output: everything is settled. A character that is still in parts is left out.
    pub(crate) fn finish(&mut self) {
        self.settled = self.tokens.len();
    }

    pub(crate) fn into_generation(self, stop: StopReason, prompt_tokens: usize, prompt_sha256: String) -> Generation {
        Generation {
            tpot: self.tpot(),
            ttft: self.ttft.unwrap_or(self.busy),
            text: self.text,
            tokens: self.tokens,
            prompt_tokens: u32::try_from(prompt_tokens).unwrap_or(u32::MAX),
            prompt_sha256,
            compute: self.compute,
            stop,
            labels: Vec::new(),
        }
    }
}

#[cfg(test)]
mod tests;
