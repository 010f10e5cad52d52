//! The e-process against the golden numbers, its order laws, and numbers that mean harm.

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
    fn it_is_reached_where_the_value_first_is_one_over_delta(
        losses in prop::collection::vec(prop_oneof![40 => Just(0.0), 1 => Just(1.0), 1 => 0.0_f64..2.0], 0..400),
        least in 0.4_f64..=1.0,
    ) {
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
    fn a_worse_verdict_never_helps(
        clean in 0_u64..400,
        bad in 0_u64..20,
        epsilon in 0.005_f64..0.3,
        better in 0.0_f64..=1.0,
        worse in 0.0_f64..=1.0,
    ) {
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
