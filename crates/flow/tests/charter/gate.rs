//! What holds a draft back: rules, the cap, a pause.

use crate::office;
use flow::clock::Clock;
use flow::hold::{Condition, HoldRule, Place};
use flow::item::State;
use flow::model::Cancel;
use flow::route::{Check, Outcome, Reason};
use flow::testing::{ScriptedDrafter, admin, reviewer};
use flow::use_case::{Level, Sink, SinkKind, UseCaseInput};
use flow::worker::{Presence, draft_one};
use flow::{Desk, Error};
use std::time::Duration;

#[test]
fn a_hold_rule_keeps_a_confident_draft_for_a_person_and_says_why() {
    let o = office();
    o.desk.override_level(o.case, Level::Run, "trial", &admin()).unwrap();
    let rules = vec![
        HoldRule {
            name: "refund over 500".into(),
            when: Condition::Keyword { place: Place::Field("message".into()), words: vec!["lawyer".into()] },
        },
        HoldRule { name: "no code".into(), when: Condition::Pattern { place: Place::Output, pattern: "(?i)```".into() } },
    ];
    assert!(matches!(o.desk.change_hold_rules(&reviewer(), o.case, 1, &rules), Err(Error::NotAllowed { .. })));
    assert_eq!(o.desk.change_hold_rules(&admin(), o.case, 1, &rules).unwrap().n, 2);
    assert!(matches!(o.desk.change_hold_rules(&admin(), o.case, 1, &[]), Err(Error::Stale { .. })));
    let broken = vec![HoldRule { name: "x".into(), when: Condition::Pattern { place: Place::Output, pattern: "a\n(".into() } }];
    let refused = o.desk.change_hold_rules(&admin(), o.case, 2, &broken).unwrap_err().to_string();
    assert!(refused.contains("hold rule 1 \"x\": pattern") && refused.contains("line 2, column 1: unclosed group"), "{refused}");

    o.import(0..1, "My Lawyer will write to you.");
    o.import(1..2, "Where is my tent?");
    o.draft_all(0.95);
    assert_eq!((o.count(State::InReview), o.count(State::Approved)), (1, 1));
    let held = o.next().drafts[0].route.clone();
    assert_eq!((held.outcome, held.reason, held.hold.as_deref()), (Outcome::Review, Reason::HoldRule, Some("refund over 500")));
    assert_eq!(held.words, "hold rule \"refund over 500\": keyword \"lawyer\" in message");
    assert!(held.check.is_some_and(|check| check.probability == 0.2), "a thin slice is drawn twice as often: {held:?}");
}

#[test]
fn the_draw_of_an_audit_is_kept_with_its_probability_at_every_level() {
    let o = office();
    o.save(|i| i.check_share = 1.0);
    o.import(0..1, "a");
    o.draft_all(0.95);
    let route = o.next().drafts[0].route.clone();
    assert_eq!((route.reason, route.check), (Reason::LevelCrawl, Some(Check { probability: 1.0, drawn: true })));
    o.approve_next();
    o.desk.override_level(o.case, Level::Run, "trial", &admin()).unwrap();
    o.import(1..2, "b");
    o.draft_all(0.95);
    let route = o.desk.view_item(flow::ItemId(2), &admin()).unwrap().drafts[0].route.clone();
    assert_eq!((route.outcome, route.reason), (Outcome::Auto, Reason::Confident), "it goes out, and is audited then");
    assert_eq!(route.check, Some(Check { probability: 1.0, drawn: true }));
}

#[test]
fn no_more_go_out_alone_in_an_hour_than_the_cap_allows() {
    let o = office();
    o.desk.override_level(o.case, Level::Run, "trial", &admin()).unwrap();
    assert!(matches!(o.desk.set_cap(&reviewer(), o.case, None), Err(Error::NotAllowed { .. })));
    o.desk.set_cap(&admin(), o.case, Some(2)).unwrap();
    o.import(0..5, "hello");
    o.draft_all(0.95);
    assert_eq!((o.count(State::Approved), o.count(State::InReview)), (2, 3));
    assert_eq!(o.next().drafts[0].route.words, "2 went out alone within the hour; the cap is 2");
    assert_eq!(o.desk.switches(o.case).unwrap().out_last_hour, 2);
    o.hand.advance(Duration::from_secs(3599));
    o.import(5..6, "hello");
    o.draft_all(0.95);
    assert_eq!(o.count(State::InReview), 4, "the hour is not over");
    o.hand.advance(Duration::from_secs(1));
    o.import(6..7, "hello");
    o.draft_all(0.95);
    assert_eq!(o.count(State::InReview), 4, "now one may go");
    o.desk.set_cap(&admin(), o.case, Some(0)).unwrap();
    o.import(7..8, "hello");
    o.draft_all(0.95);
    assert_eq!(o.count(State::InReview), 5, "a cap of 0 lets none out");
}

#[test]
fn while_a_use_case_is_paused_drafting_goes_on_and_nothing_leaves_by_itself() {
    let o = office();
    let outbox = o.desk.folder().join("out.jsonl");
    let sink = |path: &std::path::Path| Sink { kind: SinkKind::Outbox, path: path.display().to_string(), audience: None };
    o.save(|i| i.sinks = vec![sink(&outbox)]);
    o.desk.override_level(o.case, Level::Run, "trial", &admin()).unwrap();
    o.import(0..1, "goes alone");
    o.draft_all(0.95);
    assert_eq!(o.count(State::Approved), 1, "approved by policy, and waiting in the time to take it back");

    assert!(matches!(o.desk.pause(&reviewer(), o.case, " "), Err(Error::Invalid { .. })), "a pause has a reason");
    o.desk.pause(&reviewer(), o.case, "invoices look odd").unwrap();
    assert!(matches!(o.desk.pause(&admin(), o.case, "again"), Err(Error::Invalid { .. })));
    let pause = o.desk.switches(o.case).unwrap().paused.unwrap();
    assert_eq!((pause.by.as_str(), pause.why.as_str(), pause.at), ("Ben", "invoices look odd", o.desk.now()));

    o.import(1..2, "waits");
    o.draft_all(0.95);
    let view = o.next();
    assert_eq!((view.drafts[0].route.reason, view.drafts[0].route.words.as_str()), (Reason::Paused, "paused by Ben: invoices look odd"));
    o.approve_next();
    o.hand.advance(Duration::from_secs(60));
    assert_eq!(o.deliver_all(), 1, "what a person approved goes out");
    assert_eq!(o.count(State::Approved), 1, "what policy approved before the pause stays");
    assert_eq!(o.desk.next_delivery_at().unwrap(), None, "and nobody wakes for it");

    assert!(matches!(o.desk.resume(&reviewer(), o.case), Err(Error::NotAllowed { .. })));
    o.desk.resume(&admin(), o.case).unwrap();
    assert!(matches!(o.desk.resume(&admin(), o.case), Err(Error::Invalid { .. })));
    assert!(o.desk.next_delivery_at().unwrap().is_some());
    assert_eq!(o.deliver_all(), 1);
    assert_eq!(o.count(State::Delivered), 2);
    let kinds = o.kinds();
    assert!(kinds.contains(&"paused".to_owned()) && kinds.contains(&"resumed".to_owned()));
}

#[test]
fn without_a_sink_what_policy_approved_waits_for_the_end_of_a_pause_too() {
    let o = office();
    o.desk.override_level(o.case, Level::Run, "trial", &admin()).unwrap();
    o.import(0..1, "goes alone");
    o.draft_all(0.95);
    o.desk.pause(&admin(), o.case, "odd").unwrap();
    o.hand.advance(Duration::from_secs(60));
    o.deliver_all();
    assert_eq!((o.count(State::Approved), o.desk.next_delivery_at().unwrap()), (1, None));
    o.desk.resume(&admin(), o.case).unwrap();
    o.deliver_all();
    assert_eq!(o.count(State::Delivered), 1);
}

#[test]
fn what_another_drafter_version_wrote_waits_for_a_person() {
    let o = office();
    o.desk.override_level(o.case, Level::Run, "trial", &admin()).unwrap();
    o.import(0..1, "hello");
    // An admin changes the prompt while the model writes.
    let (folder, case) = (o.desk.folder().to_owned(), o.case);
    let drafter = ScriptedDrafter::new(move |_| {
        let desk = Desk::open(&folder, Clock::system()).unwrap();
        let input = desk.use_case(case).unwrap().input;
        desk.save_use_case(&admin(), Some(case), &UseCaseInput { system_prompt: "You answer briefly.".into(), ..input }).unwrap();
        Ok(("An answer".into(), 0.95))
    });
    let presence = Presence::enter(&o.desk).unwrap();
    draft_one(&o.desk, &drafter, &presence, &Cancel::default(), &mut |_| {}).unwrap();
    let draft = &o.next().drafts[0];
    assert_eq!((draft.route.reason, draft.drafter_n, draft.epoch), (Reason::OtherDrafter, 1, 2));
    o.import(1..2, "hello again");
    o.draft_all(0.95);
    let held = o.desk.view_item(flow::ItemId(2), &admin()).unwrap().drafts[0].route.clone();
    assert_eq!(held.reason, Reason::Brake, "nothing speaks for the new version yet: {held:?}");
    assert_eq!(held.words, "the brake is on until 110 in a row were judged clean: 0 were");
    o.desk.move_level(o.case, Level::Walk, "", &admin()).unwrap();
    o.desk.override_level(o.case, Level::Run, "it was tried elsewhere", &admin()).unwrap();
    o.import(2..3, "hello again");
    o.draft_all(0.95);
    assert_eq!(o.count(State::Approved), 1, "a raise takes it off");
}
