//! A webhook's receiver on this machine: it answers as it is told and keeps what it was sent.
//!
//! Invariant: it reads a letter to its end before it answers, one connection at a time.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicU16, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// A letter as it came.
#[derive(Debug, Clone)]
pub struct Letter {
    /// With the names of headers in small letters.
    pub head: String,
    pub body: serde_json::Value,
}

pub struct Receiver {
    pub port: u16,
    status: Arc<AtomicU16>,
    letters: Arc<Mutex<Vec<Letter>>>,
}

impl Receiver {
    /// Answers with 200 until it is told otherwise.
    ///
    /// # Panics
    /// When no port can be had.
    pub fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port can be had");
        let port = listener.local_addr().expect("it is bound").port();
        let (status, letters) = (Arc::new(AtomicU16::new(200)), Arc::<Mutex<Vec<Letter>>>::default());
        let (answer, kept) = (Arc::clone(&status), Arc::clone(&letters));
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                if let Some(letter) = hear(&stream, answer.load(Ordering::SeqCst)) {
                    kept.lock().unwrap_or_else(PoisonError::into_inner).push(letter);
                }
            }
        });
        Self { port, status, letters }
    }

    pub fn address(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    pub fn answers(&self, status: u16) {
        self.status.store(status, Ordering::SeqCst);
    }

    pub fn letters(&self) -> Vec<Letter> {
        self.letters.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// `None` where nobody spoke HTTP.
fn hear(mut stream: &TcpStream, status: u16) -> Option<Letter> {
    stream.set_read_timeout(Some(Duration::from_secs(10))).ok()?;
    let mut reader = BufReader::new(stream);
    let (mut head, mut length) = (String::new(), 0usize);
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok()?;
        let line = line.trim();
        if line.is_empty() {
            break;
        }
        let (name, value) = line.split_once(':').unwrap_or((line, ""));
        let name = name.to_ascii_lowercase();
        if name == "content-length" {
            length = value.trim().parse().ok()?;
        }
        head += &format!("{name}:{value}\n");
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    let answer = format!("HTTP/1.1 {status} Told\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
    stream.write_all(answer.as_bytes()).ok()?;
    Some(Letter { head, body: serde_json::from_slice(&body).ok()? })
}
