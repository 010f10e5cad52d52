//! Why a command came to nothing, as the window gets it.

use serde::Serialize;
use specta::Type;

/// A sentence for the person, and a code for the window to act on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Type)]
pub struct CommandError {
    pub code: ErrorCode,
    pub message: String,
}

/// A code exists only where the window acts on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "snake_case")]
pub enum ErrorCode {
    Stale,
    AlreadyDelivered,
    NothingToUndo,
    NothingToRedo,
    NotAllowed,
    Invalid,
    NotFound,
    Cancelled,
    Model,
    File,
    Storage,
    /// A download that came to nothing.
    Hub,
    Internal,
}

impl CommandError {
    pub fn invalid(message: impl Into<String>) -> Self {
        Self { code: ErrorCode::Invalid, message: message.into() }
    }

    /// A mistake of ours.
    pub fn internal(message: impl Into<String>) -> Self {
        Self { code: ErrorCode::Internal, message: message.into() }
    }
}

impl From<flow::Error> for CommandError {
    fn from(e: flow::Error) -> Self {
        Self { code: ErrorCode::of(&e), message: sentence(&e.to_string()) }
    }
}

impl From<flow::model::ModelError> for CommandError {
    fn from(e: flow::model::ModelError) -> Self {
        flow::Error::from(e).into()
    }
}

/// flow's words begin small, to be put after a colon; in the window they stand alone.
pub(crate) fn sentence(words: &str) -> String {
    let mut chars = words.chars();
    match chars.next() {
        Some(first) => first.to_uppercase().chain(chars).collect(),
        None => String::new(),
    }
}

impl ErrorCode {
    fn of(e: &flow::Error) -> Self {
        use flow::Error as E;
        use flow::model::ModelError as M;
        match e {
            E::NotFound { .. } => Self::NotFound,
            E::Stale { .. } => Self::Stale,
            E::AlreadyDelivered { .. } => Self::AlreadyDelivered,
            E::NothingToUndo { .. } => Self::NothingToUndo,
            E::NothingToRedo { .. } => Self::NothingToRedo,
            E::NotAllowed { .. } => Self::NotAllowed,
            E::Invalid { .. } => Self::Invalid,
            E::Cancelled | E::Model(M::Cancelled) => Self::Cancelled,
            E::File { .. } | E::UnreadableImport { .. } => Self::File,
            E::Model(
                M::Missing { .. }
                | M::Unusable { .. }
                | M::Changed { .. }
                | M::PromptTooLong { .. }
                | M::Template(_)
                | M::Constraint(_)
                | M::Engine(_)
                | M::Crashed(_),
            ) => Self::Model,
            E::NewerDatabase { .. }
            | E::ForeignDatabase { .. }
            | E::MixedDatabase { .. }
            | E::NetworkFolder { .. }
            | E::Gone { .. }
            | E::DiskFull
            | E::DiskFault(_)
            | E::ReadOnly(_)
            | E::Damaged(_)
            | E::Busy => Self::Storage,
            E::Storage(_) => Self::Internal,
        }
    }
}
