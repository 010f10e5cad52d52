//! The threshold: how often it is wrong, and what coverage it reaches.

use crate::raises::{DECISIONS, DELTA, process};
use crate::stream::{Draws, Streams};
use crate::table::{Table, Wanted};
use flow::statistics::evidence::EProcess;
use flow::statistics::threshold::Ladder;

/// Unlabelled scores on which thresholds are laid.
const EARLIER: usize = 1000;

/// Scores of good and bad drafts are normal with deviation 1, and `apart` from each other.
#[derive(Clone, Copy)]
struct World {
    bad: f64,
    apart: f64,
}

impl World {
    fn draft(self, draws: &mut Draws) -> (f64, bool) {
        let bad = draws.chance(self.bad);
        (draws.normal() + if bad { 0.0 } else { self.apart }, bad)
    }

    fn ladder(self, draws: &mut Draws, epsilon: f64) -> Ladder {
        let earlier: Vec<f64> = (0..EARLIER).map(|_| self.draft(draws).0).collect();
        Ladder::laid_on(&earlier, epsilon, DELTA, 1.0).expect("ε and δ are fractions")
    }

    /// A million drafts, the highest score first, with the error rate down to each.
    fn errors(self, streams: Streams) -> Vec<(f64, f64)> {
        let one = Streams { count: 1, ..streams };
        let mut drafts = one.run("a million drafts", |draws| (0..1_000_000).map(|_| self.draft(draws)).collect::<Vec<_>>()).remove(0);
        drafts.sort_by(|a, b| b.0.total_cmp(&a.0));
        let mut bad = 0.0;
        let down_to = |(at, (score, is_bad)): (usize, (f64, bool))| {
            bad += f64::from(u8::from(is_bad));
            (score, bad / (at + 1) as f64)
        };
        drafts.into_iter().enumerate().map(down_to).collect()
    }
}

pub(crate) fn measure(streams: Streams, table: &mut Table<'_>) {
    table.section("Threshold: a useless score, true error ε = 5 % everywhere, 4,000 decisions, every one looked at");
    let useless = World { bad: 0.05, apart: 0.0 };
    let figure = "violations by fixed-sequence testing";
    let measured = streams.share(figure, |draws| {
        let mut ladder = useless.ladder(draws, 0.05);
        (0..DECISIONS).any(|_| {
            let (score, bad) = useless.draft(draws);
            ladder.push(score, if bad { 1.0 } else { 0.0 });
            ladder.coverage() > 0.0
        })
    });
    table.row(figure, &Wanted::AtMost(0.055), measured, streams.count);
    let figure = "violations by one uncorrected e-process for each of 20 thresholds, looks every 4 items";
    let measured = streams.share(figure, |draws| {
        let mut each: Vec<EProcess> = (0..20).map(|_| process(0.05)).collect();
        (1..=DECISIONS).any(|at| {
            let (first, bad) = ((draws.uniform() * 20.0) as usize, draws.chance(0.05));
            each[first..].iter_mut().for_each(|process| process.push_verdict(bad));
            at % 4 == 0 && each.iter().any(|process| process.reached_at().is_some() && process.allows())
        })
    });
    table.row(figure, &Wanted::Share(0.206, 0.04), measured, streams.count);

    table.section("Threshold: scores of which an oracle would let out 79 % (ε 5 %, AUC 0.9) and 64 % (ε 2 %, AUC 0.85)");
    // The share of bad drafts is the one with which an oracle reaches that coverage.
    let worlds = [
        (0.05, 1000, 0.79, 0.63, World { bad: 0.15, apart: 1.812_387_604_8 }),
        (0.02, 3000, 0.64, 0.34, World { bad: 0.08, apart: 1.465_738_155_9 }),
    ];
    for (epsilon, decisions, best, wanted, world) in worlds {
        let errors = world.errors(streams);
        let oracle = errors.iter().rposition(|(_, error)| *error <= epsilon).map_or(0.0, |at| (at + 1) as f64 / errors.len() as f64);
        table.row(&format!("an oracle's coverage, ε {} %", epsilon * 100.0), &Wanted::Near(best, 0.02), oracle, 1);
        let figure = format!("coverage reached after {decisions} decisions, ε {} %", epsilon * 100.0);
        let ended = streams.run(&figure, |draws| {
            let mut ladder = world.ladder(draws, epsilon);
            for _ in 0..decisions {
                let (score, bad) = world.draft(draws);
                ladder.push(score, if bad { 1.0 } else { 0.0 });
            }
            (ladder.coverage(), ladder.passed().map(|rung| rung.threshold))
        });
        let coverage = ended.iter().map(|(coverage, _)| coverage).sum::<f64>() / streams.count as f64;
        table.row(&figure, &Wanted::Near(wanted, 0.1), coverage, streams.count);
        let error_at = |threshold: f64| errors[errors.partition_point(|(score, _)| *score >= threshold).saturating_sub(1)].1;
        let violated = ended.iter().filter(|(_, threshold)| threshold.is_some_and(|threshold| error_at(threshold) > epsilon)).count();
        table.row(
            &format!("violations there, ε {} %", epsilon * 100.0),
            &Wanted::AtMost(0.055),
            violated as f64 / streams.count as f64,
            streams.count,
        );
    }
}
