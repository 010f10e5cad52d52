//! What is to be made of the examples: formats, cleaning, split. It is stored with a version and written into its manifest.
//!
//! Invariant: a recipe holds everything that decides about the bytes, and nothing else.

use serde::{Deserialize, Serialize};

/// A way to write rows, as a trainer reads them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Format {
    /// TRL: `messages`, that end in the accepted text.
    Sft,
    /// TRL: `prompt` and `completion`, both strings.
    PromptCompletion,
    /// TRL: `prompt`, `chosen`, `rejected`, all strings.
    Dpo,
    /// TRL: `prompt`, `chosen`, `rejected`, all lists of messages.
    DpoChat,
    /// TRL: `prompt`, `completion` (lists of messages) and `label`.
    Kto,
    /// `messages` and nothing else, at least ten rows.
    OpenaiChat,
    /// `input`, `preferred_output`, `non_preferred_output`.
    OpenaiPreference,
    /// `instruction`, `input`, `output`, `system`.
    Alpaca,
    /// `conversations` of human and gpt.
    Sharegpt,
    /// `conversations`, `chosen`, `rejected`.
    SharegptPreference,
    /// `conversations` and `kto_tag`.
    SharegptKto,
    /// `messages` as list<struct<role, content>>.
    SftParquet,
    /// `prompt`, `chosen`, `rejected` as list<struct<role, content>>.
    DpoParquet,
    /// One line for each example, for people: every field quoted, no cell that a spreadsheet would compute.
    Csv,
}

impl Format {
    /// How the names of its files end: `jsonl`, `csv` or `parquet`.
    pub(crate) fn ending(self) -> &'static str {
        match self {
            Self::SftParquet | Self::DpoParquet => "parquet",
            Self::Csv => "csv",
            Self::Sft
            | Self::PromptCompletion
            | Self::Dpo
            | Self::DpoChat
            | Self::Kto
            | Self::OpenaiChat
            | Self::OpenaiPreference
            | Self::Alpaca
            | Self::Sharegpt
            | Self::SharegptPreference
            | Self::SharegptKto => "jsonl",
        }
    }

    pub const ALL: [Self; 14] = [
        Self::Sft,
        Self::PromptCompletion,
        Self::Dpo,
        Self::DpoChat,
        Self::Kto,
        Self::OpenaiChat,
        Self::OpenaiPreference,
        Self::Alpaca,
        Self::Sharegpt,
        Self::SharegptPreference,
        Self::SharegptKto,
        Self::SftParquet,
        Self::DpoParquet,
        Self::Csv,
    ];

    /// The folder of its files, and its configuration in the card.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Sft => "sft",
            Self::PromptCompletion => "prompt-completion",
            Self::Dpo => "dpo",
            Self::DpoChat => "dpo-chat",
            Self::Kto => "kto",
            Self::OpenaiChat => "openai-chat",
            Self::OpenaiPreference => "openai-preference",
            Self::Alpaca => "alpaca",
            Self::Sharegpt => "sharegpt",
            Self::SharegptPreference => "sharegpt-preference",
            Self::SharegptKto => "sharegpt-kto",
            Self::SftParquet => "sft-parquet",
            Self::DpoParquet => "dpo-parquet",
            Self::Csv => "csv",
        }
    }

    /// The format with that [name](Self::name).
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|format| format.name() == name)
    }

    /// What checkers of `manifest.json` call it.
    #[must_use]
    pub fn schema(self) -> &'static str {
        match self {
            Self::Sft | Self::SftParquet => "sft_messages",
            Self::PromptCompletion => "sft_prompt_completion",
            Self::Dpo | Self::DpoChat | Self::DpoParquet => "dpo",
            Self::Kto => "kto",
            Self::OpenaiChat => "openai_chat",
            Self::OpenaiPreference => "openai_preference",
            Self::Alpaca => "alpaca",
            Self::Sharegpt => "sharegpt",
            Self::SharegptPreference => "sharegpt_preference",
            Self::SharegptKto => "sharegpt_kto",
            Self::Csv => "csv",
        }
    }
}

/// A side of the split.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Side {
    Train,
    Validation,
    /// Never to be trained on.
    Test,
}

impl Side {
    pub const ALL: [Self; 3] = [Self::Train, Self::Validation, Self::Test];

    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Train => "train",
            Self::Validation => "validation",
            Self::Test => "test",
        }
    }
}

/// Shares of groups, as parts of 1; train has the rest.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Shares {
    pub validation: f64,
    pub test: f64,
    /// The key of the hash. It must stay the same from version to version of a use case, or new groups fall otherwise.
    pub salt: String,
}

/// What a shingle is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Shingles {
    /// Runs of words; for long texts.
    Words,
    /// Runs of characters; for short texts and for languages with endings, Korean among them.
    Characters,
}

/// MinHash with locality-sensitive hashing, 14 bands of 8 rows unless said otherwise (as datatrove; half of all pairs with a
/// similarity of 0.72 are found, 92 % at 0.8, all at 0.9).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NearDuplicates {
    pub shingles: Shingles,
    /// Words or characters in a shingle.
    pub n: usize,
    pub bands: usize,
    pub rows: usize,
    /// A candidate pair below this estimated Jaccard similarity is not a duplicate.
    pub similarity: f64,
}

impl Default for NearDuplicates {
    fn default() -> Self {
        Self { shingles: Shingles::Characters, n: 5, bands: 14, rows: 8, similarity: 0.7 }
    }
}

/// Where the same value has the same placeholder.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum PlaceholderScope {
    /// Within an example: nobody can be followed from row to row.
    Row,
    Dataset,
}

/// Which personal data is replaced.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PersonalData {
    /// All of [`crate::clean::personal::Kind::ALL`] unless said otherwise.
    pub kinds: Vec<crate::clean::personal::Kind>,
    pub scope: PlaceholderScope,
    /// Fields of the request that hold a name (person, street, company), by their name without regard to case.
    pub name_fields: Vec<String>,
}

impl Default for PersonalData {
    fn default() -> Self {
        Self {
            kinds: crate::clean::personal::Kind::ALL.to_vec(),
            scope: PlaceholderScope::Row,
            name_fields: crate::clean::personal::NAME_FIELDS.iter().map(|name| (*name).to_owned()).collect(),
        }
    }
}

/// Words that leave an example out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HarmfulWords {
    /// Our own lists that are used: `en`, `ko`.
    pub languages: Vec<String>,
    /// Further words.
    pub more: Vec<String>,
    /// Words of our lists that are allowed here.
    pub allowed: Vec<String>,
}

impl Default for HarmfulWords {
    fn default() -> Self {
        Self { languages: vec!["en".into(), "ko".into()], more: Vec::new(), allowed: Vec::new() }
    }
}

/// Too long for the model, by its own tokenizer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Length {
    /// Tokens of system, prompt and the longer text together, by the counter of the [`crate::Job`]; without one the step is not done, and a
    /// note says so.
    pub tokens: usize,
    /// Tokens that the chat template adds to each message.
    pub per_message: usize,
}

/// Each step is done where it is named.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Cleaning {
    /// A prompt or a text that says nothing.
    pub empty: bool,
    pub personal: Option<PersonalData>,
    pub harmful: Option<HarmfulWords>,
    pub too_long: Option<Length>,
    pub exact_duplicates: bool,
    pub near_duplicates: Option<NearDuplicates>,
    /// The same text accepted and refused for the same prompt.
    pub contradictions: bool,
    /// People who said otherwise of the same item.
    pub disagreement: bool,
}

impl Cleaning {
    /// Every step that needs no number of the model.
    #[must_use]
    pub fn all() -> Self {
        Self {
            empty: true,
            personal: Some(PersonalData::default()),
            harmful: Some(HarmfulWords::default()),
            too_long: None,
            exact_duplicates: true,
            near_duplicates: Some(NearDuplicates::default()),
            contradictions: true,
            disagreement: true,
        }
    }
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Recipe {
    pub formats: Vec<Format>,
    pub cleaning: Cleaning,
    pub split: Shares,
    /// A file is closed and the next one begun before it is longer than this.
    pub shard_bytes: u64,
    /// Whether rows carry the columns `id` and `weight` where the format allows.
    pub columns: bool,
}

impl Recipe {
    /// 500 MB: below what any of the readers refuses.
    pub const SHARD_BYTES: u64 = 500_000_000;

    /// All cleaning, a tenth each to validation and test.
    #[must_use]
    pub fn new(formats: Vec<Format>, salt: &str) -> Self {
        Self {
            formats,
            cleaning: Cleaning::all(),
            split: Shares { validation: 0.1, test: 0.1, salt: salt.to_owned() },
            shard_bytes: Self::SHARD_BYTES,
            columns: true,
        }
    }
}
