//! The evidence for a level: a bet against "the error rate is above ε" that is worth 1/δ at most with probability δ, however
//! often one looks. Three fixed bets c ∈ {0.1, 0.3, 0.6}, mixed evenly (Waudby-Smith and Ramdas, JRSS B 86, 2023; Ville 1939):
//!
//! `E_n(m) = ⅓ Σ_c Π_i (1 + (1−c)(m − zᵢ)/(b − m))`, zᵢ in [0, b] the loss of the i-th judged draft; a raise is allowed at
//! `E_n(ε) ≥ 1/δ`.
//!
//! *Invariant: if the mean loss, given all that came before, is never under ε, the value reaches 1/δ with probability ≤ δ. That rests on
//! the caller: losses come in the order of submission ([`settled`]), without regard to their content, and a bad one is never left out.*

mod bound;
mod many;
#[cfg(test)]
mod tests;

pub use bound::{LowestBound, corrected_for_missed, proves_with_golds, upper_bound_of};
pub use many::{delta_of_epoch, slices_by_e_bh};

use super::{is_fraction, log_mean, root};
use serde::{Deserialize, Serialize};

/// The shares c of a stake that are left after a bad decision, one for each bettor.
pub const BETS: [f64; 3] = [0.1, 0.3, 0.6];

/// An e-process: how often each loss came. The order decides only when 1/δ is reached; the value is the same to the bit in any
/// order.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct EProcess {
    epsilon: f64,
    delta: f64,
    /// b: 1, or 1 ÷ the least probability of an audit.
    greatest: f64,
    /// Sorted by loss; as many entries as there are distinct losses (two of them for binary ones).
    losses: Vec<(f64, u64)>,
    reached_at: Option<u64>,
    /// Before so many losses the value cannot be 1/δ, however good they are. Long lists are taken in quickly that way.
    not_before: u64,
    /// A loss came that cannot be: nothing is shown any more.
    void: bool,
}

impl EProcess {
    /// Every draft is judged: losses in [0, 1]. `None` where ε or δ is outside of (0, 1).
    pub fn of_all(epsilon: f64, delta: f64) -> Option<Self> {
        Self::of_sample(epsilon, delta, 1.0)
    }

    /// Drafts are audited with a probability π of at least `least`, and pushed as [`weighted`] losses. `None` where ε or δ is outside of
    /// (0, 1) or `least` outside of (0, 1].
    ///
    /// The more distinct values π takes, the larger the state: choose it from a few.
    pub fn of_sample(epsilon: f64, delta: f64, least: f64) -> Option<Self> {
        let usable = is_fraction(epsilon) && is_fraction(delta) && (is_fraction(least) || least == 1.0);
        let greatest = 1.0 / least;
        (usable && greatest.is_finite()).then(|| Self {
            epsilon,
            delta,
            greatest,
            losses: Vec::new(),
            reached_at: None,
            not_before: 0,
            void: false,
        })
    }

    /// The same as it was before its first loss.
    #[must_use]
    pub fn before_all(&self) -> Self {
        let Self { epsilon, delta, greatest, .. } = *self;
        Self { epsilon, delta, greatest, losses: Vec::new(), reached_at: None, not_before: 0, void: false }
    }

    pub fn epsilon(&self) -> f64 {
        self.epsilon
    }

    pub fn delta(&self) -> f64 {
        self.delta
    }

    /// How many losses were pushed.
    pub fn n(&self) -> u64 {
        self.losses.iter().map(|(_, count)| count).sum()
    }

    /// After how many of them the value was 1/δ or more for the first time; what came later does not take that back.
    pub fn reached_at(&self) -> Option<u64> {
        self.reached_at
    }

    /// Takes the next loss, 0 (accepted) to 1 (rejected), or a [`weighted`] one, up to 1 ÷ the least probability.
    ///
    /// What is not a number counts as the worst, what is under 0 as 0. A loss above the greatest possible breaks what the
    /// guarantee rests on: it makes the evidence void, for good.
    pub fn push(&mut self, loss: f64) {
        self.push_times(loss, 1);
    }

    /// Takes as many of the same loss, as one look: where they reach 1/δ together, [`EProcess::reached_at`] is after the last of them.
    pub fn push_times(&mut self, loss: f64, times: u64) {
        if times == 0 {
            return;
        }
        self.void |= loss > self.greatest;
        let loss = if loss.is_nan() { self.greatest } else { loss.clamp(0.0, self.greatest) };
        // −0 is 0.
        let loss = loss + 0.0;
        match self.losses.binary_search_by(|(known, _)| known.total_cmp(&loss)) {
            Ok(at) => self.losses[at].1 = self.losses[at].1.saturating_add(times),
            Err(at) => self.losses.insert(at, (loss, times)),
        }
        let n = self.n();
        if self.reached_at.is_none() && n >= self.not_before {
            if self.allows() {
                self.reached_at = Some(n);
            } else {
                // One less than needed: the two sums may differ in their last bit.
                self.not_before = self.more_clean_needed().map_or(u64::MAX, |needed| n.saturating_add(needed.saturating_sub(1)));
            }
        }
    }

    /// A bad draft is a loss of 1.
    pub fn push_verdict(&mut self, bad: bool) {
        self.push(if bad { 1.0 } else { 0.0 });
    }

    /// `log E_n(ε)`; 0 before the first loss, −∞ where the evidence is void.
    pub fn log_e(&self) -> f64 {
        self.log_e_at(self.epsilon).unwrap_or(f64::NEG_INFINITY)
    }

    /// `log E_n(m)`, which rises with m. `None` where m is outside of (0, b).
    pub fn log_e_at(&self, m: f64) -> Option<f64> {
        if !(m > 0.0 && m < self.greatest) {
            return None;
        }
        if self.void {
            return Some(f64::NEG_INFINITY);
        }
        let log_e = log_mean(&BETS.map(|bet| self.log_stake(bet, m)));
        Some(if log_e.is_nan() { f64::NEG_INFINITY } else { log_e })
    }

    fn log_stake(&self, bet: f64, m: f64) -> f64 {
        self.losses.iter().map(|(loss, count)| *count as f64 * self.log_factor(bet, m, *loss)).sum()
    }

    fn log_factor(&self, bet: f64, m: f64, loss: f64) -> f64 {
        ((1.0 - bet) * (m - loss) / (self.greatest - m)).ln_1p()
    }

    /// Whether the value is 1/δ or more now.
    pub fn allows(&self) -> bool {
        self.log_e() >= -self.delta.ln()
    }

    /// The upper bound of the error rate that these losses show: the root m of `log E_n(m) = log 1/δ`, 1 if there is none. For one look; at
    /// all looks together its running minimum holds ([`LowestBound`]) with probability ≥ 1 − δ.
    pub fn upper_bound(&self) -> f64 {
        root(0.0, 1.0, |m| self.log_e_at(m).unwrap_or(f64::INFINITY) + self.delta.ln())
    }

    /// The smallest number of further drafts without any loss after which the value is 1/δ; 0 where it is now. `None` where no number is
    /// enough (void), or none under 2⁵².
    pub fn more_clean_needed(&self) -> Option<u64> {
        self.more_clean_needed_at(self.epsilon)
    }

    /// The same against another error rate than ε; `None` also where that is outside of (0, b).
    pub fn more_clean_needed_at(&self, m: f64) -> Option<u64> {
        if self.void || !(m > 0.0 && m < self.greatest) {
            return None;
        }
        let stakes = BETS.map(|bet| (self.log_stake(bet, m), self.log_factor(bet, m, 0.0)));
        let enough = |clean: u64| log_mean(&stakes.map(|(now, each)| now + clean as f64 * each)) >= -self.delta.ln();
        if enough(0) {
            return Some(0);
        }
        let mut high = 1;
        while !enough(high) {
            high *= 2;
            if high > 1 << 52 {
                return None;
            }
        }
        let mut low = high / 2;
        while high - low > 1 {
            let middle = low + (high - low) / 2;
            if enough(middle) { high = middle } else { low = middle }
        }
        Some(high)
    }
}

/// The loss of a draft that was audited with probability π, as a sample of all of them: loss ÷ π (Horvitz and Thompson 1952). An unaudited
/// one is pushed as 0. `None` where π is outside of (0, 1].
pub fn weighted(loss: f64, probability: f64) -> Option<f64> {
    (is_fraction(probability) || probability == 1.0).then(|| loss / probability)
}

/// The losses that may count: in the order of submission, up to the oldest draft that has no verdict yet. Bad ones are
/// decided later than good ones; evidence in the order of verdicts would not see them in time.
pub fn settled(in_order_of_submission: &[Option<f64>]) -> impl Iterator<Item = f64> + '_ {
    in_order_of_submission.iter().map_while(|loss| *loss)
}
