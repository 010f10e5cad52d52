//! The inputs of a multiplication, in the forms that the tiles take.
//!
//! *Invariant: a row is quantised alone, as llama.cpp's CPU code does it for the same weights, whatever stands in the others.*
//!
//! For Q8_0, Q4_0 and Q5_0: 8 bits for 32 inputs with the scale rounded to 16 bits (`block_q8_0`); the integers are rounded
//! with the unrounded scale. For K-quants: 8 bits for 256 with a 32-bit scale and sums of 16 (`block_q8_K`). For 16-bit
//! floats: rounded to them.

#![expect(unsafe_code, reason = "calls the kernels of the instruction set that was detected")]

use crate::instruction_set::kernels;
use crate::matrix::Matrix;
use crate::multiply::each;
use crate::pool::Pool;
use crate::tile::Tile;

/// Inputs of a multiplication, quantised once for all matrices that take them. A buffer to use again.
#[derive(Default, Debug)]
pub struct Activations {
    pub(crate) rows: usize,
    pub(crate) cols: usize,
    pub(crate) by_256: Integers,
    pub(crate) by_32: Integers,
    pub(crate) f32: Floats,
    pub(crate) f16: Floats,
    pub(crate) bf16: Floats,
}

/// 8-bit inputs.
#[derive(Default, Debug)]
pub(crate) struct Integers {
    pub(crate) present: bool,
    /// Rows × columns.
    pub(crate) values: Vec<i8>,
    /// Rows × blocks.
    pub(crate) scales: Vec<f32>,
    /// Rows × sums of 16 values.
    pub(crate) sums: Vec<i16>,
    /// Rows × sums of 32 values; only for blocks of 256.
    pub(crate) wide_sums: Vec<i16>,
}

/// Inputs as floats.
#[derive(Default, Debug)]
pub(crate) struct Floats {
    pub(crate) present: bool,
    /// Rows × columns.
    pub(crate) values: Vec<f32>,
}

/// A row of 8-bit inputs: columns, blocks, sums of 16, and of 32 (or none).
pub(crate) struct IntegerRow<'a> {
    pub(crate) values: &'a mut [i8],
    pub(crate) scales: &'a mut [f32],
    pub(crate) sums: &'a mut [i16],
    pub(crate) wide_sums: &'a mut [i16],
}

impl Activations {
    /// Takes `x` (`rows` × `cols`) in every form that one of `matrices` needs.
    ///
    /// # Panics
    /// When `x` has another size, or a matrix another number of columns.
    pub fn quantise(&mut self, pool: &Pool, x: &[f32], rows: usize, cols: usize, matrices: &[&Matrix]) {
        assert_eq!(x.len(), rows * cols, "activations of {rows} × {cols}");
        let mut needs = [false; 5];
        for matrix in matrices {
            assert_eq!(matrix.cols(), cols, "a matrix takes as many inputs as it has columns");
            needs[match matrix.format().tile() {
                Tile::Q4K | Tile::Q5K | Tile::Q6K => 0,
                Tile::Q4_0 | Tile::Q5_0 | Tile::Q8_0 => 1,
                Tile::F32 => 2,
                Tile::F16 => 3,
                Tile::Bf16 => 4,
            }] = true;
        }
        (self.rows, self.cols) = (rows, cols);
        self.by_256.take(pool, needs[0], x, rows, cols, 256);
        self.by_32.take(pool, needs[1], x, rows, cols, 32);
        self.f32.take(needs[2], x, |x, out| out.copy_from_slice(x));
        // SAFETY: the kernels are of an instruction set that this processor has.
        self.f16.take(needs[3], x, |x, out| unsafe { (kernels().round_f16)(x, out) });
        self.bf16.take(needs[4], x, |x, out| x.iter().zip(out).for_each(|(x, out)| *out = half::bf16::from_f32(*x).to_f32()));
    }

    /// How many rows were quantised.
    pub fn rows(&self) -> usize {
        self.rows
    }
}

impl Integers {
    fn take(&mut self, pool: &Pool, present: bool, x: &[f32], rows: usize, cols: usize, block: usize) {
        self.present = present;
        if !present {
            return;
        }
        let (blocks, sums) = (cols / block, cols / 16);
        let wide = if block == 256 { cols / 32 } else { 0 };
        self.values.resize(rows * cols, 0);
        self.scales.resize(rows * blocks, 0.0);
        self.sums.resize(rows * sums, 0);
        self.wide_sums.resize(rows * wide, 0);
        let mut wide_sums = self.wide_sums.as_mut_slice();
        let parts = self.values.chunks_exact_mut(cols).zip(self.scales.chunks_exact_mut(blocks)).zip(self.sums.chunks_exact_mut(sums));
        let parts = x.chunks_exact(cols).zip(parts).map(|(x, ((values, scales), sums))| {
            (x, IntegerRow { values, scales, sums, wide_sums: wide_sums.split_off_mut(..wide).unwrap_or_default() })
        });
        let quantise = kernels().quantise;
        // SAFETY: the kernels are of an instruction set that this processor has.
        each(pool, parts, |(x, row)| unsafe { quantise(x, block, row) });
    }
}

impl Floats {
    fn take(&mut self, present: bool, x: &[f32], round: impl Fn(&[f32], &mut [f32])) {
        self.present = present;
        if present {
            self.values.resize(x.len(), 0.0);
            round(x, &mut self.values);
        }
    }
}
