//! Rules that make a good draft bad in one known way.
//!
//! Invariant: pure. A rule changes one thing, and only where that makes a fault which a reader who has the request can see; where it finds no
//! such place it says so. The same text, request and number give the same fault.

mod name;
mod number;
mod step;

use crate::item::Field;

pub use name::greeted;

/// In which way a draft is bad.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Fault {
    /// A digit of a number is another one.
    WrongNumber,
    /// Somebody else is greeted than who wrote.
    WrongName,
    /// A sentence that tells what to do, or a number, is left out.
    MissingStep,
    /// An admin wrote it.
    ByAdmin,
}

impl Fault {
    pub const ALL: [Self; 4] = [Self::WrongNumber, Self::WrongName, Self::MissingStep, Self::ByAdmin];
    /// Those that a rule makes.
    pub const BY_RULE: [Self; 3] = [Self::WrongNumber, Self::WrongName, Self::MissingStep];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::WrongNumber => "wrong_number",
            Self::WrongName => "wrong_name",
            Self::MissingStep => "missing_step",
            Self::ByAdmin => "by_admin",
        }
    }
}

/// Why a rule makes no fault of a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum NoFault {
    NoNumber,
    /// Each number that a digit would make stands in the request or in the text.
    NoOtherNumber,
    NobodyGreeted,
    NoStep,
    /// Nothing would be left that answers.
    TooShort,
    /// Only a person can.
    NoRule,
}

impl NoFault {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::NoNumber => "no number stands in it",
            Self::NoOtherNumber => "no digit of its numbers can be changed",
            Self::NobodyGreeted => "nobody is greeted by name",
            Self::NoStep => "no sentence tells what to do",
            Self::TooShort => "nothing would be left of it",
            Self::NoRule => "only a person can make it bad",
        }
    }
}

/// The text with a fault. `names` are of other people who were greeted, `pick` chooses among the places.
///
/// # Errors
/// [`NoFault`] where the rule finds no place for a fault that can be seen.
pub fn make(fault: Fault, text: &str, request: &[Field], names: &[String], pick: u64) -> Result<String, NoFault> {
    match fault {
        Fault::WrongNumber => number::make(text, request, pick),
        Fault::WrongName => name::make(text, request, names, pick),
        Fault::MissingStep => step::make(text, pick),
        Fault::ByAdmin => Err(NoFault::NoRule),
    }
}

/// One of these by a number, and the next one from there.
fn from_on<T>(all: &[T], pick: u64) -> impl Iterator<Item = &T> {
    let n = all.len().max(1);
    let start = usize::try_from(pick % n as u64).unwrap_or(0);
    all[start.min(all.len())..].iter().chain(&all[..start.min(all.len())])
}

#[cfg(test)]
mod tests;
