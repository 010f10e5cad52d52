//! A missing step: one sentence that tells what to do, or a number, is left out.

use super::number::{counts_a_line, numbers};
use super::{NoFault, from_on};
use std::ops::Range;

/// How a sentence begins that tells what to do.
const BEGINS: [&str; 36] = [
    "please",
    "click",
    "open",
    "send",
    "go",
    "enter",
    "restart",
    "check",
    "call",
    "reply",
    "select",
    "use",
    "make sure",
    "return",
    "visit",
    "contact",
    "download",
    "install",
    "remove",
    "press",
    "choose",
    "sign",
    "log",
    "follow",
    "attach",
    "pay",
    "wait",
    "keep",
    "bring",
    "print",
    "pack",
    "hand",
    "take",
    "turn",
    "first",
    "then",
];
/// What it has somewhere.
const HAS: [&str; 14] = [
    "please",
    "you need to",
    "you must",
    "you should",
    "you can",
    "you will have to",
    "make sure",
    "하세요",
    "주세요",
    "주십시오",
    "하십시오",
    "바랍니다",
    "해야",
    "하시면",
];
/// Politeness: without it nothing is missing.
const POLITE: [&str; 17] = [
    "let us know",
    "let me know",
    "hesitate",
    "feel free",
    "questions",
    "reach out",
    "have a ",
    "thank",
    "sorry",
    "apolog",
    "regards",
    "looking forward",
    "언제든",
    "문의",
    "감사",
    "죄송",
    "안녕",
];
/// So many sentences beside the one that is left out must stay.
const LEFT: usize = 2;

pub(super) fn make(text: &str, pick: u64) -> Result<String, NoFault> {
    let sentences = sentences(text);
    let numbers = numbers(text);
    let steps: Vec<&Range<usize>> = sentences.iter().filter(|at| is_step(text, at, &numbers)).collect();
    if steps.is_empty() {
        return Err(NoFault::NoStep);
    }
    if sentences.len() <= LEFT {
        return Err(NoFault::TooShort);
    }
    let Some(step) = from_on(&steps, pick).next() else { return Err(NoFault::NoStep) };
    Ok(without(text, step))
}

/// The text without a sentence, its line if nothing else stands there, and the lines of a list counted anew.
fn without(text: &str, gone: &Range<usize>) -> String {
    let line = text[..gone.start].rfind('\n').map_or(0, |at| at + 1);
    let before = text[line..gone.start].trim();
    let counted = is_count(before) || ["-", "*", "•"].contains(&before);
    let behind = &text[gone.end..];
    let rest_of_line = behind.split('\n').next().unwrap_or_default();
    if rest_of_line.trim().is_empty() && (before.is_empty() || counted) {
        let end = behind.find('\n').map_or(text.len(), |at| gone.end + at + 1);
        let number = before.trim_end_matches(['.', ')']).parse::<u32>().ok();
        let kept = if end == text.len() { text[..line].trim_end() } else { &text[..line] };
        return format!("{kept}{}", number.map_or_else(|| text[end..].to_owned(), |number| count_down(&text[end..], number)));
    }
    let before = text[..gone.start].trim_end_matches(' ');
    let behind = behind.trim_start_matches(' ');
    let gap = if before.is_empty() || before.ends_with('\n') || behind.is_empty() || behind.starts_with('\n') { "" } else { " " };
    format!("{before}{gap}{behind}")
}

/// `2.` or `2)`.
fn is_count(before: &str) -> bool {
    let digits = before.trim_end_matches(['.', ')']);
    !digits.is_empty() && digits.len() < before.len() && digits.chars().all(|c| c.is_ascii_digit())
}

/// The lines of a list that follow one that is gone, each with the number before its own.
fn count_down(text: &str, gone: u32) -> String {
    let mut next = gone;
    let mut counted = String::with_capacity(text.len());
    for line in text.split_inclusive('\n') {
        let digits = line.len() - line.trim_start_matches(|c: char| c.is_ascii_digit()).len();
        if line[..digits].parse() == Ok(next + 1) && counts_a_line(line, &(0..digits)) {
            counted.push_str(&next.to_string());
            counted.push_str(&line[digits..]);
            next += 1;
        } else {
            counted.push_str(line);
        }
    }
    counted
}

fn is_step(text: &str, at: &Range<usize>, numbers: &[Range<usize>]) -> bool {
    let lower = text[at.clone()].trim().to_lowercase();
    let line = text[..at.start].rfind('\n').map_or(0, |at| at + 1);
    let counted = is_count(text[line..at.start].trim());
    let polite = POLITE.iter().any(|words| lower.contains(words));
    let number = numbers.iter().any(|number| at.start <= number.start && number.end <= at.end);
    let begins = BEGINS.iter().any(|word| lower.strip_prefix(word).is_some_and(|rest| !rest.starts_with(char::is_alphanumeric)));
    !polite && (number || counted || begins || HAS.iter().any(|words| lower.contains(words)))
}

/// Where the sentences stand, without the blanks around them, the counts of a list and the greeting.
fn sentences(text: &str) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let mut start = 0;
    let mut chars = text.char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        let next = chars.peek().map(|(_, c)| *c);
        let ends =
            c == '\n' || (matches!(c, '.' | '!' | '?' | '。') && next.is_none_or(char::is_whitespace) && !is_short(&text[start..at]));
        if ends {
            push(text, start..at + c.len_utf8(), &mut found);
            start = at + c.len_utf8();
        }
    }
    push(text, start..text.len(), &mut found);
    found.retain(|at| text[at.clone()].chars().filter(|c| c.is_alphanumeric()).count() > 3 && !text[at.clone()].ends_with(','));
    found
}

fn push(text: &str, at: Range<usize>, found: &mut Vec<Range<usize>>) {
    let words = text[at.clone()].trim();
    let start = at.start + (text[at.clone()].len() - text[at.clone()].trim_start().len());
    if !words.is_empty() {
        let end = start + words.len();
        found.push(start + count_of_line(text, start..end)..end);
    }
}

/// How long the count of a list is before a sentence: `2. ` or `- `.
fn count_of_line(text: &str, at: Range<usize>) -> usize {
    let words = &text[at.clone()];
    let digits = words.len() - words.trim_start_matches(|c: char| c.is_ascii_digit()).len();
    let sign = if digits > 0 && counts_a_line(text, &(at.start..at.start + digits)) {
        digits + 1
    } else {
        ["-", "*", "•"]
            .iter()
            .find(|sign| words.strip_prefix(**sign).is_some_and(|rest| rest.starts_with(' ')))
            .map_or(0, |sign| sign.len())
    };
    if sign == 0 { 0 } else { words.len() - words[sign..].trim_start().len() }
}

/// `2` of `2. Click`, `Mr` of `Mr. Jones`: no sentence ends there.
fn is_short(before: &str) -> bool {
    let word = before.split_whitespace().next_back().unwrap_or_default();
    let first = before.trim() == word;
    (first && word.chars().all(|c| c.is_ascii_digit()))
        || ["mr", "mrs", "ms", "dr", "no", "e.g", "i.e"].contains(&word.to_lowercase().as_str())
}
