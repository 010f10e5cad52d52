//! Models by the page's commands: dropped, measured, verified, deleted, downloaded.

use crate::place::{Endless, Place, channel};
use serde_json::{Value, json};
use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

fn imported(place: &Place) -> (Value, PathBuf) {
    let path = place.folder.path().join("own.gguf");
    std::fs::write(&path, b"own").unwrap();
    (place.ok("model_import", json!({ "path": path })), path)
}

#[test]
fn a_model_says_what_it_is_and_needs() {
    let place = Place::new();
    let (model, path) = imported(&place);
    assert_eq!((&model["portrait"]["family"], &model["portrait"]["licence"]), (&json!("script"), &json!("unknown")));
    assert_eq!((&model["memory"]["sequences"], &model["memory"]["shapeKnown"]), (&json!(8), &json!(false)));
    assert!(model["memory"]["total"].as_i64() > model["memory"]["weights"].as_i64());
    assert_eq!((&model["deletable"], &model["measured"], &model["checked"]), (&json!(true), &Value::Null, &Value::Null));
    let look = place.ok("model_inspect", json!({ "path": path }));
    assert_eq!((&look["facts"]["name"], &look["portrait"]["pages"]), (&json!("Scripted"), &json!(2)));
}

#[test]
fn what_is_dropped_onto_the_window_reaches_the_page() {
    let place = Place::new();
    place.ok("subscribe", json!({ "onEvent": channel(5) }));
    let path = PathBuf::from("/home/mina/small.gguf");
    place.shell.dropped(std::slice::from_ref(&path));
    let event = place.heard.until(5, "the file that was dropped", |event| event["type"] == "dropped");
    assert_eq!(event["data"], json!({ "what": "model", "data": path }));
    place.heard.forget();
    place.shell.dropped(&[path.clone(), path]);
    let event = place.heard.until(5, "two files", |event| event["type"] == "dropped");
    assert_eq!(event["data"], json!({ "what": "several", "data": 2 }));
}

#[test]
fn a_model_is_measured_and_verified_with_progress_and_the_result_stays() {
    let place = Place::new();
    let (model, path) = imported(&place);
    let args = |token: &str, on: u32| json!({ "model": model["id"], "token": token, "onProgress": channel(on) });
    let measured = place.ok("model_measure", args("m", 7));
    assert_eq!(measured["measured"]["together"], 8);
    assert!(measured["measured"]["at"].as_i64() > Some(0));
    let steps: Vec<Value> = place.heard.on(7).iter().map(|p| p["step"].clone()).collect();
    for step in ["loading", "alone", "together"] {
        assert!(steps.contains(&json!(step)), "{step}: {steps:?}");
    }
    // A draft goes on after it.
    assert_eq!(place.ok("app_status", json!({}))["engine"]["activity"], "idle");
    assert_eq!(place.ok("model_verify", args("v", 8))["checked"]["same"], true);
    // As long as before, other content.
    std::fs::write(&path, b"OWN").unwrap();
    let checked = place.ok("model_verify", args("v", 8));
    assert_eq!(checked["checked"]["same"], false);
    assert!(checked["trouble"].as_str().unwrap().contains("no longer"), "{checked}");
    assert_eq!(place.heard.on(8).last().unwrap()["done"], 3);
    let listed = &place.ok("model_list", json!({}))[0];
    assert_eq!((&listed["measured"], &listed["checked"]), (&measured["measured"], &checked["checked"]));
    std::fs::remove_file(path).unwrap();
    place.fails("file", "model_verify", args("v", 9));
}

#[test]
fn a_measurement_can_be_stopped_and_leaves_drafting_as_it_was() {
    let place = Place::with(Arc::new(Endless));
    let (model, _) = imported(&place);
    place.ok("drafting_pause", json!({ "paused": true }));
    std::thread::scope(|scope| {
        let page = place.page.clone();
        scope.spawn(move || {
            page.heard.until(7, "the run to begin", |p| p["step"] == "loading");
            page.ok("job_cancel", json!({ "token": "m" }));
        });
        place.fails("cancelled", "model_measure", json!({ "model": model["id"], "token": "m", "onProgress": channel(7) }));
    });
    assert_eq!(place.ok("model_list", json!({}))[0]["measured"], Value::Null);
    assert_eq!(place.ok("app_status", json!({}))["engine"]["activity"], "paused", "as it was before");
}

#[test]
fn a_file_is_deleted_with_its_model_when_that_was_chosen() {
    let place = Place::new();
    let (model, path) = imported(&place);
    place.ok("model_remove", json!({ "model": model["id"], "deleteFile": false }));
    assert!(path.exists());
    let (model, path) = imported(&place);
    place.ok("model_remove", json!({ "model": model["id"], "deleteFile": true }));
    assert!(!path.exists());
    place.sample();
    let starter = place.ok("model_list", json!({}))[0]["id"].clone();
    place.fails("invalid", "model_remove", json!({ "model": starter, "deleteFile": true }));
}

/// A hub that gives every file this content, and counts who asks.
fn hub(content: &'static [u8], sha256: &'static str) -> (String, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let asked = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&asked);
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            count.fetch_add(1, Ordering::SeqCst);
            let mut stream = stream.unwrap();
            let mut lines = BufReader::new(stream.try_clone().unwrap()).lines();
            while lines.next().is_some_and(|line| line.is_ok_and(|line| !line.is_empty())) {}
            let head =
                format!("HTTP/1.1 200 OK\r\nConnection: close\r\nX-Linked-Etag: \"{sha256}\"\r\nContent-Length: {}\r\n\r\n", content.len());
            stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(content)).unwrap();
        }
    });
    (address, asked)
}

#[test]
fn a_model_is_downloaded_only_when_the_setting_is_on() {
    let (address, asked) = hub(b"weights", "aa00aa00aa00aa00aa00aa00aa00aa00aa00aa00aa00aa00aa00aa00aa00aa00");
    let place = Place::new();
    let download =
        json!({ "wanted": { "name": "mina/small/small.gguf", "revision": null, "sha256": null }, "token": "d", "onProgress": channel(7) });
    place.settings(json!({ "hub": { "on": false, "address": address } }));
    let said = place.fails("not_allowed", "hub_download", download.clone());
    assert!(said.contains("switched off"), "{said}");
    assert_eq!(asked.load(Ordering::SeqCst), 0, "no host is asked");

    place.settings(json!({ "hub": { "on": true, "address": address } }));
    let said = place.fails("hub", "hub_download", download);
    assert!(said.contains("not the file that was named"), "{said}");
    assert_eq!(place.ok("hub_unfinished", json!({})), json!([]));

    let mut right =
        json!({ "wanted": { "name": "mina/small/small.gguf", "revision": null, "sha256": null }, "token": "d", "onProgress": channel(7) });
    let (address, _) = hub(b"weights", WEIGHTS);
    place.settings(json!({ "hub": { "on": true, "address": address } }));
    let model = place.ok("hub_download", right.clone());
    assert!(model["origin"].as_str().unwrap().ends_with("/mina/small/small.gguf @ main"), "{model}");
    assert!(place.data().join("models/mina/small/small.gguf").is_file());
    assert!(place.heard.on(7).iter().any(|p| p["step"] == "receiving" && p["total"] == 7));
    place.fails("file", "hub_download", right.clone());
    right["wanted"]["name"] = json!("../../etc/passwd.gguf");
    place.fails("invalid", "hub_download", right.clone());
    place.settings(json!({ "role": "reviewer" }));
    place.fails("not_allowed", "hub_download", right);
    place.fails("not_allowed", "hub_discard", json!({ "name": "mina/small/small.gguf", "revision": "main" }));
    place.fails("not_allowed", "settings_save", {
        let mut settings = place.ok("app_status", json!({}))["settings"].clone();
        settings["hub"]["on"] = json!(false);
        json!({ "settings": settings })
    });
}

const WEIGHTS: &str = "9a129038d9a00aed0cf6a7ea059ca50a813449061ab87848cf1a13eafdf33b2c";
