//! The queue as people look through it: filters, orders, searches, the next item, the day.
#![expect(clippy::unwrap_used, reason = "a test ends where something is not as it says")]

mod naive;
mod search;

use flow::clock::ClockHand;
use flow::intake::{Mapping, Source};
use flow::model::Cancel;
use flow::review::{Bins, DecisionInput, DeskView, Filter, Found, Holder, ItemView, Order, QueueQuery, Tab, Verdict};
use flow::testing::{ScriptedDrafter, admin, desk, reviewer, use_case};
use flow::use_case::{Audience, Level};
use flow::worker::{Presence, Ran, draft_one};
use flow::{Desk, Error, ItemId, Person, UseCaseId};
use proptest::prelude::*;
use std::time::Duration;
use tempfile::TempDir;

struct Office {
    folder: TempDir,
    desk: Desk,
    hand: ClockHand,
    case: UseCaseId,
    taken: std::cell::Cell<u32>,
}

impl Office {
    fn new() -> Self {
        let folder = TempDir::new().unwrap();
        let (desk, hand) = desk(folder.path()).unwrap();
        let case = use_case(&desk, |input| input.audience = Audience::Internal).unwrap();
        Self { folder, desk, hand, case, taken: 0.into() }
    }

    /// Takes requests from a file of this name; each has words, a slice and a priority.
    fn import(&self, file: &str, requests: &[(&str, Option<&str>, i64)]) {
        let path = self.desk.folder().join(file);
        let line = |(words, slice, priority): &(&str, Option<&str>, i64)| {
            self.taken.set(self.taken.get() + 1);
            serde_json::json!({ "id": self.taken.get().to_string(), "message": words, "slice": slice, "priority": priority }).to_string()
        };
        std::fs::write(&path, requests.iter().map(line).collect::<Vec<_>>().join("\n")).unwrap();
        let mapping = Mapping {
            id: Some("id".into()),
            slice: Some("slice".into()),
            priority: Some("priority".into()),
            fields: vec!["message".into()],
            ..Mapping::default()
        };
        let source = Source::of(path);
        let report = self.desk.import(self.case, &source, &mapping, &admin(), &Cancel::default(), &mut |_| {}).unwrap();
        assert_eq!(report.accepted, requests.len() as u64, "{report:?}");
    }

    /// Drafts what waits, with this probability of each token, at most so many.
    fn draft(&self, p: f32, most: usize) {
        let presence = Presence::enter(&self.desk).unwrap();
        for _ in 0..most {
            if draft_one(&self.desk, &ScriptedDrafter::echo(p), &presence, &Cancel::default(), &mut |_| {}).unwrap() == Ran::Idle {
                return;
            }
        }
    }

    fn query(&self, tab: Tab) -> QueueQuery {
        let (order, filter) = (Order::Oldest, Filter::default());
        QueueQuery { use_case: self.case, tab, order, slice: None, text: String::new(), filter, offset: 0, limit: 500 }
    }

    fn ids(&self, query: &QueueQuery) -> Vec<i64> {
        let page = self.desk.queue(query, &admin()).unwrap();
        assert_eq!(page.total, i64::try_from(page.rows.len()).unwrap(), "{query:?}");
        page.rows.iter().map(|row| row.id.0).collect()
    }

    fn find(&self, text: &str) -> Vec<i64> {
        self.ids(&QueueQuery { text: text.into(), ..self.query(Tab::All) })
    }

    fn decide(&self, item: i64, verdict: Verdict, text: Option<&str>) -> ItemView {
        let view = self.desk.open_item(ItemId(item), &admin()).unwrap();
        self.desk.decide(&decision(&view, verdict, text), &admin()).unwrap();
        view
    }

    fn nothing_is_wrong(&self) {
        let wrong: Vec<String> = self.desk.examine().unwrap().into_iter().filter(|found| !found.ok).map(|found| found.what).collect();
        assert_eq!(wrong, Vec::<String>::new());
    }
}

fn decision(view: &ItemView, verdict: Verdict, text: Option<&str>) -> DecisionInput {
    DecisionInput {
        item: view.item.id,
        epoch: view.lease.as_ref().unwrap().epoch,
        draft: view.drafts.last().unwrap().id,
        verdict,
        text: text.map(str::to_owned),
        reasons: Vec::new(),
        note: None,
        viewed: Duration::from_secs(9),
        found: Found::next(Order::Oldest),
    }
}

#[test]
fn filters_that_combine_let_through_what_a_look_at_every_item_does() {
    let o = Office::new();
    let slices = [Some("billing"), Some("returns"), None, Some("null"), Some("")];
    for (file, p) in [("a.jsonl", 0.31), ("b.jsonl", 0.6), ("b.jsonl", 0.949_999_9)] {
        let requests: Vec<(&str, Option<&str>, i64)> =
            (0..15).map(|i| ("Where is it?", slices[i % slices.len()], [0, 5, -3][i % 3])).collect();
        o.import(file, &requests);
        o.draft(p, 12);
        if file == "a.jsonl" {
            // As if they had come another way.
            let c = rusqlite::Connection::open(o.folder.path().join("gait.db")).unwrap();
            c.execute("UPDATE item SET source = 'mail', seal = NULL", []).unwrap();
            o.desk.repair().unwrap();
            o.desk.override_level(o.case, Level::Walk, "to try it", &admin()).unwrap();
        }
    }
    let waiting = o.ids(&o.query(Tab::Waiting));
    o.decide(waiting[0], Verdict::Approve, None);
    o.decide(waiting[1], Verdict::Reject, None);
    o.decide(waiting[2], Verdict::Edit, Some("Here."));
    o.desk.open_item(ItemId(waiting[3]), &reviewer()).unwrap();
    o.desk.open_item(ItemId(waiting[4]), &admin()).unwrap();
    let view = o.desk.open_item(ItemId(waiting[5]), &reviewer()).unwrap();
    o.desk.escalate(view.item.id, view.lease.unwrap().epoch, "look", &reviewer()).unwrap();
    let (mut some, mut at) = (0, 0);
    for tab in [Tab::Waiting, Tab::Drafting, Tab::Decided, Tab::Escalated, Tab::Failed, Tab::All] {
        for order in Order::ALL {
            for slice in [None, Some("billing"), Some("null"), Some("")] {
                for source in [None, Some("mail"), Some("file")] {
                    for confidence in
                        [None, Some(Bins { from: 12, to: 19 }), Some(Bins { from: 0, to: 6 }), Some(Bins { from: -1, to: -1 })]
                    {
                        for holder in [None, Some(Holder::Nobody), Some(Holder::Person("Ben".into()))] {
                            for level in [None, Some(Level::Walk)] {
                                // One in so many, which is prime, so that each value meets each other.
                                at += 1;
                                if at % 17 != 0 {
                                    continue;
                                }
                                let source = source.map(str::to_owned);
                                let filter = Filter { source, confidence, holder: holder.clone(), level };
                                let query = QueueQuery { order, slice: slice.map(str::to_owned), filter, ..o.query(tab) };
                                let ids = o.ids(&query);
                                assert_eq!(ids, naive::ids(&o, &query), "{query:?}");
                                some += usize::from(!ids.is_empty());
                                let page = o.desk.queue(&QueueQuery { offset: 1, limit: 2, ..query.clone() }, &admin()).unwrap();
                                let rows: Vec<i64> = page.rows.iter().map(|row| row.id.0).collect();
                                assert_eq!(rows, ids.iter().copied().skip(1).take(2).collect::<Vec<_>>(), "a page of it: {query:?}");
                                assert_eq!(page.total, i64::try_from(ids.len()).unwrap());
                                assert_eq!(page.of, i64::try_from(naive::ids(&o, &o.query(tab)).len()).unwrap());
                            }
                        }
                    }
                }
            }
        }
    }
    assert!(some > 60, "the filters let something through: {some}");
    o.nothing_is_wrong();
}

#[test]
fn the_next_item_is_the_first_of_the_list_that_nobody_holds_and_that_was_not_put_back() {
    let o = Office::new();
    o.import("in.jsonl", &[("one", None, 0), ("two", Some("a"), 9), ("three", Some("a"), 0), ("four", Some("a"), 0)]);
    o.draft(0.5, 9);
    let query = QueueQuery { order: Order::Priority, ..o.query(Tab::Waiting) };
    let next = |query: &QueueQuery, exclude: &[i64], person: &Person| {
        let exclude: Vec<ItemId> = exclude.iter().copied().map(ItemId).collect();
        o.desk.next_item(query, &exclude, person).unwrap()
    };
    let first = next(&query, &[], &admin()).unwrap();
    assert_eq!(first.item.id.0, 2, "the most urgent");
    assert_eq!(next(&query, &[], &reviewer()).unwrap().item.id.0, 1, "Ada holds the first");
    assert_eq!(next(&query, &[2], &admin()).unwrap().item.id.0, 3, "what this window holds is left out");
    o.desk.skip(first.item.id, first.lease.unwrap().epoch, &admin()).unwrap();
    assert_eq!(next(&query, &[3], &admin()).unwrap().item.id.0, 4, "what was put back does not come again");
    let in_slice = QueueQuery { slice: Some("a".into()), ..query.clone() };
    assert_eq!(next(&in_slice, &[], &reviewer()).unwrap().item.id.0, 2, "it comes to others");
    let held = QueueQuery { filter: Filter { holder: Some(Holder::Nobody), ..Filter::default() }, ..query.clone() };
    assert!(next(&held, &[], &admin()).is_none(), "everything is in hand");
    o.hand.advance(Duration::from_secs(61));
    assert_eq!(next(&held, &[], &admin()).unwrap().item.id.0, 1, "claims that ran out are nobody's");
    let sought = QueueQuery { text: "re: th".into(), ..query };
    assert_eq!(next(&sought, &[], &reviewer()).unwrap().item.id.0, 3, "of what is found the newest, and only what is found");
}

#[test]
fn each_person_finds_the_desk_as_they_left_it_after_a_restart_too() {
    let o = Office::new();
    let view = DeskView {
        tab: Tab::Decided,
        order: Order::Random,
        slice: Some("반품".into()),
        text: "텐트".into(),
        filter: Filter {
            source: Some("a.csv".into()),
            confidence: Some(Bins { from: 2, to: 4 }),
            holder: Some(Holder::Person("Ben".into())),
            level: Some(Level::Run),
        },
    };
    assert_eq!(o.desk.desk_view(o.case, &admin()).unwrap(), DeskView::default());
    o.desk.keep_desk_view(o.case, &view, &admin()).unwrap();
    assert_eq!(o.desk.desk_view(o.case, &reviewer()).unwrap(), DeskView::default(), "Ada's is not his");
    assert!(matches!(o.desk.keep_desk_view(UseCaseId(9), &view, &admin()), Err(Error::NotFound { .. })));
    let long = DeskView { text: "x".repeat(20_000), ..view.clone() };
    assert!(matches!(o.desk.keep_desk_view(o.case, &long, &admin()), Err(Error::Invalid { .. })));
    let (folder, case) = (o.folder, o.case);
    drop(o.desk);
    let again = flow::testing::desk(folder.path()).unwrap().0;
    assert_eq!(again.desk_view(case, &admin()).unwrap(), view);
    let c = rusqlite::Connection::open(folder.path().join("gait.db")).unwrap();
    c.execute("UPDATE setting SET value = '{\"tab\":\"gone\"}' WHERE key LIKE 'desk of Ada%'", []).unwrap();
    assert_eq!(again.desk_view(case, &admin()).unwrap(), DeskView::default(), "what cannot be read is as if nothing was set");
}

#[test]
fn a_day_counts_what_this_person_did_and_what_all_did() {
    let o = Office::new();
    o.import("in.jsonl", &[("a", None, 0), ("b", None, 0), ("c", None, 0), ("d", None, 0)]);
    o.draft(0.5, 9);
    let start = o.desk.now().day_start();
    let into = u64::try_from(start.0 + 86_400_000 + 3_600_000 - o.desk.now().0).unwrap();
    o.hand.advance(Duration::from_millis(into));
    o.decide(1, Verdict::Approve, None);
    o.hand.advance(Duration::from_secs(300));
    o.decide(2, Verdict::Edit, Some("else"));
    o.hand.advance(Duration::from_secs(300));
    o.decide(3, Verdict::Reject, None);
    let view = o.desk.open_item(ItemId(4), &reviewer()).unwrap();
    o.desk.decide(&decision(&view, Verdict::Approve, None), &reviewer()).unwrap();
    let day = o.desk.queue(&o.query(Tab::Waiting), &admin()).unwrap().day;
    assert_eq!((day.approved, day.edited, day.rejected, day.everyone), (1, 1, 1, 4));
    assert_eq!(day.viewed, Duration::from_secs(27));
    assert_eq!(day.per_hour, Some(18.0), "three in the ten minutes since the first of them");
    o.hand.advance(Duration::from_secs(86_400));
    let day = o.desk.queue(&o.query(Tab::Waiting), &admin()).unwrap().day;
    assert_eq!((day.decided(), day.per_hour, day.everyone), (0, None, 0), "a new day");
}

#[test]
fn piles_that_do_not_agree_with_the_items_are_told_and_laid_anew() {
    let o = Office::new();
    o.import("in.jsonl", &[("a", None, 0), ("b", Some("x"), 0)]);
    o.draft(0.5, 1);
    o.nothing_is_wrong();
    let c = rusqlite::Connection::open(o.folder.path().join("gait.db")).unwrap();
    c.execute("UPDATE pile_count SET n = n + 1 WHERE pile = (SELECT min(pile) FROM pile_count WHERE n > 0)", []).unwrap();
    c.execute("UPDATE item SET pile = (SELECT pile FROM item WHERE id = 1) WHERE id = 2", []).unwrap();
    let wrong: Vec<String> = o.desk.examine().unwrap().into_iter().filter(|found| !found.ok).map(|found| found.what).collect();
    assert!(wrong.iter().any(|w| w.contains("items counted")), "{wrong:?}");
    assert!(wrong.iter().any(|w| w.contains("item 2 lies in another pile")), "{wrong:?}");
    o.desk.repair().unwrap();
    o.nothing_is_wrong();
    assert_eq!(o.ids(&o.query(Tab::All)), [1, 2]);
}

#[derive(Debug, Clone)]
enum Act {
    Import(usize, usize, i64),
    Draft(f32),
    Open(usize),
    Decide(usize, u8),
    Undo,
    Skip(usize),
    Escalate(usize),
    Raise,
    Wait,
}

fn act() -> impl Strategy<Value = Act> {
    prop_oneof![
        3 => (0_usize..3, 0_usize..3, -1_i64..2).prop_map(|(file, slice, priority)| Act::Import(file, slice, priority)),
        4 => (0.05_f32..1.0).prop_map(Act::Draft),
        2 => (0_usize..9).prop_map(Act::Open),
        3 => (0_usize..9, 0_u8..3).prop_map(|(n, verdict)| Act::Decide(n, verdict)),
        1 => Just(Act::Undo),
        1 => (0_usize..9).prop_map(Act::Skip),
        1 => (0_usize..9).prop_map(Act::Escalate),
        1 => Just(Act::Raise),
        1 => Just(Act::Wait),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    #[test]
    fn after_any_work_the_piles_are_those_of_the_items(acts in proptest::collection::vec(act(), 1..30)) {
        let o = Office::new();
        let nth = |n: usize| { let ids = o.ids(&o.query(Tab::Waiting)); ids.get(n % ids.len().max(1)).copied() };
        for act in acts {
            match act {
                Act::Import(file, slice, priority) => {
                    o.import(["a.jsonl", "b.jsonl", "c.jsonl"][file], &[("a word", [None, Some("x"), Some("y")][slice], priority)]);
                }
                Act::Draft(p) => o.draft(p, 1),
                Act::Open(n) => drop(nth(n).map(|id| o.desk.open_item(ItemId(id), &reviewer()).unwrap())),
                Act::Decide(n, verdict) => {
                    if let Some(view) = nth(n).map(|id| o.desk.open_item(ItemId(id), &admin()).unwrap()).filter(|view| view.lease.is_some()) {
                        let verdict = [Verdict::Approve, Verdict::Edit, Verdict::Reject][usize::from(verdict)];
                        o.desk.decide(&decision(&view, verdict, Some("another")), &admin()).unwrap();
                    }
                }
                Act::Undo => drop(o.desk.undo(o.case, &admin())),
                Act::Skip(n) | Act::Escalate(n) => {
                    if let Some(view) = nth(n).map(|id| o.desk.open_item(ItemId(id), &admin()).unwrap()).filter(|view| view.lease.is_some()) {
                        let epoch = view.lease.unwrap().epoch;
                        if matches!(act, Act::Skip(_)) {
                            o.desk.skip(view.item.id, epoch, &admin()).unwrap();
                        } else {
                            o.desk.escalate(view.item.id, epoch, "look", &admin()).unwrap();
                        }
                    }
                }
                Act::Raise => drop(o.desk.override_level(o.case, Level::Walk, "to try it", &admin())),
                Act::Wait => o.hand.advance(Duration::from_secs(40)),
            }
        }
        for tab in [Tab::Waiting, Tab::Drafting, Tab::Decided, Tab::Escalated, Tab::All] {
            for order in Order::ALL {
                let query = QueueQuery { order, ..o.query(tab) };
                prop_assert_eq!(o.ids(&query), naive::ids(&o, &query));
            }
        }
        o.nothing_is_wrong();
    }
}
