//! What `cargo xtask bench api` builds and starts: how many requests a second are acknowledged by the local API, and how long a decision
//! takes meanwhile.
//!
//! Invariant: what is counted was answered, and what was answered is looked for in the database afterwards.

mod client;
mod peers;

use client::Client;
use flow::model::Cancel;
use flow::review::{DecisionInput, Filter, Found, Order, QueueQuery, Tab, Verdict};
use flow::testing::{ScriptedDrafter, admin, use_case};
use flow::token::{Scope, TokenInput};
use flow::worker::{Presence, Ran, draft_one};
use flow::{Clock, Desk, UseCaseId};
use serve::{Config, Server};
use std::error::Error;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

const PAGE: &str = "docs/api-benchmark.md";
const HELP: &str = "cargo xtask bench api [--seconds <n>] [--clients <n>] [--write]
    --seconds <n>  how long the clients send; 60
    --clients <n>  how many there are; 64
    --write        also writes the figures into docs/api-benchmark.md
    --only-send <address> <token> <use case>
                   sends to a server that is there, for `cargo xtask bench window`
";
/// Items that wait for a person when it begins.
const TO_DECIDE: usize = 3_000;
/// Between two decisions, of all people of a large office together.
const BREATH: Duration = Duration::from_millis(20);
/// Acknowledged requests a second, and milliseconds of a decision, that are promised.
const LEAST_RATE: f64 = 3_000.0;
const MOST_DECISION: f64 = 50.0;

pub type Done<T> = Result<T, Box<dyn Error>>;

struct Options {
    seconds: u64,
    clients: usize,
    write: bool,
    to: Option<Receiver>,
}

/// Who is sent to.
struct Receiver {
    address: SocketAddr,
    token: String,
    use_case: String,
}

fn options() -> Done<Options> {
    let mut options = Options { seconds: 60, clients: 64, write: false, to: None };
    let mut words = std::env::args().skip(1);
    while let Some(word) = words.next() {
        match word.as_str() {
            "--write" => options.write = true,
            "--seconds" => options.seconds = words.next().ok_or(HELP)?.parse()?,
            "--clients" => options.clients = words.next().ok_or(HELP)?.parse()?,
            "--only-send" => {
                let mut next = || words.next().ok_or(HELP);
                options.to = Some(Receiver { address: next()?.parse()?, token: next()?, use_case: next()? });
            }
            _ => return Err(HELP.into()),
        }
    }
    Ok(options)
}

fn main() -> Done<()> {
    let options = options()?;
    if let Some(to) = &options.to {
        let (seconds, answers) = send_all(to, &options)?;
        println!(
            "{} clients, {seconds:.0} seconds: {:.0} requests a second acknowledged, p50 {:.1} ms, p99 {:.1} ms",
            options.clients,
            answers.len() as f64 / seconds,
            part(&answers, 0.5),
            part(&answers, 0.99)
        );
        return Ok(());
    }
    let target = std::path::absolute(std::env::var("CARGO_TARGET_DIR").unwrap_or_else(|_| "target".into()))?;
    let folder = target.join("api-bench");
    if folder.exists() {
        std::fs::remove_dir_all(&folder)?;
    }
    std::fs::create_dir_all(&folder)?;
    let load = load();
    eprintln!("Asking the disk");
    let fsync = peers::fsync_rate(&folder)?;
    eprintln!("Making {TO_DECIDE} items to decide");
    let desk = Arc::new(Desk::open(&folder, Clock::system())?);
    let case = use_case(&desk, |_| {})?;
    let token = token(&desk)?;
    let server = Server::start(Arc::clone(&desk), &Config { port: 0, v6: false, per_second: 1_000_000, beside_a_window: false })?;
    to_decide(&desk, server.addresses()[0], &token)?;
    eprintln!("{} clients send for {} seconds", options.clients, options.seconds);
    let to = Receiver { address: server.addresses()[0], token, use_case: "Replies".into() };
    let run = measure(&desk, case, &to, &options)?;
    server.end();
    let rows = desk.use_case(case)?.counts;
    let known: i64 = flow::item::State::ALL.into_iter().map(|state| rows.of(state)).sum();
    let expected = i64::try_from(run.answers.len() + TO_DECIDE)?;
    if known != expected {
        return Err(format!("{expected} requests were acknowledged, {known} are there").into());
    }
    eprintln!("Asking PostgreSQL");
    let postgres = peers::postgres(&target.join("api-bench-peer"), options.clients, options.seconds.min(20));
    let text = report(&options, &run, fsync, &postgres, load);
    print!("{text}");
    if options.write {
        std::fs::write(PAGE, format!("{}{text}", include_str!("page.md")))?;
        eprintln!("Written to {PAGE}.");
    }
    std::fs::remove_dir_all(&folder)?;
    let slow = run.rate() < LEAST_RATE || part(&run.decisions, 0.99) > MOST_DECISION;
    if slow { Err("under what is promised".into()) } else { Ok(()) }
}

fn token(desk: &Desk) -> Done<String> {
    let input = TokenInput { name: "bench".into(), scopes: vec![Scope::Submit], expires_at: None };
    Ok(desk.create_token(&admin(), &input, &serve::secret()?)?.1)
}

fn to_decide(desk: &Desk, address: SocketAddr, token: &str) -> Done<()> {
    let mut client = Client::open(address, token)?;
    for chunk in 0..TO_DECIDE / 500 {
        let items: Vec<_> =
            (0..500).map(|n| serde_json::json!({ "id": format!("d{chunk}-{n}"), "fields": { "message": WORDS } })).collect();
        client.post(&serde_json::json!({ "use_case": "Replies", "items": items }).to_string(), "")?;
    }
    let presence = Presence::enter(desk)?;
    let (drafter, cancel) = (ScriptedDrafter::echo(0.9), Cancel::default());
    while draft_one(desk, &drafter, &presence, &cancel, &mut |_| {})? != Ran::Idle {}
    Ok(())
}

const WORDS: &str = "Hello, I ordered a blue lamp two weeks ago and the parcel has not arrived yet. The number is 40-1182-7. Could you \
    tell me where it is, and whether I can still change the address? Thank you, Kim";

/// Milliseconds of each answer and of each decision.
struct Run {
    seconds: f64,
    answers: Vec<f64>,
    decisions: Vec<f64>,
}

impl Run {
    fn rate(&self) -> f64 {
        self.answers.len() as f64 / self.seconds
    }
}

fn measure(desk: &Desk, case: UseCaseId, to: &Receiver, options: &Options) -> Done<Run> {
    let ended = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let deciding = scope.spawn(|| decide(desk, case, &ended).map_err(|e| e.to_string()));
        let sent = send_all(to, options);
        ended.store(true, Ordering::SeqCst);
        let decisions = deciding.join().map_err(|_| "the person panicked")??;
        let (seconds, answers) = sent?;
        Ok(Run { seconds, answers, decisions })
    })
}

/// How long all clients sent, and milliseconds of each answer.
fn send_all(to: &Receiver, options: &Options) -> Done<(f64, Vec<f64>)> {
    let start = Instant::now();
    let until = start + Duration::from_secs(options.seconds);
    std::thread::scope(|scope| {
        let clients: Vec<_> = (0..options.clients).map(|n| scope.spawn(move || send(n, to, until).map_err(|e| e.to_string()))).collect();
        let mut answers = Vec::new();
        for client in clients {
            answers.extend(client.join().map_err(|_| "a client panicked")??);
        }
        Ok((start.elapsed().as_secs_f64(), answers))
    })
}

fn send(client: usize, to: &Receiver, until: Instant) -> Done<Vec<f64>> {
    let mut connection = Client::open(to.address, &to.token)?;
    let mut times = Vec::new();
    while Instant::now() < until {
        let id = format!("c{client}-{}", times.len());
        let body = serde_json::json!({ "use_case": to.use_case, "items": [{ "id": id, "fields": { "message": WORDS } }] }).to_string();
        let begun = Instant::now();
        connection.post(&body, &id)?;
        times.push(begun.elapsed().as_secs_f64() * 1000.0);
    }
    Ok(times)
}

/// Decides one item after the other, as the people of an office would; the time is that of the decision alone.
fn decide(desk: &Desk, case: UseCaseId, ended: &AtomicBool) -> Done<Vec<f64>> {
    let query = QueueQuery {
        use_case: case,
        tab: Tab::Waiting,
        order: Order::Oldest,
        slice: None,
        text: String::new(),
        filter: Filter::default(),
        offset: 0,
        limit: 1,
    };
    let mut times = Vec::new();
    while !ended.load(Ordering::SeqCst) {
        let Some(view) = desk.next_item(&query, &[], &admin())? else { break };
        let input = DecisionInput {
            item: view.item.id,
            epoch: view.lease.as_ref().ok_or("not claimed")?.epoch,
            draft: view.drafts.last().ok_or("not drafted")?.id,
            verdict: Verdict::Approve,
            text: None,
            reasons: Vec::new(),
            note: None,
            viewed: Duration::from_secs(9),
            found: Found::next(Order::Oldest),
        };
        let begun = Instant::now();
        desk.decide(&input, &admin())?;
        times.push(begun.elapsed().as_secs_f64() * 1000.0);
        std::thread::sleep(BREATH);
    }
    Ok(times)
}

/// The value under which this part of them lies.
fn part(times: &[f64], part: f64) -> f64 {
    let mut sorted = times.to_vec();
    sorted.sort_by(f64::total_cmp);
    let place = ((sorted.len() as f64 * part) as usize).min(sorted.len().saturating_sub(1));
    sorted.get(place).copied().unwrap_or(f64::NAN)
}

fn report(options: &Options, run: &Run, fsync: f64, postgres: &Result<f64, String>, load_before: String) -> String {
    let rate = run.rate();
    let mut text = format!(
        "- {} cores; load {load_before} before and {} after the run\n- Gait {} on {}\n- {} clients, {:.0} seconds\n- command: `cargo xtask bench api`\n\n",
        std::thread::available_parallelism().map_or(1, std::num::NonZero::get),
        load(),
        env!("CARGO_PKG_VERSION"),
        std::env::consts::OS,
        options.clients,
        run.seconds,
    );
    let times = |times: &[f64]| format!("{:.1} ms | {:.1} ms | {:.1} ms", part(times, 0.5), part(times, 0.99), part(times, 1.0));
    text.push_str("| | times | a second | p50 | p99 | slowest | promised |\n|---|---|---|---|---|---|---|\n");
    text.push_str(&format!(
        "| a request, acknowledged | {} | {rate:.0} | {} | at least {LEAST_RATE:.0} a second |\n",
        run.answers.len(),
        times(&run.answers)
    ));
    let decided = run.decisions.len() as f64 / run.seconds;
    text.push_str(&format!(
        "| a decision meanwhile, on disk | {} | {decided:.0} | {} | p99 {MOST_DECISION:.0} ms |\n\n",
        run.decisions.len(),
        times(&run.decisions)
    ));
    text.push_str(&format!("- this machine's fsync: {fsync:.0} a second; acknowledged requests ÷ fsyncs: **{:.1}**\n", rate / fsync));
    match postgres {
        Ok(theirs) => text.push_str(&format!("- PostgreSQL: {theirs:.0} transactions a second; ours ÷ theirs: **{:.2}**\n", rate / theirs)),
        Err(why) => text.push_str(&format!("- PostgreSQL: not measured ({why})\n")),
    }
    text.push_str(&format!("- all {} acknowledged requests were found in the database\n", run.answers.len()));
    text
}

/// The load of the last minute, as the system tells it.
fn load() -> String {
    let told = std::fs::read_to_string(Path::new("/proc/loadavg")).unwrap_or_default();
    told.split(' ').next().filter(|one| !one.is_empty()).unwrap_or("unknown").to_owned()
}
