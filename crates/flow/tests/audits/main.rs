//! What went out alone on a real database file: audits, the brake, falls of a level, notices, corrections.
#![expect(clippy::unwrap_used, reason = "a test ends where something is not as it says")]

mod corrections;
mod falls;
mod looks;
mod notices;
mod reports;
mod sequences;

use flow::audit::AuditsView;
use flow::clock::ClockHand;
use flow::deliver::Delivered;
use flow::intake::{Mapping, Source};
use flow::item::State;
use flow::model::Cancel;
use flow::notice::Kind;
use flow::review::{Decided, DecisionInput, Filter, Found, ItemView, Order, QueueQuery, Tab, Verdict};
use flow::testing::{ScriptedDrafter, admin, desk, use_case};
use flow::use_case::{Audience, Level, Sink, SinkKind, UseCaseInput};
use flow::worker::{Presence, Ran, draft_one};
use flow::{Desk, Error, ItemId, Person, UseCaseId};
use std::path::{Path, PathBuf};
use std::time::Duration;
use tempfile::TempDir;

/// An office whose requests come from inside, in which half of what goes out alone is audited: all of it, at first, for so few audits are a
/// thin slice.
struct Office {
    _folder: TempDir,
    desk: Desk,
    hand: ClockHand,
    case: UseCaseId,
    outbox: PathBuf,
    texts: PathBuf,
    taken: std::cell::Cell<u32>,
}

fn office() -> Office {
    let folder = TempDir::new().unwrap();
    let (desk, hand) = desk(folder.path()).unwrap();
    let (outbox, texts) = (folder.path().join("out/box.jsonl"), folder.path().join("out/texts"));
    let sinks = vec![
        Sink { kind: SinkKind::Outbox, path: outbox.display().to_string(), audience: None },
        Sink { kind: SinkKind::Folder, path: texts.display().to_string(), audience: None },
    ];
    let change = |input: &mut UseCaseInput| (input.sinks, input.check_share, input.audience) = (sinks, 0.5, Audience::Internal);
    let case = use_case(&desk, change).unwrap();
    Office { _folder: folder, desk, hand, case, outbox, texts, taken: std::cell::Cell::new(0) }
}

/// The same at walk.
fn walking() -> Office {
    let o = office();
    o.desk.override_level(o.case, Level::Walk, "trial", &admin()).unwrap();
    o
}

impl Office {
    /// Takes and drafts so many requests, each with words of its own.
    fn take(&self, n: u32, p: f32) {
        let first = self.taken.get();
        self.taken.set(first + n);
        let path = self.desk.folder().join("in.jsonl");
        let line = |id: u32| serde_json::json!({"id": id.to_string(), "message": format!("Where is parcel {id}?")}).to_string();
        std::fs::write(&path, (first..first + n).map(line).collect::<Vec<_>>().join("\n")).unwrap();
        let mapping = Mapping { id: Some("id".into()), fields: vec!["message".into()], ..Mapping::default() };
        let source = Source::of(path);
        self.desk.import(self.case, &source, &mapping, &admin(), &Cancel::default(), &mut |_| {}).unwrap();
        let presence = Presence::enter(&self.desk).unwrap();
        while draft_one(&self.desk, &ScriptedDrafter::echo(p), &presence, &Cancel::default(), &mut |_| {}).unwrap() != Ran::Idle {}
    }

    /// Lets so many go out alone, and waits until they have.
    fn send(&self, n: u32) {
        self.take(n, 0.95);
        self.deliver();
    }

    fn deliver(&self) {
        self.hand.advance(Duration::from_secs(11));
        while self.desk.deliver_one().unwrap() == Delivered::Done {}
    }

    fn judge(&self, item: i64, verdict: Verdict, text: Option<&str>) -> Result<Decided, Error> {
        judge(&self.desk, item, verdict, text, Duration::from_secs(9), &admin())
    }

    fn clean(&self, item: i64) {
        self.judge(item, Verdict::Approve, None).unwrap();
    }

    fn bad(&self, item: i64) -> Decided {
        self.judge(item, Verdict::Reject, None).unwrap()
    }

    fn view(&self) -> AuditsView {
        self.desk.audits(self.case).unwrap()
    }

    fn level(&self) -> Level {
        self.desk.use_case(self.case).unwrap().level
    }

    fn count(&self, state: State) -> i64 {
        self.desk.use_case(self.case).unwrap().counts.of(state)
    }

    fn notices(&self) -> Vec<Kind> {
        self.desk.notices().unwrap().into_iter().rev().map(|notice| notice.kind).collect()
    }

    fn items(&self, tab: Tab, person: &Person) -> Vec<i64> {
        self.desk.queue(&query(self.case, tab), person).unwrap().rows.iter().map(|row| row.id.0).collect()
    }

    /// What the doctor finds wrong.
    fn wrong(&self) -> Vec<String> {
        self.desk.examine().unwrap().into_iter().filter(|f| !f.ok).map(|f| f.what).collect()
    }

    fn raw(&self) -> rusqlite::Connection {
        rusqlite::Connection::open(self.desk.folder().join("gait.db")).unwrap()
    }

    fn save(&self, change: impl FnOnce(&mut UseCaseInput)) {
        let mut input = self.desk.use_case(self.case).unwrap().input;
        change(&mut input);
        self.desk.save_use_case(&admin(), Some(self.case), &input).unwrap();
    }

    fn watch(&self) -> Vec<flow::falls::Fell> {
        self.desk.watch_levels(&Cancel::default()).unwrap()
    }
}

fn judge(desk: &Desk, item: i64, verdict: Verdict, text: Option<&str>, viewed: Duration, person: &Person) -> Result<Decided, Error> {
    let view = desk.open_item(ItemId(item), person)?;
    desk.decide(&said(&view, verdict, text, viewed), person)
}

fn said(view: &ItemView, verdict: Verdict, text: Option<&str>, viewed: Duration) -> DecisionInput {
    DecisionInput {
        item: view.item.id,
        epoch: view.lease.as_ref().map_or(-1, |lease| lease.epoch),
        draft: view.drafts.last().unwrap().id,
        verdict,
        text: text.map(str::to_owned),
        reasons: Vec::new(),
        note: None,
        viewed,
        found: Found::next(Order::Oldest),
    }
}

fn query(use_case: UseCaseId, tab: Tab) -> QueueQuery {
    QueueQuery { use_case, tab, order: Order::Priority, slice: None, text: String::new(), filter: Filter::default(), offset: 0, limit: 100 }
}

fn lines(path: &Path) -> Vec<serde_json::Value> {
    std::fs::read_to_string(path).unwrap_or_default().lines().map(|l| serde_json::from_str(l).unwrap()).collect()
}
