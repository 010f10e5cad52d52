//! Tables `pile` and `pile_count`: items that are alike in all that a filter asks for, counted by triggers.
//!
//! Invariant: how many items a filter lets through is a sum over piles, however many items there are.

use super::{Conn, from_json};
use crate::error::Result;
use crate::id::UseCaseId;
use crate::review::{Bins, QueueQuery, Tab};
use crate::storage::item::Values;
use rusqlite::params_from_iter;
use std::fmt::Write;

/// A pile that a query lets through, with how many of its items it does.
#[derive(Debug, Clone, Copy)]
pub(super) struct Pile {
    pub id: i64,
    pub n: i64,
}

fn in_states(tab: Tab) -> String {
    let states: Vec<String> = tab.states().iter().map(|s| format!("'{}'", s.as_str())).collect();
    states.join(", ")
}

/// The statement that sums the piles of a query, and its values.
pub(super) fn of_query(query: &QueueQuery) -> (String, Values) {
    let bins = query.filter.confidence.unwrap_or(Bins::ALL);
    let mut sql = format!(
        "SELECT p.id, sum(k.n) FROM pile p CROSS JOIN pile_count k ON k.pile = p.id
         WHERE p.use_case = ? AND p.state IN ({}) AND k.bin BETWEEN ? AND ?",
        in_states(query.tab)
    );
    let mut values: Values = vec![Box::new(query.use_case.0), Box::new(bins.from), Box::new(bins.to)];
    if let Some(slice) = &query.slice {
        sql.push_str(" AND p.slice = json_quote(?)");
        values.push(Box::new(slice.clone()));
    }
    if let Some(source) = &query.filter.source {
        sql.push_str(" AND p.source = ?");
        values.push(Box::new(source.clone()));
    }
    if let Some(level) = query.filter.level {
        write!(sql, " AND p.level = '{}'", level.as_str()).expect("writing to a string cannot fail");
    }
    sql.push_str(" GROUP BY p.id HAVING sum(k.n) > 0");
    (sql, values)
}

/// The piles that a query lets through, each with at least one item.
pub(super) fn of(c: &Conn, query: &QueueQuery) -> Result<Vec<Pile>> {
    let (sql, values) = of_query(query);
    let mut statement = c.prepare_cached(&sql)?;
    Ok(statement.query_map(params_from_iter(&values), |r| Ok(Pile { id: r.get(0)?, n: r.get(1)? }))?.collect::<rusqlite::Result<_>>()?)
}

/// Items in a tab.
pub(crate) fn in_tab(c: &Conn, use_case: UseCaseId, tab: Tab) -> Result<i64> {
    let sql = format!(
        "SELECT coalesce(sum(k.n), 0) FROM pile p CROSS JOIN pile_count k ON k.pile = p.id WHERE p.use_case = ?1 AND p.state IN ({})",
        in_states(tab)
    );
    Ok(c.prepare_cached(&sql)?.query_row([use_case.0], |r| r.get(0))?)
}

/// All slices of a use case, sorted; 200 at most.
pub(crate) fn slices(c: &Conn, use_case: UseCaseId) -> Result<Vec<String>> {
    let mut query = c.prepare_cached("SELECT DISTINCT slice FROM pile WHERE use_case = ?1 AND slice <> 'null' ORDER BY slice LIMIT 200")?;
    let quoted: Vec<String> = query.query_map([use_case.0], |r| r.get(0))?.collect::<rusqlite::Result<_>>()?;
    let mut slices: Vec<String> = quoted.iter().map(|slice| from_json("pile.slice", slice)).collect::<Result<_>>()?;
    slices.sort();
    Ok(slices)
}

/// Where the requests of a use case came from, sorted; 200 at most.
pub(crate) fn sources(c: &Conn, use_case: UseCaseId) -> Result<Vec<String>> {
    let mut query = c.prepare_cached("SELECT DISTINCT source FROM pile WHERE use_case = ?1 ORDER BY source LIMIT 200")?;
    Ok(query.query_map([use_case.0], |r| r.get(0))?.collect::<rusqlite::Result<_>>()?)
}

/// What lies in another pile than the rows say, or is counted otherwise; a sentence each.
pub(crate) fn faults(c: &Conn) -> Result<Vec<String>> {
    let mut counts = c.prepare(include_str!("pile/wrong_counts.sql"))?;
    let mut faults: Vec<String> = counts
        .query_map([], |r| {
            Ok(format!(
                "pile {}: {} items counted at confidence {}, there are {}",
                r.get::<_, i64>(0)?,
                r.get::<_, i64>(2)?,
                r.get::<_, i64>(1)?,
                r.get::<_, i64>(3)?
            ))
        })?
        .collect::<rusqlite::Result<_>>()?;
    let mut items = c.prepare(include_str!("pile/wrong_piles.sql"))?;
    for id in items.query_map([], |r| r.get::<_, i64>(0))? {
        faults.push(format!("item {} lies in another pile than its own", id?));
    }
    Ok(faults)
}

/// Lays and counts all piles anew.
pub(crate) fn rebuild(c: &Conn) -> Result<()> {
    Ok(c.execute_batch(include_str!("pile/rebuild.sql"))?)
}
