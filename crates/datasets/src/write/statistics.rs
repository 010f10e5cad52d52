//! What is counted over the examples that were kept.
//!
//! Invariant: the memory does not grow with the examples; a median is that of buckets 5 % wide.

use crate::example::Example;
use crate::facts::Fact;
use crate::manifest::{Kto, Lengths, Sides, Statistics};
use crate::recipe::Side;
use std::collections::BTreeMap;

#[derive(Debug, Default)]
struct Histogram {
    buckets: BTreeMap<u32, u64>,
    count: u64,
    sum: u64,
    min: Option<u64>,
    max: u64,
}

const WIDTH: f64 = 1.05;

impl Histogram {
    fn add(&mut self, value: u64) {
        let bucket = ((value as f64 + 1.0).ln() / WIDTH.ln()) as u32;
        *self.buckets.entry(bucket).or_default() += 1;
        self.count += 1;
        self.sum += value;
        self.min = Some(self.min.map_or(value, |min| min.min(value)));
        self.max = self.max.max(value);
    }

    fn quantile(&self, part: f64) -> u64 {
        let place = (part * self.count as f64).ceil() as u64;
        let mut seen = 0;
        for (bucket, count) in &self.buckets {
            seen += count;
            if seen >= place {
                let middle = WIDTH.powf(f64::from(*bucket) + 0.5) - 1.0;
                return (middle.round() as u64).clamp(self.min.unwrap_or(0), self.max);
            }
        }
        self.max
    }

    fn lengths(&self) -> Lengths {
        if self.count == 0 {
            return Lengths::default();
        }
        Lengths {
            min: self.min.unwrap_or(0),
            mean: self.sum as f64 / self.count as f64,
            median: self.quantile(0.5),
            p95: self.quantile(0.95),
            max: self.max,
        }
    }
}

#[derive(Debug, Default)]
pub struct Gathered {
    prompt: Histogram,
    text: Histogram,
    verdicts: BTreeMap<String, u64>,
    reasons: BTreeMap<String, u64>,
    sides: Sides,
    labels: (u64, u64),
    weight: f64,
    pub kept: u64,
}

impl Gathered {
    /// Reasons that are counted by name; all others together.
    const REASONS: usize = 200;

    pub fn add(&mut self, example: &Example, fact: &Fact, side: Side) {
        self.kept += 1;
        self.prompt.add(u64::from(fact.size.prompt));
        self.text.add(u64::from(fact.size.text));
        *self.verdicts.entry(example.verdict.as_str().to_owned()).or_default() += 1;
        for reason in &example.reasons {
            let known = self.reasons.contains_key(reason) || self.reasons.len() < Self::REASONS;
            *self.reasons.entry(if known { reason.clone() } else { "…".to_owned() }).or_default() += 1;
        }
        match side {
            Side::Train => self.sides.train += 1,
            Side::Validation => self.sides.validation += 1,
            Side::Test => self.sides.test += 1,
        }
        if side == Side::Train {
            match fact.rows.label {
                Some(true) => self.labels.0 += 1,
                Some(false) => self.labels.1 += 1,
                None => {}
            }
        }
        self.weight += example.weight;
    }

    pub fn statistics(self, tokens: bool, groups: u64) -> Statistics {
        Statistics {
            unit: if tokens { "tokens" } else { "characters" }.into(),
            prompt: self.prompt.lengths(),
            text: self.text.lengths(),
            verdicts: self.verdicts,
            reasons: self.reasons,
            sides: self.sides,
            groups,
            kto: kto(self.labels.0, self.labels.1),
            weight_sum: self.weight,
        }
    }
}

/// The rarer class weighs more, until the weighted classes stand between 1:1 and 4:3 (Ethayarajh et al. 2024, and TRL's documentation).
fn kto(desirable: u64, undesirable: u64) -> Kto {
    let weights = if desirable == 0 || undesirable == 0 {
        (1.0, 1.0)
    } else {
        let ratio = desirable as f64 / undesirable as f64;
        if ratio > 4.0 / 3.0 {
            (1.0, ratio)
        } else if ratio < 1.0 {
            (1.0 / ratio, 1.0)
        } else {
            (1.0, 1.0)
        }
    };
    Kto { desirable, undesirable, desirable_weight: weights.0, undesirable_weight: weights.1 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn classes_that_are_far_apart_get_weights_between_one_to_one_and_four_to_three() {
        for (yes, no) in [(1, 1), (10, 1), (1, 10), (4, 3), (500, 499), (99, 100)] {
            let kto = kto(yes, no);
            let weighted = kto.desirable as f64 * kto.desirable_weight / (kto.undesirable as f64 * kto.undesirable_weight);
            assert!((1.0 - 1e-9..=4.0 / 3.0 + 1e-9).contains(&weighted), "{yes} to {no} weigh {weighted}");
        }
    }

    #[test]
    fn a_median_is_right_to_five_percent() {
        let mut histogram = Histogram::default();
        (1..=10_001).for_each(|value| histogram.add(value));
        let lengths = histogram.lengths();
        assert_eq!((lengths.min, lengths.max, lengths.mean), (1, 10_001, 5_001.0), "these are exact");
        assert!((lengths.median as f64 / 5_001.0 - 1.0).abs() < 0.05, "the median is {}", lengths.median);
        assert!((lengths.p95 as f64 / 9_501.0 - 1.0).abs() < 0.05, "the 95th percentile is {}", lengths.p95);
    }
}
