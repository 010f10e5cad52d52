//! `gait backup …`: copies of the database to go back to.

use crate::show::{plain, print};
use crate::until_interrupted;
use anyhow::{Result, bail};
use clap::Subcommand;
use flow::backup::{self, Copy, Kind, Loss};
use flow::{Clock, Desk};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

#[derive(Subcommand)]
pub enum BackupCommand {
    /// List the backups, newest first.
    List,
    /// Make one now.
    Make,
    /// Put one back; without --yes only says what would be lost by it.
    Restore {
        /// As `gait backup list` names it.
        name: String,
        /// Do it. What is there now is kept as another backup.
        #[arg(long)]
        yes: bool,
    },
    /// Write everything that is in the database as JSON Lines into a new folder.
    Everything { folder: PathBuf },
    /// Go on with the files as they lie there, where a start refuses them because changes are missing.
    Accept,
}

pub fn run(folder: &Path, command: &BackupCommand, as_json: bool) -> Result<ExitCode> {
    let clock = Clock::system();
    match command {
        BackupCommand::List => list(&backup::list(folder)?, as_json),
        BackupCommand::Make => {
            let made = Desk::open(folder, clock)?.back_up(&until_interrupted()?)?;
            say(as_json, &of(&made), &format!("{}: made and looked through", made.path.display()))
        }
        BackupCommand::Restore { name, yes } => restore(folder, name, *yes, as_json),
        BackupCommand::Everything { folder: to } => {
            let written = Desk::open(folder, clock)?.export_everything(&std::path::absolute(to)?, &until_interrupted()?)?;
            let words = format!("{} rows of {} tables are in {}", written.rows, written.tables, to.display());
            say(as_json, &json!({ "tables": written.tables, "rows": written.rows }), &words)
        }
        BackupCommand::Accept => {
            backup::accept(folder, clock.now())?;
            Desk::open(folder, clock)?;
            say(as_json, &json!({ "accepted": true }), "Gait goes on with what is there; `gait doctor` looks at it")
        }
    }
}

fn restore(folder: &Path, name: &str, yes: bool, as_json: bool) -> Result<ExitCode> {
    let desk = match Desk::open(folder, Clock::system()) {
        Ok(desk) => desk,
        // What cannot be opened is what a backup is for.
        Err(e) if e.calls_for_a_backup() => {
            if !yes {
                bail!("{e}. What would be lost by putting back {name} cannot be counted; --yes puts it back and keeps what is there");
            }
            return restore_closed(folder, name, as_json);
        }
        Err(e) => return Err(e.into()),
    };
    let loss = desk.restore_loss(name)?;
    if !yes {
        say(
            as_json,
            &json!({ "loss": loss.as_ref().map(loss_of) }),
            &format!("Putting back {name} loses {}. --yes does it, and keeps what is there now as another backup.", words(loss.as_ref())),
        )?;
        return Ok(ExitCode::from(2));
    }
    let kept = match desk.settings().and_then(|settings| desk.restore(name, &settings.who())) {
        Err(e) if e.calls_for_a_backup() => {
            drop(desk);
            return restore_closed(folder, name, as_json);
        }
        done => done?,
    };
    let said = format!("{name} is put back; lost: {}; what was there is kept as {}", words(loss.as_ref()), kept.name);
    say(as_json, &json!({ "restored": name, "loss": loss.as_ref().map(loss_of), "kept": kept.name }), &said)
}

fn restore_closed(folder: &Path, name: &str, as_json: bool) -> Result<ExitCode> {
    let aside = backup::restore_closed(folder, name, Clock::system().now(), "gait")?;
    let said = format!("{name} is put back; what was there is {}", aside.display());
    say(as_json, &json!({ "restored": name, "kept": aside }), &said)
}

fn words(loss: Option<&Loss>) -> String {
    let Some(loss) = loss else { return "what is newer, which cannot be counted: the database is damaged".into() };
    if *loss == Loss::default() {
        return "nothing".into();
    }
    let out = if loss.delivered > 0 {
        format!(" ({} texts that went out since stay out, and their requests wait for a decision again)", loss.delivered)
    } else {
        String::new()
    };
    format!("{} decisions and {} requests{out}", loss.decisions, loss.items)
}

fn loss_of(loss: &Loss) -> Value {
    json!({ "decisions": loss.decisions, "items": loss.items, "delivered": loss.delivered, "since": loss.since })
}

fn of(copy: &Copy) -> Value {
    let kind = match copy.kind {
        Kind::Kept => "kept",
        Kind::Replaced => "replaced",
    };
    let reach = copy.reach.as_ref();
    json!({
        "name": copy.name, "kind": kind, "bytes": copy.bytes, "made_at": copy.made_at(),
        "items": reach.map(|reach| reach.items).ok(), "decisions": reach.map(|reach| reach.decisions).ok(), "trouble": reach.err(),
    })
}

fn list(copies: &[Copy], as_json: bool) -> Result<ExitCode> {
    if as_json {
        print(&copies.iter().map(of).collect());
        return Ok(ExitCode::SUCCESS);
    }
    for copy in copies {
        let holds = match &copy.reach {
            Ok(reach) => format!("{} requests, {} decisions", reach.items, reach.decisions),
            Err(trouble) => format!("cannot be read: {trouble}"),
        };
        println!("{}", plain(&format!("{} · {:.1} MB · {holds}", copy.name, copy.bytes as f64 / 1e6)));
    }
    Ok(ExitCode::SUCCESS)
}

fn say(as_json: bool, value: &Value, words: &str) -> Result<ExitCode> {
    if as_json {
        print(value);
    } else {
        println!("{}", plain(words));
    }
    Ok(ExitCode::SUCCESS)
}
