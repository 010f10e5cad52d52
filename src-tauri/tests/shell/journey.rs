//! A first day at the desk, by the page's commands.

use crate::place::{Place, channel, decision, query};
use serde_json::{Value, json};

#[test]
fn a_first_day_from_an_empty_folder_to_an_export() {
    let place = Place::new();
    let status = place.ok("app_status", json!({}));
    assert_eq!(status["trouble"], Value::Null);
    assert_eq!(status["useCases"], json!([]));
    assert_eq!(status["engine"]["activity"], "idle");
    assert_eq!(status["sampleAvailable"], true);
    assert_eq!(status["settings"]["locale"], "system");

    place.settings(json!({ "person": "Ada", "undoSeconds": 3600, "locale": "en" }));
    place.settings(json!({ "keys": { "approve": "b" } }));
    assert_eq!(place.ok("app_status", json!({}))["settings"]["keys"], json!({ "approve": "b" }));
    let case = place.ok("sample_install", json!({}));
    let id = case["id"].as_i64().unwrap();
    assert_eq!(case["level"], "crawl");
    assert_eq!(case["counts"]["received"], 60);
    assert_eq!(case["modelName"], "Scripted");
    assert_eq!(place.ok("sample_install", json!({}))["id"], id, "a second call finds the first one's");
    place.draft_all();

    let page = place.ok("queue_page", json!({ "query": query(id, "waiting") }));
    assert_eq!(page["total"], 60);
    assert_eq!(page["rows"].as_array().unwrap().len(), 50);
    assert_eq!(page["rows"][0]["state"], "in_review");
    assert_eq!(page["rows"][0]["confidence"].as_f64().map(|c| (c * 100.0).round()), Some(90.0));

    // Approve.
    let first = place.next(id);
    assert_eq!(first["drafts"][0]["route"]["reason"], "level_crawl");
    assert_eq!(first["drafts"][0]["stop"], "end");
    let tokens = place.ok("draft_tokens", json!({ "draft": first["drafts"][0]["id"] }));
    let spelled: String = tokens.as_array().unwrap().iter().map(|token| token["text"].as_str().unwrap()).collect();
    assert_eq!(first["drafts"][0]["text"], spelled.as_str());
    assert_eq!(tokens[0]["probability"].as_f64().map(|p| (p * 100.0).round()), Some(90.0));
    assert_eq!(tokens[0]["entropy"], Value::Null, "the script measures none");
    place.ok("item_heartbeat", json!({ "item": first["id"], "epoch": first["lease"]["epoch"] }));
    let decided = place.ok("item_decide", decision(&first, "approve", None));
    assert_eq!(decided["decision"]["by"], "person");
    assert_eq!(decided["decision"]["actor"], "Ada");
    assert_eq!(decided["decision"]["deliveryState"], "waiting");
    assert!(decided["decision"]["deliverAt"].as_i64() > decided["decision"]["at"].as_i64());
    assert_eq!(decided["levelFell"], Value::Null);
    let open = place.ok("item_open", json!({ "item": first["id"] }));
    assert_eq!((&open["lease"], &open["decision"]["verdict"]), (&Value::Null, &json!("approve")), "decided: read-only");

    // Type, leave, come back, edit.
    let second = place.next(id);
    assert_ne!(second["id"], first["id"]);
    place.ok("item_autosave", json!({ "item": second["id"], "epoch": second["lease"]["epoch"], "text": "Dear Lea," }));
    place.ok("item_release", json!({ "item": second["id"], "epoch": second["lease"]["epoch"] }));
    let second = place.ok("item_open", json!({ "item": second["id"] }));
    assert_eq!(second["typed"], "Dear Lea,");
    let edited = place.ok("item_decide", decision(&second, "edit", Some("Dear Lea, it is on its way.")));
    assert_eq!(edited["decision"]["text"], "Dear Lea, it is on its way.");
    assert!(edited["decision"]["editDistance"].as_f64().unwrap() > 0.0);

    // Reject for a reason, take it back, reject again.
    let third = place.next(id);
    let mut rejection = decision(&third, "reject", None);
    rejection["decision"]["reasons"] = json!([case["reasons"][0]["code"]]);
    rejection["decision"]["note"] = json!("no");
    place.ok("item_decide", rejection);
    let back = place.ok("item_undo", json!({ "useCase": id }))["view"].clone();
    assert_eq!(back["id"], third["id"]);
    assert_eq!(back["decision"], Value::Null);
    assert!(back["lease"]["epoch"].as_i64() > third["lease"]["epoch"].as_i64(), "claimed again");
    place.ok("item_decide", decision(&back, "reject", None));

    // Skip, escalate.
    let fourth = place.next(id);
    place.ok("item_skip", json!({ "item": fourth["id"], "epoch": fourth["lease"]["epoch"] }));
    let fifth = place.next(id);
    assert_ne!(fifth["id"], fourth["id"], "what was skipped does not come back to the same person");
    place.ok("item_escalate", json!({ "item": fifth["id"], "epoch": fifth["lease"]["epoch"], "note": "too angry for me" }));
    assert_eq!(place.ok("queue_page", json!({ "query": query(id, "escalated") }))["total"], 1);

    // One more draft, with a hint.
    let sixth = place.next(id);
    let with_hint = place.ok(
        "item_regenerate",
        json!({ "item": sixth["id"], "epoch": sixth["lease"]["epoch"], "hint": "shorter", "token": "t1", "onToken": channel(7) }),
    );
    assert_eq!(with_hint["drafts"].as_array().unwrap().len(), 2);
    assert_eq!(with_hint["drafts"][1]["hint"], "shorter");
    assert_eq!(with_hint["drafts"][1]["route"]["reason"], "asked_by_person");
    let streamed: String = place.heard.on(7).iter().map(|event| event.as_str().unwrap()).collect();
    assert_eq!(streamed, with_hint["drafts"][1]["text"], "what was streamed is what was kept");

    // Numbers and the level.
    let overview = place.ok("overview", json!({ "useCase": id }));
    assert_eq!(
        (&overview["decided"], &overview["approved"], &overview["edited"], &overview["rejected"]),
        (&json!(3), &json!(1), &json!(1), &json!(1))
    );
    assert!(overview["acceptanceLow"].as_f64() < overview["acceptance"].as_f64());
    assert_eq!(overview["bins"].as_array().unwrap().len(), 10);
    let raised = place.ok("level_move", json!({ "useCase": id, "to": "walk", "reason": "three looked good", "withoutEvidence": true }));
    assert_eq!((&raised["level"], &raised["movedBy"], &raised["moves"][0]["by"]), (&json!("walk"), &json!("Ada"), &json!("person")));

    // Out.
    let preview = place.ok("export_preview", json!({ "useCase": id, "format": "sft" }));
    assert_eq!(preview["rows"], 2, "{preview}");
    let path = place.folder.path().join("sft.jsonl");
    let report = place.ok("export_run", json!({ "useCase": id, "format": "sft", "path": path, "token": "t2", "onProgress": channel(8) }));
    assert_eq!(report["rows"], 2);
    assert_eq!(report["bytes"].as_u64().unwrap(), std::fs::metadata(&path).unwrap().len());
    assert_eq!(place.heard.on(8).last().unwrap()["done"], 3);

    // Frozen, with the way back from a row.
    let selection = json!({
        "since": null, "until": null, "levels": [], "slices": [], "reviewers": [], "verdicts": [], "leastEdit": null, "mostEdit": null,
        "agreement": "any", "drafterVersions": [], "reasons": [], "weighted": true, "comparisons": true,
    });
    let recipe = json!({
        "formats": ["sft", "csv"], "empty": true, "personal": false, "harmful": false, "exactDuplicates": false, "nearDuplicates": false, "nearSimilarity": 0.7,
        "contradictions": false, "disagreement": false, "mostTokens": null, "validation": 0, "test": 0, "groupFields": [], "licence": "other",
        "description": "", "creator": "", "languages": ["en"],
    });
    let of = |more: Value| {
        let mut args = json!({ "useCase": id, "selection": selection, "recipe": recipe, "token": "t3" });
        args.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        args
    };
    let counted = place.ok("dataset_count", of(json!({})));
    assert_eq!((&counted["selected"], &counted["texts"], &counted["rejected"]), (&json!(3), &json!(2), &json!(1)), "{counted}");
    assert_eq!(place.ok("dataset_facets", json!({ "useCase": id }))["reviewers"], json!(["Ada"]));
    assert_eq!(place.ok("dataset_preview", of(json!({})))[0]["rows"].as_array().unwrap().len(), 2);
    let folder = place.folder.path().join("sets/one");
    let made = place.ok("dataset_make", of(json!({ "folder": folder, "onProgress": channel(9) })));
    assert_eq!((&made["n"], &made["kept"], &made["copies"][0]["there"]), (&json!(1), &json!(3), &json!(true)), "{made}");
    assert_eq!((&made["selection"], &made["recipe"]["formats"]), (&selection, &recipe["formats"]));
    assert_eq!(place.heard.on(9).last().unwrap()["stage"], "closing");
    let again =
        json!({ "useCase": id, "n": 1, "folder": place.folder.path().join("sets/again"), "token": "t4", "onProgress": channel(10) });
    assert_eq!(place.ok("dataset_write_again", again)["same"], true);
    assert_eq!(place.ok("dataset_list", json!({ "useCase": id }))[0]["copies"].as_array().unwrap().len(), 2);
    assert_eq!(place.ok("dataset_compare", json!({ "useCase": id, "from": 1, "to": 1 }))["same"], 3);
    let sft = made["files"].as_array().unwrap().iter().find(|file| file["path"].as_str().unwrap().starts_with("sft/")).unwrap();
    let rows = std::fs::read_to_string(folder.join(sft["path"].as_str().unwrap())).unwrap();
    let row: Value = serde_json::from_str(rows.lines().next().unwrap()).unwrap();
    let trace = place.ok("dataset_trace", json!({ "named": row["id"] }));
    assert_eq!((&trace["row"], &trace["held"][0]["version"]), (&row["id"], &json!(1)), "{trace}");
    assert_eq!(place.ok("dataset_trace", json!({ "named": trace["itemUid"] }))["item"], trace["item"]);
    let left = place.ok("dataset_purge", json!({ "item": trace["item"], "why": "they asked" }));
    assert!(left["rows"].as_array().unwrap().len() >= 2, "in both copies: {left}");
    place.fails("not_found", "dataset_trace", json!({ "named": "d999" }));
    place.fails("invalid", "dataset_purge", json!({ "item": trace["item"], "why": " " }));

    let activity = place.ok("activity_page", json!({ "query": { "useCase": id, "offset": 0, "limit": 200 } }));
    let kinds: Vec<&str> = activity["rows"].as_array().unwrap().iter().filter_map(|row| row["kind"].as_str()).collect();
    for kind in [
        "imported",
        "drafted",
        "approved",
        "edited",
        "rejected",
        "undone",
        "skipped",
        "escalated",
        "regenerated",
        "level_raised",
        "exported",
        "dataset_made",
        "dataset_written_again",
        "purged",
    ] {
        assert!(kinds.contains(&kind), "{kind} is in the activity: {kinds:?}");
    }
    assert_eq!(place.ok("items_retry", json!({ "useCase": id })), 0);
}

#[test]
fn a_use_case_of_ones_own_with_a_file_of_ones_own() {
    let place = Place::new();
    let model = place.folder.path().join("own.gguf");
    std::fs::write(&model, b"own").unwrap();
    assert_eq!(place.ok("model_inspect", json!({ "path": model }))["facts"]["architecture"], "script");
    let model = place.ok("model_import", json!({ "path": model }));
    assert_eq!((&model["source"], &model["trouble"]), (&json!("imported"), &Value::Null));

    let input = json!({ "id": null, "name": "Labels", "guidelines": "", "systemPrompt": "Label it.", "template": "{{ text }}", "audience": "internal",
        "sampling": { "temperature": 0.7, "topK": 40, "topP": 0.95, "minP": 0.05, "repeatPenalty": 1.1, "maxTokens": 20 },
        "output": { "kind": "text" },
        "model": model["id"], "reasons": [{ "code": "wrong", "label": "Wrong" }],
        "sinks": [{ "kind": "outbox", "path": place.folder.path().join("out.jsonl"), "audience": null }],
        "threshold": 0.8, "checkShare": 0.1 });
    let tried = place.ok(
        "use_case_try",
        json!({ "input": input, "fields": [{ "name": "text", "value": "a b c" }], "token": "t", "onToken": channel(3) }),
    );
    assert_eq!(tried["text"], "Re: a b c");
    assert_eq!(tried["outputTokens"], 4);
    let case = place.ok("use_case_save", json!({ "input": input }));
    assert_eq!(case["sampling"]["temperature"], 0.7, "numbers come back as they were typed");
    assert_eq!(case["drafterVersion"], 1);
    // The page sends the whole use case back, with all that it got.
    let mut changed = case.clone();
    changed["systemPrompt"] = json!("Label it well.");
    assert_eq!(place.ok("use_case_save", json!({ "input": changed }))["drafterVersion"], 2, "another prompt is another drafter");
    assert_eq!(place.ok("use_case_list", json!({})).as_array().unwrap().len(), 1);
    assert_eq!(place.ok("model_list", json!({}))[0]["usedBy"], json!(["Labels"]));

    let file = place.folder.path().join("in.csv");
    std::fs::write(&file, "id;text;category\n1;hello;a\n2;;b\n3;good day;a\n").unwrap();
    let source = json!({ "path": file, "format": null, "delimiter": null });
    let preview = place.ok("import_preview", json!({ "source": source }));
    assert_eq!((&preview["format"], &preview["delimiter"], &preview["mapping"]["id"]), (&json!("csv"), &json!(";"), &json!("id")));
    let report = place.ok(
        "import_run",
        json!({ "useCase": case["id"], "source": source, "mapping": preview["mapping"], "token": "t", "onProgress": channel(4) }),
    );
    assert_eq!((&report["accepted"], &report["rejectsTotal"], &report["rejects"][0]["line"]), (&json!(2), &json!(1), &json!(3)));
    assert!(!place.heard.on(4).is_empty());
    assert_eq!(place.ok("pick_path", json!({ "kind": "requests" })), Value::Null, "there is no screen to pick on");
    assert_eq!(place.ok("job_cancel", json!({ "token": "nothing runs under it" })), Value::Null);
}
