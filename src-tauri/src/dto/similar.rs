//! Accepted items like the one on the desk.

use super::review::Verdict;
use flow::similar;
use serde::Serialize;
use specta::Type;
use specta_typescript::Number;

#[derive(Debug, Clone, PartialEq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct Similar {
    pub item: i64,
    pub uid: String,
    /// The first words of its request.
    pub preview: String,
    /// What went out, or is about to.
    pub text: String,
    pub verdict: Verdict,
    pub at: i64,
    /// How like its request is to the one on the desk, 0–1.
    #[specta(type = Number)]
    pub likeness: f64,
}

impl From<similar::Similar> for Similar {
    fn from(found: similar::Similar) -> Self {
        Self {
            item: found.item.0,
            uid: found.uid,
            preview: found.preview,
            text: found.text,
            verdict: found.verdict.into(),
            at: found.at.0,
            likeness: found.likeness,
        }
    }
}
