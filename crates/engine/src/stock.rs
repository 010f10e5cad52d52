//! Architectures that Gait does not compute itself, through the quantised models of candle-transformers.
//!
//! Invariant: a model is accepted only if candle computes it as its makers meant it. Every tensor that the forward
//! pass needs is there in the right shape, and there is no tensor and no setting that it would silently leave out.
//!
//! One sequence at a time. What the models of 0.11.1 leave out or get wrong, hence the checks: phi2 fixes the RoPE base and
//! the length of its tables, and has as many key heads as heads; lfm2 forgets what its convolutions have seen when a
//! prompt comes in pieces, so it is fed whole. Both keep one causal mask per prompt length for ever: see
//! [`Stock::is_worn`]. Not here: qwen3moe, whose experts candle computes on CUDA only, and what it reads from files
//! that llama.cpp does not write (mpt, stable_lm, rwkv, t5, …).

use crate::error::{Refusal, unusable};
use crate::load::file::Shards;
use crate::load::gguf::{Header, TensorEntry, Value as Metadata};
use candle_core::quantized::gguf_file::{Content, TensorInfo, Value, VersionedMagic};
use candle_core::{DType, Device, Shape, Tensor};
use candle_transformers::models::{quantized_lfm2, quantized_phi};
use flow::model::Cancel;
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// Longest prompt plus output, tokens. phi2's tables end at twice this; attention takes memory by its square.
const CONTEXT_LIMIT: u32 = 2048;
/// Masks that may pile up in a model before it is loaded anew, bytes.
const MASK_LIMIT: usize = 256 << 20;
/// Prompt tokens for one pass where a prompt may come in pieces.
const PIECE: usize = 256;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Architecture {
    Phi2,
    Lfm2,
}

/// Names of what candle computes.
pub(crate) const NAMES: [&str; 2] = ["phi2", "lfm2"];

/// The numbers that shape a model.
#[derive(Debug, Clone)]
pub(crate) struct Shapes {
    architecture: Architecture,
    blocks: u32,
    heads: u32,
    embedding: u32,
    feed_forward: u32,
    /// Numbers of a head that are rotated.
    rotated: u32,
    /// Rows of the embedding: at least the tokens of the vocabulary.
    pub(crate) vocabulary: u32,
    /// Longest prompt plus output that this engine runs, tokens.
    pub(crate) context: u32,
    eps: f64,
    rope_base: f64,
    /// lfm2: key heads of each block, 0 for a convolution, and how far a convolution looks back.
    kv_heads: Vec<u32>,
    looks_back: u32,
}

impl Shapes {
    /// Reads the numbers and checks them and every tensor against what candle will compute. `None`: candle has no such
    /// architecture.
    ///
    /// # Errors
    /// [`Refusal::Unusable`] with the number or tensor that does not fit.
    pub(crate) fn of(header: &Header, name: &str) -> Option<Result<Self, Refusal>> {
        let architecture = match name {
            "phi2" => Architecture::Phi2,
            "lfm2" => Architecture::Lfm2,
            _ => return None,
        };
        Some(Self::read(header, name, architecture))
    }

    fn read(header: &Header, name: &str, architecture: Architecture) -> Result<Self, Refusal> {
        let key = |suffix: &str| format!("{name}.{suffix}");
        let within = |suffix: &str, from: u32, to: u32| {
            let found =
                header.unsigned(&key(suffix)).ok_or_else(|| unusable!("its metadata lack {}, or it is not a number", key(suffix)))?;
            if (from..=to).contains(&found) { Ok(found) } else { Err(unusable!("its {} is {found}; expected {from} to {to}", key(suffix))) }
        };
        let blocks = within("block_count", 1, 512)?;
        let heads = within("attention.head_count", 1, 1024)?;
        let embedding = within("embedding_length", 1, 1 << 17)?;
        let trained = within("context_length", 1, u32::MAX)?;
        if embedding % heads != 0 || (embedding / heads) % 2 != 0 {
            return Err(unusable!("its {embedding} numbers and {heads} heads do not divide evenly"));
        }
        let head_dim = embedding / heads;
        let (eps, rope_base, rotated) = match architecture {
            Architecture::Phi2 => {
                if within("attention.head_count_kv", 1, heads)? != heads {
                    return Err(unusable!("its heads share keys, which this version of Gait does not compute for phi2"));
                }
                ("attention.layer_norm_epsilon", 10_000.0, within("rope.dimension_count", 2, head_dim)?)
            }
            Architecture::Lfm2 => ("attention.layer_norm_rms_epsilon", header.float(&key("rope.freq_base")).unwrap_or(1e6), head_dim),
        };
        if rotated % 2 != 0 {
            return Err(unusable!("its {} is {rotated}; expected an even number", key("rope.dimension_count")));
        }
        let eps_key = key(eps);
        let eps = header.float(&eps_key).unwrap_or(f64::NAN);
        if !(eps > 0.0 && eps < 0.1) {
            return Err(unusable!("its {eps_key} is {eps}; expected a small positive number"));
        }
        if let Some(found) = header.float(&key("rope.freq_base")).filter(|found| (found - rope_base).abs() > 0.5) {
            return Err(unusable!("its {} is {found}; this version of Gait runs {name} with {rope_base}", key("rope.freq_base")));
        }
        if !(1.0..=1e12).contains(&rope_base) || header.metadata.contains_key(&key("rope.scaling.type")) {
            return Err(unusable!("it stretches its context, which this version of Gait does not compute for {name}"));
        }
        let found: BTreeMap<&str, &TensorEntry> = header.tensors.iter().map(|tensor| (tensor.name.as_str(), tensor)).collect();
        let dim = |name: &str, index: usize| {
            let tensor = found.get(name).ok_or_else(|| unusable!("it lacks the tensor {name}"))?;
            tensor.dims.get(index).and_then(|dim| u32::try_from(*dim).ok()).ok_or_else(|| unusable!("its tensor {name} has no such shape"))
        };
        let kv_heads = match architecture {
            Architecture::Phi2 => Vec::new(),
            // The list in the metadata says the same.
            Architecture::Lfm2 => {
                (0..blocks).map(|block| dim(&format!("blk.{block}.attn_k.weight"), 1).map_or(0, |rows| rows / head_dim)).collect()
            }
        };
        let listed = matches!(header.metadata.get(&key("attention.head_count_kv")), Some(Metadata::Skipped));
        if architecture == Architecture::Lfm2 && !listed {
            return Err(unusable!("its metadata lack the list {}", key("attention.head_count_kv")));
        }
        let shapes = Self {
            architecture,
            blocks,
            heads,
            embedding,
            feed_forward: dim("blk.0.ffn_up.weight", 1)?,
            rotated,
            vocabulary: dim("token_embd.weight", 1)?,
            context: trained.min(CONTEXT_LIMIT),
            eps,
            rope_base,
            kv_heads,
            looks_back: if architecture == Architecture::Lfm2 { within("shortconv.l_cache", 1, 64)? } else { 0 },
        };
        shapes.check_tensors(&found)?;
        Ok(shapes)
    }

    fn name(&self) -> &'static str {
        match self.architecture {
            Architecture::Phi2 => "phi2",
            Architecture::Lfm2 => "lfm2",
        }
    }

    /// Every tensor that candle reads is there in its shape, and none that it does not.
    fn check_tensors(&self, found: &BTreeMap<&str, &TensorEntry>) -> Result<(), Refusal> {
        let mut known = BTreeSet::new();
        for (name, dims) in self.expected() {
            match found.get(name.as_str()) {
                Some(tensor) if tensor.dims == dims => {
                    known.insert(name);
                }
                Some(tensor) => return Err(unusable!("its tensor {name} has the shape {:?}; expected {dims:?}", tensor.dims)),
                // Tied to the embedding.
                None if name == "output.weight" && self.architecture == Architecture::Lfm2 => {}
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
        let [embedding, inner, vocabulary] = [self.embedding, self.feed_forward, self.vocabulary].map(u64::from);
        let head_dim = u64::from(self.embedding / self.heads);
        let mut all = vec![("token_embd.weight".to_owned(), vec![embedding, vocabulary])];
        all.push(("output.weight".to_owned(), vec![embedding, vocabulary]));
        match self.architecture {
            Architecture::Phi2 => {
                all.push(("output.bias".to_owned(), vec![vocabulary]));
                all.push(("output_norm.weight".to_owned(), vec![embedding]));
                all.push(("output_norm.bias".to_owned(), vec![embedding]));
            }
            Architecture::Lfm2 => all.push(("token_embd_norm.weight".to_owned(), vec![embedding])),
        }
        for index in 0..self.blocks {
            let mut add = |name: &str, dims: Vec<u64>| all.push((format!("blk.{index}.{name}"), dims));
            match self.architecture {
                Architecture::Phi2 => {
                    add("attn_norm.weight", vec![embedding]);
                    add("attn_norm.bias", vec![embedding]);
                    for (name, from, to) in [
                        ("attn_qkv", embedding, 3 * embedding),
                        ("attn_output", embedding, embedding),
                        ("ffn_up", embedding, inner),
                        ("ffn_down", inner, embedding),
                    ] {
                        add(&format!("{name}.weight"), vec![from, to]);
                        add(&format!("{name}.bias"), vec![to]);
                    }
                }
                Architecture::Lfm2 => {
                    add("attn_norm.weight", vec![embedding]);
                    add("ffn_norm.weight", vec![embedding]);
                    add("ffn_gate.weight", vec![embedding, inner]);
                    add("ffn_up.weight", vec![embedding, inner]);
                    add("ffn_down.weight", vec![inner, embedding]);
                    match self.kv_heads.get(index as usize).copied().unwrap_or(0) {
                        0 => {
                            add("shortconv.in_proj.weight", vec![embedding, 3 * embedding]);
                            add("shortconv.out_proj.weight", vec![embedding, embedding]);
                            add("shortconv.conv.weight", vec![u64::from(self.looks_back), embedding]);
                        }
                        heads => {
                            let keys = u64::from(heads) * head_dim;
                            add("attn_q.weight", vec![embedding, embedding]);
                            add("attn_k.weight", vec![embedding, keys]);
                            add("attn_v.weight", vec![embedding, keys]);
                            add("attn_output.weight", vec![embedding, embedding]);
                            add("attn_q_norm.weight", vec![head_dim]);
                            add("attn_k_norm.weight", vec![head_dim]);
                        }
                    }
                }
            }
        }
        all
    }

    /// The metadata as candle's readers of this architecture ask for them.
    fn metadata(&self) -> HashMap<String, Value> {
        let name = self.name();
        let number = |suffix: &str, value: u32| (format!("{name}.{suffix}"), Value::U32(value));
        #[expect(clippy::cast_possible_truncation, reason = "candle asks for f32, which is what the file had")]
        let float = |suffix: &str, value: f64| (format!("{name}.{suffix}"), Value::F32(value as f32));
        let kv_heads = match self.architecture {
            Architecture::Phi2 => Value::U32(self.heads),
            Architecture::Lfm2 => Value::Array(self.kv_heads.iter().map(|heads| Value::U32(*heads)).collect()),
        };
        HashMap::from([
            ("general.architecture".to_owned(), Value::String(name.to_owned())),
            (format!("{name}.attention.head_count_kv"), kv_heads),
            number("block_count", self.blocks),
            number("attention.head_count", self.heads),
            number("embedding_length", self.embedding),
            number("rope.dimension_count", self.rotated),
            number("shortconv.l_cache", self.looks_back),
            // As long as we use it: the tables of rotations are built to this length.
            number("context_length", self.context),
            float("attention.layer_norm_epsilon", self.eps),
            float("attention.layer_norm_rms_epsilon", self.eps),
            float("rope.freq_base", self.rope_base),
        ])
    }
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
        Architecture::Phi2 => {
            quantized_phi::ModelWeights::from_gguf(content, &mut reader, &Device::Cpu).map(|model| Kind::Phi2(Box::new(model)))
        }
        Architecture::Lfm2 => {
            quantized_lfm2::ModelWeights::from_gguf(content, &mut reader, &Device::Cpu).map(|model| Kind::Lfm2(Box::new(model)))
        }
    };
    match kind {
        Ok(kind) => Ok(Stock { kind, masks: 0, lengths: BTreeSet::new() }),
        Err(_) if cancel.is_cancelled() => Err(Refusal::Cancelled),
        Err(e) => Err(Refusal::Engine(format!("the weights could not be loaded: {e}"))),
    }
}

/// Weights with the state of one sequence, which begins anew at position 0.
pub(crate) struct Stock {
    kind: Kind,
    /// Bytes of the masks that the model has kept.
    masks: usize,
    /// Shapes of masks seen.
    lengths: BTreeSet<(usize, usize)>,
}

enum Kind {
    Phi2(Box<quantized_phi::ModelWeights>),
    Lfm2(Box<quantized_lfm2::ModelWeights>),
}

impl Stock {
    /// Prompt tokens for one pass.
    pub(crate) fn piece(&self) -> usize {
        match self.kind {
            Kind::Phi2(_) => PIECE,
            Kind::Lfm2(_) => CONTEXT_LIMIT as usize,
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
        if length > 1 && self.lengths.insert((length, position + length)) {
            self.masks += length * (position + length);
        }
        let input = Tensor::new(tokens, &Device::Cpu)?.unsqueeze(0)?;
        let logits = match &mut self.kind {
            Kind::Phi2(model) => model.forward(&input, position)?,
            Kind::Lfm2(_) if position == 0 && length == 1 => {
                candle_core::bail!("a prompt of one token would see what the convolutions saw last")
            }
            Kind::Lfm2(model) => model.forward(&input, position)?,
        };
        logits.squeeze(0)?.to_dtype(DType::F32)?.to_vec1()
    }
}
