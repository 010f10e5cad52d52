//! Charters, epochs, hold rules and switches on a real database file: the office that the tests work in.
#![expect(clippy::unwrap_used, reason = "a test ends where something is not as it says")]

mod epochs;
mod gate;
mod older;
mod sequences;

use flow::clock::ClockHand;
use flow::deliver::Delivered;
use flow::intake::{Mapping, Source};
use flow::item::State;
use flow::model::Cancel;
use flow::review::{DecisionInput, Filter, Found, ItemView, Order, QueueQuery, Tab, Verdict};
use flow::testing::{ScriptedDrafter, admin, desk, use_case};
use flow::use_case::UseCaseInput;
use flow::worker::{Presence, Ran, draft_one};
use flow::{Desk, UseCaseId};
use std::time::Duration;
use tempfile::TempDir;

struct Office {
    _folder: TempDir,
    desk: Desk,
    hand: ClockHand,
    case: UseCaseId,
}

fn office() -> Office {
    let folder = TempDir::new().unwrap();
    let (desk, hand) = desk(folder.path()).unwrap();
    let case = use_case(&desk, |_| ()).unwrap();
    Office { _folder: folder, desk, hand, case }
}

impl Office {
    fn import(&self, ids: std::ops::Range<u32>, message: &str) {
        let path = self.desk.folder().join("in.jsonl");
        let lines: Vec<String> = ids.clone().map(|id| serde_json::json!({"id": id.to_string(), "message": message}).to_string()).collect();
        std::fs::write(&path, lines.join("\n")).unwrap();
        let mapping = Mapping { id: Some("id".into()), fields: vec!["message".into()], ..Mapping::default() };
        let source = Source::of(path);
        let report = self.desk.import(self.case, &source, &mapping, &admin(), &Cancel::default(), &mut |_| {}).unwrap();
        assert_eq!(report.accepted as usize, ids.len(), "{report:?}");
    }

    fn draft_all(&self, p: f32) {
        let presence = Presence::enter(&self.desk).unwrap();
        while draft_one(&self.desk, &ScriptedDrafter::echo(p), &presence, &Cancel::default(), &mut |_| {}).unwrap() != Ran::Idle {}
    }

    fn next(&self) -> ItemView {
        self.desk.next_item(&query(self.case, Tab::Waiting), &[], &admin()).unwrap().expect("an item waits")
    }

    fn approve_next(&self) -> flow::review::Decision {
        let view = self.next();
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
        self.desk.decide(&input, &admin()).unwrap().decision
    }

    fn save(&self, change: impl FnOnce(&mut UseCaseInput)) {
        let mut input = self.desk.use_case(self.case).unwrap().input;
        change(&mut input);
        self.desk.save_use_case(&admin(), Some(self.case), &input).unwrap();
    }

    fn count(&self, state: State) -> i64 {
        self.desk.use_case(self.case).unwrap().counts.of(state)
    }

    fn deliver_all(&self) -> usize {
        let mut n = 0;
        while self.desk.deliver_one().unwrap() == Delivered::Done {
            n += 1;
        }
        n
    }

    fn kinds(&self) -> Vec<String> {
        self.desk.activity(Some(self.case), 0, 500).unwrap().1.into_iter().map(|e| e.kind).collect()
    }

    /// What the doctor finds wrong.
    fn wrong(&self) -> Vec<String> {
        self.desk.examine().unwrap().into_iter().filter(|f| !f.ok).map(|f| f.what).collect()
    }

    /// A connection that goes around the desk.
    fn raw(&self) -> rusqlite::Connection {
        rusqlite::Connection::open(self.desk.folder().join("gait.db")).unwrap()
    }
}

fn query(use_case: UseCaseId, tab: Tab) -> QueueQuery {
    QueueQuery { use_case, tab, order: Order::Oldest, slice: None, text: String::new(), filter: Filter::default(), offset: 0, limit: 100 }
}
