//! Models of realistic shape with random weights: what they cost to run is that of real ones, what they say is noise.
//!
//! Invariant: the same name gives the same file; its logits are finite and its greedy texts do not run in circles; it
//! never ends a text by itself.
//!
//! Shapes: the `config.json` of Qwen3-0.6B, Qwen2-0.5B and Qwen2.5-1.5B. Which tensors get which type:
//! `llama_tensor_get_type` in llama.cpp's `llama-quant.cpp`.

pub mod blocks;
pub mod gguf;
pub mod vocabulary;

use crate::random::Random;
use anyhow::{Context, Result, bail};
use blocks::Kind;
use gguf::{Tensor, Value};
use std::io::Write;
use std::path::{Path, PathBuf};
use vocabulary::{TEMPLATE, Vocabulary};

/// The numbers that shape a model.
#[derive(Debug, Clone, Copy)]
pub struct Shape {
    name: &'static str,
    architecture: &'static str,
    pub blocks: usize,
    embedding: usize,
    heads: usize,
    pub kv_heads: usize,
    pub head: usize,
    feed_forward: usize,
    vocabulary: usize,
}

const SHAPES: [Shape; 3] = [
    Shape {
        name: "qwen3-0.6b",
        architecture: "qwen3",
        blocks: 28,
        embedding: 1024,
        heads: 16,
        kv_heads: 8,
        head: 128,
        feed_forward: 3072,
        vocabulary: 151_936,
    },
    Shape {
        name: "qwen2-0.5b",
        architecture: "qwen2",
        blocks: 24,
        embedding: 896,
        heads: 14,
        kv_heads: 2,
        head: 64,
        feed_forward: 4864,
        vocabulary: 151_936,
    },
    Shape {
        name: "qwen2.5-1.5b",
        architecture: "qwen2",
        blocks: 28,
        embedding: 1536,
        heads: 12,
        kv_heads: 2,
        head: 128,
        feed_forward: 8960,
        vocabulary: 151_936,
    },
];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mix {
    Q4KM,
    Q8_0,
}

const MIXES: [(&str, Mix); 2] = [("q4_k_m", Mix::Q4KM), ("q8_0", Mix::Q8_0)];

/// A model that can be made.
#[derive(Debug, Clone, Copy)]
pub struct Recipe {
    pub shape: Shape,
    mix: Mix,
}

impl Recipe {
    /// By a name such as `qwen3-0.6b-q4_k_m`.
    ///
    /// # Errors
    /// When there is none of that name; lists those there are.
    pub fn named(name: &str) -> Result<Self> {
        let all = SHAPES.iter().flat_map(|shape| MIXES.iter().map(move |(suffix, mix)| (format!("{}-{suffix}", shape.name), shape, *mix)));
        let names: Vec<String> = all.clone().map(|(name, ..)| name).collect();
        match all.into_iter().find(|(found, ..)| found == name) {
            Some((_, shape, mix)) => Ok(Self { shape: *shape, mix }),
            None => bail!("there is no model `{name}`; there are {}", names.join(", ")),
        }
    }

    pub fn name(&self) -> String {
        let suffix = MIXES.iter().find(|(_, mix)| *mix == self.mix).map_or("", |(suffix, _)| suffix);
        format!("{}-{suffix}", self.shape.name)
    }

    /// Makes the file in a folder, or finds it there.
    ///
    /// # Errors
    /// When the folder cannot be written to.
    pub fn make(&self, folder: &Path) -> Result<PathBuf> {
        let path = folder.join(format!("{}.gguf", self.name()));
        if path.is_file() {
            return Ok(path);
        }
        std::fs::create_dir_all(folder).with_context(|| format!("the folder {} cannot be made", folder.display()))?;
        let words = Vocabulary::made(self.shape.vocabulary);
        let tensors = self.tensors(&words);
        gguf::write(&path, &self.metadata(words), &tensors, rows)?;
        Ok(path)
    }

    /// Multiply-adds for a token of a prompt, beyond attention and the output.
    pub fn multiply_adds(&self) -> usize {
        let Shape { blocks, embedding, heads, kv_heads, head, feed_forward, .. } = self.shape;
        blocks * embedding * (2 * heads * head + 2 * kv_heads * head + 3 * feed_forward)
    }

    fn metadata(&self, words: Vocabulary) -> Vec<(String, Value)> {
        let Shape { architecture, blocks, embedding, heads, kv_heads, head, feed_forward, vocabulary, .. } = self.shape;
        let number = |value: usize| Value::Number(u32::try_from(value).unwrap_or(u32::MAX));
        let own = |suffix: &str| format!("{architecture}.{suffix}");
        let plain = vocabulary - vocabulary::CONTROLS.len();
        let kinds = (0..vocabulary).map(|id| if id < plain { 1 } else { 3 }).collect();
        let key = str::to_owned;
        vec![
            (key("general.architecture"), Value::Text(architecture.to_owned())),
            (key("general.name"), Value::Text(format!("{} with random weights", self.name()))),
            (key("general.file_type"), Value::Number(if self.mix == Mix::Q8_0 { 7 } else { 15 })),
            (own("block_count"), number(blocks)),
            (own("context_length"), Value::Number(32_768)),
            (own("embedding_length"), number(embedding)),
            (own("feed_forward_length"), number(feed_forward)),
            (own("attention.head_count"), number(heads)),
            (own("attention.head_count_kv"), number(kv_heads)),
            (own("attention.key_length"), number(head)),
            (own("attention.value_length"), number(head)),
            (own("attention.layer_norm_rms_epsilon"), Value::Float(1e-6)),
            (own("rope.freq_base"), Value::Float(1_000_000.0)),
            (key("tokenizer.ggml.model"), Value::Text("gpt2".to_owned())),
            (key("tokenizer.ggml.pre"), Value::Text("qwen2".to_owned())),
            (key("tokenizer.ggml.tokens"), Value::Texts(words.tokens)),
            (key("tokenizer.ggml.token_type"), Value::Integers(kinds)),
            (key("tokenizer.ggml.merges"), Value::Texts(words.merges)),
            (key("tokenizer.ggml.bos_token_id"), number(plain)),
            (key("tokenizer.ggml.eos_token_id"), number(vocabulary - 1)),
            (key("tokenizer.ggml.add_bos_token"), Value::Bool(false)),
            (key("tokenizer.chat_template"), Value::Text(TEMPLATE.to_owned())),
        ]
    }

    fn tensors(&self, words: &Vocabulary) -> Vec<Tensor> {
        let Shape { architecture, blocks, embedding, heads, kv_heads, head, feed_forward, vocabulary, .. } = self.shape;
        let (queries, keys) = (heads * head, kv_heads * head);
        let mut all = vec![
            // Tied to the output, so llama.cpp gives it the better type. Logits get a deviation of 3.
            Tensor { zero_rows: words.unwanted(), ..self.matrix("token_embd.weight", vocabulary, embedding, 3.0, true) },
            vector("output_norm.weight", embedding, 1.0),
        ];
        for block in 0..blocks {
            // `use_more_bits` of llama.cpp
            let better = block < blocks / 8 || block >= 7 * blocks / 8 || (block - blocks / 8) % 3 == 2;
            let name = |part: &str| format!("blk.{block}.{part}");
            let matrix = |part: &str, rows, columns, gain| self.matrix(&name(part), rows, columns, gain, false);
            all.push(vector(&name("attn_norm.weight"), embedding, 1.0));
            all.push(matrix("attn_q.weight", queries, embedding, 1.0));
            all.push(matrix("attn_k.weight", keys, embedding, 1.0));
            all.push(self.matrix(&name("attn_v.weight"), keys, embedding, 1.0, better));
            if architecture == "qwen2" {
                all.push(vector(&name("attn_q.bias"), queries, 0.0));
                all.push(vector(&name("attn_k.bias"), keys, 0.0));
                all.push(vector(&name("attn_v.bias"), keys, 0.0));
            } else {
                all.push(vector(&name("attn_q_norm.weight"), head, 1.0));
                all.push(vector(&name("attn_k_norm.weight"), head, 1.0));
            }
            all.push(matrix("attn_output.weight", embedding, queries, 1.0));
            all.push(vector(&name("ffn_norm.weight"), embedding, 1.0));
            all.push(matrix("ffn_gate.weight", feed_forward, embedding, 1.0));
            all.push(matrix("ffn_up.weight", feed_forward, embedding, 1.0));
            all.push(self.matrix(&name("ffn_down.weight"), embedding, feed_forward, 1.5, better));
        }
        all
    }

    /// A matrix that makes of inputs with deviation 1 outputs with deviation `gain`.
    fn matrix(&self, name: &str, rows: usize, columns: usize, gain: f32, better: bool) -> Tensor {
        // Rows that are no multiple of 256 cannot be K-quants; llama.cpp falls back so.
        let whole = columns.is_multiple_of(256);
        let kind = match (self.mix, better, whole) {
            (Mix::Q8_0, _, _) | (Mix::Q4KM, true, false) => Kind::Q8_0,
            (Mix::Q4KM, true, true) => Kind::Q6K,
            (Mix::Q4KM, false, true) => Kind::Q4K,
            (Mix::Q4KM, false, false) => Kind::Q5_0,
        };
        let deviation = gain / (columns as f32).sqrt();
        Tensor { name: name.to_owned(), rows, columns, kind, mean: 0.0, deviation, zero_rows: Vec::new() }
    }
}

/// A norm's weights around 1, or a bias around 0.
fn vector(name: &str, columns: usize, mean: f32) -> Tensor {
    Tensor { name: name.to_owned(), rows: 1, columns, kind: Kind::F32, mean, deviation: 0.1, zero_rows: Vec::new() }
}

/// Writes the rows of a tensor.
fn rows(tensor: &Tensor, out: &mut dyn Write) -> std::io::Result<()> {
    let mut random = Random::named(&tensor.name, 1);
    let mut row = vec![0; tensor.kind.row_bytes(tensor.columns)];
    let mut zero = tensor.zero_rows.iter().peekable();
    for index in 0..tensor.rows {
        if zero.next_if(|next| **next == index).is_some() {
            row.fill(0);
        } else {
            blocks::fill(tensor.kind, tensor.mean, tensor.deviation, &mut random, &mut row);
        }
        out.write_all(&row)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ours::Ours;
    use crate::texts::Asked;

    fn small(architecture: &'static str, mix: Mix, embedding: usize) -> Recipe {
        let shape = Shape {
            name: "small",
            architecture,
            // As deep as the real ones, about: in a shallow one the last word speaks loudest, and texts run in circles.
            blocks: 20,
            embedding,
            heads: 4,
            kv_heads: 2,
            head: embedding / 4,
            feed_forward: 256,
            vocabulary: 20_400,
        };
        Recipe { shape, mix }
    }

    #[test]
    fn made_models_are_read_and_answer_to_the_last_token_that_was_asked_for() {
        for (architecture, mix, embedding) in [("qwen2", Mix::Q4KM, 256), ("qwen3", Mix::Q8_0, 128), ("qwen2", Mix::Q4KM, 128)] {
            let folder = tempfile::tempdir().unwrap();
            let path = small(architecture, mix, embedding).make(folder.path()).unwrap();
            let ours = Ours::start(&path).unwrap();
            // Checks that a word is a token.
            ours.prefill(64).unwrap();
            let answer = ours.answer(&Asked::alone("babe bibo".to_owned(), 24)).unwrap();
            assert_eq!(answer.tokens.len(), 24, "{architecture}: it does not end by itself");
            let likely = answer.tokens.iter().filter(|token| token.logprob > -0.1).count();
            assert!(likely < 4, "{architecture}: it is not sure of what it says, so nothing can be guessed: {:?}", answer.text);
        }
    }

    #[test]
    fn the_same_name_gives_the_same_file() {
        let folders = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
        let files = folders.each_ref().map(|folder| std::fs::read(small("qwen3", Mix::Q4KM, 256).make(folder.path()).unwrap()).unwrap());
        assert!(files[0] == files[1], "two files of one recipe differ");
    }
}
