//! What goes out alone is looked at again; the level falls by itself; all of it by the page's commands.

use crate::place::{Place, channel, decision, query};
use flow::deliver::Delivered;
use serde_json::{Value, json};

impl Place {
    /// A use case for people of the house, of which a half is audited; nothing can be taken back.
    fn help_desk(&self) -> i64 {
        self.settings(json!({ "person": "Ada", "undoSeconds": 0 }));
        let model = self.folder.path().join("own.gguf");
        std::fs::write(&model, b"own").unwrap();
        let model = self.ok("model_import", json!({ "path": model }));
        let input = json!({ "id": null, "name": "Help desk", "guidelines": "", "systemPrompt": "Answer.", "template": "{{ text }}",
            "audience": "internal", "output": { "kind": "text" },
            "sampling": { "temperature": 0.7, "topK": 40, "topP": 0.95, "minP": 0.05, "repeatPenalty": 1.1, "maxTokens": 20 },
            "model": model["id"], "reasons": [{ "code": "wrong", "label": "Wrong" }],
            "sinks": [{ "kind": "outbox", "path": self.folder.path().join("out.jsonl"), "audience": null }], "threshold": 0.8, "checkShare": 0.5 });
        self.ok("use_case_save", json!({ "input": input }))["id"].as_i64().unwrap()
    }

    /// So many requests come in, are drafted, and leave where they may.
    fn requests(&self, case: i64, from: u32, n: u32) {
        let file = self.folder.path().join("in.jsonl");
        let line = |id: u32| json!({ "id": id.to_string(), "text": format!("Where is printer {id}?") }).to_string();
        std::fs::write(&file, (from..from + n).map(line).collect::<Vec<_>>().join("\n")).unwrap();
        let source = json!({ "path": file, "format": null, "delimiter": null });
        let mapping = self.ok("import_preview", json!({ "source": source }))["mapping"].clone();
        let args = json!({ "useCase": case, "source": source, "mapping": mapping, "token": "t", "onProgress": channel(4) });
        assert_eq!(self.ok("import_run", args)["accepted"], n);
        self.draft_all();
        let desk = self.shell.desk().unwrap();
        while desk.now().0
            <= self.ok("activity_page", json!({ "query": { "useCase": case, "offset": 0, "limit": 1 } }))["rows"][0]["at"].as_i64().unwrap()
        {
        }
        while desk.deliver_one().unwrap() == Delivered::Done {}
    }

    fn audit(&self, case: i64, verdict: &str) -> (Value, Value) {
        let item = self.ok("item_next", json!({ "query": query(case, "audits"), "exclude": [] }));
        let decided = self.ok("item_decide", decision(&item, verdict, None));
        (item, decided)
    }
}

#[test]
fn bad_audits_lower_the_level_and_the_page_hears_of_all_of_it() {
    let place = Place::new();
    let case = place.help_desk();
    let of = json!({ "useCase": case });
    place.ok("level_move", json!({ "useCase": case, "to": "walk", "reason": "a trial", "withoutEvidence": true }));
    place.requests(case, 0, 10);

    let audits = place.ok("audits_view", of.clone());
    assert_eq!((&audits["open"], &audits["done"], &audits["brake"]["on"]), (&json!(10), &json!(0), &json!(false)), "{audits}");
    let row = &audits["stream"][0];
    assert_eq!((&row["state"], &row["kind"], &row["probability"]), (&json!("open"), &json!("audit"), &json!(1.0)));
    assert!(row["dueAt"].as_i64() > row["deliveredAt"].as_i64());
    let page = place.ok("queue_page", json!({ "query": query(case, "audits") }));
    assert_eq!((&page["total"], &page["rows"][0]["verdict"]), (&json!(10), &Value::Null), "what was decided is not told");
    assert!(page["rows"][0]["dueAt"].is_i64());

    let (seen, decided) = place.audit(case, "approve");
    assert_eq!((&seen["audit"]["kind"], &seen["decision"], &seen["history"]), (&json!("audit"), &Value::Null, &json!([])), "blind");
    assert_eq!(decided["levelFell"], Value::Null);
    let wrong: Vec<Value> =
        (0..3).map(|_| place.audit(case, "reject")).map(|(item, decided)| json!([item["id"], decided["levelFell"]])).collect();
    assert_eq!(wrong.iter().map(|one| &one[1]).collect::<Vec<_>>(), [&Value::Null, &Value::Null, &json!("crawl")]);

    let moves = place.ok("overview", of.clone())["moves"].clone();
    let fall = &moves[0];
    assert_eq!((&fall["by"], &fall["cause"], &fall["to"]), (&json!("rule"), &json!("drift"), &json!("crawl")));
    let out = place.ok("move_out_since", json!({ "move": fall["id"] }));
    assert_eq!(out.as_array().unwrap().len() as u64, fall["outSince"].as_u64().unwrap());
    assert!(out.as_array().unwrap().iter().any(|one| one["audited"] == "bad"), "{out}");
    let report = place.ok("move_report", json!({ "move": fall["id"] }));
    assert_eq!((&report["useCase"], &report["move"]["cause"], &report["charter"]["n"]), (&json!("Help desk"), &json!("drift"), &json!(1)));
    assert_eq!((&report["audits"]["bad"], &report["audits"]["stream"]), (&json!(3), &json!([])), "{report}");
    let raise = place.ok("move_report", json!({ "move": moves[1]["id"] }));
    assert_eq!((&raise["move"]["overridden"], &raise["steps"][0]["to"]), (&json!(true), &json!("walk")));

    let notices = place.ok("notices", json!({}));
    let kinds: Vec<&str> = notices.as_array().unwrap().iter().map(|one| one["kind"].as_str().unwrap()).collect();
    assert!(kinds.contains(&"fell") && kinds.contains(&"brake") && kinds.contains(&"correction"), "{kinds:?}");
    let fell = notices.as_array().unwrap().iter().find(|one| one["kind"] == "fell").unwrap();
    assert_eq!((&fell["move"], &fell["seen"], &fell["useCaseName"]), (&fall["id"], &json!(false), &json!("Help desk")));
    place.ok("notice_seen", json!({ "id": fell["id"] }));
    assert_eq!(place.ok("notices", json!({})).as_array().unwrap().iter().filter(|one| one["seen"] == true).count(), 1);

    // Corrections of what is out.
    let corrections = place.ok("audits_view", of.clone())["corrections"].clone();
    assert_eq!(corrections.as_array().unwrap().len(), 3);
    assert_eq!((&corrections[0]["state"], &corrections[0]["sentTo"][0]), (&json!("open"), &json!(place.folder.path().join("out.jsonl"))));
    place.ok("correction_send", json!({ "item": wrong[0][0], "text": "It is in room 4.", "note": "asked the caretaker" }));
    place.ok("correction_dismiss", json!({ "item": wrong[1][0], "note": "the printer was there" }));
    place.fails("invalid", "correction_dismiss", json!({ "item": wrong[2][0], "note": " " }));
    place.fails("stale", "correction_dismiss", json!({ "item": wrong[1][0], "note": "again" }));
    let mut states: Vec<String> = place.ok("audits_view", of)["corrections"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["state"].as_str().unwrap().to_owned())
        .collect();
    states.sort();
    assert_eq!(states, ["dismissed", "open", "sent"]);
}

#[test]
fn an_admin_sets_how_audits_are_drawn_and_where_notices_go() {
    let place = Place::new();
    let case = place.help_desk();
    let audits = place.ok("audit_settings_save", json!({ "useCase": case, "share": 0.2, "dueHours": 8 }));
    assert_eq!((&audits["share"], &audits["dueHours"]), (&json!(0.2), &json!(8)));
    place.fails("invalid", "audit_settings_save", json!({ "useCase": case, "share": 0.0, "dueHours": 8 }));
    place.fails("invalid", "audit_settings_save", json!({ "useCase": case, "share": 0.2, "dueHours": 0 }));
    let path = place.folder.path().join("notices.jsonl");
    place.ok("notice_sink_save", json!({ "useCase": case, "path": path }));
    assert_eq!(place.ok("notice_sink", json!({ "useCase": case })), json!(path));
    place.fails("invalid", "notice_sink_save", json!({ "useCase": case, "path": "notices.jsonl" }));
    place.ok("notice_sink_save", json!({ "useCase": case, "path": null }));
    assert_eq!(place.ok("notice_sink", json!({ "useCase": case })), Value::Null);
    place.fails("not_found", "move_report", json!({ "move": 4711 }));
    place.fails("not_found", "move_out_since", json!({ "move": 4711 }));
    place.fails("not_found", "notice_seen", json!({ "id": 4711 }));

    place.settings(json!({ "person": "Ben", "role": "reviewer" }));
    place.fails("not_allowed", "audit_settings_save", json!({ "useCase": case, "share": 0.1, "dueHours": 8 }));
    place.fails("not_allowed", "notice_sink_save", json!({ "useCase": case, "path": null }));
    place.fails("not_allowed", "calibrate", json!({ "useCase": case }));
    place.fails("not_allowed", "threshold_by_set", json!({ "useCase": case, "by": "ladder" }));
}

#[test]
fn a_policy_is_replayed_over_what_people_decided() {
    let place = Place::new();
    let case = place.help_desk();
    place.requests(case, 0, 6);
    for verdict in ["approve", "reject", "approve", "approve"] {
        place.ok("item_decide", decision(&place.next(case), verdict, None));
    }
    let ask = |threshold: f64| json!({ "useCase": case, "policy": { "level": "walk", "threshold": threshold, "auditShare": 0.1 } });
    let told = place.ok("replay", ask(0.5));
    assert_eq!((&told["judged"], &told["alone"], &told["rejected"], &told["since"]), (&json!(4), &json!(4), &json!(1), &Value::Null));
    assert_eq!((&told["items"][0]["bad"], &told["items"][0]["verdict"]), (&json!(true), &json!("reject")), "bad ones first");
    assert_eq!(place.ok("replay", ask(0.95))["alone"], 0);
    place.fails("invalid", "replay", ask(1.5));
    let view = place.ok("confidence_view", json!({ "useCase": case }));
    assert_eq!((&view["calibrator"], &view["thresholdBy"], &view["decisions"]), (&Value::Null, &json!("person"), &json!(4)));
    assert!(place.fails("invalid", "calibrate", json!({ "useCase": case })).contains("50"), "it says how many are needed");
    assert_eq!(place.ok("threshold_by_set", json!({ "useCase": case, "by": "ladder" }))["thresholdBy"], "ladder");
}

#[test]
fn an_admin_asks_more_of_reviewers_and_puts_in_what_is_known_to_be_bad() {
    let place = Place::new();
    let case = place.help_desk();
    let empty = place.ok("reviewers_view", json!({ "useCase": case }));
    assert_eq!(
        (&empty["golds"]["seeded"], &empty["agreement"]["pairs"], &empty["mine"]["word"]),
        (&json!(0), &json!(0), &json!("ok")),
        "{empty}"
    );
    let save = |again: f64, gold: f64| json!({ "useCase": case, "reReviewShare": again, "goldShare": gold });
    let saved = place.ok("reviewers_settings_save", save(0.1, 0.0));
    assert_eq!((&saved["reReviewShare"], &saved["goldShare"]), (&json!(0.1), &json!(0.0)));
    place.fails("invalid", "reviewers_settings_save", save(0.9, 0.0));
    place.fails("invalid", "seed_items", json!({ "useCase": case, "count": 3, "fault": null }));
    place.fails("invalid", "seed_items", json!({ "useCase": case, "count": 3, "fault": "by_admin" }));

    place.requests(case, 0, 3);
    let first = place.next(case);
    place.fails("invalid", "seed_from", json!({ "item": first["id"], "text": "Ask nobody.", "note": "" }));
    place.ok("item_decide", decision(&first, "approve", None));
    let seeded = place.ok("seed_from", json!({ "item": first["id"], "text": "Ask nobody.", "note": "it says nothing" }));
    assert_eq!(
        (&seeded["golds"]["seeded"], &seeded["golds"]["open"], &seeded["team"]["reviewers"]),
        (&json!(1), &json!(1), &json!(1)),
        "{seeded}"
    );

    place.settings(json!({ "person": "Ben", "role": "reviewer" }));
    place.fails("not_allowed", "reviewers_settings_save", save(0.0, 0.0));
    place.fails("not_allowed", "seed_items", json!({ "useCase": case, "count": 1, "fault": null }));
    place.fails("not_allowed", "seed_from", json!({ "item": first["id"], "text": "Ask me.", "note": "" }));
}
