//! The codes that the page acts on, each by what brings it about.

use crate::place::{Endless, Place, channel, decision};
use serde_json::json;
use std::sync::Arc;

#[test]
fn a_second_claim_fences_the_first() {
    let place = Place::new();
    let case = place.sample();
    let first = place.next(case);
    let again = place.ok("item_open", json!({ "item": first["id"] }));
    assert_eq!(again["lease"]["epoch"], first["lease"]["epoch"], "a second look of the same person is the same claim");
    place.ok("item_release", json!({ "item": first["id"], "epoch": first["lease"]["epoch"] }));
    let second = place.ok("item_open", json!({ "item": first["id"] }));
    assert!(second["lease"]["epoch"].as_i64() > first["lease"]["epoch"].as_i64());
    place.fails("stale", "item_heartbeat", json!({ "item": first["id"], "epoch": first["lease"]["epoch"] }));
    place.fails("stale", "item_decide", decision(&first, "approve", None));
    place.ok("item_decide", decision(&second, "approve", None));
    place.fails("stale", "item_decide", decision(&second, "approve", None));
}

#[test]
fn what_is_held_by_another_person_is_read_only() {
    let place = Place::new();
    place.settings(json!({ "person": "Ada" }));
    let case = place.sample();
    let hers = place.next(case);
    place.settings(json!({ "person": "Ben", "role": "reviewer" }));
    let seen = place.ok("item_open", json!({ "item": hers["id"] }));
    assert_eq!((&seen["lease"], &seen["heldBy"]), (&json!(null), &json!("Ada")));
    place.fails("stale", "item_decide", decision(&hers, "approve", None));
    assert_ne!(place.next(case)["id"], hers["id"]);
}

#[test]
fn a_decision_is_taken_back_until_its_text_is_out() {
    let place = Place::new();
    place.settings(json!({ "undoSeconds": 0 }));
    let case = place.sample();
    place.fails("nothing_to_undo", "item_undo", json!({ "useCase": case }));
    let item = place.next(case);
    place.ok("item_decide", decision(&item, "approve", None));
    let desk = place.shell.desk().unwrap();
    while desk.deliver_one().unwrap() != flow::deliver::Delivered::Nothing {}
    let said = place.fails("already_delivered", "item_undo", json!({ "useCase": case }));
    assert!(said.contains("already out"), "{said}");
}

#[test]
fn a_reviewer_raises_no_level_and_changes_no_use_case() {
    let place = Place::new();
    let case = place.sample();
    place.settings(json!({ "person": "Ben", "role": "reviewer" }));
    for without in [false, true] {
        let raise = json!({ "useCase": case, "to": "walk", "reason": "why not", "withoutEvidence": without });
        place.fails("not_allowed", "level_move", raise);
    }
    let input = place.ok("use_case_list", json!({}))[0].clone();
    place.fails("not_allowed", "use_case_save", json!({ "input": input }));
    place.fails("not_allowed", "model_import", json!({ "path": "/tmp/x.gguf" }));
}

#[test]
fn what_cannot_be_is_said_with_the_field() {
    let place = Place::new();
    let case = place.sample();
    let mut input = place.ok("use_case_list", json!({}))[0].clone();
    input["template"] = json!("{{ message");
    let said = place.fails("invalid", "use_case_save", json!({ "input": input }));
    assert!(said.contains("emplate"), "{said}");
    place.fails("invalid", "level_move", json!({ "useCase": case, "to": "crawl", "reason": "again", "withoutEvidence": false }));
    place.fails("invalid", "level_move", json!({ "useCase": case, "to": "run", "reason": " ", "withoutEvidence": true }));
    place.fails("invalid", "level_move", json!({ "useCase": case, "to": "walk", "reason": "no evidence", "withoutEvidence": false }));
    let settings = place.ok("app_status", json!({}))["settings"].clone();
    let mut nameless = settings.clone();
    nameless["person"] = json!("");
    place.fails("invalid", "settings_save", json!({ "settings": nameless }));
    let source = json!({ "path": "/tmp/x.csv", "format": "csv", "delimiter": ";;" });
    place.fails("invalid", "import_preview", json!({ "source": source }));
    place.fails(
        "invalid",
        "export_run",
        json!({ "useCase": case, "format": "sft", "path": "relative.jsonl", "token": "t", "onProgress": channel(1) }),
    );
    let used = place.ok("model_list", json!({}))[0]["id"].clone();
    place.fails("invalid", "model_remove", json!({ "model": used, "deleteFile": false }));
    let item = place.next(case);
    place.fails("invalid", "item_decide", decision(&item, "edit", Some("  ")));
    place.fails("invalid", "item_escalate", json!({ "item": item["id"], "epoch": item["lease"]["epoch"], "note": "" }));
    place.fails("not_found", "overview", json!({ "useCase": 4711 }));
    place.fails("not_found", "item_open", json!({ "item": 4711 }));
    let mut settings = place.ok("app_status", json!({}))["settings"].clone();
    settings["keys"] = json!({ "approve": "e" });
    place.fails("invalid", "settings_save", json!({ "settings": settings }));
    place.fails("not_found", "draft_tokens", json!({ "draft": 4711 }));
    let shapeless = place.ask("item_open", json!({ "item": "one" })).unwrap_err();
    assert!(shapeless.as_str().unwrap().contains("invalid args"), "{shapeless}");
}

#[test]
fn a_file_that_is_not_what_it_should_be_is_named() {
    let place = Place::new();
    let case = place.sample();
    let gone = place.folder.path().join("gone.csv");
    let source = json!({ "path": gone, "format": null, "delimiter": null });
    let said = place.fails("file", "import_preview", json!({ "source": source }));
    assert!(said.contains("gone.csv"), "{said}");
    place.fails("model", "model_inspect", json!({ "path": place.folder.path().join("gone.gguf") }));
    place.fails("model", "model_import", json!({ "path": place.folder.path().join("gone.gguf") }));
    let path = place.folder.path().join("no/such/folder/x.jsonl");
    place.fails(
        "file",
        "export_run",
        json!({ "useCase": case, "format": "decisions", "path": path, "token": "t", "onProgress": channel(1) }),
    );
}

#[test]
fn a_stream_is_stopped_by_its_token() {
    let place = Place::with(Arc::new(Endless));
    let case = place.ok("sample_install", json!({}));
    let args = json!({ "input": case, "fields": [{ "name": "message", "value": "Hello" }], "token": "mine", "onToken": channel(5) });
    let page = place.page.clone();
    let trying = std::thread::spawn(move || page.fails("cancelled", "use_case_try", args));
    place.heard.until(5, "the first words", |event| event.is_string());
    place.ok("job_cancel", json!({ "token": "another" }));
    assert!(!trying.is_finished(), "another token stops nothing");
    place.ok("job_cancel", json!({ "token": "mine" }));
    trying.join().unwrap();
    let pieces = place.heard.on(5).len();
    assert!(pieces < 2_000, "words are sent together, a frame at a time: {pieces} pieces");
}
