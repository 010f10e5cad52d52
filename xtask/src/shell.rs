//! Starting other programs, so that a person can see which.
//!
//! Invariant: a program started here never waits for an answer from standard input, except the app itself and sudo.

use anyhow::{Context, Result, bail};
use std::ffi::OsStr;
use std::io::{BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::mpsc;

/// The repository's root folder.
pub fn root() -> PathBuf {
    match std::env::var_os("CARGO_MANIFEST_DIR") {
        Some(xtask) => PathBuf::from(xtask).parent().map(Path::to_path_buf).unwrap_or_default(),
        None => PathBuf::from("."),
    }
}

/// The folder cargo builds into: this very program lies in `<target>/debug/`.
pub fn target() -> PathBuf {
    let own = std::env::current_exe().ok();
    own.as_deref().and_then(Path::parent).and_then(Path::parent).map_or_else(|| root().join("target"), Path::to_path_buf)
}

/// The cargo that runs us, from the repository's root.
pub fn cargo() -> Command {
    let mut command = program(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    // What `cargo run` told us about xtask is nothing to build scripts, and would be one more reason to run them again.
    for (name, _) in std::env::vars_os() {
        let name = name.to_string_lossy();
        if name.starts_with("CARGO_PKG_") || name.starts_with("CARGO_MANIFEST_") {
            command.env_remove(name.as_ref());
        }
    }
    command
}

pub fn program(name: impl AsRef<OsStr>) -> Command {
    let mut command = Command::new(name);
    command.current_dir(root()).stdin(Stdio::null());
    command
}

/// The command as one would type it.
fn spelled(command: &Command) -> String {
    let name = Path::new(command.get_program()).file_name().unwrap_or_default();
    let mut line = name.to_string_lossy().into_owned();
    for argument in command.get_args() {
        let argument = argument.to_string_lossy();
        line.push(' ');
        if argument.contains(' ') {
            line.push_str(&format!("\"{argument}\""));
        } else {
            line.push_str(&argument);
        }
    }
    line
}

/// Runs it in plain view.
///
/// # Errors
/// When it cannot be started or ends with another status than zero.
pub fn run(command: &mut Command) -> Result<()> {
    let line = spelled(command);
    println!("  $ {line}");
    let status = command.status().with_context(|| format!("`{line}` could not be started"))?;
    if !status.success() {
        bail!("`{line}` ended with {status}");
    }
    Ok(())
}

/// What a program said, and whether it was content.
pub struct Said {
    pub content: bool,
    pub text: String,
}

/// Runs it in plain view and keeps a copy of what it prints, both streams in the order they come.
///
/// # Errors
/// When it cannot be started.
pub fn run_and_listen(command: &mut Command) -> Result<Said> {
    let line = spelled(command);
    println!("  $ {line}");
    let mut child =
        command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().with_context(|| format!("`{line}` could not be started"))?;
    let (tell, hear) = mpsc::channel();
    let streams: [Option<Box<dyn Read + Send>>; 2] = [
        child.stdout.take().map(|stream| Box::new(stream) as Box<dyn Read + Send>),
        child.stderr.take().map(|stream| Box::new(stream) as Box<dyn Read + Send>),
    ];
    for stream in streams.into_iter().flatten() {
        let tell = tell.clone();
        std::thread::spawn(move || {
            let mut stream = BufReader::new(stream);
            let mut line = Vec::new();
            while matches!(stream.read_until(b'\n', &mut line), Ok(1..)) {
                if tell.send(String::from_utf8_lossy(&line).into_owned()).is_err() {
                    break;
                }
                line.clear();
            }
        });
    }
    drop(tell);
    let mut text = String::new();
    for line in hear {
        print!("{line}");
        text.push_str(&line);
    }
    std::io::stdout().flush()?;
    let status = child.wait().with_context(|| format!("`{line}` was lost"))?;
    Ok(Said { content: status.success(), text })
}

/// What a short question to a program gives, or `None` when it is not there or not content.
pub fn ask(name: &str, arguments: &[&str]) -> Option<String> {
    let output = program(name).args(arguments).stderr(Stdio::null()).output().ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).trim().to_owned())
}
