//! Table `hold_rules` (append-only), and the switches in `use_case`.

use super::{Conn, expect_one, from_json, to_json};
use crate::clock::Millis;
use crate::error::{Error, Result};
use crate::gate::Pause;
use crate::hold::{HoldRule, HoldRulesVersion};
use crate::id::{HoldRulesId, UseCaseId};
use rusqlite::{OptionalExtension, params};

pub(crate) fn insert_hold_rules(c: &Conn, use_case: UseCaseId, n: i64, rules: &[HoldRule], by: &str, now: Millis) -> Result<()> {
    c.execute(
        "INSERT INTO hold_rules (use_case, n, rules, changed_by, at) VALUES (?1, ?2, ?3, ?4, ?5)",
        params![use_case.0, n, to_json(&rules), by, now.0],
    )?;
    Ok(())
}

pub(crate) fn hold_rules(c: &Conn, use_case: UseCaseId) -> Result<HoldRulesVersion> {
    let mut query = c.prepare_cached("SELECT id, n, rules, changed_by, at FROM hold_rules WHERE use_case = ?1 ORDER BY n DESC LIMIT 1")?;
    let mut rows = query.query([use_case.0])?;
    let r = rows.next()?.ok_or_else(|| Error::NotFound { what: "hold rules of use case", id: use_case.to_string() })?;
    Ok(HoldRulesVersion {
        id: HoldRulesId(r.get(0)?),
        n: r.get(1)?,
        rules: from_json("hold_rules.rules", &r.get::<_, String>(2)?)?,
        by: r.get(3)?,
        at: Millis(r.get(4)?),
    })
}

/// Which version of the rules holds now.
pub(crate) fn hold_rules_id(c: &Conn, use_case: UseCaseId) -> Result<HoldRulesId> {
    c.prepare_cached("SELECT id FROM hold_rules WHERE use_case = ?1 ORDER BY n DESC LIMIT 1")?
        .query_row([use_case.0], |r| r.get(0).map(HoldRulesId))
        .optional()?
        .ok_or_else(|| Error::NotFound { what: "hold rules of use case", id: use_case.to_string() })
}

/// The pause, if any, and the cap.
pub(crate) fn switches(c: &Conn, use_case: UseCaseId) -> Result<(Option<Pause>, Option<u32>)> {
    c.prepare_cached("SELECT paused_at, coalesce(paused_by, ''), coalesce(paused_why, ''), cap_per_hour FROM use_case WHERE id = ?1")?
        .query_row([use_case.0], |r| {
            let at: Option<i64> = r.get(0)?;
            let (by, why) = (r.get(1)?, r.get(2)?);
            Ok((at.map(|at| Pause { by, why, at: Millis(at) }), r.get(3)?))
        })
        .optional()?
        .ok_or_else(|| Error::NotFound { what: "use case", id: use_case.to_string() })
}

pub(crate) fn set_pause(c: &Conn, use_case: UseCaseId, pause: Option<&Pause>) -> Result<()> {
    let rows = c.execute(
        "UPDATE use_case SET paused_at = ?2, paused_by = ?3, paused_why = ?4 WHERE id = ?1 AND (paused_at IS NULL) = (?2 IS NOT NULL)",
        params![use_case.0, pause.map(|p| p.at.0), pause.map(|p| &p.by), pause.map(|p| &p.why)],
    )?;
    expect_one(rows, || format!("the pause of use case {use_case}"))
}

pub(crate) fn set_cap(c: &Conn, use_case: UseCaseId, per_hour: Option<u32>) -> Result<()> {
    let rows = c.execute("UPDATE use_case SET cap_per_hour = ?2 WHERE id = ?1", params![use_case.0, per_hour])?;
    expect_one(rows, || format!("the cap of use case {use_case}"))
}

/// What policy approved after a time, also where it was taken back.
pub(crate) fn approved_by_policy_since(c: &Conn, use_case: UseCaseId, since: Millis) -> Result<u64> {
    let mut query = c.prepare_cached(include_str!("gate/approved_by_policy.sql"))?;
    let n: i64 = query.query_row(params![use_case.0, since.0], |r| r.get(0))?;
    Ok(u64::try_from(n).unwrap_or(0))
}
