//! Use cases as the window edits them.

use super::output::Output;
use flow::item::State;
use flow::{ModelId, UseCaseId, model, use_case};
use serde::{Deserialize, Serialize};
use specta::Type;
use specta_typescript::Number;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    Crawl,
    Walk,
    Run,
}

impl From<use_case::Level> for Level {
    fn from(level: use_case::Level) -> Self {
        match level {
            use_case::Level::Crawl => Self::Crawl,
            use_case::Level::Walk => Self::Walk,
            use_case::Level::Run => Self::Run,
        }
    }
}

impl From<Level> for use_case::Level {
    fn from(level: Level) -> Self {
        match level {
            Level::Crawl => Self::Crawl,
            Level::Walk => Self::Walk,
            Level::Run => Self::Run,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "lowercase")]
pub enum Audience {
    Internal,
    External,
}

impl From<use_case::Audience> for Audience {
    fn from(audience: use_case::Audience) -> Self {
        match audience {
            use_case::Audience::Internal => Self::Internal,
            use_case::Audience::External => Self::External,
        }
    }
}

impl From<Audience> for use_case::Audience {
    fn from(audience: Audience) -> Self {
        match audience {
            Audience::Internal => Self::Internal,
            Audience::External => Self::External,
        }
    }
}

/// A named part of a request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct Field {
    pub name: String,
    pub value: String,
}

impl From<flow::item::Field> for Field {
    fn from(f: flow::item::Field) -> Self {
        Self { name: f.name, value: f.value }
    }
}

impl From<Field> for flow::item::Field {
    fn from(f: Field) -> Self {
        Self { name: f.name, value: f.value }
    }
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct Sampling {
    #[specta(type = Number)]
    pub temperature: f32,
    pub top_k: u32,
    #[specta(type = Number)]
    pub top_p: f32,
    #[specta(type = Number)]
    pub min_p: f32,
    #[specta(type = Number)]
    pub repeat_penalty: f32,
    /// Longest output, tokens.
    pub max_tokens: u32,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct RejectReason {
    pub code: String,
    pub label: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "lowercase")]
pub enum SinkKind {
    Outbox,
    Folder,
    Webhook,
    Command,
}

/// outbox: one JSONL file that approved texts are appended to; folder: a text file for each; webhook: an address that each is sent to;
/// command: a program that is given each, its arguments in further lines.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
pub struct Sink {
    pub kind: SinkKind,
    pub path: String,
    /// Takes only texts for this audience; null takes all.
    pub audience: Option<Audience>,
}

/// What a person sets.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct UseCaseFields {
    pub name: String,
    pub guidelines: String,
    pub system_prompt: String,
    /// minijinja over the request's fields: `{{ message }}`.
    pub template: String,
    pub audience: Audience,
    pub sampling: Sampling,
    pub output: Output,
    pub model: Option<i64>,
    pub reasons: Vec<RejectReason>,
    pub sinks: Vec<Sink>,
    /// 0–1; a draft at or above it counts as confident.
    #[specta(type = Number)]
    pub threshold: f64,
    /// 0.01–1; share of what goes out alone that is audited afterwards.
    #[specta(type = Number)]
    pub check_share: f64,
}

#[derive(Debug, Clone, PartialEq, Deserialize, Type)]
pub struct UseCaseInput {
    /// Null creates a use case.
    pub id: Option<i64>,
    #[serde(flatten)]
    pub fields: UseCaseFields,
}

#[derive(Debug, Clone, PartialEq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct UseCase {
    pub id: i64,
    #[serde(flatten)]
    pub fields: UseCaseFields,
    pub level: Level,
    pub model_name: Option<String>,
    /// Version of prompt + model + sampling + output that drafts now; 0 while it has no model.
    pub drafter_version: i64,
    pub counts: StateCounts,
}

/// Items of a use case by state.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct StateCounts {
    pub received: i64,
    pub drafting: i64,
    pub drafted: i64,
    pub in_review: i64,
    pub approved: i64,
    pub delivered: i64,
    pub failed: i64,
    pub rejected: i64,
    pub escalated: i64,
}

impl From<&use_case::StateCounts> for StateCounts {
    fn from(counts: &use_case::StateCounts) -> Self {
        Self {
            received: counts.of(State::Received),
            drafting: counts.of(State::Drafting),
            drafted: counts.of(State::Drafted),
            in_review: counts.of(State::InReview),
            approved: counts.of(State::Approved),
            delivered: counts.of(State::Delivered),
            failed: counts.of(State::Failed),
            rejected: counts.of(State::Rejected),
            escalated: counts.of(State::Escalated),
        }
    }
}

impl From<use_case::UseCase> for UseCase {
    fn from(case: use_case::UseCase) -> Self {
        Self {
            id: case.id.0,
            level: case.level.into(),
            model_name: case.model_name,
            drafter_version: case.drafter_version.map_or(0, |version| version.n),
            counts: StateCounts::from(&case.counts),
            fields: case.input.into(),
        }
    }
}

impl From<use_case::Sink> for Sink {
    fn from(sink: use_case::Sink) -> Self {
        Self {
            kind: match sink.kind {
                use_case::SinkKind::Outbox => SinkKind::Outbox,
                use_case::SinkKind::Folder => SinkKind::Folder,
                use_case::SinkKind::Webhook => SinkKind::Webhook,
                use_case::SinkKind::Command => SinkKind::Command,
            },
            path: sink.path,
            audience: sink.audience.map(Audience::from),
        }
    }
}

impl From<use_case::UseCaseInput> for UseCaseFields {
    fn from(input: use_case::UseCaseInput) -> Self {
        let s = input.sampling;
        Self {
            name: input.name,
            guidelines: input.guidelines,
            system_prompt: input.system_prompt,
            template: input.template,
            audience: input.audience.into(),
            sampling: Sampling {
                temperature: s.temperature,
                top_k: s.top_k,
                top_p: s.top_p,
                min_p: s.min_p,
                repeat_penalty: s.repeat_penalty,
                max_tokens: s.max_tokens,
            },
            output: input.output.into(),
            model: input.model.map(|model| model.0),
            reasons: input.reasons.into_iter().map(|reason| RejectReason { code: reason.code, label: reason.label }).collect(),
            sinks: input.sinks.into_iter().map(Sink::from).collect(),
            threshold: input.threshold,
            check_share: input.check_share,
        }
    }
}

impl UseCaseInput {
    pub fn id(&self) -> Option<UseCaseId> {
        self.id.map(UseCaseId)
    }

    /// As flow wants it. What the window does not show (texts that end the output) stays as it is in `known`.
    ///
    /// # Errors
    /// [`flow::Error::Invalid`] where the schema of the output is no JSON.
    pub fn into_flow(self, known: Option<&use_case::UseCaseInput>) -> flow::Result<use_case::UseCaseInput> {
        let UseCaseFields {
            name,
            guidelines,
            system_prompt,
            template,
            audience,
            sampling: s,
            output,
            model,
            reasons,
            sinks,
            threshold,
            check_share,
        } = self.fields;
        let sink = |sink: Sink| use_case::Sink {
            kind: match sink.kind {
                SinkKind::Outbox => use_case::SinkKind::Outbox,
                SinkKind::Folder => use_case::SinkKind::Folder,
                SinkKind::Webhook => use_case::SinkKind::Webhook,
                SinkKind::Command => use_case::SinkKind::Command,
            },
            path: sink.path,
            audience: sink.audience.map(use_case::Audience::from),
        };
        Ok(use_case::UseCaseInput {
            name,
            guidelines,
            system_prompt,
            template,
            audience: audience.into(),
            sampling: model::Sampling {
                temperature: s.temperature,
                top_k: s.top_k,
                top_p: s.top_p,
                min_p: s.min_p,
                repeat_penalty: s.repeat_penalty,
                max_tokens: s.max_tokens,
                stop: known.map(|known| known.sampling.stop.clone()).unwrap_or_default(),
            },
            output: output.into_flow()?,
            model: model.map(ModelId),
            reasons: reasons.into_iter().map(|reason| use_case::RejectReason { code: reason.code, label: reason.label }).collect(),
            sinks: sinks.into_iter().map(sink).collect(),
            threshold,
            check_share,
        })
    }
}
