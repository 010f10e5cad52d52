//! What a selection takes and leaves out, and what each decision weighs.

use crate::{left_out, office, plain};
use flow::dataset::weight::Sign;
use flow::dataset::{Agreement, Format, LeftOut, Selection};
use flow::model::Cancel;
use flow::review::Verdict;
use flow::seeded::Fault;
use flow::testing::{WordTokens, admin};
use flow::use_case::Level;
use flow::{Error, Millis};
use std::time::Duration;

#[test]
fn every_criterion_is_asked_of_real_decisions() {
    let o = office();
    let items = o.take(6, 0.9);
    let before = o.desk.now();
    o.approve(items[0]);
    o.edit(items[1]);
    o.reject(items[2]);
    o.hand.advance(Duration::from_secs(3600));
    let after = o.desk.now();
    o.say(items[3], Verdict::Approve, &crate::ben(), |_| ());
    o.say(items[4], Verdict::Reject, &crate::ben(), |input| input.reasons = vec!["rude".into()]);

    let all = o.count(|_| ());
    assert_eq!((all.decisions, all.selected, all.texts, all.preferences, all.approved, all.rejected), (5, 5, 3, 1, 2, 2));
    assert_eq!(left_out(&all), []);
    let check = |change: fn(&mut Selection, Millis), at: Millis, selected: u64, why: LeftOut| {
        let found = o.count(|s| change(s, at));
        assert_eq!(found.selected, selected, "{why:?}: {found:?}");
        assert_eq!(left_out(&found), [(why, 5 - selected)]);
    };
    check(|s, at| s.since = Some(at), after, 2, LeftOut::Period);
    check(|s, at| s.until = Some(at), Millis(before.0 + 1), 3, LeftOut::Period);
    check(|s, _| s.levels = vec![Level::Walk], after, 0, LeftOut::Level);
    check(|s, _| s.slices = vec!["billing".into()], after, 3, LeftOut::Slice);
    check(|s, _| s.reviewers = vec!["Ben".into()], after, 2, LeftOut::Reviewer);
    check(|s, _| s.verdicts = vec![Verdict::Edit], after, 1, LeftOut::Verdict);
    check(|s, _| s.least_edit = Some(0.01), after, 1, LeftOut::EditDistance);
    check(|s, _| s.most_edit = Some(0.0), after, 4, LeftOut::EditDistance);
    check(|s, _| s.agreement = Agreement::LookedAtTwice, after, 0, LeftOut::Agreement);
    check(|s, _| s.drafter_versions = vec![7], after, 0, LeftOut::DrafterVersion);
    check(|s, _| s.reasons = vec!["rude".into()], after, 1, LeftOut::Reason);

    let facets = o.desk.dataset_facets(o.case).unwrap();
    assert_eq!((facets.slices, facets.reviewers), (vec!["billing".to_owned(), "returns".into()], vec!["Ada".to_owned(), "Ben".into()]));
    assert_eq!((facets.drafter_versions, facets.reasons), (vec![1], vec!["wrong".to_owned(), "rude".into()]));
}

#[test]
fn what_was_taken_back_and_what_nobody_looked_at_is_left_out_and_counted() {
    let o = office();
    let items = o.take(2, 0.9);
    o.approve(items[0]);
    o.approve(items[1]);
    o.desk.undo(o.case, &admin()).unwrap();
    assert_eq!(left_out(&o.count(|_| ())), [(LeftOut::TakenBack, 1)]);

    // Three go out alone, all drawn for an audit; one is audited, one corrected.
    o.walk();
    let alone = o.take(3, 0.95);
    o.deliver();
    assert_eq!(left_out(&o.count(|_| ())), [(LeftOut::TakenBack, 1), (LeftOut::NotLookedAt, 3)]);
    o.say(alone[0], Verdict::Approve, &admin(), |_| ());
    o.desk.correct(alone[1], "It is in Leipzig.", None, &admin()).unwrap();
    let found = o.count(|_| ());
    assert_eq!(left_out(&found), [(LeftOut::TakenBack, 1), (LeftOut::Corrected, 1), (LeftOut::NotLookedAt, 1)]);
    assert_eq!((found.decisions, found.selected), (6, 3), "the audited one, the correction, and the one of a person");
    let agreed = o.count(|s| s.agreement = Agreement::Agreed);
    assert_eq!((agreed.selected, agreed.approved), (1, 1));
}

#[test]
fn known_bad_items_are_in_no_dataset() {
    let o = office();
    for item in o.take(30, 0.9) {
        o.approve(item);
    }
    assert_eq!(o.desk.seed_items(o.case, 2, Some(Fault::WrongNumber), &admin()).unwrap().made, 2);
    for seeded in [31, 32] {
        o.reject(flow::ItemId(seeded));
    }
    let found = o.count(|_| ());
    assert_eq!((found.selected, left_out(&found)), (30, vec![(LeftOut::KnownBad, 2)]));
}

#[test]
fn hasty_decisions_weigh_less_and_what_two_people_say_weighs_more() {
    let o = office();
    let items = o.take(4, 0.9);
    o.approve(items[0]);
    o.say(items[1], Verdict::Approve, &admin(), |input| input.viewed = Duration::from_millis(200));
    o.say(items[2], Verdict::Approve, &admin(), |input| input.found.bulk = true);
    o.walk();
    let alone = o.take(1, 0.95);
    o.deliver();
    o.say(alone[0], Verdict::Approve, &admin(), |_| ());
    let found = o.count(|_| ());
    assert_eq!(found.signs, [(Sign::Bulk, 1), (Sign::Rushed, 1), (Sign::Agreed, 1)]);
    assert!((found.mean_weight - (1.0 + 0.5 + 0.5 + 1.5) / 4.0).abs() < 1e-9, "{found:?}");
    assert_eq!(o.count(|s| s.weighted = false).mean_weight, 1.0);
}

#[test]
fn a_preview_shows_real_rows_of_each_format() {
    let o = office();
    let items = o.take(3, 0.9);
    o.approve(items[0]);
    o.edit(items[1]);
    o.reject(items[2]);
    let plan = plain(&[Format::Sft, Format::DpoChat, Format::Kto, Format::Csv], o.case);
    let found = o.desk.preview_dataset(o.case, &Selection::default(), &plan, 5, &WordTokens, &Cancel::default()).unwrap();
    let rows = |format: Format| found.formats.iter().find(|of| of.format == format).unwrap().rows.clone();
    assert_eq!([rows(Format::Sft).len(), rows(Format::DpoChat).len(), rows(Format::Kto).len()], [2, 1, 2]);
    assert!(rows(Format::Sft)[0].contains("Re: My number 0 of the billing desk"), "{:?}", rows(Format::Sft));
    assert!(rows(Format::DpoChat)[0].contains("Better: item 2."));
}

#[test]
fn criteria_that_nothing_meets_make_no_version_and_a_count_can_be_stopped() {
    let o = office();
    let items = o.take(1, 0.9);
    o.approve(items[0]);
    let none = Selection { verdicts: vec![Verdict::Reject], ..Selection::default() };
    let said = o.make_by("none", &none, &plain(&[Format::Sft], o.case)).unwrap_err();
    assert!(said.to_string().contains("at least one decision"), "{said}");
    assert!(!o.path("none").exists());
    let stopped = Cancel::default();
    stopped.cancel();
    assert!(matches!(o.desk.count_dataset(o.case, &Selection::default(), &stopped), Err(Error::Cancelled)));
}
