//! Which use cases there are.

use super::items::{AudienceName, audience_name};
use super::{Method, Route, with};
use crate::answer::Response;
use crate::app::App;
use crate::call::Call;
use crate::problem::Problem;
use crate::schema;
use axum::http::StatusCode;
use flow::item::State;
use flow::token::Scope;
use flow::use_case::UseCase;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::json;
use std::sync::Arc;

/// All use cases, oldest first.
#[derive(Debug, Serialize, JsonSchema)]
struct UseCases {
    use_cases: Vec<UseCaseAnswer>,
}

#[derive(Debug, Serialize, JsonSchema)]
struct UseCaseAnswer {
    /// By it requests name the use case.
    name: String,
    /// Of requests that do not say.
    audience: AudienceName,
    /// crawl, walk or run.
    level: &'static str,
    /// What drafts; null while no model is chosen, and then nothing is drafted.
    model: Option<String>,
    /// The template, whose names in double braces are the fields of a request.
    template: String,
    /// Items that wait for a draft, and for a person.
    waiting_for_draft: i64,
    waiting_for_person: i64,
}

/// The same as clients of OpenAI's API ask it.
#[derive(Debug, Serialize, JsonSchema)]
struct ModelList {
    object: &'static str,
    data: Vec<ListedModel>,
}

#[derive(Debug, Serialize, JsonSchema)]
struct ListedModel {
    /// The use case's name.
    id: String,
    object: &'static str,
    created: i64,
    owned_by: &'static str,
}

fn use_case_answer(case: UseCase) -> UseCaseAnswer {
    UseCaseAnswer {
        waiting_for_draft: case.counts.of(State::Received) + case.counts.of(State::Drafting),
        waiting_for_person: case.counts.of(State::InReview) + case.counts.of(State::Escalated),
        name: case.input.name,
        audience: audience_name(case.input.audience),
        level: case.level.as_str(),
        model: case.model_name,
        template: case.input.template,
    }
}

pub(super) fn routes() -> Vec<Route> {
    vec![
        Route {
            method: Method::Get,
            path: "/v1/use-cases",
            scopes: &[Scope::Submit, Scope::Read],
            title: "List the use cases",
            about: "What requests can be given for.",
            parameters: &[],
            body: None,
            answers: &[(200, "All of them.", Some(schema::of::<UseCases>))],
            answer: |app, call| Box::pin(list(app, call)),
        },
        Route {
            method: Method::Get,
            path: "/v1/models",
            scopes: &[Scope::Submit, Scope::Read],
            title: "List the use cases as models",
            about: "For clients of OpenAI's API, to which a use case is a model.",
            parameters: &[],
            body: None,
            answers: &[(200, "All of them.", Some(schema::of::<ModelList>))],
            answer: |app, call| Box::pin(models(app, call)),
        },
    ]
}

async fn list(app: Arc<App>, call: Call) -> Result<Response, Problem> {
    let cases = app.ask(move |desk| desk.use_cases_for(&call.access)).await?;
    with(StatusCode::OK, json!(UseCases { use_cases: cases.into_iter().map(use_case_answer).collect() }))
}

async fn models(app: Arc<App>, call: Call) -> Result<Response, Problem> {
    let cases = app.ask(move |desk| desk.use_cases_for(&call.access)).await?;
    let model = |case: UseCase| ListedModel { id: case.input.name, object: "model", created: 0, owned_by: "gait" };
    with(StatusCode::OK, json!(ModelList { object: "list", data: cases.into_iter().map(model).collect() }))
}
