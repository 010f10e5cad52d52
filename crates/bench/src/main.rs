//! `gait-bench`, which `cargo xtask bench engine` builds and starts: how fast Gait's engine is, beside llama.cpp.
//!
//! Invariant: what is compared does the same work on the same file in the same run, in turns. llama.cpp is no part of
//! Gait: whoever wants the comparison names the folder of its programs.

mod options;

mod measure;
mod ours;
mod start;
mod theirs;

mod best;
mod faithful;

mod figures;
mod table;

mod callers;
mod http;
mod machine;

mod made;
mod random;
mod texts;

use anyhow::{Context, Result, bail};
use machine::Limits;
use measure::Bench;
use options::{HELP, Options};
use std::path::Path;
use std::process::ExitCode;
use theirs::Peer;

/// The page that `--write` writes, and what stands on it above the figures.
const PAGE: &str = "docs/engine-benchmark.md";
const PAGE_HEAD: &str = include_str!("page.md");
/// The starter model's sample requests.
const SAMPLE: &str = "models/starter/sample";

fn main() -> ExitCode {
    engine::calm_threads();
    let words: Vec<String> = std::env::args().skip(1).collect();
    match obey(&words) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("\n{error:#}");
            ExitCode::FAILURE
        }
    }
}

fn obey(words: &[String]) -> Result<()> {
    match words {
        [command, path, sha256] if command == start::CHILD => start::child(Path::new(path), sha256),
        [.., last] if last == "help" || last == "--help" => {
            print!("{HELP}");
            Ok(())
        }
        [command, rest @ ..] if command == "engine" => engine(&Options::parse(rest)?),
        _ => bail!("{HELP}"),
    }
}

fn engine(options: &Options) -> Result<()> {
    let peer = Peer::find();
    let peer = match &peer {
        Ok(peer) => Some(peer),
        Err(error) => {
            eprintln!("{error}.");
            None
        }
    };
    let mut text = surroundings(options, peer);
    let limits = if options.models.is_empty() { None } else { Limits::measure() };
    if let Some(limits) = limits {
        text.push_str(&format!(
            "- limits measured in the same run: memory read {:.1} GB/s, {:.0} G 8-bit multiply-adds a second\n",
            limits.read / 1e9,
            limits.multiply_adds / 1e9
        ));
    }
    let bench = Bench { options, peer, limits };
    for recipe in &options.models {
        let table = bench.model(recipe)?.markdown();
        // A long run that breaks off has shown what it had.
        eprintln!("\n{table}");
        text.push_str(&format!("\n{table}"));
    }
    if !options.faithful.is_empty() {
        let peer = peer.context("There is nothing to compare the texts with")?;
        text.push_str(&format!("\n### Greedy texts\n\n{}", faithful::compare(peer, &options.faithful, Path::new(SAMPLE))?));
    }
    print!("{text}");
    if options.write {
        let page = Path::new(PAGE);
        std::fs::write(page, format!("{PAGE_HEAD}\n{text}")).with_context(|| format!("{PAGE} cannot be written"))?;
        eprintln!("Written to {PAGE}.");
    }
    Ok(())
}

/// Where, when and with what: a list in Markdown.
fn surroundings(options: &Options, peer: Option<&Peer>) -> String {
    let busy = machine::busy().map_or_else(|| "not known".to_owned(), |busy| format!("{:.0} %", 100.0 * busy));
    let mut text = format!(
        "- processor: {}\n- busy with other things before the start: {busy}\n- Gait {} on {}, {}\n",
        machine::processor(),
        env!("CARGO_PKG_VERSION"),
        std::env::consts::OS,
        machine::today()
    );
    if let Some(peer) = peer {
        text.push_str(&format!("- llama.cpp {}, built for this processor, {} threads\n", peer.version(), machine::cores()));
    }
    text.push_str(&format!("- command: `cargo xtask bench engine {}`\n", options.line.trim()).replace(" `\n", "`\n"));
    text
}
