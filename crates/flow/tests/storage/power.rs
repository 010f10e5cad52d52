//! K2, K3 and K4: what a disk does. The program runs on a disk that writes down what it was asked to do (`power/disk.c`); from that a power
//! cut is worked out at any moment: what was not synced is there, or not, or torn, sector by sector, or nonsense. And the disk fills up, or
//! fails, when it is told to.

use super::{case_of, decide_next, draft, take};
use flow::{Clock, Desk, Error};
use std::collections::BTreeMap;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Mutex;
use tempfile::TempDir;

fn amount(variable: &str, otherwise: usize) -> usize {
    std::env::var(variable).map_or(otherwise, |text| text.parse().unwrap())
}

// --- the program on the disk

/// Compiled once for all tests of a process.
fn disk() -> PathBuf {
    static MADE: Mutex<Option<(TempDir, PathBuf)>> = Mutex::new(None);
    let mut made = MADE.lock().unwrap();
    let (_, path) = made.get_or_insert_with(|| {
        let folder = TempDir::new().unwrap();
        let (source, path) = (folder.path().join("disk.c"), folder.path().join("disk.so"));
        std::fs::write(&source, include_str!("power/disk.c")).unwrap();
        let compiled =
            Command::new("cc").args(["-O1", "-shared", "-fPIC", "-o"]).arg(&path).arg(&source).args(["-ldl", "-lpthread"]).status();
        assert!(compiled.unwrap().success(), "the disk between the program and the real one is compiled");
        (folder, path)
    });
    path.clone()
}

/// A process of this test on such a disk, until it ends by itself.
fn run(test: &str, place: &Path, rounds: usize) {
    let data = place.join("data");
    std::fs::create_dir(&data).unwrap();
    let out = Command::new(std::env::current_exe().unwrap())
        .args(["--ignored", "--exact", "--nocapture", test])
        .env("LD_PRELOAD", disk())
        .env("GAIT_DISK_OF", &data)
        .env("GAIT_DISK_LOG", place.join("log"))
        .env("GAIT_DISK_FULL", place.join("full"))
        .env("GAIT_DISK_SYNC_FAILS", place.join("fails"))
        .env("GAIT_WORKS_IN", place)
        .env("GAIT_ROUNDS", rounds.to_string())
        .output()
        .unwrap();
    assert!(out.status.success(), "{}{}", String::from_utf8_lossy(&out.stdout), String::from_utf8_lossy(&out.stderr));
}

fn place() -> PathBuf {
    std::env::var_os("GAIT_WORKS_IN").unwrap().into()
}

/// Says what was acknowledged, on the same disk, so that it stands in the log between what went before and what came after.
fn say(data: &Path, what: &str) {
    let mut file = std::fs::File::options().create(true).append(true).open(data.join("acknowledged")).unwrap();
    file.write_all(format!("{what}\n").as_bytes()).unwrap();
}

#[test]
#[ignore = "what the tests below start"]
fn a_process_that_works_on_the_disk() {
    let data = place().join("data");
    let desk = Desk::open(&data, Clock::system()).unwrap();
    let case = case_of(&desk);
    let rounds = amount("GAIT_ROUNDS", 1);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            for n in 0..rounds {
                take(&desk, case, n * 5..n * 5 + 5);
                (n * 5..n * 5 + 5).for_each(|id| say(&data, &format!("taken {id}")));
                if n % 3 == 0 {
                    draft(&desk);
                }
            }
        });
        scope.spawn(|| {
            for _ in 0..rounds {
                match decide_next(&desk, case) {
                    Some(item) => say(&data, &format!("decided {item}")),
                    None => std::thread::yield_now(),
                }
            }
        });
    });
}

// --- what it asked of the disk

#[derive(Debug)]
enum Act {
    Write { at: u64, bytes: Vec<u8> },
    Sync,
    Cut { length: u64 },
    Remove,
    Rename { to: String },
}

fn acts(log: &Path) -> Vec<(String, Act)> {
    let log = std::fs::read(log).unwrap();
    let (mut rest, mut acts) = (log.as_slice(), Vec::new());
    let mut part = |length: usize| {
        let (part, after) = rest.split_at(length.min(rest.len()));
        rest = after;
        part.to_vec()
    };
    loop {
        let kind = part(1);
        let Some(kind) = kind.first().copied() else { return acts };
        let name_length = u16::from_le_bytes(part(2).try_into().unwrap());
        let at = u64::from_le_bytes(part(8).try_into().unwrap());
        let length = u32::from_le_bytes(part(4).try_into().unwrap());
        let path = String::from_utf8(part(name_length.into())).unwrap();
        let bytes = part(length as usize);
        let act = match kind {
            b'w' => Act::Write { at, bytes },
            b's' => Act::Sync,
            b't' => Act::Cut { length: at },
            b'u' => Act::Remove,
            b'r' => Act::Rename { to: String::from_utf8(bytes).unwrap() },
            other => panic!("a record of kind {other}"),
        };
        acts.push((path, act));
    }
}

// --- what a power cut leaves

const SECTOR: usize = 512;

#[derive(Clone, Default)]
struct File {
    /// What is surely on the disk.
    kept: Vec<u8>,
    /// What is on its way: where, and with what; a length alone cuts.
    coming: Vec<(u64, Option<Vec<u8>>)>,
}

impl File {
    fn settle(&mut self) {
        for (at, bytes) in std::mem::take(&mut self.coming) {
            put(&mut self.kept, at, bytes.as_deref());
        }
    }
}

fn put(into: &mut Vec<u8>, at: u64, bytes: Option<&[u8]>) {
    let at = usize::try_from(at).unwrap();
    match bytes {
        None => into.resize(at, 0),
        Some(bytes) => {
            if into.len() < at + bytes.len() {
                into.resize(at + bytes.len(), 0);
            }
            into[at..at + bytes.len()].copy_from_slice(bytes);
        }
    }
}

#[derive(Clone)]
enum Naming {
    Made(String, usize),
    Gone(String),
    Moved(String, String),
}

/// A disk that keeps what was synced, and a folder whose changes come in their order, at the latest with the next sync.
#[derive(Default)]
struct Disk {
    files: Vec<File>,
    names: BTreeMap<String, usize>,
    kept_names: BTreeMap<String, usize>,
    coming_names: Vec<Naming>,
    /// A disk that lies: it says that it synced, and did not.
    lies: bool,
}

fn name(names: &mut BTreeMap<String, usize>, naming: &Naming) {
    match naming {
        Naming::Made(path, file) => drop(names.insert(path.clone(), *file)),
        Naming::Gone(path) => drop(names.remove(path)),
        Naming::Moved(from, to) => {
            if let Some(file) = names.remove(from) {
                names.insert(to.clone(), file);
            }
        }
    }
}

impl Disk {
    fn naming(&mut self, naming: Naming) {
        name(&mut self.names, &naming);
        self.coming_names.push(naming);
    }

    fn file(&mut self, path: &str) -> &mut File {
        if !self.names.contains_key(path) {
            self.files.push(File::default());
            self.naming(Naming::Made(path.to_owned(), self.files.len() - 1));
        }
        let file = self.names[path];
        &mut self.files[file]
    }

    fn does(&mut self, path: &str, act: &Act) {
        match act {
            Act::Write { at, bytes } => self.file(path).coming.push((*at, Some(bytes.clone()))),
            Act::Cut { length } => self.file(path).coming.push((*length, None)),
            Act::Remove => self.naming(Naming::Gone(path.to_owned())),
            Act::Rename { to } => self.naming(Naming::Moved(path.to_owned(), to.clone())),
            Act::Sync if self.lies => {}
            Act::Sync => {
                if let Some(file) = self.names.get(path) {
                    self.files[*file].settle();
                }
                for naming in std::mem::take(&mut self.coming_names) {
                    name(&mut self.kept_names, &naming);
                }
            }
        }
    }

    /// What is found after the power was cut now.
    fn cut(&self, random: &mut Random) -> BTreeMap<String, Vec<u8>> {
        let mut names = self.kept_names.clone();
        let come = random.below(self.coming_names.len() as u64 + 1);
        self.coming_names.iter().take(usize::try_from(come).unwrap()).for_each(|naming| name(&mut names, naming));
        names.into_iter().map(|(path, file)| (path, torn(&self.files[file], random))).collect()
    }
}

fn torn(file: &File, random: &mut Random) -> Vec<u8> {
    let mut found = file.kept.clone();
    for (at, bytes) in &file.coming {
        let Some(bytes) = bytes else {
            if random.below(2) == 0 {
                put(&mut found, *at, None);
            }
            continue;
        };
        for (n, sector) in bytes.chunks(SECTOR).enumerate() {
            let at = at + (n * SECTOR) as u64;
            match random.below(16) {
                0 => put(&mut found, at, Some(&vec![0xa5; sector.len()])),
                1..8 => put(&mut found, at, Some(sector)),
                _ => {}
            }
        }
    }
    found
}

struct Random(u64);

impl Random {
    fn below(&mut self, most: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % most
    }
}

/// What is lost or wrong after a cut, if anything.
fn fault(of: &Path, found: &BTreeMap<String, Vec<u8>>, acknowledged: &[String]) -> Option<String> {
    let place = TempDir::new().unwrap();
    for (path, bytes) in found {
        let path = place.path().join(Path::new(path).strip_prefix(of).unwrap());
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, bytes).unwrap();
    }
    std::fs::write(place.path().join("gait.db-shm"), [0x5a; 32 * 1024]).unwrap();
    let desk = match Desk::open(place.path(), Clock::system()) {
        Ok(desk) => desk,
        Err(e) => return Some(e.to_string()),
    };
    let wrong = desk.examine().unwrap().into_iter().find(|found| !found.ok && found.what.starts_with("database"));
    if let Some(wrong) = wrong {
        return Some(wrong.what);
    }
    let c = rusqlite::Connection::open(place.path().join("gait.db")).unwrap();
    acknowledged.iter().find_map(|line| {
        let (what, id) = line.split_once(' ').unwrap();
        let sql = if what == "taken" {
            "SELECT 1 FROM item WHERE external_id = ?1"
        } else {
            "SELECT 1 FROM decision WHERE item = CAST(?1 AS INTEGER)"
        };
        (!c.prepare_cached(sql).unwrap().exists([id]).unwrap()).then(|| format!("{line} was acknowledged and is lost"))
    })
}

/// Cuts the power so often while the process works; how often something was lost.
fn cuts(count: usize, lies: bool) -> usize {
    let place = TempDir::new().unwrap();
    run("power::a_process_that_works_on_the_disk", place.path(), 60);
    let of = place.path().join("data");
    let acts = acts(&place.path().join("log"));
    let mut random = Random(0x9e37_79b9_7f4a_7c15);
    let mut at: Vec<u64> = (0..count).map(|_| random.below(acts.len() as u64)).collect();
    at.sort_unstable();
    let (mut disk, mut acknowledged, mut lost) = (Disk { lies, ..Disk::default() }, Vec::new(), 0);
    let mut at = at.into_iter().peekable();
    for (n, (path, act)) in acts.iter().enumerate() {
        while at.next_if_eq(&(n as u64)).is_some() {
            if let Some(fault) = fault(&of, &disk.cut(&mut random), &acknowledged) {
                lost += 1;
                assert!(lies, "the power was cut at act {n} of {}: {fault}", acts.len());
            }
        }
        disk.does(path, act);
        if let Act::Write { bytes, .. } = act
            && path.ends_with("/acknowledged")
        {
            acknowledged.push(String::from_utf8(bytes.clone()).unwrap().trim_end().to_owned());
        }
    }
    assert!(acknowledged.len() > 100, "it did something: {}", acknowledged.len());
    println!(
        "{count} cuts of power among {} acts, {} acknowledged: {lost} lost something (the disk lies: {lies})",
        acts.len(),
        acknowledged.len()
    );
    lost
}

#[test]
fn k2_a_power_cut_loses_nothing_that_was_acknowledged() {
    assert_eq!(cuts(25, false), 0);
}

#[test]
fn k2_a_disk_that_lies_about_what_it_synced_is_found_out_by_the_same_test() {
    assert!(cuts(10, true) > 0, "else the test above shows nothing");
}

#[test]
#[ignore = "cargo xtask proof power"]
fn power_cuts_at_random_moments() {
    let count = amount("GAIT_CUTS", 1_000);
    assert_eq!(cuts(count, false), 0);
    assert!(cuts(100, true) > 0);
}

// --- a disk that fills up or fails

/// One request, and whether it was acknowledged.
fn one(desk: &Desk, case: flow::UseCaseId, n: usize) -> flow::Result<()> {
    let path = place().join("one.jsonl");
    std::fs::write(&path, format!("{{\"id\":\"{n}\",\"message\":\"{}\"}}", "Where is it? ".repeat(200))).unwrap();
    let source = flow::intake::Source { path, format: None, encoding: None, delimiter: None };
    let mapping = flow::intake::Mapping { id: Some("id".into()), fields: vec!["message".into()], ..Default::default() };
    desk.import(case, &source, &mapping, &flow::testing::admin(), &flow::model::Cancel::default(), &mut |_| {}).map(drop)
}

/// Goes on until it fails, and then until it works again. Returns the first error.
fn until_it_fails_and_works_again(desk: &Desk, case: flow::UseCaseId, n: &mut usize, remove: &Path) -> Error {
    let data = desk.folder().to_owned();
    let error = loop {
        *n += 1;
        match one(desk, case, *n) {
            Ok(()) => say_beside(&data, *n),
            Err(e) => break e,
        }
    };
    drop(std::fs::remove_file(remove));
    *n += 1;
    one(desk, case, *n).expect("it works again without a restart");
    say_beside(&data, *n);
    error
}

/// Outside of the disk that is full.
fn say_beside(data: &Path, n: usize) {
    say(data.parent().unwrap(), &format!("taken {n}"));
}

#[test]
#[ignore = "what the tests below start"]
fn a_process_whose_disk_fills_up() {
    let place = place();
    let desk = Desk::open(&place.join("data"), Clock::system()).unwrap();
    let case = case_of(&desk);
    let mut n = 0;
    for _ in 0..amount("GAIT_ROUNDS", 1) {
        std::fs::write(place.join("full"), "").unwrap();
        let error = until_it_fails_and_works_again(&desk, case, &mut n, &place.join("full"));
        assert!(matches!(error, Error::DiskFull), "{error}");
    }
}

#[test]
#[ignore = "what the tests below start"]
fn a_process_whose_disk_fails() {
    let place = place();
    let desk = Desk::open(&place.join("data"), Clock::system()).unwrap();
    let case = case_of(&desk);
    let mut n = 0;
    for _ in 0..amount("GAIT_ROUNDS", 1) {
        std::fs::write(place.join("fails"), "").unwrap();
        let error = until_it_fails_and_works_again(&desk, case, &mut n, &place.join("fails"));
        assert!(matches!(error, Error::DiskFault(_)), "{error}");
    }
}

fn faults(test: &str, rounds: usize) {
    let place = TempDir::new().unwrap();
    run(test, place.path(), rounds);
    let data = place.path().join("data");
    let desk = Desk::open(&data, Clock::system()).unwrap();
    let wrong: Vec<_> = desk.examine().unwrap().into_iter().filter(|found| !found.ok).collect();
    assert!(wrong.is_empty(), "{wrong:?}");
    let c = rusqlite::Connection::open(data.join("gait.db")).unwrap();
    let acknowledged = std::fs::read_to_string(place.path().join("acknowledged")).unwrap();
    for line in acknowledged.lines() {
        let id = line.strip_prefix("taken ").unwrap();
        let there = c.prepare_cached("SELECT 1 FROM item WHERE external_id = ?1").unwrap().exists([id]).unwrap();
        assert!(there, "{line} was acknowledged and is lost");
    }
    assert!(acknowledged.lines().count() >= rounds);
    println!("{rounds} times: {} acknowledged, all there", acknowledged.lines().count());
}

#[test]
fn k3_a_disk_that_is_full_loses_nothing_and_work_goes_on_when_there_is_room() {
    faults("power::a_process_whose_disk_fills_up", 10);
}

#[test]
fn k4_a_sync_that_fails_loses_nothing_and_work_goes_on() {
    faults("power::a_process_whose_disk_fails", 5);
}

#[test]
fn k4_after_a_sync_that_failed_the_wal_is_written_and_synced_once_more_before_anything_is_added() {
    let place = TempDir::new().unwrap();
    run("power::a_process_whose_disk_fails", place.path(), 1);
    let acts = acts(&place.path().join("log"));
    let mut of_wal = acts.iter().filter(|(path, _)| path.ends_with("gait.db-wal")).map(|(_, act)| act);
    // SQLite writes the head of the file alone.
    let again = of_wal.find(|act| matches!(act, Act::Write { at: 0, bytes } if bytes.len() > 32));
    assert!(again.is_some(), "it is not written again");
    let next = of_wal.find(|act| matches!(act, Act::Sync) || matches!(act, Act::Write { bytes, .. } if bytes.len() < 1 << 20));
    assert!(matches!(next, Some(Act::Sync)), "{next:?}");
}

#[test]
#[ignore = "cargo xtask proof full"]
fn the_disk_fills_up_and_fails_many_times() {
    let rounds = amount("GAIT_FULL", 100);
    faults("power::a_process_whose_disk_fills_up", rounds);
    faults("power::a_process_whose_disk_fails", rounds);
}
