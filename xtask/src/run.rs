//! `cargo xtask run`: from a clone to an open window.
//!
//! Invariant: every step is either done or says what a person has to do.

use crate::shell::{cargo, program, run as run_in_view, target};
use crate::test::PRODUCT;
use crate::{setup, ui};
use anyhow::{Context, Result, bail};
use std::process::{ExitCode, Stdio};
use std::time::Instant;

/// The dev profile is the default because it is the shortest way to a good window: our own code is not optimised,
/// but what the time is spent in (candle, SQLite) is, and it builds in half the time.
#[derive(Debug, Default, PartialEq)]
pub struct Options {
    release: bool,
    build_only: bool,
    /// For the program.
    arguments: Vec<String>,
}

impl Options {
    /// # Errors
    /// When an option is not known.
    pub fn parse(words: &[String]) -> Result<Self> {
        let mut options = Self::default();
        let mut words = words.iter();
        for word in words.by_ref() {
            match word.as_str() {
                "--release" => options.release = true,
                "--build-only" => options.build_only = true,
                "--" => break,
                other => {
                    bail!("`cargo xtask run` does not know `{other}`. It knows --release, --build-only and -- <arguments for the program>.")
                }
            }
        }
        options.arguments = words.cloned().collect();
        Ok(options)
    }
}

/// # Errors
/// When a step failed; the message says what to do.
pub fn run(options: &Options) -> Result<ExitCode> {
    let start = Instant::now();
    let no_screen = cfg!(target_os = "linux")
        && !options.build_only
        && ["DISPLAY", "WAYLAND_DISPLAY"].iter().all(|name| std::env::var_os(name).is_none_or(|value| value.is_empty()));
    if no_screen {
        println!("There is no screen here (neither DISPLAY nor WAYLAND_DISPLAY is set): I can build, but not open the window.");
    }
    println!("[1/5] Looking for Rust, Node and npm");
    setup::tools()?;
    println!("[2/5] Looking for the system's packages");
    setup::packages(setup::Purpose::Run)?;
    println!("[3/5] Looking at the page's packages");
    ui::install()?;
    println!("[4/5] Looking at the page");
    ui::build()?;
    println!("[5/5] Building the program (some minutes the first time, seconds after that)");
    let mut build = cargo();
    // The same selection as the tests': another one would unite other features and compile the large crates once more.
    build.arg("build").args(PRODUCT);
    if options.release {
        build.arg("--release");
    }
    run_in_view(&mut build)?;
    println!("Ready after {} s.", start.elapsed().as_secs());

    let binary =
        target().join(if options.release { "release" } else { "debug" }).join(if cfg!(windows) { "gait-app.exe" } else { "gait-app" });
    if options.build_only {
        println!("The program is {}", binary.display());
        return Ok(ExitCode::SUCCESS);
    }
    if no_screen {
        bail!(
            "The program is built, but there is no screen to open its window on.\nOn a machine with one, run the same command again; without one, `xvfb-run -a cargo xtask run` opens it on a virtual screen\n(Debian packages xvfb and xauth)."
        );
    }
    println!("Opening the window. Close it, or press Ctrl+C here, to end the program.");
    let status = program(&binary)
        .args(&options.arguments)
        .stdin(Stdio::inherit())
        .status()
        .with_context(|| format!("{} could not be started", binary.display()))?;
    if !status.success() {
        bail!("The program ended with {status}.");
    }
    Ok(ExitCode::SUCCESS)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(line: &str) -> Result<Options> {
        Options::parse(&line.split_whitespace().map(str::to_owned).collect::<Vec<_>>())
    }

    #[test]
    fn what_follows_two_dashes_is_for_the_program() {
        let options = parse("--release -- --release here").unwrap();
        assert_eq!(options, Options { release: true, build_only: false, arguments: vec!["--release".into(), "here".into()] });
        assert_eq!(parse("").unwrap(), Options::default());
        assert!(parse("--fast").unwrap_err().to_string().contains("--fast"), "the message names what was not understood");
    }
}
