//! JSON Schemas, compiled by llguidance and kept by their text.
//!
//! Invariant: whatever the schema, compiling it and following it take bounded time and memory; what is refused is
//! refused in a sentence. What one output needs of a compiled schema is its own: a costly output spoils no other.
//!
//! Measured limits stand beside their numbers. llguidance recurses over properties and nesting, hence the large stack.

mod check;

pub(crate) use check::check;

use super::Vocabulary;
use llguidance::api::TopLevelGrammar;
use llguidance::earley::SlicedBiasComputer;
use llguidance::toktrie::InferenceCapabilities;
use llguidance::{JsonCompileOptions, Matcher, ParserFactory};
use serde_json::Value;
use std::collections::VecDeque;
use std::fmt::Display;
use std::sync::{Mutex, PoisonError};

/// The stack of a thread that compiles, bytes. Only what is used becomes memory.
pub(crate) const STACK: usize = 64 << 20;
/// Compiled schemas that are kept, the last used.
const KEPT: usize = 16;

/// What may stand between the parts of a JSON text: a space, or a line break with its indentation. Bounded, so that a
/// model cannot go on with white space for ever.
const SPACE: &str = r" |\n[ ]{0,24}";

/// Bounds of numbers and of whole numbers that have none of their own.
const LARGEST: i64 = 1_000_000_000_000_000;
const LARGEST_WHOLE: i64 = 1_000_000_000_000_000_000;

type Compiled = Result<Matcher, String>;

/// The schemas that outputs of one model have used.
pub(crate) struct Schemas {
    factory: ParserFactory,
    /// Last used at the back.
    known: Mutex<VecDeque<(String, Compiled)>>,
}

impl Schemas {
    /// Sorts the tokens that lie within JSON strings.
    ///
    /// # Errors
    /// What llguidance says.
    pub(crate) fn new(vocabulary: &Vocabulary) -> Result<Self, String> {
        let capabilities = InferenceCapabilities::default();
        let factory = ParserFactory::new(vocabulary.env(), capabilities, &SlicedBiasComputer::json_slices());
        let mut factory = factory.map_err(|e| format!("the model's vocabulary cannot be followed: {e}"))?;
        factory.quiet();
        let limits = factory.limits_mut();
        // An error's text must not quote the output.
        limits.verbose_errors = false;
        limits.initial_lexer_fuel = 500_000;
        limits.step_lexer_fuel = 200_000;
        limits.step_max_items = 50_000;
        limits.max_items_in_row = 2_000;
        // About 2 kB each, for each output under way.
        limits.max_lexer_states = 20_000;
        limits.max_grammar_size = 200_000;
        Ok(Self { factory, known: Mutex::new(VecDeque::new()) })
    }

    /// A schema at its beginning, if it was compiled before: or why it could not be.
    pub(crate) fn known(&self, schema: &Value) -> Option<Compiled> {
        let text = schema.to_string();
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let place = known.iter().position(|(other, _)| *other == text)?;
        let entry = known.remove(place)?;
        let copy = copy(&entry.1);
        known.push_back(entry);
        Some(copy)
    }

    /// Compiles a schema that [`check`] has passed, and keeps it. Needs [`STACK`].
    ///
    /// # Errors
    /// What is wrong with it, in a sentence.
    pub(crate) fn compile(&self, schema: &Value) -> Compiled {
        let compiled = self.build(schema);
        let copy = copy(&compiled);
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        known.push_back((schema.to_string(), compiled));
        if known.len() > KEPT {
            known.pop_front();
        }
        copy
    }

    fn build(&self, schema: &Value) -> Compiled {
        let mut schema = if schema.is_object() { schema.clone() } else { Value::Object(serde_json::Map::new()) };
        bound_numbers(&mut schema);
        let options = JsonCompileOptions { whitespace_pattern: Some(SPACE.to_owned()), ..JsonCompileOptions::default() };
        // Replaces what the schema itself says there: options are ours.
        options.apply_to(&mut schema);
        let parser = self.factory.create_parser(TopLevelGrammar::from_json_schema(schema)).map_err(|e| sentence(&e))?;
        let matcher = Matcher::new(Ok(parser));
        // A schema that nothing satisfies shows here.
        matcher.deep_clone().compute_mask().map_err(|_| "nothing satisfies its JSON Schema".to_owned())?;
        match matcher.get_error() {
            Some(error) => Err(first_line(&error)),
            None => Ok(matcher),
        }
    }
}

/// Gives numbers that have no bounds of their own some that every reader of JSON takes: an unbounded one may be written
/// with an exponent of 770, or never end.
fn bound_numbers(schema: &mut Value) {
    match schema {
        Value::Object(members) => {
            let types = members.get("type").cloned().unwrap_or(Value::Null);
            let is = |name: &str| types == name || types.as_array().is_some_and(|all| all.iter().any(|one| one == name));
            let most = if is("number") { Some(LARGEST) } else { is("integer").then_some(LARGEST_WHOLE) };
            let named = |name: &str| members.contains_key(name);
            let (below, above) = (named("minimum") || named("exclusiveMinimum"), named("maximum") || named("exclusiveMaximum"));
            if let Some(most) = most.filter(|_| !named("const") && !named("enum")) {
                if !below {
                    members.insert("minimum".to_owned(), Value::from(-most));
                }
                if !above {
                    members.insert("maximum".to_owned(), Value::from(most));
                }
            }
            members
                .iter_mut()
                .filter(|(name, _)| !["const", "enum"].contains(&name.as_str()))
                .for_each(|(_, member)| bound_numbers(member));
        }
        Value::Array(entries) => entries.iter_mut().for_each(bound_numbers),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// A copy that shares nothing with the original, so that its costs are its own.
fn copy(compiled: &Compiled) -> Compiled {
    match compiled {
        Ok(matcher) => Ok(matcher.deep_clone()),
        Err(reason) => Err(reason.clone()),
    }
}

/// What llguidance says, as a part of our sentence. It never quotes the output: see `verbose_errors`.
pub(crate) fn sentence(error: &impl Display) -> String {
    first_line(&error.to_string())
}

fn first_line(text: &str) -> String {
    let line: String = text.lines().next().unwrap_or_default().chars().take(300).collect();
    match line.strip_prefix("Unimplemented keys: ") {
        Some(keys) => format!("its JSON Schema uses {keys}, which cannot be followed while the output is written"),
        None => format!("its JSON Schema cannot be followed: {line}"),
    }
}
