//! Why there is no file, in sentences that say what was kept and what to do.

use std::path::PathBuf;

pub type Result<T, E = Error> = std::result::Result<T, E>;

#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("downloading is switched off: nothing was asked of any host; an admin can allow it in the settings")]
    Off,
    #[error("the hub's address: https:// and a host (found {found:?})")]
    Address { found: String },
    #[error("name: owner/repository/file.gguf (found {found:?})")]
    Name { found: String },
    #[error("revision: a branch, a tag or a commit (found {found:?})")]
    Revision { found: String },
    #[error("SHA-256: 64 hexadecimal digits (found {found:?})")]
    Sha256 { found: String },
    #[error("the hub has no {what}: look at its spelling on the hub's page")]
    NotThere { what: String },
    #[error("the hub gives this file only to people who are signed in: download it in a browser and add it as a file")]
    Login,
    #[error("the hub asks to be left alone for a while (too many requests): what was received is kept; try again later")]
    TooMany,
    #[error("the hub cannot answer (status {0}): what was received is kept; try again later")]
    Trouble(u16),
    #[error("the hub sent the download from place to place more than {0} times: nothing was added")]
    Redirects(usize),
    #[error("the hub sent the download to {0}, which is not a safe place to load from: nothing was added")]
    Unsafe(String),
    #[error("the hub's answer makes no sense ({0}): nothing was added")]
    Strange(String),
    #[error("the hub names no SHA-256 for this file: type the one that its publisher gives, so that the file can be checked")]
    NoHash,
    #[error("the hub names the SHA-256 {hub}, you named {typed}: nothing was downloaded")]
    HashesDiffer { hub: String, typed: String },
    #[error(
        "what was received is not the file that was named (SHA-256 {found}, expected {expected}): it was thrown away; try again, and if it stays so, do not use it"
    )]
    WrongContent { expected: String, found: String },
    #[error("there is too little room for {needs} more bytes: {has} are free in {folder}; make room and go on")]
    NoRoom { needs: u64, has: u64, folder: PathBuf },
    #[error("the connection to the hub failed ({reason}); {kept} bytes are kept and the next attempt goes on from there")]
    Connection { reason: String, kept: u64 },
    #[error("the connection is not to be trusted ({0}): nothing was sent or received")]
    Untrusted(String),
    #[error("this file is being downloaded by another window or command")]
    Taken,
    #[error("{path} is there already: add it as a file, or remove it and download again")]
    Exists { path: PathBuf },
    #[error("{path} could not be {action}: {source}")]
    File { path: PathBuf, action: &'static str, source: std::io::Error },
    #[error("cancelled; what was received is kept")]
    Cancelled,
}

impl Error {
    pub(crate) fn file(path: &std::path::Path, action: &'static str) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::File { path, action, source }
    }
}
