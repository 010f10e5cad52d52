//! What holds drafts back, and the epochs in which evidence counts.

use flow::{epoch, gate, hold};
use serde::{Deserialize, Serialize};
use specta::Type;
use specta_typescript::Any;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Type)]
pub struct HoldRule {
    pub name: String,
    pub when: Condition,
}

/// Where a rule looks: anywhere (request and output), all fields of the request, the output, or one field.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "camelCase")]
pub enum Place {
    Anywhere,
    Request,
    Output,
    Field(String),
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Type)]
#[serde(tag = "kind", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum Condition {
    Slice {
        slice: String,
    },
    Keyword {
        place: Place,
        words: Vec<String>,
    },
    Pattern {
        place: Place,
        pattern: String,
    },
    MissingField {
        field: String,
    },
    /// Not surely one of these languages, ISO 639-3.
    Language {
        place: Place,
        only: Vec<String>,
    },
    /// In characters.
    Length {
        place: Place,
        at_least: Option<u32>,
        at_most: Option<u32>,
    },
    SchemaInvalid {
        #[specta(type = Any)]
        schema: serde_json::Value,
    },
    HiddenCharacters {
        place: Place,
    },
}

/// All rules of a use case as they were kept together.
#[derive(Debug, Clone, PartialEq, Serialize, Type)]
pub struct HoldRulesView {
    pub n: i64,
    pub rules: Vec<HoldRule>,
    pub by: String,
    pub at: i64,
    /// The languages that a rule can name.
    pub languages: Vec<Language>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Type)]
pub struct Language {
    /// ISO 639-3.
    pub code: String,
    pub name: String,
}

/// What a person may switch at any moment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct Switches {
    pub paused: Option<Pause>,
    /// Null: no cap.
    pub cap_per_hour: Option<u32>,
    /// Gone out alone within the last hour.
    pub out_last_hour: u64,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Type)]
pub struct Pause {
    pub by: String,
    pub why: String,
    pub at: i64,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct Epoch {
    pub n: i64,
    /// The k by which δ is spent.
    pub attempt: i64,
    pub charter: i64,
    pub drafter_version: Option<i64>,
    pub hold_rules: i64,
    pub started_at: i64,
    pub why: String,
}

impl From<hold::Place> for Place {
    fn from(place: hold::Place) -> Self {
        match place {
            hold::Place::Anywhere => Self::Anywhere,
            hold::Place::Request => Self::Request,
            hold::Place::Output => Self::Output,
            hold::Place::Field(name) => Self::Field(name),
        }
    }
}

impl From<Place> for hold::Place {
    fn from(place: Place) -> Self {
        match place {
            Place::Anywhere => Self::Anywhere,
            Place::Request => Self::Request,
            Place::Output => Self::Output,
            Place::Field(name) => Self::Field(name),
        }
    }
}

impl From<hold::Condition> for Condition {
    fn from(condition: hold::Condition) -> Self {
        match condition {
            hold::Condition::Slice { slice } => Self::Slice { slice },
            hold::Condition::Keyword { place, words } => Self::Keyword { place: place.into(), words },
            hold::Condition::Pattern { place, pattern } => Self::Pattern { place: place.into(), pattern },
            hold::Condition::MissingField { field } => Self::MissingField { field },
            hold::Condition::Language { place, only } => Self::Language { place: place.into(), only },
            hold::Condition::Length { place, at_least, at_most } => Self::Length { place: place.into(), at_least, at_most },
            hold::Condition::SchemaInvalid { schema } => Self::SchemaInvalid { schema },
            hold::Condition::HiddenCharacters { place } => Self::HiddenCharacters { place: place.into() },
        }
    }
}

impl From<Condition> for hold::Condition {
    fn from(condition: Condition) -> Self {
        match condition {
            Condition::Slice { slice } => Self::Slice { slice },
            Condition::Keyword { place, words } => Self::Keyword { place: place.into(), words },
            Condition::Pattern { place, pattern } => Self::Pattern { place: place.into(), pattern },
            Condition::MissingField { field } => Self::MissingField { field },
            Condition::Language { place, only } => Self::Language { place: place.into(), only },
            Condition::Length { place, at_least, at_most } => Self::Length { place: place.into(), at_least, at_most },
            Condition::SchemaInvalid { schema } => Self::SchemaInvalid { schema },
            Condition::HiddenCharacters { place } => Self::HiddenCharacters { place: place.into() },
        }
    }
}

impl From<hold::HoldRule> for HoldRule {
    fn from(rule: hold::HoldRule) -> Self {
        Self { name: rule.name, when: rule.when.into() }
    }
}

impl From<HoldRule> for hold::HoldRule {
    fn from(rule: HoldRule) -> Self {
        Self { name: rule.name, when: rule.when.into() }
    }
}

impl From<hold::HoldRulesVersion> for HoldRulesView {
    fn from(version: hold::HoldRulesVersion) -> Self {
        let language = |(code, name): (&str, &str)| Language { code: code.to_owned(), name: name.to_owned() };
        Self {
            n: version.n,
            rules: version.rules.into_iter().map(HoldRule::from).collect(),
            by: version.by,
            at: version.at.0,
            languages: hold::languages().into_iter().map(language).collect(),
        }
    }
}

impl From<gate::Switches> for Switches {
    fn from(switches: gate::Switches) -> Self {
        Self {
            paused: switches.paused.map(|pause| Pause { by: pause.by, why: pause.why, at: pause.at.0 }),
            cap_per_hour: switches.cap_per_hour,
            out_last_hour: switches.out_last_hour,
        }
    }
}

impl From<epoch::Epoch> for Epoch {
    fn from(epoch: epoch::Epoch) -> Self {
        Self {
            n: epoch.n,
            attempt: epoch.attempt,
            charter: epoch.charter_n,
            drafter_version: epoch.drafter_n,
            hold_rules: epoch.hold_rules_n,
            started_at: epoch.started_at.0,
            why: epoch.why,
        }
    }
}
