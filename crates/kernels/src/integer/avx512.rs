//! Integer kernels for AVX-512 with VNNI: a register holds the sums of all 16 rows of a tile.
//!
//! *Invariant: `vpdpbusd` takes weights without a sign. What has one is offset, and the offset times the sum of the inputs is
//! taken away, exactly.*
#![expect(unsafe_code, reason = "tiles and inputs are read through pointers whose sizes `Operands` checked")]

use std::arch::x86_64::*;

use super::{Operands, by_rows};
use crate::activations::Integers;
use crate::tile::{CHUNK, SCALES_6, SCALES_K, TILE, Tile, ahead};

/// Rows of inputs of one call.
const ROWS: usize = 8;

/// A tile of integers with rows `first..first + out.len()` of the inputs.
///
/// # Safety
/// AVX-512 F, BW, VL and VNNI were detected.
#[target_feature(enable = "avx2,fma,f16c,avx512f,avx512bw,avx512vl,avx512vnni")]
pub(crate) unsafe fn tile(kind: Tile, tile: &[u8], inputs: &Integers, cols: usize, first: usize, out: &mut [[f32; TILE]]) {
    for (index, out) in out.chunks_mut(ROWS).enumerate() {
        let operands = Operands::new(kind, tile, inputs, cols, first + index * ROWS, out.len());
        // SAFETY: the instruction set is the caller's, and `operands` has as many rows as `out`.
        unsafe {
            match kind {
                Tile::Q8_0 => by_rows!(bytes (), operands, out, [1 2 3 4 5 6 7 8]),
                Tile::Q4_0 => by_rows!(nibbles (false), operands, out, [1 2 3 4 5 6 7 8]),
                Tile::Q5_0 => by_rows!(nibbles (true), operands, out, [1 2 3 4 5 6 7 8]),
                Tile::Q4K => by_rows!(nibbles_k (false), operands, out, [1 2 3 4 5 6 7 8]),
                Tile::Q5K => by_rows!(nibbles_k (true), operands, out, [1 2 3 4 5 6 7 8]),
                Tile::Q6K => by_rows!(sixes_k (), operands, out, [1 2 3 4 5 6 7 8]),
                Tile::F32 | Tile::F16 | Tile::Bf16 => unreachable!("a tile of floats has no integer kernel"),
            }
        }
    }
}

#[inline]
#[target_feature(enable = "avx512f")]
unsafe fn load(from: *const u8) -> __m512i {
    // SAFETY: the caller's.
    unsafe { _mm512_loadu_si512(from.cast()) }
}

/// The four bytes at `from`, everywhere.
#[inline]
#[target_feature(enable = "avx512f")]
unsafe fn spread<T>(from: *const T) -> __m512i {
    // SAFETY: the caller's.
    _mm512_set1_epi32(unsafe { from.cast::<i32>().read_unaligned() })
}

/// Sixteen 16-bit floats.
#[inline]
#[target_feature(enable = "avx512f")]
unsafe fn halves(from: *const u8) -> __m512 {
    // SAFETY: the caller's.
    _mm512_cvtph_ps(unsafe { _mm256_loadu_si256(from.cast()) })
}

/// 16-bit words from the 32 bytes at half `HALF` of `bytes`.
#[inline]
#[target_feature(enable = "avx512f,avx512bw")]
fn words<const HALF: i32>(bytes: __m512i) -> __m512i {
    _mm512_cvtepu8_epi16(_mm512_extracti64x4_epi64(bytes, HALF))
}

/// The chunk of nibbles at `from` as two chunks of bytes; with `FIVE`, the fifth bits 2i and 2i + 1 of `fifths`.
#[inline]
#[target_feature(enable = "avx512f,avx512bw")]
unsafe fn quanta<const FIVE: bool>(from: *const u8, fifths: __m512i, i: usize) -> (__m512i, __m512i) {
    let nibble = _mm512_set1_epi8(15);
    // SAFETY: the caller's.
    let both = unsafe { load(from) };
    let (low, high) = (_mm512_and_si512(both, nibble), _mm512_and_si512(_mm512_srli_epi16(both, 4), nibble));
    if !FIVE {
        return (low, high);
    }
    let fifth = _mm512_set1_epi8(16);
    // Bit 2i goes to bit 4 of its byte; what crosses from the other byte of a word is masked.
    let (even, odd) = match i {
        0 => (_mm512_slli_epi16(fifths, 4), _mm512_slli_epi16(fifths, 3)),
        1 => (_mm512_slli_epi16(fifths, 2), _mm512_slli_epi16(fifths, 1)),
        2 => (fifths, _mm512_srli_epi16(fifths, 1)),
        _ => (_mm512_srli_epi16(fifths, 2), _mm512_srli_epi16(fifths, 3)),
    };
    // a | (b & c)
    (_mm512_ternarylogic_epi32(low, even, fifth, 0xf8), _mm512_ternarylogic_epi32(high, odd, fifth, 0xf8))
}

/// Writes the sums.
#[inline]
#[target_feature(enable = "avx512f")]
fn finish<const M: usize>(sums: [__m512; M], out: &mut [[f32; TILE]]) {
    for (sum, out) in sums.into_iter().zip(out) {
        // SAFETY: there is room for 16 floats.
        unsafe { _mm512_storeu_ps(out.as_mut_ptr(), sum) };
    }
}

/// Q8_0.
#[target_feature(enable = "avx2,fma,f16c,avx512f,avx512bw,avx512vl,avx512vnni")]
unsafe fn bytes<const M: usize>(o: Operands, out: &mut [[f32; TILE]]) {
    let mut sums = [_mm512_setzero_ps(); M];
    let (sign, offset) = (_mm512_set1_epi8(-128), _mm512_set1_epi16(-128));
    // SAFETY: `o` has `M` rows and all blocks.
    unsafe {
        for block in 0..o.blocks {
            let body = o.bodies.add(block * 8 * CHUNK);
            ahead(body, 8 * CHUNK);
            let x: [*const i8; M] = std::array::from_fn(|m| o.values.add(m * o.cols + block * 32));
            let mut dots = [_mm512_setzero_si512(); M];
            for (m, dot) in dots.iter_mut().enumerate() {
                *dot = _mm512_dpwssd_epi32(*dot, offset, spread(o.sums.add(m * (o.cols / 16) + block * 2)));
            }
            for chunk in 0..8 {
                let weights = _mm512_xor_si512(load(body.add(chunk * CHUNK)), sign);
                for (dot, x) in dots.iter_mut().zip(x) {
                    *dot = _mm512_dpbusd_epi32(*dot, weights, spread(x.add(chunk * 4)));
                }
            }
            let d = halves(o.heads.add(block * 32));
            for (m, (sum, dot)) in sums.iter_mut().zip(dots).enumerate() {
                let scale = _mm512_mul_ps(d, _mm512_set1_ps(*o.scales.add(m * o.blocks + block)));
                *sum = _mm512_fmadd_ps(_mm512_cvtepi32_ps(dot), scale, *sum);
            }
        }
    }
    finish(sums, out);
}

/// Q4_0, and with `FIVE` Q5_0.
#[target_feature(enable = "avx2,fma,f16c,avx512f,avx512bw,avx512vl,avx512vnni")]
unsafe fn nibbles<const M: usize, const FIVE: bool>(o: Operands, out: &mut [[f32; TILE]]) {
    let mut sums = [_mm512_setzero_ps(); M];
    let size = if FIVE { 5 * CHUNK } else { 4 * CHUNK };
    let offset = _mm512_set1_epi16(if FIVE { -16 } else { -8 });
    // SAFETY: `o` has `M` rows and all blocks.
    unsafe {
        for block in 0..o.blocks {
            let body = o.bodies.add(block * size);
            ahead(body, size);
            let x: [*const i8; M] = std::array::from_fn(|m| o.values.add(m * o.cols + block * 32));
            let mut dots = [_mm512_setzero_si512(); M];
            for (m, dot) in dots.iter_mut().enumerate() {
                *dot = _mm512_dpwssd_epi32(*dot, offset, spread(o.sums.add(m * (o.cols / 16) + block * 2)));
            }
            let fifths = if FIVE { load(body.add(4 * CHUNK)) } else { _mm512_setzero_si512() };
            for chunk in 0..4 {
                let (low, high) = quanta::<FIVE>(body.add(chunk * CHUNK), fifths, chunk);
                for (dot, x) in dots.iter_mut().zip(x) {
                    *dot = _mm512_dpbusd_epi32(*dot, low, spread(x.add(chunk * 8)));
                    *dot = _mm512_dpbusd_epi32(*dot, high, spread(x.add(chunk * 8 + 4)));
                }
            }
            let d = halves(o.heads.add(block * 32));
            for (m, (sum, dot)) in sums.iter_mut().zip(dots).enumerate() {
                let scale = _mm512_mul_ps(d, _mm512_set1_ps(*o.scales.add(m * o.blocks + block)));
                *sum = _mm512_fmadd_ps(_mm512_cvtepi32_ps(dot), scale, *sum);
            }
        }
    }
    finish(sums, out);
}

/// Q4K, and with `FIVE` Q5K.
#[target_feature(enable = "avx2,fma,f16c,avx512f,avx512bw,avx512vl,avx512vnni")]
unsafe fn nibbles_k<const M: usize, const FIVE: bool>(o: Operands, out: &mut [[f32; TILE]]) {
    let mut sums = [_mm512_setzero_ps(); M];
    let sub_size = if FIVE { 5 * CHUNK } else { 4 * CHUNK };
    let size = SCALES_K + 8 * sub_size;
    let (six, four, two) = (_mm512_set1_epi8(63), _mm512_set1_epi8(15), _mm512_set1_epi8(0x30));
    // SAFETY: `o` has `M` rows and all blocks.
    unsafe {
        for block in 0..o.blocks {
            let body = o.bodies.add(block * size);
            let x: [*const i8; M] = std::array::from_fn(|m| o.values.add(m * o.cols + block * 256));
            // The 12 bytes of 16 rows: scales and minima of sub-blocks 0 to 3, then of 4 to 7 (see `tile::scales`).
            let (a, b, c) = (load(body), load(body.add(64)), load(body.add(128)));
            let scales =
                [_mm512_and_si512(a, six), _mm512_or_si512(_mm512_and_si512(c, four), _mm512_and_si512(_mm512_srli_epi16(a, 2), two))];
            let minima = [
                _mm512_and_si512(b, six),
                _mm512_or_si512(_mm512_and_si512(_mm512_srli_epi16(c, 4), four), _mm512_and_si512(_mm512_srli_epi16(b, 2), two)),
            ];
            // A pair of words in a lane: of sub-blocks 2p and 2p + 1.
            let scales = [words::<0>(scales[0]), words::<1>(scales[0]), words::<0>(scales[1]), words::<1>(scales[1])];
            let minima = [words::<0>(minima[0]), words::<1>(minima[0]), words::<0>(minima[1]), words::<1>(minima[1])];
            let mut totals = [_mm512_setzero_si512(); M];
            for (pair, scales) in scales.into_iter().enumerate() {
                let scales = [_mm512_and_si512(scales, _mm512_set1_epi32(0xffff)), _mm512_srli_epi32(scales, 16)];
                for (half, scale) in scales.into_iter().enumerate() {
                    let sub = pair * 2 + half;
                    let from = body.add(SCALES_K + sub * sub_size);
                    ahead(from, sub_size);
                    let fifths = if FIVE { load(from.add(4 * CHUNK)) } else { _mm512_setzero_si512() };
                    let mut dots = [_mm512_setzero_si512(); M];
                    for chunk in 0..4 {
                        let (low, high) = quanta::<FIVE>(from.add(chunk * CHUNK), fifths, chunk);
                        for (dot, x) in dots.iter_mut().zip(x) {
                            *dot = _mm512_dpbusd_epi32(*dot, low, spread(x.add(sub * 32 + chunk * 8)));
                            *dot = _mm512_dpbusd_epi32(*dot, high, spread(x.add(sub * 32 + chunk * 8 + 4)));
                        }
                    }
                    for (total, dot) in totals.iter_mut().zip(dots) {
                        *total = _mm512_add_epi32(*total, _mm512_mullo_epi32(dot, scale));
                    }
                }
            }
            let (d, dmin) = (halves(o.heads.add(block * 64)), halves(o.heads.add(block * 64 + 32)));
            for (m, (sum, total)) in sums.iter_mut().zip(totals).enumerate() {
                let x = o.wide_sums.add((m * o.blocks + block) * 8);
                let mut min = _mm512_setzero_si512();
                for (pair, minima) in minima.into_iter().enumerate() {
                    min = _mm512_dpwssd_epi32(min, minima, spread(x.add(pair * 2)));
                }
                let value = _mm512_fmsub_ps(_mm512_cvtepi32_ps(total), d, _mm512_mul_ps(_mm512_cvtepi32_ps(min), dmin));
                *sum = _mm512_fmadd_ps(value, _mm512_set1_ps(*o.scales.add(m * o.blocks + block)), *sum);
            }
        }
    }
    finish(sums, out);
}

/// Q6K.
#[target_feature(enable = "avx2,fma,f16c,avx512f,avx512bw,avx512vl,avx512vnni")]
unsafe fn sixes_k<const M: usize>(o: Operands, out: &mut [[f32; TILE]]) {
    let mut sums = [_mm512_setzero_ps(); M];
    let (nibble, high_bits) = (_mm512_set1_epi8(15), _mm512_set1_epi8(0x30));
    // SAFETY: `o` has `M` rows and all blocks.
    unsafe {
        for block in 0..o.blocks {
            let body = o.bodies.add(block * (SCALES_6 + 16 * 3 * CHUNK));
            let x: [*const i8; M] = std::array::from_fn(|m| o.values.add(m * o.cols + block * 256));
            let x_sums: [*const i16; M] = std::array::from_fn(|m| o.sums.add((m * o.blocks + block) * 16));
            let mut totals = [_mm512_setzero_si512(); M];
            let mut offsets = [_mm512_setzero_si512(); M];
            for pair in 0..8 {
                let scales = _mm512_cvtepi8_epi16(_mm256_loadu_si256(body.add(pair * 32).cast()));
                for (offset, x_sums) in offsets.iter_mut().zip(x_sums) {
                    *offset = _mm512_dpwssd_epi32(*offset, scales, spread(x_sums.add(pair * 2)));
                }
                let scales = [_mm512_srai_epi32(_mm512_slli_epi32(scales, 16), 16), _mm512_srai_epi32(scales, 16)];
                for (half, scale) in scales.into_iter().enumerate() {
                    let sub = pair * 2 + half;
                    let from = body.add(SCALES_6 + sub * 3 * CHUNK);
                    ahead(from, 3 * CHUNK);
                    let (a, b, high) = (load(from), load(from.add(CHUNK)), load(from.add(2 * CHUNK)));
                    // (nibble) | (two bits moved to bits 4 and 5)
                    let six = |low, high| _mm512_ternarylogic_epi32(_mm512_and_si512(low, nibble), high, high_bits, 0xf8);
                    let weights = [
                        six(a, _mm512_slli_epi16(high, 4)),
                        six(_mm512_srli_epi16(a, 4), _mm512_slli_epi16(high, 2)),
                        six(b, high),
                        six(_mm512_srli_epi16(b, 4), _mm512_srli_epi16(high, 2)),
                    ];
                    for (total, x) in totals.iter_mut().zip(x) {
                        let mut dot = _mm512_setzero_si512();
                        for (part, weights) in weights.into_iter().enumerate() {
                            dot = _mm512_dpbusd_epi32(dot, weights, spread(x.add(sub * 16 + part * 4)));
                        }
                        *total = _mm512_add_epi32(*total, _mm512_mullo_epi32(dot, scale));
                    }
                }
            }
            let d = halves(o.heads.add(block * 32));
            for (m, (sum, (total, offset))) in sums.iter_mut().zip(totals.into_iter().zip(offsets)).enumerate() {
                let total = _mm512_sub_epi32(total, _mm512_slli_epi32(offset, 5));
                let value = _mm512_mul_ps(_mm512_cvtepi32_ps(total), d);
                *sum = _mm512_fmadd_ps(value, _mm512_set1_ps(*o.scales.add(m * o.blocks + block)), *sum);
            }
        }
    }
    finish(sums, out);
}
