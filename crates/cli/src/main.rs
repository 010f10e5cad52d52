//! `gait` on the command line: the same database as the window's, which may be open meanwhile.
//!
//! Invariant: exit code 0 means that what was asked is done; 1 that it is not, with a sentence on stderr; 2 that a part
//! of it is not (rejected records, findings of the doctor).

mod audits;
mod backup;
mod dataset;
mod folders;
mod levels;
mod model;
mod policy;
mod reviewers;
mod serve;
mod show;
mod simulated;
mod sinks;
mod token;

use anyhow::{Context, Result, bail};
use clap::{Parser, Subcommand, ValueEnum};
use engine::EngineProcess;
use flow::dataset::ExportFormat;
use flow::deliver::Delivered;
use flow::falls::Fell;
use flow::intake::{self, Mapping, Source};
use flow::model::Cancel;
use flow::review::{Filter, Order, QueueQuery, Tab};
use flow::sample::{Sample, SampleLanguage, bundled_models, data_folder};
use flow::use_case::UseCase;
use flow::worker::{Presence, Ran, Told, draft_waiting};
use flow::{Clock, Desk, Person};
use post::Post;
use std::io::IsTerminal;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Human-in-the-loop work with a local language model, without the window.
#[derive(Parser)]
#[command(name = "gait", version, about)]
struct Args {
    /// The data folder; else GAIT_DATA, else the system's place for it.
    #[arg(long, global = true)]
    data: Option<PathBuf>,
    /// Answers as JSON, for scripts.
    #[arg(long, global = true)]
    json: bool,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Install the sample: use case, requests, starter model.
    Sample,
    /// List the use cases.
    UseCases,
    /// Take the requests of a CSV or JSONL file.
    Import {
        file: PathBuf,
        /// Name of the use case; not needed when there is only one.
        #[arg(long, short)]
        use_case: Option<String>,
        /// Column of the request's own id.
        #[arg(long)]
        id: Option<String>,
        #[arg(long)]
        audience: Option<String>,
        #[arg(long)]
        slice: Option<String>,
        #[arg(long)]
        priority: Option<String>,
        /// Columns that become the item's fields; else all that are nothing else.
        #[arg(long, value_delimiter = ',')]
        fields: Vec<String>,
        #[arg(long)]
        delimiter: Option<char>,
        /// What the file is encoded in where it is not UTF-8: windows-1252, euc-kr, shift_jis, gb18030, big5, windows-1250, -1251 or -1254.
        #[arg(long)]
        encoding: Option<String>,
        /// Show what the file holds and take nothing.
        #[arg(long)]
        preview: bool,
    },
    /// Draft what waits, and deliver what is due, until nothing is left.
    Draft {
        /// Stop after so many drafts.
        #[arg(long)]
        limit: Option<usize>,
    },
    /// Show the queue.
    Queue {
        #[arg(long, short)]
        use_case: Option<String>,
        #[arg(long, value_enum, default_value_t = TabArg::Waiting)]
        tab: TabArg,
        /// Words to find.
        #[arg(long, default_value = "")]
        text: String,
        #[arg(long, default_value_t = 50)]
        limit: u32,
    },
    /// Write decisions as JSON Lines, in one file. `gait dataset` makes versions for training.
    Export {
        file: PathBuf,
        #[arg(long, short)]
        use_case: Option<String>,
        #[arg(long, value_enum, default_value_t = FormatArg::Sft)]
        format: FormatArg,
        /// Write over a file that is there.
        #[arg(long)]
        force: bool,
    },
    /// Select, freeze, compare, trace and purge datasets for training.
    Dataset {
        #[command(subcommand)]
        command: Box<dataset::DatasetCommand>,
    },
    #[command(flatten)]
    Levels(levels::LevelsCommand),
    /// Look at, add, verify, measure, download and remove models.
    Model {
        #[command(subcommand)]
        command: model::ModelCommand,
    },
    /// Look at, test and sign for the places that approved text goes to.
    Sinks {
        #[command(subcommand)]
        command: sinks::SinksCommand,
    },
    /// Texts that do not arrive: list them, try them again, send what is due.
    Deliveries {
        #[command(subcommand)]
        command: sinks::DeliveriesCommand,
    },
    Allow(sinks::AllowCommand),
    /// Folders that requests come in by.
    Folders {
        #[command(subcommand)]
        command: folders::FoldersCommand,
    },
    /// Read what is put into the watched folders, until Ctrl-C.
    Watch {
        /// Stop when all that lies there is read.
        #[arg(long)]
        once: bool,
    },
    /// Serve the local API on this machine, and draft and deliver meanwhile.
    Serve {
        #[arg(long, default_value_t = flow::local_api::PORT)]
        port: u16,
        /// Also on ::1.
        #[arg(long)]
        v6: bool,
        /// Requests that a token may ask a second.
        #[arg(long, default_value_t = ::serve::PER_SECOND)]
        per_second: u32,
        /// Draft nothing here: another program does.
        #[arg(long)]
        no_drafting: bool,
    },
    /// Make, list and revoke the tokens of the local API.
    Token {
        #[command(subcommand)]
        command: token::TokenCommand,
    },
    /// List, make and put back copies of the database; write everything that is in it.
    Backup {
        #[command(subcommand)]
        command: backup::BackupCommand,
    },
    /// Check database, models and sinks.
    Doctor {
        /// Compute anew what follows from the rows (counts, the kept evidence), then check.
        #[arg(long)]
        repair: bool,
    },
    /// What the statistics of levels do on invented streams; needs no database.
    Simulate {
        #[command(subcommand)]
        command: simulated::SimulateCommand,
    },
}

#[derive(Clone, Copy, ValueEnum)]
enum TabArg {
    Waiting,
    Drafting,
    Decided,
    Escalated,
    Failed,
    Audits,
    All,
}

#[derive(Clone, Copy, ValueEnum)]
enum FormatArg {
    Sft,
    Preference,
    Decisions,
    /// What was asked, of decided items: it can be imported again.
    Requests,
}

fn main() -> ExitCode {
    engine::calm_threads();
    if let Some(code) = engine::serve_if_child() {
        return code;
    }
    tracing_subscriber::fmt().with_env_filter(tracing_subscriber::EnvFilter::from_env("GAIT_LOG")).with_writer(std::io::stderr).init();
    match run(&Args::parse()) {
        Ok(code) => code,
        Err(e) => {
            eprintln!("{}", show::plain(&format!("{e:#}")));
            ExitCode::FAILURE
        }
    }
}

fn run(args: &Args) -> Result<ExitCode> {
    // Before a database is opened, or made: invented streams need none.
    if let Command::Simulate { command } = &args.command {
        return simulated::run(command, args.json);
    }
    let folder = match &args.data {
        Some(folder) => std::path::absolute(folder)?,
        None => data_folder()?,
    };
    // A database that does not open is what backups are for.
    if let Command::Backup { command } = &args.command {
        return backup::run(&folder, command, args.json);
    }
    let desk = Desk::open(&folder, Clock::system())?;
    let person = desk.settings()?.who();
    match &args.command {
        Command::Sample => sample(&desk, &person),
        Command::UseCases => show::use_cases(&desk.use_cases()?, args.json),
        Command::Import { file, use_case, id, audience, slice, priority, fields, delimiter, encoding, preview } => {
            let source = Source { delimiter: *delimiter, encoding: encoding.clone(), ..Source::of(file) };
            let found = intake::preview(&source)?;
            if *preview {
                return show::preview(&found, args.json);
            }
            anyhow::ensure!(
                !found.guessed,
                "{} is not UTF-8 and does not say what it is. It looks like {}: see with --preview whether its words are right, then say --encoding {}.",
                file.display(),
                found.encoding,
                found.encoding.to_lowercase()
            );
            let case = pick(&desk, use_case.as_deref())?;
            let guess = found.mapping;
            let mapping = Mapping {
                id: id.clone().or(guess.id),
                audience: audience.clone().or(guess.audience),
                slice: slice.clone().or(guess.slice),
                priority: priority.clone().or(guess.priority),
                fields: if fields.is_empty() { guess.fields } else { fields.clone() },
            };
            let mut line = show::ProgressLine::new();
            let report = desk.import(case.id, &source, &mapping, &person, &until_interrupted()?, &mut |p| {
                line.say(&format!("{} of {} bytes", p.bytes, p.of_bytes));
            })?;
            line.end();
            show::import_report(&report, args.json)
        }
        Command::Draft { limit } => draft(&desk, *limit, args.json),
        Command::Queue { use_case, tab, text, limit } => {
            let case = pick(&desk, use_case.as_deref())?;
            let tab = match tab {
                TabArg::Waiting => Tab::Waiting,
                TabArg::Drafting => Tab::Drafting,
                TabArg::Decided => Tab::Decided,
                TabArg::Escalated => Tab::Escalated,
                TabArg::Failed => Tab::Failed,
                TabArg::Audits => Tab::Audits,
                TabArg::All => Tab::All,
            };
            let query = QueueQuery {
                use_case: case.id,
                tab,
                order: Order::Priority,
                slice: None,
                text: text.clone(),
                filter: Filter::default(),
                offset: 0,
                limit: *limit,
            };
            show::queue(&desk.queue(&query, &person)?, args.json)
        }
        Command::Export { file, use_case, format, force } => {
            let case = pick(&desk, use_case.as_deref())?;
            if !force && file.symlink_metadata().is_ok() {
                bail!("{} is there already; with `--force` it is written over", file.display());
            }
            let (file, cancel) = (std::path::absolute(file)?, until_interrupted()?);
            let format = match format {
                FormatArg::Sft => Some(ExportFormat::Sft),
                FormatArg::Preference => Some(ExportFormat::Preference),
                FormatArg::Decisions => Some(ExportFormat::Decisions),
                FormatArg::Requests => None,
            };
            let report = match format {
                Some(format) => desk.export(case.id, format, &file, &person, &cancel, &mut |_| {})?,
                None => desk.export_requests(case.id, &file, &person, &cancel, &mut |_| {})?,
            };
            show::export_report(&report, args.json)
        }
        Command::Dataset { command } => dataset::run(&desk, &person, command, args.json),
        Command::Levels(command) => levels::run(&desk, &person, command, args.json),
        Command::Model { command } => model::run(&desk, &person, command, args.json),
        Command::Sinks { command } => sinks::sinks(&desk, &person, command, args.json),
        Command::Deliveries { command } => sinks::deliveries(&desk, &person, command, args.json),
        Command::Allow(command) => sinks::allow(&desk, &person, command, args.json),
        Command::Folders { command } => folders::folders(&desk, &person, command, args.json),
        Command::Watch { once } => folders::watch(&desk, *once, args.json),
        Command::Serve { port, v6, per_second, no_drafting } => {
            let config = ::serve::Config { port: *port, v6: *v6, per_second: (*per_second).max(1), beside_a_window: false };
            serve::run(desk, &config, !no_drafting, &until_told_to_end()?)
        }
        Command::Token { command } => token::run(&desk, &person, command, args.json),
        Command::Doctor { repair } => {
            if *repair {
                desk.repair()?;
            }
            show::findings(&desk.examine()?, args.json)
        }
        Command::Simulate { command } => simulated::run(command, args.json),
        Command::Backup { command } => backup::run(&folder, command, args.json),
    }
}

/// The use case of this name; the only one when none is named.
fn pick(desk: &Desk, name: Option<&str>) -> Result<UseCase> {
    let all = desk.use_cases()?;
    let names = || all.iter().map(|u| u.input.name.as_str()).collect::<Vec<_>>().join(", ");
    match (name, all.as_slice()) {
        (Some(name), cases) => match cases.iter().find(|u| u.input.name == name) {
            Some(case) => Ok(case.clone()),
            None => bail!("there is no use case {name:?}; there are: {}", names()),
        },
        (None, [only]) => Ok(only.clone()),
        (None, []) => bail!("there is no use case yet: create one in the window, or run `gait sample`"),
        (None, _) => bail!("which use case? --use-case with one of: {}", names()),
    }
}

fn sample(desk: &Desk, person: &Person) -> Result<ExitCode> {
    let models = bundled_models().context("the bundled models were not found: name their folder in GAIT_MODELS")?;
    let sample = Sample { folder: models.join("starter") };
    let id = desk.install_sample(&EngineProcess::of_this_program()?, &sample, SampleLanguage::English, person)?;
    let case = desk.use_case(id)?;
    println!("{}", show::plain(&format!("{}: ready; `gait draft` drafts its requests", case.input.name)));
    Ok(ExitCode::SUCCESS)
}

/// Items drafted at once: the engine reads the weights once for all of them.
const HANDS: usize = 8;

fn draft(desk: &Desk, limit: Option<usize>, json: bool) -> Result<ExitCode> {
    desk.free_dead_claims()?;
    let presence = Presence::enter(desk)?;
    let engine = EngineProcess::of_this_program()?;
    let begun = Instant::now();
    let tally = Mutex::new(Tally { drafted: 0, failed: 0, tokens: 0, line: show::ProgressLine::new() });
    let tell = |told: Told| {
        let mut tally = tally.lock().unwrap_or_else(PoisonError::into_inner);
        match told {
            Told::Token => tally.tokens += 1,
            Told::Ran(Ran::Drafted(_)) => tally.drafted += 1,
            Told::Ran(Ran::Failed(id, why)) => {
                tally.failed += 1;
                tally.line.end();
                eprintln!("{}", show::plain(&format!("item {id}: {why}")));
            }
            Told::Ran(Ran::PutBack(..) | Ran::Idle) => {}
        }
        let (drafted, seconds) = (tally.drafted, begun.elapsed().as_secs_f64());
        let (each, rate) = (tally.tokens as f64 / seconds, drafted as f64 * 60.0 / seconds);
        tally.line.say(&format!("{drafted} drafted · {each:.0} tok/s · {rate:.1} a minute"));
    };
    let cancel = until_interrupted()?;
    let mut delivered = 0usize;
    let drafted = || tally.lock().unwrap_or_else(PoisonError::into_inner).drafted;
    loop {
        let left = limit.map(|limit| limit.saturating_sub(drafted()));
        draft_waiting(desk, &engine, &presence, &cancel, HANDS, left, &tell)?;
        while !cancel.is_cancelled() && desk.deliver_next(&Post::until(cancel.clone()))? == Delivered::Done {
            delivered += 1;
        }
        for fell in watch_levels(desk, &cancel)? {
            eprintln!("{}", show::plain(&format!("the level of use case {} fell to {}", fell.use_case, fell.to.as_str())));
        }
        if cancel.is_cancelled() || limit.is_some_and(|limit| drafted() >= limit) {
            break;
        }
        match desk.drafting_backlog()? {
            // Put back for a later attempt, or held by another worker: wait for it.
            (1.., Some(at)) => std::thread::sleep(Duration::from_millis(u64::try_from(at.0 - desk.now().0).unwrap_or(0).clamp(200, 2_000))),
            (_, _) => break,
        }
    }
    let mut tally = tally.into_inner().unwrap_or_else(PoisonError::into_inner);
    tally.line.end();
    show::drafted(tally.drafted, tally.failed, delivered, begun.elapsed(), json)
}

/// What lowers a level without a verdict; none where it was interrupted.
fn watch_levels(desk: &Desk, cancel: &Cancel) -> Result<Vec<Fell>> {
    match desk.watch_levels(cancel) {
        Err(flow::Error::Cancelled) => Ok(Vec::new()),
        other => Ok(other?),
    }
}

struct Tally {
    drafted: usize,
    failed: usize,
    tokens: usize,
    line: show::ProgressLine,
}

/// A switch that Ctrl-C throws: what is begun is put back or kept, and the program ends in order. A second one ends it at
/// once.
fn until_interrupted() -> Result<Cancel> {
    let cancel = Cancel::default();
    let thrown = cancel.clone();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_io().build()?;
    std::thread::spawn(move || {
        runtime.block_on(async {
            while tokio::signal::ctrl_c().await.is_ok() {
                if thrown.is_cancelled() {
                    std::process::exit(130);
                }
                thrown.cancel();
            }
        });
    });
    Ok(cancel)
}

/// The same for what runs until it is told to end: SIGTERM, which systems send to services, throws it too.
fn until_told_to_end() -> Result<Cancel> {
    let cancel = until_interrupted()?;
    #[cfg(unix)]
    {
        let thrown = cancel.clone();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_io().build()?;
        let mut told = {
            let _in = runtime.enter();
            tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate())?
        };
        std::thread::spawn(move || {
            runtime.block_on(async {
                while told.recv().await.is_some() {
                    thrown.cancel();
                }
            });
        });
    }
    Ok(cancel)
}

/// Progress is for people who watch.
fn watched() -> bool {
    std::io::stderr().is_terminal()
}
