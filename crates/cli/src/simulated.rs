//! `gait simulate …`: the product's own rules on invented streams.

use crate::show::ProgressLine;
use anyhow::{Context, Result};
use clap::{Args, Subcommand};
use simulate::{Forecast, Policy, Streams, World, forecast, markdown, missed, promises};
use std::process::ExitCode;

#[derive(Subcommand)]
pub enum SimulateCommand {
    /// Measure what the statistics promise, as a table; exit code 2 where a promise is not kept.
    Promises {
        #[arg(long, default_value_t = 20_261_124)]
        seed: u64,
        /// For each figure; 20,000 take some minutes in a release build.
        #[arg(long, default_value_t = 20_000)]
        streams: u64,
    },
    /// Say what a policy would do with drafts of a given quality.
    Policy(Assumed),
}

/// Shares are written as percentages.
#[derive(Args)]
pub struct Assumed {
    /// The error rate that must not be exceeded, %.
    #[arg(long, default_value_t = 5.0)]
    epsilon: f64,
    /// How likely a raise in spite of it may be, %.
    #[arg(long, default_value_t = 5.0)]
    delta: f64,
    /// Of what goes out alone, %.
    #[arg(long, default_value_t = 10.0)]
    audit: f64,
    /// The confidence from which a draft is confident, %; at 0 all are.
    #[arg(long, default_value_t = 0.0)]
    threshold: f64,
    /// Hours until an audit is due.
    #[arg(long, default_value_t = 24.0)]
    due_hours: f64,
    /// Drafts that are bad, %.
    #[arg(long, default_value_t = 1.0)]
    bad: f64,
    /// Of these, what reviewers notice, %.
    #[arg(long, default_value_t = 95.0)]
    noticed: f64,
    /// Drafts that are made before the verdict on one is known.
    #[arg(long, default_value_t = 0)]
    late: usize,
    /// The share that is bad from one day on, %.
    #[arg(long, default_value_t = 20.0)]
    later: f64,
    /// So many drafts after the raise that day comes.
    #[arg(long, default_value_t = 500)]
    later_after: u64,
    /// Drafts a day.
    #[arg(long, default_value_t = 50.0)]
    per_day: f64,
    /// How well the confidence tells good from bad: standard deviations between them; 0: it says nothing.
    #[arg(long, default_value_t = 0.0)]
    tells: f64,
    /// A slice that is worse than the others: its share of the drafts, %, and how many times as often they are bad.
    #[arg(long, default_value_t = 0.0)]
    worse_share: f64,
    #[arg(long, default_value_t = 1.0)]
    worse_times: f64,
    #[arg(long, default_value_t = 20_261_124)]
    seed: u64,
    #[arg(long, default_value_t = 1_000)]
    streams: u64,
}

/// # Errors
/// Where a number is outside of its range.
pub fn run(command: &SimulateCommand, json: bool) -> Result<ExitCode> {
    match command {
        SimulateCommand::Promises { seed, streams } => {
            let mut line = ProgressLine::new();
            let rows = promises(Streams { seed: *seed, count: (*streams).max(10) }, &mut |row| line.say(&row.figure));
            line.end();
            if json {
                println!("{}", serde_json::to_string(&rows)?)
            } else {
                print!("{}", markdown(&rows))
            }
            Ok(if missed(&rows) == 0 { ExitCode::SUCCESS } else { ExitCode::from(2) })
        }
        SimulateCommand::Policy(assumed) => {
            let part = |percent: f64| percent / 100.0;
            let policy = Policy {
                epsilon: part(assumed.epsilon),
                delta: part(assumed.delta),
                audit_share: part(assumed.audit),
                threshold: part(assumed.threshold),
                due_hours: assumed.due_hours,
            };
            let world = World {
                bad: part(assumed.bad),
                noticed: part(assumed.noticed),
                late: assumed.late,
                bad_later: part(assumed.later),
                per_day: assumed.per_day,
                later_after: assumed.later_after,
                tells: assumed.tells,
                worse_share: part(assumed.worse_share),
                worse_times: assumed.worse_times,
            };
            let told = forecast(Streams { seed: assumed.seed, count: assumed.streams.max(10) }, policy, world)
                .context("expected percentages from 0 to 100, --epsilon and --delta between them, --per-day above 0")?;
            if json {
                println!("{}", serde_json::to_string(&told)?)
            } else {
                print!("{}", words(&told))
            }
            Ok(ExitCode::SUCCESS)
        }
    }
}

fn words(told: &Forecast) -> String {
    let n = |n: Option<u64>| n.map_or_else(|| "–".to_owned(), |n| n.to_string());
    let [fast, half, slow] = told.decisions.map(n);
    let days = told.days.map_or_else(String::new, |days| format!(", about {days:.1} days"));
    format!(
        "raised in {:.1} % of the streams, after {half} decisions (1 in 10: {fast}, 9 in 10: {slow}){days}\n\
         then, of all drafts: {:.1} % wait for a person, {:.1} % are audited; of 1,000 drafts {:.1} bad ones go out\n\
         when it gets worse: the level falls after {} drafts; {:.1} bad ones go out until then\n",
        told.raised * 100.0,
        told.held * 100.0,
        told.audited * 100.0,
        told.bad_out,
        n(told.drafts_to_alarm),
        told.bad_out_until_alarm,
    )
}
