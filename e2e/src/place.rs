//! A folder that stands for one person's machine: home, data, models, and what is wrong with them.
//!
//! Invariant: two places share nothing, and a place starts empty.

use std::ffi::OsString;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

pub struct Place {
    name: String,
    folder: PathBuf,
    /// What is started: the program, or a script that puts it into a broken surrounding first.
    start: PathBuf,
    environment: Vec<(OsString, OsString)>,
}

impl Place {
    /// # Panics
    /// When the build folder cannot be written, or the program is not built.
    pub fn fresh(name: &str) -> Self {
        let folder = target().join("e2e").join(name);
        if folder.exists() {
            fs::remove_dir_all(&folder).expect("an old place can be removed");
        }
        fs::create_dir_all(folder.join("home")).expect("the build folder can be written");
        let mut place = Self { name: name.to_owned(), start: program(), folder, environment: Vec::new() };
        place.set("GAIT_DATA", place.data());
        place.set("HOME", place.folder.join("home"));
        for (name, inside) in
            [("XDG_DATA_HOME", "share"), ("XDG_CONFIG_HOME", "config"), ("XDG_CACHE_HOME", "cache"), ("XDG_STATE_HOME", "state")]
        {
            place.set(name, place.folder.join("home").join(inside));
        }
        place
    }

    fn set(&mut self, name: &str, value: impl Into<OsString>) {
        self.environment.push((name.into(), value.into()));
    }

    pub fn name(&self) -> &str {
        &self.name
    }

    /// Where the person keeps files; the data folder is in it.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    pub fn data(&self) -> PathBuf {
        self.folder.join("data")
    }

    /// What the program and the driver print.
    pub fn log(&self) -> PathBuf {
        self.folder.join("program.log")
    }

    pub fn start(&self) -> &Path {
        &self.start
    }

    pub fn environment(&self) -> impl Iterator<Item = (&OsString, &OsString)> {
        self.environment.iter().map(|(name, value)| (name, value))
    }

    /// Writes a file into the person's folder.
    ///
    /// # Panics
    /// When it cannot be written.
    pub fn file(&self, name: &str, content: &str) -> PathBuf {
        let path = self.folder.join(name);
        fs::write(&path, content).expect("the place can be written");
        path
    }

    /// A copy of the repository's models folder, for a test to harm; the program takes its models from there.
    ///
    /// # Panics
    /// When it cannot be copied.
    pub fn own_models(&mut self) -> PathBuf {
        let models = self.folder.join("models");
        copy(&repository().join("models"), &models);
        self.set("GAIT_MODELS", models.clone());
        models
    }

    /// From the next start on nothing can be written in the data folder.
    pub fn read_only(&mut self) {
        if is_root() {
            // Permissions do not bind root; a mount that only this program sees does.
            self.start_after("mount --bind \"$GAIT_DATA\" \"$GAIT_DATA\" && mount -o remount,bind,ro \"$GAIT_DATA\"");
        } else {
            fs::set_permissions(self.data(), fs::Permissions::from_mode(0o555)).expect("the data folder is ours");
        }
    }

    /// From the next start on the data folder is a disk of this size, empty at first. Only root can make one: `false`
    /// where it cannot be had.
    pub fn small_disk(&mut self, megabytes: u32) -> bool {
        if !is_root() {
            return false;
        }
        fs::create_dir_all(self.data()).expect("the place can be written");
        self.start_after(&format!("mount -t tmpfs -o size={megabytes}m gait-e2e \"$GAIT_DATA\""));
        true
    }

    /// In a mount namespace that ends with the program.
    fn start_after(&mut self, preparation: &str) {
        let script = self.folder.join("start");
        let text = format!(
            "#!/bin/sh\nif [ -z \"$GAIT_E2E_INSIDE\" ]; then GAIT_E2E_INSIDE=1 exec unshare --mount -- \"$0\" \"$@\"; fi\n{preparation} || exit 97\nexec '{}' \"$@\"\n",
            program().display()
        );
        fs::write(&script, text).expect("the place can be written");
        fs::set_permissions(&script, fs::Permissions::from_mode(0o755)).expect("the script is ours");
        self.start = script;
    }

    /// The running programs of this place: those that were started with its data folder.
    pub fn processes(&self) -> Vec<u32> {
        let program = program().canonicalize().ok();
        let mark = format!("GAIT_DATA={}", self.data().display());
        let Ok(all) = fs::read_dir("/proc") else { return Vec::new() };
        all.flatten()
            .filter(|entry| fs::read_link(entry.path().join("exe")).ok() == program)
            .filter(|entry| {
                fs::read(entry.path().join("environ"))
                    .is_ok_and(|environment| environment.split(|byte| *byte == 0).any(|line| line == mark.as_bytes()))
            })
            .filter_map(|entry| entry.file_name().to_str()?.parse().ok())
            .collect()
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        // So that the next run can remove it.
        fs::set_permissions(self.data(), fs::Permissions::from_mode(0o755)).ok();
    }
}

fn is_root() -> bool {
    Command::new("id").arg("-u").output().is_ok_and(|output| output.stdout == b"0\n")
}

/// This test lies in `<target>/debug/deps/`.
pub fn target() -> PathBuf {
    let own = std::env::current_exe().expect("a program knows where it lies");
    own.ancestors().nth(3).expect("cargo puts tests three levels down").to_path_buf()
}

pub fn repository() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).parent().expect("e2e lies in the repository").to_path_buf()
}

fn program() -> PathBuf {
    let path = std::env::var_os("GAIT_APP").map_or_else(|| target().join("debug/gait-app"), PathBuf::from);
    assert!(path.is_file(), "{} is not built: `cargo xtask test --only build` does it", path.display());
    path
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("the place can be written");
    for entry in fs::read_dir(from).expect("the models folder can be read") {
        let entry = entry.expect("the models folder can be read");
        if entry.path().is_dir() {
            copy(&entry.path(), &to.join(entry.file_name()));
        } else {
            fs::copy(entry.path(), to.join(entry.file_name())).expect("a model can be copied");
        }
    }
}
