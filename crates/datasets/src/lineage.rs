//! `lineage.jsonl`: from any row back to its item and decisions, and from an item to the rows that hold it.
//!
//! Invariant: one line for each example that the source gave, kept or not, in its order. Ids only, never text.

use crate::error::{Error, Result};
use crate::recipe::Side;
use serde::{Deserialize, Serialize};
use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};

/// A row of a file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Place {
    /// From the dataset's folder, with `/`.
    pub file: String,
    /// From 0.
    pub row: u64,
}

/// What became of an example.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Placed {
    pub id: String,
    pub item: String,
    pub decisions: Vec<String>,
    /// The side of its group, also where it was left out.
    pub side: Side,
    /// The step that left it out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub left_out: Option<String>,
    #[serde(default)]
    pub places: Vec<Place>,
}

/// Reads the lineage of a dataset's folder, line by line.
pub struct Lineage {
    path: PathBuf,
    lines: std::io::Lines<BufReader<fs::File>>,
}

impl Lineage {
    pub const FILE: &'static str = "lineage.jsonl";

    /// # Errors
    /// When the folder has none.
    pub fn open(folder: &Path) -> Result<Self> {
        let path = folder.join(Self::FILE);
        let file = fs::File::open(&path).map_err(Error::io(&path))?;
        Ok(Self { path, lines: BufReader::new(file).lines() })
    }
}

impl Iterator for Lineage {
    type Item = Result<Placed>;

    fn next(&mut self) -> Option<Self::Item> {
        let line = match self.lines.next()? {
            Ok(line) => line,
            Err(cause) => return Some(Err(Error::Io { path: self.path.clone(), cause })),
        };
        Some(serde_json::from_str(&line).map_err(|error| Error::Malformed { path: self.path.clone(), why: error.to_string() }))
    }
}
