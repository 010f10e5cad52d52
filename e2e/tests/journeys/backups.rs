//! Backups in Settings: one is made, something is decided, and the way back says what it loses.

use crate::acts::{go, item, next_after, try_the_sample};
use crate::pictures::until_it_is;
use gait_e2e::{Ledger, PATIENCE, Place, Window};
use std::fs;
use thirtyfour::prelude::*;

#[tokio::test]
#[ignore = "needs a screen"]
async fn a_backup_is_made_and_put_back_with_what_is_lost_said_before() {
    let place = Place::fresh("backups");
    let window = Window::open(&place).await;
    try_the_sample(&window).await;
    go(&window, "settings", "backups").await;
    window.click("backup-now").await;
    window.see("backup").await;
    window.shot("backups-en").await;

    go(&window, "review", "editor").await;
    let decided = item(&window).await;
    window.click("approve").await;
    next_after(&window, decided).await;
    let standing = format!("SELECT count(*) FROM decision WHERE item = {decided} AND undone_at IS NULL");
    assert_eq!(Ledger::open(&place).one::<i64>(&standing), 1);

    go(&window, "settings", "backups").await;
    window.click("backup-restore").await;
    let loss = window.text_where("restore-loss", "what is lost", PATIENCE, |text| text.contains("decision")).await;
    assert!(loss.contains("1 decision"), "{loss}");
    window.shot("restore-en").await;
    window.click("restore-confirm").await;
    window.gone("restore-dialog").await;
    let ledger = Ledger::open(&place);
    assert_eq!(ledger.one::<i64>(&standing), 0, "as it was");
    ledger.check();
    window
        .until("what was there in the list too", PATIENCE, async |web| {
            Ok((web.find_all(By::Testid("backup")).await?.len() == 2).then_some(()))
        })
        .await;

    window.click("database-check").await;
    let found = window.text_where("database-found", "a finding", PATIENCE, |text| !text.is_empty()).await;
    assert!(found.contains("as it should be") && !found.contains("not as"), "{found}");
    let everything = place.folder().join("everything");
    window.fill("everything-path", &everything.display().to_string()).await;
    window.click("everything-export").await;
    window.until("all of it in a folder", PATIENCE, async |_| Ok(everything.join("manifest.json").exists().then_some(()))).await;
    let items = fs::read_to_string(everything.join("item.jsonl")).expect("the items are there");
    assert_eq!(items.lines().count() as i64, ledger.one::<i64>("SELECT count(*) FROM item"));

    // The window goes on with what was put back.
    go(&window, "review", "editor").await;
    let again = item(&window).await;
    window.click("approve").await;
    next_after(&window, again).await;
    until_it_is(&window, "language", "html", "lang", "ko").await;
    go(&window, "settings", "backups").await;
    window.click("backup-restore").await;
    window.see("restore-confirm").await;
    window.shot("restore-ko").await;
    window.press(Key::Escape).await;
    window.gone("restore-dialog").await;
    window.shot("backups-ko").await;
    window.close().await;
}
