//! Gait as a person meets it: the real window over WebDriver, in a place of its own.
//!
//! `Place` is what a person's machine holds (data, models, faults), `Window` is the program open on it, `Ledger` reads
//! the database behind its back. Invariant: no test waits for a time; each waits for something to be seen, with a
//! deadline.

mod driver;
mod ledger;
mod place;
mod receiver;
mod window;

pub use ledger::Ledger;
pub use place::{Place, repository, target};
pub use receiver::Receiver;
pub use window::{PATIENCE, Window};
