//! Blocks of a GGUF file taken apart, as ggml's `ggml-quants.c` defines them.
//!
//! *Invariant: what is read here is the weight that the file means; formats differ from ggml's floats by no bit.*

use crate::format::Format;
use crate::tile::{half, scales};

/// The integer weights of one block, before offset and scale. `out` takes the block's weights.
///
/// Offsets that are not in the scales: 8 for Q4_0, 16 for Q5_0, 4 for Q3_K, 32 for Q6_K.
pub(crate) fn quanta(format: Format, block: &[u8], out: &mut [u8]) {
    match format {
        Format::Q4_0 => nibbles_of_32(&block[2..18], out),
        Format::Q4_1 => nibbles_of_32(&block[4..20], out),
        Format::Q5_0 => {
            nibbles_of_32(&block[6..22], out);
            fifth_bits(&block[2..6], out);
        }
        Format::Q5_1 => {
            nibbles_of_32(&block[8..24], out);
            fifth_bits(&block[4..8], out);
        }
        Format::Q8_0 => out.copy_from_slice(&block[2..34]),
        Format::Q8_1 => out.copy_from_slice(&block[4..36]),
        Format::Q8K => out.copy_from_slice(&block[4..260]),
        Format::Q2K => {
            for (k, out) in out.iter_mut().enumerate() {
                *out = block[16 + k / 128 * 32 + k % 32] >> (k % 128 / 32 * 2) & 3;
            }
        }
        Format::Q3K => {
            for (k, out) in out.iter_mut().enumerate() {
                let low = block[32 + k / 128 * 32 + k % 32] >> (k % 128 / 32 * 2) & 3;
                *out = low | (block[k % 32] >> (k / 32) & 1) << 2;
            }
        }
        Format::Q4K => nibbles_of_64(&block[16..144], out),
        Format::Q5K => {
            nibbles_of_64(&block[48..176], out);
            for (k, out) in out.iter_mut().enumerate() {
                *out |= (block[16 + k % 32] >> (k / 32) & 1) << 4;
            }
        }
        Format::Q6K => {
            for (k, out) in out.iter_mut().enumerate() {
                let (half, part, j) = (k / 128, k % 128 / 32, k % 32);
                let low = block[half * 64 + part % 2 * 32 + j] >> (part / 2 * 4) & 15;
                *out = low | (block[128 + half * 32 + j] >> (part * 2) & 3) << 4;
            }
        }
        Format::F32 | Format::F16 | Format::Bf16 => unreachable!("a format of floats has no integer weights"),
    }
}

/// The scales of Q3_K (−32 to 31), one for 16 weights.
pub(crate) fn scale_of_q3(block: &[u8], sub: usize) -> i8 {
    let bytes = &block[96..108];
    let low = if sub < 8 { bytes[sub] & 15 } else { bytes[sub - 8] >> 4 };
    let high = bytes[8 + sub % 4] >> (sub / 4 * 2) & 3;
    (low | high << 4).cast_signed() - 32
}

/// The weights of one block as floats.
pub(crate) fn block(format: Format, block: &[u8], out: &mut [f32]) {
    let mut quanta_of_block = [0_u8; 256];
    let q = &mut quanta_of_block[..out.len()];
    let float = |at: usize| f32::from_le_bytes([block[at], block[at + 1], block[at + 2], block[at + 3]]);
    match format {
        Format::F32 => return out[0] = float(0),
        Format::F16 => return out[0] = half(block, 0),
        Format::Bf16 => return out[0] = f32::from_bits(u32::from(u16::from_le_bytes([block[0], block[1]])) << 16),
        Format::Q4_0 | Format::Q4_1 | Format::Q5_0 | Format::Q5_1 | Format::Q8_0 | Format::Q8_1 => quanta(format, block, q),
        Format::Q2K | Format::Q3K | Format::Q4K | Format::Q5K | Format::Q6K | Format::Q8K => quanta(format, block, q),
    }
    let weight: &dyn Fn(usize) -> f32 = match format {
        Format::Q4_0 => &|k| (f32::from(q[k]) - 8.0) * half(block, 0),
        Format::Q5_0 => &|k| (f32::from(q[k]) - 16.0) * half(block, 0),
        Format::Q4_1 | Format::Q5_1 => &|k| f32::from(q[k]) * half(block, 0) + half(block, 2),
        Format::Q8_0 | Format::Q8_1 => &|k| f32::from(q[k].cast_signed()) * half(block, 0),
        Format::Q8K => &|k| f32::from(q[k].cast_signed()) * float(0),
        Format::Q2K => &|k| {
            let scale = block[k / 16];
            half(block, 80) * f32::from(scale & 15) * f32::from(q[k]) - half(block, 82) * f32::from(scale >> 4)
        },
        Format::Q3K => &|k| half(block, 108) * f32::from(scale_of_q3(block, k / 16)) * (f32::from(q[k]) - 4.0),
        Format::Q4K | Format::Q5K => &|k| {
            let (scale, min) = scales(|at| block[4 + at], k / 32);
            half(block, 0) * f32::from(scale) * f32::from(q[k]) - half(block, 2) * f32::from(min)
        },
        Format::Q6K => &|k| half(block, 208) * f32::from(block[192 + k / 16].cast_signed()) * (f32::from(q[k]) - 32.0),
        Format::F32 | Format::F16 | Format::Bf16 => unreachable!("returned above"),
    };
    for (k, out) in out.iter_mut().enumerate() {
        *out = weight(k);
    }
}

/// 32 weights: the low nibbles of 16 bytes, then the high ones.
fn nibbles_of_32(bytes: &[u8], out: &mut [u8]) {
    for (j, byte) in bytes.iter().enumerate() {
        out[j] = byte & 15;
        out[16 + j] = byte >> 4;
    }
}

/// The fifth bits of 32 weights, in order.
fn fifth_bits(bytes: &[u8], out: &mut [u8]) {
    for (k, out) in out.iter_mut().enumerate() {
        *out |= (bytes[k / 8] >> (k % 8) & 1) << 4;
    }
}

/// 256 weights: four times the low nibbles of 32 bytes, then the high ones.
fn nibbles_of_64(bytes: &[u8], out: &mut [u8]) {
    for (bytes, out) in bytes.chunks_exact(32).zip(out.chunks_exact_mut(64)) {
        for (j, byte) in bytes.iter().enumerate() {
            out[j] = byte & 15;
            out[32 + j] = byte >> 4;
        }
    }
}
