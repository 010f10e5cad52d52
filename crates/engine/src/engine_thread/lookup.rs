//! Guesses the next tokens from the text so far: an answer copies much from its request.
//!
//! Invariant: a guess never changes a text. Guessed tokens are computed together with the last true one, each place is
//! drawn by the sequence's own sampler, in order, and the first that differs ends the run.
//!
//! Prompt lookup: Saxena 2023; drawing and comparing is exact for any sampling, for the draws are those that would have
//! come without guesses.

/// Tokens that have to agree before what followed them is guessed again.
const MATCH: usize = 3;
/// Most tokens guessed at once.
const MOST: usize = 6;
/// Share of right guesses under which a sequence stops guessing.
const PAYS: f32 = 0.4;
/// Tokens after which a sequence that stopped guessing tries again.
const RETRY: u32 = 24;

/// How well guesses do in one sequence.
#[derive(Debug)]
pub(crate) struct Lookup {
    /// Share of right guesses, lately.
    right: f32,
    /// Draws since the last guess.
    idle: u32,
}

impl Lookup {
    pub(crate) fn new() -> Self {
        Self { right: 0.7, idle: 0 }
    }

    /// What may follow these tokens, at most `limit`.
    pub(crate) fn guess<'a>(&self, tokens: &'a [u32], limit: usize) -> &'a [u32] {
        let pays = self.right >= PAYS || self.idle >= RETRY;
        if !pays || tokens.len() <= MATCH {
            return &[];
        }
        let (before, last) = tokens.split_at(tokens.len() - MATCH);
        // The latest place is the likeliest.
        let Some(place) = (0..before.len()).rev().find(|start| tokens.get(*start..*start + MATCH) == Some(last)) else { return &[] };
        let most = if self.right > 0.8 { MOST } else { MOST / 2 };
        let from = place + MATCH;
        tokens.get(from..tokens.len().min(from + most.min(limit))).unwrap_or_default()
    }

    /// Learns how many of the guessed tokens were right; called at each draw, also without guesses.
    pub(crate) fn learn(&mut self, guessed: usize, right: usize) {
        if guessed == 0 {
            self.idle = self.idle.saturating_add(1);
            return;
        }
        self.idle = 0;
        #[expect(clippy::cast_precision_loss, reason = "a handful")]
        let share = right as f32 / guessed as f32;
        self.right = self.right.mul_add(0.75, share * 0.25);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_followed_the_same_three_tokens_is_guessed() {
        let lookup = Lookup::new();
        assert_eq!(lookup.guess(&[1, 2, 3, 4, 5, 9, 1, 2, 3], 2), [4, 5]);
        assert_eq!(lookup.guess(&[1, 2, 3, 7, 1, 2, 3, 8, 1, 2, 3], 1), [8], "the latest place");
        assert_eq!(lookup.guess(&[1, 2, 3, 4, 1, 2], 4), [0u32; 0], "nothing repeats");
        assert_eq!(lookup.guess(&[5, 5, 5, 5], 4), [5], "no further than the text goes");
        assert_eq!(lookup.guess(&[1, 2], 4), [0u32; 0]);
    }

    #[test]
    fn a_sequence_that_guesses_wrong_stops_and_tries_again_later() {
        let mut lookup = Lookup::new();
        let tokens = [1, 2, 3, 4, 1, 2, 3];
        for _ in 0..4 {
            lookup.learn(3, 0);
        }
        assert_eq!(lookup.guess(&tokens, 4), [0u32; 0]);
        for _ in 0..RETRY {
            lookup.learn(0, 0);
        }
        assert!(!lookup.guess(&tokens, 4).is_empty());
        lookup.learn(3, 3);
        lookup.learn(3, 3);
        assert!(!lookup.guess(&tokens, 4).is_empty(), "and goes on when it is right");
    }
}
