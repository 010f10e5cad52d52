//! From the first start to files that a trainer can read.

use crate::acts::{export, go, import, item, next_after, on_the_desk, raise, try_the_sample};
use gait_e2e::{Ledger, PATIENCE, Place, Window};
use std::time::Duration;
use thirtyfour::prelude::*;

const ADDITION: &str = "\nWith kind regards from the desk, 안녕히 계세요";

#[tokio::test]
#[ignore = "needs a screen"]
async fn a_first_day_from_the_sample_to_the_export() {
    let place = Place::fresh("first-day");
    let window = Window::open(&place).await;
    let wait = try_the_sample(&window).await;
    eprintln!("the first draft was on screen {:.1} s after the click", wait.as_secs_f64());
    window.shot("first-draft").await;

    // Approve, take it back, approve again.
    let approved = item(&window).await;
    let approved_text = window.value("editor").await;
    window.keys("a").await;
    next_after(&window, approved).await;
    window.keys("u").await;
    on_the_desk(&window, approved).await;
    assert_eq!(window.value_where("editor", "the draft again", PATIENCE, |text| !text.is_empty()).await, approved_text);
    window.click("approve").await;

    // Edit: type at the end, approve with the keyboard.
    let edited = next_after(&window, approved).await;
    let draft = window.value("editor").await;
    window.keys("e").await;
    window.key_with(Key::Control, Key::End).await;
    window.keys(ADDITION).await;
    let text = window.value_where("editor", "the draft and what was typed", PATIENCE, |text| text.ends_with("계세요")).await;
    assert_eq!(text, format!("{draft}{ADDITION}"), "what is typed ends up where the cursor is");
    window.click("view-diff").await;
    window.see("diff").await;
    window.shot("diff").await;
    window.click("view-text").await;
    window.keys("e").await;
    window.key_with(Key::Control, Key::Enter).await;

    // Reject for the first reason, take it back, reject again.
    let rejected = next_after(&window, edited).await;
    let rejected_text = window.value("editor").await;
    reject(&window).await;
    next_after(&window, rejected).await;
    window.click("undo").await;
    on_the_desk(&window, rejected).await;
    reject(&window).await;
    next_after(&window, rejected).await;

    // All of it is there after the program was closed and started again.
    window.close().await;
    let window = Window::open(&place).await;
    item(&window).await;
    window.click("tab-decided").await;
    for (id, states) in [(approved, "approved delivered"), (edited, "approved delivered"), (rejected, "rejected")] {
        let state = row_state(&window, id).await;
        assert!(states.contains(&state), "item {id} is {state} after the restart");
    }
    let ledger = Ledger::open(&place);
    ledger.check();
    let verdicts: Vec<String> =
        ledger.all("SELECT item || ' ' || verdict || ' ' || json_array_length(reasons) FROM decision WHERE undone_at IS NULL AND made_by = 'person' ORDER BY id");
    assert_eq!(verdicts, [format!("{approved} approve 0"), format!("{edited} edit 0"), format!("{rejected} reject 1")]);
    assert_eq!(
        ledger.one::<i64>("SELECT count(*) FROM decision WHERE undone_at IS NOT NULL"),
        2,
        "both that were taken back are kept as such"
    );

    // Crawl → walk → run. Then the surest and the least sure request so far come in once more, under new ids: the model
    // writes the same again, so the first goes out by itself (an audit looks at a share of them afterwards, hence
    // four of them) and the second waits.
    let kinds = "SELECT count(DISTINCT d.confidence >= u.threshold) FROM item i JOIN draft d ON d.id = i.draft JOIN use_case u ON u.id = i.use_case WHERE i.audience = 'external'";
    window
        .until("a draft that is confident and one that is not", Duration::from_secs(180), async |_| {
            Ok((ledger.one::<i64>(kinds) == 2).then_some(()))
        })
        .await;
    let extreme = |order: &str| -> String {
        let fields: Vec<serde_json::Value> = serde_json::from_str(&ledger.one::<String>(&format!(
            "SELECT fields FROM item WHERE audience = 'external' AND draft IS NOT NULL ORDER BY confidence {order} LIMIT 1"
        )))
        .expect("fields are a list");
        let field =
            |wanted: &str| fields.iter().find(|field| field["name"] == wanted).map_or("", |field| field["value"].as_str().unwrap_or(""));
        serde_json::json!({ "audience": "external", "priority": 100, "customer": field("customer"), "subject": field("subject"), "message": field("message") })
            .to_string()
    };
    let (sure, unsure) = (extreme("DESC"), extreme("ASC"));
    let with_id = |line: &str, id: &str| line.replacen('{', &format!("{{\"id\":\"{id}\","), 1);
    let mut lines: Vec<String> = (1..=4).map(|n| with_id(&sure, &format!("T-sure-{n}"))).collect();
    lines.push(with_id(&unsure, "T-unsure"));
    let more = place.file("more.jsonl", &lines.join("\n"));
    raise(&window, "The first replies were good", "walk").await;
    raise(&window, "Trying what run does", "run").await;
    window.shot("run").await;
    let report = import(&window, &more).await;
    assert!(report.contains('5'), "five requests came in: {report}");
    window
        .until("the new requests to be drafted, and one that goes out by itself", Duration::from_secs(120), async |_| {
            let undrafted: i64 = ledger.one("SELECT count(*) FROM item WHERE external_id LIKE 'T-%' AND draft IS NULL");
            let out: i64 = ledger.one("SELECT count(*) FROM item WHERE external_id LIKE 'T-sure-%' AND state = 'delivered'");
            Ok((undrafted == 0 && out > 0).then_some(()))
        })
        .await;
    assert_eq!(
        ledger.one::<String>("SELECT state FROM item WHERE external_id = 'T-unsure'"),
        "in_review",
        "a doubtful one waits for a person"
    );
    assert_eq!(
        ledger.one::<String>("SELECT route_reason FROM draft WHERE item = (SELECT id FROM item WHERE external_id = 'T-unsure')"),
        "not_confident"
    );
    assert_eq!(
        ledger.all::<String>(
            "SELECT DISTINCT made_by || ' ' || verdict FROM decision WHERE item IN (SELECT id FROM item WHERE external_id LIKE 'T-%')"
        ),
        ["policy approve"],
        "what goes out alone has a decision too"
    );

    // What the people decided, for a trainer.
    let sft = export(&window, "sft", &place.folder().join("sft.jsonl")).await;
    let answers: Vec<String> = sft.iter().map(answer).collect();
    assert!(answers.contains(&approved_text), "the approved draft is there as it stood: {answers:?}");
    assert!(answers.contains(&text), "the edited text is there");
    assert!(!answers.contains(&rejected_text), "the rejected draft is not");
    let pairs = export(&window, "preference", &place.folder().join("preference.jsonl")).await;
    assert_eq!(pairs.len(), 1, "one edit makes one pair: {pairs:?}");
    let side = |side: &str| last_content(&pairs[0][side]);
    assert_eq!((side("chosen"), side("rejected")), (text.clone(), draft), "the edit over the draft");
    window.shot("exported").await;

    // Delivered once each, and nothing that was rejected.
    window
        .until("everything approved to be delivered", Duration::from_secs(60), async |_| {
            Ok((ledger.one::<i64>(&format!("SELECT count(*) FROM item WHERE id IN ({approved}, {edited}) AND state = 'delivered'")) == 2)
                .then_some(()))
        })
        .await;
    assert_eq!(ledger.one::<i64>(&format!("SELECT count(*) FROM delivery WHERE item = {rejected} AND state <> 'withdrawn'")), 0);
    assert_eq!(
        ledger.all::<i64>("SELECT item FROM delivery WHERE state = 'done' GROUP BY decision, sink HAVING count(*) > 1"),
        Vec::<i64>::new()
    );
    let outbox = std::fs::read_to_string(place.data().join("outbox/sample.jsonl")).expect("the outbox is there");
    let sent: Vec<serde_json::Value> = outbox.lines().map(|line| serde_json::from_str(line).expect("every line is JSON")).collect();
    for wanted in [&approved_text, &text] {
        assert_eq!(sent.iter().filter(|row| row["text"] == **wanted).count(), 1, "sent once: {wanted:?}");
    }
    assert_eq!(
        ledger.all::<String>("SELECT last_error FROM item WHERE state = 'failed'"),
        Vec::<String>::new(),
        "every draft could be made"
    );
    go(&window, "overview", "automation-rate").await;
    window.shot("overview-after-a-day").await;
    ledger.check();
    window.close().await;
}

async fn reject(window: &Window<'_>) {
    window.keys("x").await;
    window.see("reason-1").await;
    window.keys("1").await;
    window.keys("\n").await;
    window.gone("reason-confirm").await;
}

async fn row_state(window: &Window<'_>, item: i64) -> String {
    window
        .until(&format!("item {item} in the list"), PATIENCE, async |web| {
            web.find(By::Css(format!("[data-testid=queue-row][data-item=\"{item}\"]"))).await?.attr("data-state").await
        })
        .await
}

/// The assistant's text of an SFT row, as messages or as prompt and completion.
fn answer(row: &serde_json::Value) -> String {
    if row["messages"].is_array() { last_content(&row["messages"]) } else { last_content(&row["completion"]) }
}

fn last_content(value: &serde_json::Value) -> String {
    let text = value.as_str().or_else(|| value.as_array()?.last()?["content"].as_str());
    text.unwrap_or_else(|| panic!("a text or messages: {value}")).to_owned()
}
