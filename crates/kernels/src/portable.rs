//! The kernels in plain Rust: what runs where there is nothing better, and what the others are tested against.
//!
//! *Invariant: integer sums are exact, and the float operations behind them are those that every kernel does, in their order.*

use crate::activations::{Activations, Floats, IntegerRow, Integers};
use crate::tile::{CHUNK, SCALES_6, SCALES_K, TILE, Tile, half, scale_byte, scales};

/// 8-bit integers of one row, `block` of them under one scale.
pub(crate) fn quantise(x: &[f32], block: usize, row: IntegerRow<'_>) {
    for (((x, values), scale), sums) in
        x.chunks_exact(block).zip(row.values.chunks_exact_mut(block)).zip(row.scales).zip(row.sums.chunks_exact_mut(block / 16))
    {
        let largest = x.iter().fold(0.0_f32, |largest, x| largest.max(x.abs()));
        let inverse = if largest > 0.0 { 127.0 / largest } else { 0.0 };
        *scale = scale_of(block, largest, inverse);
        for (x, value) in x.iter().zip(values.iter_mut()) {
            *value = (x * inverse).round_ties_even() as i8;
        }
        for (values, sum) in values.chunks_exact(16).zip(sums) {
            *sum = values.iter().map(|value| i16::from(*value)).sum();
        }
    }
}

/// The scale of a block whose largest magnitude is `largest`, as ggml computes it for blocks of 32 and of 256.
pub(crate) fn scale_of(block: usize, largest: f32, inverse: f32) -> f32 {
    if block == 32 {
        half::f16::from_f32(largest / 127.0).to_f32()
    } else if largest > 0.0 {
        1.0 / inverse
    } else {
        0.0
    }
}

/// One tile with rows `first..first + out.len()` of the inputs.
pub(crate) fn tile(kind: Tile, tile: &[u8], acts: &Activations, first: usize, out: &mut [[f32; TILE]]) {
    let (heads, bodies) = tile.split_at(kind.head(acts.cols));
    let (head, body) = kind.sizes();
    for (row, out) in out.iter_mut().enumerate() {
        let row = first + row;
        match kind {
            Tile::F32 => floats(bodies, &acts.f32, row, acts.cols, 4, |b| f32::from_le_bytes([b[0], b[1], b[2], b[3]]), out),
            Tile::F16 => floats(bodies, &acts.f16, row, acts.cols, 2, |b| half(b, 0), out),
            Tile::Bf16 => {
                floats(bodies, &acts.bf16, row, acts.cols, 2, |b| f32::from_bits(u32::from(b[0]) << 16 | u32::from(b[1]) << 24), out)
            }
            Tile::Q4_0 | Tile::Q5_0 | Tile::Q8_0 => {
                let inputs = Inputs::of(&acts.by_32, row, acts.cols, 32);
                *out = [0.0; TILE];
                for (block, (head, body)) in heads.chunks_exact(head).zip(bodies.chunks_exact(body)).enumerate() {
                    let (x, scale, sums) = inputs.block(block, 32);
                    let total = i32::from(sums[0]) + i32::from(sums[1]);
                    let (sums, offset) = match kind {
                        Tile::Q8_0 => (bytes(body, x), 0),
                        _ => (nibbles(body, x), if kind == Tile::Q4_0 { 8 } else { 16 }),
                    };
                    for (lane, out) in out.iter_mut().enumerate() {
                        let sum = (sums[lane] - offset * total) as f32;
                        *out = sum.mul_add(half(head, lane * 2) * scale, *out);
                    }
                }
            }
            Tile::Q4K | Tile::Q5K => {
                let inputs = Inputs::of(&acts.by_256, row, acts.cols, 256);
                let sub_bytes = if kind == Tile::Q4K { 4 * CHUNK } else { 5 * CHUNK };
                *out = [0.0; TILE];
                for (block, (head, body)) in heads.chunks_exact(head).zip(bodies.chunks_exact(body)).enumerate() {
                    let (x, scale, sums) = inputs.block(block, 256);
                    let (mut dots, mut mins) = ([0_i32; TILE], [0_i32; TILE]);
                    for (sub, quanta) in body[SCALES_K..].chunks_exact(sub_bytes).enumerate() {
                        let dot = nibbles(quanta, &x[sub * 32..sub * 32 + 32]);
                        let sum = i32::from(sums[sub * 2]) + i32::from(sums[sub * 2 + 1]);
                        for lane in 0..TILE {
                            let (scale, min) = scales(|index| body[scale_byte(lane, index)], sub);
                            dots[lane] += dot[lane] * i32::from(scale);
                            mins[lane] += sum * i32::from(min);
                        }
                    }
                    for (lane, out) in out.iter_mut().enumerate() {
                        let min = mins[lane] as f32 * half(head, 32 + lane * 2);
                        let value = (dots[lane] as f32).mul_add(half(head, lane * 2), -min);
                        *out = value.mul_add(scale, *out);
                    }
                }
            }
            Tile::Q6K => {
                let inputs = Inputs::of(&acts.by_256, row, acts.cols, 256);
                *out = [0.0; TILE];
                for (block, (head, body)) in heads.chunks_exact(head).zip(bodies.chunks_exact(body)).enumerate() {
                    let (x, scale, sums) = inputs.block(block, 256);
                    let mut dots = [0_i32; TILE];
                    for (sub, quanta) in body[SCALES_6..].chunks_exact(3 * CHUNK).enumerate() {
                        let dot = sixes(quanta, &x[sub * 16..sub * 16 + 16]);
                        for lane in 0..TILE {
                            let scale = body[sub / 2 * 32 + lane * 2 + sub % 2].cast_signed();
                            dots[lane] += (dot[lane] - 32 * i32::from(sums[sub])) * i32::from(scale);
                        }
                    }
                    for (lane, out) in out.iter_mut().enumerate() {
                        let value = dots[lane] as f32 * half(head, lane * 2);
                        *out = value.mul_add(scale, *out);
                    }
                }
            }
        }
    }
}

/// One row of 8-bit inputs.
struct Inputs<'a> {
    values: &'a [i8],
    scales: &'a [f32],
    sums: &'a [i16],
}

impl<'a> Inputs<'a> {
    fn of(all: &'a Integers, row: usize, cols: usize, block: usize) -> Self {
        assert!(all.present, "the inputs were quantised for this matrix");
        let (blocks, sums) = (cols / block, cols / 16);
        Self {
            values: &all.values[row * cols..(row + 1) * cols],
            scales: &all.scales[row * blocks..(row + 1) * blocks],
            sums: &all.sums[row * sums..(row + 1) * sums],
        }
    }

    fn block(&self, index: usize, block: usize) -> (&'a [i8], f32, &'a [i16]) {
        let sums = block / 16;
        (&self.values[index * block..(index + 1) * block], self.scales[index], &self.sums[index * sums..(index + 1) * sums])
    }
}

/// Adds four columns: `weights` `[16][4]` times four inputs.
#[inline(always)]
fn chunk(sums: &mut [i32; TILE], weights: impl Fn(usize) -> i32, x: &[i8]) {
    let x = [i32::from(x[0]), i32::from(x[1]), i32::from(x[2]), i32::from(x[3])];
    for (lane, sum) in sums.iter_mut().enumerate() {
        *sum += weights(lane * 4) * x[0] + weights(lane * 4 + 1) * x[1] + weights(lane * 4 + 2) * x[2] + weights(lane * 4 + 3) * x[3];
    }
}

/// 32 columns of 8 bits.
fn bytes(body: &[u8], x: &[i8]) -> [i32; TILE] {
    let mut sums = [0; TILE];
    for (weights, x) in body.chunks_exact(CHUNK).zip(x.chunks_exact(4)) {
        chunk(&mut sums, |at| i32::from(weights[at].cast_signed()), x);
    }
    sums
}

/// 32 columns of nibbles, with fifth bits where the body has them.
fn nibbles(body: &[u8], x: &[i8]) -> [i32; TILE] {
    let (quanta, fifths) = body.split_at(4 * CHUNK);
    let none = [0_u8; CHUNK];
    let fifths = if fifths.is_empty() { &none } else { fifths };
    let mut sums = [0; TILE];
    for (index, (quanta, x)) in quanta.chunks_exact(CHUNK).zip(x.chunks_exact(8)).enumerate() {
        chunk(&mut sums, |at| i32::from(quanta[at] & 15 | (fifths[at] >> (index * 2) & 1) << 4), &x[..4]);
        chunk(&mut sums, |at| i32::from(quanta[at] >> 4 | (fifths[at] >> (index * 2 + 1) & 1) << 4), &x[4..]);
    }
    sums
}

/// 16 columns of 6 bits.
fn sixes(body: &[u8], x: &[i8]) -> [i32; TILE] {
    let mut sums = [0; TILE];
    for (index, x) in x.chunks_exact(4).enumerate() {
        let low = &body[index / 2 * CHUNK..][..CHUNK];
        let high = &body[2 * CHUNK..3 * CHUNK];
        chunk(&mut sums, |at| i32::from(low[at] >> (index % 2 * 4) & 15 | (high[at] >> (index * 2) & 3) << 4), x);
    }
    sums
}

/// Float weights: four running sums, so that one addition does not wait for the last.
fn floats(body: &[u8], x: &Floats, row: usize, cols: usize, size: usize, weight: impl Fn(&[u8]) -> f32, out: &mut [f32; TILE]) {
    assert!(x.present, "the inputs were taken for this matrix");
    let mut sums = [[0.0_f32; TILE]; 4];
    for (k, (column, x)) in body.chunks_exact(TILE * size).zip(&x.values[row * cols..(row + 1) * cols]).enumerate() {
        for (sum, weights) in sums[k % 4].iter_mut().zip(column.chunks_exact(size)) {
            *sum += weight(weights) * x;
        }
    }
    for (lane, out) in out.iter_mut().enumerate() {
        *out = (sums[0][lane] + sums[1][lane]) + (sums[2][lane] + sums[3][lane]);
    }
}
