//! Answers: JSON with its status, or a stream of server-sent events.

use axum::body::Body;
use axum::http::{HeaderValue, StatusCode, header};
use futures_util::Stream;
use serde::Serialize;
use serde_json::Value;
use std::convert::Infallible;

pub type Response = axum::http::Response<Body>;

pub fn json<T: Serialize>(status: StatusCode, value: &T) -> Response {
    let text = serde_json::to_vec(value).expect("plain data with text keys always serialises");
    let mut response = Response::new(Body::from(text));
    *response.status_mut() = status;
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}

pub fn events<S: Stream<Item = String> + Send + 'static>(stream: S) -> Response {
    use futures_util::StreamExt;
    let mut response = Response::new(Body::from_stream(stream.map(Ok::<_, Infallible>)));
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("text/event-stream"));
    response
}

/// Says that the other side is still there.
pub const STILL_HERE: &str = ": still here\n\n";

/// A line of data without a name.
pub fn data(value: &Value) -> String {
    format!("data: {value}\n\n")
}
