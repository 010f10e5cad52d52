//! The same request is taken once, whatever happens to the answer.

use super::place::{connect, items, place};
use serde_json::json;
use std::collections::BTreeSet;
use std::io::Write;

fn key(text: &str) -> Vec<String> {
    vec![format!("Idempotency-Key: {text}")]
}

#[test]
fn d8_the_same_key_gets_the_same_answer_and_another_body_is_refused() {
    let p = place();
    let body = items(&[("1", "Where?"), ("2", " ")]);
    let first = p.post_with("/v1/items", &body, &key("k1"));
    let again = p.post_with("/v1/items", &body, &key("k1"));
    assert_eq!((first.status, &first.body), (again.status, &again.body));
    assert_eq!(first.status, 201, "the answer of the first time, not that it is known");
    let other = p.post_with("/v1/items", &items(&[("3", "Else")]), &key("k1"));
    assert_eq!((other.status, other.code().as_str()), (422, "key_reused"));
    assert_eq!(p.count(), 1);
}

#[test]
fn d8_the_answer_is_the_same_after_a_restart() {
    let p = place();
    let body = json!({ "use_case": "Replies", "items": [{ "fields": { "message": "No id of its own" } }] });
    let first = p.post_with("/v1/items", &body, &key("k1"));
    let p = p.restarted();
    let again = p.post_with("/v1/items", &body, &key("k1"));
    assert_eq!((first.status, first.body), (again.status, again.body));
    assert_eq!(p.count(), 1);
}

#[test]
fn d8_fifty_at_once_under_one_key_are_one_item() {
    let p = place();
    let body = json!({ "use_case": "Replies", "items": [{ "fields": { "message": "Where?" } }] });
    let answers: BTreeSet<(u16, String)> = std::thread::scope(|scope| {
        let asked: Vec<_> = (0..50).map(|_| scope.spawn(|| p.post_with("/v1/items", &body, &key("one")))).collect();
        asked.into_iter().map(|reply| reply.join().unwrap()).map(|reply| (reply.status, reply.body)).collect()
    });
    assert_eq!(answers.len(), 1, "{answers:?}");
    assert_eq!(p.count(), 1);
}

#[test]
fn d8_keys_that_are_none_are_refused() {
    let p = place();
    let body = items(&[("1", "Where?")]);
    for wrong in ["", &"k".repeat(256), "ключ", "tab\there"] {
        let reply = p.post_with("/v1/items", &body, &key(wrong));
        assert_eq!((reply.status, reply.code().as_str()), (400, "invalid"), "{wrong:?}");
    }
    let twice = [key("a"), key("b")].concat();
    assert_eq!(p.post_with("/v1/items", &body, &twice).status, 400, "two keys");
    let nul = super::place::ask(p.address(), p.posted("/v1/items", &body, &key("a\0b")).as_bytes());
    assert!(nul.is_none_or(|reply| reply.status == 400), "a NUL ends the connection");
    assert_eq!(p.count(), 0);
    assert_eq!(p.post_with("/v1/items", &body, &key(&"k".repeat(255))).status, 201, "255 are fine");
}

#[test]
fn d8_a_key_is_one_tokens_own() {
    let p = place();
    let other = super::place::token(&p.desk, "other", &[flow::token::Scope::Submit]);
    let body = json!({ "use_case": "Replies", "items": [{ "fields": { "message": "Where?" } }] });
    assert_eq!(p.post_with("/v1/items", &body, &key("k")).status, 201);
    let theirs = p.posted("/v1/items", &body, &key("k")).replace(&p.token, &other);
    assert_eq!(p.ask(&theirs).status, 201);
    assert_eq!(p.count(), 2, "under a key each asks for a request of its own");
}

#[test]
fn d9_a_client_that_dies_before_it_reads_the_answer_and_asks_again_has_one_item() {
    let p = place();
    let body = json!({ "use_case": "Replies", "items": [{ "fields": { "message": "Where?" } }] });
    let mut dies = connect(p.address());
    dies.write_all(p.posted("/v1/items", &body, &key("k")).as_bytes()).unwrap();
    dies.shutdown(std::net::Shutdown::Both).unwrap();
    drop(dies);
    let again = p.post_with("/v1/items", &body, &key("k"));
    assert_eq!(again.status, 201, "{again:?}");
    assert_eq!(p.count(), 1);
}

#[test]
fn the_same_content_without_id_and_key_is_the_same_request() {
    let p = place();
    let body = json!({ "use_case": "Replies", "items": [{ "fields": { "message": "Where?" } }] });
    assert_eq!(p.post("/v1/items", &body).status, 201);
    let again = p.post("/v1/items", &body);
    assert_eq!((again.status, &again.json()["items"][0]["status"]), (200, &json!("known")));
    assert_eq!(p.count(), 1);
}
