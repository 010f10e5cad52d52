//! Epochs: stretches of time in which nothing changed that evidence rests on.
//!
//! Invariant: what drafts, the policy (confidence and its threshold, hold rules, share to audit) and what the charter fixes (bad, ε, δ) are the
//! same from the first decision of an epoch to its last; a change of any of them starts a new one, also a change back. So does a fall of
//! the level: what was decided before it does not buy the level back.

use crate::changes::Changes;
use crate::charter::{Bad, Limits};
use crate::clock::Millis;
use crate::confidence::{self, Laid, ThresholdBy};
use crate::desk::Desk;
use crate::error::Result;
use crate::id::{CalibratorId, CharterId, DrafterVersionId, HoldRulesId, UseCaseId};
use crate::storage::{self, Conn};
use crate::use_case::Audience;
use crate::watch;

/// What an epoch stands for.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Key {
    /// `None` while no model is chosen.
    pub drafter_version: Option<DrafterVersionId>,
    pub threshold: f64,
    pub threshold_by: ThresholdBy,
    /// What gives the confidence; `None` while it is the mean of the tokens.
    pub calibrator: Option<CalibratorId>,
    pub check_share: f64,
    pub hold_rules: HoldRulesId,
    pub bad: Bad,
    pub limits: Limits,
    /// Known-bad items for each one that enters review, 0–0.5. Where it is not 0, evidence asks what people miss.
    pub gold_share: f64,
    /// How often the rule has lowered the level.
    pub falls: i64,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Epoch {
    /// Counts up within the use case.
    pub n: i64,
    /// 1 + how many earlier epochs have decisions: the k by which δ is spent. An epoch in which nothing was decided has
    /// tried nothing.
    pub attempt: i64,
    pub key: Key,
    /// The version of the charter that it began with.
    pub charter: CharterId,
    pub charter_n: i64,
    pub drafter_n: Option<i64>,
    pub hold_rules_n: i64,
    pub started_at: Millis,
    /// What changed, in words.
    pub why: String,
    /// The thresholds that are tried, by audience; those that are laid so far.
    pub ladders: Vec<Laid>,
}

impl Epoch {
    /// The thresholds that are tried for an audience.
    pub fn ladder(&self, audience: Audience) -> Option<&Laid> {
        self.ladders.iter().find(|laid| laid.audience == audience)
    }
}

/// What is different between two keys, in words; empty where nothing is.
pub fn difference(old: &Key, new: &Key) -> Vec<String> {
    let share = |name: &str, from: f64, to: f64| (from != to).then(|| format!("{name} {from} → {to}"));
    let level = |name: &str, from: crate::charter::Limit, to: crate::charter::Limit| {
        [share(&format!("ε of {name}"), from.epsilon, to.epsilon), share(&format!("δ of {name}"), from.delta, to.delta)]
    };
    let said = |changed: bool, words: &str| changed.then(|| words.to_owned());
    [
        said(old.drafter_version != new.drafter_version, "another drafter version"),
        said(old.calibrator != new.calibrator, "another calibrator"),
        share("threshold", old.threshold, new.threshold),
        (old.threshold_by != new.threshold_by)
            .then(|| format!("threshold by {} → {}", old.threshold_by.as_str(), new.threshold_by.as_str())),
        share("share to audit", old.check_share, new.check_share),
        said(old.hold_rules != new.hold_rules, "other hold rules"),
        share("edit distance that is bad", old.bad.distance, new.bad.distance),
        said(old.bad.grades != new.bad.grades, "other weights of edits"),
        share("share of known-bad items", old.gold_share, new.gold_share),
        said(old.falls != new.falls, "the level fell"),
    ]
    .into_iter()
    .chain(level("walk", old.limits.walk, new.limits.walk))
    .chain(level("run", old.limits.run, new.limits.run))
    .flatten()
    .collect()
}

/// Whether drafts may go out alone by a new key for which nothing speaks: those of another drafter version, and those that a person's
/// threshold held back until now. A ladder lets nothing out before it was tried.
fn lets_out_untried(old: &Key, new: &Key) -> bool {
    let looser = old.threshold_by != ThresholdBy::Person || old.calibrator != new.calibrator || new.threshold < old.threshold;
    old.drafter_version != new.drafter_version || (new.threshold_by == ThresholdBy::Person && looser)
}

/// What an epoch of this moment would stand for.
fn present(c: &Conn, use_case: UseCaseId) -> Result<Key> {
    let case = storage::use_case::get(c, use_case)?;
    let (bad, limits) = storage::charter::current(c, use_case)?.charter.terms();
    let drafter_version = case.drafter_version.map(|version| version.id);
    Ok(Key {
        calibrator: drafter_version.map(|version| storage::confidence::calibrator_id(c, version)).transpose()?.flatten(),
        drafter_version,
        threshold: case.input.threshold,
        threshold_by: case.threshold_by,
        check_share: case.input.check_share,
        hold_rules: storage::gate::hold_rules_id(c, use_case)?,
        bad,
        limits,
        gold_share: storage::seeded::share(c, use_case)?,
        falls: storage::use_case::falls(c, use_case)?,
    })
}

/// The first epoch of a new use case.
pub(crate) fn first(c: &Conn, now: Millis, use_case: UseCaseId) -> Result<()> {
    let key = present(c, use_case)?;
    let charter = storage::charter::current(c, use_case)?;
    storage::epoch::insert(c, use_case, 1, &key, charter.id, now, "the use case was created")
}

/// Starts an epoch where something changed that evidence rests on; called in the transaction of each such change.
pub(crate) fn renew(c: &Conn, now: Millis, changes: &mut Changes, who: &str, use_case: UseCaseId) -> Result<()> {
    let (old, new) = (storage::epoch::current(c, use_case)?, present(c, use_case)?);
    let changed = difference(&old.key, &new);
    if changed.is_empty() {
        return Ok(());
    }
    let (n, why) = (old.n + 1, changed.join("; "));
    let charter = storage::charter::current(c, use_case)?;
    storage::epoch::insert(c, use_case, n, &new, charter.id, now, &why)?;
    watch::go_on(c, now, use_case, lets_out_untried(&old.key, &new))?;
    confidence::lay_if_ready(c, now, use_case, &[Audience::Internal, Audience::External])?;
    storage::event::insert(c, now, who, "epoch_started", Some(use_case), None, Some(&format!("epoch {n}: {why}")))?;
    changes.levels = true;
    changes.use_cases = true;
    changes.activity = true;
    Ok(())
}

impl Desk {
    /// The epoch that decisions count to now.
    ///
    /// # Errors
    /// [`crate::Error::NotFound`].
    pub fn epoch(&self, use_case: UseCaseId) -> Result<Epoch> {
        self.read(|c| storage::epoch::current(c, use_case))
    }

    /// All epochs, newest first.
    ///
    /// # Errors
    /// Those of the database.
    pub fn epochs(&self, use_case: UseCaseId) -> Result<Vec<Epoch>> {
        self.read(|c| storage::epoch::list(c, use_case))
    }

    /// The epoch of now, and what is different between what it stands for and what is set; nothing should be.
    pub(crate) fn epoch_drift(&self, use_case: UseCaseId) -> Result<(Epoch, Vec<String>)> {
        self.read(|c| {
            let epoch = storage::epoch::current(c, use_case)?;
            let drift = difference(&epoch.key, &present(c, use_case)?);
            Ok((epoch, drift))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::charter::{Charter, Grades};

    fn key() -> Key {
        let (bad, limits) = Charter::first(Audience::Internal).terms();
        Key {
            drafter_version: Some(DrafterVersionId(1)),
            threshold: 0.8,
            threshold_by: ThresholdBy::Person,
            calibrator: None,
            check_share: 0.1,
            hold_rules: HoldRulesId(1),
            bad,
            limits,
            gold_share: 0.0,
            falls: 0,
        }
    }

    fn check(change: impl FnOnce(&mut Key), expected: &[&str]) {
        let old = key();
        let mut new = old;
        change(&mut new);
        assert_eq!(difference(&old, &new), expected);
    }

    #[test]
    fn each_part_of_the_key_is_told_in_words() {
        check(|_| (), &[]);
        check(|k| k.drafter_version = None, &["another drafter version"]);
        check(|k| k.threshold = 0.85, &["threshold 0.8 → 0.85"]);
        check(|k| k.threshold_by = ThresholdBy::Ladder, &["threshold by person → ladder"]);
        check(|k| k.calibrator = Some(CalibratorId(1)), &["another calibrator"]);
        check(|k| k.check_share = 0.05, &["share to audit 0.1 → 0.05"]);
        check(|k| k.hold_rules = HoldRulesId(2), &["other hold rules"]);
        check(|k| k.bad.distance = 0.2, &["edit distance that is bad 0.1 → 0.2"]);
        check(|k| k.bad.grades = Some(Grades::default()), &["other weights of edits"]);
        check(|k| k.limits.walk.epsilon = 0.02, &["ε of walk 0.05 → 0.02"]);
        check(|k| k.limits.run.delta = 0.01, &["δ of run 0.05 → 0.01"]);
        check(|k| k.gold_share = 0.05, &["share of known-bad items 0 → 0.05"]);
        check(|k| k.falls = 1, &["the level fell"]);
    }

    #[test]
    fn what_was_never_tried_is_another_version_or_what_a_threshold_held_back() {
        let untried = |old: fn(&mut Key), new: fn(&mut Key)| {
            let (mut before, mut after) = (key(), key());
            old(&mut before);
            new(&mut after);
            lets_out_untried(&before, &after)
        };
        assert!(untried(|_| (), |k| k.drafter_version = None));
        assert!(untried(|_| (), |k| k.threshold = 0.79) && !untried(|_| (), |k| k.threshold = 0.81));
        assert!(untried(|_| (), |k| k.calibrator = Some(CalibratorId(1))), "the threshold means something else");
        assert!(untried(|k| k.threshold_by = ThresholdBy::Ladder, |_| ()));
        assert!(!untried(|_| (), |k| (k.threshold_by, k.threshold) = (ThresholdBy::Ladder, 0.0)), "a ladder tries first");
        assert!(!untried(|_| (), |k| (k.check_share, k.gold_share, k.falls) = (0.5, 0.1, 1)));
    }
}
