//! What `cargo xtask bench datasets` builds and starts beside the measuring of the writer: how fast decisions become files from the database on,
//! by the program itself.
//!
//! Invariant: what is measured is `gait dataset new`, a process of its own, with the tokenizer of a real model; nothing is left out of the clock
//! but the start of the process.

mod made;

use std::error::Error;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

const HELP: &str = "datasets <gait> <folder> <decisions>";
/// Rows a second, and bytes.
const PLAIN: f64 = 20_000.0;
const CLEAN: f64 = 3_000.0;
const MEMORY: u64 = 500_000_000;

pub type Done<T> = Result<T, Box<dyn Error>>;

struct Measure {
    what: &'static str,
    words: &'static [&'static str],
    /// Decisions a second, at least.
    least: f64,
}

const ALL: [Measure; 3] = [
    Measure { what: "SFT, without cleaning", words: &["--format", "sft", "--no-cleaning"], least: PLAIN },
    Measure { what: "SFT, DPO and KTO, without cleaning", words: &["--format", "sft,dpo-chat,kto", "--no-cleaning"], least: PLAIN },
    Measure { what: "SFT, DPO and KTO, with all cleaning", words: &["--format", "sft,dpo-chat,kto"], least: CLEAN },
];

fn main() -> Done<()> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let [gait, folder, decisions] = words.as_slice() else { return Err(HELP.into()) };
    let (gait, place, decisions) = (PathBuf::from(gait), PathBuf::from(folder), decisions.parse::<i64>()?);
    let data = place.join(format!("data-{decisions}"));
    if data.join("made").exists() {
        eprintln!("The decisions of an earlier run are in {}", data.display());
    } else {
        eprintln!("Making {decisions} decisions in {} (a minute or two, once)", data.display());
        std::fs::remove_dir_all(&data).or_else(|e| if e.kind() == std::io::ErrorKind::NotFound { Ok(()) } else { Err(e) })?;
        std::fs::create_dir_all(&data)?;
        run(Command::new(&gait).arg("--data").arg(&data).arg("sample"))?;
        made::fill(&data, decisions)?;
        std::fs::write(data.join("made"), decisions.to_string())?;
    }
    println!("- {decisions} decisions, {:.1} GB\n", data.join("gait.db").metadata()?.len() as f64 / 1e9);
    println!("| | kept | by the clock | peak memory | wanted |\n|---|---|---|---|---|");
    let mut over = Vec::new();
    for measure in &ALL {
        let sets = place.join("sets");
        std::fs::remove_dir_all(&sets).or_else(|e| if e.kind() == std::io::ErrorKind::NotFound { Ok(()) } else { Err(e) })?;
        let (kept, took, peak) = one(&gait, &data, &sets, measure.words)?;
        let rate = decisions as f64 / took.as_secs_f64();
        let good = rate >= measure.least && peak <= MEMORY;
        println!(
            "| {} | {kept} | {:.1} s: **{rate:.0} decisions a second** | {} MiB | {} a second, under 500 MB: {} |",
            measure.what,
            took.as_secs_f64(),
            peak >> 20,
            measure.least,
            if good { "yes" } else { "**no**" }
        );
        if !good {
            over.push(measure.what);
        }
        std::fs::remove_dir_all(&sets)?;
    }
    if over.is_empty() { Ok(()) } else { Err(format!("over the limit: {}", over.join("; ")).into()) }
}

/// What one version keeps, how long it takes, and the most memory, bytes.
fn one(gait: &Path, data: &Path, sets: &Path, words: &[&str]) -> Done<(u64, Duration, u64)> {
    let start = Instant::now();
    let mut child = Command::new(gait)
        .arg("--data")
        .arg(data)
        .args(["--json", "dataset", "new"])
        .arg(sets.join("v"))
        .args(words)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()?;
    let mut peak = 0;
    while child.try_wait()?.is_none() {
        peak = flow::machine::peak_memory(child.id()).unwrap_or(0).max(peak);
        std::thread::sleep(Duration::from_millis(20));
    }
    let took = start.elapsed();
    let out = child.wait_with_output()?;
    if !out.status.success() {
        return Err(format!("{} dataset new ended with {}", gait.display(), out.status).into());
    }
    let made: serde_json::Value = serde_json::from_slice(&out.stdout)?;
    if made["statistics"]["unit"] != "tokens" {
        return Err(format!("tokens were not counted: {}", made["notes"]).into());
    }
    Ok((made["kept"].as_u64().unwrap_or(0), took, peak))
}

fn run(command: &mut Command) -> Done<()> {
    let status = command.stdout(Stdio::null()).status()?;
    if status.success() { Ok(()) } else { Err(format!("{command:?} ended with {status}").into()) }
}
