//! Hold rules: what a person always looks at, whatever the level and the confidence.
//!
//! Invariant: pure, total and linear in the length of the texts. A rule can only hold back; one that cannot be read holds
//! everything.

mod hidden;
mod kept;
mod rule;
mod schema;
mod spelled;
#[cfg(test)]
mod tests;

pub use hidden::{Hidden, HiddenKind, deceives, hidden};
pub use kept::HoldRulesVersion;
pub use rule::HoldRules;
pub(crate) use schema::Schema;

use crate::item::Field;
use serde::{Deserialize, Serialize};

/// A condition under a name that a reviewer understands.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct HoldRule {
    pub name: String,
    pub when: Condition,
}

/// Where a rule looks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Place {
    /// The request and the output.
    Anywhere,
    /// All fields of the request.
    Request,
    /// What the model wrote.
    Output,
    /// One field of the request.
    Field(String),
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Condition {
    /// The item is of this slice.
    Slice { slice: String },
    /// One of the words stands there, in capitals or not, also as a part of a longer word, and also where hidden
    /// characters are put between its letters.
    Keyword { place: Place, words: Vec<String> },
    /// A regular expression (of the crate `regex`: no look-around, no back-references) matches.
    Pattern { place: Place, pattern: String },
    /// The request lacks the field, or it is blank.
    MissingField { field: String },
    /// A text is surely of a language that is not among these (ISO 639-3: `eng`, `kor`), or in a script that none of
    /// them uses. A guess that is not sure holds nothing: short texts would all be held.
    Language { place: Place, only: Vec<String> },
    /// Characters of all texts of the place together.
    Length { place: Place, at_least: Option<u32>, at_most: Option<u32> },
    /// The output is not JSON, or not valid under this JSON Schema.
    SchemaInvalid { schema: serde_json::Value },
    /// Characters that a reader does not see, or that change the order in which the others are read.
    HiddenCharacters { place: Place },
}

/// What the rules look at.
#[derive(Debug, Clone, Copy)]
pub struct Seen<'a> {
    pub fields: &'a [Field],
    pub slice: Option<&'a str>,
    pub output: &'a str,
}

/// The first rule that matched.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Held {
    /// The rule's name.
    pub rule: String,
    /// What matched, and where.
    pub what: String,
}

impl std::fmt::Display for Held {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "hold rule {:?}: {}", self.rule, self.what)
    }
}

/// The rules that a new use case begins with: what a reader does not see is for a person to find out.
pub fn first_rules() -> Vec<HoldRule> {
    vec![HoldRule { name: "hidden characters".into(), when: Condition::HiddenCharacters { place: Place::Anywhere } }]
}

/// The languages that a rule can name: ISO 639-3 code and English name.
pub fn languages() -> Vec<(&'static str, &'static str)> {
    whatlang::Lang::all().iter().map(|lang| (lang.code(), lang.eng_name())).collect()
}
