//! The child's side: an [`Engine`] that answers through the pipes.
//!
//! Invariant: the child lives as long as its standard input is open and nothing in it panics, and takes no more memory
//! than it was allowed. A panic ends it at once: what it leaves behind (candle's threads, locks) must compute for nobody
//! else, and the parent finds out which request it was by asking each again, alone.

use super::wire::{Ask, Say, send};
use crate::{Engine, Status};
use flow::model::{Cancel, Drafter};
use std::collections::HashMap;
use std::io::{BufRead, Stdout};
use std::process::ExitCode;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// How often the parent is told what the engine does.
const STATUS_EVERY: Duration = Duration::from_millis(100);
/// Share of the machine's memory that a model may take, in per cent, where [`super::MEMORY`] does not say otherwise.
const MEMORY_SHARE: u64 = 85;

/// The exit status after a panic.
pub(super) const PANICKED: i32 = 101;

type Answers = Arc<Mutex<Stdout>>;

/// Answers until the parent closes the pipe.
pub(super) fn serve() -> ExitCode {
    be_modest();
    let print = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        print(panic);
        std::process::exit(PANICKED);
    }));
    let engine = Engine::start();
    let answers: Answers = Arc::new(Mutex::new(std::io::stdout()));
    let running: Arc<Mutex<HashMap<u64, Cancel>>> = Arc::default();
    report_status(engine.clone(), Arc::clone(&answers));
    for line in std::io::stdin().lock().lines() {
        let Ok(line) = line else { break };
        let ask = match serde_json::from_str(&line) {
            Ok(ask) => ask,
            Err(e) => {
                tracing::error!("the engine's process was asked something it does not know: {e}");
                return ExitCode::FAILURE;
            }
        };
        match ask {
            Ask::Generate { call, request } => {
                let cancel = Cancel::default();
                lock(&running).insert(call, cancel.clone());
                let (engine, answers, running) = (engine.clone(), Arc::clone(&answers), Arc::clone(&running));
                std::thread::spawn(move || {
                    let result = engine.generate(&request, &cancel, &mut |token| say(&answers, &Say::Token { call, token: token.clone() }));
                    lock(&running).remove(&call);
                    say(&answers, &Say::Generated { call, result: Box::new(result) });
                });
            }
            Ask::Inspect { call, path } => {
                let (engine, answers) = (engine.clone(), Arc::clone(&answers));
                std::thread::spawn(move || say(&answers, &Say::Inspected { call, result: Box::new(engine.inspect(&path)) }));
            }
            Ask::Cancel { call } => {
                if let Some(cancel) = lock(&running).get(&call) {
                    cancel.cancel();
                }
            }
            Ask::LeaveACoreFree(free) => engine.leave_a_core_free(free),
            Ask::Unload => engine.unload(),
        }
    }
    ExitCode::SUCCESS
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn say(answers: &Answers, what: &Say) {
    if send(&mut *lock(answers), what).is_err() {
        // Nobody listens any more.
        std::process::exit(0);
    }
}

fn report_status(engine: Engine, answers: Answers) {
    std::thread::spawn(move || {
        let mut told: Option<Status> = None;
        loop {
            let now = engine.status();
            if told.as_ref() != Some(&now) {
                say(&answers, &Say::Status(now.clone()));
                told = Some(now);
            }
            std::thread::sleep(STATUS_EVERY);
        }
    });
}

/// Leaves the machine to the people at it: a lower priority, and a limit that the system holds the process to, so that
/// a model that is too large ends this process and not the session.
#[cfg(target_os = "linux")]
fn be_modest() {
    use rustix::process::{Resource, Rlimit, getrlimit, nice, setrlimit};
    if let Err(e) = nice(5) {
        tracing::debug!("the engine's priority stays as it is: {e}");
    }
    let bytes = match std::env::var(super::MEMORY).ok().and_then(|text| text.parse::<u64>().ok()) {
        Some(bytes) => bytes,
        None => {
            let machine = rustix::system::sysinfo();
            machine.totalram.saturating_mul(u64::from(machine.mem_unit)) / 100 * MEMORY_SHARE
        }
    };
    let limit = Rlimit { current: Some(bytes), ..getrlimit(Resource::Data) };
    if let Err(e) = setrlimit(Resource::Data, limit) {
        tracing::warn!(bytes, "the engine's memory is not limited: {e}");
    }
}

#[cfg(not(target_os = "linux"))]
fn be_modest() {}
