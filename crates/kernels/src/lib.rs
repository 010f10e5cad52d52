//! The arithmetic of a quantised language model on a processor: packed matrices, attention, a thread pool.
//!
//! *Invariant: the result of a row is the same to the bit whatever else is in the batch, however it is cut into pieces, and
//! however many threads there are.* All of the house's `unsafe` is here; outside of this crate it is denied.
//!
//! A matrix of a GGUF file is packed once ([`Matrix::pack`]) into tiles of 16 output rows. Its inputs are quantised once for all
//! matrices that take them ([`Activations`]), and [`multiply`] goes through the tiles with the best kernels that this
//! processor has ([`instruction_set`]). Integer sums are exact and the few float operations behind them stand in one order, so
//! that for the quantised formats every instruction set gives the same bits.

mod pool;

mod bytes;
mod format;

mod dequantise;
mod matrix;
mod pack;
mod tile;

mod activations;
mod multiply;

mod attention;
mod key_values;
mod ops;

mod instruction_set;

mod attend;
mod floats;
mod integer;
mod lanes;

pub use activations::Activations;
pub use attention::{Rows, attention};
pub use bytes::{Bytes, Mapped};
pub use format::Format;
#[doc(hidden)]
pub use instruction_set::InstructionSet;
pub use instruction_set::{instruction_set, layout};
pub use key_values::KeyValues;
pub use matrix::{Matrix, PackError};
pub use multiply::multiply;
pub use ops::{RopePairs, add, add_bias, gelu_mul, rms_norm, rope, scale, silu_mul, softcap};
pub use pool::Pool;
