//! What evidence is computed from: decisions with their items and drafts.

use super::item::verdict;
use super::use_case::audience;
use super::{Conn, from_json, word};
use crate::charter::VerdictFacts;
use crate::clock::Millis;
use crate::error::Result;
use crate::evidence::{DraftFacts, Judged, Replaced};
use crate::feedback;
use crate::id::{DrafterVersionId, ItemId, UseCaseId};
use crate::item::Field;
use crate::review::{Found, Order};
use rusqlite::{Row, params};
use std::time::Duration;

pub(super) const JUDGED: &str = include_str!("evidence/judged.sql");

/// Each standing decision of a person in an epoch, in the order of submission.
pub(crate) fn judged(c: &Conn, use_case: UseCaseId, epoch_n: i64) -> Result<Vec<Judged>> {
    let mut query = c.prepare_cached(JUDGED)?;
    let mut rows = query.query(params![use_case.0, epoch_n])?;
    let mut all = Vec::new();
    while let Some(r) = rows.next()? {
        all.push(one(r)?);
    }
    Ok(all)
}

fn one(r: &Row<'_>) -> Result<Judged> {
    let fields: Vec<Field> = from_json("item.fields", &r.get::<_, String>(4)?)?;
    let asked: usize = fields.iter().map(|field| field.value.chars().count()).sum();
    let item = ItemId(r.get(0)?);
    let oldest_open = r.get::<_, Option<i64>>(9)?.map(ItemId);
    let replaced = match (r.get::<_, Option<String>>(20)?, r.get::<_, Option<String>>(21)?) {
        (Some(routed), Some(kept)) => Some(Replaced { by: draft(r, 10)?, distance: feedback::edit_distance(&routed, &kept) }),
        (_, _) => None,
    };
    Ok(Judged {
        item,
        oldest_open,
        audience: audience(&r.get::<_, String>(1)?)?,
        slice: r.get(2)?,
        request: r.get(3)?,
        verdict: VerdictFacts { verdict: verdict(&r.get::<_, String>(5)?)?, edit_distance: r.get(6)? },
        viewed: Duration::from_millis(r.get::<_, i64>(7)?.unsigned_abs()),
        at: Millis(r.get(22)?),
        found: found(r, 23)?,
        characters: asked as u64 + r.get::<_, i64>(8)?.unsigned_abs(),
        routed: draft(r, 15)?,
        replaced,
    })
}

/// The five columns of a draft, from the first of them.
fn draft(r: &Row<'_>, first: usize) -> Result<DraftFacts> {
    Ok(DraftFacts {
        drafter_version: DrafterVersionId(r.get(first)?),
        epoch_n: r.get(first + 1)?,
        confidence: r.get(first + 2)?,
        finished: r.get(first + 3)?,
        held: r.get(first + 4)?,
    })
}

/// The four columns of how a decision's item was found, from the first of them.
fn found(r: &Row<'_>, first: usize) -> Result<Option<Found>> {
    let Some(order) = r.get::<_, Option<String>>(first)? else { return Ok(None) };
    let order = word("decision.found_order", &order, &Order::ALL, Order::as_str)?;
    Ok(Some(Found { order, filtered: r.get(first + 1)?, picked: r.get(first + 2)?, bulk: r.get(first + 3)? }))
}
