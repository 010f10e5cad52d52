//! A level is raised on evidence, watched, and falls by itself: what an admin sees of it.

use crate::acts::{go, item};
use crate::office::Office;
use gait_e2e::{Ledger, PATIENCE, Place, Window};
use std::time::Duration;
use thirtyfour::prelude::*;

#[tokio::test]
#[ignore = "needs a screen"]
async fn a_raise_without_evidence_is_refused_and_one_in_spite_of_it_is_marked_for_ever() {
    let place = Place::fresh("override");
    let mut office = Office::open(&place);
    office.take(30);
    office.decide(20, None);
    office.deliver();
    assert!(!office.raise_is_allowed(), "twenty clean decisions are too few");
    drop(office);

    let window = Window::open(&place).await;
    go(&window, "overview", "track").await;
    window.see("more-clean").await;
    window.shot("levels-short-of-evidence").await;
    window.click("raise").await;
    window.fill("move-reason", "They look good to me").await;
    window.click("move-confirm").await;
    window.see("move-override").await;
    window.shot("levels-raise-refused").await;
    let ledger = Ledger::open(&place);
    assert_eq!(ledger.one::<String>("SELECT level FROM use_case"), "crawl", "the page does not even ask");

    window.click("move-override").await;
    window.click("move-confirm").await;
    window.gone("move-dialog").await;
    level_is(&window, "walk").await;
    window.see("overridden").await;
    window.close().await;

    // Also after the program was closed and started again.
    let window = Window::open(&place).await;
    go(&window, "overview", "track").await;
    window.see("overridden").await;
    window.shot("levels-overridden").await;
    assert_eq!(ledger.one::<i64>("SELECT override FROM level_move"), 1);
    ledger.check();
    window.close().await;
}

#[tokio::test]
#[ignore = "needs a screen"]
async fn a_level_is_raised_on_evidence_and_falls_by_itself_when_audits_turn_bad() {
    let place = Place::fresh("levels");
    let mut office = Office::open(&place);
    // Two bad ones of 200: enough for ε = 5 %, and something for the replay to show.
    office.take(200);
    office.decide(200, Some(90));
    office.deliver();
    assert!(office.raise_is_allowed(), "{:?}", office.desk.evidence(office.case));

    // The replay shows the real items, bad ones first.
    let window = Window::open(&place).await;
    go(&window, "overview", "track").await;
    window.see("what-if-threshold").await;
    window.choose("what-if-level", "walk").await;
    window.text_where("replay", "what would have gone out", PATIENCE, |text| text.contains("200")).await;
    window.click("replay-show").await;
    window.see("replay-item").await;
    window.shot("levels-replay").await;
    let ledger = Ledger::open(&place);
    let rejected: Vec<i64> = ledger.all("SELECT item FROM decision WHERE verdict = 'reject' ORDER BY item DESC");
    window.click("replay-item").await;
    assert!(rejected.contains(&item(&window).await), "a click opens one that was rejected: {rejected:?}");

    // Raised, with the evidence.
    go(&window, "overview", "track").await;
    window.click("raise").await;
    window.see("evidence").await;
    window.fill("move-reason", "200 decisions, two of them bad").await;
    assert!(!window.sees("move-override").await, "nothing to override");
    window.shot("levels-raise-allowed").await;
    window.click("move-confirm").await;
    window.gone("move-dialog").await;
    level_is(&window, "walk").await;
    assert!(!window.sees("overridden").await, "the evidence allowed it");
    window.close().await;

    // Drafts go out alone, and are looked at afterwards.
    office.take(12);
    office.deliver();
    assert_eq!(ledger.one::<i64>("SELECT count(*) FROM decision WHERE made_by = 'policy'"), 12, "all were confident");
    assert_eq!(
        ledger.one::<i64>("SELECT count(*) FROM audit WHERE state = 'open' AND due_at IS NOT NULL"),
        12,
        "a thin slice is audited whole"
    );
    drop(office);
    let window = Window::open(&place).await;
    go(&window, "overview", "track").await;
    window.click("audit-now").await;
    window.see("second-look").await;
    window.shot("levels-audit").await;
    let first = item(&window).await;
    window.click("approve").await;
    audited(&window, &ledger, first, false).await;

    // Three bad ones in a row: the brake goes on with the first, the level falls with the third.
    for n in 0..3 {
        let bad = audit_on_the_desk(&window, &ledger).await;
        window.keys("x").await;
        window.see("reason-1").await;
        window.keys("1").await;
        window.keys("\n").await;
        audited(&window, &ledger, bad, true).await;
        if n == 0 {
            assert_eq!(ledger.one::<i64>("SELECT count(*) FROM notice WHERE kind = 'brake'"), 1, "the brake is on, and told");
        }
    }
    window.see("fall-banner").await;
    level_is(&window, "crawl").await;
    window.shot("levels-fell").await;
    assert_eq!(ledger.one::<String>("SELECT cause FROM level_move ORDER BY id DESC LIMIT 1"), "drift");

    // What went out since, and the notice.
    window.click("fall-open").await;
    window.see("moves").await;
    if !window.sees("out-since-dialog").await {
        window.click("out-since").await;
    }
    window.see("out-since-item").await;
    window.shot("levels-out-since").await;
    let listed: i64 = window.read("return document.querySelectorAll('[data-testid=out-since-item]').length").await;
    let stored: i64 = ledger.one("SELECT json_array_length(out_since) FROM level_move ORDER BY id DESC LIMIT 1");
    assert_eq!(listed, stored, "each item that went out since it got worse");
    assert!(stored >= 3, "the three bad ones at the least: {stored}");
    window.press(Key::Escape).await;
    window.gone("out-since-dialog").await;
    window.click("bell").await;
    window.see("notice").await;
    window.shot("levels-notices").await;
    window.press(Key::Escape).await;

    // The page for an auditor, of the fall.
    window.click("report").await;
    let paper = window.text("report-paper").await;
    for words in ["Help desk", "Scripted"] {
        assert!(paper.contains(words), "{words:?} is in the report: {paper}");
    }
    window.shot("levels-report").await;
    window.click("report-back").await;
    window.see("corrections").await;
    window.shot("levels-overview-after").await;
    ledger.check();
    window.close().await;
}

async fn level_is(window: &Window<'_>, level: &str) {
    window.text_where("level-badge", &format!("the level is {level}"), PATIENCE, |text| text.to_lowercase().contains(level)).await;
}

/// The next item to audit, once it is on the desk.
async fn audit_on_the_desk(window: &Window<'_>, ledger: &Ledger) -> i64 {
    window
        .until("an audit on the desk", Duration::from_secs(30), async |web| {
            let id: Option<i64> = web.find(By::Testid("desk")).await?.attr("data-item").await?.and_then(|id| id.parse().ok());
            let draft = web.find(By::Testid("editor")).await?.value().await?.unwrap_or_default();
            let open = |id: i64| ledger.one::<i64>(&format!("SELECT count(*) FROM audit WHERE item = {id} AND state = 'open'")) == 1;
            Ok(id.filter(|id| !draft.is_empty() && open(*id)))
        })
        .await
}

/// Waits until the verdict on an item is kept.
async fn audited(window: &Window<'_>, ledger: &Ledger, item: i64, bad: bool) {
    let bad = i64::from(bad);
    window
        .until(&format!("the audit of item {item} to be kept"), PATIENCE, async |_| {
            let kept = ledger.one::<i64>(&format!("SELECT count(*) FROM audit WHERE item = {item} AND state = 'done' AND bad = {bad}"));
            Ok((kept == 1).then_some(()))
        })
        .await;
}
