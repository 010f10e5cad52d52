//! Any sequence of acts, and a state that is kept now and then: nothing of it is ever seen.

use super::*;
use crate::clock::ClockHand;
use crate::confidence::{Laid, ThresholdBy};
use crate::evidence::{Judged, weigh};
use crate::intake::{Mapping, Source};
use crate::item::State as ItemState;
use crate::model::{Cancel, Drafter, ModelError};
use crate::review::{DecisionInput, Found, QueueQuery, Verdict};
use crate::review::{Order, Tab};
use crate::seeded::Golds;
use crate::statistics::threshold::Mark;
use crate::testing::{ScriptedDrafter, admin, desk, use_case};
use crate::use_case::Audience;
use crate::worker::{Presence, Ran, draft_one};
use proptest::prelude::*;
use tempfile::TempDir;

struct Office {
    _folder: TempDir,
    desk: Desk,
    hand: ClockHand,
    case: UseCaseId,
    taken: i64,
}

fn office() -> Office {
    let folder = TempDir::new().unwrap();
    let (desk, hand) = desk(folder.path()).unwrap();
    let case = use_case(&desk, |input| input.audience = Audience::Internal).unwrap();
    Office { _folder: folder, desk, hand, case, taken: 0 }
}

impl Office {
    fn take(&mut self, words: u8, slice: u8, outside: bool, drafter: &dyn Drafter) {
        self.taken += 1;
        let path = self.desk.folder().join("in.jsonl");
        let slice = ["", "a", "b"][usize::from(slice % 3)];
        let line = serde_json::json!({
            "id": self.taken.to_string(), "message": format!("question {words}"), "slice": slice,
            "audience": if outside { "external" } else { "internal" },
        });
        std::fs::write(&path, line.to_string()).unwrap();
        let mapping = Mapping {
            id: Some("id".into()),
            audience: Some("audience".into()),
            slice: Some("slice".into()),
            fields: vec!["message".into()],
            ..Mapping::default()
        };
        let source = Source::of(path);
        self.desk.import(self.case, &source, &mapping, &admin(), &Cancel::default(), &mut |_| {}).unwrap();
        self.draft_all(drafter);
    }

    fn draft_all(&self, drafter: &dyn Drafter) {
        let presence = Presence::enter(&self.desk).unwrap();
        while draft_one(&self.desk, drafter, &presence, &Cancel::default(), &mut |_| {}).unwrap() != Ran::Idle {}
    }

    fn waiting(&self) -> Vec<ItemId> {
        let query = QueueQuery {
            use_case: self.case,
            tab: Tab::Waiting,
            order: Order::Oldest,
            slice: None,
            text: String::new(),
            filter: crate::review::Filter::default(),
            offset: 0,
            limit: 100,
        };
        self.desk.queue(&query, &admin()).unwrap().rows.into_iter().map(|row| row.id).collect()
    }

    fn decide(&self, item: ItemId, verdict: Verdict, seconds: u64, again: bool) {
        let view = self.desk.open_item(item, &admin()).unwrap();
        let epoch = view.lease.unwrap().epoch;
        let mut draft = view.drafts.last().unwrap().id;
        if again {
            let request = self.desk.regenerate_request(item, "Ada", epoch, Some("Shorter.")).unwrap();
            let made = ScriptedDrafter::new(|_| Ok(("On its way.".into(), 0.85))).generate(&request, &Cancel::default(), &mut |_| {});
            draft = self.desk.keep_regenerated(item, "Ada", epoch, &request, Some("Shorter."), &made.unwrap()).unwrap();
        }
        let text = Some("Re: something else".to_owned());
        let viewed = Duration::from_secs(seconds);
        let input =
            DecisionInput { item, epoch, draft, verdict, text, reasons: Vec::new(), note: None, viewed, found: Found::next(Order::Oldest) };
        self.desk.decide(&input, &admin()).unwrap();
    }

    /// Sends another text after the n-th of what is out, if there are so many.
    fn correct(&self, nth: usize, much: bool) -> Option<Result<crate::review::Decision>> {
        let out = |item: &i64| self.desk.view_item(ItemId(*item), &admin()).unwrap().item.state == ItemState::Delivered;
        let item = ItemId((1..=self.taken).filter(out).nth(nth)?);
        let view = self.desk.view_item(item, &admin()).unwrap();
        let text = if much { "In other words.".to_owned() } else { format!("{}.", view.drafts.last().unwrap().text) };
        Some(self.desk.correct(item, &text, None, &admin()))
    }

    /// The evidence is that of the list of all decisions, and nothing kept is seen in it.
    fn check(&self) -> Evidence {
        let now = self.desk.now();
        let (found, anew, listed) = self
            .desk
            .read(|c| {
                let epoch = storage::epoch::current(c, self.case)?;
                let open = storage::evidence::oldest_open(c, self.case)?;
                let mut all = Vec::new();
                storage::evidence::each_judged(c, (self.case, epoch.n), ItemId(0), None, |found| {
                    all.push(Judged { oldest_open: open, ..found.judged });
                    Ok(Go::On)
                })?;
                Ok((evidence(c, now, self.case)?, anew(c, now, self.case)?, weigh(&epoch, &all, [Golds::default(); 2]).unwrap()))
            })
            .unwrap();
        assert_eq!(found, anew, "what is kept is not seen");
        assert_eq!(self.desk.read(storage::count::faults).unwrap(), [""; 0], "the counts are those of the rows");
        for (found, mut listed) in found.steps.iter().zip(listed) {
            listed.rate_per_day = found.rate_per_day;
            assert_eq!(*found, listed, "by the index or by the list");
        }
        found
    }

    /// On two thresholds, for what is inside, in the midst of an epoch.
    fn lay_ladder(&self) {
        self.desk.set_threshold_by(&admin(), self.case, ThresholdBy::Ladder).unwrap();
        let lay = |c: &Conn, now, _: &mut crate::Changes| {
            let epoch = storage::epoch::current(c, self.case)?;
            if let (None, Some(after)) = (epoch.ladder(Audience::Internal), storage::draft::newest(c)?) {
                let marks = vec![Mark { coverage: 0.5, threshold: 0.8 }, Mark { coverage: 1.0, threshold: 0.2 }];
                let laid = Laid { audience: Audience::Internal, marks, after, scores: 100 };
                storage::confidence::insert_ladder(c, self.case, epoch.n, &laid, now)?;
            }
            Ok(())
        };
        self.desk.transact(lay).unwrap();
    }

    fn kept(&self) -> Vec<(i64, i64)> {
        let c = rusqlite::Connection::open(self.desk.folder().join("gait.db")).unwrap();
        let mut query = c.prepare("SELECT up_to, taken FROM evidence_state ORDER BY up_to").unwrap();
        query.query_map([], |r| Ok((r.get(0)?, r.get(1)?))).unwrap().collect::<Result<_, _>>().unwrap()
    }

    fn keep(&self, most: usize) -> usize {
        self.desk.transact(|c, now, _| keep_up(c, now, self.case, most)).unwrap()
    }
}

#[derive(Debug, Clone)]
enum Act {
    Take { words: u8, slice: u8, outside: bool, sure: bool, fails: bool },
    Decide { nth: usize, verdict: Verdict, seconds: u64, again: bool },
    Undo,
    Retry,
    Wait(u64),
    Deliver,
    Correct { nth: usize, much: bool },
    Threshold(bool),
    Ladder(bool),
    Keep(usize),
}

fn any_act() -> impl Strategy<Value = Act> {
    let verdict = prop::sample::select(vec![Verdict::Approve, Verdict::Approve, Verdict::Approve, Verdict::Edit, Verdict::Reject]);
    let rarely = prop::bool::weighted(0.15);
    prop_oneof![
        6 => (0u8..5, any::<u8>(), rarely, prop::bool::weighted(0.8), rarely)
            .prop_map(|(words, slice, outside, sure, fails)| Act::Take { words, slice, outside, sure, fails }),
        8 => (prop::sample::select(vec![0usize, 0, 0, 1, 2]), verdict, prop::sample::select(vec![0u64, 9, 9]), rarely)
            .prop_map(|(nth, verdict, seconds, again)| Act::Decide { nth, verdict, seconds, again }),
        2 => Just(Act::Undo),
        1 => Just(Act::Retry),
        3 => prop::sample::select(vec![1u64, 60, 90_000]).prop_map(Act::Wait),
        2 => Just(Act::Deliver),
        2 => (0usize..4, any::<bool>()).prop_map(|(nth, much)| Act::Correct { nth, much }),
        1 => prop::bool::weighted(0.3).prop_map(Act::Threshold),
        1 => any::<bool>().prop_map(Act::Ladder),
        4 => (1usize..6).prop_map(Act::Keep),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    #[test]
    fn whatever_happens_and_whenever_a_state_is_kept_the_evidence_is_that_of_all_decisions(acts in prop::collection::vec(any_act(), 1..45)) {
        let mut o = office();
        for act in acts {
            match act {
                Act::Take { words, slice, outside, sure, fails } => {
                    let broken = |_: &_| Err(ModelError::Changed { path: "m".into(), expected: "1".into(), found: "2".into() });
                    let drafter = if fails { ScriptedDrafter::new(broken) } else { ScriptedDrafter::echo(if sure { 0.9 } else { 0.3 }) };
                    o.take(words, slice, outside, &drafter);
                }
                Act::Decide { nth, verdict, seconds, again } => {
                    if let Some(item) = o.waiting().get(nth) {
                        o.decide(*item, verdict, seconds, again);
                    }
                }
                Act::Undo => drop(o.desk.undo(o.case, &admin())),
                Act::Retry => {
                    o.desk.retry_failed(&admin(), o.case).unwrap();
                    o.draft_all(&ScriptedDrafter::echo(0.9));
                }
                Act::Wait(seconds) => o.hand.advance(Duration::from_secs(seconds)),
                Act::Deliver => while o.desk.deliver_one().unwrap() != crate::deliver::Delivered::Nothing {},
                Act::Correct { nth, much } => drop(o.correct(nth, much)),
                Act::Threshold(low) => {
                    let mut input = o.desk.use_case(o.case).unwrap().input;
                    input.threshold = if low { 0.7 } else { 0.8 };
                    o.desk.save_use_case(&admin(), Some(o.case), &input).unwrap();
                }
                Act::Ladder(false) => drop(o.desk.set_threshold_by(&admin(), o.case, ThresholdBy::Person).unwrap()),
                Act::Ladder(true) => o.lay_ladder(),
                Act::Keep(most) => {
                    o.keep(most);
                    prop_assert!(o.kept().len() <= 1, "one block has one state");
                }
            }
            o.check();
        }
    }
}

#[test]
fn what_is_final_is_kept_and_what_can_be_taken_back_is_not() {
    let mut o = office();
    for words in 0..5 {
        o.take(words, 0, false, &ScriptedDrafter::echo(0.9));
    }
    for item in [1, 2, 4] {
        o.decide(ItemId(item), Verdict::Approve, 9, false);
    }
    assert_eq!((o.keep(10), o.kept()), (0, vec![]), "all can be taken back");
    o.hand.advance(Duration::from_secs(60));
    o.decide(ItemId(5), Verdict::Reject, 9, false);
    assert_eq!((o.keep(1), o.kept()), (1, vec![(1, 1)]));
    assert_eq!((o.keep(10), o.kept()), (1, vec![(2, 2)]), "up to the oldest open one");
    o.decide(ItemId(3), Verdict::Approve, 9, false);
    assert_eq!(o.keep(10), 0, "it was just decided");
    o.hand.advance(Duration::from_secs(60));
    assert_eq!((o.keep(10), o.kept()), (3, vec![(5, 5)]));
    assert_eq!(o.check().steps[0].all.counted, 5);
}

#[test]
fn a_change_behind_the_state_drops_it() {
    let mut o = office();
    let broken = ScriptedDrafter::new(|_| Err(ModelError::Changed { path: "m".into(), expected: "1".into(), found: "2".into() }));
    o.take(0, 0, false, &broken);
    for words in 1..4 {
        o.take(words, 0, false, &ScriptedDrafter::echo(0.9));
    }
    (2..=4).for_each(|item| o.decide(ItemId(item), Verdict::Reject, 9, false));
    o.hand.advance(Duration::from_secs(60));
    assert_eq!((o.keep(10), o.kept()), (3, vec![(4, 3)]));
    o.desk.undo(o.case, &admin()).unwrap();
    assert_eq!(o.kept(), [], "the newest rejection was taken back");
    assert_eq!((o.keep(10), o.kept()), (2, vec![(3, 2)]));
    o.decide(ItemId(4), Verdict::Approve, 9, false);
    assert_eq!(o.kept(), [(3, 2)], "what comes after it drops nothing");
    o.desk.retry_failed(&admin(), o.case).unwrap();
    assert_eq!((o.kept(), o.keep(10)), (vec![], 0), "the first request is open again: all waits for it");
    assert_eq!(o.check().waits_for, Some(ItemId(1)));
    assert_eq!(o.desk.view_item(ItemId(1), &admin()).unwrap().item.state, ItemState::Received);
}

#[test]
fn a_state_that_cannot_be_read_or_is_of_another_form_is_computed_anew() {
    let mut o = office();
    for words in 0..3 {
        o.take(words, 0, false, &ScriptedDrafter::echo(0.9));
        o.decide(ItemId(o.taken), Verdict::Approve, 9, false);
    }
    o.hand.advance(Duration::from_secs(60));
    let good = o.check();
    for damage in ["form = form - 1", "state = '[]'", "state = '{\"walk\": 1}'"] {
        assert_eq!(o.keep(10), 3, "{damage}");
        let c = rusqlite::Connection::open(o.desk.folder().join("gait.db")).unwrap();
        c.execute(&format!("UPDATE evidence_state SET {damage}"), []).unwrap();
        assert_eq!(o.check(), good, "{damage}");
    }
    assert_eq!(o.keep(10), 3);
    assert!(o.desk.evidence_is_right(o.case).unwrap());
    let c = rusqlite::Connection::open(o.desk.folder().join("gait.db")).unwrap();
    c.execute("UPDATE evidence_state SET state = replace(state, '[[0.0,3]]', '[[0.0,4]]')", []).unwrap();
    assert!(!o.desk.evidence_is_right(o.case).unwrap(), "a wrong one is found");
    o.desk.rebuild_evidence(o.case).unwrap();
    assert!(o.desk.evidence_is_right(o.case).unwrap());
    assert_eq!(o.check(), good);
}
