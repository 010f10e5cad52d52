//! A made-up byte-level vocabulary of a real one's size, in whose texts a word is a token.
//!
//! Invariant: a text of [`word`]s, each but the first with a space before it, has as many tokens as words, in every
//! program that does byte-pair encoding.
//!
//! Words are two syllables of a consonant and a vowel. Merges first make syllables, then words, then words with their
//! space; the rest of the vocabulary are pairs of words that no text here contains.

const CONSONANTS: &str = "bcdfghjklmnpqrstvwxz";
const VOWELS: &str = "aeiou";
/// Consonant and vowel.
const SYLLABLES: usize = 100;
/// Words there are.
pub const WORDS: usize = SYLLABLES * SYLLABLES;
/// Control tokens, the last of the vocabulary.
pub const CONTROLS: [&str; 3] = ["<|endoftext|>", "<|im_start|>", "<|im_end|>"];
/// The character that stands for a space in byte-level vocabularies.
const SPACE: char = 'Ġ';

/// ChatML, as Qwen writes it.
pub const TEMPLATE: &str = "{% for message in messages %}{{ '<|im_start|>' + message['role'] + '\n' + message['content'] + '<|im_end|>' + '\n' }}{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}";

pub struct Vocabulary {
    pub tokens: Vec<String>,
    pub merges: Vec<String>,
}

fn syllable(index: usize) -> String {
    let letter = |of: &str, at: usize| of.chars().nth(at).unwrap_or('a');
    [letter(CONSONANTS, index / VOWELS.len() % CONSONANTS.len()), letter(VOWELS, index % VOWELS.len())].iter().collect()
}

/// One of [`WORDS`] words.
pub fn word(index: usize) -> String {
    syllable(index / SYLLABLES % SYLLABLES) + &syllable(index % SYLLABLES)
}

impl Vocabulary {
    /// A vocabulary of `size` tokens, at least 20,359.
    pub fn made(size: usize) -> Self {
        let mut all = Self { tokens: (0..=255).map(|byte| byte_character(byte).to_string()).collect(), merges: Vec::new() };
        for index in 0..SYLLABLES {
            let both = syllable(index);
            let (first, second) = both.split_at(1);
            all.merge(first, second);
        }
        for index in 0..WORDS {
            all.merge(&syllable(index / SYLLABLES), &syllable(index % SYLLABLES));
        }
        for index in 0..WORDS {
            all.merge(&SPACE.to_string(), &word(index));
        }
        let mut rest = 0;
        while all.tokens.len() + CONTROLS.len() < size {
            // Each word with its space meets others, a new one in each round.
            let (round, index) = (rest / WORDS, rest % WORDS);
            all.merge(&format!("{SPACE}{}", word(index)), &word((index * 17 + round * 701) % WORDS));
            rest += 1;
        }
        all.tokens.extend(CONTROLS.map(str::to_owned));
        all
    }

    fn merge(&mut self, first: &str, second: &str) {
        self.tokens.push(format!("{first}{second}"));
        self.merges.push(format!("{first} {second}"));
    }

    /// Tokens that no text should get: control tokens, and bytes that are only part of a character.
    pub fn unwanted(&self) -> Vec<usize> {
        (128..256).chain(self.tokens.len() - CONTROLS.len()..self.tokens.len()).collect()
    }
}

/// The character that stands for a byte in GPT-2's vocabulary.
fn byte_character(byte: u8) -> char {
    let visible = |byte: u8| matches!(byte, 0x21..=0x7e | 0xa1..=0xac | 0xae..=0xff);
    if visible(byte) {
        return char::from(byte);
    }
    let before = (0..byte).filter(|other| !visible(*other)).count();
    u32::try_from(before).ok().and_then(|before| char::from_u32(0x100 + before)).unwrap_or(char::REPLACEMENT_CHARACTER)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn the_vocabulary_has_its_size_and_no_token_twice() {
        let all = Vocabulary::made(151_936);
        assert_eq!(all.tokens.len(), 151_936);
        assert_eq!(all.tokens.iter().collect::<HashSet<_>>().len(), all.tokens.len(), "each token is another");
        let known: HashSet<&String> = all.tokens.iter().collect();
        for merge in &all.merges {
            let (a, b) = merge.split_once(' ').unwrap();
            assert!([a, b, &format!("{a}{b}")].iter().all(|part| known.contains(&(*part).to_owned())), "{merge}: parts are tokens");
        }
    }
}
