//! `gait serve`: the local API without the window, with the loops that draft, deliver, read the watched folders, watch the levels and back up.
//!
//! Invariant: killed at any point, the next start goes on from there; ended in order, it stops the draft that runs, answers who waits and
//! lets go of the port.

use anyhow::Result;
use engine::EngineProcess;
use flow::Desk;
use flow::deliver::{Delivered, Lane, SENDERS};
use flow::folder::{EVERY, Watcher};
use flow::model::Cancel;
use flow::worker::{Presence, draft_waiting};
use post::Post;
use serve::{Config, Server};
use std::process::ExitCode;
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread::ScopedJoinHandle;
use std::time::{Duration, Instant};

/// The longest rest of a loop: whatever another process wrote is found then.
const LONGEST: Duration = Duration::from_secs(2);
/// Between two looks at the levels, and at whether a backup is due.
const LEVELS_EVERY: Duration = Duration::from_secs(30);
const BACKUP_LOOK: Duration = Duration::from_secs(60);
/// How soon a rest ends when all of it does.
const STEP: Duration = Duration::from_millis(50);

/// Rung by every commit, and by the end.
#[derive(Default)]
struct Bell {
    rung: Mutex<u64>,
    ring: Condvar,
}

impl Bell {
    fn ring(&self) {
        *self.rung.lock().unwrap_or_else(PoisonError::into_inner) += 1;
        self.ring.notify_all();
    }

    /// Waits for a ring after those that were heard, or for the time.
    fn wait(&self, heard: &mut u64, rest: Duration) {
        let rung = self.rung.lock().unwrap_or_else(PoisonError::into_inner);
        let waited = self.ring.wait_timeout_while(rung, rest, |rung| *rung == *heard);
        *heard = *waited.unwrap_or_else(PoisonError::into_inner).0;
    }
}

pub fn run(desk: Desk, config: &Config, drafting: bool, cancel: &Cancel) -> Result<ExitCode> {
    let bell = Arc::new(Bell::default());
    let theirs = Arc::clone(&bell);
    desk.listen(move |changes| {
        if changes.queue || changes.use_cases {
            theirs.ring();
        }
    });
    let desk = Arc::new(desk);
    let server = Server::start(Arc::clone(&desk), config)?;
    for address in server.addresses() {
        eprintln!("the local API listens on http://{address}; the page to try it is there too. Ctrl-C ends it.");
    }
    let done = std::thread::scope(|scope| -> Result<()> {
        type Work<'a> = Box<dyn FnOnce() -> Result<()> + Send + 'a>;
        let loops: [Option<Work>; 5] = [
            drafting.then(|| Box::new(|| draft(&desk, &bell, cancel)) as Work),
            Some(Box::new(|| deliver(&desk, Lane::Files, &bell, cancel))),
            Some(Box::new(|| every(EVERY, cancel, "the watched folders", look_into_folders(&desk, cancel)))),
            Some(Box::new(|| every(LEVELS_EVERY, cancel, "the levels", || watch_levels(&desk, cancel)))),
            Some(Box::new(|| every(BACKUP_LOOK, cancel, "the backup", || desk.back_up_if_due(cancel).map(drop)))),
        ];
        let senders = (0..SENDERS).map(|_| Box::new(|| deliver(&desk, Lane::Out, &bell, cancel)) as Work);
        let running: Vec<_> = loops.into_iter().flatten().chain(senders).map(|work| scope.spawn(work)).collect();
        // A loop that has ended by itself leaves half of the work undone: then all ends, with its error.
        while !cancel.is_cancelled() && !running.iter().any(ScopedJoinHandle::is_finished) {
            std::thread::sleep(Duration::from_millis(50));
        }
        cancel.cancel();
        bell.ring();
        let ended: Vec<_> = running.into_iter().map(ScopedJoinHandle::join).collect();
        ended.into_iter().try_for_each(|ended| ended.unwrap_or_else(|_| Err(anyhow::anyhow!("a loop panicked"))))
    });
    server.end();
    done?;
    eprintln!("the local API has ended");
    Ok(ExitCode::SUCCESS)
}

/// Drafts what waits, as it comes.
fn draft(desk: &Desk, bell: &Bell, cancel: &Cancel) -> Result<()> {
    let engine = EngineProcess::of_this_program()?;
    let (mut heard, mut presence) = (0, None);
    while !cancel.is_cancelled() {
        if let Err(e) = draft_all(desk, &engine, &mut presence, cancel) {
            tracing::warn!(error = %e, "drafting stopped; it is tried again");
        }
        bell.wait(&mut heard, LONGEST);
    }
    Ok(())
}

fn draft_all(desk: &Desk, engine: &EngineProcess, presence: &mut Option<Presence>, cancel: &Cancel) -> flow::Result<()> {
    let presence = match presence {
        Some(presence) => presence,
        None => presence.insert(Presence::enter(desk)?),
    };
    desk.free_dead_claims()?;
    draft_waiting(desk, engine, presence, cancel, crate::HANDS, None, &|_| {})?;
    Ok(())
}

/// Delivers what is due, and says once what does not go out.
fn deliver(desk: &Desk, lane: Lane, bell: &Bell, cancel: &Cancel) -> Result<()> {
    let (carrier, mut heard, mut told) = (Post::until(cancel.clone()), 0, None);
    while !cancel.is_cancelled() {
        let rest = deliver_due(desk, lane, &carrier, cancel, &mut told).unwrap_or_else(|e| {
            tracing::warn!(error = %e, "delivery stopped; it is tried again");
            LONGEST
        });
        bell.wait(&mut heard, rest);
    }
    Ok(())
}

/// Returns how long to rest.
fn deliver_due(desk: &Desk, lane: Lane, carrier: &Post, cancel: &Cancel, told: &mut Option<String>) -> flow::Result<Duration> {
    while !cancel.is_cancelled() {
        match desk.deliver_next_in(lane, carrier)? {
            Delivered::Nothing => break,
            Delivered::Done => *told = None,
            Delivered::Failed(why) => {
                if told.as_ref() != Some(&why) {
                    eprintln!("{}", crate::show::plain(&format!("an approved text cannot go out yet: {why}. It is kept and tried again.")));
                    *told = Some(why);
                }
            }
        }
    }
    let next = desk.next_delivery_in(lane)?.map_or(LONGEST, |at| Duration::from_millis(u64::try_from(at.0 - desk.now().0).unwrap_or(0)));
    // What is due and was not given out is in another program's hands.
    Ok(next.clamp(Duration::from_millis(100), LONGEST))
}

/// What one look at the watched folders is; what it sees is remembered from one to the next.
fn look_into_folders<'a>(desk: &'a Desk, cancel: &'a Cancel) -> impl FnMut() -> flow::Result<()> + 'a {
    let mut watcher = Watcher::default();
    move || watcher.look(desk, cancel).map(drop)
}

fn watch_levels(desk: &Desk, cancel: &Cancel) -> flow::Result<()> {
    for fell in desk.watch_levels(cancel)? {
        eprintln!("{}", crate::show::plain(&format!("the level of use case {} fell to {}", fell.use_case, fell.to.as_str())));
    }
    Ok(())
}

/// Does something again and again, with a rest between. What goes wrong is logged, and tried again.
fn every(rest: Duration, cancel: &Cancel, what: &str, mut work: impl FnMut() -> flow::Result<()>) -> Result<()> {
    while !cancel.is_cancelled() {
        match work() {
            Ok(()) | Err(flow::Error::Cancelled) => {}
            Err(e) => tracing::warn!(error = %e, what, "something was not looked at; it is tried again"),
        }
        let until = Instant::now() + rest;
        while !cancel.is_cancelled() && Instant::now() < until {
            std::thread::sleep(STEP);
        }
    }
    Ok(())
}
