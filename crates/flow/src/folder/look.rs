//! One look into the watched folders.
//!
//! Invariant: what is read is what was looked at: opened without following a link, and moved only while its name still leads to it.

use super::report::Report;
use super::{DONE, Folder, Looked, MOST_SKIPPED, REJECTED, STILL, Seen, Skipped, names};
use crate::clock::Millis;
use crate::desk::Desk;
use crate::error::{Error, Result};
use crate::id::FolderId;
use crate::intake::{self, CHUNK, Request};
use crate::model::Cancel;
use crate::storage;
use crate::use_case::Audience;
use std::collections::HashMap;
use std::ffi::OsString;
use std::fs::{File, Metadata};
use std::path::Path;
use std::sync::Arc;

/// Files that are read between two commits of their requests, at most.
const FILES: usize = 500;
/// Bytes of requests that are held before they are kept, at most, and one request more.
const MOST_PENDING: usize = 16 << 20;

/// Who watches: one process a data folder, by a lock that ends with it; and how long each file has been as it is. Losing that costs a file
/// some seconds.
#[derive(Default)]
pub struct Watcher {
    lock: Option<File>,
    folders: HashMap<FolderId, HashMap<OsString, Glance>>,
}

/// A file as it was seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Stamp {
    bytes: u64,
    changed: i128,
    /// Tells a file from another one under its name.
    node: (u64, u64),
}

#[derive(Debug, Clone)]
struct Glance {
    stamp: Stamp,
    since: Millis,
    /// It was read and could not be moved away; it is at each look, until it can.
    read: Option<Arc<Read>>,
}

impl Watcher {
    /// Looks into all folders, reads what is whole, and keeps what it saw.
    ///
    /// # Errors
    /// Those of the database; a folder that is gone or closed is data.
    pub fn look(&mut self, desk: &Desk, cancel: &Cancel) -> Result<Looked> {
        let folders = desk.folders()?;
        self.folders.retain(|id, _| folders.iter().any(|folder| folder.id == *id));
        let mut looked = Looked::default();
        if folders.is_empty() {
            self.lock = None;
            return Ok(looked);
        }
        if !self.has_the_lock(desk)? {
            return Ok(Looked { elsewhere: true, ..looked });
        }
        for folder in folders {
            let mut seen = Seen { trouble: None, skipped: Vec::new(), skipped_total: 0, ..folder.seen.clone() };
            let glances = self.folders.entry(folder.id).or_default();
            let done = look_into(desk, &folder, glances, &mut seen, &mut looked, cancel);
            if let Err(Trouble::Folder(why)) = &done {
                seen.trouble = Some(why.clone());
            }
            if seen != folder.seen {
                desk.transact(|c, _, changes| {
                    changes.use_cases = true;
                    storage::folder::set_seen(c, folder.id, &seen)
                })?;
            }
            if let Err(Trouble::Desk(e)) = done {
                return Err(e);
            }
        }
        Ok(looked)
    }

    fn has_the_lock(&mut self, desk: &Desk) -> Result<bool> {
        if self.lock.is_some() {
            return Ok(true);
        }
        let path = desk.folder().join("folders.lock");
        let file = File::options().create(true).truncate(false).write(true).open(&path).map_err(Error::file(&path, "opened"))?;
        match file.try_lock() {
            Ok(()) => {
                self.lock = Some(file);
                Ok(true)
            }
            Err(std::fs::TryLockError::WouldBlock) => Ok(false),
            Err(std::fs::TryLockError::Error(e)) => Err(Error::file(&path, "locked")(e)),
        }
    }
}

enum Trouble {
    /// Of this folder alone; it is tried again at the next look.
    Folder(String),
    Desk(Error),
}

impl From<Error> for Trouble {
    fn from(e: Error) -> Self {
        Self::Desk(e)
    }
}

fn look_into(
    desk: &Desk,
    folder: &Folder,
    glances: &mut HashMap<OsString, Glance>,
    seen: &mut Seen,
    looked: &mut Looked,
    cancel: &Cancel,
) -> std::result::Result<(), Trouble> {
    let due = list(folder, glances, seen, looked, desk.now())?;
    let audience = desk.use_case(folder.use_case)?.input.audience;
    let mut total = Looked::default();
    let mut at = 0;
    let mut done = Ok(());
    while at < due.len() && !cancel.is_cancelled() && done.is_ok() {
        let batch = &due[at..due.len().min(at + FILES)];
        at += batch.len();
        done = read_and_move(desk, folder, audience, batch, glances, seen, &mut total);
    }
    looked.waiting += total.waiting + (due.len() - at) as u64;
    if total.files > 0 {
        seen.last = Some(desk.now());
        let Looked { files, taken, known, rejected, .. } = total;
        seen.files += files;
        seen.taken += taken;
        seen.known += known;
        seen.rejected += rejected;
        looked.files += files;
        looked.taken += taken;
        looked.known += known;
        looked.rejected += rejected;
        let detail = format!("{}: {files} files, {taken} accepted, {known} known, {rejected} rejected", folder.path.display());
        desk.transact(|c, now, changes| {
            changes.activity = true;
            storage::event::insert(c, now, "gait", "folder_read", Some(folder.use_case), None, Some(&detail))
        })?;
    }
    done
}

/// The files that have been as they are for long enough, in the order in which they were first seen: a date of theirs says nothing.
fn list(
    folder: &Folder,
    glances: &mut HashMap<OsString, Glance>,
    seen: &mut Seen,
    looked: &mut Looked,
    now: Millis,
) -> std::result::Result<Vec<OsString>, Trouble> {
    let gone = |e: &std::io::Error| Trouble::Folder(format!("the folder cannot be read: {e}"));
    let about = folder.path.symlink_metadata().map_err(|e| gone(&e))?;
    if !about.is_dir() {
        return Err(Trouble::Folder("it is a link or a file, not a folder".into()));
    }
    let mut there = HashMap::new();
    let mut due = Vec::new();
    for entry in std::fs::read_dir(&folder.path).map_err(|e| gone(&e))? {
        let entry = entry.map_err(|e| gone(&e))?;
        let name = entry.file_name();
        if name == DONE || name == REJECTED || names::is_unfinished(&name) {
            continue;
        }
        // Of the name itself, not of what it leads to. What is gone again is not there.
        let Ok(about) = entry.metadata() else { continue };
        if let Some(why) = why_not(&about, &name) {
            skip(seen, &name, why);
            continue;
        }
        let stamp = Stamp::of(&about);
        let glance = match glances.get(&name) {
            Some(known) if known.stamp == stamp => Glance { since: known.since.min(now), ..known.clone() },
            Some(_) | None => Glance { stamp, since: now, read: None },
        };
        let is_still = now.0 - glance.since.0 >= i64::try_from(STILL.as_millis()).unwrap_or(i64::MAX);
        if let Some(read) = &glance.read {
            if make_places(folder).is_ok() && move_away(folder, read, now).is_ok() {
                continue;
            }
            skip(seen, &name, "it was read and could not be moved away");
        } else if is_still {
            due.push((glance.since, name.clone()));
        } else {
            looked.waiting += 1;
        }
        there.insert(name, glance);
    }
    *glances = there;
    due.sort();
    Ok(due.into_iter().map(|(_, name)| name).collect())
}

fn skip(seen: &mut Seen, name: &OsString, why: &str) {
    seen.skipped_total += 1;
    // The same hundred at each look, so that nothing is written while nothing changes.
    let skipped = Skipped { name: names::shown(name), why: why.to_owned() };
    let at = seen.skipped.partition_point(|other| other.name < skipped.name);
    seen.skipped.insert(at, skipped);
    seen.skipped.truncate(MOST_SKIPPED);
}

fn why_not(about: &Metadata, name: &OsString) -> Option<&'static str> {
    if about.is_dir() {
        Some("it is a folder")
    } else if about.is_symlink() {
        Some("it is a link")
    } else if !about.is_file() {
        Some("it is no regular file")
    } else if links(about) > 1 {
        Some("it has another name elsewhere (a hard link)")
    } else if !intake::reads(Path::new(name)) {
        Some("files of this ending are not read")
    } else if about.len() == 0 {
        Some("it is empty; it is read once something is in it")
    } else {
        None
    }
}

#[cfg(unix)]
fn links(about: &Metadata) -> u64 {
    std::os::unix::fs::MetadataExt::nlink(about)
}

#[cfg(not(unix))]
fn links(_: &Metadata) -> u64 {
    1
}

impl Stamp {
    #[cfg(unix)]
    fn of(about: &Metadata) -> Self {
        use std::os::unix::fs::MetadataExt;
        let changed = i128::from(about.mtime()) * 1_000_000_000 + i128::from(about.mtime_nsec());
        Self { bytes: about.len(), changed, node: (about.dev(), about.ino()) }
    }

    #[cfg(not(unix))]
    fn of(about: &Metadata) -> Self {
        let changed = about.modified().ok().and_then(|at| at.duration_since(std::time::UNIX_EPOCH).ok());
        let changed = changed.map_or(0, |since| i128::try_from(since.as_nanos()).unwrap_or(0));
        Self { bytes: about.len(), changed, node: (0, 0) }
    }
}

/// Opens what was looked at. A link is not followed, a pipe not waited for.
fn open(path: &Path, expected: Stamp) -> std::io::Result<File> {
    let mut options = File::options();
    options.read(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        options.custom_flags(libc::O_NOFOLLOW | libc::O_NONBLOCK);
    }
    let file = options.open(path)?;
    let about = file.metadata()?;
    if !about.is_file() || links(&about) > 1 || Stamp::of(&about) != expected {
        return Err(std::io::Error::other("it changed while it was looked at"));
    }
    Ok(file)
}

/// A file of a batch and what became of it.
#[derive(Debug)]
struct Read {
    name: OsString,
    stamp: Stamp,
    report: Report,
}

fn read_and_move(
    desk: &Desk,
    folder: &Folder,
    audience: Audience,
    batch: &[OsString],
    glances: &mut HashMap<OsString, Glance>,
    seen: &mut Seen,
    total: &mut Looked,
) -> std::result::Result<(), Trouble> {
    make_places(folder)?;
    let mut files: Vec<Read> = Vec::new();
    let mut pending: Vec<(usize, Request)> = Vec::new();
    let mut bytes = 0;
    for name in batch {
        let Some(stamp) = glances.get(name).map(|glance| glance.stamp) else { continue };
        let path = folder.path.join(name);
        let (file, kept_open) = match open(&path, stamp).and_then(|file| Ok((file.try_clone()?, file))) {
            Ok(both) => both,
            Err(e) => {
                skip(seen, name, &format!("it cannot be opened now: {e}"));
                continue;
            }
        };
        let is_still = || kept_open.metadata().is_ok_and(|about| Stamp::of(&about) == stamp);
        let at = files.len();
        files.push(Read { name: name.clone(), stamp, report: Report::default() });
        match intake::open_dropped(&path, file, &folder.field, audience) {
            Ok(dropped) => {
                for found in dropped {
                    match found {
                        Ok(request) => {
                            bytes += request.bytes();
                            pending.push((at, request));
                        }
                        Err(reject) => files[at].report.reject(reject),
                    }
                    if pending.len() == CHUNK || bytes > MOST_PENDING {
                        if !is_still() {
                            break;
                        }
                        keep(desk, folder, &mut pending, &mut files)?;
                        bytes = 0;
                    }
                }
            }
            Err(Error::UnreadableImport { reason, .. }) => files[at].report.unreadable = Some(reason),
            Err(e) => files[at].report.unreadable = Some(e.to_string()),
        }
        if !is_still() {
            // It is still written: what was read of it may be half a request. It is read again once it is whole.
            pending.retain(|(whose, _)| *whose != at);
            drop(files.pop());
            total.waiting += 1;
        }
    }
    keep(desk, folder, &mut pending, &mut files)?;
    for file in files {
        total.files += 1;
        total.taken += file.report.taken;
        total.known += file.report.known;
        total.rejected += file.report.rejected + u64::from(file.report.unreadable.is_some());
        match move_away(folder, &file, desk.now()) {
            Ok(()) => drop(glances.remove(&file.name)),
            Err(why) => {
                skip(seen, &file.name, "it was read and could not be moved away");
                if let Some(glance) = glances.get_mut(&file.name) {
                    glance.read = Some(Arc::new(file));
                }
                tracing::warn!(why, "a file of a watched folder could not be moved");
            }
        }
    }
    Ok(())
}

fn keep(desk: &Desk, folder: &Folder, pending: &mut Vec<(usize, Request)>, files: &mut [Read]) -> Result<()> {
    if pending.is_empty() {
        return Ok(());
    }
    let (whose, requests): (Vec<usize>, Vec<Request>) = std::mem::take(pending).into_iter().unzip();
    for ((at, request), taken) in whose.into_iter().zip(&requests).zip(desk.take_all(folder.use_case, &requests)?) {
        files[at].report.took(taken, || request.conflict());
    }
    Ok(())
}

fn make_places(folder: &Folder) -> std::result::Result<(), Trouble> {
    [DONE, REJECTED].into_iter().try_for_each(|place| make_place(&folder.path.join(place)))
}

/// A folder of ours: made where there is nothing, and refused where it is a link.
fn make_place(place: &Path) -> std::result::Result<(), Trouble> {
    match place.symlink_metadata() {
        Ok(about) if about.is_dir() => Ok(()),
        Ok(_) => Err(Trouble::Folder(format!("{} is no folder; nothing is read until it is", place.display()))),
        Err(_) => std::fs::create_dir(place).map_err(|e| Trouble::Folder(format!("{} cannot be made: {e}", place.display()))),
    }
}

/// Moves a file that was read, and puts its report beside it. One that was replaced meanwhile stays: it was not read yet.
fn move_away(folder: &Folder, file: &Read, now: Millis) -> std::result::Result<(), String> {
    let from = folder.path.join(&file.name);
    let is_it = |path: &Path| path.symlink_metadata().is_ok_and(|about| Stamp::of(&about) == file.stamp);
    if !is_it(&from) {
        return Ok(());
    }
    let place = folder.path.join(if file.report.is_good() { DONE } else { REJECTED });
    let to = names::free(&place, &file.name);
    std::fs::rename(&from, &to).map_err(|e| e.to_string())?;
    if !is_it(&to) {
        // Replaced between the look and the move: it goes back, to be read.
        return std::fs::rename(&to, &from).map_err(|e| e.to_string());
    }
    file.report.write(&file.name, &to, now);
    Ok(())
}
