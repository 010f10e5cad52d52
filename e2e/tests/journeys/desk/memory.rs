//! Memory of the window's processes, as the system counts it.

use gait_e2e::Place;
use std::fs;

/// In MiB.
#[derive(Debug, Clone, Copy, Default)]
pub struct Resident {
    /// The program itself, without the model's process.
    pub program: u64,
    /// The process that draws the page.
    pub page: u64,
}

pub fn resident(place: &Place) -> Resident {
    let mark = format!("GAIT_DATA={}", place.data().display());
    let mut found = Resident::default();
    let Ok(all) = fs::read_dir("/proc") else { return found };
    for entry in all.flatten() {
        let ours = fs::read(entry.path().join("environ"))
            .is_ok_and(|environment| environment.split(|byte| *byte == 0).any(|line| line == mark.as_bytes()));
        let Some(program) = fs::read_link(entry.path().join("exe")).ok().filter(|_| ours) else { continue };
        let name = program.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let mib = proportional(&entry.path()) / 1024;
        if name == "WebKitWebProcess" {
            found.page += mib;
        } else if name.starts_with("gait-app") && !is_engine(&entry.path()) {
            found.program += mib;
        }
    }
    found
}

fn is_engine(process: &std::path::Path) -> bool {
    fs::read(process.join("cmdline")).is_ok_and(|line| String::from_utf8_lossy(&line).contains("engine"))
}

/// What is shared with others counts in parts. In KiB.
fn proportional(process: &std::path::Path) -> u64 {
    let text = fs::read_to_string(process.join("smaps_rollup")).unwrap_or_default();
    let line = text.lines().find_map(|line| line.strip_prefix("Pss:")).unwrap_or_default();
    line.split_whitespace().next().and_then(|kib| kib.parse().ok()).unwrap_or(0)
}
