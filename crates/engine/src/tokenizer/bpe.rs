//! Byte-level byte-pair encoding (Radford et al. 2019): GPT-2, Llama 3, Qwen, SmolLM.
//!
//! Invariant: it knows no control token, so no text becomes one.

use super::Vocabulary;
use crate::error::{Refusal, unusable};
use crate::load::gguf::Header;
use std::collections::HashMap;
use tokenizers::models::bpe::{BPE, Vocab};
use tokenizers::normalizers::unicode::NFC;
use tokenizers::pre_tokenizers::PreTokenizerWrapper;
use tokenizers::pre_tokenizers::byte_level::ByteLevel;
use tokenizers::pre_tokenizers::sequence::Sequence;
use tokenizers::pre_tokenizers::split::{Split, SplitPattern};
use tokenizers::{SplitDelimiterBehavior, Tokenizer};

const GPT2: &str = r"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+";
const DIGIT: &str = r"\p{N}";
const LLAMA3: &str = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+";
const QWEN2: &str = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+";
const TEKKEN: &str = r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+";
const GPT4O: &str = r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+(?i:'s|'t|'re|'ve|'m|'ll|'d)?|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*(?i:'s|'t|'re|'ve|'m|'ll|'d)?|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+";

/// How text is cut before pairs are joined.
struct Cuts {
    /// Applied one after the other, each to the pieces of the one before.
    patterns: &'static [&'static str],
    /// Whether a piece that is a token is taken whole, without joining pairs.
    whole_first: bool,
    /// Whether text is put in Unicode's composed form first.
    composes: bool,
}

/// The cuts by their name in `tokenizer.ggml.pre` (`llama-vocab.cpp`; patterns also in the models' `tokenizer.json`).
fn cuts(name: &str) -> Option<Cuts> {
    let plain = |patterns| Cuts { patterns, whole_first: false, composes: false };
    Some(match name {
        "gpt-2" | "gpt2" | "phi-2" | "olmo" | "mpt" | "jina-es" | "jina-de" | "gigachat" | "exaone4" => plain(&[GPT2]),
        "default" => plain(&[
            r"[\p{P}\$\+<=>\^~\|]+",
            r"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)",
            r"\p{N}+",
            r"[0-9][0-9][0-9]",
        ]),
        "smollm" | "starcoder" | "refact" | "command-r" | "codeshell" | "exaone" | "minerva-7b" => plain(&[DIGIT, GPT2]),
        "llama-bpe" | "llama3" | "llama-v3" | "falcon3" | "pixtral" => Cuts { patterns: &[LLAMA3], whole_first: true, composes: false },
        "smaug-bpe" | "dbrx" => plain(&[LLAMA3]),
        "qwen2" => Cuts { patterns: &[QWEN2], whole_first: false, composes: true },
        "deepseek-r1-qwen" | "megrez" | "stablelm2" | "hunyuan" => plain(&[QWEN2]),
        "tekken" => Cuts { patterns: &[TEKKEN], whole_first: true, composes: false },
        "gpt-4o" | "llama4" => plain(&[GPT4O]),
        _ => return None,
    })
}

pub(crate) struct Bpe {
    encoder: Tokenizer,
    bytes: HashMap<char, u8>,
}

impl Bpe {
    pub(super) fn new(header: &Header, vocabulary: &Vocabulary) -> Result<Self, Refusal> {
        let pre = header.text("tokenizer.ggml.pre").unwrap_or("default");
        let cuts = cuts(pre).ok_or_else(|| unusable!("its pre-tokenizer is {pre:?}, which this version of Gait does not know"))?;
        let vocab: Vocab = vocabulary.plain().map(|(piece, id)| (piece.to_owned(), id)).collect();
        let alphabet = alphabet();
        // 0xC0, 0xC1 and 0xF5 to 0xFF never occur in UTF-8.
        let missing = (0..=0xf4u8)
            .filter(|byte| !matches!(byte, 0xc0 | 0xc1))
            .find(|byte| !vocab.contains_key(&alphabet_character(*byte).to_string()));
        if let Some(byte) = missing {
            return Err(unusable!("its vocabulary lacks a token for the byte 0x{byte:02X}; expected one for each byte of UTF-8"));
        }
        let merges = header
            .texts("tokenizer.ggml.merges")
            .ok_or_else(|| unusable!("its tokenizer has no merges; expected tokenizer.ggml.merges"))?;
        let merges: Vec<(String, String)> = merges
            .iter()
            .map(|merge| {
                merge.split_once(' ').ok_or_else(|| unusable!("one of its tokenizer.ggml.merges has no space; expected two parts"))
            })
            // A merge into or out of a control token would make one of plain text.
            .filter(|parts| {
                parts
                    .as_ref()
                    .map_or(true, |(a, b)| vocab.contains_key(*a) && vocab.contains_key(*b) && vocab.contains_key(&format!("{a}{b}")))
            })
            .map(|parts| parts.map(|(a, b)| (a.to_owned(), b.to_owned())))
            .collect::<Result<_, _>>()?;
        let model = BPE::builder()
            .vocab_and_merges(vocab, merges)
            .ignore_merges(cuts.whole_first)
            .build()
            .map_err(|e| unusable!("its tokenizer cannot be built: {e}"))?;
        let mut encoder = Tokenizer::new(model);
        if cuts.composes {
            encoder.with_normalizer(Some(NFC)).map_err(|e| unusable!("its tokenizer cannot be built: {e}"))?;
        }
        let mut steps: Vec<PreTokenizerWrapper> = Vec::new();
        for pattern in cuts.patterns {
            let split = Split::new(SplitPattern::Regex((*pattern).to_owned()), SplitDelimiterBehavior::Isolated, false)
                .map_err(|e| unusable!("its pre-tokenizer {pre:?} cannot be built: {e}"))?;
            steps.push(split.into());
        }
        steps.push(ByteLevel::new(false, false, false).into());
        encoder.with_pre_tokenizer(Some(Sequence::new(steps)));
        Ok(Self { encoder, bytes: alphabet })
    }

    pub(super) fn encode(&self, text: &str, ids: &mut Vec<u32>) -> Result<(), tokenizers::Error> {
        let encoding = self.encoder.encode_fast(text, false)?;
        ids.extend_from_slice(encoding.get_ids());
        Ok(())
    }

    /// The bytes of a token's spelling.
    pub(super) fn bytes(&self, spelling: &str) -> Vec<u8> {
        let mut out = Vec::with_capacity(spelling.len());
        for c in spelling.chars() {
            match self.bytes.get(&c) {
                Some(byte) => out.push(*byte),
                None => out.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes()),
            }
        }
        out
    }
}

/// The character that stands for a byte in GPT-2's vocabulary: itself where it is visible, else one from U+0100 on.
pub(crate) fn alphabet_character(byte: u8) -> char {
    let visible = |byte: u8| matches!(byte, 0x21..=0x7e | 0xa1..=0xac | 0xae..=0xff);
    if visible(byte) {
        return char::from(byte);
    }
    let before = (0..byte).filter(|other| !visible(*other)).count();
    u32::try_from(before).ok().and_then(|before| char::from_u32(0x100 + before)).unwrap_or(char::REPLACEMENT_CHARACTER)
}

fn alphabet() -> HashMap<char, u8> {
    (0..=255).map(|byte| (alphabet_character(byte), byte)).collect()
}
