//! What a person does at the desk on a real database file: taken back and done again, many at once, two drafts side by side.
#![expect(clippy::unwrap_used, reason = "a test ends where something is not as it says")]

mod bulk;
mod compare;
mod sequences;
mod undo;

use flow::clock::{Clock, ClockHand};
use flow::deliver::Delivered;
use flow::intake::{Mapping, Source};
use flow::item::State;
use flow::model::Cancel;
use flow::review::{DecisionInput, Found, ItemView, Order, Verdict};
use flow::testing::{ScriptedDrafter, admin, desk, use_case};
use flow::use_case::{Sink, SinkKind};
use flow::worker::{Presence, Ran, draft_one};
use flow::{Desk, DraftId, Error, ItemId, Person, UseCaseId};
use std::time::Duration;
use tempfile::TempDir;

struct Office {
    folder: TempDir,
    desk: Desk,
    hand: ClockHand,
    case: UseCaseId,
    outbox: std::path::PathBuf,
}

/// An office with so many drafted items, numbered from 1; the model is not sure of them.
fn office(items: u32) -> Office {
    office_with(items, 0.5)
}

fn office_with(items: u32, p: f32) -> Office {
    let folder = TempDir::new().unwrap();
    let (desk, hand) = desk(folder.path()).unwrap();
    let outbox = folder.path().join("out/box.jsonl");
    let sinks = vec![Sink { kind: SinkKind::Outbox, path: outbox.display().to_string(), audience: None }];
    let case = use_case(&desk, |input| input.sinks = sinks).unwrap();
    let o = Office { folder, desk, hand, case, outbox };
    o.take(items, p);
    o
}

impl Office {
    fn take(&self, items: u32, p: f32) {
        let path = self.desk.folder().join("in.jsonl");
        let line = |id: u32| serde_json::json!({"id": id.to_string(), "message": format!("Where is parcel {id}?")}).to_string();
        std::fs::write(&path, (1..=items).map(line).collect::<Vec<_>>().join("\n")).unwrap();
        let mapping = Mapping { id: Some("id".into()), fields: vec!["message".into()], ..Mapping::default() };
        let source = Source::of(path);
        self.desk.import(self.case, &source, &mapping, &admin(), &Cancel::default(), &mut |_| {}).unwrap();
        let presence = Presence::enter(&self.desk).unwrap();
        while draft_one(&self.desk, &ScriptedDrafter::echo(p), &presence, &Cancel::default(), &mut |_| {}).unwrap() != Ran::Idle {}
    }

    /// The program ends and starts again.
    fn restarted(self) -> Self {
        let Self { folder, desk, hand, case, outbox } = self;
        let now = desk.now();
        drop((desk, hand));
        let (clock, hand) = Clock::by_hand(now);
        let desk = Desk::open(folder.path(), clock).unwrap();
        Self { folder, desk, hand, case, outbox }
    }

    fn open(&self, item: i64, person: &Person) -> ItemView {
        self.desk.open_item(ItemId(item), person).unwrap()
    }

    fn decide_as(&self, item: i64, verdict: Verdict, text: Option<&str>, person: &Person) -> Result<(), Error> {
        let view = self.open(item, person);
        self.desk.decide(&said(&view, verdict, text), person).map(drop)
    }

    fn decide(&self, item: i64, verdict: Verdict, text: Option<&str>) {
        self.decide_as(item, verdict, text, &admin()).unwrap();
    }

    fn state(&self, item: i64) -> State {
        self.desk.view_item(ItemId(item), &admin()).unwrap().item.state
    }

    fn states(&self, items: std::ops::RangeInclusive<i64>) -> Vec<State> {
        items.map(|item| self.state(item)).collect()
    }

    /// The time to take back is over, and what waits goes out.
    fn deliver(&self) -> usize {
        self.hand.advance(Duration::from_secs(11));
        self.deliver_what_is_due()
    }

    fn deliver_what_is_due(&self) -> usize {
        let mut n = 0;
        while self.desk.deliver_one().unwrap() == Delivered::Done {
            n += 1;
        }
        n
    }

    /// Another draft, that a person asks for.
    fn regenerate(&self, item: i64, text: &'static str, person: &Person) -> DraftId {
        let epoch = self.open(item, person).lease.unwrap().epoch;
        let request = self.desk.regenerate_request(ItemId(item), &person.name, epoch, Some("shorter")).unwrap();
        let drafter = ScriptedDrafter::new(move |_| Ok((text.into(), 0.8)));
        let made = flow::model::Drafter::generate(&drafter, &request, &Cancel::default(), &mut |_| {}).unwrap();
        self.desk.keep_regenerated(ItemId(item), &person.name, epoch, &request, Some("shorter"), &made).unwrap()
    }

    /// What the doctor finds wrong.
    fn wrong(&self) -> Vec<String> {
        self.desk.examine().unwrap().into_iter().filter(|f| !f.ok).map(|f| f.what).collect()
    }

    fn raw(&self) -> rusqlite::Connection {
        rusqlite::Connection::open(self.desk.folder().join("gait.db")).unwrap()
    }

    /// Decisions of the machine, taken back or not.
    fn rows(&self) -> i64 {
        self.raw().query_row("SELECT count(*) FROM decision", [], |r| r.get(0)).unwrap()
    }
}

fn said(view: &ItemView, verdict: Verdict, text: Option<&str>) -> DecisionInput {
    DecisionInput {
        item: view.item.id,
        epoch: view.lease.as_ref().map_or(0, |lease| lease.epoch),
        draft: view.item.draft.unwrap(),
        verdict,
        text: text.map(str::to_owned),
        reasons: if verdict == Verdict::Reject { vec!["wrong".into(), "rude".into()] } else { Vec::new() },
        note: (verdict == Verdict::Reject).then(|| "a word".to_owned()),
        viewed: Duration::from_secs(9),
        found: Found::next(Order::Random),
    }
}
