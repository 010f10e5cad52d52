//! One text for one command.
//!
//! Invariant: the program is started with its words as they are, in a group of its own; the text comes on its standard input and nothing of
//! it stands among the words. After the limit the whole group is ended.

use flow::carrier::{Handed, Later, MOST_ANSWER, Order, of_exit};
use flow::model::Cancel;
use std::io::{Read, Write};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

/// What a program finds of ours in its environment beside the text's: enough to run, and no secrets that lie there for others.
const KEPT: [&str; 8] = ["PATH", "HOME", "USER", "LANG", "LC_ALL", "TZ", "SystemRoot", "TEMP"];
/// How often it is looked whether the program has ended.
const GLANCE: Duration = Duration::from_millis(10);
/// How long its last words are waited for, once it has ended.
const LAST_WORDS: Duration = Duration::from_secs(1);
/// So many bytes of a line tell something of the text.
const TELLING: usize = 6;
/// So many lines of its complaints are looked at.
const LOOKED_AT: usize = 20;

pub(crate) fn run(order: &Order, limit: Duration, cancel: &Cancel) -> Handed {
    let Some((program, words)) = order.words.split_first() else { return Handed::Dead("no program is named".into()) };
    let mut command = Command::new(program);
    command.args(words).env_clear();
    command.envs(KEPT.iter().filter_map(|name| Some((name, std::env::var_os(name)?))));
    command.env("GAIT_DELIVERY_ID", &order.id).env("GAIT_DELIVERY", &order.about);
    // What it says on its standard output is for nobody: a filter gives the text back there.
    command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::piped());
    alone(&mut command);
    let begun = Instant::now();
    let mut child = match command.spawn() {
        Ok(child) => child,
        Err(e) => return Handed::not_sent(format!("the command could not be started: {e}")),
    };
    feed(&mut child, order.text.clone());
    let complaints = hear(child.stderr.take());
    let stopped = wait(&mut child, begun + limit, cancel);
    let status = end(&mut child);
    match (stopped, status) {
        (None, Ok(status)) => {
            let said = complaints.recv_timeout(LAST_WORDS).unwrap_or_default();
            of_exit(status.code(), complaint(&said, &order.text))
        }
        (None, Err(e)) => unknown(format!("it is not known how the command ended: {e}"), false),
        (Some(Stop::TooLong), _) => unknown(format!("the command took longer than {} seconds and was ended", limit.as_secs()), true),
        (Some(Stop::Told), _) => unknown("the command was ended, as Gait was".to_owned(), false),
    }
}

/// It may have done its work.
fn unknown(why: String, rest: bool) -> Handed {
    Handed::Later(Later { why, after: None, may_have_left: true, rest })
}

/// Of what it complains: the first line that nothing of the text stands in. The text belongs into no history and no log.
fn complaint<'a>(said: &'a str, text: &str) -> &'a str {
    let of_text: Vec<&str> = text.lines().map(str::trim).filter(|line| line.len() >= TELLING).collect();
    let is_clean = |line: &&str| !text.contains(*line) && !of_text.iter().any(|of_text| line.contains(of_text));
    said.lines().map(str::trim).filter(|line| !line.is_empty()).take(LOOKED_AT).find(is_clean).unwrap_or_default()
}

/// Writes on a thread: a program that does not read must not hold the try. One that has closed its input has heard enough.
fn feed(child: &mut Child, text: String) {
    if let Some(mut input) = child.stdin.take() {
        std::thread::spawn(move || drop(input.write_all(text.as_bytes())));
    }
}

/// Keeps the first [`MOST_ANSWER`] bytes and reads the rest away, so that the program is not held up.
fn hear(pipe: Option<impl Read + Send + 'static>) -> Receiver<String> {
    let (tell, heard) = channel();
    if let Some(mut pipe) = pipe {
        std::thread::spawn(move || {
            let mut kept = Vec::new();
            drop(pipe.by_ref().take(MOST_ANSWER as u64).read_to_end(&mut kept));
            drop(std::io::copy(&mut pipe, &mut std::io::sink()));
            drop(tell.send(String::from_utf8_lossy(&kept).into_owned()));
        });
    }
    heard
}

/// Why a run was ended by us.
enum Stop {
    TooLong,
    Told,
}

/// `None`: it ended by itself.
fn wait(child: &mut Child, until: Instant, cancel: &Cancel) -> Option<Stop> {
    while !has_ended(child) {
        if cancel.is_cancelled() {
            return Some(Stop::Told);
        }
        if Instant::now() >= until {
            return Some(Stop::TooLong);
        }
        std::thread::sleep(GLANCE);
    }
    None
}

/// It is not waited for yet: until then its number, and with it that of its group, is nobody else's.
#[cfg(unix)]
fn has_ended(child: &mut Child) -> bool {
    use rustix::process::{WaitId, WaitIdOptions, waitid};
    let options = WaitIdOptions::EXITED | WaitIdOptions::NOHANG | WaitIdOptions::NOWAIT;
    group(child).is_none_or(|pid| !matches!(waitid(WaitId::Pid(pid), options), Ok(None)))
}

#[cfg(not(unix))]
fn has_ended(child: &mut Child) -> bool {
    !matches!(child.try_wait(), Ok(None))
}

#[cfg(unix)]
fn alone(command: &mut Command) {
    use std::os::unix::process::CommandExt;
    command.process_group(0);
}

#[cfg(not(unix))]
fn alone(_: &mut Command) {}

#[cfg(unix)]
fn group(child: &Child) -> Option<rustix::process::Pid> {
    rustix::process::Pid::from_raw(i32::try_from(child.id()).ok()?)
}

/// Ends the program, where it has not ended, and all that it started in its group.
fn end(child: &mut Child) -> std::io::Result<ExitStatus> {
    #[cfg(unix)]
    if let Some(group) = group(child) {
        // What is gone already needs no end.
        let _ = rustix::process::kill_process_group(group, rustix::process::Signal::KILL);
    }
    drop(child.kill());
    child.wait()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_complaint_says_nothing_of_the_text() {
        let text = "Dear Min,\n\nyour parcel is in Busan.\n";
        for (said, expected) in [
            ("no such box", "no such box"),
            ("\n  no such box  \nmore", "no such box"),
            ("Dear Min,\nyour parcel is in Busan.\nno such box", "no such box"),
            ("parcel", ""),
            ("cannot send \"Dear Min,\"\n+ body='your parcel is in Busan.'", ""),
            ("", ""),
        ] {
            assert_eq!(complaint(said, text), expected, "{said:?}");
        }
    }
}
