//! Whatever people do one after the other, it can be taken back and done again, and the books agree.

use crate::{Office, office};
use flow::ItemId;
use flow::item::State;
use flow::review::{BulkInput, Order, Verdict};
use flow::testing::{admin, reviewer};
use proptest::prelude::*;
use std::collections::BTreeMap;

const ITEMS: i64 = 5;

#[derive(Debug, Clone)]
enum Act {
    Decide { item: i64, verdict: Verdict, by_admin: bool },
    Bulk { items: Vec<i64>, verdict: Verdict },
    Skip { item: i64 },
    Escalate { item: i64, by_admin: bool },
    Undo { by_admin: bool },
    UndoOn { item: i64 },
    Redo { by_admin: bool },
    Wait,
}

fn any_act() -> impl Strategy<Value = Act> {
    let item = 1..=ITEMS;
    let verdict = prop_oneof![Just(Verdict::Approve), Just(Verdict::Reject), Just(Verdict::Edit)];
    let swept = prop_oneof![Just(Verdict::Approve), Just(Verdict::Reject)];
    prop_oneof![
        4 => (item.clone(), verdict, any::<bool>()).prop_map(|(item, verdict, by_admin)| Act::Decide { item, verdict, by_admin }),
        2 => (prop::collection::vec(1..=ITEMS, 1..5), swept).prop_map(|(items, verdict)| Act::Bulk { items, verdict }),
        1 => item.clone().prop_map(|item| Act::Skip { item }),
        1 => (item.clone(), any::<bool>()).prop_map(|(item, by_admin)| Act::Escalate { item, by_admin }),
        4 => any::<bool>().prop_map(|by_admin| Act::Undo { by_admin }),
        1 => item.prop_map(|item| Act::UndoOn { item }),
        3 => any::<bool>().prop_map(|by_admin| Act::Redo { by_admin }),
        1 => Just(Act::Wait),
    ]
}

fn run(o: &Office, act: &Act) {
    let who = |by_admin: bool| if by_admin { admin() } else { reviewer() };
    // What cannot be is refused, and changes nothing.
    match act {
        Act::Decide { item, verdict, by_admin } => {
            let text = (*verdict == Verdict::Edit).then_some("Other words");
            drop(o.decide_as(*item, *verdict, text, &who(*by_admin)));
            let view = o.open(*item, &admin());
            if let Some(lease) = view.lease {
                o.desk.release(ItemId(*item), lease.epoch, &admin()).unwrap();
            }
        }
        Act::Bulk { items, verdict } => {
            let items = items.iter().map(|id| (ItemId(*id), o.desk.view_item(ItemId(*id), &admin()).unwrap().item.draft.unwrap()));
            let input = BulkInput {
                use_case: o.case,
                verdict: *verdict,
                items: items.collect(),
                reasons: Vec::new(),
                note: None,
                order: Order::Oldest,
                filtered: false,
            };
            o.desk.bulk(&input, &admin()).unwrap();
        }
        Act::Skip { item } => {
            let view = o.open(*item, &admin());
            drop(view.lease.map(|lease| o.desk.skip(ItemId(*item), lease.epoch, &admin())));
        }
        Act::Escalate { item, by_admin } => {
            let view = o.open(*item, &who(*by_admin));
            drop(view.lease.map(|lease| o.desk.escalate(ItemId(*item), lease.epoch, "look", &who(*by_admin))));
        }
        Act::Undo { by_admin } => drop(o.desk.undo(o.case, &who(*by_admin))),
        Act::UndoOn { item } => drop(o.desk.undo_on(ItemId(*item), &admin())),
        Act::Redo { by_admin } => drop(o.desk.redo(o.case, &who(*by_admin))),
        Act::Wait => drop(o.deliver()),
    }
}

/// State and standing decision of each item, by content.
fn stands(o: &Office) -> BTreeMap<i64, (State, Option<(Verdict, String, Option<String>)>)> {
    (1..=ITEMS)
        .map(|item| {
            let view = o.desk.view_item(ItemId(item), &admin()).unwrap();
            (item, (view.item.state, view.decision.map(|(d, _, _)| (d.verdict, d.actor, d.text))))
        })
        .collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn after_any_sequence_the_books_agree_and_what_is_taken_back_comes_back_the_same(acts in prop::collection::vec(any_act(), 1..25)) {
        let o = office(u32::try_from(ITEMS).unwrap());
        for act in &acts {
            run(&o, act);
        }
        prop_assert_eq!(o.wrong(), Vec::<String>::new());
        // As far back as it goes, and the same way again.
        let before = stands(&o);
        let mut back = 0;
        while o.desk.undo(o.case, &admin()).is_ok() {
            back += 1;
            prop_assert!(back <= acts.len(), "nothing is taken back twice");
        }
        for _ in 0..back {
            o.desk.redo(o.case, &admin()).unwrap();
        }
        prop_assert_eq!(stands(&o), before);
        prop_assert_eq!(o.wrong(), Vec::<String>::new());
        o.deliver();
        let sent: i64 = o.raw().query_row("SELECT count(*) FROM delivery WHERE state = 'done'", [], |r| r.get(0)).unwrap();
        let items: i64 = o.raw().query_row("SELECT count(DISTINCT item) FROM delivery WHERE state = 'done'", [], |r| r.get(0)).unwrap();
        prop_assert_eq!(sent, items, "nothing went out twice");
    }
}
