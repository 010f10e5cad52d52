//! The shell: one window over flow and the engine. Commands ([`commands`]) answer the page, loops ([`loops`]) work behind
//! it, [`shell`] is what they share, [`dto`] is what crosses. Everything that decides lies in flow.
//!
//! Invariant: the page is treated as hostile. It can call the commands that the capability names and nothing of Tauri's
//! own; it never hands over a path that is opened for anything but what the command says.

pub mod commands;
pub mod dto;
mod instance;
mod local_api;
pub mod loops;
pub mod shell;
mod signal;
mod window;

use shell::Shell;
use std::io::IsTerminal;
use tauri::webview::PageLoadEvent;
use tauri::{Builder, Runtime};
use tracing_subscriber::EnvFilter;

/// The commands on a builder: the same for the product and for tests without a window.
pub fn configure<R: Runtime>(builder: Builder<R>, shell: Shell) -> Builder<R> {
    let listening = shell.clone();
    builder
        .manage(shell)
        .on_page_load(move |_, load| match load.event() {
            PageLoadEvent::Started => listening.forget_listeners(),
            PageLoadEvent::Finished => tracing::info!(ms = listening.age_ms(), "boot: the page is loaded"),
        })
        .invoke_handler(tauri::generate_handler![
            commands::app::app_status,
            commands::app::subscribe,
            commands::app::settings_save,
            commands::app::sample_install,
            commands::app::pick_path,
            commands::app::drafting_pause,
            commands::app::job_cancel,
            commands::app::person_active,
            commands::local_api::api_view,
            commands::local_api::api_save,
            commands::local_api::api_token_create,
            commands::local_api::api_token_revoke,
            commands::use_cases::use_case_list,
            commands::use_cases::use_case_save,
            commands::use_cases::use_case_try,
            commands::review::queue_page,
            commands::review::desk_view,
            commands::review::desk_view_keep,
            commands::review::item_next,
            commands::review::item_open,
            commands::review::item_heartbeat,
            commands::review::item_release,
            commands::review::item_autosave,
            commands::review::item_decide,
            commands::review::item_skip,
            commands::review::item_escalate,
            commands::decisions::item_undo,
            commands::decisions::item_undo_on,
            commands::decisions::item_redo,
            commands::decisions::acts,
            commands::decisions::bulk_look,
            commands::decisions::bulk_decide,
            commands::decisions::compare_pair,
            commands::decisions::compare_choose,
            commands::review::item_regenerate,
            commands::branch::item_branch,
            commands::review::draft_tokens,
            commands::review::items_retry,
            commands::similar::item_similar,
            commands::overview::overview,
            commands::overview::level_evidence,
            commands::overview::level_move,
            commands::report::report_save,
            commands::report::report_print,
            commands::report::move_report,
            commands::report::move_out_since,
            commands::simulate::simulate,
            commands::confidence::confidence_view,
            commands::confidence::calibrate,
            commands::confidence::threshold_by_set,
            commands::confidence::replay,
            commands::audits::audits_view,
            commands::audits::audit_settings_save,
            commands::audits::correction_send,
            commands::audits::correction_dismiss,
            commands::reviewers::reviewers_view,
            commands::reviewers::reviewers_settings_save,
            commands::reviewers::seed_items,
            commands::reviewers::seed_from,
            commands::notices::notices,
            commands::notices::notice_seen,
            commands::notices::notice_sink,
            commands::notices::notice_sink_save,
            commands::governance::charter_view,
            commands::governance::charter_save,
            commands::governance::hold_rules_view,
            commands::governance::hold_rules_save,
            commands::governance::switches_view,
            commands::governance::stream_pause,
            commands::governance::stream_resume,
            commands::governance::cap_set,
            commands::governance::epoch_list,
            commands::data::import_preview,
            commands::data::import_run,
            commands::data::export_run,
            commands::data::export_preview,
            commands::datasets::dataset_facets,
            commands::datasets::dataset_count,
            commands::datasets::dataset_preview,
            commands::datasets::dataset_make,
            commands::datasets::dataset_list,
            commands::datasets::dataset_compare,
            commands::datasets::dataset_write_again,
            commands::datasets::dataset_trace,
            commands::datasets::dataset_purge,
            commands::models::model_list,
            commands::models::model_inspect,
            commands::models::model_import,
            commands::models::model_remove,
            commands::models::model_verify,
            commands::models::model_measure,
            commands::models::hub_download,
            commands::models::hub_unfinished,
            commands::models::hub_discard,
            commands::sinks::sinks_view,
            commands::sinks::sink_test,
            commands::sinks::sink_secret,
            commands::sinks::sink_secret_change,
            commands::sinks::deliveries_retry,
            commands::sinks::item_deliveries,
            commands::sinks::allowed_view,
            commands::sinks::allowed_save,
            commands::sinks::folders_view,
            commands::sinks::folder_watch,
            commands::sinks::folder_leave,
            commands::activity::activity_page,
            commands::backups::backup_list,
            commands::backups::backup_make,
            commands::backups::backup_loss,
            commands::backups::backup_restore,
            commands::backups::database_check,
            commands::backups::everything_export,
            commands::window::window_zoom,
        ])
}

/// The same commands with their types, to write `ui/src/generated/bindings.ts` from.
pub fn bindings() -> tauri_specta::Builder<tauri::Wry> {
    tauri_specta::Builder::new()
        .constant("defaultKeys", flow::keys::DEFAULTS)
        .constant("importEncodings", flow::intake::ENCODINGS)
        .commands(tauri_specta::collect_commands![
            commands::app::app_status,
            commands::app::subscribe,
            commands::app::settings_save,
            commands::app::sample_install,
            commands::app::pick_path,
            commands::app::drafting_pause,
            commands::app::job_cancel,
            commands::app::person_active,
            commands::local_api::api_view,
            commands::local_api::api_save,
            commands::local_api::api_token_create,
            commands::local_api::api_token_revoke,
            commands::use_cases::use_case_list,
            commands::use_cases::use_case_save,
            commands::use_cases::use_case_try,
            commands::review::queue_page,
            commands::review::desk_view,
            commands::review::desk_view_keep,
            commands::review::item_next,
            commands::review::item_open,
            commands::review::item_heartbeat,
            commands::review::item_release,
            commands::review::item_autosave,
            commands::review::item_decide,
            commands::review::item_skip,
            commands::review::item_escalate,
            commands::decisions::item_undo,
            commands::decisions::item_undo_on,
            commands::decisions::item_redo,
            commands::decisions::acts,
            commands::decisions::bulk_look,
            commands::decisions::bulk_decide,
            commands::decisions::compare_pair,
            commands::decisions::compare_choose,
            commands::review::item_regenerate,
            commands::branch::item_branch,
            commands::review::draft_tokens,
            commands::review::items_retry,
            commands::similar::item_similar,
            commands::overview::overview,
            commands::overview::level_evidence,
            commands::overview::level_move,
            commands::report::report_save,
            commands::report::report_print,
            commands::report::move_report,
            commands::report::move_out_since,
            commands::simulate::simulate,
            commands::confidence::confidence_view,
            commands::confidence::calibrate,
            commands::confidence::threshold_by_set,
            commands::confidence::replay,
            commands::audits::audits_view,
            commands::audits::audit_settings_save,
            commands::audits::correction_send,
            commands::audits::correction_dismiss,
            commands::reviewers::reviewers_view,
            commands::reviewers::reviewers_settings_save,
            commands::reviewers::seed_items,
            commands::reviewers::seed_from,
            commands::notices::notices,
            commands::notices::notice_seen,
            commands::notices::notice_sink,
            commands::notices::notice_sink_save,
            commands::governance::charter_view,
            commands::governance::charter_save,
            commands::governance::hold_rules_view,
            commands::governance::hold_rules_save,
            commands::governance::switches_view,
            commands::governance::stream_pause,
            commands::governance::stream_resume,
            commands::governance::cap_set,
            commands::governance::epoch_list,
            commands::data::import_preview,
            commands::data::import_run,
            commands::data::export_run,
            commands::data::export_preview,
            commands::datasets::dataset_facets,
            commands::datasets::dataset_count,
            commands::datasets::dataset_preview,
            commands::datasets::dataset_make,
            commands::datasets::dataset_list,
            commands::datasets::dataset_compare,
            commands::datasets::dataset_write_again,
            commands::datasets::dataset_trace,
            commands::datasets::dataset_purge,
            commands::models::model_list,
            commands::models::model_inspect,
            commands::models::model_import,
            commands::models::model_remove,
            commands::models::model_verify,
            commands::models::model_measure,
            commands::models::hub_download,
            commands::models::hub_unfinished,
            commands::models::hub_discard,
            commands::sinks::sinks_view,
            commands::sinks::sink_test,
            commands::sinks::sink_secret,
            commands::sinks::sink_secret_change,
            commands::sinks::deliveries_retry,
            commands::sinks::item_deliveries,
            commands::sinks::allowed_view,
            commands::sinks::allowed_save,
            commands::sinks::folders_view,
            commands::sinks::folder_watch,
            commands::sinks::folder_leave,
            commands::activity::activity_page,
            commands::backups::backup_list,
            commands::backups::backup_make,
            commands::backups::backup_loss,
            commands::backups::backup_restore,
            commands::backups::database_check,
            commands::backups::everything_export,
            commands::window::window_zoom,
        ])
        // The page names a language that no command does.
        .typ::<dto::Locale>()
        // Row ids, times and sizes stay under 2^53, see `dto`.
        .dangerously_cast_bigints_to_number()
        .disable_serde_phases()
}

/// Configuration, page, CSP and capabilities, for whichever runtime.
pub fn context<R: Runtime>() -> tauri::Context<R> {
    tauri::generate_context!()
}

/// Logs to stderr what `GAIT_LOG` asks for: where it starts and ends and what went wrong, never what people or models
/// wrote.
pub fn log_to_stderr() {
    let filter = EnvFilter::try_from_env("GAIT_LOG").unwrap_or_else(|_| EnvFilter::new("warn,gait_app=info,flow=info,engine=info"));
    tracing_subscriber::fmt().with_env_filter(filter).with_ansi(std::io::stderr().is_terminal()).with_writer(std::io::stderr).init();
}

/// Opens the window and stays until it is closed.
///
/// # Errors
/// A sentence, where there is no window to say it in.
pub fn run() -> Result<(), String> {
    let folder = flow::sample::data_folder().map_err(|e| e.to_string())?;
    let _claim = instance::claim(&folder)?;
    window::open(Shell::open(folder).map_err(|e| format!("the model's process cannot be started: {e}"))?)
}
