//! Reviewers on a real database file: known-bad items, what evidence asks of them, and the signs of not looking.
#![expect(clippy::unwrap_used, reason = "a test ends where something is not as it says")]

mod agreement;
mod bulk;
mod sequences;

use flow::clock::ClockHand;
use flow::dataset::ExportFormat;
use flow::deliver::Delivered;
use flow::draft::Draft;
use flow::intake::{Mapping, Source};
use flow::item::State;
use flow::model::Cancel;
use flow::review::{Decided, DecisionInput, Filter, Found, ItemView, Order, QueueQuery, Tab, Verdict};
use flow::reviewers::{Reviewers, Word};
use flow::route::{Check, Route};
use flow::seeded::Fault;
use flow::testing::{ScriptedDrafter, admin, desk, reviewer, use_case};
use flow::use_case::{Audience, Level, Sink, SinkKind};
use flow::worker::{Presence, Ran, draft_one};
use flow::{Desk, Error, ItemId, Person, UseCaseId};
use std::collections::BTreeSet;
use std::time::Duration;
use tempfile::TempDir;

/// Known-bad items are asked for, and none comes by itself.
const HARDLY_ANY: f64 = 1e-12;

struct Office {
    _folder: TempDir,
    desk: Desk,
    hand: ClockHand,
    case: UseCaseId,
    outbox: std::path::PathBuf,
}

/// A use case that answers people inside.
fn office() -> Office {
    let folder = TempDir::new().unwrap();
    let (desk, hand) = desk(folder.path()).unwrap();
    let outbox = folder.path().join("out/box.jsonl");
    let sinks = vec![Sink { kind: SinkKind::Outbox, path: outbox.display().to_string(), audience: None }];
    let case = use_case(&desk, |input| {
        input.audience = Audience::Internal;
        input.sinks = sinks;
    })
    .unwrap();
    Office { _folder: folder, desk, hand, case, outbox }
}

/// What the scripted model answers: who is greeted, a number that is none of the request's, a step.
fn answer(request: &str) -> String {
    let order = request.split_whitespace().last().unwrap_or_default();
    format!("Dear Maria,\nyour order {order} is on its way. Please keep the slip. It takes 3 days.\nKind regards")
}

impl Office {
    fn take(&self, ids: std::ops::Range<u64>) {
        let path = self.desk.folder().join("in.jsonl");
        let line = |id: u64| {
            serde_json::json!({"id": format!("FW-{id:05}"), "slice": "orders", "message": format!("I am Maria. Where is 9{id}")})
                .to_string()
        };
        std::fs::write(&path, ids.clone().map(line).collect::<Vec<_>>().join("\n")).unwrap();
        let mapping = Mapping { id: Some("id".into()), slice: Some("slice".into()), fields: vec!["message".into()], ..Mapping::default() };
        let source = Source::of(path);
        let report = self.desk.import(self.case, &source, &mapping, &admin(), &Cancel::default(), &mut |_| {}).unwrap();
        assert_eq!(report.accepted, ids.end - ids.start, "{report:?}");
        let drafter = ScriptedDrafter::new(|request| Ok((answer(&request.messages.last().unwrap().content), 0.9)));
        let presence = Presence::enter(&self.desk).unwrap();
        while draft_one(&self.desk, &drafter, &presence, &Cancel::default(), &mut |_| {}).unwrap() != Ran::Idle {}
    }

    fn open(&self, item: ItemId, person: &Person) -> ItemView {
        self.desk.open_item(item, person).unwrap()
    }

    fn decide_as(&self, item: ItemId, verdict: Verdict, text: Option<&str>, person: &Person) -> Result<Decided, Error> {
        let view = self.open(item, person);
        let input = DecisionInput {
            item,
            epoch: view.lease.as_ref().map_or(0, |lease| lease.epoch),
            draft: view.drafts.last().unwrap().id,
            verdict,
            text: text.map(str::to_owned),
            reasons: Vec::new(),
            note: None,
            viewed: Duration::from_secs(9),
            found: Found::next(Order::Oldest),
        };
        self.desk.decide(&input, person)
    }

    fn decide(&self, item: ItemId, verdict: Verdict) -> Decided {
        self.decide_as(item, verdict, None, &admin()).unwrap()
    }

    /// Requests that were answered well and approved.
    fn settled(n: u64) -> Self {
        let o = office();
        o.take(0..n);
        for item in o.waiting() {
            o.decide(item, Verdict::Approve);
        }
        o
    }

    fn list(&self, tab: Tab) -> Vec<ItemId> {
        let query = QueueQuery {
            use_case: self.case,
            tab,
            order: Order::Oldest,
            slice: None,
            text: String::new(),
            filter: Filter::default(),
            offset: 0,
            limit: 500,
        };
        let page = self.desk.queue(&query, &admin()).unwrap();
        assert_eq!(page.total, page.rows.len() as i64);
        page.rows.into_iter().map(|row| row.id).collect()
    }

    fn waiting(&self) -> Vec<ItemId> {
        self.list(Tab::Waiting)
    }

    fn seed(&self, count: u32, fault: Option<Fault>) -> Vec<ItemId> {
        let before: BTreeSet<ItemId> = self.waiting().into_iter().collect();
        assert_eq!(self.desk.seed_items(self.case, count, fault, &admin()).unwrap().made, count);
        self.waiting().into_iter().filter(|item| !before.contains(item)).collect()
    }

    fn reviewers(&self) -> Reviewers {
        self.desk.reviewers(self.case, &admin()).unwrap()
    }

    fn deliver_all(&self) -> usize {
        self.hand.advance(Duration::from_secs(11));
        let mut n = 0;
        loop {
            match self.desk.deliver_one().unwrap() {
                Delivered::Nothing => return n,
                Delivered::Done => n += 1,
                Delivered::Failed(why) => panic!("{why}"),
            }
        }
    }

    fn exported(&self) -> String {
        let path = self.desk.folder().join("export.jsonl");
        self.desk.export(self.case, ExportFormat::Decisions, &path, &admin(), &Cancel::default(), &mut |_| {}).unwrap();
        std::fs::read_to_string(path).unwrap()
    }

    fn raw(&self) -> rusqlite::Connection {
        rusqlite::Connection::open(self.desk.folder().join("gait.db")).unwrap()
    }

    /// What the examination finds wrong.
    fn wrong(&self) -> Vec<String> {
        self.desk.examine().unwrap().into_iter().filter(|finding| !finding.ok).map(|finding| finding.what).collect()
    }
}

#[test]
fn a_known_bad_item_looks_like_any_other_until_it_is_decided() {
    let o = Office::settled(30);
    let [bad] = o.seed(1, Some(Fault::WrongNumber))[..] else { panic!("one was made") };
    o.take(30..31);
    let real = *o.waiting().last().unwrap();
    let (bad, real) = (o.open(bad, &reviewer()), o.open(real, &reviewer()));
    // Whatever is seen of the one is of the same form as of the other.
    assert_ne!(bad.item.uid, real.item.uid);
    assert_eq!(bad.item.external_id.as_ref().unwrap().len(), real.item.external_id.as_ref().unwrap().len());
    assert!(bad.item.external_id.as_ref().unwrap().starts_with("FW-"));
    let kinds = |view: &ItemView| view.history.iter().map(|e| (e.kind.clone(), e.actor.clone(), e.detail.clone())).collect::<Vec<_>>();
    assert_eq!(kinds(&bad), kinds(&real));
    let (a, b) = (&bad.item, &real.item);
    assert_eq!(
        (&a.source, &a.slice, a.audience, a.priority, a.state, a.attempts, a.lease_epoch),
        (&b.source, &b.slice, b.audience, b.priority, b.state, b.attempts, b.lease_epoch)
    );
    let (a, b) = (&bad.drafts[0], &real.drafts[0]);
    // Whether it would have been audited is drawn from the item's own id, for one as for the other.
    let routed = |draft: &Draft| Route { check: draft.route.check.map(|check| Check { drawn: false, ..check }), ..draft.route.clone() };
    assert_eq!(
        (routed(a), a.epoch, a.drafter_n, a.prompt_n, a.n, a.stop, &a.hint),
        (routed(b), b.epoch, b.drafter_n, b.prompt_n, b.n, b.stop, &b.hint)
    );
    let spelled: String = o.desk.draft_tokens(a.id).unwrap().iter().map(|token| token.text.clone()).collect();
    assert_eq!(spelled, a.text);
    // And its draft has one digit that is wrong.
    let good = answer(&bad.item.fields[0].value);
    let differ: Vec<_> = good.chars().zip(a.text.chars()).filter(|(a, b)| a != b).collect();
    assert_eq!((differ.len(), good.len()), (1, a.text.len()), "{}", a.text);
    assert!(
        o.desk
            .queue(
                &QueueQuery {
                    use_case: o.case,
                    tab: Tab::Waiting,
                    order: Order::Random,
                    slice: Some("orders".into()),
                    text: "Maria".into(),
                    filter: Filter::default(),
                    offset: 0,
                    limit: 9
                },
                &reviewer()
            )
            .unwrap()
            .total
            == 2,
        "it is found like the others"
    );
    let told = o.desk.activity(Some(o.case), 0, 500).unwrap().1;
    assert!(told.iter().all(|entry| entry.kind != "seeded" || entry.item.is_none()), "that there are some is told, and not which");
}

#[test]
fn what_happened_tells_that_known_bad_items_were_put_in_and_not_which() {
    let o = Office::settled(30);
    let bad = o.seed(2, None);
    let kinds = |item: ItemId| -> Vec<String> {
        let (total, told) = o.desk.activity(Some(o.case), 0, 500).unwrap();
        assert_eq!((total, o.desk.activity(None, 0, 500).unwrap().0 >= total), (told.len() as i64, true));
        told.into_iter().rev().filter(|entry| entry.item == Some(item)).map(|entry| entry.kind).collect()
    };
    assert!(bad.iter().all(|item| kinds(*item).is_empty()), "they stand beside each other, next to that they were put in");
    assert_eq!(o.desk.view_item(bad[0], &reviewer()).unwrap().history.len(), 2, "the item itself has its history");
    o.decide(bad[0], Verdict::Reject);
    assert_eq!(kinds(bad[0]), ["received", "drafted", "rejected", "seeded_caught"], "then all is told");
    assert!(kinds(bad[1]).is_empty());
}

#[test]
fn what_is_said_of_a_known_bad_item_is_told_at_once_and_stands() {
    let o = Office::settled(30);
    let bad = o.seed(4, None);
    let counts = |state| o.desk.use_case(o.case).unwrap().counts.of(state);
    assert_eq!(counts(State::InReview), 4, "while it waits it is work");
    let evidence = o.desk.evidence(o.case).unwrap();
    assert_eq!(o.decide(bad[0], Verdict::Approve).seeded, Some(false), "missed");
    assert_eq!(o.decide(bad[1], Verdict::Reject).seeded, Some(true));
    assert_eq!(o.decide_as(bad[2], Verdict::Edit, Some("Dear Maria, yes."), &admin()).unwrap().seeded, Some(true));
    // Another draft was asked for and approved: the bad one would not have gone out.
    let view = o.open(bad[3], &admin());
    let epoch = view.lease.unwrap().epoch;
    let request = o.desk.regenerate_request(bad[3], "Ada", epoch, None).unwrap();
    let drafter = ScriptedDrafter::new(|request| Ok((answer(&request.messages.last().unwrap().content), 0.9)));
    let made = flow::model::Drafter::generate(&drafter, &request, &Cancel::default(), &mut |_| {}).unwrap();
    o.desk.keep_regenerated(bad[3], "Ada", epoch, &request, None, &made).unwrap();
    assert_eq!(o.decide(bad[3], Verdict::Approve).seeded, Some(true));

    for item in &bad {
        let view = o.desk.view_item(*item, &admin()).unwrap();
        assert_eq!(view.item.state, State::Rejected, "it goes nowhere, whatever was said");
        assert!(view.history.last().unwrap().kind.starts_with("seeded_"), "{:?}", view.history.last());
    }
    assert_eq!((counts(State::InReview), counts(State::Rejected)), (0, 0), "decided it is counted nowhere");
    assert_eq!(o.list(Tab::Decided).len(), 30);
    let golds = o.reviewers().golds;
    assert_eq!((golds.seeded, golds.open, golds.caught, golds.missed), (4, 0, 3, 1));
    assert_eq!(golds.by_fault.iter().map(|f| f.made).sum::<u64>(), 4);
    assert_eq!(o.desk.evidence(o.case).unwrap().steps[0].all, evidence.steps[0].all, "it is no evidence");
    assert_eq!(o.deliver_all(), 30);
    assert_eq!(std::fs::read_to_string(&o.outbox).unwrap().lines().count(), 30);
    assert_eq!(o.exported().lines().count(), 30);
    let skipped = o.desk.preview_export(o.case, ExportFormat::Sft).unwrap().skipped;
    assert_eq!((skipped.len(), skipped[0].count), (1, 4), "what an export leaves out is told");
    let overview = o.desk.overview(o.case).unwrap();
    assert_eq!((overview.evidence.decided, overview.evidence.approved), (30, 30));
    assert_eq!(overview.days.iter().map(|day| day.decided).sum::<i64>(), 30);
    assert_eq!(overview.bins.iter().map(|bin| bin.decided).sum::<i64>(), 30);
    assert_eq!(o.wrong(), Vec::<String>::new());
}

#[test]
fn taking_back_passes_over_what_was_decided_on_a_known_bad_item() {
    let o = Office::settled(30);
    o.take(30..31);
    let real = o.waiting()[0];
    o.decide(real, Verdict::Approve);
    let bad = o.seed(1, None)[0];
    o.decide(bad, Verdict::Approve);
    assert_eq!(o.desk.undo(o.case, &admin()).unwrap().view.item.id, real, "its answer was told, so that it stands");
    assert_eq!(o.reviewers().golds.missed, 1);
    let refused = o.raw().execute("UPDATE decision SET undone_at = 1, undone_by = 'x' WHERE item = ?1", [bad.0]).unwrap_err().to_string();
    assert!(refused.contains("stands"), "{refused}");
}

#[test]
fn the_schema_itself_lets_no_known_bad_item_go_out() {
    let o = Office::settled(30);
    let bad = o.seed(1, None)[0];
    let refuses = |sql: &str| assert!(o.raw().execute(sql, [bad.0]).is_err(), "{sql}");
    refuses("UPDATE item SET seeded = 0 WHERE id = ?1");
    for state in ["received", "drafting", "drafted", "approved", "delivered", "failed"] {
        refuses(&format!("UPDATE item SET state = '{state}' WHERE id = ?1"));
    }
    refuses(
        "INSERT INTO delivery (uid, decision, item, sink, state, not_before) SELECT 'x', min(d.id), ?1, 1, 'waiting', 0 FROM decision d",
    );
    refuses(
        "INSERT INTO decision (item, draft, lease_epoch, made_by, actor, verdict, level, at, epoch, charter) SELECT ?1, draft, 1, 'policy', 'p', 'approve', 'walk', 1, 1, 1 FROM item WHERE id = ?1",
    );
    refuses("DELETE FROM seeded WHERE item = ?1");
    refuses("UPDATE seeded SET fault = 'by_admin' WHERE item = ?1");
    o.decide(bad, Verdict::Approve);
    refuses("UPDATE item SET state = 'in_review' WHERE id = ?1");
    refuses("UPDATE seeded SET caught = 1 WHERE item = ?1");
}

#[test]
fn who_asks_for_known_bad_items_is_told_why_there_are_none() {
    let o = office();
    let seed = |count, fault, person: Person| o.desk.seed_items(o.case, count, fault, &person).unwrap_err();
    assert!(matches!(seed(1, None, reviewer()), Error::NotAllowed { .. }));
    assert!(matches!(seed(0, None, admin()), Error::Invalid { .. }));
    assert!(matches!(seed(1, Some(Fault::ByAdmin), admin()), Error::Invalid { .. }));
    assert!(seed(1, None, admin()).to_string().contains("no accepted draft"));
    let path = o.desk.folder().join("in.jsonl");
    std::fs::write(&path, r#"{"message":"Hello"}"#).unwrap();
    let mapping = Mapping { fields: vec!["message".into()], ..Mapping::default() };
    o.desk.import(o.case, &Source::of(path), &mapping, &admin(), &Cancel::default(), &mut |_| {}).unwrap();
    let presence = Presence::enter(&o.desk).unwrap();
    draft_one(&o.desk, &ScriptedDrafter::echo(0.9), &presence, &Cancel::default(), &mut |_| {}).unwrap();
    o.decide(o.waiting()[0], Verdict::Approve);
    assert!(seed(1, Some(Fault::WrongNumber), admin()).to_string().contains("1: no number stands in it"));
}

#[test]
fn an_admin_can_write_what_is_wrong() {
    let o = Office::settled(2);
    let original = o.list(Tab::Decided)[0];
    let seed = |text: &str, person: &Person| o.desk.seed_from(original, text, " too rude ", person);
    assert!(matches!(seed("Go away.", &reviewer()), Err(Error::NotAllowed { .. })));
    assert!(matches!(seed("  ", &admin()), Err(Error::Invalid { .. })));
    let good = o.open(original, &admin()).drafts[0].text.clone();
    assert!(matches!(seed(&good, &admin()), Err(Error::Invalid { .. })), "that one is good");
    seed("Go away.", &admin()).unwrap();
    let bad = o.waiting()[0];
    assert!(o.desk.seed_from(bad, "Worse.", "", &admin()).is_err(), "not of one that is bad already");
    assert_eq!(o.decide(bad, Verdict::Approve).seeded, Some(false));
    let view = o.desk.view_item(bad, &admin()).unwrap();
    assert_eq!(view.history.last().unwrap().detail.as_deref(), Some("too rude"), "now it is told what was wrong");
    assert!(view.drafts[0].text == "Go away." && o.reviewers().golds.by_fault[0].fault == Fault::ByAdmin);
}

#[test]
fn what_would_go_out_alone_is_no_place_for_a_known_bad_item() {
    let o = Office::settled(3);
    o.desk.override_level(o.case, Level::Walk, "trial", &admin()).unwrap();
    let refused = o.desk.seed_items(o.case, 1, None, &admin()).unwrap_err().to_string();
    assert!(refused.contains("goes out alone now"), "{refused}");
    assert!(o.desk.seed_from(o.list(Tab::All)[0], "Go away.", "", &admin()).is_err());
}

#[test]
fn a_share_of_what_enters_review_is_known_to_be_bad() {
    let o = Office::settled(60);
    let epoch = o.desk.epoch(o.case).unwrap().n;
    o.desk.set_reviewers(o.case, 0.05, 0.2, &admin()).unwrap();
    assert_eq!(o.desk.epoch(o.case).unwrap().n, epoch + 1, "evidence now asks what people miss");
    o.desk.set_reviewers(o.case, 0.1, 0.2, &admin()).unwrap();
    assert_eq!(o.desk.epoch(o.case).unwrap().n, epoch + 1, "the share of re-reviews is no part of it");
    o.take(60..260);
    let made = o.reviewers().golds.seeded;
    assert!((20..=60).contains(&made), "200 entered review, one in five has a known-bad one beside it: {made}");
    assert_eq!(o.waiting().len() as u64, 200 + made);
    let told = o.desk.activity(Some(o.case), 0, 500).unwrap().1;
    assert!(told.iter().all(|entry| entry.kind != "seeded"), "nobody is told when");
    assert!(matches!(o.desk.set_reviewers(o.case, 0.1, 0.6, &admin()), Err(Error::Invalid { .. })));
    assert!(matches!(o.desk.set_reviewers(o.case, f64::NAN, 0.1, &admin()), Err(Error::Invalid { .. })));
    assert!(matches!(o.desk.set_reviewers(o.case, 0.1, 0.1, &reviewer()), Err(Error::NotAllowed { .. })));
}

/// 260 clean decisions in an epoch with known-bad items, of which every n-th is missed.
fn judged_with_golds(missed_every: usize) -> Office {
    let o = Office::settled(60);
    o.desk.set_reviewers(o.case, 0.0, HARDLY_ANY, &admin()).unwrap();
    o.take(60..320);
    let golds: BTreeSet<ItemId> = o.seed(50, None).into_iter().collect();
    let mut seen = 0;
    for item in o.waiting() {
        if golds.contains(&item) {
            seen += 1;
            o.decide(item, if seen % missed_every == 0 { Verdict::Approve } else { Verdict::Reject });
        } else {
            o.decide(item, Verdict::Approve);
        }
    }
    o
}

#[test]
fn reviewers_who_catch_half_of_the_bad_ones_raise_nothing_by_what_would_be_enough() {
    let o = judged_with_golds(2);
    let walk = o.desk.evidence(o.case).unwrap().steps[0].clone();
    let gold = walk.gold.unwrap();
    assert_eq!((gold.seeded, gold.caught, walk.all.bad), (50, 25, 0));
    assert!(walk.all.counted >= 255 && gold.miss_bound > 0.5, "{gold:?}");
    let refused = o.desk.move_level(o.case, Level::Walk, "enough", &admin()).unwrap_err().to_string();
    assert!(refused.contains("25 of 50 known-bad items found"), "{refused}");
    assert_eq!(o.reviewers().mine.word, Word::Misses);

    let o = judged_with_golds(51);
    let walk = o.desk.evidence(o.case).unwrap().steps[0].clone();
    assert!(walk.allows(), "{:?} {:?}", walk.all, walk.gold);
    o.desk.move_level(o.case, Level::Walk, "enough", &admin()).unwrap();
}

#[test]
fn with_known_bad_items_asked_for_and_none_decided_nothing_is_proven() {
    let o = Office::settled(60);
    o.desk.set_reviewers(o.case, 0.0, HARDLY_ANY, &admin()).unwrap();
    o.take(60..320);
    let waiting = o.waiting();
    for item in &waiting {
        o.decide(*item, Verdict::Approve);
    }
    let refused = o.desk.move_level(o.case, Level::Walk, "enough", &admin()).unwrap_err().to_string();
    assert!(refused.contains("a known-bad item for internal receivers"), "{refused}");
    // One that waits holds up no evidence.
    let golds = o.seed(2, None);
    o.take(320..321);
    let last = o.waiting().pop().unwrap();
    o.decide(last, Verdict::Approve);
    let evidence = o.desk.evidence(o.case).unwrap();
    assert_eq!(
        (evidence.waits_for, evidence.steps[0].left_out.iter().filter(|left| left.why == flow::evidence::NotCounted::Waits).count()),
        (None, 0)
    );
    assert_eq!(golds.len(), 2);
}

#[test]
fn a_person_sees_their_own_signs_and_the_others_only_all_together() {
    let o = Office::settled(30);
    let bad = o.seed(4, None);
    for item in &bad[..2] {
        assert_eq!(o.decide_as(*item, Verdict::Approve, None, &reviewer()).unwrap().seeded, Some(false));
    }
    o.take(30..40);
    for item in o.waiting().into_iter().filter(|item| !bad.contains(item)) {
        o.decide_as(item, Verdict::Reject, None, &reviewer()).unwrap();
    }
    let (ada, ben) = (o.reviewers(), o.desk.reviewers(o.case, &reviewer()).unwrap());
    assert_eq!((ada.mine.decided, ada.mine.approvals, ada.mine.longest_run, ada.mine.seeded), (30, 30, 30, 0));
    assert_eq!((ben.mine.decided, ben.mine.approvals, ben.mine.longest_run, ben.mine.seeded, ben.mine.missed), (10, 0, 0, 2, 2));
    assert_eq!((ada.team, ada.reviewers), (ben.team, 2), "the team is the same for both");
    assert_eq!((ada.team.decided, ada.team.approvals, ada.team.seeded, ada.team.missed), (40, 30, 2, 2));
    assert_eq!(
        (ada.mine.word, ben.mine.word),
        (Word::Runs, Word::Misses),
        "thirty in a row where a quarter is rejected; two of two missed"
    );
    assert!(!format!("{ada:?}").contains("Ben"));
    o.hand.advance(Duration::from_secs(31 * 86_400));
    assert_eq!(o.reviewers().mine.decided, 0, "signs are of the last thirty days");
}
