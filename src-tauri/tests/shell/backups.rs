//! Copies of the database, asked for by the window: also while it cannot be opened.

use crate::place::Place;
use flow::testing::ScriptedDrafter;
use serde_json::{Value, json};
use std::sync::Arc;

#[test]
fn a_backup_is_made_listed_and_put_back_with_what_is_lost_said_before() {
    let place = Place::new();
    assert_eq!(place.ok("backup_list", json!({})), json!([]));
    place.ok("sample_install", json!({}));
    let made = place.ok("backup_make", json!({}));
    assert_eq!((made["kind"].as_str(), &made["trouble"]), (Some("kept"), &Value::Null), "{made}");
    let name = json!({ "name": made["name"] });
    let loss = place.ok("backup_loss", name.clone());
    assert_eq!((&loss["items"], &loss["decisions"]), (&json!(0), &json!(0)), "{loss}");
    let kept = place.ok("backup_restore", name);
    assert!(kept.as_str().unwrap().starts_with("replaced-"), "{kept}");
    assert_eq!(place.ok("backup_list", json!({})).as_array().unwrap().len(), 2);
    let found = place.ok("database_check", json!({}));
    assert!(found.as_array().unwrap().iter().any(|one| one["what"].as_str().unwrap().contains("seals")), "{found}");
    place.fails("not_found", "backup_restore", json!({ "name": "gait-none.db" }));
    place.fails("invalid", "everything_export", json!({ "folder": "not/in/full", "token": "t" }));
}

#[test]
fn a_database_that_cannot_be_opened_is_put_back_from_the_window() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let desk = flow::Desk::open(&data, flow::Clock::system()).unwrap();
    let name = desk.back_up(&flow::model::Cancel::default()).unwrap().name;
    drop(desk);
    std::fs::write(data.join("gait.db"), "something else").unwrap();
    let place = Place::at(folder, &data, Arc::new(ScriptedDrafter::echo(0.9)));
    assert_eq!(place.ok("app_status", json!({}))["trouble"]["what"], "database");
    assert_eq!(place.ok("backup_list", json!({}))[0]["name"], name.as_str());
    assert_eq!(place.ok("backup_loss", json!({ "name": name })), Value::Null, "it cannot be counted");
    let kept = place.ok("backup_restore", json!({ "name": name }));
    assert!(kept.as_str().unwrap().starts_with("aside-"), "{kept}");
    assert_eq!(place.ok("app_status", json!({}))["trouble"], Value::Null, "and the window goes on with it");
}

#[test]
fn what_is_only_not_for_this_version_is_not_replaced_from_the_window() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let desk = flow::Desk::open(&data, flow::Clock::system()).unwrap();
    let name = desk.back_up(&flow::model::Cancel::default()).unwrap().name;
    drop(desk);
    let path = data.join("gait.db");
    let mut bytes = std::fs::read(&path).unwrap();
    // The number of the version, in the head of the file.
    bytes[60..64].copy_from_slice(&9_999_u32.to_be_bytes());
    std::fs::write(&path, &bytes).unwrap();
    let place = Place::at(folder, &data, Arc::new(ScriptedDrafter::echo(0.9)));
    let said = place.fails("storage", "backup_restore", json!({ "name": name }));
    assert!(said.contains("newer Gait"), "{said}");
    assert!(std::fs::read(&path).unwrap() == bytes, "nothing was changed");
}
