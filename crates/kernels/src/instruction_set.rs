//! Which kernels this processor runs.

/// The instruction set whose kernels are used, for a person to read and as part of a cache key.
pub fn instruction_set() -> &'static str {
    "portable"
}

/// What packed bytes are laid out for: bytes packed under another layout must be packed again.
pub fn layout() -> String {
    "tiles of 16, version 1".into()
}
