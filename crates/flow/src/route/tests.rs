//! The gate by tables and properties.

use super::*;
use crate::clock::Millis;
use proptest::prelude::*;

fn check(level: Level, audience: Audience, confidence: f64, draw: f64, expected: Reason) {
    let policy = Policy { level, threshold: 0.8, check_share: 0.1 };
    let facts = Facts { audience, confidence, stop: StopReason::End, audits_in_slice: 60 };
    let got = route(policy, facts, Draws { audit: draw, overdue: draw });
    assert_eq!(got.reason, expected, "{level:?} × {audience:?} × {confidence} × draw {draw}");
    assert_eq!(got.outcome == Outcome::Auto, expected == Reason::Confident);
}

#[test]
fn the_gate_is_the_table_of_the_design() {
    use Audience::{External, Internal};
    use Level::{Crawl, Run, Walk};
    check(Crawl, Internal, 1.0, 0.5, Reason::LevelCrawl);
    check(Crawl, External, 1.0, 0.5, Reason::LevelCrawl);
    check(Walk, Internal, 0.8, 0.5, Reason::Confident);
    check(Walk, Internal, 0.79, 0.5, Reason::NotConfident);
    check(Walk, Internal, 0.9, 0.05, Reason::Confident);
    check(Walk, External, 1.0, 0.5, Reason::AudienceExternalAtWalk);
    check(Run, Internal, 0.9, 0.5, Reason::Confident);
    check(Run, External, 0.9, 0.5, Reason::Confident);
    check(Run, External, 0.5, 0.5, Reason::NotConfident);
    check(Run, External, f64::NAN, 0.5, Reason::NotConfident);
}

fn stops(held: bool, paused: bool, cap_per_hour: Option<u32>, out_last_hour: u64) -> Stops {
    Stops {
        held: held.then(|| Held { rule: "refund over 500".into(), what: "keyword \"lawyer\" in message".into() }),
        paused: paused.then(|| Pause { by: "Ada".into(), why: "invoices look odd".into(), at: Millis(1) }),
        cap_per_hour,
        out_last_hour,
        other_drafter: false,
        brake: None,
        overdue: 0,
    }
}

fn check_words(change: impl FnOnce(&mut Policy, &mut Facts, &mut Stops), reason: Reason, expected: &str) {
    let mut policy = Policy { level: Level::Run, threshold: 0.8, check_share: 0.1 };
    let mut facts = Facts { audience: Audience::External, confidence: 0.9, stop: StopReason::End, audits_in_slice: 60 };
    let mut holds = Stops::default();
    change(&mut policy, &mut facts, &mut holds);
    let got = gate(policy, facts, &holds, Draws { audit: 0.5, overdue: 0.5 });
    assert_eq!((got.reason, got.words.as_str()), (reason, expected));
}

#[test]
fn the_reason_is_told_in_words_with_its_values() {
    check_words(|_, _, _| (), Reason::Confident, "confidence 0.9000 is at or above the threshold 0.8");
    check_words(|_, f, _| f.confidence = 0.799_96, Reason::NotConfident, "confidence 0.79996 is under the threshold 0.8");
    check_words(|p, _, _| p.check_share = 0.6, Reason::Confident, "confidence 0.9000 is at or above the threshold 0.8");
    check_words(|_, f, _| f.stop = StopReason::Context, Reason::CutOff, "the output was cut off: the model's context was full");
    check_words(|p, _, _| p.level = Level::Crawl, Reason::LevelCrawl, "at crawl a person approves everything");
    let held = "hold rule \"refund over 500\": keyword \"lawyer\" in message";
    check_words(|_, _, s| *s = stops(true, true, Some(0), 0), Reason::HoldRule, held);
    check_words(|_, _, s| s.other_drafter = true, Reason::OtherDrafter, "what drafts was changed while this was written");
    check_words(|_, _, s| *s = stops(false, true, Some(0), 0), Reason::Paused, "paused by Ada: invoices look odd");
    check_words(|_, _, s| *s = stops(false, false, Some(20), 20), Reason::CapReached, "20 went out alone within the hour; the cap is 20");
    let braked = |s: &mut Stops| s.brake = Some(Braked { clean: 12, clearance: 110 });
    let brake = "the brake is on until 110 in a row were judged clean: 12 were";
    check_words(|_, _, s| braked(s), Reason::Brake, brake);
    check_words(|_, _, s| (s.overdue, s.brake) = (9, Some(Braked { clean: 12, clearance: 110 })), Reason::Brake, brake);
    check_words(|_, _, s| s.overdue = 1, Reason::AuditsOverdue, "1 audit is overdue: a half goes out alone");
    check_words(|_, _, s| s.overdue = 9, Reason::AuditsOverdue, "9 audits are overdue: one in 10 goes out alone");
    check_words(|_, f, s| (f.confidence, s.overdue) = (0.1, 9), Reason::NotConfident, "confidence 0.1000 is under the threshold 0.8");
    check_words(|_, _, s| *s = stops(false, false, Some(20), 19), Reason::Confident, "confidence 0.9000 is at or above the threshold 0.8");
}

#[test]
fn the_rule_that_matched_is_kept_also_where_the_level_came_first() {
    let policy = Policy { level: Level::Crawl, threshold: 0.8, check_share: 0.1 };
    let facts = Facts { audience: Audience::Internal, confidence: 0.9, stop: StopReason::End, audits_in_slice: 60 };
    let got = gate(policy, facts, &stops(true, false, None, 0), Draws { audit: 0.05, overdue: 0.5 });
    assert_eq!((got.reason, got.hold.as_deref()), (Reason::LevelCrawl, Some("refund over 500")));
    assert_eq!(got.check, Some(Check { probability: 0.1, drawn: true }), "the draw is kept at crawl too");
}

fn any_number() -> impl Strategy<Value = f64> {
    prop_oneof![proptest::num::f64::ANY, 0.0..=1.0f64]
}

prop_compose! {
    fn any_policy()(
        level in prop::sample::select(vec![Level::Crawl, Level::Walk, Level::Run]),
        threshold in any_number(),
        check_share in any_number(),
    ) -> Policy {
        Policy { level, threshold, check_share }
    }
}

prop_compose! {
    fn any_facts()(
        audience in prop::sample::select(vec![Audience::Internal, Audience::External]),
        confidence in any_number(),
        stop in prop::sample::select(vec![StopReason::End, StopReason::StopText, StopReason::Length, StopReason::Context]),
        audits_in_slice in prop::sample::select(vec![0u64, 59, 60]),
    ) -> Facts {
        Facts { audience, confidence, stop, audits_in_slice }
    }
}

prop_compose! {
    fn any_stops()(
        held: bool, other_drafter: bool, paused: bool, cap in prop::option::of(0u32..4), out in 0u64..4, clean in prop::option::of(0u64..4), overdue in 0u64..4,
    ) -> Stops {
        let brake = clean.map(|clean| Braked { clean, clearance: 4 });
        Stops { other_drafter, brake, overdue, ..stops(held, paused, cap, out) }
    }
}

prop_compose! {
    fn any_draws()(audit in any_number(), overdue in any_number()) -> Draws {
        Draws { audit, overdue }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4_000))]

    #[test]
    fn nothing_goes_out_to_an_audience_that_the_level_forbids(policy in any_policy(), facts in any_facts(), stops in any_stops(), draws in any_draws()) {
        let allowed = match (policy.level, facts.audience) {
            (Level::Crawl, _) | (Level::Walk, Audience::External) => false,
            (Level::Walk, Audience::Internal) | (Level::Run, _) => true,
        };
        let got = gate(policy, facts, &stops, draws);
        if got.outcome == Outcome::Auto {
            prop_assert!(allowed);
            prop_assert!(facts.confidence >= policy.threshold);
            prop_assert!(matches!(facts.stop, StopReason::End | StopReason::StopText), "what was cut off never goes out alone");
            prop_assert!(stops.held.is_none() && stops.paused.is_none() && !stops.other_drafter);
            prop_assert!(stops.cap_per_hour.is_none_or(|cap| stops.out_last_hour < u64::from(cap)));
            prop_assert!(stops.brake.is_none(), "the brake holds everything");
            prop_assert!(stops.overdue == 0 || draws.overdue < 1.0 / (1.0 + stops.overdue as f64));
        }
        prop_assert_eq!(got.outcome == Outcome::Auto, got.reason == Reason::Confident);
        prop_assert!(!got.words.is_empty());
    }

    #[test]
    fn rules_a_pause_a_cap_the_brake_and_overdue_audits_only_hold_back(policy in any_policy(), facts in any_facts(), stops in any_stops(), draws in any_draws()) {
        let (free, stopped) = (route(policy, facts, draws), gate(policy, facts, &stops, draws));
        prop_assert!(stopped.outcome == Outcome::Review || free.outcome == Outcome::Auto, "{:?} released {:?}", stopped, free);
        prop_assert_eq!(format!("{:?}", stopped.check), format!("{:?}", free.check), "and the draw knows nothing of them");
        // One stop fewer can release, one more never can.
        for fewer in [
            Stops { held: None, ..stops.clone() },
            Stops { other_drafter: false, ..stops.clone() },
            Stops { paused: None, ..stops.clone() },
            Stops { cap_per_hour: None, ..stops.clone() },
            Stops { brake: None, ..stops.clone() },
            Stops { overdue: stops.overdue.saturating_sub(1), ..stops.clone() },
        ] {
            let freer = gate(policy, facts, &fewer, draws);
            prop_assert!(stopped.outcome == Outcome::Review || freer.outcome == Outcome::Auto);
        }
    }

    #[test]
    fn the_same_inputs_give_the_same_route(policy in any_policy(), facts in any_facts(), stops in any_stops(), draws in any_draws()) {
        // Compared as text: NaN is not equal to itself.
        prop_assert_eq!(format!("{:?}", gate(policy, facts, &stops, draws)), format!("{:?}", gate(policy, facts, &stops.clone(), draws)));
    }

    #[test]
    fn the_draw_of_an_audit_has_its_probability_and_changes_nothing_of_the_way(
        policy in any_policy(), facts in any_facts(), stops in any_stops(), draws in any_draws(), other in any_number(),
    ) {
        let got = gate(policy, facts, &stops, draws);
        let check = got.check.unwrap();
        prop_assert!((audit::LEAST..=1.0).contains(&check.probability), "nothing goes out that could not have been drawn");
        prop_assert_eq!(check.probability, audit::probability(policy.check_share, facts.confidence, policy.threshold, facts.audits_in_slice));
        prop_assert_eq!(check.drawn, draws.audit.is_nan() || draws.audit < check.probability);
        let redrawn = gate(policy, facts, &stops, Draws { audit: other, ..draws });
        prop_assert_eq!(redrawn.reason, got.reason);
    }

    #[test]
    fn of_what_would_go_alone_a_share_does_while_audits_are_overdue(overdue in 0u64..50, draw in 0.0..1.0f64) {
        let policy = Policy { level: Level::Run, threshold: 0.8, check_share: 0.1 };
        let facts = Facts { audience: Audience::External, confidence: 0.9, stop: StopReason::End, audits_in_slice: 0 };
        let got = gate(policy, facts, &Stops { overdue, ..Stops::default() }, Draws { audit: 0.5, overdue: draw });
        prop_assert_eq!(got.outcome == Outcome::Auto, draw < share_with_overdue(overdue));
        prop_assert_eq!(got.reason == Reason::AuditsOverdue, got.outcome == Outcome::Review);
    }
}
