//! `kill -9` at bad moments: what was acknowledged is there, and nothing is there twice.

use crate::acts::{item, next_after, open, try_the_sample};
use gait_e2e::{Ledger, PATIENCE, Place, Window};
use std::time::Duration;
use thirtyfour::prelude::*;

#[tokio::test]
#[ignore = "needs a screen"]
async fn killed_while_drafting_nothing_is_lost_or_drafted_twice() {
    let place = Place::fresh("killed-while-drafting");
    let (mut drafted, mut interrupted) = (0, 0);
    for round in 1..=3 {
        let window = Window::open(&place).await;
        if round == 1 {
            try_the_sample(&window).await;
        }
        let ledger = Ledger::open(&place);
        // In the middle of a draft: at least one more than last time is done, and one is being made.
        window
            .until("one more draft, and another on its way", Duration::from_secs(60), async |_| {
                let done: i64 = ledger.one("SELECT count(*) FROM draft");
                let busy: i64 = ledger.one("SELECT count(*) FROM item WHERE state = 'drafting'");
                Ok((done > drafted && busy > 0).then_some(()))
            })
            .await;
        window.kill().await;
        ledger.check();
        drafted = ledger.one("SELECT count(*) FROM draft");
        interrupted = ledger.one("SELECT coalesce(min(id), 0) FROM item WHERE state = 'drafting'");
    }
    // What was being drafted when it died is taken up again, at once and not after its claim has run out.
    let window = Window::open(&place).await;
    let ledger = Ledger::open(&place);
    window
        .until("the interrupted draft to be made, and one more after it", Duration::from_secs(40), async |_| {
            let open: i64 = ledger.one(&format!("SELECT count(*) FROM item WHERE id = {interrupted} AND state <> 'in_review'"));
            Ok((open == 0 && ledger.one::<i64>("SELECT count(*) FROM draft") > drafted + 1).then_some(()))
        })
        .await;
    assert_eq!(ledger.all::<i64>("SELECT item FROM draft GROUP BY item HAVING count(*) > 1"), Vec::<i64>::new(), "one draft each");
    ledger.check();
    window.close().await;
}

#[tokio::test]
#[ignore = "needs a screen"]
async fn killed_between_keystrokes_the_typed_text_is_there() {
    let place = Place::fresh("killed-between-keystrokes");
    let window = Window::open(&place).await;
    try_the_sample(&window).await;
    let first = item(&window).await;
    window.keys("a").await;
    let second = next_after(&window, first).await;
    window.keys("e").await;
    window.key_with(Key::Control, Key::End).await;
    // Saved within half a second of the last keystroke; what the screen said was saved must be there.
    let ledger = Ledger::open(&place);
    for word in [" one", " two", " 셋"] {
        window.keys(word).await;
        window
            .until(&format!("`{word}` to be saved"), PATIENCE, async |_| {
                let typed: Vec<String> = ledger.all(&format!("SELECT text FROM typed WHERE item = {second}"));
                Ok(typed.first().is_some_and(|text| text.ends_with(word)).then_some(()))
            })
            .await;
    }
    let typed = window.value("editor").await;
    window.keys(" fo").await;
    window.kill().await;
    ledger.check();

    let window = Window::open(&place).await;
    open(&window, second).await;
    let found = window.value_where("editor", "what was typed before", PATIENCE, |text| text.contains("셋")).await;
    assert!(found.starts_with(&typed), "the text up to the last save is there: {found:?}");
    let ledger = Ledger::open(&place);
    assert_eq!(
        ledger.all::<String>(&format!("SELECT verdict FROM decision WHERE item = {first} AND undone_at IS NULL")),
        ["approve"],
        "the decision before is there, once"
    );
    ledger.check();
    window.shot("typed-text-after-kill").await;
    window.close().await;
}
