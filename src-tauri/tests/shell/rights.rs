//! What the page may call, and what it may not.

use crate::place::Place;
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// The commands under the access list, from the build script.
fn commands() -> Vec<&'static str> {
    env!("GAIT_COMMANDS").split(',').collect()
}

#[test]
fn build_script_capability_and_bindings_name_the_same_commands() {
    let ours: BTreeSet<String> = commands().into_iter().map(str::to_owned).collect();
    let capability: Value = serde_json::from_str(include_str!("../../capabilities/main.json")).unwrap();
    let allowed: BTreeSet<String> = capability["permissions"]
        .as_array()
        .unwrap()
        .iter()
        .map(|p| p.as_str().unwrap().strip_prefix("allow-").expect("only commands of ours").replace('-', "_"))
        .collect();
    assert_eq!(ours, allowed);
    let bindings = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../ui/src/generated/bindings.ts")).unwrap();
    let called: BTreeSet<String> =
        bindings.split("__TAURI_INVOKE(\"").skip(1).filter_map(|rest| rest.split('"').next()).map(str::to_owned).collect();
    assert_eq!(ours, called);
}

#[test]
fn every_command_is_handled() {
    let place = Place::new();
    for command in commands() {
        // Without its arguments: refused for these, not as unknown or forbidden.
        if let Err(said) = place.ask(command, json!({})) {
            let said = said.to_string();
            assert!(!said.contains("not found") && !said.contains("not allowed"), "{command}: {said}");
        }
    }
}

#[test]
fn d14_other_origins_and_commands_of_tauri_are_refused() {
    let place = Place::new();
    for command in commands() {
        let said = place.ask_from("https://elsewhere.example", command, json!({})).unwrap_err().to_string();
        assert!(said.contains("not allowed"), "{command}: {said}");
    }
    for command in [
        "plugin:window|close",
        "plugin:window|set_title",
        "plugin:webview|create_webview_window",
        "plugin:event|listen",
        "plugin:event|emit",
        "plugin:path|resolve_directory",
        "plugin:app|version",
        "plugin:resources|close",
        "plugin:image|from_path",
        "plugin:menu|new",
        "plugin:tray|new",
        "plugin:dialog|open",
        "plugin:fs|read_file",
        "no_such_command",
    ] {
        let said = place.ask(command, json!({})).unwrap_err().to_string();
        assert!(said.contains("not allowed") || said.contains("not found"), "{command}: {said}");
    }
}

#[test]
fn d14_a_second_window_may_call_nothing() {
    let place = Place::new();
    let second = place.second_window();
    for command in commands() {
        let said = second.ask(command, json!({})).unwrap_err().to_string();
        assert!(said.contains("not allowed"), "{command}: {said}");
    }
}

#[test]
fn d14_a_reviewer_is_refused_by_the_core_what_is_an_admins() {
    let place = Place::new();
    let case = place.sample();
    let item = place.next(case);
    let input = place.ok("use_case_list", json!({}))[0].clone();
    place.settings(json!({ "role": "reviewer" }));
    let charter = place.ok("charter_view", json!({ "useCase": case }))["versions"][0].clone();
    let rules = place.ok("hold_rules_view", json!({ "useCase": case }));
    let of_case = [
        ("level_move", json!({ "to": "run", "reason": "because", "withoutEvidence": true })),
        ("charter_save", json!({ "from": charter["n"], "charter": charter["charter"], "note": "mine" })),
        ("hold_rules_save", json!({ "from": rules["n"], "rules": rules["rules"] })),
        ("stream_resume", json!({})),
        ("cap_set", json!({ "perHour": 1000 })),
        ("audit_settings_save", json!({ "share": 0.0, "dueHours": 8 })),
        ("notice_sink_save", json!({ "path": null })),
        ("calibrate", json!({})),
        ("threshold_by_set", json!({ "by": "ladder" })),
        ("reviewers_settings_save", json!({ "reReviewShare": 0.0, "goldShare": 0.0 })),
        ("seed_items", json!({ "count": 1, "fault": null })),
        ("folder_watch", json!({ "path": "/tmp", "field": "message" })),
    ];
    let others = [
        ("use_case_save", json!({ "input": input })),
        ("seed_from", json!({ "item": item["id"], "text": "Ask me.", "note": "" })),
        ("model_import", json!({ "path": "/tmp/x.gguf" })),
        ("model_remove", json!({ "model": 1, "deleteFile": true })),
        ("hub_discard", json!({ "name": "mina/small/small.gguf", "revision": "main" })),
        ("allowed_save", json!({ "allowed": { "webhooks": [], "commands": [] } })),
        ("sink_secret", json!({ "id": 1 })),
        ("sink_secret_change", json!({ "id": 1 })),
        ("sink_test", json!({ "id": 1 })),
        ("deliveries_retry", json!({ "ids": [1] })),
        ("api_save", json!({ "setting": { "on": true, "port": 0, "v6": false } })),
        ("api_token_revoke", json!({ "id": 1 })),
    ];
    let with_case = of_case.map(|(command, mut what)| {
        what["useCase"] = case.into();
        (command, what)
    });
    for (command, what) in with_case.into_iter().chain(others) {
        place.fails("not_allowed", command, what);
    }
}

#[test]
fn d14_a_reviewer_sees_of_an_address_only_whose_it_is() {
    let place = Place::new();
    place.sample();
    place.ok("allowed_save", json!({ "allowed": { "webhooks": ["https://hooks.example.org"], "commands": [] } }));
    let mut input = place.ok("use_case_list", json!({}))[0].clone();
    input["sinks"] = json!([{ "kind": "webhook", "path": "https://hooks.example.org/T0/a-key-in-the-path", "audience": null }]);
    place.ok("use_case_save", json!({ "input": input }));
    let told = |command| place.ok(command, json!({})).to_string();
    assert!(told("use_case_list").contains("a-key-in-the-path") && told("app_status").contains("a-key-in-the-path"), "an admin does");
    place.settings(json!({ "role": "reviewer" }));
    for command in ["use_case_list", "app_status"] {
        let told = told(command);
        assert!(told.contains("https://hooks.example.org") && !told.contains("a-key-in-the-path"), "{command}: {told}");
    }
}
