//! What a policy would do with drafts of a given quality, before real ones are at stake.

use crate::stream::{Draws, Streams};
use flow::statistics::audit::{Brake, Plan, clearance_for};
use flow::statistics::drift::{DEFAULT_RUN, Detector};
use flow::statistics::evidence::{EProcess, delta_of_epoch};
use serde::{Deserialize, Serialize};
use std::collections::VecDeque;

/// What an admin lays down.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Policy {
    /// The error rate that must not be exceeded, and how likely a raise in spite of it may be; both in (0, 1).
    pub epsilon: f64,
    pub delta: f64,
    /// Of what goes out alone, 0.01–1.
    pub audit_share: f64,
}

/// How things are, which nobody knows beforehand.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct World {
    /// Share of the confident drafts that are bad, 0–1.
    pub bad: f64,
    /// Share of the bad ones that reviewers notice, 0–1.
    pub noticed: f64,
    /// So many drafts are made before the verdict on one is known.
    pub late: usize,
    /// The share that is bad from one day on.
    pub bad_later: f64,
    /// Confident drafts a day.
    pub per_day: f64,
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
    /// After the raise, for as long as nothing changes: share of the drafts that a person sees before they go out (the brake), share
    /// that is audited afterwards, and bad ones that go out of 1,000 drafts.
    pub held: f64,
    pub audited: f64,
    pub bad_out: f64,
    /// From the day on which it gets worse: drafts until the alarm lowers the level (half of the streams), and the mean number of
    /// bad ones that go out until then. `None` where it gives no alarm within [`LONGEST`] drafts in half of the streams.
    pub drafts_to_alarm: Option<u64>,
    pub bad_out_until_alarm: f64,
}

/// Decisions and drafts that a stream is followed for.
pub const LONGEST: u64 = 20_000;
/// Of a stream after its raise.
const STEADY: u64 = 3_000;
const WHILE: u32 = 500;

/// `None` where a share is outside of its range.
pub fn forecast(streams: Streams, policy: Policy, world: World) -> Option<Forecast> {
    let shares = [world.bad, world.noticed, world.bad_later];
    if shares.iter().any(|share| !(0.0..=1.0).contains(share))
        || world.per_day.is_nan()
        || world.per_day <= 0.0
        || world.late > LONGEST as usize
    {
        return None;
    }
    first_attempt(policy)?;
    Detector::new(policy.epsilon, DEFAULT_RUN)?;
    let plan = Plan { clearance: clearance_for(policy.epsilon, policy.audit_share)?, fraction: policy.audit_share };

    let mut raises = streams.run("raise", |draws| raised_after(draws, policy, world).unwrap_or(u64::MAX));
    raises.sort_unstable();
    let at = |part: f64| Some(raises[((raises.len() - 1) as f64 * part) as usize]).filter(|n| *n < u64::MAX);
    let steady = streams.run("steady", |draws| {
        let mut stream = Released::new(plan, world.late);
        (0..STEADY).for_each(|_| stream.draft(draws, world.bad, world.noticed));
        [stream.held, stream.audited, stream.bad_out].map(|n| n as f64 / STEADY as f64)
    });
    let mean = |at: usize| steady.iter().map(|figures| figures[at]).sum::<f64>() / streams.count as f64;
    let mut worse = streams.run("worse", |draws| until_alarm(draws, plan, policy, world));
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
        bad_out_until_alarm: worse.iter().map(|(_, bad)| *bad as f64).sum::<f64>() / streams.count as f64,
    })
}

/// The evidence of a first attempt, which may spend half of δ.
fn first_attempt(policy: Policy) -> Option<EProcess> {
    EProcess::of_all(policy.epsilon, delta_of_epoch(policy.delta, 1)?)
}

/// Decisions until the level could be raised, every one looked at.
fn raised_after(draws: &mut Draws, policy: Policy, world: World) -> Option<u64> {
    let mut process = first_attempt(policy)?;
    for _ in 0..LONGEST {
        process.push_verdict(draws.chance(world.bad * world.noticed));
        if let Some(at) = process.reached_at() {
            return Some(at);
        }
    }
    None
}

/// What goes out alone after a raise: audits, and the brake.
struct Released {
    plan: Plan,
    brake: Brake,
    late: usize,
    open: VecDeque<Option<bool>>,
    held: u64,
    audited: u64,
    bad_out: u64,
}

impl Released {
    fn new(plan: Plan, late: usize) -> Self {
        Self { plan, brake: Brake::Off, late, open: VecDeque::new(), held: 0, audited: 0, bad_out: 0 }
    }

    /// One more draft; a verdict that became known is told.
    fn next(&mut self, draws: &mut Draws, bad: f64, noticed: f64) -> Option<bool> {
        let (is_bad, seen) = (draws.chance(bad), draws.chance(noticed));
        let held = self.brake.probability(self.plan) >= 1.0;
        let judged = held || draws.chance(self.plan.fraction);
        self.held += u64::from(held);
        self.audited += u64::from(judged && !held);
        self.bad_out += u64::from(is_bad && !(held && seen));
        self.open.push_back(judged.then_some(is_bad && seen));
        if self.open.len() <= self.late {
            return None;
        }
        let verdict = self.open.pop_front().flatten();
        if let Some(bad) = verdict {
            self.brake = self.brake.after(self.plan, bad);
        }
        verdict
    }

    fn draft(&mut self, draws: &mut Draws, bad: f64, noticed: f64) {
        let _ = self.next(draws, bad, noticed);
    }
}

/// Drafts from a change for the worse to the alarm, and how many bad ones went out; [`LONGEST`] where there is no alarm.
fn until_alarm(draws: &mut Draws, plan: Plan, policy: Policy, world: World) -> (u64, u64) {
    let detector = || Detector::new(policy.epsilon, DEFAULT_RUN).expect("ε was looked at");
    let mut alarm = detector();
    for _ in 0..WHILE {
        alarm.push(draws.chance(world.bad * world.noticed));
        if alarm.alarm_at().is_some() {
            alarm = detector();
        }
    }
    let mut stream = Released::new(plan, world.late);
    for n in 1..=LONGEST {
        if let Some(bad) = stream.next(draws, world.bad_later, world.noticed) {
            alarm.push(bad);
        }
        if alarm.alarm_at().is_some() {
            return (n, stream.bad_out);
        }
    }
    (LONGEST, stream.bad_out)
}

#[cfg(test)]
mod tests {
    use super::*;

    const STREAMS: Streams = Streams { seed: 7, count: 200 };
    const POLICY: Policy = Policy { epsilon: 0.05, delta: 0.05, audit_share: 0.1 };
    const WORLD: World = World { bad: 0.0, noticed: 1.0, late: 0, bad_later: 0.5, per_day: 96.0 };

    #[test]
    fn clean_drafts_raise_a_level_after_ninety_six_decisions_and_nothing_bad_goes_out() {
        let told = forecast(STREAMS, POLICY, WORLD).unwrap();
        assert_eq!(told.decisions, [Some(96); 3]);
        assert_eq!((told.raised, told.days, told.bad_out, told.held), (1.0, Some(1.0), 0.0, 0.0));
        assert!((told.audited - 0.1).abs() < 0.01, "{}", told.audited);
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
    fn a_share_that_cannot_be_is_refused() {
        assert_eq!(forecast(STREAMS, Policy { epsilon: 0.0, ..POLICY }, WORLD), None);
        assert_eq!(forecast(STREAMS, POLICY, World { bad: 1.5, ..WORLD }), None);
        assert_eq!(forecast(STREAMS, POLICY, World { per_day: 0.0, ..WORLD }), None);
    }
}
