//! A webhook against receivers of every kind, on this machine.
#![expect(clippy::unwrap_used, reason = "a test ends where something is not as it says")]

use flow::Millis;
use flow::allowed::Allowed;
use flow::carrier::{Carrier, Handed, Later, Letter};
use post::{Post, signature};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
const SOON: Duration = Duration::from_millis(700);

/// What a receiver was sent: the head, and the body.
struct Heard {
    head: Vec<String>,
    body: String,
}

impl Heard {
    fn header(&self, name: &str) -> Option<&str> {
        self.head.iter().find_map(|line| {
            let (key, value) = line.split_once(':')?;
            key.eq_ignore_ascii_case(name).then_some(value.trim())
        })
    }
}

fn hear(stream: &TcpStream) -> Heard {
    let mut reader = BufReader::new(stream);
    let mut head = Vec::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).unwrap();
        if line.trim().is_empty() {
            break;
        }
        head.push(line.trim().to_owned());
    }
    let mut heard = Heard { head, body: String::new() };
    let length: usize = heard.header("content-length").map_or(0, |length| length.parse().unwrap());
    let mut body = vec![0; length];
    reader.read_exact(&mut body).unwrap();
    heard.body = String::from_utf8(body).unwrap();
    heard
}

/// A receiver of one letter.
struct Receiver {
    port: u16,
    thread: JoinHandle<Heard>,
}

impl Receiver {
    fn new(answer: impl FnOnce(TcpStream) + Send + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let thread = std::thread::spawn(move || {
            let (stream, _) = listener.accept().unwrap();
            let heard = hear(&stream);
            answer(stream);
            heard
        });
        Self { port, thread }
    }

    fn says(answer: impl AsRef<[u8]> + Send + 'static) -> Self {
        Self::new(move |mut stream| drop(stream.write_all(answer.as_ref())))
    }
}

fn letter(port: u16) -> Letter {
    let origin = format!("http://127.0.0.1:{port}");
    let address = Allowed { webhooks: vec![origin.clone()], commands: Vec::new() }.webhook(&format!("{origin}/in?a=1")).unwrap();
    let body = r#"{"type":"text.approved","data":{"text":"안녕"}}"#.to_owned();
    Letter { id: "msg_1".into(), at: Millis(1_614_265_330_999), address, secrets: vec![SECRET.into()], body }
}

fn post(receiver: Receiver) -> (Handed, Heard) {
    let handed = Post::within(SOON).post(&letter(receiver.port));
    (handed, receiver.thread.join().unwrap())
}

fn answer(head: &str) -> Handed {
    post(Receiver::says(format!("{head}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"))).0
}

#[test]
fn j4_what_is_sent_is_signed_as_it_is_sent() {
    let (handed, heard) = post(Receiver::says("HTTP/1.1 204 No Content\r\n\r\n"));
    assert_eq!(handed, Handed::Done);
    assert_eq!(heard.head[0], "POST /in?a=1 HTTP/1.1");
    assert_eq!(heard.header("webhook-id"), Some("msg_1"));
    assert_eq!(heard.header("webhook-timestamp"), Some("1614265330"), "in seconds");
    assert_eq!(heard.header("content-type"), Some("application/json"));
    let expected = signature(&[SECRET.into()], "msg_1", 1_614_265_330, &heard.body);
    assert_eq!(heard.header("webhook-signature"), Some(expected.as_str()), "over the bytes that came");
    assert!(heard.body.contains("안녕"));
    for absent in ["authorization", "cookie", "proxy-authorization", "expect"] {
        assert_eq!(heard.header(absent), None);
    }
}

#[test]
fn j2_each_answer_has_its_class() {
    assert_eq!(answer("HTTP/1.1 200 OK"), Handed::Done);
    assert!(matches!(answer("HTTP/1.1 400 Bad Request"), Handed::Dead(_)));
    assert!(matches!(answer("HTTP/1.1 401 Unauthorized"), Handed::Dead(_)));
    assert!(matches!(answer("HTTP/1.1 410 Gone"), Handed::Gone(_)));
    for later in ["408 Request Timeout", "409 Conflict", "500 Internal Server Error", "503 Service Unavailable"] {
        assert!(matches!(answer(&format!("HTTP/1.1 {later}")), Handed::Later(_)), "{later}");
    }
    let Handed::Later(Later { after, .. }) = answer("HTTP/1.1 429 Too Many Requests\r\nRetry-After: 17") else { panic!("later") };
    assert_eq!(after, Some(Duration::from_secs(17)));
}

#[test]
fn j1_a_redirect_is_not_followed() {
    let other = TcpListener::bind("127.0.0.1:0").unwrap();
    other.set_nonblocking(true).unwrap();
    let to = other.local_addr().unwrap();
    for status in ["301 Moved", "302 Found", "303 See Other", "307 Temporary Redirect", "308 Permanent Redirect"] {
        let handed = answer(&format!("HTTP/1.1 {status}\r\nLocation: http://{to}/in"));
        assert!(matches!(handed, Handed::Dead(_)), "{status}: {handed:?}");
    }
    assert_eq!(other.accept().unwrap_err().kind(), std::io::ErrorKind::WouldBlock, "nobody came there");
}

#[test]
fn j2_a_receiver_that_is_slow_silent_or_cut_is_tried_again_and_may_have_the_text() {
    let silent = |stream: TcpStream| {
        // Until the other side has had enough.
        drop((&stream).read(&mut [0; 1]));
    };
    let drip = |mut stream: TcpStream| {
        for byte in b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n".iter().cycle() {
            std::thread::sleep(Duration::from_millis(50));
            if stream.write_all(&[*byte]).is_err() {
                break;
            }
        }
    };
    let reset = |stream: TcpStream| drop(stream);
    let half = |mut stream: TcpStream| drop(stream.write_all(b"HTTP/1.1 200"));
    let receivers = [Receiver::new(silent), Receiver::new(drip), Receiver::new(reset), Receiver::new(half)];
    for (at, receiver) in receivers.into_iter().enumerate() {
        let begun = Instant::now();
        let (handed, _) = post(receiver);
        assert!(matches!(&handed, Handed::Later(Later { may_have_left: true, .. })), "{at}: {handed:?}");
        assert!(begun.elapsed() < SOON + Duration::from_secs(5), "{at}: it ends by itself");
    }
}

#[test]
fn j2_garbage_is_no_answer() {
    for garbage in [b"hello there\r\n\r\n".as_slice(), b"\x16\x03\x01\x00\x00", b"HTTP/9.9 abc\r\n\r\n", b"<html>old</html>"] {
        let (handed, _) = post(Receiver::says(garbage));
        assert!(matches!(&handed, Handed::Later(Later { may_have_left: true, .. })), "{garbage:?}: {handed:?}");
    }
}

#[test]
fn j2_an_endless_answer_is_not_read_to_its_end() {
    let (tell, told) = std::sync::mpsc::channel();
    let endless = Receiver::new(move |mut stream| {
        drop(stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 10737418240\r\n\r\n"));
        let (block, mut sent) = (vec![b'x'; 64 << 10], 0u64);
        while stream.write_all(&block).is_ok() {
            sent += block.len() as u64;
        }
        tell.send(sent).unwrap();
    });
    let (handed, _) = post(endless);
    assert_eq!(handed, Handed::Done, "its status says that it has the text");
    assert!(told.recv().unwrap() < 64 << 20, "what the system buffers at most");
}

#[test]
fn j2_endless_headers_are_no_answer() {
    let endless = Receiver::new(|mut stream| {
        drop(stream.write_all(b"HTTP/1.1 200 OK\r\n"));
        while stream.write_all(format!("X-More: {}\r\n", "x".repeat(1000)).as_bytes()).is_ok() {}
    });
    let (handed, _) = post(endless);
    assert!(matches!(handed, Handed::Later(_)), "{handed:?}");
}

#[test]
fn a_receiver_that_is_not_there_has_not_got_the_text() {
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let handed = Post::within(SOON).post(&letter(port));
    assert!(matches!(&handed, Handed::Later(Later { may_have_left: false, rest: true, .. })), "{handed:?}");
}

#[test]
fn j2_a_receiver_without_a_trusted_certificate_gets_nothing() {
    // It speaks no TLS at all: the handshake ends there, before a byte of the text.
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let thread = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut heard = vec![0; 1024];
        let n = stream.read(&mut heard).unwrap();
        drop(stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n"));
        heard.truncate(n);
        heard
    });
    let origin = format!("https://127.0.0.1:{port}");
    let address = Allowed { webhooks: vec![origin.clone()], commands: Vec::new() }.webhook(&origin).unwrap();
    let handed = Post::within(SOON).post(&Letter { address, ..letter(port) });
    assert!(matches!(handed, Handed::Later(_)), "{handed:?}");
    let heard = thread.join().unwrap();
    assert_eq!(heard[0], 0x16, "a handshake");
    assert!(!String::from_utf8_lossy(&heard).contains("text.approved"));
}
