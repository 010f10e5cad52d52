//! How SQLite goes about what is asked for every draft and every delivery: by an index, however many rows there are.

use super::open;
use crate::clock::Millis;
use crate::id::UseCaseId;
use crate::review::{Bins, Filter, Holder, Order, QueueQuery, Tab};
use crate::use_case::Level;

fn steps(sql: &str) -> Vec<String> {
    let folder = tempfile::TempDir::new().unwrap();
    let c = open(folder.path(), Millis(0), true).unwrap().conn;
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
    let next = steps(include_str!("delivery/next_due.sql"));
    for index in ["delivery_of_sink (sink=? AND not_before>?)", "delivery_sending (sink=?)"] {
        assert!(next.iter().any(|step| step.contains(index)), "{next:#?}");
    }
    assert!(!next.iter().any(|step| step.contains("SCAN d") || step.contains("SCAN w")), "{next:#?}");
    assert_eq!(
        steps(include_str!("delivery/trouble.sql"))[0],
        "SCAN delivery USING INDEX delivery_of_sink",
        "the list of the few that are open"
    );
    for sql in [include_str!("delivery/approved_without_sink.sql"), include_str!("delivery/next_kept.sql")] {
        let steps = steps(sql);
        assert!(steps.iter().any(|step| step.contains("item_by_state (use_case=? AND state=?)")), "{steps:#?}");
        assert!(steps.iter().any(|step| step.contains("decision_standing (item=?)")), "{steps:#?}");
        assert!(
            !steps.iter().any(|step| step.starts_with("SCAN") && step != "SCAN u"),
            "of all tables only that of the use cases: {steps:#?}"
        );
    }
    check(include_str!("gate/approved_by_policy.sql"), "decision_by_policy (at>?)");
    check(include_str!("epoch/epochs.sql"), "decision_by_epoch (epoch=?)");
    check(include_str!("audit/in_slice.sql"), "audit_by_slice (epoch=? AND kind=? AND slice=?)");
    check(include_str!("audit/waiting.sql"), "audit_due (due_at>?)");
    check(include_str!("audit/missing.sql"), "audit_due (due_at<?)");
    // The first open one of the epoch ends the search.
    assert_eq!(steps(super::audit::OLDEST_AUDIT)[0], "SCAN a USING INDEX audit_open_once");
    check(super::act::NEWEST_DONE, "act_done (use_case=? AND person=? AND id<?)");
    check(super::act::LAST_UNDONE, "act_undone (use_case=? AND person=?)");
    check(super::act::DONE_ON, "act_part_by_item (item=?)");
    check(include_str!("delivery/alone_failing.sql"), "delivery_failing (failed_since<?)");
    check("SELECT id FROM watch WHERE use_case = ?1 ORDER BY id DESC LIMIT 1", "watch_by_use_case (use_case=?)");
    check("SELECT id FROM epoch WHERE use_case = ?1 ORDER BY n DESC LIMIT 1", "sqlite_autoindex_epoch_1 (use_case=?)");
    check("SELECT id FROM hold_rules WHERE use_case = ?1 ORDER BY n DESC LIMIT 1", "sqlite_autoindex_hold_rules_1 (use_case=?)");
}

#[test]
fn what_is_known_of_reviewers_is_bounded() {
    check(super::seeded::ORIGINALS, "decision_by_epoch (epoch=?)");
    assert!(!steps(super::seeded::ORIGINALS).iter().any(|step| step.contains("TEMP B-TREE")), "{:#?}", steps(super::seeded::ORIGINALS));
    check(super::reviewers::LOOKED, "decision_by_epoch (epoch=? AND rowid>?)");
    check(super::reviewers::LOOKED_BY, "decision_by_actor (actor=? AND id>?)");
    for sql in [super::reviewers::LOOKED, super::reviewers::LOOKED_BY] {
        assert!(!steps(sql).iter().any(|step| step.contains("TEMP B-TREE")), "{:#?}", steps(sql));
    }
    assert!(steps(super::reviewers::PEOPLE).iter().any(|step| step.contains("decision_by_actor (actor=? AND id>?)")));
}

#[test]
fn what_waits_for_a_second_look_is_found_by_the_open_audits() {
    let steps = steps(include_str!("queue/audits.sql"));
    assert_eq!(steps[0], "SEARCH a USING INDEX audit_due (due_at>?)", "the list of those that are open");
    assert!(steps[1..].iter().all(|step| step.starts_with("SEARCH")), "{steps:#?}");
}

#[test]
fn a_page_of_the_queue_and_the_next_item_are_read_in_the_order_of_an_index() {
    use super::queue::{BINNED, HELD, NEWEST_DECIDED, next_rows};
    for (order, index) in [
        (Order::Priority, "item_piled_by_priority (pile=? AND priority"),
        (Order::LeastConfident, "item_piled_by_confidence (pile=? AND <expr>"),
        (Order::Oldest, "item_piled (pile=?"),
        (Order::Random, "item_piled_by_chance (pile=? AND <expr>"),
    ] {
        for sql in next_rows(order) {
            check(sql, &format!("SEARCH item USING COVERING INDEX {index}"));
            assert_eq!(steps(sql).len(), 1, "the index is in order: {:#?}", steps(sql));
        }
    }
    check(BINNED, "COVERING INDEX item_piled_by_confidence (pile=? AND <expr>>? AND <expr><?)");
    assert!(steps(HELD)[0].contains("USING INDEX item_held"), "{:#?}", steps(HELD));
    assert_eq!(steps(NEWEST_DECIDED), ["SCAN decision"], "from its newest end");
    for sql in [include_str!("queue/row.sql"), include_str!("queue/texts.sql"), include_str!("queue/free.sql")] {
        assert!(steps(sql).iter().all(|step| !step.starts_with("SCAN")), "{:#?}", steps(sql));
    }
}

#[test]
fn counts_of_the_queue_are_sums_over_piles_and_a_search_reads_its_finds_from_the_newest_end() {
    let filter = Filter {
        source: Some("a.csv".into()),
        confidence: Some(Bins { from: 3, to: 5 }),
        holder: Some(Holder::Nobody),
        level: Some(Level::Crawl),
    };
    let (use_case, slice) = (UseCaseId(1), Some("billing".into()));
    let query = QueueQuery { use_case, tab: Tab::Drafting, order: Order::Oldest, slice, text: String::new(), filter, offset: 0, limit: 1 };
    let (sql, _) = super::pile::of_query(&query);
    check(&sql, "sqlite_autoindex_pile_1 (use_case=? AND state=?");
    check(&sql, "SEARCH k USING PRIMARY KEY (pile=? AND bin>? AND bin<?)");
    for sql in [super::words::IN_REQUESTS, super::words::IN_SAID] {
        let steps = steps(sql);
        assert_eq!(steps.len(), 1, "the index itself is read backwards, nothing is sorted: {steps:#?}");
        assert!(steps[0].contains("VIRTUAL TABLE INDEX"), "{steps:#?}");
    }
}

#[test]
fn the_work_of_a_day_and_what_happened_are_not_sought_among_all_rows() {
    let day = steps(super::decision::NEWEST_OF);
    assert!(day.iter().any(|step| step.contains("decision_by_actor (actor=?)")), "{day:#?}");
    assert!(!day.iter().any(|step| step.contains("TEMP B-TREE")), "the newest ones end the search: {day:#?}");
    let hidden = steps(super::event::HOW_MANY_HIDDEN);
    assert!(hidden.iter().any(|step| step.contains("event_by_item (item=?)")), "{hidden:#?}");
}

#[test]
fn what_confidence_is_made_of_is_bounded() {
    check(include_str!("confidence/acceptance.sql"), "SEARCH d USING INTEGER PRIMARY KEY (rowid>?)");
    check(include_str!("confidence/labelled.sql"), "SEARCH d USING INTEGER PRIMARY KEY (rowid>?)");
    check(include_str!("confidence/scores.sql"), "draft_times (drafter_version=? AND id>?)");
    check("SELECT id FROM calibrator WHERE drafter_version = ?1 ORDER BY n DESC LIMIT 1", "calibrator_by_version (drafter_version=?)");
    for sql in
        [include_str!("confidence/labelled.sql"), include_str!("confidence/scores.sql"), include_str!("confidence/accepted_with.sql")]
    {
        assert!(!steps(sql).iter().any(|step| step.contains("TEMP B-TREE")), "it ends after so many: {:#?}", steps(sql));
    }
    let near = steps(include_str!("confidence/accepted_with.sql"));
    assert!(near[0].starts_with("SCAN t VIRTUAL TABLE INDEX"), "{near:#?}");
    assert!(near[1..].iter().all(|step| step.starts_with("SEARCH")), "each word's list is read from its newest end: {near:#?}");
}

#[test]
fn the_next_delivery_and_the_next_notice_are_claimed_from_the_lists_of_open_ones() {
    let notice = steps(include_str!("notice/claim.sql"));
    assert!(notice.iter().any(|step| step.contains("USING INDEX notice_due")), "{notice:#?}");
    assert!(!notice.iter().any(|step| step.contains("TEMP B-TREE")), "the first one that is due ends the search: {notice:#?}");
    let claim = steps(include_str!("delivery/claim.sql"));
    assert!(
        claim.iter().any(|step| step.contains("delivery_of_sink (sink=? AND not_before>? AND not_before<?)")
            || step.contains("delivery_of_sink (sink=? AND not_before<?)")),
        "{claim:#?}"
    );
    assert!(!claim.iter().any(|step| step.starts_with("SCAN d")), "what waits for others is not read: {claim:#?}");
    let sorted = claim.iter().filter(|step| step.contains("TEMP B-TREE")).count();
    assert!(sorted <= 1, "only the first ones of the sinks are put in order: {claim:#?}");
}

#[test]
fn what_evidence_is_made_of_goes_by_an_index() {
    use super::evidence::{BEHIND, OLDEST_OPEN, WAITING, WAITING_ASKED, copies_sql, in_order_sql};
    check(&in_order_sql(), "decision_in_order (epoch=? AND item>? AND item<?)");
    assert!(!steps(&in_order_sql()).iter().any(|step| step.contains("TEMP B-TREE")), "they come in the order of the index");
    check(&in_order_sql(), "item_by_request (use_case=? AND request_sha256=? AND rowid<?)");
    check(&copies_sql(), "item_by_request (use_case=? AND request_sha256=? AND rowid<?)");
    check(&copies_sql(), "decision_standing (item=?)");
    let waiting = steps(WAITING);
    assert!(waiting.iter().any(|step| step.contains("COVERING INDEX decision_in_order (epoch=? AND item>?)")), "{waiting:#?}");
    assert!(waiting.iter().any(|step| step.contains("seeded_by_epoch (epoch=?)")), "{waiting:#?}");
    check(WAITING_ASKED, "draft_asked (item>?)");
    check(WAITING_ASKED, "decision_standing (item=?)");
    check(OLDEST_OPEN, "item_open (use_case=?)");
    assert!(steps(BEHIND).iter().any(|step| step.contains("COVERING INDEX decision_in_order")), "{:#?}", steps(BEHIND));
}

#[test]
fn what_an_overview_shows_is_not_read_from_all_decisions() {
    let sorted = |sql: &str, index: &str| {
        check(sql, index);
        assert!(!steps(sql).iter().any(|step| step.contains("TEMP B-TREE FOR ORDER BY")), "it ends after so many: {:#?}", steps(sql));
    };
    sorted(super::decision::RESPONSE, "decision_by_epoch (epoch=?)");
    sorted(super::decision::IN_VIEW, "decision_in_order (epoch=?)");
    sorted(super::draft::TIMINGS, "COVERING INDEX draft_times (drafter_version=?)");
    check(super::count::DAYS, "day_count USING PRIMARY KEY (use_case=?)");
    check(super::count::VERSION_DAYS, "PRIMARY KEY (use_case=? AND day>?)");
}

#[test]
fn what_the_audits_show_is_counted_and_not_read() {
    let released = steps(include_str!("audit/released.sql"));
    for index in [
        "SEARCH k USING PRIMARY KEY (epoch=? AND block<?)",
        "decision_standing (item>? AND item<?)",
        "item_by_state (use_case=? AND state=?",
    ] {
        assert!(released.iter().any(|step| step.contains(index)), "{index}: {released:#?}");
    }
    assert!(!released.iter().any(|step| step.starts_with("SCAN d") || step.starts_with("SCAN i")), "{released:#?}");
    check(include_str!("audit/settled.sql"), "COVERING INDEX audit_settled (epoch=? AND kind=?)");
    check(include_str!("audit/stream.sql"), "audit_by_epoch (epoch=?)");
    for sql in [include_str!("audit/settled.sql"), include_str!("audit/stream.sql")] {
        assert!(!steps(sql).iter().any(|step| step.contains("TEMP B-TREE")), "{:#?}", steps(sql));
    }
}

#[test]
fn a_decision_is_counted_by_the_rows_that_it_concerns() {
    let c = open(tempfile::TempDir::new().unwrap().path(), Millis(0), true).unwrap().conn;
    let mut triggers = c.prepare("SELECT sql FROM sqlite_schema WHERE name = 'decision_counted_out'").unwrap();
    let sql: String = triggers.query_row([], |r| r.get(0)).unwrap();
    for update in sql.split_once("BEGIN").unwrap().1.split(';').filter(|part| part.contains("UPDATE")) {
        check(&update.replace("old.id", "?1"), "PRIMARY KEY");
        check(&update.replace("old.id", "?1"), "SEARCH d USING INTEGER PRIMARY KEY");
    }
}

#[test]
fn what_a_dataset_is_made_of_is_read_by_id() {
    use super::dataset::{CHOICES, DECISIONS_OF_ITEM, FACTS, WORDS};
    check(FACTS, "SEARCH d USING INTEGER PRIMARY KEY (rowid>?)");
    check(CHOICES, "SEARCH p USING INTEGER PRIMARY KEY (rowid>?)");
    check(WORDS, "SEARCH d USING INTEGER PRIMARY KEY (rowid=?)");
    check(DECISIONS_OF_ITEM, "decision_by_draft (draft=?)");
    check(include_str!("decision/judged_after.sql"), "SEARCH d USING INTEGER PRIMARY KEY (rowid>?)");
    for sql in [FACTS, CHOICES, include_str!("decision/judged_after.sql")] {
        assert!(!steps(sql).iter().any(|step| step.contains("TEMP B-TREE")), "a page ends where it is full: {:#?}", steps(sql));
    }
    check(super::dataset::PART, "sqlite_autoindex_dataset_part_1 (version=? AND source=? AND first<?)");
}

#[test]
fn what_others_follow_is_read_from_a_cursor_on() {
    use crate::feed::Wanted;
    check(&super::feed::list(Wanted::All), "SEARCH f USING INTEGER PRIMARY KEY (rowid>?)");
    check(&super::feed::list(Wanted::Deliveries), "feed_delivered (id>?)");
    check(&super::feed::list(Wanted::Open), "feed_open (id>?)");
    for wanted in [Wanted::All, Wanted::Deliveries, Wanted::Open] {
        let steps = steps(&super::feed::list(wanted));
        assert!(!steps.iter().any(|step| step.contains("TEMP B-TREE")), "a page ends where it is full: {steps:#?}");
    }
    check("SELECT 1 FROM token WHERE sha256 = ?1", "sqlite_autoindex_token_1 (sha256=?)");
    check(
        "DELETE FROM reply WHERE (token, key) IN (SELECT token, key FROM reply WHERE at < ?1 ORDER BY at LIMIT 4)",
        "reply_by_age (at<?)",
    );
}

#[test]
fn what_is_like_an_item_and_what_a_jumped_clock_left_are_found_by_an_index() {
    let like = steps(super::similar::ACCEPTED_WITH);
    assert!(like.iter().any(|step| step.contains("SCAN item_text VIRTUAL TABLE INDEX")), "the words' own index: {like:#?}");
    assert!(like.iter().any(|step| step.contains("decision_standing (item=?)")), "{like:#?}");
    assert!(!like.iter().any(|step| step.starts_with("SCAN") && !step.contains("VIRTUAL") && step != "SCAN t"), "{like:#?}");
    let newest = steps(super::similar::NEWEST);
    assert!(newest.iter().any(|step| step.contains("decision_by_epoch (epoch=?)")), "{newest:#?}");
    assert!(!newest.iter().any(|step| step.contains("TEMP B-TREE")), "read in its order, and no further than asked: {newest:#?}");
    check(super::item::CUT_CLAIMS, "item_claimed (lease_until>?)");
}
