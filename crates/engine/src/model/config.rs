//! The numbers that shape a model, read from its checked header.
//!
//! Invariant: a [`Config`] stands for a model that the forward pass computes as its makers meant it: every tensor that it
//! needs is there in the right shape, and there is no tensor and no setting that it would leave out.

use super::architecture::{Architecture, Biases, Factors, Window};
use super::rope::{RopeConfig, Scaling};
use crate::error::{Refusal, unusable};
use crate::load::gguf::{Header, TensorEntry, Value};
use std::collections::{BTreeMap, BTreeSet};

/// Base of the rotation in blocks with a window, where the file names none (Gemma 3).
const WINDOW_ROPE_BASE: f32 = 10_000.0;

/// The numbers that shape a model.
#[derive(Debug, Clone)]
pub(crate) struct Config {
    pub(crate) architecture: &'static Architecture,
    pub(crate) blocks: usize,
    pub(crate) heads: usize,
    pub(crate) kv_heads: usize,
    pub(crate) head_dim: usize,
    pub(crate) embedding: usize,
    pub(crate) feed_forward: usize,
    /// Rows of the embedding: at least the tokens of the vocabulary.
    pub(crate) vocabulary: usize,
    /// Longest prompt plus output that the model was made for, tokens.
    pub(crate) context: u32,
    pub(crate) eps: f32,
    /// What products of queries and keys are multiplied by.
    pub(crate) attention_scale: f32,
    /// Tokens that a block with a window looks back on, itself included.
    window: Option<usize>,
    /// Of so many blocks the last one looks back on everything.
    window_period: Option<usize>,
    pub(crate) rope: RopeConfig,
    /// In blocks with a window, where it differs.
    pub(crate) window_rope: Option<RopeConfig>,
    /// Logits are squeezed into ± this.
    pub(crate) softcap: Option<f32>,
    pub(crate) has_biases: bool,
    /// There is an `output.weight` beside the embedding.
    pub(crate) has_output: bool,
    pub(crate) has_factors: bool,
}

/// Reads the metadata of one architecture.
struct Reader<'a> {
    header: &'a Header,
    name: &'static str,
}

impl Reader<'_> {
    fn key(&self, suffix: &str) -> String {
        format!("{}.{suffix}", self.name)
    }

    fn has(&self, suffix: &str) -> bool {
        self.header.metadata.contains_key(&self.key(suffix))
    }

    fn within(&self, suffix: &str, from: u32, to: u32) -> Result<usize, Refusal> {
        let key = self.key(suffix);
        let found = self.header.unsigned(&key).ok_or_else(|| unusable!("its metadata lack {key}, or it is not a number"))?;
        if (from..=to).contains(&found) { Ok(found as usize) } else { Err(unusable!("its {key} is {found}; expected {from} to {to}")) }
    }

    fn within_or(&self, suffix: &str, from: u32, to: u32, otherwise: usize) -> Result<usize, Refusal> {
        if self.has(suffix) { self.within(suffix, from, to) } else { Ok(otherwise) }
    }

    /// A number in a range, f32 as everything that is computed with it.
    fn float(&self, suffix: &str, from: f32, to: f32) -> Result<Option<f32>, Refusal> {
        if !self.has(suffix) {
            return Ok(None);
        }
        let key = self.key(suffix);
        #[expect(clippy::cast_possible_truncation, reason = "metadata hold f32")]
        let found = self.header.float(&key).ok_or_else(|| unusable!("its {key} is not a number"))? as f32;
        if (from..=to).contains(&found) { Ok(Some(found)) } else { Err(unusable!("its {key} is {found}; expected {from} to {to}")) }
    }
}

impl Config {
    /// Reads the numbers and checks them and every tensor.
    ///
    /// # Errors
    /// [`Refusal::Unusable`] with the number or tensor that does not fit.
    pub(crate) fn of(header: &Header, architecture: &'static Architecture) -> Result<Self, Refusal> {
        let read = Reader { header, name: architecture.name };
        check_left_out(&read)?;
        let blocks = read.within("block_count", 1, 512)?;
        let heads = read.within("attention.head_count", 1, 1024)?;
        let kv_heads = read.within_or("attention.head_count_kv", 1, u32::try_from(heads).unwrap_or(1), heads)?;
        let embedding = read.within("embedding_length", 1, 1 << 17)?;
        let feed_forward = read.within("feed_forward_length", 1, 1 << 20)?;
        let trained = read.within("context_length", 1, u32::MAX)?;
        let share = embedding / heads;
        if heads % kv_heads != 0 || (!architecture.free_head_size && embedding % heads != 0) {
            return Err(unusable!("its {embedding} numbers, {heads} heads and {kv_heads} key heads do not divide evenly"));
        }
        let head_dim = if architecture.free_head_size { read.within_or("attention.key_length", 2, 1024, share)? } else { share };
        for suffix in ["attention.key_length", "attention.value_length"] {
            let found = read.within_or(suffix, 1, u32::MAX, head_dim)?;
            if found != head_dim {
                return Err(unusable!("its {} is {found}; expected {head_dim}, as its heads have", read.key(suffix)));
            }
        }
        let rope = rope(&read, head_dim, trained)?;
        let window = Some(read.within_or("attention.sliding_window", 0, u32::MAX, 0)?).filter(|window| *window > 0);
        let (window, window_period, ends) = match architecture.window {
            Window::All => (window, None, None),
            Window::EndsContext => (None, None, window),
            Window::AllButEach(period) => (window, Some(read.within_or("attention.sliding_window_pattern", 1, 512, period)?), None),
        };
        let window_rope = match (window, window_period) {
            (Some(_), Some(_)) => Some(RopeConfig {
                base: read.float("rope.freq_base_swa", 1.0, 1e12)?.unwrap_or(WINDOW_ROPE_BASE),
                scaling: Scaling::None,
                ..rope.clone()
            }),
            (_, None) | (None, _) => None,
        };
        let scaled_by = if architecture.scaled_by_share == Some(blocks) { share } else { head_dim };
        #[expect(clippy::cast_precision_loss, reason = "a head has some hundred numbers")]
        let attention_scale = 1.0 / (scaled_by as f32).sqrt();
        let found: BTreeMap<&str, &TensorEntry> = header.tensors.iter().map(|tensor| (tensor.name.as_str(), tensor)).collect();
        let vocabulary = found
            .get("token_embd.weight")
            .and_then(|tensor| tensor.dims.get(1))
            .and_then(|rows| usize::try_from(*rows).ok())
            .filter(|rows| u32::try_from(*rows).is_ok())
            .ok_or_else(|| unusable!("it lacks the tensor token_embd.weight"))?;
        let config = Self {
            architecture,
            blocks,
            heads,
            kv_heads,
            head_dim,
            embedding,
            feed_forward,
            vocabulary,
            context: u32::try_from(ends.map_or(trained, |window| trained.min(window))).unwrap_or(u32::MAX),
            eps: read
                .float("attention.layer_norm_rms_epsilon", f32::MIN_POSITIVE, 0.1)?
                .ok_or_else(|| unusable!("its metadata lack {}, or it is not a number", read.key("attention.layer_norm_rms_epsilon")))?,
            attention_scale,
            window,
            window_period,
            rope,
            window_rope,
            softcap: read.float("final_logit_softcapping", 0.0, 1e6)?.filter(|cap| *cap > 0.0),
            has_biases: match architecture.biases {
                Biases::None => false,
                Biases::Optional => found.contains_key("blk.0.attn_q.bias"),
                Biases::Required => true,
            },
            has_output: found.contains_key("output.weight"),
            has_factors: match architecture.factors {
                Factors::None => false,
                Factors::Always => found.contains_key("rope_freqs.weight"),
                Factors::ByLength => found.contains_key("rope_factors_long.weight") || found.contains_key("rope_factors_short.weight"),
            },
        };
        config.check_tensors(&found)?;
        Ok(config)
    }

    /// Tokens that a block looks back on, itself included; `None` for all.
    pub(crate) fn window(&self, block: usize) -> Option<usize> {
        match self.window_period {
            Some(period) if (block + 1).is_multiple_of(period) => None,
            Some(_) | None => self.window,
        }
    }

    /// Whether a block turns queries and keys by their position.
    pub(crate) fn rotates(&self, block: usize) -> bool {
        self.architecture.unrotated.is_none_or(|period| !(block + 1).is_multiple_of(period))
    }

    /// Bytes of keys and values for one token: f16, all blocks.
    pub(crate) fn kv_bytes(&self) -> u64 {
        (self.blocks * self.kv_heads * self.head_dim * 2 * 2) as u64
    }

    /// Every tensor that the forward pass reads is there in its shape, and none that it does not.
    fn check_tensors(&self, found: &BTreeMap<&str, &TensorEntry>) -> Result<(), Refusal> {
        let mut known = BTreeSet::new();
        for (name, dims) in self.expected() {
            match found.get(name.as_str()) {
                Some(tensor) if tensor.dims == dims => {
                    known.insert(name);
                }
                Some(tensor) => return Err(unusable!("its tensor {name} has the shape {:?}; expected {dims:?}", tensor.dims)),
                None => return Err(unusable!("it lacks the tensor {name}")),
            }
        }
        match found.keys().find(|name| !known.contains(**name)) {
            None => Ok(()),
            Some(name) => Err(unusable!("it has the tensor {name}, which this version of Gait would leave out of the computation")),
        }
    }

    /// Names and shapes, fastest dimension first.
    fn expected(&self) -> Vec<(String, Vec<u64>)> {
        let [embedding, feed_forward, vocabulary, head_dim] =
            [self.embedding, self.feed_forward, self.vocabulary, self.head_dim].map(|number| number as u64);
        let queries = self.heads as u64 * head_dim;
        let keys = self.kv_heads as u64 * head_dim;
        let mut all =
            vec![("token_embd.weight".to_owned(), vec![embedding, vocabulary]), ("output_norm.weight".to_owned(), vec![embedding])];
        if self.has_output {
            all.push(("output.weight".to_owned(), vec![embedding, vocabulary]));
        }
        if self.has_factors {
            let pairs = vec![self.rope.dims as u64 / 2];
            match self.architecture.factors {
                Factors::None => {}
                Factors::Always => all.push(("rope_freqs.weight".to_owned(), pairs)),
                Factors::ByLength => {
                    all.push(("rope_factors_short.weight".to_owned(), pairs.clone()));
                    all.push(("rope_factors_long.weight".to_owned(), pairs));
                }
            }
        }
        let mut block = vec![
            ("attn_norm.weight", vec![embedding]),
            ("attn_output.weight", vec![queries, embedding]),
            ("ffn_norm.weight", vec![embedding]),
            ("ffn_down.weight", vec![feed_forward, embedding]),
        ];
        if self.architecture.fused_qkv {
            block.push(("attn_qkv.weight", vec![embedding, queries + 2 * keys]));
        } else {
            block.push(("attn_q.weight", vec![embedding, queries]));
            block.push(("attn_k.weight", vec![embedding, keys]));
            block.push(("attn_v.weight", vec![embedding, keys]));
        }
        if self.architecture.fused_gate {
            block.push(("ffn_up.weight", vec![embedding, 2 * feed_forward]));
        } else {
            block.push(("ffn_gate.weight", vec![embedding, feed_forward]));
            block.push(("ffn_up.weight", vec![embedding, feed_forward]));
        }
        if self.has_biases {
            block.push(("attn_q.bias", vec![queries]));
            block.push(("attn_k.bias", vec![keys]));
            block.push(("attn_v.bias", vec![keys]));
        }
        if self.architecture.head_norms {
            block.push(("attn_q_norm.weight", vec![head_dim]));
            block.push(("attn_k_norm.weight", vec![head_dim]));
        }
        if self.architecture.post_norms {
            block.push(("post_attention_norm.weight", vec![embedding]));
            block.push(("post_ffw_norm.weight", vec![embedding]));
        }
        for index in 0..self.blocks {
            all.extend(block.iter().map(|(name, dims)| (format!("blk.{index}.{name}"), dims.clone())));
        }
        all
    }
}

/// What the metadata say of rotary positions, as llama.cpp reads them (`llama-model.cpp`).
fn rope(read: &Reader<'_>, head_dim: usize, trained: usize) -> Result<RopeConfig, Refusal> {
    let most = u32::try_from(head_dim).unwrap_or(u32::MAX);
    let dims = read.within_or("rope.dimension_count", 2, most, head_dim)?;
    if dims % 2 != 0 {
        return Err(unusable!("its {} is {dims}; expected an even number", read.key("rope.dimension_count")));
    }
    let factor = match read.float("rope.scaling.factor", 0.0, 1e6)? {
        Some(factor) => Some(factor),
        None => read.float("rope.scale_linear", 0.0, 1e6)?,
    };
    let factor = factor.filter(|factor| *factor > 0.0).unwrap_or(1.0);
    let scaling = match read.header.text(&read.key("rope.scaling.type")).unwrap_or("linear") {
        "none" => Scaling::None,
        // The divisors of "longrope" are tensors.
        "linear" | "longrope" | "su" => Scaling::Linear { factor },
        "yarn" => Scaling::Yarn {
            factor,
            beta_fast: read.float("rope.scaling.yarn_beta_fast", 0.0, 1e6)?,
            beta_slow: read.float("rope.scaling.yarn_beta_slow", 0.0, 1e6)?,
        },
        other => {
            return Err(unusable!("its {} is {other:?}; expected none, linear, yarn or longrope", read.key("rope.scaling.type")));
        }
    };
    Ok(RopeConfig {
        dims,
        base: read.float("rope.freq_base", 1.0, 1e12)?.unwrap_or(10_000.0),
        scaling,
        magnitude: read.float("rope.scaling.attn_factor", 0.0, 1e3)?.filter(|factor| *factor > 0.0).unwrap_or(1.0),
        original_context: u32::try_from(read.within_or("rope.scaling.original_context_length", 1, u32::MAX, trained)?).unwrap_or(u32::MAX),
    })
}

/// Settings that the forward pass does not know and that would change the result.
fn check_left_out(read: &Reader<'_>) -> Result<(), Refusal> {
    if read.header.unsigned(&read.key("expert_count")).unwrap_or(0) > 0 {
        return Err(unusable!("it is a mixture of experts, which this version of Gait does not run"));
    }
    for suffix in ["attn_logit_softcapping", "rope.scaling.alpha", "rope.scaling.yarn_log_multiplier", "attention.scale", "logit_scale"] {
        if read.header.float(&read.key(suffix)).is_some_and(|found| found != 0.0) {
            return Err(unusable!("it sets {}, which this version of Gait does not compute for {}", read.key(suffix), read.name));
        }
    }
    // A list of blocks instead of a period; the header keeps no such lists.
    for suffix in ["attention.sliding_window_pattern", "attention.head_count", "attention.head_count_kv", "feed_forward_length"] {
        if matches!(read.header.metadata.get(&read.key(suffix)), Some(Value::Skipped)) {
            return Err(unusable!("its {} differs from block to block, which this version of Gait does not run", read.key(suffix)));
        }
    }
    if read.has("rope.dimension_sections") {
        return Err(unusable!("it turns the parts of a head by several positions (pictures), which this version of Gait does not compute"));
    }
    if read.header.bool(&read.key("attention.causal")) == Some(false) {
        return Err(unusable!("it reads texts in both directions, so it embeds them and does not write"));
    }
    Ok(())
}
