//! Replay: what a policy would have done with what people have decided.
//!
//! Invariant: pure but for reading; the gate itself is asked, not a copy of its rules. Only decisions count that came after those from which
//! the confidence was learnt, and nothing is written.

use crate::charter::{Bad, Limit};
use crate::clock::Millis;
use crate::confidence::{self, CalibratorVersion, Labelled};
use crate::desk::Desk;
use crate::draft;
use crate::error::{Error, Result};
use crate::hold::Held;
use crate::id::{ItemId, UseCaseId};
use crate::item::preview;
use crate::review::Verdict;
use crate::route::{self, Facts, Outcome, Policy, Reason, Stops};
use crate::statistics::evidence::EProcess;
use crate::storage;
use crate::use_case::Level;
use std::collections::HashMap;
use std::time::Duration;

/// What would be set.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Proposed {
    pub level: Level,
    /// 0–1
    pub threshold: f64,
    /// The share of what goes out alone that is looked at afterwards, 0–1.
    pub audit_share: f64,
}

/// One draft that would have gone out alone.
#[derive(Debug, Clone, PartialEq)]
pub struct Replayed {
    pub item: ItemId,
    pub uid: String,
    /// The first words of the request.
    pub preview: String,
    pub verdict: Verdict,
    pub confidence: f64,
    pub bad: bool,
}

/// What it would have come to.
#[derive(Debug, Clone, PartialEq)]
pub struct Replay {
    /// Decisions that were looked at: the newest 10,000 on drafts of the present drafter version.
    pub judged: u64,
    /// When the calibrator was fitted: only what was decided on later data is looked at. `None` without one.
    pub since: Option<Millis>,
    /// Would have gone out alone, and which share of all that is.
    pub alone: u64,
    pub coverage: f64,
    /// Of those: what people had edited, rejected, and what was bad by the charter.
    pub edited: u64,
    pub rejected: u64,
    pub bad: u64,
    /// Bad ÷ alone, and its upper bound by the e-process at the δ of the level; `None` where none would have gone out. The bound holds for
    /// a policy that was chosen before; one that was picked by its replay has no guarantee until the evidence gives it.
    pub error: Option<f64>,
    pub high: Option<f64>,
    /// The time that people looked at what would have gone out without being audited.
    pub hours_saved: f64,
    /// Held back by a rule alone.
    pub held: u64,
    /// Drawn for an audit.
    pub audited: u64,
    /// At most 200: bad ones first, then what was edited, the newest first.
    pub items: Vec<Replayed>,
}

/// Items that are listed.
const LISTED: usize = 200;

/// What the gate says of one draft.
struct Told<'a> {
    one: &'a Labelled,
    confidence: f64,
    bad: bool,
    audited: bool,
}

fn proposed(policy: Proposed) -> Policy {
    Policy { level: policy.level, threshold: policy.threshold, check_share: policy.audit_share }
}

/// Replays a policy over decisions in their order; the bound is at the δ of `limit`. The items come without their previews.
fn replay(policy: Proposed, calibrator: Option<&CalibratorVersion>, decisions: &[Labelled], bad: &Bad, limit: Limit) -> Replay {
    let (mut judged, mut held) = (0, 0);
    let mut alone: Vec<Told<'_>> = Vec::new();
    let mut audits: HashMap<&Option<String>, u64> = HashMap::new();
    for one in decisions {
        let Some(confidence) = confidence::score(calibrator, one.features.as_ref(), one.raw) else { continue };
        judged += 1;
        let audits_in_slice = audits.get(&one.slice).copied().unwrap_or(0);
        let facts = Facts { audience: one.audience, confidence, stop: one.stop, audits_in_slice };
        let rule = one.held.as_ref().map(|rule| Held { rule: rule.clone(), what: String::new() });
        let stops = Stops { held: rule, ..Stops::default() };
        let route = route::gate(proposed(policy), facts, &stops, draft::draws(&one.uid));
        let out = |route: &route::Route| route.outcome == Outcome::Auto;
        if out(&route) {
            let audited = route.check.is_some_and(|check| check.drawn);
            *audits.entry(&one.slice).or_default() += u64::from(audited);
            alone.push(Told { one, confidence, bad: one.is_bad(bad), audited });
        } else if route.reason == Reason::HoldRule {
            let free = route::gate(proposed(policy), facts, &Stops::default(), draft::draws(&one.uid));
            held += u64::from(out(&free));
        }
    }
    let n = |is: &dyn Fn(&Told<'_>) -> bool| alone.iter().filter(|told| is(told)).count() as u64;
    let bad_ones = n(&|told| told.bad);
    let saved: Duration = alone.iter().filter(|told| !told.audited).map(|told| told.one.viewed).sum();
    let mut process = EProcess::of_all(limit.epsilon, limit.delta);
    let high = process.as_mut().filter(|_| !alone.is_empty()).map(|process| {
        alone.iter().for_each(|told| process.push_verdict(told.bad));
        process.upper_bound()
    });
    let mut listed: Vec<&Told<'_>> = alone.iter().rev().collect();
    listed.sort_by_key(|told| (!told.bad, told.one.verdict.verdict == Verdict::Approve));
    let share = |part: u64, of: u64| if of == 0 { 0.0 } else { part as f64 / of as f64 };
    Replay {
        judged,
        since: calibrator.map(|kept| kept.at),
        alone: alone.len() as u64,
        coverage: share(alone.len() as u64, judged),
        edited: n(&|told| told.one.verdict.verdict == Verdict::Edit),
        rejected: n(&|told| told.one.verdict.verdict == Verdict::Reject),
        bad: bad_ones,
        error: (!alone.is_empty()).then(|| share(bad_ones, alone.len() as u64)),
        high,
        hours_saved: saved.as_secs_f64() / 3600.0,
        held,
        audited: n(&|told| told.audited),
        items: listed
            .into_iter()
            .take(LISTED)
            .map(|told| Replayed {
                item: told.one.item,
                uid: told.one.uid.clone(),
                preview: String::new(),
                verdict: told.one.verdict.verdict,
                confidence: told.confidence,
                bad: told.bad,
            })
            .collect(),
    }
}

impl Desk {
    /// Replays a policy over what people have decided of the present drafter version's drafts.
    ///
    /// # Errors
    /// [`Error::Invalid`] where a share is none; [`Error::NotFound`].
    pub fn replay(&self, id: UseCaseId, policy: Proposed) -> Result<Replay> {
        for (field, share) in [("threshold", policy.threshold), ("share to audit", policy.audit_share)] {
            if !(0.0..=1.0).contains(&share) {
                return Err(Error::invalid(field, share, "a number from 0 to 1"));
            }
        }
        self.read(|c| {
            let case = storage::use_case::get(c, id)?;
            let (bad, limits) = storage::charter::current(c, id)?.charter.terms();
            let limit = match policy.level {
                Level::Crawl | Level::Walk => limits.walk,
                Level::Run => limits.run,
            };
            let Some(version) = case.drafter_version else { return Ok(replay(policy, None, &[], &bad, limit)) };
            let calibrator = storage::confidence::calibrator(c, version.id)?;
            let mut replay = self.learnt.look(c, id, version.id, |all, _| {
                let unseen = confidence::first_after(all, calibrator.as_ref());
                Ok(replay(policy, calibrator.as_ref(), &all[unseen..], &bad, limit))
            })?;
            for item in &mut replay.items {
                item.preview = preview(&storage::item::get(c, item.item)?.fields);
            }
            Ok(replay)
        })
    }
}
