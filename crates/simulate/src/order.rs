//! Evidence that comes in the wrong order, or again and again.

use crate::raises::{DECISIONS, DELTA, process};
use crate::stream::{Draws, Streams};
use crate::table::{Table, Wanted};
use flow::statistics::evidence::{EProcess, delta_of_epoch, settled};

const EPSILON: f64 = 0.05;

/// When the verdict of each draft comes and whether it is bad; a draft is submitted every unit of time.
fn late(draws: &mut Draws, wait_if_bad: f64) -> Vec<(f64, bool)> {
    let draft = |at: u64| {
        let bad = draws.chance(EPSILON);
        (at as f64 + draws.wait(if bad { wait_if_bad } else { 5.0 }), bad)
    };
    (0..DECISIONS).map(draft).collect()
}

pub(crate) fn measure(streams: Streams, table: &mut Table<'_>) {
    table.section("Order: bad verdicts come later than good ones (after 5 drafts on average), true error ε = 5 %");
    for (wait, wanted) in [(30.0, Wanted::Nothing), (100.0, Wanted::Shares(0.32, 0.95)), (300.0, Wanted::Shares(0.32, 0.95))] {
        let figure = format!("wrongly raised in the order of verdicts, bad ones after {wait} drafts");
        let measured = streams.share(&figure, |draws| {
            let mut verdicts = late(draws, wait);
            verdicts.retain(|(at, _)| *at <= DECISIONS as f64);
            verdicts.sort_by(|a, b| a.0.total_cmp(&b.0));
            let mut process = process(EPSILON);
            verdicts.iter().any(|(_, bad)| {
                process.push_verdict(*bad);
                process.reached_at().is_some()
            })
        });
        table.row(&figure, &wanted, measured, streams.count);
        let figure = format!("in the order of submission up to the oldest open one, bad ones after {wait} drafts");
        let measured = streams.share(&figure, |draws| {
            let verdicts = late(draws, wait);
            let mut process = process(EPSILON);
            (200..=DECISIONS).step_by(200).any(|now| {
                let known = |(at, bad): &(f64, bool)| (*at <= now as f64).then_some(if *bad { 1.0 } else { 0.0 });
                let open: Vec<Option<f64>> = verdicts[..now as usize].iter().map(known).collect();
                let seen = process.n() as usize;
                settled(&open).skip(seen).for_each(|loss| process.push(loss));
                process.reached_at().is_some()
            })
        });
        table.row(&figure, &Wanted::AtMost(0.055), measured, streams.count);
    }

    table.section("Retries: a new drafter version after each bad decision, true error ε = 5 %");
    for (figure, wanted, spends) in [
        ("wrongly raised with δ anew each time", Wanted::Share(0.97, 0.02), false),
        ("with δ/(k(k+1)) for the k-th", Wanted::AtMost(0.055), true),
    ] {
        let measured = streams.share(figure, |draws| {
            let attempt = |epoch: u64| {
                let delta = if spends { delta_of_epoch(DELTA, epoch) } else { Some(DELTA) };
                delta.and_then(|delta| EProcess::of_all(EPSILON, delta)).expect("ε and δ are fractions")
            };
            let (mut epoch, mut process) = (1, attempt(1));
            (0..DECISIONS).any(|_| {
                let bad = draws.chance(EPSILON);
                process.push_verdict(bad);
                let raised = process.reached_at().is_some();
                if bad {
                    epoch += 1;
                    process = attempt(epoch);
                }
                raised
            })
        });
        table.row(figure, &wanted, measured, streams.count);
    }

    table.section("Queues sorted by ease: of each 400 drafts 200 easy ones at ε/5 and 200 hard ones at 9 ε/5, ε = 5 %");
    for (figure, wanted, sorted) in [
        ("wrongly raised where reviewers take the easy ones first and all count", Wanted::Shares(0.5, 1.0), true),
        ("in the order of arrival", Wanted::AtMost(0.055), false),
    ] {
        let measured = streams.share(figure, |draws| {
            let mut process = process(EPSILON);
            (0..DECISIONS).any(|at| {
                let easy = if sorted { at % 400 < 200 } else { draws.chance(0.5) };
                process.push_verdict(draws.chance(if easy { EPSILON / 5.0 } else { 9.0 * EPSILON / 5.0 }));
                process.reached_at().is_some()
            })
        });
        table.row(figure, &wanted, measured, streams.count);
    }
}
