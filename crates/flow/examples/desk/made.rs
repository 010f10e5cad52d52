//! A use case with so many items, as the program would have written them.
//!
//! Invariant: what follows from the rows (counts, piles) is computed by the program itself when they are there.

use crate::Done;
use crate::words::{self, Random};
use flow::testing::{ScriptedDrafter, admin, use_case_input};
use flow::use_case::{Audience, Sink, SinkKind, UseCaseInput};
use flow::{Clock, Desk, UseCaseId};
use rusqlite::{Connection, params};
use std::path::Path;

pub fn make(folder: &Path, items: i64) -> Done<UseCaseId> {
    if folder.exists() {
        std::fs::remove_dir_all(folder)?;
    }
    std::fs::create_dir_all(folder)?;
    let desk = Desk::open(folder, Clock::system())?;
    let file = folder.join("scripted.gguf");
    std::fs::write(&file, b"script")?;
    let model = desk.add_model(&ScriptedDrafter::echo(0.9), &file, flow::library::ModelSource::Imported, &admin())?;
    let sink = Sink { kind: SinkKind::Outbox, path: folder.join("outbox.jsonl").display().to_string(), audience: None };
    let input = UseCaseInput { model: Some(model.id), sinks: vec![sink], audience: Audience::Internal, ..use_case_input() };
    let case = desk.save_use_case(&admin(), None, &input)?.id;
    drop(desk);
    let c = Connection::open(folder.join("gait.db"))?;
    c.execute_batch("PRAGMA foreign_keys = OFF; PRAGMA synchronous = OFF; PRAGMA cache_size = -400000; PRAGMA temp_store = MEMORY")?;
    let triggers = without_triggers(&c)?;
    let (chunk, now) = (50_000, Clock::system().now().0);
    for first in (1..=items).step_by(chunk) {
        c.execute_batch("BEGIN")?;
        fill(&c, first, items.min(first + chunk as i64 - 1), items, now)?;
        c.execute_batch("COMMIT")?;
        eprint!("\r  {} of {items}", items.min(first + chunk as i64 - 1));
    }
    eprintln!("; counting them");
    c.execute_batch(&triggers)?;
    c.execute_batch(
        "INSERT INTO item_count SELECT use_case, state, count(*) FROM item GROUP BY 1, 2 ON CONFLICT DO UPDATE SET n = excluded.n",
    )?;
    drop(c);
    Desk::open(folder, Clock::system())?.repair()?;
    let c = Connection::open(folder.join("gait.db"))?;
    c.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))?;
    std::fs::write(folder.join("made"), items.to_string())?;
    Ok(case)
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

const SLICES: [Option<&str>; 8] =
    [Some("billing"), Some("returns"), Some("returns"), Some("shipping"), Some("shipping"), Some("shipping"), Some("other"), None];

/// Two in three wait for a person, one in six is decided; the others wait for a draft, for an admin, or failed. One in twenty is urgent, one
/// in two thousand is of a rare slice.
fn fill(c: &Connection, first: i64, last: i64, items: i64, now: i64) -> Done<()> {
    let mut item = c.prepare(
        "INSERT INTO item (id, uid, use_case, source, request_key, request_sha256, fields, audience, slice, priority, state, draft, confidence, attempts, created_at, updated_at)
         VALUES (?1, ?2, 1, ?3, ?1, printf('%064x', ?1), json_array(json_object('name', 'message', 'value', ?4)), 'internal', ?5, ?6, ?7, ?8, ?9, 1, ?10, ?10)",
    )?;
    let mut request = c.prepare("INSERT INTO item_text (rowid, body) VALUES (?1, char(10) || ?2 || char(10))")?;
    let mut said = c.prepare("INSERT INTO said_text (rowid, body) VALUES (?1, ?2 || char(10))")?;
    let mut draft = c.prepare(
        "INSERT INTO draft (id, item, n, drafter_version, seed, prompt_sha256, text, tokens, confidence, prompt_tokens, output_tokens, ttft_us, tpot_us, stop,
           route_outcome, route_reason, route_level, route_threshold, created_at, route_words, epoch, compute_us)
         VALUES (?1, ?1, 1, 1, ?1, '0', ?2, '[{\"id\":1,\"text\":\"It\",\"logprob\":-0.1,\"alternatives\":[],\"entropy\":0.2,\"micros\":900}]', ?3, 300, 60,
           120000, 9000, 'end', 'review', 'not_confident', ?4, 0.8, ?5, '', 1, 700000)",
    )?;
    let mut decision = c.prepare(
        "INSERT INTO decision (item, draft, lease_epoch, made_by, actor, verdict, text, reasons, edit_distance, viewed_ms, level, at, epoch, charter)
         VALUES (?1, ?1, 1, 'person', ?2, ?3, ?4, '[]', 0.1, 9000, 'crawl', ?5, 1, 1)",
    )?;
    let mut event = c.prepare("INSERT INTO event (at, actor, kind, use_case, item) VALUES (?1, 'gait', 'received', 1, ?2)")?;
    for i in first..=last {
        let mut random = Random::new(u64::try_from(i)?);
        let at = now - 86_400_000 - (items - i) * 30_000;
        let words = words::request(&mut random, i);
        let kind = random.below(100);
        let state = match kind {
            0..67 => "in_review",
            67..80 => "delivered",
            80..83 => "rejected",
            83..95 => "received",
            95..98 => "escalated",
            _ => "failed",
        };
        let drafted = !matches!(state, "received" | "failed");
        let confidence = drafted.then(|| 0.2 + random.below(800_000) as f64 / 1e6);
        let slice = if random.below(2_000) == 0 { Some("rare") } else { SLICES[usize::try_from(random.below(8))?] };
        let source = ["file", "file", "mail", "chat"][usize::try_from(random.below(4))?];
        let priority = if random.below(20) == 0 { i64::try_from(random.below(9))? } else { 0 };
        let uid = format!("0190{i:08x}-0000-7000-8000-{:012x}", random.below(1 << 48));
        item.execute(params![i, uid, source, words, slice, priority, state, drafted.then_some(i), confidence, at])?;
        request.execute(params![i, words])?;
        event.execute(params![at, i])?;
        if let Some(confidence) = confidence {
            let text = words::draft(&mut random, i);
            draft.execute(params![i, text, confidence, if i * 10 < items * 6 { "crawl" } else { "walk" }, at + 60_000])?;
            said.execute(params![2 * i, text])?;
        }
        if matches!(state, "delivered" | "rejected") {
            let verdict = match (state, random.below(8)) {
                ("rejected", _) => "reject",
                (_, 0) => "edit",
                (_, _) => "approve",
            };
            let text = (verdict == "edit").then(|| format!("{} It was edited.", words::draft(&mut random, i)));
            decision.execute(params![i, ["Ada", "Ben"][usize::try_from(i % 2)?], verdict, text, at + 3_600_000])?;
            if let Some(text) = text {
                said.execute(params![2 * i + 1, text])?;
            }
        }
    }
    Ok(())
}
