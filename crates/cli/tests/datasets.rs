//! `gait dataset` as a process of its own: what it says to scripts.
#![expect(clippy::unwrap_used, reason = "a test ends where something is not as it says")]

use flow::testing::{admin, use_case_input};
use flow::use_case::{Audience, Sink, SinkKind, UseCaseInput};
use flow::{Clock, Desk};
use serde_json::Value;
use std::collections::BTreeSet;
use std::path::Path;
use std::process::{Command, Output, Stdio};
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
