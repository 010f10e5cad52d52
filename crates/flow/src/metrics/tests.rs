use super::*;

fn slice(name: &str, decided: i64, accepted: i64) -> SliceAcceptance {
    SliceAcceptance { slice: (!name.is_empty()).then(|| name.to_owned()), decided, accepted }
}

fn check(slices: &[SliceAcceptance], expected: Option<f64>) {
    let sum = |of: fn(&SliceAcceptance) -> i64| slices.iter().map(of).sum();
    let all = Evidence { decided: sum(|s| s.decided), approved: sum(|s| s.accepted), ..Evidence::default() };
    assert_eq!(slice_gap(&all, slices), expected, "{slices:?}");
}

#[test]
fn the_gap_is_that_of_the_slice_that_is_served_worst() {
    check(&[], None);
    check(&[slice("", 100, 50)], None);
    check(&[slice("a", 50, 40), slice("b", 50, 40)], Some(0.0));
    check(&[slice("a", 50, 50), slice("b", 50, 25)], Some(0.25));
    check(&[slice("a", 60, 30), slice("b", 19, 0), slice("", 21, 20)], Some(0.0));
    check(&[slice("a", 19, 0)], None);
}

#[test]
fn a_median_is_of_the_values_that_are_there() {
    let of = |values: &[u64]| median(values.iter().map(|ms| Duration::from_millis(*ms)).collect()).map(|d| d.as_millis());
    assert_eq!((of(&[]), of(&[4]), of(&[9, 1, 5])), (None, Some(4), Some(5)));
}
