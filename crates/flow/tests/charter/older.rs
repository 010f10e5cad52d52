//! Databases of versions before.

use flow::audit::State as AuditState;
use flow::charter::Charter;
use flow::clock::Clock;
use flow::deliver::Delivered;
use flow::item::State;
use flow::review::{DecisionInput, Found, Order, Verdict};
use flow::testing::admin;
use flow::testing::reviewer;
use flow::use_case::{Audience, Level, Sink, SinkKind};
use flow::{Desk, Error, ItemId, Millis};
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

#[test]
fn what_was_on_its_way_in_version_4_goes_on_in_each_state() {
    let folder = TempDir::new().unwrap();
    let old = rusqlite::Connection::open(folder.path().join("gait.db")).unwrap();
    for sql in [
        include_str!("../../../../migrations/0001_initial.sql"),
        include_str!("../../../../migrations/0002_model_facts.sql"),
        include_str!("../../../../migrations/0003_charter_and_gate.sql"),
        include_str!("../../../../migrations/0004_evidence.sql"),
        include_str!("older4.sql"),
    ] {
        old.execute_batch(sql).unwrap();
    }
    let outbox = folder.path().join("box.jsonl");
    old.execute("UPDATE sink SET path = ?1", [outbox.display().to_string()]).unwrap();
    drop(old);
    let (clock, hand) = Clock::by_hand(Millis(1_000_000));
    let desk = Desk::open(folder.path(), clock).unwrap();
    let case = desk.use_cases().unwrap().remove(0);
    let wrong = || -> Vec<String> {
        desk.examine().unwrap().into_iter().filter(|f| !f.ok && !f.what.starts_with("model")).map(|f| f.what).collect()
    };
    assert_eq!(wrong(), ["delivery: no room"]);
    assert_eq!((case.level, case.input.audience, case.input.check_share), (Level::Walk, Audience::Internal, 0.01));
    assert_eq!(case.input.sinks, [Sink { kind: SinkKind::Outbox, path: outbox.display().to_string(), audience: None }]);
    let epoch = desk.epoch(case.id).unwrap();
    assert_eq!((epoch.n, epoch.attempt, epoch.charter_n, epoch.key.gold_share, epoch.key.falls), (4, 3, 2, 0.0, 0));
    assert!(epoch.key.calibrator.is_none() && epoch.ladders.is_empty());
    let counts = |state| desk.use_case(case.id).unwrap().counts.of(state);
    let states = [
        State::Received,
        State::Drafting,
        State::InReview,
        State::Escalated,
        State::Approved,
        State::Delivered,
        State::Failed,
        State::Rejected,
    ];
    assert_eq!(states.map(counts), [1, 1, 3, 1, 2, 2, 1, 1]);
    let overview = desk.overview(case.id).unwrap();
    assert_eq!(overview.days.iter().map(|day| day.decided).sum::<i64>(), 3, "what stands and a person decided");
    assert_eq!(desk.level_moves(case.id).unwrap().iter().map(|m| (m.cause, m.out_since.len())).collect::<Vec<_>>(), [(None, 0); 3]);
    for moved in desk.level_moves(case.id).unwrap() {
        assert!(desk.move_report(moved.id).unwrap().audits.is_none(), "nothing is said of what was not kept");
    }
    assert_eq!(desk.open_item(ItemId(3), &reviewer()).unwrap().typed.as_deref(), Some("half a text"));

    // What a pause holds stays; what a person approved goes out.
    while desk.deliver_one().unwrap() == Delivered::Done {}
    let lines = || std::fs::read_to_string(&outbox).unwrap_or_default().lines().count();
    assert_eq!((lines(), counts(State::Approved)), (1, 1));
    desk.resume(&admin(), case.id).unwrap();
    while desk.deliver_one().unwrap() == Delivered::Done {}
    assert_eq!((lines(), counts(State::Approved), counts(State::Delivered)), (2, 0, 4));
    let audits = desk.audits(case.id).unwrap();
    assert_eq!(
        (audits.open, audits.released, audits.brake.on, audits.stream.len()),
        (0, 0, false, 0),
        "it was let out undrawn, in an older epoch"
    );
    assert!(desk.watch_levels(&flow::model::Cancel::default()).unwrap().is_empty(), "there is nothing to lower a level for");

    // What was drawn for a check is decided as before, and speaks for no watch of the present epoch; what is out can be corrected.
    let decide = |item: i64, verdict| {
        let view = desk.open_item(ItemId(item), &admin()).unwrap();
        let input = DecisionInput {
            item: view.item.id,
            epoch: view.lease.unwrap().epoch,
            draft: view.drafts[0].id,
            verdict,
            text: None,
            reasons: Vec::new(),
            note: None,
            viewed: Duration::from_secs(9),
            found: Found::next(Order::Oldest),
        };
        desk.decide(&input, &admin()).unwrap()
    };
    assert_eq!(decide(4, Verdict::Reject).level_fell, None);
    assert!(!desk.audits(case.id).unwrap().brake.on);
    assert_eq!(desk.undo(case.id, &admin()).unwrap().view.item.id, ItemId(4));
    decide(5, Verdict::Approve);
    desk.correct(ItemId(8), "Another text.", None, &admin()).unwrap();
    hand.advance(Duration::from_secs(11));
    while desk.deliver_one().unwrap() == Delivered::Done {}
    let written = std::fs::read_to_string(&outbox).unwrap();
    assert_eq!((lines(), written.matches(r#""corrects":"msg_4""#).count()), (4, 1));
    assert!(matches!(desk.correct(ItemId(11), "x", None, &admin()), Err(Error::Stale { .. })), "nothing of it went out");
    assert!(desk.audits(case.id).unwrap().stream.iter().all(|row| row.state == AuditState::Open));
    desk.move_level(case.id, Level::Crawl, "", &admin()).unwrap();
    assert_eq!(wrong(), Vec::<String>::new());
}
