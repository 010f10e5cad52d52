//! Which side an example stands on.
