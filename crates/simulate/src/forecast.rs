//! What a policy would do with drafts of a given quality, before real ones are at stake.

mod office;

use crate::stream::{Draws, Streams};
use flow::statistics::audit::LEAST;
use flow::use_case::Level;
use office::{Released, raised_after};
use serde::{Deserialize, Serialize};

/// What an admin lays down.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Policy {
    /// The error rate that must not be exceeded, and how likely a raise in spite of it may be; both in (0, 1).
    pub epsilon: f64,
    pub delta: f64,
    /// Of what goes out alone, 0.01–1.
    pub audit_share: f64,
    /// Drafts with this confidence or more are confident; at 0 all are.
    pub threshold: f64,
    /// Until an audit is due.
    pub due_hours: f64,
}

impl Default for Policy {
    fn default() -> Self {
        Self { epsilon: 0.05, delta: 0.05, audit_share: 0.1, threshold: 0.0, due_hours: 24.0 }
    }
}

/// How things are, which nobody knows beforehand.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct World {
    /// Share of the drafts that are bad, 0–1.
    pub bad: f64,
    /// Share of the bad ones that reviewers notice, 0–1.
    pub noticed: f64,
    /// So many drafts are made before the verdict on one is known.
    pub late: usize,
    /// The share that is bad from one day on, and how many drafts after the raise that day comes.
    pub bad_later: f64,
    pub later_after: u64,
    /// Drafts a day.
    pub per_day: f64,
    /// How well the confidence tells good from bad: by so many standard deviations it is higher for good ones, as log-odds. 0: it says
    /// nothing.
    pub tells: f64,
    /// A slice in which drafts are so many times as often bad as in the others, and the share of drafts that belong to it; 0: no slices.
    pub worse_share: f64,
    pub worse_times: f64,
}

impl Default for World {
    fn default() -> Self {
        Self {
            bad: 0.01,
            noticed: 0.95,
            late: 0,
            bad_later: 0.2,
            later_after: 500,
            per_day: 50.0,
            tells: 0.0,
            worse_share: 0.0,
            worse_times: 1.0,
        }
    }
}

/// What came of it in all streams.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Forecast {
    /// Share of the streams in which the level could be raised within [`LONGEST`] decisions.
    pub raised: f64,
    /// Decisions until then: the tenth part of the streams was faster, half of them, nine tenths. `None` where so many never were.
    pub decisions: [Option<u64>; 3],
    /// The same in days, for half of them.
    pub days: Option<f64>,
    /// In the first [`STEADY`] drafts after the raise, for as long as nothing changes: share of the drafts that a person sees before they go
    /// out (not confident, the brake, overdue audits, a level that fell), share that is audited afterwards, and bad ones that go out of 1,000
    /// drafts.
    pub held: f64,
    pub audited: f64,
    pub bad_out: f64,
    /// From the day on which it gets worse: drafts until the level falls (half of the streams), and the mean number of
    /// bad ones that go out until then. `None` where it does not fall within [`LONGEST`] drafts in half of the streams.
    pub drafts_to_alarm: Option<u64>,
    pub bad_out_until_alarm: f64,
}

/// Decisions and drafts that a stream is followed for.
pub const LONGEST: u64 = 20_000;
/// Of a stream after its raise.
const STEADY: u64 = 3_000;
/// What comes after a raise is followed draft by draft: in one of so many streams.
const FEWER: u64 = 4;

/// `None` where a share is outside of its range.
pub fn forecast(streams: Streams, policy: Policy, world: World) -> Option<Forecast> {
    let shares = [world.bad, world.noticed, world.bad_later, world.worse_share, policy.threshold];
    let positive = [world.per_day, policy.due_hours];
    if shares.iter().any(|share| !(0.0..=1.0).contains(share))
        || positive.iter().any(|number| !(*number > 0.0 && number.is_finite()))
        || !world.tells.is_finite()
        || !(1.0..=1_000.0).contains(&world.worse_times)
        || !(LEAST..=1.0).contains(&policy.audit_share)
        || world.late > LONGEST as usize
        || world.later_after > LONGEST
    {
        return None;
    }
    Released::new(policy, world)?;
    let mut raises = streams.run("raise", |draws| raised_after(draws, policy, world, LONGEST).unwrap_or(u64::MAX));
    raises.sort_unstable();
    let at = |part: f64| Some(raises[((raises.len() - 1) as f64 * part) as usize]).filter(|n| *n < u64::MAX);
    let fewer = Streams { count: (streams.count / FEWER).max(10), ..streams };
    let raised = || Released::new(policy, world).expect("the policy was looked at");
    let steady = fewer.run("steady", |draws| {
        let mut office = raised();
        (0..STEADY).for_each(|_| office.draft(draws, world.bad));
        [office.held, office.audited, office.bad_out].map(|n| n as f64 / STEADY as f64)
    });
    let mean = |at: usize| steady.iter().map(|figures| figures[at]).sum::<f64>() / fewer.count as f64;
    let mut worse = fewer.run("worse", |draws| until_the_fall(draws, raised(), world));
    worse.sort_unstable();
    let drafts = worse[worse.len() / 2].0;
    Some(Forecast {
        raised: raises.iter().filter(|n| **n < u64::MAX).count() as f64 / streams.count as f64,
        decisions: [at(0.1), at(0.5), at(0.9)],
        days: at(0.5).map(|n| n as f64 / world.per_day),
        held: mean(0),
        audited: mean(1),
        bad_out: mean(2) * 1000.0,
        drafts_to_alarm: Some(drafts).filter(|n| *n < LONGEST),
        bad_out_until_alarm: worse.iter().map(|(_, bad)| *bad as f64).sum::<f64>() / fewer.count as f64,
    })
}

/// Drafts from a change for the worse to the fall of the level, and how many bad ones went out; [`LONGEST`] where it does not fall. A level
/// that fell before the change was raised again.
fn until_the_fall(draws: &mut Draws, mut office: Released, world: World) -> (u64, u64) {
    for _ in 0..world.later_after {
        office.draft(draws, world.bad);
        if office.level == Level::Crawl {
            office.raise_again();
        }
    }
    let (since, out) = (office.drafts, office.bad_out);
    while office.level != Level::Crawl && office.drafts - since < LONGEST {
        office.draft(draws, world.bad_later);
    }
    (office.drafts - since, office.bad_out - out)
}

#[cfg(test)]
mod tests {
    use super::*;

    const STREAMS: Streams = Streams { seed: 7, count: 100 };
    const POLICY: Policy = Policy { epsilon: 0.05, delta: 0.05, audit_share: 0.1, threshold: 0.0, due_hours: 24.0 };
    const WORLD: World = World {
        bad: 0.0,
        noticed: 1.0,
        late: 0,
        bad_later: 0.5,
        later_after: 500,
        per_day: 96.0,
        tells: 0.0,
        worse_share: 0.0,
        worse_times: 1.0,
    };

    #[test]
    fn clean_drafts_raise_a_level_after_ninety_six_decisions_and_nothing_bad_goes_out() {
        let told = forecast(STREAMS, POLICY, WORLD).unwrap();
        assert_eq!(told.decisions, [Some(96); 3]);
        assert_eq!((told.raised, told.days, told.bad_out, told.held), (1.0, Some(1.0), 0.0, 0.0));
        // The first sixty audits are of a thin slice, and drawn with twice the share: 300 drafts at 20 %, the rest at 10 %.
        assert!((told.audited - 0.11).abs() < 0.005, "{}", told.audited);
        assert!(told.drafts_to_alarm.is_some_and(|n| n < 200), "{:?}", told.drafts_to_alarm);
    }

    #[test]
    fn drafts_twice_as_bad_as_allowed_are_hardly_ever_raised_and_mostly_held_after_it() {
        let told = forecast(STREAMS, POLICY, World { bad: 0.1, ..WORLD }).unwrap();
        assert!(told.raised < 0.03, "{}", told.raised);
        assert!(told.held > 0.3, "{}", told.held);
        assert_eq!(told.decisions[1], None);
    }

    #[test]
    fn reviewers_who_notice_nothing_give_no_alarm() {
        let told = forecast(Streams { count: 20, ..STREAMS }, POLICY, World { noticed: 0.0, ..WORLD }).unwrap();
        assert_eq!(told.drafts_to_alarm, None);
        assert!(told.bad_out_until_alarm > 9_000.0, "{}", told.bad_out_until_alarm);
    }

    #[test]
    fn with_a_confidence_that_tells_a_level_can_be_raised_where_a_blind_one_cannot() {
        let (policy, world) = (Policy { threshold: 0.9, ..POLICY }, World { bad: 0.1, ..WORLD });
        let few = Streams { count: 40, ..STREAMS };
        let blind = forecast(few, policy, world).unwrap();
        let told = forecast(few, policy, World { tells: 3.0, ..world }).unwrap();
        assert!(told.raised > 0.9 && blind.raised < 0.2, "{} against {}", told.raised, blind.raised);
        assert!(told.held < 0.5 && blind.held > 0.9, "{} against {}", told.held, blind.held);
    }

    #[test]
    fn a_worse_slice_holds_a_raise_up_though_the_total_is_good() {
        let world = World { bad: 0.005, ..WORLD };
        let even = forecast(STREAMS, POLICY, world).unwrap();
        let hidden = forecast(STREAMS, POLICY, World { worse_share: 0.05, worse_times: 100.0, ..world }).unwrap();
        assert!(even.raised > 0.99 && hidden.raised < 0.1, "{} and {}", even.raised, hidden.raised);
    }

    #[test]
    fn verdicts_that_come_after_their_audits_are_due_slow_the_stream_down() {
        let world = World { bad: 0.0, per_day: 50.0, ..WORLD };
        let prompt = forecast(Streams { count: 40, ..STREAMS }, POLICY, world).unwrap();
        let late = forecast(Streams { count: 40, ..STREAMS }, POLICY, World { late: 100, ..world }).unwrap();
        assert_eq!(prompt.held, 0.0);
        assert!(late.held > 0.3, "{}", late.held);
    }

    #[test]
    fn a_share_that_cannot_be_is_refused() {
        assert_eq!(forecast(STREAMS, Policy { epsilon: 0.0, ..POLICY }, WORLD), None);
        assert_eq!(forecast(STREAMS, POLICY, World { bad: 1.5, ..WORLD }), None);
        assert_eq!(forecast(STREAMS, POLICY, World { per_day: 0.0, ..WORLD }), None);
    }
}
