//! Carries approved text out of the program: as a signed letter to a webhook, or to a command that an admin has named. With `hub`, the only
//! code of Gait that opens a connection.
//!
//! Invariant: a letter goes to the address that flow gives, resolved once, and the connection goes to what was looked at then; redirects are
//! not followed and no proxy is asked. A command is started with its words as they are, never by a shell. Whatever the other side does, a
//! try ends within flow's limit and keeps a bounded part of the answer.

mod command;
mod sign;
mod webhook;

use flow::carrier::{Carrier, Handed, LIMIT, Letter, Order};
use flow::model::Cancel;
use std::time::Duration;

pub use sign::signature;

/// The carrier of the product.
#[derive(Debug, Clone)]
pub struct Post {
    limit: Duration,
    cancel: Cancel,
}

impl Default for Post {
    fn default() -> Self {
        Self::until(Cancel::default())
    }
}

impl Post {
    /// Ends a command that runs when the switch is thrown: in a group of its own it would outlive whoever started it.
    pub fn until(cancel: Cancel) -> Self {
        Self { limit: LIMIT, cancel }
    }

    /// Another limit for a try, for tests.
    pub fn within(limit: Duration) -> Self {
        Self { limit, ..Self::default() }
    }
}

impl Carrier for Post {
    fn post(&self, letter: &Letter) -> Handed {
        webhook::post(letter, self.limit)
    }

    fn run(&self, order: &Order) -> Handed {
        command::run(order, self.limit, &self.cancel)
    }
}
