//! A folder with a desk, a server on it, and a client that says exactly what a test wants to be said.

use flow::clock::{ClockHand, Millis};
use flow::deliver::Delivered;
use flow::model::Cancel;
use flow::review::{DecisionInput, Filter, Found, ItemView, Order, QueueQuery, Tab, Verdict};
use flow::testing::{ScriptedDrafter, admin, use_case};
use flow::token::{Scope, TokenInput};
use flow::use_case::{Sink, SinkKind};
use flow::worker::{Presence, Ran, draft_one};
use flow::{Clock, Desk, UseCaseId};
use serde_json::{Value, json};
use serve::{Config, Server};
use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tempfile::TempDir;

pub struct Place {
    pub folder: TempDir,
    pub desk: Arc<Desk>,
    pub hand: ClockHand,
    pub case: UseCaseId,
    pub server: Server,
    /// Of a token with submit, read and deliver.
    pub token: String,
}

const START: Millis = Millis(1_790_000_000_000);

/// With a use case "Replies" that has an outbox.
pub fn place() -> Place {
    place_with(true, &config())
}

pub fn config() -> Config {
    Config { port: 0, v6: false, per_second: 100_000, beside_a_window: false }
}

pub fn place_with(sink: bool, config: &Config) -> Place {
    let folder = TempDir::new().unwrap();
    let (clock, hand) = Clock::by_hand(START);
    let desk = Arc::new(Desk::open(folder.path(), clock).unwrap());
    let out = folder.path().join("out.jsonl").display().to_string();
    let case = use_case(&desk, |input| {
        if sink {
            input.sinks = vec![Sink { kind: SinkKind::Outbox, path: out, audience: None }];
        }
    })
    .unwrap();
    let token = token(&desk, "all", &[Scope::Submit, Scope::Read, Scope::Deliver]);
    let server = Server::start(Arc::clone(&desk), config).unwrap();
    Place { folder, desk, hand, case, server, token }
}

pub fn token(desk: &Desk, name: &str, scopes: &[Scope]) -> String {
    let input = TokenInput { name: name.into(), scopes: scopes.to_vec(), expires_at: None };
    desk.create_token(&admin(), &input, &serve::secret().unwrap()).unwrap().1
}

impl Place {
    pub fn address(&self) -> SocketAddr {
        self.server.addresses()[0]
    }

    pub fn host(&self) -> String {
        self.address().to_string()
    }

    /// The server ends and another one starts on the same folder, as after a restart of the program.
    pub fn restarted(self) -> Self {
        let Self { folder, desk, server, token, case, .. } = self;
        server.end();
        drop(desk);
        let (clock, hand) = Clock::by_hand(START);
        let desk = Arc::new(Desk::open(folder.path(), clock).unwrap());
        let server = Server::start(Arc::clone(&desk), &config()).unwrap();
        Self { folder, desk, hand, case, server, token }
    }

    pub fn get(&self, path: &str) -> Reply {
        self.ask(&request("GET", path, &self.host(), &[bearer(&self.token)], ""))
    }

    pub fn post(&self, path: &str, body: &Value) -> Reply {
        self.post_with(path, body, &[])
    }

    pub fn post_with(&self, path: &str, body: &Value, headers: &[String]) -> Reply {
        self.ask(&self.posted(path, body, headers))
    }

    /// The bytes of a request as it should be.
    pub fn posted(&self, path: &str, body: &Value, headers: &[String]) -> String {
        let mut all = vec![bearer(&self.token), "Content-Type: application/json".to_owned()];
        all.extend_from_slice(headers);
        request("POST", path, &self.host(), &all, &body.to_string())
    }

    /// Says these bytes and reads one answer.
    pub fn ask(&self, bytes: &str) -> Reply {
        ask(self.address(), bytes.as_bytes()).expect("an answer")
    }

    /// One request under an id; the item's.
    pub fn submit(&self, id: &str) -> String {
        let reply = self.post("/v1/items", &items(&[(id, "Where is my order?")]));
        assert_eq!(reply.status, 201, "{reply:?}");
        reply.json()["items"][0]["uid"].as_str().unwrap().to_owned()
    }

    pub fn draft(&self) {
        let presence = Presence::enter(&self.desk).unwrap();
        while draft_one(&self.desk, &ScriptedDrafter::echo(0.9), &presence, &Cancel::default(), &mut |_| {}).unwrap() != Ran::Idle {}
    }

    pub fn query(&self) -> QueueQuery {
        QueueQuery {
            use_case: self.case,
            tab: Tab::Waiting,
            order: Order::Oldest,
            slice: None,
            text: String::new(),
            filter: Filter::default(),
            offset: 0,
            limit: 100,
        }
    }

    /// How many items there are.
    pub fn count(&self) -> i64 {
        self.desk.queue(&QueueQuery { tab: Tab::All, ..self.query() }, &admin()).unwrap().total
    }

    /// Ada decides the oldest that waits.
    pub fn decide(&self, verdict: Verdict, text: Option<&str>) -> ItemView {
        let view = self.desk.next_item(&self.query(), &[], &admin()).unwrap().expect("an item waits");
        let decision = DecisionInput {
            item: view.item.id,
            epoch: view.lease.as_ref().expect("claimed").epoch,
            draft: view.drafts.last().expect("drafted").id,
            verdict,
            text: text.map(str::to_owned),
            reasons: if verdict == Verdict::Reject { vec!["wrong".into()] } else { Vec::new() },
            note: None,
            viewed: Duration::from_secs(9),
            found: Found::next(Order::Oldest),
        };
        self.desk.decide(&decision, &admin()).unwrap();
        view
    }

    /// The time to take it back is over, and what is due goes out.
    pub fn deliver(&self) {
        self.hand.advance(Duration::from_secs(11));
        while self.desk.deliver_one().unwrap() == Delivered::Done {}
    }
}

pub fn items(requests: &[(&str, &str)]) -> Value {
    let items: Vec<Value> = requests.iter().map(|(id, text)| json!({ "id": id, "fields": { "message": text } })).collect();
    json!({ "use_case": "Replies", "items": items })
}

pub fn bearer(token: &str) -> String {
    format!("Authorization: Bearer {token}")
}

/// A whole request that asks for the connection to end with the answer.
pub fn request(method: &str, path: &str, host: &str, headers: &[String], body: &str) -> String {
    let mut lines = vec![format!("{method} {path} HTTP/1.1"), format!("Host: {host}"), "Connection: close".to_owned()];
    lines.extend_from_slice(headers);
    if !body.is_empty() {
        lines.push(format!("Content-Length: {}", body.len()));
    }
    lines.join("\r\n") + "\r\n\r\n" + body
}

#[derive(Debug)]
pub struct Reply {
    pub status: u16,
    pub headers: Vec<(String, String)>,
    pub body: String,
}

impl Reply {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|e| panic!("{e}: {self:?}"))
    }

    /// The problem's code.
    pub fn code(&self) -> String {
        self.json()["code"].as_str().unwrap_or_default().to_owned()
    }
}

/// Longer than anything here takes.
pub const PATIENCE: Duration = Duration::from_secs(30);

pub fn connect(address: SocketAddr) -> TcpStream {
    let stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    stream.set_write_timeout(Some(PATIENCE)).unwrap();
    stream
}

/// `None`: the connection ended without an answer.
pub fn ask(address: SocketAddr, bytes: &[u8]) -> Option<Reply> {
    let mut stream = connect(address);
    // Whoever is refused early does not read on.
    drop(stream.write_all(bytes));
    read_reply(&mut BufReader::new(stream))
}

pub fn read_reply(reader: &mut impl BufRead) -> Option<Reply> {
    let (status, headers) = read_head(reader)?;
    let find = |name: &str| headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str());
    let body = match (find("content-length"), find("transfer-encoding")) {
        (Some(length), _) => {
            let mut body = vec![0; length.parse().unwrap()];
            reader.read_exact(&mut body).unwrap();
            body
        }
        (None, Some(_)) => {
            let mut body = Vec::new();
            while let Some(chunk) = read_chunk(reader) {
                body.extend(chunk);
            }
            body
        }
        (None, None) => Vec::new(),
    };
    Some(Reply { status, headers, body: String::from_utf8(body).unwrap() })
}

pub fn read_head(reader: &mut impl BufRead) -> Option<(u16, Vec<(String, String)>)> {
    let mut first = String::new();
    if reader.read_line(&mut first).ok()? == 0 {
        return None;
    }
    let status = first.split(' ').nth(1)?.parse().ok()?;
    let mut headers = Vec::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok()?;
        match line.trim_end().split_once(": ") {
            Some((name, value)) => headers.push((name.to_ascii_lowercase(), value.to_owned())),
            None => return Some((status, headers)),
        }
    }
}

/// The next chunk of a stream; `None` at its end.
pub fn read_chunk(reader: &mut impl BufRead) -> Option<Vec<u8>> {
    let mut size = String::new();
    reader.read_line(&mut size).ok()?;
    let size = usize::from_str_radix(size.trim(), 16).ok()?;
    let mut chunk = vec![0; size + 2];
    reader.read_exact(&mut chunk).ok()?;
    chunk.truncate(size);
    (size > 0).then_some(chunk)
}

/// Waits for something to be seen.
pub fn until(what: &str, mut seen: impl FnMut() -> bool) {
    let start = Instant::now();
    while !seen() {
        assert!(start.elapsed() < PATIENCE, "{what} was not seen");
        std::thread::yield_now();
    }
}
