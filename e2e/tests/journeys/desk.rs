//! The desk under a reviewer who never lets go of the keyboard: none of the decisions lost, none doubled, none on another item than the one
//! on the screen; and how long the next item takes. `cargo xtask proof desk` makes it a thousand.

mod memory;
mod million;
mod reviewer;
mod rival;

use crate::office::Office;
use gait_e2e::Place;
use memory::resident;
use reviewer::{Meant, Reviewer};
use rival::Rival;
use std::collections::BTreeMap;

/// A linear congruential generator (Knuth's MMIX): the same falls for the same seed.
pub struct Dice(pub u64);

impl Dice {
    pub fn roll(&mut self, sides: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % sides
    }
}

fn asked_for(variable: &str, otherwise: u32) -> u32 {
    std::env::var(variable).map_or(otherwise, |text| text.parse().unwrap_or_else(|_| panic!("{variable} is a whole number: {text}")))
}

#[tokio::test]
#[ignore = "needs a screen"]
async fn no_decision_is_lost_doubled_or_on_another_item() {
    let decisions = asked_for("GAIT_DESK_DECISIONS", 30);
    let seed = u64::from(asked_for("GAIT_DESK_SEED", 7));
    let mut place = Place::fresh("desk");
    place.own_models();
    let office = Office::filled_for_review(&place, decisions * 2 + 40);
    let case = office.case;
    drop(office);
    let mut dice = Dice(seed);
    let rival = Rival::start(place.data(), case, seed + 1);
    let mut ada = Reviewer::sit_down(&place).await;
    let mut n = 0;
    // No kills in the second half: what memory does over many decisions can be seen in a window that lives. Where there are many, none from the
    // first quarter on: the web view's own heap takes some 300 decisions to find its size.
    let (kills_until, mut next_kill) = (if decisions < 400 { decisions / 2 } else { decisions / 4 }, 8);
    let mut memory = Vec::new();
    while ada.meant.len() < decisions as usize {
        n += 1;
        if n % 2 == 0 {
            rival.go_on();
        }
        ada.turn(&mut dice, n).await;
        let made = u32::try_from(ada.meant.len()).unwrap_or(u32::MAX);
        if made >= next_kill && made < kills_until {
            ada = ada.killed_behind_a_key().await;
            next_kill = made + 5 + (decisions / 40).max(3);
        }
        if made >= decisions / 2 && (made % (decisions / 20).max(1) == 0) {
            memory.push((made, resident(&place)));
        }
    }
    let rivals = rival.end();
    let tally = std::mem::take(&mut ada.tally);
    let (meant, ledger) = (std::mem::take(&mut ada.meant), gait_e2e::Ledger::open(&place));
    ada.window.close().await;

    // What stands is what was meant, decision for decision.
    let mut expected: BTreeMap<i64, String> = BTreeMap::new();
    for Meant { item, draft, verdict, text } in &meant {
        let row = format!("Ada {draft} {verdict} {}", text.as_deref().unwrap_or("-"));
        assert!(expected.insert(*item, row).is_none(), "item {item} was decided twice");
    }
    for (item, draft, verdict) in &rivals {
        let other = expected.insert(*item, format!("Ben {draft} {verdict} -"));
        assert!(other.is_none(), "item {item} was decided by both: {other:?}");
    }
    let standing: BTreeMap<i64, String> = ledger
        .all::<String>("SELECT json_array(item, actor || ' ' || draft || ' ' || verdict || ' ' || coalesce(text, '-')) FROM decision WHERE undone_at IS NULL")
        .iter()
        .map(|row| serde_json::from_str(row).expect("a row as JSON"))
        .collect();
    assert_eq!(standing, expected, "none lost, none doubled, none on another item");
    let doubled = "SELECT item FROM event WHERE kind IN ('approved', 'edited', 'rejected') GROUP BY item HAVING count(*) <> 1 + (SELECT count(*) FROM event u WHERE u.item = event.item AND u.kind = 'undone')";
    assert_eq!(ledger.all::<i64>(doubled), Vec::<i64>::new(), "the ledger tells of one decision more than were taken back");
    let sent = "SELECT d.id FROM decision d WHERE d.undone_at IS NULL AND d.verdict <> 'reject' AND (SELECT count(*) FROM delivery x WHERE x.decision = d.id AND x.state <> 'withdrawn') <> 1";
    assert_eq!(ledger.all::<i64>(sent), Vec::<i64>::new(), "each text is on its way once");
    let leaked = "SELECT x.id FROM delivery x JOIN decision d ON d.id = x.decision WHERE (d.undone_at IS NOT NULL OR d.verdict = 'reject') AND x.state <> 'withdrawn'";
    assert_eq!(ledger.all::<i64>(leaked), Vec::<i64>::new(), "and nothing that was taken back or rejected");
    ledger.check();
    report(&tally, meant.len(), rivals.len(), &memory);
}

fn report(tally: &reviewer::Tally, decisions: usize, rivals: usize, memory: &[(u32, memory::Resident)]) {
    println!(
        "{decisions} decisions by keyboard, {rivals} by a rival; {} refused with the words kept, {} taken back, {} drafts asked for, {} skipped, {} kills",
        tally.refused, tally.undone, tally.regenerated, tally.skipped, tally.killed
    );
    let mut painted = tally.painted.clone();
    painted.sort_by(f64::total_cmp);
    let at = |share: f64| {
        painted.get(((painted.len() as f64 * share) as usize).min(painted.len().saturating_sub(1))).copied().unwrap_or(f64::NAN)
    };
    println!(
        "key press → next item painted, {} keys: p50 {:.0} ms, p90 {:.0} ms, p99 {:.0} ms, most {:.0} ms",
        painted.len(),
        at(0.5),
        at(0.9),
        at(0.99),
        at(1.0)
    );
    for ((count, keys), verdict) in tally.by_verdict.iter().zip(["approve", "edit (beside the words)", "reject with a reason"]) {
        println!("keys for {verdict}: {:.2} ({count} decisions)", *keys as f64 / f64::from((*count).max(1)));
    }
    for (made, resident) in memory {
        println!("memory after {made} decisions: program {} MiB, page {} MiB", resident.program, resident.page);
    }
}
