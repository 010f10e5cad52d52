//! The numbers of the overview.
//!
//! Invariant: each number is a query over what is stored; none is kept on the side.

use crate::automation::{Evidence, LevelMove};
use crate::desk::Desk;
use crate::error::Result;
use crate::id::UseCaseId;
use crate::statistics::interval::{Sides, wilson};
use crate::storage;
use crate::use_case::UseCase;
use std::time::Duration;

/// Acceptance of drafts whose confidence lies in a range.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Bin {
    pub from: f64,
    pub to: f64,
    pub decided: i64,
    pub accepted: i64,
}

/// One UTC day.
#[derive(Debug, Clone, PartialEq)]
pub struct Day {
    /// `2026-11-23`
    pub day: String,
    pub decided: i64,
    pub accepted: i64,
    pub auto: i64,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Overview {
    pub use_case: UseCase,
    /// Of the drafter version that drafts now.
    pub evidence: Evidence,
    /// Wilson 95 %.
    pub acceptance_interval: Option<(f64, f64)>,
    /// Approved without a person.
    pub auto_approved: i64,
    /// Without a person ÷ all decided.
    pub automation_rate: Option<f64>,
    /// Medians over the newest 500 drafts.
    pub ttft: Option<Duration>,
    pub tpot: Option<Duration>,
    /// Median energy of a draft, watt-hours, and its price; from the machine's time and what Settings say of power.
    pub watt_hours: Option<f64>,
    pub price: Option<f64>,
    pub bins: Vec<Bin>,
    /// The newest 30 days on which something was decided, newest last.
    pub days: Vec<Day>,
    /// Newest first.
    pub moves: Vec<LevelMove>,
    pub created_at: crate::Millis,
}

impl Desk {
    /// # Errors
    /// [`crate::Error::NotFound`].
    pub fn overview(&self, id: UseCaseId) -> Result<Overview> {
        self.read(|c| {
            let use_case = storage::use_case::get(c, id)?;
            let evidence = storage::decision::evidence(c, &use_case)?;
            let (by_people, auto_approved) = storage::decision::totals(c, id)?;
            let all = by_people + auto_approved;
            let (mut ttft, mut tpot, mut compute) = (Vec::new(), Vec::new(), Vec::new());
            for (first, each, spent) in storage::draft::newest_timings(c, id, 500)? {
                ttft.push(first);
                tpot.extend(Some(each).filter(|t| !t.is_zero()));
                compute.extend(spent);
            }
            let power = crate::settings::read(c)?.power;
            let compute = median(compute);
            Ok(Overview {
                acceptance_interval: acceptance_interval(&evidence),
                evidence,
                auto_approved,
                automation_rate: (all > 0).then(|| auto_approved as f64 / all as f64),
                ttft: median(ttft),
                tpot: median(tpot),
                watt_hours: compute.map(|compute| power.watt_hours(compute)),
                price: compute.and_then(|compute| power.price_of(compute)),
                bins: storage::decision::bins(c, id)?,
                days: storage::decision::days(c, id)?,
                moves: storage::level_move::list(c, id)?,
                created_at: storage::use_case::created_at(c, id)?,
                use_case,
            })
        })
    }
}

fn acceptance_interval(evidence: &Evidence) -> Option<(f64, f64)> {
    let (approved, decided) = (u64::try_from(evidence.approved).ok()?, u64::try_from(evidence.decided).ok()?);
    wilson(approved, decided, 0.95, Sides::Two).map(|interval| (interval.low, interval.high))
}

fn median(mut values: Vec<Duration>) -> Option<Duration> {
    values.sort_unstable();
    values.get(values.len() / 2).copied()
}
