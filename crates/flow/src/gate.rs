//! What a person may switch at any moment: a pause, and a cap on how much goes out alone in an hour.
//!
//! Invariant: both only hold back, and neither touches what evidence rests on. While a use case is paused drafting goes on,
//! and nothing leaves that a person has not approved.

use crate::clock::Millis;
use crate::desk::Desk;
use crate::error::{Error, Result};
use crate::id::UseCaseId;
use crate::settings::Person;
use crate::storage::{self, Conn};
use std::time::Duration;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pause {
    pub by: String,
    pub why: String,
    pub at: Millis,
}

/// The switches of a use case, and what the cap counts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Switches {
    pub paused: Option<Pause>,
    /// `None`: no cap.
    pub cap_per_hour: Option<u32>,
    /// Approved by policy within the last hour.
    pub out_last_hour: u64,
}

/// What the cap looks back on.
pub const CAP_WINDOW: Duration = Duration::from_secs(3600);
const MOST_WORDS: usize = 2_000;

/// Whether a cap lets one more out, after `out` within the hour.
pub fn cap_allows(per_hour: Option<u32>, out: u64) -> bool {
    per_hour.is_none_or(|most| out < u64::from(most))
}

/// The switches at a moment. What the clock puts into the future (it was set back) counts too.
pub(crate) fn switches(c: &Conn, use_case: UseCaseId, now: Millis) -> Result<Switches> {
    let (paused, cap_per_hour) = storage::gate::switches(c, use_case)?;
    let since = Millis(now.0.saturating_sub(i64::try_from(CAP_WINDOW.as_millis()).unwrap_or(i64::MAX)));
    Ok(Switches { paused, cap_per_hour, out_last_hour: storage::gate::approved_by_policy_since(c, use_case, since)? })
}

impl Desk {
    /// # Errors
    /// [`Error::NotFound`].
    pub fn switches(&self, use_case: UseCaseId) -> Result<Switches> {
        let now = self.now();
        self.read(|c| switches(c, use_case, now))
    }

    /// Lets nothing of a use case leave by itself from now on, also what was approved by policy and has not left yet.
    /// Anyone may.
    ///
    /// # Errors
    /// [`Error::Invalid`] without a reason, or where it is paused already.
    pub fn pause(&self, person: &Person, use_case: UseCaseId, why: &str) -> Result<()> {
        let why = why.trim();
        if why.is_empty() || why.len() > MOST_WORDS {
            return Err(Error::invalid("reason", format!("{} bytes", why.len()), format!("why it is paused, at most {MOST_WORDS} bytes")));
        }
        self.transact(|c, now, changes| {
            if let (Some(pause), _) = storage::gate::switches(c, use_case)? {
                return Err(Error::invalid("pause", format!("paused by {}", pause.by), "a use case that is not paused"));
            }
            storage::gate::set_pause(c, use_case, Some(&Pause { by: person.name.clone(), why: why.to_owned(), at: now }))?;
            switched(c, now, changes, person, "paused", use_case, Some(why))
        })
    }

    /// Ends a pause: what was approved by policy leaves again.
    ///
    /// # Errors
    /// [`Error::NotAllowed`] for reviewers; [`Error::Invalid`] where it is not paused.
    pub fn resume(&self, person: &Person, use_case: UseCaseId) -> Result<()> {
        person.must_be_admin("end a pause")?;
        self.transact(|c, now, changes| {
            if storage::gate::switches(c, use_case)?.0.is_none() {
                return Err(Error::invalid("pause", "none", "a use case that is paused"));
            }
            storage::gate::set_pause(c, use_case, None)?;
            switched(c, now, changes, person, "resumed", use_case, None)
        })
    }

    /// Sets how many may go out alone within an hour; `None` for any number, 0 for none.
    ///
    /// # Errors
    /// [`Error::NotAllowed`] for reviewers.
    pub fn set_cap(&self, person: &Person, use_case: UseCaseId, per_hour: Option<u32>) -> Result<()> {
        person.must_be_admin("change how many may go out in an hour")?;
        self.transact(|c, now, changes| {
            let (_, present) = storage::gate::switches(c, use_case)?;
            if present == per_hour {
                return Ok(());
            }
            storage::gate::set_cap(c, use_case, per_hour)?;
            let detail = per_hour.map_or_else(|| "no cap".to_owned(), |n| format!("at most {n} an hour"));
            switched(c, now, changes, person, "cap_changed", use_case, Some(&detail))
        })
    }
}

fn switched(
    c: &Conn,
    now: Millis,
    changes: &mut crate::Changes,
    person: &Person,
    kind: &str,
    use_case: UseCaseId,
    detail: Option<&str>,
) -> Result<()> {
    storage::event::insert(c, now, &person.name, kind, Some(use_case), None, detail)?;
    changes.use_cases = true;
    changes.activity = true;
    Ok(())
}
