//! Datasets: what is selected, how it is made, frozen versions, and the way back from a row.

mod selection;
mod trace;

pub use selection::DatasetSelection;
pub use trace::{DatasetLeftovers, DatasetTrace};

use flow::UseCaseId;
use flow::dataset::{self, LeftOutCount};
use serde::{Deserialize, Serialize};
use specta::Type;
use specta_typescript::Number;
use std::collections::BTreeMap;

/// A way to write rows, as a trainer reads them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "snake_case")]
pub enum DatasetFormat {
    Sft,
    PromptCompletion,
    Dpo,
    DpoChat,
    Kto,
    OpenaiChat,
    OpenaiPreference,
    Alpaca,
    Sharegpt,
    SharegptPreference,
    SharegptKto,
    SftParquet,
    DpoParquet,
    Csv,
}

impl From<dataset::Format> for DatasetFormat {
    fn from(format: dataset::Format) -> Self {
        match format {
            dataset::Format::Sft => Self::Sft,
            dataset::Format::PromptCompletion => Self::PromptCompletion,
            dataset::Format::Dpo => Self::Dpo,
            dataset::Format::DpoChat => Self::DpoChat,
            dataset::Format::Kto => Self::Kto,
            dataset::Format::OpenaiChat => Self::OpenaiChat,
            dataset::Format::OpenaiPreference => Self::OpenaiPreference,
            dataset::Format::Alpaca => Self::Alpaca,
            dataset::Format::Sharegpt => Self::Sharegpt,
            dataset::Format::SharegptPreference => Self::SharegptPreference,
            dataset::Format::SharegptKto => Self::SharegptKto,
            dataset::Format::SftParquet => Self::SftParquet,
            dataset::Format::DpoParquet => Self::DpoParquet,
            dataset::Format::Csv => Self::Csv,
        }
    }
}

impl From<DatasetFormat> for dataset::Format {
    fn from(format: DatasetFormat) -> Self {
        Self::ALL.into_iter().find(|of| DatasetFormat::from(*of) == format).expect("every format of the window is one of flow's")
    }
}

/// How a version is made, and what its card says. Each step of the cleaning is done where it is true.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct DatasetRecipe {
    pub formats: Vec<DatasetFormat>,
    pub empty: bool,
    pub personal: bool,
    pub harmful: bool,
    pub exact_duplicates: bool,
    pub near_duplicates: bool,
    pub contradictions: bool,
    pub disagreement: bool,
    /// How alike near-duplicates are at least, 0–1.
    #[specta(type = Number)]
    pub near_similarity: f64,
    /// What is longer, by the model's own tokenizer, is left out; null: nothing is.
    pub most_tokens: Option<u32>,
    /// Shares, 0–1; train has the rest.
    #[specta(type = Number)]
    pub validation: f64,
    #[specta(type = Number)]
    pub test: f64,
    /// Fields of the request of which equal values stay on one side.
    pub group_fields: Vec<String>,
    pub licence: String,
    pub description: String,
    pub creator: String,
    pub languages: Vec<String>,
}

impl DatasetRecipe {
    /// The plan for a use case; what the window does not ask is as it is by itself.
    pub fn plan(self, use_case: UseCaseId) -> dataset::Plan {
        let mut plan = dataset::Plan::new(self.formats.into_iter().map(Into::into).collect(), use_case);
        plan.recipe.cleaning = dataset::Cleaning {
            empty: self.empty,
            personal: self.personal.then(Default::default),
            harmful: self.harmful.then(Default::default),
            too_long: self.most_tokens.map(|tokens| dataset::Length { tokens: tokens as usize, per_message: 0 }),
            exact_duplicates: self.exact_duplicates,
            near_duplicates: self
                .near_duplicates
                .then(|| dataset::NearDuplicates { similarity: self.near_similarity, ..dataset::NearDuplicates::default() }),
            contradictions: self.contradictions,
            disagreement: self.disagreement,
        };
        plan.recipe.split.validation = self.validation;
        plan.recipe.split.test = self.test;
        dataset::Plan {
            group_fields: self.group_fields,
            licence: self.licence,
            description: self.description,
            creator: self.creator,
            languages: self.languages,
            ..plan
        }
    }
}

impl From<dataset::Plan> for DatasetRecipe {
    fn from(p: dataset::Plan) -> Self {
        let cleaning = p.recipe.cleaning;
        Self {
            formats: p.recipe.formats.into_iter().map(Into::into).collect(),
            empty: cleaning.empty,
            personal: cleaning.personal.is_some(),
            harmful: cleaning.harmful.is_some(),
            exact_duplicates: cleaning.exact_duplicates,
            near_similarity: cleaning
                .near_duplicates
                .as_ref()
                .map_or_else(|| dataset::NearDuplicates::default().similarity, |near| near.similarity),
            near_duplicates: cleaning.near_duplicates.is_some(),
            contradictions: cleaning.contradictions,
            disagreement: cleaning.disagreement,
            most_tokens: cleaning.too_long.map(|length| u32::try_from(length.tokens).unwrap_or(u32::MAX)),
            validation: p.recipe.split.validation,
            test: p.recipe.split.test,
            group_fields: p.group_fields,
            licence: p.licence,
            description: p.description,
            creator: p.creator,
            languages: p.languages,
        }
    }
}

/// Why a decision is left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "snake_case")]
pub enum DatasetLeftOut {
    TakenBack,
    Corrected,
    KnownBad,
    Purged,
    NotLookedAt,
    Period,
    Level,
    Slice,
    Reviewer,
    Verdict,
    EditDistance,
    Agreement,
    DrafterVersion,
    Reason,
    Tie,
}

impl From<dataset::LeftOut> for DatasetLeftOut {
    fn from(reason: dataset::LeftOut) -> Self {
        match reason {
            dataset::LeftOut::TakenBack => Self::TakenBack,
            dataset::LeftOut::Corrected => Self::Corrected,
            dataset::LeftOut::KnownBad => Self::KnownBad,
            dataset::LeftOut::Purged => Self::Purged,
            dataset::LeftOut::NotLookedAt => Self::NotLookedAt,
            dataset::LeftOut::Period => Self::Period,
            dataset::LeftOut::Level => Self::Level,
            dataset::LeftOut::Slice => Self::Slice,
            dataset::LeftOut::Reviewer => Self::Reviewer,
            dataset::LeftOut::Verdict => Self::Verdict,
            dataset::LeftOut::EditDistance => Self::EditDistance,
            dataset::LeftOut::Agreement => Self::Agreement,
            dataset::LeftOut::DrafterVersion => Self::DrafterVersion,
            dataset::LeftOut::Reason => Self::Reason,
            dataset::LeftOut::Tie => Self::Tie,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Type)]
pub struct DatasetLeftOutCount {
    pub reason: DatasetLeftOut,
    pub count: u64,
}

fn left_out(of: Vec<LeftOutCount>) -> Vec<DatasetLeftOutCount> {
    of.into_iter().map(|left| DatasetLeftOutCount { reason: left.reason.into(), count: left.count }).collect()
}

/// What speaks for or against a decision.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "lowercase")]
pub enum DatasetSign {
    Bulk,
    Rushed,
    Careless,
    Agreed,
    Disagreed,
}

impl From<dataset::weight::Sign> for DatasetSign {
    fn from(sign: dataset::weight::Sign) -> Self {
        match sign {
            dataset::weight::Sign::Bulk => Self::Bulk,
            dataset::weight::Sign::Rushed => Self::Rushed,
            dataset::weight::Sign::Careless => Self::Careless,
            dataset::weight::Sign::Agreed => Self::Agreed,
            dataset::weight::Sign::Disagreed => Self::Disagreed,
        }
    }
}

/// How many decisions show it, and what their weight is multiplied by.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Type)]
pub struct DatasetSignCount {
    pub sign: DatasetSign,
    pub count: u64,
    #[specta(type = Number)]
    pub factor: f64,
}

/// What a selection comes to.
#[derive(Debug, Clone, PartialEq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct DatasetCounted {
    pub decisions: u64,
    pub selected: u64,
    pub texts: u64,
    pub preferences: u64,
    pub approved: u64,
    pub rejected: u64,
    pub left_out: Vec<DatasetLeftOutCount>,
    pub signs: Vec<DatasetSignCount>,
    #[specta(type = Number)]
    pub mean_weight: f64,
}

impl From<dataset::Counted> for DatasetCounted {
    fn from(of: dataset::Counted) -> Self {
        let sign = |(sign, count): (dataset::weight::Sign, u64)| DatasetSignCount { sign: sign.into(), count, factor: sign.factor() };
        Self {
            decisions: of.decisions,
            selected: of.selected,
            texts: of.texts,
            preferences: of.preferences,
            approved: of.approved,
            rejected: of.rejected,
            left_out: left_out(of.left_out),
            signs: of.signs.into_iter().map(sign).collect(),
            mean_weight: of.mean_weight,
        }
    }
}

/// What one can choose from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct DatasetFacets {
    pub slices: Vec<String>,
    pub reviewers: Vec<String>,
    pub drafter_versions: Vec<i64>,
    pub reasons: Vec<String>,
    /// Who is to read it.
    pub model: Option<DatasetReadBy>,
}

/// A model, as far as a dataset is made for it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Type)]
pub struct DatasetReadBy {
    pub name: String,
    /// Tokens.
    pub context: u32,
}

impl From<dataset::Facets> for DatasetFacets {
    fn from(of: dataset::Facets) -> Self {
        let model = of.model.map(|model| DatasetReadBy { name: model.name, context: model.context });
        Self { slices: of.slices, reviewers: of.reviewers, drafter_versions: of.drafter_versions, reasons: of.reasons, model }
    }
}

/// The first rows of a format, as they would be written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Type)]
pub struct DatasetRows {
    pub format: DatasetFormat,
    pub rows: Vec<String>,
}

impl From<dataset::PreviewRows> for DatasetRows {
    fn from(of: dataset::PreviewRows) -> Self {
        Self { format: of.format.into(), rows: of.rows }
    }
}

/// Rows of a format, by side.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Type)]
pub struct DatasetSides {
    pub format: DatasetFormat,
    pub train: u64,
    pub validation: u64,
    pub test: u64,
}

/// What a step of the cleaning did.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct DatasetStep {
    pub step: String,
    pub left_out: u64,
    /// Values that it replaced, by kind.
    pub replaced: BTreeMap<String, u64>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Type)]
pub struct DatasetNote {
    pub code: String,
    pub text: String,
    pub count: u64,
    /// The format that it is of, and the side where it is of one.
    pub about: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Type)]
pub struct DatasetFile {
    pub path: String,
    pub rows: u64,
    pub bytes: u64,
    pub sha256: String,
}

/// A folder with the files of a version.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Type)]
pub struct DatasetCopy {
    pub folder: String,
    /// Whether it is where it was written.
    pub there: bool,
    pub by: String,
    pub at: i64,
}

impl From<dataset::Copy> for DatasetCopy {
    fn from(of: dataset::Copy) -> Self {
        Self { there: of.folder.is_dir(), folder: of.folder.display().to_string(), by: of.made_by, at: of.at.0 }
    }
}

/// How long texts are.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Type)]
pub struct DatasetLengths {
    #[specta(type = Number)]
    pub mean: f64,
    pub median: u64,
    pub p95: u64,
    pub max: u64,
}

impl From<dataset::Lengths> for DatasetLengths {
    fn from(of: dataset::Lengths) -> Self {
        Self { mean: of.mean, median: of.median, p95: of.p95, max: of.max }
    }
}

#[derive(Debug, Clone, PartialEq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct DatasetVersion {
    pub n: i64,
    pub at: i64,
    pub by: String,
    pub selection: DatasetSelection,
    pub recipe: DatasetRecipe,
    pub left_out: Vec<DatasetLeftOutCount>,
    /// That were selected, and that are in the files.
    pub examples: u64,
    pub kept: u64,
    pub bytes: u64,
    pub rows: Vec<DatasetSides>,
    pub steps: Vec<DatasetStep>,
    /// The model whose tokenizer counted; null where lengths are in characters.
    pub counted_by: Option<String>,
    pub prompt: DatasetLengths,
    pub text: DatasetLengths,
    pub notes: Vec<DatasetNote>,
    pub files: Vec<DatasetFile>,
    pub copies: Vec<DatasetCopy>,
}

impl From<dataset::DatasetVersion> for DatasetVersion {
    fn from(of: dataset::DatasetVersion) -> Self {
        let sides = |(format, [train, validation, test]): (dataset::Format, [u64; 3])| DatasetSides {
            format: format.into(),
            train,
            validation,
            test,
        };
        let rows = of.rows().into_iter().map(sides).collect();
        let bytes = of.bytes();
        let m = of.manifest;
        let files = m.files.into_iter().map(|f| DatasetFile { path: f.path, rows: f.rows, bytes: f.bytes, sha256: f.sha256 });
        let tables = m.tables.into_iter().map(|t| DatasetFile { path: t.path, rows: t.rows, bytes: t.bytes, sha256: t.sha256 });
        Self {
            n: of.n,
            at: of.at.0,
            by: of.made_by,
            selection: of.selection.into(),
            recipe: of.recipe.into(),
            left_out: left_out(of.left_out),
            examples: m.examples,
            kept: m.kept,
            bytes,
            rows,
            steps: m.steps.into_iter().map(|s| DatasetStep { step: s.step, left_out: s.left_out, replaced: s.replaced }).collect(),
            counted_by: match m.about.tokens {
                dataset::Tokens::Model { name, .. } => Some(name),
                dataset::Tokens::Nobody { .. } => None,
            },
            prompt: m.statistics.prompt.into(),
            text: m.statistics.text.into(),
            notes: m.notes.into_iter().map(|n| DatasetNote { code: n.code, text: n.text, count: n.count, about: n.about }).collect(),
            files: files.chain(tables).collect(),
            copies: of.copies.into_iter().map(Into::into).collect(),
        }
    }
}

/// A version that was written again, and whether its files are the same to the byte.
#[derive(Debug, Clone, PartialEq, Serialize, Type)]
pub struct DatasetAgain {
    pub version: DatasetVersion,
    pub same: bool,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Type)]
pub struct DatasetDifference {
    pub what: String,
    pub from: Option<String>,
    pub to: Option<String>,
}

/// What is different between two versions.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Type)]
pub struct DatasetCompared {
    pub from: i64,
    pub to: i64,
    pub added: u64,
    pub removed: u64,
    pub changed: u64,
    pub same: u64,
    pub differences: Vec<DatasetDifference>,
}

impl From<dataset::Compared> for DatasetCompared {
    fn from(of: dataset::Compared) -> Self {
        let difference = |d: dataset::Difference| DatasetDifference { what: d.what, from: d.from, to: d.to };
        Self {
            from: of.from.n,
            to: of.to.n,
            added: of.added,
            removed: of.removed,
            changed: of.changed,
            same: of.same,
            differences: of.differences.into_iter().map(difference).collect(),
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "lowercase")]
pub enum DatasetStage {
    Selecting,
    Reading,
    Comparing,
    Writing,
    Closing,
}

impl From<dataset::Stage> for DatasetStage {
    fn from(stage: dataset::Stage) -> Self {
        match stage {
            dataset::Stage::Selecting => Self::Selecting,
            dataset::Stage::Reading => Self::Reading,
            dataset::Stage::Comparing => Self::Comparing,
            dataset::Stage::Writing => Self::Writing,
            dataset::Stage::Closing => Self::Closing,
        }
    }
}

/// How far a version is; the rate is that of its stage.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct DatasetProgress {
    pub stage: DatasetStage,
    pub done: u64,
    pub total: Option<u64>,
    #[specta(type = Number)]
    pub per_second: f64,
}
