//! Eight threads and a second process on one queue: every item is decided once, by whoever held it.

use super::{Office, decision, office, query, window};
use flow::review::Verdict;
use flow::testing::{admin, reviewer};
use flow::{Clock, Desk, Error, Person, UseCaseId};
use std::collections::BTreeMap;
use std::path::Path;
use std::process::{Command, Stdio};

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
