//! The brake and the detector by tables and properties.

use super::*;
use crate::charter::Cost;
use proptest::prelude::*;

const CLEAN: Told = Told { bad: false, read: true };
const UNREAD: Told = Told { bad: false, read: false };
const BAD: Told = Told { bad: true, read: true };

fn limits() -> Limits {
    Limits::of_risk(Cost::Low, true)
}

#[test]
fn the_plan_is_that_of_the_design() {
    let clearance = |epsilon, share| plan(epsilon, share).clearance;
    assert_eq!([0.005, 0.01, 0.02, 0.05].map(|epsilon| clearance(epsilon, 0.1)), [220, 110, 54, 21]);
    assert_eq!([0.005, 0.01, 0.02, 0.05].map(|epsilon| clearance(epsilon, 0.05)), [304, 152, 75, 30]);
    assert_eq!(plan(0.05, 0.0).fraction, audit::LEAST, "nothing goes out that is never looked at");
    assert_eq!(plan(0.05, 1.0), Plan { clearance: 1, fraction: 1.0 });
    assert_eq!(plan(0.05, f64::NAN), plan(0.05, 1.0));
}

fn brake_after(first: Brake, told: &[Told]) -> Brake {
    let mut watch = Watch::new(Level::Walk, &limits(), first);
    told.iter().for_each(|told| watch.tell(Plan { clearance: 3, fraction: 0.1 }, *told));
    watch.brake
}

#[test]
fn one_bad_one_puts_the_brake_on_and_a_run_of_clean_ones_that_were_read_takes_it_off() {
    assert_eq!(brake_after(Brake::Off, &[CLEAN, CLEAN]), Brake::Off);
    assert_eq!(brake_after(Brake::Off, &[CLEAN, BAD]), Brake::On { clean_in_a_row: 0 });
    assert_eq!(brake_after(Brake::Off, &[BAD, CLEAN, CLEAN]), Brake::On { clean_in_a_row: 2 });
    assert_eq!(brake_after(Brake::Off, &[BAD, CLEAN, CLEAN, CLEAN]), Brake::Off);
    assert_eq!(brake_after(Brake::Off, &[BAD, CLEAN, BAD, CLEAN, CLEAN]), Brake::On { clean_in_a_row: 2 });
    assert_eq!(brake_after(Brake::Off, &[BAD, CLEAN, UNREAD, UNREAD, CLEAN]), Brake::On { clean_in_a_row: 2 }, "unread ones end nothing");
    let unread_bad = Told { bad: true, read: false };
    assert_eq!(brake_after(Brake::Off, &[unread_bad]), Brake::On { clean_in_a_row: 0 }, "a bad one counts, however it came");
    assert_eq!(brake_after(Brake::default(), &[CLEAN, CLEAN]), Brake::On { clean_in_a_row: 2 });
}

#[test]
fn at_crawl_nothing_is_detected() {
    assert_eq!(Watch::new(Level::Crawl, &limits(), Brake::Off).detector, None);
    assert!(Watch::new(Level::Run, &limits(), Brake::Off).detector.is_some());
}

#[test]
fn an_edit_of_a_draft_that_took_the_place_of_another_is_measured_from_the_first() {
    let bad = Bad { distance: 0.1, grades: None };
    let facts = |verdict, edit_distance| VerdictFacts { verdict, edit_distance };
    let approved = facts(Verdict::Approve, 0.0);
    assert!(!is_bad(&bad, approved, None));
    assert!(!is_bad(&bad, approved, Some(0.0)) && !is_bad(&bad, approved, Some(0.1)));
    assert!(is_bad(&bad, approved, Some(0.5)), "the first one was far from what is kept");
    assert!(is_bad(&bad, facts(Verdict::Reject, 0.0), Some(0.0)));
    assert!(is_bad(&bad, facts(Verdict::Edit, 0.5), Some(0.0)));
}

fn any_told() -> impl Strategy<Value = Told> {
    (prop::bool::weighted(0.2), any::<bool>()).prop_map(|(bad, read)| Told { bad, read })
}

proptest! {
    #[test]
    fn the_state_is_what_its_verdicts_make_it(verdicts in prop::collection::vec(any_told(), 0..60), on: bool) {
        let plan = Plan { clearance: 5, fraction: 0.1 };
        let first = if on { Brake::default() } else { Brake::Off };
        let mut watch = Watch::new(Level::Walk, &limits(), first);
        verdicts.iter().for_each(|told| watch.tell(plan, *told));
        prop_assert_eq!(watch.retold(&limits(), plan, &verdicts), watch.clone());
        let run = verdicts.iter().rev().take_while(|told| !told.bad).filter(|told| told.read).count() as u64;
        let had_bad = verdicts.iter().any(|told| told.bad);
        prop_assert_eq!(watch.brake == Brake::Off, run >= 5 || (!had_bad && !on), "{:?}", watch.brake);
    }
}
