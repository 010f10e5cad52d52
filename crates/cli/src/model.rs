//! `gait model …`: what the Models page does, without the window.
//!
//! Invariant: a file is deleted only when the person has read its name and size and said yes, or said it in advance.

use crate::show::{self, ProgressLine};
use crate::until_interrupted;
use anyhow::{Context, Result, bail};
use clap::Subcommand;
use engine::EngineProcess;
use flow::library::measure::{self, Bench, Measured, Step};
use flow::library::memory::{Estimate, SEQUENCES};
use flow::library::portrait::{Licence, Portrait, Precision, Size};
use flow::library::{Model, ModelSource, expected_memory_of_file};
use flow::model::{Drafter, ModelFacts};
use flow::settings::{HubSetting, Settings};
use flow::{Desk, Person, machine};
use hub::{Hub, Wanted};
use serde_json::{Value, json};
use std::io::{IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

#[derive(Subcommand)]
pub enum ModelCommand {
    /// List the models that this machine knows.
    List,
    /// Say what a GGUF file is, without adding it.
    Inspect { file: PathBuf },
    /// Add a GGUF file where it lies.
    Add { file: PathBuf },
    /// Read a model's whole file again and say whether it is still the same.
    Verify {
        /// Its number or its name.
        model: String,
    },
    /// Run a model for a short while: how fast it is on this machine, and how much memory it takes. Best with nothing
    /// else running.
    Measure {
        /// Its number or its name.
        model: String,
    },
    /// Download a model from the hub and add it; goes on where an earlier download ended. Only when the hub is on.
    Download {
        /// owner/repository/file.gguf
        name: String,
        /// A branch, a tag or a commit; else the main branch.
        #[arg(long)]
        revision: Option<String>,
        /// What the publisher says the file's SHA-256 is; else the hub's word is taken.
        #[arg(long)]
        sha256: Option<String>,
    },
    /// Show or change whether models may be downloaded, and from where. Off at first.
    Hub {
        #[arg(long, conflicts_with = "off")]
        on: bool,
        #[arg(long)]
        off: bool,
        #[arg(long)]
        address: Option<String>,
    },
    /// Forget a model that no use case drafts with. The file stays.
    Remove {
        /// Its number or its name.
        model: String,
        /// Delete the file too.
        #[arg(long)]
        delete_file: bool,
        /// Do not ask before a file is deleted.
        #[arg(long)]
        yes: bool,
    },
}

pub fn run(desk: &Desk, person: &Person, command: &ModelCommand, as_json: bool) -> Result<ExitCode> {
    match command {
        ModelCommand::List => list(desk, as_json),
        ModelCommand::Inspect { file } => {
            let facts = EngineProcess::of_this_program()?.inspect(file)?;
            let memory = expected_memory_of_file(file, &facts);
            if as_json {
                show::print(&facts_json(&facts, &memory));
            } else {
                println!("{}", show::plain(&in_words(&facts, &memory)));
            }
            Ok(ExitCode::SUCCESS)
        }
        ModelCommand::Add { file } => {
            let model = desk.add_model(&EngineProcess::of_this_program()?, file, ModelSource::Imported, person)?;
            told(desk, &model, "added", as_json)
        }
        ModelCommand::Verify { model } => verify(desk, &pick(desk, model)?, as_json),
        ModelCommand::Measure { model } => run_measure(desk, &pick(desk, model)?, as_json),
        ModelCommand::Download { name, revision, sha256 } => download(desk, person, name, revision.as_deref(), sha256.clone(), as_json),
        ModelCommand::Hub { on, off, address } => hub_setting(desk, *on, *off, address.clone(), as_json),
        ModelCommand::Remove { model, delete_file, yes } => remove(desk, person, &pick(desk, model)?, *delete_file, *yes, as_json),
    }
}

/// The model of this number or name.
fn pick(desk: &Desk, wanted: &str) -> Result<Model> {
    let mut all = desk.models()?;
    let names = all.iter().map(|m| format!("{} {}", m.id, m.facts.name)).collect::<Vec<_>>().join(", ");
    let fits: Vec<usize> =
        all.iter().enumerate().filter(|(_, m)| m.id.to_string() == wanted || m.facts.name == wanted).map(|(i, _)| i).collect();
    match fits[..] {
        [one] => Ok(all.swap_remove(one)),
        [] if all.is_empty() => bail!("there is no model yet: `gait model add FILE` adds one, `gait sample` the starter model"),
        [] => bail!("there is no model {wanted:?}; there are: {names}"),
        _ => bail!("more than one model has the name {wanted:?}; name one by its number: {names}"),
    }
}

fn list(desk: &Desk, as_json: bool) -> Result<ExitCode> {
    let models = desk.models()?;
    if as_json {
        let all: Result<Value> = models.iter().map(|model| model_json(desk, model)).collect();
        show::print(&all?);
    } else {
        for model in &models {
            println!("{}", show::plain(&format!("{}  {}\n{}", model.id, model.facts.name, about(desk, model)?)));
        }
        if models.is_empty() {
            println!("no model yet");
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn told(desk: &Desk, model: &Model, what: &str, as_json: bool) -> Result<ExitCode> {
    if as_json {
        show::print(&model_json(desk, model)?);
    } else {
        println!("{}", show::plain(&format!("{what}: {} (number {})\n{}", model.facts.name, model.id, about(desk, model)?)));
    }
    Ok(ExitCode::SUCCESS)
}

fn verify(desk: &Desk, model: &Model, as_json: bool) -> Result<ExitCode> {
    let mut line = ProgressLine::new();
    let model = desk.verify_model(model.id, &until_interrupted()?, &mut |done, of| line.say(&format!("{} of {}", size(done), size(of))))?;
    line.end();
    let found = model.checked.as_ref().map(|checked| checked.sha256.clone()).unwrap_or_default();
    if as_json {
        show::print(&json!({ "id": model.id.0, "same": !model.is_altered(), "sha256": found, "expected": model.facts.sha256 }));
    } else if model.is_altered() {
        println!(
            "{}",
            show::plain(&format!(
                "{}: CHANGED. The file is not what it was when it was added (SHA-256 {found}, it was {})",
                model.facts.name, model.facts.sha256
            ))
        );
    } else {
        println!("{}", show::plain(&format!("{}: still the same, byte for byte (SHA-256 {found})", model.facts.name)));
    }
    Ok(if model.is_altered() { ExitCode::from(2) } else { ExitCode::SUCCESS })
}

fn run_measure(desk: &Desk, model: &Model, as_json: bool) -> Result<ExitCode> {
    let engine = EngineProcess::of_this_program()?;
    let start = Instant::now();
    let line = Mutex::new(ProgressLine::new());
    let peak = || engine.process_id().and_then(machine::peak_memory);
    let bench = Bench { drafter: &engine, clock: &|| start.elapsed(), peak: &peak };
    let measured = measure::measure(&bench, &model.file(), model.facts.context, &until_interrupted()?, &|step| {
        let words = match step {
            Step::Loading => "loading".to_owned(),
            Step::Alone { done, of } => format!("one draft: {done} of {of} tokens"),
            Step::Together { done, of } => format!("{SEQUENCES} drafts at once: {done} of {of} tokens"),
        };
        line.lock().unwrap_or_else(PoisonError::into_inner).say(&words);
    });
    line.lock().unwrap_or_else(PoisonError::into_inner).end();
    let model = desk.keep_measurement(model.id, &measured?)?;
    if let Some((_, measured)) = &model.measured {
        if as_json {
            show::print(&measured_json(measured));
        } else {
            println!("{}", show::plain(&format!("{}: {}", model.facts.name, measured_in_words(measured))));
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn download(desk: &Desk, person: &Person, name: &str, revision: Option<&str>, sha256: Option<String>, as_json: bool) -> Result<ExitCode> {
    person.must_be_admin("download a model")?;
    let hub = Hub::open(&desk.settings()?.hub).context("`gait model hub --on` switches it on")?;
    let wanted = Wanted { name: hub.name(name, revision)?, folder: desk.downloads(), sha256 };
    let mut line = ProgressLine::new();
    let mut begun: Option<(Instant, u64)> = None;
    let fetched = hub.download(&wanted, &until_interrupted()?, &mut |step| match step {
        hub::Step::Asking => line.say("waiting for the hub"),
        hub::Step::Rereading { done, total } => line.say(&format!("reading what is there: {} of {}", size(done), size(total))),
        hub::Step::Receiving { done, total } => {
            let (since, from) = *begun.get_or_insert((Instant::now(), done));
            let rate = (done - from.min(done)) as f64 / since.elapsed().as_secs_f64().max(0.001);
            let left = if rate > 0.0 { format!(" · {:.0} s left", (total - done) as f64 / rate) } else { String::new() };
            line.say(&format!("{} of {} · {}/s{left}", size(done), size(total), size(rate as u64)));
        }
    });
    line.end();
    let fetched = fetched?;
    let model = desk.add_download(&EngineProcess::of_this_program()?, &fetched.path, &fetched.origin, person)?;
    told(desk, &model, "downloaded and added", as_json)
}

fn hub_setting(desk: &Desk, on: bool, off: bool, address: Option<String>, as_json: bool) -> Result<ExitCode> {
    let mut settings: Settings = desk.settings()?;
    if on || off || address.is_some() {
        let on = if on || off { on } else { settings.hub.on };
        settings.hub = HubSetting { on, address: address.unwrap_or(settings.hub.address) };
        settings = desk.save_settings(&settings)?;
    }
    if as_json {
        show::print(&json!({ "on": settings.hub.on, "address": settings.hub.address }));
    } else {
        let word =
            if settings.hub.on { "on: `gait model download` asks this host, and nothing else does" } else { "off: no host is asked" };
        println!("{}", show::plain(&format!("{} is {word}", settings.hub.address)));
    }
    Ok(ExitCode::SUCCESS)
}

fn remove(desk: &Desk, person: &Person, model: &Model, delete_file: bool, yes: bool, as_json: bool) -> Result<ExitCode> {
    if delete_file {
        if !yes {
            may_be_deleted(&model.path, model.facts.bytes)?;
        }
        engine::forget(&model.path);
        desk.delete_model(model.id, person)?;
    } else {
        desk.remove_model(model.id, person)?;
        engine::forget(&model.path);
    }
    if as_json {
        show::print(&json!({ "id": model.id.0, "path": model.path, "file_deleted": delete_file }));
    } else {
        let file = if delete_file { "its file is deleted" } else { "its file stays" };
        println!("{}", show::plain(&format!("{}: forgotten; {file}: {}", model.facts.name, model.path.display())));
    }
    Ok(ExitCode::SUCCESS)
}

fn may_be_deleted(path: &Path, bytes: u64) -> Result<()> {
    let what = show::plain(&format!("{} ({})", path.display(), size(bytes)));
    if !std::io::stdin().is_terminal() {
        bail!("nothing was deleted: to delete {what}, say --yes");
    }
    eprint!("Delete {what}? It cannot be brought back. Type yes: ");
    std::io::stderr().flush()?;
    let mut answer = String::new();
    std::io::stdin().read_line(&mut answer)?;
    if answer.trim() == "yes" { Ok(()) } else { bail!("nothing was deleted") }
}

// --- words

/// 9.3 MB.
fn size(bytes: u64) -> String {
    let mut value = bytes as f64;
    let mut unit = "B";
    for next in ["kB", "MB", "GB", "TB"] {
        if value < 1000.0 {
            break;
        }
        value /= 1000.0;
        unit = next;
    }
    if unit == "B" || value >= 100.0 { format!("{value:.0} {unit}") } else { format!("{value:.1} {unit}") }
}

fn about(desk: &Desk, model: &Model) -> Result<String> {
    let mut lines = vec![in_words(&model.facts, &desk.expected_memory(model)?)];
    if let Some((_, measured)) = &model.measured {
        lines.push(format!("Measured here: {}", measured_in_words(measured)));
    }
    if let Some(origin) = &model.origin {
        lines.push(format!("Downloaded from {origin}."));
    }
    if let Some(trouble) = model.trouble() {
        lines.push(format!("It cannot be used: {trouble}."));
    }
    let users = if model.used_by.is_empty() { "no use case".to_owned() } else { model.used_by.join(", ") };
    lines.push(format!("Used by {users}. {}", model.path.display()));
    Ok(lines.iter().map(|line| format!("   {line}")).collect::<Vec<_>>().join("\n"))
}

fn in_words(facts: &ModelFacts, memory: &Estimate) -> String {
    let p = Portrait::of(facts);
    let size_word = match p.size {
        Size::Tiny => "a tiny model, for the one narrow task that it was trained for",
        Size::Small => "a small model, for short and simple texts",
        Size::Medium => "a model of middle size, for everyday drafts",
        Size::Large => "a large model, for good drafts on a strong machine",
        Size::Huge => "a very large model, for more than a desk has",
    };
    let kept = match p.precision {
        Precision::Full => "stored as it was trained",
        Precision::Fine => "shortened to about half, with no loss that one would see",
        Precision::Good => "shortened to about a third, with hardly any loss",
        Precision::Usual => "shortened to about a quarter, with a little loss",
        Precision::Coarse => "shortened a lot: mistakes are likelier",
        Precision::Unknown => "stored in a way that Gait has no word for",
    };
    let named = facts.license.as_deref().unwrap_or_default();
    let licence = match p.licence {
        Licence::Free => format!("Licence {named}: any use, also for business, with its notice kept"),
        Licence::Reciprocal => format!("Licence {named}: any use; what is made of it is given under the same terms"),
        Licence::Own => format!("Licence {named}: the maker's own terms; read them before you use it"),
        Licence::NonCommercial => format!("Licence {named}: not for business"),
        Licence::Other => format!("Licence {named:?}: read its terms before you use it"),
        Licence::Unknown => "Licence unknown: the file names none; find out whether you may use it".to_owned(),
    };
    let pages = if p.pages == 1 { "about one page".to_owned() } else { format!("about {} pages", p.pages) };
    let tight = match machine::free_memory() {
        Some(free) if free < memory.total() => format!(" More than is free on this machine now ({}).", size(free)),
        Some(_) | None => String::new(),
    };
    format!(
        "{}: {size_word}; {kept} ({:.1} bits a weight, {}, {}). Request and answer may fill {pages}. Takes about {} while it drafts \
         ({} at once, up to {} tokens each).{tight} {licence}.",
        p.family,
        p.bits_per_weight,
        facts.quantisation,
        size(facts.bytes),
        size(memory.total()),
        SEQUENCES,
        memory.tokens,
    )
}

fn measured_in_words(m: &Measured) -> String {
    let peak = m.peak_bytes.map(|bytes| format!(", {} of memory at most", size(bytes))).unwrap_or_default();
    format!(
        "about {:.0} drafts a minute ({} at once, {} tokens each); alone: first word after {:.0} ms for {} tokens of request, then {:.1} tokens \
         a second; loaded in {:.1} s{peak}",
        m.drafts_per_minute(),
        m.together,
        m.together_tokens / m.together.max(1),
        m.ttft_ms,
        m.prompt_tokens,
        m.tokens_per_second,
        m.load_ms as f64 / 1000.0,
    )
}

fn facts_json(facts: &ModelFacts, memory: &Estimate) -> Value {
    json!({ "name": facts.name, "architecture": facts.architecture, "parameters": facts.parameters, "quantisation": facts.quantisation,
        "bytes": facts.bytes, "context": facts.context, "vocabulary": facts.vocabulary, "chat_template": facts.chat_template.is_some(),
        "license": facts.license, "sha256": facts.sha256, "in_words": in_words(facts, memory),
        "memory": { "total": memory.total(), "weights": memory.weights, "kv": memory.kv, "rest": memory.rest, "tokens": memory.tokens, "free": machine::free_memory() } })
}

fn measured_json(m: &Measured) -> Value {
    json!({ "load_ms": m.load_ms, "prompt_tokens": m.prompt_tokens, "ttft_ms": m.ttft_ms, "answer_tokens": m.answer_tokens,
        "tokens_per_second": m.tokens_per_second, "together": m.together, "together_tokens": m.together_tokens, "together_ms": m.together_ms,
        "together_tokens_per_second": m.together_tokens_per_second(), "drafts_per_minute": m.drafts_per_minute(), "peak_bytes": m.peak_bytes })
}

fn model_json(desk: &Desk, model: &Model) -> Result<Value> {
    let mut value = facts_json(&model.facts, &desk.expected_memory(model)?);
    let more = json!({ "id": model.id.0, "path": model.path, "starter": model.source == ModelSource::Starter, "used_by": model.used_by,
        "added_at": model.added_at.0, "origin": model.origin, "trouble": model.trouble(),
        "checked": model.checked.as_ref().map(|checked| json!({ "at": checked.at.0, "same": !model.is_altered() })),
        "measured": model.measured.as_ref().map(|(at, measured)| json!({ "at": at.0, "figures": measured_json(measured) })) });
    if let (Some(value), Value::Object(more)) = (value.as_object_mut(), more) {
        value.extend(more);
    }
    Ok(value)
}
