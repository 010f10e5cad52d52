//! The steps of the cleaning that look at one example. Those that compare examples are in `compare`.
//!
//! Invariant: what a step does depends on the example and the recipe alone, so that examples can be cleaned in any order, in several
//! threads. Numbers of placeholders that hold for a whole dataset are given afterwards, in the order of the source.

pub mod harmful;
pub mod minhash;
pub mod personal;

use crate::error::{Error, Result};
use crate::example::{Example, Message, Verdict};
use crate::manifest::StepCount;
use crate::recipe::{Cleaning, Length, PlaceholderScope};
use crate::write::CountTokens;
use harmful::Harmful;
use personal::{Finder, Found, Kind, Placeholders};
use std::collections::BTreeMap;

/// Why an example is not in the files. In the order in which they are asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Step {
    Empty,
    Harmful,
    TooLong,
    ExactDuplicates,
    Contradictions,
    Disagreement,
    NearDuplicates,
    /// Its group stands on another side than an earlier version had it on.
    HeldElsewhere,
    /// No chosen format has a row for it.
    NoRows,
}

impl Step {
    pub const ALL: [Self; 9] = [
        Self::Empty,
        Self::Harmful,
        Self::TooLong,
        Self::ExactDuplicates,
        Self::Contradictions,
        Self::Disagreement,
        Self::NearDuplicates,
        Self::HeldElsewhere,
        Self::NoRows,
    ];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Empty => "empty",
            Self::Harmful => "harmful",
            Self::TooLong => "too_long",
            Self::ExactDuplicates => "exact_duplicates",
            Self::Contradictions => "contradictions",
            Self::Disagreement => "disagreement",
            Self::NearDuplicates => "near_duplicates",
            Self::HeldElsewhere => "held_elsewhere",
            Self::NoRows => "no_rows",
        }
    }
}

/// Lengths in tokens, or in characters where nobody counts tokens.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Size {
    pub prompt: u32,
    pub text: u32,
}

/// An example after the steps that need no other.
pub(crate) struct Cleaned {
    pub example: Example,
    pub size: Size,
    pub left_out: Option<Step>,
    pub replaced: BTreeMap<Kind, u64>,
    /// What is still to be numbered, text by text, where placeholders hold for the dataset.
    pub pending: Vec<Vec<Found>>,
}

/// The recipe's steps, made ready once.
pub(crate) struct Steps<'a> {
    empty: bool,
    harmful: Option<Harmful>,
    finder: Option<(Finder, PlaceholderScope)>,
    length: Option<Length>,
    count: Option<&'a CountTokens<'a>>,
}

impl<'a> Steps<'a> {
    pub fn new(cleaning: &Cleaning, count: Option<&'a CountTokens<'a>>) -> Result<Self> {
        if let Some(near) = &cleaning.near_duplicates
            && (near.n == 0
                || near.bands == 0
                || near.rows == 0
                || near.bands * near.rows > 1024
                || !(0.0..=1.0).contains(&near.similarity))
        {
            return Err(Error::Recipe(
                "near-duplicates need at least one in each of n, bands and rows, at most 1024 values, and a similarity between 0 and 1"
                    .into(),
            ));
        }
        Ok(Self {
            empty: cleaning.empty,
            harmful: cleaning.harmful.as_ref().map(Harmful::new).transpose()?,
            finder: cleaning.personal.as_ref().map(|personal| (Finder::new(personal), personal.scope)),
            // What nobody counts is not too long.
            length: cleaning.too_long.clone().filter(|_| count.is_some()),
            count,
        })
    }

    pub fn clean(&self, mut example: Example) -> Cleaned {
        let mut replaced = BTreeMap::new();
        let mut pending = Vec::new();
        let mut left_out = (self.empty && is_empty(&example)).then_some(Step::Empty);
        if left_out.is_none() && self.harmful.as_ref().is_some_and(|harmful| texts(&example).any(|text| harmful.holds(text))) {
            left_out = Some(Step::Harmful);
        }
        // Also where it is left out: it goes through a file on the disk, and its texts are nobody's to read there either.
        if let Some((finder, scope)) = &self.finder {
            let names = finder.names(&example.fields);
            match scope {
                PlaceholderScope::Row => {
                    let mut placeholders = Placeholders::default();
                    for text in texts_mut(&mut example) {
                        let found = finder.find(text, &names);
                        if !found.is_empty() {
                            *text = placeholders.replace(text, &found, &mut replaced);
                        }
                    }
                }
                PlaceholderScope::Dataset => pending = texts_mut(&mut example).map(|text| finder.find(text, &names)).collect(),
            }
        }
        let size = self.size(&example);
        if left_out.is_none() && self.length.as_ref().is_some_and(|length| too_long(&example, size, length)) {
            left_out = Some(Step::TooLong);
        }
        example.fields = Vec::new();
        Cleaned { example, size, left_out, replaced, pending }
    }

    fn size(&self, example: &Example) -> Size {
        let count = |text: &str| self.count.map_or_else(|| text.chars().count(), |count| count(text)) as u32;
        let prompt = example.system.as_deref().map_or(0, count) + example.prompt.iter().map(|message| count(&message.content)).sum::<u32>();
        let text = [example.verdict.accepted(), example.verdict.refused()].into_iter().flatten().map(count).max().unwrap_or(0);
        Size { prompt, text }
    }
}

fn too_long(example: &Example, size: Size, length: &Length) -> bool {
    let messages = example.prompt.len() + usize::from(example.system.is_some()) + 1;
    (size.prompt + size.text) as usize + messages * length.per_message > length.tokens
}

impl Cleaned {
    /// Numbers what was found, in the order of the source.
    pub fn number(&mut self, placeholders: &mut Placeholders) {
        let pending = std::mem::take(&mut self.pending);
        for (text, found) in texts_mut(&mut self.example).zip(&pending) {
            if !found.is_empty() {
                *text = placeholders.replace(text, found, &mut self.replaced);
            }
        }
    }
}

fn is_empty(example: &Example) -> bool {
    let nothing =
        |text: &str| text.chars().all(|c| c.is_whitespace() || c.is_control() || matches!(c, '\u{200b}'..='\u{200d}' | '\u{feff}'));
    let no_prompt = example.prompt.last().is_none_or(|message| nothing(&message.content));
    no_prompt || [example.verdict.accepted(), example.verdict.refused()].into_iter().flatten().any(nothing)
}

/// Every text that can be written.
fn texts(example: &Example) -> impl Iterator<Item = &str> {
    let verdict: [Option<&str>; 2] = [example.verdict.accepted(), example.verdict.refused()];
    example
        .system
        .as_deref()
        .into_iter()
        .chain(example.prompt.iter().map(|message| message.content.as_str()))
        .chain(verdict.into_iter().flatten())
        .chain(example.replaced.iter().map(String::as_str))
        .chain(example.reasons.iter().map(String::as_str))
        .chain(example.meta.values().map(String::as_str))
}

/// The same, to be changed, in an order that is always the same.
fn texts_mut(example: &mut Example) -> impl Iterator<Item = &mut String> {
    let Example { system, prompt, verdict, replaced, reasons, meta, .. } = example;
    let (first, second) = match verdict {
        Verdict::Approve { draft } | Verdict::Reject { draft } => (draft, None),
        Verdict::Edit { draft, edited } => (draft, Some(edited)),
        Verdict::Compare { chosen, rejected } => (chosen, Some(rejected)),
    };
    system
        .iter_mut()
        .chain(prompt.iter_mut().map(|Message { content, .. }| content))
        .chain([first])
        .chain(second)
        .chain(replaced.iter_mut())
        .chain(reasons.iter_mut())
        .chain(meta.values_mut())
}

/// What a step did, gathered.
#[derive(Debug, Default)]
pub(crate) struct Told {
    left_out: BTreeMap<Step, (u64, Vec<String>)>,
    replaced: BTreeMap<Kind, u64>,
    with_values: (u64, Vec<String>),
}

impl Told {
    const EXAMPLES: usize = 5;

    pub fn left_out(&mut self, step: Step, id: &str) {
        let (count, examples) = self.left_out.entry(step).or_default();
        *count += 1;
        if examples.len() < Self::EXAMPLES {
            examples.push(id.to_owned());
        }
    }

    pub fn replaced(&mut self, counts: &BTreeMap<Kind, u64>, id: &str) {
        if counts.is_empty() {
            return;
        }
        for (kind, count) in counts {
            *self.replaced.entry(*kind).or_default() += count;
        }
        self.with_values.0 += 1;
        if self.with_values.1.len() < Self::EXAMPLES {
            self.with_values.1.push(id.to_owned());
        }
    }

    /// A line for each step that was done, also where it found nothing. Whether something is too long can only be told where tokens are counted.
    pub fn lines(self, cleaning: &Cleaning, tokens: bool) -> Vec<StepCount> {
        let mut lines = Vec::new();
        if cleaning.personal.is_some() {
            lines.push(StepCount {
                step: "personal".into(),
                left_out: 0,
                replaced: self.replaced.iter().map(|(kind, count)| (kind.word().to_owned(), *count)).collect(),
                changed: self.with_values.0,
                examples: self.with_values.1,
            });
        }
        for step in Step::ALL {
            let asked = match step {
                Step::Empty => cleaning.empty,
                Step::Harmful => cleaning.harmful.is_some(),
                Step::TooLong => tokens && cleaning.too_long.is_some(),
                Step::ExactDuplicates => cleaning.exact_duplicates,
                Step::Contradictions => cleaning.contradictions,
                Step::Disagreement => cleaning.disagreement,
                Step::NearDuplicates => cleaning.near_duplicates.is_some(),
                Step::HeldElsewhere | Step::NoRows => true,
            };
            if asked {
                let (left_out, examples) = self.left_out.get(&step).cloned().unwrap_or_default();
                lines.push(StepCount { step: step.as_str().into(), left_out, replaced: BTreeMap::new(), changed: 0, examples });
            }
        }
        lines
    }
}
