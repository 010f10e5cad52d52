//! Writes a dataset and says how fast: `export <folder> [rows] [formats, with commas] [all|none] [decisions.jsonl]`; without a file the examples
//! are invented. `export --raw <decisions.jsonl> [rows]` writes such a file.
//!
//! What `cargo xtask test` checks with the trainers' own libraries, and what `cargo xtask bench datasets` measures.

#[path = "../tests/invented/mod.rs"]
mod invented;

use datasets::{Cleaning, Example, Format, Job, Progress, Recipe, Source, Stage, write};
use std::io::{BufRead, Write};
use std::path::PathBuf;
use std::time::{Duration, Instant};

fn main() -> anyhow::Result<()> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    if words.first().map(String::as_str) == Some("--raw") {
        return raw(words.get(1).map(PathBuf::from), words.get(2).map_or(Ok(200), |word| word.parse())?);
    }
    let Some(folder) = words.first().map(PathBuf::from) else { anyhow::bail!("export <folder> [rows] [formats] [all|none]") };
    let rows: u64 = words.get(1).map_or(Ok(200), |word| word.parse())?;
    let formats = match words.get(2).map(String::as_str) {
        None | Some("all") => Format::ALL.to_vec(),
        Some(names) => names
            .split(',')
            .map(|name| Format::named(name).ok_or_else(|| anyhow::anyhow!("no format {name:?}")))
            .collect::<Result<_, _>>()?,
    };
    let mut recipe = Recipe::new(formats, "letters");
    if words.get(3).map(String::as_str) == Some("none") {
        recipe.cleaning = Cleaning::default();
    }
    let start = Instant::now();
    let mut stages: Vec<(Stage, Duration)> = Vec::new();
    let manifest = write(
        Job {
            folder: &folder,
            recipe: &recipe,
            about: &invented::about(),
            count_tokens: None,
            cancelled: &|| false,
            progress: &mut |Progress { stage, .. }| match stages.last_mut() {
                Some((last, at)) if *last == stage => *at = start.elapsed(),
                Some(_) | None => stages.push((stage, start.elapsed())),
            },
        },
        &mut *source(words.get(4), rows)?,
    )?;
    let seconds = start.elapsed().as_secs_f64();
    println!("{} examples, {} kept, {seconds:.2} s, {:.0} a second", manifest.examples, manifest.kept, manifest.examples as f64 / seconds);
    if let Some(worked) = cpu_seconds() {
        println!("  {worked:.2} s of processor time, {:.0} a second of it", manifest.examples as f64 / worked);
    }
    for (stage, until) in stages {
        println!("  {stage:?} until {:.2} s", until.as_secs_f64());
    }
    for step in &manifest.steps {
        println!("  {}: {} left out, {} changed, {:?}", step.step, step.left_out, step.changed, step.replaced);
    }
    if let Some(peak) = peak_mib() {
        println!("  peak memory {peak} MiB");
    }
    Ok(())
}

/// Examples from a file, one a line.
struct File(std::io::BufReader<std::fs::File>, Vec<u8>);

impl Source for File {
    fn next(&mut self) -> Result<Option<Example>, Box<dyn std::error::Error + Send + Sync>> {
        self.1.clear();
        if self.0.read_until(b'\n', &mut self.1)? == 0 { Ok(None) } else { Ok(Some(serde_json::from_slice(&self.1)?)) }
    }
}

fn source(path: Option<&String>, rows: u64) -> anyhow::Result<Box<dyn Source>> {
    Ok(match path {
        Some(path) => Box::new(File(std::io::BufReader::with_capacity(1 << 18, std::fs::File::open(path)?), Vec::new())),
        None => Box::new(invented::Invented { next: 0, count: rows }),
    })
}

fn raw(path: Option<PathBuf>, rows: u64) -> anyhow::Result<()> {
    let path = path.ok_or_else(|| anyhow::anyhow!("--raw <decisions.jsonl> [rows]"))?;
    let mut file = std::io::BufWriter::with_capacity(1 << 18, std::fs::File::create(&path)?);
    for n in 0..rows {
        serde_json::to_writer(&mut file, &invented::example(n))?;
        file.write_all(b"\n")?;
    }
    file.flush()?;
    println!("{rows} decisions in {}", path.display());
    Ok(())
}

/// What all threads worked, without waiting for a core: the figure that other programs on the machine change least.
fn cpu_seconds() -> Option<f64> {
    let stat = std::fs::read_to_string("/proc/self/stat").ok()?;
    let fields: Vec<&str> = stat.rsplit(") ").next()?.split(' ').collect();
    // utime and stime, in hundredths of a second.
    Some((fields.get(11)?.parse::<f64>().ok()? + fields.get(12)?.parse::<f64>().ok()?) / 100.0)
}

/// The most memory this process ever held, where the system tells.
fn peak_mib() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with("VmHWM"))?;
    Some(line.split_whitespace().nth(1)?.parse::<u64>().ok()? / 1024)
}
