//! Copies that can be gone back to: whole while others write, thinned, put back with what is lost said before.

use super::{case_of, decide, deliver, draft, open, rows, take};
use flow::allowed::Allowed;
use flow::backup::{self, EVERY, Kind};
use flow::carrier::{Carrier, Handed, Letter, Order};
use flow::deliver::Delivered;
use flow::model::Cancel;
use flow::testing::{admin, reviewer, use_case};
use flow::use_case::{Sink, SinkKind};
use flow::{Clock, Desk, Error};
use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use tempfile::TempDir;

fn made(desk: &Desk) -> backup::Copy {
    desk.back_up(&Cancel::default()).unwrap()
}

fn bad(desk: &Desk) -> Vec<String> {
    desk.examine().unwrap().into_iter().filter(|found| !found.ok).map(|found| found.what).collect()
}

#[test]
fn a_copy_is_a_database_of_its_own_and_says_what_it_holds() {
    let folder = TempDir::new().unwrap();
    let (desk, _) = open(folder.path());
    let case = case_of(&desk);
    take(&desk, case, 0..10);
    draft(&desk);
    assert!(decide(&desk, case));
    let copy = made(&desk);
    let reach = copy.reach.clone().unwrap();
    assert_eq!((copy.kind, reach.items, reach.decisions, reach.made_at), (Kind::Kept, 10, 1, Some(desk.now())));
    take(&desk, case, 10..20);
    let beside: Vec<_> = std::fs::read_dir(backup::folder_of(folder.path())).unwrap().flatten().map(|entry| entry.file_name()).collect();
    assert_eq!(beside.len(), 1, "nothing lies beside it: {beside:?}");
    let elsewhere = TempDir::new().unwrap();
    std::fs::copy(&copy.path, elsewhere.path().join("gait.db")).unwrap();
    drop(Desk::open(elsewhere.path(), Clock::system()).expect("alone in a new folder it is taken"));
    assert_eq!(rows(elsewhere.path(), "item"), 10);
}

#[test]
fn one_is_made_when_something_changed_and_half_an_hour_has_passed() {
    let folder = TempDir::new().unwrap();
    let (desk, hand) = open(folder.path());
    let case = case_of(&desk);
    let due = || desk.back_up_if_due(&Cancel::default()).unwrap().is_some();
    assert!(due(), "there is none yet");
    take(&desk, case, 0..1);
    assert!(!due(), "the last one is too young");
    hand.advance(EVERY);
    assert!(due());
    hand.advance(EVERY * 10);
    assert!(!due(), "nothing has changed since");
    take(&desk, case, 1..2);
    hand.turn_back(EVERY * 100);
    assert!(due(), "a clock that was set back makes none recent");
    drop(desk);
    let (desk, hand) = open(folder.path());
    hand.advance(EVERY * 30);
    assert!(desk.back_up_if_due(&Cancel::default()).unwrap().is_none(), "to be closed and opened changes nothing");
}

#[test]
fn copies_made_while_others_write_are_each_of_one_moment() {
    let folder = TempDir::new().unwrap();
    let desk = Desk::open(folder.path(), Clock::system()).unwrap();
    let case = case_of(&desk);
    take(&desk, case, 0..2_000);
    let ended = AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            let mut n = 10_000;
            while !ended.load(Ordering::SeqCst) {
                take(&desk, case, n..n + 50);
                n += 50;
            }
        });
        for _ in 0..5 {
            let copy = made(&desk);
            let c = rusqlite::Connection::open(&copy.path).unwrap();
            let (items, events): (i64, i64) = c
                .query_row("SELECT (SELECT count(*) FROM item), (SELECT count(*) FROM event WHERE kind = 'received')", [], |r| {
                    Ok((r.get(0)?, r.get(1)?))
                })
                .unwrap();
            assert!(items >= 2_000 && items == events && items % 50 == 0, "{items} items, {events} events");
        }
        ended.store(true, Ordering::SeqCst);
    });
    assert_eq!(bad(&desk), [""; 0]);
}

#[test]
fn what_is_put_back_is_as_it_was_and_what_was_there_is_kept() {
    let folder = TempDir::new().unwrap();
    let (desk, hand) = open(folder.path());
    let case = case_of(&desk);
    take(&desk, case, 0..10);
    draft(&desk);
    decide(&desk, case);
    let copy = made(&desk);
    hand.advance(EVERY);
    let since = desk.now();
    take(&desk, case, 10..13);
    draft(&desk);
    decide(&desk, case);
    decide(&desk, case);
    let loss = desk.restore_loss(&copy.name).unwrap().unwrap();
    assert_eq!((loss.items, loss.decisions, loss.delivered, loss.since), (3, 2, 0, Some(since)));
    assert!(matches!(desk.restore(&copy.name, &reviewer()), Err(Error::NotAllowed { .. })));
    let kept = desk.restore(&copy.name, &admin()).unwrap();
    assert_eq!((kept.kind, kept.reach.as_ref().unwrap().items), (Kind::Replaced, 13));
    assert_eq!((rows(folder.path(), "item"), rows(folder.path(), "decision")), (10, 1));
    assert_eq!(bad(&desk), [""; 0]);
    take(&desk, case, 20..22);
    assert!(decide(&desk, case), "work goes on");
    // And back again.
    desk.restore(&kept.name, &admin()).unwrap();
    assert_eq!((rows(folder.path(), "item"), rows(folder.path(), "decision")), (13, 3));
    drop(desk);
    let (desk, _) = open(folder.path());
    assert_eq!(bad(&desk), [""; 0], "also after a restart");
}

#[test]
fn what_is_taken_in_while_a_copy_is_put_back_is_in_what_was_kept_or_in_what_there_is() {
    let folder = TempDir::new().unwrap();
    let (desk, _) = open(folder.path());
    let (other, _) = open(folder.path());
    let case = case_of(&desk);
    take(&desk, case, 0..2_000);
    let copy = made(&desk);
    let ended = AtomicBool::new(false);
    let (kept, taken) = std::thread::scope(|scope| {
        let taking = |desk, first: usize| {
            let ended = &ended;
            move || {
                let mut n = first;
                while !ended.load(Ordering::SeqCst) {
                    assert_eq!(take(desk, case, n..n + 1), 1);
                    n += 1;
                }
                first..n
            }
        };
        let threads = [scope.spawn(taking(&desk, 10_000)), scope.spawn(taking(&other, 20_000))];
        let kept = desk.restore(&copy.name, &admin()).unwrap();
        ended.store(true, Ordering::SeqCst);
        (kept, threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect::<Vec<_>>())
    });
    let holds = |path: &Path, n: usize| {
        let c = rusqlite::Connection::open(path).unwrap();
        c.prepare("SELECT 1 FROM item WHERE external_id = ?1").unwrap().exists([n.to_string()]).unwrap()
    };
    for n in taken {
        assert!(holds(&kept.path, n) || holds(&folder.path().join("gait.db"), n), "{n} was acknowledged and is nowhere");
    }
}

#[test]
fn a_database_that_is_damaged_and_still_opens_is_put_back_and_kept_as_it_was() {
    let folder = TempDir::new().unwrap();
    let (desk, _) = open(folder.path());
    let case = case_of(&desk);
    take(&desk, case, 0..300);
    let copy = made(&desk);
    drop(desk);
    let path = folder.path().join("gait.db");
    let items: u32 = {
        let c = rusqlite::Connection::open(&path).unwrap();
        c.query_row("SELECT rootpage FROM sqlite_schema WHERE name = 'item'", [], |r| r.get(0)).unwrap()
    };
    let mut bytes = std::fs::read(&path).unwrap();
    let page = (items as usize - 1) * 4096;
    bytes[page..page + 4096].fill(0x5a);
    std::fs::write(&path, &bytes).unwrap();
    let (desk, _) = open(folder.path());
    assert_ne!(bad(&desk), [""; 0], "it is damaged");
    assert_eq!(desk.restore_loss(&copy.name).unwrap(), None, "it cannot be counted");
    let kept = desk.restore(&copy.name, &admin()).unwrap();
    assert!(kept.name.starts_with("aside-") && kept.reach.is_err(), "{kept:?}");
    assert!(std::fs::read(&kept.path).unwrap()[page..page + 4096] == bytes[page..page + 4096], "with its damage");
    assert_eq!((rows(folder.path(), "item"), bad(&desk).len()), (300, 0));
    drop(desk);
    open(folder.path());
}

#[test]
fn another_desk_on_the_same_folder_goes_on_with_what_was_put_back() {
    let folder = TempDir::new().unwrap();
    let (desk, _) = open(folder.path());
    let (other, _) = open(folder.path());
    let case = case_of(&desk);
    take(&other, case, 0..5);
    let copy = made(&desk);
    take(&other, case, 5..9);
    desk.restore(&copy.name, &admin()).unwrap();
    assert_eq!(take(&other, case, 5..9), 4, "they are not known any more");
    assert_eq!(bad(&other), [""; 0]);
    drop((desk, other));
    open(folder.path());
}

#[test]
fn what_had_gone_out_before_is_not_written_twice_after_a_restore() {
    let folder = TempDir::new().unwrap();
    let (desk, hand) = open(folder.path());
    let case = case_of(&desk);
    take(&desk, case, 0..3);
    draft(&desk);
    decide(&desk, case);
    let copy = made(&desk);
    hand.advance(EVERY);
    deliver(&desk);
    let outbox = || std::fs::read_to_string(folder.path().join("outbox.jsonl")).unwrap_or_default().lines().count();
    assert_eq!(outbox(), 1);
    desk.restore(&copy.name, &admin()).unwrap();
    hand.advance(EVERY);
    deliver(&desk);
    assert_eq!(outbox(), 1, "its line is found under its id");
}

/// A receiver that takes every letter; while it has the first one, a copy is made.
struct Receiver<'a> {
    desk: &'a Desk,
    ids: Mutex<Vec<String>>,
    copy: Mutex<Option<backup::Copy>>,
}

impl Carrier for Receiver<'_> {
    fn post(&self, letter: &Letter) -> Handed {
        self.ids.lock().unwrap().push(letter.id.clone());
        self.copy.lock().unwrap().get_or_insert_with(|| made(self.desk));
        Handed::Done
    }

    fn run(&self, _: &Order) -> Handed {
        Handed::Dead("no command is expected".into())
    }
}

#[test]
fn what_was_being_sent_as_a_copy_was_made_is_sent_again_under_its_id_when_that_is_put_back() {
    let folder = TempDir::new().unwrap();
    let (desk, hand) = open(folder.path());
    desk.save_allowed(&Allowed { webhooks: vec!["https://desk.example.org".into()], commands: Vec::new() }, &admin()).unwrap();
    let hook = Sink { kind: SinkKind::Webhook, path: "https://desk.example.org/in".into(), audience: None };
    let case = use_case(&desk, |input| input.sinks = vec![hook]).unwrap();
    take(&desk, case, 0..1);
    draft(&desk);
    decide(&desk, case);
    hand.advance(EVERY);
    let receiver = Receiver { desk: &desk, ids: Mutex::default(), copy: Mutex::default() };
    while desk.deliver_next(&receiver).unwrap() != Delivered::Nothing {}
    let copy = receiver.copy.lock().unwrap().as_ref().unwrap().name.clone();
    desk.restore(&copy, &admin()).unwrap();
    while desk.deliver_next(&receiver).unwrap() != Delivered::Nothing {}
    let ids = receiver.ids.lock().unwrap();
    assert!(ids.len() == 2 && ids[0] == ids[1], "{ids:?}");
    assert_eq!(bad(&desk), [""; 0]);
}

#[test]
fn a_copy_of_an_older_version_is_brought_up_to_date_as_it_is_put_back() {
    let folder = TempDir::new().unwrap();
    let older = rusqlite::Connection::open(folder.path().join("gait.db")).unwrap();
    older.execute_batch(include_str!("../../../../migrations/0001_initial.sql")).unwrap();
    older.execute_batch("PRAGMA application_id = 0x47414954; PRAGMA user_version = 1").unwrap();
    drop(older);
    let older = std::fs::read(folder.path().join("gait.db")).unwrap();
    let (desk, _) = open(folder.path());
    let case = case_of(&desk);
    take(&desk, case, 0..3);
    std::fs::create_dir_all(backup::folder_of(folder.path())).unwrap();
    std::fs::write(backup::folder_of(folder.path()).join("gait-older.db"), older).unwrap();
    assert_eq!(desk.restore_loss("gait-older.db").unwrap().unwrap().items, 3);
    desk.restore("gait-older.db", &admin()).unwrap();
    assert_eq!((rows(folder.path(), "item"), rows(folder.path(), "decision")), (0, 0));
    assert_eq!(bad(&desk), [""; 0]);
}

#[test]
fn a_copy_that_is_damaged_is_in_the_list_with_the_reason_and_changes_nothing() {
    let folder = TempDir::new().unwrap();
    let (desk, _) = open(folder.path());
    let case = case_of(&desk);
    take(&desk, case, 0..300);
    let copy = made(&desk);
    let mut bytes = std::fs::read(&copy.path).unwrap();
    for at in (0..bytes.len()).skip(5 * 4096).step_by(4096) {
        bytes[at..at + 64].fill(0x5a);
    }
    std::fs::write(&copy.path, bytes).unwrap();
    std::fs::write(copy.path.with_file_name("gait-text.db"), "no database").unwrap();
    let listed = backup::list(folder.path()).unwrap();
    let text = listed.iter().find(|copy| copy.name == "gait-text.db").unwrap();
    assert!(text.reach.as_ref().unwrap_err().split(' ').count() > 3, "{text:?}");
    assert!(desk.restore(&copy.name, &admin()).is_err());
    assert!(matches!(desk.restore("gait-none.db", &admin()), Err(Error::NotFound { .. })));
    assert_eq!(rows(folder.path(), "item"), 300);
    assert_eq!(bad(&desk), [""; 0]);
}

#[test]
fn a_database_that_cannot_be_opened_is_replaced_by_a_copy_and_kept() {
    let folder = TempDir::new().unwrap();
    let (desk, _) = open(folder.path());
    let case = case_of(&desk);
    take(&desk, case, 0..5);
    let copy = made(&desk);
    assert!(matches!(backup::restore_closed(folder.path(), &copy.name, desk.now(), "Ada"), Err(Error::Busy)), "it is open");
    drop(desk);
    let path = folder.path().join("gait.db");
    std::fs::write(&path, "overwritten by something else").unwrap();
    assert!(Desk::open(folder.path(), Clock::system()).is_err());
    let aside = backup::restore_closed(folder.path(), &copy.name, super::START, "Ada").unwrap();
    assert_eq!(std::fs::read(aside).unwrap(), b"overwritten by something else");
    let (desk, _) = open(folder.path());
    assert_eq!((rows(folder.path(), "item"), bad(&desk).len()), (5, 0));
}

#[test]
fn everything_is_written_a_file_a_table_and_secrets_stay() {
    let folder = TempDir::new().unwrap();
    let (desk, _) = open(folder.path());
    let case = case_of(&desk);
    take(&desk, case, 0..7);
    draft(&desk);
    decide(&desk, case);
    let to = folder.path().join("all of it");
    let written = desk.export_everything(&to, &Cancel::default()).unwrap();
    let manifest: serde_json::Value = serde_json::from_slice(&std::fs::read(to.join("manifest.json")).unwrap()).unwrap();
    let tables = manifest.as_array().unwrap();
    assert_eq!((tables.len() as u64, tables.iter().map(|table| table["rows"].as_u64().unwrap()).sum()), (written.tables, written.rows));
    let lines = |table: &str| -> Vec<serde_json::Value> {
        let text = std::fs::read_to_string(to.join(format!("{table}.jsonl"))).unwrap();
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    };
    assert_eq!((lines("item").len(), lines("draft").len(), lines("decision").len()), (7, 7, 1));
    assert_eq!(lines("item")[0]["external_id"], "0");
    assert!(tables.iter().all(|table| !table["table"].as_str().unwrap().ends_with("_count")), "what follows from the rows is left out");
    assert!(matches!(desk.export_everything(&to, &Cancel::default()), Err(Error::Invalid { .. })), "nothing is written over");
    rusqlite::Connection::open(folder.path().join("gait.db"))
        .unwrap()
        .execute_batch("INSERT INTO sink (use_case, kind, path, secret, secret_before, before_until) VALUES (1, 'webhook', 'https://a.example', 'whsec_one', 'whsec_two', 5)")
        .unwrap();
    let again = folder.path().join("once more");
    desk.export_everything(&again, &Cancel::default()).unwrap();
    for entry in std::fs::read_dir(&again).unwrap().flatten() {
        let text = std::fs::read_to_string(entry.path()).unwrap();
        assert!(!text.contains("whsec"), "i6: a secret is in {}", entry.path().display());
    }
    let cancelled = Cancel::default();
    cancelled.cancel();
    let other = folder.path().join("cancelled");
    assert!(matches!(desk.export_everything(&other, &cancelled), Err(Error::Cancelled)));
    let left: Vec<_> = std::fs::read_dir(folder.path()).unwrap().flatten().filter(|entry| is_part(&entry.path())).collect();
    assert!(!other.exists() && left.is_empty(), "{left:?}");
}

#[test]
fn a_token_that_was_revoked_stays_revoked_after_a_restore() {
    let folder = TempDir::new().unwrap();
    let (desk, _) = open(folder.path());
    let sql = |sql: &str| rusqlite::Connection::open(folder.path().join("gait.db")).unwrap().execute_batch(sql).unwrap();
    sql("INSERT INTO token (name, sha256, scopes, created_by, created_at) VALUES ('shop', zeroblob(32), '[]', 'Ada', 1)");
    let copy = made(&desk);
    sql("UPDATE token SET revoked_at = 7, revoked_by = 'Ada'");
    desk.restore(&copy.name, &admin()).unwrap();
    let c = rusqlite::Connection::open(folder.path().join("gait.db")).unwrap();
    let revoked: (Option<i64>, Option<String>) =
        c.query_row("SELECT revoked_at, revoked_by FROM token", [], |r| Ok((r.get(0)?, r.get(1)?))).unwrap();
    assert_eq!(revoked, (Some(7), Some("Ada".into())));
}

fn is_part(path: &Path) -> bool {
    path.extension().is_some_and(|end| end == "part")
}
