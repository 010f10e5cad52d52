//! A connection whose heads are read strictly, before hyper reads them, and that ends where the other side takes nothing.
//!
//! Invariant: where one request ends and the next begins is never in doubt. Lines end with CR LF and nothing else, there is no NUL, and one
//! length at most; whatever is otherwise ends the connection.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::Sleep;

pub struct Strict<T> {
    inner: T,
    reader: Reader,
    patience: Duration,
    /// Since the other side has taken nothing; the connection ends with it.
    waits: Option<Pin<Box<Sleep>>>,
}

/// For the other side to take some of what is written to it.
const WRITE_PATIENCE: Duration = Duration::from_secs(30);

impl<T> Strict<T> {
    pub fn new(inner: T) -> Self {
        Self { inner, reader: Reader::default(), patience: WRITE_PATIENCE, waits: None }
    }

    fn poll_patience(&mut self, cx: &mut Context<'_>) -> Poll<io::Error> {
        let patience = self.patience;
        let waits = self.waits.get_or_insert_with(|| Box::pin(tokio::time::sleep(patience)));
        waits.as_mut().poll(cx).map(|()| io::Error::new(io::ErrorKind::TimedOut, "the other side takes nothing"))
    }
}

/// As much of a line as tells its name and its length.
const KEPT: usize = 64;

#[derive(Default)]
struct Reader {
    place: Place,
    line: Vec<u8>,
    /// The byte before was CR.
    returned: bool,
    lines: u32,
    length: Option<u64>,
    chunked: bool,
}

#[derive(Default)]
enum Place {
    #[default]
    Head,
    /// So many bytes of a body are left.
    Body(u64),
    /// Refused by who reads next; the connection ends with it.
    Refused,
}

impl Reader {
    fn pass(&mut self, mut bytes: &[u8]) -> Result<(), &'static str> {
        while !bytes.is_empty() {
            match self.place {
                Place::Refused => return Ok(()),
                Place::Body(left) => {
                    let here = left.min(bytes.len() as u64);
                    bytes = &bytes[usize::try_from(here).unwrap_or(bytes.len())..];
                    self.place = if here == left { Place::Head } else { Place::Body(left - here) };
                }
                Place::Head => {
                    self.byte(bytes[0])?;
                    bytes = &bytes[1..];
                }
            }
        }
        Ok(())
    }

    fn byte(&mut self, byte: u8) -> Result<(), &'static str> {
        match (byte, std::mem::take(&mut self.returned)) {
            (b'\n', true) => self.end_line(),
            (b'\n', false) => Err("a line ends without CR"),
            (_, true) => Err("CR stands within a line"),
            (0, false) => Err("NUL in a head"),
            (b'\r', false) => {
                self.returned = true;
                Ok(())
            }
            (_, false) => {
                if self.line.len() < KEPT {
                    self.line.push(byte);
                }
                Ok(())
            }
        }
    }

    fn end_line(&mut self) -> Result<(), &'static str> {
        let line = std::mem::take(&mut self.line);
        if !line.is_empty() {
            self.lines += 1;
            return if self.lines > 1 { self.header(&line) } else { Ok(()) };
        }
        if self.lines > 0 {
            let chunked = std::mem::take(&mut self.chunked);
            self.lines = 0;
            self.place = match self.length.take() {
                _ if chunked => Place::Refused,
                Some(0) | None => Place::Head,
                Some(length) => Place::Body(length),
            };
        }
        Ok(())
    }

    fn header(&mut self, line: &[u8]) -> Result<(), &'static str> {
        let colon = line.iter().position(|byte| *byte == b':').unwrap_or(line.len());
        let name = &line[..colon];
        if name.eq_ignore_ascii_case(b"transfer-encoding") {
            self.chunked = true;
        }
        if name.eq_ignore_ascii_case(b"content-length") {
            if line.len() == KEPT {
                return Err("a length that is no number");
            }
            let digits = line.get(colon + 1..).unwrap_or_default().trim_ascii();
            let length = std::str::from_utf8(digits).ok().filter(|text| text.bytes().all(|b| b.is_ascii_digit()));
            let length = length.and_then(|text| text.parse().ok()).ok_or("a length that is no number")?;
            if self.length.replace(length).is_some() {
                return Err("two lengths");
            }
        }
        if self.chunked && self.length.is_some() { Err("a length and chunks") } else { Ok(()) }
    }
}

impl<T: AsyncRead + Unpin> AsyncRead for Strict<T> {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let this = &mut *self;
        match Pin::new(&mut this.inner).poll_read(cx, buffer) {
            Poll::Ready(Ok(())) => {
                let came = buffer.filled().get(before..).unwrap_or_default();
                Poll::Ready(this.reader.pass(came).map_err(|why| io::Error::new(io::ErrorKind::InvalidData, why)))
            }
            other @ (Poll::Ready(Err(_)) | Poll::Pending) => other,
        }
    }
}

impl<T: AsyncWrite + Unpin> AsyncWrite for Strict<T> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        match Pin::new(&mut self.inner).poll_write(cx, bytes) {
            Poll::Ready(done) => {
                self.waits = None;
                Poll::Ready(done)
            }
            Poll::Pending => self.poll_patience(cx).map(Err),
        }
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// In one piece and byte by byte, which must be the same.
    fn check(bytes: &str, expected: Result<(), &'static str>) {
        assert_eq!(Reader::default().pass(bytes.as_bytes()), expected, "{bytes:?}");
        let mut reader = Reader::default();
        let slowly = bytes.bytes().try_for_each(|byte| reader.pass(&[byte]));
        assert_eq!(slowly, expected, "{bytes:?}, byte by byte");
    }

    #[test]
    fn d6_what_leaves_the_end_of_a_request_in_doubt_ends_the_connection() {
        check("GET / HTTP/1.1\r\nHost: a\r\n\r\n", Ok(()));
        check("GET / HTTP/1.1\nHost: a\n\n", Err("a line ends without CR"));
        check("GET / HTTP/1.1\r\nAuthorization: Bearer x\n\r\n", Err("a line ends without CR"));
        check("GET / HTTP/1.1\r\nA: b\rc\r\n\r\n", Err("CR stands within a line"));
        check("GET / HTTP/1.1\r\nA: \0\r\n\r\n", Err("NUL in a head"));
        check("POST / HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\n", Err("two lengths"));
        check("POST / HTTP/1.1\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n", Err("a length and chunks"));
        check("POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\ncontent-length: 1\r\n\r\n", Err("a length and chunks"));
        let long = format!("POST / HTTP/1.1\r\nContent-Length: {}\r\n\r\n", "0".repeat(KEPT) + "5");
        check(&long, Err("a length that is no number"));
        check("POST / HTTP/1.1\r\nContent-Length: +1\r\n\r\n", Err("a length that is no number"));
        check("POST / HTTP/1.1\r\nContent-Length: 18446744073709551616\r\n\r\n", Err("a length that is no number"));
    }

    #[test]
    fn a_body_may_hold_anything_and_the_next_head_is_strict_again() {
        check("POST / HTTP/1.1\r\nContent-Length: 3\r\n\r\n\n\r\0GET / HTTP/1.1\r\nHost: a\r\n\r\n", Ok(()));
        check("POST / HTTP/1.1\r\nContent-Length: 3\r\n\r\n\n\r\0GET / HTTP/1.1\n", Err("a line ends without CR"));
    }

    #[test]
    fn d6_who_takes_nothing_is_let_go() {
        use tokio::io::AsyncWriteExt;
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let (here, _there) = tokio::io::duplex(4);
            let mut strict = Strict { patience: Duration::from_millis(1), ..Strict::new(here) };
            strict.write_all(b"four").await.unwrap();
            assert_eq!(strict.write_all(b"more").await.unwrap_err().kind(), io::ErrorKind::TimedOut);
        });
    }
}
