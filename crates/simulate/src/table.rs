//! The table: what was wanted, what was measured, and whether they agree.
//!
//! Invariant: a verdict is computed from the number that stands beside it.

use serde::Serialize;

pub(crate) enum Wanted {
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

    /// `None` where nothing is wanted.
    fn holds(&self, measured: f64) -> Option<bool> {
        match self {
            Self::AtMost(limit) => Some(measured <= *limit),
            Self::AtLeast(limit) => Some(measured >= *limit),
            Self::Near(wanted, part) => Some((measured - wanted).abs() <= (part * wanted).max(if *wanted > 2.0 { 0.5 } else { 0.0 })),
            Self::Share(wanted, off) => Some((measured - wanted).abs() <= *off),
            Self::Shares(low, high) => Some((*low..=*high).contains(&measured)),
            Self::Nothing => None,
        }
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

/// One figure.
#[derive(Debug, Clone, Serialize)]
pub struct Row {
    pub section: String,
    pub figure: String,
    pub wanted: String,
    pub measured: String,
    /// The same, not rounded.
    pub value: f64,
    pub streams: u64,
    /// `None` where it is shown only.
    pub holds: Option<bool>,
}

/// All figures, and who is told of each.
pub(crate) struct Table<'a> {
    pub rows: Vec<Row>,
    section: String,
    told: &'a mut dyn FnMut(&Row),
}

impl<'a> Table<'a> {
    pub fn new(told: &'a mut dyn FnMut(&Row)) -> Self {
        Self { rows: Vec::new(), section: String::new(), told }
    }

    pub fn section(&mut self, title: &str) {
        title.clone_into(&mut self.section);
    }

    pub fn row(&mut self, figure: &str, wanted: &Wanted, measured: f64, streams: u64) {
        let row = Row {
            section: self.section.clone(),
            figure: figure.to_owned(),
            wanted: wanted.words(),
            measured: wanted.measured(measured),
            value: measured,
            streams,
            holds: wanted.holds(measured),
        };
        (self.told)(&row);
        self.rows.push(row);
    }
}

/// How many figures are not what is wanted.
pub fn missed(rows: &[Row]) -> usize {
    rows.iter().filter(|row| row.holds == Some(false)).count()
}

/// As it stands in docs/levels-simulation.md.
pub fn markdown(rows: &[Row]) -> String {
    let mut page = String::new();
    let mut section = "";
    for row in rows {
        if row.section != section {
            section = &row.section;
            page += &format!("\n## {section}\n\n| figure | wanted | measured | streams | verdict |\n|---|---|---|---|---|\n");
        }
        let verdict = match row.holds {
            Some(true) => "holds",
            Some(false) => "**missed**",
            None => "shown",
        };
        page += &format!("| {} | {} | {} | {} | {verdict} |\n", row.figure, row.wanted, row.measured, row.streams);
    }
    page + &format!("\n{} missed.\n", missed(rows))
}
