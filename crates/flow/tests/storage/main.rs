//! The database as files on a disk: what belongs together, what is refused, what can be put back.
#![expect(clippy::unwrap_used, reason = "a test ends where something is not as it says")]

mod backups;
mod flips;
mod foreign;
mod kills;
mod log;
mod mixed;
#[cfg(target_os = "linux")]
mod power;
mod together;

use flow::clock::{ClockHand, Millis};
use flow::deliver::Delivered;
use flow::intake::{Mapping, Source};
use flow::model::Cancel;
use flow::review::{DecisionInput, Filter, Found, Order, QueueQuery, Tab, Verdict};
use flow::testing::{ScriptedDrafter, admin, use_case};
use flow::use_case::{Sink, SinkKind};
use flow::worker::{Presence, Ran, draft_one};
use flow::{Clock, Desk, ItemId, Person, UseCaseId};
use std::path::Path;
use std::time::Duration;

const START: Millis = Millis(1_790_000_000_000);

fn open(folder: &Path) -> (Desk, ClockHand) {
    let (clock, hand) = Clock::by_hand(START);
    (Desk::open(folder, clock).unwrap(), hand)
}

/// A use case with an outbox in the data folder.
fn case_of(desk: &Desk) -> UseCaseId {
    let path = desk.folder().join("outbox.jsonl").display().to_string();
    use_case(desk, |input| input.sinks = vec![Sink { kind: SinkKind::Outbox, path, audience: None }]).unwrap()
}

fn take(desk: &Desk, case: UseCaseId, ids: std::ops::Range<usize>) -> u64 {
    let path = desk.folder().join(format!("in-{}.jsonl", ids.start));
    let lines: Vec<String> = ids.map(|n| format!("{{\"id\":\"{n}\",\"message\":\"Where is order {n}?\"}}")).collect();
    std::fs::write(&path, lines.join("\n")).unwrap();
    let source = Source { path: path.clone(), format: None, encoding: None, delimiter: None };
    let mapping = Mapping { id: Some("id".into()), fields: vec!["message".into()], ..Mapping::default() };
    let report = desk.import(case, &source, &mapping, &admin(), &Cancel::default(), &mut |_| {}).unwrap();
    std::fs::remove_file(path).unwrap();
    report.accepted
}

fn draft(desk: &Desk) {
    let presence = Presence::enter(desk).unwrap();
    while draft_one(desk, &ScriptedDrafter::echo(0.9), &presence, &Cancel::default(), &mut |_| {}).unwrap() != Ran::Idle {}
}

fn query(use_case: UseCaseId, tab: Tab) -> QueueQuery {
    QueueQuery { use_case, tab, order: Order::Oldest, slice: None, text: String::new(), filter: Filter::default(), offset: 0, limit: 100 }
}

/// Approves the oldest that waits; false where nothing does.
fn decide(desk: &Desk, case: UseCaseId) -> bool {
    decide_next(desk, case).is_some()
}

fn decide_next(desk: &Desk, case: UseCaseId) -> Option<ItemId> {
    decide_as(desk, case, &admin())
}

fn decide_as(desk: &Desk, case: UseCaseId, person: &Person) -> Option<ItemId> {
    let view = desk.next_item(&query(case, Tab::Waiting), &[], person).unwrap()?;
    let input = DecisionInput {
        item: view.item.id,
        epoch: view.lease.as_ref().unwrap().epoch,
        draft: view.drafts.last().unwrap().id,
        verdict: Verdict::Approve,
        text: None,
        reasons: Vec::new(),
        note: None,
        viewed: Duration::from_secs(9),
        found: Found::next(Order::Oldest),
    };
    desk.decide(&input, person).unwrap();
    Some(view.item.id)
}

fn deliver(desk: &Desk) {
    while desk.deliver_one().unwrap() == Delivered::Done {}
}

/// Rows of a table, seen from beside.
fn rows(folder: &Path, table: &str) -> i64 {
    let c = rusqlite::Connection::open(folder.join("gait.db")).unwrap();
    c.query_row(&format!("SELECT count(*) FROM {table}"), [], |r| r.get(0)).unwrap()
}

fn checkpoint(folder: &Path) {
    let c = rusqlite::Connection::open(folder.join("gait.db")).unwrap();
    c.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(())).unwrap();
}
