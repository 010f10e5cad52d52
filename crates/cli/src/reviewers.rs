//! `gait seed`, `gait reviewers`: known-bad items, and what is known of those who decide.

use crate::show::{plain, print};
use anyhow::Result;
use clap::ValueEnum;
use flow::reviewers::{Reviewers, Signals};
use flow::seeded::Fault;
use flow::use_case::UseCase;
use flow::{Desk, Person};
use serde_json::{Value, json};
use std::process::ExitCode;

#[derive(Clone, Copy, ValueEnum)]
pub enum FaultArg {
    WrongNumber,
    WrongName,
    MissingStep,
}

impl From<FaultArg> for Fault {
    fn from(fault: FaultArg) -> Self {
        match fault {
            FaultArg::WrongNumber => Self::WrongNumber,
            FaultArg::WrongName => Self::WrongName,
            FaultArg::MissingStep => Self::MissingStep,
        }
    }
}

/// Exit code 2 where fewer could be made than were asked for.
pub fn seed(desk: &Desk, person: &Person, case: &UseCase, count: u32, fault: Option<FaultArg>, as_json: bool) -> Result<ExitCode> {
    let made = desk.seed_items(case.id, count, fault.map(Fault::from), person)?;
    if as_json {
        let passed_over = made.passed_over.iter().map(|(why, n)| json!({ "why": why, "drafts": n }));
        print(&json!({ "made": made.made, "passed_over": passed_over.collect::<Vec<_>>() }));
    } else {
        println!("{} known-bad items are among the others now", made.made);
        for (why, n) in &made.passed_over {
            println!("{}", plain(&format!("  {n} accepted drafts passed over: {why}")));
        }
    }
    Ok(if made.made < count { ExitCode::from(2) } else { ExitCode::SUCCESS })
}

pub fn show(desk: &Desk, person: &Person, case: &UseCase, as_json: bool) -> Result<ExitCode> {
    let of = desk.reviewers(case.id, person)?;
    if as_json {
        print(&view_json(case, &of));
    } else {
        println!("{}", plain(&format!("{}\n{}", case.input.name, words(&of))));
    }
    Ok(ExitCode::SUCCESS)
}

fn view_json(case: &UseCase, of: &Reviewers) -> Value {
    let by_fault = of.golds.by_fault.iter().map(|of| json!({ "fault": of.fault.as_str(), "seeded": of.made, "caught": of.golds.caught }));
    json!({
        "use_case": case.input.name, "re_review_share": of.re_review_share, "gold_share": of.gold_share,
        "agreement": { "pairs": of.agreement.pairs, "same": of.agreement.same, "alpha": of.agreement.alpha, "kappa": of.agreement.kappa },
        "golds": { "seeded": of.golds.seeded, "open": of.golds.open, "caught": of.golds.caught, "missed": of.golds.missed,
            "miss_bound": of.golds.miss_bound, "by_fault": by_fault.collect::<Vec<_>>() },
        "mine": signals_json(&of.mine), "team": signals_json(&of.team), "reviewers": of.reviewers,
    })
}

fn signals_json(of: &Signals) -> Value {
    json!({ "decided": of.decided, "approvals": of.approvals, "rushed": of.rushed, "median_seconds": of.median.map(|time| time.as_secs_f64()),
        "longest_run": of.longest_run, "seeded": of.seeded, "missed": of.missed, "miss_bound": of.miss_bound, "word": of.word.as_str() })
}

fn words(of: &Reviewers) -> String {
    let figure = |of: Option<f64>| of.map_or_else(|| "–".to_owned(), |of| format!("{of:.2}"));
    let agreement = format!(
        "  {} of {} second opinions agree; alpha {}, kappa {}",
        of.agreement.same,
        of.agreement.pairs,
        figure(of.agreement.alpha),
        figure(of.agreement.kappa)
    );
    let bound = of.golds.miss_bound.map_or_else(String::new, |bound| format!(", surely under {:.0} % missed", bound * 100.0));
    let golds = format!("  known-bad items: {} found, {} missed, {} open{bound}", of.golds.caught, of.golds.missed, of.golds.open);
    let signals = |name: &str, of: &Signals| {
        format!(
            "  {name}: {} decided, {} approved, {} faster than reading, {} approvals in a row",
            of.decided, of.approvals, of.rushed, of.longest_run
        )
    };
    [agreement, golds, signals("you", &of.mine), signals(&format!("all {}", of.reviewers), &of.team)].join("\n")
}
