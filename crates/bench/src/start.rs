//! Starts: the time from starting a process to its first token, and the most memory it took.
//!
//! Invariant: each start is a process of its own. The model file is in the system's page cache for both sides.

use crate::machine::{self, Memory};
use crate::random::Random;
use crate::texts::{Asked, words};
use crate::theirs::Peer;
use anyhow::{Context, Result, bail};
use engine::Engine;
use flow::model::{Cancel, Drafter as _, ModelFile, Urgency};
use std::io::{BufRead, BufReader, Read, Write};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// The hidden command with which this program starts itself.
pub const CHILD: &str = "child";
/// Tokens of the prompt and the answer during which memory is looked at.
pub const PROMPT: usize = 512;
pub const ANSWER: u32 = 64;

/// What a start came to.
#[derive(Debug, Clone, Copy)]
pub struct Start {
    pub first_token: Duration,
    pub memory: Memory,
}

fn short() -> Asked {
    Asked::alone(words(8, &mut Random::named("start", 1)), 1)
}

fn long() -> Asked {
    Asked::alone(words(PROMPT, &mut Random::named("start", 2)), ANSWER)
}

/// Gait in a new process.
///
/// # Errors
/// When the process does not do what it should.
pub fn ours(model: &ModelFile) -> Result<Start> {
    let start = Instant::now();
    let mut child = Command::new(std::env::current_exe()?)
        .arg(CHILD)
        .arg(&model.path)
        .arg(&model.sha256)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .context("a second process cannot be started")?;
    let mut lines = BufReader::new(child.stdout.take().context("the second process has no output")?).lines();
    let first = lines.next().transpose()?;
    let first_token = start.elapsed();
    let done = lines.next().transpose()?;
    let memory = machine::memory(child.id());
    drop(child.stdin.take());
    let status = child.wait()?;
    if first.is_none() || done.is_none() || !status.success() {
        bail!("the second process ended with {status}");
    }
    Ok(Start { first_token, memory: memory.context("its memory cannot be read")? })
}

/// What the second process does: a line after its first token, a line after a longer answer; then it waits to be looked
/// at.
///
/// # Errors
/// Whatever the engine says.
pub fn child(path: &Path, sha256: &str) -> Result<()> {
    let engine = Engine::start();
    let model = ModelFile { path: path.to_owned(), sha256: sha256.to_owned() };
    for asked in [short(), long()] {
        engine.generate(&asked.request(&model, Urgency::Interactive), &Cancel::default(), &mut |_| {})?;
        println!("done");
        std::io::stdout().flush()?;
    }
    std::io::stdin().read_to_end(&mut Vec::new())?;
    Ok(())
}

/// llama-server in a new process.
///
/// # Errors
/// When it does not start or answer.
pub fn theirs(peer: &Peer, model: &Path) -> Result<Start> {
    let start = Instant::now();
    let server = peer.serve(model, 1, &[])?;
    server.ask(&short())?;
    let first_token = start.elapsed();
    server.ask(&long())?;
    Ok(Start { first_token, memory: server.memory().context("llama-server's memory cannot be read")? })
}
