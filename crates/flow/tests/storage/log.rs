//! K14: a log that was changed by something else than Gait is found out, whatever was done to it.

use super::{case_of, decide, draft, open, take};
use flow::{Clock, Desk};
use rusqlite::Connection;
use rusqlite::functions::{Context, FunctionFlags};
use rusqlite::types::ValueRef;
use sha2::{Digest, Sha256};
use std::path::Path;
use tempfile::TempDir;

/// As whoever has the file can write it: what keeps a log append-only is taken away, and hashes are known.
fn hand(folder: &Path) -> Connection {
    let c = Connection::open(folder.join("gait.db")).unwrap();
    let flags = FunctionFlags::SQLITE_UTF8 | FunctionFlags::SQLITE_INNOCUOUS;
    c.create_scalar_function("sealed", -1, flags, |values| sealed(values)).unwrap();
    let triggers: Vec<String> = {
        let mut query = c.prepare("SELECT name FROM sqlite_schema WHERE type = 'trigger'").unwrap();
        query.query_map([], |r| r.get(0)).unwrap().map(Result::unwrap).collect()
    };
    triggers.iter().for_each(|name| c.execute_batch(&format!("DROP TRIGGER {name}")).unwrap());
    c.execute_batch("PRAGMA foreign_keys = OFF").unwrap();
    c
}

/// The first half of the SHA-256 of the values, each after a byte for its kind and its length in eight.
fn sealed(values: &Context<'_>) -> rusqlite::Result<Vec<u8>> {
    let mut sha = Sha256::new();
    for n in 0..values.len() {
        let (kind, bytes) = match values.get_raw(n) {
            ValueRef::Null => (0, Vec::new()),
            ValueRef::Integer(number) => (1, number.to_le_bytes().to_vec()),
            ValueRef::Real(number) => (2, number.to_bits().to_le_bytes().to_vec()),
            ValueRef::Text(text) => (3, text.to_vec()),
            ValueRef::Blob(bytes) => (4, bytes.to_vec()),
        };
        sha.update([kind]);
        sha.update((bytes.len() as u64).to_le_bytes());
        sha.update(bytes);
    }
    Ok(sha.finalize()[..16].to_vec())
}

/// The whole chain anew, so that it holds together.
const ANEW: &str = "CREATE TEMP TABLE anew AS SELECT id, NULL AS chain FROM event WHERE 0;
    INSERT INTO anew WITH RECURSIVE link(id, chain) AS (
      SELECT id, sealed(NULL, at, actor, kind, use_case, item, detail, decided) FROM event WHERE id = (SELECT min(id) FROM event)
      UNION ALL
      SELECT e.id, sealed(link.chain, e.at, e.actor, e.kind, e.use_case, e.item, e.detail, e.decided)
      FROM link JOIN event e ON e.id = (SELECT min(n.id) FROM event n WHERE n.id > link.id))
    SELECT * FROM link;
    UPDATE event SET chain = (SELECT chain FROM anew WHERE anew.id = event.id)";

const SEAL: &str = "sealed(item, draft, lease_epoch, made_by, actor, verdict, text, reasons, note, edit_distance, viewed_ms, level, at,
    found_order, found_filtered, found_picked, found_bulk, corrects)";

fn office() -> TempDir {
    let folder = TempDir::new().unwrap();
    let (desk, _) = open(folder.path());
    let case = case_of(&desk);
    take(&desk, case, 0..6);
    draft(&desk);
    for _ in 0..4 {
        assert!(decide(&desk, case));
    }
    folder
}

/// What is said of a folder: why it is refused, or what is wrong in it.
fn said(folder: &Path) -> String {
    match Desk::open(folder, Clock::system()).and_then(|desk| desk.examine()) {
        Ok(found) => found.into_iter().filter(|found| !found.ok).map(|found| found.what + "\n").collect(),
        Err(e) => format!("refused: {e}"),
    }
}

#[test]
fn k14_a_log_that_only_gait_wrote_holds_together() {
    let folder = office();
    assert_eq!(said(folder.path()), "");
    let c = hand(folder.path());
    let unlinked: i64 = c.query_row("SELECT count(*) FROM event WHERE chain IS NULL", [], |r| r.get(0)).unwrap();
    assert_eq!(unlinked, 0);
    c.execute_batch(ANEW).unwrap();
    drop(c);
    assert_eq!(said(folder.path()), "", "what this test makes anew is what Gait makes");
}

#[test]
fn k14_whatever_is_done_to_the_log_or_to_decisions_is_found() {
    let refused = "refused: ";
    let cases: [(&str, String, &str); 13] = [
        ("an entry is edited", "UPDATE event SET actor = 'Eve' WHERE id = 5".into(), "entry 5 of the log is not what was written"),
        ("an entry is taken out", "DELETE FROM event WHERE id = 5".into(), "entry 6 of the log is not what was written"),
        (
            "two change places",
            "UPDATE event SET id = -1 WHERE id = 5; UPDATE event SET id = 5 WHERE id = 6; UPDATE event SET id = 6 WHERE id = -1".into(),
            "entry 5 of the log is not what was written",
        ),
        ("one is put at the end", "INSERT INTO event (at, actor, kind) VALUES (1, 'Eve', 'approved')".into(), "of the log is not what was written"),
        (
            "one is put between two",
            "UPDATE event SET id = -id WHERE id > 5; INSERT INTO event (id, at, actor, kind) VALUES (6, 1, 'Eve', 'approved');
             UPDATE event SET id = 1 - id WHERE id < 0"
                .into(),
            refused,
        ),
        ("the end is cut off", "DELETE FROM event WHERE id > (SELECT max(id) - 3 FROM event)".into(), refused),
        ("all goes", "DELETE FROM event".into(), refused),
        ("it is no chain any more", "UPDATE event SET chain = NULL".into(), refused),
        ("one is edited and all hashes made anew", format!("UPDATE event SET actor = 'Eve' WHERE id = 5; {ANEW}"), refused),
        ("the end is cut off and all hashes made anew", format!("DELETE FROM event WHERE id > 12; {ANEW}"), refused),
        (
            "a decision is edited, and its seal with it",
            format!("UPDATE decision SET actor = 'Eve' WHERE id = 2; UPDATE decision SET seal = {SEAL} WHERE id = 2"),
            "of the log tells of is another one now, or gone",
        ),
        ("a decision is taken out", "DELETE FROM decision WHERE id = 2".into(), "of the log tells of is another one now, or gone"),
        (
            "a decision is put in",
            format!(
                "UPDATE decision SET undone_at = at, undone_by = 'Eve' WHERE id = 2;
                 INSERT INTO decision (item, draft, lease_epoch, made_by, actor, verdict, text, reasons, edit_distance, viewed_ms, level, at, found_order,
                   found_filtered, found_picked, found_bulk, epoch, charter)
                 SELECT item, draft, lease_epoch, made_by, 'Eve', 'approve', text, reasons, edit_distance, viewed_ms, level, at, found_order,
                   found_filtered, found_picked, found_bulk, epoch, charter FROM decision WHERE id = 2;
                 UPDATE decision SET seal = {SEAL} WHERE id = (SELECT max(id) FROM decision)"
            ),
            "the log knows nothing of decision",
        ),
    ];
    for (what, sql, words) in cases {
        let folder = office();
        let c = hand(folder.path());
        c.execute_batch(&sql).unwrap_or_else(|e| panic!("{what}: {e}"));
        drop(c);
        let said = said(folder.path());
        assert!(said.contains(words), "{what}: {words:?} is not in {said:?}");
        assert!(words != refused || said.contains("`gait.mark`"), "{what}: {said}");
    }
}

#[test]
fn k14_an_older_database_in_the_place_of_the_present_one_is_refused() {
    let folder = TempDir::new().unwrap();
    let (desk, _) = open(folder.path());
    let case = case_of(&desk);
    take(&desk, case, 0..3);
    drop(desk);
    let old = std::fs::read(folder.path().join("gait.db")).unwrap();
    let (desk, _) = open(folder.path());
    take(&desk, case, 3..6);
    drop(desk);
    std::fs::write(folder.path().join("gait.db"), old).unwrap();
    assert!(said(folder.path()).starts_with("refused: "));
}

#[test]
fn k14_who_says_so_goes_on_with_a_log_that_was_changed_and_its_new_entries_are_a_chain_again() {
    let folder = office();
    let c = hand(folder.path());
    c.execute_batch("DELETE FROM event WHERE id > (SELECT max(id) - 3 FROM event)").unwrap();
    drop(c);
    assert!(said(folder.path()).starts_with("refused: "));
    flow::backup::accept(folder.path(), super::START).unwrap();
    let (desk, _) = open(folder.path());
    take(&desk, flow::UseCaseId(1), 90..93);
    drop(desk);
    let said = said(folder.path());
    assert!(!said.contains("is not what was written"), "the chain goes on from what is there: {said}");
    assert!(said.contains("the log knows nothing of decision"), "and what is missing is still named: {said}");
}

#[test]
fn k14_a_log_that_is_cut_off_while_gait_has_it_open_is_written_to_no_more() {
    let folder = TempDir::new().unwrap();
    let (desk, _) = open(folder.path());
    let case = case_of(&desk);
    take(&desk, case, 0..3);
    let c = hand(folder.path());
    c.execute_batch(&format!("DELETE FROM event WHERE id > (SELECT max(id) - 2 FROM event); {ANEW}")).unwrap();
    drop(c);
    let why = desk.save_settings(&desk.settings().unwrap()).unwrap_err().to_string();
    assert!(why.contains("its log was changed by something else than Gait"), "{why}");
    drop(desk);
    assert!(said(folder.path()).starts_with("refused: "), "and the next start says so too");
}

#[test]
fn k14_an_entry_without_a_hash_at_the_end_makes_nothing_forgotten() {
    let folder = office();
    let c = hand(folder.path());
    c.execute_batch("INSERT INTO event (at, actor, kind) VALUES (1, 'Eve', 'approved')").unwrap();
    drop(c);
    assert!(said(folder.path()).contains("of the log is not what was written"));
    let c = hand(folder.path());
    c.execute_batch(&format!("DELETE FROM event WHERE actor = 'Eve'; UPDATE event SET actor = 'Eve' WHERE id = 5; {ANEW}")).unwrap();
    drop(c);
    assert!(said(folder.path()).starts_with("refused: "), "the entry before it is still known");
}
