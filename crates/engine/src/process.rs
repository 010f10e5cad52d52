//! The engine in a process of its own, behind the same [`Drafter`].
//!
//! Invariant: whatever ends the child (an abort, the system's memory limit, a file that shrank under its map), this
//! process goes on and no request is lost: each that was under way is tried once more, alone, so that the one that ends
//! the child cannot take its neighbours with it, and only that one is given up.
//!
//! The child is this same program with [`CHILD`] as its first argument. It is started by the first request, and anew,
//! with growing pauses, by the first one after it ended. It ends when its standard input is closed, however its parent
//! came to close it.

mod child;
mod wire;

use crate::{Status, grammar};
use flow::model::{Cancel, Constraint, Drafter, GenerateRequest, Generation, ModelError, ModelFacts, Token};
use std::collections::HashMap;
use std::ffi::OsString;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, ExitCode, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, Weak};
use std::time::{Duration, Instant};
use wire::{Ask, Say, send};

/// The first argument that makes a program the engine's process.
pub const CHILD: &str = "engine-process";
/// Environment variable: bytes of memory that the engine's process may take.
const MEMORY: &str = "GAIT_ENGINE_MEMORY";
/// How often a waiting caller looks whether it was cancelled.
const LOOK: Duration = Duration::from_millis(20);
/// The pause before the child is started again; it doubles with each end in a row.
const PAUSE: Duration = Duration::from_millis(100);
const LONGEST_PAUSE: Duration = Duration::from_secs(10);
/// Ends that a request survives when it was not to blame: a kill from outside (a person, or the system short of memory).
const KILLS: u32 = 5;

/// When this process was started as the engine's process, serves and gives its exit code. Called first in `main`.
#[must_use]
pub fn serve_if_child() -> Option<ExitCode> {
    (std::env::args_os().nth(1)? == CHILD).then(child::serve)
}

/// A handle on the engine's process. Clones share it; the process ends when the last clone is dropped.
#[derive(Debug, Clone)]
pub struct EngineProcess(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    program: PathBuf,
    arguments: Vec<OsString>,
    state: Mutex<State>,
    turns: Turns,
}

#[derive(Debug, Default)]
struct State {
    live: Option<Live>,
    /// Grows with each start, so that the end of an old child says nothing about a new one.
    starts: u64,
    calls: u64,
    /// Ends in a row, without an answer between them.
    ends: u32,
    not_before: Option<Instant>,
    status: Option<Status>,
    leaves_free: bool,
}

#[derive(Debug)]
struct Live {
    start: u64,
    pid: u32,
    asks: ChildStdin,
    calls: HashMap<u64, Sender<Event>>,
}

/// What a caller hears.
#[derive(Debug)]
enum Event {
    Token(Token),
    Generated(Box<Result<Generation, ModelError>>),
    Inspected(Box<Result<ModelFacts, ModelError>>),
    Ended(End),
}

/// How a child ended.
#[derive(Debug, Clone)]
struct End {
    words: String,
    /// By a kill from outside.
    killed: bool,
}

impl EngineProcess {
    /// An engine in a child of this very program, which must call [`serve_if_child`] first in its `main`.
    ///
    /// # Errors
    /// Where the system does not know this program's file.
    pub fn of_this_program() -> std::io::Result<Self> {
        Ok(Self::of_program(std::env::current_exe()?))
    }

    /// The same with another program that calls [`serve_if_child`].
    #[must_use]
    pub fn of_program(program: PathBuf) -> Self {
        let inner = Inner { program, arguments: vec![CHILD.into()], state: Mutex::default(), turns: Turns::default() };
        Self(Arc::new(inner))
    }

    /// What the engine is doing, as it said last.
    #[must_use]
    pub fn status(&self) -> Status {
        self.0.state().status.clone().unwrap_or(Status::Idle { loaded: None })
    }

    /// The process id of the child that lives, for tests and for people who look.
    #[must_use]
    pub fn process_id(&self) -> Option<u32> {
        self.0.state().live.as_ref().map(|live| live.pid)
    }

    /// As [`crate::Engine::leave_a_core_free`]; holds for later children too.
    pub fn leave_a_core_free(&self, free: bool) {
        let state = &mut *self.0.state();
        state.leaves_free = free;
        if let Some(live) = &mut state.live {
            let _ = send(&mut live.asks, &Ask::LeaveACoreFree(free));
        }
    }

    /// As [`crate::Engine::unload`].
    pub fn unload(&self) {
        if let Some(live) = &mut self.0.state().live {
            // A child that is gone has given its memory back.
            let _ = send(&mut live.asks, &Ask::Unload);
        }
    }

    /// Asks a child, the living one or a new one. The answers come through the receiver.
    fn ask(&self, cancel: &Cancel, ask: impl FnOnce(u64) -> Ask) -> Result<(u64, Receiver<Event>), ModelError> {
        loop {
            let mut state = self.0.state();
            if cancel.is_cancelled() {
                return Err(ModelError::Cancelled);
            }
            if state.live.is_none() {
                if state.not_before.is_some_and(|at| at > Instant::now()) {
                    drop(state);
                    std::thread::sleep(LOOK);
                    continue;
                }
                self.start(&mut state).map_err(|e| ModelError::Engine(format!("its process could not be started: {e}")))?;
            }
            state.calls += 1;
            let call = state.calls;
            let (tell, events) = channel();
            if let Some(live) = &mut state.live {
                live.calls.insert(call, tell);
                // Where the child has just gone, its end is heard through the receiver.
                if let Err(e) = send(&mut live.asks, &ask(call)) {
                    tracing::debug!("the engine's process does not listen: {e}");
                }
            }
            return Ok((call, events));
        }
    }

    fn start(&self, state: &mut State) -> std::io::Result<()> {
        let mut command = Command::new(&self.0.program);
        // Without memory the standard library waits for ever for itself while it resolves the names of a backtrace.
        command.args(&self.0.arguments).env("RUST_BACKTRACE", "0");
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
        let (Some(mut asks), Some(answers)) = (child.stdin.take(), child.stdout.take()) else {
            return Err(std::io::Error::other("it has no pipes"));
        };
        state.starts += 1;
        let (start, pid) = (state.starts, child.id());
        let inner = Arc::downgrade(&self.0);
        std::thread::Builder::new().name("engine-process".to_owned()).spawn(move || listen(&inner, start, child, answers))?;
        tracing::info!(pid, start, "the engine's process was started");
        if state.leaves_free {
            send(&mut asks, &Ask::LeaveACoreFree(true))?;
        }
        state.live = Some(Live { start, pid, asks, calls: HashMap::new() });
        Ok(())
    }

    fn cancel(&self, call: u64) {
        if let Some(live) = &mut self.0.state().live
            && live.calls.remove(&call).is_some()
        {
            let _ = send(&mut live.asks, &Ask::Cancel { call });
        }
    }

    /// Waits for what comes next of a call.
    fn next(&self, call: u64, events: &Receiver<Event>, cancel: &Cancel) -> Result<Event, ModelError> {
        loop {
            if cancel.is_cancelled() {
                self.cancel(call);
                return Err(ModelError::Cancelled);
            }
            match events.recv_timeout(LOOK) {
                Ok(event) => return Ok(event),
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => {
                    return Ok(Event::Ended(End { words: "its answers broke off".to_owned(), killed: false }));
                }
            }
        }
    }
}

impl Inner {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drafter for EngineProcess {
    /// As [`Drafter::generate`]. [`ModelError::Crashed`] when the child ended twice over this request.
    fn generate(&self, request: &GenerateRequest, cancel: &Cancel, on_token: &mut dyn FnMut(&Token)) -> Result<Generation, ModelError> {
        if let Some(Constraint::JsonSchema(schema)) = &request.constraint {
            // Here already: one that is nested too deep does not go through the pipe.
            grammar::check(schema).map_err(ModelError::Constraint)?;
        }
        // Tokens that the caller has heard of: the same request gives the same tokens again.
        let mut heard = 0;
        let (mut blamed, mut kills) = (false, 0);
        loop {
            let Some(_turn) = self.0.turns.enter(blamed, cancel) else { return Err(ModelError::Cancelled) };
            let (call, events) = self.ask(cancel, |call| Ask::Generate { call, request: Box::new(request.clone()) })?;
            let mut place = 0;
            let end = loop {
                match self.next(call, &events, cancel)? {
                    Event::Token(token) => {
                        if place == heard {
                            on_token(&token);
                            heard += 1;
                        }
                        place += 1;
                    }
                    Event::Generated(result) => return *result,
                    Event::Inspected(_) => {}
                    Event::Ended(end) => break end,
                }
            };
            kills += u32::from(end.killed);
            if (blamed && !end.killed) || kills > KILLS {
                return Err(ModelError::Crashed(end.words));
            }
            blamed = true;
        }
    }

    fn inspect(&self, path: &Path) -> Result<ModelFacts, ModelError> {
        let cancel = Cancel::default();
        let (call, events) = self.ask(&cancel, |call| Ask::Inspect { call, path: path.to_owned() })?;
        loop {
            match self.next(call, &events, &cancel)? {
                Event::Inspected(result) => return *result,
                Event::Token(_) | Event::Generated(_) => {}
                Event::Ended(end) => {
                    let reason = format!("reading it ended the engine's process ({})", end.words);
                    return Err(ModelError::Unusable { path: path.to_owned(), reason });
                }
            }
        }
    }
}

/// Passes on what a child says, until it ends; then tells everyone who waits for it.
fn listen(inner: &Weak<Inner>, start: u64, mut child: Child, answers: ChildStdout) {
    let mut answers = BufReader::new(answers);
    let mut line = String::new();
    let mut foreign = false;
    // A line without its end is the last breath of a child that was killed.
    while answers.read_line(&mut line).is_ok() && line.ends_with('\n') {
        let Ok(said) = serde_json::from_str::<Say>(&line) else {
            foreign = true;
            break;
        };
        line.clear();
        let Some(inner) = inner.upgrade() else { break };
        pass_on(&mut inner.state(), start, said);
    }
    if foreign {
        // Such a child is of no more use; it may have ended by itself.
        let _ = child.kill();
    }
    let how = child.wait();
    let Some(inner) = inner.upgrade() else { return };
    let end = if foreign { End { words: "it said what no engine says".to_owned(), killed: false } } else { end_of(how) };
    let mut state = inner.state();
    state.status = None;
    state.ends = state.ends.saturating_add(1);
    state.not_before = Some(Instant::now() + PAUSE.saturating_mul(1 << state.ends.min(8).saturating_sub(1)).min(LONGEST_PAUSE));
    if let Some(live) = state.live.take_if(|live| live.start == start) {
        tracing::error!(pid = live.pid, waiting = live.calls.len(), "the engine's process ended: {}", end.words);
        for caller in live.calls.into_values() {
            // A caller that has gone needs no answer.
            let _ = caller.send(Event::Ended(end.clone()));
        }
    }
}

fn pass_on(state: &mut State, start: u64, said: Say) {
    let Some(live) = state.live.as_mut().filter(|live| live.start == start) else { return };
    match said {
        Say::Token { call, token } => {
            if let Some(caller) = live.calls.get(&call) {
                let _ = caller.send(Event::Token(token));
            }
        }
        Say::Generated { call, result } => {
            state.ends = 0;
            if let Some(caller) = live.calls.remove(&call) {
                let _ = caller.send(Event::Generated(result));
            }
        }
        Say::Inspected { call, result } => {
            if let Some(caller) = live.calls.remove(&call) {
                let _ = caller.send(Event::Inspected(result));
            }
        }
        Say::Status(status) => state.status = Some(status),
    }
}

/// How a child ended, in words.
fn end_of(how: std::io::Result<ExitStatus>) -> End {
    let Ok(status) = how else { return End { words: "it is not known how".to_owned(), killed: false } };
    #[cfg(unix)]
    if let Some(signal) = std::os::unix::process::ExitStatusExt::signal(&status) {
        let words = match signal {
            4 | 8 | 11 => "its computation broke off",
            6 => "it gave itself up, as when memory runs out",
            7 => "the model file changed or shrank while it was read",
            9 => "it was killed, by a person or because the machine ran out of memory",
            _ => "it was stopped",
        };
        return End { words: format!("{words}; signal {signal}"), killed: signal == 9 || signal == 15 };
    }
    if status.code() == Some(child::PANICKED) {
        return End { words: "its computation broke off; the program's log has the reason".to_owned(), killed: false };
    }
    End { words: format!("{status}"), killed: false }
}

/// Who may ask at the moment: many at once, or one alone.
#[derive(Debug, Default)]
struct Turns {
    taken: Mutex<Taken>,
    freed: Condvar,
}

#[derive(Debug, Default)]
struct Taken {
    together: u32,
    alone: bool,
    /// Those who wait to be alone go first.
    waiting_alone: u32,
}

struct Turn<'a> {
    turns: &'a Turns,
    alone: bool,
}

impl Turns {
    /// Waits for a turn; `None` when cancelled.
    fn enter(&self, alone: bool, cancel: &Cancel) -> Option<Turn<'_>> {
        let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        taken.waiting_alone += u32::from(alone);
        loop {
            let free = !taken.alone && if alone { taken.together == 0 } else { taken.waiting_alone == 0 };
            let gone = cancel.is_cancelled();
            if free || gone {
                taken.waiting_alone -= u32::from(alone);
                if gone {
                    self.freed.notify_all();
                    return None;
                }
                taken.alone = alone;
                taken.together += u32::from(!alone);
                return Some(Turn { turns: self, alone });
            }
            (taken, _) = self.freed.wait_timeout(taken, LOOK).unwrap_or_else(PoisonError::into_inner);
        }
    }
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        let mut taken = self.turns.taken.lock().unwrap_or_else(PoisonError::into_inner);
        if self.alone {
            taken.alone = false;
        } else {
            taken.together -= 1;
        }
        self.turns.freed.notify_all();
    }
}
