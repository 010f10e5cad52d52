//! `gait watch`, `gait folders`: folders that requests come in by.

use crate::show::{plain, print};
use crate::{pick, until_interrupted};
use anyhow::{Context, Result};
use clap::Subcommand;
use flow::folder::{EVERY, Folder, Looked, Watcher};
use flow::{Desk, FolderId, Person};
use serde_json::{Value, json};
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

#[derive(Subcommand)]
pub enum FoldersCommand {
    /// List the watched folders and what was seen there.
    List,
    /// Watch a folder for a use case; it is made where it is not there.
    Add {
        folder: PathBuf,
        #[arg(long, short)]
        use_case: Option<String>,
        /// The field that the text becomes; else the one that the use case's template reads first.
        #[arg(long)]
        field: Option<String>,
    },
    /// Watch a folder no longer. What lies there stays.
    Remove { folder: i64 },
}

pub fn folders(desk: &Desk, person: &Person, command: &FoldersCommand, as_json: bool) -> Result<ExitCode> {
    match command {
        FoldersCommand::List => {}
        FoldersCommand::Add { folder, use_case, field } => {
            let case = pick(desk, use_case.as_deref())?;
            let field = match field {
                Some(field) => field.clone(),
                None => flow::draft::first_field(&case.input.template).context("the template reads no field: name one with --field")?,
            };
            desk.watch_folder(case.id, &std::path::absolute(folder)?, &field, person)?;
        }
        FoldersCommand::Remove { folder } => desk.leave_folder(FolderId(*folder), person)?,
    }
    let all = desk.folders()?;
    if as_json {
        print(&Value::from(all.iter().map(folder_json).collect::<Vec<_>>()));
    } else {
        for folder in &all {
            println!("{}", plain(&words(folder)));
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn folder_json(of: &Folder) -> Value {
    let skipped = of.seen.skipped.iter().map(|one| json!({ "name": one.name, "why": one.why }));
    json!({
        "id": of.id.0, "path": of.path, "field": of.field, "trouble": of.seen.trouble, "files": of.seen.files, "taken": of.seen.taken,
        "known": of.seen.known, "rejected": of.seen.rejected, "last": of.seen.last.map(|at| at.0),
        "skipped": skipped.collect::<Vec<_>>(), "skipped_total": of.seen.skipped_total,
    })
}

fn words(of: &Folder) -> String {
    let seen = &of.seen;
    let trouble = seen.trouble.as_ref().map_or_else(String::new, |why| format!(" · {why}"));
    let skipped: String = seen.skipped.iter().map(|one| format!("\n    {}: {}", one.name, one.why)).collect();
    format!(
        "{} {} · {} files, {} accepted, {} known, {} rejected{trouble}{skipped}",
        of.id,
        of.path.display(),
        seen.files,
        seen.taken,
        seen.known,
        seen.rejected
    )
}

/// Looks until it is interrupted; `once`: until nothing waits any more. Exit code 2 where something was rejected.
pub fn watch(desk: &Desk, once: bool, as_json: bool) -> Result<ExitCode> {
    let cancel = until_interrupted()?;
    let mut watcher = Watcher::default();
    let mut total = Looked::default();
    loop {
        let looked = watcher.look(desk, &cancel)?;
        total.files += looked.files;
        total.taken += looked.taken;
        total.known += looked.known;
        total.rejected += looked.rejected;
        if looked.files > 0 && !once {
            tell(&looked, as_json);
        }
        anyhow::ensure!(!(once && looked.elsewhere), "another program watches the folders of this data folder");
        if cancel.is_cancelled() || (once && looked.waiting == 0) {
            break;
        }
        let until = std::time::Instant::now() + EVERY;
        while !cancel.is_cancelled() && std::time::Instant::now() < until {
            std::thread::sleep(Duration::from_millis(50));
        }
    }
    if once {
        tell(&total, as_json);
    }
    Ok(if total.rejected == 0 { ExitCode::SUCCESS } else { ExitCode::from(2) })
}

fn tell(looked: &Looked, as_json: bool) {
    let Looked { files, taken, known, rejected, .. } = looked;
    if as_json {
        print(&json!({ "files": files, "taken": taken, "known": known, "rejected": rejected }));
    } else {
        println!("{files} files: {taken} accepted, {known} known, {rejected} rejected");
    }
}
