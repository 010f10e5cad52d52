//! Names from the request's own fields, wherever they stand in an example's texts.
//!
//! Invariant: only what a field holds is looked for. A first name that is also a word ("Will", "May") is replaced only beside its
//! family name or after a word of address, for the text would lose more than the person gains.

use super::{Found, Kind};
use crate::example::Field;
use std::ops::Range;

/// What to look for.
#[derive(Debug, Clone, Default)]
pub struct Names {
    patterns: Vec<Pattern>,
}

#[derive(Debug, Clone)]
struct Pattern {
    text: String,
    /// The person it belongs to: the parts of a name have the placeholder of the whole.
    key: String,
    bound: Bound,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Bound {
    /// Not inside a longer word.
    Word,
    /// Not inside a longer word, and behind a word of address.
    Addressed,
    /// Anywhere: three syllables of Korean are no accident.
    Anywhere,
    /// Begins a Korean word, and a particle or a title may follow.
    KoreanStart,
}

/// Family names of one syllable, by how many bear them.
const FAMILIES: &str = "김이박최정강조윤장임한오서신권황안송류전홍고문양손배백허유남심노하곽성차주우구민진나지엄채원천방공현함변염여추도소석선설마길연위표명기반라왕금옥육인맹제모탁국어은편용예봉경";
/// Titles that may follow a Korean name within a word.
const TITLES: &[&str] = &["고객님", "선생님", "과장님", "대리님", "부장님", "사장님", "팀장님", "님", "씨", "군", "양", "쌤"];
/// What may end a word behind a name or a title.
const PARTICLES: &[&str] = &[
    "",
    "이",
    "가",
    "는",
    "은",
    "을",
    "를",
    "의",
    "와",
    "과",
    "도",
    "에",
    "에게",
    "에게서",
    "께",
    "께서",
    "한테",
    "한테서",
    "으로",
    "로",
    "랑",
    "이랑",
    "야",
    "아",
    "만",
    "부터",
    "까지",
    "라고",
    "이라고",
    "라는",
    "이라는",
    "입니다",
    "이에요",
    "예요",
    "이고",
    "이며",
    "인데",
    "인데요",
    "이라서",
    "처럼",
    "보다",
    "께는",
    "께도",
    "이요",
    "요",
    "이가",
    "이는",
    "이를",
    "이의",
    "이도",
    "이와",
    "이에게",
    "이한테",
];
/// Names that are words too, and words that are in names.
const WORDS: &[&str] = &[
    "will",
    "mark",
    "may",
    "june",
    "april",
    "august",
    "rose",
    "grace",
    "hope",
    "faith",
    "joy",
    "bill",
    "frank",
    "art",
    "gene",
    "jack",
    "rich",
    "drew",
    "chase",
    "grant",
    "pat",
    "sue",
    "dawn",
    "eve",
    "ivy",
    "lily",
    "daisy",
    "violet",
    "summer",
    "autumn",
    "amber",
    "ruby",
    "pearl",
    "crystal",
    "angel",
    "christian",
    "dean",
    "duke",
    "earl",
    "king",
    "prince",
    "page",
    "price",
    "long",
    "short",
    "young",
    "old",
    "good",
    "best",
    "black",
    "white",
    "brown",
    "green",
    "gray",
    "grey",
    "day",
    "knight",
    "bishop",
    "pope",
    "stone",
    "wood",
    "woods",
    "field",
    "fields",
    "hill",
    "lake",
    "rivers",
    "bush",
    "park",
    "lane",
    "street",
    "bell",
    "cook",
    "baker",
    "miller",
    "smith",
    "taylor",
    "carter",
    "mason",
    "hunter",
    "fisher",
    "gardener",
    "parker",
    "walker",
    "banks",
    "cash",
    "case",
    "major",
    "max",
    "van",
    "der",
    "den",
    "von",
    "del",
    "the",
    "and",
    "for",
    "not",
    "gmbh",
    "inc",
    "ltd",
    "llc",
    "corp",
    "team",
    "support",
    "customer",
    "service",
    "admin",
    "user",
    "info",
    "sales",
    "office",
    "order",
    "company",
    "unknown",
    "none",
    "null",
    "test",
    "mrs",
    "miss",
    "herr",
    "frau",
    "monsieur",
    "madame",
    "señor",
    "don",
    "love",
    "sky",
    "star",
    "rain",
    "storm",
    "wolf",
    "fox",
    "bird",
    "little",
    "small",
    "strong",
    "wise",
    "swift",
    "sharp",
    "new",
    "west",
    "north",
    "south",
    "east",
    "england",
    "france",
    "york",
    "paris",
    "london",
    "berlin",
    "chance",
    "destiny",
    "harmony",
    "mercy",
    "patience",
    "sunny",
    "bud",
    "buddy",
    "guy",
    "nick",
    "rob",
    "jimmy",
    "sandy",
    "rusty",
    "dusty",
    "misty",
    "holly",
    "olive",
    "ginger",
    "basil",
    "sage",
];
const ADDRESS: &[&str] =
    &["mr", "mrs", "ms", "miss", "dr", "prof", "sir", "madam", "dear", "hi", "hello", "hey", "herr", "frau", "from", "i'm", "regards"];

fn is_hangul(c: char) -> bool {
    ('\u{ac00}'..='\u{d7a3}').contains(&c)
}

impl Names {
    /// `known` are names of fields, in lower case.
    pub fn of(fields: &[Field], known: &[String]) -> Self {
        let mut names = Self::default();
        for field in fields {
            let called = field.name.to_lowercase();
            if known.contains(&called) {
                // `Anna Schmidt <anna@example.com>`: the address is found by its shape.
                let value = field.value.split('<').next().unwrap_or_default().trim().trim_matches(['"', '\'', ',']);
                if value.contains('@') || !value.chars().any(char::is_alphabetic) || value.chars().count() > 100 {
                    continue;
                }
                let whole_only = ["company", "street", "address", "회사", "주소"].iter().any(|word| called.contains(word));
                names.add(value, whole_only);
            }
        }
        // Longer ones first, so that a whole name is one value and not two.
        names.patterns.sort_by(|a, b| b.text.len().cmp(&a.text.len()).then(a.text.cmp(&b.text)));
        names.patterns.dedup_by(|a, b| a.text == b.text);
        names
    }

    fn add(&mut self, value: &str, whole_only: bool) {
        let key = value.to_lowercase();
        let hangul = value.chars().filter(|c| is_hangul(*c)).count();
        let all_hangul = hangul > 0 && value.chars().all(|c| is_hangul(c) || c == ' ');
        if all_hangul {
            let joined: String = value.chars().filter(|c| *c != ' ').collect();
            let bound = if hangul >= 3 { Bound::Anywhere } else { Bound::KoreanStart };
            if hangul >= 2 {
                self.push(value, &key, bound);
                self.push(&joined, &key, bound);
            }
            let given: String = joined.chars().skip(1).collect();
            let family = joined.chars().next().is_some_and(|first| FAMILIES.contains(first));
            if !whole_only && family && hangul == 3 {
                self.push(&given, &key, Bound::KoreanStart);
            }
            return;
        }
        if value.chars().count() < 2 {
            return;
        }
        let parts: Vec<&str> = value.split([' ', ',', '\t', '\u{a0}']).filter(|part| !part.is_empty()).collect();
        // A single word that is a word too is no reason to take the word out of every sentence.
        let bound = if parts.len() == 1 && WORDS.contains(&key.as_str()) { Bound::Addressed } else { Bound::Word };
        for spelled in [value.to_owned(), key.clone(), value.to_uppercase(), titled(&parts)] {
            // A word in small letters is never the name of somebody who is called like it.
            if !(bound == Bound::Addressed && spelled == key) {
                self.push(&spelled, &key, bound);
            }
        }
        if whole_only || parts.len() < 2 {
            return;
        }
        if let [first, .., last] = parts[..] {
            self.push(&format!("{last}, {first}"), &key, Bound::Word);
            self.push(&format!("{last} {first}"), &key, Bound::Word);
        }
        for part in parts {
            let bare = part.trim_matches(['.', '(', ')', '"']);
            let lower = bare.to_lowercase();
            let long = bare.chars().count() >= if bare.is_ascii() { 3 } else { 2 };
            if !long || ADDRESS.contains(&lower.as_str()) {
                continue;
            }
            let bound = if WORDS.contains(&lower.as_str()) { Bound::Addressed } else { Bound::Word };
            for spelled in [bare.to_owned(), titled(&[bare]), bare.to_uppercase()] {
                self.push(&spelled, &key, bound);
            }
        }
    }

    fn push(&mut self, text: &str, key: &str, bound: Bound) {
        if !self.patterns.iter().any(|known| known.text == text) {
            self.patterns.push(Pattern { text: text.to_owned(), key: key.to_owned(), bound });
        }
    }

    pub fn find(&self, text: &str, found: &mut Vec<Found>) {
        for pattern in &self.patterns {
            for (start, _) in text.match_indices(&pattern.text) {
                let at = start..start + pattern.text.len();
                if pattern.bound.holds(text, &at) {
                    found.push(Found { kind: Kind::Name, at, key: pattern.key.clone() });
                }
            }
        }
    }
}

/// Each word with a capital, the rest small.
fn titled(parts: &[&str]) -> String {
    let title = |part: &&str| {
        let mut letters = part.chars();
        letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters.flat_map(char::to_lowercase)).collect())
    };
    parts.iter().map(title).collect::<Vec<String>>().join(" ")
}

impl Bound {
    fn holds(self, text: &str, at: &Range<usize>) -> bool {
        let before = text[..at.start].chars().next_back();
        let behind = text[at.end..].chars().next();
        // A letter of Korean behind a Latin name is a particle.
        let joins = |c: Option<char>| c.is_some_and(|c| c.is_alphanumeric() && !is_hangul(c));
        match self {
            Self::Anywhere => true,
            Self::Word => !joins(before) && !joins(behind),
            Self::Addressed => {
                let word = text[..at.start].trim_end_matches([' ', '.', ',']).rsplit(char::is_whitespace).next().unwrap_or_default();
                !joins(before) && !joins(behind) && ADDRESS.contains(&word.to_lowercase().as_str())
            }
            Self::KoreanStart => {
                // All of the word's rest is a title and a particle, or "이수" would be found in "이수과목".
                let rest: &str = text[at.end..].split(|c| !is_hangul(c)).next().unwrap_or_default();
                let ended = |rest: &str| PARTICLES.contains(&rest);
                let titled = || TITLES.iter().filter_map(|title| rest.strip_prefix(title)).any(ended);
                !before.is_some_and(is_hangul) && (ended(rest) || titled())
            }
        }
    }
}
