//! The numbers of a use case and its level.

use super::aside;
use crate::dto::{Answer, Level, Overview, StepEvidence};
use crate::shell::Shell;
use flow::UseCaseId;
use tauri::State;

#[tauri::command]
#[specta::specta]
pub async fn overview(shell: State<'_, Shell>, use_case: i64) -> Answer<Overview> {
    aside("overview", &shell, move |shell| Ok(shell.desk()?.overview(UseCaseId(use_case))?.into())).await
}

/// The evidence for each step up, in the present epoch.
#[tauri::command]
#[specta::specta]
pub async fn level_evidence(shell: State<'_, Shell>, use_case: i64) -> Answer<Vec<StepEvidence>> {
    aside("level_evidence", &shell, move |shell| {
        let evidence = shell.desk()?.evidence(UseCaseId(use_case))?;
        Ok(evidence.steps.into_iter().map(StepEvidence::from).collect())
    })
    .await
}

/// Raises or lowers by one step or more; only an admin may raise, and only with evidence or, marked for ever, without. The
/// numbers of the moment are stored with it.
#[tauri::command]
#[specta::specta]
pub async fn level_move(shell: State<'_, Shell>, use_case: i64, to: Level, reason: String, without_evidence: bool) -> Answer<Overview> {
    aside("level_move", &shell, move |shell| {
        let (desk, person) = shell.desk_and_person()?;
        let id = UseCaseId(use_case);
        if without_evidence {
            desk.override_level(id, to.into(), &reason, &person)?;
        } else {
            desk.move_level(id, to.into(), &reason, &person)?;
        }
        Ok(desk.overview(UseCaseId(use_case))?.into())
    })
    .await
}
