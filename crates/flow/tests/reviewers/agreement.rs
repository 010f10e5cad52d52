//! Blind re-reviews: who is asked, what they see, and what comes of it.

use crate::{Office, office};
use flow::item::State;
use flow::review::{Filter, Order, QueueQuery, Tab, Verdict};
use flow::testing::{admin, reviewer};
use flow::{Error, ItemId, Person};

impl Office {
    fn drawn(&self, item: ItemId) -> i64 {
        let sql = "SELECT count(*) FROM audit WHERE item = ?1 AND kind = 're_review' AND state = 'open'";
        self.raw().query_row(sql, [item.0], |r| r.get(0)).unwrap()
    }

    fn asked(&self, person: &Person) -> Vec<ItemId> {
        let (tab, order) = (Tab::Audits, Order::Oldest);
        let query = QueueQuery {
            use_case: self.case,
            tab,
            order,
            slice: None,
            text: String::new(),
            filter: Filter::default(),
            offset: 0,
            limit: 500,
        };
        let mut asked: Vec<ItemId> = self.desk.queue(&query, person).unwrap().rows.into_iter().map(|row| row.id).collect();
        asked.sort();
        asked
    }

    fn say(&self, item: ItemId, verdict: Verdict, person: &Person) {
        let text = (verdict == Verdict::Edit).then_some("Dear Maria, it comes tomorrow.");
        self.decide_as(item, verdict, text, person).unwrap();
    }
}

/// Both decide here, and half of what is decided is judged once more.
fn shared() -> Office {
    let o = office();
    o.desk.set_reviewers(o.case, 0.5, 0.0, &admin()).unwrap();
    o.take(0..1);
    o.say(ItemId(1), Verdict::Approve, &reviewer());
    assert_eq!(o.drawn(ItemId(1)), 0, "nobody else decides here yet");
    o
}

#[test]
fn agreement_of_two_people_is_that_of_the_golden_numbers() {
    let golden: serde_json::Value = serde_json::from_str(include_str!("../../fixtures/golden.json")).unwrap();
    let case = &golden["cohen_kappa"][0];
    let verdicts = |key: &str| {
        let verdict = |label: &serde_json::Value| match label.as_str().unwrap() {
            "ok" => Verdict::Approve,
            "edit" => Verdict::Edit,
            _ => Verdict::Reject,
        };
        case[key].as_array().unwrap().iter().map(verdict).collect::<Vec<_>>()
    };
    let (first, second) = (verdicts("a"), verdicts("b"));
    let o = shared();
    let mut pairs: Vec<ItemId> = Vec::new();
    for n in 1..200 {
        if pairs.len() == first.len() {
            break;
        }
        o.take(n..n + 1);
        let item = o.waiting()[0];
        o.say(item, first[pairs.len()], &admin());
        pairs.extend((o.drawn(item) == 1).then_some(item));
    }
    o.deliver_all();
    assert_eq!(o.asked(&admin()), [], "nobody re-reviews themselves");
    assert_eq!(o.asked(&reviewer()), pairs);
    for (item, verdict) in pairs.iter().zip(&second) {
        let view = o.open(*item, &reviewer());
        assert!(view.history.is_empty() && view.decision.is_none() && view.drafts.len() == 1, "nothing of what was said is seen");
        let before = (o.open(*item, &admin()).item.state, o.desk.use_case(o.case).unwrap().level);
        o.say(*item, *verdict, &reviewer());
        let after = o.desk.view_item(*item, &admin()).unwrap();
        assert_eq!((after.item.state, o.desk.use_case(o.case).unwrap().level), before, "it changes nothing of the item");
        assert_eq!(after.decision.unwrap().0.actor, "Ada", "the first decision stands");
    }
    let agreement = o.reviewers().agreement;
    let (expected, got) = (case["kappa"].as_f64().unwrap(), agreement.kappa.unwrap());
    assert!((got - expected).abs() <= 1e-9 * expected, "{got} {expected}");
    let same = first.iter().zip(&second).filter(|(a, b)| a == b).count() as u64;
    assert_eq!((agreement.pairs, agreement.same, agreement.alpha.is_some()), (first.len() as u64, same, true));
    assert_eq!(o.wrong(), Vec::<String>::new());
}

#[test]
fn what_is_taken_back_is_not_judged_again_and_a_rejection_is_judged_at_once() {
    let (o, item) = rejected();
    assert_eq!(o.asked(&reviewer()), [item], "nothing of it goes out that could be waited for");
    o.desk.undo(o.case, &admin()).unwrap();
    assert_eq!((o.drawn(item), o.asked(&reviewer())), (0, vec![]));
    o.say(item, Verdict::Reject, &admin());
    assert_eq!(o.drawn(item), 1, "it is drawn by its id, and so it is drawn again");
    o.say(item, Verdict::Reject, &reviewer());
    assert_eq!((o.reviewers().agreement.pairs, o.desk.view_item(item, &admin()).unwrap().item.state), (1, State::Rejected));
    assert_eq!(o.wrong(), Vec::<String>::new());
}

/// An item that the admin rejected and the reviewer is asked to judge again.
fn rejected() -> (Office, ItemId) {
    let o = shared();
    for n in 1..100 {
        o.take(n..n + 1);
        let item = o.waiting()[0];
        o.say(item, Verdict::Reject, &admin());
        if o.drawn(item) == 1 {
            return (o, item);
        }
    }
    panic!("one in two is drawn");
}

#[test]
fn neither_state_nor_refusal_tells_what_the_first_one_said() {
    let (o, item) = rejected();
    let query = |tab| QueueQuery {
        use_case: o.case,
        tab,
        order: Order::Oldest,
        slice: None,
        text: String::new(),
        filter: Filter::default(),
        offset: 0,
        limit: 500,
    };
    let state = |tab, person: &Person| {
        let rows = o.desk.queue(&query(tab), person).unwrap().rows;
        rows.into_iter().find(|row| row.id == item).unwrap().state
    };
    for tab in [Tab::Audits, Tab::All] {
        assert_eq!(state(tab, &reviewer()), State::InReview, "rejected would be the verdict");
    }
    assert_eq!(state(Tab::All, &admin()), State::Rejected, "who decided it knows");
    assert_eq!(o.desk.view_item(item, &reviewer()).unwrap().item.state, State::InReview);
    let view = o.open(item, &reviewer());
    let epoch = view.lease.unwrap().epoch;
    let refusals = [
        o.desk.escalate(item, epoch, "odd", &reviewer()).unwrap_err(),
        o.desk.regenerate_request(item, "Ben", epoch, None).unwrap_err(),
        o.desk.heartbeat(item, epoch - 1, &reviewer()).unwrap_err(),
    ];
    for refusal in refusals {
        assert!(matches!(refusal, Error::Stale { .. }), "{refusal}");
        assert!(!["Ada", "decided"].iter().any(|told| refusal.to_string().contains(told)), "{refusal}");
    }
    o.say(item, Verdict::Reject, &reviewer());
    assert_eq!(state(Tab::All, &reviewer()), State::Rejected, "once it is judged, all is told");
    assert!(o.desk.escalate(item, epoch, "odd", &reviewer()).unwrap_err().to_string().contains("Ada decided it"));
}

#[test]
fn with_one_person_nobody_is_asked_again_and_a_share_of_none_asks_for_nothing() {
    let o = office();
    o.desk.set_reviewers(o.case, 0.5, 0.0, &admin()).unwrap();
    o.take(0..20);
    let waiting = o.waiting();
    for item in &waiting {
        o.say(*item, Verdict::Approve, &admin());
    }
    assert_eq!(waiting.iter().map(|item| o.drawn(*item)).sum::<i64>(), 0);
    let o = shared();
    o.desk.set_reviewers(o.case, 0.0, 0.0, &admin()).unwrap();
    o.take(1..20);
    let waiting = o.waiting();
    for item in &waiting {
        o.say(*item, Verdict::Approve, &admin());
    }
    assert_eq!(waiting.iter().map(|item| o.drawn(*item)).sum::<i64>(), 0);
}

#[test]
fn a_known_bad_item_is_never_judged_again() {
    let o = Office::settled(40);
    o.desk.set_reviewers(o.case, 0.5, 0.0, &admin()).unwrap();
    let bad = o.seed(12, None);
    for item in &bad[..6] {
        o.say(*item, Verdict::Reject, &reviewer());
    }
    for item in &bad[6..] {
        o.say(*item, Verdict::Approve, &admin());
    }
    assert_eq!(bad.iter().map(|item| o.drawn(*item)).sum::<i64>(), 0);
}
