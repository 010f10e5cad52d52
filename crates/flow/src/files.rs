//! Files that are there whole or not at all.

use crate::error::{Error, Result};
use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;

/// Writes a file under a temporary name beside its own, makes it durable and renames it: whatever happens, the old file
/// or the new one is there, never half of one.
///
/// # Errors
/// [`Error::File`]; the temporary file is gone then.
pub fn write_whole(path: &Path, write: impl FnOnce(&mut BufWriter<File>) -> std::io::Result<()>) -> Result<()> {
    let name = path.file_name().ok_or_else(|| Error::invalid("path", path.display(), "the name of a file"))?;
    let temporary = path.with_file_name(format!(".{}.{}.part", name.to_string_lossy(), std::process::id()));
    let go = || -> std::io::Result<()> {
        let mut file = BufWriter::new(File::create(&temporary)?);
        write(&mut file)?;
        file.flush()?;
        file.get_ref().sync_all()?;
        std::fs::rename(&temporary, path)?;
        match path.parent().filter(|p| !p.as_os_str().is_empty()) {
            Some(folder) => sync_folder(folder),
            None => Ok(()),
        }
    };
    go().map_err(|e| {
        // Best effort: the error that is told is the first one.
        drop(std::fs::remove_file(&temporary));
        Error::file(path, "written")(e)
    })
}

/// What tells a changed file without reading it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Stamp {
    pub bytes: u64,
    /// By its date, milliseconds since 1970.
    pub changed_ms: i64,
    nanos: u128,
}

impl Stamp {
    pub fn text(&self) -> String {
        format!("{}:{}", self.bytes, self.nanos)
    }
}

/// `None` where the file is not there, or says nothing of itself.
pub(crate) fn stamp(path: &Path) -> Option<Stamp> {
    let file = path.metadata().ok()?;
    let since = file.modified().ok()?.duration_since(std::time::UNIX_EPOCH).ok()?;
    Some(Stamp { bytes: file.len(), changed_ms: i64::try_from(since.as_millis()).ok()?, nanos: since.as_nanos() })
}

/// Makes the name of a file or folder durable.
pub(crate) fn sync_parent(path: &Path) -> Result<()> {
    let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty());
    parent.map_or(Ok(()), |parent| sync_folder(parent).map_err(Error::file(parent, "written")))
}

#[cfg(unix)]
fn sync_folder(folder: &Path) -> std::io::Result<()> {
    File::open(folder)?.sync_all()
}

#[cfg(not(unix))]
fn sync_folder(_folder: &Path) -> std::io::Result<()> {
    Ok(())
}
