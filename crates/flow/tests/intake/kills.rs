//! A process that imports is killed at points in time that look random; started again it takes the rest, and nothing twice.

use super::*;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

const IMPORTS: &str = "kills::a_process_that_imports";

#[test]
#[ignore = "what the test below starts and kills"]
fn a_process_that_imports() {
    let (data, file) = (std::env::var("GAIT_IMPORTS_INTO").unwrap(), std::env::var("GAIT_IMPORTS").unwrap());
    let desk = Desk::open(Path::new(&data), flow::Clock::system()).unwrap();
    let source = Source::of(file);
    let mapping = preview(&source).unwrap().mapping;
    let report = desk.import(UseCaseId(1), &source, &mapping, &admin(), &Cancel::default(), &mut |_| {}).unwrap();
    assert_eq!(report.rejects_total, 0, "{:?}", report.rejects);
}

fn spawn(data: &Path, file: &Path) -> Child {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--ignored", "--exact", IMPORTS]).env("GAIT_IMPORTS_INTO", data).env("GAIT_IMPORTS", file);
    command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
}

fn count(data: &Path) -> u64 {
    let c = rusqlite::Connection::open(data.join("gait.db")).unwrap();
    assert_eq!(c.query_row("PRAGMA integrity_check", [], |row| row.get::<_, String>(0)).unwrap(), "ok");
    items(&c)
}

fn items(c: &rusqlite::Connection) -> u64 {
    c.query_row("SELECT count(*) FROM item", [], |row| row.get::<_, i64>(0)).unwrap().try_into().unwrap()
}

/// `GAIT_KILLS=50 GAIT_ROWS=100000` is the whole of the case.
#[test]
fn a19_killed_at_any_point_an_import_ends_with_each_request_once() {
    let number = |name: &str, otherwise: u64| std::env::var(name).map_or(otherwise, |text| text.parse().unwrap());
    let (kills, rows) = (number("GAIT_KILLS", 5), number("GAIT_ROWS", 8_000));
    let i = intake();
    let data = i.folder.path().to_owned();
    drop(i.desk);
    let file = data.join("requests.csv");
    let text: String = (0..rows).map(|n| format!("{n},request number {n}\n")).collect();
    std::fs::write(&file, format!("id,message\n{text}")).unwrap();
    let mut random = 0x9e37_79b9_7f4a_7c15u64;
    let (mut before, mut half) = (0, 0);
    for round in 0..kills {
        let mut child = spawn(&data, &file);
        // Killed once some chunks more than before are there; how many looks random.
        random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let goal = before + 1 + (random >> 33) % (rows / kills).max(1);
        let deadline = std::time::Instant::now() + Duration::from_secs(60);
        let c = rusqlite::Connection::open(data.join("gait.db")).unwrap();
        c.busy_timeout(Duration::from_secs(5)).unwrap();
        while child.try_wait().unwrap().is_none() && items(&c) < goal {
            assert!(std::time::Instant::now() < deadline, "round {round}: nothing comes in");
            std::thread::yield_now();
        }
        drop(c);
        child.kill().unwrap();
        child.wait().unwrap();
        let now = count(&data);
        assert!(now >= before && now.is_multiple_of(500) || now == rows, "whole chunks stay: {before}, then {now}");
        half += u64::from(now < rows);
        before = now;
    }
    assert!(half > 0, "some of the kills came before the end");
    assert!(spawn(&data, &file).wait().unwrap().success());
    assert_eq!(count(&data), rows);
}
