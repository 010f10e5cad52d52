//! `gait level …`, `gait evidence` and what else the Overview shows, without the window.
//!
//! Invariant: exit code 0 of a move means that the level stands where it was asked to; a refusal says what is missing.

use crate::show::{plain, print};
use crate::{audits, pick, policy, reviewers};
use anyhow::Result;
use clap::{Args, Subcommand, ValueEnum};
use flow::automation::{Cause, LevelMove};
use flow::evidence::{Figures, NotCounted, RungState, StepEvidence};
use flow::review::MadeBy;
use flow::use_case::{Level, UseCase};
use flow::{Desk, Person};
use serde_json::{Value, json};
use std::process::ExitCode;

#[derive(Subcommand)]
pub enum LevelsCommand {
    /// Show and move the level of a use case.
    Level {
        #[command(subcommand)]
        command: MoveCommand,
    },
    /// Show the evidence for each step up.
    Evidence(OfCase),
    /// Show the audits of what went out alone: the plan, the brake, the estimate, what is due.
    Audits(OfCase),
    /// Say what a policy would have done with what people have decided; nothing is changed.
    Replay(policy::Asked),
    /// Fit the confidence on what people have decided. Starts an epoch.
    Calibrate(OfCase),
    /// Put known-bad items among the others, made from accepted drafts by a rule.
    Seed {
        #[command(flatten)]
        of: OfCase,
        #[arg(long, default_value_t = 10)]
        count: u32,
        /// Else whichever a rule can make.
        #[arg(long, value_enum)]
        fault: Option<reviewers::FaultArg>,
    },
    /// Show whether those who decide agree, what they miss, and whether they look.
    Reviewers(OfCase),
    /// List what people were told though they did not ask, newest first.
    Notices {
        /// Keep that this one was seen.
        #[arg(long)]
        seen: Option<i64>,
    },
}

#[derive(Args)]
pub struct OfCase {
    /// Name of the use case; not needed when there is only one.
    #[arg(long, short)]
    pub use_case: Option<String>,
}

#[derive(Subcommand)]
pub enum MoveCommand {
    /// Say where it stands, and all moves.
    Show(OfCase),
    /// Raise it; refused where the evidence is short.
    Raise(Wanted),
    /// Lower it.
    Lower(Wanted),
    /// Raise it whatever the evidence says; marked for ever.
    Override(Wanted),
}

#[derive(Args)]
pub struct Wanted {
    #[command(flatten)]
    of: OfCase,
    #[arg(long, value_enum)]
    to: LevelArg,
    /// Why; kept with the move.
    #[arg(long, default_value = "")]
    reason: String,
}

#[derive(Clone, Copy, ValueEnum)]
pub enum LevelArg {
    Crawl,
    Walk,
    Run,
}

impl From<LevelArg> for Level {
    fn from(level: LevelArg) -> Self {
        match level {
            LevelArg::Crawl => Self::Crawl,
            LevelArg::Walk => Self::Walk,
            LevelArg::Run => Self::Run,
        }
    }
}

pub fn run(desk: &Desk, person: &Person, command: &LevelsCommand, as_json: bool) -> Result<ExitCode> {
    match command {
        LevelsCommand::Level { command } => level(desk, person, command, as_json),
        LevelsCommand::Evidence(of) => evidence(desk, &pick(desk, of.use_case.as_deref())?, as_json),
        LevelsCommand::Audits(of) => audits::show(desk, &pick(desk, of.use_case.as_deref())?, as_json),
        LevelsCommand::Replay(asked) => policy::replay(desk, asked, as_json),
        LevelsCommand::Calibrate(of) => policy::calibrate(desk, person, &pick(desk, of.use_case.as_deref())?, as_json),
        LevelsCommand::Seed { of, count, fault } => {
            reviewers::seed(desk, person, &pick(desk, of.use_case.as_deref())?, *count, *fault, as_json)
        }
        LevelsCommand::Reviewers(of) => reviewers::show(desk, person, &pick(desk, of.use_case.as_deref())?, as_json),
        LevelsCommand::Notices { seen } => audits::notices(desk, person, *seen, as_json),
    }
}

fn level(desk: &Desk, person: &Person, command: &MoveCommand, as_json: bool) -> Result<ExitCode> {
    let case = match command {
        MoveCommand::Show(of) => pick(desk, of.use_case.as_deref())?,
        MoveCommand::Raise(wanted) => {
            let case = pick(desk, wanted.of.use_case.as_deref())?;
            if Level::from(wanted.to) < case.level {
                anyhow::bail!("{} stands at {}: `gait level lower` lowers it", case.input.name, case.level.as_str());
            }
            desk.move_level(case.id, wanted.to.into(), &wanted.reason, person)?;
            case
        }
        MoveCommand::Lower(wanted) => {
            let case = pick(desk, wanted.of.use_case.as_deref())?;
            if Level::from(wanted.to) > case.level {
                anyhow::bail!("{} stands at {}: `gait level raise` raises it", case.input.name, case.level.as_str());
            }
            desk.move_level(case.id, wanted.to.into(), &wanted.reason, person)?;
            case
        }
        MoveCommand::Override(wanted) => {
            let case = pick(desk, wanted.of.use_case.as_deref())?;
            desk.override_level(case.id, wanted.to.into(), &wanted.reason, person)?;
            case
        }
    };
    let (case, moves) = (desk.use_case(case.id)?, desk.level_moves(case.id)?);
    if as_json {
        let moves: Vec<Value> = moves.iter().map(move_json).collect();
        print(&json!({ "use_case": case.input.name, "level": case.level.as_str(), "moves": moves }));
    } else {
        println!("{}", plain(&format!("{}: {}", case.input.name, case.level.as_str())));
        for step in &moves {
            println!("{}", plain(&move_words(step)));
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn by(step: &LevelMove) -> &'static str {
    match step.by {
        MadeBy::Person => "person",
        MadeBy::Policy => "rule",
    }
}

fn move_json(step: &LevelMove) -> Value {
    json!({
        "id": step.id.0, "at": step.at.0, "from": step.from.as_str(), "to": step.to.as_str(), "by": by(step), "actor": step.actor,
        "reason": step.reason, "overridden": step.overridden, "cause": step.cause.map(Cause::as_str), "changed_at": step.changed_at.map(|at| at.0),
        "out_since": step.out_since.iter().map(|item| item.0).collect::<Vec<_>>(), "evidence": step.steps.iter().map(step_json).collect::<Vec<_>>(),
    })
}

fn move_words(step: &LevelMove) -> String {
    let mark = if step.overridden { ", without the evidence" } else { "" };
    let out = match (step.cause, step.out_since.len()) {
        (Some(_), n) => format!("; {n} had gone out alone since it got worse"),
        (None, _) => String::new(),
    };
    format!("  {} → {} by {}{mark}: {}{out}", step.from.as_str(), step.to.as_str(), step.actor, step.reason)
}

fn evidence(desk: &Desk, case: &UseCase, as_json: bool) -> Result<ExitCode> {
    let evidence = desk.evidence(case.id)?;
    if as_json {
        print(
            &json!({ "use_case": case.input.name, "level": case.level.as_str(), "steps": evidence.steps.iter().map(step_json).collect::<Vec<_>>(),
            "waits_for": evidence.waits_for.map(|item| item.0) }),
        );
        return Ok(ExitCode::SUCCESS);
    }
    println!("{}", plain(&format!("{}: {}", case.input.name, case.level.as_str())));
    for step in &evidence.steps {
        println!("{}", plain(&step_words(step)));
    }
    if let Some(item) = evidence.waits_for {
        println!("later decisions wait for item {item}");
    }
    Ok(ExitCode::SUCCESS)
}

fn figures_json(figures: &Figures) -> Value {
    json!({ "counted": figures.counted, "bad": figures.bad, "log_e": figures.log_e, "needed": figures.needed, "bound": figures.lowest_bound,
        "more_clean": figures.more_clean_needed })
}

fn step_json(step: &StepEvidence) -> Value {
    let slices = step.slices.iter().map(|of| json!({ "slice": of.slice, "proven": of.proven, "figures": figures_json(&of.figures) }));
    let left_out = step.left_out.iter().map(|left| json!({ "why": why(left.why), "decisions": left.decisions, "bad": left.bad }));
    let ladder = step.ladder.iter().map(|rung| {
        json!({ "coverage": rung.coverage, "threshold": rung.threshold, "counted": rung.counted, "bad": rung.bad, "log_e": rung.log_e, "state": state(rung.state) })
    });
    json!({
        "to": step.to.as_str(), "audience": step.audience.as_str(), "epoch": step.epoch, "attempt": step.attempt, "charter": step.charter,
        "epsilon": step.epsilon, "delta": step.delta, "all": figures_json(&step.all), "slices": slices.collect::<Vec<_>>(),
        "left_out": left_out.collect::<Vec<_>>(), "gold": step.gold.map(|gold| json!({ "seeded": gold.seeded, "caught": gold.caught, "miss_bound": gold.miss_bound })), "crossed_at": step.crossed_at, "rate_per_day": step.rate_per_day,
        "ladder": ladder.collect::<Vec<_>>(), "allows": step.allows(),
    })
}

fn why(why: NotCounted) -> Value {
    serde_json::to_value(why).unwrap_or_default()
}

fn state(state: RungState) -> &'static str {
    match state {
        RungState::Passed => "passed",
        RungState::Trying => "trying",
        RungState::Waiting => "waiting",
    }
}

fn step_words(step: &StepEvidence) -> String {
    let Figures { counted, bad, lowest_bound, .. } = step.all;
    let rest = if step.allows() { "allows a raise".to_owned() } else { format!("needs {}", step.missing()) };
    let left: Vec<String> = step
        .left_out
        .iter()
        .map(|left| format!("{} {}", left.decisions, why(left.why).as_str().unwrap_or_default().replace('_', " ")))
        .collect();
    let left = if left.is_empty() { String::new() } else { format!("\n    not counted: {}", left.join(", ")) };
    format!(
        "  to {}: {counted} count, {bad} bad; the error rate is under {:.2} % (limit {} %); {rest}{left}",
        step.to.as_str(),
        lowest_bound * 100.0,
        step.epsilon * 100.0
    )
}
