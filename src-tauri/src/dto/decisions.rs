//! What was taken back and done again, many items at once, and two drafts side by side.

use super::review::{Found, ItemView, QueueOrder, Verdict, ms};
use super::use_case::Level;
use flow::{DraftId, ItemId, UseCaseId, review};
use serde::{Deserialize, Serialize};
use specta::Type;
use specta_typescript::Number;

/// What a person did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "snake_case")]
pub enum ActKind {
    Decide,
    Bulk,
    Skip,
    Escalate,
    Compare,
    Audit,
    Correct,
}

impl From<review::ActKind> for ActKind {
    fn from(kind: review::ActKind) -> Self {
        match kind {
            review::ActKind::Decide => Self::Decide,
            review::ActKind::Bulk => Self::Bulk,
            review::ActKind::Skip => Self::Skip,
            review::ActKind::Escalate => Self::Escalate,
            review::ActKind::Compare => Self::Compare,
            review::ActKind::Audit => Self::Audit,
            review::ActKind::Correct => Self::Correct,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "lowercase")]
pub enum MayUndo {
    Yes,
    /// Its text has left.
    Out,
    /// It is of a kind that stands.
    Stands,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Type)]
pub struct ActRow {
    pub id: i64,
    pub kind: ActKind,
    /// Of decisions.
    pub verdict: Option<Verdict>,
    pub items: u32,
    /// The first of them, and its first words.
    pub item: i64,
    pub preview: String,
    pub at: i64,
    /// Until when it can be taken back, where that ends.
    pub until: Option<i64>,
    pub may: MayUndo,
}

/// What this person did last.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Type)]
pub struct Acts {
    /// Newest first.
    pub rows: Vec<ActRow>,
    /// How many were taken back and can be done again.
    pub undone: u32,
}

impl From<review::Acts> for Acts {
    fn from(acts: review::Acts) -> Self {
        let row = |row: review::ActRow| ActRow {
            id: row.id.0,
            kind: row.kind.into(),
            verdict: row.verdict.map(Verdict::from),
            items: row.items,
            item: row.item.0,
            preview: row.preview,
            at: row.at.0,
            until: row.until.map(|at| at.0),
            may: match row.may {
                review::MayUndo::Yes => MayUndo::Yes,
                review::MayUndo::Out => MayUndo::Out,
                review::MayUndo::Stands => MayUndo::Stands,
            },
        };
        Self { rows: acts.rows.into_iter().map(row).collect(), undone: acts.undone }
    }
}

#[derive(Debug, Clone, PartialEq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct Undone {
    pub kind: ActKind,
    pub verdict: Option<Verdict>,
    pub items: u32,
    /// How many of a bulk stay: their texts are out.
    pub out: u32,
    /// The first of the items, claimed again.
    pub view: ItemView,
    /// How long it had been in view before, milliseconds, and how it was come upon.
    #[specta(type = Number)]
    pub viewed_ms: f64,
    pub found: Option<Found>,
}

impl From<review::Undone> for Undone {
    fn from(undone: review::Undone) -> Self {
        Self {
            kind: undone.kind.into(),
            verdict: undone.verdict.map(Verdict::from),
            items: u32::try_from(undone.items.len()).unwrap_or(u32::MAX),
            out: undone.out,
            view: undone.view.into(),
            viewed_ms: ms(undone.viewed),
            found: undone.found.map(Found::from),
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct Redone {
    pub kind: ActKind,
    pub verdict: Option<Verdict>,
    pub items: Vec<i64>,
    /// How many of a bulk were left out: they changed meanwhile.
    pub left_out: u32,
    pub level_fell: Option<Level>,
}

impl From<review::Redone> for Redone {
    fn from(redone: review::Redone) -> Self {
        Self {
            kind: redone.kind.into(),
            verdict: redone.verdict.map(Verdict::from),
            items: redone.items.into_iter().map(|item| item.0).collect(),
            left_out: redone.left_out,
            level_fell: redone.level_fell.map(Level::from),
        }
    }
}

/// Why an item is not decided with the others.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "snake_case")]
pub enum WhyLeftOut {
    Held,
    SecondLook,
    Escalated,
    Decided,
    NotReady,
    Typed,
    Blank,
    Unfit,
    Changed,
    Elsewhere,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Type)]
pub struct BulkLeftOut {
    pub why: WhyLeftOut,
    /// Who holds it.
    pub who: Option<String>,
}

impl From<review::LeftOut> for BulkLeftOut {
    fn from(left_out: review::LeftOut) -> Self {
        let (why, who) = match left_out {
            review::LeftOut::HeldBy(who) => (WhyLeftOut::Held, Some(who)),
            review::LeftOut::SecondLook => (WhyLeftOut::SecondLook, None),
            review::LeftOut::Escalated => (WhyLeftOut::Escalated, None),
            review::LeftOut::Decided => (WhyLeftOut::Decided, None),
            review::LeftOut::NotReady => (WhyLeftOut::NotReady, None),
            review::LeftOut::Typed => (WhyLeftOut::Typed, None),
            review::LeftOut::Blank => (WhyLeftOut::Blank, None),
            review::LeftOut::Unfit => (WhyLeftOut::Unfit, None),
            review::LeftOut::Changed => (WhyLeftOut::Changed, None),
            review::LeftOut::Elsewhere => (WhyLeftOut::Elsewhere, None),
        };
        Self { why, who }
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct BulkRow {
    pub item: i64,
    pub uid: String,
    /// The first words of the request.
    pub preview: String,
    /// The draft that is decided on, and its first words.
    pub draft: Option<i64>,
    pub words: String,
    /// Null: it would be decided.
    pub left_out: Option<BulkLeftOut>,
}

/// What a decision on many items would do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct BulkLook {
    pub rows: Vec<BulkRow>,
    /// For how many seconds it could be taken back.
    pub hold_seconds: u32,
}

impl From<review::BulkLook> for BulkLook {
    fn from(look: review::BulkLook) -> Self {
        let row = |row: review::BulkRow| BulkRow {
            item: row.item.0,
            uid: row.uid,
            preview: row.preview,
            draft: row.draft.map(|draft| draft.0),
            words: row.words,
            left_out: row.left_out.map(BulkLeftOut::from),
        };
        let hold_seconds = u32::try_from(look.hold.as_secs()).unwrap_or(u32::MAX);
        Self { rows: look.rows.into_iter().map(row).collect(), hold_seconds }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Type)]
pub struct BulkItem {
    pub item: i64,
    /// The draft that the person was shown.
    pub draft: i64,
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct BulkInput {
    pub use_case: i64,
    /// Approve or reject.
    pub verdict: Verdict,
    /// At most 1,000.
    pub items: Vec<BulkItem>,
    pub reasons: Vec<String>,
    pub note: Option<String>,
    /// Of the list that they were chosen from.
    pub order: QueueOrder,
    pub filtered: bool,
}

impl From<BulkInput> for review::BulkInput {
    fn from(input: BulkInput) -> Self {
        Self {
            use_case: UseCaseId(input.use_case),
            verdict: input.verdict.into(),
            items: input.items.into_iter().map(|picked| (ItemId(picked.item), DraftId(picked.draft))).collect(),
            reasons: input.reasons,
            note: input.note,
            order: input.order.into(),
            filtered: input.filtered,
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct Bulked {
    pub decided: u32,
    /// Items that changed meanwhile and stay as they are.
    pub left_out: Vec<i64>,
    /// Known-bad items among them, and how many of these were found.
    pub seeded: u32,
    pub caught: u32,
    pub level_fell: Option<Level>,
}

impl From<review::Bulked> for Bulked {
    fn from(came: review::Bulked) -> Self {
        Self {
            decided: came.decided,
            left_out: came.left_out.into_iter().map(|(item, _)| item.0).collect(),
            seeded: came.seeded,
            caught: came.caught,
            level_fell: came.level_fell.map(Level::from),
        }
    }
}

/// Two drafts in the order in which they are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct Pair {
    pub first: i64,
    pub second: i64,
}

impl From<review::Pair> for Pair {
    fn from(pair: review::Pair) -> Self {
        Self { first: pair.first.0, second: pair.second.0 }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Type)]
#[serde(rename_all = "lowercase")]
pub enum Choice {
    First,
    Second,
    Tie,
}

impl From<Choice> for review::Choice {
    fn from(choice: Choice) -> Self {
        match choice {
            Choice::First => Self::First,
            Choice::Second => Self::Second,
            Choice::Tie => Self::Tie,
        }
    }
}
