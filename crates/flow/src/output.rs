//! What an output is: a text, one of a closed set of labels, or JSON under a schema.
//!
//! Invariant: a part of the drafter version. The model is held to it while it writes, and what does not fit all the same goes to a person
//! and never out, whoever approves it.

mod strict;

use crate::error::{Error, Result};
use crate::feedback;
use crate::hold::{self, Held, Schema};
use crate::model::Constraint;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;

/// What an output is.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Output {
    #[default]
    Text,
    /// One of these, to the letter, in the order in which they are shown.
    Labels { labels: Vec<String> },
    /// A JSON text that is valid under this schema (the keywords that hold rules check).
    Json { schema: Value },
}

/// Its kind alone, which says how far two outputs are apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OutputKind {
    Text,
    Labels,
    Json,
}

impl OutputKind {
    pub const ALL: [Self; 3] = [Self::Text, Self::Labels, Self::Json];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Labels => "labels",
            Self::Json => "json",
        }
    }

    /// How far an output is from another, 0 (the same) to 1. Texts by their characters; a label is the same or another one; JSON by
    /// the share of its values that differ, so that how it is laid out counts for nothing. What is no JSON is compared as a text.
    pub fn distance(self, from: &str, to: &str) -> f64 {
        match self {
            Self::Text => feedback::edit_distance(from, to),
            Self::Labels => f64::from(u8::from(from != to)),
            Self::Json => match (serde_json::from_str(from), serde_json::from_str(to)) {
                (Ok(from), Ok(to)) => values_apart(&from, &to),
                (_, _) => feedback::edit_distance(from, to),
            },
        }
    }
}

/// Under which name the form of the output holds a draft back, beside the hold rules of people.
pub const FORM: &str = "form of the output";

const MOST_LABELS: usize = 100;
/// Characters of a label: it stands on a button.
const LONGEST_LABEL: usize = 100;

impl Output {
    pub fn kind(&self) -> OutputKind {
        match self {
            Self::Text => OutputKind::Text,
            Self::Labels { .. } => OutputKind::Labels,
            Self::Json { .. } => OutputKind::Json,
        }
    }

    /// For stored JSON: a text says nothing, as it did before there were other kinds.
    pub(crate) fn is_text(&self) -> bool {
        self.kind() == OutputKind::Text
    }

    /// Whether it can be asked of a model and of people.
    ///
    /// # Errors
    /// [`Error::Invalid`] with the label, or the place in the schema.
    pub fn check(&self) -> Result<()> {
        match self {
            Self::Text => Ok(()),
            Self::Labels { labels } => check_labels(labels),
            Self::Json { schema } => match Schema::new(schema) {
                Ok(_) if !schema.is_object() => Err(Error::invalid("schema", schema, "a JSON Schema that says what the output is")),
                Ok(_) => Ok(()),
                Err(wrong) => Err(Error::invalid("schema", wrong, "a JSON Schema of the keywords that Gait checks")),
            },
        }
    }

    /// What the model is held to.
    pub fn constraint(&self) -> Option<Constraint> {
        match self {
            Self::Text => None,
            Self::Labels { labels } => Some(Constraint::Labels(labels.clone())),
            Self::Json { schema } => Some(Constraint::JsonSchema(schema.clone())),
        }
    }

    /// What is wrong with an output, in words; `None` where it fits.
    pub fn fault(&self, output: &str) -> Option<String> {
        match self {
            Self::Text => None,
            Self::Labels { labels } => (!labels.iter().any(|label| label == output)).then(|| "it is not one of the labels".to_owned()),
            Self::Json { schema } => match Schema::new(schema) {
                Ok(schema) => match strict::read(output) {
                    Ok(value) => schema.fault_in(&value),
                    Err(e) => Some(format!("it is not JSON ({e})")),
                },
                Err(wrong) => Some(format!("its schema cannot be read ({wrong})")),
            },
        }
    }

    /// What holds a draft back whose output does not fit.
    pub(crate) fn holds(&self, output: &str) -> Option<Held> {
        self.fault(output).map(|what| Held { rule: FORM.to_owned(), what })
    }

    /// Whether a text may go out.
    ///
    /// # Errors
    /// [`Error::Invalid`] with what is wrong and where.
    pub(crate) fn must_fit(&self, output: &str) -> Result<()> {
        match self.fault(output) {
            None => Ok(()),
            Some(fault) => Err(Error::invalid(
                "text",
                fault,
                match self.kind() {
                    OutputKind::Labels => "one of the labels of this use case",
                    OutputKind::Json | OutputKind::Text => "JSON that fits the schema of this use case",
                },
            )),
        }
    }
}

fn check_labels(labels: &[String]) -> Result<()> {
    if labels.len() < 2 || labels.len() > MOST_LABELS {
        return Err(Error::invalid("labels", labels.len(), format!("2 to {MOST_LABELS} labels")));
    }
    for (i, label) in labels.iter().enumerate() {
        let field = format!("label {}", i + 1);
        let characters = label.chars().count();
        if label.trim().is_empty() || characters > LONGEST_LABEL {
            return Err(Error::invalid(field, format!("{characters} characters"), format!("1 to {LONGEST_LABEL} characters")));
        }
        if label.trim() != label {
            return Err(Error::invalid(field, format!("{label:?}"), "no space at its beginning or end"));
        }
        if label.chars().any(char::is_control) || hold::hidden(label).is_some() {
            return Err(Error::invalid(field, format!("{label:?}"), "characters that can be seen, in one line"));
        }
        if labels[..i].contains(label) {
            return Err(Error::invalid(field, format!("{label:?}"), "a label that stands there once"));
        }
    }
    Ok(())
}

/// Share of the places in either value at which they differ. A place is a value that holds no others, under its path.
fn values_apart(from: &Value, to: &Value) -> f64 {
    let (mut a, mut b) = (BTreeMap::new(), BTreeMap::new());
    leaves(from, String::new(), &mut a);
    leaves(to, String::new(), &mut b);
    let only_b = b.keys().filter(|path| !a.contains_key(*path)).count();
    let differ = a.iter().filter(|(path, value)| b.get(*path) != Some(value)).count() + only_b;
    let places = a.len() + only_b;
    if places == 0 { 0.0 } else { differ as f64 / places as f64 }
}

/// Every value without members, by its path; an empty list or object is such a value too.
fn leaves<'a>(value: &'a Value, path: String, into: &mut BTreeMap<String, &'a Value>) {
    match value {
        Value::Object(members) if !members.is_empty() => {
            for (name, member) in members {
                leaves(member, format!("{path}/{}", name.replace('~', "~0").replace('/', "~1")), into);
            }
        }
        Value::Array(items) if !items.is_empty() => {
            for (i, item) in items.iter().enumerate() {
                leaves(item, format!("{path}/{i}"), into);
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Object(_) | Value::Array(_) => {
            into.insert(path, value);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn labels(labels: &[&str]) -> Output {
        Output::Labels { labels: labels.iter().map(|label| (*label).to_owned()).collect() }
    }

    #[test]
    fn labels_that_cannot_stand_on_a_button_are_refused_by_name() {
        assert!(labels(&["order", "환불 요청"]).check().is_ok());
        for (bad, field) in [
            (labels(&["order"]), "labels"),
            (labels(&["order", " "]), "label 2"),
            (labels(&["order", "order "]), "label 2"),
            (labels(&["order", "or\nder"]), "label 2"),
            (labels(&["order", "or\u{200b}der"]), "label 2"),
            (labels(&["a", "b", "a"]), "label 3"),
            (Output::Labels { labels: vec!["x".repeat(101), "b".into()] }, "label 1"),
        ] {
            match bad.check() {
                Err(Error::Invalid { field: found, .. }) => assert_eq!(found, field, "{bad:?}"),
                other => panic!("{bad:?}: {other:?}"),
            }
        }
    }

    #[test]
    fn a_schema_that_would_be_half_checked_is_refused() {
        assert!(Output::Json { schema: json!({"type": "object"}) }.check().is_ok());
        for schema in [json!({"properties": {"a": {"pattern": "x"}}}), json!(true), json!(3)] {
            assert!(Output::Json { schema: schema.clone() }.check().is_err(), "{schema}");
        }
    }

    #[test]
    fn g6_what_does_not_fit_is_told() {
        assert_eq!(Output::Text.fault("anything"), None);
        let kinds = labels(&["order", "other"]);
        assert_eq!(kinds.fault("order"), None);
        for wrong in ["Order", "order ", "", "order\n", "return"] {
            assert!(kinds.fault(wrong).is_some(), "{wrong:?}");
        }
        let json = Output::Json {
            schema: json!({"type": "object", "required": ["n"], "additionalProperties": false,
            "properties": {"n": {"type": "integer"}}}),
        };
        assert_eq!(json.fault(r#"{"n": 3}"#), None);
        for wrong in [
            r#"{"n": "3"}"#,
            r#"{"n": NaN}"#,
            "{}",
            r#"{"n": 3, "n": 3}"#,
            "\u{feff}{\"n\": 3}",
            r#"{"n": 1e400}"#,
            r#"{"n": 3, "m": 1}"#,
            "Sure! {\"n\": 3}",
            &"[".repeat(10_000),
        ] {
            assert!(json.fault(wrong).is_some(), "{wrong:.40}");
        }
    }

    #[test]
    fn how_far_two_outputs_are_apart_is_told_by_their_kind() {
        let apart = |kind: OutputKind, from, to| kind.distance(from, to);
        assert_eq!(apart(OutputKind::Labels, "class 1", "class 2"), 1.0, "another label is another answer");
        assert_eq!(apart(OutputKind::Labels, "class 1", "class 1"), 0.0);
        let (one, laid_out) = (r#"{"a":1,"b":[1,2],"c":null}"#, "{ \"b\": [1, 2],\n \"c\": null, \"a\": 1 }");
        assert_eq!(apart(OutputKind::Json, one, laid_out), 0.0, "how it is laid out counts for nothing");
        assert_eq!(apart(OutputKind::Json, one, r#"{"a":2,"b":[1,2],"c":null}"#), 0.25);
        assert_eq!(apart(OutputKind::Json, one, r#"{"a":1,"b":[1,2],"c":null,"d":{}}"#), 0.2, "one of five");
        assert_eq!(apart(OutputKind::Json, "{}", "{}"), 0.0);
        assert_eq!(apart(OutputKind::Json, "{}", "[]"), 1.0);
        assert_eq!(apart(OutputKind::Json, "kitten", "sitting"), feedback::edit_distance("kitten", "sitting"));
    }
}
