//! What starts an epoch, and what a decision is taken under.

use crate::office;
use flow::Error;
use flow::charter::{Charter, Cost, Limits};
use flow::testing::{admin, reviewer};
use flow::use_case::{Audience, Level, UseCaseInput};

#[test]
fn a_use_case_begins_with_a_charter_its_rules_and_the_first_epoch() {
    let o = office();
    let charter = o.desk.charter(o.case).unwrap();
    assert_eq!((charter.n, &charter.charter), (1, &Charter::first(Audience::External)));
    charter.charter.check().unwrap();
    assert_eq!(charter.charter.limits.walk.epsilon, 0.05);
    assert_eq!(o.desk.hold_rules(o.case).unwrap().rules, flow::hold::first_rules());
    let epoch = o.desk.epoch(o.case).unwrap();
    assert_eq!((epoch.n, epoch.attempt, epoch.charter_n, epoch.hold_rules_n, epoch.drafter_n), (1, 1, 1, 1, Some(1)));
    assert_eq!(o.wrong(), Vec::<String>::new());
}

#[test]
fn a_charter_is_changed_by_an_admin_from_the_version_that_was_read() {
    let o = office();
    let mut charter = Charter::first(Audience::External);
    charter.why = "Answers within an hour.".into();
    assert!(matches!(o.desk.change_charter(&reviewer(), o.case, 1, &charter, ""), Err(Error::NotAllowed { .. })));
    let second = o.desk.change_charter(&admin(), o.case, 1, &charter, "said why").unwrap();
    assert_eq!((second.n, second.by.as_str(), second.note.as_str(), &second.charter), (2, "Ada", "said why", &charter));
    assert!(
        matches!(o.desk.change_charter(&admin(), o.case, 1, &charter, ""), Err(Error::Stale { now, .. }) if now == "Ada made version 2")
    );
    assert_eq!(o.desk.change_charter(&admin(), o.case, 2, &charter, "").unwrap().n, 2, "the same makes no version");
    charter.limits.walk.epsilon = 0.2;
    assert!(matches!(o.desk.change_charter(&admin(), o.case, 2, &charter, ""), Err(Error::Invalid { field, .. }) if field == "ε of walk"));
    assert_eq!(o.desk.charter_versions(o.case).unwrap().iter().map(|v| v.n).collect::<Vec<_>>(), [2, 1]);
    assert_eq!(o.desk.epoch(o.case).unwrap().n, 1, "words start no epoch");
    assert_eq!(o.kinds().iter().filter(|k| *k == "charter_changed").count(), 1);
}

#[test]
fn an_epoch_starts_where_something_changed_that_evidence_rests_on_and_only_there() {
    let o = office();
    let expect = |n: i64, why: &str| {
        let epoch = o.desk.epoch(o.case).unwrap();
        assert_eq!(epoch.n, n, "{}", epoch.why);
        assert!(epoch.why.contains(why), "{}", epoch.why);
    };
    o.save(|i| i.guidelines = "Be brief.".into());
    o.desk.audit_settings(o.case, 0.1, 48, &admin()).unwrap();
    o.desk.override_level(o.case, Level::Walk, "trial", &admin()).unwrap();
    o.desk.set_cap(&admin(), o.case, Some(3)).unwrap();
    o.desk.pause(&reviewer(), o.case, "odd").unwrap();
    expect(1, "created");
    o.save(|i| i.threshold = 0.85);
    expect(2, "threshold 0.8 → 0.85");
    o.desk.audit_settings(o.case, 0.2, 48, &admin()).unwrap();
    expect(3, "share to audit 0.1 → 0.2");
    o.save(|i| i.system_prompt = "You answer briefly.".into());
    expect(4, "another drafter version");
    o.desk.change_hold_rules(&admin(), o.case, 1, &[]).unwrap();
    expect(5, "other hold rules");
    let mut charter = Charter::first(Audience::External);
    charter.bad.distance = 0.0;
    o.desk.change_charter(&admin(), o.case, 1, &charter, "any edit is bad").unwrap();
    expect(6, "edit distance that is bad 0.1 → 0");
    charter.risk.cost = Cost::Medium;
    charter.limits = Limits::of_risk(Cost::Medium, true);
    o.desk.change_charter(&admin(), o.case, 2, &charter, "").unwrap();
    expect(7, "ε of walk 0.05 → 0.02; ε of run 0.01 → 0.005");
    o.save(|i| i.system_prompt = "You answer.".into());
    expect(8, "another drafter version");
    assert_eq!(o.desk.epoch(o.case).unwrap().drafter_n, Some(1), "a change back is a new epoch too");
    assert_eq!(o.desk.epochs(o.case).unwrap().len(), 8);
    assert_eq!(o.kinds().iter().filter(|k| *k == "epoch_started").count(), 7);
    assert_eq!(o.wrong(), Vec::<String>::new());
}

#[test]
fn only_epochs_in_which_something_was_decided_are_attempts() {
    let o = office();
    o.save(|i| i.threshold = 0.81);
    o.save(|i| i.threshold = 0.82);
    assert_eq!(o.desk.epoch(o.case).unwrap().attempt, 1, "nothing was tried yet");
    o.import(0..1, "hello");
    o.draft_all(0.9);
    o.approve_next();
    o.desk.undo(o.case, &admin()).unwrap();
    o.save(|i| i.threshold = 0.83);
    let epoch = o.desk.epoch(o.case).unwrap();
    assert_eq!((epoch.n, epoch.attempt), (4, 2), "what was taken back was seen all the same");
}

#[test]
fn each_decision_names_the_epoch_and_the_charter_it_was_taken_under() {
    let o = office();
    o.import(0..3, "hello");
    o.draft_all(0.9);
    let first = o.approve_next();
    assert_eq!((first.epoch, first.charter), (1, 1));
    let mut charter = Charter::first(Audience::External);
    charter.why = "why".into();
    o.desk.change_charter(&admin(), o.case, 1, &charter, "").unwrap();
    let second = o.approve_next();
    assert_eq!((second.epoch, second.charter), (1, 2));
    o.save(|i| i.threshold = 0.9);
    let third = o.next();
    assert_eq!(third.drafts[0].epoch, 1, "it was drafted before");
    let third = o.approve_next();
    assert_eq!((third.epoch, third.charter), (2, 2));
    let read = o.desk.view_item(first.item, &admin()).unwrap().decision.unwrap().0;
    assert_eq!(read, first, "it reads back as it was taken");
}

#[test]
fn what_was_kept_of_charters_rules_epochs_and_decisions_cannot_be_changed() {
    let o = office();
    o.import(0..1, "hello");
    o.draft_all(0.9);
    o.approve_next();
    let raw = o.raw();
    for sql in [
        "UPDATE charter SET note = 'x'",
        "DELETE FROM charter",
        "UPDATE hold_rules SET rules = '[]'",
        "DELETE FROM hold_rules",
        "UPDATE epoch SET threshold = 0",
        "DELETE FROM epoch",
        "UPDATE decision SET epoch = NULL",
        "UPDATE decision SET charter = NULL",
        "INSERT INTO decision (item, draft, lease_epoch, made_by, actor, verdict, level, at, undone_at, undone_by) VALUES (1, 1, 1, 'person', 'x', 'approve', 'crawl', 1, 1, 'x')",
    ] {
        let refused = raw.execute(sql, []).unwrap_err().to_string();
        assert!(
            refused.contains("never change") || refused.contains("append-only") || refused.contains("names its epoch"),
            "{sql}: {refused}"
        );
    }
}

#[test]
fn the_doctor_finds_an_epoch_that_stands_for_something_else() {
    let o = office();
    o.raw().execute("UPDATE use_case SET threshold = 0.5", []).unwrap();
    let wrong = o.wrong();
    assert_eq!(wrong.len(), 1, "{wrong:?}");
    assert!(wrong[0].contains("epoch 1 stands for something else (threshold 0.8 → 0.5)"), "{wrong:?}");
    o.save(|_| ());
    assert_eq!(o.wrong(), Vec::<String>::new(), "saving starts the epoch that was missing");

    let other =
        o.desk.save_use_case(&admin(), None, &UseCaseInput { name: "Other".into(), ..o.desk.use_case(o.case).unwrap().input }).unwrap();
    o.import(0..1, "hello");
    o.draft_all(0.9);
    o.approve_next();
    let raw = o.raw();
    raw.execute_batch("DROP TRIGGER decision_keeps_its_terms; DROP TRIGGER epoch_never_goes; PRAGMA foreign_keys = OFF").unwrap();
    raw.execute("UPDATE decision SET epoch = (SELECT id FROM epoch WHERE use_case = ?1)", [other.id.0]).unwrap();
    let wrong = o.wrong();
    assert_eq!(wrong, ["database: decision 1 names no epoch or no charter of its use case"]);
    raw.execute("DELETE FROM epoch WHERE use_case = ?1", [other.id.0]).unwrap();
    let wrong = o.wrong();
    assert!(wrong.iter().any(|w| w.contains("use case 2 has no charter, no hold rules or no epoch")), "{wrong:?}");
}
