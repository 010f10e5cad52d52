//! What the engine is told of the machine it runs on.
//!
//! Invariant: settings change how fast a text comes and what it costs, never the text.

use std::num::NonZeroUsize;
use std::path::PathBuf;

/// Settings of an engine. The default fits a machine that does nothing else.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Threads that compute.
    pub threads: NonZeroUsize,
    /// Memory for keys and values of all requests together, bytes; `None` for a share of what is free.
    pub key_values: Option<u64>,
    /// Where packed weights are kept for the next start; `None` for beside the model. A folder that cannot be written to
    /// costs time and nothing else.
    pub packed_folder: Option<PathBuf>,
}

impl Default for Settings {
    fn default() -> Self {
        Self { threads: cores(), key_values: None, packed_folder: None }
    }
}

/// Physical cores that this process may use: a second thread on a core adds nothing to arithmetic.
fn cores() -> NonZeroUsize {
    let allowed = std::thread::available_parallelism().unwrap_or(NonZeroUsize::MIN);
    let physical = NonZeroUsize::new(num_cpus::get_physical()).unwrap_or(NonZeroUsize::MIN);
    allowed.min(physical)
}
