//! Many items at once.

use crate::{Office, office, office_with};
use flow::evidence::NotCounted;
use flow::item::State::{Approved, Delivered, Escalated, InReview, Rejected};
use flow::review::{ActKind, BulkInput, Bulked, LeftOut, Order, Verdict};
use flow::testing::{admin, reviewer};
use flow::use_case::Level;
use flow::{DraftId, Error, ItemId, Person};
use std::time::Duration;

impl Office {
    fn look(&self, verdict: Verdict, items: &[i64], person: &Person) -> Vec<(i64, Option<LeftOut>)> {
        let items: Vec<ItemId> = items.iter().map(|id| ItemId(*id)).collect();
        let look = self.desk.look_at_bulk(self.case, verdict, &items, person).unwrap();
        look.rows.into_iter().map(|row| (row.item.0, row.left_out)).collect()
    }

    fn input(&self, verdict: Verdict, items: &[i64]) -> BulkInput {
        let draft = |id: &i64| (ItemId(*id), self.desk.view_item(ItemId(*id), &admin()).unwrap().item.draft.unwrap_or(DraftId(0)));
        BulkInput {
            use_case: self.case,
            verdict,
            items: items.iter().map(draft).collect(),
            reasons: if verdict == Verdict::Reject { vec!["wrong".into()] } else { Vec::new() },
            note: None,
            order: Order::Oldest,
            filtered: false,
        }
    }

    fn bulk(&self, verdict: Verdict, items: &[i64]) -> Bulked {
        self.desk.bulk(&self.input(verdict, items), &admin()).unwrap()
    }
}

#[test]
fn one_undo_takes_the_whole_bulk_back_also_after_a_restart_and_one_redo_does_it_again() {
    let o = office(5);
    o.decide(5, Verdict::Reject, None);
    assert_eq!(o.bulk(Verdict::Approve, &[3, 1, 2]).decided, 3);
    assert_eq!(o.desk.reviewers(o.case, &admin()).unwrap().mine.decided, 1, "whether one looks is asked of what was decided one by one");
    assert_eq!(o.states(1..=5), [Approved, Approved, Approved, InReview, Rejected]);
    let acts = o.desk.acts(o.case, 10, &admin()).unwrap().rows;
    assert_eq!((acts[0].kind, acts[0].items, acts[0].verdict), (ActKind::Bulk, 3, Some(Verdict::Approve)));
    let o = o.restarted();
    let back = o.desk.undo(o.case, &admin()).unwrap();
    assert_eq!((back.kind, back.items.len(), back.out), (ActKind::Bulk, 3, 0));
    assert_eq!(o.states(1..=5), [InReview, InReview, InReview, InReview, Rejected], "and nothing but the bulk");
    assert_eq!(o.deliver(), 0, "nothing of it goes out");
    let again = o.desk.redo(o.case, &admin()).unwrap();
    assert_eq!((again.items.len(), again.left_out), (3, 0));
    assert_eq!(o.deliver(), 3);
    assert_eq!(o.states(1..=3), [Delivered; 3]);
    let (bulk, viewed): (i64, i64) = o
        .raw()
        .query_row("SELECT sum(found_bulk), sum(viewed_ms) FROM decision WHERE item <= 3", [], |r| Ok((r.get(0)?, r.get(1)?)))
        .unwrap();
    assert_eq!((bulk, viewed), (6, 0), "each decision says that it was one of many");
    assert_eq!(o.wrong(), Vec::<String>::new());
}

#[test]
fn what_is_left_out_is_told_before_and_stays_as_it_is() {
    let o = office(8);
    o.open(2, &reviewer());
    o.decide(3, Verdict::Reject, None);
    let escalated = o.open(4, &reviewer());
    o.desk.escalate(ItemId(4), escalated.lease.unwrap().epoch, "look", &reviewer()).unwrap();
    o.desk.keep_typed(ItemId(5), "half a sentence", &admin()).unwrap();
    let blank = o.regenerate(6, "  ", &admin());
    let held = Some(LeftOut::HeldBy("Ben".into()));
    let expected = [
        (1, None),
        (2, held),
        (3, Some(LeftOut::Decided)),
        (4, Some(LeftOut::Escalated)),
        (5, Some(LeftOut::Typed)),
        (6, Some(LeftOut::Blank)),
        (7, None),
    ];
    assert_eq!(o.look(Verdict::Approve, &[1, 2, 3, 4, 5, 6, 7], &admin()), expected);
    assert_eq!(o.look(Verdict::Reject, &[6], &admin()), [(6, None)], "what is blank may be rejected");

    // Between the look and the answer item 7 gets another draft.
    let input = o.input(Verdict::Approve, &[1, 2, 3, 4, 5, 6, 7, 1]);
    o.regenerate(7, "Another.", &admin());
    let came = o.desk.bulk(&input, &admin()).unwrap();
    assert_eq!(came.decided, 1, "and named twice it is decided once");
    let left: Vec<_> = expected[1..6].iter().map(|(id, why)| (ItemId(*id), why.clone().unwrap())).collect();
    assert_eq!(came.left_out, [left, vec![(ItemId(7), LeftOut::Changed)]].concat());
    assert_eq!(o.states(1..=8), [Approved, InReview, Rejected, Escalated, InReview, InReview, InReview, InReview]);
    assert_eq!(o.desk.view_item(ItemId(5), &admin()).unwrap().typed.as_deref(), Some("half a sentence"));
    assert!(o.desk.view_item(ItemId(6), &admin()).unwrap().drafts.iter().any(|draft| draft.id == blank));
    assert_eq!(o.wrong(), Vec::<String>::new());
}

#[test]
fn an_edit_nothing_too_many_and_a_strange_reason_are_refused_and_change_nothing() {
    let o = office(2);
    let refused = |input: &BulkInput| assert!(matches!(o.desk.bulk(input, &admin()), Err(Error::Invalid { .. })), "{input:?}");
    let good = o.input(Verdict::Reject, &[1, 2]);
    refused(&BulkInput { verdict: Verdict::Edit, ..good.clone() });
    refused(&BulkInput { items: Vec::new(), ..good.clone() });
    refused(&BulkInput { items: vec![good.items[0]; 1001], ..good.clone() });
    refused(&BulkInput { reasons: vec!["wrong".into(), "unheard of".into()], ..good.clone() });
    assert!(matches!(
        o.desk.bulk(&BulkInput { items: vec![good.items[0], (ItemId(99), DraftId(1))], ..good }, &admin()),
        Err(Error::NotFound { .. })
    ));
    assert_eq!(o.states(1..=2), [InReview, InReview]);
    assert!(o.desk.acts(o.case, 10, &admin()).unwrap().rows.is_empty());
}

#[test]
fn what_of_a_bulk_is_out_stays_and_the_rest_is_taken_back() {
    let o = office(3);
    o.bulk(Verdict::Approve, &[1, 2, 3]);
    o.hand.advance(Duration::from_secs(11));
    assert!(matches!(o.desk.deliver_one().unwrap(), flow::deliver::Delivered::Done));
    let back = o.desk.undo(o.case, &admin()).unwrap();
    assert_eq!((back.items.len(), back.out), (2, 1));
    let out: Vec<i64> = (1..=3).filter(|id| o.state(*id) == Delivered).collect();
    assert_eq!(out.len(), 1);
    assert_eq!(o.desk.redo(o.case, &admin()).unwrap().items.len(), 2);
    assert_eq!(o.deliver(), 2);
    assert!(matches!(o.desk.undo(o.case, &admin()), Err(Error::AlreadyDelivered { .. })), "now all of it is out");
}

#[test]
fn one_of_a_bulk_is_taken_back_on_its_own() {
    let o = office(3);
    o.bulk(Verdict::Reject, &[1, 2, 3]);
    assert_eq!(o.desk.undo_on(ItemId(2), &admin()).unwrap().items, [ItemId(2)]);
    assert_eq!(o.states(1..=3), [Rejected, InReview, Rejected]);
    assert_eq!(o.desk.undo(o.case, &admin()).unwrap().items, [ItemId(1), ItemId(3)], "the others are still one act");
    assert_eq!(o.states(1..=3), [InReview; 3]);
    assert_eq!(o.desk.redo(o.case, &admin()).unwrap().items.len(), 2);
    assert_eq!(o.desk.redo(o.case, &admin()).unwrap().items, [ItemId(2)]);
    assert_eq!(o.states(1..=3), [Rejected; 3]);
}

#[test]
fn acceptances_at_once_are_no_evidence_and_rejections_are() {
    let o = office_with(5, 0.95);
    o.bulk(Verdict::Approve, &[1, 2]);
    o.bulk(Verdict::Reject, &[3, 4]);
    o.decide(5, Verdict::Approve, None);
    let step = o.desk.evidence(o.case).unwrap().steps.into_iter().find(|step| step.to == Level::Run).unwrap();
    assert_eq!((step.all.counted, step.all.bad), (3, 2), "what is bad counts, however it was found: {:?}", step.left_out);
    assert_eq!(step.left_out.iter().map(|left| (left.why, left.decisions)).collect::<Vec<_>>(), [(NotCounted::Bulk, 2)]);
}
