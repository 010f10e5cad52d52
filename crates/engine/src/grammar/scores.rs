//! How probable each label was, from the forward passes that wrote one of them.
//!
//! Invariant: the probabilities add up to 1, and follow from the model's own logits: no temperature, no penalty.
//!
//! What they are: the chance that the model, held to the labels, writes this one. Each place shares the chance of the
//! path so far among the tokens that are allowed there. Where a token leads to one label alone, that label's share is
//! exact. Where a token that was not taken leads to several, their shares would need further forward passes; what they
//! have together is exact, and is split among them in proportion to what is certain of each, evenly where nothing is.
//! So labels that part at their first token, which most sets do, have exact probabilities.

use super::labels::{Labels, Position};
use super::{Mask, Vocabulary};
use flow::model::LabelProbability;
use std::collections::BTreeMap;
use std::sync::Arc;

pub(crate) struct Scores {
    labels: Arc<Labels>,
    /// What is certain of each label.
    certain: Vec<f64>,
    /// What several labels have together.
    shared: Vec<(f64, Vec<usize>)>,
    /// The chance of the path so far, and the labels that it can still become.
    here: (f64, Vec<usize>),
    /// The tokens that may come next, with their chances here and the labels they lead to.
    next: Vec<(u32, f64, Vec<usize>)>,
}

impl Scores {
    pub(crate) fn new(labels: Arc<Labels>) -> Self {
        let count = labels.texts().len();
        Self { labels, certain: vec![0.0; count], shared: Vec::new(), here: (1.0, (0..count).collect()), next: Vec::new() }
    }

    /// Takes note of the logits at a place. `begun` says whether the output has text already.
    pub(crate) fn weigh(&mut self, position: &Position, begun: bool, vocabulary: &Vocabulary, logits: &[f32]) {
        let mut ways: BTreeMap<u32, Vec<usize>> = BTreeMap::new();
        position.ways(vocabulary, &mut |id, label| ways.entry(id).or_default().push(label));
        if !begun {
            let mut mask = Mask::empty(vocabulary.len());
            ways.keys().for_each(|id| mask.allow(*id));
            vocabulary.add_dropped_spaces(&mut mask);
            for id in mask.ids() {
                let same = vocabulary.without_dropped_space(id).map_or(Some(&self.here.1), |rest| ways.get(&rest)).cloned();
                if let Some(same) = same {
                    ways.entry(id).or_insert(same);
                }
            }
        }
        let logit = |id: u32| logits.get(id as usize).copied().filter(|logit| !logit.is_nan()).unwrap_or(f32::NEG_INFINITY);
        let highest = ways.keys().map(|id| logit(*id)).fold(f32::NEG_INFINITY, f32::max);
        if !highest.is_finite() {
            return;
        }
        let weight = |id: u32| f64::from(logit(id) - highest).exp();
        let total: f64 = ways.keys().map(|id| weight(*id)).sum();
        self.next = ways.into_iter().map(|(id, labels)| (id, weight(id) / total, labels)).collect();
    }

    /// Goes on by a token that was weighed; the others keep what they had.
    pub(crate) fn follow(&mut self, id: u32) {
        let chance = self.here.0;
        for (other, part, labels) in std::mem::take(&mut self.next) {
            if other == id {
                self.here = (chance * part, labels);
            } else if let [label] = labels.as_slice() {
                if let Some(certain) = self.certain.get_mut(*label) {
                    *certain += chance * part;
                }
            } else {
                self.shared.push((chance * part, labels));
            }
        }
    }

    /// The probability of each label, in the order of the constraint.
    pub(crate) fn probabilities(&self) -> Vec<LabelProbability> {
        let certain = |label: &usize| self.certain.get(*label).copied().unwrap_or(0.0);
        let mut all = self.certain.clone();
        for (chance, labels) in self.shared.iter().chain([&self.here]) {
            let known: f64 = labels.iter().map(certain).sum();
            #[expect(clippy::cast_precision_loss, reason = "at most some thousand labels")]
            let even = 1.0 / labels.len() as f64;
            for label in labels {
                let part = if known > 0.0 { certain(label) / known } else { even };
                if let Some(sum) = all.get_mut(*label) {
                    *sum += chance * part;
                }
            }
        }
        #[expect(clippy::cast_possible_truncation, reason = "probabilities are reported in f32")]
        let narrow = |probability: f64| probability as f32;
        let named = self.labels.texts().iter().zip(all);
        named.map(|(label, probability)| LabelProbability { label: label.clone(), probability: narrow(probability) }).collect()
    }
}
