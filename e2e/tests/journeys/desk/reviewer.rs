//! A reviewer who works by keyboard alone, and remembers what stood on the screen at each key.
//!
//! Invariant: what is expected of the database is what was seen when the deciding key was pressed, never what the database says.

use super::Dice;
use gait_e2e::{Ledger, PATIENCE, Place, Window};
use serde::Deserialize;
use std::time::Duration;
use thirtyfour::prelude::*;

/// What stands on the screen; with a key, when it was pressed.
#[derive(Debug, Clone, Deserialize)]
pub struct Seen {
    #[serde(default)]
    pub key: String,
    pub item: i64,
    pub draft: i64,
    pub text: String,
    pub decidable: bool,
    /// Test id of the open dialog.
    pub dialog: String,
    pub empty: bool,
    /// Milliseconds until the next item was painted.
    #[serde(default)]
    pub painted: Option<f64>,
}

/// A decision that the window acknowledged, as it was meant.
#[derive(Debug, Clone, PartialEq)]
pub struct Meant {
    pub item: i64,
    pub draft: i64,
    pub verdict: &'static str,
    pub text: Option<String>,
}

#[derive(Debug, Default)]
pub struct Tally {
    pub refused: u32,
    pub undone: u32,
    pub regenerated: u32,
    pub skipped: u32,
    pub killed: u32,
    pub painted: Vec<f64>,
    /// Keys pressed for decisions, without the words of edits, and for how many decisions.
    pub keys: usize,
    pub by_verdict: [(u32, usize); 3],
}

pub struct Reviewer<'a> {
    place: &'a Place,
    pub window: Window<'a>,
    pub ledger: Ledger,
    pub meant: Vec<Meant>,
    pub tally: Tally,
    /// The newest decision of this person that was looked at.
    last: i64,
}

const VERDICTS: [&str; 3] = ["approve", "edit", "reject"];

impl<'a> Reviewer<'a> {
    pub async fn sit_down(place: &'a Place) -> Self {
        let window = Window::open(place).await;
        install(&window).await;
        let ledger = Ledger::open(place);
        Self { place, window, ledger, meant: Vec::new(), tally: Tally::default(), last: 0 }
    }

    pub async fn look(&self) -> Seen {
        self.window.read("return window.__look();").await
    }

    /// Waits until something can be decided; closes what a refusal left open, and leaves what somebody else took.
    pub async fn something_to_decide(&mut self) -> Seen {
        let start = std::time::Instant::now();
        loop {
            let seen = self.look().await;
            if !seen.dialog.is_empty() {
                self.window.press(Key::Escape).await;
            } else if seen.decidable && seen.item != 0 && !seen.text.is_empty() {
                return seen;
            } else if seen.item != 0 && !seen.text.is_empty() {
                // Read-only: somebody has it. The next one of the list.
                self.window.keys("j").await;
            }
            assert!(!seen.empty, "the queue has more than is asked for");
            assert!(start.elapsed() < 3 * PATIENCE, "nothing to decide: {seen:?}");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// The keys since the last call.
    async fn pressed(&self) -> Vec<Seen> {
        self.window.read("return window.__seen.splice(0);").await
    }

    /// Decides what is on the desk; false when it was refused.
    pub async fn decide(&mut self, verdict: usize, n: u32) -> bool {
        self.something_to_decide().await;
        self.pressed().await;
        let typed = format!(" Nr. {n} 알겠습니다");
        match VERDICTS[verdict] {
            "approve" => self.window.keys("a").await,
            "edit" => {
                self.window.keys("e").await;
                self.window.key_with(Key::Control, Key::End).await;
                self.window.keys(&typed).await;
                self.window.key_with(Key::Control, Key::Enter).await;
            }
            _ => {
                self.window.keys("x").await;
                self.window
                    .until("the reasons", PATIENCE, async |web| {
                        web.find(By::Testid("reason-1")).await?.is_displayed().await.map(|seen| seen.then_some(()))
                    })
                    .await;
                self.window.keys("1").await;
                self.window.keys("\n").await;
            }
        }
        let keys = self.pressed_until_painted().await;
        // The last key that decides is what the reviewer pressed for what they saw.
        let Some(seen) = keys.iter().rev().find(|key| ["a", "Enter"].contains(&key.key.as_str())).cloned() else {
            // The reject dialog may have found nothing to reject any more.
            self.tally.refused += 1;
            return false;
        };
        self.tally.painted.extend(seen.painted);
        let kept = self.kept_or_refused(seen.item).await;
        let Some(kept) = kept else {
            self.tally.refused += 1;
            self.refusal_shows(verdict, &typed).await;
            return false;
        };
        let meant = self.meant_by(verdict, &seen);
        assert_eq!(kept, meant, "the decision is on what was on the screen when the key was pressed");
        let words = if verdict == 1 { typed.chars().count() + 1 } else { 0 };
        let pressed = keys.iter().filter(|key| !["Control", "Shift"].contains(&key.key.as_str())).count().saturating_sub(words);
        self.tally.by_verdict[verdict].0 += 1;
        self.tally.by_verdict[verdict].1 += pressed;
        self.tally.keys += pressed;
        self.meant.push(meant);
        true
    }

    /// What a verdict on what was seen has to be. To approve is to approve the text on the screen: where words stand there that were typed
    /// before and refused then, it is an edit.
    fn meant_by(&self, verdict: usize, seen: &Seen) -> Meant {
        let draft = self.ledger.one::<String>(&format!("SELECT text FROM draft WHERE id = {}", seen.draft));
        let edited = verdict == 1 || verdict == 0 && seen.text != draft;
        let verdict = if edited { "edit" } else { VERDICTS[verdict] };
        Meant { item: seen.item, draft: seen.draft, verdict, text: edited.then(|| seen.text.clone()) }
    }

    /// Keys, once the one that decided has its time until the next item was painted (or there is none).
    async fn pressed_until_painted(&self) -> Vec<Seen> {
        let start = std::time::Instant::now();
        loop {
            let done: bool = self
                .window
                .read("return document.querySelector('[data-testid=conflict]') !== null || window.__seen.some((key) => key.painted !== null);")
                .await;
            if done || start.elapsed() > Duration::from_secs(4) {
                return self.pressed().await;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    /// The decision on an item as the database has it; `None` where the window says that it was refused.
    async fn kept_or_refused(&mut self, item: i64) -> Option<Meant> {
        let sql = format!(
            "SELECT json_object('id', id, 'draft', draft, 'verdict', verdict, 'text', text) FROM decision
             WHERE item = {item} AND actor = 'Ada' AND undone_at IS NULL AND id > {}",
            self.last
        );
        let ledger = &self.ledger;
        let row = self
            .window
            .until(&format!("the decision on {item} to be kept, or refused"), PATIENCE, async |web| {
                if let Some(row) = ledger.all::<String>(&sql).pop() {
                    return Ok(Some(Some(row)));
                }
                let refused = !web.find_all(By::Testid("conflict")).await?.is_empty();
                // A decision that was kept in between wins.
                Ok(refused.then(|| ledger.all::<String>(&sql).pop()))
            })
            .await?;
        let row: serde_json::Value = serde_json::from_str(&row).expect("a row as JSON");
        self.last = row["id"].as_i64().expect("an id");
        let verdict = VERDICTS.into_iter().find(|verdict| row["verdict"] == *verdict).expect("a verdict that is known");
        Some(Meant { item, draft: row["draft"].as_i64().expect("a draft"), verdict, text: row["text"].as_str().map(str::to_owned) })
    }

    /// The loser's words are on the screen beside the other version.
    async fn refusal_shows(&self, verdict: usize, typed: &str) {
        if verdict == 1 {
            self.window.text_where("conflict-mine", "the typed words", PATIENCE, |mine| mine.contains(typed.trim())).await;
        }
        self.window.press(Key::Escape).await;
        self.window.gone("conflict").await;
    }

    /// Takes the last decision back.
    pub async fn undo(&mut self) {
        let Some(last) = self.meant.last().cloned() else { return };
        self.something_to_decide().await;
        self.window.keys("u").await;
        let sql = format!("SELECT count(*) FROM decision WHERE item = {} AND id = {} AND undone_at IS NOT NULL", last.item, self.last);
        let ledger = &self.ledger;
        self.window
            .until(&format!("the decision on {} to be taken back", last.item), PATIENCE, async |_| {
                Ok((ledger.one::<i64>(&sql) == 1).then_some(()))
            })
            .await;
        self.window
            .until(&format!("item {} on the desk again", last.item), PATIENCE, async |web| {
                let id = web.find(By::Testid("desk")).await?.attr("data-item").await?;
                Ok((id == Some(last.item.to_string())).then_some(()))
            })
            .await;
        self.meant.pop();
        self.last = 0;
        self.last = self.ledger.one("SELECT coalesce(max(id), 0) FROM decision WHERE actor = 'Ada'");
        self.tally.undone += 1;
    }

    /// Asks for another draft and waits until it is written; the old one is kept.
    pub async fn regenerate(&mut self) {
        let seen = self.something_to_decide().await;
        let drafts = format!("SELECT count(*) FROM draft WHERE item = {}", seen.item);
        let before: i64 = self.ledger.one(&drafts);
        self.window.keys("r").await;
        let ledger = &self.ledger;
        let came = self
            .window
            .until("another draft, or the word that it cannot be had", Duration::from_secs(60), async |web| {
                if ledger.one::<i64>(&drafts) > before {
                    return Ok(Some(true));
                }
                let writing = !web.find_all(By::Testid("stream")).await?.is_empty();
                let lost = web.find_all(By::Testid("approve")).await?.is_empty();
                Ok((!writing && lost).then_some(false))
            })
            .await;
        if came {
            self.tally.regenerated += 1;
        }
    }

    pub async fn skip(&mut self) {
        let seen = self.something_to_decide().await;
        let skips = format!("SELECT count(*) FROM event WHERE item = {} AND kind = 'skipped'", seen.item);
        let before: i64 = self.ledger.one(&skips);
        self.window.keys("s").await;
        // The next item is there at once; a refusal comes later, and would be in the way of what is done next.
        self.window
            .until("the item to be put back, or a refusal", PATIENCE, async |_| {
                let now = self.look().await;
                Ok((self.ledger.one::<i64>(&skips) > before || !now.dialog.is_empty()).then_some(()))
            })
            .await;
        self.tally.skipped += 1;
    }

    /// `kill -9` right behind a deciding key: the decision is kept or it is not, and nothing in between.
    pub async fn killed_behind_a_key(mut self) -> Self {
        let seen = self.something_to_decide().await;
        self.window.keys("a").await;
        self.window.kill().await;
        self.window = Window::open(self.place).await;
        install(&self.window).await;
        self.ledger = Ledger::open(self.place);
        self.ledger.check();
        let sql = format!(
            "SELECT json_object('id', id, 'draft', draft, 'verdict', verdict) FROM decision
             WHERE item = {} AND actor = 'Ada' AND undone_at IS NULL AND id > {}",
            seen.item, self.last
        );
        if let Some(row) = self.ledger.all::<String>(&sql).pop() {
            let row: serde_json::Value = serde_json::from_str(&row).expect("a row as JSON");
            let meant = self.meant_by(0, &seen);
            assert_eq!((row["draft"].as_i64(), row["verdict"].as_str()), (Some(seen.draft), Some(meant.verdict)), "what was on the screen");
            self.last = row["id"].as_i64().expect("an id");
            self.meant.push(meant);
        }
        self.tally.killed += 1;
        self
    }

    /// One turn of work, as the dice fall.
    pub async fn turn(&mut self, dice: &mut Dice, n: u32) {
        match dice.roll(100) {
            0..4 => self.regenerate().await,
            4..8 => self.skip().await,
            _ => {}
        }
        let verdict = [0, 0, 0, 0, 0, 0, 1, 1, 2, 2][dice.roll(10) as usize];
        let decided = self.decide(verdict, n).await;
        if decided && dice.roll(12) == 0 {
            self.undo().await;
        }
    }
}

async fn install(window: &Window<'_>) {
    window.see("editor").await;
    window.web.execute(include_str!("seen.js"), Vec::new()).await.expect("a script runs");
}
