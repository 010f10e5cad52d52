//! The program as a whole.

use super::aside;
use super::use_cases::seen_by;
use crate::dto::{
    Answer, AppEvent, AppStatus, CommandError, EngineStatus, LocaleChoice, PickKind, Settings, Trouble, TroubleKind, UseCase,
};
use crate::shell::Shell;
use flow::sample::SampleLanguage;
use flow::settings;
use tauri::State;
use tauri::ipc::Channel;

/// What the shell must know before it can paint. Never fails: a database that cannot be opened is in `trouble`.
#[tauri::command]
#[specta::specta]
pub async fn app_status(shell: State<'_, Shell>) -> Answer<AppStatus> {
    shell.greeted();
    aside("app_status", &shell, |shell| Ok(status(shell))).await
}

fn status(shell: &Shell) -> AppStatus {
    shell.try_open();
    let read = || -> Result<_, CommandError> {
        let desk = shell.desk()?;
        let settings = desk.settings()?;
        let use_cases = desk.use_cases()?.into_iter().map(|case| seen_by(&settings.who(), case)).collect();
        Ok((settings, use_cases))
    };
    let (settings, use_cases, passing) = match read() {
        Ok((settings, use_cases)) => (settings, use_cases, None),
        Err(e) => (settings::Settings::default(), Vec::new(), Some(Trouble::new(TroubleKind::Database, &e.message))),
    };
    AppStatus {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        settings: settings.into(),
        data_folder: shell.folder().display().to_string(),
        trouble: shell.trouble().or(passing),
        use_cases,
        engine: shell.engine_status(),
        sample_available: shell.sample().is_some_and(|sample| sample.is_available()),
    }
}

/// Subscribes this window to what happens behind it. One call at start.
#[tauri::command]
#[specta::specta]
pub async fn subscribe(shell: State<'_, Shell>, on_event: Channel<AppEvent>) -> Answer<()> {
    tracing::info!(ms = shell.age_ms(), "boot: the page listens");
    shell.subscribe(on_event);
    Ok(())
}

#[tauri::command]
#[specta::specta]
pub async fn settings_save(shell: State<'_, Shell>, settings: Settings) -> Answer<Settings> {
    aside("settings_save", &shell, move |shell| Ok(shell.desk()?.save_settings(&settings.into())?.into())).await
}

/// Creates the sample use case with its requests and the starter model; a second call returns the one that is there.
#[tauri::command]
#[specta::specta]
pub async fn sample_install(shell: State<'_, Shell>) -> Answer<UseCase> {
    aside("sample_install", &shell, |shell| {
        let (desk, person) = shell.desk_and_person()?;
        let sample = shell.sample().ok_or_else(|| {
            CommandError::invalid("The sample was not found: it lies in the folder `models` beside the program, or where GAIT_MODELS says.")
        })?;
        let language = sample_language(desk.settings()?.into());
        let id = desk.install_sample(shell.drafter(), &sample, language, &person)?;
        Ok(desk.use_case(id)?.into())
    })
    .await
}

/// The sample's words for people are stored, so they are chosen once, here.
fn sample_language(settings: Settings) -> SampleLanguage {
    match settings.locale {
        LocaleChoice::Ko => SampleLanguage::Korean,
        LocaleChoice::En => SampleLanguage::English,
        LocaleChoice::System => {
            let spoken = ["LC_ALL", "LC_MESSAGES", "LANG"].iter().find_map(|key| std::env::var(key).ok().filter(|value| !value.is_empty()));
            if spoken.is_some_and(|language| language.starts_with("ko")) { SampleLanguage::Korean } else { SampleLanguage::English }
        }
    }
}

/// Opens the system's picker; null when it was closed. The path can also be typed by hand.
#[tauri::command]
#[specta::specta]
pub async fn pick_path(shell: State<'_, Shell>, kind: PickKind) -> Answer<Option<String>> {
    aside("pick_path", &shell, move |shell| {
        let Some(path) = shell.pick(kind) else { return Ok(None) };
        let text = path.into_os_string().into_string();
        text.map(Some)
            .map_err(|path| CommandError::invalid(format!("The name of {} is not text that Gait can keep.", path.display())).into())
    })
    .await
}

#[tauri::command]
#[specta::specta]
pub async fn drafting_pause(shell: State<'_, Shell>, paused: bool) -> Answer<EngineStatus> {
    shell.pause_drafting(paused);
    Ok(shell.engine_status())
}

/// Stops a running stream (try-it, regenerate), import or export that was started with this token.
#[tauri::command]
#[specta::specta]
pub async fn job_cancel(shell: State<'_, Shell>, token: String) -> Answer<()> {
    shell.cancel_job(&token);
    Ok(())
}

/// A person has just typed, clicked or scrolled: for a while the model leaves a core of the machine to the window.
#[tauri::command]
#[specta::specta]
pub async fn person_active(shell: State<'_, Shell>) -> Answer<()> {
    shell.person_is_active();
    Ok(())
}
