use super::*;
use serde_json::{Value, json};
use std::time::{Duration, Instant};

/// What is said of a schema, and how long that took; `None` when it is followed for 200 tokens.
fn refusal(schema: &Value) -> (Option<String>, Duration) {
    let started = Instant::now();
    let said = follow(schema).err().map(|error| error.to_string());
    (said, started.elapsed())
}

fn follow(schema: &Value) -> Result<(), ModelError> {
    let (_, grammars) = bpe();
    let mut grammar = grammars.begin(&Constraint::JsonSchema(schema.clone()))?;
    let mut random = ChaCha8Rng::seed_from_u64(1);
    for _ in 0..200 {
        let ids: Vec<u32> = grammar.mask()?.ids().collect();
        let id = ids[random.next_u32() as usize % ids.len()];
        grammar.accept(id)?;
        if grammar.is_finished() {
            break;
        }
    }
    Ok(())
}

fn nested(depth: usize) -> Value {
    (0..depth).fold(json!({"type": "null"}), |inner, _| json!({"type": "array", "items": inner}))
}

fn wide(count: usize) -> Value {
    json!({"type": "object", "properties": (0..count).map(|n| (format!("p{n}"), json!({"type": "string"}))).collect::<serde_json::Map<_, _>>()})
}

fn text_of(pattern: &str) -> Value {
    json!({"type": "string", "pattern": pattern})
}

/// allOf of anyOf of objects: 2^n combinations when multiplied out.
fn multiplied(count: usize) -> Value {
    let factor = |n: usize| json!({"anyOf": [{"type": "object", "properties": {format!("a{n}"): {"type": "null"}}}, {"type": "object", "properties": {format!("b{n}"): {"type": "null"}}}]});
    json!({"allOf": (0..count).map(factor).collect::<Vec<_>>()})
}

/// Each level refers twice to the next.
fn doubling(levels: usize) -> Value {
    let level = |n: usize| {
        let next = json!({"$ref": format!("#/$defs/l{}", n + 1)});
        (
            format!("l{n}"),
            if n + 1 == levels {
                json!({"type": "null"})
            } else {
                json!({"type": "array", "minItems": 2, "maxItems": 2, "prefixItems": [next, next]})
            },
        )
    };
    json!({"$ref": "#/$defs/l0", "$defs": (0..levels).map(level).collect::<serde_json::Map<_, _>>()})
}

#[test]
fn what_cannot_be_followed_is_refused_in_a_sentence() {
    let long = "a".repeat(2_000);
    for (schema, says) in [
        (json!("no schema"), "neither an object"),
        (json!([]), "neither an object"),
        (json!(false), "nothing satisfies"),
        (nested(200), "nested more than"),
        (wide(5_000), "5000 members"),
        (json!({"enum": (0..30_000).collect::<Vec<_>>()}), "30000 members"),
        (json!({"type": "string", "maxLength": 1e9}), "maxLength of 1000000000"),
        (json!({"type": "string", "minLength": 4_000_000_000u32}), "minLength of"),
        (json!({"type": "array", "minItems": 1_000_000, "items": true}), "minItems of 1000000"),
        (json!({"type": "array", "maxItems": -1}), "maxItems of -1"),
        (text_of(&long), "pattern of 2000 bytes"),
        (text_of("(a"), "cannot be followed"),
        (json!({"$ref": "#"}), "without end"),
        (json!({"$ref": "#/$defs/a", "$defs": {"a": {"$ref": "#/$defs/b"}, "b": {"$ref": "#/$defs/a"}}}), "without end"),
        (json!({"type": "object", "required": ["a"], "properties": {"a": {"$ref": "#"}}}), "without end"),
        (json!({"type": "array", "minItems": 1, "items": {"$ref": "#"}}), "without end"),
        (json!({"$ref": "#/$defs/nowhere"}), "nothing is there"),
        (json!({"$ref": "https://example.org/schema.json"}), "within the schema"),
        (json!({"$ref": "file:///etc/passwd"}), "within the schema"),
        (json!({"not": {"type": "null"}}), "\"not\""),
        (json!({"type": "object", "required": ["a"], "properties": {"a": false}}), "unsatisfiable"),
        (json!({"type": "object", "minProperties": 3, "maxProperties": 2}), "JSON Schema"),
        (json!({"type": "colour"}), "JSON Schema"),
        (json!({"type": 7}), "JSON Schema"),
        (json!({"properties": []}), "JSON Schema"),
        (json!({"type": "integer", "minimum": 2, "maximum": 1}), "JSON Schema"),
    ] {
        let (said, took) = refusal(&schema);
        let short: String = schema.to_string().chars().take(120).collect();
        let said = said.unwrap_or_else(|| panic!("{short} was followed"));
        assert!(said.contains(says), "{short}: {said}");
        assert!(!said.contains("panic") && !said.contains('\n'), "{short}: {said}");
        assert!(took < Duration::from_secs(10), "{short} took {took:?}");
    }
}

#[test]
fn what_is_costly_takes_bounded_time() {
    for schema in [
        nested(30),
        wide(900),
        multiplied(3),
        multiplied(12),
        multiplied(40),
        doubling(40),
        json!({"allOf": vec![json!({"$ref": "#/$defs/a"}); 200], "$defs": {"a": {"type": "object", "properties": {"x": {"$ref": "#/$defs/a"}, "y": {"$ref": "#/$defs/a"}}}}}),
        json!({"type": "object", "properties": {"a": {"allOf": [{"$ref": "#"}, {"$ref": "#"}]}}}),
        json!({"type": "array", "items": {"type": "array", "maxItems": 1_000, "items": {"type": "array", "maxItems": 1_000}}, "maxItems": 1_000}),
        json!({"type": "string", "maxLength": 20_000, "minLength": 19_000}),
        json!({"enum": (0..900).map(|n| format!("{}{n}", "long ".repeat(20))).collect::<Vec<_>>()}),
        text_of("(a|a)*(a|aa)*(a|aaa)*b"),
        text_of("^(([a-z])+.)+[A-Z]([a-z])+$"),
        text_of(".*a.{30}b.*a.{30}"),
        text_of("(x+x+)+y"),
        text_of("((a{1,100}){1,100}){1,100}b"),
        text_of("\\p{L}{1,500}"),
        json!({"patternProperties": {"^a.*b.*c.*d": {}, "^x.*y.*z.*w": {"type": "null"}}, "additionalProperties": {"$ref": "#"}}),
        json!({"type": "number", "multipleOf": 0.000_000_1, "minimum": 0, "maximum": 1e300}),
        json!({"oneOf": (0..60).map(|n| json!({"type": "object", "required": ["k"], "properties": {"k": {"const": n.to_string()}}})).collect::<Vec<_>>()}),
    ] {
        let (said, took) = refusal(&schema);
        let short: String = schema.to_string().chars().take(120).collect();
        let said = said.unwrap_or_default();
        assert!(!said.contains("panic") && !said.contains('\n') && !said.contains("broke off"), "{short}: {said}");
        assert!(took < Duration::from_secs(10), "{short} took {took:?}");
    }
}

#[test]
fn options_within_a_schema_have_no_effect() {
    let schema = json!({"x-guidance": {"lenient": true, "whitespace_pattern": "x+"}, "not": {}});
    assert!(refusal(&schema).0.unwrap().contains("\"not\""), "it does not become lenient");
}
