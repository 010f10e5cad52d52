//! A weight matrix in tiles.
//!
//! *Invariant: `bytes` has exactly the size that format, rows and columns ask for; every kernel relies on it.*

use std::fmt;
use std::sync::Mutex;

use crate::bytes::{Aligned, Bytes};
use crate::format::Format;
use crate::pack;
use crate::pool::Pool;
use crate::tile::{SCALES_6, TILE, Tile, half, quantum, scale_byte, scales};

/// Bytes of a tensor that are packed before the next ones, about.
const BAND: usize = 8 << 20;

/// A weight matrix, `rows` outputs × `cols` inputs, packed in tiles of 16 output rows. A clone shares the bytes.
#[derive(Clone, Debug)]
pub struct Matrix {
    format: Format,
    rows: usize,
    cols: usize,
    bytes: Bytes,
}

/// Why bytes are no matrix of the shape that was named.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PackError {
    /// The number of columns is zero, no whole number of blocks, or too large.
    Shape {
        /// The format that was asked for.
        format: Format,
        /// Output rows.
        rows: usize,
        /// Input columns.
        cols: usize,
    },
    /// There are more or fewer bytes than the shape takes.
    Size {
        /// What the shape takes.
        expected: usize,
        /// What was given.
        found: usize,
    },
}

impl fmt::Display for PackError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Shape { format, rows, cols } => {
                write!(f, "a matrix of {rows} × {cols} cannot be stored as {format:?}, whose blocks take {} columns", format.block().0)
            }
            Self::Size { expected, found } => write!(f, "the matrix takes {expected} bytes, but there are {found}"),
        }
    }
}

impl std::error::Error for PackError {}

impl Matrix {
    /// Packs the rows of a GGUF tensor (`raw`: `rows` × blocks of `cols` weights).
    ///
    /// # Errors
    /// [`PackError`] when `raw` does not have the size of the shape, or `cols` is no whole number of the format's blocks.
    pub fn pack(pool: &Pool, format: Format, raw: &[u8], rows: usize, cols: usize) -> Result<Self, PackError> {
        Self::pack_in_bands(pool, format, raw, rows, cols, |_| {})
    }

    /// As [`Matrix::pack`], band by band. `done` is told how many bytes of `raw` will not be looked at again, so that not all
    /// of a large tensor is in memory twice.
    ///
    /// # Errors
    /// As [`Matrix::pack`].
    pub fn pack_in_bands(
        pool: &Pool,
        format: Format,
        raw: &[u8],
        rows: usize,
        cols: usize,
        mut done: impl FnMut(usize),
    ) -> Result<Self, PackError> {
        let shape = PackError::Shape { format, rows, cols };
        let row_bytes = format.row_bytes(cols).ok_or(shape.clone())?;
        let expected = row_bytes.checked_mul(rows).ok_or(shape.clone())?;
        if raw.len() != expected {
            return Err(PackError::Size { expected, found: raw.len() });
        }
        let size = format.packed_bytes(rows, cols).filter(|size| *size <= isize::MAX as usize - CACHE_LINE).ok_or(shape)?;
        let mut packed = Aligned::zeroed(size);
        if rows > 0 {
            let tiles: Vec<Mutex<&mut [u8]>> = packed.bytes_mut().chunks_exact_mut(size / rows.div_ceil(TILE)).map(Mutex::new).collect();
            let tile_bytes = TILE * row_bytes;
            let per_band = (BAND / tile_bytes.max(1)).max(1);
            for (band, tiles) in tiles.chunks(per_band).enumerate() {
                let first = band * per_band;
                let end = |tile: usize| (tile * tile_bytes).min(raw.len());
                pool.run(tiles.len(), |units| {
                    for unit in units {
                        let mut tile = tiles[unit].lock().expect("a tile is packed once");
                        pack::tile(format, &raw[end(first + unit)..end(first + unit + 1)], cols, &mut tile);
                    }
                });
                done(end(first + tiles.len()));
            }
        }
        Ok(Self { format, rows, cols, bytes: packed.into() })
    }

    /// A matrix from bytes that [`Matrix::packed`] gave under the same [`crate::layout`].
    ///
    /// # Errors
    /// [`PackError`] when there are more or fewer bytes than the shape takes.
    pub fn from_packed(format: Format, rows: usize, cols: usize, bytes: Bytes) -> Result<Self, PackError> {
        let expected = format.packed_bytes(rows, cols).ok_or(PackError::Shape { format, rows, cols })?;
        if bytes.len() != expected {
            return Err(PackError::Size { expected, found: bytes.len() });
        }
        Ok(Self { format, rows, cols, bytes })
    }

    /// The packed bytes, as the cache on disk stores them.
    pub fn packed(&self) -> &[u8] {
        &self.bytes
    }

    /// The format that it was packed from.
    pub fn format(&self) -> Format {
        self.format
    }

    /// Outputs.
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// Inputs.
    pub fn cols(&self) -> usize {
        self.cols
    }

    /// Row `index` as floats (an embedding) into `out`, which takes [`Matrix::cols`] values.
    ///
    /// # Panics
    /// When there is no such row, or `out` has another length.
    pub fn row(&self, index: usize, out: &mut [f32]) {
        assert!(index < self.rows, "row {index} of a matrix of {} rows", self.rows);
        assert_eq!(out.len(), self.cols, "a row has as many values as the matrix has columns");
        let (kind, row) = (self.format.tile(), index % TILE);
        let (heads, bodies) = self.tile(index / TILE).split_at(kind.head(self.cols));
        let (head_bytes, body_bytes) = kind.sizes();
        for (block, out) in out.chunks_exact_mut(kind.block()).enumerate() {
            let head = &heads[block * head_bytes..(block + 1) * head_bytes];
            let body = &bodies[block * body_bytes..(block + 1) * body_bytes];
            for (k, out) in out.iter_mut().enumerate() {
                *out = weight(kind, head, body, row, k);
            }
        }
    }

    /// The bytes of one tile.
    pub(crate) fn tile(&self, index: usize) -> &[u8] {
        let size = self.bytes.len() / self.rows.div_ceil(TILE);
        &self.bytes[index * size..(index + 1) * size]
    }
}

const CACHE_LINE: usize = 64;

fn weight(kind: Tile, head: &[u8], body: &[u8], row: usize, k: usize) -> f32 {
    let integer = || quantum(kind, body, row, k) as f32;
    let d = || half(head, row * 2);
    match kind {
        Tile::F32 => f32::from_le_bytes([body[row * 4], body[row * 4 + 1], body[row * 4 + 2], body[row * 4 + 3]]),
        Tile::F16 => half(body, row * 2),
        Tile::Bf16 => f32::from_bits(u32::from(u16::from_le_bytes([body[row * 2], body[row * 2 + 1]])) << 16),
        Tile::Q8_0 => integer() * d(),
        Tile::Q4_0 => (integer() - 8.0) * d(),
        Tile::Q5_0 => (integer() - 16.0) * d(),
        Tile::Q4K | Tile::Q5K => {
            let (scale, min) = scales(|index| body[scale_byte(row, index)], k / 32);
            d() * f32::from(scale) * integer() - half(head, 32 + row * 2) * f32::from(min)
        }
        Tile::Q6K => {
            let scale = body[..SCALES_6][k / 32 * 32 + row * 2 + k / 16 % 2].cast_signed();
            d() * f32::from(scale) * (integer() - 32.0)
        }
    }
}
