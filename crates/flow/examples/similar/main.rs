//! How long it takes to find what is like an item among a million: `cargo run -p gait-flow --example similar -- 1000000`.
//!
//! Invariant: the requests share words as texts of people do (a few words are in most, most words are in few), and half of them are decided.

use flow::testing::use_case;
use flow::{Clock, Desk, ItemId};
use std::error::Error;
use std::path::Path;
use std::time::Instant;

type Done<T> = Result<T, Box<dyn Error>>;

/// Looks random, and is the same in every run (Knuth's MMIX).
struct Draw(u64);

impl Draw {
    fn share(&mut self) -> f64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 11) as f64 / (1_u64 << 53) as f64
    }
}

const WORDS: usize = 20_000;

/// A word by its rank: the common ones are short, as in a language.
fn word(rank: usize) -> String {
    const PARTS: [&str; 16] = ["ba", "ce", "di", "fo", "gu", "ha", "ke", "li", "mo", "nu", "par", "cel", "ran", "tor", "sen", "vik"];
    let mut n = rank + 17;
    let mut text = String::new();
    while n > 0 {
        text.push_str(PARTS[n % PARTS.len()]);
        n /= PARTS.len();
    }
    text
}

/// By Zipf's law: the chance of a rank is as one over it.
fn request(draw: &mut Draw, words: &[String]) -> String {
    let n = 10 + (draw.share() * 20.0) as usize;
    let pick = |share: f64| &words[((WORDS as f64).powf(share) as usize).min(WORDS) - 1];
    (0..n).map(|_| pick(draw.share()).as_str()).collect::<Vec<_>>().join(" ")
}

fn fill(folder: &Path, items: i64) -> Done<()> {
    let mut c = rusqlite::Connection::open(folder.join("gait.db"))?;
    c.pragma_update(None, "synchronous", "OFF")?;
    // An item names its draft, and comes before it.
    c.pragma_update(None, "foreign_keys", "OFF")?;
    let (words, mut draw) = ((0..WORDS).map(word).collect::<Vec<_>>(), Draw(7));
    let t = c.transaction()?;
    {
        let mut item = t.prepare(
            "INSERT INTO item (id, uid, use_case, source, request_key, request_sha256, fields, audience, state, draft, confidence, created_at, updated_at)
             VALUES (?1, ?2, 1, 'bench', ?1, printf('%064x', ?1), ?3, 'external', ?4, ?1, 0.5, ?1, ?1)",
        )?;
        let mut text = t.prepare("INSERT INTO item_text (rowid, body) VALUES (?1, ?2)")?;
        let mut draft = t.prepare(
            "INSERT INTO draft (id, item, n, drafter_version, seed, prompt_sha256, text, tokens, confidence, prompt_tokens, output_tokens, ttft_us, tpot_us, stop,
               route_outcome, route_reason, route_level, route_threshold, created_at, route_words, check_probability, check_drawn, epoch, compute_us)
             VALUES (?1, ?1, 1, 1, ?1, '0', 'It is on its way, number ' || ?1, '[]', 0.5, 30, 6, 1, 1, 'end', 'review', 'not_confident', 'crawl', 0.8, ?1, '', 0.1, 0, 1, 1)",
        )?;
        let mut decision = t.prepare(
            "INSERT INTO decision (item, draft, lease_epoch, made_by, actor, verdict, edit_distance, viewed_ms, level, at, epoch, charter)
             VALUES (?1, ?1, 1, 'person', 'Ada', 'approve', 0, 9000, 'crawl', ?1, 1, 1)",
        )?;
        for id in 1..=items {
            let body = request(&mut draw, &words);
            let fields = serde_json::json!([{ "name": "message", "value": body }]).to_string();
            let decided = id <= items / 2;
            item.execute(rusqlite::params![id, format!("u{id}"), fields, if decided { "approved" } else { "in_review" }])?;
            text.execute(rusqlite::params![id, body])?;
            draft.execute([id])?;
            if decided {
                decision.execute([id])?;
            }
        }
    }
    t.commit()?;
    Ok(())
}

fn main() -> Done<()> {
    let items: i64 = std::env::args().nth(1).map_or(Ok(1_000_000), |word| word.parse())?;
    let folder = tempfile::TempDir::new()?;
    let desk = Desk::open(folder.path(), Clock::system())?;
    use_case(&desk, |_| {})?;
    let start = Instant::now();
    fill(folder.path(), items)?;
    let size = folder.path().join("gait.db").metadata()?.len();
    eprintln!("{items} items, {:.1} GB, made in {:.0} s", size as f64 / 1e9, start.elapsed().as_secs_f64());
    let (mut times, mut found, mut draw) = (Vec::new(), 0, Draw(11));
    for _ in 0..300 {
        let id = ItemId(items / 2 + 1 + (draw.share() * (items / 2 - 1) as f64) as i64);
        let start = Instant::now();
        found += desk.similar(id)?.len();
        times.push(start.elapsed().as_secs_f64() * 1e3);
    }
    times.sort_by(f64::total_cmp);
    let at = |share: f64| times[((times.len() as f64 * share) as usize).min(times.len() - 1)];
    println!(
        "similar items among {items}: p50 {:.1} ms, p99 {:.1} ms, most {:.1} ms; {:.1} found each",
        at(0.5),
        at(0.99),
        at(1.0),
        f64::from(found as u32) / 300.0
    );
    Ok(())
}
