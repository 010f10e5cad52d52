//! The integer kernels in plain Rust: what runs where there is nothing better, and what the others are tested against.
//!
//! *Invariant: integer sums are exact, and the float operations behind them are those that every kernel does, in their order.*

use crate::activations::Integers;
use crate::tile::{CHUNK, SCALES_6, SCALES_K, TILE, Tile, half, scale_byte, scales};

/// One tile with rows `first..first + out.len()` of the inputs.
pub(crate) fn tile(kind: Tile, tile: &[u8], inputs: &Integers, cols: usize, first: usize, out: &mut [[f32; TILE]]) {
    assert!(inputs.present, "the inputs were quantised for this matrix");
    out.fill([0.0; TILE]);
    let (heads, bodies) = tile.split_at(kind.head(cols));
    let (head, body) = kind.sizes();
    for (block, (head, body)) in heads.chunks_exact(head).zip(bodies.chunks_exact(body)).enumerate() {
        let rows = out.iter_mut().enumerate().map(|(row, out)| (Inputs::of(inputs, first + row, cols, block, kind.block()), out));
        match kind {
            Tile::Q8_0 => block_of_32(head, rows, |x| bytes(body, x), 0),
            Tile::Q4_0 => block_of_32(head, rows, |x| nibbles(body, x), 8),
            Tile::Q5_0 => block_of_32(head, rows, |x| nibbles(body, x), 16),
            Tile::Q4K => nibbles_k(head, body, rows, 4 * CHUNK),
            Tile::Q5K => nibbles_k(head, body, rows, 5 * CHUNK),
            Tile::Q6K => sixes_k(head, body, rows),
            Tile::F32 | Tile::F16 | Tile::Bf16 => unreachable!("a tile of floats has no integer kernel"),
        }
    }
}

/// Sixteen 16-bit floats from `at` on.
fn halves(bytes: &[u8], at: usize) -> [f32; TILE] {
    std::array::from_fn(|lane| half(bytes, at + lane * 2))
}

fn block_of_32<'a>(
    head: &[u8],
    rows: impl Iterator<Item = (Inputs<'a>, &'a mut [f32; TILE])>,
    dot: impl Fn(&[i8]) -> [i32; TILE],
    offset: i32,
) {
    let d = halves(head, 0);
    for (x, out) in rows {
        let sums = dot(x.values);
        let offset = offset * (i32::from(x.sums[0]) + i32::from(x.sums[1]));
        for lane in 0..TILE {
            out[lane] = ((sums[lane] - offset) as f32).mul_add(d[lane] * x.scale, out[lane]);
        }
    }
}

fn nibbles_k<'a>(head: &[u8], body: &[u8], rows: impl Iterator<Item = (Inputs<'a>, &'a mut [f32; TILE])>, sub_size: usize) {
    let (d, dmin) = (halves(head, 0), halves(head, 32));
    let factors: [[(i32, i32); TILE]; 8] = std::array::from_fn(|sub| {
        std::array::from_fn(|lane| {
            let (scale, min) = scales(|index| body[scale_byte(lane, index)], sub);
            (i32::from(scale), i32::from(min))
        })
    });
    for (x, out) in rows {
        let (mut dots, mut mins) = ([0_i32; TILE], [0_i32; TILE]);
        for (sub, (quanta, factors)) in body[SCALES_K..].chunks_exact(sub_size).zip(&factors).enumerate() {
            let dot = nibbles(quanta, &x.values[sub * 32..sub * 32 + 32]);
            let sum = i32::from(x.sums[sub * 2]) + i32::from(x.sums[sub * 2 + 1]);
            for lane in 0..TILE {
                dots[lane] += dot[lane] * factors[lane].0;
                mins[lane] += sum * factors[lane].1;
            }
        }
        for lane in 0..TILE {
            let value = (dots[lane] as f32).mul_add(d[lane], -(mins[lane] as f32 * dmin[lane]));
            out[lane] = value.mul_add(x.scale, out[lane]);
        }
    }
}

fn sixes_k<'a>(head: &[u8], body: &[u8], rows: impl Iterator<Item = (Inputs<'a>, &'a mut [f32; TILE])>) {
    let d = halves(head, 0);
    for (x, out) in rows {
        let mut dots = [0_i32; TILE];
        for (sub, quanta) in body[SCALES_6..].chunks_exact(3 * CHUNK).enumerate() {
            let dot = sixes(quanta, &x.values[sub * 16..sub * 16 + 16]);
            for (lane, total) in dots.iter_mut().enumerate() {
                let scale = body[sub / 2 * 32 + lane * 2 + sub % 2].cast_signed();
                *total += (dot[lane] - 32 * i32::from(x.sums[sub])) * i32::from(scale);
            }
        }
        for lane in 0..TILE {
            out[lane] = (dots[lane] as f32 * d[lane]).mul_add(x.scale, out[lane]);
        }
    }
}

/// One block of a row of 8-bit inputs.
struct Inputs<'a> {
    values: &'a [i8],
    scale: f32,
    sums: &'a [i16],
}

impl<'a> Inputs<'a> {
    fn of(all: &'a Integers, row: usize, cols: usize, block: usize, size: usize) -> Self {
        let at = row * (cols / size) + block;
        let sums = size / 16;
        Self { values: &all.values[at * size..(at + 1) * size], scale: all.scales[at], sums: &all.sums[at * sums..(at + 1) * sums] }
    }
}

/// Adds four columns: weights `[16][4]` times four inputs, each place apart, in 16 bits; the compiler makes vectors of it.
#[inline(always)]
fn chunk(sums: &mut [i16; CHUNK], weights: &[u8; CHUNK], x: &[i8]) {
    let x: [i16; 4] = std::array::from_fn(|j| i16::from(x[j]));
    for (sums, weights) in sums.chunks_exact_mut(4).zip(weights.chunks_exact(4)) {
        for j in 0..4 {
            sums[j] += i16::from(weights[j]) * x[j];
        }
    }
}

/// The four places of each row together.
fn together(sums: &[i16; CHUNK]) -> [i32; TILE] {
    std::array::from_fn(|lane| sums[lane * 4..lane * 4 + 4].iter().map(|sum| i32::from(*sum)).sum())
}

/// 32 columns of 8 bits.
fn bytes(body: &[u8], x: &[i8]) -> [i32; TILE] {
    let mut sums = [0_i32; CHUNK];
    for (weights, x) in body.chunks_exact(CHUNK).zip(x.chunks_exact(4)) {
        for (sums, weights) in sums.chunks_exact_mut(4).zip(weights.chunks_exact(4)) {
            for j in 0..4 {
                sums[j] += i32::from(i16::from(weights[j].cast_signed()) * i16::from(x[j]));
            }
        }
    }
    std::array::from_fn(|lane| sums[lane * 4..lane * 4 + 4].iter().sum())
}

/// 32 columns of nibbles, with fifth bits where the body has them. Eight products of 31 · 128 fit into 16 bits.
fn nibbles(body: &[u8], x: &[i8]) -> [i32; TILE] {
    let (quanta, fifths) = body.split_at(4 * CHUNK);
    let none = [0_u8; CHUNK];
    let fifths = if fifths.is_empty() { &none } else { fifths };
    let mut sums = [0_i16; CHUNK];
    for (index, (quanta, x)) in quanta.chunks_exact(CHUNK).zip(x.chunks_exact(8)).enumerate() {
        let weights = std::array::from_fn(|at| quanta[at] & 15 | (fifths[at] >> (index * 2) & 1) << 4);
        chunk(&mut sums, &weights, &x[..4]);
        let weights = std::array::from_fn(|at| quanta[at] >> 4 | (fifths[at] >> (index * 2 + 1) & 1) << 4);
        chunk(&mut sums, &weights, &x[4..]);
    }
    together(&sums)
}

/// 16 columns of 6 bits. Four products of 63 · 128 fit into 16 bits.
fn sixes(body: &[u8], x: &[i8]) -> [i32; TILE] {
    let mut sums = [0_i16; CHUNK];
    let high = &body[2 * CHUNK..3 * CHUNK];
    for (index, x) in x.chunks_exact(4).enumerate() {
        let low = &body[index / 2 * CHUNK..][..CHUNK];
        let weights = std::array::from_fn(|at| low[at] >> (index % 2 * 4) & 15 | (high[at] >> (index * 2) & 3) << 4);
        chunk(&mut sums, &weights, x);
    }
    together(&sums)
}
