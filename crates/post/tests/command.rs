//! Commands, with the programs of the system.
#![cfg(unix)]
#![expect(clippy::unwrap_used, reason = "a test ends where something is not as it says")]

use flow::carrier::{Carrier, Handed, Later, Order};
use flow::model::Cancel;
use post::Post;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// A program of these lines.
fn program(folder: &Path, lines: &str) -> String {
    let path = folder.join("program");
    std::fs::write(&path, format!("#!/bin/sh\n{lines}\n")).unwrap();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
    path.display().to_string()
}

fn order(words: &[&str]) -> Order {
    let words = words.iter().map(|word| (*word).to_owned()).collect();
    Order { id: "msg_7".into(), words, about: r#"{"id":"msg_7"}"#.into(), text: "안녕 $(id) `id`\n".into() }
}

fn run(lines: &str) -> Handed {
    let folder = TempDir::new().unwrap();
    let path = program(folder.path(), lines);
    Post::within(Duration::from_secs(2)).run(&order(&[&path]))
}

#[test]
fn a_command_gets_its_words_the_text_and_the_id_as_they_are() {
    let folder = TempDir::new().unwrap();
    let out = folder.path().join("out");
    let lines = format!(
        "cat > '{0}'; for word in \"$@\"; do echo \"[$word]\" >> '{0}'; done; echo \"$GAIT_DELIVERY_ID $GAIT_DELIVERY\" >> '{0}'",
        out.display()
    );
    let path = program(folder.path(), &lines);
    let handed = Post::default().run(&order(&[&path, "--to", "a b", "$(touch owned); \"x\" *", ""]));
    assert_eq!(handed, Handed::Done);
    let expected = "안녕 $(id) `id`\n[--to]\n[a b]\n[$(touch owned); \"x\" *]\n[]\nmsg_7 {\"id\":\"msg_7\"}\n";
    assert_eq!(std::fs::read_to_string(out).unwrap(), expected);
}

#[test]
fn an_exit_code_is_an_answer() {
    assert_eq!(run("exit 0"), Handed::Done);
    assert!(matches!(run("exit 75"), Handed::Later(Later { may_have_left: false, .. })));
    assert_eq!(run("echo no such box >&2; exit 3"), Handed::Dead("the command ended with exit code 3: no such box".into()));
    assert!(matches!(run("kill -9 $$"), Handed::Later(Later { may_have_left: true, .. })));
    let missing = Post::default().run(&order(&["/nowhere/at/all"]));
    assert!(matches!(missing, Handed::Later(Later { may_have_left: false, .. })), "{missing:?}");
}

#[test]
fn a_command_that_does_not_end_is_ended_with_all_that_it_started() {
    let folder = TempDir::new().unwrap();
    let pid = folder.path().join("pid");
    let path = program(folder.path(), &format!("sleep 300 & echo $! > '{}'; wait", pid.display()));
    let begun = Instant::now();
    let handed = Post::within(Duration::from_millis(600)).run(&order(&[&path]));
    assert!(matches!(&handed, Handed::Later(Later { may_have_left: true, .. })), "{handed:?}");
    assert!(begun.elapsed() < Duration::from_secs(20));
    assert_ends(&pid);
}

fn assert_ends(pid: &Path) {
    let child = std::fs::read_to_string(pid).unwrap();
    let gone = || {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", child.trim()));
        // A zombie is waited for by whoever adopted it.
        stat.map_or(true, |stat| stat.contains(") Z "))
    };
    let until = Instant::now() + Duration::from_secs(10);
    while !gone() && Instant::now() < until {
        std::thread::yield_now();
    }
    assert!(gone(), "the one that it started too");
}

#[test]
fn a_command_ends_when_gait_does() {
    let folder = TempDir::new().unwrap();
    let pid = folder.path().join("pid");
    let path = program(folder.path(), &format!("sleep 300 & echo $! > '{0}.new'; mv '{0}.new' '{0}'; wait", pid.display()));
    let cancel = Cancel::default();
    let handed = std::thread::scope(|scope| {
        scope.spawn(|| {
            let until = Instant::now() + Duration::from_secs(10);
            while !pid.exists() && Instant::now() < until {
                std::thread::yield_now();
            }
            cancel.cancel();
        });
        Post::until(cancel.clone()).run(&order(&[&path]))
    });
    assert!(matches!(&handed, Handed::Later(Later { may_have_left: true, rest: false, .. })), "{handed:?}");
    assert_ends(&pid);
}

#[test]
fn what_a_command_leaves_behind_is_ended_and_its_answer_counts() {
    let folder = TempDir::new().unwrap();
    let pid = folder.path().join("pid");
    let path = program(folder.path(), &format!("sleep 300 & echo $! > '{}'; exit 0", pid.display()));
    assert_eq!(Post::default().run(&order(&[&path])), Handed::Done);
    assert_ends(&pid);
}

#[test]
fn nothing_of_the_text_stands_in_what_a_command_complains_of() {
    let Handed::Dead(why) = run("text=$(cat); echo \"$text\"; echo \"cannot send: $text\" >&2; exit 3") else { panic!("a person looks") };
    assert_eq!(why, "the command ended with exit code 3");
}

#[test]
fn a_flood_of_words_is_read_away_and_a_text_that_nobody_reads_is_no_fault() {
    assert_eq!(run("head -c 5000000 /dev/zero; exit 0"), Handed::Done);
    let folder = TempDir::new().unwrap();
    let path = program(folder.path(), "exit 0");
    let long = Order { text: "x".repeat(4 << 20), ..order(&[&path]) };
    assert_eq!(Post::default().run(&long), Handed::Done);
}

#[test]
fn a_command_finds_no_secrets_of_ours_in_its_environment() {
    let folder = TempDir::new().unwrap();
    let out = folder.path().join("out");
    let path = program(folder.path(), &format!("env > '{}'", out.display()));
    assert_eq!(Post::default().run(&order(&[&path])), Handed::Done);
    let known = std::fs::read_to_string(out).unwrap();
    let names: Vec<&str> = known.lines().filter_map(|line| line.split('=').next()).collect();
    for name in names {
        let of_shell = ["PWD", "OLDPWD", "SHLVL", "_"].contains(&name);
        let of_ours = ["PATH", "HOME", "USER", "LANG", "LC_ALL", "TZ", "GAIT_DELIVERY_ID", "GAIT_DELIVERY"].contains(&name);
        assert!(of_shell || of_ours, "{name}");
    }
}
