//! The loops behind the window: they draft, deliver, watch and tell, and end when they are told to.

use crate::place::{Endless, Place, channel, decision, query};
use flow::{Clock, Desk};
use gait_app::loops::Loops;
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::{Duration, Instant};

const EVENTS: u32 = 42;

fn start(place: &Place) -> Loops {
    let loops = Loops::start(&place.shell).unwrap();
    place.ok("subscribe", json!({ "onEvent": channel(EVENTS) }));
    place.heard.until(EVENTS, "the engine's status at once", |event| event["type"] == "engine");
    loops
}

fn counts(place: &Place) -> Value {
    place.ok("use_case_list", json!({}))[0]["counts"].clone()
}

#[test]
fn requests_are_drafted_and_the_window_is_told() {
    let place = Place::new();
    let loops = start(&place);
    place.ok("sample_install", json!({}));
    place.heard.until(EVENTS, "that it drafts", |e| {
        e["type"] == "engine" && e["data"]["activity"] == "drafting" && e["data"]["model"] == "Scripted"
    });
    place
        .heard
        .until(EVENTS, "changed items", |e| e["type"] == "changed" && e["data"]["queue"] == true && e["data"]["items"][0].is_number());
    let begin = Instant::now();
    while counts(&place)["inReview"] != 60 {
        assert!(begin.elapsed() < Duration::from_secs(30), "{}", counts(&place));
        std::thread::yield_now();
    }
    loops.end();
    let events = place.heard.on(EVENTS);
    let told = events.iter().filter(|e| e["type"] == "engine").count();
    let most = 5 * usize::try_from(begin.elapsed().as_secs() + 2).unwrap() + 10;
    assert!(told <= most, "at most five reports a second: {told}");
}

#[test]
fn pausing_puts_the_running_draft_back_at_no_cost() {
    let place = Place::with(Arc::new(Endless));
    let loops = start(&place);
    place.ok("sample_install", json!({}));
    place.heard.until(EVENTS, "tokens", |e| e["type"] == "engine" && e["data"]["tokensPerSecond"].as_f64() > Some(0.0));
    assert_eq!(place.ok("drafting_pause", json!({ "paused": true }))["activity"], "paused");
    let begin = Instant::now();
    while counts(&place)["received"] != 60 {
        assert!(begin.elapsed() < Duration::from_secs(30), "{}", counts(&place));
        std::thread::yield_now();
    }
    place.heard.forget();
    place.ok("drafting_pause", json!({ "paused": false }));
    place.heard.until(EVENTS, "that it drafts again", |e| e["type"] == "engine" && e["data"]["activity"] == "drafting");
    let end = Instant::now();
    loops.end();
    assert!(end.elapsed() < Duration::from_secs(5), "a running draft does not hold the end up: {:?}", end.elapsed());
    assert_eq!(counts(&place)["received"], 60, "the draft that ran was put back");
}

#[test]
fn approved_text_goes_out_and_a_sink_that_fails_is_trouble_until_it_works() {
    let place = Place::new();
    place.settings(json!({ "undoSeconds": 0 }));
    let case = place.sample();
    let outbox = place.data().join("outbox");
    std::fs::write(&outbox, b"a file where a folder should be").unwrap();
    let loops = start(&place);
    let item = place.next(case);
    place.ok("item_decide", decision(&item, "approve", None));
    let trouble = place.heard.until(EVENTS, "the trouble", |e| e["type"] == "trouble" && e["data"]["what"] == "delivery");
    assert!(trouble["data"]["message"].as_str().unwrap().contains("kept"), "{trouble}");
    std::fs::remove_file(&outbox).unwrap();
    place.heard.forget();
    place.heard.until(EVENTS, "that it is over", |e| e["type"] == "trouble" && e["data"] == Value::Null);
    loops.end();
    let lines = std::fs::read_to_string(outbox.join("sample.jsonl")).unwrap();
    assert_eq!(lines.lines().count(), 1);
    assert_eq!(place.ok("queue_page", json!({ "query": query(case, "decided") }))["rows"][0]["state"], "delivered");
}

#[test]
fn what_has_no_sink_is_done_when_it_can_no_longer_be_taken_back() {
    let place = Place::new();
    place.settings(json!({ "undoSeconds": 1 }));
    let case = place.sample();
    let mut input = place.ok("use_case_list", json!({}))[0].clone();
    input["sinks"] = json!([]);
    place.ok("use_case_save", json!({ "input": input }));
    let loops = start(&place);
    let item = place.next(case);
    place.ok("item_decide", decision(&item, "approve", None));
    let begin = Instant::now();
    while counts(&place)["delivered"] != 1 {
        assert!(begin.elapsed() < Duration::from_secs(30), "{}", counts(&place));
        std::thread::yield_now();
    }
    loops.end();
}

#[test]
fn what_another_program_writes_is_told() {
    let place = Place::new();
    let loops = start(&place);
    place.heard.until(EVENTS, "the first news", |e| e["type"] == "engine");
    let other = Desk::open(&place.data(), Clock::system()).unwrap();
    place.heard.forget();
    let settings = other.settings().unwrap();
    other.save_settings(&settings).unwrap();
    place.heard.until(EVENTS, "that everything may be stale", |e| {
        e["type"] == "changed" && e["data"]["settings"] == true && e["data"]["levels"] == true && e["data"]["models"] == true
    });
    loops.end();
}

#[test]
fn a_model_that_goes_missing_is_trouble_until_it_is_back() {
    let place = Place::new();
    place.sample();
    let loops = start(&place);
    let model = place.folder.path().join("models/starter/gait-starter-q8_0.gguf");
    let away = place.folder.path().join("away.gguf");
    std::fs::rename(&model, &away).unwrap();
    let trouble = place.heard.until(EVENTS, "the trouble", |e| e["type"] == "trouble" && e["data"]["what"] == "model");
    assert!(trouble["data"]["message"].as_str().unwrap().contains("gait-starter"), "{trouble}");
    std::fs::rename(&away, &model).unwrap();
    place.heard.forget();
    place.heard.until(EVENTS, "that it is over", |e| e["type"] == "trouble" && e["data"] == Value::Null);
    loops.end();
}

#[test]
fn a_database_that_comes_right_is_opened_without_asking() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    std::fs::write(&data, b"").unwrap();
    let place = Place::at(folder, &data, Arc::new(flow::testing::ScriptedDrafter::echo(0.9)));
    let loops = start(&place);
    assert_eq!(place.ok("app_status", json!({}))["trouble"]["what"], "read_only");
    std::fs::remove_file(&data).unwrap();
    place.heard.forget();
    place.heard.until(EVENTS, "that it is over", |e| e["type"] == "trouble" && e["data"] == Value::Null);
    assert_eq!(place.ok("use_case_list", json!({})), json!([]));
    loops.end();
}
