//! `gait dataset …`: what decisions teach, as frozen versions.

mod args;
mod show;

use crate::{pick, until_interrupted};
use anyhow::{Result, bail};
use args::{PlanArgs, SelectionArgs};
use clap::Subcommand;
use engine::Tokenizers;
use flow::dataset::{Again, Progress, Stage, Wanted};
use flow::{Desk, Error, Person};
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Instant;

#[derive(Subcommand)]
pub enum DatasetCommand {
    /// What one can select by: the reviewers by name, the slices, drafter versions and reasons that there are.
    Facets {
        #[arg(long, short)]
        use_case: Option<String>,
    },
    /// What a selection comes to, and what it leaves out.
    Count {
        #[arg(long, short)]
        use_case: Option<String>,
        #[command(flatten)]
        selection: SelectionArgs,
    },
    /// Real rows of each format, as they would be written.
    Preview {
        #[arg(long, short)]
        use_case: Option<String>,
        #[command(flatten)]
        selection: SelectionArgs,
        #[command(flatten)]
        plan: PlanArgs,
        #[arg(long, default_value_t = 3)]
        rows: usize,
    },
    /// Freeze a version and write its files into a new folder.
    New {
        folder: PathBuf,
        #[arg(long, short)]
        use_case: Option<String>,
        #[command(flatten)]
        selection: SelectionArgs,
        #[command(flatten)]
        plan: PlanArgs,
    },
    /// List the versions.
    List {
        #[arg(long, short)]
        use_case: Option<String>,
    },
    /// One version: what was selected, how it was made, what is in it.
    Show {
        version: i64,
        #[arg(long, short)]
        use_case: Option<String>,
    },
    /// What is different between two versions.
    Compare {
        from: i64,
        to: i64,
        #[arg(long, short)]
        use_case: Option<String>,
    },
    /// Write the files of a version again, into another new folder.
    ExportAgain {
        version: i64,
        folder: PathBuf,
        #[arg(long, short)]
        use_case: Option<String>,
    },
    /// Where a row comes from (d17), or which versions hold an item (its uid or number).
    Where { row_or_item: String },
    /// Keep an item out of every later version, and list the files that have it.
    Purge {
        /// Its uid or number.
        item: String,
        /// The reason; it is recorded.
        #[arg(long)]
        why: String,
    },
}

pub fn run(desk: &Desk, person: &Person, command: &DatasetCommand, as_json: bool) -> Result<ExitCode> {
    let tokenizers = Tokenizers::default();
    match command {
        DatasetCommand::Facets { use_case } => {
            let case = pick(desk, use_case.as_deref())?;
            show::facets(&desk.dataset_facets(case.id)?, as_json);
        }
        DatasetCommand::Count { use_case, selection } => {
            let case = pick(desk, use_case.as_deref())?;
            let selection = selection.read(&desk.dataset_facets(case.id)?)?;
            show::counted(&desk.count_dataset(case.id, &selection, &until_interrupted()?)?, as_json);
        }
        DatasetCommand::Preview { use_case, selection, plan, rows } => {
            let case = pick(desk, use_case.as_deref())?;
            let (selection, plan) = (selection.read(&desk.dataset_facets(case.id)?)?, plan.read(desk, case.id)?);
            show::preview(&desk.preview_dataset(case.id, &selection, &plan, *rows, &tokenizers, &until_interrupted()?)?, as_json);
        }
        DatasetCommand::New { folder, use_case, selection, plan } => {
            let case = pick(desk, use_case.as_deref())?;
            let (selection, plan) = (selection.read(&desk.dataset_facets(case.id)?)?, plan.read(desk, case.id)?);
            let folder = std::path::absolute(folder)?;
            let wanted = Wanted { use_case: case.id, selection: &selection, plan: &plan, folder: &folder };
            let mut line = Line::new();
            let made = desk.new_dataset(&wanted, person, &tokenizers, &until_interrupted()?, &mut |at| line.say(at));
            line.end();
            show::version(&made?, as_json);
        }
        DatasetCommand::List { use_case } => {
            let case = pick(desk, use_case.as_deref())?;
            desk.settle_datasets()?;
            show::versions(&desk.datasets(case.id)?, as_json);
        }
        DatasetCommand::Show { version, use_case } => {
            let case = pick(desk, use_case.as_deref())?;
            show::version(&desk.dataset(case.id, *version)?, as_json);
        }
        DatasetCommand::Compare { from, to, use_case } => {
            let case = pick(desk, use_case.as_deref())?;
            show::compared(&desk.compare_datasets(case.id, *from, *to)?, as_json);
        }
        DatasetCommand::ExportAgain { version, folder, use_case } => {
            let case = pick(desk, use_case.as_deref())?;
            let folder = std::path::absolute(folder)?;
            let mut line = Line::new();
            let cancel = until_interrupted()?;
            let again = Again { use_case: case.id, n: *version, folder: &folder };
            let written = desk.export_dataset_again(&again, person, &tokenizers, &cancel, &mut |at| line.say(at));
            line.end();
            let (version, same) = written?;
            show::again(&version, &folder, same, as_json);
        }
        DatasetCommand::Where { row_or_item } => match desk.row_origin(row_or_item) {
            Ok(origin) => show::origin(&origin, as_json),
            Err(Error::Invalid { .. }) => {
                let item = desk.find_item(row_or_item)?;
                show::in_datasets(&desk.item_in_datasets(item)?, &desk.files_with_item(item)?, as_json);
            }
            Err(e) => bail!(e),
        },
        DatasetCommand::Purge { item, why } => {
            let item = desk.find_item(item)?;
            show::purged(&desk.purge_item(item, why, person)?, as_json);
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// Count, rate and time left of the stage that the work is at.
struct Line {
    line: crate::show::ProgressLine,
    stage: Option<(Stage, Instant)>,
}

impl Line {
    fn new() -> Self {
        Self { line: crate::show::ProgressLine::new(), stage: None }
    }

    fn say(&mut self, at: Progress) {
        let begun = match self.stage {
            Some((stage, begun)) if stage == at.stage => begun,
            Some(_) | None => {
                let now = Instant::now();
                self.stage = Some((at.stage, now));
                now
            }
        };
        let rate = at.done as f64 / begun.elapsed().as_secs_f64().max(0.001);
        let left = at
            .of
            .filter(|_| rate > 0.0)
            .map_or_else(String::new, |of| format!(" of {of} · {:.0} s left", of.saturating_sub(at.done) as f64 / rate));
        self.line.say(&format!("{}: {}{left} · {rate:.0} a second", show::stage(at.stage), at.done));
    }

    fn end(&mut self) {
        self.line.end();
    }
}
