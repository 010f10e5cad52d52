//! What is shown as like an item: accepted texts of the same use case, and nothing that gives away what is not to be known.

use super::{Office, decision, next, office};
use flow::review::Verdict;
use flow::seeded::Fault;
use flow::testing::{ScriptedDrafter, admin, reviewer, use_case};
use flow::use_case::Audience;
use flow::{ItemId, UseCaseId};

/// Previews of what is like the item.
fn like(o: &Office, item: ItemId) -> Vec<String> {
    o.desk.similar(item).unwrap().into_iter().map(|similar| similar.preview).collect()
}

#[test]
fn the_likest_accepted_requests_come_first_with_the_text_that_went_out() {
    let o = office(&[
        "Where is my parcel with the red tent? It should be here by Friday.",
        "Where is my parcel with the blue tent? It should be here by Monday.",
        "Please cancel my subscription of the magazine.",
        "Where is my parcel with the green tent? It should be here by Tuesday.",
        "Where is my parcel with the black tent? It should be here by Sunday.",
    ]);
    o.decide(Verdict::Edit, Some("Your red tent comes on Thursday."));
    o.decide(Verdict::Reject, None);
    o.decide(Verdict::Approve, None);
    let mine = next(&o.desk, o.case, &admin()).unwrap();
    let found = o.desk.similar(mine.item.id).unwrap();
    assert_eq!(found.len(), 1, "not the rejected one, not what waits, not itself, not what is about something else: {found:?}");
    assert_eq!(found[0].text, "Your red tent comes on Thursday.", "the text that went out, not the draft");
    assert_eq!(found[0].verdict, Verdict::Edit);
    assert!(found[0].likeness > 0.5 && found[0].likeness < 1.0, "{}", found[0].likeness);
    o.desk.decide(&decision(&mine, Verdict::Approve, None), &admin()).unwrap();
    let last = next(&o.desk, o.case, &admin()).unwrap();
    let order = like(&o, last.item.id);
    assert_eq!(order.len(), 2);
    assert_eq!(o.desk.similar(last.item.id).unwrap().len(), 2, "the same each time");
    assert!(like(&o, mine.item.id).iter().all(|preview| preview.contains("red")), "an accepted item is not like itself");
}

#[test]
fn what_was_taken_back_is_no_longer_shown() {
    let o = office(&["Where is my parcel with the red tent?", "Where is my parcel with the blue tent?"]);
    o.decide(Verdict::Approve, None);
    let mine = o.desk.next_item(&super::query(o.case), &[], &reviewer()).unwrap().unwrap();
    assert_eq!(like(&o, mine.item.id).len(), 1);
    o.desk.undo(o.case, &admin()).unwrap();
    assert_eq!(like(&o, mine.item.id), Vec::<String>::new());
}

#[test]
fn korean_requests_are_found_by_their_parts() {
    let o = office(&["빨간 텐트 배송조회 부탁드립니다", "구독을 취소해 주세요", "파란 텐트 배송조회 부탁드려요"]);
    o.decide(Verdict::Approve, None);
    o.decide(Verdict::Approve, None);
    let mine = next(&o.desk, o.case, &admin()).unwrap();
    assert_eq!(like(&o, mine.item.id), ["빨간 텐트 배송조회 부탁드립니다"]);
}

#[test]
fn another_use_cases_answers_are_not_shown() {
    let o = office(&["Where is my parcel with the red tent?"]);
    o.decide(Verdict::Approve, None);
    let case = use_case(&o.desk, |input| input.name = "Another desk".into()).unwrap();
    let other = Office { case, ..o };
    other.take(100, &["Where is my parcel with the blue tent?"]);
    let mine = next(&other.desk, case, &admin()).unwrap();
    assert_eq!(like(&other, mine.item.id), Vec::<String>::new());
}

#[test]
fn a_known_bad_item_is_not_given_away_by_the_item_that_it_was_made_from() {
    let folder = tempfile::TempDir::new().unwrap();
    let (desk, hand) = super::window(folder.path());
    let case: UseCaseId = use_case(&desk, |input| input.audience = Audience::Internal).unwrap();
    let o = Office { folder, desk, hand, case };
    // A draft that a rule can put a fault into: it greets, gives a number, names a step.
    let requests = ["Where is order 4711 of the tents?", "Where is order 4712 of the tents?", "Where is order 4713 of the tents?"];
    let lines: Vec<String> = requests
        .iter()
        .enumerate()
        .map(|(n, message)| serde_json::json!({ "id": n.to_string(), "message": message }).to_string())
        .collect();
    let path = o.desk.folder().join("orders.jsonl");
    std::fs::write(&path, lines.join("\n")).unwrap();
    let mapping = flow::intake::Mapping { id: Some("id".into()), fields: vec!["message".into()], ..Default::default() };
    let source = flow::intake::Source::of(path);
    let cancel = flow::model::Cancel::default();
    o.desk.import(case, &source, &mapping, &admin(), &cancel, &mut |_| {}).unwrap();
    let drafter = ScriptedDrafter::new(|request| {
        let number: String = request.messages.last().map_or("", |m| &m.content).chars().filter(char::is_ascii_digit).collect();
        Ok((format!("Dear Maria,\nyour order {number} is on its way. Please keep the slip. It takes 3 days.\nKind regards"), 0.9))
    });
    let presence = flow::worker::Presence::enter(&o.desk).unwrap();
    while flow::worker::draft_one(&o.desk, &drafter, &presence, &cancel, &mut |_| {}).unwrap() != flow::worker::Ran::Idle {}
    for _ in 0..3 {
        o.decide(Verdict::Approve, None);
    }
    o.desk.seed_items(case, 1, Some(Fault::WrongNumber), &admin()).unwrap();
    let planted = next(&o.desk, case, &reviewer()).expect("the known-bad item waits like any other");
    let found = o.desk.similar(planted.item.id).unwrap();
    assert_eq!(found.len(), 2, "the others are shown");
    assert!(found.iter().all(|similar| similar.likeness < 1.0), "an item with the same request would tell what this one is: {found:?}");
}
