//! Downloads from a server in this process: whole, cut, changed, hostile. No other host is spoken to.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use flow::model::Cancel;
use flow::settings::HubSetting;
use hub::{Error, Fetched, Hub, Name, Patience, Result, Step, Wanted, discard, unfinished};
use sha2::{Digest, Sha256};
use std::collections::HashMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use tempfile::TempDir;

// --- a server

#[derive(Debug, Clone)]
struct Request {
    path: String,
    headers: HashMap<String, String>,
}

impl Request {
    fn from(&self) -> u64 {
        self.headers.get("range").and_then(|range| range.strip_prefix("bytes=")?.strip_suffix('-')?.parse().ok()).unwrap_or(0)
    }
}

#[derive(Default)]
struct Reply {
    status: u16,
    headers: Vec<(&'static str, String)>,
    body: Vec<u8>,
    then: Then,
}

#[derive(Default)]
enum Then {
    #[default]
    Close,
    /// Nothing more, with the connection open.
    Stall,
    /// The body byte by byte.
    Trickle,
}

struct Server {
    port: u16,
    requests: Arc<Mutex<Vec<Request>>>,
}

impl Server {
    fn new(answer: impl Fn(&Request, usize) -> Reply + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let requests: Arc<Mutex<Vec<Request>>> = Arc::default();
        let (kept, answer) = (Arc::clone(&requests), Arc::new(answer));
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let (kept, answer) = (Arc::clone(&kept), Arc::clone(&answer));
                std::thread::spawn(move || serve(stream.unwrap(), &kept, answer.as_ref()));
            }
        });
        Self { port, requests }
    }

    fn hub(&self) -> Hub {
        let setting = HubSetting { on: true, address: format!("http://127.0.0.1:{}", self.port) };
        let patience = Patience { silence: Duration::from_millis(400), pauses: vec![Duration::ZERO; 3] };
        Hub::open(&setting).unwrap().with_patience(patience)
    }

    fn requests(&self) -> Vec<Request> {
        self.requests.lock().unwrap().clone()
    }
}

fn serve(stream: TcpStream, kept: &Mutex<Vec<Request>>, answer: &dyn Fn(&Request, usize) -> Reply) {
    let mut reader = BufReader::new(stream.try_clone().unwrap());
    let mut line = String::new();
    reader.read_line(&mut line).unwrap();
    let path = line.split(' ').nth(1).unwrap_or_default().to_owned();
    let mut headers = HashMap::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).unwrap();
        let Some((key, value)) = line.trim().split_once(": ") else { break };
        headers.insert(key.to_ascii_lowercase(), value.to_owned());
    }
    let request = Request { path, headers };
    let count = {
        let mut kept = kept.lock().unwrap();
        kept.push(request.clone());
        kept.len() - 1
    };
    let reply = answer(&request, count);
    let mut head = format!("HTTP/1.1 {} Word\r\nConnection: close\r\n", reply.status);
    for (key, value) in &reply.headers {
        head.push_str(&format!("{key}: {value}\r\n"));
    }
    head.push_str("\r\n");
    let mut stream = stream;
    // The other side may have gone: that is its affair.
    drop(stream.write_all(head.as_bytes()));
    match reply.then {
        Then::Close => drop(stream.write_all(&reply.body)),
        Then::Stall => {
            drop(stream.write_all(&reply.body));
            // Until the other side closes.
            drop(reader.read_to_end(&mut Vec::new()));
        }
        Then::Trickle => {
            for byte in reply.body {
                if stream.write_all(&[byte]).and_then(|()| stream.flush()).is_err() {
                    break;
                }
                std::thread::sleep(Duration::from_millis(2));
            }
        }
    }
}

// --- a file on it

fn file(seed: u8) -> Vec<u8> {
    (0..300_000u32).map(|i| (i.wrapping_mul(2_654_435_761) >> 13) as u8 ^ seed).collect()
}

fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// As a server does that knows parts: the rest where the entity is the same, else all of it.
fn part(request: &Request, bytes: &[u8], etag: &str) -> Reply {
    let from = request.from() as usize;
    let same = request.headers.get("if-range").is_none_or(|tag| tag == etag);
    let etag = ("ETag", etag.to_owned());
    if from > 0 && same {
        if from >= bytes.len() {
            return Reply { status: 416, headers: vec![("Content-Length", "0".into())], ..Reply::default() };
        }
        let range = format!("bytes {from}-{}/{}", bytes.len() - 1, bytes.len());
        let length = (bytes.len() - from).to_string();
        return Reply {
            status: 206,
            headers: vec![etag, ("Content-Range", range), ("Content-Length", length)],
            body: bytes[from..].to_vec(),
            ..Reply::default()
        };
    }
    Reply { status: 200, headers: vec![etag, ("Content-Length", bytes.len().to_string())], body: bytes.to_vec(), ..Reply::default() }
}

/// The hub's word on a file, and where it lies.
fn link(sha256: &str, bytes: u64, to: &str) -> Reply {
    Reply {
        status: 302,
        headers: vec![
            ("X-Linked-Etag", format!("\"{sha256}\"")),
            ("X-Linked-Size", bytes.to_string()),
            ("X-Repo-Commit", "0123456789abcdef".into()),
            ("Location", to.to_owned()),
            ("Content-Length", "0".into()),
        ],
        ..Reply::default()
    }
}

const FILE: &str = "/mina/small/resolve/main/small.gguf";
const STORE: &str = "/store/blob?key=secret";

/// A hub that names the file and a store that has it.
fn well_made(bytes: Vec<u8>, spoil: impl Fn(Reply, usize) -> Reply + Send + Sync + 'static) -> Server {
    let hash = sha256(&bytes);
    Server::new(move |request, n| match request.path.as_str() {
        FILE => link(&hash, bytes.len() as u64, STORE),
        STORE => spoil(part(request, &bytes, "\"e1\""), n),
        _ => Reply { status: 404, ..Reply::default() },
    })
}

struct Place(TempDir);

impl Place {
    fn new() -> Self {
        Self(TempDir::new().unwrap())
    }
    fn folder(&self) -> &Path {
        self.0.path()
    }
    fn file(&self) -> PathBuf {
        self.folder().join("mina/small/small.gguf")
    }
    fn part(&self) -> PathBuf {
        self.folder().join("mina/small/small.gguf.part")
    }
    fn wanted(&self, hub: &Hub, sha256: Option<&str>) -> Wanted {
        Wanted {
            name: hub.name("mina/small/small.gguf", None).unwrap(),
            folder: self.folder().to_owned(),
            sha256: sha256.map(str::to_owned),
        }
    }
    fn get(&self, hub: &Hub) -> Result<Fetched> {
        hub.download(&self.wanted(hub, None), &Cancel::default(), &mut |_| {})
    }
    /// Nothing is left but what is expected.
    fn holds(&self, names: &[&str]) {
        let folder = self.folder().join("mina/small");
        let mut found: Vec<String> =
            std::fs::read_dir(folder).into_iter().flatten().map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
        found.sort();
        assert_eq!(found, names);
    }
}

/// The start of the body, with the head that announces all of it.
fn cut(reply: Reply, at: usize, then: Then) -> Reply {
    let body = reply.body[..at.min(reply.body.len())].to_vec();
    Reply { body, then, ..reply }
}

// --- the ways it can go

#[test]
fn a_file_is_downloaded_checked_and_named() {
    let bytes = file(1);
    let server = well_made(bytes.clone(), |reply, _| reply);
    let place = Place::new();
    let mut steps = Vec::new();
    let hub = server.hub();
    let fetched = hub.download(&place.wanted(&hub, None), &Cancel::default(), &mut |step| steps.push(step)).unwrap();
    assert_eq!((fetched.bytes, &fetched.sha256, &fetched.path), (bytes.len() as u64, &sha256(&bytes), &place.file()));
    assert!(fetched.origin.ends_with("/mina/small/small.gguf @ 0123456789abcdef"), "{}", fetched.origin);
    assert_eq!(std::fs::read(place.file()).unwrap(), bytes);
    place.holds(&["small.gguf"]);
    assert_eq!(steps.first(), Some(&Step::Asking));
    assert!(steps.iter().any(|step| matches!(step, Step::Receiving { total: 300_000, .. })), "{steps:?}");
    let asked = server.requests();
    assert_eq!(asked.len(), 2, "the hub, then the store");
    assert!(asked[0].headers["user-agent"].starts_with("gait/") && !asked[0].headers.contains_key("cookie"));
    assert!(matches!(place.get(&hub), Err(Error::Exists { .. })), "what is there is not written over");
}

#[test]
fn nothing_is_asked_while_the_setting_is_off() {
    let server = well_made(file(1), |reply, _| reply);
    let off = HubSetting { on: false, address: format!("http://127.0.0.1:{}", server.port) };
    assert!(matches!(Hub::open(&off), Err(Error::Off)));
    assert!(matches!(Hub::open(&HubSetting::default()), Err(Error::Off)), "off is what one begins with");
    assert!(server.requests().is_empty());
}

#[test]
fn a_connection_that_is_cut_goes_on_from_where_it_was() {
    let bytes = file(2);
    let server = well_made(bytes.clone(), |reply, n| match n {
        1 => cut(reply, 100_000, Then::Close),
        3 => cut(reply, 50_000, Then::Close),
        _ => reply,
    });
    let place = Place::new();
    place.get(&server.hub()).unwrap();
    assert_eq!(std::fs::read(place.file()).unwrap(), bytes);
    let froms: Vec<u64> = server.requests().iter().filter(|r| r.path == STORE).map(Request::from).collect();
    assert_eq!(froms, [0, 100_000, 150_000]);
    assert_eq!(server.requests()[3].headers["if-range"], "\"e1\"");
}

#[test]
fn a_connection_that_stays_broken_keeps_what_came_for_the_next_time() {
    let bytes = file(3);
    let server = well_made(bytes.clone(), |reply, n| if n < 20 { cut(reply, if n == 1 { 70_000 } else { 0 }, Then::Close) } else { reply });
    let place = Place::new();
    let said = place.get(&server.hub()).unwrap_err();
    assert!(matches!(said, Error::Connection { kept: 70_000, .. }), "{said}");
    place.holds(&["small.gguf.part", "small.gguf.part.json"]);
    let left = unfinished(place.folder());
    assert_eq!((left.len(), left[0].name.to_string().as_str(), left[0].done, left[0].total), (1, "mina/small/small.gguf", 70_000, 300_000));
    let note = std::fs::read_to_string(place.folder().join("mina/small/small.gguf.part.json")).unwrap();
    assert!(!note.contains("secret") && !note.contains("store"), "no key of a store is kept: {note}");

    let whole = well_made(bytes.clone(), |reply, _| reply);
    let mut steps = Vec::new();
    let hub = whole.hub();
    hub.download(&place.wanted(&hub, None), &Cancel::default(), &mut |step| steps.push(step)).unwrap();
    assert_eq!(std::fs::read(place.file()).unwrap(), bytes);
    assert_eq!(whole.requests()[1].from(), 70_000, "from where the first attempt ended");
    assert!(steps.iter().any(|step| matches!(step, Step::Rereading { .. })));
    place.holds(&["small.gguf"]);
}

#[test]
fn content_that_is_not_what_was_named_is_thrown_away() {
    let hash = sha256(&file(4));
    let server = Server::new(move |request, _| match request.path.as_str() {
        FILE => link(&hash, 300_000, STORE),
        _ => part(request, &file(5), "\"e\""),
    });
    let place = Place::new();
    let said = place.get(&server.hub()).unwrap_err();
    assert!(matches!(said, Error::WrongContent { .. }), "{said}");
    place.holds(&[]);
}

#[test]
fn another_file_under_the_name_begins_anew() {
    // The hub names another file than the part was of.
    let place = Place::new();
    let first = well_made(file(6), |reply, n| cut(reply, if n == 1 { 80_000 } else { 0 }, Then::Close));
    place.get(&first.hub()).unwrap_err();
    assert!(place.part().metadata().unwrap().len() > 0);
    let server = well_made(file(7), |reply, _| reply);
    place.get(&server.hub()).unwrap();
    assert_eq!(std::fs::read(place.file()).unwrap(), file(7));
    assert_eq!(server.requests().last().unwrap().from(), 0);

    // The same file, but the store made another entity of it: If-Range gives all of it.
    let place = Place::new();
    let server = Server::new(move |request, n| match request.path.as_str() {
        FILE => link(&sha256(&file(8)), 300_000, STORE),
        _ if n == 1 => cut(part(request, &file(8), "\"old\""), 90_000, Then::Close),
        _ => part(request, &file(8), "\"new\""),
    });
    place.get(&server.hub()).unwrap();
    assert_eq!(std::fs::read(place.file()).unwrap(), file(8));
}

#[test]
fn a_server_that_knows_no_parts_begins_anew() {
    let bytes = file(9);
    let whole = bytes.clone();
    let server = Server::new(move |request, n| match request.path.as_str() {
        FILE => link(&sha256(&whole), 300_000, STORE),
        _ => {
            let all = Reply { status: 200, headers: vec![("Content-Length", "300000".into())], body: whole.clone(), ..Reply::default() };
            if n == 1 { cut(all, 120_000, Then::Close) } else { all }
        }
    });
    let place = Place::new();
    place.get(&server.hub()).unwrap();
    assert_eq!(std::fs::read(place.file()).unwrap(), bytes);
}

#[test]
fn a_server_that_sends_another_part_than_was_asked_for_is_not_believed() {
    let place = Place::new();
    let server = Server::new(move |request, n| match request.path.as_str() {
        FILE => link(&sha256(&file(9)), 300_000, STORE),
        _ if n == 1 => cut(part(request, &file(9), "\"e\""), 1_000, Then::Close),
        _ => Reply {
            status: 206,
            headers: vec![("Content-Range", "bytes 5-9/300000".into()), ("Content-Length", "5".into())],
            body: vec![0; 5],
            ..Reply::default()
        },
    });
    let said = place.get(&server.hub()).unwrap_err();
    assert!(matches!(said, Error::Strange(_)), "{said}");
}

#[test]
fn what_the_hub_refuses_is_said() {
    let check = |reply: fn() -> Reply, is: fn(&Error) -> bool| {
        let server = Server::new(move |_, _| reply());
        let place = Place::new();
        let said = place.get(&server.hub()).unwrap_err();
        assert!(is(&said), "{said}");
        place.holds(&[]);
    };
    check(
        || Reply { status: 404, ..Reply::default() },
        |e| matches!(e, Error::NotThere { what } if what.contains("mina/small/small.gguf")),
    );
    check(|| Reply { status: 401, ..Reply::default() }, |e| matches!(e, Error::Login));
    check(|| Reply { status: 403, ..Reply::default() }, |e| matches!(e, Error::Login));
    check(|| Reply { status: 429, ..Reply::default() }, |e| matches!(e, Error::TooMany));
    check(|| Reply { status: 503, ..Reply::default() }, |e| matches!(e, Error::Connection { kept: 0, .. }));
    check(|| Reply { status: 204, ..Reply::default() }, |e| matches!(e, Error::Trouble(204)));
    // A loop.
    check(|| link(&"a".repeat(64), 10, FILE), |e| matches!(e, Error::Redirects(5)));
    check(|| link(&"a".repeat(64), 10, "http://hub.example/elsewhere"), |e| matches!(e, Error::Unsafe(_)));
    check(|| link(&"a".repeat(64), 10, "file:///etc/passwd"), |e| matches!(e, Error::Unsafe(_)));
    check(|| Reply { status: 302, ..Reply::default() }, |e| matches!(e, Error::Strange(_)));
    // No hash, and none typed.
    check(
        || Reply { status: 200, headers: vec![("Content-Length", "5".into())], body: b"GGUF!".to_vec(), ..Reply::default() },
        |e| matches!(e, Error::NoHash),
    );
    // More than any disk has.
    check(
        || Reply {
            status: 200,
            headers: vec![("ETag", format!("\"{}\"", "a".repeat(64))), ("Content-Length", "4000000000000000000".into())],
            ..Reply::default()
        },
        |e| matches!(e, Error::NoRoom { needs: 4_000_000_000_000_000_000, .. }),
    );
    // No answer at all.
    check(
        || Reply {
            then: Then::Stall,
            status: 200,
            headers: vec![("ETag", format!("\"{}\"", "a".repeat(64))), ("Content-Length", "5".into())],
            ..Reply::default()
        },
        |e| matches!(e, Error::Connection { reason, .. } if reason.contains("nothing came") || reason.contains("does not answer")),
    );
    // Not as large as the hub says.
    check(
        || Reply {
            status: 200,
            headers: vec![("X-Linked-Etag", "b".repeat(64)), ("X-Linked-Size", "7".into()), ("Content-Length", "5".into())],
            body: b"GGUF!".to_vec(),
            ..Reply::default()
        },
        |e| matches!(e, Error::Strange(_)),
    );
    // Nonsense instead of HTTP is one of the ways to fail, too: a port where nobody listens.
    let closed = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let setting = HubSetting { on: true, address: format!("http://127.0.0.1:{closed}") };
    let hub = Hub::open(&setting).unwrap().with_patience(Patience { silence: Duration::from_millis(300), pauses: Vec::new() });
    assert!(matches!(Place::new().get(&hub), Err(Error::Connection { kept: 0, .. })));
}

#[test]
fn a_hash_that_a_person_typed_counts() {
    let bytes = file(10);
    let plain = bytes.clone();
    let server = Server::new(move |request, _| part(request, &plain, "\"short\""));
    let (place, hub) = (Place::new(), server.hub());
    let wrong = hub.download(&place.wanted(&hub, Some(&"c".repeat(64))), &Cancel::default(), &mut |_| {});
    assert!(matches!(wrong, Err(Error::WrongContent { .. })));
    place.holds(&[]);
    assert!(matches!(hub.download(&place.wanted(&hub, Some("abc")), &Cancel::default(), &mut |_| {}), Err(Error::Sha256 { .. })));
    let right = format!(" {} ", sha256(&bytes).to_uppercase());
    hub.download(&place.wanted(&hub, Some(&right)), &Cancel::default(), &mut |_| {}).unwrap();
    assert_eq!(std::fs::read(place.file()).unwrap(), bytes);

    // Another one than the hub's: nothing is downloaded.
    let server = well_made(file(11), |reply, _| reply);
    let (place, hub) = (Place::new(), server.hub());
    let differs = hub.download(&place.wanted(&hub, Some(&sha256(&bytes))), &Cancel::default(), &mut |_| {});
    assert!(matches!(differs, Err(Error::HashesDiffer { .. })));
    place.holds(&[]);
}

#[test]
fn a_slow_hub_is_waited_for_and_a_silent_one_is_left() {
    let bytes = file(12)[..400].to_vec();
    let server = well_made(bytes.clone(), |reply, _| Reply { then: Then::Trickle, ..reply });
    let place = Place::new();
    place.get(&server.hub()).unwrap();
    assert_eq!(std::fs::read(place.file()).unwrap(), bytes);

    let server = well_made(file(12), |reply, n| cut(reply, if n == 1 { 2_000 } else { 0 }, Then::Stall));
    let place = Place::new();
    let begun = Instant::now();
    let said = place.get(&server.hub()).unwrap_err();
    assert!(matches!(&said, Error::Connection { kept: 2_000, reason } if reason == "nothing came for a while"), "{said}");
    assert!(begun.elapsed() < Duration::from_secs(20), "not for ever");
}

#[test]
fn a_download_that_is_cancelled_stops_at_once_and_goes_on_later() {
    let bytes = file(13);
    let server = well_made(bytes.clone(), |reply, n| if n == 1 { cut(reply, 60_000, Then::Stall) } else { reply });
    let (place, cancel) = (Place::new(), Cancel::default());
    // Silence alone would take a minute.
    let hub = server.hub().with_patience(Patience::default());
    let begun = Instant::now();
    let said = hub.download(&place.wanted(&hub, None), &cancel, &mut |step| {
        if matches!(step, Step::Receiving { .. }) {
            let cancel = cancel.clone();
            std::thread::spawn(move || cancel.cancel());
        }
    });
    assert!(matches!(said, Err(Error::Cancelled)), "{said:?}");
    assert!(begun.elapsed() < Duration::from_secs(10), "{:?}", begun.elapsed());
    let kept = place.part().metadata().unwrap().len();
    assert!(kept > 0, "what came is kept");
    place.get(&hub).unwrap();
    assert_eq!(server.requests().last().unwrap().from(), kept);
    assert_eq!(std::fs::read(place.file()).unwrap(), bytes);
}

#[test]
fn one_download_at_a_time_has_a_file() {
    let server = well_made(file(14), |reply, _| cut(reply, 1_000, Then::Stall));
    let (place, cancel) = (Place::new(), Cancel::default());
    let hub = server.hub().with_patience(Patience::default());
    let mut second = None;
    let first = hub.download(&place.wanted(&hub, None), &cancel, &mut |step| {
        if matches!(step, Step::Receiving { .. }) {
            second = Some((place.get(&hub).unwrap_err(), discard(place.folder(), &hub.name("mina/small/small.gguf", None).unwrap())));
            cancel.cancel();
        }
    });
    assert!(matches!(first, Err(Error::Cancelled)));
    let (again, away) = second.unwrap();
    assert!(matches!(again, Error::Taken) && matches!(away, Err(Error::Taken)));
    discard(place.folder(), &Name::parse("mina/small/small.gguf", None).unwrap()).unwrap();
    place.holds(&[]);
    assert!(unfinished(place.folder()).is_empty());
}

#[test]
fn a_part_that_was_harmed_is_found_out() {
    let bytes = file(15);
    let server = well_made(bytes.clone(), |reply, n| if n < 8 { cut(reply, if n == 1 { 100_000 } else { 0 }, Then::Close) } else { reply });
    let place = Place::new();
    place.get(&server.hub()).unwrap_err();
    let mut harmed = std::fs::read(place.part()).unwrap();
    harmed[500] ^= 1;
    std::fs::write(place.part(), harmed).unwrap();
    let hub = well_made(bytes.clone(), |reply, _| reply);
    let said = place.get(&hub.hub()).unwrap_err();
    assert!(matches!(said, Error::WrongContent { .. }), "{said}");
    place.get(&hub.hub()).unwrap();
    assert_eq!(std::fs::read(place.file()).unwrap(), bytes, "and the next attempt has it from the start");
}
