//! How large the window shows what is in it.

use super::aside;
use crate::dto::{Answer, CommandError};
use crate::shell::Shell;
use tauri::State;

/// As with a browser: nothing that is smaller can be read, nothing that is larger fits.
const PERCENT: std::ops::RangeInclusive<u32> = 50..=300;

/// Shows all that is in the window in this size; 100 is what it comes with.
#[tauri::command]
#[specta::specta]
pub async fn window_zoom(shell: State<'_, Shell>, percent: u32) -> Answer<()> {
    aside("window_zoom", &shell, move |shell| {
        if !PERCENT.contains(&percent) {
            return Err(CommandError::invalid("The size is 50 to 300 %.").into());
        }
        shell
            .zoom(f64::from(percent) / 100.0)
            .map_err(|why| CommandError::internal(format!("The window cannot be shown in another size: {why}.")).into())
    })
    .await
}
