//! Draws the next token from logits.
//!
//! Invariant: the draw follows from the logits, the settings, the recent tokens and the seed alone. The algorithm and
//! the stream of random numbers are fixed (ChaCha8), so a seed keeps its meaning across versions of Gait. No step sorts
//! the whole vocabulary, unless top-p asks for nearly all of it.
//!
//! Order, as `flow::model::Sampling` says: repetition penalty (Keskar et al. 2019, CTRL), temperature, top-k, top-p
//! (Holtzman et al. 2020, over what top-k left), min-p (Nguyen et al. 2024).

use flow::model::Sampling;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{RngCore, SeedableRng};
use std::cmp::Ordering;
use std::collections::BTreeSet;

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
}

/// A token with its logit or probability.
type Candidate = (u32, f32);

/// Higher first; equal ones by id, so that the order is total.
fn descending(a: &Candidate, b: &Candidate) -> Ordering {
    b.1.total_cmp(&a.1).then(a.0.cmp(&b.0))
}

/// The settings and the stream of random numbers of one generation.
pub(crate) struct Sampler {
    sampling: Sampling,
    random: ChaCha8Rng,
}

impl Sampler {
    pub(crate) fn new(sampling: &Sampling, seed: u64) -> Self {
        Self { sampling: sampling.clone(), random: ChaCha8Rng::seed_from_u64(seed) }
    }

    /// Draws a token. `recent` holds prompt and output so far, oldest first. `None` when the logits say nothing: none is
    /// a finite number, or all are the same, which is what quantised layers make of NaN. The weights are damaged then.
    pub(crate) fn draw(&mut self, logits: &[f32], recent: &[u32]) -> Option<Drawn> {
        let log_total = log_sum_exp(logits)?;
        let logprob = |id: u32| logits.get(id as usize).map_or(f32::NEG_INFINITY, |logit| narrow(f64::from(*logit) - log_total));
        let alternatives: Vec<Candidate> = most_probable(logits).into_iter().map(|(id, _)| (id, logprob(id))).collect();
        let penalised = self.penalised(logits, recent);
        let id = if self.sampling.temperature > 0.0 { self.sample(penalised) } else { best(&penalised) }?;
        Some(Drawn { id, logprob: logprob(id), alternatives })
    }

    /// Candidates after the repetition penalty; those that are not numbers are left out.
    fn penalised(&self, logits: &[f32], recent: &[u32]) -> Vec<Candidate> {
        let mut candidates: Vec<Candidate> = (0u32..).zip(logits.iter().copied()).collect();
        let penalty = self.sampling.repeat_penalty;
        if penalty > 0.0 && (penalty - 1.0).abs() > f32::EPSILON {
            let seen: BTreeSet<u32> = recent.iter().rev().take(RECENT).copied().collect();
            for id in seen {
                if let Some((_, logit)) = candidates.get_mut(id as usize) {
                    *logit = if *logit > 0.0 { *logit / penalty } else { *logit * penalty };
                }
            }
        }
        candidates.retain(|(_, logit)| !logit.is_nan() && *logit > f32::NEG_INFINITY);
        candidates
    }

    fn sample(&mut self, mut candidates: Vec<Candidate>) -> Option<u32> {
        let Sampling { temperature, top_k, top_p, min_p, .. } = self.sampling;
        for (_, logit) in &mut candidates {
            *logit /= temperature;
        }
        let top_k = top_k as usize;
        if top_k > 0 && top_k < candidates.len() {
            candidates.select_nth_unstable_by(top_k, descending);
            candidates.truncate(top_k);
        }
        let mut weights = to_weights(candidates);
        if top_p < 1.0 {
            weights = nucleus(weights, f64::from(top_p.max(0.0)));
        } else {
            // One order for the walk below, whatever the filters left behind.
            weights.sort_unstable_by_key(|(id, _)| *id);
        }
        if min_p > 0.0 {
            let highest = weights.iter().map(|(_, weight)| *weight).fold(0.0, f64::max);
            let least = f64::from(min_p.min(1.0)) * highest;
            weights.retain(|(_, weight)| *weight >= least);
        }
        self.walk(&weights)
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

/// Weights in proportion to probabilities; the largest is 1.
fn to_weights(candidates: Vec<Candidate>) -> Vec<(u32, f64)> {
    let highest = candidates.iter().map(|(_, logit)| *logit).fold(f32::NEG_INFINITY, f32::max);
    let scaled =
        |logit: f32| if highest == f32::INFINITY { f64::from(u8::from(logit == highest)) } else { f64::from(logit - highest).exp() };
    candidates.into_iter().map(|(id, logit)| (id, scaled(logit))).collect()
}

/// The smallest set of most probable tokens that holds at least `share` of the weight; at least one.
fn nucleus(mut weights: Vec<(u32, f64)>, share: f64) -> Vec<(u32, f64)> {
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
                    return weights;
                }
            }
        }
        if sorted == weights.len() {
            return weights;
        }
        head *= 4;
    }
}

/// The most probable token; among equals the one with the lowest id.
fn best(candidates: &[Candidate]) -> Option<u32> {
    candidates.iter().min_by(|a, b| descending(a, b)).map(|(id, _)| *id)
}

/// The most probable tokens with their logits, in one pass.
fn most_probable(logits: &[f32]) -> Vec<Candidate> {
    let mut top: Vec<Candidate> = Vec::with_capacity(ALTERNATIVES + 1);
    for candidate in (0u32..).zip(logits.iter().copied()).filter(|(_, logit)| !logit.is_nan()) {
        if top.len() == ALTERNATIVES && top.last().is_some_and(|last| descending(last, &candidate) == Ordering::Less) {
            continue;
        }
        let place = top.partition_point(|other| descending(other, &candidate) == Ordering::Less);
        top.insert(place, candidate);
        top.truncate(ALTERNATIVES);
    }
    top
}

/// ln Σ exp(logit); `None` when no logit is a number, one is infinite, or all are the same.
fn log_sum_exp(logits: &[f32]) -> Option<f64> {
    let numbers = || logits.iter().copied().filter(|logit| !logit.is_nan());
    let highest = numbers().fold(f32::NEG_INFINITY, f32::max);
    let lowest = numbers().fold(f32::INFINITY, f32::min);
    if !highest.is_finite() || (highest == lowest && logits.len() > 1) {
        return None;
    }
    let sum: f64 = numbers().map(|logit| f64::from(logit - highest).exp()).sum();
    Some(f64::from(highest) + sum.ln())
}

#[expect(clippy::cast_possible_truncation, reason = "log-probabilities are reported in f32")]
fn narrow(value: f64) -> f32 {
    value as f32
}

#[cfg(test)]
mod tests;
