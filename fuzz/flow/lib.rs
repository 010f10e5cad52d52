//! What the engine's readers name of `flow`, without its database.

#[path = "../../crates/flow/src/model.rs"]
pub mod model;
