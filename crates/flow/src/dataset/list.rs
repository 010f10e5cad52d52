//! What a version was made of, as it is kept: a few bytes a decision.
//!
//! Invariant: what was written is read again as it was; ids rise.

use crate::error::{Error, Result};
use datasets::Side;

/// What an example rests on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Source {
    Decision,
    /// A choice between two drafts.
    Comparison,
}

impl Source {
    pub const ALL: [Self; 2] = [Self::Decision, Self::Comparison];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Decision => "decision",
            Self::Comparison => "comparison",
        }
    }

    fn letter(self) -> char {
        match self {
            Self::Decision => 'd',
            Self::Comparison => 'c',
        }
    }

    /// The id of a row, the same in every version: `d17`.
    pub fn row_id(self, id: i64) -> String {
        format!("{}{id}", self.letter())
    }

    /// The way back.
    ///
    /// # Errors
    /// [`Error::Invalid`] where it is no id of ours.
    pub fn of_row(row: &str) -> Result<(Self, i64)> {
        let wrong = || Error::invalid("row", format!("{row:?}"), "an id as the rows of a dataset have it, as d17");
        let source = Self::ALL.into_iter().find(|source| row.starts_with(source.letter())).ok_or_else(wrong)?;
        let id = row.get(1..).and_then(|digits| digits.parse().ok()).filter(|id| *id > 0).ok_or_else(wrong)?;
        Ok((source, id))
    }
}

/// What became of one in a version.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Became {
    /// The one that an earlier version had it on; else that of its group, also where it was left out.
    pub side: Side,
    /// An earlier version had its item.
    pub earlier: bool,
    pub left_out: bool,
    /// A second look said something else.
    pub disputed: bool,
}

const LEFT_OUT: u8 = 4;
const DISPUTED: u8 = 8;
const EARLIER: u8 = 16;

impl Became {
    /// Where it stands in the files; `None` where cleaning left it out.
    pub fn side(self) -> Option<Side> {
        (!self.left_out).then_some(self.side)
    }

    fn code(self) -> u8 {
        let side = match self.side {
            Side::Train => 0,
            Side::Validation => 1,
            Side::Test => 2,
        };
        let bit = |is: bool, bit: u8| if is { bit } else { 0 };
        side + bit(self.left_out, LEFT_OUT) + bit(self.disputed, DISPUTED) + bit(self.earlier, EARLIER)
    }

    fn of_code(code: u8) -> Result<Self> {
        let side = Side::ALL.get(usize::from(code & 3)).filter(|_| code < 32);
        let side = *side.ok_or_else(|| Error::Damaged(format!("dataset_part.entries: what became of one is {code}")))?;
        Ok(Self { side, left_out: code & LEFT_OUT != 0, disputed: code & DISPUTED != 0, earlier: code & EARLIER != 0 })
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Entry {
    pub id: i64,
    pub became: Became,
    /// In hundredths.
    pub weight: u8,
}

/// Entries in the order of their ids, as many as are kept in one row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Part {
    pub first: i64,
    pub last: i64,
    pub entries: Vec<u8>,
}

const IN_A_PART: usize = 4_096;
const BYTES: usize = 6;

pub(crate) fn parts(entries: impl Iterator<Item = Entry>) -> Vec<Part> {
    let mut parts: Vec<Part> = Vec::new();
    for entry in entries {
        let room = parts.last_mut().filter(|part| part.entries.len() < IN_A_PART * BYTES);
        let near = room.and_then(|part| u32::try_from(entry.id - part.last).ok().map(|distance| (part, distance)));
        let tail = [entry.became.code(), entry.weight];
        match near {
            Some((part, distance)) => {
                part.last = entry.id;
                part.entries.extend(distance.to_le_bytes().into_iter().chain(tail));
            }
            None => parts.push(Part { first: entry.id, last: entry.id, entries: [0; 4].into_iter().chain(tail).collect() }),
        }
    }
    parts
}

pub(crate) fn entries(first: i64, bytes: &[u8]) -> Result<Vec<Entry>> {
    let mut id = first;
    let mut all = Vec::with_capacity(bytes.len() / BYTES);
    for entry in bytes.chunks_exact(BYTES) {
        id += i64::from(u32::from_le_bytes([entry[0], entry[1], entry[2], entry[3]]));
        all.push(Entry { id, became: Became::of_code(entry[4])?, weight: entry[5] });
    }
    Ok(all)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_row_id_leads_back_and_nothing_else_does() {
        assert_eq!(Source::of_row(&Source::Decision.row_id(17)).unwrap(), (Source::Decision, 17));
        assert_eq!(Source::of_row(&Source::Comparison.row_id(3)).unwrap(), (Source::Comparison, 3));
        for wrong in ["", "d", "x17", "17", "d-1", "d0", "d1.5", "가17"] {
            assert!(Source::of_row(wrong).is_err(), "{wrong:?}");
        }
    }

    proptest! {
        #[test]
        fn a_list_is_read_again_as_it_was_written(steps in prop::collection::vec((1i64..6_000_000_000, 0u8..3, any::<[bool; 3]>(), any::<u8>()), 0..300)) {
            let mut id = 0;
            let list: Vec<Entry> = steps
                .into_iter()
                .map(|(step, side, [left_out, disputed, earlier], weight)| {
                    id += step;
                    Entry { id, became: Became { side: Side::ALL[usize::from(side)], left_out, disputed, earlier }, weight }
                })
                .collect();
            let mut again = Vec::new();
            for part in parts(list.iter().copied()) {
                let read = entries(part.first, &part.entries).unwrap();
                prop_assert_eq!(read.last().unwrap().id, part.last);
                again.extend(read);
            }
            prop_assert_eq!(again, list);
        }
    }

    #[test]
    fn a_million_are_a_few_megabytes() {
        let became = Became { side: Side::Train, left_out: false, disputed: false, earlier: false };
        let parts = parts((1..=100_000).map(|id| Entry { id, became, weight: 100 }));
        assert_eq!(parts.iter().map(|part| part.entries.len()).sum::<usize>(), 600_000);
        assert_eq!(parts.len(), 25);
    }
}
