//! A second process's share of the same queue: another reviewer on a desk of their own, whose clock is ahead at times.
//!
//! Invariant: it does one thing for each word that it is sent, so that no test waits for a time.

use flow::clock::{ClockHand, Millis};
use flow::review::{DecisionInput, Filter, Found, ItemView, Order, QueueQuery, Tab, Verdict};
use flow::testing::reviewer;
use flow::{Clock, Desk, Error, UseCaseId};
use std::path::PathBuf;
use std::sync::mpsc;
use std::thread::JoinHandle;
use std::time::Duration;

/// What was acknowledged to it: item, draft, verdict.
pub type Done = (i64, i64, &'static str);

pub struct Rival {
    orders: Option<mpsc::Sender<()>>,
    hand: Option<JoinHandle<Vec<Done>>>,
}

impl Rival {
    pub fn start(folder: PathBuf, case: UseCaseId, seed: u64) -> Self {
        let (orders, heard) = mpsc::channel();
        let hand = std::thread::spawn(move || work(&folder, case, &heard, super::Dice(seed)));
        Self { orders: Some(orders), hand: Some(hand) }
    }

    /// Does one thing more, some time.
    pub fn go_on(&self) {
        self.orders.as_ref().and_then(|orders| orders.send(()).ok()).expect("the rival is at work");
    }

    /// Everything that it decided.
    pub fn end(mut self) -> Vec<Done> {
        drop(self.orders.take());
        self.hand.take().expect("it ends once").join().expect("the rival met nothing odd")
    }
}

/// A desk whose clock is so far ahead that every claim of another one seems over.
struct Ahead {
    desk: Desk,
    hand: ClockHand,
}

const AHEAD: i64 = 180_000;

impl Ahead {
    fn now(&self) -> &Desk {
        let late = Clock::system().now().0 + AHEAD - self.desk.now().0;
        self.hand.advance(Duration::from_millis(u64::try_from(late).unwrap_or(0)));
        &self.desk
    }
}

fn work(folder: &std::path::Path, case: UseCaseId, heard: &mpsc::Receiver<()>, mut dice: super::Dice) -> Vec<Done> {
    let desk = Desk::open(folder, Clock::system()).expect("a second process opens the database");
    let (clock, hand) = Clock::by_hand(Millis(Clock::system().now().0 + AHEAD));
    let ahead = Ahead { desk: Desk::open(folder, clock).expect("a third one, too"), hand };
    let mut done = Vec::new();
    while heard.recv().is_ok() {
        let (desk, verdict) = match dice.roll(8) {
            0..4 => (&desk, Verdict::Approve),
            4 | 5 => (ahead.now(), Verdict::Reject),
            // Takes an item from whoever holds it, and goes away with it until its claim is over.
            6 => {
                next(ahead.now(), case);
                continue;
            }
            _ => continue,
        };
        let Some(view) = next(desk, case) else { continue };
        match desk.decide(&decision(&view, verdict), &reviewer()) {
            Ok(_) => done.push((view.item.id.0, view.drafts.last().expect("it has a draft").id.0, verdict.as_str())),
            // Somebody took it meanwhile.
            Err(Error::Stale { .. }) => {}
            Err(other) => panic!("{other}"),
        }
    }
    done
}

fn next(desk: &Desk, case: UseCaseId) -> Option<ItemView> {
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
    desk.next_item(&query, &[], &reviewer()).expect("the queue can be read")
}

fn decision(view: &ItemView, verdict: Verdict) -> DecisionInput {
    DecisionInput {
        item: view.item.id,
        epoch: view.lease.as_ref().expect("it is claimed").epoch,
        draft: view.drafts.last().expect("it has a draft").id,
        verdict,
        text: None,
        reasons: if verdict == Verdict::Reject { vec!["wrong".into()] } else { Vec::new() },
        note: None,
        viewed: Duration::from_secs(7),
        found: Found::next(Order::Oldest),
    }
}
