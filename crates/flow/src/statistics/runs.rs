//! How likely a run is: the same answer many times in a row.
//!
//! *Invariant: a probability in [0, 1]; longer runs are less likely, more tries make them more likely.*

/// With which probability the longest run in `n` independent tries is `run` or longer, where each succeeds with probability `p`. By
/// recursion over the first try that completes a run (Feller, *An Introduction to Probability Theory* I, XIII.7): the part without one loses
/// `(1 − p) pʳ` of what it was r + 1 tries before. `None` where p is outside of [0, 1].
pub fn longest_run_at_least(run: u64, n: u64, p: f64) -> Option<f64> {
    if !(0.0..=1.0).contains(&p) {
        return None;
    }
    if run == 0 {
        return Some(1.0);
    }
    let (Ok(run), Ok(n)) = (usize::try_from(run), usize::try_from(n)) else { return Some(0.0) };
    if run > n {
        return Some(0.0);
    }
    let whole = p.powf(run as f64);
    // What has happened after k tries: sums of positive terms, for little is lost of a small number that way.
    let mut happened = vec![0.0_f64; n + 1];
    happened[run] = whole;
    for k in run + 1..=n {
        happened[k] = happened[k - 1] + (1.0 - happened[k - run - 1]) * (1.0 - p) * whole;
    }
    Some(happened[n].clamp(0.0, 1.0))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// By trying all sequences.
    fn by_hand(run: u64, n: u64, p: f64) -> f64 {
        (0u32..1 << n)
            .filter(|tries| {
                (0..n).fold((0, 0), |(now, most), at| if tries >> at & 1 == 1 { (now + 1, most.max(now + 1)) } else { (0, most) }).1 >= run
            })
            .map(|tries| p.powi(tries.count_ones() as i32) * (1.0 - p).powi((n as u32 - tries.count_ones()) as i32))
            .sum()
    }

    #[test]
    fn it_is_what_all_sequences_together_give() {
        for (n, p) in [(1, 0.3), (5, 0.5), (9, 0.9), (12, 0.75)] {
            for run in 0..=n + 1 {
                let (got, expected) = (longest_run_at_least(run, n, p).unwrap(), by_hand(run, n, p));
                assert!((got - expected).abs() < 1e-12, "{run} of {n} at {p}: {got}, {expected}");
            }
        }
        assert_eq!(longest_run_at_least(3, 2, 0.5), Some(0.0));
        assert_eq!(longest_run_at_least(3, 9, 1.0), Some(1.0));
        assert_eq!(longest_run_at_least(3, 9, f64::NAN), None);
    }

    proptest! {
        #[test]
        fn longer_runs_are_less_likely(run in 1u64..40, n in 0u64..300, p in 0.0_f64..=1.0) {
            let at = |run, n| longest_run_at_least(run, n, p).unwrap();
            prop_assert!((0.0..=1.0).contains(&at(run, n)));
            prop_assert!(at(run + 1, n) <= at(run, n) + 1e-12);
            prop_assert!(at(run, n) <= at(run, n + 1) + 1e-12);
        }
    }
}
