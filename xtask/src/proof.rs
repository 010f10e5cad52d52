//! `cargo xtask proof …`: what takes too long for every run of the tests. Their last figures stand in docs/figures.md and docs/storage.md.
//!
//! Invariant: a proof fails with an exit status, as a test does.

use crate::shell::{ask, cargo, root, run};
use crate::test::{JOURNEYS, PRODUCT, journey, on_a_screen};
use anyhow::{Context, Result, bail};
use std::process::Command;

/// A proof: its name, what it shows, and how much of it there is where nothing else is asked for.
struct Proof {
    name: &'static str,
    what: &'static str,
    amount: u32,
    run: fn(u32) -> Result<()>,
}

const PROOFS: [Proof; 13] = [
    Proof { name: "kills", what: "kills of the model's process while it drafts: each item is drafted once", amount: 200, run: kills },
    Proof {
        name: "datasets",
        what: "kills of `gait dataset new`: a whole version or none, and nothing else is left",
        amount: 100,
        run: |count| test_of("datasets", "kills::datasets_killed_at_random_times", "GAIT_KILLS", count),
    },
    Proof {
        name: "all-at-once",
        what: "kills of a process that takes in, drafts, decides and delivers at once: nothing lost, nothing doubled",
        amount: 1_000,
        run: |count| storage("kills::killed_while_all_goes_on_at_once", "GAIT_KILLS", count),
    },
    Proof {
        name: "power",
        what: "cuts of power, worked out from what the disk was asked to do (Linux): nothing lost; a disk that lies is found out",
        amount: 1_000,
        run: |count| storage("power::power_cuts_at_random_moments", "GAIT_CUTS", count),
    },
    Proof {
        name: "full",
        what: "times a disk that is full, and as many that fails to sync (Linux): nothing lost, and work goes on by itself",
        amount: 100,
        run: |count| storage("power::the_disk_fills_up_and_fails_many_times", "GAIT_FULL", count),
    },
    Proof {
        name: "flips",
        what: "single bits that change in the file: each that changed what was kept is named",
        amount: 1_000,
        run: |count| storage("flips::flips_of_single_bits", "GAIT_FLIPS", count),
    },
    Proof {
        name: "claims",
        what: "claims by two processes of four threads whose clocks jump a day back and ten years ahead: one decision an item",
        amount: 10_000,
        run: |count| test_of("desk", "crowd::claims_raced_for_while_clocks_jump", "GAIT_CLAIMS", count),
    },
    Proof { name: "soak", what: "minutes of drafting as fast as it goes: the memory stays flat", amount: 480, run: soak },
    Proof {
        name: "mutants",
        what: "mutated model files, templates and vocabularies: no panic, a reason each",
        amount: 50_000,
        run: mutants,
    },
    Proof {
        name: "desk",
        what: "decisions by keyboard in the real window, with a rival and kills: none lost, none doubled",
        amount: 1_000,
        run: desk,
    },
    Proof {
        name: "network",
        what: "session of the program in a network of its own, every packet recorded: none but to the sink that is set up (needs root)",
        amount: 1,
        run: network,
    },
    Proof { name: "fuzz", what: "minutes of each fuzz target (needs cargo-fuzz)", amount: 20, run: fuzz },
    Proof {
        name: "neon",
        what: "processors, emulated (needs qemu-user): the kernels for 64-bit Arm give the same bits as plain Rust",
        amount: 2,
        run: neon,
    },
];
const TARGETS: [&str; 3] = ["file", "vocabulary", "template"];

const ARM: &str = "aarch64-unknown-linux-gnu";
/// Emulated processors: one with the dot-product extension, one without.
const ARM_PROCESSORS: [&str; 2] = ["max", "cortex-a53"];
/// On Debian: `apt-get install qemu-user gcc-aarch64-linux-gnu libc6-dev-arm64-cross`, and `rustup target add`.
const EMULATOR: &str = "qemu-aarch64";
const ARM_LINKER: &str = "aarch64-linux-gnu-gcc";
const ARM_LIBRARIES: &str = "/usr/aarch64-linux-gnu";

/// # Errors
/// When there is no such proof, or it fails.
pub fn proof(words: &[String]) -> Result<()> {
    let Some(proof) = words.first().and_then(|name| PROOFS.iter().find(|proof| proof.name == name)) else {
        bail!("`cargo xtask proof <name> [amount]`:\n{}", list());
    };
    let amount = match words.get(1) {
        None => proof.amount,
        Some(word) => word.parse().with_context(|| format!("the amount is {word:?}; expected a whole number"))?,
    };
    println!("{}: {amount} {}", proof.name, proof.what);
    (proof.run)(amount)
}

/// The proofs, a line each.
pub fn list() -> String {
    PROOFS.iter().map(|proof| format!("    {:<11} {} {}\n", proof.name, proof.amount, proof.what)).collect()
}

/// A test of the command line's that is left out otherwise.
fn engine_process(test: &str, variable: &str, amount: u32) -> Result<()> {
    test_of("engine_process", test, variable, amount)
}

fn test_of(file: &str, test: &str, variable: &str, amount: u32) -> Result<()> {
    let mut command = cargo();
    command.arg("test").args(PRODUCT).args(["--test", file, "--", "--ignored", "--exact", "--nocapture", test]);
    run(command.env(variable, amount.to_string()))
}

/// A test of the database's that is left out otherwise.
fn storage(test: &str, variable: &str, amount: u32) -> Result<()> {
    test_of("storage", test, variable, amount)
}

fn kills(count: u32) -> Result<()> {
    engine_process("kills_at_random_times", "GAIT_KILLS", count)
}

fn soak(minutes: u32) -> Result<()> {
    engine_process("memory_stays_flat", "GAIT_SOAK_MINUTES", minutes)
}

/// Needs the program built: `cargo xtask test --only build` does it.
fn desk(decisions: u32) -> Result<()> {
    let mut command = journey(180, "desk::no_decision_is_lost_doubled_or_on_another_item");
    run(command.env("GAIT_DESK_DECISIONS", decisions.to_string()))
}

/// A network that the session has to itself: all ways lead to the loopback, so that every packet to anywhere passes there.
const NETWORK: &str = "ip link set lo up && ip addr add 192.0.2.2/32 dev lo && ip route add default dev lo \
    && { ip -6 route add default dev lo || true; } && exec \"$@\"";

/// Needs the program and the journeys built: `cargo xtask test --only window` does it.
fn network(sessions: u32) -> Result<()> {
    if ask("unshare", &["--net", "true"]).is_none() || ask("python3", &["--version"]).is_none() {
        bail!("left out: this needs root, or another way to make a network namespace, and python3 to record its packets");
    }
    for _ in 0..sessions {
        let mut command = Command::new("unshare");
        command.current_dir(root()).args(["--net", "--", "sh", "-c", NETWORK, "sh"]);
        let screen = on_a_screen(10);
        command.arg(screen.get_program()).args(screen.get_args());
        command.args(["cargo", "test", "--offline"]).args(JOURNEYS).args([
            "--test",
            "journeys",
            "--",
            "--ignored",
            "--exact",
            "--nocapture",
        ]);
        command.arg("network::no_packet_goes_but_to_the_sink_that_is_set_up");
        run(command.env("GAIT_OWN_NETWORK", "1"))?;
    }
    Ok(())
}

fn mutants(count: u32) -> Result<()> {
    let count = count.to_string();
    run(fuzzing("run").args(["--bin", "mutants", "--", &count]))?;
    let test = "load::gguf::tests::mutants_that_pass_load_and_draft_or_say_why_not";
    let mut command = cargo();
    command.arg("test").args(PRODUCT).args(["--lib", "--", "--ignored", "--exact", "--nocapture", test]);
    run(command.env("GAIT_MUTANTS", count))
}

fn fuzz(minutes: u32) -> Result<()> {
    if ask("cargo", &["fuzz", "--version"]).is_none() {
        bail!("cargo-fuzz is missing: `cargo install cargo-fuzz`");
    }
    for target in TARGETS {
        let mut command = cargo();
        // The sanitizers need a nightly compiler; what is fuzzed has no unsafe code.
        command.args(["fuzz", "run", "--fuzz-dir", "fuzz", "--features", "targets", "--sanitizer", "none", target]);
        // Found inputs are kept in the first folder; a template is hard to find by chance.
        if target == "template" {
            std::fs::create_dir_all(root().join("fuzz/corpus/template"))?;
            command.args(["fuzz/corpus/template", "crates/engine/src/chat_template/templates", "--", "-dict=fuzz/template.dict"]);
        } else {
            command.arg("--");
        }
        let seconds = u64::from(minutes) * 60;
        run(command.env("RUSTC_BOOTSTRAP", "1").arg(format!("-max_total_time={seconds}")).args(["-max_len=65536", "-timeout=10"]))?;
    }
    Ok(())
}

/// The kernels' own tests, compiled for Arm: on an Arm machine as they are, elsewhere emulated. A machine of neither kind is told
/// what to install.
fn neon(processors: u32) -> Result<()> {
    let mut command = cargo();
    command.args(["test", "--package", "gait-kernels", "--tests"]);
    if cfg!(target_arch = "aarch64") {
        return run(&mut command);
    }
    for needed in [EMULATOR, ARM_LINKER] {
        if ask(needed, &["--version"]).is_none() {
            bail!(
                "{needed} is missing: `apt-get install qemu-user gcc-aarch64-linux-gnu libc6-dev-arm64-cross && rustup target add {ARM}`"
            );
        }
    }
    command.args(["--target", ARM, "--", "--nocapture"]);
    command.env("CARGO_TARGET_AARCH64_UNKNOWN_LINUX_GNU_LINKER", ARM_LINKER);
    command.env("CARGO_TARGET_AARCH64_UNKNOWN_LINUX_GNU_RUNNER", format!("{EMULATOR} -L {ARM_LIBRARIES}"));
    for processor in ARM_PROCESSORS.iter().take(processors as usize) {
        println!("  as {processor}");
        run(command.env("QEMU_CPU", processor))?;
    }
    Ok(())
}

fn fuzzing(what: &str) -> Command {
    let mut command = cargo();
    command.arg(what).arg("--manifest-path").arg(root().join("fuzz").join("Cargo.toml"));
    command
}
