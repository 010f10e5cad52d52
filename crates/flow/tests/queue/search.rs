//! Words in requests, drafts and decisions.

use super::{Office, decision};
use flow::ItemId;
use flow::model::Cancel;
use flow::review::search::Place;
use flow::review::{QueueQuery, Tab, Verdict};
use flow::testing::{ScriptedDrafter, admin, reviewer};
use flow::worker::{Presence, draft_one};
use std::time::Duration;

fn drafted(o: &Office, text: &'static str) {
    let presence = Presence::enter(&o.desk).unwrap();
    draft_one(&o.desk, &ScriptedDrafter::new(move |_| Ok((text.into(), 0.6))), &presence, &Cancel::default(), &mut |_| {}).unwrap();
}

/// The place and the marked line of each find.
fn lines(o: &Office, text: &str) -> Vec<(i64, Place, String)> {
    let page = o.desk.queue(&QueueQuery { text: text.into(), ..o.query(Tab::All) }, &admin()).unwrap();
    page.rows
        .into_iter()
        .map(|row| {
            let found = row.found.expect("what was found says where");
            let line = found.pieces.iter().map(|p| if p.hit { format!("[{}]", p.text) } else { p.text.clone() }).collect();
            (row.id.0, found.place, line)
        })
        .collect()
}

#[test]
fn words_are_found_in_requests_drafts_and_decisions_newest_first() {
    let o = Office::new();
    o.import("in.jsonl", &[("Where is my tent?", None, 9), ("A lamp, please", None, 0), ("My tent leaks", None, 0)]);
    drafted(&o, "The lantern is on its way.");
    drafted(&o, "Lanterns come on Tuesday.");
    assert_eq!(o.find("tent"), [3, 1], "newest first, whatever the priority");
    assert_eq!(
        lines(&o, "lantern"),
        [(2, Place::Draft, "[Lantern]s come on Tuesday.".into()), (1, Place::Draft, "The [lantern] is on its way.".into())]
    );
    o.decide(1, Verdict::Edit, Some("It is late, and we are sorry about the marmalade."));
    assert_eq!(lines(&o, "marmalade"), [(1, Place::Decided, "It is late, and we are sorry about the [marmalade].".into())]);
    assert_eq!(o.find("tent lantern"), Vec::<i64>::new(), "all words stand in one text");
    let page = o.desk.queue(&QueueQuery { text: "lantern".into(), ..o.query(Tab::Decided) }, &admin()).unwrap();
    assert_eq!((page.total, page.of, page.whole), (1, 1, true), "in the tab that is looked at");
    o.desk.undo(o.case, &admin()).unwrap();
    assert_eq!(o.find("marmalade"), Vec::<i64>::new(), "what was taken back is not found any more");
    o.decide(1, Verdict::Edit, Some("A second marmalade."));
    assert_eq!(o.find("marmalade"), [1]);
}

#[test]
fn another_draft_takes_the_place_of_the_one_before_in_a_search() {
    let o = Office::new();
    o.import("in.jsonl", &[("Where is my tent?", None, 0)]);
    drafted(&o, "The walrus answers.");
    let view = o.desk.open_item(ItemId(1), &admin()).unwrap();
    let epoch = view.lease.as_ref().unwrap().epoch;
    let request = o.desk.regenerate_request(ItemId(1), "Ada", epoch, None).unwrap();
    let made = flow::model::Drafter::generate(
        &ScriptedDrafter::new(|_| Ok(("A pelican.".into(), 0.7))),
        &request,
        &Cancel::default(),
        &mut |_| {},
    );
    o.desk.keep_regenerated(ItemId(1), "Ada", epoch, &request, None, &made.unwrap()).unwrap();
    assert_eq!((o.find("walrus"), o.find("pelican")), (vec![], vec![1]));
    // The older one can still be what is approved; then its words are those that go out.
    let view = o.desk.open_item(ItemId(1), &admin()).unwrap();
    let mut input = decision(&view, Verdict::Approve, None);
    input.draft = view.drafts[0].id;
    o.desk.decide(&input, &admin()).unwrap();
    assert_eq!(lines(&o, "walrus"), [(1, Place::Decided, "The [walrus] answers.".into())]);
}

#[test]
fn korean_words_of_two_characters_are_found_anywhere_in_a_text() {
    let o = Office::new();
    o.import(
        "in.jsonl",
        &[("빠른 환불", None, 0), ("환불해 주세요", None, 0), ("교환이 되나요", None, 0), ("사이즈가 작아요", None, 0), ("환 불", None, 0)],
    );
    drafted(&o, "네, 환불은 사흘 걸립니다");
    assert_eq!(o.find("환불"), [2, 1], "at the end of a text too");
    assert_eq!(lines(&o, "환불")[1], (1, Place::Request, "1 빠른 [환불]".into()));
    assert_eq!(o.find("교환"), [3]);
    assert_eq!(o.find("사이즈"), [4]);
    assert_eq!(o.find("사흘"), [1], "in the draft");
    assert_eq!(o.find("환불 빠른"), [1]);
    assert_eq!(o.find("없음"), Vec::<i64>::new());
}

#[test]
fn a_search_in_a_large_queue_gives_the_newest_finds_page_by_page() {
    let o = Office::new();
    let words: Vec<String> = (0..700).map(|i| if i % 7 == 0 { format!("Parcel {i}") } else { format!("Letter {i}") }).collect();
    let requests: Vec<(&str, Option<&str>, i64)> = words.iter().map(|w| (w.as_str(), None, 0)).collect();
    o.import("in.jsonl", &requests);
    let all: Vec<i64> = (0..700).rev().filter(|i| i % 7 == 0).map(|i| i + 1).collect();
    assert_eq!(o.find("parcel"), all);
    let page = o.desk.queue(&QueueQuery { text: "parcel".into(), offset: 10, limit: 5, ..o.query(Tab::Drafting) }, &admin()).unwrap();
    assert_eq!((page.total, page.of, page.whole), (100, 700, true));
    assert_eq!(page.rows.iter().map(|row| row.id.0).collect::<Vec<_>>(), all[10..15]);
}

#[test]
fn whoever_judges_a_second_time_learns_nothing_by_a_search() {
    let o = Office::new();
    o.desk.set_reviewers(o.case, 0.5, 0.0, &admin()).unwrap();
    let requests: Vec<String> = (0..60).map(|i| format!("Question {i}")).collect();
    let requests: Vec<(&str, Option<&str>, i64)> = requests.iter().map(|w| (w.as_str(), None, 0)).collect();
    o.import("in.jsonl", &requests);
    o.draft(0.5, 100);
    let view = o.desk.open_item(ItemId(60), &reviewer()).unwrap();
    o.desk.decide(&decision(&view, Verdict::Approve, None), &reviewer()).unwrap();
    for id in 1..60 {
        o.decide(id, Verdict::Edit, Some("A secret marmalade."));
    }
    o.hand.advance(Duration::from_secs(60));
    while o.desk.deliver_one().unwrap() != flow::deliver::Delivered::Nothing {}
    let open = o.desk.queue(&o.query(Tab::Audits), &reviewer()).unwrap();
    assert!(open.total > 5, "some were drawn: {}", open.total);
    let sought = QueueQuery { text: "marmalade".into(), ..o.query(Tab::Audits) };
    assert_eq!(o.desk.queue(&sought, &reviewer()).unwrap().total, 0);
    let drawn: Vec<i64> = open.rows.iter().map(|row| row.id.0).collect();
    let all = o.find("marmalade");
    assert_eq!(all.len() + drawn.len(), 59, "the others are found");
    assert!(drawn.iter().all(|id| !all.contains(id)));
}
