//! `gait sinks`, `gait deliveries`, `gait allow`: where approved text goes, and what became of it.

use crate::show::{plain, print};
use crate::{pick, until_interrupted};
use anyhow::{Result, bail};
use clap::{Args, Subcommand};
use flow::allowed::Allowed;
use flow::carrier::Handed;
use flow::deliver::{Delivered, DeliveryState};
use flow::sinks::{DeliveryRow, SinkState};
use flow::use_case::SinkKind;
use flow::{DeliveryId, Desk, Person, SinkId, UseCaseId};
use post::Post;
use serde_json::{Value, json};
use std::process::ExitCode;

#[derive(Subcommand)]
pub enum SinksCommand {
    /// List where the approved texts of a use case go.
    List {
        #[arg(long, short)]
        use_case: Option<String>,
    },
    /// Send a message that says that it is a test.
    Test { sink: i64 },
    /// Show what a webhook's receiver checks signatures with.
    Secret {
        sink: i64,
        /// Make a new one. For a day the one before is signed with too.
        #[arg(long)]
        rotate: bool,
    },
}

#[derive(Subcommand)]
pub enum DeliveriesCommand {
    /// List texts that fail or are left to a person.
    List(OfCase),
    /// Try texts that fail or are left to a person again at once.
    Retry {
        /// The numbers of the list.
        deliveries: Vec<i64>,
        /// All of the list.
        #[arg(long, conflicts_with = "deliveries")]
        all: bool,
        #[command(flatten)]
        of: OfCase,
    },
    /// Send what is due, without drafting.
    Send,
}

#[derive(Args)]
pub struct OfCase {
    #[arg(long, short)]
    use_case: Option<String>,
}

/// Show or change the addresses and programs that texts may go to.
#[derive(Args)]
pub struct AllowCommand {
    /// Beginning of an address, such as https://desk.example.org/hooks/.
    #[arg(long)]
    webhook: Vec<String>,
    /// Full path of a program.
    #[arg(long)]
    command: Vec<String>,
    /// An entry to take off the list.
    #[arg(long)]
    remove: Vec<String>,
}

pub fn sinks(desk: &Desk, person: &Person, command: &SinksCommand, as_json: bool) -> Result<ExitCode> {
    match command {
        SinksCommand::List { use_case } => {
            let sinks = desk.sinks(pick(desk, use_case.as_deref())?.id)?;
            if as_json {
                print(&Value::from(sinks.iter().map(sink_json).collect::<Vec<_>>()));
            } else {
                for sink in &sinks {
                    println!("{}", plain(&sink_words(sink)));
                }
            }
            Ok(ExitCode::SUCCESS)
        }
        SinksCommand::Test { sink } => {
            let (done, words) = match desk.test_sink(SinkId(*sink), &Post::until(until_interrupted()?), person)? {
                Handed::Done => (true, "it arrived".to_owned()),
                Handed::Later(later) => (false, later.why),
                Handed::Dead(why) | Handed::Gone(why) => (false, why),
            };
            if as_json {
                print(&json!({ "arrived": done, "words": words }));
            } else {
                println!("{}", plain(&words));
            }
            Ok(if done { ExitCode::SUCCESS } else { ExitCode::from(2) })
        }
        SinksCommand::Secret { sink, rotate } => {
            let id = SinkId(*sink);
            let secret = if *rotate { desk.rotate_secret(id, person)? } else { desk.sink_secret(id, person)? };
            if as_json {
                print(&json!({ "secret": secret.now, "before_until": secret.before_until.map(|at| at.0) }));
            } else {
                println!("{}", secret.now);
            }
            Ok(ExitCode::SUCCESS)
        }
    }
}

pub fn deliveries(desk: &Desk, person: &Person, command: &DeliveriesCommand, as_json: bool) -> Result<ExitCode> {
    match command {
        DeliveriesCommand::List(of) => {
            let rows = desk.failing_deliveries(of_case(desk, of)?)?;
            if as_json {
                print(&Value::from(rows.iter().map(row_json).collect::<Vec<_>>()));
            } else {
                for row in &rows {
                    println!("{}", plain(&row_words(row)));
                }
            }
            Ok(if rows.is_empty() { ExitCode::SUCCESS } else { ExitCode::from(2) })
        }
        DeliveriesCommand::Retry { deliveries, all, of } => {
            let ids: Vec<DeliveryId> = match (deliveries.as_slice(), all) {
                ([], true) => desk.failing_deliveries(of_case(desk, of)?)?.into_iter().map(|row| row.id).collect(),
                ([], false) => bail!("which ones? name their numbers, or --all"),
                (named, _) => named.iter().map(|id| DeliveryId(*id)).collect(),
            };
            let n = desk.retry_deliveries(&ids, person)?;
            send(desk, n, as_json)
        }
        DeliveriesCommand::Send => send(desk, 0, as_json),
    }
}

fn of_case(desk: &Desk, of: &OfCase) -> Result<Option<UseCaseId>> {
    of.use_case.as_deref().map(|name| Ok(pick(desk, Some(name))?.id)).transpose()
}

/// Sends what is due until nothing is.
fn send(desk: &Desk, again: usize, as_json: bool) -> Result<ExitCode> {
    let (mut done, mut failed) = (0usize, 0usize);
    let cancel = until_interrupted()?;
    let post = Post::until(cancel.clone());
    while !cancel.is_cancelled() {
        match desk.deliver_next(&post)? {
            Delivered::Nothing => break,
            Delivered::Done => done += 1,
            Delivered::Failed(why) => {
                failed += 1;
                eprintln!("{}", plain(&why));
            }
        }
    }
    if as_json {
        print(&json!({ "tried_again": again, "delivered": done, "failed": failed }));
    } else {
        println!("{done} delivered, {failed} failed");
    }
    Ok(if failed == 0 { ExitCode::SUCCESS } else { ExitCode::from(2) })
}

pub fn allow(desk: &Desk, person: &Person, command: &AllowCommand, as_json: bool) -> Result<ExitCode> {
    let now = desk.allowed()?;
    let kept = |list: Vec<String>| list.into_iter().filter(|entry| !command.remove.contains(entry));
    let wanted = Allowed {
        webhooks: kept(now.webhooks.clone()).chain(command.webhook.iter().cloned()).collect(),
        commands: kept(now.commands.clone()).chain(command.command.iter().cloned()).collect(),
    };
    let now = if wanted == now { now } else { desk.save_allowed(&wanted, person)? };
    if as_json {
        print(&json!({ "webhooks": now.webhooks, "commands": now.commands }));
    } else {
        for entry in now.webhooks.iter().chain(&now.commands) {
            println!("{}", plain(entry));
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn kind(kind: SinkKind) -> &'static str {
    match kind {
        SinkKind::Outbox => "outbox",
        SinkKind::Folder => "folder",
        SinkKind::Webhook => "webhook",
        SinkKind::Command => "command",
    }
}

fn state(state: DeliveryState) -> &'static str {
    match state {
        DeliveryState::None => "none",
        DeliveryState::Waiting => "waiting",
        DeliveryState::Sending => "sending",
        DeliveryState::Done => "done",
        DeliveryState::Failed => "failed",
        DeliveryState::Dead => "dead",
    }
}

fn sink_json(of: &SinkState) -> Value {
    json!({
        "id": of.id.0, "kind": kind(of.sink.kind), "path": of.sink.path, "audience": of.sink.audience.map(|to| to.as_str()),
        "off": of.off.as_ref().map(|off| json!({ "at": off.at.0, "why": off.why })), "removed": of.is_removed,
        "waiting": of.waiting, "failing": of.failing, "dead": of.dead,
    })
}

fn sink_words(of: &SinkState) -> String {
    let off = of.off.as_ref().map_or_else(String::new, |off| format!(" · off: {}", off.why));
    let counts = format!("{} waiting, {} failing, {} left to a person", of.waiting, of.failing, of.dead);
    format!("{} {} {} · {counts}{off}", of.id, kind(of.sink.kind), of.sink.path.replace('\n', " "))
}

fn row_json(row: &DeliveryRow) -> Value {
    json!({
        "id": row.id.0, "uid": row.uid, "item": row.item.0, "external_id": row.external_id, "to": row.to, "state": state(row.state),
        "attempts": row.attempts, "last_error": row.last_error, "next_at": row.next_at.map(|at| at.0),
    })
}

fn row_words(row: &DeliveryRow) -> String {
    let why = row.last_error.as_deref().unwrap_or("");
    format!("{} item {} → {} · {} after {} tries: {why}", row.id, row.item, row.to, state(row.state), row.attempts)
}
