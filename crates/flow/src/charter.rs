//! What a use case is for: why, what a bad output costs, the role of the model, what counts as bad, and how sure one must be
//! before a level is raised.
//!
//! Invariant: a charter never changes; a change is a new version, and each decision names the one it was taken under.

mod bad;
mod checks;

pub use bad::{Bad, Grades, VerdictFacts};

use crate::changes::Changes;
use crate::clock::Millis;
use crate::desk::Desk;
use crate::epoch;
use crate::error::{Error, Result};
use crate::id::{CharterId, UseCaseId};
use crate::settings::Person;
use crate::storage::{self, Conn};
use crate::use_case::{Audience, Level};
use serde::{Deserialize, Serialize};

/// What a bad output costs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Cost {
    /// A nuisance.
    Low,
    /// Money, time or trust of some people.
    Medium,
    /// Health, livelihood, rights.
    High,
}

impl Cost {
    pub const ALL: [Self; 3] = [Self::Low, Self::Medium, Self::High];
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Risk {
    pub cost: Cost,
    /// What a bad output costs, in words.
    pub what: String,
    /// Who is hurt by it.
    pub who: String,
    /// Whether it can be made good again.
    pub reversible: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Part {
    /// Without the model there is no product.
    Core,
    Auxiliary,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Initiative {
    /// Answers when asked.
    Reactive,
    Proactive,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Behaviour {
    /// Changes as it learns from feedback.
    Dynamic,
    /// Changes with a new version only.
    Static,
}

/// The role of the model in the product.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct AiRole {
    pub part: Part,
    pub initiative: Initiative,
    pub behaviour: Behaviour,
}

/// How sure one must be before a level.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Limit {
    /// ε: the error rate that must not be exceeded, 0–1.
    pub epsilon: f64,
    /// δ: the probability that the level is raised though it is, 0–1.
    pub delta: f64,
}

/// A limit for each level above crawl.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Limits {
    pub walk: Limit,
    pub run: Limit,
}

impl Limits {
    /// The loosest that a risk allows; a charter can only be stricter. With the least risk they are those of
    /// AUTOMATION.md; each step (a higher cost, or a harm that stays) is stricter by about a factor of two.
    pub fn of_risk(cost: Cost, reversible: bool) -> Self {
        let (walk, run, delta) = match (cost, reversible) {
            (Cost::Low, true) => (0.05, 0.01, 0.05),
            (Cost::Low, false) | (Cost::Medium, true) => (0.02, 0.005, 0.05),
            (Cost::Medium, false) | (Cost::High, true) => (0.01, 0.002, 0.02),
            (Cost::High, false) => (0.005, 0.001, 0.01),
        };
        Self { walk: Limit { epsilon: walk, delta }, run: Limit { epsilon: run, delta } }
    }

    /// What must hold before a use case stands at `level`; nothing must for crawl.
    pub fn at(&self, level: Level) -> Option<Limit> {
        match level {
            Level::Crawl => None,
            Level::Walk => Some(self.walk),
            Level::Run => Some(self.run),
        }
    }
}

/// What the use case is to reach. `None`: no target.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
pub struct Targets {
    /// Gone out without a person ÷ all, 0–1.
    pub share_automated: Option<f64>,
    pub volume_per_day: Option<f64>,
    /// From the request to the text that goes out.
    pub response_seconds: Option<f64>,
    pub hours_saved_per_month: Option<f64>,
}

/// What users must get at the least. `None`: no minimum.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
pub struct Minimum {
    /// Acceptance rate, 0–1.
    pub quality: Option<f64>,
    /// Time to first token, at most.
    pub ttft_ms: Option<f64>,
    /// Time per output token, at most.
    pub tpot_ms: Option<f64>,
    /// In the currency of the house, at most.
    pub cost_per_request: Option<f64>,
    /// Fairness: the acceptance of no slice may be further than this below that of all, 0–1.
    pub slice_gap: Option<f64>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Milestone {
    /// `2027-03-31`
    pub date: String,
    pub what: String,
    /// The level that is to be reached, if it is about one.
    pub level: Option<Level>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Charter {
    pub why: String,
    pub risk: Risk,
    pub role: AiRole,
    /// For whom the output is meant. (Each item says for itself who receives it; the gate goes by that.)
    pub audience: Audience,
    pub bad: Bad,
    pub limits: Limits,
    pub targets: Targets,
    pub minimum: Minimum,
    pub milestones: Vec<Milestone>,
}

impl Charter {
    /// The charter that a use case begins with: the least risk, an auxiliary part that answers when asked, the limits
    /// of AUTOMATION.md.
    pub fn first(audience: Audience) -> Self {
        Self {
            why: String::new(),
            risk: Risk { cost: Cost::Low, what: String::new(), who: String::new(), reversible: true },
            role: AiRole { part: Part::Auxiliary, initiative: Initiative::Reactive, behaviour: Behaviour::Static },
            audience,
            bad: Bad::default(),
            limits: Limits::of_risk(Cost::Low, true),
            targets: Targets::default(),
            minimum: Minimum::default(),
            milestones: Vec::new(),
        }
    }

    /// What is fixed before the first decision of an epoch. A change of anything else starts none.
    pub fn terms(&self) -> (Bad, Limits) {
        (self.bad, self.limits)
    }

    /// Whether it can be kept.
    ///
    /// # Errors
    /// [`Error::Invalid`] with the field, what was found there and what is expected.
    pub fn check(&self) -> Result<()> {
        checks::charter(self)
    }
}

/// A charter as it was kept.
#[derive(Debug, Clone, PartialEq)]
pub struct CharterVersion {
    pub id: CharterId,
    /// Counts up within the use case.
    pub n: i64,
    pub charter: Charter,
    pub by: String,
    /// Why it was changed.
    pub note: String,
    pub at: Millis,
}

impl Desk {
    /// The charter that holds now.
    ///
    /// # Errors
    /// [`Error::NotFound`].
    pub fn charter(&self, use_case: UseCaseId) -> Result<CharterVersion> {
        self.read(|c| storage::charter::current(c, use_case))
    }

    /// All versions, newest first.
    ///
    /// # Errors
    /// Those of the database.
    pub fn charter_versions(&self, use_case: UseCaseId) -> Result<Vec<CharterVersion>> {
        self.read(|c| storage::charter::versions(c, use_case))
    }

    /// Keeps a changed charter as a new version; one that is the same makes none. Starts an epoch where ε, δ or what is
    /// bad changed. `from` is the version that was changed.
    ///
    /// # Errors
    /// [`Error::Invalid`] with the field; [`Error::NotAllowed`] for reviewers; [`Error::Stale`] where somebody else has
    /// changed it since.
    pub fn change_charter(&self, person: &Person, use_case: UseCaseId, from: i64, charter: &Charter, note: &str) -> Result<CharterVersion> {
        person.must_be_admin("change a charter")?;
        charter.check()?;
        checks::text("note", note)?;
        self.transact(|c, now, changes| {
            let present = storage::charter::current(c, use_case)?;
            if present.n != from {
                return Err(Error::Stale { what: "the charter".into(), now: format!("{} made version {}", present.by, present.n) });
            }
            if present.charter == *charter {
                return Ok(present);
            }
            keep(c, now, changes, person, use_case, present.n + 1, charter, note.trim())
        })
    }
}

#[expect(clippy::too_many_arguments, reason = "a row's columns, each of its own type")]
fn keep(
    c: &Conn,
    now: Millis,
    changes: &mut Changes,
    person: &Person,
    use_case: UseCaseId,
    n: i64,
    charter: &Charter,
    note: &str,
) -> Result<CharterVersion> {
    storage::charter::insert(c, use_case, n, charter, &person.name, note, now)?;
    let detail = if note.is_empty() { format!("version {n}") } else { format!("version {n}: {note}") };
    storage::event::insert(c, now, &person.name, "charter_changed", Some(use_case), None, Some(&detail))?;
    epoch::renew(c, now, changes, &person.name, use_case)?;
    changes.use_cases = true;
    changes.levels = true;
    changes.activity = true;
    storage::charter::current(c, use_case)
}
