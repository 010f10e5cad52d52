//! Whether an output is JSON that is valid under a JSON Schema (the part of draft 2020-12 that is listed here).
//!
//! Invariant: total; a schema with a keyword that is not checked here is refused when it is kept, never half checked.

use serde_json::Value;

#[derive(Debug, Clone)]
pub(crate) struct Schema(Value);

/// Said about a schema, checked by nobody.
const NOTES: [&str; 9] = ["$schema", "$id", "$comment", "title", "description", "default", "examples", "deprecated", "format"];
const TYPES: [&str; 7] = ["object", "array", "string", "number", "integer", "boolean", "null"];
const MOST_BYTES: usize = 100_000;
/// Kept rules are read back by a parser that goes 128 deep.
const DEEPEST: usize = 64;

impl Schema {
    /// A schema, or what is wrong with it.
    pub(crate) fn new(schema: &Value) -> Result<Self, String> {
        if is_deeper(schema, DEEPEST) {
            return Err(format!("it is nested more than {DEEPEST} deep"));
        }
        let bytes = schema.to_string().len();
        if bytes > MOST_BYTES {
            return Err(format!("it has {bytes} bytes, at most {MOST_BYTES} are read"));
        }
        understood(schema, "")?;
        Ok(Self(schema.clone()))
    }

    /// What is wrong with an output, if anything.
    pub(crate) fn fault(&self, output: &str) -> Option<String> {
        match serde_json::from_str::<Value>(output.trim()) {
            Ok(value) => self.fault_in(&value),
            Err(e) => Some(format!("it is not JSON ({e})")),
        }
    }

    /// What is wrong with a value, if anything.
    pub(crate) fn fault_in(&self, value: &Value) -> Option<String> {
        fault(&self.0, value, "")
    }
}

fn is_deeper(value: &Value, left: usize) -> bool {
    let below = |inner: &Value| left == 0 || is_deeper(inner, left - 1);
    match value {
        Value::Array(items) => items.iter().any(below),
        Value::Object(members) => members.values().any(below),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => false,
    }
}

fn understood(schema: &Value, path: &str) -> Result<(), String> {
    let here = |what: &str| format!("{}: {what}", if path.is_empty() { "/" } else { path });
    let keywords = match schema {
        Value::Bool(_) => return Ok(()),
        Value::Object(keywords) => keywords,
        Value::Null | Value::Number(_) | Value::String(_) | Value::Array(_) => return Err(here("a schema is an object, true or false")),
    };
    for (keyword, value) in keywords {
        let at = format!("{path}/{keyword}");
        let fine = match keyword.as_str() {
            "type" => names(value).is_some_and(|names| !names.is_empty() && names.iter().all(|name| TYPES.contains(name))),
            "required" => value.as_array().is_some_and(|names| names.iter().all(Value::is_string)),
            "enum" => value.is_array(),
            "const" => true,
            "properties" => {
                for (name, schema) in value.as_object().ok_or_else(|| format!("{at}: expected an object"))? {
                    understood(schema, &format!("{at}/{name}"))?;
                }
                true
            }
            "additionalProperties" | "items" => understood(value, &at).map(|()| true)?,
            "anyOf" => {
                let any = value.as_array().filter(|any| !any.is_empty()).ok_or_else(|| format!("{at}: expected a list of schemas"))?;
                for (i, schema) in any.iter().enumerate() {
                    understood(schema, &format!("{at}/{i}"))?;
                }
                true
            }
            "minLength" | "maxLength" | "minItems" | "maxItems" => value.is_u64(),
            "minimum" | "maximum" | "exclusiveMinimum" | "exclusiveMaximum" => value.is_number(),
            note if NOTES.contains(&note) => true,
            _ => return Err(format!("{at}: this keyword is not checked by Gait")),
        };
        if !fine {
            return Err(format!("{at}: {} is no value for it", shown(value)));
        }
    }
    Ok(())
}

/// One name, or a list of them.
fn names(value: &Value) -> Option<Vec<&str>> {
    match value {
        Value::String(name) => Some(vec![name]),
        Value::Array(names) => names.iter().map(Value::as_str).collect(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Object(_) => None,
    }
}

fn is_of(value: &Value, name: &str) -> bool {
    match value {
        Value::Null => name == "null",
        Value::Bool(_) => name == "boolean",
        Value::String(_) => name == "string",
        Value::Array(_) => name == "array",
        Value::Object(_) => name == "object",
        Value::Number(n) => {
            let whole = n.is_i64() || n.is_u64() || n.as_f64().is_some_and(|x| x.fract() == 0.0);
            name == "number" || (name == "integer" && whole)
        }
    }
}

fn equal(a: &Value, b: &Value) -> bool {
    match (a, b) {
        // 1 and 1.0 are the same number.
        (Value::Number(x), Value::Number(y)) => x == y || (x.as_f64() == y.as_f64() && (x.is_f64() || y.is_f64())),
        (Value::Array(x), Value::Array(y)) => x.len() == y.len() && x.iter().zip(y).all(|(x, y)| equal(x, y)),
        (Value::Object(x), Value::Object(y)) => x.len() == y.len() && x.iter().all(|(name, x)| y.get(name).is_some_and(|y| equal(x, y))),
        (_, _) => a == b,
    }
}

fn fault(schema: &Value, value: &Value, path: &str) -> Option<String> {
    let here = |what: String| Some(format!("{}: {what}", if path.is_empty() { "/" } else { path }));
    let keywords = match schema {
        Value::Bool(true) => return None,
        Value::Object(keywords) => keywords,
        Value::Bool(false) | Value::Null | Value::Number(_) | Value::String(_) | Value::Array(_) => {
            return here("nothing is allowed".into());
        }
    };
    let found = shown(value);
    let bound = |keyword: &str| keywords.get(keyword).and_then(Value::as_f64);
    if let Some(types) = keywords.get("type").and_then(names)
        && !types.iter().any(|name| is_of(value, name))
    {
        return here(format!("{found} is not of type {}", types.join(" or ")));
    }
    if let Some(Value::Array(allowed)) = keywords.get("enum")
        && !allowed.iter().any(|one| equal(one, value))
    {
        return here(format!("{found} is not among the allowed values"));
    }
    if let Some(wanted) = keywords.get("const")
        && !equal(wanted, value)
    {
        return here(format!("{found} is not {}", shown(wanted)));
    }
    if let Some(Value::Array(any)) = keywords.get("anyOf")
        && !any.iter().any(|schema| fault(schema, value, path).is_none())
    {
        return here(format!("{found} fits none of the alternatives"));
    }
    match value {
        Value::Object(members) => {
            if let Some(Value::Array(required)) = keywords.get("required")
                && let Some(missing) = required.iter().filter_map(Value::as_str).find(|name| !members.contains_key(*name))
            {
                return here(format!("{missing:?} is missing"));
            }
            let properties = keywords.get("properties").and_then(Value::as_object);
            members.iter().find_map(|(name, member)| {
                let at = format!("{path}/{name}");
                match (properties.and_then(|p| p.get(name)), keywords.get("additionalProperties")) {
                    (Some(schema), _) => fault(schema, member, &at),
                    (None, Some(Value::Bool(false))) => here(format!("{name:?} is not one of its members")),
                    (None, Some(schema)) => fault(schema, member, &at),
                    (None, None) => None,
                }
            })
        }
        Value::Array(items) => {
            let (least, most, n) = (bound("minItems"), bound("maxItems"), items.len() as f64);
            if least.is_some_and(|least| n < least) || most.is_some_and(|most| n > most) {
                return here(format!("{n} items"));
            }
            let schema = keywords.get("items")?;
            items.iter().enumerate().find_map(|(i, item)| fault(schema, item, &format!("{path}/{i}")))
        }
        Value::String(text) => {
            let n = text.chars().count() as f64;
            let outside = bound("minLength").is_some_and(|least| n < least) || bound("maxLength").is_some_and(|most| n > most);
            if outside { here(format!("{n} characters")) } else { None }
        }
        Value::Number(number) => {
            let x = number.as_f64()?;
            let outside = bound("minimum").is_some_and(|m| x < m)
                || bound("maximum").is_some_and(|m| x > m)
                || bound("exclusiveMinimum").is_some_and(|m| x <= m)
                || bound("exclusiveMaximum").is_some_and(|m| x >= m);
            if outside { here(format!("{found} is out of range")) } else { None }
        }
        Value::Null | Value::Bool(_) => None,
    }
}

fn shown(value: &Value) -> String {
    let text = value.to_string();
    match text.char_indices().nth(40) {
        Some((end, _)) => format!("{} …", &text[..end]),
        None => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn check(schema: &Value, output: &str, expected: Option<&str>) {
        assert_eq!(Schema::new(schema).unwrap().fault(output).as_deref(), expected, "{output}");
    }

    #[test]
    fn an_output_that_does_not_fit_is_told_where() {
        let schema = json!({"type": "object", "required": ["refund"], "additionalProperties": false, "properties": {
            "refund": {"type": "number", "minimum": 0, "maximum": 500},
            "currency": {"enum": ["EUR", "KRW"]},
            "lines": {"type": "array", "maxItems": 2, "items": {"type": "string", "minLength": 1}},
            "until": {"anyOf": [{"type": "null"}, {"type": "integer"}]},
        }});
        check(&schema, r#"{"refund": 20, "currency": "EUR", "lines": ["a"], "until": null}"#, None);
        check(&schema, " {\"refund\": 20.0}\n", None);
        check(&schema, r#"{"currency": "EUR"}"#, Some("/: \"refund\" is missing"));
        check(&schema, r#"{"refund": "20"}"#, Some("/refund: \"20\" is not of type number"));
        check(&schema, r#"{"refund": 501}"#, Some("/refund: 501 is out of range"));
        check(&schema, r#"{"refund": 1, "currency": "USD"}"#, Some("/currency: \"USD\" is not among the allowed values"));
        check(&schema, r#"{"refund": 1, "extra": 1}"#, Some("/: \"extra\" is not one of its members"));
        check(&schema, r#"{"refund": 1, "lines": ["a", ""]}"#, Some("/lines/1: 0 characters"));
        check(&schema, r#"{"refund": 1, "lines": ["a", "b", "c"]}"#, Some("/lines: 3 items"));
        check(&schema, r#"{"refund": 1, "until": 1.5}"#, Some("/until: 1.5 fits none of the alternatives"));
        check(&schema, "[]", Some("/: [] is not of type object"));
    }

    #[test]
    fn what_is_not_json_never_fits() {
        for output in ["", "Sure! {\"a\": 1}", "{\"a\": NaN}", "{\"a\": 1,}", "{\"a\": 1", &"[".repeat(10_000)] {
            let fault = Schema::new(&json!({})).unwrap().fault(output).unwrap();
            assert!(fault.starts_with("it is not JSON"), "{fault}");
        }
    }

    #[test]
    fn a_schema_that_could_not_be_read_back_is_refused() {
        let nested = |depth: usize| (0..depth).fold(json!({}), |inner, _| json!({"items": inner}));
        assert!(Schema::new(&nested(64)).is_ok());
        assert_eq!(Schema::new(&nested(65)).unwrap_err(), "it is nested more than 64 deep");
        assert!(Schema::new(&json!({"const": nested(80)})).is_err());
    }

    #[test]
    fn a_schema_that_would_be_half_checked_is_refused() {
        for (schema, expected) in [
            (json!({"properties": {"a": {"pattern": "x"}}}), "/properties/a/pattern: this keyword is not checked by Gait"),
            (json!({"$ref": "#/$defs/a"}), "/$ref: this keyword is not checked by Gait"),
            (json!({"type": "text"}), "/type: \"text\" is no value for it"),
            (json!({"minLength": -1}), "/minLength: -1 is no value for it"),
            (json!({"items": 3}), "/items: a schema is an object, true or false"),
            (json!({"anyOf": []}), "/anyOf: expected a list of schemas"),
        ] {
            assert_eq!(Schema::new(&schema).unwrap_err(), expected);
        }
    }
}
