//! Where the data folder lies.
//!
//! Invariant: a folder that another machine keeps is refused before anything is written: SQLite's `-wal` needs memory that all who
//! have it open share, and locks that hold.

use crate::error::{Error, Result};
use std::path::Path;

/// File systems of other machines, as Linux names them.
const NETWORK: [&str; 11] = ["nfs", "nfs4", "cifs", "smb3", "smbfs", "afs", "ceph", "glusterfs", "fuse.glusterfs", "fuse.sshfs", "davfs"];

/// # Errors
/// [`Error::NetworkFolder`].
pub(super) fn check(folder: &Path) -> Result<()> {
    let absolute = folder.canonicalize().unwrap_or_else(|_| folder.to_owned());
    let mounts = std::fs::read_to_string("/proc/self/mountinfo").unwrap_or_default();
    match share_of(&absolute.to_string_lossy()).or_else(|| network(&mounts, &absolute)) {
        None => Ok(()),
        Some(kind) => Err(Error::NetworkFolder { path: folder.to_owned(), kind }),
    }
}

/// `\\server\share`, as Windows writes it; `\\?\C:\` is of this machine.
fn share_of(path: &str) -> Option<String> {
    let rest = path.strip_prefix(r"\\?\UNC\").or_else(|| path.strip_prefix(r"\\").filter(|rest| !rest.starts_with(['?', '.'])))?;
    Some(format!("of {}", rest.split('\\').next().unwrap_or_default()))
}

/// The file system of the mount that a folder lies on, where it is one of another machine.
fn network(mounts: &str, folder: &Path) -> Option<String> {
    let mut best: Option<(usize, &str)> = None;
    for line in mounts.lines() {
        let Some((left, right)) = line.split_once(" - ") else { continue };
        let (Some(point), Some(kind)) = (left.split(' ').nth(4), right.split(' ').next()) else { continue };
        let point = point.replace("\\040", " ");
        // Of two mounts on one place the later one lies on top.
        if folder.starts_with(&point) && best.is_none_or(|(length, _)| point.len() >= length) {
            best = Some((point.len(), kind));
        }
    }
    best.map(|(_, kind)| kind).filter(|kind| NETWORK.contains(kind)).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    const MOUNTS: &str = "22 1 254:1 / / rw,relatime shared:1 - ext4 /dev/vda1 rw
30 22 0:40 / /home rw shared:9 - nfs4 server:/home rw
31 30 0:41 / /home/ada/local\\040disk rw - ext4 /dev/vdb rw
32 22 0:42 / /srv rw - cifs //server/srv rw
33 32 0:43 / /srv rw - tmpfs tmpfs rw
";

    #[test]
    fn k8_a_folder_of_another_machine_is_told_from_those_of_this_one() {
        let kind = |folder| network(MOUNTS, Path::new(folder));
        assert_eq!(kind("/home/ada/gait").as_deref(), Some("nfs4"));
        assert_eq!(kind("/home/ada/local disk/gait"), None, "a disk of its own within");
        assert_eq!(kind("/var/gait"), None);
        assert_eq!(kind("/homework"), None);
        assert_eq!(kind("/srv/gait"), None, "what lies on top counts");
        assert_eq!(network("", Path::new("/var")), None, "where nothing is known");
    }

    #[test]
    fn k8_a_share_of_windows_is_known_by_its_name() {
        assert_eq!(share_of(r"\\server\share\gait").as_deref(), Some("of server"));
        assert_eq!(share_of(r"\\?\UNC\server\share").as_deref(), Some("of server"));
        assert_eq!(share_of(r"\\?\C:\Users\Ada"), None);
        assert_eq!(share_of("/home/ada"), None);
    }
}
