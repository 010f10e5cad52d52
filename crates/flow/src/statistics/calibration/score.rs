//! How good a probability is: the reliability diagram, Brier's score and their kin.
//!
//! Invariant: scores exist only for equally many probabilities in [0, 1] and outcomes, and at least one.

/// One bin of the diagram, `(from, to]`; a probability of 0 is in the first.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Bin {
    pub from: f64,
    pub to: f64,
    pub n: u64,
    /// Mean probability; `None` in an empty bin.
    pub said: Option<f64>,
    /// The share that was accepted.
    pub came: Option<f64>,
}

/// The diagram of equal-width bins with its two sums.
#[derive(Debug, Clone, PartialEq)]
pub struct Reliability {
    pub bins: Vec<Bin>,
    /// Expected calibration error, `Σ n_b/n · |came − said|` (Naeini, Cooper and Hauskrecht, AAAI 2015).
    pub ece: f64,
    /// The greatest of the differences.
    pub mce: f64,
}

fn usable(p: &[f64], y: &[bool]) -> bool {
    !p.is_empty() && p.len() == y.len() && p.iter().all(|p| (0.0..=1.0).contains(p))
}

fn outcome(yes: bool) -> f64 {
    if yes { 1.0 } else { 0.0 }
}

/// `p[i]` is the probability that was given for `y[i]`. `None` with no bins, or where the module's invariant does not hold.
pub fn reliability(p: &[f64], y: &[bool], bins: usize) -> Option<Reliability> {
    if bins == 0 || !usable(p, y) {
        return None;
    }
    let edge = |k: usize| k as f64 / bins as f64;
    let mut sums = vec![(0_u64, 0.0, 0.0); bins];
    for (p, yes) in p.iter().zip(y) {
        // The first guess can miss by one where p is an edge up to rounding.
        let guess = ((p * bins as f64).ceil() as usize).clamp(1, bins) - 1;
        let at = (guess.saturating_sub(1)..bins).find(|k| *p <= edge(k + 1)).unwrap_or(bins - 1);
        sums[at].0 += 1;
        sums[at].1 += p;
        sums[at].2 += outcome(*yes);
    }
    let bin = |(k, (n, said, came)): (usize, &(u64, f64, f64))| {
        let mean = |sum: f64| (*n > 0).then(|| sum / *n as f64);
        Bin { from: edge(k), to: edge(k + 1), n: *n, said: mean(*said), came: mean(*came) }
    };
    let bins: Vec<Bin> = sums.iter().enumerate().map(bin).collect();
    let gaps = || bins.iter().filter_map(|bin| Some((bin.n as f64 / p.len() as f64, (bin.came? - bin.said?).abs())));
    let (ece, mce) = (gaps().map(|(share, gap)| share * gap).sum(), gaps().map(|(_, gap)| gap).fold(0.0, f64::max));
    Some(Reliability { ece, mce, bins })
}

/// Mean of `(p − y)²` (Brier 1950); 0 is best, 0.25 what always saying ½ gets.
pub fn brier(p: &[f64], y: &[bool]) -> Option<f64> {
    usable(p, y).then(|| p.iter().zip(y).map(|(p, yes)| (p - outcome(*yes)).powi(2)).sum::<f64>() / p.len() as f64)
}

/// Mean of `−ln` of the probability of what came, clipped at 1e-15.
pub fn log_loss(p: &[f64], y: &[bool]) -> Option<f64> {
    let of = |(p, yes): (&f64, &bool)| {
        let p = p.clamp(1e-15, 1.0 - 1e-15);
        -if *yes { p.ln() } else { (-p).ln_1p() }
    };
    usable(p, y).then(|| p.iter().zip(y).map(of).sum::<f64>() / p.len() as f64)
}

/// The probability that an accepted draft was given more than a rejected one, ties half (Mann and Whitney 1947). `None` also where
/// only one kind came.
pub fn auroc(p: &[f64], y: &[bool]) -> Option<f64> {
    if !usable(p, y) {
        return None;
    }
    let mut order: Vec<(f64, bool)> = p.iter().copied().zip(y.iter().copied()).collect();
    order.sort_by(|a, b| a.0.total_cmp(&b.0));
    let (mut below, mut wins, mut yes_all) = (0.0, 0.0, 0.0);
    for ties in order.chunk_by(|a, b| a.0 == b.0) {
        let yes = ties.iter().filter(|(_, yes)| *yes).count() as f64;
        let no = ties.len() as f64 - yes;
        wins += yes * (below + no / 2.0);
        below += no;
        yes_all += yes;
    }
    (below > 0.0 && yes_all > 0.0).then(|| wins / (below * yes_all))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::statistics::golden::{cases, check, count, number, numbers};
    use proptest::prelude::*;

    #[test]
    fn the_scores_agree_with_the_golden_numbers() {
        for case in cases("calibration") {
            let (p, y) = (numbers(&case["p"]), numbers(&case["y"]).into_iter().map(|y| y == 1.0).collect::<Vec<_>>());
            for expected in case["ece"].as_array().unwrap() {
                let reliability = reliability(&p, &y, count(&expected["bins"]) as usize).unwrap();
                check(reliability.ece, &expected["ece"], expected);
                check(reliability.mce, &expected["mce"], expected);
            }
            check(brier(&p, &y).unwrap(), &case["brier"], &case);
            check(log_loss(&p, &y).unwrap(), &case["log_loss_clip_1e_15"], &case);
            check(auroc(&p, &y).unwrap(), &case["auroc"], &case);
            assert!(number(&case["auroc"]) > 0.5);
        }
    }

    #[test]
    fn what_is_no_probability_has_no_score() {
        for p in [f64::NAN, -0.1, 1.1, f64::INFINITY] {
            assert_eq!((brier(&[p], &[true]), log_loss(&[p], &[true]), auroc(&[p, 0.5], &[true, false])), (None, None, None));
            assert_eq!(reliability(&[p], &[true], 10), None);
        }
        assert_eq!(reliability(&[0.5], &[true], 0), None);
        assert_eq!(reliability(&[], &[], 10), None);
        assert_eq!(brier(&[0.5], &[true, false]), None);
        assert_eq!(auroc(&[0.5, 0.6], &[true, true]), None, "nothing was rejected");
    }

    proptest! {
        #[test]
        fn every_probability_is_in_its_bin(
            p in prop::collection::vec(prop_oneof![0.0_f64..=1.0, (0_u32..=15).prop_map(|k| f64::from(k) / 15.0)], 1..60),
            bins in 1_usize..20,
        ) {
            let y: Vec<bool> = p.iter().map(|p| *p > 0.5).collect();
            let reliability = reliability(&p, &y, bins).unwrap();
            for (k, bin) in reliability.bins.iter().enumerate() {
                let inside = p.iter().filter(|p| (**p > bin.from || (k == 0 && **p == 0.0)) && **p <= bin.to).count() as u64;
                prop_assert_eq!(inside, bin.n);
            }
            prop_assert!(reliability.ece <= reliability.mce + 1e-12 && reliability.mce <= 1.0);
        }
    }
}
