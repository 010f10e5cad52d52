//! What is different between two versions.
//!
//! Invariant: only what stands in the files counts; of an item that both hold through different decisions it is said that it changed, and not
//! that one came and one went.

use super::list::{self, Source};
use super::version::DatasetVersion;
use crate::desk::Desk;
use crate::error::Result;
use crate::id::{ItemId, UseCaseId};
use crate::storage::{self, Conn};
use serde_json::Value;
use std::collections::{BTreeMap, HashSet};

#[derive(Debug, Clone, PartialEq)]
pub struct Compared {
    pub from: DatasetVersion,
    pub to: DatasetVersion,
    /// Examples that are in the second only, in the first only, in both as they were.
    pub added: u64,
    pub removed: u64,
    pub same: u64,
    /// Items that are in both, each time through another decision.
    pub changed: u64,
    /// What was asked for otherwise: criteria, cleaning, split, formats.
    pub differences: Vec<Difference>,
}

/// A setting of the selection or of the recipe.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// `selection.verdicts`, `recipe.cleaning.near_duplicates.similarity` …
    pub what: String,
    /// JSON; `None` where it is not there.
    pub from: Option<String>,
    pub to: Option<String>,
}

/// Every value of a JSON, by the way to it; a list is one value.
fn flat(value: &Value, at: &str, into: &mut BTreeMap<String, String>) {
    match value {
        Value::Object(members) => {
            for (name, member) in members {
                flat(member, &if at.is_empty() { name.clone() } else { format!("{at}.{name}") }, into);
            }
        }
        Value::Null => {}
        Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) => {
            into.insert(at.to_owned(), value.to_string());
        }
    }
}

fn settings(of: &DatasetVersion) -> BTreeMap<String, String> {
    let mut all = BTreeMap::new();
    for (name, json) in [("selection", serde_json::to_value(&of.selection)), ("recipe", serde_json::to_value(&of.recipe))] {
        flat(&json.unwrap_or_default(), name, &mut all);
    }
    all
}

fn differences(from: &DatasetVersion, to: &DatasetVersion) -> Vec<Difference> {
    let (from, to) = (settings(from), settings(to));
    let names: std::collections::BTreeSet<&String> = from.keys().chain(to.keys()).collect();
    names
        .into_iter()
        .filter(|name| from.get(*name) != to.get(*name))
        .map(|name| Difference { what: name.clone(), from: from.get(name).cloned(), to: to.get(name).cloned() })
        .collect()
}

/// What stands in the files of a version, in the order of ids.
fn standing(c: &Conn, version: i64) -> Result<Vec<(Source, i64)>> {
    let mut all = Vec::new();
    for source in Source::ALL {
        storage::dataset::each_part(c, version, source, &mut |first, bytes| {
            all.extend(list::entries(first, bytes)?.into_iter().filter(|entry| !entry.became.left_out).map(|entry| (source, entry.id)));
            Ok(())
        })?;
    }
    Ok(all)
}

/// Those of the first list that are not in the second; both rise.
fn only(of: &[(Source, i64)], beside: &[(Source, i64)]) -> Vec<(Source, i64)> {
    let mut beside = beside.iter().peekable();
    of.iter()
        .filter(|one| {
            while beside.next_if(|other| **other < **one).is_some() {}
            beside.peek() != Some(one)
        })
        .copied()
        .collect()
}

fn items(c: &Conn, of: &[(Source, i64)]) -> Result<HashSet<ItemId>> {
    of.iter().map(|(source, id)| storage::dataset::item_of(c, *source, *id)).collect()
}

impl Desk {
    /// Compares two versions of a use case.
    ///
    /// # Errors
    /// [`crate::Error::NotFound`].
    pub fn compare_datasets(&self, use_case: UseCaseId, from: i64, to: i64) -> Result<Compared> {
        self.read(|c| {
            let (from, to) = (storage::dataset::nth(c, use_case, from)?, storage::dataset::nth(c, use_case, to)?);
            let (before, after) = (standing(c, from.id)?, standing(c, to.id)?);
            let (gone, come) = (only(&before, &after), only(&after, &before));
            let changed = items(c, &gone)?.intersection(&items(c, &come)?).count() as u64;
            Ok(Compared {
                added: come.len() as u64 - changed,
                removed: gone.len() as u64 - changed,
                same: (before.len() - gone.len()) as u64,
                changed,
                differences: differences(&from, &to),
                from,
                to,
            })
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_only_one_of_two_lists_holds_is_found() {
        let list = |ids: &[i64]| ids.iter().map(|id| (Source::Decision, *id)).collect::<Vec<_>>();
        assert_eq!(only(&list(&[1, 3, 5, 9]), &list(&[2, 3, 4, 9, 11])), list(&[1, 5]));
        assert_eq!(only(&list(&[]), &list(&[1])), list(&[]));
        assert_eq!(only(&list(&[1, 2]), &list(&[])), list(&[1, 2]));
    }

    #[test]
    fn settings_are_told_by_the_way_to_them_and_a_list_is_one() {
        let mut all = BTreeMap::new();
        flat(&json!({"a": {"b": 1, "none": null}, "c": [1, 2]}), "recipe", &mut all);
        assert_eq!(all.into_iter().collect::<Vec<_>>(), [("recipe.a.b".to_owned(), "1".to_owned()), ("recipe.c".into(), "[1,2]".into())]);
    }
}
