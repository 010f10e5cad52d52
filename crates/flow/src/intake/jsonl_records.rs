//! JSON Lines: one flat object a line. Values keep their text: a number is never rounded.

use super::text::{Text, read_line};
use super::{Cells, MOST_COLUMNS, MOST_FIELD, MOST_RECORD, Record, Reject, excerpt_of};
use serde::de::{Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

pub(super) fn read(text: Text) -> Box<dyn Iterator<Item = Record>> {
    let mut reader = text.reader;
    let (mut line, mut n, mut done) = (Vec::new(), 0u64, false);
    Box::new(std::iter::from_fn(move || {
        while !done {
            n += 1;
            match read_line(reader.as_mut(), &mut line) {
                Ok(None) => done = true,
                Ok(Some(false)) => {
                    return Some(Err(Reject { line: n, reason: format!("longer than {MOST_RECORD} bytes"), excerpt: String::new() }));
                }
                Ok(Some(true)) if line.iter().all(u8::is_ascii_whitespace) => {}
                Ok(Some(true)) => return Some(record(n, &line)),
                Err(e) => {
                    done = true;
                    return Some(Err(Reject { line: n, reason: format!("the file could not be read on: {e}"), excerpt: String::new() }));
                }
            }
        }
        None
    }))
}

fn record(n: u64, bytes: &[u8]) -> Record {
    let reject = |reason: String| Reject { line: n, reason, excerpt: excerpt_of(&String::from_utf8_lossy(&bytes[..bytes.len().min(400)])) };
    let line = std::str::from_utf8(bytes).map_err(|e| reject(format!("not UTF-8 at byte {}", e.valid_up_to() + 1)))?;
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
