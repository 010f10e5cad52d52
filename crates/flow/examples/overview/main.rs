//! What `cargo xtask bench overview` builds and starts: how fast overview and evidence are over a million decisions.
//!
//! Invariant: the rows are those that the program itself would have written, and every figure comes from its own functions.

use flow::review::{DecisionInput, Found, Order, Verdict};
use flow::testing::{ScriptedDrafter, admin, use_case_input};
use flow::use_case::{Audience, Sink, SinkKind, UseCaseInput};
use flow::{Clock, Desk, ItemId, UseCaseId};
use std::error::Error;
use std::ops::Range;
use std::path::Path;
use std::time::{Duration, Instant};

const PAGE: &str = "docs/levels-benchmark.md";
const HELP: &str = "cargo xtask bench overview [--decisions <n>] [--write]
    --decisions <n>  how many decisions there are; 1000000
    --write          also writes the table into docs/levels-benchmark.md
";
/// Milliseconds.
const TO_OPEN: f64 = 300.0;
const TO_UPDATE: f64 = 20.0;

type Done<T> = Result<T, Box<dyn Error>>;

struct Options {
    decisions: i64,
    write: bool,
}

fn options() -> Done<Options> {
    let mut options = Options { decisions: 1_000_000, write: false };
    let mut words = std::env::args().skip(1);
    while let Some(word) = words.next() {
        match word.as_str() {
            "--write" => options.write = true,
            "--decisions" => options.decisions = words.next().ok_or(HELP)?.parse()?,
            _ => return Err(HELP.into()),
        }
    }
    Ok(options)
}

fn main() -> Done<()> {
    let options = options()?;
    let folder = tempfile::TempDir::new()?;
    let case = prepare(folder.path())?;
    eprintln!("Making {} decisions (a minute or two)", options.decisions);
    let took = timed(|| {
        let (n, measured) = (options.decisions, options.decisions + MEASURED);
        fill(folder.path(), 1..measured + 1, n, &format!("i > {n}"))
    })?;
    eprintln!("  {:.0} s", took.as_secs_f64());
    let figures = measure(folder.path(), case, options.decisions)?;
    let mut text = format!(
        "- processor: {}, {} cores\n- Gait {} on {}\n- {} decisions that stand, {:.1} GB\n- command: `cargo xtask bench overview`\n\n",
        processor(),
        std::thread::available_parallelism().map_or(1, std::num::NonZero::get),
        env!("CARGO_PKG_VERSION"),
        std::env::consts::OS,
        options.decisions,
        folder.path().join("gait.db").metadata()?.len() as f64 / 1e9,
    );
    text.push_str("| | times | median | slowest | limit |\n|---|---|---|---|---|\n");
    let mut slow = Vec::new();
    for figure in &figures {
        let limit = figure.limit.map_or_else(String::new, |limit| format!("{limit:.0} ms"));
        let (median, most) = (figure.median(), figure.most());
        text.push_str(&format!("| {} | {} | {median:.1} ms | {most:.1} ms | {limit} |\n", figure.what, figure.times.len()));
        slow.extend(figure.limit.filter(|limit| median > *limit).map(|_| figure.what));
    }
    print!("{text}");
    if options.write {
        std::fs::write(PAGE, format!("{}{text}", include_str!("page.md")))?;
        eprintln!("Written to {PAGE}.");
    }
    if slow.is_empty() { Ok(()) } else { Err(format!("over the limit: {}", slow.join("; ")).into()) }
}

/// Milliseconds of each time that something was done.
struct Figure {
    what: &'static str,
    times: Vec<f64>,
    limit: Option<f64>,
}

impl Figure {
    fn of(what: &'static str, limit: Option<f64>) -> Self {
        Self { what, times: Vec::new(), limit }
    }

    fn add(&mut self, took: Duration) {
        self.times.push(took.as_secs_f64() * 1e3);
    }

    fn median(&self) -> f64 {
        let mut sorted = self.times.clone();
        sorted.sort_by(f64::total_cmp);
        sorted.get(sorted.len() / 2).copied().unwrap_or(f64::NAN)
    }

    fn most(&self) -> f64 {
        self.times.iter().copied().fold(f64::NAN, f64::max)
    }
}

fn timed(act: impl FnOnce() -> Done<()>) -> Done<Duration> {
    let start = Instant::now();
    act()?;
    Ok(start.elapsed())
}

/// A use case that has lived through three epochs.
fn prepare(folder: &Path) -> Done<UseCaseId> {
    let desk = Desk::open(folder, Clock::system())?;
    let file = folder.join("scripted.gguf");
    std::fs::write(&file, b"script")?;
    let model = desk.add_model(&ScriptedDrafter::echo(0.9), &file, flow::library::ModelSource::Imported, &admin())?;
    let sink = Sink { kind: SinkKind::Outbox, path: folder.join("outbox.jsonl").display().to_string(), audience: None };
    let mut input = UseCaseInput { model: Some(model.id), sinks: vec![sink], audience: Audience::Internal, ..use_case_input() };
    let case = desk.save_use_case(&admin(), None, &input)?.id;
    for words in ["You answer in two sentences.", "You answer in two kind sentences."] {
        input.system_prompt = words.into();
        desk.save_use_case(&admin(), Some(case), &input)?;
    }
    Ok(case)
}

/// Makes the items of a range, as the next ones of so many; those for which `open` holds wait for a person.
fn fill(folder: &Path, items: Range<i64>, decisions: i64, open: &str) -> Done<()> {
    let c = rusqlite::Connection::open(folder.join("gait.db"))?;
    c.execute_batch("PRAGMA foreign_keys = OFF; PRAGMA synchronous = OFF; PRAGMA cache_size = -400000; PRAGMA temp_store = MEMORY; BEGIN")?;
    let until = Clock::system().now().0 - 3_600_000;
    c.execute(include_str!("filled.sql"), [items.start, items.end - 1, until, decisions])?;
    c.execute(&format!("UPDATE made SET open = 1 WHERE {open}"), [])?;
    c.execute_batch(include_str!("rows.sql"))?;
    c.execute_batch("COMMIT; PRAGMA wal_checkpoint(TRUNCATE)")?;
    Ok(())
}

/// Decisions that are measured, and later ones that wait for an open request.
const MEASURED: i64 = 200;
const WAITING: i64 = 5_000;

fn measure(folder: &Path, case: UseCaseId, decisions: i64) -> Done<Vec<Figure>> {
    let desk = Desk::open(folder, Clock::system())?;
    let look = |desk: &Desk| -> Done<()> {
        desk.overview(case)?;
        desk.evidence(case)?;
        Ok(())
    };
    let mut first = Figure::of("the first look after an upgrade, once", None);
    first.add(timed(|| look(&desk))?);
    eprintln!("  the first look: {:.1} s", first.most() / 1e3);
    show(&desk, case)?;
    drop(desk);

    let mut opened = Figure::of("overview and evidence, opened", Some(TO_OPEN));
    for _ in 0..20 {
        let desk = Desk::open(folder, Clock::system())?;
        opened.add(timed(|| look(&desk))?);
    }
    let desk = Desk::open(folder, Clock::system())?;
    let mut again = Figure::of("overview and evidence, again", Some(TO_OPEN));
    for _ in 0..100 {
        again.add(timed(|| look(&desk))?);
    }

    let (mut overview, mut evidence) = (Figure::of("of that the overview", None), Figure::of("of that the evidence", None));
    for _ in 0..100 {
        overview.add(timed(|| desk.overview(case).map(drop).map_err(Into::into))?);
        evidence.add(timed(|| desk.evidence(case).map(drop).map_err(Into::into))?);
    }

    let mut decided = Figure::of("a decision", None);
    let mut updated = Figure::of("its update", Some(TO_UPDATE));
    let mut next = decisions + 1;
    for item in next..next + MEASURED {
        decided.add(decide(&desk, item)?);
        updated.add(timed(|| look(&desk))?);
    }
    let mut undone = Figure::of("the update after a decision was taken back", Some(TO_UPDATE));
    for _ in 0..20 {
        desk.undo(case, &admin())?;
        undone.add(timed(|| look(&desk))?);
    }
    for item in next + MEASURED - 20..next + MEASURED {
        decide(&desk, item)?;
    }
    next += MEASURED;
    // The first one stays open, and so many after it are decided.
    let last = next + WAITING;
    fill(folder, next..last + 31, decisions, &format!("i = {next} OR i > {last}"))?;
    let mut late = Figure::of("its update while 5,000 later ones wait for an open request", Some(TO_UPDATE));
    for item in last + 1..last + 31 {
        decide(&desk, item)?;
        late.add(timed(|| look(&desk))?);
    }
    show(&desk, case)?;
    let mut examined = Figure::of("what `gait doctor` looks at, once", None);
    examined.add(timed(|| {
        let wrong = desk.examine()?.into_iter().find(|found| !found.ok);
        wrong.map_or(Ok(()), |found| Err(format!("the doctor says: {}", found.what).into()))
    })?);
    Ok(vec![first, opened, again, overview, evidence, decided, updated, undone, late, examined])
}

/// What was measured shows something.
fn show(desk: &Desk, case: UseCaseId) -> Done<()> {
    let (overview, evidence) = (desk.overview(case)?, desk.evidence(case)?);
    let [walk, run] = &evidence.steps;
    let total: u64 = evidence.steps.iter().map(|step| step.all.counted).sum();
    eprintln!(
        "  {} decided by people on the version that drafts now, {} alone; walk {} of which {} bad, run {}; {:?}",
        overview.evidence.decided,
        overview.auto_approved,
        walk.all.counted,
        walk.all.bad,
        run.all.counted,
        walk.left_out.iter().map(|left| (left.why, left.decisions)).collect::<Vec<_>>(),
    );
    if total == 0 { Err("nothing counts: the rows are not what they should be".into()) } else { Ok(()) }
}

/// How long the decision itself takes.
fn decide(desk: &Desk, item: i64) -> Done<Duration> {
    let item = ItemId(item);
    let view = desk.open_item(item, &admin())?;
    let input = DecisionInput {
        item,
        epoch: view.lease.ok_or("the item is claimed")?.epoch,
        draft: view.drafts.last().ok_or("the item has a draft")?.id,
        verdict: Verdict::Approve,
        text: None,
        reasons: Vec::new(),
        note: None,
        viewed: Duration::from_secs(9),
        found: Found::next(Order::Oldest),
    };
    timed(|| desk.decide(&input, &admin()).map(drop).map_err(Into::into))
}

fn processor() -> String {
    let text = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let name = text.lines().find(|line| line.starts_with("model name")).and_then(|line| line.split_once(':'));
    name.map_or_else(|| std::env::consts::ARCH.to_owned(), |(_, name)| name.trim().to_owned())
}
