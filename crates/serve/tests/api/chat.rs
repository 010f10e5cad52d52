//! A use case as a model: what clients of OpenAI's API ask.

use super::place::{Place, place};
use flow::review::Verdict;
use serde_json::{Value, json};
use std::time::Duration;

fn ask(text: &str, gait: Value) -> Value {
    json!({ "model": "Replies", "messages": [{ "role": "user", "content": text }], "temperature": 0.2, "gait": gait })
}

/// Asks on another thread, and has it drafted as soon as it is there.
fn asked_meanwhile(p: &Place, body: &Value, then: impl FnOnce()) -> super::place::Reply {
    std::thread::scope(|scope| {
        let waiting = scope.spawn(|| p.post("/v1/chat/completions", body));
        super::place::until("the item", || p.count() > 0);
        p.draft();
        then();
        waiting.join().unwrap()
    })
}

#[test]
fn the_answer_is_the_text_that_was_approved() {
    let p = place();
    let reply = asked_meanwhile(&p, &ask("Where?", json!({})), || {
        p.decide(Verdict::Edit, Some("It is on its way."));
        p.deliver();
    });
    let answer = reply.json();
    assert_eq!((reply.status, &answer["object"], &answer["model"]), (200, &json!("chat.completion"), &json!("Replies")));
    assert_eq!(answer["choices"][0]["message"], json!({ "role": "assistant", "content": "It is on its way." }));
    assert_eq!(answer["choices"][0]["finish_reason"], "stop");
    assert_eq!((&answer["usage"]["prompt_tokens"], &answer["gait"]["verdict"]), (&json!(7), &json!("edit")));
}

#[test]
fn a_rejection_is_an_error_that_clients_read() {
    let p = place();
    let reply = asked_meanwhile(&p, &ask("Where?", json!({})), || {
        p.decide(Verdict::Reject, None);
        p.hand.advance(Duration::from_secs(11));
        // The end of the time is nothing that is written; another decision wakes who waits.
        p.submit("other");
        p.draft();
        p.decide(Verdict::Approve, None);
    });
    assert_eq!((reply.status, reply.code().as_str()), (422, "rejected"));
    let error = &reply.json()["error"];
    assert_eq!((&error["code"], &error["type"]), (&json!("rejected"), &json!("invalid_request_error")));
    assert!(error["message"].as_str().unwrap().contains("wrong"), "{error}");
}

#[test]
fn who_does_not_wait_gets_an_id_and_asks_later() {
    let p = place();
    let at_once = p.post("/v1/chat/completions", &ask("Where?", json!({ "wait": false })));
    assert_eq!((at_once.status, &at_once.json()["choices"]), (202, &json!([])));
    let later = at_once.header("location").unwrap().to_owned();
    assert_eq!(at_once.json()["gait"]["ask"], json!(later));
    assert_eq!(p.get(&later).status, 202);
    p.draft();
    p.decide(Verdict::Approve, None);
    p.deliver();
    let answer = p.get(&later);
    assert_eq!((answer.status, &answer.json()["choices"][0]["message"]["content"]), (200, &json!("Re: Where?")));

    let body = ask("And where now?", json!(null));
    let body = json!({ "model": body["model"], "messages": body["messages"] });
    let preferred = p.post_with("/v1/chat/completions", &body, &["Prefer: respond-async".to_owned()]);
    assert_eq!(preferred.status, 202, "{preferred:?}");
    let over = p.post("/v1/chat/completions", &ask("And when?", json!({ "wait": 1 })));
    assert_eq!((over.status, &over.json()["gait"]["state"]), (202, &json!("pending")), "the time is over");
}

#[test]
fn a_question_asked_twice_is_two_items_and_under_a_key_it_is_one() {
    let p = place();
    let body = ask("Where?", json!({ "wait": false }));
    let uid = |reply: super::place::Reply| reply.json()["gait"]["item"].as_str().unwrap().to_owned();
    assert_ne!(uid(p.post("/v1/chat/completions", &body)), uid(p.post("/v1/chat/completions", &body)));
    let key = ["Idempotency-Key: k".to_owned()];
    assert_eq!(uid(p.post_with("/v1/chat/completions", &body, &key)), uid(p.post_with("/v1/chat/completions", &body, &key)));
    assert_eq!(p.count(), 3);
}

#[test]
fn a_stream_brings_signs_of_life_and_then_the_text() {
    let p = place();
    let mut body = ask("Where?", json!({}));
    body["stream"] = json!(true);
    body["stream_options"] = json!({ "include_usage": true });
    let reply = asked_meanwhile(&p, &body, || {
        p.decide(Verdict::Approve, None);
        p.deliver();
    });
    assert_eq!((reply.status, reply.header("content-type")), (200, Some("text/event-stream")));
    assert!(reply.body.starts_with(": "), "{}", reply.body);
    let data: Vec<&str> = reply.body.lines().filter_map(|line| line.strip_prefix("data: ")).collect();
    let chunk = |n: usize| serde_json::from_str::<Value>(data[n]).unwrap();
    assert_eq!(chunk(0)["choices"][0]["delta"], json!({ "role": "assistant", "content": "Re: Where?" }));
    assert_eq!(chunk(1)["choices"][0]["finish_reason"], "stop");
    assert_eq!(chunk(2)["usage"]["prompt_tokens"], 7);
    assert_eq!((data.len(), data[3]), (4, "[DONE]"));
}

#[test]
fn a_stream_whose_time_is_over_says_where_to_ask_and_is_no_empty_answer() {
    let p = place();
    let mut body = ask("Where?", json!({ "wait": 0 }));
    body["stream"] = json!(true);
    let reply = p.post("/v1/chat/completions", &body);
    let data: Vec<&str> = reply.body.lines().filter_map(|line| line.strip_prefix("data: ")).collect();
    let error = &serde_json::from_str::<Value>(data[0]).unwrap()["error"];
    assert_eq!((&error["code"], data[1]), (&json!("pending"), "[DONE]"), "{}", reply.body);
    assert!(error["message"].as_str().unwrap().contains("/v1/chat/completions/chatcmpl-"), "{error}");
}

#[test]
fn fields_can_be_given_and_what_would_not_be_done_is_refused() {
    let p = place();
    let gait = json!({ "wait": false, "fields": { "name": "Kim" }, "id": "C-1", "audience": "internal", "slice": "chat", "priority": 5 });
    let uid = p.post("/v1/chat/completions", &ask("Where?", gait)).json()["gait"]["item"].as_str().unwrap().to_owned();
    let item = p.get(&format!("/v1/items/{uid}")).json();
    assert_eq!(item["fields"], json!({ "message": "Where?", "name": "Kim" }));
    assert_eq!(
        (&item["external_id"], &item["audience"], &item["slice"], &item["priority"]),
        (&json!("C-1"), &json!("internal"), &json!("chat"), &json!(5))
    );
    for (member, value) in [
        ("n", json!(2)),
        ("tools", json!([{ "type": "function" }])),
        ("response_format", json!({ "type": "json_object" })),
        ("messages", json!([])),
        ("gait", json!({ "wait": 601 })),
        ("gait", json!({ "wiat": 1 })),
    ] {
        let mut body = ask("Where?", json!({ "wait": false }));
        body[member] = value.clone();
        let reply = p.post("/v1/chat/completions", &body);
        assert_eq!(reply.status, 400, "{member} {value}: {reply:?}");
        assert!(reply.json()["error"]["message"].is_string(), "{reply:?}");
    }
    let mut other = ask("Where?", json!({ "wait": false }));
    other["model"] = json!("gpt-4");
    assert_eq!(p.post("/v1/chat/completions", &other).status, 404);
    assert_eq!(p.count(), 1);
}
