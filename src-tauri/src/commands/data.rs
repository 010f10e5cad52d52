//! Requests come in from files, decisions go out to files.

use super::aside;
use crate::dto::{Answer, ExportFormat, ExportPreview, ExportReport, ImportMapping, ImportPreview, ImportReport, ImportSource, Progress};
use crate::shell::Shell;
use flow::{UseCaseId, intake};
use std::path::PathBuf;
use std::time::Instant;
use tauri::State;
use tauri::ipc::Channel;

#[tauri::command]
#[specta::specta]
pub async fn import_preview(shell: State<'_, Shell>, source: ImportSource) -> Answer<ImportPreview> {
    aside("import_preview", &shell, move |_| Ok(intake::preview(&source.try_into()?)?.into())).await
}

#[tauri::command]
#[specta::specta]
pub async fn import_run(
    shell: State<'_, Shell>,
    use_case: i64,
    source: ImportSource,
    mapping: ImportMapping,
    token: String,
    on_progress: Channel<Progress>,
) -> Answer<ImportReport> {
    let job = shell.job(&token);
    aside("import_run", &shell, move |shell| {
        let (desk, person) = shell.desk_and_person()?;
        let mut report = reporter(on_progress);
        let report = desk.import(UseCaseId(use_case), &source.try_into()?, &mapping.into(), &person, &job.cancel, &mut |at| {
            report(at.bytes, Some(at.of_bytes));
        })?;
        Ok(report.into())
    })
    .await
}

#[tauri::command]
#[specta::specta]
pub async fn export_run(
    shell: State<'_, Shell>,
    use_case: i64,
    format: ExportFormat,
    path: String,
    token: String,
    on_progress: Channel<Progress>,
) -> Answer<ExportReport> {
    let job = shell.job(&token);
    aside("export_run", &shell, move |shell| {
        let (desk, person) = shell.desk_and_person()?;
        let mut report = reporter(on_progress);
        let written =
            desk.export(UseCaseId(use_case), format.into(), &PathBuf::from(path), &person, &job.cancel, &mut |read| report(read, None))?;
        Ok(written.into())
    })
    .await
}

#[tauri::command]
#[specta::specta]
pub async fn export_preview(shell: State<'_, Shell>, use_case: i64, format: ExportFormat) -> Answer<ExportPreview> {
    aside("export_preview", &shell, move |shell| Ok(shell.desk()?.preview_export(UseCaseId(use_case), format.into())?.into())).await
}

/// Tells the page how far a job is. A page that is gone does not stop the job: the file is wanted all the same.
fn reporter(to: Channel<Progress>) -> impl FnMut(u64, Option<u64>) {
    let start = Instant::now();
    move |done, total| {
        let seconds = start.elapsed().as_secs_f64();
        let per_second = if seconds > 0.0 { done as f64 / seconds } else { 0.0 };
        drop(to.send(Progress { done, total, per_second }));
    }
}
