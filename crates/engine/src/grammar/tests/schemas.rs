use super::*;
use serde_json::{Value, json};

/// Schemas of the kinds that people write.
fn schemas() -> Vec<Value> {
    vec![
        json!({"type": "object", "additionalProperties": false, "required": ["reply", "tone"],
            "properties": {"tone": {"enum": ["kind", "firm", "환불"]}, "reply": {"type": "string", "maxLength": 12}}}),
        json!({"type": "object", "additionalProperties": false, "required": ["order"],
            "properties": {"order": {"type": "object", "additionalProperties": false, "required": ["id", "lines"],
                "properties": {"id": {"type": "integer", "minimum": 1, "maximum": 9999},
                    "lines": {"type": "array", "minItems": 1, "maxItems": 3, "items": {"type": "object", "additionalProperties": false,
                        "required": ["sku"], "properties": {"sku": {"type": "string", "pattern": "^[A-Z]{2}-[0-9]{3}$"}, "gift": {"type": "boolean"}}}}}}}}),
        json!({"type": "array", "maxItems": 4, "items": {"anyOf": [{"type": "null"}, {"type": "number", "minimum": -1, "maximum": 1}, {"const": "x\"\\\u{1}é"}]}}),
        json!({"type": "object", "additionalProperties": false, "required": ["value"],
            "properties": {"value": {"type": "integer", "minimum": 0, "maximum": 9}, "next": {"$ref": "#"}}}),
        json!({"$defs": {"word": {"type": "string", "minLength": 1, "maxLength": 3}}, "type": "object", "additionalProperties": false,
            "required": ["a", "b"], "properties": {"b": {"$ref": "#/$defs/word"}, "a": {"type": "array", "maxItems": 2, "items": {"$ref": "#/$defs/word"}}}}),
        json!({"type": ["boolean", "null"]}),
        json!({"type": "array", "minItems": 1, "maxItems": 3, "items": {"type": ["number", "integer"]}}),
    ]
}

#[test]
fn every_complete_output_parses_and_is_valid() {
    for schema in schemas() {
        let constraint = Constraint::JsonSchema(schema.clone());
        for shared in [bpe(), sentencepiece()] {
            let mut complete = 0;
            for seed in 0..60 {
                let (text, done) = walk(shared, &constraint, seed, 2_000);
                if !done {
                    continue;
                }
                complete += 1;
                let value: Value = serde_json::from_str(&text).unwrap_or_else(|e| panic!("{text:?} is no JSON: {e}"));
                valid(&schema, &value, &schema).unwrap_or_else(|why| panic!("{text} against {schema}: {why}"));
            }
            assert!(complete > 50, "{complete} of 60 outputs came to an end under {schema}");
        }
    }
}

#[test]
fn what_is_valid_is_allowed_and_what_is_not_is_not() {
    let schema = json!({"type": "object", "additionalProperties": false, "required": ["a"],
        "properties": {"a": {"type": "string"}, "b": {"type": "array", "items": {"type": "integer"}}}});
    let constraint = Constraint::JsonSchema(schema);
    for (text, allowed) in [
        (r#"{"a":"x"}"#, true),
        (r#"{"a": "x", "b": [1, 2]}"#, true),
        ("{\n  \"a\": \"x\",\n  \"b\": [\n    1\n  ]\n}", true),
        (r#"{"a": "\n\"\\ é한🎁"}"#, true),
        (r#"{"b": [1]}"#, false),
        (r#"{"a": "x", "c": 1}"#, false),
        (r#"{"a": 1}"#, false),
        (r#"{"a": "x"} "#, false),
        (r#"{"a": "x""#, false),
        ("{    \"a\": \"x\"}", false),
        ("yes", false),
    ] {
        assert_eq!(takes(bpe(), &constraint, text), allowed, "{text}");
    }
}

#[test]
fn properties_come_in_the_order_of_the_schema() {
    let schema: Value = serde_json::from_str(
        r#"{"type": "object", "additionalProperties": false, "required": ["z", "a"], "properties": {"z": {"const": 1}, "a": {"const": 2}}}"#,
    )
    .unwrap();
    let constraint = Constraint::JsonSchema(schema);
    assert!(takes(bpe(), &constraint, r#"{"z": 1, "a": 2}"#), "as written: what comes first helps what comes later");
    assert!(!takes(bpe(), &constraint, r#"{"a": 2, "z": 1}"#));
}

#[test]
fn a_space_that_sentencepiece_drops_does_not_count() {
    let (tokenizer, grammars) = sentencepiece();
    let id = |text: &str| (0..400).find(|id| tokenizer.show(*id) == text && *id > 258).unwrap();
    let mut grammar = grammars.begin(&Constraint::JsonSchema(json!({"type": "object", "maxProperties": 0}))).unwrap();
    let mask = grammar.mask().unwrap().clone();
    assert!(mask.allows(id(" {")) && mask.allows(id("{")), "with the space and without");
    assert!(!mask.allows(id(" \"")));
    grammar.accept(id(" {")).unwrap();
    grammar.accept(id("}")).unwrap();
    assert!(grammar.is_finished());
}

#[test]
fn an_output_is_the_same_whatever_else_is_under_way() {
    let constraint = Constraint::JsonSchema(schemas().swap_remove(0));
    let fresh = tokenizer_with(|_| {});
    let alone = (fresh, Grammars::new(&bpe().0).unwrap());
    for seed in [0, 1, 2] {
        let first = walk(&alone, &constraint, seed, 500);
        let after_others = walk(bpe(), &constraint, seed, 500);
        assert_eq!(first, after_others);
    }
}

/// Whether a value is valid, for the keywords that these tests use; written from the standard, not from llguidance.
fn valid(schema: &Value, value: &Value, root: &Value) -> Result<(), String> {
    let Some(keywords) = schema.as_object() else { return Ok(()) };
    for (keyword, wanted) in keywords {
        let holds = match keyword.as_str() {
            "type" => wanted.as_array().map_or_else(|| is_a(value, wanted), |types| types.iter().any(|one| is_a(value, one))),
            "enum" => wanted.as_array().unwrap().contains(value),
            "const" => wanted == value,
            "minimum" => value.as_f64().is_none_or(|found| found >= wanted.as_f64().unwrap()),
            "maximum" => value.as_f64().is_none_or(|found| found <= wanted.as_f64().unwrap()),
            "minLength" => value.as_str().is_none_or(|text| text.chars().count() as u64 >= wanted.as_u64().unwrap()),
            "maxLength" => value.as_str().is_none_or(|text| text.chars().count() as u64 <= wanted.as_u64().unwrap()),
            "minItems" => value.as_array().is_none_or(|items| items.len() as u64 >= wanted.as_u64().unwrap()),
            "maxItems" => value.as_array().is_none_or(|items| items.len() as u64 <= wanted.as_u64().unwrap()),
            "pattern" => value.as_str().is_some_and(|text| {
                let (letters, digits) = text.split_once('-').unwrap();
                letters.len() == 2
                    && letters.bytes().all(|b| b.is_ascii_uppercase())
                    && digits.len() == 3
                    && digits.bytes().all(|b| b.is_ascii_digit())
            }),
            "required" => {
                value.as_object().is_none_or(|all| wanted.as_array().unwrap().iter().all(|name| all.contains_key(name.as_str().unwrap())))
            }
            "additionalProperties" => value.as_object().is_none_or(|all| all.keys().all(|name| keywords["properties"].get(name).is_some())),
            "properties" => {
                for (name, property) in wanted.as_object().unwrap() {
                    value.get(name).map_or(Ok(()), |found| valid(property, found, root))?;
                }
                true
            }
            "items" => {
                value.as_array().into_iter().flatten().try_for_each(|item| valid(wanted, item, root))?;
                true
            }
            "anyOf" => wanted.as_array().unwrap().iter().any(|option| valid(option, value, root).is_ok()),
            "$ref" => {
                valid(root.pointer(wanted.as_str().unwrap().trim_start_matches('#')).unwrap(), value, root)?;
                true
            }
            "$defs" => true,
            other => return Err(format!("these tests know no {other}")),
        };
        if !holds {
            return Err(format!("{value} fails {keyword}: {wanted}"));
        }
    }
    Ok(())
}

fn is_a(value: &Value, name: &Value) -> bool {
    match name.as_str().unwrap() {
        "object" => value.is_object(),
        "array" => value.is_array(),
        "string" => value.is_string(),
        "integer" => value.is_i64() || value.is_u64(),
        "number" => value.is_number(),
        "boolean" => value.is_boolean(),
        "null" => value.is_null(),
        _ => false,
    }
}
