//! The weights of a model, ready to compute with.
//!
//! Invariant: [`matrices`] names every matrix of a checked model once, in the order in which [`Weights`] takes them and
//! the cache keeps them.

use super::architecture::Factors;
use super::cache::Cache;
use super::config::Config;
use super::data::{Data, Source, format};
use super::rope::{Divisors, Rope};
use crate::error::{Refusal, unusable};
use crate::load::gguf::{Header, TensorEntry};
use flow::model::Cancel;
use kernels::{Format, Matrix, Pool};
use std::collections::BTreeMap;

/// One block. Names as in the file, without `blk.N.`.
pub(crate) struct Block {
    pub(crate) attn_norm: Vec<f32>,
    pub(crate) q: Matrix,
    pub(crate) k: Matrix,
    pub(crate) v: Matrix,
    /// Of queries, keys and values.
    pub(crate) biases: Option<[Vec<f32>; 3]>,
    /// Of queries and keys.
    pub(crate) head_norms: Option<[Vec<f32>; 2]>,
    pub(crate) output: Matrix,
    pub(crate) post_attention_norm: Option<Vec<f32>>,
    pub(crate) ffn_norm: Vec<f32>,
    pub(crate) gate: Matrix,
    pub(crate) up: Matrix,
    pub(crate) down: Matrix,
    pub(crate) post_ffw_norm: Option<Vec<f32>>,
}

/// All weights.
pub(crate) struct Weights {
    pub(crate) embedding: Matrix,
    /// The embedding itself where the file has no other.
    pub(crate) output: Matrix,
    pub(crate) output_norm: Vec<f32>,
    pub(crate) blocks: Vec<Block>,
    pub(crate) rope: Rope,
    /// In blocks with a window, where it differs.
    pub(crate) window_rope: Option<Rope>,
}

/// The matrices of a block: queries, keys, values, output, gate, up, down.
fn block_matrices(config: &Config, index: usize) -> [Source; 7] {
    let (queries, keys) = (config.heads * config.head_dim, config.kv_heads * config.head_dim);
    let (embedding, inner) = (config.embedding, config.feed_forward);
    let source = |name: &str, rows, cols| Source { tensor: format!("blk.{index}.{name}.weight"), rows, cols };
    let [q, k, v] = if config.architecture.fused_qkv {
        [0..queries, queries..queries + keys, queries + keys..queries + 2 * keys].map(|rows| source("attn_qkv", rows, embedding))
    } else {
        [("attn_q", queries), ("attn_k", keys), ("attn_v", keys)].map(|(name, rows)| source(name, 0..rows, embedding))
    };
    let [gate, up] = if config.architecture.fused_gate {
        [0..inner, inner..2 * inner].map(|rows| source("ffn_up", rows, embedding))
    } else {
        ["ffn_gate", "ffn_up"].map(|name| source(name, 0..inner, embedding))
    };
    [q, k, v, source("attn_output", 0..embedding, queries), gate, up, source("ffn_down", 0..embedding, inner)]
}

/// Every matrix of the model.
pub(crate) fn matrices(config: &Config) -> Vec<Source> {
    let of_vocabulary = |tensor: &str| Source { tensor: tensor.to_owned(), rows: 0..config.vocabulary, cols: config.embedding };
    let mut all = vec![of_vocabulary("token_embd.weight")];
    if config.has_output {
        all.push(of_vocabulary("output.weight"));
    }
    all.extend((0..config.blocks).flat_map(|index| block_matrices(config, index)));
    all
}

/// Takes tensors by name.
struct Reader<'a> {
    entries: BTreeMap<&'a str, &'a TensorEntry>,
    data: &'a Data,
    pool: &'a Pool,
}

impl Reader<'_> {
    fn entry(&self, name: &str) -> Result<&TensorEntry, Refusal> {
        self.entries.get(name).copied().ok_or_else(|| unusable!("it lacks the tensor {name}"))
    }

    fn vector(&self, name: &str) -> Result<Vec<f32>, Refusal> {
        self.data.vector(self.pool, self.entry(name)?)
    }
}

impl Weights {
    /// Maps the packed matrices from the cache, or packs them. `true`: they were packed, and a cache could be written.
    ///
    /// # Errors
    /// [`Refusal::Cancelled`]; [`Refusal::Unusable`] when a tensor cannot be read.
    pub(crate) fn load(
        config: &Config,
        header: &Header,
        data: &Data,
        cache: Option<&Cache>,
        pool: &Pool,
        cancel: &Cancel,
    ) -> Result<(Self, bool), Refusal> {
        let entries = header.tensors.iter().map(|tensor| (tensor.name.as_str(), tensor)).collect();
        let reader = Reader { entries, data, pool };
        let sources: Result<Vec<(Source, Format)>, Refusal> = matrices(config)
            .into_iter()
            .map(|source| {
                let format = format(reader.entry(&source.tensor)?)?;
                Ok((source, format))
            })
            .collect();
        let sources = sources?;
        let cached = cache.and_then(|cache| cache.open(&sources));
        let packed = cached.is_none();
        let matrices = match cached {
            Some(matrices) => matrices,
            None => sources
                .iter()
                .map(|(source, _)| {
                    if cancel.is_cancelled() {
                        return Err(Refusal::Cancelled);
                    }
                    data.pack(pool, reader.entry(&source.tensor)?, source)
                })
                .collect::<Result<Vec<Matrix>, Refusal>>()?,
        };
        Ok((Self::assemble(config, &reader, matrices)?, packed))
    }

    fn assemble(config: &Config, reader: &Reader<'_>, matrices: Vec<Matrix>) -> Result<Self, Refusal> {
        let mut matrices = matrices.into_iter();
        let mut next = || matrices.next().ok_or_else(|| Refusal::Engine("a matrix is missing".to_owned()));
        let embedding = next()?;
        let output = if config.has_output { next()? } else { embedding.clone() };
        let mut blocks = Vec::with_capacity(config.blocks);
        for index in 0..config.blocks {
            let vector = |name: &str| reader.vector(&format!("blk.{index}.{name}"));
            let (q, k, v, output) = (next()?, next()?, next()?, next()?);
            let (gate, up, down) = (next()?, next()?, next()?);
            let post = |name: &str| config.architecture.post_norms.then(|| vector(name)).transpose();
            blocks.push(Block {
                attn_norm: vector("attn_norm.weight")?,
                q,
                k,
                v,
                biases: if config.has_biases {
                    Some([vector("attn_q.bias")?, vector("attn_k.bias")?, vector("attn_v.bias")?])
                } else {
                    None
                },
                head_norms: if config.architecture.head_norms {
                    Some([vector("attn_q_norm.weight")?, vector("attn_k_norm.weight")?])
                } else {
                    None
                },
                output,
                post_attention_norm: post("post_attention_norm.weight")?,
                ffn_norm: vector("ffn_norm.weight")?,
                gate,
                up,
                down,
                post_ffw_norm: post("post_ffw_norm.weight")?,
            });
        }
        let divisors = match config.architecture.factors {
            Factors::Always if config.has_factors => Divisors::Always(reader.vector("rope_freqs.weight")?),
            Factors::ByLength if config.has_factors => {
                Divisors::ByLength { short: reader.vector("rope_factors_short.weight")?, long: reader.vector("rope_factors_long.weight")? }
            }
            Factors::None | Factors::Always | Factors::ByLength => Divisors::None,
        };
        Ok(Self {
            embedding,
            output,
            output_norm: reader.vector("output_norm.weight")?,
            blocks,
            rope: Rope::new(&config.rope, divisors),
            window_rope: config.window_rope.as_ref().map(|rope| Rope::new(rope, Divisors::None)),
        })
    }

    /// The matrices in the order of [`matrices`]; clones share their bytes.
    pub(crate) fn matrices(&self, config: &Config) -> Vec<Matrix> {
        let mut all = vec![self.embedding.clone()];
        if config.has_output {
            all.push(self.output.clone());
        }
        for block in &self.blocks {
            all.extend([&block.q, &block.k, &block.v, &block.output, &block.gate, &block.up, &block.down].map(Matrix::clone));
        }
        all
    }
}
