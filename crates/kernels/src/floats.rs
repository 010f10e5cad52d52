//! The float kernels, written once for every instruction set.
//!
//! *Invariant: a row's values are computed from the row alone, in one order, and the last lanes of a row as the first.*
#![expect(unsafe_code, reason = "generic over vectors that are read and written through pointers")]

use crate::activations::{Floats, IntegerRow};
use crate::lanes::Lanes;
use crate::tile::{TILE, ahead};

/// `x = f(x, y)` over two slices of one length: whole vectors first, then one that is filled up. A macro, since a closure is not
/// compiled for the instruction set of the function that it is passed to.
macro_rules! map {
    ($lanes:ty, $x:expr, $y:expr, |$a:ident, $b:ident| $f:expr) => {{
        let (x, y, len) = ($x.as_mut_ptr(), $y.as_ptr(), $x.len());
        assert_eq!(len, $y.len(), "a value for each value");
        let whole = len / <$lanes>::N * <$lanes>::N;
        let mut at = 0;
        // SAFETY: all is within the two slices; the instruction set is the caller's.
        unsafe {
            while at < whole {
                let ($a, $b) = (<$lanes>::load(x.add(at)), <$lanes>::load(y.add(at)));
                $f.store(x.add(at));
                at += <$lanes>::N;
            }
            if whole < len {
                let rest = len - whole;
                let ($a, $b) = (<$lanes>::load_partial(x.add(at), rest, 0.0), <$lanes>::load_partial(y.add(at), rest, 0.0));
                $f.store_partial(x.add(at), rest);
            }
        }
    }};
}

/// 8-bit integers of one row, `block` (32 or 256) of them under one scale.
///
/// # Safety
/// As for [`Lanes`].
#[inline(always)]
pub(crate) unsafe fn quantise<L: Lanes>(x: &[f32], block: usize, row: IntegerRow<'_>) {
    let blocks = x.len() / block;
    assert!(row.values.len() == x.len() && row.scales.len() == blocks && row.sums.len() == blocks * (block / 16), "room for a row");
    for (index, x) in x.chunks_exact(block).enumerate() {
        // SAFETY: blocks are whole multiples of 16, and the row has room for all of them.
        unsafe {
            let mut largest = L::splat(0.0);
            for k in (0..block).step_by(L::N) {
                largest = L::load(x.as_ptr().add(k)).abs().max(largest);
            }
            let largest = largest.lanes(0.0).into_iter().fold(0.0, f32::max);
            let inverse = if largest > 0.0 { 127.0 / largest } else { 0.0 };
            row.scales[index] = scale_of(block, largest, inverse);
            for k in (0..block).step_by(16) {
                let at = index * block + k;
                let mut sum = 0;
                for part in (0..16).step_by(L::N) {
                    let scaled = L::load(x.as_ptr().add(k + part)).mul(L::splat(inverse));
                    sum += scaled.quantise(row.values.as_mut_ptr().add(at + part));
                }
                row.sums[at / 16] = sum as i16;
            }
        }
    }
    for (wide, sums) in row.wide_sums.iter_mut().zip(row.sums.chunks_exact(2)) {
        *wide = sums[0] + sums[1];
    }
}

/// The scale of a block whose largest magnitude is `largest`, as ggml computes it: for 32 rounded to 16 bits, for 256 the
/// inverse of what the values were multiplied with.
fn scale_of(block: usize, largest: f32, inverse: f32) -> f32 {
    if block == 32 {
        half::f16::from_f32(largest / 127.0).to_f32()
    } else if largest > 0.0 {
        1.0 / inverse
    } else {
        0.0
    }
}

/// Rounds to 16-bit IEEE floats.
///
/// # Safety
/// As for [`Lanes`].
#[inline(always)]
pub(crate) unsafe fn round_f16<L: Lanes>(x: &[f32], out: &mut [f32]) {
    map!(L, out, x, |_old, x| x.round_f16());
}

/// One row: `out = x / sqrt(mean(x²) + eps) · weight`, squares in 32 and their sum in 64 bits.
///
/// # Safety
/// As for [`Lanes`].
#[inline(always)]
pub(crate) unsafe fn rms_norm<L: Lanes>(x: &[f32], weight: &[f32], eps: f32, out: &mut [f32]) {
    let mut sums = [0.0_f64; 8];
    let chunks = x.chunks_exact(8);
    for (sum, x) in sums.iter_mut().zip(chunks.remainder()) {
        *sum = f64::from(x * x);
    }
    for chunk in chunks {
        for (sum, x) in sums.iter_mut().zip(chunk) {
            *sum += f64::from(x * x);
        }
    }
    let mean = (sums.iter().sum::<f64>() / x.len() as f64) as f32;
    let scale = 1.0 / (mean + eps).sqrt();
    out.copy_from_slice(x);
    map!(L, out, weight, |x, weight| x.mul(L::splat(scale)).mul(weight));
}

/// `gate = silu(gate) · up`.
///
/// # Safety
/// As for [`Lanes`].
#[inline(always)]
pub(crate) unsafe fn silu_mul<L: Lanes>(gate: &mut [f32], up: &[f32]) {
    map!(L, gate, up, |gate, up| gate.mul(gate.sigmoid()).mul(up));
}

/// `gate = gelu(gate) · up`. ½ (1 + tanh u) is the sigmoid of 2u, which cancels nothing.
///
/// # Safety
/// As for [`Lanes`].
#[inline(always)]
pub(crate) unsafe fn gelu_mul<L: Lanes>(gate: &mut [f32], up: &[f32]) {
    map!(L, gate, up, |x, up| {
        let cubic = x.mul(x).fma(L::splat(0.044_715), L::splat(1.0));
        let u = x.mul(L::splat(2.0 * 0.797_884_6)).mul(cubic);
        x.mul(u.sigmoid()).mul(up)
    });
}

/// `x = cap · tanh(x / cap)`.
///
/// # Safety
/// As for [`Lanes`].
#[inline(always)]
pub(crate) unsafe fn softcap<L: Lanes>(x: &mut [f32], cap: f32) {
    map!(L, x, x, |x, _same| L::splat(cap).mul(x.div(L::splat(cap)).tanh()));
}

/// How a tile stores floats.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Width {
    F32,
    F16,
    Bf16,
}

impl Width {
    pub(crate) const fn bytes(self) -> usize {
        match self {
            Self::F32 => 4,
            Self::F16 | Self::Bf16 => 2,
        }
    }

    #[inline(always)]
    unsafe fn load<L: Lanes>(self, from: *const u8) -> L {
        // SAFETY: the caller's.
        unsafe {
            match self {
                Self::F32 => L::load(from.cast()),
                Self::F16 => L::load_f16(from.cast()),
                Self::Bf16 => L::load_bf16(from.cast()),
            }
        }
    }
}

/// One tile of float weights with rows `first..first + out.len()` of the inputs.
///
/// # Safety
/// As for [`Lanes`].
#[inline(always)]
pub(crate) unsafe fn tile<L: Lanes>(width: Width, tile: &[u8], x: &Floats, cols: usize, first: usize, out: &mut [[f32; TILE]]) {
    assert!(x.present && tile.len() >= cols * TILE * width.bytes(), "inputs and weights for every column");
    let mut x = &x.values[first * cols..(first + out.len()) * cols];
    let mut out = out;
    while !out.is_empty() {
        let rows = if out.len() >= L::ROWS { L::ROWS } else { 1 };
        let (now, later) = out.split_at_mut(rows);
        // SAFETY: there are `rows` rows of inputs, and the tile has all columns.
        unsafe {
            match rows {
                4 => product::<L, 4>(width, tile.as_ptr(), x.as_ptr(), cols, now),
                2 => product::<L, 2>(width, tile.as_ptr(), x.as_ptr(), cols, now),
                _ => product::<L, 1>(width, tile.as_ptr(), x.as_ptr(), cols, now),
            }
        }
        (x, out) = (&x[rows * cols..], later);
    }
}

/// Four running sums over the columns, so that one addition does not wait for the last.
#[inline(always)]
unsafe fn product<L: Lanes, const M: usize>(width: Width, weights: *const u8, x: *const f32, cols: usize, out: &mut [[f32; TILE]]) {
    for lanes in (0..TILE).step_by(L::N) {
        // SAFETY: the caller's.
        unsafe {
            let mut sums = [[L::splat(0.0); 4]; M];
            let whole = cols / 4 * 4;
            for k in (0..whole).step_by(4) {
                if lanes == 0 {
                    ahead(weights.wrapping_add(k * TILE * width.bytes()), 4 * TILE * width.bytes());
                }
                for part in 0..4 {
                    let weight = width.load::<L>(weights.add(((k + part) * TILE + lanes) * width.bytes()));
                    for (m, sums) in sums.iter_mut().enumerate() {
                        sums[part] = weight.fma(L::splat(*x.add(m * cols + k + part)), sums[part]);
                    }
                }
            }
            for k in whole..cols {
                let weight = width.load::<L>(weights.add((k * TILE + lanes) * width.bytes()));
                for (m, sums) in sums.iter_mut().enumerate() {
                    sums[k - whole] = weight.fma(L::splat(*x.add(m * cols + k)), sums[k - whole]);
                }
            }
            for (sums, out) in sums.iter().zip(out.iter_mut()) {
                sums[0].add(sums[1]).add(sums[2].add(sums[3])).store(out.as_mut_ptr().add(lanes));
            }
        }
    }
}
