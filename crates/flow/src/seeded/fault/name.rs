//! A wrong name: somebody else is greeted.

use super::{NoFault, from_on};
use crate::item::Field;
use std::ops::Range;

/// Given name and family name. Common ones of several languages.
const NAMES: [(&str, &str); 16] = [
    ("Maria", "Keller"),
    ("Daniel", "Novak"),
    ("Sofia", "Rossi"),
    ("Jonas", "Weber"),
    ("Emma", "Clarke"),
    ("Lucas", "Martin"),
    ("Nadia", "Haddad"),
    ("Oliver", "Hughes"),
    ("Hannah", "Schmidt"),
    ("Mateo", "Garcia"),
    ("Ingrid", "Larsen"),
    ("Peter", "Kovacs"),
    ("Aisha", "Rahman"),
    ("Thomas", "Brandt"),
    ("Elena", "Petrova"),
    ("David", "Cohen"),
];
const KOREAN: [&str; 8] = ["김민수", "이서연", "박지훈", "최은영", "정하늘", "강도윤", "조수빈", "윤지우"];

const GREETINGS: [&str; 14] = [
    "dear",
    "hi",
    "hello",
    "hey",
    "good morning",
    "good afternoon",
    "good evening",
    "good day",
    "guten tag",
    "hallo",
    "liebe",
    "lieber",
    "bonjour",
    "hola",
];
const TITLES: [&str; 10] = ["mr", "mrs", "ms", "mx", "dr", "prof", "miss", "herr", "frau", "sir"];
/// What stands in the place of a name and is none.
const NOBODY: [&str; 15] = [
    "there",
    "all",
    "team",
    "customer",
    "sir",
    "madam",
    "everyone",
    "everybody",
    "valued",
    "guest",
    "colleague",
    "colleagues",
    "friend",
    "both",
    "again",
];
const KOREAN_NOBODY: [&str; 8] = ["고객", "담당자", "선생", "회원", "손님", "여러분", "관리자", "사장"];

pub(super) fn make(text: &str, request: &[Field], names: &[String], pick: u64) -> Result<String, NoFault> {
    let at = greeted_at(text).ok_or(NoFault::NobodyGreeted)?;
    let old = &text[at.clone()];
    let words = old.split_whitespace().count();
    let korean = old.chars().all(|c| ('가'..='힣').contains(&c));
    let titled = text[..at.start].split_whitespace().next_back().is_some_and(is_title);
    let fits = |name: &&str| (name.chars().all(|c| ('가'..='힣').contains(&c))) == korean && name.split_whitespace().count() == words;
    let own: Vec<String> = if korean {
        KOREAN.iter().map(|name| (*name).to_owned()).collect()
    } else {
        NAMES
            .iter()
            .map(|(given, family)| match (words, titled) {
                (1, true) => (*family).to_owned(),
                (1, false) => (*given).to_owned(),
                (_, _) => format!("{given} {family}"),
            })
            .collect()
    };
    let known: Vec<&str> = names.iter().map(String::as_str).filter(fits).collect();
    let own: Vec<&str> = own.iter().map(String::as_str).collect();
    let unknown = |name: &&&str| {
        let stands_in = |place: &str| name.split_whitespace().any(|part| has_word(place, part));
        !stands_in(text) && !request.iter().any(|field| stands_in(&field.value))
    };
    let new = from_on(&known, pick).find(unknown).or_else(|| from_on(&own, pick).find(unknown)).ok_or(NoFault::NobodyGreeted)?;
    Ok(format!("{}{new}{}", &text[..at.start], &text[at.end..]))
}

/// Who is greeted in the first line.
pub fn greeted(text: &str) -> Option<&str> {
    greeted_at(text).map(|at| &text[at])
}

fn greeted_at(text: &str) -> Option<Range<usize>> {
    let start = text.len() - text.trim_start().len();
    let line = &text[start..start + text[start..].find('\n').unwrap_or(text.len() - start)];
    korean(line).or_else(|| latin(line)).map(|at| start + at.start..start + at.end)
}

/// `홍길동 고객님` or `홍길동님`.
fn korean(line: &str) -> Option<Range<usize>> {
    let end = line.find('님')?;
    let before = line[..end].trim_end();
    let before = before.strip_suffix("고객").unwrap_or(before).trim_end();
    let start =
        before.rfind(|c: char| !('가'..='힣').contains(&c)).map_or(0, |at| at + before[at..].chars().next().map_or(0, char::len_utf8));
    let name = &before[start..];
    ((2..=4).contains(&name.chars().count()) && !KOREAN_NOBODY.contains(&name)).then_some(start..before.len())
}

/// `Dear Ms. Keller,` or `Hi Maria!`: one to three words with a capital behind a greeting.
fn latin(line: &str) -> Option<Range<usize>> {
    let lower = line.to_ascii_lowercase();
    let greeting =
        GREETINGS.iter().filter(|word| lower.strip_prefix(**word).is_some_and(|rest| rest.starts_with(' '))).map(|w| w.len()).max()?;
    let mut found: Option<Range<usize>> = None;
    let mut at = greeting;
    for word in line[greeting..].split_inclusive(char::is_whitespace) {
        let from = at;
        at += word.len();
        let bare = word.trim_end();
        if bare.is_empty() || (found.is_none() && is_title(bare)) {
            continue;
        }
        let name = bare.trim_end_matches([',', '!', '.', ':', ';', '?', '-', '–']);
        let is_name = name.chars().next().is_some_and(char::is_uppercase)
            && name.chars().all(|c| c.is_alphabetic() || c == '-' || c == '\'' || c == '’')
            && !NOBODY.contains(&name.to_lowercase().as_str());
        if !is_name {
            break;
        }
        found = Some(found.map_or(from, |found| found.start)..from + name.len());
        if name.len() < bare.len() {
            break;
        }
    }
    found.filter(|at| line[at.clone()].split_whitespace().count() <= 3)
}

fn is_title(word: &str) -> bool {
    TITLES.contains(&word.trim_end_matches('.').to_lowercase().as_str())
}

fn has_word(text: &str, word: &str) -> bool {
    let word = word.to_lowercase();
    text.to_lowercase().split(|c: char| !c.is_alphanumeric()).any(|part| part == word)
}
