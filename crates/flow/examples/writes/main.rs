//! What `cargo xtask bench writes` builds and starts: how many changes a second are acknowledged as durable, beside how often this machine can
//! sync a file at all.
//!
//! Invariant: every figure comes from the program's own functions, on a database file on the disk that the build folder is on.

use flow::intake::{Mapping, Source};
use flow::model::Cancel;
use flow::review::{DecisionInput, Filter, Found, Order, QueueQuery, Tab, Verdict};
use flow::testing::{ScriptedDrafter, admin, use_case};
use flow::worker::{Presence, Ran, draft_one};
use flow::{Clock, Desk, ItemId, UseCaseId};
use std::error::Error;
use std::io::Write;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

const HELP: &str = "cargo xtask bench writes [--seconds <n>] [--threads <n>]";
const ITEMS: usize = 400;

type Done<T> = Result<T, Box<dyn Error>>;

fn main() -> Done<()> {
    let (mut seconds, mut threads) = (10, 64);
    let mut words = std::env::args().skip(1);
    while let Some(word) = words.next() {
        match word.as_str() {
            "--seconds" => seconds = words.next().ok_or(HELP)?.parse()?,
            "--threads" => threads = words.next().ok_or(HELP)?.parse()?,
            _ => return Err(HELP.into()),
        }
    }
    let span = Duration::from_secs(seconds);
    let target = std::path::absolute(std::env::var("CARGO_TARGET_DIR").unwrap_or_else(|_| "target".into()))?;
    std::fs::create_dir_all(&target)?;
    let place = tempfile::TempDir::new_in(&target)?;
    let syncs = syncs(&place.path().join("synced"), span.min(Duration::from_secs(5)))?;
    let desk = Desk::open(place.path(), Clock::system())?;
    let case = use_case(&desk, |_| ())?;
    let items = fill(&desk, case)?;
    println!("| | a second | of the syncs | p50 | p99 | slowest |\n|---|---|---|---|---|---|");
    println!("| 4 KiB appended and synced, one after the other | {syncs:.0} | 1.0 | | | |");
    let alone = keep(&desk, &items, 1, span)?;
    alone.say("changes acknowledged, 1 thread: each commit alone", syncs);
    let many = keep(&desk, &items, threads, span)?;
    many.say(&format!("changes acknowledged, {threads} threads: commits shared"), syncs);
    let stop = AtomicBool::new(false);
    let decided = std::thread::scope(|scope| -> Done<Times> {
        let (desk, items, stop) = (&desk, &items, &stop);
        let crowd: Vec<_> =
            (0..threads).map(|n| scope.spawn(move || keep_until(desk, items, n, &|| stop.load(Ordering::SeqCst)))).collect();
        let decided = decide(desk, case, span);
        stop.store(true, Ordering::SeqCst);
        for one in crowd {
            one.join().map_err(|_| "a thread panicked")?.map_err(|e| e.to_string())?;
        }
        decided
    })?;
    decided.say(&format!("decisions by one person meanwhile, with {threads} threads beside"), syncs);
    Ok(())
}

/// How often 4 KiB are appended and synced in a second.
fn syncs(path: &Path, span: Duration) -> Done<f64> {
    let mut file = std::fs::File::create(path)?;
    let (begun, mut n) = (Instant::now(), 0u32);
    while begun.elapsed() < span {
        file.write_all(&[7; 4096])?;
        file.sync_data()?;
        n += 1;
    }
    Ok(f64::from(n) / begun.elapsed().as_secs_f64())
}

/// Items with a draft each.
fn fill(desk: &Desk, case: UseCaseId) -> Done<Vec<ItemId>> {
    let path = desk.folder().join("in.jsonl");
    let lines: Vec<String> = (0..ITEMS).map(|n| format!("{{\"id\":\"{n}\",\"message\":\"Where is order {n}?\"}}")).collect();
    std::fs::write(&path, lines.join("\n"))?;
    let source = Source { path, format: None, encoding: None, delimiter: None };
    let mapping = Mapping { id: Some("id".into()), fields: vec!["message".into()], ..Mapping::default() };
    desk.import(case, &source, &mapping, &admin(), &Cancel::default(), &mut |_| {})?;
    let presence = Presence::enter(desk)?;
    while draft_one(desk, &ScriptedDrafter::echo(0.9), &presence, &Cancel::default(), &mut |_| {})? != Ran::Idle {}
    Ok(desk.queue(&QueueQuery { limit: 500, ..query(case) }, &admin())?.rows.into_iter().map(|row| row.id).collect())
}

fn query(use_case: UseCaseId) -> QueueQuery {
    let filter = Filter::default();
    QueueQuery { use_case, tab: Tab::Waiting, order: Order::Oldest, slice: None, text: String::new(), filter, offset: 0, limit: 100 }
}

/// Milliseconds that each took, and over how many seconds.
struct Times {
    each: Vec<f64>,
    seconds: f64,
}

impl Times {
    fn say(&self, what: &str, syncs: f64) {
        let mut sorted = self.each.clone();
        sorted.sort_by(f64::total_cmp);
        let part = |share: f64| sorted.get(((share * sorted.len() as f64).ceil() as usize).max(1) - 1).copied().unwrap_or(f64::NAN);
        let rate = self.each.len() as f64 / self.seconds;
        println!("| {what} | {rate:.0} | {:.1} | {:.1} ms | {:.1} ms | {:.1} ms |", rate / syncs, part(0.5), part(0.99), part(1.0));
    }
}

/// What people type is kept: a small change, as many at once as there are threads.
fn keep(desk: &Desk, items: &[ItemId], threads: usize, span: Duration) -> Done<Times> {
    let begun = Instant::now();
    let all = std::thread::scope(|scope| {
        let crowd: Vec<_> = (0..threads).map(|n| scope.spawn(move || keep_until(desk, items, n, &|| begun.elapsed() >= span))).collect();
        crowd.into_iter().map(|one| one.join().map_err(|_| "a thread panicked")).collect::<Result<Vec<_>, _>>()
    })?;
    let seconds = begun.elapsed().as_secs_f64();
    let each = all.into_iter().collect::<flow::Result<Vec<_>>>()?.concat();
    Ok(Times { each, seconds })
}

fn keep_until(desk: &Desk, items: &[ItemId], thread: usize, is_over: &dyn Fn() -> bool) -> flow::Result<Vec<f64>> {
    let (mut each, mut n) = (Vec::new(), 0);
    while !is_over() {
        n += 1;
        let start = Instant::now();
        desk.keep_typed(items[thread % items.len()], &format!("Dear Ada, this is version {n} of what I type."), &admin())?;
        each.push(start.elapsed().as_secs_f64() * 1e3);
    }
    Ok(each)
}

fn decide(desk: &Desk, case: UseCaseId, span: Duration) -> Done<Times> {
    let (begun, mut each) = (Instant::now(), Vec::new());
    while begun.elapsed() < span {
        let Some(view) = desk.next_item(&query(case), &[], &admin())? else { break };
        let input = DecisionInput {
            item: view.item.id,
            epoch: view.lease.as_ref().ok_or("it is not held")?.epoch,
            draft: view.drafts.last().ok_or("it has no draft")?.id,
            verdict: Verdict::Approve,
            text: None,
            reasons: Vec::new(),
            note: None,
            viewed: Duration::from_secs(9),
            found: Found::next(Order::Oldest),
        };
        let start = Instant::now();
        desk.decide(&input, &admin())?;
        each.push(start.elapsed().as_secs_f64() * 1e3);
    }
    Ok(Times { each, seconds: begun.elapsed().as_secs_f64() })
}
