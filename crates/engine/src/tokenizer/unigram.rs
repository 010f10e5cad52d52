//! SentencePiece's unigram language model (Kudo 2018): T5, mT5, XLM-R.
//!
//! Invariant: it knows no control token, so no text becomes one.
//!
//! The path of pieces with the greatest sum of log-probabilities, found left to right (Viterbi), in f32 and with the
//! same preference between equals as SentencePiece (`unigram_model.cc`, `EncodeOptimized`).

use super::normalise::Normaliser;
use super::prefixes::Prefixes;
use super::sentencepiece::{Bytes, scores};
use super::{Kind, Vocabulary};
use crate::error::{Refusal, unusable};
use crate::load::gguf::Header;

/// How much worse than the worst piece an unknown character is.
const PENALTY: f32 = 10.0;

pub(crate) struct Unigram {
    normaliser: Normaliser,
    pieces: Prefixes,
    scores: Vec<f32>,
    bytes: Bytes,
    unknown: u32,
    unknown_score: f32,
}

/// The best way to a place in the text.
#[derive(Clone, Copy)]
struct Best {
    score: f32,
    from: usize,
    id: Option<u32>,
}

impl Unigram {
    pub(super) fn new(header: &Header, vocabulary: &Vocabulary) -> Result<Self, Refusal> {
        let scores = scores(header, vocabulary)?;
        let unknown = header
            .unsigned("tokenizer.ggml.unknown_token_id")
            .or_else(|| vocabulary.kinds.iter().position(|kind| *kind == Kind::Unknown).and_then(|id| u32::try_from(id).ok()))
            .filter(|id| (*id as usize) < vocabulary.pieces.len())
            .ok_or_else(|| unusable!("its unigram vocabulary has no unknown token; expected tokenizer.ggml.unknown_token_id"))?;
        let worst = vocabulary
            .kinds
            .iter()
            .zip(&scores)
            .filter(|(kind, score)| **kind == Kind::Normal && score.is_finite())
            .map(|(_, score)| *score)
            .fold(0.0, f32::min);
        Ok(Self {
            normaliser: Normaliser::new(header, true)?,
            pieces: Prefixes::new(vocabulary.plain()),
            scores,
            bytes: Bytes::new(vocabulary),
            unknown,
            unknown_score: worst - PENALTY,
        })
    }

    pub(super) fn adds_space(&self) -> bool {
        self.normaliser.adds_space
    }

    /// Encodes a run of text that begins the prompt or follows a control token.
    pub(super) fn encode(&self, text: &str, ids: &mut Vec<u32>) {
        let text = self.normaliser.apply(text);
        let mut best: Vec<Option<Best>> = vec![None; text.len() + 1];
        let improve = |best: &mut [Option<Best>], to: usize, score: f32, from: usize, id: Option<u32>| {
            if let Some(place) = best.get_mut(to)
                && place.is_none_or(|old| score > old.score)
            {
                *place = Some(Best { score, from, id });
            }
        };
        for (start, c) in text.char_indices() {
            let so_far = best.get(start).copied().flatten().map_or(0.0, |best| best.score);
            let mut single = false;
            let rest = text.as_bytes().get(start..).unwrap_or_default();
            self.pieces.each(rest, |length, id| {
                single |= length == c.len_utf8();
                let score = self.scores.get(id as usize).copied().unwrap_or(f32::NEG_INFINITY);
                improve(&mut best, start + length, so_far + score, start, Some(id));
            });
            if !single {
                improve(&mut best, start + c.len_utf8(), so_far + self.unknown_score, start, None);
            }
        }
        let mut path = Vec::new();
        let mut end = text.len();
        while let Some(step) = best.get(end).copied().flatten().filter(|_| end > 0) {
            path.push((step.from..end, step.id));
            end = step.from;
        }
        let mut after_unknown = false;
        for (place, id) in path.into_iter().rev() {
            match id {
                Some(id) => ids.push(id),
                None => {
                    let part = text.get(place).unwrap_or_default();
                    // Unknown characters in a row are one token; bytes are one each.
                    if !self.bytes.spell(part, ids) && !after_unknown {
                        ids.push(self.unknown);
                    }
                }
            }
            after_unknown = id.is_none();
        }
    }
}
