//! Taking back and doing again.

use crate::{office, said};
use flow::item::State::{Approved, Escalated, InReview, Rejected};
use flow::review::{ActKind, MayUndo, Verdict};
use flow::testing::{admin, reviewer};
use flow::{Error, ItemId};
use std::time::Duration;

#[test]
fn three_are_taken_back_after_a_restart_and_done_again_with_the_same_content() {
    let o = office(4);
    o.decide(1, Verdict::Approve, None);
    o.decide(2, Verdict::Edit, Some("Dear you"));
    o.decide(3, Verdict::Reject, None);
    o.decide(4, Verdict::Approve, None);
    let o = o.restarted();
    for (item, verdict) in [(4, Verdict::Approve), (3, Verdict::Reject), (2, Verdict::Edit)] {
        let back = o.desk.undo(o.case, &admin()).unwrap();
        assert_eq!((back.view.item.id, back.kind, back.verdict), (ItemId(item), ActKind::Decide, Some(verdict)));
        assert!(back.view.lease.is_some(), "the item is mine again");
        assert_eq!((back.viewed, back.found.map(|found| found.order)), (Duration::from_secs(9), Some(flow::review::Order::Random)));
    }
    assert_eq!(o.states(1..=4), [Approved, InReview, InReview, InReview]);
    assert_eq!(o.desk.view_item(ItemId(2), &admin()).unwrap().typed.as_deref(), Some("Dear you"), "the words are there again");
    assert_eq!(o.desk.acts(o.case, 10, &admin()).unwrap().undone, 3);

    let o = o.restarted();
    assert_eq!(o.rows(), 4);
    for item in [2, 3, 4] {
        assert_eq!(o.desk.redo(o.case, &admin()).unwrap().items, [ItemId(item)], "what was taken back last comes first");
    }
    assert_eq!(o.rows(), 7, "each a row of its own");
    assert_eq!(o.states(1..=4), [Approved, Approved, Rejected, Approved]);
    let again = o.desk.view_item(ItemId(3), &admin()).unwrap().decision.unwrap().0;
    assert_eq!((again.reasons, again.note.as_deref()), (vec!["wrong".to_owned(), "rude".to_owned()], Some("a word")));
    assert_eq!(o.desk.view_item(ItemId(2), &admin()).unwrap().decision.unwrap().0.text.as_deref(), Some("Dear you"));
    let looked: (i64, String) = o
        .raw()
        .query_row("SELECT viewed_ms, found_order FROM decision WHERE item = 3 AND undone_at IS NULL", [], |r| Ok((r.get(0)?, r.get(1)?)))
        .unwrap();
    assert_eq!(looked, (9000, "random".into()), "how it was looked at is of the first time");
    assert!(matches!(o.desk.redo(o.case, &admin()), Err(Error::NothingToRedo { .. })));
    assert_eq!(o.deliver(), 3);
    assert_eq!(std::fs::read_to_string(&o.outbox).unwrap().lines().count(), 3, "each went out once");
    assert_eq!(o.wrong(), Vec::<String>::new());
}

#[test]
fn undo_and_redo_go_up_and_down_any_number_of_times() {
    let o = office(3);
    for item in 1..=3 {
        o.decide(item, Verdict::Reject, None);
    }
    let back = || o.desk.undo(o.case, &admin()).unwrap().view.item.id.0;
    let again = || o.desk.redo(o.case, &admin()).unwrap().items[0].0;
    assert_eq!([back(), back(), again(), back(), back()], [3, 2, 2, 2, 1]);
    assert_eq!([again(), again(), back(), again(), again()], [1, 2, 2, 2, 3]);
    assert_eq!(o.states(1..=3), [Rejected; 3]);
    assert_eq!(o.wrong(), Vec::<String>::new());
}

#[test]
fn a_new_decision_ends_what_could_be_done_again() {
    let o = office(3);
    o.decide(1, Verdict::Approve, None);
    o.decide(2, Verdict::Approve, None);
    o.desk.undo(o.case, &admin()).unwrap();
    o.decide(2, Verdict::Reject, None);
    assert!(matches!(o.desk.redo(o.case, &admin()), Err(Error::NothingToRedo { .. })));
    assert_eq!(o.state(2), Rejected);
    assert_eq!(o.desk.undo(o.case, &admin()).unwrap().view.item.id, ItemId(2));
    assert_eq!(o.desk.undo(o.case, &admin()).unwrap().view.item.id, ItemId(1));
}

#[test]
fn what_is_out_stops_going_back_and_says_so_and_an_older_one_is_taken_back_on_its_own_item() {
    let o = office(2);
    o.decide(1, Verdict::Reject, None);
    o.decide(2, Verdict::Approve, None);
    let acts = o.desk.acts(o.case, 10, &admin()).unwrap();
    assert_eq!(acts.rows.iter().map(|row| row.may).collect::<Vec<_>>(), [MayUndo::Yes, MayUndo::Yes]);
    assert_eq!(acts.rows[0].until, Some(o.desk.now().plus(Duration::from_secs(10))), "the text leaves then");
    assert_eq!((acts.rows[1].until, acts.rows[1].verdict), (None, Some(Verdict::Reject)), "a rejection has no end");
    assert_eq!(o.deliver(), 1);
    assert_eq!(o.desk.acts(o.case, 10, &admin()).unwrap().rows[0].may, MayUndo::Out);
    let refused = o.desk.undo(o.case, &admin()).unwrap_err();
    assert!(matches!(refused, Error::AlreadyDelivered { .. }) && refused.to_string().contains("correction"), "{refused}");
    assert!(matches!(o.desk.undo_on(ItemId(2), &admin()), Err(Error::AlreadyDelivered { .. })));
    assert!(matches!(o.desk.undo_on(ItemId(1), &reviewer()), Err(Error::NothingToUndo { .. })), "it is not Ben's");
    assert_eq!(o.desk.undo_on(ItemId(1), &admin()).unwrap().view.item.id, ItemId(1));
    assert_eq!(o.desk.redo(o.case, &admin()).unwrap().items, [ItemId(1)]);
    assert_eq!(o.state(1), Rejected);
}

#[test]
fn a_skip_and_an_escalation_are_taken_back_and_done_again() {
    let o = office(2);
    let view = o.open(1, &reviewer());
    o.desk.skip(ItemId(1), view.lease.unwrap().epoch, &reviewer()).unwrap();
    let view = o.open(2, &reviewer());
    o.desk.escalate(ItemId(2), view.lease.unwrap().epoch, "too hard for me", &reviewer()).unwrap();
    let back = o.desk.undo(o.case, &reviewer()).unwrap();
    assert_eq!((back.kind, back.view.item.id, back.view.item.state), (ActKind::Escalate, ItemId(2), InReview));
    assert!(back.view.lease.is_some(), "a reviewer may decide it again");
    let back = o.desk.undo(o.case, &reviewer()).unwrap();
    assert_eq!((back.kind, back.view.item.id), (ActKind::Skip, ItemId(1)));
    o.desk.release(ItemId(1), back.view.lease.unwrap().epoch, &reviewer()).unwrap();
    let query = flow::review::QueueQuery {
        use_case: o.case,
        tab: flow::review::Tab::Waiting,
        order: flow::review::Order::Oldest,
        slice: None,
        text: String::new(),
        filter: flow::review::Filter::default(),
        offset: 0,
        limit: 1,
    };
    assert_eq!(o.desk.next_item(&query, &[], &reviewer()).unwrap().unwrap().item.id, ItemId(1), "it comes to Ben again");
    assert_eq!(o.desk.redo(o.case, &reviewer()).unwrap().kind, ActKind::Skip);
    assert_eq!(o.desk.redo(o.case, &reviewer()).unwrap().kind, ActKind::Escalate);
    assert_eq!(o.states(1..=2), [InReview, Escalated]);
    let history = o.desk.view_item(ItemId(2), &admin()).unwrap().history;
    assert_eq!(history.last().unwrap().detail.as_deref(), Some("too hard for me"), "with its note");
    assert_eq!(o.wrong(), Vec::<String>::new());
}

#[test]
fn what_another_person_has_taken_further_is_passed_over_and_what_they_hold_is_refused() {
    let o = office(3);
    o.decide_as(1, Verdict::Reject, None, &reviewer()).unwrap();
    for item in [2, 3] {
        let view = o.open(item, &reviewer());
        o.desk.escalate(ItemId(item), view.lease.unwrap().epoch, "please look", &reviewer()).unwrap();
    }
    o.decide(3, Verdict::Approve, None);
    o.open(2, &admin());
    let refused = o.desk.undo(o.case, &reviewer()).unwrap_err();
    assert!(matches!(&refused, Error::Stale { now, .. } if now.contains("Ada holds it")), "{refused}");
    o.decide(2, Verdict::Approve, None);
    assert_eq!(o.desk.undo(o.case, &reviewer()).unwrap().view.item.id, ItemId(1), "both escalations were answered");
    assert_eq!(o.states(2..=3), [Approved, Approved], "Ada's decisions stand");
}

#[test]
fn nothing_is_done_again_on_an_item_that_changed() {
    let o = office(3);
    o.decide(1, Verdict::Approve, None);
    o.desk.undo(o.case, &admin()).unwrap();
    o.desk.keep_typed(ItemId(1), "other words", &admin()).unwrap();
    let refused = |why: &str| {
        let refused = o.desk.redo(o.case, &admin()).unwrap_err();
        assert!(matches!(&refused, Error::Stale { now, .. } if now.contains(why)), "{why}: {refused}");
        assert_eq!(o.state(1), InReview, "nothing was decided");
    };
    refused("typed");
    assert_eq!(o.desk.view_item(ItemId(1), &admin()).unwrap().typed.as_deref(), Some("other words"), "and nothing typed is lost");
    o.regenerate(1, "Another.", &admin());
    refused("another draft");
    let epoch = o.open(1, &admin()).lease.unwrap().epoch;
    o.desk.release(ItemId(1), epoch, &admin()).unwrap();
    o.open(1, &reviewer());
    refused("Ben holds it");
    o.decide_as(1, Verdict::Reject, None, &reviewer()).unwrap();
    assert!(matches!(o.desk.redo(o.case, &admin()), Err(Error::Stale { .. })));
    // As Ben sees it: to others it is blind where it is drawn for a second look.
    assert_eq!(o.desk.view_item(ItemId(1), &reviewer()).unwrap().item.state, Rejected, "Ben's decision stands");
}

#[test]
fn each_person_takes_back_their_own() {
    let o = office(2);
    o.decide(1, Verdict::Approve, None);
    o.decide_as(2, Verdict::Approve, None, &reviewer()).unwrap();
    assert_eq!(o.desk.undo(o.case, &admin()).unwrap().view.item.id, ItemId(1));
    assert!(matches!(o.desk.redo(o.case, &reviewer()), Err(Error::NothingToRedo { .. })), "Ada's is not Ben's to do again");
    assert!(matches!(o.desk.undo(o.case, &admin()), Err(Error::NothingToUndo { .. })));
}

#[test]
fn a_decision_by_an_old_claim_is_refused_after_it_was_taken_back() {
    let o = office(1);
    let view = o.open(1, &admin());
    let input = said(&view, Verdict::Approve, None);
    o.desk.decide(&input, &admin()).unwrap();
    o.desk.undo(o.case, &admin()).unwrap();
    assert!(matches!(o.desk.decide(&input, &admin()), Err(Error::Stale { .. })), "the claim is a new one");
}
