//! Everything that happened.

use super::aside;
use crate::dto::{ActivityPage, ActivityQuery, ActivityRow, Answer};
use crate::shell::Shell;
use flow::UseCaseId;
use tauri::State;

#[tauri::command]
#[specta::specta]
pub async fn activity_page(shell: State<'_, Shell>, query: ActivityQuery) -> Answer<ActivityPage> {
    aside("activity_page", &shell, move |shell| {
        let (total, rows) = shell.desk()?.activity(query.use_case.map(UseCaseId), query.offset, query.limit)?;
        Ok(ActivityPage { total, rows: rows.into_iter().filter_map(ActivityRow::of).collect() })
    })
    .await
}
