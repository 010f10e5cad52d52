//! The evidence for a level on a real database file: what people decide, and what that allows.
#![expect(clippy::unwrap_used, reason = "a test ends where something is not as it says")]

mod overview;
mod sequences;

use flow::clock::ClockHand;
use flow::evidence::{Evidence, LeftOut, NotCounted, StepEvidence};
use flow::hold::{Condition, HoldRule};
use flow::intake::{Mapping, Source};
use flow::model::{Cancel, Drafter, GenerateRequest, Generation, ModelError, ModelFacts, StopReason, Token};
use flow::review::{DecisionInput, Found, Order, Verdict};
use flow::testing::{ScriptedDrafter, admin, desk, reviewer, use_case};
use flow::use_case::{Audience, Level, UseCaseInput};
use flow::worker::{Presence, Ran, draft_one};
use flow::{Desk, Error, ItemId, UseCaseId};
use std::path::Path;
use std::time::Duration;
use tempfile::TempDir;

/// Clean decisions that the first attempt needs at ε 5 %: δ is 5 %, and the first attempt may spend half of it.
const FIRST: u64 = 96;

struct Office {
    _folder: TempDir,
    desk: Desk,
    hand: ClockHand,
    case: UseCaseId,
}

fn office() -> Office {
    let folder = TempDir::new().unwrap();
    let (desk, hand) = desk(folder.path()).unwrap();
    let case = use_case(&desk, |input| input.audience = Audience::Internal).unwrap();
    Office { _folder: folder, desk, hand, case }
}

impl Office {
    fn import(&self, lines: &[serde_json::Value]) {
        let path = self.desk.folder().join("in.jsonl");
        std::fs::write(&path, lines.iter().map(serde_json::Value::to_string).collect::<Vec<_>>().join("\n")).unwrap();
        let mapping = Mapping {
            id: Some("id".into()),
            audience: Some("audience".into()),
            slice: Some("slice".into()),
            fields: vec!["message".into()],
            ..Mapping::default()
        };
        let source = Source::of(path);
        let report = self.desk.import(self.case, &source, &mapping, &admin(), &Cancel::default(), &mut |_| {}).unwrap();
        assert_eq!(report.accepted as usize, lines.len(), "{report:?}");
    }

    /// Requests with their own words, drafted with this confidence.
    fn take(&self, ids: std::ops::Range<u64>, p: f32) {
        let lines: Vec<_> = ids.map(|id| serde_json::json!({"id": id.to_string(), "message": format!("Where is parcel {id}?")})).collect();
        self.import(&lines);
        self.draft_all(&ScriptedDrafter::echo(p));
    }

    fn draft_all(&self, drafter: &dyn Drafter) {
        let presence = Presence::enter(&self.desk).unwrap();
        while draft_one(&self.desk, drafter, &presence, &Cancel::default(), &mut |_| {}).unwrap() != Ran::Idle {}
    }

    fn decide(&self, item: i64, verdict: Verdict) {
        self.decide_after(item, verdict, Duration::from_secs(9));
    }

    fn decide_after(&self, item: i64, verdict: Verdict, viewed: Duration) {
        self.decide_found(item, verdict, viewed, Found::next(Order::Oldest));
    }

    fn decide_found(&self, item: i64, verdict: Verdict, viewed: Duration, found: Found) {
        let view = self.desk.open_item(ItemId(item), &admin()).unwrap();
        let input = DecisionInput {
            item: view.item.id,
            epoch: view.lease.as_ref().unwrap().epoch,
            draft: view.drafts.last().unwrap().id,
            verdict,
            text: None,
            reasons: Vec::new(),
            note: None,
            viewed,
            found,
        };
        self.desk.decide(&input, &admin()).unwrap();
    }

    fn approve(&self, items: std::ops::RangeInclusive<i64>) {
        items.for_each(|item| self.decide(item, Verdict::Approve));
    }

    fn evidence(&self) -> Evidence {
        self.desk.evidence(self.case).unwrap()
    }

    fn walk(&self) -> StepEvidence {
        self.evidence().steps[0].clone()
    }

    fn raise(&self, to: Level) -> Result<(), Error> {
        self.desk.move_level(self.case, to, "the evidence allows it", &admin())
    }

    /// How many count, how many of them are bad, and what is left out.
    fn check(&self, counted: u64, bad: u64, left_out: &[(NotCounted, u64, u64)]) {
        let walk = self.walk();
        let left: Vec<_> = left_out.iter().map(|(why, decisions, bad)| LeftOut { why: *why, decisions: *decisions, bad: *bad }).collect();
        assert_eq!((walk.all.counted, walk.all.bad, walk.left_out), (counted, bad, left));
    }

    fn raw(&self) -> rusqlite::Connection {
        rusqlite::Connection::open(self.desk.folder().join("gait.db")).unwrap()
    }
}

#[test]
fn enough_clean_decisions_allow_a_raise_and_one_less_does_not() {
    let o = office();
    o.take(0..FIRST, 0.9);
    o.approve(1..=FIRST as i64 - 1);
    let refused = o.raise(Level::Walk).unwrap_err().to_string();
    let expected = format!(
        "evidence for walk: 1 more clean decision on internal drafts that would go out alone (found {} that count, 0 of them bad)",
        FIRST - 1
    );
    assert_eq!(refused, expected);
    assert_eq!(o.desk.use_case(o.case).unwrap().level, Level::Crawl);
    o.approve(FIRST as i64..=FIRST as i64);
    let evidence = o.evidence();
    assert!(o.walk().allows());
    o.raise(Level::Walk).unwrap();
    let step = &o.desk.level_moves(o.case).unwrap()[0];
    assert_eq!((step.to, step.overridden, &step.steps), (Level::Walk, false, &vec![o.walk()]), "it stores what it rested on");
    assert_eq!(evidence, o.evidence(), "a move of the level changes no evidence");
    assert!(matches!(o.raise(Level::Run), Err(Error::Invalid { field, .. }) if field == "evidence for run"), "run needs its own");
}

#[test]
fn one_bad_decision_costs_many_clean_ones() {
    let o = office();
    o.take(0..FIRST, 0.9);
    o.approve(1..=FIRST as i64 - 1);
    o.decide(FIRST as i64, Verdict::Reject);
    let walk = o.walk();
    assert_eq!((walk.all.counted, walk.all.bad), (FIRST, 1));
    assert!(walk.all.more_clean_needed.unwrap() > 10 && o.raise(Level::Walk).is_err());
    assert!(walk.all.lowest_bound < walk.all.upper_bound, "the least bound so far still holds");
}

#[test]
fn a_raise_over_two_levels_needs_the_evidence_of_both() {
    let o = office();
    o.take(0..FIRST, 0.9);
    o.approve(1..=FIRST as i64);
    let refused = o.raise(Level::Run).unwrap_err().to_string();
    assert!(refused.starts_with("evidence for run: ") && refused.contains("on external drafts"), "{refused}");
}

#[test]
fn an_open_request_holds_up_what_came_after_it_and_a_failed_one_does_not() {
    let o = office();
    o.take(0..6, 0.9);
    for item in [1, 2, 4, 6] {
        o.decide(item, Verdict::Approve);
    }
    o.decide(5, Verdict::Reject);
    o.check(2, 0, &[(NotCounted::Waits, 3, 1)]);
    assert_eq!(o.evidence().waits_for, Some(ItemId(3)));
    let refused = o.raise(Level::Walk).unwrap_err().to_string();
    assert!(refused.contains("found 2 that count, 0 of them bad; 3 more wait for an older request to be decided"), "{refused}");
    o.decide(3, Verdict::Approve);
    o.check(6, 1, &[]);
    assert_eq!(o.evidence().waits_for, None);

    // Escalated is open, too.
    o.take(6..8, 0.9);
    let view = o.desk.open_item(ItemId(7), &reviewer()).unwrap();
    o.desk.escalate(ItemId(7), view.lease.unwrap().epoch, "angry", &reviewer()).unwrap();
    o.decide(8, Verdict::Approve);
    o.check(6, 1, &[(NotCounted::Waits, 1, 0)]);
    o.decide(7, Verdict::Approve);
    o.check(8, 1, &[]);

    o.import(&[serde_json::json!({"id": "broken", "message": "x"})]);
    let broken = ScriptedDrafter::new(|_| Err(ModelError::Changed { path: "m".into(), expected: "1".into(), found: "2".into() }));
    o.draft_all(&broken);
    o.take(9..10, 0.9);
    o.decide(10, Verdict::Approve);
    o.check(9, 1, &[]);
    // Tried again it is open again.
    o.desk.retry_failed(&admin(), o.case).unwrap();
    o.check(8, 1, &[(NotCounted::Waits, 1, 0)]);
}

#[test]
fn what_is_taken_back_does_not_count_and_opens_its_request_again() {
    let o = office();
    o.take(0..3, 0.9);
    o.decide(1, Verdict::Approve);
    o.decide(3, Verdict::Approve);
    o.decide(2, Verdict::Reject);
    o.check(3, 1, &[]);
    o.desk.undo(o.case, &admin()).unwrap();
    o.check(1, 0, &[(NotCounted::Waits, 1, 0)]);
    o.decide(2, Verdict::Approve);
    o.check(3, 0, &[]);
}

/// Cut off at the longest length.
struct CutOff(ScriptedDrafter);

impl Drafter for CutOff {
    fn generate(&self, request: &GenerateRequest, cancel: &Cancel, on_token: &mut dyn FnMut(&Token)) -> Result<Generation, ModelError> {
        Ok(Generation { stop: StopReason::Length, ..self.0.generate(request, cancel, on_token)? })
    }

    fn inspect(&self, path: &Path) -> Result<ModelFacts, ModelError> {
        self.0.inspect(path)
    }
}

#[test]
fn what_would_not_go_out_alone_and_what_was_not_read_is_told_with_its_reason() {
    let o = office();
    let rules = [HoldRule { name: "legal".into(), when: Condition::Slice { slice: "legal".into() } }];
    o.desk.change_hold_rules(&admin(), o.case, 1, &rules).unwrap();
    let request = |id: u32, audience: &str, slice: &str, message: &str| serde_json::json!({"id": id.to_string(), "audience": audience, "slice": slice, "message": message});
    o.import(&[request(1, "internal", "", "plain"), request(2, "external", "", "outside"), request(3, "internal", "legal", "held")]);
    o.draft_all(&ScriptedDrafter::echo(0.9));
    o.import(&[request(4, "internal", "", "unsure")]);
    o.draft_all(&ScriptedDrafter::echo(0.5));
    o.import(&[request(5, "internal", "", "too long")]);
    o.draft_all(&CutOff(ScriptedDrafter::echo(0.9)));
    o.import(&[request(6, "internal", "", "plain"), request(7, "internal", "", &"a long letter ".repeat(100))]);
    o.draft_all(&ScriptedDrafter::echo(0.9));
    o.approve(1..=6);
    // 1,400 characters, and as many in the draft and its beginning.
    o.decide_after(7, Verdict::Approve, Duration::from_secs(69));
    let left = [
        (NotCounted::OtherAudience, 1, 0),
        (NotCounted::CutOff, 1, 0),
        (NotCounted::Held, 1, 0),
        (NotCounted::NotConfident, 1, 0),
        (NotCounted::Duplicate, 1, 0),
        (NotCounted::Rushed, 1, 0),
    ];
    o.check(1, 0, &left);
    o.desk.undo(o.case, &admin()).unwrap();
    o.decide_after(7, Verdict::Approve, Duration::from_secs(71));
    o.check(2, 0, &left[..5]);
    assert_eq!(o.evidence().steps[1].all.counted, 1, "what goes outside is evidence for run");
}

#[test]
fn what_was_chosen_or_decided_at_once_with_others_counts_only_where_it_is_bad() {
    let o = office();
    o.take(0..6, 0.9);
    let (long, next) = (Duration::from_secs(9), Found::next(Order::Random));
    o.decide_found(1, Verdict::Approve, long, next);
    o.decide_found(2, Verdict::Approve, long, Found { picked: true, ..next });
    o.decide_found(3, Verdict::Approve, long, Found { filtered: true, ..next });
    o.decide_found(4, Verdict::Approve, long, Found::next(Order::LeastConfident));
    o.decide_found(5, Verdict::Approve, long, Found { bulk: true, ..next });
    o.decide_found(6, Verdict::Reject, long, Found { picked: true, bulk: true, filtered: true, order: Order::LeastConfident });
    o.check(2, 1, &[(NotCounted::Picked, 3, 0), (NotCounted::Bulk, 1, 0)]);
    let changed = o.raw().execute("UPDATE decision SET found_picked = 0", []).unwrap_err().to_string();
    assert!(changed.contains("never changes"), "{changed}");
}

#[test]
fn asking_for_another_draft_hides_nothing_of_the_first() {
    let o = office();
    o.take(0..3, 0.9);
    for item in 1..=3 {
        let view = o.desk.open_item(ItemId(item), &admin()).unwrap();
        let (id, epoch) = (view.item.id, view.lease.unwrap().epoch);
        let request = o.desk.regenerate_request(id, "Ada", epoch, Some("Shorter.")).unwrap();
        let text = if item == 1 { "Re: Where is parcel 0!" } else { "On its way." };
        let made = ScriptedDrafter::new(move |_| Ok((text.into(), 0.2))).generate(&request, &Cancel::default(), &mut |_| {}).unwrap();
        o.desk.keep_regenerated(id, "Ada", epoch, &request, Some("Shorter."), &made).unwrap();
    }
    o.decide(1, Verdict::Approve);
    o.decide(2, Verdict::Approve);
    o.decide(3, Verdict::Reject);
    o.check(2, 2, &[(NotCounted::AskedByPerson, 1, 0)]);
}

#[test]
fn a_new_epoch_starts_without_evidence_and_with_less_of_delta() {
    let o = office();
    o.take(0..4, 0.9);
    o.approve(1..=2);
    let first = o.walk();
    let mut input = o.desk.use_case(o.case).unwrap().input;
    input.system_prompt = "You answer briefly.".into();
    o.desk.save_use_case(&admin(), Some(o.case), &input).unwrap();
    o.check(0, 0, &[]);
    o.decide(3, Verdict::Approve);
    o.decide(4, Verdict::Reject);
    o.check(0, 0, &[(NotCounted::OtherVersion, 2, 1)]);
    let second = o.walk();
    assert_eq!((first.attempt, second.attempt, second.epoch), (1, 2, 2));
    assert!(second.all.needed > first.all.needed && second.delta < first.delta);
    input.threshold = 0.7;
    o.take(4..5, 0.9);
    o.desk.save_use_case(&admin(), Some(o.case), &input).unwrap();
    o.decide(5, Verdict::Approve);
    o.check(0, 0, &[(NotCounted::OtherEpoch, 1, 0)]);
    o.take(5..6, 0.75);
    o.decide(6, Verdict::Approve);
    o.check(1, 0, &[(NotCounted::OtherEpoch, 1, 0)]);
}

#[test]
fn each_use_case_has_its_own_evidence_and_its_own_open_requests() {
    let o = office();
    o.take(0..1, 0.9);
    let input = UseCaseInput { name: "Other".into(), ..o.desk.use_case(o.case).unwrap().input };
    let case = o.desk.save_use_case(&admin(), None, &input).unwrap().id;
    let other = Office { case, ..o };
    other.take(0..2, 0.9);
    other.decide(3, Verdict::Reject);
    other.check(0, 0, &[(NotCounted::Waits, 1, 1)]);
    let first = Office { case: UseCaseId(1), ..other };
    first.check(0, 0, &[]);
    first.take(1..2, 0.9);
    first.approve(1..=1);
    first.decide(4, Verdict::Approve);
    first.check(2, 0, &[]);
    assert_eq!(first.evidence().waits_for, None, "what is open elsewhere holds nothing up here");
}

#[test]
fn what_went_out_alone_is_no_evidence_and_holds_nothing_up() {
    let o = office();
    o.desk.override_level(o.case, Level::Walk, "trial", &admin()).unwrap();
    o.take(0..2, 0.9);
    o.check(0, 0, &[]);
    o.take(2..3, 0.5);
    o.decide(3, Verdict::Approve);
    o.check(0, 0, &[(NotCounted::NotConfident, 1, 0)]);
}

#[test]
fn evidence_is_overridden_by_an_admin_with_a_reason_and_that_is_never_forgotten() {
    let o = office();
    o.take(0..1, 0.9);
    o.decide(1, Verdict::Reject);
    let go = |to, reason: &str, person| o.desk.override_level(o.case, to, reason, &person);
    assert!(matches!(go(Level::Walk, "a demonstration", reviewer()), Err(Error::NotAllowed { .. })));
    assert!(matches!(go(Level::Walk, " ", admin()), Err(Error::Invalid { field, .. }) if field == "reason"));
    assert!(matches!(go(Level::Crawl, "a demonstration", admin()), Err(Error::Invalid { .. })), "it is no raise");
    go(Level::Run, " a demonstration ", admin()).unwrap();
    assert!(matches!(go(Level::Walk, "a demonstration", admin()), Err(Error::Invalid { .. })), "nor is this");
    let step = &o.desk.level_moves(o.case).unwrap()[0];
    assert_eq!((step.overridden, step.reason.as_str(), step.actor.as_str()), (true, "a demonstration", "Ada"));
    assert_eq!(step.steps, o.evidence().steps, "it stores the evidence that it went without");
    assert_eq!((step.steps[0].all.bad, step.steps[0].allows()), (1, false));
    let told = o.desk.activity(Some(o.case), 0, 10).unwrap().1;
    let told: Vec<_> = told.iter().filter(|entry| entry.kind == "level_raised").filter_map(|entry| entry.detail.as_deref()).collect();
    assert_eq!(told, ["crawl → run, whatever the evidence says: a demonstration"]);
    for sql in ["UPDATE level_move SET override = 0", "DELETE FROM level_move"] {
        let refused = o.raw().execute(sql, []).unwrap_err().to_string();
        assert!(refused.contains("never changes") || refused.contains("append-only"), "{sql}: {refused}");
    }
    let silent = "INSERT INTO level_move (use_case, level_from, level_to, made_by, actor, reason, evidence, at, override) \
                  VALUES (1, 'crawl', 'walk', 'person', 'Ada', '', '{}', 1, 1)";
    assert!(o.raw().execute(silent, []).unwrap_err().to_string().contains("with a reason"));

    // Down by anybody, and up again only with evidence.
    o.desk.move_level(o.case, Level::Crawl, "", &reviewer()).unwrap();
    assert!(!o.desk.level_moves(o.case).unwrap()[0].overridden);
    assert!(o.raise(Level::Walk).is_err());
}
