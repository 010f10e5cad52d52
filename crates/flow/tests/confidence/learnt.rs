//! A desk that remembers the newest decisions says what one says that has just been opened.

use super::*;
use flow::Clock;
use flow::replay::Proposed;
use flow::use_case::Level;

fn same_as_just_opened(o: &Office) {
    let policy = Proposed { level: Level::Walk, threshold: 0.6, audit_share: 0.1 };
    let fresh = Desk::open(o.desk.folder(), Clock::system()).unwrap();
    assert_eq!(o.desk.confidence_view(o.case).unwrap(), fresh.confidence_view(o.case).unwrap());
    assert_eq!(o.desk.replay(o.case, policy).unwrap(), fresh.replay(o.case, policy).unwrap());
}

#[test]
fn what_is_decided_and_taken_back_later_is_seen() {
    let o = office();
    o.take_spread(80);
    same_as_just_opened(&o);
    o.decide_by(1..=60, 0.5);
    same_as_just_opened(&o);
    assert_eq!(o.desk.confidence_view(o.case).unwrap().decisions, 60);
    o.desk.undo(o.case, &admin()).unwrap();
    same_as_just_opened(&o);
    assert_eq!(o.desk.confidence_view(o.case).unwrap().decisions, 59);
    // One that was taken back and one that came since, between two looks; and what another process decides.
    o.decide_by(60..=62, 0.5);
    o.desk.undo(o.case, &admin()).unwrap();
    let other = Office { _folder: TempDir::new().unwrap(), desk: Desk::open(o.desk.folder(), Clock::system()).unwrap(), case: o.case };
    other.decide_by(63..=70, 0.5);
    same_as_just_opened(&o);
    assert_eq!(o.desk.confidence_view(o.case).unwrap().decisions, 69);
    o.desk.calibrate(&admin(), o.case).unwrap();
    same_as_just_opened(&o);
    o.decide_by(71..=80, 0.5);
    same_as_just_opened(&o);
}
