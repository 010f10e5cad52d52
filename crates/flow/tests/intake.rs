//! Files as people have them: each case is a file, what is taken, and what is said of the rest.
#![expect(clippy::unwrap_used, reason = "a test ends where something is not as it says")]

use flow::intake::{Format, Mapping, Preview, Report, Source, preview};
use flow::model::Cancel;
use flow::testing::{admin, desk, use_case};
use flow::{Desk, Error, UseCaseId};
use tempfile::TempDir;

struct Intake {
    folder: TempDir,
    desk: Desk,
    case: UseCaseId,
}

fn intake() -> Intake {
    let folder = TempDir::new().unwrap();
    let (desk, _) = desk(folder.path()).unwrap();
    let case = use_case(&desk, |_| {}).unwrap();
    Intake { folder, desk, case }
}

impl Intake {
    fn source(&self, name: &str, bytes: &[u8]) -> Source {
        let path = self.folder.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        Source { path, format: None, delimiter: None }
    }

    fn preview(&self, name: &str, bytes: &[u8]) -> Result<Preview, Error> {
        preview(&self.source(name, bytes))
    }

    fn import(&self, name: &str, bytes: &[u8]) -> Report {
        let source = self.source(name, bytes);
        let mapping = preview(&source).unwrap().mapping;
        self.desk.import(self.case, &source, &mapping, &admin(), &Cancel::default(), &mut |_| {}).unwrap()
    }

    /// (accepted, duplicates, [(line, reason contains)])
    fn check(&self, name: &str, bytes: &[u8], accepted: u64, duplicates: u64, rejects: &[(u64, &str)]) {
        let report = self.import(name, bytes);
        assert_eq!((report.accepted, report.duplicates), (accepted, duplicates), "{name}: {report:?}");
        assert_eq!(report.rejects.len(), rejects.len(), "{name}: {:?}", report.rejects);
        for (reject, (line, reason)) in report.rejects.iter().zip(rejects) {
            assert_eq!(reject.line, *line, "{name}: {reject:?}");
            assert!(reject.reason.contains(reason), "{name}: {reject:?} should say {reason:?}");
        }
    }

    fn refused(&self, name: &str, bytes: &[u8], says: &str) {
        let error = self.preview(name, bytes).unwrap_err().to_string();
        assert!(error.contains(says), "{name}: {error}");
    }
}

#[test]
fn csv_as_spreadsheets_write_it() {
    let i = intake();
    i.check("a.csv", b"id,message\n1,hello\n2,\"two\r\nlines, \"\"quoted\"\"\"\n3,last", 3, 0, &[]);
    i.check("bom.csv", b"\xef\xbb\xbfid;message\r\n4;semi, colon\r\n", 1, 0, &[]);
    i.check("tab.tsv", b"id\tmessage\n5\ttabbed\n", 1, 0, &[]);
    let utf16: Vec<u8> = [0xff, 0xfe].into_iter().chain("id,message\n6,안녕\n".encode_utf16().flat_map(u16::to_le_bytes)).collect();
    i.check("utf16.csv", &utf16, 1, 0, &[]);
    i.check("ids.csv", b"id,message\n007,kept as text\n1.23E+15,kept as text\n", 2, 0, &[]);
    i.check("header.csv", b"id,message\n", 0, 0, &[]);
}

#[test]
fn what_is_malformed_is_listed_and_the_rest_goes_on() {
    let i = intake();
    i.check("ragged.csv", b"id,message\n1,a\n2\n3,b,c\n4,d\n", 2, 0, &[(3, "expected 2 cells"), (4, "found 3")]);
    i.check("utf8.csv", b"id,message\n5,ok\n6,\xc3\x28\n7,ok\n", 2, 0, &[(3, "not UTF-8 at byte 1")]);
    i.check("nul.csv", b"id,message\n8,a\0b\n9,ok\n", 1, 0, &[(2, "NUL")]);
    i.check("empty cells.csv", b"id,message\n,no id\n10,\n11,ok\n", 1, 0, &[(2, "request's id"), (3, "found nothing")]);
    i.check(
        "words.csv",
        b"id,message,audience,priority\n12,a,nobody,1\n13,b,internal,high\n14,c,external,5\n",
        1,
        0,
        &[(2, "internal or external"), (3, "-100 to 100")],
    );
    i.check(
        "lines.jsonl",
        b"{\"id\":\"j1\",\"message\":\"a\"}\n{\"id\":\"j2\",}\n\n{\"id\":1,\"id\":2,\"message\":\"x\"}\n{\"id\":\"j3\",\"message\":{}}\n[1]\n{\"id\":\"j4\",\"message\":\"\\ud800\"}\n{\"id\":\"j5\",\"message\":\"b\"}",
        2, 0, &[(2, "not a JSON object"), (4, "stands twice"), (5, "found an object"), (6, "found an array"), (7, "message")],
    );
}

#[test]
fn numbers_keep_their_digits() {
    let i = intake();
    i.check("n.jsonl", b"{\"id\":18446744073709551617,\"message\":\"a\"}\n{\"id\":18446744073709551616,\"message\":\"a\"}\n", 2, 0, &[]);
}

#[test]
fn the_same_request_is_taken_once_whatever_the_file_is_called() {
    let i = intake();
    let bytes = b"id,message\n1,a\n2,b\n";
    i.check("a.csv", bytes, 2, 0, &[]);
    i.check("a.csv", bytes, 0, 2, &[]);
    i.check("renamed.csv", bytes, 0, 2, &[]);
    i.check("changed.csv", b"id,message\n1,other\n3,c\n", 1, 0, &[(2, "known with another content")]);
    i.check("no id.csv", b"message\nx\nx\ny\n", 2, 1, &[]);
}

#[test]
fn what_is_no_list_of_requests_is_named() {
    let i = intake();
    i.refused("empty.csv", b"", "empty");
    i.refused("book.csv", b"PK\x03\x04rest", "zip archive or an Excel workbook");
    i.refused("z.jsonl", b"\x1f\x8b\x08rest", "gzip");
    i.refused("m.csv", b"GGUFrest", "a model");
    i.refused("u32.csv", &[0xff, 0xfe, 0, 0, 0x69, 0, 0, 0], "UTF-32");
    i.refused("twice.csv", b"text,text\na,b\n", "columns 1 and 2 are both named");
    i.refused("noname.csv", b"id,,x\na,b,c\n", "column 2 has no name");
    let gone = preview(&Source { path: i.folder.path().join("gone.csv"), format: None, delimiter: None }).unwrap_err().to_string();
    assert!(gone.contains("it is not there"), "{gone}");
    let folder = preview(&Source { path: i.folder.path().to_owned(), format: None, delimiter: None }).unwrap_err().to_string();
    assert!(folder.contains("folder"), "{folder}");
}

#[test]
fn a_quote_that_is_never_closed_is_stopped_and_what_came_before_is_kept() {
    let i = intake();
    let mut bytes = b"id,message\n1,good\n2,\"never closed\n".to_vec();
    bytes.extend(std::iter::repeat_n(b"3,swallowed\n", 2 << 20).flatten());
    i.check("open.csv", &bytes, 1, 0, &[(3, "never closed")]);
    let mut long = vec![b'{'; 9 << 20];
    long.extend_from_slice(b"\n{\"id\":\"after\",\"message\":\"ok\"}\n");
    i.check("long.jsonl", &long, 1, 0, &[(1, "longer than")]);
}

#[test]
fn deep_nesting_is_an_error_and_not_a_crash() {
    let i = intake();
    let deep =
        format!("{{\"id\":\"1\",\"message\":{}{}}}\n{{\"id\":\"2\",\"message\":\"ok\"}}\n", "[".repeat(200_000), "]".repeat(200_000));
    let report = i.import("deep.jsonl", deep.as_bytes());
    assert_eq!((report.accepted, report.rejects_total), (1, 1), "{:?}", report.rejects);
}

#[test]
fn a_preview_shows_columns_and_guesses_what_they_are() {
    let i = intake();
    let p = i.preview("p.csv", b"ticket,Category,message,subject\n1,returns,a,b\n2,x,c,d\n").unwrap();
    assert_eq!((p.format, p.delimiter, p.columns.len(), p.rows.len()), (Format::Csv, Some(','), 4, 2));
    assert_eq!(
        p.mapping,
        Mapping {
            id: Some("ticket".into()),
            slice: Some("Category".into()),
            fields: vec!["message".into(), "subject".into()],
            ..Mapping::default()
        }
    );
}

#[test]
fn a_mapping_that_does_not_fit_is_refused_before_anything_is_taken() {
    let i = intake();
    let source = i.source("m.csv", b"id,message\n1,a\n");
    let wrong = Mapping { fields: vec!["text".into()], ..Mapping::default() };
    let error = i.desk.import(i.case, &source, &wrong, &admin(), &Cancel::default(), &mut |_| {}).unwrap_err().to_string();
    assert!(error.contains("id, message"), "{error}");
}
