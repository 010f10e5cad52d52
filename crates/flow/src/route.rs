//! The gate: level × audience × confidence × hold rules × pause × cap × brake × overdue audits → a person, or out; and whether what goes
//! out is audited afterwards.
//!
//! Invariant: pure and total; the reason is stored with the draft that it was given for, also in words. Rules, pause, cap, brake and
//! overdue audits can only hold back. What the text says of itself never counts. The draw of an audit is made for every draft, before
//! anything leaves, and changes nothing about where the draft goes.

use crate::gate::{Pause, Switches, cap_allows};
use crate::hold::Held;
use crate::model::StopReason;
use crate::statistics::audit;
use crate::use_case::{Audience, Level};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    Review,
    Auto,
}

/// Why, in words that a window can translate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reason {
    /// At crawl a person approves everything.
    LevelCrawl,
    /// At walk a person approves what goes outside.
    AudienceExternalAtWalk,
    NotConfident,
    /// Confident, and drawn for a check all the same. No longer given: what goes out is audited afterwards.
    SpotCheck,
    /// The output was cut off before it was done.
    CutOff,
    /// A person asked for this draft and waits for it.
    AskedByPerson,
    /// A hold rule matched; [`Route::hold`] says which.
    HoldRule,
    /// What drafts was changed while this was written: the level was given to another drafter version.
    OtherDrafter,
    /// A person has paused the use case.
    Paused,
    /// As many as may went out alone within the hour.
    CapReached,
    /// A bad one was found, or another drafter version or a lower threshold lets out what was never tried, and not enough clean ones came since.
    Brake,
    /// Audits are overdue, and this draft is not of the share that goes out alone all the same.
    AuditsOverdue,
    Confident,
}

impl Reason {
    pub const ALL: [Self; 13] = [
        Self::LevelCrawl,
        Self::AudienceExternalAtWalk,
        Self::NotConfident,
        Self::SpotCheck,
        Self::CutOff,
        Self::AskedByPerson,
        Self::HoldRule,
        Self::OtherDrafter,
        Self::Paused,
        Self::CapReached,
        Self::Brake,
        Self::AuditsOverdue,
        Self::Confident,
    ];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::LevelCrawl => "level_crawl",
            Self::AudienceExternalAtWalk => "audience_external_at_walk",
            Self::NotConfident => "not_confident",
            Self::SpotCheck => "spot_check",
            Self::CutOff => "cut_off",
            Self::AskedByPerson => "asked_by_person",
            Self::HoldRule => "hold_rule",
            Self::OtherDrafter => "other_drafter",
            Self::Paused => "paused",
            Self::CapReached => "cap_reached",
            Self::Brake => "brake",
            Self::AuditsOverdue => "audits_overdue",
            Self::Confident => "confident",
        }
    }

    /// Whether the draft went out alone, or would have but for a switch, the brake or overdue audits. Its verdict speaks for what
    /// goes out.
    pub fn would_go_alone(self) -> bool {
        match self {
            Self::Confident | Self::Brake | Self::AuditsOverdue | Self::CapReached | Self::Paused | Self::SpotCheck => true,
            Self::LevelCrawl
            | Self::AudienceExternalAtWalk
            | Self::NotConfident
            | Self::CutOff
            | Self::AskedByPerson
            | Self::HoldRule
            | Self::OtherDrafter => false,
        }
    }
}

/// What a use case allows at this moment.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Policy {
    pub level: Level,
    /// 0–1, or [`OUT_OF_REACH`].
    pub threshold: f64,
    /// f: the share of what goes out alone that is audited, 0–1.
    pub check_share: f64,
}

/// A threshold that no confidence reaches: a ladder none of whose thresholds has passed yet.
pub const OUT_OF_REACH: f64 = 2.0;

/// What is known of the draft.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Facts {
    pub audience: Audience,
    /// 0–1; a value that is no number counts as 0.
    pub confidence: f64,
    pub stop: StopReason,
    /// Audits so far in the slice of its item, in this epoch.
    pub audits_in_slice: u64,
}

/// How far a brake is from its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Braked {
    /// Judged clean in a row since the last bad one.
    pub clean: u64,
    /// So many end it.
    pub clearance: u64,
}

/// Two numbers in 0..1 that know nothing of the content, and nothing of each other.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Draws {
    /// Whether the draft is audited once it is out.
    pub audit: f64,
    /// Whether it goes out alone while audits are overdue.
    pub overdue: f64,
}

/// What holds a draft back beside the policy's table.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Stops {
    /// The hold rule that matched, if one did.
    pub held: Option<Held>,
    /// Whether another drafter version wrote it than the one that drafts now.
    pub other_drafter: bool,
    pub paused: Option<Pause>,
    pub cap_per_hour: Option<u32>,
    /// Approved by policy within the last hour.
    pub out_last_hour: u64,
    pub brake: Option<Braked>,
    /// Audits that have no verdict though they should.
    pub overdue: u64,
}

impl Stops {
    pub fn new(held: Option<Held>, other_drafter: bool, switches: Switches, brake: Option<Braked>, overdue: u64) -> Self {
        Self {
            held,
            other_drafter,
            paused: switches.paused,
            cap_per_hour: switches.cap_per_hour,
            out_last_hour: switches.out_last_hour,
            brake,
            overdue,
        }
    }
}

/// The share of what would go out alone that still does with so many audits overdue: what is not looked at is let out less.
pub fn share_with_overdue(overdue: u64) -> f64 {
    1.0 / (1.0 + overdue as f64)
}

/// The draw of an audit, made for every draft before it leaves, so that it can be counted with.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Check {
    /// π: with which probability a draft is drawn, [`audit::LEAST`]–1.
    pub probability: f64,
    pub drawn: bool,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Route {
    pub outcome: Outcome,
    pub reason: Reason,
    pub level: Level,
    pub threshold: f64,
    /// The reason with its values, in a sentence.
    pub words: String,
    /// The hold rule that matched, also where another reason came first: it would have been held at every level.
    pub hold: Option<String>,
    /// `None` where nothing was drawn: a person asked for the draft, or it is from before draws were kept.
    pub check: Option<Check>,
}

/// [`gate`] with nothing that holds back beside the policy.
pub fn route(policy: Policy, facts: Facts, draws: Draws) -> Route {
    gate(policy, facts, &Stops::default(), draws)
}

/// Where a draft goes, and whether it is audited once it is out.
pub fn gate(policy: Policy, facts: Facts, stops: &Stops, draws: Draws) -> Route {
    let probability = audit::probability(policy.check_share, facts.confidence, policy.threshold, facts.audits_in_slice);
    // A draw that is no number audits.
    let check = Check { probability, drawn: draws.audit.is_nan() || draws.audit < probability };
    let reason = reason(policy, facts, stops, draws);
    let outcome = match reason {
        Reason::Confident => Outcome::Auto,
        Reason::LevelCrawl
        | Reason::AudienceExternalAtWalk
        | Reason::NotConfident
        | Reason::SpotCheck
        | Reason::CutOff
        | Reason::AskedByPerson
        | Reason::HoldRule
        | Reason::OtherDrafter
        | Reason::Paused
        | Reason::CapReached
        | Reason::Brake
        | Reason::AuditsOverdue => Outcome::Review,
    };
    Route {
        outcome,
        reason,
        level: policy.level,
        threshold: policy.threshold,
        words: words(reason, policy, facts, stops),
        hold: stops.held.as_ref().map(|held| held.rule.clone()),
        check: Some(check),
    }
}

/// Why nothing may go out alone to this audience at this level; `None` where confident drafts may.
pub fn forbidden(level: Level, audience: Audience) -> Option<Reason> {
    match (level, audience) {
        (Level::Crawl, Audience::Internal | Audience::External) => Some(Reason::LevelCrawl),
        (Level::Walk, Audience::External) => Some(Reason::AudienceExternalAtWalk),
        (Level::Walk, Audience::Internal) | (Level::Run, Audience::Internal | Audience::External) => None,
    }
}

fn reason(policy: Policy, facts: Facts, stops: &Stops, draws: Draws) -> Reason {
    if let Some(reason) = forbidden(policy.level, facts.audience) {
        return reason;
    }
    match facts.stop {
        StopReason::Length | StopReason::Context => return Reason::CutOff,
        StopReason::End | StopReason::StopText => {}
    }
    // A comparison with NaN is false: what is no number is not confident.
    let confident = facts.confidence >= policy.threshold;
    // Without overdue audits nothing is drawn; with them a draw that is no number holds.
    let let_out = stops.overdue == 0 || draws.overdue < share_with_overdue(stops.overdue);
    if stops.held.is_some() {
        Reason::HoldRule
    } else if stops.other_drafter {
        Reason::OtherDrafter
    } else if !confident {
        Reason::NotConfident
    } else if stops.paused.is_some() {
        Reason::Paused
    } else if !cap_allows(stops.cap_per_hour, stops.out_last_hour) {
        Reason::CapReached
    } else if stops.brake.is_some() {
        Reason::Brake
    } else if !let_out {
        Reason::AuditsOverdue
    } else {
        Reason::Confident
    }
}

fn words(reason: Reason, policy: Policy, facts: Facts, stops: &Stops) -> String {
    let (confidence, threshold) = (told(facts.confidence, policy.threshold), policy.threshold);
    match reason {
        Reason::LevelCrawl => "at crawl a person approves everything".into(),
        Reason::AudienceExternalAtWalk => "at walk a person approves what goes outside".into(),
        Reason::NotConfident if threshold > 1.0 => format!("confidence {confidence}: no threshold has passed its trial yet"),
        Reason::NotConfident => format!("confidence {confidence} is under the threshold {threshold}"),
        Reason::SpotCheck => "drawn for a check".into(),
        Reason::CutOff => match facts.stop {
            StopReason::Context => "the output was cut off: the model's context was full".into(),
            StopReason::Length | StopReason::End | StopReason::StopText => "the output was cut off at the longest length".into(),
        },
        Reason::AskedByPerson => ASKED.into(),
        Reason::HoldRule => stops.held.as_ref().map_or_else(String::new, Held::to_string),
        Reason::OtherDrafter => "what drafts was changed while this was written".into(),
        Reason::Paused => stops.paused.as_ref().map_or_else(String::new, |pause| format!("paused by {}: {}", pause.by, pause.why)),
        Reason::CapReached => {
            format!("{} went out alone within the hour; the cap is {}", stops.out_last_hour, stops.cap_per_hour.unwrap_or_default())
        }
        Reason::Brake => stops.brake.map_or_else(String::new, |brake| {
            format!("the brake is on until {} in a row were judged clean: {} were", brake.clearance, brake.clean)
        }),
        Reason::AuditsOverdue => match stops.overdue {
            1 => "1 audit is overdue: a half goes out alone".into(),
            overdue => format!("{overdue} audits are overdue: one in {} goes out alone", overdue.saturating_add(1)),
        },
        Reason::Confident => format!("confidence {confidence} is at or above the threshold {threshold}"),
    }
}

/// A confidence in four digits, or in all of them where four would stand on the other side of the threshold.
fn told(confidence: f64, threshold: f64) -> String {
    let short = format!("{confidence:.4}");
    let same_side = short.parse::<f64>().is_ok_and(|rounded| (rounded >= threshold) == (confidence >= threshold));
    if same_side { short } else { confidence.to_string() }
}

const ASKED: &str = "a person asked for this draft";

/// A draft that a person asked for stays with that person, whatever the level.
pub fn asked_by_person(policy: Policy) -> Route {
    Route {
        outcome: Outcome::Review,
        reason: Reason::AskedByPerson,
        level: policy.level,
        threshold: policy.threshold,
        words: ASKED.into(),
        hold: None,
        check: None,
    }
}

#[cfg(test)]
mod tests;
