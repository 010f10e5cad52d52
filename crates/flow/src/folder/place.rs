//! Where a folder may be watched: nowhere that Gait itself writes, or its answers would come back as requests.
//!
//! Invariant: places are compared as they are on the disk, links followed, also where a part of them is not there yet. The disk can be a
//! share that hangs: it is asked while nobody waits for the database, and what was asked about is looked at again within the change.

use crate::error::{Error, Result};
use crate::storage::{self, Conn};
use crate::use_case::{Sink, SinkKind};
use std::path::{Path, PathBuf};

/// So many links that lead to nothing are followed.
const MOST_LINKS: usize = 40;

/// The path with its links followed, as far as it is there, and also where they lead to what is not there yet.
fn real(path: &Path) -> PathBuf {
    follow(path, MOST_LINKS)
}

fn follow(path: &Path, links: usize) -> PathBuf {
    for there in path.ancestors() {
        let with_rest = |place: PathBuf| match path.strip_prefix(there) {
            Ok(rest) if !rest.as_os_str().is_empty() => place.join(rest),
            Ok(_) | Err(_) => place,
        };
        if let Ok(real) = there.canonicalize() {
            return with_rest(real);
        }
        if let (Ok(to), Some(left)) = (there.read_link(), links.checked_sub(1)) {
            return follow(&with_rest(there.parent().map_or(to.clone(), |parent| parent.join(&to))), left);
        }
    }
    path.to_owned()
}

/// The same folder, or one of them in the other.
fn touches(a: &Path, b: &Path) -> bool {
    let (a, b) = (real(a), real(b));
    a.starts_with(&b) || b.starts_with(&a)
}

/// Whether what goes to a sink would lie in a watched folder, or this in the folder of the sink.
pub(super) fn is_fed_by(watched: &Path, sink: &Sink) -> bool {
    match sink.kind {
        SinkKind::Folder => touches(watched, Path::new(&sink.path)),
        // Beside or under the file of an outbox a folder is fine. The file itself can be a link.
        SinkKind::Outbox => {
            let (path, watched) = (Path::new(&sink.path), real(watched));
            real(path).starts_with(&watched) || path.parent().is_some_and(|parent| real(parent).starts_with(&watched))
        }
        SinkKind::Webhook | SinkKind::Command => false,
    }
}

/// Where requests come in by and texts go out to, as the database says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Places {
    watched: Vec<PathBuf>,
    /// Empty where only what comes in matters.
    sinks: Vec<Sink>,
}

impl Places {
    pub fn all(c: &Conn) -> Result<Self> {
        Ok(Self { sinks: storage::sink::places(c)?, ..Self::watched(c)? })
    }

    pub fn watched(c: &Conn) -> Result<Self> {
        Ok(Self { watched: storage::folder::list(c)?.into_iter().map(|folder| folder.path).collect(), sinks: Vec::new() })
    }

    /// Whether a folder may be watched beside them. Asks the disk.
    ///
    /// # Errors
    /// [`Error::Invalid`] with what lies there.
    pub fn check(&self, data: &Path, path: &Path) -> Result<()> {
        let refuse = |why: String| Err(Error::invalid("folder", format!("{:?}", path.display()), why));
        if touches(path, data) {
            return refuse("a folder outside of Gait's own data folder, and not around it".into());
        }
        if let Some(sink) = self.sinks.iter().find(|sink| is_fed_by(path, sink)) {
            return refuse(format!("a folder that no approved texts go to, as to {}", sink.path));
        }
        if let Some(other) = self.watched.iter().find(|other| touches(other, path)) {
            return refuse(format!("a folder that is not watched yet, as {} is", other.display()));
        }
        Ok(())
    }

    /// No text goes into a folder that requests come in by. Asks the disk.
    ///
    /// # Errors
    /// [`Error::Invalid`] with the sink.
    pub fn check_sinks(&self, sinks: &[Sink]) -> Result<()> {
        for sink in sinks {
            if let Some(folder) = self.watched.iter().find(|folder| is_fed_by(folder, sink)) {
                let expected = format!("a place outside of the watched folder {}", folder.display());
                return Err(Error::invalid("sink", format!("{:?}", sink.path), expected));
            }
        }
        Ok(())
    }

    /// Within a change: whether what was asked about is what there is.
    ///
    /// # Errors
    /// [`Error::Stale`].
    pub fn must_still_be(&self, now: &Self) -> Result<()> {
        if self == now {
            return Ok(());
        }
        Err(Error::Stale { what: "the list of folders and sinks".into(), now: "look at it and try again".into() })
    }
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn c7_a_link_is_where_it_leads_to_also_where_nothing_is_there_yet() {
        let home = tempfile::tempdir().unwrap();
        let home = home.path().canonicalize().unwrap();
        let watched = home.join("in");
        std::fs::create_dir(&watched).unwrap();
        let link = |name: &str, to: &Path| {
            let path = home.join(name);
            std::os::unix::fs::symlink(to, &path).unwrap();
            Sink { kind: SinkKind::Outbox, path: path.display().to_string(), audience: None }
        };
        assert!(is_fed_by(&watched, &link("a.jsonl", &watched.join("a.jsonl"))), "it leads to nothing yet");
        assert!(is_fed_by(&watched, &link("b.jsonl", Path::new("in/b.jsonl"))), "relative");
        assert!(is_fed_by(&watched, &link("c.jsonl", &home.join("b.jsonl"))), "by another link");
        std::fs::write(watched.join("d.jsonl"), "").unwrap();
        assert!(is_fed_by(&watched, &link("d.jsonl", &watched.join("d.jsonl"))));
        assert!(!is_fed_by(&watched, &link("e.jsonl", &home.join("elsewhere.jsonl"))));
        assert!(!is_fed_by(&watched, &link("loop.jsonl", &home.join("loop.jsonl"))), "it ends");
    }
}
