//! The quantised models of candle-transformers behind one type.
//!
//! Invariant: a model is accepted only if candle computes it as its makers meant it. Every tensor that the forward
//! pass needs is there in the right shape, and there is no tensor and no setting that it would silently leave out.
//!
//! What the stock models of 0.11.1 leave out or get wrong, hence the checks: llama, qwen2 and phi3 ignore RoPE scaling
//! (`rope_freqs.weight`, `rope.scaling.*`); llama ignores biases and takes at most 4096 tokens; phi3 fixes the RoPE
//! base; gemma3 gates with SiLU where Gemma uses GELU (refused); qwen3 rounds rotation angles to f16 unless
//! `general.dtype` says f32, so [`load`] says so. llama, qwen2 and phi3 keep one causal mask per prompt length for
//! ever: see [`Stock::is_worn`].

use crate::error::{Refusal, unusable};
use crate::load::file::Shards;
use crate::load::gguf::{Header, TensorEntry};
use candle_core::quantized::gguf_file::{Content, TensorInfo, Value, VersionedMagic};
use candle_core::{DType, Device, Shape, Tensor};
use candle_transformers::models::{quantized_llama, quantized_phi3, quantized_qwen2, quantized_qwen3};
use flow::model::Cancel;
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// Longest prompt plus output, tokens. llama's tables end here, and the stock attention keeps its cache in f32.
const CONTEXT_LIMIT: u32 = 4096;
/// Masks that may pile up in a model before it is loaded anew, bytes.
const MASK_LIMIT: usize = 256 << 20;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Architecture {
    Llama,
    Qwen2,
    Qwen3,
    Phi3,
}

impl Architecture {
    fn named(name: &str) -> Result<Self, Refusal> {
        match name {
            "llama" => Ok(Self::Llama),
            "qwen2" => Ok(Self::Qwen2),
            "qwen3" => Ok(Self::Qwen3),
            "phi3" => Ok(Self::Phi3),
            other => Err(unusable!("its architecture is {other:?}; this version of Gait runs llama, qwen2, qwen3 and phi3")),
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Llama => "llama",
            Self::Qwen2 => "qwen2",
            Self::Qwen3 => "qwen3",
            Self::Phi3 => "phi3",
        }
    }
}

/// The numbers that shape a model.
#[derive(Debug, Clone)]
pub(crate) struct Shapes {
    architecture: Architecture,
    blocks: u32,
    heads: u32,
    kv_heads: u32,
    head_dim: u32,
    embedding: u32,
    feed_forward: u32,
    /// Rows of the embedding: at least the tokens of the vocabulary.
    pub(crate) vocabulary: u32,
    /// Longest prompt plus output that this engine runs, tokens.
    pub(crate) context: u32,
    eps: f64,
    rope_base: f64,
}

impl Shapes {
    /// Reads the numbers and checks them and every tensor against what candle will compute.
    ///
    /// # Errors
    /// [`Refusal::Unusable`] with the number or tensor that does not fit.
    pub(crate) fn of(header: &Header) -> Result<Self, Refusal> {
        let name = header
            .text("general.architecture")
            .ok_or_else(|| unusable!("it does not name its architecture; expected general.architecture"))?;
        if let Some(kind) = header.text("general.type").filter(|kind| *kind != "model") {
            return Err(unusable!("it is a GGUF file of the type {kind:?}; expected a whole model"));
        }
        let architecture = Architecture::named(name)?;
        let key = |suffix: &str| format!("{}.{suffix}", architecture.name());
        let within = |suffix: &str, from: u32, to: u32| {
            let found =
                header.unsigned(&key(suffix)).ok_or_else(|| unusable!("its metadata lack {}, or it is not a number", key(suffix)))?;
            if (from..=to).contains(&found) { Ok(found) } else { Err(unusable!("its {} is {found}; expected {from} to {to}", key(suffix))) }
        };
        let blocks = within("block_count", 1, 512)?;
        let heads = within("attention.head_count", 1, 1024)?;
        let kv_heads = match header.metadata.get(&key("attention.head_count_kv")) {
            None => heads,
            Some(_) => within("attention.head_count_kv", 1, heads)?,
        };
        let embedding = within("embedding_length", 1, 1 << 17)?;
        let feed_forward = within("feed_forward_length", 1, 1 << 20)?;
        let trained = within("context_length", 1, u32::MAX)?;
        if heads % kv_heads != 0 || embedding % heads != 0 {
            return Err(unusable!("its {embedding} numbers, {heads} heads and {kv_heads} key heads do not divide evenly"));
        }
        let head_dim = match architecture {
            Architecture::Qwen3 => within("attention.key_length", 2, 1024)?,
            Architecture::Llama | Architecture::Qwen2 | Architecture::Phi3 => embedding / heads,
        };
        if head_dim % 2 != 0 {
            return Err(unusable!("its heads have {head_dim} numbers; expected an even number"));
        }
        for suffix in ["attention.key_length", "attention.value_length", "rope.dimension_count"] {
            if let Some(found) = header.unsigned(&key(suffix)).filter(|found| *found != head_dim) {
                return Err(unusable!(
                    "its {} is {found} where its heads have {head_dim}; this version of Gait runs only equal ones",
                    key(suffix)
                ));
            }
        }
        let eps = header.float(&key("attention.layer_norm_rms_epsilon")).unwrap_or(f64::NAN);
        if !(eps > 0.0 && eps < 0.1) {
            return Err(unusable!("its {} is {eps}; expected a small positive number", key("attention.layer_norm_rms_epsilon")));
        }
        let rope_base = header.float(&key("rope.freq_base")).unwrap_or(10_000.0);
        if !(1.0..=1e12).contains(&rope_base) {
            return Err(unusable!("its {} is {rope_base}; expected 1 or more", key("rope.freq_base")));
        }
        check_left_out(header, architecture, rope_base)?;
        let window = header.unsigned(&key("attention.sliding_window")).filter(|window| *window > 0).unwrap_or(u32::MAX);
        let vocabulary = header
            .tensors
            .iter()
            .find(|tensor| tensor.name == "token_embd.weight")
            .and_then(|tensor| tensor.dims.get(1))
            .and_then(|rows| u32::try_from(*rows).ok())
            .ok_or_else(|| unusable!("it lacks the tensor token_embd.weight"))?;
        let context = trained.min(window).min(CONTEXT_LIMIT);
        let shapes = Self { architecture, blocks, heads, kv_heads, head_dim, embedding, feed_forward, vocabulary, context, eps, rope_base };
        shapes.check_tensors(&header.tensors)?;
        Ok(shapes)
    }

    /// Every tensor that candle reads is there in its shape, and none that it does not.
    fn check_tensors(&self, tensors: &[TensorEntry]) -> Result<(), Refusal> {
        let found: BTreeMap<&str, &TensorEntry> = tensors.iter().map(|tensor| (tensor.name.as_str(), tensor)).collect();
        let mut known = BTreeSet::new();
        for (name, dims) in self.expected() {
            match found.get(name.as_str()) {
                Some(tensor) if tensor.dims == dims => {
                    known.insert(name);
                }
                Some(tensor) => return Err(unusable!("its tensor {name} has the shape {:?}; expected {dims:?}", tensor.dims)),
                // Tied to the embedding.
                None if name == "output.weight" && self.architecture != Architecture::Phi3 => {}
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
            [self.embedding, self.feed_forward, self.vocabulary, self.head_dim].map(u64::from);
        let queries = u64::from(self.heads) * head_dim;
        let keys = u64::from(self.kv_heads) * head_dim;
        let mut all = vec![
            ("token_embd.weight".to_owned(), vec![embedding, vocabulary]),
            ("output_norm.weight".to_owned(), vec![embedding]),
            ("output.weight".to_owned(), vec![embedding, vocabulary]),
        ];
        let mut block = vec![
            ("attn_norm.weight", vec![embedding]),
            ("attn_output.weight", vec![queries, embedding]),
            ("ffn_norm.weight", vec![embedding]),
            ("ffn_down.weight", vec![feed_forward, embedding]),
        ];
        if self.architecture == Architecture::Phi3 {
            block.push(("attn_qkv.weight", vec![embedding, queries + 2 * keys]));
            block.push(("ffn_up.weight", vec![embedding, 2 * feed_forward]));
        } else {
            block.push(("attn_q.weight", vec![embedding, queries]));
            block.push(("attn_k.weight", vec![embedding, keys]));
            block.push(("attn_v.weight", vec![embedding, keys]));
            block.push(("ffn_gate.weight", vec![embedding, feed_forward]));
            block.push(("ffn_up.weight", vec![embedding, feed_forward]));
        }
        match self.architecture {
            Architecture::Qwen2 => {
                block.push(("attn_q.bias", vec![queries]));
                block.push(("attn_k.bias", vec![keys]));
                block.push(("attn_v.bias", vec![keys]));
            }
            Architecture::Qwen3 => {
                block.push(("attn_q_norm.weight", vec![head_dim]));
                block.push(("attn_k_norm.weight", vec![head_dim]));
            }
            Architecture::Llama | Architecture::Phi3 => {}
        }
        for index in 0..self.blocks {
            all.extend(block.iter().map(|(name, dims)| (format!("blk.{index}.{name}"), dims.clone())));
        }
        all
    }

    /// The metadata as candle's readers of this architecture ask for them.
    fn metadata(&self) -> HashMap<String, Value> {
        let name = self.architecture.name();
        let number = |suffix: &str, value: u32| (format!("{name}.{suffix}"), Value::U32(value));
        #[expect(clippy::cast_possible_truncation, reason = "candle asks for f32, which is what the file had")]
        let float = |suffix: &str, value: f64| (format!("{name}.{suffix}"), Value::F32(value as f32));
        HashMap::from([
            ("general.architecture".to_owned(), Value::String(name.to_owned())),
            // f32: see the module's text on qwen3.
            ("general.dtype".to_owned(), Value::U32(0)),
            number("block_count", self.blocks),
            number("attention.head_count", self.heads),
            number("attention.head_count_kv", self.kv_heads),
            number("attention.key_length", self.head_dim),
            number("embedding_length", self.embedding),
            number("feed_forward_length", self.feed_forward),
            number("rope.dimension_count", self.head_dim),
            // As long as we use it: the tables of rotations are built to this length.
            number("context_length", self.context),
            float("attention.layer_norm_rms_epsilon", self.eps),
            float("rope.freq_base", self.rope_base),
        ])
    }
}

/// Settings that candle's models do not read and that would change the result.
fn check_left_out(header: &Header, architecture: Architecture, rope_base: f64) -> Result<(), Refusal> {
    let key = |suffix: &str| format!("{}.{suffix}", architecture.name());
    let scaled = header.text(&key("rope.scaling.type")).filter(|kind| *kind != "none");
    let factor = header.float(&key("rope.scaling.factor")).unwrap_or(1.0);
    if let Some(kind) = scaled
        && (factor - 1.0).abs() > f64::EPSILON
    {
        return Err(unusable!(
            "it stretches its context with RoPE scaling ({kind}, factor {factor}), which this version of Gait does not compute"
        ));
    }
    if header.unsigned(&key("expert_count")).unwrap_or(0) > 0 {
        return Err(unusable!("it is a mixture of experts, which this version of Gait does not run"));
    }
    if architecture == Architecture::Phi3 && (rope_base - 10_000.0).abs() > 0.5 {
        return Err(unusable!("its phi3.rope.freq_base is {rope_base}; this version of Gait runs phi3 models with 10000"));
    }
    Ok(())
}

/// Loads the weights through candle from an already checked file.
///
/// # Errors
/// [`Refusal::Cancelled`]; [`Refusal::Engine`] when candle cannot build the model.
pub(crate) fn load(header: &Header, shapes: &Shapes, files: &Shards, cancel: &Cancel) -> Result<Stock, Refusal> {
    let mut tensor_infos = HashMap::new();
    for tensor in &header.tensors {
        let dims: Result<Vec<usize>, _> = tensor.dims.iter().rev().map(|dim| usize::try_from(*dim)).collect();
        let dims = dims.map_err(|e| unusable!("its tensor {} is too large for this machine: {e}", tensor.name))?;
        let ggml_dtype = tensor.quantisation.candle().ok_or_else(|| unusable!("its tensor {} has an unknown type", tensor.name))?;
        // From the first byte of all shards in a row, which is how candle is given them.
        let offset = header.offset_in_row(tensor);
        tensor_infos.insert(tensor.name.clone(), TensorInfo { ggml_dtype, shape: Shape::from(dims), offset });
    }
    let content = Content { magic: VersionedMagic::GgufV3, metadata: shapes.metadata(), tensor_infos, tensor_data_offset: 0 };
    let mut reader = files.reader(cancel);
    let kind = match shapes.architecture {
        Architecture::Llama => quantized_llama::ModelWeights::from_gguf(content, &mut reader, &Device::Cpu).map(Kind::Llama),
        Architecture::Qwen2 => quantized_qwen2::ModelWeights::from_gguf(content, &mut reader, &Device::Cpu).map(Kind::Qwen2),
        Architecture::Qwen3 => quantized_qwen3::ModelWeights::from_gguf(content, &mut reader, &Device::Cpu).map(Kind::Qwen3),
        Architecture::Phi3 => quantized_phi3::ModelWeights::from_gguf(false, content, &mut reader, &Device::Cpu).map(Kind::Phi3),
    };
    match kind {
        Ok(kind) => Ok(Stock { kind, masks: 0, lengths: BTreeSet::new() }),
        Err(_) if cancel.is_cancelled() => Err(Refusal::Cancelled),
        Err(e) => Err(Refusal::Engine(format!("the weights could not be loaded: {e}"))),
    }
}

/// Weights with the state of one sequence.
pub(crate) struct Stock {
    kind: Kind,
    /// Bytes of the masks that the model has kept.
    masks: usize,
    /// Shapes of masks seen.
    lengths: BTreeSet<(usize, usize)>,
}

enum Kind {
    Llama(quantized_llama::ModelWeights),
    Qwen2(quantized_qwen2::ModelWeights),
    Qwen3(quantized_qwen3::ModelWeights),
    Phi3(quantized_phi3::ModelWeights),
}

impl Stock {
    /// The same weights with an empty state, sharing their memory; `None` where candle cannot (qwen2 has no `Clone`,
    /// qwen3 would copy its buffers for 4096 tokens).
    pub(crate) fn fork(&self) -> Option<Self> {
        let kind = match &self.kind {
            Kind::Llama(model) => Kind::Llama(model.clone()),
            Kind::Phi3(model) => Kind::Phi3(model.clone()),
            Kind::Qwen2(_) | Kind::Qwen3(_) => return None,
        };
        Some(Self { kind, masks: 0, lengths: BTreeSet::new() })
    }

    /// Forgets the sequence.
    pub(crate) fn clear(&mut self) {
        match &mut self.kind {
            Kind::Llama(model) => model.clear_kv_cache(),
            Kind::Qwen2(model) => model.clear_kv_cache(),
            Kind::Qwen3(model) => model.clear_kv_cache(),
            // Clears itself at position 0.
            Kind::Phi3(_) => {}
        }
    }

    /// Whether the masks that candle never frees have grown so large that the model should be loaded anew.
    pub(crate) fn is_worn(&self) -> bool {
        self.masks > MASK_LIMIT
    }

    /// Feeds tokens at a position; gives the logits after the last of them, one for each row of the embedding.
    ///
    /// # Errors
    /// What candle says.
    pub(crate) fn forward(&mut self, tokens: &[u32], position: usize) -> candle_core::Result<Vec<f32>> {
        let length = tokens.len();
        let keeps_masks = match &self.kind {
            Kind::Llama(_) | Kind::Qwen2(_) | Kind::Phi3(_) => true,
            Kind::Qwen3(_) => false,
        };
        if length > 1 && keeps_masks && self.lengths.insert((length, position + length)) {
            self.masks += length * (position + length);
        }
        let input = Tensor::new(tokens, &Device::Cpu)?.unsqueeze(0)?;
        let logits = match &mut self.kind {
            Kind::Llama(model) => model.forward(&input, position)?,
            Kind::Qwen2(model) => model.forward(&input, position)?,
            Kind::Qwen3(model) => model.forward(&input, position)?,
            Kind::Phi3(model) => model.forward(&input, position)?,
        };
        logits.squeeze(0)?.to_dtype(DType::F32)?.to_vec1()
    }
}
