//! How SQLite goes about what is asked for every draft and every delivery: by an index, however many rows there are.

use super::open;
use crate::clock::Millis;

fn steps(sql: &str) -> Vec<String> {
    let folder = tempfile::TempDir::new().unwrap();
    let c = open(folder.path(), Millis(0)).unwrap();
    let mut query = c.prepare(&format!("EXPLAIN QUERY PLAN {sql}")).unwrap();
    let unset = vec![rusqlite::types::Null; query.parameter_count()];
    query.query_map(rusqlite::params_from_iter(unset), |r| r.get(3)).unwrap().collect::<Result<_, _>>().unwrap()
}

fn check(sql: &str, index: &str) {
    let steps = steps(sql);
    assert!(steps.iter().any(|step| step.contains(index)), "{index} is not used: {steps:#?}");
    // What an inner query was cut down to may be read whole.
    let whole = |step: &String| step.starts_with("SCAN") && !step.starts_with("SCAN (subquery");
    assert!(!steps.iter().any(whole), "nothing is read from end to end: {steps:#?}");
}

#[test]
fn what_is_asked_for_every_draft_and_delivery_goes_by_an_index() {
    check(include_str!("delivery/next_due.sql"), "delivery_due");
    check(include_str!("gate/approved_by_policy.sql"), "decision_by_policy (at>?)");
    check(include_str!("epoch/epochs.sql"), "decision_by_epoch (epoch=?)");
    check(super::evidence::JUDGED, "decision_by_epoch (epoch=?)");
    check(include_str!("audit/in_slice.sql"), "audit_by_slice (epoch=? AND kind=? AND slice=?)");
    check(include_str!("audit/waiting.sql"), "audit_due (due_at>?)");
    check(include_str!("audit/missing.sql"), "audit_due (due_at<?)");
    check(include_str!("audit/released.sql"), "decision_by_epoch (epoch=?)");
    check(include_str!("delivery/alone_failing.sql"), "delivery_failing (failed_since<?)");
    check(include_str!("notice/claim.sql"), "notice_due");
    check("SELECT id FROM watch WHERE use_case = ?1 ORDER BY id DESC LIMIT 1", "watch_by_use_case (use_case=?)");
    check("SELECT id FROM epoch WHERE use_case = ?1 ORDER BY n DESC LIMIT 1", "sqlite_autoindex_epoch_1 (use_case=?)");
    check("SELECT id FROM hold_rules WHERE use_case = ?1 ORDER BY n DESC LIMIT 1", "sqlite_autoindex_hold_rules_1 (use_case=?)");
}

#[test]
fn the_next_delivery_is_claimed_from_the_list_of_open_ones() {
    let steps = steps(include_str!("delivery/claim.sql"));
    assert!(steps.iter().any(|step| step.contains("USING INDEX delivery_due")), "{steps:#?}");
    assert!(!steps.iter().any(|step| step.contains("TEMP B-TREE")), "the first one that is due ends the search: {steps:#?}");
}
