//! The hostile cases of exports that concern rows and files; the names carry the ids of the list that they are taken from.

#![expect(clippy::unwrap_used, reason = "a test ends where something is not as it says")]

mod invented;

use datasets::*;
use invented::about;
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

fn run(folder: &Path, formats: &[Format], examples: Vec<Example>) -> Manifest {
    let mut recipe = Recipe::new(formats.to_vec(), "letters");
    recipe.cleaning = Cleaning::default();
    (recipe.split.validation, recipe.split.test) = (0.0, 0.0);
    let job = Job { folder, recipe: &recipe, about: &about(), count_tokens: None, cancelled: &|| false, progress: &mut |_| {} };
    write(job, &mut examples.into_iter()).unwrap()
}

const CELLS: [&str; 24] = [
    "=1+1",
    "+1",
    "-1",
    "@SUM(A1)",
    "\t=1",
    "\r=1",
    "＝1+1",
    "＋1",
    "－1",
    "＠SUM(A1)",
    " =1",
    "\u{a0}=1",
    "\u{feff}=1",
    "\"=1",
    "'=1",
    "fine\n=1",
    "fine;=1",
    "fine\",=1",
    "=cmd|'/c calc'!A1",
    "=HYPERLINK(\"http://x.example\",\"y\")",
    "=IMPORTXML(\"http://x.example\",\"//a\")",
    "\0=1",
    "\u{200b}=1",
    "\r\n=1",
];

/// The cells of a CSV by RFC 4180, every one of them quoted.
fn cells(csv: &str) -> Vec<Vec<String>> {
    let (mut rows, mut row, mut rest) = (Vec::new(), Vec::new(), csv);
    while !rest.is_empty() {
        let mut cell = String::new();
        rest = rest.strip_prefix('"').expect("every field is quoted");
        loop {
            let end = rest.find('"').expect("a quoted field ends");
            cell.push_str(&rest[..end]);
            rest = &rest[end + 1..];
            let Some(more) = rest.strip_prefix('"') else { break };
            cell.push('"');
            rest = more;
        }
        row.push(cell);
        if let Some(more) = rest.strip_prefix(',') {
            rest = more;
        } else {
            rest = rest.strip_prefix("\r\n").expect("behind a field comes a comma or the end of the line");
            rows.push(std::mem::take(&mut row));
        }
    }
    rows
}

#[test]
fn i1_no_cell_is_a_formula_and_json_keeps_every_byte() {
    let place = tempfile::tempdir().unwrap();
    let folder = place.path().join("v1");
    let examples: Vec<Example> = CELLS
        .iter()
        .enumerate()
        .map(|(n, cell)| {
            let mut example = invented::example(n as u64);
            example.prompt = vec![Message { role: Role::User, content: format!("Number {n}?") }];
            example.verdict = Verdict::Edit { draft: format!("{cell} draft"), edited: (*cell).to_owned() };
            example.reasons = vec![(*cell).to_owned()];
            example.meta = BTreeMap::from([("slice".to_owned(), (*cell).to_owned())]);
            example
        })
        .collect();
    let manifest = run(&folder, &[Format::Sft, Format::DpoChat, Format::Csv], examples);

    let csv = fs::read_to_string(folder.join(&manifest.tables[0].path)).unwrap();
    let rows = cells(csv.strip_prefix('\u{feff}').expect("a spreadsheet is told that it is Unicode"));
    assert_eq!(rows.len(), CELLS.len() + 1, "a line break in a cell makes no row");
    let skipped = |c: &char| c.is_whitespace() && !matches!(c, '\t' | '\r') || matches!(c, '"' | '\u{200b}' | '\u{feff}' | '\u{2400}');
    let computes = |cell: &String| cell.chars().find(|c| !skipped(c)).is_some_and(|c| "=+-@\t\r＝＋－＠".contains(c));
    for cell in rows.iter().flatten() {
        assert!(!computes(cell), "{cell:?} would be computed");
    }
    assert!(rows.iter().flatten().any(|cell| cell == "'=cmd|'/c calc'!A1"), "an apostrophe stands before it, and the text is kept");

    let sft = manifest.files.iter().find(|file| file.config == Format::Sft).unwrap();
    let texts: Vec<String> = fs::read_to_string(folder.join(&sft.path))
        .unwrap()
        .lines()
        .map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap()["messages"].as_array().unwrap().last().unwrap().clone())
        .map(|last| last["content"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(texts, CELLS, "JSON keeps every byte");
}

#[test]
fn i3_only_our_own_words_are_in_the_names_of_files() {
    let place = tempfile::tempdir().unwrap();
    let folder = place.path().join("v1");
    let hostile = ["../../evil", "C:\\evil", "CON", "a/b", "..", "\0", "한글", "x".repeat(400).as_str()].map(str::to_owned);
    let examples: Vec<Example> = hostile
        .iter()
        .enumerate()
        .map(|(n, name)| {
            let mut example = invented::example(n as u64);
            example.verdict = Verdict::Approve { draft: "Yes.".into() };
            example.meta = BTreeMap::from([(name.clone(), name.clone())]);
            example.reasons = vec![name.clone()];
            example.item.clone_from(name);
            example
        })
        .collect();
    let mut recipe = Recipe::new(vec![Format::Sft, Format::Csv], "letters");
    recipe.cleaning = Cleaning::default();
    recipe.shard_bytes = 2_000;
    let about = About { name: "../../evil".into(), version: "../9".into(), creator: "/etc".into(), ..about() };
    let job = Job { folder: &folder, recipe: &recipe, about: &about, count_tokens: None, cancelled: &|| false, progress: &mut |_| {} };
    write(job, &mut examples.into_iter()).unwrap();
    assert_eq!(fs::read_dir(place.path()).unwrap().count(), 1, "nothing stands beside the folder");
    let mut open = vec![folder.clone()];
    let mut files = 0;
    while let Some(at) = open.pop() {
        for entry in fs::read_dir(&at).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_str().unwrap().to_owned();
            assert!(name.chars().all(|c| c.is_ascii_alphanumeric() || "._-".contains(c)) && name.len() < 40, "{name:?}");
            if path.is_dir() { open.push(path) } else { files += 1 }
        }
    }
    assert!(files > 8, "some shards of both formats, and the card: {files}");
}
