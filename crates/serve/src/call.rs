//! One request, as an answer needs it.

use crate::app::App;
use crate::body;
use crate::guard::one;
use crate::problem::{Code, Problem};
use axum::body::Bytes;
use axum::http::{HeaderMap, HeaderName};
use flow::submit::Key;
use flow::token::Access;
use serde::de::DeserializeOwned;
use sha2::{Digest, Sha256};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::OwnedSemaphorePermit;

pub struct Call {
    /// Of routes that need a token.
    pub access: Access,
    /// The part of the path in braces; empty where there is none.
    pub named: String,
    pub query: Query,
    pub headers: HeaderMap,
    pub body: Bytes,
    /// The body's part of the memory for bodies: let go of when what it asks is done, and not while somebody waits for what comes of it.
    pub _room: Option<OwnedSemaphorePermit>,
}

/// Bytes of a body that is read on a thread for that.
const LONG: usize = 64 << 10;

impl Call {
    #[cfg(test)]
    pub fn of(access: Access, body: String) -> Self {
        let (query, headers) = (Query::default(), HeaderMap::new());
        Self { access, named: String::new(), query, headers, body: body.into(), _room: None }
    }

    /// The body, which is gone afterwards.
    pub async fn json<T: DeserializeOwned + Send + 'static>(&mut self, app: &Arc<App>) -> Result<T, Problem> {
        Ok(self.read(app, None).await?.0)
    }

    /// The same, with the key of this request and the hash of its body.
    ///
    /// # Errors
    /// Where the key is not 1 to 255 printable characters of ASCII.
    pub async fn json_and_key<T: DeserializeOwned + Send + 'static>(&mut self, app: &Arc<App>) -> Result<(T, Option<Key>), Problem> {
        let key = self.key()?;
        self.read(app, key).await
    }

    /// What takes its time is read among the questions to the desk, and not by who carries connections.
    async fn read<T>(&mut self, app: &Arc<App>, key: Option<String>) -> Result<(T, Option<Key>), Problem>
    where
        T: DeserializeOwned + Send + 'static,
    {
        let body = std::mem::take(&mut self.body);
        let is_long = body.len() > LONG;
        let read = move || {
            let key = key.map(|text| Key { text, sha256: Sha256::digest(&body).into() });
            Ok::<_, Problem>((body::read(&body)?, key))
        };
        if is_long { app.ask(move |_| read()).await } else { read() }
    }

    fn key(&self) -> Result<Option<String>, Problem> {
        let invalid = || Problem::new(Code::Invalid, "Idempotency-Key: expected 1 to 255 printable characters of ASCII, once");
        let Some(text) = one(&self.headers, &HeaderName::from_static("idempotency-key")).map_err(|_| invalid())? else { return Ok(None) };
        if text.is_empty() || text.len() > 255 || !text.bytes().all(|b| b.is_ascii_graphic() || b == b' ') {
            return Err(invalid());
        }
        Ok(Some(text.to_owned()))
    }

    /// What `Prefer` (RFC 7240) says of waiting.
    pub fn preferred_wait(&self) -> Option<Duration> {
        let values = self.headers.get_all("prefer").iter().filter_map(|value| value.to_str().ok());
        values.flat_map(|value| value.split(',')).find_map(|preference| match preference.trim() {
            "respond-async" => Some(Duration::ZERO),
            other => other.strip_prefix("wait=").and_then(|seconds| seconds.trim().parse().ok()).map(Duration::from_secs),
        })
    }
}

/// The parameters of an address. Each is known and stands once.
#[derive(Debug, Default)]
pub struct Query(Vec<(String, String)>);

impl Query {
    /// # Errors
    /// For a parameter that this route does not have, that stands twice, or that would have to be decoded: none of ours does.
    pub fn read(text: &str, known: &[&str]) -> Result<Self, Problem> {
        let mut pairs: Vec<(String, String)> = Vec::new();
        for pair in text.split('&').filter(|pair| !pair.is_empty()) {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            let expected =
                if known.is_empty() { "this path has no parameters".to_owned() } else { format!("there are {}", known.join(", ")) };
            if !known.contains(&name) || pairs.iter().any(|(other, _)| other == name) {
                return Err(Problem::new(Code::Invalid, format!("a parameter is unknown or stands twice: {expected}")));
            }
            if value.len() > 100 || !value.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.')) {
                return Err(Problem::new(Code::Invalid, format!("{name}: expected letters, digits, - and _")));
            }
            pairs.push((name.to_owned(), value.to_owned()));
        }
        Ok(Self(pairs))
    }

    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// A whole number in a range.
    pub fn number(&self, name: &str, range: std::ops::RangeInclusive<u32>, default: u32) -> Result<u32, Problem> {
        let Some(text) = self.get(name) else { return Ok(default) };
        text.parse().ok().filter(|n| range.contains(n)).ok_or_else(|| {
            Problem::new(
                Code::Invalid,
                format!("{name}: expected a whole number from {} to {} (found {text:?})", range.start(), range.end()),
            )
        })
    }

    /// True or false; false where it is not given.
    pub fn flag(&self, name: &str) -> Result<bool, Problem> {
        match self.get(name) {
            None | Some("false") => Ok(false),
            Some("true") => Ok(true),
            Some(other) => Err(Problem::new(Code::Invalid, format!("{name}: expected true or false (found {other:?})"))),
        }
    }
}
