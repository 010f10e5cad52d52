//! Datasets as a data engineer works with them: select, look, freeze, stop another, compare, trace a row back, purge, write again.

use crate::acts::go;
use crate::pictures::until_it_is;
use flow::library::ModelSource;
use flow::testing::{ScriptedDrafter, admin, use_case};
use flow::use_case::{Audience, Sink, SinkKind};
use flow::{Clock, Desk};
use gait_e2e::{Ledger, PATIENCE, Place, Window};
use std::path::{Path, PathBuf};
use std::time::Duration;
use thirtyfour::prelude::*;

const DECISIONS: i64 = 40_000;
const VERSIONS: &str = "SELECT count(*) FROM dataset_version";

/// A use case with so many decisions, as the benchmark of the Overview makes them, whose model is the starter one.
fn filled(place: &Place) {
    let desk = Desk::open(&place.data(), Clock::system()).expect("the data folder can be written");
    let mut settings = desk.settings().expect("there are settings");
    settings.person = admin().name;
    desk.save_settings(&settings).expect("settings can be kept");
    let mut files = std::fs::read_dir(place.folder().join("models/starter")).expect("the place has models").flatten().map(|at| at.path());
    let file = files.find(|path| path.extension().is_some_and(|ending| ending == "gguf")).expect("the starter model is there");
    let model = desk.add_model(&ScriptedDrafter::echo(0.9), &file, ModelSource::Imported, &admin()).expect("a model can be added");
    let outbox = place.folder().join("outbox.jsonl").display().to_string();
    let case = use_case(&desk, |input| {
        (input.name, input.model, input.audience) = ("Help desk".into(), Some(model.id), Audience::Internal);
        input.sinks = vec![Sink { kind: SinkKind::Outbox, path: outbox, audience: None }];
    })
    .expect("a use case can be made");
    let mut input = desk.use_case(case).expect("it is there").input;
    for words in ["You answer in two sentences.", "You answer in two kind sentences."] {
        input.system_prompt = words.into();
        desk.save_use_case(&admin(), Some(case), &input).expect("a use case can be changed");
    }
    drop(desk);
    let c = rusqlite::Connection::open(place.data().join("gait.db")).expect("the database opens");
    let run = |sql: &str| c.execute_batch(sql).expect("rows can be written");
    run("PRAGMA foreign_keys = OFF; PRAGMA synchronous = OFF; BEGIN");
    let until = Clock::system().now().0 - 3_600_000;
    let made = include_str!("../../../crates/flow/examples/overview/filled.sql");
    c.execute(made, [1, DECISIONS, until, DECISIONS]).expect("rows can be made");
    run(include_str!("../../../crates/flow/examples/overview/rows.sql"));
    run("COMMIT; PRAGMA wal_checkpoint(TRUNCATE)");
}

/// All files under a folder, with what is in them.
fn texts(folder: &Path) -> Vec<(PathBuf, String)> {
    let mut all = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap_or_else(|e| panic!("{}: {e}", folder.display())).flatten() {
        let path = entry.path();
        if path.is_dir() {
            all.extend(texts(&path));
        } else {
            all.push((path.clone(), String::from_utf8_lossy(&std::fs::read(&path).expect("a file of ours")).into_owned()));
        }
    }
    all
}

/// The names in a folder, hidden ones too.
fn names(folder: &Path) -> Vec<String> {
    let mut all: Vec<String> = std::fs::read_dir(folder)
        .map(|all| all.flatten().map(|at| at.file_name().to_string_lossy().into_owned()).collect())
        .unwrap_or_default();
    all.sort();
    all
}

async fn kept(window: &Window<'_>, ledger: &Ledger, versions: i64) {
    let what = format!("{versions} versions that are frozen");
    window.until(&what, Duration::from_secs(120), async |_| Ok((ledger.one::<i64>(VERSIONS) == versions).then_some(()))).await;
    window
        .until(&what, PATIENCE, async |web| {
            let cards = web.find_all(By::Testid("dataset-version")).await?.len();
            Ok((i64::try_from(cards) == Ok(versions)).then_some(()))
        })
        .await;
}

/// Each format's tab of the preview shows rows.
async fn looks_at_rows(window: &Window<'_>) {
    window.click("dataset-preview-run").await;
    let count = window
        .until("rows of each format", PATIENCE, async |web| {
            let tabs = web.find_all(By::Css("[data-testid=dataset-preview] [role=tab]")).await?.len();
            Ok((tabs > 0).then_some(tabs))
        })
        .await;
    assert_eq!(count, 4, "three formats that stand at first and the table");
    for nth in 1..=count {
        let row = window
            .until("a row of the format", PATIENCE, async |web| {
                let tab = web.find(By::Css(format!("[data-testid=dataset-preview] [role=tab]:nth-child({nth})"))).await?;
                tab.scroll_into_view().await?;
                tab.click().await?;
                let row = web.find(By::Css("[data-testid=dataset-preview] [role=tabpanel] pre")).await?.text().await?;
                Ok((!row.trim().is_empty()).then_some(row))
            })
            .await;
        assert!(row.contains("parcel"), "tab {nth} shows what was asked: {row}");
    }
    window.shot("datasets-preview").await;
}

/// The page in both themes and both languages.
async fn pictures(window: &Window<'_>, name: &str) {
    for locale in ["ko", "en"] {
        until_it_is(window, "language", "html", "lang", locale).await;
        for theme in ["dark", "light"] {
            until_it_is(window, "theme", "[data-testid=theme]", "data-theme-choice", theme).await;
            window.shot(&format!("{name}-{theme}-{locale}")).await;
        }
    }
}

async fn to(window: &Window<'_>, id: &str) {
    window.see(id).await.scroll_into_view().await.unwrap_or_else(|error| panic!("`{id}` cannot be scrolled to: {error}"));
}

#[tokio::test]
#[ignore = "needs a screen"]
async fn from_a_selection_to_files_stopped_compared_traced_purged_and_written_again() {
    let mut place = Place::fresh("datasets");
    place.own_models();
    filled(&place);
    let window = Window::open(&place).await;
    let ledger = Ledger::open(&place);
    go(&window, "data", "data-datasets").await;
    window.click("data-datasets").await;
    window.see("datasets-none").await;
    window.click("dataset-open").await;

    // The count follows the selection, and says what is left out and why; reviewers stand there by name.
    let all = window.text_where("dataset-count", "it is counted", PATIENCE, |text| text.contains("decisions")).await;
    for reviewer in ["dataset-reviewer-Ada", "dataset-reviewer-Ben"] {
        window.see(reviewer).await;
    }
    window.click("dataset-verdict-edit").await;
    window.click("dataset-verdict-reject").await;
    let some =
        window.text_where("dataset-count", "fewer are left", PATIENCE, |text| *text != all && text.contains("of another verdict")).await;
    assert!(some.contains("nobody has looked at it"), "what went out alone is told apart: {some}");
    assert_eq!(window.value("dataset-most-tokens").await, "1024", "the longest is what the model reads");
    window.click("dataset-format-csv").await;
    to(&window, "dataset-similarity").await;
    pictures(&window, "datasets-form").await;
    // These requests differ by a number only.
    window.click("dataset-step-nearDuplicates").await;
    looks_at_rows(&window).await;

    // Made, with its progress.
    window.click("dataset-make").await;
    kept(&window, &ledger, 1).await;
    let sets = place.data().join("datasets");
    assert_eq!(names(&sets), ["help-desk-v1"], "its folder, and nothing beside it");
    let first = sets.join("help-desk-v1");
    let manifest: serde_json::Value =
        serde_json::from_str(&std::fs::read_to_string(first.join("manifest.json")).expect("a manifest")).expect("it is JSON");
    assert_eq!(manifest["statistics"]["unit"], "tokens", "counted by the model's own tokenizer");
    window.click("dataset-details").await;
    let lengths = window.text("dataset-lengths").await;
    assert!(lengths.contains("tokens in the middle"), "{lengths}");
    to(&window, "dataset-detail").await;
    pictures(&window, "datasets-version").await;

    // Another one of all decisions is stopped: it is none, and leaves nothing.
    window.click("dataset-open").await;
    window.click("dataset-verdict-edit").await;
    window.click("dataset-verdict-reject").await;
    window.click("dataset-make").await;
    // At once: a quiet machine makes all of it in a second or two.
    window
        .until("the stop to be clicked", PATIENCE, async |web| {
            web.find(By::Css("[data-testid=dataset-progress] button")).await?.click().await.map(Some)
        })
        .await;
    window.gone("dataset-progress").await;
    assert_eq!(ledger.one::<i64>(VERSIONS), 1, "what was stopped is no version");
    assert_eq!(names(&sets), ["help-desk-v1"], "and leaves no files");

    // The form is as it was left: edits only, as a second version.
    window.click("dataset-verdict-edit").await;
    window.click("dataset-make").await;
    kept(&window, &ledger, 2).await;
    assert_eq!(names(&sets), ["help-desk-v1", "help-desk-v2"]);
    window
        .text_where("dataset-compare-removed", "some are gone", PATIENCE, |text| {
            text.trim().replace(',', "").parse().is_ok_and(|n: i64| n > 0)
        })
        .await;
    let compared = window.text("dataset-compare").await;
    assert!(compared.contains("selection.verdicts"), "what was asked for otherwise: {compared}");
    to(&window, "dataset-compare").await;
    pictures(&window, "datasets-compare").await;

    // From a row of a file back to its decision, and its item out of all that comes.
    let file =
        texts(&sets.join("help-desk-v2/sft")).into_iter().find(|(path, _)| path.to_string_lossy().contains("train")).expect("a file").1;
    let row: serde_json::Value = serde_json::from_str(file.lines().next().expect("a row")).expect("it is JSON");
    let id = row["id"].as_str().expect("a row has an id").to_owned();
    window.fill("dataset-trace-named", &id).await;
    window.click("dataset-trace-find").await;
    let traced = window.text_where("dataset-traced", "both versions", PATIENCE, |text| text.contains("Version 2")).await;
    assert!(traced.contains("Version 1") && traced.contains(&id), "{traced}");
    window.click("dataset-purge").await;
    window.fill("dataset-purge-why", "they asked").await;
    window.shot("datasets-purge").await;
    window.click("dataset-purge-run").await;
    let lines = "return [...document.querySelectorAll('[data-testid=dataset-purged] li')].map((line) => line.textContent);";
    window.text_where("dataset-purged", "the files that have it", PATIENCE, |text| text.contains("help-desk-v2")).await;
    let left: Vec<String> = window.read(lines).await;
    let named: Vec<&str> = left.iter().filter_map(|line| line.split(" · ").next()).map(str::trim).collect();
    assert_eq!(named.len(), 6, "of both versions, a text, a pair and a line of the table: {left:?}");
    let mark = format!("\"id\":\"{id}\"");
    for path in named.iter().filter(|path| path.ends_with(".jsonl")) {
        assert!(std::fs::read_to_string(path).expect("the file is there").contains(&mark), "{path} has {id}");
    }
    to(&window, "dataset-purged").await;
    pictures(&window, "datasets-purged").await;

    // Written again, the first version has it no more.
    let parent = place.folder().join("again");
    window
        .until("the first version to be written again", PATIENCE, async |web| {
            let cards = web.find_all(By::Testid("dataset-version")).await?;
            let Some(oldest) = cards.last() else { return Ok(None) };
            let button = oldest.find(By::Testid("dataset-again")).await?;
            button.scroll_into_view().await?;
            button.click().await.map(Some)
        })
        .await;
    window.fill("dataset-again-folder", &parent.display().to_string()).await;
    window.shot("datasets-again").await;
    window.click("dataset-again-run").await;
    window.text_where("toast", "what was purged is told", Duration::from_secs(60), |text| text.contains("purged")).await;
    let again = parent.join("help-desk-v1");
    for (path, text) in texts(&again).into_iter().filter(|(path, _)| path.extension().is_some_and(|ending| ending == "jsonl")) {
        assert!(!text.contains(&mark), "{} has {id}", path.display());
    }
    assert_eq!(ledger.one::<i64>("SELECT count(*) FROM dataset_copy WHERE version = 1 AND state = 'placed'"), 2, "two copies are known");
    assert_eq!(ledger.all::<String>("PRAGMA integrity_check"), ["ok"], "the database is whole");
    window.close().await;
}
