//! How like a request is to ones that were accepted before.
//!
//! Invariant: pure, bounded in the length of the texts, and the same for the same texts; it is the request that is compared, never the draft.

use std::collections::BTreeMap;

/// Words of a request that are looked up in the index.
pub const MOST_TERMS: usize = 8;
/// Requests whose texts are compared.
pub const MOST_COMPARED: usize = 8;
/// Of each list of requests that hold a word.
pub const MOST_HITS: usize = 64;
/// Characters of a text that are compared.
const MOST_CHARACTERS: usize = 4_000;
/// Of a word that is looked up: where words are not parted by spaces, a part of a sentence is one.
const LONGEST_TERM: usize = 12;

/// The words to look up: the longest ones, for they are the rarest, each once; of at least three characters, which is what the index knows.
pub fn terms(text: &str) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    let head: String = text.chars().take(MOST_CHARACTERS).collect();
    for word in head.split(|c: char| !c.is_alphanumeric()) {
        let term: String = word.chars().flat_map(char::to_lowercase).take(LONGEST_TERM).collect();
        if term.chars().count() >= 3 && !found.contains(&term) {
            found.push(term);
        }
    }
    // Of equal length the earlier one: the sort is stable.
    found.sort_by_key(|term| std::cmp::Reverse(term.chars().count()));
    found.truncate(MOST_TERMS);
    found
}

/// Ranks requests by the words they share with this one, a rare word above a common one: one list of ids for each word, of
/// [`MOST_HITS`] at most. The best first, of equal ones the greater id, `most` at most.
pub fn ranked(hits: &[Vec<i64>], most: usize) -> Vec<i64> {
    let mut shared: BTreeMap<i64, f64> = BTreeMap::new();
    for of_word in hits {
        let rarity = (MOST_HITS as f64 / of_word.len().max(1) as f64).ln_1p();
        for id in of_word {
            *shared.entry(*id).or_default() += rarity;
        }
    }
    let mut best: Vec<(i64, f64)> = shared.into_iter().collect();
    best.sort_by(|a, b| b.1.total_cmp(&a.1).then(b.0.cmp(&a.0)));
    best.into_iter().take(most).map(|(id, _)| id).collect()
}

/// Sorted and without repetition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trigrams(Vec<[char; 3]>);

impl Trigrams {
    /// In small letters, with one blank for any stretch of blanks.
    pub fn of(text: &str) -> Self {
        let mut plain: Vec<char> = Vec::new();
        for c in text.chars().take(MOST_CHARACTERS).flat_map(char::to_lowercase) {
            let c = if c.is_whitespace() { ' ' } else { c };
            if c != ' ' || plain.last().is_some_and(|last| *last != ' ') {
                plain.push(c);
            }
        }
        let mut all: Vec<[char; 3]> = plain.windows(3).map(|three| [three[0], three[1], three[2]]).collect();
        all.sort_unstable();
        all.dedup();
        Self(all)
    }

    /// Shared trigrams ÷ all of both (Jaccard 1901), 0–1; 0 where neither has one.
    pub fn likeness(&self, other: &Self) -> f64 {
        let shared = self.0.iter().filter(|trigram| other.0.binary_search(trigram).is_ok()).count();
        let all = self.0.len() + other.0.len() - shared;
        if all == 0 { 0.0 } else { shared as f64 / all as f64 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn long_words_are_looked_up_and_short_ones_are_not() {
        assert_eq!(terms("Where is my parcel? The PARCEL 4711 is late."), ["parcel", "where", "4711", "late", "the"]);
        assert_eq!(terms("언제 도착하나요 소포"), ["도착하나요"], "the index knows parts of three characters");
        assert_eq!(terms("a bc -- \"'"), Vec::<String>::new());
        let many: String = (0..100).map(|at| format!("word{at:03} ")).collect();
        assert_eq!(terms(&many).len(), MOST_TERMS);
        assert_eq!(terms(&"x".repeat(100_000)), ["x".repeat(12)]);
    }

    #[test]
    fn a_rare_word_ranks_above_a_common_one() {
        let common: Vec<i64> = (1..=60).collect();
        assert_eq!(ranked(&[common.clone(), vec![7]], 8)[..2], [7, 60]);
        assert_eq!(ranked(&[vec![70], common], 8)[0], 70, "also without the common one");
        assert_eq!(ranked(&[], 8), Vec::<i64>::new());
    }

    #[test]
    fn likeness_of_known_texts() {
        let like = |a: &str, b: &str| Trigrams::of(a).likeness(&Trigrams::of(b));
        assert_eq!(like("Where is my parcel?", "where  is\nmy parcel?"), 1.0);
        assert_eq!(like("abcd", "bcde"), 1.0 / 3.0);
        assert_eq!(like("abc", "xyz"), 0.0);
        assert_eq!(like("", ""), 0.0);
    }

    proptest! {
        #[test]
        fn likeness_is_symmetric_and_a_share(a in ".{0,40}", b in ".{0,40}") {
            let (x, y) = (Trigrams::of(&a), Trigrams::of(&b));
            prop_assert!((0.0..=1.0).contains(&x.likeness(&y)));
            prop_assert_eq!(x.likeness(&y).to_bits(), y.likeness(&x).to_bits());
            prop_assert!(x.0.is_empty() || x.likeness(&x) == 1.0);
        }
    }
}
