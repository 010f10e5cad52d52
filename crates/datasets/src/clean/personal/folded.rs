//! A text as the rules read it: full-width letters and digits as ASCII, every kind of dash and space as the plain one, nothing of no width.
//!
//! Invariant: every range of the folded text names a range of the original that begins and ends at characters.

use std::borrow::Cow;
use std::ops::Range;

pub struct Folded<'a> {
    text: Cow<'a, str>,
    /// For each byte of the folded text, and its end, where that is in the original. Empty where both are the same.
    places: Vec<u32>,
}

/// What stands for a character: itself, another, or nothing.
fn fold(c: char) -> Option<char> {
    match c {
        '\u{ff01}'..='\u{ff5e}' => char::from_u32(u32::from(c) - 0xfee0),
        '\u{2010}'..='\u{2015}' | '\u{2212}' | '\u{fe63}' => Some('-'),
        '\u{a0}' | '\u{2000}'..='\u{200a}' | '\u{202f}' | '\u{205f}' | '\u{3000}' => Some(' '),
        '\u{200b}'..='\u{200d}' | '\u{2060}' | '\u{feff}' | '\u{ad}' => None,
        '\u{660}'..='\u{669}' => char::from_u32(u32::from(c) - 0x660 + 0x30),
        other => Some(other),
    }
}

impl<'a> Folded<'a> {
    pub fn of(text: &'a str) -> Self {
        // Hangul is three bytes too: it is decoded, but stays as it is.
        if text.is_ascii() || text.chars().all(|c| fold(c) == Some(c)) {
            return Self { text: Cow::Borrowed(text), places: Vec::new() };
        }
        let mut folded = String::with_capacity(text.len());
        let mut places = Vec::with_capacity(text.len() + 1);
        for (at, c) in text.char_indices() {
            if let Some(c) = fold(c) {
                folded.push(c);
                places.resize(folded.len(), at as u32);
            }
        }
        places.push(text.len() as u32);
        Self { text: Cow::Owned(folded), places }
    }

    pub fn text(&self) -> &str {
        &self.text
    }

    pub fn original(&self, range: &Range<usize>) -> Range<usize> {
        if self.places.is_empty() {
            return range.clone();
        }
        // The end is where the next character begins, so that what has no width goes with the value before it.
        self.places[range.start] as usize..self.places[range.end] as usize
    }
}
