//! Runs the chat template of a model: from messages to the text of the prompt.
//!
//! Invariant: the text follows from the template and the messages alone, and every template ends: it runs on fuel, has
//! no access to files, environment or clock, and its length is limited.
//!
//! The conventions are those of Hugging Face's `apply_chat_template` (`transformers/utils/chat_template_utils.py`):
//! `trim_blocks`, `lstrip_blocks`, loop controls, `raise_exception`, `strftime_now`, a `tojson` that leaves HTML and
//! non-ASCII characters alone, `{% generation %}` blocks, and the methods of Python's strings and dicts. Three choices:
//! `strftime_now` gives a fixed day, for the same request has to give the same prompt on any day; `enable_thinking` is
//! false, since a draft is an answer and not a monologue; and where a template refuses a system message (Gemma,
//! Mistral), its text is put before the first user message.

mod json;
mod tags;

use crate::tokenizer::Tokenizer;
use flow::model::{Message, ModelError, Role};
use minijinja::syntax::SyntaxConfig;
use minijinja::value::Value;
use minijinja::{Environment, Error, ErrorKind, context};

/// Longest template, bytes. The longest in use have some 20,000.
const LENGTH_LIMIT: usize = 1 << 20;
/// Steps of one rendering and bytes that it makes, together: minijinja counts both, so this limits the output and what
/// is put together on the way to it. A conversation of a hundred messages takes some ten thousand.
const FUEL: u64 = 10_000_000;
/// For a model that brings no template but the tokens of ChatML.
const CHATML: &str = "{% for message in messages %}{{ '<|im_start|>' + message.role + '\n' + message.content + '<|im_end|>\n' }}{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}";
/// For a model that brings neither.
const PLAIN: &str = "{% for message in messages %}{% if message.role == 'system' %}{{ message.content + '\n\n' }}{% else %}{{ message.role | capitalize + ': ' + message.content + '\n' }}{% endif %}{% endfor %}{{ 'Assistant:' }}";
const NAME: &str = "chat_template";

/// A compiled template with the texts of the tokens that it may name.
pub(crate) struct ChatTemplate {
    environment: Environment<'static>,
    source: String,
    bos: String,
    eos: String,
}

impl ChatTemplate {
    /// The template of a model: its own, or where it brings none ChatML's if it has its tokens, else plain names before
    /// the turns. [`flow::model::ModelFacts::chat_template`] stays empty then, which is how a person is told.
    ///
    /// # Errors
    /// As [`ChatTemplate::new`].
    pub(crate) fn of(own: Option<&str>, tokenizer: &Tokenizer) -> Result<Self, String> {
        let has_chatml = || ["<|im_start|>", "<|im_end|>"].into_iter().all(|spelling| tokenizer.is_control(spelling));
        let source = match own.filter(|own| !own.trim().is_empty()) {
            Some(own) => own,
            None if has_chatml() => CHATML,
            None => PLAIN,
        };
        Self::new(source, tokenizer.bos(), tokenizer.eos())
    }

    /// Compiles a template.
    ///
    /// # Errors
    /// What is wrong with it, in a sentence.
    pub(crate) fn new(source: &str, bos: &str, eos: &str) -> Result<Self, String> {
        if source.len() > LENGTH_LIMIT {
            return Err(format!("its chat template has {} bytes; expected at most {LENGTH_LIMIT}", source.len()));
        }
        let mut environment = Environment::new();
        let syntax = SyntaxConfig::builder().trim_blocks(true).lstrip_blocks(true).build();
        environment.set_syntax(syntax.map_err(|e| e.to_string())?);
        environment.set_fuel(Some(FUEL));
        environment.set_unknown_method_callback(minijinja_contrib::pycompat::unknown_method_callback);
        environment.add_function("raise_exception", |message: String| -> Result<Value, Error> {
            Err(Error::new(ErrorKind::InvalidOperation, message))
        });
        environment.add_function("strftime_now", |format: String| strftime(&format));
        environment.add_filter("tojson", json::to_json);
        environment.add_template_owned(NAME, tags::prepared(source)?).map_err(|e| format!("its chat template cannot be read: {e}"))?;
        Ok(Self { environment, source: source.to_owned(), bos: bos.to_owned(), eos: eos.to_owned() })
    }

    pub(crate) fn source(&self) -> &str {
        &self.source
    }

    /// The prompt for these messages, ready for the assistant's turn.
    ///
    /// # Errors
    /// [`ModelError::Template`] with what the template said.
    pub(crate) fn render(&self, messages: &[Message]) -> Result<String, ModelError> {
        self.render_as_is(messages).or_else(|error| match without_system(messages) {
            // The first complaint is the one to report: the second is about messages that nobody wrote.
            Some(messages) => self.render_as_is(&messages).map_err(|_| error),
            None => Err(error),
        })
    }

    fn render_as_is(&self, messages: &[Message]) -> Result<String, ModelError> {
        let messages: Vec<Value> =
            messages.iter().map(|message| context! { role => role_name(message.role), content => message.content.as_str() }).collect();
        let context = context! {
            messages => messages,
            add_generation_prompt => true,
            bos_token => self.bos.as_str(),
            eos_token => self.eos.as_str(),
            enable_thinking => false,
            tools => Value::from(()),
            documents => Value::from(()),
        };
        let template = self.environment.get_template(NAME).map_err(|e| ModelError::Template(sentence(&e)))?;
        template.render(context).map_err(|e| ModelError::Template(sentence(&e)))
    }
}

/// The error without the template's source, which may be long.
fn sentence(error: &Error) -> String {
    match error.detail() {
        Some(detail) => detail.to_owned(),
        None => error.kind().to_string(),
    }
}

fn role_name(role: Role) -> &'static str {
    match role {
        Role::System => "system",
        Role::User => "user",
        Role::Assistant => "assistant",
    }
}

/// The messages with a leading system message put before the first user message; `None` where there is none.
fn without_system(messages: &[Message]) -> Option<Vec<Message>> {
    let (system, rest) = messages.split_first().filter(|(first, _)| first.role == Role::System)?;
    let (user, rest) = rest.split_first().filter(|(first, _)| first.role == Role::User)?;
    let mut merged = vec![Message { role: Role::User, content: format!("{}\n\n{}", system.content, user.content) }];
    merged.extend_from_slice(rest);
    Some(merged)
}

/// `strftime` of a fixed moment, the start of Friday 26 July 2024: the day that Meta's templates fall back to.
fn strftime(format: &str) -> String {
    let mut out = String::new();
    let mut characters = format.chars();
    while let Some(c) = characters.next() {
        if c != '%' {
            out.push(c);
            continue;
        }
        match characters.next() {
            Some('d') => out.push_str("26"),
            Some('m') => out.push_str("07"),
            Some('y') => out.push_str("24"),
            Some('Y') => out.push_str("2024"),
            Some('b') => out.push_str("Jul"),
            Some('B') => out.push_str("July"),
            Some('a') => out.push_str("Fri"),
            Some('A') => out.push_str("Friday"),
            Some('j') => out.push_str("208"),
            Some('H' | 'M' | 'S') => out.push_str("00"),
            Some('I') => out.push_str("12"),
            Some('p') => out.push_str("AM"),
            Some('F') => out.push_str("2024-07-26"),
            Some('T') => out.push_str("00:00:00"),
            Some('%') => out.push('%'),
            Some(other) => out.extend(['%', other]),
            None => out.push('%'),
        }
    }
    out
}

#[cfg(test)]
mod tests;
