//! What is kept with a draft, and what a fit makes of it.

use super::*;
use flow::Error;
use flow::confidence::ENOUGH;
use flow::review::{Filter, Order, QueueQuery, Tab};
use flow::testing::reviewer;

#[test]
fn each_draft_keeps_what_its_confidence_is_made_of() {
    let o = office();
    o.take("parcels", &[("Where is the parcel to Busan", 0.5)]);
    let first = o.features(1);
    assert!((first.mean_logprob.unwrap() - 0.5_f64.ln()).abs() < 1e-6 && first.min_logprob == first.low_logprob, "{first:?}");
    assert_eq!((first.mean_entropy, first.schema_valid, first.held), (Some(0.0), None, false));
    assert_eq!((first.similarity, first.slice_acceptance), (0.0, 0.5), "nothing was decided before");
    let draft = o.draft(1);
    assert_eq!(
        (draft.confidence, draft.raw_confidence),
        (draft.raw_confidence, flow::draft::mean_probability(&o.desk.draft_tokens(draft.id).unwrap()))
    );

    // The past speaks for what is like it, and in its slice.
    o.decide(1, Verdict::Approve);
    o.take("parcels", &[("Where is the parcel to Busan", 0.5), ("Delete my account", 0.5)]);
    o.take("accounts", &[("Where is the parcel to Busan", 0.5)]);
    let (like, other, elsewhere) = (o.features(2), o.features(3), o.features(4));
    assert!(like.similarity > 0.8 && other.similarity < 0.2, "{} and {}", like.similarity, other.similarity);
    assert_eq!(elsewhere.similarity, like.similarity);
    assert!(like.slice_acceptance > elsewhere.slice_acceptance && elsewhere.slice_acceptance > 0.5);
    assert_eq!(o.features(1), first, "what was kept stays");

    // A rejection is no request to be like, and lowers its slice.
    o.decide(4, Verdict::Reject);
    o.take("accounts", &[("Close the business loan", 0.5)]);
    o.decide(5, Verdict::Reject);
    o.take("accounts", &[("Close the business loan", 0.5)]);
    let after = o.features(6);
    assert!(after.similarity < 0.2 && after.slice_acceptance < 0.5, "{after:?}");
}

#[test]
fn a_schema_and_a_rule_that_matched_are_features() {
    use flow::hold::{Condition, HoldRule};
    let o = office();
    let schema = HoldRule { name: "form".into(), when: Condition::SchemaInvalid { schema: serde_json::json!({"type": "object"}) } };
    o.desk.change_hold_rules(&admin(), o.case, 1, &[schema]).unwrap();
    o.take("", &[("Where is my parcel", 0.5)]);
    assert_eq!((o.features(1).schema_valid, o.features(1).held), (Some(false), true));
}

#[test]
fn a_calibrator_is_fitted_by_an_admin_on_decisions_enough_of_both_kinds() {
    let o = office();
    o.take_spread(ENOUGH);
    assert!(matches!(o.desk.calibrate(&reviewer(), o.case), Err(Error::NotAllowed { .. })));
    o.decide_by(1..=ENOUGH as i64 - 1, 0.0);
    let few = o.desk.calibrate(&admin(), o.case).unwrap_err().to_string();
    assert!(few.contains("at least 50") && few.contains("49"), "{few}");
    o.decide_by(ENOUGH as i64..=ENOUGH as i64, 0.0);
    let one_kind = o.desk.calibrate(&admin(), o.case).unwrap_err().to_string();
    assert!(one_kind.contains("some that were accepted and some that were not"), "{one_kind}");
    assert_eq!(o.count("SELECT count(*) FROM calibrator"), 0);
    assert_eq!(o.desk.epoch(o.case).unwrap().n, 1);
}

#[test]
fn a_fit_starts_an_epoch_changes_the_confidence_and_orders_the_queue_by_it() {
    let o = office();
    o.take_spread(120);
    // People accept what the model is least sure of.
    for item in 1..=100 {
        let unsure = o.draft(item).raw_confidence < 0.6;
        o.decide(item, if unsure { Verdict::Approve } else { Verdict::Reject });
    }
    let before = o.desk.confidence_view(o.case).unwrap();
    assert!(before.calibrator.is_none() && before.decisions == 100 && before.measured.unwrap().auroc.unwrap() < 0.1);
    let offer = before.offer.unwrap();
    assert_eq!((offer.decisions, offer.now.decisions, offer.then.decisions), (100, 30, 30));
    assert!(offer.then.brier < offer.now.brier && offer.then.auroc.unwrap() > 0.9, "{offer:?}");
    let queue = || {
        let query = QueueQuery {
            use_case: o.case,
            tab: Tab::Waiting,
            order: Order::LeastConfident,
            slice: None,
            text: String::new(),
            filter: Filter::default(),
            offset: 0,
            limit: 50,
        };
        o.desk.queue(&query, &admin()).unwrap().rows
    };
    let (order, kept): (Vec<_>, Vec<_>) = (queue().iter().map(|row| row.id).collect(), (101..=120).map(|item| o.draft(item)).collect());

    let after = o.desk.calibrate(&admin(), o.case).unwrap();
    let calibrator = after.calibrator.unwrap();
    assert_eq!((calibrator.n, calibrator.by.as_str(), calibrator.saw.decisions, calibrator.saw.last.0), (1, "Ada", 100, 100));
    assert!(calibrator.fitted.measured.unwrap().auroc.unwrap() > 0.9);
    assert_eq!((after.decisions, after.measured), (0, None), "nothing came after what it saw");
    let epoch = o.desk.epoch(o.case).unwrap();
    assert_eq!((epoch.n, epoch.attempt, epoch.key.calibrator, epoch.why.as_str()), (2, 2, Some(calibrator.id), "another calibrator"));

    let turned = queue();
    assert_eq!(
        turned.iter().map(|row| row.id).collect::<Vec<_>>(),
        order.into_iter().rev().collect::<Vec<_>>(),
        "the surest is now the least sure"
    );
    for (row, draft) in turned.iter().map(|row| (row, kept.iter().find(|draft| draft.item == row.id).unwrap())) {
        assert_eq!(row.confidence, Some(calibrator.fitted.confidence(&o.features(row.id.0))));
        assert_eq!(o.draft(row.id.0), *draft, "a draft never changes");
    }
    o.take("", &[("Where is my parcel", 0.35), ("Where is my parcel", 0.85)]);
    let (unsure, sure) = (o.draft(121), o.draft(122));
    assert!(unsure.confidence > 0.8 && sure.confidence < 0.2, "{} and {}", unsure.confidence, sure.confidence);
    assert!(unsure.raw_confidence < 0.4 && sure.raw_confidence > 0.8);
    assert_eq!(unsure.confidence, calibrator.fitted.confidence(&o.features(121)), "what is stored is what it is computed from");
}

#[test]
fn a_calibrator_knows_the_past_only_and_never_changes() {
    let o = office();
    o.take_spread(90);
    o.decide_by(1..=60, 0.6);
    o.desk.calibrate(&admin(), o.case).unwrap();
    let first = o.desk.calibrators(o.case).unwrap();
    for item in 61..=90 {
        o.decide(item, Verdict::Reject);
    }
    assert_eq!(o.desk.calibrators(o.case).unwrap(), first, "later decisions change nothing about it");
    let view = o.desk.confidence_view(o.case).unwrap();
    assert_eq!((view.decisions, view.measured.unwrap().decisions), (30, 30), "and they alone judge it");
    assert!(view.offer.is_some_and(|offer| offer.decisions == 90 && offer.now.decisions <= 30), "{:?}", view.offer);
    // What it saw can be found again.
    let ids: Vec<i64> = (1..=60).collect();
    let bytes: Vec<u8> = ids.iter().flat_map(|id| id.to_le_bytes()).collect();
    let sha = <sha2::Sha256 as sha2::Digest>::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    assert_eq!((first[0].saw.decisions, &first[0].saw.sha256), (60, &sha));
    for sql in ["UPDATE calibrator SET fitted = '{}'", "DELETE FROM calibrator"] {
        let refused = o.raw().execute(sql, []).unwrap_err().to_string();
        assert!(refused.contains("never changes") || refused.contains("append-only"), "{sql}: {refused}");
    }
    // A second fit is a second version.
    o.desk.calibrate(&admin(), o.case).unwrap();
    let both = o.desk.calibrators(o.case).unwrap();
    assert_eq!((both.len(), both[0].n, both[0].saw.decisions, &both[1]), (2, 2, 90, &first[0]));
    assert_eq!(o.desk.epoch(o.case).unwrap().n, 3);
}

#[test]
fn another_drafter_version_begins_without_a_calibrator_and_finds_its_own_again() {
    let o = office();
    o.take_spread(60);
    o.decide_by(1..=60, 0.6);
    let kept = o.desk.calibrate(&admin(), o.case).unwrap().calibrator.unwrap();
    let first = o.desk.use_case(o.case).unwrap().input;
    let mut other = first.clone();
    other.system_prompt = "You answer briefly.".into();
    o.desk.save_use_case(&admin(), Some(o.case), &other).unwrap();
    assert_eq!(o.desk.epoch(o.case).unwrap().key.calibrator, None);
    o.take("", &[("Where is my parcel", 0.7)]);
    let draft = o.draft(61);
    assert_eq!(draft.confidence, draft.raw_confidence);
    let view = o.desk.confidence_view(o.case).unwrap();
    assert_eq!((view.calibrator, view.decisions), (None, 0), "decisions on another version's drafts say nothing of this one's");
    assert!(o.desk.calibrate(&admin(), o.case).is_err());
    o.desk.save_use_case(&admin(), Some(o.case), &first).unwrap();
    assert_eq!(o.desk.epoch(o.case).unwrap().key.calibrator, Some(kept.id));
}

#[test]
fn a_draft_that_was_replaced_is_learnt_from_as_bad() {
    use flow::model::Drafter;
    let o = office();
    o.take_spread(60);
    o.decide_by(2..=60, 0.0);
    let view = o.desk.open_item(ItemId(1), &admin()).unwrap();
    let (id, epoch) = (view.item.id, view.lease.unwrap().epoch);
    let request = o.desk.regenerate_request(id, "Ada", epoch, Some("Shorter.")).unwrap();
    let made = ScriptedDrafter::new(|_| Ok(("On its way.".into(), 0.9))).generate(&request, &Cancel::default(), &mut |_| {}).unwrap();
    o.desk.keep_regenerated(id, "Ada", epoch, &request, Some("Shorter."), &made).unwrap();
    o.decide(1, Verdict::Approve);
    let view = o.desk.confidence_view(o.case).unwrap();
    let wrong: f64 = view.reliability.iter().map(|bin| bin.n as f64 * (1.0 - bin.accepted)).sum();
    assert_eq!((view.decisions, wrong.round()), (60, 1.0));
    assert!(o.desk.calibrate(&admin(), o.case).is_ok(), "there is one of the other kind");
}
