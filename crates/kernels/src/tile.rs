//! What packed bytes mean: tiles of 16 output rows.
//!
//! *Invariant: the layout here is the one that every instruction set reads; whoever changes it raises [`crate::layout`].*
//!
//! A matrix is a run of tiles, row tile after row tile. A tile starts with the scales of all its blocks (`head`), padded to 64
//! bytes, and goes on with the blocks' bodies. Everything is transposed so that 16 rows lie side by side; `[16]` counts rows,
//! `k` a column within its block. A *chunk* is 64 bytes: four columns of 16 rows, `[16][4]`.
//!
//! | tile | head of a block | body of a block |
//! |---|---|---|
//! | F32 | | one column: `f32[16]` |
//! | F16, Bf16 | | one column: `u16[16]` |
//! | Q8_0 | `f16 d[16]` | 8 chunks of `i8`, chunk c: k = 4c + j |
//! | Q4_0 | `f16 d[16]` | 4 chunks of two nibbles, chunk c: low k = 8c + j, high k = 8c + 4 + j |
//! | Q5_0 | `f16 d[16]` | the nibbles of Q4_0, and 1 chunk of fifth bits: bit b of its bytes is of k = 4b + j |
//! | Q4K | `f16 d[16], dmin[16]` | scales, and 8 × the nibbles of Q4_0 |
//! | Q5K | `f16 d[16], dmin[16]` | scales, and 8 × the nibbles and fifth bits of Q5_0 |
//! | Q6K | `f16 d[16]` | scales `i8 [8][16][2]` of 16 columns each, and 16 × 3 chunks of 16 columns: low nibbles of k = j and 4 + j, of 8 + j and 12 + j, and pairs of high bits, bits 2b of k = 4b + j |
//!
//! The scales of Q4K and Q5K are the 12 bytes of ggml's block in pairs, `[6][16][2]`; [`scales`] takes them apart.

#![cfg_attr(target_arch = "x86_64", expect(unsafe_code, reason = "a hint to the processor"))]

/// Asks for the `bytes` that stand 4 KiB behind `from`. The processor's own guess stops at each page, and half of the memory's
/// speed is lost there.
#[inline(always)]
pub(crate) fn ahead(from: *const u8, bytes: usize) {
    for line in (0..bytes).step_by(CHUNK) {
        let at = from.wrapping_add(4096 + line);
        #[cfg(not(target_arch = "x86_64"))]
        let _ = at;
        #[cfg(target_arch = "x86_64")]
        #[allow(unused_unsafe, reason = "safe in newer compilers than the oldest that we build with")]
        // SAFETY: a hint: it reads nothing and cannot fault, wherever it points.
        unsafe {
            use std::arch::x86_64::{_MM_HINT_T0, _mm_prefetch};
            _mm_prefetch::<_MM_HINT_T0>(at.cast());
        }
    }
}

/// Output rows of a tile.
pub(crate) const TILE: usize = 16;
/// Bytes of four columns of a tile in 8 bits.
pub(crate) const CHUNK: usize = 64;

/// The kinds of tiles that there are kernels for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Tile {
    F32,
    F16,
    Bf16,
    Q4_0,
    Q5_0,
    Q8_0,
    Q4K,
    Q5K,
    Q6K,
}

/// Bytes of the scales in a body of Q4K or Q5K.
pub(crate) const SCALES_K: usize = 6 * 32;
/// Bytes of the scales in a body of Q6K.
pub(crate) const SCALES_6: usize = 8 * 32;

impl Tile {
    /// Columns of a block.
    pub(crate) const fn block(self) -> usize {
        match self {
            Self::F32 | Self::F16 | Self::Bf16 => 1,
            Self::Q4_0 | Self::Q5_0 | Self::Q8_0 => 32,
            Self::Q4K | Self::Q5K | Self::Q6K => 256,
        }
    }

    /// Bytes of a block's head and of its body.
    pub(crate) const fn sizes(self) -> (usize, usize) {
        match self {
            Self::F32 => (0, 64),
            Self::F16 | Self::Bf16 => (0, 32),
            Self::Q4_0 => (32, 4 * CHUNK),
            Self::Q5_0 => (32, 5 * CHUNK),
            Self::Q8_0 => (32, 8 * CHUNK),
            Self::Q4K => (64, SCALES_K + 8 * 4 * CHUNK),
            Self::Q5K => (64, SCALES_K + 8 * 5 * CHUNK),
            Self::Q6K => (32, SCALES_6 + 16 * 3 * CHUNK),
        }
    }

    /// Bytes of the heads of a tile with `cols` columns.
    pub(crate) const fn head(self, cols: usize) -> usize {
        (cols / self.block() * self.sizes().0).next_multiple_of(CHUNK)
    }

    /// Bytes of a tile with `cols` columns; nothing when that fits no `usize`.
    pub(crate) fn bytes(self, cols: usize) -> Option<usize> {
        let blocks = cols / self.block();
        let (head, body) = self.sizes();
        let head = blocks.checked_mul(head)?.checked_next_multiple_of(CHUNK)?;
        head.checked_add(blocks.checked_mul(body)?)?.checked_next_multiple_of(CHUNK)
    }
}

/// The scale and the minimum of sub-block `sub` (0 to 7) from the 12 bytes of a block of Q4_K or Q5_K.
pub(crate) fn scales(bytes: impl Fn(usize) -> u8, sub: usize) -> (u8, u8) {
    if sub < 4 {
        (bytes(sub) & 63, bytes(sub + 4) & 63)
    } else {
        let low = bytes(sub + 4);
        ((low & 15) | (bytes(sub - 4) >> 6 << 4), (low >> 4) | (bytes(sub) >> 6 << 4))
    }
}

/// Byte `index` of row `row`'s 12 scale bytes in a body of Q4K or Q5K.
pub(crate) fn scale_byte(row: usize, index: usize) -> usize {
    index / 2 * 32 + row * 2 + index % 2
}

/// The two bytes at `at` as a 16-bit float.
pub(crate) fn half(bytes: &[u8], at: usize) -> f32 {
    half::f16::from_le_bytes([bytes[at], bytes[at + 1]]).to_f32()
}

/// The integer weight of row `row`, column `k` of a block with body `body`, before offset and scale.
pub(crate) fn quantum(tile: Tile, body: &[u8], row: usize, k: usize) -> i32 {
    let nibble = |from: usize, k: usize| {
        let byte = body[from + k / 8 * CHUNK + row * 4 + k % 4];
        i32::from(if k % 8 < 4 { byte & 15 } else { byte >> 4 })
    };
    let bit = |from: usize, k: usize| i32::from(body[from + row * 4 + k % 4] >> (k / 4) & 1);
    match tile {
        Tile::Q8_0 => i32::from(body[k / 4 * CHUNK + row * 4 + k % 4].cast_signed()),
        Tile::Q4_0 => nibble(0, k),
        Tile::Q5_0 => nibble(0, k) | bit(4 * CHUNK, k) << 4,
        Tile::Q4K => nibble(SCALES_K, k),
        Tile::Q5K => {
            let sub = SCALES_K + k / 32 * 5 * CHUNK;
            nibble(sub, k % 32) | bit(sub + 4 * CHUNK, k % 32) << 4
        }
        Tile::Q6K => {
            let sub = SCALES_6 + k / 16 * 3 * CHUNK;
            let high = body[sub + 2 * CHUNK + row * 4 + k % 4] >> (k % 16 / 4 * 2) & 3;
            nibble(sub, k % 16) | i32::from(high) << 4
        }
        Tile::F32 | Tile::F16 | Tile::Bf16 => unreachable!("a tile of floats has no integer weights"),
    }
}
