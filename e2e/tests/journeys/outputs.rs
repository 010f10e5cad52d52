//! What is not a short text: labels, JSON with a fault, a branch off another token, and a text of a megabyte, each decided in the real window.

use crate::acts::{item, on_the_desk};
use crate::office::Office;
use flow::output::Output;
use flow::testing::ScriptedDrafter;
use flow::use_case::UseCaseInput;
use gait_e2e::{Ledger, PATIENCE, Place, Window, repository};
use std::time::Duration;
use thirtyfour::prelude::*;

/// A window on a use case whose drafts are there; the starter model writes what is asked for beyond them.
async fn open<'a>(place: &'a Place, draft: String, change: impl FnOnce(&mut UseCaseInput)) -> Window<'a> {
    let office = Office::filled(place, 2, &ScriptedDrafter::new(move |_| Ok((draft.clone(), 0.7))), change);
    drop(office);
    let window = Window::open(place).await;
    item(&window).await;
    window
}

fn place(name: &str) -> Place {
    let mut place = Place::fresh(name);
    place.own_models();
    place
}

/// The verdict and the text of the decision that stands on an item, once there is one.
async fn decision(window: &Window<'_>, ledger: &Ledger, item: i64) -> (String, Option<String>) {
    let sql = format!("SELECT json_array(verdict, text) FROM decision WHERE item = {item} AND undone_at IS NULL");
    let row = window.until("the decision", PATIENCE, async |_| Ok(ledger.all::<String>(&sql).pop())).await;
    serde_json::from_str(&row).expect("a row as JSON")
}

/// Asks for another draft by key and waits until it is there.
async fn another_draft(window: &Window<'_>, ledger: &Ledger, item: i64, n: i64) {
    window.keys("r").await;
    let sql = format!("SELECT count(*) FROM draft WHERE item = {item}");
    window.until("another draft", Duration::from_secs(60), async |_| Ok((ledger.one::<i64>(&sql) == n).then_some(()))).await;
    window.gone("stream").await;
    window.see(&format!("draft-{n}")).await;
}

#[tokio::test]
#[ignore = "needs a screen"]
async fn a_label_is_chosen_among_buttons_with_their_scores() {
    let tasks = repository().join("models/starter/sample/other_tasks.json");
    let tasks: serde_json::Value = serde_json::from_str(&std::fs::read_to_string(tasks).expect("it can be read")).expect("JSON");
    let labels: Vec<String> = serde_json::from_value(tasks["label"]["labels"].clone()).expect("labels");
    let system = tasks["label"]["system_prompt"].as_str().expect("a prompt").to_owned();
    let place = place("labels");
    let output = Output::Labels { labels: labels.clone() };
    let window = open(&place, labels[11].clone(), |input| (input.system_prompt, input.output) = (system, output)).await;
    let ledger = Ledger::open(&place);
    let first = item(&window).await;

    // The model is held to the labels, and says of each how probable it was; the draft is as sure as the chosen one's share.
    another_draft(&window, &ledger, first, 2).await;
    let sql = format!(
        "SELECT json_object('text', text, 'sure', raw_confidence, 'labels', json(label_scores)) FROM draft WHERE item = {first} AND n = 2"
    );
    let draft: serde_json::Value = serde_json::from_str(&ledger.one::<String>(&sql)).expect("a row as JSON");
    let scores: Vec<(&str, f64)> = draft["labels"]
        .as_array()
        .expect("scores")
        .iter()
        .map(|one| (one["label"].as_str().unwrap_or_default(), one["probability"].as_f64().unwrap_or_default()))
        .collect();
    assert_eq!(scores.iter().map(|one| one.0).collect::<Vec<_>>(), labels, "a score each, in their order");
    assert!((scores.iter().map(|one| one.1).sum::<f64>() - 1.0).abs() < 1e-3, "they share one whole: {scores:?}");
    let chosen = scores.iter().position(|one| one.0 == draft["text"]).expect("the draft is one of the labels");
    assert!((scores[chosen].1 - draft["sure"].as_f64().unwrap_or_default()).abs() < 1e-6, "{draft}");
    let button = |at: usize| format!("label-{}", at + 1);
    let percent = window.text(&button(chosen)).await;
    assert!(percent.contains('%'), "the button says its score: {percent}");
    window.shot("labels").await;

    // Another one by its number is an edit; the list goes on.
    let other = usize::from(chosen == 0);
    window.keys(&(other + 1).to_string()).await;
    window
        .until("the other label chosen", PATIENCE, async |web| {
            let checked = web.find(By::Testid(button(other))).await?.attr("aria-checked").await?;
            Ok((checked.as_deref() == Some("true")).then_some(()))
        })
        .await;
    window.keys("a").await;
    assert_eq!(decision(&window, &ledger, first).await, ("edit".to_owned(), Some(labels[other].clone())));
    window.close().await;
    ledger.check();
}

#[tokio::test]
#[ignore = "needs a screen"]
async fn a_fault_in_json_stands_beside_its_field_and_is_not_let_out() {
    let place = place("json");
    let schema = serde_json::json!({
        "type": "object",
        "properties": { "city": { "type": "string" }, "days": { "type": "integer", "minimum": 1, "maximum": 30 } },
        "required": ["city", "days"],
        "additionalProperties": false
    });
    let draft = r#"{"city":"Kassel","days":3}"#.to_owned();
    let window = open(&place, draft, |input| input.output = Output::Json { schema }).await;
    let ledger = Ledger::open(&place);
    let first = item(&window).await;
    window.see("form-fields").await;
    window.fill("field-/days", "45").await;
    let invalid = |expected: Option<&'static str>| {
        let window = &window;
        async move {
            window
                .until("what the field says of itself", PATIENCE, async |web| {
                    let is = web.find(By::Testid("field-/days")).await?.attr("aria-invalid").await?;
                    Ok((is.as_deref() == expected).then_some(()))
                })
                .await;
        }
    };
    invalid(Some("true")).await;
    let beside: String = window
        .read("const field = document.querySelector('[data-testid=\"field-/days\"]'); return document.getElementById(field.getAttribute('aria-describedby')).textContent;")
        .await;
    assert!(beside.contains("30"), "the field says what was expected: {beside}");
    assert!(!window.see("approve").await.is_enabled().await.expect("it is there"), "what does not fit is not approved");
    window.shot("json-fault").await;
    window.fill("field-/days", "5").await;
    invalid(None).await;
    window.click("approve").await;
    let (verdict, text) = decision(&window, &ledger, first).await;
    let kept: serde_json::Value = serde_json::from_str(&text.unwrap_or_default()).expect("JSON goes out");
    assert_eq!((verdict.as_str(), kept), ("edit", serde_json::json!({ "city": "Kassel", "days": 5 })));
    window.close().await;
    ledger.check();
}

#[tokio::test]
#[ignore = "needs a screen"]
async fn a_draft_goes_on_from_another_token_that_was_weighed() {
    let place = place("branch");
    let window = open(&place, "It is on its way.".to_owned(), |input| input.sampling.max_tokens = 12).await;
    let ledger = Ledger::open(&place);
    let first = item(&window).await;
    another_draft(&window, &ledger, first, 2).await;
    window.keys("t").await;
    window.see("token-list").await;
    // Along the tokens until one was not the only one.
    window
        .until("a token with another one beside it", PATIENCE, async |web| {
            if web.find(By::Testid("branch-1")).await.is_ok() {
                return Ok(Some(()));
            }
            web.find(By::Testid("token-list")).await?.send_keys(Key::Right.value().to_string()).await?;
            Ok(None)
        })
        .await;
    window.shot("branch-tokens").await;
    window.keys("1").await;
    let sql = format!("SELECT count(*) FROM draft WHERE item = {first} AND parent IS NOT NULL");
    window.until("the branch", Duration::from_secs(60), async |_| Ok((ledger.one::<i64>(&sql) == 1).then_some(()))).await;
    window.see("branched-from").await;
    let differs = format!("SELECT a.text <> b.text FROM draft a JOIN draft b ON b.id = a.parent WHERE a.item = {first}");
    assert!(ledger.one::<bool>(&differs), "it went on from another token");
    window.click("view-text").await;
    window.keys("a").await;
    assert_eq!(decision(&window, &ledger, first).await.0, "approve");
    let judged = format!("SELECT d.parent IS NOT NULL FROM decision x JOIN draft d ON d.id = x.draft WHERE x.item = {first}");
    assert!(ledger.one::<bool>(&judged), "the decision is on the branch");
    window.close().await;
    ledger.check();
}

#[tokio::test]
#[ignore = "needs a screen"]
async fn a_text_of_a_megabyte_is_opened_edited_and_decided() {
    const END: &str = " The end, 끝.";
    let place = place("long");
    let mut long = String::new();
    let mut n = 0;
    while long.len() < 1_000_000 {
        n += 1;
        long.push_str(&format!("{n}:이_줄에는_빈칸이_없습니다.no_space_here.\n"));
    }
    let window = open(&place, long.clone(), |_| {}).await;
    let ledger = Ledger::open(&place);
    let first = item(&window).await;
    let length = |expected: usize| {
        let window = &window;
        async move {
            window
                .until("the whole text in the field", PATIENCE, async |_| {
                    let characters: usize = window.read("return [...document.querySelector('[data-testid=editor]').value].length;").await;
                    Ok((characters == expected).then_some(()))
                })
                .await;
        }
    };
    length(long.chars().count()).await;
    let start = std::time::Instant::now();
    window.keys("e").await;
    window.key_with(Key::Control, Key::End).await;
    window.keys(END).await;
    length(long.chars().count() + END.chars().count()).await;
    eprintln!("{} keys in a text of {} bytes were there after {:.1} s", END.chars().count(), long.len(), start.elapsed().as_secs_f64());
    window.shot("long").await;
    window.key_with(Key::Control, Key::Enter).await;
    let (verdict, text) = decision(&window, &ledger, first).await;
    assert_eq!(verdict, "edit");
    assert!(text.is_some_and(|text| text == format!("{long}{END}")), "every letter of it is kept");
    let next = window
        .until("the next item", PATIENCE, async |web| {
            let id: Option<i64> = web.find(By::Testid("desk")).await?.attr("data-item").await?.and_then(|id| id.parse().ok());
            Ok(id.filter(|id| *id != first))
        })
        .await;
    on_the_desk(&window, next).await;
    window.close().await;
    ledger.check();
}
