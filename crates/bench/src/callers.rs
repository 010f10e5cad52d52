//! Many callers at once, as the product's loops are.
//!
//! Invariant: every caller has ended when a function returns, and the first failure of any is the result.

use anyhow::{Result, bail};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread::ScopedJoinHandle;
use std::time::Duration;

/// Until the answers under way differ in how far they are.
const SETTLING: Duration = Duration::from_secs(5);

/// Calls `work` with each number below `count`, `callers` at a time.
///
/// # Errors
/// What `work` says.
pub fn each(callers: usize, count: usize, work: impl Fn(usize) -> Result<()> + Sync) -> Result<()> {
    let next = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        let caller = || {
            loop {
                let index = next.fetch_add(1, Ordering::Relaxed);
                if index >= count {
                    return Ok(());
                }
                work(index)?;
            }
        };
        join((0..callers).map(|_| scope.spawn(caller)).collect())
    })
}

/// Does `front` once while `back` is called again and again, with a new number each time, `callers` at a time. `stop` is
/// called when `front` is done; calls of `back` under way may end sooner for it.
///
/// # Errors
/// What `front` or `back` says.
pub fn meanwhile<T>(
    callers: usize,
    back: impl Fn(usize) -> Result<()> + Sync,
    stop: impl FnOnce(),
    front: impl FnOnce() -> Result<T>,
) -> Result<T> {
    let (next, end) = (AtomicUsize::new(0), AtomicBool::new(false));
    std::thread::scope(|scope| {
        let caller = || {
            while !end.load(Ordering::Relaxed) {
                back(next.fetch_add(1, Ordering::Relaxed))?;
            }
            Ok(())
        };
        let all = (0..callers).map(|_| scope.spawn(caller)).collect();
        std::thread::sleep(SETTLING);
        let result = front();
        end.store(true, Ordering::Relaxed);
        stop();
        join(all)?;
        result
    })
}

fn join(all: Vec<ScopedJoinHandle<'_, Result<()>>>) -> Result<()> {
    let ended: Vec<Result<()>> = all.into_iter().map(|one| one.join().unwrap_or_else(|_| bail!("a caller broke off"))).collect();
    ended.into_iter().collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Mutex;

    #[test]
    fn each_number_is_called_once_and_a_failure_is_told() {
        let seen = Mutex::new(Vec::new());
        each(3, 10, |index| {
            seen.lock().unwrap().push(index);
            Ok(())
        })
        .unwrap();
        let mut seen = seen.into_inner().unwrap();
        seen.sort_unstable();
        assert_eq!(seen, (0..10).collect::<Vec<_>>());
        let failed = each(2, 10, |index| if index == 4 { bail!("the fifth") } else { Ok(()) });
        assert_eq!(failed.unwrap_err().to_string(), "the fifth");
    }
}
