//! What a person does with Gait, in the real window, from the click to the file.
//!
//! Ignored by a plain `cargo test`, which must pass without a screen: `cargo xtask test --only window` runs them.

mod acts;

mod access;
mod api;
mod backups;
mod datasets;
mod desk;
mod faults;
mod first_day;
mod folder;
mod killed;
mod levels;
mod models;
mod network;
mod office;
mod outputs;
mod pictures;
mod sinks;
mod undone;
