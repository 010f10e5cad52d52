//! What logits say: probabilities, the most probable tokens, how undecided they are.
//!
//! Invariant: two passes over the vocabulary and no memory of its size. Sums are in f64; single exponentials in f32, right
//! to 2⁻²², so that a log-probability is right to its f32.

use super::{ALTERNATIVES, Candidate, descending};
use std::cmp::Ordering;

/// Logits looked at together; most blocks of a vocabulary hold nothing that matters.
pub(super) const BLOCK: usize = 64;

/// A distribution over the vocabulary.
pub(super) struct Distribution {
    /// ln Σ exp(logit).
    log_total: f64,
    /// The most probable tokens with their logits, most probable first.
    pub(super) top: Vec<Candidate>,
    /// Nats.
    pub(super) entropy: f32,
}

impl Distribution {
    /// `None` when no logit is a number, one is infinite, or all are the same.
    pub(super) fn of(logits: &[f32]) -> Option<Self> {
        let mut top: Vec<Candidate> = Vec::with_capacity(ALTERNATIVES + 1);
        let (mut highest, mut lowest) = (f32::NEG_INFINITY, f32::INFINITY);
        let mut floor = f32::NEG_INFINITY;
        for (first, block) in blocks((0, logits)) {
            // `max` and `min` leave NaN out.
            let (high, low) = block.iter().fold((f32::NEG_INFINITY, f32::INFINITY), |(high, low), x| (high.max(*x), low.min(*x)));
            highest = highest.max(high);
            lowest = lowest.min(low);
            if high > floor || top.len() < ALTERNATIVES {
                for candidate in (first..).zip(block.iter().copied()).filter(|(_, logit)| !logit.is_nan()) {
                    rank(&mut top, candidate);
                }
                floor = top.get(ALTERNATIVES - 1).map_or(f32::NEG_INFINITY, |(_, logit)| *logit);
            }
        }
        if !highest.is_finite() || (highest == lowest && logits.len() > 1) {
            return None;
        }
        let (mut sum, mut weighted) = (0.0, 0.0);
        for block in logits.chunks(BLOCK) {
            let (mut block_sum, mut block_weighted) = (0.0f32, 0.0f32);
            for logit in block {
                let below = logit - highest;
                let e = exp(below);
                block_sum += e;
                block_weighted += if e > 0.0 { e * below } else { 0.0 };
            }
            sum += f64::from(block_sum);
            weighted += f64::from(block_weighted);
        }
        Some(Self { log_total: f64::from(highest) + sum.ln(), top, entropy: narrow((sum.ln() - weighted / sum).max(0.0)) })
    }

    /// Natural logarithm of the probability of a token with this logit; always a number, which JSON can say.
    pub(super) fn logprob(&self, logit: f32) -> f32 {
        narrow(f64::from(logit) - self.log_total).max(f32::MIN)
    }
}

/// Puts a candidate in its place among the highest.
fn rank(top: &mut Vec<Candidate>, candidate: Candidate) {
    if top.len() == ALTERNATIVES && top.last().is_some_and(|last| descending(last, &candidate) == Ordering::Less) {
        return;
    }
    let place = top.partition_point(|other| descending(other, &candidate) == Ordering::Less);
    top.insert(place, candidate);
    top.truncate(ALTERNATIVES);
}

/// A run of logits with the id of its first.
pub(super) type Run<'a> = (u32, &'a [f32]);

/// A run in blocks.
pub(super) fn blocks((first, logits): Run<'_>) -> impl Iterator<Item = Run<'_>> {
    (first..).step_by(BLOCK).zip(logits.chunks(BLOCK))
}

/// The tokens of a run whose logits are numbers.
pub(super) fn numbers((first, logits): Run<'_>) -> impl Iterator<Item = Candidate> {
    (first..).zip(logits.iter().copied()).filter(super::is_number)
}

/// The runs between tokens that are listed (by id).
pub(super) fn unseen<'a>(logits: &'a [f32], seen: &'a [Candidate]) -> impl Iterator<Item = Run<'a>> {
    let starts = std::iter::once(0).chain(seen.iter().map(|(id, _)| id + 1));
    let ends = seen.iter().map(|(id, _)| *id as usize).chain([logits.len()]);
    starts.zip(ends).map(|(start, end)| (start, logits.get(start as usize..end).unwrap_or_default()))
}

/// eˣ for x ≤ 0, right to 2⁻²²; 0 below -87 and for NaN. Written so that the compiler computes several at once.
///
/// 2ⁿ · eʳ with |r| ≤ ln 2 / 2, the polynomial of Cephes' `expf`.
fn exp(x: f32) -> f32 {
    /// 1.5 · 2²³: what is added to it is rounded to a whole number, in its lowest bits.
    const ROUND: f32 = 12_582_912.0;
    let shifted = x * std::f32::consts::LOG2_E + ROUND;
    let n = shifted - ROUND;
    // ln 2 in two parts, the first of few bits, so that the product is exact.
    let r = (x - n * 0.693_359_4) + n * 2.121_944_4e-4;
    let p = 1.987_569_1e-4;
    let p = p * r + 1.398_199_9e-3;
    let p = p * r + 8.333_452e-3;
    let p = p * r + 4.166_579_6e-2;
    let p = p * r + 0.166_666_66;
    let p = p * r + 0.5;
    let e = p * r * r + r + 1.0;
    let power = f32::from_bits(shifted.to_bits().wrapping_add(127) << 23);
    if x >= -87.0 { e * power } else { 0.0 }
}

#[expect(clippy::cast_possible_truncation, reason = "log-probabilities are reported in f32")]
fn narrow(value: f64) -> f32 {
    value as f32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_exponential_is_right_to_its_last_bits() {
        let mut x = 0.0f32;
        while x > -87.0 {
            let (ours, exact) = (f64::from(exp(x)), f64::from(x).exp());
            assert!((ours - exact).abs() <= exact * 2.4e-7, "{x}: {ours} where {exact} was expected");
            x -= 0.000_91 + x.abs() * 1e-4;
        }
        assert_eq!((exp(0.0), exp(-88.0), exp(f32::NEG_INFINITY), exp(f32::NAN)), (1.0, 0.0, 0.0, 0.0));
    }

    #[test]
    fn entropy_is_that_of_the_distribution() {
        let of = |shares: &[f32]| Distribution::of(&shares.iter().map(|share| share.ln()).collect::<Vec<_>>()).unwrap().entropy;
        // 1/2, 1/4, 1/8, 1/8: 1.75 bits.
        assert!((of(&[0.5, 0.25, 0.125, 0.125]) - 1.75 * std::f32::consts::LN_2).abs() < 1e-6);
        assert!(of(&[1.0, 1e-30]) < 1e-6, "sure of one");
        let mut nearly_even = vec![1.0; 1000];
        nearly_even[7] = 1.001;
        assert!((of(&nearly_even) - 1000f32.ln()).abs() < 1e-5);
    }
}
