//! What `cargo xtask bench desk` builds and starts: how fast the review desk is over a million items.
//!
//! Invariant: every figure comes from the program's own functions, on rows as the program writes them; what is made once is kept in target/.

mod made;
mod words;

use flow::review::{Bins, DecisionInput, Filter, Found, Holder, ItemView, Order, QueueQuery, Tab, Verdict};
use flow::testing::{admin, reviewer};
use flow::use_case::Level;
use flow::{Clock, Desk, ItemId, UseCaseId};
use std::error::Error;
use std::time::{Duration, Instant};
use words::Random;

const PAGE: &str = "docs/desk-benchmark.md";
const HELP: &str = "cargo xtask bench desk [--items <n>] [--make] [--write]
    --items <n>  how many items there are; 1000000
    --make       only makes them
    --write      also writes the table into docs/desk-benchmark.md
";

pub type Done<T> = Result<T, Box<dyn Error>>;

struct Options {
    items: i64,
    make: bool,
    write: bool,
}

fn options() -> Done<Options> {
    let mut options = Options { items: 1_000_000, make: false, write: false };
    let mut words = std::env::args().skip(1);
    while let Some(word) = words.next() {
        match word.as_str() {
            "--make" => options.make = true,
            "--write" => options.write = true,
            "--items" => options.items = words.next().ok_or(HELP)?.parse()?,
            _ => return Err(HELP.into()),
        }
    }
    Ok(options)
}

fn main() -> Done<()> {
    let options = options()?;
    let folder = std::path::absolute(std::env::var("CARGO_TARGET_DIR").unwrap_or_else(|_| "target".into()))?
        .join(format!("desk-bench-{}", options.items));
    let case = if folder.join("made").exists() {
        eprintln!("The items of an earlier run are in {}", folder.display());
        UseCaseId(1)
    } else {
        eprintln!("Making {} items in {} (some minutes, once)", options.items, folder.display());
        made::make(&folder, options.items)?
    };
    if options.make {
        return Ok(());
    }
    let before = load();
    let figures = measure(&Desk::open(&folder, Clock::system())?, case)?;
    let mut text = format!(
        "- processor: {}, {} cores; load {before} before and {} after the run\n- Gait {} on {}\n- {} items, {:.1} GB\n- command: `cargo xtask bench desk`\n\n",
        processor(),
        std::thread::available_parallelism().map_or(1, std::num::NonZero::get),
        load(),
        env!("CARGO_PKG_VERSION"),
        std::env::consts::OS,
        options.items,
        folder.join("gait.db").metadata()?.len() as f64 / 1e9,
    );
    text.push_str("| | times | p50 | p99 | slowest | limit |\n|---|---|---|---|---|---|\n");
    let mut slow = Vec::new();
    for figure in &figures {
        let (p50, p99) = (figure.part(0.5), figure.part(0.99));
        let limit = match figure.limit {
            Limit::None => String::new(),
            Limit::Of { p50: Some(half), p99 } => format!("p50 {half:.0} ms, p99 {p99:.0} ms"),
            Limit::Of { p50: None, p99 } => format!("p99 {p99:.0} ms"),
        };
        text.push_str(&format!(
            "| {} | {} | {p50:.1} ms | {p99:.1} ms | {:.1} ms | {limit} |\n",
            figure.what,
            figure.times.len(),
            figure.part(1.0)
        ));
        if figure.limit.is_passed(p50, p99) {
            slow.push(figure.what);
        }
    }
    print!("{text}");
    if options.write {
        std::fs::write(PAGE, format!("{}{text}", include_str!("page.md")))?;
        eprintln!("Written to {PAGE}.");
    }
    if slow.is_empty() { Ok(()) } else { Err(format!("over the limit: {}", slow.join("; ")).into()) }
}

/// Milliseconds.
#[derive(Clone, Copy)]
enum Limit {
    None,
    Of { p50: Option<f64>, p99: f64 },
}

impl Limit {
    fn is_passed(self, half: f64, most: f64) -> bool {
        match self {
            Self::None => false,
            Self::Of { p50, p99 } => most > p99 || p50.is_some_and(|limit| half > limit),
        }
    }
}

const NEXT: Limit = Limit::Of { p50: Some(30.0), p99: 100.0 };
const LIST: Limit = Limit::Of { p50: None, p99: 150.0 };
const SIMILAR: Limit = Limit::Of { p50: None, p99: 100.0 };
const SEARCH: Limit = Limit::Of { p50: None, p99: 200.0 };

/// Milliseconds of each time that something was done.
struct Figure {
    what: &'static str,
    times: Vec<f64>,
    limit: Limit,
}

impl Figure {
    fn of(what: &'static str, limit: Limit) -> Self {
        Self { what, times: Vec::new(), limit }
    }

    fn time<T>(&mut self, act: impl FnOnce() -> flow::Result<T>) -> Done<T> {
        let start = Instant::now();
        let done = act()?;
        self.times.push(start.elapsed().as_secs_f64() * 1e3);
        Ok(done)
    }

    /// Nearest rank.
    fn part(&self, share: f64) -> f64 {
        let mut sorted = self.times.clone();
        sorted.sort_by(f64::total_cmp);
        let rank = (share * sorted.len() as f64).ceil() as usize;
        sorted.get(rank.max(1) - 1).copied().unwrap_or(f64::NAN)
    }
}

fn query(case: UseCaseId, tab: Tab, order: Order) -> QueueQuery {
    QueueQuery { use_case: case, tab, order, slice: None, text: String::new(), filter: Filter::default(), offset: 0, limit: 100 }
}

fn measure(desk: &Desk, case: UseCaseId) -> Done<Vec<Figure>> {
    let mut figures = Vec::new();
    // One look warms what the system has not read yet.
    for tab in [Tab::Waiting, Tab::Drafting, Tab::Decided, Tab::All] {
        desk.queue(&query(case, tab, Order::Oldest), &admin())?;
    }
    figures.extend(next(desk, case)?);
    figures.push(filters(desk, case)?);
    figures.extend(pages(desk, case)?);
    figures.extend(searches(desk, case)?);
    figures.push(similar(desk)?);
    let mut counts = Figure::of("the counts of all tabs", LIST);
    for _ in 0..200 {
        counts.time(|| desk.use_cases())?;
    }
    figures.push(counts);
    Ok(figures)
}

fn decision(view: &ItemView, n: usize) -> Done<DecisionInput> {
    let verdict = [Verdict::Approve, Verdict::Approve, Verdict::Edit, Verdict::Reject][n % 4];
    Ok(DecisionInput {
        item: view.item.id,
        epoch: view.lease.as_ref().ok_or("the item is claimed")?.epoch,
        draft: view.drafts.last().ok_or("the item has a draft")?.id,
        verdict,
        text: (verdict == Verdict::Edit).then(|| format!("{} And number {n}.", view.drafts[0].text)),
        reasons: Vec::new(),
        note: None,
        viewed: Duration::from_secs(9),
        found: Found::next(Order::Oldest),
    })
}

/// As the page does it: one in hand and two claimed ahead; a decision, then the next one is claimed.
fn next(desk: &Desk, case: UseCaseId) -> Done<[Figure; 4]> {
    let mut decided = Figure::of("a decision, kept on disk", Limit::None);
    let mut claimed = Figure::of("the next item, claimed", Limit::None);
    let mut both = Figure::of("a decision and the next item claimed", NEXT);
    let mut skipped = Figure::of("an item put back and the next one claimed", NEXT);
    let narrow =
        |order, slice: Option<&str>, filter| QueueQuery { slice: slice.map(Into::into), filter, ..query(case, Tab::Waiting, order) };
    let sure = Filter { confidence: Some(Bins { from: 16, to: 17 }), ..Filter::default() };
    let mut all: Vec<QueueQuery> = Order::ALL.into_iter().map(|order| narrow(order, None, Filter::default())).collect();
    all.extend(Order::ALL.into_iter().map(|order| narrow(order, Some("returns"), Filter::default())));
    all.extend(Order::ALL.into_iter().map(|order| narrow(order, None, sure.clone())));
    for (at, query) in all.iter().enumerate() {
        let mut held: Vec<ItemView> = Vec::new();
        let claim = |held: &[ItemView]| {
            let ids: Vec<ItemId> = held.iter().map(|view| view.item.id).collect();
            desk.next_item(query, &ids, &admin())
        };
        for _ in 0..3 {
            held.extend(claim(&held)?);
        }
        for n in 0..100 {
            let view = held.remove(0);
            let start = Instant::now();
            if n % 10 == 9 {
                let epoch = view.lease.as_ref().ok_or("it is claimed")?.epoch;
                desk.skip(view.item.id, epoch, &admin())?;
                held.extend(claim(&held)?);
                skipped.times.push(start.elapsed().as_secs_f64() * 1e3);
            } else {
                let input = decision(&view, n + at)?;
                decided.time(|| desk.decide(&input, &admin()))?;
                held.extend(claimed.time(|| claim(&held))?);
                both.times.push(start.elapsed().as_secs_f64() * 1e3);
            }
        }
        for view in held {
            desk.release(view.item.id, view.lease.ok_or("it is claimed")?.epoch, &admin())?;
        }
    }
    Ok([decided, claimed, both, skipped])
}

/// Each page that a person may ask for by what it is narrowed to, with its counts.
fn filters(desk: &Desk, case: UseCaseId) -> Done<Figure> {
    let mut figure = Figure::of("a filter or an order changed: the first page and its counts", LIST);
    let held = desk.next_item(&query(case, Tab::Waiting, Order::Random), &[], &reviewer())?;
    for tab in [Tab::Waiting, Tab::Drafting, Tab::Decided, Tab::Escalated, Tab::Failed, Tab::All] {
        for order in Order::ALL {
            for slice in [None, Some("returns"), Some("rare")] {
                for (source, level) in [(None, None), (Some("mail"), None), (None, Some(Level::Walk)), (Some("chat"), Some(Level::Crawl))] {
                    for confidence in [None, Some(Bins { from: 18, to: 19 }), Some(Bins { from: 6, to: 6 })] {
                        for holder in [None, Some(Holder::Nobody), Some(Holder::Person("Ben".into()))] {
                            let filter = Filter { source: source.map(str::to_owned), confidence, holder, level };
                            let query = QueueQuery { slice: slice.map(str::to_owned), filter, ..query(case, tab, order) };
                            figure.time(|| desk.queue(&query, &admin()))?;
                        }
                    }
                }
            }
        }
    }
    if let Some(view) = held {
        desk.release(view.item.id, view.lease.ok_or("it is claimed")?.epoch, &reviewer())?;
    }
    Ok(figure)
}

fn pages(desk: &Desk, case: UseCaseId) -> Done<[Figure; 2]> {
    let mut scrolled = Figure::of("a page further down the list (to row 20,000)", LIST);
    let mut narrowed = Figure::of("a page further down a list that is narrowed", LIST);
    let mut random = Random::new(7);
    for n in 0..300 {
        let offset = u32::try_from(random.below(200))? * 100;
        let tab = [Tab::Waiting, Tab::All, Tab::Decided][n % 3];
        let order = Order::ALL[n % 4];
        scrolled.time(|| desk.queue(&QueueQuery { offset, ..query(case, tab, order) }, &admin()))?;
        let confidence = (n % 2 == 0).then_some(Bins { from: 10, to: 14 });
        let filter = Filter { confidence, source: (n % 3 == 0).then(|| "mail".into()), ..Filter::default() };
        let slice = Some(["billing", "returns", "shipping"][n % 3].to_owned());
        narrowed.time(|| desk.queue(&QueueQuery { offset, slice, filter, ..query(case, tab, order) }, &admin()))?;
    }
    Ok([scrolled, narrowed])
}

fn searches(desk: &Desk, case: UseCaseId) -> Done<[Figure; 3]> {
    let mut all = Figure::of("a search (words of all frequencies, English and Korean)", SEARCH);
    let mut narrowed = Figure::of("a search in a list that is narrowed", SEARCH);
    let mut next = Figure::of("the next item of a search, claimed", NEXT);
    let mut random = Random::new(11);
    for n in 0..400 {
        let text = words::search(&mut random, n);
        let tab = [Tab::All, Tab::Waiting, Tab::Decided][n % 3];
        let page = all.time(|| desk.queue(&QueueQuery { text: text.clone(), ..query(case, tab, Order::Priority) }, &admin()))?;
        if n < 24 {
            eprintln!(
                "  {text:?}: {} of {}{}, {:.0} ms",
                page.total,
                page.of,
                if page.whole { "" } else { " (cut)" },
                all.times.last().unwrap_or(&0.0)
            );
        }
        let slice = Some(["rare", "billing", "returns", "shipping"][n % 4].to_owned());
        let filter = Filter { confidence: (n % 5 == 0).then_some(Bins { from: 18, to: 19 }), ..Filter::default() };
        let query = QueueQuery {
            text,
            slice,
            filter,
            ..query(case, [Tab::Waiting, Tab::Failed, Tab::Escalated, Tab::All][n / 4 % 4], Order::Priority)
        };
        narrowed.time(|| desk.queue(&query, &admin()))?;
        if let Some(view) = next.time(|| desk.next_item(&query, &[], &admin()))? {
            desk.release(view.item.id, view.lease.ok_or("it is claimed")?.epoch, &admin())?;
        }
    }
    Ok([all, narrowed, next])
}

/// For items anywhere in the use case, whatever became of them.
fn similar(desk: &Desk) -> Done<Figure> {
    let mut figure = Figure::of("similar items that were accepted", SIMILAR);
    let items = desk.queue(&query(UseCaseId(1), Tab::All, Order::Oldest), &admin())?.total;
    let (mut random, mut found) = (Random::new(13), 0);
    for _ in 0..300 {
        let id = ItemId(1 + i64::try_from(random.below(u64::try_from(items)?))?);
        found += figure.time(|| desk.similar(id))?.len();
    }
    eprintln!("  similar items: {:.1} found each", found as f64 / 300.0);
    Ok(figure)
}

fn processor() -> String {
    let text = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let name = text.lines().find(|line| line.starts_with("model name")).and_then(|line| line.split_once(':'));
    name.map_or_else(|| std::env::consts::ARCH.to_owned(), |(_, name)| name.trim().to_owned())
}

/// The load of the machine over the last minute, where the system tells.
fn load() -> String {
    let text = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    text.split_whitespace().next().unwrap_or("unknown").to_owned()
}
