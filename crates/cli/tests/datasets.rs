//! `gait dataset` as a process of its own: what it says to scripts, and what is left when it is killed.
#![cfg(target_os = "linux")]
#![expect(clippy::unwrap_used, reason = "a test ends where something is not as it says")]

use flow::testing::{admin, use_case_input};
use flow::use_case::{Audience, Sink, SinkKind, UseCaseInput};
use flow::{Clock, Desk};
use serde_json::Value;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::{Duration, Instant};
use tempfile::TempDir;

fn command(data: &Path, args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_gait"));
    command.env("GAIT_DATA", data).args(args).stdin(Stdio::null());
    command
}

fn gait(data: &Path, args: &[&str]) -> Output {
    command(data, args).output().unwrap()
}

fn json(data: &Path, args: &[&str]) -> Value {
    let out = gait(data, &[&["--json"], args].concat());
    assert!(out.status.success(), "{args:?}: {}", String::from_utf8_lossy(&out.stderr));
    serde_json::from_slice(&out.stdout).unwrap()
}

/// A use case with so many decisions, as the benchmark of the Overview makes them.
fn filled(decisions: i64) -> TempDir {
    let data = TempDir::new().unwrap();
    let desk = Desk::open(data.path(), Clock::system()).unwrap();
    let file = data.path().join("scripted.gguf");
    std::fs::write(&file, b"script").unwrap();
    let drafter = flow::testing::ScriptedDrafter::echo(0.9);
    let model = desk.add_model(&drafter, &file, flow::library::ModelSource::Imported, &admin()).unwrap();
    let sink = Sink { kind: SinkKind::Outbox, path: data.path().join("outbox.jsonl").display().to_string(), audience: None };
    let mut input = UseCaseInput { model: Some(model.id), sinks: vec![sink], audience: Audience::Internal, ..use_case_input() };
    let case = desk.save_use_case(&admin(), None, &input).unwrap().id;
    for words in ["You answer in two sentences.", "You answer in two kind sentences."] {
        input.system_prompt = words.into();
        desk.save_use_case(&admin(), Some(case), &input).unwrap();
    }
    drop(desk);
    let c = rusqlite::Connection::open(data.path().join("gait.db")).unwrap();
    c.execute_batch("PRAGMA foreign_keys = OFF; PRAGMA synchronous = OFF; BEGIN").unwrap();
    let until = Clock::system().now().0 - 3_600_000;
    c.execute(include_str!("../../flow/examples/overview/filled.sql"), [1, decisions, until, decisions]).unwrap();
    c.execute_batch(include_str!("../../flow/examples/overview/rows.sql")).unwrap();
    c.execute_batch("COMMIT; PRAGMA wal_checkpoint(TRUNCATE)").unwrap();
    data
}

#[test]
fn a_dataset_is_counted_frozen_compared_written_again_traced_and_purged() {
    let data = filled(400);
    let counted = json(data.path(), &["dataset", "count"]);
    let of = |reason: &str| counted["left_out"].as_array().unwrap().iter().find(|of| of["reason"] == reason).cloned().unwrap_or_default();
    let selected = counted["selected"].as_u64().unwrap();
    assert!(selected > 100, "{counted}");
    assert!(of("taken_back")["count"].as_u64().unwrap() > 0 && of("not_looked_at")["count"].as_u64().unwrap() > 0, "{counted}");

    let folder = data.path().join("one");
    let plain = ["--no-cleaning", "--format", "sft,dpo-chat,csv"];
    let made = json(data.path(), &[&["dataset", "new", folder.to_str().unwrap()], &plain[..]].concat());
    assert_eq!((&made["version"], &made["kept"]), (&1.into(), &selected.into()), "{made}");
    assert_eq!(made["copies"][0]["there"], true);
    let second = data.path().join("two");
    let edits = ["--verdict", "edit", "--unweighted"];
    let other = json(data.path(), &[&["dataset", "new", second.to_str().unwrap()], &plain[..], &edits[..]].concat());
    assert_eq!(other["kept"], counted["preferences"]);
    let compared = json(data.path(), &["dataset", "compare", "1", "2"]);
    assert_eq!((&compared["added"], &compared["same"]), (&0.into(), &other["kept"]));
    let what: Vec<&str> = compared["differences"].as_array().unwrap().iter().map(|of| of["what"].as_str().unwrap()).collect();
    assert_eq!(what, ["selection.verdicts", "selection.weighted"]);

    let again = json(data.path(), &["dataset", "export-again", "1", data.path().join("again").to_str().unwrap()]);
    assert_eq!(again["same"], true, "{again}");
    let file = made["files"].as_array().unwrap().iter().find(|file| file["config"] == "sft").unwrap()["path"].as_str().unwrap();
    let text = std::fs::read_to_string(folder.join(file)).unwrap();
    let row: Value = serde_json::from_str(text.lines().next().unwrap()).unwrap();
    let origin = json(data.path(), &["dataset", "where", row["id"].as_str().unwrap()]);
    let uid = origin["uid"].as_str().unwrap();
    assert_eq!(origin["versions"][0]["version"], 1, "{origin}");
    let purged = json(data.path(), &["dataset", "purge", uid, "--why", "they asked"]);
    let folders: BTreeSet<&str> = purged["files"]["rows"].as_array().unwrap().iter().map(|at| at["file"].as_str().unwrap()).collect();
    assert!(folders.len() >= 2, "in the first copy and in the second: {purged}");
    assert_eq!(json(data.path(), &["dataset", "where", uid])["purged"], true);
    assert_eq!(json(data.path(), &["dataset", "count"])["selected"], selected - 1);
    assert_eq!(json(data.path(), &["dataset", "list"]).as_array().unwrap().len(), 2);

    let taken = gait(data.path(), &["dataset", "new", folder.to_str().unwrap()]);
    assert_eq!(taken.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&taken.stderr).contains("never takes the place of another"));
}

fn spawn(data: &Path, folder: &Path) -> Child {
    let args = ["dataset", "new", folder.to_str().unwrap(), "--format", "sft,kto"];
    command(data, &args).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
}

/// Kills the process after so long, unless it ends before. Whether it ended by itself, and well.
fn killed_after(mut child: Child, delay: Duration) -> bool {
    let id = child.id();
    let (tell, ended) = channel();
    let waits = std::thread::spawn(move || {
        let status = child.wait().unwrap();
        // Nobody may listen any more.
        let _ = tell.send(());
        status.success()
    });
    if ended.recv_timeout(delay) == Err(RecvTimeoutError::Timeout) {
        let process = rustix::process::Pid::from_raw(i32::try_from(id).unwrap()).unwrap();
        // It may have ended a moment ago.
        let _ = rustix::process::kill_process(process, rustix::process::Signal::KILL);
    }
    waits.join().unwrap()
}

/// What is wrong with a folder that has its name.
fn fault(folder: &Path) -> Option<String> {
    let manifest: Value = serde_json::from_slice(&std::fs::read(folder.join("manifest.json")).ok()?).ok()?;
    let files = manifest["files"].as_array().unwrap();
    assert!(!files.is_empty());
    files.iter().find_map(|file| {
        let path = folder.join(file["path"].as_str().unwrap());
        let bytes = std::fs::metadata(&path).map_or(0, |found| found.len());
        (bytes != file["bytes"].as_u64().unwrap()).then(|| format!("{}: {bytes} bytes", path.display()))
    })
}

fn under_fire(kills: u64) {
    let data = filled(3_000);
    let sets = data.path().join("sets");
    std::fs::create_dir(&sets).unwrap();
    let begun = Instant::now();
    assert!(killed_after(spawn(data.path(), &sets.join("whole")), Duration::from_secs(300)), "it is made where nobody kills it");
    let whole = begun.elapsed();
    let (mut state, mut ended) = (0x9e37_79b9_7f4a_7c15_u64, 0);
    for n in 0..kills {
        // Xorshift: other points in time each turn, the same in every run.
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        let folder = sets.join(format!("set-{n}"));
        ended += u64::from(killed_after(spawn(data.path(), &folder), whole.mul_f64((state % 1_050) as f64 / 1_000.0)));
        // The next one that looks ends what is left.
        let listed = json(data.path(), &["dataset", "list"]);
        let known: BTreeSet<PathBuf> = listed
            .as_array()
            .unwrap()
            .iter()
            .flat_map(|version| version["copies"].as_array().unwrap().clone())
            .map(|copy| PathBuf::from(copy["folder"].as_str().unwrap()))
            .collect();
        let there: BTreeSet<PathBuf> = std::fs::read_dir(&sets).unwrap().map(|entry| entry.unwrap().path()).collect();
        assert_eq!(there, known, "after kill {n}: every folder is of a version that stands, whole, and nothing else is left");
        for folder in &there {
            assert_eq!(fault(folder), None, "after kill {n}");
        }
        let numbers: Vec<i64> = listed.as_array().unwrap().iter().rev().map(|version| version["version"].as_i64().unwrap()).collect();
        assert_eq!(numbers, (1..=numbers.len() as i64).collect::<Vec<_>>(), "versions count up without a gap");
        assert_eq!(numbers.len(), known.len(), "a version has its folder");
    }
    println!("{kills} kills within {whole:?}: {ended} had ended before");
    let doctor = json(data.path(), &["dataset", "count"]);
    assert!(doctor["selected"].as_u64().unwrap() > 0);
    assert!(killed_after(spawn(data.path(), &sets.join("last")), Duration::from_secs(300)), "and it begins again from the start");
}

#[test]
fn a_kill_leaves_a_whole_version_or_none() {
    under_fire(20);
}

#[test]
#[ignore = "cargo xtask proof datasets"]
fn datasets_killed_at_random_times() {
    under_fire(std::env::var("GAIT_KILLS").map_or(100, |text| text.parse().unwrap()));
}
