//! Words as they are compared.
//!
//! Invariant: two spellings that a reader takes for one (capitals, hidden characters, wide letters) are equal here.

use super::hidden::without;

/// In small letters, without hidden characters, with wide Latin letters and signs (`ｌａｗ`) as the usual ones, and with
/// each run of white space as one space.
pub(super) fn folded(text: &str) -> String {
    let bare = without(text);
    let mut folded = String::with_capacity(text.len());
    for c in bare.as_deref().unwrap_or(text).chars().map(usual).flat_map(char::to_lowercase) {
        if !c.is_whitespace() {
            folded.push(c);
        } else if !folded.ends_with(' ') {
            folded.push(' ');
        }
    }
    folded
}

/// The usual form of a wide letter or sign (U+FF01–U+FF5E stand in the order of ASCII).
fn usual(c: char) -> char {
    match c {
        '\u{ff01}'..='\u{ff5e}' => char::from_u32(u32::from(c) - 0xff01 + 0x21).unwrap_or(c),
        _ => c,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spellings_that_look_the_same_are_the_same() {
        for text in ["lawyer", "LAWYER", "law\u{200b}yer", "ｌａｗｙｅｒ", "law\u{ad}yer", "l\u{202e}awyer"] {
            assert_eq!(folded(text), "lawyer", "{text:?}");
        }
        assert_eq!(folded("small\u{a0}claims\n court"), "small claims court");
        assert_eq!(folded("변호사"), "변호사");
        assert_eq!(folded("\u{200b}"), "");
    }
}
