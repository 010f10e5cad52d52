//! Personal data by rule: found by shape and checksum, replaced by typed placeholders.
//!
//! Invariant: of a value that a rule found nothing remains in the text, and in one scope the same value has the same placeholder. What
//! a rule cannot know (a name that no field names, a place) it does not find: the card says so.

mod folded;
mod names;
mod numbers;
mod secrets;

pub use names::Names;

use crate::recipe::PersonalData;
use folded::Folded;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, HashMap};
use std::ops::Range;

/// In the order in which they win where two of them share characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// Bearer and session tokens, private keys, passwords that are named as such.
    Token,
    /// Keys of services by their shape.
    Key,
    Url,
    Email,
    /// By its remainder modulo 97 (ISO 13616).
    Iban,
    /// A payment card, by its issuer's range and Luhn's sum (ISO/IEC 7812).
    Card,
    /// Korean resident registration number, by shape and date (its check digit is not asked: since October 2020 it may be any).
    ResidentNumber,
    /// United States social security number, by the ranges that are in use.
    Ssn,
    Phone,
    Ipv6,
    Ipv4,
    /// From the request's own fields.
    Name,
}

impl Kind {
    pub const ALL: [Self; 12] = [
        Self::Token,
        Self::Key,
        Self::Url,
        Self::Email,
        Self::Iban,
        Self::Card,
        Self::ResidentNumber,
        Self::Ssn,
        Self::Phone,
        Self::Ipv6,
        Self::Ipv4,
        Self::Name,
    ];

    /// The word in its placeholder: `[EMAIL_1]`.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Email => "EMAIL",
            Self::Phone => "PHONE",
            Self::Card => "CARD",
            Self::Iban => "IBAN",
            Self::Ssn => "SSN",
            Self::ResidentNumber => "RRN",
            Self::Ipv4 => "IPV4",
            Self::Ipv6 => "IPV6",
            Self::Url => "URL",
            Self::Key => "KEY",
            Self::Token => "TOKEN",
            Self::Name => "NAME",
        }
    }
}

/// Names of fields that hold a name, unless the recipe says otherwise.
pub const NAME_FIELDS: &[&str] = &[
    "name",
    "first_name",
    "last_name",
    "full_name",
    "firstname",
    "lastname",
    "surname",
    "customer",
    "customer_name",
    "contact",
    "contact_name",
    "sender",
    "sender_name",
    "from",
    "author",
    "company",
    "street",
    "address",
    "이름",
    "성명",
    "성함",
    "고객",
    "고객명",
    "담당자",
    "작성자",
    "보낸사람",
    "회사",
    "회사명",
    "주소",
];

/// A value in a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    pub kind: Kind,
    /// Bytes of the text.
    pub at: Range<usize>,
    /// What is the same for the same value however it is written: `+82 10-1234-5678` and `01012345678` are two values, but
    /// `010-1234-5678` and `01012345678` are one.
    pub key: String,
}

/// Finds values of the kinds that the recipe names.
#[derive(Debug, Clone)]
pub struct Finder {
    kinds: Vec<Kind>,
    name_fields: Vec<String>,
}

impl Finder {
    #[must_use]
    pub fn new(recipe: &PersonalData) -> Self {
        Self { kinds: recipe.kinds.clone(), name_fields: recipe.name_fields.iter().map(|name| name.to_lowercase()).collect() }
    }

    /// The names in an example's fields, to look for in all of its texts.
    #[must_use]
    pub fn names(&self, fields: &[crate::example::Field]) -> Names {
        if self.kinds.contains(&Kind::Name) { Names::of(fields, &self.name_fields) } else { Names::default() }
    }

    /// In the order of the text; none shares a byte with another.
    #[must_use]
    pub fn find(&self, text: &str, names: &Names) -> Vec<Found> {
        let folded = Folded::of(text);
        let plain = folded.text();
        let mut found = Vec::new();
        secrets::find(plain, &mut found);
        numbers::find(plain, &mut found);
        found.retain(|value| self.kinds.contains(&value.kind));
        for value in &mut found {
            value.at = folded.original(&value.at);
        }
        names.find(text, &mut found);
        merged(found)
    }
}

/// Values that share bytes become one of the kind that wins, over all that either of them covers.
fn merged(mut found: Vec<Found>) -> Vec<Found> {
    found.sort_by(|a, b| a.at.start.cmp(&b.at.start).then(a.kind.cmp(&b.kind)));
    let mut kept: Vec<Found> = Vec::with_capacity(found.len());
    for value in found {
        match kept.last_mut() {
            Some(last) if value.at.start < last.at.end => {
                last.at.end = last.at.end.max(value.at.end);
                if value.kind < last.kind {
                    last.kind = value.kind;
                    last.key = value.key;
                }
            }
            Some(_) | None => kept.push(value),
        }
    }
    kept
}

/// Gives each value its placeholder, in one scope: an example or a dataset.
#[derive(Debug, Clone, Default)]
pub struct Placeholders {
    /// Only a hash of the value, so that a dataset's worth of them is small.
    numbers: HashMap<u64, u32>,
    last: BTreeMap<Kind, u32>,
}

impl Placeholders {
    /// The text with each value replaced, and the counts added to `counts`.
    pub fn replace(&mut self, text: &str, found: &[Found], counts: &mut BTreeMap<Kind, u64>) -> String {
        let mut out = String::with_capacity(text.len());
        let mut from = 0;
        for value in found {
            out.push_str(&text[from..value.at.start]);
            let next = self.last.entry(value.kind).or_default();
            let number = *self.numbers.entry(crate::hash::of(&(value.kind, &value.key))).or_insert_with(|| {
                *next += 1;
                *next
            });
            out.push_str(&format!("[{}_{number}]", value.kind.word()));
            *counts.entry(value.kind).or_default() += 1;
            from = value.at.end;
        }
        out.push_str(&text[from..]);
        out
    }
}

#[cfg(test)]
mod tests;
