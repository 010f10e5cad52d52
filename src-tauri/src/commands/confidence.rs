//! How good the confidence is, who sets the threshold, and what a policy would have done.

use super::aside;
use crate::dto::{Answer, ConfidenceView, Replay, ReplayPolicy, ThresholdBy};
use crate::shell::Shell;
use flow::UseCaseId;
use tauri::State;

#[tauri::command]
#[specta::specta]
pub async fn confidence_view(shell: State<'_, Shell>, use_case: i64) -> Answer<ConfidenceView> {
    aside("confidence_view", &shell, move |shell| Ok(shell.desk()?.confidence_view(UseCaseId(use_case))?.into())).await
}

/// Fits the confidence on what people have decided so far. Starts an epoch.
#[tauri::command]
#[specta::specta]
pub async fn calibrate(shell: State<'_, Shell>, use_case: i64) -> Answer<ConfidenceView> {
    aside("calibrate", &shell, move |shell| {
        let (desk, person) = shell.desk_and_person()?;
        Ok(desk.calibrate(&person, UseCaseId(use_case))?.into())
    })
    .await
}

/// Starts an epoch where it is another than before.
#[tauri::command]
#[specta::specta]
pub async fn threshold_by_set(shell: State<'_, Shell>, use_case: i64, by: ThresholdBy) -> Answer<ConfidenceView> {
    aside("threshold_by_set", &shell, move |shell| {
        let (desk, person) = shell.desk_and_person()?;
        Ok(desk.set_threshold_by(&person, UseCaseId(use_case), by.into())?.into())
    })
    .await
}

/// What a policy would have done with what people have decided; nothing is changed.
#[tauri::command]
#[specta::specta]
pub async fn replay(shell: State<'_, Shell>, use_case: i64, policy: ReplayPolicy) -> Answer<Replay> {
    aside("replay", &shell, move |shell| Ok(shell.desk()?.replay(UseCaseId(use_case), policy.into())?.into())).await
}
