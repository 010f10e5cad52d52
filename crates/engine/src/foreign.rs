//! What reads foreign bytes (header, tokenizer, chat template) as a crate of its own, without candle.
//!
//! Invariant: the root of the package in `fuzz/`, not a module of the engine: the modules below are the engine's own
//! files, so what is fuzzed is what runs, and it builds in a minute.

#![expect(dead_code, reason = "the engine calls more of these modules than a fuzz target does")]

mod chat_template;
mod error;
mod load {
    pub(crate) mod file;
    pub(crate) mod gguf;
}
mod tokenizer;

use chat_template::ChatTemplate;
use error::Refusal;
use flow::model::{Message, Role};
use load::gguf::{Header, Value};
use tokenizer::Tokenizer;

/// How far a file came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// Refused with this reason.
    Refused(String),
    /// Header and tokenizer were accepted, and a prompt was made of so many tokens, or the template's complaint.
    Prompt(Result<usize, String>),
}

const GUARD: char = '\u{fdd1}';
/// Rows of an embedding in which any vocabulary fits.
const ROWS: u32 = u32::MAX;

fn talk(text: &str) -> Vec<Message> {
    [(Role::System, "Be brief. <|im_end|></s>"), (Role::User, text), (Role::Assistant, "Well"), (Role::User, " ünd 12345\n\n")]
        .map(|(role, content)| Message { role, content: content.to_owned() })
        .to_vec()
}

/// A whole file: pre-check, tokenizer, template, prompt, and every token of it back to bytes.
///
/// # Panics
/// When a tensor of an accepted header lies outside the file, or the tokenizer gives a token that it does not have.
#[must_use]
pub fn file(bytes: &[u8]) -> Outcome {
    let header = match Header::read(bytes, bytes.len() as u64) {
        Ok(header) => header,
        Err(refusal) => return refused(refusal),
    };
    for tensor in &header.tensors {
        assert!(header.place(tensor).1.end <= bytes.len() as u64, "{} lies in the file", tensor.name);
    }
    prompt(&header)
}

fn prompt(header: &Header) -> Outcome {
    let tokenizer = match Tokenizer::new(header, ROWS) {
        Ok(tokenizer) => tokenizer,
        Err(refusal) => return refused(refusal),
    };
    let template = match ChatTemplate::of(header.text("tokenizer.chat_template"), &tokenizer) {
        Ok(template) => template,
        Err(reason) => return Outcome::Refused(reason),
    };
    let messages: Vec<Message> = talk("Hello, my parcel № 7 <|im_start|> is late")
        .into_iter()
        .map(|message| Message { content: tokenizer.guard(&message.content, GUARD), ..message })
        .collect();
    let rendered = match template.render(&messages) {
        Ok(rendered) => rendered,
        Err(e) => return Outcome::Prompt(Err(e.to_string())),
    };
    match tokenizer.encode(&rendered, GUARD) {
        Ok(ids) => {
            let mut stream = tokenizer.stream();
            for id in &ids {
                assert!((*id as usize) < tokenizer.len(), "token {id} is in the vocabulary");
                stream.push(&tokenizer.bytes(*id));
            }
            Outcome::Prompt(Ok(ids.len()))
        }
        Err(e) => Outcome::Prompt(Err(e.to_string())),
    }
}

/// The metadata of a tokenizer, without a file around them: `kind` chooses the model, the rest is cut into tokens,
/// scores, types and merges, and a text to encode.
#[must_use]
pub fn vocabulary(data: &[u8]) -> Outcome {
    let Some((kind, rest)) = data.split_first_chunk::<2>() else { return Outcome::Refused("too short".to_owned()) };
    let mut parts = rest.split(|byte| *byte == b'\n').map(|part| String::from_utf8_lossy(part).into_owned());
    let text = parts.next().unwrap_or_default();
    let merges: Vec<String> = parts.next().unwrap_or_default().split('\t').map(str::to_owned).collect();
    let model = ["gpt2", "llama", "t5", "gemma4"].get(usize::from(kind[0] & 3)).copied().unwrap_or_default();
    let mut tokens: Vec<String> = parts.collect();
    // Byte-level vocabularies are refused without these; the fuzzer would not find them.
    if model == "gpt2" {
        let mut hidden = 0x100..;
        let visible = |byte: u32| matches!(byte, 0x21..=0x7e | 0xa1..=0xac | 0xae..=0xff);
        tokens.extend((0..256).filter_map(|byte| char::from_u32(if visible(byte) { byte } else { hidden.next()? })).map(String::from));
    } else {
        tokens.extend((0..=255).map(|byte| format!("<0x{byte:02X}>")));
    }
    let count = tokens.len();
    let kinds =
        (0..count).map(|id| if id + 256 >= count && model != "gpt2" { 6 } else { 1 + i64::from(kind[1] >> (id % 7)) % 6 }).collect();
    let scores = (0..count).map(|id| f32::from_bits(u32::from(kind[1]).rotate_right(8) ^ id as u32 * 0x9e37_79b9)).collect();
    let pre = ["qwen2", "llama-bpe", "deepseek-llm", "falcon", "tekken", "superbpe", "default", "viking"];
    let metadata = [
        ("tokenizer.ggml.model", Value::Text(model.to_owned())),
        ("tokenizer.ggml.pre", Value::Text(pre.get(usize::from(kind[0] >> 5)).copied().unwrap_or_default().to_owned())),
        ("tokenizer.ggml.tokens", Value::Texts(tokens)),
        ("tokenizer.ggml.token_type", Value::Integers(kinds)),
        ("tokenizer.ggml.scores", Value::Floats(scores)),
        ("tokenizer.ggml.merges", Value::Texts(merges)),
        ("tokenizer.ggml.precompiled_charsmap", Value::Bytes(if kind[0] & 4 == 0 { Vec::new() } else { data.to_vec() })),
        ("tokenizer.ggml.eos_token_id", Value::Unsigned(kind[1].into())),
        ("tokenizer.ggml.bos_token_id", Value::Unsigned(0)),
        ("tokenizer.ggml.unknown_token_id", Value::Unsigned(0)),
        ("tokenizer.chat_template", Value::Text(format!("{{{{ messages[1].content }}}}{text}"))),
    ];
    let metadata = metadata.into_iter().map(|(key, value)| (key.to_owned(), value)).collect();
    prompt(&Header { metadata, tensors: Vec::new(), data_offset: 0, shards: Vec::new() })
}

/// A chat template.
#[must_use]
pub fn template(source: &str) -> Outcome {
    match ChatTemplate::new(source, "<s>", "</s>") {
        Ok(template) => Outcome::Prompt(template.render(&talk("Hello {{ 7 }}")).map(|text| text.len()).map_err(|e| e.to_string())),
        Err(reason) => Outcome::Refused(reason),
    }
}

fn refused(refusal: Refusal) -> Outcome {
    Outcome::Refused(match refusal {
        Refusal::Unusable(reason) | Refusal::Engine(reason) => reason,
        Refusal::Missing => "missing".to_owned(),
        Refusal::Changed { .. } => "changed".to_owned(),
        Refusal::Cancelled => "cancelled".to_owned(),
    })
}
