//! The queue, the claim on an item, the decision.

use super::{aside, stream};
use crate::dto::{Answer, Decided, Decision, DecisionInput, DeskView, DraftToken, ItemView, Level, QueuePage, QueueQuery};
use crate::shell::Shell;
use flow::deliver::DeliveryState;
use flow::{DraftId, ItemId, UseCaseId};
use tauri::State;
use tauri::ipc::Channel;

#[tauri::command]
#[specta::specta]
pub async fn queue_page(shell: State<'_, Shell>, query: QueueQuery) -> Answer<QueuePage> {
    aside("queue_page", &shell, move |shell| {
        let (desk, person) = shell.desk_and_person()?;
        Ok(desk.queue(&query.into(), &person)?.into())
    })
    .await
}

/// How this person has left the desk in a use case.
#[tauri::command]
#[specta::specta]
pub async fn desk_view(shell: State<'_, Shell>, use_case: i64) -> Answer<DeskView> {
    aside("desk_view", &shell, move |shell| {
        let (desk, person) = shell.desk_and_person()?;
        Ok(desk.desk_view(UseCaseId(use_case), &person)?.into())
    })
    .await
}

#[tauri::command]
#[specta::specta]
pub async fn desk_view_keep(shell: State<'_, Shell>, use_case: i64, view: DeskView) -> Answer<()> {
    aside("desk_view_keep", &shell, move |shell| {
        let (desk, person) = shell.desk_and_person()?;
        Ok(desk.keep_desk_view(UseCaseId(use_case), &view.into(), &person)?)
    })
    .await
}

/// Claims the next item for this person (by the query's order and filters), leaving out `exclude` (ids this window
/// already holds). Null: nothing waits.
#[tauri::command]
#[specta::specta]
pub async fn item_next(shell: State<'_, Shell>, query: QueueQuery, exclude: Vec<i64>) -> Answer<Option<ItemView>> {
    aside("item_next", &shell, move |shell| {
        let (desk, person) = shell.desk_and_person()?;
        let exclude: Vec<ItemId> = exclude.into_iter().map(ItemId).collect();
        Ok(desk.next_item(&query.into(), &exclude, &person)?.map(ItemView::from))
    })
    .await
}

/// Claims this item. When someone else holds it, or it is decided, `lease` is null and it is read-only.
#[tauri::command]
#[specta::specta]
pub async fn item_open(shell: State<'_, Shell>, item: i64) -> Answer<ItemView> {
    aside("item_open", &shell, move |shell| {
        let (desk, person) = shell.desk_and_person()?;
        Ok(desk.open_item(ItemId(item), &person)?.into())
    })
    .await
}

/// Keeps the claim. Error code `stale` when it was lost.
#[tauri::command]
#[specta::specta]
pub async fn item_heartbeat(shell: State<'_, Shell>, item: i64, epoch: i64) -> Answer<()> {
    aside("item_heartbeat", &shell, move |shell| {
        let (desk, person) = shell.desk_and_person()?;
        Ok(desk.heartbeat(ItemId(item), epoch, &person)?)
    })
    .await
}

#[tauri::command]
#[specta::specta]
pub async fn item_release(shell: State<'_, Shell>, item: i64, epoch: i64) -> Answer<()> {
    aside("item_release", &shell, move |shell| {
        let (desk, person) = shell.desk_and_person()?;
        Ok(desk.release(ItemId(item), epoch, &person)?)
    })
    .await
}

/// Keeps what a person has typed but not decided. Typed text is never refused, so the claim is not asked for.
#[tauri::command]
#[specta::specta]
pub async fn item_autosave(shell: State<'_, Shell>, item: i64, epoch: i64, text: String) -> Answer<()> {
    aside("item_autosave", &shell, move |shell| {
        let (desk, person) = shell.desk_and_person()?;
        tracing::trace!(item, epoch, "autosave");
        Ok(desk.keep_typed(ItemId(item), &text, &person)?)
    })
    .await
}

#[tauri::command]
#[specta::specta]
pub async fn item_decide(shell: State<'_, Shell>, decision: DecisionInput) -> Answer<Decided> {
    aside("item_decide", &shell, move |shell| {
        let (desk, person) = shell.desk_and_person()?;
        let decided = desk.decide(&decision.into(), &person)?;
        let standing =
            desk.view_item(decided.decision.item, &person)?.decision.filter(|(standing, _, _)| standing.id == decided.decision.id);
        let (state, at) = standing.map_or((DeliveryState::None, None), |(_, state, at)| (state, at));
        Ok(Decided {
            decision: Decision::of(decided.decision, state, at),
            level_fell: decided.level_fell.map(Level::from),
            seeded: decided.seeded,
        })
    })
    .await
}

/// Back to the queue, not to me.
#[tauri::command]
#[specta::specta]
pub async fn item_skip(shell: State<'_, Shell>, item: i64, epoch: i64) -> Answer<()> {
    aside("item_skip", &shell, move |shell| {
        let (desk, person) = shell.desk_and_person()?;
        Ok(desk.skip(ItemId(item), epoch, &person)?)
    })
    .await
}

#[tauri::command]
#[specta::specta]
pub async fn item_escalate(shell: State<'_, Shell>, item: i64, epoch: i64, note: String) -> Answer<()> {
    aside("item_escalate", &shell, move |shell| {
        let (desk, person) = shell.desk_and_person()?;
        Ok(desk.escalate(ItemId(item), epoch, &note, &person)?)
    })
    .await
}

/// Streams a new draft; the old ones are kept. `hint` is added to the prompt.
#[tauri::command]
#[specta::specta]
pub async fn item_regenerate(
    shell: State<'_, Shell>,
    item: i64,
    epoch: i64,
    hint: Option<String>,
    token: String,
    on_token: Channel<String>,
) -> Answer<ItemView> {
    let job = shell.job(&token);
    aside("item_regenerate", &shell, move |shell| {
        let (desk, person) = shell.desk_and_person()?;
        let (item, hint) = (ItemId(item), hint.as_deref());
        let request = desk.regenerate_request(item, &person.name, epoch, hint)?;
        let made = stream(shell.drafter(), &request, &job.cancel, &on_token)?;
        desk.keep_regenerated(item, &person.name, epoch, &request, hint, &made)?;
        Ok(desk.view_item(item, &person)?.into())
    })
    .await
}

/// The tokens of a draft, with what the model weighed at each place.
#[tauri::command]
#[specta::specta]
pub async fn draft_tokens(shell: State<'_, Shell>, draft: i64) -> Answer<Vec<DraftToken>> {
    aside("draft_tokens", &shell, move |shell| {
        let (desk, _) = shell.desk_and_person()?;
        Ok(desk.draft_tokens(DraftId(draft))?.into_iter().map(DraftToken::from).collect())
    })
    .await
}

/// Puts failed items back into the drafting queue. Answers how many.
#[tauri::command]
#[specta::specta]
pub async fn items_retry(shell: State<'_, Shell>, use_case: i64) -> Answer<u32> {
    aside("items_retry", &shell, move |shell| {
        let (desk, person) = shell.desk_and_person()?;
        let retried = desk.retry_failed(&person, UseCaseId(use_case))?;
        Ok(u32::try_from(retried).unwrap_or(u32::MAX))
    })
    .await
}
