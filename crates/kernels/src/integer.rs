//! The integer kernels: a tile of 8-bit or narrower weights times rows of 8-bit inputs.
//!
//! *Invariant: all of them give the same bits. Integer sums are exact; behind them every kernel does, in this order,*
//!
//! - for blocks of 32: `out = fma(sum, d · scale, out)`,
//! - for Q4K and Q5K: `out = fma(fma(sum, d, −(minima · dmin)), scale, out)`,
//! - for Q6K: `out = fma(sum · d, scale, out)`.

#[cfg(target_arch = "x86_64")]
pub(crate) mod avx2;
#[cfg(target_arch = "x86_64")]
pub(crate) mod avx512;
#[cfg(target_arch = "aarch64")]
pub(crate) mod neon;
pub(crate) mod portable;

#[cfg(any(target_arch = "x86_64", target_arch = "aarch64"))]
use crate::{
    activations::Integers,
    tile::{Tile, ahead},
};

/// Rows of inputs and a tile, as pointers for the kernels; every size was checked.
#[cfg(any(target_arch = "x86_64", target_arch = "aarch64"))]
#[derive(Clone, Copy)]
pub(crate) struct Operands {
    pub(crate) heads: *const u8,
    pub(crate) bodies: *const u8,
    pub(crate) blocks: usize,
    pub(crate) cols: usize,
    pub(crate) values: *const i8,
    pub(crate) scales: *const f32,
    pub(crate) sums: *const i16,
    pub(crate) wide_sums: *const i16,
}

#[cfg(any(target_arch = "x86_64", target_arch = "aarch64"))]
impl Operands {
    /// The tile, with the rows of inputs from `first` on; there are at least `rows` of them.
    ///
    /// # Panics
    /// When the tile or the inputs are too short.
    pub(crate) fn new(kind: Tile, tile: &[u8], inputs: &Integers, cols: usize, first: usize, rows: usize) -> Self {
        let blocks = cols / kind.block();
        let sums = cols / 16;
        let wide = if kind.block() == 256 { cols / 32 } else { 0 };
        assert!(inputs.present, "the inputs were quantised for this matrix");
        assert!(Some(tile.len()) == kind.bytes(cols), "a whole tile");
        let last = first + rows;
        // Later, bodies are fetched ahead: this fills the gap that the heads leave.
        ahead(tile.as_ptr(), kind.head(cols));
        assert!(inputs.values.len() >= last * cols && inputs.scales.len() >= last * blocks, "inputs for each row");
        assert!(inputs.sums.len() >= last * sums && inputs.wide_sums.len() >= last * wide, "sums for each row");
        Self {
            heads: tile.as_ptr(),
            bodies: tile[kind.head(cols)..].as_ptr(),
            blocks,
            cols,
            values: inputs.values[first * cols..].as_ptr(),
            scales: inputs.scales[first * blocks..].as_ptr(),
            sums: inputs.sums[first * sums..].as_ptr(),
            wide_sums: inputs.wide_sums[first * wide..].as_ptr(),
        }
    }
}

/// Calls `$kernel::<M>`, or `$kernel::<M, five>`, for the `M` rows of `$out`, one of those listed.
#[cfg(any(target_arch = "x86_64", target_arch = "aarch64"))]
macro_rules! by_rows {
    ($kernel:ident $five:tt, $operands:expr, $out:expr, [$($rows:literal)*]) => {
        match $out.len() {
            $($rows => by_rows!(@one $kernel $five $rows)($operands, $out),)*
            rows => unreachable!("{rows} rows at once"),
        }
    };
    (@one $kernel:ident () $rows:literal) => { $kernel::<$rows> };
    (@one $kernel:ident ($five:literal) $rows:literal) => { $kernel::<$rows, $five> };
}
#[cfg(any(target_arch = "x86_64", target_arch = "aarch64"))]
pub(crate) use by_rows;
