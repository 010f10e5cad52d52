//! The local API's switch and its tokens, as the page sets them.

use crate::place::Place;
use serde_json::{Value, json};
use std::net::{TcpListener, TcpStream};

fn setting(on: bool, port: u16) -> Value {
    json!({ "setting": { "on": on, "port": port, "v6": false } })
}

fn answers(port: u16) -> bool {
    TcpStream::connect(("127.0.0.1", port)).is_ok()
}

#[test]
fn it_listens_while_it_is_on_and_a_port_that_is_taken_is_said() {
    let place = Place::new();
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port();
    let view = place.ask("api_view", json!({})).unwrap();
    assert_eq!((&view["setting"]["on"], &view["address"]), (&json!(false), &json!(null)), "off as it comes");
    let view = place.ask("api_save", setting(true, port)).unwrap();
    assert!(view["problem"].as_str().unwrap().contains("taken by another program"), "{view}");
    drop(taken);
    let view = place.ask("api_save", setting(true, port)).unwrap();
    assert_eq!((&view["problem"], &view["address"]), (&json!(null), &json!(format!("http://127.0.0.1:{port}"))));
    assert!(answers(port));
    let view = place.ask("api_save", setting(false, port)).unwrap();
    assert_eq!(view["address"], json!(null));
    assert!(!answers(port), "nothing listens any more");
    assert!(place.ask("api_save", setting(true, 80)).unwrap_err().to_string().contains("1024"));
}

#[test]
fn a_token_is_shown_once_and_only_to_admins() {
    let place = Place::new();
    let token = json!({ "token": { "name": "shop", "scopes": ["submit", "read"], "days": 30 } });
    let made = place.ask("api_token_create", token.clone()).unwrap();
    let text = made["text"].as_str().unwrap();
    assert!(text.starts_with("gait_") && !made["view"].to_string().contains(&text[14..]), "{made}");
    assert_eq!(made["view"]["tokens"][0]["scopes"], json!(["submit", "read"]));
    let id = made["view"]["tokens"][0]["id"].clone();
    let view = place.ask("api_token_revoke", json!({ "id": id })).unwrap();
    assert!(view["tokens"][0]["revokedAt"].is_i64(), "{view}");

    let mut settings = place.ask("app_status", json!({})).unwrap()["settings"].clone();
    settings["role"] = json!("reviewer");
    place.ask("settings_save", json!({ "settings": settings })).unwrap();
    for (command, what) in [("api_token_create", token), ("api_token_revoke", json!({ "id": id })), ("api_save", setting(true, 4248))] {
        assert_eq!(place.ask(command, what).unwrap_err()["code"], "not_allowed", "{command}");
    }
}
