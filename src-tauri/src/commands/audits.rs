//! The second look at what went out alone, and corrections of what it found.

use super::aside;
use crate::dto::{Answer, AuditsView};
use crate::shell::Shell;
use flow::{ItemId, UseCaseId};
use tauri::State;

#[tauri::command]
#[specta::specta]
pub async fn audits_view(shell: State<'_, Shell>, use_case: i64) -> Answer<AuditsView> {
    aside("audits_view", &shell, move |shell| Ok(shell.desk()?.audits(UseCaseId(use_case))?.into())).await
}

/// Another share starts an epoch.
#[tauri::command]
#[specta::specta]
pub async fn audit_settings_save(shell: State<'_, Shell>, use_case: i64, share: f64, due_hours: u32) -> Answer<AuditsView> {
    aside("audit_settings_save", &shell, move |shell| {
        let (desk, person) = shell.desk_and_person()?;
        Ok(desk.audit_settings(UseCaseId(use_case), share, due_hours, &person)?.into())
    })
    .await
}

/// Sends another text after one that is out, through the same sinks.
#[tauri::command]
#[specta::specta]
pub async fn correction_send(shell: State<'_, Shell>, item: i64, text: String, note: String) -> Answer<()> {
    aside("correction_send", &shell, move |shell| {
        let (desk, person) = shell.desk_and_person()?;
        desk.correct(ItemId(item), &text, Some(&note), &person)?;
        Ok(())
    })
    .await
}

/// Leaves what is out as it is; the note says why.
#[tauri::command]
#[specta::specta]
pub async fn correction_dismiss(shell: State<'_, Shell>, item: i64, note: String) -> Answer<()> {
    aside("correction_dismiss", &shell, move |shell| {
        let (desk, person) = shell.desk_and_person()?;
        Ok(desk.dismiss_correction(ItemId(item), &note, &person)?)
    })
    .await
}
