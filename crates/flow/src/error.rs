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
    /// Files that are not of one database and one time.
    #[error(
        "{path} cannot be used: {why}. Nothing was changed. Put the files back as they were, or restore a backup; `gait backup accept` goes on with what is there"
    )]
    MixedDatabase { path: PathBuf, why: String },
    #[error(
        "the database {path} is not where it was: what was acknowledged is in it; nothing new is kept until it is back, and then work goes on by itself"
    )]
    Gone { path: PathBuf },
    #[error(
        "the data folder {path} lies on a network drive ({kind}), where a database cannot be kept safely: nothing was changed; set GAIT_DATA to a folder of this machine"
    )]
    NetworkFolder { path: PathBuf, kind: String },
    #[error("the disk is full: what was acknowledged is kept, nothing new can be; free some space and go on")]
    DiskFull,
    #[error(
        "the disk gave an error ({0}): what was acknowledged is kept; nothing new is, until the database could be opened again and looked through"
    )]
    DiskFault(String),
    #[error("the data folder cannot be written to ({0}): what is there can be read; make the folder writable and start again")]
    ReadOnly(String),
    #[error("the database is damaged ({0}): work was stopped so that nothing more is lost; put back a backup")]
    Damaged(String),
    #[error("the database is busy in another program: try again in a moment, or close that program if it is an older Gait")]
    Busy,
    /// A mistake of ours.
    #[error("database: {0}")]
    Storage(String),
}

impl Error {
    /// The same words for others whose changes shared a commit with the one that met it.
    pub(crate) fn again(&self) -> Self {
        match self {
            Self::DiskFull => Self::DiskFull,
            Self::DiskFault(why) => Self::DiskFault(why.clone()),
            Self::ReadOnly(why) => Self::ReadOnly(why.clone()),
            Self::Damaged(why) => Self::Damaged(why.clone()),
            Self::Busy => Self::Busy,
            Self::Gone { path } => Self::Gone { path: path.clone() },
            Self::Storage(why) => Self::Storage(why.clone()),
            Self::NotFound { .. }
            | Self::Stale { .. }
            | Self::AlreadyDelivered { .. }
            | Self::NothingToUndo { .. }
            | Self::NothingToRedo { .. }
            | Self::NotAllowed { .. }
            | Self::Invalid { .. }
            | Self::Cancelled
            | Self::File { .. }
            | Self::UnreadableImport { .. }
            | Self::Model(_)
            | Self::NewerDatabase { .. }
            | Self::ForeignDatabase { .. }
            | Self::MixedDatabase { .. }
            | Self::NetworkFolder { .. } => Self::Storage(self.to_string()),
        }
    }

    /// Whether the files of the database are at fault, so that a backup can be put in their place. What may pass (a disk, another program) is not.
    pub fn calls_for_a_backup(&self) -> bool {
        matches!(self, Self::Damaged(_) | Self::MixedDatabase { .. } | Self::ForeignDatabase { .. })
    }

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
