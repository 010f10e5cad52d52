//! Near-duplicates: MinHash signatures (Broder 1997) and locality-sensitive hashing in bands, as datatrove does it.
//!
//! Invariant: the chance that a pair of similarity s is a candidate is 1 - (1 - s^rows)^bands (`chance`); a candidate is a duplicate only
//! where its signatures agree as often as the recipe asks.

use crate::recipe::{NearDuplicates, Shingles};
use std::collections::{HashMap, HashSet};

/// Values of the sketch of what is taught, beside the signature of the prompt.
pub const SKETCH: usize = 32;

pub struct MinHash {
    n: usize,
    shingles: Shingles,
    pub bands: usize,
    pub rows: usize,
    /// An odd number and a mask for each value of a signature.
    keys: Vec<(u32, u32)>,
    /// Shingles that most prompts have: the words of a template, which say nothing of a request.
    common: HashSet<u32>,
}

/// Shingles that must be left of a prompt without its template, for less says nothing either.
const OWN: usize = 8;
/// Different prompts that must be looked at before anything is taken for a template.
const PROMPTS: usize = 32;

/// The finaliser of SplitMix64: the keys come from it, so that the same recipe finds the same pairs for ever.
fn mixed(mut x: u64) -> u64 {
    x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    x ^ (x >> 31)
}

/// The chance that a pair of that Jaccard similarity shares a band.
#[must_use]
pub fn chance(similarity: f64, bands: usize, rows: usize) -> f64 {
    1.0 - (1.0 - similarity.powi(rows as i32)).powi(bands as i32)
}

impl MinHash {
    #[must_use]
    pub fn new(recipe: &NearDuplicates) -> Self {
        let values = (recipe.bands * recipe.rows).max(SKETCH);
        let keys = (0..values as u64)
            .map(|i| {
                let key = mixed((i + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15));
                (key as u32 | 1, (key >> 32) as u32)
            })
            .collect();
        Self { n: recipe.n, shingles: recipe.shingles, bands: recipe.bands, rows: recipe.rows, keys, common: HashSet::new() }
    }

    /// Learns from some different prompts what more than half of them have.
    pub fn learn_template(&mut self, prompts: &HashSet<&str>) {
        if prompts.len() < PROMPTS {
            return;
        }
        let mut counts: HashMap<u32, usize> = HashMap::new();
        for prompt in prompts {
            let mut own = HashSet::new();
            self.each_shingle(prompt, |shingle| {
                own.insert(shingle);
            });
            own.into_iter().for_each(|shingle| *counts.entry(shingle).or_default() += 1);
        }
        self.common = counts.into_iter().filter(|(_, count)| count * 2 > prompts.len()).map(|(shingle, _)| shingle).collect();
    }

    /// Signs a prompt by what is its own, or by all of it where hardly anything is.
    pub fn sign_prompt(&self, text: &str, into: &mut [u8]) -> bool {
        let mut own = 0;
        if !self.common.is_empty() {
            self.each_shingle(text, |shingle| own += usize::from(!self.common.contains(&shingle)));
        }
        if own >= OWN { self.sign_some(text, into, |shingle| !self.common.contains(&shingle)) } else { self.sign(text, into) }
    }

    /// Bytes of a signature.
    #[must_use]
    pub fn values(&self) -> usize {
        self.bands * self.rows
    }

    /// Writes a byte of each minimum: that two minima which differ have the same byte is one chance in 256, which `agreement` takes
    /// off again. `false` when the text has no letter or digit to compare.
    pub fn sign(&self, text: &str, into: &mut [u8]) -> bool {
        self.sign_some(text, into, |_| true)
    }

    fn sign_some(&self, text: &str, into: &mut [u8], counts: impl Fn(u32) -> bool) -> bool {
        let mut minima = vec![u32::MAX; into.len()];
        let keys = &self.keys[..into.len()];
        let mut any = false;
        self.each_shingle(text, |shingle| {
            if !counts(shingle) {
                return;
            }
            any = true;
            for (minimum, (factor, mask)) in minima.iter_mut().zip(keys) {
                let mut x = (shingle ^ mask).wrapping_mul(*factor);
                x = (x ^ (x >> 15)).wrapping_mul(0x2c1b_3c6d);
                *minimum = (*minimum).min(x ^ (x >> 16));
            }
        });
        for (byte, minimum) in into.iter_mut().zip(minima) {
            *byte = mixed(u64::from(minimum)) as u8;
        }
        any
    }

    /// The hash of each run of `n`; of all of it where there are fewer. Letters count without case, all between words is one space.
    fn each_shingle(&self, text: &str, mut each: impl FnMut(u32)) {
        let mut units: Vec<u32> = Vec::with_capacity(text.len());
        match self.shingles {
            Shingles::Characters => {
                let mut space = false;
                for c in text.chars() {
                    if c.is_alphanumeric() {
                        if space && !units.is_empty() {
                            units.push(u32::from(' '));
                        }
                        space = false;
                        if c.is_ascii() {
                            units.push(u32::from(c.to_ascii_lowercase()))
                        } else {
                            units.extend(c.to_lowercase().map(u32::from))
                        }
                    } else {
                        space = true;
                    }
                }
            }
            Shingles::Words => {
                let mut word = 0_u64;
                let mut letters = 0;
                for c in text.chars().chain([' ']) {
                    if c.is_alphanumeric() {
                        for lower in c.to_lowercase() {
                            word = mixed(word ^ u64::from(u32::from(lower)));
                        }
                        letters += 1;
                    } else if letters > 0 {
                        units.push(word as u32);
                        (word, letters) = (0, 0);
                    }
                }
            }
        }
        if units.is_empty() {
            return;
        }
        let n = self.n.clamp(1, units.len());
        for run in units.windows(n) {
            let hash =
                run.iter().fold(n as u64, |hash, unit| (hash ^ u64::from(*unit)).wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_left(29));
            each(mixed(hash) as u32);
        }
    }

    /// What two signatures have in common in one band.
    #[must_use]
    pub fn band(&self, signature: &[u8], band: usize) -> u64 {
        let rows = &signature[band * self.rows..(band + 1) * self.rows];
        match <[u8; 8]>::try_from(rows) {
            Ok(rows) => u64::from_le_bytes(rows),
            Err(_) => rows.iter().fold(rows.len() as u64, |hash, byte| mixed(hash ^ u64::from(*byte))),
        }
    }
}

/// The similarity that two signatures speak for.
#[must_use]
pub fn agreement(a: &[u8], b: &[u8]) -> f64 {
    let same = a.iter().zip(b).filter(|(x, y)| x == y).count();
    let raw = same as f64 / a.len() as f64;
    ((raw - 1.0 / 256.0) / (1.0 - 1.0 / 256.0)).max(0.0)
}

#[cfg(test)]
mod tests;
