//! From the rows of a GGUF file to tiles.
//!
//! *Invariant: packing loses nothing for the formats that have tiles of their own: the same integers under the same scales.*

use crate::dequantise::{self, quanta, scale_of_q3};
use crate::format::Format;
use crate::tile::{CHUNK, SCALES_6, SCALES_K, TILE, Tile, scale_byte};

/// Packs up to 16 rows (`raw`, whole rows of the file) into one zeroed tile. Rows that are missing stay zero.
pub(crate) fn tile(format: Format, raw: &[u8], cols: usize, packed: &mut [u8]) {
    let kind = format.tile();
    let (weights, bytes) = format.block();
    let row_bytes = cols / weights * bytes;
    let (head_bytes, body_bytes) = kind.sizes();
    let (heads, bodies) = packed.split_at_mut(kind.head(cols));
    for (row, raw) in raw.chunks_exact(row_bytes).enumerate() {
        for (index, block) in raw.chunks_exact(bytes).enumerate() {
            // A format that becomes floats has fewer, larger blocks than its tile.
            let first = index * weights / kind.block();
            let count = weights / kind.block();
            let head = &mut heads[first * head_bytes..(first + 1) * head_bytes];
            let body = &mut bodies[first * body_bytes..(first + count) * body_bytes];
            match kind {
                Tile::F32 | Tile::F16 | Tile::Bf16 => floats(format, kind, block, row, body),
                Tile::Q4_0 | Tile::Q5_0 | Tile::Q8_0 | Tile::Q4K | Tile::Q5K | Tile::Q6K => integers(format, kind, block, row, head, body),
            }
        }
    }
}

fn floats(format: Format, kind: Tile, block: &[u8], row: usize, body: &mut [u8]) {
    match (format, kind) {
        (Format::F16 | Format::Bf16, _) => body[row * 2..row * 2 + 2].copy_from_slice(block),
        (_, Tile::F32) => body[row * 4..row * 4 + 4].copy_from_slice(block),
        _ => {
            let mut values = [0.0; 256];
            let values = &mut values[..format.block().0];
            dequantise::block(format, block, values);
            for (value, column) in values.iter().zip(body.chunks_exact_mut(TILE * 2)) {
                column[row * 2..row * 2 + 2].copy_from_slice(&half::f16::from_f32(*value).to_le_bytes());
            }
        }
    }
}

fn integers(format: Format, kind: Tile, block: &[u8], row: usize, head: &mut [u8], body: &mut [u8]) {
    let mut values = [0_u8; 256];
    let values = &mut values[..kind.block()];
    quanta(format, block, values);
    let d = match format {
        Format::Q6K => 208,
        Format::Q3K => 108,
        Format::Q4_0 | Format::Q5_0 | Format::Q8_0 | Format::Q4K | Format::Q5K => 0,
        Format::F32 | Format::F16 | Format::Bf16 | Format::Q4_1 | Format::Q5_1 | Format::Q8_1 | Format::Q2K | Format::Q8K => {
            unreachable!("packed by `floats`")
        }
    };
    head[row * 2..row * 2 + 2].copy_from_slice(&block[d..d + 2]);
    match kind {
        Tile::Q8_0 => {
            for (k, value) in values.iter().enumerate() {
                body[k / 4 * CHUNK + row * 4 + k % 4] = *value;
            }
        }
        Tile::Q4_0 | Tile::Q5_0 => sub_block(values, row, body),
        Tile::Q4K | Tile::Q5K => {
            head[32 + row * 2..34 + row * 2].copy_from_slice(&block[2..4]);
            for (index, byte) in block[4..16].iter().enumerate() {
                body[scale_byte(row, index)] = *byte;
            }
            let sub = if kind == Tile::Q4K { 4 * CHUNK } else { 5 * CHUNK };
            for (values, body) in values.chunks_exact(32).zip(body[SCALES_K..].chunks_exact_mut(sub)) {
                sub_block(values, row, body);
            }
        }
        Tile::Q6K => {
            // Q3_K: d · s · (q − 4) is d · s · ((q + 28) − 32).
            let offset = if format == Format::Q3K { 28 } else { 0 };
            for sub in 0..16 {
                let scale = if format == Format::Q3K { scale_of_q3(block, sub).cast_unsigned() } else { block[192 + sub] };
                body[sub / 2 * 32 + row * 2 + sub % 2] = scale;
                let body = &mut body[SCALES_6 + sub * 3 * CHUNK..][..3 * CHUNK];
                for k in 0..16 {
                    let value = values[sub * 16 + k] + offset;
                    let at = row * 4 + k % 4;
                    body[k / 8 * CHUNK + at] |= (value & 15) << (k % 8 / 4 * 4);
                    body[2 * CHUNK + at] |= (value >> 4) << (k / 4 * 2);
                }
            }
        }
        Tile::F32 | Tile::F16 | Tile::Bf16 => unreachable!("a tile of floats is packed by `floats`"),
    }
}

/// 32 columns of one row: nibbles, and fifth bits where `body` has room for them.
fn sub_block(values: &[u8], row: usize, body: &mut [u8]) {
    for (k, value) in values.iter().enumerate() {
        let at = row * 4 + k % 4;
        body[k / 8 * CHUNK + at] |= (value & 15) << (k % 8 / 4 * 4);
        if let Some(fifth) = body.get_mut(4 * CHUNK + at) {
            *fifth |= (value >> 4) << (k / 4);
        }
    }
}
