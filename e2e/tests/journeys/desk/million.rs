//! `cargo xtask bench window`: how long a person waits at the desk when the queue has a million items.
//!
//! Invariant: every time is taken in the page, from the person's event to the frame that shows what was asked for.

use super::reviewer::Reviewer;
use super::{Dice, asked_for};
use flow::local_api::ApiSetting;
use flow::testing::admin;
use flow::token::{Scope, TokenInput};
use flow::use_case::UseCaseInput;
use flow::{Clock, Desk};
use gait_e2e::{PATIENCE, Place, Window, target};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

/// What is asked of the list, and how: each gives other rows than the one before.
const CHANGES: [(&str, &str); 24] = [
    ("order", "least_confident"),
    ("slice", "=returns"),
    ("order", "oldest"),
    ("source", "=mail"),
    ("level", "walk"),
    ("slice", "=billing"),
    ("level", ""),
    ("source", ""),
    ("order", "random"),
    ("confidence-from", "0.9"),
    ("slice", "=shipping"),
    ("confidence-from", ""),
    ("tab", "decided"),
    ("order", "priority"),
    ("slice", ""),
    ("source", "=chat"),
    ("tab", "all"),
    ("slice", "=rare"),
    ("source", ""),
    ("tab", "escalated"),
    ("slice", ""),
    ("tab", "failed"),
    ("tab", "drafting"),
    ("tab", "waiting"),
];
const SEARCHES: [&str; 12] =
    ["parcel", "환불", "refund", "kakaka", "배송", "FW-77", "mikaka", "Tuesday", "lorenmi", "주소를", "invoice", "FW-123456"];
/// Milliseconds that the page waits for the next letter of a search.
const TYPING: f64 = 200.0;

#[tokio::test]
#[ignore = "cargo xtask bench window"]
async fn the_next_item_and_the_list_over_a_million_items() {
    let Some(made) = std::env::var_os("GAIT_DESK_MADE").map(PathBuf::from) else {
        println!("left out: GAIT_DESK_MADE names no folder with items");
        return;
    };
    let place = Place::fresh("million");
    std::fs::create_dir(place.data()).expect("the place can be written");
    for name in ["gait.db", "gait.mark"] {
        std::fs::copy(made.join(name), place.data().join(name)).expect("the items can be copied");
    }
    let desk = Desk::open(&place.data(), Clock::system()).expect("the items open");
    let mut settings = desk.settings().expect("there are settings");
    settings.person = admin().name;
    desk.save_settings(&settings).expect("settings can be kept");
    desk.save_api_setting(&admin(), &ApiSetting { on: true, port: PORT, v6: false }).expect("the local API can be switched on");
    let token = TokenInput { name: "load".into(), scopes: vec![Scope::Submit], expires_at: None };
    let (_, token) = desk.create_token(&admin(), &token, &[7; 32]).expect("a token can be made");
    let case = desk.use_cases().expect("there is a use case").remove(0);
    // What waits for a draft stays as it is: its model is a script's.
    let input = UseCaseInput { model: None, ..case.input };
    desk.save_use_case(&admin(), Some(case.id), &input).expect("the use case can be kept");
    let case = input.name;
    drop(desk);
    let mut ada = Reviewer::sit_down(&place).await;
    let lists = lists(&ada.window).await;
    let decisions = asked_for("GAIT_DESK_DECISIONS", 400);
    let mut dice = Dice(11);
    let painted = keys(&mut ada, decisions, &mut dice).await;
    // And while requests come in by the program's own API as fast as they are taken.
    let seconds = asked_for("GAIT_DESK_SECONDS", 60);
    let mut load = send(&token, &case, seconds);
    tokio::time::sleep(std::time::Duration::from_secs(2)).await;
    let mut loaded = Vec::new();
    while load.try_wait().expect("the load is ours").is_none() {
        loaded.extend(keys(&mut ada, 1, &mut dice).await);
    }
    let sent = load.wait_with_output().expect("the load is ours");
    assert!(sent.status.success(), "{}", String::from_utf8_lossy(&sent.stderr));
    let items: i64 = ada.ledger.one("SELECT sum(n) FROM item_count");
    ada.window.close().await;
    println!("{items} items at the end; {}", String::from_utf8_lossy(&sent.stdout).trim());
    let [changed, scrolled, searched] = lists;
    let slow = [
        told("key press → next item painted", painted, Some(30.0), 100.0),
        told("a tab, an order or a filter → its list painted", changed, None, 150.0),
        told("a place further down the list → its rows painted", scrolled, None, 150.0),
        told("a search → what it found painted (the 200 ms for the next letter left out)", searched, None, 200.0),
        told("key press → next item painted, under that load", loaded, Some(30.0), 100.0),
    ];
    assert!(!slow.contains(&true), "over the limit");
}

const PORT: u16 = 42_480;

/// Clients of the program's own local API, in a process of their own.
fn send(token: &str, case: &str, seconds: u32) -> Child {
    let sender = target().join("debug/examples/api");
    Command::new(&sender)
        .args(["--seconds", &seconds.to_string(), "--only-send", &format!("127.0.0.1:{PORT}"), token, case])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap_or_else(|e| panic!("{} cannot be started: {e}", sender.display()))
}

/// Decides so many items; milliseconds from each key to the next item.
async fn keys(ada: &mut Reviewer<'_>, decisions: u32, dice: &mut Dice) -> Vec<f64> {
    for n in 0..decisions {
        let verdict = [0, 0, 0, 0, 0, 0, 1, 1, 2, 2][dice.roll(10) as usize];
        assert!(ada.decide(verdict, n).await, "nobody else is here");
    }
    let painted = std::mem::take(&mut ada.tally.painted);
    assert_eq!(painted.len(), decisions as usize, "each key has its time");
    painted
}

/// Times in milliseconds: changes of the list, places further down, searches.
async fn lists(window: &Window<'_>) -> [Vec<f64>; 3] {
    window.see("queue-row").await;
    window.web.execute(include_str!("list.js"), Vec::new()).await.expect("a script runs");
    window.click("filters").await;
    window.see("slice").await;
    let mut times: [Vec<f64>; 3] = Default::default();
    for _ in 0..5 {
        for (what, value) in CHANGES {
            match what {
                "tab" => window.click(&format!("tab-{value}")).await,
                _ => window.choose(what, value).await,
            }
            times[0].push(time(window, &format!("{what} {value:?}")).await);
        }
    }
    for n in 1..=60 {
        let row = n * 7_919 % 19_000;
        window.read::<()>(&format!("document.querySelector('[data-testid=queue] .list').scrollTop = {row} * 56;")).await;
        times[1].push(time(window, &format!("row {row}")).await);
    }
    for word in SEARCHES.into_iter().cycle().take(60) {
        search(window, word).await;
        times[2].push(time(window, word).await - TYPING);
    }
    search(window, "").await;
    time(window, "the whole list").await;
    times
}

async fn search(window: &Window<'_>, word: &str) {
    let script = "const field = document.querySelector('[data-testid=search]'); field.value = arguments[0];
        field.dispatchEvent(new InputEvent('input', { bubbles: true }));";
    window.web.execute(script, vec![word.into()]).await.expect("a script runs");
}

async fn time(window: &Window<'_>, what: &str) -> f64 {
    window
        .until(&format!("other rows after {what}"), PATIENCE, async |_| {
            Ok(window.read::<Vec<f64>>("return window.__lists.splice(0);").await.pop())
        })
        .await
}

/// Prints what came of it; whether it is over its limit (ms).
fn told(what: &str, mut times: Vec<f64>, half: Option<f64>, most: f64) -> bool {
    times.sort_by(f64::total_cmp);
    let part = |share: f64| times[((share * times.len() as f64).ceil() as usize).clamp(1, times.len()) - 1];
    let limit = half.map_or_else(String::new, |half| format!("p50 {half:.0} ms, "));
    println!(
        "{what}: {} times, p50 {:.0} ms, p90 {:.0} ms, p99 {:.0} ms, most {:.0} ms (wanted {limit}p99 {most:.0} ms)",
        times.len(),
        part(0.5),
        part(0.9),
        part(0.99),
        part(1.0)
    );
    part(0.99) > most || half.is_some_and(|half| part(0.5) > half)
}
