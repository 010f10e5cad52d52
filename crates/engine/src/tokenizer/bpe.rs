//! Byte-pair encoding with a list of merges: over bytes (Radford et al. 2019: GPT-2, Llama 3, Qwen, SmolLM …) and over
//! characters with a fall-back to bytes (Gemma 4).
//!
//! Invariant: it knows no control token, so no text becomes one.

use super::cuts::Cuts;
use super::{Kind, Vocabulary, sentencepiece};
use crate::error::{Refusal, unusable};
use crate::load::gguf::Header;
use std::collections::HashMap;
use tokenizers::Tokenizer;
use tokenizers::models::bpe::{BPE, Vocab};
use tokenizers::normalizers::Replace;
use tokenizers::normalizers::unicode::NFC;
use tokenizers::pre_tokenizers::sequence::Sequence;

pub(crate) struct Bpe {
    encoder: Tokenizer,
    spelling: Spelling,
    /// Whether a prompt begins with the BOS token when the metadata do not say.
    pub(super) begins: bool,
}

/// How the text of a token is written in the vocabulary.
enum Spelling {
    /// In GPT-2's alphabet, a character for each byte.
    Bytes(HashMap<char, u8>),
    /// As it is, with `▁` for a space, and tokens for single bytes.
    Characters,
}

impl Bpe {
    /// Over bytes, cut as `tokenizer.ggml.pre` says.
    pub(super) fn over_bytes(header: &Header, vocabulary: &Vocabulary) -> Result<Self, Refusal> {
        let pre = header.text("tokenizer.ggml.pre").unwrap_or("default");
        if matches!(pre, "gemma4" | "sarvam-moe") {
            return Self::over_characters(header, vocabulary);
        }
        let cuts = Cuts::named(pre).ok_or_else(|| unusable!("its pre-tokenizer is {pre:?}, which this version of Gait does not know"))?;
        let vocab: Vocab = vocabulary.plain().map(|(piece, id)| (piece.to_owned(), id)).collect();
        let alphabet = alphabet();
        // Vocabularies in use lack tokens for control characters and for the planes 4 to 16, where no characters are
        // assigned (Falcon, StarCoder). Their makers' tokenizers leave such characters out, and so does this one.
        let ordinary = |byte: &u8| matches!(byte, b'\t' | b'\n' | b'\r' | 0x20..=0x7e | 0x80..=0xbf | 0xc2..=0xf0);
        let missing = (0..=255u8).filter(ordinary).find(|byte| !vocab.contains_key(&alphabet_character(*byte).to_string()));
        if let Some(byte) = missing {
            return Err(unusable!("its vocabulary lacks a token for the byte 0x{byte:02X}; expected one for each byte of ordinary text"));
        }
        let merges = merges(header, &vocab)?;
        let model = BPE::builder().vocab_and_merges(vocab, merges).ignore_merges(cuts.whole_first).build().map_err(failed)?;
        let mut encoder = Tokenizer::new(model);
        if cuts.composes {
            encoder.with_normalizer(Some(NFC)).map_err(failed)?;
        }
        encoder.with_pre_tokenizer(Some(Sequence::new(cuts.steps().map_err(failed)?)));
        Ok(Self { encoder, spelling: Spelling::Bytes(alphabet), begins: cuts.begins })
    }

    /// Whether a text is cut before its pairs are joined.
    pub(super) fn cuts(&self) -> bool {
        matches!(self.spelling, Spelling::Bytes(_))
    }

    /// Over characters, never cut.
    pub(super) fn over_characters(header: &Header, vocabulary: &Vocabulary) -> Result<Self, Refusal> {
        let mut vocab: Vocab = vocabulary.plain().map(|(piece, id)| (piece.to_owned(), id)).collect();
        let merges = merges(header, &vocab)?;
        // After the merges were chosen, so that none leads to these.
        let mut unknown = None;
        for (id, (piece, kind)) in (0u32..).zip(vocabulary.pieces.iter().zip(&vocabulary.kinds)) {
            match kind {
                Kind::Byte => _ = vocab.entry(piece.clone()).or_insert(id),
                Kind::Unknown => unknown = unknown.or_else(|| Some((piece.clone(), id))),
                Kind::Normal | Kind::Control | Kind::UserDefined | Kind::Unused => {}
            }
        }
        let complete = (0..=255u8).all(|byte| vocab.contains_key(&format!("<0x{byte:02X}>")));
        let mut builder = BPE::builder().byte_fallback(true).fuse_unk(true);
        if let Some((piece, id)) = unknown.filter(|(piece, _)| piece.chars().count() > 1) {
            vocab.insert(piece.clone(), id);
            builder = builder.unk_token(piece);
        } else if !complete {
            return Err(unusable!("its vocabulary has neither a token for each byte nor an unknown token"));
        }
        let mut encoder = Tokenizer::new(builder.vocab_and_merges(vocab, merges).build().map_err(failed)?);
        encoder.with_normalizer(Some(Replace::new(" ", "▁").map_err(failed)?)).map_err(failed)?;
        Ok(Self { encoder, spelling: Spelling::Characters, begins: false })
    }

    pub(super) fn encode(&self, text: &str, ids: &mut Vec<u32>) -> Result<(), tokenizers::Error> {
        let encoding = self.encoder.encode_fast(text, false)?;
        ids.extend_from_slice(encoding.get_ids());
        Ok(())
    }

    /// The bytes of a token's spelling.
    pub(super) fn bytes(&self, spelling: &str, kind: Kind) -> Vec<u8> {
        let Spelling::Bytes(alphabet) = &self.spelling else { return sentencepiece::bytes(spelling, kind) };
        let mut out = Vec::with_capacity(spelling.len());
        if kind == Kind::UserDefined {
            out.extend_from_slice(spelling.as_bytes());
            return out;
        }
        for c in spelling.chars() {
            match alphabet.get(&c) {
                Some(byte) => out.push(*byte),
                None => out.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes()),
            }
        }
        out
    }
}

fn failed(error: tokenizers::Error) -> Refusal {
    unusable!("its tokenizer cannot be built: {error}")
}

/// The merges whose parts and union are tokens that text may become.
fn merges(header: &Header, vocab: &Vocab) -> Result<Vec<(String, String)>, Refusal> {
    let merges =
        header.texts("tokenizer.ggml.merges").ok_or_else(|| unusable!("its tokenizer has no merges; expected tokenizer.ggml.merges"))?;
    let mut union = String::new();
    let mut kept = Vec::with_capacity(merges.len());
    for merge in merges {
        let (left, right) =
            merge.split_once(' ').ok_or_else(|| unusable!("one of its tokenizer.ggml.merges has no space; expected two parts"))?;
        union.clear();
        union.push_str(left);
        union.push_str(right);
        // A merge into or out of a control token would make one of plain text.
        if [left, right, &union].iter().all(|part| vocab.contains_key(*part)) {
            kept.push((left.to_owned(), right.to_owned()));
        }
    }
    Ok(kept)
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
