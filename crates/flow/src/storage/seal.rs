//! Seals: the hash of what never changes about an item, a draft and a decision, kept in the row as it is written.
//!
//! Invariant: a sealed row whose columns are not what they were is found, whatever pages and indexes say: `integrity_check` knows nothing
//! of what a text should be.

use super::Conn;
use crate::error::Result;
use rusqlite::functions::{Context, FunctionFlags};
use rusqlite::types::ValueRef;
use sha2::{Digest, Sha256};

/// Columns of a row that never change.
pub(crate) const ITEM: &str = "uid, use_case, source, request_key, external_id, request_sha256, fields, audience, slice, created_at";
pub(crate) const DRAFT: &str =
    "item, n, drafter_version, seed, hint, prompt_sha256, text, tokens, confidence, prompt_tokens, output_tokens, ttft_us, tpot_us, stop,
  route_outcome, route_reason, route_level, route_threshold, created_at, route_words, route_hold, check_probability, check_drawn, compute_us,
  features, raw_confidence, calibrator, label_scores, parent, branch_at";
pub(crate) const DECISION: &str =
    "item, draft, lease_epoch, made_by, actor, verdict, text, reasons, note, edit_distance, viewed_ms, level, at,
  found_order, found_filtered, found_picked, found_bulk, corrects";

/// Makes `sealed(…)` known to a connection.
pub(super) fn register(c: &Conn) -> Result<()> {
    let flags = FunctionFlags::SQLITE_UTF8 | FunctionFlags::SQLITE_DETERMINISTIC | FunctionFlags::SQLITE_INNOCUOUS;
    Ok(c.create_scalar_function("sealed", -1, flags, |values| Ok(hash(values).to_vec()))?)
}

/// The first half of the SHA-256 of the values, each with its kind and length.
fn hash(values: &Context<'_>) -> [u8; 16] {
    let mut sha = Sha256::new();
    let mut put = |kind: u8, bytes: &[u8]| {
        sha.update([kind]);
        sha.update((bytes.len() as u64).to_le_bytes());
        sha.update(bytes);
    };
    for n in 0..values.len() {
        match values.get_raw(n) {
            ValueRef::Null => put(0, &[]),
            ValueRef::Integer(number) => put(1, &number.to_le_bytes()),
            ValueRef::Real(number) => put(2, &number.to_bits().to_le_bytes()),
            ValueRef::Text(text) => put(3, text),
            ValueRef::Blob(bytes) => put(4, bytes),
        }
    }
    let whole = sha.finalize();
    let mut half = [0; 16];
    half.copy_from_slice(&whole[..16]);
    half
}

/// Rows that are not what was sealed, at most 100 of each kind.
pub(super) fn faults(c: &Conn) -> Result<Vec<String>> {
    let mut found = Vec::new();
    for (table, columns, item) in [("item", ITEM, "id"), ("draft", DRAFT, "item"), ("decision", DECISION, "item")] {
        let mut query =
            c.prepare(&format!("SELECT id, {item} FROM {table} WHERE seal IS NOT NULL AND seal <> sealed({columns}) LIMIT 100"))?;
        let rows = query.query_map([], |r| Ok((r.get::<_, i64>(0)?, r.get::<_, i64>(1)?)))?;
        for row in rows {
            let (id, item) = row?;
            let what = if table == "item" { format!("item {id}") } else { format!("{table} {id} of item {item}") };
            found.push(format!("{what} is not what was written: a part of the file has changed since; put back a backup from before"));
        }
    }
    Ok(found)
}
