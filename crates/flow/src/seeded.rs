//! Known-bad items: put among the others to see whether people find them.
//!
//! Invariant: made from a real item whose draft a person accepted, with one fault. Until it is decided nothing that a reviewer sees tells it
//! from the others; it is decided once, that stands, and the person is told at once. It is never drafted by a worker, delivered, exported
//! or counted with real ones: it ends rejected whatever the verdict was, and the schema lets it go nowhere else.

mod disguise;
mod fault;

pub use fault::{Fault, NoFault, greeted, make};

use crate::changes::Changes;
use crate::clock::Millis;
use crate::confidence;
use crate::desk::Desk;
use crate::draft::{self, Asked, Draft};
use crate::error::{Error, Result};
use crate::id::{DraftId, ItemId, UseCaseId};
use crate::item::Item;
use crate::model::Generation;
use crate::review::{Decision, MadeBy, Verdict};
use crate::route::Outcome;
use crate::settings::Person;
use crate::statistics::evidence::upper_bound_of;
use crate::storage::{self, Conn};
use crate::use_case::UseCase;
use std::time::Duration;

/// Known-bad items that were decided, and how many of them were found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Golds {
    pub seeded: u64,
    pub caught: u64,
}

impl Golds {
    pub fn missed(self) -> u64 {
        self.seeded.saturating_sub(self.caught)
    }

    /// The share that people miss is under it, whenever one looks, but with probability δ: the root of the e-process over those that were
    /// decided. 1 with none, or where δ is outside of (0, 1).
    pub fn miss_bound(self, delta: f64) -> f64 {
        upper_bound_of(self.missed(), self.seeded, delta)
    }
}

/// What an item is known to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct KnownBad {
    pub draft: DraftId,
    pub fault: Fault,
    /// What an admin said of it.
    pub note: Option<String>,
    /// `None` until it is decided.
    pub caught: Option<bool>,
}

/// Known-bad items with one fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OfFault {
    pub fault: Fault,
    /// Decided or not.
    pub made: u64,
    pub golds: Golds,
}

/// What came of making some.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Seeding {
    pub made: u32,
    /// Accepted drafts that were passed over, with the reason, in words.
    pub passed_over: Vec<(String, u32)>,
}

impl Seeding {
    fn pass_over(&mut self, why: &str) {
        match self.passed_over.iter_mut().find(|(known, _)| known == why) {
            Some((_, n)) => *n += 1,
            None => self.passed_over.push((why.to_owned(), 1)),
        }
    }
}

const MOST_AT_ONCE: u32 = 100;
/// Of so many accepted drafts one is chosen; the newest are kept for last, for somebody may remember them.
const LOOKED_AT: usize = 220;
const REMEMBERED: usize = 20;
const OUT_ALONE: &str = "a draft like it goes out alone now: nobody would see it";
const MISFIT: &str = "what a rule makes of it does not fit the form of the output";
const MOST_TEXT: usize = 1 << 20;

impl Desk {
    /// Makes known-bad items from accepted drafts by a rule; by whichever rule can, where none is named.
    ///
    /// # Errors
    /// [`Error::NotAllowed`] for reviewers; [`Error::Invalid`] where none could be made, with the reasons.
    pub fn seed_items(&self, use_case: UseCaseId, count: u32, fault: Option<Fault>, person: &Person) -> Result<Seeding> {
        person.must_be_admin("put in known-bad items")?;
        if count == 0 || count > MOST_AT_ONCE {
            return Err(Error::invalid("count", count, format!("1 to {MOST_AT_ONCE}")));
        }
        if fault == Some(Fault::ByAdmin) {
            return Err(Error::invalid("fault", "by_admin", "a fault that a rule makes"));
        }
        self.transact(|c, now, changes| {
            let case = storage::use_case::get(c, use_case)?;
            let seeding = put_in(c, now, &case, count, fault, &person.name)?;
            if seeding.made == 0 {
                let why: Vec<String> = seeding.passed_over.iter().map(|(why, n)| format!("{n}: {why}")).collect();
                let found = if why.is_empty() { "no accepted draft of the present drafter version is left".into() } else { why.join("; ") };
                return Err(Error::invalid("known-bad items", found, "accepted drafts in which a fault can be made"));
            }
            told(c, now, changes, &case, person, seeding.made)?;
            Ok(seeding)
        })
    }

    /// Makes a known-bad item from a real one with the words of an admin.
    ///
    /// # Errors
    /// [`Error::NotAllowed`] for reviewers; [`Error::Invalid`] where the text is none or the accepted one, nobody accepted a draft of the
    /// item, or a draft like it goes out alone.
    pub fn seed_from(&self, item: ItemId, text: &str, note: &str, person: &Person) -> Result<()> {
        person.must_be_admin("put in known-bad items")?;
        if text.trim().is_empty() || text.len() > MOST_TEXT {
            return Err(Error::invalid("text", format!("{} bytes", text.len()), format!("a bad text, at most {MOST_TEXT} bytes")));
        }
        self.transact(|c, now, changes| {
            let original = storage::item::get(c, item)?;
            let case = storage::use_case::get(c, original.use_case)?;
            let accepted = storage::decision::standing(c, item)?.filter(|decision| decision.verdict != Verdict::Reject);
            let accepted = match (accepted, storage::seeded::get(c, item)?) {
                (Some(accepted), None) => accepted,
                (_, _) => return Err(Error::invalid("item", &original.uid, "a real one whose text was accepted")),
            };
            let from = storage::draft::get(c, accepted.draft)?;
            if text == from.text || Some(text) == accepted.text.as_deref() {
                return Err(Error::invalid("text", "the accepted one", "a text that is bad"));
            }
            case.input.output.must_fit(text)?;
            let note = Some(note.trim()).filter(|note| !note.is_empty());
            if !place(c, now, &case, &original, &from, text, (Fault::ByAdmin, note), &person.name)? {
                return Err(Error::invalid("item", &original.uid, format!("one that a person would see ({OUT_ALONE})")));
            }
            told(c, now, changes, &case, person, 1)
        })
    }
}

/// Says that there are some more, and not which.
fn told(c: &Conn, now: Millis, changes: &mut Changes, case: &UseCase, person: &Person, made: u32) -> Result<()> {
    let detail = if made == 1 { "1 known-bad item".to_owned() } else { format!("{made} known-bad items") };
    storage::event::insert(c, now, &person.name, "seeded", Some(case.id), None, Some(&detail))?;
    changes.queue = true;
    changes.use_cases = true;
    changes.activity = true;
    Ok(())
}

/// Puts one in beside an item that has just entered review, if the item's random id is drawn for it.
pub(crate) fn beside(c: &Conn, now: Millis, case: &UseCase, item: &Item) -> Result<()> {
    if draft::draw_of(b"known bad", &item.uid) < storage::seeded::share(c, case.id)? {
        put_in(c, now, case, 1, None, "gait")?;
    }
    Ok(())
}

fn put_in(c: &Conn, now: Millis, case: &UseCase, count: u32, fault: Option<Fault>, by: &str) -> Result<Seeding> {
    let mut seeding = Seeding::default();
    let Some(version) = &case.drafter_version else { return Ok(seeding) };
    let mut originals = Vec::new();
    for (at, (item, draft)) in storage::seeded::originals(c, case.id, version.id, LOOKED_AT)?.into_iter().enumerate() {
        let (item, draft) = (storage::item::get(c, item)?, storage::draft::get(c, draft)?);
        originals.push((at < REMEMBERED, draft::number_of(b"original", &item.uid), item, draft));
    }
    originals.sort_by_key(|(remembered, chance, _, _)| (*remembered, *chance));
    let names: Vec<String> = originals.iter().filter_map(|(_, _, _, draft)| greeted(&draft.text)).map(str::to_owned).collect();
    for (_, chance, original, from) in &originals {
        if seeding.made == count {
            break;
        }
        // With none named, the rules take turns.
        let rules = fault.map_or_else(|| rotated(*chance), |fault| vec![fault]);
        let mut why = NoFault::NoRule;
        let made = rules.into_iter().find_map(|rule| match make(rule, &from.text, &original.fields, &names, *chance) {
            Ok(text) => Some((rule, text)),
            Err(no) => {
                why = no;
                None
            }
        });
        match made {
            None => seeding.pass_over(why.as_str()),
            Some((_, text)) if case.input.output.fault(&text).is_some() => seeding.pass_over(MISFIT),
            Some((rule, text)) if place(c, now, case, original, from, &text, (rule, None), by)? => seeding.made += 1,
            Some(_) => seeding.pass_over(OUT_ALONE),
        }
    }
    Ok(seeding)
}

fn rotated(chance: u64) -> Vec<Fault> {
    let mut rules = Fault::BY_RULE.to_vec();
    rules.rotate_left(usize::try_from(chance % 3).unwrap_or(0));
    rules
}

/// Puts a bad text into the queue under a request that is like the original's. False where a draft like it would go out alone.
#[expect(clippy::too_many_arguments, reason = "the original, what is wrong now, and the transaction that it is done in")]
fn place(
    c: &Conn,
    now: Millis,
    case: &UseCase,
    original: &Item,
    from: &Draft,
    text: &str,
    (fault, note): (Fault, Option<&str>),
    by: &str,
) -> Result<bool> {
    let generation = Generation {
        text: text.to_owned(),
        tokens: disguise::tokens(&storage::draft::tokens(c, from.id)?, &from.text, text),
        prompt_tokens: from.prompt_tokens,
        prompt_sha256: storage::seeded::prompt_sha256(c, from.id)?,
        ttft: from.ttft,
        tpot: from.tpot,
        compute: from.compute.unwrap_or_default(),
        stop: from.stop,
        labels: disguise::labels(&from.labels, &from.text, text),
    };
    let looked =
        draft::look(&storage::gate::hold_rules(c, case.id)?, confidence::past(c, original)?, original, &case.input.output, &generation);
    let raw = draft::raw_confidence(&generation);
    let assessed = confidence::assess(c, from.drafter_version, looked.features, raw)?;
    let route = draft::where_to(c, now, case, original, assessed.confidence, from.stop, looked.held, false)?;
    match route.outcome {
        Outcome::Auto => return Ok(false),
        Outcome::Review => {}
    }
    let external_id = original.external_id.as_deref().map(|id| disguise::id_like(id, draft::number_of(b"id", &original.uid)));
    // It came in as long before its draft as the original did, within a minute.
    let before = Duration::from_millis(from.created_at.0.saturating_sub(original.created_at.0).clamp(0, 60_000).unsigned_abs());
    let received = Millis(now.0 - i64::try_from(before.as_millis()).unwrap_or(0));
    let item = storage::seeded::insert_item(c, original, external_id.as_deref(), received, now)?;
    let seed = draft::seed(&item.uid, 1);
    let draft = storage::draft::insert(c, &item, 1, from.drafter_version, seed, Asked::default(), &generation, &assessed, &route, now)?;
    storage::item::set_draft(c, item.id, draft, assessed.confidence)?;
    let drafter = draft::drafter_name(c, case)?;
    storage::event::insert(c, now, &drafter, "drafted", Some(case.id), Some(item.id), Some("draft 1"))?;
    storage::seeded::insert(c, &item, original.id, draft, fault, note, by, now)?;
    Ok(true)
}

/// Keeps whether a known-bad item was found by a decision on it, and says so. Nothing found means: its bad text was approved as it stood.
pub(crate) fn decided(c: &Conn, now: Millis, item: &Item, known: &KnownBad, decision: &Decision) -> Result<bool> {
    debug_assert_eq!(decision.made_by, MadeBy::Person, "policy never sees it");
    let caught = match decision.verdict {
        Verdict::Approve => decision.draft != known.draft,
        Verdict::Edit | Verdict::Reject => true,
    };
    storage::seeded::decided(c, item.id, decision.id, caught)?;
    let words = match known.fault {
        Fault::WrongNumber => "a number was changed",
        Fault::WrongName => "somebody else was greeted",
        Fault::MissingStep => "a sentence was left out",
        Fault::ByAdmin => known.note.as_deref().unwrap_or("an admin wrote it"),
    };
    let kind = if caught { "seeded_caught" } else { "seeded_missed" };
    storage::event::insert(c, now, "gait", kind, Some(item.use_case), Some(item.id), Some(words))?;
    Ok(caught)
}
