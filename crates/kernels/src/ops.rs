//! What stands between the multiplications: norms, activations, positions.
//!
//! *Invariant: what happens to a value depends on its row alone, and on its column, never on where the row stands.*

#![expect(unsafe_code, reason = "calls the kernels of the instruction set that was detected")]

use crate::instruction_set::kernels;
use crate::multiply::each;
use crate::pool::Pool;

/// Values that one thread takes at a time.
const PIECE: usize = 1 << 14;

/// `out = x / sqrt(mean(x²) + eps) · weight` for every row of `weight.len()` values (Zhang and Sennrich 2019). The sum is taken
/// in 64 bits, as in ggml.
///
/// # Panics
/// When `x` is no whole number of rows or `out` has another length.
pub fn rms_norm(pool: &Pool, x: &[f32], weight: &[f32], eps: f32, out: &mut [f32]) {
    let cols = weight.len();
    assert!(x.len() == out.len() && x.len().is_multiple_of(cols), "rows of {cols}");
    let rows = (PIECE / cols).max(1);
    let kernel = kernels().rms_norm;
    each(pool, x.chunks(rows * cols).zip(out.chunks_mut(rows * cols)), |(x, out)| {
        for (x, out) in x.chunks_exact(cols).zip(out.chunks_exact_mut(cols)) {
            // SAFETY: the kernels are of an instruction set that this processor has.
            unsafe { kernel(x, weight, eps, out) };
        }
    });
}

/// `x += y`, value by value.
///
/// # Panics
/// When the lengths differ.
pub fn add(pool: &Pool, x: &mut [f32], y: &[f32]) {
    assert_eq!(x.len(), y.len(), "an addend for each value");
    each(pool, x.chunks_mut(PIECE).zip(y.chunks(PIECE)), |(x, y)| {
        for (x, y) in x.iter_mut().zip(y) {
            *x += y;
        }
    });
}

/// Adds `bias` to every row of `x`.
///
/// # Panics
/// When `x` is no whole number of rows.
pub fn add_bias(pool: &Pool, x: &mut [f32], bias: &[f32]) {
    assert!(x.len().is_multiple_of(bias.len()), "rows of {}", bias.len());
    let rows = (PIECE / bias.len()).max(1);
    each(pool, x.chunks_mut(rows * bias.len()), |x| {
        for x in x.chunks_exact_mut(bias.len()) {
            for (x, bias) in x.iter_mut().zip(bias) {
                *x += bias;
            }
        }
    });
}

/// `x *= factor`.
pub fn scale(pool: &Pool, x: &mut [f32], factor: f32) {
    each(pool, x.chunks_mut(PIECE), |x| x.iter_mut().for_each(|x| *x *= factor));
}

/// `x = cap · tanh(x / cap)` (Gemma 2's soft cap).
pub fn softcap(pool: &Pool, x: &mut [f32], cap: f32) {
    let kernel = kernels().softcap;
    // SAFETY: the kernels are of an instruction set that this processor has.
    each(pool, x.chunks_mut(PIECE), |x| unsafe { kernel(x, cap) });
}

/// `gate = silu(gate) · up`, silu(x) = x / (1 + e⁻ˣ).
///
/// # Panics
/// When the lengths differ.
pub fn silu_mul(pool: &Pool, gate: &mut [f32], up: &[f32]) {
    gated(pool, gate, up, kernels().silu_mul);
}

/// `gate = gelu(gate) · up`, gelu in the form of tanh (Hendrycks and Gimpel 2016).
///
/// # Panics
/// When the lengths differ.
pub fn gelu_mul(pool: &Pool, gate: &mut [f32], up: &[f32]) {
    gated(pool, gate, up, kernels().gelu_mul);
}

fn gated(pool: &Pool, gate: &mut [f32], up: &[f32], kernel: unsafe fn(&mut [f32], &[f32])) {
    assert_eq!(gate.len(), up.len(), "a gate for each value");
    // SAFETY: the kernels are of an instruction set that this processor has.
    each(pool, gate.chunks_mut(PIECE).zip(up.chunks(PIECE)), |(gate, up)| unsafe { kernel(gate, up) });
}

/// Which two values of a head turn together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RopePairs {
    /// `i` and `i + n/2` (NeoX: qwen, gemma, phi).
    Halves,
    /// `2i` and `2i + 1` (llama's GGUF files).
    Interleaved,
}

/// Turns the first `2 · half` values of every head by its row's angles (Su et al. 2021), in place.
///
/// `x` is rows × heads × `head_dim`; `cos` and `sin` are rows × `half`. What a head has beyond `2 · half` stays.
///
/// # Panics
/// When the lengths do not fit each other.
#[expect(clippy::too_many_arguments, reason = "a tensor with its shape and a table with its own")]
pub fn rope(pool: &Pool, x: &mut [f32], heads: usize, head_dim: usize, cos: &[f32], sin: &[f32], half: usize, pairs: RopePairs) {
    assert!(2 * half <= head_dim && half > 0, "{half} pairs in a head of {head_dim}");
    let cols = heads * head_dim;
    assert!(cos.len() == sin.len() && x.len() * half == cos.len() * cols, "angles for each row");
    let rows = (PIECE / cols).max(1);
    let parts = x.chunks_mut(rows * cols).zip(cos.chunks(rows * half).zip(sin.chunks(rows * half)));
    each(pool, parts, |(x, (cos, sin))| {
        for (x, (cos, sin)) in x.chunks_exact_mut(cols).zip(cos.chunks_exact(half).zip(sin.chunks_exact(half))) {
            for head in x.chunks_exact_mut(head_dim) {
                match pairs {
                    RopePairs::Halves => {
                        let (low, high) = head.split_at_mut(half);
                        for (((a, b), cos), sin) in low.iter_mut().zip(high).zip(cos).zip(sin) {
                            (*a, *b) = (*a * cos - *b * sin, *a * sin + *b * cos);
                        }
                    }
                    RopePairs::Interleaved => {
                        for ((pair, cos), sin) in head.chunks_exact_mut(2).zip(cos).zip(sin) {
                            (pair[0], pair[1]) = (pair[0] * cos - pair[1] * sin, pair[0] * sin + pair[1] * cos);
                        }
                    }
                }
            }
        }
    });
}
