//! A wrong number: one digit of a number is another one, and the number stands nowhere else.

use super::{NoFault, from_on};
use crate::item::Field;
use std::ops::Range;

pub(super) fn make(text: &str, request: &[Field], pick: u64) -> Result<String, NoFault> {
    let numbers = numbers(text);
    if numbers.is_empty() {
        return Err(NoFault::NoNumber);
    }
    for number in from_on(&numbers, pick) {
        // The last digit first: a mistake that is not seen from afar.
        for at in number.clone().rev() {
            let old = text.as_bytes()[at];
            for step in 1..10 {
                let new = b'0' + (old - b'0' + 1 + ((pick / 7 + step) % 9) as u8) % 10;
                let leads = at == number.start && number.len() > 1;
                if new == old || (new == b'0' && leads) {
                    continue;
                }
                let changed = format!("{}{}{}", &text[number.start..at], char::from(new), &text[at + 1..number.end]);
                let known = request.iter().any(|field| has_number(&field.value, &changed)) || has_number(text, &changed);
                if !known {
                    return Ok(format!("{}{changed}{}", &text[..number.start], &text[number.end..]));
                }
            }
        }
    }
    Err(NoFault::NoOtherNumber)
}

/// Where the runs of digits stand, but for those that only count the lines of a list.
pub(super) fn numbers(text: &str) -> Vec<Range<usize>> {
    let bytes = text.as_bytes();
    let mut found = Vec::new();
    let mut at = 0;
    while at < bytes.len() {
        let end = at + bytes[at..].iter().take_while(|b| b.is_ascii_digit()).count();
        if end > at {
            if !counts_a_line(text, &(at..end)) {
                found.push(at..end);
            }
            at = end;
        } else {
            at += 1;
        }
    }
    found
}

/// `1.` or `2)` at the start of a line, with something behind it.
pub(super) fn counts_a_line(text: &str, number: &Range<usize>) -> bool {
    let line = text[..number.start].rfind('\n').map_or(0, |at| at + 1);
    let first = text[line..number.start].trim().is_empty();
    let mut behind = text[number.end..].chars();
    first && matches!(behind.next(), Some('.' | ')')) && behind.next().is_some_and(char::is_whitespace)
}

/// Whether a text has this run of digits, whole.
fn has_number(text: &str, number: &str) -> bool {
    text.split(|c: char| !c.is_ascii_digit()).any(|run| run == number)
}
