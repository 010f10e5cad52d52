//! What a file is called on a hub.
//!
//! Invariant: a name, made into a path, stays inside its folder on every system.

use crate::error::{Error, Result};
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};

/// `owner/repository/file.gguf`, where the file may lie in folders, at a revision.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Name {
    pub owner: String,
    pub repository: String,
    /// With its folders, parted by `/`.
    pub file: String,
    /// A branch, a tag or a commit.
    pub revision: String,
}

const DEFAULT_REVISION: &str = "main";

impl Name {
    /// # Errors
    /// [`Error::Name`], [`Error::Revision`].
    pub fn parse(text: &str, revision: Option<&str>) -> Result<Self> {
        let wrong = || Error::Name { found: text.to_owned() };
        let mut pieces: Vec<&str> = text.trim().trim_matches('/').split('/').collect();
        let mut revision = revision.map(str::trim).filter(|r| !r.is_empty());
        // As it stands in the address of a file's page.
        if let [_, _, "resolve" | "blob", named, _, ..] = pieces[..] {
            revision = revision.or(Some(named));
            pieces.drain(2..4);
        }
        let [owner, repository, file @ ..] = &pieces[..] else { return Err(wrong()) };
        let ends_right = file.last().is_some_and(|last| last.len() > 5 && last.to_ascii_lowercase().ends_with(".gguf"));
        if !ends_right || file.len() > 5 || !pieces.iter().all(|piece| is_plain(piece)) {
            return Err(wrong());
        }
        let revision = revision.unwrap_or(DEFAULT_REVISION);
        if !revision.split('/').all(is_plain) {
            return Err(Error::Revision { found: revision.to_owned() });
        }
        Ok(Self { owner: (*owner).into(), repository: (*repository).into(), file: file.join("/"), revision: revision.into() })
    }

    /// Where it lies in a folder of downloads.
    pub(crate) fn path(&self, folder: &Path) -> PathBuf {
        self.file.split('/').fold(folder.join(&self.owner).join(&self.repository), |path, piece| path.join(piece))
    }
}

/// The name without its revision.
impl std::fmt::Display for Name {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}/{}/{}", self.owner, self.repository, self.file)
    }
}

/// Names no other folder, and no system reads more into it. Devices of Windows (`NUL`, `COM1`) are names without a dot or
/// before the first one.
fn is_plain(piece: &str) -> bool {
    let stem = piece.split('.').next().unwrap_or_default().to_ascii_uppercase();
    let device = ["CON", "PRN", "AUX", "NUL"].contains(&stem.as_str())
        || (stem.len() == 4 && (stem.starts_with("COM") || stem.starts_with("LPT")) && stem.ends_with(|c: char| c.is_ascii_digit()));
    !piece.is_empty()
        && piece.len() <= 200
        && !piece.starts_with(['.', ' '])
        && !piece.ends_with(['.', ' '])
        && !device
        && piece.chars().all(|c| c.is_alphanumeric() || "-_. +()[]=,".contains(c))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, path: &str, revision: &str) {
        let name = Name::parse(text, None).unwrap();
        assert_eq!((name.path(Path::new("m")), name.revision.as_str()), (PathBuf::from(path), revision), "{text}");
    }

    #[test]
    fn a_name_is_owner_repository_and_file() {
        check("mina/small-GGUF/small-q4_k_m.gguf", "m/mina/small-GGUF/small-q4_k_m.gguf", "main");
        check(" mina/small/q4/small.GGUF ", "m/mina/small/q4/small.GGUF", "main");
        check("mina/small/resolve/v1.2/small.gguf", "m/mina/small/small.gguf", "v1.2");
        check("mina/small/blob/main/q4/small.gguf", "m/mina/small/q4/small.gguf", "main");
        check("미나/작은 모델/작은.gguf", "m/미나/작은 모델/작은.gguf", "main");
        let at = Name::parse("a/b/c.gguf", Some("refs/pr/3")).unwrap();
        assert_eq!(at.revision, "refs/pr/3");
    }

    #[test]
    fn what_could_lead_elsewhere_is_no_name() {
        for text in [
            "",
            "a",
            "a/b",
            "a/b/c",
            "a/b/c.bin",
            "a//c.gguf",
            "../b/c.gguf",
            "a/../c.gguf",
            "a/b/../c.gguf",
            "a/b/..gguf",
            ".a/b/c.gguf",
            "a/b/.gguf",
            "a\\b/c/d.gguf",
            "a/b/c:d.gguf",
            "C:/b/c.gguf",
            "a/b/c?d.gguf",
            "a/b/c#d.gguf",
            "a/b/%2e%2e.gguf",
            "a/b/nul.gguf",
            "a/com1/c.gguf",
            "a/b/c\n.gguf",
            "a/b/c .gguf /",
            "a/b/\u{202e}c.gguf",
            "a/b/c/d/e/f/g/h.gguf",
        ] {
            assert!(Name::parse(text, None).is_err(), "{text:?}");
        }
        for revision in ["../main", "a b/..", "a?b", "-\n-"] {
            assert!(Name::parse("a/b/c.gguf", Some(revision)).is_err(), "{revision:?}");
        }
    }
}
