//! What was answered the last time that somebody asked for this.

use super::aside;
use crate::dto::{Answer, Similar};
use crate::shell::Shell;
use flow::ItemId;
use tauri::State;

/// The accepted items whose requests are most like this one's, the likest first, five at most.
#[tauri::command]
#[specta::specta]
pub async fn item_similar(shell: State<'_, Shell>, item: i64) -> Answer<Vec<Similar>> {
    aside("item_similar", &shell, move |shell| {
        let (desk, _) = shell.desk_and_person()?;
        Ok(desk.similar(ItemId(item))?.into_iter().map(Similar::from).collect())
    })
    .await
}
