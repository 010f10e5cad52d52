//! The local API over real sockets, on a real database file. Cases of hostile input have their number in their name.
#![expect(clippy::unwrap_used, reason = "a test ends where something is not as it says")]

mod chat;
mod door;
mod flood;
mod follow;
mod items;
mod once;
mod place;
mod tokens;
