//! One line for each example, for people and their spreadsheets.
//!
//! Invariant: every field is quoted (RFC 4180), and no cell begins with what a spreadsheet would compute: such a cell has an apostrophe before
//! it. So this is the one format that does not keep a text's bytes exactly; JSON and Parquet do.

use super::Shape;
use crate::example::{Example, Role};
use crate::recipe::Side;

/// Excel takes a file without it for one of the system's own code page, and Korean becomes noise.
pub const BEGINNING: &[u8] = b"\xef\xbb\xbf";

const COLUMNS: [&str; 10] = ["id", "item", "split", "verdict", "weight", "system", "prompt", "text", "rejected", "reasons"];

pub fn header(shape: &Shape) -> Vec<u8> {
    let mut line = BEGINNING.to_vec();
    cells(COLUMNS.iter().map(|name| (*name).to_owned()).chain(shape.meta.iter().map(|key| format!("meta_{key}"))), &mut line);
    line
}

pub fn line(example: &Example, side: Side, shape: &Shape, into: &mut Vec<u8>) {
    into.clear();
    let prompt = match &example.prompt[..] {
        [only] => only.content.clone(),
        many => many.iter().map(|message| format!("{}: {}", speaker(message.role), message.content)).collect::<Vec<_>>().join("\n\n"),
    };
    let own = [
        example.id.clone(),
        example.item.clone(),
        side.as_str().to_owned(),
        example.verdict.as_str().to_owned(),
        format!("{}", example.weight),
        example.system.clone().unwrap_or_default(),
        prompt,
        example.verdict.accepted().unwrap_or_default().to_owned(),
        example.verdict.refused().unwrap_or_default().to_owned(),
        example.reasons.join("; "),
    ];
    let meta = shape.meta.iter().map(|key| example.meta.get(key).cloned().unwrap_or_default());
    cells(own.into_iter().chain(meta), into);
}

fn speaker(role: Role) -> &'static str {
    match role {
        Role::System => "System",
        Role::User => "User",
        Role::Assistant => "Assistant",
    }
}

fn cells(cells: impl Iterator<Item = String>, into: &mut Vec<u8>) {
    for (index, cell) in cells.enumerate() {
        if index > 0 {
            into.push(b',');
        }
        into.push(b'"');
        if computes(&cell) {
            into.push(b'\'');
        }
        // A NUL ends a text in some readers; its picture does not.
        into.extend_from_slice(cell.replace('"', "\"\"").replace('\0', "\u{2400}").as_bytes());
        into.push(b'"');
    }
    into.extend_from_slice(b"\r\n");
}

/// Whether a spreadsheet may take the cell for a formula: by its first sign, or by the first behind space, quotes and what has no width.
pub fn computes(cell: &str) -> bool {
    let formula = |c: char| {
        matches!(c, '=' | '+' | '-' | '@' | '\t' | '\r' | '＝' | '＋' | '－' | '＠' | '\u{2212}' | '\u{fe62}' | '\u{fe63}' | '\u{fe66}')
    };
    let skipped = |c: char| {
        (c.is_whitespace() && c != '\t' && c != '\r') || matches!(c, '"' | '\'' | '\0' | '\u{200b}'..='\u{200f}' | '\u{2060}' | '\u{feff}')
    };
    cell.chars().find(|c| !skipped(*c)).is_some_and(formula)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cell_that_a_spreadsheet_would_compute_is_told_from_text() {
        let computed = [
            "=1+1",
            "+1",
            "-1",
            "@SUM(A1)",
            "\t=1",
            "\r=1",
            "＝1",
            "＋1",
            "－1",
            "＠x",
            " =1",
            "\u{a0}=1",
            "\u{feff}=1",
            "\"=1",
            "\n=1",
            "=cmd|'/c calc'!A1",
            "=HYPERLINK(\"http://x\")",
            "'=1",
        ];
        for cell in computed {
            assert!(computes(cell), "{cell:?} is a formula to some spreadsheet");
        }
        for cell in ["", "text", "a=b", "1-2", "김 = 이", "(=1)", "user@example.com"] {
            assert!(!computes(cell), "{cell:?} is text");
        }
    }

    #[test]
    fn quotes_are_doubled_and_every_field_is_quoted() {
        let mut line = Vec::new();
        cells(["a".to_owned(), "say \"hi\", ok\nthen".to_owned(), "=1".to_owned(), String::new()].into_iter(), &mut line);
        assert_eq!(String::from_utf8(line).unwrap(), "\"a\",\"say \"\"hi\"\", ok\nthen\",\"'=1\",\"\"\r\n", "RFC 4180 with all quoted");
    }
}
