//! Eight threads and a second process on one queue: every item is decided once, by whoever held it.

use super::{Office, decision, office, query, window};
use flow::clock::ClockHand;
use flow::review::Verdict;
use flow::testing::{admin, reviewer};
use flow::{Clock, Desk, Error, Person, UseCaseId};
use std::collections::BTreeMap;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

const THREADS: usize = 8;
const FOLDER: &str = "GAIT_TEST_CROWD_FOLDER";

/// Works through the queue until nothing waits; returns how many decisions were acknowledged and not taken back.
fn work(desk: &Desk, case: UseCaseId, person: &Person, seed: u64) -> i64 {
    let mut decided = 0;
    let mut draw = seed;
    let mut dice = |sides: u64| {
        draw = draw.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (draw >> 33) % sides
    };
    // A held item is decided twice at times, as by a window that did not hear the answer, and given back at others.
    while let Some(view) = desk.next_item(&query(case), &[], person).unwrap() {
        let epoch = view.lease.as_ref().unwrap().epoch;
        match dice(8) {
            0 => desk.release(view.item.id, epoch, person).unwrap(),
            kind => {
                let input = decision(&view, if kind == 1 { Verdict::Reject } else { Verdict::Approve }, None);
                for _ in 0..1 + dice(2) {
                    match desk.decide(&input, person) {
                        Ok(_) => decided += 1,
                        Err(Error::Stale { .. }) => {}
                        Err(other) => panic!("{other}"),
                    }
                }
                if dice(16) == 0 {
                    match desk.undo(case, person) {
                        Ok(_) => decided -= 1,
                        Err(Error::NothingToUndo { .. } | Error::AlreadyDelivered { .. } | Error::Stale { .. }) => {}
                        Err(other) => panic!("{other}"),
                    }
                }
            }
        }
    }
    decided
}

fn crowd(desk: &Desk, folder: &Path, case: UseCaseId, name: &str) -> i64 {
    let own: Vec<Desk> = (0..THREADS / 2).map(|_| Desk::open(folder, Clock::system()).unwrap()).collect();
    std::thread::scope(|scope| {
        let hands: Vec<_> = (0..THREADS)
            .map(|n| {
                // Half of them share one desk, as the threads of a window do; half have a desk each. Two hands are one person.
                let desk = own.get(n).unwrap_or(desk);
                let person = Person { name: format!("{name} {}", n / 2), ..reviewer() };
                scope.spawn(move || work(desk, case, &person, n as u64 + 1))
            })
            .collect();
        hands.into_iter().map(|hand| hand.join().expect("no hand fails")).sum()
    })
}

/// What the second process does; the test below starts it.
#[test]
#[ignore = "the second process of another test"]
fn the_other_process() {
    let Some(folder) = std::env::var_os(FOLDER) else { return };
    let folder = Path::new(&folder);
    let desk = Desk::open(folder, Clock::system()).unwrap();
    let case = desk.use_cases().unwrap()[0].id;
    println!("DECIDED={}", crowd(&desk, folder, case, "there"));
}

const DAY: Duration = Duration::from_secs(86_400);

/// Claims what waits and decides it, now and then after a pause, while the clock of its window jumps. Says how many claims and how many
/// decisions it was told of.
fn race(desk: &Desk, hand: &ClockHand, case: UseCaseId, person: &Person, seed: u64) -> (u64, u64) {
    let (mut claims, mut decided, mut draw) = (0, 0, seed);
    let mut dice = |sides: u64| {
        draw = draw.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (draw >> 33) % sides
    };
    while let Some(view) = desk.next_item(&query(case), &[], person).unwrap() {
        claims += 1;
        hand.advance(Duration::from_millis(dice(3_000)));
        match dice(40) {
            0 => hand.advance(3650 * DAY),
            1 => hand.turn_back(DAY),
            2..6 => (0..dice(2_000)).for_each(|_| std::thread::yield_now()),
            _ => {}
        }
        match desk.decide(&decision(&view, Verdict::Approve, None), person) {
            Ok(_) => decided += 1,
            Err(Error::Stale { .. }) => {}
            Err(other) => panic!("{other}"),
        }
    }
    (claims, decided)
}

/// Four threads on a window each.
fn racers(folder: &Path, case: UseCaseId, name: &str, seed: u64) -> (u64, u64) {
    let windows: Vec<_> = (0..THREADS / 2).map(|_| window(folder)).collect();
    std::thread::scope(|scope| {
        let hands: Vec<_> = (1..)
            .zip(&windows)
            .map(|(n, (desk, hand))| {
                let person = Person { name: format!("{name} {n}"), ..reviewer() };
                scope.spawn(move || race(desk, hand, case, &person, seed * 100 + n))
            })
            .collect();
        let done = hands.into_iter().map(|hand| hand.join().expect("no hand fails"));
        done.fold((0, 0), |sum, one| (sum.0 + one.0, sum.1 + one.1))
    })
}

#[test]
#[ignore = "the second process of another test"]
fn the_other_racers() {
    let Some(folder) = std::env::var_os(FOLDER) else { return };
    let (claims, decided) = racers(Path::new(&folder), UseCaseId(1), "there", 7);
    println!("CLAIMED={claims} DECIDED={decided} ");
}

/// In batches of so many items.
fn raced(wanted: u64, batch: usize) {
    let Office { folder, desk, case, .. } = office(&["Request number 0 about something"]);
    desk.set_reviewers(case, 0.0, 0.0, &admin()).unwrap();
    drop(desk);
    let (mut claims, mut decided, mut items) = (0, 0, 1);
    while claims < wanted {
        let (desk, hand) = window(folder.path());
        let o = Office { folder: tempfile::TempDir::new().unwrap(), desk, hand, case };
        let requests: Vec<String> = (0..batch).map(|n| format!("Request number {} about something", items + n)).collect();
        o.take(items, &requests.iter().map(String::as_str).collect::<Vec<_>>());
        items += batch;
        let other = Command::new(std::env::current_exe().unwrap())
            .args(["--ignored", "--exact", "--nocapture", "crowd::the_other_racers"])
            .env(FOLDER, folder.path())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let here = racers(folder.path(), case, "here", claims + 1);
        let said = other.wait_with_output().unwrap();
        let said = String::from_utf8_lossy(&said.stdout).into_owned();
        let number = |name: &str| -> u64 { said.split(name).nth(1).unwrap().split_whitespace().next().unwrap().parse().unwrap() };
        // What a clock that jumped left held is free once its time is over.
        o.hand.advance(DAY);
        let rest = race(&o.desk, &o.hand, case, &admin(), 3);
        claims += here.0 + number("CLAIMED=") + rest.0;
        decided += here.1 + number("DECIDED=") + rest.1;
        let c = rusqlite::Connection::open(folder.path().join("gait.db")).unwrap();
        let count = |sql: &str| -> u64 { c.query_row(sql, [], |r| r.get::<_, i64>(0)).unwrap().try_into().unwrap() };
        assert_eq!(count("SELECT count(*) FROM decision"), decided, "as many decisions as were acknowledged");
        assert_eq!(count("SELECT count(DISTINCT item) FROM decision"), decided, "one an item");
        assert_eq!(decided, items as u64, "and none without");
    }
    println!("{claims} claims on {items} items: {decided} decisions, one each");
}

#[test]
fn k11_claims_raced_for_by_two_processes_give_one_decision_each() {
    raced(1, 24);
}

#[test]
#[ignore = "cargo xtask proof claims"]
fn claims_raced_for_while_clocks_jump() {
    raced(std::env::var("GAIT_CLAIMS").map_or(10_000, |text| text.parse().unwrap()), 200);
}

#[test]
fn eight_threads_and_another_process_with_as_many_decide_each_item_once() {
    let requests: Vec<String> = (0..120).map(|n| format!("Request number {n} about something")).collect();
    let lines: Vec<&str> = requests.iter().map(String::as_str).collect();
    let Office { folder, desk: by_hand, case, .. } = office(&lines);
    // No second looks: what was decided is not told to whoever may take one.
    by_hand.set_reviewers(case, 0.0, 0.0, &admin()).unwrap();
    drop(by_hand);
    let other = Command::new(std::env::current_exe().unwrap())
        .args(["--ignored", "--exact", "--nocapture", "crowd::the_other_process"])
        .env(FOLDER, folder.path())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let desk = Desk::open(folder.path(), Clock::system()).unwrap();
    let here = crowd(&desk, folder.path(), case, "here");
    let said = other.wait_with_output().unwrap();
    let said_text = String::from_utf8_lossy(&said.stdout).into_owned();
    assert!(said.status.success(), "{said_text}");
    let there: i64 = said_text.split("DECIDED=").nth(1).and_then(|rest| rest.split_whitespace().next()).unwrap().parse().unwrap();

    let (by_hand, _) = window(folder.path());
    let query = flow::review::QueueQuery { tab: flow::review::Tab::Decided, limit: 500, ..query(case) };
    let page = by_hand.queue(&query, &reviewer()).unwrap();
    assert_eq!(page.total, 120, "every item is decided");
    assert_eq!(here + there, 120, "as often as a decision was acknowledged and not taken back: {here} here, {there} there");
    let mut by: BTreeMap<String, u32> = BTreeMap::new();
    for row in &page.rows {
        let view = by_hand.view_item(row.id, &reviewer()).unwrap();
        let (decision, _, _) = view.decision.expect("it is decided");
        // A decision is the work of whoever claimed it: the last word of the item's history is theirs.
        let last = view.history.iter().rev().find(|entry| ["approved", "rejected"].contains(&entry.kind.as_str())).unwrap();
        assert_eq!(last.actor, decision.actor);
        let taken = view.history.iter().filter(|entry| ["approved", "rejected"].contains(&entry.kind.as_str())).count();
        let back = view.history.iter().filter(|entry| entry.kind == "undone").count();
        assert_eq!(taken, back + 1, "one decision more than were taken back: {:?}", view.history);
        *by.entry(decision.actor.split(' ').next().unwrap().to_owned()).or_default() += 1;
    }
    assert_eq!(by.values().sum::<u32>(), 120);
    let wrong: Vec<String> = by_hand.examine().unwrap().into_iter().filter(|finding| !finding.ok).map(|finding| finding.what).collect();
    assert_eq!(wrong, Vec::<String>::new(), "the database is whole and its counts are right");
}
