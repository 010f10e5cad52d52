//! One text for one command.
//!
//! Invariant: the program is started with its words as they are, in a group of its own; the text comes on its standard input and nothing of
//! it stands among the words. After the limit the whole group is ended.

use flow::carrier::{Handed, Later, MOST_ANSWER, Order, of_exit};
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

pub(crate) fn run(order: &Order, limit: Duration) -> Handed {
    let Some((program, words)) = order.words.split_first() else { return Handed::Dead("no program is named".into()) };
    let mut command = Command::new(program);
    command.args(words).env_clear();
    command.envs(KEPT.iter().filter_map(|name| Some((name, std::env::var_os(name)?))));
    command.env("GAIT_DELIVERY_ID", &order.id).env("GAIT_DELIVERY", &order.about);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    alone(&mut command);
    let begun = Instant::now();
    let mut child = match command.spawn() {
        Ok(child) => child,
        Err(e) => return Handed::not_sent(format!("the command could not be started: {e}")),
    };
    feed(&mut child, order.text.clone());
    let output = [hear(child.stdout.take()), hear(child.stderr.take())];
    let Some(status) = wait(&mut child, begun + limit) else {
        end(&mut child);
        return Handed::Later(Later {
            why: format!("the command took longer than {} seconds and was ended", limit.as_secs()),
            after: None,
            may_have_left: true,
            rest: true,
        });
    };
    let heard: String = output.into_iter().map(|part| part.recv_timeout(LAST_WORDS).unwrap_or_default()).collect();
    of_exit(status.code(), &heard)
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

fn wait(child: &mut Child, until: Instant) -> Option<ExitStatus> {
    loop {
        match child.try_wait() {
            Ok(Some(status)) => return Some(status),
            Ok(None) if Instant::now() < until => std::thread::sleep(GLANCE),
            Ok(None) | Err(_) => return None,
        }
    }
}

#[cfg(unix)]
fn alone(command: &mut Command) {
    use std::os::unix::process::CommandExt;
    command.process_group(0);
}

#[cfg(not(unix))]
fn alone(_: &mut Command) {}

/// Ends the program and all that it started in its group.
fn end(child: &mut Child) {
    #[cfg(unix)]
    if let Some(group) = rustix::process::Pid::from_raw(i32::try_from(child.id()).unwrap_or(0)) {
        // What is gone already needs no end.
        let _ = rustix::process::kill_process_group(group, rustix::process::Signal::KILL);
    }
    drop(child.kill());
    drop(child.wait());
}
