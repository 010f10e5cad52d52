//! Bodies: read up to a limit, as JSON on which all readers agree.
//!
//! Invariant: a name that stands twice in an object, or more nesting and members than a request has, is refused before anything reads it.

use crate::problem::{Code, Problem};
use axum::body::{Body, Bytes};
use http_body_util::{BodyExt, Limited};
use serde::de::{DeserializeOwned, DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use std::collections::HashSet;
use std::fmt;
use std::time::Duration;

/// Bytes of a body.
pub const MOST: usize = 10 << 20;
/// For the whole of a body to arrive.
const PATIENCE: Duration = Duration::from_secs(30);
/// Members of one object or list.
const MOST_MEMBERS: usize = 10_000;

/// The whole body.
pub async fn whole(body: Body) -> Result<Bytes, Problem> {
    let collected = tokio::time::timeout(PATIENCE, Limited::new(body, MOST).collect()).await;
    match collected {
        Ok(Ok(collected)) => Ok(collected.to_bytes()),
        Ok(Err(e)) if e.is::<http_body_util::LengthLimitError>() => Err(too_large()),
        Ok(Err(_)) => Err(Problem::new(Code::Invalid, "the body ended before its length")),
        Err(_) => Err(Problem::new(Code::TooSlow, format!("the body did not arrive within {} seconds", PATIENCE.as_secs()))),
    }
}

pub fn too_large() -> Problem {
    Problem::new(Code::TooLarge, format!("a body has at most {MOST} bytes; send less at once"))
}

/// A value of the body, or where it is not as expected.
pub fn read<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Problem> {
    let invalid = |why: String| Problem::new(Code::Invalid, format!("the body: {why}"));
    let text = std::str::from_utf8(bytes).map_err(|e| invalid(format!("not UTF-8 at byte {}", e.valid_up_to() + 1)))?;
    let mut json = serde_json::Deserializer::from_str(text);
    Sound.deserialize(&mut json).and_then(|()| json.end()).map_err(|e| invalid(e.to_string()))?;
    let mut json = serde_json::Deserializer::from_str(text);
    serde_path_to_error::deserialize(&mut json).map_err(|e| {
        let (path, why) = (e.path().to_string(), e.into_inner());
        invalid(if path == "." { why.to_string() } else { format!("{path}: {why}") })
    })
}

/// Looks at a value without keeping it.
struct Sound;

impl<'de> DeserializeSeed<'de> for Sound {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Sound {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_bool<E>(self, _: bool) -> Result<(), E> {
        Ok(())
    }

    fn visit_i64<E>(self, _: i64) -> Result<(), E> {
        Ok(())
    }

    fn visit_u64<E>(self, _: u64) -> Result<(), E> {
        Ok(())
    }

    fn visit_f64<E>(self, _: f64) -> Result<(), E> {
        Ok(())
    }

    fn visit_str<E>(self, _: &str) -> Result<(), E> {
        Ok(())
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<(), A::Error> {
        let mut n = 0;
        while list.next_element_seed(Sound)?.is_some() {
            n += 1;
            if n > MOST_MEMBERS {
                return Err(A::Error::custom(format!("a list of more than {MOST_MEMBERS}")));
            }
        }
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let mut names = HashSet::new();
        while let Some(name) = map.next_key::<String>()? {
            if names.len() == MOST_MEMBERS {
                return Err(A::Error::custom(format!("an object of more than {MOST_MEMBERS} members")));
            }
            map.next_value_seed(Sound)?;
            if let Some(twice) = names.replace(name) {
                return Err(A::Error::custom(format!("{twice:?} stands twice in one object")));
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::Value;

    fn check(json: &str, expected: &str) {
        let why = match read::<Value>(json.as_bytes()) {
            Ok(_) => "fine".to_owned(),
            Err(problem) => serde_json::to_value(&problem).unwrap()["detail"].as_str().unwrap().to_owned(),
        };
        assert!(why.contains(expected), "{:?}: {why}", json.chars().take(60).collect::<String>());
    }

    #[test]
    fn b1_only_json_is_json() {
        check(r#"{"a": 1}"#, "fine");
        check(r#"{"a": 1,}"#, "trailing comma");
        check(r#"{"a": NaN}"#, "expected value");
        check(r#"{'a': 1}"#, "key must be a string");
        check(r#"{"a": 1} // so"#, "trailing characters");
        check("", "EOF");
    }

    #[test]
    fn b2_nesting_has_a_limit_and_no_stack_overflows() {
        check(&("[".repeat(100) + &"]".repeat(100)), "fine");
        check(&("[".repeat(200_000) + &"]".repeat(200_000)), "recursion limit");
    }

    #[test]
    fn b3_a_name_that_stands_twice_is_refused_at_any_depth() {
        check(r#"{"id": 1, "id": 2}"#, r#""id" stands twice"#);
        check(r#"{"a": [{"b": {"c": 1, "\u0063": 2}}]}"#, r#""c" stands twice"#);
    }

    #[test]
    fn b4_half_a_character_is_no_character() {
        check(r#"{"a": "\ud800"}"#, "hex escape");
        assert!(read::<Value>(b"{\"a\": \"\xed\xa0\x80\"}").is_err(), "a surrogate in bytes");
        assert!(read::<Value>(b"{\"a\": \"\xc0\xaf\"}").is_err(), "an overlong slash");
    }

    #[test]
    fn b10_members_have_a_limit() {
        let many = (0..20_000).map(|n| format!("\"k{n}\":1")).collect::<Vec<_>>().join(",");
        check(&format!("{{{many}}}"), "more than 10000 members");
        check(&format!("[{}1]", "1,".repeat(20_000)), "a list of more than 10000");
    }
}
