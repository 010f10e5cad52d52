//! Datasets on a real database file: what is selected, frozen versions, lineage, purging.
#![expect(clippy::unwrap_used, reason = "a test ends where something is not as it says")]

mod hostile;
mod kills;
mod lineage;
mod selections;
mod tokens;
mod versions;

use flow::clock::ClockHand;
use flow::dataset::{Again, Cleaning, Counted, DatasetVersion, Format, LeftOut, Plan, Selection, Wanted};
use flow::deliver::Delivered;
use flow::intake::{Mapping, Source};
use flow::model::{Cancel, Drafter};
use flow::review::{DecisionInput, Found, Order, Verdict};
use flow::testing::{ScriptedDrafter, WordTokens, admin, desk, reviewer, use_case};
use flow::use_case::{Audience, Level, Sink, SinkKind};
use flow::worker::{Presence, Ran, draft_one};
use flow::{Desk, Error, ItemId, Person, UseCaseId};
use serde_json::Value;
use std::cell::Cell;
use std::path::{Path, PathBuf};
use std::time::Duration;
use tempfile::TempDir;

struct Office {
    folder: TempDir,
    desk: Desk,
    hand: ClockHand,
    case: UseCaseId,
    taken: Cell<i64>,
}

/// A use case that answers people inside; half of what goes out alone is audited.
fn office() -> Office {
    let folder = TempDir::new().unwrap();
    let (desk, hand) = desk(folder.path()).unwrap();
    let sinks = vec![Sink { kind: SinkKind::Outbox, path: folder.path().join("outbox.jsonl").display().to_string(), audience: None }];
    let case = use_case(&desk, |input| (input.audience, input.check_share, input.sinks) = (Audience::Internal, 0.5, sinks)).unwrap();
    Office { folder, desk, hand, case, taken: Cell::new(0) }
}

/// As it is written: nothing is left out by cleaning, and all of it is on one side.
fn plain(formats: &[Format], case: UseCaseId) -> Plan {
    let mut plan = Plan::new(formats.to_vec(), case);
    plan.recipe.cleaning = Cleaning::default();
    (plan.recipe.split.validation, plan.recipe.split.test) = (0.0, 0.0);
    plan
}

const ALL: [Format; 3] = [Format::Sft, Format::DpoChat, Format::Kto];

impl Office {
    /// Takes and drafts so many requests, each with words of its own. Returns their items.
    fn take(&self, n: i64, p: f32) -> Vec<ItemId> {
        let first = self.taken.get();
        self.taken.set(first + n);
        let path = self.folder.path().join("in.jsonl");
        let line = |id: i64| {
            let slice = if id % 2 == 0 { "billing" } else { "returns" };
            let message = format!("My number {id} of the {slice} desk is {}", "abcdefghij".chars().cycle().nth(id as usize * 3).unwrap());
            serde_json::json!({"id": id.to_string(), "slice": slice, "customer": format!("K{}", id / 2), "message": message}).to_string()
        };
        std::fs::write(&path, (first..first + n).map(line).collect::<Vec<_>>().join("\n")).unwrap();
        let fields = vec!["message".into(), "customer".into()];
        let mapping = Mapping { id: Some("id".into()), slice: Some("slice".into()), fields, ..Mapping::default() };
        let source = Source::of(path);
        self.desk.import(self.case, &source, &mapping, &admin(), &Cancel::default(), &mut |_| {}).unwrap();
        self.draft_all(p);
        (first + 1..=first + n).map(ItemId).collect()
    }

    fn draft_all(&self, p: f32) {
        let presence = Presence::enter(&self.desk).unwrap();
        while draft_one(&self.desk, &ScriptedDrafter::echo(p), &presence, &Cancel::default(), &mut |_| {}).unwrap() != Ran::Idle {}
    }

    fn say(&self, item: ItemId, verdict: Verdict, person: &Person, change: impl FnOnce(&mut DecisionInput)) {
        let view = self.desk.open_item(item, person).unwrap();
        let mut input = DecisionInput {
            item,
            epoch: view.lease.as_ref().map_or(-1, |lease| lease.epoch),
            draft: view.item.draft.unwrap(),
            verdict,
            text: (verdict == Verdict::Edit).then(|| format!("Better: item {item}.")),
            reasons: Vec::new(),
            note: None,
            viewed: Duration::from_secs(60),
            found: Found::next(Order::Oldest),
        };
        change(&mut input);
        self.desk.decide(&input, person).unwrap();
    }

    fn approve(&self, item: ItemId) {
        self.say(item, Verdict::Approve, &admin(), |_| ());
    }

    fn edit(&self, item: ItemId) {
        self.say(item, Verdict::Edit, &admin(), |_| ());
    }

    fn reject(&self, item: ItemId) {
        self.say(item, Verdict::Reject, &admin(), |input| input.reasons = vec!["wrong".into()]);
    }

    /// Has another draft made, as somebody asks for it.
    fn again(&self, item: ItemId, words: &'static str) {
        let view = self.desk.open_item(item, &admin()).unwrap();
        let epoch = view.lease.unwrap().epoch;
        let request = self.desk.regenerate_request(item, "Ada", epoch, Some("Shorter.")).unwrap();
        let made = ScriptedDrafter::new(move |_| Ok((words.into(), 0.7))).generate(&request, &Cancel::default(), &mut |_| {}).unwrap();
        self.desk.keep_regenerated(item, "Ada", epoch, &request, Some("Shorter."), &made).unwrap();
    }

    fn deliver(&self) {
        self.hand.advance(Duration::from_secs(11));
        while self.desk.deliver_one().unwrap() == Delivered::Done {}
    }

    fn walk(&self) {
        self.desk.override_level(self.case, Level::Walk, "trial", &admin()).unwrap();
    }

    fn count(&self, change: impl FnOnce(&mut Selection)) -> Counted {
        let mut selection = Selection::default();
        change(&mut selection);
        self.desk.count_dataset(self.case, &selection, &Cancel::default()).unwrap()
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join("sets").join(name)
    }

    fn make_by(&self, name: &str, selection: &Selection, plan: &Plan) -> Result<DatasetVersion, Error> {
        let folder = self.path(name);
        let wanted = Wanted { use_case: self.case, selection, plan, folder: &folder };
        self.desk.new_dataset(&wanted, &admin(), &WordTokens, &Cancel::default(), &mut |_| {})
    }

    /// Whether the files are the same as the first time.
    fn write_again(&self, n: i64, name: &str) -> (DatasetVersion, bool) {
        let again = Again { use_case: self.case, n, folder: &self.path(name) };
        self.desk.export_dataset_again(&again, &admin(), &WordTokens, &Cancel::default(), &mut |_| {}).unwrap()
    }

    fn make(&self, name: &str) -> DatasetVersion {
        self.make_by(name, &Selection::default(), &plain(&ALL, self.case)).unwrap()
    }

    /// All rows of a format, whatever their side.
    fn rows(&self, version: &DatasetVersion, name: &str, format: Format) -> Vec<Value> {
        let files = version.manifest.files.iter().filter(|file| file.config == format);
        files.flat_map(|file| lines(&self.path(name).join(&file.path))).collect()
    }

    fn raw(&self) -> rusqlite::Connection {
        rusqlite::Connection::open(self.folder.path().join("gait.db")).unwrap()
    }

    /// What the doctor finds wrong.
    fn wrong(&self) -> Vec<String> {
        self.desk.examine().unwrap().into_iter().filter(|f| !f.ok).map(|f| f.what).collect()
    }
}

fn lines(path: &Path) -> Vec<Value> {
    std::fs::read_to_string(path).unwrap().lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn left_out(counted: &Counted) -> Vec<(LeftOut, u64)> {
    counted.left_out.iter().map(|of| (of.reason, of.count)).collect()
}

/// Every file under a folder.
fn walk(folder: &Path) -> Vec<PathBuf> {
    let mut all = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { all.extend(walk(&path)) } else { all.push(path) }
    }
    all
}

/// The names in a folder, hidden ones too.
fn names(folder: &Path) -> Vec<String> {
    let mut all: Vec<String> =
        std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned()).collect();
    all.sort();
    all
}

fn ben() -> Person {
    reviewer()
}
