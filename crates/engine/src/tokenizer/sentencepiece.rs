//! SentencePiece's byte-pair encoding with byte fallback (Kudo and Richardson 2018): Llama 2, Mistral, Phi-3.
//!
//! Invariant: it knows no control token, so no text becomes one.
//!
//! The method is llama.cpp's (`llm_tokenizer_spm`): join the neighbours whose union has the best score until none is
//! in the vocabulary; spell what is left in bytes.

use super::normalise::{Normaliser, SPACE};
use super::{Kind, Vocabulary};
use crate::error::{Refusal, unusable};
use crate::load::gguf::Header;
use std::cmp::Ordering;
use std::collections::{BinaryHeap, HashMap};

pub(crate) struct SentencePiece {
    normaliser: Normaliser,
    /// Token and score by spelling.
    pieces: HashMap<String, (u32, f32)>,
    bytes: Bytes,
    unknown: Option<u32>,
}

impl SentencePiece {
    pub(super) fn new(header: &Header, vocabulary: &Vocabulary) -> Result<Self, Refusal> {
        let scores = scores(header, vocabulary)?;
        let mut pieces = HashMap::new();
        for (piece, id) in vocabulary.plain() {
            let score = scores.get(id as usize).copied().unwrap_or(f32::NEG_INFINITY);
            pieces.entry(piece.to_owned()).or_insert((id, score));
        }
        let bytes = Bytes::new(vocabulary);
        let unknown = header.unsigned("tokenizer.ggml.unknown_token_id").filter(|id| (*id as usize) < vocabulary.pieces.len());
        if unknown.is_none() && !bytes.is_complete() {
            return Err(unusable!("its vocabulary has neither a token for each byte nor an unknown token"));
        }
        Ok(Self { normaliser: Normaliser::new(header, false)?, pieces, bytes, unknown })
    }

    pub(super) fn adds_space(&self) -> bool {
        self.normaliser.adds_space
    }

    /// Encodes a run of text that begins the prompt or follows a control token.
    pub(super) fn encode(&self, text: &str, ids: &mut Vec<u32>) {
        let text = self.normaliser.apply(text);
        for part in self.joined(&text) {
            if let Some((id, _)) = self.pieces.get(part) {
                ids.push(*id);
            } else if !self.bytes.spell(part, ids) {
                ids.extend(self.unknown);
            }
        }
    }

    /// The text in parts, after all joins.
    fn joined<'a>(&self, text: &'a str) -> Vec<&'a str> {
        // A part spans start..end; its neighbours are linked by index. A part that was joined to its left is empty.
        let mut parts: Vec<Part> = text
            .char_indices()
            .enumerate()
            .map(|(index, (start, c))| Part { start, end: start + c.len_utf8(), left: index.checked_sub(1), right: Some(index + 1) })
            .collect();
        if let Some(last) = parts.last_mut() {
            last.right = None;
        }
        let mut queue = BinaryHeap::new();
        for right in 1..parts.len() {
            self.consider(text, &parts, right - 1, right, &mut queue);
        }
        while let Some(join) = queue.pop() {
            let (Some(left), Some(right)) = (parts.get(join.left).copied(), parts.get(join.right).copied()) else { continue };
            // Out of date when either side has changed since.
            if left.is_empty() || right.is_empty() || right.end - left.start != join.bytes || left.end != right.start {
                continue;
            }
            if let Some(part) = parts.get_mut(join.left) {
                part.end = right.end;
                part.right = right.right;
            }
            if let Some(part) = parts.get_mut(join.right) {
                part.end = part.start;
            }
            if let Some(next) = right.right {
                if let Some(part) = parts.get_mut(next) {
                    part.left = Some(join.left);
                }
                self.consider(text, &parts, join.left, next, &mut queue);
            }
            if let Some(previous) = left.left {
                self.consider(text, &parts, previous, join.left, &mut queue);
            }
        }
        parts.iter().filter(|part| !part.is_empty()).filter_map(|part| text.get(part.start..part.end)).collect()
    }

    fn consider(&self, text: &str, parts: &[Part], left: usize, right: usize, queue: &mut BinaryHeap<Join>) {
        let (Some(first), Some(second)) = (parts.get(left), parts.get(right)) else { return };
        let union = text.get(first.start..second.end).unwrap_or_default();
        if let Some((_, score)) = self.pieces.get(union) {
            queue.push(Join { score: *score, left, right, bytes: union.len() });
        }
    }
}

#[derive(Debug, Clone, Copy)]
struct Part {
    start: usize,
    end: usize,
    left: Option<usize>,
    right: Option<usize>,
}

impl Part {
    fn is_empty(self) -> bool {
        self.start == self.end
    }
}

/// Two neighbours that could be joined. The greatest has the best score, and among equals lies leftmost.
#[derive(Debug, PartialEq)]
struct Join {
    score: f32,
    left: usize,
    right: usize,
    /// Length of the union when it was found.
    bytes: usize,
}

impl Eq for Join {}

impl Ord for Join {
    fn cmp(&self, other: &Self) -> Ordering {
        self.score.total_cmp(&other.score).then(other.left.cmp(&self.left)).then(other.bytes.cmp(&self.bytes))
    }
}

impl PartialOrd for Join {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// The scores of a vocabulary, one for each token. What is no number counts as the worst.
///
/// # Errors
/// [`Refusal::Unusable`] when there are none, or not as many.
pub(super) fn scores(header: &Header, vocabulary: &Vocabulary) -> Result<Vec<f32>, Refusal> {
    let scores =
        header.floats("tokenizer.ggml.scores").ok_or_else(|| unusable!("its tokenizer has no scores; expected tokenizer.ggml.scores"))?;
    if scores.len() != vocabulary.pieces.len() {
        return Err(unusable!("it has {} tokens and {} scores; expected as many", vocabulary.pieces.len(), scores.len()));
    }
    Ok(scores.iter().map(|score| if score.is_nan() { f32::NEG_INFINITY } else { *score }).collect())
}

/// The tokens of single bytes.
pub(super) struct Bytes {
    ids: Vec<Option<u32>>,
}

impl Bytes {
    pub(super) fn new(vocabulary: &Vocabulary) -> Self {
        let mut ids = vec![None; 256];
        for (id, (piece, kind)) in (0u32..).zip(vocabulary.pieces.iter().zip(&vocabulary.kinds)) {
            if *kind == Kind::Byte
                && let Some(place) = byte_of(piece).and_then(|byte| ids.get_mut(usize::from(byte)))
            {
                *place = Some(id);
            }
        }
        Self { ids }
    }

    fn is_complete(&self) -> bool {
        self.ids.iter().all(Option::is_some)
    }

    /// Spells a text in bytes; false, with nothing added, when the vocabulary lacks one.
    pub(super) fn spell(&self, text: &str, ids: &mut Vec<u32>) -> bool {
        let spelled: Option<Vec<u32>> = text.bytes().map(|byte| self.ids.get(usize::from(byte)).copied().flatten()).collect();
        let found = spelled.is_some();
        ids.extend(spelled.into_iter().flatten());
        found
    }
}

/// The byte of a token such as `<0x0A>`.
fn byte_of(piece: &str) -> Option<u8> {
    let digits = piece.strip_prefix("<0x")?.strip_suffix('>')?;
    if digits.len() != 2 || !digits.bytes().all(|b| b.is_ascii_hexdigit()) {
        return None;
    }
    u8::from_str_radix(digits, 16).ok()
}

/// The bytes of a token's spelling.
pub(super) fn bytes(spelling: &str, kind: Kind) -> Vec<u8> {
    if kind == Kind::Byte
        && let Some(byte) = byte_of(spelling)
    {
        return vec![byte];
    }
    spelling.replace(SPACE, " ").into_bytes()
}
