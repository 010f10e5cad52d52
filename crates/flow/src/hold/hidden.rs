//! Characters that a reader does not see, or that make him read another text than the machine.
//!
//! Invariant: one pass; what people type (line breaks, emoji, right-to-left letters, the joiners of Persian and Hindi) is not
//! among them. Marks of direction are: they cannot be told from those that deceive.

/// Why a character counts as hidden.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HiddenKind {
    /// Changes the order in which other characters are shown.
    Bidirectional,
    /// Takes no space, or shows nothing.
    Invisible,
    /// Letters that only machines read (U+E0000–U+E007F).
    Tag,
    /// Commands for terminals and the like.
    Control,
}

impl HiddenKind {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Bidirectional => "changes the direction of reading",
            Self::Invisible => "invisible",
            Self::Tag => "an invisible tag",
            Self::Control => "a control character",
        }
    }
}

/// The first hidden character of a text, and how many there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Hidden {
    pub character: char,
    pub kind: HiddenKind,
    /// Counts characters from 1.
    pub position: usize,
    pub count: usize,
}

fn kind(c: char) -> Option<HiddenKind> {
    match c {
        '\t' | '\n' | '\r' => None,
        '\u{0}'..='\u{1f}' | '\u{7f}'..='\u{9f}' => Some(HiddenKind::Control),
        '\u{200e}' | '\u{200f}' | '\u{61c}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => Some(HiddenKind::Bidirectional),
        '\u{e0000}'..='\u{e007f}' => Some(HiddenKind::Tag),
        '\u{ad}'
        | '\u{34f}'
        | '\u{115f}'
        | '\u{1160}'
        | '\u{17b4}'
        | '\u{17b5}'
        | '\u{180b}'..='\u{180f}'
        | '\u{200b}'..='\u{200d}'
        | '\u{2028}'
        | '\u{2029}'
        | '\u{2060}'..='\u{2065}'
        | '\u{206a}'..='\u{206f}'
        | '\u{3164}'
        | '\u{fe00}'..='\u{fe0f}'
        | '\u{feff}'
        | '\u{ffa0}'
        | '\u{fff0}'..='\u{fffb}'
        | '\u{1d173}'..='\u{1d17a}'
        | '\u{e0080}'..='\u{e0fff}' => Some(HiddenKind::Invisible),
        _ => None,
    }
}

/// A picture, or a sign that can be shown as one.
fn is_picture(c: char) -> bool {
    kind(c).is_none()
        && matches!(c, '\u{a9}' | '\u{ae}' | '\u{2010}'..='\u{2bff}' | '\u{3030}' | '\u{303d}' | '\u{3297}' | '\u{3299}' | '\u{1f000}'..='\u{1faff}')
}

/// A letter of a script that is written with joiners: Arabic, those of India and around it, Myanmar, Khmer.
fn is_joined(c: char) -> bool {
    matches!(c, '\u{620}'..='\u{6ff}' | '\u{750}'..='\u{77f}' | '\u{8a0}'..='\u{8ff}' | '\u{900}'..='\u{dff}' | '\u{1000}'..='\u{109f}' | '\u{1780}'..='\u{17d3}')
}

/// Each hidden character of a text with its place. One variation selector behind a picture, or a joiner between two, is a
/// part of an emoji, and so is a key cap (`1️⃣`); behind a letter that is written with joiners, one of them is a part of
/// the word. A second one says something that nobody sees.
fn each(text: &str) -> impl Iterator<Item = (usize, char, HiddenKind)> {
    let mut before: Option<char> = None;
    // Whether a picture, with its selector, ends here.
    let mut is_behind_picture = false;
    let mut characters = text.chars().enumerate().peekable();
    std::iter::from_fn(move || {
        loop {
            let (at, c) = characters.next()?;
            let after = characters.peek().map(|(_, c)| *c);
            let is_key_cap = before.is_some_and(|b| matches!(b, '0'..='9' | '#' | '*')) && after == Some('\u{20e3}');
            let is_selector = matches!(c, '\u{fe0e}' | '\u{fe0f}') && (is_key_cap || before.is_some_and(is_picture));
            let is_joiner = match c {
                '\u{200d}' if is_behind_picture => after.is_some_and(is_picture),
                '\u{200c}' | '\u{200d}' => before.is_some_and(is_joined),
                _ => false,
            };
            is_behind_picture = is_picture(c) || is_selector;
            before = Some(c);
            if let Some(kind) = kind(c).filter(|_| !is_selector && !is_joiner) {
                return Some((at, c, kind));
            }
        }
    })
}

/// The first hidden character of a text, if there is one.
pub fn hidden(text: &str) -> Option<Hidden> {
    let mut found = each(text);
    let (at, character, kind) = found.next()?;
    Some(Hidden { character, kind, position: at + 1, count: 1 + found.count() })
}

/// Whether a text reads otherwise than it is, or says what nobody sees: before it goes out a person is asked.
pub fn deceives(text: &str) -> bool {
    each(text).any(|(_, _, kind)| match kind {
        HiddenKind::Bidirectional | HiddenKind::Tag => true,
        HiddenKind::Invisible | HiddenKind::Control => false,
    })
}

/// A text without what is hidden, if there is anything.
pub(super) fn without(text: &str) -> Option<String> {
    text.chars().any(|c| kind(c).is_some()).then(|| text.chars().filter(|c| kind(*c).is_none()).collect())
}

impl std::fmt::Display for Hidden {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (code, kind) = (u32::from(self.character), self.kind.as_str());
        write!(f, "hidden character U+{code:04X} ({kind})")?;
        if self.count > 1 { write!(f, ", {} in all", self.count) } else { Ok(()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: Option<(u32, HiddenKind, usize)>) {
        let got = hidden(text).map(|h| (u32::from(h.character), h.kind, h.count));
        assert_eq!(got, expected, "{text:?}");
    }

    #[test]
    fn what_people_type_is_not_hidden() {
        for text in [
            "می\u{200c}خواهم",
            "क्\u{200d}ष",
            "",
            "plain\ttext\r\nnext",
            "안녕하세요",
            "שלום",
            "مرحبا",
            "👩‍👩‍👧 ❤️ ☺︎ 1️⃣ 🇰🇷 👍🏽",
            "naïve ½ “quoted” — …",
            "e\u{301}",
            "a\u{a0}b",
        ] {
            check(text, None);
        }
    }

    #[test]
    fn what_is_hidden_is_found_and_counted() {
        use HiddenKind::{Bidirectional, Control, Invisible, Tag};
        check("pay $\u{202e}001", Some((0x202e, Bidirectional, 1)));
        check("a\u{2066}b\u{2069}", Some((0x2066, Bidirectional, 2)));
        check("law\u{200b}yer\u{200b}", Some((0x200b, Invisible, 2)));
        check("law\u{200d}yer", Some((0x200d, Invisible, 1)));
        check("law\u{200c}yer", Some((0x200c, Invisible, 1)));
        check("می\u{200c}\u{200c}", Some((0x200c, Invisible, 1)));
        check("a\u{fe0f}", Some((0xfe0f, Invisible, 1)));
        check("❤\u{fe0f}\u{fe0f}\u{fe0e}", Some((0xfe0f, Invisible, 2)));
        check("\u{202e}\u{fe0f}", Some((0x202e, Bidirectional, 2)));
        check("so\u{ad}ft", Some((0xad, Invisible, 1)));
        check("\u{feff}x", Some((0xfeff, Invisible, 1)));
        check("\u{3164}", Some((0x3164, Invisible, 1)));
        check("x\u{e0041}\u{e0042}", Some((0xe0041, Tag, 2)));
        check("\u{1b}[2J", Some((0x1b, Control, 1)));
        check("a\u{0}b\u{7f}", Some((0, Control, 2)));
        check("\u{9b}", Some((0x9b, Control, 1)));
    }

    #[test]
    fn the_words_say_which_and_how_many() {
        let found = hidden("ab\u{200b}c\u{200b}").unwrap();
        assert_eq!((found.position, found.to_string().as_str()), (3, "hidden character U+200B (invisible), 2 in all"));
    }
}
