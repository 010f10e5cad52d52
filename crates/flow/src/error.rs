//! What can go wrong, in sentences for people. A failed draft is data on the item, not an error here.

use crate::model::ModelError;
use std::path::PathBuf;

pub type Result<T, E = Error> = std::result::Result<T, E>;

#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("there is no {what} {id}")]
    NotFound { what: &'static str, id: String },
    /// The item changed meanwhile, or the claim on it was lost.
    #[error("{what} has changed meanwhile: {now}")]
    Stale { what: String, now: String },
    #[error("the text of item {item} is already out; a correction is a new decision")]
    AlreadyDelivered { item: String },
    /// `why` where there is something, and it stands.
    #[error("there is nothing of {person} that can be taken back{why}")]
    NothingToUndo { person: String, why: &'static str },
    #[error("there is nothing of {person} that was taken back and can be done again")]
    NothingToRedo { person: String },
    #[error("{person} may not {what}: it takes an admin")]
    NotAllowed { person: String, what: &'static str },
    #[error("{field}: {expected} (found {found})")]
    Invalid { field: String, found: String, expected: String },
    #[error("cancelled")]
    Cancelled,
    #[error("{path} could not be {action}: {cause}", cause = io_sentence(.source))]
    File { path: PathBuf, action: &'static str, source: std::io::Error },
    #[error("{path} is not a file that can be read as requests: {reason}")]
    UnreadableImport { path: PathBuf, reason: String },
    #[error(transparent)]
    Model(#[from] ModelError),
    #[error(
        "the database {path} was written by a newer Gait (version {found}; this one knows {known}): nothing was changed; open it with that version"
    )]
    NewerDatabase { path: PathBuf, found: i64, known: i64 },
    #[error("{path} is not a Gait database: nothing was changed; choose another data folder or move the file away")]
    ForeignDatabase { path: PathBuf },
    #[error("the disk is full: what was acknowledged is kept, nothing new can be; free some space and go on")]
    DiskFull,
    #[error("the data folder cannot be written to ({0}): what is there can be read; make the folder writable and start again")]
    ReadOnly(String),
    #[error("the database is damaged ({0}): work was stopped so that nothing more is lost; put back a backup")]
    Damaged(String),
    #[error("the database is busy in another program: try again in a moment")]
    Busy,
    /// A mistake of ours.
    #[error("database: {0}")]
    Storage(String),
}

impl Error {
    pub fn invalid(field: impl Into<String>, found: impl std::fmt::Display, expected: impl Into<String>) -> Self {
        Self::Invalid { field: field.into(), found: found.to_string(), expected: expected.into() }
    }

    pub fn file(path: impl Into<PathBuf>, action: &'static str) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.into();
        move |source| Self::File { path, action, source }
    }
}

#[expect(clippy::wildcard_enum_match_arm, reason = "the kinds are the standard library's, and more may come")]
fn io_sentence(error: &std::io::Error) -> String {
    use std::io::ErrorKind;
    match error.kind() {
        ErrorKind::NotFound => "it is not there".into(),
        ErrorKind::PermissionDenied => "permission was refused".into(),
        ErrorKind::StorageFull => "the disk is full".into(),
        ErrorKind::ReadOnlyFilesystem => "the disk is read-only".into(),
        ErrorKind::IsADirectory => "it is a folder".into(),
        ErrorKind::NotADirectory => "a part of its path is not a folder".into(),
        _ => error.to_string(),
    }
}
