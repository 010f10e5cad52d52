//! What the statistics of levels do on invented streams: the table of docs/levels-simulation.md, and a forecast of what a policy
//! would do for an admin's own figures.
//!
//! Invariant: every bound, process and plan here is flow's own function; only the world is invented, from a seed.

mod audits;
mod coverage;
mod forecast;
mod order;
mod raises;
mod stream;
mod table;

pub use forecast::{Forecast, Policy, World, forecast};
pub use stream::Streams;
pub use table::{Row, markdown, missed};

use table::Table;

/// Measures every promise; each row is told as soon as it is known.
pub fn promises(streams: Streams, told: &mut dyn FnMut(&Row)) -> Vec<Row> {
    let mut table = Table::new(told);
    raises::measure(streams, &mut table);
    order::measure(streams, &mut table);
    coverage::measure(streams, &mut table);
    audits::measure(streams, &mut table);
    table.rows
}
