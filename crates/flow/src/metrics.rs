//! The numbers of the overview.
//!
//! Invariant: each number follows from what is stored. Counts are sums over a few rows that triggers keep; the rest looks at so many of the
//! newest rows.

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

/// Acceptance of the items of one slice.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SliceAcceptance {
    /// `None`: the items without a slice.
    pub slice: Option<String>,
    pub decided: i64,
    pub accepted: i64,
}

impl SliceAcceptance {
    /// Wilson 95 %; `None` with no decision.
    pub fn interval(&self) -> Option<(f64, f64)> {
        interval(self.accepted, self.decided)
    }
}

/// What people decided on the drafts of one drafter version, day by day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VersionDays {
    pub n: i64,
    pub model: String,
    pub prompt_n: i64,
    /// Newest last.
    pub days: Vec<VersionDay>,
}

/// One UTC day of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VersionDay {
    pub day: String,
    pub decided: i64,
    pub accepted: i64,
}

/// What stands beside the targets and the minimum of a charter; `None` where nothing was measured.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Measured {
    /// Without a person ÷ all, over the newest 30 days on which something was decided.
    pub share_automated: Option<f64>,
    /// Decisions by people and by policy a day, over the same days.
    pub volume_per_day: Option<f64>,
    /// Median from the request to the text that went out, or to the decision where none did, over the newest 500.
    pub response: Option<Duration>,
    /// What went out alone in the last 30 days × the median time that people have an item in view.
    pub hours_saved_per_month: Option<f64>,
    /// Acceptance of the drafter version that drafts now; so with the rest.
    pub quality: Option<f64>,
    pub ttft: Option<Duration>,
    pub tpot: Option<Duration>,
    /// The price of the median draft's energy.
    pub cost_per_request: Option<f64>,
    /// How far the acceptance of a slice lies under that of all items, the largest one; of slices with 20 decisions or more.
    pub slice_gap: Option<f64>,
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
    /// Medians over the newest 500 drafts of the drafter version that drafts now.
    pub ttft: Option<Duration>,
    pub tpot: Option<Duration>,
    /// Median energy of a draft, watt-hours, and its price; from the machine's time and what Settings say of power.
    pub watt_hours: Option<f64>,
    pub price: Option<f64>,
    pub bins: Vec<Bin>,
    /// The newest 30 days on which something was decided, newest last.
    pub days: Vec<Day>,
    pub measured: Measured,
    /// Of the drafter version that drafts now, sorted by name; empty where no item has a slice.
    pub slice_acceptance: Vec<SliceAcceptance>,
    /// Acceptance over the last 400 days by drafter version, newest version first.
    pub versions: Vec<VersionDays>,
    /// Newest first, without what they rested on: [`Desk::level_moves`] has that.
    pub moves: Vec<LevelMove>,
    pub created_at: crate::Millis,
}

/// So many of the newest drafts and decisions stand for all.
const NEWEST: u32 = 500;
/// A month, and the days of an overview.
const DAYS: usize = 30;
/// How far back acceptance is shown by drafter version.
const HISTORY: i64 = 400;
/// A slice with fewer decisions says nothing about fairness.
const ENOUGH_FOR_A_GAP: i64 = 20;

impl Desk {
    /// # Errors
    /// [`crate::Error::NotFound`].
    pub fn overview(&self, id: UseCaseId) -> Result<Overview> {
        let today = self.now().day();
        self.read(|c| {
            let use_case = storage::use_case::get(c, id)?;
            let evidence = storage::decision::evidence(c, &use_case)?;
            let (by_people, auto_approved) = storage::count::totals(c, id)?;
            let version = use_case.drafter_version.as_ref().map(|version| version.id);
            let timings = version.map(|version| storage::draft::newest_timings(c, version, NEWEST)).transpose()?.unwrap_or_default();
            let (mut ttft, mut tpot, mut compute) = (Vec::new(), Vec::new(), Vec::new());
            for (first, each, spent) in timings {
                ttft.push(first);
                tpot.extend(Some(each).filter(|t| !t.is_zero()));
                compute.extend(spent);
            }
            let (ttft, tpot, compute) = (median(ttft), median(tpot), median(compute));
            let power = crate::settings::read(c)?.power;
            let price = compute.and_then(|compute| power.price_of(compute));
            let days = storage::count::days(c, id, DAYS)?;
            let slices = version.map(|version| storage::count::slices(c, id, version)).transpose()?.unwrap_or_default();
            let alone = storage::count::by_policy_since(c, id, today - DAYS as i64 + 1)?;
            let in_view = median(storage::decision::newest_in_view(c, id, NEWEST)?);
            let (decided, auto): (i64, i64) = days.iter().fold((0, 0), |(all, auto), day| (all + day.decided + day.auto, auto + day.auto));
            let measured = Measured {
                share_automated: ratio(auto, decided),
                volume_per_day: ratio(decided, days.len() as i64),
                response: median(storage::decision::newest_responses(c, id, NEWEST)?),
                hours_saved_per_month: in_view.map(|each| alone as f64 * each.as_secs_f64() / 3600.0),
                quality: evidence.acceptance(),
                ttft,
                tpot,
                cost_per_request: price,
                slice_gap: slice_gap(&evidence, &slices),
            };
            Ok(Overview {
                acceptance_interval: interval(evidence.approved, evidence.decided),
                evidence,
                auto_approved,
                automation_rate: ratio(auto_approved, by_people + auto_approved),
                ttft,
                tpot,
                watt_hours: compute.map(|compute| power.watt_hours(compute)),
                price,
                bins: storage::count::bins(c, id)?,
                days,
                measured,
                slice_acceptance: if slices.iter().any(|of| of.slice.is_some()) { slices } else { Vec::new() },
                versions: storage::count::version_days(c, id, HISTORY)?,
                moves: storage::level_move::list_short(c, id)?,
                created_at: storage::use_case::created_at(c, id)?,
                use_case,
            })
        })
    }
}

fn ratio(part: i64, all: i64) -> Option<f64> {
    (all > 0).then(|| part as f64 / all as f64)
}

/// Wilson 95 %.
fn interval(accepted: i64, decided: i64) -> Option<(f64, f64)> {
    let (accepted, decided) = (u64::try_from(accepted).ok()?, u64::try_from(decided).ok()?);
    wilson(accepted, decided, 0.95, Sides::Two).map(|interval| (interval.low, interval.high))
}

/// The largest shortfall of a slice; 0 where none falls short, `None` where no slice has decisions enough.
fn slice_gap(all: &Evidence, slices: &[SliceAcceptance]) -> Option<f64> {
    let all = all.acceptance()?;
    let short = |of: &SliceAcceptance| ratio(of.accepted, of.decided).map(|acceptance| (all - acceptance).max(0.0));
    slices.iter().filter(|of| of.slice.is_some() && of.decided >= ENOUGH_FOR_A_GAP).filter_map(short).max_by(f64::total_cmp)
}

fn median(mut values: Vec<Duration>) -> Option<Duration> {
    values.sort_unstable();
    values.get(values.len() / 2).copied()
}

#[cfg(test)]
mod tests;
