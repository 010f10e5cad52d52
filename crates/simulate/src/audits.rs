//! Audits: the plan, the alarm, what escapes, and what a sample says.

use crate::raises::DELTA;
use crate::stream::{Draws, Streams};
use crate::table::{Table, Wanted};
use flow::statistics::audit::{Brake, Plan, aoql, clearance_for, curve, estimate};
use flow::statistics::drift::{DEFAULT_RUN, Detector};
use flow::statistics::evidence::{EProcess, weighted};
use std::collections::VecDeque;

const FRACTION: f64 = 0.1;
/// Audits before a drift.
const WHILE: u32 = 500;

fn detector(epsilon: f64) -> Detector {
    Detector::new(epsilon, DEFAULT_RUN).expect("ε is a fraction")
}

/// Audited items from the beginning to a false alarm.
fn run_length(draws: &mut Draws, epsilon: f64) -> f64 {
    let mut detector = detector(epsilon);
    while detector.alarm_at().is_none() {
        detector.push(draws.chance(epsilon));
    }
    detector.n() as f64
}

/// A detector that has seen a while at half of ε; false alarms begin anew.
fn warm(draws: &mut Draws, epsilon: f64) -> Detector {
    let mut detector = self::detector(epsilon);
    for _ in 0..WHILE {
        detector.push(draws.chance(epsilon / 2.0));
        if detector.alarm_at().is_some() {
            detector = self::detector(epsilon);
        }
    }
    detector
}

/// Audited items from a drift to the alarm.
fn delay(draws: &mut Draws, epsilon: f64, p: f64) -> f64 {
    let mut detector = warm(draws, epsilon);
    let begun = detector.n();
    while detector.alarm_at().is_none() {
        detector.push(draws.chance(p));
    }
    (detector.n() - begun) as f64
}

fn plan_for(epsilon: f64) -> Plan {
    Plan { clearance: clearance_for(epsilon, FRACTION).expect("ε is a fraction"), fraction: FRACTION }
}

/// Bad items that go out unseen from a drift, which begins while the brake is off, to the alarm. Verdicts come `late` items after delivery.
fn escapes(draws: &mut Draws, epsilon: f64, p: f64, brakes: bool, late: usize) -> f64 {
    let (plan, mut brake, mut detector) = (plan_for(epsilon), Brake::Off, warm(draws, epsilon));
    let mut open: VecDeque<Option<bool>> = VecDeque::new();
    let mut escaped = 0.0;
    while detector.alarm_at().is_none() {
        let bad = draws.chance(p);
        let audited = draws.chance(brake.probability(plan));
        escaped += f64::from(u8::from(bad && !audited));
        open.push_back(audited.then_some(bad));
        if open.len() > late
            && let Some(bad) = open.pop_front().flatten()
        {
            detector.push(bad);
            if brakes {
                brake = brake.after(plan, bad);
            }
        }
    }
    escaped
}

pub(crate) fn measure(streams: Streams, table: &mut Table<'_>) {
    table.section("The plan at the rate at which it lets out most: measured average outgoing error against the formula");
    let few = Streams { count: streams.count / 10, ..streams };
    for (limit, i) in [(0.005, 220.0), (0.01, 110.0), (0.02, 54.0), (0.05, 21.0)] {
        let plan = plan_for(limit);
        table.row(&format!("clearance number for {} %, f 10 %", limit * 100.0), &Wanted::Near(i, 0.0), plan.clearance as f64, 1);
        let worst = aoql(plan).expect("a plan").at;
        let formula = curve(worst, plan).expect("a plan").outgoing;
        let figure = format!("escaped share ÷ formula, limit {} %, 20,000 items a stream", limit * 100.0);
        let measured = few.mean(&figure, |draws| {
            let (mut brake, mut escaped) = (Brake::default(), 0.0);
            for item in 0..25_000 {
                let bad = draws.chance(worst);
                if draws.chance(brake.probability(plan)) {
                    brake = brake.after(plan, bad);
                } else if item >= 5_000 {
                    escaped += f64::from(u8::from(bad));
                }
            }
            escaped / 20_000.0
        });
        table.row(&figure, &Wanted::Near(1.0, 0.03), measured / formula, few.count);
    }

    table.section("The alarm, A = 1,000: mean number of audited items (a drift comes after 500 audits at ε/2)");
    for (epsilon, delays) in [(0.01, [309.0, 70.0, 13.0]), (0.02, [221.0, 45.0, 8.0]), (0.05, [128.0, 22.0, 3.0])] {
        let percent = epsilon * 100.0;
        let figure = format!("to a false alarm at true error ε = {percent} %");
        let measured = streams.mean(&figure, |draws| run_length(draws, epsilon));
        table.row(&figure, &Wanted::AtLeast(DEFAULT_RUN), measured, streams.count);
        for (times, wanted) in [2.0, 5.0, 20.0].into_iter().zip(delays) {
            let figure = format!("to the alarm after a drift to {times} ε, ε {percent} %");
            let measured = streams.mean(&figure, |draws| delay(draws, epsilon, (times * epsilon).min(0.9)));
            table.row(&figure, &Wanted::Near(wanted, 0.15), measured, streams.count);
        }
    }

    table.section("Bad items that escape from a drift to the alarm, f 10 %, the plan's limit = ε, the brake off at first");
    for (epsilon, braked, unbraked) in [(0.01, [13.0, 9.0, 9.0], [58.0, 34.0, 24.0]), (0.05, [23.0, 9.0, 8.0], [120.0, 53.0, 29.0])] {
        for (brakes, wanted) in [(true, braked), (false, unbraked)] {
            for (times, wanted) in [2.0, 5.0, 20.0].into_iter().zip(wanted) {
                let name = if brakes { "brake and alarm" } else { "alarm alone" };
                let figure = format!("{name}, drift to {times} ε, ε {} %", epsilon * 100.0);
                let measured = streams.mean(&figure, |draws| escapes(draws, epsilon, (times * epsilon).min(0.9), brakes, 0));
                table.row(&figure, &Wanted::Near(wanted, 0.15), measured, streams.count);
            }
        }
    }
    let figure = "brake and alarm, verdicts 100 items late, drift to 20 ε, ε 5 %";
    let measured = streams.mean(figure, |draws| escapes(draws, 0.05, 0.9, true, 100));
    table.row(figure, &Wanted::Near(84.0, 0.15), measured, streams.count);
    aimed(streams, table);
}

/// A fifth of the items is risky: ten times as often bad, and audited ten times as often.
fn aimed(streams: Streams, table: &mut Table<'_>) {
    table.section("Aimed audits: a fifth of the items is bad ten times as often and audited with 50 % instead of 5 %");
    let item = |draws: &mut Draws, rate: f64| {
        let risky = draws.chance(0.2);
        let (p, probability) = if risky { (rate * 10.0 / 2.8, 0.5) } else { (rate / 2.8, 0.05) };
        (draws.chance(p), draws.chance(probability).then_some(probability))
    };
    let rate = 0.028;
    let samples = streams.run("samples of 2,000", |draws| {
        let audited = |(bad, probability): (bool, Option<f64>)| Some((f64::from(u8::from(bad)), probability?));
        let audited: Vec<_> = (0..2000).filter_map(|_| audited(item(draws, rate))).collect();
        let naive = audited.iter().map(|(loss, _)| loss).sum::<f64>() / audited.len() as f64;
        let estimate = estimate(2000, &audited).expect("a valid sample");
        [naive, estimate.horvitz_thompson, estimate.hajek]
    });
    for (at, (figure, wanted)) in [
        ("rate among the audited ÷ true rate", Wanted::AtLeast(2.0)),
        ("Horvitz–Thompson ÷ true rate", Wanted::Near(1.0, 0.02)),
        ("Hájek ÷ true rate", Wanted::Near(1.0, 0.02)),
    ]
    .into_iter()
    .enumerate()
    {
        let mean = samples.iter().map(|sample| sample[at]).sum::<f64>() / streams.count as f64;
        table.row(figure, &wanted, mean / rate, streams.count);
    }
    let figure = "wrongly raised by weighted losses at true error ε = 5 %, 20,000 items";
    let measured = streams.share(figure, |draws| {
        let mut process = EProcess::of_sample(0.05, DELTA, 0.05).expect("ε and δ are fractions");
        (0..20_000).any(|_| {
            let (bad, probability) = item(draws, 0.05);
            let loss = probability.filter(|_| bad).and_then(|probability| weighted(1.0, probability));
            process.push(loss.unwrap_or(0.0));
            process.reached_at().is_some()
        })
    });
    table.row(figure, &Wanted::AtMost(0.055), measured, streams.count);
}
