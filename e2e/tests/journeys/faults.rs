//! What goes wrong outside the program: it says so in a sentence, and the window is never blank.

use crate::acts::{item, next_after, try_the_sample};
use gait_e2e::{Ledger, PATIENCE, Place, Window};
use std::fs;
use std::time::Duration;

/// A sentence that a person can act on, not a debug print.
fn is_a_sentence(text: &str) -> bool {
    text.split_whitespace().count() >= 4
        && !["panicked", "Err(", "Error {", "Some(", "undefined", "[object"].iter().any(|bad| text.contains(bad))
}

#[tokio::test]
#[ignore = "needs a screen"]
async fn a_truncated_model_is_named_and_the_requests_are_kept() {
    let mut place = Place::fresh("truncated-model");
    let models = place.own_models();
    let file = gguf(&models);
    let length = fs::metadata(&file).expect("the model is there").len();
    fs::File::options().write(true).open(&file).expect("the copy is ours").set_len(length / 2).expect("a file can be cut");

    let window = Window::open(&place).await;
    window.see("welcome").await;
    window.click("try-sample").await;
    let text = said(&window, "what is wrong with the model").await;
    window.shot("truncated-model").await;
    assert!(is_a_sentence(&text), "{text}");
    assert!(window.sees("rail-review").await || window.sees("welcome").await, "the window is not blank");
    window.close().await;
}

#[tokio::test]
#[ignore = "needs a screen"]
async fn a_model_that_is_gone_is_named_and_the_rest_goes_on() {
    let mut place = Place::fresh("model-gone");
    let models = place.own_models();
    let window = Window::open(&place).await;
    try_the_sample(&window).await;
    window.close().await;
    fs::remove_file(gguf(&models)).expect("the copy is ours");

    let window = Window::open(&place).await;
    let text = said(&window, "that the model is gone").await;
    assert!(is_a_sentence(&text), "{text}");
    window.shot("model-gone").await;
    // What is drafted can still be reviewed.
    window.click("rail-review").await;
    window.value_where("editor", "the draft made before", PATIENCE, |text| !text.is_empty()).await;
    // Not always the one that was open before: what was drafted meanwhile may come first.
    let open = item(&window).await;
    window.click("approve").await;
    let ledger = Ledger::open(&place);
    window
        .until("the decision to be kept", PATIENCE, async |_| {
            Ok((ledger.one::<i64>(&format!("SELECT count(*) FROM decision WHERE item = {open} AND undone_at IS NULL")) == 1).then_some(()))
        })
        .await;
    ledger.check();
    window.close().await;
}

#[tokio::test]
#[ignore = "needs a screen"]
async fn a_folder_that_cannot_be_written_is_named() {
    let mut place = Place::fresh("read-only");
    fs::create_dir_all(place.data()).expect("the place can be written");
    place.read_only();
    let window = Window::open(&place).await;
    let text = window.text_where("trouble", "a sentence", PATIENCE, |text| !text.is_empty()).await;
    window.shot("read-only").await;
    assert!(is_a_sentence(&text), "{text}");
    assert!(text.contains(&*place.data().to_string_lossy()), "the folder is named: {text}");
    window.close().await;
}

#[tokio::test]
#[ignore = "needs a screen"]
async fn a_full_disk_is_named_and_what_was_kept_stays() {
    let mut place = Place::fresh("full-disk");
    if !place.small_disk(2) {
        eprintln!("left out: only root can make a small disk");
        return;
    }
    let window = Window::open(&place).await;
    window.see("welcome").await;
    window.click("try-sample").await;
    let text = said(&window, "that the disk is full").await;
    window.shot("full-disk").await;
    assert!(is_a_sentence(&text), "{text}");
    window.close().await;
}

#[tokio::test]
#[ignore = "needs a screen"]
async fn k3_when_the_disk_has_room_again_work_goes_on_without_a_restart() {
    let mut place = Place::fresh("full-and-free");
    if !place.small_disk(48) {
        eprintln!("left out: only root can make a small disk");
        return;
    }
    let window = Window::open(&place).await;
    try_the_sample(&window).await;
    // The disk is seen by the program only, and through it.
    let inside = |name: &str| {
        place.processes().first().map(|id| std::path::PathBuf::from(format!("/proc/{id}/root{}/{name}", place.data().display())))
    };
    let filler = inside("filler").expect("the program runs");
    fill(&filler);
    window.fill("editor", "Words that find no room.").await;
    window.see_within("trouble", Duration::from_secs(60)).await;
    let text = window.text("trouble").await;
    assert!(is_a_sentence(&text), "{text}");
    window.shot("full").await;
    fs::remove_file(&filler).expect("the filler is ours");
    window.gone("trouble").await;
    let open = item(&window).await;
    window.click("approve").await;
    next_after(&window, open).await;
    window.close().await;
}

/// Writes until nothing more has room.
fn fill(path: &std::path::Path) {
    use std::io::Write;
    let mut file = fs::File::create(path).expect("the disk can be written");
    for size in [1 << 20, 1 << 14, 1 << 10, 64] {
        while file.write_all(&vec![7u8; size]).is_ok() {}
    }
}

#[tokio::test]
#[ignore = "needs a screen"]
async fn a_folder_that_is_gone_is_named_and_work_goes_on_when_it_is_back() {
    let place = Place::fresh("folder-gone");
    let window = Window::open(&place).await;
    try_the_sample(&window).await;
    let away = place.folder().join("away");
    fs::rename(place.data(), &away).expect("a folder can be moved");
    let text = window.text_where("trouble", "that the folder is gone", Duration::from_secs(30), |text| !text.is_empty()).await;
    assert!(is_a_sentence(&text), "{text}");
    window.shot("folder-gone").await;
    assert!(!place.data().join("gait.db").exists(), "no new database is begun in its place");
    fs::remove_dir_all(place.data()).ok();
    fs::rename(&away, place.data()).expect("and back");
    window.gone("trouble").await;
    let open = item(&window).await;
    window.click("approve").await;
    next_after(&window, open).await;
    let ledger = Ledger::open(&place);
    assert_eq!(ledger.one::<i64>(&format!("SELECT count(*) FROM decision WHERE item = {open} AND undone_at IS NULL")), 1);
    ledger.check();
    window.close().await;
}

#[tokio::test]
#[ignore = "needs a screen"]
async fn a_file_that_is_no_database_is_left_alone() {
    let place = Place::fresh("no-database");
    let window = Window::open(&place).await;
    window.see("welcome").await;
    window.close().await;
    let database = database(&place);
    fs::write(&database, "this was something else once, and long enough to be taken for a page of a database ".repeat(40))
        .expect("the place can be written");
    for side in ["-wal", "-shm"] {
        fs::remove_file(format!("{}{side}", database.display())).ok();
    }
    let before = fs::read(&database).expect("just written");
    let window = Window::open(&place).await;
    let text = window.text_where("trouble", "a sentence", PATIENCE, |text| !text.is_empty()).await;
    window.shot("no-database").await;
    assert!(is_a_sentence(&text), "{text}");
    assert_eq!(fs::read(&database).expect("still there"), before, "a foreign file is not touched");
    window.close().await;
}

#[tokio::test]
#[ignore = "needs a screen"]
async fn a_second_window_on_the_same_folder_says_that_there_is_one() {
    let place = Place::fresh("second-window");
    let window = Window::open(&place).await;
    window.see("welcome").await;
    let second = std::process::Command::new(place.start()).envs(place.environment()).output();
    let second = second.expect("the program can be started");
    let text = String::from_utf8_lossy(&second.stderr).into_owned();
    assert!(is_a_sentence(&text), "a second start ends by itself and says why: {text:?}");
    assert!(!second.status.success(), "and is no success");
    window.close().await;
}

/// What the window says, wherever it says it: beside the page or as a passing notice.
async fn said(window: &Window<'_>, what: &str) -> String {
    window
        .until(what, Duration::from_secs(60), async |web| {
            for id in ["trouble", "toast"] {
                for element in web.find_all(thirtyfour::By::Testid(id)).await? {
                    let text = element.text().await?;
                    if !text.trim().is_empty() {
                        return Ok(Some(text));
                    }
                }
            }
            Ok(None)
        })
        .await
}

fn gguf(models: &std::path::Path) -> std::path::PathBuf {
    let starter = models.join("starter");
    let mut found = fs::read_dir(&starter).expect("the starter model's folder").flatten().map(|entry| entry.path());
    found.find(|path| path.extension().is_some_and(|extension| extension == "gguf")).expect("the starter model is there")
}

fn database(place: &Place) -> std::path::PathBuf {
    let mut found = fs::read_dir(place.data()).expect("the data folder").flatten().map(|entry| entry.path());
    found.find(|path| path.extension().is_some_and(|extension| extension == "db")).expect("the database is there")
}
