//! Runs mutated models through pre-check, tokenizer, template and prompt, and says how many were refused and why.
//!
//! Invariant: ends with an error when one panics, takes longer than five seconds, or memory grows by 512 MiB.
//!
//! `cargo run --bin mutants -- [COUNT [SEED]] [FILE.gguf …]`; the files are those that are mutated, beside our own.

#[path = "../../crates/engine/src/load/gguf/mutate.rs"]
mod mutate;

use foreign::Outcome;
use mutate::{Draws, mutant};
use std::collections::BTreeMap;
use std::time::{Duration, Instant};

const SLOWEST: Duration = Duration::from_secs(5);
const MEMORY: u64 = 512 << 20;

fn text(out: &mut Vec<u8>, text: &str) {
    out.extend((text.len() as u64).to_le_bytes());
    out.extend(text.bytes());
}

fn key(out: &mut Vec<u8>, name: &str, kind: u32) {
    text(out, name);
    out.extend(kind.to_le_bytes());
}

fn array(out: &mut Vec<u8>, kind: u32, length: usize) {
    out.extend(kind.to_le_bytes());
    out.extend((length as u64).to_le_bytes());
}

/// A small model with a tokenizer of a kind: three tensors, a template with loops.
fn small(model: &str) -> Vec<u8> {
    let mut tokens: Vec<String> = ["<unk>", "<s>", "</s>", "<|im_start|>", "<|im_end|>"].map(str::to_owned).to_vec();
    let mut kinds = vec![2, 3, 3, 3, 3];
    if model == "gpt2" {
        let visible = |byte: &u8| matches!(byte, 0x21..=0x7e | 0xa1..=0xac | 0xae..=0xff);
        let mut hidden = 0x100..;
        tokens.extend((0..=255u8).map(|byte| {
            let code = if visible(&byte) { u32::from(byte) } else { hidden.next().unwrap_or(0x100) };
            char::from_u32(code).unwrap_or(' ').to_string()
        }));
        kinds.resize(tokens.len(), 1);
    } else {
        tokens.extend((0..=255u8).map(|byte| format!("<0x{byte:02X}>")));
        kinds.resize(tokens.len(), 6);
    }
    let merges = ["h e", "l l", "he ll", "hell o", "i n", "1 2", "Ġ t"];
    for merge in merges {
        tokens.extend(merge.split(' ').map(str::to_owned).filter(|part| !tokens.contains(part)).collect::<Vec<_>>());
        tokens.push(merge.replace(' ', ""));
    }
    kinds.resize(tokens.len(), 1);
    let mut out = b"GGUF\x03\0\0\0".to_vec();
    out.extend(3u64.to_le_bytes());
    out.extend(13u64.to_le_bytes());
    for (name, value) in [
        ("general.architecture", "llama"),
        ("tokenizer.ggml.model", model),
        ("tokenizer.ggml.pre", "llama-bpe"),
        (
            "tokenizer.chat_template",
            "{% for m in messages %}{{ '<|im_start|>' + m.role + '\n' + m.content | trim + '<|im_end|>\n' }}{% endfor %}{% if add_generation_prompt %}{{ bos_token }}{% endif %}",
        ),
    ] {
        key(&mut out, name, 8);
        text(&mut out, value);
    }
    key(&mut out, "tokenizer.ggml.tokens", 9);
    array(&mut out, 8, tokens.len());
    tokens.iter().for_each(|token| text(&mut out, token));
    key(&mut out, "tokenizer.ggml.merges", 9);
    array(&mut out, 8, merges.len());
    merges.iter().for_each(|merge| text(&mut out, merge));
    key(&mut out, "tokenizer.ggml.token_type", 9);
    array(&mut out, 5, tokens.len());
    kinds.iter().for_each(|kind: &i32| out.extend(kind.to_le_bytes()));
    key(&mut out, "tokenizer.ggml.scores", 9);
    array(&mut out, 6, tokens.len());
    (0..tokens.len()).for_each(|rank| out.extend((-(rank as f32)).to_le_bytes()));
    // A table that maps nothing: a trie of one unit and no replacements.
    key(&mut out, "tokenizer.ggml.precompiled_charsmap", 9);
    array(&mut out, 0, 9);
    out.extend([4, 0, 0, 0, 0, 0, 0, 0, 0]);
    for (name, value) in
        [("general.alignment", 32), ("tokenizer.ggml.eos_token_id", 2), ("llama.block_count", 2), ("llama.attention.head_count", 4u32)]
    {
        key(&mut out, name, 4);
        out.extend(value.to_le_bytes());
    }
    for (name, kind, dims, offset) in
        [("token_embd.weight", 0u32, [8u64, 8], 0u64), ("blk.0.attn_q.weight", 8, [32, 4], 256), ("output.weight", 12, [256, 1], 416)]
    {
        text(&mut out, name);
        out.extend(2u32.to_le_bytes());
        dims.iter().for_each(|dim| out.extend(dim.to_le_bytes()));
        out.extend(kind.to_le_bytes());
        out.extend(offset.to_le_bytes());
    }
    out.resize(out.len().div_ceil(32) * 32 + 416 + 144, 0);
    out
}

/// Most memory that this process has had, bytes; 0 where the system does not say.
fn peak_memory() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.and_then(|line| line.trim().trim_end_matches(" kB").parse::<u64>().ok()).unwrap_or(0) << 10
}

fn main() -> Result<(), String> {
    let mut arguments = std::env::args().skip(1).peekable();
    let mut number = |default: u64| match arguments.peek().and_then(|argument| argument.parse().ok()) {
        Some(found) => {
            arguments.next();
            found
        }
        None => default,
    };
    let (count, seed) = (number(2_000), number(1));
    let mut sound: Vec<Vec<u8>> = ["gpt2", "llama", "t5", "gemma4"].map(small).to_vec();
    for path in arguments {
        let mut bytes = std::fs::read(&path).map_err(|e| format!("{path}: {e}"))?;
        bytes.truncate(8 << 20);
        sound.push(bytes);
    }
    for (index, bytes) in sound.iter().enumerate().take(4) {
        match foreign::file(bytes) {
            Outcome::Prompt(Ok(_)) => {}
            other => return Err(format!("model {index} should be sound: {other:?}")),
        }
    }
    let before = peak_memory();
    let mut tally: BTreeMap<&str, u64> = BTreeMap::new();
    let mut slowest = (Duration::ZERO, 0);
    for index in 0..count {
        let mut draws = Draws(seed.wrapping_mul(1 << 40).wrapping_add(index));
        let bytes = mutant(&sound[usize::try_from(index).unwrap_or(0) % sound.len()], &mut draws);
        let start = Instant::now();
        let outcome = std::panic::catch_unwind(|| foreign::file(&bytes));
        let took = start.elapsed();
        if took > slowest.0 {
            slowest = (took, index);
        }
        *tally
            .entry(match outcome {
                Ok(Outcome::Refused(reason)) if reason.is_empty() => return Err(format!("mutant {index} was refused without a reason")),
                Ok(Outcome::Refused(_)) => "refused with a reason",
                Ok(Outcome::Prompt(Ok(_))) => "accepted",
                Ok(Outcome::Prompt(Err(_))) => "accepted, its template complained",
                Err(_) => "panicked",
            })
            .or_default() += 1;
        if took > SLOWEST {
            return Err(format!("mutant {index} took {took:?}"));
        }
    }
    let grown = peak_memory().saturating_sub(before);
    println!("{count} mutants of {} models, seed {seed}: {tally:?}", sound.len());
    println!("slowest {:?} (mutant {}), memory grew by {} MiB", slowest.0, slowest.1, grown >> 20);
    if tally.contains_key("panicked") || grown > MEMORY {
        return Err("a mutant panicked, or took too much memory".to_owned());
    }
    Ok(())
}
