//! The threshold that a ladder finds: nothing goes out until one has passed, and then exactly what is at or above it.

use super::*;
use flow::Error;
use flow::confidence::ThresholdBy;
use flow::evidence::{LeftOut, NotCounted, RungState, StepEvidence};
use flow::item::State;
use flow::route::{OUT_OF_REACH, Outcome, Reason};
use flow::testing::reviewer;
use flow::use_case::Level;

/// Clean decisions that the first attempt needs at ε 5 %.
const FIRST: usize = 96;

/// A use case whose ladder was laid on 100 drafts, all decided since, at walk.
fn laid() -> Office {
    let o = office();
    o.take_spread(100);
    o.desk.set_threshold_by(&admin(), o.case, ThresholdBy::Ladder).unwrap();
    for item in 1..=100 {
        o.decide(item, if item % 9 == 0 { Verdict::Reject } else { Verdict::Approve });
    }
    o.desk.override_level(o.case, Level::Walk, "the ladder holds it back", &admin()).unwrap();
    o
}

impl Office {
    fn walk(&self) -> StepEvidence {
        self.desk.evidence(self.case).unwrap().steps[0].clone()
    }

    fn passed(&self) -> Option<f64> {
        self.walk().ladder.iter().rev().find(|rung| rung.state == RungState::Passed).map(|rung| rung.threshold)
    }

    fn newest(&self) -> i64 {
        self.count("SELECT max(id) FROM item")
    }

    /// Drafts with one probability, decided alike.
    fn take_and_decide(&self, n: usize, p: f32, verdict: Verdict) {
        let first = self.newest() + 1;
        self.take("", &vec![("Where is my parcel", p); n]);
        (first..=self.newest()).for_each(|item| self.decide(item, verdict));
    }
}

#[test]
fn nothing_goes_out_until_the_first_threshold_passes_and_then_exactly_its_share() {
    let o = laid();
    let epoch = o.desk.epoch(o.case).unwrap();
    assert_eq!((epoch.n, epoch.why.as_str(), epoch.key.threshold_by), (2, "threshold by person → ladder", ThresholdBy::Ladder));
    let step = o.walk();
    assert_eq!((step.ladder.len(), step.ladder[0].coverage, step.ladder[14].coverage), (15, 0.3, 1.0));
    let scores: Vec<f64> = (1..=100).map(|item| o.draft(item).raw_confidence).collect();
    for rung in &step.ladder {
        let share = scores.iter().filter(|score| **score >= rung.threshold).count();
        assert_eq!(share as f64 / 100.0, rung.coverage, "each stands at the coverage that it says");
    }
    assert_eq!((step.all.counted, &step.left_out), (0, &vec![LeftOut { why: NotCounted::OtherEpoch, decisions: 100, bad: 11 }]));

    // Some that are not good with a low score; then clean ones with a high score, until one is missing.
    o.take_and_decide(5, 0.45, Verdict::Reject);
    o.take_and_decide(FIRST - 1, 0.88, Verdict::Approve);
    assert_eq!((o.passed(), o.walk().all.counted, o.walk().allows()), (None, FIRST as u64 - 1, false));
    o.take("", &[("Where is my parcel", 0.89)]);
    let last = o.newest();
    let draft = o.draft(last);
    assert_eq!((draft.route.reason, draft.route.threshold), (Reason::NotConfident, OUT_OF_REACH));
    assert!(draft.route.words.contains("no threshold has passed its trial yet"), "{}", draft.route.words);
    o.decide(last, Verdict::Approve);

    let step = o.walk();
    let expected = step.ladder.iter().map(|rung| rung.threshold).filter(|threshold| *threshold > 0.451).fold(1.0, f64::min);
    assert_eq!((step.allows(), o.passed()), (true, Some(expected)), "those that the bad ones are under have passed");
    let trying = step.ladder.iter().find(|rung| rung.state == RungState::Trying).unwrap();
    assert_eq!((trying.counted, trying.bad), (FIRST as u64 + 5, 5));
    assert_eq!(step.left_out[1], LeftOut { why: NotCounted::NotConfident, decisions: 5, bad: 5 }, "under the first threshold");

    let first = last + 1;
    o.take_spread(60);
    for item in first..=o.newest() {
        let (draft, state) = (o.draft(item), o.desk.view_item(ItemId(item), &admin()).unwrap().item.state);
        let out = draft.confidence >= expected;
        assert_eq!(draft.route.threshold, expected);
        assert_eq!(draft.route.outcome == Outcome::Auto, out, "{} at {expected}", draft.confidence);
        assert_eq!(state == State::Approved, out);
    }
    let wrong: Vec<String> = o.desk.examine().unwrap().into_iter().filter(|f| !f.ok).map(|f| f.what).collect();
    assert_eq!(wrong, Vec::<String>::new(), "what is kept of the evidence is what the rows say");
}

#[test]
fn a_useless_score_raises_nothing() {
    let o = laid();
    for _ in 0..12 {
        // One in ten is bad, whatever the score.
        o.take_and_decide(1, 0.88, Verdict::Reject);
        o.take_and_decide(9, 0.88, Verdict::Approve);
    }
    let step = o.walk();
    assert_eq!((o.passed(), step.all.counted, step.all.bad, step.allows()), (None, 120, 12, false));
    assert!(o.desk.move_level(o.case, Level::Run, "why not", &admin()).is_err());
    o.take("", &[("Where is my parcel", 0.9)]);
    assert_eq!(o.draft(o.newest()).route.reason, Reason::NotConfident);
}

#[test]
fn a_ladder_is_laid_once_there_are_drafts_enough_and_those_are_not_tried_on_it() {
    let o = office();
    assert!(matches!(o.desk.set_threshold_by(&reviewer(), o.case, ThresholdBy::Ladder), Err(Error::NotAllowed { .. })));
    o.desk.set_threshold_by(&admin(), o.case, ThresholdBy::Ladder).unwrap();
    o.take_spread(99);
    (1..=60).for_each(|item| o.decide(item, Verdict::Approve));
    let before = o.walk();
    assert_eq!((before.ladder.len(), before.all.counted, before.left_out[0].why), (0, 0, NotCounted::NotConfident));
    o.take_spread(1);
    assert_eq!(o.walk().ladder.len(), 15);
    (61..=100).for_each(|item| o.decide(item, Verdict::Approve));
    o.take_and_decide(3, 0.88, Verdict::Approve);
    let step = o.walk();
    assert_eq!((step.all.counted, &step.left_out), (3, &vec![LeftOut { why: NotCounted::OtherEpoch, decisions: 100, bad: 0 }]));
    assert_eq!(o.desk.epoch(o.case).unwrap().n, 2, "it is the same epoch");
    for sql in ["UPDATE ladder SET marks = '[]'", "DELETE FROM ladder"] {
        assert!(o.raw().execute(sql, []).is_err(), "{sql}");
    }
    o.desk.set_threshold_by(&admin(), o.case, ThresholdBy::Person).unwrap();
    assert_eq!((o.walk().ladder.len(), o.desk.epoch(o.case).unwrap().n), (0, 3));
}

#[test]
fn a_ladder_is_laid_on_the_scores_of_the_new_calibrator() {
    let o = office();
    o.take_spread(100);
    for item in 1..=100 {
        let unsure = o.draft(item).raw_confidence < 0.6;
        o.decide(item, if unsure { Verdict::Approve } else { Verdict::Reject });
    }
    o.desk.set_threshold_by(&admin(), o.case, ThresholdBy::Ladder).unwrap();
    let by_tokens = o.walk().ladder;
    let calibrator = o.desk.calibrate(&admin(), o.case).unwrap().calibrator.unwrap();
    let mut scores: Vec<f64> = (1..=100).map(|item| calibrator.fitted.confidence(&o.features(item))).collect();
    scores.sort_by(f64::total_cmp);
    let laid: Vec<f64> = o.walk().ladder.iter().map(|rung| rung.threshold).collect();
    assert_eq!((laid[0], laid[14]), (scores[70], scores[0]), "drafts from before the epoch, as they are seen now");
    assert_ne!(laid, by_tokens.iter().map(|rung| rung.threshold).collect::<Vec<_>>());
}
