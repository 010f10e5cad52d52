//! The real window: the picker, the loops, and an end in order.

use crate::dto::PickKind;
use crate::loops::Loops;
use crate::shell::{Shell, lock};
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use tauri::plugin::TauriPlugin;
use tauri::{AppHandle, DragDropEvent, Manager, RunEvent, Runtime, Url, WindowEvent};
use tauri_plugin_dialog::{DialogExt, FilePath};

/// Opens the window and returns when it is closed.
///
/// # Errors
/// A sentence, where the system gives no window.
pub(crate) fn open(shell: Shell) -> Result<(), String> {
    let loops: Arc<Mutex<Option<Loops>>> = Arc::default();
    let (started, ended) = (Arc::clone(&loops), loops);
    let (state, dropped) = (shell.clone(), shell.clone());
    let app = crate::configure(tauri::Builder::default(), shell)
        .plugin(tauri_plugin_dialog::init())
        .plugin(stay())
        .on_window_event(move |_, event| {
            if let WindowEvent::DragDrop(DragDropEvent::Drop { paths, .. }) = event {
                dropped.dropped(paths);
            }
        })
        .setup(move |app| {
            let handle = app.handle().clone();
            state.set_picker(Box::new(move |kind| pick(&handle, kind)));
            let handle = app.handle().clone();
            state.set_report_picker(Box::new(move |name| pick_report(&handle, name)));
            let handle = app.handle().clone();
            state.set_printer(Box::new(move || print(&handle)));
            let handle = app.handle().clone();
            state.set_zoomer(Box::new(move |factor| zoom(&handle, factor)));
            let handle = app.handle().clone();
            state.set_raiser(Box::new(move || raise(&handle)));
            *lock(&started) = Some(Loops::start(&state)?);
            tracing::info!(ms = state.age_ms(), "boot: the window is set up");
            Ok(())
        })
        .build(crate::context())
        .map_err(|e| format!("The window could not be opened: {e}"))?;
    app.run(move |_, event| {
        if let RunEvent::Exit = event
            && let Some(loops) = lock(&ended).take()
        {
            loops.end();
        }
    });
    Ok(())
}

/// The window shows Gait's own page and nothing else: a content policy does not stop a page from going elsewhere, and an
/// address can carry text away.
fn stay<R: Runtime>() -> TauriPlugin<R> {
    tauri::plugin::Builder::new("stay")
        .on_navigation(|_, to| {
            let ours = is_ours(to);
            if !ours {
                tracing::warn!(scheme = to.scheme(), "the page wanted to leave; it was not let");
            }
            ours
        })
        .build()
}

fn is_ours(to: &Url) -> bool {
    match to.scheme() {
        "tauri" => to.host_str() == Some("localhost"),
        // Where a scheme of one's own is not to be had (Windows).
        "http" | "https" => to.host_str() == Some("tauri.localhost") && to.port().is_none(),
        "about" => to.path() == "blank",
        _ => false,
    }
}

fn raise<R: Runtime>(app: &AppHandle<R>) {
    if let Some(window) = app.get_webview_window("main") {
        // Best effort: a window system may refuse.
        drop(window.unminimize().and_then(|()| window.show()).and_then(|()| window.set_focus()));
    }
}

/// The system's picker, from Rust: the page has no permission for it. Blocks the calling thread, which is never the
/// main one.
fn pick<R: Runtime>(app: &AppHandle<R>, kind: PickKind) -> Option<PathBuf> {
    let mut dialog = app.dialog().file();
    if let Some(window) = app.get_webview_window("main") {
        dialog = dialog.set_parent(&window);
    }
    let picked = match kind {
        PickKind::Requests => dialog.add_filter("CSV, JSONL", &["csv", "tsv", "txt", "jsonl", "ndjson", "json"]).blocking_pick_file(),
        PickKind::Model => dialog.add_filter("GGUF", &["gguf"]).blocking_pick_file(),
        PickKind::Export => dialog.add_filter("JSONL", &["jsonl"]).set_file_name("gait.jsonl").blocking_save_file(),
        PickKind::Outbox => dialog.add_filter("JSONL", &["jsonl"]).set_file_name("outbox.jsonl").blocking_save_file(),
        PickKind::Folder => dialog.blocking_pick_folder(),
    };
    picked.and_then(|path: FilePath| path.into_path().ok())
}

/// As [`pick`], for a report.
fn pick_report<R: Runtime>(app: &AppHandle<R>, name: &str) -> Option<PathBuf> {
    let mut dialog = app.dialog().file().add_filter("HTML", &["html"]).set_file_name(name);
    if let Some(window) = app.get_webview_window("main") {
        dialog = dialog.set_parent(&window);
    }
    dialog.blocking_save_file().and_then(|path: FilePath| path.into_path().ok())
}

fn print<R: Runtime>(app: &AppHandle<R>) -> Result<(), String> {
    let window = app.get_webview_window("main").ok_or("there is no window")?;
    window.print().map_err(|e| e.to_string())
}

fn zoom<R: Runtime>(app: &AppHandle<R>, factor: f64) -> Result<(), String> {
    let window = app.get_webview_window("main").ok_or("there is no window")?;
    window.set_zoom(factor).map_err(|e| e.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(address: &str, ours: bool) {
        assert_eq!(is_ours(&address.parse().unwrap()), ours, "{address}");
    }

    #[test]
    fn the_window_stays_on_its_own_page() {
        check("tauri://localhost/", true);
        check("tauri://localhost/index.html#review", true);
        check("http://tauri.localhost/", true);
        check("about:blank", true);
        check("tauri://elsewhere/", false);
        check("https://elsewhere.example/?text=a", false);
        check("http://tauri.localhost:8080/", false);
        check("http://localhost/", false);
        check("file:///etc/passwd", false);
        check("data:text/html,x", false);
        check("javascript:alert(1)", false);
    }
}
