//! A move of a level on one page, long after it was made.

use crate::{office, walking};
use flow::automation::Cause;
use flow::testing::admin;
use flow::use_case::Level;
use flow::{Error, LevelMoveId};

#[test]
fn a_report_says_what_stood_then_and_nothing_that_came_later() {
    let o = walking();
    o.send(12);
    let items: Vec<i64> = o.items(flow::review::Tab::Audits, &admin());
    let mut bad = 0;
    while o.level() == Level::Walk {
        o.bad(items[bad]);
        bad += 1;
    }
    let moves = o.desk.level_moves(o.case).unwrap();
    let (fall, raise) = (&moves[0], &moves[1]);

    // Later: another charter, a renamed use case, more audits.
    let charter = o.desk.charter(o.case).unwrap();
    let mut other = charter.charter.clone();
    other.limits.walk.epsilon = 0.01;
    o.desk.change_charter(&admin(), o.case, charter.n, &other, "stricter").unwrap();
    o.clean(items[bad]);

    let raised = o.desk.move_report(raise.id).unwrap();
    assert!(raised.level_move.overridden && raised.level_move.steps.len() == 1);
    assert_eq!((raised.charter.n, raised.audits.as_ref().unwrap().released), (1, 0), "nothing had gone out alone");
    assert!(raised.epoch.starts_with("epoch 1 ("), "{}", raised.epoch);
    assert!(raised.drafter.starts_with("drafter version 1: Scripted (SHA-256 "), "{}", raised.drafter);

    let fell = o.desk.move_report(fall.id).unwrap();
    let audits = fell.audits.unwrap();
    assert_eq!((fell.level_move.cause, fell.charter.n, fell.use_case.as_str()), (Some(Cause::Drift), 1, "Replies"));
    assert!(fell.epoch.starts_with("epoch 1 ("), "the one that it fell in, not the one that the fall began: {}", fell.epoch);
    assert_eq!((audits.done, audits.bad, audits.released), (bad as u64, bad as u64, 12), "as they stood");
    assert!(audits.detector.unwrap().value >= 1000.0, "the alarm is in it");
    assert!(audits.stream.is_empty(), "the single ones are not kept");
    assert_eq!(o.wrong(), Vec::<String>::new());
}

#[test]
fn a_move_that_never_was_has_no_report() {
    assert!(matches!(office().desk.move_report(LevelMoveId(4711)), Err(Error::NotFound { .. })));
}

#[test]
fn a_move_from_before_names_what_held_by_its_time() {
    let o = walking();
    let raw = o.raw();
    raw.execute("UPDATE level_move SET stood = NULL", []).unwrap_err();
    // Such a move has none; no program can make it so.
    raw.execute_batch("DROP TRIGGER level_move_never_changes; UPDATE level_move SET stood = NULL").unwrap();
    let report = o.desk.move_report(o.desk.level_moves(o.case).unwrap()[0].id).unwrap();
    assert_eq!((report.charter.n, report.audits), (1, None));
    assert!(report.epoch.starts_with("epoch 1 ("), "{}", report.epoch);
}
