//! What is remembered of each example while all are compared: numbers, never texts.
//!
//! Invariant: some 300 bytes an example, whatever its length.

use crate::clean::minhash::{MinHash, SKETCH};
use crate::clean::{Cleaned, Size, Step};
use crate::example::{Example, Verdict};
use crate::hash;
use crate::mapping;
use crate::recipe::{Cleaning, Format};
use crate::split::Ballot;
use std::borrow::Cow;

/// Of one example.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Fact {
    /// Of everything that is taught.
    pub exact: u64,
    pub item: u64,
    pub reviewer: u64,
    pub ballot: Ballot,
    pub weight: f32,
    pub stance: Stance,
    pub disputed: bool,
    pub left_out: Option<Step>,
    pub rows: Rows,
    pub size: Size,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stance {
    For,
    Against,
    /// A comparison says nothing of either text alone.
    Neither,
}

/// How many rows an example has for each kind of format.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Rows {
    pub imitated: bool,
    pub pairs: u16,
    pub label: Option<bool>,
}

impl Rows {
    fn of(example: &Example) -> Self {
        Self {
            imitated: mapping::imitated(example).is_some(),
            pairs: mapping::pairs(example).len().min(usize::from(u16::MAX)) as u16,
            label: mapping::labelled(example).map(|said| said.label),
        }
    }

    pub fn of_format(self, format: Format) -> u64 {
        match format {
            Format::Sft | Format::PromptCompletion | Format::OpenaiChat | Format::Alpaca | Format::Sharegpt | Format::SftParquet => {
                u64::from(self.imitated)
            }
            Format::Dpo | Format::DpoChat | Format::OpenaiPreference | Format::SharegptPreference | Format::DpoParquet => {
                u64::from(self.pairs)
            }
            Format::Kto | Format::SharegptKto => u64::from(self.label.is_some()),
            Format::Csv => 1,
        }
    }
}

/// All that is asked, in one text.
pub(crate) fn asked(example: &Example) -> Cow<'_, str> {
    match &example.prompt[..] {
        [only] => Cow::Borrowed(&only.content),
        many => Cow::Owned(many.iter().map(|message| message.content.as_str()).collect::<Vec<_>>().join("\n")),
    }
}

/// A signature of the prompt and a sketch of what is taught, one behind the other, or nothing where there is no text to compare.
pub(crate) fn signed(minhash: &MinHash, example: &Example) -> Option<Vec<u8>> {
    let mut bytes = vec![0; minhash.values() + SKETCH];
    let (prompt, text) = bytes.split_at_mut(minhash.values());
    let any = minhash.sign_prompt(&asked(example), prompt);
    minhash.sign(example.verdict.accepted().or(example.verdict.refused()).unwrap_or_default(), text);
    any.then_some(bytes)
}

#[derive(Debug, Default)]
pub(crate) struct Facts {
    pub rows: Vec<Fact>,
    /// Hashes of what must stay together, with who has it.
    pub links: Vec<(u64, u32)>,
    /// Hashes of a prompt with a text, with who accepts or refuses it there.
    pub said: Vec<(u64, u32, bool)>,
    /// `stride` bytes for each example; all zero where `unsigned`.
    pub signatures: Vec<u8>,
    pub stride: usize,
    pub unsigned: Vec<bool>,
}

impl Facts {
    pub fn add(&mut self, cleaned: &Cleaned, signature: Option<Vec<u8>>, cleaning: &Cleaning, salt: &str) {
        let example = &cleaned.example;
        let row = self.rows.len() as u32;
        let prompt = hash::of(&example.prompt.iter().map(|message| (message.role, message.content.trim())).collect::<Vec<_>>());
        let exact = hash::of(&(
            prompt,
            example.system.as_deref().map(str::trim),
            example.verdict.as_str(),
            example.verdict.accepted().map(str::trim),
            example.verdict.refused().map(str::trim),
            &example.replaced,
        ));
        let draw = match example.groups.first() {
            Some(key) => hash::keyed(salt, &key.kind, &key.value),
            None => hash::keyed(salt, "item", &example.item),
        };
        for key in &example.groups {
            self.links.push((hash::of(&(&key.kind, &key.value)), row));
        }
        // What somebody asks last: some formats are read without what was said before.
        let asked = example.prompt.last().map(|message| message.content.trim()).unwrap_or_default();
        if cleaned.left_out.is_none() {
            self.links.push((hash::of(&("asked", asked)), row));
            if cleaning.contradictions {
                for pair in mapping::pairs(example) {
                    self.said.push((hash::of(&(prompt, pair.rejected.trim())), row, false));
                }
                if let Some(text) = example.verdict.accepted() {
                    self.said.push((hash::of(&(prompt, text.trim())), row, true));
                }
                if let Verdict::Reject { draft } = &example.verdict {
                    self.said.push((hash::of(&(prompt, draft.trim())), row, false));
                }
            }
        }
        // An item stays together too: a comparison and a decision of it.
        self.links.push((hash::of(&("item", &example.item)), row));
        if self.stride > 0 {
            self.unsigned.push(signature.is_none());
            match signature {
                Some(bytes) => self.signatures.extend_from_slice(&bytes),
                None => self.signatures.resize(self.signatures.len() + self.stride, 0),
            }
        }
        self.rows.push(Fact {
            exact,
            item: hash::of(&example.item),
            reviewer: hash::of(&example.reviewer),
            ballot: Ballot { draw, earlier: example.earlier },
            weight: example.weight as f32,
            stance: match &example.verdict {
                Verdict::Approve { .. } | Verdict::Edit { .. } => Stance::For,
                Verdict::Reject { .. } => Stance::Against,
                Verdict::Compare { .. } => Stance::Neither,
            },
            disputed: example.disputed,
            left_out: cleaned.left_out,
            rows: Rows::of(example),
            size: cleaned.size,
        });
    }

    pub fn signature(&self, row: u32) -> &[u8] {
        &self.signatures[row as usize * self.stride..(row as usize + 1) * self.stride]
    }
}

/// Which of two that say the same is kept: the more guarded side first, then the heavier, then the one that is preferred to another text,
/// then the earlier in the source.
pub(crate) fn better(facts: &[Fact], a: u32, b: u32) -> u32 {
    let rank = |row: u32| {
        let fact = &facts[row as usize];
        (fact.ballot.earlier, fact.weight, fact.rows.pairs > 0)
    };
    let (first, second) = (a.min(b), a.max(b));
    if rank(second) > rank(first) { second } else { first }
}
