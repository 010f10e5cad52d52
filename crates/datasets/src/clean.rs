//! The steps of the cleaning that look at one text.
//!
//! Invariant: what a step does depends on the example and the recipe alone.

pub mod personal;
