use super::*;
use crate::confidence::Laid;
use crate::evidence::weigh::tests::{any_judged, approved, epoch, rejected, weigh};
use crate::id::{DraftId, ItemId};
use proptest::prelude::*;
use std::collections::HashSet;
use std::convert::Infallible;

const DAY: i64 = 86_400_000;

/// The streams of both steps after a list, stored and read back after each decision whose place is in `cuts`.
fn told(epoch: &Epoch, list: &[Judged], cuts: &HashSet<usize>) -> [Stream; 2] {
    let mut streams = Stream::begin(epoch).unwrap();
    let mut requests = [HashSet::new(), HashSet::new()];
    for (at, decision) in list.iter().enumerate() {
        for (stream, requests) in streams.iter_mut().zip(&mut requests) {
            let known = || Ok::<_, Infallible>(!requests.insert(decision.request.clone()));
            let Ok(()) = stream.take(epoch, decision, known);
        }
        if cuts.contains(&at) {
            streams = serde_json::from_str(&serde_json::to_string(&streams).unwrap()).unwrap();
        }
    }
    streams
}

/// An epoch whose ladder has one threshold that only the sure ones reach, and one that all of them reach.
fn with_ladder() -> Epoch {
    let mut epoch = epoch(1);
    epoch.key.threshold_by = ThresholdBy::Ladder;
    let marks = vec![Mark { coverage: 0.5, threshold: 0.8 }, Mark { coverage: 1.0, threshold: 0.3 }];
    epoch.ladders = vec![Laid { audience: Audience::Internal, marks, after: DraftId(0), scores: 100 }];
    epoch
}

fn numbered(mut list: Vec<Judged>) -> Vec<Judged> {
    for (at, judged) in list.iter_mut().enumerate() {
        judged.item = ItemId(at as i64 + 1);
    }
    list
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn a_ladder_is_told_of_each_draft_that_a_threshold_would_let_out(
        list in prop::collection::vec(any_judged(), 0..60),
        cuts in prop::collection::hash_set(0usize..60, 0..6),
    ) {
        let (epoch, list) = (with_ladder(), numbered(list));
        let streams = told(&epoch, &list, &cuts);
        prop_assert_eq!(&streams, &told(&epoch, &list, &HashSet::new()), "a stored one goes on to the bit");
        let [walk, run] = streams.map(|stream| stream.evidence(&epoch, Millis(0), Golds::default()));
        for step in [&walk, &run] {
            let left: u64 = step.left_out.iter().map(|left| left.decisions).sum();
            prop_assert_eq!(step.all.counted + left, list.len() as u64, "each decision is counted or told with its reason");
        }
        // A person's threshold at each of the two lets in the same ones.
        let by_person = |threshold: f64| {
            let mut epoch = epoch.clone();
            (epoch.key.threshold_by, epoch.key.threshold) = (ThresholdBy::Person, threshold);
            let [walk, _] = weigh(&epoch, &list).unwrap();
            walk
        };
        prop_assert_eq!((walk.ladder[1].counted, walk.ladder[1].bad), (by_person(0.3).all.counted, by_person(0.3).all.bad));
        prop_assert_eq!((walk.ladder[0].counted, walk.ladder[0].bad), (walk.all.counted, walk.all.bad));
        prop_assert_eq!(walk.ladder[0].bad, by_person(0.8).all.bad);
        prop_assert!(walk.all.counted <= by_person(0.8).all.counted, "a copy of an unsure one is a copy");
        prop_assert_eq!((run.ladder.len(), run.all.counted), (0, 0), "no ladder was laid for it: nothing is confident");
    }

    #[test]
    fn a_stored_stream_goes_on_to_the_bit(
        list in prop::collection::vec(any_judged(), 0..60),
        cuts in prop::collection::hash_set(0usize..60, 0..6),
    ) {
        let (epoch, list) = (epoch(1), numbered(list));
        let streams = told(&epoch, &list, &cuts);
        prop_assert_eq!(&streams, &told(&epoch, &list, &HashSet::new()));
        prop_assert_eq!(streams.map(|stream| stream.evidence(&epoch, Millis(0), Golds::default())), weigh(&epoch, &list).unwrap());
    }
}

fn walk(list: Vec<Judged>) -> StepEvidence {
    let [walk, _] = weigh(&epoch(1), &numbered(list)).unwrap();
    walk
}

#[test]
fn a_curve_has_two_hundred_points_at_most_and_ends_now() {
    for n in [0_u64, 1, 2, 199, 200, 201, 398, 399, 400, 401, 1_000] {
        let step = walk((0..n).map(|at| if at == 150 { rejected(approved(0)) } else { approved(0) }).zip(0..).map(numbering).collect());
        let curve = &step.curve;
        assert!(curve.len() <= 200 && (n < 100 || curve.len() >= 100), "{n}: {} points", curve.len());
        assert!(curve.windows(2).all(|pair| pair[0].n < pair[1].n && pair[0].bound >= pair[1].bound), "{n}");
        let now = step.all;
        let last = curve.last().map(|last| (last.n, last.bad, last.bound, last.log_e));
        assert_eq!(last, (n > 0).then_some((now.counted, now.bad, now.lowest_bound, now.log_e)));
    }
}

/// Each its own request.
fn numbering((judged, at): (Judged, u64)) -> Judged {
    Judged { request: at.to_string(), ..judged }
}

#[test]
fn the_moment_in_which_it_was_enough_stays() {
    let list = |clean: u64, bad: u64| {
        let all = (0..clean).map(|_| approved(0)).chain((0..bad).map(|_| rejected(approved(0))));
        walk(all.zip(0..).map(numbering).collect())
    };
    assert_eq!(list(95, 0).crossed_at, None);
    assert_eq!(list(96, 0).crossed_at, Some(96), "as many as the first attempt needs");
    let after = list(96, 3);
    assert_eq!((after.crossed_at, after.allows()), (Some(96), false));
    assert!(after.curve[95].log_e >= after.all.needed && after.all.log_e < after.all.needed);
}

#[test]
fn the_rate_is_of_the_last_days() {
    let rate = |days: &[(i64, u64)], today: i64| {
        let decided = days.iter().flat_map(|(day, n)| (0..*n).map(move |_| Judged { at: Millis(day * DAY + 5), ..approved(0) }));
        let list = numbered(decided.zip(0..).map(numbering).collect());
        let [walk, _] = told(&epoch(1), &list, &HashSet::new());
        walk.evidence(&epoch(1), Millis(today * DAY), Golds::default()).rate_per_day
    };
    assert_eq!(rate(&[], 20), None);
    assert_eq!(rate(&[(20, 30)], 20), Some(30.0), "one day");
    assert_eq!(rate(&[(19, 30), (20, 10)], 20), Some(20.0));
    assert_eq!(rate(&[(11, 30)], 20), Some(3.0), "nothing for nine days");
    assert_eq!(rate(&[(3, 1_000), (7, 14), (20, 14)], 20), Some(2.0), "what is longer ago than two weeks says nothing of now");
    assert_eq!(rate(&[(3, 1_000)], 20), None);
    let steady: Vec<_> = (0..30).map(|day| (day, 7)).collect();
    assert_eq!(rate(&steady, 29), Some(7.0));
}
