//! K1 and K9: a process that takes in, drafts, decides and delivers at once, or brings a file up to date, is killed at points in time that
//! look random: what it acknowledged is there, once, and nothing is half.

use super::{case_of, decide_next, deliver, draft, take};
use flow::{Clock, Desk, UseCaseId};
use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Mutex;
use std::time::{Duration, Instant};
use tempfile::TempDir;

const CASE: UseCaseId = UseCaseId(1);

fn rounds(otherwise: u64) -> u64 {
    std::env::var("GAIT_KILLS").map_or(otherwise, |text| text.parse().unwrap())
}

/// Other points in time each turn, the same in every run.
struct Random(u64);

impl Random {
    fn below(&mut self, most: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % most
    }
}

fn spawn(test: &str, data: &Path) -> Child {
    Command::new(std::env::current_exe().unwrap())
        .args(["--ignored", "--exact", test])
        .env("GAIT_WORKS_IN", data)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

/// A line for each thing that was acknowledged: written after the call returned, so that a kill leaves none that was not.
struct Acknowledged(Mutex<File>);

impl Acknowledged {
    fn open(data: &Path) -> Self {
        Self(Mutex::new(File::options().create(true).append(true).open(data.join("acknowledged")).unwrap()))
    }

    fn say(&self, what: &str) {
        self.0.lock().unwrap().write_all(format!("{what}\n").as_bytes()).unwrap();
    }
}

#[test]
#[ignore = "what the tests below start and kill"]
fn a_process_that_does_all_at_once() {
    let data = std::env::var("GAIT_WORKS_IN").unwrap();
    let data = Path::new(&data);
    let desk = Desk::open(data, Clock::system()).unwrap();
    desk.free_dead_claims().unwrap();
    let said = Acknowledged::open(data);
    let first = usize::try_from(super::rows(data, "item")).unwrap() + 1_000_000 * usize::try_from(std::process::id()).unwrap();
    std::thread::scope(|scope| {
        scope.spawn(|| {
            for n in (first..).step_by(5) {
                take(&desk, CASE, n..n + 5);
                (n..n + 5).for_each(|id| said.say(&format!("taken {id}")));
            }
        });
        scope.spawn(|| {
            loop {
                draft(&desk);
            }
        });
        scope.spawn(|| {
            loop {
                match decide_next(&desk, CASE) {
                    Some(item) => said.say(&format!("decided {item}")),
                    None => std::thread::yield_now(),
                }
            }
        });
        scope.spawn(|| {
            loop {
                deliver(&desk);
                std::thread::yield_now();
            }
        });
    });
}

fn lines(path: &Path) -> Vec<String> {
    File::open(path).map_or_else(|_| Vec::new(), |file| BufReader::new(file).lines().map_while(Result::ok).collect())
}

/// Asserts that all that was acknowledged is there, once. Returns how much that is.
fn check(data: &Path, round: u64) -> usize {
    let desk = Desk::open(data, Clock::system()).unwrap_or_else(|e| panic!("round {round}: {e}"));
    let wrong: Vec<_> = desk.examine().unwrap().into_iter().filter(|found| !found.ok).collect();
    assert!(wrong.is_empty(), "round {round}: {wrong:?}");
    let c = rusqlite::Connection::open(data.join("gait.db")).unwrap();
    let texts = |sql: &str| -> Vec<String> {
        let mut query = c.prepare(sql).unwrap();
        query.query_map([], |r| r.get::<_, String>(0)).unwrap().map(Result::unwrap).collect()
    };
    let taken: BTreeSet<String> = texts("SELECT external_id FROM item").into_iter().collect();
    let decided: BTreeSet<String> = texts("SELECT CAST(item AS TEXT) FROM decision").into_iter().collect();
    let acknowledged = lines(&data.join("acknowledged"));
    for line in &acknowledged {
        let (what, id) = line.split_once(' ').unwrap();
        let there = if what == "taken" { taken.contains(id) } else { decided.contains(id) };
        assert!(there, "round {round}: {line} was acknowledged and is lost");
    }
    let doubled: i64 = c
        .query_row("SELECT count(*) FROM (SELECT item FROM decision WHERE undone_at IS NULL GROUP BY item HAVING count(*) > 1)", [], |r| {
            r.get(0)
        })
        .unwrap();
    assert_eq!(doubled, 0, "round {round}: an item was decided twice");
    let mut out: BTreeMap<String, u32> = BTreeMap::new();
    for line in lines(&data.join("outbox.jsonl")) {
        // The last one may be torn until the next is written.
        if let Ok(line) = serde_json::from_str::<serde_json::Value>(&line) {
            *out.entry(line["id"].as_str().unwrap().to_owned()).or_default() += 1;
        }
    }
    assert!(out.values().all(|times| *times == 1), "round {round}: a text went out twice");
    let done = texts("SELECT uid FROM delivery WHERE state = 'done'");
    assert!(done.iter().all(|uid| out.contains_key(uid)), "round {round}: a text is marked as out and is not");
    acknowledged.len()
}

fn office() -> TempDir {
    let data = TempDir::new().unwrap();
    let desk = Desk::open(data.path(), Clock::system()).unwrap();
    assert_eq!(case_of(&desk), CASE);
    let mut settings = desk.settings().unwrap();
    settings.undo_seconds = 0;
    desk.save_settings(&settings).unwrap();
    data
}

fn under_fire(rounds: u64) {
    let mut data = office();
    let (mut random, mut sum, mut before) = (Random(0x9e37_79b9_7f4a_7c15), 0, 0);
    for round in 0..rounds {
        let mut child = spawn("kills::a_process_that_does_all_at_once", data.path());
        // At work, and a moment longer.
        let log = data.path().join("acknowledged");
        let deadline = Instant::now() + Duration::from_secs(60);
        while lines(&log).len() == sum {
            assert!(Instant::now() < deadline && child.try_wait().unwrap().is_none(), "round {round}: it does nothing");
            std::thread::yield_now();
        }
        let until = Instant::now() + Duration::from_micros(random.below(250_000));
        while Instant::now() < until {
            std::thread::yield_now();
        }
        child.kill().unwrap();
        child.wait().unwrap();
        sum = check(data.path(), round);
        if sum > 5_000 {
            // A larger file proves nothing more and takes longer to look through.
            before += std::mem::take(&mut sum);
            data = office();
        }
    }
    println!("{rounds} kills: all {} requests and decisions that were acknowledged are there", before + sum);
}

#[test]
fn k1_a_kill_loses_nothing_that_was_acknowledged_and_doubles_nothing() {
    under_fire(5);
}

#[test]
#[ignore = "cargo xtask proof all-at-once"]
fn killed_while_all_goes_on_at_once() {
    under_fire(rounds(1_000));
}

#[test]
#[ignore = "what the test below starts and kills"]
fn a_process_that_brings_a_file_up_to_date() {
    let data = std::env::var("GAIT_WORKS_IN").unwrap();
    drop(Desk::open(Path::new(&data), Clock::system()).unwrap());
}

#[test]
fn k9_a_kill_while_a_file_is_brought_up_to_date_leaves_it_of_one_version() {
    let old = TempDir::new().unwrap();
    let c = rusqlite::Connection::open(old.path().join("gait.db")).unwrap();
    c.execute_batch(include_str!("../../../../migrations/0001_initial.sql")).unwrap();
    c.execute_batch(
        "PRAGMA application_id = 0x47414954; PRAGMA user_version = 1;
         WITH RECURSIVE n(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < 60000)
         INSERT INTO event (at, actor, kind, detail) SELECT n, 'gait', 'received', printf('%0200d', n) FROM n",
    )
    .unwrap();
    drop(c);
    let once = |delay: Option<Duration>| {
        let data = TempDir::new().unwrap();
        std::fs::copy(old.path().join("gait.db"), data.path().join("gait.db")).unwrap();
        let begun = Instant::now();
        let mut child = spawn("kills::a_process_that_brings_a_file_up_to_date", data.path());
        match delay {
            None => assert!(child.wait().unwrap().success()),
            Some(delay) => {
                while begun.elapsed() < delay {
                    std::thread::yield_now();
                }
                child.kill().unwrap();
                child.wait().unwrap();
            }
        }
        (data, begun.elapsed())
    };
    let (_, whole) = once(None);
    let mut random = Random(0x1234_5678_9abc_def1);
    let (mut before, mut after) = (0, 0);
    for round in 0..20 {
        let (data, _) = once(Some(whole.mul_f64(random.below(1_000) as f64 / 1_000.0)));
        let c = rusqlite::Connection::open(data.path().join("gait.db")).unwrap();
        let version: i64 = c.query_row("PRAGMA user_version", [], |r| r.get(0)).unwrap();
        if version == 1 {
            before += 1
        } else {
            after += 1
        }
        drop(c);
        let desk = Desk::open(data.path(), Clock::system()).unwrap_or_else(|e| panic!("round {round}: {e}"));
        let wrong: Vec<_> = desk.examine().unwrap().into_iter().filter(|found| !found.ok).collect();
        assert!(wrong.is_empty(), "round {round}: {wrong:?}");
        assert_eq!(super::rows(data.path(), "event"), 60_000, "round {round}");
        for entry in std::fs::read_dir(data.path()).unwrap().flatten() {
            let name = entry.file_name().to_string_lossy().into_owned();
            if name.starts_with("gait-before-v") {
                let kept = rusqlite::Connection::open(entry.path()).unwrap();
                let kept: i64 = kept.query_row("SELECT count(*) FROM event", [], |r| r.get(0)).unwrap();
                assert_eq!(kept, 60_000, "round {round}: what has its name is whole");
            }
        }
    }
    println!("killed within {whole:?}: {before} were of the old version, {after} of the new one");
}
