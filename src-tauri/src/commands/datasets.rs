//! What decisions teach, as frozen versions; files are written where a person said, and nowhere else.

use super::aside;
use crate::dto::{
    Answer, DatasetAgain, DatasetCompared, DatasetCounted, DatasetFacets, DatasetLeftovers, DatasetProgress, DatasetRecipe, DatasetRows,
    DatasetSelection, DatasetStage, DatasetTrace, DatasetVersion,
};
use crate::shell::Shell;
use flow::dataset::{Again, Progress, Wanted};
use flow::{Error, ItemId, UseCaseId};
use std::path::PathBuf;
use std::time::Instant;
use tauri::State;
use tauri::ipc::Channel;

/// Rows of a preview, of each format.
const SHOWN: usize = 4;

#[tauri::command]
#[specta::specta]
pub async fn dataset_facets(shell: State<'_, Shell>, use_case: i64) -> Answer<DatasetFacets> {
    aside("dataset_facets", &shell, move |shell| Ok(shell.desk()?.dataset_facets(UseCaseId(use_case))?.into())).await
}

#[tauri::command]
#[specta::specta]
pub async fn dataset_count(shell: State<'_, Shell>, use_case: i64, selection: DatasetSelection, token: String) -> Answer<DatasetCounted> {
    let job = shell.job(&token);
    aside("dataset_count", &shell, move |shell| {
        Ok(shell.desk()?.count_dataset(UseCaseId(use_case), &selection.into(), &job.cancel)?.into())
    })
    .await
}

#[tauri::command]
#[specta::specta]
pub async fn dataset_preview(
    shell: State<'_, Shell>,
    use_case: i64,
    selection: DatasetSelection,
    recipe: DatasetRecipe,
    token: String,
) -> Answer<Vec<DatasetRows>> {
    let job = shell.job(&token);
    aside("dataset_preview", &shell, move |shell| {
        let case = UseCaseId(use_case);
        let found = shell.desk()?.preview_dataset(case, &selection.into(), &recipe.plan(case), SHOWN, shell.tokenizers(), &job.cancel)?;
        Ok(found.formats.into_iter().map(Into::into).collect())
    })
    .await
}

#[tauri::command]
#[specta::specta]
pub async fn dataset_make(
    shell: State<'_, Shell>,
    use_case: i64,
    selection: DatasetSelection,
    recipe: DatasetRecipe,
    folder: String,
    token: String,
    on_progress: Channel<DatasetProgress>,
) -> Answer<DatasetVersion> {
    let job = shell.job(&token);
    aside("dataset_make", &shell, move |shell| {
        let (desk, person) = shell.desk_and_person()?;
        let (use_case, folder) = (UseCaseId(use_case), PathBuf::from(folder));
        let (selection, plan) = (selection.into(), recipe.plan(use_case));
        let wanted = Wanted { use_case, selection: &selection, plan: &plan, folder: &folder };
        let mut report = reporter(on_progress);
        Ok(desk.new_dataset(&wanted, &person, shell.tokenizers(), &job.cancel, &mut report)?.into())
    })
    .await
}

#[tauri::command]
#[specta::specta]
pub async fn dataset_list(shell: State<'_, Shell>, use_case: i64) -> Answer<Vec<DatasetVersion>> {
    aside("dataset_list", &shell, move |shell| {
        let desk = shell.desk()?;
        desk.settle_datasets()?;
        Ok(desk.datasets(UseCaseId(use_case))?.into_iter().map(Into::into).collect())
    })
    .await
}

#[tauri::command]
#[specta::specta]
pub async fn dataset_compare(shell: State<'_, Shell>, use_case: i64, from: i64, to: i64) -> Answer<DatasetCompared> {
    aside("dataset_compare", &shell, move |shell| Ok(shell.desk()?.compare_datasets(UseCaseId(use_case), from, to)?.into())).await
}

#[tauri::command]
#[specta::specta]
pub async fn dataset_write_again(
    shell: State<'_, Shell>,
    use_case: i64,
    n: i64,
    folder: String,
    token: String,
    on_progress: Channel<DatasetProgress>,
) -> Answer<DatasetAgain> {
    let job = shell.job(&token);
    aside("dataset_write_again", &shell, move |shell| {
        let (desk, person) = shell.desk_and_person()?;
        let (use_case, folder) = (UseCaseId(use_case), PathBuf::from(folder));
        let mut report = reporter(on_progress);
        let again = Again { use_case, n, folder: &folder };
        let (version, same) = desk.export_dataset_again(&again, &person, shell.tokenizers(), &job.cancel, &mut report)?;
        Ok(DatasetAgain { version: version.into(), same })
    })
    .await
}

/// A row by its id (d17), or an item by its uid or number.
#[tauri::command]
#[specta::specta]
pub async fn dataset_trace(shell: State<'_, Shell>, named: String) -> Answer<DatasetTrace> {
    aside("dataset_trace", &shell, move |shell| {
        let desk = shell.desk()?;
        match desk.row_origin(&named) {
            Ok(origin) => Ok(origin.into()),
            Err(Error::Invalid { .. }) => Ok(desk.item_in_datasets(desk.find_item(&named)?)?.into()),
            Err(e) => Err(e.into()),
        }
    })
    .await
}

#[tauri::command]
#[specta::specta]
pub async fn dataset_purge(shell: State<'_, Shell>, item: i64, why: String) -> Answer<DatasetLeftovers> {
    aside("dataset_purge", &shell, move |shell| {
        let (desk, person) = shell.desk_and_person()?;
        Ok(desk.purge_item(ItemId(item), &why, &person)?.into())
    })
    .await
}

/// Tells the page how far a version is. A page that is gone does not stop the job: the folder is wanted all the same.
fn reporter(to: Channel<DatasetProgress>) -> impl FnMut(Progress) {
    let mut stage: Option<(DatasetStage, Instant)> = None;
    move |at| {
        let now = DatasetStage::from(at.stage);
        let begun = stage.filter(|(before, _)| *before == now).map_or_else(Instant::now, |(_, begun)| begun);
        stage = Some((now, begun));
        let seconds = begun.elapsed().as_secs_f64();
        let per_second = if seconds > 0.0 { at.done as f64 / seconds } else { 0.0 };
        drop(to.send(DatasetProgress { stage: now, done: at.done, total: at.of, per_second }));
    }
}
