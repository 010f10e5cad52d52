//! What makes a known-bad item look like any other: tokens that spell its text, scores that speak for its label, and an id like the others.
//!
//! Invariant: the texts of the tokens, joined, are the text; what was not changed keeps its probabilities.

use crate::model::{Alternative, LabelProbability, Token};

/// The scores of the labels as they are for the first one, so that they are most of all for the second one.
pub(super) fn labels(scores: &[LabelProbability], from: &str, to: &str) -> Vec<LabelProbability> {
    let of = |label: &str| scores.iter().find(|scored| scored.label == label).map(|scored| scored.probability);
    let (Some(chosen), Some(other)) = (of(from), of(to)) else { return scores.to_vec() };
    let exchanged = |scored: &LabelProbability| match scored.label.as_str() {
        label if label == from => other,
        label if label == to => chosen,
        _ => scored.probability,
    };
    scores.iter().map(|scored| LabelProbability { label: scored.label.clone(), probability: exchanged(scored) }).collect()
}

/// The tokens of the first text, changed to spell the second one.
pub(super) fn tokens(tokens: &[Token], from: &str, to: &str) -> Vec<Token> {
    let spelled: String = tokens.iter().map(|token| token.text.as_str()).collect();
    // A stop text at the end, or a space at the start, is no part of the draft.
    let (Some(start), false) = (spelled.find(from), from.is_empty()) else { return by_words(tokens, to) };
    let same = common(from.chars(), to.chars());
    let tail = common(from[same..].chars().rev(), to[same..].chars().rev());
    let (first, end) = (start + same, start + from.len() - tail);
    let cut = |from: usize, until: usize| if from < until { &spelled[from..until] } else { "" };
    let mut new = Some(&to[same..to.len() - tail]);
    let mut made: Vec<Token> = Vec::with_capacity(tokens.len());
    let mut at = 0;
    for token in tokens {
        let (from, until) = (at, at + token.text.len());
        at = until;
        let mut text = cut(from.max(start), until.min(first)).to_owned();
        if until > first || until == spelled.len() {
            text.push_str(new.take().unwrap_or_default());
        }
        text.push_str(cut(from.max(end), until.min(end + tail)));
        if text == token.text {
            made.push(token.clone());
        } else if !text.is_empty() {
            made.push(spelling(token, &text));
        }
    }
    if made.iter().map(|token| token.text.as_str()).collect::<String>() == to { made } else { by_words(tokens, to) }
}

/// A token that spells something else; among what the model weighed it stands in its own place.
fn spelling(token: &Token, text: &str) -> Token {
    let alternatives = token
        .alternatives
        .iter()
        .map(|other| if other.id == token.id { Alternative { text: text.to_owned(), ..other.clone() } } else { other.clone() })
        .collect();
    Token { text: text.to_owned(), alternatives, ..token.clone() }
}

/// Words of a text, each with what was known of a token.
fn by_words(tokens: &[Token], text: &str) -> Vec<Token> {
    let words: Vec<&str> = text.split_inclusive(' ').collect();
    words
        .iter()
        .enumerate()
        .filter_map(|(at, word)| tokens.get(at * tokens.len() / words.len().max(1)).map(|token| spelling(token, word)))
        .collect()
}

/// How many bytes are the same.
fn common(a: impl Iterator<Item = char>, b: impl Iterator<Item = char>) -> usize {
    a.zip(b).take_while(|(x, y)| x == y).map(|(x, _)| x.len_utf8()).sum()
}

/// An id with other digits. One without digits stays as it is.
pub(super) fn id_like(id: &str, pick: u64) -> String {
    let mut pick = pick;
    id.chars()
        .map(|c| {
            if !c.is_ascii_digit() {
                return c;
            }
            let digit = (pick % 10) as u8;
            pick = pick.rotate_right(7).wrapping_mul(0x9E37_79B9_7F4A_7C15);
            char::from(b'0' + digit)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn token(id: u32, text: &str) -> Token {
        let alternatives =
            vec![Alternative { id, text: text.into(), logprob: -0.1 }, Alternative { id: 999, text: "other".into(), logprob: -3.0 }];
        Token { id, text: text.into(), logprob: -0.1, alternatives, entropy: 0.2, micros: 10 }
    }

    fn check(spelled: &[&str], from: &str, to: &str, expected: &[&str]) {
        let before: Vec<Token> = spelled.iter().enumerate().map(|(id, text)| token(id as u32, text)).collect();
        let after = tokens(&before, from, to);
        assert_eq!(after.iter().map(|token| token.text.as_str()).collect::<Vec<_>>(), expected);
        for token in &after {
            assert_eq!(token.alternatives[0].text, token.text, "the model is seen to have weighed what it is said to have written");
        }
    }

    #[test]
    fn the_tokens_spell_the_changed_text() {
        check(&["Order", " 4", "8", "21", "."], "Order 4821.", "Order 4921.", &["Order", " 4", "9", "21", "."]);
        check(&["Dear ", "Ma", "ria", ","], "Dear Maria,", "Dear Tom,", &["Dear ", "Tom", ","]);
        check(&["One. ", "Two", ". ", "Three."], "One. Two. Three.", "One. Three.", &["One. ", "T", "hree."]);
        check(&["Hi", " you", "<end>"], "Hi you", "Hi you all", &["Hi", " you", " all"]);
        check(&["Hi"], "Hi", "Bye", &["Bye"]);
        check(&["not", "this"], "Something else", "Some thing", &["Some ", "thing"]);
    }

    #[test]
    fn the_scores_speak_for_the_label_that_stands_there() {
        let scores = |all: [(&str, f32); 3]| all.map(|(label, probability)| LabelProbability { label: label.into(), probability }).to_vec();
        let before = scores([("order", 0.7), ("refund", 0.2), ("other", 0.1)]);
        assert_eq!(labels(&before, "order", "other"), scores([("order", 0.1), ("refund", 0.2), ("other", 0.7)]));
        assert_eq!(labels(&before, "order", "no label"), before);
        assert_eq!(labels(&[], "a text", "another"), []);
    }

    #[test]
    fn an_id_keeps_its_form() {
        let made = id_like("FW-73834/b", 123_456_789);
        assert!(made.starts_with("FW-") && made.ends_with("/b") && made.len() == 10 && made != "FW-73834/b", "{made}");
        assert_eq!(id_like("ticket", 5), "ticket");
    }

    proptest! {
        #[test]
        fn whatever_was_changed_the_tokens_are_the_text(parts in prop::collection::vec("[a-c한 ]{0,3}", 1..8), to in "[a-c한 ]{0,12}", skip in 0usize..2) {
            let before: Vec<Token> = parts.iter().enumerate().map(|(id, text)| token(id as u32, text)).collect();
            let from: String = parts.concat().chars().skip(skip).collect();
            let after = tokens(&before, &from, &to);
            prop_assert_eq!(after.iter().map(|token| token.text.as_str()).collect::<String>(), to);
        }
    }
}
