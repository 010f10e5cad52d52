//! Attention and the store of keys and values.

use half::f16;
use kernels::{KeyValues, Rows, attention};

use crate::matrices::{on_all, pool};
use crate::reference::Numbers;

#[derive(Clone, Copy)]
struct Case {
    heads: usize,
    kv_heads: usize,
    dim: usize,
    prefix: usize,
    own: usize,
    window: Option<usize>,
    softcap: Option<f32>,
}

struct Story {
    keys: Vec<f32>,
    values: Vec<f32>,
    q: Vec<f32>,
}

impl Case {
    fn tokens(&self) -> usize {
        self.prefix + self.own
    }

    fn story(&self, seed: u64) -> Story {
        let mut numbers = Numbers(seed);
        let kv = self.tokens() * self.kv_heads * self.dim;
        Story { keys: numbers.values(kv), values: numbers.values(kv), q: numbers.values(self.tokens() * self.heads * self.dim) }
    }

    /// The run from `from` to `to`, in the second of two layers; the first has other numbers.
    fn store(&self, story: &Story, from: usize, to: usize) -> KeyValues {
        let mut store = KeyValues::new(2, self.kv_heads, self.dim);
        let width = self.kv_heads * self.dim;
        for token in from..to {
            let at = token * width..(token + 1) * width;
            store.write(1, token - from, &story.keys[at.clone()], &story.values[at]);
            store.write(0, token - from, &vec![9.0; width], &vec![9.0; width]);
        }
        store.set_len(to - from);
        store
    }

    /// Rows of all own tokens, asked for in runs of `chunk`.
    fn attend(&self, story: &Story, prefix: usize, chunk: usize, threads: usize) -> Vec<f32> {
        let (shared, own) = (self.store(story, 0, prefix), self.store(story, prefix, self.tokens()));
        let first = self.prefix;
        let mut out = vec![f32::NAN; self.own * self.heads * self.dim];
        let rows: Vec<Rows<'_>> = (0..self.own)
            .step_by(chunk)
            .map(|row| Rows {
                prefix: (prefix > 0).then_some(&shared),
                own: &own,
                first: row,
                count: chunk.min(self.own - row),
                position: first + row,
            })
            .collect();
        let q = &story.q[first * self.heads * self.dim..];
        attention(&pool(threads), 1, &rows, self.heads, q, &mut out, 0.3, self.window, self.softcap);
        out
    }

    /// The definition, in 64 bits.
    fn expected(&self, story: &Story) -> Vec<f64> {
        let r = |x: f32| f64::from(f16::from_f32(x).to_f32());
        let mut out = Vec::new();
        for row in self.prefix..self.tokens() {
            for head in 0..self.heads {
                let q = &story.q[(row * self.heads + head) * self.dim..][..self.dim];
                let kv =
                    |of: &[f32], token: usize, i: usize| r(of[(token * self.kv_heads + head * self.kv_heads / self.heads) * self.dim + i]);
                let seen = self.window.map_or(0, |window| (row + 1).saturating_sub(window))..row + 1;
                let scores: Vec<f64> = seen
                    .clone()
                    .map(|token| (0..self.dim).map(|i| r(q[i]) * kv(&story.keys, token, i)).sum::<f64>() * f64::from(0.3_f32))
                    .map(|score| self.softcap.map_or(score, |cap| f64::from(cap) * (score / f64::from(cap)).tanh()).exp())
                    .collect();
                let sum: f64 = scores.iter().sum();
                let weights: Vec<f64> = scores.iter().map(|score| r((score / sum) as f32)).collect();
                for i in 0..self.dim {
                    out.push(seen.clone().zip(&weights).map(|(token, weight)| weight * kv(&story.values, token, i)).sum());
                }
            }
        }
        out
    }
}

fn cases() -> Vec<Case> {
    let case = |heads, kv_heads, dim, prefix, own, window, softcap| Case { heads, kv_heads, dim, prefix, own, window, softcap };
    vec![
        case(4, 2, 64, 0, 1, None, None),
        case(14, 2, 64, 37, 21, None, None),
        case(4, 4, 96, 16, 50, None, None),
        case(8, 1, 256, 5, 20, Some(7), Some(3.0)),
        case(3, 3, 40, 30, 9, Some(16), None),
        case(16, 8, 128, 100, 40, Some(1), None),
        case(2, 1, 20, 0, 33, Some(500), Some(0.5)),
        case(20, 1, 32, 3, 18, None, None),
    ]
}

/// What all cases give, as bits.
pub fn all_bits() -> Vec<u32> {
    cases().iter().flat_map(|case| case.attend(&case.story(31), case.prefix, 1000, 2)).map(f32::to_bits).collect()
}

#[test]
fn rows_attend_to_what_stands_before_them() {
    on_all(|_| attend_to_what_stands_before());
}

fn attend_to_what_stands_before() {
    for case in cases() {
        let story = case.story(77);
        let (out, expected) = (case.attend(&story, case.prefix, 1000, 2), case.expected(&story));
        for (out, expected) in out.iter().zip(&expected) {
            // Values are below one and weights sum to one: what is left is the rounding of 32-bit sums, and a weight that
            // they send to the next 16-bit float.
            assert!((f64::from(*out) - expected).abs() < 5e-5, "{out} for {expected}, {} heads of {}", case.heads, case.dim);
        }
    }
}

#[test]
fn a_row_gives_the_same_bits_however_it_is_asked_for() {
    on_all(|_| however_it_is_asked_for());
}

fn however_it_is_asked_for() {
    for case in cases() {
        let story = case.story(5);
        let bits = |out: Vec<f32>| out.into_iter().map(f32::to_bits).collect::<Vec<_>>();
        let whole = bits(case.attend(&story, case.prefix, 1000, 1));
        for (chunk, threads) in [(1, 1), (2, 3), (3, 2), (7, 1), (16, 7), (1, 16)] {
            for prefix in [case.prefix, 0, case.prefix / 2, case.prefix.saturating_sub(1)] {
                let out = bits(case.attend(&story, prefix, chunk, threads));
                assert!(out == whole, "runs of {chunk}, {threads} threads, prefix of {prefix}: {} heads of {}", case.heads, case.dim);
            }
        }
    }
}

#[test]
fn sequences_that_share_a_prefix_give_the_bits_that_each_gives_alone() {
    on_all(|_| sequences_together());
}

fn sequences_together() {
    for case in cases().into_iter().filter(|case| case.prefix > 0) {
        // Of different lengths, some with one row and some with several, over the same prefix.
        let lengths: Vec<usize> = (0..9).map(|of| 1 + (case.own + 7 * of) % 40).collect();
        let mut stories: Vec<Story> = (0..9).map(|seed| Case { own: 40, ..case }.story(seed)).collect();
        let width = case.prefix * case.kv_heads * case.dim;
        for of in 1..9 {
            let (first, others) = stories.split_at_mut(of);
            others[0].keys[..width].copy_from_slice(&first[0].keys[..width]);
            others[0].values[..width].copy_from_slice(&first[0].values[..width]);
        }
        let shared = case.store(&stories[0], 0, case.prefix);
        let own: Vec<KeyValues> =
            stories.iter().zip(&lengths).map(|(story, own)| case.store(story, case.prefix, case.prefix + own)).collect();
        let counts: Vec<usize> = lengths.iter().enumerate().map(|(of, own)| if of % 3 == 2 { (*own).min(5) } else { 1 }).collect();
        let token = case.heads * case.dim;
        let mut q = Vec::new();
        let mut rows = Vec::new();
        for of in 0..9 {
            let position = case.prefix + lengths[of] - counts[of];
            rows.push(Rows { prefix: Some(&shared), own: &own[of], first: q.len() / token, count: counts[of], position });
            q.extend_from_slice(&stories[of].q[position * token..(position + counts[of]) * token]);
        }
        let attend = |rows: &[Rows<'_>], threads| {
            let mut out = vec![f32::NAN; q.len()];
            attention(&pool(threads), 1, rows, case.heads, &q, &mut out, 0.3, case.window, case.softcap);
            out
        };
        for threads in [1, 2, 5] {
            let together = attend(&rows, threads);
            for rows in &rows {
                let alone = attend(&[*rows], 1);
                let of = rows.first * token..(rows.first + rows.count) * token;
                assert!(alone[of.clone()].iter().all(|value| value.is_finite()));
                let bits = |out: &[f32]| out[of.clone()].iter().map(|value| value.to_bits()).collect::<Vec<_>>();
                assert!(bits(&together) == bits(&alone), "row {} of {} heads, {threads} threads", rows.first, case.heads);
            }
        }
    }
}

#[test]
fn what_comes_after_a_row_does_not_touch_it() {
    on_all(|_| what_comes_after());
}

fn what_comes_after() {
    let case = &cases()[1];
    let mut story = case.story(6);
    let before = case.attend(&story, case.prefix, 1000, 2);
    let width = case.kv_heads * case.dim;
    let last = (case.tokens() - 3) * width;
    story.keys[last..].fill(f32::NAN);
    story.values[last..].fill(f32::INFINITY);
    let after = case.attend(&story, case.prefix, 1000, 2);
    let untouched = (case.own - 3) * case.heads * case.dim;
    assert_eq!(before[..untouched], after[..untouched], "a row sees nothing that comes later, not even a NaN");
}

#[test]
fn forgotten_tokens_give_their_memory_back_and_can_be_written_again() {
    let mut store = KeyValues::new(3, 2, 8);
    assert_eq!(store.bytes(), 0, "nothing is taken before it is needed");
    for token in 0..40 {
        (0..3).for_each(|layer| store.write(layer, token, &[1.0; 16], &[2.0; 16]));
    }
    store.set_len(40);
    let full = store.bytes();
    store.truncate(17);
    assert_eq!(store.len(), 17, "the first are kept");
    assert!(store.bytes() < full, "a page is given back");
    store.truncate(30);
    assert_eq!(store.len(), 17, "nothing grows by forgetting");
    store.write(0, 17, &[1.0; 16], &[2.0; 16]);
}
