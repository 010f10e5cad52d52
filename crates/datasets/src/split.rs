//! Which side an example stands on.
//!
//! Invariant: what belongs together (equal prompts, near-duplicates, thread, customer) stands on one side, and an example that an earlier
//! version had on a side is on no other, ever.
//!
//! The rule. A group is all examples that are linked, directly or over others. If earlier versions had any of them, the group's side is the
//! most guarded of theirs: test before validation before train. Else it is drawn: each example has a key (its first group key, or its item),
//! the one whose keyed hash is smallest speaks for the group, and a second, independent half of that hash says the side. When two groups
//! that stood on different sides come together, the examples of the less guarded side keep their side and are left out (`held_elsewhere`):
//! they neither cross over nor leak. Examples that are new follow their group.

use crate::recipe::{Shares, Side};

/// Union-find with path halving; a root is the smallest index of its set.
pub(crate) struct Sets {
    parents: Vec<u32>,
}

impl Sets {
    pub fn new(count: usize) -> Self {
        Self { parents: (0..count as u32).collect() }
    }

    pub fn root(&mut self, mut at: u32) -> u32 {
        while self.parents[at as usize] != at {
            let above = self.parents[self.parents[at as usize] as usize];
            self.parents[at as usize] = above;
            at = above;
        }
        at
    }

    pub fn join(&mut self, a: u32, b: u32) {
        let (a, b) = (self.root(a), self.root(b));
        let (low, high) = (a.min(b), a.max(b));
        self.parents[high as usize] = low;
    }
}

/// What an example brings to its group.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Ballot {
    /// The two halves of the keyed hash of its key.
    pub draw: (u64, u64),
    pub earlier: Option<Side>,
}

/// The side of each example's group, and how many groups there are.
pub(crate) fn sides(ballots: impl Iterator<Item = Ballot>, sets: &mut Sets, shares: &Shares) -> (Vec<Side>, u64) {
    let count = sets.parents.len();
    let mut speakers: Vec<(u64, u64)> = vec![(u64::MAX, u64::MAX); count];
    let mut held: Vec<Option<Side>> = vec![None; count];
    for (at, ballot) in ballots.enumerate() {
        let root = sets.root(at as u32) as usize;
        speakers[root] = speakers[root].min(ballot.draw);
        held[root] = held[root].max(ballot.earlier);
    }
    let mut groups = 0;
    let sides = (0..count)
        .map(|at| {
            let root = sets.root(at as u32) as usize;
            groups += u64::from(root == at);
            held[root].unwrap_or_else(|| drawn(speakers[root].1, shares))
        })
        .collect();
    (sides, groups)
}

fn drawn(draw: u64, shares: &Shares) -> Side {
    // 53 bits: every one of them is exact in a double.
    let part = (draw >> 11) as f64 / (1_u64 << 53) as f64;
    if part < shares.test {
        Side::Test
    } else if part < shares.test + shares.validation {
        Side::Validation
    } else {
        Side::Train
    }
}

#[cfg(test)]
mod tests;
