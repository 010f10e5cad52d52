//! The acts that the journeys are made of.

use gait_e2e::{PATIENCE, Window};
use std::time::Duration;
use thirtyfour::prelude::*;

/// From the welcome page to the first draft on the desk.
pub async fn try_the_sample(window: &Window<'_>) -> Duration {
    window.see("welcome").await;
    let click = std::time::Instant::now();
    window.click("try-sample").await;
    window.value_where("editor", "the first draft", Duration::from_secs(20), |draft| !draft.trim().is_empty()).await;
    click.elapsed()
}

/// The item on the desk.
pub async fn item(window: &Window<'_>) -> i64 {
    window
        .until("an item on the desk", PATIENCE, async |web| {
            let id = web.find(By::Testid("desk")).await?.attr("data-item").await?;
            Ok(id.and_then(|id| id.parse().ok()))
        })
        .await
}

/// Waits until another item than this one is on the desk, with its draft.
pub async fn next_after(window: &Window<'_>, item: i64) -> i64 {
    window
        .until(&format!("another item than {item} on the desk"), Duration::from_secs(60), async |web| {
            let id: Option<i64> = web.find(By::Testid("desk")).await?.attr("data-item").await?.and_then(|id| id.parse().ok());
            let draft = web.find(By::Testid("editor")).await?.value().await?.unwrap_or_default();
            Ok(id.filter(|id| *id != item && !draft.trim().is_empty()))
        })
        .await
}

/// Opens an item from the list.
pub async fn open(window: &Window<'_>, item: i64) {
    window
        .until(&format!("item {item} in the list"), PATIENCE, async |web| {
            web.find(By::Css(format!("[data-testid=queue-row][data-item=\"{item}\"]"))).await?.click().await.map(Some)
        })
        .await;
    on_the_desk(window, item).await;
}

pub async fn on_the_desk(window: &Window<'_>, item: i64) {
    window
        .until(&format!("item {item} on the desk"), PATIENCE, async |web| {
            let id = web.find(By::Testid("desk")).await?.attr("data-item").await?;
            Ok((id == Some(item.to_string())).then_some(()))
        })
        .await;
}

/// Goes to a page of the rail and waits for something that is only there.
pub async fn go(window: &Window<'_>, page: &str, sign: &str) {
    window.click(&format!("rail-{page}")).await;
    window.see(sign).await;
}

/// Raises the level by one step, as an admin, with a reason.
pub async fn raise(window: &Window<'_>, reason: &str, reached: &str) {
    go(window, "overview", "track").await;
    window.click("raise").await;
    window.fill("move-reason", reason).await;
    // A first day has not the evidence; that stays marked.
    window.click("move-override").await;
    window.shot(&format!("raise-{reached}")).await;
    window.click("move-confirm").await;
    window.text_where("level-badge", &format!("the level is {reached}"), PATIENCE, |text| text.to_lowercase().contains(reached)).await;
}

/// Brings a file in on the Data page, mapping as guessed.
pub async fn import(window: &Window<'_>, path: &std::path::Path) -> String {
    go(window, "data", "data-import").await;
    window.click("data-import").await;
    window.fill("import-path", &path.display().to_string()).await;
    window.click("import-preview-run").await;
    window.see("import-preview").await;
    window.click("import-run").await;
    window.text("import-report").await
}

/// Exports decisions in a format and reads the rows back.
pub async fn export(window: &Window<'_>, format: &str, path: &std::path::Path) -> Vec<serde_json::Value> {
    go(window, "data", "data-export").await;
    window.click("data-export").await;
    window.click(&format!("export-format-{format}")).await;
    window.fill("export-path", &path.display().to_string()).await;
    window.click("export-run").await;
    window
        .text_where("export-report", "the new file is named", PATIENCE, |text| {
            text.contains(&*path.file_name().unwrap_or_default().to_string_lossy())
        })
        .await;
    let text = std::fs::read_to_string(path).expect("the exported file is there");
    text.lines().map(|line| serde_json::from_str(line).expect("every line is JSON")).collect()
}
