//! All examples with all: duplicates, contradictions, disagreement, groups.
//!
//! Invariant: the time grows as n log n. Nothing is compared with everything: what could be the same is sorted side by side first.

use crate::clean::Step;
use crate::clean::minhash::{MinHash, agreement};
use crate::error::{Error, Result};
use crate::facts::{Fact, Facts, Stance, better};
use crate::recipe::{NearDuplicates, Recipe, Side};
use crate::split::{Sets, sides};

/// Examples of one bucket that later ones are compared with.
const LEADERS: usize = 32;

pub(crate) struct Compared {
    pub sides: Vec<Side>,
    pub groups: u64,
}

/// Marks in `facts` what is left out, and says where each example stands. `tick` is told how far it is, of 1, and may end it.
pub(crate) fn compare(facts: &mut Facts, recipe: &Recipe, tick: &mut dyn FnMut(f64) -> Result<()>) -> Result<Compared> {
    let mut sets = Sets::new(facts.rows.len());
    let mut links = std::mem::take(&mut facts.links);
    links.sort_unstable();
    for pair in links.windows(2) {
        if pair[0].0 == pair[1].0 {
            sets.join(pair[0].1, pair[1].1);
        }
    }
    drop(links);
    tick(0.1)?;
    let cleaning = &recipe.cleaning;
    if cleaning.exact_duplicates {
        exact(&mut facts.rows);
    }
    if cleaning.contradictions {
        contradictions(facts);
    }
    if cleaning.disagreement {
        disagreement(&mut facts.rows);
    }
    tick(0.2)?;
    if let Some(near) = &cleaning.near_duplicates {
        near_duplicates(facts, near, &mut sets, tick)?;
    }
    let (sides, groups) = sides(facts.rows.iter().map(|fact| fact.ballot), &mut sets, &recipe.split);
    for (fact, side) in facts.rows.iter_mut().zip(&sides) {
        if fact.left_out.is_none() && fact.ballot.earlier.is_some_and(|earlier| earlier != *side) {
            fact.left_out = Some(Step::HeldElsewhere);
        }
    }
    tick(1.0)?;
    Ok(Compared { sides, groups })
}

/// Rows that are still in, sorted by what `key` says of them, run by run of the same.
fn runs(rows: &[Fact], key: impl Fn(&Fact) -> u64, mut each: impl FnMut(&[(u64, u32)])) {
    let mut keyed: Vec<(u64, u32)> =
        rows.iter().zip(0_u32..).filter(|(fact, _)| fact.left_out.is_none()).map(|(fact, row)| (key(fact), row)).collect();
    keyed.sort_unstable();
    keyed.chunk_by(|a, b| a.0 == b.0).filter(|run| run.len() > 1).for_each(&mut each);
}

fn exact(rows: &mut [Fact]) {
    let mut dropped: Vec<u32> = Vec::new();
    runs(
        rows,
        |fact| fact.exact,
        |run| {
            let kept = run.iter().map(|(_, row)| *row).reduce(|a, b| better(rows, a, b));
            dropped.extend(run.iter().map(|(_, row)| *row).filter(|row| Some(*row) != kept));
        },
    );
    leave_out(rows, &dropped, Step::ExactDuplicates);
}

/// The same text for the same prompt, accepted by one and refused by another: neither can be believed.
fn contradictions(facts: &mut Facts) {
    let mut said = std::mem::take(&mut facts.said);
    said.sort_unstable();
    let mut dropped: Vec<u32> = Vec::new();
    for run in said.chunk_by(|a, b| a.0 == b.0) {
        let standing = || run.iter().filter(|(_, row, _)| facts.rows[*row as usize].left_out.is_none());
        if standing().any(|(_, _, accepted)| *accepted) && standing().any(|(_, _, accepted)| !accepted) {
            dropped.extend(standing().map(|(_, row, _)| *row));
        }
    }
    leave_out(&mut facts.rows, &dropped, Step::Contradictions);
}

/// Two people, one item, one for and one against; or somebody else who said otherwise, as the caller knows.
fn disagreement(rows: &mut [Fact]) {
    let mut dropped: Vec<u32> = rows.iter().zip(0_u32..).filter(|(fact, _)| fact.disputed).map(|(_, row)| row).collect();
    runs(
        rows,
        |fact| fact.item,
        |run| {
            let all = || run.iter().map(|(_, row)| &rows[*row as usize]);
            let of = |stance: Stance| all().filter(move |fact| fact.stance == stance);
            if of(Stance::For).any(|one| of(Stance::Against).any(|other| other.reviewer != one.reviewer)) {
                dropped.extend(run.iter().map(|(_, row)| *row).filter(|row| rows[*row as usize].stance != Stance::Neither));
            }
        },
    );
    leave_out(rows, &dropped, Step::Disagreement);
}

fn leave_out(rows: &mut [Fact], dropped: &[u32], step: Step) {
    for row in dropped {
        let fact = &mut rows[*row as usize];
        fact.left_out = fact.left_out.or(Some(step));
    }
}

/// Near-duplicates by prompt stand on one side; of those that also teach nearly the same, one is kept.
fn near_duplicates(facts: &mut Facts, near: &NearDuplicates, sets: &mut Sets, tick: &mut dyn FnMut(f64) -> Result<()>) -> Result<()> {
    let minhash = MinHash::new(near);
    let values = minhash.values();
    let mut same = Sets::new(facts.rows.len());
    let mut keyed: Vec<(u64, u32)> = Vec::with_capacity(facts.rows.len());
    for band in 0..near.bands {
        keyed.clear();
        for (row, fact) in (0_u32..).zip(&facts.rows) {
            // What is left out for its own sake (empty, harmful) ties no group together; a duplicate is tied to the one that is kept.
            if fact.left_out.is_none() && !facts.unsigned[row as usize] {
                keyed.push((minhash.band(facts.signature(row), band), row));
            }
        }
        keyed.sort_unstable();
        for bucket in keyed.chunk_by(|a, b| a.0 == b.0).filter(|bucket| bucket.len() > 1) {
            let mut leaders: Vec<u32> = Vec::new();
            for (_, row) in bucket {
                let mine = facts.signature(*row);
                let mut found = false;
                for leader in &leaders {
                    let theirs = facts.signature(*leader);
                    if agreement(&mine[..values], &theirs[..values]) < near.similarity {
                        continue;
                    }
                    sets.join(*row, *leader);
                    let (one, other) = (&facts.rows[*row as usize], &facts.rows[*leader as usize]);
                    if one.stance == other.stance && agreement(&mine[values..], &theirs[values..]) >= near.similarity {
                        same.join(*row, *leader);
                        found = true;
                        break;
                    }
                }
                if !found && leaders.len() < LEADERS {
                    leaders.push(*row);
                }
            }
        }
        tick(0.2 + 0.75 * (band + 1) as f64 / near.bands as f64)?;
    }
    facts.signatures = Vec::new();
    let mut kept: Vec<u32> = (0..facts.rows.len() as u32).collect();
    for row in 0..facts.rows.len() as u32 {
        let root = same.root(row);
        if root != row {
            kept[root as usize] = better(&facts.rows, kept[root as usize], row);
        }
    }
    let dropped: Vec<u32> = (0..facts.rows.len() as u32).filter(|row| kept[same.root(*row) as usize] != *row).collect();
    leave_out(&mut facts.rows, &dropped, Step::NearDuplicates);
    Ok(())
}

/// What a recipe must hold, before anything is read.
///
/// # Errors
/// A sentence that says what does not fit.
pub(crate) fn sensible(recipe: &Recipe) -> Result<()> {
    let shares = [recipe.split.validation, recipe.split.test];
    let mut formats = recipe.formats.clone();
    formats.sort_unstable();
    formats.dedup();
    if recipe.formats.is_empty() {
        Err(Error::Recipe("it names no format".into()))
    } else if formats.len() != recipe.formats.len() {
        Err(Error::Recipe("it names a format twice".into()))
    } else if shares.iter().any(|share| !(0.0..1.0).contains(share)) || shares.iter().sum::<f64>() >= 1.0 {
        Err(Error::Recipe("the shares of validation and test must be parts of 1 that leave some for training".into()))
    } else if recipe.shard_bytes == 0 {
        Err(Error::Recipe("a file needs room for a row: the size of a file is 0 bytes".into()))
    } else {
        Ok(())
    }
}
