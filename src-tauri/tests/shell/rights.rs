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
fn other_origins_and_commands_of_tauri_are_refused() {
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
