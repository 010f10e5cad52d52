//! The desk's side of review: the queue, the claim of one person on one item, and the decision.
//!
//! Invariant: a decision is taken only from the holder of the newest claim; a person's typed text outlives everything.

mod bulk;
mod compare;
mod decide;
mod filter;
mod found;
pub mod search;
mod undo;

pub use bulk::{BulkInput, BulkLook, BulkRow, Bulked, LeftOut, MOST_AT_ONCE};
pub use compare::{Choice, Comparison, Pair};
pub(crate) use decide::approve_by_policy;
pub use filter::{Bins, DeskView, Filter, Holder};
pub use found::Found;
pub(crate) use undo::{Act, Part, wall};
pub use undo::{ActKind, ActRow, Acts, MayUndo, Redone, Undone};

use crate::activity::Entry;
use crate::audit;
use crate::clock::Millis;
use crate::deliver::DeliveryState;
use crate::desk::Desk;
use crate::draft::Draft;
use crate::error::{Error, Result};
use crate::id::{AuditId, DecisionId, DraftId, ItemId, UseCaseId};
use crate::item::{self, Item, State};
use crate::settings::Person;
use crate::storage::{self, Conn};
use crate::use_case::{Audience, Level};
use serde::{Deserialize, Serialize};
use std::time::Duration;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
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

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
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

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
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
    /// Words to find in the request, in the newest draft or in what was decided; empty finds all. What is found comes newest first.
    pub text: String,
    pub filter: Filter,
    pub offset: u32,
    /// At most 500 are given.
    pub limit: u32,
}

impl QueueQuery {
    /// The first of a whole tab, and nothing of it: how many there are is told with it.
    fn unfiltered(&self) -> Self {
        Self { slice: None, text: String::new(), filter: Filter::default(), offset: 0, limit: 0, ..self.clone() }
    }
}

#[derive(Debug, Clone, PartialEq)]
pub struct QueueRow {
    pub id: ItemId,
    pub uid: String,
    /// The first words of the request.
    pub preview: String,
    /// Where the words that are looked for stand.
    pub found: Option<search::Snippet>,
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
    /// What the query lets through.
    pub total: i64,
    /// False where a search has more finds than it looks at: `total` is what is among the newest of them.
    pub whole: bool,
    /// In the tab, whatever it is narrowed to; of audits what may be judged.
    pub of: i64,
    pub rows: Vec<QueueRow>,
    /// All slices of the use case, and where its requests came from.
    pub slices: Vec<String>,
    pub sources: Vec<String>,
    /// Who has items in hand now.
    pub holders: Vec<String>,
    pub day: Day,
}

/// What a person has done since midnight (UTC).
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Day {
    pub approved: i64,
    pub edited: i64,
    pub rejected: i64,
    /// Time that the items were in view.
    pub viewed: Duration,
    /// Over the last 30 minutes; `None` under three decisions.
    pub per_hour: Option<f64>,
    /// What all people have decided, this one among them.
    pub everyone: i64,
}

impl Day {
    pub fn decided(&self) -> i64 {
        self.approved + self.edited + self.rejected
    }
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
        State::Escalated => free && person.is_admin(),
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
            let page = storage::queue::page(c, query, &person.name, now)?;
            let of = match query.tab {
                Tab::Audits => page.total.max(storage::queue::page(c, &query.unfiltered(), &person.name, now)?.total),
                Tab::Waiting | Tab::Drafting | Tab::Decided | Tab::Escalated | Tab::Failed | Tab::All => {
                    storage::pile::in_tab(c, query.use_case, query.tab)?
                }
            };
            let everyone = storage::count::by_people_since(c, query.use_case, now.day())?;
            Ok(QueuePage {
                total: page.total,
                whole: page.whole,
                of,
                rows: page.rows,
                slices: storage::pile::slices(c, query.use_case)?,
                sources: storage::pile::sources(c, query.use_case)?,
                holders: storage::queue::holders(c, query.use_case, now)?,
                day: Day { everyone, ..storage::decision::day(c, query.use_case, &person.name, now.day_start(), now)? },
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
            let Some(id) = storage::queue::next(c, query, exclude, &person.name, now)? else { return Ok(None) };
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
}
