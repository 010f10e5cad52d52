//! `cargo xtask bench engine`, `overview`, `desk`, `window`, `writes`, `api` and `datasets`: build the measuring program and start it.
//!
//! Invariant: what is measured is optimised as it is in a release, whatever else the dev profile is for.

use crate::shell::{cargo, program, root, run as run_in_view, target};
use crate::test::{PRODUCT, journey};
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
        Some((what, options)) if ["overview", "desk", "writes"].contains(&what.as_str()) => example("gait-flow", what, options),
        Some((what, options)) if what == "window" => window(options),
        Some((what, options)) if what == "api" => example("gait-serve", what, options),
        Some((what, options)) if what == "datasets" => datasets(options),
        Some(_) | None => {
            bail!(
                "`cargo xtask bench engine`, `overview`, `desk`, `window`, `writes`, `api` and `datasets` are what can be measured; `cargo xtask help` lists their options."
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

/// The overview over a million decisions, the desk over a million items, durable writes, the local API under load; they need neither engine
/// nor window.
fn example(package: &str, what: &str, options: &[String]) -> Result<ExitCode> {
    println!("Building what measures the {what}");
    build_example(package, what)?;
    start(&target().join("debug").join("examples").join(format!("{what}{}", std::env::consts::EXE_SUFFIX)), options)
}

fn build_example(package: &str, what: &str) -> Result<()> {
    let mut build = cargo();
    build.args(["build", "--package", package, "--example", what]);
    optimised(&mut build, &["gait-flow", "gait-serve"]);
    run_in_view(&mut build)
}

/// The desk in the real window over a million items, which `bench desk` makes and keeps. Needs the program and the journeys built:
/// `cargo xtask test --only build` does it.
fn window(options: &[String]) -> Result<ExitCode> {
    let decisions = match options {
        [] => "400",
        [number] if number.parse::<u32>().is_ok() => number,
        _ => bail!("`cargo xtask bench window [decisions]`"),
    };
    if example("gait-flow", "desk", &["--make".to_owned()])? != ExitCode::SUCCESS {
        bail!("the items could not be made");
    }
    println!("Building who sends requests meanwhile");
    build_example("gait-serve", "api")?;
    let mut command = journey(60, "desk::million::the_next_item_and_the_list_over_a_million_items");
    run_in_view(command.env("GAIT_DESK_MADE", target().join("desk-bench-1000000")).env("GAIT_DESK_DECISIONS", decisions))?;
    Ok(ExitCode::SUCCESS)
}

/// What the program itself does between the database and the files. The large crates stay as they are in the dev profile.
const BETWEEN: [&str; 7] = ["gait-flow", "gait-datasets", "gait-engine", "minijinja", "rusqlite", "tokenizers", "fancy-regex"];

/// A million decisions as files: by the program itself, from its database on; then by the writer alone, from a file, beside others.
fn datasets(options: &[String]) -> Result<ExitCode> {
    let usage = "`cargo xtask bench datasets [decisions] [--only database|writer]`";
    let (mut decisions, mut only) = ("1000000".to_owned(), None);
    let mut words = options.iter();
    while let Some(word) = words.next() {
        match word.as_str() {
            "--only" => only = Some(words.next().map(String::as_str).filter(|part| ["database", "writer"].contains(part)).context(usage)?),
            number if number.parse::<u64>().is_ok() => number.clone_into(&mut decisions),
            _ => bail!(usage),
        }
    }
    let place = target().join("datasets-bench");
    std::fs::create_dir_all(&place).context("there is no place to measure in")?;
    let mut code = ExitCode::SUCCESS;
    if only != Some("writer") {
        println!("Building the program and what measures it");
        let mut build = cargo();
        build.arg("build").args(PRODUCT).args(["--bin", "gait", "--example", "datasets"]);
        optimised(&mut build, &BETWEEN);
        run_in_view(&mut build)?;
        let debug = target().join("debug");
        let gait = debug.join(format!("gait{}", std::env::consts::EXE_SUFFIX));
        let words = [gait.display().to_string(), place.display().to_string(), decisions.clone()];
        code = start(&debug.join("examples").join(format!("datasets{}", std::env::consts::EXE_SUFFIX)), &words)?;
    }
    if only != Some("database") {
        writer(&place.join("writer"), &decisions)?;
    }
    Ok(code)
}

/// Invented rows from a file, written with and without cleaning; beside it the same filter and write by others.
fn writer(place: &Path, rows: &str) -> Result<()> {
    println!("Building what measures the writer, as for a release");
    run_in_view(cargo().args(["build", "--release", "--package", "gait-datasets", "--example", "export"]))?;
    let release = target().join("release/examples");
    let program_path = release.join(if cfg!(windows) { "export.exe" } else { "export" });
    if place.exists() {
        std::fs::remove_dir_all(place).context("what the last measuring wrote could not be removed")?;
    }
    std::fs::create_dir_all(place).context("there is no place to measure in")?;
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
    run_in_view(program(&python).arg(others.join("others.py")).arg(&raw).arg(place))?;
    std::fs::remove_dir_all(place).context("what was measured could not be removed")?;
    Ok(())
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
