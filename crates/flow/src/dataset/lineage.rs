//! From a row to its item and decision, from an item to the versions that hold it, and out of every later one.
//!
//! Invariant: purging changes no version and no file; it keeps the item out of all that is written from then on, and tells which files still
//! have it.

use super::list::Source;
use super::version::Copy;
use crate::clock::Millis;
use crate::desk::Desk;
use crate::error::{Error, Result};
use crate::id::{DecisionId, ItemId, PreferenceId, UseCaseId};
use crate::settings::Person;
use crate::storage::{self, Conn};
use datasets::{Lineage, Placed, Side};
use std::path::{Path, PathBuf};

/// A version in whose files something stands.
#[derive(Debug, Clone, PartialEq)]
pub struct Held {
    pub version: i64,
    pub source: Source,
    pub id: i64,
    pub side: Side,
    pub copies: Vec<Copy>,
}

impl Held {
    pub fn row(&self) -> String {
        self.source.row_id(self.id)
    }
}

/// Where a row comes from.
#[derive(Debug, Clone, PartialEq)]
pub struct Origin {
    pub row: String,
    pub use_case: UseCaseId,
    pub item: ItemId,
    pub item_uid: String,
    pub source: Source,
    pub id: i64,
    /// Who decided, what and when; a choice has no verdict.
    pub actor: String,
    pub verdict: Option<&'static str>,
    pub at: Millis,
    pub taken_back: bool,
    pub purged: bool,
    pub held: Vec<Held>,
}

/// An item in the datasets.
#[derive(Debug, Clone, PartialEq)]
pub struct InDatasets {
    pub item: ItemId,
    pub item_uid: String,
    pub purged: bool,
    pub held: Vec<Held>,
}

/// A file that has a row of an item.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RowInFile {
    pub version: i64,
    pub file: PathBuf,
    /// From 0.
    pub row: u64,
}

/// What is left of a purged item.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Purged {
    pub versions: Vec<i64>,
    /// In folders that are where they were written.
    pub rows: Vec<RowInFile>,
    /// Folders that are not there any more, or cannot be read: they were moved or deleted, and have it where they are now.
    pub elsewhere: Vec<PathBuf>,
}

/// What became of each example of a folder, in its order.
///
/// # Errors
/// [`Error::File`] where it is no folder of a dataset, [`Error::Damaged`].
pub fn read(folder: &Path) -> Result<Vec<Placed>> {
    Lineage::open(folder).and_then(Iterator::collect).map_err(super::place::error)
}

/// All that rests on an item.
fn of_item(c: &Conn, item: ItemId) -> Result<Vec<(Source, i64)>> {
    let decisions = storage::dataset::decisions_of(c, item)?.into_iter().map(|(decision, _)| (Source::Decision, decision.0));
    Ok(decisions.chain(storage::dataset::choices_of(c, item)?.into_iter().map(|choice| (Source::Comparison, choice.0))).collect())
}

fn in_datasets(c: &Conn, item: ItemId) -> Result<InDatasets> {
    let found = storage::item::get(c, item)?;
    Ok(InDatasets {
        item,
        item_uid: found.uid,
        purged: storage::dataset::is_purged(c, item)?,
        held: storage::dataset::held(c, found.use_case, &of_item(c, item)?)?,
    })
}

/// The rows of some ids in a copy.
fn rows_in(copy: &Copy, version: i64, ids: &[String]) -> datasets::Result<Vec<RowInFile>> {
    let mut all = Vec::new();
    for line in Lineage::open(&copy.folder)? {
        let line = line?;
        if ids.contains(&line.id) {
            all.extend(line.places.into_iter().map(|at| RowInFile { version, file: copy.folder.join(at.file), row: at.row }));
        }
    }
    Ok(all)
}

impl Desk {
    /// The item and the decision that a row comes from, by its id.
    ///
    /// # Errors
    /// [`Error::Invalid`] where it is no id of a row, [`Error::NotFound`].
    pub fn row_origin(&self, row: &str) -> Result<Origin> {
        let (source, id) = Source::of_row(row.trim())?;
        self.read(|c| {
            let item = storage::item::get(c, storage::dataset::item_of(c, source, id)?)?;
            let (actor, verdict, at, taken_back) = match source {
                Source::Decision => {
                    let decision = storage::decision::get(c, DecisionId(id))?;
                    let taken_back = storage::dataset::decisions_of(c, item.id)?.contains(&(DecisionId(id), true));
                    (decision.actor, Some(decision.verdict.as_str()), decision.at, taken_back)
                }
                Source::Comparison => {
                    let choice = storage::preference::get(c, PreferenceId(id))?;
                    (choice.person, None, choice.at, !storage::preference::stands(c, PreferenceId(id))?)
                }
            };
            Ok(Origin {
                row: source.row_id(id),
                use_case: item.use_case,
                item: item.id,
                source,
                id,
                actor,
                verdict,
                at,
                taken_back,
                purged: storage::dataset::is_purged(c, item.id)?,
                held: storage::dataset::held(c, item.use_case, &[(source, id)])?,
                item_uid: item.uid,
            })
        })
    }

    /// The versions whose files have an item.
    ///
    /// # Errors
    /// [`Error::NotFound`].
    pub fn item_in_datasets(&self, item: ItemId) -> Result<InDatasets> {
        self.read(|c| in_datasets(c, item))
    }

    /// The item with this uid or number.
    ///
    /// # Errors
    /// [`Error::NotFound`].
    pub fn find_item(&self, named: &str) -> Result<ItemId> {
        self.read(|c| storage::dataset::item_named(c, named.trim()))
    }

    /// Keeps an item out of every later version and every file that is written from now on, and tells which files have it.
    ///
    /// # Errors
    /// [`Error::NotAllowed`] for reviewers, [`Error::Invalid`] without a reason, [`Error::NotFound`].
    pub fn purge_item(&self, item: ItemId, why: &str, person: &Person) -> Result<Purged> {
        person.must_be_admin("purge an item from datasets")?;
        let why = why.trim();
        if why.is_empty() {
            return Err(Error::invalid("reason", "nothing", "why the item is purged"));
        }
        let found = self.transact(|c, now, changes| {
            let found = in_datasets(c, item)?;
            if !found.purged {
                storage::dataset::purge(c, item, &person.name, why, now)?;
                let use_case = storage::item::get(c, item)?.use_case;
                let versions: Vec<String> = versions(&found.held).iter().map(i64::to_string).collect();
                let held = if versions.is_empty() { "in no version".into() } else { format!("in version {}", versions.join(", ")) };
                storage::event::insert(c, now, &person.name, "purged", Some(use_case), Some(item), Some(&format!("{why}; {held}")))?;
                changes.activity = true;
                changes.item(item);
            }
            Ok(found)
        })?;
        Ok(left_of(&found))
    }

    /// The files that have an item.
    ///
    /// # Errors
    /// [`Error::NotFound`].
    pub fn files_with_item(&self, item: ItemId) -> Result<Purged> {
        Ok(left_of(&self.item_in_datasets(item)?))
    }
}

fn versions(held: &[Held]) -> Vec<i64> {
    let mut all: Vec<i64> = held.iter().map(|of| of.version).collect();
    all.dedup();
    all
}

/// Reads the lineage of each copy.
fn left_of(found: &InDatasets) -> Purged {
    let mut left = Purged { versions: versions(&found.held), ..Purged::default() };
    for version in &left.versions {
        let held: Vec<&Held> = found.held.iter().filter(|of| of.version == *version).collect();
        let ids: Vec<String> = held.iter().map(|of| of.row()).collect();
        for copy in held.first().map(|of| of.copies.as_slice()).unwrap_or_default() {
            match rows_in(copy, *version, &ids) {
                Ok(rows) => left.rows.extend(rows),
                Err(_) => left.elsewhere.push(copy.folder.clone()),
            }
        }
    }
    left
}
