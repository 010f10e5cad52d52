//! Attention of many rows of several sequences at once: heads that share keys, and sequences that share a prefix, together.
//!
//! *Invariant: a row's scores stand in the order of the tokens, its sums are added in that order, and nothing depends on where
//! the prefix ends, on the rows beside it or on how the work was cut.*

#![expect(unsafe_code, reason = "calls the kernels of the instruction set that was detected")]

use std::ops::Range;
use std::ptr;

use crate::attend::TOGETHER;
use crate::instruction_set::kernels;
use crate::key_values::KeyValues;
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
pub(crate) struct Shape {
    pub(crate) layer: usize,
    pub(crate) heads: usize,
    pub(crate) dim: usize,
    pub(crate) scale: f32,
    pub(crate) window: Option<usize>,
    pub(crate) softcap: Option<f32>,
}

/// `out = softmax(q · keys · scale) · values` for every row and head, causal: a row at position p sees the tokens 0 to p.
///
/// `q` and `out` are rows × `heads` × head_dim. Neighbouring heads share keys and values when there are fewer of those. `q`
/// and the weights are rounded to 16 bits as llama.cpp does; all sums are in 32 bits. With a `window` a row sees its own and the `window - 1` tokens
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
    let units: usize = rows.iter().map(|rows| rows.count * kv_heads).sum();
    let together = (TOGETHER / group).clamp(1, (units / (4 * pool.active())).max(1));
    let split = group.div_ceil(pool.active().div_ceil(units.max(1))).clamp(1, TOGETHER);
    let mut tokens: Vec<Vec<Token<'_>>> = Vec::new();
    for rows in rows {
        assert!(rows.own.kv_heads() == kv_heads && rows.own.head_dim() == dim, "all sequences are of one model");
        let prefix = rows.prefix.map_or(0, KeyValues::len);
        assert!(rows.prefix.is_none_or(|prefix| prefix.kv_heads() == kv_heads && prefix.head_dim() == dim), "a prefix of the same model");
        assert!(rows.position + rows.count <= prefix + rows.own.capacity(), "the tokens of the rows are written");
        assert!(rows.position >= prefix, "rows stand behind the prefix");
        for token in 0..rows.count {
            let token = Token { rows, row: rows.first + token, position: rows.position + token };
            match tokens.last_mut() {
                Some(last) if last.len() < together && last.iter().all(|other| other.reads_with(&token)) => last.push(token),
                _ => tokens.push(vec![token]),
            }
        }
    }
    let mut pieces: Vec<Piece<'_>> = Vec::new();
    for tokens in &tokens {
        for kv_head in 0..kv_heads {
            for head in (0..group).step_by(split) {
                pieces.push(Piece { tokens, kv_head, head: kv_head * group + head, heads: split.min(group - head) });
            }
        }
    }
    // Each piece owns the output slices of its heads; they are taken out of `out` one after the other.
    let mut outputs: Vec<Option<&mut [f32]>> = out.chunks_exact_mut(dim).map(Some).collect();
    let parts: Vec<(&Piece<'_>, Vec<&mut [f32]>)> = pieces
        .iter()
        .map(|piece| {
            let mut outs = Vec::with_capacity(piece.tokens.len() * piece.heads);
            for token in piece.tokens {
                for head in 0..piece.heads {
                    outs.push(outputs[token.row * heads + piece.head + head].take().expect("rows do not overlap"));
                }
            }
            (piece, outs)
        })
        .collect();
    let attend = kernels().attend;
    // SAFETY: the kernels are of an instruction set that this processor has.
    each(pool, parts.into_iter(), |(piece, mut outs)| unsafe { attend(piece, &shape, q, &mut outs) });
}

/// One row.
pub(crate) struct Token<'a> {
    pub(crate) rows: &'a Rows<'a>,
    /// Its index in `q` and `out`.
    pub(crate) row: usize,
    pub(crate) position: usize,
}

impl Token<'_> {
    /// The positions that it sees.
    pub(crate) fn seen(&self, shape: &Shape) -> Range<usize> {
        let end = self.position + 1;
        shape.window.map_or(0, |window| end.saturating_sub(window))..end
    }

    /// Whether they are of one sequence.
    pub(crate) fn is_beside(&self, other: &Self) -> bool {
        ptr::eq(self.rows, other.rows)
    }

    /// Whether what one reads serves the other too: tokens of one sequence, or of some that share a prefix.
    fn reads_with(&self, other: &Self) -> bool {
        let shared = self.rows.prefix.zip(other.rows.prefix).is_some_and(|(one, other)| ptr::eq(one, other));
        self.is_beside(other) || shared
    }
}

/// Some heads that share keys, of some tokens that [read together](Token::reads_with), those of a sequence one after the other.
pub(crate) struct Piece<'a> {
    pub(crate) tokens: &'a [Token<'a>],
    pub(crate) kv_head: usize,
    /// The first head and how many.
    pub(crate) head: usize,
    pub(crate) heads: usize,
}
