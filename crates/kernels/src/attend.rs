//! The attention of some heads that share keys, written once for every instruction set.
//!
//! *Invariant: scores stand by position, sums go over positions in their order: where pages or the prefix end changes no bit.*
#![expect(unsafe_code, reason = "generic over vectors that are read and written through pointers")]

use std::cell::RefCell;
use std::ops::Range;

use crate::attention::{Piece, Shape};
use crate::key_values::{KeyValues, PAGE};
use crate::lanes::Lanes;

/// Score rows that are computed together, at most.
pub(crate) const TOGETHER: usize = 8;

/// Buffers of a thread, used again from piece to piece.
#[derive(Default)]
struct Scratch {
    /// Rows × head_dim, rounded to 16 bits.
    q: Vec<f32>,
    /// Rows × positions.
    scores: Vec<f32>,
}

thread_local! {
    static SCRATCH: RefCell<Scratch> = RefCell::default();
}

/// Computes `piece` into `outs`, a slice of head_dim values for each of its tokens and heads.
///
/// # Safety
/// As for [`Lanes`].
#[inline(always)]
pub(crate) unsafe fn piece<L: Lanes>(piece: &Piece<'_>, shape: &Shape, q: &[f32], outs: &mut [&mut [f32]]) {
    assert_eq!(outs.len(), piece.tokens * piece.heads, "an output for each token and head");
    // No closure here or below does vector work: one is not compiled for the instruction set of the function around it.
    let mut scratch = SCRATCH.take();
    // SAFETY: the caller's.
    unsafe {
        match outs.len() {
            1 => Work::<1>::new(piece, shape, &mut scratch).compute::<L>(q, outs),
            2 => Work::<2>::new(piece, shape, &mut scratch).compute::<L>(q, outs),
            3 => Work::<3>::new(piece, shape, &mut scratch).compute::<L>(q, outs),
            4 => Work::<4>::new(piece, shape, &mut scratch).compute::<L>(q, outs),
            5 => Work::<5>::new(piece, shape, &mut scratch).compute::<L>(q, outs),
            6 => Work::<6>::new(piece, shape, &mut scratch).compute::<L>(q, outs),
            7 => Work::<7>::new(piece, shape, &mut scratch).compute::<L>(q, outs),
            8 => Work::<8>::new(piece, shape, &mut scratch).compute::<L>(q, outs),
            rows => unreachable!("a piece has 1 to {TOGETHER} rows, not {rows}"),
        }
    }
    SCRATCH.set(scratch);
}

/// A piece of `R` rows: its tokens, and within them its heads.
struct Work<'a, const R: usize> {
    piece: &'a Piece<'a>,
    shape: &'a Shape,
    q: &'a mut [f32],
    scores: &'a mut [f32],
    /// Positions that any row sees, from the start of a page on.
    from: usize,
    /// Scores of a row.
    stride: usize,
}

/// The tokens at some positions, page by page.
struct Runs<'a> {
    piece: &'a Piece<'a>,
    layer: usize,
    positions: Range<usize>,
}

impl<'a> Iterator for Runs<'a> {
    type Item = Run<'a>;

    fn next(&mut self) -> Option<Run<'a>> {
        let Range { start: position, end } = self.positions;
        if position >= end {
            return None;
        }
        let shared = self.piece.rows.prefix.map_or(0, KeyValues::len);
        let (of, token, end) = match self.piece.rows.prefix {
            Some(prefix) if position < shared => (prefix, position, shared.min(end)),
            _ => (self.piece.rows.own, position - shared, end),
        };
        let lane = token % PAGE;
        let count = (PAGE - lane).min(end - position);
        let (keys, values) = of.read(self.layer, self.piece.kv_head, token / PAGE);
        self.positions.start += count;
        Some(Run { position, lane, count, keys, values })
    }
}

/// Consecutive tokens in one page: `keys` `[head_dim][16]` and `values` `[16][head_dim]`, from `lane` on.
#[derive(Clone, Copy)]
struct Run<'a> {
    position: usize,
    lane: usize,
    count: usize,
    keys: &'a [u16],
    values: &'a [u16],
}

impl<'a, const R: usize> Work<'a, R> {
    fn new(piece: &'a Piece<'a>, shape: &'a Shape, scratch: &'a mut Scratch) -> Self {
        let from = piece.seen(shape, 0).start;
        // A page that is computed whole may begin 15 positions before the first and end 15 behind the last.
        let stride = piece.seen(shape, piece.tokens - 1).end - from + 2 * PAGE;
        let (q, scores) = (R * shape.dim, R * stride);
        if scratch.q.len() < q {
            scratch.q.resize(q, 0.0);
        }
        if scratch.scores.len() < scores {
            scratch.scores.resize(scores, 0.0);
        }
        Self { piece, shape, q: &mut scratch.q[..q], scores: &mut scratch.scores[..scores], from, stride }
    }

    /// Where the score of `position` stands in its row.
    fn at(&self, position: usize) -> usize {
        position + PAGE - self.from
    }

    /// The tokens at `positions`, page by page.
    fn runs(&self, positions: Range<usize>) -> Runs<'a> {
        Runs { piece: self.piece, layer: self.shape.layer, positions }
    }

    #[inline(always)]
    unsafe fn compute<L: Lanes>(mut self, q: &[f32], outs: &mut [&mut [f32]]) {
        let (piece, shape) = (self.piece, self.shape);
        for (row, out) in outs.iter_mut().enumerate() {
            let (token, head) = (piece.start + row / piece.heads, piece.head + row % piece.heads);
            let at = ((piece.rows.first + token) * shape.heads + head) * shape.dim;
            let to = &mut self.q[row * shape.dim..(row + 1) * shape.dim];
            // SAFETY: the caller's.
            unsafe { crate::floats::round_f16::<L>(&q[at..at + shape.dim], to) };
            out.fill(0.0);
        }
        let last = piece.seen(shape, piece.tokens - 1);
        // SAFETY: the caller's.
        unsafe { self.score::<L>(self.from..last.end) };
        let mut factors = [0.0; R];
        for (row, factor) in factors.iter_mut().enumerate() {
            let seen = piece.seen(shape, row / piece.heads);
            let at = row * self.stride + self.at(seen.start);
            // SAFETY: the caller's.
            *factor = unsafe { softmax::<L>(&mut self.scores[at..at + seen.len()], shape.softcap) };
        }
        // What all rows see is added together; before and behind it, each token's rows add what only they see.
        let common = last.start..piece.seen(shape, 0).end;
        let common = if common.start < common.end { common } else { last.start..last.start };
        for token in 0..piece.tokens {
            let seen = piece.seen(shape, token);
            let outs = &mut outs[token * piece.heads..(token + 1) * piece.heads];
            // SAFETY: the caller's.
            unsafe { self.add_some::<L>(token * piece.heads, seen.start..common.start.min(seen.end), outs) };
        }
        let mut all = outs.iter_mut().map(|out| out.as_mut_ptr());
        let all: [*mut f32; R] = std::array::from_fn(|_| all.next().expect("an output for each row"));
        // SAFETY: the caller's; the outputs are apart.
        unsafe { self.add::<L, R>(0, common.clone(), all) };
        for token in 0..piece.tokens {
            let seen = piece.seen(shape, token);
            let outs = &mut outs[token * piece.heads..(token + 1) * piece.heads];
            // SAFETY: the caller's.
            unsafe { self.add_some::<L>(token * piece.heads, common.end.max(seen.start)..seen.end, outs) };
        }
        for (out, factor) in outs.iter_mut().zip(factors) {
            out.iter_mut().for_each(|out| *out *= factor);
        }
    }

    /// Scores of all rows for the tokens at `positions`, several pages at once where there are few rows.
    #[inline(always)]
    unsafe fn score<L: Lanes>(&mut self, positions: Range<usize>) {
        let mut pages: [(*const u16, usize); 4] = [(std::ptr::null(), 0); 4];
        let mut count = 0;
        let together = match R {
            1 | 2 => 4,
            3 | 4 => 2,
            _ => 1,
        };
        for run in self.runs(positions) {
            pages[count] = (run.keys.as_ptr(), self.at(run.position) - run.lane);
            count += 1;
            // A page is computed whole. What it leaves behind the prefix's last token, the next page overwrites.
            if count == together || run.lane + run.count < PAGE {
                // SAFETY: the caller's.
                unsafe { self.score_pages::<L>(&pages[..count]) };
                count = 0;
            }
        }
        // SAFETY: the caller's.
        unsafe { self.score_pages::<L>(&pages[..count]) };
    }

    #[inline(always)]
    unsafe fn score_pages<L: Lanes>(&mut self, pages: &[(*const u16, usize)]) {
        let (q, dim, scale, stride) = (self.q.as_ptr(), self.shape.dim, self.shape.scale, self.stride);
        let scores = self.scores.as_mut_ptr();
        // SAFETY: each page has `dim` × 16 keys, and a row of scores room for 16 before the first and behind the last position.
        unsafe {
            match pages.len() {
                4 if R <= 2 => dots::<L, R, 4>(q, dim, scale, pages, scores, stride),
                2 if R <= 4 => dots::<L, R, 2>(q, dim, scale, pages, scores, stride),
                _ => {
                    for page in pages {
                        dots::<L, R, 1>(q, dim, scale, std::slice::from_ref(page), scores, stride);
                    }
                }
            }
        }
    }

    /// Adds for the rows of one token, from row `first` on.
    #[inline(always)]
    unsafe fn add_some<L: Lanes>(&self, first: usize, positions: Range<usize>, outs: &mut [&mut [f32]]) {
        if positions.is_empty() {
            return;
        }
        for (row, out) in outs.iter_mut().enumerate() {
            // SAFETY: the caller's.
            unsafe { self.add::<L, 1>(first + row, positions.clone(), [out.as_mut_ptr()]) };
        }
    }

    /// Adds the values at `positions`, weighted with the scores of `C` rows from `first` on.
    #[inline(always)]
    unsafe fn add<L: Lanes, const C: usize>(&self, first: usize, positions: Range<usize>, outs: [*mut f32; C]) {
        let dim = self.shape.dim;
        for run in self.runs(positions) {
            let mut weights = [std::ptr::null(); C];
            for (row, weights) in weights.iter_mut().enumerate() {
                *weights = self.scores[(first + row) * self.stride + self.at(run.position)..][..run.count].as_ptr();
            }
            let values = &run.values[run.lane * dim..(run.lane + run.count) * dim];
            let whole = dim / L::N * L::N;
            for column in (0..whole).step_by(L::N) {
                // SAFETY: a vector of columns of `count` values and of the outputs; `count` weights.
                unsafe {
                    let mut sums = [L::splat(0.0); C];
                    for (sum, out) in sums.iter_mut().zip(outs) {
                        *sum = L::load(out.add(column));
                    }
                    for token in 0..run.count {
                        let value = L::load_f16(values.as_ptr().add(token * dim + column));
                        for (sum, weights) in sums.iter_mut().zip(weights) {
                            *sum = value.fma(L::splat(*weights.add(token)), *sum);
                        }
                    }
                    for (sum, out) in sums.iter().zip(outs) {
                        sum.store(out.add(column));
                    }
                }
            }
            if whole == dim {
                continue;
            }
            let rest = dim - whole;
            for (weights, out) in weights.iter().zip(outs) {
                // SAFETY: as above, of fewer columns.
                unsafe {
                    let mut sum = L::load_partial(out.add(whole), rest, 0.0);
                    for token in 0..run.count {
                        let value = L::load_f16_partial(values.as_ptr().add(token * dim + whole), rest);
                        sum = value.fma(L::splat(*weights.add(token)), sum);
                    }
                    sum.store_partial(out.add(whole), rest);
                }
            }
        }
    }
}

/// Scores of `R` rows for `B` pages of 16 keys: `pages` names the keys and where in a row of scores they begin.
#[inline(always)]
unsafe fn dots<L: Lanes, const R: usize, const B: usize>(
    q: *const f32,
    dim: usize,
    scale: f32,
    pages: &[(*const u16, usize)],
    scores: *mut f32,
    stride: usize,
) {
    // SAFETY: the caller's.
    unsafe {
        for lanes in (0..PAGE).step_by(L::N) {
            let mut sums = [[L::splat(0.0); B]; R];
            for i in 0..dim {
                let mut keys = [L::splat(0.0); B];
                for (keys, page) in keys.iter_mut().zip(pages) {
                    *keys = L::load_f16(page.0.add(i * PAGE + lanes));
                }
                for (row, sums) in sums.iter_mut().enumerate() {
                    let q = L::splat(*q.add(row * dim + i));
                    for (sum, keys) in sums.iter_mut().zip(keys) {
                        *sum = keys.fma(q, *sum);
                    }
                }
            }
            for (row, sums) in sums.iter().enumerate() {
                for (sum, page) in sums.iter().zip(pages) {
                    sum.mul(L::splat(scale)).store(scores.add(row * stride + page.1 + lanes));
                }
            }
        }
    }
}

/// Scores become weights, up to the factor that is returned: one over their sum.
#[inline(always)]
unsafe fn softmax<L: Lanes>(scores: &mut [f32], cap: Option<f32>) -> f32 {
    let (at, len) = (scores.as_mut_ptr(), scores.len());
    let whole = len / L::N * L::N;
    // SAFETY: all is within the slice.
    unsafe {
        if let Some(cap) = cap {
            crate::floats::softcap::<L>(scores, cap);
        }
        let low = f32::NEG_INFINITY;
        let mut largest = L::load_partial(at.add(whole), len - whole, low);
        for k in (0..whole).step_by(L::N) {
            largest = L::load(at.add(k)).max(largest);
        }
        let largest = L::splat(largest.lanes(low).into_iter().fold(low, f32::max));
        // What fills up the last vector becomes 10⁻³⁸ beside a largest weight of one.
        let last = L::load_partial(at.add(whole), len - whole, low).sub(largest).exp();
        let mut sum = if whole < len { last } else { L::splat(0.0) };
        last.store_partial(at.add(whole), len - whole);
        for k in (0..whole).step_by(L::N) {
            let weight = L::load(at.add(k)).sub(largest).exp();
            weight.store(at.add(k));
            sum = sum.add(weight);
        }
        1.0 / sum.lanes(0.0).into_iter().sum::<f32>()
    }
}
