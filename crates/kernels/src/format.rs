//! The formats that a GGUF file stores weights in, and what each is packed into.
//!
//! *Invariant: sizes are computed with overflow checked; a shape from a hostile file gives `None`, never a wrapped size.*

use crate::tile::{TILE, Tile};

/// How a GGUF file stores the weights of a matrix (ggml's type of the same name).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Format {
    /// 32-bit floats.
    F32,
    /// 16-bit IEEE floats.
    F16,
    /// The upper half of 32-bit floats.
    Bf16,
    /// 4 bits, a scale for 32.
    Q4_0,
    /// 4 bits, a scale and an offset for 32.
    Q4_1,
    /// 5 bits, a scale for 32.
    Q5_0,
    /// 5 bits, a scale and an offset for 32.
    Q5_1,
    /// 8 bits, a scale for 32.
    Q8_0,
    /// 8 bits, a scale and a sum for 32 (ggml's form of activations).
    Q8_1,
    /// 2 bits, scales and offsets of 4 bits for 16 in blocks of 256.
    Q2K,
    /// 3 bits, scales of 6 bits for 16 in blocks of 256.
    Q3K,
    /// 4 bits, scales and offsets of 6 bits for 32 in blocks of 256.
    Q4K,
    /// 5 bits, scales and offsets of 6 bits for 32 in blocks of 256.
    Q5K,
    /// 6 bits, scales of 8 bits for 16 in blocks of 256.
    Q6K,
    /// 8 bits, a scale for 256 (ggml's form of activations).
    Q8K,
}

impl Format {
    /// The format of ggml's type number, or nothing for a type that we cannot read.
    pub fn of_ggml(type_id: u32) -> Option<Self> {
        Some(match type_id {
            0 => Self::F32,
            1 => Self::F16,
            2 => Self::Q4_0,
            3 => Self::Q4_1,
            6 => Self::Q5_0,
            7 => Self::Q5_1,
            8 => Self::Q8_0,
            9 => Self::Q8_1,
            10 => Self::Q2K,
            11 => Self::Q3K,
            12 => Self::Q4K,
            13 => Self::Q5K,
            14 => Self::Q6K,
            15 => Self::Q8K,
            30 => Self::Bf16,
            _ => return None,
        })
    }

    /// Weights in a block, and its bytes.
    pub fn block(self) -> (usize, usize) {
        match self {
            Self::F32 => (1, 4),
            Self::F16 | Self::Bf16 => (1, 2),
            Self::Q4_0 => (32, 18),
            Self::Q4_1 => (32, 20),
            Self::Q5_0 => (32, 22),
            Self::Q5_1 => (32, 24),
            Self::Q8_0 => (32, 34),
            Self::Q8_1 => (32, 36),
            Self::Q2K => (256, 84),
            Self::Q3K => (256, 110),
            Self::Q4K => (256, 144),
            Self::Q5K => (256, 176),
            Self::Q6K => (256, 210),
            Self::Q8K => (256, 292),
        }
    }

    /// Bytes of a row of `cols` weights in the file; nothing when `cols` is zero or no whole number of blocks.
    pub fn row_bytes(self, cols: usize) -> Option<usize> {
        let (weights, bytes) = self.block();
        if cols == 0 || !cols.is_multiple_of(weights) { None } else { (cols / weights).checked_mul(bytes) }
    }

    /// Bytes of a packed matrix; nothing when `cols` does not fit the format or the size fits no `usize`.
    pub fn packed_bytes(self, rows: usize, cols: usize) -> Option<usize> {
        self.row_bytes(cols)?;
        rows.div_ceil(TILE).checked_mul(self.tile().bytes(cols)?)
    }

    /// What a matrix of this format is packed into. Q3_K fits the tiles of Q6_K exactly; formats without kernels of their own
    /// become 16-bit floats.
    pub(crate) fn tile(self) -> Tile {
        match self {
            Self::F32 => Tile::F32,
            Self::Bf16 => Tile::Bf16,
            Self::Q4_0 => Tile::Q4_0,
            Self::Q5_0 => Tile::Q5_0,
            Self::Q8_0 => Tile::Q8_0,
            Self::Q4K => Tile::Q4K,
            Self::Q5K => Tile::Q5K,
            Self::Q6K | Self::Q3K => Tile::Q6K,
            Self::F16 | Self::Q4_1 | Self::Q5_1 | Self::Q8_1 | Self::Q2K | Self::Q8K => Tile::F16,
        }
    }
}
