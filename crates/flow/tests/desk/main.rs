//! The desk that several people, windows and processes share, on a real database file.
#![expect(clippy::unwrap_used, reason = "a test ends where something is not as it says")]

mod claims;
mod crowd;
mod similar;

use flow::clock::{ClockHand, Millis};
use flow::intake::{Mapping, Source};
use flow::model::Cancel;
use flow::review::{DecisionInput, Filter, Found, ItemView, Order, QueueQuery, Tab, Verdict};
use flow::testing::{ScriptedDrafter, admin, use_case};
use flow::worker::{Presence, Ran, draft_one};
use flow::{Clock, Desk, Person, UseCaseId};
use std::path::Path;
use std::time::Duration;
use tempfile::TempDir;

/// One folder; each desk opened on it has a clock of its own, as two windows, processes or machines have.
struct Office {
    folder: TempDir,
    desk: Desk,
    hand: ClockHand,
    case: UseCaseId,
}

const START: Millis = Millis(1_790_000_000_000);

fn office(requests: &[&str]) -> Office {
    let folder = TempDir::new().unwrap();
    let (desk, hand) = window(folder.path());
    let case = use_case(&desk, |_| {}).unwrap();
    let o = Office { folder, desk, hand, case };
    o.take(0, requests);
    o
}

/// Another window on the folder.
fn window(folder: &Path) -> (Desk, ClockHand) {
    let (clock, hand) = Clock::by_hand(START);
    (Desk::open(folder, clock).unwrap(), hand)
}

fn query(use_case: UseCaseId) -> QueueQuery {
    QueueQuery {
        use_case,
        tab: Tab::Waiting,
        order: Order::Oldest,
        slice: None,
        text: String::new(),
        filter: Filter::default(),
        offset: 0,
        limit: 100,
    }
}

fn next(desk: &Desk, use_case: UseCaseId, person: &Person) -> Option<ItemView> {
    desk.next_item(&query(use_case), &[], person).unwrap()
}

fn decision(view: &ItemView, verdict: Verdict, text: Option<&str>) -> DecisionInput {
    DecisionInput {
        item: view.item.id,
        epoch: view.lease.as_ref().expect("claimed").epoch,
        draft: view.drafts.last().expect("drafted").id,
        verdict,
        text: text.map(str::to_owned),
        reasons: if verdict == Verdict::Reject { vec!["wrong".into()] } else { Vec::new() },
        note: None,
        viewed: Duration::from_secs(9),
        found: Found::next(Order::Oldest),
    }
}

impl Office {
    /// Takes and drafts requests, numbered from `first` on.
    fn take(&self, first: usize, requests: &[&str]) {
        let path = self.desk.folder().join("in.jsonl");
        let line = |(n, message): (usize, &&str)| serde_json::json!({ "id": (first + n).to_string(), "message": message }).to_string();
        std::fs::write(&path, requests.iter().enumerate().map(line).collect::<Vec<_>>().join("\n")).unwrap();
        let source = Source::of(path);
        let mapping = Mapping { id: Some("id".into()), fields: vec!["message".into()], ..Mapping::default() };
        let report = self.desk.import(self.case, &source, &mapping, &admin(), &Cancel::default(), &mut |_| {}).unwrap();
        assert_eq!(report.accepted, requests.len() as u64, "{report:?}");
        let presence = Presence::enter(&self.desk).unwrap();
        while draft_one(&self.desk, &ScriptedDrafter::echo(0.9), &presence, &Cancel::default(), &mut |_| {}).unwrap() != Ran::Idle {}
    }

    /// Ada decides the oldest that waits.
    fn decide(&self, verdict: Verdict, text: Option<&str>) -> ItemView {
        let view = next(&self.desk, self.case, &admin()).expect("an item waits");
        self.desk.decide(&decision(&view, verdict, text), &admin()).unwrap();
        view
    }
}
