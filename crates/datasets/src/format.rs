//! How a row of each format looks.
