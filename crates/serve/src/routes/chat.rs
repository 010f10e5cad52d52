//! `chat/completions`, as clients of OpenAI's API ask it: the answer is the text that was approved.
//!
//! Invariant: no draft ever comes out here, only what has gone out; who does not want to wait gets an id to ask by later.

use super::items::{AudienceName, KEY, made_by, outcomes};
use super::{Method, Parameter, Place, Route, with};
use crate::answer::{self, Response};
use crate::app::App;
use crate::call::Call;
use crate::fields::Fields;
use crate::problem::{Code, Problem};
use crate::schema;
use axum::http::{HeaderValue, StatusCode, header};
use flow::feed::{Ended, Standing};
use flow::intake::Given;
use flow::item::{Field, State};
use flow::submit::{Once, Outcome, Submission};
use flow::token::{Access, Scope};
use futures_util::stream;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::OwnedSemaphorePermit;
use tokio::time::Instant;

/// What is asked. What OpenAI's API has beside this is taken and left aside, for the use case says how it drafts.
#[derive(Debug, Deserialize, JsonSchema)]
struct ChatRequest {
    /// The use case's name.
    model: String,
    /// The last one of a user becomes the field `message`; those before it, if any, the field `conversation`.
    messages: Vec<ChatMessage>,
    #[serde(default)]
    stream: bool,
    #[serde(default)]
    stream_options: Option<StreamOptions>,
    /// 1, if it is given.
    #[serde(default)]
    n: Option<u32>,
    /// Not supported: what it asks for would not be done.
    #[serde(default)]
    tools: Option<Value>,
    /// `{"type": "text"}`, if it is given: the use case says what an output is.
    #[serde(default)]
    response_format: Option<ResponseFormat>,
    #[serde(default)]
    gait: GaitOptions,
}

impl ChatRequest {
    fn usage(&self) -> bool {
        self.stream_options.as_ref().is_some_and(|options| options.include_usage)
    }
}

#[derive(Debug, Deserialize, JsonSchema)]
struct ChatMessage {
    role: String,
    #[serde(default)]
    content: Option<Content>,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(untagged)]
enum Content {
    Text(String),
    Parts(Vec<Part>),
}

#[derive(Debug, Deserialize, JsonSchema)]
struct Part {
    /// `text`; others are refused.
    #[serde(rename = "type")]
    kind: String,
    #[serde(default)]
    text: Option<String>,
}

#[derive(Debug, Deserialize, JsonSchema)]
struct StreamOptions {
    #[serde(default)]
    include_usage: bool,
}

#[derive(Debug, Deserialize, JsonSchema)]
struct ResponseFormat {
    #[serde(rename = "type")]
    kind: String,
}

/// What only Gait understands.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
struct GaitOptions {
    /// false: answer at once with a pending id. A number: seconds to wait at most, up to 600.
    wait: Option<Wait>,
    /// Fields of the request, beside `message` and `conversation` or instead of them.
    fields: Option<Fields>,
    /// The request's own id: under it the request is taken once.
    id: Option<String>,
    audience: Option<AudienceName>,
    slice: Option<String>,
    priority: i64,
}

#[derive(Debug, Clone, Copy, Deserialize, JsonSchema)]
#[serde(untagged)]
enum Wait {
    Whether(bool),
    Seconds(u32),
}

/// The answer, or what is known of it until now.
#[derive(Debug, Serialize, JsonSchema)]
struct ChatCompletion {
    id: String,
    object: &'static str,
    /// Seconds since 1970.
    created: i64,
    model: String,
    /// One; none while nothing is decided.
    choices: Vec<Choice>,
    #[serde(skip_serializing_if = "Option::is_none")]
    usage: Option<Usage>,
    gait: About,
}

#[derive(Debug, Serialize, JsonSchema)]
struct Choice {
    index: u32,
    /// Of whole answers.
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<Said>,
    /// Of chunks of a stream.
    #[serde(skip_serializing_if = "Option::is_none")]
    delta: Option<Said>,
    logprobs: Option<Value>,
    finish_reason: Option<&'static str>,
}

#[derive(Debug, Default, Serialize, JsonSchema)]
struct Said {
    #[serde(skip_serializing_if = "Option::is_none")]
    role: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    content: Option<String>,
}

#[derive(Debug, Clone, Copy, Serialize, JsonSchema)]
struct Usage {
    prompt_tokens: u32,
    completion_tokens: u32,
    total_tokens: u32,
}

#[derive(Debug, Clone, Serialize, JsonSchema)]
struct About {
    /// The item's id.
    item: String,
    /// pending or approved.
    state: &'static str,
    /// Where to ask later.
    ask: String,
    /// How far the item is.
    item_state: &'static str,
    /// Why the last attempt to draft came to nothing.
    #[serde(skip_serializing_if = "Option::is_none")]
    last_error: Option<String>,
    /// approve or edit.
    #[serde(skip_serializing_if = "Option::is_none")]
    verdict: Option<&'static str>,
    /// person or policy.
    #[serde(skip_serializing_if = "Option::is_none")]
    made_by: Option<&'static str>,
}

/// Seconds to wait where nothing is said, and at most.
const WAIT: Duration = Duration::from_secs(300);
const LONGEST_WAIT: Duration = Duration::from_secs(600);

pub(super) fn routes() -> Vec<Route> {
    vec![
        Route {
            method: Method::Post,
            path: "/v1/chat/completions",
            scopes: &[Scope::Submit],
            title: "Ask as a chat",
            about: "Answers with the approved text when it is out: approved by a person, or by policy where the level allows it. A rejection is a \
                problem with the code `rejected`. With `gait.wait` false, or the header `Prefer: respond-async`, and when the time is over, the \
                answer is 202: no choices, and where to ask later.",
            parameters: &[KEY, Parameter { place: Place::Header, name: "Prefer", about: "respond-async, or wait= and seconds." }],
            body: Some(schema::of::<ChatRequest>),
            answers: &[
                (200, "The approved text; with `stream`, chunks of it as server-sent events.", Some(schema::of::<ChatCompletion>)),
                (202, "Nothing is decided yet.", Some(schema::of::<ChatCompletion>)),
            ],
            answer: |app, call| Box::pin(ask(app, call)),
        },
        Route {
            method: Method::Get,
            path: "/v1/chat/completions/{id}",
            scopes: &[Scope::Submit],
            title: "Ask for a pending answer",
            about: "As it would have been answered.",
            parameters: &[
                Parameter { place: Place::Path, name: "id", about: "As it was given." },
                Parameter { place: Place::Query, name: "wait", about: "Seconds to wait, 0 to 600; 0 where it is not given." },
            ],
            body: None,
            answers: &[
                (200, "The approved text.", Some(schema::of::<ChatCompletion>)),
                (202, "Nothing is decided yet.", Some(schema::of::<ChatCompletion>)),
            ],
            answer: |app, call| Box::pin(ask_later(app, call)),
        },
    ]
}

fn invalid(why: impl Into<String>) -> Problem {
    Problem::new(Code::Invalid, why)
}

async fn ask(app: Arc<App>, mut call: Call) -> Result<Response, Problem> {
    let (request, key): (ChatRequest, _) = call.json_and_key(&app).await?;
    supported(&request)?;
    let (wait, stream, usage) = (wait(&request, &call)?, request.stream, request.usage());
    let place = app.place()?;
    let use_case = request.model.clone();
    let submission = Submission { use_case: use_case.clone(), given: vec![given(request)?], key, once: Once::Each };
    let access = call.access.clone();
    let submitted = app.submits.submit(access.clone(), submission).await?;
    // What was asked is kept; who waits for an answer holds none of it.
    drop(call);
    let uid = match outcomes(submitted, &use_case)?.into_iter().next() {
        Some(Outcome::Accepted { uid } | Outcome::Known { uid }) => uid,
        Some(Outcome::Refused { reason }) => return Err(invalid(reason)),
        None => return Err(Problem::internal()),
    };
    if stream {
        return Ok(streamed(Asked { app, access, uid, use_case, until: Instant::now() + wait, usage, _place: place }));
    }
    // It is taken, durably: whatever hinders a look at it now, the answer says so and where to ask.
    match app.settled(&access, &uid, wait).await {
        Ok(standing) => answer(standing),
        Err(_) => pending(&taken(&app, uid, use_case)),
    }
}

/// What is known of a request that was taken and cannot be looked at.
fn taken(app: &App, uid: String, use_case: String) -> Standing {
    let created_at = app.desk.now();
    Standing { item: uid, use_case, state: State::Received, created_at, last_error: None, ended: None, again_at: None }
}

async fn ask_later(app: Arc<App>, call: Call) -> Result<Response, Problem> {
    let longest = u32::try_from(LONGEST_WAIT.as_secs()).unwrap_or(u32::MAX);
    let wait = call.query.number("wait", 0..=longest, 0)?;
    let _place = app.place()?;
    let uid = call.named.strip_prefix(BEGINS).unwrap_or(&call.named);
    answer(app.settled(&call.access, uid, Duration::from_secs(wait.into())).await?)
}

/// What is asked for and would not be done is refused rather than left out in silence.
fn supported(request: &ChatRequest) -> Result<(), Problem> {
    if request.n.is_some_and(|n| n != 1) {
        return Err(invalid("n: one answer is drafted for a request; leave n out"));
    }
    if request.tools.as_ref().is_some_and(|tools| !tools.is_null() && tools.as_array().is_none_or(|tools| !tools.is_empty())) {
        return Err(invalid("tools: a use case answers with a text and calls nothing; leave tools out"));
    }
    if request.response_format.as_ref().is_some_and(|format| format.kind != "text") {
        return Err(invalid("response_format: the use case says what an output is; leave response_format out"));
    }
    Ok(())
}

fn wait(request: &ChatRequest, call: &Call) -> Result<Duration, Problem> {
    let wait = match request.gait.wait {
        Some(Wait::Whether(false)) => Duration::ZERO,
        Some(Wait::Seconds(seconds)) => Duration::from_secs(seconds.into()),
        Some(Wait::Whether(true)) => WAIT,
        None => call.preferred_wait().unwrap_or(WAIT),
    };
    if wait > LONGEST_WAIT {
        return Err(invalid(format!("gait.wait: expected at most {} seconds", LONGEST_WAIT.as_secs())));
    }
    Ok(wait)
}

/// The request that messages stand for.
fn given(request: ChatRequest) -> Result<Given, Problem> {
    let (messages, options) = (request.messages, request.gait);
    let mut fields = from_messages(messages)?;
    for field in options.fields.unwrap_or_default().0 {
        fields.retain(|other| other.name != field.name);
        fields.push(field);
    }
    if fields.is_empty() {
        return Err(invalid("messages: expected at least one of role user with a text, or gait.fields"));
    }
    Ok(Given { id: options.id, fields, audience: options.audience.map(Into::into), slice: options.slice, priority: options.priority })
}

fn from_messages(messages: Vec<ChatMessage>) -> Result<Vec<Field>, Problem> {
    let mut said = Vec::with_capacity(messages.len());
    for (n, message) in messages.into_iter().enumerate() {
        let text = match message.content {
            None => String::new(),
            Some(Content::Text(text)) => text,
            Some(Content::Parts(parts)) => of_parts(n, parts)?,
        };
        said.push((message.role, text));
    }
    let Some(last) = said.iter().rposition(|(role, text)| role == "user" && !text.trim().is_empty()) else { return Ok(Vec::new()) };
    let (_, message) = said.remove(last);
    let before: Vec<String> =
        said.into_iter().take(last).filter(|(_, text)| !text.is_empty()).map(|(role, text)| format!("{role}: {text}")).collect();
    let mut fields = vec![Field { name: "message".into(), value: message }];
    if !before.is_empty() {
        fields.push(Field { name: "conversation".into(), value: before.join("\n\n") });
    }
    Ok(fields)
}

fn of_parts(n: usize, parts: Vec<Part>) -> Result<String, Problem> {
    let mut texts = Vec::with_capacity(parts.len());
    for part in parts {
        match (part.kind.as_str(), part.text) {
            ("text", Some(text)) => texts.push(text),
            (_, _) => return Err(invalid(format!("messages[{n}].content: expected texts alone"))),
        }
    }
    Ok(texts.join("\n"))
}

// --- answers

const BEGINS: &str = "chatcmpl-";

fn about(standing: &Standing) -> About {
    About {
        item: standing.item.clone(),
        state: if standing.ended.is_some() { "approved" } else { "pending" },
        ask: format!("/v1/chat/completions/{BEGINS}{}", standing.item),
        item_state: standing.state.as_str(),
        last_error: standing.last_error.clone(),
        verdict: standing.ended.as_ref().map(|ended| ended.decision.verdict.as_str()),
        made_by: standing.ended.as_ref().map(|ended| made_by(ended.decision.made_by)),
    }
}

fn completion(standing: &Standing, object: &'static str, choices: Vec<Choice>, usage: Option<Usage>) -> ChatCompletion {
    ChatCompletion {
        id: format!("{BEGINS}{}", standing.item),
        object,
        created: standing.created_at.0 / 1000,
        model: standing.use_case.clone(),
        choices,
        usage,
        gait: about(standing),
    }
}

fn usage(ended: &Ended) -> Usage {
    Usage {
        prompt_tokens: ended.prompt_tokens,
        completion_tokens: ended.output_tokens,
        total_tokens: ended.prompt_tokens.saturating_add(ended.output_tokens),
    }
}

fn rejected(standing: &Standing, ended: &Ended) -> Problem {
    let reasons = &ended.decision.reasons;
    let why = if reasons.is_empty() { String::new() } else { format!("; reasons: {}", reasons.join(", ")) };
    Problem::new(Code::Rejected, format!("the draft for this request was rejected{why}")).about(&standing.item)
}

fn answer(standing: Standing) -> Result<Response, Problem> {
    let Some(ended) = &standing.ended else { return pending(&standing) };
    let Some(text) = &ended.text else { return Err(rejected(&standing, ended)) };
    let message = Said { role: Some("assistant"), content: Some(text.clone()) };
    let choice = Choice { index: 0, message: Some(message), delta: None, logprobs: None, finish_reason: Some("stop") };
    with(StatusCode::OK, json!(completion(&standing, "chat.completion", vec![choice], Some(usage(ended)))))
}

fn pending(standing: &Standing) -> Result<Response, Problem> {
    let mut response = with(StatusCode::ACCEPTED, json!(completion(standing, "chat.completion", Vec::new(), None)))?;
    if let Ok(place) = HeaderValue::from_str(&about(standing).ask) {
        response.headers_mut().insert(header::LOCATION, place);
    }
    response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("5"));
    Ok(response)
}

// --- streams

struct Asked {
    app: Arc<App>,
    access: Access,
    uid: String,
    use_case: String,
    until: Instant,
    usage: bool,
    _place: OwnedSemaphorePermit,
}

/// The end of a stream whose time is over: chunks without a text would look like an answer that is empty.
fn undecided(standing: &Standing) -> Problem {
    Problem::new(Code::Pending, format!("nothing is decided yet; ask later at {}", about(standing).ask)).about(&standing.item)
}

/// Between two signs of life: less than the patience of any client.
const STILL_HERE: Duration = Duration::from_secs(10);

/// Before it is looked again, where the database did not answer.
const AGAIN: Duration = Duration::from_secs(1);

/// Signs of life until it is decided, then the text, whole.
fn streamed(asked: Asked) -> Response {
    answer::events(stream::unfold((Some(asked), true), |(asked, first)| async move {
        let asked = asked?;
        match if first { None } else { asked.end().await } {
            None => Some((answer::STILL_HERE.to_owned(), (Some(asked), false))),
            Some(end) => Some((end, (None, false))),
        }
    }))
}

impl Asked {
    /// The end of the stream, if it comes before the next sign of life.
    async fn end(&self) -> Option<String> {
        let left = self.until.saturating_duration_since(Instant::now());
        let goes_on = left > STILL_HERE && !self.app.has_ended();
        match self.app.settled(&self.access, &self.uid, left.min(STILL_HERE)).await {
            Ok(standing) if standing.ended.is_none() && goes_on => None,
            Ok(standing) => Some(chunks(&standing, self.usage)),
            Err(problem) if problem.is_refusal() => Some(ended_by(&problem)),
            // It is taken, durably: what hinders a look at it passes.
            Err(_) if goes_on => {
                tokio::time::sleep(AGAIN).await;
                None
            }
            Err(_) => Some(chunks(&taken(&self.app, self.uid.clone(), self.use_case.clone()), self.usage)),
        }
    }
}

const DONE: &str = "data: [DONE]\n\n";

fn ended_by(problem: &Problem) -> String {
    answer::data(&problem.error()) + DONE
}

fn chunks(standing: &Standing, with_usage: bool) -> String {
    let chunk = |choices, usage| answer::data(&json!(completion(standing, "chat.completion.chunk", choices, usage)));
    let choice = |delta, finish_reason| vec![Choice { index: 0, message: None, delta: Some(delta), logprobs: None, finish_reason }];
    let Some(ended) = &standing.ended else { return ended_by(&undecided(standing)) };
    let Some(text) = &ended.text else { return ended_by(&rejected(standing, ended)) };
    let said = chunk(choice(Said { role: Some("assistant"), content: Some(text.clone()) }, None), None);
    let stop = chunk(choice(Said::default(), Some("stop")), None);
    let counted = if with_usage { chunk(Vec::new(), Some(usage(ended))) } else { String::new() };
    said + &stop + &counted + DONE
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(messages: Value, expected: &[(&str, &str)]) {
        let fields = from_messages(serde_json::from_value(messages).unwrap()).unwrap();
        let fields: Vec<(&str, &str)> = fields.iter().map(|field| (field.name.as_str(), field.value.as_str())).collect();
        assert_eq!(fields, expected);
    }

    #[test]
    fn the_last_message_of_a_user_is_the_request_and_what_went_before_is_kept_beside_it() {
        check(json!([{ "role": "user", "content": "Hello?" }]), &[("message", "Hello?")]);
        check(
            json!([{ "role": "system", "content": "Be kind." }, { "role": "user", "content": "A" }, { "role": "assistant", "content": "B" },
                { "role": "user", "content": [{ "type": "text", "text": "C" }, { "type": "text", "text": "D" }] }]),
            &[("message", "C\nD"), ("conversation", "system: Be kind.\n\nuser: A\n\nassistant: B")],
        );
        check(json!([{ "role": "assistant", "content": "B" }]), &[]);
    }

    #[test]
    fn d12_a_request_that_was_taken_is_pending_though_the_desk_has_no_time_to_look_at_it() {
        let (_folder, app, access) = crate::app::testing::app();
        let body = json!({ "model": "Replies", "messages": [{ "role": "user", "content": "Where?" }], "gait": { "wait": 1 } }).to_string();
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let _busy = app.occupy();
        let response = runtime.block_on(ask(Arc::clone(&app), Call::of(access, body))).unwrap();
        assert_eq!(response.status(), StatusCode::ACCEPTED);
        assert!(response.headers()[header::LOCATION].to_str().unwrap().starts_with("/v1/chat/completions/chatcmpl-"), "{response:?}");
    }

    #[test]
    fn pictures_are_refused_with_their_place() {
        let messages = json!([{ "role": "user", "content": [{ "type": "image_url", "image_url": { "url": "x" } }] }]);
        let problem = from_messages(serde_json::from_value(messages).unwrap()).unwrap_err();
        assert!(serde_json::to_value(&problem).unwrap()["detail"].as_str().unwrap().contains("messages[0].content"));
    }
}
