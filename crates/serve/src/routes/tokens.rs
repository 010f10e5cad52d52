//! Tokens, for admins. They are made by a person alone, on the command line or in the window: what could be made here could be made by
//! whoever got hold of one.

use super::{Method, Parameter, Place, Route, with};
use crate::answer::Response;
use crate::app::App;
use crate::call::Call;
use crate::problem::{Code, Problem};
use crate::schema;
use axum::http::StatusCode;
use flow::token::{Scope, Token};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::json;
use std::sync::Arc;

/// All tokens, newest first.
#[derive(Debug, Serialize, JsonSchema)]
struct Tokens {
    tokens: Vec<TokenAnswer>,
}

/// A token, without its text.
#[derive(Debug, Serialize, JsonSchema)]
struct TokenAnswer {
    id: i64,
    name: String,
    /// submit, read, deliver, admin.
    scopes: Vec<&'static str>,
    created_by: String,
    created_at: i64,
    expires_at: Option<i64>,
    revoked_at: Option<i64>,
    /// To the minute.
    used_at: Option<i64>,
}

fn token_answer(token: Token) -> TokenAnswer {
    TokenAnswer {
        id: token.id,
        name: token.name,
        scopes: token.scopes.into_iter().map(Scope::as_str).collect(),
        created_by: token.created_by,
        created_at: token.created_at.0,
        expires_at: token.expires_at.map(|at| at.0),
        revoked_at: token.revoked_at.map(|at| at.0),
        used_at: token.used_at.map(|at| at.0),
    }
}

pub(super) fn routes() -> Vec<Route> {
    vec![
        Route {
            method: Method::Get,
            path: "/v1/tokens",
            scopes: &[Scope::Admin],
            title: "List tokens",
            about: "Without their texts, which nobody has.",
            parameters: &[],
            body: None,
            answers: &[(200, "All of them.", Some(schema::of::<Tokens>))],
            answer: |app, call| Box::pin(list(app, call)),
        },
        Route {
            method: Method::Delete,
            path: "/v1/tokens/{id}",
            scopes: &[Scope::Admin],
            title: "Revoke a token",
            about: "From the next request on it is refused. It stays in the list.",
            parameters: &[Parameter { place: Place::Path, name: "id", about: "The token's number." }],
            body: None,
            answers: &[(200, "The token, revoked.", Some(schema::of::<TokenAnswer>))],
            answer: |app, call| Box::pin(revoke(app, call)),
        },
    ]
}

async fn list(app: Arc<App>, call: Call) -> Result<Response, Problem> {
    let tokens = app.ask(move |desk| desk.tokens_for(&call.access)).await?;
    with(StatusCode::OK, json!(Tokens { tokens: tokens.into_iter().map(token_answer).collect() }))
}

async fn revoke(app: Arc<App>, call: Call) -> Result<Response, Problem> {
    let id = call.named.parse().map_err(|_| Problem::new(Code::NotFound, "there is no such token"))?;
    let token = app.ask(move |desk| desk.revoke_token_for(&call.access, id)).await?;
    with(StatusCode::OK, json!(token_answer(token)))
}
