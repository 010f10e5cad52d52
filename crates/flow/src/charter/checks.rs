//! Whether a charter can be kept.
//!
//! Invariant: each refusal names the field, what was found there, and what is expected.

use super::{Charter, Limits};
use crate::error::{Error, Result};

const MOST_TEXT: usize = 10_000;
const MOST_MILESTONES: usize = 50;

pub(super) fn text(field: &str, text: &str) -> Result<()> {
    if text.len() > MOST_TEXT {
        return Err(Error::invalid(field, format!("{} bytes", text.len()), format!("at most {MOST_TEXT} bytes")));
    }
    Ok(())
}

fn within(field: &str, value: f64, from: f64, to: f64) -> Result<()> {
    if (from..=to).contains(&value) { Ok(()) } else { Err(Error::invalid(field, value, format!("a number from {from} to {to}"))) }
}

/// Above 0 and at most `most`, with the reason why not more.
fn at_most(field: &str, value: f64, most: f64, why: &str) -> Result<()> {
    if value > 0.0 && value <= most {
        return Ok(());
    }
    Err(Error::invalid(field, value, format!("a number above 0, at most {most} ({why})")))
}

pub(super) fn charter(charter: &Charter) -> Result<()> {
    for (field, words) in [("why", &charter.why), ("what a bad output costs", &charter.risk.what), ("who is hurt", &charter.risk.who)] {
        text(field, words)?;
    }
    within("edit distance", charter.bad.distance, 0.0, 1.0)?;
    if let Some(grades) = charter.bad.grades {
        within("weight of a minor edit", grades.minor, 0.0, 1.0)?;
        within("weight of a major edit", grades.major, grades.minor, 1.0)?;
    }
    limits(charter)?;
    for (field, value, most) in [
        ("share automated", charter.targets.share_automated, 1.0),
        ("volume per day", charter.targets.volume_per_day, 1e9),
        ("response time (seconds)", charter.targets.response_seconds, 1e9),
        ("hours saved per month", charter.targets.hours_saved_per_month, 1e9),
        ("least quality", charter.minimum.quality, 1.0),
        ("longest TTFT (milliseconds)", charter.minimum.ttft_ms, 1e9),
        ("longest TPOT (milliseconds)", charter.minimum.tpot_ms, 1e9),
        ("highest cost per request", charter.minimum.cost_per_request, 1e9),
        ("largest gap between slices", charter.minimum.slice_gap, 1.0),
    ] {
        if let Some(value) = value {
            within(field, value, 0.0, most)?;
        }
    }
    if charter.milestones.len() > MOST_MILESTONES {
        return Err(Error::invalid("milestones", charter.milestones.len(), format!("at most {MOST_MILESTONES}")));
    }
    for (i, milestone) in charter.milestones.iter().enumerate() {
        let field = format!("milestone {}", i + 1);
        if !is_date(&milestone.date) {
            return Err(Error::invalid(format!("{field}: date"), format!("{:?}", milestone.date), "a date such as 2027-03-31"));
        }
        if milestone.what.trim().is_empty() {
            return Err(Error::invalid(field, "nothing", "what is to be reached"));
        }
        text(&field, &milestone.what)?;
    }
    Ok(())
}

/// The risk can only tighten the limits, and run is never looser than walk.
fn limits(charter: &Charter) -> Result<()> {
    let (limits, most) = (charter.limits, Limits::of_risk(charter.risk.cost, charter.risk.reversible));
    let why = "the most that the risk allows";
    at_most("ε of walk", limits.walk.epsilon, most.walk.epsilon, why)?;
    at_most("δ of walk", limits.walk.delta, most.walk.delta, why)?;
    at_most("ε of run", limits.run.epsilon, most.run.epsilon, why)?;
    at_most("δ of run", limits.run.delta, most.run.delta, why)?;
    at_most("ε of run", limits.run.epsilon, limits.walk.epsilon, "that of walk")
}

/// A day of the Gregorian calendar, written `2027-03-31`.
fn is_date(text: &str) -> bool {
    let Some((year, month, day)) = numbers(text) else { return false };
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let days = match month {
        1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
        4 | 6 | 9 | 11 => 30,
        2 if leap => 29,
        2 => 28,
        _ => 0,
    };
    (1..=days).contains(&day)
}

fn numbers(text: &str) -> Option<(u32, u32, u32)> {
    let digits = |part: &str, width: usize| {
        (part.len() == width && part.bytes().all(|b| b.is_ascii_digit())).then(|| part.parse::<u32>().ok()).flatten()
    };
    let mut parts = text.split('-');
    let date = (digits(parts.next()?, 4)?, digits(parts.next()?, 2)?, digits(parts.next()?, 2)?);
    parts.next().is_none().then_some(date)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::charter::{Cost, Grades, Limit, Milestone};
    use crate::use_case::Audience;

    fn check(change: impl FnOnce(&mut Charter), expected: &str) {
        let mut charter = Charter::first(Audience::External);
        change(&mut charter);
        assert_eq!(charter.check().unwrap_err().to_string(), expected);
    }

    #[test]
    fn a_refusal_names_field_value_and_what_is_expected() {
        check(|c| c.bad.distance = 1.5, "edit distance: a number from 0 to 1 (found 1.5)");
        check(|c| c.bad.grades = Some(Grades { minor: 0.6, major: 0.5 }), "weight of a major edit: a number from 0.6 to 1 (found 0.5)");
        check(|c| c.limits.walk.epsilon = 0.06, "ε of walk: a number above 0, at most 0.05 (the most that the risk allows) (found 0.06)");
        check(|c| c.limits.walk.epsilon = 0.0, "ε of walk: a number above 0, at most 0.05 (the most that the risk allows) (found 0)");
        check(|c| c.limits.run.delta = f64::NAN, "δ of run: a number above 0, at most 0.05 (the most that the risk allows) (found NaN)");
        check(
            |c| c.limits.walk = Limit { epsilon: 0.005, delta: 0.05 },
            "ε of run: a number above 0, at most 0.005 (that of walk) (found 0.01)",
        );
        check(|c| c.risk.cost = Cost::High, "ε of walk: a number above 0, at most 0.01 (the most that the risk allows) (found 0.05)");
        check(|c| c.minimum.quality = Some(90.0), "least quality: a number from 0 to 1 (found 90)");
        check(
            |c| c.milestones = vec![Milestone { date: "2027-02-29".into(), what: "walk".into(), level: None }],
            "milestone 1: date: a date such as 2027-03-31 (found \"2027-02-29\")",
        );
        check(|c| c.why = "x".repeat(10_001), "why: at most 10000 bytes (found 10001 bytes)");
    }

    #[test]
    fn a_risk_can_only_tighten_the_limits() {
        for (milder, harder) in [(Cost::Low, Cost::Medium), (Cost::Medium, Cost::High)] {
            for reversible in [true, false] {
                let (mild, hard) = (Limits::of_risk(milder, reversible), Limits::of_risk(harder, reversible));
                assert!(hard.walk.epsilon < mild.walk.epsilon && hard.run.epsilon < mild.run.epsilon && hard.run.delta <= mild.run.delta);
            }
        }
        for cost in Cost::ALL {
            let (good_again, stays) = (Limits::of_risk(cost, true), Limits::of_risk(cost, false));
            assert!(stays.walk.epsilon < good_again.walk.epsilon && stays.run.epsilon < good_again.run.epsilon);
            assert!(stays.run.epsilon <= stays.walk.epsilon);
        }
        let mut strict = Charter::first(Audience::Internal);
        strict.limits.walk.epsilon = 0.02;
        strict.check().unwrap();
        for cost in Cost::ALL {
            let mut charter = Charter::first(Audience::Internal);
            charter.risk.cost = cost;
            charter.limits = Limits::of_risk(cost, true);
            charter.check().unwrap();
        }
    }

    #[test]
    fn dates_are_days_of_the_calendar() {
        for (text, expected) in [
            ("2027-03-31", true),
            ("2028-02-29", true),
            ("2000-02-29", true),
            ("1900-02-29", false),
            ("2027-04-31", false),
            ("2027-13-01", false),
            ("2027-00-10", false),
            ("2027-1-1", false),
            ("2027-01-01-01", false),
            ("+027-01-01", false),
            ("", false),
        ] {
            assert_eq!(is_date(text), expected, "{text}");
        }
    }
}
