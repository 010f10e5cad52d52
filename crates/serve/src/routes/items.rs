//! Requests come in, and what became of them is read.

use super::{Method, Parameter, Place, Route, with};
use crate::answer::Response;
use crate::app::App;
use crate::call::Call;
use crate::fields::Fields;
use crate::problem::{Code, Problem};
use crate::schema;
use axum::http::StatusCode;
use flow::feed::{Standing, Whole};
use flow::intake::Given;
use flow::review::{Decision, MadeBy};
use flow::submit::{MOST_TOGETHER, Once, Outcome, Submission, Submitted};
use flow::token::Scope;
use flow::use_case::Audience;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use std::sync::Arc;
use std::time::Duration;

/// Requests for one use case.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Requests {
    /// The use case's name.
    use_case: String,
    /// 1 to 1,000 requests. One that is refused stops none of the others.
    items: Vec<RequestItem>,
}

/// One request.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct RequestItem {
    /// The named texts that the use case's template is filled with.
    pub fields: Fields,
    /// The request's own id, at most 500 bytes: under it the request is taken once. Without one, and without an idempotency key, the same
    /// content is taken once.
    #[serde(default)]
    pub id: Option<String>,
    /// Whom the output is for; else as the use case says.
    #[serde(default)]
    pub audience: Option<AudienceName>,
    /// The named group that the request belongs to.
    #[serde(default)]
    pub slice: Option<String>,
    /// -100 to 100; what is higher comes first.
    #[serde(default)]
    pub priority: i64,
}

#[derive(Debug, Clone, Copy, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(super) enum AudienceName {
    Internal,
    External,
}

impl From<AudienceName> for Audience {
    fn from(name: AudienceName) -> Self {
        match name {
            AudienceName::Internal => Self::Internal,
            AudienceName::External => Self::External,
        }
    }
}

impl From<RequestItem> for Given {
    fn from(item: RequestItem) -> Self {
        Self { id: item.id, fields: item.fields.0, audience: item.audience.map(Into::into), slice: item.slice, priority: item.priority }
    }
}

/// What became of the requests, in their order.
#[derive(Debug, Serialize, JsonSchema)]
struct TakenItems {
    accepted: usize,
    known: usize,
    refused: usize,
    items: Vec<TakenItem>,
}

#[derive(Debug, Serialize, JsonSchema)]
struct TakenItem {
    status: TakenStatus,
    /// The item's id, where it was taken now or before.
    #[serde(skip_serializing_if = "Option::is_none")]
    uid: Option<String>,
    /// Why it was refused.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum TakenStatus {
    /// Kept, durably.
    Accepted,
    /// Known already, the same in content.
    Known,
    Refused,
}

impl TakenItems {
    fn of(outcomes: Vec<Outcome>) -> Self {
        let items: Vec<TakenItem> = outcomes
            .into_iter()
            .map(|outcome| match outcome {
                Outcome::Accepted { uid } => TakenItem { status: TakenStatus::Accepted, uid: Some(uid), reason: None },
                Outcome::Known { uid } => TakenItem { status: TakenStatus::Known, uid: Some(uid), reason: None },
                Outcome::Refused { reason } => TakenItem { status: TakenStatus::Refused, uid: None, reason: Some(reason) },
            })
            .collect();
        let count = |status| items.iter().filter(|item| item.status == status).count();
        Self { accepted: count(TakenStatus::Accepted), known: count(TakenStatus::Known), refused: count(TakenStatus::Refused), items }
    }

    fn response(self) -> Result<Response, Problem> {
        let value = json!(self);
        match (self.accepted, self.known) {
            (1.., _) => with(StatusCode::CREATED, value),
            (0, 1..) => with(StatusCode::OK, value),
            (0, 0) => {
                let first = self.items.into_iter().next().and_then(|item| item.reason).unwrap_or_default();
                Err(Problem::new(Code::NothingTaken, format!("no request was taken; the first: {first}"))
                    .with_items(value["items"].clone()))
            }
        }
    }
}

/// An item with all that came of it.
#[derive(Debug, Serialize, JsonSchema)]
struct ItemAnswer {
    uid: String,
    use_case: String,
    external_id: Option<String>,
    /// received, drafting, in_review, escalated, approved, delivered, rejected or failed.
    state: &'static str,
    audience: AudienceName,
    slice: Option<String>,
    priority: i64,
    /// Where it came from: `api` or `file`.
    source: String,
    fields: Map<String, Value>,
    created_at: i64,
    /// Why the last attempt came to nothing.
    last_error: Option<String>,
    /// Newest last.
    drafts: Vec<DraftAnswer>,
    decision: Option<DecisionAnswer>,
    deliveries: Vec<SentAnswer>,
}

#[derive(Debug, Serialize, JsonSchema)]
struct DraftAnswer {
    n: i64,
    text: String,
    /// 0 to 1.
    confidence: f64,
    /// Where it was routed, and why, in words.
    route: &'static str,
    why: String,
    model: String,
    created_at: i64,
}

#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct DecisionAnswer {
    /// approve, edit or reject.
    verdict: &'static str,
    /// A person, or policy: the level let it out alone.
    made_by: &'static str,
    decided_by: String,
    /// The codes of the reasons.
    reasons: Vec<String>,
    decided_at: i64,
    /// Whether it can no longer be taken back.
    #[serde(rename = "final")]
    is_final: bool,
    /// What was approved; only where it is final.
    text: Option<String>,
}

#[derive(Debug, Serialize, JsonSchema)]
struct SentAnswer {
    id: String,
    /// waiting, sending, done, failed or withdrawn.
    state: String,
    attempts: i64,
    last_error: Option<String>,
    done_at: Option<i64>,
}

/// How an item stands.
#[derive(Debug, Serialize, JsonSchema)]
struct StandingAnswer {
    uid: String,
    use_case: String,
    state: &'static str,
    last_error: Option<String>,
    /// Once it is final; null until then.
    decision: Option<DecisionAnswer>,
}

pub(super) fn audience_name(audience: Audience) -> AudienceName {
    match audience {
        Audience::Internal => AudienceName::Internal,
        Audience::External => AudienceName::External,
    }
}

pub(super) fn made_by(by: MadeBy) -> &'static str {
    match by {
        MadeBy::Person => "person",
        MadeBy::Policy => "policy",
    }
}

fn decision_answer(decision: Decision, is_final: bool, text: Option<String>) -> DecisionAnswer {
    DecisionAnswer {
        verdict: decision.verdict.as_str(),
        made_by: made_by(decision.made_by),
        decided_by: decision.actor,
        reasons: decision.reasons,
        decided_at: decision.at.0,
        is_final,
        text,
    }
}

fn item_answer(whole: Whole) -> ItemAnswer {
    let item = whole.item;
    let text = whole.decision.as_ref().filter(|_| whole.is_final).and_then(|decision| approved(decision, &whole.drafts));
    let drafts = whole.drafts.into_iter().map(|draft| DraftAnswer {
        n: draft.n,
        route: match draft.route.outcome {
            flow::route::Outcome::Review => "review",
            flow::route::Outcome::Auto => "auto",
        },
        why: draft.route.words,
        text: draft.text,
        confidence: draft.confidence,
        model: draft.model_name,
        created_at: draft.created_at.0,
    });
    let deliveries = whole.deliveries.into_iter().map(|sent| SentAnswer {
        id: sent.uid,
        state: sent.state,
        attempts: sent.attempts,
        last_error: sent.last_error,
        done_at: sent.done_at.map(|at| at.0),
    });
    ItemAnswer {
        uid: item.uid,
        use_case: whole.use_case,
        external_id: item.external_id,
        state: item.state.as_str(),
        audience: audience_name(item.audience),
        slice: item.slice,
        priority: item.priority,
        source: item.source,
        fields: item.fields.into_iter().map(|field| (field.name, Value::String(field.value))).collect(),
        created_at: item.created_at.0,
        last_error: item.last_error,
        drafts: drafts.collect(),
        decision: whole.decision.map(|decision| decision_answer(decision, whole.is_final, text)),
        deliveries: deliveries.collect(),
    }
}

fn approved(decision: &Decision, drafts: &[flow::draft::Draft]) -> Option<String> {
    use flow::review::Verdict;
    match decision.verdict {
        Verdict::Reject => None,
        Verdict::Edit => decision.text.clone(),
        Verdict::Approve => drafts.iter().find(|draft| draft.id == decision.draft).map(|draft| draft.text.clone()),
    }
}

fn standing_answer(standing: Standing) -> StandingAnswer {
    StandingAnswer {
        uid: standing.item,
        use_case: standing.use_case,
        state: standing.state.as_str(),
        last_error: standing.last_error,
        decision: standing.ended.map(|ended| decision_answer(ended.decision, true, ended.text)),
    }
}

pub(super) const UID: Parameter = Parameter { place: Place::Path, name: "uid", about: "The item's id." };
pub(super) const KEY: Parameter = Parameter {
    place: Place::Header,
    name: "Idempotency-Key",
    about: "1 to 255 printable characters of ASCII. The same key with the same body gets the same answer, for 30 days; with another body it is refused.",
};
/// Seconds that one can wait for a decision in one request.
const LONGEST_WAIT: u32 = 60;

pub(super) fn routes() -> Vec<Route> {
    vec![
        Route {
            method: Method::Post,
            path: "/v1/items",
            scopes: &[Scope::Submit],
            title: "Give requests",
            about: "What is answered is durable. A request is taken once: under its own id, else under the idempotency key, else by its content.",
            parameters: &[KEY],
            body: Some(schema::of::<Requests>),
            answers: &[
                (201, "At least one is new.", Some(schema::of::<TakenItems>)),
                (200, "None is new, and at least one was known.", Some(schema::of::<TakenItems>)),
                (422, "None was taken, or the key was used for another body.", Some(schema::of::<Problem>)),
            ],
            answer: |app, call| Box::pin(submit(app, call)),
        },
        Route {
            method: Method::Get,
            path: "/v1/items/{uid}",
            scopes: &[Scope::Read],
            title: "Look at an item",
            about: "With its drafts, its decision and its deliveries. Drafts are not approved: do not send them anywhere.",
            parameters: &[UID],
            body: None,
            answers: &[(200, "The item.", Some(schema::of::<ItemAnswer>))],
            answer: |app, call| Box::pin(item(app, call)),
        },
        Route {
            method: Method::Get,
            path: "/v1/items/{uid}/decision",
            scopes: &[Scope::Submit, Scope::Read],
            title: "Wait for a decision",
            about: "Answers when the decision can no longer be taken back, or when the time is over, and then with a decision that is null. An \
                approval is final when its text is out; a rejection when the time to take it back is over.",
            parameters: &[
                UID,
                Parameter { place: Place::Query, name: "wait", about: "Seconds to wait, 0 to 60; 0 where it is not given." },
            ],
            body: None,
            answers: &[(200, "How the item stands.", Some(schema::of::<StandingAnswer>))],
            answer: |app, call| Box::pin(decision(app, call)),
        },
    ]
}

async fn submit(app: Arc<App>, mut call: Call) -> Result<Response, Problem> {
    let (requests, key): (Requests, _) = call.json_and_key(&app).await?;
    if requests.items.is_empty() || requests.items.len() > MOST_TOGETHER {
        return Err(Problem::new(Code::Invalid, format!("items: expected 1 to {MOST_TOGETHER} (found {})", requests.items.len())));
    }
    let name = requests.use_case.clone();
    let given = requests.items.into_iter().map(Into::into).collect();
    let submission = Submission { use_case: requests.use_case, given, key, once: Once::SameContent };
    TakenItems::of(outcomes(app.submits.submit(call.access, submission).await?, &name)?).response()
}

/// What became of each request.
pub(super) fn outcomes(submitted: Submitted, use_case: &str) -> Result<Vec<Outcome>, Problem> {
    match submitted {
        Submitted::Answered(outcomes) => Ok(outcomes),
        Submitted::NoUseCase => {
            let name: String = use_case.chars().take(80).collect();
            Err(Problem::new(Code::NotFound, format!("there is no use case {name:?}; GET /v1/use-cases lists them")))
        }
        Submitted::KeyTaken => {
            Err(Problem::new(Code::KeyReused, "Idempotency-Key: it was used for another request; take a new key for a new request"))
        }
    }
}

async fn item(app: Arc<App>, call: Call) -> Result<Response, Problem> {
    let whole = app.ask(move |desk| desk.whole_item(&call.access, &call.named)).await?;
    with(StatusCode::OK, json!(item_answer(whole)))
}

async fn decision(app: Arc<App>, call: Call) -> Result<Response, Problem> {
    let wait = call.query.number("wait", 0..=LONGEST_WAIT, 0)?;
    let _place = app.place()?;
    let standing = app.settled(&call.access, &call.named, Duration::from_secs(wait.into())).await?;
    with(StatusCode::OK, json!(standing_answer(standing)))
}
