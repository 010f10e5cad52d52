//! Who computes how many rows in the next step: a pure function.
//!
//! Invariant: interactive work goes first. While there is any, the queue rides along with a few rows and begins nothing;
//! a step has no more prompt rows than its budget, so that whoever comes next waits for a fraction of a second.

use flow::model::Urgency;
use std::time::Duration;

/// Rows of the queue that ride along with interactive work: as many as a tile of the kernels takes for nearly nothing.
const RIDERS: usize = 3;
/// Rows up to which guessed tokens are worth their share of a step.
const GUESSING: usize = 8;
/// What a step should take, so that a person who asks meanwhile does not notice the wait.
const STEP: Duration = Duration::from_millis(150);
/// Fewest and most prompt rows for a step.
const FEWEST: usize = 16;
const MOST: usize = 256;

/// What a sequence could do in a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Wish {
    pub(crate) urgency: Urgency,
    /// Tokens that the model has not seen, the last drawn one included.
    pub(crate) unseen: usize,
    /// Whether a token has been drawn or comes next: then `unseen` is 1.
    pub(crate) draws: bool,
    /// Tokens that may follow, guessed.
    pub(crate) guesses: usize,
    /// Waits for a shared beginning that another computes.
    pub(crate) waits: bool,
    /// Was there when a computation broke off: computes alone, so that the next time shows whose fault it was.
    pub(crate) suspect: bool,
}

/// Rows of a sequence in the next step: those the model has to see, and guesses beyond them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Share {
    pub(crate) rows: usize,
    pub(crate) guesses: usize,
}

/// The shares of all sequences, in their order. `budget`: prompt rows.
pub(crate) fn plan(wishes: &[Wish], budget: usize) -> Vec<Share> {
    let mut shares = vec![Share::default(); wishes.len()];
    if let Some((wish, share)) = wishes.iter().zip(&mut shares).find(|(wish, _)| wish.suspect) {
        share.rows = wish.unseen.min(budget);
        return shares;
    }
    let interactive = wishes.iter().any(|wish| wish.urgency == Urgency::Interactive && !wish.waits);
    let mut riders = if interactive { RIDERS } else { usize::MAX };
    let mut left = budget;
    // Those that draw first, then prompts; within each the order of arrival, interactive before the queue.
    for draws in [true, false] {
        for urgency in [Urgency::Interactive, Urgency::Queue] {
            for (wish, share) in wishes.iter().zip(&mut shares) {
                if wish.draws != draws || wish.urgency != urgency || wish.waits {
                    continue;
                }
                let rides = interactive && urgency == Urgency::Queue;
                match (draws, rides) {
                    (true, false) => share.rows = wish.unseen,
                    (true, true) if riders > 0 => {
                        share.rows = wish.unseen;
                        riders -= 1;
                    }
                    (false, false) => {
                        share.rows = wish.unseen.min(left);
                        left -= share.rows;
                    }
                    (true | false, true) => {}
                }
            }
        }
    }
    let mut room = GUESSING.saturating_sub(shares.iter().map(|share| share.rows).sum());
    for (wish, share) in wishes.iter().zip(&mut shares) {
        if share.rows > 0 && wish.draws && !(interactive && wish.urgency == Urgency::Queue) {
            share.guesses = wish.guesses.min(room);
            room -= share.guesses;
        }
    }
    shares
}

/// How long a row takes on this machine with this model, learned from the steps.
#[derive(Debug, Default)]
pub(crate) struct Pace {
    /// Seconds for a row of a large step.
    row: Option<f64>,
}

impl Pace {
    /// Learns from a step.
    pub(crate) fn learn(&mut self, rows: usize, took: Duration) {
        if rows < FEWEST {
            return;
        }
        #[expect(clippy::cast_precision_loss, reason = "some hundred rows")]
        let row = took.as_secs_f64() / rows as f64;
        self.row = Some(self.row.map_or(row, |known| known.mul_add(0.7, row * 0.3)));
    }

    /// Prompt rows for the next step.
    pub(crate) fn budget(&self) -> usize {
        let Some(row) = self.row else { return FEWEST * 2 };
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a cast saturates, and the result is clamped")]
        let rows = (STEP.as_secs_f64() / row) as usize;
        rows.clamp(FEWEST, MOST)
    }
}

#[cfg(test)]
mod tests;
