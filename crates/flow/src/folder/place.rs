//! Where a folder may be watched: nowhere that Gait itself writes, or its answers would come back as requests.
//!
//! Invariant: places are compared as they are on the disk, links followed, also where a part of them is not there yet.

use crate::error::{Error, Result};
use crate::storage::{self, Conn};
use crate::use_case::{Sink, SinkKind};
use std::path::{Path, PathBuf};

/// The path with its links followed, as far as it is there.
fn real(path: &Path) -> PathBuf {
    for there in path.ancestors() {
        if let Ok(real) = there.canonicalize() {
            return match path.strip_prefix(there) {
                Ok(rest) if !rest.as_os_str().is_empty() => real.join(rest),
                Ok(_) | Err(_) => real,
            };
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
        // Beside or under the file of an outbox a folder is fine.
        SinkKind::Outbox => Path::new(&sink.path).parent().is_some_and(|parent| real(parent).starts_with(real(watched))),
        SinkKind::Webhook | SinkKind::Command => false,
    }
}

/// # Errors
/// [`Error::Invalid`] with what lies there.
pub(super) fn check(c: &Conn, data: &Path, path: &Path) -> Result<()> {
    let refuse = |why: String| Err(Error::invalid("folder", format!("{:?}", path.display()), why));
    if touches(path, data) {
        return refuse("a folder outside of Gait's own data folder, and not around it".into());
    }
    if let Some(sink) = storage::sink::places(c)?.iter().find(|sink| is_fed_by(path, sink)) {
        return refuse(format!("a folder that no approved texts go to, as to {}", sink.path));
    }
    if let Some(other) = storage::folder::list(c)?.iter().find(|other| touches(&other.path, path)) {
        return refuse(format!("a folder that is not watched yet, as {} is", other.path.display()));
    }
    Ok(())
}
