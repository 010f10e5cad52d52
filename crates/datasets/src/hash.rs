//! Hashes that live as long as one run, and the one that lives for ever.
//!
//! Invariant: nothing of [`of`] is written to a file; what must be the same in the next version comes from [`keyed`].

use sha2::{Digest, Sha256};
use std::hash::{DefaultHasher, Hash, Hasher};

pub fn of(value: &impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    value.hash(&mut hasher);
    hasher.finish()
}

/// Two independent numbers of SHA-256(salt, kind, value), each part with its length before it.
pub fn keyed(salt: &str, kind: &str, value: &str) -> (u64, u64) {
    let mut sha = Sha256::new();
    for part in [salt, kind, value] {
        sha.update((part.len() as u64).to_le_bytes());
        sha.update(part.as_bytes());
    }
    let sum = sha.finalize();
    let number = |from: usize| u64::from_le_bytes(sum[from..from + 8].try_into().expect("eight of 32 bytes"));
    (number(0), number(8))
}

/// A SHA-256 as it stands in a manifest.
pub fn hex(sha: Sha256) -> String {
    sha.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}
