//! What people are told though they did not ask.

use crate::{lines, walking};
use flow::deliver::Delivered;
use flow::notice::Kind;
use flow::testing::{admin, reviewer};
use flow::{Error, NoticeId};
use std::time::Duration;

#[test]
fn notices_go_once_to_the_file_that_the_use_case_names() {
    let o = walking();
    let file = o.desk.folder().join("notes/alarms.jsonl");
    let path = file.display().to_string();
    assert!(matches!(o.desk.set_notice_sink(o.case, Some(&path), &reviewer()), Err(Error::NotAllowed { .. })));
    assert!(matches!(o.desk.set_notice_sink(o.case, Some("alarms.jsonl"), &admin()), Err(Error::Invalid { .. })));
    o.send(3);
    o.bad(1);
    assert_eq!(o.notices(), [Kind::Correction, Kind::Brake]);
    while o.desk.deliver_one().unwrap() == Delivered::Done {}
    assert!(!file.exists(), "none was named then");

    o.desk.set_notice_sink(o.case, Some(&path), &admin()).unwrap();
    assert_eq!(o.desk.notice_sink(o.case).unwrap().as_deref(), Some(path.as_str()));
    o.bad(2);
    o.bad(3);
    assert_eq!(o.desk.next_delivery_at().unwrap(), Some(o.desk.now()));
    assert_eq!(o.desk.deliver_one().unwrap(), Delivered::Done);
    // As a process leaves it that was killed after the write and before the mark.
    o.raw().execute("UPDATE notice SET state = 'sending', lease_until = 0 WHERE state = 'done'", []).unwrap();
    while o.desk.deliver_one().unwrap() == Delivered::Done {}
    let told = lines(&file);
    assert_eq!(told.iter().map(|line| line["kind"].as_str().unwrap().to_owned()).collect::<Vec<_>>(), ["correction", "correction", "fell"]);
    assert_eq!((&told[2]["use_case"], told[2]["id"].as_str().unwrap().starts_with("note_")), (&"Replies".into(), true));
    assert_eq!(o.desk.next_delivery_at().unwrap(), None);

    let newest = o.desk.notices().unwrap().remove(0);
    assert_eq!((newest.kind, newest.use_case_name.as_str(), newest.seen), (Kind::Fell, "Replies", false));
    o.desk.notice_seen(newest.id, &reviewer()).unwrap();
    o.desk.notice_seen(newest.id, &admin()).unwrap();
    assert!(o.desk.notices().unwrap()[0].seen);
    let by: String = o.raw().query_row("SELECT seen_by FROM notice WHERE id = ?1", [newest.id.0], |r| r.get(0)).unwrap();
    assert_eq!(by, "Ben", "the first one is kept");
    assert!(matches!(o.desk.notice_seen(NoticeId(99), &admin()), Err(Error::NotFound { .. })));
    o.desk.set_notice_sink(o.case, None, &admin()).unwrap();
    assert_eq!(o.desk.notice_sink(o.case).unwrap(), None);
}

#[test]
fn a_file_that_cannot_be_written_is_tried_again_and_holds_no_text_up() {
    let o = walking();
    let blocker = o.desk.folder().join("blocker");
    std::fs::write(&blocker, "a file where a folder is wanted").unwrap();
    o.desk.set_notice_sink(o.case, Some(&blocker.join("x.jsonl").display().to_string()), &admin()).unwrap();
    o.send(2);
    o.bad(1);
    assert!(matches!(o.desk.deliver_one().unwrap(), Delivered::Failed(why) if why.contains("blocker")));
    assert_eq!(o.desk.delivery_trouble().unwrap(), None, "texts go out");
    std::fs::remove_file(&blocker).unwrap();
    o.hand.advance(Duration::from_secs(300));
    while o.desk.deliver_one().unwrap() == Delivered::Done {}
    assert_eq!(lines(&blocker.join("x.jsonl")).len(), 2);
}
