//! Drafts that a person asks for: once more, with a hint, or on from another token of an earlier one.
//!
//! Invariant: what was drafted before stays as it is, and the new draft stays with whoever asked. A branch names its parent and the place;
//! up to there both have the same tokens, with the probabilities that the model gave them, and one seed drew the rest.

use super::{Draft, policy, raw_confidence, request};
use crate::confidence;
use crate::desk::Desk;
use crate::error::{Error, Result};
use crate::id::{DraftId, ItemId};
use crate::item::Item;
use crate::model::{GenerateRequest, Generation, Token, Urgency};
use crate::storage::{self, Conn};
use crate::{review, route};

/// Where a draft left another one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Branch {
    pub parent: DraftId,
    /// The place of the token that was chosen instead, from 0.
    pub at: u32,
}

/// What a person said beside the request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Asked<'a> {
    pub hint: Option<&'a str>,
    pub branch: Option<Branch>,
}

/// What is asked once more, made anew when it is kept to see that nothing changed meanwhile.
type Again<'a> = dyn Fn(&Conn, &Item) -> Result<GenerateRequest> + 'a;

impl Desk {
    /// The request for one more draft of an item that `person` holds.
    ///
    /// # Errors
    /// [`Error::Stale`] where the claim is lost.
    pub fn regenerate_request(&self, item: ItemId, person: &str, epoch: i64, hint: Option<&str>) -> Result<GenerateRequest> {
        self.read(|c| once_more(c, &review::held(c, item, person, epoch)?, hint))
    }

    /// Keeps the draft that came of [`Desk::regenerate_request`]; the old ones stay beside it.
    ///
    /// # Errors
    /// [`Error::Stale`] where the claim was lost or the use case's drafter changed meanwhile.
    pub fn keep_regenerated(
        &self,
        item: ItemId,
        person: &str,
        epoch: i64,
        request: &GenerateRequest,
        hint: Option<&str>,
        generation: &Generation,
    ) -> Result<DraftId> {
        let asked = Asked { hint, branch: None };
        self.keep_asked((item, person, epoch), request, &|c, item| once_more(c, item, hint), asked, ("regenerated", hint), generation)
    }

    /// The request for a draft that goes on as another one did up to a place, with `token` there: one that the model weighed.
    ///
    /// # Errors
    /// [`Error::Stale`] where the claim is lost, or something else drafts now than what wrote the parent; [`Error::Invalid`] where the
    /// parent is another item's, or the model did not weigh the token there.
    pub fn branch_request(&self, item: ItemId, person: &str, epoch: i64, branch: Branch, token: u32) -> Result<GenerateRequest> {
        self.read(|c| branched(c, &review::held(c, item, person, epoch)?, branch, token).map(|(request, _)| request))
    }

    /// Keeps the draft that came of [`Desk::branch_request`]; its parent and the others stay beside it.
    ///
    /// # Errors
    /// As [`Desk::keep_regenerated`].
    pub fn keep_branch(
        &self,
        item: ItemId,
        person: &str,
        epoch: i64,
        branch: Branch,
        request: &GenerateRequest,
        generation: &Generation,
    ) -> Result<DraftId> {
        let token = request.forced.last().copied().unwrap_or(u32::MAX);
        let parent = self.read(|c| storage::draft::get(c, branch.parent))?;
        let asked = Asked { hint: parent.hint.as_deref(), branch: Some(branch) };
        let detail = format!("draft {}, token {}", parent.n, u64::from(branch.at) + 1);
        let again = |c: &Conn, item: &Item| branched(c, item, branch, token).map(|(request, _)| request);
        self.keep_asked((item, person, epoch), request, &again, asked, ("branched", Some(&detail)), generation)
    }

    fn keep_asked(
        &self,
        (item, person, epoch): (ItemId, &str, i64),
        request: &GenerateRequest,
        again: &Again<'_>,
        asked: Asked<'_>,
        (kind, detail): (&str, Option<&str>),
        generation: &Generation,
    ) -> Result<DraftId> {
        let item = self.read(|c| review::held(c, item, person, epoch))?;
        let version = self.read(|c| storage::use_case::current_drafter_version(c, item.use_case))?;
        let looked = self.look(&item, &version.output, generation)?;
        self.transact(|c, now, changes| {
            let item = review::held(c, item.id, person, epoch)?;
            let case = storage::use_case::get(c, item.use_case)?;
            let version = storage::use_case::current_drafter_version(c, item.use_case)?;
            if again(c, &item)? != *request {
                return Err(Error::Stale { what: format!("the drafter of {}", case.input.name), now: "generate once more".into() });
            }
            let assessed = confidence::assess(c, version.id, looked.features, raw_confidence(generation))?;
            let n = storage::draft::count(c, item.id)? + 1;
            let route = route::asked_by_person(policy(&case));
            let draft = storage::draft::insert(c, &item, n, version.id, request.seed, asked, generation, &assessed, &route, now)?;
            storage::item::set_draft(c, item.id, draft, assessed.confidence)?;
            storage::event::insert(c, now, person, kind, Some(item.use_case), Some(item.id), detail)?;
            changes.item(item.id);
            Ok(draft)
        })
    }
}

fn once_more(c: &Conn, item: &Item, hint: Option<&str>) -> Result<GenerateRequest> {
    let version = storage::use_case::current_drafter_version(c, item.use_case)?;
    let n = storage::draft::count(c, item.id)? + 1;
    request(c, item, &version, n, hint, Urgency::Interactive)
}

/// The request of a branch, and the parent.
fn branched(c: &Conn, item: &Item, branch: Branch, token: u32) -> Result<(GenerateRequest, Draft)> {
    let parent = storage::draft::get(c, branch.parent)?;
    if parent.item != item.id {
        return Err(Error::invalid("draft", branch.parent, format!("a draft of item {}", item.uid)));
    }
    let version = storage::use_case::current_drafter_version(c, item.use_case)?;
    if version.id != parent.drafter_version {
        let now = "something else drafts here than what wrote it: ask for a new draft instead".into();
        return Err(Error::Stale { what: format!("draft {} of item {}", parent.n, item.uid), now });
    }
    let tokens = storage::draft::tokens(c, parent.id)?;
    let forced = forced(&tokens, branch.at, token)?;
    let asked = request(c, item, &version, parent.n, parent.hint.as_deref(), Urgency::Interactive)?;
    Ok((GenerateRequest { forced, seed: parent.seed, ..asked }, parent))
}

/// The tokens before a place, and the one that is chosen there.
fn forced(tokens: &[Token], at: u32, chosen: u32) -> Result<Vec<u32>> {
    let place = usize::try_from(at).ok().filter(|at| *at < tokens.len());
    let Some(place) = place else { return Err(Error::invalid("place", at, format!("one of the draft's {} tokens", tokens.len()))) };
    let there = &tokens[place];
    if chosen == there.id || !there.alternatives.iter().any(|weighed| weighed.id == chosen) {
        return Err(Error::invalid("token", chosen, "another one that the model weighed at this place"));
    }
    Ok(tokens[..place].iter().map(|token| token.id).chain([chosen]).collect())
}
