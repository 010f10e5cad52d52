//! Puts every command under the access list and makes sure that there is a page to embed.

use std::path::Path;

/// Every command of the window. A command that is missing here cannot be called; a test compares this list with the
/// handler's and the capability's.
const COMMANDS: &[&str] = &[
    "app_status",
    "subscribe",
    "settings_save",
    "sample_install",
    "pick_path",
    "drafting_pause",
    "job_cancel",
    "person_active",
    "use_case_list",
    "use_case_save",
    "use_case_try",
    "queue_page",
    "desk_view",
    "desk_view_keep",
    "item_next",
    "item_open",
    "item_heartbeat",
    "item_release",
    "item_autosave",
    "item_decide",
    "item_skip",
    "item_escalate",
    "item_undo",
    "item_undo_on",
    "item_redo",
    "acts",
    "bulk_look",
    "bulk_decide",
    "compare_pair",
    "compare_choose",
    "item_regenerate",
    "item_branch",
    "draft_tokens",
    "items_retry",
    "item_similar",
    "overview",
    "level_evidence",
    "level_move",
    "report_save",
    "report_print",
    "move_report",
    "move_out_since",
    "simulate",
    "confidence_view",
    "calibrate",
    "threshold_by_set",
    "replay",
    "audits_view",
    "audit_settings_save",
    "correction_send",
    "correction_dismiss",
    "reviewers_view",
    "reviewers_settings_save",
    "seed_items",
    "seed_from",
    "notices",
    "notice_seen",
    "notice_sink",
    "notice_sink_save",
    "charter_view",
    "charter_save",
    "hold_rules_view",
    "hold_rules_save",
    "switches_view",
    "stream_pause",
    "stream_resume",
    "cap_set",
    "epoch_list",
    "import_preview",
    "import_run",
    "export_run",
    "export_preview",
    "dataset_facets",
    "dataset_count",
    "dataset_preview",
    "dataset_make",
    "dataset_list",
    "dataset_compare",
    "dataset_write_again",
    "dataset_trace",
    "dataset_purge",
    "model_list",
    "model_inspect",
    "model_import",
    "model_remove",
    "model_verify",
    "model_measure",
    "hub_download",
    "hub_unfinished",
    "hub_discard",
    "activity_page",
    "backup_list",
    "backup_make",
    "backup_loss",
    "backup_restore",
    "database_check",
    "everything_export",
    "window_zoom",
];

/// So that `cargo build` works in a fresh clone, before the page is built.
const PLACEHOLDER: &str = "<!doctype html>\n<html lang=\"en\"><meta charset=\"utf-8\"><title>Gait</title>\n\
    <body><p>The page is not built. Run <code>cargo xtask run</code>, or <code>npm ci &amp;&amp; npm run build</code> in <code>ui/</code>, then build again.</p></body></html>\n";

fn main() {
    let page = Path::new("../ui/dist/index.html");
    if !page.exists() {
        std::fs::create_dir_all("../ui/dist").expect("ui/dist can be created");
        std::fs::write(page, PLACEHOLDER).expect("ui/dist can be written");
    }
    // The page is embedded when the library is compiled; a rebuilt page must be embedded anew.
    println!("cargo:rerun-if-changed=../ui/dist");
    println!("cargo:rustc-env=GAIT_COMMANDS={}", COMMANDS.join(","));
    tauri_build::try_build(tauri_build::Attributes::new().app_manifest(tauri_build::AppManifest::new().commands(COMMANDS)))
        .expect("tauri.conf.json, the capability and the icons are in order");
}
