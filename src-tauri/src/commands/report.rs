//! A move of a level on one page: saved where a person says, or printed.

use super::aside;
use crate::dto::{Answer, CommandError, MoveReport, OutSince};
use crate::shell::Shell;
use flow::LevelMoveId;
use std::io::Write;
use std::path::Path;
use tauri::State;

/// All that a move rested on, as it was stored then. (`move` is a word of Rust's; the page says it.)
#[tauri::command]
#[specta::specta]
pub async fn move_report(shell: State<'_, Shell>, r#move: i64) -> Answer<MoveReport> {
    aside("move_report", &shell, move |shell| Ok(shell.desk()?.move_report(LevelMoveId(r#move))?.into())).await
}

/// What went out alone between the estimated change and a fall.
#[tauri::command]
#[specta::specta]
pub async fn move_out_since(shell: State<'_, Shell>, r#move: i64) -> Answer<Vec<OutSince>> {
    aside("move_out_since", &shell, move |shell| {
        Ok(shell.desk()?.move_out_since(LevelMoveId(r#move))?.into_iter().map(OutSince::from).collect())
    })
    .await
}

/// Opens the system's save dialog and writes the page there; null when it was closed. Only under a name that ends in `.html`.
#[tauri::command]
#[specta::specta]
pub async fn report_save(shell: State<'_, Shell>, name: String, html: String) -> Answer<Option<String>> {
    aside("report_save", &shell, move |shell| {
        let name = file_name(&name)?;
        let Some(path) = shell.pick_report(&name) else { return Ok(None) };
        let shown = path.display().to_string();
        if !is_html(&path) {
            return Err(CommandError::invalid(format!("A report is a page: {shown} does not end in .html. Nothing was written.")).into());
        }
        flow::files::write_whole(&path, |file| file.write_all(html.as_bytes()))?;
        Ok(Some(shown))
    })
    .await
}

/// Opens the system's print dialog for the window, from where it can also be kept as a PDF.
#[tauri::command]
#[specta::specta]
pub async fn report_print(shell: State<'_, Shell>) -> Answer<()> {
    aside("report_print", &shell, |shell| {
        shell.print().map_err(|why| CommandError::internal(format!("The system's print dialog cannot be opened: {why}.")).into())
    })
    .await
}

/// A name that the dialog proposes: no path, and a page.
fn file_name(name: &str) -> Result<String, CommandError> {
    let plain = name.trim();
    let fits = is_html(Path::new(plain)) && plain.len() <= 200 && !plain.contains(['/', '\\', ':']) && !plain.chars().any(char::is_control);
    if fits { Ok(plain.to_owned()) } else { Err(CommandError::invalid("The name of a report ends in .html and is no path.")) }
}

fn is_html(path: &Path) -> bool {
    path.file_stem().is_some() && path.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("html"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_report_is_proposed_under_a_plain_name() {
        for name in ["walk.html", "  Bestellungen, 고객.HTML "] {
            assert_eq!(file_name(name).as_deref(), Ok(name.trim()), "{name:?}");
        }
        for name in ["", ".html", "walk", "walk.pdf", "../walk.html", "a\\b.html", "c:walk.html", "walk\n.html", "walk.html.exe"] {
            assert!(file_name(name).is_err(), "{name:?}");
        }
    }
}
