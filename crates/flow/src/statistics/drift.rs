//! When it got worse: an e-detector over the verdicts of audits, and since when it did.
//!
//! A Shiryaev–Roberts sum for each of three bad rates q = min(aε, 0.9), a ∈ {2, 5, 20}, and their mean:
//! `R_k ← (R_k + 1) · (q_k/ε if bad, else (1−q_k)/(1−ε))`, alarm at mean R ≥ A (Shin, Ramdas and Rinaldo, *E-detectors*, NEJSDS 2, 2024).
//!
//! *Invariant: as long as the error rate, given all that came before, is at most ε, the expected number of verdicts to an alarm is at least
//! A. The sums are kept as logarithms: a long drift overflows nothing.*

use super::log_mean;
use serde::{Deserialize, Serialize};

/// How many times ε the three look for.
pub const MULTIPLES: [f64; 3] = [2.0, 5.0, 20.0];
/// No bad rate above this is looked for; ε must be under it.
pub const GREATEST: f64 = 0.9;
/// The default A, in judged items.
pub const DEFAULT_RUN: f64 = 1000.0;

/// The state of one bad rate.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
struct Sum {
    /// `ln(R + 1)`, never negative.
    log_more: f64,
    /// The log likelihood ratio since `start`; 0 or more (Page, Biometrika 41, 1954).
    since: f64,
    /// After how many verdicts `since` was last 0.
    start: u64,
}

impl Sum {
    /// `ln R`; −∞ before the first verdict.
    fn log_r(self) -> f64 {
        self.log_more + (-(-self.log_more).exp_m1()).ln()
    }

    /// After the `n`-th verdict, whose likelihood ratio is `exp log_ratio`.
    fn after(self, n: u64, log_ratio: f64) -> Self {
        let since = (self.since + log_ratio).max(0.0);
        let log_r = self.log_more + log_ratio;
        let log_more = log_r.max(0.0) + (-log_r.abs()).exp().ln_1p();
        Self { log_more, since, start: if since > 0.0 { self.start } else { n } }
    }
}

/// The detector of one level of one drafter version.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Detector {
    epsilon: f64,
    run: f64,
    n: u64,
    sums: [Sum; 3],
    alarm_at: Option<u64>,
}

impl Detector {
    /// `run` is A, in judged items. `None` where ε is outside of (0, 0.9) or A is not a finite number above 0.
    pub fn new(epsilon: f64, run: f64) -> Option<Self> {
        let usable = epsilon > 0.0 && epsilon < GREATEST && run > 0.0 && run.is_finite();
        usable.then(|| Self { epsilon, run, n: 0, sums: [Sum::default(); 3], alarm_at: None })
    }

    /// Takes the next verdict. Audits count that were chosen without regard to the content; O(1).
    pub fn push(&mut self, bad: bool) {
        self.n = self.n.saturating_add(1);
        for (sum, multiple) in self.sums.iter_mut().zip(MULTIPLES) {
            let q = (multiple * self.epsilon).min(GREATEST);
            let log_ratio = if bad { (q / self.epsilon).ln() } else { (-q).ln_1p() - (-self.epsilon).ln_1p() };
            *sum = sum.after(self.n, log_ratio);
        }
        if self.alarm_at.is_none() && self.log_r() >= self.run.ln() {
            self.alarm_at = Some(self.n);
        }
    }

    /// How many verdicts were pushed.
    pub fn n(&self) -> u64 {
        self.n
    }

    /// `ln R`, of the mean of the three; −∞ before the first verdict.
    pub fn log_r(&self) -> f64 {
        log_mean(&self.sums.map(Sum::log_r))
    }

    /// At which verdict R was A or more for the first time. Only a new detector takes an alarm back.
    pub fn alarm_at(&self) -> Option<u64> {
        self.alarm_at
    }

    /// At which verdict it got worse, the first counted as 1: for the bad rate with the greatest sum, the start from which the
    /// likelihood ratio up to now is greatest. That is the verdict after Page's sum was last 0. With an alarm it is worth a look;
    /// without one it says little. `None` before the first verdict, or where the last ones say that nothing changed.
    pub fn changed_at(&self) -> Option<u64> {
        let likeliest = self.sums.iter().max_by(|a, b| a.log_r().total_cmp(&b.log_r()))?;
        (likeliest.since > 0.0).then_some(likeliest.start + 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::statistics::golden::{cases, check, count, number, numbers};
    use proptest::prelude::*;

    #[test]
    fn the_detector_agrees_with_the_golden_numbers() {
        for case in cases("e_sr_detector") {
            let bad: Vec<u64> = numbers(&case["bad_positions"]).into_iter().map(|at| at as u64).collect();
            let mut detector = Detector::new(number(&case["epsilon"]), number(&case["threshold"])).unwrap();
            let mut seen = 0;
            for at in 1..=count(&case["n"]) {
                detector.push(bad.contains(&at));
                if let Some(expected) = case["path"].get(at.to_string()) {
                    check(detector.log_r().exp(), expected, &case);
                    seen += 1;
                }
            }
            assert_eq!(seen, case["path"].as_object().unwrap().len());
            assert_eq!(detector.alarm_at(), case["alarm_at"].as_u64());
        }
    }

    #[test]
    fn the_change_is_where_the_likelihood_ratio_is_greatest() {
        let verdicts: Vec<bool> = (0..200).map(|at| at == 20 || (at >= 150 && at % 3 == 0)).collect();
        let mut detector = Detector::new(0.02, 1000.0).unwrap();
        verdicts.iter().for_each(|bad| detector.push(*bad));
        let winning = MULTIPLES.iter().zip(detector.sums).max_by(|a, b| a.1.log_r().total_cmp(&b.1.log_r())).unwrap().0;
        let q = winning * 0.02;
        let ratio =
            |from: usize| verdicts[from..].iter().map(|bad| if *bad { (q / 0.02_f64).ln() } else { ((1.0 - q) / 0.98).ln() }).sum::<f64>();
        let best = (0..200).max_by(|a, b| ratio(*a).total_cmp(&ratio(*b))).unwrap();
        assert_eq!((detector.changed_at(), best), (Some(151), 150), "positions here begin at 0");
    }

    #[test]
    fn a_long_drift_overflows_nothing() {
        let mut detector = Detector::new(0.01, 1000.0).unwrap();
        (0..100_000).for_each(|_| detector.push(true));
        assert!(detector.log_r() > 1e5 && detector.log_r().is_finite());
        assert_eq!(detector.changed_at(), Some(1));
    }

    #[test]
    fn impossible_detectors_are_none() {
        for (epsilon, run) in [(0.0, 1000.0), (0.9, 1000.0), (f64::NAN, 1000.0), (0.05, 0.0), (0.05, f64::NAN), (0.05, f64::INFINITY)] {
            assert_eq!(Detector::new(epsilon, run), None);
        }
        let fresh = Detector::new(0.05, 1000.0).unwrap();
        assert_eq!((fresh.log_r(), fresh.changed_at(), fresh.alarm_at()), (f64::NEG_INFINITY, None, None));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn a_stored_detector_goes_on_to_the_bit(
            verdicts in prop::collection::vec(any::<bool>(), 1..80),
            cut in 0_usize..80,
            epsilon in 0.001_f64..0.8,
        ) {
            let (mut whole, mut stored) = (Detector::new(epsilon, 1000.0).unwrap(), Detector::new(epsilon, 1000.0).unwrap());
            for (at, bad) in verdicts.iter().enumerate() {
                whole.push(*bad);
                if at == cut {
                    stored = serde_json::from_str(&serde_json::to_string(&stored).unwrap()).unwrap();
                }
                stored.push(*bad);
            }
            prop_assert_eq!(stored, whole);
        }

        #[test]
        fn no_other_start_of_the_change_is_likelier(verdicts in prop::collection::vec(prop::bool::weighted(0.1), 1..80)) {
            let mut detector = Detector::new(0.05, 1000.0).unwrap();
            verdicts.iter().for_each(|bad| detector.push(*bad));
            let winner = (0..3).max_by(|a, b| detector.sums[*a].log_r().total_cmp(&detector.sums[*b].log_r())).unwrap();
            let q = (MULTIPLES[winner] * 0.05).min(GREATEST);
            let log_ratio = |bad: &bool| if *bad { (q / 0.05_f64).ln() } else { ((1.0 - q) / 0.95).ln() };
            let since = |start: usize| verdicts[start..].iter().map(log_ratio).sum::<f64>();
            let best = (0..verdicts.len()).map(since).fold(0.0, f64::max);
            let found = detector.changed_at().map_or(0.0, |at| since(at as usize - 1));
            prop_assert!((found - best).abs() < 1e-9, "{found} {best}");
        }

        #[test]
        fn a_bad_verdict_never_lowers_the_sum(
            verdicts in prop::collection::vec(any::<bool>(), 1..60),
            at in 0_usize..60,
            epsilon in 0.001_f64..0.8,
        ) {
            let at = at % verdicts.len();
            let value = |flip: bool| {
                let mut detector = Detector::new(epsilon, 1000.0).unwrap();
                verdicts.iter().enumerate().for_each(|(here, bad)| detector.push(if here == at { flip } else { *bad }));
                detector.log_r()
            };
            prop_assert!(value(true) >= value(false) - 1e-12);
        }
    }
}
