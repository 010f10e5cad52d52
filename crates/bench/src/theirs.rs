//! llama.cpp, measured by its own programs where it has them, else as a server.
//!
//! Invariant: it gets its best: the threads of this machine, flash attention on or off as it is faster, no pauses.

use crate::callers;
use crate::http;
use crate::machine::{self, Memory};
use crate::texts::{Asked, BACKGROUND, LONGEST};
use anyhow::{Context, Result, bail};
use serde_json::{Value, json};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// The folder with llama.cpp's programs is named by this variable.
pub const FOLDER: &str = "GAIT_LLAMA_CPP";
const PROGRAMS: [&str; 3] = ["llama-bench", "llama-batched-bench", "llama-server"];
/// The longest wait for a server to load its model.
const START: Duration = Duration::from_secs(300);

/// llama.cpp on this machine.
#[derive(Debug, Clone)]
pub struct Peer {
    folder: PathBuf,
    threads: usize,
}

/// Tokens a second.
#[derive(Debug, Clone, Copy)]
pub struct Speeds {
    pub prefill_256: f64,
    pub prefill_512: f64,
    pub decode: f64,
}

impl Peer {
    /// The peer that [`FOLDER`] names.
    ///
    /// # Errors
    /// A sentence that says what is missing.
    pub fn find() -> Result<Self> {
        let Some(folder) = std::env::var_os(FOLDER).map(PathBuf::from) else {
            bail!("{FOLDER} names no folder with llama.cpp's programs, so Gait is measured alone");
        };
        for name in PROGRAMS {
            if !folder.join(name).is_file() {
                bail!("{name} is missing in the folder that {FOLDER} names, so Gait is measured alone");
            }
        }
        Ok(Self { folder, threads: machine::cores() })
    }

    fn program(&self, name: &str) -> Command {
        let mut command = Command::new(self.folder.join(name));
        command.stdin(Stdio::null()).stderr(Stdio::null());
        command
    }

    /// What `llama-server --version` says.
    pub fn version(&self) -> String {
        let said = self.program("llama-server").arg("--version").stderr(Stdio::piped()).output();
        let text = said.map(|said| [said.stdout, said.stderr].concat()).unwrap_or_default();
        let text = String::from_utf8_lossy(&text);
        text.lines()
            .find_map(|line| line.strip_prefix("version: "))
            .map_or_else(|| "unknown".to_owned(), |version| version.trim().to_owned())
    }

    fn output(&self, name: &str, arguments: &[&str], model: &Path) -> Result<String> {
        let threads = self.threads.to_string();
        let said = self.program(name).arg("-m").arg(model).args(["-t", &threads]).args(arguments).output();
        let said = said.with_context(|| format!("{name} cannot be started"))?;
        if !said.status.success() {
            bail!("{name} ended with {}", said.status);
        }
        String::from_utf8(said.stdout).with_context(|| format!("{name} did not write text"))
    }

    /// Prompts of 256 and 512 tokens and an answer of 128, once each, by llama-bench.
    ///
    /// # Errors
    /// When llama-bench fails or writes something else than expected.
    pub fn speeds(&self, model: &Path, flash: bool) -> Result<Speeds> {
        let flash = if flash { "on" } else { "off" };
        let text = self.output("llama-bench", &["-p", "256,512", "-n", "128", "-r", "1", "-o", "json", "-fa", flash], model)?;
        let all: Vec<Value> = serde_json::from_str(&text).context("llama-bench did not write JSON")?;
        let speed = |prompt: u64, output: u64| {
            let found = all.iter().find(|one| one["n_prompt"] == prompt && one["n_gen"] == output);
            found
                .and_then(|one| one["avg_ts"].as_f64())
                .with_context(|| format!("llama-bench gave no figure for {prompt} and {output} tokens"))
        };
        Ok(Speeds { prefill_256: speed(256, 0)?, prefill_512: speed(512, 0)?, decode: speed(0, 128)? })
    }

    /// Tokens a second of several answers at once, for each number of answers, by llama-batched-bench.
    ///
    /// # Errors
    /// When llama-batched-bench fails or writes something else than expected.
    pub fn batches(&self, model: &Path, answers: &[usize], tokens: u32, flash: bool) -> Result<Vec<f64>> {
        let flash = if flash { "on" } else { "off" };
        let list = answers.iter().map(usize::to_string).collect::<Vec<_>>().join(",");
        let tokens = tokens.to_string();
        let arguments = ["-npp", "32", "-ntg", &tokens, "-npl", &list, "-c", "8192", "-fa", flash, "--output-format", "jsonl"];
        let text = self.output("llama-batched-bench", &arguments, model)?;
        let lines: Vec<Value> = text.lines().filter_map(|line| serde_json::from_str(line).ok()).collect();
        answers
            .iter()
            .map(|count| {
                let found = lines.iter().find(|line| line["pl"] == *count);
                found
                    .and_then(|line| line["speed_tg"].as_f64())
                    .with_context(|| format!("llama-batched-bench gave no figure for {count} answers"))
            })
            .collect()
    }

    /// Starts llama-server and waits until it is well. `settings` beside model, threads and port; `slots` answers at once.
    ///
    /// # Errors
    /// When it does not start.
    pub fn serve(&self, model: &Path, slots: usize, settings: &[String]) -> Result<Server> {
        let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
        let child = self
            .program("llama-server")
            .arg("-m")
            .arg(model)
            .args(["-t", &self.threads.to_string(), "--host", "127.0.0.1", "--port", &port.to_string()])
            .args(["-np", &slots.to_string(), "-c", &(slots * LONGEST).to_string(), "--no-warmup", "--log-disable"])
            .args(settings)
            .stdout(Stdio::null())
            .spawn()
            .context("llama-server cannot be started")?;
        let mut server = Server { child, port, slots };
        let start = Instant::now();
        while !http::is_well(port, "/health") {
            if let Some(status) = server.child.try_wait()? {
                bail!("llama-server ended with {status} (settings: {})", settings.join(" "));
            }
            if start.elapsed() > START {
                bail!("llama-server was not well after {} s", START.as_secs());
            }
            std::thread::sleep(Duration::from_millis(5));
        }
        Ok(server)
    }
}

/// A running llama-server; it ends with this value.
pub struct Server {
    child: Child,
    port: u16,
    slots: usize,
}

/// A greedy answer of the server.
pub struct Answer {
    /// The token that ends the text included, where it did end.
    pub tokens: Vec<u32>,
    /// Whether it ended by itself.
    pub ended: bool,
    pub prompt_tokens: usize,
    /// Natural logarithms of the probabilities of the tokens and of the best other token.
    pub logprobs: Vec<(f64, f64)>,
}

impl Server {
    fn body(asked: &Asked) -> Value {
        json!({
            "prompt": asked.prompt(),
            "n_predict": asked.output,
            "temperature": 0.0,
            "samplers": ["temperature"],
            "cache_prompt": true,
            "ignore_eos": true,
        })
    }

    /// Asks, and waits for the whole answer.
    ///
    /// # Errors
    /// When the server fails.
    pub fn ask(&self, asked: &Asked) -> Result<()> {
        let answer: Value = serde_json::from_slice(&http::post(self.port, "/completion", &Self::body(asked), &mut || {})?)?;
        if answer["tokens_predicted"] != asked.output {
            bail!("llama-server answered with {} tokens where {} were asked for", answer["tokens_predicted"], asked.output);
        }
        Ok(())
    }

    /// The first token of an answer, in seconds from asking.
    fn first_token(&self, asked: &Asked) -> Result<f64> {
        let mut body = Self::body(asked);
        body["stream"] = json!(true);
        let start = Instant::now();
        let mut first = None;
        http::post(self.port, "/completion", &body, &mut || {
            first.get_or_insert_with(|| start.elapsed());
        })?;
        Ok(first.context("llama-server sent nothing")?.as_secs_f64())
    }

    /// The time that a queue of the first `count` requests takes, with more requests open than there are slots.
    ///
    /// # Errors
    /// When the server fails.
    pub fn queue(&self, count: usize) -> Result<Duration> {
        let start = Instant::now();
        callers::each(self.slots + 2, count, |index| self.ask(&Asked::queued(index)))?;
        Ok(start.elapsed())
    }

    /// As [`crate::ours::Ours::under_load`].
    ///
    /// # Errors
    /// What `work` says, or the server.
    pub fn under_load<T>(&self, work: impl FnOnce() -> Result<T>) -> Result<T> {
        callers::meanwhile(self.slots + 2, |index| self.ask(&Asked::queued(BACKGROUND + index)), || {}, work)
    }

    /// As [`crate::ours::Ours::first_tokens`].
    ///
    /// # Errors
    /// When the server fails.
    pub fn first_tokens(&self, from: usize, count: usize) -> Result<Vec<f64>> {
        (from..from + count).map(|index| self.first_token(&Asked { output: 8, ..Asked::queued(index) })).collect()
    }

    /// The greedy answer to a request, with its tokens' probabilities; it may end by itself.
    ///
    /// # Errors
    /// When the server fails.
    pub fn answer(&self, asked: &Asked) -> Result<Answer> {
        let mut body = Self::body(asked);
        body["ignore_eos"] = json!(false);
        body["cache_prompt"] = json!(false);
        body["return_tokens"] = json!(true);
        body["n_probs"] = json!(2);
        let answer: Value = serde_json::from_slice(&http::post(self.port, "/completion", &body, &mut || {})?)?;
        let number = |value: &Value| value.as_u64().and_then(|number| u32::try_from(number).ok());
        let tokens = answer["tokens"].as_array().context("llama-server gave no tokens")?.iter().filter_map(number).collect();
        let probabilities = answer["completion_probabilities"].as_array().context("llama-server gave no probabilities")?;
        let logprobs = probabilities
            .iter()
            .map(|one| {
                let other = one["top_logprobs"][1]["logprob"].as_f64().unwrap_or(f64::NEG_INFINITY);
                (one["logprob"].as_f64().unwrap_or(f64::NAN), other)
            })
            .collect();
        let ended = answer["stop_type"] == "eos";
        Ok(Answer { tokens, ended, prompt_tokens: answer["tokens_evaluated"].as_u64().unwrap_or(0) as usize, logprobs })
    }

    /// Memory of the server now.
    pub fn memory(&self) -> Option<Memory> {
        machine::memory(self.child.id())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
