//! The desk's side of review: the queue, the claim of one person on one item, and the decision.
//!
//! Invariant: a decision is taken only from the holder of the newest claim; a person's typed text outlives everything.

mod found;

pub use found::Found;

use crate::activity::Entry;
use crate::audit;
use crate::clock::Millis;
use crate::deliver::{self, DeliveryState};
use crate::desk::Desk;
use crate::draft::Draft;
use crate::error::{Error, Result};
use crate::evidence;
use crate::feedback;
use crate::id::{AuditId, DecisionId, DraftId, ItemId, UseCaseId};
use crate::item::{self, Event, Item, State};
use crate::re_review;
use crate::route::Check;
use crate::seeded;
use crate::settings::Person;
use crate::storage::{self, Conn};
use crate::use_case::{Audience, Level, UseCase};
use crate::watch;
use std::time::Duration;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// As it stands.
    Approve,
    /// With the decision's own text.
    Edit,
    Reject,
}

impl Verdict {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Approve => "approve",
            Self::Edit => "edit",
            Self::Reject => "reject",
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MadeBy {
    Person,
    Policy,
}

/// The record of a verdict.
#[derive(Debug, Clone, PartialEq)]
pub struct Decision {
    pub id: DecisionId,
    pub item: ItemId,
    pub draft: DraftId,
    pub made_by: MadeBy,
    pub actor: String,
    pub verdict: Verdict,
    /// The edited text; `None` but for [`Verdict::Edit`].
    pub text: Option<String>,
    /// Codes of the use case's reasons.
    pub reasons: Vec<String>,
    pub note: Option<String>,
    /// 0 (unchanged) to 1.
    pub edit_distance: f64,
    pub at: Millis,
    /// The epoch that it was taken in, and the version of the charter that it was taken under; both count up within the
    /// use case.
    pub epoch: i64,
    pub charter: i64,
    /// The decision whose text was out already and that this one corrects.
    pub corrects: Option<DecisionId>,
}

/// What a person decides.
#[derive(Debug, Clone, PartialEq)]
pub struct DecisionInput {
    pub item: ItemId,
    pub epoch: i64,
    pub draft: DraftId,
    pub verdict: Verdict,
    pub text: Option<String>,
    pub reasons: Vec<String>,
    pub note: Option<String>,
    /// Time that the item was in view, idle time cut off.
    pub viewed: Duration,
    pub found: Found,
}

/// The verdict as it was kept.
#[derive(Debug, Clone, PartialEq)]
pub struct Decided {
    /// Of an audit: what the auditor said, under the id of the decision that was audited, which stands as it was.
    pub decision: Decision,
    /// The audit that it was the verdict of.
    pub audit: Option<AuditId>,
    /// Set when the verdict made the level fall: the new level.
    pub level_fell: Option<Level>,
    /// Set when the item was a known-bad one: whether it was found.
    pub seeded: Option<bool>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order {
    /// Highest priority first, then oldest.
    Priority,
    LeastConfident,
    Oldest,
    /// In the order of the items' random ids: the same for as long as the queue stands.
    Random,
}

impl Order {
    pub const ALL: [Self; 4] = [Self::Priority, Self::LeastConfident, Self::Oldest, Self::Random];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Priority => "priority",
            Self::LeastConfident => "least_confident",
            Self::Oldest => "oldest",
            Self::Random => "random",
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tab {
    /// A person can decide now.
    Waiting,
    Drafting,
    Decided,
    Escalated,
    Failed,
    /// What is out, or decided, and is to be looked at a second time.
    Audits,
    All,
}

impl Tab {
    pub(crate) fn states(self) -> &'static [State] {
        match self {
            Self::Waiting => &[State::InReview],
            Self::Drafting => &[State::Received, State::Drafting, State::Drafted],
            Self::Decided => &[State::Approved, State::Delivered, State::Rejected],
            Self::Escalated => &[State::Escalated],
            Self::Failed => &[State::Failed],
            // Whatever their state, it is their open audit that counts.
            Self::Audits | Self::All => &State::ALL,
        }
    }
}

#[derive(Debug, Clone, PartialEq)]
pub struct QueueQuery {
    pub use_case: UseCaseId,
    pub tab: Tab,
    pub order: Order,
    pub slice: Option<String>,
    /// Words to find in the request; empty finds all.
    pub text: String,
    pub offset: u32,
    /// At most 500 are given.
    pub limit: u32,
}

#[derive(Debug, Clone, PartialEq)]
pub struct QueueRow {
    pub id: ItemId,
    pub uid: String,
    /// The first words of the request.
    pub preview: String,
    pub slice: Option<String>,
    pub audience: Audience,
    /// In review while this person may re-review it.
    pub state: State,
    pub confidence: Option<f64>,
    pub created_at: Millis,
    pub held_by: Option<String>,
    /// `None` while an audit is open: whoever audits does not know what was decided.
    pub verdict: Option<Verdict>,
    pub error: Option<String>,
    /// When its open audit is or was due.
    pub due_at: Option<Millis>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct QueuePage {
    pub total: i64,
    pub rows: Vec<QueueRow>,
    /// All slices of the use case.
    pub slices: Vec<String>,
    /// This person's decisions since midnight (UTC).
    pub decided_today: i64,
    /// Over the last 30 minutes; `None` under three decisions.
    pub per_hour: Option<f64>,
}

/// Everything about one item that a person may look at.
#[derive(Debug, Clone, PartialEq)]
pub struct ItemView {
    pub item: Item,
    /// Newest last.
    pub drafts: Vec<Draft>,
    /// What this person typed and did not decide.
    pub typed: Option<String>,
    /// This person's claim, if it is theirs.
    pub lease: Option<item::Lease>,
    pub held_by: Option<String>,
    pub decision: Option<(Decision, DeliveryState, Option<Millis>)>,
    pub history: Vec<Entry>,
    /// The open audit that this person may judge. While there is one, nothing is told of what was decided: no decision, no history, no
    /// draft but the one that is judged, and of what a person decided not the item's state.
    pub audit: Option<audit::Task>,
}

/// How long a person's claim lasts without a heartbeat; as long as a worker's.
pub const LEASE: Duration = Duration::from_secs(60);
const MOST_TYPED: usize = 1 << 20;

/// Whether a text may be kept as what goes out.
pub(crate) fn may_be_kept(text: &str) -> Result<()> {
    if !text.trim().is_empty() && text.len() <= MOST_TYPED {
        return Ok(());
    }
    Err(Error::invalid("text", format!("{} bytes", text.len()), "a text of 1 MiB at most"))
}

/// The item to decide or to audit, if `person` holds it under this epoch, and the audit if it is one.
pub(crate) fn held_or_audited(c: &Conn, id: ItemId, person: &str, epoch: i64) -> Result<(Item, Option<audit::Open>)> {
    let item = storage::item::get(c, id)?;
    let mine = item.lease_epoch == epoch && item.lease.as_ref().is_some_and(|l| l.owner == person);
    match audit::of_item(c, id, person)?.filter(|_| mine) {
        Some(open) => Ok((item, Some(open))),
        None => held(c, id, person, epoch).map(|item| (item, None)),
    }
}

/// The item to decide, if `person` holds it under this epoch. A claim that ran out but was taken by nobody still counts.
pub(crate) fn held(c: &Conn, item: ItemId, person: &str, epoch: i64) -> Result<Item> {
    let item = storage::item::get(c, item)?;
    let mine = item.lease_epoch == epoch && item.lease.as_ref().is_some_and(|l| l.owner == person);
    match item.state {
        State::InReview | State::Escalated if mine => Ok(item),
        State::InReview
        | State::Escalated
        | State::Received
        | State::Drafting
        | State::Drafted
        | State::Approved
        | State::Delivered
        | State::Failed
        | State::Rejected => {
            // What was decided is not for whoever is to judge without knowing it.
            let second_look = audit::of_item(c, item.id, person)?.is_some();
            let decided = if second_look { None } else { storage::decision::standing(c, item.id)? };
            let now = match (decided, &item.lease) {
                _ if second_look && mine => "it is a second look: approve, edit or reject it".into(),
                (Some(d), _) => format!("{} decided it: {}", d.actor, d.verdict.as_str()),
                (None, Some(lease)) if lease.owner != person => format!("{} holds it", lease.owner),
                (None, _) => "your claim on it has ended; open it again".into(),
            };
            Err(Error::Stale { what: format!("item {}", item.uid), now })
        }
    }
}

fn claimable(item: &Item, audit: Option<&audit::Open>, person: &Person, now: Millis) -> bool {
    let free = item.lease.as_ref().is_none_or(|l| l.owner == person.name || l.until < now);
    if audit.is_some() {
        return free;
    }
    match item.state {
        State::InReview => free,
        State::Escalated => free && person.must_be_admin("decide what was escalated").is_ok(),
        State::Received | State::Drafting | State::Drafted | State::Approved | State::Delivered | State::Failed | State::Rejected => false,
    }
}

fn view(c: &Conn, id: ItemId, person: &Person, now: Millis) -> Result<ItemView> {
    let item = storage::item::get(c, id)?;
    let audit = audit::of_item(c, id, &person.name)?;
    let mine = audit.is_some() || matches!(item.state, State::InReview | State::Escalated);
    let lease = item.lease.clone().filter(|l| mine && l.owner == person.name);
    let held_by = item.lease.as_ref().filter(|l| mine && l.owner != person.name && l.until >= now).map(|l| l.owner.clone());
    if let Some(open) = audit {
        let state = open.task.kind.shown(item.state);
        return Ok(ItemView {
            drafts: vec![storage::draft::get(c, open.draft)?],
            typed: storage::typed::get(c, id, &person.name)?,
            history: Vec::new(),
            item: Item { state, ..item },
            lease,
            held_by,
            decision: None,
            audit: Some(open.task),
        });
    }
    let decision = match storage::decision::standing(c, id)? {
        Some(decision) => {
            let (state, at) = storage::delivery::state_of(c, decision.id)?;
            Some((decision, state, at))
        }
        None => None,
    };
    Ok(ItemView {
        drafts: storage::draft::of_item(c, id)?,
        typed: storage::typed::get(c, id, &person.name)?,
        history: storage::event::of_item(c, id)?,
        item,
        lease,
        held_by,
        decision,
        audit: None,
    })
}

impl Desk {
    /// A page of the queue, with the header's numbers.
    ///
    /// # Errors
    /// Those of the database.
    pub fn queue(&self, query: &QueueQuery, person: &Person) -> Result<QueuePage> {
        let now = self.now();
        self.read(|c| {
            let (total, rows) = storage::item::page(c, query, &person.name, now)?;
            let half_hour = storage::decision::count_since(c, query.use_case, &person.name, Millis(now.0 - 1_800_000))?;
            Ok(QueuePage {
                total,
                rows,
                slices: storage::item::slices(c, query.use_case)?,
                decided_today: storage::decision::count_since(c, query.use_case, &person.name, now.day_start())?,
                per_hour: (half_hour >= 3).then_some(half_hour as f64 * 2.0),
            })
        })
    }

    /// Claims the next item that waits, by the query's order and filters, leaving out `exclude` and what this person
    /// skipped.
    ///
    /// # Errors
    /// Those of the database.
    pub fn next_item(&self, query: &QueueQuery, exclude: &[ItemId], person: &Person) -> Result<Option<ItemView>> {
        self.transact(|c, now, changes| {
            storage::item::cut_claims(c, now.plus(LEASE))?;
            let Some(id) = storage::item::next(c, query, exclude, &person.name, now)? else { return Ok(None) };
            storage::item::lease(c, id, &person.name, now.plus(LEASE))?;
            changes.queue = true;
            view(c, id, person, now).map(Some)
        })
    }

    /// Opens an item, claiming it where it is free to decide; otherwise it is read-only.
    ///
    /// # Errors
    /// [`Error::NotFound`].
    pub fn open_item(&self, id: ItemId, person: &Person) -> Result<ItemView> {
        self.transact(|c, now, changes| {
            storage::item::cut_claims(c, now.plus(LEASE))?;
            let item = storage::item::get(c, id)?;
            let audit = audit::of_item(c, id, &person.name)?;
            if claimable(&item, audit.as_ref(), person, now) {
                storage::item::lease(c, id, &person.name, now.plus(LEASE))?;
                changes.queue = true;
            }
            view(c, id, person, now)
        })
    }

    /// Looks at an item without claiming it.
    ///
    /// # Errors
    /// [`Error::NotFound`].
    pub fn view_item(&self, id: ItemId, person: &Person) -> Result<ItemView> {
        let now = self.now();
        self.read(|c| view(c, id, person, now))
    }

    /// # Errors
    /// [`Error::Stale`] where the claim is lost.
    pub fn heartbeat(&self, id: ItemId, epoch: i64, person: &Person) -> Result<()> {
        self.transact(|c, now, _| {
            held_or_audited(c, id, &person.name, epoch)?;
            storage::item::extend_lease(c, id, epoch, now.plus(LEASE)).map(drop)
        })
    }

    /// Gives a claim back. One that is lost already is no error.
    ///
    /// # Errors
    /// Those of the database.
    pub fn release(&self, id: ItemId, epoch: i64, person: &Person) -> Result<()> {
        self.transact(|c, _, changes| {
            if held_or_audited(c, id, &person.name, epoch).is_ok() {
                storage::item::release(c, id, epoch)?;
                changes.queue = true;
            }
            Ok(())
        })
    }

    /// Keeps what a person has typed. Needs no claim: typed text is never refused.
    ///
    /// # Errors
    /// [`Error::Invalid`] over 1 MiB; [`Error::NotFound`].
    pub fn keep_typed(&self, id: ItemId, text: &str, person: &Person) -> Result<()> {
        if text.len() > MOST_TYPED {
            return Err(Error::invalid("text", format!("{} bytes", text.len()), format!("at most {MOST_TYPED} bytes")));
        }
        self.transact(|c, now, _| {
            storage::item::get(c, id)?;
            storage::typed::set(c, id, &person.name, text, now)
        })
    }

    /// Takes a decision. Its text waits for the time to take it back and then goes out. On an item that this person audits it is the
    /// audit's verdict instead, and nothing goes out.
    ///
    /// # Errors
    /// [`Error::Stale`] where the claim is lost or the draft is another item's; [`Error::Invalid`] where an edit has no
    /// text, or a reason is not the use case's.
    pub fn decide(&self, input: &DecisionInput, person: &Person) -> Result<Decided> {
        self.transact(|c, now, changes| {
            let (item, audit) = held_or_audited(c, input.item, &person.name, input.epoch)?;
            if audit.is_none() && item.state == State::Escalated {
                person.must_be_admin("decide what was escalated")?;
            }
            let case = storage::use_case::get(c, item.use_case)?;
            let draft = storage::draft::get(c, input.draft)?;
            if draft.item != item.id {
                return Err(Error::invalid("draft", input.draft, format!("a draft of item {}", item.uid)));
            }
            if audit.as_ref().is_some_and(|open| open.draft != draft.id) {
                return Err(Error::invalid("draft", input.draft, "the draft that is audited"));
            }
            if let Some(unknown) = input.reasons.iter().find(|code| !case.input.reasons.iter().any(|r| r.code == **code)) {
                return Err(Error::invalid("reason", format!("{unknown:?}"), "a reason of this use case"));
            }
            // The text decides what the verdict is: an edit that changed nothing is an approval.
            let (verdict, text) = match (input.verdict, &input.text) {
                (Verdict::Approve, _) => (Verdict::Approve, None),
                (Verdict::Edit, Some(text)) if *text == draft.text => (Verdict::Approve, None),
                (Verdict::Edit, Some(text)) if !text.trim().is_empty() && text.len() <= MOST_TYPED => (Verdict::Edit, Some(text.clone())),
                (Verdict::Edit, _) => return Err(Error::invalid("text", "nothing", "the edited text, 1 MiB at most")),
                (Verdict::Reject, _) => (Verdict::Reject, None),
            };
            let edit_distance = text.as_deref().map_or(0.0, |text| feedback::edit_distance(&draft.text, text));
            let decision = Decision {
                id: DecisionId(0),
                item: item.id,
                draft: draft.id,
                made_by: MadeBy::Person,
                actor: person.name.clone(),
                verdict,
                text,
                reasons: input.reasons.clone(),
                note: input.note.clone().filter(|n| !n.trim().is_empty()),
                edit_distance,
                at: now,
                epoch: 0,
                charter: 0,
                corrects: None,
            };
            let said = in_words(&case, &decision);
            if let Some(open) = audit {
                return audit::judge(c, now, &case, &item, &open, decision, input.viewed, person, said.as_deref(), changes);
            }
            let id = storage::decision::insert(c, &decision, &item, case.level, input.viewed, Some(input.found))?;
            let (event, kind) = match verdict {
                Verdict::Approve => (Event::Approved, "approved"),
                Verdict::Edit => (Event::Approved, "edited"),
                Verdict::Reject => (Event::Rejected, "rejected"),
            };
            let known_bad = storage::seeded::get(c, item.id)?;
            // Whatever is said of a known-bad item, it goes nowhere.
            let event = if known_bad.is_some() { Event::Rejected } else { event };
            storage::item::set_state(c, &item, item::step(&item, event)?)?;
            if event == Event::Approved {
                deliver::enqueue(c, now, &item, id)?;
            }
            storage::typed::clear(c, item.id, &person.name)?;
            storage::event::insert(c, now, &person.name, kind, Some(item.use_case), Some(item.id), said.as_deref())?;
            changes.item(item.id);
            changes.levels = true;
            let decision = storage::decision::get(c, id)?;
            if let Some(known_bad) = known_bad {
                let caught = seeded::decided(c, now, &item, &known_bad, &decision)?;
                return Ok(Decided { decision, audit: None, level_fell: None, seeded: Some(caught) });
            }
            re_review::drawn(c, now, &item, &decision, changes)?;
            evidence::keep_up_if_behind(c, now, item.use_case)?;
            let level_fell = watch::decided(c, now, &case, &item, &decision, input.viewed, changes)?;
            Ok(Decided { decision, audit: None, level_fell, seeded: None })
        })
    }

    /// Back to the queue, but not to this person.
    ///
    /// # Errors
    /// [`Error::Stale`].
    pub fn skip(&self, id: ItemId, epoch: i64, person: &Person) -> Result<()> {
        self.transact(|c, now, changes| {
            let (item, _) = held_or_audited(c, id, &person.name, epoch)?;
            storage::item::skip(c, id, &person.name, now)?;
            storage::item::release(c, id, epoch)?;
            storage::event::insert(c, now, &person.name, "skipped", Some(item.use_case), Some(id), None)?;
            changes.item(id);
            Ok(())
        })
    }

    /// To an admin, with a note.
    ///
    /// # Errors
    /// [`Error::Stale`]; [`Error::Invalid`] without a note.
    pub fn escalate(&self, id: ItemId, epoch: i64, note: &str, person: &Person) -> Result<()> {
        if note.trim().is_empty() {
            return Err(Error::invalid("note", "nothing", "a word on why an admin should look"));
        }
        self.transact(|c, now, changes| {
            let item = held(c, id, &person.name, epoch)?;
            storage::item::set_state(c, &item, item::step(&item, Event::Escalated)?)?;
            storage::event::insert(c, now, &person.name, "escalated", Some(item.use_case), Some(id), Some(note.trim()))?;
            changes.item(id);
            Ok(())
        })
    }

    /// Takes back this person's last decision that stands, and claims its item again. What was typed is there again.
    ///
    /// # Errors
    /// [`Error::NothingToUndo`]; [`Error::AlreadyDelivered`] when the text is out or just going out.
    pub fn undo(&self, use_case: UseCaseId, person: &Person) -> Result<ItemView> {
        self.transact(|c, now, changes| {
            let nothing = || Error::NothingToUndo { person: person.name.clone() };
            let decision = storage::decision::last_by(c, use_case, &person.name)?.ok_or_else(nothing)?;
            // A verdict of an audit stands; to take back what came before it would be a surprise.
            if storage::audit::judged_since(c, use_case, &person.name, decision.item)? {
                return Err(nothing());
            }
            let item = storage::item::get(c, decision.item)?;
            // What a correction corrects is out.
            if item.state == State::Delivered || decision.corrects.is_some() || !storage::delivery::withdraw(c, decision.id)? {
                return Err(Error::AlreadyDelivered { item: item.uid });
            }
            storage::decision::undo(c, decision.id, &person.name, now)?;
            audit::dropped(c, now, decision.id)?;
            watch::untell(c, now, use_case, decision.id, changes)?;
            storage::item::set_state(c, &item, item::step(&item, Event::Undone)?)?;
            storage::item::lease(c, item.id, &person.name, now.plus(LEASE))?;
            if let Some(text) = &decision.text {
                storage::typed::set(c, item.id, &person.name, text, now)?;
            }
            storage::event::insert(c, now, &person.name, "undone", Some(use_case), Some(item.id), Some(decision.verdict.as_str()))?;
            changes.item(item.id);
            changes.levels = true;
            view(c, item.id, person, now)
        })
    }
}

/// Reasons and note of a verdict in a line, for the ledger.
fn in_words(case: &UseCase, decision: &Decision) -> Option<String> {
    let reasons = case.input.reasons.iter().filter(|r| decision.reasons.contains(&r.code)).map(|r| r.label.as_str());
    let said: Vec<&str> = reasons.chain(decision.note.as_deref()).collect();
    (!said.is_empty()).then(|| said.join("; "))
}

/// The decision by which a confident draft goes out alone, and the audit that it was drawn for.
pub(crate) fn approve_by_policy(
    c: &Conn,
    now: Millis,
    item: &Item,
    draft: DraftId,
    case: &UseCase,
    check: Option<Check>,
) -> Result<DecisionId> {
    let decision = Decision {
        id: DecisionId(0),
        item: item.id,
        draft,
        made_by: MadeBy::Policy,
        actor: format!("policy: {}", case.level.as_str()),
        verdict: Verdict::Approve,
        text: None,
        reasons: Vec::new(),
        note: None,
        edit_distance: 0.0,
        at: now,
        epoch: 0,
        charter: 0,
        corrects: None,
    };
    let id = storage::decision::insert(c, &decision, item, case.level, Duration::ZERO, None)?;
    if let Some(check) = check.filter(|check| check.drawn) {
        audit::drawn(c, now, item, id, check.probability)?;
    }
    storage::item::set_state(c, item, item::step(item, Event::Approved)?)?;
    storage::event::insert(c, now, &decision.actor, "auto_approved", Some(item.use_case), Some(item.id), None)?;
    Ok(id)
}
