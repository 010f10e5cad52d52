//! A use case with so many decided items, as the program would have written them.
//!
//! Invariant: the texts are those that the writer alone is measured with (`gait-datasets`), so that the two can be compared.

#[path = "../../../datasets/tests/invented/mod.rs"]
mod invented;

use crate::Done;
use datasets::{Example, Verdict};
use rusqlite::{Connection, params};
use std::path::Path;

/// Behind the items that the sample has of itself.
const FIRST: i64 = 1_000;
const CHUNK: i64 = 50_000;

/// Fills the sample's use case. What counts rows (piles, the page) is left as it was: nothing that is measured reads it.
pub fn fill(folder: &Path, decisions: i64) -> Done<()> {
    let c = Connection::open(folder.join("gait.db"))?;
    c.execute_batch("PRAGMA foreign_keys = OFF; PRAGMA synchronous = OFF; PRAGMA cache_size = -400000; PRAGMA temp_store = MEMORY")?;
    let triggers = without_triggers(&c)?;
    for first in (0..decisions).step_by(usize::try_from(CHUNK)?) {
        c.execute_batch("BEGIN")?;
        rows(&c, first, decisions.min(first + CHUNK))?;
        c.execute_batch("COMMIT")?;
        eprint!("\r  {} of {decisions}", decisions.min(first + CHUNK));
    }
    eprintln!();
    c.execute_batch("INSERT OR REPLACE INTO reviewer SELECT actor, max(at) FROM decision WHERE made_by = 'person' GROUP BY actor")?;
    c.execute_batch(&triggers)?;
    c.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))?;
    Ok(())
}

/// Takes all triggers away, and gives what brings them back.
fn without_triggers(c: &Connection) -> Done<String> {
    let mut query = c.prepare("SELECT name, sql FROM sqlite_schema WHERE type = 'trigger'")?;
    let all: Vec<(String, String)> = query.query_map([], |r| Ok((r.get(0)?, r.get(1)?)))?.collect::<Result<_, _>>()?;
    for (name, _) in &all {
        c.execute_batch(&format!("DROP TRIGGER {name}"))?;
    }
    Ok(all.into_iter().map(|(_, sql)| format!("{sql};\n")).collect())
}

/// What was drafted, what a person said of it, and in which words.
fn said(example: &Example) -> (&str, &'static str, Option<&str>) {
    match &example.verdict {
        Verdict::Approve { draft } => (draft, "approve", None),
        Verdict::Edit { draft, edited } => (draft, "edit", Some(edited)),
        Verdict::Reject { draft } => (draft, "reject", None),
        // The choice is not measured; its better draft was approved.
        Verdict::Compare { chosen, .. } => (chosen, "approve", None),
    }
}

fn rows(c: &Connection, first: i64, last: i64) -> Done<()> {
    let mut item = c.prepare(
        "INSERT INTO item (id, uid, use_case, source, request_key, request_sha256, fields, audience, slice, priority, state, draft, confidence, attempts, created_at, updated_at)
         VALUES (?1, ?2, 1, 'bench', ?1, printf('%064x', ?1), ?3, 'external', ?4, 0, ?5, ?1, 0.9, 1, ?6, ?6)",
    )?;
    let mut draft = c.prepare(
        "INSERT INTO draft (id, item, n, drafter_version, seed, prompt_sha256, text, tokens, confidence, prompt_tokens, output_tokens, ttft_us, tpot_us, stop,
           route_outcome, route_reason, route_level, route_threshold, created_at, route_words, epoch, compute_us)
         VALUES (?1, ?1, 1, (SELECT max(id) FROM drafter_version), ?1, '0', ?2, '[]', 0.9, 300, 60, 120000, 9000, 'end', 'review', 'not_confident', 'crawl',
           0.8, ?3, '', (SELECT max(id) FROM epoch), 700000)",
    )?;
    let mut decision = c.prepare(
        "INSERT INTO decision (id, item, draft, lease_epoch, made_by, actor, verdict, text, reasons, edit_distance, viewed_ms, level, at, epoch, charter)
         VALUES (?1, ?1, ?1, 1, 'person', ?2, ?3, ?4, ?5, ?6, ?7, 'crawl', ?8, (SELECT max(id) FROM epoch), 1)",
    )?;
    for n in first..last {
        let example = invented::example(u64::try_from(n)?);
        let (id, at) = (FIRST + n, 1_795_000_000_000 - (1_000_000 - n) * 30_000);
        let field = |name: &str, value: &str| serde_json::json!({ "name": name, "value": value });
        let asked = example.prompt.first().map_or("", |message| message.content.as_str());
        let customer = example.groups.first().map_or("", |group| group.value.as_str());
        let name = example.fields.first().map_or("", |field| field.value.as_str());
        let fields = serde_json::Value::from(vec![field("message", asked), field("name", name), field("customer", customer)]).to_string();
        let (text, verdict, edited) = said(&example);
        let state = if verdict == "reject" { "rejected" } else { "delivered" };
        item.execute(params![id, format!("0190{id:08x}-0000-7000-8000-{n:012x}"), fields, example.meta.get("slice"), state, at])?;
        draft.execute(params![id, text, at + 1_000])?;
        let reasons = serde_json::to_string(&example.reasons)?;
        // One in ten is decided faster than it can be read.
        let viewed = if n % 10 == 0 { 300 } else { 60_000 };
        let distance = if edited.is_some() { 0.2 } else { 0.0 };
        decision.execute(params![id, format!("Reviewer {}", n % 5), verdict, edited, reasons, distance, viewed, at + 60_000])?;
    }
    Ok(())
}
