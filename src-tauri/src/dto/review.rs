//! The queue, one item with everything about it, and the decision.

use super::activity::HistoryKind;
use super::audits::OpenAudit;
use super::output::LabelScore;
use super::use_case::{Audience, Field, Level};
use flow::deliver::DeliveryState as FlowDelivery;
use flow::{DraftId, ItemId, draft, item, model, review, route};
use serde::{Deserialize, Serialize};
use specta::Type;
use specta_typescript::Number;
use std::time::Duration;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "snake_case")]
pub enum ItemState {
    Received,
    Drafting,
    Drafted,
    InReview,
    Approved,
    Delivered,
    Failed,
    Rejected,
    Escalated,
}

impl From<item::State> for ItemState {
    fn from(state: item::State) -> Self {
        match state {
            item::State::Received => Self::Received,
            item::State::Drafting => Self::Drafting,
            item::State::Drafted => Self::Drafted,
            item::State::InReview => Self::InReview,
            item::State::Approved => Self::Approved,
            item::State::Delivered => Self::Delivered,
            item::State::Failed => Self::Failed,
            item::State::Rejected => Self::Rejected,
            item::State::Escalated => Self::Escalated,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    Approve,
    Edit,
    Reject,
}

impl From<review::Verdict> for Verdict {
    fn from(verdict: review::Verdict) -> Self {
        match verdict {
            review::Verdict::Approve => Self::Approve,
            review::Verdict::Edit => Self::Edit,
            review::Verdict::Reject => Self::Reject,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "snake_case")]
pub enum QueueOrder {
    Priority,
    LeastConfident,
    Oldest,
    Random,
}

impl From<QueueOrder> for review::Order {
    fn from(order: QueueOrder) -> Self {
        match order {
            QueueOrder::Priority => Self::Priority,
            QueueOrder::LeastConfident => Self::LeastConfident,
            QueueOrder::Oldest => Self::Oldest,
            QueueOrder::Random => Self::Random,
        }
    }
}

impl From<review::Order> for QueueOrder {
    fn from(order: review::Order) -> Self {
        match order {
            review::Order::Priority => Self::Priority,
            review::Order::LeastConfident => Self::LeastConfident,
            review::Order::Oldest => Self::Oldest,
            review::Order::Random => Self::Random,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "lowercase")]
pub enum QueueTab {
    Waiting,
    Drafting,
    Decided,
    Escalated,
    Failed,
    /// Open audits and blind second opinions, for this person.
    Audits,
    All,
}

impl From<QueueTab> for review::Tab {
    fn from(tab: QueueTab) -> Self {
        match tab {
            QueueTab::Waiting => Self::Waiting,
            QueueTab::Drafting => Self::Drafting,
            QueueTab::Decided => Self::Decided,
            QueueTab::Escalated => Self::Escalated,
            QueueTab::Failed => Self::Failed,
            QueueTab::Audits => Self::Audits,
            QueueTab::All => Self::All,
        }
    }
}

impl From<review::Tab> for QueueTab {
    fn from(tab: review::Tab) -> Self {
        match tab {
            review::Tab::Waiting => Self::Waiting,
            review::Tab::Drafting => Self::Drafting,
            review::Tab::Decided => Self::Decided,
            review::Tab::Escalated => Self::Escalated,
            review::Tab::Failed => Self::Failed,
            review::Tab::Audits => Self::Audits,
            review::Tab::All => Self::All,
        }
    }
}

#[derive(Debug, Clone, PartialEq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct ItemView {
    pub id: i64,
    pub uid: String,
    pub use_case: i64,
    pub external_id: Option<String>,
    pub source: String,
    pub audience: Audience,
    pub slice: Option<String>,
    pub state: ItemState,
    pub fields: Vec<Field>,
    pub received_at: i64,
    /// Newest last.
    pub drafts: Vec<Draft>,
    /// The draft that is to be judged: the newest, unless another one was liked better.
    pub draft: Option<i64>,
    /// Text typed earlier and not decided, if any.
    pub typed: Option<String>,
    /// Null: read-only for me.
    pub lease: Option<Lease>,
    pub held_by: Option<String>,
    /// The decision that stands, if any.
    pub decision: Option<Decision>,
    pub history: Vec<HistoryEntry>,
    pub error: Option<String>,
    /// The open audit that I may judge: what is decided here is its verdict. Nothing is told of what was decided before.
    pub audit: Option<OpenAudit>,
}

/// My claim on the item.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Type)]
pub struct Lease {
    pub epoch: i64,
    pub until: i64,
}

impl From<review::ItemView> for ItemView {
    fn from(view: review::ItemView) -> Self {
        let item = view.item;
        Self {
            id: item.id.0,
            uid: item.uid,
            use_case: item.use_case.0,
            external_id: item.external_id,
            source: item.source,
            audience: item.audience.into(),
            slice: item.slice,
            state: item.state.into(),
            fields: item.fields.into_iter().map(Field::from).collect(),
            received_at: item.created_at.0,
            drafts: view.drafts.into_iter().map(|draft| Draft::of(draft, item.audience.into())).collect(),
            draft: item.draft.map(|draft| draft.0),
            typed: view.typed,
            lease: view.lease.map(|lease| Lease { epoch: lease.epoch, until: lease.until.0 }),
            held_by: view.held_by,
            decision: view.decision.map(|(decision, state, at)| Decision::of(decision, state, at)),
            history: view.history.into_iter().filter_map(HistoryEntry::of).collect(),
            error: item.last_error,
            audit: view.audit.map(OpenAudit::from),
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "snake_case")]
pub enum StopReason {
    End,
    StopText,
    Length,
    Context,
}

impl From<model::StopReason> for StopReason {
    fn from(stop: model::StopReason) -> Self {
        match stop {
            model::StopReason::End => Self::End,
            model::StopReason::StopText => Self::StopText,
            model::StopReason::Length => Self::Length,
            model::StopReason::Context => Self::Context,
        }
    }
}

#[derive(Debug, Clone, PartialEq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct Draft {
    pub id: i64,
    pub n: i64,
    pub text: String,
    /// 0–1
    #[specta(type = Number)]
    pub confidence: f64,
    /// What the gate said of it.
    pub route: Route,
    pub model_name: String,
    pub drafter_version: i64,
    pub prompt_version: i64,
    pub prompt_tokens: u32,
    pub output_tokens: u32,
    #[specta(type = Number)]
    pub ttft_ms: f64,
    #[specta(type = Number)]
    pub tpot_ms: f64,
    /// The part of the machine's time that went into it; null where it was not kept.
    #[specta(type = Option<Number>)]
    pub compute_ms: Option<f64>,
    pub stop: StopReason,
    pub hint: Option<String>,
    /// Where it left another draft of the item.
    pub branch: Option<Branch>,
    /// How probable each label was, in their order; empty where the draft is no label.
    pub labels: Vec<LabelScore>,
    pub created_at: i64,
}

/// A draft that went on as its parent did, up to the token at a place (from 0), where a person chose another one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Type)]
pub struct Branch {
    pub parent: i64,
    pub at: u32,
}

pub(super) fn ms(span: Duration) -> f64 {
    span.as_secs_f64() * 1e3
}

impl Draft {
    fn of(draft: draft::Draft, audience: Audience) -> Self {
        Self {
            id: draft.id.0,
            n: draft.n,
            text: draft.text,
            confidence: draft.confidence,
            route: Route::of(&draft.route, audience, draft.confidence),
            model_name: draft.model_name,
            drafter_version: draft.drafter_n,
            prompt_version: draft.prompt_n,
            prompt_tokens: draft.prompt_tokens,
            output_tokens: draft.output_tokens,
            ttft_ms: ms(draft.ttft),
            tpot_ms: ms(draft.tpot),
            compute_ms: draft.compute.map(ms),
            stop: draft.stop.into(),
            hint: draft.hint,
            branch: draft.branch.map(|branch| Branch { parent: branch.parent.0, at: branch.at }),
            labels: draft.labels.into_iter().map(LabelScore::from).collect(),
            created_at: draft.created_at.0,
        }
    }
}

/// One token of a draft. The texts of all, joined, are the draft (but for a cut stop text).
#[derive(Debug, Clone, PartialEq, Serialize, Type)]
pub struct DraftToken {
    /// Empty while a character is still in parts; the token that completes it carries it.
    pub text: String,
    /// The model's own, before temperature and filters; 0–1.
    #[specta(type = Number)]
    pub probability: f64,
    /// How undecided the model was here, nats; null where it was not measured.
    #[specta(type = Option<Number>)]
    pub entropy: Option<f64>,
    /// The most probable tokens at this place, most probable first.
    pub weighed: Vec<WeighedToken>,
}

/// A token that the model weighed.
#[derive(Debug, Clone, PartialEq, Serialize, Type)]
pub struct WeighedToken {
    /// By which it is chosen.
    pub id: u32,
    pub text: String,
    #[specta(type = Number)]
    pub probability: f64,
    /// Is it the one that was written?
    pub written: bool,
}

impl From<model::Token> for DraftToken {
    fn from(token: model::Token) -> Self {
        // Drafts from before entropy was kept say 0, which is the truth only where one token is certain.
        let measured = token.entropy > 0.0 || token.logprob >= 0.0;
        Self {
            text: token.text,
            probability: probability(token.logprob),
            entropy: measured.then_some(f64::from(token.entropy)),
            weighed: token
                .alternatives
                .into_iter()
                .map(|a| WeighedToken { id: a.id, text: a.text, probability: probability(a.logprob), written: a.id == token.id })
                .collect(),
        }
    }
}

fn probability(logprob: f32) -> f64 {
    f64::from(logprob).exp().clamp(0.0, 1.0)
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "snake_case")]
pub enum RouteReason {
    LevelCrawl,
    AudienceExternalAtWalk,
    NotConfident,
    SpotCheck,
    CutOff,
    AskedByPerson,
    HoldRule,
    OtherDrafter,
    Paused,
    CapReached,
    Brake,
    AuditsOverdue,
    Confident,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "lowercase")]
pub enum RouteOutcome {
    Review,
    Auto,
}

#[derive(Debug, Clone, PartialEq, Serialize, Type)]
pub struct Route {
    pub outcome: RouteOutcome,
    pub reason: RouteReason,
    /// The hold rule that matched, whichever reason came first.
    pub hold: Option<String>,
    pub level: Level,
    pub audience: Audience,
    #[specta(type = Number)]
    pub confidence: f64,
    #[specta(type = Number)]
    pub threshold: f64,
}

impl Route {
    fn of(route: &route::Route, audience: Audience, confidence: f64) -> Self {
        Self {
            outcome: match route.outcome {
                route::Outcome::Review => RouteOutcome::Review,
                route::Outcome::Auto => RouteOutcome::Auto,
            },
            reason: match route.reason {
                route::Reason::LevelCrawl => RouteReason::LevelCrawl,
                route::Reason::AudienceExternalAtWalk => RouteReason::AudienceExternalAtWalk,
                route::Reason::NotConfident => RouteReason::NotConfident,
                route::Reason::SpotCheck => RouteReason::SpotCheck,
                route::Reason::CutOff => RouteReason::CutOff,
                route::Reason::AskedByPerson => RouteReason::AskedByPerson,
                route::Reason::HoldRule => RouteReason::HoldRule,
                route::Reason::OtherDrafter => RouteReason::OtherDrafter,
                route::Reason::Paused => RouteReason::Paused,
                route::Reason::CapReached => RouteReason::CapReached,
                route::Reason::Brake => RouteReason::Brake,
                route::Reason::AuditsOverdue => RouteReason::AuditsOverdue,
                route::Reason::Confident => RouteReason::Confident,
            },
            hold: route.hold.clone(),
            level: route.level.into(),
            audience,
            confidence,
            threshold: route.threshold,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "lowercase")]
pub enum DecidedBy {
    Person,
    Policy,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "lowercase")]
pub enum DeliveryState {
    Waiting,
    Sending,
    Done,
    /// Tried again by itself.
    Failed,
    /// Left to a person.
    Dead,
    None,
}

impl From<FlowDelivery> for DeliveryState {
    fn from(state: FlowDelivery) -> Self {
        match state {
            FlowDelivery::None => Self::None,
            FlowDelivery::Waiting => Self::Waiting,
            FlowDelivery::Sending => Self::Sending,
            FlowDelivery::Done => Self::Done,
            FlowDelivery::Failed => Self::Failed,
            FlowDelivery::Dead => Self::Dead,
        }
    }
}

#[derive(Debug, Clone, PartialEq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct Decision {
    pub id: i64,
    pub by: DecidedBy,
    pub actor: String,
    pub verdict: Verdict,
    /// The draft that it judged.
    pub draft: i64,
    pub text: Option<String>,
    /// Codes of the use case's reasons.
    pub reasons: Vec<String>,
    pub note: Option<String>,
    /// 0 (unchanged) to 1.
    #[specta(type = Number)]
    pub edit_distance: f64,
    pub at: i64,
    pub delivery_state: DeliveryState,
    pub deliver_at: Option<i64>,
}

impl Decision {
    pub fn of(decision: review::Decision, state: FlowDelivery, at: Option<flow::Millis>) -> Self {
        Self {
            id: decision.id.0,
            by: match decision.made_by {
                review::MadeBy::Person => DecidedBy::Person,
                review::MadeBy::Policy => DecidedBy::Policy,
            },
            actor: decision.actor,
            verdict: decision.verdict.into(),
            draft: decision.draft.0,
            text: decision.text,
            reasons: decision.reasons,
            note: decision.note,
            edit_distance: decision.edit_distance,
            at: decision.at.0,
            delivery_state: state.into(),
            deliver_at: at.map(|at| at.0),
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Type)]
pub struct HistoryEntry {
    pub at: i64,
    pub actor: String,
    pub kind: HistoryKind,
    pub detail: Option<String>,
}

impl HistoryEntry {
    fn of(entry: flow::activity::Entry) -> Option<Self> {
        Some(Self { at: entry.at.0, actor: entry.actor, kind: HistoryKind::named(&entry.kind)?, detail: entry.detail })
    }
}

#[derive(Debug, Clone, PartialEq, Deserialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct DecisionInput {
    pub item: i64,
    pub epoch: i64,
    pub draft: i64,
    pub verdict: Verdict,
    /// The new text for `edit`; null otherwise.
    pub text: Option<String>,
    pub reasons: Vec<String>,
    pub note: Option<String>,
    /// Milliseconds the item was in view, idle time cut off.
    #[specta(type = Number)]
    pub viewed_ms: f64,
    /// How the person came upon it.
    pub found: Found,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct Found {
    pub order: QueueOrder,
    /// The list showed only a slice, or what has some words.
    pub filtered: bool,
    /// Opened from the list rather than taken as the next one.
    pub picked: bool,
}

impl From<review::Found> for Found {
    fn from(found: review::Found) -> Self {
        let order = match found.order {
            review::Order::Priority => QueueOrder::Priority,
            review::Order::LeastConfident => QueueOrder::LeastConfident,
            review::Order::Oldest => QueueOrder::Oldest,
            review::Order::Random => QueueOrder::Random,
        };
        Self { order, filtered: found.filtered, picked: found.picked }
    }
}

impl From<Found> for review::Found {
    fn from(found: Found) -> Self {
        Self { order: found.order.into(), filtered: found.filtered, picked: found.picked, bulk: false }
    }
}

impl From<Verdict> for review::Verdict {
    fn from(verdict: Verdict) -> Self {
        match verdict {
            Verdict::Approve => Self::Approve,
            Verdict::Edit => Self::Edit,
            Verdict::Reject => Self::Reject,
        }
    }
}

impl From<DecisionInput> for review::DecisionInput {
    fn from(d: DecisionInput) -> Self {
        Self {
            item: ItemId(d.item),
            epoch: d.epoch,
            draft: DraftId(d.draft),
            verdict: d.verdict.into(),
            text: d.text,
            reasons: d.reasons,
            note: d.note,
            viewed: Duration::try_from_secs_f64(d.viewed_ms / 1e3).unwrap_or_default(),
            found: d.found.into(),
        }
    }
}

#[derive(Debug, Clone, PartialEq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct Decided {
    pub decision: Decision,
    /// Set when this decision made the level fall.
    pub level_fell: Option<Level>,
    /// Set when the item was a known-bad one: whether it was found.
    pub seeded: Option<bool>,
}

/// What the try-it box shows; nothing of it is stored.
#[derive(Debug, Clone, PartialEq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct TryResult {
    pub text: String,
    #[specta(type = Number)]
    pub confidence: f64,
    #[specta(type = Number)]
    pub ttft_ms: f64,
    #[specta(type = Number)]
    pub tpot_ms: f64,
    pub prompt_tokens: u32,
    pub output_tokens: u32,
    pub stop: StopReason,
    /// How probable each label was.
    pub labels: Vec<LabelScore>,
}

impl From<model::Generation> for TryResult {
    fn from(made: model::Generation) -> Self {
        Self {
            confidence: draft::raw_confidence(&made),
            ttft_ms: ms(made.ttft),
            tpot_ms: ms(made.tpot),
            prompt_tokens: made.prompt_tokens,
            output_tokens: u32::try_from(made.tokens.len()).unwrap_or(u32::MAX),
            stop: made.stop.into(),
            labels: made.labels.into_iter().map(LabelScore::from).collect(),
            text: made.text,
        }
    }
}
