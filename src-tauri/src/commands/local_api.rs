//! The local API: whether it is served, and who may ask.

use super::aside;
use crate::dto::{Answer, ApiSetting, ApiView, CommandError, NewToken, TokenInput};
use crate::shell::Shell;
use flow::Person;
use tauri::State;

#[tauri::command]
#[specta::specta]
pub async fn api_view(shell: State<'_, Shell>) -> Answer<ApiView> {
    aside("api_view", &shell, |shell| Ok(view(shell)?)).await
}

/// Switches it, and says what came of it: a port that is taken is in the view.
#[tauri::command]
#[specta::specta]
pub async fn api_save(shell: State<'_, Shell>, setting: ApiSetting) -> Answer<ApiView> {
    aside("api_save", &shell, move |shell| {
        let (desk, person) = shell.desk_and_person()?;
        desk.save_api_setting(&person, &setting.into())?;
        shell.local_api.switch(&desk);
        Ok(view(shell)?)
    })
    .await
}

/// Makes a token; its text is in the answer and nowhere else.
#[tauri::command]
#[specta::specta]
pub async fn api_token_create(shell: State<'_, Shell>, token: TokenInput) -> Answer<NewToken> {
    aside("api_token_create", &shell, move |shell| {
        let (desk, person) = shell.desk_and_person()?;
        let secret = serve::secret().map_err(|e| CommandError::internal(e.to_string()))?;
        let (_, text) = desk.create_token(&person, &token.at(desk.now()), &secret)?;
        Ok(NewToken { text, view: view(shell)? })
    })
    .await
}

#[tauri::command]
#[specta::specta]
pub async fn api_token_revoke(shell: State<'_, Shell>, id: i64) -> Answer<ApiView> {
    aside("api_token_revoke", &shell, move |shell| {
        let (desk, person): (_, Person) = shell.desk_and_person()?;
        desk.revoke_token(&person, id)?;
        Ok(view(shell)?)
    })
    .await
}

fn view(shell: &Shell) -> Result<ApiView, CommandError> {
    let desk = shell.desk()?;
    let (address, problem) = shell.local_api.now();
    Ok(ApiView { setting: desk.api_setting()?.into(), address, problem, tokens: desk.tokens()?.into_iter().map(Into::into).collect() })
}
