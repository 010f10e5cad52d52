//! K6: a single bit that changed in the file is named, with the row, or the file is refused; what `integrity_check` alone sees of it is
//! printed beside.

use super::{case_of, decide, draft, open, take};
use flow::{Clock, Desk};
use std::path::Path;
use tempfile::TempDir;

fn amount(otherwise: u64) -> u64 {
    std::env::var("GAIT_FLIPS").map_or(otherwise, |text| text.parse().unwrap())
}

/// What never changes of items, drafts and decisions, as text; the reason where it cannot be read.
fn content(path: &Path) -> Result<String, rusqlite::Error> {
    let c = rusqlite::Connection::open_with_flags(path, rusqlite::OpenFlags::SQLITE_OPEN_READ_ONLY)?;
    let mut text = String::new();
    for columns in [
        "uid, request_key, external_id, fields, audience, slice, created_at FROM item",
        "item, n, seed, prompt_sha256, text, tokens, confidence, route_reason, created_at FROM draft",
        "item, draft, actor, verdict, text, reasons, note, level, at FROM decision",
    ] {
        let mut query = c.prepare(&format!("SELECT {columns} ORDER BY rowid"))?;
        let width = query.column_count();
        let mut rows = query.query([])?;
        while let Some(row) = rows.next()? {
            for n in 0..width {
                text.push_str(&format!("{:?}|", row.get_ref(n)?));
            }
        }
    }
    Ok(text)
}

fn integrity_is_ok(path: &Path) -> bool {
    let look = || -> rusqlite::Result<String> {
        let c = rusqlite::Connection::open_with_flags(path, rusqlite::OpenFlags::SQLITE_OPEN_READ_ONLY)?;
        c.query_row("PRAGMA integrity_check(1)", [], |r| r.get(0))
    };
    look().is_ok_and(|found| found == "ok")
}

/// What Gait says of a file: nothing where it finds nothing.
fn said(folder: &Path) -> Vec<String> {
    match Desk::open(folder, Clock::system()).and_then(|desk| desk.examine()) {
        Ok(found) => found.into_iter().filter(|found| !found.ok).map(|found| found.what).collect(),
        Err(e) => vec![e.to_string()],
    }
}

fn flipped(flips: u64) {
    let folder = TempDir::new().unwrap();
    let (desk, _) = open(folder.path());
    let case = case_of(&desk);
    take(&desk, case, 0..60);
    draft(&desk);
    while decide(&desk, case) {}
    drop(desk);
    let whole = std::fs::read(folder.path().join("gait.db")).unwrap();
    let before = content(&folder.path().join("gait.db")).unwrap();
    let (mut state, mut changed, mut by_integrity, mut by_gait, mut named) = (0x2545_f491_4f6c_dd1d_u64, 0, 0, 0, 0);
    for _ in 0..flips {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        let mut bytes = whole.clone();
        let bit = usize::try_from(state % (whole.len() as u64 * 8)).unwrap();
        bytes[bit / 8] ^= 1 << (bit % 8);
        let place = TempDir::new().unwrap();
        let path = place.path().join("gait.db");
        std::fs::write(&path, &bytes).unwrap();
        std::fs::copy(folder.path().join("scripted.gguf"), place.path().join("scripted.gguf")).unwrap();
        let after = content(&path);
        let is_integral = integrity_is_ok(&path);
        let said = said(place.path());
        // The model's path is of the other folder, so what is said of it does not count.
        let said: Vec<_> = said.into_iter().filter(|what| !what.starts_with("model ")).collect();
        if after.as_ref().is_ok_and(|after| *after == before) {
            continue;
        }
        changed += 1;
        by_integrity += u64::from(!is_integral);
        by_gait += u64::from(!said.is_empty());
        named += u64::from(said.iter().any(|what| what.contains("is not what was written")));
        assert!(!said.is_empty(), "bit {bit} changed what was kept, and nothing is said of it");
    }
    println!("{flips} flips, {changed} changed what was kept: integrity_check saw {by_integrity}, Gait {by_gait}, {named} by row");
    assert!(changed > flips / 20, "enough of them hit something: {changed}");
    assert!(named > 0 && by_integrity < changed, "what integrity_check does not see is named by its row: {named} of {changed}");
}

#[test]
fn k6_a_bit_that_changed_is_named() {
    flipped(60);
}

#[test]
#[ignore = "cargo xtask proof flips"]
fn flips_of_single_bits() {
    flipped(amount(1_000));
}
