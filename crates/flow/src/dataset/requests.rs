//! The requests of decided items as a file that can be taken in again.
//!
//! Invariant: taken in here, it brings nothing twice: ids, fields and their order are those that each request came with, and one without an id
//! of its own is named by the hash of its content, which intake takes as no id. What is open is not in it, so that it tells no known-bad item.

use super::lines::{ExportReport, Skipped};
use crate::desk::Desk;
use crate::error::{Error, Result};
use crate::files;
use crate::id::{ItemId, UseCaseId};
use crate::item::Field;
use crate::model::Cancel;
use crate::settings::Person;
use crate::storage;
use sha2::{Digest, Sha256};
use std::io::Write;
use std::path::Path;

/// A request as it was taken.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Request {
    pub item: ItemId,
    pub external_id: Option<String>,
    pub sha256: String,
    pub audience: String,
    pub slice: Option<String>,
    pub priority: i64,
    pub fields: Vec<Field>,
}

const PAGE: usize = 500;

/// The names of all fields in an order that keeps that of each request, as far as they agree.
#[derive(Default)]
struct Columns(Vec<String>);

impl Columns {
    fn take(&mut self, fields: &[Field]) {
        let mut at = 0;
        for field in fields {
            match self.0.iter().position(|name| *name == field.name) {
                Some(found) => at = at.max(found + 1),
                None => {
                    self.0.insert(at, field.name.clone());
                    at += 1;
                }
            }
        }
    }

    fn keeps_the_order_of(&self, fields: &[Field]) -> bool {
        let mut names = self.0.iter();
        fields.iter().all(|field| names.any(|name| *name == field.name))
    }

    /// A name for something that is no field.
    fn beside(&self, name: &str) -> String {
        let mut free = name.to_owned();
        while self.0.contains(&free) {
            free.insert(0, '_');
        }
        free
    }
}

impl Desk {
    fn each_request(&self, use_case: UseCaseId, cancel: &Cancel, each: &mut dyn FnMut(Request) -> Result<()>) -> Result<()> {
        let mut after = ItemId(0);
        loop {
            let page = self.read(|c| storage::dataset::requests_after(c, use_case, after, PAGE))?;
            let Some(last) = page.last() else { return Ok(()) };
            after = last.item;
            page.into_iter().try_for_each(&mut *each)?;
            if cancel.is_cancelled() {
                return Err(Error::Cancelled);
            }
        }
    }

    /// Writes the requests of decided items as JSON Lines: the whole file, or none. `on_progress` hears how many were written.
    ///
    /// # Errors
    /// [`Error::File`], [`Error::Cancelled`]; the file that was there before stays then.
    pub fn export_requests(
        &self,
        use_case: UseCaseId,
        path: &Path,
        person: &Person,
        cancel: &Cancel,
        on_progress: &mut dyn FnMut(u64),
    ) -> Result<ExportReport> {
        if !path.is_absolute() {
            return Err(Error::invalid("path", format!("{:?}", path.display().to_string()), "a full path"));
        }
        self.use_case(use_case)?;
        let mut columns = Columns::default();
        self.each_request(use_case, cancel, &mut |request| {
            columns.take(&request.fields);
            Ok(())
        })?;
        let [id, audience, slice, priority] = ["id", "audience", "slice", "priority"].map(|name| columns.beside(name));
        let (mut sha, mut bytes, mut rows, mut skipped) = (Sha256::new(), 0u64, 0u64, 0u64);
        let mut failed = None;
        let written = files::write_whole(path, |file| {
            let ended = self.each_request(use_case, cancel, &mut |request| {
                if !columns.keeps_the_order_of(&request.fields) {
                    skipped += 1;
                    return Ok(());
                }
                let named = request.external_id.unwrap_or_else(|| format!("sha256:{}", request.sha256));
                let mut row = vec![(id.as_str(), serde_json::Value::from(named)), (audience.as_str(), request.audience.into())];
                row.extend(request.slice.map(|name| (slice.as_str(), name.into())));
                row.push((priority.as_str(), request.priority.into()));
                for column in &columns.0 {
                    let value = request.fields.iter().find(|field| field.name == *column).map_or("", |field| field.value.as_str());
                    row.push((column.as_str(), value.into()));
                }
                // In this order: a map of serde_json's would sort the names.
                let members: Vec<String> = row.iter().map(|(name, value)| format!("{}:{value}", serde_json::Value::from(*name))).collect();
                let line = format!("{{{}}}\n", members.join(","));
                file.write_all(line.as_bytes()).map_err(Error::file(path, "written"))?;
                sha.update(&line);
                bytes += line.len() as u64;
                rows += 1;
                on_progress(rows);
                Ok(())
            });
            ended.map_err(|e| {
                failed = Some(e);
                std::io::Error::other("stopped")
            })
        });
        if let Some(e) = failed {
            return Err(e);
        }
        written?;
        let sha256: String = sha.finalize().iter().map(|b| format!("{b:02x}")).collect();
        self.transact(|c, now, changes| {
            changes.activity = true;
            let detail = format!("{}: {rows} requests, SHA-256 {}", path.display(), &sha256[..12]);
            storage::event::insert(c, now, &person.name, "exported", Some(use_case), None, Some(&detail))
        })?;
        let skipped = (skipped > 0).then_some(Skipped { reason: "its fields stand in another order than those of others", count: skipped });
        Ok(ExportReport { path: path.to_owned(), rows, bytes, sha256, skipped: skipped.into_iter().collect() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fields(names: &str) -> Vec<Field> {
        names.chars().map(|name| Field { name: name.into(), value: "x".into() }).collect()
    }

    fn check(of: &[&str], expected: &str) {
        let mut columns = Columns::default();
        for names in of {
            columns.take(&fields(names));
        }
        assert_eq!(columns.0.concat(), expected, "{of:?}");
        assert!(of.iter().all(|names| columns.keeps_the_order_of(&fields(names))), "{of:?} in {expected}");
    }

    #[test]
    fn the_columns_keep_the_order_of_each_request() {
        check(&["abc"], "abc");
        check(&["b", "abc"], "abc");
        check(&["ac", "abc", "d"], "dabc");
        check(&["ad", "abd", "bcd"], "abcd");
        let mut columns = Columns::default();
        columns.take(&fields("ab"));
        columns.take(&fields("ba"));
        assert!(!columns.keeps_the_order_of(&fields("ba")), "both cannot be");
    }
}
