//! The hold rules of a use case, as they are kept.
//!
//! Invariant: a change is a new version of all rules and starts an epoch; nothing is kept that could not be asked.

use super::{HoldRule, HoldRules};
use crate::clock::Millis;
use crate::desk::Desk;
use crate::epoch;
use crate::error::{Error, Result};
use crate::id::{HoldRulesId, UseCaseId};
use crate::settings::Person;
use crate::storage;

/// All hold rules of a use case, as they were kept together.
#[derive(Debug, Clone, PartialEq)]
pub struct HoldRulesVersion {
    pub id: HoldRulesId,
    /// Counts up within the use case.
    pub n: i64,
    pub rules: Vec<HoldRule>,
    pub by: String,
    pub at: Millis,
}

impl Desk {
    /// The rules that hold now.
    ///
    /// # Errors
    /// [`Error::NotFound`].
    pub fn hold_rules(&self, use_case: UseCaseId) -> Result<HoldRulesVersion> {
        self.read(|c| storage::gate::hold_rules(c, use_case))
    }

    /// Keeps changed rules as a new version and starts an epoch; the same rules make none. `from` is the version that was
    /// changed.
    ///
    /// # Errors
    /// [`Error::Invalid`] with the rule and, for a pattern, the line; [`Error::NotAllowed`] for reviewers;
    /// [`Error::Stale`] where somebody else has changed them since.
    pub fn change_hold_rules(&self, person: &Person, use_case: UseCaseId, from: i64, rules: &[HoldRule]) -> Result<HoldRulesVersion> {
        person.must_be_admin("change hold rules")?;
        HoldRules::new(rules)?;
        self.transact(|c, now, changes| {
            let present = storage::gate::hold_rules(c, use_case)?;
            if present.n != from {
                return Err(Error::Stale { what: "the hold rules".into(), now: format!("{} made version {}", present.by, present.n) });
            }
            if present.rules == rules {
                return Ok(present);
            }
            storage::gate::insert_hold_rules(c, use_case, present.n + 1, rules, &person.name, now)?;
            let names: Vec<&str> = rules.iter().map(|rule| rule.name.trim()).collect();
            let detail = if names.is_empty() { "none".to_owned() } else { names.join(", ") };
            storage::event::insert(c, now, &person.name, "hold_rules_changed", Some(use_case), None, Some(&detail))?;
            epoch::renew(c, now, changes, &person.name, use_case)?;
            changes.use_cases = true;
            changes.activity = true;
            storage::gate::hold_rules(c, use_case)
        })
    }
}
