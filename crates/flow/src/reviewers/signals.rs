//! Signs that somebody approves without looking.
//!
//! Invariant: pure, of the decisions of one person or of all together; a word is given by a threshold that is written here, and says "ok"
//! where little is known.
//!
//! What was decided at once with others is not asked for: nobody says that it was read one by one, so that it would only hide how the
//! others were looked at, or make them look worse. Its acceptances are no evidence anyhow, and a known-bad item among it passes as missed.

use crate::evidence::reading_time;
use crate::review::Verdict;
use crate::seeded::Golds;
use crate::statistics::interval::{Sides, clopper_pearson};
use crate::statistics::runs::longest_run_at_least;
use std::time::Duration;

/// What is asked of one decision.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Looked {
    pub verdict: Verdict,
    pub viewed: Duration,
    /// Of the request and of the draft.
    pub characters: u64,
}

impl Looked {
    fn rushed(&self) -> bool {
        self.viewed < reading_time(self.characters)
    }
}

/// What the signs say, the gravest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Word {
    /// Known-bad items pass.
    Misses,
    /// Faster than one can read.
    Fast,
    /// Approvals in a row that chance hardly gives.
    Runs,
    Ok,
}

impl Word {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Misses => "misses",
            Self::Fast => "fast",
            Self::Runs => "runs",
            Self::Ok => "ok",
        }
    }
}

/// More than this share of known-bad items passes, as far as 19 in 20 such figures tell.
pub const MISSES: f64 = 0.1;
/// More than this share of decisions was faster than reading takes.
pub const FAST: f64 = 0.25;
/// So long a run comes by chance less often than this.
pub const RUNS: f64 = 0.001;
/// Under so many decisions nothing is said of how fast they were, or of runs.
pub const ENOUGH: u64 = 20;

/// Signs of the decisions of a person, or of all.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Signals {
    pub decided: u64,
    /// Approved as it stood.
    pub approvals: u64,
    /// Faster than reading takes.
    pub rushed: u64,
    /// Of the time in view.
    pub median: Option<Duration>,
    /// Approvals in a row, and with which probability chance gives one as long or longer where each is approved as often as the team approves.
    pub longest_run: u64,
    pub run_chance: Option<f64>,
    /// Known-bad items that were decided, and how many of them passed; at most this share passes, 95 %, for one look.
    pub seeded: u64,
    pub missed: u64,
    pub miss_bound: Option<f64>,
    pub word: Word,
}

/// The signs of decisions in their order; `acceptance` is the share that the team approves as it stands.
pub fn signals(decisions: &[Looked], golds: Golds, acceptance: Option<f64>) -> Signals {
    let count = |which: fn(&Looked) -> bool| decisions.iter().filter(|looked| which(looked)).count() as u64;
    let decided = decisions.len() as u64;
    let approved = |looked: &Looked| looked.verdict == Verdict::Approve;
    let (approvals, rushed, longest_run) = (count(approved), count(Looked::rushed), longest_run(decisions.iter().map(approved)));
    let run_chance = acceptance.filter(|_| decided > 0).and_then(|p| longest_run_at_least(longest_run, decided, p));
    let mut times: Vec<Duration> = decisions.iter().map(|looked| looked.viewed).collect();
    times.sort_unstable();
    let bound = |sides, confidence| clopper_pearson(golds.missed(), golds.seeded, confidence, sides);
    let surely_missed = bound(Sides::Two, 0.9).map_or(0.0, |interval| interval.low);
    let word = if surely_missed > MISSES {
        Word::Misses
    } else if decided >= ENOUGH && rushed as f64 > FAST * decided as f64 {
        Word::Fast
    } else if decided >= ENOUGH && run_chance.is_some_and(|chance| chance < RUNS) {
        Word::Runs
    } else {
        Word::Ok
    };
    Signals {
        decided,
        approvals,
        rushed,
        median: times.get(times.len() / 2).copied(),
        longest_run,
        run_chance,
        seeded: golds.seeded,
        missed: golds.missed(),
        miss_bound: bound(Sides::Upper, 0.95).map(|interval| interval.high),
        word,
    }
}

fn longest_run(approved: impl Iterator<Item = bool>) -> u64 {
    let (_, longest) = approved.fold((0, 0), |(now, longest), yes| {
        let now = if yes { now + 1 } else { 0 };
        (now, longest.max(now))
    });
    longest
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evidence::CHARACTERS_PER_SECOND;

    fn looked(verdict: Verdict, seconds: u64) -> Looked {
        Looked { verdict, viewed: Duration::from_secs(seconds), characters: 10 * CHARACTERS_PER_SECOND }
    }

    /// So many decisions, every n-th of them rejected, this many of them faster than reading.
    fn some(n: u64, every: u64, fast: u64) -> Vec<Looked> {
        (1..=n)
            .map(|at| {
                let verdict = if at % every == 0 { Verdict::Reject } else { Verdict::Approve };
                looked(verdict, if at <= fast { 1 } else { 12 })
            })
            .collect()
    }

    fn check(decisions: &[Looked], golds: Golds, expected: Word) -> Signals {
        let signals = signals(decisions, golds, Some(0.8));
        assert_eq!(signals.word, expected, "{signals:?}");
        signals
    }

    #[test]
    fn a_word_is_given_where_enough_is_known() {
        let none = Golds::default();
        check(&[], none, Word::Ok);
        check(&some(19, 5, 19), none, Word::Ok);
        check(&some(20, 5, 5), none, Word::Ok);
        check(&some(20, 5, 6), none, Word::Fast);
        check(&some(40, 41, 0), none, Word::Runs);
        check(&some(40, 20, 0), none, Word::Ok);
        check(&some(40, 41, 40), Golds { seeded: 20, caught: 10 }, Word::Misses);
        check(&some(5, 5, 0), Golds { seeded: 4, caught: 4 }, Word::Ok);
        check(&some(5, 5, 0), Golds { seeded: 1, caught: 0 }, Word::Ok);
        check(&some(5, 5, 0), Golds { seeded: 2, caught: 0 }, Word::Misses);
    }

    #[test]
    fn figures_are_of_the_decisions() {
        let signals = check(&some(20, 5, 3), Golds { seeded: 10, caught: 9 }, Word::Ok);
        assert_eq!((signals.decided, signals.approvals, signals.rushed, signals.longest_run), (20, 16, 3, 4));
        assert_eq!((signals.seeded, signals.missed, signals.median), (10, 1, Some(Duration::from_secs(12))));
        let bound = signals.miss_bound.unwrap();
        assert!((0.39..0.40).contains(&bound), "Clopper and Pearson, 1 of 10, one-sided: {bound}");
        let chance = signals.run_chance.unwrap();
        assert!(chance > 0.9, "four in a row come nearly always: {chance}");
        assert_eq!(super::signals(&[], Golds::default(), None).run_chance, None);
    }
}
