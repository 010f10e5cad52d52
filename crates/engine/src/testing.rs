//! Small models with random weights, for tests.
//!
//! Invariant: the same architecture and seed give the same bytes.

use crate::Settings;
use crate::tokenizer::byte_character;
use candle_core::quantized::gguf_file::{self, Value};
use candle_core::quantized::{GgmlDType, QTensor};
use candle_core::{Device, Tensor};
use flow::model::{GenerateRequest, Message, ModelFile, Role, Sampling, Urgency};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{RngCore, SeedableRng};
use std::fs::File;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};

pub(crate) const CHATML: &str = "{% for message in messages %}{{ '<|im_start|>' + message['role'] + '\n' + message['content'] + '<|im_end|>' + '\n' }}{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}";

const EMBEDDING: usize = 64;
const HEADS: usize = 4;
const KEY_HEADS: usize = 2;
const HEAD: usize = 16;
const FEED_FORWARD: usize = 96;
/// Architectures of the small models: all that Gait computes itself, and those that candle does.
pub(crate) const OWN: [&str; 7] = ["llama", "qwen2", "qwen3", "gemma3", "phi3", "smollm3", "glm4"];
pub(crate) const STOCK: [&str; 2] = ["phi2", "lfm2"];
/// The longest sequence of the small models, tokens.
pub(crate) const CONTEXT: u32 = 1200;

/// smollm3 leaves each fourth block unrotated.
fn blocks(architecture: &str) -> usize {
    if architecture == "smollm3" { 4 } else { 2 }
}

/// 256 bytes, a few joined pairs, and three control tokens.
pub(crate) fn pieces() -> (Vec<String>, Vec<String>) {
    let mut tokens: Vec<String> = (0..=255u8).map(|byte| byte_character(byte).to_string()).collect();
    let merges = ["t h", "th e", "Ġ the", "i n", "a n", "< |", "| >"];
    tokens.extend(merges.iter().map(|merge| merge.replace(' ', "")));
    tokens.extend(["<|endoftext|>", "<|im_start|>", "<|im_end|>"].map(str::to_owned));
    (tokens, merges.map(str::to_owned).to_vec())
}

/// Metadata of a small model of an architecture.
pub(crate) fn metadata(architecture: &str) -> Vec<(String, Value)> {
    let (tokens, merges) = pieces();
    let count = u32::try_from(tokens.len()).unwrap();
    let kinds = (0..count).map(|id| Value::I32(if id + 3 >= count { 3 } else { 1 })).collect();
    let number = |value: usize| Value::U32(u32::try_from(value).unwrap());
    let texts = |texts: Vec<String>| Value::Array(texts.into_iter().map(Value::String).collect());
    let own = |suffix: &str| format!("{architecture}.{suffix}");
    vec![
        ("general.architecture".to_owned(), Value::String(architecture.to_owned())),
        ("general.name".to_owned(), Value::String("Small".to_owned())),
        ("general.license".to_owned(), Value::String("apache-2.0".to_owned())),
        (own("block_count"), number(blocks(architecture))),
        (own("context_length"), Value::U32(CONTEXT)),
        (own("embedding_length"), number(EMBEDDING)),
        (own("feed_forward_length"), number(FEED_FORWARD)),
        (own("attention.head_count"), number(HEADS)),
        (
            own("attention.head_count_kv"),
            match architecture {
                "phi2" => number(HEADS),
                // A convolution, then attention.
                "lfm2" => Value::Array(vec![Value::I32(0), Value::I32(KEY_HEADS as i32)]),
                _ => number(KEY_HEADS),
            },
        ),
        (own("shortconv.l_cache"), Value::U32(3)),
        (own("attention.key_length"), number(HEAD)),
        (own("attention.layer_norm_rms_epsilon"), Value::F32(1e-5)),
        (own("attention.layer_norm_epsilon"), Value::F32(1e-5)),
        (own("rope.freq_base"), Value::F32(10_000.0)),
        (own("rope.dimension_count"), number(if architecture == "glm4" { HEAD / 2 } else { HEAD })),
        ("tokenizer.ggml.model".to_owned(), Value::String("gpt2".to_owned())),
        ("tokenizer.ggml.pre".to_owned(), Value::String("qwen2".to_owned())),
        ("tokenizer.ggml.tokens".to_owned(), texts(tokens)),
        ("tokenizer.ggml.token_type".to_owned(), Value::Array(kinds)),
        ("tokenizer.ggml.merges".to_owned(), texts(merges)),
        ("tokenizer.ggml.bos_token_id".to_owned(), Value::U32(count - 3)),
        ("tokenizer.ggml.eos_token_id".to_owned(), Value::U32(count - 1)),
        ("tokenizer.chat_template".to_owned(), Value::String(CHATML.to_owned())),
    ]
}

/// Names and shapes (rows, columns) of the tensors; one dimension for vectors.
fn shapes(architecture: &str) -> Vec<(String, Vec<usize>)> {
    let rows = pieces().0.len();
    let keys = KEY_HEADS * HEAD;
    let norm = if architecture == "lfm2" { "token_embd_norm.weight" } else { "output_norm.weight" };
    let mut all = vec![
        ("token_embd.weight".to_owned(), vec![rows, EMBEDDING]),
        (norm.to_owned(), vec![EMBEDDING]),
        ("output.weight".to_owned(), vec![rows, EMBEDDING]),
    ];
    if architecture == "phi2" {
        all.push(("output.bias".to_owned(), vec![rows]));
        all.push(("output_norm.bias".to_owned(), vec![EMBEDDING]));
    }
    for block in 0..blocks(architecture) {
        let mut add = |name: &str, shape: Vec<usize>| all.push((format!("blk.{block}.{name}"), shape));
        if architecture == "phi2" {
            for (name, rows, cols) in [
                ("attn_qkv", 3 * EMBEDDING, EMBEDDING),
                ("attn_output", EMBEDDING, EMBEDDING),
                ("ffn_up", FEED_FORWARD, EMBEDDING),
                ("ffn_down", EMBEDDING, FEED_FORWARD),
            ] {
                add(&format!("{name}.weight"), vec![rows, cols]);
                add(&format!("{name}.bias"), vec![rows]);
            }
            add("attn_norm.weight", vec![EMBEDDING]);
            add("attn_norm.bias", vec![EMBEDDING]);
            continue;
        }
        add("attn_norm.weight", vec![EMBEDDING]);
        add("ffn_norm.weight", vec![EMBEDDING]);
        if architecture == "lfm2" && block == 0 {
            add("ffn_gate.weight", vec![FEED_FORWARD, EMBEDDING]);
            add("ffn_up.weight", vec![FEED_FORWARD, EMBEDDING]);
            add("ffn_down.weight", vec![EMBEDDING, FEED_FORWARD]);
            add("shortconv.in_proj.weight", vec![3 * EMBEDDING, EMBEDDING]);
            add("shortconv.out_proj.weight", vec![EMBEDDING, EMBEDDING]);
            add("shortconv.conv.weight", vec![EMBEDDING, 3]);
            continue;
        }
        add("attn_output.weight", vec![EMBEDDING, EMBEDDING]);
        add("ffn_down.weight", vec![EMBEDDING, FEED_FORWARD]);
        if architecture == "phi3" {
            add("attn_qkv.weight", vec![EMBEDDING + 2 * keys, EMBEDDING]);
        } else {
            add("attn_q.weight", vec![EMBEDDING, EMBEDDING]);
            add("attn_k.weight", vec![keys, EMBEDDING]);
            add("attn_v.weight", vec![keys, EMBEDDING]);
        }
        if matches!(architecture, "phi3" | "glm4") {
            add("ffn_up.weight", vec![2 * FEED_FORWARD, EMBEDDING]);
        } else {
            add("ffn_gate.weight", vec![FEED_FORWARD, EMBEDDING]);
            add("ffn_up.weight", vec![FEED_FORWARD, EMBEDDING]);
        }
        if matches!(architecture, "qwen2" | "glm4") {
            add("attn_q.bias", vec![EMBEDDING]);
            add("attn_k.bias", vec![keys]);
            add("attn_v.bias", vec![keys]);
        }
        if matches!(architecture, "qwen3" | "gemma3" | "lfm2") {
            add("attn_q_norm.weight", vec![HEAD]);
            add("attn_k_norm.weight", vec![HEAD]);
        }
        if matches!(architecture, "gemma3" | "glm4") {
            add("post_attention_norm.weight", vec![EMBEDDING]);
            add("post_ffw_norm.weight", vec![EMBEDDING]);
        }
    }
    all
}

/// Writes a small model. `change` may alter values (name, index, value) of the weights.
pub(crate) fn write_with(
    path: &Path,
    architecture: &str,
    seed: u64,
    metadata: &[(String, Value)],
    change: impl Fn(&str, usize, f32) -> f32,
) -> ModelFile {
    write_tensors(path, architecture, seed, metadata, &[], change)
}

/// As [`write_with`], with further vectors.
pub(crate) fn write_tensors(
    path: &Path,
    architecture: &str,
    seed: u64,
    metadata: &[(String, Value)],
    further: &[(&str, Vec<f32>)],
    change: impl Fn(&str, usize, f32) -> f32,
) -> ModelFile {
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let mut tensors: Vec<(String, QTensor)> = shapes(architecture)
        .into_iter()
        .map(|(name, shape)| {
            let count: usize = shape.iter().product();
            let vector = shape.len() == 1 || name.ends_with("conv.weight");
            let values: Vec<f32> = (0..count)
                .map(|index| {
                    // Roughly normal, deviation 1: the sum of 12 uniform numbers.
                    let draw: f32 = (0..12).map(|_| (random.next_u32() >> 8) as f32 / 16_777_216.0).sum::<f32>() - 6.0;
                    let value = match name.as_str() {
                        _ if name.ends_with("norm.weight") => 1.0 + 0.1 * draw,
                        "output.weight" => 0.6 * draw,
                        _ => 0.2 * draw,
                    };
                    change(&name, index, value)
                })
                .collect();
            let tensor = Tensor::from_vec(values, shape, &Device::Cpu).unwrap();
            let kind = if vector { GgmlDType::F32 } else { GgmlDType::Q8_0 };
            (name, QTensor::quantize(&tensor, kind).unwrap())
        })
        .collect();
    for (name, values) in further {
        let tensor = Tensor::new(values.as_slice(), &Device::Cpu).unwrap();
        tensors.push(((*name).to_owned(), QTensor::quantize(&tensor, GgmlDType::F32).unwrap()));
    }
    let metadata: Vec<(&str, &Value)> = metadata.iter().map(|(key, value)| (key.as_str(), value)).collect();
    let tensors: Vec<(&str, &QTensor)> = tensors.iter().map(|(name, tensor)| (name.as_str(), tensor)).collect();
    gguf_file::write(&mut File::create(path).unwrap(), &metadata, &tensors).unwrap();
    pinned(path)
}

/// Writes a small model with random weights.
pub(crate) fn write(folder: &Path, architecture: &str, seed: u64) -> ModelFile {
    let path = folder.join(format!("{architecture}-{seed}.gguf"));
    // Random weights end an answer at any time: without weight of their own the control tokens rarely come.
    let control = (pieces().0.len() - 3) * EMBEDDING;
    write_with(
        &path,
        architecture,
        seed,
        &metadata(architecture),
        |name, index, value| {
            if name == "output.weight" && index >= control { 0.0 } else { value }
        },
    )
}

/// Settings of a test's engine: two threads, so that there is a parallel path.
pub(crate) fn settings() -> Settings {
    Settings { threads: NonZeroUsize::new(2).unwrap(), ..Settings::default() }
}

/// The file as it is now.
pub(crate) fn pinned(path: &Path) -> ModelFile {
    let sha256 = crate::load::file::hash(&mut File::open(path).unwrap(), &flow::model::Cancel::default()).unwrap();
    ModelFile { path: PathBuf::from(path), sha256 }
}

pub(crate) fn user(text: &str) -> Vec<Message> {
    vec![Message { role: Role::User, content: text.to_owned() }]
}

/// A request with a drawn output of at most `max_tokens`.
pub(crate) fn request(model: &ModelFile, text: &str, max_tokens: u32, urgency: Urgency) -> GenerateRequest {
    GenerateRequest {
        model: model.clone(),
        messages: user(text),
        sampling: Sampling { temperature: 0.8, top_k: 40, max_tokens, ..Sampling::default() },
        seed: 7,
        urgency,
        constraint: None,
        forced: Vec::new(),
    }
}
