//! The starter model against llama.cpp: the same prompt tokens, the same greedy text.
//!
//! Invariant: the fixture was recorded by another implementation (`models/starter/recipe/record_fixtures.py`); it is
//! never recorded from this engine.

#![expect(clippy::unwrap_used, reason = "a test may break off at what it does not expect")]

use engine::Engine;
use flow::model::{Cancel, Drafter as _, GenerateRequest, Message, ModelFile, Role, Sampling, StopReason, Urgency};
use serde_json::Value;
use sha2::{Digest, Sha256};
use std::path::{Path, PathBuf};

fn starter(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../models/starter").join(name)
}

fn fixture() -> Value {
    serde_json::from_slice(&std::fs::read(starter("fixtures/llama_cpp_greedy.json")).unwrap()).unwrap()
}

fn ids(json: &Value) -> Vec<u32> {
    json.as_array().unwrap().iter().map(|id| u32::try_from(id.as_u64().unwrap()).unwrap()).collect()
}

fn messages(json: &Value) -> Vec<Message> {
    let all = json.as_array().unwrap().iter();
    all.map(|m| Message {
        role: serde_json::from_value::<Role>(m["role"].clone()).unwrap(),
        content: m["content"].as_str().unwrap().to_owned(),
    })
    .collect()
}

/// Two tokens closer than this are a tie, nats: llama.cpp keeps keys and values in f16, both round activations to 8
/// bits in their own way, and the log-probabilities differ by 0.003 on average and 0.13 at most.
const TIE: f32 = 0.1;

#[test]
fn greedy_text_and_its_probabilities_are_those_of_llama_cpp() {
    let fixture = fixture();
    let engine = Engine::start();
    let facts = engine.inspect(&starter("gait-starter-q8_0.gguf")).unwrap();
    assert_eq!(facts.sha256, fixture["model_sha256"].as_str().unwrap(), "the fixture was recorded with this model");
    let cases = fixture["cases"].as_array().unwrap();
    let mut part_ways = Vec::new();
    let mut differences = Vec::new();
    for case in cases {
        let request = GenerateRequest {
            model: ModelFile { path: starter("gait-starter-q8_0.gguf"), sha256: facts.sha256.clone() },
            messages: messages(&case["messages"]),
            sampling: Sampling { max_tokens: 64, ..Sampling::default() },
            seed: 0,
            urgency: Urgency::Queue,
            constraint: None,
            forced: Vec::new(),
        };
        let result = engine.generate(&request, &Cancel::default(), &mut |_| {}).unwrap();
        let id = case["id"].as_str().unwrap();
        let prompt = Sha256::digest(case["prompt"].as_str().unwrap()).iter().map(|byte| format!("{byte:02x}")).collect::<String>();
        assert_eq!(result.prompt_sha256, prompt, "{id}: the chat template renders the same text");
        assert_eq!(result.prompt_tokens as usize, ids(&case["prompt_ids"]).len(), "{id}: the same prompt tokens");
        let theirs = ids(&case["output_ids"]);
        let same = result.tokens.iter().zip(&theirs).take_while(|(ours, theirs)| ours.id == **theirs).count();
        for (token, logprob) in result.tokens.iter().zip(case["logprobs"].as_array().unwrap()).take(same) {
            differences.push((f64::from(token.logprob) - logprob.as_f64().unwrap()).abs());
        }
        match (result.tokens.get(same), theirs.get(same)) {
            (None, None) => {
                assert_eq!(result.text, case["output_text"].as_str().unwrap(), "{id}");
                assert_eq!(result.stop == StopReason::End, case["stopped_by_itself"].as_bool().unwrap(), "{id}");
            }
            (Some(ours), Some(theirs)) => {
                let other = ours.alternatives.iter().find(|a| a.id == *theirs).map_or(f32::NEG_INFINITY, |a| a.logprob);
                assert!(
                    ours.logprob - other < TIE,
                    "{id}: at token {same} ours is {} and theirs {theirs}, and it is no tie: {:?}",
                    ours.id,
                    ours.alternatives
                );
                part_ways.push(id.to_owned());
            }
            (ours, theirs) => panic!("{id}: one ends at token {same}: {ours:?}, {theirs:?}"),
        }
    }
    let mean = differences.iter().sum::<f64>() / differences.len() as f64;
    let furthest = differences.iter().copied().fold(0.0, f64::max);
    println!(
        "{} of {} texts are equal, the others part at a tie; log-probabilities differ by {mean:.4} on average, {furthest:.3} at most",
        cases.len() - part_ways.len(),
        cases.len()
    );
    assert!(mean < 0.01 && furthest < 0.25, "log-probabilities are close: {mean} on average, {furthest} at most");
    assert!(part_ways.len() * 20 <= cases.len(), "95 % of the texts are equal; these are not: {part_ways:?}");
}
