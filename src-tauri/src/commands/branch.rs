//! A draft that goes on from another token.

use super::{aside, stream};
use crate::dto::{Answer, ItemView};
use crate::shell::Shell;
use flow::draft::Branch;
use flow::{DraftId, ItemId};
use tauri::State;
use tauri::ipc::Channel;

/// Streams a draft that begins as `draft` did up to the token `at` (from 0) and has `chosen` there, one that the model weighed; the old
/// ones are kept. Error code `stale` where something else drafts now.
#[tauri::command]
#[specta::specta]
#[expect(clippy::too_many_arguments, reason = "what the page says of one choice")]
pub async fn item_branch(
    shell: State<'_, Shell>,
    item: i64,
    epoch: i64,
    draft: i64,
    at: u32,
    chosen: u32,
    token: String,
    on_token: Channel<String>,
) -> Answer<ItemView> {
    let job = shell.job(&token);
    aside("item_branch", &shell, move |shell| {
        let (desk, person) = shell.desk_and_person()?;
        let (item, branch) = (ItemId(item), Branch { parent: DraftId(draft), at });
        let request = desk.branch_request(item, &person.name, epoch, branch, chosen)?;
        let made = stream(shell.drafter(), &request, &job.cancel, &on_token)?;
        desk.keep_branch(item, &person.name, epoch, branch, &request, &made)?;
        Ok(desk.view_item(item, &person)?.into())
    })
    .await
}
