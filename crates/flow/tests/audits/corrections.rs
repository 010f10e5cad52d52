//! Another text after one that is out.

use crate::{lines, walking};
use flow::correction::State as Correction;
use flow::deliver::Delivered;
use flow::item::State;
use flow::replay::Proposed;
use flow::review::{MadeBy, Tab, Verdict};
use flow::testing::{admin, reviewer};
use flow::use_case::Level;
use flow::{Error, ItemId};
use std::time::Duration;

#[test]
fn a_bad_audit_offers_a_correction_that_goes_where_the_wrong_text_went() {
    let o = walking();
    o.send(2);
    o.judge(1, Verdict::Edit, Some("It is in Kassel.")).unwrap();
    let offer = o.view().corrections.remove(0);
    assert_eq!((offer.state, offer.item, offer.out.as_str()), (Correction::Open, ItemId(1), "Re: Where is parcel 0?"));
    assert_eq!(offer.corrected.as_deref(), Some("It is in Kassel."));
    assert_eq!(offer.sent_to, [o.outbox.display().to_string(), o.texts.display().to_string()]);

    assert!(matches!(o.desk.correct(ItemId(1), " ", None, &admin()), Err(Error::Invalid { .. })));
    assert!(
        matches!(o.desk.correct(ItemId(1), "Re: Where is parcel 0?", None, &admin()), Err(Error::Invalid { .. })),
        "that is out already"
    );
    // The sink is no longer one of the use case: whoever has the wrong text gets the right one all the same.
    o.save(|i| i.sinks.truncate(1));
    let decision = o.desk.correct(ItemId(1), "It is in Leipzig.", Some("asked the depot"), &reviewer()).unwrap();
    assert_eq!((decision.made_by, decision.verdict, decision.actor.as_str()), (MadeBy::Person, Verdict::Edit, "Ben"));
    assert!(decision.corrects.is_some());
    assert!(matches!(o.desk.undo(o.case, &reviewer()), Err(Error::AlreadyDelivered { .. })), "its first text is out");
    assert!(matches!(o.desk.correct(ItemId(1), "Again.", None, &admin()), Err(Error::Stale { .. })), "one after the other");
    assert_eq!(o.count(State::Approved), 1);
    while o.desk.deliver_one().unwrap() == Delivered::Done {}
    assert_eq!(o.count(State::Delivered), 2);

    let out = lines(&o.outbox);
    let of_first: Vec<_> = out.iter().filter(|line| line["external_id"] == "0").collect();
    assert_eq!(
        (of_first.len(), &of_first[0]["text"], &of_first[1]["text"]),
        (2, &"Re: Where is parcel 0?".into(), &"It is in Leipzig.".into())
    );
    assert_eq!((&of_first[1]["corrects"], &of_first[1]["decided_by"]), (&of_first[0]["id"], &"Ben".into()));
    assert_eq!(of_first[0].get("corrects"), None);
    let uid = &o.desk.view_item(ItemId(1), &admin()).unwrap().item.uid;
    let file = |name: &str| std::fs::read_to_string(o.texts.join(name)).unwrap();
    assert_eq!(file(&format!("{uid}.txt")), "Re: Where is parcel 0?", "an unread first file is still there");
    assert_eq!(file(&format!("{uid}.correction-1.txt")), "It is in Leipzig.");

    // What is corrected can be corrected again.
    o.desk.correct(ItemId(1), "It is in Freiburg.", None, &admin()).unwrap();
    while o.desk.deliver_one().unwrap() == Delivered::Done {}
    let out = lines(&o.outbox);
    assert_eq!((&out[3]["corrects"], &out[3]["text"]), (&out[2]["id"], &"It is in Freiburg.".into()));
    assert_eq!(file(&format!("{uid}.correction-2.txt")), "It is in Freiburg.");
    let view = o.view();
    assert_eq!(view.corrections.iter().map(|c| c.state).collect::<Vec<_>>(), [Correction::Sent, Correction::Sent]);
    assert_eq!((view.released, view.done, view.bad), (2, 1, 1), "what was corrected did go out alone");
    let standing = o.desk.view_item(ItemId(1), &admin()).unwrap().decision.unwrap().0;
    assert_eq!((standing.text.as_deref(), o.desk.overview(o.case).unwrap().auto_approved), (Some("It is in Freiburg."), 1));
    assert_eq!(o.wrong(), Vec::<String>::new());
}

#[test]
fn a_kill_between_writing_a_correction_and_marking_it_doubles_nothing() {
    let o = walking();
    o.send(1);
    o.desk.correct(ItemId(1), "Better.", None, &admin()).unwrap();
    assert_eq!(o.desk.deliver_one().unwrap(), Delivered::Done);
    o.raw()
        .execute("UPDATE delivery SET state = 'sending', lease_until = 0, attempts = 1 WHERE corrects IS NOT NULL AND state = 'done'", [])
        .unwrap();
    while o.desk.deliver_one().unwrap() == Delivered::Done {}
    assert_eq!(
        lines(&o.outbox).iter().map(|l| l["text"].as_str().unwrap().to_owned()).collect::<Vec<_>>(),
        ["Re: Where is parcel 0?", "Better."]
    );
    assert_eq!(std::fs::read_dir(&o.texts).unwrap().count(), 2);
}

#[test]
fn what_is_not_out_is_not_corrected_and_what_stays_as_it_is_says_why() {
    let o = walking();
    o.take(1, 0.95);
    assert!(matches!(o.desk.correct(ItemId(1), "Better.", None, &admin()), Err(Error::Stale { .. })), "it can still be taken back");
    o.deliver();
    assert!(matches!(o.desk.dismiss_correction(ItemId(1), "no", &admin()), Err(Error::Stale { .. })), "none is offered");
    o.bad(1);
    assert_eq!(o.view().corrections[0].corrected, None, "a rejection has no better text");
    assert!(matches!(o.desk.dismiss_correction(ItemId(1), " ", &admin()), Err(Error::Invalid { .. })));
    o.desk.dismiss_correction(ItemId(1), "they rang already", &admin()).unwrap();
    assert_eq!(o.view().corrections[0].state, Correction::Dismissed);
    assert_eq!(lines(&o.outbox).len(), 1);
}

#[test]
fn a_text_that_somebody_corrected_is_still_audited_as_it_went_out_and_offers_nothing() {
    let o = walking();
    o.send(1);
    o.desk.correct(ItemId(1), "Better.", None, &reviewer()).unwrap();
    o.deliver();
    assert_eq!(o.items(Tab::Audits, &admin()), [1], "to leave it out would leave out the bad ones");
    let view = o.desk.open_item(ItemId(1), &admin()).unwrap();
    assert_eq!(view.drafts[0].text, "Re: Where is parcel 0?");
    o.bad(1);
    assert!(o.view().corrections.iter().all(|c| c.state == Correction::Sent), "it is corrected already");
    assert_eq!((o.view().bad, o.view().released), (1, 1));
    assert_eq!(o.wrong(), Vec::<String>::new());
}

#[test]
fn a_correction_buys_no_evidence() {
    let o = walking();
    o.send(3);
    for item in 1..=3 {
        o.clean(item);
    }
    let text = |n: i64| format!("Re: Where is parcel {n}!");
    o.desk.correct(ItemId(1), &text(0), None, &admin()).unwrap();
    o.desk.correct(ItemId(2), "Something else entirely, in other words.", None, &admin()).unwrap();
    let walk = &o.desk.evidence(o.case).unwrap().steps[0];
    assert_eq!((walk.all.counted, walk.all.bad), (1, 1), "a small change is chosen by whoever made it; a large one says that it was bad");
    o.hand.advance(Duration::from_secs(11));
}

#[test]
fn a_correction_takes_nothing_bad_back() {
    let o = super::office();
    o.take(4, 0.95);
    o.judge(1, Verdict::Edit, Some("Something else entirely, in other words.")).unwrap();
    (2..=3).for_each(|item| o.clean(item));
    o.deliver();
    let figures = || {
        assert_eq!(o.wrong(), Vec::<String>::new(), "what is kept of the evidence is what the rows say");
        let walk = &o.desk.evidence(o.case).unwrap().steps[0];
        (walk.all.counted, walk.all.bad)
    };
    assert_eq!(figures(), (3, 1));
    o.desk.correct(ItemId(1), "Re: Where is parcel 0!", None, &admin()).unwrap();
    assert_eq!(figures(), (3, 1), "what was bad stays bad, however it was made good");
    o.deliver();
    o.desk.correct(ItemId(1), "Re: Where is parcel 0?!", None, &admin()).unwrap();
    assert_eq!(figures(), (3, 1), "also when it is corrected once more");
    let replay = o.desk.replay(o.case, Proposed { level: Level::Walk, threshold: 0.0, audit_share: 0.1 }).unwrap();
    assert_eq!((replay.judged, replay.alone, replay.bad), (3, 3, 1), "a replay sees it too");
    o.deliver();
    assert_eq!(o.desk.evidence(o.case).unwrap().waits_for, None, "nothing was decided after the fourth");
}
