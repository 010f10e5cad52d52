//! What stands beside a charter's targets, by slice and by drafter version.

use crate::office;
use flow::ItemId;
use flow::metrics::{Measured, SliceAcceptance, VersionDay};
use flow::review::Verdict;
use flow::testing::{ScriptedDrafter, admin};
use flow::use_case::Level;
use std::time::Duration;

const DAY: Duration = Duration::from_secs(86_400);

#[test]
fn before_the_first_decision_nothing_is_measured() {
    let o = office();
    let overview = o.desk.overview(o.case).unwrap();
    assert_eq!(overview.measured, Measured::default());
    assert!(overview.slice_acceptance.is_empty() && overview.versions.is_empty() && overview.days.is_empty());
}

#[test]
fn what_was_decided_is_told_by_slice_version_and_day_and_beside_the_targets() {
    let o = office();
    let request = |id: i64| serde_json::json!({"id": id.to_string(), "message": format!("Where is {id}?"), "slice": if id % 2 == 0 { "even" } else { "odd" }});
    o.import(&(1..=40).map(request).collect::<Vec<_>>());
    o.draft_all(&ScriptedDrafter::echo(0.9));
    o.hand.advance(Duration::from_secs(60));
    // All odd ones are good, of the even ones three in four.
    (1..=40).for_each(|item| o.decide(item, if item % 8 == 0 { Verdict::Reject } else { Verdict::Approve }));

    let overview = o.desk.overview(o.case).unwrap();
    let slice = |name: &str, accepted| SliceAcceptance { slice: Some(name.into()), decided: 20, accepted };
    assert_eq!(overview.slice_acceptance, [slice("even", 15), slice("odd", 20)]);
    let (low, high) = overview.slice_acceptance[1].interval().unwrap();
    assert!(low > 0.8 && low < 0.9 && high == 1.0, "Wilson's interval of 20 of 20: {low}");
    let measured = overview.measured;
    assert_eq!(measured.quality, Some(0.875));
    assert_eq!(measured.slice_gap, Some(0.125));
    assert_eq!((measured.share_automated, measured.volume_per_day), (Some(0.0), Some(40.0)));
    assert_eq!((measured.response, measured.hours_saved_per_month), (Some(Duration::from_secs(60)), Some(0.0)));
    assert_eq!((measured.ttft, measured.tpot), (Some(Duration::from_millis(5)), Some(Duration::from_millis(2))));
    assert_eq!(measured.cost_per_request, None, "nobody has said what power costs");

    // Taken back it is told no more.
    o.desk.undo(o.case, &admin()).unwrap();
    assert_eq!(
        o.desk.overview(o.case).unwrap().slice_acceptance[0],
        SliceAcceptance { slice: Some("even".into()), decided: 19, accepted: 15 }
    );
    o.decide(40, Verdict::Reject);

    // Two days later another version drafts, and what it is sure of goes out alone.
    o.hand.advance(2 * DAY);
    let mut input = o.desk.use_case(o.case).unwrap().input;
    input.system_prompt = "You answer briefly.".into();
    o.desk.save_use_case(&admin(), Some(o.case), &input).unwrap();
    o.import(&(41..=42).map(request).collect::<Vec<_>>());
    o.draft_all(&ScriptedDrafter::echo(0.5));
    o.decide(41, Verdict::Approve);
    o.decide(42, Verdict::Approve);
    let overview = o.desk.overview(o.case).unwrap();
    assert_eq!((overview.measured.quality, overview.measured.slice_gap), (Some(1.0), None), "too few of this version");
    assert_eq!(overview.measured.volume_per_day, Some(21.0), "42 on two days with work");
    let days = |n: usize| overview.versions[n].days.iter().map(|day: &VersionDay| (day.decided, day.accepted)).collect::<Vec<_>>();
    assert_eq!(overview.versions.iter().map(|version| (version.n, version.prompt_n)).collect::<Vec<_>>(), [(2, 2), (1, 1)]);
    assert_eq!((days(0), days(1)), (vec![(2, 2)], vec![(40, 35)]));
    assert!(overview.versions[0].days[0].day > overview.versions[1].days[0].day);
    assert_eq!(o.desk.view_item(ItemId(41), &admin()).unwrap().item.slice.as_deref(), Some("odd"));
}

#[test]
fn hours_are_saved_by_what_went_out_alone_lately() {
    let o = office();
    o.take(0..1, 0.5);
    o.decide(1, Verdict::Approve);
    o.desk.override_level(o.case, Level::Walk, "trial", &admin()).unwrap();
    o.take(1..5, 0.95);
    let measured = || o.desk.overview(o.case).unwrap().measured;
    assert_eq!(measured().hours_saved_per_month, Some(4.0 * 9.0 / 3600.0), "four times the nine seconds of a look");
    assert_eq!(measured().share_automated, Some(0.8));
    o.hand.advance(40 * DAY);
    assert_eq!(measured().hours_saved_per_month, Some(0.0), "that was longer ago than a month");
}
