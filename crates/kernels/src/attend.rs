//! The attention of some heads that share keys, written once for every instruction set.
//!
//! *Invariant: scores stand by position, sums go over positions in their order: where pages or the prefix end changes no bit.*
#![expect(unsafe_code, reason = "generic over vectors that are read and written through pointers")]

use std::cell::RefCell;
use std::ops::Range;

use crate::attention::{Piece, Shape, Token};
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
    assert_eq!(outs.len(), piece.tokens.len() * piece.heads, "an output for each token and head");
    // No closure here or below does vector work: one is not compiled for the instruction set of the function around it.
    let mut scratch = SCRATCH.take();
    // SAFETY: the caller's.
    unsafe { Work::new(piece, shape, &mut scratch).compute::<L>(q, outs) };
    SCRATCH.set(scratch);
}

/// Evaluates `$work` with the constant `$R` for the number of rows.
macro_rules! for_rows {
    ($rows:expr, $R:ident => $work:expr) => {
        for_rows!(@ $rows, $R => $work, 1 2 3 4 5 6 7 8)
    };
    (@ $rows:expr, $R:ident => $work:expr, $($count:literal)*) => {
        match $rows {
            $($count => {
                const $R: usize = $count;
                $work
            })*
            rows => unreachable!("1 to {TOGETHER} rows are computed together, not {rows}"),
        }
    };
}

/// A piece and its buffers. A row is a token's head: rows stand by token, then by head.
struct Work<'a> {
    piece: &'a Piece<'a>,
    shape: &'a Shape,
    q: &'a mut [f32],
    scores: &'a mut [f32],
    /// Positions that any row sees begin here.
    from: usize,
    /// Scores of a row.
    stride: usize,
}

/// Tokens of a piece that read the same keys and values: all of them the prefix, then those of each sequence its own.
struct Phase<'a> {
    tokens: Range<usize>,
    of: &'a KeyValues,
    /// The positions in `of`; its first token stands at the first.
    positions: Range<usize>,
}

/// The tokens at some positions, page by page.
struct Runs<'a> {
    of: &'a KeyValues,
    /// Position of its first token.
    first: usize,
    layer: usize,
    kv_head: usize,
    positions: Range<usize>,
}

impl<'a> Iterator for Runs<'a> {
    type Item = Run<'a>;

    fn next(&mut self) -> Option<Run<'a>> {
        let Range { start: position, end } = self.positions;
        if position >= end {
            return None;
        }
        let token = position - self.first;
        let lane = token % PAGE;
        let count = (PAGE - lane).min(end - position);
        let (keys, values) = self.of.read(self.layer, self.kv_head, token / PAGE);
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

impl<'a> Work<'a> {
    fn new(piece: &'a Piece<'a>, shape: &'a Shape, scratch: &'a mut Scratch) -> Self {
        let seen = || piece.tokens.iter().map(|token| token.seen(shape));
        let from = seen().map(|seen| seen.start).min().unwrap_or(0);
        let end = seen().map(|seen| seen.end).max().unwrap_or(0);
        // A page that is computed whole may begin 15 positions before the first and end 15 behind the last.
        let stride = end - from + 2 * PAGE;
        let rows = piece.tokens.len() * piece.heads;
        let (q, scores) = (rows * shape.dim, rows * stride);
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

    /// What is read, in the order of positions.
    fn phases(&self) -> impl Iterator<Item = Phase<'a>> + use<'a> {
        let tokens = self.piece.tokens;
        let prefix = tokens.first().and_then(|token| token.rows.prefix);
        let shared = prefix.map_or(0, KeyValues::len);
        let first = prefix.map(|of| Phase { tokens: 0..tokens.len(), of, positions: 0..shared });
        let mut start = 0;
        first.into_iter().chain(tokens.chunk_by(Token::is_beside).map(move |beside| {
            let phase = Phase { tokens: start..start + beside.len(), of: beside[0].rows.own, positions: shared..usize::MAX };
            start += beside.len();
            phase
        }))
    }

    /// The positions of `phase` that its token `token` sees.
    fn seen(&self, phase: &Phase<'_>, token: usize) -> Range<usize> {
        let seen = self.piece.tokens[token].seen(self.shape);
        seen.start.max(phase.positions.start)..seen.end.min(phase.positions.end)
    }

    /// The tokens at `positions`, page by page.
    fn runs(&self, phase: &Phase<'a>, positions: Range<usize>) -> Runs<'a> {
        Runs { of: phase.of, first: phase.positions.start, layer: self.shape.layer, kv_head: self.piece.kv_head, positions }
    }

    #[inline(always)]
    unsafe fn compute<L: Lanes>(mut self, q: &[f32], outs: &mut [&mut [f32]]) {
        let (piece, shape) = (self.piece, self.shape);
        for (row, out) in outs.iter_mut().enumerate() {
            let (token, head) = (&piece.tokens[row / piece.heads], piece.head + row % piece.heads);
            let at = (token.row * shape.heads + head) * shape.dim;
            let to = &mut self.q[row * shape.dim..(row + 1) * shape.dim];
            // SAFETY: the caller's.
            unsafe { crate::floats::round_f16::<L>(&q[at..at + shape.dim], to) };
            out.fill(0.0);
        }
        for phase in self.phases() {
            // SAFETY: the caller's.
            for_rows!(phase.tokens.len() * piece.heads, R => unsafe { self.score::<L, R>(&phase) });
        }
        for row in 0..outs.len() {
            let seen = piece.tokens[row / piece.heads].seen(shape);
            let at = row * self.stride + self.at(seen.start);
            // SAFETY: the caller's.
            unsafe { softmax::<L>(&mut self.scores[at..at + seen.len()], shape.softcap) };
        }
        for phase in self.phases() {
            // What all of its rows see is added together; before and behind it, each token's rows add what only they see.
            let (start, end) = (phase.tokens.start, phase.tokens.end);
            let common = (start..end)
                .map(|token| self.seen(&phase, token))
                .fold(0..usize::MAX, |common, seen| common.start.max(seen.start)..common.end.min(seen.end));
            let common = common.start..common.end.max(common.start);
            let parts = (start..end).map(|token| (token..token + 1, 0..common.start));
            let parts = parts.chain([(start..end, common.clone())]);
            let parts = parts.chain((start..end).map(|token| (token..token + 1, common.end..usize::MAX)));
            for (tokens, positions) in parts {
                let seen = self.seen(&phase, tokens.start);
                let positions = seen.start.max(positions.start)..seen.end.min(positions.end);
                if positions.is_empty() {
                    continue;
                }
                let rows = tokens.start * piece.heads..tokens.end * piece.heads;
                let outs = &mut outs[rows.clone()];
                // SAFETY: the caller's.
                for_rows!(rows.len(), R => unsafe { self.add::<L, R>(&phase, rows.start, positions, outs) });
            }
        }
    }

    /// Scores of the phase's `R` rows for what any of them sees, several pages at once where there are few rows.
    #[inline(always)]
    unsafe fn score<L: Lanes, const R: usize>(&mut self, phase: &Phase<'a>) {
        let first = phase.tokens.start * self.piece.heads;
        let seen = phase.tokens.clone().map(|token| self.seen(phase, token));
        let (start, end) = seen.fold((usize::MAX, 0), |(start, end), seen| (start.min(seen.start), end.max(seen.end)));
        let mut pages: [(*const u16, usize); 4] = [(std::ptr::null(), 0); 4];
        let mut count = 0;
        let together = match R {
            1 | 2 => 4,
            3 | 4 => 2,
            _ => 1,
        };
        for run in self.runs(phase, start..end) {
            // SAFETY: the caller's.
            unsafe { ahead::<L>(self.runs(phase, run.position + together * PAGE..end).next().map(|run| run.keys)) };
            // A page is computed whole. What it leaves behind the prefix's last token, the next phase overwrites.
            pages[count] = (run.keys.as_ptr(), self.at(run.position) - run.lane);
            count += 1;
            if count == together {
                // SAFETY: the caller's.
                unsafe { self.score_pages::<L, R>(first, &pages[..count]) };
                count = 0;
            }
        }
        // SAFETY: the caller's.
        unsafe { self.score_pages::<L, R>(first, &pages[..count]) };
    }

    #[inline(always)]
    unsafe fn score_pages<L: Lanes, const R: usize>(&mut self, first: usize, pages: &[(*const u16, usize)]) {
        let (dim, scale, stride) = (self.shape.dim, self.shape.scale, self.stride);
        let q = self.q[first * dim..(first + R) * dim].as_ptr();
        let scores = self.scores[first * stride..(first + R) * stride].as_mut_ptr();
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

    /// Adds the values at `positions`, weighted with the scores of `R` rows from `first` on.
    #[inline(always)]
    unsafe fn add<L: Lanes, const R: usize>(&self, phase: &Phase<'a>, first: usize, positions: Range<usize>, outs: &mut [&mut [f32]]) {
        let dim = self.shape.dim;
        let mut outs = outs.iter_mut().map(|out| out.as_mut_ptr());
        let outs: [*mut f32; R] = std::array::from_fn(|_| outs.next().expect("an output for each row"));
        let end = positions.end;
        for run in self.runs(phase, positions) {
            // SAFETY: the caller's.
            unsafe { ahead::<L>(self.runs(phase, run.position + run.count..end).next().map(|run| run.values)) };
            let mut weights = [std::ptr::null(); R];
            for (row, weights) in weights.iter_mut().enumerate() {
                *weights = self.scores[(first + row) * self.stride + self.at(run.position)..][..run.count].as_ptr();
            }
            let values = &run.values[run.lane * dim..(run.lane + run.count) * dim];
            let whole = dim / L::N * L::N;
            for column in (0..whole).step_by(L::N) {
                // SAFETY: a vector of columns of `count` values and of the outputs; `count` weights.
                unsafe {
                    let mut sums = [L::splat(0.0); R];
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

/// Has what is needed soon fetched: pages lie far apart, where the processor does not look by itself.
#[inline(always)]
unsafe fn ahead<L: Lanes>(page: Option<&[u16]>) {
    const LINE: usize = 64 / size_of::<u16>();
    for line in page.into_iter().flat_map(|page| page.chunks(LINE)) {
        // SAFETY: the caller's.
        unsafe { L::prefetch(line.as_ptr()) };
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

/// Scores become weights, rounded to 16 bits as llama.cpp does. In blocks of 16 whatever the lanes are, so that the sum is the
/// same to the bit with 8 as with 16.
#[inline(always)]
unsafe fn softmax<L: Lanes>(scores: &mut [f32], cap: Option<f32>) {
    const BLOCK: usize = 16;
    let (at, len) = (scores.as_mut_ptr(), scores.len());
    let whole = len / BLOCK * BLOCK;
    // SAFETY: all is within the slice, or within `last`.
    unsafe {
        if let Some(cap) = cap {
            crate::floats::softcap::<L>(scores, cap);
        }
        let low = f32::NEG_INFINITY;
        // What fills up the last block becomes 10⁻³⁸ beside a largest weight of one.
        let mut last = [low; BLOCK];
        last[..len - whole].copy_from_slice(&scores[whole..]);
        let mut largest = L::splat(low);
        for k in (0..whole).step_by(L::N) {
            largest = L::load(at.add(k)).max(largest);
        }
        for k in (0..BLOCK).step_by(L::N) {
            largest = L::load(last.as_ptr().add(k)).max(largest);
        }
        let largest = L::splat(largest.lanes(low).into_iter().fold(low, f32::max));
        let mut sums = [0.0_f32; BLOCK];
        for part in (0..BLOCK).step_by(L::N) {
            let last = last.as_mut_ptr().add(part);
            L::load(last).sub(largest).exp().store(last);
            let mut sum = if whole < len { L::load(last) } else { L::splat(0.0) };
            for k in (part..whole).step_by(BLOCK) {
                let weight = L::load(at.add(k)).sub(largest).exp();
                weight.store(at.add(k));
                sum = sum.add(weight);
            }
            sum.store(sums.as_mut_ptr().add(part));
        }
        let factor = L::splat(1.0 / sums.into_iter().sum::<f32>());
        for k in (0..whole).step_by(L::N) {
            L::load(at.add(k)).mul(factor).round_f16().store(at.add(k));
        }
        for k in (0..BLOCK).step_by(L::N) {
            let last = last.as_mut_ptr().add(k);
            L::load(last).mul(factor).round_f16().store(last);
        }
        scores[whole..].copy_from_slice(&last[..len - whole]);
    }
}
