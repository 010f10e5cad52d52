//! Greedy texts of Gait beside llama.cpp's, on the same file and the same prompts.
//!
//! Invariant: texts are compared token by token up to the first difference; what comes after says nothing.

use crate::figures::{median, quantile};
use crate::ours::Ours;
use crate::texts::Asked;
use crate::theirs::Peer;
use anyhow::{Context, Result, bail};
use flow::item::Field;
use flow::model::{Message, StopReason};
use serde_json::{Map, Value};
use std::path::{Path, PathBuf};

/// Prompts, and tokens of each answer at most.
const PROMPTS: usize = 100;
const ANSWER: u32 = 128;

/// What the comparison of one file came to.
#[derive(Debug, Default)]
struct Outcome {
    prompts: usize,
    equal: usize,
    /// Tokens before the first difference, and those compared: the same and the first other one.
    same: usize,
    compared: usize,
    /// Differences of the log-probabilities of equal tokens.
    differences: Vec<f64>,
    /// Where texts part: how much more probable Gait, and llama.cpp, found its own token, nats.
    margins: Vec<(f64, f64)>,
}

/// Compares the greedy texts on each file and says so in Markdown.
///
/// # Errors
/// When a side fails, or a prompt becomes other tokens.
pub fn compare(peer: &Peer, files: &[PathBuf], sample: &Path) -> Result<String> {
    let prompts = prompts(sample)?;
    let mut text = String::from(
        "| file | equal texts | tokens equal before the first difference | mean difference of log-probability | p99 | margins where texts part (Gait, llama.cpp), nats |\n|---|---:|---:|---:|---:|---|\n",
    );
    for file in files {
        eprintln!("  greedy texts on {}", file.file_name().unwrap_or_default().to_string_lossy());
        text.push_str(&line(file, &one(peer, file, &prompts)?));
    }
    Ok(text)
}

fn line(file: &Path, outcome: &Outcome) -> String {
    let name = file.file_stem().unwrap_or_default().to_string_lossy();
    let mean = outcome.differences.iter().sum::<f64>() / outcome.differences.len().max(1) as f64;
    let worst = quantile(&outcome.differences, 0.99).unwrap_or_default();
    let margins: Vec<f64> = outcome.margins.iter().map(|(ours, _)| *ours).collect();
    let theirs: Vec<f64> = outcome.margins.iter().map(|(_, theirs)| *theirs).collect();
    let parts = match (median(&margins), median(&theirs)) {
        (Some(ours), Some(theirs)) => format!("median {ours:.3}, {theirs:.3}"),
        _ => "none parts".to_owned(),
    };
    format!(
        "| {name} | {} of {} | {} of {} ({:.2} %) | {mean:.5} | {worst:.4} | {parts} |\n",
        outcome.equal,
        outcome.prompts,
        outcome.same,
        outcome.compared,
        100.0 * outcome.same as f64 / outcome.compared.max(1) as f64
    )
}

fn one(peer: &Peer, file: &Path, prompts: &[Vec<Message>]) -> Result<Outcome> {
    let ours = Ours::open(file)?;
    let server = peer.serve(file, 1, &[])?;
    let mut outcome = Outcome::default();
    for messages in prompts {
        let asked = Asked { messages: messages.clone(), output: ANSWER };
        let mine = ours.answer(&asked)?;
        let theirs = server.answer(&asked)?;
        if mine.prompt_tokens as usize != theirs.prompt_tokens {
            bail!("a prompt has {} tokens here and {} in llama.cpp", mine.prompt_tokens, theirs.prompt_tokens);
        }
        outcome.prompts += 1;
        let same = mine.tokens.iter().zip(&theirs.tokens).take_while(|(mine, theirs)| mine.id == **theirs).count();
        outcome.same += same;
        for (token, (theirs, _)) in mine.tokens.iter().zip(&theirs.logprobs).take(same) {
            outcome.differences.push((f64::from(token.logprob) - theirs).abs());
        }
        match (mine.tokens.get(same), theirs.tokens.get(same)) {
            (None, None) => outcome.equal += 1,
            (None, Some(_)) if theirs.ended && mine.stop == StopReason::End && theirs.tokens.len() == same + 1 => outcome.equal += 1,
            (token, _) => {
                outcome.compared += 1;
                let margin = token.map(|token| {
                    let other = token.alternatives.iter().filter(|other| other.id != token.id).map(|other| other.logprob);
                    f64::from(token.logprob - other.fold(f32::NEG_INFINITY, f32::max))
                });
                let their_margin = theirs.logprobs.get(same).map(|(own, other)| own - other);
                outcome.margins.extend(margin.zip(their_margin));
            }
        }
        outcome.compared += same;
    }
    Ok(outcome)
}

/// The prompts of the starter model's sample requests, as the product asks them.
fn prompts(sample: &Path) -> Result<Vec<Vec<Message>>> {
    let read = |name: &str| std::fs::read_to_string(sample.join(name)).with_context(|| format!("the sample's {name} cannot be read"));
    let use_case: Value = serde_json::from_str(&read("use_case.json")?)?;
    let text = |key: &str| use_case[key].as_str().with_context(|| format!("the sample's use case lacks {key}"));
    let (system, template) = (text("system_prompt")?, text("prompt_template")?);
    let requests = read("requests.jsonl")? + &read("requests_handwritten.jsonl")?;
    requests
        .lines()
        .take(PROMPTS)
        .map(|line| {
            let request: Map<String, Value> = serde_json::from_str(line)?;
            let fields: Vec<Field> =
                request.into_iter().filter_map(|(name, value)| Some(Field { name, value: value.as_str()?.to_owned() })).collect();
            Ok(flow::draft::messages(system, template, &fields, None)?)
        })
        .collect()
}
