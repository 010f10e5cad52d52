//! Those who decide: whether they agree when they do not know of each other, what they miss of what is known to be bad, and whether they look.
//!
//! Invariant: a person sees their own figures in full, and the others' only all together; no figure names another person.

mod signals;

pub use signals::{ENOUGH, FAST, Looked, MISSES, RUNS, Signals, Word, signals};

use crate::clock::Millis;
use crate::desk::Desk;
use crate::epoch;
use crate::error::{Error, Result};
use crate::id::UseCaseId;
use crate::review::Verdict;
use crate::seeded::{Golds, OfFault};
use crate::settings::Person;
use crate::statistics::agreement::of_counted_pairs;
use crate::statistics::interval::{Sides, clopper_pearson};
use crate::storage;
use std::time::Duration;

/// Signs are of the newest decisions of so many days, and of so many at most.
pub const DAYS: u64 = 30;
pub const NEWEST: usize = 1_000;
/// At most this share is judged again, or known to be bad.
pub const MOST: f64 = 0.5;

/// Whether two people say the same, of what both judged without knowing of each other.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Agreement {
    /// Items that were judged by two, and those of which both gave the same verdict.
    pub pairs: u64,
    pub same: u64,
    /// Krippendorff's alpha and Cohen's kappa; `None` without pairs, or where all verdicts are one and the same.
    pub alpha: Option<f64>,
    pub kappa: Option<f64>,
}

impl Agreement {
    /// Of the first person's verdict, the second one's, and how often both came together.
    pub fn of(counts: &[(Verdict, Verdict, u64)]) -> Self {
        let words: Vec<(&str, &str, u64)> = counts.iter().map(|(first, second, n)| (first.as_str(), second.as_str(), *n)).collect();
        let (alpha, kappa) = of_counted_pairs(&words);
        Self {
            pairs: words.iter().map(|(_, _, n)| n).sum(),
            same: words.iter().filter(|(first, second, _)| first == second).map(|(_, _, n)| n).sum(),
            alpha: alpha.map(|alpha| alpha.value),
            kappa: kappa.map(|kappa| kappa.value),
        }
    }
}

/// Known-bad items of a use case.
#[derive(Debug, Clone, PartialEq)]
pub struct KnownBadItems {
    /// Put in, decided or not.
    pub seeded: u64,
    pub open: u64,
    pub caught: u64,
    pub missed: u64,
    /// At most this share is missed, 95 %, for one look; `None` with none decided.
    pub miss_bound: Option<f64>,
    pub by_fault: Vec<OfFault>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Reviewers {
    /// Shares of decided items that a second person judges, and of known-bad items in what enters review.
    pub re_review_share: f64,
    pub gold_share: f64,
    pub agreement: Agreement,
    pub golds: KnownBadItems,
    /// Of the person who asks.
    pub mine: Signals,
    /// Of all together, and how many they are.
    pub team: Signals,
    pub reviewers: u64,
}

/// The moment so many days before another.
pub(crate) fn days_before(now: Millis, days: u64) -> Millis {
    Millis(now.0.saturating_sub(i64::try_from(Duration::from_secs(days * 86_400).as_millis()).unwrap_or(i64::MAX)))
}

impl Desk {
    /// What is known of those who decide in a use case, for one of them.
    ///
    /// # Errors
    /// [`Error::NotFound`].
    pub fn reviewers(&self, use_case: UseCaseId, person: &Person) -> Result<Reviewers> {
        let since = days_before(self.now(), DAYS);
        self.read(|c| {
            let (re_review_share, gold_share) = storage::reviewers::shares(c, use_case)?;
            let golds = known_bad(storage::seeded::by_fault(c, use_case)?);
            let all = storage::reviewers::looked(c, use_case, None, since, NEWEST)?;
            let mine = storage::reviewers::looked(c, use_case, Some(&person.name), since, NEWEST)?;
            let approved = all.iter().filter(|looked| looked.verdict == Verdict::Approve).count();
            let acceptance = (!all.is_empty()).then(|| approved as f64 / all.len() as f64);
            let of_all = Golds { seeded: golds.caught + golds.missed, caught: golds.caught };
            Ok(Reviewers {
                re_review_share,
                gold_share,
                agreement: Agreement::of(&storage::reviewers::pairs(c, use_case)?),
                mine: signals(&mine, storage::seeded::golds_of(c, use_case, &person.name)?, acceptance),
                team: signals(&all, of_all, acceptance),
                golds,
                reviewers: storage::reviewers::people_of(c, use_case, since)?,
            })
        })
    }

    /// Sets the shares. A change of that of known-bad items starts an epoch.
    ///
    /// # Errors
    /// [`Error::NotAllowed`] for reviewers; [`Error::Invalid`] outside of 0 to [`MOST`].
    pub fn set_reviewers(&self, use_case: UseCaseId, re_review_share: f64, gold_share: f64, person: &Person) -> Result<()> {
        person.must_be_admin("change what is asked of reviewers")?;
        for (field, share) in [("share of re-reviews", re_review_share), ("share of known-bad items", gold_share)] {
            if !(0.0..=MOST).contains(&share) {
                return Err(Error::invalid(field, share, format!("a number from 0 to {MOST}")));
            }
        }
        self.transact(|c, now, changes| {
            if storage::reviewers::shares(c, use_case)? == (re_review_share, gold_share) {
                return Ok(());
            }
            storage::reviewers::set_shares(c, use_case, re_review_share, gold_share)?;
            let percent = |share: f64| format!("{:.1} %", share * 100.0);
            let detail = format!("re-reviews {}, known-bad items {}", percent(re_review_share), percent(gold_share));
            storage::event::insert(c, now, &person.name, "reviewers_changed", Some(use_case), None, Some(&detail))?;
            changes.use_cases = true;
            changes.activity = true;
            epoch::renew(c, now, changes, &person.name, use_case)
        })
    }
}

fn known_bad(by_fault: Vec<OfFault>) -> KnownBadItems {
    let sum = |of: fn(&OfFault) -> u64| by_fault.iter().map(of).sum::<u64>();
    let (seeded, decided, caught) = (sum(|f| f.made), sum(|f| f.golds.seeded), sum(|f| f.golds.caught));
    let missed = decided - caught;
    KnownBadItems {
        seeded,
        open: seeded - decided,
        caught,
        missed,
        miss_bound: clopper_pearson(missed, decided, 0.95, Sides::Upper).map(|interval| interval.high),
        by_fault,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::statistics::golden::{cases, check};

    fn verdict(label: &serde_json::Value) -> Verdict {
        match label.as_str().unwrap() {
            "ok" => Verdict::Approve,
            "edit" => Verdict::Edit,
            "bad" => Verdict::Reject,
            other => panic!("{other} is no label"),
        }
    }

    #[test]
    fn agreement_is_that_of_the_golden_numbers() {
        for case in cases("cohen_kappa") {
            let labels = |key: &str| case[key].as_array().unwrap().iter().map(verdict).collect::<Vec<_>>();
            let counts: Vec<_> = labels("a").into_iter().zip(labels("b")).map(|(a, b)| (a, b, 1)).collect();
            let agreement = Agreement::of(&counts);
            check(agreement.kappa.unwrap(), &case["kappa"], &case);
            assert_eq!(agreement.pairs, counts.len() as u64);
        }
    }

    #[test]
    fn without_pairs_there_is_no_figure() {
        assert_eq!(Agreement::of(&[]), Agreement::default());
        let all_alike = Agreement::of(&[(Verdict::Approve, Verdict::Approve, 7)]);
        assert_eq!((all_alike.pairs, all_alike.same, all_alike.alpha, all_alike.kappa), (7, 7, None, None));
    }
}
