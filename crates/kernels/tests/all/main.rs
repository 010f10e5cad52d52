//! What the kernels compute, against references written from ggml's definitions.
#![expect(clippy::unwrap_used, reason = "a test that panics fails")]

mod alike;
mod attention;
mod matrices;
mod ops;
mod pool;
mod reference;
