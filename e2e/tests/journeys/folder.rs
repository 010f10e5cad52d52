//! A folder that requests come in by, seen from the window.

use crate::acts::go;
use crate::office::Office;
use gait_e2e::{Ledger, PATIENCE, Place, Window};
use std::time::Duration;

#[tokio::test]
#[ignore = "needs a screen"]
async fn files_that_are_put_into_a_watched_folder_become_items() {
    let mut place = Place::fresh("folder");
    place.own_models();
    drop(Office::filled_for_review(&place, 1));
    let folder = place.folder().join("requests");
    let window = Window::open(&place).await;
    go(&window, "use-cases", "use-case-edit").await;
    window.click("use-case-edit").await;
    window.click("tab-inout").await;
    window.see("folder-path").await;
    assert_eq!(window.value("folder-field").await, "message", "what the template reads");
    window.fill("folder-path", &place.data().display().to_string()).await;
    window.click("folder-watch").await;
    window.text_where("toast", "Gait's own folder is refused", PATIENCE, |text| text.contains("data folder")).await;
    window.fill("folder-path", &folder.display().to_string()).await;
    window.click("folder-watch").await;
    window.see("watched-folder").await;

    std::fs::write(folder.join("a.csv"), "id,message\nf1,From a table\nf2,Another\n").expect("the place can be written");
    std::fs::write(folder.join("b.eml"), "From: Min <m@example.org>\nSubject: Hello\n\nFrom a mail").expect("the place can be written");
    std::os::unix::fs::symlink("/etc/hostname", folder.join("c.txt")).expect("a link can be made");
    std::fs::write(folder.join("bad.csv"), "name\nx\n").expect("the place can be written");
    let counts = |text: &str| text.starts_with("3 files") && text.contains("3 accepted") && text.contains("1 rejected");
    window.text_where("folder-counts", "what was read", Duration::from_secs(30), counts).await;
    window.click("folder-skipped").await;
    window.shot("folder-read").await;
    let ledger = Ledger::open(&place);
    assert_eq!(ledger.one::<i64>("SELECT count(*) FROM item"), 4);
    assert!(folder.join("done/a.csv").exists() && folder.join("done/b.eml").exists() && folder.join("c.txt").exists());
    assert!(folder.join("rejected/bad.csv.report.json").exists());

    // Gone, and back: it says so, and goes on by itself.
    let away = place.folder().join("away");
    std::fs::rename(&folder, &away).expect("it can be moved");
    window.see("folder-trouble").await;
    window.text_where("trouble", "the banner", PATIENCE, |text| text.contains("requests")).await;
    window.shot("folder-gone").await;
    std::fs::rename(&away, &folder).expect("it can be moved back");
    std::fs::write(folder.join("d.txt"), "Back again").expect("the place can be written");
    window.text_where("folder-counts", "it goes on", Duration::from_secs(30), |text| text.starts_with("4 files")).await;
    window.gone("folder-trouble").await;
    ledger.check();
    window.close().await;
}
