//! What is refused before anything looks at a token or a body.
//!
//! Invariant: a page of another origin gets nothing and changes nothing, whatever name it reached this machine by. No answer of ours ever
//! allows another origin.

use crate::body;
use crate::problem::{Code, Problem};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, Method, header};
use std::net::SocketAddr;

/// By these names, with this port, and no others.
#[derive(Debug, Clone)]
pub struct Hosts(Vec<String>);

impl Hosts {
    /// Of the addresses that are listened on.
    pub fn of(addresses: &[SocketAddr]) -> Self {
        let mut names: Vec<String> = addresses.iter().map(ToString::to_string).collect();
        names.extend(addresses.first().map(|address| format!("localhost:{}", address.port())));
        Self(names)
    }

    fn knows(&self, host: &str) -> bool {
        self.0.iter().any(|name| name == host)
    }

    /// The own page's origin.
    fn is_ours(&self, origin: &str) -> bool {
        origin.strip_prefix("http://").is_some_and(|host| self.knows(host))
    }
}

/// Why a request is not let in, if so.
///
/// # Errors
/// The problem.
pub fn check(parts: &Parts, hosts: &Hosts) -> Result<(), Problem> {
    host(parts, hosts)?;
    origin(&parts.headers, hosts)?;
    path(parts.uri.path())?;
    length(&parts.headers)?;
    if parts.method == Method::POST {
        content(&parts.headers)?;
    }
    Ok(())
}

/// The one value of a header; `Err` where it stands twice or is no text.
pub fn one<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Result<Option<&'a str>, Problem> {
    let mut values = headers.get_all(name).iter();
    let Some(first) = values.next() else { return Ok(None) };
    match (first.to_str(), values.next()) {
        (Ok(text), None) => Ok(Some(text)),
        (_, _) => Err(Problem::new(Code::Invalid, format!("the header {name} stands once, in ASCII"))),
    }
}

fn host(parts: &Parts, hosts: &Hosts) -> Result<(), Problem> {
    let refused = || Problem::new(Code::NotFromHere, format!("the host is one of {}, with its port", hosts.0.join(", ")));
    // An address in full is for proxies.
    if parts.uri.authority().is_some() || parts.uri.scheme().is_some() {
        return Err(refused());
    }
    match one(&parts.headers, &header::HOST) {
        Ok(Some(host)) if hosts.knows(host) => Ok(()),
        Ok(_) | Err(_) => Err(refused()),
    }
}

fn origin(headers: &HeaderMap, hosts: &Hosts) -> Result<(), Problem> {
    let refused = || Err(Problem::new(Code::NotFromHere, "pages of other origins are not answered"));
    if headers.get_all(header::ORIGIN).iter().any(|origin| !origin.to_str().is_ok_and(|origin| hosts.is_ours(origin))) {
        return refused();
    }
    // What a browser says of where a request comes from; a page cannot change it.
    let site = HeaderName::from_static("sec-fetch-site");
    if headers.get_all(site).iter().any(|site| site != "same-origin" && site != "none") {
        return refused();
    }
    if headers.contains_key(header::UPGRADE) {
        return Err(Problem::new(Code::Invalid, "this connection stays HTTP/1.1"));
    }
    Ok(())
}

/// Our paths are plain: what has to be decoded is none of them.
fn path(path: &str) -> Result<(), Problem> {
    let plain = path.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'/' | b'-' | b'_' | b'.'));
    if plain && !path.contains("//") && !path.contains("..") { Ok(()) } else { Err(nothing_here()) }
}

pub fn nothing_here() -> Problem {
    Problem::new(Code::NotFound, "there is nothing at this path; /openapi.json lists what there is")
}

/// Of the body, bytes; at most [`body::MOST`].
pub fn length(headers: &HeaderMap) -> Result<usize, Problem> {
    if headers.contains_key(header::TRANSFER_ENCODING) {
        return Err(Problem::new(Code::LengthRequired, "a body comes whole, with its Content-Length"));
    }
    let length = one(headers, &header::CONTENT_LENGTH)?.and_then(|text| text.parse::<u64>().ok()).unwrap_or(0);
    usize::try_from(length).ok().filter(|length| *length <= body::MOST).ok_or_else(body::too_large)
}

/// `application/json`, in UTF-8, not packed. What a form or a simple request of a page can send is none of it.
fn content(headers: &HeaderMap) -> Result<(), Problem> {
    let refused = || Problem::new(Code::NotJson, "the body is JSON: Content-Type: application/json, with no Content-Encoding");
    if headers.contains_key(header::CONTENT_ENCODING) {
        return Err(refused());
    }
    let kind = one(headers, &header::CONTENT_TYPE)?.unwrap_or_default().to_ascii_lowercase();
    let (kind, rest) = kind.split_once(';').unwrap_or((&kind, ""));
    let rest = rest.trim();
    let fits = kind.trim() == "application/json" && (rest.is_empty() || rest == "charset=utf-8" || rest == "charset=\"utf-8\"");
    if fits { Ok(()) } else { Err(refused()) }
}
