//! Table `epoch`: append-only.

use super::{Conn, from_json};
use crate::charter::Charter;
use crate::clock::Millis;
use crate::epoch::{Epoch, Key};
use crate::error::{Error, Result};
use crate::id::{CalibratorId, CharterId, DrafterVersionId, HoldRulesId, UseCaseId};
use rusqlite::{Row, params};

pub(crate) fn insert(c: &Conn, use_case: UseCaseId, n: i64, key: &Key, charter: CharterId, now: Millis, why: &str) -> Result<()> {
    c.execute(
        "INSERT INTO epoch (use_case, n, drafter_version, threshold, check_share, hold_rules, charter, started_at, why, threshold_by, calibrator, falls, gold_share)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)",
        params![
            use_case.0,
            n,
            key.drafter_version.map(|v| v.0),
            key.threshold,
            key.check_share,
            key.hold_rules.0,
            charter.0,
            now.0,
            why,
            key.threshold_by.as_str(),
            key.calibrator.map(|id| id.0),
            key.falls,
            key.gold_share
        ],
    )?;
    Ok(())
}

const EPOCH: &str = include_str!("epoch/epochs.sql");

fn epoch(c: &Conn, r: &Row<'_>) -> Result<Epoch> {
    let (bad, limits) = from_json::<Charter>("charter.charter", &r.get::<_, String>(10)?)?.terms();
    Ok(Epoch {
        n: r.get(0)?,
        attempt: r.get(1)?,
        key: Key {
            drafter_version: r.get::<_, Option<i64>>(2)?.map(DrafterVersionId),
            threshold: r.get(4)?,
            threshold_by: super::confidence::threshold_by(&r.get::<_, String>(14)?)?,
            calibrator: r.get::<_, Option<i64>>(15)?.map(CalibratorId),
            check_share: r.get(5)?,
            hold_rules: HoldRulesId(r.get(6)?),
            bad,
            limits,
            gold_share: r.get(17)?,
            falls: r.get(16)?,
        },
        drafter_n: r.get(3)?,
        hold_rules_n: r.get(7)?,
        charter: CharterId(r.get(8)?),
        charter_n: r.get(9)?,
        started_at: Millis(r.get(11)?),
        why: r.get(12)?,
        ladders: super::confidence::ladders(c, r.get(13)?)?,
    })
}

pub(crate) fn current(c: &Conn, use_case: UseCaseId) -> Result<Epoch> {
    let mut query = c.prepare_cached(&format!("{EPOCH} LIMIT 1"))?;
    let mut rows = query.query([use_case.0])?;
    rows.next()?.map(|r| epoch(c, r)).ok_or_else(|| Error::NotFound { what: "epoch of use case", id: use_case.to_string() })?
}

/// The n-th of a use case, and its id.
pub(crate) fn nth(c: &Conn, use_case: UseCaseId, n: i64) -> Result<Epoch> {
    let mut query = c.prepare_cached(&EPOCH.replace("ORDER BY", "AND e.n = ?2 ORDER BY"))?;
    let mut rows = query.query(params![use_case.0, n])?;
    rows.next()?.map(|r| epoch(c, r)).ok_or_else(|| Error::NotFound { what: "epoch of use case", id: use_case.to_string() })?
}

/// Newest first.
pub(crate) fn list(c: &Conn, use_case: UseCaseId) -> Result<Vec<Epoch>> {
    let mut query = c.prepare_cached(EPOCH)?;
    let mut rows = query.query([use_case.0])?;
    let mut all = Vec::new();
    while let Some(r) = rows.next()? {
        all.push(epoch(c, r)?);
    }
    Ok(all)
}
