//! A use case: what is drafted, by which words and model, for whom, and how far it may go alone.
//!
//! Invariant: prompt, model, sampling and what an output is never change in place; a change makes a new drafter version.

use crate::changes::Changes;
use crate::charter::Charter;
use crate::clock::Millis;
use crate::confidence::ThresholdBy;
use crate::desk::Desk;
use crate::error::{Error, Result};
use crate::folder::Places;
use crate::id::{DrafterVersionId, ModelId, UseCaseId};
use crate::item::State;
use crate::model::Sampling;
use crate::output::Output;
use crate::settings::Person;
use crate::statistics::audit;
use crate::storage::{self, Conn};
use crate::{allowed, draft, epoch, hold};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::Path;

/// How far a use case may go alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// A person approves everything.
    Crawl,
    /// Confident drafts go straight to colleagues inside.
    Walk,
    /// Confident drafts go straight to people outside too.
    Run,
}

impl Level {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Crawl => "crawl",
            Self::Walk => "walk",
            Self::Run => "run",
        }
    }

    /// One step down.
    pub fn lower(self) -> Option<Self> {
        match self {
            Self::Crawl => None,
            Self::Walk => Some(Self::Crawl),
            Self::Run => Some(Self::Walk),
        }
    }
}

/// Who receives the output.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Audience {
    Internal,
    External,
}

impl Audience {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Internal => "internal",
            Self::External => "external",
        }
    }
}

/// Why a draft can be rejected.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RejectReason {
    pub code: String,
    pub label: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SinkKind {
    /// One JSONL file that approved texts are appended to.
    Outbox,
    /// A folder with a text file for each.
    Folder,
    /// An address that is sent each text, signed.
    Webhook,
    /// A program that is given each text on its standard input.
    Command,
}

/// Where approved text goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sink {
    pub kind: SinkKind,
    /// A full path; of a webhook its address; of a command the program and its arguments, one a line.
    pub path: String,
    /// Takes only texts for this audience; `None` takes all.
    pub audience: Option<Audience>,
}

impl Sink {
    /// Its place as it may stand in a history, and as whoever is no admin may see it: no path of an address and no arguments, which can hold
    /// a key.
    pub fn shown(&self) -> String {
        match self.kind {
            SinkKind::Outbox | SinkKind::Folder => self.path.clone(),
            SinkKind::Webhook => allowed::origin(&self.path),
            SinkKind::Command => self.path.lines().next().unwrap_or_default().to_owned(),
        }
    }
}

/// What a person sets.
#[derive(Debug, Clone, PartialEq)]
pub struct UseCaseInput {
    pub name: String,
    /// Markdown for reviewers.
    pub guidelines: String,
    pub system_prompt: String,
    /// minijinja over the request's fields: `{{ message }}`.
    pub template: String,
    /// Of requests that do not say.
    pub audience: Audience,
    pub sampling: Sampling,
    /// What the model is held to, and what may go out.
    pub output: Output,
    /// Without one nothing is drafted.
    pub model: Option<ModelId>,
    pub reasons: Vec<RejectReason>,
    pub sinks: Vec<Sink>,
    /// A draft at or above it counts as confident, 0–1.
    pub threshold: f64,
    /// Share of what goes out alone that is audited afterwards, [`audit::LEAST`]–1.
    pub check_share: f64,
}

#[derive(Debug, Clone, PartialEq)]
pub struct UseCase {
    pub id: UseCaseId,
    pub input: UseCaseInput,
    pub level: Level,
    /// Who says above which confidence drafts are confident: the input's threshold, or a ladder.
    pub threshold_by: ThresholdBy,
    pub model_name: Option<String>,
    pub drafter_version: Option<DrafterVersion>,
    pub is_sample: bool,
    pub counts: StateCounts,
}

/// Exactly what drafts.
#[derive(Debug, Clone, PartialEq)]
pub struct DrafterVersion {
    pub id: DrafterVersionId,
    /// Counts up within the use case.
    pub n: i64,
    pub prompt_n: i64,
    pub model: ModelId,
    pub system_prompt: String,
    pub template: String,
    pub sampling: Sampling,
    pub output: Output,
}

/// Items of a use case by state.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct StateCounts(pub(crate) BTreeMap<&'static str, i64>);

impl StateCounts {
    pub fn of(&self, state: State) -> i64 {
        self.0.get(state.as_str()).copied().unwrap_or(0)
    }
}

const MOST_TEXT: usize = 200_000;

pub(crate) fn check_audit_share(share: f64) -> Result<()> {
    if (audit::LEAST..=1.0).contains(&share) {
        return Ok(());
    }
    Err(Error::invalid("share to audit", share, format!("a number from {} to 1", audit::LEAST)))
}

fn check(input: &UseCaseInput) -> Result<()> {
    if input.name.trim().is_empty() || input.name.chars().count() > 200 {
        return Err(Error::invalid("name", format!("{} characters", input.name.chars().count()), "1 to 200 characters"));
    }
    for (field, text) in [("guidelines", &input.guidelines), ("system prompt", &input.system_prompt), ("template", &input.template)] {
        if text.len() > MOST_TEXT {
            return Err(Error::invalid(field, format!("{} bytes", text.len()), format!("at most {MOST_TEXT} bytes")));
        }
    }
    draft::check_template(&input.template)?;
    if !(0.0..=1.0).contains(&input.threshold) {
        return Err(Error::invalid("threshold", input.threshold, "a number from 0 to 1"));
    }
    check_audit_share(input.check_share)?;
    input.output.check()?;
    let s = &input.sampling;
    for (field, value, range) in [
        ("temperature", s.temperature, 0.0..=5.0),
        ("top-p", s.top_p, 0.0..=1.0),
        ("min-p", s.min_p, 0.0..=1.0),
        ("repetition penalty", s.repeat_penalty, 0.1..=10.0),
    ] {
        if !range.contains(&value) {
            return Err(Error::invalid(field, value, format!("a number from {} to {}", range.start(), range.end())));
        }
    }
    if !(1..=100_000).contains(&s.max_tokens) {
        return Err(Error::invalid("longest output", s.max_tokens, "1 to 100000 tokens"));
    }
    if input.reasons.len() > 9 {
        return Err(Error::invalid("reasons for rejection", input.reasons.len(), "at most 9, one for each digit key"));
    }
    for (i, reason) in input.reasons.iter().enumerate() {
        if reason.label.trim().is_empty() || reason.code.trim().is_empty() {
            return Err(Error::invalid(format!("reason {}", i + 1), "nothing", "a code and a label"));
        }
        if input.reasons[..i].iter().any(|r| r.code == reason.code) {
            return Err(Error::invalid(format!("reason {}", i + 1), &reason.code, "a code that no other reason has"));
        }
    }
    for (i, sink) in input.sinks.iter().enumerate() {
        let is_path = match sink.kind {
            SinkKind::Outbox | SinkKind::Folder => Path::new(&sink.path).is_absolute(),
            // Looked at with the list of what is allowed.
            SinkKind::Webhook | SinkKind::Command => true,
        };
        if !is_path {
            return Err(Error::invalid(format!("sink {}", i + 1), format!("{:?}", sink.path), "a full path"));
        }
    }
    Ok(())
}

/// A new sink goes where the list allows it. One that was there before the list was changed stays, and says why it does not send.
fn check_sinks(c: &Conn, id: Option<UseCaseId>, sinks: &[Sink]) -> Result<()> {
    let known = id.map_or(Ok(Vec::new()), |id| storage::sink::of_use_case(c, id))?;
    let allowed = allowed::read(c)?;
    for sink in sinks.iter().filter(|sink| !known.iter().any(|known| known.kind == sink.kind && known.path == sink.path)) {
        match sink.kind {
            SinkKind::Outbox | SinkKind::Folder => {}
            SinkKind::Webhook => drop(allowed.webhook(&sink.path)?),
            SinkKind::Command => drop(allowed.command(&sink.path)?),
        }
    }
    Ok(())
}

impl Desk {
    /// All use cases, oldest first.
    ///
    /// # Errors
    /// Those of the database.
    pub fn use_cases(&self) -> Result<Vec<UseCase>> {
        self.read(storage::use_case::list)
    }

    /// # Errors
    /// [`Error::NotFound`].
    pub fn use_case(&self, id: UseCaseId) -> Result<UseCase> {
        self.read(|c| storage::use_case::get(c, id))
    }

    /// Creates a use case at crawl (`id` is `None`), or changes one.
    ///
    /// # Errors
    /// [`Error::Invalid`] with the field; [`Error::NotAllowed`] for reviewers; [`Error::Stale`] where a folder was watched at that moment.
    pub fn save_use_case(&self, person: &Person, id: Option<UseCaseId>, input: &UseCaseInput) -> Result<UseCase> {
        person.must_be_admin("change a use case")?;
        check(input)?;
        let watched = self.read(Places::watched)?;
        watched.check_sinks(&input.sinks)?;
        self.transact(|c, now, changes| {
            check_sinks(c, id, &input.sinks)?;
            watched.must_still_be(&Places::watched(c)?)?;
            save(c, now, changes, person, id, input, false)
        })
    }
}

pub(crate) fn save(
    c: &Conn,
    now: Millis,
    changes: &mut Changes,
    person: &Person,
    id: Option<UseCaseId>,
    input: &UseCaseInput,
    is_sample: bool,
) -> Result<UseCase> {
    if storage::use_case::id_by_name(c, input.name.trim())?.is_some_and(|other| Some(other) != id) {
        return Err(Error::invalid("name", format!("{:?}", input.name.trim()), "a name that no other use case has"));
    }
    let (id, kind, is_new) = match id {
        Some(id) => {
            storage::use_case::update(c, id, input, now)?;
            (id, "use_case_changed", false)
        }
        None => (storage::use_case::insert(c, input, is_sample, now)?, "use_case_created", true),
    };
    let prompt = storage::use_case::prompt_version(c, id, &input.system_prompt, &input.template, now)?;
    let version = match input.model {
        Some(model) => Some(storage::use_case::drafter_version(c, id, model, prompt, (&input.sampling, &input.output), now)?),
        None => None,
    };
    storage::use_case::set_drafter(c, id, prompt, version)?;
    storage::sink::set(c, id, &input.sinks, now)?;
    storage::event::insert(c, now, &person.name, kind, Some(id), None, Some(input.name.trim()))?;
    if is_new {
        let charter = Charter::first(input.audience);
        storage::charter::insert(c, id, 1, &charter, &person.name, "the charter that a use case begins with", now)?;
        storage::gate::insert_hold_rules(c, id, 1, &hold::first_rules(), &person.name, now)?;
        epoch::first(c, now, id)?;
    } else {
        epoch::renew(c, now, changes, &person.name, id)?;
    }
    changes.use_cases = true;
    changes.activity = true;
    changes.queue = true;
    storage::use_case::get(c, id)
}
