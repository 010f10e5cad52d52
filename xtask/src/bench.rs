//! `cargo xtask bench engine`, `overview`, `desk`, `writes` and `export`: build the measuring program and start it.
//!
//! Invariant: what is measured is optimised as it is in a release, whatever else the dev profile is for.

use crate::shell::{cargo, program, root, run as run_in_view, target};
use crate::test::PRODUCT;
use anyhow::{Context, Result, bail};
use std::path::Path;
use std::process::{Command, ExitCode};

/// Ours in the hot path. The rest of it (candle, tokenizers) is optimised in the dev profile too and stays compiled, so
/// that this is minutes cheaper than a release build.
const OURS: [&str; 3] = ["gait-kernels", "gait-engine", "gait-bench"];
const OPTIMISED: [&str; 3] = ["opt-level=3", "debug-assertions=false", "overflow-checks=false"];

/// # Errors
/// When nothing that can be measured is named, or the build or the measuring fails.
pub fn bench(words: &[String]) -> Result<ExitCode> {
    match words.split_first() {
        Some((what, _)) if what == "engine" => engine(words),
        Some((what, options)) if ["overview", "desk", "writes"].contains(&what.as_str()) => example(what, options),
        Some((what, options)) if what == "export" => export(options),
        Some(_) | None => {
            bail!(
                "`cargo xtask bench engine`, `overview`, `desk`, `writes` and `export` are what can be measured; `cargo xtask help` lists their options."
            )
        }
    }
}

fn engine(words: &[String]) -> Result<ExitCode> {
    println!("Building the engine and what measures it (some minutes the first time)");
    let mut build = cargo();
    // The product's selection, for the reason given there.
    build.arg("build").args(PRODUCT).args(["--bin", "gait-bench", "--example", "limits"]);
    optimised(&mut build, &OURS);
    run_in_view(&mut build)?;
    start(&target().join("debug").join(if cfg!(windows) { "gait-bench.exe" } else { "gait-bench" }), words)
}

/// The overview over a million decisions, the desk over a million items, durable writes; they need neither engine nor window.
fn example(what: &str, options: &[String]) -> Result<ExitCode> {
    println!("Building what measures the {what}");
    let mut build = cargo();
    build.args(["build", "--package", "gait-flow", "--example", what]);
    optimised(&mut build, &["gait-flow"]);
    run_in_view(&mut build)?;
    start(&target().join("debug").join("examples").join(format!("{what}{}", std::env::consts::EXE_SUFFIX)), options)
}

/// A million invented rows from a file, written with and without cleaning; beside it the same filter and write by others.
fn export(options: &[String]) -> Result<ExitCode> {
    println!("Building what measures an export, as for a release");
    run_in_view(cargo().args(["build", "--release", "--package", "gait-datasets", "--example", "export"]))?;
    let rows = match options {
        [] => "1000000",
        [rows] if rows.parse::<u64>().is_ok() => rows,
        _ => bail!("`cargo xtask bench export [rows]`"),
    };
    let release = target().join("release/examples");
    let program_path = release.join(if cfg!(windows) { "export.exe" } else { "export" });
    let place = target().join("datasets-bench");
    if place.exists() {
        std::fs::remove_dir_all(&place).context("what the last measuring wrote could not be removed")?;
    }
    std::fs::create_dir_all(&place).context("there is no place to measure in")?;
    let raw = place.join("decisions.jsonl");
    let export = |folder: &str, formats: &str, cleaning: &str| {
        println!("\n{formats}, cleaning: {cleaning}");
        run_in_view(program(&program_path).arg(place.join(folder)).args([rows, formats, cleaning]).arg(&raw))
    };
    run_in_view(program(&program_path).arg("--raw").arg(&raw).arg(rows))?;
    export("plain", "sft", "none")?;
    export("three", "sft,dpo-chat,kto", "none")?;
    export("clean", "sft,dpo-chat,kto", "all")?;
    export("parquet", "sft-parquet", "none")?;
    let environment = target().join("datasets-bench-venv");
    let python = environment.join("bin/python");
    let others = root().join("crates/datasets/bench");
    if !python.exists() {
        run_in_view(program("python3").args(["-m", "venv"]).arg(&environment))?;
        let quiet = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "-r"];
        run_in_view(program(&python).args(quiet).arg(others.join("requirements.txt")))?;
    }
    run_in_view(program(&python).arg(others.join("others.py")).arg(&raw).arg(&place))?;
    std::fs::remove_dir_all(&place).context("what was measured could not be removed")?;
    Ok(ExitCode::SUCCESS)
}

fn optimised(build: &mut Command, packages: &[&str]) {
    for package in packages {
        for setting in OPTIMISED {
            build.arg("--config").arg(format!("profile.dev.package.{package}.{setting}"));
        }
    }
}

fn start(binary: &Path, words: &[String]) -> Result<ExitCode> {
    let status = program(binary).args(words).status().with_context(|| format!("{} could not be started", binary.display()))?;
    Ok(if status.success() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
