//! What goes on behind the window: drafting, delivery, watched folders, the watch, and telling the window of it. A thread each; plain
//! loops over one step of flow, asleep when nothing is due.
//!
//! Invariant: a loop holds no state that the database lacks. Killed at any point, the next start goes on from there;
//! ended in order, it stops the draft that runs and leaves within one token.

use crate::dto::{Activity, AppEvent, Changes, EngineStatus, Trouble, TroubleKind, TroubleNow};
use crate::instance;
use crate::shell::{Rank, Shell, lock};
use crate::signal::Signal;
use flow::deliver::{Delivered, Lane, SENDERS};
use flow::folder::{EVERY, Watcher};
use flow::model::Cancel;
use flow::worker::{self, Presence, Ran, Told};
use flow::{Desk, Millis};
use post::Post;
use std::collections::VecDeque;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// The longest sleep: whatever was missed is found then.
const LONGEST: Duration = Duration::from_secs(60);
/// Before what failed is tried again.
const AGAIN: Duration = Duration::from_secs(2);
/// How long the end waits for a loop.
const PATIENCE: Duration = Duration::from_secs(5);

/// The running loops. They end with [`Loops::end`].
pub struct Loops {
    shell: Shell,
    threads: Vec<JoinHandle<()>>,
}

impl Loops {
    /// # Errors
    /// Where the system has no thread left.
    pub fn start(shell: &Shell) -> std::io::Result<Self> {
        let mut threads = Vec::new();
        for (name, work) in [
            ("drafting", drafting as fn(&Shell)),
            ("delivery", delivery),
            ("folders", folders),
            ("watch", watch),
            ("levels", levels),
            ("backup", backup),
            ("telling", telling),
        ] {
            let shell = shell.clone();
            threads.push(std::thread::Builder::new().name(name.into()).spawn(move || work(&shell))?);
        }
        for nth in 0..SENDERS {
            let shell = shell.clone();
            threads.push(std::thread::Builder::new().name(format!("sending {nth}")).spawn(move || sending(&shell, nth))?);
        }
        Ok(Self { shell: shell.clone(), threads })
    }

    /// Ends the loops and waits for them, but not for a sink or a disk that hangs: what was begun there is taken up by
    /// the next start.
    pub fn end(self) {
        self.shell.end();
        self.shell.local_api.end();
        let start = Instant::now();
        for thread in self.threads {
            while !thread.is_finished() && start.elapsed() < PATIENCE {
                std::thread::sleep(Duration::from_millis(5));
            }
            if !thread.is_finished() {
                tracing::warn!(name = thread.thread().name(), "a loop was left behind");
                continue;
            }
            let name = thread.thread().name().unwrap_or_default().to_owned();
            if thread.join().is_err() {
                tracing::error!(name, "a loop had panicked");
            }
        }
    }
}

/// How long until a moment of the desk's clock.
fn until(desk: &Desk, at: Millis) -> Duration {
    Duration::from_millis(u64::try_from(at.0.saturating_sub(desk.now().0)).unwrap_or(0))
}

// --- drafting

/// Items drafted at once: the engine reads the weights once for all of them.
const HANDS: usize = 8;

fn drafting(shell: &Shell) {
    let mut presence: Option<Presence> = None;
    while !shell.has_ended() {
        if shell.paused.load(Ordering::SeqCst) {
            shell.set_engine(|engine| *engine = EngineStatus { activity: Activity::Paused, model: engine.model.take(), ..idle() });
            shell.signals.drafting.wait(LONGEST);
            continue;
        }
        let rest = match shell.sound_desk() {
            Some(desk) => draft_what_waits(shell, &desk, &mut presence).unwrap_or_else(|e| {
                tracing::warn!(error = %e, "drafting stopped");
                shell.notice(&e);
                AGAIN
            }),
            // The window says why; opening it is tried again by the watch.
            None => LONGEST,
        };
        if !shell.paused.load(Ordering::SeqCst) {
            shell.set_engine(|engine| *engine = EngineStatus { model: engine.model.take(), ..idle() });
            shell.signals.drafting.wait(rest.min(LONGEST));
        }
    }
}

fn idle() -> EngineStatus {
    EngineStatus { activity: Activity::Idle, model: None, done: 0, total: 0, tokens_per_second: 0.0, seconds_left: None }
}

/// Drafts all that waits, and says how long to rest then.
fn draft_what_waits(shell: &Shell, desk: &Arc<Desk>, presence: &mut Option<Presence>) -> flow::Result<Duration> {
    let presence = match presence {
        Some(presence) => presence,
        None => presence.insert(Presence::enter(desk)?),
    };
    desk.free_dead_claims()?;
    let (waiting, next) = desk.drafting_backlog()?;
    let rest = next.map_or(LONGEST, |at| until(desk, at));
    if waiting == 0 || !rest.is_zero() {
        return Ok(rest);
    }
    let named = desk.use_cases()?.into_iter().find(|case| case.counts.of(flow::item::State::Received) > 0).and_then(|case| case.model_name);
    shell.set_engine(|engine| engine.model = named);
    // A fresh switch, put where pausing and ending find it; then look whether they came before it.
    let cancel = Cancel::default();
    *lock(&shell.drafting) = cancel.clone();
    if shell.has_ended() || shell.paused.load(Ordering::SeqCst) {
        return Ok(Duration::ZERO);
    }
    let batch = Mutex::new(Batch::new(waiting));
    worker::draft_waiting(desk, shell.drafter(), presence, &cancel, HANDS, None, &|told| {
        let mut batch = lock(&batch);
        match told {
            Told::Token => batch.token(),
            Told::Ran(ran) => {
                note(shell, &cancel, &ran);
                batch.ran(desk, &ran);
            }
        }
        if !shell.paused.load(Ordering::SeqCst) {
            shell.set_engine(|engine| batch.show(engine));
        }
    })?;
    // What was put back says when it is tried again.
    Ok(if cancel.is_cancelled() { Duration::ZERO } else { MOMENT })
}

/// What went wrong with an item, into the log, and to the watch, which tells the window of a model's trouble.
fn note(shell: &Shell, cancel: &Cancel, ran: &Ran) {
    match ran {
        Ran::Failed(item, why) => tracing::warn!(item = item.0, why, "an item could not be drafted"),
        Ran::PutBack(item, why) if !cancel.is_cancelled() => tracing::warn!(item = item.0, why, "an item was put back"),
        Ran::PutBack(..) | Ran::Drafted(_) | Ran::Idle => return,
    }
    shell.signals.watch.ring();
}

/// Drafts made without a rest between them, for the progress display.
struct Batch {
    start: Instant,
    done: u32,
    waiting: u32,
    /// When the tokens of the last seconds came.
    tokens: VecDeque<Instant>,
}

/// The rate is that of the last seconds.
const RECENT: Duration = Duration::from_secs(4);

impl Batch {
    fn new(waiting: i64) -> Self {
        Self { start: Instant::now(), done: 0, waiting: u32::try_from(waiting).unwrap_or(u32::MAX), tokens: VecDeque::new() }
    }

    fn ran(&mut self, desk: &Desk, ran: &Ran) {
        self.done += u32::from(matches!(ran, Ran::Drafted(_) | Ran::Failed(..)));
        // New requests may have come in meanwhile.
        if let Ok((waiting, _)) = desk.drafting_backlog() {
            self.waiting = u32::try_from(waiting).unwrap_or(u32::MAX);
        }
    }

    fn token(&mut self) {
        let now = Instant::now();
        self.tokens.push_back(now);
        while self.tokens.front().is_some_and(|first| now - *first > RECENT) {
            self.tokens.pop_front();
        }
    }

    fn show(&self, engine: &mut EngineStatus) {
        engine.activity = Activity::Drafting;
        engine.done = self.done;
        engine.total = self.done.saturating_add(self.waiting);
        engine.tokens_per_second = match (self.tokens.front(), self.tokens.back()) {
            (Some(first), Some(last)) if last > first => (self.tokens.len() - 1) as f64 / (*last - *first).as_secs_f64(),
            _ => 0.0,
        };
        engine.seconds_left = (self.done > 0).then(|| self.start.elapsed().as_secs_f64() / f64::from(self.done) * f64::from(self.waiting));
    }
}

// --- delivery

/// What goes into files, and notices.
fn delivery(shell: &Shell) {
    deliver(shell, Lane::Files, &shell.signals.delivery);
}

/// What leaves the program: a receiver that is slow holds up no file, nor the other receivers.
fn sending(shell: &Shell, nth: usize) {
    deliver(shell, Lane::Out, &shell.signals.sending[nth]);
}

fn deliver(shell: &Shell, lane: Lane, signal: &Signal) {
    while !shell.has_ended() {
        let rest = match shell.sound_desk() {
            Some(desk) => deliver_due(shell, &desk, lane).unwrap_or_else(|e| {
                tracing::warn!(error = %e, "delivery stopped");
                shell.notice(&e);
                AGAIN
            }),
            None => LONGEST,
        };
        signal.wait(rest.min(LONGEST));
    }
}

/// Delivers what is due and says when to look again.
fn deliver_due(shell: &Shell, desk: &Desk, lane: Lane) -> flow::Result<Duration> {
    let carrier = Post::until(shell.delivering.clone());
    while !shell.has_ended() {
        match desk.deliver_next_in(lane, &carrier)? {
            Delivered::Nothing => break,
            // What fails is kept, and logged there.
            Delivered::Done | Delivered::Failed(_) => {}
        }
    }
    let trouble = desk.delivery_trouble()?.map(|why| {
        Trouble::new(
            TroubleKind::Delivery,
            &format!("approved texts cannot go out: {why}. They are kept and sent when it is possible again."),
        )
    });
    shell.settle(Rank::Delivery, trouble);
    // What has no sink is done when it can no longer be taken back, which `next_delivery_in` does not know of.
    let undo = Duration::from_secs(desk.settings()?.undo_seconds.into()).max(AGAIN);
    let next = desk.next_delivery_in(lane)?.map_or(undo, |at| until(desk, at).min(undo));
    // What is due and was not given out is in another program's hands.
    Ok(next.max(MOMENT))
}

const MOMENT: Duration = Duration::from_millis(100);

// --- folders that requests come in by

fn folders(shell: &Shell) {
    let mut watcher = Watcher::default();
    while !shell.has_ended() {
        if let Some(desk) = shell.sound_desk()
            && let Err(e) = look_into_folders(shell, &desk, &mut watcher)
        {
            tracing::warn!(error = %e, "the watched folders were not looked at");
            shell.notice(&e);
        }
        shell.signals.folders.wait(EVERY);
    }
}

fn look_into_folders(shell: &Shell, desk: &Desk, watcher: &mut Watcher) -> flow::Result<()> {
    watcher.look(desk, &shell.levels)?;
    let trouble = desk.folders()?.into_iter().find_map(|folder| {
        let why = folder.seen.trouble?;
        let words = format!("{}: {why}. It is looked at again all the time, and read when it can be.", folder.path.display());
        Some(Trouble::new(TroubleKind::Folder, &words))
    });
    shell.settle(Rank::Folder, trouble);
    Ok(())
}

// --- the watch

/// How often the database is asked whether another process wrote.
const GLANCE: Duration = Duration::from_secs(1);

fn watch(shell: &Shell) {
    let mut version = None;
    let mut round: u32 = 0;
    let mut is_new = true;
    while !shell.has_ended() {
        if let Ok(desk) = shell.desk() {
            if std::mem::take(&mut is_new) {
                renew_starter(shell, &desk);
            }
            match desk.data_version() {
                Ok(now) => {
                    // The first time too: something may have been written since the page looked.
                    if version.replace(now) != Some(now) {
                        shell.changed(&flow::Changes::all());
                    }
                }
                Err(e) => shell.notice(&e),
            }
            if let Err(e) = desk.look_for_the_file() {
                shell.notice_once(&e);
            } else {
                look_at_the_disk(shell);
            }
            shell.look_for_the_person();
            if round.is_multiple_of(5) {
                look_at_the_models(shell, &desk);
                // Also where a port was taken a moment ago.
                if shell.local_api.switch(&desk) {
                    shell.changed(&flow::Changes { activity: true, ..flow::Changes::default() });
                }
            }
        } else if round.is_multiple_of(5) {
            shell.try_open();
        }
        if instance::was_asked_to_show(shell.folder()) {
            shell.raise();
        }
        if shell.signals.watch.wait(GLANCE) {
            round = 0;
        } else {
            round = round.wrapping_add(1);
        }
    }
}

/// A new version of Gait may bring a new starter model.
fn renew_starter(shell: &Shell, desk: &Desk) {
    let Some(sample) = shell.sample() else { return };
    match desk.renew_starter(shell.drafter(), &sample) {
        Ok(true) => tracing::info!("the sample has a new starter model"),
        Ok(false) => {}
        Err(e) => tracing::warn!(error = %e, "the sample keeps its old starter model"),
    }
}

/// Clears a full or read-only disk once a file can be written again.
fn look_at_the_disk(shell: &Shell) {
    if lock(&shell.news).troubles.contains_key(&Rank::Disk) && can_write(shell.folder()).is_ok() {
        shell.settle(Rank::Disk, None);
        shell.signals.drafting.ring();
        shell.signals.delivery.ring();
        shell.signals.sending.iter().for_each(Signal::ring);
    }
}

/// As much as a few commits need.
const ROOM: usize = 256 * 1024;

fn can_write(folder: &std::path::Path) -> std::io::Result<()> {
    let path = folder.join(format!(".room.{}", std::process::id()));
    let written = std::fs::write(&path, vec![0u8; ROOM]).and_then(|()| std::fs::File::open(&path)?.sync_all());
    drop(std::fs::remove_file(&path));
    written
}

fn look_at_the_models(shell: &Shell, desk: &Desk) {
    let models = match desk.models() {
        Ok(models) => models,
        Err(e) => return shell.notice(&e),
    };
    let trouble = models.iter().filter(|model| !model.used_by.is_empty()).find_map(|model| {
        let why = model.trouble()?;
        let cases = model.used_by.join(", ");
        let words = format!(
            "{cases} cannot draft: {why}. Requests and drafts are kept; put the file back, or choose another model for the use case."
        );
        Some(Trouble::new(TroubleKind::Model, &words))
    });
    shell.settle(Rank::Model, trouble);
}

// --- levels

/// How often it is looked for what lowers a level without a verdict.
const LEVELS_EVERY: Duration = Duration::from_secs(30);

fn levels(shell: &Shell) {
    while !shell.has_ended() {
        if let Some(desk) = shell.sound_desk() {
            match desk.watch_levels(&shell.levels) {
                Ok(fell) => {
                    fell.iter().for_each(|fell| tracing::warn!(use_case = fell.use_case.0, cause = fell.cause.as_str(), "a level fell"))
                }
                Err(e) => {
                    tracing::warn!(error = %e, "levels were not looked at");
                    shell.notice(&e);
                }
            }
        }
        shell.signals.levels.wait(LEVELS_EVERY);
    }
}

// --- backups

/// How often it is asked whether one is due; the first time so long after the start, which has enough to do.
const BACKUP_LOOK: Duration = Duration::from_secs(60);

fn backup(shell: &Shell) {
    shell.signals.backup.wait(BACKUP_LOOK);
    while !shell.has_ended() {
        if let Some(desk) = shell.sound_desk() {
            match desk.back_up_if_due(&shell.backing_up) {
                Ok(made) => {
                    if let Some(made) = made {
                        tracing::info!(name = made.name, bytes = made.bytes, "a backup was made");
                    }
                    shell.settle(Rank::Backup, None);
                }
                Err(flow::Error::Cancelled) => {}
                Err(e) => {
                    tracing::warn!(error = %e, "no backup was made");
                    let words = format!("no backup could be made: {e}. It is tried again each minute; the work goes on.");
                    shell.settle(Rank::Backup, Some(Trouble::new(TroubleKind::Backup, &words)));
                }
            }
        }
        shell.signals.backup.wait(BACKUP_LOOK);
    }
}

// --- telling the window

/// Between two reports of the same kind.
const CHANGES_EVERY: Duration = Duration::from_millis(50);
const ENGINE_EVERY: Duration = Duration::from_millis(200);

fn telling(shell: &Shell) {
    // Not what there is at the start: who listens already may have heard of something else.
    let mut told_trouble: Option<Option<Trouble>> = None;
    let mut told_engine = shell.engine_status();
    let mut engine_at = Instant::now();
    let mut rest = Duration::ZERO;
    while !shell.has_ended() {
        shell.signals.telling.wait(rest);
        rest = LONGEST;
        let (changes, mut engine, trouble) = {
            let mut news = lock(&shell.news);
            (std::mem::take(&mut news.changes), news.engine.clone(), news.troubles.values().next().cloned())
        };
        if told_trouble.as_ref() != Some(&trouble) {
            shell.tell(&AppEvent::Trouble(TroubleNow(trouble.clone())));
            told_trouble = Some(trouble);
        }
        match engine.activity {
            Activity::Drafting => {
                if shell.is_loading() {
                    engine.activity = Activity::Loading;
                }
                // The display goes on while a prompt is read or a model loads.
                rest = ENGINE_EVERY;
            }
            Activity::Idle | Activity::Loading | Activity::Paused => {}
        }
        if engine != told_engine {
            let due = ENGINE_EVERY.saturating_sub(engine_at.elapsed());
            if due.is_zero() || engine.activity != told_engine.activity {
                shell.tell(&AppEvent::Engine(engine.clone()));
                told_engine = engine;
                engine_at = Instant::now();
            } else {
                rest = due;
            }
        }
        if !changes.is_empty() {
            shell.tell(&AppEvent::Changed(Changes::from(&changes)));
            // What comes within this time is told together.
            std::thread::sleep(CHANGES_EVERY);
        }
    }
}
