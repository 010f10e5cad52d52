//! Draws the next token from logits.
//!
//! Invariant: the draw follows from the logits, the settings, the recent tokens and the seed alone. The algorithm and
//! the stream of random numbers are fixed (ChaCha8), so a seed keeps its meaning across versions of Gait. No step sorts
//! the whole vocabulary, unless top-p asks for nearly all of it, and none takes new memory for it.
//!
//! Order, as `flow::model::Sampling` says, over the tokens that a constraint leaves: repetition penalty (Keskar et al. 2019, CTRL), temperature, top-k, top-p
//! (Holtzman et al. 2020, over what top-k left), min-p (Nguyen et al. 2024).

mod distribution;

use crate::grammar::Mask;
use distribution::Distribution;
use flow::model::Sampling;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{RngCore, SeedableRng};
use std::cmp::Ordering;

/// Tokens that the repetition penalty looks back on.
const RECENT: usize = 64;
/// Alternatives reported for each token.
const ALTERNATIVES: usize = 5;

/// A drawn token.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Drawn {
    pub(crate) id: u32,
    /// Natural logarithm of the model's own probability: before penalty, temperature and filters.
    pub(crate) logprob: f32,
    /// The most probable tokens with their log-probabilities, most probable first.
    pub(crate) alternatives: Vec<(u32, f32)>,
    /// Of the model's own distribution, nats.
    pub(crate) entropy: f32,
}

/// A token with its logit.
type Candidate = (u32, f32);

/// Higher first; equal ones by id, so that the order is total.
fn descending(a: &Candidate, b: &Candidate) -> Ordering {
    b.1.total_cmp(&a.1).then(a.0.cmp(&b.0))
}

/// The settings and the stream of random numbers of one generation.
pub(crate) struct Sampler {
    sampling: Sampling,
    random: ChaCha8Rng,
    /// Buffers, used again from draw to draw.
    candidates: Vec<Candidate>,
    weights: Vec<(u32, f64)>,
    allowed: Vec<f32>,
}

impl Sampler {
    pub(crate) fn new(sampling: &Sampling, seed: u64) -> Self {
        Self {
            sampling: sampling.clone(),
            random: ChaCha8Rng::seed_from_u64(seed),
            candidates: Vec::new(),
            weights: Vec::new(),
            allowed: Vec::new(),
        }
    }

    /// Draws a token. `recent` holds prompt and output so far, oldest first. `None` when the logits say nothing: none is
    /// a finite number, or all are the same, which is what quantised layers make of NaN. The weights are damaged then.
    pub(crate) fn draw(&mut self, logits: &[f32], recent: &[u32]) -> Option<Drawn> {
        let distribution = Distribution::of(logits)?;
        let seen = self.seen(logits, recent);
        let id = if self.sampling.temperature <= 0.0 && seen.is_empty() {
            distribution.top.first().map(|(id, _)| *id)
        } else {
            self.choose(logits, &seen)
        };
        drawn(id?, logits, &distribution)
    }

    /// As [`Sampler::draw`], from the tokens that the mask allows. What is said of the model's own distribution does not
    /// know of the mask.
    pub(crate) fn draw_within(&mut self, mask: &Mask, logits: &[f32], recent: &[u32]) -> Option<Drawn> {
        let distribution = Distribution::of(logits)?;
        let mut allowed = std::mem::take(&mut self.allowed);
        mask.apply(logits, &mut allowed);
        let seen = self.seen(&allowed, recent);
        let id = self.choose(&allowed, &seen);
        self.allowed = allowed;
        drawn(id?, logits, &distribution)
    }

    /// A token that was not drawn but given, with what the model's own distribution says of it. `None` where it is not of this vocabulary.
    pub(crate) fn given(id: u32, logits: &[f32]) -> Option<Drawn> {
        drawn(id, logits, &Distribution::of(logits)?)
    }

    /// The next token: the highest at temperature 0, else one that is drawn.
    fn choose(&mut self, logits: &[f32], seen: &[Candidate]) -> Option<u32> {
        if self.sampling.temperature > 0.0 {
            self.candidates(logits, seen);
            return self.sample();
        }
        let others = distribution::unseen(logits, seen).flat_map(distribution::numbers);
        seen.iter().copied().chain(others).filter(is_number).min_by(descending).map(|(id, _)| id)
    }

    /// Recent tokens with their penalised logits, by id; none where there is no penalty.
    fn seen(&self, logits: &[f32], recent: &[u32]) -> Vec<Candidate> {
        let penalty = self.sampling.repeat_penalty;
        if penalty <= 0.0 || (penalty - 1.0).abs() <= f32::EPSILON {
            return Vec::new();
        }
        let mut ids: Vec<u32> = recent.iter().rev().take(RECENT).copied().collect();
        ids.sort_unstable();
        ids.dedup();
        let penalised = |logit: f32| if logit > 0.0 { logit / penalty } else { logit * penalty };
        ids.into_iter().filter_map(|id| logits.get(id as usize).map(|logit| (id, penalised(*logit)))).collect()
    }

    /// Fills the candidates, by id: those that are numbers, divided by the temperature, and of them the `top_k` highest.
    fn candidates(&mut self, logits: &[f32], seen: &[Candidate]) {
        let Sampling { temperature, top_k, .. } = self.sampling;
        let top_k = top_k as usize;
        let all = &mut self.candidates;
        all.clear();
        all.extend(seen.iter().filter(|candidate| is_number(candidate)).map(|(id, logit)| (*id, logit / temperature)));
        if top_k == 0 {
            for piece in distribution::unseen(logits, seen) {
                all.extend(distribution::numbers(piece).map(|(id, logit)| (id, logit / temperature)));
            }
        } else {
            // What is lower than this has `top_k` better ones already.
            let mut floor = f32::NEG_INFINITY;
            for piece in distribution::unseen(logits, seen) {
                for (first, block) in distribution::blocks(piece) {
                    if block.iter().copied().fold(f32::NEG_INFINITY, f32::max) / temperature < floor {
                        continue;
                    }
                    let scaled = distribution::numbers((first, block)).map(|(id, logit)| (id, logit / temperature));
                    all.extend(scaled.filter(|(_, logit)| *logit >= floor));
                    if all.len() > 2 * top_k + distribution::BLOCK {
                        keep_highest(all, top_k);
                        floor = all.iter().map(|(_, logit)| *logit).fold(f32::INFINITY, f32::min);
                    }
                }
            }
            keep_highest(all, top_k);
        }
        all.sort_unstable_by_key(|(id, _)| *id);
    }

    fn sample(&mut self) -> Option<u32> {
        let Sampling { top_p, min_p, .. } = self.sampling;
        let mut weights = std::mem::take(&mut self.weights);
        to_weights(&self.candidates, &mut weights);
        if top_p < 1.0 {
            nucleus(&mut weights, f64::from(top_p.max(0.0)));
        }
        if min_p > 0.0 {
            let highest = weights.iter().map(|(_, weight)| *weight).fold(0.0, f64::max);
            let least = f64::from(min_p.min(1.0)) * highest;
            weights.retain(|(_, weight)| *weight >= least);
        }
        let id = self.walk(&weights);
        self.weights = weights;
        id
    }

    /// Picks by weight: one random number in [0, total).
    fn walk(&mut self, weights: &[(u32, f64)]) -> Option<u32> {
        let total: f64 = weights.iter().map(|(_, weight)| weight).sum();
        // 53 random bits: every multiple of 2^-53 below 1.
        #[expect(clippy::cast_precision_loss, reason = "53 bits fit f64 exactly")]
        let unit = (self.random.next_u64() >> 11) as f64 / (1u64 << 53) as f64;
        let mut left = unit * total;
        for (id, weight) in weights {
            left -= weight;
            if left < 0.0 {
                return Some(*id);
            }
        }
        // Rounding left a trifle over.
        weights.last().map(|(id, _)| *id)
    }
}

/// A token with what the model's own distribution says of it.
fn drawn(id: u32, logits: &[f32], distribution: &Distribution) -> Option<Drawn> {
    let alternatives = distribution.top.iter().map(|(id, logit)| (*id, distribution.logprob(*logit))).collect();
    let logprob = distribution.logprob(*logits.get(id as usize)?);
    Some(Drawn { id, logprob, alternatives, entropy: distribution.entropy })
}

fn is_number(candidate: &Candidate) -> bool {
    !candidate.1.is_nan() && candidate.1 > f32::NEG_INFINITY
}

/// Leaves the `count` highest, in no order.
fn keep_highest(candidates: &mut Vec<Candidate>, count: usize) {
    if count < candidates.len() {
        candidates.select_nth_unstable_by(count, descending);
        candidates.truncate(count);
    }
}

/// Weights in proportion to probabilities; the largest is 1.
fn to_weights(candidates: &[Candidate], weights: &mut Vec<(u32, f64)>) {
    let highest = candidates.iter().map(|(_, logit)| *logit).fold(f32::NEG_INFINITY, f32::max);
    let scaled =
        |logit: f32| if highest == f32::INFINITY { f64::from(u8::from(logit == highest)) } else { f64::from(logit - highest).exp() };
    weights.clear();
    weights.extend(candidates.iter().map(|(id, logit)| (*id, scaled(*logit))));
}

/// Leaves the smallest set of most probable tokens that holds at least `share` of the weight; at least one.
fn nucleus(weights: &mut Vec<(u32, f64)>, share: f64) {
    let order = |a: &(u32, f64), b: &(u32, f64)| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0));
    let goal = weights.iter().map(|(_, weight)| weight).sum::<f64>() * share;
    let mut head = 256;
    loop {
        // Sort only as many as are likely needed, then four times as many.
        let sorted = head.min(weights.len());
        if sorted < weights.len() {
            weights.select_nth_unstable_by(sorted, order);
        }
        let mut held = 0.0;
        if let Some(front) = weights.get_mut(..sorted) {
            front.sort_unstable_by(order);
            for (index, (_, weight)) in front.iter().enumerate() {
                held += weight;
                if held >= goal {
                    weights.truncate(index + 1);
                    return;
                }
            }
        }
        if sorted == weights.len() {
            return;
        }
        head *= 4;
    }
}

#[cfg(test)]
mod tests;
