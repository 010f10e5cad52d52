//! Rules made ready, and the first one that matches.

use super::schema::Schema;
use super::{Condition, Held, HoldRule, Place, Seen, hidden, spelled};
use crate::error::{Error, Result};
use regex::{Regex, RegexBuilder};
use whatlang::Lang;

/// Rules of a use case, ready to be asked.
#[derive(Debug, Clone)]
pub struct HoldRules(Vec<Ready>);

#[derive(Debug, Clone)]
struct Ready {
    name: String,
    test: Test,
}

#[derive(Debug, Clone)]
enum Test {
    Slice(String),
    /// Each word as it was written, and as it is compared.
    Keyword(Place, Vec<(String, String)>),
    Pattern(Place, Regex),
    MissingField(String),
    Language(Place, Vec<Lang>),
    Length(Place, Option<u32>, Option<u32>),
    Schema(Schema),
    Hidden(Place),
    /// A stored rule that this version cannot read.
    Unreadable(String),
}

const MOST_RULES: usize = 50;
const MOST_WORDS: usize = 200;
const MOST_NAME: usize = 100;
/// The time that a pattern takes grows with its compiled size times the text's length: at this size the worst that was
/// found takes two seconds on a text of 1 MiB.
const MOST_COMPILED: usize = 64 << 10;
const MOST_CACHE: usize = 1 << 20;
const DEEPEST: u32 = 32;
/// Longer texts are held without being read: bytes of the request and the output together.
const MOST_READ: usize = 2 << 20;

impl HoldRules {
    /// Rules that a person wrote.
    ///
    /// # Errors
    /// [`Error::Invalid`] with the rule, and for a pattern the line and what is wrong there.
    pub fn new(rules: &[HoldRule]) -> Result<Self> {
        if rules.len() > MOST_RULES {
            return Err(Error::invalid("hold rules", rules.len(), format!("at most {MOST_RULES}")));
        }
        let mut ready = Vec::with_capacity(rules.len());
        for (i, rule) in rules.iter().enumerate() {
            let name = rule.name.trim();
            if name.is_empty() || name.chars().count() > MOST_NAME {
                let found = format!("{} characters", name.chars().count());
                return Err(Error::invalid(format!("hold rule {}: name", i + 1), found, format!("1 to {MOST_NAME} characters")));
            }
            if rules[..i].iter().any(|other| other.name.trim() == name) {
                return Err(Error::invalid(format!("hold rule {}: name", i + 1), format!("{name:?}"), "a name that no other rule has"));
            }
            let test = test(&rule.when).map_err(|(what, found, expected)| Error::Invalid {
                field: format!("hold rule {} {name:?}: {what}", i + 1),
                found,
                expected,
            })?;
            ready.push(Ready { name: name.to_owned(), test });
        }
        Ok(Self(ready))
    }

    /// Rules that were kept. One that cannot be read any more holds everything.
    pub fn of_kept(rules: &[HoldRule]) -> Self {
        let ready = |rule: &HoldRule| Ready {
            name: rule.name.clone(),
            test: test(&rule.when).unwrap_or_else(|(what, found, _)| Test::Unreadable(format!("{what}: {found}"))),
        };
        Self(rules.iter().map(ready).collect())
    }

    /// Whether an output fits the schemas that rules name; `None` where none does.
    pub fn fits_schemas(&self, output: &str) -> Option<bool> {
        let mut schemas = self.0.iter().filter_map(|rule| match &rule.test {
            Test::Schema(schema) => Some(schema),
            Test::Slice(_)
            | Test::Keyword(..)
            | Test::Pattern(..)
            | Test::MissingField(_)
            | Test::Language(..)
            | Test::Length(..)
            | Test::Hidden(_)
            | Test::Unreadable(_) => None,
        });
        let first = schemas.next()?;
        // Longer texts are held without being read.
        Some(output.len() <= MOST_READ && std::iter::once(first).chain(schemas).all(|schema| schema.fault(output).is_none()))
    }

    /// The first rule that holds this back.
    pub fn first(&self, seen: Seen<'_>) -> Option<Held> {
        let bytes = seen.output.len() + seen.fields.iter().map(|f| f.value.len()).sum::<usize>();
        if bytes > MOST_READ
            && let Some(rule) = self.0.first()
        {
            let what = format!("the texts have {bytes} bytes, rules are read on at most {MOST_READ}");
            return Some(Held { rule: rule.name.clone(), what });
        }
        self.0.iter().find_map(|rule| Some(Held { rule: rule.name.clone(), what: rule.test.matches(seen)? }))
    }
}

/// What is wrong with a condition: the part, what was found there, what is expected.
type Wrong = (&'static str, String, String);

fn wrong(part: &'static str, found: impl Into<String>, expected: impl Into<String>) -> Wrong {
    (part, found.into(), expected.into())
}

fn place(place: &Place) -> Result<Place, Wrong> {
    match place {
        Place::Field(name) => Ok(Place::Field(named("place", name)?)),
        Place::Anywhere | Place::Request | Place::Output => Ok(place.clone()),
    }
}

fn named(part: &'static str, name: &str) -> Result<String, Wrong> {
    let fine = !name.trim().is_empty() && name.len() <= 500;
    if fine { Ok(name.to_owned()) } else { Err(wrong(part, format!("{} bytes", name.len()), "a name, at most 500 bytes")) }
}

fn test(condition: &Condition) -> Result<Test, Wrong> {
    Ok(match condition {
        Condition::Slice { slice } => Test::Slice(named("slice", slice)?),
        Condition::Keyword { place: at, words } => {
            if words.is_empty() || words.len() > MOST_WORDS {
                return Err(wrong("words", format!("{} words", words.len()), format!("1 to {MOST_WORDS} words")));
            }
            let each = |word: &String| {
                let compared = spelled::folded(word.trim());
                if compared.is_empty() || word.len() > 500 {
                    return Err(wrong("words", format!("{word:?}"), "a word that can be seen, at most 500 bytes"));
                }
                Ok((word.trim().to_owned(), compared))
            };
            Test::Keyword(place(at)?, words.iter().map(each).collect::<Result<_, Wrong>>()?)
        }
        Condition::Pattern { place: at, pattern } => Test::Pattern(place(at)?, compiled(pattern)?),
        Condition::MissingField { field } => Test::MissingField(named("field", field)?),
        Condition::Language { place: at, only } => {
            let lang = |code: &String| {
                Lang::from_code(code.as_str())
                    .ok_or_else(|| wrong("language", format!("{code:?}"), "a code of ISO 639-3 such as eng or kor"))
            };
            if only.is_empty() {
                return Err(wrong("languages", "none", "at least one"));
            }
            Test::Language(place(at)?, only.iter().map(lang).collect::<Result<_, _>>()?)
        }
        Condition::Length { place: at, at_least, at_most } => {
            if at_least.is_none() && at_most.is_none() {
                return Err(wrong("length", "no bound", "a least or a most number of characters"));
            }
            if let (Some(least), Some(most)) = (at_least, at_most)
                && least > most
            {
                return Err(wrong("length", format!("{least} to {most}"), "a least number that is not above the most"));
            }
            Test::Length(place(at)?, *at_least, *at_most)
        }
        Condition::SchemaInvalid { schema } => {
            Test::Schema(Schema::new(schema).map_err(|e| wrong("schema", e, "a JSON Schema of the keywords that Gait checks"))?)
        }
        Condition::HiddenCharacters { place: at } => Test::Hidden(place(at)?),
    })
}

/// A pattern, or the line and column where it breaks.
fn compiled(pattern: &str) -> Result<Regex, Wrong> {
    let expected = "a regular expression";
    if pattern.is_empty() || pattern.len() > 2_000 {
        return Err(wrong("pattern", format!("{} bytes", pattern.len()), "a regular expression of 1 to 2000 bytes"));
    }
    let place = |span: &regex_syntax::ast::Span, what: String| {
        let (line, column) = (span.start.line, span.start.column);
        wrong("pattern", format!("line {line}, column {column}: {what}"), expected)
    };
    // The same parser as regex's own, asked first, for it says where.
    regex_syntax::ParserBuilder::new().nest_limit(DEEPEST).build().parse(pattern).map_err(|e| match e {
        regex_syntax::Error::Parse(e) => place(e.span(), e.kind().to_string()),
        regex_syntax::Error::Translate(e) => place(e.span(), e.kind().to_string()),
        other => wrong("pattern", other.to_string(), expected),
    })?;
    let build = RegexBuilder::new(pattern).size_limit(MOST_COMPILED).dfa_size_limit(MOST_CACHE).nest_limit(DEEPEST).build();
    build.map_err(|_| {
        wrong("pattern", "line 1: it is too large", "a pattern with fewer or smaller repetitions, or with \\d or [a-z] for \\w")
    })
}

/// The texts of a place with their names.
fn texts<'a>(place: &'a Place, seen: Seen<'a>) -> impl Iterator<Item = (&'a str, &'a str)> {
    let fields = seen.fields.iter().filter(move |field| match place {
        Place::Anywhere | Place::Request => true,
        Place::Output => false,
        Place::Field(name) => field.name == *name,
    });
    let output = matches!(place, Place::Anywhere | Place::Output).then_some(("the output", seen.output));
    fields.map(|field| (field.name.as_str(), field.value.as_str())).chain(output)
}

fn name_of(place: &Place) -> &str {
    match place {
        Place::Anywhere => "request and output",
        Place::Request => "the request",
        Place::Output => "the output",
        Place::Field(name) => name,
    }
}

impl Test {
    /// What matched and where, in words.
    fn matches(&self, seen: Seen<'_>) -> Option<String> {
        match self {
            Self::Slice(slice) => (seen.slice == Some(slice.as_str())).then(|| format!("slice {slice:?}")),
            Self::Keyword(place, words) => texts(place, seen).find_map(|(name, text)| {
                let text = spelled::folded(text);
                let (word, _) = words.iter().find(|(_, compared)| text.contains(compared.as_str()))?;
                Some(format!("keyword {word:?} in {name}"))
            }),
            Self::Pattern(place, pattern) => texts(place, seen).find_map(|(name, text)| {
                let bare = || hidden::without(text).and_then(|bare| Some(short(pattern.find(&bare)?.as_str())));
                let found = pattern.find(text).map(|found| short(found.as_str())).or_else(bare)?;
                Some(format!("pattern {:?} found {found} in {name}", pattern.as_str()))
            }),
            Self::MissingField(field) => {
                let there = |value: &str| value.chars().any(|c| !c.is_whitespace()) && !spelled::folded(value).trim().is_empty();
                let missing = !seen.fields.iter().any(|f| f.name == *field && there(&f.value));
                missing.then(|| format!("{field} is missing"))
            }
            Self::Language(place, only) => {
                texts(place, seen).find_map(|(name, text)| foreign(text, only).map(|language| format!("{name} is in {language}")))
            }
            Self::Length(place, at_least, at_most) => {
                let length = texts(place, seen).map(|(_, text)| text.chars().count()).sum::<usize>();
                let under = at_least.filter(|least| length < *least as usize).map(|least| format!("at least {least}"));
                let bound = under.or_else(|| at_most.filter(|most| length > *most as usize).map(|most| format!("at most {most}")))?;
                Some(format!("{} has {length} characters ({bound})", name_of(place)))
            }
            Self::Schema(schema) => schema.fault(seen.output).map(|fault| format!("the output does not fit its schema: {fault}")),
            Self::Hidden(place) => texts(place, seen)
                .find_map(|(name, text)| hidden::hidden(text).map(|found| format!("{found} in {name}, at character {}", found.position))),
            Self::Unreadable(why) => Some(format!("the rule cannot be read ({why})")),
        }
    }
}

/// The language or script of a text, where it is surely none of `only`.
fn foreign(text: &str, only: &[Lang]) -> Option<String> {
    // A text without letters has no language.
    let script = whatlang::detect_script(text)?;
    if !script.langs().iter().any(|lang| only.contains(lang)) {
        return Some(format!("the script {}", script.name()));
    }
    let info = whatlang::detect(text)?;
    (info.is_reliable() && !only.contains(&info.lang())).then(|| info.lang().eng_name().to_owned())
}

/// A value as it is quoted in a reason.
fn short(text: &str) -> String {
    match text.char_indices().nth(60) {
        Some((end, _)) => format!("{:?} …", &text[..end]),
        None => format!("{text:?}"),
    }
}
