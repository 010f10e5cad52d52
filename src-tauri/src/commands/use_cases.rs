//! Use cases: list, change, try.

use super::{Fault, aside, stream};
use crate::dto::{Answer, Field, TryResult, UseCase, UseCaseInput};
use crate::shell::Shell;
use flow::{Desk, Person, use_case};
use tauri::State;
use tauri::ipc::Channel;

#[tauri::command]
#[specta::specta]
pub async fn use_case_list(shell: State<'_, Shell>) -> Answer<Vec<UseCase>> {
    aside("use_case_list", &shell, |shell| {
        let (desk, person) = shell.desk_and_person()?;
        Ok(desk.use_cases()?.into_iter().map(|case| seen_by(&person, case)).collect())
    })
    .await
}

/// A use case as this person may see it: to whoever is no admin a sink is shown without the path of its address and without arguments, which
/// can hold a key.
pub(super) fn seen_by(person: &Person, mut case: use_case::UseCase) -> UseCase {
    if !person.is_admin() {
        case.input.sinks.iter_mut().for_each(|sink| sink.path = sink.shown());
    }
    case.into()
}

/// Creates (id null) or changes a use case. A change of prompt, sampling, output or model makes a new drafter version.
#[tauri::command]
#[specta::specta]
pub async fn use_case_save(shell: State<'_, Shell>, input: UseCaseInput) -> Answer<UseCase> {
    aside("use_case_save", &shell, move |shell| {
        let (desk, person) = shell.desk_and_person()?;
        let id = input.id();
        Ok(desk.save_use_case(&person, id, &with_known(&desk, input)?)?.into())
    })
    .await
}

/// Runs the (unsaved) prompt on one request and streams; nothing is stored.
#[tauri::command]
#[specta::specta]
pub async fn use_case_try(
    shell: State<'_, Shell>,
    input: UseCaseInput,
    fields: Vec<Field>,
    token: String,
    on_token: Channel<String>,
) -> Answer<TryResult> {
    let job = shell.job(&token);
    aside("use_case_try", &shell, move |shell| {
        let desk = shell.desk()?;
        let fields: Vec<_> = fields.into_iter().map(flow::item::Field::from).collect();
        let request = desk.try_request(&with_known(&desk, input)?, &fields)?;
        Ok(stream(shell.drafter(), &request, &job.cancel, &on_token)?.into())
    })
    .await
}

fn with_known(desk: &Desk, input: UseCaseInput) -> Result<use_case::UseCaseInput, Fault> {
    let known = input.id().map(|id| desk.use_case(id)).transpose()?;
    Ok(input.into_flow(known.as_ref().map(|case| &case.input))?)
}
