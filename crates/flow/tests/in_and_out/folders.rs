//! Watched folders, with files as people and programs leave them.

use crate::approve;
use flow::clock::ClockHand;
use flow::folder::{Folder, Looked, Watcher};
use flow::model::Cancel;
use flow::review::Tab;
use flow::testing::{admin, desk, reviewer, use_case};
use flow::use_case::{Sink, SinkKind};
use flow::{Desk, Error, UseCaseId};
use std::path::{Path, PathBuf};
use std::time::Duration;
use tempfile::TempDir;

struct Office {
    /// Of Gait; the watched one is beside it.
    _data: TempDir,
    home: TempDir,
    desk: Desk,
    hand: ClockHand,
    case: UseCaseId,
    watcher: Watcher,
}

fn office() -> Office {
    let (data, home) = (TempDir::new().unwrap(), TempDir::new().unwrap());
    let (desk, hand) = desk(data.path()).unwrap();
    let case = use_case(&desk, |_| {}).unwrap();
    desk.watch_folder(case, &home.path().join("in"), "message", &admin()).unwrap();
    Office { _data: data, home, desk, hand, case, watcher: Watcher::default() }
}

impl Office {
    fn folder(&self) -> PathBuf {
        self.home.path().join("in")
    }

    fn put(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.folder().join(name);
        std::fs::write(&path, content).unwrap();
        path
    }

    fn look(&mut self) -> Looked {
        self.watcher.look(&self.desk, &Cancel::default()).unwrap()
    }

    /// Looks, waits until what was seen counts as whole, and looks again.
    fn settle(&mut self) -> Looked {
        self.look();
        self.hand.advance(Duration::from_secs(2));
        self.look()
    }

    fn items(&self) -> i64 {
        self.desk.queue(&crate::query(self.case, Tab::All), &admin()).unwrap().total
    }

    fn seen(&self) -> Folder {
        self.desk.folders().unwrap().remove(0)
    }

    fn skipped(&self) -> Vec<(String, String)> {
        self.seen().seen.skipped.into_iter().map(|one| (one.name, one.why)).collect()
    }

    fn reports(&self, place: &str) -> Vec<serde_json::Value> {
        let mut paths: Vec<PathBuf> = std::fs::read_dir(self.folder().join(place)).unwrap().map(|entry| entry.unwrap().path()).collect();
        paths.retain(|path| path.to_string_lossy().contains(".report"));
        paths.sort();
        paths.iter().map(|path| serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()).collect()
    }
}

fn names(folder: &Path) -> Vec<String> {
    let Ok(entries) = std::fs::read_dir(folder) else { return Vec::new() };
    let mut names: Vec<String> = entries.map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    names
}

fn own(names: &[&str]) -> Vec<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

#[test]
fn each_kind_of_file_is_read_moved_and_reported() {
    let mut o = office();
    o.put("a.csv", "id,message\n1,one\n2,two\n");
    o.put("b.JSONL", "{\"id\":\"3\",\"message\":\"three\"}\n");
    o.put("c.txt", "four\nof two lines");
    o.put("d.eml", "From: Min <m@example.org>\nSubject: five\n\nfive, please");
    let looked = o.settle();
    assert_eq!(looked, Looked { files: 4, taken: 5, ..Looked::default() });
    assert_eq!(o.items(), 5);
    assert_eq!(names(&o.folder()), own(&["done", "rejected"]));
    assert_eq!(names(&o.folder().join("done")).len(), 8, "each with a report");
    assert_eq!(names(&o.folder().join("rejected")), own(&[]));
    assert_eq!(o.reports("done")[0]["taken"], 2);
    let rows = o.desk.queue(&crate::query(o.case, Tab::All), &admin()).unwrap().rows;
    let last = o.desk.view_item(rows.last().unwrap().id, &admin()).unwrap().item;
    let fields: Vec<(String, String)> = last.fields.into_iter().map(|field| (field.name, field.value)).collect();
    let expected = [("from", "Min"), ("subject", "five"), ("message", "five, please")];
    assert_eq!(fields, expected.map(|(name, value)| (name.to_owned(), value.to_owned())));
}

#[test]
fn what_is_bad_is_listed_and_the_rest_of_the_file_goes_on() {
    let mut o = office();
    o.put("a.csv", "id,message\n1,one\n2\n3,three\n");
    o.put("b.csv", "name,words\n1,one\n");
    o.put("c.jsonl", "\u{1f}\u{8b}");
    std::fs::write(o.folder().join("d.jsonl"), b"\x1f\x8b\x08\x00").unwrap();
    o.put("e.txt", "a\0b");
    std::fs::write(o.folder().join("f.txt"), b"caf\xe9").unwrap();
    o.put("g.eml", "no mail at all");
    let looked = o.settle();
    assert_eq!((looked.files, looked.taken), (7, 2));
    assert_eq!(names(&o.folder().join("done")), own(&[]));
    let reports = o.reports("rejected");
    assert_eq!(reports.len(), 7);
    assert_eq!((&reports[0]["rejects"][0]["line"], &reports[0]["taken"]), (&3.into(), &2.into()), "{:#}", reports[0]);
    let why = |at: usize| reports[at]["unreadable"].as_str().unwrap_or_default().to_owned();
    assert!(why(1).contains("\"message\"") && why(1).contains("name, words"), "{}", why(1));
    assert!(why(3).contains("gzip"), "{}", why(3));
    assert!(why(4).contains("NUL"), "{}", why(4));
    assert!(why(5).contains("byte 4"), "{}", why(5));
    assert!(why(6).contains("e-mail"), "{}", why(6));
    // Corrected and put back: only what was missing is new.
    o.put("a.csv", "id,message\n1,one\n2,two\n3,three\n");
    let looked = o.settle();
    assert_eq!((looked.taken, looked.known, looked.rejected), (1, 2, 0));
}

#[test]
fn c1_a_file_that_is_still_written_is_read_once_and_whole() {
    let mut o = office();
    let mut text = String::from("id,message\n");
    for n in 0..50 {
        text += &format!("{n},word {n}\n");
        o.put("slow.csv", &text);
        assert_eq!(o.look().files, 0, "it was changed less than two seconds ago");
        o.hand.advance(Duration::from_millis(200));
    }
    o.hand.advance(Duration::from_secs(2));
    assert_eq!(o.look(), Looked { files: 1, taken: 50, ..Looked::default() });
    // Written under another name, then renamed in.
    let part = o.put("next.csv.part", "id,message\n100,x\n");
    o.hand.advance(Duration::from_secs(60));
    assert_eq!(o.settle().files, 0, "not while it has that name");
    std::fs::rename(part, o.folder().join("next.csv")).unwrap();
    assert_eq!(o.settle().taken, 1);
    // Empty, filled later.
    let path = o.put("late.txt", "");
    assert_eq!(o.settle().files, 0);
    assert_eq!(o.skipped(), [("late.txt".to_owned(), "it is empty; it is read once something is in it".to_owned())]);
    std::fs::write(path, "here I am").unwrap();
    assert_eq!(o.settle().taken, 1);
    // Sparse: a hole is NUL characters, which no text has.
    let sparse = std::fs::File::create(o.folder().join("hole.txt")).unwrap();
    sparse.set_len(100_000).unwrap();
    assert_eq!(o.settle().rejected, 1);
    assert_eq!(o.items(), 52);
}

#[test]
fn c1_a_file_that_is_written_while_it_is_read_stays_until_it_is_whole() {
    let mut o = office();
    let rows: String = (0..700).map(|n| format!("{n},word {n}\n")).collect();
    let path = o.put("a.csv", format!("id,message\n{rows}"));
    let append = move |text: &str| {
        let mut file = std::fs::File::options().append(true).open(&path).unwrap();
        std::io::Write::write_all(&mut file, text.as_bytes()).unwrap();
    };
    // Half a row comes while the first ones are kept.
    let (half, once) = (append.clone(), std::sync::Once::new());
    o.desk.listen(move |_| once.call_once(|| half("700,half a wo")));
    let looked = o.settle();
    assert_eq!((looked.files, looked.waiting), (0, 1), "{looked:?}");
    assert_eq!(names(&o.folder()), own(&["a.csv", "done", "rejected"]));
    assert_eq!(names(&o.folder().join("done")), own(&[]), "no report of what is not read to its end");
    append("rd\n");
    let looked = o.settle();
    assert_eq!((looked.files, looked.taken + looked.known, looked.rejected), (1, 701, 0), "{looked:?}");
    assert_eq!(o.items(), 701);
}

#[test]
fn a_file_that_could_not_be_moved_is_moved_when_it_can_and_not_read_again() {
    let mut o = office();
    let path = o.put("a.csv", "id,message\n1,one\n");
    // A file comes in the way of the folder for what was read, while the requests are kept.
    let (done, once) = (o.folder().join("done"), std::sync::Once::new());
    let in_the_way = done.clone();
    o.desk.listen(move |_| {
        once.call_once(|| {
            std::fs::remove_dir(&in_the_way).unwrap();
            std::fs::write(&in_the_way, "in the way").unwrap();
        });
    });
    assert_eq!(o.settle().taken, 1);
    assert_eq!(o.skipped(), [("a.csv".to_owned(), "it was read and could not be moved away".to_owned())]);
    assert_eq!(o.look().files, 0, "nor is it read again");
    std::fs::remove_file(&done).unwrap();
    assert_eq!((o.look().files, path.exists(), o.skipped().len()), (0, false, 0));
    assert_eq!(names(&done), own(&["a.csv", "a.csv.report.json"]));
    assert_eq!(o.items(), 1);
}

#[test]
fn c2_ten_thousand_files_at_once_are_all_read_and_none_twice() {
    let mut o = office();
    for n in 0..10_000 {
        o.put(&format!("{n}.txt"), format!("question {n}"));
    }
    let looked = o.settle();
    assert_eq!(looked, Looked { files: 10_000, taken: 10_000, ..Looked::default() });
    assert_eq!(o.items(), 10_000);
    assert_eq!(names(&o.folder()), own(&["done", "rejected"]));
    assert_eq!(names(&o.folder().join("done")).len(), 20_000);
    assert_eq!(o.settle(), Looked::default());
}

#[test]
fn c2_a_stop_half_way_loses_and_doubles_nothing() {
    let mut o = office();
    for n in 0..1_200 {
        o.put(&format!("{n}.txt"), format!("question {n}"));
    }
    o.look();
    o.hand.advance(Duration::from_secs(2));
    // Where nothing can be moved, nothing is read.
    let done = o.folder().join("done");
    std::fs::create_dir_all(o.folder().join("rejected")).unwrap();
    std::fs::write(&done, "in the way").unwrap();
    o.look();
    assert!(o.seen().seen.trouble.is_some(), "{:?}", o.seen());
    std::fs::remove_file(&done).unwrap();
    let (cancel, stopped) = (Cancel::default(), Cancel::default());
    stopped.cancel();
    assert_eq!(o.watcher.look(&o.desk, &stopped).unwrap().files, 0, "cancelled before the first");
    let first = o.watcher.look(&o.desk, &cancel).unwrap();
    assert_eq!((first.taken, first.known), (1_200, 0));
    // All of it again, as if the moves had not reached the disk.
    for name in names(&done).into_iter().filter(|name| !name.contains(".report")) {
        std::fs::rename(done.join(&name), o.folder().join(&name)).unwrap();
    }
    o.watcher = Watcher::default();
    let again = o.settle();
    assert_eq!((again.files, again.taken, again.known), (1_200, 0, 1_200));
    assert_eq!(o.items(), 1_200);
}

#[test]
fn c3_content_decides_whatever_the_name() {
    let mut o = office();
    o.put("a.csv", "id,message\n1,one\n");
    assert_eq!(o.settle().taken, 1);
    let again = o.put("A.CSV", "id,message\n1,one\n");
    assert_eq!((o.settle().known, again.exists()), (1, false));
    o.put("a.csv", "id,message\n1,another\n2,two\n");
    let looked = o.settle();
    assert_eq!((looked.taken, looked.rejected), (1, 1), "the id is known with another content; nothing is overwritten");
    assert_eq!(names(&o.folder().join("rejected")), own(&["a.csv", "a.csv.report.json"]));
    // Touched and not changed: it is waited for again, and read once.
    let path = o.put("b.txt", "touched");
    o.look();
    o.hand.advance(Duration::from_millis(1_900));
    std::fs::File::options().write(true).open(&path).unwrap().set_modified(std::time::SystemTime::UNIX_EPOCH).unwrap();
    o.look();
    o.hand.advance(Duration::from_millis(1_900));
    assert_eq!(o.look().files, 0);
    o.hand.advance(Duration::from_millis(200));
    assert_eq!(o.look().taken, 1);
}

#[cfg(unix)]
#[test]
fn c4_what_is_no_regular_file_is_skipped_and_listed() {
    use std::os::unix::fs::symlink;
    let mut o = office();
    let secret = o.home.path().join("shadow.csv");
    std::fs::write(&secret, "id,message\n1,secret\n").unwrap();
    let folder = o.folder();
    let at = |name: &str| folder.join(name);
    symlink(&secret, at("link.csv")).unwrap();
    symlink(at("loop.csv"), at("loop.csv")).unwrap();
    std::fs::hard_link(&secret, at("hard.csv")).unwrap();
    std::fs::create_dir(at("folder.csv")).unwrap();
    std::os::unix::net::UnixListener::bind(at("socket.csv")).unwrap();
    let made = std::process::Command::new("mkfifo").arg(at("fifo.csv")).status().unwrap();
    assert!(made.success());
    o.put("picture.png", "no");
    o.put("good.csv", "id,message\n2,good\n");
    assert_eq!(o.settle(), Looked { files: 1, taken: 1, ..Looked::default() });
    let skipped = o.skipped();
    let listed: Vec<&str> = skipped.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(listed, ["fifo.csv", "folder.csv", "hard.csv", "link.csv", "loop.csv", "picture.png", "socket.csv"]);
    assert!(at("link.csv").symlink_metadata().is_ok(), "all stay where they are");
    // One that becomes a link between the look and the opening.
    let path = o.put("swap.csv", "id,message\n3,fine\n");
    o.look();
    o.hand.advance(Duration::from_secs(2));
    std::fs::remove_file(&path).unwrap();
    symlink(&secret, &path).unwrap();
    assert_eq!(o.look().files, 0);
    assert_eq!(o.items(), 1);
    // The places of what was read cannot lead elsewhere.
    std::fs::remove_dir_all(o.folder().join("done")).unwrap();
    symlink(o.home.path(), o.folder().join("done")).unwrap();
    o.put("more.csv", "id,message\n4,more\n");
    assert_eq!(o.settle().files, 0);
    assert!(o.seen().seen.trouble.unwrap().contains("is no folder"));
}

#[cfg(unix)]
#[test]
fn c5_hostile_names_are_names_and_shown_with_what_is_not_seen() {
    use std::os::unix::ffi::OsStrExt;
    let mut o = office();
    let long = format!("{}.txt", "n".repeat(251));
    let all: [&[u8]; 14] = [
        b"x..\\y.txt",
        b"CON.txt",
        b"NUL.csv",
        b"a:b.txt",
        b"dot..txt",
        b"space .txt",
        long.as_bytes(),
        "📮.txt".as_bytes(),
        "a\u{202e}txt.txt".as_bytes(),
        b"new\nline.txt",
        b"-rf.txt",
        b"$(touch owned).txt",
        b"%00.txt",
        b"bad\xff.txt",
    ];
    for (n, name) in all.iter().enumerate() {
        let path = o.folder().join(std::ffi::OsStr::from_bytes(name));
        std::fs::write(&path, format!("id,message\n{n},question {n}\n")).unwrap_or_else(|e| panic!("{name:?}: {e}"));
    }
    let looked = o.settle();
    assert_eq!((looked.files, looked.taken), (14, 14));
    let reports = o.reports("done");
    assert_eq!(reports.len(), 14);
    let shown: Vec<&str> = reports.iter().map(|report| report["file"].as_str().unwrap()).collect();
    assert!(shown.contains(&"a\\u{202e}txt.txt") && shown.contains(&"new\\u{a}line.txt") && shown.contains(&"bad\\xff.txt"), "{shown:?}");
    assert!(!o.folder().join("owned").exists() && !Path::new("owned").exists());
}

#[test]
fn c6_a_folder_that_is_gone_is_said_and_goes_on_when_it_is_back() {
    let mut o = office();
    std::fs::remove_dir_all(o.folder()).unwrap();
    o.look();
    assert!(o.seen().seen.trouble.unwrap().contains("cannot be read"));
    std::fs::write(o.folder(), "a file in its place").unwrap();
    o.look();
    assert!(o.seen().seen.trouble.is_some());
    std::fs::remove_file(o.folder()).unwrap();
    std::fs::create_dir(o.folder()).unwrap();
    o.put("a.txt", "back again");
    assert_eq!(o.settle().taken, 1);
    assert_eq!(o.seen().seen.trouble, None);
}

#[test]
fn c7_a_folder_that_texts_go_to_or_of_gaits_own_is_refused() {
    let mut o = office();
    let out = o.home.path().join("out");
    let mut input = o.desk.use_case(o.case).unwrap().input;
    input.sinks = vec![
        Sink { kind: SinkKind::Folder, path: out.join("texts").display().to_string(), audience: None },
        Sink { kind: SinkKind::Outbox, path: out.join("box/out.jsonl").display().to_string(), audience: None },
    ];
    o.desk.save_use_case(&admin(), Some(o.case), &input).unwrap();
    let data = o.desk.folder().to_owned();
    for wrong in [
        data.clone(),
        data.join("inside"),
        data.parent().unwrap().to_owned(),
        out.join("texts"),
        out.join("texts/inside"),
        out.clone(),
        out.join("box"),
        o.folder(),
        o.folder().join("done"),
        PathBuf::from("relative"),
    ] {
        let refused = o.desk.watch_folder(o.case, &wrong, "message", &admin());
        assert!(matches!(refused, Err(Error::Invalid { .. })), "{wrong:?}: {refused:?}");
    }
    #[cfg(unix)]
    {
        let link = o.home.path().join("link");
        std::fs::create_dir_all(out.join("texts")).unwrap();
        std::os::unix::fs::symlink(out.join("texts"), &link).unwrap();
        assert!(o.desk.watch_folder(o.case, &link, "message", &admin()).is_err(), "by another name");
    }
    // And the other way round.
    for (kind, path) in
        [(SinkKind::Folder, o.folder().join("x")), (SinkKind::Outbox, o.folder().join("out.jsonl")), (SinkKind::Folder, o.folder())]
    {
        input.sinks = vec![Sink { kind, path: path.display().to_string(), audience: None }];
        assert!(matches!(o.desk.save_use_case(&admin(), Some(o.case), &input), Err(Error::Invalid { .. })), "{path:?}");
    }
    assert!(matches!(o.desk.watch_folder(o.case, &o.home.path().join("b"), "message", &reviewer()), Err(Error::NotAllowed { .. })));
    o.desk.watch_folder(o.case, &out.join("beside"), "message", &admin()).unwrap();
    o.desk.leave_folder(o.seen().id, &admin()).unwrap();
    o.look();
    assert_eq!(o.desk.folders().unwrap().len(), 1);
    approve(&o.desk, o.case, 1, 1);
}

#[cfg(unix)]
#[test]
fn c8_a_file_that_cannot_be_opened_is_listed_and_read_when_it_can() {
    use std::os::unix::fs::PermissionsExt;
    let mut o = office();
    let path = o.put("locked.txt", "later");
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o000)).unwrap();
    if std::fs::File::open(&path).is_ok() {
        // Root opens everything: the case is that of a file that vanishes before it is opened.
        o.look();
        o.hand.advance(Duration::from_secs(2));
        std::fs::remove_file(&path).unwrap();
        assert_eq!(o.look().files, 0);
        o.put("locked.txt", "later");
    } else {
        assert_eq!(o.settle().files, 0);
        assert!(o.skipped()[0].1.contains("cannot be opened now"), "{:?}", o.skipped());
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
    }
    assert_eq!(o.settle().taken, 1);
}

#[test]
fn c9_a_date_of_a_file_says_nothing() {
    let mut o = office();
    let age = |path: &Path, at| std::fs::File::options().write(true).open(path).unwrap().set_modified(at).unwrap();
    let epoch = std::time::SystemTime::UNIX_EPOCH;
    let first = o.put("z.csv", "id,message\n1,first\n");
    age(&first, epoch + Duration::from_secs(4_070_908_800));
    o.look();
    o.hand.advance(Duration::from_millis(500));
    let second = o.put("a.csv", "id,message\n2,second\n");
    age(&second, epoch - Duration::from_secs(11_644_473_600));
    o.look();
    // A clock that is set back does not keep a file waiting for longer than it would.
    o.hand.turn_back(Duration::from_secs(86_400));
    o.look();
    o.hand.advance(Duration::from_secs(2));
    assert_eq!(o.look().taken, 2);
    let rows = o.desk.queue(&crate::query(o.case, Tab::All), &admin()).unwrap().rows;
    assert_eq!(rows.len(), 2);
}

#[test]
fn two_programs_do_not_read_the_same_folder_at_once() {
    let mut o = office();
    o.put("a.txt", "one");
    o.look();
    let mut other = Watcher::default();
    assert!(other.look(&o.desk, &Cancel::default()).unwrap().elsewhere);
    o.watcher = Watcher::default();
    assert!(!other.look(&o.desk, &Cancel::default()).unwrap().elsewhere, "the first one has ended");
}

#[test]
fn a_look_that_finds_nothing_new_writes_nothing() {
    let mut o = office();
    o.put("a.png", "x");
    o.settle();
    let before = o.desk.activity(None, 0, 1).unwrap().0;
    let other = flow::testing::desk(o.desk.folder()).unwrap().0;
    let version = other.data_version().unwrap();
    o.settle();
    o.settle();
    assert_eq!(other.data_version().unwrap(), version, "the database is left alone");
    assert_eq!(o.desk.activity(None, 0, 1).unwrap().0, before);
}
