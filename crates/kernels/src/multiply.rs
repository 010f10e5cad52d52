//! Multiplication of quantised inputs with packed matrices.
//!
//! *Invariant: a row of outputs is computed from its row of inputs and the tiles alone, in one order.*
#![expect(unsafe_code, reason = "threads write disjoint parts of the same output rows")]

use std::sync::Mutex;

use crate::activations::Activations;
use crate::instruction_set::kernels;
use crate::matrix::Matrix;
use crate::pool::Pool;
use crate::tile::TILE;

/// Input rows that go through all tiles before the next ones: so many stay in the second-level cache.
const ROWS: usize = 64;
/// Input rows of one call of a kernel.
pub(crate) const BLOCK: usize = 8;

/// An output that several threads write disjoint parts of.
struct Output(*mut f32);
// SAFETY: each unit writes its own rows and columns; see `multiply`.
unsafe impl Sync for Output {}

/// `out = x · matrixᵀ` for every job, in one parallel region: `out` is `acts.rows()` × `matrix.rows()`, row by row.
///
/// # Panics
/// When an output has another size, or `acts` were not quantised for a matrix.
pub fn multiply(pool: &Pool, acts: &Activations, jobs: &mut [(&Matrix, &mut [f32])]) {
    let mut ends = Vec::with_capacity(jobs.len());
    let mut tiles = 0;
    for (matrix, out) in jobs.iter() {
        assert_eq!(matrix.cols(), acts.cols, "a matrix takes as many inputs as it has columns");
        assert_eq!(out.len(), acts.rows * matrix.rows(), "an output for each row of inputs and of the matrix");
        tiles += matrix.rows().div_ceil(TILE);
        ends.push(tiles);
    }
    let outputs: Vec<(&Matrix, Output)> = jobs.iter_mut().map(|(matrix, out)| (*matrix, Output(out.as_mut_ptr()))).collect();
    let kernel = kernels().tile;
    pool.run(tiles * acts.rows.div_ceil(ROWS), |units| {
        for unit in units {
            let (band, tile) = (unit / tiles, unit % tiles);
            let job = ends.partition_point(|end| *end <= tile);
            let (matrix, out) = &outputs[job];
            let tile = tile - if job > 0 { ends[job - 1] } else { 0 };
            let width = TILE.min(matrix.rows() - tile * TILE);
            let mut sums = [[0.0; TILE]; BLOCK];
            let end = acts.rows.min((band + 1) * ROWS);
            let mut first = band * ROWS;
            while first < end {
                let count = BLOCK.min(end - first);
                // SAFETY: the kernels are of an instruction set that this processor has.
                unsafe { kernel(matrix.format().tile(), matrix.tile(tile), acts, first, &mut sums[..count]) };
                for (row, sums) in sums[..count].iter().enumerate() {
                    let at = (first + row) * matrix.rows() + tile * TILE;
                    // SAFETY: `at + width` is inside of the output (its size was checked above), and no other unit has this
                    // tile and these rows.
                    unsafe { std::ptr::copy_nonoverlapping(sums.as_ptr(), out.0.add(at), width) };
                }
                first += count;
            }
        }
    });
}

/// Calls `work` with each part, in parallel.
pub(crate) fn each<T: Send>(pool: &Pool, mut parts: impl Iterator<Item = T>, work: impl Fn(T) + Sync) {
    let Some(first) = parts.next() else { return };
    let Some(second) = parts.next() else { return work(first) };
    let parts: Vec<Mutex<Option<T>>> = [first, second].into_iter().chain(parts).map(|part| Mutex::new(Some(part))).collect();
    pool.run(parts.len(), |units| {
        for unit in units {
            let part = parts[unit].lock().ok().and_then(|mut part| part.take());
            work(part.expect("every part is taken once"));
        }
    });
}
