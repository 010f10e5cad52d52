//! `gait serve`: the local API without the window, with the loops that draft, deliver and watch the levels.
//!
//! Invariant: killed at any point, the next start goes on from there; ended in order, it stops the draft that runs, answers who waits and
//! lets go of the port.

use anyhow::Result;
use engine::EngineProcess;
use flow::Desk;
use flow::deliver::Delivered;
use flow::model::Cancel;
use flow::worker::{Presence, draft_waiting};
use serve::{Config, Server};
use std::process::ExitCode;
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::Duration;

/// The longest rest of a loop: whatever another process wrote is found then.
const LONGEST: Duration = Duration::from_secs(2);
/// Between two looks at the levels.
const LEVELS_EVERY: Duration = Duration::from_secs(30);

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
    std::thread::scope(|scope| -> Result<()> {
        let loops: [Option<Box<dyn FnOnce() -> Result<()> + Send>>; 3] = [
            drafting.then(|| Box::new(|| draft(&desk, &bell, cancel)) as Box<dyn FnOnce() -> Result<()> + Send>),
            Some(Box::new(|| deliver(&desk, &bell, cancel))),
            Some(Box::new(|| watch_levels(&desk, cancel))),
        ];
        let running: Vec<_> = loops.into_iter().flatten().map(|work| scope.spawn(work)).collect();
        while !cancel.is_cancelled() {
            std::thread::sleep(Duration::from_millis(50));
        }
        bell.ring();
        for thread in running {
            thread.join().map_err(|_| anyhow::anyhow!("a loop panicked"))??;
        }
        Ok(())
    })?;
    server.end();
    eprintln!("the local API has ended");
    Ok(ExitCode::SUCCESS)
}

/// Drafts what waits, as it comes.
fn draft(desk: &Desk, bell: &Bell, cancel: &Cancel) -> Result<()> {
    let engine = EngineProcess::of_this_program()?;
    let presence = Presence::enter(desk)?;
    let mut heard = 0;
    while !cancel.is_cancelled() {
        let drafted = desk.free_dead_claims().and_then(|_| draft_waiting(desk, &engine, &presence, cancel, crate::HANDS, None, &|_| {}));
        if let Err(e) = drafted {
            tracing::warn!(error = %e, "drafting stopped; it is tried again");
        }
        bell.wait(&mut heard, LONGEST);
    }
    Ok(())
}

/// Delivers what is due, and says once what does not go out.
fn deliver(desk: &Desk, bell: &Bell, cancel: &Cancel) -> Result<()> {
    let (mut heard, mut told) = (0, None);
    while !cancel.is_cancelled() {
        let rest = deliver_due(desk, cancel, &mut told).unwrap_or_else(|e| {
            tracing::warn!(error = %e, "delivery stopped; it is tried again");
            LONGEST
        });
        bell.wait(&mut heard, rest);
    }
    Ok(())
}

/// Returns how long to rest.
fn deliver_due(desk: &Desk, cancel: &Cancel, told: &mut Option<String>) -> flow::Result<Duration> {
    while !cancel.is_cancelled() {
        match desk.deliver_one()? {
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
    let next = desk.next_delivery_at()?.map_or(LONGEST, |at| Duration::from_millis(u64::try_from(at.0 - desk.now().0).unwrap_or(0)));
    // What is due and was not given out is in another program's hands.
    Ok(next.clamp(Duration::from_millis(100), LONGEST))
}

fn watch_levels(desk: &Desk, cancel: &Cancel) -> Result<()> {
    let step = Duration::from_millis(100);
    while !cancel.is_cancelled() {
        match crate::watch_levels(desk, cancel) {
            Ok(fallen) => fallen.iter().for_each(|fell| {
                eprintln!("{}", crate::show::plain(&format!("the level of use case {} fell to {}", fell.use_case, fell.to.as_str())));
            }),
            Err(e) => tracing::warn!(error = %e, "levels were not looked at"),
        }
        let mut rested = Duration::ZERO;
        while rested < LEVELS_EVERY && !cancel.is_cancelled() {
            std::thread::sleep(step);
            rested += step;
        }
    }
    Ok(())
}
