//! Falls of a level, each with its cause.

use crate::{Office, office, walking};
use flow::allowed::Allowed;
use flow::automation::{Audited, Cause, LevelMove};
use flow::carrier::{Carrier, Handed, Letter, Order};
use flow::falls::Fell;
use flow::item::State;
use flow::notice::Kind;
use flow::review::{MadeBy, Tab, Verdict};
use flow::route::Reason;
use flow::testing::admin;
use flow::use_case::{Audience, Level, Sink, SinkKind};
use flow::{Error, ItemId, LevelMoveId};
use std::time::Duration;

const HOUR: Duration = Duration::from_secs(3600);

fn newest(o: &Office) -> LevelMove {
    o.desk.level_moves(o.case).unwrap().remove(0)
}

/// What every fall leaves behind.
fn check(o: &Office, cause: Cause, out_since: &[i64]) {
    let fall = newest(o);
    assert_eq!(
        (fall.cause, fall.by, fall.actor.as_str(), fall.from, fall.to),
        (Some(cause), MadeBy::Policy, "rule", Level::Walk, Level::Crawl)
    );
    assert_eq!(fall.out_since, out_since.iter().map(|id| ItemId(*id)).collect::<Vec<_>>());
    let out = o.desk.move_out_since(fall.id).unwrap();
    assert_eq!(out.iter().map(|out| out.item.0).collect::<Vec<_>>(), out_since);
    assert!(out.iter().all(|out| out.preview.starts_with("Where is parcel")));
    let epoch = o.desk.epoch(o.case).unwrap();
    assert_eq!((epoch.key.falls, epoch.why.as_str()), (1, "the level fell"), "old evidence does not buy the level back");
    assert_eq!(o.desk.evidence(o.case).unwrap().steps[0].all.counted, 0);
    let notice = o.desk.notices().unwrap().remove(0);
    assert_eq!((notice.level_move, notice.seen), (Some(fall.id), false));
    assert!(notice.words.starts_with("the level fell from walk to crawl: "), "{}", notice.words);
    assert_eq!(o.wrong(), Vec::<String>::new());
}

#[test]
fn drift_lowers_the_level_takes_back_what_has_not_left_and_lists_what_went_out_since() {
    let o = walking();
    o.send(2);
    o.clean(1);
    o.clean(2);
    o.send(4);
    o.take(1, 0.95);
    assert_eq!(o.count(State::Approved), 1, "one is on its way and can still be taken back");
    assert_eq!((o.bad(3).level_fell, o.bad(4).level_fell), (None, None));
    let third = o.bad(5);
    assert_eq!(third.level_fell, Some(Level::Crawl), "three bad ones in a row at ε 5 %");
    assert_eq!(o.level(), Level::Crawl);
    check(&o, Cause::Drift, &[3, 4, 5, 6]);
    let fall = newest(&o);
    assert_eq!(
        (fall.changed_item, fall.reason.as_str()),
        (Some(ItemId(3)), "it got worse: 3 bad ones since the change, of 5 judged in all")
    );
    assert!(fall.changed_at.is_some());
    let audited: Vec<_> = o.desk.move_out_since(fall.id).unwrap().iter().map(|out| out.audited).collect();
    assert_eq!(audited, [Some(Audited::Bad), Some(Audited::Bad), Some(Audited::Bad), Some(Audited::Open)]);
    assert_eq!((o.count(State::Approved), o.items(Tab::Waiting, &admin())), (0, vec![7]), "what was on its way waits for a person");
    assert_eq!(o.notices().last(), Some(&Kind::Fell));
    // What is still to be audited of before is judged, and counts for nothing any more.
    o.bad(6);
    assert_eq!(o.desk.level_moves(o.case).unwrap().len(), 2);
    assert!(matches!(o.desk.move_out_since(LevelMoveId(99)), Err(Error::NotFound { .. })));
    o.deliver();
    assert_eq!(crate::lines(&o.outbox).len(), 6, "the seventh did not leave");
}

#[test]
fn decisions_on_drafts_that_would_have_gone_out_alone_are_heard_as_audits_are() {
    let o = walking();
    o.desk.pause(&admin(), o.case, "odd").unwrap();
    o.take(4, 0.95);
    o.take(1, 0.3);
    let route = o.desk.view_item(ItemId(1), &admin()).unwrap().drafts[0].route.clone();
    assert_eq!(route.reason, Reason::Paused);
    assert_eq!(o.bad(5).level_fell, None, "a doubtful one would have waited anyway");
    assert_eq!((o.bad(1).level_fell, o.bad(2).level_fell), (None, None));
    o.desk.undo(o.case, &admin()).unwrap();
    assert_eq!(o.view().detector.unwrap().judged, 1, "what is taken back is untold");
    assert_eq!((o.bad(3).level_fell, o.bad(2).level_fell), (None, Some(Level::Crawl)));
    check(&o, Cause::Drift, &[]);
}

#[test]
fn overdue_audits_slow_the_stream_and_missing_ones_lower_the_level() {
    let o = walking();
    o.send(3);
    o.hand.advance(24 * HOUR);
    assert_eq!(o.watch(), []);
    o.hand.advance(HOUR);
    assert_eq!((o.view().overdue, o.watch()), (3, Vec::new()));
    assert_eq!(o.notices(), [Kind::AuditsOverdue]);
    o.watch();
    assert_eq!(o.notices().len(), 1, "once");
    o.take(60, 0.95);
    let (held, out) = (o.items(Tab::Waiting, &admin()), o.count(State::Approved));
    assert!((4..=30).contains(&out), "one in four goes out: {out} of 60");
    let route = o.desk.view_item(ItemId(held[0]), &admin()).unwrap().drafts[0].route.clone();
    assert_eq!((route.reason, route.words.as_str()), (Reason::AuditsOverdue, "3 audits are overdue: one in 4 goes out alone"));
    o.clean(2);
    o.hand.advance(22 * HOUR);
    assert_eq!(o.watch(), [], "not for as long again as they had");
    o.hand.advance(2 * HOUR);
    assert_eq!(o.watch(), [Fell { use_case: o.case, to: Level::Crawl, cause: Cause::AuditsMissing }]);
    let fall = newest(&o);
    assert_eq!((fall.changed_item, fall.out_since.len()), (Some(ItemId(1)), 3), "what was on its way was taken back");
    check(&o, Cause::AuditsMissing, &[1, 2, 3]);
    // Raised again, the same audits are no cause for another fall; the stream stays slow.
    o.desk.override_level(o.case, Level::Walk, "we catch up", &admin()).unwrap();
    o.hand.advance(48 * HOUR);
    assert_eq!((o.watch(), o.level()), (Vec::new(), Level::Walk));
    assert_eq!(o.view().overdue, 2);
    o.clean(1);
    o.clean(3);
    o.watch();
    o.send(1);
    o.hand.advance(25 * HOUR);
    o.watch();
    assert_eq!(o.notices().iter().filter(|kind| **kind == Kind::AuditsOverdue).count(), 2, "another time is told again");
}

#[test]
fn a_sink_that_fails_for_an_hour_lowers_the_level() {
    let o = walking();
    let blocker = o.desk.folder().join("blocker");
    std::fs::write(&blocker, "a file where a folder is wanted").unwrap();
    o.save(|i| i.sinks = vec![Sink { kind: SinkKind::Folder, path: blocker.join("x").display().to_string(), audience: None }]);
    o.take(2, 0.95);
    let tries = |times: u32| {
        for _ in 0..times {
            o.hand.advance(Duration::from_secs(300));
            while o.desk.deliver_one().unwrap() != flow::deliver::Delivered::Nothing {}
        }
    };
    tries(12);
    assert_eq!(o.watch(), []);
    tries(2);
    assert_eq!(o.watch(), [Fell { use_case: o.case, to: Level::Crawl, cause: Cause::SinkFailing }]);
    assert!(newest(&o).reason.contains("blocker"), "{}", newest(&o).reason);
    assert_eq!(o.notices(), [Kind::SinkFailing]);
    assert_eq!(o.items(Tab::Waiting, &admin()), [1, 2], "nothing of it is out");
    assert_eq!(o.watch(), []);
    std::fs::remove_file(&blocker).unwrap();
    assert_eq!(newest(&o).out_since, []);
    assert_eq!(o.wrong(), Vec::<String>::new());
}

#[test]
fn a_sink_is_not_failing_while_nothing_is_tried() {
    let o = walking();
    let blocker = o.desk.folder().join("blocker");
    std::fs::write(&blocker, "a file where a folder is wanted").unwrap();
    o.save(|i| i.sinks = vec![Sink { kind: SinkKind::Folder, path: blocker.join("x").display().to_string(), audience: None }]);
    o.take(1, 0.95);
    o.hand.advance(Duration::from_secs(11));
    assert!(matches!(o.desk.deliver_one().unwrap(), flow::deliver::Delivered::Failed(_)));
    // The program is closed for a night; the first thing it does then is to look.
    o.hand.advance(Duration::from_secs(12 * 3600));
    assert_eq!(o.watch(), [], "one try is no hour of failing");
    assert!(matches!(o.desk.deliver_one().unwrap(), flow::deliver::Delivered::Failed(_)));
    assert_eq!(o.watch().len(), 1, "it failed at both ends of the night");
}

struct Refuses;

impl Carrier for Refuses {
    fn post(&self, _: &Letter) -> Handed {
        Handed::Dead("no".into())
    }

    fn run(&self, _: &Order) -> Handed {
        Handed::Dead("no".into())
    }
}

#[test]
fn a_text_that_a_receiver_refuses_is_left_to_a_person_and_lowers_no_level() {
    let o = walking();
    let send = "/usr/bin/send".to_owned();
    o.desk.save_allowed(&Allowed { webhooks: Vec::new(), commands: vec![send.clone()] }, &admin()).unwrap();
    o.save(|i| i.sinks = vec![Sink { kind: SinkKind::Command, path: send, audience: None }]);
    o.take(1, 0.95);
    o.hand.advance(Duration::from_secs(11));
    assert!(matches!(o.desk.deliver_next(&Refuses).unwrap(), flow::deliver::Delivered::Failed(_)));
    assert_eq!(o.desk.failing_deliveries(None).unwrap()[0].state, flow::deliver::DeliveryState::Dead);
    o.hand.advance(2 * HOUR);
    assert_eq!((o.watch(), o.level()), (Vec::new(), Level::Walk), "the sink does not fail");
}

#[test]
fn a_model_file_that_changed_lowers_the_level_once() {
    let o = walking();
    o.send(1);
    assert_eq!(o.watch(), []);
    let file = o.desk.folder().join("scripted.gguf");
    let date = std::fs::metadata(&file).unwrap().modified().unwrap();
    // As many bytes as before.
    std::fs::write(&file, b"scripT").unwrap();
    std::fs::File::options().write(true).open(&file).unwrap().set_modified(date + Duration::from_secs(5)).unwrap();
    assert_eq!(o.watch(), [Fell { use_case: o.case, to: Level::Crawl, cause: Cause::ModelChanged }]);
    assert_eq!((o.notices(), newest(&o).cause), (vec![Kind::ModelChanged], Some(Cause::ModelChanged)));
    assert!(o.desk.models().unwrap()[0].is_altered(), "the window says what is wrong with the file");
    o.desk.override_level(o.case, Level::Run, "no matter", &admin()).unwrap();
    assert_eq!(o.watch().len(), 1, "raised by a person, it falls again, by one step");
    assert_eq!(o.watch(), []);
    assert_eq!(o.level(), Level::Walk);
    std::fs::write(&file, b"script").unwrap();
    o.desk.override_level(o.case, Level::Run, "it is back", &admin()).unwrap();
    assert_eq!(o.watch(), []);
}

#[test]
fn a_fall_from_run_takes_back_what_walk_would_let_go_too() {
    let o = office();
    o.desk.override_level(o.case, Level::Run, "trial", &admin()).unwrap();
    o.send(4);
    o.take(1, 0.95);
    for item in 1..=3 {
        assert_eq!(o.level(), Level::Run);
        o.bad(item);
    }
    let fell = (o.level(), newest(&o).cause);
    assert_eq!(fell, (Level::Walk, Some(Cause::Drift)), "at ε 1 % three bad ones in a row are enough");
    assert_eq!(o.count(State::Approved), 0, "also what is for inside");
    assert!(o.view().brake.on);
    // Raised again by a person only, and every fall is one step.
    o.bad(4);
    assert_eq!(o.level(), Level::Walk, "it went out before the fall");
    assert_eq!(o.desk.use_case(o.case).unwrap().input.audience, Audience::Internal);
    assert!(o.desk.move_level(o.case, Level::Run, "again", &admin()).is_err(), "there is no evidence in the new epoch");
    let insert = "INSERT INTO level_move (use_case, level_from, level_to, made_by, actor, reason, evidence, at) VALUES (1, 'crawl', 'walk', 'rule', 'rule', '', '{}', 1)";
    assert!(o.raw().execute(insert, []).unwrap_err().to_string().contains("lowers a level by one step"));
    assert!(o.judge(5, Verdict::Approve, None).unwrap().audit.is_none());
}
