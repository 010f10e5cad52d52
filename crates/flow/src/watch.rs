//! What watches over the drafts that go out alone: the brake and the detector of a use case, told of each verdict on a draft that went
//! out alone or would have.
//!
//! Invariant: the state is a function of the verdicts told since it began, in their order; each audit and each decision is told once at
//! most, and a decision that was taken back is untold. A move of the level and an epoch begin a new state. A raise begins it with the brake
//! off, for the evidence stands for the first clearance; another drafter version, a lower threshold or another confidence under it with the
//! brake on, for nothing speaks yet for what they let out; all else leaves the brake as it stood, so that no change of a setting lets it go.

use crate::automation::{self, Cause, Change};
use crate::changes::Changes;
use crate::charter::{Bad, Limits, VerdictFacts};
use crate::clock::Millis;
use crate::error::Result;
use crate::evidence::reading_time;
use crate::id::{AuditId, DecisionId, DraftId, UseCaseId};
use crate::item::Item;
use crate::notice::{self, Kind};
use crate::review::{Decision, Verdict};
use crate::route::{self, Braked};
use crate::statistics::audit::{self, Brake, Plan, clearance_for};
use crate::statistics::drift::{DEFAULT_RUN, Detector};
use crate::storage::{self, Conn};
use crate::use_case::{Level, UseCase};
use std::time::Duration;

/// The sampling plan of a level: so many clean ones in a row end the brake, and the share that is audited while it is off. A share that
/// is not a number is all. Where all are audited each bad one is found, and one clean one ends the brake.
pub fn plan(epsilon: f64, share: f64) -> Plan {
    let fraction = if share.is_nan() { 1.0 } else { share.clamp(audit::LEAST, 1.0) };
    let clearance = if fraction < 1.0 { clearance_for(epsilon, fraction).unwrap_or(u64::MAX) } else { 1 };
    Plan { clearance, fraction }
}

/// What watches a use case from one move of its level, or start of an epoch, to the next.
#[derive(Debug, Clone, PartialEq)]
pub struct Watch {
    /// Of its row.
    pub(crate) id: i64,
    pub level: Level,
    pub(crate) first_brake: Brake,
    pub brake: Brake,
    /// `None` at crawl, where nothing goes out alone.
    pub detector: Option<Detector>,
}

/// One verdict that it is told of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Told {
    pub bad: bool,
    /// Whether it was in view as long as reading takes. What was accepted unread ends no brake.
    pub read: bool,
}

impl Watch {
    /// As it begins: told of nothing yet.
    pub fn new(level: Level, limits: &Limits, brake: Brake) -> Self {
        let detector = limits.at(level).and_then(|limit| Detector::new(limit.epsilon, DEFAULT_RUN));
        Self { id: 0, level, first_brake: brake, brake, detector }
    }

    /// After one more verdict.
    pub fn tell(&mut self, plan: Plan, told: Told) {
        if told.bad || told.read {
            self.brake = self.brake.after(plan, told.bad);
        }
        if let Some(detector) = &mut self.detector {
            detector.push(told.bad);
        }
    }

    /// How far the brake is from its end; `None` where it is off.
    pub fn braked(&self, plan: Plan) -> Option<Braked> {
        match self.brake {
            Brake::Off => None,
            Brake::On { clean_in_a_row } => Some(Braked { clean: clean_in_a_row, clearance: plan.clearance }),
        }
    }

    /// As it began, told of these.
    fn retold(&self, limits: &Limits, plan: Plan, verdicts: &[Told]) -> Self {
        let mut again = Self { id: self.id, ..Self::new(self.level, limits, self.first_brake) };
        verdicts.iter().for_each(|told| again.tell(plan, *told));
        again
    }
}

/// The plan of the level that a use case stands at; at crawl, that of walk.
pub(crate) fn plan_of(case: &UseCase, limits: &Limits) -> Plan {
    plan(limits.at(case.level).unwrap_or(limits.walk).epsilon, case.input.check_share)
}

/// What watches a use case now.
pub(crate) fn current(c: &Conn, case: &UseCase, limits: &Limits) -> Result<Watch> {
    // Before the first move of its level there is none.
    Ok(storage::watch::current(c, case.id)?.unwrap_or_else(|| Watch::new(case.level, limits, Brake::Off)))
}

/// How far the brake of a use case is from its end; `None` where it is off.
pub(crate) fn braked(c: &Conn, case: &UseCase) -> Result<Option<Braked>> {
    if case.level == Level::Crawl {
        return Ok(None);
    }
    let limits = storage::epoch::current(c, case.id)?.key.limits;
    Ok(current(c, case, &limits)?.braked(plan_of(case, &limits)))
}

/// Begins anew with an epoch that has just begun; with the brake on where it may let out what was never tried.
pub(crate) fn go_on(c: &Conn, now: Millis, use_case: UseCaseId, untried: bool) -> Result<()> {
    let case = storage::use_case::get(c, use_case)?;
    let limits = storage::epoch::current(c, use_case)?.key.limits;
    let stood = current(c, &case, &limits)?.brake;
    let brake = if untried && case.level > Level::Crawl { Brake::default() } else { stood };
    storage::watch::insert(c, use_case, &Watch::new(case.level, &limits, brake), now)
}

/// Begins anew with a level that was just moved to.
pub(crate) fn moved(c: &Conn, now: Millis, use_case: UseCaseId, raised: bool) -> Result<()> {
    let case = storage::use_case::get(c, use_case)?;
    let limits = storage::epoch::current(c, use_case)?.key.limits;
    let brake = if raised { Brake::Off } else { current(c, &case, &limits)?.brake };
    storage::watch::insert(c, use_case, &Watch::new(case.level, &limits, brake), now)
}

/// Whose verdict it is. One of the two.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Source {
    Audit(AuditId),
    Decision(DecisionId),
}

/// Tells the watch of a decision by a person, if it speaks for what goes out alone. `text` is the one that is kept. Gives the level that
/// the use case fell to.
pub(crate) fn decided(
    c: &Conn,
    now: Millis,
    case: &UseCase,
    item: &Item,
    decision: &Decision,
    viewed: Duration,
    changes: &mut Changes,
) -> Result<Option<Level>> {
    let judged = storage::draft::get(c, decision.draft)?;
    let Some(routed) = storage::draft::routed(c, &judged)? else { return Ok(None) };
    let epoch = storage::epoch::current(c, case.id)?;
    let kept = decision.text.as_deref().unwrap_or(&judged.text);
    let replaced = (routed.id != judged.id).then(|| case.input.output.kind().distance(&routed.text, kept));
    let told = Told {
        bad: is_bad(&epoch.key.bad, VerdictFacts::from(decision), replaced),
        read: viewed >= reading_time(item.characters() + judged.text.chars().count() as u64),
    };
    let speaks = routed.epoch == epoch.n && routed.route.reason.would_go_alone() && route::forbidden(case.level, item.audience).is_none();
    if speaks { tell(c, now, case, Source::Decision(decision.id), routed.id, told, changes) } else { Ok(None) }
}

/// Whether the draft that would have gone out alone is bad. Where a person asked for another one, a text further from the first than the
/// charter allows makes the first bad.
fn is_bad(bad: &Bad, verdict: VerdictFacts, replaced: Option<f64>) -> bool {
    let far = replaced.filter(|distance| *distance != 0.0).map(|edit_distance| VerdictFacts { verdict: Verdict::Edit, edit_distance });
    bad.is_bad(verdict) || far.is_some_and(|edit| bad.is_bad(edit))
}

/// Tells the watch of a verdict on a draft that went out alone or would have, and lowers the level where the detector says so.
pub(crate) fn tell(
    c: &Conn,
    now: Millis,
    case: &UseCase,
    source: Source,
    draft: DraftId,
    told: Told,
    changes: &mut Changes,
) -> Result<Option<Level>> {
    if case.level == Level::Crawl {
        return Ok(None);
    }
    let limits = storage::epoch::current(c, case.id)?.key.limits;
    let mut watch = current(c, case, &limits)?;
    if watch.id == 0 {
        storage::watch::insert(c, case.id, &watch, now)?;
        watch = current(c, case, &limits)?;
    }
    let before = watch.brake;
    watch.tell(plan_of(case, &limits), told);
    storage::watch::push(c, &watch, source, draft, told, now)?;
    brake_moved(c, now, case, before, watch.brake, changes)?;
    if watch.detector.as_ref().is_none_or(|detector| detector.alarm_at().is_none()) {
        return Ok(None);
    }
    let change = change(c, &watch)?;
    let judged = watch.detector.as_ref().map_or(0, Detector::n);
    let bad = storage::watch::bad_since(c, &watch, change.as_ref().and_then(|change| change.draft))?;
    let words = format!("it got worse: {bad} bad ones since the change, of {judged} judged in all");
    automation::fall(c, now, case, Cause::Drift, &words, &change.unwrap_or_default(), changes)
}

/// Where it got worse: the oldest draft among those whose verdicts came since the likeliest start.
fn change(c: &Conn, watch: &Watch) -> Result<Option<Change>> {
    let Some(at) = watch.detector.as_ref().and_then(Detector::changed_at) else { return Ok(None) };
    let Some(draft) = storage::watch::oldest_draft_from(c, watch, at)? else { return Ok(None) };
    let draft = storage::draft::get(c, draft)?;
    Ok(Some(Change { at: Some(draft.created_at), item: Some(draft.item), draft: Some(draft.id) }))
}

fn brake_moved(c: &Conn, now: Millis, case: &UseCase, before: Brake, after: Brake, changes: &mut Changes) -> Result<()> {
    changes.levels = true;
    let (kind, words) = match (before, after) {
        (Brake::Off, Brake::On { .. }) => ("brake_on", "the brake is on: what would go out alone waits for a person"),
        (Brake::On { .. }, Brake::Off) => ("brake_off", "the brake is off: enough clean ones came in a row"),
        (Brake::Off, Brake::Off) | (Brake::On { .. }, Brake::On { .. }) => return Ok(()),
    };
    storage::event::insert(c, now, "rule", kind, Some(case.id), None, Some(words))?;
    changes.activity = true;
    match after {
        Brake::On { .. } => notice::make(c, now, case.id, Kind::Brake, words, None, changes),
        Brake::Off => Ok(()),
    }
}

/// Takes back what the watch was told of a decision that was taken back.
pub(crate) fn untell(c: &Conn, now: Millis, use_case: UseCaseId, decision: DecisionId, changes: &mut Changes) -> Result<()> {
    let Some(told_to) = storage::watch::untell(c, decision)? else { return Ok(()) };
    let case = storage::use_case::get(c, use_case)?;
    let limits = storage::epoch::current(c, use_case)?.key.limits;
    let watch = current(c, &case, &limits)?;
    if watch.id != told_to {
        return Ok(());
    }
    let again = watch.retold(&limits, plan_of(&case, &limits), &storage::watch::told(c, watch.id)?);
    storage::watch::set(c, &again)?;
    brake_moved(c, now, &case, watch.brake, again.brake, changes)
}

/// What is wrong with the watch of a use case, in words.
pub(crate) fn fault(c: &Conn, id: UseCaseId) -> Result<Option<&'static str>> {
    let case = storage::use_case::get(c, id)?;
    let epoch = storage::epoch::current(c, id)?;
    let Some(watch) = storage::watch::current(c, id)? else { return Ok(None) };
    if watch.level != case.level || storage::watch::epoch_n(c, watch.id)? != epoch.n {
        return Ok(Some("brake and detector are of another level or epoch"));
    }
    let limits = epoch.key.limits;
    let again = watch.retold(&limits, plan_of(&case, &limits), &storage::watch::told(c, watch.id)?);
    Ok((again != watch).then_some("brake or detector is not what its verdicts make it"))
}

/// Makes the watch of a use case anew from what it was told, where that is something else.
pub(crate) fn repair(c: &Conn, now: Millis, id: UseCaseId) -> Result<()> {
    if fault(c, id)?.is_none() {
        return Ok(());
    }
    let case = storage::use_case::get(c, id)?;
    let epoch = storage::epoch::current(c, id)?;
    let watch = current(c, &case, &epoch.key.limits)?;
    if watch.level != case.level || storage::watch::epoch_n(c, watch.id)? != epoch.n {
        return go_on(c, now, id, false);
    }
    let limits = epoch.key.limits;
    storage::watch::set(c, &watch.retold(&limits, plan_of(&case, &limits), &storage::watch::told(c, watch.id)?))
}

#[cfg(test)]
mod tests;
