//! The arithmetic of a quantised model: packed matrices, attention, a thread pool.
//!
//! Invariant: a row of a result depends on that row's input alone, to the bit, whatever else is computed beside it and
//! on however many threads. So what a request gets does not depend on its neighbours in a batch.
