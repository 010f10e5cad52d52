//! Approved text goes to a webhook that an admin has named, and what does not arrive is seen and tried again.

use crate::acts::{go, item, next_after};
use crate::office::Office;
use gait_e2e::{Ledger, PATIENCE, Place, Receiver, Window};
use std::time::Duration;

/// Sets the list in Settings.
async fn allow(window: &Window<'_>, address: &str) {
    go(window, "settings", "allowed").await;
    window.fill("allowed-webhooks", address).await;
    window.click("allowed-save").await;
    window
        .until("the list to be kept", PATIENCE, async |_| {
            let ledger = Ledger::open(window.place);
            let kept: Vec<String> = ledger.all("SELECT value FROM setting WHERE key = 'allowed'");
            Ok(kept.iter().any(|json| json.contains(address)).then_some(()))
        })
        .await;
    window.shot("sinks-allowed").await;
}

/// The part of the use case's page.
async fn part(window: &Window<'_>, tab: &str) {
    go(window, "use-cases", "use-case-edit").await;
    window.click("use-case-edit").await;
    window.click(&format!("tab-{tab}")).await;
}

async fn letters(window: &Window<'_>, receiver: &Receiver, n: usize) {
    window.until(&format!("{n} letters"), Duration::from_secs(30), async |_| Ok((receiver.letters().len() >= n).then_some(()))).await;
    assert_eq!(receiver.letters().len(), n);
}

#[tokio::test]
#[ignore = "needs a screen"]
async fn approved_text_goes_to_a_webhook_and_what_does_not_arrive_is_tried_again() {
    let mut place = Place::fresh("sinks");
    place.own_models();
    let office = Office::filled_for_review(&place, 3);
    let mut settings = office.desk.settings().expect("there are settings");
    settings.undo_seconds = 0;
    office.desk.save_settings(&settings).expect("settings can be kept");
    drop(office);
    let receiver = Receiver::start();
    let hook = format!("{}/hooks/gait", receiver.address());

    let window = Window::open(&place).await;
    // What is not on the list is refused, with a sentence.
    part(&window, "does").await;
    window.click("sink-add").await;
    window.choose("sink-kind-2", "webhook").await;
    window.fill("sink-path-2", &hook).await;
    window.shot("sinks-form").await;
    window.click("use-case-save").await;
    window.text_where("toast", "the address is refused", PATIENCE, |text| text.contains("list")).await;
    let ledger = Ledger::open(&place);
    assert_eq!(ledger.one::<i64>("SELECT count(*) FROM sink WHERE kind = 'webhook'"), 0);
    window.click("toast-close").await;
    window.gone("toast").await;

    allow(&window, &receiver.address()).await;
    part(&window, "does").await;
    window.click("sink-add").await;
    window.choose("sink-kind-2", "webhook").await;
    window.fill("sink-path-2", &hook).await;
    window.click("use-case-save").await;
    window.gone("use-case-bar").await;
    assert_eq!(ledger.one::<i64>("SELECT count(*) FROM sink WHERE kind = 'webhook' AND removed_at IS NULL"), 1);

    // A test arrives, signed; the secret can be seen.
    window.click("tab-inout").await;
    window.see("sink-secret").await;
    let tests = window.web.find_all(thirtyfour::By::Testid("sink-test")).await.expect("there are buttons");
    tests.last().expect("one of them is the webhook's").click().await.expect("it can be clicked");
    letters(&window, &receiver, 1).await;
    assert_eq!(receiver.letters()[0].body["type"], "gait.test");
    assert!(receiver.letters()[0].head.contains("webhook-signature: v1,"), "{}", receiver.letters()[0].head);
    window.click("sink-secret").await;
    window.text_where("sink-secret-value", "the secret", PATIENCE, |text| text.starts_with("whsec_")).await;
    window.shot("sinks-in-and-out").await;

    // Approved by key; it goes out by itself.
    go(&window, "review", "desk").await;
    let first = item(&window).await;
    window.keys("a").await;
    next_after(&window, first).await;
    letters(&window, &receiver, 2).await;
    assert_eq!(receiver.letters()[1].body["type"], "text.approved");

    // Refused: left to a person, who tries it again.
    receiver.answers(400);
    let second = item(&window).await;
    window.keys("a").await;
    next_after(&window, second).await;
    letters(&window, &receiver, 3).await;
    part(&window, "inout").await;
    window.text_where("failing-text", "it is left to a person", PATIENCE, |text| text.contains("400")).await;
    window.shot("sinks-left-to-a-person").await;
    receiver.answers(200);
    window.click("try-again").await;
    letters(&window, &receiver, 4).await;
    window.gone("failing-text").await;
    let ids: Vec<_> = receiver.letters()[2..].iter().map(|letter| letter.body["data"]["id"].clone()).collect();
    assert_eq!(ids[0], ids[1], "the same id");
    ledger.check();
    window.close().await;
}
