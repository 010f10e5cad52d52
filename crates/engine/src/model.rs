//! Gait's own models: several sequences at once through one set of weights.
//!
//! Invariant: a model is computed only after its header has been checked against what the forward pass does
//! ([`Config::of`]), and what a sequence gets does not depend on the others.
//!
//! `architecture` (a table) → `config` (numbers of this file) → `data`, `cache` → `weights` → `forward`, with `rope`.

mod architecture;
mod cache;
mod config;
mod data;
mod forward;
mod rope;
mod weights;

pub(crate) use architecture::{Architecture, OWN};
pub(crate) use cache::{Cache, packed_path};
pub(crate) use config::Config;
pub(crate) use data::Data;
pub(crate) use forward::{Feed, Scratch};

use crate::error::Refusal;
use crate::load::gguf::Header;
use flow::model::Cancel;
use kernels::{KeyValues, Pool};
use std::thread::JoinHandle;
use weights::Weights;

/// A model with its weights.
pub(crate) struct OwnModel {
    config: Config,
    weights: Weights,
    /// Where the packed weights should be kept.
    cache: Option<Cache>,
    /// Writes them.
    writer: Option<JoinHandle<()>>,
}

impl OwnModel {
    /// Loads the weights of a checked model: from the cache if there is one that fits, else packed.
    ///
    /// # Errors
    /// [`Refusal::Cancelled`]; [`Refusal::Unusable`] when a tensor cannot be read.
    pub(crate) fn load(
        config: &Config,
        header: &Header,
        data: &Data,
        cache: Option<Cache>,
        pool: &Pool,
        cancel: &Cancel,
    ) -> Result<Self, Refusal> {
        let (weights, packed) = Weights::load(config, header, data, cache.as_ref(), pool, cancel)?;
        Ok(Self { config: config.clone(), weights, cache: cache.filter(|_| packed), writer: None })
    }

    /// Keeps the packed weights for the next start, written beside the drafting.
    pub(crate) fn keep_packed(&mut self) {
        let Some(cache) = self.cache.take() else { return };
        let matrices = self.weights.matrices(&self.config);
        let write = move || match cache.write(&matrices) {
            Ok(()) => tracing::info!("packed weights kept for the next start"),
            // Read-only folders are common; the next start packs again.
            Err(e) => tracing::info!("packed weights are not kept: {e}"),
        };
        self.writer = std::thread::Builder::new().name("packed".to_owned()).spawn(write).ok();
    }

    /// Keys and values of a sequence that has not begun.
    pub(crate) fn key_values(&self) -> KeyValues {
        KeyValues::new(self.config.blocks, self.config.kv_heads, self.config.head_dim)
    }

    /// Bytes of keys and values for one token.
    pub(crate) fn kv_bytes(&self) -> u64 {
        self.config.kv_bytes()
    }

    /// Logits of a row: one for each row of the embedding.
    pub(crate) fn vocabulary(&self) -> usize {
        self.config.vocabulary
    }

    /// Whether a request that may grow to so many tokens is a long one, whose rotations differ.
    pub(crate) fn is_long(&self, tokens: usize) -> bool {
        tokens > self.config.rope.original_context as usize
    }

    /// As [`forward::forward`].
    pub(crate) fn forward<'a>(&self, pool: &Pool, scratch: &'a mut Scratch, feeds: &mut [Feed<'_>]) -> &'a [f32] {
        forward::forward(&self.config, &self.weights, pool, scratch, feeds)
    }
}

/// Waits until the cache is written, which shares the weights: their memory is free when this returns.
impl Drop for OwnModel {
    fn drop(&mut self) {
        if let Some(writer) = self.writer.take() {
            // A panic there was its own affair.
            let _ = writer.join();
        }
    }
}

#[cfg(test)]
mod tests;
