//! All measurements of one model, in order.
//!
//! Invariant: ours and theirs take turns, and never run at the same time: a server is gone, or idle, while Gait works.

use crate::best::{self, Settings};
use crate::figures::{Rounds, quantile};
use crate::machine::Limits;
use crate::made::Recipe;
use crate::options::{Options, Part};
use crate::ours::Ours;
use crate::start::{self, Start};
use crate::table::{Row, Table, Unit, Wanted};
use crate::theirs::Peer;
use anyhow::{Context, Result};
use std::path::Path;

/// Answers at once.
const BATCHES: [usize; 3] = [4, 8, 16];
/// Tokens of the answers that are measured.
const ANSWER: u32 = 128;

/// What a model is measured with.
pub struct Bench<'a> {
    pub options: &'a Options,
    pub peer: Option<&'a Peer>,
    pub limits: Option<Limits>,
}

fn row(what: &str, unit: Unit, rounds: Rounds, wanted: Option<Wanted>) -> Row {
    Row { what: what.to_owned(), unit, rounds, wanted, note: String::new() }
}

fn say(words: &str) {
    eprintln!("  {words}");
}

impl Bench<'_> {
    /// Makes the model and measures what was asked for.
    ///
    /// # Errors
    /// When a side fails: a table with holes would be no comparison.
    pub fn model(&self, recipe: &Recipe) -> Result<Table> {
        eprintln!("{}", recipe.name());
        say("making or finding the file");
        let path = recipe.make(&self.options.folder)?;
        let bytes = std::fs::metadata(&path)?.len();
        let mut rows = Vec::new();
        let wants = |part| self.options.parts.contains(&part);
        if wants(Part::Start) {
            rows.extend(self.starts(recipe, &path, bytes)?);
        }
        say("loading it");
        let ours = Ours::start(&path)?;
        if wants(Part::Tokens) {
            rows.extend(self.tokens(recipe, &ours, &path, bytes)?);
        }
        if wants(Part::Batch) {
            rows.extend(self.batches(&ours, &path)?);
        }
        if wants(Part::Queue) || wants(Part::Waiting) {
            let best = self.best(&path)?;
            if wants(Part::Queue) {
                rows.push(self.queue(&ours, &path, best.as_ref())?);
            }
            if wants(Part::Waiting) {
                rows.extend(self.waiting(&ours, &path, best.as_ref())?);
            }
        }
        if wants(Part::Cancel) {
            rows.extend(self.cancels(&ours)?);
        }
        Ok(Table { model: format!("{} ({} MiB)", recipe.name(), bytes >> 20), rows })
    }

    fn starts(&self, recipe: &Recipe, path: &Path, bytes: u64) -> Result<Vec<Row>> {
        say("starts: first and second, in new processes");
        // Where the packed weights of earlier runs are not.
        let fresh = self.options.folder.join("fresh");
        if fresh.exists() {
            std::fs::remove_dir_all(&fresh)?;
        }
        std::fs::create_dir_all(&fresh)?;
        let linked = fresh.join(path.file_name().context("the model has no name")?);
        std::fs::hard_link(path, &linked)?;
        let model = flow::model::ModelFile { sha256: engine::inspect(&linked)?.sha256, path: linked.clone() };
        let theirs = || self.peer.map(|peer| start::theirs(peer, &linked)).transpose();
        theirs()?;
        let first = (start::ours(&model)?, theirs()?);
        let mut second = Vec::new();
        for _ in 0..self.options.rounds.min(3) {
            second.push((start::ours(&model)?, theirs()?));
        }
        std::fs::remove_dir_all(&fresh)?;
        let rounds = |of: &dyn Fn(&Start) -> f64, pairs: &[(Start, Option<Start>)]| {
            let mut rounds = Rounds::default();
            pairs.iter().for_each(|(ours, theirs)| rounds.add(of(ours), theirs.as_ref().map(of)));
            rounds
        };
        let seconds = |start: &Start| start.first_token.as_secs_f64();
        let peak = |start: &Start| start.memory.peak as f64;
        let now = |start: &Start| start.memory.now as f64;
        let shape = recipe.shape;
        let kept = (shape.blocks * shape.kv_heads * shape.head * 2 * 2 * (start::PROMPT + start::ANSWER as usize)) as f64;
        let share = |start: &Start| format!("{:.2} × (file + KV), wanted ≤ 1.3", start.memory.peak as f64 / (bytes as f64 + kept));
        let mut first_peak = row("peak memory, first start", Unit::Mebibytes, rounds(&peak, &[first]), None);
        first_peak.note = share(&first.0);
        let mut second_peak = row("peak memory, second start", Unit::Mebibytes, rounds(&peak, &second), None);
        second_peak.note = second.first().map(|(ours, _)| share(ours)).unwrap_or_default();
        Ok(vec![
            row("process start to first token, first start", Unit::Milliseconds, rounds(&seconds, &[first]), None),
            row("process start to first token, second start", Unit::Milliseconds, rounds(&seconds, &second), Some(Wanted::AtMost(2.0))),
            first_peak,
            second_peak,
            row("memory in use (PSS), second start", Unit::Mebibytes, rounds(&now, &second), None),
        ])
    }

    fn tokens(&self, recipe: &Recipe, ours: &Ours, path: &Path, bytes: u64) -> Result<Vec<Row>> {
        say("prompts and single answers");
        let flash = self.flash(path)?;
        let mut all = [Rounds::default(), Rounds::default(), Rounds::default()];
        for _ in 0..self.options.rounds {
            let own = [ours.prefill(256)?, ours.prefill(512)?, ours.decode(ANSWER)?];
            let speeds = self.peer.map(|peer| peer.speeds(path, flash)).transpose()?;
            let other = speeds.map(|speeds| [speeds.prefill_256, speeds.prefill_512, speeds.decode]);
            for (index, rounds) in all.iter_mut().enumerate() {
                rounds.add(own[index], other.map(|other| other[index]));
            }
        }
        let [short, long, decode] = all;
        let share = |rounds: &Rounds, cost: f64, limit: f64, of: &str| {
            let share = |values: &[f64]| {
                quantile(values, 0.5).map_or_else(|| "–".to_owned(), |speed| format!("{:.0} %", 100.0 * speed * cost / limit))
            };
            format!("{} of {of}; llama.cpp {}", share(&rounds.ours), share(&rounds.theirs))
        };
        let notes = self.limits.map(|limits| {
            let prefill = share(&long, recipe.multiply_adds() as f64, limits.multiply_adds, "the peak of 8-bit multiply-adds");
            (prefill, share(&decode, bytes as f64, limits.read, "the memory's read bandwidth"))
        });
        let (prefill, read) = notes.unwrap_or_default();
        let prompts = Some(Wanted::AtLeast(1.5));
        Ok(vec![
            row("prompt of 256 tokens", Unit::TokensPerSecond, short, prompts),
            Row { note: prefill, ..row("prompt of 512 tokens", Unit::TokensPerSecond, long, prompts) },
            Row { note: read, ..row("one answer of 128 tokens", Unit::TokensPerSecond, decode, Some(Wanted::AtLeast(1.15))) },
        ])
    }

    /// Whether llama.cpp is faster with flash attention here: for a prompt of 512 tokens and an answer of 128.
    fn flash(&self, path: &Path) -> Result<bool> {
        let Some(peer) = self.peer else { return Ok(false) };
        let seconds = |flash| peer.speeds(path, flash).map(|speeds| 512.0 / speeds.prefill_512 + 128.0 / speeds.decode);
        Ok(seconds(true)? < seconds(false)?)
    }

    fn batches(&self, ours: &Ours, path: &Path) -> Result<Vec<Row>> {
        say("several answers at once");
        let flash = self.flash(path)?;
        let mut all = [Rounds::default(), Rounds::default(), Rounds::default()];
        for _ in 0..self.options.rounds.min(3) {
            let own = BATCHES.iter().map(|answers| ours.batch(*answers, ANSWER)).collect::<Result<Vec<f64>>>()?;
            let other = self.peer.map(|peer| peer.batches(path, &BATCHES, ANSWER, flash)).transpose()?;
            for (index, rounds) in all.iter_mut().enumerate() {
                rounds.add(own[index], other.as_ref().map(|other| other[index]));
            }
        }
        let rows = BATCHES.iter().zip(all);
        Ok(rows.map(|(answers, rounds)| row(&format!("{answers} answers at once"), Unit::TokensPerSecond, rounds, None)).collect())
    }

    /// llama-server's best settings for the queue: given, or searched.
    fn best(&self, path: &Path) -> Result<Option<Settings>> {
        match (self.peer, &self.options.peer) {
            (None, _) => Ok(None),
            (Some(_), Some(given)) => Ok(Some(given.clone())),
            (Some(peer), None) => {
                say("llama-server's best settings for the queue");
                best::search(peer, path, if self.options.quick { 12 } else { 32 }, self.options.quick).map(Some)
            }
        }
    }

    fn queue(&self, ours: &Ours, path: &Path, best: Option<&Settings>) -> Result<Row> {
        let requests = self.options.requests;
        say(&format!("a queue of {requests} requests"));
        let per_minute = |seconds: f64| requests as f64 / seconds * 60.0;
        let mut rounds = Rounds::default();
        for _ in 0..self.options.rounds.div_ceil(5) {
            let own = per_minute(ours.queue(requests)?.as_secs_f64());
            let other = match (self.peer, best) {
                (Some(peer), Some(best)) => {
                    let server = peer.serve(path, best.slots, &best.arguments)?;
                    Some(per_minute(server.queue(requests)?.as_secs_f64()))
                }
                _ => None,
            };
            rounds.add(own, other);
        }
        let note = best.map(|best| format!("llama-server {}", best.spelled())).unwrap_or_default();
        Ok(Row { note, ..row(&format!("queue of {requests} requests"), Unit::DraftsPerMinute, rounds, Some(Wanted::AtLeast(2.5))) })
    }

    fn waiting(&self, ours: &Ours, path: &Path, best: Option<&Settings>) -> Result<Vec<Row>> {
        say("a person's wait for the first token, alone and during a full queue");
        let count = if self.options.quick { 10 } else { 40 };
        ours.first_tokens(0, 1)?;
        let alone = ours.first_tokens(1000, count)?;
        let busy = ours.under_load(|| ours.first_tokens(2000, count))?;
        let theirs = match (self.peer, best) {
            (Some(peer), Some(best)) => {
                let server = peer.serve(path, best.slots, &best.arguments)?;
                server.first_tokens(0, 1)?;
                let alone = server.first_tokens(1000, count)?;
                Some((alone, server.under_load(|| server.first_tokens(2000, count.min(8)))?))
            }
            _ => None,
        };
        let at = |share: f64, ours: &[f64], theirs: Option<&Vec<f64>>| -> Result<Rounds> {
            let mut rounds = Rounds::default();
            rounds.add(quantile(ours, share).context("nothing was measured")?, theirs.and_then(|all| quantile(all, share)));
            Ok(rounds)
        };
        let (their_alone, their_busy) = theirs.as_ref().map_or((None, None), |(alone, busy)| (Some(alone), Some(busy)));
        let limit = 1.5 * quantile(&alone, 0.5).context("nothing was measured")? + 0.3;
        let mut last = row("first token during a full queue, p99", Unit::Milliseconds, at(0.99, &busy, their_busy)?, None);
        last.note = format!("wanted ≤ 1.5 × alone + 300 ms = {:.0} ms", limit * 1000.0);
        Ok(vec![
            row("first token alone, p50", Unit::Milliseconds, at(0.5, &alone, their_alone)?, None),
            row("first token alone, p99", Unit::Milliseconds, at(0.99, &alone, their_alone)?, None),
            row("first token during a full queue, p50", Unit::Milliseconds, at(0.5, &busy, their_busy)?, None),
            last,
        ])
    }

    fn cancels(&self, ours: &Ours) -> Result<Vec<Row>> {
        say("cancelling during a full queue");
        let (waits, steps) = ours.under_load(|| ours.cancels(3000, if self.options.quick { 5 } else { 20 }))?;
        let at = |values: &[f64], share| {
            let mut rounds = Rounds::default();
            rounds.ours.extend(quantile(values, share));
            rounds
        };
        let mut cancel = row("from cancelling to the end, p99", Unit::Milliseconds, at(&waits, 0.99), None);
        let token = quantile(&steps, 0.99).unwrap_or_default() * 1000.0;
        cancel.note = format!("between two tokens meanwhile: {token:.0} ms (p99)");
        Ok(vec![row("from cancelling to the end, p50", Unit::Milliseconds, at(&waits, 0.5), None), cancel])
    }
}
