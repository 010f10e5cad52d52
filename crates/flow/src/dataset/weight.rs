//! How much a decision weighs: careful ones above hasty ones.
//!
//! Invariant: pure; a weight is a product of the factors written here, kept within [`LEAST`] and [`MOST`], and 1 where weighing is off.

use super::selection::{Choosing, Facts};
use std::collections::HashSet;

/// What speaks for or against a decision.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Sign {
    /// Decided at once with others.
    Bulk,
    /// Faster than it can be read.
    Rushed,
    /// By somebody who shows signs of not looking.
    Careless,
    /// A second look said the same.
    Agreed,
    /// A second look said something else.
    Disagreed,
}

pub const LEAST: f64 = 0.25;
pub const MOST: f64 = 1.5;

impl Sign {
    pub const ALL: [Self; 5] = [Self::Bulk, Self::Rushed, Self::Careless, Self::Agreed, Self::Disagreed];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Bulk => "bulk",
            Self::Rushed => "rushed",
            Self::Careless => "careless",
            Self::Agreed => "agreed",
            Self::Disagreed => "disagreed",
        }
    }

    /// What the weight is multiplied by.
    pub fn factor(self) -> f64 {
        match self {
            Self::Bulk | Self::Rushed | Self::Careless | Self::Disagreed => 0.5,
            Self::Agreed => 1.5,
        }
    }

    fn is_of(self, facts: &Facts, careless: &HashSet<String>) -> bool {
        match self {
            Self::Bulk => facts.bulk,
            Self::Rushed => facts.rushed,
            Self::Careless => facts.said.as_ref().is_some_and(|said| careless.contains(&said.by)),
            Self::Agreed => facts.second == Some(true),
            Self::Disagreed => facts.second == Some(false),
        }
    }
}

/// The signs of a decision; `careless` are the people of whom [`crate::reviewers`] says that they hardly look.
pub(crate) fn signs<'a>(facts: &'a Facts, careless: &'a HashSet<String>) -> impl Iterator<Item = Sign> + 'a {
    Sign::ALL.into_iter().filter(move |sign| sign.is_of(facts, careless))
}

/// The signs of a choice between two drafts.
pub(crate) fn signs_of_choice<'a>(of: &'a Choosing, careless: &'a HashSet<String>) -> impl Iterator<Item = Sign> + 'a {
    let rushed = of.rushed.then_some(Sign::Rushed);
    rushed.into_iter().chain(careless.contains(&of.person).then_some(Sign::Careless))
}

/// In hundredths, as it is kept.
pub(crate) fn weight(signs: impl Iterator<Item = Sign>) -> u8 {
    let product = signs.map(Sign::factor).product::<f64>().clamp(LEAST, MOST);
    (product * 100.0).round() as u8
}

/// Of one that is not weighed.
pub(crate) const EVEN: u8 = 100;

#[cfg(test)]
mod tests {
    use super::super::selection::tests::facts;
    use super::*;

    fn check(change: impl FnOnce(&mut Facts), expected: u8) {
        let mut facts = facts();
        change(&mut facts);
        let careless = HashSet::from(["Ben".to_owned()]);
        assert_eq!(weight(signs(&facts, &careless)), expected, "{facts:?}");
    }

    #[test]
    fn careful_decisions_weigh_more_than_hasty_ones() {
        check(|_| (), EVEN);
        check(|f| f.second = Some(true), 150);
        check(|f| f.second = Some(false), 50);
        check(|f| f.bulk = true, 50);
        check(|f| f.rushed = true, 50);
        check(|f| f.said.iter_mut().for_each(|said| said.by = "Ben".into()), 50);
        check(|f| (f.bulk, f.second) = (true, Some(true)), 75);
        check(|f| (f.bulk, f.rushed) = (true, true), 25);
        check(|f| (f.bulk, f.rushed, f.second) = (true, true, Some(false)), 25);
    }
}
