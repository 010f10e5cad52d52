//! Which decisions: the criteria as the window knows them.

use crate::dto::{Level, Verdict};
use flow::{Millis, dataset};
use serde::{Deserialize, Serialize};
use specta::Type;
use specta_typescript::Number;

/// What a second look has to say.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "snake_case")]
pub enum SecondLook {
    Any,
    LookedAtTwice,
    Agreed,
}

impl From<SecondLook> for dataset::Agreement {
    fn from(look: SecondLook) -> Self {
        match look {
            SecondLook::Any => Self::Any,
            SecondLook::LookedAtTwice => Self::LookedAtTwice,
            SecondLook::Agreed => Self::Agreed,
        }
    }
}

impl From<dataset::Agreement> for SecondLook {
    fn from(look: dataset::Agreement) -> Self {
        match look {
            dataset::Agreement::Any => Self::Any,
            dataset::Agreement::LookedAtTwice => Self::LookedAtTwice,
            dataset::Agreement::Agreed => Self::Agreed,
        }
    }
}

/// Criteria; all must hold. An empty list asks for nothing.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct DatasetSelection {
    pub since: Option<i64>,
    /// Not among it.
    pub until: Option<i64>,
    pub levels: Vec<Level>,
    /// The empty name stands for none.
    pub slices: Vec<String>,
    pub reviewers: Vec<String>,
    pub verdicts: Vec<Verdict>,
    /// 0–1
    #[specta(type = Option<Number>)]
    pub least_edit: Option<f64>,
    #[specta(type = Option<Number>)]
    pub most_edit: Option<f64>,
    pub agreement: SecondLook,
    pub drafter_versions: Vec<i64>,
    pub reasons: Vec<String>,
    pub weighted: bool,
    pub comparisons: bool,
}

impl From<DatasetSelection> for dataset::Selection {
    fn from(s: DatasetSelection) -> Self {
        Self {
            since: s.since.map(Millis),
            until: s.until.map(Millis),
            levels: s.levels.into_iter().map(Into::into).collect(),
            slices: s.slices,
            reviewers: s.reviewers,
            verdicts: s.verdicts.into_iter().map(Into::into).collect(),
            least_edit: s.least_edit,
            most_edit: s.most_edit,
            agreement: s.agreement.into(),
            drafter_versions: s.drafter_versions,
            reasons: s.reasons,
            weighted: s.weighted,
            comparisons: s.comparisons,
        }
    }
}

impl From<dataset::Selection> for DatasetSelection {
    fn from(s: dataset::Selection) -> Self {
        Self {
            since: s.since.map(|at| at.0),
            until: s.until.map(|at| at.0),
            levels: s.levels.into_iter().map(Into::into).collect(),
            slices: s.slices,
            reviewers: s.reviewers,
            verdicts: s.verdicts.into_iter().map(Into::into).collect(),
            least_edit: s.least_edit,
            most_edit: s.most_edit,
            agreement: s.agreement.into(),
            drafter_versions: s.drafter_versions,
            reasons: s.reasons,
            weighted: s.weighted,
            comparisons: s.comparisons,
        }
    }
}
