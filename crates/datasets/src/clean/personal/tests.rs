//! Recall, precision and the kinds.
