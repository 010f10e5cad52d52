//! What was done is taken back and done again, many at once too, also after the window was closed; and two drafts are compared.

use crate::acts::{item, next_after, on_the_desk, try_the_sample};
use gait_e2e::{Ledger, PATIENCE, Place, Window};
use std::time::Duration;
use thirtyfour::prelude::*;

const STANDING: &str = "SELECT count(*) FROM decision WHERE undone_at IS NULL AND made_by = 'person'";

#[tokio::test]
#[ignore = "needs a screen"]
async fn many_at_once_and_one_undo_three_back_after_a_restart_redo_and_two_drafts_compared() {
    let place = Place::fresh("undone");
    let window = Window::open(&place).await;
    try_the_sample(&window).await;
    let ledger = Ledger::open(&place);
    let drafted = "SELECT count(*) FROM item WHERE state = 'in_review'";
    window.until("six drafts", Duration::from_secs(120), async |_| Ok((ledger.one::<i64>(drafted) >= 6).then_some(()))).await;

    // Three rejections; a window that was closed knows them still.
    let mut rejected = vec![item(&window).await];
    for n in 0..3 {
        window.keys("x").await;
        window.see("reason-1").await;
        window.keys("12").await;
        window.keys("\n").await;
        window.gone("reject-dialog").await;
        let next = next_after(&window, rejected[n]).await;
        rejected.push(next);
    }
    rejected.pop();
    stands(&window, &ledger, 3).await;
    assert_eq!(
        ledger.one::<i64>("SELECT count(*) FROM decision WHERE json_array_length(reasons) = 2"),
        3,
        "both reasons that were chosen by number are kept"
    );
    window.close().await;
    let window = Window::open(&place).await;
    item(&window).await;
    for id in rejected.iter().rev() {
        window.keys("u").await;
        on_the_desk(&window, *id).await;
    }
    stands(&window, &ledger, 0).await;
    window.click("steps").await;
    window.shot("steps").await;
    window.click("redo").await;
    stands(&window, &ledger, 1).await;
    window.key_with(Key::Control, 'y').await;
    stands(&window, &ledger, 2).await;
    window.key_with(Key::Shift, 'u').await;
    stands(&window, &ledger, 3).await;
    assert_eq!(ledger.one::<i64>("SELECT count(*) FROM decision"), 6, "each that was done again is a row of its own");

    // Three are chosen by a click with Ctrl held and approved at once; one undo takes all of it back.
    for nth in ["1", "2", "3"] {
        window
            .until("a row to choose", PATIENCE, async |web| {
                let row = web.find(By::Css(format!("[role=listitem]:nth-child({nth})"))).await?;
                let chain = web.action_chain().key_down(Key::Control).move_to_element_center(&row).click().key_up(Key::Control);
                chain.perform().await.map(Some)
            })
            .await;
    }
    window.see("bulk-bar").await;
    window.shot("bulk-bar").await;
    window.key_with(Key::Shift, 'a').await;
    window.see("bulk-will").await;
    window.shot("bulk-dialog").await;
    window.click("bulk-confirm").await;
    window.gone("bulk-dialog").await;
    stands(&window, &ledger, 6).await;
    assert_eq!(ledger.one::<i64>("SELECT count(*) FROM decision WHERE found_bulk = 1"), 3);
    window.keys("u").await;
    stands(&window, &ledger, 3).await;
    assert_eq!(ledger.one::<i64>("SELECT count(*) FROM delivery WHERE state <> 'withdrawn'"), 0, "nothing of it goes out");

    // Another draft, and which of the two is better.
    another_draft(&window, &ledger).await;
    window.keys("c").await;
    window.see("compare-first").await;
    window.shot("compare").await;
    window.keys("1").await;
    window.gone("compare-dialog").await;
    let right = "SELECT count(*) FROM preference p JOIN item i ON i.id = p.item WHERE p.choice = 'first' AND i.draft = p.first";
    assert_eq!(ledger.one::<i64>(right), 1, "the better one is to be judged");
    ledger.check();
    window.close().await;
}

/// Asks for another draft of the open request, and of the next one where the model writes the same again: that cannot be compared.
async fn another_draft(window: &Window<'_>, ledger: &Ledger) {
    for _ in 0..8 {
        let open = item(window).await;
        window.key_with(Key::Shift, 'r').await;
        window.fill("hint-note", "Shorter, in one sentence").await;
        window.click("hint-confirm").await;
        let drafts = format!("SELECT count(*) FROM draft WHERE item = {open}");
        window.until("a second draft", Duration::from_secs(60), async |_| Ok((ledger.one::<i64>(&drafts) == 2).then_some(()))).await;
        window.see("draft-2").await;
        if ledger.one::<i64>(&format!("SELECT count(DISTINCT text) FROM draft WHERE item = {open}")) == 2 {
            return;
        }
        window.keys("s").await;
        window.until("the next request", PATIENCE, async |_| Ok((item(window).await != open).then_some(()))).await;
    }
    panic!("eight requests have the same draft twice");
}

async fn stands(window: &Window<'_>, ledger: &Ledger, n: i64) {
    window.until(&format!("{n} decisions that stand"), PATIENCE, async |_| Ok((ledger.one::<i64>(STANDING) == n).then_some(()))).await;
}
