//! What a step has seen so far, as a value that one decision after another is taken into.
//!
//! Invariant: a state that was stored and read back goes on to the bit; evidence computed from all decisions is this state begun
//! anew and told all of them.

use super::weigh::{Loss, Place, place};
use super::{CurvePoint, Figures, Gold, Judged, LeftOut, NotCounted, RungEvidence, RungState, SliceEvidence, StepEvidence};
use crate::charter::Limit;
use crate::clock::Millis;
use crate::confidence::ThresholdBy;
use crate::epoch::Epoch;
use crate::seeded::Golds;
use crate::statistics::evidence::{EProcess, LowestBound, corrected_for_missed, delta_of_epoch, proves_with_golds, slices_by_e_bh};
use crate::statistics::threshold::{Ladder, Mark, Rung};
use crate::use_case::{Audience, Level};
use serde::{Deserialize, Serialize};
use std::cmp::Ordering;

/// The stream of one step: the drafts that it would newly let out alone.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Stream {
    pub(super) to: Level,
    pub(super) audience: Audience,
    limit: Limit,
    all: Tally,
    /// Sorted by name, those without one first.
    slices: Vec<(Option<String>, Tally)>,
    /// Sorted by reason.
    left_out: Vec<LeftOut>,
    curve: Curve,
    recent: Recent,
    /// The ladder of the epoch, where one was laid for this audience.
    trial: Option<Trial>,
}

impl Stream {
    /// Both streams of an epoch, before its first decision. `None` where the epoch has an ε or δ outside of (0, 1).
    pub fn begin(epoch: &Epoch) -> Option<[Self; 2]> {
        let limits = epoch.key.limits;
        Some([
            Self::of_step(epoch, Level::Walk, Audience::Internal, limits.walk)?,
            Self::of_step(epoch, Level::Run, Audience::External, limits.run)?,
        ])
    }

    fn of_step(epoch: &Epoch, to: Level, audience: Audience, limit: Limit) -> Option<Self> {
        let attempt = delta_of_epoch(limit.delta, u64::try_from(epoch.attempt).ok()?)?;
        // The other half is for what people miss.
        let delta = if epoch.key.gold_share > 0.0 { attempt / 2.0 } else { attempt };
        Some(Self {
            to,
            audience,
            limit,
            all: Tally { process: EProcess::of_all(limit.epsilon, delta)?, lowest: LowestBound::default(), bad: 0 },
            slices: Vec::new(),
            left_out: Vec::new(),
            curve: Curve::default(),
            recent: Recent::default(),
            trial: match (epoch.key.threshold_by, epoch.ladder(audience)) {
                (ThresholdBy::Ladder, Some(laid)) => Some(Trial::begin(&laid.marks, limit.epsilon, delta)?),
                (ThresholdBy::Ladder, None) | (ThresholdBy::Person, _) => None,
            },
        })
    }

    /// Whether it began as this one does: with the same limit, as much of δ, and the same ladder.
    pub(super) fn began_as(&self, fresh: &Self) -> bool {
        let ladder = |stream: &Self| stream.trial.as_ref().map(|trial| trial.ladder.before_all());
        self.limit == fresh.limit && self.all.process.before_all() == fresh.all.process && ladder(self) == ladder(fresh)
    }

    /// Takes the next decision, in the order of items. `known` is asked of each draft that belongs to the stream: whether an older
    /// one that belongs to it answered the same request.
    ///
    /// # Errors
    /// That of `known`; nothing was taken then.
    pub fn take<E>(&mut self, epoch: &Epoch, decision: &Judged, known: impl FnOnce() -> Result<bool, E>) -> Result<(), E> {
        match place(epoch, self.audience, decision, known)? {
            Place::Counts(loss) => {
                self.try_on(&loss);
                self.count(decision, &loss);
            }
            Place::Looser(loss) => {
                self.try_on(&loss);
                self.leave_out(NotCounted::NotConfident, 1, u64::from(loss.bad));
            }
            Place::LeftOut(why, loss) => self.leave_out(why, 1, u64::from(loss.bad)),
        }
        Ok(())
    }

    fn try_on(&mut self, loss: &Loss) {
        if let Some(trial) = &mut self.trial {
            trial.push(loss);
        }
    }

    /// The loosest threshold of the ladder that passed; `None` until one does.
    /// `golds` as in [`Stream::evidence`].
    pub fn threshold(&self, epoch: &Epoch, golds: Golds) -> Option<f64> {
        let trial = self.trial.as_ref()?;
        let last = trial.passed(self.gold(epoch, golds)).checked_sub(1)?;
        trial.ladder.rungs().get(last).map(|rung| rung.threshold)
    }

    /// What people found of the known-bad items, where some are put in.
    fn gold(&self, epoch: &Epoch, golds: Golds) -> Option<Gold> {
        let delta = self.all.process.delta();
        (epoch.key.gold_share > 0.0).then(|| Gold { seeded: golds.seeded, caught: golds.caught, miss_bound: golds.miss_bound(delta) })
    }

    fn count(&mut self, decision: &Judged, loss: &Loss) {
        let at = self.slices.binary_search_by(|(slice, _)| slice.cmp(&decision.slice)).unwrap_or_else(|at| {
            let nothing = Tally { process: self.all.process.before_all(), lowest: LowestBound::default(), bad: 0 };
            self.slices.insert(at, (decision.slice.clone(), nothing));
            at
        });
        self.slices[at].1.push(loss);
        self.all.push(loss);
        self.curve.look(&self.all);
        self.recent.count(decision.at);
    }

    /// Decisions that do not count for one reason, so many of them bad.
    pub(super) fn leave_out(&mut self, why: NotCounted, decisions: u64, bad: u64) {
        if decisions == 0 {
            return;
        }
        let at = self.left_out.binary_search_by_key(&why, |left| left.why).unwrap_or_else(|at| {
            self.left_out.insert(at, LeftOut { why, decisions: 0, bad: 0 });
            at
        });
        self.left_out[at].decisions += decisions;
        self.left_out[at].bad += bad;
    }

    /// What it shows at a time. Where known-bad items are put in, `golds` are those for its receivers that were decided in the epoch, and
    /// the error rate that the verdicts show is only the part of it that people see.
    pub fn evidence(&self, epoch: &Epoch, now: Millis, golds: Golds) -> StepEvidence {
        let delta = self.all.process.delta();
        let gold = self.gold(epoch, golds);
        let missed = gold.map_or(0.0, |gold| gold.miss_bound);
        let figures = |tally: &Tally| tally.figures(self.limit.epsilon, missed);
        let proven = slices_by_e_bh(&self.slices.iter().map(|(_, tally)| figures(tally).log_e).collect::<Vec<_>>(), delta);
        let curve = self.curve.up_to(&self.all, missed);
        let sliced = self.slices.iter().any(|(slice, _)| slice.is_some());
        StepEvidence {
            to: self.to,
            audience: self.audience,
            epoch: epoch.n,
            attempt: epoch.attempt,
            charter: epoch.charter_n,
            epsilon: self.limit.epsilon,
            delta,
            all: figures(&self.all),
            slices: self
                .slices
                .iter()
                .enumerate()
                .filter(|_| sliced)
                .map(|(at, (slice, tally))| SliceEvidence { slice: slice.clone(), figures: figures(tally), proven: proven.contains(&at) })
                .collect(),
            left_out: self.left_out.clone(),
            crossed_at: match gold {
                None => self.all.process.reached_at(),
                // By what is known now of what people miss.
                Some(_) => curve.iter().find(|point| point.bound <= self.limit.epsilon).map(|point| point.n),
            },
            curve,
            gold,
            rate_per_day: self.recent.per_day(now),
            ladder: self.trial.as_ref().map(|trial| trial.evidence(gold)).unwrap_or_default(),
        }
    }
}

/// The thresholds that are tried, and how many bad ones each of them would have let out.
///
/// It is told of drafts that people decided. Once the first threshold has passed and the level is raised, those above it go out alone, and a
/// looser threshold sees only drafts between the two. That is no weaker: if too many of what it lets out are bad while few are above the one
/// that passed, then too many are bad between them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Trial {
    ladder: Ladder,
    bad: Vec<u64>,
}

impl Trial {
    fn begin(marks: &[Mark], epsilon: f64, delta: f64) -> Option<Self> {
        Some(Self { ladder: Ladder::on(marks, epsilon, delta, 1.0)?, bad: vec![0; marks.len()] })
    }

    fn push(&mut self, loss: &Loss) {
        for (rung, bad) in self.ladder.rungs().iter().zip(&mut self.bad) {
            *bad += u64::from(loss.bad && loss.score >= rung.threshold);
        }
        self.ladder.push(loss.score, loss.loss);
    }

    /// How many thresholds passed, from the strictest on: those whose evidence was once enough. Where known-bad items are put in, those for
    /// which it is enough by what is known now of what people miss.
    fn passed(&self, gold: Option<Gold>) -> usize {
        match gold {
            None => self.ladder.passed_count(),
            Some(gold) => self.ladder.rungs().iter().take_while(|rung| proves_with_golds(&rung.process, gold.miss_bound)).count(),
        }
    }

    fn evidence(&self, gold: Option<Gold>) -> Vec<RungEvidence> {
        let (passed, missed) = (self.passed(gold), gold.map_or(0.0, |gold| gold.miss_bound));
        let rung = |(at, (rung, bad)): (usize, (&Rung, &u64))| RungEvidence {
            coverage: rung.coverage,
            threshold: rung.threshold,
            counted: rung.process.n(),
            bad: *bad,
            log_e: rung.process.log_e_at(rung.process.epsilon() * (1.0 - missed)).unwrap_or(0.0),
            state: match at.cmp(&passed) {
                Ordering::Less => RungState::Passed,
                Ordering::Equal => RungState::Trying,
                Ordering::Greater => RungState::Waiting,
            },
        };
        self.ladder.rungs().iter().zip(&self.bad).enumerate().map(rung).collect()
    }
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Tally {
    process: EProcess,
    lowest: LowestBound,
    bad: u64,
}

impl Tally {
    fn push(&mut self, loss: &Loss) {
        self.process.push(loss.loss);
        self.lowest.look(&self.process);
        self.bad += u64::from(loss.bad);
    }

    /// Against ε, where people miss this share at most ([`proves_with_golds`](crate::statistics::evidence::proves_with_golds)).
    fn figures(&self, epsilon: f64, missed: f64) -> Figures {
        let seen = epsilon * (1.0 - missed);
        Figures {
            counted: self.process.n(),
            bad: self.bad,
            // Of people who may miss everything nothing is shown.
            log_e: self.process.log_e_at(seen).unwrap_or(0.0),
            needed: -self.process.delta().ln(),
            upper_bound: corrected_for_missed(self.process.upper_bound(), missed),
            lowest_bound: corrected_for_missed(self.lowest.get(), missed),
            more_clean_needed: self.process.more_clean_needed_at(seen),
        }
    }

    fn point(&self) -> CurvePoint {
        CurvePoint { n: self.process.n(), bad: self.bad, bound: self.lowest.get(), log_e: self.process.log_e() }
    }
}

/// Points that a curve has at most; with the one of now it is one more.
const POINTS: usize = 199;

/// How the evidence came about, at every so many counted decisions: when there are too many points, every other one goes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Curve {
    every: u64,
    points: Vec<CurvePoint>,
}

impl Default for Curve {
    fn default() -> Self {
        Self { every: 1, points: Vec::new() }
    }
}

impl Curve {
    fn look(&mut self, tally: &Tally) {
        if !tally.process.n().is_multiple_of(self.every) {
            return;
        }
        self.points.push(tally.point());
        if self.points.len() > POINTS {
            self.every = self.every.saturating_mul(2);
            self.points.retain(|point| point.n.is_multiple_of(self.every));
        }
    }

    fn up_to(&self, now: &Tally, missed: f64) -> Vec<CurvePoint> {
        let mut points = self.points.clone();
        let n = now.process.n();
        if n > 0 && points.last().is_none_or(|last| last.n < n) {
            points.push(now.point());
        }
        points.into_iter().map(|point| CurvePoint { bound: corrected_for_missed(point.bound, missed), ..point }).collect()
    }
}

/// Days that a rate is told of.
const DAYS: usize = 14;

/// Counted decisions of the newest days on which there were any, oldest first.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
struct Recent(Vec<(i64, u64)>);

impl Recent {
    fn count(&mut self, at: Millis) {
        let day = at.day();
        match self.0.binary_search_by_key(&day, |(day, _)| *day) {
            Ok(at) => self.0[at].1 += 1,
            Err(at) => {
                self.0.insert(at, (day, 1));
                if self.0.len() > DAYS {
                    self.0.remove(0);
                }
            }
        }
    }

    /// Over the last days, today included; of a shorter history over what there is of it.
    fn per_day(&self, now: Millis) -> Option<f64> {
        let today = now.day();
        let lately = || self.0.iter().filter(|(day, _)| (today - DAYS as i64 + 1..=today).contains(day));
        let whole = self.0.len() == DAYS || self.0.first().is_some_and(|(day, _)| *day <= today - DAYS as i64);
        let days = if whole { DAYS as i64 } else { today - lately().next()?.0 + 1 };
        let counted: u64 = lately().map(|(_, n)| n).sum();
        (counted > 0).then(|| counted as f64 / days as f64)
    }
}

#[cfg(test)]
mod tests;
