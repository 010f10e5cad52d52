//! The shell without a window: the real commands, configuration and access list on Tauri's mock runtime, a scripted
//! model, a temporary folder. One program, so that the webview is linked once.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod audits;
mod backups;
mod bindings;
mod errors;
mod faults;
mod journey;
mod levels;
mod local_api;
mod loops;
mod models;
mod place;
mod rights;
