//! As much HTTP as it takes to ask llama-server.
//!
//! Invariant: one connection, one request, one answer; it is read to its end or it is an error.

use anyhow::{Context, Result, bail};
use serde_json::Value;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::time::Duration;

/// The longest wait for a byte of an answer.
const PATIENCE: Duration = Duration::from_secs(600);

/// Sends JSON to a local port and gives the body of the answer. `on_piece` sees the pieces of a streamed answer as they
/// come.
///
/// # Errors
/// When there is no answer, or one with another status than 200.
pub fn post(port: u16, path: &str, body: &Value, on_piece: &mut dyn FnMut()) -> Result<Vec<u8>> {
    let body = body.to_string();
    ask(port, &format!("POST {path} HTTP/1.1\r\nContent-Type: application/json\r\nContent-Length: {}", body.len()), &body, on_piece)
}

/// Whether a path answers with 200.
pub fn is_well(port: u16, path: &str) -> bool {
    ask(port, &format!("GET {path} HTTP/1.1"), "", &mut || {}).is_ok()
}

fn ask(port: u16, head: &str, body: &str, on_piece: &mut dyn FnMut()) -> Result<Vec<u8>> {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).context("the server does not answer")?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_nodelay(true)?;
    stream.write_all(format!("{head}\r\nHost: localhost\r\nConnection: close\r\n\r\n{body}").as_bytes())?;
    read_answer(&mut BufReader::new(stream), on_piece)
}

fn read_answer(reader: &mut impl BufRead, on_piece: &mut dyn FnMut()) -> Result<Vec<u8>> {
    let status = line(reader)?;
    let mut length = None;
    let mut chunked = false;
    loop {
        let header = line(reader)?.to_ascii_lowercase();
        match header.split_once(':') {
            None => break,
            Some(("content-length", value)) => length = Some(value.trim().parse::<u64>()?),
            Some(("transfer-encoding", value)) => chunked = value.contains("chunked"),
            Some(_) => {}
        }
    }
    let mut body = Vec::new();
    if chunked {
        loop {
            let size = u64::from_str_radix(&line(reader)?, 16).context("a piece without a length")?;
            if size == 0 {
                break;
            }
            reader.take(size).read_to_end(&mut body)?;
            line(reader)?;
            on_piece();
        }
    } else if let Some(length) = length {
        reader.take(length).read_to_end(&mut body)?;
        on_piece();
    }
    if !status.contains(" 200 ") {
        bail!("the server answers {status}: {}", String::from_utf8_lossy(&body));
    }
    Ok(body)
}

/// A line without its end.
fn line(reader: &mut impl BufRead) -> Result<String> {
    let mut line = String::new();
    if reader.read_line(&mut line)? == 0 {
        bail!("the server broke off");
    }
    Ok(line.trim_end().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(answer: &str) -> (Result<Vec<u8>>, usize) {
        let mut pieces = 0;
        (read_answer(&mut answer.as_bytes(), &mut || pieces += 1), pieces)
    }

    #[test]
    fn an_answer_is_read_to_its_end() {
        let (body, _) = read("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello, and more");
        assert_eq!(body.unwrap(), b"hello");
        let (body, pieces) = read("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\na\r\n0123456789\r\n0\r\n\r\n");
        assert_eq!((body.unwrap().as_slice(), pieces), (b"abc0123456789".as_slice(), 2), "two pieces, joined");
        assert!(read("HTTP/1.1 503 Busy\r\nContent-Length: 4\r\n\r\nwait").0.unwrap_err().to_string().contains("wait"));
        assert!(read("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n").0.is_err(), "it broke off");
    }
}
