//! The queue: which items a query lets through, in which order, and what is shown of them.
//!
//! Invariant: neither a page nor the next item nor a count reads more than a bounded part of the items, however many there are. What a
//! filter lets through is either few (then it is gathered and sorted) or many (then the walk in order soon meets enough of it).

mod lanes;

#[cfg(test)]
pub(super) use lanes::{BINNED, next_rows};

use super::item::{state, verdict};
use super::pile::{self, Pile};
use super::use_case::audience;
use super::{Conn, from_json, words};
use crate::clock::Millis;
use crate::error::Result;
use crate::id::{ItemId, UseCaseId};
use crate::item::{Field, preview};
use crate::review::search::{Place, Snippet, Words};
use crate::review::{Bins, Holder, Order, QueueQuery, QueueRow, Tab};
use lanes::{Key, key};
use rusqlite::{OptionalExtension, params};
use std::collections::HashMap;

/// Finds of a search that are looked at, newest first.
pub(crate) const MOST_FINDS: usize = 10_000;
/// So few items are searched by their own texts rather than by the index.
const FEW: i64 = 500;
/// Characters of a find that are shown.
const SNIPPET: usize = 160;

/// A page: how many there are, whether all of them were looked at, and the items.
pub(crate) struct Page {
    pub total: i64,
    pub whole: bool,
    pub rows: Vec<QueueRow>,
}

/// What a query lets through.
struct Sieve<'a> {
    query: &'a QueueQuery,
    person: &'a str,
    now: Millis,
    piles: HashMap<i64, Pile>,
    bins: Bins,
}

/// Where and by whom an item is held.
struct Facts {
    pile: Option<i64>,
    bin: i64,
    held: bool,
}

impl<'a> Sieve<'a> {
    fn new(c: &Conn, query: &'a QueueQuery, person: &'a str, now: Millis) -> Result<Self> {
        let piles = pile::of(c, query)?.into_iter().map(|pile| (pile.id, pile)).collect();
        Ok(Self { query, person, now, piles, bins: query.filter.confidence.unwrap_or(Bins::ALL) })
    }

    /// In the piles; what is held by somebody is among it.
    fn n(&self) -> i64 {
        self.piles.values().map(|pile| pile.n).sum()
    }

    fn holds(&self, pile: Option<i64>, bin: i64) -> bool {
        pile.is_some_and(|pile| self.piles.contains_key(&pile)) && self.bins.hold(bin)
    }

    fn lets_through(&self, c: &Conn, id: ItemId) -> Result<bool> {
        let mut query = c.prepare_cached("SELECT pile, bin, lease_owner IS NOT NULL AND lease_until >= ?2 FROM item WHERE id = ?1")?;
        let facts =
            query.query_row(params![id.0, self.now.0], |r| Ok(Facts { pile: r.get(0)?, bin: r.get(1)?, held: r.get(2)? })).optional()?;
        Ok(facts.is_some_and(|f| self.holds(f.pile, f.bin) && !(f.held && self.query.filter.holder == Some(Holder::Nobody))))
    }

    /// Items that are held now and in the piles, of one person or of anybody.
    fn held(&self, c: &Conn, by: Option<&str>) -> Result<Vec<(Key, ItemId)>> {
        let mut query = c.prepare_cached(HELD)?;
        let mut rows = query.query(params![by, self.now.0])?;
        let mut found = Vec::new();
        while let Some(r) = rows.next()? {
            if self.holds(r.get(1)?, r.get(2)?) {
                found.push((key(self.query.order, r.get(3)?, r.get(4)?, r.get(5)?), ItemId(r.get(0)?)));
            }
        }
        Ok(found)
    }

    /// How many are let through, where the piles can say it.
    fn total(&self, c: &Conn) -> Result<i64> {
        let held = if self.query.filter.holder == Some(Holder::Nobody) { self.held(c, None)?.len() } else { 0 };
        Ok(self.n() - i64::try_from(held).unwrap_or(i64::MAX))
    }
}

pub(super) const HELD: &str = "SELECT id, pile, bin, priority, coalesce(confidence, -1.0), substr(uid, 20) FROM item INDEXED BY item_held
  WHERE lease_owner IS NOT NULL AND (?1 IS NULL OR lease_owner = ?1) AND lease_until >= ?2 AND state IN ('in_review', 'escalated')";
pub(super) const NEWEST_DECIDED: &str = "SELECT item FROM decision WHERE undone_at IS NULL ORDER BY id DESC";

/// What was walked over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Walked {
    /// All that are let through, or until the visitor stopped.
    Whole,
    /// There may be more finds behind those that were looked at.
    Cut,
}

/// Whether the count comes from the piles; otherwise it is what the walk meets.
enum Way {
    Searched(Words),
    Audits,
    HeldBy(String),
    Decided,
    Binned,
    Piles,
}

fn way(query: &QueueQuery) -> Way {
    if let Some(words) = Words::of(&query.text) {
        return Way::Searched(words);
    }
    match (&query.filter.holder, query.tab, query.order, query.filter.confidence) {
        (_, Tab::Audits, _, _) => Way::Audits,
        (Some(Holder::Person(name)), _, _, _) => Way::HeldBy(name.clone()),
        // What is decided is shown newest first.
        (Some(Holder::Nobody) | None, Tab::Decided, Order::Priority, _) => Way::Decided,
        (Some(Holder::Nobody) | None, _, Order::Priority | Order::Oldest | Order::Random, Some(_)) => Way::Binned,
        (Some(Holder::Nobody) | None, _, _, _) => Way::Piles,
    }
}

/// Shows the items that are let through, in order, until the visitor has seen enough. `reach` is how many it will want, as far as is known.
fn walk(c: &Conn, sieve: &Sieve<'_>, way: &Way, reach: i64, visit: &mut dyn FnMut(ItemId) -> Result<bool>) -> Result<Walked> {
    let query = sieve.query;
    match way {
        Way::Searched(words) => return searched(c, sieve, words, visit),
        Way::Audits => in_order(audits(c, sieve)?, reach, c, sieve, visit)?,
        Way::HeldBy(name) => in_order(sieve.held(c, Some(name))?, reach, c, sieve, visit)?,
        Way::Decided if is_few(sieve.n(), reach, decided(c)?) => in_order(newest_decided(c, sieve)?, reach, c, sieve, visit)?,
        Way::Decided => {
            let mut statement = c.prepare_cached(NEWEST_DECIDED)?;
            let mut rows = statement.query([])?;
            while let Some(r) = rows.next()? {
                let id = ItemId(r.get(0)?);
                if sieve.lets_through(c, id)? && !visit(id)? {
                    break;
                }
            }
        }
        Way::Binned if is_few(sieve.n(), reach, pile::in_tab(c, query.use_case, query.tab)?) => {
            in_order(lanes::binned(c, query.order, &sieve.piles, sieve.bins)?, reach, c, sieve, visit)?;
        }
        Way::Binned | Way::Piles => {
            let plain = query.filter.holder.is_none();
            lanes::merged(c, query.order, sieve.piles.keys().copied(), sieve.bins, &mut |id| {
                if plain || sieve.lets_through(c, id)? { visit(id) } else { Ok(true) }
            })?;
        }
    }
    Ok(Walked::Whole)
}

/// Whether it is less work to gather all `n` than to walk over `of` in order until `reach` of them were met.
fn is_few(n: i64, reach: i64, of: i64) -> bool {
    i128::from(n) * i128::from(n) <= i128::from(reach.max(1)) * i128::from(of)
}

/// Sorts those first that are likely to be wanted, and the others only when the visitor goes on to them.
fn in_order(
    mut gathered: Vec<(Key, ItemId)>,
    reach: i64,
    c: &Conn,
    sieve: &Sieve<'_>,
    visit: &mut dyn FnMut(ItemId) -> Result<bool>,
) -> Result<()> {
    let free = sieve.query.filter.holder == Some(Holder::Nobody);
    let near = usize::try_from(reach).unwrap_or(0).min(gathered.len());
    if near < gathered.len() {
        gathered.select_nth_unstable(near);
    }
    let (near, far) = gathered.split_at_mut(near);
    for part in [near, far] {
        part.sort_unstable();
        for (_, id) in part.iter() {
            if (!free || sieve.lets_through(c, *id)?) && !visit(*id)? {
                return Ok(());
            }
        }
    }
    Ok(())
}

fn audits(c: &Conn, sieve: &Sieve<'_>) -> Result<Vec<(Key, ItemId)>> {
    let mine = match &sieve.query.filter.holder {
        Some(Holder::Person(name)) => Some(name.as_str()),
        Some(Holder::Nobody) | None => None,
    };
    let mut statement = c.prepare_cached(include_str!("queue/audits.sql"))?;
    let mut rows = statement.query([sieve.person])?;
    let mut found = Vec::new();
    while let Some(r) = rows.next()? {
        if !sieve.holds(r.get(2)?, r.get(3)?) {
            continue;
        }
        let id: i64 = r.get(0)?;
        if let Some(name) = mine {
            let mut held = c.prepare_cached("SELECT lease_owner = ?2 AND lease_until >= ?3 FROM item WHERE id = ?1")?;
            if held.query_row(params![id, name, sieve.now.0], |r| r.get::<_, Option<bool>>(0))? != Some(true) {
                continue;
            }
        }
        // The one that is due first is the most urgent, and the oldest.
        found.push((key(sieve.query.order, r.get(1)?, r.get(4)?, r.get(5)?).or_whole(sieve.query.order, r.get(1)?), ItemId(id)));
    }
    Ok(found)
}

fn decided(c: &Conn) -> Result<i64> {
    Ok(c.prepare_cached("SELECT coalesce(max(id), 0) FROM decision")?.query_row([], |r| r.get(0))?)
}

fn newest_decided(c: &Conn, sieve: &Sieve<'_>) -> Result<Vec<(Key, ItemId)>> {
    let mut standing = c.prepare_cached("SELECT id FROM decision WHERE item = ?1 AND undone_at IS NULL")?;
    let mut found = Vec::new();
    for (_, id) in lanes::binned(c, Order::Oldest, &sieve.piles, sieve.bins)? {
        let decision: Option<i64> = standing.query_row([id.0], |r| r.get(0)).optional()?;
        found.push((Key::Whole(-decision.unwrap_or(0)), id));
    }
    Ok(found)
}

/// Newest first. So few that a search of the index would look at more are searched by their texts.
fn searched(c: &Conn, sieve: &Sieve<'_>, words: &Words, visit: &mut dyn FnMut(ItemId) -> Result<bool>) -> Result<Walked> {
    let few = match (&sieve.query.filter.holder, sieve.query.tab) {
        (_, Tab::Audits) => Some(audits(c, sieve)?),
        (Some(Holder::Person(name)), _) => Some(sieve.held(c, Some(name))?),
        (Some(Holder::Nobody) | None, _) if sieve.n() <= FEW => Some(lanes::binned(c, Order::Oldest, &sieve.piles, sieve.bins)?),
        (Some(Holder::Nobody) | None, _) => None,
    };
    if let Some(few) = few {
        let mut ids: Vec<ItemId> = few.into_iter().map(|(_, id)| id).collect();
        ids.sort_by_key(|id| std::cmp::Reverse(id.0));
        for id in ids {
            if sieve.lets_through(c, id)? && texts(c, id)?.iter().any(|(_, text)| words.all_in(text)) && !visit(id)? {
                break;
            }
        }
        return Ok(Walked::Whole);
    }
    let (mut seen, mut walked) = (0, Walked::Whole);
    let mut blind = c.prepare_cached("SELECT EXISTS (SELECT 1 FROM audit WHERE item = ?1 AND state = 'open' AND due_at IS NOT NULL)")?;
    words::newest(c, words, |id, only_decided| {
        seen += 1;
        if seen > MOST_FINDS {
            walked = Walked::Cut;
            return Ok(false);
        }
        // Whoever judges a second time does not learn by a search what was decided.
        let told = !only_decided || !blind.query_row([id.0], |r| r.get::<_, bool>(0))?;
        Ok(!(told && sieve.lets_through(c, id)?) || visit(id)?)
    })?;
    Ok(walked)
}

/// The texts of an item that a search looks through.
fn texts(c: &Conn, id: ItemId) -> Result<Vec<(Place, String)>> {
    let mut query = c.prepare_cached(include_str!("queue/texts.sql"))?;
    let mut rows = query.query([id.0])?;
    let Some(r) = rows.next()? else { return Ok(Vec::new()) };
    let mut request: String = r.get::<_, Option<String>>(0)?.unwrap_or_default();
    for field in from_json::<Vec<Field>>("item.fields", &r.get::<_, String>(1)?)? {
        request.push('\n');
        request.push_str(&field.value);
    }
    let mut all = vec![(Place::Request, request)];
    all.extend(r.get::<_, Option<String>>(2)?.map(|text| (Place::Draft, text)));
    all.extend(r.get::<_, Option<String>>(3)?.map(|text| (Place::Decided, text)));
    Ok(all)
}

pub(crate) fn page(c: &Conn, query: &QueueQuery, person: &str, now: Millis) -> Result<Page> {
    let sieve = Sieve::new(c, query, person, now)?;
    let way = way(query);
    let (from, most) = (i64::from(query.offset), i64::from(query.limit.min(500)));
    let counted = match &way {
        Way::Searched(_) | Way::Audits | Way::HeldBy(_) => None,
        Way::Decided | Way::Binned | Way::Piles => Some(sieve.total(c)?),
    };
    let (mut met, mut ids) = (0, Vec::new());
    let walked = walk(c, &sieve, &way, from + most, &mut |id| {
        if met >= from && met < from + most {
            ids.push(id);
        }
        met += 1;
        Ok(counted.is_none() || met < from + most)
    })?;
    let words = Words::of(&query.text);
    let rows = ids.into_iter().map(|id| row(c, id, person, now, words.as_ref())).collect::<Result<_>>()?;
    Ok(Page { total: counted.unwrap_or(met), whole: walked == Walked::Whole, rows })
}

fn row(c: &Conn, id: ItemId, person: &str, now: Millis, words: Option<&Words>) -> Result<QueueRow> {
    let mut query = c.prepare_cached(include_str!("queue/row.sql"))?;
    let mut rows = query.query(params![id.0, person, now.0])?;
    let r = rows.next()?.ok_or_else(|| crate::error::Error::NotFound { what: "item", id: id.to_string() })?;
    let state = state(&r.get::<_, String>(5)?)?;
    let judged = r.get::<_, Option<String>>(12)?.map(|kind| super::audit::kind(&kind)).transpose()?;
    let fields: Vec<Field> = from_json("item.fields", &r.get::<_, String>(2)?)?;
    let found = match words {
        Some(words) => {
            texts(c, id)?.into_iter().find_map(|(place, text)| words.around(&text, SNIPPET).map(|pieces| Snippet { place, pieces }))
        }
        None => None,
    };
    Ok(QueueRow {
        id: ItemId(r.get(0)?),
        uid: r.get(1)?,
        preview: preview(&fields),
        found,
        slice: r.get(3)?,
        audience: audience(&r.get::<_, String>(4)?)?,
        state: judged.map_or(state, |kind| kind.shown(state)),
        confidence: r.get(6)?,
        created_at: Millis(r.get(7)?),
        held_by: r.get(8)?,
        verdict: r.get::<_, Option<String>>(9)?.map(|v| verdict(&v)).transpose()?,
        error: r.get(10)?,
        due_at: r.get::<_, Option<i64>>(11)?.map(Millis),
    })
}

/// The next item that this person can decide, by the query's order and filters. Their own claims come as well: those
/// held in this window are in `exclude`.
pub(crate) fn next(c: &Conn, query: &QueueQuery, exclude: &[ItemId], person: &str, now: Millis) -> Result<Option<ItemId>> {
    let tab = match query.tab {
        Tab::Escalated => Tab::Escalated,
        Tab::Audits => Tab::Audits,
        Tab::Waiting | Tab::Drafting | Tab::Decided | Tab::Failed | Tab::All => Tab::Waiting,
    };
    let query = &QueueQuery { tab, ..query.clone() };
    let sieve = Sieve::new(c, query, person, now)?;
    let mut free = c.prepare_cached(include_str!("queue/free.sql"))?;
    let mut found = None;
    let reach = i64::try_from(exclude.len()).unwrap_or(0) + 10;
    walk(c, &sieve, &way(query), reach, &mut |id| {
        if !exclude.contains(&id) && free.query_row(params![id.0, person, now.0], |r| r.get(0))? {
            found = Some(id);
        }
        Ok(found.is_none())
    })?;
    Ok(found)
}

/// Who holds items of a use case now.
pub(crate) fn holders(c: &Conn, use_case: UseCaseId, now: Millis) -> Result<Vec<String>> {
    let mut query = c.prepare_cached(
        "SELECT DISTINCT lease_owner FROM item INDEXED BY item_held
         WHERE lease_owner IS NOT NULL AND lease_until >= ?2 AND state IN ('in_review', 'escalated') AND use_case = ?1 ORDER BY 1",
    )?;
    Ok(query.query_map(params![use_case.0, now.0], |r| r.get(0))?.collect::<rusqlite::Result<_>>()?)
}
