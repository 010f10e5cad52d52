mod forced;
mod llama_cpp;

use super::*;
use crate::load::{Body, Model};
use crate::testing;
use candle_core::quantized::gguf_file::Content;
use candle_core::{DType, Device, Tensor};
use candle_transformers::models::{quantized_llama, quantized_phi3, quantized_qwen2, quantized_qwen3};
use flow::model::ModelFile;
use std::num::NonZeroUsize;

fn pool(threads: usize) -> Pool {
    Pool::new(NonZeroUsize::new(threads).unwrap())
}

fn load(file: &ModelFile) -> (OwnModel, Vec<u32>) {
    let model = Model::load(file, &Cancel::default()).unwrap();
    let tokens = model.prompt(&testing::user(&"A long story about a parcel. ".repeat(8))).unwrap().tokens;
    match model.body {
        Body::Own(own) => (*own, tokens),
        Body::Stock(_) => panic!("Gait computes it itself"),
    }
}

/// Logits after the last token, fed in pieces that end at these places.
fn fed(model: &OwnModel, pool: &Pool, tokens: &[u32], ends: &[usize]) -> Vec<f32> {
    let mut values = model.key_values();
    let mut scratch = Scratch::default();
    let mut logits = Vec::new();
    let mut start = 0;
    for end in ends.iter().copied().chain([tokens.len()]) {
        let feed = Feed { prefix: None, own: &mut values, tokens: &tokens[start..end], wanted: 1, long: false };
        logits = model.forward(pool, &mut scratch, &mut [feed]).to_vec();
        start = end;
    }
    logits
}

/// What candle's own model of the architecture gives after the last token.
fn candle(architecture: &str, file: &ModelFile, tokens: &[u32]) -> Vec<f32> {
    let mut handle = std::fs::File::open(&file.path).unwrap();
    let content = Content::read(&mut handle).unwrap();
    let input = Tensor::new(tokens, &Device::Cpu).unwrap().unsqueeze(0).unwrap();
    let logits = match architecture {
        "llama" => quantized_llama::ModelWeights::from_gguf(content, &mut handle, &Device::Cpu).unwrap().forward(&input, 0),
        "qwen2" => quantized_qwen2::ModelWeights::from_gguf(content, &mut handle, &Device::Cpu).unwrap().forward(&input, 0),
        "qwen3" => quantized_qwen3::ModelWeights::from_gguf(content, &mut handle, &Device::Cpu).unwrap().forward(&input, 0),
        _ => quantized_phi3::ModelWeights::from_gguf(false, content, &mut handle, &Device::Cpu).unwrap().forward(&input, 0),
    };
    logits.unwrap().squeeze(0).unwrap().to_dtype(DType::F32).unwrap().to_vec1().unwrap()
}

#[test]
fn four_architectures_give_what_candle_gives() {
    let folder = tempfile::tempdir().unwrap();
    for architecture in ["llama", "qwen2", "qwen3", "phi3"] {
        let mut metadata = testing::metadata(architecture);
        // f32: candle's qwen3 rounds rotation angles to f16 otherwise.
        metadata.push(("general.dtype".to_owned(), candle_core::quantized::gguf_file::Value::U32(0)));
        let path = folder.path().join(format!("{architecture}.gguf"));
        let file = testing::write_with(&path, architecture, 1, &metadata, |_, _, value| value);
        let (model, tokens) = load(&file);
        let ours = fed(&model, &pool(2), &tokens, &[]);
        let theirs = candle(architecture, &file, &tokens);
        let spread = theirs.iter().copied().fold(f32::NEG_INFINITY, f32::max) - theirs.iter().copied().fold(f32::INFINITY, f32::min);
        let furthest = ours.iter().zip(&theirs).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
        println!("{architecture}: {furthest} of {spread}");
        // Keys and values here are f16 (2^-11 of each), and a rounding that falls the other way moves an activation by a
        // 127th of its block; a wrong rotation, norm or activation moves the logits by the order of their spread.
        assert!(furthest < 0.02 * spread, "{architecture}: {furthest} of {spread}");
    }
}

#[test]
fn pieces_threads_and_neighbours_change_no_bit() {
    let folder = tempfile::tempdir().unwrap();
    for architecture in testing::OWN {
        let (model, tokens) = load(&testing::write(folder.path(), architecture, 2));
        let alone = fed(&model, &pool(1), &tokens, &[]);
        assert!(alone.iter().all(|logit| logit.is_finite()), "{architecture} gives numbers");
        assert_eq!(alone, fed(&model, &pool(2), &tokens, &[1, 7, 40, 41]), "{architecture} in pieces, on two threads");
        let mut neighbour = model.key_values();
        let mut own = model.key_values();
        let other: Vec<u32> = tokens.iter().rev().copied().collect();
        let mut scratch = Scratch::default();
        let logits = model
            .forward(
                &pool(2),
                &mut scratch,
                &mut [
                    Feed { prefix: None, own: &mut neighbour, tokens: &other[..50], wanted: 3, long: false },
                    Feed { prefix: None, own: &mut own, tokens: &tokens, wanted: 1, long: false },
                ],
            )
            .to_vec();
        assert_eq!(logits[3 * model.vocabulary()..], alone, "{architecture} beside another");
        // Behind a shared beginning.
        let mut prefix = model.key_values();
        let mut rest = model.key_values();
        let split = 37;
        model.forward(
            &pool(2),
            &mut scratch,
            &mut [Feed { prefix: None, own: &mut prefix, tokens: &tokens[..split], wanted: 0, long: false }],
        );
        let feed = Feed { prefix: Some(&prefix), own: &mut rest, tokens: &tokens[split..], wanted: 1, long: false };
        assert_eq!(model.forward(&pool(2), &mut scratch, &mut [feed]), alone, "{architecture} behind a shared beginning");
    }
}
