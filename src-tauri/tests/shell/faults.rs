//! A database that cannot be opened is a sentence in the window, and every command says so; it is tried again.

use crate::place::{Place, query};
use flow::testing::ScriptedDrafter;
use serde_json::{Value, json};
use std::sync::Arc;

fn check(place: &Place, what: &str, words: &str) {
    let status = place.ok("app_status", json!({}));
    assert_eq!(status["trouble"]["what"], what, "{status}");
    let message = status["trouble"]["message"].as_str().unwrap();
    assert!(message.contains(words), "{message}");
    assert_eq!(status["useCases"], json!([]));
    for (command, args) in [
        ("use_case_list", json!({})),
        ("queue_page", json!({ "query": query(1, "waiting") })),
        ("sample_install", json!({})),
        ("item_open", json!({ "item": 1 })),
        ("activity_page", json!({ "query": { "useCase": null, "offset": 0, "limit": 10 } })),
        ("settings_save", json!({ "settings": status["settings"] })),
    ] {
        assert_eq!(place.fails("storage", command, args), message, "{command}");
    }
}

#[test]
fn a_foreign_file_in_the_place_of_the_database_is_named_and_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    std::fs::create_dir_all(&data).unwrap();
    let words = "something else, and long enough to be taken for a page of a database. ".repeat(20);
    std::fs::write(data.join("gait.db"), &words).unwrap();
    let place = Place::at(folder, &data, Arc::new(ScriptedDrafter::echo(0.9)));
    check(&place, "database", "not a Gait database");
    assert_eq!(std::fs::read_to_string(data.join("gait.db")).unwrap(), words);

    // Moved away, the next look finds all well.
    std::fs::remove_file(data.join("gait.db")).unwrap();
    assert_eq!(place.ok("app_status", json!({}))["trouble"], Value::Null);
    assert_eq!(place.ok("use_case_list", json!({})), json!([]));
}

#[test]
fn a_folder_that_cannot_be_written_is_named() {
    let folder = tempfile::tempdir().unwrap();
    // Permissions do not bind root; a file in the place of the folder binds everybody.
    let data = folder.path().join("data");
    std::fs::write(&data, b"").unwrap();
    let place = Place::at(folder, &data, Arc::new(ScriptedDrafter::echo(0.9)));
    check(&place, "read_only", &data.display().to_string());
    std::fs::remove_file(&data).unwrap();
    assert_eq!(place.ok("app_status", json!({}))["trouble"], Value::Null);
}

#[test]
fn a_panic_in_a_command_is_an_error_like_any_other() {
    let place = Place::with(Arc::new(ScriptedDrafter::new(|_| panic!("a mistake of ours"))));
    let case = place.ok("sample_install", json!({}));
    let args = json!({ "input": case, "fields": [], "token": "t", "onToken": crate::place::channel(1) });
    place.fails("internal", "use_case_try", args);
    assert_eq!(place.ok("use_case_list", json!({})).as_array().unwrap().len(), 1, "the program goes on");
}
