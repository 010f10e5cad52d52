//! `gait-app`: opens the window.
#![cfg_attr(not(debug_assertions), windows_subsystem = "windows")]

use std::process::ExitCode;

fn main() -> ExitCode {
    engine::calm_threads();
    gait_app::log_to_stderr();
    if let Some(code) = engine::serve_if_child() {
        return code;
    }
    match gait_app::run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(sentence) => {
            eprintln!("{sentence}");
            ExitCode::FAILURE
        }
    }
}
