//! A model of one's own: looked at, added, measured, verified, deleted.

use crate::acts::{go, try_the_sample};
use gait_e2e::{Ledger, PATIENCE, Place, Window};
use std::time::Duration;
use thirtyfour::prelude::*;

/// The card of the model that was added last.
const OWN: &str = "[data-testid=model-row]:last-child";

#[tokio::test]
#[ignore = "needs a screen"]
async fn a_model_of_ones_own_from_the_file_to_its_deletion() {
    let mut place = Place::fresh("models");
    let models = place.own_models();
    // Another model than the starter: the same weights under another name inside the file.
    let own = place.folder().join("own.gguf");
    let mut bytes = std::fs::read(models.join("starter/gait-starter-q8_0.gguf")).expect("the starter model is there");
    rename(&mut bytes);
    std::fs::write(&own, &bytes).expect("the place can be written");

    let window = Window::open(&place).await;
    try_the_sample(&window).await;
    go(&window, "models", "model-row").await;
    window.click("model-add").await;
    window.fill("model-path", &own.display().to_string()).await;
    window.click("model-inspect").await;
    let words = window.text("model-look").await;
    for word in ["Llama", "weights", "Licence", "Memory"] {
        assert!(words.contains(word), "{word}: {words}");
    }
    window.shot("model-look").await;
    window.click("model-import").await;
    let ledger = Ledger::open(&place);
    until_kept(&window, &ledger, "SELECT count(*) FROM model WHERE path LIKE '%own.gguf' AND removed_at IS NULL", 1).await;
    window
        .until("both models in the list", PATIENCE, async |web| {
            let cards = web.find_all(By::Testid("model-row")).await?;
            Ok((cards.len() == 2).then_some(()))
        })
        .await;

    press(&window, "model-measure").await;
    within(&window, "model-measured", "a measurement", Duration::from_secs(300), |text| text.contains("drafts a minute")).await;
    eprintln!("measured: {}", text(&window, "model-measured").await);
    assert_eq!(ledger.one::<i64>("SELECT count(*) FROM model WHERE measured IS NOT NULL"), 1);
    assert!(
        ledger.one::<i64>("SELECT measured ->> '$.peak_bytes' FROM model WHERE measured IS NOT NULL") > 5_000_000,
        "of its own process"
    );
    window.shot("model-measured").await;

    press(&window, "model-verify").await;
    within(&window, "model-checked", "still the same", PATIENCE, |text| text.contains("byte for byte")).await;
    // One byte of the weights is turned behind its back.
    let last = bytes.len() - 1;
    bytes[last] ^= 1;
    std::fs::write(&own, &bytes).expect("the file can be written");
    press(&window, "model-verify").await;
    within(&window, "model-checked", "the change is found", PATIENCE, |text| text.contains("No longer")).await;
    window.shot("model-changed").await;
    bytes[last] ^= 1;
    std::fs::write(&own, &bytes).expect("the file can be written");
    press(&window, "model-verify").await;
    within(&window, "model-checked", "it is right again", PATIENCE, |text| text.contains("byte for byte")).await;

    // Downloading is off until somebody allows it.
    window.click("model-download").await;
    assert!(window.text("hub-off").await.contains("asks no host"));
    window.click("hub-settings").await;
    window.see("settings-hub").await;
    go(&window, "models", "model-row").await;

    press(&window, "model-remove").await;
    window.click("model-delete-file").await;
    assert!(window.text("model-delete-warning").await.contains("MB"), "the size is named");
    window.shot("model-delete").await;
    window.click("model-remove-confirm").await;
    until_kept(&window, &ledger, "SELECT count(*) FROM model WHERE path LIKE '%own.gguf' AND removed_at IS NULL", 0).await;
    assert!(!own.exists(), "the file is deleted");
    ledger.check();
    window.close().await;
}

/// Turns one letter of the name inside the file.
fn rename(bytes: &mut [u8]) {
    let key = b"general.name";
    let at = bytes.windows(key.len()).position(|window| window == key).expect("the model has a name");
    // Key, kind (4 bytes), length (8 bytes), text.
    bytes[at + key.len() + 12] = b'Y';
}

/// Presses a button of the own model's card. What was told in a corner is closed before: it may lie over the button.
async fn press(window: &Window<'_>, id: &str) {
    for close in window.web.find_all(By::Css("[data-testid=toast] button")).await.unwrap_or_default() {
        // It may have gone by itself.
        close.click().await.ok();
    }
    window.gone("toast").await;
    window
        .until(&format!("`{id}` of the own model to be clicked"), PATIENCE, async |web| {
            let button = web.find(By::Css(format!("{OWN} [data-testid={id}]"))).await?;
            if !button.is_enabled().await? {
                return Ok(None);
            }
            button.scroll_into_view().await?;
            button.click().await.map(Some)
        })
        .await;
}

async fn text(window: &Window<'_>, id: &str) -> String {
    within(window, id, "its text", PATIENCE, |_| true).await
}

async fn within(window: &Window<'_>, id: &str, what: &str, limit: Duration, pleases: impl Fn(&str) -> bool) -> String {
    window
        .until(&format!("`{id}` of the own model: {what}"), limit, async |web| {
            let text = web.find(By::Css(format!("{OWN} [data-testid={id}]"))).await?.text().await?;
            Ok(pleases(&text).then_some(text))
        })
        .await
}

async fn until_kept(window: &Window<'_>, ledger: &Ledger, sql: &str, count: i64) {
    window.until(sql, PATIENCE, async |_| Ok((ledger.one::<i64>(sql) == count).then_some(()))).await;
}
