//! How an audit is drawn, shown and judged; the brake.

use crate::{Office, judge, office, query, said, walking};
use flow::audit::{Kind, State as AuditState};
use flow::dataset::ExportFormat;
use flow::item::State;
use flow::model::Cancel;
use flow::notice::Kind as NoticeKind;
use flow::review::{MadeBy, Tab, Verdict};
use flow::route::Reason;
use flow::testing::{admin, reviewer};
use flow::use_case::Level;
use flow::{Error, ItemId};
use std::time::Duration;

#[test]
fn what_went_out_alone_is_audited_blind_with_the_same_keys_and_changes_nothing_of_what_is_out() {
    let o = walking();
    o.take(1, 0.95);
    assert_eq!(o.count(State::Approved), 1, "it goes out though it is drawn");
    assert!(o.items(Tab::Audits, &admin()).is_empty(), "there is nothing to audit before it is out");
    o.deliver();
    assert_eq!(o.items(Tab::Audits, &reviewer()), [1]);
    assert!(o.items(Tab::Waiting, &reviewer()).is_empty(), "it is no draft that waits");
    let row = o.desk.queue(&query(o.case, Tab::All), &admin()).unwrap().rows.remove(0);
    assert_eq!(row.verdict, None, "nobody is told what was decided");
    let due = row.due_at.unwrap();
    assert_eq!(due, o.desk.now().plus(Duration::from_secs(24 * 3600)));

    let view = o.desk.next_item(&query(o.case, Tab::Audits), &[], &reviewer()).unwrap().unwrap();
    let task = view.audit.unwrap();
    assert_eq!((task.kind, task.due_at), (Kind::Audit, due));
    assert!(view.decision.is_none() && view.history.is_empty() && view.drafts.len() == 1);
    assert_eq!(o.desk.open_item(ItemId(1), &admin()).unwrap().held_by.as_deref(), Some("Ben"), "one person at a time");
    let epoch = view.lease.as_ref().unwrap().epoch;
    o.desk.heartbeat(ItemId(1), epoch, &reviewer()).unwrap();
    assert!(matches!(o.desk.heartbeat(ItemId(1), epoch, &admin()), Err(Error::Stale { .. })));
    assert!(o.desk.regenerate_request(ItemId(1), "Ben", epoch, None).is_err(), "what is out gets no other draft");
    assert!(o.desk.escalate(ItemId(1), epoch, "odd", &reviewer()).is_err());

    let decided =
        o.desk.decide(&said(&view, Verdict::Edit, Some("Where is parcel 0, please?"), Duration::from_secs(9)), &reviewer()).unwrap();
    assert_eq!((decided.audit, decided.decision.actor.as_str(), decided.level_fell), (Some(task.id), "Ben", None));
    let again = o.desk.decide(&said(&view, Verdict::Reject, None, Duration::from_secs(9)), &reviewer());
    assert!(matches!(&again, Err(Error::Stale { .. })), "once: {again:?}");
    let after = o.desk.view_item(ItemId(1), &admin()).unwrap();
    let (decision, _, _) = after.decision.unwrap();
    assert_eq!((decision.made_by, decision.verdict), (MadeBy::Policy, Verdict::Approve), "the decision that let it out stands");
    assert_eq!((after.item.state, after.audit, after.item.lease), (State::Delivered, None, None));
    assert!(after.history.iter().any(|entry| entry.kind == "audited" && entry.actor == "Ben"));
    assert!(matches!(o.desk.undo(o.case, &reviewer()), Err(Error::NothingToUndo { .. })), "the verdict of an audit stands");
    o.deliver();
    assert_eq!(crate::lines(&o.outbox).len(), 1, "nothing goes out twice");
    let row = &o.view().stream[0];
    assert_eq!((row.state, row.verdict, row.actor.as_deref()), (AuditState::Done, Some(Verdict::Edit), Some("Ben")));
    assert_eq!((row.probability, row.bad), (1.0, Some(true)));
    for sql in ["UPDATE audit SET bad = 0", "UPDATE audit SET probability = 0.5", "DELETE FROM audit"] {
        let refused = o.raw().execute(sql, []).unwrap_err().to_string();
        assert!(refused.contains("never changes") || refused.contains("append-only"), "{sql}: {refused}");
    }
    assert_eq!(o.wrong(), Vec::<String>::new());
}

#[test]
fn an_audit_of_what_was_taken_back_before_it_left_is_dropped() {
    let o = walking();
    o.take(2, 0.95);
    o.desk.move_level(o.case, Level::Crawl, "", &reviewer()).unwrap();
    o.deliver();
    let view = o.view();
    assert_eq!((view.open, view.released, view.stream.len()), (0, 0, 2));
    assert!(view.stream.iter().all(|row| row.state == AuditState::Dropped && row.verdict.is_none()));
    assert_eq!(o.count(State::InReview), 2);
    o.clean(1);
    o.deliver();
    assert!(o.items(Tab::Audits, &admin()).is_empty(), "what a person approved is not audited");
    assert_eq!(o.wrong(), Vec::<String>::new());
}

#[test]
fn what_is_taken_back_is_the_last_thing_whatever_the_clock_says() {
    let o = walking();
    o.send(1);
    o.take(2, 0.3);
    o.clean(1);
    o.hand.turn_back(Duration::from_secs(3600));
    o.clean(2);
    assert_eq!(o.desk.undo(o.case, &admin()).unwrap().view.item.id, ItemId(2), "decided after the audit, by a clock that was set back");
    o.hand.advance(Duration::from_secs(7200));
    o.clean(2);
    o.send(1);
    o.hand.turn_back(Duration::from_secs(3600));
    o.clean(4);
    assert!(matches!(o.desk.undo(o.case, &admin()), Err(Error::NothingToUndo { .. })), "the audit came after it");
}

#[test]
fn a_bad_audit_puts_the_brake_on_until_enough_in_a_row_are_clean() {
    let o = walking();
    o.send(3);
    let clearance = o.view().clearance;
    assert_eq!(clearance, flow::watch::plan(0.05, 0.5).clearance);
    assert!((2..20).contains(&clearance), "{clearance}");
    o.clean(1);
    o.bad(2);
    assert!(o.view().brake.on);
    assert_eq!(o.notices(), [NoticeKind::Correction, NoticeKind::Brake]);
    o.take(clearance as u32 + 2, 0.95);
    let held: Vec<i64> = o.items(Tab::Waiting, &admin());
    assert_eq!(held.len() as u64, clearance + 2, "everything waits for a person");
    let route = o.desk.view_item(ItemId(held[0]), &admin()).unwrap().drafts[0].route.clone();
    assert_eq!(
        (route.reason, route.words),
        (Reason::Brake, format!("the brake is on until {clearance} in a row were judged clean: 0 were"))
    );
    // An unread acceptance ends nothing; a doubtful draft says nothing of what goes out alone.
    judge(&o.desk, held[0], Verdict::Approve, None, Duration::ZERO, &admin()).unwrap();
    o.take(1, 0.3);
    o.clean(*o.items(Tab::Waiting, &admin()).last().unwrap());
    assert_eq!(o.view().brake.clean, 0);
    o.clean(3);
    for item in &held[1..clearance as usize] {
        assert!(o.view().brake.on);
        o.clean(*item);
    }
    assert!(!o.view().brake.on, "the audit of what was out already counts in the run");
    o.desk.undo(o.case, &admin()).unwrap();
    assert_eq!(o.view().brake.clean, clearance - 1, "what is taken back does not count");
    o.clean(held[clearance as usize - 1]);
    assert!(!o.view().brake.on);
    o.take(1, 0.95);
    assert_eq!(o.items(Tab::Waiting, &admin()).len(), 2, "the two that waited still do; the new one goes out");
    assert_eq!(o.wrong(), Vec::<String>::new());
}

#[test]
fn no_setting_lets_the_brake_go_and_a_raise_does() {
    let o = walking();
    o.send(1);
    o.bad(1);
    o.save(|i| i.threshold = 0.7);
    o.desk.audit_settings(o.case, 0.4, 24, &admin()).unwrap();
    assert!(o.view().brake.on, "an epoch leaves it as it stood");
    o.desk.override_level(o.case, Level::Run, "trial", &admin()).unwrap();
    assert!(!o.view().brake.on);
    o.save(|i| i.system_prompt = "You answer briefly.".into());
    assert!(o.view().brake.on, "nothing speaks for another drafter version yet");
    o.desk.move_level(o.case, Level::Crawl, "", &admin()).unwrap();
    assert!(o.view().detector.is_none());
    assert_eq!(o.wrong(), Vec::<String>::new());
}

#[test]
fn a_level_that_was_raised_at_a_strict_threshold_lets_nothing_out_at_a_loose_one_untried() {
    let o = walking();
    o.take(1, 0.5);
    o.save(|i| i.threshold = 0.9);
    assert!(!o.view().brake.on, "what goes out now was let out before");
    o.save(|i| i.threshold = 0.1);
    assert!(o.view().brake.on, "nothing speaks for the others yet");
    o.take(1, 0.5);
    assert_eq!(o.count(State::InReview), 2);
    assert_eq!(o.wrong(), Vec::<String>::new());
}

#[test]
fn the_estimates_are_over_what_went_out_up_to_the_oldest_open_audit() {
    let o = walking();
    o.send(4);
    o.clean(1);
    o.bad(2);
    o.clean(4);
    let view = o.view();
    assert_eq!((view.released, view.done, view.bad, view.open), (4, 3, 1, 1));
    let estimate = view.estimate.unwrap();
    assert_eq!((estimate.horvitz_thompson, estimate.hajek), (0.5, 0.5), "the fourth waits for the third");
    assert!(view.bound.unwrap() > 0.5);
    o.clean(3);
    let view = o.view();
    assert_eq!(view.estimate.unwrap().horvitz_thompson, 0.25);
    assert_eq!(view.detector.unwrap().judged, 4);
    assert!(view.aoql.unwrap() <= 0.05);
    o.save(|i| i.threshold = 0.7);
    let view = o.view();
    assert_eq!((view.released, view.done, view.estimate, view.bound), (0, 0, None, None), "another epoch begins anew");
}

#[test]
fn audits_are_set_by_an_admin_and_never_switched_off() {
    let o = office();
    assert!(matches!(o.desk.audit_settings(o.case, 0.2, 24, &reviewer()), Err(Error::NotAllowed { .. })));
    for (share, hours) in [(0.0, 24), (0.009, 24), (1.01, 24), (f64::NAN, 24), (0.2, 0), (0.2, 10_000)] {
        assert!(matches!(o.desk.audit_settings(o.case, share, hours, &admin()), Err(Error::Invalid { .. })), "{share} {hours}");
    }
    let epoch = o.desk.epoch(o.case).unwrap().n;
    let view = o.desk.audit_settings(o.case, 0.5, 48, &admin()).unwrap();
    assert_eq!((view.share, view.due_hours, o.desk.epoch(o.case).unwrap().n), (0.5, 48, epoch), "a time starts no epoch");
    o.desk.audit_settings(o.case, 0.2, 48, &admin()).unwrap();
    assert_eq!(o.desk.epoch(o.case).unwrap().n, epoch + 1);
}

#[test]
fn a_re_review_is_judged_blind_by_another_person_and_moves_no_brake() {
    let o = office();
    o.take(1, 0.95);
    judge(&o.desk, 1, Verdict::Approve, None, Duration::from_secs(9), &reviewer()).unwrap();
    // As the re-reviews will make it.
    o.raw()
        .execute(
            "INSERT INTO audit (kind, item, decision, epoch, probability, created_at, delivered_at, due_at, state)
             VALUES ('re_review', 1, 1, 1, 0.05, 1, 1, 2, 'open')",
            [],
        )
        .unwrap();
    assert!(o.items(Tab::Audits, &reviewer()).is_empty(), "nobody re-reviews themselves");
    assert_eq!(o.items(Tab::Audits, &admin()), [1]);
    assert!(o.desk.open_item(ItemId(1), &reviewer()).unwrap().decision.is_some());
    let view = o.desk.open_item(ItemId(1), &admin()).unwrap();
    assert_eq!((view.audit.unwrap().kind, view.decision, view.history.len()), (Kind::ReReview, None, 0));
    let refused = o.desk.escalate(ItemId(1), view.item.lease_epoch, "what is this?", &admin()).unwrap_err().to_string();
    assert!(refused.contains("second look") && !refused.contains("approve:") && !refused.contains(&reviewer().name), "{refused}");
    let decided = o.bad(1);
    assert!(decided.audit.is_some());
    let view = o.view();
    assert_eq!((view.brake.on, view.stream[0].kind, view.stream[0].bad), (false, Kind::ReReview, Some(true)));
    assert!(view.corrections.is_empty() && o.notices().is_empty());
    assert_eq!(o.wrong(), Vec::<String>::new());
}

fn rows(o: &Office, format: ExportFormat) -> (Vec<serde_json::Value>, Vec<(&'static str, u64)>) {
    let path = o.desk.folder().join("export.jsonl");
    let report = o.desk.export(o.case, format, &path, &admin(), &Cancel::default(), &mut |_| {}).unwrap();
    (crate::lines(&path), report.skipped.iter().map(|s| (s.reason, s.count)).collect())
}

#[test]
fn what_audits_say_teaches_once() {
    let o = walking();
    o.send(4);
    o.clean(1);
    o.judge(2, Verdict::Edit, Some("Dear customer, it is on its way.")).unwrap();
    o.bad(3);
    let (sft, skipped) = rows(&o, ExportFormat::Sft);
    let texts = |rows: &[serde_json::Value]| -> Vec<String> {
        rows.iter().map(|row| row["messages"][2]["content"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(texts(&sft), ["Re: Where is parcel 0?", "Dear customer, it is on its way."]);
    assert_eq!(skipped, [("approved without a person", 1), ("rejected", 1)]);
    let (pairs, _) = rows(&o, ExportFormat::Preference);
    assert_eq!(pairs.len(), 1);
    assert_eq!(pairs[0]["rejected"][0]["content"], "Re: Where is parcel 1?");
    let (all, _) = rows(&o, ExportFormat::Decisions);
    assert_eq!((all.len(), &all[1]["audit"]["verdict"], &all[3]["audit"]), (4, &"edit".into(), &serde_json::Value::Null));

    // A correction takes the place of the decision and of its audit.
    o.desk.correct(ItemId(2), "It is on its way.", None, &admin()).unwrap();
    o.deliver();
    let (sft, _) = rows(&o, ExportFormat::Sft);
    assert_eq!(texts(&sft), ["Re: Where is parcel 0?", "It is on its way."]);
    let (pairs, _) = rows(&o, ExportFormat::Preference);
    assert_eq!((pairs.len(), &pairs[0]["chosen"][0]["content"]), (1, &"It is on its way.".into()));
    let (all, _) = rows(&o, ExportFormat::Decisions);
    let of_second: Vec<_> = all.iter().filter(|row| row["external_id"] == "1").collect();
    assert_eq!((all.len(), of_second.len(), &of_second[0]["by"]), (4, 1, &"person".into()));
}

#[test]
fn the_doctor_finds_audits_that_are_not_as_they_must_be() {
    let o = walking();
    o.send(3);
    o.clean(1);
    o.bad(2);
    assert_eq!(o.wrong(), Vec::<String>::new());
    let raw = o.raw();
    raw.execute_batch(
        "DROP TRIGGER audit_never_goes; DROP TRIGGER audit_ends_once; DROP TRIGGER decision_never_changes; PRAGMA foreign_keys = OFF",
    )
    .unwrap();
    let check = |sql: &str, expected: &str| {
        raw.execute(sql, []).unwrap();
        let wrong = o.wrong();
        assert!(wrong.iter().any(|what| what.contains(expected)), "{sql}: {wrong:?}");
    };
    check("DELETE FROM audit WHERE item = 3", "draft 3 went out alone and was drawn, and its audit is missing");
    check("UPDATE watch SET brake = '\"Off\"' WHERE id = (SELECT max(id) FROM watch)", "not what its verdicts make it");
    o.desk.repair().unwrap();
    assert!(o.view().brake.on && !o.wrong().iter().any(|what| what.contains("verdicts make it")), "it is made anew");
    check("UPDATE decision SET made_by = 'person' WHERE item = 1", "audit 1 is not of a decision on its item, by policy for an audit");
    check("UPDATE audit SET state = 'open', verdict = NULL, at = NULL WHERE item = 2", "of an audit without a verdict");
}
