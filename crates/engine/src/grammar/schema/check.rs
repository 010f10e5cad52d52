//! What a JSON Schema must be before llguidance sees it.
//!
//! Invariant: a schema that passes is small enough to be compiled in bounded time, reaches only into itself, and can be
//! satisfied by a text that ends.

use serde_json::{Map, Value};
use std::collections::BTreeSet;

/// The longest schema, bytes of JSON.
const LONGEST: usize = 256 << 10;
/// The deepest nesting of its JSON: each level of objects takes two.
const DEEPEST: usize = 64;
/// The most values in it.
const MOST_VALUES: usize = 10_000;
/// The most members of one object, and entries of one list.
const MOST_MEMBERS: usize = 1_000;
/// The longest regular expression, bytes.
const LONGEST_PATTERN: usize = 1_000;
/// The highest `minLength` and `maxLength`.
const MOST_CHARACTERS: u64 = 20_000;
/// The highest `minItems`, `maxItems`, `minProperties` and `maxProperties`.
const MOST_ITEMS: u64 = 1_000;
/// The most different places that `$ref` names.
const MOST_REFERENCES: usize = 100;

/// Checks a schema.
///
/// # Errors
/// What is wrong with it, in a sentence.
pub(crate) fn check(schema: &Value) -> Result<(), String> {
    if schema == &Value::Bool(false) {
        return Err("nothing satisfies its JSON Schema".to_owned());
    }
    if !(schema.is_object() || schema.is_boolean()) {
        return Err("its JSON Schema is neither an object nor true".to_owned());
    }
    let mut seen = Seen::default();
    seen.walk(schema, 0)?;
    // After the walk: it has bounded the depth.
    let bytes = schema.to_string().len();
    if bytes > LONGEST {
        return Err(format!("its JSON Schema has {bytes} bytes; expected at most {LONGEST}"));
    }
    check_ends(schema, &seen.references)
}

/// What the walk over all values has found.
#[derive(Default)]
struct Seen {
    values: usize,
    references: BTreeSet<String>,
}

impl Seen {
    fn walk(&mut self, value: &Value, depth: usize) -> Result<(), String> {
        self.values += 1;
        if self.values > MOST_VALUES {
            return Err(format!("its JSON Schema has more than {MOST_VALUES} values"));
        }
        if depth > DEEPEST {
            return Err(format!("its JSON Schema is nested more than {DEEPEST} deep"));
        }
        match value {
            Value::Array(entries) => {
                check_members(entries.len())?;
                entries.iter().try_for_each(|entry| self.walk(entry, depth + 1))
            }
            Value::Object(members) => {
                check_members(members.len())?;
                members.iter().try_for_each(|(name, member)| {
                    self.check_member(name, member)?;
                    self.walk(member, depth + 1)
                })
            }
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => Ok(()),
        }
    }

    fn check_member(&mut self, name: &str, member: &Value) -> Result<(), String> {
        let most = match name {
            "minLength" | "maxLength" => Some(MOST_CHARACTERS),
            "minItems" | "maxItems" | "minProperties" | "maxProperties" => Some(MOST_ITEMS),
            _ => None,
        };
        if let (Some(most), Value::Number(found)) = (most, member)
            && found.as_u64().is_none_or(|found| found > most)
        {
            return Err(format!("its JSON Schema has a {name} of {found}; expected a whole number of at most {most}"));
        }
        match (name, member) {
            ("pattern", Value::String(pattern)) if pattern.len() > LONGEST_PATTERN => {
                Err(format!("its JSON Schema has a pattern of {} bytes; expected at most {LONGEST_PATTERN}", pattern.len()))
            }
            ("$ref", Value::String(target)) if !is_own(target) => {
                Err(format!("its JSON Schema has the $ref {target:?}; expected # or #/… within the schema"))
            }
            ("$ref", Value::String(target)) => {
                self.references.insert(target.clone());
                if self.references.len() > MOST_REFERENCES {
                    return Err(format!("its JSON Schema has $ref to more than {MOST_REFERENCES} places"));
                }
                Ok(())
            }
            _ => Ok(()),
        }
    }
}

fn check_members(count: usize) -> Result<(), String> {
    if count > MOST_MEMBERS {
        return Err(format!("its JSON Schema has {count} members in one place; expected at most {MOST_MEMBERS}"));
    }
    Ok(())
}

fn is_own(target: &str) -> bool {
    target == "#" || target.starts_with("#/")
}

/// Every place that is referred to is there and satisfied by some text that ends: it does not require itself.
fn check_ends(root: &Value, references: &BTreeSet<String>) -> Result<(), String> {
    let mut ending: BTreeSet<&str> = BTreeSet::new();
    // The least fixed point: what ends given what is known to end.
    loop {
        let before = ending.len();
        for target in references {
            let schema = root.pointer(target.trim_start_matches('#')).or((target == "#/").then_some(root));
            let schema = schema.ok_or_else(|| format!("its JSON Schema has the $ref {target:?}, and nothing is there"))?;
            if !ending.contains(target.as_str()) && can_end(schema, &ending) {
                ending.insert(target);
            }
        }
        if ending.len() == before {
            break;
        }
    }
    match references.iter().find(|target| !ending.contains(target.as_str())) {
        Some(target) => Err(format!("its JSON Schema requires {target:?} within itself without end")),
        None => Ok(()),
    }
}

/// Whether some text that ends satisfies this, as far as references go. What else may be unsatisfiable is llguidance's.
fn can_end(schema: &Value, ending: &BTreeSet<&str>) -> bool {
    let Value::Object(schema) = schema else { return true };
    let all = |name: &str| entries(schema, name).all(|entry| can_end(entry, ending));
    let any = |name: &str| schema.get(name).is_none() || entries(schema, name).any(|entry| can_end(entry, ending));
    let refers = schema.get("$ref").and_then(Value::as_str).is_none_or(|target| ending.contains(target));
    if !(refers && all("allOf") && any("anyOf") && any("oneOf")) {
        return false;
    }
    let object = || {
        let required = entries(schema, "required").filter_map(Value::as_str);
        let property = |name: &str| schema.get("properties").and_then(|all| all.get(name)).or(schema.get("additionalProperties"));
        required.filter_map(property).all(|property| can_end(property, ending))
    };
    let array = || {
        let least = schema.get("minItems").and_then(Value::as_u64).unwrap_or(0);
        let first = entries(schema, "prefixItems").count() as u64;
        let rest = least <= first || schema.get("items").is_none_or(|items| can_end(items, ending));
        rest && entries(schema, "prefixItems").zip(0..least).all(|(entry, _)| can_end(entry, ending))
    };
    let of_type = |name: &str| match name {
        "object" => object(),
        "array" => array(),
        _ => true,
    };
    match schema.get("type") {
        Some(Value::String(name)) => of_type(name),
        Some(Value::Array(names)) => names.iter().filter_map(Value::as_str).any(of_type),
        Some(Value::Null | Value::Bool(_) | Value::Number(_) | Value::Object(_)) | None => true,
    }
}

/// The entries of a list; none where there is no list.
fn entries<'a>(schema: &'a Map<String, Value>, name: &str) -> impl Iterator<Item = &'a Value> {
    schema.get(name).and_then(Value::as_array).into_iter().flatten()
}
