//! Table `correction`.

use super::{Conn, expect_one, from_json, word};
use crate::audit::CorrectionView;
use crate::clock::Millis;
use crate::correction::State;
use crate::error::Result;
use crate::id::{AuditId, DecisionId, ItemId, UseCaseId};
use crate::item::{Field, preview};
use rusqlite::params;

/// Unless one is offered already.
pub(crate) fn insert_open(c: &Conn, item: ItemId, decision: DecisionId, audit: AuditId, text: Option<&str>, now: Millis) -> Result<()> {
    c.execute(
        "INSERT INTO correction (item, decision, audit, text, state, opened_at) VALUES (?1, ?2, ?3, ?4, 'open', ?5) ON CONFLICT DO NOTHING",
        params![item.0, decision.0, audit.0, text, now.0],
    )?;
    Ok(())
}

/// Ends the offer by what was sent, or keeps what was sent without one.
pub(crate) fn sent(c: &Conn, item: ItemId, decision: DecisionId, text: &str, by: &str, note: Option<&str>, now: Millis) -> Result<()> {
    let offered = c.execute(
        "UPDATE correction SET state = 'sent', text = ?2, ended_at = ?3, ended_by = ?4, note = ?5 WHERE item = ?1 AND state = 'open'",
        params![item.0, text, now.0, by, note],
    )?;
    if offered == 0 {
        c.execute(
            "INSERT INTO correction (item, decision, text, state, opened_at, ended_at, ended_by, note) VALUES (?1, ?2, ?3, 'sent', ?4, ?4, ?5, ?6)",
            params![item.0, decision.0, text, now.0, by, note],
        )?;
    }
    Ok(())
}

pub(crate) fn dismiss(c: &Conn, item: ItemId, by: &str, note: &str, now: Millis) -> Result<()> {
    let rows = c.execute(
        "UPDATE correction SET state = 'dismissed', ended_at = ?2, ended_by = ?3, note = ?4 WHERE item = ?1 AND state = 'open'",
        params![item.0, now.0, by, note],
    )?;
    expect_one(rows, || format!("the correction of item {item}"))
}

/// Open ones first, then newest first.
pub(crate) fn list(c: &Conn, use_case: UseCaseId, limit: u32) -> Result<Vec<CorrectionView>> {
    let mut query = c.prepare_cached(include_str!("correction/list.sql"))?;
    let mut rows = query.query(params![use_case.0, limit])?;
    let mut all = Vec::new();
    while let Some(r) = rows.next()? {
        let fields: Vec<Field> = from_json("item.fields", &r.get::<_, String>(2)?)?;
        all.push(CorrectionView {
            item: ItemId(r.get(0)?),
            uid: r.get(1)?,
            preview: preview(&fields),
            sent_to: super::delivery::sent_to(c, DecisionId(r.get(3)?))?,
            out: r.get(4)?,
            corrected: r.get(5)?,
            state: word("correction.state", &r.get::<_, String>(6)?, &State::ALL, State::as_str)?,
            at: Millis(r.get(7)?),
        });
    }
    Ok(all)
}
