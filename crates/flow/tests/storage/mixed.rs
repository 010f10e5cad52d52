//! K5: files of different times or databases are named and left as they are; those of one time are taken with all that was acknowledged.

use super::{case_of, checkpoint, open, rows, take};
use flow::{Clock, Desk, Error, UseCaseId};
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use tempfile::TempDir;

const DB: &str = "gait.db";
const WAL: &str = "gait.db-wal";
const MARK: &str = "gait.mark";

/// The files of a data folder at one moment, as a kill leaves them or somebody copies them.
struct Files(BTreeMap<&'static str, Vec<u8>>);

fn files_of(folder: &Path) -> Files {
    Files([DB, WAL, MARK].into_iter().filter_map(|name| Some((name, std::fs::read(folder.join(name)).ok()?))).collect())
}

/// A database over three times. Between them all was written into the one file.
struct History {
    _folder: TempDir,
    desk: Desk,
    case: UseCaseId,
    times: Vec<Files>,
}

fn history() -> History {
    let folder = TempDir::new().unwrap();
    let (desk, _) = open(folder.path());
    let case = case_of(&desk);
    let mut times = Vec::new();
    for n in 0..3 {
        checkpoint(folder.path());
        take(&desk, case, n * 10..n * 10 + 5);
        take(&desk, case, n * 10 + 5..n * 10 + 10);
        times.push(files_of(folder.path()));
    }
    History { _folder: folder, desk, case, times }
}

/// Opens a folder with these files, each of a time.
fn opened(history: &History, of: &[(&str, usize)]) -> (TempDir, flow::Result<Desk>) {
    let folder = TempDir::new().unwrap();
    for (name, time) in of {
        std::fs::write(folder.path().join(name), &history.times[*time].0[name]).unwrap();
    }
    let desk = Desk::open(folder.path(), Clock::system());
    (folder, desk)
}

fn refused(history: &History, of: &[(&str, usize)], words: &str) -> TempDir {
    let (folder, desk) = opened(history, of);
    let Err(Error::MixedDatabase { why, .. }) = desk.map(|_| ()) else { panic!("{of:?} is taken, or refused for another reason") };
    assert!(why.contains(words), "{of:?}: {words:?} is not in {why:?}");
    for (name, time) in of {
        assert!(std::fs::read(folder.path().join(name)).unwrap() == history.times[*time].0[name], "{name} was changed");
    }
    folder
}

#[test]
fn k5_what_a_kill_leaves_is_taken_with_all_that_was_acknowledged() {
    let history = history();
    for time in 0..3 {
        let (folder, desk) = opened(&history, &[(DB, time), (WAL, time), (MARK, time)]);
        let desk = desk.unwrap();
        assert_eq!(rows(folder.path(), "item"), 10 * (time as i64 + 1));
        take(&desk, history.case, 900..901);
        drop(desk);
        assert!(!folder.path().join(WAL).exists(), "closed in order, all is in the one file");
        drop(Desk::open(folder.path(), Clock::system()).unwrap());
    }
}

#[test]
fn k5_a_wal_that_was_deleted_is_missed() {
    refused(&history(), &[(DB, 2), (MARK, 2)], "the file `gait.db-wal` beside it is gone");
}

#[test]
fn k5_a_database_that_was_copied_without_its_wal_is_refused() {
    refused(&history(), &[(DB, 1)], "copied while it was open");
}

#[test]
fn k5_an_old_database_with_a_new_wal_is_refused() {
    let history = history();
    for mark in [None, Some((MARK, 2)), Some((MARK, 0))] {
        let set: Vec<_> = [(DB, 0), (WAL, 2)].into_iter().chain(mark).collect();
        refused(&history, &set, "it is older than the file `gait.db-wal` beside it");
    }
}

#[test]
fn k5_a_new_database_with_an_old_wal_is_refused() {
    let history = history();
    for mark in [None, Some((MARK, 2))] {
        let set: Vec<_> = [(DB, 2), (WAL, 0)].into_iter().chain(mark).collect();
        refused(&history, &set, "the file `gait.db-wal` beside it is older");
    }
}

#[test]
fn k5_the_wal_of_another_database_is_refused() {
    let (mine, theirs) = (history(), history());
    let folder = TempDir::new().unwrap();
    std::fs::write(folder.path().join(DB), &mine.times[1].0[DB]).unwrap();
    std::fs::write(folder.path().join(WAL), &theirs.times[1].0[WAL]).unwrap();
    let said = Desk::open(folder.path(), Clock::system()).err().unwrap().to_string();
    assert!(said.contains("belongs to another database"), "{said}");
}

#[test]
fn k5_an_older_copy_in_the_place_of_the_database_is_refused() {
    refused(&history(), &[(DB, 1), (MARK, 2)], "acknowledged changes are missing");
}

#[test]
fn k5_a_database_that_is_gone_is_not_begun_anew() {
    let folder = refused(&history(), &[(MARK, 2)], "it is not there");
    assert!(!folder.path().join(DB).exists());
    flow::backup::accept(folder.path(), super::START).unwrap();
    drop(Desk::open(folder.path(), Clock::system()).expect("who says so begins anew"));
}

#[test]
fn k5_a_wal_whose_database_is_gone_is_not_mixed_into_a_new_one() {
    let history = history();
    refused(&history, &[(WAL, 2)], "the file `gait.db-wal` holds changes");
    let folder = refused(&history, &[(WAL, 2), (MARK, 2)], "it is not there");
    flow::backup::accept(folder.path(), super::START).unwrap();
    let desk = Desk::open(folder.path(), Clock::system()).unwrap();
    assert_eq!(rows(folder.path(), "item"), 0, "a new one");
    assert!(desk.examine().unwrap().iter().all(|finding| finding.ok || !finding.what.contains("database")));
    let kept = std::fs::read_dir(folder.path().join("backups")).unwrap().next().unwrap().unwrap().path();
    assert!(std::fs::read(kept).unwrap() == history.times[2].0[WAL], "the changes are kept");
}

#[test]
fn a_second_program_opens_it_while_the_first_writes() {
    let folder = TempDir::new().unwrap();
    let (desk, _) = open(folder.path());
    case_of(&desk);
    let settings = desk.settings().unwrap();
    let ended = AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            while !ended.load(Ordering::SeqCst) {
                desk.save_settings(&settings).unwrap();
            }
        });
        let opened = (0..40).try_for_each(|_| Desk::open(folder.path(), Clock::system()).map(drop));
        ended.store(true, Ordering::SeqCst);
        opened.unwrap();
    });
}

#[test]
fn what_the_first_program_acknowledges_is_noted_after_a_second_one_was_there() {
    let folder = TempDir::new().unwrap();
    let (desk, _) = open(folder.path());
    let early = std::fs::read(folder.path().join(MARK)).unwrap();
    let case = case_of(&desk);
    take(&desk, case, 0..3);
    for lies_there in [early, b"half a li".to_vec()] {
        std::fs::write(folder.path().join(MARK), lies_there).unwrap();
        drop(Desk::open(folder.path(), Clock::system()).unwrap());
        desk.save_settings(&desk.settings().unwrap()).unwrap();
        let c = rusqlite::Connection::open(folder.path().join(DB)).unwrap();
        let mark: String = c.query_row("SELECT value FROM meta WHERE key = 'mark'", [], |r| r.get(0)).unwrap();
        let noted = std::fs::read_to_string(folder.path().join(MARK)).unwrap();
        assert_eq!(noted.lines().next(), Some(mark.as_str()));
    }
}

#[test]
fn what_a_kill_left_is_whole_in_the_one_file_after_it_was_only_read() {
    let history = history();
    let (folder, desk) = opened(&history, &[(DB, 2), (WAL, 2), (MARK, 2)]);
    let desk = desk.unwrap();
    desk.settings().unwrap();
    drop(desk);
    let elsewhere = TempDir::new().unwrap();
    std::fs::copy(folder.path().join(DB), elsewhere.path().join(DB)).unwrap();
    drop(Desk::open(elsewhere.path(), Clock::system()).expect("a copy of what was closed"));
    assert_eq!(rows(elsewhere.path(), "item"), 30);
}

#[test]
fn k5_who_says_so_goes_on_with_what_is_there() {
    let history = history();
    for (set, items) in [(&[(DB, 2), (MARK, 2)][..], 20), (&[(DB, 0), (WAL, 2), (MARK, 2)], 0), (&[(DB, 2), (WAL, 0)], 20)] {
        let (folder, desk) = opened(&history, set);
        assert!(desk.is_err());
        flow::backup::accept(folder.path(), super::START).unwrap();
        let desk = Desk::open(folder.path(), Clock::system()).unwrap();
        assert_eq!(rows(folder.path(), "item"), items, "{set:?}");
        let found = desk.examine().unwrap();
        assert!(found.iter().all(|finding| finding.ok || !finding.what.contains("database")), "{found:?}");
        let aside = std::fs::read_dir(folder.path().join("backups")).unwrap().count();
        assert_eq!(aside, usize::from(set.iter().any(|(name, _)| *name == WAL)), "a `-wal` that is not theirs is kept");
    }
}

#[test]
fn k5_while_it_is_open_nobody_accepts_anything() {
    let history = history();
    let said = flow::backup::accept(history.desk.folder(), super::START).unwrap_err();
    assert!(matches!(said, Error::Busy), "{said}");
}

#[cfg(unix)]
#[test]
fn a_folder_that_is_moved_away_is_not_written_to_and_work_goes_on_when_it_is_back() {
    let place = TempDir::new().unwrap();
    let (folder, away) = (place.path().join("data"), place.path().join("away"));
    let (desk, _) = open(&folder);
    let case = case_of(&desk);
    take(&desk, case, 0..3);
    std::fs::rename(&folder, &away).unwrap();
    for _ in 0..2 {
        let said = desk.keep_typed(flow::ItemId(1), "words", &flow::testing::admin()).unwrap_err();
        assert!(matches!(said, Error::Gone { .. }), "{said}");
    }
    assert!(!folder.exists(), "nothing is begun anew in its place");
    std::fs::rename(&away, &folder).unwrap();
    desk.keep_typed(flow::ItemId(1), "words", &flow::testing::admin()).expect("it is back");
    // Another file in its place is opened like at a start.
    std::fs::rename(folder.join("gait.db"), place.path().join("old.db")).unwrap();
    std::fs::copy(place.path().join("old.db"), folder.join("gait.db")).unwrap();
    desk.keep_typed(flow::ItemId(1), "other words", &flow::testing::admin()).expect("a copy with all that was acknowledged");
    drop(desk);
    open(&folder);
}

#[test]
fn k2_a_first_page_that_was_torn_as_it_was_written_back_is_taken_from_its_wal() {
    let mut history = history();
    // So many that the file grows, which its first page tells.
    take(&history.desk, history.case, 100..400);
    history.times.push(files_of(history.desk.folder()));
    history.times[3].0.get_mut(DB).unwrap()[..512].fill(0xa5);
    let (folder, desk) = opened(&history, &[(DB, 3), (WAL, 3), (MARK, 3)]);
    drop(desk.unwrap());
    assert_eq!(rows(folder.path(), "item"), 330);
    for of in [&[(DB, 3), (MARK, 3)][..], &[(DB, 3), (WAL, 3)]] {
        let (_folder, desk) = opened(&history, of);
        assert!(matches!(desk.err(), Some(Error::ForeignDatabase { .. })), "{of:?}: nothing says that it is its own");
    }
}

#[test]
fn after_a_power_cut_what_is_noted_beside_the_database_may_lag() {
    let history = history();
    let (folder, desk) = opened(&history, &[(DB, 2), (WAL, 2), (MARK, 0)]);
    desk.unwrap();
    assert_eq!(rows(folder.path(), "item"), 30);
    let (_folder, desk) = opened(&history, &[(DB, 2), (WAL, 2)]);
    desk.expect("without it too");
}
