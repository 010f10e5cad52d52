//! The page: its packages and its build, each made again only when what it is made from has changed.
//!
//! Invariant: a stamp is written after the work it stands for, so work that was cut short is done again.

use crate::shell::{program, root, run, target};
use anyhow::{Context, Result};
use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};
use std::process::Command;

/// `npm` in the page's folder.
pub fn npm(arguments: &[&str]) -> Command {
    let mut command = program("npm");
    command.args(arguments).current_dir(folder()).env("NO_COLOR", "1").env("NO_UPDATE_NOTIFIER", "1");
    command
}

fn folder() -> PathBuf {
    root().join("ui")
}

/// `npm ci`, when the lock file is not the one that was installed from.
///
/// # Errors
/// When npm fails.
pub fn install() -> Result<()> {
    let lock = folder().join("package-lock.json");
    let wanted = fs::read(&lock).with_context(|| format!("{} cannot be read", lock.display()))?;
    // In node_modules, so that it goes when they go.
    let stamp = folder().join("node_modules/.installed-from-package-lock.json");
    if fs::read(&stamp).is_ok_and(|installed| installed == wanted) {
        println!("  The page's packages are up to date.");
        return Ok(());
    }
    println!("  Installing the page's packages.");
    run(&mut npm(&["ci", "--no-audit", "--no-fund"]))?;
    fs::write(&stamp, wanted).with_context(|| format!("{} cannot be written", stamp.display()))
}

/// `npm run build`, when a file that the page is made from has changed.
///
/// # Errors
/// When npm fails or the sources cannot be read.
pub fn build() -> Result<()> {
    let wanted = format!("{:016x}", fingerprint(&folder())?);
    let stamp = target().join("page-built-from");
    let built = folder().join("dist/index.html").is_file();
    if built && fs::read_to_string(&stamp).is_ok_and(|last| last == wanted) {
        println!("  The page is up to date.");
        return Ok(());
    }
    println!("  Building the page.");
    run(&mut npm(&["run", "build"]))?;
    fs::write(&stamp, wanted).with_context(|| format!("{} cannot be written", stamp.display()))
}

/// One number for names and contents of everything the page is made from.
fn fingerprint(folder: &Path) -> Result<u64> {
    let mut files = Vec::new();
    list(folder, &mut files)?;
    files.sort();
    let mut hasher = DefaultHasher::new();
    for file in files {
        file.strip_prefix(folder).unwrap_or(&file).hash(&mut hasher);
        fs::read(&file).with_context(|| format!("{} cannot be read", file.display()))?.hash(&mut hasher);
    }
    Ok(hasher.finish())
}

fn list(folder: &Path, files: &mut Vec<PathBuf>) -> Result<()> {
    for entry in fs::read_dir(folder).with_context(|| format!("{} cannot be read", folder.display()))? {
        let entry = entry?;
        let name = entry.file_name();
        let name = name.to_string_lossy();
        if entry.file_type()?.is_dir() {
            if !["node_modules", "dist"].contains(&name.as_ref()) {
                list(&entry.path(), files)?;
            }
        } else if !name.ends_with(".test.ts") {
            files.push(entry.path());
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_test_or_a_package_does_not_change_the_page_but_a_source_does() {
        let folder = std::env::temp_dir().join(format!("gait-xtask-{}", std::process::id()));
        fs::create_dir_all(folder.join("src")).unwrap();
        fs::create_dir_all(folder.join("node_modules/a")).unwrap();
        fs::write(folder.join("src/main.ts"), "1").unwrap();
        let first = fingerprint(&folder).unwrap();
        fs::write(folder.join("src/main.test.ts"), "1").unwrap();
        fs::write(folder.join("node_modules/a/index.js"), "1").unwrap();
        assert_eq!(fingerprint(&folder).unwrap(), first, "tests and packages are no part of the page");
        fs::write(folder.join("src/main.ts"), "2").unwrap();
        assert_ne!(fingerprint(&folder).unwrap(), first, "a source is");
        fs::remove_dir_all(&folder).unwrap();
    }
}
