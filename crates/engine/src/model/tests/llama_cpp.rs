//! Our forward pass against llama.cpp's, on small models with random weights.
//!
//! Invariant: the fixture was recorded by llama.cpp (`tests/fixtures/record_logits.py`) from the very files that
//! [`models`] writes; it is never recorded from this engine.
//!
//! How near: after the first token nothing is attended to, and both round alike, but for GELU, which llama.cpp takes from a
//! table in f16. From then on llama.cpp rounds attention's weights to f16 and we do not (2⁻¹² of each); that sends one in a
//! hundred activations the other way, by a 127th of its block, in vectors of only 64 numbers. A wrong rotation, window or
//! divisor moves logits by the order of their size.

use super::*;
use candle_core::quantized::gguf_file::Value;
use serde_json::Value as Json;
use std::path::Path;

/// A small model with one thing that tells it from the others.
struct Case {
    name: &'static str,
    architecture: &'static str,
    metadata: Vec<(&'static str, Value)>,
    further: Vec<(&'static str, Vec<f32>)>,
    /// Whether the request is a long one: llama.cpp goes by the context that it was started with.
    long: bool,
}

fn cases() -> Vec<Case> {
    let plain = |name: &'static str, architecture: &'static str| Case {
        name,
        architecture,
        metadata: Vec::new(),
        further: Vec::new(),
        long: false,
    };
    let text = |text: &str| Value::String(text.to_owned());
    let ramp = |from: f32, by: f32| (0..8u8).map(|pair| from + by * f32::from(pair)).collect::<Vec<f32>>();
    let phi3 = |name: &'static str, long: bool| Case {
        metadata: vec![("phi3.rope.scaling.original_context_length", Value::U32(256)), ("phi3.rope.scaling.attn_factor", Value::F32(1.19))],
        further: vec![("rope_factors_short.weight", ramp(1.0, 0.05)), ("rope_factors_long.weight", ramp(1.1, 2.5))],
        long,
        ..plain(name, "phi3")
    };
    vec![
        plain("llama", "llama"),
        plain("qwen2", "qwen2"),
        plain("qwen3", "qwen3"),
        plain("smollm3: a block that is not rotated", "smollm3"),
        plain("glm4: half of each head is rotated", "glm4"),
        plain("gemma3 without a window", "gemma3"),
        Case {
            metadata: vec![
                ("gemma3.attention.sliding_window", Value::U32(20)),
                ("gemma3.attention.sliding_window_pattern", Value::U32(2)),
                ("gemma3.rope.freq_base", Value::F32(1e6)),
                ("gemma3.rope.scaling.type", text("linear")),
                ("gemma3.rope.scaling.factor", Value::F32(8.0)),
            ],
            ..plain("gemma3 with a window, its own base there, and linear scaling elsewhere", "gemma3")
        },
        Case {
            metadata: vec![("llama.rope.scaling.type", text("linear")), ("llama.rope.scaling.factor", Value::F32(2.0))],
            ..plain("llama with linear scaling", "llama")
        },
        Case { further: vec![("rope_freqs.weight", ramp(1.0, 1.0))], ..plain("llama 3.1's divisors", "llama") },
        Case {
            metadata: vec![
                ("qwen2.rope.scaling.type", text("yarn")),
                ("qwen2.rope.scaling.factor", Value::F32(4.0)),
                ("qwen2.rope.scaling.original_context_length", Value::U32(300)),
            ],
            ..plain("qwen2 with yarn", "qwen2")
        },
        phi3("phi3 within its first context", false),
        phi3("phi3 beyond its first context", true),
        plain("phi2, by candle", "phi2"),
        plain("lfm2, by candle", "lfm2"),
    ]
}

fn write(folder: &Path, index: usize, case: &Case) -> ModelFile {
    let mut metadata = testing::metadata(case.architecture);
    metadata.retain(|(key, _)| !case.metadata.iter().any(|(other, _)| other == key));
    metadata.extend(case.metadata.iter().map(|(key, value)| ((*key).to_owned(), value.clone())));
    let path = folder.join(format!("{index}.gguf"));
    testing::write_tensors(&path, case.architecture, 40 + index as u64, &metadata, &case.further, |_, _, value| value)
}

#[test]
#[ignore = "writes the models that tests/fixtures/record_logits.py records"]
fn models() {
    let folder = std::env::var_os("GAIT_FIXTURE_MODELS").expect("the folder that the models are written to");
    let list: Vec<Json> = cases()
        .iter()
        .enumerate()
        .map(|(index, case)| {
            let file = write(Path::new(&folder), index, case);
            // So that llama.cpp, too, takes the long divisors or the short ones.
            let context = if case.long { 512 } else { 256 };
            serde_json::json!({ "name": case.name, "sha256": file.sha256, "file": format!("{index}.gguf"), "context": context })
        })
        .collect();
    std::fs::write(Path::new(&folder).join("models.json"), serde_json::to_vec(&list).unwrap()).unwrap();
}

#[test]
fn logits_are_those_of_llama_cpp() {
    let folder = tempfile::tempdir().unwrap();
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/logits.json");
    let fixture: Json = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
    let numbers = |json: &Json| json.as_array().unwrap().iter().map(|number| number.as_f64().unwrap() as f32).collect::<Vec<f32>>();
    let tokens: Vec<u32> = numbers(&fixture["tokens"]).iter().map(|id| *id as u32).collect();
    let cases = cases();
    let recorded = fixture["cases"].as_array().unwrap();
    assert_eq!(recorded.len(), cases.len());
    let mut wrong = Vec::new();
    for ((index, case), recorded) in cases.iter().enumerate().zip(recorded) {
        let file = write(folder.path(), index, case);
        assert_eq!(
            (recorded["name"].as_str(), recorded["sha256"].as_str()),
            (Some(case.name), Some(file.sha256.as_str())),
            "recorded from this model"
        );
        let (logits, tolerance) = computed(&file, &tokens, case.long);
        let width = logits.len() / tokens.len();
        let mut spread = 0.0f32;
        // The furthest logit after each recorded place.
        let mut furthest = Vec::new();
        for place in recorded["logits"].as_array().unwrap() {
            let at = place["position"].as_u64().unwrap() as usize;
            let theirs = numbers(&place["first"]);
            let differences = logits[at * width..].iter().zip(&theirs).map(|(ours, theirs)| (ours - theirs).abs());
            // NaN, where there is nothing to compare, is left out by `max`.
            furthest.push(differences.fold(0.0, f32::max));
            spread = theirs.iter().fold(spread, |spread, logit| spread.max(logit.abs()));
        }
        println!("{}: {furthest:?} of {spread}", case.name);
        let first = if case.architecture == "gemma3" { 0.01 } else { 1e-4 };
        if furthest[0] > first * spread || furthest.iter().any(|difference| *difference > tolerance * spread) {
            wrong.push(case.name);
        }
    }
    assert_eq!(wrong, [""; 0]);
}

/// Logits after each token, and how far they may be from llama.cpp's, as a share of their size.
fn computed(file: &ModelFile, tokens: &[u32], long: bool) -> (Vec<f32>, f32) {
    match Model::load(file, &Cancel::default()).unwrap().body {
        Body::Own(model) => {
            let mut values = model.key_values();
            let feed = Feed { prefix: None, own: &mut values, tokens, wanted: tokens.len(), long };
            (model.forward(&pool(2), &mut Scratch::default(), &mut [feed]).to_vec(), 0.05)
        }
        // candle keeps keys and values in f32. The first token of lfm2 cannot be fed alone.
        Body::Stock(mut model) => {
            let first = model.forward(&tokens[..2], 0).unwrap().iter().map(|_| f32::NAN).collect::<Vec<_>>();
            let others = (2..=tokens.len()).flat_map(|count| model.forward(&tokens[..count], 0).unwrap());
            (first.into_iter().chain(others).collect(), 0.05)
        }
    }
}
