//! Each rule as a table, and laws that hold for any list of decisions.

use super::*;
use crate::charter::{Bad, Grades, Limits};
use crate::clock::Millis;
use crate::epoch::Key;
use crate::evidence::Gold;
use crate::evidence::{CHARACTERS_PER_SECOND, LeftOut, Replaced};
use crate::id::{CharterId, DraftId, DrafterVersionId, HoldRulesId, ItemId};
use crate::review::Order;
use crate::seeded::Golds;
use crate::statistics::evidence::{EProcess, corrected_for_missed, proves_with_golds, upper_bound_of};
use crate::use_case::Level;
use proptest::prelude::*;
use std::time::Duration;

/// Without known-bad items.
pub(in crate::evidence) fn weigh(epoch: &Epoch, judged: &[Judged]) -> Option<[StepEvidence; 2]> {
    super::weigh(epoch, judged, [Golds::default(); 2])
}

pub(in crate::evidence) fn epoch(attempt: i64) -> Epoch {
    Epoch {
        n: 5,
        attempt,
        key: Key {
            drafter_version: Some(DrafterVersionId(2)),
            threshold: 0.8,
            threshold_by: crate::confidence::ThresholdBy::Person,
            calibrator: None,
            check_share: 0.0,
            hold_rules: HoldRulesId(1),
            bad: Bad::default(),
            limits: Limits::of_risk(crate::charter::Cost::Low, true),
            gold_share: 0.0,
            falls: 0,
        },
        charter: CharterId(9),
        charter_n: 3,
        drafter_n: Some(2),
        hold_rules_n: 1,
        started_at: Millis(0),
        why: String::new(),
        ladders: Vec::new(),
    }
}

const GOOD: DraftFacts =
    DraftFacts { id: DraftId(1), drafter_version: DrafterVersionId(2), epoch_n: 5, confidence: 0.8, finished: true, held: false };

/// Approved as it stands, in the time that its 400 characters take, for a receiver inside.
pub(in crate::evidence) fn approved(item: i64) -> Judged {
    Judged {
        item: ItemId(item),
        oldest_open: None,
        audience: Audience::Internal,
        slice: None,
        request: format!("request {item}"),
        verdict: VerdictFacts { verdict: Verdict::Approve, edit_distance: 0.0 },
        corrected: 0.0,
        viewed: Duration::from_secs(10),
        at: Millis(0),
        found: Some(Found::next(Order::Priority)),
        characters: 10 * CHARACTERS_PER_SECOND,
        routed: GOOD,
        replaced: None,
    }
}

pub(in crate::evidence) fn rejected(judged: Judged) -> Judged {
    Judged { verdict: VerdictFacts { verdict: Verdict::Reject, edit_distance: 0.0 }, ..judged }
}

fn walk(judged: &[Judged]) -> StepEvidence {
    let [walk, _] = weigh(&epoch(1), judged).unwrap();
    walk
}

/// Where the second of two decisions goes, approved and rejected; `None`: it counts.
fn check(change: impl Fn(&mut Judged), approved_goes: Option<NotCounted>, rejected_goes: Option<NotCounted>) {
    let mut second = approved(2);
    change(&mut second);
    for (second, expected, bad) in [(second.clone(), approved_goes, 0), (rejected(second), rejected_goes, 1)] {
        let step = walk(&[approved(1), second.clone()]);
        let counted = expected.is_none();
        assert_eq!((step.all.counted, step.all.bad), (1 + u64::from(counted), bad * u64::from(counted)), "{second:?}");
        let left = expected.map(|why| LeftOut { why, decisions: 1, bad });
        assert_eq!(step.left_out, Vec::from_iter(left), "{second:?}");
    }
}

#[test]
fn what_would_have_gone_out_alone_counts() {
    check(|_| (), None, None);
    check(|j| j.routed.confidence = 1.0, None, None);
    check(|j| j.slice = Some("billing".into()), None, None);
    check(|j| j.oldest_open = Some(ItemId(3)), None, None);
}

#[test]
fn what_would_not_have_gone_out_alone_belongs_to_no_evidence_good_or_bad() {
    let outside = |change: fn(&mut Judged), why| check(change, Some(why), Some(why));
    outside(|j| j.audience = Audience::External, NotCounted::OtherAudience);
    outside(|j| j.routed.drafter_version = DrafterVersionId(1), NotCounted::OtherVersion);
    outside(|j| j.routed.epoch_n = 4, NotCounted::OtherEpoch);
    outside(|j| j.routed.finished = false, NotCounted::CutOff);
    outside(|j| j.routed.held = true, NotCounted::Held);
    outside(|j| j.routed.confidence = 0.799, NotCounted::NotConfident);
    outside(|j| j.routed.confidence = f64::NAN, NotCounted::NotConfident);
}

#[test]
fn what_comes_after_an_open_request_waits_good_or_bad() {
    check(|j| j.oldest_open = Some(ItemId(1)), Some(NotCounted::Waits), Some(NotCounted::Waits));
}

#[test]
fn an_exclusion_only_drops_what_was_accepted() {
    let excluded = |change: fn(&mut Judged), why| check(change, Some(why), None);
    excluded(|j| j.viewed = Duration::from_millis(9_999), NotCounted::Rushed);
    excluded(|j| j.viewed = Duration::ZERO, NotCounted::Rushed);
    excluded(|j| j.request = "request 1".into(), NotCounted::Duplicate);
    excluded(|j| j.replaced = Some(Replaced { by: GOOD, distance: 0.1 }), NotCounted::AskedByPerson);
    let found = Found::next(Order::Random);
    check(|j| j.found = Some(found), None, None);
    check(|j| j.found = None, None, None);
    check(|j| j.found = Some(Found { picked: true, ..found }), Some(NotCounted::Picked), None);
    check(|j| j.found = Some(Found { filtered: true, ..found }), Some(NotCounted::Picked), None);
    check(|j| j.found = Some(Found::next(Order::LeastConfident)), Some(NotCounted::Picked), None);
    check(|j| j.found = Some(Found { bulk: true, ..found }), Some(NotCounted::Bulk), None);
    // An edit beyond the distance is bad like a rejection, one within is an acceptance.
    let edited = |distance| {
        move |j: &mut Judged| {
            j.verdict = VerdictFacts { verdict: Verdict::Edit, edit_distance: distance };
            j.viewed = Duration::ZERO;
        }
    };
    let of = |change: &dyn Fn(&mut Judged)| {
        let mut judged = approved(1);
        change(&mut judged);
        let step = walk(&[judged]);
        (step.all.counted, step.all.bad)
    };
    assert_eq!((of(&edited(0.1)), of(&edited(0.11))), ((0, 0), (1, 1)));
}

#[test]
fn a_first_draft_that_had_to_make_way_for_another_text_is_as_bad_as_an_edit() {
    let unsure = DraftFacts { confidence: 0.1, ..GOOD };
    let of = |routed, by, distance, verdict| {
        let facts = VerdictFacts { verdict, edit_distance: 0.0 };
        let step = walk(&[Judged { routed, verdict: facts, replaced: Some(Replaced { by, distance }), ..approved(1) }]);
        (step.all.counted, step.all.bad, step.left_out.first().map(|left| left.why))
    };
    assert_eq!(of(GOOD, GOOD, 0.5, Verdict::Approve), (1, 1, None), "what would have gone out is not what was wanted");
    assert_eq!(of(GOOD, unsure, 0.5, Verdict::Reject), (1, 1, None), "asking for an unsure draft hides nothing");
    assert_eq!(of(unsure, GOOD, 0.5, Verdict::Reject), (1, 1, None), "a bad verdict counts, however it came");
    assert_eq!(of(unsure, GOOD, 0.5, Verdict::Approve), (0, 0, Some(NotCounted::AskedByPerson)));
    assert_eq!(of(unsure, unsure, 0.5, Verdict::Reject), (0, 0, Some(NotCounted::NotConfident)));
}

#[test]
fn of_many_copies_one_acceptance_counts_and_every_rejection() {
    let copy = |item| Judged { request: "the same".into(), ..approved(item) };
    let step = walk(&[copy(1), copy(2), rejected(copy(3)), copy(4), rejected(copy(5))]);
    assert_eq!((step.all.counted, step.all.bad), (3, 2));
    assert_eq!(step.left_out, [LeftOut { why: NotCounted::Duplicate, decisions: 2, bad: 0 }]);
}

#[test]
fn walk_and_run_have_their_own_receivers_and_limits() {
    let outside = |item| Judged { audience: Audience::External, ..approved(item) };
    let list: Vec<Judged> = (0..10).map(|item| if item < 3 { outside(item) } else { approved(item) }).collect();
    let [walk, run] = weigh(&epoch(1), &list).unwrap();
    assert_eq!((walk.to, walk.audience, walk.epsilon, walk.all.counted), (Level::Walk, Audience::Internal, 0.05, 7));
    assert_eq!((run.to, run.audience, run.epsilon, run.all.counted), (Level::Run, Audience::External, 0.01, 3));
    assert_eq!((walk.epoch, walk.attempt, walk.charter), (5, 1, 3));
}

#[test]
fn the_first_attempt_needs_as_many_clean_ones_as_half_of_delta_does() {
    // 79 and 402 at all of δ, the table of the design; a first attempt may spend half of it.
    for (spent, for_walk, for_run) in [(1.0, 79, 402), (0.5, 96, 487)] {
        let needed = |epsilon| EProcess::of_all(epsilon, 0.05 * spent).unwrap().more_clean_needed();
        assert_eq!((needed(0.05), needed(0.01)), (Some(for_walk), Some(for_run)));
    }
    let clean = |n: i64, audience| (0..n).map(|item| Judged { audience, ..approved(item) }).collect::<Vec<_>>();
    let steps = |n, audience| weigh(&epoch(1), &clean(n, audience)).unwrap();
    let [walk, run] = steps(95, Audience::Internal);
    assert_eq!((walk.allows(), walk.all.more_clean_needed, run.all.more_clean_needed), (false, Some(1), Some(487)));
    let [walk, _] = steps(96, Audience::Internal);
    assert!(walk.allows() && walk.all.log_e >= walk.all.needed && walk.all.upper_bound <= 0.05 && walk.missing().is_empty());
    let [_, run] = steps(486, Audience::External);
    assert_eq!((run.allows(), run.all.more_clean_needed), (false, Some(1)));
    let [_, run] = steps(487, Audience::External);
    assert!(run.allows());
}

#[test]
fn each_attempt_spends_its_part_of_delta() {
    let needed = |attempt| {
        let [walk, _] = weigh(&epoch(attempt), &[]).unwrap();
        assert_eq!(walk.delta, 0.05 / (attempt * (attempt + 1)) as f64);
        assert_eq!(walk.all.needed, -walk.delta.ln());
        walk.all.more_clean_needed.unwrap()
    };
    assert!(needed(1) > 79 && needed(2) > needed(1) && needed(9) > needed(2), "the first attempt has half of δ");
}

#[test]
fn an_epoch_that_cannot_be_gives_no_evidence() {
    assert_eq!(weigh(&epoch(0), &[]), None);
    let mut broken = epoch(1);
    broken.key.limits.run.epsilon = f64::NAN;
    assert_eq!(weigh(&broken, &[]), None);
}

#[test]
fn every_slice_needs_its_own_evidence() {
    let list: Vec<Judged> =
        (0..200).map(|item| Judged { slice: Some(if item % 20 == 0 { "rare" } else { "often" }.into()), ..approved(item) }).collect();
    let step = walk(&list);
    assert_eq!(
        step.slices.iter().map(|s| (s.slice.as_deref(), s.figures.counted, s.proven)).collect::<Vec<_>>(),
        [(Some("often"), 190, true), (Some("rare"), 10, false)]
    );
    assert!(step.all.more_clean_needed == Some(0) && !step.allows(), "a good total hides what is rare");
    let rare = step.slices[1].figures.more_clean_needed.unwrap();
    assert_eq!(step.missing(), format!("{rare} more clean decisions in slice \"rare\""));
    let more: Vec<Judged> = (200..200 + rare as i64).map(|item| Judged { slice: Some("rare".into()), ..approved(item) }).collect();
    assert!(walk(&[list, more].concat()).allows(), "as many as were said to be missing are enough");
    assert!(walk(&[approved(1)]).slices.is_empty(), "where there are no slices, none is shown");
}

#[test]
fn grades_weigh_what_was_edited_and_are_never_left_out() {
    let mut graded = epoch(1);
    graded.key.bad.grades = Some(Grades::default());
    let minor = Judged { verdict: VerdictFacts { verdict: Verdict::Edit, edit_distance: 0.05 }, viewed: Duration::ZERO, ..approved(1) };
    let [walk, _] = weigh(&graded, std::slice::from_ref(&minor)).unwrap();
    assert_eq!((walk.all.counted, walk.all.bad), (1, 0));
    let mut process = EProcess::of_all(0.05, walk.delta).unwrap();
    process.push(0.1);
    assert_eq!(walk.all.log_e, process.log_e());
}

fn any_draft() -> impl Strategy<Value = DraftFacts> {
    let rarely = |share| prop::bool::weighted(share);
    (rarely(0.1), rarely(0.1), rarely(0.2), rarely(0.1), rarely(0.1)).prop_map(|(version, older, unsure, cut_off, held)| DraftFacts {
        id: DraftId(1),
        drafter_version: DrafterVersionId(if version { 1 } else { 2 }),
        epoch_n: if older { 4 } else { 5 },
        confidence: if unsure { 0.3 } else { 0.9 },
        finished: !cut_off,
        held,
    })
}

pub(in crate::evidence) fn any_judged() -> impl Strategy<Value = Judged> {
    let verdict = prop_oneof![
        6 => Just((Verdict::Approve, 0.0)),
        2 => prop::sample::select(vec![0.05, 0.4]).prop_map(|distance| (Verdict::Edit, distance)),
        1 => Just((Verdict::Reject, 0.0)),
    ];
    let replaced = prop::option::weighted(0.2, (any_draft(), prop::sample::select(vec![0.0, 0.05, 0.7])));
    (verdict, any_draft(), replaced, 0u8..6, 0u64..20, any::<bool>(), prop::option::of(0u8..3)).prop_map(
        |((verdict, edit_distance), routed, replaced, request, seconds, inside, slice)| Judged {
            verdict: VerdictFacts { verdict, edit_distance },
            routed,
            replaced: replaced.map(|(by, distance)| Replaced { by, distance }),
            request: request.to_string(),
            viewed: Duration::from_secs(seconds),
            audience: if inside { Audience::Internal } else { Audience::External },
            slice: slice.map(|slice| slice.to_string()),
            ..approved(0)
        },
    )
}

proptest! {
    #[test]
    fn whatever_was_decided_is_counted_once_or_told_and_nothing_bad_is_excluded(
        mut list in prop::collection::vec(any_judged(), 0..40),
        open in prop::option::of(0i64..40),
    ) {
        for (at, judged) in list.iter_mut().enumerate() {
            // The open item has no decision: odd numbers are decided.
            judged.item = ItemId(2 * at as i64 + 1);
            judged.oldest_open = open.map(|open| ItemId(2 * open));
        }
        let epoch = epoch(1);
        for step in weigh(&epoch, &list).unwrap() {
            let left: u64 = step.left_out.iter().map(|left| left.decisions).sum();
            prop_assert_eq!(step.all.counted + left, list.len() as u64);
            let bad: u64 = step.left_out.iter().map(|left| left.bad).sum();
            let all_bad = list.iter().filter(|judged| loss(&epoch, judged).bad).count() as u64;
            prop_assert_eq!(step.all.bad + bad, all_bad);
            for left in &step.left_out {
                if left.why >= NotCounted::AskedByPerson {
                    prop_assert_eq!(left.bad, 0, "{:?} only drops acceptances", left.why);
                }
            }
            if step.slices.is_empty() {
                prop_assert!(list.iter().all(|judged| judged.slice.is_none()) || step.all.counted == 0 || step.all.counted < list.len() as u64);
            } else {
                prop_assert_eq!(step.slices.iter().map(|slice| slice.figures.counted).sum::<u64>(), step.all.counted);
                prop_assert_eq!(step.slices.iter().map(|slice| slice.figures.bad).sum::<u64>(), step.all.bad);
            }

            // Without a reason to exclude anything the evidence is at least as strong.
            let mut slow = list.clone();
            for (at, judged) in slow.iter_mut().enumerate() {
                judged.viewed = Duration::from_secs(100);
                judged.request = at.to_string();
            }
            let trusting = weigh(&epoch, &slow).unwrap().into_iter().find(|other| other.to == step.to).unwrap();
            prop_assert!(step.all.log_e <= trusting.all.log_e + 1e-9);
            prop_assert_eq!(step.all.bad, trusting.all.bad);
        }
    }
}

#[test]
fn where_known_bad_items_are_put_in_nothing_is_proven_before_one_was_decided() {
    let mut epoch = epoch(1);
    epoch.key.gold_share = 0.05;
    let list: Vec<Judged> = (1..=2_000).map(approved).collect();
    let of = |seeded, caught| {
        let [walk, _] = super::weigh(&epoch, &list, [Golds { seeded, caught }, Golds::default()]).unwrap();
        walk
    };
    let none = of(0, 0);
    assert!(!none.allows() && none.all.more_clean_needed.is_none() && none.all.upper_bound == 1.0 && none.crossed_at.is_none(), "{none:?}");
    assert!(none.missing().contains("a known-bad item for internal receivers"), "{}", none.missing());
    assert_eq!(none.gold, Some(Gold { seeded: 0, caught: 0, miss_bound: 1.0 }));
    let good = of(60, 57);
    assert!(good.allows(), "{:?}", good.all);
    // Half of δ for the decisions, half for what is missed; and what the golden numbers say of both together.
    let (half, gold) = (good.delta, good.gold.unwrap());
    assert!((half - 0.0125).abs() < 1e-15 && gold.miss_bound == upper_bound_of(3, 60, half));
    let mut process = EProcess::of_all(0.05, half).unwrap();
    list.iter().for_each(|_| process.push_verdict(false));
    assert_eq!(good.all.upper_bound, corrected_for_missed(process.upper_bound(), gold.miss_bound));
    assert_eq!(good.allows(), proves_with_golds(&process, gold.miss_bound));
    let crossed = good.crossed_at.unwrap();
    assert!((100..400).contains(&crossed), "{crossed}");
}

#[test]
fn who_misses_half_of_what_is_bad_needs_twice_the_evidence() {
    let mut epoch = epoch(1);
    epoch.key.gold_share = 0.05;
    let needed = |seeded, caught| {
        let [walk, _] = super::weigh(&epoch, &[], [Golds { seeded, caught }, Golds::default()]).unwrap();
        walk.all.more_clean_needed.unwrap()
    };
    let (all, half) = (needed(2_000, 2_000), needed(2_000, 1_000));
    assert!(half > 2 * all && half < 3 * all, "{all}, {half}");
    assert!(needed(10, 10) > all, "few known-bad items tell little");
}

proptest! {
    #[test]
    fn missing_more_never_makes_a_raise_easier(clean in 0i64..500, seeded in 0u64..80, share in 0.0_f64..=1.0) {
        let mut epoch = epoch(1);
        epoch.key.gold_share = 0.05;
        let list: Vec<Judged> = (1..=clean).map(approved).collect();
        let of = |caught| {
            let [walk, _] = super::weigh(&epoch, &list, [Golds { seeded, caught }, Golds::default()]).unwrap();
            walk
        };
        let (some, all) = (of((seeded as f64 * share) as u64), of(seeded));
        prop_assert!(!some.allows() || all.allows());
        prop_assert!(some.all.upper_bound >= all.all.upper_bound && some.all.log_e <= all.all.log_e);
        // And with all found it is still more than without known-bad items.
        epoch.key.gold_share = 0.0;
        let [without, _] = weigh(&epoch, &list).unwrap();
        prop_assert!(!all.allows() || without.allows());
    }
}
