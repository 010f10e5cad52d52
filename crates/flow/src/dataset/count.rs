//! What a selection comes to: how many decisions, which rows they make, what is left out and why; and a look at real rows.
//!
//! Invariant: the same pass over the decisions counts and chooses, so that what is shown is what a version is made of.

use super::counting::Counting;
use super::list::Source;
use super::make::example;
use super::selection::{Choosing, Facts, LeftOut, Said, Selection};
use super::taught::{Frozen, Prompts};
use super::version::{LeftOutCount, Plan};
use super::weight::{self, EVEN, Sign};
use crate::clock::Millis;
use crate::desk::Desk;
use crate::error::{Error, Result};
use crate::id::{DecisionId, ItemId, PreferenceId, UseCaseId};
use crate::model::{Cancel, Tokenizers};
use crate::review::Verdict;
use crate::reviewers::{self, Word, days_before};
use crate::storage::{self, Conn};
use datasets::{Format, Length, Preview};
use std::collections::{BTreeMap, HashMap, HashSet};

/// What a selection comes to.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Counted {
    /// Decisions of the use case and choices between two drafts, those that were taken back too.
    pub decisions: u64,
    pub selected: u64,
    /// Texts to imitate: approved drafts and edits.
    pub texts: u64,
    /// One text over another: edits over drafts, what was accepted over drafts that were thrown away, choices.
    pub preferences: u64,
    pub approved: u64,
    pub rejected: u64,
    pub left_out: Vec<LeftOutCount>,
    /// Of the selected ones.
    pub signs: Vec<(Sign, u64)>,
    /// 1 where weighing is off.
    pub mean_weight: f64,
}

/// What one can choose from.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Facets {
    /// The empty name stands for none.
    pub slices: Vec<String>,
    pub reviewers: Vec<String>,
    /// Numbers of drafter versions, newest first.
    pub drafter_versions: Vec<i64>,
    /// Codes of the reasons, as the use case has them now.
    pub reasons: Vec<String>,
    /// Who is to read it: the model that the use case drafts with.
    pub model: Option<ReadBy>,
}

/// A model, as far as a dataset is made for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReadBy {
    pub name: String,
    /// Tokens.
    pub context: u32,
}

/// A decision or a choice that is to be in a version, with what a version freezes of it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Chosen {
    pub source: Source,
    pub id: i64,
    pub frozen: Frozen,
}

/// One that was selected.
#[derive(Debug, Clone, Copy)]
pub(super) enum Picked<'a> {
    Decision(&'a Facts),
    Choice(&'a Choosing),
}

impl Picked<'_> {
    pub fn item(self) -> ItemId {
        match self {
            Self::Decision(facts) => facts.item,
            Self::Choice(of) => of.item,
        }
    }

    pub fn chosen(self, weight: u8, earlier: Option<datasets::Side>) -> Chosen {
        let (source, id, disputed) = match self {
            Self::Decision(facts) => (Source::Decision, facts.id.0, facts.second == Some(false)),
            Self::Choice(of) => (Source::Comparison, of.id.0, false),
        };
        Chosen { source, id, frozen: Frozen { weight, disputed, earlier } }
    }
}

#[derive(Default)]
pub(super) struct Tally {
    decisions: u64,
    selected: u64,
    texts: u64,
    preferences: u64,
    approved: u64,
    rejected: u64,
    left_out: BTreeMap<LeftOut, u64>,
    signs: BTreeMap<Sign, u64>,
    weights: u64,
}

impl Tally {
    /// Counts one; the weight where it is selected.
    fn take(&mut self, selection: &Selection, facts: &Facts, careless: &HashSet<String>) -> Option<u8> {
        self.decisions += 1;
        let said = match selection.admits(facts) {
            Ok(said) => said,
            Err(why) => {
                *self.left_out.entry(why).or_default() += 1;
                return None;
            }
        };
        self.rows(facts, said);
        Some(self.weigh(selection, weight::signs(facts, careless)))
    }

    /// The same of a choice.
    fn take_choice(&mut self, selection: &Selection, of: &Choosing, careless: &HashSet<String>) -> Option<u8> {
        self.decisions += 1;
        if let Err(why) = selection.admits_choice(of) {
            *self.left_out.entry(why).or_default() += 1;
            return None;
        }
        self.preferences += 1;
        Some(self.weigh(selection, weight::signs_of_choice(of, careless)))
    }

    fn weigh(&mut self, selection: &Selection, signs: impl Iterator<Item = Sign>) -> u8 {
        let signs: Vec<Sign> = signs.collect();
        let weight = if selection.weighted { weight::weight(signs.iter().copied()) } else { EVEN };
        for sign in signs {
            *self.signs.entry(sign).or_default() += 1;
        }
        self.selected += 1;
        self.weights += u64::from(weight);
        weight
    }

    fn rows(&mut self, facts: &Facts, said: &Said) {
        match said.verdict {
            Verdict::Approve => {
                self.texts += 1;
                self.approved += 1;
                self.preferences += u64::from(facts.draft_n > 1);
            }
            Verdict::Edit => {
                self.texts += 1;
                self.preferences += 1 + u64::from(facts.draft_n > 1);
            }
            Verdict::Reject => self.rejected += 1,
        }
    }

    pub fn counted(&self) -> Counted {
        Counted {
            decisions: self.decisions,
            selected: self.selected,
            texts: self.texts,
            preferences: self.preferences,
            approved: self.approved,
            rejected: self.rejected,
            left_out: self.left_out.iter().map(|(reason, count)| LeftOutCount { reason: *reason, count: *count }).collect(),
            signs: self.signs.iter().map(|(sign, count)| (*sign, *count)).collect(),
            mean_weight: if self.selected == 0 { 1.0 } else { self.weights as f64 / 100.0 / self.selected as f64 },
        }
    }
}

/// Decisions of a page.
const PAGE: usize = 2_000;
/// A look at real rows takes at most so many of each verdict, from so many decisions.
const OF_EACH: usize = 60;
const LOOKED_THROUGH: u64 = 20_000;

/// Those of whom the signs say that they hardly look at what they decide.
fn careless(c: &Conn, use_case: UseCaseId, now: Millis) -> Result<HashSet<String>> {
    let since = days_before(now, reviewers::DAYS);
    let all = storage::reviewers::looked(c, use_case, None, since, reviewers::NEWEST)?;
    let approved = all.iter().filter(|looked| looked.verdict == Verdict::Approve).count();
    let acceptance = (!all.is_empty()).then(|| approved as f64 / all.len() as f64);
    let mut found = HashSet::new();
    for person in storage::dataset::people(c)? {
        let theirs = storage::reviewers::looked(c, use_case, Some(&person), since, reviewers::NEWEST)?;
        let golds = storage::seeded::golds_of(c, use_case, &person)?;
        match reviewers::signals(&theirs, golds, acceptance).word {
            Word::Ok => {}
            Word::Misses | Word::Fast | Word::Runs => {
                found.insert(person);
            }
        }
    }
    Ok(found)
}

/// Reads rows page by page, each after the last id of the one before, until none is left or `take` has enough. Whether it went to the end.
fn each_page<T>(read: impl Fn(i64) -> Result<Vec<T>>, id: impl Fn(&T) -> i64, mut take: impl FnMut(&[T]) -> Result<bool>) -> Result<bool> {
    let mut after = 0;
    loop {
        let page = read(after)?;
        let Some(last) = page.last() else { return Ok(true) };
        after = id(last);
        if !take(&page)? {
            return Ok(false);
        }
    }
}

impl Desk {
    /// Goes through all decisions of a use case in the order of their ids, then through all choices between two drafts. `each` hears of those
    /// that are selected, with their weight, and says whether to go on.
    pub(super) fn choose(
        &self,
        use_case: UseCaseId,
        selection: &Selection,
        cancel: &Cancel,
        each: &mut dyn FnMut(Picked<'_>, u8) -> Result<bool>,
        so_far: &mut dyn FnMut(u64),
    ) -> Result<Tally> {
        selection.check()?;
        self.use_case(use_case)?;
        let mut told = |seen: u64| {
            so_far(seen);
            if cancel.is_cancelled() { Err(Error::Cancelled) } else { Ok(()) }
        };
        let (careless, numbers) = self.read(|c| {
            let numbers: HashMap<i64, i64> =
                storage::dataset::prompts(c, use_case)?.into_iter().map(|(version, prompt)| (version, prompt.n)).collect();
            Ok((careless(c, use_case, self.now())?, numbers))
        })?;
        let mut tally = Tally::default();
        let more = each_page(
            |after| self.read(|c| storage::dataset::facts_after(c, use_case, DecisionId(after), PAGE, &numbers)),
            |facts| facts.id.0,
            |page| {
                for facts in page {
                    if let Some(weight) = tally.take(selection, facts, &careless)
                        && !each(Picked::Decision(facts), weight)?
                    {
                        return Ok(false);
                    }
                }
                told(tally.decisions).map(|()| true)
            },
        )?;
        if !(more && selection.comparisons) {
            return Ok(tally);
        }
        each_page(
            |after| self.read(|c| storage::dataset::choices_after(c, use_case, PreferenceId(after), PAGE, &numbers)),
            |of| of.id.0,
            |page| {
                for of in page {
                    if let Some(weight) = tally.take_choice(selection, of, &careless)
                        && !each(Picked::Choice(of), weight)?
                    {
                        return Ok(false);
                    }
                }
                told(tally.decisions).map(|()| true)
            },
        )?;
        Ok(tally)
    }

    /// What a selection comes to.
    ///
    /// # Errors
    /// [`Error::NotFound`], [`Error::Invalid`] for criteria that nothing can meet, [`Error::Cancelled`].
    pub fn count_dataset(&self, use_case: UseCaseId, selection: &Selection, cancel: &Cancel) -> Result<Counted> {
        Ok(self.choose(use_case, selection, cancel, &mut |_, _| Ok(true), &mut |_| {})?.counted())
    }

    /// Real rows of each format as they would be written, of the first decisions that are selected.
    ///
    /// # Errors
    /// Those of [`Desk::count_dataset`]; [`Error::Invalid`] for a plan that makes no sense.
    pub fn preview_dataset(
        &self,
        use_case: UseCaseId,
        selection: &Selection,
        plan: &Plan,
        rows: usize,
        tokenizers: &dyn Tokenizers,
        cancel: &Cancel,
    ) -> Result<Preview> {
        let mut chosen = Vec::new();
        let (mut of_kind, mut seen) = ([0usize; 4], 0u64);
        let mut take = |picked: Picked<'_>, weight: u8| {
            seen += 1;
            let kind = match picked {
                Picked::Decision(facts) => match facts.said.as_ref().map(|said| said.verdict) {
                    Some(Verdict::Approve) | None => 0,
                    Some(Verdict::Edit) => 1,
                    Some(Verdict::Reject) => 2,
                },
                Picked::Choice(_) => 3,
            };
            if of_kind[kind] < OF_EACH {
                of_kind[kind] += 1;
                chosen.push(picked.chosen(weight, None));
            }
            Ok(seen < LOOKED_THROUGH && of_kind.iter().any(|n| *n < OF_EACH))
        };
        self.choose(use_case, selection, cancel, &mut take, &mut |_| {})?;
        let examples = self.read(|c| {
            let of = storage::dataset::prompts(c, use_case)?;
            let prompts = Prompts::new(&of, &plan.group_fields);
            chosen.iter().map(|one| example(c, &prompts, one)).collect::<Result<Vec<_>>>()
        })?;
        let counting = Counting::of_use_case(self, use_case, tokenizers)?;
        let count = |text: &str| counting.count(text);
        datasets::preview(&counting.plan(plan).recipe, examples, rows, counting.with(&count)).map_err(super::place::error)
    }

    /// What one can choose from in a use case.
    ///
    /// # Errors
    /// [`Error::NotFound`].
    pub fn dataset_facets(&self, use_case: UseCaseId) -> Result<Facets> {
        let case = self.use_case(use_case)?;
        self.read(|c| {
            let mut drafter_versions: Vec<i64> = storage::dataset::prompts(c, use_case)?.into_values().map(|prompt| prompt.n).collect();
            drafter_versions.sort_unstable_by(|a, b| b.cmp(a));
            let model = case.input.model.map(|model| storage::model::get(c, model)).transpose()?;
            Ok(Facets {
                slices: storage::dataset::slices(c, use_case)?,
                reviewers: storage::dataset::people(c)?,
                drafter_versions,
                reasons: case.input.reasons.iter().map(|reason| reason.code.clone()).collect(),
                model: model.map(|model| ReadBy { name: model.facts.name, context: model.facts.context }),
            })
        })
    }

    /// The plan that a use case begins with: all cleaning, what is too long for its model's context among it.
    ///
    /// # Errors
    /// [`Error::NotFound`].
    pub fn first_plan(&self, use_case: UseCaseId, formats: Vec<Format>) -> Result<Plan> {
        let mut plan = Plan::new(formats, use_case);
        let model = self.dataset_facets(use_case)?.model;
        // What the chat template adds is known when the version is made.
        plan.recipe.cleaning.too_long = model.map(|model| Length { tokens: model.context as usize, per_message: 0 });
        Ok(plan)
    }
}
