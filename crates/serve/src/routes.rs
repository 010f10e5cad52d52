//! The table of what can be asked. The router and the description (`openapi`) are both made of it, so that neither says what the other does
//! not.
//!
//! Invariant: a request passes the guard, then its token, then its rate, then its body (for which there is room), in this order, and only then is answered. No GET
//! changes anything.

mod chat;
mod feed;
mod items;
mod tokens;
mod use_cases;

use crate::answer::{Response, json};
use crate::app::App;
use crate::call::{Call, Query};
use crate::guard::{self, one};
use crate::openapi;
use crate::page;
use crate::problem::{Code, Problem};
use crate::{body, schema::Schema};
use axum::Router;
use axum::body::Bytes;
use axum::extract::{RawPathParams, Request, State};
use axum::http::{Extensions, HeaderMap, HeaderName, HeaderValue, StatusCode, header, request::Parts};
use axum::routing::{MethodFilter, on};
use flow::token::{Access, Scope};
use futures_util::future::BoxFuture;
use serde_json::Value;
use std::sync::Arc;
use std::time::Instant;

/// What is answered to a request that was let in.
pub type Answer = BoxFuture<'static, Result<Response, Problem>>;

/// One thing that can be asked.
pub struct Route {
    pub method: Method,
    pub path: &'static str,
    /// A token with one of these.
    pub scopes: &'static [Scope],
    pub title: &'static str,
    pub about: &'static str,
    pub parameters: &'static [Parameter],
    pub body: Option<Schema>,
    pub answers: &'static [(u16, &'static str, Option<Schema>)],
    pub answer: fn(Arc<App>, Call) -> Answer,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    Get,
    Post,
    Delete,
}

impl Method {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Get => "get",
            Self::Post => "post",
            Self::Delete => "delete",
        }
    }

    fn filter(self) -> MethodFilter {
        match self {
            // One of `Get` answers HEAD too.
            Self::Get => MethodFilter::GET,
            Self::Post => MethodFilter::POST,
            Self::Delete => MethodFilter::DELETE,
        }
    }
}

/// A part of the path, a parameter of the address, or a header.
pub struct Parameter {
    pub place: Place,
    pub name: &'static str,
    pub about: &'static str,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    Path,
    Query,
    Header,
}

pub fn all() -> Vec<Route> {
    let mut all = items::routes();
    all.extend(chat::routes());
    all.extend(feed::routes());
    all.extend(use_cases::routes());
    all.extend(tokens::routes());
    all
}

/// The whole of what is served.
pub fn router(app: Arc<App>) -> Router {
    let routes = all();
    let described = Arc::new(openapi::document(&routes));
    let mut router = Router::new()
        .route("/v1/health", axum::routing::get(health))
        .route("/openapi.json", axum::routing::get(move || async move { json(StatusCode::OK, described.as_ref()) }));
    for (path, kind, text) in page::FILES {
        router = router.route(path, axum::routing::get(move || async move { page::file(kind, text) }));
    }
    for route in routes {
        let (filter, path) = (route.method.filter(), route.path);
        let route = Arc::new(route);
        let answer = move |State(app): State<Arc<App>>, params: RawPathParams, request: Request| {
            let named = params.iter().next().map(|(_, value)| value.to_owned()).unwrap_or_default();
            async move { respond(app, &route, named, request).await }
        };
        router = router.route(path, on(filter, answer));
    }
    router
        .fallback(|request: Request| async move { guard::nothing_here().response(&id_of(request.extensions())) })
        .method_not_allowed_fallback(|request: Request| async move { not_by_this_method().response(&id_of(request.extensions())) })
        .with_state(Arc::clone(&app))
        .layer(axum::middleware::from_fn_with_state(app, first))
}

fn not_by_this_method() -> Problem {
    Problem::new(Code::MethodNotAllowed, "this path is not asked by this method")
}

async fn health() -> Response {
    json(StatusCode::OK, &serde_json::json!({ "status": "ok", "version": env!("CARGO_PKG_VERSION") }))
}

/// Goes round everything: the guard, the id of the request, and what every answer says to browsers.
async fn first(State(app): State<Arc<App>>, request: Request, next: axum::middleware::Next) -> Response {
    let id = uuid::Uuid::now_v7().to_string();
    let (parts, content) = request.into_parts();
    let (method, begun) = (parts.method.clone(), Instant::now());
    let mut response = match guard::check(&parts, &app.hosts) {
        Ok(()) => {
            let mut request = Request::from_parts(parts, content);
            request.extensions_mut().insert(RequestId(id.clone()));
            next.run(request).await
        }
        Err(problem) => problem.response(&id),
    };
    let headers = response.headers_mut();
    for (name, value) in ALWAYS {
        headers.insert(HeaderName::from_static(name), HeaderValue::from_static(value));
    }
    if let Ok(value) = HeaderValue::from_str(&id) {
        headers.insert(HeaderName::from_static("x-request-id"), value);
    }
    tracing::debug!(%method, status = response.status().as_u16(), ms = begun.elapsed().as_millis(), id, "answered");
    response
}

const ALWAYS: [(&str, &str); 6] = [
    ("cache-control", "no-store"),
    ("x-content-type-options", "nosniff"),
    ("cross-origin-resource-policy", "same-origin"),
    ("cross-origin-opener-policy", "same-origin"),
    ("referrer-policy", "no-referrer"),
    (
        "content-security-policy",
        "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    ),
];

#[derive(Clone)]
struct RequestId(String);

fn id_of(extensions: &Extensions) -> String {
    extensions.get::<RequestId>().map(|id| id.0.clone()).unwrap_or_default()
}

async fn respond(app: Arc<App>, route: &Route, named: String, request: Request) -> Response {
    let (parts, content) = request.into_parts();
    let id = id_of(&parts.extensions);
    match answered(app, route, named, parts, content).await {
        Ok(response) => response,
        Err(problem) if route.path.starts_with("/v1/chat") => problem.for_chat().response(&id),
        Err(problem) => problem.response(&id),
    }
}

async fn answered(app: Arc<App>, route: &Route, named: String, parts: Parts, content: axum::body::Body) -> Result<Response, Problem> {
    let access = admitted(&app, route, &parts.headers).await?;
    if !app.rates.take(access.token(), Instant::now()) {
        return Err(Problem::too_many());
    }
    let known: Vec<&str> = route.parameters.iter().filter(|p| p.place == Place::Query).map(|p| p.name).collect();
    let query = Query::read(parts.uri.query().unwrap_or_default(), &known)?;
    let (room, body) = match route.body {
        Some(_) => (Some(app.room(guard::length(&parts.headers)?).await?), body::whole(content).await?),
        None => (None, Bytes::new()),
    };
    (route.answer)(app, Call { access, named, query, headers: parts.headers, body, _room: room }).await
}

/// The token of a request, if it may ask this.
async fn admitted(app: &Arc<App>, route: &Route, headers: &HeaderMap) -> Result<Access, Problem> {
    let no_token = || Problem::new(Code::NoToken, "this needs the header `Authorization: Bearer` with a token of this Gait");
    let given = one(headers, &header::AUTHORIZATION).map_err(|_| no_token())?;
    let text = given.and_then(|text| text.strip_prefix("Bearer ")).ok_or_else(no_token)?.to_owned();
    let (scopes, what) = (route.scopes, route.title);
    app.ask(move |desk| desk.admit(&text, scopes, what)).await
}

/// JSON of a value with its status.
fn with(status: StatusCode, value: Value) -> Result<Response, Problem> {
    Ok(json(status, &value))
}
