//! Decisions as files that train: a [`Source`] of [`Example`]s goes in, a folder of files comes out.
//!
//! Invariant: rows in, files out. There is no database here, no window, no model, no clock, no network and no randomness: the
//! same examples and the same [`Recipe`] give the same bytes. A folder has its name only when all of it is on the disk.
//!
//! The way of an example: [`mapping`] says which rows a verdict makes, [`clean`] what is left out or replaced, `split` on which
//! side it stands, `format` how a row of each format looks, and [`write`] does all of it in a stream.

pub mod card;
pub mod clean;
mod compare;
mod error;
mod example;
mod facts;
mod folder;
mod format;
mod hash;
mod lineage;
mod manifest;
pub mod mapping;
mod recipe;
mod split;
mod write;

pub use error::{Error, Result};
pub use example::{Example, Field, GroupKey, Message, Role, Source, Verdict};
pub use folder::clear_leftovers;
pub use lineage::{Lineage, Place, Placed};
pub use manifest::{File, Kto, Lengths, Manifest, Note, Sides, Statistics, StepCount, Table};
pub use recipe::{Cleaning, Format, HarmfulWords, Length, NearDuplicates, PersonalData, PlaceholderScope, Recipe, Shares, Shingles, Side};
pub use write::{About, Count, CountTokens, Drafter, Job, Preview, PreviewRows, Progress, Stage, Tokens, preview, write};
