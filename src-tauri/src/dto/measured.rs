//! What stands beside a charter's targets, and acceptance by slice and by drafter version.

use super::review::ms;
use flow::metrics;
use serde::Serialize;
use specta::Type;
use specta_typescript::Number;

/// Null where nothing was measured.
#[derive(Debug, Clone, PartialEq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct MeasuredNow {
    /// 0–1, over the newest 30 days on which something was decided; so with the next.
    #[specta(type = Option<Number>)]
    pub share_automated: Option<f64>,
    #[specta(type = Option<Number>)]
    pub volume_per_day: Option<f64>,
    /// Median, from the request to the text that goes out.
    #[specta(type = Option<Number>)]
    pub response_seconds: Option<f64>,
    #[specta(type = Option<Number>)]
    pub hours_saved_per_month: Option<f64>,
    /// Acceptance of the drafter version that drafts now, 0–1; so with the rest.
    #[specta(type = Option<Number>)]
    pub quality: Option<f64>,
    #[specta(type = Option<Number>)]
    pub ttft_ms: Option<f64>,
    #[specta(type = Option<Number>)]
    pub tpot_ms: Option<f64>,
    #[specta(type = Option<Number>)]
    pub cost_per_request: Option<f64>,
    /// How far the acceptance of the worst slice lies under that of all, 0–1.
    #[specta(type = Option<Number>)]
    pub slice_gap: Option<f64>,
}

/// Acceptance of the items of one slice, with its Wilson 95 % interval.
#[derive(Debug, Clone, PartialEq, Serialize, Type)]
pub struct SliceAcceptance {
    /// Null: the items without a slice.
    pub slice: Option<String>,
    pub decided: i64,
    pub accepted: i64,
    #[specta(type = Option<Number>)]
    pub low: Option<f64>,
    #[specta(type = Option<Number>)]
    pub high: Option<f64>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct VersionAcceptance {
    pub n: i64,
    pub model: String,
    pub prompt_n: i64,
    /// Newest last.
    pub days: Vec<VersionDay>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Type)]
pub struct VersionDay {
    /// `2026-11-23`
    pub day: String,
    pub decided: i64,
    pub accepted: i64,
}

impl From<metrics::Measured> for MeasuredNow {
    fn from(of: metrics::Measured) -> Self {
        Self {
            share_automated: of.share_automated,
            volume_per_day: of.volume_per_day,
            response_seconds: of.response.map(|time| time.as_secs_f64()),
            hours_saved_per_month: of.hours_saved_per_month,
            quality: of.quality,
            ttft_ms: of.ttft.map(ms),
            tpot_ms: of.tpot.map(ms),
            cost_per_request: of.cost_per_request,
            slice_gap: of.slice_gap,
        }
    }
}

impl From<metrics::SliceAcceptance> for SliceAcceptance {
    fn from(of: metrics::SliceAcceptance) -> Self {
        let interval = of.interval();
        Self {
            slice: of.slice,
            decided: of.decided,
            accepted: of.accepted,
            low: interval.map(|(low, _)| low),
            high: interval.map(|(_, high)| high),
        }
    }
}

impl From<metrics::VersionDays> for VersionAcceptance {
    fn from(of: metrics::VersionDays) -> Self {
        let days = of.days.into_iter().map(|day| VersionDay { day: day.day, decided: day.decided, accepted: day.accepted });
        Self { n: of.n, model: of.model, prompt_n: of.prompt_n, days: days.collect() }
    }
}
