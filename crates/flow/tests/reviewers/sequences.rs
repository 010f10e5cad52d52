//! Any sequence of what reviewers and admins do around known-bad items.

use crate::{Office, office};
use flow::item::State;
use flow::review::{Tab, Verdict};
use flow::testing::{admin, reviewer};
use flow::use_case::Level;
use proptest::prelude::*;
use std::collections::BTreeSet;
use std::time::Duration;

#[derive(Debug, Clone)]
enum Act {
    Take,
    Seed,
    SeedFrom(usize),
    /// The n-th of those that wait, by which of the two.
    Decide(usize, Verdict, bool),
    Escalate(usize),
    Skip(usize),
    Undo(bool),
    Raise,
    Lower,
    Share(f64),
    Deliver,
}

fn any_act() -> impl Strategy<Value = Act> {
    let verdict = prop::sample::select(vec![Verdict::Approve, Verdict::Approve, Verdict::Edit, Verdict::Reject]);
    prop_oneof![
        2 => Just(Act::Take),
        3 => Just(Act::Seed),
        1 => (0usize..4).prop_map(Act::SeedFrom),
        8 => (0usize..6, verdict, any::<bool>()).prop_map(|(n, verdict, who)| Act::Decide(n, verdict, who)),
        1 => (0usize..6).prop_map(Act::Escalate),
        1 => (0usize..6).prop_map(Act::Skip),
        2 => any::<bool>().prop_map(Act::Undo),
        1 => Just(Act::Raise),
        1 => Just(Act::Lower),
        1 => prop::sample::select(vec![0.0, 0.3, 0.5]).prop_map(Act::Share),
        2 => Just(Act::Deliver),
    ]
}

fn seeded(o: &Office) -> BTreeSet<i64> {
    let c = o.raw();
    let mut query = c.prepare("SELECT item FROM seeded").unwrap();
    query.query_map([], |r| r.get(0)).unwrap().collect::<Result<_, _>>().unwrap()
}

fn act(o: &Office, act: &Act, taken: &mut u64) {
    let who = |second: bool| if second { reviewer() } else { admin() };
    let waiting = || o.list(Tab::Waiting).into_iter().chain(o.list(Tab::Escalated)).collect::<Vec<_>>();
    // Whatever is refused has left nothing behind.
    match act {
        Act::Take => {
            o.take(*taken..*taken + 3);
            *taken += 3;
        }
        Act::Seed => drop(o.desk.seed_items(o.case, 1, None, &admin())),
        Act::SeedFrom(n) => {
            if let Some(item) = o.list(Tab::All).get(*n) {
                drop(o.desk.seed_from(*item, "Go away.", "", &admin()));
            }
        }
        Act::Decide(n, verdict, second) => {
            if let Some(item) = waiting().get(*n) {
                let text = (*verdict == Verdict::Edit).then_some("Dear Maria, no.");
                drop(o.decide_as(*item, *verdict, text, &who(*second)));
            }
        }
        Act::Escalate(n) => {
            if let Some(item) = waiting().get(*n)
                && let Some(lease) = o.open(*item, &admin()).lease
            {
                drop(o.desk.escalate(*item, lease.epoch, "odd", &admin()));
            }
        }
        Act::Skip(n) => {
            if let Some(item) = waiting().get(*n)
                && let Some(lease) = o.open(*item, &reviewer()).lease
            {
                drop(o.desk.skip(*item, lease.epoch, &reviewer()));
            }
        }
        Act::Undo(second) => drop(o.desk.undo(o.case, &who(*second))),
        Act::Raise => drop(o.desk.override_level(o.case, Level::Walk, "trial", &admin())),
        Act::Lower => drop(o.desk.move_level(o.case, Level::Crawl, "", &admin())),
        Act::Share(share) => o.desk.set_reviewers(o.case, 0.05, *share, &admin()).unwrap(),
        Act::Deliver => {
            o.deliver_all();
        }
    }
    o.hand.advance(Duration::from_secs(1));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_known_bad_item_reaches_no_delivery_export_evidence_or_count(acts in prop::collection::vec(any_act(), 1..40)) {
        let o = office();
        let mut taken = 0;
        for each in &acts {
            act(&o, each, &mut taken);
        }
        o.deliver_all();
        let seeded = seeded(&o);
        let uids: Vec<String> = seeded.iter().map(|id| o.desk.view_item(flow::ItemId(*id), &admin()).unwrap().item.uid).collect();
        let sent = std::fs::read_to_string(&o.outbox).unwrap_or_default();
        let exported = o.exported();
        for uid in &uids {
            prop_assert!(!sent.contains(uid) && !exported.contains(uid), "{uid} went out");
        }
        // Real ones are all there, and nothing else is counted.
        let decided = o.raw().query_row(
            "SELECT count(*), count(*) FILTER (WHERE made_by = 'person') FROM decision d JOIN item i ON i.id = d.item
             WHERE d.undone_at IS NULL AND i.id NOT IN (SELECT item FROM seeded)", [], |r| Ok((r.get::<_, i64>(0)?, r.get::<_, i64>(1)?))).unwrap();
        prop_assert_eq!(exported.lines().count() as i64, decided.0);
        let overview = o.desk.overview(o.case).unwrap();
        prop_assert_eq!(overview.days.iter().map(|day| day.decided).sum::<i64>(), decided.1);
        prop_assert_eq!(overview.evidence.decided, decided.1);
        let evidence = o.desk.evidence(o.case).unwrap();
        for step in &evidence.steps {
            let told = step.all.counted + step.left_out.iter().map(|left| left.decisions).sum::<u64>();
            prop_assert!(told as i64 <= decided.1, "{step:?}");
        }
        let counts = o.desk.use_case(o.case).unwrap().counts;
        let waiting = o.list(Tab::Waiting).len() + o.list(Tab::Escalated).len();
        prop_assert_eq!(counts.of(State::InReview) + counts.of(State::Escalated), waiting as i64, "what waits is counted as it is listed");
        prop_assert_eq!(State::ALL.iter().map(|state| counts.of(*state)).sum::<i64>(), o.list(Tab::All).len() as i64);
        prop_assert_eq!(o.wrong(), Vec::<String>::new());
    }
}
