//! `cargo xtask bench engine`: builds the measuring program and starts it.
//!
//! Invariant: what is measured is optimised as it is in a release, whatever else the dev profile is for.

use crate::shell::{cargo, program, run as run_in_view, target};
use crate::test::PRODUCT;
use anyhow::{Context, Result, bail};
use std::process::ExitCode;

/// Ours in the hot path. The rest of it (candle, tokenizers) is optimised in the dev profile too and stays compiled, so
/// that this is minutes cheaper than a release build.
const OURS: [&str; 3] = ["gait-kernels", "gait-engine", "gait-bench"];
const OPTIMISED: [&str; 3] = ["opt-level=3", "debug-assertions=false", "overflow-checks=false"];

/// # Errors
/// When nothing that can be measured is named, or the build or the measuring fails.
pub fn bench(words: &[String]) -> Result<ExitCode> {
    if words.first().is_none_or(|what| what != "engine") {
        bail!("`cargo xtask bench` measures the engine: `cargo xtask bench engine`. `cargo xtask bench engine --help` lists its options.");
    }
    println!("Building the engine and what measures it (some minutes the first time)");
    let mut build = cargo();
    // The product's selection, for the reason given there.
    build.arg("build").args(PRODUCT).args(["--bin", "gait-bench", "--example", "limits"]);
    for package in OURS {
        for setting in OPTIMISED {
            build.arg("--config").arg(format!("profile.dev.package.{package}.{setting}"));
        }
    }
    run_in_view(&mut build)?;
    let binary = target().join("debug").join(if cfg!(windows) { "gait-bench.exe" } else { "gait-bench" });
    let status = program(&binary).args(words).status().with_context(|| format!("{} could not be started", binary.display()))?;
    Ok(if status.success() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
