//! Reads fixtures/golden.json for the tests of this folder: computed with mpmath at 60 digits, checked against scipy,
//! statsmodels, sklearn, krippendorff and confseq.

use serde_json::Value;

/// The cases under a key, never none.
pub fn cases(key: &str) -> Vec<Value> {
    let golden: Value = serde_json::from_str(include_str!("../../fixtures/golden.json")).unwrap();
    let group = golden[key].clone();
    let cases = if let Value::Array(cases) = group { cases } else { vec![group] };
    assert!(!cases.is_empty() && !cases[0].is_null(), "the fixture has cases of {key}");
    cases
}

pub fn number(value: &Value) -> f64 {
    value.as_f64().unwrap_or_else(|| panic!("{value} is a number"))
}

pub fn count(value: &Value) -> u64 {
    value.as_u64().unwrap_or_else(|| panic!("{value} is a count"))
}

pub fn numbers(value: &Value) -> Vec<f64> {
    value.as_array().unwrap_or_else(|| panic!("{value} is a list")).iter().map(number).collect()
}

/// Relative tolerance 1e-9.
pub fn check(got: f64, expected: &Value, about: &Value) {
    check_within(1e-9, got, expected, about);
}

/// Relative tolerance 1e-7, for bounds that are found as roots.
pub fn check_root(got: f64, expected: &Value, about: &Value) {
    check_within(1e-7, got, expected, about);
}

fn check_within(tolerance: f64, got: f64, expected: &Value, about: &Value) {
    let expected = number(expected);
    assert!((got - expected).abs() <= tolerance * expected.abs() + f64::MIN_POSITIVE, "{got} is {expected} in {about}");
}
