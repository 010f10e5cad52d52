//! Raising a level: wrongly, and how soon.

use crate::stream::{Draws, Streams};
use crate::table::{Table, Wanted};
use flow::statistics::evidence::{EProcess, LowestBound, proves_with_golds, slices_by_e_bh};
use flow::statistics::interval::{Sides, clopper_pearson, uniform_mixture, wilson};

pub(crate) const DECISIONS: u64 = 4000;
pub(crate) const DELTA: f64 = 0.05;

pub(crate) fn process(epsilon: f64) -> EProcess {
    EProcess::of_all(epsilon, DELTA).expect("ε and δ are fractions")
}

/// After how many decisions a stream with this error rate is raised, looked at after each of them; `most` + 1 where it never is.
fn raised_after(draws: &mut Draws, epsilon: f64, p: f64, most: u64) -> u64 {
    let mut process = process(epsilon);
    for _ in 0..most {
        process.push_verdict(draws.chance(p));
        if let Some(at) = process.reached_at() {
            return at;
        }
    }
    most + 1
}

/// For each number of bad ones the smallest n with which a rule raises, found with the rule itself.
fn smallest_n(raises: impl Fn(u64, u64) -> bool) -> Vec<u64> {
    let mut n = 1;
    let one = |bad: u64| {
        while n <= DECISIONS && !raises(bad, n.max(bad)) {
            n += 1;
        }
        n
    };
    (0..400).map(one).collect()
}

/// The same for rules that are a table of the numbers of bad ones.
fn raised_by(smallest: &[u64], draws: &mut Draws, p: f64, most: u64) -> u64 {
    let mut bad = 0;
    for n in 1..=most {
        bad += usize::from(draws.chance(p));
        if smallest.get(bad).is_some_and(|needed| n >= *needed) {
            return n;
        }
    }
    most + 1
}

pub(crate) fn measure(streams: Streams, table: &mut Table<'_>) {
    table.section("Raises: 4,000 decisions a stream, looked at after each one");
    for epsilon in [0.05, 0.01] {
        let percent = epsilon * 100.0;
        for (times, limit) in [(1.0, 0.055), (2.0, 0.002)] {
            let figure = format!("wrongly raised at true error {times:.0} ε, ε {percent} %");
            let measured = streams.share(&figure, |draws| raised_after(draws, epsilon, times * epsilon, DECISIONS) <= DECISIONS);
            table.row(&figure, &Wanted::AtMost(limit), measured, streams.count);
        }
        for part in [0.7, 0.8, 0.9] {
            let figure = format!("raised within 4,000 at true error {part} ε, ε {percent} %");
            let measured = streams.share(&figure, |draws| raised_after(draws, epsilon, part * epsilon, DECISIONS) <= DECISIONS);
            table.row(&figure, &Wanted::Nothing, measured, streams.count);
        }
    }
    for (epsilon, wanted) in [(0.05, [79.0, 123.0, 337.0]), (0.01, [402.0, 625.0, 1702.0])] {
        for ((name, p), wanted) in
            [("0 errors", 0.0), ("ε/5, median", epsilon / 5.0), ("ε/2, median", epsilon / 2.0)].into_iter().zip(wanted)
        {
            let figure = format!("decisions to raise at {name}, ε {} %", epsilon * 100.0);
            let measured = streams.median(&figure, |draws| raised_after(draws, epsilon, p, 20_000));
            table.row(&figure, &Wanted::Near(wanted, 0.05), measured, streams.count);
        }
    }
    others(streams, table);
    golds(streams, table);
    slices(streams, table);
}

fn others(streams: Streams, table: &mut Table<'_>) {
    table.section("The same for rules that do not ship, ε 5 %");
    let epsilon = 0.05;
    let rules: [(&str, Wanted, [f64; 3], Vec<u64>); 4] = [
        (
            "running rate ≤ ε after 60",
            Wanted::Share(0.96, 0.03),
            [60.0, 60.0, 60.0],
            smallest_n(|bad, n| n >= 60 && bad as f64 <= epsilon * n as f64),
        ),
        (
            "Wilson 95 %, upper",
            Wanted::Share(0.35, 0.03),
            [52.0, 52.0, 118.0],
            smallest_n(|bad, n| wilson(bad, n, 0.95, Sides::Upper).is_some_and(|i| i.high <= epsilon)),
        ),
        (
            "Clopper–Pearson 95 %, upper",
            Wanted::Share(0.32, 0.03),
            [59.0, 59.0, 153.0],
            smallest_n(|bad, n| clopper_pearson(bad, n, 0.95, Sides::Upper).is_some_and(|i| i.high <= epsilon)),
        ),
        (
            "Robbins' uniform mixture, two-sided",
            Wanted::Share(0.002, 0.002),
            [158.0, 254.0, 778.0],
            smallest_n(|bad, n| uniform_mixture(bad, n, DELTA).is_some_and(|i| i.high <= epsilon)),
        ),
    ];
    for (rule, wrongly, needed, smallest) in &rules {
        let figure = format!("{rule}: wrongly raised at ε");
        let measured = streams.share(&figure, |draws| raised_by(smallest, draws, epsilon, DECISIONS) <= DECISIONS);
        table.row(&figure, wrongly, measured, streams.count);
        for ((name, p), wanted) in
            [("0 errors", 0.0), ("ε/5, median", epsilon / 5.0), ("ε/2, median", epsilon / 2.0)].into_iter().zip(needed)
        {
            let figure = format!("{rule}: decisions at {name}");
            let measured = streams.median(&figure, |draws| raised_by(smallest, draws, p, DECISIONS));
            table.row(&figure, &Wanted::Near(*wanted, 0.05), measured, streams.count);
        }
    }
}

/// True error ε, reviewers who catch half of the bad ones, and 5 % of what they see are seeded items known to be bad.
fn golds(streams: Streams, table: &mut Table<'_>) {
    table.section("Reviewers who catch half of the bad ones, 5 % seeded items, true error ε");
    for epsilon in [0.05, 0.01] {
        let percent = epsilon * 100.0;
        let figure = format!("wrongly raised with the adjustment, ε {percent} %");
        let measured = streams.share(&figure, |draws| {
            let half = || EProcess::of_all(epsilon, DELTA / 2.0).expect("ε and δ are fractions");
            let (mut decisions, mut golds, mut missed) = (half(), half(), LowestBound::default());
            (0..DECISIONS).any(|_| {
                if draws.chance(0.05) {
                    golds.push_verdict(draws.chance(0.5));
                    missed.look(&golds);
                } else {
                    decisions.push_verdict(draws.chance(epsilon) && draws.chance(0.5));
                }
                proves_with_golds(&decisions, missed.get())
            })
        });
        table.row(&figure, &Wanted::AtMost(0.055), measured, streams.count);
        let figure = format!("the same without it, ε {percent} %");
        let measured = streams.share(&figure, |draws| raised_after(draws, epsilon, epsilon / 2.0, DECISIONS) <= DECISIONS);
        // The specification's 100 % is that of ε 5 %; at 1 % half of the streams need 1,702 decisions.
        let wanted = if epsilon > 0.02 { Wanted::Share(1.0, 0.01) } else { Wanted::Nothing };
        table.row(&figure, &wanted, measured, streams.count);
    }
    let figure = "raised with the adjustment at true error ε/5, ε 5 %, reviewers who catch 95 %";
    let measured = streams.share(figure, |draws| {
        let half = || EProcess::of_all(0.05, DELTA / 2.0).expect("ε and δ are fractions");
        let (mut decisions, mut golds, mut missed) = (half(), half(), LowestBound::default());
        (0..DECISIONS).any(|_| {
            if draws.chance(0.05) {
                golds.push_verdict(draws.chance(0.05));
                missed.look(&golds);
            } else {
                decisions.push_verdict(draws.chance(0.01) && draws.chance(0.95));
            }
            proves_with_golds(&decisions, missed.get())
        })
    });
    table.row(figure, &Wanted::Shares(0.9, 1.0), measured, streams.count);
}

/// Ten slices of equal size, ε 5 %: one at 5 ε, nine at a lower rate.
fn slices(streams: Streams, table: &mut Table<'_>) {
    table.section("One slice in ten at 5 ε; 4,000 decisions in all, ε 5 %");
    let chosen_in = |draws: &mut Draws, first: f64, others: f64| {
        let (mut total, mut each) = (process(0.05), vec![process(0.05); 10]);
        for _ in 0..DECISIONS {
            let slice = (draws.uniform() * 10.0) as usize;
            let bad = draws.chance(if slice == 0 { first } else { others });
            total.push_verdict(bad);
            each[slice].push_verdict(bad);
        }
        let log_e: Vec<f64> = each.iter().map(EProcess::log_e).collect();
        (total.reached_at().is_some(), slices_by_e_bh(&log_e, DELTA))
    };
    for (name, others, wanted) in [("ε/5", 0.01, Wanted::Nothing), ("ε/4", 0.0125, Wanted::Share(0.79, 0.05))] {
        let figure = format!("the others at {name}");
        let ended = streams.run(&figure, |draws| chosen_in(draws, 0.25, others));
        let share = |count: usize| count as f64 / streams.count as f64;
        let raised = share(ended.iter().filter(|(total, _)| *total).count());
        let bad = share(ended.iter().filter(|(_, chosen)| chosen.contains(&0)).count());
        table.row(&format!("{figure}: raised on the total, the bad slice with it"), &wanted, raised, streams.count);
        table.row(&format!("{figure}: the bad slice chosen by e-BH"), &Wanted::AtMost(0.055), bad, streams.count);
        let good = ended.iter().map(|(_, chosen)| chosen.iter().filter(|slice| **slice > 0).count() as f64 / 9.0).sum::<f64>();
        table.row(
            &format!("{figure}: good slices chosen by e-BH, of all good ones"),
            &Wanted::Nothing,
            good / streams.count as f64,
            streams.count,
        );
    }
    let figure = "false ones among the chosen, one slice at ε, the others at ε/5";
    let measured = streams.mean(figure, |draws| {
        let (_, chosen) = chosen_in(draws, 0.05, 0.01);
        f64::from(u8::from(chosen.contains(&0))) / chosen.len().max(1) as f64
    });
    table.row(figure, &Wanted::AtMost(0.055), measured, streams.count);
}
