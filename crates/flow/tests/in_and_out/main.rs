//! What goes out of the program and what comes in by itself: sinks with a scripted carrier, and watched folders.
#![expect(clippy::unwrap_used, reason = "a test ends where something is not as it says")]

mod folders;
mod sinks;

use flow::deliver::Delivered;
use flow::intake::{Mapping, Source};
use flow::model::Cancel;
use flow::review::{DecisionInput, Filter, Found, Order, QueueQuery, Tab, Verdict};
use flow::testing::{ScriptedDrafter, admin};
use flow::worker::{Presence, Ran, draft_one};
use flow::{Desk, ItemId, UseCaseId};
use std::time::Duration;

fn query(use_case: UseCaseId, tab: Tab) -> QueueQuery {
    let filter = Filter::default();
    QueueQuery { use_case, tab, order: Order::Oldest, slice: None, text: String::new(), filter, offset: 0, limit: 100 }
}

/// Takes so many requests, drafts them and approves each. The items, in order.
fn approve(desk: &Desk, case: UseCaseId, first: u32, n: u32) -> Vec<ItemId> {
    let lines: Vec<String> = (first..first + n).map(|id| format!(r#"{{"id":"r{id}","message":"question {id}"}}"#)).collect();
    let path = desk.folder().join("in.jsonl");
    std::fs::write(&path, lines.join("\n")).unwrap();
    let mapping = Mapping { id: Some("id".into()), fields: vec!["message".into()], ..Mapping::default() };
    let source = Source::of(path);
    desk.import(case, &source, &mapping, &admin(), &Cancel::default(), &mut |_| {}).unwrap();
    let presence = Presence::enter(desk).unwrap();
    while draft_one(desk, &ScriptedDrafter::echo(0.9), &presence, &Cancel::default(), &mut |_| {}).unwrap() != Ran::Idle {}
    (0..n).map(|_| approve_next(desk, case)).collect()
}

fn approve_next(desk: &Desk, case: UseCaseId) -> ItemId {
    let view = desk.next_item(&query(case, Tab::Waiting), &[], &admin()).unwrap().expect("an item waits");
    let input = DecisionInput {
        item: view.item.id,
        epoch: view.lease.as_ref().expect("claimed").epoch,
        draft: view.drafts.last().expect("drafted").id,
        verdict: Verdict::Approve,
        text: None,
        reasons: Vec::new(),
        note: None,
        viewed: Duration::from_secs(9),
        found: Found::next(Order::Oldest),
    };
    desk.decide(&input, &admin()).unwrap();
    view.item.id
}

fn until_nothing(desk: &Desk, carrier: &dyn flow::carrier::Carrier) -> usize {
    let mut tries = 0;
    while desk.deliver_next(carrier).unwrap() != Delivered::Nothing {
        tries += 1;
        assert!(tries < 1_000, "it comes to an end");
    }
    tries
}
