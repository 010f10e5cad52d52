//! One attempt: from the hub's first word to the end of the file, or of the connection.
//!
//! Invariant: a hash is taken from the hub itself only, never from where it redirects to; nothing is written before it
//! is known what the file is to become and that there is room for it.

use crate::Patience;
use crate::address::Address;
use crate::error::Error;
use crate::name::Name;
use crate::part::Part;
use flow::model::Cancel;
use std::io::Read;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use ureq::http::{HeaderMap, StatusCode, header};
use ureq::{Agent, Body, Proxy};
use url::Url;

/// Redirects that are followed.
const REDIRECTS: usize = 5;
/// Left free on the disk.
const MARGIN: u64 = 64 << 20;
const CONNECT: Duration = Duration::from_secs(20);

/// Why an attempt ended early.
pub(crate) enum Fault {
    Final(Error),
    /// Worth another attempt from where this one ended.
    Passing(String),
    /// Worth another attempt from the start.
    Anew,
}

impl From<Error> for Fault {
    fn from(e: Error) -> Self {
        Self::Final(e)
    }
}

type Outcome<T> = Result<T, Fault>;

/// What the hub says of a file before it redirects to it.
#[derive(Debug, Default)]
struct Linked {
    sha256: Option<String>,
    bytes: Option<u64>,
    commit: Option<String>,
}

impl Linked {
    fn read(&mut self, headers: &HeaderMap) {
        let text = |key: &str| headers.get(key).and_then(|value| value.to_str().ok());
        // The entity tag of a large file is its SHA-256; that of a small one is another hash, of another length.
        let tag = text("x-linked-etag").or_else(|| text("etag")).map(|tag| tag.trim_start_matches("W/").trim_matches('"'));
        if let Some(sha256) = tag.and_then(|tag| crate::checked_sha256(tag).ok()) {
            self.sha256 = Some(sha256);
        }
        if let Some(bytes) = text("x-linked-size").and_then(|size| size.parse().ok()) {
            self.bytes = Some(bytes);
        }
        let hex = |commit: &&str| commit.len() >= 7 && commit.len() <= 64 && commit.bytes().all(|b| b.is_ascii_hexdigit());
        if let Some(commit) = text("x-repo-commit").filter(hex) {
            self.commit = Some(commit.to_owned());
        }
    }
}

/// Goes on where the part ends. Gives the hub's commit when the part is whole.
pub(crate) fn attempt(
    address: &Address,
    patience: &Patience,
    name: &Name,
    named: Option<&str>,
    part: &mut Part,
    cancel: &Cancel,
    tell: &mut dyn FnMut(u64, u64),
) -> Outcome<Option<String>> {
    let agent = agent(address, patience);
    interruptible(&agent, cancel, || {
        let (linked, status, headers, body) = ask(&agent, address, name, part)?;
        receive(linked, named, status, &headers, body, part, cancel, tell)
    })
}

fn agent(address: &Address, patience: &Patience) -> Agent {
    Agent::config_builder()
        .user_agent(concat!("gait/", env!("CARGO_PKG_VERSION")))
        .accept_encoding("identity")
        .http_status_as_error(false)
        .max_redirects(0)
        .max_redirects_will_error(false)
        .proxy(if address.is_local() { None } else { Proxy::try_from_env() })
        .timeout_resolve(Some(CONNECT))
        .timeout_connect(Some(CONNECT))
        .timeout_recv_response(Some(patience.silence))
        .timeout_per_read(Some(patience.silence))
        .timeout_per_write(Some(patience.silence))
        .build()
        .into()
}

/// Runs work that waits for a connection, and closes the connection when the work is cancelled.
fn interruptible<T>(agent: &Agent, cancel: &Cancel, work: impl FnOnce() -> Outcome<T>) -> Outcome<T> {
    let over = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let watch = scope.spawn(|| {
            while !over.load(Ordering::SeqCst) {
                if cancel.is_cancelled() {
                    agent.clone().shutdown();
                    return;
                }
                std::thread::park_timeout(Duration::from_millis(50));
            }
        });
        let done = work();
        over.store(true, Ordering::SeqCst);
        watch.thread().unpark();
        if cancel.is_cancelled() && done.is_err() { Err(Error::Cancelled.into()) } else { done }
    })
}

/// Asks the hub, and follows it to where the file lies.
fn ask(agent: &Agent, address: &Address, name: &Name, part: &mut Part) -> Outcome<(Linked, StatusCode, HeaderMap, Body)> {
    let mut linked = Linked::default();
    let mut url: Url = address.of(name);
    for _ in 0..=REDIRECTS {
        let mut request = agent.get(url.as_str());
        if part.len() > 0 {
            request = request.header(header::RANGE, format!("bytes={}-", part.len()));
            if let Some(etag) = part.note.as_ref().and_then(|note| note.etag.as_deref()) {
                request = request.header(header::IF_RANGE, etag);
            }
        }
        let (head, body) = request.call().map_err(cut)?.into_parts();
        if address.speaks(&url) {
            linked.read(&head.headers);
            let changed = linked.sha256.is_some() && part.note.as_ref().is_some_and(|note| Some(&note.sha256) != linked.sha256.as_ref());
            if changed {
                // The name has another file now.
                part.restart()?;
                if !head.status.is_redirection() {
                    return Err(Fault::Anew);
                }
            }
        }
        match head.status.as_u16() {
            200 | 206 | 416 => return Ok((linked, head.status, head.headers, body)),
            301 | 302 | 303 | 307 | 308 => {
                let location = head.headers.get(header::LOCATION).and_then(|value| value.to_str().ok());
                let location = location.ok_or_else(|| Error::Strange("it redirects to nowhere".to_owned()))?;
                url = address.follow(&url, location)?;
            }
            401 | 403 => return Err(Error::Login.into()),
            404 | 410 => return Err(Error::NotThere { what: format!("{name} at {}", name.revision) }.into()),
            429 => return Err(Error::TooMany.into()),
            500..=599 => return Err(Fault::Passing(format!("the hub has trouble, status {}", head.status.as_u16()))),
            status => return Err(Error::Trouble(status).into()),
        }
    }
    Err(Error::Redirects(REDIRECTS).into())
}

#[expect(clippy::too_many_arguments, reason = "an answer in its pieces, and the part that it goes into")]
fn receive(
    linked: Linked,
    named: Option<&str>,
    status: StatusCode,
    headers: &HeaderMap,
    mut body: Body,
    part: &mut Part,
    cancel: &Cancel,
    tell: &mut dyn FnMut(u64, u64),
) -> Outcome<Option<String>> {
    let expected = match (linked.sha256, named) {
        (Some(hub), Some(typed)) if hub != typed => return Err(Error::HashesDiffer { hub, typed: typed.to_owned() }.into()),
        (Some(hub), _) => hub,
        (None, Some(typed)) => typed.to_owned(),
        (None, None) => return Err(Error::NoHash.into()),
    };
    if part.note.as_ref().is_some_and(|note| note.sha256 != expected) {
        // A person names another file than before.
        part.restart()?;
        return Err(Fault::Anew);
    }
    let text = |key| headers.get(key).and_then(|value: &ureq::http::HeaderValue| value.to_str().ok());
    let total = match status.as_u16() {
        206 => match text(header::CONTENT_RANGE).and_then(range) {
            Some((from, total)) if from == part.len() => Some(total),
            Some(_) | None => {
                part.restart()?;
                return Err(Fault::Anew);
            }
        },
        416 if part.note.as_ref().is_some_and(|note| note.total == part.len()) => return Ok(linked.commit),
        416 => {
            part.restart()?;
            return Err(Fault::Anew);
        }
        _ => {
            // From the start: the server knows no parts, or its file has changed.
            part.restart()?;
            text(header::CONTENT_LENGTH).and_then(|length| length.parse().ok())
        }
    };
    let total = total.or(linked.bytes).ok_or_else(|| Error::Strange("it does not say how large the file is".to_owned()))?;
    if linked.bytes.is_some_and(|bytes| bytes != total) {
        return Err(Error::Strange("the file is not as large as it says".to_owned()).into());
    }
    check_room(part, total)?;
    part.becomes(&expected, total, text(header::ETAG).filter(|tag| !tag.starts_with("W/")).map(str::to_owned))?;
    let mut reader = body.as_reader();
    let mut buffer = vec![0; 256 << 10];
    while part.len() < total {
        if cancel.is_cancelled() {
            return Err(Error::Cancelled.into());
        }
        let count = reader.read(&mut buffer).map_err(|e| Fault::Passing(in_words(&e)))?;
        if count == 0 {
            return Err(Fault::Passing("it was cut".to_owned()));
        }
        let fits = usize::try_from(total - part.len()).unwrap_or(usize::MAX).min(count);
        part.append(buffer.get(..fits).unwrap_or_default())?;
        tell(part.len(), total);
    }
    Ok(linked.commit)
}

/// `bytes 100-199/200` as 100 and 200.
fn range(text: &str) -> Option<(u64, u64)> {
    let (span, total) = text.strip_prefix("bytes ")?.split_once('/')?;
    Some((span.split_once('-')?.0.parse().ok()?, total.parse().ok()?))
}

fn check_room(part: &Part, total: u64) -> Result<(), Error> {
    let folder = part.folder();
    // Where the system does not say, the write will.
    let Ok(has) = fs4::available_space(folder) else { return Ok(()) };
    let needs = total.saturating_sub(part.len());
    if needs.saturating_add(MARGIN) > has { Err(Error::NoRoom { needs, has, folder: folder.to_owned() }) } else { Ok(()) }
}

#[expect(clippy::wildcard_enum_match_arm, reason = "the kinds are the library's, and more may come")]
fn cut(error: ureq::Error) -> Fault {
    match error {
        ureq::Error::Io(e) if e.kind() == std::io::ErrorKind::InvalidData => Error::Untrusted(e.to_string()).into(),
        ureq::Error::Io(e) => Fault::Passing(in_words(&e)),
        ureq::Error::Timeout(_) => Fault::Passing("the hub does not answer".to_owned()),
        ureq::Error::HostNotFound => Fault::Passing("the hub's host was not found; is this machine online?".to_owned()),
        ureq::Error::ConnectionFailed => Fault::Passing("the hub cannot be reached; is this machine online?".to_owned()),
        ureq::Error::ConnectProxyFailed(why) => Fault::Passing(format!("the proxy refuses: {why}")),
        ureq::Error::Rustls(e) => Error::Untrusted(e.to_string()).into(),
        ureq::Error::Tls(e) => Error::Untrusted(e.to_owned()).into(),
        other => Error::Strange(other.to_string()).into(),
    }
}

#[expect(clippy::wildcard_enum_match_arm, reason = "the kinds are the standard library's, and more may come")]
fn in_words(error: &std::io::Error) -> String {
    use std::io::ErrorKind;
    let waited =
        error.get_ref().and_then(|inner| inner.downcast_ref::<ureq::Error>()).is_some_and(|e| matches!(e, ureq::Error::Timeout(_)));
    match error.kind() {
        _ if waited => "nothing came for a while".to_owned(),
        ErrorKind::TimedOut | ErrorKind::WouldBlock => "nothing came for a while".to_owned(),
        ErrorKind::ConnectionRefused => "the hub cannot be reached; is this machine online?".to_owned(),
        ErrorKind::ConnectionReset | ErrorKind::ConnectionAborted | ErrorKind::BrokenPipe | ErrorKind::UnexpectedEof => {
            "it was cut".to_owned()
        }
        _ => error.to_string(),
    }
}
