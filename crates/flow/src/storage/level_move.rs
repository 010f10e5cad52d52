//! Table `level_move`: append-only.

use super::{Conn, from_json, to_json, word};
use crate::automation::LevelMove;
use crate::clock::Millis;
use crate::error::Result;
use crate::id::UseCaseId;
use crate::review::MadeBy;
use crate::use_case::Level;
use rusqlite::params;

const LEVELS: [Level; 3] = [Level::Crawl, Level::Walk, Level::Run];

pub(crate) fn insert(c: &Conn, use_case: UseCaseId, step: &LevelMove) -> Result<()> {
    let by = match step.by {
        MadeBy::Person => "person",
        MadeBy::Policy => "rule",
    };
    c.execute(
        "INSERT INTO level_move (use_case, level_from, level_to, made_by, actor, reason, evidence, at, steps, override)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
        params![
            use_case.0,
            step.from.as_str(),
            step.to.as_str(),
            by,
            step.actor,
            step.reason,
            to_json(&step.evidence),
            step.at.0,
            to_json(&step.steps),
            step.overridden
        ],
    )?;
    Ok(())
}

/// Newest first.
pub(crate) fn list(c: &Conn, use_case: UseCaseId) -> Result<Vec<LevelMove>> {
    let mut query = c.prepare_cached(
        "SELECT level_from, level_to, made_by, actor, reason, evidence, at, steps, override FROM level_move WHERE use_case = ?1 ORDER BY id DESC",
    )?;
    let mut rows = query.query([use_case.0])?;
    let mut moves = Vec::new();
    while let Some(r) = rows.next()? {
        moves.push(LevelMove {
            from: level(r.get_ref(0)?.as_str().unwrap_or_default())?,
            to: level(r.get_ref(1)?.as_str().unwrap_or_default())?,
            by: if r.get_ref(2)?.as_str() == Ok("rule") { MadeBy::Policy } else { MadeBy::Person },
            actor: r.get(3)?,
            reason: r.get(4)?,
            evidence: from_json("level_move.evidence", &r.get::<_, String>(5)?)?,
            at: Millis(r.get(6)?),
            steps: r.get::<_, Option<String>>(7)?.map_or_else(|| Ok(Vec::new()), |steps| from_json("level_move.steps", &steps))?,
            overridden: r.get(8)?,
        });
    }
    Ok(moves)
}

pub(super) fn level(text: &str) -> Result<Level> {
    word("level", text, &LEVELS, Level::as_str)
}
