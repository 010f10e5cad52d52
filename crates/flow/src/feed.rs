//! What other programs follow: decisions and deliveries after a cursor, and one item with all that came of it.
//!
//! Invariant: an approved text counts as final from the moment it is out, when it can no longer be taken back; a program that waits for it
//! hears of it then and not before. Each read looks at the token again: who has waited since it was revoked hears of nothing more.
//! Known-bad items do not exist here.

use crate::clock::Millis;
use crate::deliver;
use crate::desk::Desk;
use crate::draft::Draft;
use crate::error::{Error, Result};
use crate::item::{Item, State};
use crate::review::{Decision, Verdict};
use crate::storage::{self, Conn};
use crate::token::{Access, Scope};
use crate::use_case::UseCase;

/// What happened to an item.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Happened {
    Decided,
    /// Also when a correction takes its place.
    TakenBack,
    Delivered,
}

impl Happened {
    pub const ALL: [Self; 3] = [Self::Decided, Self::TakenBack, Self::Delivered];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Decided => "decided",
            Self::TakenBack => "taken_back",
            Self::Delivered => "delivered",
        }
    }
}

/// One thing that happened.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    pub(crate) n: i64,
    /// Where to go on after it.
    pub cursor: String,
    pub what: Happened,
    pub item: String,
    pub external_id: Option<String>,
    pub use_case: String,
    pub verdict: Verdict,
    pub by_policy: bool,
    pub decided_by: String,
    pub decided_at: Millis,
    pub delivery: Option<Out>,
}

/// A text that is out.
#[derive(Debug, Clone, PartialEq)]
pub struct Out {
    /// Stable: a receiver removes repeats by it.
    pub uid: String,
    pub text: String,
    /// `None` where the text is kept in Gait.
    pub at: Option<Millis>,
    /// The id of the delivery whose text was wrong.
    pub corrects: Option<String>,
    pub acknowledged_at: Option<Millis>,
}

/// Which entries are wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wanted {
    All,
    Deliveries,
    /// Those that nobody has acknowledged.
    Open,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Page {
    pub entries: Vec<Entry>,
    /// Where to go on, also where nothing was found.
    pub next: String,
    pub more: bool,
}

/// What an acknowledgement came to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Acknowledged {
    pub now: u64,
    pub before: u64,
    pub unknown: Vec<String>,
}

/// An item with all that came of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Whole {
    pub item: Item,
    pub use_case: String,
    /// Newest last.
    pub drafts: Vec<Draft>,
    pub decision: Option<Decision>,
    /// Whether it can no longer be taken back.
    pub is_final: bool,
    pub deliveries: Vec<Sent>,
}

/// A delivery and how far it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sent {
    pub uid: String,
    pub state: String,
    pub attempts: i64,
    pub last_error: Option<String>,
    pub done_at: Option<Millis>,
}

/// How an item stands, for whoever waits for it.
#[derive(Debug, Clone, PartialEq)]
pub struct Standing {
    pub item: String,
    pub use_case: String,
    pub state: State,
    pub created_at: Millis,
    pub last_error: Option<String>,
    pub ended: Option<Ended>,
    /// When to look again though nothing is told: a rejection is final then.
    pub again_at: Option<Millis>,
}

/// The final end of an item, for now: only a correction follows.
#[derive(Debug, Clone, PartialEq)]
pub struct Ended {
    pub decision: Decision,
    /// What went out; `None` for a rejection.
    pub text: Option<String>,
    pub prompt_tokens: u32,
    pub output_tokens: u32,
}

/// The most entries of a page.
pub const MOST_ENTRIES: u32 = 500;
/// The most acknowledged at once.
pub const MOST_ACKNOWLEDGED: usize = 1_000;
const FOLLOW: &str = "follow what happens";

/// A cursor names the life of the database that it counts in: after a backup was put back the numbers mean something else.
fn cursor(c: &Conn, n: i64) -> Result<String> {
    Ok(format!("{}-{n}", storage::feed::life(c)?))
}

/// The number in a cursor, if this database gave it.
fn place(c: &Conn, text: &str) -> Result<i64> {
    let expected = "a cursor as it was given";
    let wrong = || Error::invalid("cursor", format!("{:?}", text.chars().take(40).collect::<String>()), expected);
    let (theirs, digits) = text.split_once('-').ok_or_else(wrong)?;
    if digits.is_empty() || digits.len() > 18 || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return Err(wrong());
    }
    let n: i64 = digits.parse().map_err(|_| wrong())?;
    if theirs != storage::feed::life(c)? || n > storage::feed::head(c)? {
        return Err(Error::invalid(
            "cursor",
            format!("{text:?}"),
            "a cursor of this state of the data; it was put back from a backup since, or is another one: begin without a cursor",
        ));
    }
    Ok(n)
}

impl Desk {
    /// What happened after a cursor, oldest first; from the first on without one.
    ///
    /// # Errors
    /// [`Error::Invalid`] for a cursor that this database never gave, or a limit that is not 1 to 500; [`Error::NotAllowed`].
    pub fn feed(&self, access: &Access, wanted: Wanted, after: Option<&str>, limit: u32) -> Result<Page> {
        let (scope, what) = match wanted {
            Wanted::All => (Scope::Read, FOLLOW),
            Wanted::Deliveries | Wanted::Open => (Scope::Deliver, "list deliveries"),
        };
        if !(1..=MOST_ENTRIES).contains(&limit) {
            return Err(Error::invalid("limit", limit, format!("1 to {MOST_ENTRIES}")));
        }
        let now = self.now();
        self.read(|c| {
            access.still(c, &[scope], what, now)?;
            let from = after.map_or(Ok(0), |text| place(c, text))?;
            let life = storage::feed::life(c)?;
            let (mut entries, more) = storage::feed::after(c, wanted, from, limit)?;
            for entry in &mut entries {
                entry.cursor = format!("{life}-{}", entry.n);
            }
            let next = entries.last().map_or(from, |entry| entry.n);
            Ok(Page { entries, next: cursor(c, next)?, more })
        })
    }

    /// The cursor after all that has happened until now.
    ///
    /// # Errors
    /// [`Error::NotAllowed`]; those of the database.
    pub fn feed_end(&self, access: &Access) -> Result<String> {
        let now = self.now();
        self.read(|c| {
            access.still(c, &[Scope::Read], FOLLOW, now)?;
            cursor(c, storage::feed::head(c)?)
        })
    }

    /// A number that grows with whatever happens to decisions and deliveries, in whichever process. It tells nothing else.
    ///
    /// # Errors
    /// Those of the database.
    pub fn feed_head(&self) -> Result<i64> {
        self.read(storage::feed::head)
    }

    /// Keeps that these deliveries have arrived. Those that are acknowledged already stay as they are.
    ///
    /// # Errors
    /// [`Error::Invalid`] for too many at once; [`Error::NotAllowed`].
    pub fn acknowledge(&self, access: &Access, uids: &[String]) -> Result<Acknowledged> {
        if uids.is_empty() || uids.len() > MOST_ACKNOWLEDGED {
            return Err(Error::invalid("ids", uids.len(), format!("1 to {MOST_ACKNOWLEDGED}")));
        }
        self.transact(|c, now, _| {
            access.still(c, &[Scope::Deliver], "acknowledge deliveries", now)?;
            let mut done = Acknowledged::default();
            for uid in uids {
                match storage::feed::acknowledge(c, uid, &access.actor(), now)? {
                    Some(true) => done.now += 1,
                    Some(false) => done.before += 1,
                    None => done.unknown.push(uid.clone()),
                }
            }
            Ok(done)
        })
    }

    /// All use cases, for a token.
    ///
    /// # Errors
    /// [`Error::NotAllowed`]; those of the database.
    pub fn use_cases_for(&self, access: &Access) -> Result<Vec<UseCase>> {
        access.must_any(&[Scope::Submit, Scope::Read], "list the use cases")?;
        self.use_cases()
    }

    /// An item with its drafts, its decision and its deliveries.
    ///
    /// # Errors
    /// [`Error::NotFound`]; [`Error::NotAllowed`].
    pub fn whole_item(&self, access: &Access, uid: &str) -> Result<Whole> {
        let now = self.now();
        self.read(|c| {
            access.still(c, &[Scope::Read], "look at items", now)?;
            let (item, use_case) = known(c, uid)?;
            let decision = storage::decision::standing(c, item.id)?;
            let is_final = match &decision {
                Some(decision) => final_at(c, &item, decision)?.is_some_and(|at| at <= now),
                None => false,
            };
            Ok(Whole {
                drafts: storage::draft::of_item(c, item.id)?,
                deliveries: storage::feed::sent(c, item.id)?,
                use_case,
                decision,
                is_final,
                item,
            })
        })
    }

    /// How an item stands, with what went out once that is final. A token that may only submit hears of it too.
    ///
    /// # Errors
    /// [`Error::NotFound`]; [`Error::NotAllowed`].
    pub fn standing(&self, access: &Access, uid: &str) -> Result<Standing> {
        let now = self.now();
        self.read(|c| {
            access.still(c, &[Scope::Submit, Scope::Read], "wait for a decision", now)?;
            let (item, use_case) = known(c, uid)?;
            let (mut ended, mut again_at) = (None, None);
            if let Some(decision) = storage::decision::standing(c, item.id)? {
                match final_at(c, &item, &decision)? {
                    Some(at) if at <= now => ended = Some(end(c, decision)?),
                    later => again_at = later,
                }
            }
            Ok(Standing {
                item: item.uid,
                use_case,
                state: item.state,
                created_at: item.created_at,
                last_error: item.last_error,
                ended,
                again_at,
            })
        })
    }
}

fn known(c: &Conn, uid: &str) -> Result<(Item, String)> {
    let missing = || Error::NotFound { what: "item", id: uid.chars().take(60).collect() };
    let id = storage::feed::item_id(c, uid)?.ok_or_else(missing)?;
    let item = storage::item::get(c, id)?;
    let use_case = storage::use_case::name(c, item.use_case)?;
    Ok((item, use_case))
}

/// From when on a decision can no longer be taken back: a text when it is out, a rejection when the time for it is over.
fn final_at(c: &Conn, item: &Item, decision: &Decision) -> Result<Option<Millis>> {
    match decision.verdict {
        Verdict::Reject => Ok(Some(decision.at.plus(deliver::hold(c)?))),
        Verdict::Approve | Verdict::Edit => {
            let out = item.state == State::Delivered || storage::feed::is_out(c, decision.id)?;
            Ok(out.then_some(decision.at))
        }
    }
}

fn end(c: &Conn, decision: Decision) -> Result<Ended> {
    let draft = storage::draft::get(c, decision.draft)?;
    let text = match decision.verdict {
        Verdict::Approve => Some(draft.text),
        Verdict::Edit => decision.text.clone(),
        Verdict::Reject => None,
    };
    Ok(Ended { decision, text, prompt_tokens: draft.prompt_tokens, output_tokens: draft.output_tokens })
}
