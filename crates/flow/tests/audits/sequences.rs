//! Any sequence of decisions, audits, corrections, changes and jumps of the clock.

use crate::{Office, judge, lines, office, query};
use flow::Person;
use flow::automation::LevelMove;
use flow::charter::Charter;
use flow::correction::State as Correction;
use flow::hold::{Condition, HoldRule, Place};
use flow::intake::{Mapping, Source};
use flow::item::State;
use flow::model::Cancel;
use flow::review::{MadeBy, Tab, Verdict};
use flow::route::{Outcome, forbidden};
use flow::testing::{ScriptedDrafter, admin, reviewer};
use flow::use_case::{Level, Sink, SinkKind};
use flow::worker::{Presence, Ran, draft_one};
use proptest::prelude::*;
use std::collections::BTreeMap;
use std::time::Duration;

#[derive(Debug, Clone)]
enum Act {
    /// A request comes in, from outside or inside, and is drafted with this confidence.
    Draft {
        outside: bool,
        p: f32,
        lawyer: bool,
        n: u8,
    },
    /// The n-th of those that wait is decided.
    Decide {
        n: usize,
        verdict: Verdict,
        read: bool,
        by_admin: bool,
    },
    /// The n-th of those that are to be audited.
    Audit {
        n: usize,
        verdict: Verdict,
        by_admin: bool,
    },
    Undo {
        by_admin: bool,
    },
    /// The n-th of those that are out.
    Correct(usize),
    Dismiss,
    Threshold(f64),
    Share(f64),
    Distance(f64),
    Epsilon(f64),
    Rules(bool),
    Prompt(u8),
    Pause,
    Resume,
    Cap(Option<u32>),
    /// With evidence, which there is none of: refused.
    Raise(Level),
    Override {
        to: Level,
        by_admin: bool,
    },
    Lower(Level),
    SinkWorks(bool),
    Deliver,
    /// What lowers levels without a verdict is looked for.
    Watch,
    Forward(u64),
    Back(u64),
    /// What is due goes out, and nobody comes for days.
    Neglect,
    /// Something is on its way, and its sink fails for hours.
    Stuck,
}

/// What is set now and then.
fn any_setting() -> impl Strategy<Value = Act> {
    prop_oneof![
        prop::sample::select(vec![0.0, 0.5, 0.9]).prop_map(Act::Threshold),
        prop::sample::select(vec![0.01, 0.5, 1.0]).prop_map(Act::Share),
        prop::sample::select(vec![0.0, 0.1, 0.9]).prop_map(Act::Distance),
        prop::sample::select(vec![0.02, 0.05]).prop_map(Act::Epsilon),
        any::<bool>().prop_map(Act::Rules),
        (0u8..2).prop_map(Act::Prompt),
        Just(Act::Pause),
        prop::option::of(1u32..6).prop_map(Act::Cap),
        prop::bool::weighted(0.7).prop_map(Act::SinkWorks),
    ]
}

fn any_act() -> impl Strategy<Value = Act> {
    let verdict = || prop::sample::select(vec![Verdict::Approve, Verdict::Approve, Verdict::Edit, Verdict::Reject, Verdict::Reject]);
    let level = || prop::sample::select(vec![Level::Crawl, Level::Walk, Level::Run]);
    let hours = || prop::sample::select(vec![1u64, 25, 60]);
    prop_oneof![
        12 => (any::<bool>(), prop::sample::select(vec![0.3f32, 0.95, 0.95, 0.95, 0.95]), prop::bool::weighted(0.2), 1u8..4)
            .prop_map(|(outside, p, lawyer, n)| Act::Draft { outside, p, lawyer, n }),
        5 => (0usize..6, verdict(), any::<bool>(), any::<bool>()).prop_map(|(n, verdict, read, by_admin)| Act::Decide { n, verdict, read, by_admin }),
        14 => (0usize..2, verdict(), any::<bool>()).prop_map(|(n, verdict, by_admin)| Act::Audit { n, verdict, by_admin }),
        2 => any::<bool>().prop_map(|by_admin| Act::Undo { by_admin }),
        2 => (0usize..6).prop_map(Act::Correct),
        1 => Just(Act::Dismiss),
        2 => any_setting(),
        1 => Just(Act::Resume),
        1 => level().prop_map(Act::Raise),
        3 => (level(), prop::bool::weighted(0.8)).prop_map(|(to, by_admin)| Act::Override { to, by_admin }),
        1 => level().prop_map(Act::Lower),
        8 => Just(Act::Deliver),
        3 => Just(Act::Watch),
        2 => hours().prop_map(Act::Forward),
        1 => hours().prop_map(Act::Back),
        1 => Just(Act::Neglect),
        1 => Just(Act::Stuck),
    ]
}

fn who(by_admin: bool) -> Person {
    if by_admin { admin() } else { reviewer() }
}

fn draft(o: &Office, outside: bool, p: f32, lawyer: bool) {
    let id = o.taken.get();
    o.taken.set(id + 1);
    let path = o.desk.folder().join("in.jsonl");
    let words = if lawyer { "my lawyer" } else { "my tent" };
    let audience = if outside { "external" } else { "internal" };
    let line = serde_json::json!({"id": id.to_string(), "audience": audience, "message": format!("Where is {words} {id}?")});
    std::fs::write(&path, line.to_string()).unwrap();
    let mapping =
        Mapping { id: Some("id".into()), audience: Some("audience".into()), fields: vec!["message".into()], ..Mapping::default() };
    o.desk.import(o.case, &Source::of(path), &mapping, &admin(), &Cancel::default(), &mut |_| {}).unwrap();
    let presence = Presence::enter(&o.desk).unwrap();
    while draft_one(&o.desk, &ScriptedDrafter::echo(p), &presence, &Cancel::default(), &mut |_| {}).unwrap() != Ran::Idle {}
}

fn charter(o: &Office, change: impl FnOnce(&mut Charter)) {
    let present = o.desk.charter(o.case).unwrap();
    let mut charter = present.charter;
    change(&mut charter);
    o.desk.change_charter(&admin(), o.case, present.n, &charter, "").unwrap();
}

fn say(o: &Office, tab: Tab, n: usize, verdict: Verdict, viewed: Duration, person: &Person) {
    if let Some(item) = o.items(tab, person).get(n).copied() {
        let text = (verdict == Verdict::Edit).then_some("Something else entirely.");
        let is_audit = tab == Tab::Audits;
        // The other one may hold it.
        if let Ok(decided) = judge(&o.desk, item, verdict, text, viewed, person) {
            assert_eq!(decided.audit.is_some(), is_audit, "an audit is an audit, and a decision a decision");
        }
    }
}

fn deliver_after(o: &Office, seconds: u64) {
    o.hand.advance(Duration::from_secs(seconds));
    while o.desk.deliver_one().unwrap() != flow::deliver::Delivered::Nothing {}
}

/// What is refused changes nothing, and that is checked after each act.
fn act(o: &Office, act: &Act) {
    let read = Duration::from_secs(9);
    match act {
        Act::Draft { outside, p, lawyer, n } => (0..*n).for_each(|_| draft(o, *outside, *p, *lawyer)),
        Act::Decide { n, verdict, read: was_read, by_admin } => {
            say(o, Tab::Waiting, *n, *verdict, if *was_read { read } else { Duration::ZERO }, &who(*by_admin));
        }
        Act::Audit { n, verdict, by_admin } => say(o, Tab::Audits, *n, *verdict, read, &who(*by_admin)),
        Act::Undo { by_admin } => drop(o.desk.undo(o.case, &who(*by_admin))),
        Act::Correct(n) => {
            let all = o.desk.queue(&query(o.case, Tab::All), &admin()).unwrap().rows;
            if let Some(row) = all.iter().filter(|row| row.state == State::Delivered).nth(*n) {
                drop(o.desk.correct(row.id, &format!("Sorry: {}", all.len()), None, &admin()));
            }
        }
        Act::Dismiss => {
            if let Some(offer) = o.view().corrections.iter().find(|c| c.state == Correction::Open) {
                o.desk.dismiss_correction(offer.item, "they rang", &admin()).unwrap();
            }
        }
        Act::Threshold(x) => o.save(|i| i.threshold = *x),
        Act::Share(x) => drop(o.desk.audit_settings(o.case, *x, 24, &admin()).unwrap()),
        Act::Distance(x) => charter(o, |c| c.bad.distance = *x),
        Act::Epsilon(x) => charter(o, |c| c.limits.walk.epsilon = *x),
        Act::Rules(lawyer) => {
            let word = HoldRule { name: "lawyer".into(), when: Condition::Keyword { place: Place::Request, words: vec!["lawyer".into()] } };
            let rules = if *lawyer { vec![word] } else { Vec::new() };
            o.desk.change_hold_rules(&admin(), o.case, o.desk.hold_rules(o.case).unwrap().n, &rules).unwrap();
        }
        Act::Prompt(n) => o.save(|i| i.system_prompt = format!("You answer. {n}")),
        Act::Pause => drop(o.desk.pause(&admin(), o.case, "odd")),
        Act::Resume => drop(o.desk.resume(&admin(), o.case)),
        Act::Cap(cap) => o.desk.set_cap(&admin(), o.case, *cap).unwrap(),
        Act::Raise(to) => {
            if *to > o.level() {
                assert!(o.desk.move_level(o.case, *to, "it looks good", &admin()).is_err(), "so few decisions are never enough");
            }
        }
        Act::Override { to, by_admin } => {
            let raised = o.desk.override_level(o.case, *to, "trial", &who(*by_admin));
            assert!(*by_admin || raised.is_err(), "a reviewer raises nothing");
        }
        Act::Lower(to) => {
            if *to < o.level() {
                o.desk.move_level(o.case, *to, "", &reviewer()).unwrap();
            }
        }
        Act::SinkWorks(works) => {
            let blocker = o.desk.folder().join("blocker");
            std::fs::write(&blocker, "a file where a folder is wanted").unwrap();
            let path = if *works { o.outbox.clone() } else { blocker.join("box.jsonl") };
            o.save(|i| i.sinks = vec![Sink { kind: SinkKind::Outbox, path: path.display().to_string(), audience: None }]);
        }
        Act::Deliver => deliver_after(o, 11),
        Act::Watch => drop(o.watch()),
        Act::Forward(hours) => o.hand.advance(Duration::from_secs(hours * 3600)),
        Act::Back(hours) => o.hand.turn_back(Duration::from_secs(hours * 3600)),
        Act::Neglect => {
            deliver_after(o, 11);
            o.hand.advance(Duration::from_secs(60 * 3600));
            o.watch();
        }
        Act::Stuck => {
            self::act(o, &Act::SinkWorks(false));
            draft(o, false, 0.95, false);
            (0..3).for_each(|_| deliver_after(o, 3000));
            o.watch();
        }
    }
}

fn raises(act: &Act) -> bool {
    matches!(act, Act::Raise(_) | Act::Override { by_admin: true, .. })
}

/// Nobody but a person raises, with a mark or with evidence, and the moves lead from crawl to where the level is.
fn check_moves(o: &Office, moves: &[LevelMove]) {
    let mut at = Level::Crawl;
    for step in moves.iter().rev() {
        assert_eq!(step.from, at, "{step:?}");
        at = step.to;
        if step.to > step.from {
            assert!(step.by == MadeBy::Person && (step.overridden || step.steps.iter().all(|s| s.allows())), "{step:?}");
        }
        assert_eq!(step.by == MadeBy::Policy, step.cause.is_some(), "{step:?}");
        assert!(step.by == MadeBy::Person || step.from.lower() == Some(step.to), "the rule takes one step: {step:?}");
    }
    assert_eq!(o.level(), at);
    let falls = moves.iter().filter(|step| step.by == MadeBy::Policy).count();
    assert_eq!(o.desk.epoch(o.case).unwrap().key.falls, falls as i64, "each fall begins an epoch");
}

/// Nothing is out, or on its way, that nobody and no level let out.
fn check_what_is_out(o: &Office, routed_at: &BTreeMap<i64, Level>) {
    let level = o.level();
    for row in o.desk.queue(&query(o.case, Tab::All), &admin()).unwrap().rows {
        let view = o.desk.view_item(row.id, &Person { name: "Nobody".into(), ..admin() }).unwrap();
        let first = view.drafts.first().unwrap();
        assert_eq!(first.route.level, routed_at[&row.id.0], "a draft is routed by the level of its moment");
        if first.route.outcome == Outcome::Auto {
            assert_eq!(forbidden(first.route.level, view.item.audience), None, "{first:?}");
            assert!(first.confidence >= first.route.threshold && first.route.hold.is_none(), "{first:?}");
        }
        if let Some((decision, _, _)) = view.decision.filter(|(d, _, _)| d.made_by == MadeBy::Policy && view.item.state == State::Approved)
        {
            assert_eq!(first.route.outcome, Outcome::Auto, "{decision:?}");
            let sending: i64 =
                o.count_sql(&format!("SELECT count(*) FROM delivery WHERE decision = {} AND state IN ('sending', 'done')", decision.id));
            assert!(sending > 0 || forbidden(level, view.item.audience).is_none(), "what may not go any more was taken back: {decision:?}");
        }
    }
    let done = "SELECT count(*) FROM delivery WHERE state = 'done'";
    let lawful = "SELECT count(*) FROM delivery y JOIN decision d ON d.id = y.decision JOIN draft r ON r.id = d.draft
        WHERE y.state = 'done' AND d.item = y.item AND d.verdict <> 'reject' AND (d.made_by = 'person' OR r.route_outcome = 'auto')
          AND (d.undone_at IS NULL OR EXISTS (SELECT 1 FROM decision x WHERE x.corrects = d.id))";
    assert_eq!(o.count_sql(done), o.count_sql(lawful), "each text that is out has its decision");
    let mut ids: Vec<String> = lines(&o.outbox).iter().map(|line| line["id"].as_str().unwrap().to_owned()).collect();
    let all = ids.len();
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), all, "no line is written twice");
}

/// Nothing is counted twice, and what is counted is what stands.
fn check_counts(o: &Office) {
    let told = "SELECT count(*) FROM watch_verdict WHERE watch = (SELECT max(id) FROM watch)";
    let view = o.view();
    if let Some(detector) = view.detector {
        assert_eq!(detector.judged as i64, o.count_sql(told));
    }
    for (what, sql) in [
        ("a draft speaks once", "SELECT count(*) - count(DISTINCT draft) FROM watch_verdict"),
        ("an audit is told once", "SELECT count(audit) - count(DISTINCT audit) FROM watch_verdict"),
        ("a decision is told once", "SELECT count(decision) - count(DISTINCT decision) FROM watch_verdict"),
        ("one decision stands for an item", "SELECT count(*) - count(DISTINCT item) FROM decision WHERE undone_at IS NULL"),
        ("one audit of a decision", "SELECT count(*) - count(DISTINCT decision) FROM audit"),
        ("a corrected one is corrected once", "SELECT count(corrects) - count(DISTINCT corrects) FROM decision"),
    ] {
        assert_eq!(o.count_sql(sql), 0, "{what}");
    }
    assert!(view.done <= view.released, "{} audited of {} that went out", view.done, view.released);
    let standing = "SELECT count(*) FROM decision WHERE undone_at IS NULL AND made_by = 'person' AND epoch = (SELECT max(id) FROM epoch)";
    for step in o.desk.evidence(o.case).unwrap().steps {
        let counted = step.all.counted + step.left_out.iter().map(|left| left.decisions).sum::<u64>();
        assert_eq!(counted as i64, o.count_sql(standing), "each decision is counted once, or told why not: {step:?}");
    }
}

impl Office {
    fn count_sql(&self, sql: &str) -> i64 {
        self.raw().query_row(sql, [], |r| r.get(0)).unwrap()
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_sequence_raises_a_level_by_itself_lets_out_what_may_not_go_or_counts_twice(acts in prop::collection::vec(any_act(), 1..60)) {
        let o = office();
        let mut routed_at = BTreeMap::new();
        o.desk.override_level(o.case, Level::Run, "trial", &admin()).unwrap();
        for each in &acts {
            let before = o.level();
            act(&o, each);
            for item in routed_at.len() as i64 + 1..=i64::from(o.taken.get()) {
                routed_at.insert(item, before);
            }
            let moves = o.desk.level_moves(o.case).unwrap();
            prop_assert!(raises(each) || o.level() <= before, "{:?} raised", each);
            check_moves(&o, &moves);
            check_counts(&o);
        }
        check_what_is_out(&o, &routed_at);
        let wrong: Vec<String> = o.wrong().into_iter().filter(|what| !what.starts_with("sink ") && !what.starts_with("delivery: ")).collect();
        prop_assert_eq!(wrong, Vec::<String>::new());
    }
}
