//! The weights as they lie in the file, mapped into memory.
//!
//! Invariant: what is read lies inside its file, whatever the header says.

use crate::error::{Refusal, unusable};
use crate::load::file::{self, Shards};
use crate::load::gguf::{Extent, Header, TensorEntry};
use kernels::{Format, Mapped, Matrix, Pool};
use std::ops::Range;
use std::sync::Arc;

/// The mapped files of a model, one for each shard.
pub(crate) struct Data {
    shards: Vec<Shard>,
}

struct Shard {
    map: Arc<Mapped>,
    /// Where its weights begin, bytes from its start.
    data_offset: u64,
}

/// Rows of a tensor that become one matrix.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Source {
    pub(crate) tensor: String,
    pub(crate) rows: Range<usize>,
    pub(crate) cols: usize,
}

impl Data {
    /// # Errors
    /// [`Refusal::Unusable`] when the system cannot map a file.
    pub(crate) fn map(header: &Header, files: &Shards) -> Result<Self, Refusal> {
        let shard = |(extent, file): (&Extent, &file::Shard)| {
            let map = Mapped::open(&file.file).map_err(|e| unusable!("it cannot be mapped into memory: {e}"))?;
            Ok(Shard { map, data_offset: extent.data_offset })
        };
        let shards: Result<Vec<Shard>, Refusal> = header.shards.iter().zip(files.all()).map(shard).collect();
        Ok(Self { shards: shards? })
    }

    /// Where rows of a tensor lie in its shard, bytes.
    fn place(&self, entry: &TensorEntry, rows: Range<usize>, row_bytes: usize) -> Option<(&Arc<Mapped>, Range<usize>)> {
        let shard = self.shards.get(entry.shard)?;
        let start = usize::try_from(shard.data_offset.checked_add(entry.offset)?).ok()?;
        let from = start.checked_add(rows.start.checked_mul(row_bytes)?)?;
        let to = start.checked_add(rows.end.checked_mul(row_bytes)?)?;
        (to <= shard.map.bytes().len()).then_some((&shard.map, from..to))
    }

    /// Packs rows of a tensor and lets its pages go while it does.
    ///
    /// # Errors
    /// [`Refusal::Unusable`] when the matrix does not fit its tensor or its format.
    pub(crate) fn pack(&self, pool: &Pool, entry: &TensorEntry, source: &Source) -> Result<Matrix, Refusal> {
        let unfit = || unusable!("its tensor {} cannot be read as a matrix of {} columns", entry.name, source.cols);
        let format = format(entry)?;
        let row_bytes = format.row_bytes(source.cols).ok_or_else(unfit)?;
        let (map, range) = self.place(entry, source.rows.clone(), row_bytes).ok_or_else(unfit)?;
        let raw = map.bytes().get(range.clone()).ok_or_else(unfit)?;
        let done = |bytes| map.release(range.start..range.start + bytes);
        Matrix::pack_in_bands(pool, format, raw, source.rows.len(), source.cols, done)
            .map_err(|e| unusable!("its tensor {} cannot be packed: {e}", entry.name))
    }

    /// A tensor of one dimension as numbers.
    ///
    /// # Errors
    /// As [`Data::pack`].
    pub(crate) fn vector(&self, pool: &Pool, entry: &TensorEntry) -> Result<Vec<f32>, Refusal> {
        let cols = entry.dims.first().and_then(|dim| usize::try_from(*dim).ok()).unwrap_or(0);
        let matrix = self.pack(pool, entry, &Source { tensor: entry.name.clone(), rows: 0..1, cols })?;
        let mut numbers = vec![0.0; cols];
        matrix.row(0, &mut numbers);
        Ok(numbers)
    }
}

/// The format of a tensor.
///
/// # Errors
/// [`Refusal::Unusable`] when there are no kernels for it.
pub(crate) fn format(entry: &TensorEntry) -> Result<Format, Refusal> {
    Format::of_ggml(entry.quantisation.id).ok_or_else(|| {
        unusable!("its tensor {} is stored as {}, which this version of Gait cannot compute with", entry.name, entry.quantisation.name)
    })
}
