//! The one writer. Callers come one by one and each runs its own change in the transaction that is open; whoever finds nobody waiting
//! behind commits for all. So a commit, which waits for the disk, is shared by as many as came meanwhile, and a change may
//! borrow from its caller.
//!
//! Invariant: nobody returns before the commit of the group that they were in, and all of a group hear the same of it.

use super::lock;
use crate::clock::Clock;
use crate::error::{Error, Result};
use crate::storage::mark::Mark;
use crate::storage::turn::Turn;
use crate::storage::{self, Conn, Identity, InUse, Open};
use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, PoisonError};

/// The most changes in one commit: more would make the first of them wait for the last.
const MOST: usize = 256;

pub(super) struct Writer {
    bus: Mutex<Bus>,
    /// Callers who have not got in yet. Each will, so that somebody always finds nobody behind.
    waiting: AtomicUsize,
    /// How often the file was opened anew.
    opened: Arc<AtomicUsize>,
}

struct Bus {
    folder: PathBuf,
    clock: Clock,
    /// None after the disk gave an error, until it was opened again and checked.
    open: Option<Open>,
    group: Option<Group>,
    opened: Arc<AtomicUsize>,
    /// Whether anything was committed here.
    has_written: bool,
    turn: Turn,
    /// The last to go: while the connection is being closed the folder is in use.
    in_use: InUse,
}

struct Group {
    size: usize,
    /// Rows that the connection had written before.
    written_before: u64,
    end: Arc<End>,
}

/// How a group ended, for those who wait for it.
#[derive(Default)]
struct End {
    how: Mutex<Option<Result<(), Arc<Error>>>>,
    told: Condvar,
}

impl End {
    fn tell(&self, how: Result<()>) {
        *lock(&self.how) = Some(how.map_err(Arc::new));
        self.told.notify_all();
    }

    fn wait(&self) -> Result<()> {
        let how = self.told.wait_while(lock(&self.how), |how| how.is_none()).unwrap_or_else(PoisonError::into_inner);
        match how.as_ref() {
            Some(Err(e)) => Err(e.again()),
            Some(Ok(())) | None => Ok(()),
        }
    }
}

/// What became of a change: its answer, or its panic.
type Ran<T> = Result<Result<T>, Box<dyn Any + Send>>;

impl Writer {
    pub fn open(folder: &Path, clock: &Clock) -> Result<Self> {
        let mut in_use = InUse::enter(folder)?;
        let open = Some(storage::open(folder, clock.now(), in_use.is_alone)?);
        in_use.share();
        let opened = Arc::new(AtomicUsize::new(0));
        let bus = Bus {
            folder: folder.to_owned(),
            clock: clock.clone(),
            open,
            group: None,
            opened: Arc::clone(&opened),
            has_written: false,
            turn: Turn::open(folder),
            in_use,
        };
        Ok(Self { bus: Mutex::new(bus), waiting: AtomicUsize::new(0), opened })
    }

    /// Runs a change among others and returns when it is durable.
    pub fn change<T>(&self, change: impl FnOnce(&Conn) -> Result<T>) -> Result<T> {
        let (ran, end) = {
            self.waiting.fetch_add(1, Ordering::SeqCst);
            let mut bus = lock(&self.bus);
            self.waiting.fetch_sub(1, Ordering::SeqCst);
            let (ran, end) = bus.ride(change)?;
            if bus.group.as_ref().is_some_and(|group| group.size >= MOST || self.waiting.load(Ordering::SeqCst) == 0) {
                bus.arrive();
            }
            (ran, end)
        };
        let arrived = end.wait();
        match ran {
            Ok(answer) => arrived.and(answer),
            Err(panic) => resume_unwind(panic),
        }
    }

    /// Puts a prepared copy in the place of all there is, once what is there was kept. Nobody writes between the two. See
    /// [`storage::backup::put_back`].
    pub fn replace<T>(&self, prepared: &Path, mark: &Mark, keep: impl FnOnce() -> Result<T>) -> Result<T> {
        let mut bus = lock(&self.bus);
        bus.arrive();
        bus.look_for_the_file()?;
        bus.turn.take()?;
        let done = bus.replace(prepared, mark, keep);
        bus.turn.give();
        bus.look_at(&done);
        done
    }

    /// Changes when the file was opened anew: what reads on from before reads another file, or what is not to be trusted.
    pub fn opened(&self) -> usize {
        self.opened.load(Ordering::SeqCst)
    }

    /// Asks the writer's own connection.
    pub fn ask<T>(&self, query: impl FnOnce(&Conn) -> Result<T>) -> Result<T> {
        query(lock(&self.bus).conn()?)
    }
}

impl Bus {
    /// A file that was moved away takes what is written to it along: nothing is written before it is back, or another one was opened.
    fn look_for_the_file(&mut self) -> Result<()> {
        let now = Identity::of(&self.folder)?;
        if self.open.as_ref().is_some_and(|open| open.identity != now) {
            self.let_go();
        }
        Ok(())
    }

    fn replace<T>(&mut self, prepared: &Path, mark: &Mark, keep: impl FnOnce() -> Result<T>) -> Result<T> {
        self.conn()?;
        let Some(open) = self.open.as_mut() else { return Err(Error::Storage("there is no connection".into())) };
        let kept = keep()?;
        storage::backup::put_back(prepared, &mut open.conn, &mut open.noted, mark)?;
        // What was put back is durable already; a fault that this meets is one of the disk all the same.
        let tidied = storage::backup::tidy_up(&open.conn);
        self.look_at(&tidied);
        Ok(kept)
    }

    fn let_go(&mut self) {
        if let Some(open) = self.open.take() {
            storage::let_go(open.conn);
        }
    }

    /// After an error of the disk nothing is trusted that was in memory: the file is opened and looked through as at a start.
    fn conn(&mut self) -> Result<&Conn> {
        let open = match self.open.take() {
            Some(open) => open,
            None => {
                Identity::of(&self.folder)?;
                let open = storage::open(&self.folder, self.clock.now(), false)?;
                let sound = storage::group::write_again(&open.conn, &self.folder).and_then(|()| storage::look_through(&open.conn));
                if let Err(e) = sound {
                    // Left as it is: in order, it would be written into the one file.
                    storage::let_go(open.conn);
                    return Err(e);
                }
                self.opened.fetch_add(1, Ordering::SeqCst);
                open
            }
        };
        Ok(&self.open.insert(open).conn)
    }

    /// Runs a change in the open group, or in a new one. The group is over afterwards where the database itself has ended it.
    fn ride<T>(&mut self, change: impl FnOnce(&Conn) -> Result<T>) -> Result<(Ran<T>, Arc<End>)> {
        if self.group.is_none() {
            self.look_for_the_file()?;
            self.turn.take()?;
            let begun = self.conn().and_then(storage::group::begin);
            let written_before = begun.inspect_err(|_| self.turn.give())?;
            self.group = Some(Group { size: 0, written_before, end: Arc::default() });
        }
        let (Some(group), Some(Open { conn, .. })) = (&mut self.group, &self.open) else {
            return Err(Error::Storage("a group has no connection".into()));
        };
        let ran = storage::group::enter(conn).and_then(|()| {
            let ran = catch_unwind(AssertUnwindSafe(|| change(conn)));
            if !storage::group::is_open(conn) || matches!(ran, Ok(Err(Error::DiskFault(_)))) {
                return Err(first_word(&ran));
            }
            storage::group::leave(conn, matches!(ran, Ok(Ok(_)))).map(|()| ran)
        });
        group.size += 1;
        let end = Arc::clone(&group.end);
        match ran {
            Ok(ran) => Ok((ran, end)),
            Err(e) => {
                let said = e.again();
                self.give_up(e);
                Ok((Ok(Err(said)), end))
            }
        }
    }

    /// Commits what is open, and tells those who wait.
    fn arrive(&mut self) {
        let Some((group, open)) = self.group.take().zip(self.open.as_mut()) else { return };
        let done = storage::group::commit(&open.conn, group.written_before, &open.noted).map(|now| {
            if let Some(now) = now {
                open.noted.note(now);
                self.has_written = true;
            }
        });
        self.turn.give();
        self.look_at(&done);
        group.end.tell(done);
    }

    /// Nothing of the group is left; all who are in it are told why.
    fn give_up(&mut self, why: Error) {
        if let Some(open) = &self.open {
            storage::group::roll_back(&open.conn);
        }
        self.turn.give();
        let failed = Err(why);
        self.look_at(&failed);
        if let Some(group) = self.group.take() {
            group.end.tell(failed);
        }
    }

    /// Whether an error says that the disk, and so what is in memory of it, is not to be trusted.
    fn look_at<T>(&mut self, done: &Result<T>) {
        if matches!(done, Err(Error::DiskFault(_))) {
            self.let_go();
        }
    }
}

impl Drop for Bus {
    fn drop(&mut self) {
        let Some(open) = &mut self.open else { return };
        // Who was killed before may have left it open; who has it open still does this themselves.
        let is_left_open = storage::mark::get(&open.conn).is_ok_and(|mark| !mark.shut);
        if self.has_written || is_left_open && self.in_use.is_left_alone() {
            // Where it fails, the next start reads what was committed from the `-wal`.
            if let Ok(now) = storage::group::shut(&open.conn, &open.noted) {
                open.noted.note(now);
            }
        }
    }
}

/// Why a change ended the whole group.
fn first_word<T>(ran: &Ran<T>) -> Error {
    match ran {
        Ok(Err(e)) => e.again(),
        Ok(Ok(_)) | Err(_) => Error::Storage("a change ended the transaction that it was in".into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::changes::Changes;
    use crate::desk::Desk;
    use crate::storage::setting;
    use crate::testing::desk;
    use std::time::{Duration, Instant};
    use tempfile::TempDir;

    type Change = Box<dyn FnOnce(&Conn) -> Result<()> + Send>;

    fn set(key: &str) -> Change {
        let key = key.to_owned();
        Box::new(move |c| setting::set(c, &key, "1"))
    }

    fn kept(desk: &Desk) -> Vec<String> {
        let all = ["first", "a", "b", "c", "d"];
        all.into_iter().filter(|key| desk.read(|c| setting::get(c, key)).unwrap().is_some()).map(str::to_owned).collect()
    }

    /// Puts all of these into one commit: the first one holds the door until the others stand before it.
    fn together(desk: &Desk, changes: Vec<Change>) -> Vec<std::thread::Result<Result<()>>> {
        let others = changes.len();
        std::thread::scope(|scope| {
            let (tell, inside) = std::sync::mpsc::channel();
            let first = scope.spawn(move || {
                desk.transact(|c, _, _| {
                    tell.send(()).unwrap();
                    let deadline = Instant::now() + Duration::from_secs(60);
                    while desk.writer.waiting.load(Ordering::SeqCst) < others {
                        assert!(Instant::now() < deadline, "the others do not come");
                        std::thread::yield_now();
                    }
                    setting::set(c, "first", "1")
                })
            });
            inside.recv().unwrap();
            let threads: Vec<_> = changes.into_iter().map(|change| scope.spawn(move || desk.transact(|c, _, _| change(c)))).collect();
            std::iter::once(first.join()).chain(threads.into_iter().map(|thread| thread.join())).collect()
        })
    }

    fn office() -> (TempDir, Desk) {
        let folder = TempDir::new().unwrap();
        let (desk, _) = desk(folder.path()).unwrap();
        (folder, desk)
    }

    #[test]
    fn changes_that_come_together_share_a_commit() {
        let (_folder, desk) = office();
        let before = desk.read(storage::mark::get).unwrap();
        let done = together(&desk, vec![set("a"), set("b"), set("c")]);
        assert!(done.iter().all(|one| matches!(one, Ok(Ok(())))), "{done:?}");
        assert_eq!(kept(&desk), ["first", "a", "b", "c"]);
        assert_eq!(desk.read(storage::mark::get).unwrap().commits - before.commits, 1, "one commit for four changes");
    }

    #[test]
    fn one_that_fails_leaves_nothing_and_the_others_go_on() {
        let (_folder, desk) = office();
        let fails: Change = Box::new(|c| {
            setting::set(c, "b", "1")?;
            Err(Error::Cancelled)
        });
        let done = together(&desk, vec![set("a"), fails, set("c")]);
        let fine = done.iter().filter(|one| matches!(one, Ok(Ok(())))).count();
        assert_eq!((fine, matches!(done[2], Ok(Err(Error::Cancelled)))), (3, true), "{done:?}");
        assert_eq!(kept(&desk), ["first", "a", "c"]);
    }

    #[test]
    fn one_that_panics_leaves_nothing_and_the_others_go_on() {
        let (_folder, desk) = office();
        let panics: Change = Box::new(|c| {
            setting::set(c, "b", "1")?;
            panic!("a mistake of ours, made on purpose")
        });
        let done = together(&desk, vec![set("a"), panics, set("c")]);
        assert!(done[2].is_err(), "the panic is told where it was made");
        assert_eq!(kept(&desk), ["first", "a", "c"]);
        desk.transact(|c, _, _| setting::set(c, "d", "1")).expect("and work goes on");
    }

    #[test]
    fn a_commit_that_fails_is_told_to_all_of_its_group_and_leaves_nothing() {
        let (_folder, desk) = office();
        // Seen by the commit only.
        let breaks: Change = Box::new(|c| {
            c.execute_batch("PRAGMA defer_foreign_keys = ON; INSERT INTO skip VALUES (4711, 'nobody', 0)").map_err(Error::from)
        });
        let done = together(&desk, vec![set("a"), breaks, set("c")]);
        assert!(done.iter().all(|one| matches!(one, Ok(Err(Error::Storage(_))))), "{done:?}");
        assert_eq!(kept(&desk), [""; 0]);
        desk.transact(|c, _, _| setting::set(c, "d", "1")).expect("the next one is not hindered");
    }

    #[test]
    fn k4_after_an_error_of_the_disk_the_group_is_given_up_and_the_file_is_opened_anew() {
        let (_folder, desk) = office();
        let fault: Change = Box::new(|c| {
            // Of this connection only, so that a new one is told apart.
            c.execute_batch("CREATE TEMP TABLE old (x)").map_err(Error::from)?;
            Err(Error::DiskFault("an invented one".into()))
        });
        let done = together(&desk, vec![set("a"), fault]);
        assert!(done.iter().any(|one| matches!(one, Ok(Err(Error::DiskFault(_))))), "{done:?}");
        assert!(done.iter().all(|one| matches!(one, Ok(Ok(()) | Err(Error::DiskFault(_))))), "{done:?}");
        let told = done.iter().filter(|one| matches!(one, Ok(Ok(())))).count();
        assert_eq!(kept(&desk).len(), told, "what was acknowledged is there and nothing else");
        desk.transact(|c, _, _| setting::set(c, "d", "1")).expect("work goes on");
        let old: i64 = desk.transact(|c, _, _| Ok(c.query_row("SELECT count(*) FROM temp.sqlite_schema", [], |r| r.get(0))?)).unwrap();
        assert_eq!(old, 0, "on another connection");
    }

    #[test]
    fn many_at_once_are_each_done_once_and_the_listener_hears_of_each_after_its_commit() {
        let (_folder, desk) = office();
        let (told, missing) = (AtomicUsize::new(0), AtomicUsize::new(0));
        let desk = Arc::new(desk);
        let counts = Arc::new((told, missing));
        let (weak, theirs) = (Arc::downgrade(&desk), Arc::clone(&counts));
        desk.listen(move |changes: &Changes| {
            let desk = weak.upgrade().unwrap();
            let item = changes.items[0];
            theirs.0.fetch_add(1, Ordering::SeqCst);
            if desk.read(|c| setting::get(c, &item.to_string())).unwrap().is_none() {
                theirs.1.fetch_add(1, Ordering::SeqCst);
            }
        });
        const EACH: i64 = 40;
        std::thread::scope(|scope| {
            for thread in 0..16 {
                let desk = &desk;
                scope.spawn(move || {
                    for n in 0..EACH {
                        let id = crate::ItemId(thread * EACH + n);
                        let value = desk
                            .transact(|c, _, changes| {
                                changes.items.push(id);
                                let so_far: i64 = setting::get(c, "sum")?.map_or(0, |sum| sum.parse().unwrap());
                                setting::set(c, "sum", &(so_far + 1).to_string())?;
                                setting::set(c, &id.to_string(), "1")?;
                                Ok(so_far)
                            })
                            .unwrap();
                        assert!(value < 16 * EACH);
                    }
                });
            }
        });
        let sum = desk.read(|c| setting::get(c, "sum")).unwrap();
        assert_eq!(sum.as_deref(), Some("640"), "each saw what those before it had done");
        assert_eq!((counts.0.load(Ordering::SeqCst), counts.1.load(Ordering::SeqCst)), (640, 0));
    }
}
