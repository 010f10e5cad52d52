//! A policy, an assumed world, and what would come of them.

use serde::{Deserialize, Serialize};
use specta::Type;
use specta_typescript::Number;

#[derive(Debug, Clone, Copy, PartialEq, Deserialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct SimulatedPolicy {
    /// 0–1, as all shares here.
    #[specta(type = Number)]
    pub epsilon: f64,
    #[specta(type = Number)]
    pub delta: f64,
    #[specta(type = Number)]
    pub audit_share: f64,
}

#[derive(Debug, Clone, Copy, PartialEq, Deserialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct SimulatedWorld {
    /// Of the confident drafts.
    #[specta(type = Number)]
    pub bad: f64,
    /// Of the bad ones, by reviewers.
    #[specta(type = Number)]
    pub noticed: f64,
    /// So many drafts are made before the verdict on one is known.
    pub late: u32,
    /// Of the confident drafts, from one day on.
    #[specta(type = Number)]
    pub bad_later: f64,
    /// Confident drafts.
    #[specta(type = Number)]
    pub per_day: f64,
}

#[derive(Debug, Clone, PartialEq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct Forecast {
    /// Share of the streams in which the level could be raised.
    #[specta(type = Number)]
    pub raised: f64,
    /// Decisions until then: one in ten was faster, half, nine in ten; null where so many never were.
    pub decisions: [Option<u64>; 3],
    /// The same in days, for half of them.
    #[specta(type = Option<Number>)]
    pub days: Option<f64>,
    /// After the raise: shares of the drafts, and bad ones that go out of 1,000.
    #[specta(type = Number)]
    pub held: f64,
    #[specta(type = Number)]
    pub audited: f64,
    #[specta(type = Number)]
    pub bad_out: f64,
    /// From the day on which it gets worse to the fall of the level; null where it does not fall in half of the streams.
    pub drafts_to_alarm: Option<u64>,
    #[specta(type = Number)]
    pub bad_out_until_alarm: f64,
}

impl From<SimulatedPolicy> for simulate::Policy {
    fn from(policy: SimulatedPolicy) -> Self {
        Self { epsilon: policy.epsilon, delta: policy.delta, audit_share: policy.audit_share, ..Self::default() }
    }
}

impl From<SimulatedWorld> for simulate::World {
    fn from(world: SimulatedWorld) -> Self {
        Self {
            bad: world.bad,
            noticed: world.noticed,
            late: world.late as usize,
            bad_later: world.bad_later,
            per_day: world.per_day,
            ..Self::default()
        }
    }
}

impl From<simulate::Forecast> for Forecast {
    fn from(told: simulate::Forecast) -> Self {
        Self {
            raised: told.raised,
            decisions: told.decisions,
            days: told.days,
            held: told.held,
            audited: told.audited,
            bad_out: told.bad_out,
            drafts_to_alarm: told.drafts_to_alarm,
            bad_out_until_alarm: told.bad_out_until_alarm,
        }
    }
}
