//! Reads the header of a model that may be split over several files.
//!
//! Invariant: shards that do not belong together, or of which one is missing, are refused with the file's name.
//!
//! The form is that of llama.cpp's `gguf-split`: each file is a GGUF file with `split.no`, `split.count` and
//! `split.tensors.count`, and only the first brings the other metadata.

use super::source::METADATA_LIMIT;
use super::{ENTRY_LIMIT, Extent, Header, sane};
use crate::error::{Refusal, unusable};
use crate::load::file::{Shard, Shards};
use std::collections::HashSet;
use std::fs::File;
use std::io::{BufReader, Seek as _, SeekFrom};

impl Header {
    /// Reads and checks the headers of all shards.
    ///
    /// # Errors
    /// [`Refusal::Unusable`] with what is wrong, and in which file where there are several.
    pub(crate) fn of(shards: &Shards) -> Result<Self, Refusal> {
        let mut all = shards.all().iter();
        let first = all.next().ok_or_else(|| unusable!("it has no files"))?;
        if all.len() == 0 {
            return Self::read(from_start(first)?, first.bytes);
        }
        let count = shards.all().len();
        let within = |shard: &Shard, refusal: Refusal| match refusal {
            Refusal::Unusable(reason) => unusable!("its part {}: {reason}", shard.name()),
            Refusal::Missing | Refusal::Changed { .. } | Refusal::Cancelled | Refusal::Engine(_) => refusal,
        };
        let mut budget = METADATA_LIMIT;
        let mut whole: Option<Self> = None;
        let mut names = HashSet::new();
        for (index, shard) in shards.all().iter().enumerate() {
            let (header, read) = from_start(shard)
                .and_then(|reader| Self::read_shard(reader, shard.bytes, index, budget))
                .map_err(|refusal| within(shard, refusal))?;
            budget = budget.saturating_sub(read);
            header.check_split(index, count, whole.as_ref()).map_err(|refusal| within(shard, refusal))?;
            if let Some(tensor) = header.tensors.iter().find(|tensor| !names.insert(tensor.name.clone())) {
                return Err(within(shard, unusable!("the tensor {} is also in a part before it", tensor.name)));
            }
            let extent = Extent { start: shard.start, data_offset: header.data_offset };
            match &mut whole {
                Some(whole) => {
                    whole.tensors.extend(header.tensors);
                    whole.shards.push(extent);
                }
                None => whole = Some(header),
            }
        }
        let whole = whole.ok_or_else(|| unusable!("it has no files"))?;
        let found = whole.tensors.len() as u64;
        if found == 0 || found > ENTRY_LIMIT {
            return Err(unusable!("its parts have {found} tensors together; expected 1 to {ENTRY_LIMIT}"));
        }
        if let Some(announced) = whole.unsigned("split.tensors.count").filter(|announced| u64::from(*announced) != found) {
            return Err(unusable!(
                "its parts have {found} tensors together and its first announces {announced}; they are of different models"
            ));
        }
        sane::check(&whole.metadata)?;
        Ok(whole)
    }

    /// Whether this is part `index` of `count`, of the model of the first part.
    fn check_split(&self, index: usize, count: usize, first: Option<&Self>) -> Result<(), Refusal> {
        let number = |key: &str| self.unsigned(key);
        match number("split.count") {
            Some(found) if found as usize == count => {}
            Some(found) => return Err(unusable!("it belongs to a model of {found} parts, not {count}")),
            None => return Err(unusable!("it is not split, though its name says so; give it a name without \"-of-\"")),
        }
        if let Some(found) = number("split.no").filter(|found| *found as usize != index) {
            return Err(unusable!("it is part {} by its content and {} by its name", found.saturating_add(1), index + 1));
        }
        let Some(first) = first else { return Ok(()) };
        for key in ["split.tensors.count", "general.architecture", "general.name", "general.uuid"] {
            if let (Some(one), Some(other)) = (first.metadata.get(key), self.metadata.get(key))
                && one != other
            {
                return Err(unusable!("it is of another model than the first part: {key} differs"));
            }
        }
        Ok(())
    }
}

/// A shard's bytes from the first, wherever its handle was left.
fn from_start(shard: &Shard) -> Result<BufReader<&File>, Refusal> {
    let mut file = &shard.file;
    file.seek(SeekFrom::Start(0)).map_err(|e| unusable!("it cannot be read: {e}"))?;
    Ok(BufReader::new(file))
}
