//! What can go wrong while a dataset is written, in sentences.
//!
//! Invariant: after any of these the folder that was to be made is absent, and whatever stood in its place stands as it was.

use std::path::{Path, PathBuf};

pub type Result<T, E = Error> = std::result::Result<T, E>;

#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("{path} could not be written: {cause}. Nothing was kept of this dataset; what stood there before is as it was.", path = path.display())]
    Io { path: PathBuf, cause: std::io::Error },
    #[error("{} is there already. A dataset never takes the place of another; choose another name.", .0.display())]
    Exists(PathBuf),
    #[error("The dataset was cancelled. Nothing was kept of it.")]
    Cancelled,
    /// What the source says.
    #[error("The rows could not be read: {0}")]
    Source(Box<dyn std::error::Error + Send + Sync>),
    #[error("This recipe cannot be followed: {0}")]
    Recipe(String),
    #[error("{path} cannot be read as part of a dataset: {why}", path = path.display())]
    Malformed { path: PathBuf, why: String },
}

impl Error {
    /// For `map_err`, with the path that the failure was about.
    pub(crate) fn io(path: &Path) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.to_owned();
        move |cause| Self::Io { path, cause }
    }
}
