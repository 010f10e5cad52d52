//! What is known of those who decide: their decisions, table `reviewer`, and the shares that a use case asks of them.

use super::item::verdict;
use super::{Conn, expect_one, from_json};
use crate::clock::Millis;
use crate::error::{Error, Result};
use crate::id::UseCaseId;
use crate::item::Field;
use crate::review::Verdict;
use crate::reviewers::Looked;
use rusqlite::{OptionalExtension, params};
use std::time::Duration;

/// Of each person of the machine the newest decision there: few people, each by their index, no further back than 100,000 decisions.
pub(super) const PEOPLE: &str =
    "SELECT count(*) FROM reviewer p WHERE p.last_at >= ?2 AND ?2 <= (SELECT d.at FROM decision d CROSS JOIN item i ON i.id = d.item
  WHERE d.actor = p.person AND d.id > (SELECT max(id) FROM decision) - 100000 AND d.undone_at IS NULL AND d.made_by = 'person' AND i.use_case = ?1
  ORDER BY d.id DESC LIMIT 1)";
const PAIRS: &str = "SELECT first, second, n FROM pair_count WHERE use_case = ?1 AND n > 0";
pub(super) const LOOKED: &str = include_str!("reviewers/looked.sql");
pub(super) const LOOKED_BY: &str = include_str!("reviewers/looked_by.sql");

/// The newest decisions of a person, or of all, since a time; in the order in which they were taken.
pub(crate) fn looked(c: &Conn, use_case: UseCaseId, person: Option<&str>, since: Millis, most: usize) -> Result<Vec<Looked>> {
    let most = i64::try_from(most).unwrap_or(i64::MAX);
    let mut query = c.prepare_cached(if person.is_some() { LOOKED_BY } else { LOOKED })?;
    let mut rows = match person {
        Some(person) => query.query(params![use_case.0, most, since.0, person])?,
        None => query.query(params![use_case.0, most, since.0])?,
    };
    let mut all = Vec::new();
    while let Some(r) = rows.next()? {
        let fields: Vec<Field> = from_json("item.fields", &r.get::<_, String>(2)?)?;
        let asked: usize = fields.iter().map(|field| field.value.chars().count()).sum();
        all.push(Looked {
            verdict: verdict(&r.get::<_, String>(0)?)?,
            viewed: Duration::from_millis(r.get::<_, i64>(1)?.unsigned_abs()),
            characters: asked as u64 + r.get::<_, i64>(3)?.unsigned_abs(),
        });
    }
    all.reverse();
    Ok(all)
}

/// How many people decided in a use case since a time.
pub(crate) fn people_of(c: &Conn, use_case: UseCaseId, since: Millis) -> Result<u64> {
    let mut query = c.prepare_cached(PEOPLE)?;
    let n: i64 = query.query_row(params![use_case.0, since.0], |r| r.get(0))?;
    Ok(n.unsigned_abs())
}

/// Whether anybody else than this person decided since a time, in any use case.
pub(crate) fn another_since(c: &Conn, person: &str, since: Millis) -> Result<bool> {
    Ok(c.prepare_cached("SELECT EXISTS (SELECT 1 FROM reviewer WHERE person <> ?1 AND last_at >= ?2)")?
        .query_row(params![person, since.0], |r| r.get(0))?)
}

/// The shares of a use case: of re-reviews, of known-bad items.
pub(crate) fn shares(c: &Conn, use_case: UseCaseId) -> Result<(f64, f64)> {
    c.prepare_cached("SELECT re_review_share, gold_share FROM use_case WHERE id = ?1")?
        .query_row([use_case.0], |r| Ok((r.get(0)?, r.get(1)?)))
        .optional()?
        .ok_or_else(|| Error::NotFound { what: "use case", id: use_case.to_string() })
}

pub(crate) fn set_shares(c: &Conn, use_case: UseCaseId, re_review: f64, gold: f64) -> Result<()> {
    let rows =
        c.execute("UPDATE use_case SET re_review_share = ?2, gold_share = ?3 WHERE id = ?1", params![use_case.0, re_review, gold])?;
    expect_one(rows, || format!("the shares of use case {use_case}"))
}

/// What the first person said and what the second one did, with how often, of blind re-reviews that are done.
pub(crate) fn pairs(c: &Conn, use_case: UseCaseId) -> Result<Vec<(Verdict, Verdict, u64)>> {
    let mut query = c.prepare_cached(PAIRS)?;
    let mut rows = query.query([use_case.0])?;
    let mut all = Vec::new();
    while let Some(r) = rows.next()? {
        all.push((verdict(&r.get::<_, String>(0)?)?, verdict(&r.get::<_, String>(1)?)?, r.get::<_, i64>(2)?.unsigned_abs()));
    }
    Ok(all)
}
