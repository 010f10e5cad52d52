//! `cargo xtask`: the commands a person needs, on a machine that has only Rust and Node.
//!
//! Invariant: whatever this program installs, builds or starts, it first says so in a sentence.

mod bench;
mod proof;
mod run;
mod test;

mod setup;
mod shell;
mod tally;
mod ui;

use anyhow::{Result, bail};
use std::process::ExitCode;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match obey(&arguments) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("\n{error:#}");
            ExitCode::FAILURE
        }
    }
}

fn obey(arguments: &[String]) -> Result<ExitCode> {
    let (command, rest) = match arguments.split_first() {
        Some((command, rest)) => (command.as_str(), rest),
        None => ("help", arguments),
    };
    match command {
        "run" => run::run(&run::Options::parse(rest)?),
        "test" => test::test(&test::Options::parse(rest)?),
        "bench" => bench::bench(rest),
        "proof" => proof::proof(rest).map(|()| ExitCode::SUCCESS),
        "help" | "--help" | "-h" => {
            print!("{}", help());
            Ok(ExitCode::SUCCESS)
        }
        other => bail!("There is no command `{other}`. `cargo xtask help` lists what there is."),
    }
}

fn help() -> String {
    let mut text = String::from(
        "Gait's own commands.

cargo xtask run [--release] [--build-only] [-- <arguments for the program>]
    Installs what is missing, builds the page and the program, opens the window.
    --release     an optimised build: about twice as long to make, for use beyond a first look
    --build-only  stops before the window opens

cargo xtask test [--only <step>] [--from <step>]
    Every check of the project, in this order; a step that fails does not hide later ones that do not need it.
    --only <step>  just this step, without what it needs
    --from <step>  this step and those after it
    The last line counts tests. A check that is not a test (formatting, say) counts as one failure when it fails.

    steps:
",
    );
    for step in test::STEPS {
        text.push_str(&format!("      {:<11} {}\n", step.name, step.what));
    }
    text.push_str(
        "
cargo xtask proof <name> [amount]
    What takes too long for every run of the tests; the amount otherwise stands behind the name.

",
    );
    text.push_str(&proof::list());
    text.push_str(
        "
cargo xtask bench engine [--quick] [--write] [--help for the others]
    How fast the engine is, beside llama.cpp where GAIT_LLAMA_CPP names the folder with its programs.
    --quick  some minutes instead of an hour or two
    --write  also writes the table into docs/engine-benchmark.md

cargo xtask bench overview [--decisions <n>] [--write]
    How fast overview and evidence are over a million decisions; the last figures stand in docs/levels-benchmark.md.

cargo xtask bench desk [--items <n>] [--write]
    How fast the review desk is over a million items; the last figures stand in docs/desk-benchmark.md.

cargo xtask bench window [decisions]
    How long a person waits in the real window over those items, from the key to what is painted; the last figures stand in docs/desk.md.

cargo xtask bench writes [--seconds <n>] [--threads <n>]
    How many changes a second are durable, beside how often this machine can sync a file; the last figures stand in docs/storage.md.

cargo xtask bench api [--seconds <n>] [--clients <n>] [--write]
    How many requests a second the local API acknowledges, beside PostgreSQL; the last figures stand in docs/api-benchmark.md.

cargo xtask bench datasets [decisions] [--only database|writer]
    How fast a million decisions become files that train: from the database on, and by the writer alone beside DuckDB and pandas; the last
    figures stand in docs/datasets-benchmark.md.

cargo xtask help
    This text.
",
    );
    text
}
