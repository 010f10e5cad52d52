//! Two drafts side by side.

use crate::{office, said};
use flow::review::{ActKind, Choice, Verdict};
use flow::testing::{admin, reviewer};
use flow::{Error, ItemId, PreferenceId};
use std::time::Duration;

const SPAN: Duration = Duration::from_secs(7);

#[test]
fn the_better_draft_is_the_one_to_be_judged_and_undo_and_redo_follow() {
    let o = office(1);
    let first = o.open(1, &admin()).item.draft.unwrap();
    let second = o.regenerate(1, "Short.", &admin());
    let view = o.open(1, &admin());
    let epoch = view.lease.unwrap().epoch;
    assert_eq!(view.item.draft, Some(second), "the newest, until somebody likes another one better");
    let pair = o.desk.pair(ItemId(1), epoch, first, second, &admin()).unwrap();
    assert_eq!(pair, o.desk.pair(ItemId(1), epoch, second, first, &admin()).unwrap(), "the order does not tell who was named first");
    let choice = if pair.first == first { Choice::First } else { Choice::Second };
    let turned = o.desk.prefer(ItemId(1), epoch, (pair.second, pair.first), choice, SPAN, &admin());
    assert!(matches!(turned, Err(Error::Stale { .. })), "only the order that was drawn is answered");
    let view = o.desk.prefer(ItemId(1), epoch, (pair.first, pair.second), choice, SPAN, &admin()).unwrap();
    assert_eq!(view.item.draft, Some(first));
    assert_eq!(view.lease.map(|lease| lease.epoch), Some(epoch), "and it is still in hand");

    let kept = o.desk.comparisons(o.case, PreferenceId(0), 10).unwrap();
    assert_eq!((kept.len(), kept[0].chosen(), kept[0].rejected(), kept[0].seed), (1, Some(first), Some(second), pair.seed));
    assert_eq!((kept[0].viewed, kept[0].person.as_str()), (SPAN, "Ada"));

    o.decide(1, Verdict::Approve, None);
    assert_eq!(o.desk.view_item(ItemId(1), &admin()).unwrap().decision.unwrap().0.draft, first);
    o.desk.undo(o.case, &admin()).unwrap();
    let back = o.desk.undo(o.case, &admin()).unwrap();
    assert_eq!((back.kind, back.view.item.draft), (ActKind::Compare, Some(second)));
    assert!(o.desk.comparisons(o.case, PreferenceId(0), 10).unwrap().is_empty());
    assert_eq!(o.desk.redo(o.case, &admin()).unwrap().kind, ActKind::Compare);
    assert_eq!(o.open(1, &admin()).item.draft, Some(first));
    assert_eq!(o.desk.redo(o.case, &admin()).unwrap().kind, ActKind::Decide);
    let kept = o.desk.comparisons(o.case, PreferenceId(0), 10).unwrap();
    assert_eq!((kept.len(), kept[0].id, kept[0].chosen()), (1, PreferenceId(2), Some(first)), "a row of its own");
    assert_eq!(o.wrong(), Vec::<String>::new());
}

#[test]
fn a_tie_changes_nothing_and_is_kept() {
    let o = office(1);
    let first = o.open(1, &admin()).item.draft.unwrap();
    let second = o.regenerate(1, "Short.", &admin());
    let epoch = o.open(1, &admin()).lease.unwrap().epoch;
    let pair = o.desk.pair(ItemId(1), epoch, first, second, &admin()).unwrap();
    let view = o.desk.prefer(ItemId(1), epoch, (pair.first, pair.second), Choice::Tie, SPAN, &admin()).unwrap();
    assert_eq!(view.item.draft, Some(second));
    let kept = o.desk.comparisons(o.case, PreferenceId(0), 10).unwrap();
    assert_eq!((kept[0].choice, kept[0].chosen()), (Choice::Tie, None));
    assert!(o.desk.comparisons(o.case, kept[0].id, 10).unwrap().is_empty(), "a page goes on after the last one");
}

#[test]
fn only_who_holds_the_item_compares_and_only_two_that_differ() {
    let o = office(2);
    let first = o.open(1, &admin()).item.draft.unwrap();
    let same = o.regenerate(1, "Re: Where is parcel 1?", &admin());
    let other = o.open(2, &admin()).item.draft.unwrap();
    let epoch = o.open(1, &admin()).lease.unwrap().epoch;
    let refuses = |one, two| matches!(o.desk.pair(ItemId(1), epoch, one, two, &admin()), Err(Error::Invalid { .. }));
    assert!(refuses(first, first) && refuses(first, same) && refuses(first, other));
    let second = o.regenerate(1, "Short.", &admin());
    assert!(matches!(o.desk.pair(ItemId(1), epoch, first, second, &reviewer()), Err(Error::Stale { .. })));
    let pair = o.desk.pair(ItemId(1), epoch, first, second, &admin()).unwrap();
    o.desk.decide(&said(&o.open(1, &admin()), Verdict::Reject, None), &admin()).unwrap();
    let late = o.desk.prefer(ItemId(1), epoch, (pair.first, pair.second), Choice::First, SPAN, &admin());
    assert!(matches!(late, Err(Error::Stale { .. })));
}

#[test]
fn a_kept_comparison_never_changes() {
    let o = office(1);
    let first = o.open(1, &admin()).item.draft.unwrap();
    let second = o.regenerate(1, "Short.", &admin());
    let epoch = o.open(1, &admin()).lease.unwrap().epoch;
    let pair = o.desk.pair(ItemId(1), epoch, first, second, &admin()).unwrap();
    o.desk.prefer(ItemId(1), epoch, (pair.first, pair.second), Choice::First, SPAN, &admin()).unwrap();
    for sql in ["UPDATE preference SET choice = 'tie'", "UPDATE preference SET seed = 1", "DELETE FROM preference"] {
        assert!(o.raw().execute(sql, []).is_err(), "{sql}");
    }
    let again = o.desk.pair(ItemId(1), epoch, first, second, &admin()).unwrap();
    assert_ne!(again.seed, pair.seed, "a second look is drawn anew");
}
