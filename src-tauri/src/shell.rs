//! What the commands and the loops share: the desk (or why there is none), the model, who listens, and what runs.
//!
//! Invariant: nothing here decides anything about an item; flow does. A database that cannot be opened is a sentence on
//! the window, never a panic.

use crate::dto::{Activity, AppEvent, CommandError, EngineStatus, ErrorCode, PickKind, Trouble, TroubleKind, TroubleNow};
use crate::local_api::LocalApi;
use crate::signal::Signal;
use flow::deliver::SENDERS;
use flow::model::{Cancel, Drafter};
use flow::{Clock, Desk, Person};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, Once, OnceLock, PoisonError};
use std::time::{Duration, Instant};
use tauri::ipc::Channel;

type Raiser = Box<dyn Fn() + Send + Sync>;
type Picker = Box<dyn Fn(PickKind) -> Option<PathBuf> + Send + Sync>;
/// Asks where a report is to be saved, with a name to begin with.
type ReportPicker = Box<dyn Fn(&str) -> Option<PathBuf> + Send + Sync>;
/// Takes the factor.
type Zoomer = Box<dyn Fn(f64) -> Result<(), String> + Send + Sync>;
type Printer = Box<dyn Fn() -> Result<(), String> + Send + Sync>;

/// How long after the last touch of a person the window counts as left.
const STILL: Duration = Duration::from_secs(20);

/// One program's state. Clones share it.
#[derive(Clone)]
pub struct Shell(Arc<Shared>);

pub struct Shared {
    folder: PathBuf,
    models: Option<PathBuf>,
    drafter: Arc<dyn Drafter>,
    tokenizers: engine::Tokenizers,
    engine: Engine,
    /// One measurement at a time.
    pub(crate) measuring: Mutex<()>,
    desk: Mutex<Option<Arc<Desk>>>,
    listeners: Mutex<Vec<Channel<AppEvent>>>,
    /// What can be stopped, by the token that the page gave it.
    jobs: Mutex<HashMap<String, Cancel>>,
    picker: OnceLock<Picker>,
    report_picker: OnceLock<ReportPicker>,
    /// Opens the system's print dialog for the window.
    printer: OnceLock<Printer>,
    /// Enlarges all that is in the window.
    zoomer: OnceLock<Zoomer>,
    /// Brings the window to the front.
    raiser: OnceLock<Raiser>,
    started: Instant,
    greeted: Once,
    pub(crate) news: Mutex<News>,
    pub(crate) signals: Signals,
    pub(crate) paused: AtomicBool,
    pub(crate) ended: AtomicBool,
    pub(crate) local_api: LocalApi,
    /// Stops the draft that runs now.
    pub(crate) drafting: Mutex<Cancel>,
    /// Ends the reading of a model's file that looks changed, and of watched folders.
    pub(crate) levels: Cancel,
    /// Ends the copying of the database.
    pub(crate) backing_up: Cancel,
    pub(crate) delivering: Cancel,
    /// When a person last did something in the window, while a core is left free for it.
    last_active: Mutex<Option<Instant>>,
}

/// What the shell asks of the engine beside drafts.
pub(crate) struct Engine {
    /// Whether it reads a model file at the moment.
    loading: Box<dyn Fn() -> bool + Send + Sync>,
    /// Leaves a core to others, or takes it back.
    leave_a_core_free: Box<dyn Fn(bool) + Send + Sync>,
    /// Gives the memory of the loaded model back.
    unload: Box<dyn Fn() + Send + Sync>,
    /// Starts another engine, with nothing loaded, to measure with.
    another: Box<dyn Fn() -> std::io::Result<Another> + Send + Sync>,
}

/// An engine of its own; it ends when it is dropped.
pub(crate) struct Another {
    pub drafter: Arc<dyn Drafter>,
    /// The most memory that its process has had so far.
    pub peak: Box<dyn Fn() -> Option<u64>>,
}

/// One bell for each loop.
#[derive(Default)]
pub(crate) struct Signals {
    pub drafting: Signal,
    pub levels: Signal,
    pub backup: Signal,
    pub delivery: Signal,
    /// A bell for each sender.
    pub sending: [Signal; SENDERS],
    pub folders: Signal,
    pub watch: Signal,
    pub telling: Signal,
}

/// What the window has not been told yet, and what it was told last.
pub(crate) struct News {
    pub changes: flow::Changes,
    pub engine: EngineStatus,
    pub troubles: BTreeMap<Rank, Trouble>,
}

/// The worst first: the window shows one trouble at a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Rank {
    Database,
    Disk,
    Delivery,
    Model,
    Folder,
    Backup,
}

/// A lock that a panicking holder left behind is still good: each holds plain values.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl std::ops::Deref for Shell {
    type Target = Shared;

    fn deref(&self) -> &Shared {
        &self.0
    }
}

impl Shell {
    /// The product: a data folder, the models where the environment says, and the local engine in its own process.
    ///
    /// # Errors
    /// Where the system does not know this program's file.
    pub fn open(folder: PathBuf) -> std::io::Result<Self> {
        let engine = engine::EngineProcess::of_this_program()?;
        let (status, loaded, busy) = (engine.clone(), engine.clone(), engine.clone());
        let asked = Engine {
            loading: Box::new(move || matches!(status.status(), engine::Status::Loading { .. })),
            leave_a_core_free: Box::new(move |free| busy.leave_a_core_free(free)),
            unload: Box::new(move || loaded.unload()),
            another: Box::new(|| {
                let engine = engine::EngineProcess::of_this_program()?;
                let process = engine.clone();
                let peak = move || process.process_id().and_then(flow::machine::peak_memory);
                Ok(Another { drafter: Arc::new(engine), peak: Box::new(peak) })
            }),
        };
        Ok(Self::new(folder, flow::sample::bundled_models(), Arc::new(engine), asked))
    }

    /// Another model and other folders, for tests.
    pub fn with_drafter(folder: &Path, models: Option<&Path>, drafter: Arc<dyn Drafter>) -> Self {
        let again = Arc::clone(&drafter);
        let engine = Engine {
            loading: Box::new(|| false),
            leave_a_core_free: Box::new(|_| {}),
            unload: Box::new(|| {}),
            another: Box::new(move || Ok(Another { drafter: Arc::clone(&again), peak: Box::new(|| None) })),
        };
        Self::new(folder.to_owned(), models.map(Path::to_owned), drafter, engine)
    }

    fn new(folder: PathBuf, models: Option<PathBuf>, drafter: Arc<dyn Drafter>, engine: Engine) -> Self {
        let status = EngineStatus { activity: Activity::Idle, model: None, done: 0, total: 0, tokens_per_second: 0.0, seconds_left: None };
        let shell = Self(Arc::new(Shared {
            folder,
            models,
            drafter,
            tokenizers: engine::Tokenizers::default(),
            engine,
            measuring: Mutex::default(),
            desk: Mutex::default(),
            listeners: Mutex::default(),
            jobs: Mutex::default(),
            picker: OnceLock::new(),
            report_picker: OnceLock::new(),
            printer: OnceLock::new(),
            zoomer: OnceLock::new(),
            raiser: OnceLock::new(),
            started: Instant::now(),
            greeted: Once::new(),
            news: Mutex::new(News { changes: flow::Changes::default(), engine: status, troubles: BTreeMap::new() }),
            signals: Signals::default(),
            paused: AtomicBool::new(false),
            ended: AtomicBool::new(false),
            local_api: LocalApi::default(),
            drafting: Mutex::default(),
            levels: Cancel::default(),
            backing_up: Cancel::default(),
            delivering: Cancel::default(),
            last_active: Mutex::default(),
        }));
        shell.try_open();
        shell
    }

    /// Opens the database where it is not open yet. Why it cannot be opened becomes the window's trouble.
    pub(crate) fn try_open(&self) {
        let mut desk = lock(&self.desk);
        if desk.is_some() {
            return;
        }
        match Desk::open(&self.folder, Clock::system()) {
            Ok(opened) => {
                let weak = Arc::downgrade(&self.0);
                opened.listen(move |changes| {
                    if let Some(shared) = weak.upgrade() {
                        Shell(shared).changed(changes);
                    }
                });
                *desk = Some(Arc::new(opened));
                drop(desk);
                self.settle(Rank::Database, None);
                self.changed(&flow::Changes::all());
                tracing::info!(folder = %self.folder.display(), "the database is open");
            }
            Err(e) => {
                drop(desk);
                let what = Trouble::of(&e).map_or(TroubleKind::Database, |trouble| trouble.what);
                tracing::warn!(error = %e, "the database cannot be opened");
                self.settle(Rank::Database, Some(Trouble::new(what, &e.to_string())));
            }
        }
    }

    /// Lets go of the database, for another to be put in its place. Who has the desk in hand keeps it until they are done.
    pub(crate) fn close(&self) {
        *lock(&self.desk) = None;
    }

    /// The desk.
    ///
    /// # Errors
    /// Code `storage` with the reason why there is none.
    pub fn desk(&self) -> Result<Arc<Desk>, CommandError> {
        let open = lock(&self.desk).clone();
        open.ok_or_else(|| CommandError {
            code: ErrorCode::Storage,
            message: self.trouble().map_or_else(|| "The database is not open.".to_owned(), |trouble| trouble.message),
        })
    }

    /// The desk, and who sits at it.
    ///
    /// # Errors
    /// As [`Shell::desk`]; those of the database.
    pub fn desk_and_person(&self) -> Result<(Arc<Desk>, Person), CommandError> {
        let desk = self.desk()?;
        let person = desk.settings()?.who();
        Ok((desk, person))
    }

    pub fn drafter(&self) -> &dyn Drafter {
        self.drafter.as_ref()
    }

    /// Who counts tokens; the one that was asked for last is kept.
    pub fn tokenizers(&self) -> &engine::Tokenizers {
        &self.tokenizers
    }

    pub fn folder(&self) -> &Path {
        &self.folder
    }

    pub fn sample(&self) -> Option<flow::sample::Sample> {
        self.models.as_ref().map(|models| flow::sample::Sample { folder: models.join("starter") })
    }

    pub(crate) fn is_loading(&self) -> bool {
        (self.engine.loading)()
    }

    /// Another engine with the machine to itself, as far as this program goes: drafting rests while it is there, and the
    /// model in memory is let go of.
    ///
    /// # Errors
    /// Where the system does not know this program's file.
    pub(crate) fn another_engine(&self) -> std::io::Result<(Another, Rest)> {
        let another = (self.engine.another)()?;
        let rest = Rest { shell: self.clone(), was_paused: self.paused.load(Ordering::SeqCst) };
        self.pause_drafting(true);
        (self.engine.unload)();
        Ok((another, rest))
    }

    /// Logs once when the page asked its first question; it paints on the answer.
    pub(crate) fn greeted(&self) {
        self.greeted.call_once(|| tracing::info!(ms = self.age_ms(), "boot: the page asks for the status"));
    }

    /// Since the program started.
    pub(crate) fn age_ms(&self) -> u128 {
        self.started.elapsed().as_millis()
    }

    // --- who listens

    /// Adds a listener, and tells it at once what it may have missed since it asked for the status.
    pub fn subscribe(&self, listener: Channel<AppEvent>) {
        let now = [AppEvent::Trouble(TroubleNow(self.trouble())), AppEvent::Engine(self.engine_status())];
        if now.into_iter().all(|event| listener.send(event).is_ok()) {
            lock(&self.listeners).push(listener);
        }
    }

    /// A new page has its own listeners; those of the old one are gone.
    pub(crate) fn forget_listeners(&self) {
        lock(&self.listeners).clear();
    }

    pub(crate) fn tell(&self, event: &AppEvent) {
        lock(&self.listeners).retain(|listener| listener.send(event.clone()).is_ok());
    }

    /// A commit, of this process or another one, made something stale.
    pub(crate) fn changed(&self, changes: &flow::Changes) {
        merge(&mut lock(&self.news).changes, changes);
        if changes.queue || changes.use_cases || changes.settings {
            self.signals.drafting.ring();
            self.signals.delivery.ring();
            self.signals.sending.iter().for_each(Signal::ring);
        }
        if changes.models || changes.use_cases {
            self.signals.watch.ring();
        }
        self.signals.telling.ring();
    }

    // --- what is wrong

    /// Sets or clears one kind of trouble.
    pub(crate) fn settle(&self, rank: Rank, trouble: Option<Trouble>) {
        let mut news = lock(&self.news);
        match trouble {
            Some(trouble) => news.troubles.insert(rank, trouble),
            None => news.troubles.remove(&rank),
        };
        drop(news);
        self.signals.telling.ring();
    }

    /// Notes what lasts, from wherever it was met: a full or read-only disk, which the watch clears, or a damaged
    /// database, which stops the work behind the window until a person has seen to it.
    pub(crate) fn notice(&self, e: &flow::Error) {
        if let Some(trouble) = Trouble::of(e) {
            let rank = match trouble.what {
                TroubleKind::Database => Rank::Database,
                TroubleKind::DiskFull
                | TroubleKind::DiskFault
                | TroubleKind::FolderGone
                | TroubleKind::ReadOnly
                | TroubleKind::Delivery
                | TroubleKind::Model
                | TroubleKind::Folder
                | TroubleKind::Backup => Rank::Disk,
            };
            self.settle(rank, Some(trouble));
            if matches!(e, flow::Error::MixedDatabase { .. }) {
                // The watch opens it again once its files are put back as they were.
                self.close();
            }
            self.signals.watch.ring();
        }
    }

    /// The same, from whoever looks again each second.
    pub(crate) fn notice_once(&self, e: &flow::Error) {
        let is_known = Trouble::of(e).is_some_and(|trouble| lock(&self.news).troubles.values().any(|known| *known == trouble));
        if !is_known {
            self.notice(e);
        }
    }

    /// The desk, for work that nobody waits for: none while the database is not open or is damaged.
    pub(crate) fn sound_desk(&self) -> Option<Arc<Desk>> {
        if lock(&self.news).troubles.contains_key(&Rank::Database) {
            return None;
        }
        lock(&self.desk).clone()
    }

    /// The worst that is wrong at present.
    pub fn trouble(&self) -> Option<Trouble> {
        lock(&self.news).troubles.values().next().cloned()
    }

    // --- drafting

    pub fn engine_status(&self) -> EngineStatus {
        lock(&self.news).engine.clone()
    }

    pub(crate) fn set_engine(&self, change: impl FnOnce(&mut EngineStatus)) {
        change(&mut lock(&self.news).engine);
        self.signals.telling.ring();
    }

    /// Pausing gives the machine back at once: the draft that runs is put back, at no cost to its item.
    pub fn pause_drafting(&self, paused: bool) {
        self.paused.store(paused, Ordering::SeqCst);
        if paused {
            lock(&self.drafting).cancel();
        }
        self.set_engine(|engine| match (paused, engine.activity) {
            (true, _) => engine.activity = Activity::Paused,
            (false, Activity::Paused) => engine.activity = Activity::Idle,
            (false, Activity::Idle | Activity::Loading | Activity::Drafting) => {}
        });
        self.signals.drafting.ring();
    }

    /// A person works in the window: the model leaves it a core until [`STILL`] has passed.
    pub fn person_is_active(&self) {
        if lock(&self.last_active).replace(Instant::now()).is_none() {
            (self.engine.leave_a_core_free)(true);
        }
    }

    /// Gives the model all cores again when nobody has done anything in the window for a while.
    pub(crate) fn look_for_the_person(&self) {
        if lock(&self.last_active).take_if(|at| at.elapsed() >= STILL).is_some() {
            (self.engine.leave_a_core_free)(false);
        }
    }

    // --- jobs that can be stopped

    /// A switch for a job; it is forgotten when the guard is dropped.
    pub fn job(&self, token: &str) -> Job {
        let cancel = Cancel::default();
        lock(&self.jobs).insert(token.to_owned(), cancel.clone());
        Job { cancel, token: token.to_owned(), shell: self.clone() }
    }

    /// Stops a job. One that has ended is no error.
    pub fn cancel_job(&self, token: &str) {
        if let Some(cancel) = lock(&self.jobs).get(token) {
            cancel.cancel();
        }
    }

    // --- the window

    /// Files were dropped onto the window.
    pub fn dropped(&self, paths: &[PathBuf]) {
        self.tell(&AppEvent::Dropped(crate::dto::Dropped::of(paths)));
    }

    pub(crate) fn set_picker(&self, picker: Picker) {
        // Set once, at the start.
        drop(self.picker.set(picker));
    }

    /// Asks the person for a path; `None` when they closed the picker, or there is no screen.
    pub fn pick(&self, kind: PickKind) -> Option<PathBuf> {
        self.picker.get().and_then(|pick| pick(kind))
    }

    /// Set once, at the start; by tests, in place of a screen.
    pub fn set_report_picker(&self, picker: ReportPicker) {
        drop(self.report_picker.set(picker));
    }

    /// Asks the person where a report is to be saved; `None` when they closed the dialog, or there is no screen.
    pub(crate) fn pick_report(&self, name: &str) -> Option<PathBuf> {
        self.report_picker.get().and_then(|pick| pick(name))
    }

    pub(crate) fn set_printer(&self, printer: Printer) {
        drop(self.printer.set(printer));
    }

    /// Opens the print dialog.
    ///
    /// # Errors
    /// What the system says, or that there is no window.
    pub(crate) fn print(&self) -> Result<(), String> {
        self.printer.get().map_or_else(|| Err("there is no window".into()), |print| print())
    }

    pub(crate) fn set_zoomer(&self, zoomer: Zoomer) {
        drop(self.zoomer.set(zoomer));
    }

    /// Enlarges all that is in the window, by this factor.
    ///
    /// # Errors
    /// What the system says, or that there is no window.
    pub(crate) fn zoom(&self, factor: f64) -> Result<(), String> {
        self.zoomer.get().map_or_else(|| Err("there is no window".into()), |zoom| zoom(factor))
    }

    pub(crate) fn set_raiser(&self, raiser: Raiser) {
        drop(self.raiser.set(raiser));
    }

    /// Brings the window to the front.
    pub(crate) fn raise(&self) {
        if let Some(raise) = self.raiser.get() {
            raise();
        }
    }

    // --- the end

    pub fn has_ended(&self) -> bool {
        self.ended.load(Ordering::SeqCst)
    }

    /// Stops what runs and wakes the loops, so that they see it.
    pub(crate) fn end(&self) {
        self.ended.store(true, Ordering::SeqCst);
        lock(&self.drafting).cancel();
        self.levels.cancel();
        self.backing_up.cancel();
        self.delivering.cancel();
        for cancel in lock(&self.jobs).values() {
            cancel.cancel();
        }
        for signal in [
            &self.signals.drafting,
            &self.signals.delivery,
            &self.signals.folders,
            &self.signals.watch,
            &self.signals.levels,
            &self.signals.backup,
            &self.signals.telling,
        ]
        .into_iter()
        .chain(&self.signals.sending)
        {
            signal.ring();
        }
    }
}

/// Drafting goes on when it is dropped, if it did before.
pub(crate) struct Rest {
    shell: Shell,
    was_paused: bool,
}

impl Drop for Rest {
    fn drop(&mut self) {
        if !self.was_paused {
            self.shell.pause_drafting(false);
        }
    }
}

/// A running job; forgotten when dropped.
pub struct Job {
    pub cancel: Cancel,
    token: String,
    shell: Shell,
}

impl Drop for Job {
    fn drop(&mut self) {
        lock(&self.shell.jobs).remove(&self.token);
    }
}

fn merge(into: &mut flow::Changes, from: &flow::Changes) {
    into.queue |= from.queue;
    into.use_cases |= from.use_cases;
    into.levels |= from.levels;
    into.models |= from.models;
    into.activity |= from.activity;
    into.settings |= from.settings;
    let known: BTreeSet<_> = into.items.iter().copied().collect();
    into.items.extend(from.items.iter().filter(|item| !known.contains(item)));
}
