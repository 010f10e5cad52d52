//! Tables `day_count` and `kind_count`: standing decisions, counted by triggers.
//!
//! Invariant: each number is a sum over a few rows, however many decisions there are.

use super::Conn;
use crate::automation::Evidence;
use crate::error::{Error, Result};
use crate::id::{DrafterVersionId, UseCaseId};
use crate::metrics::{Bin, Day, SliceAcceptance, VersionDay, VersionDays};
use rusqlite::params;

/// What people decided on the drafts of a version. Drafts that a person asked for are not counted: they were made because an earlier one
/// was not good.
pub(crate) fn of_version(c: &Conn, use_case: UseCaseId, version: DrafterVersionId) -> Result<Evidence> {
    let mut query = c.prepare_cached(
        "SELECT verdict, sum(n) FROM kind_count WHERE use_case = ?1 AND drafter_version = ?2 AND made_by = 'person' AND NOT asked GROUP BY 1",
    )?;
    let mut rows = query.query(params![use_case.0, version.0])?;
    let mut found = Evidence::default();
    while let Some(r) = rows.next()? {
        let n: i64 = r.get(1)?;
        match r.get_ref(0)?.as_str() {
            Ok("approve") => found.approved = n,
            Ok("edit") => found.edited = n,
            Ok("reject") => found.rejected = n,
            Ok(other) => return Err(Error::Damaged(format!("kind_count.verdict: {other:?}"))),
            Err(e) => return Err(Error::Damaged(format!("kind_count.verdict: {e}"))),
        }
        found.decided += n;
    }
    Ok(found)
}

/// Standing decisions of a use case: by people, by policy.
pub(crate) fn totals(c: &Conn, use_case: UseCaseId) -> Result<(i64, i64)> {
    let mut query = c.prepare_cached(
        "SELECT coalesce(sum(n) FILTER (WHERE made_by = 'person'), 0), coalesce(sum(n) FILTER (WHERE made_by = 'policy'), 0)
         FROM kind_count WHERE use_case = ?1",
    )?;
    Ok(query.query_row([use_case.0], |r| Ok((r.get(0)?, r.get(1)?)))?)
}

/// What policy approved since a day, counted from 1970-01-01.
pub(crate) fn by_policy_since(c: &Conn, use_case: UseCaseId, day: i64) -> Result<i64> {
    let mut query =
        c.prepare_cached("SELECT coalesce(sum(n), 0) FROM day_count WHERE use_case = ?1 AND day >= ?2 AND made_by = 'policy'")?;
    Ok(query.query_row(params![use_case.0, day], |r| r.get(0))?)
}

/// What people decided since a day, counted from 1970-01-01.
pub(crate) fn by_people_since(c: &Conn, use_case: UseCaseId, day: i64) -> Result<i64> {
    let mut query =
        c.prepare_cached("SELECT coalesce(sum(n), 0) FROM day_count WHERE use_case = ?1 AND day >= ?2 AND made_by = 'person'")?;
    Ok(query.query_row(params![use_case.0, day], |r| r.get(0))?)
}

/// Acceptance by confidence, ten bins.
pub(crate) fn bins(c: &Conn, use_case: UseCaseId) -> Result<Vec<Bin>> {
    let mut query = c.prepare_cached(
        "SELECT bin, sum(n), coalesce(sum(n) FILTER (WHERE verdict = 'approve'), 0) FROM kind_count
         WHERE use_case = ?1 AND made_by = 'person' GROUP BY 1",
    )?;
    let mut bins: Vec<Bin> =
        (0..10).map(|i| Bin { from: f64::from(i) / 10.0, to: f64::from(i + 1) / 10.0, decided: 0, accepted: 0 }).collect();
    let mut rows = query.query([use_case.0])?;
    while let Some(r) = rows.next()? {
        if let Some(bin) = usize::try_from(r.get::<_, i64>(0)?).ok().and_then(|i| bins.get_mut(i)) {
            (bin.decided, bin.accepted) = (r.get(1)?, r.get(2)?);
        }
    }
    Ok(bins)
}

pub(super) const DAYS: &str = include_str!("count/days.sql");

/// The newest days (UTC) on which something was decided, newest last.
pub(crate) fn days(c: &Conn, use_case: UseCaseId, most: usize) -> Result<Vec<Day>> {
    let mut query = c.prepare_cached(DAYS)?;
    let mut days: Vec<Day> = query
        .query_map(params![use_case.0, i64::try_from(most).unwrap_or(i64::MAX)], |r| {
            Ok(Day { day: r.get(0)?, decided: r.get(1)?, accepted: r.get(2)?, auto: r.get(3)? })
        })?
        .collect::<rusqlite::Result<_>>()?;
    days.reverse();
    Ok(days)
}

/// Acceptance of the drafts of a version by slice, sorted by name. Drafts that a person asked for are not counted.
pub(crate) fn slices(c: &Conn, use_case: UseCaseId, version: DrafterVersionId) -> Result<Vec<SliceAcceptance>> {
    let mut query = c.prepare_cached(
        "SELECT slice, sum(n), coalesce(sum(n) FILTER (WHERE verdict = 'approve'), 0) FROM kind_count
         WHERE use_case = ?1 AND drafter_version = ?2 AND made_by = 'person' AND NOT asked GROUP BY 1 HAVING sum(n) > 0",
    )?;
    let mut rows = query.query(params![use_case.0, version.0])?;
    let mut all = Vec::new();
    while let Some(r) = rows.next()? {
        let slice = super::from_json("kind_count.slice", &r.get::<_, String>(0)?)?;
        all.push(SliceAcceptance { slice, decided: r.get(1)?, accepted: r.get(2)? });
    }
    all.sort_by(|a, b| a.slice.cmp(&b.slice));
    Ok(all)
}

pub(super) const VERSION_DAYS: &str = include_str!("count/version_days.sql");

/// What people decided by drafter version and day, over so many days up to the newest one; newest version first, newest day last.
pub(crate) fn version_days(c: &Conn, use_case: UseCaseId, days: i64) -> Result<Vec<VersionDays>> {
    let mut query = c.prepare_cached(VERSION_DAYS)?;
    let mut rows = query.query(params![use_case.0, days])?;
    let mut all: Vec<VersionDays> = Vec::new();
    while let Some(r) = rows.next()? {
        let n = r.get(0)?;
        if all.last().is_none_or(|last| last.n != n) {
            all.push(VersionDays { n, model: r.get(1)?, prompt_n: r.get(2)?, days: Vec::new() });
        }
        let day = VersionDay { day: r.get(3)?, decided: r.get(4)?, accepted: r.get::<_, Option<i64>>(5)?.unwrap_or(0) };
        if let Some(version) = all.last_mut() {
            version.days.push(day);
        }
    }
    Ok(all)
}

/// What is counted otherwise than the rows say, a sentence each.
pub(crate) fn faults(c: &Conn) -> Result<Vec<String>> {
    let more = |n: i64| match n {
        1.. => format!("{n} more decisions are counted than there are"),
        ..1 => format!("{} decisions are not counted", -n),
    };
    let mut faults = Vec::new();
    let mut days = c.prepare(include_str!("count/wrong_days.sql"))?;
    for fault in days.query_map([], |r| Ok((r.get::<_, i64>(0)?, r.get::<_, Option<String>>(1)?, r.get(2)?)))? {
        let (use_case, day, n) = fault?;
        faults.push(format!("use case {use_case}, {}: {}", day.unwrap_or_else(|| "no day".into()), more(n)));
    }
    let mut kinds = c.prepare(include_str!("count/wrong_kinds.sql"))?;
    for fault in kinds.query_map([], |r| Ok((r.get::<_, i64>(0)?, r.get::<_, String>(1)?, r.get(2)?)))? {
        let (use_case, slice, n) = fault?;
        faults.push(format!("use case {use_case}, slice {slice}: {}", more(n)));
    }
    let mut alone = c.prepare(include_str!("count/wrong_alone.sql"))?;
    for fault in alone.query_map([], |r| Ok((r.get::<_, i64>(0)?, r.get::<_, i64>(1)?, r.get(2)?)))? {
        let (use_case, epoch, n) = fault?;
        faults.push(format!("use case {use_case}, what went out alone in epoch {epoch}: {}", more(n)));
    }
    let mut pairs = c.prepare(include_str!("count/wrong_pairs.sql"))?;
    for fault in pairs.query_map([], |r| Ok((r.get::<_, i64>(0)?, r.get::<_, String>(1)?, r.get(2)?)))? {
        let (use_case, verdicts, n) = fault?;
        faults.push(format!("use case {use_case}, what two people said ({verdicts}): {}", more(n)));
    }
    Ok(faults)
}

/// Counts everything anew.
pub(crate) fn rebuild(c: &Conn) -> Result<()> {
    Ok(c.execute_batch(include_str!("count/rebuild.sql"))?)
}
