//! Which decisions a dataset is made of: criteria, and why a decision is left out.
//!
//! Invariant: pure. What was taken back or corrected, what is known to be bad, what was purged and what nobody looked at is left out whatever
//! the criteria say; of the reasons the first that holds is told.

use crate::clock::Millis;
use crate::error::{Error, Result};
use crate::id::{DecisionId, ItemId, PreferenceId};
use crate::review::{MadeBy, Verdict};
use crate::use_case::Level;
use serde::{Deserialize, Serialize};

/// What a second look has to say. A second look is an audit of what went out alone, or a blind re-review of a person's decision.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Agreement {
    #[default]
    Any,
    /// There was one.
    LookedAtTwice,
    /// It said the same.
    Agreed,
}

impl Agreement {
    pub const ALL: [Self; 3] = [Self::Any, Self::LookedAtTwice, Self::Agreed];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Any => "any",
            Self::LookedAtTwice => "looked_at_twice",
            Self::Agreed => "agreed",
        }
    }
}

/// Criteria; all must hold. An empty list asks for nothing.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Selection {
    /// From this moment on, and before that one.
    pub since: Option<Millis>,
    pub until: Option<Millis>,
    /// The level at which it was decided.
    pub levels: Vec<Level>,
    /// The empty name stands for none.
    pub slices: Vec<String>,
    pub reviewers: Vec<String>,
    pub verdicts: Vec<Verdict>,
    /// Normalised edit distance, 0 to 1, both ends among it.
    pub least_edit: Option<f64>,
    pub most_edit: Option<f64>,
    pub agreement: Agreement,
    /// Numbers of drafter versions, as they count up in the use case.
    pub drafter_versions: Vec<i64>,
    /// Codes of reasons, of which one must have been given.
    pub reasons: Vec<String>,
    /// Whether careful decisions weigh more than hasty ones.
    pub weighted: bool,
    /// Whether choices between two drafts are taken as well.
    pub comparisons: bool,
}

impl Default for Selection {
    fn default() -> Self {
        Self {
            since: None,
            until: None,
            levels: Vec::new(),
            slices: Vec::new(),
            reviewers: Vec::new(),
            verdicts: Vec::new(),
            least_edit: None,
            most_edit: None,
            agreement: Agreement::Any,
            drafter_versions: Vec::new(),
            reasons: Vec::new(),
            weighted: true,
            comparisons: true,
        }
    }
}

/// Why a decision is in no dataset, or not in this one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LeftOut {
    TakenBack,
    Corrected,
    KnownBad,
    Purged,
    /// Approved by policy, and not audited yet.
    NotLookedAt,
    Period,
    Level,
    Slice,
    Reviewer,
    Verdict,
    EditDistance,
    Agreement,
    DrafterVersion,
    Reason,
    /// A choice between two drafts that came to nothing: both were as good, or both were bad.
    Tie,
}

impl LeftOut {
    pub const ALL: [Self; 15] = [
        Self::TakenBack,
        Self::Corrected,
        Self::KnownBad,
        Self::Purged,
        Self::NotLookedAt,
        Self::Period,
        Self::Level,
        Self::Slice,
        Self::Reviewer,
        Self::Verdict,
        Self::EditDistance,
        Self::Agreement,
        Self::DrafterVersion,
        Self::Reason,
        Self::Tie,
    ];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::TakenBack => "taken_back",
            Self::Corrected => "corrected",
            Self::KnownBad => "known_bad",
            Self::Purged => "purged",
            Self::NotLookedAt => "not_looked_at",
            Self::Period => "period",
            Self::Level => "level",
            Self::Slice => "slice",
            Self::Reviewer => "reviewer",
            Self::Verdict => "verdict",
            Self::EditDistance => "edit_distance",
            Self::Agreement => "agreement",
            Self::DrafterVersion => "drafter_version",
            Self::Reason => "reason",
            Self::Tie => "tie",
        }
    }

    /// In a sentence.
    pub fn words(self) -> &'static str {
        match self {
            Self::TakenBack => "taken back",
            Self::Corrected => "corrected later; the correction stands in for it",
            Self::KnownBad => "on a known-bad item, put in to be found",
            Self::Purged => "on an item that was purged",
            Self::NotLookedAt => "approved by policy, and no person has looked at it",
            Self::Period => "outside of the period",
            Self::Level => "at another level",
            Self::Slice => "in another slice",
            Self::Reviewer => "by another reviewer",
            Self::Verdict => "of another verdict",
            Self::EditDistance => "edited more or less than asked for",
            Self::Agreement => "without the second look that is asked for",
            Self::DrafterVersion => "on a draft of another drafter version",
            Self::Reason => "without one of the reasons",
            Self::Tie => "a choice that preferred neither draft",
        }
    }
}

/// What is asked of a decision, without its texts.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Facts {
    pub id: DecisionId,
    pub item: ItemId,
    pub at: Millis,
    pub level: Level,
    pub slice: Option<String>,
    pub made_by: MadeBy,
    /// What a person said, by the decision or, where policy decided, by the audit.
    pub said: Option<Said>,
    /// What a second look said: whether it was the same.
    pub second: Option<bool>,
    pub bulk: bool,
    /// Faster than the request and the draft can be read.
    pub rushed: bool,
    pub taken_back: bool,
    pub corrected: bool,
    pub seeded: bool,
    pub purged: bool,
    pub drafter_n: i64,
    /// Counts up within the item: over 1, there is an earlier draft.
    pub draft_n: i64,
}

/// What is asked of a choice between two drafts.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Choosing {
    pub id: PreferenceId,
    pub item: ItemId,
    pub at: Millis,
    pub slice: Option<String>,
    pub person: String,
    pub tie: bool,
    pub rushed: bool,
    pub taken_back: bool,
    pub seeded: bool,
    pub purged: bool,
    /// Of both drafts.
    pub drafters: [i64; 2],
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Said {
    pub by: String,
    pub verdict: Verdict,
    pub reasons: Vec<String>,
    pub edit_distance: f64,
}

impl Selection {
    /// # Errors
    /// [`Error::Invalid`] with the criterion that asks for nothing that can be.
    pub fn check(&self) -> Result<()> {
        if let (Some(since), Some(until)) = (self.since, self.until)
            && since >= until
        {
            return Err(Error::invalid("period", format!("{} to {}", since.0, until.0), "an end after its beginning"));
        }
        for (name, bound) in [("least edit distance", self.least_edit), ("most edit distance", self.most_edit)] {
            if bound.is_some_and(|bound| !(0.0..=1.0).contains(&bound)) {
                return Err(Error::invalid(name, bound.unwrap_or_default(), "a number from 0 to 1"));
            }
        }
        if let (Some(least), Some(most)) = (self.least_edit, self.most_edit)
            && least > most
        {
            return Err(Error::invalid("edit distance", format!("{least} to {most}"), "a least that is not over the most"));
        }
        Ok(())
    }

    /// What a person said of the draft, or why the decision is left out.
    pub(crate) fn admits<'a>(&self, of: &'a Facts) -> Result<&'a Said, LeftOut> {
        if of.corrected {
            return Err(LeftOut::Corrected);
        }
        if of.taken_back {
            return Err(LeftOut::TakenBack);
        }
        if of.seeded {
            return Err(LeftOut::KnownBad);
        }
        if of.purged {
            return Err(LeftOut::Purged);
        }
        let said = of.said.as_ref().ok_or(LeftOut::NotLookedAt)?;
        if !self.within(of.at) {
            return Err(LeftOut::Period);
        }
        if !self.levels.is_empty() && !self.levels.contains(&of.level) {
            return Err(LeftOut::Level);
        }
        if !among(&self.slices, of.slice.as_deref().unwrap_or_default()) {
            return Err(LeftOut::Slice);
        }
        if !among(&self.reviewers, &said.by) {
            return Err(LeftOut::Reviewer);
        }
        if !self.verdicts.is_empty() && !self.verdicts.contains(&said.verdict) {
            return Err(LeftOut::Verdict);
        }
        if self.least_edit.is_some_and(|least| said.edit_distance < least) || self.most_edit.is_some_and(|most| said.edit_distance > most) {
            return Err(LeftOut::EditDistance);
        }
        let looked = match self.agreement {
            Agreement::Any => true,
            Agreement::LookedAtTwice => of.second.is_some(),
            Agreement::Agreed => of.second == Some(true),
        };
        if !looked {
            return Err(LeftOut::Agreement);
        }
        if !self.drafter_versions.is_empty() && !self.drafter_versions.contains(&of.drafter_n) {
            return Err(LeftOut::DrafterVersion);
        }
        if !self.reasons.is_empty() && !said.reasons.iter().any(|code| self.reasons.contains(code)) {
            return Err(LeftOut::Reason);
        }
        Ok(said)
    }

    /// Why a choice between two drafts is left out. What is asked of verdicts no choice can meet.
    pub(crate) fn admits_choice(&self, of: &Choosing) -> Result<(), LeftOut> {
        let asked = |is: bool, why: LeftOut| if is { Err(why) } else { Ok(()) };
        asked(of.taken_back, LeftOut::TakenBack)?;
        asked(of.seeded, LeftOut::KnownBad)?;
        asked(of.purged, LeftOut::Purged)?;
        asked(of.tie, LeftOut::Tie)?;
        asked(!self.within(of.at), LeftOut::Period)?;
        asked(!self.levels.is_empty(), LeftOut::Level)?;
        asked(!among(&self.slices, of.slice.as_deref().unwrap_or_default()), LeftOut::Slice)?;
        asked(!among(&self.reviewers, &of.person), LeftOut::Reviewer)?;
        asked(!self.verdicts.is_empty(), LeftOut::Verdict)?;
        asked(self.least_edit.is_some() || self.most_edit.is_some(), LeftOut::EditDistance)?;
        asked(self.agreement != Agreement::Any, LeftOut::Agreement)?;
        let drafted = self.drafter_versions.is_empty() || of.drafters.iter().any(|n| self.drafter_versions.contains(n));
        asked(!drafted, LeftOut::DrafterVersion)?;
        asked(!self.reasons.is_empty(), LeftOut::Reason)
    }

    fn within(&self, at: Millis) -> bool {
        self.since.is_none_or(|since| at >= since) && self.until.is_none_or(|until| at < until)
    }
}

/// Whether a list asks for nothing, or for this one.
fn among(list: &[String], name: &str) -> bool {
    list.is_empty() || list.iter().any(|wanted| wanted == name)
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    pub(crate) fn facts() -> Facts {
        Facts {
            id: DecisionId(1),
            item: ItemId(1),
            at: Millis(1_000),
            level: Level::Crawl,
            slice: Some("billing".into()),
            made_by: MadeBy::Person,
            said: Some(Said { by: "Ada".into(), verdict: Verdict::Edit, reasons: vec!["wrong".into()], edit_distance: 0.2 }),
            second: None,
            bulk: false,
            rushed: false,
            taken_back: false,
            corrected: false,
            seeded: false,
            purged: false,
            drafter_n: 2,
            draft_n: 1,
        }
    }

    fn check(change: impl FnOnce(&mut Selection), facts: &Facts, expected: Option<LeftOut>) {
        let mut selection = Selection::default();
        change(&mut selection);
        assert_eq!(selection.admits(facts).err(), expected, "{selection:?} of {facts:?}");
    }

    #[test]
    fn each_criterion_lets_its_own_in_and_says_why_it_leaves_others_out() {
        let facts = facts();
        check(|_| (), &facts, None);
        check(|s| s.since = Some(Millis(1_000)), &facts, None);
        check(|s| s.since = Some(Millis(1_001)), &facts, Some(LeftOut::Period));
        check(|s| s.until = Some(Millis(1_001)), &facts, None);
        check(|s| s.until = Some(Millis(1_000)), &facts, Some(LeftOut::Period));
        check(|s| s.levels = vec![Level::Walk, Level::Crawl], &facts, None);
        check(|s| s.levels = vec![Level::Walk], &facts, Some(LeftOut::Level));
        check(|s| s.slices = vec!["billing".into()], &facts, None);
        check(|s| s.slices = vec![String::new()], &facts, Some(LeftOut::Slice));
        check(|s| s.slices = vec![String::new()], &Facts { slice: None, ..facts.clone() }, None);
        check(|s| s.reviewers = vec!["Ben".into()], &facts, Some(LeftOut::Reviewer));
        check(|s| s.verdicts = vec![Verdict::Approve], &facts, Some(LeftOut::Verdict));
        check(|s| (s.least_edit, s.most_edit) = (Some(0.2), Some(0.2)), &facts, None);
        check(|s| s.least_edit = Some(0.21), &facts, Some(LeftOut::EditDistance));
        check(|s| s.most_edit = Some(0.19), &facts, Some(LeftOut::EditDistance));
        check(|s| s.agreement = Agreement::LookedAtTwice, &facts, Some(LeftOut::Agreement));
        check(|s| s.agreement = Agreement::LookedAtTwice, &Facts { second: Some(false), ..facts.clone() }, None);
        check(|s| s.agreement = Agreement::Agreed, &Facts { second: Some(false), ..facts.clone() }, Some(LeftOut::Agreement));
        check(|s| s.drafter_versions = vec![1], &facts, Some(LeftOut::DrafterVersion));
        check(|s| s.reasons = vec!["rude".into()], &facts, Some(LeftOut::Reason));
        check(|s| s.reasons = vec!["rude".into(), "wrong".into()], &facts, None);
    }

    #[test]
    fn some_decisions_are_in_no_dataset_whatever_is_asked_for() {
        let facts = facts();
        check(|_| (), &Facts { taken_back: true, ..facts.clone() }, Some(LeftOut::TakenBack));
        check(|_| (), &Facts { taken_back: true, corrected: true, ..facts.clone() }, Some(LeftOut::Corrected));
        check(|_| (), &Facts { seeded: true, ..facts.clone() }, Some(LeftOut::KnownBad));
        check(|_| (), &Facts { purged: true, ..facts.clone() }, Some(LeftOut::Purged));
        check(|_| (), &Facts { made_by: MadeBy::Policy, said: None, ..facts.clone() }, Some(LeftOut::NotLookedAt));
    }

    #[test]
    fn criteria_that_nothing_can_meet_are_refused() {
        let wrong = |change: fn(&mut Selection)| {
            let mut selection = Selection::default();
            change(&mut selection);
            selection.check().unwrap_err().to_string()
        };
        assert!(wrong(|s| (s.since, s.until) = (Some(Millis(5)), Some(Millis(5)))).starts_with("period"));
        assert!(wrong(|s| s.most_edit = Some(1.5)).contains("from 0 to 1"));
        assert!(wrong(|s| (s.least_edit, s.most_edit) = (Some(0.5), Some(0.4))).contains("not over"));
    }

    #[test]
    fn a_selection_is_read_again_as_it_was_written_and_what_is_not_said_is_the_default() {
        let selection = Selection { verdicts: vec![Verdict::Edit], levels: vec![Level::Walk], ..Selection::default() };
        let json = serde_json::to_string(&selection).unwrap();
        assert_eq!(serde_json::from_str::<Selection>(&json).unwrap(), selection);
        assert_eq!(serde_json::from_str::<Selection>("{}").unwrap(), Selection::default());
    }
}
