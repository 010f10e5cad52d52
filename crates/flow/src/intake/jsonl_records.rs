//! JSON: one flat object a line, or the objects of a list or of a file written over several lines. Values keep their text: a number is never
//! rounded.

use super::text::{Text, read_line};
use super::{Cells, MOST_COLUMNS, MOST_FIELD, MOST_RECORD, Record, Reject, excerpt_of};
use serde::de::{Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;
use std::io::BufRead;

pub(super) fn read(text: Text) -> Box<dyn Iterator<Item = Record>> {
    let replaced = text.replaced;
    if stands_over_lines(&text.start) { objects(text.reader, replaced) } else { lines(text.reader, replaced) }
}

/// A list, or objects as a program writes them for people to read: the opening bracket is alone on its line, or the list's first object follows it.
/// One bad line at the beginning of JSON Lines is neither.
fn stands_over_lines(start: &str) -> bool {
    let start = start.trim_start();
    let first = start.lines().next().unwrap_or_default().trim_end();
    match first {
        "{" | "[" => true,
        _ => start.strip_prefix('[').is_some_and(|rest| rest.trim_start().starts_with('{')),
    }
}

fn unreadable(line: u64, error: &std::io::Error) -> Reject {
    Reject { line, reason: format!("the file could not be read on: {error}"), excerpt: String::new() }
}

fn too_long(line: u64) -> Reject {
    Reject { line, reason: format!("longer than {MOST_RECORD} bytes"), excerpt: String::new() }
}

fn lines(mut reader: Box<dyn BufRead>, replaced: bool) -> Box<dyn Iterator<Item = Record>> {
    let (mut line, mut n, mut done) = (Vec::new(), 0u64, false);
    Box::new(std::iter::from_fn(move || {
        while !done {
            n += 1;
            match read_line(reader.as_mut(), &mut line) {
                Ok(None) => done = true,
                Ok(Some(false)) => return Some(Err(too_long(n))),
                Ok(Some(true)) if line.iter().all(u8::is_ascii_whitespace) => {}
                Ok(Some(true)) => return Some(record(n, &line, replaced)),
                Err(e) => {
                    done = true;
                    return Some(Err(unreadable(n, &e)));
                }
            }
        }
        None
    }))
}

/// What stands between two objects, or an object.
enum Piece {
    Object,
    Other,
}

/// Cuts objects out by their brackets, those in texts not counted. Each has the line that it begins on.
struct Objects {
    reader: Box<dyn BufRead>,
    line: u64,
    piece: Vec<u8>,
}

impl Objects {
    /// The next object, or a line of what is none; `Ok(None)` at the end. The first line of it, and whether it was short enough to be kept.
    fn next(&mut self) -> std::io::Result<Option<(u64, Piece, bool)>> {
        self.piece.clear();
        let (mut depth, mut quoted, mut escaped, mut length) = (0u32, false, false, 0usize);
        let mut begins = self.line;
        loop {
            let buffer = self.reader.fill_buf()?;
            if buffer.is_empty() {
                return Ok((length > 0).then_some((begins, Piece::Other, length <= MOST_RECORD)));
            }
            let (mut used, mut found) = (0, None);
            for byte in buffer {
                used += 1;
                self.line += u64::from(*byte == b'\n');
                if length == 0 && (byte.is_ascii_whitespace() || matches!(byte, b',' | b'[' | b']')) {
                    begins = self.line;
                    continue;
                }
                length += 1;
                if length <= MOST_RECORD {
                    self.piece.push(*byte);
                }
                match byte {
                    _ if std::mem::take(&mut escaped) => {}
                    b'\\' => escaped = quoted,
                    b'"' => quoted = !quoted && depth > 0,
                    b'{' if !quoted => depth += 1,
                    b'}' if !quoted && depth > 0 => {
                        depth -= 1;
                        if depth == 0 {
                            found = Some(Piece::Object);
                        }
                    }
                    b'\n' if depth == 0 => found = Some(Piece::Other),
                    _ => {}
                }
                if found.is_some() {
                    break;
                }
            }
            self.reader.consume(used);
            if let Some(piece) = found {
                return Ok(Some((begins, piece, length <= MOST_RECORD)));
            }
        }
    }
}

fn objects(reader: Box<dyn BufRead>, replaced: bool) -> Box<dyn Iterator<Item = Record>> {
    let mut objects = Objects { reader, line: 1, piece: Vec::new() };
    let mut done = false;
    Box::new(std::iter::from_fn(move || {
        if done {
            return None;
        }
        match objects.next() {
            Ok(None) => None,
            Ok(Some((line, _, false))) => Some(Err(too_long(line))),
            Ok(Some((line, Piece::Object, true))) => Some(record(line, &objects.piece, replaced)),
            Ok(Some((line, Piece::Other, true))) => {
                Some(Err(Reject { line, reason: "expected a whole object, { to }".into(), excerpt: excerpt(&objects.piece) }))
            }
            Err(e) => {
                done = true;
                Some(Err(unreadable(objects.line, &e)))
            }
        }
    }))
}

fn excerpt(bytes: &[u8]) -> String {
    excerpt_of(&String::from_utf8_lossy(&bytes[..bytes.len().min(400)]))
}

fn record(n: u64, bytes: &[u8], replaced: bool) -> Record {
    let reject = |reason: String| Reject { line: n, reason, excerpt: excerpt(bytes) };
    let line = std::str::from_utf8(bytes).map_err(|e| reject(format!("not UTF-8 at byte {}", e.valid_up_to() + 1)))?;
    if replaced && line.contains(char::REPLACEMENT_CHARACTER) {
        return Err(reject("holds bytes that are nothing in the file's encoding".into()));
    }
    if line.trim_start().starts_with('[') {
        return Err(reject("expected one object a line, found an array; write each of its objects on a line of its own".into()));
    }
    let mut json = serde_json::Deserializer::from_str(line);
    let pairs = json
        .deserialize_map(FlatObject)
        .and_then(|pairs| json.end().map(|()| pairs))
        .map_err(|e| reject(format!("not a JSON object: {e}")))?;
    let mut cells = Vec::with_capacity(pairs.len());
    for (name, raw) in pairs {
        let raw = raw.get();
        let value = match raw.as_bytes().first() {
            Some(b'"') => serde_json::from_str::<String>(raw).map_err(|e| reject(format!("{name}: {e}")))?,
            Some(b'n') => continue,
            Some(b'{') => return Err(reject(format!("{name}: expected text, found an object"))),
            Some(b'[') => return Err(reject(format!("{name}: expected text, found a list"))),
            Some(_) | None => raw.to_owned(),
        };
        if value.len() > MOST_FIELD {
            return Err(reject(format!("{name}: {} bytes, at most {MOST_FIELD} are taken", value.len())));
        }
        if value.contains('\0') {
            return Err(reject(format!("{name}: holds a NUL character")));
        }
        cells.push((name, value));
    }
    Ok(Cells { line: n, cells })
}

/// An object's members in order; a name that stands twice is an error, since readers disagree on which one counts.
struct FlatObject;

impl<'de> Visitor<'de> for FlatObject {
    type Value = Vec<(String, Box<RawValue>)>;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut pairs: Self::Value = Vec::new();
        let mut names = std::collections::HashSet::new();
        while let Some((name, raw)) = map.next_entry::<String, Box<RawValue>>()? {
            if !names.insert(name.clone()) {
                return Err(serde::de::Error::custom(format!("{name:?} stands twice")));
            }
            if pairs.len() == MOST_COLUMNS {
                return Err(serde::de::Error::custom(format!("more than {MOST_COLUMNS} members")));
            }
            pairs.push((name, raw));
        }
        Ok(pairs)
    }
}
