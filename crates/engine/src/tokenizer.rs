//! Text to tokens and back, built from the metadata of a GGUF file.
//!
//! Invariant: words of a person never become control tokens. Only what the chat template itself writes is read as one.
//!
//! How: the chat template runs on the true contents, so that whatever it trims or compares comes out as its makers meant
//! it, with one change: wherever a content spells a control token (or could complete one at its edge), a private
//! character is put inside the spelling ([`Tokenizer::guard`]). The rendered prompt is then cut at control tokens,
//! which a guarded spelling no longer matches; the private characters are removed; and the text between, the
//! template's and the person's together, is encoded in one run, by an encoder that does not know control tokens at
//! all. So a harmless prompt has the very tokens that llama.cpp and Hugging Face give it. (To cut the prompt at the
//! edges of contents instead would change them, for tokens reach across those edges.) Tags such as `<think>` and
//! `<tool_call>`, which some vocabularies list as user-defined rather than control tokens, are guarded too.
//!
//! candle's own reader (`candle_core::quantized::tokenizer`) is not used: it parses control tokens out of any text, takes
//! Llama 3's pre-tokenizer for GPT-2's, and knows no SentencePiece.

mod bpe;
mod cuts;
mod normalise;
mod prefixes;
mod sentencepiece;
mod stream;
mod unigram;

#[cfg(test)]
pub(crate) use bpe::alphabet_character as byte_character;
pub(crate) use stream::TextStream;

use crate::error::{Refusal, unusable};
use crate::load::gguf::Header;
use flow::model::{Message, ModelError};
use prefixes::Prefixes;
use std::collections::{BTreeSet, HashSet};

/// Texts of tokens that end a turn, as llama.cpp knows them (`llama-vocab.cpp`), where the metadata names too few.
const ENDS: [&str; 20] = [
    "<|eot_id|>",
    "<|im_end|>",
    "<|end|>",
    "<|return|>",
    "<|call|>",
    "<|flush|>",
    "<|calls|>",
    "<end_of_turn>",
    "<|endoftext|>",
    "<|end_of_text|>",
    "<|eom_id|>",
    "<EOT>",
    "_<EOT>",
    "[EOT]",
    "[EOS]",
    "<｜end▁of▁sentence｜>",
    "<end_of_utterance>",
    "<turn|>",
    "<|tool_response>",
    "[e~[",
];

/// Longest spelling of a control token, bytes. The longest in use have some 50.
const MARK_LIMIT: usize = 512;

/// What a token is, `tokenizer.ggml.token_type`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Normal,
    Unknown,
    Control,
    UserDefined,
    Unused,
    Byte,
}

impl Kind {
    fn from_id(id: i64) -> Option<Self> {
        Some(match id {
            1 => Self::Normal,
            2 => Self::Unknown,
            3 => Self::Control,
            4 => Self::UserDefined,
            5 => Self::Unused,
            6 => Self::Byte,
            _ => return None,
        })
    }
}

/// The tokens with their kinds.
pub(crate) struct Vocabulary {
    pub(crate) pieces: Vec<String>,
    pub(crate) kinds: Vec<Kind>,
}

impl Vocabulary {
    /// The tokens that plain text may become, with their ids.
    pub(crate) fn plain(&self) -> impl Iterator<Item = (&str, u32)> {
        (0u32..).zip(self.pieces.iter().zip(&self.kinds)).filter_map(|(id, (piece, kind))| match kind {
            Kind::Normal | Kind::UserDefined => Some((piece.as_str(), id)),
            Kind::Unknown | Kind::Control | Kind::Unused | Kind::Byte => None,
        })
    }
}

enum Encoder {
    Bpe(Box<bpe::Bpe>),
    SentencePiece(sentencepiece::SentencePiece),
    Unigram(Box<unigram::Unigram>),
}

/// The tokens that are matched as a whole in the rendered prompt.
struct Marks {
    all: Prefixes,
    /// Those whose spelling in a content is broken up.
    guarded: Prefixes,
    /// The guarded ones spelled backwards.
    reversed: Prefixes,
}

/// The tokenizer of a model.
pub(crate) struct Tokenizer {
    vocabulary: Vocabulary,
    encoder: Encoder,
    marks: Marks,
    ends: HashSet<u32>,
    bos: Option<u32>,
    eos: Option<u32>,
    /// Whether a prompt begins with the BOS token even where the chat template does not write it.
    begins: bool,
    /// Phi-3 drops white space after control tokens.
    strips_after_control: bool,
    /// The most bytes of text that one token stands for.
    longest: usize,
}

impl Tokenizer {
    /// Builds the tokenizer of a model whose embedding has `rows` rows.
    ///
    /// # Errors
    /// [`Refusal::Unusable`] with what is missing or unknown.
    pub(crate) fn new(header: &Header, rows: u32) -> Result<Self, Refusal> {
        let vocabulary = vocabulary(header, rows)?;
        let model = header.text("tokenizer.ggml.model").unwrap_or_default();
        let encoder = match model {
            "gpt2" => Encoder::Bpe(Box::new(bpe::Bpe::over_bytes(header, &vocabulary)?)),
            "gemma4" => Encoder::Bpe(Box::new(bpe::Bpe::over_characters(header, &vocabulary)?)),
            "llama" => Encoder::SentencePiece(sentencepiece::SentencePiece::new(header, &vocabulary)?),
            "t5" => Encoder::Unigram(Box::new(unigram::Unigram::new(header, &vocabulary)?)),
            other => {
                return Err(unusable!(
                    "its tokenizer is of the kind {other:?}; this version of Gait knows gpt2 (byte-level BPE), llama (SentencePiece), \
                     gemma4 (BPE over characters) and t5 (unigram)"
                ));
            }
        };
        let count = vocabulary.pieces.len();
        let named = |key: &str| header.unsigned(key).filter(|id| (*id as usize) < count);
        let mut ends: HashSet<u32> =
            ["eos", "eot", "eom"].iter().filter_map(|name| named(&format!("tokenizer.ggml.{name}_token_id"))).collect();
        for id in header.integers("tokenizer.ggml.eos_token_ids").unwrap_or_default() {
            ends.extend(u32::try_from(*id).ok().filter(|id| (*id as usize) < count));
        }
        for (id, (piece, kind)) in (0u32..).zip(vocabulary.pieces.iter().zip(&vocabulary.kinds)) {
            if matches!(kind, Kind::Control | Kind::UserDefined) && ENDS.contains(&piece.as_str()) {
                ends.insert(id);
            }
        }
        if ends.is_empty() {
            return Err(unusable!("it names no token that ends an answer; expected tokenizer.ggml.eos_token_id"));
        }
        let name = header.text("general.name").unwrap_or_default().to_lowercase();
        let bos = named("tokenizer.ggml.bos_token_id");
        let begins = header.bool("tokenizer.ggml.add_bos_token").unwrap_or(match &encoder {
            Encoder::Bpe(bpe) => bpe.begins,
            Encoder::SentencePiece(_) => true,
            Encoder::Unigram(_) => false,
        });
        if begins && bos.is_none() && header.bool("tokenizer.ggml.add_bos_token") == Some(true) {
            return Err(unusable!("it wants a token at the beginning and names none; expected tokenizer.ggml.bos_token_id"));
        }
        Ok(Self {
            marks: Marks::new(&vocabulary)?,
            begins,
            longest: vocabulary.pieces.iter().map(String::len).max().unwrap_or(1).max(1),
            bos,
            eos: named("tokenizer.ggml.eos_token_id"),
            // As in llama.cpp.
            strips_after_control: ["phi-3", "phi3"].iter().any(|part| name.contains(part)),
            vocabulary,
            encoder,
            ends,
        })
    }

    /// Number of tokens.
    pub(crate) fn len(&self) -> usize {
        self.vocabulary.pieces.len()
    }

    /// The spelling of the token that begins a text; empty where there is none.
    pub(crate) fn bos(&self) -> &str {
        self.bos.map_or("", |id| self.spelling(id))
    }

    /// The spelling of the token that ends a text; empty where there is none.
    pub(crate) fn eos(&self) -> &str {
        self.eos.map_or("", |id| self.spelling(id))
    }

    /// Whether this token says that the answer is complete.
    pub(crate) fn ends(&self, id: u32) -> bool {
        self.ends.contains(&id)
    }

    /// Whether this is the spelling of a control token.
    pub(crate) fn is_control(&self, spelling: &str) -> bool {
        self.marks.guarded.longest(spelling.as_bytes()).is_some_and(|(length, _)| length == spelling.len())
    }

    /// The fewest tokens that a text of so many bytes can have.
    pub(crate) fn at_least(&self, bytes: usize) -> usize {
        bytes / self.longest
    }

    fn spelling(&self, id: u32) -> &str {
        self.vocabulary.pieces.get(id as usize).map_or("", String::as_str)
    }

    /// The bytes that a token adds to the output: none for control tokens.
    pub(crate) fn bytes(&self, id: u32) -> Vec<u8> {
        let Some(kind) = self.vocabulary.kinds.get(id as usize) else { return Vec::new() };
        match (kind, &self.encoder) {
            (Kind::Control | Kind::Unknown | Kind::Unused, _) => Vec::new(),
            (Kind::Normal | Kind::Byte | Kind::UserDefined, Encoder::Bpe(bpe)) => bpe.bytes(self.spelling(id), *kind),
            (Kind::Normal | Kind::Byte | Kind::UserDefined, Encoder::SentencePiece(_) | Encoder::Unigram(_)) => {
                sentencepiece::bytes(self.spelling(id), *kind)
            }
        }
    }

    /// Decodes an output token by token.
    pub(crate) fn stream(&self) -> TextStream {
        TextStream::new(match &self.encoder {
            Encoder::Bpe(_) => false,
            Encoder::SentencePiece(spm) => spm.adds_space(),
            Encoder::Unigram(unigram) => unigram.adds_space(),
        })
    }

    /// The text of one token by itself, for showing; characters in parts become replacement characters.
    pub(crate) fn show(&self, id: u32) -> String {
        String::from_utf8_lossy(&self.bytes(id)).into_owned()
    }

    /// A private character that occurs in none of these texts.
    ///
    /// # Errors
    /// [`ModelError::Template`] when they use up all of them, which no honest text does.
    pub(crate) fn guard_character(template: &str, messages: &[Message]) -> Result<char, ModelError> {
        let used: BTreeSet<char> =
            messages.iter().flat_map(|message| message.content.chars()).chain(template.chars()).filter(|c| *c >= '\u{fdd0}').collect();
        // Noncharacters first: they have no meaning in any text. Then a plane of private use.
        ('\u{fdd0}'..='\u{fdef}')
            .chain('\u{f0000}'..='\u{ffffd}')
            .find(|c| !used.contains(c))
            .ok_or_else(|| ModelError::Template("the request uses every private character there is: remove some".to_owned()))
    }

    /// The content with `guard` inside every spelling of a control token, and at an edge that could complete one.
    pub(crate) fn guard(&self, content: &str, guard: char) -> String {
        let mut out = String::with_capacity(content.len());
        if self.marks.completes_one(content) {
            out.push(guard);
        }
        for (place, c) in content.char_indices() {
            out.push(c);
            if self.marks.guarded.longest(content.as_bytes().get(place..).unwrap_or_default()).is_some() {
                out.push(guard);
            }
        }
        if self.marks.begins_one(content) {
            out.push(guard);
        }
        out
    }

    /// The tokens of a rendered prompt whose contents were guarded.
    ///
    /// It begins with the BOS token once, where the model wants one, whether or not the template wrote it, as in
    /// llama.cpp. `add_eos_token` is not followed: an end before the answer is of no use to a model that writes.
    ///
    /// # Errors
    /// [`ModelError::Engine`] when the encoder fails.
    pub(crate) fn encode(&self, rendered: &str, guard: char) -> Result<Vec<u32>, ModelError> {
        let mut ids = Vec::new();
        let mut run_start = 0;
        let mut position = 0;
        while let Some(rest) = rendered.get(position..).filter(|rest| !rest.is_empty()) {
            let Some((length, id)) = self.marks.all.longest(rest.as_bytes()) else {
                position += rest.chars().next().map_or(1, char::len_utf8);
                continue;
            };
            self.encode_run(rendered.get(run_start..position).unwrap_or_default(), guard, &mut ids)?;
            ids.push(id);
            position += length;
            if self.strips_after_control && self.marks.guarded.longest(rest.as_bytes()).is_some() {
                let after = rendered.get(position..).unwrap_or_default();
                position += after.len() - after.trim_start().len();
            }
            run_start = position;
        }
        self.encode_run(rendered.get(run_start..).unwrap_or_default(), guard, &mut ids)?;
        if let Some(bos) = self.bos.filter(|bos| self.begins && ids.first() != Some(bos)) {
            ids.insert(0, bos);
        }
        Ok(ids)
    }

    /// Encodes text between control tokens. Each run begins the prompt or follows such a token.
    fn encode_run(&self, run: &str, guard: char, ids: &mut Vec<u32>) -> Result<(), ModelError> {
        if run.is_empty() {
            return Ok(());
        }
        let text: String = run.chars().filter(|c| *c != guard).collect();
        self.encode_text(&text, ids)
    }

    fn encode_text(&self, text: &str, ids: &mut Vec<u32>) -> Result<(), ModelError> {
        match &self.encoder {
            Encoder::Bpe(bpe) => bpe.encode(text, ids).map_err(|e| ModelError::Engine(format!("the tokenizer failed: {e}"))),
            Encoder::SentencePiece(spm) => {
                spm.encode(text, ids);
                Ok(())
            }
            Encoder::Unigram(unigram) => {
                unigram.encode(text, ids);
                Ok(())
            }
        }
    }

    /// How many tokens a person's text is by itself. One that the encoder fails on counts with its characters, which are hardly ever fewer.
    pub(crate) fn count(&self, text: &str) -> usize {
        if text.is_empty() {
            return 0;
        }
        let mut ids = Vec::new();
        self.encode_text(text, &mut ids).map_or_else(|_| text.chars().count(), |()| ids.len())
    }

    /// Whether words can be counted one by one, each with the space before it: pairs are joined, and no token reaches from what is no space
    /// over a space behind it.
    pub(crate) fn keeps_words_apart(&self) -> bool {
        let reaches = |id: u32| {
            let text = String::from_utf8_lossy(&self.bytes(id)).into_owned();
            text.chars().zip(text.chars().skip(1)).any(|(before, after)| after == ' ' && !before.is_whitespace())
        };
        match &self.encoder {
            // Over characters a `▁` of the text and a space are one and the same.
            Encoder::Bpe(bpe) => bpe.cuts() && (0..self.len()).all(|id| u32::try_from(id).is_ok_and(|id| !reaches(id))),
            // A space is put before each text, and unigrams are weighed against each other.
            Encoder::SentencePiece(_) | Encoder::Unigram(_) => false,
        }
    }
}

fn vocabulary(header: &Header, rows: u32) -> Result<Vocabulary, Refusal> {
    let pieces =
        header.texts("tokenizer.ggml.tokens").ok_or_else(|| unusable!("it has no vocabulary; expected tokenizer.ggml.tokens"))?.to_vec();
    if pieces.is_empty() || pieces.len() > rows as usize {
        return Err(unusable!(
            "its vocabulary has {} tokens and its embedding {rows} rows; expected as many tokens as rows, or fewer",
            pieces.len()
        ));
    }
    let mut kinds = match header.integers("tokenizer.ggml.token_type") {
        None => vec![Kind::Normal; pieces.len()],
        Some(ids) if ids.len() == pieces.len() => ids
            .iter()
            .map(|id| Kind::from_id(*id).ok_or_else(|| unusable!("its tokenizer.ggml.token_type holds {id}; expected 1 to 6")))
            .collect::<Result<_, _>>()?,
        Some(ids) => return Err(unusable!("it has {} tokens and {} token types; expected as many", pieces.len(), ids.len())),
    };
    // Whatever the types say, these are control tokens.
    for name in ["bos", "eos", "eot", "eom", "padding"] {
        let id = header.unsigned(&format!("tokenizer.ggml.{name}_token_id"));
        if let Some(kind) = id.and_then(|id| kinds.get_mut(id as usize))
            && *kind == Kind::Normal
        {
            *kind = Kind::Control;
        }
    }
    Ok(Vocabulary { pieces, kinds })
}

impl Marks {
    fn new(vocabulary: &Vocabulary) -> Result<Self, Refusal> {
        let mut all = Vec::new();
        let mut guarded = Vec::new();
        for (id, (piece, kind)) in (0u32..).zip(vocabulary.pieces.iter().zip(&vocabulary.kinds)) {
            let is_guarded = match kind {
                // A spelling of one character could not be broken up, so it is never read as a control token.
                Kind::Control | Kind::Unknown => {
                    if piece.chars().count() < 2 {
                        continue;
                    }
                    true
                }
                Kind::UserDefined => is_tag(piece),
                Kind::Normal | Kind::Unused | Kind::Byte => continue,
            };
            if is_guarded {
                guarded.push((piece.as_str(), id));
            }
            all.push((piece.as_str(), id));
        }
        if let Some((piece, id)) = guarded.iter().find(|(piece, _)| piece.len() > MARK_LIMIT) {
            return Err(unusable!("its control token {id} has {} bytes; expected at most {MARK_LIMIT}", piece.len()));
        }
        let reversed = guarded.iter().map(|(piece, id)| (piece.bytes().rev().collect::<Vec<u8>>(), *id));
        Ok(Self { reversed: Prefixes::new(reversed), all: Prefixes::new(all.into_iter()), guarded: Prefixes::new(guarded.iter().copied()) })
    }

    /// Whether a text begins as a guarded one ends.
    fn completes_one(&self, text: &str) -> bool {
        let start: Vec<u8> = text.bytes().take(MARK_LIMIT).collect();
        (1..=start.len()).any(|length| {
            let backwards: Vec<u8> = start.iter().take(length).rev().copied().collect();
            self.reversed.continues(&backwards)
        })
    }

    /// Whether a text ends as a guarded one begins.
    fn begins_one(&self, text: &str) -> bool {
        let first = text.len().saturating_sub(MARK_LIMIT);
        (first..text.len()).any(|start| self.guarded.continues(text.as_bytes().get(start..).unwrap_or_default()))
    }
}

fn is_tag(piece: &str) -> bool {
    piece.chars().count() > 2 && ((piece.starts_with('<') && piece.ends_with('>')) || (piece.starts_with('[') && piece.ends_with(']')))
}

#[cfg(test)]
mod families;
#[cfg(test)]
mod tests;
