//! SentencePiece's byte-pair encoding with byte fallback (Kudo and Richardson 2018): Llama 2, Mistral, Phi-3.
//!
//! Invariant: it knows no control token, so no text becomes one.
//!
//! The method is llama.cpp's (`llm_tokenizer_spm`): join the neighbours whose union has the best score until none is
//! in the vocabulary; spell what is left in bytes.

use super::{Kind, Vocabulary};
use crate::error::{Refusal, unusable};
use crate::load::gguf::Header;
use std::cmp::Ordering;
use std::collections::{BinaryHeap, HashMap};

/// Stands for a space.
const SPACE: char = '▁';

pub(crate) struct SentencePiece {
    /// Token and score by spelling.
    pieces: HashMap<String, (u32, f32)>,
    /// Tokens of single bytes.
    bytes: Vec<Option<u32>>,
    unknown: Option<u32>,
    adds_space: bool,
}

impl SentencePiece {
    pub(super) fn new(header: &Header, vocabulary: &Vocabulary) -> Result<Self, Refusal> {
        let scores = header
            .floats("tokenizer.ggml.scores")
            .ok_or_else(|| unusable!("its tokenizer has no scores; expected tokenizer.ggml.scores"))?;
        if scores.len() != vocabulary.pieces.len() {
            return Err(unusable!("it has {} tokens and {} scores; expected as many", vocabulary.pieces.len(), scores.len()));
        }
        let score = |id: u32| scores.get(id as usize).copied().filter(|score| !score.is_nan()).unwrap_or(f32::NEG_INFINITY);
        let mut pieces = HashMap::new();
        for (piece, id) in vocabulary.plain() {
            pieces.entry(piece.to_owned()).or_insert((id, score(id)));
        }
        let mut bytes = vec![None; 256];
        for (id, (piece, kind)) in (0u32..).zip(vocabulary.pieces.iter().zip(&vocabulary.kinds)) {
            if *kind == Kind::Byte
                && let Some(place) = byte_of(piece).and_then(|byte| bytes.get_mut(usize::from(byte)))
            {
                *place = Some(id);
            }
        }
        let unknown = header.unsigned("tokenizer.ggml.unknown_token_id").filter(|id| (*id as usize) < vocabulary.pieces.len());
        if unknown.is_none() && bytes.iter().any(Option::is_none) {
            return Err(unusable!("its vocabulary has neither a token for each byte nor an unknown token"));
        }
        Ok(Self { pieces, bytes, unknown, adds_space: header.bool("tokenizer.ggml.add_space_prefix").unwrap_or(true) })
    }

    pub(super) fn adds_space(&self) -> bool {
        self.adds_space
    }

    /// Encodes a run of text; `after_control`: whether it begins the prompt or follows a control token.
    pub(super) fn encode(&self, text: &str, after_control: bool, ids: &mut Vec<u32>) {
        let mut escaped = String::with_capacity(text.len() + 3);
        if self.adds_space && after_control {
            escaped.push(SPACE);
        }
        escaped.extend(text.chars().map(|c| if c == ' ' { SPACE } else { c }));
        for part in self.joined(&escaped) {
            if let Some((id, _)) = self.pieces.get(part) {
                ids.push(*id);
                continue;
            }
            for byte in part.bytes() {
                ids.extend(self.bytes.get(usize::from(byte)).copied().flatten().or(self.unknown));
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
