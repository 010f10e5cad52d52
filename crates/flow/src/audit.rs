//! Audits: a second look at what went out alone, drawn before it left. A blind re-review of a person's decision is the same mechanism.
//!
//! Invariant: an audit is made in the transaction that approves its draft, with the probability by which it was drawn; it is open until a
//! person has judged it once, or until the decision is taken back before anything left. Whoever audits sees request and draft, and nothing of
//! what was decided.

pub(crate) mod view;

pub use view::{AuditsView, BrakeView, CorrectionView, DetectorView, StreamRow};

use crate::changes::Changes;
use crate::charter::VerdictFacts;
use crate::clock::Millis;
use crate::correction;
use crate::error::Result;
use crate::evidence::reading_time;
use crate::id::{AuditId, DecisionId, DraftId, ItemId};
use crate::item::{Item, State as ItemState};
use crate::notice;
use crate::review::{Decided, Decision, Verdict};
use crate::settings::Person;
use crate::storage::{self, Conn};
use crate::use_case::UseCase;
use crate::watch::{self, Source, Told};
use crate::{epoch, route};
use std::time::Duration;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// Of a decision by policy.
    Audit,
    /// Of a person's decision, by another person.
    ReReview,
}

impl Kind {
    pub const ALL: [Self; 2] = [Self::Audit, Self::ReReview];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Audit => "audit",
            Self::ReReview => "re_review",
        }
    }

    /// The state of an item as far as whoever judges it may know: what policy let out is out, and what came of a person's decision would
    /// tell what it was.
    pub(crate) fn shown(self, state: ItemState) -> ItemState {
        match self {
            Self::Audit => state,
            Self::ReReview => ItemState::InReview,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum State {
    Open,
    Done,
    /// What it was drawn for was taken back before it left.
    Dropped,
}

impl State {
    pub const ALL: [Self; 3] = [Self::Open, Self::Done, Self::Dropped];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Done => "done",
            Self::Dropped => "dropped",
        }
    }
}

/// What a person is asked to judge, as far as they may know of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Task {
    pub id: AuditId,
    pub kind: Kind,
    pub due_at: Millis,
}

/// An open audit that there is something to look at for.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Open {
    pub task: Task,
    pub decision: DecisionId,
    pub draft: DraftId,
    /// Who took the decision.
    pub decided_by: String,
    /// π
    pub probability: f64,
    /// The epoch that the decision was taken in.
    pub epoch: i64,
}

impl Open {
    /// Whether this person may judge it: nobody re-reviews themselves.
    pub fn is_for(&self, person: &str) -> bool {
        match self.task.kind {
            Kind::Audit => true,
            Kind::ReReview => self.decided_by != person,
        }
    }
}

/// What came of an audit.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Outcome {
    /// 0–1, by the charter's terms of the epoch that the decision was taken in.
    pub loss: f64,
    pub bad: bool,
}

/// The open audit of an item that this person may judge, if there is one.
pub(crate) fn of_item(c: &Conn, item: ItemId, person: &str) -> Result<Option<Open>> {
    Ok(storage::audit::open_of_item(c, item)?.filter(|open| open.is_for(person)))
}

/// Draws a decision by policy for an audit, in its transaction. It can be judged once its text is out.
pub(crate) fn drawn(c: &Conn, now: Millis, item: &Item, decision: DecisionId, probability: f64) -> Result<()> {
    storage::audit::insert(c, Kind::Audit, item, decision, probability, now)
}

/// The text is out: what was drawn can be judged from now on, and is due after the use case's time.
pub(crate) fn ready(c: &Conn, now: Millis, item: &Item, changes: &mut Changes) -> Result<()> {
    let hours = storage::use_case::audit_due_hours(c, item.use_case)?;
    if storage::audit::ready(c, item.id, now, now.plus(Duration::from_secs(u64::from(hours) * 3600)))? {
        changes.queue = true;
        changes.levels = true;
    }
    Ok(())
}

/// The decision was taken back: nothing of it is looked at.
pub(crate) fn dropped(c: &Conn, now: Millis, decision: DecisionId) -> Result<()> {
    storage::audit::drop_open(c, decision, now)
}

/// Keeps the verdict of the person who holds the audited item. `said` is the verdict in the shape of a decision.
#[expect(clippy::too_many_arguments, reason = "what a person says, and the transaction that it is kept in")]
pub(crate) fn judge(
    c: &Conn,
    now: Millis,
    case: &UseCase,
    item: &Item,
    open: &Open,
    said: Decision,
    viewed: Duration,
    person: &Person,
    words: Option<&str>,
    changes: &mut Changes,
) -> Result<Decided> {
    let terms = storage::epoch::nth(c, case.id, open.epoch)?.key.bad;
    let facts = VerdictFacts::from(&said);
    let outcome = Outcome { loss: terms.loss(facts), bad: terms.is_bad(facts) };
    storage::audit::judged(c, open.task.id, &said, outcome, viewed)?;
    storage::item::release(c, item.id, item.lease_epoch)?;
    storage::typed::clear(c, item.id, &person.name)?;
    let detail = [Some(said.verdict.as_str()), words].into_iter().flatten().collect::<Vec<_>>().join(": ");
    let kind = match open.task.kind {
        Kind::Audit => "audited",
        Kind::ReReview => "re_reviewed",
    };
    storage::event::insert(c, now, &person.name, kind, Some(case.id), Some(item.id), Some(&detail))?;
    changes.item(item.id);
    changes.levels = true;
    let level_fell = match open.task.kind {
        Kind::Audit => after_audit(c, now, case, item, open, &said, outcome, viewed, changes)?,
        Kind::ReReview => None,
    };
    let decision = Decision { id: open.decision, epoch: open.epoch, ..said };
    Ok(Decided { decision, audit: Some(open.task.id), level_fell, seeded: None })
}

/// A bad one that is out opens a correction; and brake and detector hear of all that speak for the present epoch.
#[expect(clippy::too_many_arguments, reason = "one audit, and the transaction that it is judged in")]
fn after_audit(
    c: &Conn,
    now: Millis,
    case: &UseCase,
    item: &Item,
    open: &Open,
    said: &Decision,
    outcome: Outcome,
    viewed: Duration,
    changes: &mut Changes,
) -> Result<Option<crate::use_case::Level>> {
    if outcome.bad && item.state == ItemState::Delivered {
        let text = match said.verdict {
            Verdict::Edit => said.text.as_deref(),
            Verdict::Approve | Verdict::Reject => None,
        };
        correction::open(c, now, item, open, text)?;
        notice::make(c, now, case.id, notice::Kind::Correction, "an audit found that a text which is out is bad", None, changes)?;
    }
    let present = storage::epoch::current(c, case.id)?;
    if open.epoch != present.n || route::forbidden(case.level, item.audience).is_some() {
        return Ok(None);
    }
    let draft = storage::draft::get(c, open.draft)?;
    let read = viewed >= reading_time(item.characters() + draft.text.chars().count() as u64);
    watch::tell(c, now, case, Source::Audit(open.task.id), open.draft, Told { bad: outcome.bad, read }, changes)
}

impl crate::Desk {
    /// Sets which share of what goes out alone is audited, and within how many hours. Another share begins an epoch.
    ///
    /// # Errors
    /// [`crate::Error::Invalid`] with the field; [`crate::Error::NotAllowed`] for reviewers.
    pub fn audit_settings(&self, use_case: crate::UseCaseId, share: f64, due_hours: u32, person: &Person) -> Result<AuditsView> {
        person.must_be_admin("change how audits are drawn")?;
        crate::use_case::check_audit_share(share)?;
        if !(1..=MOST_HOURS).contains(&due_hours) {
            return Err(crate::Error::invalid("hours until an audit is due", due_hours, format!("1 to {MOST_HOURS}")));
        }
        self.transact(|c, now, changes| {
            storage::use_case::get(c, use_case)?;
            storage::use_case::set_audits(c, use_case, share, due_hours)?;
            let detail = format!("{share} of what goes out alone, due after {due_hours} hours");
            storage::event::insert(c, now, &person.name, "audits_changed", Some(use_case), None, Some(&detail))?;
            epoch::renew(c, now, changes, &person.name, use_case)?;
            changes.use_cases = true;
            changes.levels = true;
            changes.activity = true;
            view::of(c, now, use_case)
        })
    }

    /// The audits of a use case: the plan, where brake and detector stand, and what the audits of this epoch say of all that went out.
    ///
    /// # Errors
    /// [`crate::Error::NotFound`].
    pub fn audits(&self, use_case: crate::UseCaseId) -> Result<AuditsView> {
        let now = self.now();
        self.read(|c| view::of(c, now, use_case))
    }
}

const MOST_HOURS: u32 = 8760;
