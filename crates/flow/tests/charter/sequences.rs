//! Any sequence of changes and decisions.

use crate::{Office, office, query};
use flow::charter::{Charter, Limits};
use flow::epoch::Key;
use flow::hold::{Condition, HoldRule, Place};
use flow::item::State;
use flow::review::{MadeBy, Tab};
use flow::testing::admin;
use flow::use_case::Level;
use proptest::prelude::*;
use std::time::Duration;

#[derive(Debug, Clone)]
enum Act {
    Threshold(f64),
    CheckShare(f64),
    Prompt(u8),
    Rules(u8),
    Distance(f64),
    Why(u8),
    Level(Level),
    Cap(Option<u32>),
    Pause,
    Resume,
    /// One request comes in and is drafted with this confidence.
    Draft(f32, bool),
    Approve,
    Undo,
    Wait(u64),
}

fn any_act() -> impl Strategy<Value = Act> {
    let share = || prop::sample::select(vec![0.0, 0.5, 0.9]);
    prop_oneof![
        1 => share().prop_map(Act::Threshold),
        1 => prop::sample::select(vec![0.01, 0.5, 1.0]).prop_map(Act::CheckShare),
        1 => (0u8..2).prop_map(Act::Prompt),
        1 => (0u8..2).prop_map(Act::Rules),
        1 => share().prop_map(Act::Distance),
        1 => (0u8..2).prop_map(Act::Why),
        1 => prop::sample::select(vec![Level::Crawl, Level::Walk, Level::Run]).prop_map(Act::Level),
        1 => prop::option::of(0u32..3).prop_map(Act::Cap),
        1 => Just(Act::Pause),
        1 => Just(Act::Resume),
        4 => (prop::sample::select(vec![0.3f32, 0.95]), any::<bool>()).prop_map(|(p, lawyer)| Act::Draft(p, lawyer)),
        3 => Just(Act::Approve),
        1 => Just(Act::Undo),
        1 => (0u64..4000).prop_map(Act::Wait),
    ]
}

/// What the present epoch should stand for, read from where each part is kept.
fn expected(o: &Office) -> Key {
    let case = o.desk.use_case(o.case).unwrap();
    let (bad, limits): (_, Limits) = o.desk.charter(o.case).unwrap().charter.terms();
    Key {
        drafter_version: case.drafter_version.map(|v| v.id),
        threshold: case.input.threshold,
        threshold_by: case.threshold_by,
        calibrator: None,
        check_share: case.input.check_share,
        hold_rules: o.desk.hold_rules(o.case).unwrap().id,
        bad,
        limits,
        gold_share: 0.0,
        // Nobody audits in these sequences.
        falls: 0,
    }
}

fn charter(o: &Office, change: impl FnOnce(&mut Charter)) {
    let present = o.desk.charter(o.case).unwrap();
    let mut charter = present.charter;
    change(&mut charter);
    o.desk.change_charter(&admin(), o.case, present.n, &charter, "").unwrap();
}

fn act(o: &Office, act: &Act, drafted: &mut u32) {
    match act {
        Act::Threshold(x) => o.save(|i| i.threshold = *x),
        Act::CheckShare(x) => o.save(|i| i.check_share = *x),
        Act::Prompt(n) => o.save(|i| i.system_prompt = format!("You answer. {n}")),
        Act::Rules(n) => {
            let word = HoldRule { name: "lawyer".into(), when: Condition::Keyword { place: Place::Request, words: vec!["lawyer".into()] } };
            let rules = if *n == 0 { Vec::new() } else { vec![word] };
            o.desk.change_hold_rules(&admin(), o.case, o.desk.hold_rules(o.case).unwrap().n, &rules).unwrap();
        }
        Act::Distance(x) => charter(o, |c| c.bad.distance = *x),
        Act::Why(n) => charter(o, |c| c.why = n.to_string()),
        // It stands there already, it is paused already, nothing can be undone: all of these are refused, and change nothing.
        Act::Level(level) => {
            let raised = o.desk.override_level(o.case, *level, "trial", &admin());
            drop(raised.or_else(|_| o.desk.move_level(o.case, *level, "trial", &admin())));
        }
        Act::Cap(cap) => o.desk.set_cap(&admin(), o.case, *cap).unwrap(),
        Act::Pause => drop(o.desk.pause(&admin(), o.case, "odd")),
        Act::Resume => drop(o.desk.resume(&admin(), o.case)),
        Act::Draft(p, lawyer) => {
            o.import(*drafted..*drafted + 1, if *lawyer { "my lawyer" } else { "my tent" });
            *drafted += 1;
            o.draft_all(*p);
        }
        Act::Approve => {
            if o.desk.queue(&query(o.case, Tab::Waiting), &admin()).unwrap().total > 0 {
                let epoch = o.desk.epoch(o.case).unwrap().n;
                assert_eq!(o.approve_next().epoch, epoch, "a decision counts to the epoch of its moment");
            }
        }
        Act::Undo => drop(o.desk.undo(o.case, &admin())),
        Act::Wait(seconds) => o.hand.advance(Duration::from_secs(*seconds)),
    }
}

/// Everything that policy approved was allowed to go.
fn check_what_went_alone(o: &Office) {
    for row in o.desk.queue(&query(o.case, Tab::All), &admin()).unwrap().rows {
        let view = o.desk.view_item(row.id, &admin()).unwrap();
        if let Some((decision, _, _)) = view.decision.filter(|(d, _, _)| d.made_by == MadeBy::Policy) {
            let draft = &view.drafts[0];
            // The requests of the office go outside.
            assert_eq!(draft.route.level, Level::Run, "{draft:?}");
            assert!(draft.confidence >= draft.route.threshold && draft.route.hold.is_none(), "{draft:?}");
            let check = draft.route.check.unwrap();
            assert!(check.probability >= 0.01, "{draft:?}");
            assert_eq!(decision.epoch, draft.epoch);
        }
    }
}

/// What policy approved and is not out yet may go at the present level.
fn check_what_waits_to_go(o: &Office) {
    if o.desk.use_case(o.case).unwrap().level == Level::Run {
        return;
    }
    for row in o.desk.queue(&query(o.case, Tab::All), &admin()).unwrap().rows {
        let item = o.desk.view_item(row.id, &admin()).unwrap();
        let by_policy = item.decision.is_some_and(|(decision, _, _)| decision.made_by == MadeBy::Policy);
        assert!(!by_policy || item.item.state != State::Approved, "item {} waits to go outside", row.id.0);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 40, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_epoch_always_stands_for_what_is_set_and_nothing_goes_alone_that_may_not(acts in prop::collection::vec(any_act(), 1..40)) {
        let o = office();
        let mut drafted = 0;
        for each in &acts {
            let (before, out_before) = (o.desk.epoch(o.case).unwrap(), alone(&o));
            let paused = o.desk.switches(o.case).unwrap().paused.is_some();
            act(&o, each, &mut drafted);
            let after = o.desk.epoch(o.case).unwrap();
            prop_assert_eq!(after.key, expected(&o), "after {:?}", each);
            prop_assert_eq!(after.n - before.n, i64::from(after.key != before.key), "after {:?}", each);
            prop_assert!(after.attempt >= before.attempt && after.attempt <= after.n);
            prop_assert!(!paused || alone(&o) <= out_before, "nothing goes alone in a pause");
            check_what_waits_to_go(&o);
            let switches = o.desk.switches(o.case).unwrap();
            if let (Act::Draft(..), Some(cap)) = (each, switches.cap_per_hour) && alone(&o) > out_before {
                prop_assert!(switches.out_last_hour <= u64::from(cap), "{:?}", switches);
            }
        }
        check_what_went_alone(&o);
        prop_assert_eq!(o.wrong(), Vec::<String>::new());
    }
}

/// How many policy has approved.
fn alone(o: &Office) -> i64 {
    o.desk.overview(o.case).unwrap().auto_approved
}
