//! What `cargo xtask bench overview` builds and starts: how fast all that the Overview page asks for is over a million decisions.
//!
//! Invariant: the rows are those that the program itself would have written, and every figure comes from its own functions.

use flow::replay::Proposed;
use flow::review::{DecisionInput, Found, Order, Verdict};
use flow::testing::{ScriptedDrafter, admin, use_case_input};
use flow::use_case::{Audience, Level, Sink, SinkKind, UseCaseInput};
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
        let (n, measured) = (options.decisions, options.decisions + MEASURED + 20);
        fill(folder.path(), 1..measured + 1, n, &format!("i > {n}"))
    })?;
    eprintln!("  {:.0} s", took.as_secs_f64());
    beside(folder.path(), options.decisions)?;
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
        let of = if CALLS.iter().any(|(call, _, _)| *call == figure.what) { "of that: " } else { "" };
        text.push_str(&format!("| {of}{} | {} | {median:.1} ms | {most:.1} ms | {limit} |\n", figure.what, figure.times.len()));
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
    let c = connect(folder)?;
    c.execute_batch("BEGIN")?;
    let until = Clock::system().now().0 - 3_600_000;
    c.execute(include_str!("filled.sql"), [items.start, items.end - 1, until, decisions])?;
    c.execute(&format!("UPDATE made SET open = 1 WHERE {open}"), [])?;
    c.execute_batch(include_str!("rows.sql"))?;
    c.execute_batch("COMMIT; PRAGMA wal_checkpoint(TRUNCATE)")?;
    Ok(())
}

/// What stands beside the rows. The calibrator is fitted by the program itself, in a folder of its own; here it has not seen the newest
/// 10,000 items.
fn beside(folder: &Path, decisions: i64) -> Done<()> {
    let small = tempfile::TempDir::new()?;
    let case = prepare(small.path())?;
    fill(small.path(), 1..12_001, 12_000, "0")?;
    Desk::open(small.path(), Clock::system())?.calibrate(&admin(), case)?;
    let fitted: String = connect(small.path())?.query_row("SELECT fitted FROM calibrator", [], |r| r.get(0))?;
    let c = connect(folder)?;
    c.execute(include_str!("beside.sql"), rusqlite::params![fitted, decisions - 10_000])?;
    c.execute_batch(include_str!("notices.sql"))?;
    Ok(())
}

fn connect(folder: &Path) -> Done<rusqlite::Connection> {
    let c = rusqlite::Connection::open(folder.join("gait.db"))?;
    c.execute_batch("PRAGMA foreign_keys = OFF; PRAGMA synchronous = OFF; PRAGMA cache_size = -400000; PRAGMA temp_store = MEMORY")?;
    Ok(c)
}

/// A dozen moves of the level, each with the evidence of its moment; it ends at walk.
fn moves(desk: &Desk, case: UseCaseId) -> Done<()> {
    for _ in 0..6 {
        desk.override_level(case, Level::Run, "to try it", &admin())?;
        desk.move_level(case, Level::Crawl, "as it was", &admin())?;
    }
    desk.override_level(case, Level::Walk, "to try it", &admin())?;
    Ok(())
}

/// All that the page asks for when it is opened: what it is called, the call, and whether it is asked at once after each change. The rest is
/// asked again when nothing has changed for a moment; the switches when a use case changes.
type Call = (&'static str, fn(&Desk, UseCaseId) -> flow::Result<()>, bool);

const CALLS: [Call; 9] = [
    ("overview", |desk, case| desk.overview(case).map(drop), true),
    ("evidence", |desk, case| desk.evidence(case).map(drop), true),
    ("audits", |desk, case| desk.audits(case).map(drop), true),
    ("notices", |desk, _| desk.notices().map(drop), true),
    ("charter versions", |desk, case| desk.charter_versions(case).map(drop), false),
    ("confidence", |desk, case| desk.confidence_view(case).map(drop), false),
    ("reviewers", |desk, case| desk.reviewers(case, &admin()).map(drop), false),
    ("replay of the present policy", |desk, case| desk.replay(case, PRESENT).map(drop), false),
    ("switches", |desk, case| desk.switches(case).map(drop), false),
];
const PRESENT: Proposed = Proposed { level: Level::Walk, threshold: 0.8, audit_share: 0.1 };

/// Looks at the whole page, and what each call took of them.
struct Looks {
    whole: Figure,
    /// What is asked when nothing has changed for a moment.
    later: Option<Figure>,
    parts: [Figure; CALLS.len()],
}

impl Looks {
    fn opened() -> Self {
        Self { later: None, ..Self::after("the page, opened", TO_OPEN) }
    }

    fn after(what: &'static str, limit: f64) -> Self {
        let later = Some(Figure::of("what is asked again when it is quiet", None));
        Self { whole: Figure::of(what, Some(limit)), later, parts: CALLS.map(|(what, _, _)| Figure::of(what, None)) }
    }

    fn look(&mut self, desk: &Desk, case: UseCaseId) -> Done<()> {
        let (mut whole, mut later) = (Duration::ZERO, Duration::ZERO);
        for (part, (_, call, at_once)) in self.parts.iter_mut().zip(&CALLS) {
            let took = timed(|| call(desk, case).map_err(Into::into))?;
            part.add(took);
            *(if *at_once || self.later.is_none() { &mut whole } else { &mut later }) += took;
        }
        self.whole.add(whole);
        self.later.iter_mut().for_each(|figure| figure.add(later));
        Ok(())
    }

    fn tell(&self) {
        let each = self.parts.each_ref().map(|part| format!("{} {:.1}", part.what, part.median())).join(", ");
        let later = self.later.as_ref().map_or(f64::NAN, Figure::median);
        eprintln!("  {}: {:.1} ms, later {later:.1}: {each}", self.whole.what, self.whole.median());
    }

    fn figures(self) -> impl Iterator<Item = Figure> {
        std::iter::once(self.whole).chain(self.later).chain(self.parts)
    }
}

fn look(desk: &Desk, case: UseCaseId) -> Done<()> {
    CALLS.iter().try_for_each(|(_, call, _)| call(desk, case)).map_err(Into::into)
}

/// Decisions that are measured, and later ones that wait for an open request.
const MEASURED: i64 = 200;
const WAITING: i64 = 5_000;

fn measure(folder: &Path, case: UseCaseId, decisions: i64) -> Done<Vec<Figure>> {
    let desk = Desk::open(folder, Clock::system())?;
    let mut first = Figure::of("the first look after an upgrade, once", None);
    first.add(timed(|| look(&desk, case))?);
    eprintln!("  the first look: {:.1} s", first.most() / 1e3);
    moves(&desk, case)?;
    show(&desk, case)?;
    drop(desk);

    let mut opened = Looks::opened();
    for _ in 0..20 {
        opened.look(&Desk::open(folder, Clock::system())?, case)?;
    }
    opened.tell();
    let desk = Desk::open(folder, Clock::system())?;
    look(&desk, case)?;
    let mut again = Looks::after("the page, again", TO_UPDATE);
    for _ in 0..50 {
        again.look(&desk, case)?;
    }
    again.tell();

    let mut decided = Figure::of("a decision", None);
    let mut updated = Looks::after("the page after a decision", TO_UPDATE);
    let mut next = decisions + 1;
    for item in next..next + MEASURED {
        decided.add(decide(&desk, item)?);
        updated.look(&desk, case)?;
    }
    updated.tell();
    // What was decided a while ago cannot be taken back any more.
    let mut undone = Looks::after("the page after a decision was taken back", TO_UPDATE);
    for item in next + MEASURED..next + MEASURED + 20 {
        decide(&desk, item)?;
        desk.undo(case, &admin())?;
        undone.look(&desk, case)?;
        decide(&desk, item)?;
    }
    undone.tell();
    next += MEASURED + 20;
    // The first one stays open, and so many after it are decided.
    let last = next + WAITING;
    fill(folder, next..last + 31, decisions, &format!("i = {next} OR i > {last}"))?;
    let mut late = Looks::after("the page after a decision while 5,000 later ones wait for an open request", TO_UPDATE);
    for item in last + 1..last + 31 {
        decide(&desk, item)?;
        late.look(&desk, case)?;
    }
    late.tell();
    show(&desk, case)?;
    let mut examined = Figure::of("what `gait doctor` looks at, once", None);
    examined.add(timed(|| {
        let wrong = desk.examine()?.into_iter().find(|found| !found.ok);
        wrong.map_or(Ok(()), |found| Err(format!("the doctor says: {}", found.what).into()))
    })?);
    let mut figures = vec![first];
    figures.extend(opened.figures().chain(again.figures()));
    figures.push(decided);
    figures.extend(updated.figures().chain(undone.figures()).chain(late.figures()));
    figures.push(examined);
    Ok(figures)
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
