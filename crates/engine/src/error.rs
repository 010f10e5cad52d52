//! Why a file is refused, before the path is put to it.
//!
//! Invariant: each reason is a sentence for a person that says what was found and what was expected; it never quotes
//! a prompt or a draft.

use flow::model::ModelError;
use std::path::Path;

/// A reason without its path. [`Refusal::at`] makes it a [`ModelError`].
#[derive(Debug)]
pub(crate) enum Refusal {
    Missing,
    Unusable(String),
    Changed { expected: String, found: String },
    Cancelled,
    Engine(String),
}

impl Refusal {
    pub(crate) fn at(self, path: &Path) -> ModelError {
        let path = path.to_path_buf();
        match self {
            Self::Missing => ModelError::Missing { path },
            Self::Unusable(reason) => ModelError::Unusable { path, reason },
            Self::Changed { expected, found } => ModelError::Changed { path, expected, found },
            Self::Cancelled => ModelError::Cancelled,
            Self::Engine(reason) => ModelError::Engine(reason),
        }
    }
}

/// [`Refusal::Unusable`] with a formatted reason.
macro_rules! unusable {
    ($($arg:tt)*) => { $crate::error::Refusal::Unusable(format!($($arg)*)) };
}
pub(crate) use unusable;
