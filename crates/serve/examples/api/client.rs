//! A client that costs little: one connection, one request after the other.

use crate::Done;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

pub struct Client {
    stream: BufReader<TcpStream>,
    host: SocketAddr,
    token: String,
    line: String,
}

impl Client {
    pub fn open(address: SocketAddr, token: &str) -> Done<Self> {
        let stream = TcpStream::connect(address)?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(Duration::from_secs(60)))?;
        Ok(Self { stream: BufReader::new(stream), host: address, token: token.to_owned(), line: String::new() })
    }

    /// Gives requests, under a key where there is one, until they are acknowledged. Who is turned away comes again.
    pub fn post(&mut self, body: &str, key: &str) -> Done<()> {
        let key = if key.is_empty() { String::new() } else { format!("Idempotency-Key: {key}\r\n") };
        let request = format!(
            "POST /v1/items HTTP/1.1\r\nHost: {}\r\nAuthorization: Bearer {}\r\nContent-Type: application/json\r\n{key}Content-Length: {}\r\n\r\n{body}",
            self.host,
            self.token,
            body.len()
        );
        loop {
            self.stream.get_mut().write_all(request.as_bytes())?;
            match self.answer()? {
                201 => return Ok(()),
                429 => std::thread::sleep(Duration::from_millis(20)),
                other => return Err(format!("the answer was {other}").into()),
            }
        }
    }

    fn answer(&mut self) -> Done<u16> {
        let (mut status, mut length) = (0, 0);
        loop {
            self.line.clear();
            self.stream.read_line(&mut self.line)?;
            let line = self.line.trim_end();
            if status == 0 {
                status = line.split(' ').nth(1).ok_or("no answer")?.parse()?;
            } else if let Some(value) = line.strip_prefix("content-length: ") {
                length = value.parse()?;
            } else if line.is_empty() {
                break;
            }
        }
        let mut body = vec![0; length];
        self.stream.read_exact(&mut body)?;
        Ok(status)
    }
}
