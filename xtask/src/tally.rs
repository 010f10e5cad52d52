//! How many tests ran, read from what their runner printed.
//!
//! Invariant: a number is only ever read from a runner's closing line. No line, no number: the caller takes that as
//! a failure, never as zero.

use std::iter::Sum;

#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Tally {
    pub passed: u32,
    pub failed: u32,
    pub skipped: u32,
}

impl Sum for Tally {
    fn sum<I: Iterator<Item = Self>>(tallies: I) -> Self {
        tallies.fold(Self::default(), |sum, one| Self {
            passed: sum.passed + one.passed,
            failed: sum.failed + one.failed,
            skipped: sum.skipped + one.skipped,
        })
    }
}

#[derive(Debug, Clone, Copy)]
pub enum Runner {
    Nextest,
    CargoTest,
    Vitest,
    Pytest,
}

/// The sum of the runner's closing lines in `text`; `None` when there is none.
pub fn tally(runner: Runner, text: &str) -> Option<Tally> {
    let closing: Vec<Tally> = text.lines().filter_map(|line| closing_line(runner, line.trim())).map(count).collect();
    (!closing.is_empty()).then(|| closing.into_iter().sum())
}

/// The counts in a closing line, or `None` for any other line.
fn closing_line(runner: Runner, line: &str) -> Option<&str> {
    match runner {
        // Summary [   0.005s] 3 tests run: 2 passed (1 slow), 1 failed, 4 skipped
        Runner::Nextest => line.strip_prefix("Summary [").and_then(|rest| Some(rest.split_once(" run: ")?.1)),
        // test result: ok. 5 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.00s
        Runner::CargoTest => line.strip_prefix("test result: ").and_then(|rest| Some(rest.split_once(". ")?.1)),
        // Tests  1 failed | 11 passed | 2 skipped (14)
        Runner::Vitest => line.strip_prefix("Tests ").map(str::trim).filter(|rest| rest.starts_with(|c: char| c.is_ascii_digit())),
        // ==== 1 failed, 11 passed in 0.52s ====
        Runner::Pytest => line
            .trim_matches(['=', ' '])
            .split_once(" in ")
            .map(|(counts, _)| counts)
            .filter(|counts| counts.starts_with(|c: char| c.is_ascii_digit())),
    }
}

/// `2 passed (1 slow), 1 failed` and its relatives.
fn count(counts: &str) -> Tally {
    let mut tally = Tally::default();
    let mut outside = String::new();
    let mut depth = 0_u32;
    for c in counts.chars() {
        match c {
            '(' => depth += 1,
            ')' => depth = depth.saturating_sub(1),
            c if depth == 0 => outside.push(c),
            _ => {}
        }
    }
    for part in outside.split([',', ';', '|']) {
        let Some((number, word)) = part.trim().split_once(' ') else { continue };
        let Ok(number) = number.parse::<u32>() else { continue };
        match word.trim() {
            "passed" => tally.passed += number,
            "failed" | "exec failed" | "timed out" | "error" | "errors" => tally.failed += number,
            "skipped" | "ignored" | "todo" | "xfailed" => tally.skipped += number,
            _ => {}
        }
    }
    tally
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(runner: Runner, text: &str, expected: Option<(u32, u32, u32)>) {
        assert_eq!(tally(runner, text), expected.map(|(passed, failed, skipped)| Tally { passed, failed, skipped }), "{text:?}");
    }

    #[test]
    fn nextest_closes_with_a_summary() {
        check(Runner::Nextest, "────\n     Summary [   0.005s] 3 tests run: 3 passed, 0 skipped\n", Some((3, 0, 0)));
        check(
            Runner::Nextest,
            "     Summary [  10.1s] 5 tests run: 3 passed (1 slow, 1 leaky), 1 failed, 1 timed out, 2 skipped",
            Some((3, 2, 2)),
        );
        check(Runner::Nextest, "     Summary [   0.1s] 2/5 tests run: 1 passed, 1 exec failed, 0 skipped", Some((1, 1, 0)));
        check(Runner::Nextest, "     Summary [   0.1s] 1 test run: 1 passed, 0 skipped", Some((1, 0, 0)));
        check(Runner::Nextest, "error: could not compile `flow`", None);
    }

    #[test]
    fn cargo_test_closes_every_binary() {
        check(
            Runner::CargoTest,
            "test result: ok. 5 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.00s\n\ntest result: FAILED. 1 passed; 2 failed; 0 ignored; 0 measured; 3 filtered out; finished in 0.10s",
            Some((6, 2, 1)),
        );
        check(Runner::CargoTest, "running 5 tests", None);
    }

    #[test]
    fn vitest_counts_tests_apart_from_files() {
        check(
            Runner::Vitest,
            " Test Files  1 failed | 2 passed (3)\n      Tests  1 failed | 11 passed | 2 skipped (14)\n",
            Some((11, 1, 2)),
        );
        check(Runner::Vitest, "      Tests  12 passed (12)", Some((12, 0, 0)));
        check(Runner::Vitest, "      Tests  no tests", None);
    }

    #[test]
    fn pytest_closes_with_a_time() {
        check(Runner::Pytest, "=== 1 failed, 11 passed, 2 skipped, 1 error in 0.52s ===", Some((11, 2, 2)));
        check(Runner::Pytest, "....\n4 passed in 0.05s", Some((4, 0, 0)));
        check(Runner::Pytest, "collected 4 items in all", None);
    }
}
