//! The confidence of a draft: the probability that a person accepts it, and where the threshold stands.
//!
//! A use case begins with the geometric mean of the token probabilities, and one of labels with the chosen label's share among them
//! ([`crate::draft::raw_confidence`]). Once there are decisions, an admin fits a calibrator over the
//! [`features`] that are stored with each draft; the threshold is set by a person, or found by a ladder ([`crate::statistics::threshold`]).
//!
//! Invariant: a calibrator is fitted on past decisions only, never changes, and belongs to one drafter version; which one there is, and who
//! sets the threshold, is a part of the epoch. Nothing that the model says of itself counts.

pub mod features;
mod fit;
mod ladder;
mod learnt;
pub(crate) mod similar;
mod view;

pub use features::Features;
pub(crate) use fit::Labelled;
pub use fit::{ENOUGH, Fitted, Measured};
pub use ladder::Laid;
pub(crate) use ladder::{lay_if_ready, threshold_for};
pub(crate) use learnt::Learnt;
pub(crate) use view::first_after;
pub use view::{ConfidenceView, Offer, ReliabilityBin, RiskPoint};

use crate::clock::Millis;
use crate::error::Result;
use crate::id::{CalibratorId, DecisionId, DrafterVersionId};
use crate::item::{Field, Item};
use crate::storage::{self, Conn};
use serde::{Deserialize, Serialize};
use similar::Trigrams;

/// Who says above which confidence drafts may go out alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ThresholdBy {
    /// The number that an admin set.
    Person,
    /// The loosest one that passed its trial; nothing goes out alone until one does.
    Ladder,
}

impl ThresholdBy {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Person => "person",
            Self::Ladder => "ladder",
        }
    }
}

/// A calibrator as it was kept.
#[derive(Debug, Clone, PartialEq)]
pub struct CalibratorVersion {
    pub id: CalibratorId,
    /// Counts up within the use case.
    pub n: i64,
    /// Whose drafts it speaks of.
    pub drafter_version: DrafterVersionId,
    pub fitted: Fitted,
    pub saw: Saw,
    pub by: String,
    pub at: Millis,
}

/// The data that a calibrator was fitted on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Saw {
    pub decisions: u64,
    /// The newest of them: what came later may judge it.
    pub last: DecisionId,
    /// Of the ids in order, 8 bytes each, the lowest first.
    pub sha256: String,
}

/// What is stored with a draft of its confidence.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Assessed {
    /// What the gate asks, 0–1.
    pub confidence: f64,
    /// [`crate::draft::raw_confidence`].
    pub raw: f64,
    pub features: Features,
    pub calibrator: Option<CalibratorId>,
}

/// The confidence in a draft of this version now.
pub(crate) fn assess(c: &Conn, version: DrafterVersionId, features: Features, raw: f64) -> Result<Assessed> {
    let calibrator = storage::confidence::calibrator(c, version)?;
    let confidence = calibrator.as_ref().map_or(raw, |kept| kept.fitted.confidence(&features));
    Ok(Assessed { confidence, raw, features, calibrator: calibrator.map(|kept| kept.id) })
}

/// The confidence in a draft by a calibrator; by what it began with without one. `None`: a calibrator cannot judge what has no features.
pub(crate) fn score(calibrator: Option<&CalibratorVersion>, features: Option<&Features>, raw: f64) -> Option<f64> {
    match calibrator {
        Some(kept) => features.map(|features| kept.fitted.confidence(features)),
        None => Some(raw),
    }
}

/// What earlier decisions say of an item, whatever is drafted for it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Past {
    pub similarity: f64,
    pub slice_acceptance: f64,
}

/// Looks at the decisions of now, for a draft that is about to be kept; at few of them, however many there are.
pub(crate) fn past(c: &Conn, item: &Item) -> Result<Past> {
    let bad = storage::charter::current(c, item.use_case)?.charter.terms().0;
    let (slice, all) = storage::confidence::acceptance(c, item.use_case, item.slice.as_deref(), bad.distance)?;
    let text = words(&item.fields);
    let hits: Vec<Vec<i64>> = similar::terms(&text)
        .iter()
        .map(|term| storage::confidence::accepted_with(c, item, term, similar::MOST_HITS))
        .collect::<Result<_>>()?;
    let asked = Trigrams::of(&text);
    let mut similarity = 0.0_f64;
    for id in similar::ranked(&hits, similar::MOST_COMPARED) {
        let other = storage::item::get(c, crate::id::ItemId(id))?;
        similarity = similarity.max(asked.likeness(&Trigrams::of(&words(&other.fields))));
    }
    Ok(Past { similarity, slice_acceptance: features::smoothed(slice, all) })
}

/// All that a request says.
pub(crate) fn words(fields: &[Field]) -> String {
    fields.iter().map(|field| field.value.as_str()).collect::<Vec<_>>().join("\n")
}
