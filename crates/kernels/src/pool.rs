//! A pool of threads that computes one parallel region after the other.
//!
//! *Invariant: [`Pool::run`] returns only when no thread is inside its `work` any more.* It never waits for a thread that has
//! not come: on a busy machine a worker that the system does not schedule costs nothing.
#![expect(unsafe_code, reason = "a region lends its closure to threads that live longer than it; `run` waits for all that entered")]

use std::any::Any;
use std::num::NonZeroUsize;
use std::ops::Range;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::atomic::{AtomicBool, AtomicPtr, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

/// How long an idle worker looks for the next region before it sleeps: the regions of one token follow within microseconds.
const AWAKE: Duration = Duration::from_micros(60);

/// A pool of threads that computes in parallel and sleeps soon when idle. The caller takes part.
///
/// Use from several threads, or from inside of `work`, is safe: while one region is computed, the work of any other runs on
/// the thread that asked for it.
pub struct Pool {
    shared: Arc<Shared>,
    workers: Vec<JoinHandle<()>>,
    /// Held while a region is computed.
    turn: Mutex<()>,
}

struct Shared {
    /// `region number << 16 | open << 15 | workers inside`. A worker enters with a compare-and-swap while the region is open.
    state: AtomicU64,
    /// The region that is open or has workers inside.
    region: AtomicPtr<Region>,
    /// How many take part, the caller included.
    limit: AtomicUsize,
    stop: AtomicBool,
    asleep: Vec<AtomicBool>,
}

const INSIDE: u64 = (1 << 15) - 1;
const OPEN: u64 = 1 << 15;
const NEXT: u64 = 1 << 16;

struct Region {
    work: *const (dyn Fn(Range<usize>) + Sync),
    units: usize,
    takers: usize,
    next: AtomicUsize,
    panic: Mutex<Option<Box<dyn Any + Send>>>,
}

impl Region {
    /// The next units for one thread: half of an even share of what is left, so that the last pieces are small.
    fn take(&self) -> Option<Range<usize>> {
        let mut start = self.next.load(Ordering::Relaxed);
        loop {
            if start >= self.units {
                return None;
            }
            let end = start + ((self.units - start) / (2 * self.takers)).max(1);
            match self.next.compare_exchange_weak(start, end, Ordering::Relaxed, Ordering::Relaxed) {
                Ok(_) => return Some(start..end),
                Err(now) => start = now,
            }
        }
    }

    fn compute(&self) {
        let worked = catch_unwind(AssertUnwindSafe(|| {
            while let Some(units) = self.take() {
                // SAFETY: the closure outlives the region: `run` holds it until every thread that entered has left.
                unsafe { (*self.work)(units) };
            }
        }));
        if let Err(panic) = worked {
            self.next.store(self.units, Ordering::Relaxed);
            self.panic.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(panic);
        }
    }
}

impl Pool {
    /// A pool of `threads`, the caller's own included: `threads - 1` are started.
    pub fn new(threads: NonZeroUsize) -> Self {
        let threads = threads.get().min(INSIDE as usize);
        let shared = Arc::new(Shared {
            state: AtomicU64::new(0),
            region: AtomicPtr::new(std::ptr::null_mut()),
            limit: AtomicUsize::new(threads),
            stop: AtomicBool::new(false),
            asleep: (1..threads).map(|_| AtomicBool::new(false)).collect(),
        });
        // A thread that the system refuses is one fewer, not an error.
        let workers = (0..threads - 1)
            .map_while(|index| {
                let shared = Arc::clone(&shared);
                thread::Builder::new().name(format!("kernels-{}", index + 1)).spawn(move || shared.serve(index)).ok()
            })
            .collect();
        Self { shared, workers, turn: Mutex::new(()) }
    }

    /// How many threads there are, the caller included.
    pub fn threads(&self) -> usize {
        self.workers.len() + 1
    }

    /// How many take part from the next region on (1 to [`Pool::threads`]): one core is left free while a person works.
    pub fn limit(&self, threads: usize) {
        self.shared.limit.store(threads.clamp(1, self.threads()), Ordering::Relaxed);
    }

    /// How many take part now.
    pub fn active(&self) -> usize {
        self.shared.limit.load(Ordering::Relaxed).min(self.threads())
    }

    /// Calls `work` with ranges that cover `0..units` once, in parallel, and returns when all are done.
    ///
    /// # Panics
    /// With the first panic of `work`, after all threads have left it. The pool can be used again.
    pub fn run(&self, units: usize, work: impl Fn(Range<usize>) + Sync) {
        let takers = self.active().min(units);
        let turn = if takers > 1 { self.turn.try_lock().ok() } else { None };
        let Some(turn) = turn else {
            if units > 0 {
                work(0..units);
            }
            return;
        };
        let work: &(dyn Fn(Range<usize>) + Sync) = &work;
        // SAFETY: only the lifetime is widened; no thread is inside of the region when this function is left (see below).
        let work = unsafe { std::mem::transmute::<&(dyn Fn(Range<usize>) + Sync), &'static (dyn Fn(Range<usize>) + Sync)>(work) };
        let region = Region { work, units, takers, next: AtomicUsize::new(0), panic: Mutex::new(None) };
        let shared = &*self.shared;
        shared.region.store((&raw const region).cast_mut(), Ordering::Relaxed);
        // Opens the region. SeqCst, as is the worker's check after it says that it sleeps: one of the two sees the other.
        shared.state.store((shared.state.load(Ordering::Relaxed) + NEXT) & !INSIDE | OPEN, Ordering::SeqCst);
        for (worker, asleep) in self.workers.iter().zip(&shared.asleep).take(takers - 1) {
            if asleep.load(Ordering::SeqCst) && asleep.swap(false, Ordering::SeqCst) {
                worker.thread().unpark();
            }
        }
        region.compute();
        // Nobody enters from here on; who is inside finishes its last piece.
        shared.state.fetch_and(!OPEN, Ordering::AcqRel);
        let mut waited = 0_u32;
        while shared.state.load(Ordering::Acquire) & INSIDE > 0 {
            waited += 1;
            if waited < 2000 {
                std::hint::spin_loop();
            } else {
                thread::yield_now();
            }
        }
        if let Some(panic) = region.panic.into_inner().unwrap_or_else(PoisonError::into_inner) {
            drop(turn);
            resume_unwind(panic);
        }
    }
}

impl Shared {
    fn serve(&self, index: usize) {
        let mut served = 0;
        loop {
            let Some(state) = self.wait(index, served) else { return };
            if self.state.compare_exchange(state, state + 1, Ordering::Acquire, Ordering::Relaxed).is_err() {
                continue;
            }
            served = state / NEXT;
            // SAFETY: entered while the region was open: `run` does not return before `INSIDE` is zero again.
            unsafe { (*self.region.load(Ordering::Relaxed)).compute() };
            self.state.fetch_sub(1, Ordering::Release);
        }
    }

    /// The state of an open region that this worker has not served, or nothing when the pool ends.
    fn wait(&self, index: usize, served: u64) -> Option<u64> {
        let mut since = Instant::now();
        let mut looks = 0_u32;
        loop {
            if self.stop.load(Ordering::Relaxed) {
                return None;
            }
            let asked = |state: u64| state & OPEN != 0 && state / NEXT != served && index + 1 < self.limit.load(Ordering::Relaxed);
            // The state first: whoever sees a region sees the limit that it was opened under.
            let state = self.state.load(Ordering::SeqCst);
            if asked(state) {
                return Some(state);
            }
            looks += 1;
            if !looks.is_multiple_of(16) || since.elapsed() < AWAKE {
                std::hint::spin_loop();
                continue;
            }
            self.asleep[index].store(true, Ordering::SeqCst);
            if !asked(self.state.load(Ordering::SeqCst)) && !self.stop.load(Ordering::SeqCst) {
                thread::park();
            }
            self.asleep[index].store(false, Ordering::SeqCst);
            since = Instant::now();
        }
    }
}

impl Drop for Pool {
    fn drop(&mut self) {
        self.shared.stop.store(true, Ordering::SeqCst);
        for worker in self.workers.drain(..) {
            worker.thread().unpark();
            // A worker cannot panic: what `work` throws is caught.
            let _ = worker.join();
        }
    }
}

impl std::fmt::Debug for Pool {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Pool").field("threads", &self.threads()).field("active", &self.active()).finish()
    }
}
