//! Decisions as files that train: what is selected, frozen versions of it, and the way back from a row.
//!
//! Invariant: a version never changes. A decision that was taken back or corrected is in none that is made afterwards, nor is one on a
//! known-bad or purged item; what is left out is counted, with the reason. What went out alone teaches as its audit says, and nothing without
//! one; a correction takes the place of both, so that no item teaches twice. A row stands on the same side in every version.
//!
//! [`selection`] says which decisions, [`weight`] how much each weighs, `taught` what a row is made of; the crate `datasets` cleans, splits and
//! writes. [`version`] freezes, [`compare`] tells two versions apart, [`lineage`] goes from a row to its item and back, [`lines`] is the plain
//! export of a use case as one file, [`requests`] that of what was asked.

pub mod compare;
pub mod count;
mod counting;
pub mod lineage;
pub mod lines;
pub mod list;
mod make;
pub(crate) mod place;
pub mod requests;
pub mod selection;
pub(crate) mod taught;
pub mod version;
pub mod weight;

pub use compare::{Compared, Difference};
pub use count::{Counted, Facets, ReadBy};
pub use datasets::{
    Cleaning, Format, HarmfulWords, Length, Lengths, Manifest, NearDuplicates, PersonalData, PlaceholderScope, Preview, PreviewRows,
    Recipe, Shingles, Side, Statistics, Tokens,
};
pub(crate) use lines::{AuditVerdict, Judged};
pub use lines::{ExportFormat, ExportPreview, ExportReport, Skipped};
pub use selection::{Agreement, LeftOut, Selection};
pub use version::{Again, Copy, DatasetVersion, LeftOutCount, Plan, Progress, Stage, Wanted};
