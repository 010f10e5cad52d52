//! `cargo xtask test`: every check of the project, and how it ended.
//!
//! Invariant: the exit code is zero only when every step that was asked for ran and passed, or says why it was left
//! out; the last line counts the tests that ran.

use crate::shell::{Said, ask, cargo, program, root, run, run_and_listen, target};
use crate::tally::{Runner, Tally, tally};
use crate::{setup, ui};
use anyhow::{Context, Result, bail};
use std::process::{Command, ExitCode};
use std::time::{Duration, Instant};

pub struct Step {
    pub name: &'static str,
    pub what: &'static str,
    /// Steps without which this one cannot be judged.
    needs: &'static [&'static str],
    run: fn() -> Result<Outcome>,
}

/// In the order they run: what fails soonest comes first, and nothing is built twice.
pub const STEPS: &[Step] = &[
    Step { name: "setup", what: "Rust, Node, npm by version; Debian packages", needs: &[], run: setup },
    Step { name: "fmt", what: "cargo fmt --check", needs: &[], run: fmt },
    Step { name: "ui-install", what: "the page's packages (npm ci)", needs: &[], run: ui_install },
    Step { name: "ui-check", what: "types and formatting of the page", needs: &["ui-install"], run: ui_check },
    Step { name: "ui-test", what: "the page's unit tests", needs: &["ui-install"], run: ui_test },
    Step { name: "ui-build", what: "the page, built", needs: &["ui-install"], run: ui_build },
    Step { name: "clippy", what: "cargo clippy, warnings are errors", needs: &["setup", "ui-build"], run: clippy },
    Step { name: "build", what: "all programs and tests", needs: &["setup", "ui-build"], run: build },
    Step { name: "rust", what: "unit and integration tests of the workspace", needs: &["build"], run: rust },
    Step { name: "doc", what: "examples in the documentation", needs: &["build"], run: doc },
    Step { name: "corpus", what: "the starter model's corpus (Python)", needs: &[], run: corpus },
    Step { name: "datasets", what: "an export, read by the libraries that train on it (Python)", needs: &["build"], run: datasets },
    Step { name: "window", what: "journeys in the real window, on a virtual screen", needs: &["build"], run: window },
];

/// How a step that could run ended, short of an error.
enum Outcome {
    Checked,
    Tested(Tally),
    /// With the reason.
    LeftOut(String),
}

enum Ended {
    Passed(Tally),
    /// `why` is empty where the tally says it all.
    Failed {
        tally: Tally,
        why: String,
    },
    LeftOut(String),
}

#[derive(Debug, Default, PartialEq)]
pub struct Options {
    only: Option<String>,
    from: Option<String>,
}

impl Options {
    /// # Errors
    /// When an option or a step is not known.
    pub fn parse(words: &[String]) -> Result<Self> {
        let mut options = Self::default();
        let mut words = words.iter();
        while let Some(word) = words.next() {
            let place = match word.as_str() {
                "--only" => &mut options.only,
                "--from" => &mut options.from,
                other => bail!("`cargo xtask test` does not know `{other}`. It knows --only <step> and --from <step>."),
            };
            let names = STEPS.iter().map(|step| step.name).collect::<Vec<_>>().join(", ");
            let step = words.next().with_context(|| format!("{word} wants a step: {names}"))?;
            if !STEPS.iter().any(|known| known.name == step) {
                bail!("There is no step `{step}`. There are: {names}");
            }
            *place = Some(step.clone());
        }
        if options.only.is_some() && options.from.is_some() {
            bail!("--only and --from do not go together.");
        }
        Ok(options)
    }

    fn steps(&self) -> Vec<&'static Step> {
        let place = |name: &str| STEPS.iter().position(|step| step.name == name).unwrap_or(0);
        match (&self.only, &self.from) {
            (Some(only), _) => vec![&STEPS[place(only)]],
            (None, Some(from)) => STEPS[place(from)..].iter().collect(),
            (None, None) => STEPS.iter().collect(),
        }
    }
}

/// # Errors
/// Never for a failed step: that is in the exit code.
pub fn test(options: &Options) -> Result<ExitCode> {
    let steps = options.steps();
    let mut ended: Vec<(&Step, Ended, Duration)> = Vec::new();
    for (index, step) in steps.iter().enumerate() {
        println!("\n[{}/{}] {}: {}", index + 1, steps.len(), step.name, step.what);
        let start = Instant::now();
        let end = match missing(step, &ended) {
            Some(need) => Ended::Failed { tally: Tally::default(), why: format!("not run: it needs {need}") },
            None => judge((step.run)()),
        };
        match &end {
            Ended::Passed(_) => {}
            Ended::Failed { tally, why } if why.is_empty() => println!("  FAILED: {}", tests(*tally)),
            Ended::Failed { why, .. } => println!("  FAILED: {why}"),
            Ended::LeftOut(why) => println!("  Left out: {why}"),
        }
        ended.push((step, end, start.elapsed()));
    }
    print!("{}", report(&ended));
    Ok(if ended.iter().any(|(_, end, _)| matches!(end, Ended::Failed { .. })) { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

/// A step that `step` needs and that did not pass. One that was not asked for is taken to be in order.
fn missing(step: &Step, ended: &[(&Step, Ended, Duration)]) -> Option<&'static str> {
    step.needs.iter().copied().find(|need| ended.iter().any(|(other, end, _)| other.name == *need && matches!(end, Ended::Failed { .. })))
}

/// A step that failed without a failed test is itself the failure that is counted.
fn judge(result: Result<Outcome>) -> Ended {
    match result {
        Ok(Outcome::Checked) => Ended::Passed(Tally::default()),
        Ok(Outcome::Tested(tally)) if tally.failed == 0 => Ended::Passed(tally),
        Ok(Outcome::Tested(tally)) => Ended::Failed { tally, why: String::new() },
        Ok(Outcome::LeftOut(why)) => Ended::LeftOut(why),
        Err(error) => Ended::Failed { tally: Tally { failed: 1, ..Tally::default() }, why: format!("{error:#}") },
    }
}

fn report(ended: &[(&Step, Ended, Duration)]) -> String {
    let mut text = format!("\n{:<11} {:<8} {:>8}  tests\n", "step", "result", "time");
    for (step, end, time) in ended {
        let (word, tests) = match end {
            Ended::Passed(tally) => ("ok", tests(*tally)),
            Ended::Failed { tally, why } if why.is_empty() => ("FAILED", tests(*tally)),
            Ended::Failed { why, .. } => ("FAILED", why.lines().next().unwrap_or_default().to_owned()),
            Ended::LeftOut(why) => ("left out", why.clone()),
        };
        let line = format!("{:<11} {:<8} {:>6.1} s  {}", step.name, word, time.as_secs_f64(), tests);
        text.push_str(line.trim_end());
        text.push('\n');
    }
    let whole: Duration = ended.iter().map(|(_, _, time)| *time).sum();
    let total: Tally = ended
        .iter()
        .map(|(_, end, _)| match end {
            Ended::Passed(tally) | Ended::Failed { tally, .. } => *tally,
            Ended::LeftOut(_) => Tally::default(),
        })
        .sum();
    text.push_str(&format!("\n{} min {} s in all\n", whole.as_secs() / 60, whole.as_secs() % 60));
    text.push_str(&format!("{} passed, {} failed\n", total.passed, total.failed));
    text
}

fn tests(tally: Tally) -> String {
    let mut parts = Vec::new();
    if tally.passed + tally.failed > 0 {
        parts.push(format!("{} passed", tally.passed));
    }
    if tally.failed > 0 {
        parts.push(format!("{} failed", tally.failed));
    }
    if tally.skipped > 0 {
        parts.push(format!("{} skipped", tally.skipped));
    }
    parts.join(", ")
}

/// Runs a test runner and believes its closing line, not its silence.
fn count(runner: Runner, command: &mut Command) -> Result<Outcome> {
    let Said { content, text } = run_and_listen(command)?;
    match tally(runner, &text) {
        Some(tally) if content || tally.failed > 0 => Ok(Outcome::Tested(tally)),
        Some(tally) => Ok(Outcome::Tested(Tally { failed: 1, ..tally })),
        None => bail!("the test runner did not say how many tests ran"),
    }
}

fn setup() -> Result<Outcome> {
    setup::tools()?;
    setup::test_tools()?;
    setup::packages(setup::Purpose::Test)?;
    Ok(Outcome::Checked)
}

fn fmt() -> Result<Outcome> {
    run(cargo().args(["fmt", "--all", "--check"]))?;
    Ok(Outcome::Checked)
}

fn ui_install() -> Result<Outcome> {
    ui::install()?;
    Ok(Outcome::Checked)
}

fn ui_check() -> Result<Outcome> {
    run(&mut ui::npm(&["run", "check"]))?;
    Ok(Outcome::Checked)
}

fn ui_test() -> Result<Outcome> {
    count(Runner::Vitest, &mut ui::npm(&["test"]))
}

fn ui_build() -> Result<Outcome> {
    ui::build()?;
    Ok(Outcome::Checked)
}

fn clippy() -> Result<Outcome> {
    for packages in [PRODUCT, JOURNEYS] {
        run(cargo().arg("clippy").args(packages).args(["--all-targets", "--", "-D", "warnings"]))?;
    }
    Ok(Outcome::Checked)
}

/// Packages are only ever selected in these two ways. With any other selection cargo would unite other features, and
/// compile the large dependencies once more: the journeys' WebDriver client turns on features of serde_json and tokio
/// that would reach the product, and it would be tested with another JSON map than it is shipped with.
pub const PRODUCT: &[&str] = &["--workspace", "--exclude", "gait-e2e"];
pub const JOURNEYS: &[&str] = &["--package", "gait-e2e"];

fn build() -> Result<Outcome> {
    for packages in [PRODUCT, JOURNEYS] {
        run(cargo().arg("build").args(packages).arg("--all-targets"))?;
    }
    Ok(Outcome::Checked)
}

fn has_nextest() -> bool {
    ask("cargo", &["nextest", "--version"]).is_some()
}

fn rust() -> Result<Outcome> {
    if has_nextest() {
        count(Runner::Nextest, cargo().args(["nextest", "run"]).args(PRODUCT).arg("--no-fail-fast"))
    } else {
        count(Runner::CargoTest, cargo().arg("test").args(PRODUCT).args(["--all-targets", "--no-fail-fast"]))
    }
}

fn doc() -> Result<Outcome> {
    count(Runner::CargoTest, cargo().arg("test").args(PRODUCT).args(["--doc", "--no-fail-fast"]))
}

/// The tests of the corpus generator need Python but not PyTorch. Without Python they are left out, in words: no
/// part of the program is written in it.
fn corpus() -> Result<Outcome> {
    const PYTEST: &str = "pytest==8.4.2";
    let recipe = root().join("models/starter/recipe");
    if !recipe.is_dir() {
        return Ok(Outcome::LeftOut("there is no models/starter/recipe".into()));
    }
    let environment = target().join("pytest-venv");
    let python = environment.join("bin/python");
    let has_pytest = |python: &std::path::Path| ask(&python.to_string_lossy(), &["-c", "import pytest"]).is_some();
    if !has_pytest(&python) {
        let made = run(program("python3").args(["-m", "venv", "--clear"]).arg(&environment))
            .and_then(|()| run(program(&python).args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", PYTEST])));
        if let Err(error) = made {
            return Ok(Outcome::LeftOut(format!("no Python with pytest could be had ({error})")));
        }
    }
    count(
        Runner::Pytest,
        program(&python).args(["-m", "pytest", "-q", "-p", "no:cacheprovider"]).arg(&recipe).env("PYTHONDONTWRITEBYTECODE", "1"),
    )
}

/// A small export in every format, loaded with `datasets`, asked of `trl` and read by `mlcroissant`. Without Python or a package index it is
/// left out, in words.
fn datasets() -> Result<Outcome> {
    let check = root().join("crates/datasets/check");
    let environment = target().join("datasets-venv");
    let python = environment.join("bin/python");
    let complete =
        |python: &std::path::Path| ask(&python.to_string_lossy(), &["-c", "import datasets, mlcroissant, trl.data_utils"]).is_some();
    if !complete(&python) {
        let pip = |arguments: &[&str]| {
            let quiet = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check"];
            run(program(&python).args(quiet).args(arguments).current_dir(&check))
        };
        let made = run(program("python3").args(["-m", "venv", "--clear"]).arg(&environment))
            .and_then(|()| pip(&["-r", "requirements.txt"]))
            .and_then(|()| pip(&["--no-deps", "-r", "requirements-alone.txt"]));
        if let Err(error) = made {
            return Ok(Outcome::LeftOut(format!("no Python with the trainers' libraries could be had ({error})")));
        }
    }
    run(cargo().arg("build").args(PRODUCT).args(["--example", "export"]))?;
    let place = target().join("datasets-check");
    if place.exists() {
        std::fs::remove_dir_all(&place).context("the export of the last check could not be removed")?;
    }
    std::fs::create_dir_all(&place).context("there is no place for an export")?;
    let folder = place.join("v1");
    run(program(target().join("debug/examples/export")).arg(&folder).arg("600"))?;
    let said = run_and_listen(program(&python).arg(check.join("check_export.py")).arg(&folder).env("PYTHONDONTWRITEBYTECODE", "1"))?;
    let tally = said.text.lines().rev().find_map(checks).context("the check did not say how many of its questions were answered")?;
    Ok(Outcome::Tested(if said.content || tally.failed > 0 { tally } else { Tally { failed: 1, ..tally } }))
}

/// `82 ok, 6 warnings, 0 errors`.
fn checks(line: &str) -> Option<Tally> {
    let mut parts = line.trim().split(", ").map(|part| part.split_once(' '));
    let (Some(Some((passed, "ok"))), Some(Some((_, "warnings"))), Some(Some((failed, "errors")))) =
        (parts.next(), parts.next(), parts.next())
    else {
        return None;
    };
    Some(Tally { passed: passed.parse().ok()?, failed: failed.parse().ok()?, skipped: 0 })
}

/// What follows runs on a virtual screen of its own, and is ended after so many minutes.
pub fn on_a_screen(minutes: u32) -> Command {
    let mut command = program("timeout");
    command.args(["--kill-after=10", &format!("{minutes}m"), "xvfb-run", "--auto-servernum", "--server-args=-screen 0 1280x860x24"]);
    command.args([
        "env",
        "--unset=WAYLAND_DISPLAY",
        "GDK_BACKEND=x11",
        "LANG=C.UTF-8",
        "WEBKIT_DISABLE_COMPOSITING_MODE=1",
        "NO_AT_BRIDGE=1",
    ]);
    command
}

/// One journey, by its path, with what it prints.
pub fn journey(minutes: u32, test: &str) -> Command {
    let mut command = on_a_screen(minutes);
    command.arg("cargo").arg("test").args(JOURNEYS).args(["--test", "journeys", "--", "--ignored", "--exact", "--nocapture", test]);
    command
}

/// The tests in `e2e/` are marked as ignored, so that `cargo test` passes on a machine without a screen.
fn window() -> Result<Outcome> {
    if !root().join("e2e").is_dir() {
        return Ok(Outcome::LeftOut("there is no e2e".into()));
    }
    let mut command = on_a_screen(30);
    // One at a time: two windows on two cores make each other late.
    if has_nextest() {
        command.args(["cargo", "nextest", "run"]).args(JOURNEYS).args(["--no-fail-fast", "--test-threads=1", "--run-ignored=only"]);
        count(Runner::Nextest, &mut command)
    } else {
        command.args(["cargo", "test"]).args(JOURNEYS).args([
            "--no-fail-fast",
            "--test",
            "journeys",
            "--",
            "--ignored",
            "--test-threads=1",
        ]);
        count(Runner::CargoTest, &mut command)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(line: &str) -> Result<Options> {
        Options::parse(&line.split_whitespace().map(str::to_owned).collect::<Vec<_>>())
    }

    fn names(line: &str) -> Vec<&'static str> {
        parse(line).unwrap().steps().iter().map(|step| step.name).collect()
    }

    #[test]
    fn the_closing_line_of_the_check_is_read_and_no_other() {
        assert_eq!(checks("82 ok, 6 warnings, 2 errors"), Some(Tally { passed: 82, failed: 2, skipped: 0 }));
        for other in ["ok      alpaca: train/test share no prompt", "82 ok", "", "x ok, 6 warnings, 2 errors"] {
            assert_eq!(checks(other), None, "{other:?}");
        }
    }

    #[test]
    fn every_need_is_an_earlier_step() {
        for (index, step) in STEPS.iter().enumerate() {
            for need in step.needs {
                assert!(STEPS[..index].iter().any(|earlier| earlier.name == *need), "{} needs {need}", step.name);
            }
        }
    }

    #[test]
    fn one_step_or_the_rest_can_be_asked_for() {
        assert_eq!(names("--only window"), ["window"]);
        assert_eq!(names("--from corpus"), ["corpus", "datasets", "window"]);
        assert_eq!(names("").len(), STEPS.len());
        assert!(parse("--only lunch").unwrap_err().to_string().contains("ui-install"), "the message lists the steps");
        assert!(parse("--only").is_err());
        assert!(parse("--only fmt --from rust").is_err());
    }

    #[test]
    fn a_failed_step_is_counted_and_what_needs_it_says_so() {
        let failed = judge(Err(anyhow::anyhow!("no such program")));
        let ended = vec![
            (&STEPS[2], failed, Duration::from_secs(1)),
            (&STEPS[10], judge(Ok(Outcome::Tested(Tally { passed: 7, ..Tally::default() }))), Duration::from_secs(2)),
        ];
        assert_eq!(missing(&STEPS[3], &ended), Some("ui-install"));
        assert_eq!(missing(&STEPS[1], &ended), None, "fmt needs nothing");
        let text = report(&ended);
        assert!(text.contains("no such program"), "{text}");
        assert_eq!(text.lines().last(), Some("7 passed, 1 failed"), "{text}");
    }
}
