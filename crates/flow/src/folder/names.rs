//! Names of files from outside: how they are shown, and under which name a file is moved.
//!
//! Invariant: a shown name has no character that is not seen as it is; a name that a file is moved to is never one that is there.

use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};

/// The longest name that the usual disks take, bytes.
const MOST: usize = 255;

/// The name with what would not be seen, or would be seen elsewhere, written out: `a\u{202e}b`.
pub(super) fn shown(name: &OsStr) -> String {
    let mut shown = String::new();
    for part in name.as_encoded_bytes().utf8_chunks() {
        for c in part.valid().chars() {
            if c == ' ' || (!c.is_control() && !c.is_whitespace() && !is_unseen(c)) {
                shown.push(c)
            } else {
                shown.extend(c.escape_unicode())
            }
        }
        for byte in part.invalid() {
            shown += &format!("\\x{byte:02x}");
        }
    }
    shown
}

fn is_unseen(c: char) -> bool {
    matches!(c, '\u{ad}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}' | '\u{e0000}'..='\u{e0fff}')
}

/// What whoever writes a file calls it meanwhile, and what a system keeps beside its own.
pub(super) fn is_unfinished(name: &OsStr) -> bool {
    let bytes = name.as_encoded_bytes();
    let ends = |end: &[u8]| bytes.len() >= end.len() && bytes[bytes.len() - end.len()..].eq_ignore_ascii_case(end);
    bytes.starts_with(b".")
        || bytes.ends_with(b"~")
        || [b".part".as_slice(), b".tmp", b".crdownload", b".partial", b".filepart"].iter().any(|end| ends(end))
}

/// Where it cannot be looked at, nothing can be moved to either.
fn is_free(path: &Path) -> bool {
    path.symlink_metadata().is_err()
}

/// Where a file of this name is moved to: its own name, or with a number before the ending where there is one of it.
pub(super) fn free(folder: &Path, name: &OsStr) -> PathBuf {
    let own = folder.join(name);
    if is_free(&own) {
        return own;
    }
    let path = Path::new(name);
    let (stem, ending) = (path.file_stem().unwrap_or(name), path.extension().unwrap_or_default());
    for n in 2u64.. {
        let mut tail = OsString::from(format!(".{n}"));
        if !ending.is_empty() {
            tail.push(".");
            tail.push(ending);
        }
        let mut numbered = if stem.len() + tail.len() <= MOST { stem.to_owned() } else { OsString::from("file") };
        numbered.push(tail);
        let path = folder.join(numbered);
        if is_free(&path) {
            return path;
        }
    }
    own
}

/// The report's name beside a file.
pub(super) fn of_report(file: &Path) -> PathBuf {
    const END: &str = ".report.json";
    let name = file.file_name().unwrap_or_default();
    let folder = file.parent().unwrap_or(Path::new(""));
    let mut own = if name.len() + END.len() <= MOST { name.to_owned() } else { OsString::from("file") };
    own.push(END);
    free(folder, &own)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn c5_a_name_is_shown_with_what_is_not_seen_written_out() {
        for (name, expected) in [
            ("../x", "../x"),
            ("..\\x", "..\\x"),
            ("a:b", "a:b"),
            ("$(id).csv", "$(id).csv"),
            ("-rf", "-rf"),
            ("%00", "%00"),
            ("📮 편지.eml", "📮 편지.eml"),
            ("a\u{202e}vsc.exe", "a\\u{202e}vsc.exe"),
            ("a\nb", "a\\u{a}b"),
            ("a\u{1b}[2Jb", "a\\u{1b}[2Jb"),
            ("a\u{200b}b\u{a0}c", "a\\u{200b}b\\u{a0}c"),
        ] {
            assert_eq!(shown(OsStr::new(name)), expected);
        }
        #[cfg(unix)]
        {
            use std::os::unix::ffi::OsStrExt;
            assert_eq!(shown(OsStr::from_bytes(b"a\xff\xc3.csv")), "a\\xff\\xc3.csv");
        }
    }

    #[test]
    fn c5_a_file_is_moved_to_a_name_that_is_free_and_not_too_long() {
        let folder = tempfile::tempdir().unwrap();
        let long = format!("{}.csv", "n".repeat(251));
        for name in ["a.csv", "a", "-rf", long.as_str()] {
            let first = free(folder.path(), OsStr::new(name));
            assert_eq!(first, folder.path().join(name));
            std::fs::write(&first, "").unwrap();
            let second = free(folder.path(), OsStr::new(name));
            assert_ne!(second, first);
            std::fs::write(&second, "").unwrap_or_else(|e| panic!("{second:?}: {e}"));
            std::fs::write(of_report(&first), "").unwrap();
            std::fs::write(of_report(&first), "").unwrap();
        }
        assert_eq!(free(folder.path(), OsStr::new("a.csv")), folder.path().join("a.3.csv"));
    }
}
