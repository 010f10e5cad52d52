//! The queue by a look at every item.

use super::Office;
use flow::review::{Holder, Order, QueueQuery, Tab};

struct Looked {
    id: i64,
    state: String,
    slice: Option<String>,
    source: String,
    confidence: Option<f64>,
    priority: i64,
    uid: String,
    held: Option<String>,
    level: Option<String>,
    decision: Option<i64>,
}

fn in_tab(tab: Tab, state: &str) -> bool {
    match tab {
        Tab::Waiting => state == "in_review",
        Tab::Drafting => ["received", "drafting", "drafted"].contains(&state),
        Tab::Decided => ["approved", "delivered", "rejected"].contains(&state),
        Tab::Escalated => state == "escalated",
        Tab::Failed => state == "failed",
        Tab::Audits | Tab::All => true,
    }
}

pub fn ids(o: &Office, query: &QueueQuery) -> Vec<i64> {
    let c = rusqlite::Connection::open(o.folder.path().join("gait.db")).unwrap();
    let now = o.desk.now().0;
    let mut items = c
        .prepare(
            "SELECT i.id, i.state, i.slice, i.source, i.confidence, i.priority, i.uid,
               iif(i.lease_until >= ?1 AND i.state IN ('in_review', 'escalated'), i.lease_owner, NULL), d.route_level, x.id
             FROM item i LEFT JOIN draft d ON d.id = i.draft LEFT JOIN decision x ON x.item = i.id AND x.undone_at IS NULL",
        )
        .unwrap();
    let mut found: Vec<Looked> = items
        .query_map([now], |r| {
            Ok(Looked {
                id: r.get(0)?,
                state: r.get(1)?,
                slice: r.get(2)?,
                source: r.get(3)?,
                confidence: r.get(4)?,
                priority: r.get(5)?,
                uid: r.get(6)?,
                held: r.get(7)?,
                level: r.get(8)?,
                decision: r.get(9)?,
            })
        })
        .unwrap()
        .collect::<Result<_, _>>()
        .unwrap();
    let bin = |confidence: Option<f64>| confidence.map_or(-1, |p| ((p * 20.0).floor() as i64).min(19));
    found.retain(|i| {
        in_tab(query.tab, &i.state)
            && query.slice.as_ref().is_none_or(|slice| i.slice.as_ref() == Some(slice))
            && query.filter.source.as_ref().is_none_or(|source| i.source == *source)
            && query.filter.confidence.is_none_or(|bins| (bins.from..=bins.to).contains(&bin(i.confidence)))
            && query.filter.level.is_none_or(|level| i.level.as_deref() == Some(level.as_str()))
            && match &query.filter.holder {
                None => true,
                Some(Holder::Nobody) => i.held.is_none(),
                Some(Holder::Person(name)) => i.held.as_ref() == Some(name),
            }
    });
    // What somebody holds is little: it is in order by what it is, whatever the tab.
    let newest_first = query.tab == Tab::Decided && !matches!(query.filter.holder, Some(Holder::Person(_)));
    match query.order {
        Order::Priority if newest_first => found.sort_by_key(|i| std::cmp::Reverse(i.decision)),
        Order::Priority => found.sort_by_key(|i| (-i.priority, i.id)),
        Order::LeastConfident => {
            found.sort_by(|a, b| a.confidence.unwrap_or(-1.0).total_cmp(&b.confidence.unwrap_or(-1.0)).then(a.id.cmp(&b.id)));
        }
        Order::Oldest => found.sort_by_key(|i| i.id),
        Order::Random => found.sort_by_key(|i| (i.uid[19..].to_owned(), i.id)),
    }
    found.into_iter().map(|i| i.id).collect()
}
