//! Integer kernels for AVX2: two registers hold the sums of the 16 rows of a tile, one half after the other.
//!
//! *Invariant: `vpmaddubsw` adds two products of an unsigned and a signed byte in 16 bits; nothing here lets it, or a sum of
//! several in 16 bits, overflow.*
#![expect(unsafe_code, reason = "tiles and inputs are read through pointers whose sizes `Operands` checked")]

use std::arch::x86_64::*;

use super::{Operands, by_rows};
use crate::activations::Integers;
use crate::tile::{CHUNK, SCALES_6, SCALES_K, TILE, Tile, ahead};

/// Rows of inputs of one call.
const ROWS: usize = 4;

/// A tile of integers with rows `first..first + out.len()` of the inputs.
///
/// # Safety
/// AVX2, FMA and F16C were detected.
#[target_feature(enable = "avx2,fma,f16c")]
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

#[inline]
#[target_feature(enable = "avx2")]
unsafe fn load(from: *const u8) -> __m256i {
    // SAFETY: the caller's.
    unsafe { _mm256_loadu_si256(from.cast()) }
}

/// The four bytes at `from`, everywhere.
#[inline]
#[target_feature(enable = "avx2")]
unsafe fn spread<T>(from: *const T) -> __m256i {
    // SAFETY: the caller's.
    _mm256_set1_epi32(unsafe { from.cast::<i32>().read_unaligned() })
}

/// Eight 16-bit floats.
#[inline]
#[target_feature(enable = "avx2,f16c")]
unsafe fn halves(from: *const u8) -> __m256 {
    // SAFETY: the caller's.
    _mm256_cvtph_ps(unsafe { _mm_loadu_si128(from.cast()) })
}

/// The half chunk of nibbles at `from` as two of bytes; with `FIVE`, the fifth bits 2i and 2i + 1 of `fifths`.
#[inline]
#[target_feature(enable = "avx2")]
unsafe fn quanta<const FIVE: bool>(from: *const u8, fifths: __m256i, i: usize) -> (__m256i, __m256i) {
    let nibble = _mm256_set1_epi8(15);
    // SAFETY: the caller's.
    let both = unsafe { load(from) };
    let (low, high) = (_mm256_and_si256(both, nibble), _mm256_and_si256(_mm256_srli_epi16(both, 4), nibble));
    if !FIVE {
        return (low, high);
    }
    let fifth = _mm256_set1_epi8(16);
    // Bit 2i goes to bit 4 of its byte; what crosses from the other byte of a word is masked.
    let (even, odd) = match i {
        0 => (_mm256_slli_epi16(fifths, 4), _mm256_slli_epi16(fifths, 3)),
        1 => (_mm256_slli_epi16(fifths, 2), _mm256_slli_epi16(fifths, 1)),
        2 => (fifths, _mm256_srli_epi16(fifths, 1)),
        _ => (_mm256_srli_epi16(fifths, 2), _mm256_srli_epi16(fifths, 3)),
    };
    (_mm256_or_si256(low, _mm256_and_si256(even, fifth)), _mm256_or_si256(high, _mm256_and_si256(odd, fifth)))
}

/// The two words of every lane, each in both places: of sub-blocks 2p and 2p + 1.
#[inline]
#[target_feature(enable = "avx2")]
fn twice(pair: __m256i) -> [__m256i; 2] {
    [_mm256_blend_epi16(pair, _mm256_slli_epi32(pair, 16), 0xaa), _mm256_blend_epi16(_mm256_srli_epi32(pair, 16), pair, 0xaa)]
}

/// Writes the sums.
#[inline]
#[target_feature(enable = "avx2")]
fn finish<const M: usize>(sums: [[__m256; 2]; M], out: &mut [[f32; TILE]]) {
    for (sums, out) in sums.into_iter().zip(out) {
        for (half, sum) in sums.into_iter().enumerate() {
            // SAFETY: there is room for 16 floats.
            unsafe { _mm256_storeu_ps(out.as_mut_ptr().add(half * 8), sum) };
        }
    }
}

/// Q8_0.
#[target_feature(enable = "avx2,fma,f16c")]
unsafe fn bytes<const M: usize>(o: Operands, out: &mut [[f32; TILE]]) {
    let mut sums = [[_mm256_setzero_ps(); 2]; M];
    let ones = _mm256_set1_epi16(1);
    // SAFETY: `o` has `M` rows and all blocks.
    unsafe {
        for block in 0..o.blocks {
            let body = o.bodies.add(block * 8 * CHUNK);
            ahead(body, 8 * CHUNK);
            let x: [*const i8; M] = std::array::from_fn(|m| o.values.add(m * o.cols + block * 32));
            for half in 0..2 {
                let mut dots = [_mm256_setzero_si256(); M];
                for chunk in 0..8 {
                    let weights = load(body.add(chunk * CHUNK + half * 32));
                    // |w| · (x with w's sign), at most 128 · 127 twice. Inputs are never −128, so their sign can be turned.
                    let size = _mm256_abs_epi8(weights);
                    for (dot, x) in dots.iter_mut().zip(x) {
                        let products = _mm256_maddubs_epi16(size, _mm256_sign_epi8(spread(x.add(chunk * 4)), weights));
                        *dot = _mm256_add_epi32(*dot, _mm256_madd_epi16(products, ones));
                    }
                }
                let d = halves(o.heads.add(block * 32 + half * 16));
                for (m, (sums, dot)) in sums.iter_mut().zip(dots).enumerate() {
                    let scale = _mm256_mul_ps(d, _mm256_set1_ps(*o.scales.add(m * o.blocks + block)));
                    sums[half] = _mm256_fmadd_ps(_mm256_cvtepi32_ps(dot), scale, sums[half]);
                }
            }
        }
    }
    finish(sums, out);
}

/// 32 columns of a half tile: words whose pairs, times `factors`, are the sums; added to `totals`.
#[inline]
#[target_feature(enable = "avx2")]
unsafe fn sub_block<const M: usize, const FIVE: bool>(
    from: *const u8,
    half: usize,
    x: [*const i8; M],
    factors: __m256i,
    totals: &mut [__m256i; M],
) {
    // SAFETY: the caller's.
    unsafe {
        let fifths = if FIVE { load(from.add(4 * CHUNK + half * 32)) } else { _mm256_setzero_si256() };
        let mut dots = [_mm256_setzero_si256(); M];
        for chunk in 0..4 {
            let (low, high) = quanta::<FIVE>(from.add(chunk * CHUNK + half * 32), fifths, chunk);
            for (dot, x) in dots.iter_mut().zip(x) {
                // Each adds two products: 16 of 15 · 127 fit into 16 bits, and 8 of 31 · 127.
                *dot = _mm256_add_epi16(*dot, _mm256_maddubs_epi16(low, spread(x.add(chunk * 8))));
                *dot = _mm256_add_epi16(*dot, _mm256_maddubs_epi16(high, spread(x.add(chunk * 8 + 4))));
            }
            if FIVE && chunk == 1 {
                for (total, dot) in totals.iter_mut().zip(&mut dots) {
                    *total = _mm256_add_epi32(*total, _mm256_madd_epi16(*dot, factors));
                    *dot = _mm256_setzero_si256();
                }
            }
        }
        for (total, dot) in totals.iter_mut().zip(dots) {
            *total = _mm256_add_epi32(*total, _mm256_madd_epi16(dot, factors));
        }
    }
}

/// Q4_0, and with `FIVE` Q5_0.
#[target_feature(enable = "avx2,fma,f16c")]
unsafe fn nibbles<const M: usize, const FIVE: bool>(o: Operands, out: &mut [[f32; TILE]]) {
    let mut sums = [[_mm256_setzero_ps(); 2]; M];
    let size = if FIVE { 5 * CHUNK } else { 4 * CHUNK };
    let offset = _mm256_set1_epi16(if FIVE { -16 } else { -8 });
    // SAFETY: `o` has `M` rows and all blocks.
    unsafe {
        for block in 0..o.blocks {
            let body = o.bodies.add(block * size);
            ahead(body, size);
            let x: [*const i8; M] = std::array::from_fn(|m| o.values.add(m * o.cols + block * 32));
            let mut offsets = [_mm256_setzero_si256(); M];
            for (m, sum) in offsets.iter_mut().enumerate() {
                *sum = _mm256_madd_epi16(offset, spread(o.sums.add(m * (o.cols / 16) + block * 2)));
            }
            for half in 0..2 {
                let mut dots = offsets;
                sub_block::<M, FIVE>(body, half, x, _mm256_set1_epi16(1), &mut dots);
                let d = halves(o.heads.add(block * 32 + half * 16));
                for (m, (sums, dot)) in sums.iter_mut().zip(dots).enumerate() {
                    let scale = _mm256_mul_ps(d, _mm256_set1_ps(*o.scales.add(m * o.blocks + block)));
                    sums[half] = _mm256_fmadd_ps(_mm256_cvtepi32_ps(dot), scale, sums[half]);
                }
            }
        }
    }
    finish(sums, out);
}

/// Q4K, and with `FIVE` Q5K.
#[target_feature(enable = "avx2,fma,f16c")]
unsafe fn nibbles_k<const M: usize, const FIVE: bool>(o: Operands, out: &mut [[f32; TILE]]) {
    let mut sums = [[_mm256_setzero_ps(); 2]; M];
    let sub_size = if FIVE { 5 * CHUNK } else { 4 * CHUNK };
    let size = SCALES_K + 8 * sub_size;
    let (six, four, two) = (_mm_set1_epi8(63), _mm_set1_epi8(15), _mm_set1_epi8(0x30));
    // SAFETY: `o` has `M` rows and all blocks.
    unsafe {
        for block in 0..o.blocks {
            let body = o.bodies.add(block * size);
            let x: [*const i8; M] = std::array::from_fn(|m| o.values.add(m * o.cols + block * 256));
            for half in 0..2 {
                // The pairs of bytes 2i and 2i + 1 of 8 rows (see `tile::scales`).
                let bytes = |i: usize| _mm_loadu_si128(body.add(i * 32 + half * 16).cast());
                let pair = |p: usize| {
                    if p < 2 {
                        return (_mm_and_si128(bytes(p), six), _mm_and_si128(bytes(p + 2), six));
                    }
                    let (low, scale, min) = (bytes(p + 2), bytes(p - 2), bytes(p));
                    (
                        _mm_or_si128(_mm_and_si128(low, four), _mm_and_si128(_mm_srli_epi16(scale, 2), two)),
                        _mm_or_si128(_mm_and_si128(_mm_srli_epi16(low, 4), four), _mm_and_si128(_mm_srli_epi16(min, 2), two)),
                    )
                };
                let mut totals = [_mm256_setzero_si256(); M];
                let mut mins = [_mm256_setzero_si256(); M];
                for p in 0..4 {
                    let (scales, minima) = pair(p);
                    let minima = _mm256_cvtepu8_epi16(minima);
                    for (m, min) in mins.iter_mut().enumerate() {
                        let x_sums = spread(o.wide_sums.add((m * o.blocks + block) * 8 + p * 2));
                        *min = _mm256_add_epi32(*min, _mm256_madd_epi16(minima, x_sums));
                    }
                    for (which, factors) in twice(_mm256_cvtepu8_epi16(scales)).into_iter().enumerate() {
                        let sub = p * 2 + which;
                        // Half of what is needed later, in each half: a burst for the whole block would stand in the way.
                        ahead(body.add(SCALES_K + sub * sub_size + half * sub_size / 2), sub_size / 2);
                        let x = x.map(|x| x.add(sub * 32));
                        sub_block::<M, FIVE>(body.add(SCALES_K + sub * sub_size), half, x, factors, &mut totals);
                    }
                }
                let (d, dmin) = (halves(o.heads.add(block * 64 + half * 16)), halves(o.heads.add(block * 64 + 32 + half * 16)));
                for (m, (sums, (total, min))) in sums.iter_mut().zip(totals.into_iter().zip(mins)).enumerate() {
                    let min = _mm256_mul_ps(_mm256_cvtepi32_ps(min), dmin);
                    let value = _mm256_fmsub_ps(_mm256_cvtepi32_ps(total), d, min);
                    sums[half] = _mm256_fmadd_ps(value, _mm256_set1_ps(*o.scales.add(m * o.blocks + block)), sums[half]);
                }
            }
        }
    }
    finish(sums, out);
}

/// Q6K.
#[target_feature(enable = "avx2,fma,f16c")]
unsafe fn sixes_k<const M: usize>(o: Operands, out: &mut [[f32; TILE]]) {
    let mut sums = [[_mm256_setzero_ps(); 2]; M];
    let (nibble, high_bits) = (_mm256_set1_epi8(15), _mm256_set1_epi8(0x30));
    // SAFETY: `o` has `M` rows and all blocks.
    unsafe {
        for block in 0..o.blocks {
            let body = o.bodies.add(block * (SCALES_6 + 16 * 3 * CHUNK));
            let x: [*const i8; M] = std::array::from_fn(|m| o.values.add(m * o.cols + block * 256));
            let x_sums: [*const i16; M] = std::array::from_fn(|m| o.sums.add((m * o.blocks + block) * 16));
            for half in 0..2 {
                let mut totals = [_mm256_setzero_si256(); M];
                let mut offsets = [_mm256_setzero_si256(); M];
                for pair in 0..8 {
                    let scales = _mm256_cvtepi8_epi16(_mm_loadu_si128(body.add(pair * 32 + half * 16).cast()));
                    for (offset, x_sums) in offsets.iter_mut().zip(x_sums) {
                        *offset = _mm256_add_epi32(*offset, _mm256_madd_epi16(scales, spread(x_sums.add(pair * 2))));
                    }
                    for (which, factors) in twice(scales).into_iter().enumerate() {
                        let sub = pair * 2 + which;
                        let from = body.add(SCALES_6 + sub * 3 * CHUNK + half * 32);
                        ahead(body.add(SCALES_6 + sub * 3 * CHUNK + half * 3 * CHUNK / 2), 3 * CHUNK / 2);
                        let (a, b, high) = (load(from), load(from.add(CHUNK)), load(from.add(2 * CHUNK)));
                        let six = |low, high| _mm256_or_si256(_mm256_and_si256(low, nibble), _mm256_and_si256(high, high_bits));
                        let weights = [
                            six(a, _mm256_slli_epi16(high, 4)),
                            six(_mm256_srli_epi16(a, 4), _mm256_slli_epi16(high, 2)),
                            six(b, high),
                            six(_mm256_srli_epi16(b, 4), _mm256_srli_epi16(high, 2)),
                        ];
                        for (total, x) in totals.iter_mut().zip(x) {
                            // Four products of 63 · 127 fit into 16 bits.
                            let dot = |part: usize| _mm256_maddubs_epi16(weights[part], spread(x.add(sub * 16 + part * 4)));
                            let low = _mm256_madd_epi16(_mm256_add_epi16(dot(0), dot(1)), factors);
                            let high = _mm256_madd_epi16(_mm256_add_epi16(dot(2), dot(3)), factors);
                            *total = _mm256_add_epi32(*total, _mm256_add_epi32(low, high));
                        }
                    }
                }
                let d = halves(o.heads.add(block * 32 + half * 16));
                for (m, (sums, (total, offset))) in sums.iter_mut().zip(totals.into_iter().zip(offsets)).enumerate() {
                    let total = _mm256_sub_epi32(total, _mm256_slli_epi32(offset, 5));
                    let value = _mm256_mul_ps(_mm256_cvtepi32_ps(total), d);
                    sums[half] = _mm256_fmadd_ps(value, _mm256_set1_ps(*o.scales.add(m * o.blocks + block)), sums[half]);
                }
            }
        }
    }
    finish(sums, out);
}
