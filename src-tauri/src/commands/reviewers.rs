//! Those who decide: agreement, known-bad items, signs of not looking.

use super::aside;
use crate::dto::{Answer, Fault, ReviewersView};
use crate::shell::Shell;
use flow::{ItemId, UseCaseId};
use tauri::State;

#[tauri::command]
#[specta::specta]
pub async fn reviewers_view(shell: State<'_, Shell>, use_case: i64) -> Answer<ReviewersView> {
    aside("reviewers_view", &shell, move |shell| {
        let (desk, person) = shell.desk_and_person()?;
        Ok(desk.reviewers(UseCaseId(use_case), &person)?.into())
    })
    .await
}

/// Another share of known-bad items starts an epoch.
#[tauri::command]
#[specta::specta]
pub async fn reviewers_settings_save(
    shell: State<'_, Shell>,
    use_case: i64,
    re_review_share: f64,
    gold_share: f64,
) -> Answer<ReviewersView> {
    aside("reviewers_settings_save", &shell, move |shell| {
        let (desk, person) = shell.desk_and_person()?;
        desk.set_reviewers(UseCaseId(use_case), re_review_share, gold_share, &person)?;
        Ok(desk.reviewers(UseCaseId(use_case), &person)?.into())
    })
    .await
}

/// Makes known-bad items from accepted drafts by a rule; by whichever can, where none is named.
#[tauri::command]
#[specta::specta]
pub async fn seed_items(shell: State<'_, Shell>, use_case: i64, count: u32, fault: Option<Fault>) -> Answer<ReviewersView> {
    aside("seed_items", &shell, move |shell| {
        let (desk, person) = shell.desk_and_person()?;
        desk.seed_items(UseCaseId(use_case), count, fault.map(flow::seeded::Fault::from), &person)?;
        Ok(desk.reviewers(UseCaseId(use_case), &person)?.into())
    })
    .await
}

/// Makes a known-bad item from a real one, with the words of an admin.
#[tauri::command]
#[specta::specta]
pub async fn seed_from(shell: State<'_, Shell>, item: i64, text: String, note: String) -> Answer<ReviewersView> {
    aside("seed_from", &shell, move |shell| {
        let (desk, person) = shell.desk_and_person()?;
        let item = ItemId(item);
        desk.seed_from(item, &text, &note, &person)?;
        let use_case = desk.view_item(item, &person)?.item.use_case;
        Ok(desk.reviewers(use_case, &person)?.into())
    })
    .await
}
