//! Which files belong together. Every commit counts the *mark* on, a row of `meta`: the database's generation and the number of commits in it.
//! What was committed last also stands beside the database, in `gait.mark`, with the newest entry of the log. So three numbers can be read before anything is
//! opened for writing: that of `gait.db` as it lies there, those in its `-wal`, and the last one that was acknowledged.
//!
//! Invariant: a file that lacks commits, or has a `-wal` of another time or database beside it, is named and left as it is. `gait.mark` is
//! written after the commit that it names: it may lag (after a power cut), but never be ahead.

use super::event::{self, Head};
use super::{Conn, file};
use crate::error::{Error, Result};
use crate::files;
use rusqlite::{Connection, OpenFlags, OptionalExtension};
use sha2::{Digest, Sha256};
use std::fs::File;
use std::io::{BufReader, ErrorKind, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

/// What the row begins with, so that it is found in a page as it lies on the disk.
const MAGIC: &str = "gait-mark:";
const GENERATION: usize = 32;
const DIGITS: usize = 20;
const LENGTH: usize = MAGIC.len() + GENERATION + 1 + DIGITS + 1 + 4;

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Mark {
    /// A new one with each database and each restore.
    pub generation: String,
    pub commits: u64,
    /// The last commit was that of a desk that was closed in order: all is in the one file.
    pub shut: bool,
}

impl Mark {
    pub fn new() -> Self {
        Self { generation: uuid::Uuid::now_v7().simple().to_string(), commits: 0, shut: false }
    }

    /// Whether a copy with that mark holds all that there is. To be closed in order counts as a commit and changes nothing.
    pub fn changed_nothing_since(&self, copy: &Self) -> bool {
        self.generation == copy.generation && self.commits - u64::from(self.shut).min(self.commits) <= copy.commits
    }

    /// Always of the same length, so that the row is overwritten where it lies.
    fn text(&self) -> String {
        format!("{MAGIC}{}:{:020}:{}", self.generation, self.commits, if self.shut { "shut" } else { "open" })
    }

    fn parse(text: &str) -> Option<Self> {
        let mut parts = text.strip_prefix(MAGIC)?.split(':');
        let (generation, commits, shut) = (parts.next()?, parts.next()?, parts.next()?);
        let shut = match shut {
            "shut" => true,
            "open" => false,
            _ => return None,
        };
        let is_whole = generation.len() == GENERATION && commits.len() == DIGITS && parts.next().is_none();
        is_whole.then_some(())?;
        Some(Self { generation: generation.to_owned(), commits: commits.parse().ok()?, shut })
    }
}

pub(crate) fn get(c: &Conn) -> Result<Mark> {
    find(c)?.ok_or_else(|| Error::Damaged("the row that counts commits is not there".into()))
}

pub(crate) fn find(c: &Conn) -> Result<Option<Mark>> {
    let text: Option<String> = c.prepare_cached("SELECT value FROM meta WHERE key = 'mark'")?.query_row([], |r| r.get(0)).optional()?;
    match text {
        None => Ok(None),
        Some(text) => Mark::parse(&text).map(Some).ok_or_else(|| Error::Damaged(format!("the row that counts commits is {text:?}"))),
    }
}

/// A file from before commits were counted begins to.
pub(crate) fn ensure(c: &Conn) -> Result<Mark> {
    if let Some(mark) = find(c)? {
        return Ok(mark);
    }
    c.execute("INSERT OR IGNORE INTO meta VALUES ('mark', ?1)", [Mark::new().text()])?;
    get(c)
}

/// Sets the mark, within the transaction that it counts.
pub(crate) fn set(c: &Conn, mark: &Mark) -> Result<()> {
    c.prepare_cached("INSERT INTO meta VALUES ('mark', ?1) ON CONFLICT DO UPDATE SET value = excluded.value")?.execute([mark.text()])?;
    Ok(())
}

/// One commit more.
pub(crate) fn count_on(c: &Conn, shut: bool) -> Result<Mark> {
    let last = get(c)?;
    let mark = Mark { commits: last.commits + 1, shut, ..last };
    set(c, &mark)?;
    Ok(mark)
}

// --- beside the database

/// What stands in `gait.mark`: the last commit that was acknowledged, the newest entry of the log then, and while a restore is under way the
/// generation that comes of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Beside {
    pub mark: Mark,
    pub coming: Option<String>,
    pub log: Option<Head>,
}

/// Digits of a row id and of a hash, with what stands between them.
const LOG: usize = 20 + 1 + 32;

fn sum_of(text: &str) -> String {
    let sum = Sha256::digest(text);
    sum[..4].iter().map(|byte| format!("{byte:02x}")).collect()
}

fn beside(folder: &Path) -> PathBuf {
    folder.join("gait.mark")
}

impl Beside {
    /// Always of the same length, so that it is written over where it lies.
    fn text(&self) -> String {
        let log = self.log.as_ref().map_or_else(|| "-".to_owned(), |head| format!("{:020}:{}", head.id, head.chain));
        let said = format!("{}\n{:GENERATION$}\n{log:LOG$}", self.mark.text(), self.coming.as_deref().unwrap_or("-"));
        format!("{said}:{}\n", sum_of(&said))
    }

    /// A log that is torn says nothing, and before there were chains nothing of it was said.
    fn parse(text: &str) -> Option<Self> {
        let mut lines = text.lines();
        let mark = Mark::parse(lines.next()?)?;
        let coming = lines.next()?.trim();
        let whole = text.trim_end().rsplit_once(':').filter(|(said, sum)| sum_of(said) == *sum);
        let log = whole.and_then(|(said, _)| said.lines().nth(2)?.split_once(':'));
        let log = log.and_then(|(id, chain)| Some(Head { id: id.parse().ok()?, chain: chain.to_owned() }));
        Some(Self { mark, coming: (coming.len() == GENERATION).then(|| coming.to_owned()), log })
    }

    /// What cannot be read says nothing: a power cut may have left it behind, or a copy of the folder lacks it.
    fn read(folder: &Path) -> Option<Self> {
        std::fs::read_to_string(beside(folder)).ok().and_then(|text| Self::parse(&text))
    }
}

/// The file beside the database, held open, and what is in it as far as this program knows.
pub(crate) struct Noted {
    file: Option<File>,
    last: Beside,
}

impl Noted {
    /// A file that is there is never replaced by another one: whoever has the database open writes on into that. Where somebody has, it is
    /// also left to them what stands in it.
    ///
    /// # Errors
    /// [`Error::File`] where it cannot be written.
    pub fn open(folder: &Path, c: &Conn, is_alone: bool) -> Result<Self> {
        let path = beside(folder);
        let stands = Beside::read(folder);
        let mark = get(c)?;
        let known = stands.as_ref().filter(|stands| stands.mark.generation == mark.generation).and_then(|stands| stands.log.clone());
        let now = Beside { mark, coming: None, log: event::head(c)?.or(known) };
        let Ok(file) = File::options().write(true).open(&path) else {
            files::write_whole(&path, |f| f.write_all(now.text().as_bytes()))?;
            return Ok(Self { file: File::options().write(true).open(&path).ok(), last: now });
        };
        let is_left = stands.as_ref().is_some_and(|stands| !is_alone || *stands == now);
        let mut noted = Self { file: Some(file), last: now.clone() };
        if !is_left {
            noted.note(now);
            noted.settle()?;
        }
        Ok(noted)
    }

    /// What is to be noted with a commit that is about to be made.
    ///
    /// # Errors
    /// [`Error::Damaged`] where the log does not go on from the entry that was noted last.
    pub fn next(&self, c: &Conn, mark: Mark) -> Result<Beside> {
        let known = self.last.log.as_ref().filter(|_| self.last.coming.is_none() && self.last.mark.generation == mark.generation);
        if let Some(known) = known
            && !event::has(c, known)?
        {
            return Err(Error::Damaged("its log was changed by something else than Gait while it was open".into()));
        }
        Ok(Beside { mark, coming: None, log: event::head(c)?.or_else(|| known.cloned()) })
    }

    /// After the commit. A failure is no loss: what stands there lags.
    pub fn note(&mut self, now: Beside) {
        let text = now.text();
        self.last = now;
        if let Some(file) = &mut self.file {
            drop(file.seek(SeekFrom::Start(0)).and_then(|_| file.write_all(text.as_bytes())));
        }
    }

    /// Durable before what follows.
    pub fn settle(&self) -> Result<()> {
        self.file.as_ref().map_or(Ok(()), |file| file.sync_all().map_err(Error::file("gait.mark", "written")))
    }
}

/// Takes the file away: whoever goes on with the database as it is begins anew.
pub(crate) fn forget(folder: &Path) -> Result<()> {
    match std::fs::remove_file(beside(folder)) {
        Err(e) if e.kind() != ErrorKind::NotFound => Err(Error::file(beside(folder), "removed")(e)),
        _ => Ok(()),
    }
}

// --- as the files lie there

/// What can be read without SQLite's taking part.
#[derive(Debug, Default, PartialEq, Eq)]
struct Lying {
    db: Option<Mark>,
    has_wal: bool,
    /// The first and the last mark in the `-wal`.
    wal: Option<(Mark, Mark)>,
    beside: Option<Beside>,
}

/// Whether the files belong together.
///
/// # Errors
/// [`Error::MixedDatabase`]; nothing was changed.
pub(crate) fn check(folder: &Path) -> Result<()> {
    let (path, beside) = (file(folder), Beside::read(folder));
    let why = if has_bytes(&path) { why_not(&Lying { beside, ..lying(&path) }) } else { gone(beside.as_ref(), &wal_of(&path)) };
    why.map_or(Ok(()), |why| Err(Error::MixedDatabase { path, why }))
}

pub(crate) fn has_bytes(path: &Path) -> bool {
    std::fs::metadata(path).is_ok_and(|file| file.len() > 0)
}

fn gone(beside: Option<&Beside>, wal: &Path) -> Option<String> {
    match beside {
        Some(beside) => Some(format!(
            "it is not there, or empty, and {} changes were made in it; the file `gait.mark` knows of it",
            beside.mark.commits
        )),
        None if has_bytes(wal) => Some("it is not there, or empty, and the file `gait.db-wal` holds changes that were made in it".into()),
        None => None,
    }
}

/// The files, whatever is noted beside them.
fn lying(path: &Path) -> Lying {
    let (db, root) = lying_in(path).unwrap_or_default();
    let wal_path = wal_of(path);
    let wal = root.and_then(|root| marks_in(&wal_path, Some(root)).ok().flatten());
    Lying { db, has_wal: wal_path.exists(), wal, beside: None }
}

/// Whether what does not begin as a database was torn as it was written back: then its first page is whole in the `-wal`, which is its own.
pub(crate) fn is_torn(folder: &Path) -> bool {
    let path = file(folder);
    let is_pages = std::fs::metadata(&path).is_ok_and(|found| found.is_file() && found.len().is_multiple_of(4096));
    let wal = || marks_in(&wal_of(&path), None).ok().flatten();
    is_pages && Beside::read(folder).zip(wal()).is_some_and(|(beside, (_, last))| beside.mark.generation == last.generation)
}

/// Whether a `-wal` lies beside the database that is not its own, or there is no database that it could belong to.
pub(crate) fn has_foreign_wal(folder: &Path) -> bool {
    let path = file(folder);
    if !has_bytes(&path) {
        return has_bytes(&wal_of(&path));
    }
    let lying = lying(&path);
    lying.wal.is_some() && why_not(&lying).is_some()
}

pub(crate) fn wal_of(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push("-wal");
    name.into()
}

/// Why these files are not of one database and one time.
fn why_not(lying: &Lying) -> Option<String> {
    let db = lying.db.as_ref()?;
    if let Some((first, last)) = &lying.wal {
        if db.generation != first.generation && db.generation != last.generation {
            return Some("the file `gait.db-wal` beside it belongs to another database, or to this one before a restore".into());
        }
        if db.generation == first.generation && db.commits + 1 < first.commits {
            return Some(format!(
                "it is older than the file `gait.db-wal` beside it: commits {} to {} are in neither",
                db.commits + 1,
                first.commits - 1
            ));
        }
        if db.generation == last.generation && db.commits > last.commits {
            return Some(format!(
                "the file `gait.db-wal` beside it is older: it ends with commit {}, and the database has {}",
                last.commits, db.commits
            ));
        }
    }
    let newest = lying.wal.as_ref().map_or(db, |(_, last)| last);
    match &lying.beside {
        Some(beside) if beside.coming.as_ref() == Some(&newest.generation) => None,
        Some(beside) if beside.mark.generation != newest.generation => {
            Some("another database was put in the place of the one that was here; the file `gait.mark` knows of it".into())
        }
        Some(beside) if newest.commits < beside.mark.commits => Some(missing(newest, &beside.mark, lying.has_wal)),
        Some(_) => None,
        None if !db.shut && !lying.has_wal => {
            Some("it was copied while it was open, without the file `gait.db-wal` that was beside it: the last changes are in that".into())
        }
        None => None,
    }
}

fn missing(newest: &Mark, acknowledged: &Mark, has_wal: bool) -> String {
    let (from, to) = (newest.commits + 1, acknowledged.commits);
    let how = if has_wal { "the file `gait.db-wal` beside it does not hold them" } else { "the file `gait.db-wal` beside it is gone" };
    format!("acknowledged changes are missing (commits {from} to {to}): {how}, or an older copy was put in its place")
}

/// Whether all that was acknowledged is there, asked of the database itself, which leaves out what is torn. What stands beside it is read
/// first: whoever commits meanwhile only adds to the database. What changes while it is asked (a restore, or half a line) says nothing.
///
/// # Errors
/// [`Error::MixedDatabase`]; those of the database.
pub(crate) fn check_opened(folder: &Path, c: &Conn) -> Result<()> {
    let mut beside = Beside::read(folder);
    loop {
        let lying = Lying { db: find(c)?, has_wal: true, wal: None, beside };
        let why = match why_not(&lying) {
            Some(why) => why,
            None if is_chained(c, &lying)? => return Ok(()),
            None => {
                "its log was changed by something else than Gait: it does not go on from the entry that the file `gait.mark` knows".into()
            }
        };
        let now = Beside::read(folder);
        if now == lying.beside {
            return Err(Error::MixedDatabase { path: file(folder), why });
        }
        beside = now;
    }
}

/// Whether the log has the entry that is known beside it. In the middle of a restore it need not.
fn is_chained(c: &Conn, lying: &Lying) -> Result<bool> {
    match (&lying.beside, &lying.db) {
        (Some(Beside { mark, coming: None, log: Some(head) }), Some(db)) if mark.generation == db.generation => event::has(c, head),
        _ => Ok(true),
    }
}

/// The mark of the one file, without what its `-wal` adds, and the page where it lies. Nothing where that cannot be read: a file of
/// an older version has none, and a kill in the middle of a checkpoint leaves a file that makes sense with its `-wal` only.
fn lying_in(path: &Path) -> Option<(Option<Mark>, Option<u32>)> {
    if std::fs::metadata(path).ok()?.len() == 0 {
        return None;
    }
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_URI | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let c = Connection::open_with_flags(uri(path), flags).ok()?;
    let root = c.query_row("SELECT rootpage FROM sqlite_schema WHERE name = 'meta'", [], |r| r.get(0)).ok();
    Some((find(&c).ok().flatten(), root))
}

/// Read as if nobody else could write: what lies beside it is left out.
pub(crate) fn uri(path: &Path) -> String {
    let text = path.to_string_lossy().replace('\\', "/");
    let lead = if text.starts_with('/') { "" } else { "/" };
    let mut uri = format!("file://{lead}");
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"/._-~:".contains(&byte) {
            uri.push(char::from(byte));
        } else {
            uri.push_str(&format!("%{byte:02X}"));
        }
    }
    uri + "?immutable=1"
}

/// The first and the last mark that were committed in a `-wal`, as <https://www.sqlite.org/fileformat2.html#walformat> lays it out. Frames of
/// an earlier use of the file, behind those of this one, have other salts; what is torn, another sum. Where the page is not known, all are
/// looked at.
fn marks_in(path: &Path, root: Option<u32>) -> std::io::Result<Option<(Mark, Mark)>> {
    let mut file = BufReader::with_capacity(1 << 16, File::open(path)?);
    let mut header = [0; 32];
    if file.read_exact(&mut header).is_err() {
        return Ok(None);
    }
    let page_size = number(&header, 8);
    let mut sum = Sum { is_big_endian: number(&header, 0) & 1 == 1, s: [0, 0] };
    sum.add(&header[..24]);
    if !(512..=65_536).contains(&page_size) || !sum.is(&header[24..]) {
        return Ok(None);
    }
    let (mut found, mut coming): (Option<(Mark, Mark)>, Option<Mark>) = (None, None);
    let (mut frame, mut page) = ([0; 24], vec![0; page_size as usize]);
    while file.read_exact(&mut frame).is_ok() && frame[8..16] == header[16..24] && file.read_exact(&mut page).is_ok() {
        sum.add(&frame[..8]);
        sum.add(&page);
        if !sum.is(&frame[16..]) {
            break;
        }
        if root.is_none_or(|root| number(&frame, 0) == root) {
            coming = mark_on(&page).or(coming);
        }
        // The last frame of a commit says how large the database is.
        if number(&frame, 4) != 0
            && let Some(mark) = coming.take()
        {
            found = Some((found.map_or_else(|| mark.clone(), |(first, _)| first), mark));
        }
    }
    Ok(found)
}

fn number(bytes: &[u8], at: usize) -> u32 {
    u32::from_be_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]])
}

/// The sum over a `-wal` up to a place, in words of the byte order that its first number names.
struct Sum {
    is_big_endian: bool,
    s: [u32; 2],
}

impl Sum {
    fn add(&mut self, bytes: &[u8]) {
        let [mut a, mut b] = self.s;
        for at in (0..bytes.len()).step_by(8) {
            let word = |at| if self.is_big_endian { number(bytes, at) } else { number(bytes, at).swap_bytes() };
            a = a.wrapping_add(word(at)).wrapping_add(b);
            b = b.wrapping_add(word(at + 4)).wrapping_add(a);
        }
        self.s = [a, b];
    }

    fn is(&self, written: &[u8]) -> bool {
        self.s == [number(written, 0), number(written, 4)]
    }
}

/// The newest mark on a page; what was there before may still lie in its free part.
fn mark_on(page: &[u8]) -> Option<Mark> {
    page.windows(LENGTH)
        .filter(|window| window.starts_with(MAGIC.as_bytes()))
        .filter_map(|window| Mark::parse(std::str::from_utf8(window).ok()?))
        .max_by_key(|mark| mark.commits)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mark(generation: &str, commits: u64) -> Mark {
        Mark { generation: generation.repeat(GENERATION), commits, shut: false }
    }

    fn said(db: Mark, wal: Option<(Mark, Mark)>, beside: Option<Beside>) -> Option<String> {
        why_not(&Lying { db: Some(db), has_wal: wal.is_some(), wal, beside })
    }

    fn acknowledged(generation: &str, commits: u64) -> Option<Beside> {
        Some(Beside { mark: mark(generation, commits), coming: None, log: None })
    }

    #[test]
    fn what_belongs_together_is_taken() {
        for (db, first, last) in [(9, 10, 20), (10, 10, 20), (15, 10, 20), (20, 10, 20)] {
            let wal = Some((mark("a", first), mark("a", last)));
            assert_eq!(said(mark("a", db), wal, acknowledged("a", last)), None, "{db}, {first} to {last}");
        }
        assert_eq!(said(mark("a", 20), None, acknowledged("a", 20)), None);
        assert_eq!(said(mark("a", 20), None, acknowledged("a", 19)), None, "after a power cut it lags");
        assert_eq!(said(Mark { shut: true, ..mark("a", 20) }, None, None), None, "a copy of what was closed");
        let restoring = Some(Beside { mark: mark("a", 900), coming: Some("b".repeat(GENERATION)), log: None });
        assert_eq!(said(mark("a", 899), Some((mark("a", 900), mark("b", 7))), restoring), None, "killed in the middle of a restore");
    }

    #[test]
    fn what_does_not_is_named() {
        let check = |db, wal, beside, words: &str| {
            let said = said(db, wal, beside).unwrap_or_default();
            assert!(said.contains(words), "{words:?} is not in {said:?}");
        };
        let wal = |first, last| Some((mark("a", first), mark("a", last)));
        check(mark("a", 7), wal(10, 20), acknowledged("a", 20), "commits 8 to 9 are in neither");
        check(mark("a", 21), wal(10, 20), acknowledged("a", 21), "is older: it ends with commit 20");
        check(mark("b", 12), wal(10, 20), None, "belongs to another database");
        check(mark("a", 12), None, acknowledged("a", 20), "commits 13 to 20");
        check(mark("a", 12), wal(11, 19), acknowledged("a", 20), "does not hold them");
        check(mark("b", 30), None, acknowledged("a", 20), "another database was put");
        check(mark("a", 12), None, None, "copied while it was open");
    }

    #[test]
    fn a_mark_is_read_back_from_a_page_and_from_the_file_beside() {
        let mark = Mark { commits: 4711, shut: true, ..Mark::new() };
        assert_eq!(mark.text().len(), LENGTH);
        let older = Mark { commits: 4710, ..mark.clone() };
        let page = format!("..{}gait-mark:torn{}..", older.text(), mark.text());
        assert_eq!(mark_on(page.as_bytes()), Some(mark.clone()));
        assert_eq!(mark_on(b"gait-mark:"), None);
        let log = Some(Head { id: 4712, chain: "0123456789abcdef".repeat(2) });
        for coming in [None, Some("c".repeat(GENERATION))] {
            for log in [None, log.clone()] {
                let beside = Beside { mark: mark.clone(), coming: coming.clone(), log };
                assert_eq!(beside.text().len(), LENGTH + 1 + GENERATION + 1 + LOG + 10);
                assert_eq!(Beside::parse(&beside.text()), Some(beside.clone()));
                let torn = beside.text().replace("4712:0123", "4712:0133");
                assert_eq!(Beside::parse(&torn).unwrap().log, None, "{torn}");
            }
        }
        let before = format!("{}\n{:GENERATION$}\n", mark.text(), "-");
        assert_eq!(Beside::parse(&before), Some(Beside { mark, coming: None, log: None }), "of a version that knew no chain");
        assert_eq!(Beside::parse("gait-mark:"), None);
    }

    #[test]
    fn a_path_with_marks_in_it_is_an_address() {
        assert_eq!(uri(Path::new("/a b/ü?#%.db")), "file:///a%20b/%C3%BC%3F%23%25.db?immutable=1");
        assert_eq!(uri(Path::new("C:\\x\\gait.db")), "file:///C:/x/gait.db?immutable=1");
    }
}
