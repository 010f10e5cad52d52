//! What a machine needs before Gait can be built: tools by version, Debian packages by name.
//!
//! Invariant: nothing is installed without being named first, and what cannot be installed is handed over as a
//! command to paste.

use crate::shell::{ask, program, run};
use anyhow::{Result, bail};
use std::io::IsTerminal;
use std::process::Stdio;

/// Oldest Rust that builds Tauri 2.12 and this workspace.
const RUST: (u32, u32) = (1, 90);

/// What building and starting the program takes.
const TO_RUN: &[&str] = &["build-essential", "pkg-config", "libwebkit2gtk-4.1-dev"];
/// What the tests in the real window take beyond that. xvfb-run needs xauth, which Debian only recommends.
const TO_TEST: &[&str] = &["webkit2gtk-driver", "xvfb", "xauth"];
/// Any Korean face will do; this is the small one.
const KOREAN_FONT: &str = "fonts-nanum";

/// Checks Rust, Node and npm by version.
///
/// # Errors
/// A sentence that says which one is missing or too old.
pub fn tools() -> Result<()> {
    let rust = ask("rustc", &["--version"]).and_then(|said| version(&said));
    match rust {
        Some(found) if found >= RUST => {}
        Some((major, minor)) => {
            bail!("Rust here is {major}.{minor}; Gait needs {}.{} or newer. `rustup update` brings it.", RUST.0, RUST.1)
        }
        None => bail!("Rust was not found (`rustc --version` gave nothing). Gait needs {}.{} or newer.", RUST.0, RUST.1),
    }
    let node = ask("node", &["--version"]);
    match node.as_deref().and_then(version) {
        Some(found) if node_will_do(found) => {}
        Some(_) => bail!(
            "Node here is {}; the page's build tool needs 20.19 or newer (of 22: 22.12 or newer). Debian 12's own Node is too old.",
            node.unwrap_or_default()
        ),
        None => bail!("Node was not found (`node --version` gave nothing). Gait's page is built with Node 20.19 or newer and npm."),
    }
    if ask("npm", &["--version"]).is_none() {
        bail!("npm was not found. It usually comes with Node; on Debian it is a package of its own: `apt-get install npm`.");
    }
    Ok(())
}

/// Checks what only the tests use.
///
/// # Errors
/// A sentence that says which part of the Rust toolchain is missing.
pub fn test_tools() -> Result<()> {
    for (part, arguments) in [("rustfmt", ["fmt", "--version"]), ("clippy", ["clippy", "--version"])] {
        if ask("cargo", &arguments).is_none() {
            bail!("The tests need {part}: `rustup component add {part}`.");
        }
    }
    Ok(())
}

/// Vite 8 takes Node 20 from 20.19 on, 22 from 22.12 on, and everything after.
fn node_will_do(found: (u32, u32)) -> bool {
    match found {
        (20, minor) => minor >= 19,
        (22, minor) => minor >= 12,
        (major, _) => major > 22,
    }
}

/// Major and minor out of `rustc 1.95.0 (…)` or `v20.20.2`.
fn version(said: &str) -> Option<(u32, u32)> {
    let number = said.split_whitespace().find_map(|word| {
        let word = word.trim_start_matches('v');
        word.starts_with(|c: char| c.is_ascii_digit()).then_some(word)
    })?;
    let mut parts = number.split('.');
    Some((parts.next()?.parse().ok()?, parts.next()?.parse().ok()?))
}

/// What the packages are for.
#[derive(Clone, Copy)]
pub enum Purpose {
    Run,
    Test,
}

/// Installs the system packages that are missing.
///
/// # Errors
/// A sentence with the command to paste, when this program may not install or the installation failed.
pub fn packages(purpose: Purpose) -> Result<()> {
    if !cfg!(target_os = "linux") {
        return Ok(());
    }
    let mut wanted = TO_RUN.to_vec();
    match purpose {
        Purpose::Run => {}
        Purpose::Test => wanted.extend(TO_TEST),
    }
    if ask("dpkg-query", &["--version"]).is_none() {
        return without_dpkg(purpose);
    }
    wanted.retain(|name| !installed(name));
    if ask("fc-list", &[":lang=ko", "family"]).unwrap_or_default().is_empty() {
        wanted.push(KOREAN_FONT);
    }
    if wanted.is_empty() {
        println!("  All Debian packages are there.");
        return Ok(());
    }
    install(&wanted)
}

fn installed(name: &str) -> bool {
    ask("dpkg-query", &["-W", "-f=${db:Status-Status}", name]).is_some_and(|status| status == "installed")
}

fn install(names: &[&str]) -> Result<()> {
    let list = names.join(" ");
    let paste = format!("    sudo apt-get update && sudo apt-get install -y --no-install-recommends {list}");
    let Some(become_root) = become_root() else {
        bail!("These Debian packages are missing, and I may not install them: {list}\nRun this, then the same command again:\n\n{paste}\n");
    };
    println!("  Installing Debian packages: {list}");
    let apt = |arguments: &[&str]| {
        let mut words = become_root.clone();
        words.extend(["env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "-q", "-o", "DPkg::Lock::Timeout=120"]);
        words.extend(arguments);
        let mut command = program(words.remove(0));
        command.args(words);
        if become_root == ["sudo"] {
            command.stdin(Stdio::inherit());
        }
        command
    };
    if let Err(error) = run(&mut apt(&["update"])) {
        println!("  The package lists could not be refreshed ({error}); trying with the old ones.");
    }
    let mut arguments = vec!["install", "-y", "--no-install-recommends"];
    arguments.extend(names);
    if let Err(error) = run(&mut apt(&arguments)) {
        bail!("The Debian packages could not be installed: {error}.\nTry it by hand, then run the same command again:\n\n{paste}\n");
    }
    Ok(())
}

/// The words to put before a command so that root runs it; `None` when there is no way without a person.
fn become_root() -> Option<Vec<&'static str>> {
    if ask("id", &["-u"])? == "0" {
        return Some(vec![]);
    }
    if ask("sudo", &["-n", "true"]).is_some() {
        return Some(vec!["sudo", "-n"]);
    }
    let person = std::io::stdin().is_terminal() && ask("sudo", &["--version"]).is_some();
    person.then(|| vec!["sudo"])
}

/// On other Linux systems the names differ: check for the things themselves.
fn without_dpkg(purpose: Purpose) -> Result<()> {
    let mut missing = Vec::new();
    if ask("cc", &["--version"]).is_none() {
        missing.push("a C compiler (cc)");
    }
    if ask("pkg-config", &["--version"]).is_none() {
        missing.push("pkg-config");
    } else if ask("pkg-config", &["--exists", "webkit2gtk-4.1"]).is_none() {
        missing.push("the development files of WebKitGTK 4.1");
    }
    match purpose {
        Purpose::Run => {}
        Purpose::Test => {
            for tool in ["WebKitWebDriver", "xvfb-run", "xauth"] {
                if ask("sh", &["-c", &format!("command -v {tool}")]).is_none() {
                    missing.push(tool);
                }
            }
        }
    }
    if !missing.is_empty() {
        bail!("This system is not Debian-like, so I cannot install by name. Please install: {}.", missing.join(", "));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_read_as_the_tools_print_them() {
        for (said, expected) in [
            ("rustc 1.95.0 (59807616e 2026-04-14)", Some((1, 95))),
            ("rustc 1.90.0-nightly (abc 2025-07-01)", Some((1, 90))),
            ("v20.20.2", Some((20, 20))),
            ("command not found", None),
            ("", None),
        ] {
            assert_eq!(version(said), expected, "{said:?}");
        }
    }

    #[test]
    fn node_is_taken_where_vite_takes_it() {
        for (found, expected) in
            [((18, 19), false), ((20, 18), false), ((20, 19), true), ((21, 7), false), ((22, 11), false), ((22, 12), true), ((24, 0), true)]
        {
            assert_eq!(node_will_do(found), expected, "{found:?}");
        }
    }
}
