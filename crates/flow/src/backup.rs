//! Copies of the database that people can go back to: made by themselves while something changes, thinned out as they age, put back
//! with what is lost by it said before.
//!
//! Invariant: what is in the list was opened again and looked through when it was made. Nothing is put back without what was there being
//! kept under another name.

use crate::changes::Changes;
use crate::clock::Millis;
use crate::desk::Desk;
use crate::error::{Error, Result};
use crate::files;
use crate::model::Cancel;
use crate::settings::Person;
use crate::storage::{self, InUse};
use serde::Serialize;
use sha2::{Digest, Sha256};
use std::collections::BTreeSet;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::Duration;

pub use crate::storage::backup::{Loss, Reach};

/// How often one is made while something changes.
pub const EVERY: Duration = Duration::from_secs(30 * 60);

/// So many of the newest stay, then one a day, a week and a month.
const NEWEST: usize = 8;
const DAILY: usize = 12;
const WEEKLY: usize = 10;
const MONTHLY: usize = 9;

/// Why a copy was made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// By itself, or because a person asked for it.
    Kept,
    /// It stood in the place of what was put back.
    Replaced,
}

impl Kind {
    const ALL: [Self; 2] = [Self::Kept, Self::Replaced];

    /// What its file's name begins with.
    fn prefix(self) -> &'static str {
        match self {
            Self::Kept => "gait-",
            Self::Replaced => "replaced-",
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Copy {
    pub path: PathBuf,
    /// The name of its file, by which it is asked for.
    pub name: String,
    pub kind: Kind,
    pub bytes: u64,
    /// What it holds; a sentence where it cannot be read.
    pub reach: std::result::Result<Reach, String>,
}

impl Copy {
    pub fn made_at(&self) -> Option<Millis> {
        self.reach.as_ref().ok().and_then(|reach| reach.made_at)
    }
}

/// Where they lie.
pub fn folder_of(data: &Path) -> PathBuf {
    data.join("backups")
}

/// All copies, newest first. None where there is no folder yet.
///
/// # Errors
/// [`Error::File`] where the folder cannot be read.
pub fn list(data: &Path) -> Result<Vec<Copy>> {
    let folder = folder_of(data);
    let entries = match std::fs::read_dir(&folder) {
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        other => other.map_err(Error::file(&folder, "read"))?,
    };
    let mut all: Vec<Copy> = entries.flatten().filter_map(|entry| look_at(&entry.path())).collect();
    all.sort_by(|a, b| b.made_at().cmp(&a.made_at()).then_with(|| b.name.cmp(&a.name)));
    Ok(all)
}

fn look_at(path: &Path) -> Option<Copy> {
    let name = path.file_name()?.to_str()?.to_owned();
    let kind = Kind::ALL.into_iter().find(|kind| name.starts_with(kind.prefix()))?;
    if !name.ends_with(".db") {
        return None;
    }
    let reach = storage::backup::reach_of(path).map_err(|e| e.to_string());
    Some(Copy { bytes: path.metadata().map_or(0, |file| file.len()), path: path.to_owned(), name, kind, reach })
}

/// Which of these stay: the newest, then the last of each day, week and month, counted from the newest back.
fn stay(made: &[Millis]) -> BTreeSet<Millis> {
    let mut newest_first = made.to_vec();
    newest_first.sort_unstable();
    newest_first.reverse();
    let mut stay: BTreeSet<Millis> = newest_first.iter().copied().take(NEWEST).collect();
    // 1970-01-01 was a Thursday.
    type Span = fn(Millis) -> i64;
    let by: [(usize, Span); 3] = [(DAILY, |at| at.day()), (WEEKLY, |at| (at.day() + 3).div_euclid(7)), (MONTHLY, |at| month(at.day()))];
    for (most, span) in by {
        let mut seen = BTreeSet::new();
        for at in &newest_first {
            if seen.insert(span(*at)) {
                stay.insert(*at);
            }
            if seen.len() == most {
                break;
            }
        }
    }
    stay
}

/// Months since the year 0 of a day since 1970, after Howard Hinnant's `civil_from_days`.
fn month(day: i64) -> i64 {
    let z = day + 719_468;
    let era = z.div_euclid(146_097);
    let doe = z.rem_euclid(146_097);
    let yoe = (doe - doe / 1_460 + doe / 36_524 - doe / 146_096) / 365;
    let doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
    // Years that begin in March, so that the leap day is the last.
    let month = (5 * doy + 2) / 153;
    (yoe + era * 400) * 12 + month
}

/// What *export everything* wrote.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Everything {
    pub tables: u64,
    pub rows: u64,
}

impl Desk {
    /// Makes a copy now, and thins out the older ones.
    ///
    /// # Errors
    /// [`Error::DiskFull`], [`Error::Damaged`], [`Error::File`]; nothing half is left.
    pub fn back_up(&self, cancel: &Cancel) -> Result<Copy> {
        let made = self.copy_as(Kind::Kept, cancel)?;
        self.thin_out()?;
        Ok(made)
    }

    /// The same where something was committed since the last one, and that is long enough ago. `None`: there was nothing to do.
    ///
    /// # Errors
    /// As [`Desk::back_up`].
    pub fn back_up_if_due(&self, cancel: &Cancel) -> Result<Option<Copy>> {
        let now = self.now();
        let mark = self.read(storage::mark::find)?;
        let copies = list(self.folder())?;
        let reaches = || copies.iter().filter(|copy| copy.kind == Kind::Kept).filter_map(|copy| copy.reach.as_ref().ok());
        let is_same =
            reaches().filter_map(|reach| reach.mark.as_ref().zip(mark.as_ref())).any(|(copy, now)| now.changed_nothing_since(copy));
        // A clock that was set back makes none recent.
        let is_recent = reaches().filter_map(|reach| reach.made_at).any(|at| at <= now && now < at.plus(EVERY));
        if is_same || is_recent {
            return Ok(None);
        }
        self.back_up(cancel).map(Some)
    }

    fn copy_as(&self, kind: Kind, cancel: &Cancel) -> Result<Copy> {
        let folder = folder_of(self.folder());
        std::fs::create_dir_all(&folder).map_err(Error::file(&folder, "created"))?;
        let now = self.now();
        let path = free_name(&folder, kind.prefix(), now)?;
        // A reader of its own: it has the file for as long as it takes.
        let c = storage::open_reader(self.folder())?;
        storage::backup::copy(&c, &path, now, cancel)?;
        look_at(&path).ok_or_else(|| Error::Storage(format!("{} has a name that is not known", path.display())))
    }

    /// A copy of what is about to be replaced. What is damaged is kept as it is, and is nothing to go back to by itself.
    fn keep_aside(&self) -> Result<Copy> {
        let why = match self.copy_as(Kind::Replaced, &Cancel::default()) {
            Err(Error::Damaged(why)) => why,
            other => return other,
        };
        let path = aside_of(self.folder(), self.now())?;
        storage::backup::copy_as_it_is(&storage::open_reader(self.folder())?, &path)?;
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        Ok(Copy { bytes: path.metadata().map_or(0, |file| file.len()), path, name, kind: Kind::Replaced, reach: Err(why) })
    }

    /// Takes away what has aged out. What was replaced stays until a person takes it away.
    fn thin_out(&self) -> Result<()> {
        let kept: Vec<Copy> = list(self.folder())?.into_iter().filter(|copy| copy.kind == Kind::Kept).collect();
        let stays = stay(&kept.iter().filter_map(Copy::made_at).collect::<Vec<_>>());
        for copy in kept {
            if copy.made_at().is_some_and(|at| !stays.contains(&at)) {
                std::fs::remove_file(&copy.path).map_err(Error::file(&copy.path, "removed"))?;
            }
        }
        Ok(())
    }

    /// What would be lost by putting back a copy. `None` where the database is too damaged to be asked.
    ///
    /// # Errors
    /// [`Error::NotFound`]; [`Error::Damaged`], [`Error::NewerDatabase`] where it cannot be put back.
    pub fn restore_loss(&self, name: &str) -> Result<Option<Loss>> {
        let copy = find(self.folder(), name)?;
        let reach = storage::backup::reach_of(&copy.path)?;
        match self.read(|c| storage::backup::loss(c, &reach)) {
            Err(Error::Damaged(_)) => Ok(None),
            other => other.map(Some),
        }
    }

    /// Puts back a copy: what is here now is kept as another one, then all of it changes in one transaction. Says the name of what is kept.
    ///
    /// # Errors
    /// [`Error::NotAllowed`] for a reviewer; as [`Desk::restore_loss`]; those of the disk. Nothing was changed then.
    pub fn restore(&self, name: &str, person: &Person) -> Result<Copy> {
        person.must_be_admin("put back a backup")?;
        let copy = find(self.folder(), name)?;
        let revoked = self.read(storage::backup::revoked)?;
        let (prepared, mark) = storage::backup::prepared(&copy.path, self.folder(), self.now(), &person.name, &revoked)?;
        let done = self.replace_all(&prepared, &mark, || self.keep_aside());
        // A name that stays is written over by the next one.
        drop(std::fs::remove_file(&prepared));
        if done.is_ok() {
            self.tell(&Changes::all());
        }
        done
    }

    /// Writes all tables as JSON Lines into a new folder, a file each, with a list of them: what `docs/storage.md` describes.
    ///
    /// # Errors
    /// [`Error::Invalid`] where there is something already; [`Error::File`], [`Error::Cancelled`]: nothing is left then.
    pub fn export_everything(&self, folder: &Path, cancel: &Cancel) -> Result<Everything> {
        if folder.exists() {
            return Err(Error::invalid("folder", folder.display(), "a name that is not there yet"));
        }
        let name = folder.file_name().ok_or_else(|| Error::invalid("folder", folder.display(), "the name of a folder"))?;
        let part = folder.with_file_name(format!(".{}.{}.part", name.to_string_lossy(), std::process::id()));
        let go = || {
            std::fs::create_dir_all(&part).map_err(Error::file(&part, "created"))?;
            let c = storage::open_reader(self.folder())?;
            let written = storage::backup::at_one_moment(&c, |c| write_tables(c, &part, cancel))?;
            std::fs::rename(&part, folder).map_err(Error::file(folder, "written"))?;
            files::sync_parent(folder)?;
            Ok(written)
        };
        go().inspect_err(|_| drop(std::fs::remove_dir_all(&part)))
    }
}

/// What a folder of everything says of a table.
#[derive(Serialize)]
struct Written {
    table: String,
    file: String,
    rows: u64,
    sha256: String,
}

fn write_tables(c: &storage::Conn, folder: &Path, cancel: &Cancel) -> Result<Everything> {
    let mut all = Vec::new();
    for table in storage::backup::tables(c)? {
        let file = format!("{table}.jsonl");
        let (mut rows, mut sha) = (0, Sha256::new());
        let path = folder.join(&file);
        let mut failed = Ok(());
        files::write_whole(&path, |out| {
            failed = storage::backup::each_row(c, &table, |row| {
                if cancel.is_cancelled() {
                    return Err(Error::Cancelled);
                }
                rows += 1;
                sha.update(row);
                sha.update("\n");
                writeln!(out, "{row}").map_err(Error::file(&path, "written"))
            });
            Ok(())
        })?;
        failed?;
        let sha256 = sha.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
        all.push(Written { table, file, rows, sha256 });
    }
    let sum = Everything { tables: all.len() as u64, rows: all.iter().map(|table| table.rows).sum() };
    files::write_whole(&folder.join("manifest.json"), |out| out.write_all(storage::to_json(&all).as_bytes()))?;
    Ok(sum)
}

fn free_name(folder: &Path, prefix: &str, now: Millis) -> Result<PathBuf> {
    let stamp = storage::backup::stamp(now)?;
    let name = |n: u32| if n == 1 { format!("{prefix}{stamp}.db") } else { format!("{prefix}{stamp}-{n}.db") };
    let path = (1..1_000).map(|n| folder.join(name(n))).find(|path| !path.exists());
    path.ok_or_else(|| Error::Storage("a thousand copies were made in one second".into()))
}

fn find(data: &Path, name: &str) -> Result<Copy> {
    let all = list(data)?;
    all.into_iter().find(|copy| copy.name == name).ok_or_else(|| Error::NotFound { what: "backup", id: name.to_owned() })
}

/// Puts back a copy in the place of a database that cannot be opened. What is there is kept; says where.
///
/// # Errors
/// [`Error::Busy`] while it is open somewhere; as [`Desk::restore`].
pub fn restore_closed(data: &Path, name: &str, now: Millis, person: &str) -> Result<PathBuf> {
    let _in_use = alone(data)?;
    let copy = find(data, name)?;
    let aside = aside_of(data, now)?;
    let (prepared, _) = storage::backup::prepared(&copy.path, data, now, person, &[])?;
    storage::backup::put_in_place(&prepared, data, &aside).inspect_err(|_| drop(std::fs::remove_file(&prepared)))?;
    Ok(aside)
}

/// Goes on with the files as they lie there, where a start refuses them: what is missing stays missing. A `-wal` that is not theirs is kept
/// in the folder of backups.
///
/// # Errors
/// [`Error::Busy`] while it is open somewhere; [`Error::Damaged`] where the file makes no sense as it is.
pub fn accept(data: &Path, now: Millis) -> Result<()> {
    let _in_use = alone(data)?;
    let folder = folder_of(data);
    std::fs::create_dir_all(&folder).map_err(Error::file(&folder, "created"))?;
    storage::backup::accept(data, &folder.join(format!("aside-{}.db-wal", storage::backup::stamp(now)?)))
}

/// Not in the list: what cannot be opened is nothing to go back to.
fn aside_of(data: &Path, now: Millis) -> Result<PathBuf> {
    free_name(&folder_of(data), "aside-", now)
}

fn alone(data: &Path) -> Result<InUse> {
    let in_use = InUse::enter(data)?;
    if in_use.is_alone { Ok(in_use) } else { Err(Error::Busy) }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HALF_HOUR: i64 = 1_800_000;

    #[test]
    fn months_are_those_of_the_calendar() {
        // 2024-02-29 and 2024-03-01, 2023-12-31 and 2024-01-01, and the first of all.
        for (day, next, is_same) in
            [(19_782, 19_783, false), (19_722, 19_723, false), (19_723, 19_753, true), (0, 30, true), (30, 31, false)]
        {
            assert_eq!(month(day) == month(next), is_same, "{day} and {next}");
        }
    }

    #[test]
    fn a_year_of_half_hours_is_thinned_to_days_weeks_and_months() {
        let end = 1_790_000_000_000;
        let mut kept: BTreeSet<Millis> = BTreeSet::new();
        for n in 0..(365 * 48) {
            kept.insert(Millis(end + n * HALF_HOUR));
            kept = stay(&kept.iter().copied().collect::<Vec<_>>());
        }
        let all: Vec<Millis> = kept.into_iter().rev().collect();
        let last = all[0];
        let age = |n: usize| (last.0 - all[n].0) / HALF_HOUR;
        assert_eq!((0..NEWEST).map(age).collect::<Vec<_>>(), (0..NEWEST as i64).collect::<Vec<_>>(), "the newest are all there");
        let days: BTreeSet<i64> = all.iter().map(|at| at.day()).collect();
        assert!((0..DAILY as i64).all(|back| days.contains(&(last.day() - back))), "one of each of the last days");
        let weeks: BTreeSet<i64> = all.iter().map(|at| (at.day() + 3).div_euclid(7)).collect();
        assert!(weeks.len() >= WEEKLY, "{weeks:?}");
        let months: BTreeSet<i64> = all.iter().map(|at| month(at.day())).collect();
        assert_eq!(months.len(), MONTHLY, "{months:?}");
        assert!(all.len() <= NEWEST + DAILY + WEEKLY + MONTHLY, "{} are kept", all.len());
    }

    #[test]
    fn nothing_is_taken_away_where_there_is_little() {
        let few: Vec<Millis> = (0..NEWEST as i64).map(|n| Millis(n * HALF_HOUR)).collect();
        assert_eq!(stay(&few).len(), NEWEST);
        assert!(stay(&[]).is_empty());
    }
}
