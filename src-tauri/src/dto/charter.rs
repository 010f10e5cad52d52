//! The charter of a use case, as the window edits it.

use super::use_case::{Audience, Level};
use flow::charter;
use serde::{Deserialize, Serialize};
use specta::Type;
use specta_typescript::Number;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "lowercase")]
pub enum Cost {
    Low,
    Medium,
    High,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "lowercase")]
pub enum Part {
    Core,
    Auxiliary,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "lowercase")]
pub enum Initiative {
    Reactive,
    Proactive,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "lowercase")]
pub enum Behaviour {
    Dynamic,
    Static,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct Risk {
    pub cost: Cost,
    /// What a bad output costs, and who is hurt.
    pub what: String,
    pub who: String,
    pub reversible: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct AiRole {
    pub part: Part,
    pub initiative: Initiative,
    pub behaviour: Behaviour,
}

/// What an edit costs, where acceptance costs 0 and a rejection 1.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, Type)]
pub struct Grades {
    #[specta(type = Number)]
    pub minor: f64,
    #[specta(type = Number)]
    pub major: f64,
}

/// Bad is what was rejected, and what was edited further than `distance` (0–1).
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, Type)]
pub struct Bad {
    #[specta(type = Number)]
    pub distance: f64,
    pub grades: Option<Grades>,
}

/// The error rate that must not be exceeded, and how likely a level may be raised though it is; both 0–1.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, Type)]
pub struct Limit {
    #[specta(type = Number)]
    pub epsilon: f64,
    #[specta(type = Number)]
    pub delta: f64,
}

#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, Type)]
pub struct Limits {
    pub walk: Limit,
    pub run: Limit,
}

/// What a risk allows at most.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Type)]
pub struct RiskLimits {
    pub cost: Cost,
    pub reversible: bool,
    pub limits: Limits,
}

#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct Targets {
    /// 0–1
    #[specta(type = Option<Number>)]
    pub share_automated: Option<f64>,
    #[specta(type = Option<Number>)]
    pub volume_per_day: Option<f64>,
    #[specta(type = Option<Number>)]
    pub response_seconds: Option<f64>,
    #[specta(type = Option<Number>)]
    pub hours_saved_per_month: Option<f64>,
}

#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct Minimum {
    /// Acceptance rate, 0–1.
    #[specta(type = Option<Number>)]
    pub quality: Option<f64>,
    #[specta(type = Option<Number>)]
    pub ttft_ms: Option<f64>,
    #[specta(type = Option<Number>)]
    pub tpot_ms: Option<f64>,
    #[specta(type = Option<Number>)]
    pub cost_per_request: Option<f64>,
    /// 0–1
    #[specta(type = Option<Number>)]
    pub slice_gap: Option<f64>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct Milestone {
    /// `2027-03-31`
    pub date: String,
    pub what: String,
    pub level: Option<Level>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Type)]
pub struct Charter {
    pub why: String,
    pub risk: Risk,
    pub role: AiRole,
    pub audience: Audience,
    pub bad: Bad,
    pub limits: Limits,
    pub targets: Targets,
    pub minimum: Minimum,
    pub milestones: Vec<Milestone>,
}

/// A charter as it was kept.
#[derive(Debug, Clone, PartialEq, Serialize, Type)]
pub struct CharterVersion {
    pub n: i64,
    pub charter: Charter,
    pub by: String,
    pub note: String,
    pub at: i64,
}

/// All versions, newest first, and what each risk allows at most.
#[derive(Debug, Clone, PartialEq, Serialize, Type)]
pub struct CharterView {
    pub versions: Vec<CharterVersion>,
    pub risks: Vec<RiskLimits>,
}

impl CharterView {
    pub fn new(versions: Vec<charter::CharterVersion>) -> Self {
        let each = charter::Cost::ALL.into_iter().flat_map(|cost| [(cost, true), (cost, false)]);
        let risks = each.map(|(cost, reversible)| RiskLimits {
            cost: cost.into(),
            reversible,
            limits: charter::Limits::of_risk(cost, reversible).into(),
        });
        Self { versions: versions.into_iter().map(CharterVersion::from).collect(), risks: risks.collect() }
    }
}

/// Both directions between two enums of the same names.
macro_rules! same {
    ($name:ident: $($variant:ident),+) => {
        impl From<charter::$name> for $name {
            fn from(x: charter::$name) -> Self {
                match x { $(charter::$name::$variant => Self::$variant),+ }
            }
        }
        impl From<$name> for charter::$name {
            fn from(x: $name) -> Self {
                match x { $($name::$variant => Self::$variant),+ }
            }
        }
    };
}
/// The same for structs; `=> Type` where a field has a type of its own on each side.
macro_rules! same_fields {
    ($name:ident: $($field:ident),+) => {
        impl From<charter::$name> for $name {
            fn from(x: charter::$name) -> Self {
                Self { $($field: x.$field.into()),+ }
            }
        }
        impl From<$name> for charter::$name {
            fn from(x: $name) -> Self {
                Self { $($field: x.$field.into()),+ }
            }
        }
    };
}
same!(Cost: Low, Medium, High);
same!(Part: Core, Auxiliary);
same!(Initiative: Reactive, Proactive);
same!(Behaviour: Dynamic, Static);
same_fields!(Risk: cost, what, who, reversible);
same_fields!(AiRole: part, initiative, behaviour);
same_fields!(Grades: minor, major);
same_fields!(Limit: epsilon, delta);
same_fields!(Limits: walk, run);
same_fields!(Targets: share_automated, volume_per_day, response_seconds, hours_saved_per_month);
same_fields!(Minimum: quality, ttft_ms, tpot_ms, cost_per_request, slice_gap);

impl From<charter::Bad> for Bad {
    fn from(bad: charter::Bad) -> Self {
        Self { distance: bad.distance, grades: bad.grades.map(Grades::from) }
    }
}

impl From<Bad> for charter::Bad {
    fn from(bad: Bad) -> Self {
        Self { distance: bad.distance, grades: bad.grades.map(charter::Grades::from) }
    }
}

impl From<charter::Milestone> for Milestone {
    fn from(m: charter::Milestone) -> Self {
        Self { date: m.date, what: m.what, level: m.level.map(Level::from) }
    }
}

impl From<Milestone> for charter::Milestone {
    fn from(m: Milestone) -> Self {
        Self { date: m.date, what: m.what, level: m.level.map(flow::use_case::Level::from) }
    }
}

impl From<charter::Charter> for Charter {
    fn from(c: charter::Charter) -> Self {
        Self {
            why: c.why,
            risk: c.risk.into(),
            role: c.role.into(),
            audience: c.audience.into(),
            bad: c.bad.into(),
            limits: c.limits.into(),
            targets: c.targets.into(),
            minimum: c.minimum.into(),
            milestones: c.milestones.into_iter().map(Milestone::from).collect(),
        }
    }
}

impl From<Charter> for charter::Charter {
    fn from(c: Charter) -> Self {
        Self {
            why: c.why,
            risk: c.risk.into(),
            role: c.role.into(),
            audience: c.audience.into(),
            bad: c.bad.into(),
            limits: c.limits.into(),
            targets: c.targets.into(),
            minimum: c.minimum.into(),
            milestones: c.milestones.into_iter().map(charter::Milestone::from).collect(),
        }
    }
}

impl From<charter::CharterVersion> for CharterVersion {
    fn from(v: charter::CharterVersion) -> Self {
        Self { n: v.n, charter: v.charter.into(), by: v.by, note: v.note, at: v.at.0 }
    }
}
