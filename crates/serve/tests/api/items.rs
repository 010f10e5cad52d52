//! Requests come in, and what became of them is read.

use super::place::{config, items, place, place_with};
use flow::review::Verdict;
use serde_json::json;

#[test]
fn a_request_comes_in_is_drafted_decided_and_goes_out() {
    let p = place();
    let body = json!({ "use_case": "Replies", "items": [{ "id": "A-1", "fields": { "message": "Where?", "name": "Kim" }, "audience": "internal",
        "slice": "orders", "priority": 7 }] });
    let taken = p.post("/v1/items", &body);
    assert_eq!(taken.status, 201, "{taken:?}");
    let uid = taken.json()["items"][0]["uid"].as_str().unwrap().to_owned();

    let item = p.get(&format!("/v1/items/{uid}")).json();
    assert_eq!(
        (&item["state"], &item["audience"], &item["slice"], &item["priority"]),
        (&json!("received"), &json!("internal"), &json!("orders"), &json!(7))
    );
    assert_eq!(item["fields"], json!({ "message": "Where?", "name": "Kim" }));

    p.draft();
    let item = p.get(&format!("/v1/items/{uid}")).json();
    assert_eq!(item["drafts"][0]["text"], "Re: Where?");
    assert_eq!(item["decision"], json!(null));

    p.decide(Verdict::Edit, Some("It is on its way."));
    let item = p.get(&format!("/v1/items/{uid}")).json();
    assert_eq!((&item["decision"]["verdict"], &item["decision"]["final"]), (&json!("edit"), &json!(false)));
    assert_eq!(item["decision"]["text"], json!(null), "it can still be taken back");
    let waiting = p.get(&format!("/v1/items/{uid}/decision")).json();
    assert_eq!(waiting["decision"], json!(null));

    p.deliver();
    let item = p.get(&format!("/v1/items/{uid}")).json();
    assert_eq!((&item["state"], &item["decision"]["final"]), (&json!("delivered"), &json!(true)));
    assert_eq!((&item["deliveries"][0]["state"], &item["decision"]["text"]), (&json!("done"), &json!("It is on its way.")));
    let decided = p.get(&format!("/v1/items/{uid}/decision")).json();
    assert_eq!(decided["decision"]["text"], "It is on its way.");
}

#[test]
fn a_request_that_is_refused_stops_none_of_the_others() {
    let p = place();
    let body = json!({ "use_case": "Replies", "items": [
        { "id": "1", "fields": { "message": "Good" } },
        { "id": "2", "fields": { "message": " " } },
        { "id": "3", "fields": { "message": "With \u{0} in it" } },
        { "id": "4", "fields": { "message": "Far" }, "priority": 101 },
        { "id": "", "fields": { "message": "No id" } },
        { "id": "5", "fields": { "message": "Good too" } },
    ] });
    let taken = p.post("/v1/items", &body);
    assert_eq!(taken.status, 201, "{taken:?}");
    let taken = taken.json();
    assert_eq!((&taken["accepted"], &taken["known"], &taken["refused"]), (&json!(2), &json!(0), &json!(4)));
    let reason = |n: usize| taken["items"][n]["reason"].as_str().unwrap_or_default().to_owned();
    assert!(reason(1).contains("expected text") && reason(2).contains("fields.message: holds a NUL"), "{taken}");
    assert!(reason(3).contains("priority") && reason(4).starts_with("id:"), "{taken}");
    assert_eq!(p.count(), 2);

    let again = p.post("/v1/items", &body).json();
    assert_eq!((&again["accepted"], &again["known"]), (&json!(0), &json!(2)), "what was taken is known");
    let other = p.post("/v1/items", &items(&[("1", "Another text")]));
    assert_eq!((other.status, other.code().as_str()), (422, "nothing_taken"));
    assert!(other.json()["items"][0]["reason"].as_str().unwrap().contains("known with another content"), "{other:?}");
}

#[test]
fn b11_a_member_of_another_kind_is_refused_with_its_path() {
    let p = place();
    for (value, path) in [
        (json!({}), "items[0].fields.message"),
        (json!([]), "items[0].fields.message"),
        (json!(null), "items[0].fields.message"),
        (json!(5), "items[0].fields.message"),
        (json!(true), "items[0].fields.message"),
    ] {
        let reply = p.post("/v1/items", &json!({ "use_case": "Replies", "items": [{ "fields": { "message": value } }] }));
        assert_eq!((reply.status, reply.code().as_str()), (400, "invalid"), "{value}");
        assert!(reply.json()["detail"].as_str().unwrap().contains(path), "{value}: {reply:?}");
    }
    assert_eq!(p.count(), 0);
}

#[test]
fn b5_b9_b12_names_are_plain_data_numbers_are_no_ids_and_unknown_members_are_named() {
    let p = place();
    let names = json!({ "use_case": "Replies", "items": [{ "id": "9007199254740993", "fields": { "__proto__": "a", "constructor": "b", "toString": "c" } }] });
    let uid = p.post("/v1/items", &names).json()["items"][0]["uid"].as_str().unwrap().to_owned();
    let item = p.get(&format!("/v1/items/{uid}")).json();
    assert_eq!((&item["external_id"], &item["fields"]["__proto__"]), (&json!("9007199254740993"), &json!("a")));
    for body in [
        json!({ "use_case": "Replies", "items": [{ "id": 9_007_199_254_740_993_u64, "fields": { "message": "x" } }] }),
        json!({ "use_case": "Replies", "schema_version": 9, "items": [{ "fields": { "message": "x" } }] }),
        json!({ "use_case": "Replies", "items": [{ "fields": { "message": "x" }, "priorty": 3 }] }),
    ] {
        assert_eq!(p.post("/v1/items", &body).status, 400, "{body}");
    }
    assert_eq!(p.count(), 1);
}

#[test]
fn what_is_not_there_is_said() {
    let p = place();
    let none = p.post("/v1/items", &json!({ "use_case": "Nothing", "items": [{ "fields": { "message": "x" } }] }));
    assert_eq!((none.status, none.code().as_str()), (404, "not_found"));
    assert_eq!(p.post("/v1/items", &json!({ "use_case": "Replies", "items": [] })).status, 400);
    assert_eq!(p.get("/v1/items/0190").status, 404);
    assert_eq!(p.get("/v1/items/0190/decision").status, 404);
}

#[test]
fn use_cases_and_the_description_are_listed() {
    let p = place();
    p.submit("1");
    let cases = p.get("/v1/use-cases").json();
    assert_eq!(cases["use_cases"][0]["name"], "Replies");
    assert_eq!(cases["use_cases"][0]["waiting_for_draft"], 1);
    assert_eq!(p.get("/v1/models").json()["data"][0]["id"], "Replies");
    let health = p.ask(&super::place::request("GET", "/v1/health", &p.host(), &[], ""));
    assert_eq!((health.status, &health.json()["status"]), (200, &json!("ok")));
}

#[test]
fn a_text_without_a_sink_is_final_when_it_can_no_longer_be_taken_back() {
    let p = place_with(false, &config());
    let uid = p.submit("1");
    p.draft();
    p.decide(Verdict::Approve, None);
    assert_eq!(p.get(&format!("/v1/items/{uid}/decision")).json()["decision"], json!(null));
    p.deliver();
    let decided = p.get(&format!("/v1/items/{uid}/decision")).json();
    assert_eq!(decided["decision"]["text"], "Re: Where is my order?");
    let listed = p.get("/v1/deliveries").json();
    assert_eq!((&listed["deliveries"][0]["item"], &listed["deliveries"][0]["delivered_at"]), (&json!(uid), &json!(null)));
}

#[test]
fn every_path_of_the_description_is_served_and_every_reference_in_it_is_there() {
    let p = place();
    let document = p.ask(&super::place::request("GET", "/openapi.json", &p.host(), &[], "")).json();
    assert_eq!(document["openapi"], "3.1.0");
    let mut paths = 0;
    for (path, methods) in document["paths"].as_object().unwrap() {
        for method in methods.as_object().unwrap().keys() {
            let filled = path.replace("{uid}", "x").replace("{id}", "x");
            let headers = if method == "post" { vec!["Content-Type: application/json".to_owned()] } else { Vec::new() };
            let reply = p.ask(&super::place::request(&method.to_uppercase(), &filled, &p.host(), &headers, ""));
            assert_eq!((reply.status, reply.code().as_str()), (401, "no_token"), "{method} {path}");
            paths += 1;
        }
    }
    assert!(paths >= 10, "{paths} were described");
    let text = document.to_string();
    let schemas = document["components"]["schemas"].as_object().unwrap();
    for reference in text.split("\"$ref\":\"#/components/schemas/").skip(1) {
        let name = reference.split('"').next().unwrap();
        assert!(schemas.contains_key(name), "{name}");
    }
    assert!(schemas.contains_key("Problem") && schemas.contains_key("Requests"), "{:?}", schemas.keys().collect::<Vec<_>>());
}
