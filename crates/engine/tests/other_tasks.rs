//! The starter model's other tasks, and branches, for real: requests of the sample come in, the engine drafts, the desk keeps.
//!
//! Invariant: whatever the small model is worth, each output has the form that the use case asks for.

#![expect(clippy::unwrap_used, reason = "a test may break off at what it does not expect")]

use engine::Engine;
use flow::draft::Branch;
use flow::intake::{Mapping, Source};
use flow::library::ModelSource;
use flow::model::{Cancel, Drafter as _, Sampling, StopReason};
use flow::output::Output;
use flow::review::{ItemView, Order, QueueQuery, Tab};
use flow::testing::{admin, desk, use_case_input};
use flow::use_case::UseCaseInput;
use flow::worker::{Presence, draft_waiting};
use flow::{Desk, ItemId, UseCaseId};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};

fn starter(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../models/starter").join(name)
}

/// A use case of the starter model on the first requests of the sample, all of them drafted.
fn drafted(desk: &Desk, engine: &Engine, count: usize, change: impl FnOnce(&mut UseCaseInput)) -> (UseCaseId, Vec<ItemView>) {
    let model = desk.add_model(engine, &starter("gait-starter-q8_0.gguf"), ModelSource::Starter, &admin()).unwrap();
    let mut input =
        UseCaseInput { model: Some(model.id), sampling: Sampling { max_tokens: 160, ..Sampling::default() }, ..use_case_input() };
    change(&mut input);
    let case = desk.save_use_case(&admin(), None, &input).unwrap().id;
    let requests = std::fs::read_to_string(starter("sample/requests.jsonl")).unwrap();
    let path = desk.folder().join("in.jsonl");
    std::fs::write(&path, requests.lines().take(count).collect::<Vec<_>>().join("\n")).unwrap();
    let source = Source::of(path);
    let fields = ["subject", "message"].map(str::to_owned).to_vec();
    let mapping = Mapping { fields, ..Mapping::default() };
    desk.import(case, &source, &mapping, &admin(), &Cancel::default(), &mut |_| {}).unwrap();
    let presence = Presence::enter(desk).unwrap();
    draft_waiting(desk, engine, &presence, &Cancel::default(), 8, None, &|_| {}).unwrap();
    let query = QueueQuery {
        use_case: case,
        tab: Tab::Waiting,
        order: Order::Oldest,
        slice: None,
        text: String::new(),
        filter: flow::review::Filter::default(),
        offset: 0,
        limit: 100,
    };
    let rows = desk.queue(&query, &admin()).unwrap().rows;
    assert_eq!(rows.len(), count, "all of them are drafted");
    (case, rows.iter().map(|row| desk.view_item(row.id, &admin()).unwrap()).collect())
}

fn task(name: &str) -> Value {
    serde_json::from_slice::<Value>(&std::fs::read(starter("sample/other_tasks.json")).unwrap()).unwrap()[name].take()
}

fn words(task: &Value, input: &mut UseCaseInput) {
    input.system_prompt = task["system_prompt"].as_str().unwrap().to_owned();
    input.template = task["prompt_template"].as_str().unwrap().to_owned();
}

fn texts(value: &Value) -> Vec<String> {
    value.as_array().unwrap().iter().map(|text| text.as_str().unwrap().to_owned()).collect()
}

#[test]
fn each_request_gets_one_of_the_labels_with_a_score_for_each() {
    let folder = tempfile::tempdir().unwrap();
    let (desk, _) = desk(folder.path()).unwrap();
    let task = task("label");
    let labels = texts(&task["labels"]);
    let (_, items) = drafted(&desk, &Engine::start(), 16, |input| {
        words(&task, input);
        input.output = Output::Labels { labels: labels.clone() };
    });
    let mut told = std::collections::BTreeSet::new();
    for item in &items {
        let draft = &item.drafts[0];
        assert!(labels.contains(&draft.text), "{:?}", draft.text);
        assert_eq!(draft.stop, StopReason::End);
        assert_eq!(draft.labels.iter().map(|score| score.label.clone()).collect::<Vec<_>>(), labels);
        assert!((draft.labels.iter().map(|score| score.probability).sum::<f32>() - 1.0).abs() < 1e-3);
        let best = draft.labels.iter().max_by(|a, b| a.probability.total_cmp(&b.probability)).unwrap();
        println!("{:10} {:.2}  {}", draft.text, best.probability, item.item.fields[0].value);
        told.insert(draft.text.clone());
    }
    assert!(told.len() > 3, "it tells requests apart: {told:?}");
}

#[test]
fn each_request_gets_json_that_fits_the_schema() {
    let folder = tempfile::tempdir().unwrap();
    let (desk, _) = desk(folder.path()).unwrap();
    let task = task("extract");
    let fields = texts(&task["fields"]);
    let properties: serde_json::Map<_, _> = fields.iter().map(|name| (name.clone(), json!({"type": ["string", "null"]}))).collect();
    let output =
        Output::Json { schema: json!({"type": "object", "properties": properties, "required": fields, "additionalProperties": false}) };
    let (_, items) = drafted(&desk, &Engine::start(), 12, |input| {
        words(&task, input);
        input.output = output.clone();
    });
    let mut found = 0;
    for item in &items {
        let draft = &item.drafts[0];
        println!("{}", draft.text);
        if draft.stop == StopReason::End {
            assert_eq!(output.fault(&draft.text), None, "{}", draft.text);
            let value: Value = serde_json::from_str(&draft.text).unwrap();
            assert_eq!(value.as_object().unwrap().keys().cloned().collect::<Vec<_>>(), fields, "in the order of the schema");
            let request = item.item.fields.iter().map(|field| field.value.as_str()).collect::<Vec<_>>().join("\n");
            found += value.as_object().unwrap().values().filter_map(Value::as_str).filter(|text| request.contains(text)).count();
        }
    }
    assert!(items.iter().filter(|item| item.drafts[0].stop == StopReason::End).count() >= 10, "nearly all come to an end");
    assert!(found >= 10, "what it extracts stands in the requests: {found}");
}

#[test]
fn a_branch_goes_on_from_the_chosen_token_and_gives_the_same_text_again() {
    let folder = tempfile::tempdir().unwrap();
    let (desk, _) = desk(folder.path()).unwrap();
    let engine = Engine::start();
    let (case, _) = drafted(&desk, &engine, 1, |input| {
        input.template = "Customer: {{customer}}\nSubject: {{subject}}\n\n{{message}}".into();
        input.sampling = Sampling { temperature: 0.7, top_k: 40, max_tokens: 60, ..Sampling::default() };
    });
    let item = desk.open_item(ItemId(1), &admin()).unwrap();
    assert_eq!(item.item.use_case, case);
    let (epoch, parent) = (item.lease.as_ref().unwrap().epoch, item.drafts[0].clone());
    let tokens = desk.draft_tokens(parent.id).unwrap();
    let place = tokens.iter().enumerate().skip(3).max_by(|a, b| a.1.entropy.total_cmp(&b.1.entropy)).map(|(at, _)| at).unwrap();
    let other = tokens[place].alternatives.iter().find(|weighed| weighed.id != tokens[place].id).unwrap();
    let branch = Branch { parent: parent.id, at: u32::try_from(place).unwrap() };
    let request = desk.branch_request(item.item.id, "Ada", epoch, branch, other.id).unwrap();
    let mut streamed = String::new();
    let made = engine.generate(&request, &Cancel::default(), &mut |token| streamed.push_str(&token.text)).unwrap();
    let again = engine.generate(&request, &Cancel::default(), &mut |_| {}).unwrap();
    assert_eq!((&made.text, &streamed), (&again.text, &made.text), "the same seed, the same text; all of it is streamed");
    desk.keep_branch(item.item.id, "Ada", epoch, branch, &request, &made).unwrap();
    let kept = desk.view_item(item.item.id, &admin()).unwrap().drafts;
    println!("{}\n→ {}", parent.text, made.text);
    assert_eq!(kept[0], parent, "the parent stands as it was");
    assert_eq!((kept[1].branch, kept[1].seed), (Some(branch), parent.seed));
    let begun: String = tokens[..place].iter().map(|token| token.text.as_str()).collect();
    assert!(kept[1].text.starts_with(&begun), "{begun:?} is what {:?} begins with", kept[1].text);
    let of_branch = desk.draft_tokens(kept[1].id).unwrap();
    assert_eq!((of_branch[place].id, of_branch[place].logprob), (other.id, other.logprob), "as the model weighed it");
}
