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

pub use bound::{LowestBound, corrected_for_missed, proves_with_golds};
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
        self.void |= loss > self.greatest;
        let loss = if loss.is_nan() { self.greatest } else { loss.clamp(0.0, self.greatest) };
        // −0 is 0.
        let loss = loss + 0.0;
        match self.losses.binary_search_by(|(known, _)| known.total_cmp(&loss)) {
            Ok(at) => self.losses[at].1 = self.losses[at].1.saturating_add(1),
            Err(at) => self.losses.insert(at, (loss, 1)),
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
        if self.void {
            return None;
        }
        let stakes = BETS.map(|bet| (self.log_stake(bet, self.epsilon), self.log_factor(bet, self.epsilon, 0.0)));
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::statistics::golden::{cases, check, check_root, count, number, numbers};
    use proptest::prelude::*;

    fn process(epsilon: f64, delta: f64, losses: &[(f64, u64)]) -> EProcess {
        let mut process = EProcess::of_all(epsilon, delta).unwrap();
        for (loss, times) in losses {
            (0..*times).for_each(|_| process.push(*loss));
        }
        process
    }

    #[test]
    fn binary_losses_agree_with_the_golden_numbers() {
        for case in cases("e_process_binary") {
            let (n, bad) = (count(&case["n"]), count(&case["bad"]));
            let process = process(number(&case["epsilon"]), 0.05, &[(0.0, n - bad), (1.0, bad)]);
            check(process.log_e(), &case["log_e"], &case);
            assert_eq!(process.allows(), case["promote_at_delta_0_05"].as_bool().unwrap(), "{case}");
        }
        for case in cases("e_process_upper_bound") {
            let (n, bad) = (count(&case["n"]), count(&case["bad"]));
            let process = process(0.05, number(&case["delta"]), &[(0.0, n - bad), (1.0, bad)]);
            check_root(process.upper_bound(), &case["upper"], &case);
        }
    }

    #[test]
    fn graded_losses_agree_with_the_golden_numbers() {
        for case in cases("e_process_graded_loss") {
            let grades: Vec<_> = ["accepted", "minor", "major", "rejected"].iter().map(|grade| count(&case[grade])).collect();
            let losses: Vec<_> = numbers(&case["weights"]).into_iter().zip(grades).collect();
            let process = process(number(&case["epsilon"]), 0.05, &losses);
            check(process.log_e(), &case["log_e"], &case);
            check_root(process.upper_bound(), &case["upper_delta_0_05"], &case);
        }
    }

    #[test]
    fn weighted_losses_agree_with_the_golden_numbers() {
        for case in cases("e_process_ipw") {
            let probability = 1.0 / number(&case["b"]);
            let mut process = EProcess::of_sample(number(&case["epsilon"]), 0.05, probability).unwrap();
            let bad = count(&case["audited_bad_with_pi_1_over_b"]);
            for item in 0..count(&case["items"]) {
                process.push(if item < bad { weighted(1.0, probability).unwrap() } else { 0.0 });
            }
            check(process.log_e(), &case["log_e"], &case);
        }
    }

    #[test]
    fn a_stream_agrees_with_the_golden_path() {
        for case in cases("e_process_stream") {
            let bad: Vec<u64> = numbers(&case["bad_positions"]).into_iter().map(|at| at as u64).collect();
            let mut process = EProcess::of_all(number(&case["epsilon"]), number(&case["delta"])).unwrap();
            let mut path = case["path"].as_array().unwrap().iter().peekable();
            for at in 1..=count(&case["n"]) {
                process.push_verdict(bad.contains(&at));
                if let Some(step) = path.next_if(|step| count(&step["t"]) == at) {
                    check(process.log_e(), &step["log_e"], step);
                    check_root(process.upper_bound(), &step["upper_delta_0_05"], step);
                }
            }
            assert!(path.next().is_none(), "every step of the path was met");
            assert_eq!(process.reached_at(), case["first_promotion_at"].as_u64(), "{}", case["seed"]);
        }
    }

    #[test]
    fn as_many_clean_ones_are_needed_as_the_golden_numbers_say() {
        for case in cases("e_process_min_n") {
            for (bad, n) in numbers(&case["min_n_to_promote_with_bad_0_to_10"]).into_iter().enumerate() {
                let process = process(number(&case["epsilon"]), number(&case["delta"]), &[(1.0, bad as u64)]);
                assert_eq!(process.more_clean_needed(), Some(n as u64 - bad as u64), "{bad} bad in {case}");
            }
        }
    }

    #[test]
    fn only_what_is_settled_counts() {
        let verdicts = [Some(0.0), Some(1.0), None, Some(0.0)];
        assert_eq!(settled(&verdicts).collect::<Vec<_>>(), [0.0, 1.0], "the third has no verdict, so the fourth has to wait");
    }

    #[test]
    fn what_cannot_be_never_speaks_for_a_draft() {
        for (epsilon, delta) in [(0.0, 0.05), (1.0, 0.05), (f64::NAN, 0.05), (0.05, 0.0), (0.05, f64::NAN), (f64::INFINITY, 0.5)] {
            assert_eq!(EProcess::of_all(epsilon, delta), None);
        }
        assert_eq!(EProcess::of_sample(0.05, 0.05, 0.0), None);
        assert_eq!(EProcess::of_sample(0.05, 0.05, f64::NAN), None);
        assert_eq!((weighted(1.0, 0.0), weighted(1.0, f64::NAN), weighted(1.0, 1.5)), (None, None, None));
        assert_eq!(process(0.05, 0.05, &[(f64::NAN, 3)]), process(0.05, 0.05, &[(1.0, 3)]));
        assert_eq!(process(0.05, 0.05, &[(f64::NEG_INFINITY, 3), (-0.0, 1)]), process(0.05, 0.05, &[(0.0, 4)]));
        let void = process(0.05, 0.05, &[(0.0, 70), (f64::INFINITY, 1), (0.0, 1000)]);
        assert_eq!((void.log_e(), void.allows(), void.upper_bound(), void.more_clean_needed()), (f64::NEG_INFINITY, false, 1.0, None));
        for m in [0.0, 1.0, -1.0, f64::NAN, f64::INFINITY] {
            assert_eq!(process(0.05, 0.05, &[]).log_e_at(m), None);
        }
    }

    fn any_loss() -> impl Strategy<Value = f64> {
        prop_oneof![Just(0.0), Just(0.1), Just(0.5), Just(1.0), 0.0_f64..=1.0, any::<f64>()]
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(128))]
        #[test]
        fn a_stored_process_goes_on_to_the_bit(losses in prop::collection::vec(any_loss(), 0..60), cut in 0_usize..60) {
            let mut whole = EProcess::of_sample(0.05, 0.05, 0.5).unwrap();
            losses.iter().for_each(|loss| whole.push(*loss));
            let mut stored = EProcess::of_sample(0.05, 0.05, 0.5).unwrap();
            let cut = cut.min(losses.len());
            losses[..cut].iter().for_each(|loss| stored.push(*loss));
            let mut read: EProcess = serde_json::from_str(&serde_json::to_string(&stored).unwrap()).unwrap();
            losses[cut..].iter().for_each(|loss| read.push(*loss));
            prop_assert_eq!(read.log_e().to_bits(), whole.log_e().to_bits());
            prop_assert_eq!(read.upper_bound().to_bits(), whole.upper_bound().to_bits());
            prop_assert_eq!(read, whole);
        }

        #[test]
        fn it_is_reached_where_the_value_first_is_one_over_delta(losses in prop::collection::vec(prop_oneof![40 => Just(0.0), 1 => Just(1.0), 1 => 0.0_f64..2.0], 0..400), least in 0.4_f64..=1.0) {
            let mut process = EProcess::of_sample(0.2, 0.1, least).unwrap();
            let mut first = None;
            for (at, loss) in losses.iter().enumerate() {
                process.push(*loss);
                first = first.or(process.allows().then_some(at as u64 + 1));
                prop_assert_eq!(process.reached_at(), first);
            }
        }

        #[test]
        fn the_order_does_not_matter_to_the_bit(losses in prop::collection::vec(0.0_f64..=1.0, 0..40)) {
            let value = |list: &[f64]| {
                let mut process = EProcess::of_all(0.02, 0.05).unwrap();
                list.iter().for_each(|loss| process.push(*loss));
                process.log_e().to_bits()
            };
            let reversed: Vec<_> = losses.iter().rev().copied().collect();
            prop_assert_eq!(value(&losses), value(&reversed));
        }

        #[test]
        fn a_worse_verdict_never_helps(clean in 0_u64..400, bad in 0_u64..20, epsilon in 0.005_f64..0.3, better in 0.0_f64..=1.0, worse in 0.0_f64..=1.0) {
            let (better, worse) = (better.min(worse), better.max(worse));
            let base = [(0.0, clean), (1.0, bad)];
            let with = |loss: f64| process(epsilon, 0.05, &[base[0], base[1], (loss, 1)]);
            prop_assert!(with(worse).log_e() <= with(better).log_e() + 1e-9);
            prop_assert!(with(worse).upper_bound() >= with(better).upper_bound() - 1e-9);
            prop_assert!(with(0.0).log_e() >= process(epsilon, 0.05, &base).log_e());
        }

        #[test]
        fn the_bound_is_where_the_value_is_one_over_delta(clean in 0_u64..3000, bad in 0_u64..20, delta in 0.001_f64..0.5) {
            let process = process(0.05, delta, &[(0.0, clean), (1.0, bad)]);
            let bound = process.upper_bound();
            prop_assert!((0.0..=1.0).contains(&bound));
            prop_assert!(process.log_e_at(bound).is_none_or(|log_e| log_e >= -delta.ln()));
            prop_assert!(process.log_e_at(bound * (1.0 - 1e-9)).unwrap() <= -delta.ln() + 1e-6);
            prop_assert_eq!(process.allows(), bound <= 0.05);
        }

        #[test]
        fn so_many_clean_ones_are_enough_and_one_fewer_is_not(clean in 0_u64..100, bad in 0_u64..12, epsilon in 0.01_f64..0.2) {
            let mut process = process(epsilon, 0.05, &[(0.0, clean), (1.0, bad)]);
            let needed = process.more_clean_needed().unwrap();
            for _ in 1..needed {
                process.push(0.0);
            }
            prop_assert_eq!(process.allows(), needed == 0);
            process.push(0.0);
            prop_assert!(process.allows());
        }
    }
}
