//! A replay is a recount of the rows.

use super::*;
use flow::hold::{Condition, HoldRule, Place};
use flow::replay::Proposed;
use flow::use_case::Level;
use proptest::prelude::*;
use std::time::Duration;

/// Requests inside and outside, some of them held by a rule, decided in all ways; one decision is taken back.
fn decided() -> Office {
    let o = office();
    let words = Condition::Keyword { place: Place::Request, words: vec!["lawyer".into()] };
    o.desk.change_hold_rules(&admin(), o.case, 1, &[HoldRule { name: "legal".into(), when: words }]).unwrap();
    let asked = ["Where is my parcel", "Parcel outside", "My lawyer asks", "A lawyer outside"];
    let requests: Vec<_> = (0..70).map(|at| (asked[at * 7 % 4], spread(at))).collect();
    o.take("", &requests);
    for item in 1..=66 {
        decide(&o, item);
    }
    o.desk.undo(o.case, &admin()).unwrap();
    o
}

fn decide(o: &Office, item: i64) {
    let text = o.draft(item).text;
    match item * 5 % 7 {
        0 => o.decide(item, Verdict::Reject),
        1 => o.decide_with(item, Verdict::Edit, Some(format!("{text}!"))),
        2 => o.decide_with(item, Verdict::Edit, Some("On its way.".into())),
        _ => o.decide(item, Verdict::Approve),
    }
}

/// What a policy lets out by the rows alone: `(alone, edited, rejected, bad, held)` of those after a decision, with these confidences.
fn recount(o: &Office, policy: Proposed, after: i64, confidence: &dyn Fn(i64, f64) -> f64) -> (u64, u64, u64, u64, u64) {
    let raw = o.raw();
    let mut query = raw
        .prepare(
            "SELECT i.id, i.audience, r.route_hold, r.raw_confidence, d.verdict, d.edit_distance FROM decision d
             JOIN item i ON i.id = d.item JOIN draft r ON r.id = d.draft
             WHERE d.undone_at IS NULL AND d.made_by = 'person' AND r.stop = 'end' AND d.id > ?1",
        )
        .unwrap();
    let mut rows = query.query([after]).unwrap();
    let mut all = (0, 0, 0, 0, 0);
    while let Some(r) = rows.next().unwrap() {
        let (item, audience, raw): (i64, String, f64) = (r.get(0).unwrap(), r.get(1).unwrap(), r.get(3).unwrap());
        let (hold, verdict, distance): (Option<String>, String, f64) = (r.get(2).unwrap(), r.get(4).unwrap(), r.get(5).unwrap());
        let may = match policy.level {
            Level::Crawl => false,
            Level::Walk => audience == "internal",
            Level::Run => true,
        };
        if !may || confidence(item, raw) < policy.threshold {
            continue;
        }
        if hold.is_some() {
            all.4 += 1;
            continue;
        }
        all.0 += 1;
        all.1 += u64::from(verdict == "edit");
        all.2 += u64::from(verdict == "reject");
        all.3 += u64::from(verdict == "reject" || verdict == "edit" && distance > 0.1);
    }
    all
}

fn check(o: &Office, policy: Proposed, judged: u64, after: i64, confidence: &dyn Fn(i64, f64) -> f64) {
    let replay = o.desk.replay(o.case, policy).unwrap();
    let (alone, edited, rejected, bad, held) = recount(o, policy, after, confidence);
    assert_eq!(
        (replay.judged, replay.alone, replay.edited, replay.rejected, replay.bad, replay.held),
        (judged, alone, edited, rejected, bad, held),
        "{policy:?}"
    );
    assert_eq!(replay.coverage, alone as f64 / judged as f64);
    assert_eq!(replay.error, (alone > 0).then(|| bad as f64 / alone as f64));
    assert!(replay.high.is_some() == (alone > 0) && replay.high.unwrap_or(1.0) >= replay.error.unwrap_or(0.0));
    assert!(replay.audited <= alone && replay.items.len() as u64 == alone.min(200));
    let saved = Duration::from_secs(9 * (alone - replay.audited)).as_secs_f64() / 3600.0;
    assert!((replay.hours_saved - saved).abs() < 1e-9, "{} for {saved}", replay.hours_saved);
    assert_eq!(replay.items.iter().filter(|item| item.bad).count() as u64, bad);
    assert!(replay.items.windows(2).all(|pair| pair[0].bad || !pair[1].bad), "bad ones first");
    assert!(replay.items.iter().all(|item| item.preview.contains("parcel") || item.preview.contains("Parcel")));
}

fn any_policy() -> impl Strategy<Value = Proposed> {
    let level = prop::sample::select(vec![Level::Crawl, Level::Walk, Level::Run]);
    (level, 0.0..=1.0f64, 0.01..=1.0f64).prop_map(|(level, threshold, audit_share)| Proposed { level, threshold, audit_share })
}

#[test]
fn a_replay_equals_a_recount_of_the_rows() {
    let o = decided();
    proptest!(ProptestConfig::with_cases(64), |(policy in any_policy())| check(&o, policy, 65, 0, &|_, raw| raw));
    let all = o.desk.replay(o.case, Proposed { level: Level::Run, threshold: 0.0, audit_share: 1.0 }).unwrap();
    assert!(all.since.is_none() && all.audited == all.alone && all.hours_saved == 0.0 && all.held > 0, "{all:?}");
    for (threshold, audit_share) in [(1.1, 0.1), (f64::NAN, 0.1), (0.5, -0.1)] {
        assert!(o.desk.replay(o.case, Proposed { level: Level::Walk, threshold, audit_share }).is_err());
    }
    let before = o.count("SELECT count(*) FROM event");
    o.desk.replay(o.case, Proposed { level: Level::Run, threshold: 0.5, audit_share: 0.1 }).unwrap();
    assert_eq!(o.count("SELECT count(*) FROM event"), before, "nothing is written");
}

#[test]
fn a_fitted_confidence_is_replayed_on_later_decisions_only() {
    let o = decided();
    let calibrator = o.desk.calibrate(&admin(), o.case).unwrap().calibrator.unwrap();
    let policy = Proposed { level: Level::Run, threshold: 0.0, audit_share: 0.1 };
    let none = o.desk.replay(o.case, policy).unwrap();
    assert_eq!((none.judged, none.alone, none.since, none.error), (0, 0, Some(calibrator.at), None));
    let last = o.count("SELECT max(id) FROM decision");
    (66..=70).for_each(|item| decide(&o, item));
    let scored = |item, _| calibrator.fitted.confidence(&o.features(item));
    proptest!(ProptestConfig::with_cases(24), |(policy in any_policy())| check(&o, policy, 5, last, &scored));
}
