//! The words that a person looks for, and where in a text they stand.
//!
//! Invariant: pure; what is marked in a text is what the index found it by: each word, wherever it stands, small and capital letters alike.

/// Characters of a search that are looked at, and words of it.
const MOST_CHARACTERS: usize = 256;
const MOST_WORDS: usize = 16;
/// A word of one character says too little: nearly every text has it.
const SHORTEST: usize = 2;

/// Words that all must stand in one text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Words(Vec<String>);

/// A part of a snippet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Piece {
    pub text: String,
    /// It is what was looked for.
    pub hit: bool,
}

/// The text of an item in which the words were found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    Request,
    Draft,
    /// What was decided, where that is not the draft.
    Decided,
}

/// Where a search found its words, to be shown in a line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Snippet {
    pub place: Place,
    pub pieces: Vec<Piece>,
}

/// As the index knows characters: one for one.
fn fold(c: char) -> char {
    c.to_lowercase().next().unwrap_or(c)
}

impl Words {
    /// `None` where nothing is looked for; words of one character are passed over.
    pub fn of(text: &str) -> Option<Self> {
        let head: String = text.chars().take(MOST_CHARACTERS).filter(|c| *c != '\0').map(fold).collect();
        let words: Vec<String> =
            head.split_whitespace().filter(|word| word.chars().count() >= SHORTEST).take(MOST_WORDS).map(str::to_owned).collect();
        (!words.is_empty()).then_some(Self(words))
    }

    pub fn each(&self) -> &[String] {
        &self.0
    }

    /// Whether all of them stand in a text.
    pub fn all_in(&self, text: &str) -> bool {
        let text: Vec<char> = text.chars().map(fold).collect();
        self.0.iter().all(|word| first_in(&text, &word.chars().collect::<Vec<_>>(), 0).is_some())
    }

    /// The line around the first of them, at most so many characters; `None` where not all of them are there.
    pub fn around(&self, text: &str, most: usize) -> Option<Vec<Piece>> {
        let original: Vec<char> = text.chars().collect();
        let folded: Vec<char> = original.iter().copied().map(fold).collect();
        let words: Vec<Vec<char>> = self.0.iter().map(|word| word.chars().collect()).collect();
        let firsts: Option<Vec<usize>> = words.iter().map(|word| first_in(&folded, word, 0)).collect();
        let first = firsts?.into_iter().min()?;
        let from = line_start(&original, first, most / 4);
        let to = original.len().min(from + most);
        let mut hit = vec![false; to - from];
        for word in &words {
            let mut at = from;
            while let Some(found) = first_in(&folded[..to], word, at) {
                hit[found - from..found - from + word.len()].fill(true);
                at = found + word.len();
            }
        }
        let mut pieces: Vec<Piece> = Vec::new();
        let mut add = |c: char, hit: bool| match pieces.last_mut() {
            Some(last) if last.hit == hit => last.text.push(c),
            Some(_) | None => pieces.push(Piece { text: c.into(), hit }),
        };
        if from > 0 {
            add('…', false);
        }
        let mut blank = false;
        for (c, hit) in original[from..to].iter().zip(hit) {
            // A line has no line ends.
            if c.is_whitespace() && !hit {
                blank = true;
                continue;
            }
            if std::mem::take(&mut blank) {
                add(' ', false);
            }
            add(*c, hit);
        }
        if to < original.len() {
            add('…', false);
        }
        Some(pieces)
    }
}

fn first_in(text: &[char], word: &[char], from: usize) -> Option<usize> {
    let (head, rest) = word.split_first()?;
    let last = text.len().checked_sub(word.len())?;
    (from..=last).find(|at| text[*at] == *head && text[at + 1..at + word.len()] == *rest)
}

/// Where to begin, so that the words stand after a few others: at most so many characters before them, at the start of a word if there is one.
fn line_start(text: &[char], first: usize, before: usize) -> usize {
    let earliest = first.saturating_sub(before);
    if earliest == 0 {
        return 0;
    }
    (earliest..first).find(|at| text[at - 1].is_whitespace()).unwrap_or(earliest)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn marked(search: &str, text: &str, most: usize) -> Option<String> {
        let pieces = Words::of(search).unwrap().around(text, most)?;
        Some(pieces.iter().map(|p| if p.hit { format!("[{}]", p.text) } else { p.text.clone() }).collect())
    }

    fn check(search: &str, text: &str, expected: &str) {
        assert_eq!(marked(search, text, 60).as_deref(), Some(expected));
    }

    #[test]
    fn each_word_is_marked_wherever_it_stands() {
        check("order late", "Order 7 is late.\n\nThe order!", "[Order] 7 is [late]. The [order]!");
        check("사이즈", "사이즈가 안 맞아요", "[사이즈]가 안 맞아요");
        check("환불", "빠른 환불 부탁드려요 환불", "빠른 [환불] 부탁드려요 [환불]");
        check("ÄRGER", "Viel Ärger", "Viel [Ärger]");
        check("2345", "FW-12345", "FW-1[2345]");
        check("aa", "aaaaa", "[aaaa]a");
    }

    #[test]
    fn a_long_text_is_cut_to_the_line_around_the_first_word() {
        let text = format!("{} here it is {}", "so many words ".repeat(50), "and more ".repeat(50));
        let line = marked("here", &text, 40).unwrap();
        assert!(line.starts_with('…') && line.ends_with('…') && line.contains("[here] it is"), "{line}");
        assert!(line.chars().count() <= 44, "{line}");
    }

    #[test]
    fn what_does_not_hold_every_word_is_no_find() {
        assert_eq!(marked("late order", "It is late", 60), None);
        assert!(!Words::of("late order").unwrap().all_in("It is late"));
        assert!(Words::of("LATE").unwrap().all_in("It is late"));
    }

    #[test]
    fn a_word_of_one_character_is_passed_over() {
        assert_eq!(Words::of("a 1 \" *"), None);
        assert_eq!(Words::of("a bc").unwrap().each(), ["bc"]);
        assert_eq!(Words::of(&"word ".repeat(200)).unwrap().each().len(), MOST_WORDS);
    }

    proptest! {
        #[test]
        fn a_find_shows_what_was_looked_for(search in "\\PC{2,12}", before in "\\PC{0,40}", after in "\\PC{0,40}") {
            if let Some(words) = Words::of(&search) {
                let text = format!("{before}{search}{after}");
                prop_assert!(words.all_in(&text));
                let pieces = words.around(&text, 200).unwrap();
                prop_assert!(pieces.iter().any(|p| p.hit));
                prop_assert!(pieces.windows(2).all(|two| two[0].hit != two[1].hit), "neighbours differ");
            }
        }
    }
}
