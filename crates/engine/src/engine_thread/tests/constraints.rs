//! Outputs that are held to labels or a JSON Schema, by models that know nothing of either.

use super::*;
use flow::model::{Constraint, Sampling};
use serde_json::{Value, json};

fn labels() -> Vec<String> {
    ["refund", "return", "repair", "환불", "the parcel"].map(str::to_owned).to_vec()
}

fn schema() -> Constraint {
    Constraint::JsonSchema(json!({"type": "object", "additionalProperties": false, "required": ["kind", "lines"],
        "properties": {"kind": {"enum": ["refund", "환불"]}, "note": {"type": "string", "maxLength": 6},
            "lines": {"type": "array", "minItems": 1, "maxItems": 2, "items": {"type": "integer", "minimum": 1, "maximum": 99}}}}))
}

/// At a temperature at which a random model says anything.
fn wild(model: &flow::model::ModelFile, constraint: Constraint, seed: u64) -> GenerateRequest {
    let sampling = Sampling { temperature: 2.0, repeat_penalty: 1.3, max_tokens: 300, ..Sampling::default() };
    GenerateRequest { sampling, seed, constraint: Some(constraint), ..request(model, "Which is it?", 300, Urgency::Queue) }
}

#[test]
fn an_output_is_always_a_label_and_says_how_probable_each_was() {
    let folder = tempfile::tempdir().unwrap();
    for architecture in ["qwen2", testing::STOCK] {
        let model = testing::write(folder.path(), architecture, 31);
        let engine = started();
        let mut seen = std::collections::BTreeSet::new();
        for seed in 0..12 {
            let generation = generate(&engine, &wild(&model, Constraint::Labels(labels()), seed)).unwrap();
            assert!(labels().contains(&generation.text), "{architecture}: {:?}", generation.text);
            assert_eq!(generation.stop, StopReason::End);
            let named: Vec<String> = generation.labels.iter().map(|label| label.label.clone()).collect();
            assert_eq!(named, labels());
            let total: f32 = generation.labels.iter().map(|label| label.probability).sum();
            assert!((total - 1.0).abs() < 1e-4, "{total}");
            assert!(generation.tokens.iter().all(|token| token.logprob < 0.0 && token.alternatives.len() == 5), "the model's own");
            seen.insert(generation.text);
        }
        assert!(seen.len() > 1, "{architecture}: drawn, not fixed");
    }
}

#[test]
fn a_greedy_label_is_the_same_however_often_and_has_a_free_outputs_log_probabilities() {
    let folder = tempfile::tempdir().unwrap();
    let model = testing::write(folder.path(), "llama", 32);
    let greedy = |constraint| GenerateRequest {
        sampling: Sampling { max_tokens: 8, ..Sampling::default() },
        constraint,
        ..request(&model, "Which is it?", 8, Urgency::Queue)
    };
    let free = generate(&started(), &greedy(None)).unwrap();
    assert!(free.labels.is_empty());
    let held = generate(&started(), &greedy(Some(Constraint::Labels(labels())))).unwrap();
    check_same(&held, &generate(&started(), &greedy(Some(Constraint::Labels(labels())))).unwrap());
    assert_eq!(held.tokens[0].alternatives, free.tokens[0].alternatives, "the constraint does not change what the model thinks");
}

#[test]
fn every_json_output_parses_and_is_the_same_in_a_batch() {
    let folder = tempfile::tempdir().unwrap();
    let model = testing::write(folder.path(), "qwen3", 33);
    let requests: Vec<_> = (0..8).map(|seed| wild(&model, schema(), seed)).collect();
    let mut stepped = Stepped::new();
    let events: Vec<_> = requests.iter().map(|request| stepped.ask(request, &Cancel::default())).collect();
    for (request, events) in requests.iter().zip(&events) {
        let (tokens, generation) = stepped.until_done(events);
        let generation = generation.unwrap();
        assert_eq!(generation.stop, StopReason::End);
        let value: Value = serde_json::from_str(&generation.text).unwrap_or_else(|e| panic!("{:?}: {e}", generation.text));
        let lines = value["lines"].as_array().unwrap();
        assert!(["refund", "환불"].contains(&value["kind"].as_str().unwrap()) && (1..=2).contains(&lines.len()), "{value}");
        assert!(lines.iter().all(|line| (1..=99).contains(&line.as_i64().unwrap())), "{value}");
        assert_eq!(tokens.iter().map(|token| token.text.as_str()).collect::<String>(), generation.text);
        check_same(&generation, &generate(&started(), request).unwrap());
    }
}

#[test]
fn a_constraint_that_cannot_be_kept_ends_its_own_request_alone() {
    let folder = tempfile::tempdir().unwrap();
    let model = testing::write(folder.path(), "llama", 34);
    let mut stepped = Stepped::new();
    let good = stepped.ask(&wild(&model, schema(), 1), &Cancel::default());
    for (constraint, says) in [
        (Constraint::Labels(Vec::new()), "no label"),
        (Constraint::JsonSchema(json!({"not": {}})), "\"not\""),
        (Constraint::JsonSchema(json!({"$ref": "#"})), "without end"),
    ] {
        let events = stepped.ask(&wild(&model, constraint, 1), &Cancel::default());
        let error = stepped.until_done(&events).1.unwrap_err();
        assert!(matches!(&error, ModelError::Constraint(said) if said.contains(says)), "{error}");
    }
    assert_eq!(stepped.until_done(&good).1.unwrap().stop, StopReason::End);
}
