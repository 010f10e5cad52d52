//! Masks on the vocabulary of the small test models: random walks stand for a model that knows nothing.
#![expect(clippy::unwrap_used, reason = "tests")]

use super::*;
use crate::load::gguf::Header;
use crate::testing;
use candle_core::quantized::gguf_file::Value as Metadata;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{RngCore, SeedableRng};
use std::fs::File;
use std::io::BufReader;
use std::sync::OnceLock;

mod hostile;
mod labels;
mod schemas;

/// The tokenizer of a model of random weights with these metadata.
fn tokenizer_with(change: impl Fn(&mut Vec<(String, Metadata)>)) -> Tokenizer {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("model.gguf");
    let mut metadata = testing::metadata("llama");
    change(&mut metadata);
    testing::write_with(&path, "llama", 1, &metadata, |_, _, value| value);
    let file = File::open(&path).unwrap();
    let bytes = file.metadata().unwrap().len();
    Tokenizer::new(&Header::read(BufReader::new(file), bytes).unwrap(), u32::MAX).unwrap()
}

/// Byte-level: every byte, a few joined pairs, three control tokens.
fn bpe() -> &'static (Tokenizer, Grammars) {
    static SHARED: OnceLock<(Tokenizer, Grammars)> = OnceLock::new();
    SHARED.get_or_init(|| {
        let tokenizer = tokenizer_with(|_| {});
        let grammars = Grammars::new(&tokenizer).unwrap();
        (tokenizer, grammars)
    })
}

/// SentencePiece, which drops the space before the first word.
fn sentencepiece() -> &'static (Tokenizer, Grammars) {
    static SHARED: OnceLock<(Tokenizer, Grammars)> = OnceLock::new();
    SHARED.get_or_init(|| {
        let tokenizer = tokenizer_with(|metadata| {
            let mut tokens: Vec<(String, i32)> =
                [("<unk>", 2), ("<s>", 3), ("</s>", 3)].map(|(text, kind)| (text.to_owned(), kind)).to_vec();
            tokens.extend((0..=255u8).map(|byte| (format!("<0x{byte:02X}>"), 6)));
            let pieces = ["▁", "▁{", "{", "}", "\"", "▁\"", "▁re", "re", "fund", "▁refund", "turn", "a", ":", "1", "▁1"];
            tokens.extend(pieces.map(|piece| (piece.to_owned(), 1)));
            let mut set = |key: &str, value: Metadata| {
                metadata.retain(|(other, _)| other != key);
                metadata.push((key.to_owned(), value));
            };
            set("tokenizer.ggml.model", Metadata::String("llama".to_owned()));
            set("tokenizer.ggml.tokens", Metadata::Array(tokens.iter().map(|token| Metadata::String(token.0.clone())).collect()));
            set("tokenizer.ggml.token_type", Metadata::Array(tokens.iter().map(|token| Metadata::I32(token.1)).collect()));
            set("tokenizer.ggml.scores", Metadata::Array(tokens.iter().map(|_| Metadata::F32(0.0)).collect()));
            set("tokenizer.ggml.bos_token_id", Metadata::U32(1));
            set("tokenizer.ggml.eos_token_id", Metadata::U32(2));
        });
        let grammars = Grammars::new(&tokenizer).unwrap();
        (tokenizer, grammars)
    })
}

fn labels(texts: &[&str]) -> Constraint {
    Constraint::Labels(texts.iter().map(|text| (*text).to_owned()).collect())
}

/// Draws allowed tokens by a seed until the constraint is complete or `most` were drawn. Gives the text as the output
/// would have it, and whether it is complete. A long text is drawn towards its end.
fn walk((tokenizer, grammars): &(Tokenizer, Grammars), constraint: &Constraint, seed: u64, most: usize) -> (String, bool) {
    let mut grammar = grammars.begin(constraint).unwrap();
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let mut stream = tokenizer.stream();
    let mut text = String::new();
    for drawn in 0..most {
        if seed.is_multiple_of(2) {
            grammar.prepare();
        }
        let ids: Vec<u32> = grammar.mask().unwrap().ids().collect();
        assert!(!ids.is_empty(), "nothing is allowed after {text:?}");
        let closes = |id: &u32| tokenizer.ends(*id) || [b"\"", b"}", b"]"].iter().any(|end| tokenizer.bytes(*id) == *end);
        let closing = ids.iter().copied().find(|id| drawn > 60 && closes(id));
        let id = closing.unwrap_or_else(|| ids[random.next_u32() as usize % ids.len()]);
        grammar.accept(id).unwrap();
        if !tokenizer.ends(id) {
            text.push_str(&stream.push(&tokenizer.bytes(id)));
        }
        if grammar.is_finished() {
            return (text, true);
        }
    }
    (text, false)
}

/// Whether the constraint takes this text, written in tokens of one byte.
fn takes((tokenizer, grammars): &(Tokenizer, Grammars), constraint: &Constraint, text: &str) -> bool {
    let mut grammar = grammars.begin(constraint).unwrap();
    for byte in text.bytes() {
        let id = (0..u32::try_from(tokenizer.len()).unwrap()).find(|id| tokenizer.bytes(*id) == [byte]).unwrap();
        if grammar.is_finished() || !grammar.mask().unwrap().allows(id) {
            return false;
        }
        grammar.accept(id).unwrap();
    }
    let end = (0..u32::try_from(tokenizer.len()).unwrap()).find(|id| tokenizer.ends(*id)).unwrap();
    grammar.is_finished() || grammar.mask().unwrap().allows(end)
}
