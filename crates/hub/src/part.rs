//! A file that is still coming, and the note beside it of what it is to become.
//!
//! Invariant: one process at a time holds a part (a lock on it); its hash covers exactly the bytes it has.

use crate::Unfinished;
use crate::error::{Error, Result};
use crate::name::Name;
use flow::model::Cancel;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::fs::{File, TryLockError};
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

/// What is known of the file that a part is of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Note {
    pub(crate) name: Name,
    /// As the hub or a person named it.
    pub(crate) sha256: String,
    pub(crate) total: u64,
    /// Of the server that the file lies on; a strong one only.
    pub(crate) etag: Option<String>,
}

#[derive(Debug)]
pub(crate) struct Part {
    path: PathBuf,
    file: File,
    name: Name,
    pub(crate) note: Option<Note>,
    len: u64,
    hash: Sha256,
}

impl Part {
    /// Opens the part of a file, or begins one.
    pub(crate) fn open(target: &Path, name: &Name) -> Result<Self> {
        let path = with_more(target, ".part");
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder).map_err(Error::file(folder, "made"))?;
        }
        let file = File::options().read(true).write(true).create(true).truncate(false).open(&path).map_err(Error::file(&path, "opened"))?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(Error::Taken),
            // A file system without locks.
            Err(TryLockError::Error(e)) => tracing::debug!("a download cannot be locked: {e}"),
        }
        let note = std::fs::read(note_of(&path)).ok().and_then(|bytes| serde_json::from_slice::<Note>(&bytes).ok());
        let mut part = Self { path, file, name: name.clone(), note, len: 0, hash: Sha256::new() };
        if part.note.as_ref().is_none_or(|note| note.name != *name) {
            part.restart()?;
        }
        Ok(part)
    }

    /// Hashes what an earlier attempt left, so that this one can go on after it.
    pub(crate) fn reread(&mut self, cancel: &Cancel, tell: &mut dyn FnMut(u64, u64)) -> Result<()> {
        let Some(total) = self.note.as_ref().map(|note| note.total) else { return Ok(()) };
        let there = self.file.metadata().map_err(Error::file(&self.path, "read"))?.len();
        if there > total {
            return self.restart();
        }
        self.file.seek(SeekFrom::Start(0)).map_err(Error::file(&self.path, "read"))?;
        let mut buffer = vec![0; 1 << 20];
        while self.len < there {
            if cancel.is_cancelled() {
                return Err(Error::Cancelled);
            }
            let count = self.file.read(&mut buffer).map_err(Error::file(&self.path, "read"))?;
            if count == 0 {
                break;
            }
            self.hash.update(buffer.get(..count).unwrap_or_default());
            self.len += count as u64;
            tell(self.len, there);
        }
        Ok(())
    }

    pub(crate) fn folder(&self) -> &Path {
        self.path.parent().unwrap_or(&self.path)
    }

    pub(crate) fn len(&self) -> u64 {
        self.len
    }

    /// From the start again.
    pub(crate) fn restart(&mut self) -> Result<()> {
        self.file.set_len(0).map_err(Error::file(&self.path, "written"))?;
        self.file.seek(SeekFrom::Start(0)).map_err(Error::file(&self.path, "written"))?;
        self.len = 0;
        self.hash = Sha256::new();
        self.note = None;
        Ok(())
    }

    /// Notes what the part is of, before more of it is written.
    pub(crate) fn becomes(&mut self, sha256: &str, total: u64, etag: Option<String>) -> Result<()> {
        let note = Note { name: self.name.clone(), sha256: sha256.to_owned(), total, etag };
        if self.note.as_ref() != Some(&note) {
            let path = note_of(&self.path);
            let json = serde_json::to_vec_pretty(&note).map_err(|e| Error::Strange(e.to_string()))?;
            std::fs::write(&path, json).map_err(Error::file(&path, "written"))?;
            self.note = Some(note);
        }
        Ok(())
    }

    pub(crate) fn append(&mut self, bytes: &[u8]) -> Result<()> {
        self.file.write_all(bytes).map_err(Error::file(&self.path, "written"))?;
        self.hash.update(bytes);
        self.len += bytes.len() as u64;
        Ok(())
    }

    /// Gives the file its name, when it is what it was to become. Gives its size and hash.
    pub(crate) fn finish(self, target: &Path) -> Result<(u64, String)> {
        let found: String = self.hash.clone().finalize().iter().map(|byte| format!("{byte:02x}")).collect();
        let expected = self.note.as_ref().map(|note| note.sha256.clone()).unwrap_or_default();
        if found != expected {
            self.throw_away()?;
            return Err(Error::WrongContent { expected, found });
        }
        self.file.sync_all().map_err(Error::file(&self.path, "written"))?;
        if target.exists() {
            return Err(Error::Exists { path: target.to_owned() });
        }
        std::fs::rename(&self.path, target).map_err(Error::file(target, "written"))?;
        // Nothing more is told by it.
        drop(std::fs::remove_file(note_of(&self.path)));
        Ok((self.len, found))
    }

    /// What has nothing in it is no part.
    pub(crate) fn put_aside(self) {
        if self.len == 0 {
            drop(self.throw_away());
        }
    }

    pub(crate) fn throw_away(self) -> Result<()> {
        drop(std::fs::remove_file(note_of(&self.path)));
        std::fs::remove_file(&self.path).map_err(Error::file(&self.path, "removed"))?;
        // Best effort: only empty folders go.
        for folder in self.path.ancestors().skip(1).take(2) {
            if std::fs::remove_dir(folder).is_err() {
                break;
            }
        }
        Ok(())
    }
}

fn with_more(path: &Path, more: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(more);
    PathBuf::from(name)
}

fn note_of(part: &Path) -> PathBuf {
    with_more(part, ".json")
}

/// Owner, repository, and the folders that a name may have.
const DEPTH: usize = 7;

pub(crate) fn unfinished(folder: &Path) -> Vec<Unfinished> {
    let mut found = Vec::new();
    gather(folder, DEPTH, &mut found);
    found.sort_by_key(|one| one.name.to_string());
    found
}

fn gather(folder: &Path, depth: usize, found: &mut Vec<Unfinished>) {
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            if depth > 1 {
                gather(&path, depth - 1, found);
            }
        } else if path.to_string_lossy().ends_with(".part.json")
            && let Some(note) = std::fs::read(&path).ok().and_then(|bytes| serde_json::from_slice::<Note>(&bytes).ok())
            && let Ok(part) = std::fs::metadata(path.with_extension(""))
        {
            found.push(Unfinished { name: note.name, done: part.len(), total: note.total });
        }
    }
}
