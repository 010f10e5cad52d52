//! Files as people have them: each case is a file, what is taken, and what is said of the rest. The names of hostile cases begin with their number.
#![expect(clippy::unwrap_used, reason = "a test ends where something is not as it says")]

mod csv;
mod json;
mod kills;

use flow::intake::{Format, Mapping, Preview, Report, Source, preview};
use flow::model::Cancel;
use flow::testing::{admin, desk, use_case};
use flow::{Desk, Error, UseCaseId};
use serde_json::Value;
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
        Source::of(path)
    }

    fn preview(&self, name: &str, bytes: &[u8]) -> Result<Preview, Error> {
        preview(&self.source(name, bytes))
    }

    fn import(&self, name: &str, bytes: &[u8]) -> Report {
        self.take(&self.source(name, bytes)).unwrap()
    }

    fn take(&self, source: &Source) -> Result<Report, Error> {
        let mapping = preview(source).unwrap().mapping;
        self.desk.import(self.case, source, &mapping, &admin(), &Cancel::default(), &mut |_| {})
    }

    /// The fields of what was taken, in the order in which it came, as the database has them.
    fn kept(&self) -> Vec<Value> {
        let c = rusqlite::Connection::open(self.folder.path().join("gait.db")).unwrap();
        let mut query = c.prepare("SELECT fields FROM item ORDER BY id").unwrap();
        let rows = query.query_map([], |row| row.get::<_, String>(0)).unwrap();
        rows.map(|json| serde_json::from_str(&json.unwrap()).unwrap()).collect()
    }

    /// The text of the field of this name in each item that was taken.
    fn texts(&self, name: &str) -> Vec<String> {
        let text = |fields: &Value| {
            let field = fields.as_array().unwrap().iter().find(|field| field["name"] == name);
            field.map_or_else(String::new, |field| field["value"].as_str().unwrap().to_owned())
        };
        self.kept().iter().map(text).collect()
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
fn what_is_no_list_of_requests_is_named() {
    let i = intake();
    i.refused("empty.csv", b"", "empty");
    i.refused("book.csv", b"PK\x03\x04rest", "zip archive or an Excel workbook");
    i.refused("z.jsonl", b"\x1f\x8b\x08rest", "gzip");
    i.refused("m.csv", b"GGUFrest", "a model");
    i.refused("u32.csv", &[0xff, 0xfe, 0, 0, 0x69, 0, 0, 0], "UTF-32");
    i.refused("twice.csv", b"text,text\na,b\n", "columns 1 and 2 are both named");
    i.refused("noname.csv", b"id,,x\na,b,c\n", "column 2 has no name");
    let gone = preview(&Source::of(i.folder.path().join("gone.csv"))).unwrap_err().to_string();
    assert!(gone.contains("it is not there"), "{gone}");
    let folder = preview(&Source::of(i.folder.path().to_owned())).unwrap_err().to_string();
    assert!(folder.contains("folder"), "{folder}");
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
