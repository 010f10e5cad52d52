//! From request to draft: the words that the model is asked, the claim on an item, and what is kept of the output.
//!
//! Invariant: a draft never changes, and names all that made it: drafter version, seed, hint, hash of the prompt.

mod asked;

pub(crate) use asked::Asked;
pub use asked::Branch;

use crate::clock::Millis;
use crate::confidence::features::Beside;
use crate::confidence::{self, Features, Past, ThresholdBy};
use crate::desk::Desk;
use crate::error::{Error, Result};
use crate::hold::{Held, HoldRules, HoldRulesVersion, Seen};
use crate::id::{DraftId, DrafterVersionId, HoldRulesId, ItemId};
use crate::item::{self, Event, Field, Item, State};
use crate::model::{GenerateRequest, Generation, LabelProbability, Message, ModelError, ModelFile, Role, StopReason, Token, Urgency};
use crate::output::Output;
use crate::route::{self, Draws, Facts, Outcome, Policy, Route, Stops};
use crate::settings::Person;
use crate::storage;
use crate::use_case::{DrafterVersion, UseCase, UseCaseInput};
use crate::{deliver, gate, review, seeded, watch};
use sha2::{Digest, Sha256};
use std::time::Duration;

/// Model output awaiting a verdict.
#[derive(Debug, Clone, PartialEq)]
pub struct Draft {
    pub id: DraftId,
    pub item: ItemId,
    /// Counts up within the item.
    pub n: i64,
    pub text: String,
    /// What the gate asked, 0–1: of the calibrator of its time, or what a confidence begins with.
    pub confidence: f64,
    /// What it began with ([`raw_confidence`]).
    pub raw_confidence: f64,
    pub route: Route,
    /// The epoch that it was routed in.
    pub epoch: i64,
    pub model_name: String,
    pub drafter_version: DrafterVersionId,
    pub drafter_n: i64,
    pub prompt_n: i64,
    pub seed: u64,
    pub hint: Option<String>,
    /// Where it left another draft of the item.
    pub branch: Option<Branch>,
    /// How probable each label was, in their order; empty where it is no label.
    pub labels: Vec<LabelProbability>,
    pub prompt_tokens: u32,
    pub output_tokens: u32,
    pub ttft: Duration,
    pub tpot: Duration,
    /// Of the machine's time; `None` where it was not kept.
    pub compute: Option<Duration>,
    pub stop: StopReason,
    pub created_at: Millis,
}

/// Tries before an item whose drafting fails is given up.
const MOST_ATTEMPTS: i64 = 3;
/// Claims before an item that never comes to an end is given up. More than tries: a program that is killed has many
/// items in its hands, and whichever it was at fault (what the model does ends only the model's process), most were not.
const MOST_CLAIMS: i64 = 10;
/// How long a claim lasts without a sign of life. A worker that died is noticed sooner, by its presence.
pub const LEASE: Duration = Duration::from_secs(60);

fn environment<'s>() -> minijinja::Environment<'s> {
    let mut env = minijinja::Environment::empty();
    let blocks = minijinja::syntax::SyntaxConfig::builder()
        .trim_blocks(true)
        .lstrip_blocks(true)
        .build()
        .expect("the default delimiters are distinct");
    env.set_syntax(blocks);
    env.set_undefined_behavior(minijinja::UndefinedBehavior::Lenient);
    env.set_auto_escape_callback(|_| minijinja::AutoEscape::None);
    env.set_recursion_limit(50);
    // The few filters that a prompt needs; none reaches outside.
    env.add_filter("trim", minijinja::filters::trim);
    env.add_filter("upper", minijinja::filters::upper);
    env.add_filter("lower", minijinja::filters::lower);
    env.add_filter("title", minijinja::filters::title);
    env.add_filter("default", minijinja::filters::default);
    env.add_filter("replace", minijinja::filters::replace);
    env.add_filter("length", minijinja::filters::length);
    env.add_test("defined", minijinja::tests::is_defined);
    env.add_test("undefined", minijinja::tests::is_undefined);
    env
}

/// Whether a template can be used at all.
///
/// # Errors
/// [`Error::Invalid`] with the line and what is wrong there.
pub(crate) fn check_template(template: &str) -> Result<()> {
    render(template, &[]).map(drop)
}

/// The field that a template reads first.
pub fn first_field(template: &str) -> Option<String> {
    let names = environment().template_from_str(template).ok()?.undeclared_variables(false);
    names.into_iter().filter_map(|name| Some((template.find(&name)?, name))).min().map(|(_, name)| name)
}

/// The request in the words of the template. Values are put in as they are: nothing in them is evaluated. A field that
/// the request lacks is empty.
///
/// # Errors
/// [`Error::Invalid`] with the line of the template.
pub(crate) fn render(template: &str, fields: &[Field]) -> Result<String> {
    environment().render_str(template, values(fields)).map_err(template_error)
}

fn values(fields: &[Field]) -> minijinja::Value {
    let values: std::collections::BTreeMap<String, String> = fields.iter().map(|f| (f.name.clone(), f.value.clone())).collect();
    minijinja::Value::from(values)
}

fn template_error(e: minijinja::Error) -> Error {
    let place = e.line().map_or_else(String::new, |line| format!("line {line}: "));
    Error::invalid(
        "template",
        format!("{place}{}", e.detail().map_or_else(|| e.kind().to_string(), str::to_owned)),
        "a template that can be filled in",
    )
}

/// Templates that are filled in many times, each read once.
pub(crate) struct Templates<'a>(minijinja::Environment<'a>);

impl<'a> Templates<'a> {
    pub fn new(templates: impl Iterator<Item = &'a str>) -> Self {
        let mut env = environment();
        for template in templates {
            // One that cannot be read says so when it is filled in.
            drop(env.add_template(template, template));
        }
        Self(env)
    }

    /// What [`render`] gives.
    ///
    /// # Errors
    /// Those of [`render`].
    pub fn render(&self, template: &str, fields: &[Field]) -> Result<String> {
        match self.0.get_template(template) {
            Ok(read) => read.render(values(fields)).map_err(template_error),
            Err(_) => render(template, fields),
        }
    }
}

/// The system prompt of a draft, with a person's hint under it; `None` where neither says anything.
pub(crate) fn system(system_prompt: &str, hint: Option<&str>) -> Option<String> {
    let system = match hint.map(str::trim).filter(|hint| !hint.is_empty()) {
        Some(hint) => format!("{}\n{hint}", system_prompt.trim()),
        None => system_prompt.trim().to_owned(),
    };
    (!system.is_empty()).then_some(system)
}

pub(crate) fn chat(system: Option<String>, asked: String) -> Vec<Message> {
    let system = system.map(|content| Message { role: Role::System, content });
    system.into_iter().chain([Message { role: Role::User, content: asked }]).collect()
}

/// The chat that is put to the model.
///
/// # Errors
/// [`Error::Invalid`] where the template fails on this request.
pub fn messages(system_prompt: &str, template: &str, fields: &[Field], hint: Option<&str>) -> Result<Vec<Message>> {
    Ok(chat(system(system_prompt, hint), render(template, fields)?))
}

/// What a confidence begins with, 0–1. For a label it is the chance that the model, held to the labels, writes this one: its tokens say
/// nothing of how near another label was. For all else it is the [`mean_probability`].
pub fn raw_confidence(generation: &Generation) -> f64 {
    let label = generation.labels.iter().find(|scored| scored.label == generation.text);
    label.map_or_else(|| mean_probability(&generation.tokens), |scored| f64::from(scored.probability).clamp(0.0, 1.0))
}

/// Mean token probability in the geometric sense: exp of the mean log-probability; 0 for an empty output.
pub fn mean_probability(tokens: &[Token]) -> f64 {
    if tokens.is_empty() {
        return 0.0;
    }
    let sum: f64 = tokens.iter().map(|t| f64::from(t.logprob)).sum();
    let mean = (sum / tokens.len() as f64).exp();
    if mean.is_finite() { mean.clamp(0.0, 1.0) } else { 0.0 }
}

fn hash(parts: &[&[u8]]) -> [u8; 32] {
    let mut sha = Sha256::new();
    for part in parts {
        sha.update((part.len() as u64).to_le_bytes());
        sha.update(part);
    }
    sha.finalize().into()
}

fn first_u64(hash: [u8; 32]) -> u64 {
    let [a, b, c, d, e, f, g, h, ..] = hash;
    u64::from_le_bytes([a, b, c, d, e, f, g, h])
}

/// The seed of an item's n-th draft: 63 bits that depend on nothing else.
pub(crate) fn seed(item_uid: &str, n: i64) -> u64 {
    first_u64(hash(&[b"seed", item_uid.as_bytes(), &n.to_le_bytes()])) >> 1
}

/// Two numbers in 0..1, for the audit and for what goes out while audits are overdue. They know the item's random id and nothing of its
/// content.
pub(crate) fn draws(item_uid: &str) -> Draws {
    Draws { audit: draw_of(b"audit", item_uid), overdue: draw_of(b"overdue", item_uid) }
}

/// A number in 0..1 for one purpose. It knows an item's random id and nothing of its content, nor of the draws for other purposes.
pub(crate) fn draw_of(purpose: &[u8], item_uid: &str) -> f64 {
    (number_of(purpose, item_uid) >> 11) as f64 / (1u64 << 53) as f64
}

/// The same as a whole number.
pub(crate) fn number_of(purpose: &[u8], item_uid: &str) -> u64 {
    first_u64(hash(&[purpose, item_uid.as_bytes()]))
}

/// The same as 64 hexadecimal digits.
pub(crate) fn hex_of(purpose: &[u8], item_uid: &str) -> String {
    hash(&[purpose, item_uid.as_bytes()]).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// One item claimed by a worker, with all that is needed to draft it.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Claim {
    pub item: Item,
    pub version: DrafterVersion,
    pub n: i64,
    pub request: GenerateRequest,
}

/// What came of an attempt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Attempt {
    Kept,
    PutBack,
    Failed,
    /// The claim was lost; nothing was written.
    Lost,
}

impl Desk {
    /// The (unsaved) prompt of a use case on one request, for the try-it box.
    ///
    /// # Errors
    /// [`Error::Invalid`] with the field; [`Error::NotFound`] where the model is gone.
    pub fn try_request(&self, input: &UseCaseInput, fields: &[Field]) -> Result<GenerateRequest> {
        let model = input.model.ok_or_else(|| Error::invalid("model", "none", "a model to try the prompt on"))?;
        let model = self.read(|c| storage::model::get(c, model))?.file();
        let messages = messages(&input.system_prompt, &input.template, fields, None)?;
        input.output.check()?;
        Ok(GenerateRequest {
            model,
            messages,
            sampling: input.sampling.clone(),
            seed: 1,
            urgency: Urgency::Interactive,
            constraint: input.output.constraint(),
            forced: Vec::new(),
        })
    }

    /// Claims the next item to draft. What cannot even be asked (a template that fails on this request) is failed on
    /// the way.
    pub(crate) fn claim_to_draft(&self, owner: &str) -> Result<Option<Claim>> {
        self.transact(|c, now, changes| {
            storage::item::cut_claims(c, now.plus(LEASE))?;
            while let Some(item) = storage::item::claim_to_draft(c, owner, now, now.plus(LEASE))? {
                changes.item(item.id);
                let version = storage::use_case::current_drafter_version(c, item.use_case)?;
                let n = storage::draft::count(c, item.id)? + 1;
                if item.attempts > MOST_CLAIMS {
                    let why = item.last_error.clone().unwrap_or_else(|| "the program ended while it was drafted".into());
                    fail(c, now, &item, &format!("given up after {MOST_CLAIMS} attempts: {why}"))?;
                    continue;
                }
                match request(c, &item, &version, n, None, Urgency::Queue) {
                    Ok(request) => return Ok(Some(Claim { item, version, n, request })),
                    Err(e @ Error::Invalid { .. }) => fail(c, now, &item, &e.to_string())?,
                    Err(e) => return Err(e),
                }
            }
            Ok(None)
        })
    }

    /// Extends a worker's claim. False: it is lost.
    pub(crate) fn extend_claim(&self, item: ItemId, epoch: i64) -> Result<bool> {
        self.transact(|c, now, _| storage::item::extend_lease(c, item, epoch, now.plus(LEASE)))
    }

    /// Keeps a draft and routes it, in one write; or keeps why there is none.
    pub(crate) fn keep_draft(&self, claim: &Claim, outcome: Result<Generation, ModelError>) -> Result<Attempt> {
        // Long texts take a while to look through: not while the database is held.
        let looked = match &outcome {
            Ok(generation) => Some(self.look(&claim.item, &claim.version.output, generation)?),
            Err(_) => None,
        };
        self.transact(|c, now, changes| {
            let item = storage::item::get(c, claim.item.id)?;
            if item.lease_epoch != claim.item.lease_epoch || item.state != State::Drafting {
                return Ok(Attempt::Lost);
            }
            changes.item(item.id);
            match outcome {
                Ok(generation) => {
                    let case = storage::use_case::get(c, item.use_case)?;
                    let looked = match looked {
                        Some(looked) if looked.rules == storage::gate::hold_rules_id(c, case.id)? => looked,
                        // They were changed in the moment between.
                        Some(_) | None => {
                            let rules = storage::gate::hold_rules(c, case.id)?;
                            look(&rules, confidence::past(c, &item)?, &item, &claim.version.output, &generation)
                        }
                    };
                    let assessed = confidence::assess(c, claim.version.id, looked.features, raw_confidence(&generation))?;
                    let other_drafter = case.drafter_version.as_ref().is_none_or(|version| version.id != claim.version.id);
                    let route = where_to(c, now, &case, &item, assessed.confidence, generation.stop, looked.held, other_drafter)?;
                    let draft = storage::draft::insert(
                        c,
                        &claim.item,
                        claim.n,
                        claim.version.id,
                        claim.request.seed,
                        Asked::default(),
                        &generation,
                        &assessed,
                        &route,
                        now,
                    )?;
                    let drafted = item::step(&item, Event::Drafted)?;
                    storage::item::set_draft(c, item.id, draft, assessed.confidence)?;
                    if case.threshold_by == ThresholdBy::Ladder {
                        confidence::lay_if_ready(c, now, case.id, &[item.audience])?;
                    }
                    storage::item::set_state(c, &item, drafted)?;
                    storage::event::insert(
                        c,
                        now,
                        &claim.request.model.short_name(),
                        "drafted",
                        Some(item.use_case),
                        Some(item.id),
                        Some(&format!("draft {}", claim.n)),
                    )?;
                    let item = storage::item::get(c, item.id)?;
                    match route.outcome {
                        Outcome::Review => {
                            storage::item::set_state(c, &item, item::step(&item, Event::RoutedToReview)?)?;
                            seeded::beside(c, now, &case, &item)?;
                        }
                        Outcome::Auto => {
                            let decision = review::approve_by_policy(c, now, &item, draft, &case, route.check)?;
                            deliver::enqueue(c, now, &item, decision)?;
                        }
                    }
                    Ok(Attempt::Kept)
                }
                Err(ModelError::Cancelled) => {
                    storage::item::put_back(c, &item, item::step(&item, Event::DraftPutBack)?, now, None)?;
                    storage::item::set_attempts(c, item.id, item.attempts - 1)?;
                    Ok(Attempt::PutBack)
                }
                Err(e) if e.is_passing() && item.attempts < MOST_ATTEMPTS => {
                    let wait = Duration::from_secs(2u64.saturating_pow(u32::try_from(item.attempts).unwrap_or(1)));
                    storage::item::put_back(c, &item, item::step(&item, Event::DraftPutBack)?, now.plus(wait), Some(&e.to_string()))?;
                    Ok(Attempt::PutBack)
                }
                Err(e) => {
                    fail(c, now, &item, &e.to_string())?;
                    Ok(Attempt::Failed)
                }
            }
        })
    }

    /// What is known of a draft before anybody judges it.
    fn look(&self, item: &Item, output: &Output, generation: &Generation) -> Result<Looked> {
        let (rules, past) = self.read(|c| Ok((storage::gate::hold_rules(c, item.use_case)?, confidence::past(c, item)?)))?;
        Ok(look(&rules, past, item, output, generation))
    }

    /// The tokens of a draft, with what the model weighed at each place.
    ///
    /// # Errors
    /// [`Error::NotFound`].
    pub fn draft_tokens(&self, draft: DraftId) -> Result<Vec<Token>> {
        self.read(|c| storage::draft::tokens(c, draft))
    }

    /// Puts the failed items of a use case back into the drafting queue. Returns how many.
    ///
    /// # Errors
    /// Those of the database.
    pub fn retry_failed(&self, person: &Person, use_case: crate::id::UseCaseId) -> Result<usize> {
        self.transact(|c, now, changes| {
            let failed = storage::item::in_state(c, use_case, State::Failed)?;
            for item in &failed {
                storage::item::put_back(c, item, item::step(item, Event::Retried)?, now, None)?;
                storage::item::set_attempts(c, item.id, 0)?;
                storage::event::insert(c, now, &person.name, "retried", Some(use_case), Some(item.id), None)?;
                changes.item(item.id);
            }
            Ok(failed.len())
        })
    }
}

fn fail(c: &storage::Conn, now: Millis, item: &Item, why: &str) -> Result<()> {
    storage::item::put_back(c, item, item::step(item, Event::DraftFailed)?, now, Some(why))?;
    storage::event::insert(c, now, "gait", "draft_failed", Some(item.use_case), Some(item.id), Some(why))
}

/// Where a draft of an item goes at this moment.
#[expect(clippy::too_many_arguments, reason = "what the gate asks for, and the transaction that it is asked in")]
pub(crate) fn where_to(
    c: &storage::Conn,
    now: Millis,
    case: &UseCase,
    item: &Item,
    confidence: f64,
    stop: StopReason,
    held: Option<Held>,
    other_drafter: bool,
) -> Result<Route> {
    let audits_in_slice = storage::audit::in_slice(c, case.id, item.slice.as_deref())?;
    let facts = Facts { audience: item.audience, confidence, stop, audits_in_slice };
    let overdue = storage::audit::waiting(c, case.id, now)?.overdue;
    let stops = Stops::new(held, other_drafter, gate::switches(c, case.id, now)?, watch::braked(c, case)?, overdue);
    let policy = Policy { threshold: confidence::threshold_for(c, case, item.audience)?, ..policy(case) };
    Ok(route::gate(policy, facts, &stops, draws(&item.uid)))
}

/// Under which name the history tells who drafts for a use case.
pub(crate) fn drafter_name(c: &storage::Conn, case: &UseCase) -> Result<String> {
    let model = case.drafter_version.as_ref().map(|version| storage::model::get(c, version.model)).transpose()?;
    Ok(model.map_or_else(|| "model".into(), |model| model.file().short_name()))
}

/// What the form of the output, hold rules and the past say of a draft.
pub(crate) struct Looked {
    /// The version of the rules that were asked.
    rules: HoldRulesId,
    /// That it does not fit, or the first rule that matched.
    pub(crate) held: Option<Held>,
    pub(crate) features: Features,
}

pub(crate) fn look(version: &HoldRulesVersion, past: Past, item: &Item, output: &Output, generation: &Generation) -> Looked {
    let rules = HoldRules::of_kept(&version.rules);
    let seen = Seen { fields: &item.fields, slice: item.slice.as_deref(), output: &generation.text };
    let misfit = output.holds(&generation.text);
    let fits = (!output.is_text()).then_some(misfit.is_none());
    let by_rules = rules.fits_schemas(&generation.text);
    let held = misfit.or_else(|| rules.first(seen));
    let beside = Beside {
        similarity: past.similarity,
        slice_acceptance: past.slice_acceptance,
        schema_valid: fits.map_or(by_rules, |fits| Some(fits && by_rules != Some(false))),
        held: held.is_some(),
    };
    Looked { rules: version.id, held, features: Features::of(&generation.tokens, beside) }
}

pub(crate) fn policy(case: &UseCase) -> Policy {
    Policy { level: case.level, threshold: case.input.threshold, check_share: case.input.check_share }
}

fn request(
    c: &storage::Conn,
    item: &Item,
    version: &DrafterVersion,
    n: i64,
    hint: Option<&str>,
    urgency: Urgency,
) -> Result<GenerateRequest> {
    let model = storage::model::get(c, version.model)?.file();
    let messages = messages(&version.system_prompt, &version.template, &item.fields, hint)?;
    Ok(GenerateRequest {
        model,
        messages,
        sampling: version.sampling.clone(),
        seed: seed(&item.uid, n),
        urgency,
        constraint: version.output.constraint(),
        forced: Vec::new(),
    })
}

impl ModelFile {
    /// The file's name without its folder and ending, for the ledger.
    fn short_name(&self) -> String {
        self.path.file_stem().map_or_else(|| "model".into(), |stem| stem.to_string_lossy().into_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn field(name: &str, value: &str) -> Field {
        Field { name: name.into(), value: value.into() }
    }

    fn check(template: &str, fields: &[Field], expected: &str) {
        assert_eq!(render(template, fields).unwrap(), expected);
    }

    #[test]
    fn values_are_put_in_and_never_evaluated() {
        check("{{ a }}", &[field("a", "{{ 7 * 7 }} ${x} %s <b>")], "{{ 7 * 7 }} ${x} %s <b>");
        check("{% if b %}B: {{ b }}\n{% endif %}{{ a }}", &[field("a", "x")], "x");
        check("{{ missing }}", &[], "");
    }

    #[test]
    fn a_template_that_does_not_parse_is_refused_with_its_line() {
        let error = check_template("fine\n{% if %}").unwrap_err().to_string();
        assert!(error.contains("line 2"), "{error}");
    }

    #[test]
    fn a_template_cannot_run_away() {
        assert!(render("{% for i in range(1000000000) %}x{% endfor %}", &[]).is_err(), "there is no range()");
    }

    #[test]
    fn the_mean_probability_is_the_geometric_mean() {
        let token = |p: f32| Token { id: 0, text: String::new(), logprob: p.ln(), alternatives: Vec::new(), entropy: 0.0, micros: 0 };
        assert!((mean_probability(&[token(0.25), token(1.0)]) - 0.5).abs() < 1e-6);
        assert_eq!(mean_probability(&[]), 0.0);
    }

    #[test]
    fn a_label_is_as_sure_as_its_share_among_the_labels() {
        let token = Token { id: 0, text: "order".into(), logprob: 0.9_f32.ln(), alternatives: Vec::new(), entropy: 0.0, micros: 0 };
        let share = |label: &str, probability| crate::model::LabelProbability { label: label.into(), probability };
        let mut generation = Generation {
            text: "order".into(),
            tokens: vec![token],
            prompt_tokens: 1,
            prompt_sha256: String::new(),
            ttft: Duration::ZERO,
            tpot: Duration::ZERO,
            compute: Duration::ZERO,
            stop: StopReason::End,
            labels: vec![share("refund", 0.38), share("order", 0.62)],
        };
        assert!((raw_confidence(&generation) - 0.62).abs() < 1e-6);
        generation.labels.clear();
        assert!((raw_confidence(&generation) - 0.9).abs() < 1e-6, "a text has nothing but its tokens");
    }

    #[test]
    fn both_draws_are_even_and_know_nothing_of_each_other() {
        let draws: Vec<Draws> = (0..10_000).map(|i| draws(&format!("item {i}"))).collect();
        let check = |what: &str, of: usize, drawn: &dyn Fn(&Draws) -> bool, expected: std::ops::Range<usize>| {
            let share = draws.iter().filter(|draws| drawn(draws)).count();
            assert!(expected.contains(&share), "{what}: {share} of {of}");
        };
        check("audit", 10_000, &|d| d.audit < 0.1, 900..1100);
        check("overdue", 10_000, &|d| d.overdue < 0.5, 4850..5150);
        check("both", 10_000, &|d| d.audit < 0.1 && d.overdue < 0.5, 430..570);
    }
}
