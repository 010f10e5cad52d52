//! A database of the version before.

use flow::Desk;
use flow::charter::Charter;
use flow::clock::Clock;
use flow::review::{DecisionInput, Found, Order, Verdict};
use flow::testing::admin;
use std::time::Duration;
use tempfile::TempDir;

/// A database as the version before wrote it: two use cases, drafts, decisions by a person and by policy, one taken back.
fn older_database(folder: &std::path::Path) {
    let old = rusqlite::Connection::open(folder.join("gait.db")).unwrap();
    old.execute_batch(include_str!("../../../../migrations/0001_initial.sql")).unwrap();
    old.execute_batch(include_str!("../../../../migrations/0002_model_facts.sql")).unwrap();
    old.execute_batch(include_str!("older.sql")).unwrap();
    old.execute(
        "INSERT INTO level_move (use_case, level_from, level_to, made_by, actor, reason, evidence, at) VALUES (1, 'crawl', 'walk', 'person', 'Ada', 'it looked good', ?1, 5)",
        [r#"{"decided":9,"approved":9,"edited":0,"rejected":0,"recent_decided":0,"recent_accepted":0}"#],
    )
    .unwrap();
}

#[test]
fn a_database_with_decisions_is_brought_up_to_date_and_reads_back() {
    let folder = TempDir::new().unwrap();
    older_database(folder.path());
    let desk = Desk::open(folder.path(), Clock::system()).unwrap();
    let cases = desk.use_cases().unwrap();
    assert_eq!(cases.len(), 2);
    for case in &cases {
        let charter = desk.charter(case.id).unwrap();
        assert_eq!((charter.n, charter.charter), (1, Charter::first(case.input.audience)), "the default that new ones get");
        assert!(desk.hold_rules(case.id).unwrap().rules.is_empty(), "nothing is held that was not held before");
        let epoch = desk.epoch(case.id).unwrap();
        // The second one audited nothing, which is no more: that is another epoch.
        let (n, share) = if case.id.0 == 1 { (1, 0.1) } else { (2, 0.01) };
        assert_eq!((epoch.n, epoch.attempt, epoch.key.threshold), (n, 1, case.input.threshold));
        assert_eq!((case.input.check_share, epoch.key.check_share, epoch.key.falls), (share, share, 0));
        assert_eq!(epoch.key.drafter_version, case.drafter_version.as_ref().map(|v| v.id));
        assert_eq!(desk.switches(case.id).unwrap(), flow::gate::Switches { paused: None, cap_per_hour: None, out_last_hour: 0 });
    }
    let view = |id| desk.view_item(flow::ItemId(id), &admin()).unwrap();
    for id in [1, 2] {
        let (decision, _, _) = view(id).decision.unwrap();
        assert_eq!((decision.epoch, decision.charter), (1, 1), "what was decided before counts to the first epoch");
    }
    let draft = &view(1).drafts[0];
    assert_eq!((draft.epoch, draft.route.words.as_str(), draft.route.check, &draft.route.hold), (1, "", None, &None));
    let moves = desk.level_moves(cases[0].id).unwrap();
    assert_eq!((moves.len(), moves[0].evidence.decided, moves[0].overridden), (1, 9, false));
    assert!(moves[0].steps.is_empty(), "a raise asked for no evidence then");
    assert!(view(3).decision.is_none(), "taken back stays taken back");
    let wrong: Vec<String> =
        desk.examine().unwrap().into_iter().filter(|f| !f.ok && !f.what.starts_with("model")).map(|f| f.what).collect();
    assert_eq!(wrong, ["use case Empty: no model is chosen, nothing is drafted"]);
    // And work goes on from there.
    let person = admin();
    let open = desk.open_item(flow::ItemId(3), &person).unwrap();
    let input = DecisionInput {
        item: open.item.id,
        epoch: open.lease.unwrap().epoch,
        draft: open.drafts[0].id,
        verdict: Verdict::Reject,
        text: None,
        reasons: Vec::new(),
        note: None,
        viewed: Duration::from_secs(1),
        found: Found::next(Order::Oldest),
    };
    let decided = desk.decide(&input, &person).unwrap().decision;
    assert_eq!((decided.epoch, decided.charter), (1, 1));
    let mut input = cases[0].input.clone();
    input.threshold = 0.95;
    desk.save_use_case(&person, Some(cases[0].id), &input).unwrap();
    let epoch = desk.epoch(cases[0].id).unwrap();
    assert_eq!((epoch.n, epoch.attempt), (2, 2));
}
