//! Attention of many rows of several sequences at once, heads that share keys together.
//!
//! *Invariant: a row's scores stand in the order of the tokens, its sums are added in that order, and nothing depends on where
//! the prefix ends, on the rows beside it or on how the work was cut.*

use half::f16;

use crate::key_values::{KeyValues, PAGE};
use crate::multiply::each;
use crate::pool::Pool;

/// Consecutive tokens of one sequence whose attention is asked for.
#[derive(Clone, Copy, Debug)]
pub struct Rows<'a> {
    /// Tokens that the sequence shares with others; all of its [`KeyValues::len`] count.
    pub prefix: Option<&'a KeyValues>,
    /// The sequence's own tokens, behind the prefix; those of these rows are already written.
    pub own: &'a KeyValues,
    /// Index of the first row in `q` and `out`.
    pub first: usize,
    /// How many rows.
    pub count: usize,
    /// Position of the first row's token in the sequence, the prefix included.
    pub position: usize,
}

/// What is the same for all rows.
struct Shape {
    layer: usize,
    heads: usize,
    dim: usize,
    scale: f32,
    window: Option<usize>,
    softcap: Option<f32>,
}

/// Score rows that are computed together, at most.
const TOGETHER: usize = 8;

/// `out = softmax(q · keys · scale) · values` for every row and head, causal: a row at position p sees the tokens 0 to p.
///
/// `q` and `out` are rows × `heads` × head_dim. Neighbouring heads share keys and values when there are fewer of those. `q` is
/// rounded to 16 bits as llama.cpp does; all sums are in 32 bits. With a `window` a row sees its own and the `window - 1` tokens
/// before it. A `softcap` c makes a score s into `c · tanh(s / c)`.
///
/// # Panics
/// When lengths or shapes do not fit each other, or tokens of a row were not written.
#[expect(clippy::too_many_arguments, reason = "the numbers of one layer; a struct would be built for this one call")]
pub fn attention(
    pool: &Pool,
    layer: usize,
    rows: &[Rows<'_>],
    heads: usize,
    q: &[f32],
    out: &mut [f32],
    scale: f32,
    window: Option<usize>,
    softcap: Option<f32>,
) {
    let Some(own) = rows.first().map(|rows| rows.own) else { return };
    let (kv_heads, dim) = (own.kv_heads(), own.head_dim());
    let shape = Shape { layer, heads, dim, scale, window, softcap };
    assert!(kv_heads > 0 && heads.is_multiple_of(kv_heads), "{heads} heads share {kv_heads} heads of keys");
    assert_eq!(q.len(), out.len(), "an output for each query");
    let group = heads / kv_heads;
    // As many score rows together as fit, but no fewer pieces than threads.
    let mut pieces: Vec<Piece<'_>> = Vec::new();
    let units: usize = rows.iter().map(|rows| rows.count * kv_heads).sum();
    let tokens = (TOGETHER / group).clamp(1, (units / (4 * pool.active())).max(1));
    let split = group.div_ceil(if units < pool.active() { pool.active().div_ceil(units.max(1)) } else { 1 }).min(TOGETHER).max(1);
    for rows in rows {
        assert!(rows.own.kv_heads() == kv_heads && rows.own.head_dim() == dim, "all sequences are of one model");
        let prefix = rows.prefix.map_or(0, KeyValues::len);
        assert!(rows.prefix.is_none_or(|prefix| prefix.kv_heads() == kv_heads && prefix.head_dim() == dim), "a prefix of the same model");
        assert!(rows.position + rows.count <= prefix + rows.own.capacity(), "the tokens of the rows are written");
        assert!(rows.position >= prefix, "rows stand behind the prefix");
        for kv_head in 0..kv_heads {
            for start in (0..rows.count).step_by(tokens) {
                for head in (0..group).step_by(split) {
                    let tokens = tokens.min(rows.count - start);
                    pieces.push(Piece { rows, kv_head, start, tokens, head: kv_head * group + head, heads: split.min(group - head) });
                }
            }
        }
    }
    // Each piece owns the output slices of its heads; they are taken out of `out` one after the other.
    let mut outputs: Vec<Option<&mut [f32]>> = out.chunks_exact_mut(dim).map(Some).collect();
    let parts: Vec<(&Piece<'_>, Vec<&mut [f32]>)> = pieces
        .iter()
        .map(|piece| {
            let mut outs = Vec::with_capacity(piece.tokens * piece.heads);
            for token in 0..piece.tokens {
                for head in 0..piece.heads {
                    let row = piece.rows.first + piece.start + token;
                    outs.push(outputs[row * heads + piece.head + head].take().expect("rows do not overlap"));
                }
            }
            (piece, outs)
        })
        .collect();
    each(pool, parts.into_iter(), |(piece, outs)| piece.compute(&shape, q, outs));
}

/// Some heads that share keys, of some tokens.
struct Piece<'a> {
    rows: &'a Rows<'a>,
    kv_head: usize,
    /// The first token, counted in `rows`, and how many.
    start: usize,
    tokens: usize,
    /// The first head and how many.
    head: usize,
    heads: usize,
}

impl Piece<'_> {
    fn compute(&self, shape: &Shape, q: &[f32], outs: Vec<&mut [f32]>) {
        let dim = shape.dim;
        let mut scores = Vec::new();
        for (index, out) in outs.into_iter().enumerate() {
            let (token, head) = (self.start + index / self.heads, self.head + index % self.heads);
            let q = &q[((self.rows.first + token) * shape.heads + head) * dim..][..dim];
            let q: Vec<f32> = q.iter().map(|q| f16::from_f32(*q).to_f32()).collect();
            let end = self.rows.position + token + 1;
            let start = shape.window.map_or(0, |window| end.saturating_sub(window));
            scores.clear();
            for position in start..end {
                let (keys, _, lane) = self.token(shape, position);
                let dot: f32 = keys.chunks_exact(PAGE).zip(&q).map(|(keys, q)| f16::from_bits(keys[lane]).to_f32() * q).sum();
                let score = dot * shape.scale;
                scores.push(shape.softcap.map_or(score, |cap| cap * (score / cap).tanh()));
            }
            let largest = scores.iter().fold(f32::NEG_INFINITY, |largest, score| largest.max(*score));
            let mut sum = 0.0;
            for score in &mut scores {
                *score = (*score - largest).exp();
                sum += *score;
            }
            out.fill(0.0);
            for (position, score) in (start..end).zip(&scores) {
                let (_, values, lane) = self.token(shape, position);
                for (out, value) in out.iter_mut().zip(&values[lane * dim..]) {
                    *out += score * f16::from_bits(*value).to_f32();
                }
            }
            for out in out.iter_mut() {
                *out *= 1.0 / sum;
            }
        }
    }

    /// Keys and values of the page that holds the token at `position`, and its place there.
    fn token(&self, shape: &Shape, position: usize) -> (&[u16], &[u16], usize) {
        let shared = self.rows.prefix.map_or(0, KeyValues::len);
        let (of, token) = match self.rows.prefix {
            Some(prefix) if position < shared => (prefix, position),
            _ => (self.rows.own, position - shared),
        };
        let (keys, values) = of.read(shape.layer, self.kv_head, token / PAGE);
        (keys, values, token % PAGE)
    }
}
