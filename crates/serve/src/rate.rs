//! How many requests a token may ask a second.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

/// A bucket for each token: it holds one second's requests and fills again all the time.
pub struct Rates {
    per_second: f64,
    buckets: Mutex<HashMap<i64, (f64, Instant)>>,
}

impl Rates {
    pub fn new(per_second: u32) -> Self {
        Self { per_second: f64::from(per_second), buckets: Mutex::default() }
    }

    /// Takes one out of a token's bucket. False: it is empty.
    pub fn take(&self, token: i64, now: Instant) -> bool {
        let mut buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        let (left, at) = buckets.entry(token).or_insert((self.per_second, now));
        *left = (*left + now.saturating_duration_since(*at).as_secs_f64() * self.per_second).min(self.per_second);
        *at = now;
        let any = *left >= 1.0;
        if any {
            *left -= 1.0;
        }
        any
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn a_token_has_its_own_seconds_worth_and_gets_it_back() {
        let (rates, start) = (Rates::new(3), Instant::now());
        let taken = |token, at| (0..5).filter(|_| rates.take(token, at)).count();
        assert_eq!(taken(1, start), 3);
        assert_eq!(taken(2, start), 3, "another token's are its own");
        assert_eq!(taken(1, start + Duration::from_millis(400)), 1);
        assert_eq!(taken(1, start + Duration::from_secs(60)), 3, "no more than one second's are kept");
    }
}
