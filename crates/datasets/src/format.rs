//! How a row of each format looks.
//!
//! Invariant: every row of a format has the same keys, for readers take the shape of a file from its first row; and JSON keeps the text's
//! bytes exactly.

pub(crate) mod csv;
pub(crate) mod parquet;

use crate::example::{Example, Role};
use crate::mapping::{imitated, labelled, pairs};
use crate::recipe::{Format, Side};
use serde::Serialize;
use std::borrow::Cow;
use std::collections::BTreeSet;

/// What the rows of a dataset have in common.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Shape {
    /// Whether rows carry `id` and `weight` where the format allows.
    pub columns: bool,
    /// Whether any prompt has more than one turn.
    pub history: bool,
    /// Keys of `meta`, for the CSV.
    pub meta: BTreeSet<String>,
}

/// A message of a row.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct Turn<'a> {
    pub role: &'static str,
    pub content: Cow<'a, str>,
    /// OpenAI's: 0 for what the assistant said before, which nobody judged.
    #[serde(skip_serializing_if = "Option::is_none")]
    weight: Option<u8>,
}

impl<'a> Turn<'a> {
    fn new(role: &'static str, content: &'a str) -> Self {
        Self { role, content: Cow::Borrowed(content), weight: None }
    }
}

pub(crate) fn assistant(text: &str) -> [Turn<'_>; 1] {
    [Turn::new("assistant", text)]
}

/// User and assistant by turns. Two in a row of one of them become one, for strict chat templates refuse them.
fn turns(example: &Example) -> Vec<Turn<'_>> {
    let mut turns: Vec<Turn<'_>> = Vec::with_capacity(example.prompt.len() + 2);
    for message in &example.prompt {
        let role = match message.role {
            Role::User => "user",
            Role::Assistant => "assistant",
            Role::System => "system",
        };
        match turns.last_mut() {
            Some(last) if last.role == role => last.content = Cow::Owned(format!("{}\n\n{}", last.content, message.content)),
            Some(_) | None => turns.push(Turn::new(role, &message.content)),
        }
    }
    turns
}

/// The system's message, where there is one, and the turns.
pub(crate) fn prompt(example: &Example) -> Vec<Turn<'_>> {
    let system = example.system.as_deref().filter(|system| !system.trim().is_empty());
    system.map(|system| Turn::new("system", system)).into_iter().chain(turns(example)).collect()
}

pub(crate) fn conversation<'a>(example: &'a Example, text: &'a str) -> Vec<Turn<'a>> {
    prompt(example).into_iter().chain(assistant(text)).collect()
}

/// The prompt as one string that ends in space, for a text that is set behind it as it is.
fn plain(example: &Example) -> String {
    let turns = prompt(example);
    let alone = turns.iter().filter(|turn| turn.role != "system").count() == 1;
    let parts = turns.iter().map(|turn| match turn.role {
        "user" if !alone => format!("User: {}", turn.content),
        "assistant" => format!("Assistant: {}", turn.content),
        _ => turn.content.to_string(),
    });
    let mut text = parts.collect::<Vec<String>>().join("\n\n");
    text.push_str("\n\n");
    text
}

#[derive(Serialize)]
struct Columns<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    weight: Option<f64>,
}

#[derive(Serialize)]
struct Messages<'a> {
    messages: Vec<Turn<'a>>,
    #[serde(flatten)]
    columns: Columns<'a>,
}

#[derive(Serialize)]
struct Completion<'a> {
    prompt: String,
    completion: &'a str,
    #[serde(flatten)]
    columns: Columns<'a>,
}

#[derive(Serialize)]
struct Preference<T: Serialize, P: Serialize> {
    prompt: P,
    chosen: T,
    rejected: T,
}

#[derive(Serialize)]
struct WithColumns<'a, T: Serialize> {
    #[serde(flatten)]
    row: T,
    #[serde(flatten)]
    columns: Columns<'a>,
}

#[derive(Serialize)]
struct Kto<'a> {
    prompt: Vec<Turn<'a>>,
    completion: [Turn<'a>; 1],
    label: bool,
    #[serde(flatten)]
    columns: Columns<'a>,
}

#[derive(Serialize)]
struct OnlyMessages<'a> {
    messages: Vec<Turn<'a>>,
}

#[derive(Serialize)]
struct OpenaiPreference<'a> {
    input: OnlyMessages<'a>,
    preferred_output: [Turn<'a>; 1],
    non_preferred_output: [Turn<'a>; 1],
}

#[derive(Serialize)]
struct Alpaca<'a> {
    instruction: Cow<'a, str>,
    input: &'static str,
    output: &'a str,
    system: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    history: Option<Vec<[Cow<'a, str>; 2]>>,
    #[serde(flatten)]
    columns: Columns<'a>,
}

#[derive(Serialize)]
struct Said<'a> {
    from: &'static str,
    value: Cow<'a, str>,
}

#[derive(Serialize)]
struct Sharegpt<'a> {
    conversations: Vec<Said<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    chosen: Option<Said<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    rejected: Option<Said<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    kto_tag: Option<bool>,
    #[serde(flatten)]
    columns: Columns<'a>,
}

fn said<'a>(turns: Vec<Turn<'a>>) -> Vec<Said<'a>> {
    let from = |role: &str| match role {
        "user" => "human",
        "assistant" => "gpt",
        _ => "system",
    };
    turns.into_iter().map(|turn| Said { from: from(turn.role), value: turn.content }).collect()
}

fn gpt(text: &str) -> Said<'_> {
    Said { from: "gpt", value: Cow::Borrowed(text) }
}

/// The rows of an example as they are written, each with the end of its line. Parquet is shown as JSON: it is written by `parquet`.
pub(crate) fn lines(format: Format, example: &Example, side: Side, shape: &Shape, each: &mut dyn FnMut(&[u8])) {
    let columns = || Columns { id: shape.columns.then_some(example.id.as_str()), weight: shape.columns.then_some(example.weight) };
    let mut row = Vec::with_capacity(1024);
    let mut emit = |value: &dyn erased::Row| {
        row.clear();
        value.write(&mut row);
        row.push(b'\n');
        each(&row);
    };
    match format {
        Format::Sft | Format::SftParquet => {
            if let Some(text) = imitated(example) {
                emit(&Messages { messages: conversation(example, text), columns: columns() });
            }
        }
        Format::PromptCompletion => {
            if let Some(text) = imitated(example) {
                emit(&Completion { prompt: plain(example), completion: text, columns: columns() });
            }
        }
        Format::Dpo => {
            for pair in pairs(example) {
                let row = Preference { prompt: plain(example), chosen: pair.chosen, rejected: pair.rejected };
                emit(&WithColumns { row, columns: columns() });
            }
        }
        Format::DpoChat | Format::DpoParquet => {
            for pair in pairs(example) {
                let row = Preference { prompt: prompt(example), chosen: assistant(pair.chosen), rejected: assistant(pair.rejected) };
                emit(&WithColumns { row, columns: columns() });
            }
        }
        Format::Kto => {
            if let Some(said) = labelled(example) {
                emit(&Kto { prompt: prompt(example), completion: assistant(said.text), label: said.label, columns: columns() });
            }
        }
        Format::OpenaiChat => {
            if let Some(text) = imitated(example) {
                let mut messages = prompt(example);
                messages.iter_mut().filter(|turn| turn.role == "assistant").for_each(|turn| turn.weight = Some(0));
                messages.extend(assistant(text));
                emit(&OnlyMessages { messages });
            }
        }
        Format::OpenaiPreference => {
            for pair in pairs(example) {
                emit(&OpenaiPreference {
                    input: OnlyMessages { messages: prompt(example) },
                    preferred_output: assistant(pair.chosen),
                    non_preferred_output: assistant(pair.rejected),
                });
            }
        }
        Format::Alpaca => {
            if let Some(text) = imitated(example) {
                emit(&alpaca(example, text, shape, columns()));
            }
        }
        Format::Sharegpt => {
            if let Some(text) = imitated(example) {
                let conversations = said(conversation(example, text));
                emit(&Sharegpt { conversations, chosen: None, rejected: None, kto_tag: None, columns: columns() });
            }
        }
        Format::SharegptPreference => {
            for pair in pairs(example) {
                let (chosen, rejected) = (Some(gpt(pair.chosen)), Some(gpt(pair.rejected)));
                emit(&Sharegpt { conversations: said(prompt(example)), chosen, rejected, kto_tag: None, columns: columns() });
            }
        }
        Format::SharegptKto => {
            if let Some(labelled) = labelled(example) {
                let conversations = said(conversation(example, labelled.text));
                emit(&Sharegpt { conversations, chosen: None, rejected: None, kto_tag: Some(labelled.label), columns: columns() });
            }
        }
        Format::Csv => {
            csv::line(example, side, shape, &mut row);
            each(&row);
        }
    }
}

fn alpaca<'a>(example: &'a Example, output: &'a str, shape: &Shape, columns: Columns<'a>) -> Alpaca<'a> {
    let mut turns = turns(example);
    let instruction = turns.pop().map(|turn| turn.content).unwrap_or_default();
    let mut history = Vec::new();
    let mut before = turns.into_iter();
    while let (Some(user), Some(answer)) = (before.next(), before.next()) {
        history.push([user.content, answer.content]);
    }
    let system = example.system.as_deref().unwrap_or_default();
    Alpaca { instruction, input: "", output, system, history: shape.history.then_some(history), columns }
}

/// A row of any shape behind one pointer.
mod erased {
    pub trait Row {
        fn write(&self, into: &mut Vec<u8>);
    }

    impl<T: serde::Serialize> Row for T {
        fn write(&self, into: &mut Vec<u8>) {
            serde_json::to_writer(into, self).expect("rows are strings, numbers and lists, and memory takes every byte");
        }
    }
}

#[cfg(test)]
mod tests;
