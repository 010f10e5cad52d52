//! Integer kernels for NEON: half a tile at a time, in two registers of four rows, with and without `sdot`.
//!
//! *Invariant: weights are signed bytes here (nibbles and six bits as they are, from 0 on), and no sum of products in 16 bits
//! overflows: inputs are never −128.*
#![expect(unsafe_code, reason = "tiles and inputs are read through pointers whose sizes `Operands` checked")]

use std::arch::{aarch64::*, asm};

use super::{Operands, by_rows};
use crate::activations::Integers;
use crate::tile::{CHUNK, SCALES_6, SCALES_K, TILE, Tile};

/// Rows of inputs of one call.
const ROWS: usize = 4;

/// Products of four rows' weights (16 bytes) with four inputs.
///
/// # Safety
/// The methods may be called only in functions with the target features that the implementer needs, where these were detected.
unsafe trait Dot {
    /// Sums of four rows.
    type Sums: Copy;

    unsafe fn none() -> Self::Sums;
    /// Adds the products with inputs 4 · LANE to 4 · LANE + 3 of `x`. Eight of 31 · 127 each, four of 63 · 127 or two of
    /// 128 · 127 may be added.
    unsafe fn add<const LANE: i32>(sums: Self::Sums, weights: int8x16_t, x: int8x16_t) -> Self::Sums;
    /// A sum for each row.
    unsafe fn rows(sums: Self::Sums) -> int32x4_t;
    /// Adds two products of 128 · 127 each to `total`.
    unsafe fn two<const A: i32, const B: i32>(total: int32x4_t, a: int8x16_t, b: int8x16_t, x: int8x16_t) -> int32x4_t;
}

/// Multiply-adds in 16 bits, the four places of a row apart.
struct Words;

// SAFETY: intrinsics of NEON.
unsafe impl Dot for Words {
    type Sums = [int16x8_t; 2];

    #[inline(always)]
    unsafe fn none() -> Self::Sums {
        unsafe { [vdupq_n_s16(0); 2] }
    }
    #[inline(always)]
    unsafe fn add<const LANE: i32>(sums: Self::Sums, weights: int8x16_t, x: int8x16_t) -> Self::Sums {
        unsafe {
            let x = vreinterpretq_s8_s32(vdupq_laneq_s32::<LANE>(vreinterpretq_s32_s8(x)));
            [vmlal_s8(sums[0], vget_low_s8(weights), vget_low_s8(x)), vmlal_high_s8(sums[1], weights, x)]
        }
    }
    #[inline(always)]
    unsafe fn rows(sums: Self::Sums) -> int32x4_t {
        unsafe { vpaddq_s32(vpaddlq_s16(sums[0]), vpaddlq_s16(sums[1])) }
    }
    #[inline(always)]
    unsafe fn two<const A: i32, const B: i32>(total: int32x4_t, a: int8x16_t, b: int8x16_t, x: int8x16_t) -> int32x4_t {
        unsafe { vaddq_s32(total, Self::rows(Self::add::<B>(Self::add::<A>(Self::none(), a, x), b, x))) }
    }
}

/// `sdot`, which sums four products in 32 bits.
struct Quads;

// SAFETY: NEON and one instruction of the dot-product extension.
unsafe impl Dot for Quads {
    type Sums = int32x4_t;

    #[inline(always)]
    unsafe fn none() -> Self::Sums {
        unsafe { vdupq_n_s32(0) }
    }
    #[inline(always)]
    unsafe fn add<const LANE: i32>(sums: Self::Sums, weights: int8x16_t, x: int8x16_t) -> Self::Sums {
        let mut sums = sums;
        // SAFETY: computes on registers. The intrinsic is not in the oldest compiler that we build with.
        unsafe {
            asm!("sdot {sums:v}.4s, {weights:v}.16b, {x:v}.4b[{lane}]", sums = inout(vreg) sums, weights = in(vreg) weights,
                 x = in(vreg) x, lane = const LANE, options(pure, nomem, nostack, preserves_flags));
        }
        sums
    }
    #[inline(always)]
    unsafe fn rows(sums: Self::Sums) -> int32x4_t {
        sums
    }
    #[inline(always)]
    unsafe fn two<const A: i32, const B: i32>(total: int32x4_t, a: int8x16_t, b: int8x16_t, x: int8x16_t) -> int32x4_t {
        unsafe { Self::add::<B>(Self::add::<A>(total, a, x), b, x) }
    }
}

/// The kernels below with one way to multiply, compiled for what it needs.
macro_rules! kernels {
    ($module:ident, $dot:ty, $features:literal) => {
        pub(crate) mod $module {
            use super::*;

            /// A tile of integers with rows `first..first + out.len()` of the inputs.
            ///
            /// # Safety
            #[doc = concat!("The features ", $features, " were detected.")]
            #[target_feature(enable = $features)]
            pub(crate) unsafe fn tile(kind: Tile, tile: &[u8], inputs: &Integers, cols: usize, first: usize, out: &mut [[f32; TILE]]) {
                for (index, out) in out.chunks_mut(ROWS).enumerate() {
                    let operands = Operands::new(kind, tile, inputs, cols, first + index * ROWS, out.len());
                    // SAFETY: the instruction set is the caller's, and `operands` has as many rows as `out`.
                    unsafe {
                        match kind {
                            Tile::Q8_0 => by_rows!(bytes (), operands, out, [1 2 3 4]),
                            Tile::Q4_0 => by_rows!(nibbles (false), operands, out, [1 2 3 4]),
                            Tile::Q5_0 => by_rows!(nibbles (true), operands, out, [1 2 3 4]),
                            Tile::Q4K => by_rows!(nibbles_k (false), operands, out, [1 2 3 4]),
                            Tile::Q5K => by_rows!(nibbles_k (true), operands, out, [1 2 3 4]),
                            Tile::Q6K => by_rows!(sixes_k (), operands, out, [1 2 3 4]),
                            Tile::F32 | Tile::F16 | Tile::Bf16 => unreachable!("a tile of floats has no integer kernel"),
                        }
                    }
                }
            }
            #[target_feature(enable = $features)]
            unsafe fn bytes<const M: usize>(o: Operands, out: &mut [[f32; TILE]]) {
                // SAFETY: as for this function.
                unsafe { super::bytes::<$dot, M>(o, out) }
            }
            #[target_feature(enable = $features)]
            unsafe fn nibbles<const M: usize, const FIVE: bool>(o: Operands, out: &mut [[f32; TILE]]) {
                // SAFETY: as for this function.
                unsafe { super::nibbles::<$dot, M, FIVE>(o, out) }
            }
            #[target_feature(enable = $features)]
            unsafe fn nibbles_k<const M: usize, const FIVE: bool>(o: Operands, out: &mut [[f32; TILE]]) {
                // SAFETY: as for this function.
                unsafe { super::nibbles_k::<$dot, M, FIVE>(o, out) }
            }
            #[target_feature(enable = $features)]
            unsafe fn sixes_k<const M: usize>(o: Operands, out: &mut [[f32; TILE]]) {
                // SAFETY: as for this function.
                unsafe { super::sixes_k::<$dot, M>(o, out) }
            }
        }
    };
}

kernels!(words, Words, "neon");
kernels!(quads, Quads, "neon,dotprod");

// No closure below does vector work: one is not compiled for the instruction set of the function around it.

/// Four 16-bit floats.
#[inline(always)]
unsafe fn halves(from: *const u8) -> float32x4_t {
    // SAFETY: the caller's.
    unsafe { crate::lanes::neon::from_f16(vld1_u16(from.cast())) }
}

/// Sixteen inputs of each row, from `at` on.
#[inline(always)]
unsafe fn inputs<const M: usize>(x: [*const i8; M], at: usize) -> [int8x16_t; M] {
    // SAFETY: the caller's.
    unsafe {
        let mut vectors = [vdupq_n_s8(0); M];
        for (vector, x) in vectors.iter_mut().zip(x) {
            *vector = vld1q_s8(x.add(at));
        }
        vectors
    }
}

/// Four rows' nibbles at `from` as bytes; with `FIVE`, the fifth bits 2i and 2i + 1 of `fifths`.
#[inline(always)]
unsafe fn quanta<const FIVE: bool>(from: *const u8, fifths: uint8x16_t, i: i8) -> (int8x16_t, int8x16_t) {
    // SAFETY: the caller's.
    unsafe {
        let both = vld1q_u8(from);
        let (mut low, mut high) = (vandq_u8(both, vdupq_n_u8(15)), vshrq_n_u8::<4>(both));
        if FIVE {
            // Bit 2i goes to bit 4; a shift below zero is one to the right.
            let fifth = vdupq_n_u8(16);
            low = vorrq_u8(low, vandq_u8(vshlq_u8(fifths, vdupq_n_s8(4 - 2 * i)), fifth));
            high = vorrq_u8(high, vandq_u8(vshlq_u8(fifths, vdupq_n_s8(3 - 2 * i)), fifth));
        }
        (vreinterpretq_s8_u8(low), vreinterpretq_s8_u8(high))
    }
}

/// 32 columns of half a tile of nibbles, at `from`.
#[inline(always)]
unsafe fn sub_block<D: Dot, const M: usize, const FIVE: bool>(from: *const u8, x: [*const i8; M]) -> [[int32x4_t; 2]; M] {
    // SAFETY: the caller's.
    unsafe {
        let mut sums = [[D::none(); 2]; M];
        for pair in 0..2 {
            let x = inputs(x, pair * 16);
            for which in 0..2 {
                let from = from.add(which * 16);
                let fifths = if FIVE { vld1q_u8(from.add(4 * CHUNK)) } else { vdupq_n_u8(0) };
                let (a, b) = quanta::<FIVE>(from.add(pair * 2 * CHUNK), fifths, pair as i8 * 2);
                let (c, d) = quanta::<FIVE>(from.add((pair * 2 + 1) * CHUNK), fifths, pair as i8 * 2 + 1);
                for (sums, x) in sums.iter_mut().zip(x) {
                    let sum = D::add::<1>(D::add::<0>(sums[which], a, x), b, x);
                    sums[which] = D::add::<3>(D::add::<2>(sum, c, x), d, x);
                }
            }
        }
        let mut rows = [[vdupq_n_s32(0); 2]; M];
        for (rows, sums) in rows.iter_mut().zip(sums) {
            *rows = [D::rows(sums[0]), D::rows(sums[1])];
        }
        rows
    }
}

/// Adds `factors` (of eight rows) times `x` to `totals`.
#[inline(always)]
unsafe fn weigh(totals: &mut [int32x4_t; 2], factors: int16x8_t, x: i16) {
    // SAFETY: registers only.
    unsafe {
        totals[0] = vmlal_n_s16(totals[0], vget_low_s16(factors), x);
        totals[1] = vmlal_high_n_s16(totals[1], factors, x);
    }
}

/// Adds `sums` times `factors`, those of eight rows.
#[inline(always)]
unsafe fn scaled(totals: &mut [int32x4_t; 2], sums: [int32x4_t; 2], factors: int16x8_t) {
    // SAFETY: registers only.
    unsafe {
        totals[0] = vmlaq_s32(totals[0], sums[0], vmovl_s16(vget_low_s16(factors)));
        totals[1] = vmlaq_s32(totals[1], sums[1], vmovl_high_s16(factors));
    }
}

/// Adds `totals · (d · scale)` for blocks of 32.
#[inline(always)]
unsafe fn add_block(sums: &mut [float32x4_t; 2], totals: [int32x4_t; 2], d: [float32x4_t; 2], scale: f32) {
    // SAFETY: registers only.
    unsafe {
        for ((sum, total), d) in sums.iter_mut().zip(totals).zip(d) {
            *sum = vfmaq_f32(*sum, vcvtq_f32_s32(total), vmulq_n_f32(d, scale));
        }
    }
}

/// Writes the sums of half `half` of the tile.
#[inline(always)]
unsafe fn finish<const M: usize>(sums: [[float32x4_t; 2]; M], half: usize, out: &mut [[f32; TILE]]) {
    for (sums, out) in sums.into_iter().zip(out) {
        for (which, sum) in sums.into_iter().enumerate() {
            // SAFETY: there is room for 16 floats.
            unsafe { vst1q_f32(out.as_mut_ptr().add(half * 8 + which * 4), sum) };
        }
    }
}

/// Q8_0.
#[inline(always)]
unsafe fn bytes<D: Dot, const M: usize>(o: Operands, out: &mut [[f32; TILE]]) {
    for half in 0..2 {
        // SAFETY: `o` has `M` rows and all blocks.
        unsafe {
            let mut sums = [[vdupq_n_f32(0.0); 2]; M];
            for block in 0..o.blocks {
                let body = o.bodies.add(block * 8 * CHUNK + half * 32).cast::<i8>();
                let x: [*const i8; M] = std::array::from_fn(|m| o.values.add(m * o.cols + block * 32));
                let mut dots = [[vdupq_n_s32(0); 2]; M];
                for four in 0..2 {
                    let x = inputs(x, four * 16);
                    for which in 0..2 {
                        let from = body.add(four * 4 * CHUNK + which * 16);
                        let (a, b) = (vld1q_s8(from), vld1q_s8(from.add(CHUNK)));
                        let (c, d) = (vld1q_s8(from.add(2 * CHUNK)), vld1q_s8(from.add(3 * CHUNK)));
                        for (dots, x) in dots.iter_mut().zip(x) {
                            dots[which] = D::two::<2, 3>(D::two::<0, 1>(dots[which], a, b, x), c, d, x);
                        }
                    }
                }
                let head = o.heads.add(block * 32 + half * 16);
                let d = [halves(head), halves(head.add(8))];
                for (m, (sums, dots)) in sums.iter_mut().zip(dots).enumerate() {
                    add_block(sums, dots, d, *o.scales.add(m * o.blocks + block));
                }
            }
            finish(sums, half, out);
        }
    }
}

/// Q4_0, and with `FIVE` Q5_0.
#[inline(always)]
unsafe fn nibbles<D: Dot, const M: usize, const FIVE: bool>(o: Operands, out: &mut [[f32; TILE]]) {
    let size = if FIVE { 5 * CHUNK } else { 4 * CHUNK };
    let offset = if FIVE { -16 } else { -8 };
    for half in 0..2 {
        // SAFETY: `o` has `M` rows and all blocks.
        unsafe {
            let mut sums = [[vdupq_n_f32(0.0); 2]; M];
            for block in 0..o.blocks {
                let x: [*const i8; M] = std::array::from_fn(|m| o.values.add(m * o.cols + block * 32));
                let dots = sub_block::<D, M, FIVE>(o.bodies.add(block * size + half * 32), x);
                let head = o.heads.add(block * 32 + half * 16);
                let d = [halves(head), halves(head.add(8))];
                for (m, (sums, dots)) in sums.iter_mut().zip(dots).enumerate() {
                    let x_sums = o.sums.add(m * (o.cols / 16) + block * 2);
                    let less = vdupq_n_s32(offset * (i32::from(*x_sums) + i32::from(*x_sums.add(1))));
                    let dots = [vaddq_s32(dots[0], less), vaddq_s32(dots[1], less)];
                    add_block(sums, dots, d, *o.scales.add(m * o.blocks + block));
                }
            }
            finish(sums, half, out);
        }
    }
}

/// The scales of sub-blocks 2p and 2p + 1 of eight rows, pair by pair (see `tile::scales`), from half of the scale bytes.
#[inline(always)]
unsafe fn scales_k(from: *const u8, p: usize) -> uint8x16_t {
    // SAFETY: the caller's.
    unsafe {
        if p < 2 {
            return vandq_u8(vld1q_u8(from.add(p * 32)), vdupq_n_u8(63));
        }
        let (low, high) = (vld1q_u8(from.add((p + 2) * 32)), vld1q_u8(from.add((p - 2) * 32)));
        vorrq_u8(vandq_u8(low, vdupq_n_u8(15)), vandq_u8(vshrq_n_u8::<2>(high), vdupq_n_u8(0x30)))
    }
}

/// The minima, as `scales_k`.
#[inline(always)]
unsafe fn minima_k(from: *const u8, p: usize) -> uint8x16_t {
    // SAFETY: the caller's.
    unsafe {
        if p < 2 {
            return vandq_u8(vld1q_u8(from.add((p + 2) * 32)), vdupq_n_u8(63));
        }
        let (low, high) = (vld1q_u8(from.add((p + 2) * 32)), vld1q_u8(from.add(p * 32)));
        vorrq_u8(vshrq_n_u8::<4>(low), vandq_u8(vshrq_n_u8::<2>(high), vdupq_n_u8(0x30)))
    }
}

/// The first and the second bytes of eight pairs.
#[inline(always)]
unsafe fn apart(pairs: uint8x16_t) -> [int16x8_t; 2] {
    // SAFETY: registers only.
    unsafe {
        let pairs = vreinterpretq_u16_u8(pairs);
        [vreinterpretq_s16_u16(vandq_u16(pairs, vdupq_n_u16(255))), vreinterpretq_s16_u16(vshrq_n_u16::<8>(pairs))]
    }
}

/// Q4K, and with `FIVE` Q5K.
#[inline(always)]
unsafe fn nibbles_k<D: Dot, const M: usize, const FIVE: bool>(o: Operands, out: &mut [[f32; TILE]]) {
    let sub_size = if FIVE { 5 * CHUNK } else { 4 * CHUNK };
    let size = SCALES_K + 8 * sub_size;
    for half in 0..2 {
        // SAFETY: `o` has `M` rows and all blocks.
        unsafe {
            let mut sums = [[vdupq_n_f32(0.0); 2]; M];
            for block in 0..o.blocks {
                let body = o.bodies.add(block * size);
                let scales = body.add(half * 16);
                let mut totals = [[vdupq_n_s32(0); 2]; M];
                for p in 0..4 {
                    for (which, factors) in apart(scales_k(scales, p)).into_iter().enumerate() {
                        let sub = p * 2 + which;
                        let x: [*const i8; M] = std::array::from_fn(|m| o.values.add(m * o.cols + block * 256 + sub * 32));
                        let dots = sub_block::<D, M, FIVE>(body.add(SCALES_K + sub * sub_size + half * 32), x);
                        for (totals, dots) in totals.iter_mut().zip(dots) {
                            scaled(totals, dots, factors);
                        }
                    }
                }
                let mut mins = [[vdupq_n_s32(0); 2]; M];
                for p in 0..4 {
                    let minima = apart(minima_k(scales, p));
                    for (m, mins) in mins.iter_mut().enumerate() {
                        let x_sums = o.wide_sums.add((m * o.blocks + block) * 8 + p * 2);
                        weigh(mins, minima[0], *x_sums);
                        weigh(mins, minima[1], *x_sums.add(1));
                    }
                }
                let head = o.heads.add(block * 64 + half * 16);
                for (m, (sums, (totals, mins))) in sums.iter_mut().zip(totals.into_iter().zip(mins)).enumerate() {
                    let scale = vdupq_n_f32(*o.scales.add(m * o.blocks + block));
                    for which in 0..2 {
                        let (d, dmin) = (halves(head.add(which * 8)), halves(head.add(32 + which * 8)));
                        let min = vmulq_f32(vcvtq_f32_s32(mins[which]), dmin);
                        let value = vfmaq_f32(vnegq_f32(min), vcvtq_f32_s32(totals[which]), d);
                        sums[which] = vfmaq_f32(sums[which], value, scale);
                    }
                }
            }
            finish(sums, half, out);
        }
    }
}

/// Q6K.
#[inline(always)]
unsafe fn sixes_k<D: Dot, const M: usize>(o: Operands, out: &mut [[f32; TILE]]) {
    for half in 0..2 {
        // SAFETY: `o` has `M` rows and all blocks.
        unsafe {
            let (nibble, high_bits) = (vdupq_n_u8(15), vdupq_n_u8(0x30));
            let mut sums = [[vdupq_n_f32(0.0); 2]; M];
            for block in 0..o.blocks {
                let body = o.bodies.add(block * (SCALES_6 + 16 * 3 * CHUNK));
                let x_sums: [*const i16; M] = std::array::from_fn(|m| o.sums.add((m * o.blocks + block) * 16));
                let mut totals = [[vdupq_n_s32(0); 2]; M];
                let mut offsets = [[vdupq_n_s32(0); 2]; M];
                for pair in 0..8 {
                    let scales = vreinterpretq_s16_s8(vld1q_s8(body.add(pair * 32 + half * 16).cast()));
                    let scales = [vshrq_n_s16::<8>(vshlq_n_s16::<8>(scales)), vshrq_n_s16::<8>(scales)];
                    for (part, factors) in scales.into_iter().enumerate() {
                        let sub = pair * 2 + part;
                        let x: [*const i8; M] = std::array::from_fn(|m| o.values.add(m * o.cols + block * 256));
                        let x = inputs(x, sub * 16);
                        let mut dots = [[D::none(); 2]; M];
                        for which in 0..2 {
                            let from = body.add(SCALES_6 + sub * 3 * CHUNK + half * 32 + which * 16);
                            let (a, b, high) = (vld1q_u8(from), vld1q_u8(from.add(CHUNK)), vld1q_u8(from.add(2 * CHUNK)));
                            let weights = [
                                vorrq_u8(vandq_u8(a, nibble), vandq_u8(vshlq_n_u8::<4>(high), high_bits)),
                                vorrq_u8(vshrq_n_u8::<4>(a), vandq_u8(vshlq_n_u8::<2>(high), high_bits)),
                                vorrq_u8(vandq_u8(b, nibble), vandq_u8(high, high_bits)),
                                vorrq_u8(vshrq_n_u8::<4>(b), vandq_u8(vshrq_n_u8::<2>(high), high_bits)),
                            ];
                            let [a, b, c, d] = weights;
                            let (a, b) = (vreinterpretq_s8_u8(a), vreinterpretq_s8_u8(b));
                            let (c, d) = (vreinterpretq_s8_u8(c), vreinterpretq_s8_u8(d));
                            for (dots, x) in dots.iter_mut().zip(x) {
                                let dot = D::add::<1>(D::add::<0>(D::none(), a, x), b, x);
                                dots[which] = D::add::<3>(D::add::<2>(dot, c, x), d, x);
                            }
                        }
                        for (m, (totals, dots)) in totals.iter_mut().zip(dots).enumerate() {
                            scaled(totals, [D::rows(dots[0]), D::rows(dots[1])], factors);
                            weigh(&mut offsets[m], factors, *x_sums[m].add(sub));
                        }
                    }
                }
                let head = o.heads.add(block * 32 + half * 16);
                for (m, (sums, (totals, offsets))) in sums.iter_mut().zip(totals.into_iter().zip(offsets)).enumerate() {
                    let scale = vdupq_n_f32(*o.scales.add(m * o.blocks + block));
                    for which in 0..2 {
                        let total = vsubq_s32(totals[which], vshlq_n_s32::<5>(offsets[which]));
                        let value = vmulq_f32(vcvtq_f32_s32(total), halves(head.add(which * 8)));
                        sums[which] = vfmaq_f32(sums[which], value, scale);
                    }
                }
            }
            finish(sums, half, out);
        }
    }
}
