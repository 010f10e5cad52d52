//! What the queue is narrowed to, a page of it, and how a person has left the desk.

use super::review::{ItemState, QueueOrder, QueueTab, Verdict};
use super::use_case::{Audience, Level};
use flow::UseCaseId;
use flow::review::{self, search};
use serde::{Deserialize, Serialize};
use specta::Type;
use specta_typescript::Number;

/// A stretch of confidence in steps of 5 %: 0 is under 5 %, 19 is 95 % and more; both ends are among it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct ConfidenceBins {
    pub from: i64,
    pub to: i64,
}

/// Who has an item in hand.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(tag = "type", content = "name", rename_all = "snake_case")]
pub enum Holder {
    Nobody,
    Person(String),
}

impl From<Holder> for review::Holder {
    fn from(holder: Holder) -> Self {
        match holder {
            Holder::Nobody => Self::Nobody,
            Holder::Person(name) => Self::Person(name),
        }
    }
}

impl From<review::Holder> for Holder {
    fn from(holder: review::Holder) -> Self {
        match holder {
            review::Holder::Nobody => Self::Nobody,
            review::Holder::Person(name) => Self::Person(name),
        }
    }
}

/// How a person has set the desk in a use case: kept for them, and asked of the queue.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct DeskView {
    pub tab: QueueTab,
    pub order: QueueOrder,
    pub slice: Option<String>,
    /// Words to find in the request, in the newest draft or in what was decided; empty finds all.
    pub text: String,
    pub source: Option<String>,
    pub confidence: Option<ConfidenceBins>,
    pub holder: Option<Holder>,
    /// At which the newest draft was routed.
    pub level: Option<Level>,
}

fn filter(source: Option<String>, confidence: Option<ConfidenceBins>, holder: Option<Holder>, level: Option<Level>) -> review::Filter {
    review::Filter {
        source,
        confidence: confidence.map(|bins| review::Bins { from: bins.from, to: bins.to }),
        holder: holder.map(review::Holder::from),
        level: level.map(flow::use_case::Level::from),
    }
}

impl From<DeskView> for review::DeskView {
    fn from(v: DeskView) -> Self {
        Self {
            tab: v.tab.into(),
            order: v.order.into(),
            slice: v.slice,
            text: v.text,
            filter: filter(v.source, v.confidence, v.holder, v.level),
        }
    }
}

impl From<review::DeskView> for DeskView {
    fn from(v: review::DeskView) -> Self {
        Self {
            tab: v.tab.into(),
            order: v.order.into(),
            slice: v.slice,
            text: v.text,
            source: v.filter.source,
            confidence: v.filter.confidence.map(|bins| ConfidenceBins { from: bins.from, to: bins.to }),
            holder: v.filter.holder.map(Holder::from),
            level: v.filter.level.map(Level::from),
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct QueueQuery {
    pub use_case: i64,
    pub tab: QueueTab,
    pub order: QueueOrder,
    pub slice: Option<String>,
    /// Words to find in the request, in the newest draft or in what was decided; empty finds all. What is found comes newest first.
    pub text: String,
    pub source: Option<String>,
    pub confidence: Option<ConfidenceBins>,
    pub holder: Option<Holder>,
    /// At which the newest draft was routed.
    pub level: Option<Level>,
    pub offset: u32,
    /// At most 500 are given.
    pub limit: u32,
}

impl From<QueueQuery> for review::QueueQuery {
    fn from(q: QueueQuery) -> Self {
        Self {
            use_case: UseCaseId(q.use_case),
            tab: q.tab.into(),
            order: q.order.into(),
            slice: q.slice,
            text: q.text,
            filter: filter(q.source, q.confidence, q.holder, q.level),
            offset: q.offset,
            limit: q.limit,
        }
    }
}

#[derive(Debug, Clone, PartialEq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct QueuePage {
    /// What the query lets through.
    pub total: i64,
    /// False where a search has more finds than it looks at: the total is of the newest of them.
    pub whole: bool,
    /// In the tab, whatever it is narrowed to.
    pub of: i64,
    pub rows: Vec<QueueRow>,
    pub slices: Vec<String>,
    pub sources: Vec<String>,
    /// Who has items in hand now.
    pub holders: Vec<String>,
    pub day: QueueDay,
}

/// What this person has done since midnight.
#[derive(Debug, Clone, PartialEq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct QueueDay {
    pub decided: i64,
    pub approved: i64,
    pub edited: i64,
    pub rejected: i64,
    /// Time that the items were in view.
    #[specta(type = Number)]
    pub viewed_ms: f64,
    /// Decided per hour over the last 30 minutes, null when too few.
    #[specta(type = Option<Number>)]
    pub per_hour: Option<f64>,
    /// What all people have decided.
    pub everyone: i64,
}

impl From<review::QueuePage> for QueuePage {
    fn from(page: review::QueuePage) -> Self {
        let day = page.day;
        Self {
            total: page.total,
            whole: page.whole,
            of: page.of,
            rows: page.rows.into_iter().map(QueueRow::from).collect(),
            slices: page.slices,
            sources: page.sources,
            holders: page.holders,
            day: QueueDay {
                decided: day.decided(),
                approved: day.approved,
                edited: day.edited,
                rejected: day.rejected,
                viewed_ms: day.viewed.as_secs_f64() * 1e3,
                per_hour: day.per_hour,
                everyone: day.everyone,
            },
        }
    }
}

#[derive(Debug, Clone, PartialEq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct QueueRow {
    pub id: i64,
    pub uid: String,
    /// The first words of the request.
    pub preview: String,
    /// Where the words that are looked for stand.
    pub found: Option<Snippet>,
    pub slice: Option<String>,
    pub audience: Audience,
    pub state: ItemState,
    #[specta(type = Option<Number>)]
    pub confidence: Option<f64>,
    pub received_at: i64,
    pub held_by: Option<String>,
    /// Null while an audit is open: whoever audits does not know what was decided.
    pub verdict: Option<Verdict>,
    pub error: Option<String>,
    /// Of its open audit.
    pub due_at: Option<i64>,
}

impl From<review::QueueRow> for QueueRow {
    fn from(row: review::QueueRow) -> Self {
        Self {
            id: row.id.0,
            uid: row.uid,
            preview: row.preview,
            found: row.found.map(Snippet::from),
            slice: row.slice,
            audience: row.audience.into(),
            state: row.state.into(),
            confidence: row.confidence,
            received_at: row.created_at.0,
            held_by: row.held_by,
            verdict: row.verdict.map(Verdict::from),
            error: row.error,
            due_at: row.due_at.map(|at| at.0),
        }
    }
}

/// The text of an item in which words were found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "lowercase")]
pub enum FoundIn {
    Request,
    Draft,
    /// What was decided, where that is not the draft.
    Decided,
}

/// The line around what was looked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Type)]
pub struct Snippet {
    pub place: FoundIn,
    pub pieces: Vec<SnippetPiece>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Type)]
pub struct SnippetPiece {
    pub text: String,
    pub hit: bool,
}

impl From<search::Snippet> for Snippet {
    fn from(snippet: search::Snippet) -> Self {
        Self {
            place: match snippet.place {
                search::Place::Request => FoundIn::Request,
                search::Place::Draft => FoundIn::Draft,
                search::Place::Decided => FoundIn::Decided,
            },
            pieces: snippet.pieces.into_iter().map(|piece| SnippetPiece { text: piece.text, hit: piece.hit }).collect(),
        }
    }
}
