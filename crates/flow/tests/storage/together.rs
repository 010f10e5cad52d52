//! K12, K13 and K17: others who read for long, writers beside each other, and folders of every name.

use super::{case_of, decide, decide_as, draft, open, rows, take};
use flow::Person;
use flow::testing::admin;
use rusqlite::Connection;
use std::path::PathBuf;
use tempfile::TempDir;

#[test]
fn k12_while_somebody_reads_for_long_work_goes_on_and_a_wal_of_256_mib_is_named() {
    let folder = TempDir::new().unwrap();
    let (desk, _) = open(folder.path());
    let case = case_of(&desk);
    let wal = || folder.path().join("gait.db-wal").metadata().map_or(0, |wal| wal.len());
    let named = || desk.examine().unwrap().into_iter().any(|found| !found.ok && found.what.contains("close what reads from it"));
    let reader = Connection::open(folder.path().join("gait.db")).unwrap();
    reader.execute_batch("BEGIN; SELECT count(*) FROM item").unwrap();
    let c = Connection::open(folder.path().join("gait.db")).unwrap();
    c.execute_batch("PRAGMA synchronous = OFF; CREATE TABLE weight (bytes BLOB)").unwrap();
    for _ in 0..270 {
        c.execute("INSERT INTO weight VALUES (zeroblob(1 << 20))", []).unwrap();
    }
    assert!(wal() > 256 << 20, "{}", wal());
    take(&desk, case, 0..3);
    assert_eq!(rows(folder.path(), "item"), 3, "nobody waits for who reads");
    assert!(named());
    drop((reader, c));
    take(&desk, case, 3..6);
    take(&desk, case, 6..9);
    assert!(wal() <= 64 << 20, "what was written back is not kept twice: {}", wal());
    assert!(!named());
}

#[test]
fn k13_writers_who_read_first_wait_for_each_other_and_none_is_refused() {
    let folder = TempDir::new().unwrap();
    let (here, _) = open(folder.path());
    let (there, _) = open(folder.path());
    let case = case_of(&here);
    take(&here, case, 90_000..90_060);
    draft(&here);
    std::thread::scope(|scope| {
        for (n, desk) in [&here, &here, &there, &there].into_iter().enumerate() {
            scope.spawn(move || {
                let person = Person { name: format!("Person {n}"), ..admin() };
                for k in 0..15 {
                    let first = n * 1_000 + k * 2;
                    assert_eq!(take(desk, case, first..first + 2), 2);
                    assert!(decide_as(desk, case, &person).is_some());
                }
            });
        }
    });
    assert_eq!((rows(folder.path(), "item"), rows(folder.path(), "decision")), (60 + 120, 60), "each was decided once");
}

#[test]
fn k17_a_folder_of_any_name_and_depth_is_a_data_folder() {
    let place = TempDir::new().unwrap();
    let deep: PathBuf = std::iter::repeat_n("a folder in a folder that is in another folder", 8).collect();
    for name in ["with spaces in it", "고객 응대 \u{1f642}", "e\u{301} 100% #1 ?x='y';", "-rf $(id) `id`", &deep.display().to_string()]
    {
        let folder = place.path().join(name);
        std::fs::create_dir_all(&folder).unwrap();
        assert!(name.len() < 300 || folder.as_os_str().len() > 260);
        let (desk, _) = open(&folder);
        let case = case_of(&desk);
        take(&desk, case, 0..2);
        draft(&desk);
        assert!(decide(&desk, case), "{name}");
        drop(desk);
        let (desk, _) = open(&folder);
        let wrong: Vec<_> = desk.examine().unwrap().into_iter().filter(|found| !found.ok).collect();
        assert!(wrong.is_empty(), "{name}: {wrong:?}");
        let copy = desk.back_up(&flow::model::Cancel::default()).unwrap();
        desk.restore(&copy.name, &admin()).unwrap();
    }
}
