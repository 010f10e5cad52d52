//! The story of an item, told with a scripted model on a real database file.
#![expect(clippy::unwrap_used, reason = "a test ends where something is not as it says")]

use flow::dataset::ExportFormat;
use flow::deliver::Delivered;
use flow::intake::{Mapping, Source};
use flow::item::State;
use flow::library::ModelSource;
use flow::model::{Cancel, ModelError};
use flow::review::{DecisionInput, Filter, Found, ItemView, Order, QueueQuery, Tab, Verdict};
use flow::sample::{Sample, SampleLanguage};
use flow::testing::{ScriptedDrafter, admin, desk, reviewer, use_case};
use flow::use_case::{Audience, Level, Sink, SinkKind, UseCaseInput};
use flow::worker::{Presence, Ran, draft_one};
use flow::{Desk, Error, ItemId, Person, UseCaseId};
use std::path::Path;
use std::time::Duration;
use tempfile::TempDir;

fn import(desk: &Desk, use_case: UseCaseId, lines: &[&str]) {
    let path = desk.folder().join("in.jsonl");
    std::fs::write(&path, lines.join("\n")).unwrap();
    let source = Source::of(path);
    let mapping =
        Mapping { id: Some("id".into()), audience: Some("audience".into()), fields: vec!["message".into()], ..Mapping::default() };
    let report = desk.import(use_case, &source, &mapping, &admin(), &Cancel::default(), &mut |_| {}).unwrap();
    assert_eq!(report.accepted, lines.len() as u64, "{report:?}");
}

fn request(id: u32, audience: &str, message: &str) -> String {
    format!(r#"{{"id":"{id}","audience":"{audience}","message":"{message}"}}"#)
}

fn draft_all(desk: &Desk, drafter: &ScriptedDrafter) -> usize {
    let presence = Presence::enter(desk).unwrap();
    let mut n = 0;
    while draft_one(desk, drafter, &presence, &Cancel::default(), &mut |_| {}).unwrap() != Ran::Idle {
        n += 1;
    }
    n
}

fn query(use_case: UseCaseId) -> QueueQuery {
    QueueQuery {
        use_case,
        tab: Tab::Waiting,
        order: Order::Oldest,
        slice: None,
        text: String::new(),
        filter: Filter::default(),
        offset: 0,
        limit: 100,
    }
}

fn next(desk: &Desk, use_case: UseCaseId, person: &Person) -> ItemView {
    desk.next_item(&query(use_case), &[], person).unwrap().expect("an item waits")
}

fn decision(view: &ItemView, verdict: Verdict, text: Option<&str>) -> DecisionInput {
    DecisionInput {
        item: view.item.id,
        epoch: view.lease.as_ref().expect("claimed").epoch,
        draft: view.drafts.last().expect("drafted").id,
        verdict,
        text: text.map(str::to_owned),
        reasons: if verdict == Verdict::Reject { vec!["wrong".into()] } else { Vec::new() },
        note: None,
        viewed: Duration::from_secs(9),
        found: Found::next(Order::Oldest),
    }
}

fn deliver_all(desk: &Desk) -> usize {
    let mut n = 0;
    loop {
        match desk.deliver_one().unwrap() {
            Delivered::Nothing => return n,
            Delivered::Done => n += 1,
            Delivered::Failed(why) => panic!("{why}"),
        }
    }
}

fn state(desk: &Desk, id: ItemId) -> State {
    desk.view_item(id, &admin()).unwrap().item.state
}

fn lines(path: &Path) -> Vec<serde_json::Value> {
    std::fs::read_to_string(path).unwrap_or_default().lines().map(|l| serde_json::from_str(l).unwrap()).collect()
}

struct Office {
    _folder: TempDir,
    desk: Desk,
    hand: flow::clock::ClockHand,
    case: UseCaseId,
    outbox: std::path::PathBuf,
    texts: std::path::PathBuf,
}

fn office() -> Office {
    let folder = TempDir::new().unwrap();
    let (desk, hand) = desk(folder.path()).unwrap();
    let (outbox, texts) = (folder.path().join("out/box.jsonl"), folder.path().join("out/texts"));
    let sinks = vec![
        Sink { kind: SinkKind::Outbox, path: outbox.display().to_string(), audience: None },
        Sink { kind: SinkKind::Folder, path: texts.display().to_string(), audience: Some(Audience::External) },
    ];
    let case = use_case(&desk, |input| input.sinks = sinks).unwrap();
    Office { _folder: folder, desk, hand, case, outbox, texts }
}

#[test]
fn a_request_is_drafted_approved_and_delivered_once() {
    let o = office();
    import(&o.desk, o.case, &[&request(1, "external", "Where is my tent?")]);
    assert_eq!(draft_all(&o.desk, &ScriptedDrafter::echo(0.5)), 1);
    let view = next(&o.desk, o.case, &admin());
    assert_eq!(view.drafts[0].text, "Re: Where is my tent?");
    assert!((view.drafts[0].confidence - 0.5).abs() < 1e-6);
    o.desk.decide(&decision(&view, Verdict::Approve, None), &admin()).unwrap();

    assert_eq!(deliver_all(&o.desk), 0, "it can still be taken back");
    o.hand.advance(Duration::from_secs(11));
    assert_eq!(deliver_all(&o.desk), 2, "outbox and folder");
    assert_eq!(deliver_all(&o.desk), 0, "once");
    assert_eq!(state(&o.desk, view.item.id), State::Delivered);
    let out = lines(&o.outbox);
    assert_eq!(out.len(), 1);
    assert_eq!(out[0]["text"], "Re: Where is my tent?");
    assert_eq!(out[0]["decided_by"], "Ada");
    assert_eq!(std::fs::read_to_string(o.texts.join(format!("{}.txt", view.item.uid))).unwrap(), "Re: Where is my tent?");
    assert!(matches!(o.desk.undo(o.case, &admin()), Err(Error::AlreadyDelivered { .. })), "what is out cannot be undone");
}

#[test]
fn an_edit_goes_out_in_its_own_words_and_a_reject_does_not_go_out() {
    let o = office();
    import(&o.desk, o.case, &[&request(1, "external", "a"), &request(2, "external", "b"), &request(3, "external", "c")]);
    draft_all(&o.desk, &ScriptedDrafter::echo(0.9));
    let first = next(&o.desk, o.case, &admin());
    let kept = o.desk.decide(&decision(&first, Verdict::Edit, Some("Dear a")), &admin()).unwrap().decision;
    assert!(kept.edit_distance > 0.0);
    let second = next(&o.desk, o.case, &admin());
    o.desk.decide(&decision(&second, Verdict::Reject, None), &admin()).unwrap();
    let third = next(&o.desk, o.case, &admin());
    let same = o.desk.decide(&decision(&third, Verdict::Edit, Some("Re: c")), &admin()).unwrap().decision;
    assert_eq!(same.verdict, Verdict::Approve, "an edit that changed nothing is an approval");
    o.hand.advance(Duration::from_secs(11));
    deliver_all(&o.desk);
    let texts: Vec<String> = lines(&o.outbox).iter().map(|l| l["text"].as_str().unwrap().to_owned()).collect();
    assert_eq!(texts, ["Dear a", "Re: c"]);

    let path = o.desk.folder().join("sft.jsonl");
    let report = o.desk.export(o.case, ExportFormat::Sft, &path, &admin(), &Cancel::default(), &mut |_| {}).unwrap();
    assert_eq!(report.rows, 2);
    assert_eq!(report.skipped.iter().map(|s| (s.reason, s.count)).collect::<Vec<_>>(), [("rejected", 1)]);
    let rows = lines(&path);
    assert_eq!(rows[0]["messages"][2], serde_json::json!({"role": "assistant", "content": "Dear a"}));
    let path = o.desk.folder().join("pairs.jsonl");
    o.desk.export(o.case, ExportFormat::Preference, &path, &admin(), &Cancel::default(), &mut |_| {}).unwrap();
    let pairs = lines(&path);
    assert_eq!(pairs.len(), 1);
    assert_eq!(pairs[0]["chosen"][0]["content"], "Dear a");
    assert_eq!(pairs[0]["rejected"][0]["content"], "Re: a");
}

#[test]
fn undo_takes_back_one_after_the_other_and_nothing_of_it_goes_out_or_is_exported() {
    let o = office();
    import(&o.desk, o.case, &[&request(1, "external", "a"), &request(2, "external", "b")]);
    draft_all(&o.desk, &ScriptedDrafter::echo(0.9));
    let first = next(&o.desk, o.case, &admin());
    o.desk.decide(&decision(&first, Verdict::Edit, Some("mine")), &admin()).unwrap();
    let second = next(&o.desk, o.case, &admin());
    o.desk.decide(&decision(&second, Verdict::Reject, None), &admin()).unwrap();

    let back = o.desk.undo(o.case, &admin()).unwrap().view;
    assert_eq!(back.item.id, second.item.id, "the last one first");
    assert_eq!(back.item.state, State::InReview);
    let back = o.desk.undo(o.case, &admin()).unwrap().view;
    assert_eq!(back.item.id, first.item.id);
    assert_eq!(back.typed.as_deref(), Some("mine"), "the words are there again");
    assert!(back.lease.is_some(), "and the item is mine");
    assert!(matches!(o.desk.undo(o.case, &admin()), Err(Error::NothingToUndo { .. })));
    o.hand.advance(Duration::from_secs(60));
    assert_eq!(deliver_all(&o.desk), 0);
    assert_eq!(o.desk.preview_export(o.case, ExportFormat::Decisions).unwrap().rows, 0);
}

#[test]
fn two_people_never_decide_the_same_item() {
    let o = office();
    import(&o.desk, o.case, &[&request(1, "external", "a")]);
    draft_all(&o.desk, &ScriptedDrafter::echo(0.9));
    let ada = next(&o.desk, o.case, &admin());
    assert!(o.desk.next_item(&query(o.case), &[], &reviewer()).unwrap().is_none(), "Ada holds it");
    let looked = o.desk.open_item(ada.item.id, &reviewer()).unwrap();
    assert_eq!((looked.lease, looked.held_by.as_deref()), (None, Some("Ada")));

    // Ada's laptop sleeps; Ben takes over and decides; Ada comes back.
    o.hand.advance(Duration::from_secs(3600));
    o.desk.keep_typed(ada.item.id, "Ada's words", &admin()).unwrap();
    let ben = next(&o.desk, o.case, &reviewer());
    o.desk.decide(&decision(&ben, Verdict::Approve, None), &reviewer()).unwrap();
    let late = o.desk.decide(&decision(&ada, Verdict::Reject, None), &admin());
    assert!(matches!(&late, Err(Error::Stale { now, .. }) if now.contains("Ben")), "{late:?}");
    assert_eq!(o.desk.view_item(ada.item.id, &admin()).unwrap().typed.as_deref(), Some("Ada's words"), "nothing typed is lost");
}

#[test]
fn a_claim_that_ran_out_but_was_taken_by_nobody_still_counts() {
    let o = office();
    import(&o.desk, o.case, &[&request(1, "external", "a")]);
    draft_all(&o.desk, &ScriptedDrafter::echo(0.9));
    let view = next(&o.desk, o.case, &admin());
    o.hand.advance(Duration::from_secs(3600));
    o.desk.decide(&decision(&view, Verdict::Approve, None), &admin()).unwrap();
}

#[test]
fn skip_gives_an_item_to_others_and_escalate_to_an_admin() {
    let o = office();
    import(&o.desk, o.case, &[&request(1, "external", "a"), &request(2, "external", "b")]);
    draft_all(&o.desk, &ScriptedDrafter::echo(0.9));
    let ben = reviewer();
    let first = next(&o.desk, o.case, &ben);
    o.desk.skip(first.item.id, first.lease.as_ref().unwrap().epoch, &ben).unwrap();
    let second = next(&o.desk, o.case, &ben);
    assert_ne!(second.item.id, first.item.id, "not to me again");
    assert_eq!(next(&o.desk, o.case, &admin()).item.id, first.item.id, "but to others");
    let epoch = second.lease.as_ref().unwrap().epoch;
    assert!(matches!(o.desk.escalate(second.item.id, epoch, " ", &ben), Err(Error::Invalid { .. })));
    o.desk.escalate(second.item.id, epoch, "angry lawyer", &ben).unwrap();
    assert!(o.desk.open_item(second.item.id, &ben).unwrap().lease.is_none(), "a reviewer only looks");
    let admins = o.desk.open_item(second.item.id, &admin()).unwrap();
    o.desk.decide(&decision(&admins, Verdict::Approve, None), &admin()).unwrap();
}

#[test]
fn levels_let_confident_drafts_out_and_only_an_admin_raises() {
    let o = office();
    assert!(matches!(o.desk.move_level(o.case, Level::Walk, "good", &reviewer()), Err(Error::NotAllowed { .. })));
    assert!(matches!(o.desk.move_level(o.case, Level::Walk, "  ", &admin()), Err(Error::Invalid { .. })));
    o.desk.override_level(o.case, Level::Walk, "a hundred clean ones elsewhere", &admin()).unwrap();
    import(&o.desk, o.case, &[&request(1, "internal", "sure"), &request(2, "internal", "doubt"), &request(3, "external", "sure")]);
    let drafter = ScriptedDrafter::new(|r| Ok(("An answer".into(), if r.messages[1].content == "sure" { 0.95 } else { 0.4 })));
    draft_all(&o.desk, &drafter);
    let counts = o.desk.use_case(o.case).unwrap().counts;
    assert_eq!((counts.of(State::Approved), counts.of(State::InReview)), (1, 2), "inside and confident goes alone");
    o.hand.advance(Duration::from_secs(11));
    assert_eq!(deliver_all(&o.desk), 1);
    assert_eq!(lines(&o.outbox)[0]["decided_by"], "policy: walk");

    o.desk.override_level(o.case, Level::Run, "as good", &admin()).unwrap();
    import(&o.desk, o.case, &[&request(4, "external", "sure")]);
    draft_all(&o.desk, &drafter);
    o.hand.advance(Duration::from_secs(11));
    assert_eq!(deliver_all(&o.desk), 2, "outside too: outbox and folder");
    o.desk.move_level(o.case, Level::Crawl, "", &reviewer()).unwrap();
    let moves = o.desk.level_moves(o.case).unwrap();
    assert_eq!(moves.len(), 3);
    assert_eq!((moves[0].from, moves[0].to, moves[2].reason.as_str()), (Level::Run, Level::Crawl, "a hundred clean ones elsewhere"));
    let overview = o.desk.overview(o.case).unwrap();
    assert_eq!((overview.auto_approved, overview.automation_rate), (2, Some(1.0)));
}

#[test]
fn what_was_to_go_out_alone_waits_for_a_person_when_the_level_falls() {
    let o = office();
    o.desk.override_level(o.case, Level::Run, "trial", &admin()).unwrap();
    import(&o.desk, o.case, &[&request(1, "internal", "sure"), &request(2, "external", "sure"), &request(3, "external", "sure too")]);
    draft_all(&o.desk, &ScriptedDrafter::echo(0.99));
    let count = |state| o.desk.use_case(o.case).unwrap().counts.of(state);
    assert_eq!(count(State::Approved), 3);

    o.desk.move_level(o.case, Level::Walk, "", &reviewer()).unwrap();
    assert_eq!((count(State::Approved), count(State::InReview)), (1, 2), "inside may still go alone");
    o.hand.advance(Duration::from_secs(11));
    assert_eq!(deliver_all(&o.desk), 1);

    let taken_back = next(&o.desk, o.case, &admin());
    assert_eq!((taken_back.item.audience, taken_back.item.state), (Audience::External, State::InReview));
    o.desk.decide(&decision(&taken_back, Verdict::Approve, None), &admin()).unwrap();
    o.desk.move_level(o.case, Level::Crawl, "", &reviewer()).unwrap();
    assert_eq!(count(State::Approved), 1, "what a person approved stays approved");
    o.hand.advance(Duration::from_secs(11));
    assert_eq!(deliver_all(&o.desk), 2, "and goes out: outbox and folder");
    assert_eq!(lines(&o.outbox).len(), 2);
}

#[test]
fn items_that_a_killed_program_had_in_its_hands_are_drafted_by_a_later_one() {
    let o = office();
    import(&o.desk, o.case, &[&request(1, "internal", "one"), &request(2, "internal", "two")]);
    let killed = |times: i64| {
        // As a kill leaves it: claimed by a worker whose lock is gone.
        let db = rusqlite::Connection::open(o.desk.folder().join("gait.db")).unwrap();
        let claim = "UPDATE item SET state = 'drafting', lease_owner = 'gone', lease_until = 9e18, attempts = ?1 WHERE state = 'received'";
        db.execute(claim, [times]).unwrap();
        o.desk.free_dead_claims().unwrap()
    };
    assert_eq!(killed(5), 2, "killed five times with the same items in hand");
    assert_eq!(draft_all(&o.desk, &ScriptedDrafter::echo(0.5)), 2);

    import(&o.desk, o.case, &[&request(3, "internal", "three")]);
    assert_eq!(killed(10), 1);
    draft_all(&o.desk, &ScriptedDrafter::echo(0.5));
    let counts = o.desk.use_case(o.case).unwrap().counts;
    assert_eq!(counts.of(State::Failed), 1, "but not for ever");
}

#[test]
fn a_failing_model_is_tried_three_times_and_then_says_why_on_the_item() {
    let o = office();
    import(&o.desk, o.case, &[&request(1, "external", "a"), &request(2, "external", "b")]);
    let drafter =
        ScriptedDrafter::new(
            |r| if r.messages[1].content == "a" { Err(ModelError::Engine("boom".into())) } else { Ok(("ok".into(), 0.9)) },
        );
    draft_all(&o.desk, &drafter);
    assert_eq!(o.desk.use_case(o.case).unwrap().counts.of(State::InReview), 1, "the other one goes on");
    for _ in 0..3 {
        o.hand.advance(Duration::from_secs(60));
        draft_all(&o.desk, &drafter);
    }
    let failed = o.desk.queue(&QueueQuery { tab: Tab::Failed, ..query(o.case) }, &admin()).unwrap();
    assert_eq!(failed.total, 1);
    assert!(failed.rows[0].error.as_deref().unwrap().contains("boom"), "{failed:?}");
    assert_eq!(o.desk.retry_failed(&admin(), o.case).unwrap(), 1);
    draft_all(&o.desk, &ScriptedDrafter::echo(0.9));
    assert_eq!(o.desk.use_case(o.case).unwrap().counts.of(State::InReview), 2);
}

#[test]
fn a_worker_that_died_leaves_its_item_to_the_next_one() {
    let o = office();
    import(&o.desk, o.case, &[&request(1, "external", "a")]);
    let dying = Presence::enter(&o.desk).unwrap();
    // The model takes the process down with it; here, the thread.
    let panicking = ScriptedDrafter::new(|_| panic!("killed"));
    let hook = std::panic::take_hook();
    std::panic::set_hook(Box::new(|_| {}));
    let died =
        std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| draft_one(&o.desk, &panicking, &dying, &Cancel::default(), &mut |_| {})));
    std::panic::set_hook(hook);
    assert!(died.is_err());
    assert_eq!(draft_all(&o.desk, &ScriptedDrafter::echo(0.9)), 0, "its claim stands while it lives");
    assert_eq!(o.desk.free_dead_claims().unwrap(), 0);
    drop(dying);
    assert_eq!(o.desk.free_dead_claims().unwrap(), 1);
    assert_eq!(draft_all(&o.desk, &ScriptedDrafter::echo(0.9)), 1);
    let view = next(&o.desk, o.case, &admin());
    assert_eq!(view.drafts.len(), 1, "drafted once");
}

#[test]
fn a_draft_regenerated_with_a_hint_stands_beside_the_old_one() {
    let o = office();
    import(&o.desk, o.case, &[&request(1, "external", "a")]);
    draft_all(&o.desk, &ScriptedDrafter::echo(0.9));
    let view = next(&o.desk, o.case, &admin());
    let (id, epoch) = (view.item.id, view.lease.as_ref().unwrap().epoch);
    let request = o.desk.regenerate_request(id, "Ada", epoch, Some("Shorter.")).unwrap();
    assert_eq!(request.messages[0].content, "You answer.\nShorter.");
    let made =
        flow::model::Drafter::generate(&ScriptedDrafter::new(|_| Ok(("Short".into(), 0.7))), &request, &Cancel::default(), &mut |_| {})
            .unwrap();
    o.desk.keep_regenerated(id, "Ada", epoch, &request, Some("Shorter."), &made).unwrap();
    let view = o.desk.view_item(id, &admin()).unwrap();
    assert_eq!(view.drafts.iter().map(|d| d.text.as_str()).collect::<Vec<_>>(), ["Re: a", "Short"]);
    assert_eq!(o.desk.draft_tokens(view.drafts[1].id).unwrap().len(), 1);
    assert!(matches!(o.desk.draft_tokens(flow::DraftId(i64::MAX)), Err(Error::NotFound { .. })));
    assert!(matches!(o.desk.regenerate_request(id, "Ben", epoch, None), Err(Error::Stale { .. })));
}

#[test]
fn a_change_of_prompt_is_a_new_drafter_version_and_the_old_words_are_kept() {
    let o = office();
    let before = o.desk.use_case(o.case).unwrap();
    let mut input = before.input.clone();
    input.guidelines = "Other guidelines".into();
    let same = o.desk.save_use_case(&admin(), Some(o.case), &input).unwrap();
    assert_eq!(same.drafter_version.as_ref().unwrap().n, 1, "guidelines do not draft");
    input.system_prompt = "You answer kindly.".into();
    let changed = o.desk.save_use_case(&admin(), Some(o.case), &input).unwrap();
    let version = changed.drafter_version.unwrap();
    assert_eq!((version.n, version.prompt_n), (2, 2));
    input.system_prompt = "You answer.".into();
    let back = o.desk.save_use_case(&admin(), Some(o.case), &input).unwrap();
    assert_eq!(back.drafter_version.unwrap().n, 1, "the same words, model and sampling are the same version");
    assert!(matches!(o.desk.save_use_case(&reviewer(), Some(o.case), &input), Err(Error::NotAllowed { .. })));
    input.template = "{{ message".into();
    assert!(matches!(o.desk.save_use_case(&admin(), Some(o.case), &input), Err(Error::Invalid { .. })));
}

#[test]
fn a_kill_between_writing_and_marking_doubles_nothing_and_a_torn_line_is_mended() {
    let o = office();
    import(&o.desk, o.case, &[&request(1, "internal", "a"), &request(2, "internal", "b")]);
    draft_all(&o.desk, &ScriptedDrafter::echo(0.9));
    for _ in 0..2 {
        let view = next(&o.desk, o.case, &admin());
        o.desk.decide(&decision(&view, Verdict::Approve, None), &admin()).unwrap();
    }
    o.hand.advance(Duration::from_secs(11));
    assert_eq!(o.desk.deliver_one().unwrap(), Delivered::Done);
    // As a process leaves it that was killed after the write and before the mark, and half way through the next line.
    let db = rusqlite::Connection::open(o.desk.folder().join("gait.db")).unwrap();
    db.execute("UPDATE delivery SET state = 'sending', lease_until = 0, attempts = 1 WHERE state = 'done'", []).unwrap();
    let mut torn = std::fs::read(&o.outbox).unwrap();
    torn.extend_from_slice(b"{\"id\":\"msg_half");
    std::fs::write(&o.outbox, torn).unwrap();
    deliver_all(&o.desk);
    let out = lines(&o.outbox);
    assert_eq!(out.iter().map(|l| l["text"].as_str().unwrap()).collect::<Vec<_>>(), ["Re: a", "Re: b"]);
}

#[test]
fn a_sink_that_is_down_holds_nothing_else_up_and_is_tried_again() {
    let o = office();
    let mut input = o.desk.use_case(o.case).unwrap().input;
    let blocker = o.desk.folder().join("blocker");
    std::fs::write(&blocker, "a file where a folder is wanted").unwrap();
    input.sinks = vec![Sink { kind: SinkKind::Folder, path: blocker.join("x").display().to_string(), audience: None }];
    o.desk.save_use_case(&admin(), Some(o.case), &input).unwrap();
    import(&o.desk, o.case, &[&request(1, "external", "a")]);
    draft_all(&o.desk, &ScriptedDrafter::echo(0.9));
    let view = next(&o.desk, o.case, &admin());
    o.desk.decide(&decision(&view, Verdict::Approve, None), &admin()).unwrap();
    o.hand.advance(Duration::from_secs(11));
    assert!(matches!(o.desk.deliver_one().unwrap(), Delivered::Failed(_)));
    assert!(o.desk.delivery_trouble().unwrap().unwrap().contains("blocker"));
    assert_eq!(state(&o.desk, view.item.id), State::Approved);
    std::fs::remove_file(&blocker).unwrap();
    o.hand.advance(Duration::from_secs(300));
    assert_eq!(o.desk.deliver_one().unwrap(), Delivered::Done);
    assert_eq!(o.desk.delivery_trouble().unwrap(), None);
    assert_eq!(state(&o.desk, view.item.id), State::Delivered);
}

#[test]
fn the_queue_is_found_by_words_parts_of_numbers_and_korean() {
    let o = office();
    import(
        &o.desk,
        o.case,
        &[
            &request(1, "external", "Order FW-12345 is late"),
            &request(2, "external", "텐트 반품하고 싶어요"),
            &request(3, "external", "AND NOT \\\"x"),
        ],
    );
    let find = |text: &str| {
        let page = o.desk.queue(&QueueQuery { tab: Tab::All, text: text.into(), ..query(o.case) }, &admin()).unwrap();
        page.rows.iter().map(|r| r.id.0).collect::<Vec<_>>()
    };
    assert_eq!(find("2345"), [1]);
    assert_eq!(find("late order"), [1]);
    assert_eq!(find("반품하고"), [2]);
    assert_eq!(find("텐트"), [2]);
    assert_eq!(find("AND NOT"), [3]);
    for hostile in ["\"", "foo\"", "NEAR(", "*", "t:", "^", "-x", "col:xxx", "%", "'); DROP TABLE item;--"] {
        find(hostile);
    }
}

#[test]
fn other_files_are_refused_and_left_alone() {
    let check = |bytes: &[u8], expected: &str| {
        let folder = TempDir::new().unwrap();
        let path = folder.path().join("gait.db");
        std::fs::write(&path, bytes).unwrap();
        let error = match Desk::open(folder.path(), flow::Clock::system()) {
            Ok(_) => panic!("opened"),
            Err(e) => e.to_string(),
        };
        assert!(error.contains(expected), "{error}");
        assert_eq!(std::fs::read(&path).unwrap(), bytes, "not a byte was changed");
    };
    check(b"this is a letter to my grandmother, quite a long one, more than a header", "not a Gait database");
    let folder = TempDir::new().unwrap();
    let other = folder.path().join("other.db");
    rusqlite::Connection::open(&other).unwrap().execute_batch("CREATE TABLE t (x)").unwrap();
    check(&std::fs::read(&other).unwrap(), "not a Gait database");
    drop(Desk::open(folder.path(), flow::Clock::system()).unwrap());
    let ours = folder.path().join("gait.db");
    rusqlite::Connection::open(&ours)
        .unwrap()
        .execute_batch("PRAGMA user_version = 99; PRAGMA wal_checkpoint(TRUNCATE); PRAGMA journal_mode = DELETE")
        .unwrap();
    check(&std::fs::read(&ours).unwrap(), "newer Gait");
}

#[test]
fn without_a_sink_an_approved_text_is_kept_and_done_once_it_cannot_be_taken_back() {
    let o = office();
    let mut input = o.desk.use_case(o.case).unwrap().input;
    input.sinks.clear();
    o.desk.save_use_case(&admin(), Some(o.case), &input).unwrap();
    import(&o.desk, o.case, &[&request(1, "external", "a")]);
    draft_all(&o.desk, &ScriptedDrafter::echo(0.9));
    let view = next(&o.desk, o.case, &admin());
    o.desk.decide(&decision(&view, Verdict::Approve, None), &admin()).unwrap();
    assert_eq!(o.desk.next_delivery_at().unwrap(), Some(o.desk.now().plus(Duration::from_secs(10))));
    o.hand.advance(Duration::from_secs(9));
    assert_eq!(deliver_all(&o.desk), 0);
    assert_eq!(state(&o.desk, view.item.id), State::Approved);
    o.hand.advance(Duration::from_secs(1));
    assert_eq!(deliver_all(&o.desk), 0, "there is no sink to hand it to");
    assert_eq!(state(&o.desk, view.item.id), State::Delivered);
    assert_eq!(o.desk.next_delivery_at().unwrap(), None);
}

#[test]
fn the_doctor_names_what_is_wrong() {
    let o = office();
    import(&o.desk, o.case, &[&request(1, "external", "a")]);
    assert!(o.desk.examine().unwrap().iter().all(|f| f.ok), "{:?}", o.desk.examine().unwrap());
    rusqlite::Connection::open(o.desk.folder().join("gait.db")).unwrap().execute("UPDATE item_count SET n = 7", []).unwrap();
    std::fs::remove_file(o.desk.folder().join("scripted.gguf")).unwrap();
    let bad: Vec<String> = o.desk.examine().unwrap().into_iter().filter(|f| !f.ok).map(|f| f.what).collect();
    assert_eq!(bad.len(), 2, "{bad:?}");
    assert!(bad[0].contains("7 items counted as received, there are 1"), "{bad:?}");
    assert!(bad[1].contains("it is not there"), "{bad:?}");
}

#[test]
fn the_sample_moves_to_a_new_starter_model_and_what_failed_for_the_old_one_is_drafted() {
    let folder = TempDir::new().unwrap();
    let (desk, _) = desk(folder.path()).unwrap();
    let sample = Sample { folder: folder.path().join("starter") };
    let real = Sample { folder: Path::new(env!("CARGO_MANIFEST_DIR")).join("../../models/starter") };
    std::fs::create_dir_all(sample.folder.join("sample")).unwrap();
    std::fs::copy(real.use_case_file(), sample.use_case_file()).unwrap();
    std::fs::write(sample.requests_file(), "{\"id\": \"1\", \"message\": \"Where is it?\"}\n").unwrap();
    let model = sample.folder.join("starter.gguf");
    std::fs::write(&model, "the first").unwrap();

    let refusing =
        ScriptedDrafter::new(|_| Err(ModelError::Changed { path: "starter.gguf".into(), expected: "1".into(), found: "2".into() }));
    let id = desk.install_sample(&refusing, &sample, SampleLanguage::English, &admin()).unwrap();
    draft_all(&desk, &refusing);
    let (failed, first) = (desk.use_case(id).unwrap().counts.of(State::Failed), desk.use_case(id).unwrap().input.model);
    assert_eq!(failed, 1);

    let drafter = ScriptedDrafter::echo(0.9);
    std::fs::write(&model, "a better one").unwrap();
    assert!(desk.renew_starter(&drafter, &sample).unwrap());
    let case = desk.use_case(id).unwrap();
    assert_ne!(case.input.model, first);
    assert_eq!((case.counts.of(State::Failed), draft_all(&desk, &drafter)), (0, 1));

    // An admin's own choice of a model stays.
    let own = folder.path().join("own.gguf");
    std::fs::write(&own, "own").unwrap();
    let own = desk.add_model(&drafter, &own, ModelSource::Imported, &admin()).unwrap();
    desk.save_use_case(&admin(), Some(id), &UseCaseInput { model: Some(own.id), ..case.input }).unwrap();
    std::fs::write(&model, "the third").unwrap();
    assert!(!desk.renew_starter(&drafter, &sample).unwrap());
    assert_eq!(desk.use_case(id).unwrap().input.model, Some(own.id));
}
