//! A bell that one loop sleeps on. A ring between two sleeps is heard by the next one.

use crate::shell::lock;
use std::sync::{Condvar, Mutex, PoisonError};
use std::time::Duration;

#[derive(Default)]
pub(crate) struct Signal {
    rung: Mutex<bool>,
    bell: Condvar,
}

impl Signal {
    pub fn ring(&self) {
        *lock(&self.rung) = true;
        self.bell.notify_all();
    }

    /// Sleeps until the bell rings or the time is over. True: it rang.
    pub fn wait(&self, longest: Duration) -> bool {
        let rung = lock(&self.rung);
        let (mut rung, _) = self.bell.wait_timeout_while(rung, longest, |rung| !*rung).unwrap_or_else(PoisonError::into_inner);
        std::mem::take(&mut *rung)
    }
}
