//! Known-bad items among many that are decided at once.

use crate::Office;
use flow::ItemId;
use flow::item::State;
use flow::review::{BulkInput, Bulked, Order, Verdict};
use flow::testing::admin;

fn bulk(o: &Office, verdict: Verdict) -> Bulked {
    let items = o.waiting();
    let look = o.desk.look_at_bulk(o.case, verdict, &items, &admin()).unwrap();
    assert!(look.rows.iter().all(|row| row.left_out.is_none()), "nothing tells one from the others");
    let input = BulkInput {
        use_case: o.case,
        verdict,
        items: look.rows.iter().map(|row| (row.item, row.draft.unwrap())).collect(),
        reasons: Vec::new(),
        note: None,
        order: Order::Oldest,
        filtered: false,
    };
    o.desk.bulk(&input, &admin()).unwrap()
}

fn state(o: &Office, item: ItemId) -> State {
    o.desk.view_item(item, &admin()).unwrap().item.state
}

#[test]
fn an_approval_of_all_misses_the_known_bad_one_and_taking_it_back_leaves_that_one() {
    let o = Office::settled(30);
    o.take(30..33);
    let real = o.waiting();
    let bad = o.seed(1, None)[0];
    let came = bulk(&o, Verdict::Approve);
    assert_eq!((came.decided, came.seeded, came.caught), (4, 1, 0));
    assert_eq!(state(&o, bad), State::Rejected, "it goes nowhere");
    assert_eq!(o.reviewers().golds.missed, 1);
    let back = o.desk.undo(o.case, &admin()).unwrap();
    assert_eq!((back.items.clone(), back.out), (real, 0), "its answer was told, so that it stands");
    assert_eq!(state(&o, bad), State::Rejected);
    assert_eq!(o.desk.redo(o.case, &admin()).unwrap().items.len(), 3);
    assert_eq!(o.wrong(), Vec::<String>::new());
}

#[test]
fn a_rejection_of_all_proves_no_look_at_the_known_bad_one() {
    let o = Office::settled(30);
    o.take(30..32);
    o.seed(1, None);
    let came = bulk(&o, Verdict::Reject);
    assert_eq!((came.decided, came.seeded, came.caught), (3, 1, 1));
    let golds = o.reviewers().golds;
    assert_eq!((golds.caught, golds.missed), (0, 0), "it is not counted as found");
    assert_eq!(o.wrong(), Vec::<String>::new());
}
