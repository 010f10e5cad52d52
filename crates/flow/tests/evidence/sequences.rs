//! Any sequence of decisions and of taking them back.

use crate::office;
use flow::review::Verdict;
use flow::testing::admin;
use proptest::prelude::*;
use std::collections::BTreeMap;
use std::time::Duration;

#[derive(Debug, Clone)]
enum Act {
    Take(bool),
    /// The n-th of those that can be decided.
    Decide(usize, Verdict, u64),
    Undo,
    Wait,
}

fn any_act() -> impl Strategy<Value = Act> {
    let verdict = prop::sample::select(vec![Verdict::Approve, Verdict::Approve, Verdict::Reject]);
    prop_oneof![
        3 => any::<bool>().prop_map(Act::Take),
        5 => (0usize..8, verdict, prop::sample::select(vec![0u64, 9])).prop_map(|(n, verdict, seconds)| Act::Decide(n, verdict, seconds)),
        1 => Just(Act::Undo),
        1 => Just(Act::Wait),
    ]
}

/// What stands of an item by the test's own books: when it was decided, bad, read.
type Book = BTreeMap<i64, (usize, bool, bool)>;

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    #[test]
    fn after_any_sequence_of_decisions_and_undos_the_evidence_is_what_stands(acts in prop::collection::vec(any_act(), 1..40)) {
        let o = office();
        let (mut taken, mut book) = (Vec::new(), Book::new());
        for (at, act) in acts.into_iter().enumerate() {
            match act {
                Act::Take(confident) => {
                    let id = taken.len() as u64;
                    o.take(id..id + 1, if confident { 0.9 } else { 0.3 });
                    taken.push(confident);
                }
                Act::Decide(n, verdict, seconds) => {
                    let open = (1..=taken.len() as i64).filter(|item| !book.contains_key(item)).nth(n);
                    if let Some(item) = open {
                        o.decide_after(item, verdict, Duration::from_secs(seconds));
                        book.insert(item, (at, verdict == Verdict::Reject, seconds > 0));
                    }
                }
                Act::Undo => {
                    if o.desk.undo(o.case, &admin()).is_ok() {
                        let last = *book.iter().max_by_key(|(_, (at, _, _))| *at).unwrap().0;
                        book.remove(&last);
                    }
                }
                Act::Wait => o.hand.advance(Duration::from_secs(5)),
            }
            let settled: Vec<_> = (1..=taken.len() as i64).map_while(|item| Some((taken[item as usize - 1], *book.get(&item)?))).collect();
            let stream = settled.iter().filter(|(confident, (_, bad, read))| *confident && (*bad || *read));
            let walk = o.walk();
            prop_assert_eq!(walk.all.counted, stream.count() as u64);
            prop_assert_eq!(walk.all.bad, settled.iter().filter(|(confident, (_, bad, _))| *confident && *bad).count() as u64);
            prop_assert_eq!(walk.all.counted + walk.left_out.iter().map(|left| left.decisions).sum::<u64>(), book.len() as u64);
        }
    }

    #[test]
    fn the_order_in_which_verdicts_arrive_changes_nothing(
        verdicts in prop::collection::vec(prop::bool::weighted(0.8), 2..14).prop_flat_map(|v| {
            let order = (1..=v.len() as i64).collect::<Vec<_>>();
            (Just(v), Just(order).prop_shuffle())
        })
    ) {
        let (verdicts, order) = verdicts;
        let decided = |order: &[i64]| {
            let o = office();
            o.take(0..verdicts.len() as u64, 0.9);
            for item in order {
                o.decide(*item, if verdicts[*item as usize - 1] { Verdict::Approve } else { Verdict::Reject });
            }
            o.evidence()
        };
        let in_order: Vec<i64> = (1..=verdicts.len() as i64).collect();
        prop_assert_eq!(decided(&order), decided(&in_order));
    }
}
