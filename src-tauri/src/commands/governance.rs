//! What an admin lays down for a use case: the charter, the hold rules, the pause, the cap; and the epochs that follow from it.

use super::aside;
use crate::dto::{Answer, Charter, CharterView, Epoch, HoldRule, HoldRulesView, Switches};
use crate::shell::Shell;
use flow::UseCaseId;
use tauri::State;

#[tauri::command]
#[specta::specta]
pub async fn charter_view(shell: State<'_, Shell>, use_case: i64) -> Answer<CharterView> {
    aside("charter_view", &shell, move |shell| Ok(CharterView::new(shell.desk()?.charter_versions(UseCaseId(use_case))?))).await
}

/// Keeps a changed charter as a new version; `from` is the version that was changed.
#[tauri::command]
#[specta::specta]
pub async fn charter_save(shell: State<'_, Shell>, use_case: i64, from: i64, charter: Charter, note: String) -> Answer<CharterView> {
    aside("charter_save", &shell, move |shell| {
        let (desk, person) = shell.desk_and_person()?;
        desk.change_charter(&person, UseCaseId(use_case), from, &charter.into(), &note)?;
        Ok(CharterView::new(desk.charter_versions(UseCaseId(use_case))?))
    })
    .await
}

#[tauri::command]
#[specta::specta]
pub async fn hold_rules_view(shell: State<'_, Shell>, use_case: i64) -> Answer<HoldRulesView> {
    aside("hold_rules_view", &shell, move |shell| Ok(shell.desk()?.hold_rules(UseCaseId(use_case))?.into())).await
}

/// Keeps changed rules as a new version; `from` is the version that was changed.
#[tauri::command]
#[specta::specta]
pub async fn hold_rules_save(shell: State<'_, Shell>, use_case: i64, from: i64, rules: Vec<HoldRule>) -> Answer<HoldRulesView> {
    aside("hold_rules_save", &shell, move |shell| {
        let (desk, person) = shell.desk_and_person()?;
        let rules: Vec<_> = rules.into_iter().map(flow::hold::HoldRule::from).collect();
        Ok(desk.change_hold_rules(&person, UseCaseId(use_case), from, &rules)?.into())
    })
    .await
}

#[tauri::command]
#[specta::specta]
pub async fn switches_view(shell: State<'_, Shell>, use_case: i64) -> Answer<Switches> {
    aside("switches_view", &shell, move |shell| Ok(shell.desk()?.switches(UseCaseId(use_case))?.into())).await
}

/// Nothing leaves by itself from now on.
#[tauri::command]
#[specta::specta]
pub async fn stream_pause(shell: State<'_, Shell>, use_case: i64, why: String) -> Answer<Switches> {
    aside("stream_pause", &shell, move |shell| {
        let (desk, person) = shell.desk_and_person()?;
        desk.pause(&person, UseCaseId(use_case), &why)?;
        Ok(desk.switches(UseCaseId(use_case))?.into())
    })
    .await
}

#[tauri::command]
#[specta::specta]
pub async fn stream_resume(shell: State<'_, Shell>, use_case: i64) -> Answer<Switches> {
    aside("stream_resume", &shell, move |shell| {
        let (desk, person) = shell.desk_and_person()?;
        desk.resume(&person, UseCaseId(use_case))?;
        Ok(desk.switches(UseCaseId(use_case))?.into())
    })
    .await
}

/// How many may go out alone within an hour; null for any number.
#[tauri::command]
#[specta::specta]
pub async fn cap_set(shell: State<'_, Shell>, use_case: i64, per_hour: Option<u32>) -> Answer<Switches> {
    aside("cap_set", &shell, move |shell| {
        let (desk, person) = shell.desk_and_person()?;
        desk.set_cap(&person, UseCaseId(use_case), per_hour)?;
        Ok(desk.switches(UseCaseId(use_case))?.into())
    })
    .await
}

/// Newest first.
#[tauri::command]
#[specta::specta]
pub async fn epoch_list(shell: State<'_, Shell>, use_case: i64) -> Answer<Vec<Epoch>> {
    aside("epoch_list", &shell, move |shell| Ok(shell.desk()?.epochs(UseCaseId(use_case))?.into_iter().map(Epoch::from).collect())).await
}
