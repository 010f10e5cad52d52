//! K7 and K8: files that are not Gait's, or not for this version, are named and left as they are.

use flow::{Clock, Desk, Error};
use std::fs::File;
use std::path::Path;
use tempfile::TempDir;

fn sqlite(path: &Path, sql: &str) {
    rusqlite::Connection::open(path).unwrap().execute_batch(sql).unwrap();
}

fn refused(make: impl FnOnce(&Path)) -> Error {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("gait.db");
    make(&path);
    let length = path.metadata().unwrap().len();
    let before = (length < 1 << 30 && path.is_file()).then(|| std::fs::read(&path).unwrap());
    let said = Desk::open(folder.path(), Clock::system()).err().expect("it is refused");
    assert_eq!(path.metadata().unwrap().len(), length, "{said}");
    if let Some(before) = before {
        assert!(std::fs::read(&path).unwrap() == before, "nothing was changed: {said}");
    }
    for beside in ["gait.db-wal", "gait.mark"] {
        assert!(!folder.path().join(beside).exists(), "{beside} was made: {said}");
    }
    said
}

#[test]
fn k7_what_is_not_gaits_is_refused() {
    type Make = fn(&Path);
    let cases: [(&str, Make); 8] = [
        ("a folder", |path| std::fs::create_dir(path).unwrap()),
        ("a text", |path| std::fs::write(path, "id,message\n1,Hello\n".repeat(400)).unwrap()),
        ("another program's database", |path| sqlite(path, "CREATE TABLE notes (body TEXT); INSERT INTO notes VALUES ('mine')")),
        ("one with an id of its own", |path| sqlite(path, "PRAGMA application_id = 77; CREATE TABLE notes (body TEXT)")),
        ("one whose views and triggers call functions", |path| {
            sqlite(
                path,
                "CREATE TABLE item (id INTEGER PRIMARY KEY, body TEXT); CREATE VIEW looked AS SELECT load_extension('evil') FROM item;
                 CREATE TRIGGER harm AFTER INSERT ON item BEGIN SELECT writefile('x', new.body); END",
            );
        }),
        ("an encrypted one", |path| {
            let noise: Vec<u8> = (0..8192u64).map(|n| (n.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 56) as u8).collect();
            std::fs::write(path, noise).unwrap();
        }),
        ("100 GiB of nothing", |path| File::create(path).unwrap().set_len(100 << 30).unwrap()),
        ("the first bytes alone", |path| std::fs::write(path, b"SQLite for").unwrap()),
    ];
    for (what, make) in cases {
        let said = refused(make);
        assert!(matches!(said, Error::ForeignDatabase { .. }), "{what}: {said}");
    }
}

#[test]
fn k7_100_gib_that_begin_as_a_database_are_refused() {
    let said = refused(|path| {
        sqlite(path, "PRAGMA application_id = 0x47414954; CREATE TABLE notes (body TEXT)");
        File::options().write(true).open(path).unwrap().set_len(100 << 30).unwrap();
    });
    // It says that it is Gait's and has nothing of it.
    assert!(matches!(said, Error::Storage(_) | Error::Damaged(_) | Error::ForeignDatabase { .. }), "{said}");
}

#[test]
fn k8_a_file_of_a_newer_version_is_refused() {
    let said = refused(|path| sqlite(path, "PRAGMA application_id = 0x47414954; PRAGMA user_version = 9999; CREATE TABLE item (x)"));
    assert!(matches!(said, Error::NewerDatabase { found: 9999, .. }), "{said}");
}

#[test]
fn k7_what_is_asked_of_a_file_with_functions_in_its_schema_calls_none() {
    let folder = TempDir::new().unwrap();
    let (desk, _) = super::open(folder.path());
    sqlite(
        &folder.path().join("gait.db"),
        "CREATE VIEW looked AS SELECT randomblob(8) FROM item; CREATE TRIGGER harm AFTER INSERT ON setting BEGIN SELECT load_extension('evil'); END",
    );
    // Refused by the trigger, which may call nothing; and nothing of it is left.
    let said = desk.save_settings(&desk.settings().unwrap()).unwrap_err();
    assert!(matches!(said, Error::Storage(_)), "{said}");
    assert_eq!(super::rows(folder.path(), "setting"), 0);
}
