//! The table: figures with what they should come to, in Markdown.
//!
//! Invariant: a figure that was not measured is not in the table; a ratio is Gait ÷ llama.cpp, whatever is better.

use crate::figures::{Rounds, median};

/// What a figure counts.
#[derive(Debug, Clone, Copy)]
pub enum Unit {
    TokensPerSecond,
    DraftsPerMinute,
    /// Measured in seconds, shown in milliseconds.
    Milliseconds,
    /// Measured in bytes, shown in MiB.
    Mebibytes,
}

impl Unit {
    fn show(self, value: f64) -> String {
        match self {
            Self::TokensPerSecond => format!("{value:.1} tokens/s"),
            Self::DraftsPerMinute => format!("{value:.1} drafts/min"),
            Self::Milliseconds => format!("{:.0} ms", value * 1000.0),
            Self::Mebibytes => format!("{:.0} MiB", value / 1_048_576.0),
        }
    }
}

/// What a ratio should be.
#[derive(Debug, Clone, Copy)]
pub enum Wanted {
    AtLeast(f64),
    AtMost(f64),
}

/// One line.
#[derive(Debug, Clone)]
pub struct Row {
    pub what: String,
    pub unit: Unit,
    pub rounds: Rounds,
    pub wanted: Option<Wanted>,
    /// More about it: a share of the machine's limit, the peer's settings.
    pub note: String,
}

impl Row {
    fn cells(&self) -> [String; 6] {
        let show = |values: &[f64]| median(values).map_or_else(|| "–".to_owned(), |value| self.unit.show(value));
        let ratio = self.rounds.ratio();
        let wanted = match self.wanted {
            None => String::new(),
            Some(wanted) => {
                let (words, reached) = match wanted {
                    Wanted::AtLeast(least) => (format!("≥ {least}"), ratio.map(|ratio| ratio >= least)),
                    Wanted::AtMost(most) => (format!("≤ {most}"), ratio.map(|ratio| ratio <= most)),
                };
                match reached {
                    Some(true) => format!("{words}: yes"),
                    Some(false) => format!("{words}: no"),
                    None => words,
                }
            }
        };
        let ratio = ratio.map_or_else(|| "–".to_owned(), |ratio| format!("{ratio:.2}"));
        [self.what.clone(), show(&self.rounds.ours), show(&self.rounds.theirs), ratio, wanted, self.note.clone()]
    }
}

/// The figures of one model.
pub struct Table {
    pub model: String,
    pub rows: Vec<Row>,
}

impl Table {
    pub fn markdown(&self) -> String {
        let mut text = format!("### {}\n\n| figure | Gait | llama.cpp | ratio | wanted | |\n|---|---:|---:|---:|---|---|\n", self.model);
        for row in &self.rows {
            text.push_str(&format!("| {} |\n", row.cells().join(" | ")));
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_says_what_was_reached() {
        let row = |ours: f64, theirs: Option<f64>, wanted| {
            let mut rounds = Rounds::default();
            rounds.add(ours, theirs);
            Row { what: "decode".to_owned(), unit: Unit::TokensPerSecond, rounds, wanted, note: String::new() }
        };
        let rows = vec![
            row(30.0, Some(20.0), Some(Wanted::AtLeast(1.15))),
            row(30.0, Some(20.0), Some(Wanted::AtMost(1.15))),
            row(30.0, None, Some(Wanted::AtLeast(1.15))),
        ];
        let text = Table { model: "m".to_owned(), rows }.markdown();
        let lines: Vec<&str> = text.lines().skip(4).collect();
        assert_eq!(
            lines,
            [
                "| decode | 30.0 tokens/s | 20.0 tokens/s | 1.50 | ≥ 1.15: yes |  |",
                "| decode | 30.0 tokens/s | 20.0 tokens/s | 1.50 | ≤ 1.15: no |  |",
                "| decode | 30.0 tokens/s | – | – | ≥ 1.15 |  |",
            ]
        );
    }
}
