//! Copies of the database, and a look at all of it. They answer also while it cannot be opened.

use super::{Fault, aside};
use crate::dto::{Answer, Backup, BackupLoss, CommandError, Everything, Finding};
use crate::shell::{Rank, Shell};
use flow::Clock;
use flow::backup;
use std::path::Path;
use std::sync::Arc;
use tauri::State;

/// Newest first.
#[tauri::command]
#[specta::specta]
pub async fn backup_list(shell: State<'_, Shell>) -> Answer<Vec<Backup>> {
    aside("backup_list", &shell, |shell| Ok(backup::list(shell.folder())?.into_iter().map(Backup::from).collect())).await
}

#[tauri::command]
#[specta::specta]
pub async fn backup_make(shell: State<'_, Shell>) -> Answer<Backup> {
    aside("backup_make", &shell, |shell| {
        let made = shell.desk()?.back_up(&shell.backing_up)?;
        shell.settle(Rank::Backup, None);
        Ok(made.into())
    })
    .await
}

/// What would be lost by putting it back; null where the database cannot be asked.
#[tauri::command]
#[specta::specta]
pub async fn backup_loss(shell: State<'_, Shell>, name: String) -> Answer<Option<BackupLoss>> {
    aside("backup_loss", &shell, move |shell| match shell.sound_desk() {
        Some(desk) => Ok(desk.restore_loss(&name)?.map(Into::into)),
        None => Ok(None),
    })
    .await
}

/// Puts a copy back. What is there is kept: under this name.
#[tauri::command]
#[specta::specta]
pub async fn backup_restore(shell: State<'_, Shell>, name: String) -> Answer<String> {
    aside("backup_restore", &shell, move |shell| match open(shell, &name) {
        Err(e) if e.calls_for_a_backup() => closed(shell, &name),
        done => restored(shell, done?),
    })
    .await
}

/// In the database that is open, or can be: its people say who may.
fn open(shell: &Shell, name: &str) -> flow::Result<String> {
    let desk = match shell.desk() {
        Ok(desk) => desk,
        // Why it is not open, asked anew: it may have passed.
        Err(_) => Arc::new(flow::Desk::open(shell.folder(), Clock::system())?),
    };
    let person = desk.settings()?.who();
    Ok(desk.restore(name, &person)?.name)
}

/// The files are not to be used as they are: nobody can be asked who they are, and there is nothing to protect from them.
fn closed(shell: &Shell, name: &str) -> Result<String, Fault> {
    shell.close();
    let done = backup::restore_closed(shell.folder(), name, Clock::system().now(), "gait");
    shell.try_open();
    restored(shell, done?.file_name().unwrap_or_default().to_string_lossy().into_owned())
}

fn restored(shell: &Shell, kept: String) -> Result<String, Fault> {
    shell.try_open();
    shell.desk()?;
    shell.settle(Rank::Database, None);
    shell.changed(&flow::Changes::all());
    Ok(kept)
}

/// Looks through the database, the models and the sinks.
#[tauri::command]
#[specta::specta]
pub async fn database_check(shell: State<'_, Shell>) -> Answer<Vec<Finding>> {
    aside("database_check", &shell, |shell| Ok(shell.desk()?.examine()?.into_iter().map(Finding::from).collect())).await
}

/// Writes everything that is in the database into a new folder. Stopped by its token.
#[tauri::command]
#[specta::specta]
pub async fn everything_export(shell: State<'_, Shell>, folder: String, token: String) -> Answer<Everything> {
    aside("everything_export", &shell, move |shell| {
        let folder = Path::new(folder.trim());
        if !folder.is_absolute() {
            return Err(CommandError::invalid("The folder must be named in full, from the root of the disk on.").into());
        }
        let job = shell.job(&token);
        Ok(shell.desk()?.export_everything(folder, &job.cancel)?.into())
    })
    .await
}
