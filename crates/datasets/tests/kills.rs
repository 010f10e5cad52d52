//! Killed at any moment of an export: the folder is there whole, or it is not there; what stood beside it stands as it was.
//!
//! The child is this very program, asked for one ignored test. It says each step of its progress in a line; it is killed behind as many
//! lines as a die says, so that no clock is needed and every stage has its turn.

#![expect(clippy::unwrap_used, reason = "a test ends where something is not as it says")]

mod invented;

use datasets::*;
use invented::{Dice, Invented, about};
use sha2::{Digest, Sha256};
use std::fs;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};

const EXAMPLES: u64 = 300;
const KILLS: usize = 100;

fn recipe() -> Recipe {
    let mut recipe = Recipe::new(vec![Format::Sft, Format::DpoChat, Format::Kto, Format::SftParquet, Format::Csv], "letters");
    recipe.shard_bytes = 60_000;
    recipe
}

fn write_to(folder: &Path, heard: &mut dyn FnMut(Progress)) -> Result<Manifest> {
    write(
        Job { folder, recipe: &recipe(), about: &about(), count_tokens: None, cancelled: &|| false, progress: heard },
        &mut Invented { next: 0, count: EXAMPLES },
    )
}

/// A source that says each example: many more places to be killed at than the progress has.
struct Loud(Invented);

impl Source for Loud {
    fn next(&mut self) -> std::result::Result<Option<Example>, Box<dyn std::error::Error + Send + Sync>> {
        println!("step");
        self.0.next()
    }
}

#[test]
#[ignore = "the child of the test below"]
fn child() {
    let Some(folder) = std::env::var_os("GAIT_DATASET") else { return };
    let folder = Path::new(&folder);
    let mut loud = Loud(Invented { next: 0, count: EXAMPLES });
    let job = Job {
        folder,
        recipe: &recipe(),
        about: &about(),
        count_tokens: None,
        cancelled: &|| false,
        // Some lines a step, so that the later stages are met as often as reading is.
        progress: &mut |_| (0..20).for_each(|_| println!("step")),
    };
    write(job, &mut loud).unwrap();
    println!("step");
}

/// Every file that the manifest names is there with its sum.
fn whole(folder: &Path) {
    let manifest: Manifest = serde_json::from_slice(&fs::read(folder.join("manifest.json")).unwrap()).unwrap();
    let files = manifest.files.iter().map(|file| (&file.path, &file.sha256));
    let tables = manifest.tables.iter().chain([&manifest.lineage]).map(|table| (&table.path, &table.sha256));
    for (path, sha256) in files.chain(tables) {
        let sum: String = Sha256::digest(fs::read(folder.join(path)).unwrap()).iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(&sum, sha256, "{path}");
    }
    for other in ["README.md", "croissant.json"] {
        assert!(folder.join(other).exists(), "{other} is part of the whole");
    }
}

#[test]
fn i4_killed_at_a_hundred_random_points_a_folder_is_whole_or_absent() {
    let place = tempfile::tempdir().unwrap();
    let old = place.path().join("v1");
    write_to(&old, &mut |_| {}).unwrap();
    let new = place.path().join("v2");
    let mut dice = Dice::new(2026);
    let (mut absent, mut there) = (0, 0);
    for kill in 0..KILLS {
        // 300 lines of reading and some 800 of the progress; behind the last one the folder has its name.
        let lines = 1 + dice.below(1_300);
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "child", "--ignored", "--nocapture"])
            .env("GAIT_DATASET", &new)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let said = BufReader::new(child.stdout.take().unwrap());
        let heard = said.lines().map_while(std::io::Result::ok).filter(|line| line.ends_with("step")).take(lines).count();
        child.kill().unwrap();
        child.wait().unwrap();
        whole(&old);
        if new.exists() {
            whole(&new);
            fs::remove_dir_all(&new).unwrap();
            there += 1;
        } else {
            absent += 1;
        }
        assert!(heard > 0, "kill {kill}: the child said nothing");
    }
    assert!(absent > 0 && there > 0, "kills must meet the work and its end: {absent} absent, {there} there");
    println!("{KILLS} kills: absent {absent} times, whole {there} times, never part");
    // The next one removes what the killed ones left, and begins again: the same bytes as where nobody was killed.
    write_to(&new, &mut |_| {}).unwrap();
    whole(&new);
    assert_eq!(fs::read(new.join("manifest.json")).unwrap(), fs::read(old.join("manifest.json")).unwrap(), "file by file the same sums");
    let names: Vec<String> =
        fs::read_dir(place.path()).unwrap().map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned()).collect();
    assert_eq!(names.len(), 2, "only v1 and v2 are left: {names:?}");
}
