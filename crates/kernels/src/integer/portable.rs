//! The integer kernels in plain Rust: what runs where there is nothing better, and what the others are tested against.
//!
//! *Invariant: integer sums are exact, and the float operations behind them are those that every kernel does, in their order.*

use crate::activations::Integers;
use crate::tile::{CHUNK, SCALES_6, SCALES_K, TILE, Tile, half, scale_byte, scales};

/// One tile with rows `first..first + out.len()` of the inputs.
pub(crate) fn tile(kind: Tile, tile: &[u8], inputs: &Integers, cols: usize, first: usize, out: &mut [[f32; TILE]]) {
    let (heads, bodies) = tile.split_at(kind.head(cols));
    let (head, body) = kind.sizes();
    for (row, out) in out.iter_mut().enumerate() {
        let row = first + row;
        match kind {
            Tile::Q4_0 | Tile::Q5_0 | Tile::Q8_0 => {
                let inputs = Inputs::of(inputs, row, cols, 32);
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
                let inputs = Inputs::of(inputs, row, cols, 256);
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
                let inputs = Inputs::of(inputs, row, cols, 256);
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
            Tile::F32 | Tile::F16 | Tile::Bf16 => unreachable!("a tile of floats has no integer kernel"),
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
