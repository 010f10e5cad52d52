//! Piles in order: each one is a lane of an index, and several are merged as they are read.
//!
//! Invariant: of each lane little more is read than what is shown of it.

use super::{Bins, Conn, ItemId, Order, Pile, Result};
use rusqlite::{Row, params};
use std::cmp::{Ordering, Reverse};
use std::collections::{BinaryHeap, HashMap, VecDeque};

/// What an item is in order by, before its id.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Key {
    Whole(i64),
    Real(f64),
    Text(String),
}

impl Key {
    fn rank(&self) -> u8 {
        match self {
            Self::Whole(_) => 0,
            Self::Real(_) => 1,
            Self::Text(_) => 2,
        }
    }

    /// Of a list that has a time of its own, which stands in for arrival.
    pub(super) fn or_whole(self, order: Order, at: i64) -> Self {
        match order {
            Order::Priority | Order::Oldest => Self::Whole(at),
            Order::LeastConfident | Order::Random => self,
        }
    }
}

impl Eq for Key {}

impl Ord for Key {
    fn cmp(&self, other: &Self) -> Ordering {
        match (self, other) {
            (Self::Whole(a), Self::Whole(b)) => a.cmp(b),
            (Self::Real(a), Self::Real(b)) => a.total_cmp(b),
            (Self::Text(a), Self::Text(b)) => a.cmp(b),
            (Self::Whole(_) | Self::Real(_) | Self::Text(_), _) => self.rank().cmp(&other.rank()),
        }
    }
}

impl PartialOrd for Key {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// The key of an item by its priority, confidence (-1 is none) and chance.
pub(super) fn key(order: Order, priority: i64, sureness: f64, chance: String) -> Key {
    match order {
        Order::Priority => Key::Whole(-priority),
        Order::LeastConfident => Key::Real(sureness),
        Order::Oldest => Key::Whole(0),
        Order::Random => Key::Text(chance),
    }
}

/// The next rows of a pile (?1): those with a key (?2) like the last one's and a greater id (?3), and those behind that key; at most ?4.
pub(in crate::storage) fn next_rows(order: Order) -> [&'static str; 2] {
    match order {
        Order::Priority => [
            "SELECT id, -priority FROM item INDEXED BY item_piled_by_priority WHERE pile = ?1 AND priority = -?2 AND id > ?3 ORDER BY id LIMIT ?4",
            "SELECT id, -priority FROM item INDEXED BY item_piled_by_priority WHERE pile = ?1 AND priority < -?2 ORDER BY priority DESC, id LIMIT ?4",
        ],
        Order::LeastConfident => [
            "SELECT id, coalesce(confidence, -1.0) FROM item INDEXED BY item_piled_by_confidence
             WHERE pile = ?1 AND coalesce(confidence, -1.0) = ?2 AND id > ?3 ORDER BY id LIMIT ?4",
            "SELECT id, coalesce(confidence, -1.0) FROM item INDEXED BY item_piled_by_confidence
             WHERE pile = ?1 AND coalesce(confidence, -1.0) > ?2 ORDER BY coalesce(confidence, -1.0), id LIMIT ?4",
        ],
        Order::Oldest => [
            "SELECT id, 0 FROM item INDEXED BY item_piled WHERE pile = ?1 AND ?2 = 0 AND id > ?3 ORDER BY id LIMIT ?4",
            "SELECT id, 0 FROM item INDEXED BY item_piled WHERE pile = ?1 AND ?2 < 0 ORDER BY id LIMIT ?4",
        ],
        Order::Random => [
            "SELECT id, substr(uid, 20) FROM item INDEXED BY item_piled_by_chance
             WHERE pile = ?1 AND substr(uid, 20) = ?2 AND id > ?3 ORDER BY id LIMIT ?4",
            "SELECT id, substr(uid, 20) FROM item INDEXED BY item_piled_by_chance
             WHERE pile = ?1 AND substr(uid, 20) > ?2 ORDER BY substr(uid, 20), id LIMIT ?4",
        ],
    }
}

fn key_of(order: Order, r: &Row<'_>) -> rusqlite::Result<Key> {
    Ok(match order {
        Order::Priority | Order::Oldest => Key::Whole(r.get(1)?),
        Order::LeastConfident => Key::Real(r.get(1)?),
        Order::Random => Key::Text(r.get(1)?),
    })
}

/// One pile, read as far as it was needed.
struct Lane {
    pile: i64,
    read: VecDeque<(Key, i64)>,
    /// The last one that was read.
    behind: (Key, i64),
    /// How many are read at once; it grows, for most lanes give little.
    at_once: i64,
    ended: bool,
}

/// What the lanes of a walk are read by.
struct Reading {
    order: Order,
    next_rows: [String; 2],
}

impl Reading {
    /// Rows of other bins are passed over where they are read: a look at each by itself would take as long again.
    fn of(order: Order, within: Bins) -> Self {
        let condition = if within == Bins::ALL { String::new() } else { format!(" AND bin BETWEEN {} AND {}", within.from, within.to) };
        Self { order, next_rows: next_rows(order).map(|sql| sql.replace(" ORDER BY", &format!("{condition} ORDER BY"))) }
    }
}

impl Lane {
    fn take(&mut self, c: &Conn, reading: &Reading) -> Result<Option<(Key, i64)>> {
        if self.read.is_empty() && !self.ended {
            for sql in &reading.next_rows {
                let left = self.at_once - i64::try_from(self.read.len()).unwrap_or(i64::MAX);
                if left <= 0 {
                    break;
                }
                let (key, id) = &self.behind;
                let mut query = c.prepare_cached(sql)?;
                let mut rows = match key {
                    Key::Whole(n) => query.query(params![self.pile, n, id, left])?,
                    Key::Real(x) => query.query(params![self.pile, x, id, left])?,
                    Key::Text(text) => query.query(params![self.pile, text, id, left])?,
                };
                while let Some(r) = rows.next()? {
                    self.read.push_back((key_of(reading.order, r)?, r.get(0)?));
                }
            }
            self.ended = i64::try_from(self.read.len()).unwrap_or(i64::MAX) < self.at_once;
            self.at_once = (self.at_once * 4).min(512);
            if let Some(last) = self.read.back() {
                self.behind = last.clone();
            }
        }
        Ok(self.read.pop_front())
    }
}

/// Shows the items of piles in some bins in order, until the visitor has seen enough.
pub(super) fn merged(
    c: &Conn,
    order: Order,
    piles: impl Iterator<Item = i64>,
    bins: Bins,
    visit: &mut dyn FnMut(ItemId) -> Result<bool>,
) -> Result<()> {
    let start = match order {
        // Urgency goes from 100 to -100.
        Order::Priority => Key::Whole(-1_000),
        Order::LeastConfident => Key::Real(bins.least()),
        Order::Oldest => Key::Whole(0),
        Order::Random => Key::Text(String::new()),
    };
    // By confidence the bins are a stretch of each lane.
    let reading = Reading::of(order, if order == Order::LeastConfident { Bins::ALL } else { bins });
    let mut lanes: Vec<Lane> =
        piles.map(|pile| Lane { pile, read: VecDeque::new(), behind: (start.clone(), -1), at_once: 8, ended: false }).collect();
    let mut heads = BinaryHeap::new();
    for (at, lane) in lanes.iter_mut().enumerate() {
        heads.extend(lane.take(c, &reading)?.map(|head| Reverse((head, at))));
    }
    while let Some(Reverse(((key, id), at))) = heads.pop() {
        if let Key::Real(sureness) = key
            && !bins.hold(bin_of(sureness))
        {
            // A hair below the first bin, or the end of the last one.
            if bin_of(sureness) > bins.to {
                return Ok(());
            }
        } else if !visit(ItemId(id))? {
            return Ok(());
        }
        heads.extend(lanes[at].take(c, &reading)?.map(|head| Reverse((head, at))));
    }
    Ok(())
}

/// As the schema counts it.
fn bin_of(sureness: f64) -> i64 {
    if sureness < 0.0 { -1 } else { ((sureness * 20.0) as i64).min(19) }
}

pub(in crate::storage) const BINNED: &str = "SELECT id, coalesce(confidence, -1.0) FROM item INDEXED BY item_piled_by_confidence
     WHERE pile = ?1 AND coalesce(confidence, -1.0) BETWEEN ?2 AND ?3";
const BINNED_BY: &str = "SELECT id, coalesce(confidence, -1.0), priority, substr(uid, 20) FROM item INDEXED BY item_piled_by_confidence
     WHERE pile = ?1 AND coalesce(confidence, -1.0) BETWEEN ?2 AND ?3";

/// All items of piles in some bins, not sorted.
pub(super) fn binned(c: &Conn, order: Order, piles: &HashMap<i64, Pile>, bins: Bins) -> Result<Vec<(Key, ItemId)>> {
    // By arrival and confidence the index says it all.
    let whole = matches!(order, Order::Priority | Order::Random);
    let mut query = c.prepare_cached(if whole { BINNED_BY } else { BINNED })?;
    let mut found = Vec::new();
    for pile in piles.keys() {
        let mut rows = query.query(params![pile, bins.least(), bins.most()])?;
        while let Some(r) = rows.next()? {
            let sureness = r.get(1)?;
            if bins.hold(bin_of(sureness)) {
                let (priority, chance) = if whole { (r.get(2)?, r.get(3)?) } else { (0, String::new()) };
                found.push((key(order, priority, sureness, chance), ItemId(r.get(0)?)));
            }
        }
    }
    Ok(found)
}
