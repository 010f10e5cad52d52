//! Taking back and doing again, many items at once, two drafts side by side.

use super::aside;
use crate::dto::{Acts, Answer, BulkInput, BulkLook, Bulked, Choice, ItemView, Pair, Redone, Undone, Verdict};
use crate::shell::Shell;
use flow::{DraftId, ItemId, UseCaseId};
use std::time::Duration;
use tauri::State;

/// Takes back the last thing that this person did in this use case and that stands, and claims its item again.
/// Error code `already_delivered` when its text is out, `nothing_to_undo`, `stale` while someone else holds the item.
#[tauri::command]
#[specta::specta]
pub async fn item_undo(shell: State<'_, Shell>, use_case: i64) -> Answer<Undone> {
    aside("item_undo", &shell, move |shell| {
        let (desk, person) = shell.desk_and_person()?;
        Ok(desk.undo(UseCaseId(use_case), &person)?.into())
    })
    .await
}

/// Takes back this person's decision on an item, whatever they did after it; of a bulk only this one.
#[tauri::command]
#[specta::specta]
pub async fn item_undo_on(shell: State<'_, Shell>, item: i64) -> Answer<Undone> {
    aside("item_undo_on", &shell, move |shell| {
        let (desk, person) = shell.desk_and_person()?;
        Ok(desk.undo_on(ItemId(item), &person)?.into())
    })
    .await
}

/// Does again what this person took back last. Error code `nothing_to_redo`; `stale` where the item changed meanwhile.
#[tauri::command]
#[specta::specta]
pub async fn item_redo(shell: State<'_, Shell>, use_case: i64) -> Answer<Redone> {
    aside("item_redo", &shell, move |shell| {
        let (desk, person) = shell.desk_and_person()?;
        Ok(desk.redo(UseCaseId(use_case), &person)?.into())
    })
    .await
}

/// What this person did last, at most 50.
#[tauri::command]
#[specta::specta]
pub async fn acts(shell: State<'_, Shell>, use_case: i64, limit: u32) -> Answer<Acts> {
    aside("acts", &shell, move |shell| {
        let (desk, person) = shell.desk_and_person()?;
        Ok(desk.acts(UseCaseId(use_case), limit, &person)?.into())
    })
    .await
}

/// What a decision on these items would do, and what it would leave out and why.
#[tauri::command]
#[specta::specta]
pub async fn bulk_look(shell: State<'_, Shell>, use_case: i64, verdict: Verdict, items: Vec<i64>) -> Answer<BulkLook> {
    aside("bulk_look", &shell, move |shell| {
        let (desk, person) = shell.desk_and_person()?;
        let items: Vec<ItemId> = items.into_iter().map(ItemId).collect();
        Ok(desk.look_at_bulk(UseCaseId(use_case), verdict.into(), &items, &person)?.into())
    })
    .await
}

/// Decides on many items at once; one `item_undo` takes all of it back.
#[tauri::command]
#[specta::specta]
pub async fn bulk_decide(shell: State<'_, Shell>, input: BulkInput) -> Answer<Bulked> {
    aside("bulk_decide", &shell, move |shell| {
        let (desk, person) = shell.desk_and_person()?;
        Ok(desk.bulk(&input.into(), &person)?.into())
    })
    .await
}

/// Two drafts of an item that I hold, in the order in which they are to be shown.
#[tauri::command]
#[specta::specta]
pub async fn compare_pair(shell: State<'_, Shell>, item: i64, epoch: i64, one: i64, other: i64) -> Answer<Pair> {
    aside("compare_pair", &shell, move |shell| {
        let (desk, person) = shell.desk_and_person()?;
        Ok(desk.pair(ItemId(item), epoch, DraftId(one), DraftId(other), &person)?.into())
    })
    .await
}

/// Keeps which of the two is better; it is to be judged from now on. `pair` is as `compare_pair` gave it.
#[tauri::command]
#[specta::specta]
pub async fn compare_choose(
    shell: State<'_, Shell>,
    item: i64,
    epoch: i64,
    pair: Pair,
    choice: Choice,
    viewed_ms: u32,
) -> Answer<ItemView> {
    aside("compare_choose", &shell, move |shell| {
        let (desk, person) = shell.desk_and_person()?;
        let shown = (DraftId(pair.first), DraftId(pair.second));
        Ok(desk.prefer(ItemId(item), epoch, shown, choice.into(), Duration::from_millis(viewed_ms.into()), &person)?.into())
    })
    .await
}
