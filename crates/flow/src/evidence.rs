//! The evidence for a level: which decisions count for which step, what they show, and whether that is enough for a raise.
//!
//! Each step has its own stream, *what it would newly let out alone*: drafts for internal receivers for the step to walk, for
//! external ones for the step to run; finished, not held, at or above the threshold; made by the present drafter version and
//! decided by a person, both in the present epoch.
//!
//! Invariant: each standing decision of a person in the epoch is counted once or told with the reason why not. Whether a draft
//! belongs to a stream is known before anybody has judged it; of what belongs, only acceptances are ever left out.

mod kept;
mod stream;
mod weigh;

pub(crate) use kept::{keep_up_if_behind, ladder_threshold};
pub use stream::Stream;
pub use weigh::weigh;

use crate::charter::VerdictFacts;
use crate::clock::Millis;
use crate::desk::Desk;
use crate::error::{Error, Result};
use crate::id::{DraftId, DrafterVersionId, ItemId, UseCaseId};
use crate::review::Found;
use crate::storage::Conn;
use crate::use_case::{Audience, Level, UseCase};
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// Who looked at request and draft for less than this takes has not read them. Skilled readers read 200 to 400 words a minute, and
/// understand less the more they exceed that (Rayner and others, Psychological Science in the Public Interest 17, 2016); 400 words
/// of six characters are 40 characters a second. The fastest honest reader passes; somebody who clicks through does not.
pub const CHARACTERS_PER_SECOND: u64 = 40;

/// The least time in which so many characters can be read.
pub fn reading_time(characters: u64) -> Duration {
    Duration::from_millis(characters.saturating_mul(1000) / CHARACTERS_PER_SECOND)
}

/// Why a decision is not counted for a step. The first that holds is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NotCounted {
    /// An older request has no verdict yet: it counts once that one has. Bad ones are decided later than good ones, so that
    /// evidence in the order of verdicts would come too early.
    Waits,
    /// It is for receivers whom this step does not concern.
    OtherAudience,
    /// Another drafter version wrote it than the one that drafts now.
    OtherVersion,
    /// It was drafted before the epoch began, or before the ladder of the epoch was laid.
    OtherEpoch,
    /// The output was cut off: it would not have gone out alone. So with the next two.
    CutOff,
    Held,
    NotConfident,
    /// Accepted, after a person had asked for another draft, and not far from the first one.
    AskedByPerson,
    /// Accepted, and chosen by the person: opened from the list, or from a part of the queue, or by its confidence.
    Picked,
    /// Accepted at once with others.
    Bulk,
    /// Accepted, and the same request as an older one: many easy copies buy no level.
    Duplicate,
    /// Accepted in less time than reading takes.
    Rushed,
}

/// What is known of a draft.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct DraftFacts {
    pub id: DraftId,
    pub drafter_version: DrafterVersionId,
    pub epoch_n: i64,
    /// 0–1
    pub confidence: f64,
    /// Not cut off.
    pub finished: bool,
    /// A hold rule matched.
    pub held: bool,
}

/// The draft that a person asked for in place of the first one, and judged.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Replaced {
    pub by: DraftFacts,
    /// From the first draft to the text that was approved, 0–1.
    pub distance: f64,
}

/// A standing decision of a person.
#[derive(Debug, Clone, PartialEq)]
pub struct Judged {
    pub item: ItemId,
    /// The oldest item of the use case that has no verdict yet. One that failed is none: no text came of it that anybody could have judged,
    /// so that nothing bad hides behind it.
    pub oldest_open: Option<ItemId>,
    pub audience: Audience,
    pub slice: Option<String>,
    /// The same for the same request.
    pub request: String,
    pub verdict: VerdictFacts,
    /// Of a correction: how far from the draft the furthest text was that people had approved before it. 0 where there was none.
    pub corrected: f64,
    pub viewed: Duration,
    pub at: Millis,
    /// How the person came upon it; `None` in decisions from before that was kept, which count as the next one.
    pub found: Option<Found>,
    /// Of the request and of the draft.
    pub characters: u64,
    /// The draft that the gate decided on, which is what could have gone out alone.
    pub routed: DraftFacts,
    /// `None` where the routed draft is the one that was judged.
    pub replaced: Option<Replaced>,
}

/// What a stream shows.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Figures {
    /// How many decisions count, and how many of them are bad.
    pub counted: u64,
    pub bad: u64,
    /// `log E` at ε, and how much of it a raise needs: log 1/δ of this attempt.
    pub log_e: f64,
    pub needed: f64,
    /// The upper bound of the error rate by what counts now, and the least of all its values, which holds at all looks together.
    pub upper_bound: f64,
    pub lowest_bound: f64,
    /// Without any loss; 0 where there are enough. `None`: no number is enough.
    pub more_clean_needed: Option<u64>,
}

/// The same of the items of one slice.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SliceEvidence {
    /// `None`: the items without a slice.
    pub slice: Option<String>,
    pub figures: Figures,
    /// Whether its evidence holds when all slices are looked at together.
    pub proven: bool,
}

/// What was judged and is not counted for one reason.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct LeftOut {
    pub why: NotCounted,
    pub decisions: u64,
    /// Bad ones: they wait, or do not belong to the stream.
    pub bad: u64,
}

/// What people found of the known-bad items that were put in.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Gold {
    /// Decided in the epoch, for the receivers of the step.
    pub seeded: u64,
    pub caught: u64,
    /// Of the share that people miss, with half of what δ the attempt may spend.
    pub miss_bound: f64,
}

/// What a stream showed after so many counted decisions.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct CurvePoint {
    pub n: u64,
    pub bad: u64,
    /// The lowest bound so far.
    pub bound: f64,
    pub log_e: f64,
}

/// How far a threshold of the ladder is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum RungState {
    Passed,
    /// The strictest that has not passed.
    Trying,
    /// Its evidence counts once the one before has passed.
    Waiting,
}

/// A threshold of the ladder, with the evidence of the drafts at or above it.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct RungEvidence {
    /// Of the scores that it was laid on, in (0, 1].
    pub coverage: f64,
    pub threshold: f64,
    pub counted: u64,
    pub bad: u64,
    pub log_e: f64,
    pub state: RungState,
}

/// The evidence for the step to a level. Where a ladder finds the threshold, it is that of the ladder's first one, by which a raise stands
/// or falls; once that has passed, looser ones let more out as they pass.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct StepEvidence {
    pub to: Level,
    /// Whom this step newly lets drafts go to alone.
    pub audience: Audience,
    /// What it is under: the epoch, how many attempts there were with this one, the version of the charter that the epoch began with.
    pub epoch: i64,
    pub attempt: i64,
    pub charter: i64,
    /// The error rate that must not be exceeded, and the part of δ that this attempt may spend.
    pub epsilon: f64,
    pub delta: f64,
    pub all: Figures,
    /// Sorted by name; empty where no item has a slice.
    pub slices: Vec<SliceEvidence>,
    pub left_out: Vec<LeftOut>,
    /// How the evidence of all items came about: 200 points at most, the last one is of now. Empty in moves from before it was kept; so
    /// with the next two.
    #[serde(default)]
    pub curve: Vec<CurvePoint>,
    /// After how many counted decisions it was first enough, all items taken together; what came later does not take that back.
    #[serde(default)]
    pub crossed_at: Option<u64>,
    /// Counted decisions a day, over the last 14 days or since the first of them; `None` where there were none.
    #[serde(default)]
    pub rate_per_day: Option<f64>,
    /// Where known-bad items are put in: with none decided there is no proof. All figures are then of what is bad, found or not, and `delta`
    /// is the half that is left for them.
    #[serde(default)]
    pub gold: Option<Gold>,
    /// From the strictest threshold to the loosest; empty where a person sets it, or too few drafts were there to lay a ladder on.
    #[serde(default)]
    pub ladder: Vec<RungEvidence>,
}

impl StepEvidence {
    /// Whether there is enough: of all items together, and in each slice, for a bad slice hides under a good total.
    pub fn allows(&self) -> bool {
        self.all.more_clean_needed == Some(0) && self.slices.iter().all(|slice| slice.proven)
    }

    /// What is missing, in words; empty where nothing is.
    pub fn missing(&self) -> String {
        let more = |figures: &Figures| match figures.more_clean_needed {
            Some(1) => "1 more clean decision".to_owned(),
            Some(n) => format!("{n} more clean decisions"),
            None => "more than can be counted".to_owned(),
        };
        if self.gold.is_some_and(|gold| gold.seeded == 0) {
            return format!("a known-bad item for {} receivers, decided: nobody knows yet what people miss", self.audience.as_str());
        }
        let all = (self.all.more_clean_needed != Some(0))
            .then(|| format!("{} on {} drafts that would go out alone", more(&self.all), self.audience.as_str()));
        let slices = self.slices.iter().filter(|slice| !slice.proven).map(|slice| match &slice.slice {
            Some(name) => format!("{} in slice {name:?}", more(&slice.figures)),
            None => format!("{} without a slice", more(&slice.figures)),
        });
        all.into_iter().chain(slices).collect::<Vec<_>>().join("; ")
    }

    /// The refusal of a raise that this evidence does not allow.
    pub(crate) fn refusal(&self) -> Option<Error> {
        let waiting = self.left_out.iter().find(|left| left.why == NotCounted::Waits).map(|left| left.decisions);
        let waiting = waiting.map_or_else(String::new, |n| format!("; {n} more wait for an older request to be decided"));
        (!self.allows()).then(|| {
            let gold = self.gold.filter(|gold| gold.seeded > 0);
            let gold = gold.map_or_else(String::new, |gold| format!("; {} of {} known-bad items found", gold.caught, gold.seeded));
            let found = format!("{} that count, {} of them bad{gold}{waiting}", self.all.counted, self.all.bad);
            Error::invalid(format!("evidence for {}", self.to.as_str()), found, self.missing())
        })
    }
}

/// The evidence of a use case in its present epoch.
#[derive(Debug, Clone, PartialEq)]
pub struct Evidence {
    /// From crawl to walk, from walk to run.
    pub steps: [StepEvidence; 2],
    /// What holds the evidence up, if decisions wait for it.
    pub waits_for: Option<ItemId>,
}

impl Desk {
    /// The evidence of a use case in its present epoch.
    ///
    /// # Errors
    /// [`Error::NotFound`].
    pub fn evidence(&self, id: UseCaseId) -> Result<Evidence> {
        self.keep_evidence(id)?;
        let now = self.now();
        self.read(|c| kept::evidence(c, now, id))
    }
}

/// The evidence of each step that a raise takes.
pub(crate) fn of_raise(c: &Conn, now: Millis, case: &UseCase, to: Level) -> Result<Vec<StepEvidence>> {
    let steps = kept::evidence(c, now, case.id)?.steps;
    Ok(steps.into_iter().filter(|step| step.to > case.level && step.to <= to).collect())
}
