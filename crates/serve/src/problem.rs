//! What went wrong, in one shape: problem details (RFC 9457), and beside them the `error` that OpenAI's clients look for.
//!
//! Invariant: a sentence for people, a code for programs, and nothing of a request's or a draft's text.

use crate::answer::{Response, json};
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use flow::token::Refused;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

/// Which kind of problem it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Code {
    /// Something in the request is not as expected.
    Invalid,
    NoToken,
    /// The token is known, and refused.
    TokenRefused,
    /// The request came from a web page, or for another host.
    NotFromHere,
    NotFound,
    MethodNotAllowed,
    LengthRequired,
    TooLarge,
    NotJson,
    /// The idempotency key was used for another request.
    KeyReused,
    /// No request of the body was taken.
    NothingTaken,
    /// The draft was rejected.
    Rejected,
    /// Of streams whose time is over: nothing is decided yet.
    Pending,
    TooSlow,
    /// Too many requests at once; `Retry-After` says when.
    TooMany,
    /// Gait cannot write at present: a full or read-only disk, a damaged database.
    Storage,
    /// A mistake of ours.
    Internal,
}

impl Code {
    fn status(self) -> StatusCode {
        match self {
            Self::Invalid => StatusCode::BAD_REQUEST,
            Self::NoToken => StatusCode::UNAUTHORIZED,
            Self::TokenRefused => StatusCode::FORBIDDEN,
            Self::NotFromHere => StatusCode::FORBIDDEN,
            Self::NotFound => StatusCode::NOT_FOUND,
            Self::MethodNotAllowed => StatusCode::METHOD_NOT_ALLOWED,
            Self::LengthRequired => StatusCode::LENGTH_REQUIRED,
            Self::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::NotJson => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::KeyReused | Self::NothingTaken | Self::Rejected => StatusCode::UNPROCESSABLE_ENTITY,
            Self::Pending => StatusCode::ACCEPTED,
            Self::TooSlow => StatusCode::REQUEST_TIMEOUT,
            Self::TooMany => StatusCode::TOO_MANY_REQUESTS,
            Self::Storage => StatusCode::SERVICE_UNAVAILABLE,
            Self::Internal => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    fn title(self) -> &'static str {
        match self {
            Self::Invalid => "Not as expected",
            Self::NoToken => "A token is needed",
            Self::TokenRefused => "Not allowed",
            Self::NotFromHere => "Not for web pages",
            Self::NotFound => "Not here",
            Self::MethodNotAllowed => "Not by this method",
            Self::LengthRequired => "The length is needed",
            Self::TooLarge => "Too large",
            Self::NotJson => "JSON is needed",
            Self::KeyReused => "The key was used for something else",
            Self::NothingTaken => "Nothing was taken",
            Self::Rejected => "Rejected",
            Self::Pending => "Nothing is decided yet",
            Self::TooSlow => "Too slow",
            Self::TooMany => "Too many at once",
            Self::Storage => "Gait cannot write",
            Self::Internal => "A mistake of Gait's",
        }
    }
}

/// What went wrong.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Problem {
    title: &'static str,
    status: u16,
    code: Code,
    /// A sentence for people.
    detail: String,
    /// The id of this request, as in the header `X-Request-Id`.
    request_id: String,
    /// What became of each request, where several came.
    #[serde(skip_serializing_if = "Option::is_none")]
    items: Option<Value>,
    /// The item that it is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    item: Option<String>,
    /// The same for clients of OpenAI's API.
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<ClientError>,
}

#[derive(Debug, Clone, Serialize, JsonSchema)]
struct ClientError {
    message: String,
    #[serde(rename = "type")]
    kind: &'static str,
    code: Code,
    param: Option<String>,
}

impl Problem {
    pub fn new(code: Code, detail: impl Into<String>) -> Self {
        Self {
            title: code.title(),
            status: code.status().as_u16(),
            code,
            detail: detail.into(),
            request_id: String::new(),
            items: None,
            item: None,
            error: None,
        }
    }

    /// Try again in a second.
    pub fn too_many() -> Self {
        Self::new(Code::TooMany, "more requests come than can be kept safely: nothing of this one was taken; send it again in a second")
    }

    pub fn internal() -> Self {
        Self::new(Code::Internal, "something went wrong inside Gait; what was acknowledged is kept")
    }

    /// Whether the token is what it is about: asking again does not help.
    pub fn is_refusal(&self) -> bool {
        self.code == Code::TokenRefused
    }

    pub fn with_items(mut self, items: Value) -> Self {
        self.items = Some(items);
        self
    }

    pub fn about(mut self, item: &str) -> Self {
        self.item = Some(item.to_owned());
        self
    }

    /// With the member that clients of OpenAI's API look for.
    pub fn for_chat(mut self) -> Self {
        let kind = match self.code.status().as_u16() {
            401 => "authentication_error",
            403 => "permission_error",
            429 => "rate_limit_error",
            202 => "pending",
            500.. => "server_error",
            _ => "invalid_request_error",
        };
        self.error = Some(ClientError { message: self.detail.clone(), kind, code: self.code, param: None });
        self
    }

    /// The object that a stream of chunks carries instead of an answer.
    pub fn error(&self) -> Value {
        serde_json::json!({ "error": self.clone().for_chat().error })
    }

    pub fn response(mut self, request_id: &str) -> Response {
        request_id.clone_into(&mut self.request_id);
        let mut response = json(self.code.status(), &self);
        let mut set = |name: HeaderName, value: &'static str| {
            response.headers_mut().insert(name, HeaderValue::from_static(value));
        };
        set(header::CONTENT_TYPE, "application/problem+json");
        match self.code {
            Code::TooMany | Code::Storage => set(header::RETRY_AFTER, "1"),
            Code::NoToken => set(header::WWW_AUTHENTICATE, "Bearer"),
            // What is left of the body is read by nobody.
            Code::TooLarge | Code::LengthRequired | Code::TooSlow => set(header::CONNECTION, "close"),
            Code::Invalid
            | Code::TokenRefused
            | Code::NotFromHere
            | Code::NotFound
            | Code::MethodNotAllowed
            | Code::NotJson
            | Code::KeyReused
            | Code::NothingTaken
            | Code::Rejected
            | Code::Pending
            | Code::Internal => {}
        }
        response
    }
}

impl From<flow::Error> for Problem {
    fn from(e: flow::Error) -> Self {
        use flow::Error as E;
        let code = match &e {
            E::NotFound { .. } => Code::NotFound,
            E::NotAllowed { .. } => Code::TokenRefused,
            E::Invalid { .. } => Code::Invalid,
            E::Busy => Code::TooMany,
            E::DiskFull
            | E::DiskFault(_)
            | E::ReadOnly(_)
            | E::Damaged(_)
            | E::NewerDatabase { .. }
            | E::ForeignDatabase { .. }
            | E::MixedDatabase { .. }
            | E::Gone { .. }
            | E::NetworkFolder { .. }
            | E::File { .. } => Code::Storage,
            E::Stale { .. }
            | E::AlreadyDelivered { .. }
            | E::NothingToUndo { .. }
            | E::NothingToRedo { .. }
            | E::Cancelled
            | E::UnreadableImport { .. }
            | E::Model(_)
            | E::Storage(_) => Code::Internal,
        };
        let detail = if let E::NotAllowed { person, what } = &e {
            // Only tokens ask here.
            format!("the {person} may not {what}: it lacks the scope, was revoked, or has expired")
        } else {
            e.to_string()
        };
        Self::new(code, detail)
    }
}

impl From<Refused> for Problem {
    fn from(refused: Refused) -> Self {
        match refused {
            Refused::Unknown => Self::new(Code::NoToken, refused.to_string()),
            Refused::Foreign | Refused::Revoked { .. } | Refused::Expired { .. } | Refused::Scope { .. } => {
                Self::new(Code::TokenRefused, refused.to_string())
            }
            Refused::Failed(e) => e.into(),
        }
    }
}
