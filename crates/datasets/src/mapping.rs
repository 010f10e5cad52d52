//! Which rows an example makes.
//!
//! Invariant: approve → a text to imitate and a desirable one · edit → the edited text to imitate, and preferred to the draft · reject → an
//! undesirable one · compare → a preference · a draft thrown away before → what was accepted in the end is preferred to it. Pure.

use crate::example::{Example, Verdict};

/// One text preferred to another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pair<'a> {
    pub chosen: &'a str,
    pub rejected: &'a str,
}

/// A text with a person's yes or no.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Labelled<'a> {
    pub text: &'a str,
    pub label: bool,
}

/// The text to imitate. A comparison says which of two is better, not that it is good: it has none.
#[must_use]
pub fn imitated(example: &Example) -> Option<&str> {
    match &example.verdict {
        Verdict::Approve { draft } => Some(draft),
        Verdict::Edit { edited, .. } => Some(edited),
        Verdict::Reject { .. } | Verdict::Compare { .. } => None,
    }
}

/// The preferences, none of a text over itself.
#[must_use]
pub fn pairs(example: &Example) -> Vec<Pair<'_>> {
    let own = match &example.verdict {
        Verdict::Approve { .. } | Verdict::Reject { .. } => None,
        Verdict::Edit { draft, edited } => Some(Pair { chosen: edited, rejected: draft }),
        Verdict::Compare { chosen, rejected } => Some(Pair { chosen, rejected }),
    };
    let mut pairs: Vec<Pair<'_>> = Vec::with_capacity(1 + example.replaced.len());
    let replaced = imitated(example)
        .into_iter()
        .flat_map(|chosen| example.replaced.iter().map(move |rejected| Pair { chosen, rejected: rejected.as_str() }));
    for pair in own.into_iter().chain(replaced) {
        if pair.chosen != pair.rejected && !pair.rejected.trim().is_empty() && !pairs.contains(&pair) {
            pairs.push(pair);
        }
    }
    pairs
}

/// A yes for a draft that stood, a no for one that was rejected. An edit is neither: the draft was not good and not refused.
#[must_use]
pub fn labelled(example: &Example) -> Option<Labelled<'_>> {
    match &example.verdict {
        Verdict::Approve { draft } => Some(Labelled { text: draft, label: true }),
        Verdict::Reject { draft } => Some(Labelled { text: draft, label: false }),
        Verdict::Edit { .. } | Verdict::Compare { .. } => None,
    }
}
