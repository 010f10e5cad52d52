//! CSV: what spreadsheets write, and group A of the hostile inputs.

use super::*;
use flow::model::Cancel;
use std::io::{Seek as _, SeekFrom, Write as _};

/// `text` in the bytes of an encoding, with its mark where UTF-16 has one.
fn utf16(text: &str, big: bool) -> Vec<u8> {
    let units = std::iter::once(0xfeff).chain(text.encode_utf16());
    units.flat_map(|unit| if big { unit.to_be_bytes() } else { unit.to_le_bytes() }).collect()
}

#[test]
fn csv_as_spreadsheets_write_it() {
    let i = intake();
    i.check("a.csv", b"id,message\n1,hello\n2,\"two\r\nlines, \"\"quoted\"\"\"\n3,last", 3, 0, &[]);
    i.check("tab.tsv", b"id\tmessage\n5\ttabbed\n", 1, 0, &[]);
    assert_eq!(i.texts("message"), ["hello", "two\r\nlines, \"quoted\"", "last", "tabbed"]);
}

#[test]
fn a1_a_file_of_nothing_is_said_to_be_empty() {
    let i = intake();
    i.refused("empty.csv", b"", "empty");
    let blank = i.preview("blank.csv", b"\n\n").map(|found| found.columns.len());
    assert!(blank.is_err() || blank.is_ok_and(|columns| columns == 0), "lines without anything name no column");
}

#[test]
fn a2_a_header_alone_brings_nothing_and_is_no_error() {
    let i = intake();
    i.check("header.csv", b"id,message\n", 0, 0, &[]);
    i.check("header without an end.csv", b"id,message", 0, 0, &[]);
}

#[test]
fn a3_a_first_line_that_names_nothing_is_pointed_out_before_anything_is_taken() {
    let i = intake();
    let problems = |bytes: &[u8]| i.preview("headless.csv", bytes).unwrap().problems;
    let found = problems(b"17,hello\n18,bye\n");
    assert!(found.iter().any(|found| found.line == 1 && found.reason.contains("\"17\" is an odd name")), "{found:?}");
    let sentence = format!("a,{}\nb,c\n", "I would like to know where my parcel is, it should be here by now. ".repeat(2));
    assert!(problems(sentence.as_bytes()).iter().any(|found| found.reason.contains("odd name")));
    assert_eq!(problems(b"id,message\n17,hello\n"), []);
}

#[test]
fn a4_two_columns_of_one_name_are_refused_with_their_numbers() {
    let i = intake();
    i.refused("twice.csv", b"text,text\na,b\n", "columns 1 and 2 are both named");
    i.refused("thrice.csv", b"id,a,b, a \n1,2,3,4\n", "columns 2 and 4 are both named");
}

#[test]
fn a5_marks_of_encodings_are_read_and_utf_32_is_named() {
    let i = intake();
    i.check("bom.csv", b"\xef\xbb\xbfid;message\r\n4;semi, colon\r\n", 1, 0, &[]);
    i.check("little.csv", &utf16("id,message\n6,\u{c548}\u{b155} \u{1f600}\n", false), 1, 0, &[]);
    i.check("big.csv", &utf16("id,message\n7,\u{c548}\u{b155} \u{1f600}\n", true), 1, 0, &[]);
    assert_eq!(i.texts("message"), ["semi, colon", "\u{c548}\u{b155} \u{1f600}", "\u{c548}\u{b155} \u{1f600}"]);
    i.refused("u32.csv", &[0xff, 0xfe, 0, 0, 0x69, 0, 0, 0], "UTF-32");
    i.refused("u32 big.csv", &[0, 0, 0xfe, 0xff, 0, 0, 0, 0x69], "UTF-32");
    // Half a surrogate pair is no character.
    let broken = [utf16("id,message\n8,", false), vec![0x3d, 0xd8], utf16("\n9,ok\n", false)[2..].to_vec()].concat();
    i.check("broken.csv", &broken, 1, 0, &[(2, "nothing in the file's encoding")]);
}

#[test]
fn a6_bytes_that_are_not_utf_8_reject_their_row_with_their_place() {
    let i = intake();
    for (n, bytes) in [&b"\xc3\x28"[..], b"ab\x80", b"\xed\xa0\x80", b"\xf5\x80\x80\x80", b"\xc0\xaf"].into_iter().enumerate() {
        let file = [format!("id,message\n{n}a,ok\n{n}b,").as_bytes(), bytes, format!("\n{n}c,ok\n").as_bytes()].concat();
        let place = if bytes.starts_with(b"ab") { "not UTF-8 at byte 3" } else { "not UTF-8 at byte 1" };
        i.check("utf8.csv", &file, 2, 0, &[(3, place)]);
    }
}

#[test]
fn a7_old_encodings_are_shown_as_they_look_and_taken_only_when_said() {
    let i = intake();
    let western = b"id,message\n1,\x93Where is my parcel?\x94 he asked \x96 it\x92s late\n";
    let source = i.source("western.csv", western);
    let found = preview(&source).unwrap();
    assert_eq!(
        (found.encoding, found.guessed, found.rows[0][1].as_str()),
        ("windows-1252", true, "\u{201c}Where is my parcel?\u{201d} he asked \u{2013} it\u{2019}s late")
    );
    i.check("western.csv", western, 0, 0, &[(2, "say what the file is encoded in")]);
    let said = Source { encoding: Some("windows-1252".into()), ..source };
    assert_eq!(i.take(&said).unwrap().accepted, 1);
    // As the Korean Excel saves it, the names of the columns too.
    let korean = encoding_rs::EUC_KR.encode("\u{bc88}\u{d638},\u{bb38}\u{c758}\nk1,\u{c8fc}\u{bb38}\u{d55c} \u{bb3c}\u{ac74}\u{c774} \u{c544}\u{c9c1} \u{c548} \u{c654}\u{c5b4}\u{c694}. \u{c5b8}\u{c81c} \u{bc1b}\u{c744} \u{c218} \u{c788}\u{b098}\u{c694}?\n").0.into_owned();
    let source = i.source("korean.csv", &korean);
    let found = preview(&source).unwrap();
    assert_eq!((found.encoding, found.guessed, found.columns[1].as_str()), ("EUC-KR", true, "\u{bb38}\u{c758}"));
    let said = Source { encoding: Some("euc-kr".into()), ..source.clone() };
    let report = i.desk.import(i.case, &said, &found.mapping, &admin(), &Cancel::default(), &mut |_| {}).unwrap();
    assert_eq!(report.accepted, 1);
    assert!(i.texts("\u{bb38}\u{c758}")[1].starts_with("\u{c8fc}\u{bb38}\u{d55c}"));
    // What is nothing in the encoding that was said is a row of its own.
    let odd = [&b"id,message\n9,"[..], b"\x81", b"\n10,ok\n"].concat();
    let said = Source { encoding: Some("euc-kr".into()), ..i.source("odd.csv", &odd) };
    let report = i.take(&said).unwrap();
    assert_eq!((report.accepted, report.rejects_total), (1, 1), "{report:?}");
    let unknown = preview(&Source { encoding: Some("klingon".into()), ..source }).unwrap_err().to_string();
    assert!(unknown.contains("klingon") && unknown.contains("windows-1252"), "{unknown}");
}

#[test]
fn a8_a_quote_that_is_never_closed_is_stopped_and_what_came_before_is_kept() {
    let i = intake();
    let mut bytes = b"id,message\n1,good\n2,\"never closed\n".to_vec();
    bytes.extend(std::iter::repeat_n(b"3,swallowed\n", 2 << 20).flatten());
    i.check("open.csv", &bytes, 1, 0, &[(3, "never closed")]);
}

/// The rule (README): a quote counts at the beginning of a cell; what follows the closing one belongs to the cell as it is; another quote
/// within is a character.
#[test]
fn a9_quotes_follow_one_rule() {
    let i = intake();
    i.check("quotes.csv", b"id,message\n1,5\" pipe\n2,\"a\"\"b\"\n3,\"a\"b\n4,\"\"\"all\"\"\"\n", 4, 0, &[]);
    assert_eq!(i.texts("message"), ["5\" pipe", "a\"b", "ab", "\"all\""]);
}

#[test]
fn a10_line_ends_of_every_kind_give_the_same_rows() {
    let i = intake();
    for (name, end) in [("lf", "\n"), ("crlf", "\r\n"), ("cr", "\r")] {
        let text = ["id,message", &format!("{name}1,a"), &format!("{name}2,\"b\r\nc\""), &format!("{name}3,d")].join(end) + end;
        i.check(name, text.as_bytes(), 3, 0, &[]);
    }
    i.check("mixed.csv", b"id,message\r\nm1,a\nm2,b\rm3,c", 3, 0, &[]);
    assert_eq!(i.texts("message").iter().filter(|text| *text == "b\r\nc").count(), 3, "within quotes nothing is changed");
}

#[test]
fn a11_rows_of_another_length_are_rejected_and_the_rest_goes_on() {
    let i = intake();
    i.check("ragged.csv", b"id,message\n1,a\n2\n3,b,c\n4,d\n", 2, 0, &[(3, "expected 2 cells"), (4, "found 3")]);
    i.check("empty cells.csv", b"id,message\n,no id\n10,\n11,ok\n", 1, 0, &[(2, "request's id"), (3, "found nothing")]);
    i.check(
        "words.csv",
        b"id,message,audience,priority\n12,a,nobody,1\n13,b,internal,high\n14,c,external,5\n",
        1,
        0,
        &[(2, "internal or external"), (3, "-100 to 100")],
    );
}

#[test]
fn a12_the_separator_is_shown_and_can_be_said() {
    let i = intake();
    for (bytes, separator) in [(&b"id;message\n1;a, b\n"[..], ';'), (b"id\tmessage\n1\ta;b\n", '\t'), (b"id|message\n1|a\n", '|')] {
        assert_eq!(i.preview("file", bytes).unwrap().delimiter, Some(separator));
    }
    // A trap: as many of one as of the other.
    let source = i.source("trap.csv", b"a;b,c\n1;2,3\n");
    let found = preview(&source).unwrap();
    assert_eq!((found.delimiter, found.columns), (Some(','), vec!["a;b".to_owned(), "c".to_owned()]));
    assert_eq!(preview(&Source { delimiter: Some(';'), ..source }).unwrap().columns, ["a", "b,c"]);
}

#[test]
fn a13_what_is_too_long_or_too_wide_meets_a_limit_and_cancelling_ends_it() {
    let i = intake();
    let long = ["id,message\n1,", &"x".repeat(3 << 20), "\n2,ok\n"].concat();
    i.check("long.csv", long.as_bytes(), 1, 0, &[(2, "at most 1048576 are taken")]);
    let wide = (0..100_000).map(|n| format!("c{n}")).collect::<Vec<_>>().join(",");
    i.refused("wide.csv", wide.as_bytes(), "100000 columns");
    let many = "m\n".to_owned() + &"x\n".repeat(200_000);
    let source = i.source("many.csv", many.as_bytes());
    let cancel = Cancel::default();
    let mapping = preview(&source).unwrap().mapping;
    let mut told = 0;
    let report = i
        .desk
        .import(i.case, &source, &mapping, &admin(), &cancel, &mut |_| {
            told += 1;
            cancel.cancel();
        })
        .unwrap();
    assert!(report.cancelled && told == 1, "{report:?}");
    assert!(report.accepted + report.duplicates < 1_000, "one chunk at most: {report:?}");
}

#[test]
fn a14_nul_characters_are_rejected() {
    let i = intake();
    i.check("nul.csv", b"id,message\n8,a\0b\n9,ok\n", 1, 0, &[(2, "NUL")]);
}

#[test]
fn a15_what_looks_like_a_number_or_a_date_stays_text() {
    let i = intake();
    i.check("ids.csv", b"id,message\n007,0049\n1.23E+15,1/2/2026\n0x10,-0.10\n", 3, 0, &[]);
    assert_eq!(i.texts("message"), ["0049", "1/2/2026", "-0.10"]);
    let c = rusqlite::Connection::open(i.folder.path().join("gait.db")).unwrap();
    let ids: Vec<String> = c
        .prepare("SELECT external_id FROM item ORDER BY id")
        .unwrap()
        .query_map([], |row| row.get(0))
        .unwrap()
        .map(Result::unwrap)
        .collect();
    assert_eq!(ids, ["007", "1.23E+15", "0x10"]);
}

#[test]
fn a16_the_same_file_brings_nothing_twice_whatever_it_is_called() {
    let i = intake();
    let bytes = b"id,message\n1,a\n2,b\n";
    i.check("a.csv", bytes, 2, 0, &[]);
    i.check("a.csv", bytes, 0, 2, &[]);
    i.check("renamed.csv", bytes, 0, 2, &[]);
    i.check("no id.csv", b"message\nx\nx\ny\n", 2, 1, &[]);
}

#[test]
fn a17_an_id_with_another_content_is_a_conflict_and_overwrites_nothing() {
    let i = intake();
    i.check("a.csv", b"id,message\n1,a\n2,b\n", 2, 0, &[]);
    i.check("changed.csv", b"id,message\n1,other\n3,c\n", 1, 0, &[(2, "known with another content")]);
    assert_eq!(i.texts("message"), ["a", "b", "c"]);
}

/// Imports a file of 3,000 rows and does something to it after the first chunk.
fn meddled(meddle: impl Fn(&std::path::Path)) -> (Intake, Result<Report, Error>, usize) {
    let i = intake();
    let rows: String = (0..3_000).map(|n| format!("{n},\"request number {n}, {}\"\n", "and more of it ".repeat(20))).collect();
    let source = i.source("meddled.csv", format!("id,message\n{rows}").as_bytes());
    let mapping = preview(&source).unwrap().mapping;
    let mut told = 0;
    let result = i.desk.import(i.case, &source, &mapping, &admin(), &Cancel::default(), &mut |_| {
        told += 1;
        if told == 1 {
            meddle(&source.path);
        }
    });
    let kept = i.kept().len();
    let whole = i
        .texts("message")
        .iter()
        .enumerate()
        .all(|(n, text)| text.starts_with(&format!("request number {n}, ")) && text.ends_with("of it "));
    assert!(whole, "no half row was taken");
    (i, result, kept)
}

#[test]
fn a18_a_file_that_changes_while_it_is_read_is_left_and_says_so() {
    let told = |result: Result<Report, Error>, kept: usize| {
        let said = result.unwrap_err().to_string();
        assert!(said.contains("changed while it was read") && said.contains(&format!("{kept} requests were taken")), "{said}");
        assert_eq!(kept, 500, "what came before it stays");
    };
    let (_, result, kept) = meddled(|path| std::fs::File::options().write(true).open(path).unwrap().set_len(300_000).unwrap());
    told(result, kept);
    let (i, result, kept) = meddled(|path| {
        let mut file = std::fs::File::options().write(true).open(path).unwrap();
        file.seek(SeekFrom::End(-100)).unwrap();
        file.write_all(&[b'x'; 200]).unwrap();
    });
    told(result, kept);
    // The same call again takes the rest.
    let report = i.take(&Source::of(i.folder.path().join("meddled.csv"))).unwrap();
    assert_eq!(report.duplicates, 500);
    // Who only takes the name away leaves the file whole to its reader.
    let (_, result, kept) = meddled(|path| std::fs::remove_file(path).unwrap());
    assert_eq!((result.unwrap().accepted, kept), (3_000, 3_000));
}
