//! A process that makes a version is killed at points in time that look random: a whole version is there, or none, and nothing else is left.

use crate::names;
use flow::dataset::{Plan, Selection, Wanted};
use flow::model::Cancel;
use flow::testing::{ScriptedDrafter, WordTokens, admin, use_case_input};
use flow::use_case::{Audience, Sink, SinkKind, UseCaseInput};
use flow::{Clock, Desk, UseCaseId};
use std::collections::BTreeSet;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::{Duration, Instant};
use tempfile::TempDir;

const MAKES: &str = "kills::a_process_that_makes_a_version";
const CASE: UseCaseId = UseCaseId(1);

/// A use case with so many decisions, as the benchmark of the Overview makes them.
fn filled(decisions: i64) -> TempDir {
    let data = TempDir::new().unwrap();
    let desk = Desk::open(data.path(), Clock::system()).unwrap();
    let file = data.path().join("scripted.gguf");
    std::fs::write(&file, b"script").unwrap();
    let model = desk.add_model(&ScriptedDrafter::echo(0.9), &file, flow::library::ModelSource::Imported, &admin()).unwrap();
    let sink = Sink { kind: SinkKind::Outbox, path: data.path().join("outbox.jsonl").display().to_string(), audience: None };
    let mut input = UseCaseInput { model: Some(model.id), sinks: vec![sink], audience: Audience::Internal, ..use_case_input() };
    assert_eq!(desk.save_use_case(&admin(), None, &input).unwrap().id, CASE);
    for words in ["You answer in two sentences.", "You answer in two kind sentences."] {
        input.system_prompt = words.into();
        desk.save_use_case(&admin(), Some(CASE), &input).unwrap();
    }
    drop(desk);
    let c = rusqlite::Connection::open(data.path().join("gait.db")).unwrap();
    c.execute_batch("PRAGMA foreign_keys = OFF; PRAGMA synchronous = OFF; BEGIN").unwrap();
    let until = Clock::system().now().0 - 3_600_000;
    c.execute(include_str!("../../examples/overview/filled.sql"), [1, decisions, until, decisions]).unwrap();
    c.execute_batch(include_str!("../../examples/overview/rows.sql")).unwrap();
    c.execute_batch("COMMIT; PRAGMA wal_checkpoint(TRUNCATE)").unwrap();
    data
}

#[test]
#[ignore = "what the test below starts and kills"]
fn a_process_that_makes_a_version() {
    let (data, folder) = (std::env::var("GAIT_MAKES_IN").unwrap(), std::env::var("GAIT_MAKES").unwrap());
    let desk = Desk::open(Path::new(&data), Clock::system()).unwrap();
    let plan = Plan::new(crate::ALL.to_vec(), CASE);
    let wanted = Wanted { use_case: CASE, selection: &Selection::default(), plan: &plan, folder: Path::new(&folder) };
    desk.new_dataset(&wanted, &admin(), &WordTokens, &Cancel::default(), &mut |_| {}).unwrap();
}

fn spawn(data: &Path, folder: &Path) -> Child {
    Command::new(std::env::current_exe().unwrap())
        .args(["--ignored", "--exact", MAKES])
        .env("GAIT_MAKES_IN", data)
        .env("GAIT_MAKES", folder)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

/// Kills the process (with a signal that cannot be caught) after so long, unless it ends before. Whether it ended by itself, and well.
fn killed_after(mut child: Child, delay: Duration) -> bool {
    let mut says = child.stdout.take().unwrap();
    let (tell, ended) = channel();
    let listens = std::thread::spawn(move || {
        let mut said = String::new();
        says.read_to_string(&mut said).unwrap();
        // Nobody may listen any more.
        let _ = tell.send(());
    });
    if ended.recv_timeout(delay) == Err(RecvTimeoutError::Timeout) {
        child.kill().unwrap();
    }
    let well = child.wait().unwrap().success();
    listens.join().unwrap();
    well
}

/// What is wrong with a folder that has its name.
fn fault(folder: &Path) -> Option<String> {
    let Ok(manifest) = std::fs::read_to_string(folder.join("manifest.json")) else { return Some("there is no manifest".into()) };
    let manifest: flow::dataset::Manifest = serde_json::from_str(&manifest).unwrap();
    assert!(!manifest.files.is_empty());
    manifest.files.iter().find_map(|file| {
        let bytes = std::fs::metadata(folder.join(&file.path)).map_or(0, |found| found.len());
        (bytes != file.bytes).then(|| format!("{}: {bytes} bytes of {}", file.path, file.bytes))
    })
}

fn under_fire(kills: u64) {
    let data = filled(1_500);
    let sets = data.path().join("sets");
    std::fs::create_dir(&sets).unwrap();
    let begun = Instant::now();
    assert!(killed_after(spawn(data.path(), &sets.join("whole")), Duration::from_secs(300)), "it is made where nobody kills it");
    let whole = begun.elapsed();
    let desk = Desk::open(data.path(), Clock::system()).unwrap();
    let (mut state, mut ended, mut settled) = (0x9e37_79b9_7f4a_7c15_u64, 0, 0);
    for n in 0..kills {
        // Xorshift: other points in time each turn, the same in every run.
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        let folder = sets.join(format!("set-{n}"));
        ended += u64::from(killed_after(spawn(data.path(), &folder), whole.mul_f64((state % 1_050) as f64 / 1_000.0)));
        // The next one that looks ends what is left.
        settled += desk.settle_datasets().unwrap();
        let versions = desk.datasets(CASE).unwrap();
        let known: BTreeSet<PathBuf> = versions.iter().flat_map(|version| version.copies.iter().map(|copy| copy.folder.clone())).collect();
        let there: BTreeSet<PathBuf> = names(&sets).iter().map(|name| sets.join(name)).collect();
        assert_eq!(there, known, "after kill {n}: every folder is of a version that stands, and nothing else is left");
        for folder in &there {
            assert_eq!(fault(folder), None, "after kill {n}: {} is whole", folder.display());
        }
        let numbers: Vec<i64> = versions.iter().rev().map(|version| version.n).collect();
        assert_eq!(numbers, (1..=numbers.len() as i64).collect::<Vec<_>>(), "versions count up without a gap");
        assert_eq!(numbers.len(), known.len(), "a version has its folder");
    }
    println!("{kills} kills within {whole:?}: {settled} left something that was ended, {ended} had ended before");
    // Whoever begins again needs nothing of what a kill has left: the same decisions give the same bytes.
    assert!(killed_after(spawn(data.path(), &sets.join("last")), Duration::from_secs(300)), "and it begins again from the start");
    let versions = desk.datasets(CASE).unwrap();
    let rows = |version: &flow::dataset::DatasetVersion| version.manifest.files.iter().map(|file| file.sha256.clone()).collect::<Vec<_>>();
    assert!(!rows(&versions[0]).is_empty());
    for version in &versions {
        assert_eq!(rows(version), rows(&versions[0]), "version {}: file by file the same sums", version.n);
    }
}

#[test]
fn i4_a_kill_leaves_a_whole_version_or_none() {
    under_fire(20);
}

#[test]
#[ignore = "cargo xtask proof datasets"]
fn datasets_killed_at_random_times() {
    under_fire(std::env::var("GAIT_KILLS").map_or(100, |text| text.parse().unwrap()));
}
