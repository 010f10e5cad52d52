//! Small models with random weights, for tests.
