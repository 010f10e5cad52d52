//! The model files that this machine knows.

use super::aside;
use crate::dto::{Answer, Model, ModelFacts};
use crate::shell::Shell;
use flow::ModelId;
use flow::library::ModelSource;
use std::path::Path;
use tauri::State;

#[tauri::command]
#[specta::specta]
pub async fn model_list(shell: State<'_, Shell>) -> Answer<Vec<Model>> {
    aside("model_list", &shell, |shell| Ok(shell.desk()?.models()?.into_iter().map(Model::from).collect())).await
}

/// Reads what a file is without adding it.
#[tauri::command]
#[specta::specta]
pub async fn model_inspect(shell: State<'_, Shell>, path: String) -> Answer<ModelFacts> {
    aside("model_inspect", &shell, move |shell| Ok(shell.drafter().inspect(Path::new(&path))?.into())).await
}

#[tauri::command]
#[specta::specta]
pub async fn model_import(shell: State<'_, Shell>, path: String) -> Answer<Model> {
    aside("model_import", &shell, move |shell| {
        let (desk, person) = shell.desk_and_person()?;
        Ok(desk.add_model(shell.drafter(), Path::new(&path), ModelSource::Imported, &person)?.into())
    })
    .await
}

/// Forgets a model that no use case names; the file stays.
#[tauri::command]
#[specta::specta]
pub async fn model_remove(shell: State<'_, Shell>, model: i64) -> Answer<()> {
    aside("model_remove", &shell, move |shell| {
        let (desk, person) = shell.desk_and_person()?;
        Ok(desk.remove_model(ModelId(model), &person)?)
    })
    .await
}
