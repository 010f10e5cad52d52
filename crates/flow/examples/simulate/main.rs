//! Measures what `flow::statistics` promises, on seeded streams, and prints the tables of docs/levels-simulation.md:
//!
//! `cargo run --release --offline -p gait-flow --example simulate -- 20261124 20000`
//!
//! Invariant: every bound, process and plan here is the product's own function; only the world is invented.

mod audits;
mod coverage;
mod order;
mod raises;
mod stream;
mod table;

use stream::Streams;
use table::Table;

fn main() {
    let mut arguments = std::env::args().skip(1).filter_map(|argument| argument.parse().ok());
    let streams = Streams { seed: arguments.next().unwrap_or(20_261_124), count: arguments.next().unwrap_or(20_000) };
    let mut table = Table::begin();
    raises::measure(streams, &mut table);
    order::measure(streams, &mut table);
    coverage::measure(streams, &mut table);
    audits::measure(streams, &mut table);
    table.end();
}
