//! Claims of two windows on one item: however clocks jump and machines sleep, it is decided once, and by whoever holds it.

use super::{decision, next, office, query, window};
use flow::item::State;
use flow::review::{LEASE, Verdict};
use flow::testing::{admin, reviewer};
use flow::{Error, Person};
use std::time::Duration;

const HOUR: Duration = Duration::from_secs(3600);
const DAY: Duration = Duration::from_secs(86_400);

fn stale<T: std::fmt::Debug>(result: flow::Result<T>) -> String {
    match result {
        Err(Error::Stale { now, .. }) => now,
        other => panic!("expected a refusal, not {other:?}"),
    }
}

#[test]
fn two_windows_of_two_people_never_show_the_same_item() {
    let o = office(&["one", "two"]);
    let (other, _) = window(o.folder.path());
    let mine = next(&o.desk, o.case, &admin()).unwrap();
    let theirs = next(&other, o.case, &reviewer()).unwrap();
    assert_ne!(mine.item.id, theirs.item.id);
    assert!(next(&other, o.case, &Person { name: "Cleo".into(), ..reviewer() }).is_none(), "both are held");
    let looked = other.open_item(mine.item.id, &reviewer()).unwrap();
    assert!(looked.lease.is_none(), "what is held can be looked at only");
    assert_eq!(looked.held_by.as_deref(), Some("Ada"));
}

#[test]
fn of_two_windows_of_one_person_the_second_decision_is_refused_and_its_words_can_be_kept() {
    let o = office(&["one"]);
    let (other, _) = window(o.folder.path());
    let here = next(&o.desk, o.case, &admin()).unwrap();
    let there = other.open_item(here.item.id, &admin()).unwrap();
    other.keep_typed(there.item.id, "half a sent", &admin()).unwrap();
    o.desk.decide(&decision(&here, Verdict::Approve, None), &admin()).unwrap();
    let said = stale(other.decide(&decision(&there, Verdict::Edit, Some("half a sentence")), &admin()));
    assert!(said.contains("Ada decided it: approve"), "{said}");
    // The window keeps them as it is refused; with the other version they are what the person sees.
    other.keep_typed(there.item.id, "half a sentence", &admin()).unwrap();
    let now = other.open_item(there.item.id, &admin()).unwrap();
    assert_eq!(now.typed.as_deref(), Some("half a sentence"));
    assert_eq!(now.decision.unwrap().0.verdict, Verdict::Approve, "the decision that stands is the first one");
}

#[test]
fn k10_a_laptop_that_slept_an_hour_decides_only_what_nobody_took_meanwhile() {
    let o = office(&["one", "two"]);
    let (other, hand) = window(o.folder.path());
    let slept = next(&o.desk, o.case, &admin()).unwrap();
    let ahead = o.desk.next_item(&query(o.case), &[slept.item.id], &admin()).unwrap().unwrap();
    o.hand.advance(HOUR);
    hand.advance(HOUR);
    let taken = next(&other, o.case, &reviewer()).unwrap();
    assert_eq!(taken.item.id, slept.item.id, "nobody waits for a machine that sleeps");
    // It wakes: the heartbeat tells what is lost, before anything is typed into it.
    assert!(stale(o.desk.heartbeat(slept.item.id, slept.lease.as_ref().unwrap().epoch, &admin())).contains("Ben holds it"));
    o.desk.keep_typed(slept.item.id, "from before the sleep", &admin()).unwrap();
    let said = stale(o.desk.decide(&decision(&slept, Verdict::Edit, Some("from before the sleep")), &admin()));
    assert!(said.contains("Ben holds it"), "{said}");
    o.desk.decide(&decision(&ahead, Verdict::Approve, None), &admin()).expect("nobody took the other one");
    other.decide(&decision(&taken, Verdict::Reject, None), &reviewer()).unwrap();
    let now = o.desk.open_item(slept.item.id, &admin()).unwrap();
    assert_eq!((now.item.state, now.typed.as_deref()), (State::Rejected, Some("from before the sleep")));
}

#[test]
fn a_claim_that_was_lost_and_given_back_is_not_the_old_one_again() {
    let o = office(&["one"]);
    let (other, hand) = window(o.folder.path());
    let old = next(&o.desk, o.case, &admin()).unwrap();
    o.hand.advance(HOUR);
    hand.advance(HOUR);
    let taken = next(&other, o.case, &reviewer()).unwrap();
    other.release(taken.item.id, taken.lease.as_ref().unwrap().epoch, &reviewer()).unwrap();
    assert!(stale(o.desk.decide(&decision(&old, Verdict::Approve, None), &admin())).contains("open it again"));
    let again = o.desk.open_item(old.item.id, &admin()).unwrap();
    assert!(again.lease.as_ref().unwrap().epoch > taken.lease.as_ref().unwrap().epoch);
    // A word of the one who gave it back comes late.
    other.release(taken.item.id, taken.lease.as_ref().unwrap().epoch, &reviewer()).unwrap();
    stale(other.heartbeat(taken.item.id, taken.lease.as_ref().unwrap().epoch, &reviewer()));
    o.desk.decide(&decision(&again, Verdict::Approve, None), &admin()).unwrap();
}

#[test]
fn k10_a_clock_set_back_a_day_neither_ends_a_claim_nor_makes_it_last_a_day() {
    let o = office(&["one"]);
    let (other, hand) = window(o.folder.path());
    let mine = next(&o.desk, o.case, &admin()).unwrap();
    o.hand.turn_back(DAY);
    hand.turn_back(DAY);
    assert!(next(&other, o.case, &reviewer()).is_none(), "Ada is still at it");
    // While she gives signs of life it stays hers.
    for _ in 0..10 {
        o.hand.advance(LEASE / 3);
        hand.advance(LEASE / 3);
        o.desk.heartbeat(mine.item.id, mine.lease.as_ref().unwrap().epoch, &admin()).unwrap();
        assert!(next(&other, o.case, &reviewer()).is_none());
    }
    // From her last one on it lasts as long as any, and not until the day is over.
    o.hand.turn_back(DAY);
    hand.turn_back(DAY);
    assert!(next(&other, o.case, &reviewer()).is_none());
    hand.advance(LEASE + Duration::from_millis(1));
    let theirs = next(&other, o.case, &reviewer()).expect("a claim's time is over");
    stale(o.desk.decide(&decision(&mine, Verdict::Approve, None), &admin()));
    other.decide(&decision(&theirs, Verdict::Approve, None), &reviewer()).unwrap();
}

#[test]
fn k10_a_clock_that_was_ten_years_ahead_holds_nothing_for_ten_years() {
    let o = office(&["one", "two"]);
    let (other, hand) = window(o.folder.path());
    hand.advance(3650 * DAY);
    let early = next(&other, o.case, &reviewer()).unwrap();
    // To the clock of the first desk that claim is of the year 2036; it is cut to a claim's time from now.
    let mine = next(&o.desk, o.case, &admin()).unwrap();
    assert_ne!(mine.item.id, early.item.id, "at once it is not taken: Ben may be at it");
    assert_eq!(o.desk.open_item(early.item.id, &admin()).unwrap().held_by.as_deref(), Some("Ben"));
    o.hand.advance(LEASE + Duration::from_millis(1));
    let taken = o.desk.open_item(early.item.id, &admin()).unwrap();
    assert!(taken.lease.is_some(), "and not held for ten years");
    o.desk.decide(&decision(&taken, Verdict::Approve, None), &admin()).unwrap();
    stale(other.decide(&decision(&early, Verdict::Reject, None), &reviewer()));
}

#[test]
fn k10_a_clock_that_jumps_ten_years_ahead_gives_an_item_to_one_of_two() {
    let o = office(&["one"]);
    let (other, hand) = window(o.folder.path());
    let mine = next(&o.desk, o.case, &admin()).unwrap();
    hand.advance(3650 * DAY);
    let theirs = next(&other, o.case, &reviewer()).expect("to that clock the claim is long over");
    assert_eq!(theirs.item.id, mine.item.id);
    stale(o.desk.heartbeat(mine.item.id, mine.lease.as_ref().unwrap().epoch, &admin()));
    stale(o.desk.decide(&decision(&mine, Verdict::Approve, None), &admin()));
    other.decide(&decision(&theirs, Verdict::Approve, None), &reviewer()).unwrap();
    stale(o.desk.decide(&decision(&mine, Verdict::Approve, None), &admin()));
}

#[test]
fn k10_past_2038_work_goes_on_and_what_came_later_stays_later_when_the_clock_goes_back() {
    let o = office(&["one", "two", "three"]);
    for (ahead, back) in [(7300, 0), (0, 3650), (0, 2)] {
        o.hand.advance(DAY * ahead);
        o.hand.turn_back(DAY * back);
        o.decide(Verdict::Approve, None);
        let (_, log) = o.desk.activity(Some(o.case), 0, 1).unwrap();
        assert_eq!((log[0].kind.as_str(), log[0].at), ("approved", o.desk.now()), "the newest entry comes first, whatever its time");
        let day = o.desk.queue(&query(o.case), &admin()).unwrap().day;
        assert!(day.decided() >= 1, "of the day that the clock says");
    }
    assert!(
        o.desk.undo(o.case, &admin()).unwrap().view.item.fields[0].value.contains("three"),
        "the last decision is taken back, not the latest"
    );
    let wrong: Vec<_> = o.desk.examine().unwrap().into_iter().filter(|found| !found.ok).collect();
    assert!(wrong.is_empty(), "{wrong:?}");
}

#[test]
fn an_undo_fences_off_whoever_held_the_item_before() {
    let o = office(&["one"]);
    let (other, _) = window(o.folder.path());
    let here = next(&o.desk, o.case, &admin()).unwrap();
    let there = other.open_item(here.item.id, &admin()).unwrap();
    o.desk.decide(&decision(&here, Verdict::Approve, None), &admin()).unwrap();
    let back = o.desk.undo(o.case, &admin()).unwrap();
    stale(other.decide(&decision(&there, Verdict::Reject, None), &admin()));
    o.desk.decide(&decision(&back.view, Verdict::Approve, None), &admin()).unwrap();
}
