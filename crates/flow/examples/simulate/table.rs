//! The table: what was wanted, what was measured, and whether they agree.
//!
//! Invariant: a verdict is computed from the number that stands beside it.

use std::time::Instant;

pub enum Wanted {
    /// A share that must not be exceeded.
    AtMost(f64),
    /// A number that must be reached.
    AtLeast(f64),
    /// A number that is written to whole units, and by how much of itself, or half a unit, it may be missed.
    Near(f64, f64),
    /// A share of a rule that is not ours, for comparison.
    Share(f64, f64),
    /// Between these shares, for comparison.
    Shares(f64, f64),
    /// Shown only.
    Nothing,
}

impl Wanted {
    fn words(&self) -> String {
        match self {
            Self::AtMost(limit) => format!("≤ {}", share(*limit)),
            Self::AtLeast(limit) => format!("≥ {}", number(*limit)),
            Self::Near(wanted, part) => format!("{} ± {:.0} %", number(*wanted), part * 100.0),
            Self::Share(wanted, off) => format!("{} ± {}", share(*wanted), share(*off)),
            Self::Shares(low, high) => format!("{} to {}", share(*low), share(*high)),
            Self::Nothing => "–".into(),
        }
    }

    fn measured(&self, measured: f64) -> String {
        match self {
            Self::AtMost(_) | Self::Share(..) | Self::Shares(..) | Self::Nothing => share(measured),
            Self::AtLeast(_) | Self::Near(..) => number(measured),
        }
    }

    fn verdict(&self, measured: f64) -> &'static str {
        let holds = match self {
            Self::AtMost(limit) => measured <= *limit,
            Self::AtLeast(limit) => measured >= *limit,
            Self::Near(wanted, part) => (measured - wanted).abs() <= (part * wanted).max(if *wanted > 2.0 { 0.5 } else { 0.0 }),
            Self::Share(wanted, off) => (measured - wanted).abs() <= *off,
            Self::Shares(low, high) => (*low..=*high).contains(&measured),
            Self::Nothing => return "shown",
        };
        if holds { "holds" } else { "**missed**" }
    }
}

fn share(x: f64) -> String {
    if x < 0.095 { format!("{:.2} %", x * 100.0) } else { format!("{:.1} %", x * 100.0) }
}

fn number(x: f64) -> String {
    if x < 2.0 {
        format!("{x:.3}")
    } else if x < 10.0 {
        format!("{x:.2}")
    } else if x < 100.0 {
        format!("{x:.1}")
    } else {
        format!("{x:.0}")
    }
}

pub struct Table {
    begun: Instant,
    missed: u32,
}

impl Table {
    pub fn begin() -> Self {
        Self { begun: Instant::now(), missed: 0 }
    }

    pub fn section(&self, title: &str) {
        println!("\n## {title}\n\n| figure | wanted | measured | streams | verdict |\n|---|---|---|---|---|");
    }

    pub fn row(&mut self, figure: &str, wanted: &Wanted, measured: f64, streams: u64) {
        let verdict = wanted.verdict(measured);
        self.missed += u32::from(verdict.contains("missed"));
        println!("| {figure} | {} | {} | {streams} | {verdict} |", wanted.words(), wanted.measured(measured));
        eprintln!("{:>6.1} s  {figure}", self.begun.elapsed().as_secs_f64());
    }

    pub fn end(&self) {
        println!("\n{} missed.", self.missed);
    }
}
