//! What people are told though they did not ask.

use flow::notice;
use serde::Serialize;
use specta::Type;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "snake_case")]
pub enum NoticeKind {
    Fell,
    Brake,
    AuditsOverdue,
    SinkFailing,
    ModelChanged,
    Correction,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct Notice {
    pub id: i64,
    pub at: i64,
    pub use_case: i64,
    pub use_case_name: String,
    pub kind: NoticeKind,
    pub words: String,
    /// The fall that it tells of.
    #[serde(rename = "move")]
    pub level_move: Option<i64>,
    pub seen: bool,
}

impl From<notice::Notice> for Notice {
    fn from(notice: notice::Notice) -> Self {
        Self {
            id: notice.id.0,
            at: notice.at.0,
            use_case: notice.use_case.0,
            use_case_name: notice.use_case_name,
            kind: match notice.kind {
                notice::Kind::Fell => NoticeKind::Fell,
                notice::Kind::Brake => NoticeKind::Brake,
                notice::Kind::AuditsOverdue => NoticeKind::AuditsOverdue,
                notice::Kind::SinkFailing => NoticeKind::SinkFailing,
                notice::Kind::ModelChanged => NoticeKind::ModelChanged,
                notice::Kind::Correction => NoticeKind::Correction,
            },
            words: notice.words,
            level_move: notice.level_move.map(|id| id.0),
            seen: notice.seen,
        }
    }
}
