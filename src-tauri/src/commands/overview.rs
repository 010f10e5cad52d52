//! The numbers of a use case and its level.

use super::aside;
use crate::dto::{Answer, Level, Overview};
use crate::shell::Shell;
use flow::UseCaseId;
use tauri::State;

#[tauri::command]
#[specta::specta]
pub async fn overview(shell: State<'_, Shell>, use_case: i64) -> Answer<Overview> {
    aside("overview", &shell, move |shell| Ok(shell.desk()?.overview(UseCaseId(use_case))?.into())).await
}

/// Raises or lowers by one step or more; only an admin may raise. The numbers of the moment are stored with it.
#[tauri::command]
#[specta::specta]
pub async fn level_move(shell: State<'_, Shell>, use_case: i64, to: Level, reason: String) -> Answer<Overview> {
    aside("level_move", &shell, move |shell| {
        let (desk, person) = shell.desk_and_person()?;
        desk.move_level(UseCaseId(use_case), to.into(), &reason, &person)?;
        Ok(desk.overview(UseCaseId(use_case))?.into())
    })
    .await
}
