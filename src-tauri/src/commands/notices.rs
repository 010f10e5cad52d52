//! What people are told though they did not ask.

use super::aside;
use crate::dto::{Answer, Notice};
use crate::shell::Shell;
use flow::{NoticeId, UseCaseId};
use tauri::State;

/// Newest first.
#[tauri::command]
#[specta::specta]
pub async fn notices(shell: State<'_, Shell>) -> Answer<Vec<Notice>> {
    aside("notices", &shell, |shell| Ok(shell.desk()?.notices()?.into_iter().map(Notice::from).collect())).await
}

#[tauri::command]
#[specta::specta]
pub async fn notice_seen(shell: State<'_, Shell>, id: i64) -> Answer<()> {
    aside("notice_seen", &shell, move |shell| {
        let (desk, person) = shell.desk_and_person()?;
        Ok(desk.notice_seen(NoticeId(id), &person)?)
    })
    .await
}

/// The file that the notices of a use case are appended to; null for none.
#[tauri::command]
#[specta::specta]
pub async fn notice_sink(shell: State<'_, Shell>, use_case: i64) -> Answer<Option<String>> {
    aside("notice_sink", &shell, move |shell| Ok(shell.desk()?.notice_sink(UseCaseId(use_case))?)).await
}

#[tauri::command]
#[specta::specta]
pub async fn notice_sink_save(shell: State<'_, Shell>, use_case: i64, path: Option<String>) -> Answer<()> {
    aside("notice_sink_save", &shell, move |shell| {
        let (desk, person) = shell.desk_and_person()?;
        Ok(desk.set_notice_sink(UseCaseId(use_case), path.as_deref(), &person)?)
    })
    .await
}
