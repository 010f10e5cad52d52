//! Where approved text goes, what became of it, and the folders that requests come in by.

use super::aside;
use crate::dto::{Allowed, Answer, DeliveryRow, SinkSecret, SinkTest, SinksView, WatchedFolder};
use crate::shell::Shell;
use flow::{DeliveryId, FolderId, ItemId, SinkId, UseCaseId};
use post::Post;
use std::path::PathBuf;
use tauri::State;

#[tauri::command]
#[specta::specta]
pub async fn sinks_view(shell: State<'_, Shell>, use_case: i64) -> Answer<SinksView> {
    aside("sinks_view", &shell, move |shell| {
        let ((desk, person), id) = (shell.desk_and_person()?, UseCaseId(use_case));
        let mut sinks = desk.sinks(id)?;
        if !person.is_admin() {
            sinks.iter_mut().for_each(|state| state.sink.path = state.sink.shown());
        }
        let sinks = sinks.into_iter().map(Into::into).collect();
        let failing = desk.failing_deliveries(Some(id))?.into_iter().map(DeliveryRow::from).collect();
        Ok(SinksView { sinks, failing })
    })
    .await
}

/// Sends a message that says that it is a test, and waits for the answer.
#[tauri::command]
#[specta::specta]
pub async fn sink_test(shell: State<'_, Shell>, id: i64) -> Answer<SinkTest> {
    aside("sink_test", &shell, move |shell| {
        let (desk, person) = shell.desk_and_person()?;
        Ok(desk.test_sink(SinkId(id), &Post::until(shell.delivering.clone()), &person)?.into())
    })
    .await
}

#[tauri::command]
#[specta::specta]
pub async fn sink_secret(shell: State<'_, Shell>, id: i64) -> Answer<SinkSecret> {
    aside("sink_secret", &shell, move |shell| {
        let (desk, person) = shell.desk_and_person()?;
        Ok(desk.sink_secret(SinkId(id), &person)?.into())
    })
    .await
}

#[tauri::command]
#[specta::specta]
pub async fn sink_secret_change(shell: State<'_, Shell>, id: i64) -> Answer<SinkSecret> {
    aside("sink_secret_change", &shell, move |shell| {
        let (desk, person) = shell.desk_and_person()?;
        Ok(desk.rotate_secret(SinkId(id), &person)?.into())
    })
    .await
}

#[tauri::command]
#[specta::specta]
pub async fn deliveries_retry(shell: State<'_, Shell>, ids: Vec<i64>) -> Answer<()> {
    aside("deliveries_retry", &shell, move |shell| {
        let (desk, person) = shell.desk_and_person()?;
        let ids: Vec<DeliveryId> = ids.into_iter().map(DeliveryId).collect();
        desk.retry_deliveries(&ids, &person)?;
        Ok(())
    })
    .await
}

/// Where the texts of an item are, the oldest first.
#[tauri::command]
#[specta::specta]
pub async fn item_deliveries(shell: State<'_, Shell>, item: i64) -> Answer<Vec<DeliveryRow>> {
    aside("item_deliveries", &shell, move |shell| {
        Ok(shell.desk()?.item_deliveries(ItemId(item))?.into_iter().map(DeliveryRow::from).collect())
    })
    .await
}

#[tauri::command]
#[specta::specta]
pub async fn allowed_view(shell: State<'_, Shell>) -> Answer<Allowed> {
    aside("allowed_view", &shell, |shell| {
        let (desk, person) = shell.desk_and_person()?;
        let allowed = desk.allowed()?;
        Ok(if person.is_admin() { allowed } else { allowed.shown() }.into())
    })
    .await
}

#[tauri::command]
#[specta::specta]
pub async fn allowed_save(shell: State<'_, Shell>, allowed: Allowed) -> Answer<Allowed> {
    aside("allowed_save", &shell, move |shell| {
        let (desk, person) = shell.desk_and_person()?;
        Ok(desk.save_allowed(&allowed.into(), &person)?.into())
    })
    .await
}

#[tauri::command]
#[specta::specta]
pub async fn folders_view(shell: State<'_, Shell>, use_case: i64) -> Answer<Vec<WatchedFolder>> {
    aside("folders_view", &shell, move |shell| {
        let all = shell.desk()?.folders()?;
        Ok(all.into_iter().filter(|folder| folder.use_case.0 == use_case).map(WatchedFolder::from).collect())
    })
    .await
}

#[tauri::command]
#[specta::specta]
pub async fn folder_watch(shell: State<'_, Shell>, use_case: i64, path: String, field: String) -> Answer<()> {
    aside("folder_watch", &shell, move |shell| {
        let (desk, person) = shell.desk_and_person()?;
        desk.watch_folder(UseCaseId(use_case), &PathBuf::from(path.trim()), &field, &person)?;
        Ok(())
    })
    .await
}

#[tauri::command]
#[specta::specta]
pub async fn folder_leave(shell: State<'_, Shell>, id: i64) -> Answer<()> {
    aside("folder_leave", &shell, move |shell| {
        let (desk, person) = shell.desk_and_person()?;
        Ok(desk.leave_folder(FolderId(id), &person)?)
    })
    .await
}
