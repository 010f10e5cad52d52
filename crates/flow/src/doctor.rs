//! Is everything as it should be? Looks, and changes nothing but what follows from the rows, and that only when asked to.
//!
//! Invariant: each finding says in a sentence what was looked at and what to do.

use crate::desk::Desk;
use crate::error::{Error, Result};
use crate::hold::HoldRules;
use crate::storage;
use crate::use_case::{Sink, SinkKind, UseCase};
use crate::watch;
use std::path::Path;

/// One thing that was looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    pub ok: bool,
    pub what: String,
}

/// What to do about it.
const REPAIR: &str = "`gait doctor --repair` computes it anew";

const SETTLE: &str = "`gait doctor --repair` ends it, as the next dataset does";

/// Bytes of a `-wal` that nobody could write back for long.
const MOST_WAL: u64 = 256 << 20;

fn finding(ok: bool, what: impl Into<String>) -> Finding {
    Finding { ok, what: what.into() }
}

impl Desk {
    /// Checks the database (integrity, references, seals, log, counts, the kept evidence), the model files, the epochs, the hold rules and the sinks.
    ///
    /// # Errors
    /// Those of the database where it cannot even be asked.
    pub fn examine(&self) -> Result<Vec<Finding>> {
        let mut found = vec![finding(true, format!("data folder {}", self.folder().display()))];
        found.push(finding(true, format!("SQLite {}", storage::library_version())));
        let faults = storage::faults(self.folder())?;
        if faults.is_empty() {
            found.push(finding(true, "database: integrity, references, seals, log and counts are right"));
        }
        found.extend(faults.into_iter().map(|fault| finding(false, format!("database: {fault}"))));
        found.extend(self.examine_wal());
        match self.examine_rows() {
            Ok(rest) => found.extend(rest),
            // What was told above goes together with it.
            Err(e) => found.push(finding(false, format!("the rest could not be looked at: {e}"))),
        }
        Ok(found)
    }

    /// A `-wal` that grows is one that somebody reads from without an end.
    fn examine_wal(&self) -> Option<Finding> {
        let bytes = storage::wal_bytes(self.folder());
        (bytes > MOST_WAL)
            .then(|| finding(false, format!("database: gait.db-wal has {} MB: close what reads from it for so long", bytes >> 20)))
    }

    fn examine_rows(&self) -> Result<Vec<Finding>> {
        let mut found = Vec::new();
        let mut miscounted = self.read(storage::count::faults)?;
        miscounted.extend(self.read(storage::pile::faults)?);
        found.extend(miscounted.into_iter().map(|fault| finding(false, format!("counts: {fault}; {REPAIR}"))));
        for model in self.models()? {
            match model.trouble() {
                None => found.push(finding(true, format!("model {}: {}", model.facts.name, model.path.display()))),
                Some(trouble) => found.push(finding(false, format!("model {}: {trouble}", model.facts.name))),
            }
        }
        for case in self.use_cases()? {
            if case.drafter_version.is_none() {
                found.push(finding(false, format!("use case {}: no model is chosen, nothing is drafted", case.input.name)));
            }
            found.extend(self.examine_epoch(&case)?);
            found.extend(self.examine_watch(&case)?);
            for sink in &case.input.sinks {
                let path = Path::new(&sink.path);
                let folder = match sink.kind {
                    SinkKind::Folder => Some(path),
                    SinkKind::Outbox => path.parent(),
                    SinkKind::Webhook | SinkKind::Command => {
                        found.push(self.examine_outgoing(&case, sink)?);
                        continue;
                    }
                };
                let wall = folder.into_iter().flat_map(Path::ancestors).find(|p| p.exists());
                let writable = wall.is_some_and(|p| p.is_dir() && p.metadata().is_ok_and(|m| !m.permissions().readonly()));
                let word = if writable { "can be written to" } else { "cannot be written to: make its folder writable" };
                found.push(finding(writable, format!("sink {} of {}: {word}", sink.path, case.input.name)));
            }
        }
        for case in self.use_cases()? {
            if let Some(path) = self.notice_sink(case.id)?
                && !Path::new(&path).parent().is_some_and(Path::is_dir)
            {
                found.push(finding(false, format!("notices of {}: the folder of {path} is not there: make it", case.input.name)));
            }
        }
        for copy in self.left_copies()? {
            found.push(finding(false, format!("dataset {}: whoever wrote it was stopped; {SETTLE}", copy.folder)));
        }
        if let Some(trouble) = self.delivery_trouble()? {
            found.push(finding(false, format!("delivery: {trouble}")));
        }
        Ok(found)
    }

    /// Whether the list lets texts go there.
    fn examine_outgoing(&self, case: &UseCase, sink: &Sink) -> Result<Finding> {
        let allowed = self.allowed()?;
        let fault = match sink.kind {
            SinkKind::Webhook => allowed.webhook(&sink.path).err(),
            SinkKind::Command => allowed.command(&sink.path).err(),
            SinkKind::Outbox | SinkKind::Folder => None,
        };
        let words = fault.as_ref().map_or_else(|| "is on the list of what texts may go to".to_owned(), ToString::to_string);
        Ok(finding(fault.is_none(), format!("sink {} of {}: {words}", sink.shown(), case.input.name)))
    }

    /// Whether brake and detector of a use case are what its verdicts make them.
    fn examine_watch(&self, case: &UseCase) -> Result<Option<Finding>> {
        let fault = match self.read(|c| watch::fault(c, case.id)) {
            // Told by the check of the database.
            Err(Error::NotFound { .. }) => return Ok(None),
            other => other?,
        };
        Ok(fault.map(|fault| finding(false, format!("use case {}: {fault}; {REPAIR}", case.input.name))))
    }

    /// Computes anew what is kept beside the rows and follows from them: the counts, and brake, detector and evidence of each use case. Ends
    /// what makers of datasets left.
    ///
    /// # Errors
    /// Those of the database.
    pub fn repair(&self) -> Result<()> {
        self.transact(|c, _, changes| {
            changes.levels = true;
            storage::count::rebuild(c)?;
            storage::pile::rebuild(c)
        })?;
        self.settle_datasets()?;
        self.use_cases()?.iter().try_for_each(|case| {
            self.transact(|c, now, _| watch::repair(c, now, case.id))?;
            self.rebuild_evidence(case.id)
        })
    }

    /// Whether the epoch of a use case stands for what is set there now, its kept evidence for its decisions, and whether its hold rules can
    /// be asked.
    fn examine_epoch(&self, case: &UseCase) -> Result<Vec<Finding>> {
        let name = &case.input.name;
        let (epoch, drift) = match self.epoch_drift(case.id) {
            // Told by the check of the database.
            Err(Error::NotFound { .. }) => return Ok(Vec::new()),
            other => other?,
        };
        let mut found = vec![if drift.is_empty() {
            finding(true, format!("use case {name}: epoch {} stands for what is set now", epoch.n))
        } else {
            let (n, drift) = (epoch.n, drift.join("; "));
            finding(false, format!("use case {name}: epoch {n} stands for something else ({drift}): save the use case to start a new one"))
        }];
        found.push(if self.evidence_is_right(case.id)? {
            finding(true, format!("use case {name}: the kept evidence is what all decisions give"))
        } else {
            finding(false, format!("use case {name}: the kept evidence is not what all decisions give; {REPAIR}"))
        });
        if let Err(e) = HoldRules::new(&self.hold_rules(case.id)?.rules) {
            found.push(finding(false, format!("use case {name}: every draft waits for a person, for a rule cannot be read: {e}")));
        }
        Ok(found)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{desk, use_case};

    #[test]
    fn what_is_counted_wrongly_is_found_and_repaired() {
        let folder = tempfile::TempDir::new().unwrap();
        let (desk, _) = desk(folder.path()).unwrap();
        let case = use_case(&desk, |_| ()).unwrap();
        let wrong = || desk.examine().unwrap().into_iter().filter(|found| !found.ok).map(|found| found.what).collect::<Vec<_>>();
        assert_eq!(wrong(), [""; 0]);
        let c = rusqlite::Connection::open(folder.path().join("gait.db")).unwrap();
        let days = format!("INSERT INTO day_count VALUES ({case}, 20000, 1, 'person', 0, 'approve', 3)");
        let kinds = format!("INSERT INTO kind_count VALUES ({case}, 1, 'internal', '\"billing\"', 9, 'person', 0, 'approve', 1)");
        c.execute_batch(&format!("{days}; {kinds}")).unwrap();
        assert_eq!(
            wrong(),
            [
                format!("counts: use case {case}, 2024-10-04: 3 more decisions are counted than there are; {REPAIR}"),
                format!("counts: use case {case}, slice \"billing\": 1 more decisions are counted than there are; {REPAIR}"),
            ]
        );
        desk.repair().unwrap();
        assert_eq!(wrong(), [""; 0]);
    }
}
