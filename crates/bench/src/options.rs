//! What the command line asks for.
//!
//! Invariant: a word that is not understood is an error, with what there is.

use crate::best::Settings;
use crate::made::Recipe;
use anyhow::{Context, Result, bail};
use std::path::PathBuf;

pub const HELP: &str = "gait-bench: measures Gait's engine beside llama.cpp.

cargo xtask bench engine [options]
    --quick              some minutes: two models, few rounds, a short queue
    --write              also writes the table into docs/engine-benchmark.md
    --models <a,b>       of qwen3-0.6b, qwen2-0.5b, qwen2.5-1.5b, each with -q4_k_m or -q8_0
    --only <a,b>         of tokens, batch, queue, waiting, cancel, start
    --rounds <n>         how often each pair of measurements is repeated
    --requests <n>       length of the queue
    --folder <folder>    where the made-up models lie (default: bench-models in cargo's target folder)
    --peer \"<n> <args>\"  llama-server's slots and further settings, instead of a search for the best
    --faithful <gguf,…>  greedy texts beside llama.cpp's on these files; speeds only of models that --models names

GAIT_LLAMA_CPP names the folder with llama-bench, llama-batched-bench and llama-server; without it Gait is measured alone.
";

/// A group of measurements.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    Tokens,
    Batch,
    Queue,
    Waiting,
    Cancel,
    Start,
}

const PARTS: [(&str, Part); 6] = [
    ("start", Part::Start),
    ("tokens", Part::Tokens),
    ("batch", Part::Batch),
    ("queue", Part::Queue),
    ("waiting", Part::Waiting),
    ("cancel", Part::Cancel),
];

#[derive(Debug)]
pub struct Options {
    pub quick: bool,
    pub write: bool,
    pub models: Vec<Recipe>,
    pub parts: Vec<Part>,
    pub rounds: usize,
    pub requests: usize,
    pub folder: PathBuf,
    pub peer: Option<Settings>,
    pub faithful: Vec<PathBuf>,
    /// As it was typed.
    pub line: String,
}

impl Options {
    /// # Errors
    /// When a word is not understood.
    pub fn parse(words: &[String]) -> Result<Self> {
        let quick = words.iter().any(|word| word == "--quick");
        let mut models = None;
        let mut options = Self {
            quick,
            write: false,
            models: Vec::new(),
            parts: PARTS.map(|(_, part)| part).to_vec(),
            rounds: if quick { 2 } else { 5 },
            requests: if quick { 48 } else { 200 },
            folder: default_folder(),
            peer: None,
            faithful: Vec::new(),
            line: words.join(" "),
        };
        let mut words = words.iter();
        while let Some(word) = words.next() {
            let mut value = || words.next().cloned().with_context(|| format!("{word} wants a value\n\n{HELP}"));
            match word.as_str() {
                "--quick" => {}
                "--write" => options.write = true,
                "--models" => models = Some(value()?),
                "--only" => options.parts = value()?.split(',').map(part).collect::<Result<_>>()?,
                "--rounds" => options.rounds = value()?.parse().context("--rounds wants a number")?,
                "--requests" => options.requests = value()?.parse().context("--requests wants a number")?,
                "--folder" => options.folder = PathBuf::from(value()?),
                "--peer" => options.peer = Some(Settings::parse(&value()?).context("--peer wants the number of slots first")?),
                "--faithful" => options.faithful = value()?.split(',').map(PathBuf::from).collect(),
                other => bail!("`{other}` is not understood\n\n{HELP}"),
            }
        }
        let models = match models.as_deref() {
            Some(models) => models,
            None if !options.faithful.is_empty() => return Ok(options),
            None if quick => "qwen3-0.6b-q4_k_m,qwen2-0.5b-q8_0",
            None => "qwen3-0.6b-q4_k_m,qwen2-0.5b-q8_0,qwen2.5-1.5b-q4_k_m,qwen2.5-1.5b-q8_0",
        };
        options.models = models.split(',').map(Recipe::named).collect::<Result<_>>()?;
        Ok(options)
    }
}

fn part(name: &str) -> Result<Part> {
    match PARTS.iter().find(|(known, _)| *known == name) {
        Some((_, part)) => Ok(*part),
        None => bail!("there is nothing named `{name}` to measure\n\n{HELP}"),
    }
}

/// Beside this very program's folder, which lies in cargo's target folder.
fn default_folder() -> PathBuf {
    let own = std::env::current_exe().ok();
    own.as_deref().and_then(|own| own.parent()?.parent()).map_or_else(|| PathBuf::from("target"), PathBuf::from).join("bench-models")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(line: &str) -> Result<Options> {
        Options::parse(&line.split(' ').map(str::to_owned).collect::<Vec<_>>())
    }

    #[test]
    fn options_are_read_and_others_refused() {
        let options = parse("--only tokens,queue --models qwen3-0.6b-q8_0 --rounds 3").unwrap();
        assert_eq!(options.parts, [Part::Tokens, Part::Queue]);
        assert_eq!((options.models.len(), options.rounds, options.requests), (1, 3, 200));
        assert_eq!(parse("--quick").unwrap().requests, 48);
        let texts = parse("--faithful a.gguf,b.gguf").unwrap();
        assert_eq!((texts.faithful.len(), texts.models.len()), (2, 0), "texts alone");
        for (line, said) in [("--only lunch", "lunch"), ("--models gpt-5", "gpt-5"), ("--fast", "--fast"), ("--rounds", "wants a value")] {
            assert!(parse(line).unwrap_err().to_string().contains(said), "{line}: the message names what was not understood");
        }
    }
}
